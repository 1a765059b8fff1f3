//! A lost or damaged party card (*mất, hỏng thẻ đảng viên*): reported at once, reviewed at the branch (forms 2-TĐV
//! and 3-TĐV), decided by the committee above the grassroots organisation (form 4-TĐV), then a new card
//! (Hướng dẫn 12-HD/BTCTW of 2022, II.2.2c).
//!
//! With the decision's number and the new card's number its effect on the register is that of a decision
//! ([`crate::kind::Part::Decides`]): the new number stands from that day, the old one is kept, and a cancelled
//! act takes it back.

use super::field;
use super::procedure::{
    ABOUT, ACT, AFTER, COMMITTEE_DECIDES, HOW, NOTE, NUMBER, ON, RECORDED_BY, SAID_BY, SIGNATORY,
    SUBJECT, act, acts, procedure, state,
};
use super::{code, decision};
use crate::case::{Act, By, Case, NEW, SAME, State};
use crate::caution::{Form, Watch};
use crate::kind::{Code, Decides, Field, FieldType, Kind, Part};
use crate::regulation::Key as Rule;

/// What happened to the card.
pub static LOSSES: [Code; 3] = [
    code("lost", "Mất", "Lost", &["mat the"]),
    code("damaged", "Hỏng", "Damaged", &["hong the", "rach", "nat"]),
    code("burnt", "Cháy, thiên tai", "Fire or disaster", &["chay"]),
];

static STATES: [State; 6] = [
    state("reported", "Đã báo", "Reported", true),
    state("reviewed", "Chi bộ đã xét", "Reviewed by the branch", true),
    state(
        "decided",
        "Đã có quyết định (4-TĐV)",
        "Decided (4-TĐV)",
        true,
    ),
    state("issued", "Đã cấp thẻ mới", "New card issued", false),
    state("refused", "Không cấp lại", "Refused", false),
    state("found", "Đã tìm thấy thẻ", "Found again", false),
];

static ACTS: [Act; 7] = [
    act(
        "report",
        "Báo mất, hỏng thẻ",
        "The card is reported as lost or damaged",
        (&[NEW], "reported"),
        By::Anyone,
        &[],
    ),
    act(
        "review",
        "Chi bộ xét (2-TĐV, 3-TĐV)",
        "The branch reviews it (2-TĐV, 3-TĐV)",
        (&["reported"], "reviewed"),
        By::Leaders,
        &["on"],
    ),
    act(
        "decide",
        "Quyết định cấp lại (4-TĐV)",
        "It is decided (4-TĐV)",
        (&["reviewed"], "decided"),
        By::Deciders,
        &["number", "on"],
    ),
    act(
        "refuse",
        "Không cấp lại",
        "Refused",
        (&["reported", "reviewed"], "refused"),
        By::Deciders,
        &["note"],
    ),
    act(
        "issue",
        "Cấp thẻ mới",
        "The new card is issued",
        (&["decided"], "issued"),
        By::Deciders,
        &["card_number", "on"],
    ),
    act(
        "found",
        "Đã tìm thấy thẻ",
        "The card was found again",
        (&["reported", "reviewed"], "found"),
        By::Anyone,
        &[],
    ),
    act(
        "remark",
        "Ghi chú",
        "A remark",
        (&["reported", "reviewed", "decided"], SAME),
        By::Anyone,
        &["note"],
    ),
];

static CASE: Case = Case {
    states: &STATES,
    acts: &ACTS,
};

/// What one act says.
const ENTRY: &[Field] = &[
    ACT,
    AFTER,
    ABOUT,
    ON,
    field(
        "loss",
        "Mất hay hỏng",
        "What",
        FieldType::Code(&LOSSES),
        &[],
    ),
    NUMBER,
    decision::SYMBOL,
    decision::ORIGINAL_SEEN,
    field(
        "body",
        "Cơ quan quyết định",
        "Decided by",
        FieldType::Line,
        &[],
    ),
    SIGNATORY,
    field(
        "card_number",
        "Số thẻ mới",
        "New card number",
        FieldType::Line,
        &[],
    ),
    NOTE,
    SAID_BY,
    HOW,
    RECORDED_BY,
];

/// The document of one lost or damaged card. The committee decides.
pub static LOST_CARD: Kind = procedure(
    35,
    "lost_card",
    ("Mất, hỏng thẻ đảng viên", "Lost card"),
    &[SUBJECT, acts(ENTRY)],
    &COMMITTEE_DECIDES,
    &CASE,
    &[],
)
.with_part(Part::Decides(Decides {
    form: "card",
    decided: "decide",
    given: "issue",
    value: Some("card_number"),
    ended: None,
}))
.with_watches(&[Watch::Looks {
    field: "acts/issue/card_number",
    form: Form::Digits,
    rule: Rule::CardForm,
    on: &["acts/issue"],
    only: None,
}]);
