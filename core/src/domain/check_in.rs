//! A check-in (*báo nơi ở*): where a member who is away says they are, in their own words.
//!
//! One document a day, so that what comes twice (the same letter, or the app and a telephone call) is one entry;
//! where the two say different things both stay, for a person to choose. The commune is what the member typed; no
//! position, address or picture data of the phone is ever recorded. `said_by` is empty where the member speaks for
//! themself; whoever writes it down for them leaves their name.

use super::{code, field, label};
use crate::access::Right;
use crate::caution::Watch;
use crate::deadline::{DeadlineRule, Of};
use crate::kind::{Code, Field, FieldType, KeptFrom, Key, Kind, Part, Retention};
use crate::place::{Edge, Lane, PlaceKind, Role};
use crate::regulation::Key as Rule;

/// By what way the words came.
pub static CHECK_IN_WAYS: [Code; 5] = [
    code(
        "app",
        "Trên máy của mình",
        "On their own device",
        &["ung dung", "app"],
    ),
    code(
        "page",
        "Qua trang web",
        "On the web page",
        &["trang web", "web"],
    ),
    code(
        "telephone",
        "Qua điện thoại",
        "By telephone",
        &["dien thoai", "goi dien", "nhan tin", "zalo", "sms"],
    ),
    code("paper", "Bằng giấy", "On paper", &["giay", "thu"]),
    code("in_person", "Trực tiếp", "In person", &["gap truc tiep"]),
];

/// Whose words a statement is: a name, or who that is to the member (`vợ ở nhà`).
pub(super) const SAID_BY: Field = field(
    "said_by",
    "Người báo",
    "Said by",
    FieldType::Line,
    &["ai bao"],
);

/// By what way they came.
pub(super) const HOW: Field = field(
    "how",
    "Báo bằng cách nào",
    "How it came",
    FieldType::Code(&CHECK_IN_WAYS),
    &["hinh thuc bao"],
)
.always_needed();

/// Who typed them for somebody else.
pub(super) const RECORDED_BY: Field = field(
    "recorded_by",
    "Người ghi hộ",
    "Recorded by",
    FieldType::Name,
    &["nguoi ghi"],
);

/// Who is away is heard of again and again: from their last word, else from the day on which they went
/// ([`crate::owed`]).
pub(crate) const HEARD_OF: DeadlineRule = DeadlineRule {
    rule: Rule::CheckInEvery,
    from: "said_on",
    after: None,
    done: "",
    while_code: None,
    in_states: &[],
    ending: None,
    remind: Some(Rule::CheckInRemind),
    of: Of::Member,
};

/// The document of one check-in. Its key is its day.
pub static CHECK_IN: Kind = Kind {
    number: 5,
    name: "check_in",
    label: label("Báo nơi ở", "Where I am"),
    place: &[PlaceKind::Member],
    lane: Lane::Own,
    edge: Edge::Parent,
    key: Key::Natural,
    title: "said_on",
    fields: &[
        field(
            "said_on",
            "Ngày báo",
            "Said on",
            FieldType::Date,
            &["ngay bao noi o"],
        )
        .always_needed(),
        field(
            "commune",
            "Xã, tỉnh đang ở",
            "Commune and province",
            FieldType::Line,
            &["noi dang o", "noi o hien nay"],
        )
        .always_needed(),
        field(
            "commune_code",
            "Mã xã đang ở",
            "Commune code",
            FieldType::Line,
            &[],
        ),
        field(
            "phone",
            "Số điện thoại",
            "Phone",
            FieldType::Line,
            &["dien thoai", "sdt"],
        ),
        field(
            "dues_paid_through",
            "Đã đóng đảng phí đến tháng",
            "Dues paid through",
            FieldType::Date,
            &["dang phi den thang", "dang phi den"],
        ),
        field(
            "tasks",
            "Việc được giao",
            "Tasks",
            FieldType::Prose,
            &["nhiem vu"],
        ),
        field(
            "request",
            "Đề nghị",
            "Request",
            FieldType::Prose,
            &["kien nghi"],
        ),
        SAID_BY,
        HOW,
        RECORDED_BY,
    ],
    rights: &[
        (Role::Office, Right::ALL),
        (Role::Secretary, Right::WRITE),
        (Role::Deputy, Right::WRITE),
        (Role::Member, Right::WRITE),
        (Role::CommitteeMember, Right::WRITE),
        (Role::Auditor, Right::READ),
        (Role::Upper, Right::READ),
        (Role::CommitteeSecretary, Right::DECIDE),
        (Role::Operator, Right::NONE),
    ],
    append_only: false,
    watches: &[Watch::telephone("phone")],
    formal: false,
    case: None,
    deadlines: &[HEARD_OF],
    part: Part::CheckIn,
    retention: Retention::For(Rule::KeepContact, KeptFrom::Field("said_on")),
};
