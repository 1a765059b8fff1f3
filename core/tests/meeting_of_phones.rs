//! Phones that edit offline and meet on a node: what each of them may rely on.

use automerge::ReadDoc;
use automerge::transaction::Transactable;
use chibo_core::author::Target;
use chibo_core::check;
use chibo_core::document::{self, Value};
use chibo_core::enrol::Offer;
use chibo_core::feed::{Basis, SealedChange, Segment, SignedSegment, feed_id};
use chibo_core::id::{FeedId, Hash, PersonId, PlaceId, Salt};
use chibo_core::kind;
use chibo_core::limits;
use chibo_core::log::End;
use chibo_core::log::reason;
use chibo_core::node::{DayShare, EnrolError, Node};
use chibo_core::phone::{Outcome, Phone, SyncError, problem};
use chibo_core::place::{PlaceKind, Role};
use chibo_core::records;
use chibo_core::store::Store;
use chibo_core::store::memory::MemoryStore;
use chibo_core::time::{Claimed, Timestamp};
use chibo_core::tree::View;
use chibo_core::wire::{FrameReader, FrameType};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

mod stage;
use stage::{NOW, member, pushing as push, values};

struct Village {
    node: Node<MemoryStore>,
    branch: PlaceId,
    members: Vec<PlaceId>,
    rng: ChaCha8Rng,
}

impl Village {
    fn new(members: usize) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let (mut node, _) =
            Node::init(MemoryStore::new(), "Đảng ủy xã Xuân Trường", NOW, &mut rng).unwrap();
        let branch = PlaceId::random(&mut rng);
        let mut places = vec![(branch, PlaceKind::Branch, node.root())];
        let mut edits = vec![(
            Target::at(branch, kind::by_name("unit").unwrap(), b""),
            values(&[("name", "Chi bộ Xóm 5")]),
        )];
        let mut ids = Vec::new();
        let invented = chibo_people::invent(chibo_people::Size::Commune, 22);
        for who in invented.members().take(members) {
            let id = PlaceId::random(&mut rng);
            ids.push(id);
            places.push((id, PlaceKind::Member, branch));
            edits.push((member(id), who.values.clone()));
        }
        node.edit_many(&places, &edits, NOW, &mut rng).unwrap();
        Village {
            node,
            branch,
            members: ids,
            rng,
        }
    }

    fn enrol(&mut self, role: Role, place: PlaceId) -> Phone<MemoryStore> {
        let mut phone = Phone::create(MemoryStore::new(), &mut self.rng).unwrap();
        let person = PersonId::random(&mut self.rng);
        let ticket = self
            .node
            .ticket(
                "http://x",
                &Offer::new(role, place, person, Timestamp(u64::MAX >> 1)),
                &mut self.rng,
            )
            .unwrap();
        let request = ticket.request(phone.key()).to_bytes();
        let reply = self.node.enrol(&request, NOW, &mut self.rng).unwrap();
        phone.enrolled(&ticket, &reply).unwrap();
        phone
    }

    /// One whole sync; asks again while there is more.
    fn sync(&mut self, phone: &mut Phone<MemoryStore>) -> Outcome {
        self.sync_at(phone, NOW)
    }

    fn sync_at(&mut self, phone: &mut Phone<MemoryStore>, now: Timestamp) -> Outcome {
        for _ in 0..20 {
            let (request, mut exchange) = phone.request(now, &mut self.rng).unwrap();
            let answer = self.node.handle(&[request], now).remove(0).unwrap();
            let mut frames = FrameReader::new();
            frames.feed(&answer);
            let mut restored = false;
            while let Some(frame) = frames.next_frame().unwrap() {
                match phone.receive(&mut exchange, &frame) {
                    Ok(()) => {}
                    // It has noticed, and asks again.
                    Err(SyncError::Restored) => {
                        restored = true;
                        break;
                    }
                    Err(e) => panic!("{e}"),
                }
            }
            if restored {
                continue;
            }
            let outcome = phone.outcome(&exchange).unwrap();
            if !outcome.more {
                return outcome;
            }
        }
        panic!("a sync that does not end");
    }
}

#[test]
fn a_new_secretary_gets_the_branch_and_says_synced() {
    let mut village = Village::new(3);
    let branch = village.branch;
    let mut secretary = village.enrol(Role::Secretary, branch);
    let outcome = village.sync(&mut secretary);
    assert!(outcome.synced, "{outcome:?}");
    let view = View {
        role: Role::Secretary,
        root: branch,
    };
    assert_eq!(
        secretary.digest().unwrap().0,
        village.node.digest(view).unwrap()
    );
    for id in village.members.clone() {
        let (_, v) = secretary.values(member(id).doc).unwrap().unwrap();
        assert!(v.contains_key("full_name"));
    }
}

#[test]
fn two_offline_edits_of_one_field_are_both_kept_until_a_person_chooses() {
    let mut village = Village::new(3);
    let branch = village.branch;
    let quang = member(village.members[0]);
    let mut secretary = village.enrol(Role::Secretary, branch);
    let mut deputy = village.enrol(Role::Deputy, branch);
    village.sync(&mut secretary);
    village.sync(&mut deputy);

    let mut rng = ChaCha8Rng::seed_from_u64(1);
    secretary
        .edit(quang, &values(&[("phone", "0900000001")]), NOW, &mut rng)
        .unwrap();
    deputy
        .edit(
            quang,
            &values(&[("phone", "0900000002"), ("alias", "Hai")]),
            NOW,
            &mut rng,
        )
        .unwrap();
    assert!(village.sync(&mut secretary).synced);
    assert!(village.sync(&mut deputy).synced);
    assert!(village.sync(&mut secretary).synced);

    for phone in [&secretary, &deputy] {
        let open = phone.conflicts(quang.doc).unwrap();
        assert_eq!(open.len(), 1, "{open:?}");
        assert_eq!(open[0].path, "phone");
        assert_eq!(open[0].values.len(), 2);
    }
    // An edit of another field leaves the conflict open; choosing closes it everywhere.
    deputy
        .edit(quang, &values(&[("alias", "Ba")]), NOW, &mut rng)
        .unwrap();
    assert!(village.sync(&mut deputy).synced);
    assert_eq!(deputy.conflicts(quang.doc).unwrap().len(), 1);
    deputy
        .edit(quang, &values(&[("phone", "0900000001")]), NOW, &mut rng)
        .unwrap();
    assert!(village.sync(&mut deputy).synced);
    assert!(village.sync(&mut secretary).synced);
    for phone in [&secretary, &deputy] {
        assert!(phone.conflicts(quang.doc).unwrap().is_empty());
        let (_, v) = phone.values(quang.doc).unwrap().unwrap();
        assert_eq!(v["phone"], Value::Text("0900000001".into()));
    }
    assert!(village.node.conflicts(quang.doc).unwrap().is_empty());
}

#[test]
fn a_member_sees_their_own_record_and_what_is_open_and_nothing_else() {
    let mut village = Village::new(3);
    let lan = village.members[1];
    let mut phone = village.enrol(Role::Member, lan);
    assert!(village.sync(&mut phone).synced);
    assert!(phone.values(member(lan).doc).unwrap().is_some());
    assert!(
        phone
            .values(member(village.members[0]).doc)
            .unwrap()
            .is_none()
    );
    let unit = Target::at(village.branch, kind::by_name("unit").unwrap(), b"");
    assert!(phone.values(unit.doc).unwrap().is_some());
}

#[test]
fn a_device_whose_enrolment_was_not_answered_may_ask_again_and_nobody_else_may() {
    let mut village = Village::new(1);
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let phone = Phone::create(MemoryStore::new(), &mut rng).unwrap();
    let thief = Phone::create(MemoryStore::new(), &mut rng).unwrap();
    let (branch, person) = (village.branch, PersonId::random(&mut rng));
    let expires = Timestamp(NOW.0 + 10);
    let ticket = village
        .node
        .ticket(
            "http://x",
            &Offer::new(Role::Secretary, branch, person, expires),
            &mut rng,
        )
        .unwrap();
    let mut ask = |key, now| {
        let request = ticket.request(key).to_bytes();
        village.node.enrol(&request, now, &mut rng)
    };
    let first = ask(phone.key(), NOW).unwrap();
    assert_eq!(ask(thief.key(), NOW), Err(EnrolError::Used));
    let later = Timestamp(expires.0 + 1);
    assert_eq!(
        ask(phone.key(), later).unwrap(),
        first,
        "the same grant, not another"
    );
    assert_eq!(ask(thief.key(), later), Err(EnrolError::Used));
}

/// A segment with one change in a member's record, well signed.
fn signed(phone: &Phone<MemoryStore>, place: PlaceId, n: u8, change: Vec<u8>) -> SignedSegment {
    let author = phone.author().unwrap();
    let target = member(place);
    let nonce = [n; 8];
    Segment {
        feed: feed_id(&author.key.public(), target.scope, &nonce),
        n: 1,
        scope: target.scope,
        basis: Basis {
            log: author.log,
            epoch: 1,
            n: 3,
        },
        prev: Hash::ZERO,
        grant: author.grant_hash,
        time: Claimed(NOW),
        nonce,
        opens: None,
        replaces: None,
        seen: Vec::new(),
        forgotten: Vec::new(),
        changes: vec![SealedChange {
            doc: target.doc,
            kind: target.kind.number,
            salt: Salt([3; 16]),
            change,
        }],
    }
    .signed(&author.key)
}

/// A change that sets the member's alias, as this phone would make it.
fn honest(phone: &Phone<MemoryStore>, place: PlaceId, n: u8, alias: &str) -> Vec<u8> {
    let author = phone.author().unwrap();
    let target = member(place);
    let feed = feed_id(&author.key.public(), target.scope, &[n; 8]);
    let row = phone
        .store()
        .read(|tx| records::doc(tx, target.doc))
        .unwrap()
        .unwrap();
    let doc = document::load(&row.bytes).unwrap();
    let edits = values(&[("alias", alias)]);
    document::edit(&doc, target.kind, &edits, feed, &doc.get_heads(), 7)
        .unwrap()
        .unwrap()
        .change
}

#[test]
fn a_hostile_change_is_refused_at_the_door_and_its_neighbours_get_in() {
    let mut village = Village::new(3);
    let branch = village.branch;
    let mut secretary = village.enrol(Role::Secretary, branch);
    village.sync(&mut secretary);
    let quang = village.members[0];
    let before = village.node.values(member(quang).doc).unwrap();
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/door");
    let mut files: Vec<_> = std::fs::read_dir(corpus)
        .unwrap()
        .map(|f| f.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "bin"))
        .collect();
    files.sort();
    assert!(files.len() > 50, "the corpus is there");
    for (i, file) in files.iter().enumerate() {
        let n = u8::try_from(i).unwrap();
        // One device may stand at a few ends of a record only.
        if i % 4 == 3 {
            secretary = village.enrol(Role::Secretary, branch);
            village.sync(&mut secretary);
        }
        let hostile = std::fs::read(file).unwrap();
        let neighbour = village.members[1];
        let alias = format!("Hai {i}");
        let request = push(
            &secretary,
            &[
                signed(&secretary, quang, n, hostile),
                signed(
                    &secretary,
                    neighbour,
                    n,
                    honest(&secretary, neighbour, n, &alias),
                ),
            ],
        );
        let position = village.node.position().unwrap().n;
        village.node.handle(&[request], NOW).remove(0).unwrap();
        assert!(
            village.node.position().unwrap().n > position,
            "{}: the neighbour was not taken in",
            file.display()
        );
        let (_, v) = village.node.values(member(neighbour).doc).unwrap().unwrap();
        let aliases = village.node.conflicts(member(neighbour).doc).unwrap();
        let stands = v.get("alias") == Some(&Value::Text(alias.clone()))
            || aliases
                .iter()
                .flat_map(|c| &c.values)
                .any(|c| c.value == Value::Text(alias.clone()));
        assert!(
            stands,
            "{}: the neighbour is not in the record",
            file.display()
        );
        assert_eq!(
            village.node.values(member(quang).doc).unwrap(),
            before,
            "{}: the record has changed",
            file.display()
        );
    }
    let report = village
        .node
        .store()
        .read(|tx| check::check(tx, village.node.tree(), true))
        .unwrap();
    assert_eq!(report.faults, Vec::<String>::new());
    let kept = village.node.store().read(records::quarantined).unwrap();
    assert!(kept.iter().any(|(_, q)| q.reason >= reason::DOOR));
    assert!(village.sync(&mut secretary).synced);
}

#[test]
fn a_member_who_moves_takes_the_history_along() {
    let mut village = Village::new(2);
    let (old, quang) = (village.branch, village.members[0]);
    let new = PlaceId::random(&mut village.rng);
    let root = village.node.root();
    village
        .node
        .edit_many(
            &[(new, PlaceKind::Branch, root)],
            &[],
            NOW,
            &mut village.rng,
        )
        .unwrap();
    // A place is told by a segment about it.
    let unit = Target::at(new, kind::by_name("unit").unwrap(), b"");
    village
        .node
        .edit(
            unit,
            &values(&[("name", "Chi bộ Xóm 6")]),
            NOW,
            &mut village.rng,
        )
        .unwrap();
    village.node.submit(NOW, &mut village.rng).unwrap();
    let mut from = village.enrol(Role::Secretary, old);
    let mut to = village.enrol(Role::Secretary, new);
    assert!(village.sync(&mut from).synced && village.sync(&mut to).synced);

    let (_, record) = from.values(member(quang).doc).unwrap().unwrap();
    village.node.move_place(quang, new, NOW).unwrap();
    assert!(village.sync(&mut from).synced && village.sync(&mut to).synced);
    assert!(from.values(member(quang).doc).unwrap().is_none());
    let stub = from
        .store()
        .read(|tx| records::meta(tx, &format!("stub/{quang}")))
        .unwrap();
    assert!(stub.is_some(), "a stub stays");
    let (_, v) = to.values(member(quang).doc).unwrap().unwrap();
    assert_eq!(v, record, "all of it went along");

    // No place stands below itself, and nothing stands below a member.
    assert!(village.node.move_place(old, quang, NOW).is_err());
}

#[test]
fn provisional_work_that_is_refused_ends_as_if_it_had_never_been_there() {
    let mut village = Village::new(2);
    let (branch, quang) = (village.branch, member(village.members[0]));
    let mut secretary = village.enrol(Role::Secretary, branch);
    let mut deputy = village.enrol(Role::Deputy, branch);
    village.sync(&mut secretary);
    village.sync(&mut deputy);
    let before = deputy.values(quang.doc).unwrap();

    let mut rng = ChaCha8Rng::seed_from_u64(3);
    assert_eq!(secretary.waits_since().unwrap(), None);
    secretary
        .edit(quang, &values(&[("alias", "Hai")]), NOW, &mut rng)
        .unwrap();
    // What waits has waited since it was typed, whenever a sync was tried.
    let later = Timestamp(NOW.0 + 3 * 86_400);
    secretary.seal(later, &mut rng).unwrap();
    assert_eq!(secretary.waits_since().unwrap(), Some(NOW));
    let offer = secretary.offer(&deputy.heads().unwrap()).unwrap();
    assert_eq!(deputy.take_offer(offer, NOW).unwrap().taken, 1);
    let (_, shown) = deputy.values(quang.doc).unwrap().unwrap();
    assert_eq!(shown["alias"], Value::Text("Hai".into()), "it is shown");
    // The deputy's own work does not build on it.
    deputy
        .edit(quang, &values(&[("phone", "0900000003")]), NOW, &mut rng)
        .unwrap();

    village.node.object_to(Some(Box::new(|segment| {
        segment.changes.iter().any(|c| c.kind == 2) && segment.seen.is_empty()
    })));
    let outcome = village.sync(&mut secretary);
    assert_eq!(outcome.refused.len(), 1, "its author is told: {outcome:?}");
    // It is kept, with the reason, for whoever asks later; and it waits no longer.
    let judged = secretary.judged().unwrap();
    let told = (judged[0].spot, judged[0].reason);
    assert_eq!((judged.len(), told), (1, outcome.refused[0]));
    assert!(!judged[0].held && judged[0].docs[0].doc == quang.doc);
    // Also what it said, though the record is as before.
    let written = &judged[0].docs[0].written;
    let said: Vec<_> = written
        .iter()
        .map(|w| (w.path.as_str(), &w.after))
        .collect();
    assert_eq!(said, [("alias", &Value::Text("Hai".into()))]);
    assert_eq!(secretary.waits_since().unwrap(), None);
    village.node.object_to(None);
    assert!(village.sync(&mut deputy).synced);
    assert!(village.sync(&mut secretary).synced);
    for phone in [&secretary, &deputy] {
        let (_, v) = phone.values(quang.doc).unwrap().unwrap();
        assert!(!v.contains_key("alias"), "gone everywhere");
        assert_eq!(
            v["phone"],
            Value::Text("0900000003".into()),
            "the deputy's stays"
        );
    }
    assert!(!before.unwrap().1.contains_key("alias"));
}

#[test]
fn of_two_values_the_one_is_offered_first_whose_author_knew_the_other() {
    // Either may have the word that Automerge shows: which one knew decides.
    for knows in [0, 1] {
        let mut village = Village::new(2);
        let (branch, quang) = (village.branch, member(village.members[0]));
        let mut phones = [
            village.enrol(Role::Secretary, branch),
            village.enrol(Role::Deputy, branch),
        ];
        let mut other = village.enrol(Role::Secretary, branch);
        for phone in phones.iter_mut().chain([&mut other]) {
            village.sync(phone);
        }
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let first = values(&[("alias", "Hai")]);
        let wrote = &mut phones[1 - knows];
        wrote.edit(quang, &first, NOW, &mut rng).unwrap();
        wrote.seal(NOW, &mut rng).unwrap();
        // From hand to hand the other sees it, and writes another all the same.
        let heads = phones[knows].heads().unwrap();
        let offer = phones[1 - knows].offer(&heads).unwrap();
        let informed = &mut phones[knows];
        assert_eq!(informed.take_offer(offer, NOW).unwrap().taken, 1);
        let second = values(&[("alias", "Tư")]);
        informed.edit(quang, &second, NOW, &mut rng).unwrap();
        let [a, b] = &mut phones;
        for _ in 0..2 {
            for phone in [&mut *a, &mut *b, &mut other] {
                assert!(village.sync(phone).synced);
            }
        }
        for phone in [&*a, &*b, &other] {
            let conflicts = phone.conflicts(quang.doc).unwrap();
            let values = &conflicts[0].values;
            assert_eq!(values[0].value, Value::Text("Tư".into()));
            assert_eq!(
                values.iter().map(|v| v.informed).collect::<Vec<_>>(),
                [true, false]
            );
        }
        let at_node = village.node.conflicts(quang.doc).unwrap();
        assert_eq!(at_node[0].values[0].value, Value::Text("Tư".into()));
    }
}

#[test]
fn a_full_document_stops_its_author_and_a_merge_of_legal_changes_is_still_taken() {
    let mut village = Village::new(1);
    let (branch, quang) = (village.branch, member(village.members[0]));
    let mut phones = [
        village.enrol(Role::Secretary, branch),
        village.enrol(Role::Deputy, branch),
    ];
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    for phone in &mut phones {
        village.sync(phone);
    }
    for (p, phone) in (0_u64..).zip(phones.iter_mut()) {
        let (mut warned, mut stopped) = (false, false);
        for round in 0..40 {
            let mut letters = ChaCha8Rng::seed_from_u64(round * 2 + p);
            let words: String = (0..8000)
                .map(|_| char::from(b'a' + (letters.next_u32() % 26) as u8))
                .collect();
            // Cleared first: comparing two random texts letter by letter would take long.
            let _ = phone.edit(quang, &values(&[("note", "")]), NOW, &mut rng);
            phone.seal(NOW, &mut rng).unwrap();
            match phone.edit(quang, &values(&[("note", &words)]), NOW, &mut rng) {
                Ok(outcome) => warned |= outcome.nearly_full,
                Err(e) => {
                    assert!(warned, "a warning comes first");
                    assert!(e.to_string().contains("bytes"), "{e}");
                    stopped = true;
                    break;
                }
            }
            phone.seal(NOW, &mut rng).unwrap();
        }
        assert!(stopped);
        // The draft that did not fit left no trace.
        assert_eq!(phone.drafted().unwrap(), 0);
    }
    let [mut one, mut other] = phones;
    assert!(village.sync(&mut one).synced);
    assert!(
        village.sync(&mut other).synced,
        "over the limit together, and taken"
    );
    assert!(village.sync(&mut one).synced);
    let bytes = village
        .node
        .store()
        .read(|tx| records::doc(tx, quang.doc))
        .unwrap()
        .unwrap()
        .bytes;
    let operations = document::load(&bytes).unwrap().stats().num_ops;
    assert!(operations as usize > limits::DOCUMENT_STOP_OPS);
}

#[test]
fn what_a_build_does_not_know_survives_its_edits() {
    let kind = kind::by_name("member").unwrap();
    let mut doc = document::genesis(kind);
    doc.set_actor(automerge::ActorId::from([9_u8; 16]));
    let mut tx = doc.transaction();
    tx.put(automerge::ROOT, "a_later_field", "kept").unwrap();
    tx.commit();
    let edits = values(&[("alias", "Ba")]);
    let edited = document::edit(&doc, kind, &edits, FeedId([8; 16]), &doc.get_heads(), 1)
        .unwrap()
        .unwrap();
    let v = document::values(&edited.doc, None);
    assert_eq!(v["a_later_field"], Value::Text("kept".into()));
    assert_eq!(v["alias"], Value::Text("Ba".into()));
}

#[test]
fn a_revoked_device_is_told_nothing_but_that_and_cannot_be_made_to_forget_by_others() {
    let mut village = Village::new(3);
    let branch = village.branch;
    let mut lost = village.enrol(Role::Secretary, branch);
    let mut other = village.enrol(Role::Deputy, branch);
    assert!(village.sync(&mut lost).synced);
    assert!(village.sync(&mut other).synced);
    assert!(lost.wipe().is_err(), "nobody told it to");
    let quang = member(village.members[0]);
    lost.edit(quang, &values(&[("alias", "Hai")]), NOW, &mut village.rng)
        .unwrap();
    other
        .edit(quang, &values(&[("alias", "Ba")]), NOW, &mut village.rng)
        .unwrap();
    assert!(village.sync(&mut other).synced);

    let devices = village.node.devices().unwrap();
    let n = devices.iter().find(|d| d.grant.key == lost.public_key());
    let n = n.unwrap().n;
    village.node.revoke(n, true, false, NOW).unwrap();
    assert!(
        village.node.revoke(n, true, false, NOW).is_err(),
        "once is enough"
    );

    let (request, mut exchange) = lost.request(NOW, &mut village.rng).unwrap();
    let answer = village.node.handle(&[request], NOW).remove(0).unwrap();
    let mut frames = FrameReader::new();
    frames.feed(&answer);
    let mut kinds = Vec::new();
    while let Some(mut frame) = frames.next_frame().unwrap() {
        kinds.push(frame.kind);
        if frame.kind == FrameType::Ended {
            // Whoever is on the line cannot say it in the node's place.
            let last = frame.body.len() - 1;
            frame.body[last] ^= 1;
            assert!(matches!(
                lost.receive(&mut exchange, &frame),
                Err(SyncError::NotTheNode)
            ));
            assert!(!lost.is_ended(NOW).unwrap());
            frame.body[last] ^= 1;
        }
        lost.receive(&mut exchange, &frame).unwrap();
    }
    assert_eq!(
        kinds,
        [
            FrameType::Head,
            FrameType::Problems,
            FrameType::Ended,
            FrameType::End
        ]
    );
    let outcome = lost.outcome(&exchange).unwrap();
    assert_eq!((outcome.ended, outcome.held), (Some(End::Wiped), 1));
    assert!(!outcome.synced);
    let edited = lost.edit(quang, &values(&[("alias", "Tư")]), NOW, &mut village.rng);
    assert!(edited.is_err());
    lost.wipe().unwrap();
    assert_eq!(lost.values(quang.doc).unwrap(), None);
    let rows = lost.store().read(|tx| tx.projection()).unwrap();
    assert!(rows.is_empty(), "no row of the projection is left");

    // The others learn of it, and the node's books are whole.
    assert!(village.sync(&mut other).synced);
    let report = village
        .node
        .store()
        .read(|tx| chibo_core::check::check(tx, village.node.tree(), true))
        .unwrap();
    assert!(report.faults.is_empty(), "{:?}", report.faults);
}

/// Edits this many members' records, each in a segment of its own.
fn edit_all(
    phone: &mut Phone<MemoryStore>,
    members: &[PlaceId],
    alias: &str,
    village: &mut Village,
) {
    for place in members {
        let edit = values(&[("alias", alias)]);
        phone
            .edit(member(*place), &edit, NOW, &mut village.rng)
            .unwrap();
    }
}

fn too_much(outcome: &Outcome) -> usize {
    let told = outcome.problems.iter();
    told.filter(|p| p.code == problem::TOO_MUCH_TODAY).count()
}

#[test]
fn a_device_hands_over_its_share_of_a_day_and_keeps_the_rest_until_tomorrow() {
    let mut village = Village::new(5);
    let (branch, members) = (village.branch, village.members.clone());
    let mut secretary = village.enrol(Role::Secretary, branch);
    let mut other = village.enrol(Role::Deputy, branch);
    village.sync(&mut secretary);
    village.sync(&mut other);
    let share = DayShare {
        changes: 3,
        ..DayShare::default()
    };
    village.node.allow_each_day(share);
    edit_all(&mut secretary, &members[..3], "Hai", &mut village);
    let at_the_limit = village.sync(&mut secretary);
    assert!(at_the_limit.synced, "{at_the_limit:?}");
    edit_all(&mut secretary, &members[3..], "Ba", &mut village);
    for _ in 0..2 {
        let past = village.sync(&mut secretary);
        assert_eq!((too_much(&past), past.waiting), (2, 2), "{past:?}");
        assert!(!past.synced);
    }
    // What others bring is theirs.
    edit_all(&mut other, &members[..1], "Tư", &mut village);
    assert!(village.sync(&mut other).synced);
    let tomorrow = Timestamp(NOW.0 + 86_400);
    let outcome = village.sync_at(&mut secretary, tomorrow);
    assert_eq!(
        (too_much(&outcome), outcome.handed_over),
        (0, 2),
        "{outcome:?}"
    );
    assert!(outcome.synced);
}

#[test]
fn bytes_count_as_well_what_came_before_is_told_again_and_the_office_is_exempt() {
    let mut village = Village::new(2);
    let (branch, members) = (village.branch, village.members.clone());
    let mut secretary = village.enrol(Role::Secretary, branch);
    village.sync(&mut secretary);
    edit_all(&mut secretary, &members[..1], "Hai", &mut village);
    let (request, _) = secretary.request(NOW, &mut village.rng).unwrap();
    // Taken in, but the answer was lost; and from now on nothing has room.
    village.node.handle(&[request], NOW).remove(0).unwrap();
    village.node.allow_each_day(DayShare {
        bytes: 0,
        ..DayShare::default()
    });
    let again = village.sync(&mut secretary);
    assert_eq!((too_much(&again), again.waiting), (0, 0), "{again:?}");
    edit_all(&mut secretary, &members[1..], "Ba", &mut village);
    let past = village.sync(&mut secretary);
    assert_eq!((too_much(&past), past.waiting), (1, 1), "{past:?}");

    let root = village.node.root();
    let mut office = village.enrol(Role::Office, root);
    village.sync(&mut office);
    edit_all(&mut office, &members, "Tư", &mut village);
    assert!(village.sync(&mut office).synced);
}
