//! What a node says to a device that asked to be known: by letter always, over a line where it refuses (else its reply
//! says the same).
//!
//! Anybody can lay a letter into a device's box, and whatever stands on a line can say no: what a device drops for good
//! rests on more. So a word is signed by the log key of the node's last epoch, over the
//! request that it answers, and brings the epochs that lead to that key from the root key.

use super::{EnrolReply, EnrolRequest};
use crate::codec::{CodecError, Reader, Writer};
use crate::id::{Hash, Hasher, LogId};
use crate::identity::{Epoch, Grant, SecretKey, Signature};
use crate::limits;

/// Why a device is not known to the node, as a letter says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Unknown {
    /// The ticket is not of this node.
    NotOurs = 1,
    /// It was used by another device.
    Used = 2,
    /// Its time is over.
    Expired = 3,
    /// The grant, or one that it stands under, has ended.
    Ended = 4,
    /// The chain of grants does not hold, or its place is not here.
    NotHeld = 5,
}

impl Unknown {
    pub(super) fn from_number(n: u8) -> Result<Self, CodecError> {
        Ok(match n {
            1 => Unknown::NotOurs,
            2 => Unknown::Used,
            3 => Unknown::Expired,
            4 => Unknown::Ended,
            5 => Unknown::NotHeld,
            _ => return Err(CodecError::BadValue { what: "refusal" }),
        })
    }
}

/// The node's word to a request to be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The node's epochs, from the first; the last one's log key signed this.
    pub epochs: Vec<Epoch>,
    /// What it answers ([`EnrolRequest::hash`]).
    pub request: Hash,
    /// The grant with its entry, or why there is none.
    pub said: Result<(u64, Grant), Unknown>,
    signature: Signature,
}

impl Word {
    fn body(&self) -> Writer {
        let mut w = Writer::new();
        w.fixed(&self.request.0);
        match &self.said {
            Ok((n, grant)) => w.u8(0).number(*n).fixed(&grant.to_bytes()),
            Err(why) => w.u8(*why as u8),
        };
        w
    }

    fn hash(&self, log: LogId) -> Hash {
        Hasher::new("chibo/word/1")
            .part(&log.0)
            .part(self.body().as_slice())
            .hash()
    }

    /// The word of the node of this log to a request.
    pub fn new(
        log: LogId,
        epochs: Vec<Epoch>,
        request: &EnrolRequest,
        said: Result<(u64, Grant), Unknown>,
        log_key: &SecretKey,
    ) -> Self {
        let mut word = Word {
            epochs,
            request: request.hash(log),
            said,
            signature: Signature([0; 64]),
        };
        word.signature = log_key.sign(&word.hash(log));
        word
    }

    /// Whether the log key of the last epoch signed it; that the epochs are of this log is for the caller to see.
    pub fn is_signed(&self, log: LogId) -> bool {
        let last = self.epochs.last();
        last.is_some_and(|e| e.log_key.has_signed(&self.hash(log), &self.signature))
    }

    /// What it would be over a line; `Err`: why the node refused.
    pub fn reply(&self) -> Result<EnrolReply, Unknown> {
        let (n, grant) = self.said.clone()?;
        Ok(EnrolReply {
            epochs: self.epochs.clone(),
            n,
            grant,
        })
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.u8(1).number(self.epochs.len() as u64);
        for e in &self.epochs {
            w.fixed(&e.to_bytes());
        }
        w.fixed(self.body().as_slice()).fixed(&self.signature.0);
        w.finish()
    }

    /// Reads one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut r = Reader::new(bytes);
        if r.u8()? != 1 {
            return Err(CodecError::BadValue { what: "word" });
        }
        let mut epochs = Vec::new();
        for _ in 0..r.count(limits::EPOCHS)? {
            epochs.push(Epoch::read(&mut r)?);
        }
        let word = Word {
            epochs,
            request: Hash::read(&mut r)?,
            said: match r.u8()? {
                0 => Ok((r.number()?, Grant::read(&mut r)?)),
                why => Err(Unknown::from_number(why)?),
            },
            signature: Signature::read(&mut r)?,
        };
        r.end()?;
        Ok(word)
    }
}
