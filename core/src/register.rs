//! The register (*danh sách, lý lịch trích ngang*) on a day: a member's status, name and date of birth, worked
//! out from their record and the decisions that stand.
//!
//! Nothing here is ever stored. A decision that is cancelled has no effect, and so the status is what it was
//! before; one whose time is over ends by itself. What is shown says on which paper it rests.
//!
//! Does not know: storage, the clock (today is passed in).

use crate::case;
use crate::caution;
use crate::date::{Day, PartialDate};
use crate::document::{Value, Values};
use crate::domain::decision::{self, Effect};
use crate::domain::member::{REPLACED, STATUSES_BEFORE, WHY};
use crate::id::{DocId, PlaceId};
use crate::kind::{Decides, Kind, Moves, Part, SINCE};
use std::collections::{BTreeMap, BTreeSet};

/// A value of the register on a day, and what it rests on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The value: a status's code, a name, a date.
    pub value: String,
    /// Since when, if it is known.
    pub since: Option<PartialDate>,
    /// Until when it holds, that day included.
    pub until: Option<PartialDate>,
    /// The decision that gave it; `None`: the record itself.
    pub decision: Option<DocId>,
}

/// Something that a decision changed, with the day on which it took effect.
struct Change<'a> {
    from: PartialDate,
    until: Option<PartialDate>,
    value: String,
    doc: &'a DocId,
}

pub(crate) fn text<'a>(values: &'a Values, name: &str) -> Option<&'a str> {
    match values.get(name) {
        Some(Value::Text(t)) if !t.trim().is_empty() => Some(t),
        _ => None,
    }
}

pub(crate) fn date(values: &Values, name: &str) -> Option<PartialDate> {
    text(values, name).and_then(|t| PartialDate::parse(t).ok())
}

/// The day on which a date of which only a part is known counts as begun: its first day.
pub(crate) fn first_day(date: PartialDate) -> Option<Day> {
    let (year, month) = (u32::from(date.year()), u32::from(date.month().unwrap_or(1)));
    let day = u32::from(date.day_of_month().unwrap_or(1));
    Day::from_civil(year, month, day).ok()
}

/// The last day that belongs to it.
pub(crate) fn last_day(date: PartialDate) -> Option<Day> {
    let first = first_day(date)?;
    if date.day_of_month().is_some() {
        return Some(first);
    }
    let (year, month) = match date.month() {
        Some(12) | None => (u32::from(date.year()) + 1, 1),
        Some(m) => (u32::from(date.year()), u32::from(m) + 1),
    };
    let next = Day::from_civil(year, month, 1).ok()?;
    Day::from_number(next.number() - 1)
}

/// The changes of one thing by the decisions in force that had begun by `on`, the oldest first.
fn changes<'a>(
    decisions: &'a [(DocId, Values)],
    on: Day,
    what: &dyn Fn(&str, &Values) -> Option<String>,
) -> Vec<Change<'a>> {
    let mut list: Vec<Change> = decisions
        .iter()
        .filter(|(_, values)| decision::is_in_force(values))
        .filter_map(|(doc, values)| {
            let from = date(values, "from").or_else(|| date(values, "issued_on"))?;
            Some(Change {
                from,
                until: date(values, "until"),
                value: what(text(values, "form")?, values)?,
                doc,
            })
        })
        .filter(|c| first_day(c.from).is_some_and(|d| d <= on))
        .collect();
    list.sort_by(|a, b| (a.from, a.doc).cmp(&(b.from, b.doc)));
    list
}

/// Whether a change that has begun holds on a day: its time is not over, and the record says nothing later.
fn holds(change: &Change, own_since: Option<PartialDate>, on: Day) -> bool {
    own_since.is_none_or(|since| change.from >= since)
        && change
            .until
            .and_then(last_day)
            .is_none_or(|last| on <= last)
}

/// What stands on a day: the last change whose time is not over, or the record's own value where no change
/// came after it.
fn standing(
    own: Option<(String, Option<PartialDate>)>,
    changes: Vec<Change>,
    on: Day,
) -> Option<Standing> {
    let own_since = own.as_ref().and_then(|(_, since)| *since);
    let last = changes.into_iter().rfind(|c| holds(c, own_since, on));
    match (last, own) {
        (Some(c), _) => Some(Standing {
            value: c.value,
            since: Some(c.from),
            until: c.until,
            decision: Some(*c.doc),
        }),
        (None, Some((value, since))) => Some(Standing {
            value,
            since,
            until: None,
            decision: None,
        }),
        (None, None) => None,
    }
}

/// A member's status on a day. `record`: the member's document; `decisions`: all about them.
///
/// A status in the record with its day (`status_since`) outweighs decisions of before that day: the register
/// was taken over from paper then. Without a day every decision outweighs it. Before its day it did not stand: then
/// the record's earlier statuses say what somebody was, else its dates of admission and of official membership.
///
/// A decision that ends something ([`Effect::Lifts`]: a return, a restoration, a transfer in) gives nothing by itself:
/// what stood before stands again, so that who was on probation does not become official by moving. Where nobody has
/// said what that was, there is no status.
pub fn status(record: &Values, decisions: &[(DocId, Values)], on: Day) -> Option<Standing> {
    let own = text(record, "status").map(|s| (s.to_owned(), date(record, "status_since")));
    let own = match own.as_ref().and_then(|(_, since)| first_day((*since)?)) {
        Some(since) if on < since => earlier_status(record, on, &[]),
        _ => own,
    };
    let own_since = own.as_ref().and_then(|(_, since)| *since);
    let forms = changes(decisions, on, &|form, _| {
        decision::effect(form).map(|_| form.to_owned())
    });
    let mut held: Vec<Change> = forms
        .into_iter()
        .filter(|c| holds(c, own_since, on))
        .collect();
    let mut lifted = Vec::new();
    let given = held
        .iter()
        .rev()
        .find_map(|c| match decision::effect(&c.value)? {
            Effect::Gives(status) => (!lifted.contains(&status)).then(|| status.to_owned()),
            Effect::Lifts(statuses) => {
                lifted.extend_from_slice(statuses);
                None
            }
        });
    let value = given.or_else(|| {
        let own = own
            .clone()
            .filter(|(status, _)| !lifted.contains(&status.as_str()));
        let own = own.or_else(|| earlier_status(record, on, &lifted));
        own.map(|(status, _)| status)
    });
    match held.pop() {
        Some(last) => Some(Standing {
            value: value?,
            since: Some(last.from),
            until: last.until,
            decision: Some(*last.doc),
        }),
        None => standing(own, Vec::new(), on),
    }
}

/// The statuses of somebody who is outside the Party, and may be taken back into it.
const OUTSIDE: [&str; 4] = ["expelled", "struck_off", "withdrew", "left"];

/// How many days somebody was outside the Party, by the decisions in force that put them out and those that took them
/// back: from the day of the one to the day before the other. Decisions of before they were admitted (`admitted`) are about
/// an earlier membership.
pub fn days_outside(decisions: &[(DocId, Values)], admitted: Day, on: Day) -> i32 {
    let forms = changes(decisions, on, &|form, _| {
        decision::effect(form).map(|_| form.to_owned())
    });
    let (mut out, mut days): (Option<(&str, Day)>, i32) = (None, 0);
    for change in forms {
        let Some(day) = first_day(change.from).filter(|day| *day >= admitted) else {
            continue;
        };
        out = match (decision::effect(&change.value), out) {
            (Some(Effect::Gives(status)), None) if OUTSIDE.contains(&status) => Some((status, day)),
            (Some(Effect::Lifts(ended)), Some((status, since))) if ended.contains(&status) => {
                days = days.saturating_add(day.days_since(since));
                None
            }
            (_, out) => out,
        };
    }
    days
}

/// The dates of a record that say from when on somebody had a status.
const DATES: [(&str, &str); 2] = [("official", "official_on"), ("probationary", "admitted_on")];

/// What somebody was on a day of before their record's status: by the last of its earlier statuses that had begun, one
/// without a day counting as the record itself would, else by its dates. `but_for`: statuses that have ended since.
fn earlier_status(
    record: &Values,
    on: Day,
    but_for: &[&str],
) -> Option<(String, Option<PartialDate>)> {
    let has_begun = |since: &PartialDate| first_day(*since).is_some_and(|day| day <= on);
    let kept = statuses_before(record).into_iter().rev();
    let kept = kept.filter(|(status, _)| !but_for.contains(&status.as_str()));
    let mut dated = kept.map(|(status, since)| {
        let date_of = DATES.iter().find(|(code, _)| *code == status);
        let since = since.or_else(|| date(record, date_of?.1));
        (status, since)
    });
    dated
        .find(|(_, since)| since.as_ref().is_none_or(has_begun))
        .or_else(|| {
            DATES.iter().find_map(|(status, field)| {
                let since = date(record, field).filter(has_begun)?;
                Some(((*status).to_owned(), Some(since)))
            })
        })
}

/// The statuses that stood in a record before the one of today, each with its day if it is known, in the order in which
/// they were written over.
pub fn statuses_before(record: &Values) -> Vec<(String, Option<PartialDate>)> {
    let cells = record
        .keys()
        .filter_map(|path| path.strip_prefix(STATUSES_BEFORE)?.strip_prefix('/'));
    let ids: BTreeSet<&str> = cells.filter_map(|cell| cell.split('/').next()).collect();
    let of = |id, cell| format!("{STATUSES_BEFORE}/{id}/{cell}");
    let entries = ids.into_iter().filter_map(|id| {
        let status = text(record, &of(id, "status"))?;
        Some((status.to_owned(), date(record, &of(id, SINCE))))
    });
    entries.collect()
}

/// A field that only a decision changes: `full_name`, `born` or `card_number`, on a day. The record keeps what
/// was entered first, with its corrections; older values stay in the decisions.
pub fn field(
    name: &str,
    record: &Values,
    decisions: &[(DocId, Values)],
    on: Day,
) -> Option<Standing> {
    let own = text(record, name).map(|s| (s.to_owned(), None));
    let changes = changes(decisions, on, &|form, values| {
        let changes = decision::field_of(form) == Some(name);
        changes.then(|| text(values, "value").map(ToOwned::to_owned))?
    });
    standing(own, changes, on)
}

/// The fields that a decision may change.
const CHANGED: [&str; 3] = ["full_name", "born", "card_number"];

/// A name or a date of birth that somebody replaced in a record, though such changes are made by decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unexplained {
    /// The field.
    pub field: &'static str,
    /// The entry with what stood: its path. Why it was replaced is said in its cell [`WHY`].
    pub entry: String,
    /// What stood.
    pub before: String,
}

/// The fields that are asked about, each with the one by which a decision changes it.
const BY_DECISION: [(&str, &str); 3] = [
    ("full_name", "full_name"),
    ("birth_name", "full_name"),
    ("born", "born"),
];

/// What was replaced in a record and has neither a reason nor a decision in force that says what stands.
pub fn unexplained(record: &Values, decisions: &[(DocId, Values)], on: Day) -> Vec<Unexplained> {
    let open = caution::replaced(record, REPLACED, WHY);
    let found = open.filter_map(|(entry, name, before)| {
        let (field, decided) = BY_DECISION.iter().find(|(field, _)| *field == name)?;
        let stands = self::field(decided, record, decisions, on);
        let is_decided = stands.is_some_and(|stands| stands.decision.is_some());
        (!is_decided).then(|| Unexplained {
            field,
            entry: entry.to_owned(),
            before: before.to_owned(),
        })
    });
    found.collect()
}

/// What a case decides about a member, as a decision, as soon as it was decided and given; `None`: nothing yet.
pub fn decided_by(kind: &Kind, by: Decides, values: &Values) -> Option<Values> {
    let story = case::story(kind, values);
    let (decided, given) = (story.last(by.decided)?, story.last(by.given)?);
    let mut decision = Values::from([("form".to_owned(), Value::Text(by.form.into()))]);
    let of = [
        (decided, "number", "number"),
        (decided, "symbol", "symbol"),
        (decided, "on", "issued_on"),
        (decided, "body", "body"),
        (decided, "signatory", "signatory"),
        (decided, "original_seen", "original_seen"),
        (decided, "recorded_by", "recorded_by"),
        (given, "on", "from"),
        (given, "from", "from"),
        (given, "until", "until"),
        (given, by.value.unwrap_or_default(), "value"),
    ];
    for (act, said, name) in of {
        decision.extend(act.said.get(said).map(|v| (name.to_owned(), v.clone())));
    }
    let ended = by.ended.and_then(|act| story.last(act));
    if let Some(day) = ended.and_then(|act| first_day(date(&act.said, "on")?)) {
        let last = Day::from_number(day.number() - 1)?;
        let until = date(&decision, "until").and_then(last_day);
        let until = until.map_or(last, |until| until.min(last));
        decision.insert("until".into(), Value::Text(until.to_string()));
    }
    Some(decision)
}

/// A member's record as it stands on a day: status, name, date of birth and card number as the decisions in force
/// leave them. What lists and statistics show.
pub fn as_it_stands(record: &Values, decisions: &[(DocId, Values)], on: Day) -> Values {
    let mut stands = record.clone();
    for name in CHANGED {
        let value = field(name, record, decisions, on).map(|s| Value::Text(s.value));
        stands.extend(value.map(|v| (name.to_owned(), v)));
    }
    if let Some(status) = status(record, decisions, on) {
        stands.insert("status".into(), Value::Text(status.value));
        let since = status.since.map(|d| Value::Text(d.to_string()));
        stands.insert("status_since".into(), since.unwrap_or(Value::Cleared));
    } else if let Some(status) = stands.get_mut("status") {
        // What the record says had not begun, or has ended, and nobody knows what stood instead.
        *status = Value::Cleared;
    }
    stands
}

/// Every value that a field had, the oldest first: those that stood in the record (`written`, with the day on
/// which each was written), then those that decisions gave, each with the paper. None is ever lost by a new one.
pub fn history(
    name: &str,
    written: &[(String, Option<Day>)],
    decisions: &[(DocId, Values)],
    on: Day,
) -> Vec<Standing> {
    let of_record = written.iter().map(|(value, day)| Standing {
        value: value.clone(),
        since: day.map(Day::date),
        until: None,
        decision: None,
    });
    let changes = changes(decisions, on, &|form, values| {
        let changes = decision::field_of(form) == Some(name);
        changes.then(|| text(values, "value").map(ToOwned::to_owned))?
    });
    let decided = changes.into_iter().map(|c| Standing {
        value: c.value,
        since: Some(c.from),
        until: c.until,
        decision: Some(*c.doc),
    });
    of_record.chain(decided).collect()
}

/// The statuses of those who do not belong to the branch any more.
const GONE: [&str; 6] = [
    "transferred",
    "struck_off",
    "withdrew",
    "expelled",
    "left",
    "deceased",
];

/// Whether a status is that of somebody who is or was an official member (*đảng viên chính thức*): whoever is on probation
/// is none, and of whom nobody has said it nothing is known.
pub fn is_official(status: &str) -> bool {
    !matches!(status, "" | "probationary")
}

/// Whether figures count somebody of this status as a member of the branch. Of whom nobody has said what they are (somebody
/// typed with a name alone, or who asks for admission and is outside the Party) stands in the roll, and is told apart.
pub fn is_counted(status: Option<&Standing>) -> bool {
    status.is_some() && belongs(status)
}

/// Whether somebody of this status belongs to the branch. Who has none that is known does, until somebody says so.
pub fn belongs(status: Option<&Standing>) -> bool {
    status.is_none_or(|s| !GONE.contains(&s.value.as_str()))
}

/// Papers to look at: drafts without number or date, and numbers that stand twice with the same symbol,
/// year and issuing body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Doubts {
    /// Without number, date or form.
    pub drafts: Vec<DocId>,
    /// The same number more than once.
    pub doubled: Vec<Vec<DocId>>,
    /// Numbers that are missing between the first and the last of a body's year, by its series.
    pub missing: Vec<Gap>,
}

/// The numbers that are missing in one series of papers (a body's, of a symbol and a year).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Gap {
    /// The series: body, symbol and year.
    pub series: String,
    /// The same as people write it, in the words of one of its papers.
    pub said: String,
    /// The numbers, at most [`MISSING`] of them: the first.
    pub numbers: Vec<u32>,
    /// How many more are missing that are not listed.
    pub more: u32,
}

/// How many missing numbers of one series are listed at most; how many more there are is said.
pub const MISSING: usize = 50;

/// A paper's number where it begins with one: `45` of `45-QĐ/ĐU`.
fn leading_number(text: &str) -> Option<u32> {
    let digits: String = text
        .trim()
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().ok()
}

/// What [`letter_of`] says where a decision says its form.
const LETTER: &str = "letter";

/// Whether a paper is a letter and no decision ([`letter_of`]).
pub fn is_letter(paper: &Values) -> bool {
    text(paper, "form") == Some(LETTER)
}

/// A letter that a case gives out with a number of its own ([`crate::kind::Moves`]), as a paper for [`doubts`]; `None`:
/// none was given out yet.
pub fn letter_of(kind: &Kind, values: &Values) -> Option<Values> {
    let Part::Moves(Moves { letter, .. }) = kind.part else {
        return None;
    };
    let story = case::story(kind, values);
    let issued = story.last(letter?.act)?;
    let mut paper = Values::from([("form".to_owned(), Value::Text(LETTER.into()))]);
    for (said, name) in [
        ("number", "number"),
        ("symbol", "symbol"),
        ("on", "issued_on"),
        ("body", "body"),
        ("signatory", "signatory"),
        ("original_seen", "original_seen"),
        ("recorded_by", "recorded_by"),
    ] {
        paper.extend(issued.said.get(said).map(|v| (name.to_owned(), v.clone())));
    }
    Some(paper)
}

/// What is doubtful about these papers, each with the member that it is about. One paper about several
/// members has one number, one date and one form for all: that is no doubt. Letters ([`letter_of`]) have a series of their own.
pub fn doubts(papers: &[(PlaceId, DocId, Values)]) -> Doubts {
    let mut doubts = Doubts::default();
    type Numbers<'a> = BTreeMap<u32, Vec<&'a (PlaceId, DocId, Values)>>;
    let mut series: BTreeMap<String, Numbers> = BTreeMap::new();
    for item in papers {
        let (_, doc, values) = item;
        if decision::is_cancelled(values) {
            continue;
        }
        if !decision::is_complete(values) {
            doubts.drafts.push(*doc);
            continue;
        }
        let number = text(values, "number").and_then(leading_number);
        let year = date(values, "issued_on").map(PartialDate::year);
        if let (Some(number), Some(year)) = (number, year) {
            let folded = |name| crate::text::fold_words(text(values, name).unwrap_or_default());
            let mut name = format!("{}/{}/{year}", folded("body"), folded("symbol"));
            if is_letter(values) {
                name.insert_str(0, "giay gioi thieu: ");
            }
            let numbers = series.entry(name).or_default();
            numbers.entry(number).or_default().push(item);
        }
    }
    for (name, numbers) in series {
        for same in numbers.values() {
            let papers: BTreeSet<_> = same
                .iter()
                .map(|(_, _, v)| (text(v, "issued_on"), text(v, "form")))
                .collect();
            let members: BTreeSet<_> = same.iter().map(|(place, _, _)| place).collect();
            if papers.len() > 1 || members.len() < same.len() {
                doubts
                    .doubled
                    .push(same.iter().map(|(_, doc, _)| *doc).collect());
            }
        }
        let one = numbers.values().flatten().next();
        let said = one.map_or_else(String::new, |(_, _, values)| {
            let year = date(values, "issued_on").map(|on| on.year().to_string());
            let own = |name| text(values, name).map(str::to_owned);
            let parts = [own("symbol"), own("body"), year].into_iter().flatten();
            parts.collect::<Vec<_>>().join(", ")
        });
        let missing = gap(name, numbers.into_keys());
        doubts
            .missing
            .extend(missing.map(|gap| Gap { said, ..gap }));
    }
    doubts
}

/// What is missing in a series of which these numbers are there, in their order. A number that somebody mistyped may
/// leave millions out: what is listed is bounded, and how much it is is counted.
fn gap(series: String, there: impl Iterator<Item = u32>) -> Option<Gap> {
    let mut gap = Gap {
        series,
        ..Gap::default()
    };
    let mut last: Option<u32> = None;
    for number in there {
        if let Some(last) = last {
            let room = MISSING.saturating_sub(gap.numbers.len());
            let between = last.saturating_add(1)..number;
            let all = number.saturating_sub(last).saturating_sub(1);
            let listed = gap.numbers.len();
            gap.numbers.extend(between.take(room));
            let listed = u32::try_from(gap.numbers.len() - listed).unwrap_or(u32::MAX);
            gap.more = gap.more.saturating_add(all.saturating_sub(listed));
        }
        last = Some(number);
    }
    (!gap.numbers.is_empty()).then_some(gap)
}
