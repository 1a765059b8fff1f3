//! What a hostile program, or a node that lies with its own key, may try, and what comes of it: each test would
//! succeed for the attacker if its check were removed. More of them stand in `authority.rs`.

use chibo_core::author::Target;
use chibo_core::document::Values;
use chibo_core::domain::decision::DECISION;
use chibo_core::feed::authorise::Forbidden;
use chibo_core::feed::{Segment, SignedSegment};
use chibo_core::kind;
use chibo_core::limits;
use chibo_core::log::{Position, reason};
use chibo_core::node::Node;
use chibo_core::phone::Phone;
use chibo_core::place::Role;
use chibo_core::time::Timestamp;

mod stage;
use stage::*;

fn note(words: &str) -> Values {
    values(&[("note", words)])
}

/// The note of a member, as the office has it.
fn noted(commune: &Commune, place: chibo_core::id::PlaceId) -> Option<String> {
    let (_, record) = commune.node.values(member(place).doc).unwrap().unwrap();
    record.get("note").map(|v| v.shown())
}

fn head(commune: &Commune) -> Position {
    commune.node.position().unwrap()
}

#[test]
fn a_forged_or_altered_signature_and_another_devices_key_change_nothing() {
    let mut commune = Commune::new();
    let [quang, an] = commune.members[0];
    let phone = commune.enrol(Role::Secretary, commune.branches[0]);
    let other = commune.enrol(Role::Member, an);
    let good = saying(&phone, member(quang), &note("thật"), None);
    let before = head(&commune);

    let mut bytes = good.to_bytes();
    *bytes.last_mut().unwrap() ^= 1;
    let altered = SignedSegment::from_bytes(&bytes).unwrap();
    // The same words signed with the key of somebody who is enrolled as well.
    let key = &other.author().unwrap().key;
    let by_another = good.unproven().clone().signed(key);
    // Another claim under the good one's signature.
    let claims = Segment {
        time: chibo_core::time::Claimed(Timestamp(NOW.0 - 1)),
        ..good.unproven().clone()
    };
    let mut bytes = claims.signed(key).to_bytes();
    let at = bytes.len() - 64;
    let signature = good.to_bytes();
    bytes[at..].copy_from_slice(&signature[signature.len() - 64..]);
    let replanted = SignedSegment::from_bytes(&bytes).unwrap();

    for forged in [&altered, &by_another, &replanted] {
        commune.push(&phone, std::slice::from_ref(forged));
        commune.push(&other, std::slice::from_ref(forged));
        assert_eq!(noted(&commune, quang), None);
    }
    assert_eq!(commune.node.bad_signatures().unwrap(), 6, "and counted");
    assert_eq!(head(&commune), before, "the log says nothing of it");
    commune.push(&phone, &[good]);
    assert_eq!(noted(&commune, quang).as_deref(), Some("thật"));
    commune.books_are_whole();
}

#[test]
fn what_is_replayed_doubled_or_in_another_order_counts_once_and_in_its_order() {
    let mut commune = Commune::new();
    let quang = commune.members[0][0];
    let mut phone = commune.enrol(Role::Secretary, commune.branches[0]);
    commune.sync(&mut phone);
    let first = saying(&phone, member(quang), &note("một"), None);
    let decision = Target::at(quang, &DECISION, &[1; 16]);
    let paper = values(&[("form", "other"), ("number", "1")]);
    let second = Segment {
        n: 2,
        prev: first.hash(),
        ..saying(&phone, decision, &paper, None).unproven().clone()
    };
    let second = second.signed(&phone.author().unwrap().key);

    // The second alone waits for the first, and is no loss: it is taken in when it comes after it.
    commune.push(&phone, std::slice::from_ref(&second));
    assert!(commune.node.values(decision.doc).unwrap().is_none());
    commune.push(&phone, &[first.clone(), first.clone()]);
    commune.push(&phone, std::slice::from_ref(&second));
    assert!(commune.node.values(decision.doc).unwrap().is_some());
    let after = head(&commune);
    // Said again, in whatever order and together, nothing is added to the log.
    commune.push(&phone, &[second.clone(), first.clone()]);
    commune.push(&phone, &[first.clone(), second, first.clone()]);
    assert_eq!(head(&commune), after);
    // Nor by a whole request that somebody wrote down on the way and plays again.
    phone
        .edit(member(quang), &note("hai"), NOW, &mut commune.rng)
        .unwrap();
    let (request, _) = phone.request(NOW, &mut commune.rng).unwrap();
    let requests = [request.clone(), request.clone()];
    for answer in commune.node.handle(&requests, NOW) {
        answer.unwrap();
    }
    let after = head(&commune);
    commune.node.handle(&[request], NOW).remove(0).unwrap();
    assert_eq!(head(&commune), after);
    assert_eq!(commune.node.quarantine().unwrap().len(), 0);
    commune.books_are_whole();
}

#[test]
fn a_feed_that_says_two_things_under_one_number_keeps_what_has_a_receipt() {
    let mut commune = Commune::new();
    let quang = commune.members[0][0];
    let phone = commune.enrol(Role::Secretary, commune.branches[0]);
    let first = saying(&phone, member(quang), &note("một"), None);
    let fork = saying(&phone, member(quang), &note("hai"), None);
    assert_ne!(first.hash(), fork.hash());
    commune.push(&phone, &[first]);
    commune.push(&phone, &[fork]);
    assert_eq!(noted(&commune, quang).as_deref(), Some("một"));
    assert_eq!(commune.last_reason(), Some(reason::FORK));
    commune.books_are_whole();
}

#[test]
fn a_member_decides_nothing_about_themself_nor_about_anybody() {
    let mut commune = Commune::new();
    let [own, other] = commune.members[0];
    let mut phone = commune.enrol(Role::Member, own);
    commune.sync(&mut phone);
    let paper = values(&[
        ("form", "badge"),
        ("number", "1"),
        ("issued_on", "2026-09-02"),
    ]);
    for (place, code) in [
        (own, Forbidden::NoWriter.code()),
        (other, Forbidden::OutsidePlace.code()),
    ] {
        let decision = Target::at(place, &DECISION, &[7; 16]);
        let refused = phone.edit(decision, &paper, NOW, &mut commune.rng);
        assert!(refused.is_err());
        commune.push(&phone, &[saying(&phone, decision, &paper, None)]);
        assert_eq!(commune.last_reason(), Some(code));
        assert!(commune.node.values(decision.doc).unwrap().is_none());
    }
}

#[test]
fn a_device_whose_clock_is_twenty_years_off_gains_nothing_and_loses_no_work() {
    let mut commune = Commune::new();
    let quang = commune.members[0][0];
    let twenty_years = 20 * 366 * DAY;
    for (n, clock) in [NOW.0 - twenty_years, NOW.0 + twenty_years]
        .into_iter()
        .enumerate()
    {
        let mut phone = commune.enrol(Role::Secretary, commune.branches[0]);
        commune.sync(&mut phone);
        let words = format!("lần {n}");
        let here = Timestamp(clock);
        (phone.edit(member(quang), &note(&words), here, &mut commune.rng)).unwrap();
        let (request, mut exchange) = phone.request(here, &mut commune.rng).unwrap();
        let answer = commune.node.handle(&[request], NOW).remove(0).unwrap();
        for frame in frames(&answer) {
            phone.receive(&mut exchange, &frame).unwrap();
        }
        assert!(phone.outcome(&exchange).unwrap().synced);
        assert_eq!(noted(&commune, quang), Some(words));
        // The log goes by the node's clock: whoever was shut out is, whatever day their device has.
        commune
            .node
            .revoke(commune.number_of(&phone), false, false, NOW)
            .unwrap();
        (phone.edit(member(quang), &note("sau"), here, &mut commune.rng)).unwrap();
        let (request, _) = phone.request(here, &mut commune.rng).unwrap();
        let _ = commune.node.handle(&[request], NOW);
        assert_ne!(noted(&commune, quang).as_deref(), Some("sau"));
    }
}

/// The same node twice, with its own keys, as somebody would have it who took it over: each tells another history.
#[test]
fn a_node_that_tells_two_histories_with_its_own_key_is_found_out() {
    let mut commune = Commune::new();
    let [quang, an] = commune.members[0];
    let mut one = commune.enrol(Role::Secretary, commune.branches[0]);
    let mut other = commune.enrol(Role::Deputy, commune.branches[0]);
    commune.sync(&mut one);
    commune.sync(&mut other);
    let mut liar = Node::open(commune.node.store().clone()).unwrap();
    let mut twin = Phone::open(other.store().clone(), None).unwrap();

    // The one that is honest gives a receipt, and both phones hold what they were told.
    one.edit(member(quang), &note("một"), NOW, &mut commune.rng)
        .unwrap();
    commune.sync(&mut one);
    commune.sync(&mut other);
    // The other dropped that, and put something else under its number. It answers as if it had never told: its own
    // program would notice by the phone's position, so it answers a phone that stands where this one stood before.
    liar.edit(member(an), &note("hai"), NOW, &mut commune.rng)
        .unwrap();
    liar.submit(NOW, &mut commune.rng).unwrap();
    assert_eq!(liar.position().unwrap().n, head(&commune).n);
    let (request, _) = twin.request(NOW, &mut commune.rng).unwrap();
    let answer = liar.handle(&[request], NOW).remove(0).unwrap();
    let (_, mut exchange) = other.request(NOW, &mut commune.rng).unwrap();
    for frame in frames(&answer) {
        other.receive(&mut exchange, &frame).unwrap();
    }
    // All of it is well signed, and yet what the phone holds is not what that signature covers.
    assert!(!other.outcome(&exchange).unwrap().synced);
    let said = |place| {
        let (_, record) = other.values(member(place).doc).unwrap().unwrap();
        record.get("note").map(|v| v.shown())
    };
    assert_eq!(said(quang).as_deref(), Some("một"), "what was told stays");
    assert_eq!(said(an), None);
}

/// Two phones that never ask the same node meet on a path.
#[test]
fn phones_that_meet_find_out_a_node_that_told_them_two_histories_and_no_honest_one() {
    let mut commune = Commune::new();
    let [quang, an] = commune.members[0];
    let mut one = commune.enrol(Role::Secretary, commune.branches[0]);
    let mut other = commune.enrol(Role::Deputy, commune.branches[0]);
    let meet = |a: &Memory, b: &Memory| {
        let told = a.told(b.view().unwrap()).unwrap();
        assert!(!told.scopes.is_empty());
        b.told_otherwise(&told).unwrap()
    };
    for phone in [&mut one, &mut other] {
        commune.sync(phone);
    }
    let mut liar = Node::open(commune.node.store().clone()).unwrap();
    // One has heard more than the other: that is no lie.
    one.edit(member(quang), &note("một"), NOW, &mut commune.rng)
        .unwrap();
    commune.sync(&mut one);
    assert_eq!((meet(&one, &other), meet(&other, &one)), (vec![], vec![]));
    // Who took the office's PC over lets the other hear something else under that number.
    liar.edit(member(an), &note("hai"), NOW, &mut commune.rng)
        .unwrap();
    liar.submit(NOW, &mut commune.rng).unwrap();
    let mut deceived = Phone::open(other.store().clone(), None).unwrap();
    sync_with(&mut liar, &mut deceived, NOW, &mut commune.rng).unwrap();
    let (hidden, invented) = (member(quang).scope, member(an).scope);
    let mut two = vec![hidden, invented];
    two.sort_unstable();
    assert_eq!(meet(&deceived, &one), two);
    assert!(meet(&one, &deceived).contains(&hidden));
    // The honest node's word heals nothing, and a device of it agrees with the one.
    commune.sync(&mut other);
    assert_eq!((meet(&one, &other), meet(&other, &one)), (vec![], vec![]));
}

#[test]
fn the_quarantine_of_one_sender_is_full_at_its_limit_and_everybody_elses_is_not() {
    let mut commune = Commune::new();
    let [own, other] = commune.members[0];
    let mut phone = commune.enrol(Role::Member, own);
    let neighbour = commune.enrol(Role::Member, other);
    commune.sync(&mut phone);
    let long = note(&"rác ".repeat(limits::PROSE_BYTES / 6));
    let held = |commune: &Commune| {
        let rows = commune.node.quarantine().unwrap();
        let bytes = rows
            .iter()
            .map(|(_, row)| row.bytes.len() as u64)
            .sum::<u64>();
        (rows.len(), bytes)
    };
    let mut before = (0, 0);
    let mut segments = 0_u64;
    loop {
        // A new feed each time: nothing of it may be written by a member.
        let time = Timestamp(NOW.0 + segments);
        let nonce = u8::try_from(segments % 200).unwrap();
        let refused = saying_at(&phone, member(own), &long, None, time, nonce);
        commune.push(&phone, &[refused]);
        segments += 1;
        let now = held(&commune);
        if now == before {
            break;
        }
        before = now;
        assert!(segments < 1_000, "it grows for ever");
    }
    let no_room = |commune: &Commune| {
        let devices = commune.node.devices().unwrap().into_iter();
        let without = devices.filter(|d| d.no_room).map(|d| d.n);
        without.collect::<Vec<_>>()
    };
    // The office sees whose it is.
    assert_eq!(no_room(&commune), [commune.number_of(&phone)]);
    let (rows, bytes) = before;
    assert!(bytes <= limits::QUARANTINE_BYTES && bytes > limits::QUARANTINE_BYTES / 2);
    // The neighbour's has room, and what the sender may write is taken as before.
    commune.push(
        &neighbour,
        &[saying(&neighbour, member(other), &long, None)],
    );
    assert_eq!(held(&commune).0, rows + 1);
    let here = Target::at(own, kind::by_name("check_in").unwrap(), b"2026-09-21");
    let said = values(&[("commune", "Dĩ An")]);
    phone.edit(here, &said, NOW, &mut commune.rng).unwrap();
    commune.sync(&mut phone);
    assert!(commune.node.values(here.doc).unwrap().is_some());
    // What the office looked at and dropped makes room again.
    let first = commune.node.quarantine().unwrap()[0].0;
    commune.node.drop_refused(first).unwrap();
    assert_eq!(no_room(&commune), [0; 0]);
    let again = saying_at(&phone, member(own), &note("ngắn"), None, NOW, 201);
    commune.push(&phone, &[again]);
    assert_eq!(held(&commune).0, rows + 1);
}

#[test]
fn the_size_of_a_sealed_file_tells_little_of_what_is_in_it() {
    let mut sizes = std::collections::BTreeSet::new();
    for length in 0..200_000_u64 {
        let padded = chibo_core::seal::padded(length);
        assert!(padded >= length.max(limits::PAD_BYTES));
        assert!(
            padded <= length.max(limits::PAD_BYTES) * 112 / 100,
            "{length}"
        );
        sizes.insert(padded);
    }
    assert!(sizes.len() < 200, "{} sizes", sizes.len());
}
