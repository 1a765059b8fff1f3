//! Exemption (*miễn công tác và sinh hoạt đảng*) and temporary exemption (*tạm miễn sinh hoạt đảng*).
//!
//! Exemption: of the old and weak who cannot attend; on application or by word of mouth; the branch decides and
//! reports to the committee above (Quy định 232-QĐ/TW of 2025, §7.1); ends on the member's own application.
//! Temporary exemption: far from home, mobile or without a unit there; on application; for less than twelve
//! months; the branch considers, the committee of the grassroots organisation decides; on return a remark of
//! the workplace or the local authority is brought (Hướng dẫn 01-HD/TW of 28/9/2021, §10.3).

use super::{act, field, label, state};
use crate::access::Right;
use crate::case::{Act, By, Case, NEW, SAME, State};
use crate::kind::{Field, FieldType, Key, Kind};
use crate::place::{Edge, Lane, PlaceKind, Role};

const ASKED: State = state("asked", "Đã đề nghị", "Asked for", true);
const CONSIDERED: State = state(
    "considered",
    "Chi bộ đã xét",
    "Considered by the branch",
    true,
);
const GRANTED: State = state("granted", "Được miễn", "Granted", true);
const REFUSED: State = state("refused", "Không đồng ý", "Refused", false);
const ENDED: State = state("ended", "Đã trở lại sinh hoạt", "Returned", false);
const WITHDRAWN: State = state("withdrawn", "Thôi đề nghị", "Withdrawn", false);

static EXEMPTION_ACTS: [Act; 7] = [
    act(
        "ask",
        "Đề nghị miễn",
        "Exemption is asked for",
        (&[NEW], "asked"),
        By::Anyone,
        &[],
    ),
    act(
        "grant",
        "Chi bộ đồng ý miễn",
        "The branch grants it",
        (&["asked"], "granted"),
        By::Deciders,
        &["number", "on"],
    ),
    act(
        "refuse",
        "Chi bộ không đồng ý",
        "The branch refuses it",
        (&["asked"], "refused"),
        By::Deciders,
        &["note"],
    ),
    act(
        "report",
        "Báo cáo cấp ủy cấp trên",
        "Reported to the committee above",
        (&["granted"], SAME),
        By::Leaders,
        &[],
    ),
    act(
        "return",
        "Trở lại sinh hoạt theo đề nghị",
        "Returns on application",
        (&["granted"], "ended"),
        By::Anyone,
        &["on"],
    ),
    act(
        "withdraw",
        "Thôi đề nghị",
        "Withdrawn",
        (&["asked"], "withdrawn"),
        By::Anyone,
        &[],
    ),
    act(
        "remark",
        "Ghi chú",
        "A remark",
        (&["asked", "granted"], SAME),
        By::Anyone,
        &["note"],
    ),
];

static TEMP_EXEMPTION_ACTS: [Act; 9] = [
    act(
        "ask",
        "Đề nghị tạm miễn",
        "Temporary exemption is asked for",
        (&[NEW], "asked"),
        By::Anyone,
        &[],
    ),
    act(
        "consider",
        "Chi bộ xét, đề nghị cấp trên",
        "The branch considers it and proposes it",
        (&["asked"], "considered"),
        By::Leaders,
        &[],
    ),
    act(
        "grant",
        "Đảng ủy quyết định tạm miễn",
        "The committee grants it",
        (&["considered"], "granted"),
        By::Deciders,
        &["number", "on", "until"],
    ),
    act(
        "refuse",
        "Không đồng ý",
        "Refused",
        (&["asked", "considered"], "refused"),
        By::Deciders,
        &["note"],
    ),
    act(
        "register_residence",
        "Đã đăng ký tạm trú",
        "Temporary residence registered",
        (&["granted"], SAME),
        By::Anyone,
        &[],
    ),
    act(
        "return",
        "Trở lại sinh hoạt",
        "Returned",
        (&["granted"], "ended"),
        By::Anyone,
        &["on"],
    ),
    act(
        "return_remark",
        "Nộp nhận xét của nơi làm việc, nơi cư trú",
        "The remark of workplace or residence was brought",
        (&["granted", "ended"], SAME),
        By::Leaders,
        &[],
    ),
    act(
        "withdraw",
        "Thôi đề nghị",
        "Withdrawn",
        (&["asked", "considered"], "withdrawn"),
        By::Anyone,
        &[],
    ),
    act(
        "remark",
        "Ghi chú",
        "A remark",
        (&["asked", "considered", "granted"], SAME),
        By::Anyone,
        &["note"],
    ),
];

static EXEMPTION_CASE: Case = Case {
    states: &[ASKED, GRANTED, REFUSED, ENDED, WITHDRAWN],
    acts: &EXEMPTION_ACTS,
};

static TEMP_EXEMPTION_CASE: Case = Case {
    states: &[ASKED, CONSIDERED, GRANTED, REFUSED, ENDED, WITHDRAWN],
    acts: &TEMP_EXEMPTION_ACTS,
};

/// What one act says.
const ENTRY: &[Field] = &[
    field("act", "Việc", "Act", FieldType::Line, &[]),
    field("after", "Sau việc", "After", FieldType::Line, &[]),
    field("about", "Về việc", "About", FieldType::Line, &[]),
    field("on", "Ngày", "On", FieldType::Date, &[]),
    field("number", "Số", "Number", FieldType::Line, &[]),
    field(
        "body",
        "Cơ quan quyết định",
        "Decided by",
        FieldType::Line,
        &[],
    ),
    field("signatory", "Người ký", "Signed by", FieldType::Name, &[]),
    field("from", "Từ ngày", "From", FieldType::Date, &[]),
    field("until", "Đến hết ngày", "Until", FieldType::Date, &[]),
    field("where", "Nơi ở khi tạm miễn", "Where", FieldType::Line, &[]),
    field(
        "note",
        "Lý do, ghi chú",
        "Reason, note",
        FieldType::Line,
        &[],
    ),
    field("said_by", "Theo lời", "As told by", FieldType::Name, &[]),
    field(
        "how",
        "Báo bằng cách nào",
        "How it came",
        FieldType::Code(&super::check_in::CHECK_IN_WAYS),
        &[],
    ),
    field("decision", "Quyết định", "Decision", FieldType::Line, &[]),
];

const FIELDS: &[Field] = &[
    field("subject", "Nội dung", "Subject", FieldType::Line, &[]),
    field(
        "acts",
        "Các việc đã làm",
        "Acts",
        FieldType::Entries(ENTRY),
        &[],
    ),
];

/// The document of one exemption. The branch decides.
pub static EXEMPTION: Kind = Kind {
    number: 22,
    name: "exemption",
    label: label("Miễn sinh hoạt", "Exemption"),
    place: &[PlaceKind::Member],
    lane: Lane::Own,
    key: Key::Random,
    title: "subject",
    fields: FIELDS,
    rights: &[
        (Role::Office, Right::ALL),
        (Role::Secretary, Right::ALL),
        (Role::Deputy, Right::ALL),
        (Role::Member, Right::WRITE),
        (Role::CommitteeMember, Right::READ),
        (Role::Auditor, Right::READ),
        (Role::Upper, Right::READ),
        (Role::CommitteeSecretary, Right::ALL),
        (Role::Operator, Right::NONE),
    ],
    edge: Edge::Parent,
    append_only: true,
    formal: false,
    case: Some(&EXEMPTION_CASE),
    deadlines: &[],
};

/// The document of one temporary exemption. The committee decides.
pub static TEMP_EXEMPTION: Kind = Kind {
    number: 23,
    name: "temp_exemption",
    label: label("Tạm miễn sinh hoạt", "Temporary exemption"),
    place: &[PlaceKind::Member],
    lane: Lane::Own,
    key: Key::Random,
    title: "subject",
    fields: FIELDS,
    rights: &[
        (Role::Office, Right::ALL),
        (Role::Secretary, Right::WRITE),
        (Role::Deputy, Right::WRITE),
        (Role::Member, Right::WRITE),
        (Role::CommitteeMember, Right::READ),
        (Role::Auditor, Right::READ),
        (Role::Upper, Right::READ),
        (Role::CommitteeSecretary, Right::ALL),
        (Role::Operator, Right::NONE),
    ],
    edge: Edge::Parent,
    append_only: true,
    formal: false,
    case: Some(&TEMP_EXEMPTION_CASE),
    deadlines: &[],
};
