//! Cases and decisions: what may be done when and by whom, what two people do at once, and what stands.

use chibo_core::author::{Doing, EditError, Target};
use chibo_core::calendar::WorkingDays;
use chibo_core::case::{self, CANCEL, CaseError, KEEP, NEW, Who};
use chibo_core::date::Day;
use chibo_core::deadline::{self, State};
use chibo_core::document::{Value, Values};
use chibo_core::domain::decision::DECISION;
use chibo_core::domain::exemption::{EXEMPTION, TEMP_EXEMPTION};
use chibo_core::domain::transfer::TRANSFER;
use chibo_core::enrol::Offer;
use chibo_core::feed::authorise::Forbidden;
use chibo_core::id::{DocId, PersonId, PlaceId};
use chibo_core::kind::{KINDS, Kind};
use chibo_core::place::Role;
use chibo_core::register;
use chibo_core::regulation::{Key, Regulations};
use chibo_core::store::Store;
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};

mod stage;
use stage::*;

fn day(text: &str) -> Day {
    chibo_core::date::PartialDate::parse(text)
        .unwrap()
        .day()
        .unwrap()
}

/// A new document of a kind of which a member has many.
fn begun(place: PlaceId, kind: &'static Kind, n: u8) -> Target {
    Target::at(place, kind, &[n; 16])
}

fn doing<'a>(act: &'a str, said: &'a Values) -> Doing<'a> {
    Doing {
        act,
        about: None,
        said,
    }
}

impl Commune {
    fn does(
        &mut self,
        phone: &mut Memory,
        case: Target,
        act: &str,
        said: &[(&str, &str)],
    ) -> Result<(), EditError> {
        let said = values(said);
        let now = self.now;
        phone
            .act(case, doing(act, &said), now, &mut self.rng)
            .map(drop)
    }

    fn office_does(&mut self, case: Target, act: &str, said: &[(&str, &str)]) {
        let said = values(said);
        let now = self.now;
        self.node
            .act(case, doing(act, &said), now, &mut self.rng)
            .unwrap();
        self.node.submit(now, &mut self.rng).unwrap();
    }

    fn story(&self, case: Target) -> case::Story {
        match self.node.values(case.doc).unwrap() {
            Some((kind, values)) => case::story(kind, &values),
            None => case::Story::default(),
        }
    }

    fn decisions(&self, member: PlaceId) -> Vec<(DocId, Values)> {
        self.node.documents(member, &DECISION).unwrap()
    }

    fn status_on(&self, place: PlaceId, on: &str) -> String {
        let (_, record) = self.node.values(member(place).doc).unwrap().unwrap();
        let standing = register::status(&record, &self.decisions(place), day(on));
        standing.map_or_else(String::new, |s| s.value)
    }

    fn decides(&mut self, member: PlaceId, n: u8, said: &[(&str, &str)]) -> DocId {
        let target = begun(member, &DECISION, n);
        let now = self.now;
        self.node
            .edit(target, &values(said), now, &mut self.rng)
            .unwrap();
        self.node.submit(now, &mut self.rng).unwrap();
        target.doc
    }
}

#[test]
fn row_18_a_transfer_out_goes_from_state_to_state_and_its_clock_runs() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    let mut own = commune.enrol_by(&Offer::new(Role::Member, quang, PersonId(quang.0), NEVER));
    commune.sync(&mut secretary);
    commune.sync(&mut own);
    let case = begun(quang, &TRANSFER, 1);
    // The member asks from afar, in their own words.
    let asks = [
        ("on", "2026-09-07"),
        ("form", "formal"),
        ("reach", "other_province"),
        ("destination", "Phường Dĩ An, Thành phố Hồ Chí Minh"),
        ("note", "làm công nhân ổn định ở đây"),
    ];
    commune.does(&mut own, case, "open", &asks).unwrap();
    assert!(commune.sync(&mut own).synced);
    assert!(commune.sync(&mut secretary).synced);
    let on = [("on", "2026-09-14")];
    commune.does(&mut secretary, case, "begin", &on).unwrap();
    assert!(commune.sync(&mut secretary).synced);
    assert_eq!(commune.story(case).state, "preparing");
    // Sixty working days from 7 September 2026.
    let rules = Regulations::built_in().unwrap();
    let calendar = WorkingDays::new(&rules);
    let (_, now) = commune.node.values(case.doc).unwrap().unwrap();
    let facts = deadline::facts(&TRANSFER, &now, quang);
    let clock = |today: &str| deadline::deadline(&facts[0], &rules, &calendar, day(today)).unwrap();
    let due = clock("2026-09-14").due;
    assert_eq!(clock("2026-09-14").key, Key::TransferStart);
    assert_eq!(calendar.between(day("2026-09-07"), due), 60);
    assert!(matches!(clock("2026-09-14").state, State::Open(_)));
    assert_eq!(clock(&due.to_string()).state, State::DueToday);
    let after = Day::from_number(due.number() + 1).unwrap();
    assert!(matches!(clock(&after.to_string()).state, State::Overdue(_)));

    // A letter without a number is a draft: the case does not go on.
    let draft = [("on", "2026-09-18")];
    commune.office_does(case, "introduce", &draft);
    assert_eq!(commune.story(case).state, "preparing");
    let cancelled = [("note", "quên ghi số")];
    commune.office_does(case, CANCEL, &cancelled);
    let letter = [
        ("on", "2026-09-18"),
        ("number", "45"),
        ("body", "Đảng ủy xã Xuân Trường"),
        ("dues_paid_through", "2026-09"),
    ];
    commune.office_does(case, "introduce", &letter);
    assert_eq!(commune.story(case).state, "introduced");
    let (_, now) = commune.node.values(case.doc).unwrap().unwrap();
    let clocks = deadline::facts(&TRANSFER, &now, quang);
    let keys: Vec<Key> = clocks.iter().map(|f| f.rule.rule).collect();
    assert_eq!(keys, [Key::TransferStart, Key::TransferPresent]);
    let started = deadline::deadline(&clocks[0], &rules, &calendar, day("2027-01-01")).unwrap();
    assert_eq!(started.state, State::DoneInTime);

    commune.sync(&mut own);
    let on = [("on", "2026-09-19")];
    commune.does(&mut own, case, "present", &on).unwrap();
    commune.sync(&mut own);
    commune.office_does(
        case,
        "receive",
        &[("on", "2026-09-20"), ("dossier_checked", "yes")],
    );
    commune.office_does(case, "close", &[("on", "2026-09-21")]);
    let story = commune.story(case);
    assert_eq!(story.state, "closed");
    assert_eq!(
        story.acts.len(),
        8,
        "the draft and its cancellation stay visible"
    );
    commune.books_are_whole();
}

#[test]
fn what_the_state_or_the_role_does_not_allow_is_refused_at_the_edit() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    let mut own = commune.enrol_by(&Offer::new(Role::Member, quang, PersonId(quang.0), NEVER));
    commune.sync(&mut secretary);
    commune.sync(&mut own);
    let case = begun(quang, &TRANSFER, 1);
    let early = commune.does(&mut secretary, case, "receive", &[]);
    let not_now = CaseError::NotNow {
        act: "receive".into(),
        state: "new".into(),
    };
    assert_eq!(early, Err(EditError::Case(not_now)));
    commune.does(&mut secretary, case, "open", &[]).unwrap();
    let letter = [("number", "1"), ("on", "2026-03-20")];
    let not_theirs = commune.does(&mut secretary, case, "introduce", &letter);
    assert_eq!(not_theirs, Err(EditError::Case(CaseError::NotAllowed)));
    let unknown = commune.does(&mut secretary, case, "approve", &[]);
    assert_eq!(
        unknown,
        Err(EditError::Case(CaseError::UnknownAct("approve".into())))
    );
    let no_reason = commune.does(&mut secretary, case, CANCEL, &[]);
    assert_eq!(no_reason, Err(EditError::Case(CaseError::NoReason)));
    commune.sync(&mut secretary);
    commune.sync(&mut own);
    let theirs = commune.does(&mut own, case, "begin", &[]);
    assert_eq!(theirs, Err(EditError::Case(CaseError::NotAllowed)));
    assert_eq!(commune.story(case).state, "due");
}

#[test]
fn an_act_that_is_not_legal_is_quarantined_when_it_arrives_well_signed() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    let mut own = commune.enrol_by(&Offer::new(Role::Member, quang, PersonId(quang.0), NEVER));
    commune.sync(&mut secretary);
    commune.sync(&mut own);
    let entry = |act: &str, after: &str| {
        values(&[
            ("acts/00000000000000a1/act", act),
            ("acts/00000000000000a1/after", after),
        ])
    };
    let code = chibo_core::door::Refusal::Case(CaseError::NotAllowed).code();
    let refused = chibo_core::log::reason::DOOR + code;
    // A hostile program of a secretary closes a transfer that nobody opened; one of a member receives it.
    let hostile = [
        (&secretary, entry("close", ""), 1),
        (&secretary, entry("introduce", ""), 2),
        (&secretary, entry("open", "00000000000000ff"), 3),
        (&own, entry("receive", ""), 4),
        (&own, entry("no_such_act", ""), 5),
    ];
    for (phone, edits, n) in hostile {
        let case = begun(quang, &TRANSFER, n);
        let segment = saying_at(phone, case, &edits, None, NOW, n);
        commune.push(phone, &[segment]);
        assert_eq!(commune.last_reason(), Some(refused), "{n}");
        assert_eq!(commune.story(case), case::Story::default(), "{n}");
    }
    // An id that is none would break the lists of others, or the screens.
    for (id, n) in [("ắ", 6), ("00000000 0000a1", 7), ("a1", 8)] {
        let edits = values(&[
            (&format!("acts/{id}/act"), "open"),
            (&format!("acts/{id}/after"), ""),
        ]);
        let segment = saying_at(&secretary, begun(quang, &TRANSFER, n), &edits, None, NOW, n);
        commune.push(&secretary, &[segment]);
        assert_eq!(commune.last_reason(), Some(refused), "{n}");
    }
    assert_eq!(commune.node.quarantine().unwrap().len(), 8);
    commune.books_are_whole();
}

#[test]
fn two_who_act_at_once_lose_neither_act_and_the_case_asks() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    let mut deputy = commune.enrol(Role::Deputy, branch);
    commune.sync(&mut secretary);
    let case = begun(quang, &TEMP_EXEMPTION, 1);
    commune
        .does(&mut secretary, case, "ask", &[("on", "2026-02-01")])
        .unwrap();
    commune.sync(&mut secretary);
    commune.sync(&mut deputy);
    // Both without a line: one considers it, the other withdraws it.
    commune
        .does(&mut secretary, case, "consider", &[("on", "2026-02-05")])
        .unwrap();
    commune
        .does(&mut deputy, case, "withdraw", &[("on", "2026-02-04")])
        .unwrap();
    for _ in 0..2 {
        commune.sync(&mut secretary);
        commune.sync(&mut deputy);
    }
    let story = commune.story(case);
    assert_eq!((story.state, story.at_once.len()), ("asked", 2));
    let stuck = commune.does(&mut deputy, case, "remark", &[("note", "?")]);
    assert_eq!(stuck, Err(EditError::Case(CaseError::AtOnce)));
    let considered = story.acts.iter().find(|a| a.act == "consider").unwrap();
    let said = Values::new();
    let keep = Doing {
        act: KEEP,
        about: Some(&considered.id),
        said: &said,
    };
    deputy.act(case, keep, NOW, &mut commune.rng).unwrap();
    commune.sync(&mut deputy);
    commune.sync(&mut secretary);
    let story = commune.story(case);
    assert_eq!((story.state, story.at_once.len()), ("considered", 0));
    let aside = story.acts.iter().find(|a| a.act == "withdraw").unwrap();
    assert!(aside.set_aside, "it is still there to be read");
    let grant = [
        ("number", "7"),
        ("on", "2026-02-10"),
        ("until", "2026-12-31"),
    ];
    commune.office_does(case, "grant", &grant);
    assert_eq!(commune.story(case).state, "granted");
    commune.books_are_whole();
}

#[test]
fn who_does_not_decide_sets_no_decision_aside_and_a_remark_at_the_same_time_leaves_it_in_effect() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    let mut deputy = commune.enrol(Role::Deputy, branch);
    commune.sync(&mut secretary);
    let case = begun(quang, &TEMP_EXEMPTION, 1);
    for (act, on) in [("ask", "2026-02-01"), ("consider", "2026-02-05")] {
        commune
            .does(&mut secretary, case, act, &[("on", on)])
            .unwrap();
    }
    commune.sync(&mut secretary);
    commune.sync(&mut deputy);
    // The deputy remarks without a line, while the committee decides.
    let remark = [("note", "gia đình có thêm giấy tờ"), ("on", "2026-02-11")];
    commune.does(&mut deputy, case, "remark", &remark).unwrap();
    let grant = [
        ("number", "7"),
        ("on", "2026-02-10"),
        ("until", "2026-12-31"),
    ];
    commune.office_does(case, "grant", &grant);
    commune.sync(&mut deputy);
    commune.sync(&mut secretary);
    let story = commune.story(case);
    assert_eq!((story.state, story.at_once.len()), ("granted", 0));
    assert!(story.last("remark").is_some_and(|done| !done.set_aside));
    assert_eq!(story.line.last(), story.last("grant").map(|done| &done.id));
    // What was recorded by mistake is found by who may say so, though something was remarked beside it; the remark as well.
    let (_, there) = commune.node.values(case.doc).unwrap().unwrap();
    let who = |role, person| Who {
        role,
        person,
        place: quang,
    };
    let office = who(Role::Office, PersonId([9; 16]));
    let granted_id = story.last("grant").unwrap().id.clone();
    let found = case::cancellable(&TEMP_EXEMPTION, &there, &office);
    assert_eq!(found.as_ref(), Some(&granted_id));
    let remarked = story.last("remark").unwrap().id.clone();
    let why = values(&[("note", "ghi nhầm hồ sơ")]);
    let undone = case::act(
        &TEMP_EXEMPTION,
        &there,
        CANCEL,
        Some(&remarked),
        &why,
        "00000000000000cc",
        &office,
    );
    let mut then = there.clone();
    then.extend(undone.unwrap());
    let after = case::story(&TEMP_EXEMPTION, &then);
    assert_eq!((after.state, after.at_once.len()), ("granted", 0));
    assert!(after.done(&remarked).unwrap().set_aside);
    // A hostile program keeps what led to the decision, as if that had been done at the same time.
    let [considered, granted] =
        ["consider", "grant"].map(|act| story.last(act).unwrap().id.clone());
    let keep = "acts/00000000000000ee";
    let hostile = values(&[
        (&format!("{keep}/act"), KEEP),
        (&format!("{keep}/after"), &format!("{considered} {granted}")),
        (&format!("{keep}/about"), &considered),
    ]);
    // Nor does who may decide: it was not done at the same time.
    let mut kept = there.clone();
    kept.extend(hostile.clone());
    let judged = case::check(&TEMP_EXEMPTION, &there, &kept, &office);
    assert_eq!(judged, Err(CaseError::Unconnected));
    // Nor is it hidden behind acts that follow one another in a ring, so that none of them is the last.
    let act = |id: &str, cells: &[(&str, &str)]| {
        let cells = cells.iter();
        let cells = cells.map(|(cell, v)| (format!("acts/{id}/{cell}"), Value::Text((*v).into())));
        cells.collect::<Values>()
    };
    let id = |n: u8| format!("00000000000000{n:02x}");
    let (e, f, k3, k4, k1, k2) = (id(1), id(2), id(3), id(4), id(5), id(6));
    let mut ring = Values::new();
    for (one, other, third, about) in [(&e, &k1, &k3, &k2), (&f, &k2, &k4, &k1)] {
        ring.extend(act(
            one,
            &[("act", "ask"), ("after", ""), ("on", "2026-02-01")],
        ));
        let after = format!("{granted} {one}");
        ring.extend(act(
            third,
            &[("act", KEEP), ("after", &after), ("about", &granted)],
        ));
        let after = format!("{third} {about}");
        ring.extend(act(
            other,
            &[("act", KEEP), ("after", &after), ("about", third)],
        ));
    }
    let mut ringed = there.clone();
    ringed.extend(ring.clone());
    let leader = who(Role::Secretary, PersonId([8; 16]));
    let judged = case::check(&TEMP_EXEMPTION, &there, &ringed, &leader);
    assert_eq!(judged, Err(CaseError::Unconnected));
    let segment = saying_at(&secretary, case, &ring, None, NOW, 40);
    commune.push(&secretary, &[segment]);
    assert_eq!(commune.story(case).state, "granted");
    let segment = saying_at(&secretary, case, &hostile, None, NOW, 41);
    commune.push(&secretary, &[segment]);
    let code = |e| chibo_core::log::reason::DOOR + chibo_core::door::Refusal::Case(e).code();
    assert_eq!(commune.last_reason(), Some(code(CaseError::Unconnected)));
    // Nor is one kept that stands beside the decision, by who may not decide.
    let withdrawn = "acts/00000000000000dd";
    let beside = values(&[
        (&format!("{withdrawn}/act"), "withdraw"),
        (&format!("{withdrawn}/after"), &considered),
        (&format!("{withdrawn}/on"), "2026-02-12"),
        (&format!("{keep}/act"), KEEP),
        (
            &format!("{keep}/after"),
            &format!("{granted} 00000000000000dd"),
        ),
        (&format!("{keep}/about"), "00000000000000dd"),
    ]);
    let segment = saying_at(&secretary, case, &beside, None, NOW, 42);
    commune.push(&secretary, &[segment]);
    assert_eq!(commune.last_reason(), Some(code(CaseError::NotAllowed)));
    assert_eq!(commune.story(case).state, "granted");
    // What says that it was done at the same time takes no effect from a decision: it is shown, and the case asks.
    let late = beside
        .into_iter()
        .filter(|(path, _)| path.starts_with(withdrawn));
    let segment = saying_at(&secretary, case, &late.collect(), None, NOW, 43);
    commune.push(&secretary, &[segment]);
    let story = commune.story(case);
    assert_eq!((story.state, story.at_once.len()), ("granted", 2));
    assert!(story.last("grant").is_some());
    commune.books_are_whole();
}

#[test]
fn a_remark_that_was_taken_back_while_something_followed_it_does_not_count() {
    let done = |id: &str, act: &str, after: &str, more: (&str, &str)| {
        let path = |cell: &str| format!("acts/{id:0>16}/{cell}");
        let [act, after] = [("act", act), ("after", after)].map(|(c, v)| (path(c), v.to_owned()));
        let more = (path(more.0), more.1.to_owned());
        [act, after, more].map(|(path, value)| (path, Value::Text(value)))
    };
    let [asked, remarked] = ["a1", "b2"].map(|id| format!("{id:0>16}"));
    let mut acts: Values = done("a1", "ask", "", ("on", "2026-02-01")).into();
    acts.extend(done("b2", "remark", &asked, ("note", "có giấy")));
    acts.extend(done("c3", "consider", &remarked, ("on", "2026-02-05")));
    acts.extend(done("d4", CANCEL, &remarked, ("note", "ghi nhầm")));
    acts.insert(
        "acts/00000000000000d4/about".into(),
        Value::Text(remarked.clone()),
    );
    let story = case::story(&TEMP_EXEMPTION, &acts);
    assert_eq!((story.state, story.at_once.len()), ("considered", 0));
    assert!(story.done(&remarked).unwrap().set_aside);
    let told = story.line.iter().filter(|id| **id == remarked);
    assert_eq!(told.count(), 1, "{:?}", story.line);
    assert!(story.last("remark").is_none());
}

#[test]
fn row_17_the_branch_decides_an_exemption_and_nobody_their_own() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let other = commune.members[0][1];
    // Quang is the secretary, and old himself.
    let offer = Offer::new(Role::Secretary, branch, PersonId(quang.0), NEVER);
    let mut secretary = commune.enrol_by(&offer);
    commune.sync(&mut secretary);
    let his = begun(quang, &EXEMPTION, 1);
    let told = [
        ("on", "2026-05-01"),
        ("how", "in_person"),
        ("note", "già yếu"),
    ];
    commune.does(&mut secretary, his, "ask", &told).unwrap();
    let resolution = [("number", "3"), ("on", "2026-05-03")];
    let own = commune.does(&mut secretary, his, "grant", &resolution);
    assert_eq!(own, Err(EditError::Case(CaseError::NotAllowed)));
    let theirs = begun(other, &EXEMPTION, 2);
    commune.does(&mut secretary, theirs, "ask", &told).unwrap();
    commune
        .does(&mut secretary, theirs, "grant", &resolution)
        .unwrap();
    commune.sync(&mut secretary);
    assert_eq!(commune.story(theirs).state, "granted");

    // Nor does he record a decision about himself, whatever his program would let him say.
    let decision = values(&[
        ("form", "exemption"),
        ("number", "3"),
        ("issued_on", "2026-05-03"),
    ]);
    let target = begun(quang, &DECISION, 1);
    let refused = secretary.edit(target, &decision, NOW, &mut commune.rng);
    assert_eq!(refused.map(drop), Err(EditError::AboutThemself));
    let segment = saying(&secretary, target, &decision, None);
    commune.push(&secretary, &[segment]);
    assert_eq!(commune.last_reason(), Some(Forbidden::AboutThemself.code()));
    commune.books_are_whole();
}

#[test]
fn story_5_a_mistyped_decision_is_cancelled_and_the_status_returns() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut phones = [
        commune.enrol(Role::Secretary, branch),
        commune.enrol(Role::Deputy, branch),
        commune.enrol(Role::Member, quang),
    ];
    let now = commune.now;
    let official = values(&[("status", "official")]);
    commune
        .node
        .edit(member(quang), &official, now, &mut commune.rng)
        .unwrap();
    let paper = [
        ("form", "strike_off"),
        ("number", "45"),
        ("symbol", "QĐ/ĐU"),
        ("issued_on", "2026-06-01"),
        ("body", "Đảng ủy xã Xuân Trường"),
        ("signatory", "Vũ Đình Công"),
    ];
    // Without a number it is a draft without effect.
    commune.decides(
        quang,
        9,
        &[("form", "expulsion"), ("issued_on", "2026-06-01")],
    );
    assert_eq!(commune.status_on(quang, "2026-06-02"), "official");
    let wrong = commune.decides(quang, 1, &paper);
    for phone in &mut phones {
        commune.sync(phone);
        let shown = phone.documents(quang, &DECISION).unwrap();
        assert_eq!(shown.len(), 2);
    }
    assert_eq!(commune.status_on(quang, "2026-05-31"), "official");
    assert_eq!(commune.status_on(quang, "2026-06-01"), "struck_off");
    // What it says is never changed.
    let target = begun(quang, &DECISION, 1);
    let other_number = values(&[("number", "54")]);
    let changed = commune
        .node
        .edit(target, &other_number, now, &mut commune.rng);
    assert!(
        matches!(changed, Err(EditError::Document(_))),
        "{changed:?}"
    );
    // Cancelled as mistyped, and recorded again about whom it really was.
    let cancelled = [
        ("cancelled/00000000000000c1/on", "2026-06-05"),
        (
            "cancelled/00000000000000c1/reason",
            "gõ nhầm số 54 thành 45",
        ),
    ];
    commune.decides(quang, 1, &cancelled);
    let lan = commune.members[0][1];
    commune.decides(
        lan,
        2,
        &[&[("number", "54")], &paper[..1], &paper[2..]].concat(),
    );
    assert_eq!(commune.status_on(quang, "2026-06-10"), "official");
    assert_eq!(commune.status_on(lan, "2026-06-10"), "struck_off");
    for phone in &mut phones {
        assert!(commune.sync(phone).synced);
        let shown = phone.documents(quang, &DECISION).unwrap();
        let (_, there) = shown.iter().find(|(doc, _)| *doc == wrong).unwrap();
        assert_eq!(
            there["number"],
            Value::Text("45".into()),
            "both stay visible"
        );
        assert!(chibo_core::domain::decision::is_cancelled(there));
        // Nobody is asked which is true.
        let rows = phone.store().read(|tx| tx.projection()).unwrap();
        assert_eq!(rows.iter().map(|row| row.conflicts).sum::<u32>(), 0);
    }
    commune.books_are_whole();
}

#[test]
fn row_10_a_name_changes_by_decision_and_the_old_one_is_kept() {
    let mut commune = Commune::new();
    let quang = commune.members[0][0];
    let before = commune.name_of(quang);
    commune.decides(
        quang,
        1,
        &[
            ("form", "name"),
            ("number", "12"),
            ("issued_on", "2026-04-10"),
            ("value", "Đinh Quang Minh"),
        ],
    );
    let (_, record) = commune.node.values(member(quang).doc).unwrap().unwrap();
    let on = |text| {
        let decisions = commune.decisions(quang);
        register::field("full_name", &record, &decisions, day(text)).unwrap()
    };
    assert_eq!(on("2026-04-09").value, before);
    assert_eq!(on("2026-04-10").value, "Đinh Quang Minh");
    assert_eq!(record["full_name"], Value::Text(before));
}

#[test]
fn row_16_a_temporary_exemption_ends_by_itself_on_its_last_day() {
    let mut commune = Commune::new();
    let quang = commune.members[0][0];
    let now = commune.now;
    let official = values(&[("status", "official"), ("status_since", "2020-05-19")]);
    commune
        .node
        .edit(member(quang), &official, now, &mut commune.rng)
        .unwrap();
    commune.decides(
        quang,
        1,
        &[
            ("form", "temp_exemption"),
            ("number", "31"),
            ("issued_on", "2026-01-20"),
            ("from", "2026-02-01"),
            ("until", "2026-12-31"),
        ],
    );
    let expected = [
        ("2026-01-31", "official"),
        ("2026-02-01", "temp_exempt"),
        ("2026-12-31", "temp_exempt"),
        ("2027-01-01", "official"),
    ];
    for (on, status) in expected {
        assert_eq!(commune.status_on(quang, on), status, "{on}");
    }
    // One of before the register was taken over changes nothing.
    let old = [
        ("form", "suspension"),
        ("number", "2"),
        ("issued_on", "2019-01-02"),
    ];
    commune.decides(quang, 2, &old);
    assert_eq!(commune.status_on(quang, "2026-01-31"), "official");
}

#[test]
fn doubled_and_missing_numbers_are_listed() {
    let mut commune = Commune::new();
    let (a, b) = (commune.members[0][0], commune.members[0][1]);
    let paper = |form, number, on| {
        [
            ("form", form),
            ("number", number),
            ("issued_on", on),
            ("body", "Đảng ủy xã"),
        ]
    };
    commune.decides(a, 1, &paper("official", "5", "2026-03-01"));
    commune.decides(b, 2, &paper("official", "5", "2026-03-01"));
    commune.decides(a, 3, &paper("badge", "8", "2026-05-19"));
    let again = commune.decides(b, 4, &paper("other", "8", "2026-06-01"));
    let draft = commune.decides(b, 5, &[("form", "badge")]);
    let all: Vec<_> = [a, b]
        .into_iter()
        .flat_map(|p| {
            let list = commune.decisions(p).into_iter();
            list.map(move |(doc, values)| (p, doc, values))
        })
        .collect();
    let doubts = register::doubts(&all);
    assert_eq!(doubts.drafts, [draft]);
    assert_eq!(
        doubts.doubled.len(),
        1,
        "one paper about two people is none"
    );
    assert!(doubts.doubled[0].contains(&again));
    assert_eq!(doubts.missing[0].numbers, [6, 7]);
}

/// What any number of people do without a line to each other, merged in any order, is a legal state, and the
/// same everywhere: of every machine that there is.
#[test]
fn any_interleaving_of_legal_acts_ends_in_a_legal_state() {
    let kinds: Vec<&'static Kind> = KINDS.iter().copied().filter(|k| k.case.is_some()).collect();
    assert!(kinds.len() >= 6);
    for kind in kinds {
        let (mut forks, mut kept, mut ends) = (0, 0, BTreeSet::new());
        for seed in 0..50 {
            let told = interleaved(kind, seed);
            forks += told.forks;
            kept += told.kept;
            ends.insert(told.state);
        }
        let name = kind.name;
        assert!(forks > 20 && kept > 5, "{name}: {forks} forks, {kept} kept");
        let states = kind.case.unwrap().states.len();
        assert!(
            ends.len() * 2 > states,
            "{name} comes to {ends:?} of {states}"
        );
    }
}

struct Interleaved {
    forks: usize,
    kept: usize,
    state: &'static str,
}

/// Three people at three devices, of whom one is the member, do what they may, hear of each other now and then,
/// and at last all of it comes to a node, which judges each act by its author.
fn interleaved(kind: &'static Kind, seed: u64) -> Interleaved {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let place = PlaceId([7; 16]);
    let who = |role, person| case::Who {
        role,
        person: PersonId(person),
        place,
    };
    let people = [
        who(Role::Office, [1; 16]),
        who(Role::Secretary, [2; 16]),
        who(Role::Member, place.0),
    ];
    let mut devices = vec![Values::new(); people.len()];
    let mut authors: BTreeMap<String, usize> = BTreeMap::new();
    let (mut forks, mut kept) = (0, 0);
    let mut pick = |n: usize| rng.next_u32() as usize % n;
    for _ in 0..50 {
        let i = pick(people.len());
        if pick(4) == 0 {
            let other = devices[pick(people.len())].clone();
            devices[i].extend(other);
            continue;
        }
        let here = devices[i].clone();
        let story = case::story(kind, &here);
        let id = format!("{:016x}", authors.len() + 0xa000);
        let said = anything_said(if pick(5) == 0 { "" } else { "9" });
        let edits = if !story.at_once.is_empty() {
            forks += 1;
            let about = &story.at_once[pick(story.at_once.len())];
            case::act(kind, &here, KEEP, Some(about), &said, &id, &people[i])
        } else if pick(6) == 0 && !story.line.is_empty() {
            case::act(kind, &here, CANCEL, None, &said, &id, &people[i])
        } else {
            let possible = case::possible(kind, &here, &people[i]);
            if possible.is_empty() {
                continue;
            }
            let act = possible[pick(possible.len())];
            let done = case::act(kind, &here, act.code, None, &said, &id, &people[i]);
            assert!(done.is_ok(), "{} {seed}: {done:?} in {story:?}", kind.name);
            done
        };
        match edits {
            Ok(edits) => {
                devices[i].extend(edits);
                authors.insert(id, i);
            }
            // What somebody may not keep or take back, and what is all cancelled already.
            Err(CaseError::NotAllowed | CaseError::Unconnected | CaseError::SamePerson) => {}
            Err(e) => panic!("{} {seed}: {e} in {story:?}", kind.name),
        }
    }
    // One act after another, in some order in which each comes after what it follows.
    let mut all = Values::new();
    devices.iter().for_each(|d| all.extend(d.clone()));
    let mut waiting: Vec<String> = authors.keys().cloned().collect();
    let mut now = Values::new();
    while !waiting.is_empty() {
        let at = pick(waiting.len());
        let prefix = format!("acts/{}/", waiting[at]);
        let mut act = all.clone();
        act.retain(|path, _| path.starts_with(&prefix));
        let after = match &act[&format!("{prefix}after")] {
            Value::Text(ids) => ids.clone(),
            other => panic!("{other:?}"),
        };
        if after
            .split_whitespace()
            .any(|id| waiting.iter().any(|w| w == id))
        {
            continue;
        }
        let id = waiting.remove(at);
        let mut then = now.clone();
        then.extend(act);
        let judged = case::check(kind, &now, &then, &people[authors[&id]]);
        assert!(judged.is_ok(), "{} {seed}: {judged:?}", kind.name);
        now = then;
    }
    assert_eq!(now, all);
    let machine = kind.case.unwrap();
    for round in 0..20_u64 {
        let story = case::story(kind, &now);
        assert!(story.state == NEW || machine.state(story.state).is_some());
        let acts = now.keys().filter(|k| k.ends_with("/act")).count();
        assert_eq!(
            story.acts.len(),
            acts,
            "{} {seed}: an act is lost",
            kind.name
        );
        if story.at_once.is_empty() {
            let state = story.state;
            return Interleaved { forks, kept, state };
        }
        kept += 1;
        let id = format!("{:016x}", 0xeeee_0000 + round);
        // Whoever sets something aside may do it: of all that may be kept, by all people, something can be.
        let keep = story.at_once.iter().find_map(|about| {
            let none = Values::new();
            let mut people = people.iter();
            people.find_map(|who| case::act(kind, &now, KEEP, Some(about), &none, &id, who).ok())
        });
        let stuck = || panic!("{} {seed}: nobody can choose in {story:?}", kind.name);
        now.extend(keep.unwrap_or_else(stuck));
    }
    panic!("{} {seed}: it never comes to rest", kind.name);
}

/// Papers of one body and year with these numbers, each about somebody else.
fn papers(numbers: &[u32]) -> Vec<(PlaceId, DocId, Values)> {
    let paper = |(n, number): (usize, &u32)| {
        let said = values(&[
            ("form", "badge"),
            ("number", &number.to_string()),
            ("issued_on", "2026-03-01"),
            ("body", "Đảng ủy xã"),
        ]);
        (PlaceId([n as u8; 16]), DocId([n as u8; 16]), said)
    };
    numbers.iter().enumerate().map(paper).collect()
}

#[test]
fn row_37_what_is_missing_among_many_numbers_is_listed_and_what_is_too_much_is_counted() {
    let most = u32::try_from(register::MISSING).unwrap();
    let gap = |numbers: &[u32]| {
        let missing = register::doubts(&papers(numbers)).missing;
        missing.first().map(|g| (g.numbers.clone(), g.more))
    };
    let all_but_one: Vec<u32> = (1..=200).filter(|n| *n != 150).collect();
    assert_eq!(gap(&all_but_one), Some((vec![150], 0)));
    assert_eq!(gap(&[1, 2, 3]), None);
    // As many as are listed, and one more.
    assert_eq!(gap(&[1, most + 2]), Some(((2..=most + 1).collect(), 0)));
    assert_eq!(gap(&[1, most + 3]), Some(((2..=most + 1).collect(), 1)));
    // A number that somebody mistyped costs nothing.
    let (listed, more) = gap(&[1, 5, u32::MAX]).unwrap();
    assert_eq!(listed.len(), register::MISSING);
    assert_eq!(more, u32::MAX - 6 - (most - 3));
}

#[test]
fn row_18_letters_of_transfer_are_a_series_of_their_own() {
    let mut commune = Commune::new();
    let (a, b) = (commune.members[0][0], commune.members[0][1]);
    for (n, (who, number)) in [(a, "45"), (b, "47")].into_iter().enumerate() {
        let case = begun(who, &TRANSFER, u8::try_from(n).unwrap());
        commune.office_does(case, "open", &[("on", "2026-09-07")]);
        let letter = [
            ("number", number),
            ("on", "2026-09-08"),
            ("body", "Đảng ủy xã"),
        ];
        commune.office_does(case, "introduce", &letter);
    }
    commune.decides(
        a,
        9,
        &[
            ("form", "badge"),
            ("number", "46"),
            ("issued_on", "2026-09-08"),
            ("body", "Đảng ủy xã"),
        ],
    );
    let mut all = Vec::new();
    for who in [a, b] {
        let letters = commune.node.documents(who, &TRANSFER).unwrap().into_iter();
        let letters =
            letters.filter_map(|(doc, v)| Some((who, doc, register::letter_of(&TRANSFER, &v)?)));
        all.extend(letters);
        all.extend(
            commune
                .decisions(who)
                .into_iter()
                .map(|(doc, v)| (who, doc, v)),
        );
    }
    let doubts = register::doubts(&all);
    assert_eq!((doubts.drafts.len(), doubts.doubled.len()), (0, 0));
    assert_eq!(doubts.missing.len(), 1);
    assert_eq!(
        doubts.missing[0].numbers,
        [46],
        "the decision of that number is no letter"
    );
}

#[test]
fn story_5_nothing_is_cancelled_without_a_reason_at_the_edit_and_at_the_door() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut secretary);
    let target = begun(quang, &DECISION, 1);
    let now = commune.now;
    let on = "cancelled/0123456789abcdef/on";
    let why = "cancelled/0123456789abcdef/reason";
    for said in [
        vec![(on, "2026-09-07")],
        vec![(on, "2026-09-07"), (why, "  ")],
        vec![("cancelled/0123456789abcdef/other", "gõ nhầm")],
    ] {
        let refused = secretary.edit(target, &values(&said), now, &mut commune.rng);
        assert_eq!(
            refused.map(drop),
            Err(EditError::Case(CaseError::NoReason)),
            "{said:?}"
        );
        // Whatever a program lets its phone say, the door refuses it.
        let hostile = commune.enrol(Role::Secretary, branch);
        let said = saying(&hostile, target, &values(&said), None);
        commune.push(&hostile, &[said]);
        assert_eq!(
            commune.last_reason(),
            Some(chibo_core::log::reason::DOOR + 57)
        );
        assert_eq!(commune.decisions(quang), []);
    }
    let paper = [
        ("form", "badge"),
        ("number", "5"),
        ("issued_on", "2026-09-01"),
    ];
    commune.decides(quang, 1, &paper);
    commune.sync(&mut secretary);
    let said = values(&[(on, "2026-09-07"), (why, "gõ nhầm số")]);
    secretary
        .edit(target, &said, now, &mut commune.rng)
        .unwrap();
    commune.sync(&mut secretary);
    let (_, stands) = &commune.decisions(quang)[0];
    assert!(chibo_core::domain::decision::is_cancelled(stands));
    commune.books_are_whole();
}

#[test]
fn a_person_with_two_roles_acts_under_one_and_decides_about_themself_under_neither() {
    let mut commune = Commune::new();
    let (branch, [quang, other]) = (commune.branches[0], commune.members[0]);
    let root = commune.node.root();
    let person = PersonId(quang.0);
    // Quang leads his branch, and the committee of the commune as well, on two phones.
    let mut as_leader = |role, place| {
        let offer = Offer::new(role, place, person, NEVER);
        let mut phone = commune.enrol_by(&offer);
        assert!(commune.sync(&mut phone).synced);
        phone
    };
    let mut branch_leader = as_leader(Role::Secretary, branch);
    let committee_leader = as_leader(Role::CommitteeSecretary, root);
    let mut in_office = as_leader(Role::Office, root);
    let roles = [&branch_leader, &committee_leader, &in_office].map(|p| p.author().unwrap().role);
    assert_eq!(
        roles,
        [Role::Secretary, Role::CommitteeSecretary, Role::Office]
    );

    // What is told of a record says of the same person under which role they wrote.
    let edits = [(&mut branch_leader, "Hai"), (&mut in_office, "Ba")];
    for (phone, alias) in edits {
        let edit = values(&[("alias", alias)]);
        phone
            .edit(member(other), &edit, NOW, &mut commune.rng)
            .unwrap();
        assert!(commune.sync(phone).synced);
    }
    commune.sync(&mut branch_leader);
    let told = branch_leader.history(member(other).doc, 0, 10).unwrap();
    let typed: Vec<_> = (told.iter().filter_map(|c| c.typed.as_ref()))
        .filter(|t| t.person == person)
        .map(|t| t.role)
        .collect();
    assert_eq!(typed, [Role::Office, Role::Secretary]);

    // A case of his own: he asks under one role, and grants it under no other.
    let his = begun(quang, &EXEMPTION, 1);
    let asked = [("on", "2026-05-01"), ("how", "in_person")];
    commune
        .does(&mut branch_leader, his, "ask", &asked)
        .unwrap();
    commune.sync(&mut branch_leader);
    let resolution = [("number", "3"), ("on", "2026-05-03")];
    let paper = values(&[
        ("form", "exemption"),
        ("number", "3"),
        ("issued_on", "2026-05-03"),
    ]);
    for (n, mut phone) in [branch_leader, committee_leader, in_office]
        .into_iter()
        .enumerate()
    {
        commune.sync(&mut phone);
        let role = phone.author().unwrap().role;
        let own = commune.does(&mut phone, his, "grant", &resolution);
        assert_eq!(own, Err(EditError::Case(CaseError::NotAllowed)), "{role:?}");
        let decision = begun(quang, &DECISION, u8::try_from(n).unwrap());
        let refused = phone
            .edit(decision, &paper, NOW, &mut commune.rng)
            .map(drop);
        assert_eq!(refused, Err(EditError::AboutThemself), "{role:?}");
        // Whatever their program would let them say.
        commune.push(&phone, &[saying(&phone, decision, &paper, None)]);
        assert_eq!(
            commune.last_reason(),
            Some(Forbidden::AboutThemself.code()),
            "{role:?}"
        );
    }
    assert_eq!(commune.story(his).state, "asked");
    commune.books_are_whole();
}
