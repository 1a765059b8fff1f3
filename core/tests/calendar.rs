//! The lunar calendar against published tables, and working days against what was announced.
use chibo_core::calendar::{WorkingDays, is_weekend, lunar};
use chibo_core::date::Day;
use chibo_core::regulation::Regulations;
use lunar::LunarDate;
use proptest::prelude::*;

fn day(year: u32, month: u32, day: u32) -> Day {
    Day::from_civil(year, month, day).unwrap()
}

fn working_days() -> WorkingDays {
    WorkingDays::new(&Regulations::built_in().unwrap())
}

/// Year, day and month of Tết, as printed in Vietnamese calendars.
const TET: [(u16, u32, u32); 41] = [
    (1968, 29, 1),
    (1969, 16, 2),
    (1975, 11, 2),
    (1985, 21, 1),
    (1990, 27, 1),
    (2000, 5, 2),
    (2001, 24, 1),
    (2002, 12, 2),
    (2003, 1, 2),
    (2004, 22, 1),
    (2005, 9, 2),
    (2006, 29, 1),
    (2007, 17, 2),
    (2008, 7, 2),
    (2009, 26, 1),
    (2010, 14, 2),
    (2011, 3, 2),
    (2012, 23, 1),
    (2013, 10, 2),
    (2014, 31, 1),
    (2015, 19, 2),
    (2016, 8, 2),
    (2017, 28, 1),
    (2018, 16, 2),
    (2019, 5, 2),
    (2020, 25, 1),
    (2021, 12, 2),
    (2022, 1, 2),
    (2023, 22, 1),
    (2024, 10, 2),
    (2025, 29, 1),
    (2026, 17, 2),
    (2027, 6, 2),
    (2028, 26, 1),
    (2029, 13, 2),
    (2030, 2, 2),
    (2031, 23, 1),
    (2032, 11, 2),
    (2033, 31, 1),
    (2034, 19, 2),
    (2035, 8, 2),
];

#[test]
fn row_22_tet_is_on_the_day_that_vietnamese_calendars_print() {
    for (year, d, m) in TET {
        assert_eq!(lunar::tet(year), Some(day(year.into(), m, d)), "{year}");
    }
}

#[test]
fn tet_differs_from_the_chinese_new_year_where_the_new_moon_is_between_the_two_midnights() {
    let chinese = [
        (1968, 30, 1),
        (1969, 17, 2),
        (1985, 20, 2),
        (2007, 18, 2),
        (2030, 3, 2),
    ];
    for (year, d, m) in chinese {
        assert_ne!(lunar::tet(year), Some(day(year.into(), m, d)), "{year}");
    }
}

#[test]
fn leap_months_are_those_of_the_published_tables() {
    let table = [
        (1985, 2),
        (1987, 7),
        (2001, 4),
        (2004, 2),
        (2006, 7),
        (2009, 5),
        (2012, 4),
        (2014, 9),
        (2017, 6),
        (2020, 4),
        (2023, 2),
        (2025, 6),
        (2028, 5),
        (2031, 3),
        (2033, 11),
    ];
    for (year, month) in table {
        assert_eq!(lunar::leap_month(year), Some(month), "{year}");
    }
    let leap_years: Vec<u16> = (2000..=2033)
        .filter(|y| lunar::leap_month(*y).is_some())
        .collect();
    let of_table: Vec<u16> = table
        .iter()
        .map(|(y, _)| *y)
        .filter(|y| *y >= 2000)
        .collect();
    assert_eq!(leap_years, of_table);
    assert_eq!(
        lunar::leap_month(1984),
        None,
        "the Chinese year 1984 had one"
    );
}

#[test]
fn hung_kings_day_is_where_it_was_kept() {
    let table = [
        (2019, 14, 4),
        (2020, 2, 4),
        (2021, 21, 4),
        (2022, 10, 4),
        (2023, 29, 4),
        (2024, 18, 4),
        (2025, 7, 4),
        (2026, 26, 4),
    ];
    for (year, d, m) in table {
        let lunar = lunar::of(day(year.into(), m, d)).unwrap();
        assert_eq!(
            (lunar.month, lunar.day, lunar.is_leap),
            (3, 10, false),
            "{year}"
        );
        assert_eq!(lunar.year, year);
    }
}

#[test]
fn a_leap_month_is_told_from_the_month_before_it() {
    // 2025: month 6 begins on 25 June, the leap month on 25 July.
    let date = |is_leap| LunarDate {
        year: 2025,
        month: 6,
        is_leap,
        day: 1,
    };
    assert_eq!(date(false).to_day(), Some(day(2025, 6, 25)));
    assert_eq!(date(true).to_day(), Some(day(2025, 7, 25)));
    assert_eq!(lunar::of(day(2025, 7, 25)), Some(date(true)));
}

#[test]
fn what_the_lunar_calendar_does_not_have_is_no_day() {
    let date = |year, month, is_leap, day| LunarDate {
        year,
        month,
        is_leap,
        day,
    };
    for wrong in [
        date(2026, 6, true, 1),
        date(2026, 13, false, 1),
        date(2026, 0, false, 1),
        date(2026, 1, false, 0),
        date(2026, 1, false, 31),
        date(1899, 1, false, 1),
        date(2200, 1, false, 1),
    ] {
        assert_eq!(wrong.to_day(), None, "{wrong:?}");
    }
    assert_eq!(lunar::of(day(1850, 1, 1)), None);
    assert_eq!(lunar::tet(1899), None);
    assert_eq!(lunar::leap_month(2200), None);
    assert!(lunar::of(day(2199, 12, 31)).is_some());
}

/// Weekdays off and weekend days worked, put together by hand from the Code and the announcements.
type Announced = (u16, &'static [(u32, u32)], &'static [(u32, u32)]);

#[rustfmt::skip]
const ANNOUNCED: [Announced; 6] = [
    // Tết Friday 12/2; its Saturday and Sunday made up; 1/5 a Saturday.
    (2021, &[(1, 1), (10, 2), (11, 2), (12, 2), (15, 2), (16, 2), (21, 4), (30, 4), (3, 5), (2, 9), (3, 9)], &[]),
    // 1/1, the Hùng Kings' day, 30/4 and 1/5 on weekends.
    (2022, &[(3, 1), (31, 1), (1, 2), (2, 2), (3, 2), (4, 2), (11, 4), (2, 5), (3, 5), (1, 9), (2, 9)], &[]),
    // The Hùng Kings' day and 30/4 make up 2/5 and 3/5; 2/9 a Saturday.
    (2023, &[(2, 1), (20, 1), (23, 1), (24, 1), (25, 1), (26, 1), (1, 5), (2, 5), (3, 5), (1, 9), (4, 9)], &[]),
    (2024, &[(1, 1), (8, 2), (9, 2), (12, 2), (13, 2), (14, 2), (18, 4), (29, 4), (30, 4), (1, 5), (2, 9), (3, 9)],
     &[(4, 5)]),
    (2025, &[(1, 1), (27, 1), (28, 1), (29, 1), (30, 1), (31, 1), (7, 4), (30, 4), (1, 5), (2, 5), (1, 9), (2, 9)],
     &[(26, 4)]),
    // 24/11 for the first time.
    (2026, &[(1, 1), (2, 1), (16, 2), (17, 2), (18, 2), (19, 2), (20, 2), (27, 4), (30, 4), (1, 5), (31, 8), (1, 9),
             (2, 9), (24, 11)],
     &[(10, 1), (22, 8)]),
];

#[test]
fn the_years_that_were_announced_are_off_and_worked_as_announced() {
    let calendar = working_days();
    for (year, off, worked) in ANNOUNCED {
        let first = day(year.into(), 1, 1).number();
        let last = day(year.into(), 12, 31).number();
        let days = || (first..=last).filter_map(Day::from_number);
        let named = |list: &[(u32, u32)]| -> Vec<Day> {
            let days = list.iter().map(|(d, m)| day(year.into(), *m, *d));
            days.collect()
        };
        let found: Vec<Day> = days()
            .filter(|d| !is_weekend(*d) && !calendar.is_working(*d))
            .collect();
        assert_eq!(found, named(off), "{year}: days off");
        let found: Vec<Day> = days()
            .filter(|d| is_weekend(*d) && calendar.is_working(*d))
            .collect();
        assert_eq!(found, named(worked), "{year}: days worked");
        assert!(calendar.year(year).unwrap().is_announced, "{year}");
    }
}

#[test]
fn a_year_to_come_is_counted_by_the_usual_pattern_and_says_so() {
    let calendar = working_days();
    assert!(!calendar.year(2027).unwrap().is_announced);
    // Tết on Saturday 6/2/2027: 4 to 8 February, and the weekend made up on 9 and 10.
    for d in 4..=10 {
        assert!(!calendar.is_working(day(2027, 2, d)), "{d}");
    }
    assert!(calendar.is_working(day(2027, 2, 3)));
    assert!(calendar.is_working(day(2027, 2, 11)));
    // 2/9/2027 is a Thursday: the Friday joins the weekend.
    assert!(calendar.is_working(day(2027, 9, 1)));
    assert!(!calendar.is_working(day(2027, 9, 3)));
    assert!(!calendar.is_announced(day(2026, 12, 1), day(2027, 1, 1)));
    assert!(calendar.is_announced(day(2026, 1, 1), day(2026, 12, 31)));
}

#[test]
fn row_22_sixty_working_days_over_tet_2026_end_where_a_hand_counts_them() {
    let calendar = working_days();
    // From Monday 2 February. Weeks that end on these Fridays, and how many days are counted by then; Tết
    // takes the week of 16 February, 27 and 30 April and 1 May are off.
    let weeks = [
        ((6, 2), 4),
        ((13, 2), 9),
        ((20, 2), 9),
        ((27, 2), 14),
        ((6, 3), 19),
        ((13, 3), 24),
        ((20, 3), 29),
        ((27, 3), 34),
        ((3, 4), 39),
        ((10, 4), 44),
        ((17, 4), 49),
        ((24, 4), 54),
        ((1, 5), 56),
        ((7, 5), 60),
    ];
    let from = day(2026, 2, 2);
    for ((d, m), count) in weeks {
        assert_eq!(calendar.between(from, day(2026, m, d)), count, "{d}/{m}");
    }
    assert_eq!(calendar.add_working(from, 60), Some(day(2026, 5, 7)));
    assert_eq!(calendar.add_working(from, 0), Some(from));
}

#[test]
fn a_term_that_begins_on_a_day_off_counts_from_the_next_working_day() {
    let calendar = working_days();
    let saturday = day(2026, 2, 14);
    assert_eq!(calendar.add_working(saturday, 1), Some(day(2026, 2, 23)));
    assert_eq!(
        calendar.add_working(day(2026, 1, 9), 1),
        Some(day(2026, 1, 10)),
        "a Saturday that is worked"
    );
    assert_eq!(calendar.add_working(day(2199, 12, 31), 1), None);
}

#[test]
fn a_month_added_to_the_end_of_a_longer_one_ends_with_the_shorter() {
    let table = [
        ((2026, 1, 31), 1, (2026, 2, 28)),
        ((2028, 1, 31), 1, (2028, 2, 29)),
        ((2026, 1, 28), 1, (2026, 2, 28)),
        ((2026, 3, 31), 1, (2026, 4, 30)),
        ((2026, 4, 30), 1, (2026, 5, 30)),
        ((2024, 2, 29), 12, (2025, 2, 28)),
        ((2026, 11, 15), 2, (2027, 1, 15)),
    ];
    for ((y, m, d), months, (a, b, c)) in table {
        assert_eq!(day(y, m, d).plus_months(months), Some(day(a, b, c)));
    }
    assert_eq!(day(2199, 12, 1).plus_months(1), None);
    assert_eq!(day(2199, 12, 1).plus_months(u32::MAX), None);
}

proptest! {
    #[test]
    fn a_day_taken_to_the_lunar_calendar_and_back_is_the_same_day(number in -25_532i32..84_000) {
        let day = Day::from_number(number).unwrap();
        let date = lunar::of(day).unwrap();
        prop_assert_eq!(date.to_day(), Some(day));
        prop_assert!((1..=12).contains(&date.month) && (1..=30).contains(&date.day));
    }

    #[test]
    fn days_follow_one_another_in_the_lunar_calendar(number in -25_532i32..84_000) {
        let day = Day::from_number(number).unwrap();
        let (today, next) = (lunar::of(day).unwrap(), lunar::of(day.plus_days(1).unwrap()).unwrap());
        prop_assert!(next.day == today.day + 1 || (next.day == 1 && today.day >= 29));
    }

    #[test]
    fn adding_working_days_and_counting_them_agree(number in 0i32..40_000, count in 1u32..90) {
        let calendar = working_days();
        let from = Day::from_number(number).unwrap();
        let to = calendar.add_working(from, count).unwrap();
        prop_assert!(calendar.is_working(to));
        prop_assert_eq!(calendar.between(from, to), i32::try_from(count).unwrap());
        prop_assert_eq!(calendar.between(to, from), -i32::try_from(count).unwrap());
        prop_assert_eq!(calendar.between(from, to.plus_days(-1).unwrap()), i32::try_from(count).unwrap() - 1);
    }
}
