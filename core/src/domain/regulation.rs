//! A regulation (*quy định*) that a node adds: one value of one key, from a day on, with its source.
//!
//! The rows that come with the program are data ([`crate::regulation`]); a new regulation, or the year's
//! announcement of holidays and swapped working days, is such a document in the committee's open lane. All
//! below read it, so phones get it by the usual sync and count with it. Its key is the regulation's key and
//! the first day on which it holds: who writes that row again corrects it.

use super::{code, field, label};
use crate::access::Right;
use crate::author::Target;
use crate::date::Day;
use crate::id::PlaceId;
use crate::kind::{Code, FieldType, Kind, Part, Retention};
use crate::place::{Edge, Lane, PlaceKind, Role};
use crate::regulation;

/// What a value counts. The codes are those of [`regulation::Unit`].
pub static UNITS: [Code; 13] = [
    code("working_days", "Ngày làm việc", "Working days", &[]),
    code("days", "Ngày", "Days", &[]),
    code("months", "Tháng", "Months", &[]),
    code("years", "Năm", "Years", &[]),
    code("percent", "Phần trăm", "Percent", &[]),
    code("fraction", "Phần", "Fraction", &[]),
    code("points", "Điểm", "Points", &[]),
    code("dong", "Đồng", "Đồng", &[]),
    code("count", "Số lượng", "Count", &[]),
    code("days_of_year", "Ngày hằng năm", "Days of the year", &[]),
    code("lunar_day", "Ngày âm lịch", "Lunar day", &[]),
    code("stage", "Từ giai đoạn", "From the stage on", &[]),
    code("mark", "Có hiệu lực", "Holds", &[]),
];

/// The document of one added row.
pub static REGULATION: Kind = Kind {
    number: 13,
    name: "regulation",
    label: label("Quy định", "Regulation"),
    place: &[PlaceKind::Committee],
    lane: Lane::Open,
    key: crate::kind::Key::Natural,
    title: "key",
    fields: &[
        field("key", "Mã quy định", "Key", FieldType::Line, &[]).always_needed(),
        field("value", "Giá trị", "Value", FieldType::Line, &[]),
        field("unit", "Đơn vị tính", "Unit", FieldType::Code(&UNITS), &[]).always_needed(),
        field(
            "source",
            "Số, ký hiệu văn bản",
            "Source",
            FieldType::Line,
            &[],
        )
        .always_needed(),
        field(
            "source_on",
            "Ngày văn bản",
            "Source issued on",
            FieldType::Date,
            &[],
        )
        .always_needed(),
        field("article", "Điều, khoản", "Article", FieldType::Line, &[]),
        field(
            "valid_from",
            "Có hiệu lực từ",
            "In force from",
            FieldType::Date,
            &[],
        )
        .always_needed(),
        field(
            "valid_to",
            "Hết hiệu lực sau ngày",
            "In force to",
            FieldType::Date,
            &[],
        ),
        field(
            "verified",
            "Đã kiểm chứng",
            "Verified",
            FieldType::YesNo,
            &[],
        ),
        field("note", "Ghi chú", "Note", FieldType::Line, &[]),
    ],
    rights: &[
        (Role::Office, Right::ALL),
        (Role::Secretary, Right::READ),
        (Role::Deputy, Right::READ),
        (Role::Member, Right::READ),
        (Role::CommitteeMember, Right::READ),
        (Role::Auditor, Right::READ),
        (Role::Upper, Right::READ),
        (Role::CommitteeSecretary, Right::DECIDE),
        (Role::Operator, Right::NONE),
    ],
    edge: Edge::Parent,
    append_only: false,
    watches: &[],
    deadlines: &[],
    part: Part::Nothing,
    retention: Retention::ForGood,
    formal: false,
    case: None,
};

/// Where a committee's row of that key and first day lies.
pub fn target(committee: PlaceId, key: regulation::Key, from: Day) -> Target {
    let natural = format!("{}/{from}", key.name());
    Target::at(committee, &REGULATION, natural.as_bytes())
}
