//! Regulations are data: which number holds on which day, and what is said where none is known.
use chibo_core::access::{reads, writes};
use chibo_core::date::Day;
use chibo_core::document::{Value, Values};
use chibo_core::domain::dossier::PAPERS;
use chibo_core::domain::regulation::{REGULATION, UNITS, target};
use chibo_core::dossier;
use chibo_core::field;
use chibo_core::id::PlaceId;
use chibo_core::place::{ROLES, Role};
use chibo_core::regulation::{Amount, Key, Measure, RegulationError, Regulations, Rule, Unit};

fn day(text: &str) -> Day {
    text.parse::<chibo_core::date::PartialDate>()
        .unwrap()
        .day()
        .unwrap()
}

fn built_in() -> Regulations {
    Regulations::built_in().unwrap()
}

/// A row as an office types it.
fn row(key: &str, value: &str, unit: &str, from: &str, to: &str) -> Result<Rule, RegulationError> {
    let mut values = Values::new();
    for (name, typed) in [
        ("key", key),
        ("value", value),
        ("unit", unit),
        ("source", "99-QĐ/TW"),
        ("source_on", "1/12/2026"),
        ("valid_from", from),
        ("valid_to", to),
    ] {
        let value = field::parse(&REGULATION, name, typed).unwrap();
        values.insert(name.to_owned(), value);
    }
    Rule::from_values(&values)
}

#[test]
fn every_key_has_a_row_or_is_only_announced() {
    let all = built_in();
    for key in Key::ALL {
        assert!(!all.of(*key).is_empty(), "{}", key.name());
        assert_eq!(Key::from_name(key.name()), Some(*key));
        assert!(!key.label().vi.is_empty() && !key.label().en.is_empty());
    }
    assert_eq!(Key::from_name("transfer.strat"), None);
}

#[test]
fn every_paper_of_a_dossier_but_another_one_has_its_key_and_is_called_the_same() {
    for paper in &PAPERS {
        match dossier::key_of(paper) {
            Some(key) => assert_eq!((key.measure(), key.label()), (Measure::Stage, paper.label)),
            None => assert_eq!(paper.code, "other"),
        }
    }
    let of_papers = Key::ALL
        .iter()
        .filter(|key| key.measure() == Measure::Stage);
    assert_eq!(of_papers.count(), PAPERS.len() - 1);
}

#[test]
fn every_row_names_its_source_or_says_that_nobody_verified_it() {
    for rule in built_in().iter() {
        let has_source = !rule.source.number.is_empty() && rule.source.on.is_some();
        assert!(has_source || !rule.is_verified, "{}", rule.key.name());
        let says_why = !rule.note.vi.is_empty() && !rule.note.en.is_empty();
        let is_old = rule.to.is_some();
        assert!(
            rule.is_verified || says_why || is_old,
            "{} says why it is unverified",
            rule.key.name()
        );
    }
}

#[test]
fn every_row_holds_from_its_first_day_to_its_last_and_not_the_day_before_or_after() {
    let all = built_in();
    for rule in all.iter() {
        let at = |n: i32, of: Day| all.at(rule.key, of.plus_days(n).unwrap());
        assert_ne!(
            at(-1, rule.from),
            Some(rule),
            "{} the day before",
            rule.key.name()
        );
        assert_eq!(at(0, rule.from), Some(rule), "{} the day", rule.key.name());
        if rule.to != Some(rule.from) {
            assert_eq!(
                at(1, rule.from),
                Some(rule),
                "{} the day after",
                rule.key.name()
            );
        }
        if let Some(to) = rule.to {
            assert_eq!(at(0, to), Some(rule), "{} the last day", rule.key.name());
            assert_ne!(
                at(1, to),
                Some(rule),
                "{} the day after the last",
                rule.key.name()
            );
        }
    }
}

#[test]
fn the_parameters_of_the_field_have_their_values_from_their_day_on() {
    // Key, unit, value before, the day, value on it and after it.
    let table = [
        ("transfer.start", None, "2025-07-01", "60"),
        ("transfer.present", None, "2025-07-01", "30"),
        ("temp.min", None, "2016-07-25", "3"),
        ("temp.max", None, "2016-07-25", "12"),
        ("temp.study.max", None, "2016-07-25", "2"),
        ("tammien.max", None, "2021-09-28", "12"),
        ("absent.removal", None, "2011-01-19", "3"),
        ("dues.removal", None, "2011-01-19", "3"),
        ("dues.removal", Some("3"), "2026-02-01", "3"),
        ("probation", None, "2021-07-30", "12"),
        ("ceremony", None, "2021-07-30", "30"),
        ("official.review", None, "2021-07-30", "30"),
        ("admit.age", None, "2021-07-30", "18 60"),
        ("admit.vote", None, "2021-07-30", "2/3"),
        ("branch.min", None, "2011-01-19", "3"),
        ("grassroots.min", None, "2011-01-19", "30"),
        ("chiuy.min", None, "2016-07-25", "9"),
        ("chiuy.max", None, "2016-07-25", "7"),
        ("review.points", None, "2025-08-30", "90 70 50"),
        ("review.over", None, "2025-08-30", "30"),
        ("review.late.max", None, "2025-08-30", "20"),
        ("review.excellent.max", None, "2025-08-30", "20"),
        ("review.min.membership", None, "2025-08-30", "6"),
        ("dues.bhxh", None, "2026-02-01", "1"),
        ("dues.leave", None, "2026-02-01", "1"),
        ("dues.pension", None, "2026-02-01", "0,5"),
        ("dues.student", None, "2026-02-01", "5.000"),
        ("dues.other", None, "2026-02-01", "0,3"),
        ("dues.other", Some("0,3"), "2028-01-01", "0,5"),
        ("dues.other.retired", None, "2026-02-01", "0,2"),
        ("dues.other.retired", Some("0,2"), "2028-01-01", "0,3"),
        (
            "min.wage",
            None,
            "2026-01-01",
            "5.310.000 4.730.000 4.140.000 3.700.000",
        ),
        ("dues.exempt.years", None, "2026-02-01", "50"),
        ("dues.reduce", None, "2026-02-01", "30 50 70 100"),
        ("dues.reduce.max", None, "2026-02-01", "12"),
        (
            "badge.years",
            None,
            "2021-09-28",
            "30 40 45 50 55 60 65 70 75 80 85 90",
        ),
        ("badge.early", None, "2021-09-28", "12 24"),
        ("badge.early.from", None, "2021-09-28", "70"),
        ("badge.days", None, "2021-09-28", "3/2 19/5 2/9 7/11"),
        ("discipline.bar", None, "2022-07-06", "5 10"),
        ("pdp.reply", None, "2026-01-01", "2"),
        ("checkin.every", None, "2026-01-01", "1"),
        ("checkin.remind", None, "2011-01-19", "3"),
        ("address.old", None, "2011-01-19", "12"),
        ("supplement.remind", None, "2022-01-01", "30"),
        ("change.decision", None, "2011-01-19", ""),
        ("place.code", None, "2025-07-01", ""),
        ("term.remind", None, "2016-07-25", "3"),
        ("abroad.min", None, "2021-09-28", "12"),
        ("tammien.remind", None, "2021-09-28", "30"),
        ("temp.remind", None, "2016-07-25", "30"),
        ("transfer.left", None, "2011-01-19", "0"),
        ("transfer.came", None, "2011-01-19", "0"),
        ("transfer.dossier", None, "2016-01-01", ""),
        ("transfer.dues", None, "2016-01-01", ""),
        ("personal_id.form", None, "2016-01-01", "12"),
        ("life_history.form", None, "2012-01-01", "6 1 3"),
        ("card.form", None, "2012-01-01", "8"),
        ("card.form", Some("8"), "2025-08-08", "1 20"),
        ("phone.form", None, "2016-01-01", "10 11 7 15"),
        ("supplement.due", None, "2022-01-01", "31/12"),
        ("keep.record", None, "2026-01-01", "10"),
        ("keep.decision", None, "2026-01-01", "70"),
        ("keep.contact", None, "2026-01-01", "5"),
        ("keep.meeting", None, "2026-01-01", "20"),
        ("keep.look", None, "2026-01-01", "5"),
        ("holiday.culture", None, "2026-07-01", "24/11"),
        (
            "paper.awareness_certificate",
            None,
            "2022-01-01",
            "admitted",
        ),
        ("paper.application", None, "2022-01-01", "admitted"),
        ("paper.applicant_history", None, "2022-01-01", "admitted"),
        ("paper.recommendation", None, "2022-01-01", "admitted"),
        ("paper.union_resolution", None, "2022-01-01", "none"),
        ("paper.opinions", None, "2022-01-01", "admitted"),
        ("paper.branch_resolution", None, "2022-01-01", "admitted"),
        ("paper.committee_resolution", None, "2022-01-01", "admitted"),
        ("paper.admission_decision", None, "2022-01-01", "admitted"),
        ("paper.life_history", None, "2022-01-01", "admitted"),
        ("paper.member_sheet", None, "2022-01-01", "admitted"),
        (
            "paper.new_member_certificate",
            None,
            "2022-01-01",
            "official",
        ),
        ("paper.self_criticism", None, "2022-01-01", "official"),
        ("paper.helper_remark", None, "2022-01-01", "official"),
        ("paper.official_resolutions", None, "2022-01-01", "official"),
        ("paper.official_decision", None, "2022-01-01", "official"),
    ];
    let all = built_in();
    for (name, before, from, value) in table {
        let key = Key::from_name(name).unwrap();
        let text = |n| {
            all.at(key, day(from).plus_days(n).unwrap())
                .map(|r| r.amount.text())
        };
        assert_eq!(text(-1).as_deref(), before, "{name} the day before");
        assert_eq!(text(0).as_deref(), Some(value), "{name} the day");
        assert_eq!(text(1).as_deref(), Some(value), "{name} the day after");
    }
    let told: std::collections::BTreeSet<&str> = table.iter().map(|(name, ..)| *name).collect();
    for key in Key::ALL
        .iter()
        .filter(|k| !k.name().starts_with("holiday."))
    {
        assert!(
            told.contains(key.name()),
            "{} has no boundary here",
            key.name()
        );
    }
}

#[test]
fn an_added_row_takes_over_on_its_day_and_not_before() {
    let added = row("transfer.start", "45", "working_days", "1/1/2027", "").unwrap();
    assert!(added.is_added && !added.is_verified);
    let all = built_in().with([added]);
    let on = |text| {
        all.at(Key::TransferStart, day(text))
            .unwrap()
            .amount
            .number()
    };
    assert_eq!(
        [on("2026-12-31"), on("2027-01-01"), on("2027-01-02")],
        [60, 45, 45]
    );
}

#[test]
fn when_the_later_row_ends_the_earlier_one_holds_again() {
    let added = row(
        "transfer.start",
        "90",
        "working_days",
        "1/8/2026",
        "31/8/2026",
    )
    .unwrap();
    let all = built_in().with([added]);
    let on = |text| {
        all.at(Key::TransferStart, day(text))
            .unwrap()
            .amount
            .number()
    };
    assert_eq!(
        [
            on("2026-07-31"),
            on("2026-08-01"),
            on("2026-08-31"),
            on("2026-09-01")
        ],
        [60, 90, 90, 60]
    );
}

#[test]
fn a_row_of_the_same_day_corrects_the_one_that_came_with_the_program() {
    let added = row("transfer.start", "2", "months", "1/7/2025", "").unwrap();
    let all = built_in().with([added]);
    assert_eq!(all.of(Key::TransferStart).len(), 1);
    let rule = all.at(Key::TransferStart, day("2025-07-01")).unwrap();
    assert_eq!(
        (rule.amount.unit(), rule.amount.number()),
        (Unit::Months, 2)
    );
}

#[test]
fn a_row_that_says_nothing_clear_is_refused_with_the_reason() {
    let long = "a day is needed";
    assert!(matches!(
        row("transfer.strat", "1", "days", "1/1/2027", ""),
        Err(RegulationError::UnknownKey(_))
    ));
    assert!(matches!(
        row("transfer.start", "1", "dong", "1/1/2027", ""),
        Err(RegulationError::WrongUnit { .. })
    ));
    for value in ["", "sixty", "-1", "1 000 x", "12345678901"] {
        let refused = row("transfer.start", value, "days", "1/1/2027", "");
        assert!(
            matches!(refused, Err(RegulationError::WrongValue { .. })),
            "{value}"
        );
    }
    assert!(
        matches!(
            row("transfer.start", "1", "days", "2027", ""),
            Err(RegulationError::DayNeeded(_))
        ),
        "{long}"
    );
    let backwards = row("transfer.start", "1", "days", "2/1/2027", "1/1/2027");
    assert_eq!(backwards, Err(RegulationError::EndsBeforeItBegins));
    assert!(matches!(
        Rule::from_values(&Values::new()),
        Err(RegulationError::UnknownKey(_))
    ));
    let no_day = Values::from([
        ("key".to_owned(), Value::Text("holiday.off".into())),
        ("unit".to_owned(), Value::Text("mark".into())),
    ]);
    assert!(matches!(
        Rule::from_values(&no_day),
        Err(RegulationError::Date(_))
    ));
    let mut verified = no_day.clone();
    verified.insert("valid_from".into(), Value::Text("2027-01-04".into()));
    verified.insert("verified".into(), Value::YesNo(true));
    assert_eq!(Rule::from_values(&verified), Err(RegulationError::NoSource));
}

#[test]
fn a_line_of_data_that_is_wrong_is_named_by_its_number() {
    let good = "ceremony\t30\tworking_days\t24-QĐ/TW\t2021\t4\t2021-07-30\t-\tno\t-\t-";
    assert_eq!(Regulations::parse(good).map(|rows| rows.len()), Ok(1));
    let short = format!("# a remark\n\n{good}\nceremony\t30");
    assert_eq!(
        Regulations::parse(&short),
        Err(RegulationError::Columns { line: 4 })
    );
    let wrong = good.replace("30\tw", "thirty\tw");
    assert!(matches!(
        Regulations::parse(&wrong),
        Err(RegulationError::Line { line: 1, .. })
    ));
}

#[test]
fn numbers_are_written_as_they_are_read() {
    let table = [
        (Unit::Percent, "0,5", vec![50]),
        (Unit::Percent, "12,25", vec![1225]),
        (Unit::Percent, "30 100", vec![3_000, 10_000]),
        (Unit::Dong, "5.310.000", vec![5_310_000]),
        (Unit::Dong, "500", vec![500]),
        (Unit::Fraction, "2/3", vec![2, 3]),
        (Unit::DaysOfYear, "3/2 19/5", vec![203, 519]),
        (Unit::LunarDay, "30/2", vec![230]),
        (Unit::Mark, "", vec![]),
    ];
    for (unit, text, numbers) in table {
        let amount = Amount::parse(unit, text).unwrap();
        assert_eq!(amount.numbers(), numbers, "{text}");
        assert_eq!(amount.text(), text);
        assert_eq!(Amount::parse(unit, &amount.text()), Some(amount));
    }
    let wrong = [
        (Unit::Percent, "0,123"),
        (Unit::Fraction, "2/0"),
        (Unit::DaysOfYear, "31/4"),
        (Unit::LunarDay, "31/3"),
        (Unit::Mark, "1"),
        (Unit::Days, "-"),
    ];
    for (unit, text) in wrong {
        assert_eq!(Amount::parse(unit, text), None, "{text}");
    }
}

#[test]
fn the_office_writes_regulations_and_all_below_read_them() {
    for role in ROLES {
        assert_eq!(writes(role, &REGULATION), role == Role::Office, "{role:?}");
        assert_eq!(reads(role, &REGULATION), role != Role::Operator, "{role:?}");
    }
    let units: Vec<&str> = Unit::all().map(Unit::code).collect();
    let codes: Vec<&str> = UNITS.iter().map(|c| c.code).collect();
    assert_eq!(units, codes, "the document's units are the data's");
    let at = |key, from| target(PlaceId([1; 16]), key, day(from)).doc;
    assert_eq!(
        at(Key::Ceremony, "2027-01-01"),
        at(Key::Ceremony, "2027-01-01")
    );
    assert_ne!(
        at(Key::Ceremony, "2027-01-01"),
        at(Key::Ceremony, "2027-01-02")
    );
}
