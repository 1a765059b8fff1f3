//! Who wrote which value of a document: the feed behind what is shown at a path, the signer of an entry, and whether somebody
//! wrote again what another had written.

use super::{Value, Values, author_of};
use crate::id::{FeedId, PersonId};
use crate::kind::{Kind, SIGNER};
use crate::time::Timestamp;
use automerge::legacy::{Key, ObjectId, Op, OpId, OpType};
use automerge::{ActorId, Automerge, Change, ObjId, ObjType, ROOT, ReadDoc, Value as AmValue};
use std::collections::{BTreeMap, BTreeSet};

/// The feed under which the value that is shown at a path was written; of prose, nobody's.
pub fn writer_of(doc: &Automerge, path: &str) -> Option<FeedId> {
    author_of(&written_by(doc, path)?.1)
}

/// The number and the actor of the operation that set the value that is shown at a path.
fn written_by(doc: &Automerge, path: &str) -> Option<(u64, ActorId)> {
    let (object, key) = match path.split_once('/') {
        None => (ROOT, path),
        Some((field, key)) => match doc.get(ROOT, field).ok()?? {
            (AmValue::Object(ObjType::Map), id) => (id, key),
            _ => return None,
        },
    };
    let (_, op) = doc.get(&object, key).ok()??;
    match op {
        ObjId::Id(counter, actor, _) => Some((counter, actor)),
        ObjId::Root => None,
    }
}

/// What stands in a document: its values, and by whose change each was set, with the time that the change says. A prose is many
/// operations: it is whoever's wrote in it last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The values, winners where several stand.
    pub values: Values,
    by: BTreeMap<String, (FeedId, Timestamp)>,
}

impl Standing {
    pub(crate) fn new(values: Values, by: BTreeMap<String, (FeedId, Timestamp)>) -> Self {
        Standing { values, by }
    }

    /// Of this document. What lies in a store is read quicker from its bytes ([`crate::door::standing`]).
    pub fn of(doc: &Automerge) -> Self {
        // Of each actor's changes the last operation's number, with the time.
        let mut times: BTreeMap<ActorId, BTreeMap<u64, i64>> = BTreeMap::new();
        for change in doc.get_changes(&[]) {
            let of = times.entry(change.actor_id().clone()).or_default();
            of.insert(change.max_op(), change.timestamp());
        }
        let values = super::values(doc, None);
        let proses = wrote_prose(doc, &values);
        let set_by = |path: &String| {
            let of_prose = proses.get(path.as_str()).cloned();
            let (counter, actor) = of_prose.or_else(|| written_by(doc, path))?;
            let (_, time) = times.get(&actor)?.range(counter..).next()?;
            let time = Timestamp(u64::try_from(*time).unwrap_or(0));
            Some((path.clone(), (author_of(&actor)?, time)))
        };
        let by = values.keys().filter_map(set_by).collect();
        Standing { values, by }
    }

    /// The same with these of its values only.
    pub fn with(self, values: Values) -> Self {
        Standing { values, ..self }
    }

    /// Who set the value at a path, and when by their clock; `None`: nobody here.
    pub fn set_by(&self, path: &str) -> Option<(FeedId, Timestamp)> {
        self.by.get(path).copied()
    }
}

/// The last operation that wrote in each prose that is not empty.
fn wrote_prose<'a>(doc: &Automerge, values: &'a Values) -> BTreeMap<&'a str, (u64, ActorId)> {
    let is_prose = |path: &&String| {
        let there = doc.get(ROOT, path.as_str());
        matches!(there, Ok(Some((AmValue::Object(ObjType::Text), _))))
    };
    let proses: Vec<&str> = values.keys().filter(is_prose).map(String::as_str).collect();
    let mut last: BTreeMap<&str, (u64, ActorId)> = BTreeMap::new();
    if proses.is_empty() {
        return last;
    }
    let containers = Containers::of(doc);
    for change in doc.get_changes(&[]) {
        let actor = change.actor_id();
        for (counter, op) in (change.start_op().get()..).zip(change.decode().operations) {
            let Some(field) = containers.field(&op.obj) else {
                continue;
            };
            if let Some(path) = proses.iter().find(|path| **path == field) {
                let this = (counter, actor.clone());
                let before = last.entry(path).or_insert_with(|| this.clone());
                *before = before.clone().max(this);
            }
        }
    }
    last
}

/// The containers at the root of a document, each with the name of its field.
#[derive(Debug)]
pub struct Containers(BTreeMap<(u64, ActorId), String>);

impl Containers {
    /// Of this document.
    pub fn of(doc: &Automerge) -> Self {
        let made = doc
            .keys(ROOT)
            .filter_map(|key| match doc.get(ROOT, &key).ok()?? {
                (AmValue::Object(_), ObjId::Id(counter, actor, _)) => Some(((counter, actor), key)),
                _ => None,
            });
        Containers(made.collect())
    }

    /// The field of the container in which an operation acts; `None`: at the root, or in something deeper.
    fn field(&self, of: &ObjectId) -> Option<&str> {
        match of {
            ObjectId::Id(OpId(counter, actor)) => {
                self.0.get(&(*counter, actor.clone())).map(String::as_str)
            }
            ObjectId::Root => None,
        }
    }
}

/// The paths in which a change writes.
pub fn paths_of(change: &Change, containers: &Containers) -> BTreeSet<String> {
    let ops = change.decode().operations.into_iter();
    let path = |op: Op| match (&op.obj, op.key) {
        (ObjectId::Root, Key::Map(key)) => Some(key.to_string()),
        (of, Key::Map(key)) => Some(format!("{}/{key}", containers.field(of)?)),
        (of, Key::Seq(_)) => containers.field(of).map(ToOwned::to_owned),
    };
    ops.filter_map(path).collect()
}

/// What a change sets, read from it alone: for where the document that it was written in is not here any more. Of prose what
/// it types in; [`Value::Cleared`]: it takes the value away.
pub fn set_by(change: &Change, containers: &Containers) -> Values {
    let mut said = Values::new();
    for op in change.decode().operations {
        let value = match &op.action {
            OpType::Put(scalar) => Value::of_scalar(scalar),
            OpType::Delete => Value::Cleared,
            _ => continue,
        };
        match (&op.obj, op.key) {
            (ObjectId::Root, Key::Map(key)) => {
                said.insert(key.to_string(), value);
            }
            (of, Key::Map(key)) => {
                let Some(field) = containers.field(of) else {
                    continue;
                };
                said.insert(format!("{field}/{key}"), value);
            }
            (of, Key::Seq(_)) => {
                let (Some(field), Value::Text(typed)) = (containers.field(of), value) else {
                    continue;
                };
                match said.entry(field.to_owned()).or_insert(Value::Cleared) {
                    Value::Text(text) => text.push_str(&typed),
                    other => *other = Value::Text(typed),
                }
            }
        }
    }
    said
}

/// Whether everything that `after` has more than `before` in signed entries ([`SIGNER`]) was written by this person:
/// the entry names them, and no entry of somebody else is touched.
pub fn signer_is(kind: &Kind, before: &Values, after: &Values, person: PersonId) -> bool {
    let own = Value::Text(person.to_string());
    let new = (after.iter()).filter(|(path, value)| before.get(*path) != Some(*value));
    let mut entries = new.filter_map(|(path, _)| {
        let (entry, _) = path.rsplit_once('/')?;
        let (field, _) = entry.split_once('/')?;
        kind.field(field)?.is_signed().then_some(entry)
    });
    entries.all(|entry| {
        let signer = format!("{entry}/{SIGNER}");
        after.get(&signer) == Some(&own) && before.get(&signer).is_none_or(|was| *was == own)
    })
}

/// The values among these paths that stand in a document and that another than `feed` has written, each with whose it is.
pub fn written_by_others<'a>(
    before: &'a Automerge,
    values: &'a Values,
    paths: &'a BTreeSet<String>,
    feed: FeedId,
) -> impl Iterator<Item = (&'a str, FeedId)> {
    let standing = paths.iter().filter(|path| values.contains_key(*path));
    standing.filter_map(move |path| {
        let was = writer_of(before, path).filter(|was| *was != feed)?;
        Some((path.as_str(), was))
    })
}
