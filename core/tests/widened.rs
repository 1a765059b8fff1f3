//! A right that reaches further than its giver's, in every way that it could come to a device: shown by another device
//! without the node, told by a node that lies or was deceived, brought to a node that was restored.

use chibo_core::enrol::{Card, EnrolRequest, Offer, Ticket};
use chibo_core::evidence::Evidence;
use chibo_core::id::{PersonId, PlaceId};
use chibo_core::identity::{BadGrant, Custody, Grant, SecretKey};
use chibo_core::kind;
use chibo_core::node::{EnrolError, Node};
use chibo_core::phone::SyncError;
use chibo_core::place::Role;
use chibo_core::records;
use chibo_core::store::Store;
use chibo_core::time::Timestamp;

mod stage;
use stage::*;

/// What a hostile program on this device signs: the role of a member on any place, for somebody's key.
fn widened(by: &Memory, place: PlaceId, key: &SecretKey) -> Grant {
    let parent = by.own_grant().unwrap().unwrap();
    Grant {
        under: parent.hash(),
        key: key.public(),
        person: PersonId([9; 16]),
        role: Role::Member,
        place,
        custody: Custody::Device,
        term: Timestamp(0),
        may_delegate: false,
        ..parent
    }
    .signed(by.key())
}

fn card(grants: &[&Grant]) -> Card {
    Card {
        grants: grants.iter().map(|g| (*g).clone()).collect(),
    }
}

#[test]
fn a_right_on_the_next_branch_is_not_believed_when_another_phone_shows_it_without_the_node() {
    let mut commune = Commune::new();
    let [branch, next] = commune.branches;
    let [[quang, _], [neighbour, _]] = commune.members;
    let secretary = commune.enrol(Role::Secretary, branch);
    let mut there = commune.enrol(Role::Deputy, next);
    let mut above = commune.enrol(Role::CommitteeSecretary, commune.node.root());
    commune.sync(&mut there);
    commune.sync(&mut above);
    let thief = SecretKey::from_seed([5; 32]);
    let (own, now) = (secretary.own_grant().unwrap().unwrap(), commune.now);
    let nowhere = PlaceId([7; 16]);
    for phone in [&mut there, &mut above] {
        let before = phone.peers(NOW).unwrap();
        for place in [neighbour, next, commune.node.root(), nowhere] {
            let grant = widened(&secretary, place, &thief);
            // With the chain that leads to it, so that all of its signatures are good.
            let told = phone.meet(&card(&[&own, &grant]), now).unwrap();
            assert_eq!(told, Err(BadGrant::TooWide), "{place:?}");
            assert_eq!(
                phone.peers(NOW).unwrap(),
                before,
                "nothing is sealed for it"
            );
            let hash = grant.hash();
            let kept = phone.store().read(|tx| records::grant_number(tx, hash));
            assert_eq!(kept.unwrap(), None, "nothing of it stays");
        }
    }
    // What its holder writes under it is refused as well, though its signature is good.
    let grant = widened(&secretary, neighbour, &thief);
    let edit = values(&[("alias", "Hai")]);
    let words = saying(&there, member(neighbour), &edit, None);
    let words = chibo_core::feed::Segment {
        grant: grant.hash(),
        feed: chibo_core::feed::feed_id(&thief.public(), words.unproven().scope, &[1; 8]),
        ..words.unproven().clone()
    }
    .signed(&thief);
    assert_eq!(there.take_offer(vec![words], now).unwrap().taken, 0);
    // The same within the branch of who gives it is a right.
    let good = widened(&secretary, quang, &thief);
    assert!(above.meet(&card(&[&own, &good]), now).unwrap().is_ok());
}

#[test]
fn who_was_let_in_before_their_place_moved_is_met_after_it() {
    let mut commune = Commune::new();
    let [branch, next] = commune.branches;
    let quang = commune.members[0][0];
    let mut secretary = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut secretary);
    let (rng, now) = (&mut commune.rng, commune.now);
    let offer = Offer::new(Role::Member, quang, PersonId(quang.0), SOON);
    let ticket = secretary.ticket("", &offer, rng).unwrap();
    let own = commune.use_ticket(&ticket).unwrap();
    commune.node.move_place(quang, next, now).unwrap();
    let mut there = commune.enrol(Role::Deputy, next);
    assert!(commune.sync(&mut there).synced);
    assert!(there.meet(&own.card().unwrap(), now).unwrap().is_ok());
}

#[test]
fn a_key_of_the_node_that_was_changed_lets_nobody_in_from_hand_to_hand() {
    let mut commune = Commune::new();
    let (branch, now) = (commune.branches[0], commune.now);
    let mut deputy = commune.enrol(Role::Deputy, branch);
    commune.sync(&mut deputy);
    let stolen = commune
        .node
        .store()
        .read(|tx| records::meta(tx, "grant-key"));
    let stolen = SecretKey::from_seed(stolen.unwrap().unwrap().try_into().unwrap());
    let thief = SecretKey::from_seed([5; 32]);
    let made_up = Grant {
        key: thief.public(),
        person: PersonId([9; 16]),
        role: Role::Secretary,
        ..deputy.own_grant().unwrap().unwrap()
    }
    .signed(&stolen);
    let root = commune.root.clone();
    commune
        .node
        .rotate_keys(&root, now, &mut commune.rng)
        .unwrap();
    assert!(commune.sync(&mut deputy).synced);
    let told = deputy.meet(&card(&[&made_up]), now).unwrap();
    assert_eq!(told, Err(BadGrant::NotSigned));
}

/// A device that a ticket on paper lets in without the node, as it shows itself to others.
fn let_in_by(ticket: &Ticket, seed: u8) -> (Card, SecretKey) {
    let key = SecretKey::from_seed([seed; 32]);
    match ticket.request(&key) {
        EnrolRequest::Introduction { grants, .. } => (Card { grants }, key),
        EnrolRequest::Ticket { .. } => panic!("a ticket of the node's"),
    }
}

#[test]
fn who_was_shut_out_lets_nobody_in_from_hand_to_hand() {
    let mut commune = Commune::new();
    let (branch, quang, now) = (commune.branches[0], commune.members[0][0], commune.now);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    let mut deputy = commune.enrol(Role::Deputy, branch);
    for phone in [&mut secretary, &mut deputy] {
        commune.sync(phone);
    }
    commune.sync(&mut deputy);
    let offer = Offer::new(Role::Member, quang, PersonId(quang.0), SOON);
    let mut ticket = || secretary.ticket("", &offer, &mut commune.rng).unwrap();
    let (before, after, used) = (ticket(), ticket(), ticket());
    // Met while the secretary's right stood: shares are sealed for it, and its work is taken.
    let (early, early_key) = let_in_by(&before, 5);
    assert!(deputy.meet(&early, now).unwrap().is_ok());
    let of = |deputy: &Memory| {
        let peers = deputy.peers(NOW).unwrap();
        peers.values().flatten().copied().collect::<Vec<_>>()
    };
    assert!(of(&deputy).contains(&early_key.public()));
    // A ticket that somebody has used lets nobody else in: whose use was heard of, by hand neither.
    commune.use_ticket(&used).unwrap();
    commune.sync(&mut deputy);
    let (second, _) = let_in_by(&used, 6);
    let told = deputy.meet(&second, now).unwrap();
    assert_eq!(told, Err(BadGrant::Ended));
    let n = commune.number_of(&secretary);
    commune.node.revoke(n, false, false, now).unwrap();
    commune.sync(&mut deputy);
    let (late, _) = let_in_by(&after, 7);
    assert_eq!(deputy.meet(&late, now).unwrap(), Err(BadGrant::Ended));
    assert!(
        !of(&deputy).contains(&early_key.public()),
        "nothing is sealed for it any more"
    );
    let said = values(&[("tasks", "Gác đêm")]);
    let target = chibo_core::author::Target::at(quang, kind::by_name("check_in").unwrap(), b"1");
    let words = saying(&deputy, target, &said, None);
    let words = chibo_core::feed::Segment {
        grant: early.grants.last().unwrap().hash(),
        feed: chibo_core::feed::feed_id(&early_key.public(), target.scope, &[1; 8]),
        ..words.unproven().clone()
    }
    .signed(&early_key);
    assert_eq!(deputy.take_offer(vec![words], now).unwrap().taken, 0);
}

#[test]
fn a_node_that_takes_in_a_right_on_the_next_branch_is_found_out_by_who_sees_both() {
    let mut commune = Commune::new();
    let [branch, next] = commune.branches;
    let neighbour = commune.members[1][0];
    let secretary = commune.enrol(Role::Secretary, branch);
    let mut above = commune.enrol(Role::CommitteeSecretary, commune.node.root());
    let mut there = commune.enrol(Role::Deputy, next);
    commune.sync(&mut above);
    commune.sync(&mut there);
    // Its own tables say that the neighbour stands in the secretary's branch; no entry of its log does.
    let mut store = commune.node.store().clone();
    let moved: Result<(), chibo_core::store::StoreError> = store.write(|tx| {
        let mut row = records::place(tx, neighbour)?.unwrap();
        row.placed.parent = Some(branch);
        records::put_place(tx, neighbour, &row)
    });
    moved.unwrap();
    let mut liar = Node::open(store).unwrap();
    let thief = SecretKey::from_seed([5; 32]);
    let grant = widened(&secretary, neighbour, &thief);
    let request = EnrolRequest::introducing(vec![grant.clone()], &thief).to_bytes();
    liar.enrol(&request, NOW, &mut commune.rng).unwrap();
    let (request, mut exchange) = above.request(NOW, &mut commune.rng).unwrap();
    let answer = liar.handle(&[request], NOW).remove(0).unwrap();
    let told: Result<Vec<()>, SyncError> = (frames(&answer).iter())
        .map(|frame| above.receive(&mut exchange, frame))
        .collect();
    assert!(matches!(told, Err(SyncError::NodeFault(_))), "{told:?}");
    let kept = above
        .store()
        .read(|tx| records::grant_number(tx, grant.hash()));
    assert_eq!(kept.unwrap(), None);
    assert!(
        commune.sync(&mut above).synced,
        "with the honest one it goes on"
    );
}

#[test]
fn a_restored_node_lets_nobody_in_on_the_next_branch_by_a_key_that_was_changed() {
    let mut commune = Commune::new();
    let (branch, neighbour) = (commune.branches[0], commune.members[1][0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut secretary);
    let before = secretary.own_grant().unwrap().unwrap();
    let thief = SecretKey::from_seed([5; 32]);
    let wide = widened(&secretary, neighbour, &thief);
    let good = widened(&secretary, commune.members[0][0], &thief);
    let request = secretary.change_key(&mut commune.rng).unwrap().to_bytes();
    let reply = commune.node.enrol(&request, NOW, &mut commune.rng).unwrap();
    secretary.key_changed(&reply).unwrap();
    let (backup, root) = (commune.node.store().clone(), commune.root.clone());
    commune.node = Node::restore(backup, &root, NOW, &mut commune.rng).unwrap();
    // Given before the key was changed, they say, and lost with the disk: the office is asked.
    for grant in [&wide, &good] {
        let told = commune.introduce(vec![grant.clone()], &thief);
        assert_eq!(told, Err(EnrolError::Unconfirmed));
    }
    let done = commune.node.confirm(&[], Timestamp(NOW.0 + 1)).unwrap();
    assert_eq!((done.grants, done.left_out), (1, 1));
    let devices = commune.node.devices().unwrap();
    let stands = |g: &Grant| devices.iter().any(|d| d.grant.hash() == g.hash());
    assert!(stands(&good) && !stands(&wide) && stands(&before));
    commune.books_are_whole();
}

#[test]
fn who_does_not_know_an_authors_issuer_sees_the_whole_chain_in_the_evidence() {
    let mut commune = Commune::new();
    let [branch, next] = commune.branches;
    let quang = commune.members[0][0];
    let mut secretary = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut secretary);
    let offer = Offer::new(Role::Member, quang, PersonId(quang.0), SOON);
    let ticket = secretary.ticket("", &offer, &mut commune.rng).unwrap();
    let mut own = commune.use_ticket(&ticket).unwrap();
    commune.sync(&mut own);
    let check_in = chibo_core::kind::by_name("check_in").unwrap();
    let target = chibo_core::author::Target::at(quang, check_in, &[1; 16]);
    let said = values(&[("said_on", "2026-09-01")]);
    own.edit(target, &said, NOW, &mut commune.rng).unwrap();
    commune.sync(&mut own);
    commune.node.move_place(quang, next, NOW).unwrap();
    // The next branch never heard of the secretary who let the member in.
    let mut there = commune.enrol(Role::Deputy, next);
    commune.sync(&mut there);
    let request = there.evidence_request(target.doc).unwrap().to_bytes();
    let told = commune.node.evidence(&request, commune.now).unwrap();
    let proof = there.examine(target.doc, &told).unwrap();
    assert_eq!(proof.proven, [(PersonId(quang.0), 1)]);
    assert_eq!(proof.attested, 0);
    // Without the grant at its head, or one that is wider in its place, nothing is proven.
    let whole = Evidence::from_bytes(&told).unwrap();
    assert!(
        whole.grants.len() >= 3,
        "the secretary's, the ticket's, the device's"
    );
    for i in 0..whole.grants.len() {
        let mut less = whole.clone();
        less.grants.remove(i);
        let proof = there.examine(target.doc, &less.to_bytes()).unwrap();
        assert_eq!(proof.attested, 1, "{i}");
        let mut wider = whole.clone();
        wider.grants[i].role = Role::Office;
        let proof = there.examine(target.doc, &wider.to_bytes()).unwrap();
        assert_eq!(proof.attested, 1, "{i}");
    }
}
