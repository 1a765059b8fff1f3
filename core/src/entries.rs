//! Entries of the log on their way to a device: one frame holds a run of them, in order.
//!
//! A segment comes whole in its compact form, or only as a receipt where the device wrote it itself,
//! or only as a hash where it was not accepted. Everything that the scope's chain is made of comes
//! with it, so the device computes the chain itself and can prove what it holds.
//!
//! Does not know: how entries are applied ([`crate::phone`]).

use crate::codec::{CodecError, Reader, Writer};
use crate::feed::compact::{self, ExpandError, Known, Shorten};
use crate::feed::{SignedSegment, Spot};
use crate::forget::EraseAct;
use crate::id::{DocId, FeedId, Hash, LogId, PlaceId, Salt, ScopeId};
use crate::identity::Grant;
use crate::limits;
use crate::log::{EndAct, EntryType, PlaceAct, Signed, Verdict, reason};
use crate::time::Timestamp;
use crate::wire::{self, CHAIN_TAG};

/// What an entry is about, as it travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// An accepted segment.
    Segment(Box<SignedSegment>),
    /// An accepted segment that was written for another log: its compact form would be taken for this one's. It is
    /// read as a [`Body::Segment`].
    Whole(Box<SignedSegment>),
    /// An accepted segment that the device has: its spot, and the first bytes of its hash, by which
    /// a device that was restored from a backup notices.
    Receipt(Spot, [u8; 4]),
    /// A segment that was held or refused.
    Judged {
        /// The segment.
        spot: Spot,
        /// Its scope.
        scope: ScopeId,
        /// Its hash.
        hash: Hash,
        /// The verdict.
        verdict: Verdict,
        /// Why.
        reason: u8,
    },
    /// A grant.
    Grant(Box<Grant>),
    /// A place made or moved.
    Place(Signed<PlaceAct>),
    /// The end of a grant.
    End(Signed<EndAct>),
    /// A document that is forgotten.
    Erase(Box<Signed<EraseAct>>),
    /// A control act that a device needs for its chains only.
    Act {
        /// What it is.
        kind: EntryType,
        /// The scope that it is told in.
        scope: ScopeId,
        /// Its hash.
        hash: Hash,
    },
    /// A new epoch, told in the control lane of the root.
    Epoch {
        /// The root of the tree.
        root: PlaceId,
        /// The epoch.
        epoch: u64,
    },
}

/// One entry as it travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its number.
    pub n: u64,
    /// When the node took it in.
    pub time: Timestamp,
    /// By which rules it was judged.
    pub rule: u16,
    /// Why an accepted segment was accepted, where that is said.
    pub reason: u8,
    /// The author's grant and its entry number, where the device does not hold the place it was given on.
    pub grant: Option<(u64, Box<Grant>)>,
    /// What it is about.
    pub body: Body,
}

const SEGMENT: u8 = 1;
const RECEIPT: u8 = 2;
const JUDGED: u8 = 3;
const GRANT: u8 = 4;
const PLACE: u8 = 5;
const EPOCH: u8 = 6;
const WITH: u8 = 7;
const END: u8 = 8;
const ACT: u8 = 9;
const WHOLE: u8 = 10;
const ERASE: u8 = 11;

/// Collects entries into the payload of one frame.
#[derive(Debug)]
pub struct EntriesWriter {
    epoch: u64,
    from: u64,
    last: u64,
    time: u64,
    count: u64,
    ids: Writer,
    changes: Writer,
}

impl EntriesWriter {
    /// A frame of entries of this epoch after `from`.
    pub fn new(epoch: u64, from: u64) -> Self {
        EntriesWriter {
            epoch,
            from,
            last: from,
            time: 0,
            count: 0,
            ids: Writer::new(),
            changes: Writer::new(),
        }
    }

    /// Adds an entry; a whole segment is shortened as `how` says.
    pub fn add(&mut self, told: &Told, how: Option<&Shorten>) {
        let w = &mut self.ids;
        w.number(told.n - self.last);
        w.number(told.time.0.saturating_sub(self.time));
        w.number(told.rule.into());
        self.last = told.n;
        self.time = self.time.max(told.time.0);
        self.count += 1;
        if told.reason != reason::NONE || told.grant.is_some() {
            w.u8(WITH).u8(told.reason);
            w.u8(u8::from(told.grant.is_some()));
            if let Some((n, grant)) = &told.grant {
                w.number(*n).fixed(&grant.to_bytes());
            }
        }
        match (&told.body, how) {
            (Body::Segment(s), Some(how)) => {
                w.u8(SEGMENT);
                compact::write(s, how, w, &mut self.changes);
            }
            (Body::Segment(s), None) => {
                let hash = s.hash();
                let s = s.unproven();
                w.u8(RECEIPT)
                    .fixed(&s.feed.0[..8])
                    .number(s.n)
                    .fixed(&hash.0[..4]);
            }
            (Body::Whole(s), _) => {
                w.u8(WHOLE).bytes(&s.to_bytes());
            }
            (Body::Receipt(spot, tag), _) => {
                w.u8(RECEIPT)
                    .fixed(&spot.feed.0[..8])
                    .number(spot.n)
                    .fixed(tag);
            }
            (
                Body::Judged {
                    spot,
                    scope,
                    hash,
                    verdict,
                    reason,
                },
                _,
            ) => {
                w.u8(JUDGED)
                    .fixed(&spot.feed.0)
                    .number(spot.n)
                    .fixed(&scope.0)
                    .fixed(&hash.0)
                    .u8(*verdict as u8)
                    .u8(*reason);
            }
            (Body::Grant(g), _) => {
                w.u8(GRANT).fixed(&g.to_bytes());
            }
            (Body::Place(p), _) => {
                w.u8(PLACE).fixed(&p.to_bytes());
            }
            (Body::End(act), _) => {
                w.u8(END).fixed(&act.to_bytes());
            }
            (Body::Erase(act), _) => {
                w.u8(ERASE).fixed(&act.to_bytes());
            }
            (Body::Act { kind, scope, hash }, _) => {
                w.u8(ACT).u8(*kind as u8).fixed(&scope.0).fixed(&hash.0);
            }
            (Body::Epoch { root, epoch }, _) => {
                w.u8(EPOCH).fixed(&root.0).number(*epoch);
            }
        }
    }

    /// Raw bytes so far.
    pub fn len(&self) -> usize {
        self.ids.len() + self.changes.len()
    }

    /// Whether no entry was added.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The payload; after it the device stands at `upto`, where the log's chain is `chain`.
    pub fn finish(self, upto: u64, chain: Hash) -> Vec<u8> {
        let mut w = Writer::new();
        w.number(self.epoch)
            .number(self.from)
            .number(upto - self.from)
            .fixed(&chain.0[..CHAIN_TAG])
            .number(self.count)
            .bytes(self.ids.as_slice());
        wire::pack(self.changes.as_slice(), &mut w);
        w.finish()
    }
}

/// A frame of entries, opened; entries are read one by one, as each may need what those before it
/// brought.
#[derive(Debug)]
pub struct EntriesReader {
    /// The epoch of all entries in it.
    pub epoch: u64,
    /// The position that the frame goes on from.
    pub from: u64,
    /// The position after it.
    pub upto: u64,
    /// The log's chain there; only the first bytes are known.
    pub chain: Hash,
    left: usize,
    last: u64,
    time: u64,
    ids: Vec<u8>,
    changes: Vec<u8>,
    ids_at: usize,
    changes_at: usize,
}

impl EntriesReader {
    /// Opens a payload.
    pub fn new(payload: &[u8]) -> Result<Self, CodecError> {
        let mut r = Reader::new(payload);
        let epoch = r.number()?;
        let from = r.number()?;
        let upto = from
            .checked_add(r.number()?)
            .ok_or(CodecError::BadValue { what: "position" })?;
        let mut chain = [0; 32];
        chain[..CHAIN_TAG].copy_from_slice(r.fixed(CHAIN_TAG)?);
        let left = r.count(limits::FRAME_RAW_BYTES)?;
        let ids = r.bytes(limits::FRAME_BYTES)?.to_vec();
        let changes = wire::unpack(&mut r, limits::FRAME_RAW_BYTES)?;
        r.end()?;
        Ok(EntriesReader {
            epoch,
            from,
            upto,
            chain: Hash(chain),
            left,
            last: from,
            time: 0,
            ids,
            changes,
            ids_at: 0,
            changes_at: 0,
        })
    }

    /// The next entry.
    pub fn next_entry(
        &mut self,
        log: LogId,
        known: &dyn Known,
    ) -> Result<Option<Told>, ExpandError> {
        if self.left == 0 {
            let over = self.ids.len() - self.ids_at + self.changes.len() - self.changes_at;
            return match over {
                0 => Ok(None),
                left => Err(CodecError::Trailing { left }.into()),
            };
        }
        self.left -= 1;
        let mut r = Reader::new(&self.ids[self.ids_at..]);
        let bad = CodecError::BadValue { what: "entry" };
        let n = self.last.checked_add(r.number()?).ok_or(bad)?;
        let time = self.time.checked_add(r.number()?).ok_or(bad)?;
        let rule = u16::try_from(r.number()?).map_err(|_| bad)?;
        if n <= self.last || n > self.upto {
            return Err(bad.into());
        }
        let mut changes = Reader::new(&self.changes[self.changes_at..]);
        let mut form = r.u8()?;
        let (mut reason, mut brought) = (reason::NONE, None);
        if form == WITH {
            reason = r.u8()?;
            brought = match r.u8()? {
                0 => None,
                1 => Some((r.number()?, Box::new(Grant::read(&mut r)?))),
                _ => return Err(bad.into()),
            };
            form = r.u8()?;
            if !matches!(form, SEGMENT | RECEIPT | WHOLE) {
                return Err(bad.into());
            }
        }
        let known = &Brought {
            known,
            grant: brought.as_ref(),
        };
        let body = match form {
            SEGMENT => {
                let near = Timestamp(time);
                Body::Segment(Box::new(compact::read(
                    &mut r,
                    &mut changes,
                    log,
                    near,
                    known,
                )?))
            }
            WHOLE => {
                let bytes = r.bytes(limits::SEGMENT_BYTES)?;
                let signed = SignedSegment::from_bytes(bytes)?;
                if signed.unproven().basis.log == log {
                    return Err(bad.into());
                }
                Body::Segment(Box::new(signed))
            }
            RECEIPT => {
                // A device that does not know its own feed was restored from before it.
                let feed = known
                    .feed_beginning(r.array()?)
                    .ok_or(ExpandError::Unknown { what: "own feed" })?;
                let n = r.number()?;
                Body::Receipt(Spot { feed, n }, r.array()?)
            }
            JUDGED => Body::Judged {
                spot: spot(&mut r)?,
                scope: ScopeId::read(&mut r)?,
                hash: Hash::read(&mut r)?,
                verdict: Verdict::from_number(r.u8()?)?,
                reason: r.u8()?,
            },
            GRANT => Body::Grant(Box::new(Grant::read(&mut r)?)),
            PLACE => Body::Place(Signed::read(&mut r)?),
            END => Body::End(Signed::read(&mut r)?),
            ERASE => Body::Erase(Box::new(Signed::read(&mut r)?)),
            ACT => Body::Act {
                kind: match EntryType::from_number(r.u8()?)? {
                    kind @ (EntryType::HandOver
                    | EntryType::Answer
                    | EntryType::Return
                    | EntryType::Erase
                    | EntryType::End) => kind,
                    _ => return Err(bad.into()),
                },
                scope: ScopeId::read(&mut r)?,
                hash: Hash::read(&mut r)?,
            },
            EPOCH => Body::Epoch {
                root: PlaceId::read(&mut r)?,
                epoch: r.number()?,
            },
            _ => return Err(bad.into()),
        };
        self.ids_at = self.ids.len() - r.left();
        self.changes_at = self.changes.len() - changes.left();
        self.last = n;
        self.time = time;
        Ok(Some(Told {
            n,
            time: Timestamp(time),
            rule,
            reason,
            grant: brought,
            body,
        }))
    }
}

/// What the device knows, and the grant that comes with an entry.
struct Brought<'a> {
    known: &'a dyn Known,
    grant: Option<&'a (u64, Box<Grant>)>,
}

impl Known for Brought<'_> {
    fn feed_beginning(&self, prefix: [u8; 8]) -> Option<FeedId> {
        self.known.feed_beginning(prefix)
    }
    fn feed(&self, feed: FeedId) -> Option<(ScopeId, [u8; 8])> {
        self.known.feed(feed)
    }
    fn segment_hash(&self, feed: FeedId, n: u64) -> Option<Hash> {
        self.known.segment_hash(feed, n)
    }
    fn salt(&self, feed: FeedId, doc: DocId) -> Option<Salt> {
        self.known.salt(feed, doc)
    }
    fn grant(&self, n: u64) -> Option<Hash> {
        match self.grant {
            Some((brought, grant)) if *brought == n => Some(grant.hash()),
            _ => self.known.grant(n),
        }
    }
}

fn spot(r: &mut Reader) -> Result<Spot, CodecError> {
    Ok(Spot {
        feed: FeedId::read(r)?,
        n: r.number()?,
    })
}
