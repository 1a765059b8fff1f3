//! A branch goes from one secretary to the next: both in one sitting without a line, and where the one of before can
//! not be asked any more.

use chibo_core::author::{EditError, Target};
use chibo_core::date::{Day, PartialDate};
use chibo_core::document::{Value, Values};
use chibo_core::domain::succession::{Counted, SUCCESSION, Standing};
use chibo_core::door::Refusal;
use chibo_core::enrol::{Card, Offer};
use chibo_core::id::{DocId, FeedId, PersonId, PlaceId};
use chibo_core::identity::BadGrant;
use chibo_core::kind::{self, SIGNER};
use chibo_core::log::{End, reason};
use chibo_core::node::{Confirmation, Election, Post};
use chibo_core::phone::LayDownError;
use chibo_core::place::Role;
use chibo_core::place::scope_of;
use chibo_core::records;
use chibo_core::store::Store;
use chibo_core::time::Timestamp;
use chibo_people::someone;

mod stage;
use stage::*;

fn after(time: Timestamp, seconds: u64) -> Timestamp {
    Timestamp(time.0 + seconds)
}

fn on(text: &str) -> Day {
    PartialDate::parse(text).unwrap().day().unwrap()
}

fn counted(name: &str, dossiers: i64, cash: i64) -> Counted {
    Counted {
        name: name.into(),
        counts: [("members", 2), ("dossiers", dossiers), ("cash", cash)].into(),
        books: "Sổ họp quyển 3, đến trang 27".into(),
        note: String::new(),
    }
}

/// What one device shares with another at the same table.
fn share(commune: &mut Commune, from: &mut Memory, to: &mut Memory) -> usize {
    from.seal(commune.now, &mut commune.rng).unwrap();
    let segments = from.offer(&to.heads().unwrap()).unwrap();
    to.take_offer(segments, commune.now).unwrap().taken
}

fn name(phone: &mut Memory, commune: &mut Commune, member_of: PlaceId, alias: &str) {
    let edits = values(&[("alias", alias)]);
    phone
        .edit(member(member_of), &edits, commune.now, &mut commune.rng)
        .unwrap();
}

fn alias(commune: &Commune, member_of: PlaceId) -> Option<String> {
    let (_, values) = commune.node.values(member(member_of).doc).unwrap()?;
    Some(values.get("alias")?.shown())
}

fn one(phone: &Memory, branch: PlaceId) -> (DocId, Standing) {
    let mut all = phone.successions(branch).unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

struct Sitting {
    commune: Commune,
    branch: PlaceId,
    old: Memory,
    new: Memory,
}

/// A secretary whose term is over, and the one who was elected, each with a device that was in touch.
fn sitting() -> Sitting {
    let mut commune = Commune::new();
    let branch = commune.branches[0];
    let [quang, lan] = commune.members[0];
    let of = |role, person: PlaceId| Offer::new(role, branch, PersonId(person.0), NEVER);
    let old = commune.enrol_by(&of(Role::Secretary, quang));
    let election = Election {
        unit: branch,
        number: "12-QĐ/ĐU".into(),
        confirmed: Confirmation::default(),
        on: on("01/08/2026"),
        term: "2026-2028".into(),
        term_to: None,
        hand_over_by: Some(after(commune.now, 30 * DAY)),
        elected: vec![(lan, Post::Secretary)],
    };
    let (url, expires) = ("", NEVER);
    let elected = (commune.node)
        .elect(&election, (url, expires), commune.now, &mut commune.rng)
        .unwrap();
    assert_eq!(elected.giving.len(), 1);
    assert!(elected.ended.is_empty());
    let new = commune.use_ticket(&elected.tickets[0].2).unwrap();
    let mut sitting = Sitting {
        commune,
        branch,
        old,
        new,
    };
    sitting.commune.sync(&mut sitting.old);
    sitting.commune.sync(&mut sitting.new);
    sitting
}

/// Both sign at one table, with nothing missing: the giver, then the taker, and the giver hears of it.
fn both_sign(s: &mut Sitting) {
    let (now, day) = (s.commune.now, on("14/08/2026"));
    let gives = counted("Đinh Văn Quang", 2, 0);
    let rng = &mut s.commune.rng;
    s.old.give(s.branch, day, &gives, now, rng).unwrap();
    share(&mut s.commune, &mut s.old, &mut s.new);
    let (doc, _) = one(&s.new, s.branch);
    let takes = counted("Trần Thị Lan", 2, 0);
    let rng = &mut s.commune.rng;
    s.new
        .take_over(s.branch, doc, day, &takes, now, rng)
        .unwrap();
    share(&mut s.commune, &mut s.new, &mut s.old);
}

#[test]
fn old_and_new_secretary_hand_over_in_one_sitting_without_a_line() {
    let mut s = sitting();
    let quang = s.commune.members[0][0];
    name(&mut s.old, &mut s.commune, quang, "Hai");
    let (now, day) = (s.commune.now, on("14/08/2026"));
    let rng = &mut s.commune.rng;
    let gives = counted("Đinh Văn Quang", 2, 1_250_000);
    s.old.give(s.branch, day, &gives, now, rng).unwrap();
    assert!(matches!(s.old.lay_down(), Err(LayDownError::NotConfirmed)));
    share(&mut s.commune, &mut s.old, &mut s.new);

    // The taker sees what was counted, counts as well, and finds 50,000 đồng less in the tin.
    let (doc, standing) = one(&s.new, s.branch);
    assert_eq!(standing.given.as_ref().unwrap().counts["cash"], 1_250_000);
    assert!(!standing.is_confirmed());
    let takes = counted("Trần Thị Lan", 2, 1_200_000);
    let rng = &mut s.commune.rng;
    s.new
        .take_over(s.branch, doc, day, &takes, now, rng)
        .unwrap();
    share(&mut s.commune, &mut s.new, &mut s.old);
    let (_, standing) = one(&s.old, s.branch);
    assert!(standing.is_confirmed());
    assert_eq!(standing.differences, ["cash"]);

    // The old device is emptied at the table, also of what was typed there and written nowhere.
    let store = s.old.store_mut();
    store
        .write(|tx| records::set_meta(tx, records::TYPED, "Lê Văn".as_bytes()))
        .unwrap();
    s.old.lay_down().unwrap();
    assert!(s.old.is_ended(now).unwrap());
    let typed = s.old.store().read(|tx| records::meta(tx, records::TYPED));
    assert_eq!(typed, Ok(None));
    assert!(
        s.old
            .documents(quang, kind::by_name("member").unwrap())
            .unwrap()
            .is_empty()
    );
    assert!(s.old.tree().is_empty());
    let rng = &mut s.commune.rng;
    let again = s
        .old
        .edit(member(quang), &values(&[("alias", "Ba")]), now, rng);
    assert_eq!(again, Err(EditError::Ended));

    // What it had not sent comes with the new one's next sync, and then the role is over.
    let outcome = s.commune.sync(&mut s.new);
    assert!(outcome.synced, "{outcome:?}");
    assert_eq!(alias(&s.commune, quang).as_deref(), Some("Hai"));
    let devices = s.commune.node.devices().unwrap();
    let ended = |phone: &Memory| {
        let key = phone.public_key();
        let device = devices.iter().find(|d| d.grant.key == key).unwrap();
        device.ended.map(|e| e.how)
    };
    assert_eq!(ended(&s.old), Some(End::Wiped));
    assert_eq!(ended(&s.new), None);
    assert_eq!(s.commune.is_held(), 0);
    s.commune.books_are_whole();
}

#[test]
fn a_giver_who_never_heard_of_the_taker_knows_them_by_their_card() {
    let mut s = sitting();
    let (now, day) = (s.commune.now, on("14/08/2026"));
    // One more secretary's device, of which the old one has not heard: enrolled since.
    let lan = s.new.author().unwrap().person;
    let mut newest = s
        .commune
        .enrol_by(&Offer::new(Role::Secretary, s.branch, lan, NEVER));
    s.commune.sync(&mut newest);
    let rng = &mut s.commune.rng;
    s.old
        .give(s.branch, day, &counted("Quang", 2, 0), now, rng)
        .unwrap();
    share(&mut s.commune, &mut s.old, &mut newest);
    let (doc, _) = one(&newest, s.branch);
    let rng = &mut s.commune.rng;
    newest
        .take_over(s.branch, doc, day, &counted("Lan", 2, 0), now, rng)
        .unwrap();
    assert_eq!(share(&mut s.commune, &mut newest, &mut s.old), 0);
    assert!(!one(&s.old, s.branch).1.is_confirmed());

    let card = newest.card().unwrap().to_text();
    let mut altered = Card::from_text(&card).unwrap();
    altered.grants[0].role = Role::Office;
    let refused = s.old.meet(&altered, now).unwrap();
    assert_eq!(refused, Err(BadGrant::NotSigned));
    let met = s.old.meet(&Card::from_text(&card).unwrap(), now).unwrap();
    assert_eq!(met.unwrap().person, lan);
    assert!(Card::from_text(&card[..card.len() - 2]).is_err());
    let keys: Vec<_> = s.old.peers(NOW).unwrap().into_values().flatten().collect();
    assert!(keys.contains(&newest.public_key()));
    assert!(share(&mut s.commune, &mut newest, &mut s.old) > 0);
    assert!(one(&s.old, s.branch).1.is_confirmed());
    s.old.lay_down().unwrap();
    let outcome = s.commune.sync(&mut newest);
    assert!(outcome.synced);
}

#[test]
fn what_was_taken_from_a_device_that_was_only_met_comes_to_the_node_all_the_same() {
    let mut s = sitting();
    let (now, quang) = (s.commune.now, s.commune.members[0][0]);
    let lan = s.new.author().unwrap().person;
    let mut newest = s
        .commune
        .enrol_by(&Offer::new(Role::Secretary, s.branch, lan, NEVER));
    s.commune.sync(&mut newest);
    name(&mut newest, &mut s.commune, quang, "Hai");
    s.old.meet(&newest.card().unwrap(), now).unwrap().unwrap();
    assert_eq!(share(&mut s.commune, &mut newest, &mut s.old), 1);
    let outcome = s.commune.sync(&mut s.old);
    let outcome = match outcome.synced {
        true => outcome,
        false => s.commune.sync(&mut s.old),
    };
    assert!(outcome.synced, "{outcome:?}");
    assert_eq!(alias(&s.commune, quang).as_deref(), Some("Hai"));
    s.commune.sync(&mut newest);
    s.commune.books_are_whole();
}

#[test]
fn a_device_with_work_that_the_taker_does_not_hold_is_not_emptied() {
    let mut s = sitting();
    let [quang, lan] = s.commune.members[0];
    let (now, day) = (s.commune.now, on("14/08/2026"));
    let gives = counted("Đinh Văn Quang", 2, 0);
    let rng = &mut s.commune.rng;
    s.old.give(s.branch, day, &gives, now, rng).unwrap();
    share(&mut s.commune, &mut s.old, &mut s.new);
    // Between the two signatures something more is typed into the old one.
    name(&mut s.old, &mut s.commune, quang, "Hai");
    let (doc, _) = one(&s.new, s.branch);
    let takes = counted("Trần Thị Lan", 2, 0);
    let rng = &mut s.commune.rng;
    s.new
        .take_over(s.branch, doc, day, &takes, now, rng)
        .unwrap();
    share(&mut s.commune, &mut s.new, &mut s.old);
    assert!(matches!(
        s.old.lay_down(),
        Err(LayDownError::NotAllTaken(1))
    ));
    // Shared once more and confirmed once more, it is.
    share(&mut s.commune, &mut s.old, &mut s.new);
    let rng = &mut s.commune.rng;
    s.new
        .take_over(s.branch, doc, day, &takes, now, rng)
        .unwrap();
    share(&mut s.commune, &mut s.new, &mut s.old);
    s.old.lay_down().unwrap();
    s.commune.sync(&mut s.new);
    assert_eq!(alias(&s.commune, quang).as_deref(), Some("Hai"));
    assert_eq!(alias(&s.commune, lan), None);
}

#[test]
fn nobody_else_says_in_the_takers_name_how_much_their_device_holds() {
    let mut s = sitting();
    let quang = s.commune.members[0][0];
    let (now, day) = (s.commune.now, on("14/08/2026"));
    let mut third = s.commune.enrol(Role::Deputy, s.branch);
    s.commune.sync(&mut third);
    for phone in [&mut s.old, &mut s.new] {
        s.commune.sync(phone);
    }
    let gives = counted("Đinh Văn Quang", 2, 0);
    let rng = &mut s.commune.rng;
    s.old.give(s.branch, day, &gives, now, rng).unwrap();
    share(&mut s.commune, &mut s.old, &mut s.new);
    name(&mut s.old, &mut s.commune, quang, "Hai");
    let (doc, _) = one(&s.new, s.branch);
    let takes = counted("Trần Thị Lan", 2, 0);
    let rng = &mut s.commune.rng;
    (s.new)
        .take_over(s.branch, doc, day, &takes, now, rng)
        .unwrap();
    share(&mut s.commune, &mut s.new, &mut s.old);
    assert!(matches!(
        s.old.lay_down(),
        Err(LayDownError::NotAllTaken(_))
    ));
    // Beside the taker's own word of how far they hold the giver's work, somebody puts a higher one: in a feed of theirs,
    // and with no mark that says so.
    let (_, held) = s.new.values(doc).unwrap().unwrap();
    let cells = held
        .keys()
        .filter(|path| path.starts_with("held/") && path.ends_with("/upto"));
    let high: Values = cells
        .map(|path| (path.clone(), Value::Count(1_000)))
        .collect();
    assert!(!high.is_empty());
    let succession = kind::by_name("succession").unwrap();
    let target = Target {
        doc,
        scope: scope_of(s.branch, succession.lane),
        kind: succession,
    };
    let forged = stage::saying(&third, target, &high, None);
    s.old.take_offer(vec![forged], now).unwrap();
    assert!(matches!(
        s.old.lay_down(),
        Err(LayDownError::NotAllTaken(_))
    ));
}

#[test]
fn a_giver_whose_line_broke_before_the_answer_is_emptied_once_the_taker_has_it_from_the_node() {
    let mut s = sitting();
    let quang = s.commune.members[0][0];
    let (now, day) = (s.commune.now, on("14/08/2026"));
    name(&mut s.old, &mut s.commune, quang, "Hai");
    // The node takes it, and its answer is lost: the old one does not know.
    let (request, _) = s.old.request(now, &mut s.commune.rng).unwrap();
    s.commune.node.handle(&[request], now).remove(0).unwrap();
    s.commune.sync(&mut s.new);
    let rng = &mut s.commune.rng;
    let gives = counted("Quang", 2, 0);
    s.old.give(s.branch, day, &gives, now, rng).unwrap();
    share(&mut s.commune, &mut s.old, &mut s.new);
    let (doc, _) = one(&s.new, s.branch);
    let rng = &mut s.commune.rng;
    let takes = counted("Lan", 2, 0);
    (s.new.take_over(s.branch, doc, day, &takes, now, rng)).unwrap();
    share(&mut s.commune, &mut s.new, &mut s.old);
    s.old.lay_down().unwrap();
    assert!(s.commune.sync(&mut s.new).synced);
    assert_eq!(alias(&s.commune, quang).as_deref(), Some("Hai"));
    s.commune.books_are_whole();
}

#[test]
fn the_role_stands_until_everything_that_the_taker_carries_has_come() {
    let mut s = sitting();
    let quang = s.commune.members[0][0];
    let (now, day) = (s.commune.now, on("14/08/2026"));
    name(&mut s.old, &mut s.commune, quang, "Hai");
    let rng = &mut s.commune.rng;
    s.old
        .give(s.branch, day, &counted("Quang", 2, 0), now, rng)
        .unwrap();
    share(&mut s.commune, &mut s.old, &mut s.new);
    let (doc, _) = one(&s.new, s.branch);
    let rng = &mut s.commune.rng;
    s.new
        .take_over(s.branch, doc, day, &counted("Lan", 2, 0), now, rng)
        .unwrap();
    s.new.seal(now, &mut s.commune.rng).unwrap();
    // Of what the new one carries, only what speaks of the hand-over comes at first.
    let all = s.new.offer(&Default::default()).unwrap();
    let scope = Target::at(s.branch, &SUCCESSION, b"").scope;
    let word: Vec<_> = all
        .iter()
        .filter(|signed| signed.unproven().scope == scope)
        .cloned()
        .collect();
    assert_eq!(word.len(), 2);
    s.commune.push(&s.new, &word);
    let number = s.commune.number_of(&s.old);
    let ended = |c: &Commune| {
        let devices = c.node.devices().unwrap();
        devices.iter().find(|d| d.n == number).unwrap().ended
    };
    assert_eq!(ended(&s.commune), None);
    s.commune.sync(&mut s.new);
    assert!(ended(&s.commune).is_some());
    assert_eq!(alias(&s.commune, quang).as_deref(), Some("Hai"));
}

#[test]
fn who_never_hands_over_loses_the_role_when_the_days_for_it_are_over() {
    let mut s = sitting();
    let number = s.commune.number_of(&s.old);
    let ended = |c: &Commune| {
        let devices = c.node.devices().unwrap();
        devices.iter().find(|d| d.n == number).unwrap().ended
    };
    s.commune.now = after(NOW, 30 * DAY - 1);
    s.commune.sync(&mut s.new);
    assert_eq!(ended(&s.commune), None);
    s.commune.now = after(NOW, 30 * DAY);
    s.commune.sync(&mut s.new);
    assert_eq!(ended(&s.commune).map(|e| e.how), Some(End::Revoked));
}

#[test]
fn nobody_signs_for_somebody_else_and_nobody_takes_over_from_themself() {
    let mut s = sitting();
    let (now, day) = (s.commune.now, on("14/08/2026"));
    let rng = &mut s.commune.rng;
    s.old
        .give(s.branch, day, &counted("Quang", 2, 0), now, rng)
        .unwrap();
    let (doc, standing) = one(&s.old, s.branch);
    let rng = &mut s.commune.rng;
    let own = s
        .old
        .take_over(s.branch, doc, day, &counted("Quang", 2, 0), now, rng);
    assert_eq!(own, Err(EditError::AboutThemself));

    // A program that does not ask says that the other has signed.
    let given = standing.given.unwrap();
    let lan = s.new.author().unwrap().person;
    let forged: Values = values(&[
        ("sides/00000000000000aa/side", "take"),
        ("sides/00000000000000aa/signer", &lan.to_string()),
        ("sides/00000000000000aa/about", &given.id),
    ]);
    let target = Target::at(s.branch, &SUCCESSION, day.to_string().as_bytes());
    let rng = &mut s.commune.rng;
    assert_eq!(
        s.old.edit(target, &forged, now, rng),
        Err(EditError::NotAllowed)
    );
    let segment = saying(&s.old, target, &forged, None);
    s.commune.push(&s.old, std::slice::from_ref(&segment));
    assert_eq!(s.commune.last_reason(), Some(64 + 59));
    // Nor does another device believe it that takes it in from hand to hand.
    s.new.take_offer(vec![segment], now).unwrap();
    share(&mut s.commune, &mut s.old, &mut s.new);
    let all = s.new.successions(s.branch).unwrap();
    assert!(all.iter().all(|(_, s)| s.taken.is_none()));
}

#[test]
fn a_device_that_was_emptied_and_asks_before_the_taker_has_come_is_told_nothing() {
    let mut s = sitting();
    let (now, day) = (s.commune.now, on("14/08/2026"));
    let rng = &mut s.commune.rng;
    s.old
        .give(s.branch, day, &counted("Quang", 2, 0), now, rng)
        .unwrap();
    share(&mut s.commune, &mut s.old, &mut s.new);
    let (doc, _) = one(&s.new, s.branch);
    let rng = &mut s.commune.rng;
    s.new
        .take_over(s.branch, doc, day, &counted("Lan", 2, 0), now, rng)
        .unwrap();
    share(&mut s.commune, &mut s.new, &mut s.old);
    s.old.lay_down().unwrap();
    let outcome = s.commune.sync(&mut s.old);
    assert_eq!(outcome.ended, Some(End::Wiped));
    assert_eq!((outcome.entries, outcome.filled), (0, 0));
    let devices = s.commune.node.devices().unwrap();
    let device = devices.iter().find(|d| d.grant.key == s.old.public_key());
    assert!(device.unwrap().wiped);
    // The giver's side comes late and is held with the reason; nothing is lost.
    s.commune.sync(&mut s.new);
    assert_eq!(s.commune.is_held(), 1);
}

#[test]
fn story_2_the_secretary_dies_and_the_deputy_works_the_next_day() {
    let mut commune = Commune::new();
    let branch = commune.branches[0];
    let [quang, lan] = commune.members[0];
    let of = |role, person: PlaceId| Offer::new(role, branch, PersonId(person.0), NEVER);
    let mut dead = commune.enrol_by(&of(Role::Secretary, quang));
    let mut deputy = commune.enrol_by(&of(Role::Deputy, lan));
    for phone in [&mut dead, &mut deputy] {
        commune.sync(phone);
    }
    // 12/3: the last time that the secretary's phone was in touch. 13/3: a meeting, and the deputy's phone got it.
    commune.now = after(NOW, DAY);
    let meeting = kind::by_name("meeting").unwrap();
    let held = Target::at(branch, meeting, b"2026-03-13");
    let said = values(&[("held_on", "2026-03-13"), ("type", "regular")]);
    dead.edit(held, &said, commune.now, &mut commune.rng)
        .unwrap();
    share(&mut commune, &mut dead, &mut deputy);
    // Then two more changes, of which only the second went by: the stick was pulled out too early.
    for chair in ["Quang", "Đinh Văn Quang"] {
        let now = after(commune.now, 60);
        let edits = values(&[("chair", chair)]);
        dead.edit(held, &edits, now, &mut commune.rng).unwrap();
        dead.seal(now, &mut commune.rng).unwrap();
    }
    let mut rest = dead.offer(&deputy.heads().unwrap()).unwrap();
    assert_eq!(rest.len(), 2);
    rest.remove(0);
    deputy.take_offer(rest, commune.now).unwrap();

    // 15/3: the office ends the lost phone's role; the deputy works on, and brings what it got.
    commune.now = after(NOW, 3 * DAY);
    let number = commune.number_of(&dead);
    commune
        .node
        .revoke(number, true, false, commune.now)
        .unwrap();
    name(&mut deputy, &mut commune, lan, "Ba");
    commune.sync(&mut deputy);
    assert_eq!(alias(&commune, lan).as_deref(), Some("Ba"));
    let legacy = commune.node.legacy(number).unwrap().unwrap();
    assert_eq!(legacy.heard, NOW);
    let brought: Vec<_> = legacy.brought.iter().map(|b| b.is_held).collect();
    assert_eq!(
        brought,
        [true],
        "what the deputy brought waits for the office"
    );
    assert_eq!(legacy.brought[0].docs, [(held.doc, meeting.number)]);
    assert_eq!(legacy.last, Some(after(NOW, DAY)));
    let rows = commune.node.quarantine().unwrap();
    let (row, _) = rows.iter().find(|(_, row)| row.held > 0).unwrap();
    commune.node.decide(*row, true, None, commune.now).unwrap();
    let (_, said) = commune.node.values(held.doc).unwrap().unwrap();
    assert_eq!(said["held_on"].shown(), "2026-03-13");

    // What only the lost phone held is named, not guessed: one change of the meeting's, before a minute past.
    commune.sync(&mut deputy);
    let missing = deputy.missing().unwrap();
    assert_eq!(missing.len(), 1);
    let one = missing[0];
    assert_eq!((one.person, one.place), (PersonId(quang.0), Some(branch)));
    assert_eq!((one.from, one.to), (2, 2));
    commune.books_are_whole();
}

/// A member of the branch who is moved to the next one while a device holds an edit of them that the node has not heard
/// of; the office holds it then.
fn moves_away_with_an_edit(commune: &mut Commune, phone: &mut Memory) {
    let [branch, next] = commune.branches;
    let moved = commune.settle(branch, &[someone("Phạm Văn Đức")])[0];
    commune.sync(phone);
    name(phone, commune, moved, "Năm");
    let now = commune.now;
    commune.node.move_place(moved, next, now).unwrap();
    let told = commune.sync(phone);
    assert_eq!((told.held, told.waiting), (1, 1));
    assert!(phone.tree().get(moved).is_none());
}

#[test]
fn what_the_office_holds_about_somebody_who_moved_keeps_nobody_from_laying_down() {
    let mut s = sitting();
    moves_away_with_an_edit(&mut s.commune, &mut s.old);
    both_sign(&mut s);
    s.old.lay_down().unwrap();
    assert!(s.old.tree().is_empty());
    assert_eq!(s.commune.is_held(), 1);
}

#[test]
fn a_lost_phone_whose_last_word_the_office_holds_wipes_itself_all_the_same() {
    let mut commune = Commune::new();
    let mut phone = commune.enrol(Role::Secretary, commune.branches[0]);
    moves_away_with_an_edit(&mut commune, &mut phone);
    let n = commune.number_of(&phone);
    commune.node.revoke(n, true, false, NOW).unwrap();
    assert_eq!(commune.sync(&mut phone).ended, Some(End::Wiped));
    phone.wipe().unwrap();
    assert!(phone.tree().is_empty());
    assert_eq!(commune.is_held(), 1);
}

#[test]
fn who_is_secretary_again_loses_nothing_by_the_hand_over_of_before() {
    let mut s = sitting();
    let quang = s.commune.members[0][0];
    both_sign(&mut s);
    s.commune.sync(&mut s.new);
    let (doc, _) = one(&s.new, s.branch);
    let is_over = |commune: &Commune, phone: &Memory| {
        let n = commune.number_of(phone);
        let devices = commune.node.devices().unwrap();
        let device = devices.into_iter().find(|d| d.n == n).unwrap();
        device.ended.is_some()
    };
    assert!(is_over(&s.commune, &s.old));
    // Two years later they are elected once more.
    let offer = Offer::new(Role::Secretary, s.branch, PersonId(quang.0), NEVER);
    let mut again = s.commune.enrol_by(&offer);
    s.commune.sync(&mut again);
    assert_eq!(again.given_away().unwrap(), None);
    // The taker of then says one thing more in the old hand-over.
    let (now, day) = (s.commune.now, on("20/08/2026"));
    let takes = counted("Trần Thị Lan", 3, 0);
    let rng = &mut s.commune.rng;
    s.new
        .take_over(s.branch, doc, day, &takes, now, rng)
        .unwrap();
    s.commune.sync(&mut s.new);
    s.commune.sync(&mut again);
    assert!(!is_over(&s.commune, &again));
    assert_eq!(again.given_away().unwrap(), None);
    assert!(again.lay_down().is_err());
    // Nor if their program says the giver's side once more, as if it had been theirs to say, after much else of their own.
    let (_, values) = s.commune.node.values(doc).unwrap().unwrap();
    let gives = Value::Text("give".into());
    let side = (values.iter()).find(|(path, value)| path.starts_with("sides/") && **value == gives);
    let lan = s.new.author().unwrap().person;
    let upto = (0..60).map(|n| (FeedId([n; 16]), 1)).collect();
    let mut edits = chibo_core::domain::succession::holding(lan, "0011223344556677", &upto);
    edits.insert(side.unwrap().0.clone(), gives);
    let target = Target {
        scope: scope_of(s.branch, SUCCESSION.lane),
        kind: &SUCCESSION,
        doc,
    };
    let forged = saying_at(&s.new, target, &edits, None, now, 77);
    s.commune.push(&s.new, &[forged]);
    let code = reason::DOOR + Refusal::OtherSigner.code();
    assert_eq!(s.commune.last_reason(), Some(code));
    assert!(!is_over(&s.commune, &again));
    name(&mut again, &mut s.commune, quang, "Ba");
    assert!(s.commune.sync(&mut again).synced);
    assert_eq!(alias(&s.commune, quang).as_deref(), Some("Ba"));
    s.commune.books_are_whole();
}

#[test]
fn who_gives_a_branch_away_gives_it_away_on_both_of_their_devices() {
    let mut s = sitting();
    let quang = s.commune.members[0][0];
    let offer = Offer::new(Role::Secretary, s.branch, PersonId(quang.0), NEVER);
    let second = s.commune.enrol_by(&offer);
    both_sign(&mut s);
    s.commune.sync(&mut s.new);
    let n = s.commune.number_of(&second);
    let devices = s.commune.node.devices().unwrap();
    let ended = devices.iter().find(|d| d.n == n).unwrap().ended;
    assert_eq!(ended.map(|e| e.how), Some(End::Wiped));
}

#[test]
fn what_somebody_else_signs_as_a_giver_keeps_no_hand_over_from_its_end() {
    let mut s = sitting();
    let deputy = s.commune.enrol(Role::Deputy, s.branch);
    both_sign(&mut s);
    let (doc, _) = one(&s.new, s.branch);
    let at = Target {
        scope: scope_of(s.branch, SUCCESSION.lane),
        kind: &SUCCESSION,
        doc,
    };
    let own = deputy.author().unwrap().person.to_string();
    let side = "sides/00000000000000ff";
    let mut said = values(&[
        (&format!("{side}/side"), "give"),
        (&format!("{side}/{SIGNER}"), &own),
        (&format!("{side}/role"), "deputy"),
    ]);
    said.insert(format!("{side}/number"), Value::Count(i64::MAX));
    let segment = saying(&deputy, at, &said, None);
    s.commune.push(&deputy, &[segment]);
    s.commune.sync(&mut s.new);
    s.commune.sync(&mut s.new);
    let ended = s.commune.sync(&mut s.old).ended;
    assert_eq!(ended, Some(End::Wiped));
}
