//! Working days: which days the offices of the State work, so that terms in working days can be counted.
//!
//! A year has weekends, the holidays of the Labour Code (Bộ luật Lao động 45/2019/QH14, article 112), a day off in
//! the place of each that falls on a weekend (article 111.3), and days that are swapped: off, and worked on a
//! Saturday instead. Which days are Tết, which is the second of National Day and what is swapped is announced
//! for each year; all of it is rows of [`crate::regulation`], those of a mark holding from the first to the last
//! day off. A year without its announcement is counted by the usual pattern, and says so
//! ([`Year::is_announced`]).
//!
//! Does not know: the clock; what a term is for ([`crate::deadline`]).

pub mod lunar;

use crate::date::{Day, YEARS};
use crate::kind::Label;
use crate::regulation::{Key, Regulations};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// Why nobody works on a weekday, or somebody does on a weekend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// A holiday of the civil year.
    Fixed,
    /// Tết.
    Tet,
    /// Hùng Kings' day.
    HungKings,
    /// The second day of National Day, or the first where the announcement names both.
    National,
    /// Vietnamese Culture Day.
    Culture,
    /// In the place of a holiday on a weekend.
    MadeUp,
    /// Off, and worked on another day.
    Swapped,
    /// A day of a weekend that is worked.
    Worked,
}

impl Reason {
    /// What people read.
    pub fn label(self) -> Label {
        let (vi, en) = match self {
            Reason::Fixed => ("Ngày lễ", "Holiday"),
            Reason::Tet => ("Tết Nguyên đán", "Tết"),
            Reason::HungKings => ("Giỗ Tổ Hùng Vương", "Hùng Kings' day"),
            Reason::National => ("Quốc khánh", "National Day"),
            Reason::Culture => ("Ngày Văn hóa Việt Nam", "Vietnamese Culture Day"),
            Reason::MadeUp => ("Nghỉ bù", "In place of a holiday"),
            Reason::Swapped => ("Nghỉ hoán đổi", "Swapped day off"),
            Reason::Worked => ("Làm bù", "Worked instead"),
        };
        Label { vi, en }
    }

    /// Whether it is a day off.
    pub fn is_off(self) -> bool {
        self != Reason::Worked
    }
}

/// The days of one year that are not as its weeks are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Year {
    /// Days off and days worked instead, in order.
    pub days: BTreeMap<Day, Reason>,
    /// Whether the days of Tết and National Day are announced, and not the usual pattern.
    pub is_announced: bool,
}

/// Counts working days by the regulations that are known.
#[derive(Debug)]
pub struct WorkingDays {
    regulations: Regulations,
    /// Worked out when they are first asked for.
    years: Vec<OnceLock<Year>>,
}

impl WorkingDays {
    /// By these rows.
    pub fn new(regulations: &Regulations) -> Self {
        let years = YEARS.map(|_| OnceLock::new()).collect();
        WorkingDays {
            regulations: regulations.clone(),
            years,
        }
    }

    /// The holidays and swapped days of a year; `None` outside [`YEARS`].
    pub fn year(&self, year: u16) -> Option<&Year> {
        let place = usize::from(year.checked_sub(*YEARS.start())?);
        let cell = self.years.get(place)?;
        Some(cell.get_or_init(|| days_of(year, &self.regulations)))
    }

    /// Whether offices work on this day.
    pub fn is_working(&self, day: Day) -> bool {
        let reason = self.year(day.year()).and_then(|y| y.days.get(&day));
        match reason {
            Some(reason) => !reason.is_off(),
            None => !is_weekend(day),
        }
    }

    /// The `count`-th working day after this day, which itself does not count; 0: the day itself. `None`
    /// outside the calendar.
    pub fn add_working(&self, day: Day, count: u32) -> Option<Day> {
        let (mut day, mut left) = (day, count);
        while left > 0 {
            day = day.plus_days(1)?;
            left -= u32::from(self.is_working(day));
        }
        Some(day)
    }

    /// The day after which `count` working days come up to and with this day; `None` outside the calendar.
    pub fn before(&self, day: Day, count: u32) -> Option<Day> {
        let (mut day, mut left) = (day, count);
        while left > 0 {
            left -= u32::from(self.is_working(day));
            day = day.plus_days(-1)?;
        }
        Some(day)
    }

    /// How many working days come after `from`, up to and with `to`; negative if `to` is before `from`.
    pub fn between(&self, from: Day, to: Day) -> i32 {
        if to < from {
            return -self.between(to, from);
        }
        let days = (from.number() + 1..=to.number()).filter_map(Day::from_number);
        let count = days.filter(|d| self.is_working(*d)).count();
        i32::try_from(count).unwrap_or(i32::MAX)
    }

    /// Whether every year from one day to another has its announcement.
    pub fn is_announced(&self, from: Day, to: Day) -> bool {
        let mut years = from.year()..=to.year();
        years.all(|y| self.year(y).is_some_and(|y| y.is_announced))
    }
}

/// Saturday and Sunday: the five-day week of State offices (Quyết định 188/1999/QĐ-TTg of 17/9/1999).
pub fn is_weekend(day: Day) -> bool {
    day.weekday() >= 5
}

/// The holidays and swapped days of a year, by the rows in force on each of them.
fn days_of(year: u16, regulations: &Regulations) -> Year {
    let mut days = BTreeMap::new();
    let mut put = |all: Vec<Day>, reason| {
        for day in all {
            days.entry(day).or_insert(reason);
        }
    };
    let announced_tet = announced(regulations, Key::HolidayTet, year);
    let announced_national = announced(regulations, Key::HolidayNational, year);
    let is_announced = !announced_tet.is_empty() && !announced_national.is_empty();
    put(
        of_the_year(regulations, Key::HolidayFixed, year),
        Reason::Fixed,
    );
    put(hung_kings(regulations, year), Reason::HungKings);
    put(
        or_usual(announced_tet, || usual_tet(regulations, year)),
        Reason::Tet,
    );
    let national = or_usual(announced_national, || usual_national(regulations, year));
    put(national, Reason::National);
    let with_make_up: Vec<Day> = days.keys().copied().filter(|d| is_weekend(*d)).collect();
    for culture in of_the_year(regulations, Key::HolidayCulture, year) {
        days.entry(culture).or_insert(Reason::Culture);
    }
    for day in with_make_up {
        let later = (1..).map_while(|n| day.plus_days(n));
        let free = later
            .into_iter()
            .find(|d| !is_weekend(*d) && !days.contains_key(d));
        if let Some(free) = free {
            days.insert(free, Reason::MadeUp);
        }
    }
    // What is announced about a single day says more than any rule about it.
    for (key, reason) in [
        (Key::HolidayOff, Reason::Swapped),
        (Key::HolidayWorked, Reason::Worked),
    ] {
        days.extend(
            announced(regulations, key, year)
                .into_iter()
                .map(|d| (d, reason)),
        );
    }
    days.retain(|day, reason| {
        day.year() == year && (is_weekend(*day) || *reason != Reason::Worked)
    });
    Year { days, is_announced }
}

fn or_usual(announced: Vec<Day>, usual: impl FnOnce() -> Vec<Day>) -> Vec<Day> {
    match announced.is_empty() {
        true => usual(),
        false => announced,
    }
}

/// The days of a year on which rows of a mark hold. A row of more than a month is a mistake and says nothing.
fn announced(regulations: &Regulations, key: Key, year: u16) -> Vec<Day> {
    let mut days = BTreeSet::new();
    for rule in regulations.of(key) {
        let to = rule.to.unwrap_or(rule.from);
        if rule.from.year() == year && to.days_since(rule.from) < 31 {
            days.extend((rule.from.number()..=to.number()).filter_map(Day::from_number));
        }
    }
    days.into_iter().collect()
}

/// The days of the civil year that rows in force on them name.
fn of_the_year(regulations: &Regulations, key: Key, year: u16) -> Vec<Day> {
    let rules = regulations.of(key).iter();
    let named = rules.flat_map(|rule| rule.amount.days_of_year().map(move |md| (rule, md)));
    let days = named.filter_map(|(rule, (month, day))| {
        let day = Day::from_civil(u32::from(year), u32::from(month), u32::from(day)).ok()?;
        (regulations.at(key, day) == Some(rule)).then_some(day)
    });
    days.collect()
}

fn hung_kings(regulations: &Regulations, year: u16) -> Vec<Day> {
    let rules = regulations.of(Key::HolidayHungKings).iter();
    let days = rules.filter_map(|rule| {
        let (month, day) = rule.amount.days_of_year().next()?;
        let date = lunar::LunarDate {
            year,
            month,
            is_leap: false,
            day,
        };
        let day = date.to_day()?;
        (regulations.at(rule.key, day) == Some(rule)).then_some(day)
    });
    days.collect()
}

/// Tết as it usually is: so many days before the first of the year, so many from it.
fn usual_tet(regulations: &Regulations, year: u16) -> Vec<Day> {
    let Some(tet) = lunar::tet(year) else {
        return Vec::new();
    };
    let rule = regulations.at(Key::HolidayTetDays, tet);
    let Some([before, from]) = rule.map(|r| r.amount.numbers()) else {
        return Vec::new();
    };
    let small = |n: &u64| i32::try_from(*n).map_or(0, |n| n.min(31));
    let days = (-small(before)..small(from)).filter_map(|n| tet.plus_days(n));
    days.collect()
}

/// National Day as it usually is: with the day before, or the one after where that makes more days in a row.
fn usual_national(regulations: &Regulations, year: u16) -> Vec<Day> {
    let second = |day| Day::from_civil(u32::from(year), 9, day).ok();
    let Some(day) = second(2) else {
        return Vec::new();
    };
    let two = regulations.at(Key::HolidayNationalDays, day);
    if two.is_none_or(|rule| rule.amount.number() < 2) {
        return Vec::new();
    }
    // On a Thursday the Friday joins the weekend; on a Sunday or Monday the day before is off anyway.
    let is_after = matches!(day.weekday(), 0 | 3 | 6);
    second(if is_after { 3 } else { 1 }).into_iter().collect()
}
