//! What is written onto the official blank of a transfer letter (*giấy giới thiệu sinh hoạt đảng*): its data, and what of
//! them is missing. The blank itself is printed paper with a seal; this is the sheet beside it.
//!
//! Which fields it takes stands in the description of the kind ([`crate::kind::Letter`]): those of the member's record as
//! it stands on the letter's day, and those that the case says. A field without a value is missing, and the letter goes
//! out all the same: people have ink.
//!
//! Does not know: storage, words, who prints it.

use crate::case;
use crate::date::Day;
use crate::document::{Value, Values};
use crate::domain::member::MEMBER;
use crate::id::DocId;
use crate::kind::{Field, FieldType, Kind, Part};
use crate::register;

/// One line of the sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The kind that has the field: the member's record, or the case.
    pub kind: &'static Kind,
    /// The path under which its value is read ([`crate::field::shown`]).
    pub path: String,
    /// The field.
    pub field: &'static Field,
    /// What stands there; `None`: it is missing.
    pub value: Option<Value>,
}

/// The lines of a case's letter, in the order of the blank; none: such a case gives out no letter. `record` and
/// `decisions`: the member's.
pub fn sheet(
    kind: &'static Kind,
    values: &Values,
    record: &Values,
    decisions: &[(DocId, Values)],
    today: Day,
) -> Vec<Line> {
    let Part::Moves(moves) = kind.part else {
        return Vec::new();
    };
    let Some(letter) = moves.letter else {
        return Vec::new();
    };
    let story = case::story(kind, values);
    let issued = story
        .last(letter.act)
        .and_then(|a| register::date(&a.said, "on"));
    let on = issued.and_then(register::first_day).unwrap_or(today);
    let stands = register::as_it_stands(record, decisions, on);
    let is_there = |value: &&Value| !value.shown().trim().is_empty();
    let of_record = letter.of_record.iter().filter_map(|name| {
        Some(Line {
            kind: &MEMBER,
            path: (*name).to_owned(),
            field: MEMBER.field(name)?,
            value: stands.get(*name).filter(is_there).cloned(),
        })
    });
    let cells = match kind.field(case::ACTS).map(|f| f.kind) {
        Some(FieldType::Entries(cells)) => cells,
        _ => &[],
    };
    // The letter's own number and day are those of its act, the rest is as somebody said it last.
    let said = |name: &str| match letter.of_act.contains(&name) {
        true => case::said_at(kind, values, &story, &format!("acts/{}/{name}", letter.act)),
        false => case::said_at(kind, values, &story, &format!("acts/*/{name}")),
    };
    let of_case = letter
        .of_act
        .iter()
        .chain(letter.of_case)
        .filter_map(|name| {
            Some(Line {
                kind,
                path: format!("{}/x/{name}", case::ACTS),
                field: cells.iter().find(|cell| cell.name == *name)?,
                value: said(name).filter(is_there).cloned(),
            })
        });
    of_record.chain(of_case).collect()
}
