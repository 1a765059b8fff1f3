//! What stands, stays: nobody hides or rewrites what another signed by going round the program, and a right ends where it was
//! signed to end, whatever a restore has lost.

use automerge::transaction::Transactable;
use automerge::{ActorId, AutoCommit, ObjType, ROOT, ReadDoc};
use chibo_core::author::{Doing, Target};
use chibo_core::case::{self, CaseError};
use chibo_core::document::{self, Value, Values};
use chibo_core::domain::contest::CONTEST;
use chibo_core::domain::decision::DECISION;
use chibo_core::domain::dossier::DOSSIER;
use chibo_core::domain::exemption::TEMP_EXEMPTION;
use chibo_core::domain::look::{LOOK, Look};
use chibo_core::domain::meeting::MEETING;
use chibo_core::domain::residence_remark::RESIDENCE_REMARK;
use chibo_core::door::Refusal;
use chibo_core::enrol::{EnrolRequest, Offer, Pass, Ticket};
use chibo_core::feed::feed_id;
use chibo_core::id::{PersonId, PlaceId};
use chibo_core::identity::{BadGrant, Custody, SecretKey};
use chibo_core::limits;
use chibo_core::log::{End, reason};
use chibo_core::node::{EnrolError, Node};
use chibo_core::phone::Phone;
use chibo_core::place::Role;
use chibo_core::records;
use chibo_core::store::Store;
use chibo_core::store::memory::MemoryStore;
use chibo_core::time::Timestamp;

mod stage;
use stage::*;

/// Has a device say about a document of the node's what `forge` makes of it, round the program. `knowing`: of what stands in it,
/// or of its beginning only.
fn says(
    commune: &mut Commune,
    by: &Phone<MemoryStore>,
    (about, knowing): (Target, bool),
    nonce: u8,
    forge: impl FnOnce(&mut AutoCommit),
) {
    let author = by.author().unwrap().clone();
    let feed = feed_id(&author.key.public(), about.scope, &[nonce; 8]);
    let row = (commune.node.store().read(|tx| records::doc(tx, about.doc))).unwrap();
    let saved = match knowing {
        true => row.unwrap().bytes,
        false => document::genesis(about.kind).save(),
    };
    let mut doc = AutoCommit::load(&saved).unwrap();
    doc.set_actor(ActorId::from(feed.0));
    forge(&mut doc);
    doc.commit().unwrap();
    let change = doc.get_last_local_change().unwrap().raw_bytes().to_vec();
    let honest = saying_at(
        by,
        about,
        &values(&[(about.kind.title, "2026-09")]),
        None,
        NOW,
        nonce,
    );
    let mut segment = honest.unproven().clone();
    segment.changes[0].change = change;
    commune.push(by, &[segment.signed(&author.key)]);
}

/// Lifts the counter above all that anybody else may have written.
fn lift(doc: &mut AutoCommit) {
    for n in 0..40 {
        doc.put(ROOT, format!("x{n}"), "").unwrap();
    }
}

#[test]
fn a_container_in_the_place_of_another_hides_nothing_of_what_others_signed() {
    let mut commune = Commune::new();
    let (root, quang) = (commune.node.root(), commune.members[0][0]);
    let mut auditor = commune.enrol(Role::Auditor, root);
    commune.sync(&mut auditor);
    auditor
        .note_look(quang, Look::Exported, NOW, &mut commune.rng)
        .unwrap();
    commune.sync(&mut auditor);
    let other = commune.enrol(Role::Auditor, root);
    let log = Target::at(quang, &LOOK, b"2026-09");
    let (_, looks) = commune.node.values(log.doc).unwrap().unwrap();
    type Forge = fn(&mut AutoCommit);
    let forgeries: [Forge; 4] = [
        |doc| drop(doc.put_object(ROOT, "looks", ObjType::Map).unwrap()),
        |doc| {
            let text = doc.put_object(ROOT, "looks", ObjType::Text).unwrap();
            doc.splice_text(&text, 0, 0, "không ai xem").unwrap();
        },
        |doc| doc.put(ROOT, "looks", "không ai xem").unwrap(),
        |doc| doc.delete(ROOT, "looks").unwrap(),
    ];
    for (nonce, forge) in (20..).zip(forgeries) {
        for (knowing, nonce) in [(true, nonce), (false, nonce + 20)] {
            says(&mut commune, &other, (log, knowing), nonce, |doc| {
                lift(doc);
                forge(doc);
            });
            let container = reason::DOOR + Refusal::Container.code();
            assert_eq!(commune.last_reason(), Some(container), "{nonce}");
        }
    }
    assert_eq!(commune.node.values(log.doc).unwrap().unwrap().1, looks);
}

#[test]
fn who_begins_a_colleagues_decision_before_them_keeps_it_from_nobody() {
    let mut commune = Commune::new();
    let (root, quang) = (commune.node.root(), commune.members[0][0]);
    let mut author = commune.enrol(Role::Office, root);
    let mut other = commune.enrol(Role::Office, root);
    commune.sync(&mut author);
    commune.sync(&mut other);
    let decision = Target::at(quang, &DECISION, &[7; 16]);
    let said = |number| {
        values(&[
            ("form", "full_name"),
            ("value", "Trần Văn Quang"),
            ("number", number),
            ("issued_on", "2026-09-01"),
        ])
    };
    let record = member(quang);
    let rng = &mut commune.rng;
    author.edit(decision, &said("12-QĐ/ĐU"), NOW, rng).unwrap();
    author
        .edit(record, &values(&[("note", "đã báo")]), NOW, rng)
        .unwrap();
    // Shown it hand to hand, the other brings something else to the node as the same document.
    other.edit(decision, &said("99-QĐ/ĐU"), NOW, rng).unwrap();
    other
        .edit(record, &values(&[("phone", "0912345678")]), NOW, rng)
        .unwrap();
    commune.sync(&mut other);
    let later = values(&[("signatory", "Phạm Văn Mẫu")]);
    author.seal(NOW, &mut commune.rng).unwrap();
    author
        .edit(decision, &later, NOW, &mut commune.rng)
        .unwrap();
    let outcome = commune.sync(&mut author);
    assert!(outcome.synced, "{outcome:?}");
    let found = (commune.node.documents(quang, &DECISION)).unwrap();
    let mut numbers: Vec<_> = (found.iter())
        .map(|(doc, values)| {
            (
                *doc == decision.doc,
                values.get("number"),
                values.get("signatory"),
            )
        })
        .collect();
    numbers.sort_by_key(|(is_first, ..)| !is_first);
    let text = |t: &str| Value::Text(t.to_owned());
    let (false_one, true_one) = (text("99-QĐ/ĐU"), text("12-QĐ/ĐU"));
    let signatory = text("Phạm Văn Mẫu");
    assert_eq!(
        numbers,
        [
            (true, Some(&false_one), None),
            (false, Some(&true_one), Some(&signatory)),
        ]
    );
    let (_, record) = commune.node.values(record.doc).unwrap().unwrap();
    assert_eq!(record.get("note"), Some(&text("đã báo")));
    assert_eq!(author.waiting().unwrap(), (0, 0));
    commune.sync(&mut other);
    assert_eq!(other.digest().unwrap(), author.digest().unwrap());
    commune.books_are_whole();
}

#[test]
fn what_a_decision_says_is_nobody_elses_to_say_otherwise() {
    let mut commune = Commune::new();
    let (root, quang) = (commune.node.root(), commune.members[0][0]);
    let (mut one, other) = (
        commune.enrol(Role::Office, root),
        commune.enrol(Role::Office, root),
    );
    commune.sync(&mut one);
    let decision = Target::at(quang, &DECISION, &[7; 16]);
    let said = values(&[
        ("form", "full_name"),
        ("value", "Trần Văn Quang"),
        ("number", "12-QĐ/ĐU"),
        ("issued_on", "2026-09-01"),
    ]);
    one.edit(decision, &said, NOW, &mut commune.rng).unwrap();
    commune.sync(&mut one);
    let (_, stands) = commune.node.values(decision.doc).unwrap().unwrap();
    assert_eq!(stands.get("number"), said.get("number"));
    says(&mut commune, &other, (decision, false), 31, |doc| {
        lift(doc);
        doc.put(ROOT, "number", "13-QĐ/ĐU").unwrap();
    });
    let signer = reason::DOOR + Refusal::OtherSigner.code();
    assert_eq!(commune.last_reason(), Some(signer));
    says(&mut commune, &other, (decision, false), 32, |doc| {
        let text = doc.put_object(ROOT, "number", ObjType::Text).unwrap();
        doc.splice_text(&text, 0, 0, "13-QĐ/ĐU").unwrap();
    });
    let container = reason::DOOR + Refusal::Container.code();
    assert_eq!(commune.last_reason(), Some(container));
    assert_eq!(
        commune.node.values(decision.doc).unwrap().unwrap().1,
        stands
    );
    // Who recorded it adds what was missing.
    let seen = values(&[("original_seen", "yes")]);
    let added = one.edit(decision, &seen, NOW, &mut commune.rng);
    assert!(added.is_ok(), "{added:?}");
}

#[test]
fn a_revoked_device_stays_out_after_a_restore_under_its_key_of_before_as_well() {
    let mut commune = Commune::new();
    let branch = commune.branches[0];
    let mut phone = commune.enrol(Role::Secretary, branch);
    let mut deputy = commune.enrol(Role::Deputy, branch);
    commune.sync(&mut phone);
    let backup = commune.node.store().clone();
    let first = commune.number_of(&phone);
    // Whoever holds the phone keeps a copy of what is on it, and changes the key.
    let copies = [(); 2].map(|()| Phone::open(phone.store().clone(), None).unwrap());
    let asked = phone.change_key(&mut commune.rng).unwrap().to_bytes();
    let reply = commune.node.enrol(&asked, NOW, &mut commune.rng).unwrap();
    phone.key_changed(&reply).unwrap();
    commune.sync(&mut phone);
    let n = commune.number_of(&phone);
    commune.node.revoke(n, false, false, NOW).unwrap();
    commune.sync(&mut deputy);
    let list = commune.node.revocations().unwrap();

    let root = commune.root.clone();
    let by_phone = Node::restore(backup.clone(), &root, NOW, &mut commune.rng).unwrap();
    let by_list = Node::restore(backup, &root, NOW, &mut commune.rng).unwrap();
    commune.node = by_phone;
    // A phone that was there brings the end.
    assert!(commune.try_sync(&mut deputy).is_ok());
    for (is_list, mut copy) in [false, true].into_iter().zip(copies) {
        if is_list {
            commune.node = Node::open(by_list.store().clone()).unwrap();
            commune.node.revoke_again(&list, NOW).unwrap();
        }
        commune.node.confirm(&[], NOW).unwrap();
        let devices = commune.node.devices().unwrap();
        let of_first = devices.iter().find(|d| d.n == first).unwrap();
        let how = of_first.ended.map(|e| e.how);
        assert_eq!(how, Some(End::Revoked), "by the list: {is_list}");
        assert_eq!(commune.sync(&mut copy).ended, Some(End::Revoked));
    }
}

#[test]
fn the_key_on_a_ticket_is_no_device_and_asks_and_says_nothing() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut secretary);
    let offer = commune.offer(Role::Member, quang);
    let ticket = secretary.ticket("", &offer, &mut commune.rng).unwrap();
    let Pass::Paper(seed, paper) = &ticket.pass else {
        panic!("a ticket on paper")
    };
    let key = SecretKey::from_seed(*seed);
    let photographed = commune.introduce(vec![(**paper).clone()], &key);
    assert_eq!(photographed, Err(EnrolError::Malformed));
    // Its owner comes later, and is let in.
    let mut own = commune.use_ticket(&ticket).unwrap();
    assert!(commune.sync(&mut own).synced);
    commune.books_are_whole();
}

#[test]
fn a_leader_lets_nobody_in_by_a_key_that_a_node_keeps_or_a_ticket_that_is_good_for_ever() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut secretary);
    let parent = secretary.own_grant().unwrap().unwrap();
    let signer = secretary.author().unwrap().key.clone();
    let key = SecretKey::random(&mut commune.rng);
    let offer = commune.offer(Role::Member, quang);
    let mut grant = offer.grant(parent.log, key.public(), Custody::Node, &mut commune.rng);
    grant.under = parent.hash();
    let kept = commune.introduce(vec![grant.signed(&signer)], &key);
    assert_eq!(kept, Err(EnrolError::Malformed));
    for (expires, why) in [
        (0, BadGrant::TooLong),
        (NOW.0 + limits::TICKET_SECONDS + 2 * DAY, BadGrant::TooLong),
    ] {
        let offer = Offer {
            expires: Timestamp(expires),
            ..offer.clone()
        };
        let ticket = Ticket::on_paper("", &offer, &parent, &signer, &mut commune.rng);
        let refused = commune.use_ticket(&ticket).map(|_| ());
        assert_eq!(refused, Err(EnrolError::Bad(why)), "{expires}");
    }
}

#[test]
fn the_term_on_a_leaders_ticket_binds_whoever_uses_it() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut secretary);
    let offer = Offer {
        end: Timestamp(NOW.0 + 3 * DAY),
        ..commune.offer(Role::Member, quang)
    };
    let ticket = secretary.ticket("", &offer, &mut commune.rng).unwrap();
    let ticket = Ticket::from_text(&ticket.to_text()).unwrap();
    let Pass::Paper(seed, _) = &ticket.pass else {
        panic!("a ticket on paper")
    };
    let own = SecretKey::random(&mut commune.rng);
    let EnrolRequest::Introduction { grants, .. } = ticket.request(&own) else {
        panic!("an introduction")
    };
    assert_eq!(grants[1].end, offer.end);
    for end in [0, offer.end.0 + 1] {
        let mut longer = grants.clone();
        longer[1].end = Timestamp(end);
        longer[1] = longer[1].clone().signed(&SecretKey::from_seed(*seed));
        let refused = commune.introduce(longer, &own);
        assert_eq!(refused, Err(EnrolError::Bad(BadGrant::TooLong)));
    }
    let mut phone = commune.use_ticket(&ticket).unwrap();
    assert!(commune.sync(&mut phone).synced);
    commune.now = offer.end;
    assert_eq!(commune.sync(&mut phone).ended, Some(End::Lapsed));
    commune.books_are_whole();
}

#[test]
fn what_lies_at_the_root_is_not_read_as_what_hangs_in_a_container() {
    let mut commune = Commune::new();
    let (root, quang) = (commune.node.root(), commune.members[0][0]);
    let mut auditor = commune.enrol(Role::Auditor, root);
    commune.sync(&mut auditor);
    auditor
        .note_look(quang, Look::Exported, NOW, &mut commune.rng)
        .unwrap();
    commune.sync(&mut auditor);
    let other = commune.enrol(Role::Auditor, root);
    let log = Target::at(quang, &LOOK, b"2026-09");
    let (_, looks) = commune.node.values(log.doc).unwrap().unwrap();
    let what = looks.keys().find(|path| path.ends_with("/what")).unwrap();
    says(&mut commune, &other, (log, true), 51, |doc| {
        doc.put(ROOT, what, "opened").unwrap();
    });
    let container = reason::DOOR + Refusal::Container.code();
    assert_eq!(commune.last_reason(), Some(container));
    assert_eq!(commune.node.values(log.doc).unwrap().unwrap().1, looks);
}

#[test]
fn nobody_begins_the_access_log_of_a_month_to_come_so_that_nothing_can_be_noted_in_it() {
    let mut commune = Commune::new();
    let (root, quang) = (commune.node.root(), commune.members[0][0]);
    let auditor = commune.enrol(Role::Auditor, root);
    let log = Target::at(quang, &LOOK, b"2026-10");
    let said = saying_at(
        &auditor,
        log,
        &values(&[("month", "1990-01")]),
        None,
        NOW,
        3,
    );
    commune.push(&auditor, &[said]);
    let key = reason::DOOR + Refusal::Key.code();
    assert_eq!(commune.last_reason(), Some(key));
    assert!(commune.node.values(log.doc).unwrap().is_none());
    let mut honest = commune.enrol(Role::Auditor, root);
    commune.sync(&mut honest);
    let later = Timestamp(NOW.0 + 30 * DAY);
    assert!(
        honest
            .note_look(quang, Look::Opened, later, &mut commune.rng)
            .is_ok()
    );
}

#[test]
fn cascade_reaches_whom_a_leader_let_in_before_they_changed_their_key() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut secretary);
    let offer = commune.offer(Role::Member, quang);
    let ticket = secretary.ticket("", &offer, &mut commune.rng).unwrap();
    let mut let_in = commune.use_ticket(&ticket).unwrap();
    commune.sync(&mut let_in);
    commune.sync(&mut secretary);
    let asked = secretary.change_key(&mut commune.rng).unwrap().to_bytes();
    let reply = commune.node.enrol(&asked, NOW, &mut commune.rng).unwrap();
    secretary.key_changed(&reply).unwrap();
    let n = commune.number_of(&secretary);
    commune.node.revoke(n, false, true, NOW).unwrap();
    assert_eq!(commune.sync(&mut let_in).ended, Some(End::Revoked));
    assert_eq!(commune.sync(&mut secretary).ended, Some(End::Revoked));
    commune.books_are_whole();
}

#[test]
fn nobody_contests_what_is_recorded_of_somebody_else() {
    let mut commune = Commune::new();
    let [quang, an] = commune.members[0];
    let offer = Offer::new(Role::Member, quang, PersonId(quang.0), NEVER);
    let mut own = commune.enrol_by(&offer);
    commune.sync(&mut own);
    let raise = |about: PlaceId| {
        let record = member(about).doc.to_string();
        values(&[
            ("acts/00000000000000aa/act", "raise"),
            ("acts/00000000000000aa/after", ""),
            ("acts/00000000000000aa/record", &record),
            ("acts/00000000000000aa/path", "phone"),
            ("acts/00000000000000aa/words", "số của tôi khác"),
            ("acts/00000000000000aa/on", "2026-09-20"),
        ])
    };
    let not_allowed = reason::DOOR + Refusal::Case(CaseError::NotAllowed).code();
    for (n, about, expected) in [(1_u8, an, Some(not_allowed)), (2, quang, None)] {
        let case = Target::at(quang, &CONTEST, &[n; 16]);
        let said = saying_at(&own, case, &raise(about), None, NOW, n);
        commune.push(&own, &[said]);
        let there = commune.node.values(case.doc).unwrap();
        assert_eq!(there.is_some(), expected.is_none(), "{n}");
        if expected.is_some() {
            assert_eq!(commune.last_reason(), expected, "{n}");
        }
    }
}

#[test]
fn a_contest_is_answered_though_what_it_was_about_is_gone() {
    let mut commune = Commune::new();
    let [quang, _] = commune.members[0];
    let branch = commune.branches[0];
    let mut secretary = commune.enrol(Role::Secretary, branch);
    let offer = Offer::new(Role::Member, quang, PersonId(quang.0), NEVER);
    let mut own = commune.enrol_by(&offer);
    for phone in [&mut secretary, &mut own] {
        commune.sync(phone);
    }
    // A mark at a meeting is the only thing there that is about them.
    let meeting = Target::at(branch, &MEETING, b"2026-09-03");
    let mark = format!("attendance/{quang}");
    let said = values(&[("held_on", "2026-09-03"), (&mark, "absent")]);
    secretary
        .edit(meeting, &said, NOW, &mut commune.rng)
        .unwrap();
    commune.sync(&mut secretary);
    let case = Target::at(quang, &CONTEST, &[4; 16]);
    let record = meeting.doc.to_string();
    let raised = values(&[
        ("record", &record),
        ("path", &mark),
        ("words", "hôm ấy tôi có mặt"),
        ("on", "2026-09-20"),
    ]);
    let doing = |act, said| Doing {
        act,
        about: None,
        said,
    };
    secretary
        .act(case, doing("raise", &raised), NOW, &mut commune.rng)
        .unwrap();
    commune.sync(&mut secretary);
    let gone = Values::from([(mark.clone(), Value::Cleared)]);
    secretary
        .edit(meeting, &gone, NOW, &mut commune.rng)
        .unwrap();
    commune.sync(&mut secretary);
    let answered = values(&[
        ("outcome", "refused"),
        ("note", "đã bỏ dấu"),
        ("on", "2026-09-21"),
    ]);
    let answer = secretary.act(case, doing("answer", &answered), NOW, &mut commune.rng);
    assert!(answer.is_ok(), "{answer:?}");
    assert!(commune.sync(&mut secretary).synced);
    let (kind, there) = commune.node.values(case.doc).unwrap().unwrap();
    assert_eq!(chibo_core::case::story(kind, &there).state, "answered");
}

#[test]
fn of_a_segment_that_is_refused_for_one_record_all_others_are_said_again() {
    let mut commune = Commune::new();
    let (root, quang) = (commune.node.root(), commune.members[0][0]);
    let mut one = commune.enrol(Role::Office, root);
    let mut other = commune.enrol(Role::Office, root);
    let decision = Target::at(quang, &DECISION, &[7; 16]);
    let draft = values(&[("form", "full_name"), ("issued_on", "2026-09-01")]);
    commune.sync(&mut one);
    let rng = &mut commune.rng;
    one.edit(decision, &draft, NOW, rng).unwrap();
    commune.sync(&mut one);
    commune.sync(&mut other);
    // Both fill in the number without a line, and not the same; one of them writes down more.
    let number = |number| values(&[("number", number)]);
    let rng = &mut commune.rng;
    one.edit(decision, &number("12"), NOW, rng).unwrap();
    other.edit(decision, &number("13"), NOW, rng).unwrap();
    let record = member(quang);
    let note = values(&[("note", "đã báo")]);
    other.edit(record, &note, NOW, rng).unwrap();
    commune.sync(&mut one);
    let outcome = commune.sync(&mut other);
    assert!(outcome.synced, "{outcome:?}");
    // Of the one that nothing can be done about its author is told.
    assert_eq!(other.judged().unwrap().len(), 1);
    let (_, said) = commune.node.values(decision.doc).unwrap().unwrap();
    assert_eq!(said.get("number"), number("12").get("number"));
    let (_, said) = commune.node.values(record.doc).unwrap().unwrap();
    assert_eq!(said.get("note"), note.get("note"));
    assert_eq!(other.waiting().unwrap(), (0, 0));
    commune.books_are_whole();
}

#[test]
fn who_takes_the_id_of_a_colleagues_act_keeps_it_from_nobody() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    let mut deputy = commune.enrol(Role::Deputy, branch);
    commune.sync(&mut secretary);
    let case = Target::at(quang, &TEMP_EXEMPTION, &[7; 16]);
    let story = |values: &Values| case::story(&TEMP_EXEMPTION, values);
    let mut ids = Vec::new();
    for (act, on) in [("ask", "2026-02-01"), ("consider", "2026-02-05")] {
        let said = values(&[("on", on)]);
        let doing = Doing {
            act,
            about: None,
            said: &said,
        };
        secretary.act(case, doing, NOW, &mut commune.rng).unwrap();
        let (_, there) = secretary.values(case.doc).unwrap().unwrap();
        ids.push(story(&there).last(act).unwrap().id.clone());
        if act == "ask" {
            commune.sync(&mut secretary);
            commune.sync(&mut deputy);
        }
    }
    // Shown it hand to hand, the deputy says something else under its id.
    says(&mut commune, &deputy, (case, true), 65, |doc| {
        let (_, acts) = doc.get(ROOT, "acts").unwrap().unwrap();
        for (cell, value) in [("act", "remark"), ("after", &ids[0]), ("note", "?")] {
            doc.put(&acts, format!("{}/{cell}", ids[1]), value).unwrap();
        }
    });
    commune.sync(&mut secretary);
    assert!(commune.sync(&mut secretary).synced);
    let (_, there) = commune.node.values(case.doc).unwrap().unwrap();
    let story = story(&there);
    assert_eq!((story.state, story.acts.len()), ("considered", 3));
    assert_eq!(
        story.done(&ids[1]).map(|done| done.act.as_str()),
        Some("remark")
    );
    commune.books_are_whole();
}

#[test]
fn who_fills_a_log_of_looks_keeps_nobody_from_noting_one() {
    let mut commune = Commune::new();
    let (root, quang) = (commune.node.root(), commune.members[0][0]);
    let hostile = commune.enrol(Role::Auditor, root);
    let mut honest = commune.enrol(Role::Auditor, root);
    let log = Target::at(quang, &LOOK, b"2026-09");
    let own = hostile.author().unwrap().person.to_string();
    says(&mut commune, &hostile, (log, false), 61, |doc| {
        doc.put(ROOT, "month", "2026-09").unwrap();
        let (_, looks) = doc.get(ROOT, "looks").unwrap().unwrap();
        doc.put(&looks, "00/signer", own).unwrap();
        for n in 0..limits::ENTRIES * 3 / 8 {
            doc.put(&looks, format!("00/x{n}"), "").unwrap();
        }
    });
    commune.sync(&mut honest);
    assert!(honest.values(log.doc).unwrap().is_some());
    let noted = honest.note_look(quang, Look::Exported, NOW, &mut commune.rng);
    assert_eq!(noted, Ok(true));
    assert!(commune.sync(&mut honest).synced);
    let logs = commune.node.documents(quang, &LOOK).unwrap();
    let own = honest.author().unwrap().person.to_string();
    let is_own = |v: &Value| *v == Value::Text(own.clone());
    assert!(logs.iter().any(|(_, looks)| looks.values().any(is_own)));
}

#[test]
fn who_writes_in_very_many_feeds_keeps_nobody_from_writing() {
    let mut commune = Commune::new();
    let (root, quang) = (commune.node.root(), commune.members[0][0]);
    let hostile = commune.enrol(Role::Auditor, root);
    let mut honest = commune.enrol(Role::Auditor, root);
    commune.sync(&mut honest);
    let log = Target::at(quang, &LOOK, b"2026-09");
    let own = hostile.author().unwrap().person.to_string();
    let most = u8::try_from(limits::CHANGE_DEPS).unwrap();
    for nonce in 0..most + 6 {
        says(&mut commune, &hostile, (log, false), nonce, |doc| {
            doc.put(ROOT, "month", "2026-09").unwrap();
            let (_, looks) = doc.get(ROOT, "looks").unwrap().unwrap();
            doc.put(&looks, format!("{nonce:032x}/signer"), own.as_str())
                .unwrap();
        });
    }
    let too_many = reason::DOOR + Refusal::TooManyEntries.code();
    assert_eq!(commune.last_reason(), Some(too_many));
    let noted = honest.note_look(quang, Look::Exported, NOW, &mut commune.rng);
    assert_eq!(noted, Ok(true));
    assert!(commune.sync(&mut honest).synced);
    let (_, looks) = commune.node.values(log.doc).unwrap().unwrap();
    let own = honest.author().unwrap().person.to_string();
    assert!(looks.values().any(|v| *v == Value::Text(own.clone())));
    commune.books_are_whole();
}

#[test]
fn what_two_write_of_the_same_paper_stands_under_its_name_though_a_decision_beside_it_is_refused() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    let mut deputy = commune.enrol(Role::Deputy, branch);
    let decision = Target::at(quang, &DECISION, &[7; 16]);
    let dossier = Target::at(quang, &DOSSIER, b"");
    let draft = values(&[("form", "full_name"), ("issued_on", "2026-09-01")]);
    commune.sync(&mut secretary);
    let rng = &mut commune.rng;
    secretary.edit(decision, &draft, NOW, rng).unwrap();
    commune.sync(&mut secretary);
    commune.sync(&mut deputy);
    for (phone, number, sheets) in [(&mut deputy, "12", 4), (&mut secretary, "13", 5)] {
        let rng = &mut commune.rng;
        let number = values(&[("number", number)]);
        phone.edit(decision, &number, NOW, rng).unwrap();
        let mut paper = values(&[("papers/life_history/paper", "life_history")]);
        paper.insert("papers/life_history/sheets".into(), Value::Count(sheets));
        phone.edit(dossier, &paper, NOW, rng).unwrap();
    }
    commune.sync(&mut deputy);
    assert!(commune.sync(&mut secretary).synced);
    let (_, papers) = commune.node.values(dossier.doc).unwrap().unwrap();
    let ids: Vec<&String> = papers.keys().filter(|p| p.ends_with("/paper")).collect();
    assert_eq!(ids, ["papers/life_history/paper"]);
    let open = commune.node.conflicts(dossier.doc).unwrap();
    assert_eq!(open.len(), 1, "how many sheets it has is asked: {open:?}");
    assert_eq!(secretary.waiting().unwrap(), (0, 0));
}

#[test]
fn a_remark_that_finds_every_place_of_its_year_taken_is_refused_once_and_its_author_told() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    let mut deputy = commune.enrol(Role::Deputy, branch);
    commune.sync(&mut secretary);
    commune.sync(&mut deputy);
    let remark = |key: &str| Target::at(quang, &RESIDENCE_REMARK, key.as_bytes());
    let said = |words| {
        values(&[
            ("year", "2026"),
            ("author", "Trần Văn Tư"),
            ("post", "Bí thư chi bộ"),
            ("remark", words),
        ])
    };
    let rng = &mut commune.rng;
    let words = said("gương mẫu");
    secretary.edit(remark("2026"), &words, NOW, rng).unwrap();
    for n in 1..=document::MOST_OF_A_KEY {
        let target = remark(&document::key_again("2026", n));
        let rng = &mut commune.rng;
        deputy.edit(target, &said("ít về họp"), NOW, rng).unwrap();
    }
    commune.sync(&mut deputy);
    let before = commune.node.quarantine().unwrap().len();
    assert!(commune.sync(&mut secretary).synced);
    assert_eq!(secretary.judged().unwrap().len(), 1);
    assert_eq!(commune.node.quarantine().unwrap().len(), before + 1);
    // Nor is a year taken that is to come: a document says the year of which it is.
    let later = saying_at(
        &deputy,
        remark("2027"),
        &values(&[("year", "1990")]),
        None,
        NOW,
        7,
    );
    commune.push(&deputy, &[later]);
    let key = reason::DOOR + Refusal::Key.code();
    assert_eq!(commune.last_reason(), Some(key));
}

#[test]
fn what_is_added_after_a_refusal_goes_with_what_is_said_again() {
    let mut commune = Commune::new();
    let (root, quang) = (commune.node.root(), commune.members[0][0]);
    let mut author = commune.enrol(Role::Office, root);
    let mut other = commune.enrol(Role::Office, root);
    commune.sync(&mut author);
    commune.sync(&mut other);
    let decision = Target::at(quang, &DECISION, &[7; 16]);
    let said = |number| {
        values(&[
            ("form", "full_name"),
            ("value", "Trần Văn Quang"),
            ("number", number),
            ("issued_on", "2026-09-01"),
        ])
    };
    let rng = &mut commune.rng;
    author.edit(decision, &said("12"), NOW, rng).unwrap();
    other.edit(decision, &said("99"), NOW, rng).unwrap();
    commune.sync(&mut other);
    // The line breaks after the answer; then somebody writes down who signed.
    let (request, mut exchange) = author.request(NOW, &mut commune.rng).unwrap();
    let answer = commune.node.handle(&[request], NOW).remove(0).unwrap();
    for frame in frames(&answer) {
        author.receive(&mut exchange, &frame).unwrap();
    }
    let signed = values(&[("signatory", "Phạm Văn Mẫu")]);
    let rng = &mut commune.rng;
    let added = author.edit(decision, &signed, NOW, rng).unwrap();
    assert_ne!(added.doc, decision.doc);
    assert!(commune.sync(&mut author).synced);
    let found = commune.node.documents(quang, &DECISION).unwrap();
    let mut signed: Vec<(String, bool)> = (found.iter())
        .map(|(_, v)| (v["number"].shown(), v.contains_key("signatory")))
        .collect();
    signed.sort();
    assert_eq!(signed, [("12".into(), true), ("99".into(), false)]);
    commune.books_are_whole();
}

#[test]
fn whatever_a_member_writes_into_a_case_there_is_room_to_decide_it() {
    let mut commune = Commune::new();
    let quang = commune.members[0][0];
    let offer = Offer::new(Role::Member, quang, PersonId(quang.0), NEVER);
    let mut own = commune.enrol_by(&offer);
    commune.sync(&mut own);
    let case = Target::at(quang, &CONTEST, &[4; 16]);
    let record = member(quang).doc.to_string();
    let raised = values(&[
        ("record", &record),
        ("path", "phone"),
        ("words", "số của tôi khác"),
        ("on", "2026-09-20"),
    ]);
    let doing = |act, said| Doing {
        act,
        about: None,
        said,
    };
    own.act(case, doing("raise", &raised), NOW, &mut commune.rng)
        .unwrap();
    commune.sync(&mut own);
    let story = |commune: &Commune| {
        let (_, there) = commune.node.values(case.doc).unwrap().unwrap();
        case::story(&CONTEST, &there)
    };
    let raise = story(&commune).last("raise").unwrap().id.clone();
    let remark = |commune: &mut Commune, nonce: u8, after: &str, cells: usize| {
        let id = format!("00000000000000{nonce:02x}");
        says(commune, &own, (case, true), nonce, |doc| {
            let (_, acts) = doc.get(ROOT, "acts").unwrap().unwrap();
            let mut put = |cell: &str, value: &str| {
                doc.put(&acts, format!("{id}/{cell}"), value).unwrap();
            };
            put("act", "remark");
            put("after", after);
            put("note", "và nữa");
            for n in 0..cells {
                put(&format!("x{n}"), "");
            }
        });
    };
    let refused = |e: Refusal| Some(reason::DOOR + e.code());
    remark(&mut commune, 71, &raise, limits::ENTRIES / 8);
    assert_eq!(commune.last_reason(), refused(Refusal::TooManyEntries));
    remark(&mut commune, 72, &format!("{raise} {raise}"), 0);
    let too_many = Refusal::Case(CaseError::TooMany);
    assert_eq!(commune.last_reason(), refused(too_many));
    // As much as they may, and then more over that: the branch has room still, and who decides more.
    remark(&mut commune, 73, &raise, limits::ENTRIES / 16);
    assert_eq!(story(&commune).acts.len(), 2);
    for nonce in 74..77 {
        remark(&mut commune, nonce, &raise, limits::ENTRIES / 16);
        assert_eq!(commune.last_reason(), refused(Refusal::TooManyEntries));
    }
    let mut secretary = commune.enrol(Role::Secretary, commune.branches[0]);
    commune.sync(&mut secretary);
    let heard = values(&[("note", "đã gặp"), ("on", "2026-09-20")]);
    let remarked = secretary.act(case, doing("remark", &heard), NOW, &mut commune.rng);
    assert!(remarked.is_ok(), "{remarked:?}");
    assert!(commune.sync(&mut secretary).synced);
    assert_eq!(story(&commune).acts.len(), 3);
    let answered = values(&[
        ("outcome", "refused"),
        ("note", "số đúng"),
        ("on", "2026-09-21"),
    ]);
    commune
        .node
        .act(case, doing("answer", &answered), NOW, &mut commune.rng)
        .unwrap();
    assert!(story(&commune).last("answer").is_some());
}

#[test]
fn a_remark_of_the_place_of_residence_is_one_persons_and_two_of_a_year_both_stand() {
    let mut commune = Commune::new();
    let (branch, quang) = (commune.branches[0], commune.members[0][0]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    let mut deputy = commune.enrol(Role::Deputy, branch);
    commune.sync(&mut secretary);
    commune.sync(&mut deputy);
    let remark = Target::at(quang, &RESIDENCE_REMARK, b"2026");
    let said = |author, words| {
        values(&[
            ("year", "2026"),
            ("author", author),
            ("post", "Bí thư chi bộ"),
            ("remark", words),
        ])
    };
    let rng = &mut commune.rng;
    let words = said("Trần Văn Tư", "gương mẫu");
    secretary.edit(remark, &words, NOW, rng).unwrap();
    let others = said("Lê Thị Bưởi", "ít về họp");
    deputy.edit(remark, &others, NOW, rng).unwrap();
    commune.sync(&mut secretary);
    assert!(commune.sync(&mut deputy).synced);
    let all = commune.node.documents(quang, &RESIDENCE_REMARK).unwrap();
    let mut words: Vec<String> = (all.iter()).map(|(_, v)| v["remark"].shown()).collect();
    words.sort();
    assert_eq!(words, ["gương mẫu", "ít về họp"]);
    assert!(commune.sync(&mut secretary).synced);
    // Other words under the name of who gave it are refused.
    says(&mut commune, &deputy, (remark, false), 81, |doc| {
        lift(doc);
        doc.put(ROOT, "remark", "không gương mẫu").unwrap();
    });
    let signer = reason::DOOR + Refusal::OtherSigner.code();
    assert_eq!(commune.last_reason(), Some(signer));
}

#[test]
fn a_decision_is_not_cancelled_without_a_reason_nor_put_out_of_effect_by_what_it_left_empty() {
    let mut commune = Commune::new();
    let (root, branch) = (commune.node.root(), commune.branches[0]);
    let quang = commune.members[0][0];
    let mut office = commune.enrol(Role::Office, root);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut office);
    let decision = Target::at(quang, &DECISION, &[7; 16]);
    let said = values(&[
        ("form", "exemption"),
        ("number", "12-QĐ/ĐU"),
        ("issued_on", "2026-09-01"),
    ]);
    let rng = &mut commune.rng;
    office.edit(decision, &said, NOW, rng).unwrap();
    commune.sync(&mut office);
    commune.sync(&mut secretary);
    says(&mut commune, &secretary, (decision, true), 91, |doc| {
        let (_, cancelled) = doc.get(ROOT, "cancelled").unwrap().unwrap();
        doc.put(&cancelled, "x", "").unwrap();
    });
    let no_reason = Refusal::Case(CaseError::NoReason);
    assert_eq!(commune.last_reason(), Some(reason::DOOR + no_reason.code()));
    let until = values(&[("until", "2020-01-01")]);
    let own = secretary.edit(decision, &until, NOW, &mut commune.rng);
    assert!(own.is_err(), "{own:?}");
    says(&mut commune, &secretary, (decision, true), 92, |doc| {
        doc.put(ROOT, "until", "2020-01-01").unwrap();
    });
    let signer = reason::DOOR + Refusal::OtherSigner.code();
    assert_eq!(commune.last_reason(), Some(signer));
    // Nor do they say all of it once more, so that they are taken for its author.
    says(&mut commune, &secretary, (decision, false), 94, |doc| {
        lift(doc);
        for path in ["issued_on", "number", "form"] {
            let same = said[path].shown();
            doc.put(ROOT, path, same).unwrap();
        }
    });
    assert_eq!(commune.last_reason(), Some(signer));
    // Nor does a value stand beside one of another's that says something else and is not shown.
    says(&mut commune, &secretary, (decision, false), 93, |doc| {
        doc.put(ROOT, "number", "13-QĐ/ĐU").unwrap();
    });
    assert_eq!(commune.last_reason(), Some(signer));
    let (_, stands) = commune.node.values(decision.doc).unwrap().unwrap();
    assert_eq!(stands, said);
    assert_eq!(commune.node.conflicts(decision.doc).unwrap(), []);
}

#[test]
fn a_lost_phone_is_emptied_though_a_restore_brings_back_first_that_it_was_only_shut_out() {
    let mut commune = Commune::new();
    let branch = commune.branches[0];
    let lost = commune.enrol(Role::Secretary, branch);
    let mut early = commune.enrol(Role::Deputy, branch);
    let mut late = commune.enrol(Role::Deputy, branch);
    let backup = commune.node.store().clone();
    let n = commune.number_of(&lost);
    commune.node.revoke(n, false, false, NOW).unwrap();
    commune.sync(&mut early);
    commune.node.revoke(n, true, false, NOW).unwrap();
    commune.sync(&mut late);
    let root = commune.root.clone();
    commune.node = Node::restore(backup, &root, NOW, &mut commune.rng).unwrap();
    for is_early in [true, false, true] {
        let phone = if is_early { &mut early } else { &mut late };
        assert!(commune.try_sync(phone).is_ok());
    }
    commune.node.confirm(&[], NOW).unwrap();
    let devices = commune.node.devices().unwrap();
    let device = devices.iter().find(|d| d.n == n).unwrap();
    assert_eq!(device.ended.map(|e| e.how), Some(End::Wiped));
}
