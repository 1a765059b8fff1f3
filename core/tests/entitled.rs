//! What nobody is entitled to say or to hear, in shapes that only a hostile program gives it: a well-signed segment about one
//! place that opens another, held work that was never its author's to say, a question of a device that is to be told nothing,
//! a receipt that nothing bears out.

use chibo_core::author::Target;
use chibo_core::codec::Writer;
use chibo_core::document::doc_at;
use chibo_core::enrol::Offer;
use chibo_core::entries::{Body, EntriesWriter, Told};
use chibo_core::feed::authorise::Forbidden;
use chibo_core::feed::compact::Shorten;
use chibo_core::feed::{Basis, Opens, Segment, SignedSegment};
use chibo_core::id::{Hash, PersonId, PlaceId, PublicKey};
use chibo_core::identity::{Grant, SecretKey};
use chibo_core::kind::{self, Kind};
use chibo_core::limits;
use chibo_core::log::{End, RULE_VERSION};
use chibo_core::node::{DayShare, DecideError, EnrolError, Node, Rejection};
use chibo_core::phone::{Outcome, SyncError, problem};
use chibo_core::place::{PlaceKind, Role};
use chibo_core::records;
use chibo_core::store::Store;
use chibo_core::time::Timestamp;
use chibo_core::wire::{AnswerWriter, FrameType};

mod stage;
use stage::*;

fn kind(name: &str) -> &'static Kind {
    kind::by_name(name).unwrap()
}

fn check_in(place: PlaceId) -> Target {
    Target::at(place, kind("check_in"), b"2026-10-01")
}

/// The segment with something in it changed, and signed again by the same hand.
fn made_over(
    by: &Memory,
    signed: &SignedSegment,
    change: impl FnOnce(&mut Segment),
) -> SignedSegment {
    let mut segment = signed.unproven().clone();
    change(&mut segment);
    segment.signed(by.key())
}

/// The office goes on for so many months.
fn months_pass(commune: &mut Commune, months: u64) {
    let lan = commune.members[0][1];
    for month in 0..months {
        commune.now = Timestamp(commune.now.0 + 29 * DAY);
        let now = commune.now;
        let alias = values(&[("alias", &format!("Tư {month}"))]);
        (commune.node)
            .edit(member(lan), &alias, now, &mut commune.rng)
            .unwrap();
        commune.node.submit(now, &mut commune.rng).unwrap();
    }
}

#[test]
fn words_about_ones_own_place_open_no_other() {
    let mut commune = Commune::new();
    let [branch, next] = commune.branches;
    let quang = commune.members[0][0];
    let mut own = commune.enrol(Role::Member, quang);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut own);
    commune.sync(&mut secretary);
    let new = PlaceId([7; 16]);
    let said = values(&[("commune", "Bình Dương")]);
    let before = commune.node.tree().iter().count();
    for (kind, parent) in [
        (PlaceKind::Committee, commune.node.root()),
        (PlaceKind::Branch, commune.node.root()),
        (PlaceKind::Member, next),
        (PlaceKind::Member, branch),
        (PlaceKind::Placement, quang),
        (PlaceKind::Branch, new),
    ] {
        let opens = Opens {
            place: new,
            kind,
            parent,
        };
        for (phone, scope_of) in [(&own, check_in(quang)), (&secretary, member(quang))] {
            let edits = match phone.author().unwrap().role {
                Role::Member => said.clone(),
                _ => values(&[("alias", "Hai")]),
            };
            let hostile = saying(phone, scope_of, &edits, Some(opens));
            commune.push(phone, &[hostile]);
            assert_eq!(commune.node.tree().iter().count(), before, "{opens:?}");
        }
    }
    // Nothing of it came to anybody, and honest work goes on.
    let mut deputy = commune.enrol(Role::Deputy, next);
    assert!(commune.sync(&mut deputy).synced);
    assert!(commune.sync(&mut secretary).synced);
    let now = commune.now;
    (own.edit(check_in(quang), &said, now, &mut commune.rng)).unwrap();
    assert!(commune.sync(&mut own).synced);
    commune.books_are_whole();
}

#[test]
fn each_thing_that_nobody_may_say_is_refused_for_what_it_is() {
    let mut commune = Commune::new();
    let branch = commune.branches[0];
    let quang = commune.members[0][0];
    let mut secretary = commune.enrol(Role::Secretary, branch);
    let mut other = commune.enrol(Role::Secretary, commune.branches[1]);
    let mut above = commune.enrol(Role::CommitteeMember, branch);
    for phone in [&mut secretary, &mut other, &mut above] {
        commune.sync(phone);
    }
    let alias = values(&[("alias", "Hai")]);
    let good = saying(&secretary, member(quang), &alias, None);
    let head = commune.node.position().unwrap();
    let as_kind = |s: &mut Segment, kind: u16| {
        s.changes[0].kind = kind;
        s.changes[0].doc = doc_at(s.scope, kind, [9; 8]);
    };
    type Change<'a> = Box<dyn Fn(&mut Segment) + 'a>;
    let cases: [(&str, Forbidden, Change); 4] = [
        (
            "another id than a member's one record has",
            Forbidden::WrongDocument,
            Box::new(|s| s.changes[0].doc = doc_at(s.scope, s.changes[0].kind, [9; 8])),
        ),
        (
            "a kind of document that is of another lane",
            Forbidden::WrongDocument,
            Box::new(|s| as_kind(s, kind("member_sensitive").number)),
        ),
        (
            "a kind that nobody knows",
            Forbidden::UnknownKind,
            Box::new(|s| as_kind(s, 60_000)),
        ),
        (
            "a position that the log has not reached",
            Forbidden::BasisAhead,
            Box::new(|s| {
                s.basis = Basis {
                    n: head.n + 1000,
                    ..s.basis
                }
            }),
        ),
    ];
    for (i, (what, why, change)) in cases.into_iter().enumerate() {
        // Each by another feed, since a refusal ends one.
        let nonce = i as u8 + 20;
        let fresh = saying_at(&secretary, member(quang), &alias, None, NOW, nonce);
        let hostile = made_over(&secretary, &fresh, change);
        let request = pushing(&secretary, &[hostile]);
        commune.node.handle(&[request], NOW).remove(0).unwrap();
        assert_eq!(commune.last_reason(), Some(why.code()), "{what}");
    }
    // The lane of a branch's leaders is not a member's.
    let own = commune.enrol(Role::Member, quang);
    let into = Target::at(quang, kind("member_sensitive"), b"");
    let hostile = saying(&own, into, &values(&[("personal_id", "1")]), None);
    commune.push(&own, &[hostile]);
    assert_eq!(commune.last_reason(), Some(Forbidden::WrongLane.code()));
    commune.push(&secretary, &[good]);
    let (_, record) = commune.node.values(member(quang).doc).unwrap().unwrap();
    assert_eq!(record["alias"].shown(), "Hai");
    commune.books_are_whole();
}

#[test]
fn what_was_never_its_authors_to_say_is_not_made_theirs_by_having_waited_for_the_office() {
    let mut commune = Commune::new();
    let branch = commune.branches[0];
    let [quang, lan] = commune.members[0];
    let mut own = commune.enrol(Role::Member, quang);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut own);
    commune.sync(&mut secretary);
    for phone in [&own, &secretary] {
        let n = commune.number_of(phone);
        commune.node.revoke(n, false, false, NOW).unwrap();
    }
    // A member who was shut out writes their own record, another's, and a decision.
    let edit = values(&[("alias", "Hai")]);
    let decision = Target::at(quang, kind("decision"), b"1");
    for (target, edits) in [
        (member(quang), &edit),
        (member(lan), &edit),
        (decision, &values(&[("number", "1-QĐ/ĐU")])),
    ] {
        let hostile = saying(&own, target, edits, None);
        commune.push(&own, &[hostile]);
        assert_eq!(commune.is_held(), 0, "it is refused, and nobody is asked");
    }
    // What a secretary may say waits.
    let late = saying(&secretary, member(quang), &edit, None);
    commune.push(&secretary, &[late]);
    assert_eq!(commune.is_held(), 1);

    // What is held after that waits unread; when the office comes to it, the role counts as well.
    let mut again = Commune::new();
    let (quang, mut own) = (again.members[0][0], {
        let quang = again.members[0][0];
        again.enrol(Role::Member, quang)
    });
    again.sync(&mut own);
    let n = again.number_of(&own);
    again.node.revoke(n, false, false, NOW).unwrap();
    let said = values(&[("commune", "Bình Dương")]);
    let first = saying(&own, check_in(quang), &said, None);
    let wrong = Target::at(quang, kind("residence_remark"), b"2026");
    assert_eq!(wrong.scope, check_in(quang).scope, "of one lane");
    let second = saying(&own, wrong, &values(&[("remark", "x")]), None);
    let second = made_over(&own, &second, |s| {
        (s.n, s.prev) = (2, first.hash());
        (s.feed, s.nonce) = (first.unproven().feed, first.unproven().nonce);
    });
    again.push(&own, &[first, second]);
    let held: Vec<u64> = again
        .node
        .quarantine()
        .unwrap()
        .iter()
        .map(|(n, _)| *n)
        .collect();
    assert_eq!(held.len(), 2);
    again.node.decide(held[0], true, None, NOW).unwrap();
    let refused = again.node.decide(held[1], true, None, NOW);
    assert!(
        matches!(refused, Err(DecideError::NotTheirs(_))),
        "{refused:?}"
    );
    again.books_are_whole();
}

#[test]
fn nobody_decides_about_what_they_wrote_themself() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let person = PersonId([4; 16]);
    let offer = Offer::new(Role::Secretary, branch, person, NEVER);
    let mut phone = commune.enrol_by(&offer);
    commune.sync(&mut phone);
    let n = commune.number_of(&phone);
    commune.node.revoke(n, false, false, NOW).unwrap();
    let late = saying(&phone, member(quang), &values(&[("alias", "Hai")]), None);
    commune.push(&phone, &[late]);
    let number = commune.node.quarantine().unwrap()[0].0;
    for accept in [true, false] {
        for who in [person, PersonId(quang.0)] {
            let done = commune.node.decide(number, accept, Some(who), NOW);
            assert_eq!(done, Err(DecideError::AboutThemself));
        }
    }
    let somebody = Some(PersonId([5; 16]));
    commune.node.decide(number, true, somebody, NOW).unwrap();
}

#[test]
fn evidence_is_told_to_no_device_that_is_to_be_told_nothing_and_never_of_what_waits() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let doc = member(quang).doc;
    let mut secretary = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut secretary);
    let now = commune.now;
    let alias = values(&[("alias", "Ba")]);
    (secretary.edit(member(quang), &alias, now, &mut commune.rng)).unwrap();
    commune.sync(&mut secretary);
    let asks = |commune: &mut Commune, phone: &Memory, now: u64| {
        let asked = phone.evidence_request(doc).unwrap().to_bytes();
        commune.node.evidence(&asked, Timestamp(now))
    };
    let told = asks(&mut commune, &secretary, NOW.0).unwrap();

    // An inspector before their day, and after it, whether or not they ever synced.
    let offer = Offer {
        from: Timestamp(NOW.0 + DAY),
        end: Timestamp(NOW.0 + 3 * DAY),
        mandate: "12-QĐ/UBKT".into(),
        ..commune.offer(Role::Auditor, branch)
    };
    let inspector = commune.enrol_by(&offer);
    let nothing = Err(Rejection::NotEnrolled);
    assert_eq!(asks(&mut commune, &inspector, NOW.0), nothing);
    assert!(asks(&mut commune, &inspector, NOW.0 + 2 * DAY).is_ok());
    assert_eq!(asks(&mut commune, &inspector, NOW.0 + 3 * DAY), nothing);

    // Work of who was shut out is the office's to look at, and nobody else's.
    let mut deputy = commune.enrol(Role::Deputy, branch);
    commune.sync(&mut deputy);
    let n = commune.number_of(&deputy);
    commune.node.revoke(n, false, false, NOW).unwrap();
    let late = saying(&deputy, member(quang), &values(&[("note", "muộn")]), None);
    commune.push(&deputy, &[late]);
    assert_eq!(commune.is_held(), 1);
    assert_eq!(asks(&mut commune, &secretary, NOW.0).unwrap(), told);

    // A device that was silent for long.
    months_pass(&mut commune, 15);
    let later = commune.now.0;
    assert_eq!(asks(&mut commune, &secretary, later), nothing);
    let n = commune.number_of(&secretary);
    commune.node.owner_is_there(n, Timestamp(later)).unwrap();
    assert!(asks(&mut commune, &secretary, later).is_ok());
}

#[test]
fn a_lost_phone_that_was_silent_for_years_is_told_to_wipe_itself_when_it_comes() {
    let mut commune = Commune::new();
    let branch = commune.branches[0];
    let mut phone = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut phone);
    let n = commune.number_of(&phone);
    commune.node.revoke(n, true, false, NOW).unwrap();
    months_pass(&mut commune, 30);
    let told = commune.sync(&mut phone);
    assert_eq!((told.ended, told.waits), (Some(End::Wiped), None));
    assert_eq!(told.entries, 0);
}

#[test]
fn a_device_that_never_came_after_it_was_let_in_is_asked_about_as_well() {
    let mut commune = Commune::new();
    let mut phone = commune.enrol(Role::Secretary, commune.branches[0]);
    months_pass(&mut commune, 30);
    let told = commune.sync(&mut phone);
    assert_eq!(told.waits, Some(chibo_core::wire::Wait::Unseen));
    assert_eq!((told.entries, told.filled), (0, 0));
}

/// One of the node's working keys.
fn node_key(commune: &Commune, name: &str) -> SecretKey {
    let seed = commune.node.store().read(|tx| records::meta(tx, name));
    SecretKey::from_seed(seed.unwrap().unwrap().try_into().unwrap())
}

/// What a node answers that took this phone's work, kept nothing of it, and gives a receipt all the same.
fn forged_receipt(commune: &Commune, phone: &Memory, number: u64) -> Vec<u8> {
    let log_key = node_key(commune, "log-key");
    let at = commune.node.position().unwrap();
    let digest = commune.node.digest(phone.view().unwrap()).unwrap();
    let head = chibo_core::log::Head {
        epoch: at.epoch,
        n: at.n,
        chain: at.chain,
        time: NOW,
        set_version: at.set_version,
        safe: 0,
        digest,
        signature: chibo_core::identity::Signature([0; 64]),
    }
    .signed(commune.node.log(), &log_key);
    let mut answer = AnswerWriter::new(commune.node.log(), &head, &log_key, phone.key().public());
    let mut w = Writer::new();
    let waiting = phone.store().read(records::waiting).unwrap();
    w.number(waiting.len() as u64);
    for (spot, _) in waiting {
        let row = phone.store().read(|tx| records::segment(tx, spot));
        let hash = row.unwrap().unwrap().hash;
        w.fixed(&hash.0[..8]).u8(problem::RECEIPT).number(number);
    }
    answer.frame(FrameType::Problems, w.as_slice());
    answer.finish(false)
}

/// What a node answers that took in these segments and says that it accepted them, whatever they are.
fn accepting(
    commune: &Commune,
    reader: PublicKey,
    after: u64,
    segments: &[(u64, SignedSegment)],
) -> Vec<u8> {
    let at = commune.node.position().unwrap();
    let (mut w, log_key) = (EntriesWriter::new(1, after), node_key(commune, "log-key"));
    for (i, (grant, segment)) in segments.iter().enumerate() {
        let how = Shorten {
            near: NOW,
            grant: *grant,
            introduce: true,
            has_salt: &|_| false,
        };
        let told = Told {
            n: after + 1 + i as u64,
            time: NOW,
            rule: RULE_VERSION,
            reason: 0,
            grant: None,
            body: Body::Segment(Box::new(segment.clone())),
        };
        w.add(&told, Some(&how));
    }
    let head = chibo_core::log::Head {
        epoch: at.epoch,
        n: after + segments.len() as u64,
        chain: at.chain,
        time: NOW,
        set_version: at.set_version,
        safe: 0,
        digest: Hash([0; 32]),
        signature: chibo_core::identity::Signature([0; 64]),
    }
    .signed(commune.node.log(), &log_key);
    let mut answer = AnswerWriter::new(commune.node.log(), &head, &log_key, reader);
    answer.frame(FrameType::Entries, &w.finish(head.n, at.chain));
    answer.finish(false)
}

#[test]
fn a_node_that_accepts_what_its_author_may_not_say_is_found_out_and_its_verdict_stands() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let own = commune.enrol(Role::Member, quang);
    let secretary = commune.enrol(Role::Secretary, branch);
    let mut deputy = commune.enrol(Role::Deputy, branch);
    commune.sync(&mut deputy);
    // One is the secretary's to say. The other is a decision that a member records about themself.
    let honest = saying(&secretary, member(quang), &values(&[("alias", "Ba")]), None);
    let decision = Target::at(quang, kind("decision"), &[7; 16]);
    let decided = saying(&own, decision, &values(&[("number", "12-QĐ/ĐU")]), None);
    let segments = [
        (commune.number_of(&secretary), honest),
        (commune.number_of(&own), decided.clone()),
    ];
    let after = deputy.digest().unwrap().1.n;
    let mut exchange = deputy.reading(NOW);
    for frame in frames(&accepting(
        &commune,
        deputy.key().public(),
        after,
        &segments,
    )) {
        if frame.kind != FrameType::End {
            deputy.receive(&mut exchange, &frame).unwrap();
        }
    }
    let found = deputy.accepted_wrongly().unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0].entry, found[0].place), (after + 2, quang));
    assert_eq!(found[0].spot, decided.unproven().spot());
    assert_eq!(found[0].why, Forbidden::NoWriter.code());
    // The log has one judge: what it accepted is shown here as everywhere.
    assert!(deputy.values(decision.doc).unwrap().is_some());
    deputy.wrongly_reported().unwrap();
    assert_eq!(deputy.accepted_wrongly().unwrap(), []);
}

#[test]
fn a_receipt_that_no_entry_bears_out_is_not_believed_and_the_work_stays() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut phone = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut phone);
    let now = commune.now;
    let alias = values(&[("alias", "Ba")]);
    // One round of its own first, so that the log goes beyond the checkpoint here.
    (phone.edit(member(quang), &alias, now, &mut commune.rng)).unwrap();
    commune.sync(&mut phone);
    let note = values(&[("note", "chưa ai nhận")]);
    (phone.edit(member(quang), &note, now, &mut commune.rng)).unwrap();
    phone.seal(now, &mut commune.rng).unwrap();
    let at = commune.node.position().unwrap().n;
    for number in [at, at + 5, 1] {
        let mut exchange = phone.reading(NOW);
        let answer = forged_receipt(&commune, &phone, number);
        let taken: Result<Vec<()>, SyncError> = (frames(&answer).iter())
            .map(|frame| phone.receive(&mut exchange, frame))
            .collect();
        if number > 1 {
            assert!(matches!(taken, Err(SyncError::NodeFault(_))), "{taken:?}");
        }
        let outcome = phone.outcome(&exchange).unwrap();
        assert_eq!(outcome.waiting, 1, "it is not taken for handed over");
        assert!(!outcome.synced);
    }
    // An honest node has it with the next sync.
    assert!(commune.sync(&mut phone).synced);
    let (_, record) = commune.node.values(member(quang).doc).unwrap().unwrap();
    assert_eq!(record["note"].shown(), "chưa ai nhận");
}

#[test]
fn who_changes_keys_or_makes_people_up_gains_no_room_by_it() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut phone = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut phone);
    let mut own = phone.own_grant().unwrap().unwrap();
    let mut key = phone.key().clone();
    let mut last = Ok(0);
    let mut keys = 0;
    // A device that goes on under one key after another on one day.
    while last.is_ok() && keys < 100 {
        let next = SecretKey::random(&mut commune.rng);
        let new = Grant {
            under: own.hash(),
            issuer: key.public(),
            key: next.public(),
            ..own.clone()
        }
        .signed(&key);
        last = commune.introduce(vec![new.clone()], &next);
        if last.is_ok() {
            (own, key, keys) = (new, next, keys + 1);
        }
    }
    assert_eq!(
        (last, keys),
        (Err(EnrolError::TooManyToday), limits::KEYS_A_DAY)
    );
    // A secretary who lets in people whom nobody knows.
    let mut let_in = 0;
    let mut last = Ok(0);
    while last.is_ok() && let_in < 1000 {
        let next = SecretKey::random(&mut commune.rng);
        let new = Grant {
            under: own.hash(),
            issuer: key.public(),
            key: next.public(),
            role: Role::Member,
            place: quang,
            person: PersonId::random(&mut commune.rng),
            may_delegate: false,
            ..own.clone()
        }
        .signed(&key);
        last = commune.introduce(vec![new], &next);
        let_in += u64::from(last.is_ok());
    }
    assert_eq!(last, Err(EnrolError::TooManyToday));
    assert_eq!(let_in + keys, limits::GRANTS_A_DAY);
    // The next branch notices nothing of it; and it is another day tomorrow.
    let mut next = commune.enrol(Role::Secretary, commune.branches[1]);
    assert!(commune.sync(&mut next).synced);
    commune.now = Timestamp(NOW.0 + DAY);
    let tomorrow = SecretKey::random(&mut commune.rng);
    let new = Grant {
        under: own.hash(),
        issuer: key.public(),
        key: tomorrow.public(),
        ..own.clone()
    }
    .signed(&key);
    assert!(commune.introduce(vec![new], &tomorrow).is_ok());
}

#[test]
fn the_share_of_a_day_follows_the_device_and_not_its_key() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut phone = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut phone);
    commune.node.allow_each_day(DayShare {
        changes: 3,
        bytes: 1 << 20,
    });
    let full = |outcome: &Outcome| {
        let mut problems = outcome.problems.iter();
        problems.any(|p| p.code == problem::TOO_MUCH_TODAY)
    };
    let hand_over = |commune: &mut Commune, phone: &mut Memory, text: &str| {
        let note = values(&[("note", text)]);
        let now = commune.now;
        (phone.edit(member(quang), &note, now, &mut commune.rng)).unwrap();
        commune.sync(phone)
    };
    for text in ["một", "hai", "ba"] {
        assert!(!full(&hand_over(&mut commune, &mut phone, text)));
    }
    // Under a new key it is the same device.
    let new = phone.change_key(&mut commune.rng).unwrap();
    let reply = (commune.node).enrol(&new.to_bytes(), NOW, &mut commune.rng);
    phone.key_changed(&reply.unwrap()).unwrap();
    assert!(full(&hand_over(&mut commune, &mut phone, "bốn")));
    commune.now = Timestamp(NOW.0 + DAY);
    assert!(commune.sync(&mut phone).synced);
}

#[test]
fn what_waited_behind_refused_work_of_a_lost_device_is_said_again_by_the_office_as_its_authors_words()
 {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut phone = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut phone);
    let n = commune.number_of(&phone);
    // Two things of one record, one after another, on a phone that is shut out before it hands them over.
    for (field, value) in [("alias", "Hai"), ("phone", "0900000003")] {
        let edit = values(&[(field, value)]);
        (phone.edit(member(quang), &edit, NOW, &mut commune.rng)).unwrap();
        phone.seal(NOW, &mut commune.rng).unwrap();
    }
    commune.node.revoke(n, true, false, NOW).unwrap();
    commune.sync(&mut phone);
    let numbers: Vec<u64> = (commune.node.quarantine().unwrap().iter())
        .map(|(n, _)| *n)
        .collect();
    assert_eq!((numbers.len(), commune.is_held()), (2, 2));
    let say = |commune: &mut Commune, number| {
        let by = Some(PersonId([5; 16]));
        commune
            .node
            .say_again(number, by, "Trần Đức An", NOW, &mut commune.rng)
    };
    assert_eq!(say(&mut commune, numbers[1]), Err(DecideError::StillHeld));
    // The office lets the first fall, and with it the second has no place in its feed any more.
    commune.node.decide(numbers[0], false, None, NOW).unwrap();
    assert_eq!(commune.is_held(), 0);
    assert_eq!(say(&mut commune, numbers[0]), Err(DecideError::NotLeftOver));
    assert_eq!(say(&mut commune, numbers[1]), Ok(1));
    let (_, record) = commune.node.values(member(quang).doc).unwrap().unwrap();
    assert_eq!(record["phone"].shown(), "0900000003");
    assert!(
        !record.contains_key("alias"),
        "what was refused is not said"
    );
    let named = record
        .iter()
        .any(|(path, v)| path.starts_with("words/") && v.shown() == "Trần Đức An");
    assert!(named, "{record:?}");
    assert_eq!(say(&mut commune, numbers[1]), Err(DecideError::Unknown));

    // What it sends of the next branch, behind something that was refused, is not said for it either.
    let neighbour = commune.members[1][0];
    let first = saying(&phone, member(neighbour), &values(&[("alias", "Ba")]), None);
    let second = made_over(&phone, &first, |s| (s.n, s.prev) = (2, first.hash()));
    commune.push(&phone, &[first, second]);
    let (number, row) = commune.node.quarantine().unwrap().pop().unwrap();
    assert_eq!(row.reason, chibo_core::log::reason::FEED_ENDED);
    let outside = DecideError::NotTheirs(Forbidden::OutsidePlace);
    assert_eq!(say(&mut commune, number), Err(outside));
    let mut deputy = commune.enrol(Role::Deputy, branch);
    assert!(commune.sync(&mut deputy).synced);
    commune.books_are_whole();
}

#[test]
fn what_the_node_says_to_one_device_says_nothing_to_another() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    let mut shut_out = commune.enrol(Role::Member, quang);
    let mut other = commune.enrol(Role::Member, commune.members[0][1]);
    for phone in [&mut secretary, &mut shut_out, &mut other] {
        commune.sync(phone);
    }
    let n = commune.number_of(&shut_out);
    commune.node.revoke(n, true, false, NOW).unwrap();
    // The end of one device, and what is new for another, each as the node signed it.
    let alias = values(&[("alias", "Hai")]);
    let lan = member(commune.members[0][1]);
    commune
        .node
        .edit(lan, &alias, NOW, &mut commune.rng)
        .unwrap();
    commune.node.submit(NOW, &mut commune.rng).unwrap();
    for of in [&mut shut_out, &mut other] {
        let (asked, _) = of.request(NOW, &mut commune.rng).unwrap();
        let answer = commune.node.handle(&[asked], NOW).remove(0).unwrap();
        let before = secretary.digest().unwrap();
        let mut exchange = secretary.reading(NOW);
        let heard = frames(&answer)
            .iter()
            .try_for_each(|f| secretary.receive(&mut exchange, f));
        assert!(matches!(heard, Err(SyncError::NotTheNode)), "{heard:?}");
        assert!(!secretary.is_ended(NOW).unwrap());
        assert_eq!(secretary.digest().unwrap(), before);
    }
    assert!(commune.sync(&mut secretary).synced);
    assert_eq!(commune.sync(&mut shut_out).ended, Some(End::Wiped));
    commune.books_are_whole();
}

#[test]
fn a_restore_makes_nobody_heard_of_who_was_silent_too_long_before_the_backup() {
    let mut commune = Commune::new();
    let branch = commune.branches[0];
    let (mut silent, mut heard) = (
        commune.enrol(Role::Secretary, branch),
        commune.enrol(Role::Deputy, branch),
    );
    commune.sync(&mut silent);
    months_pass(&mut commune, 15);
    let n = commune.number_of(&heard);
    let now = commune.now;
    commune.node.owner_is_there(n, now).unwrap();
    commune.sync(&mut heard);
    let (backup, root) = (commune.node.store().clone(), commune.root.clone());
    commune.node = Node::restore(backup, &root, now, &mut commune.rng).unwrap();
    commune.node.confirm(&[], now).unwrap();
    assert!(commune.sync(&mut heard).synced);
    let told = commune.sync(&mut silent);
    assert_eq!(told.waits, Some(chibo_core::wire::Wait::Unseen));
    assert_eq!((told.entries, told.filled), (0, 0));
}

#[test]
fn a_letter_that_somebody_kept_of_a_phone_that_is_lost_does_not_keep_it_heard_of() {
    let mut commune = Commune::new();
    let mut phone = commune.enrol(Role::Secretary, commune.branches[0]);
    commune.sync(&mut phone);
    let (kept, _) = phone.request(commune.now, &mut commune.rng).unwrap();
    for _ in 0..5 {
        months_pass(&mut commune, 3);
        let now = commune.now;
        let kept = std::slice::from_ref(&kept);
        commune.node.handle(kept, now).remove(0).unwrap();
    }
    let told = commune.sync(&mut phone);
    assert_eq!(told.waits, Some(chibo_core::wire::Wait::Unseen));
}
