//! A whole saved document, read without Automerge: who changed it, and which operations it holds.
//!
//! Used twice: for the receiver's own document, to know what a change may refer to, and for a
//! document that a peer sends, to know that loading it costs no more than the limits say. A saved
//! document is not proof of its content (the order of its rows decides what is read from it, and no
//! hash covers that order), so a peer's is taken apart into changes afterwards; see
//! [`super::load_document`].

use super::Refusal;
use super::bytes::Bytes;
use super::change::{self, Action, Ids, Key, OpId};
use super::column::{Columns, Counters, Flags, Runs, Values};
use crate::id::FeedId;
use crate::limits;

/// The columns of a document's changes.
pub(super) mod change_spec {
    pub const ACTOR: u32 = 0x01;
    pub const SEQ: u32 = 0x03;
    pub const MAX_OP: u32 = 0x13;
    pub const TIME: u32 = 0x23;
    pub const MESSAGE: u32 = 0x35;
    pub const DEPENDENCIES: u32 = 0x40;
    pub const DEPENDENCY: u32 = 0x43;
    pub const EXTRA_META: u32 = 0x56;
    pub const EXTRA: u32 = 0x57;
    pub const ALL: [u32; 9] = [
        ACTOR,
        SEQ,
        MAX_OP,
        TIME,
        MESSAGE,
        DEPENDENCIES,
        DEPENDENCY,
        EXTRA_META,
        EXTRA,
    ];
}

/// The columns of a document's operations.
pub(super) mod op_spec {
    pub const OBJECT_ACTOR: u32 = 0x01;
    pub const OBJECT_COUNTER: u32 = 0x02;
    pub const KEY_ACTOR: u32 = 0x11;
    pub const KEY_COUNTER: u32 = 0x13;
    pub const KEY_TEXT: u32 = 0x15;
    pub const ID_ACTOR: u32 = 0x21;
    pub const ID_COUNTER: u32 = 0x23;
    pub const INSERT: u32 = 0x34;
    pub const ACTION: u32 = 0x42;
    pub const VALUE_META: u32 = 0x56;
    pub const VALUE: u32 = 0x57;
    pub const SUCCESSORS: u32 = 0x80;
    pub const SUCCESSOR_ACTOR: u32 = 0x81;
    pub const SUCCESSOR_COUNTER: u32 = 0x83;
    pub const EXPAND: u32 = 0x94;
    pub const MARK_NAME: u32 = 0xa5;
    pub const ALL: [u32; 16] = [
        OBJECT_ACTOR,
        OBJECT_COUNTER,
        KEY_ACTOR,
        KEY_COUNTER,
        KEY_TEXT,
        ID_ACTOR,
        ID_COUNTER,
        INSERT,
        ACTION,
        VALUE_META,
        VALUE,
        SUCCESSORS,
        SUCCESSOR_ACTOR,
        SUCCESSOR_COUNTER,
        EXPAND,
        MARK_NAME,
    ];
}

/// A change inside a document.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) actor: u32,
    pub(super) seq: u64,
    pub(super) max_op: u32,
    /// Places of the changes it depends on, all before its own.
    pub(super) dependencies: Vec<u32>,
}

/// An operation inside a document; deletions are none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'a> {
    pub(super) id: OpId,
    pub(super) object: Option<OpId>,
    pub(super) key: Key<'a>,
    pub(super) insert: bool,
    pub(super) action: Action,
}

/// What a document consists of. Actors are places in its table.
#[derive(Default)]
pub(super) struct Contents<'a> {
    pub(super) actors: Vec<FeedId>,
    pub(super) nodes: Vec<Node>,
    pub(super) rows: Vec<Row<'a>>,
    /// How many marks of replacement its rows carry.
    pub(super) successors: usize,
}

/// How much a document holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) nodes: usize,
    pub(super) rows: usize,
    pub(super) successors: usize,
}

impl Contents<'_> {
    pub(super) fn counts(&self) -> Counts {
        Counts {
            nodes: self.nodes.len(),
            rows: self.rows.len(),
            successors: self.successors,
        }
    }
}

/// A saved document taken apart into its columns.
pub(super) struct Opened<'a> {
    pub(super) actors: Vec<FeedId>,
    heads: usize,
    pub(super) changes: Columns<'a>,
    pub(super) ops: Columns<'a>,
    /// What follows: the places of its heads.
    rest: Bytes<'a>,
}

pub(super) fn open(saved: &[u8]) -> Result<Opened<'_>, Refusal> {
    if saved.len() > limits::DOCUMENT_MAX_BYTES {
        return Err(Refusal::DocumentTooLarge { bytes: saved.len() });
    }
    let (body, _) = change::open(saved, change::DOCUMENT)?;
    let mut bytes = Bytes::new(body);

    let count = bytes.length()?;
    if count > limits::DOCUMENT_OPS {
        return Err(Refusal::TooManyActors);
    }
    // No more than the bytes can hold, whatever the count says.
    let mut actors = Vec::with_capacity(count.min(bytes.len() / FeedId::LEN));
    for _ in 0..count {
        let actor = change::actor(&mut bytes)?;
        if actors.last().is_some_and(|last| *last >= actor) {
            return Err(Refusal::ActorTable);
        }
        actors.push(actor);
    }
    let heads = bytes.length()?;
    if heads > limits::DOCUMENT_OPS {
        return Err(Refusal::TooManyDependencies);
    }
    bytes.take(heads * 32)?;

    let change_list = Columns::list(&mut bytes, &change_spec::ALL)?;
    let op_list = Columns::list(&mut bytes, &op_spec::ALL)?;
    let change_columns = Columns::fill(change_list, &mut bytes)?;
    let op_columns = Columns::fill(op_list, &mut bytes)?;
    Ok(Opened {
        actors,
        heads,
        changes: change_columns,
        ops: op_columns,
        rest: bytes,
    })
}

/// Every text that a field of the root map was given, with the seconds that the change says, the oldest first.
///
/// For documents of one's own store, whose columns were checked when they came in.
pub(super) fn written<'a>(saved: &'a [u8], field: &str) -> Result<Vec<(&'a str, i64)>, Refusal> {
    let Opened { changes, ops, .. } = open(saved)?;
    let mut actor = Runs::<u64>::new(ops.get(op_spec::ID_ACTOR));
    let mut counter = Counters::new(ops.get(op_spec::ID_COUNTER));
    let mut object = Runs::<u64>::new(ops.get(op_spec::OBJECT_COUNTER));
    let mut key = Runs::<&str>::new(ops.get(op_spec::KEY_TEXT));
    let mut values = Values::new(ops.get(op_spec::VALUE_META), ops.get(op_spec::VALUE));
    let mut found = Vec::new();
    for _ in 0..Runs::<u64>::rows(ops.get(op_spec::ACTION), limits::DOCUMENT_OPS)? {
        let id = (actor.some()?, counter.some()?);
        let is_of = object.next()?.is_none() && key.next()? == Some(field);
        if let Some(text) = values.text()?.filter(|_| is_of) {
            found.push((id, text));
        }
    }
    if found.is_empty() {
        return Ok(Vec::new());
    }
    // The change that an operation stands in is its actor's first that ends at it or after.
    let mut actor = Runs::<u64>::new(changes.get(change_spec::ACTOR));
    let mut max_op = Counters::new(changes.get(change_spec::MAX_OP));
    let mut time = Runs::<i64>::new(changes.get(change_spec::TIME));
    let mut now = 0_i64;
    let mut all = Vec::with_capacity(found.len());
    let rows = Runs::<u64>::rows(changes.get(change_spec::ACTOR), limits::DOCUMENT_CHANGES)?;
    for _ in 0..rows {
        let (by, last) = (actor.some()?, max_op.some()?);
        now = now.saturating_add(time.next()?.unwrap_or(0));
        found.retain(|((of, at), text)| {
            let is_here = *of == by && *at <= last;
            if is_here {
                all.push((*text, now));
            }
            !is_here
        });
    }
    Ok(all)
}

/// Reads and bounds a saved document.
pub(super) fn parse(saved: &[u8]) -> Result<Contents<'_>, Refusal> {
    let Opened {
        actors,
        heads,
        changes: change_columns,
        ops: op_columns,
        rest: mut bytes,
    } = open(saved)?;
    let nodes = nodes(&change_columns, actors.len())?;
    let (rows, successors) = rows(&op_columns, actors.len())?;
    // A change inserts something or replaces something.
    if nodes.len() > rows.len() + successors {
        return Err(Refusal::NoOperations);
    }
    for _ in 0..heads {
        if bytes.length()? >= nodes.len() {
            return Err(Refusal::Reference);
        }
    }
    if !bytes.is_empty() {
        return Err(Refusal::TrailingBytes);
    }
    Ok(Contents {
        actors,
        nodes,
        rows,
        successors,
    })
}

fn nodes(columns: &Columns<'_>, actors: usize) -> Result<Vec<Node>, Refusal> {
    let rows = Runs::<u64>::rows(columns.get(change_spec::ACTOR), limits::DOCUMENT_CHANGES);
    let rows = rows.map_err(|refusal| match refusal {
        Refusal::TooManyOps => Refusal::DocumentTooManyChanges,
        other => other,
    })?;
    let mut actor = Runs::<u64>::new(columns.get(change_spec::ACTOR));
    let mut seq = Counters::new(columns.get(change_spec::SEQ));
    let mut max_op = Counters::new(columns.get(change_spec::MAX_OP));
    let mut time = Runs::<i64>::new(columns.get(change_spec::TIME));
    let mut last_time = 0i64;
    let mut message = Runs::<&str>::new(columns.get(change_spec::MESSAGE));
    let mut counts = Runs::<u64>::new(columns.get(change_spec::DEPENDENCIES));
    let mut dependency = Counters::new(columns.get(change_spec::DEPENDENCY));
    let mut extra = Runs::<u64>::new(columns.get(change_spec::EXTRA_META));
    if !columns.get(change_spec::EXTRA).is_empty() {
        return Err(Refusal::TrailingBytes);
    }

    let mut nodes = Vec::with_capacity(rows);
    let mut all_dependencies = 0usize;
    for place in 0..rows {
        let actor = actor.some()?;
        if actor >= actors as u64 {
            return Err(Refusal::Reference);
        }
        let seq = seq.some()?;
        let max_op = change::counter(max_op.some()?)?;
        // Kept as differences; their sum must not overflow where Automerge adds them up.
        let step = time.next()?.unwrap_or(0);
        last_time = last_time.checked_add(step).ok_or(Refusal::Number)?;
        if message.next()?.is_some_and(|text| !text.is_empty()) {
            return Err(Refusal::Message);
        }
        // What else a change carries: bytes (kind 7) of no length.
        if extra.next()?.is_some_and(|meta| meta != 7) {
            return Err(Refusal::TrailingBytes);
        }
        let count = counts.some()?;
        if count > limits::CHANGE_DEPS as u64 {
            return Err(Refusal::TooManyDependencies);
        }
        all_dependencies += count as usize;
        if all_dependencies > limits::DOCUMENT_OPS {
            return Err(Refusal::TooManyDependencies);
        }
        let mut dependencies = Vec::with_capacity(count as usize);
        for _ in 0..count {
            let earlier = change::counter(dependency.some()?)?;
            if earlier as usize >= place {
                return Err(Refusal::Reference);
            }
            dependencies.push(earlier);
        }
        nodes.push(Node {
            actor: actor as u32,
            seq,
            max_op,
            dependencies,
        });
    }
    actor.finish()?;
    seq.finish()?;
    max_op.finish()?;
    time.finish()?;
    message.finish()?;
    counts.finish()?;
    dependency.finish()?;
    extra.finish()?;
    Ok(nodes)
}

fn rows<'a>(columns: &Columns<'a>, actors: usize) -> Result<(Vec<Row<'a>>, usize), Refusal> {
    let count = Runs::<u64>::rows(columns.get(op_spec::ACTION), limits::DOCUMENT_OPS)?;
    if !columns.get(op_spec::EXPAND).is_empty() || !columns.get(op_spec::MARK_NAME).is_empty() {
        return Err(Refusal::Mark);
    }
    let mut ids = Ids {
        actor: Runs::new(columns.get(op_spec::ID_ACTOR)),
        counter: Counters::new(columns.get(op_spec::ID_COUNTER)),
        actors,
    };
    let mut object_actor = Runs::<u64>::new(columns.get(op_spec::OBJECT_ACTOR));
    let mut object_counter = Runs::<u64>::new(columns.get(op_spec::OBJECT_COUNTER));
    let mut key_actor = Runs::<u64>::new(columns.get(op_spec::KEY_ACTOR));
    let mut key_counter = Counters::new(columns.get(op_spec::KEY_COUNTER));
    let mut key_text = Runs::<&str>::new(columns.get(op_spec::KEY_TEXT));
    let mut insert = Flags::new(columns.get(op_spec::INSERT));
    let mut action = Runs::<u64>::new(columns.get(op_spec::ACTION));
    let mut values = Values::new(
        columns.get(op_spec::VALUE_META),
        columns.get(op_spec::VALUE),
    );
    let mut counts = Runs::<u64>::new(columns.get(op_spec::SUCCESSORS));
    let mut successor = Ids {
        actor: Runs::new(columns.get(op_spec::SUCCESSOR_ACTOR)),
        counter: Counters::new(columns.get(op_spec::SUCCESSOR_COUNTER)),
        actors,
    };

    let mut rows = Vec::with_capacity(count);
    let mut successors = 0usize;
    for _ in 0..count {
        let id = ids.next()?;
        let object = change::object(object_actor.next()?, object_counter.next()?, actors)?;
        let key = change::key(
            key_text.next()?,
            key_actor.next()?,
            key_counter.next()?,
            actors,
        )?;
        let insert = insert.next()?;
        let number = action.some()?;
        let action = Action::new(number, values.next()?)?;
        let more = counts.some()?;
        if more > (limits::DOCUMENT_OPS - successors) as u64 {
            return Err(Refusal::DocumentTooManyOps);
        }
        successors += more as usize;
        for _ in 0..more {
            successor.next()?;
        }
        rows.push(Row {
            id,
            object,
            key,
            insert,
            action,
        });
    }
    ids.actor.finish()?;
    ids.counter.finish()?;
    object_actor.finish()?;
    object_counter.finish()?;
    key_actor.finish()?;
    key_counter.finish()?;
    key_text.finish()?;
    insert.finish()?;
    action.finish()?;
    values.finish()?;
    counts.finish()?;
    successor.actor.finish()?;
    successor.counter.finish()?;
    Ok((rows, successors))
}
