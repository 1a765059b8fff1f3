//! A unit (*tổ chức đảng*): what an organisation or branch is called, what sort it is, since when.
//!
//! Level and sort are data, never code: since 1 July 2025 there is no district, and the next
//! reorganisation will move the levels again. A unit that was abolished keeps its document with an
//! end date. Whose branch a branch is, is no field here: that is the tree ([`crate::place`]).

use super::{code, field, label};
use crate::access::Right;
use crate::kind::{Code, FieldType, Key, Kind};
use crate::place::{Edge, Lane, PlaceKind, Role};

/// The sorts of unit (Quy định 294-QĐ/TW of 26/5/2025; Charter, chapters III to V).
pub static UNIT_SORTS: [Code; 7] = [
    code(
        "province",
        "Đảng bộ tỉnh",
        "Provincial organisation",
        &["dang bo thanh pho"],
    ),
    code(
        "district",
        "Đảng bộ huyện (đến 30/6/2025)",
        "District organisation (until 30/6/2025)",
        &["dang bo huyen", "dang bo quan", "dang bo thi xa"],
    ),
    code(
        "commune",
        "Đảng bộ xã",
        "Commune organisation",
        &["dang bo phuong", "dang bo dac khu", "dang bo thi tran"],
    ),
    code(
        "grassroots_org",
        "Đảng bộ cơ sở",
        "Grassroots organisation",
        &["dbcs"],
    ),
    code(
        "grassroots_branch",
        "Chi bộ cơ sở",
        "Grassroots branch",
        &["cbcs"],
    ),
    code(
        "part_org",
        "Đảng bộ bộ phận",
        "Part organisation",
        &["dbbp"],
    ),
    code(
        "branch",
        "Chi bộ trực thuộc",
        "Branch of a grassroots organisation",
        &["chi bo", "chi bo truc thuoc dang bo co so"],
    ),
];

/// The document of a committee's organisation or of a branch.
pub static UNIT: Kind = Kind {
    number: 1,
    name: "unit",
    label: label("Tổ chức đảng", "Unit"),
    place: &[PlaceKind::Committee, PlaceKind::Branch],
    lane: Lane::Open,
    edge: Edge::Parent,
    key: Key::Single,
    title: "name",
    fields: &[
        field(
            "name",
            "Tên",
            "Name",
            FieldType::Name,
            &["ten to chuc dang", "ten chi bo", "ten dang bo"],
        )
        .always_needed(),
        field(
            "sort",
            "Loại hình",
            "Sort",
            FieldType::Code(&UNIT_SORTS),
            &["loai hinh to chuc dang", "loai hinh chi bo"],
        )
        .always_needed(),
        field(
            "symbol",
            "Số, ký hiệu",
            "Number or symbol",
            FieldType::Line,
            &["so ky hieu to chuc dang", "ma to chuc dang", "ky hieu"],
        ),
        field(
            "founded_on",
            "Ngày thành lập",
            "Founded on",
            FieldType::Date,
            &["thanh lap ngay"],
        ),
        field(
            "valid_from",
            "Có hiệu lực từ",
            "In force from",
            FieldType::Date,
            &["hieu luc tu"],
        ),
        field(
            "valid_to",
            "Kết thúc ngày",
            "Ended on",
            FieldType::Date,
            &["hieu luc den", "giai the ngay"],
        ),
        field(
            "address",
            "Xóm, địa chỉ",
            "Village, address",
            FieldType::Line,
            &["dia chi", "xom", "thon", "to dan pho"],
        ),
        field(
            "secretary_name",
            "Bí thư",
            "Secretary",
            FieldType::Name,
            &["ho ten bi thu", "bi thu chi bo"],
        ),
        field("note", "Ghi chú", "Note", FieldType::Prose, &[]),
    ],
    rights: &[
        (Role::Office, Right::ALL),
        (Role::Secretary, Right::WRITE),
        (Role::Deputy, Right::READ),
        (Role::Member, Right::READ),
        (Role::CommitteeMember, Right::READ),
        (Role::Auditor, Right::READ),
        (Role::Upper, Right::READ),
        (Role::CommitteeSecretary, Right::DECIDE),
        (Role::Operator, Right::NONE),
    ],
    append_only: false,
    formal: false,
    case: None,
    deadlines: &[],
};
