//! The remark of the place of residence (*nhận xét nơi cư trú*): what the committee there says of a member, once a
//! year, with the name and post of who says it.
//!
//! Its key is the year. It stands as it was given: it is only ever added to, and one recorded by mistake is
//! cancelled with a reason, after which the year can have another (`2026.2`). The text is a line for that reason:
//! prose could be added to in its middle, and a word put in can turn a remark round. The paper stays in the
//! dossier. Nobody records one about themself.
//!
//! There is no anonymous remark: without author and post it is a draft without effect, as a decision is without
//! its number ([`crate::domain::decision::is_complete`]), and [`of_year`], by which screens and lists read
//! remarks, does not give its words out. It is not refused at the door, since a paper may be typed in two
//! sittings and what is saved must never be lost; a rule of its own for one kind would also be one rule more.
//!
//! Rule: Quy định 213-QĐ/TW of 2/1/2020 (working members keep contact with the branch of where they live, which
//! writes a remark each year). Kết luận 229-KL/TW ordered its replacement: form and term go with the date.

use super::check_in::{HOW, RECORDED_BY};
use super::decision::{self, CANCELLED};
use super::{field, label};
use crate::access::Right;
use crate::document::Values;
use crate::kind::{FieldType, KeptFrom, Key, Kind, Part, Retention};
use crate::place::{Edge, Lane, PlaceKind, Role};
use crate::register::text;
use crate::regulation::Key as Rule;

/// What the committee of the place of residence said of a member for a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Year<'a> {
    /// A remark lies there that says not who made it, or says nothing: it has no effect yet.
    Draft,
    /// The remark.
    Remark {
        /// The words.
        remark: &'a str,
        /// Who says it.
        author: &'a str,
        /// The author's post.
        post: &'a str,
    },
}

/// The named remark among these, if there is one.
fn named(values: &Values) -> Option<Year<'_>> {
    Some(Year::Remark {
        remark: text(values, "remark")?,
        author: text(values, "author")?,
        post: text(values, "post")?,
    })
}

/// What was said for a year, given all remarks about a member: each that stands, of two people who recorded one at the same time both. None
/// if nothing was recorded, or all of it was cancelled.
pub fn of_year<'a>(remarks: impl IntoIterator<Item = &'a Values>, year: u16) -> Vec<Year<'a>> {
    let year = year.to_string();
    let of = remarks.into_iter();
    of.filter(|v| text(v, "year") == Some(&year) && !decision::is_cancelled(v))
        .map(|values| named(values).unwrap_or(Year::Draft))
        .collect()
}

/// The document of one remark. Its key is the year.
pub static RESIDENCE_REMARK: Kind = Kind {
    number: 31,
    name: "residence_remark",
    label: label("Nhận xét nơi cư trú", "Remark of the place of residence"),
    place: &[PlaceKind::Member],
    lane: Lane::Own,
    edge: Edge::Parent,
    key: Key::Natural,
    title: "year",
    fields: &[
        field("year", "Năm", "Year", FieldType::Date, &[]).always_needed(),
        field(
            "body",
            "Cấp ủy nơi cư trú",
            "Committee of the place of residence",
            FieldType::Line,
            &[],
        ),
        field("author", "Người nhận xét", "Author", FieldType::Name, &[]).always_needed(),
        field("post", "Chức vụ", "Post", FieldType::Line, &[]).always_needed(),
        field("remark", "Nhận xét", "Remark", FieldType::Line, &[]).always_needed(),
        field("said_on", "Ngày nhận xét", "Said on", FieldType::Date, &[]).always_needed(),
        HOW,
        RECORDED_BY,
        CANCELLED,
    ],
    rights: &[
        (Role::Office, Right::ALL),
        (Role::Secretary, Right::WRITE),
        (Role::Deputy, Right::WRITE),
        (Role::Member, Right::READ),
        (Role::CommitteeMember, Right::READ),
        (Role::Auditor, Right::READ),
        (Role::Upper, Right::READ),
        (Role::CommitteeSecretary, Right::DECIDE),
        (Role::Operator, Right::NONE),
    ],
    append_only: true,
    watches: &[],
    formal: true,
    case: None,
    deadlines: &[],
    part: Part::Nothing,
    retention: Retention::For(Rule::KeepContact, KeptFrom::Field("said_on")),
};
