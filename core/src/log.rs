//! A node's log: the one order of everything that it judged, and the hash chains that seal it.
//!
//! An *entry* is a judged segment or a control act. Each entry extends two chains: the log's, and its
//! scope's. A *head* is what a node signs about its log in every answer. A verdict is a function of
//! the log before it and the segment, never of a clock, and stands in the entry for good; who later
//! finds it wrong reports the node, and does not decide again.
//!
//! Does not know: storage, how entries travel.

use crate::codec::{CodecError, Reader, Writer};
use crate::id::{Hash, Hasher, LogId, PlaceId, PublicKey};
use crate::identity::{SecretKey, Signature};
use crate::place::PlaceKind;
use crate::time::{Received, Timestamp};

/// The version of the rules by which this build judges; stored with every verdict.
pub const RULE_VERSION: u16 = 1;

/// What an entry is about. Numbers are format; 6 to 9 are kept for lapse, erase, rule and hand-over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum EntryType {
    /// A judged segment.
    Segment = 1,
    /// A grant.
    Grant = 2,
    /// A place that was made or got another parent.
    Place = 3,
    /// A new epoch.
    Epoch = 4,
    /// A grant that was revoked.
    Revoke = 5,
}

impl EntryType {
    /// The type with this number.
    pub fn from_number(n: u8) -> Result<Self, CodecError> {
        Ok(match n {
            1 => EntryType::Segment,
            2 => EntryType::Grant,
            3 => EntryType::Place,
            4 => EntryType::Epoch,
            5 => EntryType::Revoke,
            _ => return Err(CodecError::BadValue { what: "entry type" }),
        })
    }
}

/// The node's judgement of a segment. Control acts are always accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Verdict {
    /// Applied everywhere.
    Accepted = 0,
    /// A person decides; later segments of the feed wait.
    Held = 1,
    /// Final: the feed ends; the device says its later acts again in a new one.
    Refused = 2,
}

impl Verdict {
    /// The verdict with this number.
    pub fn from_number(n: u8) -> Result<Self, CodecError> {
        Ok(match n {
            0 => Verdict::Accepted,
            1 => Verdict::Held,
            2 => Verdict::Refused,
            _ => return Err(CodecError::BadValue { what: "verdict" }),
        })
    }
}

/// Why a segment was held or refused, beside [`crate::feed::authorise::Forbidden`] (1 to 31) and the door's
/// reasons (64 and up).
pub mod reason {
    /// None: accepted.
    pub const NONE: u8 = 0;
    /// A second segment with this number: the feed forked.
    pub const FORK: u8 = 32;
    /// The feed had ended before.
    pub const FEED_ENDED: u8 = 33;
    /// The office decided against it.
    pub const OFFICE: u8 = 34;
    /// The place had moved out of its author's reach; it was inside at the segment's basis. Held.
    pub const MOVED: u8 = 35;
    /// A segment before it in its feed is held. Held.
    pub const AFTER_HELD: u8 = 36;
    /// Its author's grant was revoked before it came. Held.
    pub const REVOKED: u8 = 38;
    /// It was held, and the office accepted it.
    pub const DECIDED: u8 = 37;
    /// First of the door's reasons.
    pub const DOOR: u8 = 64;
}

/// One numbered line of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its number, from 1 without gaps.
    pub n: u64,
    /// When the node took it in; never before the entry before.
    pub time: Received,
    /// What it is about.
    pub kind: EntryType,
    /// Hash of the segment or control act.
    pub hash: Hash,
    /// The judgement.
    pub verdict: Verdict,
    /// Why, if not accepted.
    pub reason: u8,
    /// By which rules.
    pub rule: u16,
}

impl Entry {
    /// The next value of a chain (the log's or a scope's) after this entry (format).
    pub fn chain_after(&self, chain: Hash, log: LogId, epoch: u64) -> Hash {
        let mut w = Writer::new();
        w.number(self.n)
            .number(self.time.0.0)
            .u8(self.kind as u8)
            .fixed(&self.hash.0)
            .u8(self.verdict as u8)
            .u8(self.reason)
            .number(self.rule.into());
        Hasher::new("chibo/log/1")
            .part(&chain.0)
            .part(&log.0)
            .number(epoch)
            .part(w.as_slice())
            .hash()
    }
}

/// A place that was made or moved: the body of a control act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaceAct {
    /// The place.
    pub place: PlaceId,
    /// Its kind.
    pub kind: PlaceKind,
    /// Its parent from now on; `None` for the root.
    pub parent: Option<PlaceId>,
}

impl PlaceAct {
    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.fixed(&self.place.0).number(self.kind as u64);
        match self.parent {
            Some(p) => w.u8(1).fixed(&p.0),
            None => w.u8(0),
        };
        w.finish()
    }

    /// Reads one.
    pub fn read(r: &mut Reader) -> Result<Self, CodecError> {
        Ok(PlaceAct {
            place: PlaceId::read(r)?,
            kind: PlaceKind::from_number(r.number()?)
                .ok_or(CodecError::BadValue { what: "place kind" })?,
            parent: match r.u8()? {
                0 => None,
                1 => Some(PlaceId::read(r)?),
                _ => return Err(CodecError::BadValue { what: "parent" }),
            },
        })
    }

    /// What names and seals the act.
    pub fn hash(&self) -> Hash {
        Hasher::new("chibo/place-act/1")
            .part(&self.to_bytes())
            .hash()
    }
}

/// The end of a grant by decision (*thu hồi*): the body of a control act. It acts from its entry on
/// (rule 10): what the grant's holder brings later is held, and nothing is told to them any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevokeAct {
    /// Entry number of the grant.
    pub n: u64,
    /// Its hash.
    pub grant: Hash,
    /// Whether the device is lost and is told to wipe itself.
    pub wipe: bool,
}

impl RevokeAct {
    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.number(self.n)
            .fixed(&self.grant.0)
            .u8(u8::from(self.wipe));
        w.finish()
    }

    /// Reads one.
    pub fn read(r: &mut Reader) -> Result<Self, CodecError> {
        Ok(RevokeAct {
            n: r.number()?,
            grant: Hash::read(r)?,
            wipe: match r.u8()? {
                0 => false,
                1 => true,
                _ => return Err(CodecError::BadValue { what: "revocation" }),
            },
        })
    }

    /// What names and seals the act.
    pub fn hash(&self) -> Hash {
        Hasher::new("chibo/revoke/1").part(&self.to_bytes()).hash()
    }
}

/// Where a reader stands in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The epoch.
    pub epoch: u64,
    /// The last entry that was seen.
    pub n: u64,
    /// The log's chain after that entry, as its node signed it.
    pub chain: Hash,
    /// The last entry that changed the reader's set of places.
    pub set_version: u64,
}

impl Position {
    /// Before the first entry.
    pub const START: Position = Position {
        epoch: 0,
        n: 0,
        chain: Hash::ZERO,
        set_version: 0,
    };
}

/// What a node signs about its log, in every answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The epoch.
    pub epoch: u64,
    /// The last entry.
    pub n: u64,
    /// The log's chain after it. Two phones that got other chains for one `n` have found a node with
    /// two faces.
    pub chain: Hash,
    /// The node's time.
    pub time: Timestamp,
    /// The last entry that changed the reader's set of places.
    pub set_version: u64,
    /// The digest of the reader's view.
    pub digest: Hash,
    /// By the epoch's log key.
    pub signature: Signature,
}

impl Head {
    fn hash(&self, log: LogId) -> Hash {
        Hasher::new("chibo/head/1")
            .part(&log.0)
            .part(self.body().as_slice())
            .hash()
    }

    fn body(&self) -> Writer {
        let mut w = Writer::new();
        w.number(self.epoch)
            .number(self.n)
            .fixed(&self.chain.0)
            .number(self.time.0)
            .number(self.set_version)
            .fixed(&self.digest.0);
        w
    }

    /// Signs it with the epoch's log key.
    pub fn signed(mut self, log: LogId, key: &SecretKey) -> Self {
        self.signature = key.sign(&self.hash(log));
        self
    }

    /// Whether the epoch's log key signed it.
    pub fn is_signed(&self, log: LogId, key: &PublicKey) -> bool {
        key.has_signed(&self.hash(log), &self.signature)
    }

    /// The encoding.
    pub fn write(&self, w: &mut Writer) {
        w.fixed(self.body().as_slice()).fixed(&self.signature.0);
    }

    /// Reads one.
    pub fn read(r: &mut Reader) -> Result<Self, CodecError> {
        Ok(Head {
            epoch: r.number()?,
            n: r.number()?,
            chain: Hash::read(r)?,
            time: Timestamp(r.number()?),
            set_version: r.number()?,
            digest: Hash::read(r)?,
            signature: Signature::read(r)?,
        })
    }
}
