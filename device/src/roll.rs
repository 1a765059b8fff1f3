//! Lists of the roll that people print and read out: how many there are of each sort, what the paper dossiers lack,
//! which card numbers each member had. The counting is [`chibo_core::roll`]'s and [`chibo_core::dossier`]'s; here it is
//! done over a store.
//!
//! Does not know: the clock (the day is passed in), words.

use crate::lists::{self, Known, ListError};
use chibo_core::author::Target;
use chibo_core::calendar::WorkingDays;
use chibo_core::case;
use chibo_core::date::{Day, PartialDate};
use chibo_core::document::Value;
use chibo_core::domain::lost_card::LOST_CARD;
use chibo_core::domain::member::MEMBER;
use chibo_core::domain::unit::UNIT;
use chibo_core::door;
use chibo_core::dossier::{self, Paper, Required, Supplement};
use chibo_core::id::{DocId, PlaceId, ScopeId};
use chibo_core::party_age::{self, Forecast};
use chibo_core::records;
use chibo_core::register;
use chibo_core::replica;
use chibo_core::roll::{self, Figure, Line, UnitSize};
use chibo_core::store::Store;
use chibo_core::store::sqlite::{Find, SqliteStore};
use chibo_core::text::RollOrder;
use chibo_core::time::Timestamp;
use chibo_core::tree::Tree;
use std::collections::BTreeMap;

/// Does something with the roll of a day: the members below a place (of one member: theirs), or all, those who do not
/// belong here any more as well.
pub fn with_lines<R>(
    store: &SqliteStore,
    tree: &Tree,
    below: Option<PlaceId>,
    on: Day,
    work: impl FnOnce(&[Line]) -> R,
) -> Result<R, ListError> {
    let order = RollOrder::vietnamese().ok_or(ListError::NoOrder)?;
    let recorded = lists::recorded(store, tree, below)?;
    Ok(work(&roll::roll(&recorded, on, &order)))
}

/// How many there are of each sort.
#[derive(Debug, Clone)]
pub struct Figures {
    /// Who is counted as a member here ([`Line::is_counted`]).
    pub members: usize,
    /// Who stands in the roll, and nobody has said what they are.
    pub unknown: usize,
    /// Of the members, how many have each value of a field.
    pub figures: Vec<Figure>,
    /// How large each unit is whose members are all here, from the top of the tree.
    pub units: Vec<UnitFigures>,
}

/// How large a unit is (*quân số*).
#[derive(Debug, Clone)]
pub struct UnitFigures {
    /// Which it is.
    pub place: PlaceId,
    /// Its name.
    pub name: String,
    /// How many belong to it or below it, and what of that is unusual by a rule.
    pub size: UnitSize,
}

/// How many belong below a place, or anywhere, and how many of each sort. `reach`: what this device hears of as a whole;
/// of a unit above it only some members are here, and its size is not known.
pub fn figures(
    store: &SqliteStore,
    tree: &Tree,
    (below, reach): (Option<PlaceId>, Option<PlaceId>),
    on: Day,
) -> Result<Figures, ListError> {
    let documents = store.find(&Find {
        kind: Some(UNIT.number),
        ..Find::default()
    })?;
    let regulations = Known::of(store)?.regulations;
    with_lines(store, tree, below, on, |lines| {
        let mut of: BTreeMap<PlaceId, Vec<&Line>> = BTreeMap::new();
        for line in lines {
            for place in tree.line(line.member) {
                of.entry(place).or_default().push(line);
            }
        }
        let mut units = Vec::new();
        for unit in documents {
            let is_in = |of: Option<PlaceId>| of.is_none_or(|of| tree.is_within(unit.place, of));
            let is_below = is_in(below) && is_in(reach);
            if let Some(placed) = tree.get(unit.place).filter(|_| is_below) {
                let members = of.get(&unit.place).into_iter().flatten().copied();
                let values = replica::values_of(&unit);
                units.push(UnitFigures {
                    place: unit.place,
                    size: roll::size(
                        placed.kind,
                        (unit.place, &values),
                        members,
                        &regulations,
                        on,
                    ),
                    name: unit.title,
                });
            }
        }
        units.sort_by_key(|unit| tree.line(unit.place).len());
        let counts = roll::counts(lines);
        Figures {
            members: counts.members,
            unknown: counts.unknown,
            figures: roll::figures(lines),
            units,
        }
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
    let required = dossier::required(&Known::of(store)?.regulations, on);
    let dossier = |line: &Line| {
        let index = &line.of.dossier;
        let missing = dossier::missing(line, &required).into_iter();
        Dossier {
            member: line.member,
            name: line.name.clone(),
            belongs: line.belongs,
            lies_at: index.get("lies_at").map(Value::shown).unwrap_or_default(),
            papers: dossier::papers(index),
            missing: missing.cloned().collect(),
        }
    };
    with_lines(store, tree, below, on, |lines| {
        lines.iter().map(dossier).collect()
    })
}

/// One number of a party card (*số thẻ đảng viên*).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CardNumber {
    /// The number.
    pub number: String,
    /// Since when it is known: from the decision's day, else from the day on which it was typed.
    pub since: Option<PartialDate>,
    /// The decision that gave it; `None`: it stood in the register.
    pub decision: Option<DocId>,
    /// That decision's number, as it was typed.
    pub paper: Option<String>,
    /// Whether it is the one that stands today.
    pub is_now: bool,
}

/// A case of a lost or damaged card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LostCard {
    /// The document.
    pub doc: DocId,
    /// Where it lies.
    pub scope: ScopeId,
    /// How it stands: a state of [`LOST_CARD`].
    pub state: &'static str,
    /// Whether something in it is still to be done.
    pub is_open: bool,
}

/// All card numbers that a member has and had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cards {
    /// Whose they are.
    pub member: PlaceId,
    /// Their name.
    pub name: String,
    /// Whether they belong here.
    pub belongs: bool,
    /// The numbers, the oldest first.
    pub numbers: Vec<CardNumber>,
    /// What was lost or damaged.
    pub lost: Vec<LostCard>,
}

/// The card numbers of the members below a place (of one member: theirs), or of all, in the order of rolls.
pub fn cards(
    store: &SqliteStore,
    tree: &Tree,
    below: Option<PlaceId>,
    today: Day,
) -> Result<Vec<Cards>, ListError> {
    let mut lost = BTreeMap::<PlaceId, Vec<LostCard>>::new();
    let cases = store.find(&Find {
        kind: Some(LOST_CARD.number),
        ..Find::default()
    })?;
    for row in cases {
        let values = replica::values_of(&row);
        let story = case::story(&LOST_CARD, &values);
        lost.entry(row.place).or_default().push(LostCard {
            doc: row.doc,
            scope: row.scope,
            state: story.state,
            is_open: case::is_open(&LOST_CARD, &values) || !story.at_once.is_empty(),
        });
    }
    with_lines(store, tree, below, today, |lines| {
        let of = |line: &Line| {
            Ok(Cards {
                member: line.member,
                name: line.name.clone(),
                belongs: line.belongs,
                numbers: numbers(store, line, today)?,
                lost: lost.remove(&line.member).unwrap_or_default(),
            })
        };
        lines.iter().map(of).collect()
    })?
}

fn numbers(store: &SqliteStore, line: &Line, today: Day) -> Result<Vec<CardNumber>, ListError> {
    const FIELD: &str = "card_number";
    let (record, decisions) = (&line.of.record, &line.of.decisions);
    let doc = Target::at(line.member, &MEMBER, b"").doc;
    let mut typed = Vec::new();
    if let Some(stored) = store.read(|tx| records::doc(tx, doc))? {
        let written = door::written(&stored.bytes, FIELD)?.into_iter();
        typed.extend(written.map(|(number, at)| (number, Timestamp(at).day_in_vietnam())));
    }
    // What was typed here and is not sent yet.
    if let Some(Value::Text(now)) = record.get(FIELD)
        && !typed.iter().any(|(number, _)| number == now)
    {
        typed.push((now.clone(), None));
    }
    let stands = register::field(FIELD, record, decisions, today);
    let number = |s: register::Standing| CardNumber {
        is_now: (stands.as_ref()).is_some_and(|n| (&n.value, n.decision) == (&s.value, s.decision)),
        paper: s.decision.and_then(|doc| {
            let (_, values) = decisions.iter().find(|(d, _)| *d == doc)?;
            values.get("number").map(Value::shown)
        }),
        number: s.value,
        since: s.since,
        decision: s.decision,
    };
    let all = register::history(FIELD, &typed, decisions, today);
    Ok(all.into_iter().map(number).collect())
}

/// Does something with the forecast of a year's badges (*huy hiệu Đảng*); with `None` where no rule is known for that
/// year. Who belongs here is told as of today; of a year that is over, as of its end.
pub fn with_badges<R>(
    store: &SqliteStore,
    tree: &Tree,
    below: Option<PlaceId>,
    (year, today): (u16, Day),
    work: impl FnOnce(Option<&Forecast>) -> R,
) -> Result<R, ListError> {
    let rules = Known::of(store)?.regulations;
    let last = Day::from_civil(year.into(), 12, 31);
    let on = last.map_or(today, |last| today.min(last));
    with_lines(store, tree, below, on, |lines| {
        work(party_age::forecast(lines, year, &rules).as_ref())
    })
}

/// Does something with how everybody stands with the supplement of a year (*phiếu bổ sung hồ sơ*).
pub fn with_supplements<R>(
    store: &SqliteStore,
    tree: &Tree,
    below: Option<PlaceId>,
    (year, today): (u16, Day),
    work: impl FnOnce(&[Supplement]) -> R,
) -> Result<R, ListError> {
    let rules = Known::of(store)?.regulations;
    let calendar = WorkingDays::new(&rules);
    with_lines(store, tree, below, today, |lines| {
        work(&dossier::supplements(lines, year, &rules, &calendar, today))
    })
}
