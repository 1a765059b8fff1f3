//! Discipline (*kỷ luật*) by a formal decision: reprimand, warning, removal from post. Only what was decided is
//! kept, never a complaint or a draft of one (Quy định 69-QĐ/TW of 2022, art. 7, as amended by 264-QĐ/TW of
//! 14/2/2025).
//!
//! It is what any decision is ([`super::decision`]), in the lane of what only the branch's leaders and those above
//! read: so a list of it is empty where it may not be read, whatever the program there does. Expulsion changes who
//! is a member and stands with the other decisions.

use super::decision::fields;
use super::{code, label};
use crate::access::Right;
use crate::kind::{Code, Field, KeptFrom, Key, Kind, Part, Retention};
use crate::place::{Edge, Lane, PlaceKind, Role};
use crate::regulation::Key as Rule;

/// What was decided.
pub static FORMS: [Code; 3] = [
    code("reprimand", "Khiển trách", "Reprimand", &[]),
    code("warning", "Cảnh cáo", "Warning", &[]),
    code("removal", "Cách chức", "Removal from post", &[]),
];

static FIELDS: [Field; 16] = fields(&FORMS);

/// The document of one disciplinary decision.
pub static DISCIPLINE: Kind = Kind {
    number: 37,
    name: "discipline",
    label: label("Quyết định kỷ luật", "Disciplinary decision"),
    place: &[PlaceKind::Member],
    lane: Lane::Office,
    retention: Retention::For(Rule::KeepDecision, KeptFrom::Leaving),
    edge: Edge::Parent,
    key: Key::Random,
    title: "number",
    fields: &FIELDS,
    rights: &[
        (Role::Office, Right::ALL),
        (Role::Secretary, Right::WRITE),
        (Role::Deputy, Right::WRITE),
        (Role::Member, Right::NONE),
        (Role::CommitteeMember, Right::NONE),
        (Role::Auditor, Right::READ),
        (Role::Upper, Right::NONE),
        (Role::CommitteeSecretary, Right::ALL),
        (Role::Operator, Right::NONE),
    ],
    append_only: true,
    watches: &[],
    formal: true,
    case: None,
    deadlines: &[],
    part: Part::Nothing,
};
