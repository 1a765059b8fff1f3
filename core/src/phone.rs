//! A device: it edits offline, asks its node, and takes answers in frame by frame.
//!
//! A sync is: [`Phone::request`] (seals what was edited; everything is on disk before it leaves), send
//! the bytes by any carrier, give every frame that comes back to [`Phone::receive`]. Each frame is one
//! transaction; a line that breaks costs the frame that was under way. [`Exchange::outcome`] says
//! "synced" only if the node's signed digest covers all that the device has.
//!
//! Without a node, [`Phone::offer`] and [`Phone::take_offer`] exchange segments between devices; what
//! comes that way is shown as provisional and never built upon.
//!
//! Does not know: the network, the clock and randomness (passed in), the platform.

use crate::author::{self, Author, EditError, EditOutcome, Target};
use crate::checkpoint::Page;
use crate::codec::{CodecError, Reader, Writer};
use crate::document::{self, Conflict, Values};
use crate::door;
use crate::entries::{Body, EntriesReader, Told};
use crate::feed::authorise::{AuthorisedSegment, Strictness, authorise};
use crate::feed::compact::{self, ExpandError, Known, Shorten};
use crate::feed::verify::{FeedHead, VerifyError, verify};
use crate::feed::{SignedSegment, Spot, change_hash};
use crate::id::{DocId, FeedId, Hash, LogId, PlaceId, PublicKey, Salt, ScopeId};
use crate::identity::{Epoch, Grant, SecretKey, log_of};
use crate::kind::Kind;
use crate::limits;
use crate::log::{Entry, EntryType, Head, PlaceAct, Position, Verdict, reason};
use crate::place::{Lane, PlaceKind, scope_of};
use crate::records::{
    self, DocRow, FeedRow, LogRow, PlaceRow, QuarantineRow, ScopeRow, SegmentRow, SegmentState,
};
use crate::replica::{self, ApplyError, Filing, Overlay};
use crate::store::{Store, StoreError, Table, Tx, after_prefix};
use crate::time::{Received, Timestamp};
use crate::tree::{Placed, Tree, View};
use crate::wire::{FillCursor, Frame, FrameType, PageChain, Request};
use rand_core::RngCore;
use std::collections::{BTreeMap, BTreeSet};

/// Why a sync stopped. What arrived before stays; nothing was half applied.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// The bytes are not of the format. Try again; if it repeats, the program is too old.
    #[error("the answer could not be read: {0}")]
    Codec(#[from] CodecError),
    /// A frame is not signed by the node's key: altered on the way, or another node.
    #[error("the answer is not signed by this device's node")]
    NotTheNode,
    /// The node said something that cannot be true. Report it; the proof is in quarantine.
    #[error("the node is at fault: {0}")]
    NodeFault(&'static str),
    /// The node accepted a change that this device's door refuses. Report it.
    #[error("the node accepted a change that does no good: {0}")]
    BadChange(door::Refusal),
    /// The answer is older than what the device has by now: a file that came late. Ask again.
    #[error("this answer is older than what this device has")]
    Late,
    /// The device is not enrolled yet.
    #[error("this device is not enrolled")]
    NotEnrolled,
    /// The device found that it was restored from a backup; the next sync goes on under new feeds.
    #[error("this device was restored from a backup; sync again")]
    Restored,
    /// Editing or sealing failed.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ExpandError> for SyncError {
    fn from(e: ExpandError) -> Self {
        match e {
            ExpandError::Codec(c) => SyncError::Codec(c),
            ExpandError::Unknown { what: "own feed" } => SyncError::Restored,
            // It was made for what this device knew before it was restored. Asked again, the node
            // tells more.
            ExpandError::Unknown { .. } => SyncError::Late,
        }
    }
}

impl From<ApplyError> for SyncError {
    fn from(e: ApplyError) -> Self {
        match e {
            ApplyError::Store(e) => SyncError::Store(e),
            ApplyError::Door(e) => SyncError::BadChange(e),
        }
    }
}

/// How a sync ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Whether the node's digest covers all that this device has.
    pub synced: bool,
    /// Segments that were handed over and have a receipt or a refusal now.
    pub handed_over: usize,
    /// Segments that still wait, own and others'.
    pub waiting: usize,
    /// Whether the node has more: ask again at once.
    pub more: bool,
    /// Entries that came.
    pub entries: usize,
    /// Documents that were filled in.
    pub filled: usize,
    /// Own segments that were refused, with the reason's number.
    pub refused: Vec<(Spot, u8)>,
    /// What the node said of segments that reached no verdict.
    pub problems: Vec<Problem>,
    /// Seconds that this device's clock is ahead (or behind, if negative), if that is much.
    pub clock_off_seconds: Option<i64>,
}

/// What a node says of a segment of the request, beside the entries that it tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem {
    /// The first bytes of the segment's hash.
    pub tag: [u8; 8],
    /// What; see [`problem`].
    pub code: u8,
    /// The number that goes with it: of the entry, or of the reason.
    pub number: u64,
}

/// What a node says of a segment, beside the entries that it tells.
pub mod problem {
    /// It stands in the log as entry `number`, which the device does not get as an entry (it was
    /// told before, or came packed in a checkpoint).
    pub const RECEIPT: u8 = 16;
    /// It was refused before, for reason `number`.
    pub const REFUSED: u8 = 17;
    /// Its signature does not fit, or it is no whole segment: counted, not kept.
    pub const UNPROVEN: u8 = 1;
    /// A segment before it is missing.
    pub const GAP: u8 = 2;
    /// It refers to a feed, salt or grant that the node has not got.
    pub const UNKNOWN: u8 = 3;
    /// It builds on work that the node has not got (any more).
    pub const MISSING: u8 = 5;
    /// The sender's share of the quarantine is full.
    pub const QUARANTINE_FULL: u8 = 4;
}

/// One request on its way, and what came back so far.
#[derive(Debug)]
pub struct Exchange {
    time: Timestamp,
    sent: usize,
    head: Option<Head>,
    head_checked: bool,
    entries: usize,
    filled: usize,
    handed_over: usize,
    refused: Vec<(Spot, u8)>,
    problems: Vec<Problem>,
    pages: PageChain,
    end: Option<bool>,
}

impl Exchange {
    /// Whether the whole answer has arrived.
    pub fn is_complete(&self) -> bool {
        self.end.is_some()
    }

    /// Own segments that were refused so far, with the reason's number.
    pub fn refused(&self) -> &[(Spot, u8)] {
        &self.refused
    }

    /// How many segments the request carried.
    pub fn sent(&self) -> usize {
        self.sent
    }

    /// How many entries there are between the device and the node's head, for a progress bar.
    pub fn head(&self) -> Option<&Head> {
        self.head.as_ref()
    }
}

/// A device with its store.
#[derive(Debug)]
pub struct Phone<S> {
    store: S,
    tree: Tree,
    key: SecretKey,
    author: Option<Author>,
}

const KEY: &str = "device-key";
const GRANT: &str = "grant";
const PENDING: &str = "pending";
const CURSOR: &str = "cursor";
const CUT: &str = "cut";
const RESTORED: &str = "restored";

impl<S: Store> Phone<S> {
    /// A new device: makes its key, which never leaves the store.
    pub fn create(mut store: S, rng: &mut dyn RngCore) -> Result<Self, StoreError> {
        let key = SecretKey::random(rng);
        store.write(|tx| records::set_meta(tx, KEY, &key.seed()))?;
        Ok(Phone {
            store,
            tree: Tree::new(),
            key,
            author: None,
        })
    }

    /// Opens a device's store. `mark`: the number of segments that a copy outside the database says
    /// were sealed; if the store knows of fewer it is an old backup and goes on under new feeds.
    pub fn open(store: S, mark: Option<u64>) -> Result<Self, StoreError> {
        let (seed, tree) = store.read(|tx| {
            let seed = records::meta(tx, KEY)?.ok_or(StoreError::Missing)?;
            Ok::<_, StoreError>((seed, records::tree(tx)?))
        })?;
        let seed: [u8; 32] = seed
            .try_into()
            .map_err(|_| StoreError::Damaged("the device key".into()))?;
        let mut phone = Phone {
            store,
            tree,
            key: SecretKey::from_seed(seed),
            author: None,
        };
        phone.author = phone.load_author()?;
        let sealed = phone.sealed()?;
        if let Some(mark) = mark.filter(|m| *m > sealed) {
            phone.restored()?;
            phone
                .store
                .write(|tx| records::set_meta_number(tx, author::SEALED, mark))?;
        }
        Ok(phone)
    }

    fn load_author(&self) -> Result<Option<Author>, StoreError> {
        let key = self.key.clone();
        self.store.read(|tx| {
            let Some(log) = records::log_id(tx)? else {
                return Ok(None);
            };
            let n = records::meta_number(tx, GRANT)?;
            Ok(records::grant(tx, n)?.map(|grant| Author {
                key,
                log,
                grant: n,
                grant_hash: grant.hash(),
                role: grant.role,
                place: grant.place,
            }))
        })
    }

    /// The device's public key.
    pub fn public_key(&self) -> PublicKey {
        self.key.public()
    }

    /// Signs a hash with the device's key (for enrolment).
    pub fn key(&self) -> &SecretKey {
        &self.key
    }

    /// The store.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// The store, to change how it behaves in simulations.
    pub fn store_mut(&mut self) -> &mut S {
        &mut self.store
    }

    /// Ends the device's life in memory and gives the store back.
    pub fn into_store(self) -> S {
        self.store
    }

    /// The places that this device knows.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// Who writes here, once enrolled.
    pub fn author(&self) -> Option<&Author> {
        self.author.as_ref()
    }

    /// How many segments were ever sealed here: to be copied outside the database.
    pub fn sealed(&self) -> Result<u64, StoreError> {
        self.store
            .read(|tx| records::meta_number(tx, author::SEALED))
    }

    /// What this device holds.
    pub fn view(&self) -> Option<View> {
        self.author.as_ref().map(|a| View {
            role: a.role,
            root: a.place,
        })
    }

    /// Takes in what the node answered to the enrolment: its epochs and the grant in entry `n`.
    ///
    /// # Errors
    /// [`SyncError::NotTheNode`] if the records are not of the log that the ticket named, or the
    /// grant is not for this device.
    pub fn enrolled(
        &mut self,
        log: LogId,
        epochs: &[Epoch],
        n: u64,
        grant: &Grant,
    ) -> Result<(), SyncError> {
        let last = check_epochs(None, epochs, log)?.ok_or(SyncError::NotTheNode)?;
        let known = epochs.iter().any(|e| e.grant_key == grant.issuer);
        if !known || !grant.is_signed() || grant.key != self.key.public() || grant.log != log {
            return Err(SyncError::NotTheNode);
        }
        debug_assert!(last.epoch > 0);
        self.store.write(|tx| {
            records::set_meta(tx, "log", &log.0)?;
            records::set_meta_number(tx, GRANT, n)?;
            for e in epochs {
                records::put_epoch(tx, e)?;
            }
            records::put_grant(tx, n, grant)?;
            put_pending(tx, &[(0, u64::MAX - 1)])?;
            records::set_position(tx, &Position::START)
        })?;
        self.author = self.load_author()?;
        Ok(())
    }

    // ---- editing ----------------------------------------------------------------------------

    /// Edits a document; the change is drafted, to be sealed at the next sync.
    pub fn edit(
        &mut self,
        target: Target,
        edits: &Values,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<EditOutcome, EditError> {
        let author = self.author.clone().ok_or(EditError::NotAllowed)?;
        let tree = &self.tree;
        self.store
            .write(|tx| author::edit(tx, tree, &author, target, edits, now, rng))
    }

    /// Takes back what was edited in a document and not sealed yet.
    pub fn undo(&mut self, doc: DocId) -> Result<bool, EditError> {
        let mut tree = self.tree.clone();
        let had = self
            .store
            .write(|tx| Ok::<_, EditError>(author::undo(tx, &mut tree, doc)?))?;
        self.tree = tree;
        Ok(had)
    }

    /// Makes a new place below one of this device's.
    pub fn open_place(
        &mut self,
        place: PlaceId,
        kind: PlaceKind,
        parent: PlaceId,
    ) -> Result<(), EditError> {
        let author = self.author.clone().ok_or(EditError::NotAllowed)?;
        let mut tree = self.tree.clone();
        self.store
            .write(|tx| author::open_place(tx, &mut tree, &author, place, kind, parent))?;
        self.tree = tree;
        Ok(())
    }

    /// Seals all drafts into segments; returns how many.
    pub fn seal(&mut self, now: Timestamp, rng: &mut dyn RngCore) -> Result<usize, EditError> {
        let author = self.author.clone().ok_or(EditError::NotAllowed)?;
        let tree = &self.tree;
        let sealed = self
            .store
            .write(|tx| author::seal(tx, tree, &author, now, rng))?;
        Ok(sealed.len())
    }

    // ---- reading ----------------------------------------------------------------------------

    /// A document's values as people see them; `None` if there is none.
    pub fn values(&self, doc: DocId) -> Result<Option<(&'static Kind, Values)>, StoreError> {
        self.store.read(|tx| {
            let overlay = Overlay::of(tx)?;
            Ok(
                replica::shown(tx, doc, &overlay)?
                    .map(|s| (s.kind, document::values(&s.doc, None))),
            )
        })
    }

    /// A document's open conflicts.
    pub fn conflicts(&self, doc: DocId) -> Result<Vec<Conflict>, StoreError> {
        self.store.read(|tx| {
            let overlay = Overlay::of(tx)?;
            Ok(replica::shown(tx, doc, &overlay)?
                .map(|s| document::conflicts(&s.doc))
                .unwrap_or_default())
        })
    }

    /// The grant under which a feed writes: whose words they are.
    pub fn writer_of(&self, feed: FeedId) -> Result<Option<Grant>, StoreError> {
        self.store.read(|tx| match records::feed(tx, feed)? {
            Some(row) => records::grant(tx, row.grant),
            None => Ok(None),
        })
    }

    /// The digest of what this device holds, and its position.
    pub fn digest(&self) -> Result<(Hash, Position), StoreError> {
        let Some(view) = self.view() else {
            return Ok((Hash::ZERO, Position::START));
        };
        self.store.read(|tx| {
            Ok((
                replica::digest(tx, &self.tree, view)?,
                records::position(tx)?,
            ))
        })
    }

    /// Segments that wait: (own, others').
    pub fn waiting(&self) -> Result<(usize, usize), StoreError> {
        self.store.read(|tx| {
            let waiting = records::waiting(tx)?;
            let foreign = waiting.iter().filter(|(_, f)| *f).count();
            Ok((waiting.len() - foreign, foreign))
        })
    }

    /// Documents with edits that are not sealed yet.
    pub fn drafted(&self) -> Result<usize, StoreError> {
        self.store.read(|tx| Ok(records::drafts(tx)?.len()))
    }

    // ---- asking -----------------------------------------------------------------------------

    /// Seals what was edited and makes the request that hands it over and asks for what is new.
    /// Everything in it is on disk before this returns.
    pub fn request(
        &mut self,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<(Vec<u8>, Exchange), SyncError> {
        let author = self.author.clone().ok_or(SyncError::NotEnrolled)?;
        self.seal(now, rng)?;
        self.store.read(|tx| {
            let mut ids = Writer::new();
            let mut changes = Writer::new();
            let mut sent = 0;
            let mut told_salts = BTreeSet::new();
            for (spot, foreign) in records::waiting(tx)? {
                if sent >= limits::PUSH_SEGMENTS
                    || ids.len() + changes.len() > limits::REQUEST_BYTES / 4
                {
                    break;
                }
                let Some(row) = records::segment(tx, spot)? else {
                    continue;
                };
                let signed = SignedSegment::from_bytes(&row.bytes)?;
                let Some(grant) = records::grant_number(tx, signed.unproven().grant)? else {
                    continue;
                };
                let mut salted = BTreeSet::new();
                if !foreign {
                    for c in &signed.unproven().changes {
                        let used = records::salt(tx, spot.feed, c.doc)?.map_or(0, |(_, u)| u);
                        if used > 0 || !told_salts.insert((spot.feed, c.doc)) {
                            salted.insert(c.doc);
                        }
                    }
                }
                let how = Shorten {
                    near: now,
                    grant,
                    introduce: foreign,
                    has_salt: &|doc| salted.contains(&doc),
                };
                compact::write(&signed, &how, &mut ids, &mut changes);
                sent += 1;
            }
            let mut pending = pending(tx)?;
            pending.truncate(limits::FILL_RANGES);
            let request = Request {
                log: author.log,
                grant: author.grant,
                time: now,
                position: records::position(tx)?,
                cut: records::meta_number(tx, CUT)?,
                wants_own: records::meta(tx, RESTORED)?.is_some(),
                pending,
                cursor: cursor(tx)?,
                segments: sent,
            };
            let bytes = request.seal(ids.as_slice(), changes.as_slice(), &author.key);
            Ok((
                bytes,
                Exchange {
                    time: now,
                    sent,
                    head: None,
                    head_checked: false,
                    entries: 0,
                    filled: 0,
                    handed_over: 0,
                    refused: Vec::new(),
                    problems: Vec::new(),
                    pages: PageChain::new(),
                    end: None,
                },
            ))
        })
    }

    /// An exchange for an answer that comes in a file, whatever request it answers.
    pub fn reading(&self, now: Timestamp) -> Exchange {
        Exchange {
            time: now,
            sent: 0,
            head: None,
            head_checked: false,
            entries: 0,
            filled: 0,
            handed_over: 0,
            refused: Vec::new(),
            problems: Vec::new(),
            pages: PageChain::new(),
            end: None,
        }
    }

    // ---- taking in --------------------------------------------------------------------------

    /// Takes in one whole frame of the answer: all of it or nothing.
    pub fn receive(&mut self, exchange: &mut Exchange, frame: &Frame) -> Result<(), SyncError> {
        let author = self.author.clone().ok_or(SyncError::NotEnrolled)?;
        match frame.kind {
            FrameType::Head => {
                let mut r = Reader::new(&frame.body);
                exchange.head = Some(Head::read(&mut r)?);
                r.end()?;
                return Ok(());
            }
            // Signed by the root key itself; brings the key that the rest is signed with.
            FrameType::Epochs => {
                let end = frame.body.len().checked_sub(64);
                let payload = end.and_then(|e| frame.body.get(..e));
                return self.take_epochs(&author, payload.ok_or(CodecError::Truncated)?);
            }
            FrameType::End => {
                self.check_head(exchange, author.log)?;
                self.take_word(exchange, &author)?;
                exchange.end = Some(frame.body.first() == Some(&1));
                if exchange.end == Some(false) {
                    self.say_missing_again(exchange, &author)?;
                    self.caught_up(exchange)?;
                }
                return Ok(());
            }
            _ => {}
        }
        let (epoch, key) = self.check_head(exchange, author.log)?;
        let payload = frame
            .payload(author.log, epoch, &key)
            .ok_or(SyncError::NotTheNode)?;
        let result = match frame.kind {
            FrameType::Entries => self.take_entries(exchange, &author, epoch, payload),
            FrameType::Fill => self.take_page(exchange, &author, payload),
            FrameType::Set => self.take_set(&author, payload),
            FrameType::Problems => take_problems(exchange, payload),
            FrameType::Head | FrameType::Epochs | FrameType::End => Ok(()),
        };
        if result.is_err() {
            // The store has rolled back; what the tree in memory learnt goes too.
            self.tree = self.store.read(records::tree)?;
        }
        if matches!(result, Err(SyncError::Restored)) {
            self.restored()?;
        }
        result
    }

    /// The signing key of the answer's epoch, after the head's signature was checked with it.
    fn check_head(
        &self,
        exchange: &mut Exchange,
        log: LogId,
    ) -> Result<(u64, PublicKey), SyncError> {
        let head = exchange.head.ok_or(SyncError::NotTheNode)?;
        let epochs: Vec<Epoch> = self.store.read(|tx| records::epochs(tx))?;
        if epochs.last().is_some_and(|last| last.epoch > head.epoch) {
            return Err(SyncError::Late);
        }
        let epoch = epochs
            .into_iter()
            .find(|e| e.epoch == head.epoch)
            .ok_or(SyncError::NotTheNode)?;
        if !exchange.head_checked {
            if !head.is_signed(log, &epoch.log_key) {
                return Err(SyncError::NotTheNode);
            }
            exchange.head_checked = true;
        }
        Ok((epoch.epoch, epoch.log_key))
    }

    /// What the node said of segments that it tells no entry of: a receipt or a refusal is one
    /// wherever it stands.
    fn take_word(&mut self, exchange: &mut Exchange, author: &Author) -> Result<(), SyncError> {
        let mut words = std::mem::take(&mut exchange.problems);
        words.retain(|p| {
            let word = matches!(p.code, problem::RECEIPT | problem::REFUSED);
            if !word {
                exchange.problems.push(*p);
            }
            word
        });
        if words.is_empty() {
            return Ok(());
        }
        let mut tree = self.tree.clone();
        let taken = self.store.write(|tx| {
            let mut taken = Taken::default();
            for (spot, _) in records::waiting(tx)? {
                let Some(row) = records::segment(tx, spot)? else {
                    continue;
                };
                let Some(word) = words.iter().find(|w| row.hash.0[..8] == w.tag) else {
                    continue;
                };
                let hash = row.hash;
                if word.code == problem::RECEIPT {
                    let signed = SignedSegment::from_bytes(&row.bytes)?;
                    take_receipt(tx, &mut tree, word.number, spot, row, &signed, &mut taken)?;
                } else {
                    let entry = Entry {
                        n: 0,
                        time: Received(Timestamp(0)),
                        kind: EntryType::Segment,
                        hash,
                        verdict: Verdict::Refused,
                        reason: u8::try_from(word.number).unwrap_or(reason::OFFICE),
                        rule: 0,
                    };
                    take_judgement(tx, &mut tree, author, &entry, spot, &mut taken)?;
                }
            }
            let overlay = Overlay::of(tx)?;
            for doc in &taken.docs {
                replica::project(tx, &tree, *doc, &overlay)?;
            }
            Ok::<_, SyncError>(taken)
        })?;
        self.tree = tree;
        exchange.handed_over += taken.receipts;
        exchange.refused.extend(taken.refused);
        Ok(())
    }

    /// Own work that builds on what the node has lost, and that nobody here can bring back, is said
    /// again over what stands.
    fn say_missing_again(&mut self, exchange: &Exchange, author: &Author) -> Result<(), SyncError> {
        let missing: Vec<[u8; 8]> = exchange
            .problems
            .iter()
            .filter(|p| p.code == problem::MISSING)
            .map(|p| p.tag)
            .collect();
        if missing.is_empty() {
            return Ok(());
        }
        let tree = &self.tree;
        Ok(self.store.write(|tx| {
            let waiting = records::waiting(tx)?;
            let mut stuck = BTreeMap::new();
            for (spot, foreign) in waiting {
                let row = records::segment(tx, spot)?;
                if row.is_some_and(|r| missing.iter().any(|tag| r.hash.0[..8] == *tag)) && !foreign
                {
                    stuck.entry(spot.feed).or_insert(spot.n);
                }
            }
            debug_assert!(author.grant > 0);
            for (feed, from) in stuck {
                author::unsay(tx, tree, feed, from, false)?;
            }
            Ok::<_, StoreError>(())
        })?)
    }

    fn caught_up(&mut self, exchange: &Exchange) -> Result<(), StoreError> {
        let Some(head) = exchange.head else {
            return Ok(());
        };
        self.store.write(|tx| {
            let position = records::position(tx)?;
            if position.n == head.n && position.epoch == head.epoch {
                records::set_position(
                    tx,
                    &Position {
                        epoch: head.epoch,
                        n: head.n,
                        chain: head.chain,
                        set_version: head.set_version,
                    },
                )?;
                records::drop_meta(tx, RESTORED)?;
            }
            Ok(())
        })
    }

    /// What came of an exchange, as it stands now.
    pub fn outcome(&self, exchange: &Exchange) -> Result<Outcome, StoreError> {
        let view = self.view();
        let (synced, waiting) = self.store.read(|tx| {
            let waiting = records::waiting(tx)?.len();
            let drafts = records::drafts(tx)?.len();
            let position = records::position(tx)?;
            let synced = match (&exchange.head, view) {
                (Some(head), Some(view)) => {
                    exchange.end == Some(false)
                        && waiting == 0
                        && drafts == 0
                        && pending(tx)?.is_empty()
                        && position.n == head.n
                        && position.epoch == head.epoch
                        && replica::digest(tx, &self.tree, view)? == head.digest
                }
                _ => false,
            };
            Ok::<_, StoreError>((synced, waiting))
        })?;
        let clock_off_seconds = exchange
            .head
            .filter(|h| h.time.is_off_from(exchange.time))
            .map(|h| exchange.time.0 as i64 - h.time.0 as i64);
        Ok(Outcome {
            synced,
            handed_over: exchange.handed_over,
            waiting,
            more: exchange.end != Some(false),
            entries: exchange.entries,
            filled: exchange.filled,
            refused: exchange.refused.clone(),
            problems: exchange.problems.clone(),
            clock_off_seconds,
        })
    }

    /// The device is an old backup: its feeds end, unsent work is said again under new ones, and the
    /// next request asks for its own later segments.
    fn restored(&mut self) -> Result<(), StoreError> {
        let Some(author) = self.author.clone() else {
            return Ok(());
        };
        let tree = &self.tree;
        self.store.write(|tx| {
            author::begin_anew(tx, tree, &author)?;
            records::set_meta(tx, RESTORED, &[1])
        })
    }

    fn take_epochs(&mut self, author: &Author, payload: &[u8]) -> Result<(), SyncError> {
        let mut r = Reader::new(payload);
        let mut list = Vec::new();
        for _ in 0..r.count(limits::FILL_RANGES)? {
            list.push(Epoch::read(&mut r)?);
        }
        r.end()?;
        let mut tree = self.tree.clone();
        self.store.write(|tx| {
            let known = records::epochs(tx)?;
            let new: Vec<Epoch> = list
                .into_iter()
                .filter(|e| known.last().is_none_or(|k| e.epoch > k.epoch))
                .collect();
            check_epochs(known.last(), &new, author.log)?;
            for e in &new {
                enter_epoch(tx, &mut tree, author, e)?;
                records::put_epoch(tx, e)?;
            }
            Ok::<_, SyncError>(())
        })?;
        self.tree = tree;
        Ok(())
    }

    fn take_entries(
        &mut self,
        exchange: &mut Exchange,
        author: &Author,
        epoch: u64,
        payload: &[u8],
    ) -> Result<(), SyncError> {
        let mut reader = EntriesReader::new(payload)?;
        let mut tree = self.tree.clone();
        let taken = self.store.write(|tx| {
            let position = records::position(tx)?;
            if reader.upto <= position.n && reader.from < position.n {
                return Ok(Taken::default()); // Doubled on the way.
            }
            if reader.from != position.n {
                return Err(SyncError::Late);
            }
            let mut taken = Taken::default();
            while let Some(told) = reader.next_entry(author.log, &KnownTx(tx))? {
                take_entry(tx, &mut tree, author, reader.epoch, told, &mut taken)?;
            }
            let overlay = Overlay::of(tx)?;
            for doc in &taken.docs {
                replica::project(tx, &tree, *doc, &overlay)?;
            }
            records::set_position(
                tx,
                &Position {
                    epoch,
                    n: reader.upto,
                    chain: reader.chain,
                    set_version: position.set_version,
                },
            )?;
            Ok(taken)
        })?;
        self.tree = tree;
        exchange.entries += taken.entries;
        exchange.handed_over += taken.receipts;
        exchange.refused.extend(taken.refused);
        Ok(())
    }

    fn take_page(
        &mut self,
        exchange: &mut Exchange,
        author: &Author,
        payload: &[u8],
    ) -> Result<(), SyncError> {
        let page = Page::from_bytes(payload, &mut exchange.pages)?;
        // The dear part, loading documents through the door, needs no transaction.
        let mut opened = Vec::new();
        for p in &page.places {
            for l in &p.lanes {
                for d in &l.docs {
                    let doc = if d.whole {
                        door::load_document(&d.bytes)
                    } else {
                        door::load_short(&d.bytes)
                    };
                    opened.push(doc.map_err(|_| {
                        SyncError::NodeFault("a document of the checkpoint is damaged")
                    })?);
                }
            }
        }
        let mut tree = self.tree.clone();
        let count = opened.len();
        let receipts = self.store.write(|tx| {
            if records::position(tx)?.n != page.n {
                return Err(SyncError::Late);
            }
            let mut docs = Vec::new();
            let mut accepted = BTreeSet::new();
            let mut opened = opened.into_iter();
            for p in &page.places {
                let row = PlaceRow {
                    placed: Placed {
                        kind: p.kind,
                        parent: p.parent,
                        birth: p.birth,
                    },
                    changed: 0,
                };
                records::put_place(tx, p.place, &row)?;
                tree.put(p.place, row.placed);
                for l in &p.lanes {
                    let scope = scope_of(p.place, l.lane);
                    // A lane that goes on from an earlier page comes with all that has changed since.
                    // What stood in the log before is part of what the checkpoint says.
                    for n in records::scope_entries(tx, scope, 0, usize::MAX)? {
                        if n <= page.n {
                            records::drop_log_row(tx, scope, n)?;
                        }
                    }
                    records::put_scope(
                        tx,
                        scope,
                        &ScopeRow {
                            chain: l.chain,
                            last: l.last,
                            filled: page.n.max(1),
                        },
                    )?;
                    for (n, grant) in &l.grants {
                        records::put_grant(tx, *n, grant)?;
                    }
                    for d in &l.docs {
                        let Some(doc) = opened.next() else { break };
                        accepted.extend(doc.get_changes(&[]).iter().map(|c| c.hash().0));
                        let id =
                            d.id.unwrap_or_else(|| document::doc_id_of(scope, d.kind, b""));
                        merge_doc(tx, &tree, author, (scope, d.kind, id), doc)?;
                        docs.push(id);
                    }
                }
            }
            // What waits here and is in the checkpoint has its receipt with it.
            let mut taken = Taken::default();
            for (spot, _) in records::waiting(tx)? {
                let Some(row) = records::segment(tx, spot)? else {
                    continue;
                };
                let signed = SignedSegment::from_bytes(&row.bytes)?;
                let is_in = signed
                    .unproven()
                    .changes
                    .iter()
                    .any(|c| change_hash(&c.change).is_some_and(|h| accepted.contains(&h)));
                if is_in {
                    let last = records::scope(tx, signed.unproven().scope)?.last;
                    take_receipt(tx, &mut tree, last, spot, row, &signed, &mut taken)?;
                }
            }
            docs.extend(taken.docs);
            for p in page.places.iter().filter(|p| p.birth <= page.done) {
                drop_ghosts(tx, &tree, author, p.place, p.kind)?;
            }
            let overlay = Overlay::of(tx)?;
            for doc in &docs {
                replica::project(tx, &tree, *doc, &overlay)?;
            }
            put_cursor(tx, page.cursor.as_ref())?;
            let left = trim(&pending(tx)?, page.done);
            put_pending(tx, &left)?;
            let cut = records::meta_number(tx, CUT)?.max(page.n);
            records::set_meta_number(tx, CUT, cut)?;
            Ok(taken.receipts)
        })?;
        exchange.handed_over += receipts;
        self.tree = tree;
        self.author = self.load_author()?.or(Some(author.clone()));
        exchange.filled += count;
        Ok(())
    }

    fn take_set(&mut self, author: &Author, payload: &[u8]) -> Result<(), SyncError> {
        let mut r = Reader::new(payload);
        let from = r.number()?;
        let mut gained = Vec::new();
        for _ in 0..r.count(limits::FRAME_RAW_BYTES / 4)? {
            let from = r.number()?;
            let to = from
                .checked_add(r.number()?)
                .ok_or(CodecError::BadValue { what: "range" })?;
            gained.push((from, to));
        }
        let mut lost = Vec::new();
        for _ in 0..r.count(limits::FRAME_RAW_BYTES / 16)? {
            lost.push(PlaceId::read(&mut r)?);
        }
        r.end()?;
        let mut tree = self.tree.clone();
        let own = author.key.public();
        self.store.write(|tx| {
            if records::position(tx)?.n != from {
                return Err(SyncError::Late);
            }
            let mut ranges = pending(tx)?;
            ranges.extend(gained);
            ranges.sort_unstable();
            ranges.dedup();
            put_pending(tx, &ranges)?;
            for root in &lost {
                for place in tree.subtree(*root) {
                    drop_place(tx, &tree, place, &own)?;
                }
                for place in tree.subtree(*root) {
                    tree.remove(place);
                }
            }
            Ok(())
        })?;
        self.tree = tree;
        Ok(())
    }

    // ---- without a node ---------------------------------------------------------------------

    /// What this device has of each feed: the version vector that a peer answers.
    pub fn heads(&self) -> Result<BTreeMap<FeedId, u64>, StoreError> {
        self.store.read(|tx| {
            let mut heads = BTreeMap::new();
            for (id, row) in records::feeds(tx)? {
                heads.insert(id, row.head.n);
            }
            Ok(heads)
        })
    }

    /// Segments that a peer with these heads lacks, whole. The peer takes those in its own scopes.
    pub fn offer(&self, have: &BTreeMap<FeedId, u64>) -> Result<Vec<SignedSegment>, StoreError> {
        self.store.read(|tx| {
            let mut out = Vec::new();
            for (id, row) in records::feeds(tx)? {
                let from = have.get(&id).copied().unwrap_or(0) + 1;
                if row.ended && from > row.head.n {
                    continue;
                }
                for (n, s) in records::segments_from(tx, id, from)? {
                    // Without the one before, the peer could not check the chain.
                    if n != from + out_of(&out, id) {
                        break;
                    }
                    if matches!(s.state, SegmentState::Refused(_) | SegmentState::Held(_)) {
                        break;
                    }
                    out.push(SignedSegment::from_bytes(&s.bytes)?);
                }
            }
            Ok(out)
        })
    }

    /// Takes in a peer's segments as provisional: shown, handed on to the node, never built upon.
    /// Returns how many were new; those that do not pass are put in quarantine with the reason.
    pub fn take_offer(
        &mut self,
        segments: Vec<SignedSegment>,
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let Some(author) = self.author.clone() else {
            return Ok(0);
        };
        let view = View {
            role: author.role,
            root: author.place,
        };
        let tree = &self.tree;
        self.store.write(|tx| {
            let mut taken = 0;
            let mut docs = BTreeSet::new();
            for signed in segments {
                let s = signed.unproven();
                let spot = Spot {
                    feed: s.feed,
                    n: s.n,
                };
                let lanes = tree
                    .of_scope(s.scope)
                    .map(|(place, lane)| view.lanes(tree, place).contains(&lane));
                if lanes != Some(true) || records::segment(tx, spot)?.is_some() {
                    continue;
                }
                let grant = match records::grant_number(tx, s.grant)? {
                    Some(n) => records::grant(tx, n)?.map(|g| (n, g)),
                    None => None,
                };
                let Some((grant_n, grant)) = grant else {
                    refuse_peer(tx, &signed, "no grant for its author is known here", now)?;
                    continue;
                };
                let head = records::feed(tx, s.feed)?.map_or(FeedHead::NONE, |f| f.head);
                let verified = match verify(signed, &grant.key, &head) {
                    Ok(v) => v,
                    Err(e) => {
                        // A gap closes itself when the node's answer comes.
                        if !matches!(e.0, VerifyError::Gap { .. }) {
                            refuse_peer(tx, &e.1, &e.0.to_string(), now)?;
                        }
                        continue;
                    }
                };
                let authorised = match authorise(verified, &grant, tree, Strictness::Archive) {
                    Ok(a) => a,
                    Err(e) => {
                        refuse_peer(tx, e.1.signed(), &e.0.to_string(), now)?;
                        continue;
                    }
                };
                if let Err(e) = check_changes(&authorised) {
                    refuse_peer(tx, authorised.verified().signed(), &e.to_string(), now)?;
                    continue;
                }
                let filing = Filing {
                    state: SegmentState::Provisional,
                    grant: grant_n,
                    entry: 0,
                };
                replica::file(tx, &authorised, &grant, filing)?;
                docs.extend(
                    authorised
                        .verified()
                        .segment()
                        .changes
                        .iter()
                        .map(|c| c.doc),
                );
                taken += 1;
            }
            let overlay = Overlay::of(tx)?;
            for doc in docs {
                replica::project(tx, tree, doc, &overlay)?;
            }
            Ok(taken)
        })
    }
}

fn out_of(out: &[SignedSegment], feed: FeedId) -> u64 {
    out.iter().filter(|s| s.unproven().feed == feed).count() as u64
}

/// The first gate of the door for every change of a segment.
fn check_changes(segment: &AuthorisedSegment) -> Result<(), door::Refusal> {
    for c in &segment.verified().segment().changes {
        let inspected = door::inspect(&c.change)?;
        if inspected.actor != segment.verified().segment().feed {
            return Err(door::Refusal::OwnPast);
        }
    }
    Ok(())
}

fn refuse_peer(
    tx: &mut dyn Tx,
    signed: &SignedSegment,
    words: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    records::quarantine(
        tx,
        &QuarantineRow {
            sender: PublicKey([0; 32]),
            reason: reason::NONE,
            words: words.to_owned(),
            time: now,
            bytes: signed.to_bytes(),
        },
    )
    .map(drop)
}

fn take_problems(exchange: &mut Exchange, payload: &[u8]) -> Result<(), SyncError> {
    let mut r = Reader::new(payload);
    for _ in 0..r.count(limits::PUSH_SEGMENTS)? {
        exchange.problems.push(Problem {
            tag: r.array()?,
            code: r.u8()?,
            number: r.number()?,
        });
    }
    Ok(r.end()?)
}

// ---- epochs ---------------------------------------------------------------------------------

/// Checks that these epochs follow each other, and the last known one, under the log's root key.
fn check_epochs<'a>(
    known: Option<&'a Epoch>,
    epochs: &'a [Epoch],
    log: LogId,
) -> Result<Option<&'a Epoch>, SyncError> {
    let mut last = known;
    for e in epochs {
        let follows = match last {
            Some(before) => e.prev == before.hash() && e.epoch == before.epoch + 1,
            None => e.epoch == 1 && e.prev == Hash::ZERO,
        };
        if !follows || !e.is_signed_for(log) || log_of(&e.root) != log {
            return Err(SyncError::NotTheNode);
        }
        last = Some(e);
    }
    Ok(last)
}

/// A node went on from an older state: what stood above the cut has no receipt any more. Own work is
/// handed over again; others' becomes provisional, and is handed over too.
fn enter_epoch(
    tx: &mut dyn Tx,
    tree: &mut Tree,
    author: &Author,
    epoch: &Epoch,
) -> Result<(), StoreError> {
    let position = records::position(tx)?;
    if position.n == 0 || position.n <= epoch.cut {
        return Ok(());
    }
    let own = author.key.public();
    let mut touched: BTreeMap<DocId, BTreeSet<[u8; 32]>> = BTreeMap::new();
    let mut scopes = BTreeSet::new();
    for row in records::log_after(tx, epoch.cut, usize::MAX)? {
        scopes.insert(row.scope);
        records::drop_log_row(tx, row.scope, row.entry.n)?;
    }
    for (feed, feed_row) in records::feeds(tx)? {
        let mine = feed_row.key == own;
        for (n, mut s) in records::segments_from(tx, feed, 1)? {
            if !matches!(s.state, SegmentState::Receipted(entry) if entry > epoch.cut) {
                continue;
            }
            let signed = SignedSegment::from_bytes(&s.bytes)?;
            for c in &signed.unproven().changes {
                if let (false, Some(hash)) = (mine, change_hash(&c.change)) {
                    touched.entry(c.doc).or_default().insert(hash);
                }
                records::put_salt(tx, feed, c.doc, c.salt, 0)?;
            }
            s.state = if mine {
                SegmentState::Unsent
            } else {
                SegmentState::Provisional
            };
            records::put_segment(tx, Spot { feed, n }, &s)?;
        }
    }
    for (n, grant) in records::grants(tx)? {
        if n > epoch.cut {
            records::drop_grant(tx, n, &grant)?;
        }
    }
    // Chains go back to the last entry that stands; what was filled in above the cut is asked anew.
    for (key, _) in tx.scan(Table::Scope, &[], None, usize::MAX)? {
        let Some(scope) = ScopeId::from_slice(&key) else {
            continue;
        };
        let row = records::scope(tx, scope)?;
        if row.filled > epoch.cut {
            if let Some((place, _)) = tree.of_scope(scope)
                && let Some(p) = tree.get(place)
            {
                let mut ranges = pending(tx)?;
                ranges.push((p.birth, p.birth));
                ranges.sort_unstable();
                ranges.dedup();
                put_pending(tx, &ranges)?;
            }
            records::put_scope(tx, scope, &ScopeRow { filled: 0, ..row })?;
            // What the checkpoint brought above the cut cannot be told from what stands; it is seen
            // when the scope is filled in again. Documents that do not come again are gone.
            for doc in records::scope_docs(tx, scope, None)? {
                records::set_meta(tx, &ghost(scope, doc), &[])?;
            }
        } else if scopes.contains(&scope) {
            let last = records::scope_entries(tx, scope, 0, usize::MAX)?.pop();
            let row = match last {
                Some(n) => match records::log_row(tx, n)? {
                    Some(l) => ScopeRow {
                        chain: l.scope_chain,
                        last: n,
                        ..row
                    },
                    None => ScopeRow::EMPTY,
                },
                None => ScopeRow {
                    filled: row.filled,
                    ..filled_chain(tx, scope)?
                },
            };
            records::put_scope(tx, scope, &row)?;
        }
    }
    // Places that were born above the cut are to be born again, with the work that opened them; of
    // others' work in them only what came as segments can come back.
    let unsent = unsent_changes(tx)?;
    for (place, placed) in tree.clone().iter().filter(|(_, p)| p.birth > epoch.cut) {
        for lane in placed.kind.lanes() {
            let scope = scope_of(place, *lane);
            records::put_scope(tx, scope, &ScopeRow::EMPTY)?;
            for doc in records::scope_docs(tx, scope, None)? {
                records::drop_meta(tx, &ghost(scope, doc))?;
                if let Some(row) = records::doc(tx, doc)? {
                    let others = document::load(&row.bytes)?
                        .get_changes(&[])
                        .iter()
                        .filter(|c| document::author_of(c.actor_id()).is_some())
                        .map(|c| c.hash().0)
                        .filter(|h| !unsent.contains(h))
                        .collect::<BTreeSet<_>>();
                    touched.entry(doc).or_default().extend(others);
                }
            }
        }
        let ranges: Vec<(u64, u64)> = pending(tx)?
            .into_iter()
            .filter(|r| *r != (placed.birth, placed.birth))
            .collect();
        put_pending(tx, &ranges)?;
        let placed = Placed {
            birth: 0,
            ..*placed
        };
        records::put_place(tx, place, &PlaceRow { placed, changed: 0 })?;
        tree.remove(place);
        tree.put(place, placed);
    }
    say_again_over(tx, tree, author, &touched)?;
    for (doc, hashes) in &touched {
        replica::take_out(tx, *doc, hashes)?;
    }
    let overlay = Overlay::of(tx)?;
    for doc in touched.keys() {
        replica::project(tx, tree, *doc, &overlay)?;
    }
    records::set_position(
        tx,
        &Position {
            epoch: epoch.epoch,
            n: epoch.cut,
            chain: epoch.chain,
            set_version: 0,
        },
    )
}

/// Own work that builds on changes which are about to be taken out is said again over what stays.
fn say_again_over(
    tx: &mut dyn Tx,
    tree: &Tree,
    author: &Author,
    gone: &BTreeMap<DocId, BTreeSet<[u8; 32]>>,
) -> Result<(), StoreError> {
    let mut closed = gone.clone();
    for (doc, hashes) in &mut closed {
        if let Some(row) = records::doc(tx, *doc)? {
            for c in document::load(&row.bytes)?.get_changes(&[]) {
                if c.deps().iter().any(|d| hashes.contains(&d.0)) {
                    hashes.insert(c.hash().0);
                }
            }
        }
    }
    let mut feeds: BTreeMap<FeedId, u64> = BTreeMap::new();
    for (spot, foreign) in records::waiting(tx)? {
        let Some(row) = records::segment(tx, spot)?.filter(|_| !foreign) else {
            continue;
        };
        let signed = SignedSegment::from_bytes(&row.bytes)?;
        let builds_on = signed.unproven().changes.iter().any(|c| {
            change_hash(&c.change)
                .zip(closed.get(&c.doc))
                .is_some_and(|(h, hashes)| hashes.contains(&h))
        });
        if builds_on {
            let from = feeds.entry(spot.feed).or_insert(spot.n);
            *from = (*from).min(spot.n);
        }
    }
    debug_assert!(feeds.keys().all(|_| author.grant > 0));
    for (feed, from) in feeds {
        author::unsay_over(tx, tree, feed, from, false, &closed)?;
    }
    Ok(())
}

/// The setting that marks a document whose scope is filled in again after an epoch's cut.
fn ghost(scope: ScopeId, doc: DocId) -> String {
    format!("ghost/{scope}/{doc}")
}

/// The chain that a checkpoint gave a scope, kept beside its moving one.
fn filled_chain(tx: &dyn Tx, scope: ScopeId) -> Result<ScopeRow, StoreError> {
    let Some(bytes) = records::meta(tx, &format!("filled/{scope}"))? else {
        return Ok(ScopeRow::EMPTY);
    };
    let mut r = Reader::new(&bytes);
    Ok(ScopeRow {
        chain: Hash::read(&mut r)?,
        last: r.number()?,
        filled: 0,
    })
}

// ---- pending places -------------------------------------------------------------------------

fn pending(tx: &dyn Tx) -> Result<Vec<(u64, u64)>, StoreError> {
    let Some(bytes) = records::meta(tx, PENDING)? else {
        return Ok(Vec::new());
    };
    let mut r = Reader::new(&bytes);
    let mut ranges = Vec::new();
    while !r.is_empty() {
        ranges.push((r.number()?, r.number()?));
    }
    Ok(ranges)
}

fn put_pending(tx: &mut dyn Tx, ranges: &[(u64, u64)]) -> Result<(), StoreError> {
    let mut w = Writer::new();
    for (from, to) in ranges {
        w.number(*from).number(*to);
    }
    records::set_meta(tx, PENDING, w.as_slice())
}

fn trim(ranges: &[(u64, u64)], done: u64) -> Vec<(u64, u64)> {
    ranges
        .iter()
        .filter(|(_, to)| *to > done)
        .map(|(from, to)| ((*from).max(done.saturating_add(1)), *to))
        .filter(|(from, to)| from <= to)
        .collect()
}

fn cursor(tx: &dyn Tx) -> Result<Option<FillCursor>, StoreError> {
    let Some(bytes) = records::meta(tx, CURSOR)? else {
        return Ok(None);
    };
    let mut r = Reader::new(&bytes);
    let Some(lane) = Lane::from_number(r.u8()?.into()) else {
        return Ok(None);
    };
    Ok(Some(FillCursor {
        lane,
        doc: DocId::read(&mut r)?,
    }))
}

fn put_cursor(tx: &mut dyn Tx, cursor: Option<&FillCursor>) -> Result<(), StoreError> {
    match cursor {
        Some(c) => {
            let mut w = Writer::new();
            w.u8(c.lane as u8).fixed(&c.doc.0);
            records::set_meta(tx, CURSOR, w.as_slice())
        }
        None => records::drop_meta(tx, CURSOR),
    }
}

/// Puts a checkpoint's document in the place of what is here, with own work over it that has no
/// receipt yet.
fn merge_doc(
    tx: &mut dyn Tx,
    tree: &Tree,
    author: &Author,
    (scope, kind, id): (ScopeId, u16, DocId),
    doc: automerge::Automerge,
) -> Result<(), StoreError> {
    records::drop_meta(tx, &ghost(scope, id))?;
    let mut merged = doc;
    if let Some(row) = records::doc(tx, id)? {
        let here = document::load(&row.bytes)?;
        let unsent = unsent_changes(tx)?;
        let there: BTreeSet<[u8; 32]> =
            merged.get_changes(&[]).iter().map(|c| c.hash().0).collect();
        let gone: BTreeSet<[u8; 32]> = here
            .get_changes(&[])
            .iter()
            .map(|c| c.hash().0)
            .filter(|h| !there.contains(h) && !unsent.contains(h))
            .collect();
        if !gone.is_empty() {
            say_again_over(tx, tree, author, &BTreeMap::from([(id, gone)]))?;
        }
        let unsent = unsent_changes(tx)?;
        let own: Vec<_> = here
            .get_changes(&[])
            .into_iter()
            .filter(|c| unsent.contains(&c.hash().0))
            .collect();
        merged
            .apply_changes(own)
            .map_err(|e| StoreError::Damaged(e.to_string()))?;
    }
    let bytes = merged.save_nocompress();
    records::put_doc(tx, id, &DocRow { scope, kind, bytes })
}

/// Documents of a place that stood above an epoch's cut and did not come again with the place.
fn drop_ghosts(
    tx: &mut dyn Tx,
    tree: &Tree,
    author: &Author,
    place: PlaceId,
    kind: PlaceKind,
) -> Result<(), StoreError> {
    for lane in kind.lanes() {
        let scope = scope_of(place, *lane);
        let prefix = format!("ghost/{scope}/");
        let end = after_prefix(prefix.as_bytes());
        for (key, _) in tx.scan(Table::Meta, prefix.as_bytes(), end.as_deref(), usize::MAX)? {
            tx.delete(Table::Meta, &key)?;
            let name = key
                .get(prefix.len()..)
                .and_then(|k| std::str::from_utf8(k).ok());
            let Some(doc) = name.and_then(|n| n.parse::<DocId>().ok()) else {
                continue;
            };
            let Some(row) = records::doc(tx, doc)? else {
                continue;
            };
            let unsent = unsent_changes(tx)?;
            let gone: BTreeSet<[u8; 32]> = document::load(&row.bytes)?
                .get_changes(&[])
                .iter()
                .filter(|c| document::author_of(c.actor_id()).is_some())
                .map(|c| c.hash().0)
                .filter(|h| !unsent.contains(h))
                .collect();
            let gone = BTreeMap::from([(doc, gone)]);
            say_again_over(tx, tree, author, &gone)?;
            replica::take_out(tx, doc, &gone[&doc])?;
            let overlay = Overlay::of(tx)?;
            replica::project(tx, tree, doc, &overlay)?;
        }
    }
    Ok(())
}

/// The changes of own segments that have no receipt.
fn unsent_changes(tx: &dyn Tx) -> Result<BTreeSet<[u8; 32]>, StoreError> {
    let mut unsent = BTreeSet::new();
    for (spot, foreign) in records::waiting(tx)? {
        if foreign {
            continue;
        }
        if let Some(row) = records::segment(tx, spot)? {
            let signed = SignedSegment::from_bytes(&row.bytes)?;
            unsent.extend(
                signed
                    .unproven()
                    .changes
                    .iter()
                    .filter_map(|c| change_hash(&c.change)),
            );
        }
    }
    Ok(unsent)
}

/// Drops a place that is no longer this device's; a stub stays, and own work that waits.
fn drop_place(
    tx: &mut dyn Tx,
    tree: &Tree,
    place: PlaceId,
    own: &PublicKey,
) -> Result<(), StoreError> {
    let Some(placed) = tree.get(place) else {
        return Ok(());
    };
    for lane in placed.kind.lanes() {
        let scope = scope_of(place, *lane);
        for doc in records::scope_docs(tx, scope, None)? {
            // With a draft it stays until the draft is sealed.
            if records::draft(tx, doc)?.is_none() {
                records::drop_doc(tx, scope, doc)?;
            }
            tx.unproject(doc)?;
        }
        for n in records::scope_entries(tx, scope, 0, usize::MAX)? {
            records::drop_log_row(tx, scope, n)?;
        }
        for (feed, row) in records::feeds(tx)? {
            if row.scope != scope {
                continue;
            }
            for (n, s) in records::segments_from(tx, feed, 1)? {
                for c in &SignedSegment::from_bytes(&s.bytes)?.unproven().changes {
                    tx.unproject(c.doc)?;
                }
                let waits = row.key == *own && s.state == SegmentState::Unsent;
                if !waits {
                    records::drop_segment(tx, Spot { feed, n })?;
                }
            }
        }
        for (doc, draft) in records::drafts(tx)? {
            if draft.scope == scope {
                tx.unproject(doc)?;
            }
        }
        tx.delete(Table::Scope, &scope.0)?;
    }
    tx.delete(Table::Place, &place.0)?;
    records::set_meta(tx, &format!("stub/{place}"), &[placed.kind as u8])
}

// ---- one entry ------------------------------------------------------------------------------

#[derive(Default)]
struct Taken {
    entries: usize,
    receipts: usize,
    refused: Vec<(Spot, u8)>,
    docs: BTreeSet<DocId>,
}

struct KnownTx<'a>(&'a dyn Tx);

impl Known for KnownTx<'_> {
    fn feed_beginning(&self, prefix: [u8; 8]) -> Option<FeedId> {
        records::feed_beginning(self.0, prefix).ok()?
    }
    fn feed(&self, feed: FeedId) -> Option<(ScopeId, [u8; 8])> {
        let row = records::feed(self.0, feed).ok()??;
        Some((row.scope, row.nonce))
    }
    fn segment_hash(&self, feed: FeedId, n: u64) -> Option<Hash> {
        if n == 0 {
            return Some(Hash::ZERO);
        }
        let head = records::feed(self.0, feed).ok()??.head;
        if head.n == n {
            return Some(head.hash);
        }
        Some(records::segment(self.0, Spot { feed, n }).ok()??.hash)
    }
    fn salt(&self, feed: FeedId, doc: DocId) -> Option<Salt> {
        Some(records::salt(self.0, feed, doc).ok()??.0)
    }
    fn grant(&self, n: u64) -> Option<Hash> {
        Some(records::grant(self.0, n).ok()??.hash())
    }
}

fn take_entry(
    tx: &mut dyn Tx,
    tree: &mut Tree,
    author: &Author,
    epoch: u64,
    told: Told,
    taken: &mut Taken,
) -> Result<(), SyncError> {
    let mut entry = Entry {
        n: told.n,
        time: Received(told.time),
        kind: EntryType::Segment,
        hash: Hash::ZERO,
        verdict: Verdict::Accepted,
        reason: reason::NONE,
        rule: told.rule,
    };
    let mut spot_told = None;
    let mut body = Vec::new();
    let scope = match told.body {
        Body::Segment(signed) => {
            entry.hash = signed.hash();
            spot_told = Some(Spot {
                feed: signed.unproven().feed,
                n: signed.unproven().n,
            });
            let scope = signed.unproven().scope;
            if records::scope(tx, scope)?.filled >= told.n {
                return Ok(());
            }
            take_segment(tx, tree, author, &entry, *signed, taken)?;
            scope
        }
        Body::Receipt(spot, tag) => {
            spot_told = Some(spot);
            let row = records::segment(tx, spot)?
                .filter(|row| row.hash.0[..4] == tag)
                .ok_or(SyncError::Restored)?;
            let signed = SignedSegment::from_bytes(&row.bytes)?;
            entry.hash = row.hash;
            born(tx, tree, told.n, &signed)?;
            if tree.of_scope(signed.unproven().scope).is_none() {
                return Err(SyncError::Late);
            }
            take_receipt(tx, tree, told.n, spot, row, &signed, taken)?;
            signed.unproven().scope
        }
        Body::Judged {
            spot,
            scope,
            hash,
            verdict,
            reason,
        } => {
            spot_told = Some(spot);
            entry.hash = hash;
            entry.verdict = verdict;
            entry.reason = reason;
            take_judgement(tx, tree, author, &entry, spot, taken)?;
            scope
        }
        Body::Grant(grant) => {
            entry.kind = EntryType::Grant;
            entry.hash = grant.hash();
            body = grant.to_bytes();
            records::put_grant(tx, told.n, &grant)?;
            scope_of(grant.place, Lane::Control)
        }
        Body::Place(act) => {
            entry.kind = EntryType::Place;
            entry.hash = act.hash();
            body = act.to_bytes();
            put_act(tx, tree, told.n, &act)?;
            scope_of(act.place, Lane::Control)
        }
        Body::Epoch { root, epoch } => {
            entry.kind = EntryType::Epoch;
            entry.hash = records::epoch(tx, epoch)?
                .ok_or(SyncError::NodeFault(
                    "it names an epoch that it did not prove",
                ))?
                .hash();
            scope_of(root, Lane::Control)
        }
    };
    let row = records::scope(tx, scope)?;
    if row.filled >= told.n {
        return Ok(());
    }
    let chain = entry.chain_after(row.chain, author.log, epoch);
    if row.filled > 0 && row.last <= row.filled {
        // The first entry after a checkpoint: keep what the checkpoint said, for a cut below here.
        let mut w = Writer::new();
        w.fixed(&row.chain.0).number(row.last);
        records::set_meta(tx, &format!("filled/{scope}"), w.as_slice())?;
    }
    records::put_scope(
        tx,
        scope,
        &ScopeRow {
            chain,
            last: told.n,
            ..row
        },
    )?;
    records::put_log_row(
        tx,
        &LogRow {
            epoch,
            entry,
            scope,
            chain: Hash::ZERO,
            scope_chain: chain,
            spot: spot_told,
            body,
        },
    )?;
    taken.entries += 1;
    Ok(())
}

fn put_act(tx: &mut dyn Tx, tree: &mut Tree, n: u64, act: &PlaceAct) -> Result<(), StoreError> {
    let birth = match records::place(tx, act.place)? {
        Some(old) if old.placed.birth > 0 => old.placed.birth,
        _ => n,
    };
    let placed = Placed {
        kind: act.kind,
        parent: act.parent,
        birth,
    };
    records::put_place(tx, act.place, &PlaceRow { placed, changed: n })?;
    tree.remove(act.place);
    tree.put(act.place, placed);
    Ok(())
}

/// A place that a segment opened is born with its first receipt.
fn born(tx: &mut dyn Tx, tree: &mut Tree, n: u64, s: &SignedSegment) -> Result<(), StoreError> {
    if let Some(o) = &s.unproven().opens
        && records::place(tx, o.place)?.is_none_or(|p| p.placed.birth == 0)
    {
        let act = PlaceAct {
            place: o.place,
            kind: o.kind,
            parent: Some(o.parent),
        };
        put_act(tx, tree, n, &act)?;
    }
    Ok(())
}

fn take_receipt(
    tx: &mut dyn Tx,
    tree: &mut Tree,
    n: u64,
    spot: Spot,
    row: SegmentRow,
    signed: &SignedSegment,
    taken: &mut Taken,
) -> Result<(), SyncError> {
    if row.state == SegmentState::Unsent {
        taken.receipts += 1;
    }
    if tree.of_scope(signed.unproven().scope).is_none() {
        // Its place went to others meanwhile; the receipt was all that was still waited for.
        return Ok(records::drop_segment(tx, spot)?);
    }
    for c in &signed.unproven().changes {
        records::put_salt(tx, spot.feed, c.doc, c.salt, n)?;
        taken.docs.insert(c.doc);
    }
    if let Some(mut feed) = records::feed(tx, spot.feed)? {
        feed.judged = n;
        records::put_feed(tx, spot.feed, &feed)?;
    }
    replica::ensure(tx, signed)?;
    records::put_segment(
        tx,
        spot,
        &SegmentRow {
            state: SegmentState::Receipted(n),
            ..row
        },
    )?;
    Ok(born(tx, tree, n, signed)?)
}

fn take_segment(
    tx: &mut dyn Tx,
    tree: &mut Tree,
    author: &Author,
    entry: &Entry,
    signed: SignedSegment,
    taken: &mut Taken,
) -> Result<(), SyncError> {
    let s = signed.unproven();
    let spot = Spot {
        feed: s.feed,
        n: s.n,
    };
    let grant_n = records::grant_number(tx, s.grant)?.ok_or(SyncError::NodeFault(
        "it accepted a segment without a grant",
    ))?;
    let grant = records::grant(tx, grant_n)?.ok_or(SyncError::NodeFault(
        "it accepted a segment without a grant",
    ))?;
    let known = records::feed(tx, spot.feed)?;
    let there = records::segment(tx, spot)?;
    if let Some(row) = there {
        if row.hash != entry.hash {
            // A twin of ours wrote it, or we are an old backup of who did.
            return Err(if grant.key == author.key.public() {
                SyncError::Restored
            } else {
                SyncError::NodeFault("it accepted another segment with a number that is taken")
            });
        }
        if row.state == SegmentState::Unsent {
            born(tx, tree, entry.n, &signed)?;
            return take_receipt(tx, tree, entry.n, spot, row, &signed, taken);
        }
    }
    // A provisional segment is checked again, against the segment before it.
    let head = if s.n == 1 {
        FeedHead::NONE
    } else {
        match KnownTx(tx).segment_hash(s.feed, s.n - 1) {
            Some(hash) => FeedHead { n: s.n - 1, hash },
            // The feed is older than this device's checkpoint: the node's frame vouches for the link.
            None => FeedHead {
                n: s.n - 1,
                hash: s.prev,
            },
        }
    };
    born(tx, tree, entry.n, &signed)?;
    let verified = verify(signed, &grant.key, &head)
        .map_err(|_| SyncError::NodeFault("it accepted a segment that its author did not sign"))?;
    let scope = verified.segment().scope;
    let (place, lane) = tree.of_scope(scope).ok_or(SyncError::Late)?;
    let segment = AuthorisedSegment::by_verdict(verified, entry, place, lane)
        .map_err(|_| SyncError::NodeFault("the entry is about another segment"))?;
    let plan = replica::plan(tx, &segment)?;
    let filing = Filing {
        state: SegmentState::Receipted(entry.n),
        grant: grant_n,
        entry: entry.n,
    };
    let later = known.filter(|k| k.head.n > spot.n);
    let docs = replica::commit(tx, plan, &segment, &grant, filing)?;
    if let Some(later) = later {
        // Provisional segments after this one stay the feed's head.
        let row = FeedRow {
            judged: entry.n,
            ..later
        };
        records::put_feed(tx, spot.feed, &row)?;
    }
    taken.docs.extend(docs);
    taken
        .docs
        .extend(segment.verified().segment().changes.iter().map(|c| c.doc));
    if let Some(old) = segment.verified().segment().replaces {
        // Said again: what was shown of it provisionally has had its day.
        let same_hand = records::feed(tx, old.feed)?.is_some_and(|f| f.key == grant.key);
        for (n, row) in records::segments_from(tx, old.feed, old.n)? {
            if same_hand && row.state == SegmentState::Provisional {
                let signed = SignedSegment::from_bytes(&row.bytes)?;
                taken
                    .docs
                    .extend(signed.unproven().changes.iter().map(|c| c.doc));
                records::drop_segment(tx, Spot { n, ..old })?;
            }
        }
    }
    Ok(())
}

/// A segment that was held or refused: own work is said again where it may be, others' provisional
/// work ends as if it had never been there.
fn take_judgement(
    tx: &mut dyn Tx,
    tree: &mut Tree,
    author: &Author,
    entry: &Entry,
    spot: Spot,
    taken: &mut Taken,
) -> Result<(), SyncError> {
    let Some(row) = records::segment(tx, spot)? else {
        return Ok(());
    };
    if row.hash != entry.hash || matches!(row.state, SegmentState::Receipted(_)) {
        return Ok(());
    }
    let signed = SignedSegment::from_bytes(&row.bytes)?;
    taken
        .docs
        .extend(signed.unproven().changes.iter().map(|c| c.doc));
    let mine = records::feed(tx, spot.feed)?.is_some_and(|f| f.key == author.key.public());
    if entry.verdict == Verdict::Held {
        let state = SegmentState::Held(entry.n);
        return Ok(records::put_segment(
            tx,
            spot,
            &SegmentRow { state, ..row },
        )?);
    }
    if !mine {
        for (n, later) in records::segments_from(tx, spot.feed, spot.n)? {
            let later = SignedSegment::from_bytes(&later.bytes)?;
            taken
                .docs
                .extend(later.unproven().changes.iter().map(|c| c.doc));
            records::drop_segment(tx, Spot { n, ..spot })?;
        }
        if let Some(mut feed) = records::feed(tx, spot.feed)? {
            feed.ended = true;
            records::put_feed(tx, spot.feed, &feed)?;
        }
        return Ok(());
    }
    // A fork, or a feed that had ended, is about the number and not about what was said.
    let said_wrong = !matches!(entry.reason, reason::FORK | reason::FEED_ENDED);
    author::unsay(tx, tree, spot.feed, spot.n, said_wrong)?;
    if said_wrong {
        let state = SegmentState::Refused(entry.n);
        records::put_segment(tx, spot, &SegmentRow { state, ..row })?;
        taken.refused.push((spot, entry.reason));
    }
    Ok(())
}
