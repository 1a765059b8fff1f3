//! A node's log: the one order of everything that it judged, and the hash chains that seal it.
//!
//! An *entry* is a judged segment or a control act. Each entry extends two chains: the log's, and its
//! scope's. A *head* is what a node signs about its log in every answer. A verdict is a function of
//! the log before it and the segment, never of a clock, and stands in the entry for good; who later
//! finds it wrong reports the node, and does not decide again.
//!
//! Does not know: storage, how entries travel.

use crate::codec::{CodecError, Reader, Writer};
use crate::forget::EraseAct;
use crate::id::{Hash, Hasher, LogId, PlaceId, PublicKey};
use crate::identity::{Epoch, Grant, SecretKey, Signature};
use crate::limits;
use crate::place::{Host, PlaceKind};
use crate::time::{Received, Timestamp};

/// The version of the rules by which this build judges; stored with every verdict.
pub const RULE_VERSION: u16 = 1;

/// What an entry is about. Numbers are format; 7 is kept for rule.
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
    /// A grant that ended: revoked, lapsed, or under a new key.
    End = 5,
    /// A document that is forgotten ([`crate::forget::EraseAct`]).
    Erase = 6,
    /// A place is offered to another node ([`crate::custody::HandOver`]).
    HandOver = 8,
    /// The answer to an offer, in the log of the node that it was made to ([`crate::custody::Answer`]).
    Answer = 9,
    /// That answer, in the log of the node that made the offer.
    Return = 10,
}

impl EntryType {
    /// The type with this number.
    pub fn from_number(n: u8) -> Result<Self, CodecError> {
        Ok(match n {
            1 => EntryType::Segment,
            2 => EntryType::Grant,
            3 => EntryType::Place,
            4 => EntryType::Epoch,
            5 => EntryType::End,
            6 => EntryType::Erase,
            8 => EntryType::HandOver,
            9 => EntryType::Answer,
            10 => EntryType::Return,
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
    /// Its author's grant had ended before it came. Held.
    pub const GRANT_ENDED: u8 = 38;
    /// Its place is on its way to another node, is kept there, or came from there after its author wrote: the
    /// node that keeps the place decides. Held.
    pub const CUSTODY: u8 = 39;
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

/// A place that was made or moved, or a placement that begins, is prolonged or ends: the body of a control act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaceAct {
    /// The place.
    pub place: PlaceId,
    /// Its kind.
    pub kind: PlaceKind,
    /// Its parent from now on; `None` for the root.
    pub parent: Option<PlaceId>,
    /// Which branch hosts it from now on; only a placement has one.
    pub host: Option<Host>,
    /// The offer by which another node handed it over to this one, if it came from elsewhere ([`crate::custody`]): a
    /// node that goes back to before its arrival is told to ask for the file again.
    pub came: Option<Hash>,
}

impl PlaceAct {
    /// A place of this node's own under another, that no branch hosts.
    pub fn at(place: PlaceId, kind: PlaceKind, parent: Option<PlaceId>) -> Self {
        PlaceAct {
            place,
            kind,
            parent,
            host: None,
            came: None,
        }
    }
}

/// How a grant ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum End {
    /// By decision (*thu hồi*).
    Revoked = 1,
    /// By decision; the device is lost and is told to wipe itself.
    Wiped = 2,
    /// Its term was over (*hết hạn*).
    Lapsed = 3,
    /// Its holder goes on under a new key.
    Succeeded = 4,
    /// Its place is kept by another node now (*chuyển nơi giữ*).
    HandedOver = 5,
}

impl End {
    /// The end with this number.
    pub fn from_number(n: u8) -> Result<Self, CodecError> {
        Ok(match n {
            1 => End::Revoked,
            2 => End::Wiped,
            3 => End::Lapsed,
            4 => End::Succeeded,
            5 => End::HandedOver,
            _ => {
                return Err(CodecError::BadValue {
                    what: "end of a grant",
                });
            }
        })
    }
}

/// The end of a grant: the body of a control act. It acts from its entry on (rule 10): what the grant's
/// holder brings later is held, and nothing is told to them any more. A revocation that is to reach
/// what was granted under it has an entry for each of those.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndAct {
    /// Hash of the grant.
    pub grant: Hash,
    /// How it ended.
    pub end: End,
}

/// What a control act is: bytes under a context of its own.
pub trait ControlAct: Sized {
    /// The encoding.
    fn to_bytes(&self) -> Vec<u8>;
    /// Reads one.
    fn read(r: &mut Reader) -> Result<Self, CodecError>;
    /// What names and seals it.
    fn hash(&self) -> Hash;
}

impl ControlAct for PlaceAct {
    fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.fixed(&self.place.0).number(self.kind as u64);
        match self.parent {
            Some(p) => w.u8(1).fixed(&p.0),
            None => w.u8(0),
        };
        Host::write(self.host, self.kind, &mut w);
        match self.came {
            Some(offer) => w.u8(1).fixed(&offer.0),
            None => w.u8(0),
        };
        w.finish()
    }

    fn read(r: &mut Reader) -> Result<Self, CodecError> {
        let place = PlaceId::read(r)?;
        let kind = PlaceKind::from_number(r.number()?)
            .ok_or(CodecError::BadValue { what: "place kind" })?;
        Ok(PlaceAct {
            place,
            kind,
            parent: match r.u8()? {
                0 => None,
                1 => Some(PlaceId::read(r)?),
                _ => return Err(CodecError::BadValue { what: "parent" }),
            },
            host: Host::read(kind, r)?,
            came: match r.yes_no("arrival")? {
                true => Some(Hash::read(r)?),
                false => None,
            },
        })
    }

    fn hash(&self) -> Hash {
        Hasher::new("chibo/place-act/1")
            .part(&self.to_bytes())
            .hash()
    }
}

impl ControlAct for EndAct {
    fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.fixed(&self.grant.0).u8(self.end as u8);
        w.finish()
    }

    fn read(r: &mut Reader) -> Result<Self, CodecError> {
        Ok(EndAct {
            grant: Hash::read(r)?,
            end: End::from_number(r.u8()?)?,
        })
    }

    fn hash(&self) -> Hash {
        Hasher::new("chibo/end-act/1").part(&self.to_bytes()).hash()
    }
}

/// A control act with the signature of its epoch's grant key: a node that was restored from an older
/// state takes it back from whoever heard of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed<A> {
    /// The act.
    pub act: A,
    /// By the grant key of the epoch in which it was done.
    pub signature: Signature,
}

impl<A: ControlAct> Signed<A> {
    fn hash(act: &A, log: LogId) -> Hash {
        Hasher::new("chibo/act/1")
            .part(&log.0)
            .part(&act.hash().0)
            .hash()
    }

    /// Signs an act with the epoch's grant key.
    pub fn new(act: A, log: LogId, key: &SecretKey) -> Self {
        let signature = key.sign(&Self::hash(&act, log));
        Signed { act, signature }
    }

    /// Whether that grant key signed it.
    pub fn is_signed(&self, log: LogId, key: &PublicKey) -> bool {
        key.has_signed(&Self::hash(&self.act, log), &self.signature)
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.act.to_bytes();
        bytes.extend_from_slice(&self.signature.0);
        bytes
    }

    /// Reads one.
    pub fn read(r: &mut Reader) -> Result<Self, CodecError> {
        Ok(Signed {
            act: A::read(r)?,
            signature: Signature::read(r)?,
        })
    }
}

/// A list of signed acts, to be kept beside backups: the mark of its sort (8 bytes), number count, acts.
pub fn write_acts<A: ControlAct>(mark: &[u8; 8], acts: &[Signed<A>]) -> Vec<u8> {
    let mut w = Writer::new();
    w.fixed(mark).number(acts.len() as u64);
    for act in acts {
        w.fixed(&act.to_bytes());
    }
    w.finish()
}

/// Reads a list of signed acts; nothing of it is proven yet.
pub fn read_acts<A: ControlAct>(
    mark: &[u8; 8],
    bytes: &[u8],
) -> Result<Vec<Signed<A>>, CodecError> {
    let mut r = Reader::new(bytes);
    if r.fixed(mark.len())? != mark {
        return Err(CodecError::BadValue {
            what: "list of acts",
        });
    }
    let count = r.count(limits::ERASURES)?;
    let list = (0..count).map(|_| Signed::read(&mut r)).collect();
    r.end()?;
    list
}

/// The mark of a list of revocations ([`write_acts`]).
pub const REVOCATIONS: &[u8; 8] = b"chibo\0r1";

const EPOCHS: &[u8; 8] = b"chibo\0p1";

/// The epochs of a log, to be kept beside backups: what signed the other lists after a backup.
pub fn write_epochs(epochs: &[Epoch]) -> Vec<u8> {
    let mut w = Writer::new();
    w.fixed(EPOCHS).number(epochs.len() as u64);
    for e in epochs {
        w.fixed(&e.to_bytes());
    }
    w.finish()
}

/// Reads what [`write_epochs`] wrote; nothing of it is proven yet.
pub fn read_epochs(bytes: &[u8]) -> Result<Vec<Epoch>, CodecError> {
    let mut r = Reader::new(bytes);
    if r.fixed(EPOCHS.len())? != EPOCHS {
        return Err(CodecError::BadValue {
            what: "list of epochs",
        });
    }
    let count = r.count(limits::EPOCHS)?;
    let list = (0..count).map(|_| Epoch::read(&mut r)).collect();
    r.end()?;
    list
}

/// A control act as a device brings it back to a node that was restored from before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// A grant.
    Grant(Box<Grant>),
    /// A place made or moved.
    Place(Signed<PlaceAct>),
    /// The end of a grant.
    End(Signed<EndAct>),
    /// The erasure of a document.
    Erase(Signed<EraseAct>),
    /// An epoch: the node had changed its keys, and went back to before.
    Epoch(Box<Epoch>),
}

impl Control {
    /// Writes it: the number of its type, then the act.
    pub fn write(&self, w: &mut Writer) {
        let (kind, bytes) = match self {
            Control::Grant(g) => (EntryType::Grant, g.to_bytes()),
            Control::Place(a) => (EntryType::Place, a.to_bytes()),
            Control::End(a) => (EntryType::End, a.to_bytes()),
            Control::Erase(a) => (EntryType::Erase, a.to_bytes()),
            Control::Epoch(e) => (EntryType::Epoch, e.to_bytes()),
        };
        w.u8(kind as u8).fixed(&bytes);
    }

    /// Reads one.
    pub fn read(r: &mut Reader) -> Result<Self, CodecError> {
        Ok(match EntryType::from_number(r.u8()?)? {
            EntryType::Grant => Control::Grant(Box::new(Grant::read(r)?)),
            EntryType::Place => Control::Place(Signed::read(r)?),
            EntryType::End => Control::End(Signed::read(r)?),
            EntryType::Erase => Control::Erase(Signed::read(r)?),
            EntryType::Epoch => Control::Epoch(Box::new(Epoch::read(r)?)),
            _ => {
                return Err(CodecError::BadValue {
                    what: "control act",
                });
            }
        })
    }

    /// What names it.
    pub fn hash(&self) -> Hash {
        match self {
            Control::Grant(g) => g.hash(),
            Control::Place(a) => a.act.hash(),
            Control::End(a) => a.act.hash(),
            Control::Erase(a) => a.act.hash(),
            Control::Epoch(e) => e.hash(),
        }
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
    /// The last entry that a backup of this node holds which was opened and checked; 0: none was. A node that goes
    /// back to its last such backup has lost nothing up to here.
    pub safe: u64,
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
            .number(self.safe)
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
            safe: r.number()?,
            digest: Hash::read(r)?,
            signature: Signature::read(r)?,
        })
    }
}
