//! What is inside a letter, and how it is closed and opened.
//!
//! The header names the box of the addressee and the sort; everything else is sealed ([`crate::seal`]). The
//! sort stands inside once more, so that nobody passes an answer off as a share. Who wrote a letter
//! is not said at all: a request is signed by its device, an answer by the node's log key, a segment by
//! its author, an epoch by the root key, and only that counts.

use super::bundle::{Letter, Sort};
use crate::codec::{CodecError, Reader, Writer};
use crate::enrol::{EnrolRequest, Word};
use crate::feed::SignedSegment;
use crate::id::{LogId, PublicKey};
use crate::identity::{Epoch, SecretKey, common_box, notice_key};
use crate::limits;
use crate::phone::Told;
use crate::seal::{self, SealError};

/// What a letter says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A device's signed request.
    Request(Vec<u8>),
    /// The frames of a node's answer.
    Answer(Vec<u8>),
    /// Segments.
    Share(Vec<SignedSegment>),
    /// The epochs of a log, from the first on.
    Epochs(Vec<Epoch>),
    /// A device's request to be known.
    Introduction(EnrolRequest),
    /// A node's word to that.
    Word(Box<Word>),
    /// What the node told a device, for others to compare.
    Told(Told),
}

/// Segments in one share.
const SHARED: usize = limits::PUSH_SEGMENTS * 16;
/// Epochs of one log: its node was restored so often.
const EPOCHS: usize = 1_000;

impl Content {
    fn sort(&self) -> Sort {
        match self {
            Content::Request(_) => Sort::Request,
            Content::Answer(_) => Sort::Answer,
            Content::Share(_) => Sort::Share,
            Content::Epochs(_) => Sort::Epochs,
            Content::Introduction(_) => Sort::Introduction,
            Content::Word(_) => Sort::Word,
            Content::Told(_) => Sort::Told,
        }
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.u8(self.sort() as u8);
        match self {
            Content::Request(bytes) | Content::Answer(bytes) => {
                w.fixed(bytes);
            }
            Content::Share(segments) => {
                w.number(segments.len() as u64);
                for s in segments {
                    w.bytes(&s.to_bytes());
                }
            }
            Content::Epochs(epochs) => {
                w.number(epochs.len() as u64);
                for e in epochs {
                    w.fixed(&e.to_bytes());
                }
            }
            Content::Introduction(request) => {
                w.fixed(&request.to_bytes());
            }
            Content::Word(word) => {
                w.fixed(&word.to_bytes());
            }
            Content::Told(told) => told.write(&mut w),
        }
        w.finish()
    }

    fn read(sort: Sort, bytes: &[u8]) -> Result<Self, CodecError> {
        let mut r = Reader::new(bytes);
        if r.u8()? != sort as u8 {
            return Err(CodecError::BadValue { what: "letter" });
        }
        let content = match sort {
            Sort::Request => Content::Request(r.fixed(r.left())?.to_vec()),
            Sort::Answer => Content::Answer(r.fixed(r.left())?.to_vec()),
            Sort::Share => {
                let mut segments = Vec::new();
                for _ in 0..r.count(SHARED)? {
                    segments.push(SignedSegment::from_bytes(r.bytes(limits::SEGMENT_BYTES)?)?);
                }
                Content::Share(segments)
            }
            Sort::Epochs => {
                let mut epochs = Vec::new();
                for _ in 0..r.count(EPOCHS)? {
                    epochs.push(Epoch::read(&mut r)?);
                }
                Content::Epochs(epochs)
            }
            Sort::Introduction => {
                let bytes = r.fixed(r.left())?;
                if bytes.len() > limits::ENROL_BYTES {
                    return Err(CodecError::TooLong {
                        found: bytes.len() as u64,
                        limit: limits::ENROL_BYTES as u64,
                    });
                }
                Content::Introduction(EnrolRequest::from_bytes(bytes)?)
            }
            Sort::Told => Content::Told(Told::read(&mut r)?),
            Sort::Word => Content::Word(Box::new(Word::from_bytes(r.fixed(r.left())?)?)),
        };
        r.end()?;
        Ok(content)
    }

    /// Closes it for one addressee, into their box.
    pub fn seal_for(&self, addressee: &PublicKey) -> Result<Letter, SealError> {
        Ok(Letter {
            sort: self.sort(),
            to: addressee.letter_box(),
            sealed: seal::seal(std::slice::from_ref(addressee), &self.to_bytes())?,
        })
    }

    /// Closes it for whoever knows the log, onto its notice board.
    pub fn post(&self, log: LogId) -> Result<Letter, SealError> {
        self.seal_for(&notice_key(log).public())
    }

    /// Closes it for these devices of a log, into the box that all of them share.
    pub fn seal_for_all(&self, log: LogId, readers: &[PublicKey]) -> Result<Letter, SealError> {
        Ok(Letter {
            sort: self.sort(),
            to: common_box(log),
            sealed: seal::seal(readers, &self.to_bytes())?,
        })
    }
}

impl Letter {
    /// Opens it. In a device's own box, or a node's, lies what is sealed for that one alone.
    ///
    /// # Errors
    /// [`SealError::TooManyReaders`], before anything is tried.
    /// [`SealError::NotForThisKey`]; [`SealError::Damaged`] also for what is inside.
    pub fn open(&self, key: &SecretKey) -> Result<Content, SealError> {
        let readers = match key.public().letter_box() == self.to {
            true => 1,
            false => limits::LETTER_READERS,
        };
        let content = seal::open(key, readers, &self.sealed)?;
        Content::read(self.sort, &content).map_err(|_| SealError::Damaged)
    }
}

/// Takes segments apart into shares that are short enough for a letter each, in order.
pub fn shares(segments: Vec<SignedSegment>) -> Vec<Content> {
    let mut shares = vec![Vec::new()];
    let mut bytes = 0;
    for s in segments {
        let length = s.to_bytes().len();
        if bytes + length > limits::LETTER_BYTES / 2 {
            shares.push(Vec::new());
            bytes = 0;
        }
        bytes += length;
        if let Some(last) = shares.last_mut() {
            last.push(s);
        }
    }
    shares.retain(|s| !s.is_empty());
    shares.into_iter().map(Content::Share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::enrol::Unknown;
    use crate::identity::log_of;

    fn key(n: u8) -> SecretKey {
        SecretKey::from_seed([n; 32])
    }

    fn introduction() -> EnrolRequest {
        EnrolRequest::Ticket {
            secret: [1; 16],
            key: key(1).public(),
            signature: key(1).sign(&crate::id::Hash([1; 32])),
        }
    }

    fn contents() -> Vec<Content> {
        vec![
            Content::Request(b"request".to_vec()),
            Content::Answer(Vec::new()),
            Content::Share(Vec::new()),
            Content::Epochs(Vec::new()),
            Content::Introduction(introduction()),
            Content::Told(Told {
                epoch: 1,
                n: 9,
                scopes: vec![(crate::id::ScopeId([3; 16]), 7, crate::id::Hash([4; 32]))],
            }),
            Content::Word(Box::new(Word::new(
                log_of(&key(9).public()),
                Vec::new(),
                &introduction(),
                Err(Unknown::Used),
                &key(9),
            ))),
        ]
    }

    #[test]
    fn a_letter_opens_to_what_was_said_and_to_its_addressee_only() {
        for content in contents() {
            let letter = content.seal_for(&key(1).public()).unwrap();
            assert_eq!(letter.to, key(1).public().letter_box());
            let read = Letter::from_bytes(&letter.to_bytes()).unwrap();
            assert_eq!(read, letter);
            assert_eq!(read.open(&key(1)), Ok(content.clone()));
            assert_eq!(read.open(&key(2)), Err(SealError::NotForThisKey));
            let log = log_of(&key(9).public());
            let readers = [key(1).public(), key(2).public()];
            let shared = content.seal_for_all(log, &readers).unwrap();
            assert_eq!(shared.to, common_box(log));
            assert_eq!(shared.open(&key(2)), Ok(content));
        }
    }

    #[test]
    fn in_a_box_of_ones_own_lies_nothing_that_is_sealed_for_many() {
        let content = introduction();
        let own = Content::Introduction(content.clone()).seal_for(&key(1).public());
        assert!(own.unwrap().open(&key(1)).is_ok());
        // Whoever lays a letter into somebody's box may have it say that it is for thousands: each costs a sum.
        let crowd: Vec<PublicKey> = (1..=60).map(|n| key(n).public()).collect();
        let log = log_of(&key(9).public());
        let shared = Content::Introduction(content).seal_for_all(log, &crowd);
        let shared = shared.unwrap();
        assert!(
            shared.open(&key(1)).is_ok(),
            "in the box of all it is one of many"
        );
        let laid = Letter {
            to: key(1).public().letter_box(),
            ..shared
        };
        assert_eq!(laid.open(&key(1)), Err(SealError::TooManyReaders));
    }

    #[test]
    fn a_letter_is_of_the_sort_that_its_sender_said() {
        for content in contents() {
            let letter = content.seal_for(&key(1).public()).unwrap();
            let sorts = [Sort::Request, Sort::Answer, Sort::Share, Sort::Epochs];
            for sort in sorts.into_iter().chain([Sort::Introduction, Sort::Word]) {
                let opened = Letter {
                    sort,
                    ..letter.clone()
                }
                .open(&key(1));
                assert_eq!(opened.is_ok(), sort == letter.sort, "{sort:?}");
            }
        }
    }
}
