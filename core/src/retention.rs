//! How long what is kept (*thời hạn lưu trữ*): the day from which a document is due to be forgotten.
//!
//! Each kind of document has one retention class ([`Retention`]); how long it is stands in [`crate::regulation`]. What
//! counts is the row in force on the day of the fact, as everywhere: the day on which the person left, or the document's own
//! date. For what is older than every row it is the first one ([`Regulations::at_or_first`]). Where no row or no date is
//! known, nothing is due. Nothing is ever forgotten by itself: the
//! list says what is due, and a person erases it ([`crate::node::Node::erase`]).
//!
//! Does not know: storage, the clock.

use crate::date::Day;
use crate::document::Values;
use crate::domain::decision;
use crate::kind::{KeptFrom, Kind, Part, Retention};
use crate::register::{self, Standing};
use crate::regulation::{Key, Regulations, Rule, Unit};

/// The statuses with which a person is no member any more.
const LEFT: [&str; 5] = ["struck_off", "withdrew", "expelled", "left", "deceased"];

/// Since when somebody with this status is no member any more; `None`: they are one, or the day is not known.
pub fn left_on(status: Option<&Standing>) -> Option<Day> {
    let status = status.filter(|s| LEFT.contains(&s.value.as_str()))?;
    register::last_day(status.since?)
}

/// Whether somebody with this status is, or ever was, a member: then they are no applicant.
pub fn was_member(status: Option<&Standing>) -> bool {
    status.is_some()
}

/// By which term a document is kept, and from when on the time runs; `None`: for good. A decision that gives the person's
/// record a value (a name, a date of birth, a card) says what the record says, and goes with it; the others are what
/// status and party age rest on, and are kept longer.
pub fn class(kind: &Kind, values: &Values) -> Option<(Key, KeptFrom)> {
    let Retention::For(key, from) = kind.retention else {
        return None;
    };
    let is_of_record = kind.part == Part::Decision
        && register::text(values, "form").is_some_and(|form| decision::field_of(form).is_some());
    match is_of_record {
        true => Some((Key::KeepRecord, from)),
        false => Some((key, from)),
    }
}

/// The first day on which a document need not be kept any more, and the rule that says so. `left`: since when the
/// person whose it is is no member ([`left_on`]).
pub fn due<'a>(
    kind: &Kind,
    values: &Values,
    left: Option<Day>,
    regulations: &'a Regulations,
) -> Option<(Day, &'a Rule)> {
    let (key, from) = class(kind, values)?;
    let from = match from {
        KeptFrom::Leaving => left?,
        KeptFrom::Field(name) => register::last_day(register::date(values, name)?)?,
    };
    let rule = regulations.at_or_first(key, from)?;
    let count = u32::try_from(rule.amount.number()).ok()?;
    let end = match rule.amount.unit() {
        Unit::Days => from.plus_days(i32::try_from(count).ok()?),
        Unit::Months => from.plus_months(count),
        Unit::Years => from.plus_months(count.checked_mul(12)?),
        _ => None,
    };
    Some((end?, rule))
}

/// How long a document is kept, as the person whose it is is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept<'a> {
    /// For good.
    ForGood,
    /// Until this day, by this rule.
    Until(Day, &'a Rule),
    /// For so long after the person is no member any more, by the rule of today.
    AfterLeaving(&'a Rule),
    /// For so long from a day that is not recorded, or for a time that no rule says.
    Open(Option<&'a Rule>),
}

/// How long a document is kept. `left`: as for [`due`].
pub fn kept<'a>(
    kind: &Kind,
    values: &Values,
    left: Option<Day>,
    regulations: &'a Regulations,
    today: Day,
) -> Kept<'a> {
    let Some((key, from)) = class(kind, values) else {
        return Kept::ForGood;
    };
    if let Some((day, rule)) = due(kind, values, left, regulations) {
        return Kept::Until(day, rule);
    }
    match (regulations.at_or_first(key, today), from) {
        (Some(rule), KeptFrom::Leaving) => Kept::AfterLeaving(rule),
        (rule, _) => Kept::Open(rule),
    }
}
