//! What the receiver knows of a document, and whether a change fits onto it.
//!
//! Automerge trusts the changes it is given: one that names an object of nobody makes it panic, and
//! one that replaces what never was makes a document that cannot be loaded again. So every id in a
//! change is looked up here first, among the operations that the change's own past holds. The past
//! is what its dependencies reach; what the receiver has beyond that does not count.

use super::change::{Action, Key, OpId, Operation, Parsed};
use super::column::Kind;
use super::document::{Contents, Counts, Node, Row};
use super::{Refusal, Rules};
use crate::document;
use crate::id::FeedId;
use crate::limits;
use automerge::{Automerge, ChangeHash};
use std::collections::{BTreeMap, BTreeSet};

/// The operations and changes of a document, so that each can be found.
pub(super) struct Known<'a> {
    /// The document of which this is the content: it knows the hashes of its changes.
    document: Option<&'a Automerge>,
    contents: Contents<'a>,
    /// Changes taken in since, which `document` does not have.
    added: BTreeMap<[u8; 32], u32>,
    by_actor: BTreeMap<FeedId, u32>,
    /// For each actor its operations, by counter: (counter, row).
    operations: Vec<Vec<(u32, u32)>>,
    /// For each actor its changes, by number: (number, node).
    changes: Vec<Vec<(u64, u32)>>,
    max_op: u32,
    /// The changes that none depends on.
    heads: BTreeSet<u32>,
}

/// Which operations a change can have seen: for each actor all up to a counter.
enum Past {
    /// Every operation there is.
    All,
    UpTo(Vec<u32>),
}

impl Past {
    fn holds(&self, id: OpId) -> bool {
        match self {
            Past::All => true,
            Past::UpTo(last) => last
                .get(id.actor as usize)
                .is_some_and(|&last| id.counter <= last),
        }
    }
}

/// What an id in a change stands for.
#[derive(Clone, Copy)]
struct Found<'a> {
    id: OpId,
    object: Option<OpId>,
    key: Key<'a>,
    insert: bool,
    action: Action,
}

impl<'a> Known<'a> {
    /// What there is to know before the first change.
    pub(super) fn nothing() -> Self {
        Self::new(Contents::default())
    }

    /// What `document` holds, given its content as read from its saved form.
    pub(super) fn of(document: &'a Automerge, contents: Contents<'a>) -> Self {
        Known {
            document: Some(document),
            ..Self::new(contents)
        }
    }

    /// What is in a saved document; the hashes of its changes are not.
    pub(super) fn new(contents: Contents<'a>) -> Self {
        let mut operations = vec![Vec::new(); contents.actors.len()];
        for (place, row) in contents.rows.iter().enumerate() {
            operations[row.id.actor as usize].push((row.id.counter, place as u32));
        }
        // Rows of one actor mostly ascend already, which this sort makes use of.
        for list in &mut operations {
            list.sort();
        }
        let mut changes = vec![Vec::new(); contents.actors.len()];
        for (place, node) in contents.nodes.iter().enumerate() {
            changes[node.actor as usize].push((node.seq, place as u32));
        }
        for list in &mut changes {
            list.sort();
        }
        let by_actor = (contents.actors.iter().copied()).zip(0u32..).collect();
        let max_op = contents.nodes.iter().map(|n| n.max_op).max().unwrap_or(0);
        let mut heads: BTreeSet<u32> = (0..contents.nodes.len() as u32).collect();
        for earlier in contents.nodes.iter().flat_map(|n| &n.dependencies) {
            heads.remove(earlier);
        }
        Known {
            document: None,
            contents,
            added: BTreeMap::new(),
            by_actor,
            operations,
            changes,
            max_op,
            heads,
        }
    }

    /// The place of the change with this hash.
    fn node(&self, hash: &[u8; 32]) -> Option<u32> {
        if let Some(&place) = self.added.get(hash) {
            return Some(place);
        }
        let meta = self.document?.get_change_meta_by_hash(&ChangeHash(*hash))?;
        let actor = FeedId::from_slice(meta.actor.to_bytes())?;
        let list = self.changes.get(*self.by_actor.get(&actor)? as usize)?;
        let found = list.binary_search_by_key(&meta.seq, |(seq, _)| *seq).ok()?;
        Some(list[found].1)
    }

    fn row(&self, id: OpId) -> Option<&Row<'a>> {
        let list = self.operations.get(id.actor as usize)?;
        let found = list.binary_search_by_key(&id.counter, |(c, _)| *c).ok()?;
        self.contents.rows.get(list[found].1 as usize)
    }

    /// How much there is.
    pub(super) fn counts(&self) -> Counts {
        self.contents.counts()
    }

    /// Refuses a document that has a number twice, or containers that lie too deep or that no way
    /// leads to from the root.
    pub(super) fn sound(&self) -> Result<(), Refusal> {
        let doubled = (self.operations.iter())
            .any(|list| list.windows(2).any(|pair| pair[0].0 == pair[1].0))
            || (self.changes.iter()).any(|list| list.windows(2).any(|pair| pair[0].0 == pair[1].0));
        if doubled {
            return Err(Refusal::Counter);
        }
        for row in &self.contents.rows {
            if !row.action.makes() {
                continue;
            }
            let mut at = row.object;
            for _ in 0..limits::NESTING {
                let Some(id) = at else { break };
                at = self.row(id).ok_or(Refusal::UnknownObject)?.object;
            }
            if at.is_some() {
                return Err(Refusal::NestedTooDeep);
            }
        }
        Ok(())
    }

    /// Last number and last counter of an actor; `(0, 0)` if it has written nothing.
    fn last(&self, actor: &FeedId) -> (u64, u32) {
        self.by_actor
            .get(actor)
            .and_then(|&a| self.changes.get(a as usize)?.last())
            .map_or((0, 0), |&(seq, node)| {
                (seq, self.contents.nodes[node as usize].max_op)
            })
    }

    /// Checks `change` against everything known, and `gap` above the largest counter known, if its
    /// start is to be held against that.
    pub(super) fn check(
        &self,
        change: &Parsed<'a>,
        gap: Option<u64>,
        rules: Rules,
    ) -> Result<(), Refusal> {
        let about = &change.inspected;
        if self.node(&about.hash).is_some() {
            return Err(Refusal::AlreadyHere);
        }
        let mut dependencies = Vec::with_capacity(about.dependencies.len());
        for hash in &about.dependencies {
            dependencies.push(self.node(hash).ok_or(Refusal::MissingDependency)?);
        }

        let (last_seq, last_counter) = self.last(&about.actor);
        if about.seq <= last_seq {
            return Err(Refusal::SequenceTaken);
        }
        if about.seq != last_seq + 1 {
            return Err(Refusal::SequenceGap);
        }

        let past = self.past(&dependencies);
        let reached = |actor: &FeedId| self.by_actor.get(actor).copied();
        if let (true, Some(own)) = (last_counter > 0, reached(&about.actor)) {
            let seen = past.holds(OpId {
                counter: last_counter,
                actor: own,
            });
            if !seen {
                return Err(Refusal::OwnPast);
            }
        }
        let largest = match &past {
            Past::All => self.max_op,
            Past::UpTo(last) => last.iter().copied().max().unwrap_or(0),
        };
        if about.start_op <= u64::from(largest) {
            return Err(Refusal::StartTooLow);
        }
        if gap.is_some_and(|gap| about.start_op > u64::from(self.max_op) + gap) {
            return Err(Refusal::StartTooHigh);
        }

        if self.contents.nodes.len() >= limits::DOCUMENT_CHANGES {
            return Err(Refusal::DocumentTooManyChanges);
        }
        if self.contents.rows.len() + about.operations > limits::DOCUMENT_OPS
            || self.contents.successors + about.predecessors > limits::DOCUMENT_OPS
        {
            return Err(Refusal::DocumentTooManyOps);
        }
        let mut actors = Vec::with_capacity(about.other_actors.len() + 1);
        actors.push(reached(&about.actor));
        for other in &about.other_actors {
            let place = reached(other).ok_or(Refusal::UnknownActor)?;
            actors.push(Some(place));
        }
        Fit {
            known: self,
            change,
            past,
            actors,
            rules,
        }
        .operations()
    }

    /// What the changes at these places and all before them hold.
    fn past(&self, dependencies: &[u32]) -> Past {
        // The common case, and no walk: it was made on top of everything.
        if self.heads.iter().all(|head| dependencies.contains(head)) {
            return Past::All;
        }
        let nodes = &self.contents.nodes;
        let mut seen = vec![false; nodes.len()];
        let mut waiting = dependencies.to_vec();
        let mut last = vec![0u32; self.operations.len()];
        while let Some(place) = waiting.pop() {
            let place = place as usize;
            if std::mem::replace(&mut seen[place], true) {
                continue;
            }
            let node = &nodes[place];
            let own = &mut last[node.actor as usize];
            *own = (*own).max(node.max_op);
            waiting.extend(&node.dependencies);
        }
        Past::UpTo(last)
    }

    /// Takes a checked change in, so that the next one can refer to it.
    pub(super) fn add(&mut self, change: &Parsed<'a>) {
        let about = &change.inspected;
        let mut place_of = |actor: &FeedId| {
            let next = self.operations.len() as u32;
            let place = *self.by_actor.entry(*actor).or_insert(next);
            if place == next {
                self.contents.actors.push(*actor);
                self.operations.push(Vec::new());
                self.changes.push(Vec::new());
            }
            place
        };
        let actors: Vec<u32> = std::iter::once(&about.actor)
            .chain(&about.other_actors)
            .map(&mut place_of)
            .collect();
        let here = |id: OpId| OpId {
            actor: actors[id.actor as usize],
            ..id
        };
        let own = actors[0];
        let dependencies: Vec<u32> = about
            .dependencies
            .iter()
            .filter_map(|hash| self.node(hash))
            .collect();
        for (counter, operation) in (about.start_op as u32..).zip(&change.operations) {
            if operation.action == Action::Delete {
                continue;
            }
            let place = self.contents.rows.len() as u32;
            self.operations[own as usize].push((counter, place));
            self.contents.rows.push(Row {
                id: OpId {
                    counter,
                    actor: own,
                },
                object: operation.object.map(here),
                key: match operation.key {
                    Key::Element(id) => Key::Element(here(id)),
                    key => key,
                },
                insert: operation.insert,
                action: operation.action,
            });
        }
        self.contents.successors += about.predecessors;
        let place = self.contents.nodes.len() as u32;
        for earlier in &dependencies {
            self.heads.remove(earlier);
        }
        self.heads.insert(place);
        self.contents.nodes.push(Node {
            actor: own,
            seq: about.seq,
            max_op: about.max_op as u32,
            dependencies,
        });
        self.changes[own as usize].push((about.seq, place));
        self.added.insert(about.hash, place);
        self.max_op = self.max_op.max(about.max_op as u32);
    }
}

/// One change, held against what is known.
struct Fit<'k, 'a> {
    known: &'k Known<'a>,
    change: &'k Parsed<'a>,
    past: Past,
    /// For each actor of the change its place in what is known; the author may have none yet.
    actors: Vec<Option<u32>>,
    rules: Rules,
}

impl<'a> Fit<'_, 'a> {
    /// Whether the operation makes a container, or touches what stands in the place of one, in a document that begins with a
    /// genesis, which has made all there are: what hangs in the container of before would vanish from what is read. Or whether it
    /// puts something at the root that would be read as what hangs in one.
    fn unsettles(&self, operation: &Operation<'a>) -> bool {
        let Some(genesis) = self.known.by_actor.get(&document::GENESIS) else {
            return false;
        };
        let list = self.known.operations.get(*genesis as usize);
        let rows = list.into_iter().flatten();
        let mut rows = rows.filter_map(|(_, row)| self.known.contents.rows.get(*row as usize));
        let is_made =
            |row: &Row<'_>| row.action.makes() && row.object.is_none() && row.key == operation.key;
        let is_path = matches!(operation.key, Key::Map(key) if key.contains('/'));
        operation.action.makes() || (operation.object.is_none() && (is_path || rows.any(is_made)))
    }

    /// Where nothing is ever changed: that no operation puts something where its author had seen something stand. One that names
    /// nothing that it replaces would win over that all the same.
    fn only_adds(&self) -> Result<(), Refusal> {
        let mut standing: BTreeMap<(Option<OpId>, &str), Vec<OpId>> = BTreeMap::new();
        for row in &self.known.contents.rows {
            if let Key::Map(key) = row.key {
                standing.entry((row.object, key)).or_default().push(row.id);
            }
        }
        let mut own = BTreeSet::new();
        for operation in &self.change.operations {
            let Key::Map(key) = operation.key else {
                continue;
            };
            let is_new = own.insert((operation.object, key));
            let here = |id: OpId| {
                let actor = self.actors.get(id.actor as usize).copied().flatten()?;
                Some(OpId { actor, ..id })
            };
            let object = match operation.object {
                Some(id) => here(id).map(Some),
                None => Some(None),
            };
            let seen = object.and_then(|object| standing.get(&(object, key)));
            if !is_new || seen.is_some_and(|ids| ids.iter().any(|id| self.past.holds(*id))) {
                return Err(Refusal::AppendOnly);
            }
        }
        Ok(())
    }

    fn operations(&self) -> Result<(), Refusal> {
        let mut predecessors = self.change.predecessors.as_slice();
        for (place, operation) in self.change.operations.iter().enumerate() {
            let (own, rest) = predecessors.split_at(operation.predecessors as usize);
            predecessors = rest;
            self.operation(place, operation, own)?;
        }
        match self.rules {
            Rules::OnlyAdded => self.only_adds(),
            Rules::Judged | Rules::Settled => Ok(()),
        }
    }

    /// What the change means by `id` at its operation number `place`: something in its past, or an
    /// earlier operation of its own. The ids in the result are in the change's terms, so that they
    /// can be compared with others of the change.
    fn find(&self, place: usize, id: OpId) -> Option<Found<'a>> {
        let start = self.change.inspected.start_op;
        if id.actor == 0 && u64::from(id.counter) >= start {
            let earlier = (u64::from(id.counter) - start) as usize;
            let operation = self.change.operations[..place].get(earlier)?;
            return Some(Found {
                id,
                object: operation.object,
                key: operation.key,
                insert: operation.insert,
                action: operation.action,
            });
        }
        let actor = self.actors[id.actor as usize]?;
        let there = OpId { actor, ..id };
        if !self.past.holds(there) {
            return None;
        }
        let row = self.known.row(there)?;
        Some(Found {
            id,
            object: row.object.map(|id| self.back(id)),
            key: match row.key {
                Key::Element(id) => Key::Element(self.back(id)),
                key => key,
            },
            insert: row.insert,
            action: row.action,
        })
    }

    /// An id of the known document in the change's terms. An actor that the change does not name
    /// gets a number past its table: it is different from all that the change refers to.
    fn back(&self, id: OpId) -> OpId {
        let actor = self
            .actors
            .iter()
            .position(|place| *place == Some(id.actor))
            .map_or(self.actors.len() as u32 + id.actor, |place| place as u32);
        OpId { actor, ..id }
    }

    fn operation(
        &self,
        place: usize,
        operation: &Operation<'a>,
        predecessors: &[OpId],
    ) -> Result<(), Refusal> {
        if self.rules != Rules::Settled && self.unsettles(operation) {
            return Err(Refusal::Container);
        }
        let container = match operation.object {
            None => Action::MakeMap,
            Some(id) => {
                let found = self.find(place, id).ok_or(Refusal::UnknownObject)?;
                if !found.action.makes() {
                    return Err(Refusal::UnknownObject);
                }
                found.action
            }
        };
        match (container, operation.key) {
            (Action::MakeMap, Key::Map(_)) => {}
            (Action::MakeMap, _) | (_, Key::Map(_)) => return Err(Refusal::Operation),
            (_, Key::Head) => {}
            (_, Key::Element(id)) => {
                let found = self.find(place, id).ok_or(Refusal::UnknownElement)?;
                if !found.insert || found.object != operation.object {
                    return Err(Refusal::UnknownElement);
                }
            }
        }
        // A text consists of characters that are inserted and deleted, nothing else.
        if container == Action::MakeText {
            let fits = match operation.action {
                Action::Put(Kind::Character) => operation.insert,
                Action::Delete => true,
                _ => false,
            };
            if !fits {
                return Err(Refusal::Operation);
            }
        }
        self.predecessors(place, operation, predecessors)?;
        if operation.action.makes() {
            self.depth(place, operation.object)?;
        }
        Ok(())
    }

    fn predecessors(
        &self,
        place: usize,
        operation: &Operation<'a>,
        predecessors: &[OpId],
    ) -> Result<(), Refusal> {
        let mut last = None;
        let mut counts = false;
        for &id in predecessors {
            let rank = (id.counter, self.actor(id));
            if last >= Some(rank) {
                return Err(Refusal::PredecessorOrder);
            }
            last = Some(rank);
            let found = self.find(place, id).ok_or(Refusal::UnknownPredecessor)?;
            let same_place = found.object == operation.object
                && match operation.key {
                    Key::Element(element) if found.insert => found.id == element,
                    key => !found.insert && found.key == key,
                };
            let replaceable = !matches!(found.action, Action::Delete | Action::Increment);
            if !same_place || !replaceable {
                return Err(Refusal::UnknownPredecessor);
            }
            counts |= found.action == Action::Put(Kind::Counter);
        }
        // Where a counter stands in conflict with other values, counting up replaces those.
        if operation.action == Action::Increment && !counts {
            return Err(Refusal::UnknownPredecessor);
        }
        Ok(())
    }

    fn actor(&self, id: OpId) -> Option<FeedId> {
        let about = &self.change.inspected;
        match id.actor {
            0 => Some(about.actor),
            other => about.other_actors.get(other as usize - 1).copied(),
        }
    }

    /// Refuses a container that would lie too deep. Walks from its parent to the root; the walk
    /// ends at the limit, whatever the change claims.
    fn depth(&self, place: usize, parent: Option<OpId>) -> Result<(), Refusal> {
        let mut at = parent;
        for _ in 0..limits::NESTING {
            let Some(id) = at else { return Ok(()) };
            if id.actor as usize >= self.actors.len() {
                // An actor that the change does not name: go on in the document's own terms.
                let there = OpId {
                    actor: id.actor - self.actors.len() as u32,
                    ..id
                };
                let row = self.known.row(there).ok_or(Refusal::UnknownObject)?;
                at = row.object.map(|id| self.back(id));
                continue;
            }
            at = self.find(place, id).ok_or(Refusal::UnknownObject)?.object;
        }
        Err(Refusal::NestedTooDeep)
    }
}

#[cfg(test)]
mod tests {
    use super::super::change;
    use super::*;
    use automerge::ROOT;
    use automerge::transaction::Transactable;

    #[test]
    fn a_document_takes_operations_and_changes_up_to_its_limits() {
        let mut doc = Automerge::new();
        doc.set_actor(automerge::ActorId::from([7; 16]));
        let mut tx = doc.transaction();
        tx.put(ROOT, "k", "v").expect("writes");
        tx.put(ROOT, "k", "w").expect("writes");
        tx.commit();
        let raw = doc.get_last_local_change().expect("a change");
        let change = change::parse(raw.raw_bytes()).expect("sound");
        let check = |successors| {
            let contents = Contents {
                successors,
                ..Contents::default()
            };
            Known::new(contents).check(&change, None, Rules::Judged)
        };
        let full = |changes: usize| {
            let node = |n: usize| Node {
                actor: 0,
                seq: n as u64,
                max_op: 1,
                dependencies: vec![],
            };
            let contents = Contents {
                actors: vec![FeedId([1; 16])],
                nodes: (1..=changes).map(node).collect(),
                ..Contents::default()
            };
            Known::new(contents).check(&change, None, Rules::Judged)
        };
        assert_eq!(full(limits::DOCUMENT_CHANGES - 1), Ok(()));
        assert_eq!(
            full(limits::DOCUMENT_CHANGES),
            Err(Refusal::DocumentTooManyChanges)
        );
        assert_eq!(check(limits::DOCUMENT_OPS - 1), Ok(()));
        assert_eq!(
            check(limits::DOCUMENT_OPS),
            Err(Refusal::DocumentTooManyOps)
        );
    }
}
