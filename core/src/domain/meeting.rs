//! A branch meeting (*sinh hoạt chi bộ*) and its minutes: one document a day, or several with a suffix.
//!
//! Attendance is one mark a member, under the id of the member's place, so that two people may mark
//! the roll at once. A closed meeting is still only a field: what may change afterwards is for the
//! people to say, and history shows it. Confidential matter stays on paper; `paper_page` names it.

use super::{code, field, label};
use crate::access::Right;
use crate::kind::{Code, FieldType, KeptFrom, Key, Kind, Part, Retention};
use crate::place::{Edge, Lane, PlaceKind, Role};
use crate::regulation::Key as Rule;

/// What sort of meeting.
pub static MEETING_TYPES: [Code; 4] = [
    code(
        "regular",
        "Thường kỳ",
        "Regular",
        &["dinh ky", "hang thang", "sinh hoat thuong ky"],
    ),
    code(
        "thematic",
        "Chuyên đề",
        "Thematic",
        &["sinh hoat chuyen de"],
    ),
    code("congress", "Đại hội", "Congress", &["dai hoi chi bo"]),
    code(
        "review",
        "Kiểm điểm, xếp loại",
        "Yearly review",
        &["kiem diem", "kiem diem cuoi nam", "danh gia xep loai"],
    ),
];

/// How a member stood towards a meeting.
pub static ATTENDANCE: [Code; 8] = [
    code("present", "Có mặt", "Present", &["du", "co", "x"]),
    code("sick", "Ốm", "Sick", &["om dau", "vang om"]),
    code("on_duty", "Đi công tác", "On duty", &["cong tac"]),
    code(
        "away_reported",
        "Đi xa, có báo",
        "Away, reported",
        &["di xa", "vang co ly do", "p"],
    ),
    code(
        "temp_exempt",
        "Tạm miễn sinh hoạt",
        "Temporarily exempt",
        &["tam mien"],
    ),
    code(
        "exempt",
        "Miễn sinh hoạt",
        "Exempt",
        &["mien", "mien cong tac va sinh hoat dang"],
    ),
    code(
        "elsewhere",
        "Sinh hoạt nơi khác",
        "Attends elsewhere",
        &["sinh hoat tam thoi noi khac"],
    ),
    code(
        "unexcused",
        "Vắng không lý do",
        "Unexcused",
        &["khong ly do", "k", "vang khong phep"],
    ),
];

/// The document of one meeting. Its key is its day, with a suffix if there are several that day.
pub static MEETING: Kind = Kind {
    number: 4,
    name: "meeting",
    label: label("Họp chi bộ", "Meeting"),
    place: &[PlaceKind::Branch, PlaceKind::Committee],
    lane: Lane::Open,
    edge: Edge::Parent,
    key: Key::Natural,
    title: "held_on",
    fields: &[
        field(
            "held_on",
            "Ngày họp",
            "Held on",
            FieldType::Date,
            &["ngay sinh hoat"],
        )
        .always_needed(),
        field(
            "type",
            "Loại cuộc họp",
            "Type",
            FieldType::Code(&MEETING_TYPES),
            &["loai hop"],
        )
        .always_needed(),
        field("place", "Địa điểm", "Place", FieldType::Line, &["noi hop"]),
        field(
            "chair",
            "Chủ trì",
            "Chair",
            FieldType::Name,
            &["nguoi chu tri"],
        )
        .always_needed(),
        field(
            "minute_taker",
            "Người ghi",
            "Minute taker",
            FieldType::Name,
            &["thu ky", "nguoi ghi bien ban"],
        )
        .always_needed(),
        field(
            "last_resolution",
            "Việc thực hiện nghị quyết kỳ trước",
            "How the last resolution was carried out",
            FieldType::Prose,
            &["nghi quyet ky truoc"],
        ),
        field(
            "agenda",
            "Nội dung",
            "Agenda",
            FieldType::Prose,
            &["chuong trinh"],
        )
        .always_needed(),
        field(
            "discussion",
            "Thảo luận",
            "Discussion",
            FieldType::Prose,
            &["y kien thao luan"],
        ),
        field(
            "conclusion",
            "Kết luận",
            "Conclusion",
            FieldType::Prose,
            &["nghi quyet", "ket luan nghi quyet"],
        )
        .always_needed(),
        field(
            "attendance",
            "Điểm danh",
            "Attendance",
            FieldType::Marks(&ATTENDANCE),
            &[],
        )
        .always_needed(),
        field(
            "paper_page",
            "Trang sổ biên bản giấy",
            "Page in the paper minute book",
            FieldType::Line,
            &["trang so"],
        ),
        field("closed", "Đã chốt", "Closed", FieldType::YesNo, &[]),
    ],
    rights: &[
        (Role::Office, Right::ALL),
        (Role::Secretary, Right::WRITE),
        (Role::Deputy, Right::WRITE),
        (Role::Member, Right::READ),
        (Role::CommitteeMember, Right::WRITE),
        (Role::Auditor, Right::READ),
        (Role::Upper, Right::READ),
        (Role::CommitteeSecretary, Right::DECIDE),
        (Role::Operator, Right::NONE),
    ],
    append_only: false,
    watches: &[],
    formal: false,
    case: None,
    deadlines: &[],
    part: Part::Nothing,
    retention: Retention::For(Rule::KeepMeeting, KeptFrom::Field("held_on")),
};
