//! The access log (*nhật ký xem hồ sơ*): who opened, printed or exported a member's record, and when.
//!
//! One document a month in the member's own lane, so the member reads it, and the auditor. It is signed
//! like all work, and only ever added to. An entry's id is made of the day, the grant and what was
//! done, so ten looks on one day by one person are one line. An entry is signed ([`SIGNER`]): nobody writes that
//! somebody else looked. The secretary's daily work is not noted, printing and exporting is, whoever does it
//! (Luật 91/2025/QH15: who was told what); what is noted where, and what is not, stands in `adr/0029`.

use super::{code, field, label};
use crate::access::Right;
use crate::author::{Author, Target};
use crate::date::Day;
use crate::document::{Value, Values, key_again};
use crate::id::{Hasher, PlaceId, hex};
use crate::kind::{Code, Field, FieldType, KeptFrom, Key, Kind, Part, Retention, SIGNER};
use crate::place::{Edge, Lane, PlaceKind, Role};
use crate::regulation::Key as Rule;

/// What was done with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Opened on a screen.
    Opened,
    /// Printed.
    Printed,
    /// Taken out into a file.
    Exported,
}

impl Look {
    fn code(self) -> &'static str {
        match self {
            Look::Opened => "opened",
            Look::Printed => "printed",
            Look::Exported => "exported",
        }
    }

    /// Whether this is noted when this role does it.
    pub fn is_noted(self, role: Role) -> bool {
        match self {
            Look::Opened => !matches!(role, Role::Secretary | Role::Deputy | Role::Member),
            Look::Printed | Look::Exported => role != Role::Member,
        }
    }
}

/// What was done.
pub static LOOKS: [Code; 3] = [
    code("opened", "Mở xem", "Opened", &[]),
    code("printed", "In", "Printed", &[]),
    code("exported", "Xuất ra tệp", "Exported", &[]),
];

/// What an entry says.
const ENTRY: &[Field] = &[
    field("on", "Ngày", "On", FieldType::Date, &[]),
    field("what", "Việc", "What", FieldType::Code(&LOOKS), &[]),
    field("role", "Vai trò", "Role", FieldType::Line, &[]),
    field(SIGNER, "Mã người xem", "Person", FieldType::Line, &[]),
    field(
        "mandate",
        "Theo quyết định số",
        "Mandate",
        FieldType::Line,
        &[],
    ),
];

/// The fields of both logs.
const FIELDS: &[Field] = &[
    field("month", "Tháng", "Month", FieldType::Date, &[]).always_needed(),
    field(
        "looks",
        "Các lần xem",
        "Looks",
        FieldType::Entries(ENTRY),
        &[],
    ),
];

/// Whoever looks writes that they did; who is looked at reads it.
const RIGHTS: &[(Role, Right)] = &[
    (Role::Office, Right::ALL),
    (Role::Secretary, Right::WRITE),
    (Role::Deputy, Right::WRITE),
    (Role::Member, Right::READ),
    (Role::CommitteeMember, Right::WRITE),
    (Role::Auditor, Right::WRITE),
    (Role::Upper, Right::WRITE),
    (Role::CommitteeSecretary, Right::WRITE),
    (Role::Operator, Right::NONE),
];

/// The looks of one month at one member's record. Its key is the month (`2026-11`).
pub static LOOK: Kind = Kind {
    number: 6,
    name: "look",
    label: label("Nhật ký xem hồ sơ", "Who looked"),
    place: &[PlaceKind::Member],
    lane: Lane::Own,
    edge: Edge::Parent,
    key: Key::Natural,
    title: "month",
    fields: FIELDS,
    rights: RIGHTS,
    append_only: true,
    watches: &[],
    formal: false,
    case: None,
    deadlines: &[],
    part: Part::Nothing,
    retention: Retention::For(Rule::KeepLook, KeptFrom::Field("month")),
};

/// The looks of one month at the whole list of a unit: printed or taken out, it is one line that all who
/// belong to the unit read, and not one in each record. Its key is the month.
pub static LIST_LOOK: Kind = Kind {
    number: 7,
    name: "list_look",
    label: label("Nhật ký in, xuất danh sách", "Who took out the list"),
    place: &[PlaceKind::Committee, PlaceKind::Branch],
    lane: Lane::Open,
    edge: Edge::Parent,
    key: Key::Natural,
    title: "month",
    fields: FIELDS,
    rights: RIGHTS,
    append_only: true,
    watches: &[],
    formal: false,
    case: None,
    deadlines: &[],
    part: Part::Nothing,
    retention: Retention::For(Rule::KeepLook, KeptFrom::Field("month")),
};

/// The looks of one month at a placement: its host's leaders have no lane of the member's own to note them
/// in. Its key is the month.
pub static PLACEMENT_LOOK: Kind = Kind {
    number: 12,
    name: "placement_look",
    label: label(
        "Nhật ký xem nơi sinh hoạt tạm thời",
        "Who looked at a placement",
    ),
    place: &[PlaceKind::Placement],
    lane: Lane::Placement,
    edge: Edge::Any,
    key: Key::Natural,
    title: "month",
    fields: FIELDS,
    rights: &[
        (Role::Office, Right::ALL),
        (Role::Secretary, Right::WRITE),
        (Role::Deputy, Right::WRITE),
        (Role::Member, Right::READ),
        (Role::CommitteeMember, Right::NONE),
        (Role::Auditor, Right::WRITE),
        (Role::Upper, Right::NONE),
        (Role::CommitteeSecretary, Right::WRITE),
        (Role::Operator, Right::NONE),
    ],
    append_only: true,
    watches: &[],
    formal: false,
    case: None,
    deadlines: &[],
    part: Part::Nothing,
    retention: Retention::For(Rule::KeepLook, KeptFrom::Field("month")),
};

/// Where a look at a place is noted, in the month of that day.
pub fn target(place: PlaceId, kind: PlaceKind, on: Day) -> Target {
    target_of(place, kind, on, 1)
}

/// As [`target`], in the log with this number.
pub fn target_of(place: PlaceId, kind: PlaceKind, on: Day, n: u8) -> Target {
    let kind = match kind {
        PlaceKind::Member => &LOOK,
        PlaceKind::Placement => &PLACEMENT_LOOK,
        PlaceKind::Committee | PlaceKind::Branch => &LIST_LOOK,
    };
    Target::at(place, kind, key_again(&month_of(on), n).as_bytes())
}

/// The values that note a look of this author on this day. `stands`: what is noted already; under an id that somebody else has
/// taken nothing can be noted, so there is always another.
pub fn note(look: Look, on: Day, author: &Author, mandate: &str, stands: &Values) -> Values {
    let day = on.date().to_string();
    let own = Value::Text(author.person.to_string());
    let ids = (0..=u8::MAX).map(|n| {
        let id = Hasher::new("chibo/look/1")
            .part(day.as_bytes())
            .part(&author.grant_hash.0)
            .part(look.code().as_bytes());
        match n {
            0 => id.id(),
            n => id.part(&[n]).id(),
        }
    });
    let is_free = |id: &[u8; 16]| {
        let begins = format!("looks/{}/", hex(id));
        let mut there = stands.range(begins.clone()..);
        let is_taken = there
            .next()
            .is_some_and(|(path, _)| path.starts_with(&begins));
        !is_taken || stands.get(&format!("{begins}{SIGNER}")) == Some(&own)
    };
    let id = ids.into_iter().find(is_free).unwrap_or_default();
    let text = |t: &str| Value::Text(t.to_owned());
    let mut values = Values::from([("month".to_owned(), text(&month_of(on)))]);
    for (name, value) in [
        ("on", day.as_str()),
        ("what", look.code()),
        ("role", author.role.name()),
        (SIGNER, &author.person.to_string()),
        ("mandate", mandate),
    ] {
        if !value.is_empty() {
            values.insert(format!("looks/{}/{name}", hex(&id)), text(value));
        }
    }
    values
}

/// The month of a day, as the log's key: `2026-11`.
pub fn month_of(day: Day) -> String {
    let text = day.date().to_string();
    text.get(..7).unwrap_or(&text).to_owned()
}
