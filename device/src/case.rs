//! What a screen shows beside the acts of a case (*việc theo thủ tục*): what stands in it and is unusual, what is late
//! without a reason, what its dossier lacks; and of a case that gives out a letter (*giấy giới thiệu sinh hoạt đảng*)
//! the sheet with what is written onto the blank. All of it is worked out anew whenever it is shown, and kept nowhere.
//!
//! Does not know: the clock (today is passed in), screens.

use crate::lists::{self, Known, ListError};
use crate::record;
use crate::roll;
use crate::words::{self, Both};
use chibo_core::access;
use chibo_core::calendar::WorkingDays;
use chibo_core::case;
use chibo_core::caution::Warning;
use chibo_core::date::Day;
use chibo_core::deadline::{self, Deadline, NoDeadline};
use chibo_core::document::Values;
use chibo_core::domain::dossier::DOSSIER;
use chibo_core::dossier::Required;
use chibo_core::id::PlaceId;
use chibo_core::kind::{Kind, Part};
use chibo_core::letter::{self, Line};
use chibo_core::place::Role;
use chibo_core::store::sqlite::SqliteStore;
use chibo_core::tree::Tree;

/// A case that is shown, and to whom.
#[derive(Debug, Clone, Copy)]
pub struct Shown<'a> {
    /// The records.
    pub store: &'a SqliteStore,
    /// The places.
    pub tree: &'a Tree,
    /// Who reads it.
    pub role: Role,
    /// Its kind.
    pub kind: &'static Kind,
    /// The place that it is about.
    pub place: PlaceId,
    /// What stands in it.
    pub values: &'a Values,
    /// Today.
    pub today: Day,
}

/// What stands beside the acts of a case.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    /// What is in it that does not belong there or is unusual.
    pub cautions: Vec<Warning>,
    /// The clock of it that is over without a reason.
    pub late: Option<Deadline>,
    /// Days that nobody said, so that nobody can say when something is due.
    pub undated: Vec<NoDeadline>,
    /// What the member's paper dossier lacks, of a case that sends it away.
    pub lacks: Vec<Required>,
}

/// What is written onto the blank of a letter; the blank itself is printed paper with a seal.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The lines, in the order of the blank.
    pub lines: Vec<Line>,
    /// What the member's paper dossier lacks.
    pub lacks: Vec<Required>,
}

impl Shown<'_> {
    /// Whether such a case gives out a letter.
    pub fn gives_letter(&self) -> bool {
        matches!(self.kind.part, Part::Moves(m) if m.letter.is_some())
    }

    /// What stands beside its acts.
    pub fn notes(&self) -> Result<Notes, ListError> {
        let (kind, values) = (self.kind, self.values);
        let rules = Known::of(self.store)?.regulations;
        let calendar = WorkingDays::new(&rules);
        let late = deadline::reason_needed(kind, values, self.place, &rules, &calendar, self.today);
        let (_, undated) = deadline::facts_and_gaps(kind, values, self.place);
        let goes = self.gives_letter() && case::is_open(kind, values);
        Ok(Notes {
            cautions: record::standing(kind, values, &rules, self.today),
            late: late.into_iter().next(),
            undated,
            lacks: if goes { self.lacks()? } else { Vec::new() },
        })
    }

    /// The sheet of its letter; `None`: such a case gives out none.
    pub fn letter(&self) -> Result<Option<Sheet>, ListError> {
        if !self.gives_letter() {
            return Ok(None);
        }
        let of = lists::recorded(self.store, self.tree, Some(self.place))?;
        let of = of.into_iter().find(|(place, _)| *place == self.place);
        let of = of.map(|(_, of)| of).unwrap_or_default();
        let (record, decisions) = (&of.record, &of.decisions);
        Ok(Some(Sheet {
            lines: letter::sheet(self.kind, self.values, record, decisions, self.today),
            lacks: self.lacks()?,
        }))
    }

    /// The papers that nobody has seen in the member's dossier, for who reads its index.
    fn lacks(&self) -> Result<Vec<Required>, ListError> {
        if !access::reads(self.role, &DOSSIER) {
            return Ok(Vec::new());
        }
        let of = roll::dossiers(self.store, self.tree, Some(self.place), self.today)?;
        Ok(of.into_iter().flat_map(|dossier| dossier.missing).collect())
    }
}

/// What people read in a line of a letter's sheet; empty: it is missing, and is written by hand.
pub fn line_said(line: &Line) -> Both {
    let read = |value| record::read(line.kind, &line.path, value);
    let (vi, en) = line.value.as_ref().map(read).unwrap_or_default();
    Both::new(vi, en)
}

/// Where a line of a letter's sheet is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaidIn {
    /// In the member's record.
    Record,
    /// With any act of the case.
    Case,
    /// With the act by which the letter is given out.
    Issue,
}

/// Where a line is said.
pub fn said_in(line: &Line) -> SaidIn {
    let name = line.field.name;
    match line.kind.part {
        Part::Moves(m) if m.letter.is_some_and(|l| l.of_act.contains(&name)) => SaidIn::Issue,
        Part::Moves(_) => SaidIn::Case,
        _ => SaidIn::Record,
    }
}

/// That a reason is asked for, in words.
pub fn late_said(late: &Deadline) -> Both {
    let (label, state) = (late.key.label(), words::deadline_state(late));
    Both::new(
        format!("cần nêu lý do chậm: {}, {}", label.vi, state.vi),
        format!("say why it is late: {}, {}", label.en, state.en),
    )
}
