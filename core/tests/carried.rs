//! Work that goes from hand to hand: what nobody can do to a phone that carries it, nor to who carries.

use chibo_core::author::Target;
use chibo_core::document::{self, Value};
use chibo_core::door;
use chibo_core::feed::{SealedChange, Segment, SignedSegment};
use chibo_core::id::{FeedId, PlaceId};
use chibo_core::kind;
use chibo_core::limits;
use chibo_core::log::reason;
use chibo_core::node::DayShare;
use chibo_core::phone::{Offered, Phone, SyncError, problem};
use chibo_core::place::Role;
use chibo_core::records::{self, SegmentState};
use chibo_core::store::Store;
use chibo_core::time::Timestamp;
use chibo_core::wire::FrameType;
use std::cell::Cell;
use std::rc::Rc;

mod stage;
use stage::counting::Counting;
use stage::{Commune, Memory, NOW, bringing, frames, member, pushing, values};

/// A meeting's minutes of a branch: one of as many as somebody makes up.
fn meeting(branch: PlaceId, n: u64) -> Target {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&n.to_be_bytes());
    Target::at(branch, kind::by_name("meeting").unwrap(), &key)
}

/// Well signed work of this phone, each in a feed of its own, with long minutes.
fn flood(phone: &Memory, branch: PlaceId, from: u64, count: u64) -> Vec<SignedSegment> {
    segments(phone, branch, limits::PROSE_BYTES / 8, from..from + count)
}

/// The same with a few words only.
fn drops(phone: &Memory, branch: PlaceId, from: u64, count: u64) -> Vec<SignedSegment> {
    segments(phone, branch, 1, from..from + count)
}

fn segments(
    phone: &Memory,
    branch: PlaceId,
    words: usize,
    numbers: std::ops::Range<u64>,
) -> Vec<SignedSegment> {
    let long = values(&[("discussion", &"rác ".repeat(words))]);
    let one = |n: u64| {
        let time = Timestamp(NOW.0 + n);
        stage::saying_in(
            n.to_be_bytes(),
            phone,
            meeting(branch, n),
            &long,
            None,
            time,
        )
    };
    numbers.map(one).collect()
}

/// Bytes of others' work without a receipt on a phone.
fn kept(phone: &Memory) -> u64 {
    let rows = phone.store().read(|tx| {
        let waiting = records::waiting(tx)?;
        let bytes = |spot| Ok(records::segment(tx, spot)?.map_or(0, |row| row.bytes.len() as u64));
        (waiting.into_iter().filter(|(_, foreign)| *foreign))
            .map(|(spot, _)| bytes(spot))
            .collect::<Result<Vec<u64>, chibo_core::store::StoreError>>()
    });
    rows.unwrap().into_iter().sum()
}

struct Branch {
    commune: Commune,
    place: PlaceId,
    members: [PlaceId; 2],
    carrier: Memory,
    flooder: Memory,
    other: Memory,
}

/// A branch whose deputy carries what a secretary's stolen phone, and a colleague's, hand over.
fn branch() -> Branch {
    let mut commune = Commune::new();
    let (place, members) = (commune.branches[0], commune.members[0]);
    let mut flooder = commune.enrol(Role::Secretary, place);
    let mut other = commune.enrol(Role::Deputy, place);
    let mut carrier = commune.enrol(Role::Deputy, place);
    for phone in [&mut flooder, &mut other, &mut carrier] {
        assert!(commune.sync(phone).synced);
    }
    // Everybody's grant is told to all.
    for phone in [&mut flooder, &mut other, &mut carrier] {
        assert!(commune.sync(phone).synced);
    }
    Branch {
        commune,
        place,
        members,
        carrier,
        flooder,
        other,
    }
}

fn note(phone: &mut Memory, of: PlaceId, text: &str, commune: &mut Commune) {
    let edit = values(&[("note", text)]);
    phone
        .edit(member(of), &edit, NOW, &mut commune.rng)
        .unwrap();
}

#[test]
fn nobody_fills_a_phone_with_their_work_and_under_a_new_key_neither() {
    let mut b = branch();
    let came = b
        .carrier
        .take_offer(flood(&b.flooder, b.place, 0, 140), NOW);
    let came = came.unwrap();
    assert!(came.taken > 0 && came.no_room > 0, "{came:?}");
    assert_eq!(came.taken + came.no_room, 140, "each is told of");
    let full = kept(&b.carrier);
    assert!(full <= limits::PROVISIONAL_BYTES && full > limits::PROVISIONAL_BYTES / 2);
    // Its own work, and a colleague's, has room.
    note(&mut b.other, b.members[0], "của Phó", &mut b.commune);
    b.other.seal(NOW, &mut b.commune.rng).unwrap();
    let honest = b.other.offer(&b.carrier.heads().unwrap()).unwrap();
    let came = b.carrier.take_offer(honest, NOW).unwrap();
    assert_eq!((came.taken, came.no_room), (1, 0));
    // The same device under a new key is who it was.
    let request = b.flooder.change_key(&mut b.commune.rng).unwrap();
    let reply = (b.commune.node).enrol(&request.to_bytes(), NOW, &mut b.commune.rng);
    b.flooder.key_changed(&reply.unwrap()).unwrap();
    let card = b.flooder.card().unwrap();
    b.carrier.meet(&card, NOW).unwrap().unwrap();
    let came = b
        .carrier
        .take_offer(flood(&b.flooder, b.place, 1_000, 5), NOW);
    assert_eq!(came.unwrap().taken, 0);
    assert!(kept(&b.carrier) < limits::PROVISIONAL_BYTES + 100_000);
}

#[test]
fn who_lets_others_in_fills_half_of_a_phone_by_it_and_no_more() {
    let mut b = branch();
    let own = b.members[0];
    let check_in = kind::by_name("check_in").unwrap();
    let long = "rác ".repeat(limits::PROSE_BYTES / 8);
    let long = values(&[("tasks", &long), ("request", &long)]);
    for device in 0..limits::SHARES_OF_A_LINE + 2 {
        let offer = b.commune.offer(Role::Member, own);
        let ticket = (b.flooder.ticket("", &offer, &mut b.commune.rng)).unwrap();
        let let_in = b.commune.use_ticket(&ticket).unwrap();
        let card = let_in.card().unwrap();
        b.carrier.meet(&card, NOW).unwrap().unwrap();
        let one = |n: u64| {
            let key = [device.to_be_bytes(), n.to_be_bytes()].concat();
            let target = Target::at(own, check_in, &key);
            let (nonce, time) = (n.to_be_bytes(), Timestamp(NOW.0 + n));
            stage::saying_in(nonce, &let_in, target, &long, None, time)
        };
        b.carrier
            .take_offer((0..80).map(one).collect(), NOW)
            .unwrap();
    }
    let line = limits::PROVISIONAL_BYTES * limits::SHARES_OF_A_LINE;
    let full = kept(&b.carrier);
    assert!(full <= line && full > line / 2, "{full}");
    // Who was let in by others has as much room as ever.
    let came = b.carrier.take_offer(flood(&b.other, b.place, 0, 10), NOW);
    assert_eq!(came.unwrap().taken, 10);
}

#[test]
fn what_had_no_room_is_taken_when_the_node_has_the_rest() {
    let mut b = branch();
    let all = flood(&b.flooder, b.place, 0, 120);
    let first = b.carrier.take_offer(all.clone(), NOW).unwrap();
    assert!(first.no_room > 0);
    b.commune.sync(&mut b.carrier);
    assert_eq!(kept(&b.carrier), 0);
    let again = b.carrier.take_offer(all, NOW).unwrap();
    assert_eq!(again.taken, first.no_room, "nothing of it was lost");
}

#[test]
fn what_comes_before_its_turn_is_within_the_same_bound_and_finds_its_place() {
    let mut b = branch();
    // A feed of many, told from its end: each is signed, none has its place yet.
    for n in 0..40 {
        note(
            &mut b.other,
            b.members[0],
            &format!("lần {n}"),
            &mut b.commune,
        );
        b.other.seal(NOW, &mut b.commune.rng).unwrap();
    }
    let mut feed = b.other.offer(&b.carrier.heads().unwrap()).unwrap();
    assert_eq!(feed.len(), 40);
    feed.reverse();
    let first = feed.pop().unwrap();
    let early = b.carrier.take_offer(feed, NOW).unwrap();
    assert_eq!(early, Offered::default(), "kept, and not shown");
    assert_eq!(b.carrier.take_offer(vec![first], NOW).unwrap().taken, 40);
    assert!(
        b.carrier
            .store()
            .read(records::quarantined)
            .unwrap()
            .is_empty()
    );
    // Of a flood whose beginning never comes no more is kept than of one that has it.
    let prose = "rác ".repeat(limits::PROSE_BYTES / 8);
    for n in 0..50 {
        let fields = ["agenda", "discussion", "conclusion"];
        let edit = values(&fields.map(|field| (field, prose.as_str())));
        let target = meeting(b.place, n);
        (b.flooder.edit(target, &edit, NOW, &mut b.commune.rng)).unwrap();
        b.flooder.seal(NOW, &mut b.commune.rng).unwrap();
    }
    let mut long = b.flooder.offer(&b.carrier.heads().unwrap()).unwrap();
    let beginning = long.remove(0);
    let came = b.carrier.take_offer(long, NOW).unwrap();
    assert!(came.taken == 0 && came.no_room > 0, "{came:?}");
    let early = b.carrier.store().read(records::quarantined).unwrap();
    let bytes: usize = early.iter().map(|(_, row)| row.bytes.len()).sum();
    assert!(bytes as u64 <= limits::PROVISIONAL_BYTES && bytes > 100_000);
    let came = b.carrier.take_offer(vec![beginning], NOW).unwrap();
    assert!(came.taken <= early.len() + 1);
    assert!(kept(&b.carrier) <= limits::PROVISIONAL_BYTES + 100_000);
}

/// The feed in which a phone has sealed something that waits.
fn own_feed(phone: &Memory) -> FeedId {
    let waiting = phone.store().read(records::waiting).unwrap();
    waiting.iter().find(|(_, foreign)| !foreign).unwrap().0.feed
}

#[test]
fn own_work_goes_before_what_is_carried_however_its_feeds_are_called() {
    let mut b = branch();
    note(&mut b.carrier, b.members[0], "của tôi", &mut b.commune);
    b.carrier.seal(NOW, &mut b.commune.rng).unwrap();
    let own = own_feed(&b.carrier);
    // Feeds are named by their author's dice: these come first.
    let mut ground = drops(&b.flooder, b.place, 0, 600);
    ground.retain(|s| s.unproven().feed < own);
    assert!(ground.len() > 40);
    b.carrier.take_offer(ground, NOW).unwrap();
    // Over a line so bad that a request holds a few.
    for _ in 0..limits::HALVINGS {
        b.carrier.request(NOW, &mut b.commune.rng).unwrap();
    }
    let (request, mut exchange) = b.carrier.request(NOW, &mut b.commune.rng).unwrap();
    assert!(exchange.sent() < 20, "{}", exchange.sent());
    let answer = b.commune.node.handle(&[request], NOW).remove(0).unwrap();
    for frame in frames(&answer) {
        b.carrier.receive(&mut exchange, &frame).unwrap();
    }
    assert_eq!(b.carrier.waiting().unwrap().0, 0, "own work is received");
}

#[test]
fn of_several_authors_whom_a_phone_carries_each_has_a_turn() {
    let mut b = branch();
    note(&mut b.other, b.members[1], "của Phó", &mut b.commune);
    b.other.seal(NOW, &mut b.commune.rng).unwrap();
    let honest = b.other.offer(&b.carrier.heads().unwrap()).unwrap();
    let last = honest[0].unproven().feed;
    let mut ground = drops(&b.flooder, b.place, 0, 600);
    ground.retain(|s| s.unproven().feed < last);
    assert!(ground.len() > 3);
    b.carrier.take_offer(ground, NOW).unwrap();
    b.carrier.take_offer(honest.clone(), NOW).unwrap();
    // What the node takes of carried work on one day is less than what waits.
    b.commune.node.allow_each_day(DayShare {
        changes: 2,
        ..DayShare::default()
    });
    b.commune.sync(&mut b.carrier);
    let row = (b.carrier.store()).read(|tx| records::segment(tx, honest[0].unproven().spot()));
    let state = row.unwrap().unwrap().state;
    assert!(matches!(state, SegmentState::Receipted(_)), "{state:?}");
}

/// As over a line so bad that a request holds a few segments; how many, and whether more waits.
fn over_a_bad_line(phone: &mut Memory, commune: &mut Commune) -> (usize, bool) {
    for _ in 0..limits::HALVINGS {
        phone.request(NOW, &mut commune.rng).unwrap();
    }
    let (request, mut exchange) = phone.request(NOW, &mut commune.rng).unwrap();
    let answer = commune.node.handle(&[request], NOW).remove(0).unwrap();
    for frame in frames(&answer) {
        phone.receive(&mut exchange, &frame).unwrap();
    }
    (exchange.sent(), exchange.left_out())
}

#[test]
fn what_the_node_does_not_take_today_stands_in_the_way_of_nothing_else() {
    let mut b = branch();
    note(&mut b.other, b.members[1], "của Phó", &mut b.commune);
    b.other.seal(NOW, &mut b.commune.rng).unwrap();
    let honest = b.other.offer(&b.carrier.heads().unwrap()).unwrap();
    b.carrier.take_offer(honest.clone(), NOW).unwrap();
    for n in 0..60 {
        note(
            &mut b.carrier,
            b.members[0],
            &format!("lần {n}"),
            &mut b.commune,
        );
        b.carrier.seal(NOW, &mut b.commune.rng).unwrap();
    }
    b.commune.node.allow_each_day(DayShare {
        changes: 2,
        ..DayShare::default()
    });
    let state = |phone: &Memory| {
        let row = (phone.store()).read(|tx| records::segment(tx, honest[0].unproven().spot()));
        row.unwrap().unwrap().state
    };
    let (sent, left_out) = over_a_bad_line(&mut b.carrier, &mut b.commune);
    assert!(sent > 2 && left_out, "{sent}");
    assert_eq!(b.carrier.waiting().unwrap(), (58, 1), "own work goes first");
    assert_eq!(state(&b.carrier), SegmentState::Provisional);
    over_a_bad_line(&mut b.carrier, &mut b.commune);
    let received = state(&b.carrier);
    assert!(
        matches!(received, SegmentState::Receipted(_)),
        "{received:?}"
    );
    // On another day the rest goes as it was written.
    b.commune.node.allow_each_day(DayShare::default());
    assert!(b.commune.sync(&mut b.carrier).synced);
    b.commune.books_are_whole();
}

fn words_of(carrier: &mut Memory, commune: &mut Commune, request: Vec<u8>) -> Vec<u8> {
    let answer = commune.node.handle(&[request], NOW).remove(0).unwrap();
    let mut exchange = carrier.reading(NOW);
    for frame in frames(&answer) {
        match carrier.receive(&mut exchange, &frame) {
            Ok(()) | Err(SyncError::Late) => {}
            Err(e) => panic!("{e}"),
        }
    }
    let outcome = carrier.outcome(&exchange).unwrap();
    outcome.problems.iter().map(|p| p.code).collect()
}

#[test]
fn a_day_is_its_authors_whoever_brings_the_work() {
    let mut b = branch();
    b.commune.node.allow_each_day(DayShare {
        changes: 3,
        ..DayShare::default()
    });
    let work = drops(&b.flooder, b.place, 0, 5);
    let request = bringing(&b.carrier, &b.flooder, &work);
    let words = words_of(&mut b.carrier, &mut b.commune, request);
    assert_eq!(words, [problem::TOO_MUCH_TODAY; 2]);
    // Its author has no day left, by any way; the carrier's own is whole.
    let request = pushing(&b.flooder, &work[3..4]);
    let words = words_of(&mut b.flooder, &mut b.commune, request);
    assert_eq!(words, [problem::TOO_MUCH_TODAY]);
    for text in ["một", "hai", "ba"] {
        note(&mut b.carrier, b.members[0], text, &mut b.commune);
        let outcome = b.commune.sync(&mut b.carrier);
        assert_eq!(
            (outcome.waiting, outcome.problems.len()),
            (0, 0),
            "{outcome:?}"
        );
    }
    // Nor does who carries flood the node with many authors' work: what is carried is a share as well.
    let others = drops(&b.other, b.place, 50, 1);
    let request = bringing(&b.carrier, &b.other, &others);
    let words = words_of(&mut b.carrier, &mut b.commune, request);
    assert_eq!(words, [problem::TOO_MUCH_TODAY]);
    let request = pushing(&b.other, &others);
    assert!(words_of(&mut b.other, &mut b.commune, request).is_empty());
}

#[test]
fn what_is_refused_of_carried_work_fills_its_authors_share_of_the_quarantine() {
    let mut b = branch();
    let neighbour = b.commune.branches[1];
    let mut brought = 0;
    let full = loop {
        // Of the next branch: nothing of it may be written by who did.
        let refused = flood(&b.flooder, neighbour, brought, 60);
        brought += 60;
        let request = bringing(&b.carrier, &b.flooder, &refused);
        let words = words_of(&mut b.carrier, &mut b.commune, request);
        if words.contains(&problem::QUARANTINE_FULL) {
            break words;
        }
        assert!(brought < 2_000, "it grows for ever");
    };
    assert!(!full.is_empty());
    let rows = b.commune.node.quarantine().unwrap();
    let author = b.flooder.public_key();
    assert!(rows.iter().all(|(_, row)| row.author == author));
    // What is refused of the carrier's own is kept as ever, and so told for good.
    let own = flood(&b.carrier, neighbour, 0, 1);
    b.commune.push(&b.carrier, &own);
    let (_, last) = b.commune.node.quarantine().unwrap().pop().unwrap();
    assert_eq!(last.author, b.carrier.public_key());
    assert_ne!(last.reason, reason::NONE);
}

#[test]
fn a_node_whose_answer_does_not_end_is_heard_no_longer() {
    let mut b = branch();
    for n in 0..40 {
        note(
            &mut b.other,
            b.members[0],
            &format!("lần {n}"),
            &mut b.commune,
        );
        b.commune.sync(&mut b.other);
    }
    let (request, mut exchange) = b.carrier.request(NOW, &mut b.commune.rng).unwrap();
    let answer = b.commune.node.handle(&[request], NOW).remove(0).unwrap();
    let told = frames(&answer);
    let (last, before) = told.split_last().unwrap();
    assert_eq!(last.kind, FrameType::End);
    for frame in before {
        b.carrier.receive(&mut exchange, frame).unwrap();
    }
    // Each frame bears the node's own signature, and none says anything new.
    let entries = before
        .iter()
        .find(|f| f.kind == FrameType::Entries)
        .unwrap();
    let most = 2 * limits::ANSWER_MOST_BYTES / entries.body.len();
    let ended = (0..most).find_map(|_| b.carrier.receive(&mut exchange, entries).err());
    assert!(matches!(ended, Some(SyncError::NodeFault(_))), "{ended:?}");
    // What had come whole stays, and the next answer is heard.
    assert!(b.commune.sync(&mut b.carrier).synced);
}

#[test]
fn an_edit_costs_the_same_however_much_waits() {
    let mut b = branch();
    let [quang, an] = b.members;
    let cost = |phone: &Memory, commune: &mut Commune| {
        let count = Rc::new(Cell::new(0));
        let store = Counting::new(phone.store().clone(), count.clone());
        let mut phone = Phone::open(store, None).unwrap();
        count.set(0);
        let edit = values(&[("note", "một lần nữa")]);
        phone
            .edit(member(an), &edit, NOW, &mut commune.rng)
            .unwrap();
        phone.seal(NOW, &mut commune.rng).unwrap();
        count.get()
    };
    note(&mut b.carrier, quang, "lần đầu", &mut b.commune);
    b.carrier.seal(NOW, &mut b.commune.rng).unwrap();
    let little = cost(&b.carrier, &mut b.commune);
    for n in 0..50 {
        note(&mut b.carrier, quang, &format!("lần {n}"), &mut b.commune);
        b.carrier.seal(NOW, &mut b.commune.rng).unwrap();
    }
    b.carrier
        .take_offer(drops(&b.flooder, b.place, 0, 50), NOW)
        .unwrap();
    assert_eq!(b.carrier.waiting().unwrap(), (51, 50));
    assert_eq!(cost(&b.carrier, &mut b.commune), little);
}

/// Changes of one document by one author, each on top of the one before and in a feed of its own.
fn chained(phone: &Memory, of: PlaceId, count: u64) -> Vec<SignedSegment> {
    let target = Target::at(of, kind::by_name("check_in").unwrap(), b"2026-11-24");
    let mut doc = document::genesis(target.kind);
    let mut list = Vec::new();
    for n in 0..count {
        let words = values(&[("tasks", &format!("lần {n}"))]);
        let single = stage::saying_in(n.to_be_bytes(), phone, target, &words, None, NOW);
        let segment = single.unproven().clone();
        let heads = doc.get_heads();
        let edited = document::edit(&doc, target.kind, &words, segment.feed, &heads, NOW.0 + n);
        let edited = edited.unwrap().unwrap();
        doc = edited.doc;
        let change = edited.change;
        let changes = vec![SealedChange {
            change,
            ..segment.changes[0].clone()
        }];
        let key = &phone.author().unwrap().key;
        list.push(Segment { changes, ..segment }.signed(key));
    }
    list
}

#[test]
fn work_that_is_chained_against_the_order_of_its_feeds_is_shown_without_trying_each_again_and_again()
 {
    let mut b = branch();
    let own = b.commune.enrol(Role::Member, b.members[0]);
    b.commune.sync(&mut b.carrier);
    let chain = chained(&own, b.members[0], 300);
    let doc = chain[0].unproven().changes[0].doc;
    let before = door::trials_run();
    assert_eq!(b.carrier.take_offer(chain, NOW).unwrap().taken, 300);
    let (_, shown) = b.carrier.values(doc).unwrap().unwrap();
    let trials = door::trials_run() - before;
    assert!(trials <= 4, "{trials}");
    let last = Value::Text("lần 299".into());
    assert_eq!(shown.get("tasks"), Some(&last));
}
