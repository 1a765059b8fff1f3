//! A unit (*tổ chức đảng*): what an organisation or branch is called, what sort it is, since when.
//!
//! Level and sort are data, never code: since 1 July 2025 there is no district, and the next
//! reorganisation will move the levels again. A unit that was abolished keeps its document with an
//! end date, and says what it became; one that came of others says of which ([`crate::reform`]). Whose
//! branch a branch is, is no field here: that is the tree ([`crate::place`]).
//!
//! Rules: sorts, sizes and groups, Charter (2011), articles 21 and 24; levels and the branch's term, Quy định
//! 294-QĐ/TW of 26/5/2025; the branch's committee (*chi ủy*), Quy định 29-QĐ/TW of 2016, which 294 replaced.

use super::{code, field, label};
use crate::access::Right;
use crate::deadline::{DeadlineRule, Ending, Of};
use crate::kind::{Code, Field, FieldType, Key, Kind, Named, Part, Retention};
use crate::place::{Edge, Lane, PlaceKind, Role};
use crate::regulation::Key as Rule;

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

/// The levels (*cấp*). Which level a sort of unit belongs to was moved more than once: a field of its own.
pub static LEVELS: [Code; 6] = [
    code("central", "Trung ương", "Centre", &[]),
    code("province", "Cấp tỉnh", "Province", &["tinh"]),
    code(
        "district",
        "Cấp huyện (đến 30/6/2025)",
        "District (until 30/6/2025)",
        &["huyen", "cap huyen"],
    ),
    code("commune", "Cấp xã", "Commune", &["xa"]),
    code("grassroots", "Cấp cơ sở", "Grassroots", &["co so"]),
    code("below", "Dưới cơ sở", "Below grassroots", &["duoi co so"]),
];

/// How one unit became another.
pub static HOW: [Code; 5] = [
    code(
        "merged",
        "Sáp nhập, hợp nhất",
        "Merged",
        &["sap nhap", "hop nhat", "nhap"],
    ),
    code("split", "Chia, tách", "Split", &["chia", "tach"]),
    code("renamed", "Đổi tên", "Renamed", &[]),
    code(
        "moved",
        "Chuyển về cấp trên khác",
        "Put under another",
        &["chuyen ve", "chuyen"],
    ),
    code(
        "abolished",
        "Kết thúc hoạt động, giải thể",
        "Abolished",
        &["ket thuc", "giai the", "ket thuc hoat dong"],
    ),
];

/// A unit that came before or after: as it was called then, and its place where that is kept here.
const KIN: &[Field] = &[
    field("name", "Tên khi đó", "Name then", FieldType::Name, &[]),
    field(
        "sort",
        "Loại hình khi đó",
        "Sort then",
        FieldType::Code(&UNIT_SORTS),
        &[],
    ),
    field(
        "level",
        "Cấp khi đó",
        "Level then",
        FieldType::Code(&LEVELS),
        &[],
    ),
    field("place", "Mã tổ chức", "Place id", FieldType::Line, &[]),
    field("how", "Hình thức", "How", FieldType::Code(&HOW), &[]),
    field("on", "Từ ngày", "On", FieldType::Date, &[]),
    field(
        "number",
        "Số quyết định",
        "Decision number",
        FieldType::Line,
        &[],
    ),
    field(
        "body",
        "Cơ quan ban hành",
        "Issued by",
        FieldType::Line,
        &[],
    ),
];

/// Posts in a group.
pub static GROUP_POSTS: [Code; 2] = [
    code(
        "leader",
        "Tổ trưởng",
        "Group leader",
        &["to truong to dang"],
    ),
    code("deputy", "Tổ phó", "Deputy leader", &["to pho to dang"]),
];

/// A group inside a branch (*tổ đảng*). Its leader (*tổ trưởng*) has no role of their own: what they say of their group is
/// written down as their words. Who is in it and who leads it, each member's record says.
const GROUP: &[Field] = &[
    field("name", "Tên tổ đảng", "Group", FieldType::Name, &[]),
    field("from", "Từ ngày", "From", FieldType::Date, &[]),
    field("to", "Đến ngày", "To", FieldType::Date, &[]),
];

/// The groups, by name, as their members name them.
pub const GROUPS: Named = Named {
    entries: "groups",
    name: "name",
    to: "to",
};

/// The sorts whose place is a branch; the others have a committee with branches below it.
pub fn is_branch(sort: &str) -> bool {
    matches!(sort, "grassroots_branch" | "branch")
}

/// A term (*nhiệm kỳ*) ends on its last day; it is late until the next congress says another, or the unit ends.
const THE_TERM_ENDS: DeadlineRule = DeadlineRule {
    rule: Rule::TermRemind,
    from: "term_to",
    after: None,
    done: "valid_to",
    while_code: None,
    in_states: &[],
    ending: Some(Ending::ByAct),
    remind: None,
    of: Of::Document,
};

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
        field("note", "Ghi chú", "Note", FieldType::Prose, &[]),
        field("level", "Cấp", "Level", FieldType::Code(&LEVELS), &[]),
        field("term", "Nhiệm kỳ", "Term", FieldType::Line, &[]),
        field(
            "congress_on",
            "Ngày đại hội",
            "Congress on",
            FieldType::Date,
            &["dai hoi ngay"],
        ),
        field(
            "term_to",
            "Nhiệm kỳ đến",
            "Term until",
            FieldType::Date,
            &[],
        ),
        field(
            "groups",
            "Tổ đảng",
            "Groups",
            FieldType::Entries(GROUP),
            &[],
        ),
        field(
            "predecessors",
            "Tiền thân",
            "Came of",
            FieldType::Entries(KIN),
            &[],
        ),
        field(
            "successors",
            "Trở thành",
            "Became",
            FieldType::Entries(KIN),
            &[],
        ),
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
    watches: &[],
    formal: false,
    case: None,
    deadlines: &[THE_TERM_ENDS],
    part: Part::Nothing,
    retention: Retention::ForGood,
};
