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

use crate::author::{self, Author, EditError, EditOutcome, Target};
use crate::codec::{CodecError, Reader, Writer};
use crate::document::{self, Conflict, Values};
use crate::door;
use crate::enrol::{EnrolReply, EnrolRequest, Ticket};
use crate::feed::SignedSegment;
use crate::id::{DocId, Hash, LogId, PersonId, PlaceId, PublicKey, random16};
use crate::identity::{Custody, Epoch, Grant, SecretKey, Signature, log_of};
use crate::kind::{self, Kind};
use crate::log::{PlaceAct, Position, RevokeAct};
use crate::place::{PlaceKind, Role};
use crate::records::{self, QuarantineRow};
use crate::replica::{self, Overlay};
use crate::store::{Store, StoreError, Table, Tx};
use crate::time::Timestamp;
use crate::tree::{Tree, TreeError, View};
use rand_core::RngCore;
use std::collections::BTreeMap;

mod answer;
mod fill;
mod judge;
mod push;

use judge::{Judge, counter};

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

/// Why a ticket did not work.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnrolError {
    /// The node does not know this ticket.
    #[error("this ticket is not of this node")]
    Unknown,
    /// It has been used.
    #[error("this ticket has been used; ask the office for another")]
    Used,
    /// Its time is over.
    #[error("this ticket has expired; ask the office for another")]
    Expired,
    /// The bytes are no enrolment, or not signed by the key in it.
    #[error("this is no enrolment")]
    Malformed,
    /// The role is not given on such a place, or the place is not known.
    #[error("this role is not given on that place")]
    WrongPlace,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a backup could not be gone on from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The root key is not this node's.
    #[error("this root key belongs to another node")]
    WrongRoot,
    /// The store failed.
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
    /// An earlier one of the same feed is to be decided first.
    #[error("what it builds on is held as well; decide that first")]
    EarlierFirst,
    /// It is held: it is accepted or refused, not put away.
    #[error("it is held: accept or refuse it first")]
    StillHeld,
    /// Its place is not here.
    #[error("its place is not here")]
    NoPlace,
    /// It cannot be taken in.
    #[error("it does not fit: {0}")]
    Unfit(crate::door::Refusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A device that has or had a grant.
#[derive(Debug, Clone)]
pub struct Device {
    /// Entry number of its grant.
    pub n: u64,
    /// The grant.
    pub grant: Grant,
    /// How it ended, if it did.
    pub revoked: Option<records::Revoked>,
    /// Whether the device said that it has wiped itself.
    pub wiped: bool,
}

/// Why a grant was not revoked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RevokeError {
    /// No grant has this number.
    #[error("no grant has this number")]
    Unknown,
    /// It is the node's own.
    #[error("this is the office's own grant")]
    Own,
    /// It was revoked before.
    #[error("this grant is revoked already")]
    Already,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn wiped_name(n: u64) -> String {
    format!("wiped/{n}")
}

/// What a segment in quarantine would change in one document.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The document.
    pub doc: DocId,
    /// Its kind.
    pub kind: &'static Kind,
    /// Each path, the value that stands there, and the one that would.
    pub paths: Vec<(String, Option<document::Value>, document::Value)>,
}

/// Why a place was not made or moved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// It cannot stand there.
    #[error(transparent)]
    Tree(#[from] TreeError),
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

/// The office's own grant on the root of its tree.
fn office_grant(
    log: LogId,
    root: PlaceId,
    key: &SecretKey,
    issuer: &SecretKey,
    rng: &mut dyn RngCore,
) -> Grant {
    let mut nonce = [0; 8];
    rng.fill_bytes(&mut nonce);
    Grant {
        log,
        issuer: issuer.public(),
        key: key.public(),
        person: PersonId::random(rng),
        role: Role::Office,
        place: root,
        end: Timestamp(0),
        custody: Custody::Node,
        may_delegate: true,
        nonce,
        signature: Signature([0; 64]),
    }
    .signed(issuer)
}

fn secret(tx: &dyn Tx, name: &str) -> Result<SecretKey, StoreError> {
    records::meta(tx, name)?
        .and_then(|b| b.try_into().ok())
        .map(SecretKey::from_seed)
        .ok_or(StoreError::NoKeys)
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
            records::set_meta(tx, LOG_KEY, &log_key.seed())?;
            records::set_meta(tx, GRANT_KEY, &grant_key.seed())?;
            records::set_meta(tx, TLS_KEY, &tls_key.seed())?;
            records::set_meta(tx, OFFICE_KEY, &office_key.seed())?;
            records::set_meta_number(tx, EPOCH, 1)?;
            records::put_epoch(tx, &epoch)?;
            let mut tree = Tree::new();
            let mut judge = Judge::begin(tx, &mut tree, log, 1, now)?;
            judge.place(PlaceAct {
                place: root,
                kind: PlaceKind::Committee,
                parent: None,
            })?;
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
    pub fn open(store: S) -> Result<Self, StoreError> {
        let (log, epoch, log_key, grant_key, office, tree) = store.read(|tx| {
            let log = records::log_id(tx)?.ok_or(StoreError::Missing)?;
            let number = records::meta_number(tx, EPOCH)?;
            let epoch = records::epoch(tx, number)?.ok_or(StoreError::Missing)?;
            let n = records::meta_number(tx, OFFICE_GRANT)?;
            let grant = records::grant(tx, n)?.ok_or(StoreError::Missing)?;
            let office = Author {
                key: secret(tx, OFFICE_KEY)?,
                log,
                grant: n,
                grant_hash: grant.hash(),
                role: grant.role,
                place: grant.place,
            };
            Ok::<_, StoreError>((
                log,
                epoch,
                secret(tx, LOG_KEY)?,
                secret(tx, GRANT_KEY)?,
                office,
                records::tree(tx)?,
            ))
        })?;
        Ok(Node {
            store,
            tree,
            log,
            epoch,
            log_key,
            grant_key,
            office,
            objection: None,
            views: BTreeMap::new(),
        })
    }

    /// Goes on from a backup: opens a new epoch above the backup's last entry, with new working keys
    /// certified by the root key. What stood above it has no receipt any more; phones bring it back.
    /// The office writes with a new key under a new grant; the old one is revoked. A backup needs none of the
    /// node's keys ([`Node::strip_keys`]): all of them are made anew.
    ///
    /// # Errors
    /// [`RestoreError::WrongRoot`] if the root key is another node's; nothing has changed then.
    pub fn restore(
        mut store: S,
        root: &SecretKey,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<Self, RestoreError> {
        let (log_key, grant_key, tls_key, office_key) = (
            SecretKey::random(rng),
            SecretKey::random(rng),
            SecretKey::random(rng),
            SecretKey::random(rng),
        );
        store.write(|tx| {
            let log = records::log_id(tx)?.ok_or(StoreError::Missing)?;
            if log_of(&root.public()) != log {
                return Err(RestoreError::WrongRoot);
            }
            let number = records::meta_number(tx, EPOCH)?;
            let before = records::epoch(tx, number)?.ok_or(StoreError::Missing)?;
            let at = counter(tx)?;
            let epoch = Epoch {
                root: root.public(),
                epoch: number + 1,
                cut: at.n,
                chain: at.chain,
                log_key: log_key.public(),
                grant_key: grant_key.public(),
                tls_key: tls_key.public(),
                prev: before.hash(),
                signature: Signature([0; 64]),
            }
            .signed(root);
            records::put_epoch(tx, &epoch)?;
            records::set_meta_number(tx, EPOCH, epoch.epoch)?;
            records::set_meta(tx, LOG_KEY, &log_key.seed())?;
            records::set_meta(tx, GRANT_KEY, &grant_key.seed())?;
            records::set_meta(tx, TLS_KEY, &tls_key.seed())?;
            let mut tree = records::tree(tx)?;
            let old_n = records::meta_number(tx, OFFICE_GRANT)?;
            let old = records::grant(tx, old_n)?.ok_or(StoreError::Missing)?;
            author::begin_anew(tx, &tree, &old.key)?;
            let grant = office_grant(log, old.place, &office_key, &grant_key, rng);
            let mut judge = Judge::begin(tx, &mut tree, log, epoch.epoch, now)?;
            judge.epoch(&epoch, old.place)?;
            let n = judge.grant(&grant)?;
            // The key that wrote for the office before may lie on the PC that was lost.
            let act = RevokeAct {
                n: old_n,
                grant: old.hash(),
                wipe: false,
            };
            judge.revoke(act, &old)?;
            judge.finish()?;
            records::set_meta(tx, OFFICE_KEY, &office_key.seed())?;
            records::set_meta_number(tx, OFFICE_GRANT, n)?;
            Ok(())
        })?;
        Ok(Self::open(store)?)
    }

    /// Takes the node's secret keys out of a copy of its store, which then can be gone on from only with the
    /// root key (rule 15): who steals a backup can read it, and speak for nobody.
    pub fn strip_keys(copy: &mut S) -> Result<(), StoreError> {
        copy.write(|tx| {
            for name in [LOG_KEY, GRANT_KEY, TLS_KEY, OFFICE_KEY] {
                records::drop_meta(tx, name)?;
            }
            Ok(())
        })
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

    /// Many edits and new places of the office in one transaction: all or nothing.
    pub fn edit_many(
        &mut self,
        places: &[(PlaceId, PlaceKind, PlaceId)],
        edits: &[(Target, Values)],
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<(), EditError> {
        self.bring_in(places, edits, now, rng, &mut |_| {})
    }

    /// As [`Node::edit_many`]; `progress` hears how many edits are done.
    pub fn bring_in(
        &mut self,
        places: &[(PlaceId, PlaceKind, PlaceId)],
        edits: &[(Target, Values)],
        now: Timestamp,
        rng: &mut dyn RngCore,
        progress: &mut dyn FnMut(usize),
    ) -> Result<(), EditError> {
        let office = self.office.clone();
        let mut tree = std::mem::take(&mut self.tree);
        let result = self.store.write(|tx| {
            for (place, kind, parent) in places {
                author::open_place(tx, &mut tree, &office, *place, *kind, *parent)?;
            }
            for (done, (target, values)) in edits.iter().enumerate() {
                author::edit(tx, &tree, &office, *target, values, now, rng)?;
                progress(done + 1);
            }
            let sealed = author::seal(tx, &tree, &office, now, rng)?;
            let mut judge = Judge::begin(tx, &mut tree, self.log, self.epoch.epoch, now)?;
            for segment in sealed {
                judge.own(segment, &office)?;
            }
            judge.finish()?;
            Ok(())
        });
        self.tree = match result {
            Ok(()) => tree,
            Err(_) => self.store.read(records::tree)?,
        };
        result
    }

    /// Seals the office's drafts and judges them. Returns how many segments there were.
    pub fn submit(&mut self, now: Timestamp, rng: &mut dyn RngCore) -> Result<usize, EditError> {
        let office = self.office.clone();
        let mut tree = std::mem::take(&mut self.tree);
        let result = self.store.write(|tx| {
            let sealed = author::seal(tx, &tree, &office, now, rng)?;
            let count = sealed.len();
            let mut judge = Judge::begin(tx, &mut tree, self.log, self.epoch.epoch, now)?;
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
        self.store.read(|tx| {
            Ok(replica::shown(tx, doc, &Overlay::default())?
                .map(|s| document::conflicts(&s.doc))
                .unwrap_or_default())
        })
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
        let n = self.store.write(|tx| {
            let mut judge = Judge::begin(tx, &mut tree, self.log, self.epoch.epoch, now)?;
            let n = judge.place(PlaceAct {
                place,
                kind,
                parent: Some(parent),
            })?;
            judge.finish()?;
            Ok::<_, StoreError>(n)
        })?;
        self.tree = tree;
        self.views.clear();
        Ok(n)
    }

    /// What was refused, or is held until somebody decides, by number.
    pub fn quarantine(&self) -> Result<Vec<(u64, QuarantineRow)>, StoreError> {
        self.store.read(|tx| records::quarantined(tx))
    }

    /// What something in quarantine would change if it were taken in: for each of its documents the
    /// kind, and each path with the value that stands and the one that it says. Documents of unknown kinds,
    /// and changes that do not fit (any more), are left out.
    pub fn preview(&self, row: &QuarantineRow) -> Result<Vec<Preview>, StoreError> {
        let signed = SignedSegment::from_bytes(&row.bytes)?;
        let s = signed.unproven();
        let mut previews = Vec::new();
        for c in &s.changes {
            let Some(kind) = kind::by_number(c.kind) else {
                continue;
            };
            let base = match self.store.read(|tx| records::doc(tx, c.doc))? {
                Some(row) => document::load(&row.bytes)?,
                None => document::genesis(kind),
            };
            let Ok(admitted) = door::admit(&base, &c.change) else {
                continue;
            };
            let before = document::values(&base, None);
            let after = document::values(&admitted.document, None);
            let paths = document::difference(&before, &after);
            let paths = paths
                .into_iter()
                .map(|(path, value)| {
                    let stands = before.get(&path).cloned();
                    (path, stands, value)
                })
                .collect();
            previews.push(Preview {
                doc: c.doc,
                kind,
                paths,
            });
        }
        Ok(previews)
    }

    /// Decides about what is held: accepted, it is an entry like any other; refused, its feed ends and
    /// the device says its later acts again. Returns the entry's number.
    pub fn decide(
        &mut self,
        number: u64,
        accept: bool,
        now: Timestamp,
    ) -> Result<u64, DecideError> {
        let mut tree = self.tree.clone();
        let n = self.store.write(|tx| {
            let mut judge = Judge::begin(tx, &mut tree, self.log, self.epoch.epoch, now)?;
            let n = judge.decide(number, accept)?;
            judge.finish()?;
            Ok::<_, DecideError>(n)
        })?;
        self.tree = tree;
        Ok(n)
    }

    /// Takes what was refused for good out of quarantine: somebody has looked at it.
    pub fn drop_refused(&mut self, number: u64) -> Result<(), DecideError> {
        self.store.write(|tx| {
            let row = records::quarantine_row(tx, number)?.ok_or(DecideError::Unknown)?;
            if row.held > 0 {
                return Err(DecideError::StillHeld);
            }
            Ok(records::drop_quarantined(tx, number)?)
        })
    }

    // ---- devices ----------------------------------------------------------------------------

    /// Every grant that was given, with how it ended, and whether its device has wiped itself.
    pub fn devices(&self) -> Result<Vec<Device>, StoreError> {
        self.store.read(|tx| {
            let mut devices = Vec::new();
            for (n, grant) in records::grants(tx)? {
                devices.push(Device {
                    n,
                    revoked: records::revoked(tx, n)?,
                    wiped: records::meta(tx, &wiped_name(n))?.is_some(),
                    grant,
                });
            }
            Ok(devices)
        })
    }

    /// The keys of all devices that may ask: enrolled, and not revoked.
    pub fn device_keys(&self) -> Result<Vec<PublicKey>, StoreError> {
        let devices = self.devices()?.into_iter();
        let standing = devices.filter(|d| d.revoked.is_none());
        let device = standing.filter(|d| d.grant.custody == Custody::Device);
        Ok(device.map(|d| d.grant.key).collect())
    }

    /// Revokes the grant in entry `n`. From this entry on nothing is told to its device, and what it brings
    /// is held; with `wipe` it is told to wipe itself.
    ///
    /// # Errors
    /// [`RevokeError`]; nothing has changed then. A grant that is revoked already can still be given the
    /// order to wipe.
    pub fn revoke(&mut self, n: u64, wipe: bool, now: Timestamp) -> Result<u64, RevokeError> {
        let office = self.office.grant;
        let mut tree = self.tree.clone();
        let (log, epoch) = (self.log, self.epoch.epoch);
        self.store.write(|tx| {
            let grant = records::grant(tx, n)?.ok_or(RevokeError::Unknown)?;
            if n == office {
                return Err(RevokeError::Own);
            }
            if records::revoked(tx, n)?.is_some_and(|how| how.wipe || !wipe) {
                return Err(RevokeError::Already);
            }
            let act = RevokeAct {
                n,
                grant: grant.hash(),
                wipe,
            };
            let mut judge = Judge::begin(tx, &mut tree, log, epoch, now)?;
            let entry = judge.revoke(act, &grant)?;
            judge.finish()?;
            Ok(entry)
        })
    }

    // ---- enrolment --------------------------------------------------------------------------

    /// Makes a ticket for one device.
    #[allow(
        clippy::too_many_arguments,
        reason = "one value for each thing that a ticket says"
    )]
    pub fn ticket(
        &mut self,
        url: &str,
        role: Role,
        place: PlaceId,
        person: PersonId,
        expires: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<Ticket, EnrolError> {
        let placed = self.tree.get(place).ok_or(EnrolError::WrongPlace)?;
        if placed.kind != role.place_kind() {
            return Err(EnrolError::WrongPlace);
        }
        let ticket = Ticket {
            url: url.to_owned(),
            log: self.log,
            secret: random16(rng),
            role,
            place,
            person,
            expires,
        };
        let mut w = Writer::new();
        w.u8(0)
            .number(role as u64)
            .fixed(&place.0)
            .fixed(&person.0)
            .number(expires.0);
        let key = Ticket::fingerprint(&ticket.secret);
        self.store
            .write(|tx| tx.put(Table::Ticket, &key.0, w.as_slice()))?;
        Ok(ticket)
    }

    /// Enrols a device by its ticket. A ticket works once, whatever happens at the same moment; the
    /// device that used it may ask again, since the answer may not have reached it.
    pub fn enrol(
        &mut self,
        request: &[u8],
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<EnrolReply, EnrolError> {
        let request = EnrolRequest::from_bytes(request).map_err(|_| EnrolError::Malformed)?;
        if !request.is_signed(self.log) {
            return Err(EnrolError::Malformed);
        }
        let key = Ticket::fingerprint(&request.secret);
        let grant_key = &self.grant_key;
        let (log, epoch) = (self.log, self.epoch.epoch);
        let mut tree = self.tree.clone();
        let reply = self.store.write(|tx| {
            let row = tx.get(Table::Ticket, &key.0)?.ok_or(EnrolError::Unknown)?;
            let mut r = Reader::new(&row);
            let read = |r: &mut Reader| -> Result<_, CodecError> {
                Ok((
                    r.u8()?,
                    r.number()?,
                    PlaceId::read(r)?,
                    PersonId::read(r)?,
                    Timestamp(r.number()?),
                ))
            };
            let (used, role, place, person, expires) = read(&mut r).map_err(StoreError::from)?;
            if used != 0 {
                // The answer to this very device was lost on the way: it is given once more.
                let n = r.number().map_err(|_| EnrolError::Used)?;
                let grant = records::grant(tx, n)?.filter(|g| g.key == request.key);
                return Ok(EnrolReply {
                    epochs: records::epochs(tx)?,
                    n,
                    grant: grant.ok_or(EnrolError::Used)?,
                });
            }
            let role = Role::from_number(role).ok_or(EnrolError::WrongPlace)?;
            let at = now.max(counter(tx)?.time);
            if at > expires {
                return Err(EnrolError::Expired);
            }
            let mut nonce = [0; 8];
            rng.fill_bytes(&mut nonce);
            let grant = Grant {
                log,
                issuer: grant_key.public(),
                key: request.key,
                person,
                role,
                place,
                end: Timestamp(0),
                custody: Custody::Device,
                may_delegate: false,
                nonce,
                signature: Signature([0; 64]),
            }
            .signed(grant_key);
            let mut judge = Judge::begin(tx, &mut tree, log, epoch, now)?;
            let n = judge.grant(&grant)?;
            judge.finish()?;
            let mut spent = Writer::new();
            spent.fixed(&row).number(n);
            let mut spent = spent.finish();
            spent[0] = 1;
            tx.put(Table::Ticket, &key.0, &spent)?;
            Ok(EnrolReply {
                epochs: records::epochs(tx)?,
                n,
                grant,
            })
        })?;
        self.tree = tree;
        Ok(reply)
    }
}
