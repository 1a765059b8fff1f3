//! Deadlines (*hạn*): what must be done, whose it is, by when, and how late it is.
//!
//! A kind of document says which of its dates start and end a term ([`DeadlineRule`]); how long the term is
//! stands in [`crate::regulation`], in force on the day that started it. Nothing else makes deadlines, so a new
//! term is a line in a kind's description and a row of data.
//!
//! Counting. The day of the fact does not count. Terms in working days end on the n-th working day
//! ([`crate::calendar`]); terms in months or years on the same day of the month, or the last of a shorter one
//! ([`Day::plus_months`]). An end on a weekend is not moved: no rule of the field was found that says so. A
//! date of which only the month or year is known starts no term.
//!
//! These are facts for people, in the place where they are needed; nothing here proposes anything about anybody.
//!
//! Does not know: the clock (today is passed in), documents' storage, who asks.

use crate::calendar::WorkingDays;
use crate::case::{self, Done, Story};
use crate::date::{Day, PartialDate};
use crate::document::{Value, Values};
use crate::id::PlaceId;
use crate::kind::Kind;
use crate::regulation::{Amount, Key, Regulations, Rule, Source, Unit};

/// A term of a kind: how long is data, from when and until when are fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeadlineRule {
    /// The regulation that says how long.
    pub rule: Key,
    /// The path with the day of the fact ([`case::said_at`]).
    pub from: &'static str,
    /// A term that must have run first: this one begins when that one ends.
    pub after: Option<Key>,
    /// The field with the day on which it was done; while it is empty, the term is open. Of an act, the first time that it
    /// was done since what starts the term: what was done in time stays so, however often it is done again.
    pub done: &'static str,
    /// An open term counts only while this field has this code; `None`: always.
    pub while_code: Option<(&'static str, &'static str)>,
    /// The states of a case in which an open term counts; empty: while it is open.
    pub in_states: &'static [&'static str],
    /// Whether `from` is the last day of something, and the regulation says how long before it people are reminded
    /// ([`ending`]); `None`: the term begins there.
    pub ending: Option<Ending>,
    /// How long before its last day people are told of it; `None`: from its first day on.
    pub remind: Option<Key>,
    /// What starts it.
    pub of: Of,
}

/// What starts a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// A document of the kind, by itself ([`facts`]).
    Document,
    /// All that is recorded of a member together: that something was *not* handed in, or the last of many words
    /// ([`crate::owed`]). Such a fact may be older than every row; then the first row counts.
    Member,
}

/// How something ends whose last day is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// By itself: after its last day there is nothing to do.
    ByItself,
    /// By an act: somebody says what comes after it, and is late until then.
    ByAct,
}

/// What starts one deadline, read from a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fact {
    /// Which term.
    pub rule: DeadlineRule,
    /// Whose it is.
    pub place: PlaceId,
    /// The day of the fact.
    pub from: Day,
    /// The day on which it was done.
    pub done: Option<Day>,
}

/// A length of time in both ways of counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Days of the calendar.
    pub days: u32,
    /// Working days.
    pub working_days: u32,
}

/// How a deadline stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Not done; so much is left.
    Open(Span),
    /// Not done; today is the last day.
    DueToday,
    /// Not done; so late.
    Overdue(Span),
    /// Done by the last day.
    DoneInTime,
    /// Done, so late.
    DoneLate(Span),
}

impl State {
    /// Whether there is still something to do.
    pub fn is_open(self) -> bool {
        !matches!(self, State::DoneInTime | State::DoneLate(_))
    }
}

/// A deadline with all that a person needs to see why it is what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deadline {
    /// Which term.
    pub key: Key,
    /// Whose it is.
    pub place: PlaceId,
    /// The day from which it was counted.
    pub from: Day,
    /// From which day on people are told of it, unless they ask for all.
    pub told_from: Day,
    /// How long it is.
    pub term: Amount,
    /// The last day.
    pub due: Day,
    /// How it stands.
    pub state: State,
    /// The regulation behind it.
    pub source: Source,
    /// Whether the regulation was verified, and the holidays in between are announced as far as they count.
    pub is_verified: bool,
}

/// Why a fact has no deadline. A gap in the data, not in the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoDeadline {
    /// No row of that key is in force on that day.
    #[error("no rule {} is known for {day}", key.name())]
    NoRule {
        /// The key.
        key: Key,
        /// The day.
        day: Day,
    },
    /// The row is no length of time.
    #[error("{} is no length of time", .0.name())]
    NoTerm(Key),
    /// It would end outside the calendar.
    #[error("{} ends outside the calendar", .0.name())]
    OutsideCalendar(Key),
    /// Nobody has said on which day it began: what starts it was recorded without its day.
    #[error("the day from which {} runs is not known", .0.name())]
    NoDay(Key),
}

/// What starts deadlines in a document of this kind, lying at this place.
pub fn facts(kind: &Kind, values: &Values, place: PlaceId) -> Vec<Fact> {
    facts_and_gaps(kind, values, place).0
}

/// The same, and the terms that must run in it and of which nobody can say since when: the act that starts them was
/// recorded without its day. It is missing, as an empty field is.
pub fn facts_and_gaps(
    kind: &Kind,
    values: &Values,
    place: PlaceId,
) -> (Vec<Fact>, Vec<NoDeadline>) {
    let mut gaps = Vec::new();
    if kind.deadlines.is_empty() {
        return (Vec::new(), gaps);
    }
    let story = case::story(kind, values);
    let state = kind.case.and_then(|c| c.state(story.state));
    let text = |field: &str| match case::said_at(kind, values, &story, field) {
        Some(Value::Text(text)) => Some(text.as_str()),
        _ => None,
    };
    let day_of = |text: &str| PartialDate::parse(text).ok().and_then(PartialDate::day);
    let has_begun = |field: &str| match field.split_once('/') {
        Some((case::ACTS, act)) if !act.contains('/') => story.last(act).is_some(),
        _ => false,
    };
    let mut found = Vec::new();
    for rule in kind.deadlines.iter().filter(|r| r.of == Of::Document) {
        let from = text(rule.from).and_then(day_of);
        // Done on a day that is not known: not open any more, and nothing to say of it.
        let (is_done, done) = match act_of(rule.done) {
            Some((act, "on")) => {
                let done = first_since(&story, rule.from, act);
                let on = done.and_then(Done::on).and_then(PartialDate::day);
                (done.is_some(), on)
            }
            _ => {
                let said = text(rule.done).filter(|t| !t.is_empty());
                (said.is_some(), said.and_then(day_of))
            }
        };
        let is_state = match rule.in_states {
            [] => state.is_some_and(|s| s.open),
            states => states.contains(&story.state),
        };
        let runs = rule
            .while_code
            .is_none_or(|(field, code)| text(field) == Some(code))
            && kind.case.is_none_or(|_| is_state);
        match from {
            Some(from) if (is_done && done.is_some()) || (!is_done && runs) => found.push(Fact {
                rule: *rule,
                place,
                from,
                done,
            }),
            None if !is_done && runs && has_begun(rule.from) => {
                gaps.push(NoDeadline::NoDay(rule.rule));
            }
            _ => {}
        }
    }
    (found, gaps)
}

/// The act and the cell of it that a path of a rule names ([`case::said_at`]).
fn act_of(path: &str) -> Option<(&str, &str)> {
    let (_, act) = path
        .split_once('/')
        .filter(|(field, _)| *field == case::ACTS)?;
    Some(act.split_once('/').unwrap_or((act, "on")))
}

/// The first act of this name that counts and is not older than the one from which a term runs.
fn first_since<'a>(story: &'a Story, from: &str, act: &str) -> Option<&'a Done> {
    let starts = match act_of(from) {
        Some(("*", name)) => story.that_count().rev().find(|done| done.says(name)),
        Some((act, _)) => story.last(act),
        None => None,
    };
    let is_older = |done: &&Done| starts.is_some_and(|starts| starts.id != done.id);
    let mut since = story.that_count().skip_while(is_older);
    since.find(|done| done.act == act)
}

/// Counts the deadline of a fact, as it stands today.
pub fn deadline(
    fact: &Fact,
    regulations: &Regulations,
    calendar: &WorkingDays,
    today: Day,
) -> Result<Deadline, NoDeadline> {
    if let Some(how) = fact.rule.ending {
        let ended = (how == Ending::ByItself && today > fact.from).then_some(fact.from);
        let ends = ending(
            fact.place,
            fact.from,
            fact.rule.rule,
            regulations,
            calendar,
            today,
        )?;
        return Ok(match fact.done.or(ended) {
            None => ends,
            done => Deadline {
                state: state(ends.due, done, calendar, today),
                ..ends
            },
        });
    }
    let first = match fact.rule.after {
        None => None,
        Some(key) => {
            let rule = rule_at(regulations, key, fact.from)?;
            Some((end(rule, fact.from, calendar)?, rule.is_verified))
        }
    };
    let (from, is_first_verified) = first.unwrap_or((fact.from, true));
    let rule = match fact.rule.of {
        Of::Document => rule_at(regulations, fact.rule.rule, from)?,
        Of::Member => {
            let (key, day) = (fact.rule.rule, from);
            let rule = regulations.at_or_first(key, day);
            rule.ok_or(NoDeadline::NoRule { key, day })?
        }
    };
    let due = end(rule, from, calendar)?;
    let told_from = match fact.rule.remind {
        None => from,
        Some(remind) => begin(rule_at(regulations, remind, due)?, due, calendar)?,
    };
    let state = state(due, fact.done, calendar, today);
    let counts_holidays = rule.amount.unit() == Unit::WorkingDays;
    let is_announced = !counts_holidays || calendar.is_announced(from, due);
    Ok(Deadline {
        key: rule.key,
        place: fact.place,
        from,
        told_from,
        term: rule.amount.clone(),
        due,
        state,
        source: rule.source.clone(),
        is_verified: rule.is_verified && is_first_verified && is_announced,
    })
}

/// How what was due on a day, and was done or not, stands today.
fn state(due: Day, done: Option<Day>, calendar: &WorkingDays, today: Day) -> State {
    let span = |a: Day, b: Day| Span {
        days: b.days_since(a).unsigned_abs(),
        working_days: calendar.between(a, b).unsigned_abs(),
    };
    match done {
        Some(done) if done <= due => State::DoneInTime,
        Some(done) => State::DoneLate(span(due, done)),
        None if today == due => State::DueToday,
        None if today < due => State::Open(span(today, due)),
        None => State::Overdue(span(due, today)),
    }
}

/// The deadline of something that ends by itself on a day that is known, such as a temporary exemption: it is
/// due on its last day, and people are reminded from [`Deadline::from`] on, a term (`remind`) before.
pub fn ending(
    place: PlaceId,
    last: Day,
    remind: Key,
    regulations: &Regulations,
    calendar: &WorkingDays,
    today: Day,
) -> Result<Deadline, NoDeadline> {
    let rule = rule_at(regulations, remind, last)?;
    let from = begin(rule, last, calendar)?;
    let (due, done) = (last, None);
    Ok(Deadline {
        key: remind,
        place,
        from,
        told_from: from,
        term: rule.amount.clone(),
        due,
        state: state(due, done, calendar, today),
        source: rule.source.clone(),
        is_verified: rule.is_verified,
    })
}

/// The clocks of a case that are over and for which nobody has said why; empty: nothing is late, the reasons were
/// given, or the case is closed. Whoever does the next act is asked for it, and lists ask by themselves.
///
/// A reason is the act [`case::LATE`], or the note of an act of after the last day that needs none by itself.
pub fn reason_needed(
    kind: &Kind,
    values: &Values,
    place: PlaceId,
    regulations: &Regulations,
    calendar: &WorkingDays,
    today: Day,
) -> Vec<Deadline> {
    let Some(case) = kind.case.filter(|c| c.act(case::LATE).is_some()) else {
        return Vec::new();
    };
    let story = case::story(kind, values);
    if case.state(story.state).is_none_or(|s| !s.open) {
        return Vec::new();
    }
    let is_given = |late: &Deadline| {
        story.that_count().filter(|d| d.says("note")).any(|done| {
            let on = done.on().and_then(PartialDate::day);
            match case.act(&done.act) {
                // Also before the last day: who knows that it will be late says so in time.
                Some(act) if act.code == case::LATE => on.is_none_or(|on| on >= late.from),
                Some(act) => !act.needs.contains(&"note") && on.is_some_and(|on| on > late.due),
                None => false,
            }
        })
    };
    let of = facts(kind, values, place);
    // Nothing is to be explained of what ends on its day.
    let clocks = of
        .iter()
        .filter(|f| f.rule.ending.is_none())
        .filter_map(|f| deadline(f, regulations, calendar, today).ok());
    let late = clocks.filter(|d| matches!(d.state, State::Overdue(_) | State::DoneLate(_)));
    late.filter(|d| !is_given(d)).collect()
}

fn rule_at(regulations: &Regulations, key: Key, day: Day) -> Result<&Rule, NoDeadline> {
    regulations
        .at(key, day)
        .ok_or(NoDeadline::NoRule { key, day })
}

/// The first day of a term that ends on `last`.
fn begin(rule: &Rule, last: Day, calendar: &WorkingDays) -> Result<Day, NoDeadline> {
    let count = i32::try_from(rule.amount.number()).ok();
    let from = count.and_then(|n| match rule.amount.unit() {
        Unit::Days => last.plus_days(n.checked_neg()?),
        Unit::WorkingDays => calendar.before(last, n.unsigned_abs()),
        Unit::Months => last.minus_months(n.unsigned_abs()),
        _ => None,
    });
    from.ok_or(NoDeadline::NoTerm(rule.key))
}

/// The last day of a term that began with a fact on `from`.
fn end(rule: &Rule, from: Day, calendar: &WorkingDays) -> Result<Day, NoDeadline> {
    let key = rule.key;
    let count =
        u32::try_from(rule.amount.number()).map_err(|_| NoDeadline::OutsideCalendar(key))?;
    let end = match rule.amount.unit() {
        Unit::WorkingDays => calendar.add_working(from, count),
        Unit::Days => i32::try_from(count).ok().and_then(|n| from.plus_days(n)),
        Unit::Months => from.plus_months(count),
        Unit::Years => count.checked_mul(12).and_then(|n| from.plus_months(n)),
        // The next of these days, that of the fact included.
        Unit::DaysOfYear => rule.amount.next_day_of_year(from),
        _ => return Err(NoDeadline::NoTerm(key)),
    };
    end.ok_or(NoDeadline::OutsideCalendar(key))
}
