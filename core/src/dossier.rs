//! What a paper dossier must hold, and what of it is not there; who has handed in the yearly supplement.
//!
//! Which papers are required is data, with source and days, as regulations are: `data/papers.tsv`. What lies in a
//! dossier is the index that people keep ([`crate::domain::dossier`]). Both here are lists for people who look into
//! a cupboard; nothing follows from them by itself.
//!
//! Does not know: storage, the clock (days are passed in).

use crate::away::Recorded;
use crate::calendar::WorkingDays;
use crate::date::{Day, PartialDate};
use crate::deadline::{self, Deadline, DeadlineRule, Fact, NoDeadline};
use crate::document::{Value, Values};
use crate::domain::dossier::{PAPERS, SEEN};
use crate::id::PlaceId;
use crate::kind::Code;
use crate::register::{date, first_day, text};
use crate::regulation::{Key, RegulationError, Regulations, Source};
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

/// One row: a paper that a dossier must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Required {
    /// The paper.
    pub paper: &'static Code,
    /// Since when in a member's life.
    pub stage: Stage,
    /// By which rule.
    pub source: Source,
    /// The first day on which the row holds.
    pub from: Day,
    /// The last day; `None`: still.
    pub to: Option<Day>,
    /// Whether it was held against a text that names the source in force.
    pub is_verified: bool,
}

/// The rows that come with the program.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Requirements(Vec<Required>);

impl Requirements {
    /// Reads them. That they are right is tested; an error can only come of a build with other data.
    ///
    /// # Errors
    /// The first line that is no row.
    pub fn built_in() -> Result<Requirements, RegulationError> {
        let lines = include_str!("../data/papers.tsv").lines();
        let lines = lines.enumerate().map(|(i, line)| (i + 1, line));
        lines
            .filter(|(_, text)| !text.trim().is_empty() && !text.starts_with('#'))
            .map(|(line, text)| row(line, text))
            .collect::<Result<_, _>>()
            .map(Requirements)
    }

    /// The rows in force on a day, in the order of the paper list.
    pub fn on(&self, day: Day) -> impl Iterator<Item = &Required> {
        self.0
            .iter()
            .filter(move |r| r.from <= day && r.to.is_none_or(|to| day <= to))
    }
}

/// One line: paper, stage, source, its date, article, valid from, valid to, verified, with tabs between.
fn row(line: usize, text: &str) -> Result<Required, RegulationError> {
    let wrong = |why| RegulationError::Line {
        line,
        why: Box::new(why),
    };
    let columns: Vec<&str> = text.split('\t').collect();
    let [paper, stage, source, source_on, article, from, to, verified] = columns[..] else {
        return Err(RegulationError::Columns { line });
    };
    let day = |text: &str| {
        let date = PartialDate::parse(text).map_err(|e| wrong(e.into()))?;
        let missing = || wrong(RegulationError::DayNeeded(text.to_owned()));
        date.day().ok_or_else(missing)
    };
    let known = PAPERS.iter().find(|p| p.code == paper);
    Ok(Required {
        paper: known.ok_or_else(|| wrong(RegulationError::UnknownKey(paper.to_owned())))?,
        stage: match stage {
            "admitted" => Stage::Admitted,
            "official" => Stage::Official,
            other => return Err(wrong(RegulationError::UnknownKey(other.to_owned()))),
        },
        source: Source {
            number: source.to_owned(),
            on: (source_on != "-")
                .then(|| PartialDate::parse(source_on))
                .transpose()
                .map_err(|e| wrong(e.into()))?,
            article: article.to_owned(),
        },
        from: day(from)?,
        to: (to != "-").then(|| day(to)).transpose()?,
        is_verified: verified == "yes",
    })
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

/// The papers that a member's dossier must hold on a day and that nobody has seen in it.
pub fn missing<'a>(line: &Line, requirements: &'a Requirements, on: Day) -> Vec<&'a Required> {
    let there = papers(&line.of.dossier);
    let is_official = line.status_code() != "probationary";
    requirements
        .on(on)
        .filter(|r| r.stage == Stage::Admitted || is_official)
        .filter(|r| {
            !there
                .iter()
                .any(|p| p.paper == r.paper.code && p.is_there())
        })
        .collect()
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
fn done(of: &Recorded, year: u16) -> Option<PartialDate> {
    let of_year = of
        .supplements
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
    let (Ok(first), Ok(last)) = (
        Day::from_civil(year.into(), 1, 1),
        Day::from_civil(year.into(), 12, 31),
    ) else {
        return Vec::new();
    };
    let admitted = |line: &Line| {
        let on = date(&line.record, "admitted_on").and_then(first_day);
        on.is_none_or(|on| on <= last)
    };
    let owe = lines.iter().filter(|l| l.belongs && admitted(l));
    owe.map(|line| {
        let done = done(line.of, year);
        let fact = fact(line.member, first, done);
        Supplement {
            line,
            deadline: deadline::deadline(&fact, regulations, calendar, today),
            done,
        }
    })
    .collect()
}

/// The term of a year's supplement: it begins with the year.
fn fact(place: PlaceId, first: Day, done: Option<PartialDate>) -> Fact {
    Fact {
        rule: DeadlineRule {
            rule: Key::SupplementDue,
            from: "year",
            after: None,
            done: "done_on",
            while_code: None,
            in_states: &[],
            ending: None,
        },
        place,
        from: first,
        done: done.and_then(first_day),
    }
}
