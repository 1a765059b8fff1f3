//! Party age (*tuổi đảng*) and the badges (*huy hiệu*) that come with it.
//!
//! It counts from the day of the admission decision, for official members; years outside the Party are taken
//! off by whoever keeps the record, and no field holds them yet. Which ages have a badge, on which days badges are
//! given and how much earlier the gravely ill get theirs is data: the keys `badge.*`.
//!
//! A forecast is a date that follows from dates, for the office's list; who gets a badge is decided by people.
//!
//! Does not know: the clock, status or health of anybody.

use crate::date::Day;
use crate::regulation::{Key, Regulations};

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
    let ages = regulations.at(Key::BadgeYears, on)?;
    let early = regulations.at(Key::BadgeEarly, on)?;
    let long = regulations.at(Key::BadgeEarlyLong, on)?;
    let days = regulations.at(Key::BadgeDays, on)?;
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
