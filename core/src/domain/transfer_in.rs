//! A transfer in (*tiếp nhận chuyển sinh hoạt đảng đến*), as the receiving unit has it: somebody was introduced, and
//! has thirty working days to show the letter (Quy định 294-QĐ/TW of 26/5/2025, §6.3.1). Dossier check and return
//! slip: Hướng dẫn 01-HD/TW of 2016, §8.2.
//!
//! It lies in the receiving unit's own lane, since that unit reads nothing about the member until they belong to
//! it. Where the sender's case is kept by the same node, issuing the letter there opens this case here
//! ([`crate::author::act`]); where the letter comes from a place without Chibo, or of another node, somebody at the
//! receiving unit opens it: when the sender tells of it (`expect`), else when the member stands at the door
//! (`arrive`). Both have the clock, from the letter's own day.

use super::procedure::{
    ABOUT, ACT, AFTER, DOSSIER_CHECKED, DUES_PAID_THROUGH, HOW, LETTER_BODY, NOTE, NUMBER, ON,
    RECORDED_BY, SAID_BY, SIGNATORY, SUBJECT, UNTIL, act, acts, state,
};
use super::transfer::{
    BECOMES_FORMAL, DOSSIER_IS_CHECKED, EXTEND, FORM, RECEIVE, RETURN, STAYS, THE_CLOSED_STAY_ENDS,
    THE_STAY_ENDS, WHY, stay,
};
use super::{decision, field, label};
use crate::access::Right;
use crate::case::{Act, By, Case, LATE, NEW, SAME, State};
use crate::caution::Watch;
use crate::deadline::{DeadlineRule, Of};
use crate::kind::{Field, FieldType, KeptFrom, Key, Kind, Moves, Part, Retention};
use crate::place::{Edge, Lane, PlaceKind, Role};
use crate::regulation::Key as Rule;

static STATES: [State; 8] = [
    state(
        "expected",
        "Được báo, chờ trình giấy",
        "Announced, not here yet",
        true,
    ),
    state("presented", "Đã trình giấy", "Letter presented", true),
    state("returned", "Trả lại hồ sơ", "Dossier returned", true),
    state("received", "Đã tiếp nhận", "Received", true),
    state("closed", "Đã gửi phiếu báo", "Return slip sent", false),
    state("back", "Hết hạn, đã trở về", "Went back", false),
    state(
        "formal",
        "Hết tạm thời, làm thủ tục chính thức",
        "To be transferred formally",
        false,
    ),
    state("withdrawn", "Không chuyển đến nữa", "Not coming", false),
];

static ACTS: [Act; 13] = [
    act(
        "expect",
        "Được báo có người chuyển đến",
        "A transfer in was announced",
        (&[NEW], "expected"),
        By::Leaders,
        &["number", "letter_on", "full_name"],
    ),
    act(
        "arrive",
        "Người chuyển đến trình giấy giới thiệu",
        "Somebody came with a letter",
        (&[NEW], "presented"),
        By::Leaders,
        &["number", "letter_on", "full_name", "on"],
    ),
    act(
        "present",
        "Trình giấy giới thiệu",
        "The letter is presented",
        (&["expected", "returned"], "presented"),
        By::Leaders,
        &["on"],
    ),
    RETURN,
    RECEIVE,
    act(
        "close",
        "Gửi phiếu báo cho nơi đi, kết thúc",
        "The return slip is sent; closed",
        (&["received"], "closed"),
        By::Leaders,
        &[],
    ),
    EXTEND,
    act(
        "come_back",
        "Hết hạn tạm thời, trở về nơi đi",
        "The temporary stay is over; they went back",
        (STAYS, "back"),
        By::Leaders,
        &["on"],
    ),
    BECOMES_FORMAL,
    act(
        LATE,
        "Nêu lý do chậm",
        "The reason for being late",
        (&["expected", "presented", "returned", "received"], SAME),
        By::Leaders,
        &["note"],
    ),
    act(
        "accept_late",
        "Cho tiếp nhận dù quá hạn",
        "It goes on though late",
        (&["expected", "presented", "returned"], SAME),
        By::Deciders,
        &["number"],
    ),
    act(
        "withdraw",
        "Không chuyển đến nữa",
        "They are not coming",
        (&["expected", "returned"], "withdrawn"),
        By::Leaders,
        &["note"],
    ),
    act(
        "remark",
        "Ghi chú",
        "A remark",
        (&["expected", "presented", "returned", "received"], SAME),
        By::Leaders,
        &["note"],
    ),
];

/// From the day of the letter. One that was returned has been presented in time.
static DEADLINES: [DeadlineRule; 4] = [
    DeadlineRule {
        rule: Rule::TransferPresent,
        from: "acts/expect/letter_on",
        after: None,
        done: "acts/present",
        while_code: None,
        in_states: &[],
        ending: None,
        remind: None,
        of: Of::Document,
    },
    DeadlineRule {
        rule: Rule::TransferPresent,
        from: "acts/arrive/letter_on",
        after: None,
        done: "acts/arrive",
        while_code: None,
        in_states: &[],
        ending: None,
        remind: None,
        of: Of::Document,
    },
    THE_STAY_ENDS,
    THE_CLOSED_STAY_ENDS,
];

static CASE: Case = Case {
    states: &STATES,
    acts: &ACTS,
};

/// What one act says. Of the member there is no more than what stands in the letter.
const ENTRY: &[Field] = &[
    ACT,
    AFTER,
    ABOUT,
    ON,
    field("full_name", "Họ và tên", "Full name", FieldType::Name, &[]),
    FORM,
    field("origin", "Nơi đi", "From", FieldType::Line, &[]),
    WHY,
    NUMBER,
    field(
        "letter_on",
        "Ngày giấy giới thiệu",
        "Letter of",
        FieldType::Date,
        &[],
    ),
    decision::SYMBOL,
    decision::ORIGINAL_SEEN,
    LETTER_BODY,
    SIGNATORY,
    DUES_PAID_THROUGH,
    DOSSIER_CHECKED,
    UNTIL,
    NOTE,
    SAID_BY,
    HOW,
    RECORDED_BY,
];

/// Whoever is received without a checked dossier is received all the same, and it is said.
static WATCHES: [Watch; 3] = [
    DOSSIER_IS_CHECKED,
    Watch::Lasts(stay(
        &["acts/expect/letter_on", "acts/arrive/letter_on"],
        false,
    )),
    Watch::Lasts(stay(
        &["acts/expect/letter_on", "acts/arrive/letter_on"],
        true,
    )),
];

/// The document of one transfer in. Its key is the sender's case where that is known, so that one letter is one
/// case; else random.
pub static TRANSFER_IN: Kind = Kind {
    number: 36,
    name: "transfer_in",
    label: label("Chuyển sinh hoạt đến", "Transfer in"),
    place: &[PlaceKind::Branch, PlaceKind::Committee],
    lane: Lane::Committee,
    retention: Retention::For(Rule::KeepRecord, KeptFrom::Leaving),
    edge: Edge::Parent,
    key: Key::Random,
    title: SUBJECT.name,
    fields: &[SUBJECT, acts(ENTRY)],
    rights: &[
        (Role::Office, Right::ALL),
        (Role::Secretary, Right::WRITE),
        (Role::Deputy, Right::WRITE),
        (Role::Member, Right::NONE),
        (Role::CommitteeMember, Right::READ),
        (Role::Auditor, Right::READ),
        (Role::Upper, Right::NONE),
        (Role::CommitteeSecretary, Right::ALL),
        (Role::Operator, Right::NONE),
    ],
    append_only: true,
    watches: &WATCHES,
    formal: false,
    case: Some(&CASE),
    deadlines: &DEADLINES,
    part: Part::Moves(Moves {
        letter: None,
        received: "receive",
        follows: Rule::TransferCame,
    }),
};
