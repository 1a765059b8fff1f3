//! Rows of the feature list that a branch and its office keep together: dossiers and their hand-over, the yearly
//! supplement, cards, transfers in, late reasons, discipline, badges; each by what the row says is done.

use chibo_core::author::{Doing, EditError, Target};
use chibo_core::away::{self, Recorded};
use chibo_core::calendar::WorkingDays;
use chibo_core::case::{self, CANCEL, CaseError, Story};
use chibo_core::date::{Day, PartialDate};
use chibo_core::deadline::{self, State};
use chibo_core::document::{Value, Values};
use chibo_core::domain::decision::DECISION;
use chibo_core::domain::discipline::DISCIPLINE;
use chibo_core::domain::dossier::{DOSSIER, DOSSIER_HANDOVER, PAPERS, YEARLY_SUPPLEMENT};
use chibo_core::domain::exemption::{EXEMPTION, TEMP_EXEMPTION};
use chibo_core::domain::lost_card::LOST_CARD;
use chibo_core::domain::member::{MEMBER, MEMBER_SENSITIVE};
use chibo_core::domain::regulation::{self, REGULATION};
use chibo_core::domain::transfer::TRANSFER;
use chibo_core::domain::transfer_in::TRANSFER_IN;
use chibo_core::door;
use chibo_core::dossier::{self, Stage};
use chibo_core::enrol::Offer;
use chibo_core::feed::authorise::Forbidden;
use chibo_core::id::{DocId, PersonId, PlaceId};
use chibo_core::kind::Kind;
use chibo_core::party_age;
use chibo_core::place::Role;
use chibo_core::records;
use chibo_core::register;
use chibo_core::regulation::{Key, Regulations, Rule};
use chibo_core::roll;
use chibo_core::store::Store;
use chibo_core::text::RollOrder;
use chibo_core::time::Timestamp;

mod stage;
use stage::*;

fn day(text: &str) -> Day {
    PartialDate::parse(text).unwrap().day().unwrap()
}

fn begun(place: PlaceId, kind: &'static Kind, n: u8) -> Target {
    Target::at(place, kind, &[n; 16])
}

/// Noon of a day.
fn noon(text: &str) -> Timestamp {
    Timestamp(u64::try_from(day(text).number()).unwrap() * DAY + DAY / 4)
}

impl Commune {
    fn does(
        &mut self,
        phone: &mut Memory,
        case: Target,
        act: &str,
        said: &Values,
    ) -> Result<(), EditError> {
        let now = self.now;
        let doing = Doing {
            act,
            about: None,
            said,
        };
        phone.act(case, doing, now, &mut self.rng).map(drop)
    }

    fn office_tries(
        &mut self,
        case: Target,
        act: &str,
        said: &[(&str, &str)],
    ) -> Result<(), EditError> {
        let said = values(said);
        let now = self.now;
        let doing = Doing {
            act,
            about: None,
            said: &said,
        };
        self.node.act(case, doing, now, &mut self.rng)?;
        self.node.submit(now, &mut self.rng).map(drop)
    }

    fn office_writes(&mut self, target: Target, said: &[(&str, &str)]) {
        let now = self.now;
        self.node
            .edit(target, &values(said), now, &mut self.rng)
            .unwrap();
        self.node.submit(now, &mut self.rng).unwrap();
    }

    fn story(&self, case: Target) -> Story {
        match self.node.values(case.doc).unwrap() {
            Some((kind, values)) => case::story(kind, &values),
            None => Story::default(),
        }
    }

    fn recorded(&self, member: PlaceId) -> Recorded {
        let mut of = Recorded::default();
        for kind in away::recorded() {
            for (doc, values) in self.node.documents(member, kind).unwrap() {
                of.add(kind, doc, values);
            }
        }
        of
    }

    fn all_recorded(&self) -> Vec<(PlaceId, Recorded)> {
        let members = self.members.iter().flatten();
        members.map(|m| (*m, self.recorded(*m))).collect()
    }

    fn card_on(&self, member: PlaceId, on: &str) -> String {
        let of = self.recorded(member);
        let stands = register::field("card_number", &of.record, &of.decisions, day(on));
        stands.map_or_else(String::new, |s| s.value)
    }
}

fn order() -> RollOrder {
    RollOrder::vietnamese().unwrap()
}

fn known() -> (Regulations, WorkingDays) {
    let rules = Regulations::built_in().unwrap();
    let calendar = WorkingDays::new(&rules);
    (rules, calendar)
}

fn counted(papers: i64, sheets: i64) -> Values {
    let mut said = values(&[
        ("on", "2026-09-21"),
        ("from", "Chi bộ Xóm 5"),
        ("to", "Văn phòng Đảng ủy"),
    ]);
    said.insert("papers".into(), Value::Count(papers));
    said.insert("sheets".into(), Value::Count(sheets));
    said
}

#[test]
fn row_05_the_papers_that_a_dossier_lacks_are_listed_of_each_member() {
    let mut commune = Commune::new();
    let [quang, an] = commune.members[0];
    let mut secretary = commune.enrol(Role::Secretary, commune.branches[0]);
    commune.sync(&mut secretary);
    let (rules, _) = known();
    let on = day("2026-09-21");
    let required = dossier::required(&rules, on);
    let lacks = |commune: &Commune, member: PlaceId| {
        let members = [(member, commune.recorded(member))];
        let lines = roll::roll(&members, on, &order());
        let missing = dossier::missing(&lines[0], &required);
        assert!(missing.iter().all(|r| r.source.number == "12-HD/BTCTW"));
        missing.iter().map(|r| r.paper.code).collect::<Vec<_>>()
    };
    commune.office_writes(member(quang), &[("status", "official")]);
    commune.office_writes(member(an), &[("status", "probationary")]);
    assert_eq!(lacks(&commune, quang).len(), required.len());
    assert!(lacks(&commune, quang).contains(&"official_decision"));
    assert!(
        !lacks(&commune, an).contains(&"official_decision"),
        "who is probationary has none yet"
    );
    // What is there has sheets, a date, was seen, and lies somewhere.
    let index = Target::at(quang, &DOSSIER, b"");
    let mut paper = values(&[
        ("papers/admission_decision/paper", "admission_decision"),
        ("papers/admission_decision/seen", "copy"),
        ("papers/admission_decision/dated", "1996-11-07"),
        ("papers/admission_decision/lies_at", "tủ 2, ngăn 3"),
        ("papers/application/paper", "application"),
        ("papers/application/seen", "absent"),
    ]);
    paper.insert("papers/admission_decision/sheets".into(), Value::Count(2));
    secretary
        .edit(index, &paper, NOW, &mut commune.rng)
        .unwrap();
    assert!(commune.sync(&mut secretary).synced);
    let now = lacks(&commune, quang);
    assert!(!now.contains(&"admission_decision"));
    assert!(now.contains(&"application"), "looked for, and not there");
    let listed = dossier::papers(&commune.recorded(quang).dossier);
    let decision = listed.iter().find(|p| p.paper == "admission_decision");
    assert_eq!(decision.unwrap().sheets, Some(2));
    assert_eq!(lacks(&commune, an).len(), 10);
    // The rows hold from their first day on.
    assert_eq!(dossier::required(&rules, day("2021-12-31")), []);
    assert_eq!(dossier::required(&rules, day("2022-01-01")).len(), 15);
    // An index has no place for what is not to be in it.
    for kind in [&DOSSIER, &YEARLY_SUPPLEMENT, &DOSSIER_HANDOVER] {
        let prose = format!("{:?}", kind.fields);
        assert!(!prose.contains("Prose"), "{}", kind.name);
    }
    commune.books_are_whole();
}

#[test]
fn row_05_of_whom_nobody_has_said_what_they_are_no_more_is_asked_than_of_everybody() {
    let (rules, _) = known();
    let required = dossier::required(&rules, day("2026-09-21"));
    let of_everybody = required.iter().filter(|r| r.stage == Stage::Admitted);
    let of_everybody = of_everybody.count();
    for (status, asked) in [
        ("", of_everybody),
        ("probationary", of_everybody),
        ("official", required.len()),
        ("exempt", required.len()),
    ] {
        let who = chibo_people::someone("Trần Thị Lan").with("status", status);
        let mut of = Recorded::default();
        of.add(&MEMBER, DocId([1; 16]), who.values);
        let members = [(PlaceId([1; 16]), of)];
        let lines = roll::roll(&members, day("2026-09-21"), &order());
        assert_eq!(
            dossier::missing(&lines[0], &required).len(),
            asked,
            "{status}"
        );
    }
}

#[test]
fn row_05_the_office_adds_a_paper_from_a_day_on_and_a_phone_asks_for_it_after_its_next_sync() {
    let mut commune = Commune::new();
    let quang = commune.members[0][0];
    let mut secretary = commune.enrol(Role::Secretary, commune.branches[0]);
    commune.sync(&mut secretary);
    let union = PAPERS
        .iter()
        .find(|p| p.code == "union_resolution")
        .unwrap();
    let key = dossier::key_of(union).unwrap();
    let from = day("2026-09-01");
    let row = |from: &str, value: &str| {
        let mut said = values(&[
            ("key", key.name()),
            ("value", value),
            ("unit", "stage"),
            ("source", "7-HD/ĐU"),
            ("source_on", "2026-08-20"),
            ("valid_from", from),
        ]);
        said.insert("verified".into(), Value::YesNo(true));
        said
    };
    let root = commune.node.root();
    let target = regulation::target(root, key, from);
    let now = commune.now;
    (commune.node)
        .edit(
            target,
            &row("2026-09-01", "admitted"),
            now,
            &mut commune.rng,
        )
        .unwrap();
    commune.node.submit(now, &mut commune.rng).unwrap();
    let rules_of = |phone: &Memory| {
        let of = phone.documents(root, &REGULATION).unwrap();
        let rows = of.iter().filter_map(|(_, v)| Rule::from_values(v).ok());
        Regulations::built_in().unwrap().with(rows)
    };
    let recorded = [(quang, commune.recorded(quang))];
    let asks = |rules: &Regulations, on: &str| {
        let lines = roll::roll(&recorded, day(on), &order());
        let required = dossier::required(rules, day(on));
        let lacks = dossier::missing(&lines[0], &required);
        let of = lacks.iter().find(|r| r.paper.code == union.code);
        of.map(|r| (r.source.number.clone(), r.is_verified))
    };
    assert_eq!(asks(&rules_of(&secretary), "2026-09-21"), None);
    commune.sync(&mut secretary);
    let rules = rules_of(&secretary);
    assert_eq!(asks(&rules, "2026-08-31"), None, "the day before");
    for on in ["2026-09-01", "2026-09-02"] {
        assert_eq!(asks(&rules, on), Some(("7-HD/ĐU".into(), true)), "{on}");
    }
    // It takes a paper off the list by the same way.
    let application = PAPERS.iter().find(|p| p.code == "application").unwrap();
    let mut said = row("2026-09-01", "none");
    let key = dossier::key_of(application).unwrap();
    said.insert("key".into(), Value::Text(key.name().into()));
    let rules = rules.with([Rule::from_values(&said).unwrap()]);
    let codes: Vec<_> = dossier::required(&rules, from)
        .iter()
        .map(|r| r.paper.code)
        .collect();
    assert!(!codes.contains(&"application") && codes.contains(&"union_resolution"));
    // What is no stage is no row.
    assert!(Rule::from_values(&row("2026-09-01", "sometimes")).is_err());
}

#[test]
fn row_06_a_dossier_is_handed_over_by_two_signatures_of_two_people() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    let mut deputy = commune.enrol(Role::Deputy, branch);
    commune.sync(&mut secretary);
    commune.sync(&mut deputy);
    let case = begun(quang, &DOSSIER_HANDOVER, 1);
    // Without a count it is a draft, and nothing waits.
    let on = values(&[("on", "2026-09-21")]);
    commune.does(&mut deputy, case, "give", &on).unwrap();
    commune.sync(&mut deputy);
    assert_eq!(commune.story(case).state, case::NEW);
    let case = begun(quang, &DOSSIER_HANDOVER, 2);
    commune
        .does(&mut secretary, case, "give", &counted(15, 42))
        .unwrap();
    // One alone waits, and cannot sign for the other side, here or with a program of its own.
    let own = commune.does(&mut secretary, case, "sign_taken", &counted(15, 42));
    assert_eq!(own, Err(EditError::Case(CaseError::SamePerson)));
    commune.sync(&mut secretary);
    commune.sync(&mut deputy);
    let waits = commune.story(case);
    assert_eq!(waits.state, "given");
    assert!(DOSSIER_HANDOVER.case.unwrap().state("given").unwrap().open);
    let given = waits.last("give").unwrap();
    let me = secretary.author().unwrap().person.to_string();
    assert_eq!(given.person(), Some(me.as_str()));
    let code = chibo_core::door::Refusal::Case(CaseError::SamePerson).code();
    let refused = chibo_core::log::reason::DOOR + code;
    let other = deputy.author().unwrap().person.to_string();
    for (n, forged) in [(3, me.as_str()), (4, other.as_str()), (5, "")] {
        let mut edits = values(&[
            ("acts/00000000000000b1/act", "sign_given"),
            ("acts/00000000000000b1/after", ""),
            ("acts/00000000000000b1/person", forged),
            ("acts/00000000000000b0/act", "take"),
            ("acts/00000000000000b0/after", ""),
            ("acts/00000000000000b0/person", me.as_str()),
        ]);
        edits.insert(
            "acts/00000000000000b1/after".into(),
            Value::Text("00000000000000b0".into()),
        );
        for act in ["00000000000000b0", "00000000000000b1"] {
            for (name, value) in counted(15, 42) {
                edits.insert(format!("acts/{act}/{name}"), value);
            }
        }
        let target = begun(quang, &DOSSIER_HANDOVER, n);
        let segment = saying_at(&secretary, target, &edits, None, NOW, n);
        commune.push(&secretary, &[segment]);
        assert_eq!(commune.last_reason(), Some(refused), "{n}");
        assert_eq!(commune.story(target), Story::default(), "{n}");
    }
    // Somebody else counts for the other side.
    commune
        .does(&mut deputy, case, "sign_taken", &counted(15, 41))
        .unwrap();
    commune.sync(&mut deputy);
    let signed = commune.story(case);
    assert_eq!(signed.state, "signed");
    let two = ["give", "sign_taken"].map(|act| signed.last(act).unwrap());
    assert_ne!(two[0].person(), two[1].person());
    assert_ne!(
        two[0].said["sheets"], two[1].said["sheets"],
        "each side's own count stays"
    );
    commune.books_are_whole();
}

#[test]
fn row_07_who_has_not_handed_in_the_supplement_of_a_year_is_listed() {
    let mut commune = Commune::new();
    let [quang, an] = commune.members[0];
    let [lan, bay] = commune.members[1];
    for (who, born) in [(quang, "official"), (an, "exempt"), (bay, "deceased")] {
        commune.office_writes(member(who), &[("status", born)]);
    }
    let admitted = [("status", "probationary"), ("admitted_on", "2027-01-05")];
    commune.office_writes(member(lan), &admitted);
    let form = Target::at(quang, &YEARLY_SUPPLEMENT, b"2026");
    let handed_in = [("year", "2026"), ("done_on", "2026-12-20")];
    commune.office_writes(form, &handed_in);
    let (rules, calendar) = known();
    let recorded = commune.all_recorded();
    let lines = roll::roll(&recorded, day("2026-12-31"), &order());
    let on = |today: &str| dossier::supplements(&lines, 2026, &rules, &calendar, day(today));
    let all = on("2026-12-31");
    let who: Vec<PlaceId> = all.iter().map(|s| s.line.member).collect();
    assert!(who.contains(&quang) && who.contains(&an));
    assert_eq!(
        who.len(),
        2,
        "not who has died, nor who came after the year"
    );
    let missing = |today| {
        let all = on(today);
        let late = all.iter().find(|s| s.done.is_none()).unwrap();
        assert_eq!(late.line.member, an);
        let d = late.deadline.clone().unwrap();
        assert_eq!((d.key, d.due), (Key::SupplementDue, day("2026-12-31")));
        assert!(!d.is_verified);
        d.state
    };
    assert!(matches!(missing("2026-12-30"), State::Open(s) if s.days == 1));
    assert_eq!(missing("2026-12-31"), State::DueToday);
    assert!(matches!(missing("2027-01-01"), State::Overdue(s) if s.days == 1));
    let done = all.iter().find(|s| s.line.member == quang).unwrap();
    assert_eq!(done.deadline.as_ref().unwrap().state, State::DoneInTime);
    // Of another year nothing is done, and of one before the first rule nothing is due.
    let next = dossier::supplements(&lines, 2027, &rules, &calendar, day("2027-01-01"));
    assert!(next.iter().all(|s| s.done.is_none()) && next.len() == 3);
    let old = dossier::supplements(&lines, 2021, &rules, &calendar, day("2027-01-01"));
    assert!(old.iter().all(|s| s.deadline.is_err()));
}

#[test]
fn row_08_old_and_new_card_numbers_are_kept() {
    let mut commune = Commune::by_name_only();
    let quang = commune.members[0][0];
    // Typed wrongly, typed again, then exchanged by decision.
    for (number, on) in [("25.012345", "2026-09-22"), ("25.012346", "2026-09-23")] {
        commune.now = noon(on);
        commune.office_writes(member(quang), &[("card_number", number)]);
    }
    let exchanged = [
        ("form", "card"),
        ("number", "77"),
        ("issued_on", "2026-09-24"),
        ("value", "036 000 123"),
    ];
    commune.office_writes(begun(quang, &DECISION, 1), &exchanged);
    assert_eq!(commune.card_on(quang, "2026-09-23"), "25.012346");
    assert_eq!(commune.card_on(quang, "2026-09-24"), "036 000 123");
    let doc = member(quang).doc;
    let stored = commune.node.store().read(|tx| records::doc(tx, doc));
    let stored = stored.unwrap().unwrap().bytes;
    let written: Vec<_> = door::written(&stored, "card_number")
        .unwrap()
        .into_iter()
        .map(|(value, time)| (value, Timestamp(time).day_in_vietnam()))
        .collect();
    let of = commune.recorded(quang);
    let all = register::history("card_number", &written, &of.decisions, day("2026-12-31"));
    let told: Vec<_> = all
        .iter()
        .map(|s| (s.value.as_str(), s.since.unwrap().to_string()))
        .collect();
    assert_eq!(
        told,
        [
            ("25.012345", "2026-09-22".into()),
            ("25.012346", "2026-09-23".into()),
            ("036 000 123", "2026-09-24".into()),
        ]
    );
}

#[test]
fn row_09_a_lost_card_is_decided_with_a_4_tdv_number_and_the_register_follows() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    commune.office_writes(member(quang), &[("card_number", "25.012345")]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    let mut own = commune.enrol_by(&Offer::new(Role::Member, quang, PersonId(quang.0), NEVER));
    commune.sync(&mut secretary);
    commune.sync(&mut own);
    let case = begun(quang, &LOST_CARD, 1);
    let lost = values(&[
        ("on", "2026-09-10"),
        ("loss", "lost"),
        ("note", "rơi ở chợ"),
    ]);
    commune.does(&mut own, case, "report", &lost).unwrap();
    commune.sync(&mut own);
    commune.sync(&mut secretary);
    let reviewed = values(&[("on", "2026-09-12")]);
    let decided = values(&[("on", "2026-09-15"), ("number", "4")]);
    commune
        .does(&mut secretary, case, "review", &reviewed)
        .unwrap();
    let not_theirs = commune.does(&mut secretary, case, "decide", &decided);
    assert_eq!(not_theirs, Err(EditError::Case(CaseError::NotAllowed)));
    assert!(commune.sync(&mut secretary).synced);
    // Without the number of the 4-TĐV there is no decision, and no new card.
    commune
        .office_tries(case, "decide", &[("on", "2026-09-15")])
        .unwrap();
    assert_eq!(commune.story(case).state, "reviewed");
    let card = [("on", "2026-09-18"), ("card_number", "036 000 123")];
    let early = commune.office_tries(case, "issue", &card);
    assert!(matches!(
        early,
        Err(EditError::Case(CaseError::NotNow { .. }))
    ));
    commune
        .office_tries(case, CANCEL, &[("note", "quên số")])
        .unwrap();
    let decision = [("on", "2026-09-15"), ("number", "118"), ("symbol", "QĐ/ĐU")];
    commune.office_tries(case, "decide", &decision).unwrap();
    assert_eq!(commune.card_on(quang, "2026-09-30"), "25.012345");
    commune.office_tries(case, "issue", &card).unwrap();
    assert_eq!(commune.story(case).state, "issued");
    let told = ["2026-09-17", "2026-09-18", "2026-09-19"].map(|on| commune.card_on(quang, on));
    assert_eq!(told, ["25.012345", "036 000 123", "036 000 123"]);
    // As with decisions, one that was recorded by mistake is taken back, and both stay to be read.
    commune
        .office_tries(case, CANCEL, &[("note", "gõ nhầm số thẻ")])
        .unwrap();
    assert_eq!(commune.card_on(quang, "2026-09-30"), "25.012345");
    let right = [("on", "2026-09-18"), ("card_number", "036 000 132")];
    commune.office_tries(case, "issue", &right).unwrap();
    assert_eq!(commune.card_on(quang, "2026-09-30"), "036 000 132");
    let numbers = |story: &Story| {
        let of = story.acts.iter().filter_map(|a| a.said.get("card_number"));
        of.map(Value::shown).collect::<Vec<_>>()
    };
    assert_eq!(numbers(&commune.story(case)).len(), 2);
    commune.books_are_whole();
}

/// A transfer of a member of the first branch, as far as its letter.
fn introduced(commune: &mut Commune, letter_on: &str) -> Target {
    let (quang, there) = (commune.members[0][0], commune.branches[1].to_string());
    let case = begun(quang, &TRANSFER, 1);
    let opened = [("on", letter_on), ("form", "formal"), ("reach", "commune")];
    commune.office_tries(case, "open", &opened).unwrap();
    let letter = [
        ("on", letter_on),
        ("number", "45"),
        ("body", "Đảng ủy xã Xuân Trường"),
        ("to_unit", &there),
    ];
    commune.office_tries(case, "introduce", &letter).unwrap();
    case
}

#[test]
fn row_19_a_receiving_branch_of_the_same_node_gets_the_case_and_its_clock() {
    let mut commune = Commune::new();
    let [_, there] = commune.branches;
    let mut receiver = commune.enrol(Role::Secretary, there);
    let mut sender = commune.enrol(Role::Secretary, commune.branches[0]);
    let case = introduced(&mut commune, "2026-09-21");
    commune.sync(&mut receiver);
    commune.sync(&mut sender);
    let told = receiver.documents(there, &TRANSFER_IN).unwrap();
    let [(doc, values_there)] = told.as_slice() else {
        panic!("{told:?}");
    };
    let expected = case::story(&TRANSFER_IN, values_there);
    assert_eq!(expected.state, "expected");
    let said = &expected.last("expect").unwrap().said;
    let text = |name: &str| said[name].shown();
    assert_eq!(
        [text("full_name"), text("number"), text("letter_on")],
        [
            commune.name_of(commune.members[0][0]),
            "45".into(),
            "2026-09-21".into()
        ]
    );
    assert_eq!(text("origin"), "Chi bộ Xóm 5");
    // Of the member themself it reads nothing yet, nor does the sender read the receiver's case.
    assert_eq!(receiver.values(case.doc).unwrap(), None);
    assert_eq!(sender.values(*doc).unwrap(), None);
    // Thirty working days at the receiver, as at the sender.
    let (rules, calendar) = known();
    let state = |today: &str| {
        let facts = deadline::facts(&TRANSFER_IN, values_there, there);
        let [fact] = facts.as_slice() else {
            panic!("{facts:?}");
        };
        deadline::deadline(fact, &rules, &calendar, day(today)).unwrap()
    };
    let due = state("2026-09-21").due;
    assert_eq!(state("2026-09-21").key, Key::TransferPresent);
    assert_eq!(calendar.between(day("2026-09-21"), due), 30);
    let around = |n| state(&due.plus_days(n).unwrap().to_string()).state;
    assert!(matches!(around(-1), State::Open(_)));
    assert_eq!(around(0), State::DueToday);
    assert!(matches!(around(1), State::Overdue(_)));
    let (_, at_home) = commune.node.values(case.doc).unwrap().unwrap();
    let of_sender = deadline::facts(&TRANSFER, &at_home, commune.members[0][0]);
    let of_sender = of_sender
        .iter()
        .find(|f| f.rule.rule == Key::TransferPresent);
    let of_sender = deadline::deadline(of_sender.unwrap(), &rules, &calendar, day("2026-09-22"));
    assert_eq!(of_sender.unwrap().due, due);
    // Two letters of one transfer are one case there; the mistyped number goes, the right one comes.
    let cancel = [("note", "gõ nhầm 54 thành 45")];
    commune.office_tries(case, CANCEL, &cancel).unwrap();
    let there_case = Target::at(there, &TRANSFER_IN, &case.doc.0);
    assert_eq!(commune.story(there_case).state, case::NEW);
    let unit = there.to_string();
    let again = [("on", "2026-09-21"), ("number", "54"), ("to_unit", &unit)];
    commune.office_tries(case, "introduce", &again).unwrap();
    assert_eq!(
        commune.story(there_case).last("expect").unwrap().said["number"].shown(),
        "54"
    );
    // Somebody comes with it: from then on it is the receiver's.
    commune.sync(&mut receiver);
    let came = values(&[("on", "2026-09-21")]);
    commune
        .does(&mut receiver, there_case, "present", &came)
        .unwrap();
    assert!(commune.sync(&mut receiver).synced);
    commune.office_tries(case, CANCEL, &cancel).unwrap();
    assert_eq!(commune.story(there_case).state, "presented");
    // A letter to nowhere, or to what is no unit here, is not issued.
    let nowhere = PlaceId([9; 16]).to_string();
    for to in ["Chi bộ Xóm 6", &nowhere] {
        let wrong = [("on", "2026-09-21"), ("number", "55"), ("to_unit", to)];
        let refused = commune.office_tries(case, "introduce", &wrong);
        assert_eq!(refused, Err(EditError::UnknownPlace), "{to}");
    }
    assert_eq!(commune.story(case).state, "due");
    commune.books_are_whole();
}

#[test]
fn row_19_a_transfer_from_a_place_without_chibo_has_the_clock_at_the_receiver() {
    let mut commune = Commune::new();
    let there = commune.branches[1];
    let mut secretary = commune.enrol(Role::Secretary, there);
    let mut at_first = commune.enrol(Role::Secretary, commune.branches[0]);
    commune.sync(&mut secretary);
    let letter = values(&[
        ("on", "2026-09-21"),
        ("letter_on", "2026-09-14"),
        ("number", "12"),
        ("full_name", "Trần Thị Lan"),
        ("origin", "Phường Dĩ An"),
    ]);
    // Told of by telephone: the clock runs.
    let case = begun(there, &TRANSFER_IN, 1);
    commune
        .does(&mut secretary, case, "expect", &letter)
        .unwrap();
    assert!(commune.sync(&mut secretary).synced);
    let (rules, calendar) = known();
    let clock = |commune: &Commune, case: Target, today: &str| {
        let (kind, now) = commune.node.values(case.doc).unwrap().unwrap();
        let facts = deadline::facts(kind, &now, there);
        deadline::deadline(&facts[0], &rules, &calendar, day(today)).unwrap()
    };
    let waits = clock(&commune, case, "2026-09-21");
    assert_eq!(
        (waits.key, waits.from),
        (Key::TransferPresent, day("2026-09-14"))
    );
    assert!(matches!(waits.state, State::Open(_)));
    // Nobody told: the member stands at the door with a letter, in time or late.
    let case = begun(there, &TRANSFER_IN, 2);
    commune
        .does(&mut secretary, case, "arrive", &letter)
        .unwrap();
    assert!(commune.sync(&mut secretary).synced);
    assert_eq!(clock(&commune, case, "2027-01-01").state, State::DoneInTime);
    assert_eq!(commune.story(case).state, "presented");
    let mut late = letter.clone();
    late.insert("letter_on".into(), Value::Text("2026-06-01".into()));
    let case = begun(there, &TRANSFER_IN, 3);
    let silent = commune.does(&mut secretary, case, "arrive", &late);
    assert_eq!(silent, Err(EditError::Case(CaseError::LateReason)));
    late.insert("note".into(), Value::Text("ốm, nằm viện".into()));
    commune.does(&mut secretary, case, "arrive", &late).unwrap();
    assert!(commune.sync(&mut secretary).synced);
    assert!(matches!(
        clock(&commune, case, "2027-01-01").state,
        State::DoneLate(_)
    ));
    // Another branch neither reads nor writes it.
    commune.sync(&mut at_first);
    let theirs = begun(there, &TRANSFER_IN, 4);
    let elsewhere = commune.does(&mut at_first, theirs, "expect", &letter);
    assert!(elsewhere.is_err(), "{elsewhere:?}");
    commune.books_are_whole();
}

#[test]
fn row_21_after_the_clock_is_over_the_next_act_gives_the_reason() {
    let mut commune = Commune::new();
    let quang = commune.members[0][0];
    let case = begun(quang, &TRANSFER, 1);
    commune
        .office_tries(case, "open", &[("on", "2026-09-21")])
        .unwrap();
    let (rules, calendar) = known();
    let asks = |commune: &Commune, on: &str| {
        let (kind, now) = commune.node.values(case.doc).unwrap().unwrap();
        let asks = deadline::reason_needed(kind, &now, quang, &rules, &calendar, day(on));
        asks.first().map(|d| d.due)
    };
    let due = calendar.add_working(day("2026-09-21"), 60).unwrap();
    let text = |n| due.plus_days(n).unwrap().to_string();
    let around = [-1, 0, 1].map(|n| asks(&commune, &text(n)));
    assert_eq!(
        around,
        [None, None, Some(due)],
        "the day before, the day, the day after"
    );
    // On the last day an act needs none; the day after the next one does.
    commune.now = noon(&text(0));
    commune
        .office_tries(case, "begin", &[("on", &text(0))])
        .unwrap();
    commune.now = noon(&text(1));
    let letter = [("number", "45"), ("on", &text(1))];
    let silent = commune.office_tries(case, "introduce", &letter);
    assert_eq!(silent, Err(EditError::Case(CaseError::LateReason)));
    assert_eq!(
        commune.story(case).state,
        "preparing",
        "nothing has changed"
    );
    // What was done in time and is only typed late needs none.
    let mut other = Commune::new();
    let typed_late = begun(other.members[0][0], &TRANSFER, 2);
    other
        .office_tries(typed_late, "open", &[("on", "2026-09-21")])
        .unwrap();
    other.now = noon(&text(1));
    let in_time = [("number", "46"), ("on", &text(0))];
    other
        .office_tries(typed_late, "introduce", &in_time)
        .unwrap();
    // A reason is the act of its own, or what the act itself says.
    let blank = commune.office_tries(case, "introduce", &[&letter[..], &[("note", " ")]].concat());
    assert_eq!(blank, Err(EditError::Case(CaseError::LateReason)));
    let mut with_act = commune;
    let reason = [("on", &text(1)[..]), ("note", "chờ quyết định nghỉ hưu")];
    with_act.office_tries(case, case::LATE, &reason).unwrap();
    assert_eq!(asks(&with_act, &text(1)), None);
    with_act.office_tries(case, "introduce", &letter).unwrap();
    assert_eq!(
        asks(&with_act, &text(2)),
        None,
        "late, and everybody knows why"
    );
    with_act.books_are_whole();
}

#[test]
fn row_21_a_late_act_that_came_without_a_reason_is_asked_for_by_the_list() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut secretary);
    // A program that does not ask.
    let case = begun(quang, &TRANSFER, 1);
    let edits = values(&[
        ("acts/00000000000000a1/act", "open"),
        ("acts/00000000000000a1/after", ""),
        ("acts/00000000000000a1/on", "2026-03-02"),
        ("acts/00000000000000a2/act", "begin"),
        ("acts/00000000000000a2/after", "00000000000000a1"),
        ("acts/00000000000000a2/on", "2026-09-01"),
    ]);
    let segment = saying(&secretary, case, &edits, None);
    commune.push(&secretary, &[segment]);
    assert_eq!(
        commune.story(case).state,
        "preparing",
        "it is no fault of the case"
    );
    let (kind, now) = commune.node.values(case.doc).unwrap().unwrap();
    let (rules, calendar) = known();
    let asks = deadline::reason_needed(kind, &now, quang, &rules, &calendar, day("2026-09-21"));
    assert_eq!(asks[0].key, Key::TransferStart);
}

#[test]
fn row_37_discipline_stands_apart_and_only_leaders_have_it() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let paper = [
        ("form", "warning"),
        ("number", "9"),
        ("issued_on", "2026-06-01"),
        ("body", "Ủy ban kiểm tra Đảng ủy"),
    ];
    commune.office_writes(begun(quang, &DISCIPLINE, 1), &paper);
    let root = commune.node.root();
    let readers = [
        (Role::Secretary, branch, true),
        (Role::Deputy, branch, true),
        (Role::CommitteeSecretary, root, true),
        (Role::Auditor, root, true),
        (Role::CommitteeMember, branch, false),
        (Role::Upper, root, false),
        (Role::Operator, root, false),
        (Role::Member, commune.members[0][1], false),
        (Role::Secretary, commune.branches[1], false),
    ];
    for (role, place, reads) in readers {
        let mut phone = commune.enrol(role, place);
        commune.sync(&mut phone);
        let there = phone.documents(quang, &DISCIPLINE).unwrap();
        assert_eq!(!there.is_empty(), reads, "{role:?}");
    }
    // Never changed, and nobody's own.
    let changed = values(&[("number", "10")]);
    let now = commune.now;
    let target = begun(quang, &DISCIPLINE, 1);
    let other_number = commune.node.edit(target, &changed, now, &mut commune.rng);
    assert!(matches!(other_number, Err(EditError::Document(_))));
    let offer = Offer::new(Role::Secretary, branch, PersonId(quang.0), NEVER);
    let mut himself = commune.enrol_by(&offer);
    commune.sync(&mut himself);
    let own = begun(quang, &DISCIPLINE, 2);
    let refused = himself.edit(own, &values(&paper), NOW, &mut commune.rng);
    assert_eq!(refused.map(drop), Err(EditError::AboutThemself));
    let segment = saying(&himself, own, &values(&paper), None);
    commune.push(&himself, &[segment]);
    assert_eq!(commune.last_reason(), Some(Forbidden::AboutThemself.code()));
}

#[test]
fn row_39_a_years_badges_are_told_by_badge_day_and_early_ones_as_possible_only() {
    let mut commune = Commune::by_name_only();
    let [quang, an] = commune.members[0];
    let [lan, bay] = commune.members[1];
    let official = |on: &'static str| [("status", "official"), ("admission_decided_on", on)];
    commune.office_writes(member(quang), &official("1996-05-19"));
    commune.office_writes(member(an), &official("1997-11-07"));
    commune.office_writes(member(lan), &official("1957-09-03"));
    commune.office_writes(member(bay), &[("status", "official")]);
    let rules = Regulations::built_in().unwrap();
    let forecast = |commune: &Commune, year: u16| -> (Vec<_>, Vec<_>, usize) {
        let recorded = commune.all_recorded();
        let lines = roll::roll(&recorded, day("2026-01-01"), &order());
        let told = party_age::forecast(&lines, year, &rules).unwrap();
        let rows = |list: &[party_age::Reaches]| -> Vec<(PlaceId, u32, String)> {
            list.iter()
                .map(|r| (r.line.member, r.badge.years, r.given_on.to_string()))
                .collect()
        };
        (rows(&told.reaches), rows(&told.early), told.unknown.len())
    };
    let (due, early, unknown) = forecast(&commune, 2026);
    assert_eq!(due, [(quang, 30, "2026-05-19".into())]);
    // Thirty years in November 2027: a year early from November 2026 on. Seventy in 2027: two years early.
    assert_eq!(
        early,
        [
            (lan, 70, "2026-02-03".into()),
            (an, 30, "2026-11-07".into()),
        ]
    );
    assert_eq!(unknown, 1, "of whom the day is not known");
    // The badge day after it is reached: a day later is the next one.
    for (on, given) in [
        ("1996-05-18", "2026-05-19"),
        ("1996-05-19", "2026-05-19"),
        ("1996-05-20", "2026-09-02"),
        ("1995-11-08", "2026-02-03"),
        ("1996-11-07", "2026-11-07"),
    ] {
        commune.office_writes(member(quang), &official(on));
        assert_eq!(
            forecast(&commune, 2026).0,
            [(quang, 30, given.into())],
            "{on}"
        );
    }
    // Expelled and restored: the days between are none of the party age. Two years and twenty days: not in 2026.
    commune.office_writes(member(quang), &official("1996-05-19"));
    for (n, form, on) in [
        (91, "expulsion", "2001-03-01"),
        (92, "restoration", "2003-03-21"),
    ] {
        let paper = [("form", form), ("number", "7"), ("issued_on", on)];
        commune.office_writes(begun(quang, &DECISION, n), &paper);
    }
    assert_eq!(forecast(&commune, 2026).0, []);
    assert_eq!(
        forecast(&commune, 2028).0,
        [(quang, 30, "2028-09-02".into())],
        "reached on 8 June, twenty days later than without them"
    );
    // That the expulsion was recorded by mistake takes nothing off.
    let cancelled = [("cancelled/a/reason", "nhầm người")];
    commune.office_writes(begun(quang, &DECISION, 91), &cancelled);
    assert_eq!(
        forecast(&commune, 2026).0,
        [(quang, 30, "2026-05-19".into())]
    );
    commune.office_writes(member(quang), &official("1995-11-07"));
    assert_eq!(forecast(&commune, 2026).0, [], "given in the year before");
    commune.office_writes(member(quang), &official("1996-11-08"));
    assert_eq!(forecast(&commune, 2026).0, [], "given in the year after");
    // Who is struck off by a decision is not in it, whatever the record says; nor who is probationary.
    commune.office_writes(member(quang), &official("1996-05-19"));
    let struck_off = [
        ("form", "strike_off"),
        ("number", "45"),
        ("issued_on", "2025-12-01"),
    ];
    commune.office_writes(begun(quang, &DECISION, 1), &struck_off);
    commune.office_writes(member(an), &[("status", "probationary")]);
    let (due, early, _) = forecast(&commune, 2026);
    assert_eq!((due.len(), early.len()), (0, 1));
    let none = roll::roll(&[], day("2021-01-01"), &order());
    assert!(
        party_age::forecast(&none, 2021, &rules).is_none(),
        "no rule known then"
    );
}

#[test]
fn lists_and_counts_go_by_the_status_that_stands() {
    let mut commune = Commune::by_name_only();
    let [quang, an] = commune.members[0];
    commune.office_writes(member(quang), &[("status", "official")]);
    commune.office_writes(member(an), &[("status", "probationary")]);
    let paper = |form, number| {
        [
            ("form", form),
            ("number", number),
            ("issued_on", "2026-06-01"),
        ]
    };
    commune.office_writes(begun(quang, &DECISION, 1), &paper("strike_off", "1"));
    commune.office_writes(begun(an, &DECISION, 2), &paper("official", "2"));
    let recorded = commune.all_recorded();
    let told = |on: &str| {
        let lines = roll::roll(&recorded, day(on), &order());
        let counts = roll::counts(&lines);
        let of = |code: &str| counts.by_status.get(code).copied().unwrap_or(0);
        let sum: usize = counts.by_status.values().sum();
        assert_eq!(counts.members + counts.unknown + counts.gone, sum);
        assert_eq!(counts.unknown, of(""));
        [
            counts.members,
            counts.gone,
            of("official"),
            of("probationary"),
            of(""),
        ]
    };
    assert_eq!(told("2026-05-31"), [2, 0, 1, 1, 2]);
    assert_eq!(told("2026-06-01"), [1, 1, 1, 0, 2]);
    let stands = |place: PlaceId| {
        let of = commune.recorded(place);
        register::as_it_stands(&of.record, &of.decisions, day("2026-06-01"))["status"].shown()
    };
    assert_eq!([stands(quang), stands(an)], ["struck_off", "official"]);
}

#[test]
fn row_03_figures_count_who_belongs_by_the_fields_that_the_kinds_name() {
    let mut recorded = Vec::new();
    let person = |sex: &str, status: &str, religion: Option<&str>| {
        let mut of = Recorded::default();
        let record = values(&[("sex", sex), ("status", status)]);
        of.add(&MEMBER, DocId([1; 16]), record);
        if let Some(religion) = religion {
            let sensitive = values(&[("religion", religion)]);
            of.add(&MEMBER_SENSITIVE, DocId([2; 16]), sensitive);
        }
        of
    };
    for (n, of) in [
        person("female", "official", Some("buddhist")),
        person("male", "official", Some("none")),
        person("", "probationary", None),
        person("male", "deceased", Some("none")),
    ]
    .into_iter()
    .enumerate()
    {
        recorded.push((PlaceId([u8::try_from(n).unwrap(); 16]), of));
    }
    let count = |recorded: &[(PlaceId, Recorded)], field: &str| {
        let lines = roll::roll(recorded, day("2026-03-01"), &order());
        let figure = roll::figures(&lines)
            .into_iter()
            .find(|f| f.field.name == field)?;
        let by = figure.by.iter().map(|(code, n)| (code.code, *n));
        Some((by.collect::<Vec<_>>(), figure.unknown))
    };
    assert_eq!(
        count(&recorded, "sex"),
        Some((vec![("male", 1), ("female", 1)], 1)),
        "who died is not counted"
    );
    let status = vec![("probationary", 1), ("official", 2)];
    assert_eq!(count(&recorded, "status"), Some((status, 0)));
    let religion = vec![("none", 1), ("buddhist", 1)];
    assert_eq!(count(&recorded, "religion"), Some((religion, 1)));
    // Where nobody's sensitive record is read there is no figure of it, not one of nobody.
    for (_, of) in &mut recorded {
        of.sensitive.clear();
    }
    assert_eq!(count(&recorded, "religion"), None);
}

#[test]
fn row_16_and_row_17_what_a_case_granted_is_in_every_list_and_nobody_records_it_once_more() {
    let mut commune = Commune::new();
    let (branch, [quang, an]) = (commune.branches[0], commune.members[0]);
    for who in [quang, an] {
        commune.office_writes(member(who), &[("status", "official")]);
    }
    let mut secretary = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut secretary);
    let asked = values(&[("on", "2026-04-20"), ("note", "già yếu")]);
    let granted = values(&[("number", "3"), ("on", "2026-05-03")]);
    // The branch decides an exemption, the committee one for a time.
    let old = begun(quang, &EXEMPTION, 1);
    let mobile = begun(an, &TEMP_EXEMPTION, 2);
    commune.does(&mut secretary, old, "ask", &asked).unwrap();
    commune.does(&mut secretary, mobile, "ask", &asked).unwrap();
    commune
        .does(&mut secretary, old, "grant", &granted)
        .unwrap();
    commune
        .does(&mut secretary, mobile, "consider", &asked)
        .unwrap();
    commune.sync(&mut secretary);
    let grant = [
        ("number", "31"),
        ("on", "2026-05-10"),
        ("from", "2026-06-01"),
        ("until", "2026-12-31"),
    ];
    commune.office_tries(mobile, "grant", &grant).unwrap();
    let on = |commune: &Commune, who, on: &str| {
        let of = commune.recorded(who);
        register::status(&of.record, &of.decisions, day(on))
            .unwrap()
            .value
    };
    let told = |commune: &Commune, who, days: &[&str]| -> Vec<String> {
        days.iter().map(|d| on(commune, who, d)).collect()
    };
    let stands = told(&commune, quang, &["2026-05-02", "2026-05-03", "2030-01-01"]);
    assert_eq!(stands, ["official", "exempt", "exempt"]);
    let days = ["2026-05-31", "2026-06-01", "2026-12-31", "2027-01-01"];
    let stands = told(&commune, an, &days);
    assert_eq!(
        stands,
        ["official", "temp_exempt", "temp_exempt", "official"]
    );
    // Who returns is not exempt from that day on, also before the time is over.
    commune
        .office_tries(mobile, "return", &[("on", "2026-09-15")])
        .unwrap();
    let stands = told(&commune, an, &["2026-09-14", "2026-09-15"]);
    assert_eq!(stands, ["temp_exempt", "official"]);
    // One that was granted by mistake never was.
    commune
        .does(
            &mut secretary,
            old,
            CANCEL,
            &values(&[("note", "nhầm người")]),
        )
        .unwrap();
    commune.sync(&mut secretary);
    assert_eq!(on(&commune, quang, "2026-05-03"), "official");
    commune.books_are_whole();
}
