//! What all procedures (*việc theo thủ tục*) about a member share: how their states and acts are written down, the
//! fields that every act may have, and where their documents lie.

use super::{field, label};
use crate::access::Right;
use crate::case::{Act, By, Case, State};
use crate::caution::Watch;
use crate::deadline::DeadlineRule;
use crate::kind::{Field, FieldType, KeptFrom, Key, Kind, Part, Retention};
use crate::place::{Edge, Lane, PlaceKind, Role};
use crate::regulation::Key as Rule;

/// A state of a case.
pub(super) const fn state(
    code: &'static str,
    vi: &'static str,
    en: &'static str,
    open: bool,
) -> State {
    State {
        code,
        label: label(vi, en),
        open,
    }
}

/// Something that can be done in a case.
pub(super) const fn act(
    code: &'static str,
    vi: &'static str,
    en: &'static str,
    (from, to): (&'static [&'static str], &'static str),
    by: By,
    needs: &'static [&'static str],
) -> Act {
    Act {
        code,
        label: label(vi, en),
        from,
        to,
        by,
        needs,
    }
}

/// Which act, after which, and (keeping or cancelling) about which. The program writes them.
pub(super) const ACT: Field = field("act", "Việc", "Act", FieldType::Line, &[]);
pub(super) const AFTER: Field = field("after", "Sau việc", "After", FieldType::Line, &[]);
pub(super) const ABOUT: Field = field("about", "Về việc", "About", FieldType::Line, &[]);
/// The day of the fact.
pub(super) const ON: Field = field("on", "Ngày", "On", FieldType::Date, &[]);
pub(super) const UNTIL: Field = field("until", "Đến hết ngày", "Until", FieldType::Date, &[]);
/// Of the paper behind the act.
pub(super) const NUMBER: Field = field("number", "Số", "Number", FieldType::Line, &[]);
pub(super) const SIGNATORY: Field =
    field("signatory", "Người ký", "Signed by", FieldType::Name, &[]);
pub(super) const DECISION: Field =
    field("decision", "Quyết định", "Decision", FieldType::Line, &[]);
pub(super) const NOTE: Field = field(
    "note",
    "Lý do, ghi chú",
    "Reason, note",
    FieldType::Line,
    &[],
);
/// Who did the act, where two people sign. The program writes it.
pub(super) const SIGNED: Field = field(
    crate::kind::SIGNER,
    "Mã người ký",
    "Signed as",
    FieldType::Line,
    &[],
);
/// Of a letter of introduction.
pub(super) const LETTER_BODY: Field =
    field("body", "Cơ quan cấp", "Issued by", FieldType::Line, &[]);
pub(super) const DUES_PAID_THROUGH: Field = field(
    "dues_paid_through",
    "Đã đóng đảng phí đến hết tháng",
    "Dues paid through",
    FieldType::Date,
    &[],
);
pub(super) const DOSSIER_CHECKED: Field = field(
    "dossier_checked",
    "Đã kiểm hồ sơ theo mục lục",
    "Dossier checked against its list",
    FieldType::YesNo,
    &[],
);
/// Whose words it is, and how they came. Who typed them is the author of the segment.
pub(super) const SAID_BY: Field = field("said_by", "Theo lời", "As told by", FieldType::Name, &[]);
pub(super) const HOW: Field = field(
    "how",
    "Báo bằng cách nào",
    "How it came",
    FieldType::Code(&super::check_in::CHECK_IN_WAYS),
    &[],
);
/// Who of those that work under one right did the act. Where acts are signed, the signature says it.
pub(super) use super::decision::RECORDED_BY;

/// What names a procedure in lists.
pub(super) const SUBJECT: Field = field("subject", "Nội dung", "Subject", FieldType::Line, &[]);

/// The acts of a procedure, each with these fields.
pub(super) const fn acts(entry: &'static [Field]) -> Field {
    let kind = FieldType::Entries(entry);
    field("acts", "Các việc đã làm", "Acts", kind, &[])
}

/// Who may what with a procedure; `branch`: its leaders. The member acts in their own; the committee decides.
const fn rights(branch: Right) -> [(Role, Right); 9] {
    [
        (Role::Office, Right::ALL),
        (Role::Secretary, branch),
        (Role::Deputy, branch),
        (Role::Member, Right::WRITE),
        (Role::CommitteeMember, Right::READ),
        (Role::Auditor, Right::READ),
        (Role::Upper, Right::READ),
        (Role::CommitteeSecretary, Right::ALL),
        (Role::Operator, Right::NONE),
    ]
}

/// The branch prepares, the committee decides.
pub(super) static COMMITTEE_DECIDES: [(Role, Right); 9] = rights(Right::WRITE);
/// The branch decides.
pub(super) static BRANCH_DECIDES: [(Role, Right); 9] = rights(Right::ALL);
/// The branch decides, about what is kept from its other members and from the person's own lane ([`Lane::Office`]).
pub(super) static BRANCH_DECIDES_APART: [(Role, Right); 9] = [
    (Role::Office, Right::ALL),
    (Role::Secretary, Right::ALL),
    (Role::Deputy, Right::ALL),
    (Role::Member, Right::NONE),
    (Role::CommitteeMember, Right::NONE),
    (Role::Auditor, Right::READ),
    (Role::Upper, Right::NONE),
    (Role::CommitteeSecretary, Right::ALL),
    (Role::Operator, Right::NONE),
];

/// A procedure about a member, in the member's own lane.
pub(super) const fn procedure(
    number: u16,
    name: &'static str,
    (vi, en): (&'static str, &'static str),
    fields: &'static [Field],
    rights: &'static [(Role, Right)],
    case: &'static Case,
    deadlines: &'static [DeadlineRule],
) -> Kind {
    Kind {
        number,
        name,
        label: label(vi, en),
        place: &[PlaceKind::Member],
        lane: Lane::Own,
        edge: Edge::Parent,
        key: Key::Random,
        title: SUBJECT.name,
        fields,
        rights,
        append_only: true,
        watches: &[],
        formal: false,
        case: Some(case),
        deadlines,
        part: Part::Nothing,
        retention: Retention::For(Rule::KeepRecord, KeptFrom::Leaving),
    }
}

impl Kind {
    /// The same kind, in which this is looked at.
    pub(super) const fn with_watches(mut self, watches: &'static [Watch]) -> Kind {
        self.watches = watches;
        self
    }

    /// The same kind, in the lane of what only the branch's leaders and those above read.
    pub(super) const fn kept_apart(mut self) -> Kind {
        self.lane = Lane::Office;
        self
    }

    /// The same kind, with a part in the lists of members.
    pub(super) const fn with_part(mut self, part: Part) -> Kind {
        self.part = part;
        self
    }
}
