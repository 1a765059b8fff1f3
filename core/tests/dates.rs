//! Dates as people write them, as they are stored, and as they are shown.
use chibo_core::date::{DateError, Day, PartialDate};
use proptest::prelude::*;

#[test]
fn a_date_is_read_in_every_usual_spelling() {
    for text in [
        "03/02/1930",
        "3.2.1930",
        "3-2-1930",
        "1930-02-03",
        " 3 / 2 / 1930 ",
        "ngày 3 tháng 2 năm 1930",
    ] {
        assert_eq!(
            PartialDate::parse(text).unwrap().to_string(),
            "1930-02-03",
            "{text}"
        );
    }
    for text in ["02/1930", "2.1930", "1930-02", "tháng 2/1930"] {
        let date = PartialDate::parse(text).unwrap();
        assert_eq!(
            (date.to_string().as_str(), date.shown().as_str()),
            ("1930-02", "02/1930"),
            "{text}"
        );
    }
    let year = PartialDate::parse("1930").unwrap();
    assert_eq!((year.to_string().as_str(), year.day()), ("1930", None));
}

#[test]
fn a_day_that_does_not_exist_is_refused_with_its_reason() {
    assert_eq!(
        PartialDate::parse("29/02/1930"),
        Err(DateError::Day {
            day: 29,
            month: 2,
            year: 1930
        })
    );
    assert!(PartialDate::parse("29/02/1932").is_ok());
    assert_eq!(PartialDate::parse("01/13/1930"), Err(DateError::Month(13)));
    assert_eq!(PartialDate::parse("3/2/30"), Err(DateError::ShortYear));
    assert_eq!(PartialDate::parse("1799"), Err(DateError::Year(1799)));
    assert!(PartialDate::parse("1800").is_ok() && PartialDate::parse("2199").is_ok());
    assert_eq!(PartialDate::parse("2200"), Err(DateError::Year(2200)));
    for text in ["", "-", "không rõ", "1/2/3/1930", "99999999999"] {
        assert!(PartialDate::parse(text).is_err(), "{text}");
    }
}

#[test]
fn what_is_unknown_comes_before_what_is_known() {
    let mut dates: Vec<_> = ["1931", "1930-02-03", "1930-02", "1930-01-31", "1930"]
        .iter()
        .map(|t| PartialDate::parse(t).unwrap())
        .collect();
    dates.sort();
    let sorted: Vec<_> = dates.iter().map(|d| d.to_string()).collect();
    assert_eq!(
        sorted,
        ["1930", "1930-01-31", "1930-02", "1930-02-03", "1931"]
    );
}

#[test]
fn days_are_counted_from_1970() {
    assert_eq!(Day::from_civil(1970, 1, 1).unwrap().number(), 0);
    assert_eq!(Day::from_civil(2000, 3, 1).unwrap().number(), 11_017);
    assert_eq!(Day::from_civil(1930, 2, 3).unwrap().number(), -14_577);
}

#[test]
fn every_day_of_four_centuries_has_one_number() {
    let first = Day::from_civil(1800, 1, 1).unwrap().number();
    let last = Day::from_civil(2199, 12, 31).unwrap().number();
    assert_eq!(last - first, 146_096);
    let mut before = None;
    for number in first..=last {
        let day = Day::from_number(number).unwrap();
        assert_eq!(day.date().day(), Some(day));
        assert!(before < Some(day.date()));
        before = Some(day.date());
    }
    assert_eq!(Day::from_number(first - 1), None);
    assert_eq!(Day::from_number(last + 1), None);
}

proptest! {
    #[test]
    fn any_text_is_a_date_or_an_error_and_a_date_reads_back(text in "\\PC{0,24}|[0-9/.-]{0,12}") {
        if let Ok(date) = PartialDate::parse(&text) {
            prop_assert_eq!(PartialDate::parse(&date.to_string()), Ok(date));
            prop_assert_eq!(PartialDate::parse(&date.shown()), Ok(date));
        }
    }
}
