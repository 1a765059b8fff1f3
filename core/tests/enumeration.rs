//! Who asks for what there is not, and for what they may not have, hears the same and causes the same work: neither words
//! nor time tell who and what is kept here. Work is counted, not timed: rows that are read, signatures that are checked.

use chibo_core::evidence::EvidenceRequest;
use chibo_core::id::{DocId, PlaceId};
use chibo_core::identity::{SecretKey, signatures_checked};
use chibo_core::node::{Node, Rejection};
use chibo_core::phone::Phone;
use chibo_core::place::Role;
use chibo_core::recovery::RecoveryRequest;

use std::cell::Cell;
use std::rc::Rc;

mod stage;
use stage::counting::Counting;
use stage::*;

/// A node whose work is counted, as the commune has it now.
struct Watched {
    node: Node<Counting>,
    count: Rc<Cell<u64>>,
}

impl Watched {
    fn over(commune: &Commune) -> Self {
        let count = Rc::new(Cell::new(0));
        let store = Counting::new(commune.node.store().clone(), count.clone());
        Watched {
            node: Node::open(store).unwrap(),
            count,
        }
    }

    /// What a question comes to, how many rows are touched for it, and how many signatures are checked.
    fn work<R>(&mut self, question: impl FnOnce(&mut Node<Counting>) -> R) -> (R, u64, u64) {
        let (rows, signatures) = (self.count.get(), signatures_checked());
        let answer = question(&mut self.node);
        let signatures = signatures_checked() - signatures;
        (answer, self.count.get() - rows, signatures)
    }
}

const NO_ONE: u64 = 987_654;

#[test]
fn who_guesses_at_devices_causes_the_same_work_for_any_number() {
    let mut commune = Commune::new();
    let phone = commune.enrol(Role::Secretary, commune.branches[0]);
    let gone = commune.enrol(Role::Deputy, commune.branches[0]);
    let gone = commune.number_of(&gone);
    commune.node.revoke(gone, false, false, NOW).unwrap();
    let mut watched = Watched::over(&commune);
    let stranger = SecretKey::from_seed([5; 32]);
    let log = commune.node.log();
    let mut seen = Vec::new();
    for grant in [commune.number_of(&phone), gone, 1, NO_ONE] {
        let request = chibo_core::wire::Request {
            log,
            grant,
            time: NOW,
            position: chibo_core::log::Position::START,
            cut: 0,
            wants_own: false,
            wiped: false,
            pending: Vec::new(),
            cursor: None,
            halved: 0,
            controls: Vec::new(),
            recovery: None,
            segments: 0,
        }
        .seal(&[], &[], &stranger);
        seen.push(watched.work(|node| node.handle(&[request], NOW).remove(0)));
    }
    assert_eq!(seen[0].0, Err(Rejection::NotEnrolled));
    assert!(seen[0].2 > 0, "a signature is checked");
    assert!(seen.iter().all(|s| *s == seen[0]), "{seen:?}");
}

#[test]
fn who_asks_for_evidence_learns_no_document_from_the_answer_nor_from_its_time() {
    let mut commune = Commune::new();
    let phone = commune.enrol(Role::Secretary, commune.branches[0]);
    let gone = commune.enrol(Role::Secretary, commune.branches[1]);
    let (n, ended) = (commune.number_of(&phone), commune.number_of(&gone));
    commune.node.revoke(ended, false, false, NOW).unwrap();
    let mut watched = Watched::over(&commune);
    let log = commune.node.log();
    let stranger = SecretKey::from_seed([5; 32]);
    let next = member(commune.members[1][0]).doc;
    let nothing = DocId([7; 16]);
    // By a device that is enrolled, by one that was shut out, and by a stranger under either's number or none.
    let mut seen = Vec::new();
    for (grant, key) in [
        (n, phone.key()),
        (ended, gone.key()),
        (n, &stranger),
        (ended, &stranger),
        (NO_ONE, &stranger),
    ] {
        for doc in [next, nothing] {
            let asked = EvidenceRequest::new(log, grant, doc, key).to_bytes();
            seen.push(watched.work(|node| node.evidence(&asked, NOW)));
        }
    }
    assert_eq!(seen[0].0, Err(Rejection::NotEnrolled));
    assert_eq!(seen[0].2, 1, "one signature is checked");
    assert!(seen.iter().all(|s| *s == seen[0]), "{seen:?}");
}

#[test]
fn who_asks_for_a_recovery_code_learns_no_device_from_the_answer_nor_from_its_time() {
    let mut commune = Commune::new();
    let phone = commune.enrol(Role::Deputy, commune.branches[0]);
    let there = commune.enrol(Role::Secretary, commune.branches[1]);
    let (n, there) = (commune.number_of(&phone), commune.number_of(&there));
    let mut watched = Watched::over(&commune);
    let log = commune.node.log();
    let stranger = SecretKey::from_seed([5; 32]);
    let mut seen = Vec::new();
    for (grant, key) in [(n, phone.key()), (n, &stranger), (NO_ONE, &stranger)] {
        for of in [there, 1, NO_ONE] {
            let asked = RecoveryRequest::new(log, grant, of, key).to_bytes();
            seen.push(watched.work(|node| node.tell_recovery(&asked, NOW)));
        }
    }
    assert_eq!(seen[0].0, Err(Rejection::NotEnrolled));
    assert_eq!(seen[0].2, 1, "one signature is checked");
    assert!(seen.iter().all(|s| *s == seen[0]), "{seen:?}");
}

#[test]
fn who_writes_into_a_place_that_is_not_and_into_one_that_is_not_theirs_hears_the_same() {
    let mut commune = Commune::new();
    let [branch, next] = commune.branches;
    let phone = commune.enrol(Role::Secretary, branch);
    let own = commune.enrol(Role::Member, commune.members[0][0]);
    let edit = values(&[("alias", "Hai")]);
    for (who, places) in [
        (&phone, [commune.members[1][0], next, PlaceId([7; 16])]),
        (
            &own,
            [
                commune.members[1][0],
                commune.members[0][1],
                PlaceId([7; 16]),
            ],
        ),
    ] {
        let mut seen = Vec::new();
        for place in places {
            let mut watched = Watched::over(&commune);
            let segment = saying(who, member(place), &edit, None);
            let request = pushing(who, &[segment]);
            let told = watched.work(|node| node.handle(&[request], NOW).remove(0));
            // What it hears, but for what names the segment, which it knows.
            let mut hears = Phone::open(who.store().clone(), None).unwrap();
            let mut exchange = hears.reading(NOW);
            let mut shape = Vec::new();
            for frame in frames(&told.0.unwrap()) {
                shape.push((frame.kind as u8, frame.body.len()));
                hears.receive(&mut exchange, &frame).unwrap();
            }
            let problems = hears.outcome(&exchange).unwrap().problems;
            let codes: Vec<u8> = problems.iter().map(|p| p.code).collect();
            let kept = watched.node.quarantine().unwrap().pop().unwrap().1;
            // And neither rows nor signatures tell by their number.
            seen.push((shape, codes, kept.reason, kept.words, told.1, told.2));
        }
        assert!(seen.iter().all(|s| *s == seen[0]), "{seen:?}");
    }
}
