//! The Vietnamese lunar calendar (*âm lịch*), computed: which lunar day a day is, and back.
//!
//! A month begins on the day of the new moon. Month 11 is the one with the winter solstice. Where
//! thirteen months begin between two of these, the first in which the sun enters no new twelfth of its
//! path (*trung khí*) is a leap month and bears the number of the one before. All moments are taken
//! by Vietnam's clocks, UTC+7 (Quyết định 121-CP of 8/8/1967): therefore Tết sometimes differs from the
//! Chinese new year. Before 1968 the country used other clocks; the same rule is applied here.
//!
//! The moon's and sun's places are the usual series (J. Meeus, *Astronomical Algorithms*, chapters 25 and
//! 49): good to a minute for new moons and to a quarter of an hour for the sun. `tests/calendar.rs` holds
//! the result against published tables. Against another ephemeris all leap months of 1900 to 2199 agree, and all
//! beginnings of months but eight: one in 1967 and seven from 2077 on, whose new moons are within two minutes of
//! midnight, where nobody knows yet how the earth will turn.
//!
//! Does not know: holidays ([`crate::calendar`]), the clock.

use crate::date::Day;

/// The lunar years that are computed.
pub const YEARS: std::ops::RangeInclusive<u16> = 1900..=2199;

/// A day of the lunar calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LunarDate {
    /// The year that Tết of this civil year begins.
    pub year: u16,
    /// The month, 1 (*tháng Giêng*) to 12 (*tháng Chạp*).
    pub month: u8,
    /// Whether it is the leap month (*nhuận*) after the month of that number.
    pub is_leap: bool,
    /// The day of the month, 1 to 30.
    pub day: u8,
}

/// The lunar date of a day; `None` outside [`YEARS`].
pub fn of(day: Day) -> Option<LunarDate> {
    let number = day.number();
    let civil = day.year();
    // The lunar year begins in January or February.
    [civil, civil.saturating_sub(1)]
        .into_iter()
        .filter(|year| YEARS.contains(year))
        .find_map(|year| {
            let month = months(year).into_iter().find(|m| m.holds(number))?;
            Some(LunarDate {
                year,
                month: month.number,
                is_leap: month.is_leap,
                day: u8::try_from(number - month.first + 1).ok()?,
            })
        })
}

impl LunarDate {
    /// The day that bears this lunar date; `None` if the year has no such month or the month no such day.
    pub fn to_day(self) -> Option<Day> {
        if !YEARS.contains(&self.year) || self.day == 0 {
            return None;
        }
        let month = months(self.year)
            .into_iter()
            .find(|m| m.number == self.month && m.is_leap == self.is_leap)?;
        let number = month.first + i32::from(self.day) - 1;
        month.holds(number).then(|| Day::from_number(number))?
    }
}

/// The first day of a lunar year (*mùng 1 Tết*), in January or February of the civil year of that number.
pub fn tet(year: u16) -> Option<Day> {
    LunarDate {
        year,
        month: 1,
        is_leap: false,
        day: 1,
    }
    .to_day()
}

/// The number of the leap month of a lunar year, if it has one.
pub fn leap_month(year: u16) -> Option<u8> {
    if !YEARS.contains(&year) {
        return None;
    }
    let leap = months(year).into_iter().find(|m| m.is_leap);
    leap.map(|m| m.number)
}

/// A lunar month: its number in the year, and the days (as [`Day::number`]) from `first` to before `next`.
#[derive(Debug, Clone, Copy)]
struct Month {
    number: u8,
    is_leap: bool,
    first: i32,
    next: i32,
}

impl Month {
    fn holds(&self, number: i32) -> bool {
        (self.first..self.next).contains(&number)
    }
}

/// The twelve or thirteen months of a lunar year, in order.
fn months(year: u16) -> Vec<Month> {
    let from_winter = |month: &Month| month.number >= 11;
    let mut all = months_between_winters(year);
    all.retain(|m| !from_winter(m));
    all.extend(
        months_between_winters(year + 1)
            .into_iter()
            .filter(from_winter),
    );
    all
}

/// The months from month 11 of the year before (with that winter's solstice) to before month 11 of this year.
fn months_between_winters(year: u16) -> Vec<Month> {
    let first = winter_month(year - 1);
    let count = winter_month(year) - first;
    // With thirteen, one is a leap month: the first without an entry into a new twelfth.
    let leap = match count {
        13 => (1..13)
            .find(|i| twelfth(new_moon_day(first + i)) == twelfth(new_moon_day(first + i + 1))),
        _ => None,
    };
    let mut number: u8 = 10;
    (0..count)
        .map(|i| {
            let is_leap = leap == Some(i);
            if !is_leap {
                number = number % 12 + 1;
            }
            Month {
                number,
                is_leap,
                first: new_moon_day(first + i),
                next: new_moon_day(first + i + 1),
            }
        })
        .collect()
}

/// The number of the new moon that begins the month with the winter solstice of a civil year.
fn winter_month(year: u16) -> i32 {
    // A solstice is at twelfth 9. The month before it begins at most 30 days earlier.
    let near = ((f64::from(year) + 0.97 - 2000.0) * 12.3685).round() as i32;
    (near - 2..near + 2)
        .find(|k| twelfth(new_moon_day(*k)) < 9 && twelfth(new_moon_day(k + 1)) >= 9)
        .unwrap_or(near)
}

/// Day 0 of [`Day`] (1 January 1970) as a Julian day at midnight.
const EPOCH_JULIAN: f64 = 2_440_587.5;

/// Vietnam's clocks ahead of UTC, in days.
const VIETNAM: f64 = 7.0 / 24.0;

/// The day in Vietnam, as [`Day::number`], of the new moon of that number (0: that of 6 January 2000).
fn new_moon_day(k: i32) -> i32 {
    let moment = new_moon(f64::from(k));
    (moment - clock_ahead(moment) + VIETNAM - EPOCH_JULIAN).floor() as i32
}

/// In which twelfth of its path (0: from the spring equinox) the sun stands when this day begins in Vietnam.
fn twelfth(day: i32) -> i32 {
    let midnight = f64::from(day) + EPOCH_JULIAN - VIETNAM;
    let longitude = sun_longitude(midnight + clock_ahead(midnight));
    (longitude / 30.0).floor() as i32
}

/// How far uniform time is ahead of clocks (ΔT), in days: observed to 2020, expected after. Seconds every
/// twenty years from 1900.
fn clock_ahead(julian: f64) -> f64 {
    const SECONDS: [f64; 16] = [
        -3.0, 21.0, 24.0, 33.0, 50.5, 63.8, 69.4, 74.0, 84.0, 98.0, 117.0, 140.0, 165.0, 195.0,
        225.0, 260.0,
    ];
    let years = (julian - 2_451_544.5) / 365.25 + 100.0;
    let place = (years / 20.0).clamp(0.0, 14.999);
    let before = place.floor();
    let at = before as usize;
    let (a, b) = (SECONDS[at], SECONDS[at + 1]);
    (a + (b - a) * (place - before)) / 86_400.0
}

/// The sine of an angle in degrees.
fn sine(degrees: f64) -> f64 {
    degrees.rem_euclid(360.0).to_radians().sin()
}

/// The moment of a new moon in uniform time, as a Julian day.
fn new_moon(k: f64) -> f64 {
    let t = k / 1_236.85;
    let (t2, t3, t4) = (t * t, t * t * t, t * t * t * t);
    let mean = 2_451_550.097_66 + 29.530_588_861 * k + 0.000_154_37 * t2 - 0.000_000_150 * t3
        + 0.000_000_000_73 * t4;
    // The orbit of the earth is becoming rounder.
    let e = 1.0 - 0.002_516 * t - 0.000_007_4 * t2;
    let sun = 2.553_4 + 29.105_356_70 * k - 0.000_001_4 * t2 - 0.000_000_11 * t3;
    let moon =
        201.564_3 + 385.816_935_28 * k + 0.010_758_2 * t2 + 0.000_012_38 * t3 - 0.000_000_058 * t4;
    let node =
        160.710_8 + 390.670_502_84 * k - 0.001_611_8 * t2 - 0.000_002_27 * t3 + 0.000_000_011 * t4;
    let rise = 124.774_6 - 1.563_755_88 * k + 0.002_067_2 * t2 + 0.000_002_15 * t3;
    let terms = MOON.iter().map(|(size, ecc, s, m, f)| {
        let angle = f64::from(*s) * sun + f64::from(*m) * moon + f64::from(*f) * node;
        size * e.powi(*ecc) * sine(angle)
    });
    let planets = PLANETS
        .iter()
        .map(|(size, start, rate)| size * sine(start + rate * k));
    let first = 0.000_325 * sine(299.77 + 0.107_408 * k - 0.009_173 * t2);
    mean + terms.sum::<f64>() + planets.sum::<f64>() + first - 0.000_17 * sine(rise)
}

/// Terms of a new moon: size in days, power of the orbit's roundness, multiples of the sun's anomaly, the
/// moon's anomaly and its distance from the node.
const MOON: [(f64, i32, i8, i8, i8); 24] = [
    (-0.407_20, 0, 0, 1, 0),
    (0.172_41, 1, 1, 0, 0),
    (0.016_08, 0, 0, 2, 0),
    (0.010_39, 0, 0, 0, 2),
    (0.007_39, 1, -1, 1, 0),
    (-0.005_14, 1, 1, 1, 0),
    (0.002_08, 2, 2, 0, 0),
    (-0.001_11, 0, 0, 1, -2),
    (-0.000_57, 0, 0, 1, 2),
    (0.000_56, 1, 1, 2, 0),
    (-0.000_42, 0, 0, 3, 0),
    (0.000_42, 1, 1, 0, 2),
    (0.000_38, 1, 1, 0, -2),
    (-0.000_24, 1, -1, 2, 0),
    (-0.000_07, 0, 2, 1, 0),
    (0.000_04, 0, 0, 2, -2),
    (0.000_04, 0, 3, 0, 0),
    (0.000_03, 0, 1, 1, -2),
    (0.000_03, 0, 0, 2, 2),
    (-0.000_03, 0, 1, 1, 2),
    (0.000_03, 0, -1, 1, 2),
    (-0.000_02, 0, -1, 1, -2),
    (-0.000_02, 0, 1, 3, 0),
    (0.000_02, 0, 0, 4, 0),
];

/// Small terms from planets: size in days, angle at new moon 0, degrees for each new moon.
const PLANETS: [(f64, f64, f64); 13] = [
    (0.000_165, 251.88, 0.016_321),
    (0.000_164, 251.83, 26.651_886),
    (0.000_126, 349.42, 36.412_478),
    (0.000_110, 84.66, 18.206_239),
    (0.000_062, 141.74, 53.303_771),
    (0.000_060, 207.14, 2.453_732),
    (0.000_056, 154.84, 7.306_860),
    (0.000_047, 34.52, 27.261_239),
    (0.000_042, 207.19, 0.121_824),
    (0.000_040, 291.34, 1.844_379),
    (0.000_037, 161.72, 24.198_154),
    (0.000_035, 239.56, 25.513_099),
    (0.000_023, 331.55, 3.592_518),
];

/// The apparent longitude of the sun in degrees, 0 to 360, at a moment of uniform time.
fn sun_longitude(julian: f64) -> f64 {
    let t = (julian - 2_451_545.0) / 36_525.0;
    let mean = 280.466_46 + 36_000.769_83 * t + 0.000_303_2 * t * t;
    let anomaly = 357.529_11 + 35_999.050_29 * t - 0.000_153_7 * t * t;
    let centre = (1.914_602 - 0.004_817 * t - 0.000_014 * t * t) * sine(anomaly)
        + (0.019_993 - 0.000_101 * t) * sine(2.0 * anomaly)
        + 0.000_289 * sine(3.0 * anomaly);
    let rise = 125.04 - 1_934.136 * t;
    (mean + centre - 0.005_69 - 0.004_78 * sine(rise)).rem_euclid(360.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Machines differ in the last digit of a sine; none of them may differ in a day.
    #[test]
    fn no_new_moon_is_so_near_midnight_that_rounding_decides() {
        let second = 1.0 / 86_400.0;
        for k in -1_240..2_480 {
            let moment = new_moon(f64::from(k));
            let since_midnight =
                (moment - clock_ahead(moment) + VIETNAM - EPOCH_JULIAN).rem_euclid(1.0);
            assert!(
                since_midnight.min(1.0 - since_midnight) > second / 10.0,
                "{k}"
            );
        }
    }
}
