//! Party age (*tuổi đảng*) and the badges (*huy hiệu*) that come with it.
//!
//! It counts from the day of the admission decision, for official members; the days outside the Party, between a decision
//! that ended the membership and the one that restored it, are taken off (domain knowledge, not verified against a text).
//! What a record says of before there were decisions here, its keeper takes off the date. Which ages have a badge, on which days badges are
//! given and how much earlier the gravely ill get theirs is data: the keys `badge.*`.
//!
//! A forecast is a date that follows from dates, for the office's list; who gets a badge is decided by people.
//!
//! Does not know: the clock, the health of anybody. That somebody could have a badge early if they were gravely ill
//! is told as a date; that they are, nobody tells here.

use crate::date::{Day, PartialDate};
use crate::document::Values;
use crate::domain::decision;
use crate::id::DocId;
use crate::register::{self, date, text};
use crate::regulation::{Key, Regulations};
use crate::roll::Line;

/// Whole years of party age on a day; 0 before the first.
pub fn years(decided_on: Day, on: Day) -> u32 {
    let guess = u32::from(on.year().saturating_sub(decided_on.year()));
    let is_reached = |n: u32| decided_on.plus_months(n * 12).is_some_and(|day| day <= on);
    if is_reached(guess) {
        guess
    } else {
        guess.saturating_sub(1)
    }
}

/// The day from which somebody's party age counts, by what is decided before a day: that of the admission decision, later by
/// as many days as they were outside the Party since. `None`: it is not known.
pub fn counts_from(record: &Values, decisions: &[(DocId, Values)], on: Day) -> Option<Day> {
    let decided_on = date(record, "admission_decided_on").and_then(PartialDate::day)?;
    decided_on.plus_days(register::days_outside(decisions, decided_on, on))
}

/// A badge that somebody's party age comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Badge {
    /// For so many years.
    pub years: u32,
    /// The day on which the party age is reached.
    pub reached_on: Day,
    /// The first day after it, or that day, on which badges are given.
    pub given_on: Day,
    /// From this day on it may be given early to somebody gravely ill.
    pub early_from: Day,
    /// Whether all rows behind it were verified.
    pub is_verified: bool,
}

/// The next badge after `on`, or on it, by the rules of that day; `None`: no rule is known, or all are given.
pub fn next_badge(decided_on: Day, on: Day, regulations: &Regulations) -> Option<Badge> {
    badge_after(decided_on, on, on, regulations)
}

/// The next badge after `on`, or on it, by the rules of the day `by`.
fn badge_after(decided_on: Day, on: Day, by: Day, regulations: &Regulations) -> Option<Badge> {
    let ages = regulations.at(Key::BadgeYears, by)?;
    let early = regulations.at(Key::BadgeEarly, by)?;
    let long = regulations.at(Key::BadgeEarlyLong, by)?;
    let days = regulations.at(Key::BadgeDays, by)?;
    let reached = |years: &u64| {
        let years = u32::try_from(*years).ok()?;
        let day = decided_on.plus_months(years.checked_mul(12)?)?;
        (day >= on).then_some((years, day))
    };
    let (years, reached_on) = ages
        .amount
        .numbers()
        .iter()
        .filter_map(reached)
        .min_by_key(|(_, day)| *day)?;
    let given_on = days.amount.next_day_of_year(reached_on)?;
    let is_long = u64::from(years) >= long.amount.number();
    let months = early.amount.numbers().get(usize::from(is_long))?;
    let months = u32::try_from(*months).ok()?;
    Some(Badge {
        years,
        reached_on,
        given_on,
        early_from: decided_on.plus_months((years * 12).saturating_sub(months))?,
        is_verified: [ages, early, long, days]
            .iter()
            .all(|rule| rule.is_verified),
    })
}

/// Somebody's badge in a year's forecast.
#[derive(Debug, Clone, Copy)]
pub struct Reaches<'a> {
    /// Who.
    pub line: &'a Line<'a>,
    /// Which badge, and when.
    pub badge: Badge,
    /// The badge day of the year on which they come to it; in [`Forecast::early`] the first on which they could.
    pub given_on: Day,
    /// Whether a decision that gave it is recorded already.
    pub is_given: bool,
}

/// Who comes to which badge in a year.
#[derive(Debug, Clone, Default)]
pub struct Forecast<'a> {
    /// The badge days, as they are in force at the year's beginning.
    pub days: Vec<Day>,
    /// By badge day, then in the order of the roll.
    pub reaches: Vec<Reaches<'a>>,
    /// Who comes to one after the year, and could have it on a badge day of the year if they were gravely ill. Only
    /// that it is possible by the dates: it is not known who is ill.
    pub early: Vec<Reaches<'a>>,
    /// Of whom it cannot be said: the day of the admission decision, or the status, is not known.
    pub unknown: Vec<&'a Line<'a>>,
}

/// The forecast of a year; `None`: no rule is known for it. Party age counts for official members, so who is
/// probationary is not in it, nor who does not belong here any more.
pub fn forecast<'a>(
    lines: &'a [Line<'a>],
    year: u16,
    regulations: &Regulations,
) -> Option<Forecast<'a>> {
    let first = Day::from_civil(year.into(), 1, 1).ok()?;
    let of_year = regulations.at(Key::BadgeDays, first)?.amount.days_of_year();
    let day = |(month, day): (u8, u8)| Day::from_civil(year.into(), month.into(), day.into()).ok();
    let mut days: Vec<Day> = of_year.filter_map(day).collect();
    days.sort_unstable();
    let last = *days.last()?;
    // What was reached after the last badge day of the year before is given on the first of this one. The days of
    // a year are the same every year; 29 February is none of them.
    let after = last.minus_months(12)?.plus_days(1)?;
    let mut forecast = Forecast {
        days,
        ..Forecast::default()
    };
    let members = lines.iter().filter(|l| l.belongs);
    for line in members.filter(|l| l.is_official() || l.status.is_none()) {
        let counts_from = counts_from(&line.record, &line.of.decisions, last);
        let Some(decided_on) = counts_from.filter(|_| line.status.is_some()) else {
            forecast.unknown.push(line);
            continue;
        };
        let mut from = after;
        while let Some(badge) = badge_after(decided_on, from, first, regulations) {
            let is_given = is_given(line, badge.years);
            if badge.given_on <= last {
                let given_on = badge.given_on;
                forecast.reaches.push(Reaches {
                    line,
                    badge,
                    given_on,
                    is_given,
                });
            } else {
                let early = forecast.days.iter().find(|d| **d >= badge.early_from);
                forecast.early.extend(early.map(|given_on| Reaches {
                    line,
                    badge,
                    given_on: *given_on,
                    is_given,
                }));
                break;
            }
            let Some(next) = badge.reached_on.plus_days(1) else {
                break;
            };
            from = next;
        }
    }
    forecast.reaches.sort_by_key(|r| r.given_on);
    forecast.early.sort_by_key(|r| r.given_on);
    Some(forecast)
}

/// Whether a decision in force gave the badge for so many years.
fn is_given(line: &Line, years: u32) -> bool {
    line.of.decisions.iter().any(|(_, values)| {
        let says = text(values, "value").unwrap_or_default();
        let digits: String = says.chars().take_while(char::is_ascii_digit).collect();
        decision::is_in_force(values)
            && text(values, "form") == Some("badge")
            && digits.parse() == Ok(years)
    })
}
