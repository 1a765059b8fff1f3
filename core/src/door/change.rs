//! One change as it travels, read to its last byte without Automerge.
//!
//! What can be said of a change without the document stands here: its frame, its counts, the shape
//! of its columns, and that every reference stays inside its own table of actors. Whether what it
//! refers to exists is for [`super::known`].
//!
//! Memory is bounded by the limits, not by what the change claims: nothing is kept for a row before
//! the rows were counted.

use super::bytes::Bytes;
use super::column::{Columns, Counters, Flags, Kind, Runs, Values};
use super::{Inspected, Refusal};
use crate::id::FeedId;
use crate::limits;
use sha2::{Digest, Sha256};

/// The first four bytes of every chunk that Automerge writes.
const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
/// Chunk type of a whole document.
pub(super) const DOCUMENT: u8 = 0;
/// Chunk type of one change, uncompressed.
pub(super) const CHANGE: u8 = 1;

/// The latest time that a change may claim: 2^53 of whatever unit, as far as JSON counts exactly.
const LAST_TIME: i64 = 1 << 53;

/// The columns of a change's operations, by Automerge's number: `id << 4 | type`.
mod spec {
    pub const OBJECT_ACTOR: u32 = 0x01;
    pub const OBJECT_COUNTER: u32 = 0x02;
    pub const KEY_ACTOR: u32 = 0x11;
    pub const KEY_COUNTER: u32 = 0x13;
    pub const KEY_TEXT: u32 = 0x15;
    pub const INSERT: u32 = 0x34;
    pub const ACTION: u32 = 0x42;
    pub const VALUE_META: u32 = 0x56;
    pub const VALUE: u32 = 0x57;
    pub const PREDECESSORS: u32 = 0x70;
    pub const PREDECESSOR_ACTOR: u32 = 0x71;
    pub const PREDECESSOR_COUNTER: u32 = 0x73;
    pub const EXPAND: u32 = 0x94;
    pub const MARK_NAME: u32 = 0xa5;
    pub const ALL: [u32; 14] = [
        OBJECT_ACTOR,
        OBJECT_COUNTER,
        KEY_ACTOR,
        KEY_COUNTER,
        KEY_TEXT,
        INSERT,
        ACTION,
        VALUE_META,
        VALUE,
        PREDECESSORS,
        PREDECESSOR_ACTOR,
        PREDECESSOR_COUNTER,
        EXPAND,
        MARK_NAME,
    ];
}

/// The number of an operation: its counter, and its actor's place in a table of actors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct OpId {
    pub(super) counter: u32,
    pub(super) actor: u32,
}

/// Where in its container an operation acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key<'a> {
    /// Under this key of a map.
    Map(&'a str),
    /// Before the first element of a sequence; only insertions are.
    Head,
    /// At, or for an insertion after, the element that this operation inserted.
    Element(OpId),
}

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    MakeMap,
    MakeList,
    MakeText,
    Put(Kind),
    Delete,
    Increment,
}

impl Action {
    /// The action of this number with a value of this kind.
    pub(super) fn new(number: u64, value: Kind) -> Result<Self, Refusal> {
        let plain = |action| match value {
            Kind::Null => Ok(action),
            _ => Err(Refusal::Operation),
        };
        match number {
            0 => plain(Action::MakeMap),
            1 => Ok(Action::Put(value)),
            2 => plain(Action::MakeList),
            3 => plain(Action::Delete),
            4 => plain(Action::MakeText),
            5 if value == Kind::Step => Ok(Action::Increment),
            5 => Err(Refusal::Operation),
            7 => Err(Refusal::Mark),
            _ => Err(Refusal::ActionUnknown),
        }
    }

    pub(super) fn makes(self) -> bool {
        matches!(self, Action::MakeMap | Action::MakeList | Action::MakeText)
    }
}

/// One operation of a change. Actors are places in the change's own table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operation<'a> {
    /// The container; `None` is the root map.
    pub(super) object: Option<OpId>,
    pub(super) key: Key<'a>,
    pub(super) insert: bool,
    pub(super) action: Action,
    /// How many of [`Parsed::predecessors`] are this operation's, after those of the ones before.
    pub(super) predecessors: u32,
}

/// A change that is sound in itself.
pub(super) struct Parsed<'a> {
    pub(super) raw: &'a [u8],
    pub(super) inspected: Inspected,
    pub(super) operations: Vec<Operation<'a>>,
    pub(super) predecessors: Vec<OpId>,
}

/// Opens the frame that Automerge puts around a change or a document: checks its first bytes, type,
/// length and checksum, and gives back what is inside with its hash.
pub(super) fn open(raw: &[u8], wanted: u8) -> Result<(&[u8], [u8; 32]), Refusal> {
    let mut bytes = Bytes::new(raw);
    if bytes.array()? != MAGIC {
        return Err(Refusal::Magic);
    }
    let checksum: [u8; 4] = bytes.array()?;
    let found = bytes.byte()?;
    if found != wanted {
        return Err(Refusal::ChunkType { found });
    }
    let length = bytes.length()?;
    let body = bytes.take(length)?;
    if !bytes.is_empty() {
        return Err(Refusal::TrailingBytes);
    }
    // Automerge hashes everything after the checksum.
    let hash: [u8; 32] = Sha256::digest(&raw[MAGIC.len() + checksum.len()..]).into();
    if hash[..4] != checksum {
        return Err(Refusal::Checksum);
    }
    Ok((body, hash))
}

/// Reads one actor, which has to be a feed id.
pub(super) fn actor(bytes: &mut Bytes<'_>) -> Result<FeedId, Refusal> {
    if bytes.length()? != FeedId::LEN {
        return Err(Refusal::ActorLength);
    }
    Ok(FeedId(bytes.array()?))
}

/// An operation counter, in the range that leaves room for everyone's later edits.
pub(super) fn counter(number: u64) -> Result<u32, Refusal> {
    match u32::try_from(number) {
        Ok(small) if number <= limits::MAX_OP => Ok(small),
        _ => Err(Refusal::Counter),
    }
}

/// Reads and checks a whole change.
pub(super) fn parse(raw: &[u8]) -> Result<Parsed<'_>, Refusal> {
    if raw.len() > limits::CHANGE_BYTES {
        return Err(Refusal::TooLong { bytes: raw.len() });
    }
    let (body, hash) = open(raw, CHANGE)?;
    let mut bytes = Bytes::new(body);

    let count = bytes.length()?;
    if count > limits::CHANGE_DEPS {
        return Err(Refusal::TooManyDependencies);
    }
    let mut dependencies: Vec<[u8; 32]> = Vec::with_capacity(count);
    for _ in 0..count {
        let dependency = bytes.array()?;
        if dependencies.last().is_some_and(|last| *last >= dependency) {
            return Err(Refusal::DependencyOrder);
        }
        dependencies.push(dependency);
    }

    let author = actor(&mut bytes)?;
    let seq = bytes.unsigned()?;
    let start_op = bytes.unsigned()?;
    if seq == 0 || seq > limits::MAX_OP || start_op == 0 {
        return Err(Refusal::Counter);
    }
    let time = bytes.signed()?;
    // Automerge keeps times as differences, which must not overflow.
    if !(0..=LAST_TIME).contains(&time) {
        return Err(Refusal::Time);
    }
    if bytes.length()? != 0 {
        return Err(Refusal::Message);
    }

    let count = bytes.length()?;
    if count > limits::CHANGE_ACTORS {
        return Err(Refusal::TooManyActors);
    }
    let mut others: Vec<FeedId> = Vec::with_capacity(count);
    for _ in 0..count {
        let other = actor(&mut bytes)?;
        if other == author || others.last().is_some_and(|last| *last >= other) {
            return Err(Refusal::ActorTable);
        }
        others.push(other);
    }

    let list = Columns::list(&mut bytes, &spec::ALL)?;
    let columns = Columns::fill(list, &mut bytes)?;
    if !bytes.is_empty() {
        return Err(Refusal::TrailingBytes);
    }
    if columns.has_empty() {
        return Err(Refusal::Column);
    }
    // Automerge writes this column only beside a mark.
    if !columns.get(spec::EXPAND).is_empty() || !columns.get(spec::MARK_NAME).is_empty() {
        return Err(Refusal::Mark);
    }

    let (operations, predecessors) = operations(&columns, others.len() + 1)?;
    let operation_count = operations.len();
    let last = start_op.saturating_add(operation_count as u64 - 1);
    if last > limits::MAX_OP {
        return Err(Refusal::Counter);
    }
    let containers_made = operations.iter().filter(|o| o.action.makes()).count();
    if containers_made > limits::CHANGE_MAKES {
        return Err(Refusal::TooManyMakes);
    }
    Ok(Parsed {
        raw,
        inspected: Inspected {
            hash,
            actor: author,
            seq,
            start_op,
            max_op: last,
            dependencies,
            other_actors: others,
            operations: operation_count,
            predecessors: predecessors.len(),
            containers_made,
            time,
        },
        operations,
        predecessors,
    })
}

/// Decodes the operations row by row. `actors` is the size of the change's table of actors.
fn operations<'a>(
    columns: &Columns<'a>,
    actors: usize,
) -> Result<(Vec<Operation<'a>>, Vec<OpId>), Refusal> {
    let rows = Runs::<u64>::rows(columns.get(spec::ACTION), limits::CHANGE_OPS)?;
    if rows == 0 {
        return Err(Refusal::NoOperations);
    }
    let mut object_actor = Runs::<u64>::new(columns.get(spec::OBJECT_ACTOR));
    let mut object_counter = Runs::<u64>::new(columns.get(spec::OBJECT_COUNTER));
    let mut key_actor = Runs::<u64>::new(columns.get(spec::KEY_ACTOR));
    let mut key_counter = Counters::new(columns.get(spec::KEY_COUNTER));
    let mut key_text = Runs::<&str>::new(columns.get(spec::KEY_TEXT));
    let mut insert = Flags::new(columns.get(spec::INSERT));
    let mut action = Runs::<u64>::new(columns.get(spec::ACTION));
    let mut values = Values::new(columns.get(spec::VALUE_META), columns.get(spec::VALUE));
    let mut counts = Runs::<u64>::new(columns.get(spec::PREDECESSORS));
    let mut previous = Ids {
        actor: Runs::new(columns.get(spec::PREDECESSOR_ACTOR)),
        counter: Counters::new(columns.get(spec::PREDECESSOR_COUNTER)),
        actors,
    };

    // A table of actors that names one nobody refers to would be written differently by Automerge
    // once the document is loaded again: another hash, and the document is lost.
    let mut used = vec![false; actors];
    used[0] = true;
    let mut operations = Vec::with_capacity(rows);
    let mut predecessors = Vec::new();
    for _ in 0..rows {
        let object = object(object_actor.next()?, object_counter.next()?, actors)?;
        let key = key(
            key_text.next()?,
            key_actor.next()?,
            key_counter.next()?,
            actors,
        )?;
        let insert = insert.next()?;
        let number = action.some()?;
        let action = Action::new(number, values.next()?)?;
        let count = counts.some()?;
        if count > (limits::CHANGE_OPS - predecessors.len()) as u64 {
            return Err(Refusal::TooManyOps);
        }
        for _ in 0..count {
            let id = previous.next()?;
            used[id.actor as usize] = true;
            predecessors.push(id);
        }
        if let Some(id) = object {
            used[id.actor as usize] = true;
        }
        if let Key::Element(id) = key {
            used[id.actor as usize] = true;
        }
        let operation = Operation {
            object,
            key,
            insert,
            action,
            predecessors: count as u32,
        };
        shape(&operation)?;
        operations.push(operation);
    }
    object_actor.finish()?;
    object_counter.finish()?;
    key_actor.finish()?;
    key_counter.finish()?;
    key_text.finish()?;
    insert.finish()?;
    action.finish()?;
    values.finish()?;
    counts.finish()?;
    previous.actor.finish()?;
    previous.counter.finish()?;
    if used.contains(&false) {
        return Err(Refusal::ActorTable);
    }
    Ok((operations, predecessors))
}

/// The two columns of operation ids that come in lists.
pub(super) struct Ids<'a> {
    pub(super) actor: Runs<'a, u64>,
    pub(super) counter: Counters<'a>,
    pub(super) actors: usize,
}

impl Ids<'_> {
    pub(super) fn next(&mut self) -> Result<OpId, Refusal> {
        id(self.actor.some()?, self.counter.some()?, self.actors)
    }
}

/// An operation's id, if its actor is in the table and its counter in range.
pub(super) fn id(actor: u64, number: u64, actors: usize) -> Result<OpId, Refusal> {
    if actor >= actors as u64 {
        return Err(Refusal::Reference);
    }
    if number == 0 {
        return Err(Refusal::Counter);
    }
    Ok(OpId {
        counter: counter(number)?,
        actor: u32::try_from(actor).map_err(|_| Refusal::Reference)?,
    })
}

/// The container that an operation acts in.
pub(super) fn object(
    actor: Option<u64>,
    number: Option<u64>,
    actors: usize,
) -> Result<Option<OpId>, Refusal> {
    match (actor, number) {
        (None, None) => Ok(None),
        (Some(actor), Some(number)) => id(actor, number, actors).map(Some),
        _ => Err(Refusal::Column),
    }
}

/// The place inside the container.
pub(super) fn key<'a>(
    text: Option<&'a str>,
    actor: Option<u64>,
    number: Option<u64>,
    actors: usize,
) -> Result<Key<'a>, Refusal> {
    match (text, actor, number) {
        (Some(text), None, None) => {
            if text.is_empty() || text.len() > limits::KEY_BYTES {
                return Err(Refusal::Key);
            }
            Ok(Key::Map(text))
        }
        (None, None, Some(0)) => Ok(Key::Head),
        (None, Some(actor), Some(number)) => id(actor, number, actors).map(Key::Element),
        _ => Err(Refusal::Column),
    }
}

/// Whether key, insertion, action and predecessors can go together at all.
fn shape(operation: &Operation<'_>) -> Result<(), Refusal> {
    let fits = match (operation.key, operation.insert) {
        (Key::Map(_), insert) => !insert,
        (Key::Head, insert) => insert,
        (Key::Element(_), _) => true,
    };
    // A deletion is stored only at what it deletes: without, it would vanish from the document and
    // leave a hole in its change.
    let acts = match operation.action {
        Action::Delete | Action::Increment => !operation.insert && operation.predecessors > 0,
        _ => !operation.insert || operation.predecessors == 0,
    };
    if fits && acts {
        Ok(())
    } else {
        Err(Refusal::Operation)
    }
}
