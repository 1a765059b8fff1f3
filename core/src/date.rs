//! Civil dates: a [`Day`] of the calendar, and a [`PartialDate`] of which only the year may be known.
//!
//! Old members know the year of their birth, old papers the month of a ceremony; a made-up first of
//! January would be a lie that nobody finds again. So the parts that are not known are absent.
//!
//! A partial date is stored as the beginning of an ISO date (`1930`, `1930-02`, `1930-02-03`) and
//! shown as people here write it (`1930`, `02/1930`, `03/02/1930`).
//!
//! Does not know: the clock; callers pass today.

use std::fmt;
use std::str::FromStr;

/// The years that a date may lie in: nobody on a roll was born before, no paper reaches beyond.
pub const YEARS: std::ops::RangeInclusive<u16> = 1800..=2199;

/// Why a text is no date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DateError {
    /// Not written as a date. A person must write it as one.
    #[error("not a date: write 03/02/1930, 02/1930 or 1930")]
    NotADate,
    /// The year has two digits, so that nobody knows the century.
    #[error("the year needs four digits")]
    ShortYear,
    /// A year outside [`YEARS`].
    #[error("no year between 1800 and 2199: {0}")]
    Year(u32),
    /// A month that does not exist.
    #[error("no month {0}")]
    Month(u32),
    /// A day that this month does not have.
    #[error("no day {day} in {month:02}/{year}")]
    Day {
        /// The day as written.
        day: u32,
        /// The month.
        month: u8,
        /// The year.
        year: u16,
    },
}

/// A date of which the day, or day and month, may be unknown. Ordered by year, month, day; what is
/// unknown comes before what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartialDate {
    year: u16,
    month: Option<u8>,
    day: Option<u8>,
}

impl PartialDate {
    /// Only a year.
    pub fn year_only(year: u32) -> Result<Self, DateError> {
        let year = u16::try_from(year)
            .ok()
            .filter(|y| YEARS.contains(y))
            .ok_or(DateError::Year(year))?;
        Ok(PartialDate {
            year,
            month: None,
            day: None,
        })
    }

    /// A month of a year.
    pub fn month_of(year: u32, month: u32) -> Result<Self, DateError> {
        let date = Self::year_only(year)?;
        match u8::try_from(month) {
            Ok(m @ 1..=12) => Ok(PartialDate {
                month: Some(m),
                ..date
            }),
            _ => Err(DateError::Month(month)),
        }
    }

    /// A whole date.
    pub fn full(year: u32, month: u32, day: u32) -> Result<Self, DateError> {
        let date = Self::month_of(year, month)?;
        let month = date.month.unwrap_or(1);
        match u8::try_from(day) {
            Ok(d) if d >= 1 && d <= days_in(date.year, month) => Ok(PartialDate {
                day: Some(d),
                ..date
            }),
            _ => Err(DateError::Day {
                day,
                month,
                year: date.year,
            }),
        }
    }

    /// Reads a date as people write it, day first (`03/02/1930`, `3.2.1930`, `3-2-1930`, `02/1930`,
    /// `1930`, `ngày 3 tháng 2 năm 1930`), or as it is stored, year first (`1930-02-03`, `1930-02`).
    pub fn parse(text: &str) -> Result<Self, DateError> {
        let lower = text.to_lowercase();
        // "ngày 3 tháng 2 năm 1930": the words say what order says already.
        let parts: Vec<&str> = lower
            .split(|c: char| c.is_whitespace() || matches!(c, '/' | '.' | '-' | ','))
            .filter(|p| !p.is_empty() && !matches!(*p, "ngày" | "tháng" | "năm" | "ng" | "th"))
            .collect();
        let mut numbers = Vec::with_capacity(3);
        for part in &parts {
            if part.len() > 4 || !part.bytes().all(|b| b.is_ascii_digit()) {
                return Err(DateError::NotADate);
            }
            numbers.push(part.parse::<u32>().map_err(|_| DateError::NotADate)?);
        }
        let four = |i: usize| parts.get(i).is_some_and(|p| p.len() == 4);
        match *numbers.as_slice() {
            [y] if four(0) => Self::year_only(y),
            [y, m] if four(0) => Self::month_of(y, m),
            [m, y] if four(1) => Self::month_of(y, m),
            [y, m, d] if four(0) => Self::full(y, m, d),
            [d, m, y] if four(2) => Self::full(y, m, d),
            [_] | [_, _] | [_, _, _] => Err(DateError::ShortYear),
            _ => Err(DateError::NotADate),
        }
    }

    /// The year.
    pub fn year(self) -> u16 {
        self.year
    }

    /// The month, if it is known.
    pub fn month(self) -> Option<u8> {
        self.month
    }

    /// The day of the month, if it is known.
    pub fn day_of_month(self) -> Option<u8> {
        self.day
    }

    /// The day, if all of it is known.
    pub fn day(self) -> Option<Day> {
        Some(Day(days_from_civil(self.year, self.month?, self.day?)))
    }

    /// As it is shown: `03/02/1930`, `02/1930` or `1930`.
    pub fn shown(self) -> String {
        match (self.month, self.day) {
            (Some(m), Some(d)) => format!("{d:02}/{m:02}/{}", self.year),
            (Some(m), None) => format!("{m:02}/{}", self.year),
            _ => self.year.to_string(),
        }
    }
}

impl fmt::Display for PartialDate {
    /// As it is stored: `1930-02-03`, `1930-02` or `1930`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.year)?;
        if let Some(m) = self.month {
            write!(f, "-{m:02}")?;
        }
        if let Some(d) = self.day {
            write!(f, "-{d:02}")?;
        }
        Ok(())
    }
}

impl FromStr for PartialDate {
    type Err = DateError;
    fn from_str(text: &str) -> Result<Self, DateError> {
        Self::parse(text)
    }
}

/// A day of the calendar, counted from 1 January 1970 (which is 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

impl Day {
    /// The day of that number, if its year is one of [`YEARS`].
    pub fn from_number(number: i32) -> Option<Self> {
        let day = Day(number);
        let first = days_from_civil(*YEARS.start(), 1, 1);
        let last = days_from_civil(*YEARS.end(), 12, 31);
        (first..=last).contains(&number).then_some(day)
    }

    /// The day with this year, month and day of the month.
    pub fn from_civil(year: u32, month: u32, day: u32) -> Result<Self, DateError> {
        let date = PartialDate::full(year, month, day)?;
        Ok(Day(days_from_civil(
            date.year,
            date.month.unwrap_or(1),
            date.day.unwrap_or(1),
        )))
    }

    /// Its number.
    pub fn number(self) -> i32 {
        self.0
    }

    /// The same day as a date of which everything is known.
    pub fn date(self) -> PartialDate {
        let (year, month, day) = civil_from_days(self.0);
        PartialDate {
            year,
            month: Some(month),
            day: Some(day),
        }
    }

    /// How many days lie between `earlier` and this day; negative if `earlier` is later.
    pub fn days_since(self, earlier: Day) -> i32 {
        self.0 - earlier.0
    }

    /// The day so many days later (or earlier); `None` outside [`YEARS`].
    pub fn plus_days(self, days: i32) -> Option<Day> {
        self.0.checked_add(days).and_then(Day::from_number)
    }

    /// The same day of the month so many months later; where that month is shorter, its last day, so
    /// that 31 January and one month is the end of February (Bộ luật Dân sự 91/2015/QH13, article 148.3).
    pub fn plus_months(self, months: u32) -> Option<Day> {
        self.in_month(self.months().checked_add(months)?)
    }

    /// The same day of the month so many months earlier; where that month is shorter, its last day.
    pub fn minus_months(self, months: u32) -> Option<Day> {
        self.in_month(self.months().checked_sub(months)?)
    }

    /// Its month, counted from the year 0.
    fn months(self) -> u32 {
        let date = self.date();
        u32::from(date.year) * 12 + u32::from(date.month.unwrap_or(1)) - 1
    }

    /// The same day of another month, or the last of a shorter one.
    fn in_month(self, months: u32) -> Option<Day> {
        let date = self.date();
        let (year, month) = (months / 12, months % 12 + 1);
        let first = PartialDate::month_of(year, month).ok()?;
        let last = days_in(first.year, first.month.unwrap_or(1));
        let day = date.day.unwrap_or(1).min(last);
        Day::from_civil(year, month, u32::from(day)).ok()
    }

    /// The year it lies in.
    pub fn year(self) -> u16 {
        self.date().year
    }

    /// The day of the week: 0 is Monday, 6 is Sunday.
    pub fn weekday(self) -> u8 {
        // Day 0 was a Thursday.
        u8::try_from((self.0 + 3).rem_euclid(7)).unwrap_or(0)
    }

    /// As it is shown: `03/02/1930`.
    pub fn shown(self) -> String {
        self.date().shown()
    }
}

impl fmt::Display for Day {
    /// As it is stored: `1930-02-03`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.date().fmt(f)
    }
}

fn is_leap(year: u16) -> bool {
    (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400)
}

fn days_in(year: u16, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(year) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days in all years from `1` up to and not including `year`.
fn days_before_year(year: u16) -> i32 {
    let y = i32::from(year) - 1;
    y * 365 + y / 4 - y / 100 + y / 400
}

/// 1 January 1970 counted from 1 January of the year 1.
const EPOCH: i32 = 719_162;

fn days_from_civil(year: u16, month: u8, day: u8) -> i32 {
    let months: i32 = (1..month).map(|m| i32::from(days_in(year, m))).sum();
    days_before_year(year) + months + i32::from(day) - 1 - EPOCH
}

fn civil_from_days(number: i32) -> (u16, u8, u8) {
    let mut left = number;
    let mut year = 1970 + u16::try_from(number.div_euclid(366).max(0)).unwrap_or(0);
    if number < 0 {
        year = 1970 - u16::try_from(-number.div_euclid(365)).unwrap_or(0);
    }
    // The guess is at most a few years early: walk on to the year that holds the day.
    while days_from_civil(year + 1, 1, 1) <= number {
        year += 1;
    }
    left -= days_from_civil(year, 1, 1);
    let mut month = 1;
    while left >= i32::from(days_in(year, month)) {
        left -= i32::from(days_in(year, month));
        month += 1;
    }
    (year, month, u8::try_from(left + 1).unwrap_or(1))
}
