//! The seats of who goes: once a person is forgotten, their name stands in no committee that a unit lists, and in none that
//! it listed. The seat itself stays, with its post, its days and the number of the paper: that is the unit's history.
//!
//! A unit's document is one and is never forgotten as a whole, so what a seat said before lies on in the changes of that
//! document; ADR 0035 says what that means.

use super::Node;
use crate::author::{self, EditError, Target};
use crate::document::{Value, Values};
use crate::domain::decision::DECISION;
use crate::domain::member::MEMBER;
use crate::domain::unit::UNIT;
use crate::elsewhere;
use crate::id::PlaceId;
use crate::place::PlaceKind;
use crate::replica::{self, Overlay};
use crate::store::{Store, StoreError, Tx};
use crate::text::fold_words;
use crate::time::Timestamp;
use crate::tree::Tree;
use rand_core::RngCore;
use std::collections::BTreeSet;

/// Where a person is named in units' lists of seats.
#[derive(Debug, Clone, Default)]
pub struct Seats(Vec<(PlaceId, Values)>);

impl<S: Store> Node<S> {
    /// Where a person is named in a unit's list of seats, or as its secretary where nobody else there is called so. Asked
    /// before the record goes, while it is known what they were called.
    pub fn seats_of(&self, person: PlaceId) -> Result<Seats, StoreError> {
        let seats = self.store.read(|tx| seats(tx, &self.tree, person))?;
        Ok(Seats(seats))
    }

    /// Takes the name out of all of them. Twice is as once.
    ///
    /// # Errors
    /// [`EditError`]; nothing has changed then.
    pub fn leave_seats(
        &mut self,
        seats: &Seats,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<(), EditError> {
        let (tree, office) = (&self.tree, &self.office);
        self.store.write(|tx| {
            for (unit, edits) in &seats.0 {
                let target = Target::at(*unit, &UNIT, b"");
                author::edit(tx, tree, office, target, edits, now, rng)?;
            }
            Ok::<_, EditError>(())
        })?;
        self.submit(now, rng)?;
        Ok(())
    }
}

/// The units that name a person, each with the edit that does so no more.
fn seats(tx: &dyn Tx, tree: &Tree, person: PlaceId) -> Result<Vec<(PlaceId, Values)>, StoreError> {
    let overlay = Overlay::default();
    let ids = elsewhere::ids_of(tree, person);
    let names = names_of(tx, tree, person, &overlay)?;
    let mut named = Vec::new();
    let units = tree
        .iter()
        .filter(|(_, p)| matches!(p.kind, PlaceKind::Branch | PlaceKind::Committee));
    for (unit, _) in units {
        for (_, values) in replica::documents(tx, unit, &UNIT, &overlay)? {
            let seats = elsewhere::carried(&UNIT, &values, &ids);
            let cells = seats.into_keys().filter(|path| path.ends_with("/name"));
            let mut edits: Values = cells.map(|path| (path, Value::Cleared)).collect();
            if let Some(Value::Text(name)) = values.get("secretary_name")
                && names.contains(&fold_words(name))
                && !is_another(tx, tree, (unit, person), &fold_words(name), &overlay)?
            {
                edits.insert("secretary_name".to_owned(), Value::Cleared);
            }
            if !edits.is_empty() {
                named.push((unit, edits));
            }
        }
    }
    Ok(named)
}

/// What a person is and was called, folded.
fn names_of(
    tx: &dyn Tx,
    tree: &Tree,
    person: PlaceId,
    overlay: &Overlay,
) -> Result<BTreeSet<String>, StoreError> {
    let mut names = BTreeSet::new();
    for place in tree.subtree(person) {
        for kind in [&MEMBER, &DECISION] {
            for (_, values) in replica::documents(tx, place, kind, overlay)? {
                names.extend(elsewhere::names(kind, &values));
            }
        }
    }
    Ok(names)
}

/// Whether somebody else in the unit has this name.
fn is_another(
    tx: &dyn Tx,
    tree: &Tree,
    (unit, person): (PlaceId, PlaceId),
    name: &str,
    overlay: &Overlay,
) -> Result<bool, StoreError> {
    for place in tree.subtree(unit) {
        let is_member = tree.get(place).is_some_and(|p| p.kind == PlaceKind::Member);
        if is_member && place != person && names_of(tx, tree, place, overlay)?.contains(name) {
            return Ok(true);
        }
    }
    Ok(false)
}
