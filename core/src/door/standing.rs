//! What stands in a document of one's own store, read from its bytes: a tenth of what loading it costs.
//!
//! The columns were checked when they came in. What is rare in a record (lists, numbers that are no whole ones) is not read here: whoever
//! asks loads the document.

use super::Refusal;
use super::column::{Counters, Flags, Runs, Scalar, Values as Cells};
use super::document::{Opened, change_spec, op_spec};
use crate::document::{self, Standing, Value, Values};
use crate::id::FeedId;
use crate::limits;
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// The number of an operation: its counter, and its actor's place in the table, which is in the order of the ids. The highest wins.
type Id = (u64, u64);

/// What an operation leaves.
enum Left<'a> {
    Map,
    Prose,
    Value(Scalar<'a>),
}

/// The signs of a prose in their order, each as it stands, and the operation that wrote in it last.
#[derive(Default)]
struct Prose<'a> {
    signs: Vec<Option<&'a str>>,
    last: Id,
}

/// What stands under each key of a map.
type Map<'a> = BTreeMap<&'a str, (Id, Left<'a>)>;

fn win<'a>(map: &mut Map<'a>, key: &'a str, id: Id, left: Left<'a>) {
    if map.get(key).is_none_or(|(before, _)| *before < id) {
        map.insert(key, (id, left));
    }
}

/// What stands in a saved document; `None`: there is something in it that only Automerge reads.
pub(super) fn standing(saved: &[u8]) -> Result<Option<Standing>, Refusal> {
    let opened = super::document::open(saved)?;
    let ops = &opened.ops;
    let mut ids = Ids::new(ops.get(op_spec::ID_ACTOR), ops.get(op_spec::ID_COUNTER));
    let mut of_actor = Runs::<u64>::new(ops.get(op_spec::OBJECT_ACTOR));
    let mut of_counter = Runs::<u64>::new(ops.get(op_spec::OBJECT_COUNTER));
    let mut keys = Runs::<&str>::new(ops.get(op_spec::KEY_TEXT));
    let mut inserts = Flags::new(ops.get(op_spec::INSERT));
    let mut actions = Runs::<u64>::new(ops.get(op_spec::ACTION));
    let mut cells = Cells::new(ops.get(op_spec::VALUE_META), ops.get(op_spec::VALUE));
    let mut replaced = Runs::<u64>::new(ops.get(op_spec::SUCCESSORS));
    let mut successors = Ids::new(
        ops.get(op_spec::SUCCESSOR_ACTOR),
        ops.get(op_spec::SUCCESSOR_COUNTER),
    );

    let mut root = Map::new();
    let mut maps: BTreeMap<Id, Map> = BTreeMap::new();
    let mut proses: BTreeMap<Id, Prose> = BTreeMap::new();
    for _ in 0..Runs::<u64>::rows(ops.get(op_spec::ACTION), limits::DOCUMENT_OPS)? {
        let id = ids.next()?;
        let object = match (of_actor.next()?, of_counter.next()?) {
            (Some(actor), Some(counter)) => Some((counter, actor)),
            _ => None,
        };
        let (key, inserts, action) = (keys.next()?, inserts.next()?, actions.some()?);
        let cell = cells.scalar()?;
        let mut last = id;
        let count = replaced.some()?;
        for _ in 0..count {
            last = last.max(successors.next()?);
        }
        let stands = count == 0;
        let left = match action {
            0 => Left::Map,
            1 => Left::Value(cell),
            4 => Left::Prose,
            _ => return Ok(None),
        };
        match (key, object, left) {
            (Some(_), _, _) if !stands => {}
            (Some(key), None, left) => win(&mut root, key, id, left),
            (Some(key), Some(object), left) => {
                win(maps.entry(object).or_default(), key, id, left);
            }
            // A sign of a prose: what was inserted, then what it was replaced by.
            (None, Some(object), Left::Value(Scalar::Text(text))) => {
                let prose = proses.entry(object).or_default();
                prose.last = prose.last.max(last);
                if inserts {
                    prose.signs.push(None);
                }
                match prose.signs.last_mut() {
                    Some(sign) if stands => *sign = Some(text),
                    Some(_) => {}
                    None => return Ok(None),
                }
            }
            (None, _, _) => return Ok(None),
        }
    }
    let times = times(&opened)?;
    let mut found = Found::default();
    for (key, (id, left)) in root {
        match left {
            _ if document::is_kind_key(key) || key.contains('/') => {}
            Left::Value(value) => {
                let Some(value) = value_of(value) else {
                    return Ok(None);
                };
                found.add(key.to_owned(), value, &opened, &times, id);
            }
            Left::Prose => {
                let prose = proses.remove(&id).unwrap_or_default();
                let text: String = prose.signs.into_iter().flatten().collect();
                if !text.is_empty() {
                    found.add(
                        key.to_owned(),
                        Value::Text(text),
                        &opened,
                        &times,
                        prose.last,
                    );
                }
            }
            Left::Map => {
                for (cell, (id, left)) in maps.remove(&id).unwrap_or_default() {
                    // What lies deeper is of a later build: unshown.
                    let Left::Value(value) = left else { continue };
                    let Some(value) = value_of(value) else {
                        return Ok(None);
                    };
                    found.add(format!("{key}/{cell}"), value, &opened, &times, id);
                }
            }
        }
    }
    Ok(Some(Standing::new(found.values, found.by)))
}

#[derive(Default)]
struct Found {
    values: Values,
    by: BTreeMap<String, (FeedId, Timestamp)>,
}

impl Found {
    fn add(&mut self, path: String, value: Value, of: &Opened<'_>, times: &Times, id: Id) {
        let actor = usize::try_from(id.1).ok().and_then(|at| of.actors.get(at));
        let feed = actor.copied().and_then(document::authored);
        let time = times.get(&id.1).and_then(|of| of.range(id.0..).next());
        if let (Some(feed), Some((_, time))) = (feed, time) {
            self.by.insert(path.clone(), (feed, *time));
        }
        self.values.insert(path, value);
    }
}

struct Ids<'a> {
    actors: Runs<'a, u64>,
    counters: Counters<'a>,
}

impl<'a> Ids<'a> {
    fn new(actors: &'a [u8], counters: &'a [u8]) -> Self {
        Ids {
            actors: Runs::new(actors),
            counters: Counters::new(counters),
        }
    }

    fn next(&mut self) -> Result<Id, Refusal> {
        let actor = self.actors.some()?;
        Ok((self.counters.some()?, actor))
    }
}

/// By actor: of each of its changes the last operation's counter, with the time that it says.
type Times = BTreeMap<u64, BTreeMap<u64, Timestamp>>;

fn times(opened: &Opened<'_>) -> Result<Times, Refusal> {
    let changes = &opened.changes;
    let mut actors = Runs::<u64>::new(changes.get(change_spec::ACTOR));
    let mut last = Counters::new(changes.get(change_spec::MAX_OP));
    let mut steps = Runs::<i64>::new(changes.get(change_spec::TIME));
    let mut now = 0_i64;
    let mut times = Times::new();
    let rows = Runs::<u64>::rows(changes.get(change_spec::ACTOR), limits::DOCUMENT_CHANGES)?;
    for _ in 0..rows {
        let (actor, last) = (actors.some()?, last.some()?);
        now = now.saturating_add(steps.next()?.unwrap_or(0));
        let time = Timestamp(u64::try_from(now).unwrap_or(0));
        times.entry(actor).or_default().insert(last, time);
    }
    Ok(times)
}

fn value_of(cell: Scalar<'_>) -> Option<Value> {
    match cell {
        Scalar::Null => Some(Value::Cleared),
        Scalar::YesNo(yes) => Some(Value::YesNo(yes)),
        Scalar::Whole(n) => Some(Value::Count(n)),
        Scalar::Text(text) => Some(Value::Text(text.to_owned())),
        Scalar::Other => None,
    }
}
