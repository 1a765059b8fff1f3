//! Sheets: lists of members with columns of their own, such as badges of a year, card numbers, yearly supplements. The core
//! says which there are and what stands in them; a screen draws all of them alike.

use crate::branch::{day, year};
use crate::chibo::Chibo;
use crate::describe::Text;
use crate::error::ChiboError;
use crate::list::place_id;
use crate::record::{Addressed, FieldEdit};
use chibo_core::domain::look::Look;
use chibo_device::edge::SystemChance;
use chibo_device::looks;
use chibo_device::sheet::{self, About, Asked, SHEETS, SheetKind};

/// A sheet that this device's role reads.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SheetInfo {
    /// Its name in [`Chibo::sheet`].
    pub code: String,
    /// What people call it.
    pub label: Text,
    /// What it is about.
    pub about: SheetAbout,
}

/// What a sheet is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum SheetAbout {
    /// How it stands today.
    Today,
    /// A year.
    Year,
    /// A day: how it stood then.
    Day,
}

/// A list as it is read out.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Sheet {
    /// What people call it.
    pub label: Text,
    /// The year that it is about, if it is about one.
    pub year: Option<u16>,
    /// The day that it is about, if it is about one, as `2026-11-24`.
    pub on: Option<String>,
    /// What stands above the cells of every row.
    pub columns: Vec<Text>,
    /// The rows, under their headings; only parts that have some.
    pub parts: Vec<SheetPart>,
    /// What is to be known of the whole: how many, by which rule, or why there is nothing.
    pub said: Vec<Text>,
}

/// Rows under one heading.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SheetPart {
    /// The heading; empty: none.
    pub heading: Text,
    /// The rows.
    pub rows: Vec<SheetRow>,
}

/// One row of a sheet. A member may have several.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SheetRow {
    /// Who: the place, by id.
    pub member: String,
    /// Their name.
    pub name: String,
    /// One for each column; empty: nothing to say.
    pub cells: Vec<Text>,
    /// What is to be seen at once, if anything.
    pub mark: Option<SheetMark>,
    /// The document that says it, if it is another than the member's record.
    pub at: Option<Addressed>,
    /// Whether anything was ever written in that document.
    pub is_there: bool,
    /// What can be said of the row where it stands: [`Chibo::edit`] of `at`, with these edits.
    pub acts: Vec<SheetAct>,
}

/// What is to be seen of a row at once.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SheetMark {
    /// In a few words.
    pub words: Text,
    /// How much it asks of people.
    pub weight: SheetWeight,
}

/// How much a mark asks of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum SheetWeight {
    /// Nothing: it is to be known.
    Known,
    /// Something is still to be done.
    Open,
    /// It is late.
    Late,
}

/// Something that a person can say of a row where it stands.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SheetAct {
    /// What they say.
    pub label: Text,
    /// What is typed then.
    pub edits: Vec<FieldEdit>,
}

fn row(row: sheet::Row) -> SheetRow {
    SheetRow {
        member: row.member.to_string(),
        name: row.name,
        cells: row.cells.into_iter().map(Text::from).collect(),
        mark: row.mark.map(|mark| SheetMark {
            words: mark.words.into(),
            weight: match mark.weight {
                sheet::Weight::Known => SheetWeight::Known,
                sheet::Weight::Open => SheetWeight::Open,
                sheet::Weight::Late => SheetWeight::Late,
            },
        }),
        at: row.at.map(|at| Addressed::of(row.member, &at)),
        is_there: row.is_there,
        acts: row.acts.into_iter().map(act).collect(),
    }
}

fn act(act: sheet::Act) -> SheetAct {
    let edits = act.typed.into_iter().map(|(path, typed)| FieldEdit {
        path: path.into(),
        typed,
    });
    SheetAct {
        label: act.label.into(),
        edits: edits.collect(),
    }
}

fn part(part: sheet::Part) -> SheetPart {
    SheetPart {
        heading: part.heading.into(),
        rows: part.rows.into_iter().map(row).collect(),
    }
}

#[uniffi::export]
impl Chibo {
    /// The sheets that this device's role reads, in the order in which they are offered.
    pub fn sheets(&self) -> Result<Vec<SheetInfo>, ChiboError> {
        self.shared.call(|h, _| {
            let author = h.phone.author().ok_or(ChiboError::NotEnrolled)?;
            let all = SHEETS.iter().filter(|s| s.is_for(author.role));
            let all = all.map(|s| SheetInfo {
                code: s.code.into(),
                label: s.label.into(),
                about: match s.about {
                    About::Today => SheetAbout::Today,
                    About::Year => SheetAbout::Year,
                    About::Day => SheetAbout::Day,
                },
            });
            Ok(all.collect())
        })
    }

    /// One sheet, of the members below a place or of all. `when`: the year (from 1930 to 2199) or the day that it is about,
    /// as people type it; `null`: this one. One that there is not: [`ChiboError::NotHere`]; one that this role does not read:
    /// [`ChiboError::NotAllowed`].
    pub fn sheet(
        &self,
        code: String,
        when: Option<String>,
        below: Option<String>,
    ) -> Result<Sheet, ChiboError> {
        self.shared.call(|h, now| {
            let kind = SheetKind::by_code(&code).ok_or(ChiboError::NotHere)?;
            let of = below.as_deref().map(place_id).transpose()?;
            looks::note(h, of, Look::Opened, now, &mut SystemChance)?;
            let author = h.phone.author().ok_or(ChiboError::NotEnrolled)?;
            let today = now.day_in_vietnam().ok_or(ChiboError::ClockOff)?;
            let (mut in_year, mut on) = (today.year(), today);
            match (kind.about, when) {
                (_, None) | (About::Today, _) => {}
                (About::Year, Some(typed)) => in_year = year("when", &typed)?,
                (About::Day, Some(typed)) => on = day("when", &typed)?,
            }
            let made = kind.make(&Asked {
                store: h.phone.store(),
                tree: h.phone.tree(),
                role: author.role,
                below: of,
                year: in_year,
                on,
                today,
            })?;
            let made = made.ok_or(ChiboError::NotAllowed)?;
            let parts = made.parts.into_iter().filter(|p| !p.rows.is_empty());
            Ok(Sheet {
                label: kind.label.into(),
                year: (kind.about == About::Year).then_some(in_year),
                on: (kind.about == About::Day).then(|| on.to_string()),
                columns: made.columns.into_iter().map(Text::from).collect(),
                parts: parts.map(part).collect(),
                said: made.said.into_iter().map(Text::from).collect(),
            })
        })
    }
}
