//! Who may do what, and what must fail: each test would succeed for the attacker if its check were removed.

use chibo_core::author::{EditError, Target};
use chibo_core::document::{self, Value, Values};
use chibo_core::domain::look::{LIST_LOOK, LOOK, Look};
use chibo_core::door::Refusal;
use chibo_core::enrol::{EnrolRequest, Offer, Pass, ShortCode, Ticket, Unknown};
use chibo_core::feed::authorise::Forbidden;
use chibo_core::feed::{Opens, SignedSegment, feed_id};
use chibo_core::id::{Hash, PersonId, PlaceId};
use chibo_core::identity::{BadGrant, Custody, Grant, SecretKey};
use chibo_core::kind::{self, Kind};
use chibo_core::limits;
use chibo_core::log::{End, reason};
use chibo_core::node::{Brought, EnrolError, Knew, Node, Rejection};
use chibo_core::own_data;
use chibo_core::phone::{Phone, SyncError};
use chibo_core::place::{PlaceKind, ROLES, Role, scope_of};
use chibo_core::records;
use chibo_core::recovery::{self, RecoveryRequest};
use chibo_core::store::Store;
use chibo_core::time::Timestamp;
use chibo_core::wire::{FrameType, Wait};

mod stage;
use stage::*;

fn check_in() -> &'static Kind {
    kind::by_name("check_in").unwrap()
}

// ---- roles ----------------------------------------------------------------------------------

#[test]
fn a_member_writes_neither_their_own_record_nor_anothers() {
    let mut commune = Commune::new();
    let [own, other] = commune.members[0];
    let phone = commune.enrol(Role::Member, own);
    let note = values(&[("note", "Đã được khen thưởng")]);
    commune.push(&phone, &[saying(&phone, member(own), &note, None)]);
    assert_eq!(commune.last_reason(), Some(Forbidden::NoWriter.code()));
    let here = Target::at(other, check_in(), b"2026-11-24");
    let said = values(&[("commune", "Bình Dương")]);
    commune.push(&phone, &[saying(&phone, here, &said, None)]);
    assert_eq!(commune.last_reason(), Some(Forbidden::OutsidePlace.code()));
    assert!(commune.node.values(here.doc).unwrap().is_none());
}

#[test]
fn what_is_written_at_once_is_written_as_a_whole_or_not_at_all_on_a_phone_and_at_the_office() {
    let mut commune = Commune::new();
    let branch = commune.branches[0];
    let mut phone = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut phone);
    let new = PlaceId::random(&mut commune.rng);
    let places = [(new, PlaceKind::Member, branch)];
    let named = (member(new), values(&[("full_name", "Lê Thị Bưởi")]));
    // A member's place has no meetings.
    let misplaced = Target::at(new, kind::by_name("meeting").unwrap(), b"2026-11-24");
    let misplaced = (misplaced, values(&[("discussion", "Không có ở đây")]));
    let (now, rng) = (commune.now, &mut commune.rng);
    let both = [named.clone(), misplaced];
    assert!(phone.edit_many(&places, &both, now, rng).is_err());
    assert!(commune.node.edit_many(&places, &both, now, rng).is_err());
    assert!(phone.tree().get(new).is_none() && commune.node.tree().get(new).is_none());
    assert!(phone.values(named.0.doc).unwrap().is_none());
    assert!(commune.node.values(named.0.doc).unwrap().is_none());
    assert_eq!(phone.drafted().unwrap(), 0);
    let done = phone.edit_many(&places, &[named], now, rng).unwrap();
    assert!(done.len() == 1 && done[0].changed, "{done:?}");
    assert!(commune.sync(&mut phone).synced);
    assert_eq!(commune.name_of(new), "Lê Thị Bưởi");
}

/// Ids follow from what everybody knows; so they can be named from one's own lane, before or after somebody else
/// said the first word there. They also say where and what a document is, so that is worth nothing.
#[test]
fn a_document_of_somebody_else_is_neither_drawn_into_ones_own_lane_nor_taken_before_them() {
    let mut commune = Commune::new();
    let [own, other] = commune.members[0];
    let mut theirs = commune.enrol(Role::Member, other);
    commune.sync(&mut theirs);
    let there = Target::at(other, check_in(), b"2026-11-24");
    let said = values(&[("commune", "Bình Dương")]);
    let phone = commune.enrol(Role::Member, own);
    let mut deputy = commune.enrol(Role::Deputy, commune.branches[0]);
    commune.sync(&mut deputy);
    let sensitive = kind::by_name("member_sensitive").unwrap();
    let others = [
        there,
        Target::at(other, sensitive, b""),
        // Of the same place, and of a kind that its member does not write.
        Target::at(own, sensitive, b""),
        Target::at(commune.branches[0], &LIST_LOOK, b"2026-12"),
    ];
    for again in [false, true] {
        for (n, target) in others.into_iter().enumerate() {
            let mine = Target::at(own, check_in(), b"2026-11-24");
            let drawn = Target {
                doc: target.doc,
                ..mine
            };
            let nonce = 20 + n as u8 + 10 * u8::from(again);
            let segment = saying_at(&phone, drawn, &said, None, NOW, nonce);
            // Hand to hand it travels whole, with the id that its author made up.
            let before = deputy.values(target.doc).unwrap();
            let came = deputy.take_offer(vec![segment.clone()], NOW).unwrap();
            assert_eq!(came.taken, 0);
            assert_eq!(deputy.values(target.doc).unwrap(), before);
            commune.push(&phone, &[segment]);
        }
        // Like a forged signature: it is no word of anybody's, and nothing of it is kept.
        assert_eq!(commune.node.quarantine().unwrap(), []);
        if !again {
            (theirs.edit(there, &said, NOW, &mut commune.rng)).unwrap();
            assert!(commune.sync(&mut theirs).synced);
        }
        let row = (commune.node.store()).read(|tx| records::doc(tx, there.doc));
        assert_eq!(row.unwrap().unwrap().scope, there.scope);
        for target in &others[1..] {
            assert_eq!(commune.node.values(target.doc).unwrap(), None);
        }
    }
    commune.books_are_whole();
}

#[test]
fn a_secretary_reads_and_writes_nothing_of_the_next_branch() {
    let mut commune = Commune::new();
    let [mine, theirs] = commune.branches;
    let mut phone = commune.enrol(Role::Secretary, mine);
    commune.sync(&mut phone);
    assert!(phone.tree().get(theirs).is_none());
    assert!(
        phone
            .values(member(commune.members[1][0]).doc)
            .unwrap()
            .is_none()
    );
    let note = values(&[("note", "x")]);
    let target = member(commune.members[1][0]);
    commune.push(&phone, &[saying(&phone, target, &note, None)]);
    assert_eq!(commune.last_reason(), Some(Forbidden::OutsidePlace.code()));
}

/// Whatever the role, and whatever its program lets it say.
#[test]
fn row_02_each_role_is_blocked_outside_its_unit() {
    let mut commune = Commune::new();
    let root = commune.node.root();
    let [mine, _] = commune.branches;
    let [own, theirs] = [commune.members[0][0], commune.members[1][0]];
    let note = values(&[("note", "x")]);
    // A committee of its own beside the branches: all else of the commune is outside of it.
    let within = PlaceId::random(&mut commune.rng);
    let places = [(within, PlaceKind::Committee, root)];
    let now = commune.now;
    (commune.node)
        .edit_many(&places, &[], now, &mut commune.rng)
        .unwrap();
    for (n, role) in ROLES.into_iter().enumerate() {
        let place = match role.place_kinds() {
            kinds if kinds.contains(&PlaceKind::Branch) => mine,
            kinds if kinds.contains(&PlaceKind::Member) => own,
            _ => within,
        };
        let mut phone = commune.enrol(role, place);
        commune.sync(&mut phone);
        let there = member(theirs);
        assert_eq!(phone.values(there.doc).unwrap(), None, "{role:?} reads it");
        let refused = phone.edit(there, &note, NOW, &mut commune.rng);
        assert!(refused.is_err(), "{role:?}");
        let before = commune.node.quarantine().unwrap().len();
        let nonce = u8::try_from(n).unwrap() + 1;
        let segment = saying_at(&phone, there, &note, None, NOW, nonce);
        commune.push(&phone, &[segment]);
        assert_eq!(
            commune.node.quarantine().unwrap().len(),
            before + 1,
            "{role:?}"
        );
        assert_eq!(
            commune.is_held(),
            0,
            "{role:?}: refused, and not left to somebody"
        );
        let (_, now) = commune.node.values(there.doc).unwrap().unwrap();
        assert!(!now.contains_key("note"), "{role:?}");
    }
    commune.books_are_whole();
}

#[test]
fn an_auditor_reads_all_and_writes_only_that_they_looked() {
    let mut commune = Commune::new();
    let root = commune.node.root();
    let quang = commune.members[0][0];
    let mut auditor = commune.enrol(Role::Auditor, root);
    assert!(commune.sync(&mut auditor).synced);
    assert!(auditor.values(member(quang).doc).unwrap().is_some());
    let note = values(&[("note", "x")]);
    let edited = auditor.edit(member(quang), &note, NOW, &mut commune.rng);
    assert_eq!(edited, Err(EditError::NotAllowed));
    commune.push(&auditor, &[saying(&auditor, member(quang), &note, None)]);
    assert_eq!(commune.last_reason(), Some(Forbidden::NoWriter.code()));

    let noted = auditor.note_look(quang, Look::Opened, NOW, &mut commune.rng);
    assert_eq!(noted, Ok(true));
    assert!(commune.sync(&mut auditor).synced);
    let again = auditor.note_look(quang, Look::Opened, NOW, &mut commune.rng);
    assert_eq!(again, Ok(false), "a second look on a day is the same line");
    let mut own = commune.enrol(Role::Member, quang);
    assert!(commune.sync(&mut own).synced);
    let log = Target::at(quang, &LOOK, b"2026-09");
    let (_, looks) = own.values(log.doc).unwrap().expect("the member reads it");
    assert!(looks.values().any(|v| v.shown() == "auditor"), "{looks:?}");
}

#[test]
fn what_stands_in_the_access_log_is_never_changed_or_taken_out() {
    let mut commune = Commune::new();
    let (root, quang) = (commune.node.root(), commune.members[0][0]);
    let mut auditor = commune.enrol(Role::Auditor, root);
    commune.sync(&mut auditor);
    auditor
        .note_look(quang, Look::Exported, NOW, &mut commune.rng)
        .unwrap();
    commune.sync(&mut auditor);
    let log = Target::at(quang, &LOOK, b"2026-09");
    let (_, looks) = auditor.values(log.doc).unwrap().unwrap();
    let what = looks
        .keys()
        .find(|path| path.ends_with("/what"))
        .unwrap()
        .clone();
    for wrong in [Value::Text("opened".into()), Value::Cleared] {
        let edits = Values::from([(what.clone(), wrong)]);
        let edited = auditor.edit(log, &edits, NOW, &mut commune.rng);
        assert!(matches!(edited, Err(EditError::Document(_))), "{edited:?}");
    }
    // And by who goes round the program: an Automerge change that overwrites.
    use automerge::transaction::Transactable;
    use automerge::{ActorId, ReadDoc};
    let author = auditor.author().unwrap().clone();
    let feed = feed_id(&author.key.public(), log.scope, &[9; 8]);
    let row = (commune.node.store().read(|tx| records::doc(tx, log.doc))).unwrap();
    let mut doc = document::load(&row.unwrap().bytes).unwrap();
    doc.set_actor(ActorId::from(feed.0));
    let mut tx = doc.transaction();
    let map = tx.get(automerge::ROOT, "looks").unwrap().unwrap().1;
    tx.put(&map, what.strip_prefix("looks/").unwrap(), "opened")
        .unwrap();
    let hash = tx.commit().0.unwrap();
    let change = doc.get_change_by_hash(&hash).unwrap().raw_bytes().to_vec();
    let honest = saying_at(
        &auditor,
        log,
        &values(&[("month", "2026-09")]),
        None,
        NOW,
        9,
    );
    let mut segment = honest.unproven().clone();
    segment.changes[0].change = change;
    commune.push(&auditor, &[segment.signed(&author.key)]);
    let code = chibo_core::door::Refusal::AppendOnly.code();
    assert_eq!(commune.last_reason(), Some(reason::DOOR + code));
    let (_, after) = commune.node.values(log.doc).unwrap().unwrap();
    assert_eq!(after, looks);
}

#[test]
fn nobody_writes_that_somebody_else_looked_or_under_whose_order() {
    let mut commune = Commune::new();
    let (branch, [quang, an]) = (commune.branches[0], commune.members[0]);
    let phone = commune.enrol_by(&Offer::new(Role::Secretary, branch, PersonId(an.0), NEVER));
    let log = Target::at(quang, &LOOK, b"2026-09");
    let entry = |person: &str| {
        values(&[
            ("month", "2026-09"),
            ("looks/00112233/on", "2026-09-21"),
            ("looks/00112233/what", "exported"),
            ("looks/00112233/role", "auditor"),
            ("looks/00112233/mandate", "12-QĐ/UBKT"),
            ("looks/00112233/signer", person),
        ])
    };
    // In another's name it is refused, and so is an entry that names nobody.
    let other = "ab".repeat(16);
    let mut unsigned = entry("");
    unsigned.remove("looks/00112233/signer");
    for (nonce, forged) in [(5, entry(&other)), (6, unsigned)] {
        let said = saying_at(&phone, log, &forged, None, NOW, nonce);
        commune.push(&phone, &[said]);
        let code = reason::DOOR + Refusal::OtherSigner.code();
        assert_eq!(commune.last_reason(), Some(code));
    }
    assert!(commune.node.values(log.doc).unwrap().is_none());
    // In one's own it is taken, and what it says of role and order is not believed.
    let own = saying_at(&phone, log, &entry(&an.to_string()), None, NOW, 7);
    commune.push(&phone, &[own]);
    let mut member = commune.enrol(Role::Member, quang);
    assert!(commune.sync(&mut member).synced);
    let (store, tree) = (commune.node.store(), commune.node.tree());
    let told = store.read(|tx| own_data::of(tx, tree, quang)).unwrap();
    let [looked] = &told.looks[..] else {
        panic!("one look: {:?}", told.looks);
    };
    assert_eq!(
        (&*looked.role, &*looked.mandate, &looked.person),
        ("secretary", "", &an.to_string())
    );
}

#[test]
fn a_member_reads_who_took_out_the_list_in_which_they_stand() {
    let mut commune = Commune::new();
    let (root, [branch, other]) = (commune.node.root(), commune.branches);
    let quang = commune.members[0][0];
    let mut auditor = commune.enrol(Role::Auditor, root);
    commune.sync(&mut auditor);
    for (place, look) in [
        (root, Look::Exported),
        (branch, Look::Printed),
        (other, Look::Printed),
    ] {
        let noted = auditor.note_look(place, look, NOW, &mut commune.rng);
        assert_eq!(noted, Ok(true));
    }
    assert!(commune.sync(&mut auditor).synced);
    let mut member = commune.enrol(Role::Member, quang);
    assert!(commune.sync(&mut member).synced);
    let told = (member.store()).read(|tx| own_data::of(tx, member.tree(), quang));
    let mut looks: Vec<_> = (told.unwrap().looks.into_iter())
        .map(|l| (l.place, l.what, l.role))
        .collect();
    looks.sort();
    let mut expected = [
        (root, "exported".to_owned(), "auditor".to_owned()),
        (branch, "printed".to_owned(), "auditor".to_owned()),
    ];
    expected.sort();
    assert_eq!(looks, expected, "not those of another branch");
}

#[test]
fn who_runs_the_node_sees_devices_and_no_record() {
    let mut commune = Commune::new();
    let root = commune.node.root();
    let mut operator = commune.enrol(Role::Operator, root);
    assert!(commune.sync(&mut operator).synced);
    let rows = operator.store().read(|tx| tx.projection()).unwrap();
    assert!(rows.is_empty(), "{} records", rows.len());
}

#[test]
fn a_place_is_not_moved_by_who_only_says_that_it_opens_it() {
    let mut commune = Commune::new();
    let ([mine, theirs], of_them) = (commune.branches, commune.members[1][0]);
    let phone = commune.enrol(Role::Secretary, mine);
    let opens = Opens {
        place: of_them,
        kind: PlaceKind::Member,
        parent: mine,
    };
    let note = values(&[("full_name", "Của tôi")]);
    commune.push(
        &phone,
        &[saying(&phone, member(of_them), &note, Some(opens))],
    );
    assert_eq!(commune.last_reason(), Some(Forbidden::OutsidePlace.code()));
    let stands = commune.node.tree().get(of_them).unwrap().parent;
    assert_eq!(stands, Some(theirs));
}

// ---- grants in chains -----------------------------------------------------------------------

#[test]
fn a_secretary_lets_a_member_in_without_a_line_and_the_node_takes_the_chain() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut secretary);
    let offer = Offer::new(Role::Member, quang, PersonId(quang.0), SOON);
    let ticket = secretary
        .ticket("https://x", &offer, &mut commune.rng)
        .unwrap();
    let ticket = Ticket::from_text(&ticket.to_text()).unwrap();
    let mut own = commune.use_ticket(&ticket).unwrap();
    assert!(commune.sync(&mut own).synced);
    assert!(own.values(member(quang).doc).unwrap().is_some());
    // The secretary's phone hears of it and has checked the chain; both screens show one number.
    assert!(commune.sync(&mut secretary).synced);
    let n = commune.number_of(&own);
    let heard = (secretary.store().read(|tx| records::grant(tx, n)))
        .unwrap()
        .unwrap();
    let shown = own.own_grant().unwrap().unwrap().confirmation();
    assert_eq!(heard.confirmation(), shown);
    assert!(matches!(commune.use_ticket(&ticket), Err(EnrolError::Used)));
    commune.books_are_whole();
}

#[test]
fn a_ticket_used_twice_at_the_same_moment_lets_one_device_in() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut secretary);
    let offer = commune.offer(Role::Member, quang);
    let by_office = commune.node.ticket("", &offer, &mut commune.rng).unwrap();
    let by_secretary = secretary.ticket("", &offer, &mut commune.rng).unwrap();
    for ticket in [by_office, by_secretary] {
        let before = commune.node.devices().unwrap().len();
        let (first, second) = (SecretKey::from_seed([1; 32]), SecretKey::from_seed([2; 32]));
        let ask = |key| ticket.request(key).to_bytes();
        let (a, b) = (ask(&first), ask(&second));
        let results: Vec<bool> = [&a, &b, &b, &a]
            .map(|request| commune.node.enrol(request, NOW, &mut commune.rng).is_ok())
            .to_vec();
        assert_eq!(
            results,
            [true, false, false, true],
            "the first may ask again"
        );
        let on_devices = (commune.node.devices().unwrap().into_iter().skip(before))
            .filter(|d| d.grant.custody == Custody::Device);
        assert_eq!(on_devices.count(), 1);
    }
}

#[test]
fn by_a_code_the_rest_of_a_ticket_is_told_until_it_is_used_and_then_to_who_used_it_alone() {
    let mut commune = Commune::new();
    let offer = commune.offer(Role::Member, commune.members[0][0]);
    let ticket = commune.node.ticket("https://x", &offer, &mut commune.rng);
    let ticket = ticket.unwrap();
    let typed = ticket.code().unwrap().to_text();
    let code = ShortCode::from_text(&typed).unwrap();
    let (first, second) = (SecretKey::from_seed([1; 32]), SecretKey::from_seed([2; 32]));
    let ask = |commune: &Commune, key: &SecretKey, now| {
        let question = code.question(key.public()).to_bytes();
        commune.node.ticket_terms(&question, now).unwrap()
    };
    for key in [&first, &second] {
        let terms = ask(&commune, key, NOW).unwrap();
        assert_eq!(code.ticket("https://x", &terms), Some(ticket.clone()));
    }
    let late = Timestamp(offer.expires.0 + 1);
    assert_eq!(ask(&commune, &first, late), Err(Unknown::Expired));
    let used = ticket.request(&first).to_bytes();
    commune.node.enrol(&used, NOW, &mut commune.rng).unwrap();
    // The node's answer may not have come: who has used the ticket types the code once more.
    assert!(ask(&commune, &first, NOW).is_ok() && ask(&commune, &first, late).is_ok());
    assert_eq!(ask(&commune, &second, NOW), Err(Unknown::Used));
}

#[test]
fn a_grant_that_is_wider_longer_or_to_oneself_is_none() {
    let mut commune = Commune::new();
    let [branch, next] = commune.branches;
    let quang = commune.members[0][0];
    let mut offer = commune.offer(Role::Secretary, branch);
    offer.end = Timestamp(NOW.0 + 100 * DAY);
    let secretary = commune.enrol_by(&offer);
    let parent = secretary.own_grant().unwrap().unwrap();
    let key = secretary.key().clone();
    let thief = SecretKey::from_seed([5; 32]);
    let other = PersonId([9; 16]);
    let until = Timestamp(NOW.0 + DAY);
    let good = Grant {
        issuer: key.public(),
        under: parent.hash(),
        key: thief.public(),
        person: other,
        role: Role::Member,
        place: quang,
        from: Timestamp(0),
        end: until,
        custody: Custody::Device,
        term: Timestamp(0),
        may_delegate: false,
        ..parent.clone()
    };
    let wrong = [
        (
            BadGrant::TooLong,
            Grant {
                end: Timestamp(parent.end.0 + 1),
                ..good.clone()
            },
        ),
        (
            BadGrant::TooLong,
            Grant {
                end: Timestamp(0),
                ..good.clone()
            },
        ),
        (
            BadGrant::NotAllowed,
            Grant {
                role: Role::Deputy,
                place: branch,
                ..good.clone()
            },
        ),
        (
            BadGrant::NotAllowed,
            Grant {
                role: Role::Office,
                place: commune.node.root(),
                ..good.clone()
            },
        ),
        (
            BadGrant::TooWide,
            Grant {
                place: commune.members[1][0],
                ..good.clone()
            },
        ),
        (
            BadGrant::TooWide,
            Grant {
                place: next,
                ..good.clone()
            },
        ),
        (
            BadGrant::TooWide,
            Grant {
                may_delegate: true,
                ..good.clone()
            },
        ),
        (
            BadGrant::ToThemself,
            Grant {
                person: parent.person,
                ..good.clone()
            },
        ),
        // The same role under another key has the same terms.
        (
            BadGrant::TooWide,
            Grant {
                mandate: "1-QĐ".into(),
                person: parent.person,
                role: parent.role,
                place: parent.place,
                end: parent.end,
                ..good.clone()
            },
        ),
    ];
    for (why, grant) in wrong {
        let grant = grant.signed(&key);
        let told = commune.introduce(vec![grant.clone()], &thief);
        assert_eq!(told, Err(EnrolError::Bad(why)), "{grant:?}");
    }
    // Signed by somebody else, altered after the signature, or under nobody's.
    let forged = Grant {
        issuer: key.public(),
        ..good.clone().signed(&thief)
    };
    let mut altered = good.clone().signed(&key);
    altered.end = Timestamp(until.0 + 1);
    for grant in [forged, altered] {
        let told = commune.introduce(vec![grant], &thief);
        assert_eq!(told, Err(EnrolError::Bad(BadGrant::NotSigned)));
    }
    let own_word = Grant {
        under: Hash::ZERO,
        ..good.clone()
    }
    .signed(&thief);
    assert_eq!(
        commune.introduce(vec![own_word], &thief),
        Err(EnrolError::Unknown)
    );
    let hanging = Grant {
        under: Hash([7; 32]),
        ..good.clone()
    }
    .signed(&key);
    let told = commune.introduce(vec![hanging], &thief);
    assert_eq!(told, Err(EnrolError::Bad(BadGrant::UnknownIssuer)));
    // Whoever shows somebody else's grant does not hold its key.
    let request = EnrolRequest::introducing(vec![good.clone().signed(&key)], &key).to_bytes();
    let told = commune.node.enrol(&request, NOW, &mut commune.rng);
    assert_eq!(told, Err(EnrolError::Malformed));
    assert!(commune.introduce(vec![good.signed(&key)], &thief).is_ok());
    commune.books_are_whole();
}

#[test]
fn who_was_shut_out_lets_nobody_in_and_cascade_reaches_whom_they_let_in() {
    let mut commune = Commune::new();
    let (branch, [quang, an]) = (commune.branches[0], commune.members[0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut secretary);
    let ticket_for = |place, commune: &mut Commune| {
        let offer = commune.offer(Role::Member, place);
        secretary.ticket("", &offer, &mut commune.rng).unwrap()
    };
    let (used, kept) = (
        ticket_for(quang, &mut commune),
        ticket_for(an, &mut commune),
    );
    let mut let_in = commune.use_ticket(&used).unwrap();
    commune.sync(&mut let_in);
    let n = commune.number_of(&secretary);
    commune.node.revoke(n, false, true, NOW).unwrap();
    let refused = commune.use_ticket(&kept).map(|_| ());
    assert_eq!(refused, Err(EnrolError::Bad(BadGrant::Ended)));
    assert_eq!(commune.sync(&mut let_in).ended, Some(End::Revoked));
    commune.books_are_whole();
}

#[test]
fn a_ticket_on_paper_is_good_for_its_days_and_no_longer() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut secretary);
    let expires = Timestamp(NOW.0 + 3 * DAY);
    let offer = Offer::new(Role::Member, quang, PersonId(quang.0), expires);
    let ticket = secretary.ticket("", &offer, &mut commune.rng).unwrap();
    commune.now = Timestamp(expires.0 + 1);
    assert_eq!(
        commune.use_ticket(&ticket).map(|_| ()),
        Err(EnrolError::Expired)
    );
    let Pass::Paper(_, paper) = &ticket.pass else {
        panic!("a ticket on paper")
    };
    assert_eq!(paper.custody, Custody::Paper);
}

// ---- the end of a grant ---------------------------------------------------------------------

#[test]
fn an_inspectors_mandate_begins_and_ends_by_itself() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let offer = Offer {
        from: Timestamp(NOW.0 + DAY),
        end: Timestamp(NOW.0 + 3 * DAY),
        mandate: "12-QĐ/UBKT".into(),
        ..commune.offer(Role::Auditor, branch)
    };
    let mut inspector = commune.enrol_by(&offer);
    assert_eq!(commune.sync(&mut inspector).waits, Some(Wait::NotBegun));
    assert!(inspector.values(member(quang).doc).unwrap().is_none());

    commune.now = Timestamp(NOW.0 + 2 * DAY);
    assert!(commune.sync(&mut inspector).synced);
    let now = commune.now;
    inspector
        .note_look(quang, Look::Opened, now, &mut commune.rng)
        .unwrap();
    assert!(commune.sync(&mut inspector).synced);
    let mut own = commune.enrol(Role::Member, quang);
    commune.sync(&mut own);
    let log = Target::at(quang, &LOOK, b"2026-09");
    let (_, looks) = own
        .values(log.doc)
        .unwrap()
        .expect("who is concerned reads it");
    assert!(
        looks.values().any(|v| v.shown() == "12-QĐ/UBKT"),
        "{looks:?}"
    );

    commune.now = offer.end;
    let ended = commune.sync(&mut inspector);
    assert_eq!((ended.ended, ended.synced), (Some(End::Lapsed), false));
    assert!(inspector.is_ended(NOW).unwrap());
    commune.books_are_whole();
}

#[test]
fn a_right_that_has_not_begun_lets_nothing_in_whoever_brings_it() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let begins = Timestamp(NOW.0 + DAY);
    let offer = Offer {
        from: begins,
        ..commune.offer(Role::Secretary, branch)
    };
    let early = commune.enrol_by(&offer);
    let mut deputy = commune.enrol(Role::Deputy, branch);
    commune.sync(&mut deputy);
    let note = values(&[("note", "ghi trước ngày nhận việc")]);
    let segment = saying(&early, member(quang), &note, None);

    // Hand to hand it is neither taken nor is anything sealed for it.
    let offered = vec![segment.clone()];
    assert_eq!(deputy.take_offer(offered.clone(), NOW).unwrap().taken, 0);
    let sealed_for = |phone: &Memory, now| {
        let peers = phone.peers(now).unwrap();
        peers
            .into_values()
            .flatten()
            .any(|k| k == early.public_key())
    };
    assert!(!sealed_for(&deputy, NOW));
    // Nor does the node take it from somebody else.
    let of = commune.number_of(&early);
    let carried = carrying(&deputy, of, &[segment], Vec::new());
    commune.node.handle(&[carried], NOW).remove(0).unwrap();
    assert_eq!(commune.node.quarantine().unwrap(), []);
    let (_, there) = commune.node.values(member(quang).doc).unwrap().unwrap();
    assert!(!there.contains_key("note"));
    // Whom it lets in begins no earlier, whatever the paper says.
    let pass = Offer::new(
        Role::Member,
        quang,
        PersonId(quang.0),
        Timestamp(NOW.0 + DAY),
    );
    let grant = early.own_grant().unwrap().unwrap();
    let thief = SecretKey::from_seed([6; 32]);
    let mut wide = pass.grant(grant.log, thief.public(), Custody::Device, &mut commune.rng);
    wide.under = grant.hash();
    let wide = wide.signed(&early.author().unwrap().key);
    let told = commune.introduce(vec![wide], &thief);
    assert_eq!(told, Err(EnrolError::Bad(BadGrant::TooLong)));
    let key = &early.author().unwrap().key;
    let ticket = Ticket::on_paper("", &pass, &grant, key, &mut commune.rng);
    let mut let_in = commune.use_ticket(&ticket).unwrap();
    assert_eq!(commune.sync(&mut let_in).waits, Some(Wait::NotBegun));

    commune.now = Timestamp(begins.0 + 1);
    assert!(sealed_for(&deputy, commune.now));
    assert_eq!(deputy.take_offer(offered, commune.now).unwrap().taken, 1);
    assert!(commune.sync(&mut let_in).synced);
    assert!(commune.sync(&mut deputy).synced);
    let (_, there) = commune.node.values(member(quang).doc).unwrap().unwrap();
    assert!(there.contains_key("note"));
    commune.books_are_whole();
}

#[test]
fn a_term_locks_the_device_even_if_it_never_hears_of_it_or_its_clock_is_set_back() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let offer = Offer {
        end: Timestamp(NOW.0 + 3 * DAY),
        ..commune.offer(Role::Secretary, branch)
    };
    let mut phone = commune.enrol_by(&offer);
    commune.now = Timestamp(offer.end.0 - 10);
    assert!(commune.sync(&mut phone).synced);
    let (request, mut exchange) = phone.request(commune.now, &mut commune.rng).unwrap();
    let answer = commune
        .node
        .handle(&[request], commune.now)
        .remove(0)
        .unwrap();
    for frame in frames(&answer) {
        phone.receive(&mut exchange, &frame).unwrap();
    }
    assert!(!phone.is_ended(commune.now).unwrap());
    let note = values(&[("note", "x")]);
    let later = phone.edit(member(quang), &note, offer.end, &mut commune.rng);
    assert_eq!(later, Err(EditError::Ended));
    // Setting the clock back opens nothing, nor does a new start of the program.
    let set_back = Timestamp(1_000_000);
    assert!(phone.is_ended(set_back).unwrap());
    let mut phone = Phone::open(phone.store().clone(), None).unwrap();
    assert!(phone.is_ended(set_back).unwrap());
    // Nor does the node's last answer, kept and taken in once more.
    let (_, mut exchange) = phone.request(set_back, &mut commune.rng).unwrap();
    for frame in frames(&answer) {
        let _ = phone.receive(&mut exchange, &frame);
    }
    assert!(phone.is_ended(set_back).unwrap());
    // It was the clock that was wrong: the node's word opens the book again.
    commune.now.0 += 1;
    assert!(commune.sync(&mut phone).synced);
    assert!(!phone.is_ended(set_back).unwrap());
    // By the node's clock it is over, whatever the phone's says.
    commune.now = Timestamp(offer.end.0 - 1);
    assert!(commune.sync(&mut phone).synced);
    assert!(!phone.is_ended(commune.now).unwrap());
    commune.now = offer.end;
    assert_eq!(commune.sync(&mut phone).ended, Some(End::Lapsed));
    assert!(phone.is_ended(set_back).unwrap());
}

#[test]
fn a_clock_that_leaps_by_years_ends_nobodys_term_until_a_person_says_it_is_right() {
    let mut commune = Commune::new();
    let branch = commune.branches[0];
    let offer = Offer {
        end: Timestamp(NOW.0 + 400 * DAY),
        ..commune.offer(Role::Secretary, branch)
    };
    let mut phone = commune.enrol_by(&offer);
    commune.sync(&mut phone);
    let twenty_years = Timestamp(NOW.0 + 20 * 365 * DAY);
    commune.now = twenty_years;
    assert!(commune.sync(&mut phone).synced, "its term goes on");
    assert_eq!(
        commune.node.doubted_clock(twenty_years).unwrap(),
        Some(twenty_years)
    );
    commune.node.clock_is_right(twenty_years).unwrap();
    assert_eq!(commune.node.doubted_clock(twenty_years).unwrap(), None);
    let branch_member = commune.members[0][0];
    commune
        .node
        .edit(
            member(branch_member),
            &values(&[("note", "x")]),
            twenty_years,
            &mut commune.rng,
        )
        .unwrap();
    commune.node.submit(twenty_years, &mut commune.rng).unwrap();
    assert_eq!(commune.sync(&mut phone).ended, Some(End::Lapsed));
    const { assert!(limits::CLOCK_LEAP < 60 * DAY) };
}

#[test]
fn work_dated_before_a_revocation_and_brought_after_it_waits_for_the_office() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut phone = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut phone);
    let n = commune.number_of(&phone);
    commune.node.revoke(n, false, false, NOW).unwrap();
    let years_ago = Timestamp(NOW.0 - 3 * 365 * DAY);
    let here = Target::at(quang, check_in(), b"2023-11-24");
    let said = values(&[("commune", "Bình Dương")]);
    let backdated = saying_at(&phone, here, &said, None, years_ago, 4);
    commune.push(&phone, &[backdated]);
    assert_eq!(commune.last_reason(), Some(reason::GRANT_ENDED));
    assert_eq!(commune.is_held(), 1);
    assert!(commune.node.values(here.doc).unwrap().is_none());
    commune.books_are_whole();
}

#[test]
fn what_a_device_that_is_shut_out_wrote_after_refused_work_comes_to_the_office_all_the_same() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut phone = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut phone);
    let n = commune.number_of(&phone);
    commune.node.revoke(n, false, false, NOW).unwrap();
    let (_, registered) = commune.node.values(member(quang).doc).unwrap().unwrap();
    // Not knowing it, the secretary writes one thing, hands it over, and writes another before the answer is there.
    let (first, second) = (values(&[("phone", "0912")]), values(&[("note", "Vắng")]));
    phone
        .edit(member(quang), &first, NOW, &mut commune.rng)
        .unwrap();
    let (request, mut exchange) = phone.request(NOW, &mut commune.rng).unwrap();
    let answer = commune.node.handle(&[request], NOW).remove(0).unwrap();
    phone
        .edit(member(quang), &second, NOW, &mut commune.rng)
        .unwrap();
    phone.seal(NOW, &mut commune.rng).unwrap();
    for frame in frames(&answer) {
        phone.receive(&mut exchange, &frame).unwrap();
    }
    assert_eq!(phone.outcome(&exchange).unwrap().held, 1);
    let held = |commune: &Commune| {
        let rows = commune.node.quarantine().unwrap();
        rows.iter().find(|(_, row)| row.held > 0).map(|(n, _)| *n)
    };
    let number = held(&commune).unwrap();
    commune.node.decide(number, false, None, NOW).unwrap();
    // The phone is told nothing of the decision, and brings the rest.
    for _ in 0..3 {
        commune.sync(&mut phone);
    }
    assert_eq!(phone.waiting().unwrap(), (0, 0));
    let number = held(&commune).unwrap();
    commune.node.decide(number, true, None, NOW).unwrap();
    let (_, at_node) = commune.node.values(member(quang).doc).unwrap().unwrap();
    assert_eq!(at_node["note"], Value::Text("Vắng".into()));
    assert_eq!(
        at_node["phone"], registered["phone"],
        "what was refused does not stand"
    );
    commune.books_are_whole();
}

#[test]
fn what_is_held_is_listed_by_what_its_author_had_seen() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut phone = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut phone);
    let n = commune.number_of(&phone);
    commune.node.revoke(n, false, false, NOW).unwrap();
    let end = commune.node.position().unwrap().n;
    // Three feeds of a device that is shut out, brought in an order of their own: one knew of the end.
    let saying_on = |basis: u64, nonce: u8| {
        let note = values(&[("note", "Ghi sau")]);
        let said = saying_at(&phone, member(quang), &note, None, NOW, nonce);
        let mut segment = said.unproven().clone();
        segment.basis.n = basis;
        segment.signed(&phone.author().unwrap().key)
    };
    let brought = [saying_on(end, 1), saying_on(end - 1, 2), saying_on(2, 3)];
    commune.push(&phone, &brought);
    assert_eq!(commune.is_held(), 3, "the basis decides nothing");
    let rows = commune.node.quarantine().unwrap();
    let bytes: Vec<_> = rows.iter().map(|(_, row)| row.bytes.clone()).collect();
    let by_basis: Vec<_> = brought.iter().rev().map(SignedSegment::to_bytes).collect();
    assert_eq!(bytes, by_basis);
    let knew: Vec<_> = (rows.iter())
        .map(|(_, row)| commune.node.knew(row).unwrap().unwrap())
        .collect();
    assert_eq!(knew, [Knew::Not, Knew::Not, Knew::Yes]);
    // What was refused follows, and says nothing of whom it could know.
    commune.node.decide(rows[0].0, false, None, NOW).unwrap();
    let rows = commune.node.quarantine().unwrap();
    let held: Vec<bool> = rows.iter().map(|(_, row)| row.held > 0).collect();
    assert_eq!(held, [true, true, false]);
}

#[test]
fn a_device_changes_its_key_and_the_old_one_is_worth_nothing() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut phone = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut phone);
    let mut thief = Phone::open(phone.store().clone(), None).unwrap();
    let note = values(&[("note", "trước khi đổi")]);
    phone
        .edit(member(quang), &note, NOW, &mut commune.rng)
        .unwrap();
    let early = phone.change_key(&mut commune.rng);
    assert!(matches!(early, Err(SyncError::UnsentFirst)));
    commune.sync(&mut phone);
    // The answer is lost, the program ends, and it says the same again.
    let asked = phone.change_key(&mut commune.rng).unwrap();
    commune
        .node
        .enrol(&asked.to_bytes(), NOW, &mut commune.rng)
        .unwrap();
    let mut phone = Phone::open(phone.into_store(), None).unwrap();
    let again = phone.change_key(&mut commune.rng).unwrap();
    assert_eq!(again, asked);
    let reply = commune
        .node
        .enrol(&again.to_bytes(), NOW, &mut commune.rng)
        .unwrap();
    phone.key_changed(&reply).unwrap();
    assert_ne!(phone.public_key(), thief.public_key());
    let note = values(&[("note", "sau khi đổi")]);
    phone
        .edit(member(quang), &note, NOW, &mut commune.rng)
        .unwrap();
    assert!(commune.sync(&mut phone).synced);
    assert_eq!(commune.sync(&mut thief).ended, Some(End::Succeeded));
    let stolen = thief.introduction().unwrap().to_bytes();
    let told = commune.node.enrol(&stolen, NOW, &mut commune.rng);
    assert_eq!(told, Err(EnrolError::Bad(BadGrant::Ended)));
    commune.books_are_whole();
}

#[test]
fn who_goes_on_working_while_the_answer_to_a_new_key_is_lost_loses_nothing() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut phone = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut phone);
    let asked = phone.change_key(&mut commune.rng).unwrap();
    commune
        .node
        .enrol(&asked.to_bytes(), NOW, &mut commune.rng)
        .unwrap();
    // The node has ended the old key's grant, and the phone does not know.
    let note = values(&[("note", "ghi khi chưa biết")]);
    phone
        .edit(member(quang), &note, NOW, &mut commune.rng)
        .unwrap();
    let told = commune.sync(&mut phone);
    assert_eq!(told.ended, Some(End::Succeeded));
    assert!(phone.is_changing_key().unwrap());
    assert!(!phone.is_ended(NOW).unwrap(), "it is not shut out");
    let note = values(&[("alias", "Tư")]);
    phone
        .edit(member(quang), &note, NOW, &mut commune.rng)
        .unwrap();
    let again = phone.change_key(&mut commune.rng).unwrap();
    let reply = commune
        .node
        .enrol(&again.to_bytes(), NOW, &mut commune.rng)
        .unwrap();
    phone.key_changed(&reply).unwrap();
    assert!(commune.sync(&mut phone).synced);
    let (_, now) = commune.node.values(member(quang).doc).unwrap().unwrap();
    assert_eq!(now["alias"], Value::Text("Tư".into()));
    assert_eq!(now["note"], Value::Text("ghi khi chưa biết".into()));
    // What came under the old key was held; whatever the office decides, nothing is said twice.
    let held = commune.node.quarantine().unwrap();
    let (n, _) = held.iter().find(|(_, row)| row.held > 0).unwrap();
    commune.node.decide(*n, false, None, NOW).unwrap();
    assert!(commune.sync(&mut phone).synced);
    let (_, now) = commune.node.values(member(quang).doc).unwrap().unwrap();
    assert_eq!(now["note"], Value::Text("ghi khi chưa biết".into()));
    commune.books_are_whole();
}

#[test]
fn a_device_that_was_silent_for_long_is_told_nothing_until_somebody_asked_its_owner() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut phone = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut phone);
    let note = values(&[("note", "ghi trước khi im lặng")]);
    phone
        .edit(member(quang), &note, NOW, &mut commune.rng)
        .unwrap();
    // The office goes on meanwhile; whoever comes home once a year is in time.
    for month in 1..=14 {
        commune.now = Timestamp(NOW.0 + month * 29 * DAY);
        let alias = values(&[("alias", "Tư")]);
        let (now, lan) = (commune.now, commune.members[0][1]);
        (commune.node)
            .edit(member(lan), &alias, now, &mut commune.rng)
            .unwrap();
        commune.node.submit(now, &mut commune.rng).unwrap();
    }
    let told = commune.sync(&mut phone);
    assert_eq!((told.waits, told.entries), (Some(Wait::Unseen), 0));
    assert!(!told.synced);
    let again = commune.sync(&mut phone);
    assert_eq!(
        again.waits,
        Some(Wait::Unseen),
        "asking alone changes nothing"
    );
    let (_, there) = commune.node.values(member(quang).doc).unwrap().unwrap();
    assert!(!there.contains_key("note"));
    let n = commune.number_of(&phone);
    let now = commune.now;
    assert!(commune.node.owner_is_there(n + 1000, now).is_err());
    commune.node.owner_is_there(n, now).unwrap();
    assert!(commune.sync(&mut phone).synced);
    let (_, now) = commune.node.values(member(quang).doc).unwrap().unwrap();
    assert_eq!(now["note"], Value::Text("ghi trước khi im lặng".into()));
    commune.node.set_unseen_days(0).unwrap();
    commune.now = Timestamp(NOW.0 + 5000 * DAY);
    assert!(commune.sync(&mut phone).synced, "an office may do without");
}

/// The office goes on for more than a year, and a phone is not heard of.
fn goes_on_for_long(commune: &mut Commune) {
    let lan = commune.members[0][1];
    for month in 1..=14 {
        commune.now = Timestamp(commune.now.0 + 30 * DAY);
        let (now, alias) = (commune.now, format!("Tư {month}"));
        let alias = values(&[("alias", alias.as_str())]);
        (commune.node)
            .edit(member(lan), &alias, now, &mut commune.rng)
            .unwrap();
        commune.node.submit(now, &mut commune.rng).unwrap();
    }
}

#[test]
fn a_device_that_was_silent_for_long_gains_nothing_by_a_new_key_or_by_who_it_lets_in() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut phone = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut phone);
    goes_on_for_long(&mut commune);
    let offer = commune.offer(Role::Member, quang);
    let ticket = phone.ticket("", &offer, &mut commune.rng).unwrap();
    let refused = commune.use_ticket(&ticket).map(|_| ());
    assert_eq!(refused, Err(EnrolError::Unseen));
    let request = phone.change_key(&mut commune.rng).unwrap().to_bytes();
    let now = commune.now;
    let refused = commune.node.enrol(&request, now, &mut commune.rng);
    assert_eq!(refused.map(|_| ()), Err(EnrolError::Unseen));
    assert_eq!(commune.sync(&mut phone).waits, Some(Wait::Unseen));
    // Once somebody has asked its owner, both are done.
    let n = commune.number_of(&phone);
    commune.node.owner_is_there(n, now).unwrap();
    let reply = commune.node.enrol(&request, now, &mut commune.rng).unwrap();
    phone.key_changed(&reply).unwrap();
    assert!(commune.sync(&mut phone).synced);
    let ticket = phone.ticket("", &offer, &mut commune.rng).unwrap();
    commune.use_ticket(&ticket).unwrap();
}

#[test]
fn a_clock_that_was_ahead_once_makes_no_device_heard_of_for_years() {
    let mut commune = Commune::new();
    let mut phone = commune.enrol(Role::Secretary, commune.branches[0]);
    commune.sync(&mut phone);
    let right = commune.now;
    commune.now = Timestamp(right.0 + 30 * 365 * DAY);
    commune.sync(&mut phone);
    commune.now = right;
    goes_on_for_long(&mut commune);
    assert_eq!(commune.sync(&mut phone).waits, Some(Wait::Unseen));
}

// ---- the node -------------------------------------------------------------------------------

#[test]
fn a_ticket_from_before_a_restore_lets_nobody_in_though_the_backup_does_not_know_that_it_was_used()
{
    let mut commune = Commune::new();
    let offer = commune.offer(Role::Secretary, commune.branches[0]);
    let ticket = commune.node.ticket("", &offer, &mut commune.rng).unwrap();
    let backup = commune.node.store().clone();
    commune.use_ticket(&ticket).unwrap();
    let root = commune.root.clone();
    commune.node = Node::restore(backup, &root, NOW, &mut commune.rng).unwrap();
    commune.node.confirm(&[], NOW).unwrap();
    let again = commune.use_ticket(&ticket).map(|_| ());
    assert_eq!(again, Err(EnrolError::Expired));
}

#[test]
fn a_node_whose_keys_were_changed_each_month_for_many_years_still_lets_devices_in() {
    let mut commune = Commune::new();
    let (branch, root) = (commune.branches[0], commune.root.clone());
    let mut old = commune.enrol(Role::Deputy, branch);
    commune.sync(&mut old);
    for _ in 0..80 {
        (commune.node)
            .rotate_keys(&root, NOW, &mut commune.rng)
            .unwrap();
    }
    let mut new = commune.enrol(Role::Secretary, branch);
    assert!(commune.sync(&mut new).synced);
    assert!(
        commune.sync(&mut old).synced,
        "one that was off all the while"
    );
}

#[test]
fn who_was_let_in_and_shut_out_after_the_backup_is_told_so_by_the_restored_node() {
    let mut commune = Commune::new();
    let branch = commune.branches[0];
    let mut deputy = commune.enrol(Role::Deputy, branch);
    commune.sync(&mut deputy);
    let backup = commune.node.store().clone();
    let mut lost = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut lost);
    let n = commune.number_of(&lost);
    commune.node.revoke(n, true, false, NOW).unwrap();
    commune.sync(&mut deputy);
    let root = commune.root.clone();
    commune.node = Node::restore(backup, &root, NOW, &mut commune.rng).unwrap();
    commune.sync(&mut deputy);
    commune.node.confirm(&[], NOW).unwrap();
    let request = lost.introduction().unwrap().to_bytes();
    let told = commune.node.enrol(&request, NOW, &mut commune.rng);
    lost.introduced(&told.unwrap()).unwrap();
    // It is known again, with its end, and gets the order to wipe itself.
    assert_eq!(commune.sync(&mut lost).ended, Some(End::Wiped));
    lost.wipe().unwrap();
    let devices = commune.node.devices().unwrap();
    let of_lost = devices.iter().find(|d| d.grant.key == lost.public_key());
    let ended = of_lost.unwrap().ended.map(|e| e.how);
    assert_eq!(ended, Some(End::Wiped));
    commune.books_are_whole();
}

#[test]
fn a_phone_that_was_off_for_a_year_takes_in_new_keys_of_its_node_and_goes_on() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut phone = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut phone);
    let note = values(&[("note", "ghi lúc không có mạng")]);
    phone
        .edit(member(quang), &note, NOW, &mut commune.rng)
        .unwrap();
    let old = Node::open(commune.node.store().clone()).unwrap();
    let root = commune.root.clone();
    for month in 1..=12 {
        commune.now = Timestamp(NOW.0 + month * 30 * DAY);
        commune
            .node
            .rotate_keys(&root, commune.now, &mut commune.rng)
            .unwrap();
    }
    let wrong = SecretKey::from_seed([1; 32]);
    assert!(
        commune
            .node
            .rotate_keys(&wrong, commune.now, &mut commune.rng)
            .is_err()
    );
    let outcome = commune.sync(&mut phone);
    assert!(outcome.synced, "{outcome:?}");
    assert_eq!(commune.node.epoch().epoch, 13);
    let (_, now) = commune.node.values(member(quang).doc).unwrap().unwrap();
    assert_eq!(now["note"], Value::Text("ghi lúc không có mạng".into()));
    // An old PC that still runs is believed by nobody who has heard of the new keys.
    let mut left = old;
    let (request, mut exchange) = phone.request(commune.now, &mut commune.rng).unwrap();
    let answer = left.handle(&[request], commune.now).remove(0).unwrap();
    let taken: Result<Vec<()>, SyncError> = (frames(&answer).iter())
        .map(|frame| phone.receive(&mut exchange, frame))
        .collect();
    assert!(matches!(taken, Err(SyncError::Late)), "{taken:?}");
    commune.books_are_whole();
}

#[test]
fn a_restore_does_not_undo_a_revocation_that_any_phone_has_heard_of() {
    let mut commune = Commune::new();
    let branch = commune.branches[0];
    let mut lost = commune.enrol(Role::Secretary, branch);
    let mut deputy = commune.enrol(Role::Deputy, branch);
    commune.sync(&mut lost);
    commune.sync(&mut deputy);
    let backup = commune.node.store().clone();
    let n = commune.number_of(&lost);
    commune.node.revoke(n, true, false, NOW).unwrap();
    let mut later = commune.enrol(Role::Member, commune.members[0][0]);
    commune.sync(&mut later);
    let (moved, to) = (commune.members[0][1], commune.branches[1]);
    let root_place = commune.node.root();
    let mut office = commune.enrol(Role::Office, root_place);
    commune.sync(&mut office);
    commune.node.move_place(moved, to, NOW).unwrap();
    commune.sync(&mut office);
    commune.sync(&mut deputy);

    let root = commune.root.clone();
    commune.node = Node::restore(backup, &root, NOW, &mut commune.rng).unwrap();
    // Nothing is read and nothing judged before the office has said so.
    let waits = commune.sync(&mut lost);
    assert_eq!((waits.waits, waits.synced), (Some(Wait::Restored), false));
    assert_eq!(commune.sync(&mut deputy).waits, Some(Wait::Restored));
    // The deputy's phone brought the end of the lost one; whoever was let in since introduces itself.
    let devices = commune.node.devices().unwrap();
    let of_lost = devices.iter().find(|d| d.n == n).unwrap();
    assert_eq!(of_lost.ended.map(|e| e.how), Some(End::Wiped));
    assert!(matches!(
        commune.try_sync(&mut later),
        Err(Rejection::NotEnrolled)
    ));
    for phone in [&later, &office] {
        let request = phone.introduction().unwrap().to_bytes();
        let told = commune.node.enrol(&request, NOW, &mut commune.rng);
        assert_eq!(told, Err(EnrolError::Unconfirmed));
    }
    let brought = commune.node.brought_back().unwrap();
    assert_eq!(brought.len(), 2, "{brought:?}");
    assert!(brought.iter().all(|b| matches!(b, Brought::Grant(_))));
    let done = commune.node.confirm(&[], NOW).unwrap();
    assert_eq!((done.grants, done.moves), (2, 0));
    for phone in [&mut later, &mut office] {
        let request = phone.introduction().unwrap().to_bytes();
        let reply = commune.node.enrol(&request, NOW, &mut commune.rng).unwrap();
        phone.introduced(&reply).unwrap();
        assert!(commune.sync(phone).synced);
    }
    // The move that the office's own phone had seen comes with it, and waits for a person.
    assert_eq!(commune.node.brought_back().unwrap().len(), 1);
    assert_eq!(commune.node.confirm(&[], NOW).unwrap().moves, 1);
    assert_eq!(commune.node.tree().get(moved).unwrap().parent, Some(to));
    assert_eq!(commune.sync(&mut lost).ended, Some(End::Wiped));
    assert!(commune.sync(&mut deputy).synced);
    commune.books_are_whole();
}

#[test]
fn what_a_restored_node_is_brought_is_proven_or_left_out() {
    let mut commune = Commune::new();
    let branch = commune.branches[0];
    let mut deputy = commune.enrol(Role::Deputy, branch);
    let secretary = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut deputy);
    let backup = commune.node.store().clone();
    let root = commune.root.clone();
    commune.node = Node::restore(backup, &root, NOW, &mut commune.rng).unwrap();
    commune.sync(&mut deputy);
    // A hostile phone makes up the end of the secretary's grant, and that a member of the next branch was moved
    // into its own, both signed with its own key.
    use chibo_core::log::{Control, EndAct, PlaceAct, Signed};
    let author = deputy.author().unwrap();
    let act = EndAct {
        grant: secretary.author().unwrap().grant_hash,
        end: End::Revoked,
    };
    let forged = Control::End(Signed::new(act, author.log, &author.key));
    let neighbour = commune.members[1][0];
    let act = PlaceAct::at(neighbour, PlaceKind::Member, Some(branch));
    let moved = Control::Place(Signed::new(act, author.log, &author.key));
    let request = carrying(&deputy, author.grant, &[], vec![(9, forged), (10, moved)]);
    commune.node.handle(&[request], NOW).remove(0).unwrap();
    let devices = commune.node.devices().unwrap();
    let of_secretary = devices
        .iter()
        .find(|d| d.grant.key == secretary.public_key());
    assert!(of_secretary.unwrap().ended.is_none());
    assert!(commune.node.brought_back().unwrap().is_empty());
    commune.node.confirm(&[], NOW).unwrap();
    let parent = commune.node.tree().get(neighbour).unwrap().parent;
    assert_eq!(parent, Some(commune.branches[1]));
}

#[test]
fn a_node_that_drops_or_alters_what_it_tells_is_found_out() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut one = commune.enrol(Role::Secretary, branch);
    let mut other = commune.enrol(Role::Deputy, branch);
    commune.sync(&mut one);
    commune.sync(&mut other);
    let note = values(&[("note", "một")]);
    one.edit(member(quang), &note, NOW, &mut commune.rng)
        .unwrap();
    commune.sync(&mut one);

    // Everything of the answer but the entries: the digest does not cover what is there.
    let (request, mut exchange) = other.request(NOW, &mut commune.rng).unwrap();
    let answer = commune.node.handle(&[request], NOW).remove(0).unwrap();
    for frame in frames(&answer)
        .iter()
        .filter(|f| f.kind != FrameType::Entries)
    {
        other.receive(&mut exchange, frame).unwrap();
    }
    assert!(!other.outcome(&exchange).unwrap().synced);
    // A frame that was altered on the way, or signed with another key, is not the node's.
    let (request, mut exchange) = other.request(NOW, &mut commune.rng).unwrap();
    let answer = commune.node.handle(&[request], NOW).remove(0).unwrap();
    let mut list = frames(&answer);
    let entries = list
        .iter()
        .position(|f| f.kind == FrameType::Entries)
        .unwrap();
    list[entries].body[3] ^= 1;
    let results: Vec<_> = list
        .iter()
        .map(|f| other.receive(&mut exchange, f))
        .collect();
    assert!(matches!(results[entries], Err(SyncError::NotTheNode)));
    assert!(commune.sync(&mut other).synced);
}

#[test]
fn a_revoked_peer_is_not_believed_from_hand_to_hand_either() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut lost = commune.enrol(Role::Secretary, branch);
    let mut deputy = commune.enrol(Role::Deputy, branch);
    commune.sync(&mut lost);
    commune.sync(&mut deputy);
    let note = values(&[("note", "tạm")]);
    lost.edit(member(quang), &note, NOW, &mut commune.rng)
        .unwrap();
    lost.seal(NOW, &mut commune.rng).unwrap();
    let offer = lost.offer(&deputy.heads().unwrap()).unwrap();
    let n = commune.number_of(&lost);
    commune.node.revoke(n, false, false, NOW).unwrap();
    commune.sync(&mut deputy);
    assert_eq!(deputy.take_offer(offer, NOW).unwrap().taken, 0);
    let scope = scope_of(quang, chibo_core::place::Lane::Own);
    let waiting = deputy.store().read(records::waiting).unwrap();
    assert!(waiting.is_empty(), "{scope:?}");
}

#[test]
fn evidence_of_one_document_tells_nothing_of_what_was_written_with_it() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut secretary);
    let address = Target::at(quang, kind::by_name("address").unwrap(), &[5; 16]);
    for (target, path, text) in [
        (member(quang), "alias", "Hai"),
        (address, "text", "Bình Dương"),
    ] {
        let edits = values(&[(path, text)]);
        (secretary.edit(target, &edits, NOW, &mut commune.rng)).unwrap();
    }
    assert!(commune.sync(&mut secretary).synced);
    let doc = member(quang).doc;
    let request = secretary.evidence_request(doc).unwrap().to_bytes();
    let evidence = commune.node.evidence(&request, NOW).unwrap();
    let tells = |text: &str| {
        let text = text.as_bytes();
        evidence.windows(text.len()).any(|bytes| bytes == text)
    };
    assert!(tells("Hai") && !tells("Bình Dương"));
    // And what is left out is proven all the same.
    let proof = secretary.examine(doc, &evidence).unwrap();
    let author = secretary.author().unwrap().person;
    assert!(proof.proven.contains(&(author, 1)), "{proof:?}");
}

#[test]
fn who_holds_a_record_can_prove_who_wrote_it_without_trusting_the_node() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut secretary);
    for alias in ["Ba", "Tư"] {
        let edits = values(&[("alias", alias)]);
        secretary
            .edit(member(quang), &edits, NOW, &mut commune.rng)
            .unwrap();
        commune.sync(&mut secretary);
    }
    // It comes packed: attested by the office.
    let mut own = commune.enrol(Role::Member, quang);
    commune.sync(&mut own);
    let doc = member(quang).doc;
    let request = own.evidence_request(doc).unwrap().to_bytes();
    let evidence = commune.node.evidence(&request, commune.now).unwrap();
    let proof = own.examine(doc, &evidence).unwrap();
    let by = |person| {
        proof
            .proven
            .iter()
            .find(|(p, _)| *p == person)
            .map(|(_, n)| *n)
    };
    assert_eq!(by(secretary.author().unwrap().person), Some(2), "{proof:?}");
    assert_eq!((proof.proven.len(), proof.attested), (2, 0));

    // An altered segment proves nothing, and nobody is given what they do not read.
    let altered: Vec<u8> = {
        let mut list = chibo_core::evidence::Evidence::from_bytes(&evidence).unwrap();
        let grant = list.grants[0].hash();
        for signed in &mut list.segments {
            let segment = chibo_core::feed::Segment {
                grant,
                ..signed.unproven().clone()
            };
            *signed = segment.signed(own.key());
        }
        list.to_bytes()
    };
    assert!(own.examine(doc, &altered).unwrap().attested > 0);
    let other = member(commune.members[0][1]).doc;
    let curious = own.evidence_request(other).unwrap().to_bytes();
    assert_eq!(
        commune.node.evidence(&curious, commune.now),
        Err(Rejection::NotEnrolled)
    );
    let n = commune.number_of(&own);
    commune.node.revoke(n, false, false, NOW).unwrap();
    assert_eq!(
        commune.node.evidence(&request, commune.now),
        Err(Rejection::NotEnrolled)
    );
}

#[test]
fn a_leader_asks_for_a_recovery_code_within_the_branch_and_nobody_else_hears_one() {
    let mut commune = Commune::new();
    let (here, there) = (commune.branches[0], commune.branches[1]);
    let mut owner = commune.enrol(Role::Member, commune.members[0][0]);
    let code = owner.new_recovery_code(NOW, &mut commune.rng).unwrap();
    commune.sync(&mut owner);
    let n = commune.number_of(&owner);
    let mut deputy = commune.enrol(Role::Deputy, here);
    commune.sync(&mut deputy);
    assert!(deputy.may_help().unwrap().iter().any(|(m, _)| *m == n));
    let ask = |commune: &mut Commune, who: &Memory| {
        let request = who.recovery_request(n).unwrap().to_bytes();
        commune.node.tell_recovery(&request, NOW)
    };
    let told = ask(&mut commune, &deputy).unwrap();
    assert_eq!(recovery::read_answer(&told).unwrap(), Some(code.clone()));
    let about = |commune: &Commune| {
        let devices = commune.node.devices().unwrap();
        devices.iter().find(|d| d.n == n).unwrap().recovery
    };
    let deputy_n = commune.number_of(&deputy);
    assert_eq!(
        (about(&commune).read, about(&commune).read_by),
        (1, deputy_n)
    );

    // The leader of the next branch, a colleague without an office, an auditor, the owner: the same word for all.
    let root = commune.node.root();
    let others = [
        commune.enrol(Role::Secretary, there),
        commune.enrol(Role::CommitteeMember, here),
        commune.enrol(Role::Auditor, root),
        owner,
    ];
    for who in &others {
        assert_eq!(ask(&mut commune, who), Err(Rejection::NotEnrolled));
        assert!(!who.may_help().unwrap().iter().any(|(m, _)| *m == n));
    }
    // Another's name over one's own signature is none.
    let forged = RecoveryRequest::new(commune.node.log(), deputy_n, n, others[0].key());
    let forged = commune.node.tell_recovery(&forged.to_bytes(), NOW);
    assert_eq!(forged, Err(Rejection::NotEnrolled));
    // Nor is a leader told who was shut out meanwhile, or the code of a device that was.
    commune.node.revoke(deputy_n, false, false, NOW).unwrap();
    assert_eq!(ask(&mut commune, &deputy), Err(Rejection::NotEnrolled));
    let secretary = commune.enrol(Role::Secretary, here);
    assert!(ask(&mut commune, &secretary).is_ok());
    commune.node.revoke(n, false, false, NOW).unwrap();
    assert_eq!(ask(&mut commune, &secretary), Err(Rejection::NotEnrolled));
    assert_eq!(about(&commune).read, 2);
}
