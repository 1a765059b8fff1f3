//! Exemption (*miễn công tác và sinh hoạt đảng*) and temporary exemption (*tạm miễn sinh hoạt đảng*).
//!
//! Exemption: of the old and weak who cannot attend; on application or by word of mouth; the branch decides and
//! reports to the committee above (Quy định 232-QĐ/TW of 2025, §7.1); ends on the member's own application.
//! Temporary exemption: far from home, mobile or without a unit there; on application; for less than twelve
//! months; the branch considers, the committee of the grassroots organisation decides; on return a remark of
//! the workplace or the local authority is brought (Hướng dẫn 01-HD/TW of 28/9/2021, §10.3).

use super::procedure::{
    ABOUT, ACT, AFTER, BRANCH_DECIDES, COMMITTEE_DECIDES, DECISION, HOW, NOTE, NUMBER, ON,
    RECORDED_BY, SAID_BY, SIGNATORY, SUBJECT, UNTIL, act, acts, procedure, state,
};
use super::{decision, field};
use crate::case::{Act, By, Case, NEW, SAME, State};
use crate::caution::{Lasts, Watch};
use crate::deadline::{DeadlineRule, Ending, Of};
use crate::kind::{Decides, Field, FieldType, Kind, Part};
use crate::regulation::Key as Rule;

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
    ACT,
    AFTER,
    ABOUT,
    ON,
    NUMBER,
    decision::SYMBOL,
    decision::ORIGINAL_SEEN,
    field(
        "body",
        "Cơ quan quyết định",
        "Decided by",
        FieldType::Line,
        &[],
    ),
    SIGNATORY,
    field("from", "Từ ngày", "From", FieldType::Date, &[]),
    UNTIL,
    field("where", "Nơi ở khi tạm miễn", "Where", FieldType::Line, &[]),
    NOTE,
    SAID_BY,
    HOW,
    DECISION,
    RECORDED_BY,
];

const FIELDS: &[Field] = &[SUBJECT, acts(ENTRY)];

/// Granted is decided: it stands until the day that was said, or until they return.
const fn until_the_return(form: &'static str) -> Decides {
    Decides {
        form,
        decided: "grant",
        given: "grant",
        value: None,
        ended: Some("return"),
    }
}

/// The document of one exemption. The branch decides.
pub static EXEMPTION: Kind = procedure(
    22,
    "exemption",
    ("Miễn sinh hoạt", "Exemption"),
    FIELDS,
    &BRANCH_DECIDES,
    &EXEMPTION_CASE,
    &[],
)
.with_part(Part::Decides(until_the_return("exemption")));

/// The document of one temporary exemption. The committee decides.
pub static TEMP_EXEMPTION: Kind = procedure(
    23,
    "temp_exemption",
    ("Tạm miễn sinh hoạt", "Temporary exemption"),
    FIELDS,
    &COMMITTEE_DECIDES,
    &TEMP_EXEMPTION_CASE,
    &[TEMP_EXEMPTION_ENDS],
)
.with_watches(&WATCHES)
.with_part(Part::Decides(until_the_return("temp_exemption")));

/// It ends on its last day; whoever is back says so, and it is late until then.
const TEMP_EXEMPTION_ENDS: DeadlineRule = DeadlineRule {
    rule: Rule::TempExemptionRemind,
    from: "acts/grant/until",
    after: None,
    done: "acts/return",
    while_code: None,
    in_states: &["granted"],
    ending: Some(Ending::ByAct),
    remind: None,
    of: Of::Document,
};

/// The same of one that a decision gave without a case: it ends by itself, unless another decision came before
/// ([`crate::owed`]).
pub(crate) const DECIDED_EXEMPTION_ENDS: DeadlineRule = DeadlineRule {
    from: "until",
    done: "",
    in_states: &[],
    ending: Some(Ending::ByItself),
    of: Of::Member,
    ..TEMP_EXEMPTION_ENDS
};

/// Less than a year (Hướng dẫn 01-HD/TW of 28/9/2021, §10.3); in practice more is granted, so it is only said.
static WATCHES: [Watch; 1] = [Watch::Lasts(Lasts {
    from: &["acts/grant/from", "acts/grant"],
    until: "acts/grant/until",
    rule: Rule::TempExemptionMax,
    is_below: true,
    only: None,
})];
