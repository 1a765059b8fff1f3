//! Who wrote which value of a document: the feed behind what is shown at a path, the signer of an entry, and whether somebody
//! wrote again what another had written.

use super::{Value, Values, author_of};
use crate::id::{FeedId, PersonId};
use crate::kind::{Kind, SIGNER};
use crate::time::Timestamp;
use automerge::{ActorId, Automerge, ObjId, ObjType, ROOT, ReadDoc, Value as AmValue};
use std::collections::BTreeMap;

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

/// Which change set a value: whose it is, and the time that it says. Made once for a document, it is asked about each of
/// its paths; what a document says at a path is nowhere gone through again.
#[derive(Debug)]
pub struct Writers<'a> {
    doc: &'a Automerge,
    /// Of each actor's changes the last operation's number, with the time.
    by: BTreeMap<ActorId, BTreeMap<u64, i64>>,
}

impl<'a> Writers<'a> {
    /// Of this document.
    pub fn of(doc: &'a Automerge) -> Self {
        let mut by: BTreeMap<ActorId, BTreeMap<u64, i64>> = BTreeMap::new();
        for change in doc.get_changes(&[]) {
            let of = by.entry(change.actor_id().clone()).or_default();
            of.insert(change.max_op(), change.timestamp());
        }
        Writers { doc, by }
    }

    /// Who set the value that is shown at a path, and when by their clock; `None`: nobody here, or it is prose.
    pub fn at(&self, path: &str) -> Option<(FeedId, Timestamp)> {
        let (counter, actor) = written_by(self.doc, path)?;
        let feed = author_of(&actor)?;
        let (_, time) = self.by.get(&actor)?.range(counter..).next()?;
        Some((feed, Timestamp(u64::try_from(*time).unwrap_or(0))))
    }
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

/// The cells of entries that `feed` has written anew, though another had written them, each with whose they were. A value that is
/// the same changes nothing that is read but who is taken to have said it.
pub fn written_anew<'a>(
    (before, after): (&'a Automerge, &'a Automerge),
    values: &'a Values,
    feed: FeedId,
) -> impl Iterator<Item = (&'a str, FeedId)> {
    let cells = values.keys().filter(|path| path.matches('/').count() == 2);
    let now = cells.filter(move |path| writer_of(after, path) == Some(feed));
    now.filter_map(move |path| {
        let was = writer_of(before, path).filter(|was| *was != feed)?;
        Some((path.as_str(), was))
    })
}
