//! A status (*tình trạng*) that is typed into a record keeps the one before it, so that lists and figures of a day in
//! between say what somebody was then.

use chibo_core::date::{Day, PartialDate};
use chibo_core::document::{Conflict, Value, Values};
use chibo_core::domain::member::STATUSES;
use chibo_core::field;
use chibo_core::id::{DocId, PlaceId};
use chibo_core::kind::by_name;
use chibo_core::place::Role;
use chibo_core::register::{self, statuses_before};
use proptest::prelude::*;

mod stage;
use stage::*;

fn day(text: &str) -> Day {
    PartialDate::parse(text).unwrap().day().unwrap()
}

/// A branch with its secretary and deputy at their phones, and the member of whom is told.
struct Branch {
    commune: Commune,
    secretary: Memory,
    deputy: Memory,
    lan: PlaceId,
}

fn branch() -> Branch {
    let mut commune = Commune::by_name_only();
    let (branch, lan) = (commune.branches[0], commune.members[0][1]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    let mut deputy = commune.enrol(Role::Deputy, branch);
    commune.sync(&mut secretary);
    commune.sync(&mut deputy);
    Branch {
        commune,
        secretary,
        deputy,
        lan,
    }
}

impl Branch {
    /// The secretary types this into the record and sends it.
    fn records(&mut self, pairs: &[(&str, &str)]) {
        self.drafts(pairs);
        self.commune.sync(&mut self.secretary);
        self.commune.sync(&mut self.deputy);
    }

    /// The secretary types this into the record and sends nothing yet. An empty text empties the field.
    fn drafts(&mut self, pairs: &[(&str, &str)]) {
        let (now, target) = (self.commune.now, member(self.lan));
        let edits = typed(pairs);
        let edited = (self.secretary).edit(target, &edits, now, &mut self.commune.rng);
        edited.unwrap();
    }

    fn record(&self) -> Values {
        let (_, record) = self
            .secretary
            .values(member(self.lan).doc)
            .unwrap()
            .unwrap();
        record
    }

    /// The status on a day, the same for everybody who has heard of it.
    fn on(&self, on: &str) -> String {
        status(&self.record(), on)
    }

    fn kept(&self) -> Vec<(String, Option<PartialDate>)> {
        statuses_before(&self.record())
    }

    fn conflicts(&self) -> Vec<Conflict> {
        self.secretary.conflicts(member(self.lan).doc).unwrap()
    }
}

fn typed(pairs: &[(&str, &str)]) -> Values {
    let kind = by_name("member").unwrap();
    let value = |path: &str, text: &str| field::parse(kind, path, text).unwrap();
    let edits = pairs.iter().map(|(p, text)| ((*p).into(), value(p, text)));
    edits.collect()
}

fn status(record: &Values, on: &str) -> String {
    register::status(record, &[], day(on)).map_or(String::new(), |s| s.value)
}

#[test]
fn row_03_what_somebody_was_before_a_death_is_told_for_the_days_before_it() {
    let mut branch = branch();
    branch.records(&[("official_on", "19/5/1985"), ("admitted_on", "19/5/1984")]);
    branch.records(&[("status", "mien"), ("status_since", "1/3/2020")]);
    branch.records(&[("status", "tu tran"), ("status_since", "14/3/2027")]);
    let expected = [
        ("1984-05-18", ""),
        ("1984-05-19", "probationary"),
        ("1985-05-19", "official"),
        ("2020-02-29", "official"),
        ("2020-03-01", "exempt"),
        ("2027-03-13", "exempt"),
        ("2027-03-14", "deceased"),
    ];
    for (on, told) in expected {
        assert_eq!(branch.on(on), told, "{on}");
        // The office and the other phone tell the same.
        let doc = member(branch.lan).doc;
        let (_, at_office) = branch.commune.node.values(doc).unwrap().unwrap();
        let (_, there) = branch.deputy.values(doc).unwrap().unwrap();
        assert_eq!([status(&at_office, on), status(&there, on)], [told, told]);
    }
    // The record says it itself, and its history who wrote it: with the change that ended it.
    let lines = branch
        .secretary
        .history(member(branch.lan).doc, 0, 1)
        .unwrap();
    let written: Vec<_> = lines[0].written.iter().map(|w| w.after.shown()).collect();
    assert!(written.contains(&"exempt".into()), "{written:?}");
    branch.commune.books_are_whole();
}

#[test]
fn a_decision_of_before_still_counts_over_what_the_record_said_then() {
    let mut branch = branch();
    branch.records(&[("status", "official"), ("status_since", "19/5/1985")]);
    branch.records(&[("status", "deceased"), ("status_since", "14/3/2027")]);
    let paper = values(&[
        ("form", "exemption"),
        ("number", "3"),
        ("issued_on", "2026-06-01"),
    ]);
    let of = [(DocId([7; 16]), paper)];
    let on = |on: &str| {
        register::status(&branch.record(), &of, day(on))
            .unwrap()
            .value
    };
    assert_eq!(on("2026-05-31"), "official");
    assert_eq!(on("2026-06-01"), "exempt");
    assert_eq!(on("2027-03-14"), "deceased");
}

#[test]
fn a_status_without_a_day_is_kept_too_and_a_day_that_comes_later_keeps_nothing_else() {
    let mut branch = branch();
    branch.records(&[("status", "exempt")]);
    branch.records(&[("status", "deceased")]);
    assert_eq!(
        branch.on("2020-01-01"),
        "deceased",
        "nobody has said since when"
    );
    branch.records(&[("status_since", "14/3/2027")]);
    assert_eq!(branch.on("2020-01-01"), "exempt");
    assert_eq!(branch.kept(), [("exempt".to_owned(), None)]);
}

#[test]
fn official_membership_without_a_day_stands_from_the_date_that_the_record_has_of_it() {
    let mut branch = branch();
    branch.records(&[("status", "official")]);
    branch.records(&[("official_on", "19/5/1985"), ("admitted_on", "19/5/1984")]);
    branch.records(&[("status", "expelled"), ("status_since", "2/9/2028")]);
    assert_eq!(branch.on("1984-06-01"), "probationary");
    assert_eq!(branch.on("2028-09-01"), "official");
}

#[test]
fn a_day_belongs_to_its_status_and_another_status_does_not_inherit_it() {
    let mut branch = branch();
    branch.records(&[("status", "official"), ("status_since", "19/5/1985")]);
    branch.records(&[("status", "deceased")]);
    assert_eq!(
        branch.record()["status_since"],
        Value::Cleared,
        "missing, not 1985"
    );
    branch.records(&[("status_since", "14/3/2027")]);
    assert_eq!(branch.on("2027-03-13"), "official");
    // A day that is mended ends nothing.
    branch.records(&[("status_since", "15/3/2027")]);
    assert_eq!(branch.on("2027-03-14"), "official");
    assert_eq!(branch.kept().len(), 1);
}

#[test]
fn a_mistake_that_was_mended_is_in_no_list_of_any_day() {
    let mut branch = branch();
    branch.records(&[("status", "official"), ("status_since", "19/5/1985")]);
    branch.records(&[("status", "deceased"), ("status_since", "14/3/2027")]);
    // It was somebody else.
    branch.records(&[("status", "official"), ("status_since", "19/5/1985")]);
    branch.records(&[("status", "exempt"), ("status_since", "1/5/2028")]);
    for (on, told) in [("2027-04-01", "official"), ("2028-05-01", "exempt")] {
        assert_eq!(branch.on(on), told, "{on}");
    }
    // One that was ended by the next before anybody noticed is taken out of the list by hand.
    branch.records(&[("status", "expelled"), ("status_since", "2/9/2028")]);
    let record = branch.record();
    let exempt = record.iter().find(|(path, value)| {
        path.starts_with("statuses/") && **value == Value::Text("exempt".into())
    });
    let path = exempt.unwrap().0.clone();
    branch.records(&[(&path, "")]);
    assert_eq!(branch.on("2028-06-01"), "official");
}

#[test]
fn what_a_roster_tells_of_before_stands_before_the_status_that_it_ends() {
    let mut branch = branch();
    branch.records(&[("status", "exempt"), ("status_since", "1/3/2020")]);
    branch.records(&[
        ("status", "deceased"),
        ("status_since", "14/3/2027"),
        ("statuses/0001/status", "official"),
        ("statuses/0001/since", "19/5/1985"),
        ("statuses/0002/status", "suspended"),
        ("statuses/0002/since", "2000"),
    ]);
    for (on, told) in [
        ("1999-12-31", "official"),
        ("2000-01-01", "suspended"),
        ("2020-03-01", "exempt"),
        ("2027-03-14", "deceased"),
    ] {
        assert_eq!(branch.on(on), told, "{on}");
    }
}

#[test]
fn a_draft_that_is_taken_back_or_comes_back_to_the_old_status_keeps_nothing() {
    let mut branch = branch();
    branch.records(&[("status", "official"), ("status_since", "19/5/1985")]);
    let before = branch.record();
    branch.drafts(&[("status", "exempt")]);
    assert_eq!(branch.kept().len(), 1);
    branch.drafts(&[("status", "deceased"), ("status_since", "14/3/2027")]);
    assert_eq!(branch.kept().len(), 1, "exempt never stood");
    branch.drafts(&[("status", "official"), ("status_since", "19/5/1985")]);
    assert_eq!(branch.record(), before);
    branch.drafts(&[("status", "exempt")]);
    branch.drafts(&[("status", "official")]);
    assert_eq!(branch.record(), before, "with its day");
    branch.drafts(&[("status", "exempt")]);
    branch.secretary.undo(member(branch.lan).doc).unwrap();
    assert_eq!(branch.record(), before);
    // Nor does a status that is emptied: it was not known at all.
    branch.records(&[("status", "")]);
    assert!(branch.kept().is_empty());
}

#[test]
fn two_who_end_the_same_status_keep_it_once_and_who_chooses_between_them_ends_neither() {
    let mut branch = branch();
    branch.records(&[("status", "official"), ("status_since", "19/5/1985")]);
    let (now, target) = (branch.commune.now, member(branch.lan));
    let died = typed(&[("status", "deceased"), ("status_since", "14/3/2027")]);
    (branch.deputy)
        .edit(target, &died, now, &mut branch.commune.rng)
        .unwrap();
    branch.drafts(&[("status", "exempt"), ("status_since", "1/2/2027")]);
    branch.commune.sync(&mut branch.deputy);
    branch.commune.sync(&mut branch.secretary);
    let open: Vec<_> = branch.conflicts().into_iter().map(|c| c.path).collect();
    assert_eq!(
        open,
        ["status", "status_since"],
        "what was before is no question"
    );
    assert_eq!(branch.kept().len(), 1);
    let chosen = [("status", "exempt"), ("status_since", "1/2/2027")];
    for one in chosen {
        branch.records(&[one]);
    }
    assert!(branch.conflicts().is_empty());
    assert_eq!(branch.kept().len(), 1, "the other version never stood");
    assert_eq!(branch.on("2027-01-31"), "official");
    assert_eq!(branch.on("2027-02-01"), "exempt");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever came after: each day has the status of the last that had begun by then.
    #[test]
    fn statuses_that_follow_one_another_are_each_told_for_their_days(
        steps in proptest::collection::vec((0usize..12, 1u32..400), 1..6)
    ) {
        let mut branch = branch();
        let (mut since, mut told) = (day("2000-01-01"), Vec::new());
        let mut steps = steps;
        steps.dedup_by_key(|(code, _)| *code);
        for (code, days) in steps {
            let code = STATUSES[code].code;
            branch.records(&[("status", code), ("status_since", &since.date().to_string())]);
            told.push((since, code));
            since = since.plus_days(days as i32).unwrap();
        }
        for (from, code) in told {
            prop_assert_eq!(branch.on(&from.date().to_string()), code);
        }
    }
}

/// Decisions in force, each with its form and day, in the order in which they were recorded.
fn decided(told: &[(&str, &str)]) -> Vec<(DocId, Values)> {
    let paper = |(n, (form, on)): (usize, &(&str, &str))| {
        let number = n.to_string();
        let said = values(&[("form", form), ("number", &number), ("issued_on", on)]);
        (DocId([n as u8; 16]), said)
    };
    told.iter().enumerate().map(paper).collect()
}

#[test]
fn row_03_whoever_comes_back_or_transfers_in_is_what_they_were_before_and_not_official_by_that() {
    type Told<'a> = (&'a [(&'a str, &'a str)], &'a [(&'a str, &'a str)], &'a str);
    let probation: &[(&str, &str)] = &[("status", "probationary"), ("admitted_on", "2026-01-10")];
    let official: &[(&str, &str)] = &[("status", "official")];
    let away = ("transfer_out", "2026-03-01");
    let came = ("transfer_in", "2026-06-01");
    // The record, what was decided since, and what somebody is on 1 September 2026.
    let table: &[Told] = &[
        (probation, &[came], "probationary"),
        (official, &[came], "official"),
        (&[], &[came], ""),
        (&[("official_on", "1996-11-07")], &[came], "official"),
        (&[("admitted_on", "2026-01-10")], &[came], "probationary"),
        (
            &[],
            &[("admission", "2025-12-01"), away, came],
            "probationary",
        ),
        (
            probation,
            &[away, ("official", "2026-05-01"), came],
            "official",
        ),
        (
            probation,
            &[away, came, ("official", "2026-08-01")],
            "official",
        ),
        (
            probation,
            &[("temp_exemption", "2026-02-01"), ("return", "2026-04-01")],
            "probationary",
        ),
        (
            official,
            &[("exemption", "2026-02-01"), ("return", "2026-04-01")],
            "official",
        ),
        // Exempt stays exempt over a transfer, and is lifted by their return only.
        (
            official,
            &[("exemption", "2026-02-01"), away, came],
            "exempt",
        ),
        (
            official,
            &[
                ("exemption", "2026-02-01"),
                away,
                came,
                ("return", "2026-07-01"),
            ],
            "official",
        ),
        (
            probation,
            &[("suspension", "2026-02-01"), ("restoration", "2026-04-01")],
            "probationary",
        ),
        (
            official,
            &[("expulsion", "2026-02-01"), ("restoration", "2026-04-01")],
            "official",
        ),
        (&[("status", "exempt")], &[("return", "2026-04-01")], ""),
        (
            &[("status", "exempt"), ("official_on", "1996-11-07")],
            &[("return", "2026-04-01")],
            "official",
        ),
        (
            &[("status", "struck_off")],
            &[("restoration", "2026-04-01")],
            "",
        ),
        // One that begins later does nothing yet.
        (
            official,
            &[away, ("transfer_in", "2026-09-02")],
            "transferred",
        ),
    ];
    for (record, told, expected) in table {
        let record = values(record);
        let of = decided(told);
        let stands = register::status(&record, &of, day("2026-09-01"));
        let is = stands.map_or(String::new(), |s| s.value);
        assert_eq!(is, *expected, "{record:?} {told:?}");
        // Lists and figures say the same; whoever came back belongs here, also where nobody knows as what.
        let lists = register::as_it_stands(&record, &of, day("2026-09-01"));
        assert_eq!(
            lists.get("status").map_or(String::new(), Value::shown),
            *expected
        );
        let status = register::status(&record, &of, day("2026-09-01"));
        assert_eq!(
            register::belongs(status.as_ref()),
            *expected != "transferred"
        );
    }
}

#[test]
fn row_38_the_clock_of_a_probation_goes_on_over_a_transfer() {
    let record = values(&[
        ("status", "probationary"),
        ("admission_decided_on", "2026-01-05"),
        ("admitted_on", "2026-01-10"),
    ]);
    let of = decided(&[
        ("transfer_out", "2026-03-01"),
        ("transfer_in", "2026-06-01"),
    ]);
    let terms = |on| {
        let stands = register::as_it_stands(&record, &of, day(on));
        let facts =
            chibo_core::deadline::facts(by_name("member").unwrap(), &stands, PlaceId([1; 16]));
        facts.iter().filter(|f| f.done.is_none()).count()
    };
    assert_eq!(
        terms("2026-04-01"),
        0,
        "it is the other branch's to look after"
    );
    assert_eq!(terms("2026-06-01"), 2, "the twelve months and the review");
}
