//! The hand-over of a branch's work from one leader to the next (*bàn giao giữa bí thư cũ và mới*): what was
//! counted, by whom, and that both sides say so.
//!
//! Two people sit together, often without a line. Each writes a side of their own into the same document, signed
//! by the person; neither builds on the other's, so it does not matter which comes first to the node. The taker's
//! side names the giver's that it answers, and how far the taker's device holds what the giver's had not sent
//! yet: once it holds all of it, the giver's may be emptied ([`crate::phone::Phone::lay_down`]), and once all of
//! that has come to the node, the node ends the giver's role. Who counts anew writes a new side, with a higher
//! number; sides are never changed.
//!
//! Differences between the sides are facts that stand there; they hinder nothing. Cash and paper books are
//! counted by people; open work is counted by the program.
//!
//! No rule was found that says what is handed over; what is counted is what people here count today.

use super::{code, field, label};
use crate::access::Right;
use crate::date::PartialDate;
use crate::document::{Value, Values};
use crate::id::{FeedId, PersonId, hex, unhex};
use crate::kind::{Code, Field, FieldType, KeptFrom, Key, Kind, Part, Retention, SIGNER};
use crate::place::{Edge, Lane, PlaceKind, Role};
use crate::regulation::Key as Rule;
use std::collections::BTreeMap;

/// Which side somebody is.
pub static SIDES: [Code; 2] = [
    code("give", "Bên giao", "Gives", &[]),
    code("take", "Bên nhận", "Takes", &[]),
];

/// What both sides count, in the order of the paper.
pub static COUNTS: [Field; 6] = [
    field("members", "Số đảng viên", "Members", FieldType::Count, &[]),
    field(
        "dossiers",
        "Số hồ sơ đảng viên",
        "Dossiers",
        FieldType::Count,
        &[],
    ),
    field("open", "Việc đang làm", "Open work", FieldType::Count, &[]),
    field("late", "Việc quá hạn", "Overdue", FieldType::Count, &[]),
    field(
        "cash",
        "Tiền mặt (đồng)",
        "Cash (đồng)",
        FieldType::Count,
        &[],
    ),
    field("books", "Sổ giấy", "Paper books", FieldType::Count, &[]),
];

const SIDE: &[Field] = &[
    field("side", "Bên", "Side", FieldType::Code(&SIDES), &[]),
    field(
        SIGNER,
        "Mã người ký",
        "Person who signed",
        FieldType::Line,
        &[],
    ),
    field("role", "Vai trò", "Role", FieldType::Line, &[]),
    field("name", "Họ tên", "Name", FieldType::Name, &[]),
    field("on", "Ngày", "On", FieldType::Date, &[]),
    field("number", "Lần", "Number", FieldType::Count, &[]),
    field("about", "Trả lời", "Answers", FieldType::Line, &[]),
    COUNTS[0],
    COUNTS[1],
    COUNTS[2],
    COUNTS[3],
    COUNTS[4],
    COUNTS[5],
    field(
        "book_list",
        "Các sổ, đến trang",
        "Which books, up to which page",
        FieldType::Line,
        &[],
    ),
    field("note", "Ghi chú", "Note", FieldType::Line, &[]),
];

const HELD: &[Field] = &[
    field(
        SIGNER,
        "Mã người ký",
        "Person who signed",
        FieldType::Line,
        &[],
    ),
    field("upto", "Đến số", "Up to", FieldType::Count, &[]),
];

/// The document of one hand-over. Its key is the day, with a suffix if there are several.
pub static SUCCESSION: Kind = Kind {
    number: 60,
    name: "succession",
    label: label("Bàn giao công việc chi bộ", "Hand-over of the branch"),
    place: &[PlaceKind::Branch],
    lane: Lane::Committee,
    retention: Retention::For(Rule::KeepMeeting, KeptFrom::Field("on")),
    edge: Edge::Parent,
    key: Key::Natural,
    title: "on",
    fields: &[
        field("on", "Ngày bàn giao", "On", FieldType::Date, &[]),
        field("sides", "Hai bên", "Sides", FieldType::Entries(SIDE), &[]),
        field(
            "held",
            "Máy nhận đã giữ",
            "Held by the taker's device",
            FieldType::Entries(HELD),
            &[],
        ),
    ],
    rights: &[
        (Role::Office, Right::ALL),
        (Role::Secretary, Right::WRITE),
        (Role::Deputy, Right::WRITE),
        (Role::Member, Right::NONE),
        (Role::CommitteeMember, Right::READ),
        (Role::Auditor, Right::READ),
        (Role::Upper, Right::NONE),
        (Role::CommitteeSecretary, Right::DECIDE),
        (Role::Operator, Right::NONE),
    ],
    append_only: true,
    watches: &[],
    formal: false,
    case: None,
    deadlines: &[],
    part: Part::Nothing,
};

/// One side of a hand-over, as its person signed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// Its id in the document.
    pub id: String,
    /// Who signed.
    pub person: PersonId,
    /// Under which role; `None`: one that this build does not know.
    pub role: Option<Role>,
    /// The name, as it was typed.
    pub name: String,
    /// The day.
    pub on: Option<PartialDate>,
    /// The side that it answers; empty for who gives.
    pub about: String,
    /// What was counted, by field of [`COUNTS`].
    pub counts: BTreeMap<&'static str, i64>,
    /// Which paper books, up to which page.
    pub books: String,
    /// A note.
    pub note: String,
    number: i64,
}

/// A hand-over as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// What the giver says last.
    pub given: Option<Side>,
    /// What somebody else says last in answer to that.
    pub taken: Option<Side>,
    /// The fields of [`COUNTS`] that both sides counted, and not to the same number.
    pub differences: Vec<&'static str>,
    /// Up to which segment the taker's device holds a feed; by the first half of the feed's id.
    pub held: BTreeMap<[u8; 8], u64>,
}

impl Standing {
    /// Whether both sides have signed.
    pub fn is_confirmed(&self) -> bool {
        self.given.is_some() && self.taken.is_some()
    }

    /// Whether the taker's device says that it holds a feed up to this number.
    pub fn holds(&self, feed: FeedId, n: u64) -> bool {
        let held = self.held.get(&first_half(feed));
        held.is_some_and(|upto| *upto >= n)
    }
}

/// The first half of a feed's id, under which it is named.
pub fn first_half(feed: FeedId) -> [u8; 8] {
    let mut half = [0; 8];
    half.copy_from_slice(&feed.0[..8]);
    half
}

fn cell<'a>(values: &'a Values, id: &str, name: &str) -> Option<&'a Value> {
    values.get(&format!("sides/{id}/{name}"))
}

fn text(values: &Values, id: &str, name: &str) -> String {
    match cell(values, id, name) {
        Some(Value::Text(t)) => t.clone(),
        _ => String::new(),
    }
}

fn person(text: &str) -> Option<PersonId> {
    PersonId::from_slice(&unhex(text)?)
}

fn side(values: &Values, id: &str) -> Option<Side> {
    let count = |name: &str| match cell(values, id, name) {
        Some(Value::Count(n)) => Some(*n),
        _ => None,
    };
    let counts = COUNTS.iter().filter_map(|f| Some((f.name, count(f.name)?)));
    Some(Side {
        id: id.to_owned(),
        person: person(&text(values, id, SIGNER))?,
        role: Role::from_name(&text(values, id, "role")),
        name: text(values, id, "name"),
        on: PartialDate::parse(&text(values, id, "on")).ok(),
        about: text(values, id, "about"),
        counts: counts.collect(),
        books: text(values, id, "book_list"),
        note: text(values, id, "note"),
        number: count("number").unwrap_or_default(),
    })
}

/// How the hand-overs in a document stand, one for each who gives: a secretary and a deputy may both hand over on one day. The last
/// that was signed comes last. Signatures are those that the door has looked at ([`crate::document::signer_is`]).
pub fn standings(values: &Values) -> Vec<Standing> {
    let mut sides: Vec<(bool, Side)> = Vec::new();
    let mut held: BTreeMap<PersonId, BTreeMap<[u8; 8], u64>> = BTreeMap::new();
    for (path, value) in values {
        let Some((field, rest)) = path.split_once('/') else {
            continue;
        };
        match (field, rest.rsplit_once('/'), value) {
            ("sides", Some((id, "side")), Value::Text(code)) => {
                sides.extend(side(values, id).map(|side| (code == "give", side)));
            }
            ("held", Some((id, "upto")), Value::Count(n)) => {
                let signer = values.get(&format!("held/{id}/{SIGNER}"));
                let half = id.get(..16).and_then(unhex);
                if let (Some(Value::Text(signer)), Some(half)) = (signer, half)
                    && let (Some(person), Ok(half)) = (person(signer), half.try_into())
                {
                    let upto = held.entry(person).or_default().entry(half).or_default();
                    *upto = (*upto).max(u64::try_from(*n).unwrap_or(0));
                }
            }
            _ => {}
        }
    }
    sides.sort_by(|(_, a), (_, b)| (a.number, &a.id).cmp(&(b.number, &b.id)));
    // Of each who gives, what they say last.
    let mut given: Vec<&Side> = Vec::new();
    for (_, side) in sides.iter().filter(|(gives, _)| *gives) {
        given.retain(|other| (other.person, other.role) != (side.person, side.role));
        given.push(side);
    }
    let of = |given: &Side| {
        let mut answers = sides.iter().rev().filter(|(gives, _)| !gives);
        let taken = answers.find(|(_, s)| s.about == given.id && s.person != given.person);
        let Some((_, taken)) = taken else {
            return Standing {
                given: Some(given.clone()),
                ..Standing::default()
            };
        };
        let differ = |name: &&str| {
            let (a, b) = (given.counts.get(name), taken.counts.get(name));
            a.zip(b).is_some_and(|(a, b)| a != b)
        };
        Standing {
            differences: COUNTS.iter().map(|f| f.name).filter(differ).collect(),
            held: held.get(&taken.person).cloned().unwrap_or_default(),
            given: Some(given.clone()),
            taken: Some(taken.clone()),
        }
    };
    given.into_iter().map(of).collect()
}

/// How the hand-over stands that was signed last.
pub fn standing(values: &Values) -> Standing {
    standings(values).pop().unwrap_or_default()
}

/// What a person counted and says of it, for one side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counted {
    /// The name under which they sign.
    pub name: String,
    /// What was counted, by field of [`COUNTS`]; what is missing was not counted.
    pub counts: BTreeMap<&'static str, i64>,
    /// Which paper books, up to which page.
    pub books: String,
    /// A note.
    pub note: String,
}

/// The edit by which a person signs a side. `answers`: the giver's side, for who takes; `before`: the document
/// so far; `id`: eight random bytes, as hex.
pub fn sign(
    (person, role): (PersonId, Role),
    on: PartialDate,
    counted: &Counted,
    answers: Option<&Side>,
    before: &Values,
    id: &str,
) -> Values {
    let numbers = before.iter().filter_map(|(path, value)| {
        let is_number = path.starts_with("sides/") && path.ends_with("/number");
        match value {
            Value::Count(n) if is_number => Some(*n),
            _ => None,
        }
    });
    let number = numbers.max().unwrap_or(0).saturating_add(1);
    let code = if answers.is_some() { "take" } else { "give" };
    let mut edits = Values::new();
    let mut put = |name: &str, value: Value| {
        if value != Value::Text(String::new()) {
            edits.insert(format!("sides/{id}/{name}"), value);
        }
    };
    let said = |t: &str| Value::Text(t.to_owned());
    put("side", said(code));
    put(SIGNER, said(&person.to_string()));
    put("role", said(role.name()));
    put("name", said(&counted.name));
    put("on", said(&on.to_string()));
    put("number", Value::Count(number));
    put("about", said(answers.map_or("", |side| &side.id)));
    put("book_list", said(&counted.books));
    put("note", said(&counted.note));
    for (name, n) in &counted.counts {
        put(name, Value::Count(*n));
    }
    if answers.is_none() && !before.contains_key("on") {
        edits.insert("on".to_owned(), said(&on.to_string()));
    }
    edits
}

/// The entry under whose id another is to be said again that somebody has taken: what a device holds is said under the id of its side.
pub(crate) fn side_of(kind: &Kind, entry: &str) -> String {
    let held = entry
        .strip_prefix("held/")
        .filter(|_| kind.number == SUCCESSION.number);
    match held.and_then(|id| id.rsplit_once('.')) {
        Some((_, side)) => format!("sides/{side}"),
        None => entry.to_owned(),
    }
}

/// The edit by which a person says how far their device holds feeds; `side`: the id of their side, which nobody else writes
/// under.
pub fn holding(person: PersonId, side: &str, upto: &BTreeMap<FeedId, u64>) -> Values {
    let mut edits = Values::new();
    for (feed, n) in upto {
        let id = format!("{}.{n}.{side}", hex(&first_half(*feed)));
        let signer = Value::Text(person.to_string());
        edits.insert(format!("held/{id}/{SIGNER}"), signer);
        let n = i64::try_from(*n).unwrap_or(i64::MAX);
        edits.insert(format!("held/{id}/upto"), Value::Count(n));
    }
    edits
}
