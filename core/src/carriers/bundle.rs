//! The carrier through a file: requests wait in it for the node, answers for their devices.
//!
//! A bundle is a sequence of *letters*, each with its addressee and sender, so that one stick serves
//! several phones and carries receipts back. Who carries it need not be able to read it: a letter has
//! a byte that says how it is sealed (0: not yet; encryption for the addressee takes 1). Reading a
//! bundle twice, in the wrong order or in part is safe: requests and answers are the same messages as
//! over HTTP, and the engine takes what fits.
//!
//! Two phones without a node share segments in a third kind of letter, provisional for the reader.
//!
//! Format: `docs/format.md`. Does not know: files (bytes in, bytes out).

use crate::codec::{CodecError, Reader, Writer};
use crate::feed::SignedSegment;
use crate::id::{Hasher, LogId, PublicKey};
use crate::limits;

/// The first bytes of every bundle.
const MAGIC: &[u8; 8] = b"chibo\x00b1";

/// What a letter is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Letter {
    /// A device's request to its node.
    Request {
        /// The node's log.
        to: LogId,
        /// The device.
        from: PublicKey,
        /// The signed request.
        bytes: Vec<u8>,
    },
    /// A node's answer to a device.
    Answer {
        /// The device.
        to: PublicKey,
        /// The node's log.
        from: LogId,
        /// The answer's frames.
        bytes: Vec<u8>,
    },
    /// Segments for whoever may read them, without a node.
    Share {
        /// The log that their grants stand in.
        log: LogId,
        /// The device that offers them.
        from: PublicKey,
        /// The segments.
        segments: Vec<SignedSegment>,
    },
}

const REQUEST: u8 = 1;
const ANSWER: u8 = 2;
const SHARE: u8 = 3;
const UNSEALED: u8 = 0;
/// Letters in one bundle: every phone of a commune, three times.
const LETTERS: usize = 2_000;

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

/// A bundle that was read: the letters that are whole, and how many are not.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bundle {
    /// The letters, in the order of the file.
    pub letters: Vec<Letter>,
    /// Letters that were cut off, altered or of a kind that this build does not know. The others are
    /// good all the same.
    pub damaged: usize,
}

impl Bundle {
    /// Writes a bundle.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        for letter in &self.letters {
            let body = letter.body();
            let check = Hasher::new("chibo/letter/1").part(&body).hash();
            let mut w = Writer::new();
            w.bytes(&body).fixed(&check.0[..8]);
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
            let Ok((body, check)) = part else {
                bundle.damaged += 1;
                break; // Where the next letter begins is not known.
            };
            let expected = Hasher::new("chibo/letter/1").part(body).hash();
            match Letter::read(body) {
                Ok(letter) if expected.0[..8] == check => bundle.letters.push(letter),
                _ => bundle.damaged += 1,
            }
        }
        Ok(bundle)
    }
}

impl Letter {
    fn body(&self) -> Vec<u8> {
        let mut w = Writer::new();
        match self {
            Letter::Request { to, from, bytes } => {
                w.u8(REQUEST).u8(UNSEALED).fixed(&to.0).fixed(&from.0);
                w.bytes(bytes);
            }
            Letter::Answer { to, from, bytes } => {
                w.u8(ANSWER).u8(UNSEALED).fixed(&to.0).fixed(&from.0);
                w.bytes(bytes);
            }
            Letter::Share {
                log,
                from,
                segments,
            } => {
                w.u8(SHARE).u8(UNSEALED).fixed(&log.0).fixed(&from.0);
                w.number(segments.len() as u64);
                for s in segments {
                    w.bytes(&s.to_bytes());
                }
            }
        }
        w.finish()
    }

    fn read(body: &[u8]) -> Result<Self, CodecError> {
        let mut r = Reader::new(body);
        let kind = r.u8()?;
        match r.u8()? {
            UNSEALED => {}
            version => {
                return Err(CodecError::UnknownVersion {
                    what: "seal",
                    version: version.into(),
                });
            }
        }
        let limit = limits::BUNDLE_BYTES as usize;
        let letter = match kind {
            REQUEST => Letter::Request {
                to: LogId::read(&mut r)?,
                from: PublicKey::read(&mut r)?,
                bytes: r.bytes(limits::REQUEST_BYTES)?.to_vec(),
            },
            ANSWER => Letter::Answer {
                to: PublicKey::read(&mut r)?,
                from: LogId::read(&mut r)?,
                bytes: r.bytes(limit)?.to_vec(),
            },
            SHARE => {
                let log = LogId::read(&mut r)?;
                let from = PublicKey::read(&mut r)?;
                let mut segments = Vec::new();
                for _ in 0..r.count(limits::PUSH_SEGMENTS * 16)? {
                    segments.push(SignedSegment::from_bytes(r.bytes(limits::SEGMENT_BYTES)?)?);
                }
                Letter::Share {
                    log,
                    from,
                    segments,
                }
            }
            _ => return Err(CodecError::BadValue { what: "letter" }),
        };
        r.end()?;
        Ok(letter)
    }
}
