//! A document: one record as an Automerge document, and the edits that people make to it.
//!
//! How a record lies in Automerge (format): single values are scalars at the root under the field's
//! name; prose is a `Text` at the root; marks and entries are maps at the root with flat keys. A
//! value is addressed by a *path*: `full_name`, `attendance/<place>`, `awards/<id>/date`.
//! Every document starts from its kind's *genesis*: one change by a fixed actor at time 0 that makes
//! all containers, so the same bytes everywhere; it never travels.
//!
//! Edits are made value by value and only where something changes, so an open conflict on one field
//! survives an edit of another, and fields that this build does not know are left alone. (A struct
//! written back whole, as `autosurgeon`'s derive does, would wipe both: see ADR 0001.)
//!
//! Does not know: who may edit ([`crate::access`]), signatures, storage. Nothing here draws
//! randomness that matters: Automerge's own random actor is replaced at once.

use crate::access;
use crate::codec::{CodecError, Reader, Writer};
use crate::id::{DocId, FeedId, Hasher, ScopeId};
use crate::kind::{FieldType, Key, Kind};
use crate::limits;
use crate::place::Role;
use automerge::transaction::{CommitOptions, Transactable};
use automerge::{
    ActorId, Automerge, ChangeHash, LoadOptions, ObjId, ObjType, PatchLog, ROOT, ReadDoc,
    ScalarValue, TextEncoding, Value as AmValue,
};
use std::collections::{BTreeMap, BTreeSet};

mod writers;

pub use writers::{
    Containers, Standing, paths_of, set_by, signer_is, writer_of, written_by_others,
};

/// The actor of every genesis change, and of documents that are only read.
const GENESIS_ACTOR: [u8; 16] = [0; 16];
/// The same as a feed's id, which no feed has.
pub(crate) const GENESIS: FeedId = FeedId(GENESIS_ACTOR);
/// The root key in which genesis writes the kind's name: makes every kind's genesis differ.
const KIND_KEY: &str = "_kind";

/// The value of one path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Value {
    /// Cleared by a person (not the same as never written).
    Cleared,
    /// A text: of a line, a name, a date, a code or a prose field.
    Text(String),
    /// A whole number.
    Count(i64),
    /// Yes or no.
    YesNo(bool),
}

impl Value {
    /// What people read.
    pub fn shown(&self) -> String {
        match self {
            Value::Cleared => String::new(),
            Value::Text(t) => t.clone(),
            Value::Count(n) => n.to_string(),
            Value::YesNo(true) => "có".into(),
            Value::YesNo(false) => "không".into(),
        }
    }

    /// The encoding of drafts.
    pub fn write(&self, w: &mut Writer) {
        match self {
            Value::Cleared => w.u8(0),
            Value::Text(t) => w.u8(1).bytes(t.as_bytes()),
            Value::Count(n) => w.u8(2).fixed(&n.to_le_bytes()),
            Value::YesNo(b) => w.u8(3).u8(u8::from(*b)),
        };
    }

    /// Reads one.
    pub fn read(r: &mut Reader) -> Result<Self, CodecError> {
        Ok(match r.u8()? {
            0 => Value::Cleared,
            1 => Value::Text(r.text(limits::PROSE_BYTES)?.to_owned()),
            2 => Value::Count(i64::from_le_bytes(r.array()?)),
            3 => Value::YesNo(r.yes_no("value")?),
            _ => return Err(CodecError::BadValue { what: "value" }),
        })
    }

    fn scalar(&self) -> ScalarValue {
        match self {
            Value::Cleared => ScalarValue::Null,
            Value::Text(t) => ScalarValue::Str(t.as_str().into()),
            Value::Count(n) => ScalarValue::Int(*n),
            Value::YesNo(b) => ScalarValue::Boolean(*b),
        }
    }

    fn of_scalar(s: &ScalarValue) -> Self {
        match s {
            ScalarValue::Null => Value::Cleared,
            ScalarValue::Str(t) => Value::Text(t.to_string()),
            ScalarValue::Int(n) => Value::Count(*n),
            ScalarValue::Boolean(b) => Value::YesNo(*b),
            // Written by a later build: shown as it prints, never lost.
            other => Value::Text(other.to_string()),
        }
    }
}

/// The values of a document by path, in the order of the paths.
pub type Values = BTreeMap<String, Value>;

/// A value that stands against others of the same path, and who wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The value.
    pub value: Value,
    /// The feed that wrote it; its device and person are in the store.
    pub feed: FeedId,
    /// Whether this is the one that is shown until a person chooses.
    pub shown: bool,
    /// Whether its author had the others on screen when writing it ([`crate::replica::conflicts`]).
    pub informed: bool,
}

/// A path with several values, set by people who did not know of each other's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The path.
    pub path: String,
    /// At least two: first what was written by who knew of the others, then the shown one.
    pub values: Vec<Candidate>,
}

/// Why an edit or a read of a document failed. Nothing has changed when one is returned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// What stands in such a document is never changed, only added to.
    #[error("what stands in this document is never changed")]
    AppendOnly,
    /// The path names no field of the kind.
    #[error("{path}: {kind} has no such field")]
    NoSuchField {
        /// The kind's name.
        kind: &'static str,
        /// The path.
        path: String,
    },
    /// The document is full; a successor document follows (rule 4).
    #[error("the document has {bytes} bytes or operations; {limit} are the most")]
    Full {
        /// Bytes or operations that it would have.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A value is longer than its field takes.
    #[error("{path}: {bytes} bytes; {limit} are the most")]
    TooLong {
        /// The path.
        path: String,
        /// Bytes found.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The edit was to be made at a point in history that the document does not have.
    #[error("the edit's basis is not in the document")]
    UnknownBasis,
    /// Automerge refused; a damaged document.
    #[error("the document could not be read: {0}")]
    Damaged(String),
}

impl From<automerge::AutomergeError> for DocumentError {
    fn from(e: automerge::AutomergeError) -> Self {
        DocumentError::Damaged(e.to_string())
    }
}

/// How many bytes at the front of a document's id say in which scope and of which kind it is.
pub const HOME_BYTES: usize = 8;

/// How many bytes of a document's id tell it from others of its scope and kind.
pub const TAIL_BYTES: usize = DocId::LEN - HOME_BYTES;

/// The id of a document (format): of its scope, kind and natural key (empty for [`Key::Single`]).
pub fn doc_id(scope: ScopeId, kind: &Kind, key: &[u8]) -> DocId {
    match kind.key {
        Key::Single => doc_id_of(scope, kind.number, b""),
        Key::Natural | Key::Random => doc_id_of(scope, kind.number, key),
    }
}

/// The id of a document of a kind that this build need not know.
pub fn doc_id_of(scope: ScopeId, kind: u16, key: &[u8]) -> DocId {
    let hash = Hasher::new("chibo/doc/1")
        .part(&scope.0)
        .number(kind.into())
        .part(key)
        .id();
    let mut tail = [0; TAIL_BYTES];
    tail.copy_from_slice(&hash[..TAIL_BYTES]);
    doc_at(scope, kind, tail)
}

/// What the ids of all documents of a scope and a kind begin with.
pub fn home(scope: ScopeId, kind: u16) -> [u8; HOME_BYTES] {
    let hash = Hasher::new("chibo/doc/home/1")
        .part(&scope.0)
        .number(kind.into())
        .id();
    let mut home = [0; HOME_BYTES];
    home.copy_from_slice(&hash[..HOME_BYTES]);
    home
}

/// The document of a scope and a kind whose id ends so.
pub fn doc_at(scope: ScopeId, kind: u16, tail: [u8; TAIL_BYTES]) -> DocId {
    let mut id = [0; DocId::LEN];
    id[..HOME_BYTES].copy_from_slice(&home(scope, kind));
    id[HOME_BYTES..].copy_from_slice(&tail);
    DocId(id)
}

/// What tells a document from others of its scope and kind.
pub fn tail(doc: DocId) -> [u8; TAIL_BYTES] {
    let mut tail = [0; TAIL_BYTES];
    tail.copy_from_slice(&doc.0[HOME_BYTES..]);
    tail
}

/// Whether an id is that of a document in this scope and of this kind. Nobody can name another's: a document is
/// where and what its id says, before anything of it is known.
pub fn is_of(doc: DocId, scope: ScopeId, kind: u16) -> bool {
    doc_at(scope, kind, tail(doc)) == doc
}

/// The document that every document of this kind starts as.
#[expect(clippy::disallowed_methods, reason = "the actor is set at once")]
pub fn genesis(kind: &Kind) -> Automerge {
    let mut doc = Automerge::new_with_encoding(TextEncoding::UnicodeCodePoint);
    doc.set_actor(ActorId::from(GENESIS_ACTOR));
    let mut tx = doc.transaction();
    // A put at the root of an empty document cannot fail; were it to, the genesis would differ and
    // the vector test would say so.
    let _ = tx.put(ROOT, KIND_KEY, kind.name);
    for field in kind.fields {
        let container = match field.kind {
            FieldType::Prose => ObjType::Text,
            FieldType::Marks(_) | FieldType::Entries(_) => ObjType::Map,
            _ => continue,
        };
        let _ = tx.put_object(ROOT, field.name, container);
    }
    tx.commit_with(CommitOptions::default().with_time(0));
    doc
}

/// Reads a document that this store wrote. For bytes from a peer use [`crate::door`].
#[expect(clippy::disallowed_methods, reason = "the actor is set at once")]
pub fn load(bytes: &[u8]) -> Result<Automerge, DocumentError> {
    let options = LoadOptions::new().text_encoding(TextEncoding::UnicodeCodePoint);
    let mut doc = Automerge::load_with_options(bytes, options)?;
    doc.set_actor(ActorId::from(GENESIS_ACTOR));
    Ok(doc)
}

/// Of these changes those that are not `gone`, and for those that are what they were made on.
pub fn down_to(
    doc: &Automerge,
    from: impl Iterator<Item = [u8; 32]>,
    gone: &BTreeSet<[u8; 32]>,
) -> BTreeSet<[u8; 32]> {
    let mut stay = BTreeSet::new();
    let mut todo: Vec<[u8; 32]> = from.collect();
    while let Some(hash) = todo.pop() {
        if !gone.contains(&hash) {
            stay.insert(hash);
        } else if let Some(change) = doc.get_change_by_hash(&ChangeHash(hash)) {
            todo.extend(change.deps().iter().map(|d| d.0));
        }
    }
    stay
}

/// A document of this kind with these changes and no others; changes whose dependencies are
/// missing stay out. Used to take refused work out again.
pub fn rebuild(kind: &Kind, changes: Vec<automerge::Change>) -> Result<Automerge, DocumentError> {
    let mut doc = genesis(kind);
    doc.apply_changes(changes)?;
    Ok(doc)
}

/// Who made a change: the feed that is its actor; `None` for the genesis.
pub fn author_of(actor: &ActorId) -> Option<FeedId> {
    authored(FeedId::from_slice(actor.to_bytes())?)
}

/// The feed with this id, unless it is that of genesis, which is nobody's.
pub(crate) fn authored(feed: FeedId) -> Option<FeedId> {
    (feed.0 != GENESIS_ACTOR).then_some(feed)
}

/// Whether this key of the root map says of which kind a document is.
pub(crate) fn is_kind_key(key: &str) -> bool {
    key == KIND_KEY
}

/// All values, winners where several stand, as of now or as of `heads`.
pub fn values(doc: &Automerge, heads: Option<&[ChangeHash]>) -> Values {
    let mut out = Values::new();
    let keys: Vec<String> = match heads {
        Some(h) => doc.keys_at(ROOT, h).collect(),
        None => doc.keys(ROOT).collect(),
    };
    for key in keys {
        // What is no field is not read as what hangs in one.
        if key == KIND_KEY || key.contains('/') {
            continue;
        }
        match get(doc, &ROOT, &key, heads) {
            Some((AmValue::Scalar(s), _)) => {
                out.insert(key, Value::of_scalar(s.as_ref()));
            }
            Some((AmValue::Object(ObjType::Text), id)) => {
                let text = match heads {
                    Some(h) => doc.text_at(&id, h),
                    None => doc.text(&id),
                };
                let text = text.unwrap_or_default();
                if !text.is_empty() {
                    out.insert(key, Value::Text(text));
                }
            }
            Some((AmValue::Object(ObjType::Map), id)) => {
                let inner: Vec<String> = match heads {
                    Some(h) => doc.keys_at(&id, h).collect(),
                    None => doc.keys(&id).collect(),
                };
                for sub in inner {
                    if let Some((AmValue::Scalar(s), _)) = get(doc, &id, &sub, heads) {
                        out.insert(format!("{key}/{sub}"), Value::of_scalar(s.as_ref()));
                    }
                }
            }
            // A list or a table: of a later build. It stays in the document, unshown.
            _ => {}
        }
    }
    out
}

fn get<'a>(
    doc: &'a Automerge,
    obj: &ObjId,
    key: &str,
    heads: Option<&[ChangeHash]>,
) -> Option<(AmValue<'a>, ObjId)> {
    match heads {
        Some(h) => doc.get_at(obj, key, h),
        None => doc.get(obj, key),
    }
    .ok()
    .flatten()
}

/// What stood at these paths as of `heads`, without going through the whole document.
pub fn values_at<'a>(
    doc: &Automerge,
    paths: impl Iterator<Item = &'a String>,
    heads: &[ChangeHash],
) -> Values {
    let at = |path: &String| {
        let value = match path.split_once('/') {
            None => match get(doc, &ROOT, path, Some(heads))? {
                (AmValue::Scalar(s), _) => Value::of_scalar(s.as_ref()),
                (AmValue::Object(ObjType::Text), id) => {
                    let text = doc.text_at(&id, heads).unwrap_or_default();
                    (!text.is_empty()).then_some(Value::Text(text))?
                }
                _ => return None,
            },
            Some((field, key)) => match get(doc, &ROOT, field, Some(heads))? {
                (AmValue::Object(ObjType::Map), id) => match get(doc, &id, key, Some(heads))? {
                    (AmValue::Scalar(s), _) => Value::of_scalar(s.as_ref()),
                    _ => return None,
                },
                _ => return None,
            },
        };
        Some((path.clone(), value))
    };
    paths.filter_map(at).collect()
}

/// The keys that a map at the root had as of `heads`, each as a path.
pub fn paths_in(doc: &Automerge, field: &str, heads: &[ChangeHash]) -> Vec<String> {
    match get(doc, &ROOT, field, Some(heads)) {
        Some((AmValue::Object(ObjType::Map), id)) => {
            let keys = doc.keys_at(&id, heads);
            keys.map(|key| format!("{field}/{key}")).collect()
        }
        _ => Vec::new(),
    }
}

/// The paths whose values differ between two states, with the later value (`Cleared` if it is gone).
pub fn difference(before: &Values, after: &Values) -> Values {
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    paths
        .into_iter()
        .filter(|p| before.get(*p) != after.get(*p))
        .map(|p| (p.clone(), after.get(p).cloned().unwrap_or(Value::Cleared)))
        .collect()
}

/// The open conflicts of a document, in the order of their paths.
pub fn conflicts(doc: &Automerge) -> Vec<Conflict> {
    let mut out = Vec::new();
    let mut look = |obj: &ObjId, prefix: &str, key: &str| {
        let Ok(all) = doc.get_all(obj, key) else {
            return;
        };
        if all.len() < 2 {
            return;
        }
        let winner = doc.get(obj, key).ok().flatten().map(|(_, id)| id);
        let mut values: Vec<Candidate> = all
            .iter()
            .filter_map(|(value, id)| {
                let AmValue::Scalar(s) = value else {
                    return None;
                };
                let ObjId::Id(_, actor, _) = id else {
                    return None;
                };
                Some(Candidate {
                    value: Value::of_scalar(s.as_ref()),
                    feed: author_of(actor)?,
                    shown: Some(id) == winner.as_ref(),
                    informed: false,
                })
            })
            .collect();
        values.sort_by(|a, b| {
            b.shown
                .cmp(&a.shown)
                .then_with(|| a.value.cmp(&b.value))
                .then_with(|| a.feed.cmp(&b.feed))
        });
        // Two people who wrote the same are of one mind.
        if values.iter().any(|c| c.value != values[0].value) {
            out.push(Conflict {
                path: format!("{prefix}{key}"),
                values,
            });
        }
    };
    for key in doc.keys(ROOT).filter(|key| !key.contains('/')) {
        look(&ROOT, "", &key);
        if let Ok(Some((AmValue::Object(ObjType::Map), id))) = doc.get(ROOT, key.as_str()) {
            for sub in doc.keys(&id) {
                look(&id, &format!("{key}/"), &sub);
            }
        }
    }
    out
}

/// One change that was made: the document with it, and the change's raw bytes (uncompressed).
pub struct Edited {
    /// The document with the change in it.
    pub doc: Automerge,
    /// The change, as it is signed and sent.
    pub change: Vec<u8>,
    /// Its hash.
    pub hash: ChangeHash,
    /// Bytes of the document, saved uncompressed.
    pub size: usize,
    /// Whether the document is so large that its author should be warned.
    pub nearly_full: bool,
}

/// Makes one change that sets these values, as `feed`, as of `heads` (what the author had before
/// them). `Ok(None)`: every value stands already, alone; nothing was made.
///
/// # Errors
/// [`DocumentError::NoSuchField`], [`DocumentError::TooLong`], [`DocumentError::Full`],
/// [`DocumentError::UnknownBasis`].
pub fn edit(
    doc: &Automerge,
    kind: &'static Kind,
    edits: &Values,
    feed: FeedId,
    heads: &[ChangeHash],
    time_seconds: u64,
) -> Result<Option<Edited>, DocumentError> {
    if heads
        .iter()
        .any(|h| doc.get_change_meta_by_hash(h).is_none())
    {
        return Err(DocumentError::UnknownBasis);
    }
    let mut doc = doc.clone();
    doc.set_actor(ActorId::from(feed.0));
    let now = doc.get_heads();
    let mut tx = if now == heads {
        doc.transaction()
    } else {
        doc.transaction_at(PatchLog::inactive(), heads)
            .map_err(|e| DocumentError::Damaged(e.to_string()))?
    };
    for (path, value) in edits {
        set(&mut tx, kind, path, value)?;
    }
    if tx.pending_ops() == 0 {
        tx.rollback();
        return Ok(None);
    }
    let time = i64::try_from(time_seconds).unwrap_or(0);
    let (Some(hash), _) = tx.commit_with(CommitOptions::default().with_time(time)) else {
        return Ok(None);
    };
    let change = doc
        .get_change_by_hash(&hash)
        .filter(|c| c.actor_id() == &ActorId::from(feed.0))
        .ok_or(DocumentError::UnknownBasis)?
        .raw_bytes()
        .to_vec();
    let size = doc.save_nocompress().len();
    if size > limits::DOCUMENT_STOP_BYTES {
        return Err(DocumentError::Full {
            bytes: size,
            limit: limits::DOCUMENT_STOP_BYTES,
        });
    }
    let operations = usize::try_from(doc.stats().num_ops).unwrap_or(usize::MAX);
    if operations > limits::DOCUMENT_STOP_OPS {
        return Err(DocumentError::Full {
            bytes: operations,
            limit: limits::DOCUMENT_STOP_OPS,
        });
    }
    if change.len() > limits::CHANGE_BYTES {
        return Err(DocumentError::Full {
            bytes: change.len(),
            limit: limits::CHANGE_BYTES,
        });
    }
    doc.set_actor(ActorId::from(GENESIS_ACTOR));
    Ok(Some(Edited {
        doc,
        change,
        hash,
        size,
        nearly_full: size > limits::DOCUMENT_WARN_BYTES
            || operations > limits::DOCUMENT_STOP_OPS / 2,
    }))
}

fn set<T: Transactable>(
    tx: &mut T,
    kind: &'static Kind,
    path: &str,
    value: &Value,
) -> Result<(), DocumentError> {
    let unknown = || DocumentError::NoSuchField {
        kind: kind.name,
        path: path.to_owned(),
    };
    let (name, sub) = match path.split_once('/') {
        Some((name, sub)) => (name, Some(sub)),
        None => (path, None),
    };
    let field = kind.field(name).ok_or_else(unknown)?;
    let limit = match field.kind {
        FieldType::Prose => limits::PROSE_BYTES,
        _ => limits::LINE_BYTES,
    };
    if let Value::Text(t) = value
        && t.len() > limit
    {
        return Err(DocumentError::TooLong {
            path: path.to_owned(),
            bytes: t.len(),
            limit,
        });
    }
    match (field.kind, sub) {
        (FieldType::Prose, None) => {
            let text = match value {
                Value::Text(t) => t.as_str(),
                Value::Cleared => "",
                _ => return Err(unknown()),
            };
            let Some((AmValue::Object(ObjType::Text), id)) = tx.get(ROOT, name)? else {
                return Err(DocumentError::Damaged(format!("{name} is not a text")));
            };
            if tx.text(&id)? != text {
                tx.update_text(&id, text)?;
            }
        }
        (FieldType::Marks(_) | FieldType::Entries(_), Some(sub)) if !sub.is_empty() => {
            if sub.len() > limits::KEY_BYTES {
                return Err(DocumentError::TooLong {
                    path: path.to_owned(),
                    bytes: sub.len(),
                    limit: limits::KEY_BYTES,
                });
            }
            let Some((AmValue::Object(ObjType::Map), id)) = tx.get(ROOT, name)? else {
                return Err(DocumentError::Damaged(format!("{name} is not a map")));
            };
            if tx.length(&id) >= limits::ENTRIES && tx.get(&id, sub)?.is_none() {
                return Err(DocumentError::Full {
                    bytes: tx.length(&id),
                    limit: limits::ENTRIES,
                });
            }
            put(tx, kind, &id, sub, value)?;
        }
        (FieldType::Prose | FieldType::Marks(_) | FieldType::Entries(_), _) | (_, Some(_)) => {
            return Err(unknown());
        }
        (_, None) => put(tx, kind, &ROOT, name, value)?,
    }
    Ok(())
}

/// How many cells the containers of a document may have for somebody of this role to add one. There is always room left for those who
/// decide such things, whatever others have written; and in a case for its leaders, whatever the member has.
pub fn most_cells(kind: &Kind, role: Role) -> usize {
    match (access::decides(role, kind), kind.case.is_some(), role) {
        (true, ..) => limits::ENTRIES * 3 / 4,
        (false, true, Role::Member) => limits::ENTRIES / 16,
        (false, true, _) => limits::ENTRIES / 8,
        (false, false, _) => limits::ENTRIES * 3 / 8,
    }
}

/// Whether a container of a document has more cells than this, and more than it had.
pub fn outgrows(doc: &Automerge, base: &Automerge, kind: &Kind, most: usize) -> bool {
    let cells = |doc: &Automerge, name: &str| match doc.get(ROOT, name) {
        Ok(Some((AmValue::Object(_), id))) => doc.length(&id),
        _ => 0,
    };
    kind.fields.iter().any(|field| {
        matches!(field.kind, FieldType::Marks(_) | FieldType::Entries(_)) && {
            let there = cells(doc, field.name);
            there > most && there > cells(base, field.name)
        }
    })
}

/// The ends of a document that what is written next follows: of very many, which somebody has made to keep others out, the latest few.
/// A change names no more than [`limits::CHANGE_DEPS`], and its own device's last among them.
pub fn ends(doc: &Automerge) -> Vec<ChangeHash> {
    let mut ends = doc.get_heads();
    let most = limits::CHANGE_DEPS - 1;
    if ends.len() > most {
        ends.sort_by_key(|hash| {
            let last = doc.get_change_by_hash(hash).map_or(0, |c| c.max_op());
            (std::cmp::Reverse(last), *hash)
        });
        ends.truncate(most);
        ends.sort_unstable();
    }
    ends
}

/// The key of the document with this number, from 1, of those that are begun anew under one key: `2026-11`, then `2026-11.2`.
pub fn key_again(key: &str, n: u8) -> String {
    match n {
        0 | 1 => key.to_owned(),
        n => format!("{key}.{n}"),
    }
}

/// How often a document is begun anew under one key.
pub const MOST_OF_A_KEY: u8 = 99;

/// Whether a document that stands as it was written is the one of its key: nobody begins that of a month or year to come under another's
/// name, in which nothing could be said then. Of all other documents nothing is asked.
pub fn is_of_its_key(kind: &Kind, (scope, doc): (ScopeId, DocId), values: &Values) -> bool {
    match values.get(kind.title) {
        Some(title) if kind.key == Key::Natural && kind.append_only => {
            let title = title.shown();
            let mut ids = (1..=MOST_OF_A_KEY)
                .map(|n| doc_id_of(scope, kind.number, key_again(&title, n).as_bytes()));
            ids.any(|id| id == doc)
        }
        _ => true,
    }
}

/// Puts a scalar unless it already stands there alone: so a no-op makes no change, and choosing the
/// shown value of a conflict does.
fn put<T: Transactable>(
    tx: &mut T,
    kind: &'static Kind,
    obj: &ObjId,
    key: &str,
    value: &Value,
) -> Result<(), DocumentError> {
    let standing = tx.get_all(obj, key)?;
    match standing.as_slice() {
        [] if *value == Value::Cleared => return Ok(()),
        [(AmValue::Scalar(s), _)] if Value::of_scalar(s.as_ref()) == *value => return Ok(()),
        [] => {}
        all if kind.append_only => {
            let same = |(v, _): &(AmValue, ObjId)| matches!(v, AmValue::Scalar(s) if Value::of_scalar(s.as_ref()) == *value);
            return match all.iter().any(same) {
                true => Ok(()),
                false => Err(DocumentError::AppendOnly),
            };
        }
        _ => {}
    }
    // Over a conflict Automerge makes an operation even for the value that wins: that settles it.
    tx.put(obj, key, value.scalar())?;
    Ok(())
}

/// The canonical content of a document: sorted heads, then every path with all values that stand.
/// The same on every replica with the same changes, whatever their order of arrival.
pub fn canonical(doc: &Automerge) -> Vec<u8> {
    let mut w = Writer::new();
    let mut heads = doc.get_heads();
    heads.sort();
    w.number(heads.len() as u64);
    for head in &heads {
        w.fixed(&head.0);
    }
    for (path, value) in values(doc, None) {
        w.bytes(path.as_bytes());
        value.write(&mut w);
    }
    for conflict in conflicts(doc) {
        w.bytes(conflict.path.as_bytes());
        for c in conflict.values {
            c.value.write(&mut w);
            w.fixed(&c.feed.0);
        }
    }
    w.finish()
}
