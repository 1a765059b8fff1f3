//! The carrier through a file: requests wait in it for the node, answers for their devices.
//!
//! A bundle is a sequence of *letters*, so that one stick serves several phones and carries receipts back. A
//! letter is sealed for its addressee ([`super::letter`]): who carries it, or finds the stick, reads neither
//! names nor senders, only sorts, sizes and the boxes that the letters are for. Reading a bundle twice, in
//! the wrong order or in part is safe: requests and answers are the same messages as over HTTP, and the
//! engine takes what fits. The name of the file means nothing.
//!
//! Format: `docs/format.md`. Does not know: files (bytes in, bytes out), keys, what is in a letter.

use crate::codec::{CodecError, Reader, Writer};
use crate::id::{BoxId, Hash, Hasher, LetterId};
use crate::limits;

/// The first bytes of every bundle.
const MAGIC: &[u8; 8] = b"chibo\x00b1";
const UNSEALED: u8 = 0;
const SEALED: u8 = 1;
/// Letters in one bundle: every phone of a commune, three times.
const LETTERS: usize = 2_000;

/// What a letter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Sort {
    /// A device's request to its node.
    Request = 1,
    /// A node's answer to a device.
    Answer = 2,
    /// Segments of a device for others, without a node.
    Share = 3,
    /// The epochs of a node's log, for devices that may know its old keys only.
    Epochs = 4,
    /// Of a device that asks its node to know it: by a ticket, under a new key, or again.
    Introduction = 5,
    /// The node's word to that.
    Word = 6,
    /// What the node told a device, for others to compare.
    Told = 7,
}

impl Sort {
    fn from_number(n: u8) -> Option<Self> {
        Some(match n {
            1 => Sort::Request,
            2 => Sort::Answer,
            3 => Sort::Share,
            4 => Sort::Epochs,
            5 => Sort::Introduction,
            6 => Sort::Word,
            7 => Sort::Told,
            _ => return None,
        })
    }
}

/// A letter as it travels: closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// What it is.
    pub sort: Sort,
    /// The box that it is for.
    pub to: BoxId,
    /// The content, sealed.
    pub sealed: Vec<u8>,
}

/// Why a file is no bundle.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// It does not begin as bundles do.
    #[error("this file is no bundle")]
    NotABundle,
    /// The file is larger than any bundle.
    #[error("the file is larger than {} MiB", limits::BUNDLE_BYTES / 1024 / 1024)]
    TooLarge,
}

/// Why bytes are no letter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LetterError {
    /// They are not of the format.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// An older program wrote it for everybody to read. Have it written again.
    #[error("this letter is not sealed")]
    Unsealed,
}

/// A bundle that was read: the letters that are whole, and how many are not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bundle {
    /// The letters, in the order of the file.
    pub letters: Vec<Letter>,
    /// Letters that were cut off, altered or of a sort that this build does not know. The others are
    /// good all the same.
    pub damaged: usize,
    /// Letters that are not sealed: an older program wrote them. They are not read.
    pub unsealed: usize,
}

impl Bundle {
    /// Writes a bundle.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        for letter in &self.letters {
            let body = letter.to_bytes();
            let mut w = Writer::new();
            w.bytes(&body).fixed(&check(&body).0[..8]);
            out.extend_from_slice(w.as_slice());
        }
        out
    }

    /// Reads a bundle as far as it is whole.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, BundleError> {
        if bytes.len() as u64 > limits::BUNDLE_BYTES {
            return Err(BundleError::TooLarge);
        }
        let rest = bytes.strip_prefix(MAGIC).ok_or(BundleError::NotABundle)?;
        let mut bundle = Bundle::default();
        let mut r = Reader::new(rest);
        while !r.is_empty() && bundle.letters.len() < LETTERS {
            let part = (|| {
                let body = r.bytes(limits::BUNDLE_BYTES as usize)?;
                Ok::<_, CodecError>((body, r.array::<8>()?))
            })();
            let Ok((body, found)) = part else {
                bundle.damaged += 1;
                break; // Where the next letter begins is not known.
            };
            let whole = check(body).0[..8] == found;
            match Letter::from_bytes(body) {
                Ok(letter) if whole => bundle.letters.push(letter),
                Err(LetterError::Unsealed) if whole => bundle.unsealed += 1,
                _ => bundle.damaged += 1,
            }
        }
        Ok(bundle)
    }
}

/// What shows that a letter is whole; it proves nothing else.
fn check(body: &[u8]) -> Hash {
    Hasher::new("chibo/letter/1").part(body).hash()
}

impl Letter {
    /// What names the letter among others: the same bytes are the same letter.
    pub fn id(&self) -> LetterId {
        LetterId(Hasher::new("chibo/letter/1").part(&self.to_bytes()).id())
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.u8(self.sort as u8).u8(SEALED).fixed(&self.to.0);
        w.fixed(&self.sealed);
        w.finish()
    }

    /// Reads one letter.
    pub fn from_bytes(body: &[u8]) -> Result<Self, LetterError> {
        let mut r = Reader::new(body);
        let bad = CodecError::BadValue { what: "letter" };
        let sort = Sort::from_number(r.u8()?).ok_or(bad)?;
        match r.u8()? {
            SEALED => {}
            UNSEALED => return Err(LetterError::Unsealed),
            version => {
                return Err(LetterError::Codec(CodecError::UnknownVersion {
                    what: "seal",
                    version: version.into(),
                }));
            }
        }
        let to = BoxId::read(&mut r)?;
        if r.left() > limits::SEALED_BYTES {
            return Err(LetterError::Codec(CodecError::TooLong {
                found: r.left() as u64,
                limit: limits::SEALED_BYTES as u64,
            }));
        }
        let sealed = r.fixed(r.left())?.to_vec();
        Ok(Letter { sort, to, sealed })
    }
}
