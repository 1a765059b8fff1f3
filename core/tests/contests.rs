//! Story 11: what a person dictated and contests, whose words they are, by when it is answered, and who answers.

use chibo_core::author::{Doing, EditError, Target};
use chibo_core::calendar::WorkingDays;
use chibo_core::case::CaseError;
use chibo_core::date::{Day, PartialDate};
use chibo_core::deadline::{self, State};
use chibo_core::document::{Value, Values};
use chibo_core::domain::contest::{ANSWER, CONTEST, CONTEST_APART, Contested, RAISE, said};
use chibo_core::domain::discipline::DISCIPLINE;
use chibo_core::domain::member::MEMBER_SENSITIVE;
use chibo_core::domain::placement::PLACEMENT;
use chibo_core::door::Refusal;
use chibo_core::id::{PersonId, PlaceId};
use chibo_core::log::reason;
use chibo_core::own_data;
use chibo_core::place::{Host, Role};
use chibo_core::regulation::Regulations;
use chibo_core::store::Store;
use chibo_core::whose::Told;
use stage::{Commune, NEVER, NOW, holds, member, values};

mod stage;

fn day(text: &str) -> Day {
    PartialDate::parse(text).unwrap().day().unwrap()
}

fn contest(place: PlaceId, n: u8) -> Target {
    Target::at(place, &CONTEST, &[n; 16])
}

fn words(place: PlaceId, on: &str) -> Values {
    let record = member(place).doc.to_string();
    values(&[
        ("record", &record),
        ("path", "full_name"),
        ("sentence", "Đinh Văn Quang"),
        ("words", "tên tôi là Quảng"),
        ("said_by", "cụ Quảng"),
        ("how", "in_person"),
        ("on", on),
    ])
}

fn doing<'a>(act: &'a str, said: &'a Values) -> Doing<'a> {
    Doing {
        act,
        about: None,
        said,
    }
}

fn answer(on: &str) -> Values {
    values(&[
        ("outcome", "refused"),
        ("note", "đúng giấy khai sinh"),
        ("on", on),
    ])
}

#[test]
fn story_11_a_contest_is_answered_in_two_working_days_or_shows_how_late_it_is() {
    let (regulations, place) = (Regulations::built_in().unwrap(), PlaceId([1; 16]));
    let calendar = WorkingDays::new(&regulations);
    let state = |answered: Option<&str>, today: &str| {
        let mut all = values(&[]);
        let mut put = |id: &str, act: &str, after: &str, said: Values| {
            all.insert(format!("acts/{id}/act"), Value::Text(act.into()));
            all.insert(format!("acts/{id}/after"), Value::Text(after.into()));
            for (name, value) in said {
                all.insert(format!("acts/{id}/{name}"), value);
            }
        };
        put("00000000000000aa", RAISE, "", words(place, "2026-02-06"));
        if let Some(on) = answered {
            put("00000000000000bb", ANSWER, "00000000000000aa", answer(on));
        }
        let facts = deadline::facts(&CONTEST, &all, place);
        let deadline = deadline::deadline(&facts[0], &regulations, &calendar, day(today)).unwrap();
        assert!(deadline.is_verified && deadline.source.number.contains("356/2025"));
        // From a Friday: the Tuesday after.
        assert_eq!(deadline.due, day("2026-02-10"));
        deadline.state
    };
    assert!(matches!(state(None, "2026-02-09"), State::Open(_)));
    assert_eq!(state(None, "2026-02-10"), State::DueToday);
    let State::Overdue(late) = state(None, "2026-02-12") else {
        panic!("it is late")
    };
    assert_eq!(late.working_days, 2);
    assert_eq!(state(Some("2026-02-10"), "2026-03-01"), State::DoneInTime);
    assert!(matches!(
        state(Some("2026-02-11"), "2026-03-01"),
        State::DoneLate(_)
    ));
}

#[test]
fn story_11_the_secretary_types_it_the_words_stay_the_persons_and_nobody_answers_their_own() {
    let mut commune = Commune::new();
    let (branch, old) = (commune.branches[0], commune.members[0][0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    let mut own = {
        let mut offer = commune.offer(Role::Member, old);
        offer.person = PersonId(old.0);
        commune.enrol_by(&offer)
    };
    for phone in [&mut secretary, &mut own] {
        commune.sync(phone);
    }
    let (said_words, said_answer) = (words(old, "2026-02-06"), answer("2026-02-09"));
    let rng = &mut commune.rng;
    secretary
        .act(contest(old, 1), doing(RAISE, &said_words), NOW, rng)
        .unwrap();
    commune.sync(&mut secretary);
    commune.sync(&mut own);
    // It stands at the sentence, for the person as well.
    let mine = (own.store())
        .read(|tx| own_data::of(tx, own.tree(), old))
        .unwrap();
    let record = mine
        .records
        .iter()
        .find(|r| r.doc == member(old).doc)
        .unwrap();
    let name = record.said.iter().find(|s| s.path == "full_name").unwrap();
    let [one] = name.contests.as_slice() else {
        panic!("{name:?}")
    };
    assert_eq!(said(&one.case.raised, "said_by"), "cụ Quảng");
    let secretary_is = secretary.author().unwrap().person;
    assert_eq!(
        one.raised.as_ref().map(|t| (t.person, t.role)),
        Some((secretary_is, Role::Secretary))
    );
    // What is not sent yet was typed by whoever holds the phone: nobody else has heard of it.
    let alias = values(&[("alias", "Quảng Bé")]);
    (secretary.edit(member(old), &alias, NOW, &mut commune.rng)).unwrap();
    let there = (secretary.store())
        .read(|tx| own_data::of(tx, secretary.tree(), old))
        .unwrap();
    let there = there.records.iter().flat_map(|r| &r.said);
    let typed = there
        .clone()
        .find(|s| s.path == "alias")
        .unwrap()
        .typed
        .clone();
    let typed = typed.map(|t| (t.person, t.time));
    assert_eq!(typed, Some((secretary_is, None)));
    commune.sync(&mut secretary);
    // The person withdraws or remarks; the answer is others'.
    let rng = &mut commune.rng;
    let refused = own.act(contest(old, 1), doing(ANSWER, &said_answer), NOW, rng);
    assert_eq!(refused, Err(EditError::Case(CaseError::NotAllowed)));
    secretary
        .act(contest(old, 1), doing(ANSWER, &said_answer), NOW, rng)
        .unwrap();
    let again = secretary.act(contest(old, 1), doing(ANSWER, &said_answer), NOW, rng);
    assert!(matches!(
        again,
        Err(EditError::Case(CaseError::NotNow { .. }))
    ));
    commune.sync(&mut secretary);
    let (_, stands) = commune.node.values(contest(old, 1).doc).unwrap().unwrap();
    let stands = Contested::of(&stands).unwrap();
    assert_eq!(stands.state, "answered");
    assert_eq!(
        said(&stands.answered.unwrap(), "note"),
        "đúng giấy khai sinh"
    );
    commune.books_are_whole();
}

#[test]
fn an_answer_that_mends_the_sentence_mends_it_with_the_persons_words_or_not_at_all() {
    let mut commune = Commune::new();
    let (branch, old) = (commune.branches[0], commune.members[0][0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut secretary);
    let mut raised = words(old, "2026-02-06");
    raised.insert("path".into(), Value::Text("official_on".into()));
    let mut answered = answer("2026-02-09");
    answered.extend(values(&[
        ("outcome", "accepted"),
        ("correction", "ba mươi tháng hai"),
    ]));
    let rng = &mut commune.rng;
    secretary
        .act(contest(old, 1), doing(RAISE, &raised), NOW, rng)
        .unwrap();
    // What is no date mends nothing, and then nothing was answered.
    let wrong = secretary.act(contest(old, 1), doing(ANSWER, &answered), NOW, rng);
    assert!(matches!(wrong, Err(EditError::Field(_))), "{wrong:?}");
    let (_, there) = secretary.values(contest(old, 1).doc).unwrap().unwrap();
    assert!(Contested::of(&there).unwrap().answered.is_none());

    answered.extend(values(&[("correction", "3/2/1976")]));
    secretary
        .act(contest(old, 1), doing(ANSWER, &answered), NOW, rng)
        .unwrap();
    commune.sync(&mut secretary);
    let own = (commune.node.store())
        .read(|tx| own_data::of(tx, commune.node.tree(), old))
        .unwrap();
    let record = own.records.iter().find(|r| r.doc == member(old).doc);
    let said = record.unwrap().said.iter();
    let mended = said.clone().find(|s| s.path == "official_on").unwrap();
    assert_eq!(mended.value, Value::Text("1976-02-03".into()));
    assert_eq!(mended.told, [Told::typed("cụ Quảng", "in_person").unwrap()]);
    assert_eq!(
        mended.typed.as_ref().map(|t| t.role),
        Some(Role::Secretary),
        "his words, typed by the secretary"
    );
    commune.books_are_whole();
}

/// What the secretary takes down against a sentence, of which nobody else may read, and the answer that mends it.
fn against(record: Target, path: &str, stands: &str, words: &str) -> Values {
    values(&[
        ("record", &record.doc.to_string()),
        ("path", path),
        ("sentence", stands),
        ("words", words),
        ("said_by", "đồng chí ấy"),
        ("how", "in_person"),
        ("on", "2026-02-06"),
    ])
}

#[test]
fn a_contest_about_religion_or_discipline_is_read_by_nobody_who_may_not_read_the_sentence() {
    let mut commune = Commune::new();
    let (branch, member) = (commune.branches[0], commune.members[0][0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    let mut others = vec![commune.enrol(Role::CommitteeMember, branch)];
    others.push(commune.enrol(Role::Upper, commune.node.root()));
    others.push({
        let mut offer = commune.offer(Role::Member, member);
        offer.person = PersonId(member.0);
        commune.enrol_by(&offer)
    });
    let sensitive = Target::at(member, &MEMBER_SENSITIVE, b"");
    let discipline = Target::at(member, &DISCIPLINE, &[7; 16]);
    let reprimand = [
        ("form", "reprimand"),
        ("number", "5"),
        ("issued_on", "2025-03-01"),
    ];
    let recorded = [
        (sensitive, values(&[("religion", "buddhist")])),
        (discipline, values(&reprimand)),
    ];
    (commune.node)
        .edit_many(&[], &recorded, NOW, &mut commune.rng)
        .unwrap();
    commune.sync(&mut secretary);

    let said = [
        against(
            sensitive,
            "religion",
            "Phật giáo",
            "tôi không theo đạo Phật",
        ),
        against(discipline, "form", "Khiển trách", "đã xóa khiển trách rồi"),
    ];
    let apart = |n: u8| Target::at(member, &CONTEST_APART, &[n; 16]);
    for (n, said) in (1..).zip(&said) {
        let rng = &mut commune.rng;
        // Where everybody reads what is said against the register, it is not taken.
        let open = secretary.act(contest(member, n), doing(RAISE, said), NOW, rng);
        assert_eq!(open, Err(EditError::Case(CaseError::ReadByMore)));
        secretary
            .act(apart(n), doing(RAISE, said), NOW, rng)
            .unwrap();
    }
    let mut answered = answer("2026-02-09");
    answered.extend(values(&[
        ("outcome", "accepted"),
        ("correction", "Công giáo"),
        ("note", "theo đạo Công giáo"),
    ]));
    secretary
        .act(apart(1), doing(ANSWER, &answered), NOW, &mut commune.rng)
        .unwrap();
    commune.sync(&mut secretary);

    // Those who read the sentence read what was said against it, at the sentence; it was mended there.
    let all = (commune.node.store())
        .read(|tx| own_data::of(tx, commune.node.tree(), member))
        .unwrap();
    let at = |record: Target, path: &str| {
        let record = all.records.iter().find(|r| r.doc == record.doc).unwrap();
        let said = record.said.iter().find(|s| s.path == path);
        said.unwrap().clone()
    };
    assert_eq!(
        at(sensitive, "religion").value,
        Value::Text("catholic".into())
    );
    assert_eq!(at(sensitive, "religion").contests.len(), 1);
    assert_eq!(at(discipline, "form").contests.len(), 1);
    // Nobody else holds a word of it, nor of what it is about.
    for (n, phone) in others.iter_mut().enumerate() {
        commune.sync(phone);
        for word in [
            "religion",
            "buddhist",
            "catholic",
            "đạo",
            "Công giáo",
            "hiển trách",
        ] {
            assert!(!holds(phone, word), "{n}: {word}");
        }
        assert!(!holds(phone, &sensitive.doc.to_string()), "{n}");
    }
    assert!(holds(&secretary, "Công giáo") && holds(&secretary, "hiển trách"));

    // A phone that does not know the record says it all the same; the node takes it in nowhere.
    let own = others.last_mut().unwrap();
    let rng = &mut commune.rng;
    own.act(contest(member, 9), doing(RAISE, &said[0]), NOW, rng)
        .unwrap();
    commune.sync(own);
    let code = reason::DOOR + Refusal::Case(CaseError::ReadByMore).code();
    assert_eq!(commune.last_reason(), Some(code));
    let committee = &mut others[0];
    commune.sync(committee);
    assert!(!holds(committee, "đạo Phật"));
    commune.books_are_whole();
}

#[test]
fn a_contest_about_a_stay_elsewhere_names_the_field_and_repeats_nothing_to_the_home_committee() {
    let mut commune = Commune::new();
    let (branch, member) = (commune.branches[0], commune.members[0][0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    let mut committee = commune.enrol(Role::CommitteeMember, branch);
    let stay = PlaceId([8; 16]);
    let host = Some(Host {
        branch: commune.branches[1],
        until: NEVER,
    });
    let edits = values(&[("full_name", "Đinh Văn Quang"), ("phone", "0912000555")]);
    (commune.node)
        .place_in(stay, member, host, &edits, NOW, &mut commune.rng)
        .unwrap();
    commune.sync(&mut secretary);
    let record = Target::at(stay, &PLACEMENT, b"");
    let said = against(record, "phone", "0912000555", "số này đã bỏ");
    let rng = &mut commune.rng;
    secretary
        .act(contest(member, 1), doing(RAISE, &said), NOW, rng)
        .unwrap();
    let mut answered = answer("2026-02-09");
    answered.extend(values(&[
        ("outcome", "accepted"),
        ("correction", "0912000666"),
    ]));
    secretary
        .act(contest(member, 1), doing(ANSWER, &answered), NOW, rng)
        .unwrap();
    commune.sync(&mut secretary);
    let (_, mended) = commune.node.values(record.doc).unwrap().unwrap();
    assert_eq!(mended["phone"], Value::Text("0912000666".into()));
    commune.sync(&mut committee);
    assert!(holds(&committee, "số này đã bỏ"));
    for word in ["0912000555", "0912000666"] {
        assert!(
            holds(&secretary, word) && !holds(&committee, word),
            "{word}"
        );
    }
    commune.books_are_whole();
}

#[test]
fn row_43_all_of_it_is_for_the_person_their_leaders_and_the_office() {
    let commune = Commune::new();
    let tree = commune.node.tree();
    let ([one, two], [own, other]) = (commune.branches, commune.members[0]);
    let sees = |role, place| own_data::may_see(role, place, own, tree);
    assert!(sees(Role::Member, own) && !sees(Role::Member, other));
    assert!(sees(Role::Secretary, one) && !sees(Role::Secretary, two));
    assert!(sees(Role::Office, commune.node.root()));
    for role in [
        Role::CommitteeMember,
        Role::Upper,
        Role::Auditor,
        Role::Operator,
    ] {
        assert!(!sees(role, commune.node.root()));
    }
    assert!(
        !own_data::may_see(Role::Secretary, one, one, tree),
        "a branch is no person"
    );
}
