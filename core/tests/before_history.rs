//! An edit before the history has come (rule 19): somebody opens a branch whose records have come by half, and writes. What
//! they wrote is kept, and when the rest is there it stands beside what others wrote, with the choice told as one.

use chibo_core::author::Target;
use chibo_core::kind;
use chibo_core::node::Node;
use chibo_core::place::Role;

mod stage;
use stage::{Commune, Memory, NOW, frames, values};

/// A meeting (*buổi sinh hoạt*) of the first branch.
fn meeting(commune: &Commune, n: u8) -> Target {
    let day = format!("2026-{n:02}-03");
    let kind = kind::by_name("meeting").unwrap();
    Target::at(commune.branches[0], kind, day.as_bytes())
}

/// Takes in so many frames of the first answer, over a line that broke often; then it breaks again.
fn comes_by_half(commune: &mut Commune, phone: &mut Memory, upto: usize) -> bool {
    for _ in 0..9 {
        phone.request(NOW, &mut commune.rng).unwrap();
    }
    let (request, mut exchange) = phone.request(NOW, &mut commune.rng).unwrap();
    let answer = commune.node.handle(&[request], NOW).remove(0).unwrap();
    let frames = frames(&answer);
    for frame in frames.iter().take(upto) {
        phone.receive(&mut exchange, frame).unwrap();
    }
    upto < frames.len()
}

#[test]
fn what_is_written_into_a_record_before_it_has_come_stands_beside_what_was_there() {
    let mut commune = Commune::new();
    let branch = commune.branches[0];
    // None like another, so that they do not pack well.
    let agenda = |n: u8| -> String {
        let words =
            (0..300_u32).map(|i| format!("{:x} ", (i * 2_654_435 + u32::from(n)) ^ (i << 7)));
        words.collect()
    };
    for n in 1..=12 {
        let there = values(&[("place", "Nhà văn hóa"), ("agenda", &agenda(n))]);
        let target = meeting(&commune, n);
        let (node, rng) = (&mut commune.node, &mut commune.rng);
        node.edit(target, &there, NOW, rng).unwrap();
        node.submit(NOW, rng).unwrap();
    }
    let before = commune.node.store().clone();
    let mut tried = 0;
    for upto in 1..60 {
        commune.node = Node::open(before.clone()).unwrap();
        let mut phone = commune.enrol(Role::Secretary, branch);
        if !comes_by_half(&mut commune, &mut phone, upto) {
            break;
        }
        let known = phone.tree().get(branch).is_some();
        let missing = (1..=12).find(|n| phone.values(meeting(&commune, *n).doc).unwrap().is_none());
        let Some(n) = missing.filter(|_| known) else {
            continue;
        };
        tried += 1;
        let target = meeting(&commune, n);
        let mine = values(&[("place", "Nhà ông Quang"), ("chair", "Đinh Văn Quang")]);
        phone.edit(target, &mine, NOW, &mut commune.rng).unwrap();
        assert!(commune.sync(&mut phone).synced);
        // On both sides the rest of the record is whole, and both places are offered to choose from.
        let target = target.doc;
        for (values, conflicts) in [
            (
                phone.values(target).unwrap(),
                phone.conflicts(target).unwrap(),
            ),
            (
                commune.node.values(target).unwrap(),
                commune.node.conflicts(target).unwrap(),
            ),
        ] {
            let (_, values) = values.unwrap();
            assert_eq!(values["agenda"].shown(), agenda(n));
            assert_eq!(values["chair"].shown(), "Đinh Văn Quang");
            let of_place = conflicts.iter().find(|c| c.path == "place").unwrap();
            let mut offered: Vec<String> =
                of_place.values.iter().map(|c| c.value.shown()).collect();
            offered.sort();
            assert_eq!(offered, ["Nhà văn hóa", "Nhà ông Quang"]);
        }
        commune.books_are_whole();
        if tried == 3 {
            break;
        }
    }
    assert!(
        tried == 3,
        "the line broke among the branch's records {tried} times"
    );
}
