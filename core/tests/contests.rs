//! Story 11: what a person dictated and contests, whose words they are, by when it is answered, and who answers.

use chibo_core::author::{Doing, EditError, Target};
use chibo_core::calendar::WorkingDays;
use chibo_core::case::CaseError;
use chibo_core::date::{Day, PartialDate};
use chibo_core::deadline::{self, State};
use chibo_core::document::{Value, Values};
use chibo_core::domain::contest::{ANSWER, CONTEST, Contested, RAISE, said};
use chibo_core::id::{PersonId, PlaceId};
use chibo_core::own_data;
use chibo_core::place::Role;
use chibo_core::regulation::Regulations;
use chibo_core::store::Store;
use chibo_core::whose::Told;
use stage::{Commune, NOW, member, values};

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
