//! A contest (*ý kiến về nội dung đã ghi*): a person says that one sentence about them is not right.
//!
//! It names the record and the field, repeats the sentence as it stood, and gives the person's own words; a secretary may
//! type them (*ghi hộ*): then the words are the person's (`said_by`, `how`) and the signature the secretary's. It is
//! answered within the days that the rules set for requests about personal data (Nghị định 356/2025/NĐ-CP, from
//! 1/1/2026: [`Key::PersonalDataReply`](crate::regulation::Key::PersonalDataReply)): accepted, with what stands now, or
//! refused with a reason. Both stay at the sentence for as long as the record is kept. Nobody answers their own.
//!
//! A contest is read by no more people than the sentence that it repeats. What is written about a sentence that the
//! person's own lane does not show (religion, discipline) lies in the lane of the leaders, as [`CONTEST_APART`]
//! ([`kind_for`]): the words say what the sentence is about. And where only some of those who read the person's lane read
//! the record as well (a stay elsewhere), the contest names record and field and copies nothing of it ([`copies`]); the
//! sentence is read from the record by whoever may read that. The node's door holds everybody to this (`fits`).
//!
//! An answer that says what stands now corrects the record in the same step where who answers writes it; else it is
//! corrected by who does, as ever.

use super::procedure::{
    ABOUT, ACT, AFTER, BRANCH_DECIDES, BRANCH_DECIDES_APART, HOW, NOTE, ON, RECORDED_BY, SAID_BY,
    SUBJECT, act, acts, procedure, state,
};
use super::{code, field};
use crate::access;
use crate::case::{self, Act, By, Case, CaseError, Done, NEW, SAME, State};
use crate::deadline::{DeadlineRule, Of};
use crate::document::{Value, Values};
use crate::id::DocId;
use crate::kind::{Code, Field, FieldType, Kind};
use crate::place::{ROLES, Role};
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
    RECORDED_BY,
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

/// The document of one contest about a sentence that the person's own lane does not show.
pub static CONTEST_APART: Kind = procedure(
    41,
    "contest_apart",
    (
        "Ý kiến về nội dung giữ riêng",
        "Contest of what is kept apart",
    ),
    &[SUBJECT, acts(ENTRY)],
    &BRANCH_DECIDES_APART,
    &CONTEST_CASE,
    &DEADLINES,
)
.kept_apart();

/// Both kinds of contest.
pub static CONTESTS: [&Kind; 2] = [&CONTEST, &CONTEST_APART];

/// Whether documents of this kind are contests.
pub fn is_contest(kind: &Kind) -> bool {
    CONTESTS.iter().any(|k| k.number == kind.number)
}

/// As which kind something is said against a record: beside what the person reads on their own device, or apart.
pub fn kind_for(record: &Kind) -> &'static Kind {
    match access::reads(Role::Member, record) {
        true => &CONTEST,
        false => &CONTEST_APART,
    }
}

/// The cells with what stands in the record, or is to stand there.
const COPIES: [&str; 2] = ["sentence", "correction"];

/// Whether a contest of this kind may repeat what stands in such a record: whoever reads the one reads the other.
pub fn copies(contest: &Kind, record: &Kind) -> bool {
    let mut readers = ROLES.iter().filter(|role| access::reads(**role, contest));
    readers.all(|role| access::reads(*role, record))
}

/// Leaves out of what an act says about such a record what would repeat it for more people.
pub(crate) fn strip(contest: &Kind, record: &Kind, said: &mut Values) {
    if !copies(contest, record) {
        said.retain(|name, _| !COPIES.contains(&name.as_str()));
    }
}

/// The record that an act of a contest names.
pub(crate) fn named(kind: &Kind, said: &Values) -> Option<DocId> {
    match said.get("record") {
        Some(Value::Text(id)) if is_contest(kind) => id.parse().ok(),
        _ => None,
    }
}

/// The records that a contest names; none: it is no contest.
pub(crate) fn records_of(kind: &Kind, values: &Values) -> Vec<DocId> {
    let named = values.iter().filter_map(|(path, value)| match value {
        Value::Text(id) if path.starts_with("acts/") && path.ends_with("/record") => {
            id.parse().ok()
        }
        _ => None,
    });
    named.filter(|_| is_contest(kind)).collect()
}

/// Whether what was added to a contest about such a record is read by no more people than the record.
///
/// # Errors
/// [`CaseError::ReadByMore`].
pub(crate) fn fits(
    contest: &Kind,
    record: &Kind,
    before: &Values,
    after: &Values,
) -> Result<(), CaseError> {
    let is_copy = |path: &str| COPIES.iter().any(|c| path.ends_with(&format!("/{c}")));
    let mut added = after.keys().filter(|path| !before.contains_key(*path));
    let may = copies(contest, record) || !added.any(|path| is_copy(path));
    match may && kind_for(record).number == contest.number {
        true => Ok(()),
        false => Err(CaseError::ReadByMore),
    }
}

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
