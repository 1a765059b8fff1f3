//! Regulations are data: every number that a rule of the field sets, with its source and the days on which
//! it holds.
//!
//! `data/regulations.tsv`, `data/holidays.tsv` and `data/papers.tsv` come with the program; a node adds rows as documents
//! ([`crate::domain::regulation`]) that phones get like any other. Whoever needs a number asks for the
//! row in force *on the day of the fact* ([`Regulations::at`]). Where two rows hold on a day, the one that
//! began later wins; where none does, the answer is `None` and no rule may guess. A row that nobody has
//! held against the text of its source is marked, and is shown with that mark.
//!
//! What is known by name is in [`Key`], so a misspelt one does not compile. What a number means is its
//! [`Unit`].
//!
//! Does not know: the clock, files, which rule asks.

use crate::date::{DateError, Day, PartialDate};
use crate::document::{self, Values};
use crate::kind::Label;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// What sort of value a key has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// A length of time: working days, days, months or years.
    Term,
    /// A number of people or things.
    Count,
    /// Hundredths of a percent.
    Percent,
    /// A part of a whole, such as 2/3.
    Fraction,
    /// Points of a rating.
    Points,
    /// Money, in đồng.
    Dong,
    /// Days of every civil year.
    DaysOfYear,
    /// A day of every lunar year.
    LunarDay,
    /// From when in a member's life on something is asked for ([`crate::dossier::Stage`]).
    Stage,
    /// Nothing but that the row holds on its days, as a holiday does.
    Mark,
}

/// Makes [`Key`], the list of all keys, and what is known about each.
macro_rules! keys {
    ($($variant:ident $name:literal $measure:ident $vi:literal $en:literal)*) => {
        /// What a regulation is about. Names are format: they stand in data and documents.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Key {
            $(#[doc = $en] $variant,)*
        }

        impl Key {
            /// All keys, in the order of the tables.
            pub const ALL: &[Key] = &[$(Key::$variant,)*];

            /// Its name in data and commands.
            pub fn name(self) -> &'static str {
                match self { $(Key::$variant => $name,)* }
            }

            /// What people read.
            pub fn label(self) -> Label {
                match self { $(Key::$variant => Label { vi: $vi, en: $en },)* }
            }

            /// What sort of value it has.
            pub fn measure(self) -> Measure {
                match self { $(Key::$variant => Measure::$measure,)* }
            }
        }
    };
}

keys! {
    TransferStart "transfer.start" Term "Làm thủ tục chuyển sinh hoạt đảng" "Begin and finish a transfer"
    TransferPresent "transfer.present" Term "Trình giấy giới thiệu nơi nhận" "Present the transfer letter"
    TempMin "temp.min" Term "Sinh hoạt tạm thời: ít nhất" "Temporary stay: at least"
    TempMax "temp.max" Term "Sinh hoạt tạm thời: dưới" "Temporary stay: less than"
    TempStudyMax "temp.study.max" Term "Sinh hoạt tạm thời khi đi học: nhiều nhất" "Temporary stay for study: at most"
    AbroadMin "abroad.min" Term "Ra nước ngoài, qua Đảng ủy Bộ Ngoại giao: từ" "Abroad, by way of the Foreign Ministry's committee: from"
    TempExemptionMax "tammien.max" Term "Tạm miễn sinh hoạt: dưới" "Temporary exemption: less than"
    AbsentRemoval "absent.removal" Term "Bỏ sinh hoạt trong năm, không lý do" "Absent within a year without reason"
    DuesRemoval "dues.removal" Term "Không đóng đảng phí trong năm, không lý do" "Dues unpaid within a year without reason"
    Probation "probation" Term "Thời gian dự bị" "Probation"
    Ceremony "ceremony" Term "Tổ chức lễ kết nạp" "Hold the admission ceremony"
    OfficialReview "official.review" Term "Xét công nhận chính thức" "Review for official membership"
    AdmitAge "admit.age" Term "Tuổi kết nạp: từ, đến" "Age at admission: from, to"
    AdmitVote "admit.vote" Fraction "Phiếu tán thành kết nạp: ít nhất" "Votes for an admission: at least"
    BranchMin "branch.min" Count "Chi bộ: ít nhất, đảng viên chính thức" "Branch: at least, official members"
    GrassrootsMin "grassroots.min" Count "Đảng bộ cơ sở: ít nhất, đảng viên" "Grassroots organisation: at least, members"
    BranchCommitteeFrom "chiuy.min" Count "Bầu chi ủy từ, đảng viên chính thức" "A branch committee from, official members"
    BranchCommitteeMax "chiuy.max" Count "Chi ủy: nhiều nhất" "Branch committee: at most"
    ReviewPoints "review.points" Points "Điểm xuất sắc, tốt, hoàn thành: từ" "Points for excellent, good, fulfilled: from"
    ReviewOver "review.over" Percent "Xuất sắc: vượt mức ít nhất" "Excellent: above requirement by at least"
    ReviewLateMax "review.late.max" Percent "Hoàn thành: việc chậm nhiều nhất" "Fulfilled: late tasks at most"
    ReviewExcellentMax "review.excellent.max" Percent "Tỷ lệ xuất sắc: nhiều nhất" "Share of excellent: at most"
    ReviewMinMembership "review.min.membership" Term "Xếp loại khi đã sinh hoạt ít nhất" "Rated after membership of at least"
    DuesInsured "dues.bhxh" Percent "Đảng phí: tiền lương đóng bảo hiểm tháng trước" "Dues: of last month's insured pay"
    DuesLeave "dues.leave" Percent "Đảng phí: trợ cấp ốm đau, thai sản" "Dues: of sick or maternity benefit"
    DuesPension "dues.pension" Percent "Đảng phí: lương hưu" "Dues: of the pension"
    DuesStudent "dues.student" Dong "Đảng phí: học sinh, sinh viên, mỗi tháng" "Dues: students, each month"
    DuesOther "dues.other" Percent "Đảng phí: khác, trong tuổi lao động, của lương tối thiểu vùng" "Dues: others below retirement age, of the minimum wage"
    DuesOtherRetired "dues.other.retired" Percent "Đảng phí: khác, ngoài tuổi lao động, của lương tối thiểu vùng" "Dues: others of retirement age, of the minimum wage"
    MinWage "min.wage" Dong "Lương tối thiểu tháng, vùng I đến IV" "Minimum wage a month, regions I to IV"
    DuesExemptYears "dues.exempt.years" Term "Miễn đảng phí từ tuổi đảng" "No dues from a party age of"
    DuesReduce "dues.reduce" Percent "Mức giảm, miễn đảng phí" "Dues reduced by"
    DuesReduceMax "dues.reduce.max" Term "Mỗi lần giảm, miễn đảng phí: nhiều nhất" "Each reduction of dues: at most"
    BadgeYears "badge.years" Term "Tuổi đảng được tặng huy hiệu" "Party age for a badge"
    BadgeEarly "badge.early" Term "Xét tặng huy hiệu sớm khi ốm nặng: hai mức" "Badge early when gravely ill: first and second"
    BadgeEarlyLong "badge.early.from" Term "Mức sớm thứ hai cho huy hiệu từ" "The second of these for badges from"
    BadgeDays "badge.days" DaysOfYear "Ngày trao huy hiệu" "Days on which badges are given"
    DisciplineBar "discipline.bar" Term "Thời hiệu kỷ luật: khiển trách; cảnh cáo, cách chức" "Time bar: reprimand; warning, removal"
    PersonalDataReply "pdp.reply" Term "Trả lời yêu cầu về dữ liệu cá nhân" "Answer a request about personal data"
    CheckInEvery "checkin.every" Term "Đảng viên đi xa báo nơi ở" "Members away say where they are"
    CheckInRemind "checkin.remind" Term "Nhắc trước khi đến hạn báo nơi ở" "Remind before somebody away is to be heard of"
    AddressOld "address.old" Term "Địa chỉ không ai báo lại coi là chưa rõ sau" "An address that nobody repeats is unclear after"
    TempExemptionRemind "tammien.remind" Term "Nhắc trước khi hết tạm miễn" "Remind before a temporary exemption ends"
    TempRemind "temp.remind" Term "Nhắc trước khi hết hạn sinh hoạt tạm thời" "Remind before a temporary stay ends"
    TransferLeft "transfer.left" Term "Đã chuyển đi, còn tính ở đây" "Received elsewhere, still counted here"
    TransferCame "transfer.came" Term "Đã tiếp nhận, chưa có trong danh sách" "Received, not on the list here yet"
    ChangeByDecision "change.decision" Mark "Đổi họ tên, ngày sinh chỉ theo quyết định; nếu chỉ sửa lỗi gõ thì ghi lý do" "A name or date of birth changes by decision only; if a typing mistake is mended, say why"
    TransferDossier "transfer.dossier" Mark "Hồ sơ đã kiểm theo mục lục" "Dossier checked against its list"
    TransferDues "transfer.dues" Mark "Giấy giới thiệu ghi đã đóng đảng phí đến hết tháng nào" "The letter says through which month dues are paid"
    PlaceCode "place.code" Mark "Mã xã theo danh mục đơn vị hành chính hiện nay" "Commune code of today's official list"
    TermRemind "term.remind" Term "Nhắc trước khi hết nhiệm kỳ" "Remind before a term of office ends"
    PersonalIdForm "personal_id.form" Count "Số định danh cá nhân: số chữ số" "Personal id: digits"
    LifeHistoryForm "life_history.form" Count "Số lý lịch: chữ số, rồi chữ cái từ, đến" "Life history number: digits, then letters from, to"
    CardForm "card.form" Count "Số thẻ đảng viên: chỉ chữ số, từ, đến" "Card number: digits only, from, to"
    PhoneForm "phone.form" Count "Số điện thoại: ít nhất, nhiều nhất, chữ số kể cả số 0; nước khác, sau dấu + từ, đến" "Phone number: at least, at most, digits with the 0; of another country after + from, to"
    SupplementDue "supplement.due" DaysOfYear "Nộp phiếu bổ sung hồ sơ hằng năm" "Hand in the yearly supplement"
    SupplementRemind "supplement.remind" Term "Nhắc trước hạn nộp phiếu bổ sung" "Remind before the yearly supplement is due"
    PaperAwarenessCertificate "paper.awareness_certificate" Stage "Giấy chứng nhận học lớp bồi dưỡng nhận thức về Đảng" "Certificate of the awareness course"
    PaperApplication "paper.application" Stage "Đơn xin vào Đảng" "Application"
    PaperApplicantHistory "paper.applicant_history" Stage "Lý lịch của người xin vào Đảng, kèm thẩm tra" "Applicant's life history, with its verification"
    PaperRecommendation "paper.recommendation" Stage "Giấy giới thiệu của đảng viên" "Recommendation by members"
    PaperUnionResolution "paper.union_resolution" Stage "Nghị quyết giới thiệu của Đoàn, Công đoàn" "Resolution of the youth or trade union"
    PaperOpinions "paper.opinions" Stage "Tổng hợp ý kiến nhận xét" "Summary of opinions"
    PaperBranchResolution "paper.branch_resolution" Stage "Nghị quyết của chi bộ đề nghị kết nạp" "The branch's resolution on the admission"
    PaperCommitteeResolution "paper.committee_resolution" Stage "Nghị quyết của đảng ủy cơ sở đề nghị kết nạp" "The grassroots committee's resolution on the admission"
    PaperAdmissionDecision "paper.admission_decision" Stage "Quyết định kết nạp" "Admission decision"
    PaperLifeHistory "paper.life_history" Stage "Lý lịch đảng viên" "Member's life history"
    PaperMemberSheet "paper.member_sheet" Stage "Phiếu đảng viên" "Member's sheet"
    PaperNewMemberCertificate "paper.new_member_certificate" Stage "Giấy chứng nhận học lớp đảng viên mới" "Certificate of the course for new members"
    PaperSelfCriticism "paper.self_criticism" Stage "Bản tự kiểm điểm của đảng viên dự bị" "Probationary member's self-criticism"
    PaperHelperRemark "paper.helper_remark" Stage "Nhận xét của người giúp đỡ" "Remark of the helping member"
    PaperOfficialResolutions "paper.official_resolutions" Stage "Nghị quyết đề nghị công nhận chính thức" "Resolutions on official membership"
    PaperOfficialDecision "paper.official_decision" Stage "Quyết định công nhận đảng viên chính thức" "Decision on official membership"
    KeepRecord "keep.record" Term "Lưu hồ sơ sau khi ra khỏi Đảng" "Records kept after leaving"
    KeepDecision "keep.decision" Term "Lưu quyết định sau khi ra khỏi Đảng" "Decisions kept after leaving"
    KeepContact "keep.contact" Term "Lưu thông tin liên hệ, sinh hoạt nơi khác" "Contact and stays elsewhere kept"
    KeepMeeting "keep.meeting" Term "Lưu điểm danh, biên bản" "Attendance kept"
    KeepLook "keep.look" Term "Lưu nhật ký xem hồ sơ" "Who looked: kept"
    HolidayFixed "holiday.fixed" DaysOfYear "Ngày lễ theo dương lịch" "Holidays of the civil year"
    HolidayHungKings "holiday.hung_kings" LunarDay "Giỗ Tổ Hùng Vương" "Hùng Kings' day"
    HolidayTetDays "holiday.tet.days" Count "Nghỉ Tết: ngày trước, ngày từ mùng 1" "Tết: days before, days from the first"
    HolidayNationalDays "holiday.national.days" Count "Nghỉ Quốc khánh" "Days of National Day"
    HolidayCulture "holiday.culture" DaysOfYear "Ngày Văn hóa Việt Nam" "Vietnamese Culture Day"
    HolidayTet "holiday.tet" Mark "Nghỉ Tết, đã công bố" "Tết, as announced"
    HolidayNational "holiday.national" Mark "Nghỉ Quốc khánh, đã công bố" "National Day, as announced"
    HolidayOff "holiday.off" Mark "Nghỉ, hoán đổi" "Day off, swapped"
    HolidayWorked "holiday.worked" Mark "Làm bù, hoán đổi" "Worked instead, swapped"
}

impl Key {
    /// The key of that name.
    pub fn from_name(name: &str) -> Option<Key> {
        Key::ALL.iter().copied().find(|k| k.name() == name)
    }
}

/// What a number of a row counts. Codes are format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Working days ([`crate::calendar::WorkingDays`]).
    WorkingDays,
    /// Days of the calendar.
    Days,
    /// Months.
    Months,
    /// Years.
    Years,
    /// Percent; kept in hundredths of one.
    Percent,
    /// Two numbers, the part and the whole.
    Fraction,
    /// Points.
    Points,
    /// Đồng.
    Dong,
    /// People or things.
    Count,
    /// Days of the civil year, written `3/2`; kept as month × 100 + day.
    DaysOfYear,
    /// A day of the lunar year, written and kept the same way.
    LunarDay,
    /// A stage of a member's life, written by its code; kept as its place in [`STAGES`].
    Stage,
    /// No number.
    Mark,
}

/// Every unit with its code and what people read.
const UNITS: [(Unit, &str, Label); 13] = [
    (
        Unit::WorkingDays,
        "working_days",
        Label {
            vi: "ngày làm việc",
            en: "working days",
        },
    ),
    (
        Unit::Days,
        "days",
        Label {
            vi: "ngày",
            en: "days",
        },
    ),
    (
        Unit::Months,
        "months",
        Label {
            vi: "tháng",
            en: "months",
        },
    ),
    (
        Unit::Years,
        "years",
        Label {
            vi: "năm",
            en: "years",
        },
    ),
    (Unit::Percent, "percent", Label { vi: "%", en: "%" }),
    (
        Unit::Fraction,
        "fraction",
        Label {
            vi: "phần",
            en: "of all",
        },
    ),
    (
        Unit::Points,
        "points",
        Label {
            vi: "điểm",
            en: "points",
        },
    ),
    (
        Unit::Dong,
        "dong",
        Label {
            vi: "đồng",
            en: "đồng",
        },
    ),
    (Unit::Count, "count", Label { vi: "", en: "" }),
    (
        Unit::DaysOfYear,
        "days_of_year",
        Label {
            vi: "hằng năm",
            en: "every year",
        },
    ),
    (
        Unit::LunarDay,
        "lunar_day",
        Label {
            vi: "âm lịch",
            en: "lunar",
        },
    ),
    (Unit::Stage, "stage", Label { vi: "", en: "" }),
    (Unit::Mark, "mark", Label { vi: "", en: "" }),
];

/// Stages of a member's life, as values are written: never, from the admission on, from official membership on. Format.
pub const STAGES: [&str; 3] = ["none", "admitted", "official"];

impl Unit {
    /// All units.
    pub fn all() -> impl Iterator<Item = Unit> {
        UNITS.iter().map(|(unit, _, _)| *unit)
    }

    /// Its code.
    pub fn code(self) -> &'static str {
        UNITS
            .iter()
            .find(|(u, _, _)| *u == self)
            .map_or("", |(_, code, _)| code)
    }

    /// The unit of that code.
    pub fn from_code(code: &str) -> Option<Unit> {
        UNITS
            .iter()
            .find(|(_, c, _)| *c == code)
            .map(|(unit, _, _)| *unit)
    }

    /// What people read after the number.
    pub fn label(self) -> Label {
        let none = Label { vi: "", en: "" };
        UNITS
            .iter()
            .find(|(u, _, _)| *u == self)
            .map_or(none, |(_, _, label)| *label)
    }

    /// Whether a key of this sort may have it.
    fn fits(self, measure: Measure) -> bool {
        match self {
            Unit::WorkingDays | Unit::Days | Unit::Months | Unit::Years => measure == Measure::Term,
            Unit::Percent => measure == Measure::Percent,
            Unit::Fraction => measure == Measure::Fraction,
            Unit::Points => measure == Measure::Points,
            Unit::Dong => measure == Measure::Dong,
            Unit::Count => measure == Measure::Count,
            Unit::DaysOfYear => measure == Measure::DaysOfYear,
            Unit::LunarDay => measure == Measure::LunarDay,
            Unit::Stage => measure == Measure::Stage,
            Unit::Mark => measure == Measure::Mark,
        }
    }
}

/// A number or a few, in one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amount {
    unit: Unit,
    numbers: Vec<u64>,
}

impl Amount {
    /// Reads numbers as people write them, with spaces between several: `60`, `0,3`, `30 40 45`, `2/3`,
    /// `3/2 19/5`, `5.310.000 4.730.000`. A comma is the decimal sign of percents; points group thousands of
    /// đồng.
    pub fn parse(unit: Unit, text: &str) -> Option<Amount> {
        let numbers: Option<Vec<u64>> = match unit {
            Unit::Mark => matches!(text.trim(), "" | "-").then(Vec::new),
            Unit::Stage => stage(text).map(|n| vec![n]),
            Unit::Fraction => pair(text).map(|(part, whole)| vec![part, whole]),
            _ => text.split_whitespace().map(|t| number(unit, t)).collect(),
        };
        let numbers = numbers.filter(|n| n.is_empty() == (unit == Unit::Mark))?;
        Some(Amount { unit, numbers })
    }

    /// What the numbers count.
    pub fn unit(&self) -> Unit {
        self.unit
    }

    /// All numbers: percents in hundredths of one, days of a year as month × 100 + day.
    pub fn numbers(&self) -> &[u64] {
        &self.numbers
    }

    /// The first number; 0 for a mark.
    pub fn number(&self) -> u64 {
        self.numbers.first().copied().unwrap_or(0)
    }

    /// The numbers as (month, day) pairs, for days of a year.
    pub fn days_of_year(&self) -> impl Iterator<Item = (u8, u8)> + '_ {
        let small = |n: u64| u8::try_from(n).unwrap_or(0);
        self.numbers
            .iter()
            .map(move |n| (small(n / 100), small(n % 100)))
    }

    /// The first of its days of a year that is not before `from`.
    pub fn next_day_of_year(&self, from: Day) -> Option<Day> {
        let year = u32::from(from.year());
        let days = [year, year + 1].into_iter().flat_map(|year| {
            let of_year = self.days_of_year();
            of_year.filter_map(move |(m, d)| Day::from_civil(year, m.into(), d.into()).ok())
        });
        days.filter(|day| *day >= from).min()
    }

    /// The numbers as they are written in data: what [`Amount::parse`] reads.
    pub fn text(&self) -> String {
        let one = |n: &u64| match self.unit {
            Unit::Percent if n.is_multiple_of(100) => (n / 100).to_string(),
            Unit::Percent => format!("{},{:02}", n / 100, n % 100)
                .trim_end_matches('0')
                .to_owned(),
            Unit::DaysOfYear | Unit::LunarDay => format!("{}/{}", n % 100, n / 100),
            Unit::Dong => grouped(*n),
            Unit::Stage => STAGES
                .get(*n as usize)
                .copied()
                .unwrap_or_default()
                .to_owned(),
            _ => n.to_string(),
        };
        let all: Vec<String> = self.numbers.iter().map(one).collect();
        all.join(if self.unit == Unit::Fraction {
            "/"
        } else {
            " "
        })
    }
}

fn stage(text: &str) -> Option<u64> {
    let place = STAGES.iter().position(|stage| *stage == text.trim());
    place.and_then(|n| u64::try_from(n).ok())
}

fn pair(text: &str) -> Option<(u64, u64)> {
    let (a, b) = text.trim().split_once('/')?;
    let (a, b) = (digits(a)?, digits(b)?);
    (a > 0 && b > 0).then_some((a, b))
}

/// At most nine digits: no sum of them overflows.
fn digits(text: &str) -> Option<u64> {
    let fits = (1..=9).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    fits.then(|| text.parse().ok())?
}

fn number(unit: Unit, text: &str) -> Option<u64> {
    match unit {
        Unit::Percent => {
            let (whole, part) = text.split_once([',', '.']).unwrap_or((text, "0"));
            let part = match part.len() {
                1 => digits(part)? * 10,
                2 => digits(part)?,
                _ => return None,
            };
            Some(digits(whole)? * 100 + part)
        }
        Unit::Dong => digits(&text.replace(['.', ','], "")),
        Unit::DaysOfYear | Unit::LunarDay => {
            let (day, month) = pair(text)?;
            // 29 February is a day of some years; the lunar calendar has 30 days in any month.
            let is_day = match unit {
                Unit::LunarDay => day <= 30 && month <= 12,
                _ => Day::from_civil(2000, u32::try_from(month).ok()?, u32::try_from(day).ok()?)
                    .is_ok(),
            };
            is_day.then_some(month * 100 + day)
        }
        _ => digits(text),
    }
}

/// Thousands apart by points, as money is written here.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('.');
        }
        out.push(c);
    }
    out
}

/// Where a row comes from. Numbers of documents repeat, so the date belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Number and symbol, such as `294-QĐ/TW`; empty where none was found.
    pub number: String,
    /// When it was issued, as far as known.
    pub on: Option<PartialDate>,
    /// The article or point.
    pub article: String,
}

impl Source {
    /// As people cite it: `294-QĐ/TW, 26/05/2025, 6.3.1`.
    pub fn shown(&self) -> String {
        let on = self.on.map(PartialDate::shown).unwrap_or_default();
        let parts = [self.number.as_str(), &on, &self.article];
        let parts: Vec<&str> = parts.into_iter().filter(|p| !p.is_empty()).collect();
        parts.join(", ")
    }
}

/// One row: what holds from one day to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What it is about.
    pub key: Key,
    /// The value.
    pub amount: Amount,
    /// Where it comes from.
    pub source: Source,
    /// The first day on which it holds.
    pub from: Day,
    /// The last day; `None`: still in force.
    pub to: Option<Day>,
    /// Whether the value was held against a text that names the source in force.
    pub is_verified: bool,
    /// Whether a node added it, and it did not come with the program.
    pub is_added: bool,
    /// What a reader should know.
    pub note: Note,
}

/// A note in both languages, of which one may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Note {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

/// Why a row is no regulation. A person must write it right; the others hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegulationError {
    /// A line of the data has another number of columns than eleven.
    #[error("line {line}: eleven columns are needed")]
    Columns {
        /// The line, counted from 1.
        line: usize,
    },
    /// A row of the data is wrong.
    #[error("line {line}: {why}")]
    Line {
        /// The line, counted from 1.
        line: usize,
        /// What is wrong with it.
        why: Box<RegulationError>,
    },
    /// No key of that name.
    #[error("no key {0}")]
    UnknownKey(String),
    /// No unit of that code, or not one that this key can have.
    #[error("{key} has no unit {unit}")]
    WrongUnit {
        /// The key.
        key: &'static str,
        /// The unit as written.
        unit: String,
    },
    /// The value is no number of this unit.
    #[error("{key}: {value} is no number of {unit}")]
    WrongValue {
        /// The key.
        key: &'static str,
        /// The value as written.
        value: String,
        /// The unit's code.
        unit: &'static str,
    },
    /// A date is none.
    #[error(transparent)]
    Date(#[from] DateError),
    /// A date of which the day is not known, where the day decides.
    #[error("{0}: the day is needed, not only month or year")]
    DayNeeded(String),
    /// It ends before it begins.
    #[error("it ends before it begins")]
    EndsBeforeItBegins,
    /// A verified row names no source.
    #[error("a verified row must name its source")]
    NoSource,
}

/// A row as texts, from data or a document.
#[derive(Debug, Clone, Default)]
struct Written<'a> {
    key: &'a str,
    value: &'a str,
    unit: &'a str,
    source: &'a str,
    source_on: &'a str,
    article: &'a str,
    from: &'a str,
    to: &'a str,
    is_verified: bool,
}

fn day_of(text: &str) -> Result<Day, RegulationError> {
    let date = PartialDate::parse(text)?;
    date.day()
        .ok_or_else(|| RegulationError::DayNeeded(text.to_owned()))
}

impl Written<'_> {
    fn rule(&self) -> Result<Rule, RegulationError> {
        let key = Key::from_name(self.key)
            .ok_or_else(|| RegulationError::UnknownKey(self.key.to_owned()))?;
        let unit = Unit::from_code(self.unit)
            .filter(|u| u.fits(key.measure()))
            .ok_or_else(|| RegulationError::WrongUnit {
                key: key.name(),
                unit: self.unit.to_owned(),
            })?;
        let amount =
            Amount::parse(unit, self.value).ok_or_else(|| RegulationError::WrongValue {
                key: key.name(),
                value: self.value.to_owned(),
                unit: unit.code(),
            })?;
        let (from, to) = (day_of(self.from)?, some(self.to).map(day_of).transpose()?);
        if to.is_some_and(|to| to < from) {
            return Err(RegulationError::EndsBeforeItBegins);
        }
        if self.is_verified && some(self.source).is_none() {
            return Err(RegulationError::NoSource);
        }
        let on = some(self.source_on).map(PartialDate::parse).transpose()?;
        let words = |text| some(text).unwrap_or_default().to_owned();
        Ok(Rule {
            key,
            amount,
            source: Source {
                number: words(self.source),
                on,
                article: words(self.article),
            },
            from,
            to,
            is_verified: self.is_verified,
            is_added: false,
            note: Note::default(),
        })
    }
}

/// A text of which `-` says that there is none.
fn some(text: &str) -> Option<&str> {
    let text = text.trim();
    (!text.is_empty() && text != "-").then_some(text)
}

impl Rule {
    /// Whether it holds on this day.
    pub fn holds_on(&self, day: Day) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }

    /// The row that a document of the kind [`crate::domain::regulation::REGULATION`] says.
    pub fn from_values(values: &Values) -> Result<Rule, RegulationError> {
        let text = |name: &str| match values.get(name) {
            Some(document::Value::Text(t)) => t.as_str(),
            _ => "",
        };
        let mut rule = Written {
            key: text("key"),
            value: text("value"),
            unit: text("unit"),
            source: text("source"),
            source_on: text("source_on"),
            article: text("article"),
            from: text("valid_from"),
            to: text("valid_to"),
            is_verified: values.get("verified") == Some(&document::Value::YesNo(true)),
        }
        .rule()?;
        rule.is_added = true;
        rule.note = Note {
            vi: text("note").to_owned(),
            en: text("note").to_owned(),
        };
        Ok(rule)
    }
}

/// All rows that are known, by key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Regulations {
    /// Of each key, in the order of their first days.
    rows: BTreeMap<Key, Vec<Rule>>,
}

impl Regulations {
    /// The rows that come with the program; read once. That they are right is tested; an error can only come of
    /// a build with other data.
    pub fn built_in() -> Result<Regulations, RegulationError> {
        static ROWS: OnceLock<Result<Regulations, RegulationError>> = OnceLock::new();
        let read = || {
            let data = [
                include_str!("../data/regulations.tsv"),
                include_str!("../data/holidays.tsv"),
                include_str!("../data/papers.tsv"),
            ];
            let mut rows = Vec::new();
            for text in data {
                rows.extend(Self::parse(text)?);
            }
            Ok(Regulations::default().with(rows))
        };
        ROWS.get_or_init(read).clone()
    }

    /// Reads rows, one a line: key, value, unit, source, its date, article, valid from, valid to, verified,
    /// note in Vietnamese, note in English, with tabs between; `-` is nothing, `#` begins a remark.
    pub fn parse(text: &str) -> Result<Vec<Rule>, RegulationError> {
        let lines = text.lines().enumerate().map(|(i, line)| (i + 1, line));
        lines
            .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
            .map(|(line, text)| {
                let columns: Vec<&str> = text.split('\t').collect();
                let [
                    key,
                    value,
                    unit,
                    source,
                    source_on,
                    article,
                    from,
                    to,
                    verified,
                    vi,
                    en,
                ] = columns[..]
                else {
                    return Err(RegulationError::Columns { line });
                };
                let written = Written {
                    key,
                    value,
                    unit,
                    source,
                    source_on,
                    article,
                    from,
                    to,
                    is_verified: verified == "yes",
                };
                let rule = written.rule().map_err(|why| RegulationError::Line {
                    line,
                    why: Box::new(why),
                })?;
                let words = |text| some(text).unwrap_or_default().to_owned();
                Ok(Rule {
                    note: Note {
                        vi: words(vi),
                        en: words(en),
                    },
                    ..rule
                })
            })
            .collect()
    }

    /// These and more rows. A row of the same key and first day takes the place of the one that is there.
    pub fn with(mut self, rows: impl IntoIterator<Item = Rule>) -> Regulations {
        for rule in rows {
            let of_key = self.rows.entry(rule.key).or_default();
            match of_key.binary_search_by_key(&rule.from, |r| r.from) {
                Ok(at) => of_key[at] = rule,
                Err(at) => of_key.insert(at, rule),
            }
        }
        self
    }

    /// The row in force on that day; `None`: no rule is known for it.
    pub fn at(&self, key: Key, day: Day) -> Option<&Rule> {
        self.of(key).iter().rev().find(|r| r.holds_on(day))
    }

    /// The row in force on that day; of a fact that is older than every row, the first that came: it is the rule under
    /// which what was there already fell. For terms that still run, such as how long something is kept.
    pub fn at_or_first(&self, key: Key, day: Day) -> Option<&Rule> {
        let first = self.of(key).first().filter(|r| day < r.from);
        self.at(key, day).or(first)
    }

    /// All rows of a key, in the order of their first days.
    pub fn of(&self, key: Key) -> &[Rule] {
        self.rows.get(&key).map_or(&[], Vec::as_slice)
    }

    /// All rows, by key and first day.
    pub fn iter(&self) -> impl Iterator<Item = &Rule> {
        self.rows.values().flatten()
    }
}
