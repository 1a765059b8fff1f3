//! Sentences that the command line and every other screen say alike, in Vietnamese and in English: why work was refused,
//! what does not belong into a record, since when something waits. Screens never speak of synchronisation, conflicts
//! or segments: they say *Chưa gửi*, *Xã đã nhận*, *Hai nơi ghi khác nhau*.
//!
//! Does not know: which language is asked for, the clock.

use crate::otherwise::Found;
use crate::succession::MissingWork;
use chibo_core::away::{self, Advice, Procedure};
use chibo_core::caution::{Warning, Why};
use chibo_core::date::Day;
use chibo_core::deadline::{Deadline, NoDeadline, Span, State};
use chibo_core::door::Refusal;
use chibo_core::enrol::code::CODE_SIGNS;
use chibo_core::enrol::{TicketError, Unknown};
use chibo_core::evidence::Proof;
use chibo_core::feed::authorise::Forbidden;
use chibo_core::kind::{FieldType, Kind, Label};
use chibo_core::log::reason;
use chibo_core::regulation::{Rule, Unit};
use chibo_core::roll::Size;
use chibo_core::time::Timestamp;
use chibo_core::whose::Told;

/// A sentence in Vietnamese and in English.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Both {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

impl Both {
    /// These two.
    pub fn new(vi: impl Into<String>, en: impl Into<String>) -> Self {
        Both {
            vi: vi.into(),
            en: en.into(),
        }
    }
}

/// A language of a page that leaves the program; screens have [`Both`] and choose themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// Vietnamese.
    Vi,
    /// English.
    En,
}

impl Lang {
    /// Its name in HTML.
    pub fn code(self) -> &'static str {
        self.say("vi", "en")
    }

    /// The text in this language.
    pub fn say<'a>(self, vi: &'a str, en: &'a str) -> &'a str {
        match self {
            Lang::Vi => vi,
            Lang::En => en,
        }
    }

    /// The label in this language.
    pub fn label(self, label: Label) -> &'static str {
        self.say(label.vi, label.en)
    }

    /// The sentence in this language.
    pub fn both(self, both: Both) -> String {
        match self {
            Lang::Vi => both.vi,
            Lang::En => both.en,
        }
    }
}

impl From<Label> for Both {
    fn from(label: Label) -> Self {
        Both::new(label.vi, label.en)
    }
}

/// What people call the value of a path: the field, or in a list of small records the field of the record.
pub fn field_label(kind: &Kind, path: &str) -> Both {
    let (name, last) = path.split_once('/').unwrap_or((path, ""));
    let cell = last.rsplit('/').next();
    match kind.field(name) {
        None => Both::new(name, name),
        Some(f) => match f.kind {
            FieldType::Entries(cells) => {
                let cell = cells.iter().find(|c| Some(c.name) == cell);
                cell.map_or(Both::new(name, name), |c| c.label.into())
            }
            _ => f.label.into(),
        },
    }
}

/// Whose words something is and how they came, as one reads it after the words: `theo lời vợ ở nhà, qua điện thoại`.
pub fn told(told: &Told) -> Both {
    let way = told.way().map_or_else(Both::default, Both::from);
    let join = |by: &str, way: String| {
        let by = match told.said_by.is_empty() {
            true => None,
            false => Some(format!("{by} {}", told.said_by)),
        };
        let way = Some(way.to_lowercase()).filter(|way| !way.is_empty());
        let parts: Vec<String> = by.into_iter().chain(way).collect();
        parts.join(", ")
    };
    Both::new(join("theo lời", way.vi), join("as told by", way.en))
}

/// What stands in a record and does not belong there or is unusual, for whoever reads it.
pub fn standing(kind: &Kind, warning: &Warning) -> Both {
    let field = field_label(kind, &warning.path);
    let caution = match &warning.why {
        Why::Words(caution) => caution,
        Why::Rule(rule) => return unusual(&field, rule),
    };
    let (words, why) = (&caution.words, caution.about.label());
    let source = caution.source.shown();
    let mark = |unverified| match caution.is_verified {
        true => "",
        false => unverified,
    };
    Both::new(
        format!(
            "ô “{}” có chữ “{words}”: {} ({source}{})",
            field.vi,
            why.vi,
            mark("; chưa kiểm chứng")
        ),
        format!(
            "“{}” says “{words}”: {} ({source}{})",
            field.en,
            why.en,
            mark("; unverified")
        ),
    )
}

/// The same, for whoever has just written it there.
pub fn warning(kind: &Kind, warning: &Warning) -> Both {
    let standing = standing(kind, warning);
    Both::new(
        format!("Lưu ý: {}. Đã ghi rồi.", standing.vi),
        format!("Note: {}. It was saved all the same.", standing.en),
    )
}

/// How many a unit has, where a rule says something else.
pub fn size(size: &Size) -> Both {
    let rule = &size.rule;
    let (says, source) = (ruled(rule), rule.source.shown());
    let mark = |unverified| match rule.is_verified {
        true => "",
        false => unverified,
    };
    Both::new(
        format!(
            "{}; hiện có {} ({source}{})",
            says.vi,
            size.count,
            mark("; chưa kiểm chứng")
        ),
        format!(
            "{}; there are {} ({source}{})",
            says.en,
            size.count,
            mark("; unverified")
        ),
    )
}

/// What a rule says, as one reads it out: the label with its numbers where they belong, *chỉ chữ số, từ 1 đến 20*.
fn ruled(rule: &Rule) -> Both {
    let (label, amount) = (rule.key.label(), &rule.amount);
    let unit = amount.unit().label();
    let text = match amount.unit() {
        Unit::Mark => String::new(),
        _ => amount.text(),
    };
    let numbers: Vec<&str> = text.split_whitespace().collect();
    let with = |label: &str, unit: &str| {
        format!("{} {unit}", filled(label, &numbers))
            .trim()
            .to_owned()
    };
    Both::new(with(label.vi, unit.vi), with(label.en, unit.en))
}

/// A label with numbers in its places: those that a comma after a word of measure marks, and its end. As many as there
/// are numbers, from the right.
fn filled(label: &str, numbers: &[&str]) -> String {
    const WORDS: [&str; 8] = [
        "ít nhất,",
        "nhiều nhất,",
        "từ,",
        "chữ số,",
        "at least,",
        "at most,",
        "from,",
        "digits,",
    ];
    let mut places: Vec<usize> = (WORDS.iter())
        .flat_map(|word| label.match_indices(word).map(|(at, _)| at + word.len() - 1))
        .collect();
    let is_open = ["đến", "to"].iter().any(|word| label.ends_with(word));
    if places.is_empty() || is_open {
        places.push(label.len());
    }
    places.sort_unstable();
    places.dedup();
    let places = places.split_off(places.len().saturating_sub(numbers.len()));
    let (first, rest) = numbers.split_at(numbers.len() - places.len().min(numbers.len()));
    let mut said = label.to_owned();
    for (at, number) in places.iter().zip(rest).rev() {
        let comma = usize::from(said[*at..].starts_with(','));
        said.replace_range(*at..at + comma, &format!(" {number}"));
    }
    [first.join(" "), said].join(" ").trim().to_owned()
}

/// What of a field is not what a rule says.
pub fn unusual(field: &Both, rule: &Rule) -> Both {
    let says = ruled(rule);
    let paren = |parts: [&str; 2]| {
        let parts: Vec<&str> = parts.into_iter().filter(|p| !p.is_empty()).collect();
        match parts.is_empty() {
            true => String::new(),
            false => format!(" ({})", parts.join("; ")),
        }
    };
    let source = rule.source.shown();
    let mark = |unverified| match rule.is_verified {
        true => "",
        false => unverified,
    };
    Both {
        vi: format!(
            "ô “{}” khác với quy định: {}{}",
            field.vi,
            says.vi,
            paren([&source, mark("chưa kiểm chứng")])
        ),
        en: format!(
            "“{}” is not what the rule says: {}{}",
            field.en,
            says.en,
            paren([&source, mark("unverified")])
        ),
    }
}

/// Which procedure fits an absence, and why, with its source.
pub fn advice(advice: &Advice) -> Both {
    let bounds = &*advice.bounds;
    let [least, below, abroad] =
        [&bounds.least, &bounds.below, &bounds.abroad].map(|bound| bound.months);
    let (vi, en) = match advice.procedure {
        Procedure::Transfer => ("chuyển sinh hoạt đảng chính thức", "formal transfer"),
        Procedure::Placement => (
            "chuyển sinh hoạt đảng tạm thời",
            "temporary stay with another branch",
        ),
        Procedure::TempExemption => ("tạm miễn sinh hoạt đảng", "temporary exemption"),
        Procedure::Abroad => (
            "chuyển sinh hoạt đảng ra nước ngoài, qua Đảng ủy Bộ Ngoại giao",
            "transfer abroad, by way of the Foreign Ministry's committee",
        ),
        Procedure::LeaveNoted => (
            "chỉ ghi vắng có lý do vào sổ điểm danh",
            "only note the leave in the attendance book",
        ),
    };
    let why = match advice.why {
        away::Why::Short => Both::new(
            format!("đi dưới {least} tháng"),
            format!("away for less than {least} months"),
        ),
        away::Why::LongAndStable => Both::new(
            format!("đi từ {below} tháng trở lên, ổn định"),
            format!("away for {below} months or more, and settled"),
        ),
        away::Why::WithHost => Both::new(
            format!("đi từ {least} đến dưới {below} tháng, nơi đến có chi bộ nhận"),
            format!(
                "away from {least} to less than {below} months, and a branch there takes them in"
            ),
        ),
        away::Why::NoHost => Both::new(
            format!("đi từ {least} đến dưới {below} tháng, nơi đến không có chi bộ nhận"),
            format!(
                "away from {least} to less than {below} months, and no branch there takes them in"
            ),
        ),
        away::Why::LongAbroad => Both::new(
            format!("ra nước ngoài từ {abroad} tháng trở lên"),
            format!("abroad for {abroad} months or more"),
        ),
        away::Why::Abroad => Both::new(
            format!("ra nước ngoài dưới {abroad} tháng; sinh hoạt tạm thời chỉ ở trong nước"),
            format!("abroad for less than {abroad} months; a temporary stay is one in the country"),
        ),
        away::Why::Unstable => Both::new(
            format!("đi từ {below} tháng trở lên, nơi ở, việc làm không ổn định"),
            format!("away for {below} months or more, and neither home nor work is settled"),
        ),
    };
    let source = sources(&advice.rules());
    Both::new(
        format!("{vi} – {}{}", why.vi, source.vi),
        format!("{en} – {}{}", why.en, source.en),
    )
}

/// Where rules come from, in brackets, each source once; one that nobody has verified is marked.
fn sources(rules: &[&Rule]) -> Both {
    let said = |unverified: &str| {
        let mut all: Vec<String> = Vec::new();
        for rule in rules {
            let source = Some(rule.source.shown()).filter(|source| !source.is_empty());
            let mark = (!rule.is_verified).then(|| unverified.to_owned());
            let one: Vec<String> = source.into_iter().chain(mark).collect();
            let one = one.join(", ");
            if !one.is_empty() && !all.contains(&one) {
                all.push(one);
            }
        }
        match all.is_empty() {
            true => String::new(),
            false => format!(" ({})", all.join("; ")),
        }
    };
    Both::new(said("chưa kiểm chứng"), said("unverified"))
}

/// Why work was held or refused ([`chibo_core::log::reason`]).
pub fn refusal(code: u8) -> Both {
    let forbidden = |f: Forbidden| f.code();
    let (vi, en) = match code {
        reason::FORK => (
            "số thứ tự đã dùng (máy chạy lại từ bản sao)",
            "its number was taken (the device came from a backup)",
        ),
        reason::FEED_ENDED => ("chuỗi ghi này đã đóng", "its feed had ended"),
        reason::OFFICE => ("văn phòng không chấp nhận", "the office decided against it"),
        reason::MOVED => (
            "ghi khi người này đã chuyển đi mà máy chưa biết",
            "written when this person had moved and the device did not know",
        ),
        reason::GRANT_ENDED => (
            "máy gửi đã bị thu hồi quyền",
            "the device that brought it had been revoked",
        ),
        reason::CUSTODY => (
            "hồ sơ đã chuyển sang máy của nơi khác; nơi giữ hồ sơ quyết định",
            "its records went to another node; who keeps them decides",
        ),
        reason::AFTER_HELD => (
            "lần ghi trước nó còn chờ quyết định",
            "the one before it waits for a decision",
        ),
        c if c == forbidden(Forbidden::OutsidePlace) => (
            "người hoặc chi bộ này không còn thuộc phạm vi của máy",
            "the person or branch is no longer in this device's reach",
        ),
        c if c == forbidden(Forbidden::NoWriter) || c == forbidden(Forbidden::WrongLane) => (
            "vai trò này không được ghi loại hồ sơ đó",
            "this role does not write such records",
        ),
        c if c == forbidden(Forbidden::CannotOpen) => {
            ("không thể thêm nơi này ở đó", "this cannot be added there")
        }
        c if c == forbidden(Forbidden::UnknownKind) => (
            "xã chưa biết loại hồ sơ này; cần bản mới hơn",
            "the node does not know this kind of record; it needs a newer version",
        ),
        c if c == forbidden(Forbidden::AboutThemself)
            || c == reason::DOOR + Refusal::AboutThemself.code() =>
        {
            (
                "không ai tự ghi quyết định về chính mình",
                "nobody records a decision about themself",
            )
        }
        c if c >= reason::DOOR => ("nội dung không hợp lệ", "its content is not valid"),
        _ => ("không đúng chỗ", "it does not belong there"),
    };
    Both::new(format!("{vi} ({code})"), format!("{en} ({code})"))
}

/// The name of a day of the week; 0 is Monday.
pub fn weekday(day: u8) -> Label {
    const NAMES: [(&str, &str); 7] = [
        ("thứ Hai", "Monday"),
        ("thứ Ba", "Tuesday"),
        ("thứ Tư", "Wednesday"),
        ("thứ Năm", "Thursday"),
        ("thứ Sáu", "Friday"),
        ("thứ Bảy", "Saturday"),
        ("Chủ nhật", "Sunday"),
    ];
    let (vi, en) = NAMES.get(usize::from(day)).copied().unwrap_or_default();
    Label { vi, en }
}

/// A day as people say it who speak today: *hôm nay*, a day of the week, else the date.
fn day_said(time: Timestamp, now: Timestamp) -> Both {
    let (Some(day), Some(today)) = (time.day_in_vietnam(), now.day_in_vietnam()) else {
        return Both::new("không rõ", "unknown");
    };
    match today.days_since(day) {
        0 => Both::new("hôm nay", "today"),
        1 => Both::new("hôm qua", "yesterday"),
        2..=6 => weekday(day.weekday()).into(),
        _ => Both::new(format!("ngày {}", day.shown()), day.shown()),
    }
}

/// Of how many records changes wait, and since when. `None`: nothing waits.
pub fn waits(changes: usize, since: Option<Timestamp>, now: Timestamp) -> Both {
    if changes == 0 {
        return Both::new("Không có gì chưa gửi", "Nothing waits to be sent");
    }
    let (wait, s) = match changes {
        1 => ("waits", ""),
        _ => ("wait", "s"),
    };
    match since.map(|since| day_said(since, now)) {
        Some(day) => Both::new(
            format!("{changes} thay đổi chưa gửi từ {}", day.vi),
            format!("{changes} change{s} {wait} since {}", day.en),
        ),
        None => Both::new(
            format!("{changes} thay đổi chưa gửi"),
            format!("{changes} change{s} {wait}"),
        ),
    }
}

/// When the node answered last, and whether it has everything since. `None`: it never did.
pub fn last_sync(last: Option<(Timestamp, bool)>, now: Timestamp) -> Both {
    let Some((time, synced)) = last else {
        return Both::new("Chưa gửi về xã lần nào", "Never sent yet");
    };
    let day = day_said(time, now);
    let (hour, minute) = time.clock_in_vietnam();
    let (vi, en) = match synced {
        true => ("Xã đã nhận hết", "All is received by the node"),
        false => ("Xã mới nhận một phần", "The node has received a part"),
    };
    Both::new(
        format!("{vi}, {} lúc {hour:02}:{minute:02}", day.vi),
        format!("{en}, {} at {hour:02}:{minute:02}", day.en),
    )
}

/// How a deadline stands, in the days that its term is counted in.
pub fn deadline_state(d: &Deadline) -> Both {
    let is_working = d.term.unit() == Unit::WorkingDays;
    let span = |s: Span| {
        let n = if is_working { s.working_days } else { s.days };
        let (vi, en) = match (is_working, n) {
            (true, 1) => ("ngày làm việc", "working day"),
            (true, _) => ("ngày làm việc", "working days"),
            (false, 1) => ("ngày", "day"),
            (false, _) => ("ngày", "days"),
        };
        Both::new(format!("{n} {vi}"), format!("{n} {en}"))
    };
    let with = |s: Span, vi: &str, en: (&str, &str)| {
        let span = span(s);
        let (before, after) = en;
        Both::new(
            format!("{vi} {}", span.vi),
            format!("{before}{}{after}", span.en),
        )
    };
    match d.state {
        State::Open(s) => with(s, "Còn", ("", " left")),
        State::DueToday => Both::new("Hạn hôm nay", "Due today"),
        State::Overdue(s) => with(s, "Quá hạn", ("", " overdue")),
        State::DoneInTime => Both::new("Đúng hạn", "Done in time"),
        State::DoneLate(s) => with(s, "Chậm", ("Done ", " late")),
    }
}

/// Why a fact has no deadline.
pub fn no_deadline(e: &NoDeadline) -> Both {
    match e {
        NoDeadline::NoRule { key, day } => {
            let (label, day) = (key.label(), day.shown());
            Both::new(
                format!("{}: chưa biết quy định cho ngày {day}", label.vi),
                format!("{}: no rule is known for {day}", label.en),
            )
        }
        NoDeadline::NoDay(key) => Both::new(
            format!("{}: còn thiếu ngày bắt đầu", key.label().vi),
            format!("{}: the day on which it began is missing", key.label().en),
        ),
        other => Both::new(other.to_string(), other.to_string()),
    }
}

/// Why what was typed is no ticket and no short code of one, before anybody was asked.
pub fn no_ticket(e: TicketError) -> Both {
    match e {
        TicketError::NotATicket => Both::new("Đây không phải phiếu đăng ký.", "This is no ticket."),
        TicketError::CodeLength { found } => Both::new(
            format!("Đây chưa phải phiếu: mã ngắn có {CODE_SIGNS} chữ và số, ở đây có {found}."),
            format!(
                "This is no ticket: a short code has {CODE_SIGNS} letters and digits, and here are {found}."
            ),
        ),
        TicketError::Misread { group: Some(n) } => Both::new(
            format!("Mã gõ sai: xin xem lại nhóm {n}, đếm từ trái sang."),
            format!("The code is mistyped: look at group {n} again, from the left."),
        ),
        TicketError::Misread { group: None } => Both::new(
            "Mã gõ sai vài chỗ: xin so lại từng nhóm với phiếu.",
            "The code is mistyped in some places: compare each group with the ticket.",
        ),
        _ => Both::new(
            "Phiếu thiếu hoặc gõ sai.",
            "The ticket is incomplete or mistyped.",
        ),
    }
}

/// A short code was typed without the office's address.
pub fn code_needs_address() -> Both {
    Both::new(
        "Gõ mã ngắn thì gõ cả địa chỉ văn phòng, ghi cạnh mã trên phiếu.",
        "With a short code the office's address is typed as well; it stands beside the code on the ticket.",
    )
}

/// A short code where there is no line to the node.
pub fn code_needs_line() -> Both {
    Both::new(
        "Mã ngắn chỉ dùng khi có mạng đến văn phòng. Không có mạng thì cần ô vuông hoặc cả dòng chữ trên phiếu.",
        "A short code needs a line to the office. Without one, the square or the whole line of text on the ticket is needed.",
    )
}

/// A ticket that has no short code, since a leader made it without the node.
pub fn no_code() -> Both {
    Both::new(
        "Phiếu này không có mã ngắn: văn phòng chưa biết nó. Người nhận chụp ô vuông hoặc gõ cả dòng chữ.",
        "This ticket has no short code: the office does not know it yet. The square is scanned, or the whole line typed.",
    )
}

/// Why the node does not take in a device that asked to be known, and what to do.
pub fn not_known(why: Unknown) -> Both {
    let (vi, en) = match why {
        Unknown::NotOurs => (
            "Phiếu này không phải của xã này.",
            "This ticket is not of this node.",
        ),
        Unknown::Used => (
            "Phiếu này đã dùng; hãy xin phiếu khác.",
            "This ticket has been used; ask for another.",
        ),
        Unknown::Expired => (
            "Phiếu này đã hết hạn; hãy xin phiếu khác.",
            "This ticket has expired; ask for another.",
        ),
        Unknown::Ended => (
            "Quyền của người cấp phiếu, hoặc của máy này, đã kết thúc; hãy hỏi văn phòng.",
            "The right of who gave the ticket, or this device's, has ended; ask the office.",
        ),
        Unknown::NotHeld => (
            "Xã không nhận máy này; hãy hỏi văn phòng.",
            "The node does not take in this device; ask the office.",
        ),
    };
    Both::new(vi, en)
}

/// How it stands after a visit to a mailbox.
pub fn by_mail(synced: bool, in_mailbox: bool) -> Both {
    match (synced, in_mailbox) {
        (true, _) => Both::new("Xã đã nhận hết.", "All is received by the node."),
        (_, true) => Both::new(
            "Đã gửi vào hộp thư, xã chưa nhận.",
            "Sent to the mailbox, not yet received by the node.",
        ),
        _ => Both::new("Chưa gửi hết.", "Not all is sent yet."),
    }
}

/// What was found out about the node, and what to do.
pub fn found_out(found: Found) -> Both {
    match found {
        Found::ToldOtherwise => told_otherwise(),
        Found::AcceptedWrongly => Both::new(
            "CHÚ Ý: xã đã nhận vào sổ điều mà người ghi không có quyền ghi. Máy này giữ bằng chứng: hãy giữ máy như đang có và báo đảng ủy cấp trên.",
            "ATTENTION: the node took in what its author has no right to say. This device holds the proof: keep it as it is and tell the committee above.",
        ),
    }
}

/// That so many changes of other phones were not taken in, and where they are.
pub fn no_room(count: usize) -> (String, String) {
    (
        format!(
            "{count} thay đổi của máy khác chưa nhận: máy này không còn chỗ giữ hộ; máy đưa vẫn giữ. Xin gửi và nhận với xã rồi đọc lại."
        ),
        format!(
            "{count} changes of other devices were not taken: there is no more room here for what is theirs; whoever gave them keeps them. Sync with the node, then read it again."
        ),
    )
}

/// That the node told another phone otherwise than this one, and what to do.
pub fn told_otherwise() -> Both {
    Both::new(
        "CHÚ Ý: xã cho máy kia biết khác với máy này. Hãy giữ cả hai máy như đang có và hỏi đảng ủy cấp trên.",
        "ATTENTION: the node told the other device otherwise than this one. Keep both devices as they are and ask the committee above.",
    )
}

/// That this phone has emptied itself, because the office ended its grant with an order to wipe.
pub fn wiped() -> Both {
    Both::new(
        "Máy này đã bị thu hồi và báo mất: hồ sơ trên máy đã được xóa.",
        "This device was revoked as lost: the records on it have been removed.",
    )
}

/// Work that this phone knows of and does not have: whose, how much, about whom, before which day.
pub fn missing(work: &MissingWork) -> Both {
    let person = (work.name.clone()).unwrap_or_else(|| work.person.short());
    let place = work.place_name.as_deref().unwrap_or("?");
    let day = work.before.day_in_vietnam();
    let day = day.map_or_else(|| "?".to_owned(), Day::shown);
    let n = work.changes();
    Both::new(
        format!("{person}: {n} lần ghi về {place}, trước ngày {day}"),
        format!("{person}: {n} changes about {place}, before {day}"),
    )
}

/// Who really wrote a document: proven by their own signatures, or attested by the office.
pub fn proof(kind: &Kind, proof: &Proof) -> Both {
    let signed: usize = proof.proven.iter().map(|(_, n)| n).sum();
    let (people, attested) = (proof.proven.len(), proof.attested);
    Both::new(
        format!(
            "{}: {signed} lần ghi có chữ ký của {people} người ghi; {attested} chỉ do văn phòng xác nhận",
            kind.label.vi
        ),
        format!(
            "{}: {signed} changes signed by their {people} authors; {attested} attested by the office only",
            kind.label.en
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: u64 = 86_400;
    // Tuesday, 24 November 2026, 19:05 in Vietnam.
    const NOW: Timestamp = Timestamp(1_795_521_900);

    #[test]
    fn a_rule_is_read_out_with_its_numbers_where_they_belong() {
        let said = |label: &str, numbers: &[&str]| filled(label, numbers);
        assert_eq!(
            said("Số thẻ đảng viên: chỉ chữ số, từ, đến", &["1", "20"]),
            "Số thẻ đảng viên: chỉ chữ số, từ 1 đến 20"
        );
        assert_eq!(
            said(
                "Life history number: digits, then letters from, to",
                &["6", "1", "3"]
            ),
            "Life history number: digits 6 then letters from 1 to 3"
        );
        assert_eq!(
            said("Chi bộ: ít nhất, đảng viên chính thức", &["3"]),
            "Chi bộ: ít nhất 3 đảng viên chính thức"
        );
        assert_eq!(
            said("Số định danh cá nhân: số chữ số", &["12"]),
            "Số định danh cá nhân: số chữ số 12"
        );
        assert_eq!(
            said("Hồ sơ đã kiểm theo mục lục", &[]),
            "Hồ sơ đã kiểm theo mục lục"
        );
        assert_eq!(
            said("Tuổi: từ, đến", &["1", "2", "3"]),
            "1 Tuổi: từ 2 đến 3"
        );
    }

    #[test]
    fn people_hear_days_as_they_say_them() {
        let ago = |days: u64| Some(Timestamp(NOW.0 - days * DAY));
        assert_eq!(waits(3, ago(0), NOW).vi, "3 thay đổi chưa gửi từ hôm nay");
        assert_eq!(waits(3, ago(1), NOW).en, "3 changes wait since yesterday");
        assert_eq!(waits(1, ago(5), NOW).en, "1 change waits since Thursday");
        assert_eq!(
            waits(2, ago(30), NOW).vi,
            "2 thay đổi chưa gửi từ ngày 25/10/2026"
        );
        assert_eq!(waits(0, None, NOW).vi, "Không có gì chưa gửi");
        // A clock that was put back: what lies ahead is told by its date.
        let ahead = Some(Timestamp(NOW.0 + 3 * DAY));
        assert_eq!(waits(1, ahead, NOW).en, "1 change waits since 27/11/2026");
        let last = last_sync(Some((NOW, true)), NOW);
        assert_eq!(last.vi, "Xã đã nhận hết, hôm nay lúc 19:05");
        let part = last_sync(Some((Timestamp(NOW.0 - DAY), false)), NOW);
        assert_eq!(part.en, "The node has received a part, yesterday at 19:05");
        assert_eq!(last_sync(None, NOW).en, "Never sent yet");
    }
}
