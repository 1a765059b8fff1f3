//! What a paper dossier must hold, and what of it is not there; who has handed in the yearly supplement.
//!
//! Which papers are required is said by regulations, a key for each paper (`data/papers.tsv`, and rows that a node adds):
//! from which stage of a member's life on, by which source, on which days. What lies in a dossier is the index that people keep ([`crate::domain::dossier`]). Both here are lists for people who look into
//! a cupboard; nothing follows from them by itself.
//!
//! Does not know: storage, the clock (days are passed in).

use crate::calendar::WorkingDays;
use crate::date::{Day, PartialDate};
use crate::deadline::{self, Deadline, Fact, NoDeadline};
use crate::document::{Value, Values};
use crate::domain::dossier::{PAPERS, SEEN, SUPPLEMENT_OWED};
use crate::id::PlaceId;
use crate::kind::Code;
use crate::register::{date, first_day, text};
use crate::regulation::{Key, Regulations, Rule, STAGES, Source};
use crate::roll::Line;
use std::collections::BTreeMap;

/// When a paper belongs into a dossier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// From the admission on.
    Admitted,
    /// From official membership on.
    Official,
}

impl Stage {
    /// The stage that a row says, by its place in [`STAGES`]; `None`: the paper is not required.
    fn of(rule: &Rule) -> Option<Stage> {
        let code = usize::try_from(rule.amount.number()).ok();
        match code.and_then(|n| STAGES.get(n)).copied() {
            Some("admitted") => Some(Stage::Admitted),
            Some("official") => Some(Stage::Official),
            _ => None,
        }
    }
}

/// A paper that a dossier must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Required {
    /// The paper.
    pub paper: &'static Code,
    /// Since when in a member's life.
    pub stage: Stage,
    /// By which rule.
    pub source: Source,
    /// Whether it was held against a text that names the source in force.
    pub is_verified: bool,
}

/// The key of the rows that say whether a paper is required; `None`: it never is, as *another paper*.
pub fn key_of(paper: &Code) -> Option<Key> {
    Key::from_name(&format!("paper.{}", paper.code))
}

/// The papers that the rules ask for on a day, in the order of the paper list.
pub fn required(regulations: &Regulations, on: Day) -> Vec<Required> {
    let asked = PAPERS.iter().filter_map(|paper| {
        let rule = regulations.at(key_of(paper)?, on)?;
        Some(Required {
            paper,
            stage: Stage::of(rule)?,
            source: rule.source.clone(),
            is_verified: rule.is_verified,
        })
    });
    asked.collect()
}

/// A paper as the index has it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Paper {
    /// The entry's id.
    pub id: String,
    /// What it is: a code of [`PAPERS`]; empty: nobody has said.
    pub paper: String,
    /// How many sheets.
    pub sheets: Option<i64>,
    /// Its date.
    pub dated: Option<PartialDate>,
    /// In what form it was seen: a code of [`SEEN`]; empty: nobody has said.
    pub seen: String,
    /// Where it lies, if not with the dossier.
    pub lies_at: String,
}

impl Paper {
    /// Whether it is there: somebody saw it.
    pub fn is_there(&self) -> bool {
        SEEN.iter().any(|s| s.code == self.seen) && self.seen != "absent"
    }
}

/// The papers that an index lists, in the order of the paper list, then of the entries.
pub fn papers(index: &Values) -> Vec<Paper> {
    let mut all = BTreeMap::<String, Paper>::new();
    for (path, value) in index {
        let of = path.strip_prefix("papers/").and_then(|p| p.split_once('/'));
        let Some((id, name)) = of.filter(|_| *value != Value::Cleared) else {
            continue;
        };
        let paper = all.entry(id.to_owned()).or_default();
        paper.id = id.to_owned();
        match (name, value) {
            ("paper", Value::Text(t)) => paper.paper = t.clone(),
            ("seen", Value::Text(t)) => paper.seen = t.clone(),
            ("lies_at", Value::Text(t)) => paper.lies_at = t.clone(),
            ("dated", Value::Text(t)) => paper.dated = PartialDate::parse(t).ok(),
            ("sheets", Value::Count(n)) => paper.sheets = Some(*n),
            _ => {}
        }
    }
    let place = |p: &Paper| PAPERS.iter().position(|c| c.code == p.paper);
    let mut list: Vec<Paper> = all.into_values().collect();
    list.sort_by_key(|p| (place(p).unwrap_or(PAPERS.len()), p.id.clone()));
    list
}

/// The papers of these ([`required`]) that a member's dossier must hold and that nobody has seen in it. Of whom nobody has
/// said what they are, no more is asked than of everybody.
pub fn missing<'a>(line: &Line, required: &'a [Required]) -> Vec<&'a Required> {
    let there = papers(&line.of.dossier);
    let is_asked = |r: &&Required| r.stage == Stage::Admitted || line.is_official();
    let is_there = |r: &Required| {
        let mut of = there.iter().filter(|p| p.paper == r.paper.code);
        of.any(Paper::is_there)
    };
    let asked = required.iter().filter(is_asked);
    asked.filter(|r| !is_there(r)).collect()
}

// ---- the yearly supplement ------------------------------------------------------------------

/// How one member stands with the supplement of a year.
#[derive(Debug, Clone)]
pub struct Supplement<'a> {
    /// Who.
    pub line: &'a Line<'a>,
    /// When it was handed in, as far as that is known; `None`: it was not.
    pub done: Option<PartialDate>,
    /// By when, and how that stands.
    pub deadline: Result<Deadline, NoDeadline>,
}

/// When the supplement of a year was handed in.
pub(crate) fn done(supplements: &[Values], year: u16) -> Option<PartialDate> {
    let of_year = supplements
        .iter()
        .filter(|v| text(v, "year") == Some(year.to_string().as_str()));
    of_year.filter_map(|v| date(v, "done_on")).min()
}

/// Everybody who owes the supplement of a year: who belongs here, and was admitted by its end.
pub fn supplements<'a>(
    lines: &'a [Line<'a>],
    year: u16,
    regulations: &Regulations,
    calendar: &WorkingDays,
    today: Day,
) -> Vec<Supplement<'a>> {
    let owe = lines.iter().filter(|line| line.belongs).filter_map(|line| {
        let handed_in = &line.of.supplements;
        let fact = owed(line.member, &line.record, handed_in, year)?;
        Some(Supplement {
            line,
            deadline: deadline::deadline(&fact, regulations, calendar, today),
            done: done(handed_in, year),
        })
    });
    owe.collect()
}

/// The term of a year's supplement: it begins with the year. `None`: the member does not owe it.
pub(crate) fn owed(
    member: PlaceId,
    record: &Values,
    supplements: &[Values],
    year: u16,
) -> Option<Fact> {
    let first = Day::from_civil(year.into(), 1, 1).ok()?;
    let last = Day::from_civil(year.into(), 12, 31).ok()?;
    let admitted = date(record, "admitted_on").and_then(first_day);
    admitted.is_none_or(|on| on <= last).then(|| Fact {
        rule: SUPPLEMENT_OWED,
        place: member,
        from: first,
        done: done(supplements, year).and_then(first_day),
    })
}
