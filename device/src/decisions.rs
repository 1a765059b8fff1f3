//! Papers with a number (*quyết định, giấy giới thiệu*), whatever document says them: a decision, a case that ends in one,
//! a case that gives out a letter. With what is doubtful among them: numbers that are there
//! twice, numbers that are missing. And what papers are missing for: a name or a date of birth that was replaced in a
//! record, and nobody has said by which decision or why.
//!
//! Does not know: words, the clock.

use chibo_core::access;
use chibo_core::author::Target;
use chibo_core::date::Day;
use chibo_core::document::{Value, Values};
use chibo_core::domain::decision::DECISION;
use chibo_core::domain::discipline::DISCIPLINE;
use chibo_core::domain::member::MEMBER;
use chibo_core::history;
use chibo_core::id::PlaceId;
use chibo_core::kind::{KINDS, Kind, Part};
use chibo_core::own_data::Typed;
use chibo_core::place::Role;
use chibo_core::register::{self, Doubts, Unexplained};
use chibo_core::replica;
use chibo_core::store::sqlite::{Find, SqliteStore};
use chibo_core::store::{Store, StoreError};
use chibo_core::tree::Tree;

/// One paper.
#[derive(Debug, Clone)]
pub struct Paper {
    /// The document that says it.
    pub target: Target,
    /// Whom it is about.
    pub place: PlaceId,
    /// The kind as which its values are read.
    pub kind: &'static Kind,
    /// What it says.
    pub values: Values,
    /// Who recorded it; `None`: the office attests it.
    pub by: Option<Typed>,
}

impl Paper {
    /// Its number with its symbol, as `12-QĐ/ĐU`; empty: nobody has said it.
    pub fn number(&self) -> String {
        let text = |name: &str| self.values.get(name).map(Value::shown).unwrap_or_default();
        let number = format!("{}-{}", text("number"), text("symbol"));
        number.trim_matches('-').to_owned()
    }

    /// Which of those who work under one right recorded it, as they said.
    pub fn recorded_by(&self) -> Option<&str> {
        match self.values.get("recorded_by") {
            Some(Value::Text(name)) if !name.is_empty() => Some(name),
            _ => None,
        }
    }

    /// Whether somebody has seen its original, as far as it was said.
    pub fn is_seen(&self) -> bool {
        self.values.get("original_seen") == Some(&Value::YesNo(true))
    }
}

/// The kinds that say papers, as far as this role reads them.
pub fn kinds(role: Role) -> impl Iterator<Item = &'static Kind> {
    let says = |kind: &&'static Kind| match kind.part {
        Part::Moves(moves) => moves.letter.is_some(),
        Part::Decides(_) => true,
        _ => [DECISION.number, DISCIPLINE.number].contains(&kind.number),
    };
    let all = KINDS.iter().copied().filter(says);
    all.filter(move |kind| access::reads(role, kind))
}

/// The papers about the members below a place (of one member: theirs), or about all.
pub fn papers(
    store: &SqliteStore,
    tree: &Tree,
    role: Role,
    below: Option<PlaceId>,
) -> Result<Vec<Paper>, StoreError> {
    let mut all = Vec::new();
    for kind in kinds(role) {
        let rows = store.find(&Find {
            kind: Some(kind.number),
            ..Find::default()
        })?;
        let is_below = |place| below.is_none_or(|below| tree.is_within(place, below));
        for row in rows.into_iter().filter(|row| is_below(row.place)) {
            let values = replica::values_of(&row);
            let said = match kind.part {
                Part::Decides(by) => {
                    let decided = register::decided_by(kind, by, &values);
                    decided.map(|values| (&DECISION, values))
                }
                Part::Moves(_) => register::letter_of(kind, &values).map(|values| (kind, values)),
                _ => Some((kind, values)),
            };
            let Some((read_as, values)) = said else {
                continue;
            };
            all.push(Paper {
                target: Target {
                    scope: row.scope,
                    kind,
                    doc: row.doc,
                },
                place: row.place,
                kind: read_as,
                values,
                by: store.read(|tx| history::begun_by(tx, row.doc))?,
            });
        }
    }
    Ok(all)
}

/// What is doubtful among papers.
pub fn doubts(papers: &[Paper]) -> Doubts {
    let all = papers.iter();
    let all: Vec<_> = all
        .map(|p| (p.place, p.target.doc, p.values.clone()))
        .collect();
    register::doubts(&all)
}

/// A name or a date of birth that somebody replaced in a record.
#[derive(Debug, Clone)]
pub struct Replaced {
    /// Whose.
    pub place: PlaceId,
    /// The record.
    pub target: Target,
    /// What, and what stood there.
    pub what: Unexplained,
}

/// What was replaced in records below a place, or anywhere, and has neither a decision nor a reason.
pub fn replaced(
    store: &SqliteStore,
    tree: &Tree,
    role: Role,
    below: Option<PlaceId>,
    today: Day,
) -> Result<Vec<Replaced>, StoreError> {
    if !access::reads(role, &MEMBER) {
        return Ok(Vec::new());
    }
    let rows = store.find(&Find {
        kind: Some(MEMBER.number),
        ..Find::default()
    })?;
    let is_below = |place| below.is_none_or(|below| tree.is_within(place, below));
    let mut all = Vec::new();
    for row in rows.into_iter().filter(|row| is_below(row.place)) {
        let record = replica::values_of(&row);
        if register::unexplained(&record, &[], today).is_empty() {
            continue;
        }
        // Only of the few who are asked about, what was decided is read.
        let decisions = store.find(&Find {
            kind: Some(DECISION.number),
            places: Some(&[row.place]),
            ..Find::default()
        })?;
        let decisions = decisions.iter().map(|d| (d.doc, replica::values_of(d)));
        let decisions: Vec<_> = decisions.collect();
        let target = Target {
            scope: row.scope,
            kind: &MEMBER,
            doc: row.doc,
        };
        let open = register::unexplained(&record, &decisions, today);
        all.extend(open.into_iter().map(|what| Replaced {
            place: row.place,
            target,
            what,
        }));
    }
    Ok(all)
}
