//! A decision (*quyết định, nghị quyết*): what a competent body decided about a member, as it stands on paper.
//!
//! Decided is not recorded: the document says who issued and signed it, its number and date, whether the
//! paper was seen, and its author's signature says who recorded it. It is never changed. Without number and
//! date it is a draft without effect. One that was recorded by mistake is cancelled (*hủy do ghi nhầm*) with
//! a reason: then it has no effect either, and both stay visible. Nobody records one about themself.
//!
//! Its effect is never written anywhere: a member's status, name and date of birth on a day are worked out
//! from the register and the decisions that stand ([`crate::register`]).

use super::{code, field, label};
use crate::access::Right;
use crate::caution::{Form, Lasts, Watch};
use crate::document::{Value, Values};
use crate::kind::{Code, Field, FieldType, KeptFrom, Key, Kind, Part, Retention};
use crate::place::{Edge, Lane, PlaceKind, Role};
use crate::regulation::Key as Rule;

/// What was decided. Discipline that leaves somebody a member is recorded apart ([`super::discipline`]); expulsion
/// ends membership, which everybody knows who reads the list.
pub static FORMS: [Code; 19] = [
    code("admission", "Kết nạp đảng viên", "Admission", &["ket nap"]),
    code(
        "official",
        "Công nhận đảng viên chính thức",
        "Made official",
        &["cong nhan chinh thuc", "chinh thuc"],
    ),
    code(
        "exemption",
        "Miễn công tác và sinh hoạt đảng",
        "Exemption",
        &["mien", "mien sinh hoat"],
    ),
    code(
        "temp_exemption",
        "Tạm miễn sinh hoạt đảng",
        "Temporary exemption",
        &["tam mien", "tam mien sinh hoat"],
    ),
    code(
        "return",
        "Trở lại sinh hoạt đảng",
        "Return to activity",
        &["tro lai sinh hoat"],
    ),
    code(
        "transfer_out",
        "Chuyển sinh hoạt đảng chính thức đi",
        "Transfer out",
        &["chuyen di", "chuyen sinh hoat chinh thuc"],
    ),
    code(
        "transfer_in",
        "Tiếp nhận đảng viên chuyển đến",
        "Transfer in",
        &["chuyen den", "tiep nhan"],
    ),
    code(
        "temp_transfer",
        "Chuyển sinh hoạt đảng tạm thời",
        "Temporary transfer",
        &["chuyen tam thoi", "sinh hoat tam thoi"],
    ),
    code(
        "expulsion",
        "Khai trừ",
        "Expulsion",
        &["khai tru khoi dang"],
    ),
    code(
        "strike_off",
        "Xóa tên",
        "Strike-off",
        &["xoa ten dang vien"],
    ),
    code("withdrawal", "Cho ra khỏi Đảng", "Withdrawal", &["xin ra"]),
    code(
        "suspension",
        "Đình chỉ sinh hoạt",
        "Suspension",
        &["dinh chi"],
    ),
    code(
        "restoration",
        "Phục hồi đảng viên",
        "Restoration",
        &["phuc hoi", "phuc hoi quyen dang vien"],
    ),
    code("name", "Thay đổi họ tên", "Change of name", &["doi ten"]),
    code(
        "birth",
        "Thay đổi ngày sinh",
        "Change of birth date",
        &["doi ngay sinh"],
    ),
    code(
        "card",
        "Cấp thẻ đảng viên",
        "Card issued",
        &["cap the", "cap lai the"],
    ),
    code("badge", "Tặng huy hiệu Đảng", "Badge", &["huy hieu dang"]),
    code(
        ELECTION,
        "Chuẩn y kết quả bầu cử",
        "Confirms an election",
        &["chuan y", "bau cu", "chuan y ket qua bau cu"],
    ),
    code("other", "Khác", "Other", &[]),
];

/// The form that confirms who was elected to a committee ([`crate::elected`]).
pub const ELECTION: &str = "election";

/// Posts in a committee (*cấp ủy, chi ủy*).
pub static POSTS: [Code; 4] = [
    code("secretary", "Bí thư", "Secretary", &["bi thu"]),
    code("deputy", "Phó bí thư", "Deputy", &["pho bi thu"]),
    code(
        "standing",
        "Ủy viên ban thường vụ",
        "Standing member",
        &["uy vien thuong vu"],
    ),
    code(
        "member",
        "Cấp ủy viên, chi ủy viên",
        "Committee member",
        &["chi uy vien", "cap uy vien"],
    ),
];

/// What a form of decision does to a member's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It gives this one.
    Gives(&'static str),
    /// It ends these, and what stood before them stands again: who was on probation (*dự bị*) is so still.
    Lifts(&'static [&'static str]),
}

/// What keeps a member from taking part, and ends with their return.
const APART: [&str; 4] = ["exempt", "temp_exempt", "temp_transferred", "suspended"];

/// What ends a membership, or keeps somebody from its rights, and ends when they are taken in or restored.
const ENDED: [&str; 6] = [
    "transferred",
    "expelled",
    "struck_off",
    "withdrew",
    "left",
    "suspended",
];

/// What a form of decision does to a member's status; `None`: nothing.
pub fn effect(form: &str) -> Option<Effect> {
    Some(match form {
        "admission" => Effect::Gives("probationary"),
        "official" => Effect::Gives("official"),
        "return" => Effect::Lifts(&APART),
        "restoration" | "transfer_in" => Effect::Lifts(&ENDED),
        "exemption" => Effect::Gives("exempt"),
        "temp_exemption" => Effect::Gives("temp_exempt"),
        "temp_transfer" => Effect::Gives("temp_transferred"),
        "transfer_out" => Effect::Gives("transferred"),
        "expulsion" => Effect::Gives("expelled"),
        "strike_off" => Effect::Gives("struck_off"),
        "withdrawal" => Effect::Gives("withdrew"),
        "suspension" => Effect::Gives("suspended"),
        _ => return None,
    })
}

/// The field of the register that a form of decision gives a new value; `None`: none.
pub fn field_of(form: &str) -> Option<&'static str> {
    Some(match form {
        "name" => "full_name",
        "birth" => "born",
        "card" => "card_number",
        _ => return None,
    })
}

/// One cancellation. Its author's signature says who.
pub(super) const CANCELLATION: &[Field] = &[
    field("on", "Ngày hủy", "Cancelled on", FieldType::Date, &[]),
    field(crate::case::REASON, "Lý do", "Reason", FieldType::Line, &[]).always_needed(),
];

/// The cancellations of a document that is only ever added to.
pub(super) const CANCELLED: Field = field(
    crate::case::CANCELLED,
    "Hủy do ghi nhầm",
    "Cancelled as mistyped",
    FieldType::Entries(CANCELLATION),
    &[],
);

/// Whether a decision has an effect: it has number and date, and was not cancelled.
pub fn is_in_force(values: &Values) -> bool {
    is_complete(values) && !is_cancelled(values)
}

/// Whether it has what makes it a decision: form, number and date.
pub fn is_complete(values: &Values) -> bool {
    ["form", "number", "issued_on"]
        .iter()
        .all(|f| matches!(values.get(*f), Some(Value::Text(t)) if !t.trim().is_empty()))
}

/// Whether it was cancelled as recorded by mistake.
pub fn is_cancelled(values: &Values) -> bool {
    values.keys().any(|path| path.starts_with("cancelled/"))
}

/// Beside the number.
pub(super) const SYMBOL: Field = field("symbol", "Ký hiệu", "Symbol", FieldType::Line, &[]);

/// Whether somebody held the paper in their hand: decided is not recorded.
pub(super) const ORIGINAL_SEEN: Field = field(
    "original_seen",
    "Đã xem bản gốc",
    "Original seen",
    FieldType::YesNo,
    &[],
);

/// Who recorded it here, where several people work under one right: its author's signature does not say which of them.
pub(super) const RECORDED_BY: Field = field(
    "recorded_by",
    "Người ghi",
    "Recorded by",
    FieldType::Name,
    &[],
);

/// Where the post is that a decision gives: the id of the unit's place. The program writes it.
pub const UNIT_ID: &str = "unit_id";

/// What every decision says, as it stands on paper; `forms`: what it may be about.
pub(super) const fn fields(forms: &'static [Code]) -> [Field; 16] {
    [
        field("form", "Về việc", "About", FieldType::Code(forms), &[]).always_needed(),
        field("number", "Số", "Number", FieldType::Line, &[]).always_needed(),
        SYMBOL,
        field(
            "issued_on",
            "Ngày ban hành",
            "Issued on",
            FieldType::Date,
            &[],
        )
        .always_needed(),
        field(
            "body",
            "Cơ quan ban hành",
            "Issued by",
            FieldType::Line,
            &[],
        )
        .always_needed(),
        field("signatory", "Người ký", "Signed by", FieldType::Name, &[]).always_needed(),
        ORIGINAL_SEEN.always_needed(),
        field(
            "from",
            "Có hiệu lực từ",
            "In force from",
            FieldType::Date,
            &[],
        ),
        field("until", "Đến hết ngày", "Until", FieldType::Date, &[]),
        field("value", "Nội dung mới", "New value", FieldType::Line, &[]),
        field(
            "place",
            "Nơi đi, nơi đến",
            "From or to",
            FieldType::Line,
            &[],
        ),
        field("post", "Chức vụ", "Post", FieldType::Code(&POSTS), &[]),
        field(UNIT_ID, "Mã tổ chức", "Place id", FieldType::Line, &[]),
        field("note", "Ghi chú", "Note", FieldType::Line, &[]),
        CANCELLED,
        RECORDED_BY,
    ]
}

static FIELDS: [Field; 16] = fields(&FORMS);

/// How long what a decision grants for a time may last, and what a card's number looks like.
static WATCHES: [Watch; 3] = [
    // A card of before the exchange has the number of its day.
    Watch::Looks {
        field: "value",
        form: Form::Digits,
        rule: Rule::CardForm,
        on: &["from", "issued_on"],
        only: Some(("form", "card")),
    },
    Watch::Lasts(Lasts {
        from: &["from", "issued_on"],
        until: "until",
        rule: Rule::TempExemptionMax,
        is_below: true,
        only: Some(("form", "temp_exemption", true)),
    }),
    Watch::Lasts(Lasts {
        from: &["from", "issued_on"],
        until: "until",
        rule: Rule::TempMax,
        is_below: true,
        only: Some(("form", "temp_transfer", true)),
    }),
];

/// The document of one decision about a member.
pub static DECISION: Kind = Kind {
    number: 20,
    name: "decision",
    label: label("Quyết định", "Decision"),
    place: &[PlaceKind::Member],
    lane: Lane::Own,
    key: Key::Random,
    title: "number",
    fields: &FIELDS,
    rights: &[
        (Role::Office, Right::ALL),
        (Role::Secretary, Right::WRITE),
        (Role::Deputy, Right::WRITE),
        (Role::Member, Right::READ),
        (Role::CommitteeMember, Right::READ),
        (Role::Auditor, Right::READ),
        (Role::Upper, Right::READ),
        (Role::CommitteeSecretary, Right::ALL),
        (Role::Operator, Right::NONE),
    ],
    edge: Edge::Parent,
    append_only: true,
    watches: &WATCHES,
    formal: true,
    case: None,
    deadlines: &[super::exemption::DECIDED_EXEMPTION_ENDS],
    part: Part::Decision,
    retention: Retention::For(Rule::KeepDecision, KeptFrom::Leaving),
};
