//! What is due by when: facts of documents, rules of the day of the fact, and today.
use chibo_core::calendar::WorkingDays;
use chibo_core::date::Day;
use chibo_core::deadline::{DeadlineRule, Fact, NoDeadline, Span, State, deadline, ending, facts};
use chibo_core::document::{Value, Values};
use chibo_core::domain::member::MEMBER;
use chibo_core::id::PlaceId;
use chibo_core::kind::{KINDS, KeptFrom, Retention};
use chibo_core::party_age;
use chibo_core::regulation::{Key, Measure, Regulations};

const PLACE: PlaceId = PlaceId([7; 16]);

fn day(text: &str) -> Day {
    text.parse::<chibo_core::date::PartialDate>()
        .unwrap()
        .day()
        .unwrap()
}

fn known() -> (Regulations, WorkingDays) {
    let regulations = Regulations::built_in().unwrap();
    let calendar = WorkingDays::new(&regulations);
    (regulations, calendar)
}

fn member(values: &[(&str, &str)]) -> Values {
    let text = |t: &str| Value::Text(t.to_owned());
    values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), text(value)))
        .collect()
}

fn transfer(from: &str, done: Option<&str>) -> Fact {
    Fact {
        rule: DeadlineRule {
            rule: Key::TransferStart,
            from: "moved_on",
            after: None,
            done: "done_on",
            while_code: None,
            in_states: &[],
            ending: None,
        },
        place: PLACE,
        from: day(from),
        done: done.map(day),
    }
}

/// The state of a transfer of 2 February 2026, which ends on 7 May: a Thursday.
fn state(done: Option<&str>, today: &str) -> State {
    let (regulations, calendar) = known();
    let d = deadline(
        &transfer("2026-02-02", done),
        &regulations,
        &calendar,
        day(today),
    )
    .unwrap();
    assert_eq!(d.due, day("2026-05-07"));
    assert_eq!(d.term.number(), 60);
    assert_eq!(d.source.number, "294-QĐ/TW");
    assert!(d.is_verified, "the rule was verified, 2026 announced");
    d.state
}

#[test]
fn a_deadline_is_open_the_day_before_due_on_the_day_and_overdue_the_day_after() {
    let span = |days, working_days| Span { days, working_days };
    assert_eq!(state(None, "2026-02-02"), State::Open(span(94, 60)));
    assert_eq!(state(None, "2026-05-06"), State::Open(span(1, 1)));
    assert_eq!(state(None, "2026-05-07"), State::DueToday);
    assert_eq!(state(None, "2026-05-08"), State::Overdue(span(1, 1)));
    assert_eq!(
        state(None, "2026-05-10"),
        State::Overdue(span(3, 1)),
        "on a Sunday"
    );
}

#[test]
fn what_is_done_is_in_time_or_late_whatever_today_is() {
    let span = |days, working_days| Span { days, working_days };
    for today in ["2026-02-02", "2027-01-01"] {
        assert_eq!(state(Some("2026-05-06"), today), State::DoneInTime);
        assert_eq!(state(Some("2026-05-07"), today), State::DoneInTime);
        assert_eq!(
            state(Some("2026-05-08"), today),
            State::DoneLate(span(1, 1))
        );
    }
}

#[test]
fn a_fact_before_the_first_rule_has_no_deadline_and_says_so() {
    let (regulations, calendar) = known();
    let of = |from| {
        deadline(
            &transfer(from, None),
            &regulations,
            &calendar,
            day("2026-01-01"),
        )
    };
    let gap = NoDeadline::NoRule {
        key: Key::TransferStart,
        day: day("2025-06-30"),
    };
    assert_eq!(of("2025-06-30"), Err(gap));
    assert_eq!(
        gap.to_string(),
        "no rule transfer.start is known for 2025-06-30"
    );
    assert!(of("2025-07-01").is_ok());
    assert!(of("2025-07-02").is_ok());
}

#[test]
fn a_deadline_over_days_that_are_not_announced_is_marked() {
    let (regulations, calendar) = known();
    let of = |from| deadline(&transfer(from, None), &regulations, &calendar, day(from)).unwrap();
    assert!(of("2026-09-01").is_verified, "it ends in 2026");
    assert!(
        !of("2026-12-01").is_verified,
        "it ends after Tết 2027, which nobody has announced"
    );
}

#[test]
fn what_no_calendar_holds_has_no_deadline() {
    let (regulations, calendar) = known();
    let late = deadline(
        &transfer("2199-12-01", None),
        &regulations,
        &calendar,
        day("2026-01-01"),
    );
    assert_eq!(late, Err(NoDeadline::OutsideCalendar(Key::TransferStart)));
    let mut fact = transfer("2026-03-01", None);
    fact.rule.rule = Key::DuesStudent;
    let money = deadline(&fact, &regulations, &calendar, day("2026-03-01"));
    assert_eq!(money, Err(NoDeadline::NoTerm(Key::DuesStudent)));
}

#[test]
fn a_probationary_member_has_three_terms_one_after_the_other() {
    let (regulations, calendar) = known();
    let values = member(&[
        ("status", "probationary"),
        ("admission_decided_on", "2025-02-03"),
        ("admitted_on", "2025-03-31"),
    ]);
    let found: Vec<_> = facts(&MEMBER, &values, PLACE)
        .iter()
        .map(|f| deadline(f, &regulations, &calendar, day("2026-03-31")).unwrap())
        .collect();
    let told: Vec<_> = found.iter().map(|d| (d.key, d.from, d.due)).collect();
    assert_eq!(
        told,
        [
            (Key::Ceremony, day("2025-02-03"), day("2025-03-17")),
            (Key::Probation, day("2025-03-31"), day("2026-03-31")),
            // Thirty working days from the end of the twelve months: over 27 and 30 April, 1 May.
            (Key::OfficialReview, day("2026-03-31"), day("2026-05-15")),
        ]
    );
    let late = Span {
        days: 14,
        working_days: 10,
    };
    assert_eq!(found[0].state, State::DoneLate(late));
    assert_eq!(found[1].state, State::DueToday);
    assert!(
        found.iter().all(|d| !d.is_verified),
        "these rows were not verified"
    );
}

#[test]
fn nothing_is_due_of_somebody_who_is_official_or_whose_dates_are_not_known_to_the_day() {
    let official = [("status", "official"), ("admitted_on", "2022-01-10")];
    assert_eq!(facts(&MEMBER, &member(&official), PLACE), []);
    let month = [("status", "probationary"), ("admitted_on", "2025-03")];
    assert_eq!(facts(&MEMBER, &member(&month), PLACE), []);
    let done = [
        ("status", "probationary"),
        ("admitted_on", "2025-03-31"),
        ("official_on", "2026"),
    ];
    assert_eq!(
        facts(&MEMBER, &member(&done), PLACE),
        [],
        "done, nobody knows on which day"
    );
    assert_eq!(facts(&MEMBER, &Values::new(), PLACE), []);
}

#[test]
fn every_term_of_a_kind_names_fields_that_exist_and_a_length_of_time() {
    let mut count = 0;
    for kind in KINDS {
        for rule in kind.deadlines {
            let exists = |name: &str| match (kind.case, name.split_once('/')) {
                (Some(case), Some(("acts", act))) => match act.split_once('/') {
                    Some((act, of_it)) => case.act(act).is_some_and(|a| a.needs.contains(&of_it)),
                    None => case.act(act).is_some(),
                },
                _ => kind.field(name).is_some(),
            };
            assert!(exists(rule.from) && exists(rule.done), "{}", kind.name);
            assert!(rule.while_code.is_none_or(|(field, _)| exists(field)));
            for key in [Some(rule.rule), rule.after].into_iter().flatten() {
                assert_eq!(key.measure(), Measure::Term, "{}", key.name());
            }
            count += 1;
        }
    }
    assert_eq!(count, 8);
}

#[test]
fn every_kind_says_how_long_it_is_kept_by_a_length_of_time_from_a_field_that_exists() {
    for kind in KINDS {
        let Retention::For(key, from) = kind.retention else {
            continue;
        };
        assert_eq!(key.measure(), Measure::Term, "{}", kind.name);
        if let KeptFrom::Field(name) = from {
            assert!(kind.field(name).is_some(), "{}: {name}", kind.name);
        }
    }
}

#[test]
fn party_age_is_full_on_the_day_of_the_decision_and_not_the_day_before() {
    let decided = day("1996-11-07");
    let on = |text| party_age::years(decided, day(text));
    assert_eq!(
        [on("2026-11-06"), on("2026-11-07"), on("2026-11-08")],
        [29, 30, 30]
    );
    assert_eq!(party_age::years(decided, day("1990-01-01")), 0);
    assert_eq!(party_age::years(day("1996-02-29"), day("2026-02-28")), 30);
}

#[test]
fn the_next_badge_is_given_on_the_next_badge_day() {
    let (regulations, _) = known();
    let next = |decided: &str, on: &str| {
        party_age::next_badge(day(decided), day(on), &regulations).unwrap()
    };
    let badge = next("1996-11-07", "2026-01-01");
    assert_eq!(
        (badge.years, badge.reached_on, badge.given_on),
        (30, day("2026-11-07"), day("2026-11-07"))
    );
    assert_eq!(badge.early_from, day("2025-11-07"));
    assert!(!badge.is_verified);
    // A day later: the next day of badges is in the next year.
    assert_eq!(next("1996-11-08", "2026-01-01").given_on, day("2027-02-03"));
    assert_eq!(
        next("1996-11-08", "2026-11-08").years,
        30,
        "on the day itself"
    );
    assert_eq!(next("1996-11-08", "2026-11-09").years, 40, "the day after");
    // From seventy years on, two years early.
    assert_eq!(
        next("1956-05-19", "2026-01-01").early_from,
        day("2024-05-19")
    );
    assert_eq!(
        next("1961-05-19", "2026-01-01").early_from,
        day("2025-05-19"),
        "sixty-five: one year"
    );
    assert_eq!(
        party_age::next_badge(day("1930-02-03"), day("2026-01-01"), &regulations),
        None,
        "all are given"
    );
    assert_eq!(
        party_age::next_badge(day("1996-11-08"), day("2021-09-27"), &regulations),
        None,
        "no rule known"
    );
}

/// The day before, the day and the day after, at both ends of a reminder.
#[test]
fn row_16_a_reminder_begins_thirty_days_before_the_last_day_of_a_temporary_exemption() {
    let (regulations, calendar) = known();
    let of = |today: &str| {
        let remind = Key::TempExemptionRemind;
        ending(
            PLACE,
            day("2026-12-31"),
            remind,
            &regulations,
            &calendar,
            day(today),
        )
        .unwrap()
    };
    let d = of("2026-11-30");
    assert_eq!((d.from, d.due), (day("2026-12-01"), day("2026-12-31")));
    assert!(!d.is_verified, "no rule stands behind it, and it says so");
    let begun = |today: &str| of(today).from <= day(today);
    assert_eq!(
        ["2026-11-30", "2026-12-01", "2026-12-02"].map(begun),
        [false, true, true]
    );
    let span = Span {
        days: 1,
        working_days: 1,
    };
    assert_eq!(of("2026-12-30").state, State::Open(span));
    assert_eq!(of("2026-12-31").state, State::DueToday);
    assert!(matches!(of("2027-01-01").state, State::Overdue(_)));
    // The unit is data: a month, or working days.
    let row = |unit: &str| {
        let line = format!("tammien.remind\t1\t{unit}\t-\t-\t-\t2026-02-01\t-\tno\t-\t-");
        Regulations::built_in()
            .unwrap()
            .with(Regulations::parse(&line).unwrap())
    };
    let from = |unit: &str, last: &str| {
        let remind = Key::TempExemptionRemind;
        let d = ending(
            PLACE,
            day(last),
            remind,
            &row(unit),
            &calendar,
            day("2026-02-01"),
        );
        d.map(|d| d.from)
    };
    assert_eq!(from("months", "2026-03-31"), Ok(day("2026-02-28")));
    assert_eq!(from("months", "2026-04-30"), Ok(day("2026-03-30")));
    assert_eq!(from("working_days", "2026-12-31"), Ok(day("2026-12-30")));
    assert_eq!(
        from("working_days", "2027-01-04"),
        Ok(day("2027-01-03")),
        "Monday"
    );
    let none = ending(
        PLACE,
        day("2021-09-27"),
        Key::TempExemptionRemind,
        &regulations,
        &calendar,
        day("2021-09-01"),
    );
    assert!(
        matches!(none, Err(NoDeadline::NoRule { .. })),
        "the day before the first row"
    );
}
