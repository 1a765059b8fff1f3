//! The dossier (*hồ sơ đảng viên*) on paper: an index of what lies in it (*mục lục*), the hand-over of it from one
//! person to another, and the yearly supplement (*phiếu bổ sung hồ sơ*, form 3-HSĐV).
//!
//! The papers themselves never enter: no scans, no text of them, no family or political history. The dossier is a
//! secret document of the Party (Quy định 24-QĐ/TW of 30/7/2021, §6.2.4), and only where its papers lie, and how
//! many sheets they have, is written down here. Which papers one must hold is data: [`crate::dossier`].

use super::procedure::{
    ABOUT, ACT, AFTER, BRANCH_DECIDES, HOW, NOTE, ON, SAID_BY, SIGNED, SUBJECT, act, acts,
    procedure, state,
};
use super::{code, field, label};
use crate::access::Right;
use crate::case::{Act, By, Case, NEW, SAME, State};
use crate::deadline::{DeadlineRule, Of};
use crate::kind::{Code, Field, FieldType, KeptFrom, Key, Kind, Part, Retention};
use crate::place::{Edge, Lane, PlaceKind, Role};
use crate::regulation::Key as Rule;

/// The papers that a dossier may hold. Codes are format; which of them it must hold is data.
pub static PAPERS: [Code; 17] = [
    code(
        "awareness_certificate",
        "Giấy chứng nhận học lớp bồi dưỡng nhận thức về Đảng",
        "Certificate of the awareness course",
        &["giay chung nhan lop nhan thuc"],
    ),
    code(
        "application",
        "Đơn xin vào Đảng",
        "Application",
        &["don xin vao dang vien"],
    ),
    code(
        "applicant_history",
        "Lý lịch của người xin vào Đảng, kèm thẩm tra",
        "Applicant's life history, with its verification",
        &["ly lich nguoi xin vao dang"],
    ),
    code(
        "recommendation",
        "Giấy giới thiệu của đảng viên",
        "Recommendation by members",
        &["giay gioi thieu nguoi vao dang"],
    ),
    code(
        "union_resolution",
        "Nghị quyết giới thiệu của Đoàn, Công đoàn",
        "Resolution of the youth or trade union",
        &["nghi quyet gioi thieu cua doan"],
    ),
    code(
        "opinions",
        "Tổng hợp ý kiến nhận xét",
        "Summary of opinions",
        &["tong hop y kien"],
    ),
    code(
        "branch_resolution",
        "Nghị quyết của chi bộ đề nghị kết nạp",
        "The branch's resolution on the admission",
        &["nghi quyet chi bo ket nap"],
    ),
    code(
        "committee_resolution",
        "Nghị quyết của đảng ủy cơ sở đề nghị kết nạp",
        "The grassroots committee's resolution on the admission",
        &["nghi quyet dang uy ket nap"],
    ),
    code(
        "admission_decision",
        "Quyết định kết nạp",
        "Admission decision",
        &["quyet dinh ket nap dang vien"],
    ),
    code(
        "life_history",
        "Lý lịch đảng viên",
        "Member's life history",
        &["ly lich"],
    ),
    code(
        "member_sheet",
        "Phiếu đảng viên",
        "Member's sheet",
        &["phieu"],
    ),
    code(
        "new_member_certificate",
        "Giấy chứng nhận học lớp đảng viên mới",
        "Certificate of the course for new members",
        &["giay chung nhan lop dang vien moi"],
    ),
    code(
        "self_criticism",
        "Bản tự kiểm điểm của đảng viên dự bị",
        "Probationary member's self-criticism",
        &["ban tu kiem diem"],
    ),
    code(
        "helper_remark",
        "Nhận xét của người giúp đỡ",
        "Remark of the helping member",
        &["nhan xet nguoi giup do"],
    ),
    code(
        "official_resolutions",
        "Nghị quyết đề nghị công nhận chính thức",
        "Resolutions on official membership",
        &["nghi quyet cong nhan chinh thuc"],
    ),
    code(
        "official_decision",
        "Quyết định công nhận đảng viên chính thức",
        "Decision on official membership",
        &["quyet dinh cong nhan chinh thuc"],
    ),
    code("other", "Giấy tờ khác", "Another paper", &["khac"]),
];

/// In what form a paper was seen.
pub static SEEN: [Code; 3] = [
    code("original", "Bản chính", "Original", &["ban goc", "goc"]),
    code("copy", "Bản sao", "Copy", &["sao", "photo"]),
    code("absent", "Không có", "Not there", &["thieu", "mat"]),
];

/// One paper of the index.
const PAPER: &[Field] = &[
    field("paper", "Giấy tờ", "Paper", FieldType::Code(&PAPERS), &[]),
    field("sheets", "Số tờ", "Sheets", FieldType::Count, &[]),
    field("dated", "Ngày của giấy tờ", "Dated", FieldType::Date, &[]),
    field("seen", "Đã xem", "Seen", FieldType::Code(&SEEN), &[]),
    field("lies_at", "Nơi để", "Where it lies", FieldType::Line, &[]),
    field("number", "Số", "Number", FieldType::Line, &[]),
];

/// Who may what with what is on paper: the branch keeps the index, the office as well; the member reads it.
const RIGHTS: &[(Role, Right)] = &[
    (Role::Office, Right::ALL),
    (Role::Secretary, Right::WRITE),
    (Role::Deputy, Right::WRITE),
    (Role::Member, Right::READ),
    (Role::CommitteeMember, Right::READ),
    (Role::Auditor, Right::READ),
    (Role::Upper, Right::READ),
    (Role::CommitteeSecretary, Right::DECIDE),
    (Role::Operator, Right::NONE),
];

/// The index of a member's dossier. A paper of which there is one has its code as the entry's id, so two people
/// who list it list one; where they say different things, both stand until somebody chooses.
pub static DOSSIER: Kind = Kind {
    number: 32,
    name: "dossier",
    label: label("Mục lục hồ sơ giấy", "Index of the paper dossier"),
    place: &[PlaceKind::Member],
    lane: Lane::Own,
    retention: Retention::For(Rule::KeepRecord, KeptFrom::Leaving),
    edge: Edge::Parent,
    key: Key::Single,
    title: "lies_at",
    fields: &[
        field(
            "lies_at",
            "Nơi giữ hồ sơ",
            "Where the dossier is kept",
            FieldType::Line,
            &[],
        ),
        field(
            "checked_on",
            "Ngày kiểm",
            "Checked on",
            FieldType::Date,
            &[],
        ),
        field(
            "papers",
            "Giấy tờ",
            "Papers",
            FieldType::Entries(PAPER),
            &[],
        ),
    ],
    rights: RIGHTS,
    append_only: false,
    watches: &[],
    formal: false,
    case: None,
    deadlines: &[],
    part: Part::Dossier,
};

static HANDOVER_STATES: [State; 5] = [
    state(
        "given",
        "Đã giao, chờ bên nhận ký",
        "Given: waits for the receiver's signature",
        true,
    ),
    state(
        "taken",
        "Đã nhận, chờ bên giao ký",
        "Taken: waits for the giver's signature",
        true,
    ),
    state("signed", "Hai bên đã ký", "Signed by both", false),
    state("refused", "Bên kia không ký", "Not signed", false),
    state("withdrawn", "Thôi giao", "Withdrawn", false),
];

/// What both sides count.
const COUNTED: &[&str] = &["on", "papers", "sheets"];

static HANDOVER_ACTS: [Act; 7] = [
    act(
        "give",
        "Giao hồ sơ",
        "The dossier is given",
        (&[NEW], "given"),
        By::Leaders,
        &["on", "papers", "sheets", "from", "to"],
    ),
    act(
        "take",
        "Nhận hồ sơ",
        "The dossier is taken",
        (&[NEW], "taken"),
        By::Leaders,
        &["on", "papers", "sheets", "from", "to"],
    ),
    act(
        "sign_taken",
        "Ký nhận",
        "The receiver signs",
        (&["given"], "signed"),
        By::Another,
        COUNTED,
    ),
    act(
        "sign_given",
        "Ký giao",
        "The giver signs",
        (&["taken"], "signed"),
        By::Another,
        COUNTED,
    ),
    act(
        "refuse",
        "Không ký",
        "The other side does not sign",
        (&["given", "taken"], "refused"),
        By::Another,
        &["note"],
    ),
    act(
        "withdraw",
        "Thôi giao",
        "Withdrawn",
        (&["given", "taken"], "withdrawn"),
        By::Leaders,
        &["note"],
    ),
    act(
        "remark",
        "Ghi chú",
        "A remark",
        (&["given", "taken"], SAME),
        By::Leaders,
        &["note"],
    ),
];

static HANDOVER_CASE: Case = Case {
    states: &HANDOVER_STATES,
    acts: &HANDOVER_ACTS,
};

/// What one signature says.
const HANDOVER_ENTRY: &[Field] = &[
    ACT,
    AFTER,
    ABOUT,
    SIGNED,
    ON,
    field("from", "Bên giao", "Given by", FieldType::Line, &[]),
    field("to", "Bên nhận", "Taken by", FieldType::Line, &[]),
    field("papers", "Số giấy tờ", "Papers", FieldType::Count, &[]),
    field("sheets", "Số tờ", "Sheets", FieldType::Count, &[]),
    field("sealed", "Niêm phong", "Sealed", FieldType::YesNo, &[]),
    NOTE,
    SAID_BY,
    HOW,
];

/// One hand-over (*giao nhận hồ sơ*) of a dossier. One side says what it gave or took and counts it, then the other
/// side does: two acts of two people. One alone waits. The member may carry the sealed dossier and sign for it.
pub static DOSSIER_HANDOVER: Kind = procedure(
    33,
    "dossier_handover",
    ("Giao nhận hồ sơ", "Hand-over of a dossier"),
    &[SUBJECT, acts(HANDOVER_ENTRY)],
    &BRANCH_DECIDES,
    &HANDOVER_CASE,
    &[],
);

/// Who belongs here owes one a year: it is about a document that is not there, so all that is recorded of a member says
/// it ([`crate::owed`]). Long before the year's end nobody is told.
pub(crate) const SUPPLEMENT_OWED: DeadlineRule = DeadlineRule {
    rule: Rule::SupplementDue,
    from: "year",
    after: None,
    done: "done_on",
    while_code: None,
    in_states: &[],
    ending: None,
    remind: Some(Rule::SupplementRemind),
    of: Of::Member,
};

/// The supplement of one year. Its key is the year.
pub static YEARLY_SUPPLEMENT: Kind = Kind {
    number: 34,
    name: "yearly_supplement",
    label: label("Phiếu bổ sung hồ sơ", "Yearly supplement"),
    place: &[PlaceKind::Member],
    lane: Lane::Own,
    retention: Retention::For(Rule::KeepRecord, KeptFrom::Leaving),
    edge: Edge::Parent,
    key: Key::Natural,
    title: "year",
    fields: &[
        field("year", "Năm", "Year", FieldType::Date, &[]).always_needed(),
        field("done_on", "Ngày nộp", "Handed in on", FieldType::Date, &[]).always_needed(),
        field("sheets", "Số tờ", "Sheets", FieldType::Count, &[]),
        field("taken_by", "Người nhận", "Taken by", FieldType::Name, &[]),
        crate::whose::words(),
    ],
    rights: RIGHTS,
    append_only: false,
    watches: &[],
    formal: false,
    case: None,
    deadlines: &[SUPPLEMENT_OWED],
    part: Part::Supplement,
};
