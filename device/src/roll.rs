//! Lists of the roll (*danh sách đảng viên*) that people print and read out: how many there are of each sort, and what the
//! paper dossiers lack. The counting is [`chibo_core::roll`]'s and [`chibo_core::dossier`]'s; here it is done over a store.
//!
//! Does not know: the clock (the day is passed in), words.

use crate::lists::{self, Known, ListError};
use chibo_core::date::Day;
use chibo_core::document::Value;
use chibo_core::domain::unit::UNIT;
use chibo_core::dossier::{self, Paper, Required, Requirements};
use chibo_core::id::PlaceId;
use chibo_core::replica;
use chibo_core::roll::{self, Figure, Line, Size};
use chibo_core::store::sqlite::{Find, SqliteStore};
use chibo_core::text::RollOrder;
use chibo_core::tree::Tree;
use std::collections::BTreeMap;

/// How many there are of each sort.
#[derive(Debug, Clone)]
pub struct Figures {
    /// Who belongs here.
    pub members: usize,
    /// Of these, how many have each value of a field.
    pub figures: Vec<Figure>,
    /// Units of an unusual size, each by name.
    pub sizes: Vec<(String, Size)>,
}

/// How many belong below a place, or anywhere, and how many of each sort.
pub fn figures(
    store: &SqliteStore,
    tree: &Tree,
    below: Option<PlaceId>,
    on: Day,
) -> Result<Figures, ListError> {
    let order = RollOrder::vietnamese().ok_or(ListError::NoOrder)?;
    let recorded = lists::recorded(store, tree, below)?;
    let lines = roll::roll(&recorded, on, &order);
    let units = store.find(&Find {
        kind: Some(UNIT.number),
        ..Find::default()
    })?;
    let mut of: BTreeMap<PlaceId, Vec<&Line>> = BTreeMap::new();
    for line in &lines {
        for place in tree.line(line.member) {
            of.entry(place).or_default().push(line);
        }
    }
    let regulations = Known::of(store)?.regulations;
    let mut sizes = Vec::new();
    for unit in units {
        let is_below = below.is_none_or(|below| tree.is_within(unit.place, below));
        if let Some(placed) = tree.get(unit.place).filter(|_| is_below) {
            let members = of.get(&unit.place).into_iter().flatten().copied();
            let found = roll::sizes(
                placed.kind,
                &replica::values_of(&unit),
                members,
                &regulations,
                on,
            );
            sizes.extend(found.into_iter().map(|size| (unit.title.clone(), size)));
        }
    }
    Ok(Figures {
        members: roll::counts(&lines).members,
        figures: roll::figures(&lines),
        sizes,
    })
}

/// A member's paper dossier, as its index says.
#[derive(Debug, Clone)]
pub struct Dossier {
    /// Whose it is.
    pub member: PlaceId,
    /// Their name.
    pub name: String,
    /// Whether they belong here.
    pub belongs: bool,
    /// Where the whole of it is kept; empty: nobody has said.
    pub lies_at: String,
    /// What it holds.
    pub papers: Vec<Paper>,
    /// What it must hold, and nobody has seen in it.
    pub missing: Vec<Required>,
}

impl Dossier {
    /// Sheets of all papers together.
    pub fn sheets(&self) -> i64 {
        let sheets = self.papers.iter().filter_map(|p| p.sheets);
        sheets.fold(0, i64::saturating_add)
    }

    /// How many of its papers somebody has seen.
    pub fn there(&self) -> usize {
        self.papers.iter().filter(|p| p.is_there()).count()
    }
}

/// The dossiers of the members below a place (of one member: theirs), or of all, in the order of rolls.
pub fn dossiers(
    store: &SqliteStore,
    tree: &Tree,
    below: Option<PlaceId>,
    on: Day,
) -> Result<Vec<Dossier>, ListError> {
    let order = RollOrder::vietnamese().ok_or(ListError::NoOrder)?;
    let requirements = Requirements::built_in()?;
    let recorded = lists::recorded(store, tree, below)?;
    let lines = roll::roll(&recorded, on, &order);
    let dossier = |line: &roll::Line| {
        let index = &line.of.dossier;
        let missing = dossier::missing(line, &requirements, on).into_iter();
        Dossier {
            member: line.member,
            name: line.name.clone(),
            belongs: line.belongs,
            lies_at: index.get("lies_at").map(Value::shown).unwrap_or_default(),
            papers: dossier::papers(index),
            missing: missing.cloned().collect(),
        }
    };
    Ok(lines.iter().map(dossier).collect())
}
