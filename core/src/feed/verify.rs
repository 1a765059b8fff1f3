//! Verification: the signature is good, and the segment follows its feed's head.
//!
//! This file alone can make a [`VerifiedSegment`]; what it has not looked at cannot pass for one.
//! On failure the segment comes back, to be put in quarantine with the reason.
//!
//! ```compile_fail
//! use chibo_core::feed::verify::VerifiedSegment;
//! fn forge(signed: chibo_core::feed::SignedSegment) -> VerifiedSegment {
//!     VerifiedSegment { signed }
//! }
//! ```
//!
//! ```
//! use chibo_core::feed::verify::VerifiedSegment;
//! fn look(verified: &VerifiedSegment) -> u64 {
//!     verified.segment().n
//! }
//! ```

use super::{Opens, Segment, SignedSegment, feed_id};
use crate::document;
use crate::id::{DocId, Hash, PublicKey};
use crate::place::scope_of;

/// What a receiver knows of a feed: its last segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedHead {
    /// Number of the last segment; 0: none yet.
    pub n: u64,
    /// Its hash; zero: none yet.
    pub hash: Hash,
}

impl FeedHead {
    /// The head of a feed of which nothing is known.
    pub const NONE: FeedHead = FeedHead {
        n: 0,
        hash: Hash::ZERO,
    };
}

/// Why a segment is not what it says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The signature is not the key's over these contents: altered, or another's. Counted, not kept.
    #[error("the signature does not fit")]
    BadSignature,
    /// The feed's id does not follow from key, scope and nonce: an attempt to speak for another.
    #[error("the feed does not belong to the key")]
    NotItsFeed,
    /// A segment is missing before it; the sender sends again from `expected`.
    #[error("segment {found} came where {expected} was expected")]
    Gap {
        /// The next number.
        expected: u64,
        /// The number found.
        found: u64,
    },
    /// Another segment with this number exists, signed by the same key: the feed forked.
    #[error("a second segment with number {n}: the feed has forked")]
    Fork {
        /// The number.
        n: u64,
    },
    /// It follows another segment than the one that the receiver has.
    #[error("it does not follow the segment before it")]
    WrongPrevious,
    /// A change in it is no whole Automerge chunk.
    #[error("change {index} is damaged")]
    DamagedChange {
        /// Its place in the segment.
        index: usize,
    },
    /// Two changes of one document, or none at all.
    #[error("one change for each document is expected")]
    NotOneChangeEach,
    /// A document in it is one of another scope or of another kind, by its id.
    #[error("a segment speaks of documents of its own scope only")]
    ForeignDocument,
    /// It opens another place than the one that it is about.
    #[error("a segment opens its own place only")]
    OpensAnother,
}

/// A segment whose signature was checked and which follows its feed's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedSegment {
    signed: SignedSegment,
}

impl VerifiedSegment {
    /// The segment.
    pub fn segment(&self) -> &Segment {
        &self.signed.segment
    }

    /// Its hash.
    pub fn hash(&self) -> Hash {
        self.signed.hash
    }

    /// With its signature, to be stored or sent on.
    pub fn signed(&self) -> &SignedSegment {
        &self.signed
    }
}

/// A segment whose seal is good: it is what its author signed. Whether it follows its feed's head is
/// not known yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvenSegment {
    signed: SignedSegment,
}

impl ProvenSegment {
    /// The segment.
    pub fn segment(&self) -> &Segment {
        &self.signed.segment
    }

    /// Its hash.
    pub fn hash(&self) -> Hash {
        self.signed.hash
    }

    /// With its signature.
    pub fn signed(&self) -> &SignedSegment {
        &self.signed
    }

    /// Without the content of changes of these documents; what was signed stays proven.
    pub fn forgetting(mut self, is_forgotten: impl Fn(DocId) -> bool) -> Self {
        self.signed.forget(is_forgotten);
        self
    }

    /// Checks that it follows its feed's head.
    ///
    /// # Errors
    /// The reason, with the segment itself, so that it can be quarantined.
    pub fn follow(
        self,
        head: &FeedHead,
    ) -> Result<VerifiedSegment, Box<(VerifyError, SignedSegment)>> {
        let n = self.signed.segment.n;
        let follows = if n == 0 || n <= head.n {
            Err(VerifyError::Fork { n })
        } else if n > head.n + 1 {
            Err(VerifyError::Gap {
                expected: head.n + 1,
                found: n,
            })
        } else if self.signed.segment.prev != head.hash {
            Err(VerifyError::WrongPrevious)
        } else {
            Ok(())
        };
        match follows {
            Ok(()) => Ok(VerifiedSegment {
                signed: self.signed,
            }),
            Err(e) => Err(Box::new((e, self.signed))),
        }
    }
}

/// Checks everything about a segment that does not need its place in the feed: the signature, the
/// feed's id, the shape. Dear (some 60 µs), and done on any thread.
pub fn prove(
    signed: SignedSegment,
    key: &PublicKey,
) -> Result<ProvenSegment, Box<(VerifyError, SignedSegment)>> {
    match seal_is_good(&signed, key) {
        Ok(()) => Ok(ProvenSegment { signed }),
        Err(e) => Err(Box::new((e, signed))),
    }
}

fn seal_is_good(signed: &SignedSegment, key: &PublicKey) -> Result<(), VerifyError> {
    let s = &signed.segment;
    if feed_id(key, s.scope, &s.nonce) != s.feed {
        return Err(VerifyError::NotItsFeed);
    }
    for (index, change) in s.changes.iter().enumerate() {
        if super::change_hash(&change.change).is_none() {
            return Err(VerifyError::DamagedChange { index });
        }
    }
    let owns = |o: &Opens| (o.kind.lanes().iter()).any(|lane| scope_of(o.place, *lane) == s.scope);
    if !s.opens.as_ref().is_none_or(owns) {
        return Err(VerifyError::OpensAnother);
    }
    let said = s.changes.iter().map(|c| (c.doc, c.kind));
    let mut named = said.chain(s.forgotten.iter().map(|f| (f.doc, f.kind)));
    if !named.all(|(doc, kind)| document::is_of(doc, s.scope, kind)) {
        return Err(VerifyError::ForeignDocument);
    }
    let mut docs: Vec<_> = s.docs().collect();
    docs.sort();
    docs.dedup();
    if docs.is_empty() || docs.len() != s.changes.len() + s.forgotten.len() {
        return Err(VerifyError::NotOneChangeEach);
    }
    if !key.has_signed(&signed.hash, &signed.signature) {
        return Err(VerifyError::BadSignature);
    }
    Ok(())
}

/// Verifies a segment against its device's key and its feed's head.
///
/// # Errors
/// The reason, with the segment itself, so that it can be quarantined.
pub fn verify(
    signed: SignedSegment,
    key: &PublicKey,
    head: &FeedHead,
) -> Result<VerifiedSegment, Box<(VerifyError, SignedSegment)>> {
    prove(signed, key)?.follow(head)
}
