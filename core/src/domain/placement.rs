//! A placement (*sinh hoạt tạm thời*): a member takes part in a second branch for a time.
//!
//! The home branch and the office say who comes, how they are reached, and why; the host says what it saw:
//! attendance, dues that it collected, a remark. Whoever writes the one does not write the other, and the
//! host reads nothing else of the member's. Which branch hosts it and until when is no field here: that is
//! the placement's second edge ([`crate::place::Host`]). The member is counted where their place stands.
//!
//! Rule: Quy định 29-QĐ/TW of 2016, point 6.3, as later rules repeat it: away from three months to less than a
//! year (study up to two), counted in the home unit and not the host's. The host's remark goes to the home review.

use super::check_in::{HOW, RECORDED_BY};
use super::decision::CANCELLED;
use super::meeting;
use super::{code, field, label};
use crate::access::Right;
use crate::caution::{Lasts, Watch};
use crate::deadline::{DeadlineRule, Ending, Of};
use crate::kind::{Code, Field, FieldType, KeptFrom, Key, Kind, Part, Retention};
use crate::place::{Edge, Lane, PlaceKind, Role};
use crate::regulation::Key as Rule;

/// Why a member takes part elsewhere for a time.
pub static REASONS: [Code; 5] = [
    code("work", "Công tác", "Work", &["di cong tac", "biet phai"]),
    code("study", "Học tập", "Study", &["di hoc", "hoc"]),
    code(
        "treatment",
        "Điều trị bệnh",
        "Medical treatment",
        &["chua benh", "dieu tri"],
    ),
    code(
        "family",
        "Việc gia đình",
        "Family",
        &["gia dinh", "o voi con"],
    ),
    code("other", "Lý do khác", "Other", &["khac"]),
];

/// Less than a year; for study, longer.
static WATCHES: [Watch; 3] = [
    Watch::Lasts(Lasts {
        from: &["from"],
        until: "until",
        rule: Rule::TempMax,
        is_below: true,
        only: Some(("reason", "study", false)),
    }),
    Watch::Lasts(Lasts {
        from: &["from"],
        until: "until",
        rule: Rule::TempStudyMax,
        is_below: false,
        only: Some(("reason", "study", true)),
    }),
    Watch::telephone("phone"),
];

/// It ends by itself on its last day; both branches are reminded before it.
const ENDS: DeadlineRule = DeadlineRule {
    rule: Rule::TempRemind,
    from: "until",
    after: None,
    done: "",
    while_code: None,
    in_states: &[],
    ending: Some(Ending::ByItself),
    remind: None,
    of: Of::Document,
};

/// Who comes, and how they are reached: all that the host reads of a member.
pub static PLACEMENT: Kind = Kind {
    number: 8,
    name: "placement",
    label: label("Sinh hoạt tạm thời", "Placement"),
    place: &[PlaceKind::Placement],
    lane: Lane::Placement,
    edge: Edge::Parent,
    key: Key::Single,
    title: "full_name",
    fields: &[
        field("full_name", "Họ và tên", "Full name", FieldType::Name, &[]).always_needed(),
        field("phone", "Số điện thoại", "Phone", FieldType::Line, &[]).always_needed(),
        field(
            "address",
            "Chỗ ở trong thời gian này",
            "Where they stay",
            FieldType::Line,
            &[],
        ),
        field(
            "home",
            "Chi bộ sinh hoạt chính thức",
            "Home branch",
            FieldType::Name,
            &[],
        ),
        field("from", "Từ ngày", "From", FieldType::Date, &[]).always_needed(),
        field("until", "Đến ngày", "Until", FieldType::Date, &[]).always_needed(),
        field("reason", "Lý do", "Reason", FieldType::Code(&REASONS), &[]),
        field(
            "letter",
            "Số giấy giới thiệu",
            "Letter of introduction",
            FieldType::Line,
            &[],
        ),
        crate::whose::words(),
    ],
    rights: &[
        (Role::Office, Right::ALL),
        (Role::Secretary, Right::WRITE),
        (Role::Deputy, Right::WRITE),
        (Role::Member, Right::READ),
        (Role::CommitteeMember, Right::NONE),
        (Role::Auditor, Right::READ),
        (Role::Upper, Right::NONE),
        (Role::CommitteeSecretary, Right::DECIDE),
        (Role::Operator, Right::NONE),
    ],
    append_only: false,
    watches: &WATCHES,
    formal: false,
    case: None,
    deadlines: &[ENDS],
    part: Part::Nothing,
    retention: Retention::For(Rule::KeepContact, KeptFrom::Field("until")),
};

/// What the host's leaders write.
const BY_HOST: &[(Role, Right)] = &[
    (Role::Office, Right::DECIDE),
    (Role::Secretary, Right::WRITE),
    (Role::Deputy, Right::WRITE),
    (Role::Member, Right::READ),
    (Role::CommitteeMember, Right::NONE),
    (Role::Auditor, Right::READ),
    (Role::Upper, Right::NONE),
    (Role::CommitteeSecretary, Right::DECIDE),
    (Role::Operator, Right::NONE),
];

/// A kind that the host writes.
const fn by_host(
    number: u16,
    name: &'static str,
    vi: &'static str,
    en: &'static str,
    key: Key,
    fields: &'static [Field],
) -> Kind {
    Kind {
        number,
        name,
        label: label(vi, en),
        place: &[PlaceKind::Placement],
        lane: Lane::Placement,
        edge: Edge::Host,
        key,
        title: fields[0].name,
        fields,
        rights: BY_HOST,
        append_only: false,
        watches: &[],
        formal: false,
        case: None,
        deadlines: &[],
        part: Part::Nothing,
        retention: Retention::For(Rule::KeepContact, KeptFrom::Field(fields[0].name)),
    }
}

/// How the member stood towards one meeting of the host's. Its key is the key of the meeting: its day.
pub static ATTENDANCE: Kind = by_host(
    9,
    "placement_attendance",
    "Điểm danh nơi sinh hoạt tạm thời",
    "Attendance at the host's",
    Key::Natural,
    &[
        field("held_on", "Ngày họp", "Held on", FieldType::Date, &[]).always_needed(),
        field(
            "mark",
            "Điểm danh",
            "Attendance",
            FieldType::Code(&meeting::ATTENDANCE),
            &[],
        )
        .always_needed(),
    ],
);

/// Dues of one month that the host collected. Its key is the month (`2026-11`).
pub static DUES: Kind = by_host(
    10,
    "placement_dues",
    "Đảng phí đóng nơi sinh hoạt tạm thời",
    "Dues paid at the host's",
    Key::Natural,
    &[
        field("month", "Tháng", "Month", FieldType::Date, &[]).always_needed(),
        field(
            "amount",
            "Số tiền (đồng)",
            "Amount (đồng)",
            FieldType::Count,
            &[],
        )
        .always_needed(),
        field("paid_on", "Ngày đóng", "Paid on", FieldType::Date, &[]),
        field("slip", "Số phiếu thu", "Slip", FieldType::Line, &[]),
    ],
);

/// What the host says of the member, with the name of who says it (*nhận xét*). It stands as it was given, as that of the
/// place of residence does ([`super::residence_remark`]): it is only ever added to, says how it came and who typed it, and
/// one recorded by mistake is cancelled with a reason. The text is a line for the same reason.
pub static REMARK: Kind = by_host(
    11,
    "placement_remark",
    "Nhận xét của chi bộ nơi sinh hoạt tạm thời",
    "The host's remark",
    Key::Random,
    &[
        field("said_on", "Ngày nhận xét", "Said on", FieldType::Date, &[]).always_needed(),
        field("by", "Người nhận xét", "By", FieldType::Name, &[]).always_needed(),
        field("post", "Chức vụ", "Post", FieldType::Line, &[]).always_needed(),
        field("remark", "Nhận xét", "Remark", FieldType::Line, &[]).always_needed(),
        HOW,
        RECORDED_BY,
        CANCELLED,
    ],
)
.only_added_to();

impl Kind {
    /// The same kind, of which nothing is ever changed or taken away.
    const fn only_added_to(mut self) -> Kind {
        self.append_only = true;
        self
    }
}
