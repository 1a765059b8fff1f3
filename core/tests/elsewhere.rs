//! What units' records say of one person: theirs, and nothing of anybody else's.

use chibo_core::author::{Doing, Target};
use chibo_core::domain::succession::SUCCESSION;
use chibo_core::domain::transfer_in::TRANSFER_IN;
use chibo_core::elsewhere;
use chibo_core::id::PlaceId;
use chibo_core::own_data;
use chibo_core::place::Role;
use chibo_core::store::Store;
use stage::{Commune, Memory, NOW, member, values};
use std::collections::BTreeSet;

mod stage;

#[test]
fn of_a_hand_over_each_side_is_its_own_person_s() {
    let [gave, took] = [[1; 16], [2; 16]].map(|id| PlaceId(id).to_string());
    let both = values(&[
        ("on", "2026-05-05"),
        ("sides/a/signer", &gave),
        ("sides/a/name", "Trần Đức An"),
        ("sides/a/note", "thiếu một sổ"),
        ("sides/b/signer", &took),
        ("sides/b/name", "Đinh Văn Quang"),
        ("held/c.1/signer", &took),
    ]);
    let own = elsewhere::carried(&SUCCESSION, &both, &BTreeSet::from([took]));
    let paths: Vec<&str> = own.keys().map(String::as_str).collect();
    assert_eq!(paths, ["held/c.1/signer", "sides/b/name", "sides/b/signer"]);
}

fn letters(store: &impl Store, tree: &chibo_core::tree::Tree, person: PlaceId) -> usize {
    let own = store.read(|tx| own_data::of(tx, tree, person)).unwrap();
    let cases = own.records.iter();
    cases
        .filter(|r| r.kind.number == TRANSFER_IN.number)
        .count()
}

/// How many letters the node, and a phone of the branch's secretary, say are this person's.
fn told(commune: &mut Commune, phone: &mut Memory, person: PlaceId) -> (usize, usize) {
    commune.sync(phone);
    let node = letters(commune.node.store(), commune.node.tree(), person);
    (node, letters(phone.store(), phone.tree(), person))
}

#[test]
fn a_letter_is_whose_name_stands_in_it_and_nobodys_where_two_are_called_so() {
    let mut commune = Commune::new();
    let (branch, [one, two]) = (commune.branches[0], commune.members[0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    let name = commune.name_of(one);
    let letter = [
        ("number", "12"),
        ("letter_on", "2026-09-01"),
        ("on", "2026-09-02"),
        ("full_name", name.as_str()),
        ("note", "ghi sau"),
    ];
    for (n, act) in [(1, "arrive"), (2, "expect")] {
        let doing = Doing {
            act,
            about: None,
            said: &values(&letter),
        };
        let case = Target::at(branch, &TRANSFER_IN, &[n; 16]);
        (commune.node)
            .act(case, doing, NOW, &mut commune.rng)
            .unwrap();
    }
    commune.node.submit(NOW, &mut commune.rng).unwrap();
    // One came; the other was told of, and might be somebody else's whom another branch sends: a phone cannot know.
    assert_eq!(told(&mut commune, &mut secretary, one), (2, 1));
    assert_eq!(told(&mut commune, &mut secretary, two), (0, 0));
    let same = (member(two), values(&[("full_name", name.as_str())]));
    (commune.node)
        .edit_many(&[], &[same], NOW, &mut commune.rng)
        .unwrap();
    for person in [one, two] {
        assert_eq!(told(&mut commune, &mut secretary, person), (0, 0));
    }
}
