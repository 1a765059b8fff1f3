//! What is due by when: facts of documents, rules of the day of the fact, and today.
use chibo_core::calendar::WorkingDays;
use chibo_core::case;
use chibo_core::date::Day;
use chibo_core::deadline::{
    DeadlineRule, Ending, Fact, NoDeadline, Of, Span, State, deadline, ending, facts,
    facts_and_gaps,
};
use chibo_core::document::{Value, Values};
use chibo_core::domain::member::MEMBER;
use chibo_core::domain::placement::PLACEMENT;
use chibo_core::domain::transfer::TRANSFER;
use chibo_core::domain::transfer_in::TRANSFER_IN;
use chibo_core::id::PlaceId;
use chibo_core::kind::{KINDS, KeptFrom, Kind, Retention};
use chibo_core::party_age;
use chibo_core::regulation::{Key, Measure, Regulations};
use chibo_core::retention;

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
            remind: None,
            of: Of::Document,
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
                    // Whichever act says it.
                    Some(("*", of_it)) => case.acts.iter().any(|a| a.needs.contains(&of_it)),
                    Some((act, of_it)) => case.act(act).is_some_and(|a| a.needs.contains(&of_it)),
                    None => case.act(act).is_some(),
                },
                _ => kind.field(name).is_some(),
            };
            // What ends by itself, or is asked for again and again, needs nobody who does it.
            let is_again = rule.of == Of::Member && rule.ending.is_none();
            let ends = (is_again || rule.ending == Some(Ending::ByItself)) && rule.done.is_empty();
            assert!(
                exists(rule.from) && (ends || exists(rule.done)),
                "{}",
                kind.name
            );
            let states = rule.in_states.iter();
            let is_state = |state: &&str| kind.case.unwrap().state(state).is_some();
            assert_eq!(states.filter(|s| !is_state(s)).count(), 0, "{}", kind.name);
            assert!(rule.while_code.is_none_or(|(field, _)| exists(field)));
            for key in [Some(rule.rule), rule.after].into_iter().flatten() {
                let is_term = matches!(key.measure(), Measure::Term | Measure::DaysOfYear);
                assert!(is_term, "{}", key.name());
            }
            if let Some(remind) = rule.remind {
                assert_eq!(remind.measure(), Measure::Term, "{}", remind.name());
            }
            count += 1;
        }
    }
    assert_eq!(count, 19);
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

/// A document with these values, as it stands today.
fn of_kind(kind: &Kind, values: &Values, today: &str) -> Vec<(Key, Day, Day, State)> {
    let (regulations, calendar) = known();
    let found = facts(kind, values, PLACE).into_iter();
    let of = found.map(|f| deadline(&f, &regulations, &calendar, day(today)).unwrap());
    of.map(|d| (d.key, d.from, d.due, d.state)).collect()
}

/// Acts one after the other, each with what it says.
fn acts(told: &[(&str, &[(&str, &str)])]) -> Values {
    let mut values = Values::new();
    let mut after = String::new();
    for (n, (act, said)) in told.iter().enumerate() {
        let id = format!("{n:016x}");
        let own = [("act", *act), ("after", after.as_str())];
        for (name, text) in own.iter().chain(said.iter()) {
            values.insert(format!("acts/{id}/{name}"), Value::Text((*text).to_owned()));
        }
        after = id;
    }
    values
}

const STAY: [(&str, &[(&str, &str)]); 4] = [
    ("open", &[("on", "2026-02-02"), ("form", "temporary")]),
    (
        "introduce",
        &[
            ("number", "45"),
            ("on", "2026-02-09"),
            ("until", "2026-12-31"),
        ],
    ),
    ("present", &[("on", "2026-02-10")]),
    ("receive", &[("on", "2026-02-11")]),
];

#[test]
fn row_20_the_end_of_a_temporary_stay_is_told_before_on_and_after_its_last_day() {
    let at = |today| {
        let all = of_kind(&TRANSFER, &acts(&STAY), today);
        let (_, from, due, state) = *all.iter().find(|d| d.0 == Key::TempRemind).unwrap();
        assert_eq!((from, due), (day("2026-12-01"), day("2026-12-31")));
        state
    };
    let span = Span {
        days: 1,
        working_days: 1,
    };
    assert_eq!(at("2026-12-30"), State::Open(span));
    assert_eq!(at("2026-12-31"), State::DueToday);
    assert!(matches!(at("2027-01-01"), State::Overdue(_)));
    // The return slip is no end of the stay: they are reminded all the same, and nobody need say more.
    let closed = [&STAY[..], &[("close", &[("on", "2026-03-01")])]].concat();
    let is_told = |today| {
        let all = of_kind(&TRANSFER, &acts(&closed), today);
        all.iter().any(|d| d.0 == Key::TempRemind && d.3.is_open())
    };
    assert_eq!(["2026-12-31", "2027-01-01"].map(is_told), [true, false]);
    // Prolonged, it ends later; come back or transferred formally, nothing is to be reminded of.
    let until = [("until", "2027-01-31")];
    let longer = [&STAY[..], &[("extend", &until)]].concat();
    let all = of_kind(&TRANSFER, &acts(&longer), "2027-01-05");
    let ends = all.iter().find(|d| d.0 == Key::TempRemind).unwrap();
    assert_eq!(ends.2, day("2027-01-31"));
    for act in ["come_back", "formal"] {
        let on = [("on", "2027-01-31")];
        let over = [&longer[..], &[(act, &on)]].concat();
        let all = of_kind(&TRANSFER, &acts(&over), "2027-03-01");
        let open = all
            .iter()
            .filter(|d| d.0 == Key::TempRemind && d.3.is_open());
        assert_eq!(open.count(), 0, "{act}");
        let story = case::story(&TRANSFER, &acts(&over));
        assert!(
            TRANSFER
                .case
                .is_some_and(|c| c.state(story.state).is_some_and(|s| !s.open))
        );
    }
}

#[test]
fn row_19_a_letter_that_was_presented_in_time_and_returned_is_not_late_when_it_is_presented_again()
{
    let sent = [
        ("open", &[("on", "2026-02-02")][..]),
        ("introduce", &[("number", "45"), ("on", "2026-03-02")]),
    ];
    let letter = [
        ("number", "45"),
        ("letter_on", "2026-03-02"),
        ("full_name", "Trần Thị Lan"),
    ];
    let here = [("expect", &letter[..])];
    let returned = |first| {
        [
            ("present", vec![("on", first)]),
            ("return", vec![("on", "2026-05-12"), ("note", "thiếu")]),
            ("present", vec![("on", "2026-06-01")]),
        ]
    };
    for (kind, begun) in [(&TRANSFER, &sent[..]), (&TRANSFER_IN, &here[..])] {
        let clock = |first, acts_then: usize| {
            let then = returned(first);
            let then = then[..acts_then]
                .iter()
                .map(|(act, said)| (*act, &said[..]));
            let told: Vec<_> = begun.iter().copied().chain(then).collect();
            let all = of_kind(kind, &acts(&told), "2026-06-01");
            let clock = all.into_iter().find(|d| d.0 == Key::TransferPresent);
            let (_, from, _, state) = clock.unwrap();
            assert_eq!(from, day("2026-03-02"));
            state
        };
        // Thirty working days from 2 March end on 13 April.
        for acts_then in 1..=3 {
            let at = (kind.name, acts_then);
            assert_eq!(clock("2026-03-10", acts_then), State::DoneInTime, "{at:?}");
            let late = clock("2026-05-11", acts_then);
            assert!(matches!(late, State::DoneLate(_)), "{at:?}: {late:?}");
            assert_eq!(late, clock("2026-05-11", 1), "so late as the first time");
        }
    }
    // A presentation that was recorded by mistake was none.
    let mistaken = [
        &sent[..],
        &[
            ("present", &[("on", "2026-03-10")][..]),
            (
                "cancel",
                &[("note", "ghi nhầm"), ("about", "0000000000000002")],
            ),
            ("present", &[("on", "2026-06-01")]),
        ],
    ];
    let all = of_kind(&TRANSFER, &acts(&mistaken.concat()), "2026-06-01");
    let clock = all.iter().find(|d| d.0 == Key::TransferPresent).unwrap();
    assert!(matches!(clock.3, State::DoneLate(_)), "{clock:?}");
}

#[test]
fn row_20_a_placement_is_reminded_of_and_ends_by_itself() {
    let stay = member(&[("from", "2026-02-09"), ("until", "2026-12-31")]);
    let state = |today| of_kind(&PLACEMENT, &stay, today)[0].3;
    assert!(matches!(state("2026-12-30"), State::Open(_)));
    assert_eq!(state("2026-12-31"), State::DueToday);
    assert_eq!(
        state("2027-01-01"),
        State::DoneInTime,
        "nobody need do anything"
    );
}

#[test]
fn row_18_a_transfer_that_was_opened_without_its_day_says_that_the_day_is_missing() {
    let open = acts(&[("open", &[("form", "formal")])]);
    let (facts, gaps) = facts_and_gaps(&TRANSFER, &open, PLACE);
    assert_eq!(facts, []);
    assert_eq!(gaps, [NoDeadline::NoDay(Key::TransferStart)]);
    let dated = acts(&[("open", &[("form", "formal"), ("on", "2026-02-02")])]);
    let (facts, gaps) = facts_and_gaps(&TRANSFER, &dated, PLACE);
    assert_eq!((facts.len(), gaps.len()), (1, 0));
    // Once the letter is there, nothing hangs on it any more.
    let letter = ("introduce", &[("number", "45"), ("on", "2026-02-09")][..]);
    let issued = acts(&[("open", &[("form", "formal")]), letter]);
    let (_, gaps) = facts_and_gaps(&TRANSFER, &issued, PLACE);
    assert_eq!(gaps, []);
}

#[test]
fn row_43_what_is_kept_is_kept_by_the_rule_of_the_day_on_which_they_left() {
    // From 2030 on, records are kept for five years and no longer for ten.
    let line = "keep.record\t5\tyears\t9-QĐ/TW\t2029\t-\t2030-01-01\t-\tyes\t-\t-";
    let rules = (Regulations::built_in().unwrap()).with(Regulations::parse(line).unwrap());
    let due = |left: &str| {
        let due = retention::due(&MEMBER, &Values::new(), Some(day(left)), &rules);
        due.map(|(day, _)| day)
    };
    assert_eq!(due("2029-12-31"), Some(day("2039-12-31")));
    assert_eq!(due("2030-01-01"), Some(day("2035-01-01")));
    assert_eq!(due("2030-01-02"), Some(day("2035-01-02")));
    // Who left before any rule came falls under the first.
    assert_eq!(due("2019-06-01"), Some(day("2029-06-01")));
}
