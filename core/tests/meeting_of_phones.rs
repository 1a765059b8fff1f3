//! Phones that edit offline and meet on a node: what each of them may rely on.

use chibo_core::author::Target;
use chibo_core::document::{Value, Values};
use chibo_core::enrol::EnrolRequest;
use chibo_core::id::{PersonId, PlaceId};
use chibo_core::kind;
use chibo_core::node::{EnrolError, Node};
use chibo_core::phone::{Outcome, Phone};
use chibo_core::place::{PlaceKind, Role};
use chibo_core::store::memory::MemoryStore;
use chibo_core::time::Timestamp;
use chibo_core::tree::View;
use chibo_core::wire::FrameReader;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

const NOW: Timestamp = Timestamp(1_790_000_000);

fn values(pairs: &[(&str, &str)]) -> Values {
    pairs
        .iter()
        .map(|(k, v)| ((*k).to_owned(), Value::Text((*v).to_owned())))
        .collect()
}

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
        for i in 0..members {
            let id = PlaceId::random(&mut rng);
            ids.push(id);
            places.push((id, PlaceKind::Member, branch));
            edits.push((
                member(id),
                values(&[("full_name", &format!("Đinh Văn Quang {i}"))]),
            ));
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
                role,
                place,
                person,
                Timestamp(u64::MAX >> 1),
                &mut self.rng,
            )
            .unwrap();
        let request = EnrolRequest::new(&ticket, phone.key()).to_bytes();
        let reply = self.node.enrol(&request, NOW, &mut self.rng).unwrap();
        phone
            .enrolled(ticket.log, &reply.epochs, reply.n, &reply.grant)
            .unwrap();
        phone
    }

    /// One whole sync; asks again while there is more.
    fn sync(&mut self, phone: &mut Phone<MemoryStore>) -> Outcome {
        for _ in 0..20 {
            let (request, mut exchange) = phone.request(NOW, &mut self.rng).unwrap();
            let answer = self.node.handle(&[request], NOW).remove(0).unwrap();
            let mut frames = FrameReader::new();
            frames.feed(&answer);
            while let Some(frame) = frames.next_frame().unwrap() {
                phone.receive(&mut exchange, &frame).unwrap();
            }
            let outcome = phone.outcome(&exchange).unwrap();
            if !outcome.more {
                return outcome;
            }
        }
        panic!("a sync that does not end");
    }
}

fn member(place: PlaceId) -> Target {
    Target::at(place, kind::by_name("member").unwrap(), b"")
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
            Role::Secretary,
            branch,
            person,
            expires,
            &mut rng,
        )
        .unwrap();
    let mut ask = |key, now| {
        let request = EnrolRequest::new(&ticket, key).to_bytes();
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
