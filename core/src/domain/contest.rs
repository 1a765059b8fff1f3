//! A contest (*ý kiến về nội dung đã ghi*): a person says that one sentence about them is not right.
//!
//! It names the record and the field, repeats the sentence as it stood, and gives the person's own words; a secretary may
//! type them (*ghi hộ*): then the words are the person's (`said_by`, `how`) and the signature the secretary's. It is
//! answered within the days that the rules set for requests about personal data (Nghị định 356/2025/NĐ-CP, from
//! 1/1/2026: [`Key::PersonalDataReply`](crate::regulation::Key::PersonalDataReply)): accepted, with what stands now, or
//! refused with a reason. Both stay at the sentence for as long as the record is kept. Nobody answers their own.
//!
//! An answer that says what stands now corrects the record in the same step where who answers writes it; else it is
//! corrected by who does, as ever.

use super::procedure::{
    ABOUT, ACT, AFTER, BRANCH_DECIDES, HOW, NOTE, ON, SAID_BY, SUBJECT, act, acts, procedure, state,
};
use super::{code, field};
use crate::case::{self, Act, By, Case, Done, NEW, SAME, State};
use crate::deadline::{DeadlineRule, Of};
use crate::document::{Value, Values};
use crate::kind::{Code, Field, FieldType, Kind};
use crate::regulation::Key as Rule;

/// The act that begins one.
pub const RAISE: &str = "raise";
/// The act that answers it.
pub const ANSWER: &str = "answer";

/// How a contest was answered.
pub static OUTCOMES: [Code; 2] = [
    code(
        "accepted",
        "Đúng, đã sửa",
        "Accepted",
        &["chap nhan", "dung"],
    ),
    code(
        "refused",
        "Giữ như đã ghi",
        "Refused",
        &["khong chap nhan", "giu nguyen"],
    ),
];

const RAISED: State = state("raised", "Chờ trả lời", "Waits for an answer", true);
const ANSWERED: State = state("answered", "Đã trả lời", "Answered", false);
const WITHDRAWN: State = state("withdrawn", "Thôi ý kiến", "Withdrawn", false);

static CONTEST_ACTS: [Act; 4] = [
    act(
        RAISE,
        "Nêu ý kiến",
        "A sentence is contested",
        (&[NEW], "raised"),
        By::Anyone,
        &["record", "path", "words", "on"],
    ),
    act(
        ANSWER,
        "Trả lời",
        "Answered",
        (&["raised"], "answered"),
        By::Deciders,
        &["outcome", "note", "on"],
    ),
    act(
        "withdraw",
        "Thôi ý kiến",
        "Withdrawn",
        (&["raised"], "withdrawn"),
        By::Anyone,
        &[],
    ),
    act(
        "remark",
        "Ghi chú",
        "A remark",
        (&["raised"], SAME),
        By::Anyone,
        &["note"],
    ),
];

static CONTEST_CASE: Case = Case {
    states: &[RAISED, ANSWERED, WITHDRAWN],
    acts: &CONTEST_ACTS,
};

/// What one act says.
const ENTRY: &[Field] = &[
    ACT,
    AFTER,
    ABOUT,
    ON,
    field("record", "Bản ghi", "Record", FieldType::Line, &[]),
    field("path", "Ô", "Field", FieldType::Line, &[]),
    field(
        "sentence",
        "Nội dung đã ghi",
        "What stood there",
        FieldType::Line,
        &[],
    ),
    field(
        "words",
        "Lời của người có ý kiến",
        "The person's own words",
        FieldType::Line,
        &[],
    ),
    field(
        "outcome",
        "Kết quả",
        "Outcome",
        FieldType::Code(&OUTCOMES),
        &[],
    ),
    field(
        "correction",
        "Sửa thành",
        "What stands now",
        FieldType::Line,
        &[],
    ),
    NOTE,
    SAID_BY,
    HOW,
];

/// From the day on which the words were said to the day of the answer.
static DEADLINES: [DeadlineRule; 1] = [DeadlineRule {
    rule: Rule::PersonalDataReply,
    from: "acts/raise",
    after: None,
    done: "acts/answer",
    while_code: None,
    in_states: &[],
    ending: None,
    remind: None,
    of: Of::Document,
}];

/// The document of one contest.
pub static CONTEST: Kind = procedure(
    40,
    "contest",
    ("Ý kiến về nội dung đã ghi", "Contest"),
    &[SUBJECT, acts(ENTRY)],
    &BRANCH_DECIDES,
    &CONTEST_CASE,
    &DEADLINES,
);

/// A contest as it stands at a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contested {
    /// What was said when it was raised.
    pub raised: Done,
    /// The answer, if there is one.
    pub answered: Option<Done>,
    /// The state: its code.
    pub state: &'static str,
}

impl Contested {
    /// Reads one; `None` if nothing of it stands.
    pub fn of(values: &Values) -> Option<Contested> {
        let story = case::story(&CONTEST, values);
        Some(Contested {
            raised: story.last(RAISE)?.clone(),
            answered: story.last(ANSWER).cloned(),
            state: story.state,
        })
    }

    /// Whether it is about this field of this record (the record's id as hex).
    pub fn is_about(&self, record: &str, path: &str) -> bool {
        said(&self.raised, "record") == record && said(&self.raised, "path") == path
    }
}

/// What an act says in one of its fields; empty: nothing.
pub fn said<'a>(done: &'a Done, name: &str) -> &'a str {
    match done.said.get(name) {
        Some(Value::Text(text)) => text,
        _ => "",
    }
}
