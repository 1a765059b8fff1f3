//! An address (*địa chỉ*) of a member: where somebody said that they live, as it was said, down to xóm and xã.
//!
//! Each statement is a document of its own and is never changed: a later one outweighs it, so the history stays.
//! It says whose words it is, how they came, who typed them (*ghi hộ*) and on which day. One recorded by mistake
//! is cancelled with a reason; a return home fills in `ended_on`. The text is kept as people say it; the commune
//! of the official list stands beside it where it is known. No position is ever recorded.
//!
//! The record of the member has fields of its own for residence and for being away, which rosters fill. They
//! count as one more statement of their sort: with a day of their own by that day, without one as the oldest, so
//! that the first document outweighs them, as decisions do ([`crate::register`]). Nothing is written back into
//! them. [`crate::away`] works out what holds on a day.

use super::check_in::{HOW, RECORDED_BY, SAID_BY};
use super::decision::CANCELLATION;
use super::{code, field, label};
use crate::access::Right;
use crate::caution::Watch;
use crate::kind::{Code, FieldType, KeptFrom, Key, Kind, Part, Retention};
use crate::place::{Edge, Lane, PlaceKind, Role};
use crate::regulation::Key as Rule;

/// What an address is to the member.
pub static SORTS: [Code; 4] = [
    code(
        "permanent",
        "Thường trú",
        "Permanent residence",
        &["ho khau", "noi thuong tru"],
    ),
    code(
        "temporary",
        "Tạm trú",
        "Temporary residence",
        &["noi tam tru"],
    ),
    code(
        "away",
        "Đi làm ăn xa",
        "Away at work",
        &["di xa", "lam an xa"],
    ),
    code("abroad", "Ở nước ngoài", "Abroad", &["nuoc ngoai"]),
];

/// The document of one statement.
pub static ADDRESS: Kind = Kind {
    number: 30,
    name: "address",
    label: label("Địa chỉ", "Address"),
    place: &[PlaceKind::Member],
    lane: Lane::Own,
    edge: Edge::Parent,
    key: Key::Random,
    title: "text",
    fields: &[
        field("sort", "Loại", "Sort", FieldType::Code(&SORTS), &[]).always_needed(),
        field(
            "text",
            "Địa chỉ đến xóm, xã",
            "Address as said",
            FieldType::Line,
            &[],
        )
        .always_needed(),
        field(
            "commune_code",
            "Mã xã",
            "Commune code",
            FieldType::Line,
            &[],
        ),
        field("from", "Từ ngày", "From", FieldType::Date, &[]).always_needed(),
        field("until", "Dự kiến đến", "Until", FieldType::Date, &[]),
        field("reason", "Lý do", "Reason", FieldType::Line, &[]),
        field(
            "stable",
            "Nơi ở, việc làm ổn định",
            "Stable",
            FieldType::YesNo,
            &[],
        ),
        field(
            "host",
            "Chi bộ nơi đến",
            "Branch there",
            FieldType::Line,
            &[],
        ),
        field(
            "contact_person",
            "Người liên hệ ở đó",
            "Contact person there",
            FieldType::Line,
            &[],
        ),
        field(
            "contact_phone",
            "Điện thoại ở đó",
            "Telephone there",
            FieldType::Line,
            &[],
        ),
        field("said_on", "Ngày báo", "Said on", FieldType::Date, &[]).always_needed(),
        SAID_BY.always_needed(),
        HOW,
        RECORDED_BY,
        field(
            "ended_on",
            "Đã thôi ở đó ngày",
            "Ended on",
            FieldType::Date,
            &[],
        ),
        field(
            "cancelled",
            "Hủy do ghi nhầm",
            "Cancelled as mistyped",
            FieldType::Entries(CANCELLATION),
            &[],
        ),
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
    append_only: true,
    watches: &[Watch::telephone("contact_phone")],
    formal: false,
    case: None,
    deadlines: &[],
    part: Part::Address,
    retention: Retention::For(Rule::KeepRecord, KeptFrom::Leaving),
};
