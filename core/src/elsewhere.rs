//! What the records of units say of one person: the mark at a meeting, a side of a hand-over, the letter with which they came. Such a record lies at the unit and is about many; here is which of its cells are about
//! whom, so that a person reads and contests those and nobody else's ([`crate::own_data`]), and what is theirs alone goes
//! with them ([`crate::node::Node::to_erase`]).
//!
//! A cell is somebody's where it says whose by an id: a mark under the id of the member's place, an entry that a [`SIGNER`] signed. Where only a name stands (who chaired a meeting) nobody can say whose it is. A transfer in
//! is the exception: it is about one person as a whole, and says who by the sender's letter or, from a place without a
//! node, by the name ([`Arrivals`]).
//!
//! Does not know: the clock, words.

use crate::case;
use crate::codec::Reader;
use crate::document::{Standing, Value, Values};
use crate::domain::decision::{self, DECISION};
use crate::domain::look::LIST_LOOK;
use crate::domain::member::MEMBER;
use crate::domain::transfer::TRANSFER;
use crate::domain::transfer_in::TRANSFER_IN;
use crate::id::{DocId, PlaceId, ScopeId};
use crate::kind::{FieldType, KINDS, Kind, SIGNER};
use crate::log::{EntryType, PlaceAct, Signed};
use crate::moved;
use crate::phone;
use crate::place::{Lane, PlaceKind, scope_of};
use crate::records;
use crate::register::text;
use crate::replica::{self, Overlay};
use crate::store::{StoreError, Tx};
use crate::text::fold_words;
use crate::tree::Tree;
use std::collections::{BTreeMap, BTreeSet};

/// A record of a unit in which a person stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The unit.
    pub unit: PlaceId,
    /// The document.
    pub doc: DocId,
    /// Its kind.
    pub kind: &'static Kind,
    /// What names it in lists: a meeting's day, a unit's name.
    pub title: Option<Value>,
    /// What of it is about the person, and nothing else.
    pub standing: Standing,
}

/// Whether the units' records of this kind may say whose a cell is. Who looked at a list is told to those who stand in it.
fn may_carry(kind: &Kind) -> bool {
    let is_of_units = [PlaceKind::Branch, PlaceKind::Committee];
    let says_whose = kind.fields.iter().any(|field| match field.kind {
        FieldType::Marks(_) => true,
        FieldType::Entries(cells) => cells.iter().any(|c| c.name == SIGNER),
        _ => false,
    });
    let is_there = kind.place.iter().any(|p| is_of_units.contains(p));
    says_whose && is_there && kind.number != LIST_LOOK.number
}

/// What of a unit's record is about the person with one of these ids (their place, and their stays).
pub fn carried(kind: &Kind, values: &Values, ids: &BTreeSet<String>) -> Values {
    if !may_carry(kind) {
        return Values::new();
    }
    let mut entries: BTreeSet<&str> = BTreeSet::new();
    for (path, value) in values {
        let Some((entry, cell)) = path.rsplit_once('/') else {
            continue;
        };
        if matches!(value, Value::Text(id) if cell == SIGNER && ids.contains(id)) {
            entries.insert(entry);
        }
    }
    let is_theirs = |path: &str| {
        let Some((of, last)) = path.rsplit_once('/') else {
            return false;
        };
        let field = of.split('/').next().and_then(|name| kind.field(name));
        match field.map(|f| f.kind) {
            Some(FieldType::Marks(_)) => ids.contains(last),
            Some(FieldType::Entries(_)) => entries.contains(of),
            _ => false,
        }
    };
    let theirs = values.iter().filter(|(path, _)| is_theirs(path));
    theirs.map(|(p, v)| (p.clone(), v.clone())).collect()
}

/// The ids under which a person stands in records of units.
pub fn ids_of(tree: &Tree, person: PlaceId) -> BTreeSet<String> {
    let own = tree.subtree(person).into_iter();
    own.map(|place| place.to_string()).collect()
}

/// The units that a person belongs to or belonged to, as far as this store's log knows, and those that host them.
fn units_of(tx: &dyn Tx, tree: &Tree, person: PlaceId) -> Result<BTreeSet<PlaceId>, StoreError> {
    let mut below = BTreeSet::new();
    for n in records::scope_entries(tx, scope_of(person, Lane::Control), 0, usize::MAX)? {
        if let Some(row) = records::log_row(tx, n)?.filter(|r| r.entry.kind == EntryType::Place) {
            let signed: Signed<PlaceAct> = Signed::read(&mut Reader::new(&row.body))?;
            below.extend(signed.act.parent.filter(|_| signed.act.place == person));
        }
    }
    for place in tree.subtree(person) {
        let placed = tree.get(place);
        below.extend(placed.and_then(|p| p.parent).filter(|_| place == person));
        below.extend(placed.and_then(|p| p.host).map(|host| host.branch));
    }
    Ok(below.into_iter().flat_map(|unit| tree.line(unit)).collect())
}

/// The records of units in which a person stands, as far as they lie here.
pub fn of(
    tx: &dyn Tx,
    tree: &Tree,
    person: PlaceId,
    overlay: &Overlay,
) -> Result<Vec<Found>, StoreError> {
    let ids = ids_of(tree, person);
    let mut found = Vec::new();
    for unit in units_of(tx, tree, person)? {
        for kind in KINDS.iter().copied().filter(|k| may_carry(k)) {
            for (doc, standing) in replica::standings(tx, unit, kind, overlay)? {
                let theirs = carried(kind, &standing.values, &ids);
                if !theirs.is_empty() {
                    found.push(Found {
                        unit,
                        doc,
                        kind,
                        title: standing.values.get(kind.title).cloned(),
                        standing: standing.with(theirs),
                    });
                }
            }
        }
    }
    found.extend(arrivals(tx, tree, person, overlay)?);
    Ok(found)
}

/// What a record that lies at a unit says of a person: all of a transfer in of theirs, of others what is about them.
pub fn said_of(
    tx: &dyn Tx,
    tree: &Tree,
    person: PlaceId,
    doc: DocId,
) -> Result<Values, StoreError> {
    let overlay = Overlay::of(tx)?;
    let Some((kind, standing)) = replica::standing(tx, doc, &overlay)? else {
        return Ok(Values::new());
    };
    if kind.number == TRANSFER_IN.number {
        let theirs = arrivals(tx, tree, person, &overlay)?.into_iter();
        let mut this = theirs.filter(|found| found.doc == doc);
        return Ok(this
            .next()
            .map(|found| found.standing.values)
            .unwrap_or_default());
    }
    Ok(carried(kind, &standing.values, &ids_of(tree, person)))
}

/// Whether a record that lies here, in this scope, is the person's, or says something of them: only that is theirs to contest, and
/// to have mended. `place`: theirs, or one of their stays.
pub fn concerns(
    tx: &dyn Tx,
    tree: &Tree,
    place: PlaceId,
    (doc, scope): (DocId, ScopeId),
) -> Result<bool, StoreError> {
    let host = tree.get(place).filter(|p| p.kind == PlaceKind::Placement);
    let person = host.and_then(|p| p.parent).unwrap_or(place);
    let lies_at = tree.of_scope(scope).map(|(at, _)| at);
    if lies_at.is_some_and(|at| tree.is_within(at, person)) {
        return Ok(true);
    }
    Ok(!said_of(tx, tree, person, doc)?.is_empty())
}

/// The transfers in by which a person came to units that are kept here.
pub fn arrivals(
    tx: &dyn Tx,
    tree: &Tree,
    person: PlaceId,
    overlay: &Overlay,
) -> Result<Vec<Found>, StoreError> {
    let add = |known: &mut Arrivals, place, kinds: &[&'static Kind]| {
        for kind in kinds {
            for (doc, values) in replica::documents(tx, place, kind, overlay)? {
                known.add(place, kind, doc, &values);
            }
        }
        Ok::<_, StoreError>(())
    };
    // A node keeps both sides of every letter between its units: there a name that none of them claims is told by others.
    let mut known = Arrivals::new(phone::own_grant(tx)?.is_none());
    add(&mut known, person, &[&MEMBER, &DECISION, &TRANSFER])?;
    let mut units = units_of(tx, tree, person)?;
    for doc in known.letters.keys() {
        if let Some((scope, _)) = replica::kind_of(tx, *doc)? {
            units.extend(tree.of_scope(scope).map(|(unit, _)| unit));
        }
    }
    let mut cases = Vec::new();
    for unit in units {
        for (doc, standing) in replica::standings(tx, unit, &TRANSFER_IN, overlay)? {
            let may_be = known.may_be(doc, &standing.values);
            cases.extend(may_be.then_some((unit, doc, standing)));
        }
    }
    // That nobody else is meant is asked of everybody, and only where a name alone says who it is.
    if (cases.iter()).any(|(_, doc, _)| !known.letters.contains_key(doc)) {
        let others = tree.iter().filter(|(_, p)| p.kind == PlaceKind::Member);
        for (other, _) in others.filter(|(place, _)| *place != person) {
            add(&mut known, other, &[&MEMBER, &DECISION, &TRANSFER])?;
        }
    }
    cases.retain(|(unit, doc, standing)| {
        known.whose(tree, *unit, *doc, &standing.values) == Some(person)
    });
    let found = cases.into_iter().map(|(unit, doc, standing)| Found {
        unit,
        doc,
        kind: &TRANSFER_IN,
        title: standing.values.get(TRANSFER_IN.title).cloned(),
        standing,
    });
    Ok(found.collect())
}

/// Who is meant by transfers in: whoever's letter it is, where the sender's case is kept here; else the one member of the
/// unit with the name in it. It is nobody's where two could be meant, and where a sender's case may exist that is not known
/// here.
#[derive(Debug)]
pub struct Arrivals {
    /// Whether every letter between units of this node is known.
    knows_all: bool,
    letters: BTreeMap<DocId, PlaceId>,
    named: BTreeMap<String, BTreeSet<PlaceId>>,
}

impl Arrivals {
    /// Nobody yet. `knows_all`: whether every letter between units of the same node will be taken in, as only a node can.
    pub fn new(knows_all: bool) -> Self {
        Arrivals {
            knows_all,
            letters: BTreeMap::new(),
            named: BTreeMap::new(),
        }
    }

    /// Takes in a document of a member.
    pub fn add(&mut self, member: PlaceId, kind: &Kind, doc: DocId, values: &Values) {
        let cases = moved::letter_cases(kind, doc, values).into_iter();
        self.letters.extend(cases.map(|case| (case, member)));
        for name in names(kind, values) {
            self.named.entry(name).or_default().insert(member);
        }
    }

    /// Whether a case may be about somebody who was taken in.
    fn may_be(&self, doc: DocId, values: &Values) -> bool {
        let name = name_in(values, self.knows_all);
        let is_named = name.is_some_and(|name| self.named.contains_key(&name));
        self.letters.contains_key(&doc) || is_named
    }

    /// Whose a transfer in at a unit is.
    pub fn whose(
        &self,
        tree: &Tree,
        unit: PlaceId,
        doc: DocId,
        values: &Values,
    ) -> Option<PlaceId> {
        if let Some(member) = self.letters.get(&doc) {
            return Some(*member);
        }
        let named = self.named.get(&name_in(values, self.knows_all)?)?.iter();
        let mut here = named.filter(|member| tree.is_within(**member, unit));
        match (here.next(), here.next()) {
            (Some(one), None) => Some(*one),
            _ => None,
        }
    }
}

/// The names that a document of a member gives them, folded.
pub fn names(kind: &Kind, values: &Values) -> BTreeSet<String> {
    let name = match kind.number {
        n if n == MEMBER.number => text(values, "full_name"),
        n if n == DECISION.number => text(values, "form")
            .filter(|form| decision::field_of(form) == Some("full_name"))
            .and_then(|_| text(values, "value")),
        _ => None,
    };
    let folded = name.map(fold_words).filter(|name| !name.is_empty());
    folded.into_iter().collect()
}

/// The name of who came with a letter of their own; `told`: or of whom a sender told. `None`: there is none.
fn name_in(values: &Values, told: bool) -> Option<String> {
    let story = case::story(&TRANSFER_IN, values);
    let names = |act: &str| act == "arrive" || (told && act == "expect");
    let came = story.acts.iter().rfind(|done| names(&done.act))?;
    let name = text(&came.said, "full_name").map(fold_words)?;
    (!name.is_empty()).then_some(name)
}
