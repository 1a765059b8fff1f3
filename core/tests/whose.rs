//! Whose words a value is: it goes with the value, not with the field, and two who heard the same are no conflict.

use chibo_core::author::EditError;
use chibo_core::document::{Value, Values};
use chibo_core::domain::member::MEMBER;
use chibo_core::field::FieldError;
use chibo_core::history::Change;
use chibo_core::kind::{Field, FieldType, KINDS, Needed};
use chibo_core::place::Role;
use chibo_core::whose::{self, Told, WORDS, Words};
use stage::{Commune, Memory, NOW, member, values};
use std::slice;

mod stage;

fn told(by: &str, how: &str) -> Told {
    Told::typed(by, how).unwrap()
}

fn types(
    phone: &mut Memory,
    commune: &mut Commune,
    pairs: &[(&str, &str)],
    told: &Told,
) -> Result<(), EditError> {
    let place = commune.members[0][0];
    let mut edits = values(pairs);
    whose::add(&MEMBER, &mut edits, told);
    let done = phone.edit(member(place), &edits, NOW, &mut commune.rng);
    done.map(drop)
}

fn shown(phone: &Memory, commune: &Commune) -> Values {
    let doc = member(commune.members[0][0]).doc;
    phone.values(doc).unwrap().unwrap().1
}

fn whose_phone(values: &Values) -> Vec<Told> {
    Words::of(values).about("phone", &values["phone"])
}

#[test]
fn the_words_of_a_value_are_not_those_of_the_next_one() {
    let mut commune = Commune::new();
    let mut secretary = commune.enrol(Role::Secretary, commune.branches[0]);
    commune.sync(&mut secretary);
    let registered = shown(&secretary, &commune)["phone"].shown();
    let wife = told("vợ ở nhà", "qua điện thoại");
    let first = [("phone", "0912345678"), ("occupation", "thợ may")];
    types(&mut secretary, &mut commune, &first, &wife).unwrap();
    let said = whose_phone(&shown(&secretary, &commune));
    assert_eq!(said, slice::from_ref(&wife));
    // The secretary writes another number on their own word: the wife said nothing about that one.
    let second = [("phone", "0987654321")];
    types(&mut secretary, &mut commune, &second, &Told::default()).unwrap();
    commune.sync(&mut secretary);
    let values = shown(&secretary, &commune);
    assert_eq!(whose_phone(&values), []);
    let job = Words::of(&values).about("occupation", &values["occupation"]);
    assert_eq!(
        job,
        slice::from_ref(&wife),
        "what she said besides stays hers"
    );
    // In the history each change has the words of its own day, and they are no field.
    let doc = member(commune.members[0][0]).doc;
    let history = secretary.history(doc, 0, 10).unwrap();
    let number = |c: &Change| {
        let paths = c.written.iter().map(|w| w.path.as_str());
        assert!(paths.clone().all(|path| !whose::is_words(path)));
        let at = paths.into_iter().position(|path| path == "phone")?;
        Some((c.written[at].after.shown(), c.written[at].told.clone()))
    };
    let numbers: Vec<_> = history.iter().filter_map(number).collect();
    assert_eq!(
        numbers,
        [("0987654321".to_owned(), vec![]), (registered, vec![])]
    );
}

#[test]
fn two_who_were_told_the_same_by_different_people_leave_both_and_no_conflict() {
    let mut commune = Commune::new();
    let branch = commune.branches[0];
    let mut secretary = commune.enrol(Role::Secretary, branch);
    let mut deputy = commune.enrol(Role::Deputy, branch);
    for phone in [&mut secretary, &mut deputy] {
        commune.sync(phone);
    }
    let number = [("phone", "0912345678")];
    let wife = told("vợ ở nhà", "telephone");
    let own = told("anh Đức", "giấy");
    types(&mut secretary, &mut commune, &number, &wife).unwrap();
    types(&mut deputy, &mut commune, &number, &own).unwrap();
    for _ in 0..2 {
        commune.sync(&mut secretary);
        commune.sync(&mut deputy);
    }
    for phone in [&secretary, &deputy] {
        let values = shown(phone, &commune);
        assert_eq!(whose_phone(&values), [own.clone(), wife.clone()]);
        let doc = member(commune.members[0][0]).doc;
        let words = phone.conflicts(doc).unwrap();
        assert!(words.iter().all(|c| !whose::is_words(&c.path)), "{words:?}");
    }
}

#[test]
fn what_is_cleared_is_said_by_nobody_and_nothing_recorded_costs_nothing() {
    let mut edits = values(&[("occupation", "thợ may")]);
    edits.insert("phone".into(), Value::Cleared);
    whose::add(&MEMBER, &mut edits, &Told::default());
    assert_eq!(edits.len(), 2);
    whose::add(&MEMBER, &mut edits, &told("vợ", ""));
    assert_eq!(edits.len(), 3);
    assert!(Words::of(&edits).about("phone", &Value::Cleared).is_empty());
}

#[test]
fn a_way_is_typed_as_people_say_it_and_an_unknown_one_is_refused_by_name() {
    for said in ["telephone", "Qua điện thoại", "dien thoai", " ZALO "] {
        assert_eq!(told("", said).how, "telephone");
    }
    let wrong = Told::typed("vợ", "bồ câu").unwrap_err();
    assert!(
        matches!(&wrong, FieldError::NotInList { found, allowed, .. }
        if found == "bồ câu" && allowed.contains(&"telephone"))
    );
}

#[test]
fn whose_words_stand_beside_a_value_and_are_no_field_to_fill_in() {
    for kind in KINDS {
        assert!(kind.form().all(|f| f.name != WORDS));
        let words = kind.field(WORDS);
        assert!(words.is_none_or(|f| f.needed == Needed::No));
    }
}

/// The kinds in which nobody tells anything to an author: who writes sets down what they did, saw or read, and the
/// signature says who they are.
const SET_DOWN: [(&str, &str); 12] = [
    (
        "unit",
        "the office's own list of its units, by decisions whose number it names",
    ),
    (
        "meeting",
        "the minutes of whoever takes them, and marks of whoever sees who is there",
    ),
    (
        "placement_attendance",
        "the host's own mark, by whoever sees who is there",
    ),
    (
        "placement_dues",
        "the host took the money, and names the slip",
    ),
    (
        "dossier",
        "the papers that whoever opened the folder saw in it",
    ),
    ("succession", "each side counts and signs for themself"),
    (
        "decision",
        "a paper: who issued and signed it, and whether the original was seen",
    ),
    (
        "discipline",
        "a paper: who issued and signed it, and whether the original was seen",
    ),
    ("regulation", "a paper: its number, day and where it stands"),
    ("look", "the program notes who looked"),
    ("list_look", "the program notes who looked"),
    ("placement_look", "the program notes who looked"),
];

#[test]
fn each_kind_says_whose_words_it_holds_and_how_they_came_or_nobody_is_told_any() {
    let says = |fields: &[Field], names: &[&str]| {
        names
            .iter()
            .all(|name| fields.iter().any(|f| f.name == *name))
    };
    for kind in KINDS {
        let mut lists = vec![kind.fields];
        lists.extend(kind.fields.iter().filter_map(|f| match f.kind {
            FieldType::Entries(cells) => Some(cells),
            _ => None,
        }));
        // A remark names its author as its own field.
        let whose = [
            &["said_by", "how"][..],
            &["by", "how", "recorded_by"],
            &["author", "how", "recorded_by"],
        ];
        let is_told = lists.iter().any(|list| whose.iter().any(|w| says(list, w)));
        let why = SET_DOWN.iter().find(|(name, _)| *name == kind.name);
        assert_eq!(is_told, why.is_none(), "{}: {why:?}", kind.name);
    }
}
