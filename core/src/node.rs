//! A node: it judges what devices bring, gives it a number in its log, and answers with what is new.
//!
//! [`Node::handle`] takes a batch of requests. Their segments are proven on several threads, judged in
//! order, and written in a few transactions (group commit); only then are the answers made, so what
//! is acknowledged is on disk. The log's counter row is written last in each transaction.
//!
//! The node writes as well, as the office that sits at its console: its drafts are sealed and judged
//! like anybody's ([`Node::submit`]).
//!
//! Does not know: the network, the clock and randomness (passed in).

use crate::author::{self, Author, EditError, EditOutcome, NewPlace, Target};
use crate::codec::CodecError;
use crate::document::{self, Conflict, Values};
use crate::domain::look::Look;
use crate::enrol::Offer;
use crate::forget;
use crate::id::{DocId, Hash, LogId, PersonId, PlaceId};
use crate::identity::{Custody, Epoch, Grant, SecretKey, Signature, log_of};
use crate::kind::{self, Kind};
use crate::log::{PlaceAct, Position};
use crate::place::{PlaceKind, Role};
use crate::records;
use crate::replica::{self, Overlay};
use crate::store::{Store, StoreError, Tx};
use crate::time::Timestamp;
use crate::tree::{Tree, TreeError, View};
use rand_core::RngCore;
use std::collections::BTreeMap;

mod again;
mod answer;
mod asking;
mod custody;
mod day;
mod election;
mod erase;
mod evidence;
mod fill;
mod grants;
mod judge;
mod placement;
mod push;
mod quarantine;
mod recovery;
mod reform;
mod restored;
mod succession;

pub use custody::{Incoming, NewHome, Outgoing, Relayed, Stage};
pub(crate) use custody::{forget_arrivals, proven_arrival};
pub use day::DayShare;
pub use election::{Confirmation, Elected, Election, ElectionError, Post};
pub use erase::{EraseError, Erasing};
pub use grants::{Device, EndError, EnrolError};
use judge::{Judge, Seat, counter};
pub use quarantine::{Knew, Preview};
pub use recovery::{NoCode, Recovery};
pub use reform::{Reform, ReformError, Undone};
pub use restored::{Brought, Confirmed, RestoreError};
pub(crate) use succession::Gave;
pub use succession::{Delivered, Legacy};

/// Why a request was turned away as a whole. Nothing was read or written for it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Rejection {
    /// The bytes are no request, or one for another node.
    #[error("this is no request to this node: {0}")]
    NotARequest(#[from] CodecError),
    /// No such grant, or the signature is not its holder's. The two are not told apart.
    #[error("this device is not enrolled here")]
    NotEnrolled,
    /// The store failed; the device keeps its work and tries again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a decision about what is held was not taken. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecideError {
    /// Nothing has this number in quarantine.
    #[error("nothing in quarantine has this number")]
    Unknown,
    /// It was refused for good, or is decided already.
    #[error("it is not held: there is nothing to decide")]
    NotHeld,
    /// It is about who decides, or written by them.
    #[error("nobody decides about themself")]
    AboutThemself,
    /// The office's role does not decide about this kind of document.
    #[error("the office does not decide about this kind of document")]
    NotAllowed,
    /// An earlier one of the same feed is to be decided first.
    #[error("what it builds on is held as well; decide that first")]
    EarlierFirst,
    /// The node that keeps its place (or is offered it) decides.
    #[error("its place is handed over to another node, which decides")]
    HandedOver,
    /// It is held: it is accepted or refused, not put away.
    #[error("it is held: accept or refuse it first")]
    StillHeld,
    /// Its place is not here.
    #[error("its place is not here")]
    NoPlace,
    /// It was never its author's to say: the office lets stand what came too late, and gives nobody another role.
    #[error("its author may not say this: {0}")]
    NotTheirs(crate::feed::authorise::Forbidden),
    /// It cannot be taken in.
    #[error("it does not fit: {0}")]
    Unfit(crate::door::Refusal),
    /// It was refused for what it says, or its device can say it again itself.
    #[error("there is nothing that the office would have to say again")]
    NotLeftOver,
    /// It cannot be said as things stand.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a place was not made or moved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// It cannot stand there.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The member belongs to this very branch.
    #[error("the member belongs to this branch already")]
    AtHome,
    /// The member takes part there already; that placement can be prolonged.
    #[error("the member takes part in this branch already")]
    ThereAlready,
    /// It would end before it begins.
    #[error("its last day has passed")]
    Over,
    /// What was to be recorded of it does not fit.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// It is on its way to another node.
    #[error("the place is being handed over to another node")]
    HandedOver,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A decision of the office against a segment that the rules would let pass, given in advance: the
/// simulator's way to have work refused.
pub type Objection = Box<dyn FnMut(&crate::feed::Segment) -> bool + Send>;

/// A node with its store.
pub struct Node<S> {
    store: S,
    tree: Tree,
    log: LogId,
    epoch: Epoch,
    log_key: SecretKey,
    grant_key: SecretKey,
    office: Author,
    objection: Option<Objection>,
    /// What each device may hand over on one day.
    share: DayShare,
    hand_over_bytes: usize,
    /// What was signed last for each view: as long as none of its scopes has a later entry it stands.
    views: BTreeMap<View, Signed>,
}

#[derive(Debug, Clone, Copy)]
struct Signed {
    n: u64,
    digest: Hash,
    set_version: u64,
}

impl<S> std::fmt::Debug for Node<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Node({:?})", self.log)
    }
}

const COUNTER: &str = "counter";
const LOG_KEY: &str = "log-key";
const GRANT_KEY: &str = "grant-key";
const TLS_KEY: &str = "tls-key";
const OFFICE_KEY: &str = "office-key";
const OFFICE_GRANT: &str = "office-grant";
const EPOCH: &str = "epoch";
const BAD_SIGNATURES: &str = "bad-signatures";
/// The earliest end of a grant that stands; 0: none has a term.
const NEXT_END: &str = "next-end";
/// The moment at which a person said that the clock is right.
const CLOCK_RIGHT: &str = "clock-right";

/// The office's own grant on the root of its tree.
fn office_grant(
    log: LogId,
    root: PlaceId,
    key: &SecretKey,
    issuer: &SecretKey,
    rng: &mut dyn RngCore,
) -> Grant {
    let person = PersonId::random(rng);
    let offer = Offer {
        may_delegate: true,
        ..Offer::new(Role::Office, root, person, Timestamp(0))
    };
    offer
        .grant(log, key.public(), Custody::Node, rng)
        .signed(issuer)
}

fn secret(tx: &dyn Tx, name: &str) -> Result<SecretKey, StoreError> {
    records::meta(tx, name)?
        .and_then(|b| b.try_into().ok())
        .map(SecretKey::from_seed)
        .ok_or(StoreError::NoKeys)
}

fn wiped_name(n: u64) -> String {
    format!("wiped/{n}")
}

/// The present epoch, the keys that work in it, and who writes for the office.
fn in_office(tx: &dyn Tx) -> Result<(Epoch, SecretKey, SecretKey, Author), StoreError> {
    let log = records::log_id(tx)?.ok_or(StoreError::Missing)?;
    let number = records::meta_number(tx, EPOCH)?;
    let epoch = records::epoch(tx, number)?.ok_or(StoreError::Missing)?;
    let n = records::meta_number(tx, OFFICE_GRANT)?;
    let grant = records::grant(tx, n)?.ok_or(StoreError::Missing)?;
    let key = secret(tx, OFFICE_KEY)?;
    Ok((
        epoch,
        secret(tx, LOG_KEY)?,
        secret(tx, GRANT_KEY)?,
        Author::new(key, log, n, &grant),
    ))
}

impl<S: Store> Node<S> {
    /// Makes a new node whose tree begins with one committee, and returns its root key, which is to
    /// be kept on paper and nowhere else.
    pub fn init(
        mut store: S,
        name: &str,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<(Self, SecretKey), EditError> {
        let root_key = SecretKey::random(rng);
        let log = log_of(&root_key.public());
        let (log_key, grant_key, tls_key, office_key) = (
            SecretKey::random(rng),
            SecretKey::random(rng),
            SecretKey::random(rng),
            SecretKey::random(rng),
        );
        let epoch = Epoch {
            root: root_key.public(),
            epoch: 1,
            cut: 0,
            chain: Hash::ZERO,
            log_key: log_key.public(),
            grant_key: grant_key.public(),
            tls_key: tls_key.public(),
            prev: Hash::ZERO,
            signature: Signature([0; 64]),
        }
        .signed(&root_key);
        let root = PlaceId::random(rng);
        let grant = office_grant(log, root, &office_key, &grant_key, rng);
        store.write(|tx| {
            if records::meta(tx, EPOCH)?.is_some() {
                return Err(StoreError::InUse);
            }
            records::set_meta(tx, "log", &log.0)?;
            records::set_meta(tx, LOG_KEY, &log_key.seed()[..])?;
            records::set_meta(tx, GRANT_KEY, &grant_key.seed()[..])?;
            records::set_meta(tx, TLS_KEY, &tls_key.seed()[..])?;
            records::set_meta(tx, OFFICE_KEY, &office_key.seed()[..])?;
            records::set_meta_number(tx, EPOCH, 1)?;
            records::put_epoch(tx, &epoch)?;
            let mut tree = Tree::new();
            let seat = Seat {
                log,
                epoch: 1,
                grant_key: grant_key.clone(),
            };
            let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
            judge.place(PlaceAct::at(root, PlaceKind::Committee, None))?;
            judge.epoch(&epoch, root)?;
            let n = judge.grant(&grant)?;
            judge.finish()?;
            records::set_meta_number(tx, OFFICE_GRANT, n)
        })?;
        let mut node = Self::open(store)?;
        let unit = kind::by_name("unit").ok_or(EditError::NotAllowed)?;
        let name = Values::from([("name".into(), document::Value::Text(name.to_owned()))]);
        node.edit(Target::at(root, unit, b""), &name, now, rng)?;
        node.submit(now, rng)?;
        Ok((node, root_key))
    }

    /// Opens a node's store.
    pub fn open(mut store: S) -> Result<Self, StoreError> {
        forget::scrub(&mut store)?;
        let (epoch, log_key, grant_key, office) = store.read(|tx| in_office(tx))?;
        Ok(Node {
            tree: store.read(records::tree)?,
            store,
            log: office.log,
            epoch,
            log_key,
            grant_key,
            office,
            objection: None,
            share: DayShare::default(),
            hand_over_bytes: crate::limits::HAND_OVER_BYTES,
            views: BTreeMap::new(),
        })
    }

    /// Reads all anew that it keeps beside its store: after a fault in the middle of something, what it keeps may say what
    /// the store does not. What was set on this node stays.
    pub fn reopened(self) -> Result<Self, StoreError> {
        let (share, objection) = (self.share, self.objection);
        let node = Self::open(self.store)?;
        Ok(Node {
            share,
            objection,
            ..node
        })
    }

    fn seat(&self) -> Seat {
        Seat {
            log: self.log,
            epoch: self.epoch.epoch,
            grant_key: self.grant_key.clone(),
        }
    }

    /// What the clock says if it is so far ahead of the log that a person is asked whether it is right;
    /// until then the log's time stands still.
    pub fn doubted_clock(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let doubted = |tx: &dyn Tx| {
            let at = counter(tx)?;
            Ok::<_, StoreError>(judge::log_time(tx, &at, now)? < now)
        };
        let leaps = |at: Timestamp| now.0.saturating_sub(at.0) > crate::limits::CLOCK_LEAP;
        let time = self
            .store
            .read(|tx| Ok::<_, StoreError>(counter(tx)?.time))?;
        Ok((leaps(time) && self.store.read(doubted)?).then_some(now))
    }

    /// A person says that the clock is right.
    pub fn clock_is_right(&mut self, now: Timestamp) -> Result<(), StoreError> {
        self.store
            .write(|tx| records::set_meta_number(tx, CLOCK_RIGHT, now.0))
    }

    /// The log's id.
    pub fn log(&self) -> LogId {
        self.log
    }

    /// The epoch that the node is in, as its root key certified it.
    pub fn epoch(&self) -> &Epoch {
        &self.epoch
    }

    /// The secret half of the key that the epoch names for TLS.
    pub fn tls_key(&self) -> Result<SecretKey, StoreError> {
        self.store.read(|tx| secret(tx, TLS_KEY))
    }

    /// The secret half of the key that letters for this node are sealed with ([`Epoch::letter_key`]).
    pub fn letter_key(&self) -> Result<SecretKey, StoreError> {
        self.tls_key()
    }

    /// Every epoch of the log, from the first on.
    pub fn epochs(&self) -> Result<Vec<Epoch>, StoreError> {
        self.store.read(records::epochs)
    }

    /// Signs a backup of this node, which no one else may write: whoever restores it lets in all whom it lets in.
    pub fn sign_backup(&self, backup: &Hash) -> Signature {
        self.log_key.sign(backup)
    }

    /// The root of the tree.
    pub fn root(&self) -> PlaceId {
        self.office.place
    }

    /// The tree.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The store.
    pub fn store(&self) -> &S {
        &self.store
    }

    /// The store, to change how it behaves in simulations.
    pub fn store_mut(&mut self) -> &mut S {
        &mut self.store
    }

    /// Ends the node's life in memory and gives the store back.
    pub fn into_store(self) -> S {
        self.store
    }

    /// Lets the office object to segments that the rules would let pass.
    pub fn object_to(&mut self, objection: Option<Objection>) {
        self.objection = objection;
    }

    /// The log's last number, and its chain after it.
    pub fn position(&self) -> Result<Position, StoreError> {
        let c = self.store.read(counter)?;
        Ok(Position {
            epoch: self.epoch.epoch,
            n: c.n,
            chain: c.chain,
            set_version: 0,
        })
    }

    /// The digest of a view, as it is signed in answers.
    pub fn digest(&self, view: View) -> Result<Hash, StoreError> {
        self.store.read(|tx| replica::digest(tx, &self.tree, view))
    }

    /// How many segments came whose signature did not fit.
    pub fn bad_signatures(&self) -> Result<u64, StoreError> {
        self.store
            .read(|tx| records::meta_number(tx, BAD_SIGNATURES))
    }

    // ---- the office's own work --------------------------------------------------------------

    /// Edits a document as the office.
    pub fn edit(
        &mut self,
        target: Target,
        edits: &Values,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<EditOutcome, EditError> {
        let (tree, office) = (&self.tree, &self.office);
        self.store
            .write(|tx| author::edit(tx, tree, office, target, edits, now, rng))
    }

    /// Does an act in a case ([`crate::case`]) as the office.
    pub fn act(
        &mut self,
        target: Target,
        doing: author::Doing,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<EditOutcome, EditError> {
        let (tree, office) = (&self.tree, &self.office);
        self.store
            .write(|tx| author::act(tx, tree, office, target, doing, now, rng))
    }

    /// Who writes at the office itself.
    pub fn author(&self) -> &Author {
        &self.office
    }

    /// Every document of a kind at a place, in the order of the ids.
    pub fn documents(
        &self,
        place: PlaceId,
        kind: &Kind,
    ) -> Result<Vec<(DocId, Values)>, StoreError> {
        self.store
            .read(|tx| replica::documents(tx, place, kind, &Overlay::of(tx)?))
    }

    /// Notes that a record or a unit's list was opened, printed or exported at the office.
    pub fn note_look(
        &mut self,
        place: PlaceId,
        look: Look,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<bool, EditError> {
        let (tree, office) = (&self.tree, &self.office);
        let noted = self
            .store
            .write(|tx| author::note_look(tx, tree, office, place, look, now, rng))?;
        self.submit(now, rng)?;
        Ok(noted)
    }

    /// Many edits and new places of the office in one transaction, sealed and judged: all or nothing.
    pub fn edit_many(
        &mut self,
        places: &[NewPlace],
        edits: &[(Target, Values)],
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<Vec<EditOutcome>, EditError> {
        self.bring_in(places, edits, now, rng, &mut |_| {})
    }

    /// As [`Node::edit_many`]; `progress` hears how many edits are done.
    pub fn bring_in(
        &mut self,
        places: &[NewPlace],
        edits: &[(Target, Values)],
        now: Timestamp,
        rng: &mut dyn RngCore,
        progress: &mut dyn FnMut(usize),
    ) -> Result<Vec<EditOutcome>, EditError> {
        let office = self.office.clone();
        let seat = self.seat();
        let mut tree = std::mem::take(&mut self.tree);
        let result = self.store.write(|tx| {
            let what = (places, edits);
            let done = author::edit_many(tx, &mut tree, &office, what, now, rng, progress)?;
            let sealed = author::seal(tx, &tree, &office, now, rng)?;
            let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
            for segment in sealed {
                judge.own(segment, &office)?;
            }
            judge.finish()?;
            Ok(done)
        });
        self.tree = match result {
            Ok(_) => tree,
            Err(_) => self.store.read(records::tree)?,
        };
        result
    }

    /// Seals the office's drafts and judges them. Returns how many segments there were.
    pub fn submit(&mut self, now: Timestamp, rng: &mut dyn RngCore) -> Result<usize, EditError> {
        let office = self.office.clone();
        let seat = self.seat();
        let mut tree = std::mem::take(&mut self.tree);
        let result = self.store.write(|tx| {
            let sealed = author::seal(tx, &tree, &office, now, rng)?;
            let count = sealed.len();
            let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
            for segment in sealed {
                judge.own(segment, &office)?;
            }
            judge.finish()?;
            Ok(count)
        });
        self.tree = match result {
            Ok(_) => tree,
            Err(_) => self.store.read(records::tree)?,
        };
        result
    }

    /// A document's values; `None` if there is none.
    pub fn values(&self, doc: DocId) -> Result<Option<(&'static Kind, Values)>, StoreError> {
        self.store.read(|tx| {
            Ok(replica::shown(tx, doc, &Overlay::default())?
                .map(|s| (s.kind, document::values(&s.doc, None))))
        })
    }

    /// A document's open conflicts.
    pub fn conflicts(&self, doc: DocId) -> Result<Vec<Conflict>, StoreError> {
        self.store
            .read(|tx| replica::conflicts(tx, doc, &Overlay::default()))
    }

    /// Puts a place under another parent, with all below it: a move is one entry in the log.
    pub fn move_place(
        &mut self,
        place: PlaceId,
        parent: PlaceId,
        now: Timestamp,
    ) -> Result<u64, PlaceError> {
        let kind = self.tree.get(place).ok_or(TreeError::NoParent)?.kind;
        self.tree.check(place, kind, Some(parent))?;
        let mut tree = self.tree.clone();
        let seat = self.seat();
        let n = self.store.write(|tx| {
            for id in [place, parent] {
                if records::away(tx, &id.0)?.is_some() {
                    return Err(PlaceError::HandedOver);
                }
            }
            let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
            let n = judge.place(PlaceAct::at(place, kind, Some(parent)))?;
            judge.finish()?;
            Ok(n)
        })?;
        self.tree = tree;
        self.views.clear();
        Ok(n)
    }
}
