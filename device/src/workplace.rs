//! Where a person works on records: a phone in its folder, or the office's own node. What is shown, typed and chosen is the
//! same at both, so it is written once, on this ([`crate::record`], [`crate::say`], [`crate::looks`]).
//!
//! What differs is said here and nowhere else: what the office writes is sealed and judged at once, a phone's work waits for
//! the next sync and its mark is on disk before anything that it counts leaves.

use crate::handset::Handset;
use chibo_core::author::{Author, Doing, EditError, EditOutcome, NewPlace, Target};
use chibo_core::document::{Conflict, Values};
use chibo_core::domain::look::Look;
use chibo_core::id::{DocId, FeedId, PlaceId};
use chibo_core::identity::Grant;
use chibo_core::kind::Kind;
use chibo_core::node::Node;
use chibo_core::records;
use chibo_core::store::sqlite::SqliteStore;
use chibo_core::store::{Store, StoreError};
use chibo_core::time::Timestamp;
use chibo_core::tree::Tree;
use rand_core::RngCore;

/// Where a person works on records.
pub trait Workplace {
    /// Where they lie.
    fn store(&self) -> &SqliteStore;

    /// The tree of places.
    fn tree(&self) -> &Tree;

    /// Who writes here; `None`: a phone that is not enrolled.
    fn author(&self) -> Option<&Author>;

    /// A document's values as people see them; `None` if there is none.
    fn values(&self, doc: DocId) -> Result<Option<(&'static Kind, Values)>, StoreError>;

    /// A document's open conflicts.
    fn conflicts(&self, doc: DocId) -> Result<Vec<Conflict>, StoreError>;

    /// Makes places and edits documents: all or nothing. What came of each edit.
    fn edit_many(
        &mut self,
        places: &[NewPlace],
        edits: &[(Target, Values)],
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<Vec<EditOutcome>, EditError>;

    /// Edits a document.
    fn edit(
        &mut self,
        target: Target,
        values: &Values,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<EditOutcome, EditError>;

    /// Does an act in a case.
    fn act(
        &mut self,
        target: Target,
        doing: Doing,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<EditOutcome, EditError>;

    /// Writes down that a place's record or list was looked at; whether there is a line for it ([`crate::looks::note`]).
    fn note_look(
        &mut self,
        place: PlaceId,
        look: Look,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<bool, EditError>;

    /// The grant under which a feed writes: whose words they are.
    fn writer_of(&self, feed: FeedId) -> Result<Option<Grant>, StoreError> {
        self.store().read(|tx| match records::feed(tx, feed)? {
            Some(row) => records::grant(tx, row.grant),
            None => Ok(None),
        })
    }
}

impl Workplace for Handset {
    fn store(&self) -> &SqliteStore {
        self.phone.store()
    }

    fn tree(&self) -> &Tree {
        self.phone.tree()
    }

    fn author(&self) -> Option<&Author> {
        self.phone.author()
    }

    fn values(&self, doc: DocId) -> Result<Option<(&'static Kind, Values)>, StoreError> {
        self.phone.values(doc)
    }

    fn conflicts(&self, doc: DocId) -> Result<Vec<Conflict>, StoreError> {
        self.phone.conflicts(doc)
    }

    fn edit_many(
        &mut self,
        places: &[NewPlace],
        edits: &[(Target, Values)],
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<Vec<EditOutcome>, EditError> {
        let done = self.phone.edit_many(places, edits, now, rng)?;
        self.note_mark()?;
        Ok(done)
    }

    fn edit(
        &mut self,
        target: Target,
        values: &Values,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<EditOutcome, EditError> {
        let done = self.phone.edit(target, values, now, rng)?;
        self.note_mark()?;
        Ok(done)
    }

    fn act(
        &mut self,
        target: Target,
        doing: Doing,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<EditOutcome, EditError> {
        let done = self.phone.act(target, doing, now, rng)?;
        self.note_mark()?;
        Ok(done)
    }

    fn note_look(
        &mut self,
        place: PlaceId,
        look: Look,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<bool, EditError> {
        self.phone.note_look(place, look, now, rng)
    }
}

impl Workplace for Node<SqliteStore> {
    fn store(&self) -> &SqliteStore {
        Node::store(self)
    }

    fn tree(&self) -> &Tree {
        Node::tree(self)
    }

    fn author(&self) -> Option<&Author> {
        Some(Node::author(self))
    }

    fn values(&self, doc: DocId) -> Result<Option<(&'static Kind, Values)>, StoreError> {
        Node::values(self, doc)
    }

    fn conflicts(&self, doc: DocId) -> Result<Vec<Conflict>, StoreError> {
        Node::conflicts(self, doc)
    }

    fn edit_many(
        &mut self,
        places: &[NewPlace],
        edits: &[(Target, Values)],
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<Vec<EditOutcome>, EditError> {
        Node::edit_many(self, places, edits, now, rng)
    }

    fn edit(
        &mut self,
        target: Target,
        values: &Values,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<EditOutcome, EditError> {
        let done = Node::edit(self, target, values, now, rng)?;
        self.submit(now, rng)?;
        Ok(done)
    }

    fn act(
        &mut self,
        target: Target,
        doing: Doing,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<EditOutcome, EditError> {
        let done = Node::act(self, target, doing, now, rng)?;
        self.submit(now, rng)?;
        Ok(done)
    }

    fn note_look(
        &mut self,
        place: PlaceId,
        look: Look,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<bool, EditError> {
        Node::note_look(self, place, look, now, rng)
    }
}
