//! Cases on real devices: an office, a secretary, a deputy and a member act without hearing of each other, hand things from
//! phone to phone, come to the node in any order. Nothing that anybody may do is lost, everybody sees the same, and what they
//! see is a state that the case knows.

use chibo_core::author::{Doing, EditError, Target};
use chibo_core::case::{self, CANCEL, KEEP, NEW};
use chibo_core::kind::{KINDS, Kind};
use chibo_core::place::{PlaceKind, Role};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::collections::BTreeSet;

mod stage;
use stage::*;

struct Told {
    acts: usize,
    forks: usize,
    state: &'static str,
}

fn lived(kind: &'static Kind, seed: u64) -> Told {
    let mut chance = ChaCha8Rng::seed_from_u64(seed);
    let mut pick = |n: usize| chance.next_u32() as usize % n;
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let place = match kind.place.contains(&PlaceKind::Member) {
        true => quang,
        false => branch,
    };
    let case = Target::at(place, kind, &[3; 16]);
    let mut phones = [
        commune.enrol(Role::Secretary, branch),
        commune.enrol(Role::Deputy, branch),
        commune.enrol(Role::Member, quang),
    ];
    for phone in &mut phones {
        commune.sync(phone);
    }
    let machine = kind.case.unwrap();
    let (mut acts, mut forks) = (0, 0);
    for _ in 0..40 {
        let i = pick(phones.len() + 1);
        let shown = match phones.get(i) {
            Some(phone) => phone.values(case.doc).unwrap(),
            None => commune.node.values(case.doc).unwrap(),
        };
        let shown = shown.map(|(_, values)| values).unwrap_or_default();
        match pick(6) {
            0 if i < phones.len() => {
                commune.sync(&mut phones[i]);
                continue;
            }
            1 if i < phones.len() => {
                let other = pick(phones.len());
                phones[other].seal(NOW, &mut commune.rng).unwrap();
                let offer = phones[other].offer(&phones[i].heads().unwrap()).unwrap();
                phones[i].take_offer(offer, NOW).unwrap();
                continue;
            }
            _ => {}
        }
        let story = case::story(kind, &shown);
        let said = anything_said(if pick(5) == 0 { "" } else { "9" });
        let (act, about) = match story.at_once.first() {
            Some(first) => {
                forks += 1;
                (KEEP, Some(first.as_str()))
            }
            None if pick(7) == 0 && !story.line.is_empty() => (CANCEL, None),
            None => (machine.acts[pick(machine.acts.len())].code, None),
        };
        let doing = Doing {
            act,
            about,
            said: &said,
        };
        let done = match phones.get_mut(i) {
            Some(phone) => phone.act(case, doing, NOW, &mut commune.rng),
            None => {
                let done = commune.node.act(case, doing, NOW, &mut commune.rng);
                commune.node.submit(NOW, &mut commune.rng).unwrap();
                done
            }
        };
        match done {
            Ok(_) => acts += 1,
            // Not theirs, not now, or about what only another phone has said so far.
            Err(EditError::Case(_) | EditError::NotAllowed | EditError::AboutThemself) => {}
            Err(e) => panic!("{} {seed}: {act}: {e:?}", kind.name),
        }
    }
    for _ in 0..3 {
        for phone in &mut phones {
            commune.sync(phone);
        }
    }
    let told = format!("{} {seed}", kind.name);
    assert_eq!(commune.node.quarantine().unwrap(), [], "{told}");
    let at_node = commune.node.values(case.doc).unwrap();
    let at_node = at_node.map(|(_, values)| values).unwrap_or_default();
    let story = case::story(kind, &at_node);
    assert!(
        story.state == NEW || machine.state(story.state).is_some(),
        "{told}"
    );
    assert_eq!(story.acts.len(), acts, "{told}: an act is lost");
    for phone in &mut phones {
        assert!(commune.sync(phone).synced, "{told}");
        if let Some((_, here)) = phone.values(case.doc).unwrap() {
            assert_eq!(here, at_node, "{told}");
        }
    }
    commune.books_are_whole();
    Told {
        acts,
        forks,
        state: story.state,
    }
}

#[test]
fn whatever_people_do_on_their_phones_in_whatever_order_ends_in_a_legal_state() {
    for kind in KINDS.iter().copied().filter(|k| k.case.is_some()) {
        let (mut acts, mut forks, mut ends) = (0, 0, BTreeSet::new());
        for seed in 0..6 {
            let told = lived(kind, seed);
            acts += told.acts;
            forks += told.forks;
            ends.insert(told.state);
        }
        assert!(forks > 3, "{}: {forks} times two acted at once", kind.name);
        assert!(
            acts > 12 && ends.len() > 1,
            "{}: {acts} acts, {ends:?}",
            kind.name
        );
    }
}
