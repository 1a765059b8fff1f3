//! Sheets (*danh sách, biểu*): lists of members that somebody reads out or copies onto paper, each with columns of its
//! own: who comes to which badge in a year, which card numbers there are and were, who has handed in the supplement of a
//! year, how the roll stood on a day. What stands in them is worked out in the core; here it becomes one shape, so that a screen or a command draws all
//! of them alike and a further sheet is one more row of [`SHEETS`].
//!
//! Some rows can be answered where they stand ([`Act`]): that somebody has handed in their supplement is one tap.
//!
//! Does not know: the clock (today is passed in), screens.

mod decided;
mod rows;

pub use decided::{decisions, discipline};
pub use rows::{badges, cards, members, supplements};

use crate::decisions::{papers, replaced};
use crate::discipline::measures;
use crate::lists::{self, ListError};
use crate::roll;
use crate::words::Both;
use chibo_core::access;
use chibo_core::author::Target;
use chibo_core::date::Day;
use chibo_core::domain::decision::DECISION;
use chibo_core::domain::discipline::DISCIPLINE;
use chibo_core::domain::dossier::YEARLY_SUPPLEMENT;
use chibo_core::domain::member::MEMBER;
use chibo_core::id::PlaceId;
use chibo_core::kind::Label;
use chibo_core::place::Role;
use chibo_core::store::sqlite::SqliteStore;
use chibo_core::tree::Tree;
use std::ops::RangeInclusive;

/// The years that a sheet can be asked for.
pub const YEARS: RangeInclusive<u16> = 1930..=2199;

/// A sheet that there is.
#[derive(Debug)]
pub struct SheetKind {
    /// Its name in calls.
    pub code: &'static str,
    /// What people call it.
    pub label: Label,
    /// What it is about.
    pub about: About,
    /// Who reads it.
    reads: fn(Role) -> bool,
    make: fn(&Asked) -> Result<Sheet, ListError>,
}

/// What a sheet is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// How it stands today.
    Today,
    /// A year ([`YEARS`]).
    Year,
    /// A day: how it stood then.
    Day,
}

/// Every sheet, in the order in which they are offered.
pub static SHEETS: [SheetKind; 6] = [
    SheetKind {
        code: "roll",
        label: Label {
            vi: "Danh sách đảng viên theo ngày",
            en: "The roll of a day",
        },
        about: About::Day,
        reads: |role| access::reads(role, &MEMBER),
        make: |asked| roll::with_lines(asked.store, asked.tree, asked.below, asked.on, members),
    },
    SheetKind {
        code: "badges",
        label: Label {
            vi: "Huy hiệu Đảng",
            en: "Party badges",
        },
        about: About::Year,
        // Party ages of all together are for who proposes badges.
        reads: |role| {
            use Role::{CommitteeSecretary, Deputy, Office, Secretary};
            matches!(role, Office | CommitteeSecretary | Secretary | Deputy)
        },
        make: |asked| {
            let year = (asked.year, asked.today);
            roll::with_badges(asked.store, asked.tree, asked.below, year, badges)
        },
    },
    SheetKind {
        code: "cards",
        label: Label {
            vi: "Số thẻ đảng viên",
            en: "Card numbers",
        },
        about: About::Today,
        reads: |role| access::reads(role, &MEMBER),
        make: |asked| {
            let all = roll::cards(asked.store, asked.tree, asked.below, asked.today)?;
            Ok(cards(all.iter().filter(|c| c.belongs)))
        },
    },
    SheetKind {
        code: "supplements",
        label: Label {
            vi: "Phiếu bổ sung hồ sơ",
            en: "Yearly supplements",
        },
        about: About::Year,
        reads: |role| access::reads(role, &YEARLY_SUPPLEMENT),
        make: |asked| {
            let year = (asked.year, asked.today);
            let writes = access::writes(asked.role, &YEARLY_SUPPLEMENT);
            let today = writes.then_some(asked.today);
            roll::with_supplements(asked.store, asked.tree, asked.below, year, |all| {
                supplements(all, asked.year, today)
            })
        },
    },
    SheetKind {
        code: "decisions",
        label: Label {
            vi: "Quyết định, giấy giới thiệu",
            en: "Decisions and letters",
        },
        about: About::Today,
        reads: |role| access::reads(role, &DECISION),
        make: |asked| {
            let all = papers(asked.store, asked.tree, asked.role, asked.below)?;
            let names = lists::names(asked.store, asked.today)?;
            let changed = replaced(
                asked.store,
                asked.tree,
                asked.role,
                asked.below,
                asked.today,
            )?;
            Ok(decisions(&all, &changed, &names))
        },
    },
    SheetKind {
        code: "discipline",
        label: Label {
            vi: "Kỷ luật",
            en: "Discipline",
        },
        about: About::Today,
        reads: |role| access::reads(role, &DISCIPLINE),
        make: |asked| {
            let all = measures(asked.store, asked.tree, asked.below)?;
            let names = lists::names(asked.store, asked.today)?;
            Ok(discipline(&all, &names))
        },
    },
];

/// What a sheet is made of.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The records.
    pub store: &'a SqliteStore,
    /// The places.
    pub tree: &'a Tree,
    /// Who reads it.
    pub role: Role,
    /// Only the members below this place (of one member: theirs); `None`: everywhere.
    pub below: Option<PlaceId>,
    /// The year, of a sheet that is about one ([`YEARS`]).
    pub year: u16,
    /// The day, of a sheet that is about one.
    pub on: Day,
    /// Today.
    pub today: Day,
}

impl SheetKind {
    /// The sheet of this code.
    pub fn by_code(code: &str) -> Option<&'static SheetKind> {
        SHEETS.iter().find(|s| s.code == code)
    }

    /// Whether this role reads it.
    pub fn is_for(&self, role: Role) -> bool {
        (self.reads)(role)
    }

    /// The sheet itself; `None`: it is not for this role.
    pub fn make(&self, asked: &Asked) -> Result<Option<Sheet>, ListError> {
        let may = self.is_for(asked.role);
        may.then(|| (self.make)(asked)).transpose()
    }
}

/// A list as it is read out.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    /// What stands above the cells of every row.
    pub columns: Vec<Both>,
    /// The rows; parts may be empty.
    pub parts: Vec<Part>,
    /// What is to be known of the whole: how many, by which rule.
    pub said: Vec<Both>,
}

/// Rows under one heading.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// The heading; empty: none.
    pub heading: Both,
    /// The rows.
    pub rows: Vec<Row>,
}

/// One row: something of one member, who may have several.
#[derive(Debug, Clone)]
pub struct Row {
    /// Who.
    pub member: PlaceId,
    /// Their name.
    pub name: String,
    /// One for each column; empty: nothing to say.
    pub cells: Vec<Both>,
    /// What is to be seen at once, if anything.
    pub mark: Option<Mark>,
    /// The document that says it, if it is another than the member's record. It may not be there yet.
    pub at: Option<Target>,
    /// Whether that document is there.
    pub is_there: bool,
    /// What can be written into it from here.
    pub acts: Vec<Act>,
}

/// What is to be seen of a row at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// In a few words.
    pub words: Both,
    /// How much it asks of people.
    pub weight: Weight,
}

/// How much a mark asks of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Nothing: it is to be known.
    Known,
    /// Something is still to be done.
    Open,
    /// It is late.
    Late,
}

/// Something that a person can say of a row where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Act {
    /// What they say.
    pub label: Both,
    /// What is typed then: paths of the row's document and texts.
    pub typed: Vec<(&'static str, String)>,
}
