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
use crate::checkpoint::{self, ALL_DONE, Page, PageDoc, PageLane, PagePlace};
use crate::codec::{CodecError, Reader, Writer};
use crate::document::{self, Conflict, Values};
use crate::enrol::{EnrolReply, EnrolRequest, Ticket};
use crate::entries::{Body, EntriesWriter, Told};
use crate::feed::authorise::{Strictness, authorise};
use crate::feed::compact::{self, Known, Shorten};
use crate::feed::verify::{FeedHead, ProvenSegment, prove};
use crate::feed::{SignedSegment, Spot};
use crate::id::{
    DocId, FeedId, Hash, LogId, PersonId, PlaceId, PublicKey, Salt, ScopeId, random16,
};
use crate::identity::{Custody, Epoch, Grant, SecretKey, Signature, log_of};
use crate::kind::{self, Kind};
use crate::limits;
use crate::log::{Entry, EntryType, Head, PlaceAct, Position, RULE_VERSION, Verdict, reason};
use crate::phone::problem;
use crate::place::{Lane, PlaceKind, Role, scope_of};
use crate::records::{
    self, FeedRow, LogRow, PlaceRow, QuarantineRow, ScopeRow, SegmentRow, SegmentState,
};
use crate::replica::{self, ApplyError, Filing, Overlay};
use crate::store::{Store, StoreError, Table, Tx};
use crate::time::{Received, Timestamp};
use crate::tree::{Placed, Tree, TreeError, View};
use crate::wire::{AnswerWriter, FillCursor, FrameType, PageChain, SignedRequest};
use rand_core::RngCore;
use std::collections::{BTreeMap, BTreeSet};

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

/// The log's counter row: its last number, chain and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counter {
    n: u64,
    chain: Hash,
    time: Timestamp,
}

const COUNTER: &str = "counter";
const LOG_KEY: &str = "log-key";
const GRANT_KEY: &str = "grant-key";
const OFFICE_KEY: &str = "office-key";
const OFFICE_GRANT: &str = "office-grant";
const EPOCH: &str = "epoch";
const BAD_SIGNATURES: &str = "bad-signatures";

fn counter(tx: &dyn Tx) -> Result<Counter, StoreError> {
    let Some(bytes) = records::meta(tx, COUNTER)? else {
        return Ok(Counter {
            n: 0,
            chain: Hash::ZERO,
            time: Timestamp(0),
        });
    };
    let mut r = Reader::new(&bytes);
    Ok(Counter {
        n: r.number()?,
        chain: Hash::read(&mut r)?,
        time: Timestamp(r.number()?),
    })
}

fn put_counter(tx: &mut dyn Tx, c: &Counter) -> Result<(), StoreError> {
    let mut w = Writer::new();
    w.number(c.n).fixed(&c.chain.0).number(c.time.0);
    records::set_meta(tx, COUNTER, w.as_slice())
}

fn secret(tx: &dyn Tx, name: &str) -> Result<SecretKey, StoreError> {
    records::meta(tx, name)?
        .and_then(|b| b.try_into().ok())
        .map(SecretKey::from_seed)
        .ok_or(StoreError::Missing)
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
        let (log_key, grant_key, office_key) = (
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
            prev: Hash::ZERO,
            signature: Signature([0; 64]),
        }
        .signed(&root_key);
        let root = PlaceId::random(rng);
        let mut nonce = [0; 8];
        rng.fill_bytes(&mut nonce);
        let grant = Grant {
            log,
            issuer: grant_key.public(),
            key: office_key.public(),
            person: PersonId::random(rng),
            role: Role::Office,
            place: root,
            end: Timestamp(0),
            custody: Custody::Node,
            may_delegate: true,
            nonce,
            signature: Signature([0; 64]),
        }
        .signed(&grant_key);
        store.write(|tx| {
            if records::meta(tx, EPOCH)?.is_some() {
                return Err(StoreError::InUse);
            }
            records::set_meta(tx, "log", &log.0)?;
            records::set_meta(tx, LOG_KEY, &log_key.seed())?;
            records::set_meta(tx, GRANT_KEY, &grant_key.seed())?;
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
    /// The office's own feeds end, so that no number of theirs is used twice.
    ///
    /// # Errors
    /// [`RestoreError::WrongRoot`] if the root key is another node's; nothing has changed then.
    pub fn restore(
        mut store: S,
        root: &SecretKey,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<Self, RestoreError> {
        let (log_key, grant_key) = (SecretKey::random(rng), SecretKey::random(rng));
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
                prev: before.hash(),
                signature: Signature([0; 64]),
            }
            .signed(root);
            records::put_epoch(tx, &epoch)?;
            records::set_meta_number(tx, EPOCH, epoch.epoch)?;
            records::set_meta(tx, LOG_KEY, &log_key.seed())?;
            records::set_meta(tx, GRANT_KEY, &grant_key.seed())?;
            let mut tree = records::tree(tx)?;
            let grant = records::meta_number(tx, OFFICE_GRANT)?;
            let office = records::grant(tx, grant)?.ok_or(StoreError::Missing)?;
            let author = Author {
                key: secret(tx, OFFICE_KEY)?,
                log,
                grant,
                grant_hash: office.hash(),
                role: office.role,
                place: office.place,
            };
            author::begin_anew(tx, &tree, &author)?;
            let mut judge = Judge::begin(tx, &mut tree, log, epoch.epoch, now)?;
            judge.epoch(&epoch, office.place)?;
            judge.finish()?;
            Ok(())
        })?;
        Ok(Self::open(store)?)
    }

    /// The log's id.
    pub fn log(&self) -> LogId {
        self.log
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
        let office = self.office.clone();
        let mut tree = std::mem::take(&mut self.tree);
        let result = self.store.write(|tx| {
            for (place, kind, parent) in places {
                author::open_place(tx, &mut tree, &office, *place, *kind, *parent)?;
            }
            for (target, values) in edits {
                author::edit(tx, &tree, &office, *target, values, now, rng)?;
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

    // ---- requests ---------------------------------------------------------------------------

    /// Answers a batch of requests. Everything that an answer acknowledges is durable.
    pub fn handle(
        &mut self,
        requests: &[Vec<u8>],
        now: Timestamp,
    ) -> Vec<Result<Vec<u8>, Rejection>> {
        let opened: Vec<Result<Opened, Rejection>> = requests
            .iter()
            .map(|bytes| self.open_request(bytes))
            .collect();
        let mut words: Vec<Vec<Word>> = vec![Vec::new(); requests.len()];
        let mut failed = None;

        // All segments of the batch, expanded one after another, proven on several threads, judged
        // in the order of their arrival.
        let mut expanded = Vec::new();
        for (i, opened) in opened.iter().enumerate() {
            if let Ok(o) = opened {
                match self.expand(o) {
                    Ok((list, broken)) => {
                        expanded.extend(list.into_iter().map(|(s, key)| (i, s, key)));
                        words[i].extend(broken);
                    }
                    Err(e) => failed = Some(e),
                }
            }
        }
        let mut proven = prove_all(expanded).into_iter().peekable();
        while failed.is_none() && proven.peek().is_some() {
            let chunk: Vec<_> = proven.by_ref().take(limits::COMMIT_SEGMENTS).collect();
            match self.judge_chunk(chunk, &opened, now) {
                Ok(more) => more.into_iter().for_each(|(i, word)| words[i].push(word)),
                Err(e) => failed = Some(e),
            }
        }
        opened
            .into_iter()
            .zip(words)
            .map(|(opened, words)| {
                let opened = opened?;
                if let Some(e) = &failed {
                    return Err(Rejection::Store(e.clone()));
                }
                Ok(self.answer(&opened, words, now)?)
            })
            .collect()
    }

    fn open_request<'a>(&self, bytes: &'a [u8]) -> Result<Opened<'a>, Rejection> {
        if bytes.len() > limits::REQUEST_BYTES {
            return Err(Rejection::NotARequest(CodecError::TooLong {
                found: bytes.len() as u64,
                limit: limits::REQUEST_BYTES as u64,
            }));
        }
        let request = SignedRequest::parse(bytes, self.log)?;
        let grant = self
            .store
            .read(|tx| records::grant(tx, request.request.grant))?
            .ok_or(Rejection::NotEnrolled)?;
        if !request.is_signed(&grant.key) {
            return Err(Rejection::NotEnrolled);
        }
        Ok(Opened {
            view: View {
                role: grant.role,
                root: grant.place,
            },
            key: grant.key,
            request,
        })
    }

    #[allow(
        clippy::type_complexity,
        reason = "two lists that are taken apart at once"
    )]
    fn expand(
        &self,
        opened: &Opened,
    ) -> Result<(Vec<(SignedSegment, PublicKey)>, Vec<Word>), StoreError> {
        let mut list = Vec::new();
        let mut broken = Vec::new();
        self.store.read(|tx| {
            let mut known = PushKnown {
                tx,
                feeds: BTreeMap::new(),
                hashes: BTreeMap::new(),
                salts: BTreeMap::new(),
            };
            let near = opened.request.request.time;
            let mut ids = Reader::new(opened.request.ids);
            let mut changes = Reader::new(&opened.request.changes);
            for _ in 0..opened.request.request.segments {
                match compact::read(&mut ids, &mut changes, self.log, near, &known) {
                    Ok(signed) => {
                        let key = match records::grant_number(tx, signed.unproven().grant)? {
                            Some(n) => records::grant(tx, n)?.map(|g| g.key),
                            None => None,
                        };
                        known.learn(&signed);
                        match key {
                            Some(key) => list.push((signed, key)),
                            None => broken.push(Word::problem(signed.hash(), problem::UNKNOWN)),
                        }
                    }
                    Err(_) => {
                        // What follows in the stream cannot be found any more.
                        broken.push(Word::problem(Hash::ZERO, problem::UNKNOWN));
                        break;
                    }
                }
            }
            Ok((list, broken))
        })
    }

    fn judge_chunk(
        &mut self,
        chunk: Vec<Proven>,
        opened: &[Result<Opened, Rejection>],
        now: Timestamp,
    ) -> Result<Vec<(usize, Word)>, StoreError> {
        let mut tree = std::mem::take(&mut self.tree);
        let objection = &mut self.objection;
        let (log, epoch) = (self.log, self.epoch.epoch);
        let result = self.store.write(|tx| {
            let mut judge = Judge::begin(tx, &mut tree, log, epoch, now)?;
            let mut words = Vec::new();
            let mut bad = 0;
            for (i, proven) in chunk {
                let sender = match opened.get(i) {
                    Some(Ok(o)) => o.key,
                    _ => continue,
                };
                match proven {
                    Ok(segment) => {
                        let (hash, scope) = (segment.hash(), segment.segment().scope);
                        let said = judge.segment(segment, sender, objection)?;
                        words.push((i, Word { hash, scope, said }));
                    }
                    Err(hash) => {
                        bad += 1;
                        words.push((i, Word::problem(hash, problem::UNPROVEN)));
                    }
                }
            }
            judge.finish()?;
            if bad > 0 {
                let before = records::meta_number(tx, BAD_SIGNATURES)?;
                records::set_meta_number(tx, BAD_SIGNATURES, before + bad)?;
            }
            Ok::<_, StoreError>(words)
        });
        self.tree = match result {
            Ok(_) => tree,
            Err(_) => self.store.read(records::tree)?,
        };
        result
    }

    // ---- answers ----------------------------------------------------------------------------

    fn signed_view(&mut self, view: View, n: u64) -> Result<Signed, StoreError> {
        if let Some(signed) = self.views.get(&view)
            && signed.n <= n
            && self.untouched(view, signed.n, n)?
        {
            let signed = Signed { n, ..*signed };
            self.views.insert(view, signed);
            return Ok(signed);
        }
        let tree = &self.tree;
        let signed = self.store.read(|tx| {
            let mut set_version = 0;
            for (place, _) in view.places(tree) {
                if let Some(row) = records::place(tx, place)? {
                    set_version = set_version.max(row.changed);
                }
            }
            Ok::<_, StoreError>(Signed {
                n,
                digest: replica::digest(tx, tree, view)?,
                set_version,
            })
        })?;
        if self.views.len() >= VIEWS_KEPT {
            self.views.pop_first();
        }
        self.views.insert(view, signed);
        Ok(signed)
    }

    /// Whether no entry after `from` up to `to` belongs to the view.
    fn untouched(&self, view: View, from: u64, to: u64) -> Result<bool, StoreError> {
        if to - from > UNTOUCHED_SCAN {
            return Ok(false);
        }
        self.store.read(|tx| {
            for row in records::log_after(tx, from, usize::MAX)? {
                if row.entry.kind == EntryType::Place || self.reads(view, row.scope) {
                    return Ok(false);
                }
            }
            Ok(true)
        })
    }

    fn reads(&self, view: View, scope: ScopeId) -> bool {
        self.tree
            .of_scope(scope)
            .is_some_and(|(place, lane)| view.lanes(&self.tree, place).contains(&lane))
    }

    fn answer(
        &mut self,
        opened: &Opened,
        words: Vec<Word>,
        now: Timestamp,
    ) -> Result<Vec<u8>, StoreError> {
        let at = self.store.read(counter)?;
        let signed = self.signed_view(opened.view, at.n)?;
        let head = Head {
            epoch: self.epoch.epoch,
            n: at.n,
            chain: at.chain,
            time: now.max(at.time),
            set_version: signed.set_version,
            digest: signed.digest,
            signature: Signature([0; 64]),
        }
        .signed(self.log, &self.log_key);
        let mut answer = AnswerWriter::new(self.log, &head, &self.log_key);
        let request = &opened.request.request;
        let more = self.store.read(|tx| {
            let position = self.greet(tx, &request.position, &mut answer)?;
            if position < request.position.n {
                // The device goes back to the cut first, and asks from there.
                return Ok(true);
            }
            let gained = self.tell_moves(tx, opened.view, position, &mut answer)?;
            let mut pending = request.pending.clone();
            pending.extend(gained);
            self.tell_words(opened.view, &words, &pending, position, &mut answer);
            let complete = self.tell_entries(tx, opened, &pending, position, &at, &mut answer)?;
            if !complete {
                return Ok(true);
            }
            if pending.is_empty() {
                return Ok(false);
            }
            self.fill(tx, opened, &pending, position, &at, &mut answer)
        })?;
        Ok(answer.finish(more))
    }

    /// Says of each segment of the request what no entry of this answer tells.
    fn tell_words(
        &self,
        view: View,
        words: &[Word],
        pending: &[(u64, u64)],
        position: u64,
        answer: &mut AnswerWriter,
    ) {
        let mut w = Writer::new();
        let mut count = 0;
        for word in words {
            let (code, number) = match word.said {
                Said::Entry(n) | Said::Refused(n, _)
                    if n > position && self.tells(view, pending, word.scope) =>
                {
                    continue;
                }
                Said::Entry(n) => (problem::RECEIPT, n),
                Said::Refused(_, reason) => (problem::REFUSED, reason.into()),
                Said::Problem(code) => (code, 0),
            };
            w.fixed(&word.hash.0[..8]).u8(code).number(number);
            count += 1;
        }
        if count > 0 {
            let mut payload = Writer::new();
            payload.number(count).fixed(w.as_slice());
            answer.frame(FrameType::Problems, payload.as_slice());
        }
    }

    /// Brings the device to this epoch; returns the position that it goes on from.
    fn greet(
        &self,
        tx: &dyn Tx,
        position: &Position,
        answer: &mut AnswerWriter,
    ) -> Result<u64, StoreError> {
        if position.epoch == self.epoch.epoch {
            return Ok(position.n);
        }
        let epochs = records::epochs(tx)?;
        let newer: Vec<&Epoch> = epochs.iter().filter(|e| e.epoch > position.epoch).collect();
        let mut w = Writer::new();
        w.number(newer.len() as u64);
        for e in &newer {
            w.fixed(&e.to_bytes());
        }
        answer.frame(FrameType::Epochs, w.as_slice());
        let cut = newer.iter().map(|e| e.cut).min();
        Ok(if position.n == 0 {
            0
        } else {
            position.n.min(cut.unwrap_or(position.n))
        })
    }

    /// Tells which places the device gained or lost by moves since its position. Returns the births
    /// of those gained, to be filled in.
    fn tell_moves(
        &self,
        tx: &dyn Tx,
        view: View,
        position: u64,
        answer: &mut AnswerWriter,
    ) -> Result<Vec<(u64, u64)>, StoreError> {
        if position == 0 {
            return Ok(Vec::new());
        }
        let mut gained = BTreeSet::new();
        let mut lost = BTreeSet::new();
        let above: Vec<PlaceId> = self.tree.line(view.root);
        for (place, old_parent) in moves_after(tx, position)? {
            let inside = |p: PlaceId| self.tree.is_within(p, view.root);
            if above.contains(&place) {
                // The units above are others now; all of their line is told anew.
                gained.extend(above.iter().skip(1).copied());
                let old_line = self.tree.line(old_parent);
                lost.extend(old_line.into_iter().filter(|p| !above.contains(p)));
            } else {
                match (inside(old_parent), inside(place)) {
                    (false, true) => gained.extend(self.tree.subtree(place)),
                    (true, false) => {
                        lost.insert(place);
                    }
                    _ => {}
                }
            }
        }
        if gained.is_empty() && lost.is_empty() {
            return Ok(Vec::new());
        }
        let mut births: Vec<u64> = gained
            .iter()
            .filter_map(|p| self.tree.get(*p).map(|p| p.birth))
            .collect();
        births.sort_unstable();
        let ranges: Vec<(u64, u64)> = births.into_iter().map(|b| (b, b)).collect();
        let mut w = Writer::new();
        w.number(position).number(ranges.len() as u64);
        for (from, to) in &ranges {
            w.number(*from).number(to - from);
        }
        w.number(lost.len() as u64);
        for place in &lost {
            w.fixed(&place.0);
        }
        answer.frame(FrameType::Set, w.as_slice());
        Ok(ranges)
    }

    /// Tells the entries after the position that belong to the device's filled scopes. Returns
    /// whether all of them found room.
    fn tell_entries(
        &self,
        tx: &dyn Tx,
        opened: &Opened,
        pending: &[(u64, u64)],
        position: u64,
        at: &Counter,
        answer: &mut AnswerWriter,
    ) -> Result<bool, StoreError> {
        let request = &opened.request.request;
        let mut from = position;
        let mut epoch = self.epoch.epoch;
        let mut w = EntriesWriter::new(epoch, from);
        let mut after = position;
        while after < at.n {
            let page = records::log_after(tx, after, 512)?;
            let Some(last) = page.last() else { break };
            after = last.entry.n;
            for row in page {
                let n = row.entry.n;
                if !self.tells(opened.view, pending, row.scope) {
                    continue;
                }
                if row.epoch != epoch {
                    // A frame holds entries of one epoch.
                    let before = records::log_row(tx, n - 1)?.map_or(Hash::ZERO, |r| r.chain);
                    if !w.is_empty() {
                        answer.frame(FrameType::Entries, &w.finish(n - 1, before));
                        from = n - 1;
                    }
                    epoch = row.epoch;
                    w = EntriesWriter::new(epoch, from);
                }
                self.tell(tx, opened, request.cut, request.wants_own, &row, &mut w)?;
                if w.len() >= ENTRIES_AIM {
                    answer.frame(FrameType::Entries, &w.finish(n, row.chain));
                    from = n;
                    w = EntriesWriter::new(epoch, from);
                    if answer.len() >= limits::ANSWER_BYTES {
                        return Ok(n == at.n);
                    }
                }
            }
        }
        if from < at.n {
            answer.frame(FrameType::Entries, &w.finish(at.n, at.chain));
        }
        Ok(true)
    }

    /// Whether entries of this scope are told to the view.
    fn tells(&self, view: View, pending: &[(u64, u64)], scope: ScopeId) -> bool {
        let Some((place, lane)) = self.tree.of_scope(scope) else {
            return false;
        };
        let Some(placed) = self.tree.get(place) else {
            return false;
        };
        view.lanes(&self.tree, place).contains(&lane) && !is_pending(pending, placed.birth)
    }

    fn tell(
        &self,
        tx: &dyn Tx,
        opened: &Opened,
        cut: u64,
        wants_own: bool,
        row: &LogRow,
        w: &mut EntriesWriter,
    ) -> Result<(), StoreError> {
        let mut r = Reader::new(&row.body);
        let mut told = Told {
            n: row.entry.n,
            time: row.entry.time.0,
            rule: row.entry.rule,
            body: Body::Epoch {
                root: self.root(),
                epoch: row.epoch,
            },
        };
        match (row.entry.kind, row.spot) {
            (EntryType::Epoch, _) => {}
            (EntryType::Grant, _) => told.body = Body::Grant(Box::new(Grant::read(&mut r)?)),
            (EntryType::Place, _) => told.body = Body::Place(PlaceAct::read(&mut r)?),
            (EntryType::Segment, None) => {
                return Err(StoreError::Damaged("an entry without its segment".into()));
            }
            (EntryType::Segment, Some(spot)) if row.entry.verdict != Verdict::Accepted => {
                told.body = Body::Judged {
                    spot,
                    scope: row.scope,
                    hash: row.entry.hash,
                    verdict: row.entry.verdict,
                    reason: row.entry.reason,
                };
            }
            (EntryType::Segment, Some(spot)) => {
                let feed = records::feed(tx, spot.feed)?
                    .ok_or_else(|| StoreError::Damaged("a segment without its feed".into()))?;
                if feed.key == opened.key && !wants_own {
                    let mut tag = [0; 4];
                    tag.copy_from_slice(&row.entry.hash.0[..4]);
                    told.body = Body::Receipt(spot, tag);
                } else {
                    let stored = records::segment(tx, spot)?
                        .ok_or_else(|| StoreError::Damaged("a segment is missing".into()))?;
                    let signed = SignedSegment::from_bytes(&stored.bytes)?;
                    let grant = records::grant_number(tx, signed.unproven().grant)?
                        .ok_or_else(|| StoreError::Damaged("a grant is missing".into()))?;
                    let before = before(tx, spot)?;
                    let entry_before = before.as_ref().map_or(0, |(n, _)| *n);
                    let has_salt = |doc: DocId| {
                        entry_before > cut
                            && before.as_ref().is_some_and(|(_, s)| {
                                s.unproven().changes.iter().any(|c| c.doc == doc)
                            })
                    };
                    let how = Shorten {
                        near: row.entry.time.0,
                        grant,
                        introduce: entry_before <= cut,
                        has_salt: &has_salt,
                    };
                    told.body = Body::Segment(Box::new(signed));
                    w.add(&told, Some(&how));
                    return Ok(());
                }
            }
        }
        w.add(&told, None);
        Ok(())
    }

    /// Fills in places of the device that are pending, page by page. Returns whether some are left.
    fn fill(
        &self,
        tx: &dyn Tx,
        opened: &Opened,
        pending: &[(u64, u64)],
        position: u64,
        at: &Counter,
        answer: &mut AnswerWriter,
    ) -> Result<bool, StoreError> {
        let mut cursor = opened.request.request.cursor;
        let mut pages = PageMaker::new(at.n);
        for (place, lanes) in opened.view.places(&self.tree) {
            let Some(placed) = self.tree.get(place) else {
                continue;
            };
            if placed.birth == 0 || !is_pending(pending, placed.birth) {
                continue;
            }
            let resumed = cursor.take();
            pages.begin_place(place, placed);
            for lane in lanes {
                let scope = scope_of(place, *lane);
                let row = records::scope(tx, scope)?;
                let grants = match lane {
                    Lane::Control => grants_of(tx, scope)?,
                    _ => Vec::new(),
                };
                pages.begin_lane(*lane, &row, grants);
                let since = match &resumed {
                    Some(_) => docs_touched(tx, scope, position)?,
                    None => BTreeSet::new(),
                };
                for id in records::scope_docs(tx, scope, None)? {
                    let there = resumed
                        .as_ref()
                        .is_some_and(|c| (*lane, id) <= (c.lane, c.doc) && !since.contains(&id));
                    if there {
                        continue;
                    }
                    let Some(row) = records::doc(tx, id)? else {
                        continue;
                    };
                    let short = checkpoint::shorten(&row.bytes);
                    let single = document::doc_id_of(scope, row.kind, b"") == id;
                    pages.add(
                        id,
                        PageDoc {
                            id: (!single).then_some(id),
                            kind: row.kind,
                            whole: short.is_none(),
                            bytes: short.unwrap_or(row.bytes),
                        },
                    );
                    if pages.is_full() {
                        answer.frame(FrameType::Fill, &pages.flush_inside());
                        if answer.len() >= limits::ANSWER_BYTES {
                            return Ok(true);
                        }
                    }
                }
            }
            pages.end_place(placed.birth);
            if pages.is_full() {
                answer.frame(FrameType::Fill, &pages.flush());
                if answer.len() >= limits::ANSWER_BYTES {
                    return Ok(true);
                }
            }
        }
        pages.all_done();
        answer.frame(FrameType::Fill, &pages.flush());
        Ok(false)
    }
}

/// How many views' digests are kept.
const VIEWS_KEPT: usize = 1024;
/// How many entries are looked through to see whether a digest still stands.
const UNTOUCHED_SCAN: u64 = 4096;
/// Raw bytes that a frame of entries aims at: signatures hardly compress.
const ENTRIES_AIM: usize = 12 * 1024;

fn is_pending(pending: &[(u64, u64)], birth: u64) -> bool {
    pending
        .iter()
        .any(|(from, to)| (*from..=*to).contains(&birth))
}

/// The segment before this one in its feed, with its entry's number.
fn before(tx: &dyn Tx, spot: Spot) -> Result<Option<(u64, SignedSegment)>, StoreError> {
    let Some(n) = spot.n.checked_sub(1).filter(|n| *n > 0) else {
        return Ok(None);
    };
    let Some(row) = records::segment(tx, Spot { n, ..spot })? else {
        return Ok(None);
    };
    match row.state {
        SegmentState::Receipted(entry) => Ok(Some((entry, SignedSegment::from_bytes(&row.bytes)?))),
        _ => Ok(None),
    }
}

fn docs_touched(tx: &dyn Tx, scope: ScopeId, after: u64) -> Result<BTreeSet<DocId>, StoreError> {
    let mut docs = BTreeSet::new();
    for n in records::scope_entries(tx, scope, after, usize::MAX)? {
        let Some(spot) = records::log_row(tx, n)?.and_then(|r| r.spot) else {
            continue;
        };
        if let Some(row) = records::segment(tx, spot)? {
            let signed = SignedSegment::from_bytes(&row.bytes)?;
            docs.extend(signed.unproven().changes.iter().map(|c| c.doc));
        }
    }
    Ok(docs)
}

fn grants_of(tx: &dyn Tx, control: ScopeId) -> Result<Vec<(u64, Grant)>, StoreError> {
    let mut grants = Vec::new();
    for n in records::scope_entries(tx, control, 0, usize::MAX)? {
        if let Some(grant) = records::grant(tx, n)? {
            grants.push((n, grant));
        }
    }
    Ok(grants)
}

fn moves_after(tx: &dyn Tx, n: u64) -> Result<Vec<(PlaceId, PlaceId)>, StoreError> {
    let from = [&b"move/"[..], &records::number_key(n.saturating_add(1))].concat();
    let mut moves = Vec::new();
    for (_, value) in tx.scan(Table::Meta, &from, Some(b"move0"), usize::MAX)? {
        let mut r = Reader::new(&value);
        moves.push((PlaceId::read(&mut r)?, PlaceId::read(&mut r)?));
    }
    Ok(moves)
}

// ---- pages of a checkpoint ------------------------------------------------------------------

struct PageMaker {
    chain: PageChain,
    page: Page,
    size: usize,
    place: Option<PagePlace>,
    last: Option<FillCursor>,
}

impl PageMaker {
    fn new(n: u64) -> Self {
        PageMaker {
            chain: PageChain::new(),
            page: Page {
                n,
                done: 0,
                cursor: None,
                places: Vec::new(),
            },
            size: 0,
            place: None,
            last: None,
        }
    }

    fn begin_place(&mut self, place: PlaceId, placed: &Placed) {
        self.place = Some(PagePlace {
            place,
            kind: placed.kind,
            parent: placed.parent,
            birth: placed.birth,
            lanes: Vec::new(),
        });
        self.size += 24;
    }

    fn begin_lane(&mut self, lane: Lane, row: &ScopeRow, grants: Vec<(u64, Grant)>) {
        self.size += 40 + grants.len() * 220;
        if let Some(p) = &mut self.place {
            p.lanes.push(PageLane {
                lane,
                chain: row.chain,
                last: row.last,
                grants,
                docs: Vec::new(),
            });
        }
    }

    fn add(&mut self, id: DocId, doc: PageDoc) {
        self.size += checkpoint::doc_size(&doc);
        if let Some(l) = self.place.as_mut().and_then(|p| p.lanes.last_mut()) {
            self.last = Some(FillCursor {
                lane: l.lane,
                doc: id,
            });
            l.docs.push(doc);
        }
    }

    fn end_place(&mut self, birth: u64) {
        self.page.places.extend(self.place.take());
        self.page.done = birth;
        self.last = None;
    }

    fn all_done(&mut self) {
        self.page.done = ALL_DONE;
    }

    fn is_full(&self) -> bool {
        self.size >= limits::FRAME_AIM_BYTES
    }

    /// The page so far, while a place is under way.
    fn flush_inside(&mut self) -> Vec<u8> {
        let Some(place) = self.place.take() else {
            return self.flush();
        };
        // The lane that is under way begins the place's next part, without what has gone.
        let lane = place.lanes.last().map(|l| PageLane {
            lane: l.lane,
            chain: l.chain,
            last: l.last,
            grants: Vec::new(),
            docs: Vec::new(),
        });
        self.place = Some(PagePlace {
            place: place.place,
            kind: place.kind,
            parent: place.parent,
            birth: place.birth,
            lanes: lane.into_iter().collect(),
        });
        self.page.places.push(place);
        self.page.cursor = self.last;
        self.flush()
    }

    fn flush(&mut self) -> Vec<u8> {
        let bytes = self.page.to_bytes(&mut self.chain);
        self.page.places.clear();
        self.page.cursor = None;
        self.size = 0;
        bytes
    }
}

// ---- judging --------------------------------------------------------------------------------

struct Opened<'a> {
    view: View,
    key: PublicKey,
    request: SignedRequest<'a>,
}

type Proven = (usize, Result<ProvenSegment, Hash>);

/// What became of one segment of a request.
#[derive(Debug, Clone, Copy)]
struct Word {
    hash: Hash,
    scope: ScopeId,
    said: Said,
}

impl Word {
    fn problem(hash: Hash, code: u8) -> Self {
        Word {
            hash,
            scope: ScopeId([0; 16]),
            said: Said::Problem(code),
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Said {
    /// Accepted, now or before, as this entry.
    Entry(u64),
    /// Refused, now or before, as this entry, for this reason.
    Refused(u64, u8),
    /// No verdict.
    Problem(u8),
}

/// Proves the seals of all segments, on as many threads as there are cores.
fn prove_all(list: Vec<(usize, SignedSegment, PublicKey)>) -> Vec<Proven> {
    let one = |(i, signed, key): (usize, SignedSegment, PublicKey)| {
        (i, prove(signed, &key).map_err(|e| e.1.hash()))
    };
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    if list.len() < 16 || threads < 2 {
        return list.into_iter().map(one).collect();
    }
    let size = list.len().div_ceil(threads);
    let mut parts: Vec<Vec<_>> = Vec::new();
    let mut rest = list.into_iter().peekable();
    while rest.peek().is_some() {
        parts.push(rest.by_ref().take(size).collect());
    }
    std::thread::scope(|scope| {
        let handles: Vec<_> = parts
            .into_iter()
            .map(|part| scope.spawn(move || part.into_iter().map(one).collect::<Vec<_>>()))
            .collect();
        handles
            .into_iter()
            .flat_map(|h| h.join().unwrap_or_default())
            .collect()
    })
}

struct PushKnown<'a> {
    tx: &'a dyn Tx,
    feeds: BTreeMap<FeedId, (ScopeId, [u8; 8])>,
    hashes: BTreeMap<Spot, Hash>,
    salts: BTreeMap<(FeedId, DocId), Salt>,
}

impl PushKnown<'_> {
    fn learn(&mut self, signed: &SignedSegment) {
        let s = signed.unproven();
        self.feeds.insert(s.feed, (s.scope, s.nonce));
        self.hashes.insert(
            Spot {
                feed: s.feed,
                n: s.n,
            },
            signed.hash(),
        );
        for c in &s.changes {
            self.salts.insert((s.feed, c.doc), c.salt);
        }
    }
}

impl Known for PushKnown<'_> {
    fn feed_beginning(&self, prefix: [u8; 8]) -> Option<FeedId> {
        let mut first = [0; 16];
        first[..8].copy_from_slice(&prefix);
        self.feeds
            .range(FeedId(first)..)
            .next()
            .map(|(feed, _)| *feed)
            .filter(|feed| feed.0[..8] == prefix)
            .or_else(|| records::feed_beginning(self.tx, prefix).ok()?)
    }
    fn feed(&self, feed: FeedId) -> Option<(ScopeId, [u8; 8])> {
        self.feeds.get(&feed).copied().or_else(|| {
            let row = records::feed(self.tx, feed).ok()??;
            Some((row.scope, row.nonce))
        })
    }
    fn segment_hash(&self, feed: FeedId, n: u64) -> Option<Hash> {
        if n == 0 {
            return Some(Hash::ZERO);
        }
        let spot = Spot { feed, n };
        self.hashes.get(&spot).copied().or_else(|| {
            let head = records::feed(self.tx, feed).ok()??.head;
            if head.n == n {
                return Some(head.hash);
            }
            Some(records::segment(self.tx, spot).ok()??.hash)
        })
    }
    fn salt(&self, feed: FeedId, doc: DocId) -> Option<Salt> {
        self.salts
            .get(&(feed, doc))
            .copied()
            .or_else(|| Some(records::salt(self.tx, feed, doc).ok()??.0))
    }
    fn grant(&self, n: u64) -> Option<Hash> {
        Some(records::grant(self.tx, n).ok()??.hash())
    }
}

/// One transaction's judging: entries are numbered here and nowhere else.
struct Judge<'a> {
    tx: &'a mut dyn Tx,
    tree: &'a mut Tree,
    log: LogId,
    epoch: u64,
    at: Counter,
    docs: BTreeSet<DocId>,
}

impl<'a> Judge<'a> {
    fn begin(
        tx: &'a mut dyn Tx,
        tree: &'a mut Tree,
        log: LogId,
        epoch: u64,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let mut at = counter(tx)?;
        at.time = at.time.max(now);
        Ok(Judge {
            tx,
            tree,
            log,
            epoch,
            at,
            docs: BTreeSet::new(),
        })
    }

    /// Projects what changed, and writes the counter row last.
    fn finish(self) -> Result<(), StoreError> {
        let overlay = Overlay::default();
        for doc in &self.docs {
            replica::project(self.tx, self.tree, *doc, &overlay)?;
        }
        put_counter(self.tx, &self.at)
    }

    fn entry(&mut self, about: About) -> Result<u64, StoreError> {
        let entry = Entry {
            n: self.at.n + 1,
            time: Received(self.at.time),
            kind: about.kind,
            hash: about.hash,
            verdict: about.verdict,
            reason: about.reason,
            rule: RULE_VERSION,
        };
        let scope = records::scope(self.tx, about.scope)?;
        let chain = entry.chain_after(self.at.chain, self.log, self.epoch);
        let scope_chain = entry.chain_after(scope.chain, self.log, self.epoch);
        records::put_scope(
            self.tx,
            about.scope,
            &ScopeRow {
                chain: scope_chain,
                last: entry.n,
                filled: 0,
            },
        )?;
        records::put_log_row(
            self.tx,
            &LogRow {
                epoch: self.epoch,
                entry,
                scope: about.scope,
                chain,
                scope_chain,
                spot: about.spot,
                body: about.body,
            },
        )?;
        self.at.n = entry.n;
        self.at.chain = chain;
        Ok(entry.n)
    }

    fn place(&mut self, act: PlaceAct) -> Result<u64, StoreError> {
        let n = self.entry(About {
            scope: scope_of(act.place, Lane::Control),
            body: act.to_bytes(),
            ..About::act(EntryType::Place, act.hash())
        })?;
        self.put_place(n, act)?;
        Ok(n)
    }

    fn put_place(&mut self, n: u64, act: PlaceAct) -> Result<(), StoreError> {
        let old = records::place(self.tx, act.place)?;
        let born = old.filled_birth();
        if let (Some(old), Some(_)) = (&old, born)
            && let Some(old_parent) = old.placed.parent
            && Some(old_parent) != act.parent
        {
            let mut w = Writer::new();
            w.fixed(&act.place.0).fixed(&old_parent.0);
            let key = [&b"move/"[..], &records::number_key(n)].concat();
            self.tx.put(Table::Meta, &key, w.as_slice())?;
            self.touch(old_parent, n)?;
        }
        let placed = Placed {
            kind: act.kind,
            parent: act.parent,
            birth: born.unwrap_or(n),
        };
        records::put_place(self.tx, act.place, &PlaceRow { placed, changed: n })?;
        self.tree.remove(act.place);
        self.tree.put(act.place, placed);
        if let Some(parent) = act.parent {
            self.touch(parent, n)?;
        }
        Ok(())
    }

    fn touch(&mut self, place: PlaceId, n: u64) -> Result<(), StoreError> {
        if let Some(row) = records::place(self.tx, place)? {
            records::put_place(self.tx, place, &PlaceRow { changed: n, ..row })?;
        }
        Ok(())
    }

    fn epoch(&mut self, epoch: &Epoch, root: PlaceId) -> Result<u64, StoreError> {
        self.entry(About {
            scope: scope_of(root, Lane::Control),
            ..About::act(EntryType::Epoch, epoch.hash())
        })
    }

    fn grant(&mut self, grant: &Grant) -> Result<u64, StoreError> {
        let n = self.entry(About {
            scope: scope_of(grant.place, Lane::Control),
            body: grant.to_bytes(),
            ..About::act(EntryType::Grant, grant.hash())
        })?;
        records::put_grant(self.tx, n, grant)?;
        Ok(n)
    }

    /// The office's own segment, sealed in this transaction: its changes are in its documents
    /// already, so only the receipt is missing.
    fn own(&mut self, signed: SignedSegment, office: &Author) -> Result<u64, StoreError> {
        let s = signed.unproven();
        let spot = Spot {
            feed: s.feed,
            n: s.n,
        };
        let n = self.entry(About {
            scope: s.scope,
            spot: Some(spot),
            ..About::act(EntryType::Segment, signed.hash())
        })?;
        if let Some(o) = s.opens
            && records::place(self.tx, o.place)?.filled_birth().is_none()
        {
            self.put_place(
                n,
                PlaceAct {
                    place: o.place,
                    kind: o.kind,
                    parent: Some(o.parent),
                },
            )?;
        }
        records::put_segment(
            self.tx,
            spot,
            &SegmentRow {
                state: SegmentState::Receipted(n),
                hash: signed.hash(),
                bytes: signed.to_bytes(),
            },
        )?;
        if let Some(feed) = records::feed(self.tx, s.feed)? {
            records::put_feed(
                self.tx,
                s.feed,
                &FeedRow {
                    judged: n,
                    grant: office.grant,
                    ..feed
                },
            )?;
        }
        self.docs.extend(s.changes.iter().map(|c| c.doc));
        Ok(n)
    }

    /// Judges one segment.
    fn segment(
        &mut self,
        proven: ProvenSegment,
        sender: PublicKey,
        objection: &mut Option<Objection>,
    ) -> Result<Said, StoreError> {
        let s = proven.segment();
        let spot = Spot {
            feed: s.feed,
            n: s.n,
        };
        if let Some(there) = records::segment(self.tx, spot)?
            && there.hash == proven.hash()
            && let SegmentState::Receipted(n) = there.state
        {
            return Ok(Said::Entry(n)); // Doubled.
        }
        if let Some((n, reason)) = self.was_refused(proven.hash())? {
            return Ok(Said::Refused(n, reason));
        }
        let Some(grant_n) = records::grant_number(self.tx, s.grant)? else {
            return Ok(Said::Problem(problem::UNKNOWN));
        };
        let Some(grant) = records::grant(self.tx, grant_n)? else {
            return Ok(Said::Problem(problem::UNKNOWN));
        };
        let feed = records::feed(self.tx, s.feed)?;
        let head = feed.map_or(FeedHead::NONE, |f| f.head);
        if s.n > head.n + 1 && !feed.is_some_and(|f| f.ended) {
            return Ok(Said::Problem(problem::GAP));
        }
        if s.n <= head.n {
            return self.refuse(proven.signed(), sender, reason::FORK, "the feed forked");
        }
        if feed.is_some_and(|f| f.ended) {
            return self.refuse(
                proven.signed(),
                sender,
                reason::FEED_ENDED,
                "the feed had ended",
            );
        }
        let verified = match proven.follow(&head) {
            Ok(v) => v,
            Err(e) => return self.refuse(&e.1, sender, reason::FORK, "the feed forked"),
        };
        let authorised = match authorise(verified, &grant, self.tree, Strictness::Door) {
            Ok(a) => a,
            Err(e) => {
                return self.refuse(e.1.signed(), sender, e.0.code(), &e.0.to_string());
            }
        };
        let segment = authorised.verified().segment();
        if objection.as_mut().is_some_and(|o| o(segment)) {
            let signed = authorised.verified().signed();
            return self.refuse(signed, sender, reason::OFFICE, "the office decided so");
        }
        let plan = match replica::plan(self.tx, &authorised) {
            Ok(plan) => plan,
            Err(ApplyError::Store(e)) => return Err(e),
            Err(ApplyError::Door(e)) if e.may_pass_later() => {
                return Ok(Said::Problem(problem::MISSING));
            }
            Err(ApplyError::Door(e)) => {
                let code = reason::DOOR.saturating_add(e.code());
                let signed = authorised.verified().signed();
                return self.refuse(signed, sender, code, &e.to_string());
            }
        };
        let n = self.entry(About {
            scope: segment.scope,
            spot: Some(spot),
            ..About::act(EntryType::Segment, authorised.verified().hash())
        })?;
        if let Some(o) = segment.opens
            && records::place(self.tx, o.place)?.filled_birth().is_none()
        {
            self.put_place(
                n,
                PlaceAct {
                    place: o.place,
                    kind: o.kind,
                    parent: Some(o.parent),
                },
            )?;
        }
        let filing = Filing {
            state: SegmentState::Receipted(n),
            grant: grant_n,
            entry: n,
        };
        let docs = replica::commit(self.tx, plan, &authorised, &grant, filing)?;
        self.docs.extend(docs);
        if let Some(old) = segment.replaces
            && let Some(row) = records::feed(self.tx, old.feed)?
            && row.key == grant.key
            && row.head.n < old.n
        {
            // Said again here: the old feed is not gone on with, whoever still carries it about.
            records::put_feed(self.tx, old.feed, &FeedRow { ended: true, ..row })?;
        }
        Ok(Said::Entry(n))
    }

    /// The entry and the reason by which a segment was refused before.
    fn was_refused(&self, hash: Hash) -> Result<Option<(u64, u8)>, StoreError> {
        let Some(bytes) = records::meta(self.tx, &format!("refused/{hash}"))? else {
            return Ok(None);
        };
        let mut r = Reader::new(&bytes);
        Ok(Some((r.number()?, r.u8()?)))
    }

    /// Refuses a segment for good: it is kept in quarantine, its feed ends, the log says so.
    fn refuse(
        &mut self,
        signed: &SignedSegment,
        sender: PublicKey,
        reason: u8,
        words: &str,
    ) -> Result<Said, StoreError> {
        let s = signed.unproven();
        let kept = records::quarantine(
            self.tx,
            &QuarantineRow {
                sender,
                reason,
                words: words.to_owned(),
                time: self.at.time,
                bytes: signed.to_bytes(),
            },
        )?;
        if !kept {
            return Ok(Said::Problem(problem::QUARANTINE_FULL));
        }
        let grant = match records::grant_number(self.tx, s.grant)? {
            Some(n) => records::grant(self.tx, n)?.map(|g| (n, g)),
            None => None,
        };
        // A scope that the tree does not have is told where the author's grant stands.
        let scope = match (self.tree.of_scope(s.scope), &grant) {
            (Some(_), _) | (None, None) => s.scope,
            (None, Some((_, g))) => scope_of(g.place, Lane::Control),
        };
        let n = self.entry(About {
            scope,
            spot: Some(Spot {
                feed: s.feed,
                n: s.n,
            }),
            verdict: Verdict::Refused,
            reason,
            ..About::act(EntryType::Segment, signed.hash())
        })?;
        let mut w = Writer::new();
        w.number(n).u8(reason);
        let name = format!("refused/{}", signed.hash());
        records::set_meta(self.tx, &name, w.as_slice())?;
        let row = match (records::feed(self.tx, s.feed)?, grant) {
            (Some(row), _) => Some(row),
            (None, Some((n, g))) => Some(FeedRow {
                scope: s.scope,
                key: g.key,
                nonce: s.nonce,
                head: FeedHead::NONE,
                ended: true,
                grant: n,
                judged: 0,
            }),
            (None, None) => None,
        };
        if let Some(row) = row {
            records::put_feed(self.tx, s.feed, &FeedRow { ended: true, ..row })?;
        }
        Ok(Said::Refused(n, reason))
    }
}

/// What an entry is to say.
struct About {
    kind: EntryType,
    hash: Hash,
    verdict: Verdict,
    reason: u8,
    scope: ScopeId,
    spot: Option<Spot>,
    body: Vec<u8>,
}

impl About {
    fn act(kind: EntryType, hash: Hash) -> Self {
        About {
            kind,
            hash,
            verdict: Verdict::Accepted,
            reason: reason::NONE,
            scope: ScopeId([0; 16]),
            spot: None,
            body: Vec::new(),
        }
    }
}

trait FilledBirth {
    /// The birth of a place that the log knows.
    fn filled_birth(&self) -> Option<u64>;
}

impl FilledBirth for Option<PlaceRow> {
    fn filled_birth(&self) -> Option<u64> {
        self.map(|r| r.placed.birth).filter(|b| *b > 0)
    }
}
