//! A device: it edits offline, asks its node, and takes answers in frame by frame.
//!
//! A sync is: [`Phone::request`] (seals what was edited; everything is on disk before it leaves), send
//! the bytes by any carrier, give every frame that comes back to [`Phone::receive`]. Each frame is one
//! transaction; a line that breaks costs the frame that was under way. [`Phone::outcome`] says
//! "synced" only if the node's signed digest covers all that the device has.
//!
//! Without a node, [`Phone::offer`] and [`Phone::take_offer`] exchange segments between devices; what
//! comes that way is shown as provisional and never built upon.
//!
//! Does not know: the network, the clock and randomness (passed in), the platform.

use crate::author::{self, Author, EditError, EditOutcome, NewPlace, Target};
use crate::codec::{CodecError, Reader, Writer};
use crate::document::{self, Conflict, Values};
use crate::domain::look::Look;
use crate::door;
use crate::entries::EntriesReader;
use crate::feed::compact::{self, ExpandError, Shorten};
use crate::feed::{SignedSegment, Spot};
use crate::forget;
use crate::history;
use crate::id::{DocId, FeedId, Hash, LogId, PlaceId, PublicKey};
use crate::identity::{Epoch, Grant, SecretKey};
use crate::kind::Kind;
use crate::limits;
use crate::log::{End, Entry, EntryType, Head, Position, Verdict, reason};
use crate::place::PlaceKind;
use crate::records::{self, SegmentRow, SegmentState};
use crate::replica::{self, ApplyError, Overlay};
use crate::store::{Store, StoreError, Table, Tx};
use crate::time::{Received, Timestamp};
use crate::tree::{Tree, View};
use crate::wire::{Frame, FrameType, PageChain, Request, Wait};
use rand_core::RngCore;
use std::collections::{BTreeMap, BTreeSet};

mod carried;
mod entry;
mod epochs;
mod evidence;
mod faces;
mod grant;
mod judged;
mod kept;
mod known;
mod lost;
mod peers;
mod places;
mod recovery;
mod succession;
mod wrong;

pub use carried::Offered;
pub use faces::Told;
pub(crate) use grant::own_grant;
pub use judged::Judged;
pub use known::Heard;
pub use succession::{LayDownError, Missing};
pub use wrong::Wrongly;

use entry::{KnownTx, Taken, take_entry, take_judgement, take_receipt};
use places::{cursor, pending};

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
    /// The ticket names no key that a letter to the node could be sealed with: it is used over a line.
    #[error("this ticket is used over a line")]
    NoLetterKey,
    /// Own work waits that has to be handed over first.
    #[error("own work waits: sync first")]
    UnsentFirst,
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
            // It was made for what this device knew before it was restored, or before it forgot a document that the
            // node, restored, has not forgotten. Asked again, the node tells more.
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
    /// Own segments that the node holds until a person at the office decides.
    pub held: usize,
    /// Whether the node has more, or refused work is said again: ask again at once.
    pub more: bool,
    /// Entries that came.
    pub entries: usize,
    /// Documents that were filled in.
    pub filled: usize,
    /// Own segments that were refused, with the reason's number.
    pub refused: Vec<(Spot, u8)>,
    /// What the node said of segments that reached no verdict.
    pub problems: Vec<Problem>,
    /// This device's grant has ended, and how. Told to wipe itself, it does ([`Phone::wipe`]) as soon as
    /// nothing of its own waits any more.
    pub ended: Option<End>,
    /// Why the node judges and tells nothing for now.
    pub waits: Option<Wait>,
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
    /// It is held, as entry `number`: a person at the office decides.
    pub const HELD: u8 = 18;
    /// A control act of before a restore, by its hash: the node has noted it, or will never take it. It need not be
    /// brought again in this epoch.
    pub const BROUGHT: u8 = 19;
    /// Its signature does not fit, or it is no whole segment: counted, not kept.
    pub const UNPROVEN: u8 = 1;
    /// A segment before it is missing.
    pub const GAP: u8 = 2;
    /// It refers to a feed, salt or grant that the node has not got.
    pub const UNKNOWN: u8 = 3;
    /// It builds on work that the node has not got (any more).
    pub const MISSING: u8 = 5;
    /// Its author's share of the quarantine is full.
    pub const QUARANTINE_FULL: u8 = 4;
    /// Its author, or who carries it, has no more room on this day: it stays where it is until tomorrow.
    pub const TOO_MUCH_TODAY: u8 = 6;
}

/// What names own work that the office holds and that is about a place which is no longer here: it is asked about with each
/// request, and is in the office's hands.
fn held_away(spot: Spot) -> String {
    format!("held-away/{}/{}", spot.feed, spot.n)
}

/// One request on its way, and what came back so far.
#[derive(Debug)]
pub struct Exchange {
    time: Timestamp,
    sent: usize,
    /// Whether more waits than the request had room for.
    left_out: bool,
    head: Option<Head>,
    head_checked: bool,
    entries: usize,
    filled: usize,
    handed_over: usize,
    refused: Vec<(Spot, u8)>,
    /// Whether refused work is to be said again at once.
    otherwise: bool,
    problems: Vec<Problem>,
    ended: Option<End>,
    waits: Option<Wait>,
    /// When the recovery code was made that the request carried.
    recovery: Option<Timestamp>,
    pages: PageChain,
    /// Bytes of frames that came.
    bytes: usize,
    end: Option<bool>,
}

impl Exchange {
    fn new(time: Timestamp, sent: usize) -> Self {
        Exchange {
            time,
            sent,
            left_out: false,
            head: None,
            head_checked: false,
            entries: 0,
            filled: 0,
            handed_over: 0,
            refused: Vec::new(),
            otherwise: false,
            problems: Vec::new(),
            ended: None,
            waits: None,
            recovery: None,
            pages: PageChain::new(),
            bytes: 0,
            end: None,
        }
    }

    /// Whether the whole answer has arrived.
    pub fn is_complete(&self) -> bool {
        self.end.is_some()
    }

    /// Own segments that were refused so far, with the reason's number.
    pub fn refused(&self) -> &[(Spot, u8)] {
        &self.refused
    }

    /// Whether the request carried the recovery code.
    pub fn carried_recovery(&self) -> bool {
        self.recovery.is_some()
    }

    /// How many segments the request carried.
    pub fn sent(&self) -> usize {
        self.sent
    }

    /// Whether more waits than the request had room for.
    pub fn left_out(&self) -> bool {
        self.left_out
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
const UNANSWERED: &str = "unanswered";
const SET_AT: &str = "set-at";
const ENDED: &str = "own-grant-ended";
const WIPED: &str = "wiped";
/// Set when the node could not read what it was sent in short: the next request says all of it.
const IN_FULL: &str = "in-full";
/// When the first of the work that waits was typed.
const WAITS_SINCE: &str = "waits-since";

/// Whether there is neither a draft nor own sealed work without a receipt.
fn nothing_waits(tx: &dyn Tx) -> Result<bool, StoreError> {
    let drafts = tx.scan(Table::Draft, &[], None, 1)?;
    Ok(drafts.is_empty() && records::waiting(tx)?.iter().all(|(_, foreign)| *foreign))
}

/// Notes, before the first edit after which something waits, when that is.
fn begin_to_wait(tx: &mut dyn Tx, now: Timestamp) -> Result<(), StoreError> {
    match nothing_waits(tx)? {
        true => records::set_meta_number(tx, WAITS_SINCE, now.0),
        false => Ok(()),
    }
}

impl<S: Store> Phone<S> {
    /// A new device: makes its key, which never leaves the store.
    pub fn create(mut store: S, rng: &mut dyn RngCore) -> Result<Self, StoreError> {
        let key = SecretKey::random(rng);
        store.write(|tx| records::set_meta(tx, KEY, &key.seed()[..]))?;
        Ok(Phone {
            store,
            tree: Tree::new(),
            key,
            author: None,
        })
    }

    /// Opens a device's store. `mark`: the number of segments that a copy outside the database says
    /// were sealed; if the store knows of fewer it is an old backup and goes on under new feeds.
    pub fn open(mut store: S, mark: Option<u64>) -> Result<Self, StoreError> {
        forget::scrub(&mut store)?;
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

    /// The log of this device's node, and the last epoch of it that is known here; once enrolled.
    pub fn node(&self) -> Result<Option<(LogId, u64)>, StoreError> {
        let Some(author) = &self.author else {
            return Ok(None);
        };
        let epochs = self.store.read(|tx| records::epochs(tx))?;
        Ok(epochs.last().map(|e| (author.log, e.epoch)))
    }

    /// The key that letters for this device's node are sealed with, of the last epoch known here.
    pub fn node_letter_key(&self) -> Result<Option<PublicKey>, StoreError> {
        let epochs = self.store.read(|tx| records::epochs(tx))?;
        Ok(epochs.last().map(Epoch::letter_key))
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
        if self.is_ended(now)? {
            return Err(EditError::Ended);
        }
        let tree = &self.tree;
        self.store.write(|tx| {
            begin_to_wait(tx, now)?;
            author::edit(tx, tree, &author, target, edits, now, rng)
        })
    }

    /// Many edits and new places in one transaction: all or nothing.
    pub fn edit_many(
        &mut self,
        places: &[NewPlace],
        edits: &[(Target, Values)],
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<Vec<EditOutcome>, EditError> {
        let author = self.author.clone().ok_or(EditError::NotAllowed)?;
        if self.is_ended(now)? {
            return Err(EditError::Ended);
        }
        let mut tree = self.tree.clone();
        let done = self.store.write(|tx| {
            begin_to_wait(tx, now)?;
            let what = (places, edits);
            author::edit_many(tx, &mut tree, &author, what, now, rng, &mut |_| {})
        })?;
        self.tree = tree;
        Ok(done)
    }

    /// Does an act in a case ([`crate::case`]); the change is drafted, to be sealed at the next sync.
    pub fn act(
        &mut self,
        target: Target,
        doing: author::Doing,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<EditOutcome, EditError> {
        let author = self.author.clone().ok_or(EditError::NotAllowed)?;
        if self.is_ended(now)? {
            return Err(EditError::Ended);
        }
        let tree = &self.tree;
        self.store.write(|tx| {
            begin_to_wait(tx, now)?;
            author::act(tx, tree, &author, target, doing, now, rng)
        })
    }

    /// Every document of a kind at a place, as it is shown here, in the order of the ids.
    pub fn documents(
        &self,
        place: PlaceId,
        kind: &Kind,
    ) -> Result<Vec<(DocId, Values)>, StoreError> {
        self.store
            .read(|tx| replica::documents(tx, place, kind, &Overlay::of(tx)?))
    }

    /// Notes that a record was opened, printed or exported here, if that is noted of this device's role.
    pub fn note_look(
        &mut self,
        place: PlaceId,
        look: Look,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<bool, EditError> {
        let author = self.author.clone().ok_or(EditError::NotAllowed)?;
        let tree = &self.tree;
        self.store.write(|tx| {
            begin_to_wait(tx, now)?;
            author::note_look(tx, tree, &author, place, look, now, rng)
        })
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
            replica::conflicts(tx, doc, &overlay)
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

    /// Since when own work waits for its receipt: when the first of it was typed, by this device's clock. `None`: none
    /// waits.
    pub fn waits_since(&self) -> Result<Option<Timestamp>, StoreError> {
        self.store.read(|tx| {
            if nothing_waits(tx)? {
                return Ok(None);
            }
            let since = records::meta_number(tx, WAITS_SINCE)?;
            Ok((since > 0).then_some(Timestamp(since)))
        })
    }

    /// The last changes of a document, the last first ([`history::of`]).
    pub fn history(
        &self,
        doc: DocId,
        skip: usize,
        most: usize,
    ) -> Result<Vec<history::Change>, StoreError> {
        self.store.read(|tx| history::of(tx, doc, skip, most))
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
        let halved = self.store.read(|tx| records::meta_number(tx, UNANSWERED))?;
        let halved = halved.min(limits::HALVINGS.into()) as u8;
        let (bytes, exchange, much) = self.ask(halved, now, rng)?;
        if much {
            // Until the answer is whole, the next request goes in smaller pieces.
            self.store.write(|tx| {
                let before = records::meta_number(tx, UNANSWERED)?;
                records::set_meta_number(tx, UNANSWERED, before + 1)
            })?;
        }
        Ok((bytes, exchange))
    }

    /// As [`Phone::request`], for a letter: that no answer has come yet says nothing about a line, so
    /// nothing is asked for in smaller pieces.
    pub fn request_by_letter(
        &mut self,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<(Vec<u8>, Exchange), SyncError> {
        let (bytes, exchange, _) = self.ask(0, now, rng)?;
        Ok((bytes, exchange))
    }

    /// The request; whether it carries or asks for more than a word.
    fn ask(
        &mut self,
        halved: u8,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<(Vec<u8>, Exchange, bool), SyncError> {
        let author = self.author.clone().ok_or(SyncError::NotEnrolled)?;
        self.seal(now, rng)?;
        self.store.read(|tx| {
            let mut ids = Writer::new();
            let mut changes = Writer::new();
            let (mut sent, mut left_out) = (0, false);
            let mut told_salts = BTreeSet::new();
            let in_full = records::meta(tx, IN_FULL)?.is_some();
            // What is said of a place goes after all that is to be known of it; but the node hears no acts from who is shut
            // out, and takes their work to hold it.
            let (controls, more_follow) = lost::to_bring(tx)?;
            let is_shut_out = records::meta(tx, ENDED)?.is_some();
            let waiting = match more_follow && !is_shut_out {
                true => Vec::new(),
                false => carried::in_turn(tx, &self.tree)?,
            };
            for (spot, foreign) in waiting {
                if sent >= limits::PUSH_SEGMENTS
                    || ids.len() + changes.len() > limits::halved(limits::PUSH_AIM_BYTES, halved)
                {
                    left_out = true;
                    break;
                }
                let Some(row) = records::segment(tx, spot)? else {
                    continue;
                };
                let signed = SignedSegment::from_bytes(&row.bytes)?;
                // Of one that was only met, the node's number is not known yet.
                let grant = records::grant_number(tx, signed.unproven().grant)?;
                let Some(grant) = grant.filter(|n| *n < records::FOREIGN_GRANTS) else {
                    continue;
                };
                let mut salted = BTreeSet::new();
                if !foreign && !in_full {
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
                    introduce: foreign || in_full,
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
                wiped: records::meta(tx, WIPED)?.is_some(),
                pending,
                cursor: cursor(tx)?,
                halved,
                controls,
                recovery: recovery::to_tell(tx, author.grant)?,
                segments: sent,
            };
            let bytes = request.seal(ids.as_slice(), changes.as_slice(), &author.key);
            let much = sent > 0 || more_follow || !request.pending.is_empty();
            let mut exchange = Exchange::new(now, sent);
            exchange.left_out = left_out;
            exchange.recovery = request.recovery.as_ref().map(|(made, _)| *made);
            Ok::<_, SyncError>((bytes, exchange, much))
        })
    }

    /// An exchange for an answer that comes in a file, whatever request it answers.
    pub fn reading(&self, now: Timestamp) -> Exchange {
        Exchange::new(now, 0)
    }

    // ---- taking in --------------------------------------------------------------------------

    /// Takes in one whole frame of the answer: all of it or nothing. An answer that goes on past
    /// [`limits::ANSWER_MOST_BYTES`] is one of a node at fault: nothing more of it is taken in.
    pub fn receive(&mut self, exchange: &mut Exchange, frame: &Frame) -> Result<(), SyncError> {
        let author = self.author.clone().ok_or(SyncError::NotEnrolled)?;
        exchange.bytes = exchange.bytes.saturating_add(frame.body.len());
        if exchange.bytes > limits::ANSWER_MOST_BYTES {
            return Err(SyncError::NodeFault("its answer does not end"));
        }
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
                self.heed_head(exchange, author.log)?;
                self.put_off(exchange)?;
                self.take_word(exchange)?;
                self.ask_what_became_of_held(exchange)?;
                self.answered(exchange)?;
                exchange.end = Some(frame.body.first() == Some(&1));
                if exchange.end == Some(false) {
                    self.say_missing_again(exchange)?;
                    self.caught_up(exchange)?;
                    self.let_go(exchange)?;
                }
                return Ok(forget::scrub(&mut self.store)?);
            }
            _ => {}
        }
        let (epoch, key) = self.heed_head(exchange, author.log)?;
        let said_to = |reader: &PublicKey| frame.payload(author.log, epoch, &key, reader);
        let Some(payload) = said_to(&author.key.public()) else {
            // What it asked before it changed its key, if it is not said to somebody else.
            let own = self.store.read(|tx| grant::own_grants(tx))?;
            return Err(match own.iter().any(|g| said_to(&g.key).is_some()) {
                true => SyncError::Late,
                false => SyncError::NotTheNode,
            });
        };
        let result = match frame.kind {
            FrameType::Entries => self.take_entries(exchange, &author, epoch, payload),
            FrameType::Fill => self.take_page(exchange, &author, payload),
            FrameType::Set => {
                let made_at = exchange.head.map_or(0, |h| h.n);
                self.take_set(made_at, &author, payload)
            }
            FrameType::Problems => take_problems(exchange, payload),
            FrameType::Ended => self.take_ended(exchange, payload),
            FrameType::Wait => take_wait(exchange, payload),
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

    /// As [`Phone::check_head`]; an answer that is overtaken may be of a node that went back further than this device knows.
    fn heed_head(
        &mut self,
        exchange: &mut Exchange,
        log: LogId,
    ) -> Result<(u64, PublicKey), SyncError> {
        let checked = self.check_head(exchange, log);
        if matches!(checked, Err(SyncError::Late)) {
            self.store.write(|tx| lost::note_overtaken(tx))?;
        }
        checked
    }

    /// The signing key of the answer's epoch, after the head's signature was checked with it.
    fn check_head(
        &self,
        exchange: &mut Exchange,
        log: LogId,
    ) -> Result<(u64, PublicKey), SyncError> {
        let head = exchange.head.ok_or(SyncError::NotTheNode)?;
        let (epochs, set_at) = self.store.read(|tx| {
            Ok::<_, StoreError>((records::epochs(tx)?, records::meta_number(tx, SET_AT)?))
        })?;
        // It knows nothing of the places that were gained and lost since.
        let before_set = head.n < set_at;
        if before_set || epochs.last().is_some_and(|last| last.epoch > head.epoch) {
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
    fn take_word(&mut self, exchange: &mut Exchange) -> Result<(), SyncError> {
        let mut words = std::mem::take(&mut exchange.problems);
        let is_brought = |p: &&Problem| p.code == problem::BROUGHT;
        let brought: Vec<[u8; 8]> = words.iter().filter(is_brought).map(|p| p.tag).collect();
        words.retain(|p| p.code != problem::BROUGHT);
        if let (Some(head), false) = (&exchange.head, brought.is_empty()) {
            let epoch = head.epoch;
            self.store.write(|tx| lost::told(tx, &brought, epoch))?;
        }
        words.retain(|p| {
            let word = matches!(p.code, problem::RECEIPT | problem::REFUSED | problem::HELD);
            if !word {
                exchange.problems.push(*p);
            }
            word
        });
        if words.is_empty() {
            return Ok(());
        }
        let mut tree = self.tree.clone();
        let (taken, still_held) = self.store.write(|tx| {
            let mut taken = Taken::default();
            let mut still_held = Vec::new();
            for (spot, foreign) in records::waiting(tx)? {
                let Some(row) = records::segment(tx, spot)? else {
                    continue;
                };
                let Some(word) = words.iter().find(|w| row.hash.0[..8] == w.tag) else {
                    continue;
                };
                let hash = row.hash;
                let signed = SignedSegment::from_bytes(&row.bytes)?;
                let is_held = word.code == problem::HELD;
                if is_held && !foreign {
                    // Of a place that is no longer held here no entry will come: it is asked again, unless nothing will
                    // be told any more.
                    let is_here = tree.of_scope(signed.unproven().scope).is_some();
                    match is_here || exchange.ended.is_some() {
                        true => {
                            let state = SegmentState::Held(word.number);
                            let changes = &signed.unproven().changes;
                            taken.docs.extend(changes.iter().map(|c| c.doc));
                            records::put_segment(tx, spot, &SegmentRow { state, ..row })?;
                        }
                        false => {
                            records::set_meta(tx, &held_away(spot), &[1])?;
                            still_held.push(*word);
                        }
                    }
                } else if word.code == problem::RECEIPT {
                    // Who is shut out hears no entries any more, only the words.
                    let borne_out = match exchange.ended {
                        Some(_) => Some(true),
                        None => places::bears_out(tx, &tree, word.number, &signed)?,
                    };
                    match borne_out {
                        Some(true) => take_receipt(
                            tx,
                            &mut tree,
                            word.number,
                            spot,
                            row,
                            &signed,
                            &mut taken,
                        )?,
                        // The checkpoint says so, or does not: it is asked for again.
                        Some(false) => {}
                        None => {
                            return Err(SyncError::NodeFault(
                                "it says that it has what no entry of its log says",
                            ));
                        }
                    }
                } else {
                    let refused_for = u8::try_from(word.number).unwrap_or(reason::OFFICE);
                    let (verdict, reason) = match is_held {
                        true => (Verdict::Held, reason::NONE),
                        false => (Verdict::Refused, refused_for),
                    };
                    let entry = Entry {
                        n: 0,
                        time: Received(Timestamp(0)),
                        kind: EntryType::Segment,
                        hash,
                        verdict,
                        reason,
                        rule: 0,
                    };
                    take_judgement(tx, &mut tree, &entry, spot, &mut taken)?;
                }
            }
            let overlay = Overlay::of(tx)?;
            for doc in &taken.docs {
                replica::project(tx, &tree, *doc, &overlay)?;
            }
            Ok::<_, SyncError>((taken, still_held))
        })?;
        self.tree = tree;
        exchange.problems.extend(still_held);
        exchange.handed_over += taken.receipts;
        exchange.refused.extend(taken.refused);
        exchange.otherwise |= taken.otherwise;
        Ok(())
    }

    /// A device whose grant has ended hears no more what the office decides about its held work. If the node no
    /// longer knows what later work follows on, it has refused that: asked about it again, it says so.
    fn ask_what_became_of_held(&mut self, exchange: &Exchange) -> Result<(), StoreError> {
        let astray = |p: &Problem| matches!(p.code, problem::UNKNOWN | problem::GAP);
        if exchange.ended.is_none() || !exchange.problems.iter().any(astray) {
            return Ok(());
        }
        self.store.write(|tx| places::ask_for_held(tx, None))
    }

    /// Own work that builds on what the node has lost, and that nobody here can bring back, is said
    /// again over what stands.
    fn say_missing_again(&mut self, exchange: &Exchange) -> Result<(), SyncError> {
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
            let mut stuck = BTreeMap::new();
            let mut unborn: BTreeMap<PlaceId, PlaceKind> = BTreeMap::new();
            for spot in records::own_without_receipt(tx)? {
                let row = records::segment(tx, spot)?;
                // Without its place there are no documents to say it over: it waits for them, or for the office.
                let feed = records::feed(tx, spot.feed)?;
                let Some((place, _)) = feed.and_then(|f| tree.of_scope(f.scope)) else {
                    continue;
                };
                if row.is_some_and(|r| missing.iter().any(|tag| r.hash.0[..8] == *tag)) {
                    stuck.entry(spot.feed).or_insert(spot.n);
                    unborn.extend(
                        tree.get(place)
                            .filter(|p| p.birth == 0)
                            .map(|p| (place, p.kind)),
                    );
                }
            }
            // The file of a place that came from elsewhere comes no more: only own work is left of it.
            for (place, kind) in unborn {
                places::drop_ghosts(tx, tree, place, kind)?;
            }
            author::unsay_all(tx, tree, stuck, None, &author::Gone::new())?;
            Ok::<_, StoreError>(())
        })?)
    }

    /// An answer has arrived whole: the line carries what it is asked to.
    fn answered(&mut self, exchange: &Exchange) -> Result<(), StoreError> {
        let unread = |p: &Problem| p.code == problem::UNKNOWN && p.tag == [0; 8];
        let unread = exchange.problems.iter().any(unread);
        if unread != self.store.read(|tx| records::meta(tx, IN_FULL))?.is_some() {
            // Salts of what was forgotten, for one, the node has no more.
            self.store.write(|tx| match unread {
                true => records::set_meta(tx, IN_FULL, &[1]),
                false => records::drop_meta(tx, IN_FULL),
            })?;
        }
        // A node that waits has kept nothing.
        if let Some(made) = exchange.recovery.filter(|_| exchange.waits.is_none())
            && let (Some(author), Some(head)) = (&self.author, &exchange.head)
        {
            let (grant, epoch) = (author.grant, head.epoch);
            self.store
                .write(|tx| recovery::note_told(tx, made, epoch, grant))?;
        }
        let (overtaken, unanswered) = self.store.read(|tx| {
            let unanswered = records::meta_number(tx, UNANSWERED)?;
            Ok::<_, StoreError>((lost::was_overtaken(tx)?, unanswered))
        })?;
        if !overtaken && unanswered == 0 {
            return Ok(());
        }
        self.store.write(|tx| {
            lost::forget_overtaken(tx)?;
            records::drop_meta(tx, UNANSWERED)
        })
    }

    fn caught_up(&mut self, exchange: &Exchange) -> Result<(), StoreError> {
        let Some(head) = exchange.head.filter(|_| exchange.waits.is_none()) else {
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
                // An answer that somebody kept is no news of the node's clock.
                // A new epoch's word stands for itself: the clock of before may have been ahead.
                let is_newer = head.time.0 > records::meta_number(tx, grant::NODE_TIME)?
                    || head.epoch > records::meta_number(tx, grant::NODE_TIME_IN)?;
                if is_newer {
                    records::set_meta_number(tx, grant::NODE_TIME, head.time.0)?;
                    records::set_meta_number(tx, grant::NODE_TIME_IN, head.epoch)?;
                    // By the node's clock the term runs, whatever this device's had said.
                    if head.time.0 < records::meta_number(tx, grant::WAS_OVER)? {
                        records::drop_meta(tx, grant::WAS_OVER)?;
                    }
                }
            }
            Ok(())
        })
    }

    /// What the node's backup holds need not be kept here for it.
    fn let_go(&mut self, exchange: &Exchange) -> Result<(), StoreError> {
        let Some(head) = &exchange.head else {
            return Ok(());
        };
        let (tree, safe) = (&self.tree, head.safe.min(head.n));
        self.store.write(|tx| kept::let_go(tx, tree, safe))
    }

    /// What came of an exchange, as it stands now.
    pub fn outcome(&self, exchange: &Exchange) -> Result<Outcome, StoreError> {
        let view = self.view();
        let told_held = |p: &&Problem| p.code == problem::HELD;
        let told_held = exchange.problems.iter().filter(told_held).count();
        let (synced, waiting, held) = self.store.read(|tx| {
            let waiting = records::waiting(tx)?.len();
            let held = records::held(tx)?.len() + told_held;
            let drafts = records::drafts(tx)?.len();
            let position = records::position(tx)?;
            let synced = match (&exchange.head, view) {
                (Some(head), Some(view)) => {
                    exchange.end == Some(false)
                        && waiting == 0
                        && held == 0
                        && drafts == 0
                        && pending(tx)?.is_empty()
                        && position.n == head.n
                        && position.epoch == head.epoch
                        && replica::digest(tx, &self.tree, view)? == head.digest
                }
                _ => false,
            };
            Ok::<_, StoreError>((synced, waiting, held))
        })?;
        let clock_off_seconds = exchange
            .head
            .filter(|h| h.time.is_off_from(exchange.time))
            .map(|h| exchange.time.0 as i64 - h.time.0 as i64);
        Ok(Outcome {
            synced,
            handed_over: exchange.handed_over,
            waiting,
            held,
            more: exchange.end != Some(false) || exchange.otherwise,
            entries: exchange.entries,
            filled: exchange.filled,
            refused: exchange.refused.clone(),
            problems: exchange.problems.clone(),
            ended: exchange.ended,
            waits: exchange.waits,
            clock_off_seconds,
        })
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
        // Where the node is to begin with telling what feeds and salts are, since it took something for known.
        let mut tell_from = None;
        let taken = self.store.write(|tx| {
            let position = records::position(tx)?;
            if reader.upto <= position.n && reader.from < position.n {
                return Ok(Taken::default()); // Doubled on the way.
            }
            if reader.from != position.n {
                return Err(SyncError::Late);
            }
            let mut taken = Taken::default();
            loop {
                let next = reader.next_entry(author.log, &KnownTx(tx));
                if matches!(next, Err(ExpandError::Unknown { .. })) {
                    tell_from = Some(position.n);
                }
                let Some(told) = next? else { break };
                take_entry(tx, &mut tree, author, reader.epoch, told, &mut taken)?;
            }
            forget::forget(tx, &taken.erased)?;
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
        });
        if let Some(n) = tell_from {
            self.store.write(|tx| {
                let cut = records::meta_number(tx, CUT)?.max(n);
                records::set_meta_number(tx, CUT, cut)
            })?;
        }
        let taken = taken?;
        self.tree = tree;
        exchange.entries += taken.entries;
        exchange.handed_over += taken.receipts;
        exchange.refused.extend(taken.refused);
        exchange.otherwise |= taken.otherwise;
        Ok(())
    }
}

fn take_wait(exchange: &mut Exchange, payload: &[u8]) -> Result<(), SyncError> {
    let [why] = payload else {
        return Err(CodecError::BadValue { what: "wait" }.into());
    };
    exchange.waits = Some(Wait::from_number(*why)?);
    Ok(())
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
