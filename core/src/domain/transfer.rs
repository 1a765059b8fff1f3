//! A transfer (*chuyển sinh hoạt đảng*), formal or temporary, as the unit that the member leaves has it; what the
//! receiving unit has is [`super::transfer_in`].
//!
//! States and clocks: Quy định 294-QĐ/TW of 26/5/2025, §6.3.1 (60 working days to begin, 30 to present the
//! letter); dossier check and return slip: Hướng dẫn 01-HD/TW of 2016, §8.2. A case that is late goes on: the
//! reason is asked for with the next act ([`crate::deadline::reason_needed`]), and who is competent decides.
//!
//! A temporary stay (*sinh hoạt tạm thời*) has a last day. When it comes (*hết hạn*), they return, the stay is prolonged, or
//! a formal transfer follows: people are reminded, and whoever is still away after it is told as late.
//!
//! The case tells how far the papers are. Where the member stands in the tree is the place's parent; what
//! their status is follows from the decisions.

use super::placement::REASONS;
use super::procedure::{
    ABOUT, ACT, AFTER, COMMITTEE_DECIDES, DECISION, DOSSIER_CHECKED, DUES_PAID_THROUGH, HOW,
    LETTER_BODY, NOTE, NUMBER, ON, RECORDED_BY, SAID_BY, SIGNATORY, SUBJECT, UNTIL, act, acts,
    procedure, state,
};
use super::{code, decision, field};
use crate::case::{Act, By, Case, LATE, NEW, SAME, State};
use crate::caution::{Lasts, Watch};
use crate::deadline::{DeadlineRule, Ending, Of};
use crate::kind::{Code, Field, FieldType, Kind, Letter, Moves, Part};
use crate::regulation::Key as Rule;

/// Formal or temporary.
pub static FORMS: [Code; 2] = [
    code("formal", "Chính thức", "Formal", &["chinh thuc"]),
    code("temporary", "Tạm thời", "Temporary", &["tam thoi"]),
];

/// How far it goes.
pub static REACHES: [Code; 4] = [
    code("commune", "Trong xã", "Inside the commune", &["trong xa"]),
    code(
        "province",
        "Xã khác trong tỉnh",
        "Another commune of the province",
        &["trong tinh"],
    ),
    code(
        "other_province",
        "Tỉnh khác",
        "Another province",
        &["ngoai tinh"],
    ),
    code("abroad", "Ra nước ngoài", "Abroad", &["nuoc ngoai"]),
];

static STATES: [State; 10] = [
    state("due", "Cần chuyển", "To be transferred", true),
    state("preparing", "Đang làm thủ tục", "Being prepared", true),
    state("introduced", "Đã giới thiệu", "Letter issued", true),
    state("presented", "Đã trình giấy", "Letter presented", true),
    state("returned", "Trả lại hồ sơ", "Dossier returned", true),
    state("received", "Đã tiếp nhận", "Received", true),
    state("closed", "Kết thúc", "Closed", false),
    state("back", "Đã trở về", "Came back", false),
    state(
        "formal",
        "Hết tạm thời, làm thủ tục chính thức",
        "To be transferred formally",
        false,
    ),
    state("withdrawn", "Thôi chuyển", "Withdrawn", false),
];

/// Where a temporary stay goes on until somebody says what comes after it (*hết hạn*).
pub(super) const STAYS: &[&str] = &["received"];

// Acts that both sides' cases have.

/// The dossier is not as it should be.
pub(super) const RETURN: Act = act(
    "return",
    "Trả lại hồ sơ",
    "The dossier is returned",
    (&["presented"], "returned"),
    By::Leaders,
    &["note"],
);

/// They belong to the receiving unit.
pub(super) const RECEIVE: Act = act(
    "receive",
    "Tiếp nhận",
    "Received",
    (&["presented"], "received"),
    By::Leaders,
    &[],
);

/// A temporary stay has another last day.
pub(super) const EXTEND: Act = act(
    "extend",
    "Gia hạn sinh hoạt tạm thời",
    "The temporary stay is prolonged",
    (STAYS, SAME),
    By::Leaders,
    &["until"],
);

/// What was temporary is to be for good.
pub(super) const BECOMES_FORMAL: Act = act(
    "formal",
    "Hết hạn tạm thời, chuyển chính thức",
    "The temporary stay is over; a formal transfer follows",
    (STAYS, "formal"),
    By::Leaders,
    &["on"],
);

static ACTS: [Act; 14] = [
    act(
        "open",
        "Cần chuyển sinh hoạt",
        "A transfer is needed",
        (&[NEW], "due"),
        By::Anyone,
        &[],
    ),
    act(
        "begin",
        "Bắt đầu làm thủ tục",
        "The procedure has begun",
        (&["due"], "preparing"),
        By::Leaders,
        &[],
    ),
    act(
        "introduce",
        "Cấp giấy giới thiệu",
        "The letter is issued",
        (&["due", "preparing"], "introduced"),
        By::Deciders,
        &["number", "on"],
    ),
    act(
        "present",
        "Trình giấy giới thiệu",
        "The letter is presented",
        (&["introduced", "returned"], "presented"),
        By::Anyone,
        &[],
    ),
    RETURN,
    RECEIVE,
    EXTEND,
    act(
        "come_back",
        "Hết hạn tạm thời, trở về",
        "The temporary stay is over; they came back",
        (STAYS, "back"),
        By::Leaders,
        &["on"],
    ),
    BECOMES_FORMAL,
    act(
        "close",
        "Nhận phiếu báo, kết thúc",
        "The return slip has come; closed",
        (&["received"], "closed"),
        By::Leaders,
        &[],
    ),
    act(
        LATE,
        "Nêu lý do chậm",
        "The reason for being late",
        (
            &[
                "due",
                "preparing",
                "introduced",
                "presented",
                "returned",
                "received",
            ],
            SAME,
        ),
        By::Anyone,
        &["note"],
    ),
    act(
        "accept_late",
        "Cho chuyển dù quá hạn",
        "The transfer goes on though late",
        (&["due", "preparing", "introduced", "returned"], SAME),
        By::Deciders,
        &["number"],
    ),
    act(
        "withdraw",
        "Thôi chuyển",
        "Withdrawn",
        (&["due", "preparing", "introduced", "returned"], "withdrawn"),
        By::Leaders,
        &["note"],
    ),
    act(
        "remark",
        "Ghi chú",
        "A remark",
        (
            &[
                "due",
                "preparing",
                "introduced",
                "presented",
                "returned",
                "received",
            ],
            SAME,
        ),
        By::Anyone,
        &["note"],
    ),
];

/// The clocks of Quy định 294-QĐ/TW, §6.3.1. A letter that was returned has been presented in time.
static DEADLINES: [DeadlineRule; 4] = [
    DeadlineRule {
        rule: Rule::TransferStart,
        from: "acts/open",
        after: None,
        done: "acts/introduce",
        while_code: None,
        in_states: &[],
        ending: None,
        remind: None,
        of: Of::Document,
    },
    DeadlineRule {
        rule: Rule::TransferPresent,
        from: "acts/introduce",
        after: None,
        done: "acts/present",
        while_code: None,
        in_states: &[],
        ending: None,
        remind: None,
        of: Of::Document,
    },
    THE_STAY_ENDS,
    THE_CLOSED_STAY_ENDS,
];

/// A temporary stay ends on the day that was said last; then they return, it is prolonged, or they are transferred
/// formally.
pub(super) const THE_STAY_ENDS: DeadlineRule = DeadlineRule {
    rule: Rule::TempRemind,
    from: "acts/*/until",
    after: None,
    done: "acts/come_back",
    while_code: None,
    in_states: STAYS,
    ending: Some(Ending::ByAct),
    remind: None,
    of: Of::Document,
};

/// The same of a case that was closed when the return slip came: people are reminded, and nobody need say more.
pub(super) const THE_CLOSED_STAY_ENDS: DeadlineRule = DeadlineRule {
    in_states: &["closed"],
    ending: Some(Ending::ByItself),
    ..THE_STAY_ENDS
};

static CASE: Case = Case {
    states: &STATES,
    acts: &ACTS,
};

/// What one act says. The data of the letter (*giấy giới thiệu sinh hoạt đảng*) stand with the act that issues it.
const ENTRY: &[Field] = &[
    ACT,
    AFTER,
    ABOUT,
    ON,
    FORM,
    field("reach", "Phạm vi", "Reach", FieldType::Code(&REACHES), &[]),
    field("destination", "Nơi đến", "To", FieldType::Line, &[]),
    field(
        "destination_code",
        "Mã xã nơi đến",
        "Commune code",
        FieldType::Line,
        &[],
    ),
    // The receiving unit, where the same node keeps it: it is told of the letter.
    field(
        "to_unit",
        "Mã chi bộ nhận",
        "Receiving unit",
        FieldType::Line,
        &[],
    ),
    WHY,
    NUMBER,
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
    DECISION,
    RECORDED_BY,
];

/// Formal or temporary.
pub(super) const FORM: Field = field("form", "Loại", "Form", FieldType::Code(&FORMS), &[]);

/// Why: a stay for study may be longer.
pub(super) const WHY: Field = field("reason", "Lý do đi", "Why", FieldType::Code(&REASONS), &[]);

/// How long a temporary stay may last, counted from its letter; `is_study`: while somebody studies.
pub(super) const fn stay(from: &'static [&'static str], is_study: bool) -> Lasts {
    Lasts {
        from,
        until: "acts/*/until",
        rule: match is_study {
            true => Rule::TempStudyMax,
            false => Rule::TempMax,
        },
        is_below: !is_study,
        only: Some(("acts/*/reason", "study", is_study)),
    }
}

/// Without a dossier that was checked against its list nobody is to be received (Hướng dẫn 01-HD/TW of 2016, §8.2).
pub(super) const DOSSIER_IS_CHECKED: Watch = Watch::Unsaid {
    act: "receive",
    field: DOSSIER_CHECKED.name,
    rule: Rule::TransferDossier,
};

/// What the letter should say and the dossier should have gone through; a case goes on without it.
static WATCHES: [Watch; 5] = [
    Watch::Unsaid {
        act: "introduce",
        field: DUES_PAID_THROUGH.name,
        rule: Rule::TransferDues,
    },
    Watch::Unsaid {
        act: "introduce",
        field: DOSSIER_CHECKED.name,
        rule: Rule::TransferDossier,
    },
    DOSSIER_IS_CHECKED,
    Watch::Lasts(stay(&["acts/introduce"], false)),
    Watch::Lasts(stay(&["acts/introduce"], true)),
];

/// What a letter of introduction says. The text of the blank in force was not found: this is what a receiving unit needs
/// to know who comes, and what the letter must say of dues and dossier; unverified.
const LETTER: Letter = Letter {
    act: "introduce",
    of_record: &[
        "full_name",
        "sex",
        "born",
        "hometown",
        "admitted_on",
        "official_on",
        "card_number",
        "life_history_no",
    ],
    of_act: &["number", "on", "body", "signatory"],
    of_case: &[
        "form",
        "reach",
        "destination",
        "until",
        "dues_paid_through",
        "dossier_checked",
    ],
};

/// The document of one transfer.
pub static TRANSFER: Kind = procedure(
    21,
    "transfer",
    ("Chuyển sinh hoạt đi", "Transfer out"),
    &[SUBJECT, acts(ENTRY)],
    &COMMITTEE_DECIDES,
    &CASE,
    &DEADLINES,
)
.with_watches(&WATCHES)
.with_part(Part::Moves(Moves {
    letter: Some(LETTER),
    received: "receive",
    follows: Rule::TransferLeft,
}));
