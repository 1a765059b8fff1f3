//! Rosters (*danh sách đảng viên*): reads what offices really keep, and writes what reads back.
//!
//! A roster is an .xlsx workbook or a .csv file. [`read`] finds the header below whatever titles stand
//! above it, knows columns by many names, and brings every cell into the form in which documents hold
//! it. What it does not understand it reports: a [`Problem`] for a cell that must or should be looked
//! at, a [`Note`] for what was left out; a column that no field matches is kept as `extra`. Nothing is
//! guessed, and nothing in the file is changed or dropped without a word.
//!
//! [`to_xlsx`] and [`to_csv`] write every field of both kinds, entries included, so that reading the
//! file again gives the same values. (Dashes alone say "nothing" in a roster and are no value.)
//!
//! Does not know: documents, places, who is asking; the caller makes documents of the rows. Limits:
//! `ROSTER_*` in [`crate::limits`].

mod columns;
mod entries;
mod problem;
mod rows;
mod table;
mod values;
mod write;

pub use problem::{ColumnName, Message, Note, Problem, ProblemKind, Severity};
pub use write::{to_csv, to_xlsx};

use crate::date::Day;
use crate::domain::member::{MEMBER, MEMBER_SENSITIVE};
use crate::kind::{Field, Kind};
use crate::limits;
use crate::regulation::Regulations;
use std::collections::BTreeMap;

/// Where a value goes: the name of the kind, and the field or `field/<number>/<name>` of an entry.
pub type ValuePath = (&'static str, String);

/// What was read from a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster {
    /// The members, by sheet and branch, in the order of the file.
    pub branches: Vec<BranchRows>,
    /// Cells that must or should be looked at.
    pub problems: Vec<Problem>,
    /// What was left out, and what is kept beside the fields.
    pub notes: Vec<Note>,
}

impl Roster {
    /// Whether a problem forbids taking the roster over as it is.
    pub fn is_blocked(&self) -> bool {
        self.problems.iter().any(|p| p.severity() == Severity::Bad)
    }

    /// All members, in the order of the file.
    pub fn members(&self) -> impl Iterator<Item = &MemberRow> {
        self.branches.iter().flat_map(|b| &b.rows)
    }
}

/// The members of one branch in one sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BranchRows {
    /// The sheet, or the name of a .csv file without its ending.
    pub sheet: String,
    /// The branch, if the file names one.
    pub branch_name: Option<String>,
    /// Its members.
    pub rows: Vec<MemberRow>,
}

/// One member.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberRow {
    /// The sheet.
    pub sheet: String,
    /// The row as the sheet numbers it, from 1.
    pub row_number: usize,
    /// Canonical values: dates ISO, codes as codes, `yes` or `no`, names and lines clean. Empty cells
    /// have no value.
    pub values: BTreeMap<ValuePath, String>,
    /// What stands in columns that no field matches, under the header as it is written.
    pub extra: BTreeMap<String, String>,
}

impl MemberRow {
    /// The value of a field of a kind.
    pub fn value(&self, kind: &str, path: &str) -> Option<&str> {
        self.values
            .iter()
            .find(|((k, p), _)| *k == kind && p == path)
            .map(|(_, value)| value.as_str())
    }
}

/// Why a file could not be read or written at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RosterError {
    /// Neither .xlsx nor .csv: save it as one of these.
    #[error("not an .xlsx or .csv file")]
    UnknownFormat,
    /// A workbook of Excel 97–2003: save it as .xlsx.
    #[error("an old .xls workbook: save it as .xlsx")]
    OldWorkbook,
    /// A .csv file in an old code page: save it as UTF-8, or as .xlsx.
    #[error("the text is neither UTF-8 nor UTF-16: save it as \"CSV UTF-8\" or .xlsx")]
    Encoding,
    /// The file is damaged or not what its name says.
    #[error("the workbook cannot be read: {0}")]
    Damaged(String),
    /// More than a limit allows: divide the file.
    #[error("too large: more than {limit} {unit}")]
    TooLarge {
        /// The limit.
        limit: u64,
        /// Of what.
        unit: &'static str,
    },
    /// No sheet has a header with a column of names.
    #[error("no sheet has a header row with a column of full names")]
    NoHeader,
    /// The file could not be written: a value does not fit into a cell.
    #[error("cannot write the roster: {0}")]
    Write(String),
}

/// By which rules the numbers in a roster are looked at, and on which day: as an edit does
/// ([`crate::caution::unusual`]).
#[derive(Debug, Clone, Copy)]
pub struct Looking<'a> {
    /// The rules that are known where the roster is brought in.
    pub regulations: &'a Regulations,
    /// The day on which that is done.
    pub today: Day,
}

/// Reads a roster. `file_name` tells a .csv from other text and names its one sheet.
pub fn read(bytes: &[u8], file_name: &str, by: Looking) -> Result<Roster, RosterError> {
    if bytes.len() as u64 > limits::ROSTER_BYTES {
        return Err(RosterError::TooLarge {
            limit: limits::ROSTER_BYTES,
            unit: "bytes",
        });
    }
    let (tables, mut notes) = table::tables(bytes, file_name)?;
    let mut roster = rows::roster_of(&tables, by, &mut notes)?;
    roster.notes = notes;
    Ok(roster)
}

/// Every field of both kinds, in the order of the columns of an export.
fn member_fields() -> impl Iterator<Item = (&'static Kind, &'static Field)> {
    [&MEMBER, &MEMBER_SENSITIVE]
        .into_iter()
        .flat_map(|kind: &'static Kind| kind.form().map(move |field| (kind, field)))
}
