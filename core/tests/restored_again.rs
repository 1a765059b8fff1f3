//! A node that goes back to an old backup more than once, and phones whose work stands on what it lost: nothing that
//! anybody said is lost, and every screen shows what stands.
use chibo_core::author::Target;
use chibo_core::check;
use chibo_core::document::{Value, Values};
use chibo_core::domain::placement::ATTENDANCE;
use chibo_core::feed::SignedSegment;
use chibo_core::forget::{EraseAct, Why};
use chibo_core::id::{Hash, PersonId, PlaceId};
use chibo_core::identity::{Custody, Epoch, Grant, SecretKey};
use chibo_core::limits;
use chibo_core::log::{Control, End, EndAct, Position, Signed, reason};
use chibo_core::node::{Brought, EnrolError, Erasing, Node};
use chibo_core::phone::SyncError;
use chibo_core::place::{Host, Role};
use chibo_core::records;
use chibo_core::store::memory::MemoryStore;
use chibo_core::store::{Store, StoreError};
use chibo_core::time::Timestamp;
use chibo_core::wire::{FrameType, SignedRequest};

mod stage;
use stage::{Commune, DAY, Memory, NOW, frames, member, values};

/// Member Lan of the first branch takes part in the second for half a year; the backup is of the day before.
struct Guest {
    commune: Commune,
    placement: PlaceId,
    backup: MemoryStore,
    /// The secretary and the deputy of the branch that hosts her.
    host: Memory,
    deputy: Memory,
}

impl Guest {
    fn new() -> Self {
        let mut commune = Commune::new();
        let branch = commune.branches[1];
        let mut host = commune.enrol(Role::Secretary, branch);
        let mut deputy = commune.enrol(Role::Deputy, branch);
        commune.sync(&mut host);
        commune.sync(&mut deputy);
        let backup = commune.node.store().clone();
        let placement = PlaceId::random(&mut commune.rng);
        let until = Timestamp(NOW.0 + 180 * DAY);
        let hosted = Host { branch, until };
        let (lan, named) = (commune.members[0][0], values(&[("full_name", "Trần Lan")]));
        (commune.node)
            .place_in(placement, lan, Some(hosted), &named, NOW, &mut commune.rng)
            .unwrap();
        commune.sync(&mut host);
        commune.sync(&mut deputy);
        Guest {
            commune,
            placement,
            backup,
            host,
            deputy,
        }
    }

    /// The node comes back from its last backup, and is backed up at once.
    fn restore(&mut self) {
        let (store, root) = (self.backup.clone(), self.commune.root.clone());
        self.commune.node = Node::restore(store, &root, NOW, &mut self.commune.rng).unwrap();
        self.backup = self.commune.node.store().clone();
    }

    fn day(&self, day: &str) -> Target {
        Target::at(self.placement, &ATTENDANCE, day.as_bytes())
    }
}

/// Notes on this phone that Lan was there on a day.
fn mark(phone: &mut Memory, target: Target, day: &str, commune: &mut Commune) {
    let edits = values(&[("held_on", day), ("mark", "present")]);
    phone.edit(target, &edits, NOW, &mut commune.rng).unwrap();
}

fn shows(phone: &Memory, target: Target) -> bool {
    let shown = phone.values(target.doc).unwrap();
    shown.is_some_and(|(_, v)| v.get("mark") == Some(&Value::Text("present".into())))
}

/// Every row of the screen is what follows from what the store holds.
fn screen_is_true(phone: &Memory) {
    let report = (phone.store()).read(|tx| check::check(tx, phone.tree(), false));
    assert_eq!(report.unwrap().faults, Vec::<String>::new());
}

fn is_waiting(phone: &Memory, target: Target) -> bool {
    let rows = phone.store().read(|tx| tx.projection()).unwrap();
    rows.iter().any(|row| row.doc == target.doc && row.pending)
}

#[test]
fn a_node_that_is_restored_again_before_the_office_confirmed_is_brought_everything_once_more() {
    let mut guest = Guest::new();
    guest.restore();
    // The secretary's phone brings the placement, and is asked to wait; what is written waits with it.
    guest.commune.sync(&mut guest.host);
    assert_eq!(guest.commune.node.brought_back().unwrap().len(), 1);
    let marked = guest.day("2026-11-03");
    mark(&mut guest.host, marked, "2026-11-03", &mut guest.commune);
    // That evening the disk fails again, and with it goes what the phone had brought.
    guest.restore();
    assert_eq!(guest.commune.node.brought_back().unwrap(), Vec::new());
    guest.commune.node.confirm(&[], NOW).unwrap();
    guest.commune.sync(&mut guest.host);
    // The first answer told of the epoch; what was lost goes with the next request.
    guest.commune.sync(&mut guest.host);
    assert_eq!(guest.commune.node.brought_back().unwrap().len(), 1);
    assert_eq!(guest.commune.node.confirm(&[], NOW).unwrap().moves, 1);
    // The placement stands again, so that what waited for it is handed over.
    guest.commune.sync(&mut guest.host);
    let outcome = guest.commune.sync(&mut guest.host);
    assert!(outcome.synced, "{outcome:?}");
    assert!(shows(&guest.host, marked));
    let at_node = guest.commune.node.values(marked.doc).unwrap();
    assert!(at_node.is_some());
    guest.commune.books_are_whole();
}

#[test]
fn an_answer_to_an_older_letter_is_not_taken_for_the_word_that_the_acts_have_come() {
    let mut guest = Guest::new();
    // Two letters lie in the box when the node comes back; its office has confirmed.
    let letters = [letter(&mut guest), letter(&mut guest)];
    guest.restore();
    guest.commune.node.confirm(&[], NOW).unwrap();
    let answers = guest.commune.node.handle(&letters, NOW);
    let answers: Vec<Vec<u8>> = answers.into_iter().map(Result::unwrap).collect();
    for answer in &answers {
        // The first tells of the new epoch. What the phone brings then is lost on the line: it finds the second.
        let (_, mut exchange) = guest.host.request(NOW, &mut guest.commune.rng).unwrap();
        for frame in frames(answer) {
            guest.host.receive(&mut exchange, &frame).unwrap();
        }
    }
    assert_eq!(guest.commune.node.brought_back().unwrap(), Vec::new());
    guest.commune.sync(&mut guest.host);
    assert_eq!(guest.commune.node.brought_back().unwrap().len(), 1);
}

#[test]
fn what_was_brought_by_a_letter_is_not_brought_again_until_the_node_is_restored_again() {
    let mut guest = Guest::new();
    guest.restore();
    let hear = |guest: &mut Guest| {
        let request = letter(guest);
        let brought = acts_in(&guest.host, &request);
        let answer = guest
            .commune
            .node
            .handle(&[request], NOW)
            .remove(0)
            .unwrap();
        let mut exchange = guest.host.reading(NOW);
        for frame in frames(&answer) {
            guest.host.receive(&mut exchange, &frame).unwrap();
        }
        assert_eq!(guest.host.outcome(&exchange).unwrap().problems, Vec::new());
        brought
    };
    // The first letter hears of the restore, the second brings what was lost, the third need not.
    let each: Vec<usize> = (0..3).map(|_| hear(&mut guest)).collect();
    assert_eq!((each[0], each[2]), (0, 0));
    assert!(each[1] > 0);
    guest.restore();
    assert_eq!((hear(&mut guest), hear(&mut guest)), (0, each[1]));
    // What stands in the log again is nobody's to bring.
    assert_eq!(guest.commune.node.confirm(&[], NOW).unwrap().moves, 1);
    guest.commune.sync(&mut guest.host);
    guest.backup = guest.commune.node.store().clone();
    guest.restore();
    guest.commune.node.confirm(&[], NOW).unwrap();
    guest.commune.sync(&mut guest.host);
    let request = letter(&mut guest);
    assert_eq!(acts_in(&guest.host, &request), 0);
}

#[test]
fn a_later_act_about_the_place_stands_over_the_one_that_was_lost_before() {
    let mut guest = Guest::new();
    guest.restore();
    guest.commune.sync(&mut guest.host);
    guest.commune.node.confirm(&[], NOW).unwrap();
    guest.commune.sync(&mut guest.host);
    // In the new epoch the placement is prolonged, under a smaller number than it had been made with.
    let (branch, lan) = (guest.commune.branches[1], guest.commune.members[0][0]);
    let longer = Host {
        branch,
        until: Timestamp(NOW.0 + 365 * DAY),
    };
    let none = values(&[]);
    let (node, rng) = (&mut guest.commune.node, &mut guest.commune.rng);
    node.place_in(guest.placement, lan, Some(longer), &none, NOW, rng)
        .unwrap();
    guest.commune.sync(&mut guest.host);
    // The deputy's phone was off all the time and knows the first act only.
    guest.restore();
    guest.commune.sync(&mut guest.deputy);
    guest.commune.sync(&mut guest.host);
    guest.commune.sync(&mut guest.deputy);
    guest.commune.node.confirm(&[], NOW).unwrap();
    let there = guest.commune.node.tree().get(guest.placement).unwrap();
    assert_eq!(there.host, Some(longer));
    for phone in [&mut guest.host, &mut guest.deputy] {
        assert!(guest.commune.sync(phone).synced);
        assert_eq!(
            phone.tree().get(guest.placement).unwrap().host,
            Some(longer)
        );
    }
}

#[test]
fn undoing_a_draft_leaves_what_a_colleague_wrote_in_a_place_that_the_node_has_lost() {
    let mut guest = Guest::new();
    let (one, other) = (guest.day("2026-11-03"), guest.day("2026-12-03"));
    mark(&mut guest.deputy, one, "2026-11-03", &mut guest.commune);
    guest.deputy.seal(NOW, &mut guest.commune.rng).unwrap();
    let offer = guest.deputy.offer(&guest.host.heads().unwrap()).unwrap();
    assert_eq!(guest.host.take_offer(offer, NOW).unwrap().taken, 1);
    guest.restore();
    guest.commune.sync(&mut guest.host);
    mark(&mut guest.host, other, "2026-12-03", &mut guest.commune);
    assert!(shows(&guest.host, one) && shows(&guest.host, other));
    assert!(guest.host.undo(other.doc).unwrap());
    assert!(shows(&guest.host, one) && !shows(&guest.host, other));
    assert!(guest.host.tree().get(guest.placement).is_some());
    screen_is_true(&guest.host);
}

#[test]
fn work_whose_receipt_a_restore_took_is_shown_as_waiting_as_soon_as_it_is_heard_of() {
    let mut guest = Guest::new();
    let lan = member(guest.commune.members[1][0]);
    let edits = values(&[("phone", "0912000222")]);
    let rng = &mut guest.commune.rng;
    guest.host.edit(lan, &edits, NOW, rng).unwrap();
    assert!(guest.commune.sync(&mut guest.host).synced);
    assert!(!is_waiting(&guest.host, lan));
    guest.restore();
    guest.commune.sync(&mut guest.host);
    assert!(is_waiting(&guest.host, lan));
    screen_is_true(&guest.host);
    guest.commune.node.confirm(&[], NOW).unwrap();
    guest.commune.sync(&mut guest.host);
    assert!(!is_waiting(&guest.host, lan));
}

fn letter(guest: &mut Guest) -> Vec<u8> {
    let rng = &mut guest.commune.rng;
    guest.host.request_by_letter(NOW, rng).unwrap().0
}

/// How many control acts a request brings.
fn acts_in(phone: &Memory, request: &[u8]) -> usize {
    let log = phone.author().unwrap().log;
    let parsed = SignedRequest::parse(request, log).unwrap();
    parsed.request.controls.len()
}

#[test]
fn who_is_shut_out_while_work_waits_for_a_placement_hands_it_over_and_empties_the_phone() {
    let mut guest = Guest::new();
    guest.restore();
    guest.commune.sync(&mut guest.host);
    let marked = guest.day("2026-11-03");
    mark(&mut guest.host, marked, "2026-11-03", &mut guest.commune);
    // The placement stands again. Before the secretary's phone hears of it, it is reported lost.
    assert_eq!(guest.commune.node.confirm(&[], NOW).unwrap().moves, 1);
    let grant = guest.host.author().unwrap().grant;
    (guest.commune.node)
        .revoke(grant, true, false, NOW)
        .unwrap();
    let outcome = guest.commune.sync(&mut guest.host);
    // It is told nothing of places any more: what waited goes to the office, which decides.
    assert_eq!(outcome.ended, Some(End::Wiped));
    assert_eq!((guest.host.drafted(), outcome.held), (Ok(0), 1));
    guest.host.wipe().unwrap();
    for (number, row) in guest.commune.node.quarantine().unwrap() {
        assert_eq!(row.reason, reason::GRANT_ENDED);
        guest.commune.node.decide(number, true, None, NOW).unwrap();
    }
    guest.commune.sync(&mut guest.deputy);
    guest.commune.sync(&mut guest.deputy);
    assert!(shows(&guest.deputy, marked));
    guest.commune.books_are_whole();
}

#[test]
fn what_the_office_wrote_under_its_lost_key_is_nobody_elses_to_wait_for() {
    let mut guest = Guest::new();
    // Somebody else's placement came and went, so that after the restore the phone is filled in anew: no entry tells
    // it what is held, only the node's word.
    let (binh, other) = (
        guest.commune.members[0][1],
        PlaceId::random(&mut guest.commune.rng),
    );
    let branch = guest.commune.branches[1];
    let until = Timestamp(NOW.0 + 180 * DAY);
    for host in [Some(Host { branch, until }), None] {
        let named = values(&[("full_name", "Trần Bình")]);
        (guest.commune.node)
            .place_in(other, binh, host, &named, NOW, &mut guest.commune.rng)
            .unwrap();
        guest.commune.sync(&mut guest.host);
    }
    guest.restore();
    guest.commune.node.confirm(&[], NOW).unwrap();
    // The phone brings the placement, and what the office had written of it.
    guest.commune.sync(&mut guest.host);
    let outcome = guest.commune.sync(&mut guest.host);
    let (number, row) = guest.commune.node.quarantine().unwrap().pop().unwrap();
    assert_eq!(row.reason, reason::GRANT_ENDED);
    assert_eq!((outcome.held, guest.host.waiting()), (0, Ok((0, 0))));
    // The office lets it stand, and at once the placement is over: of what is decided the phone hears nothing.
    assert_eq!(guest.commune.node.confirm(&[], NOW).unwrap().moves, 1);
    let lan = guest.commune.members[0][0];
    let (placement, nothing) = (guest.placement, Values::new());
    (guest.commune.node)
        .place_in(placement, lan, None, &nothing, NOW, &mut guest.commune.rng)
        .unwrap();
    guest.commune.node.decide(number, true, None, NOW).unwrap();
    guest.commune.sync(&mut guest.host);
    let outcome = guest.commune.sync(&mut guest.host);
    assert!(outcome.synced, "{outcome:?}");
    assert_eq!(guest.commune.node.quarantine().unwrap(), Vec::new());
    guest.commune.books_are_whole();
}

/// What the secretary of the second branch noted of a member of theirs, who then went to the first, and the secretary's
/// phone, which holds the member no more. Nobody in the first branch has heard of either.
struct Gone {
    commune: Commune,
    /// The node's store of before.
    backup: MemoryStore,
    secretary: Memory,
    noted: Target,
}

impl Gone {
    fn new() -> Self {
        let mut commune = Commune::new();
        let mut secretary = commune.enrol(Role::Secretary, commune.branches[1]);
        commune.sync(&mut secretary);
        let backup = commune.node.store().clone();
        let gone = commune.members[1][0];
        let noted = member(gone);
        let edits = values(&[("phone", "0912000222")]);
        secretary
            .edit(noted, &edits, NOW, &mut commune.rng)
            .unwrap();
        assert!(commune.sync(&mut secretary).synced);
        (commune.node)
            .move_place(gone, commune.branches[0], NOW)
            .unwrap();
        assert!(commune.sync(&mut secretary).synced);
        assert_eq!(secretary.values(noted.doc).unwrap(), None);
        Gone {
            commune,
            backup,
            secretary,
            noted,
        }
    }

    /// How many segments about the member lie in the phone's store.
    fn kept(&self) -> usize {
        let about = |bytes: &[u8]| {
            let signed = SignedSegment::from_bytes(bytes).unwrap();
            let mut changes = signed.unproven().changes.iter();
            changes.any(|c| c.doc == self.noted.doc)
        };
        (self.secretary.store())
            .read(|tx| {
                let mut kept = 0;
                for (feed, _) in records::feeds(tx)? {
                    let segments = records::segments_from(tx, feed, 1)?;
                    kept += segments.iter().filter(|(_, s)| about(&s.bytes)).count();
                }
                Ok::<_, StoreError>(kept)
            })
            .unwrap()
    }

    fn restore(&mut self) {
        let (store, root) = (self.backup.clone(), self.commune.root.clone());
        self.commune.node = Node::restore(store, &root, NOW, &mut self.commune.rng).unwrap();
        self.commune.node.confirm(&[], NOW).unwrap();
    }
}

#[test]
fn what_was_handed_over_of_a_member_who_then_went_comes_back_from_the_phone_that_holds_them_no_more()
 {
    let mut gone = Gone::new();
    gone.restore();
    // The first answer tells of the new epoch; what was lost goes with the next request.
    gone.commune.sync(&mut gone.secretary);
    gone.commune.sync(&mut gone.secretary);
    let (_, record) = gone.commune.node.values(gone.noted.doc).unwrap().unwrap();
    assert_eq!(record["phone"].shown(), "0912000222");
    gone.commune.books_are_whole();
}

#[test]
fn what_a_phone_keeps_of_a_member_who_went_is_on_no_screen_and_goes_with_the_first_checked_backup()
{
    let mut gone = Gone::new();
    assert_eq!(gone.kept(), 1);
    assert_eq!(gone.secretary.waiting(), Ok((0, 0)));
    let rows = gone.secretary.store().read(|tx| tx.projection()).unwrap();
    assert!(rows.iter().all(|row| row.doc != gone.noted.doc));
    screen_is_true(&gone.secretary);
    // A backup of before the note, and one of another log, hold nothing of it.
    let before = Node::open(gone.backup.clone()).unwrap().position().unwrap();
    assert_eq!(gone.commune.node.note_safe(&before), Ok(true));
    let elsewhere = gone.commune.node.position().unwrap();
    let elsewhere = Position {
        chain: Hash([7; 32]),
        ..elsewhere
    };
    assert_eq!(gone.commune.node.note_safe(&elsewhere), Ok(false));
    assert!(gone.commune.sync(&mut gone.secretary).synced);
    assert_eq!(gone.kept(), 1);
    let now = gone.commune.node.position().unwrap();
    assert_eq!(gone.commune.node.note_safe(&now), Ok(true));
    assert!(gone.commune.sync(&mut gone.secretary).synced);
    assert_eq!(gone.kept(), 0);
}

#[test]
fn a_backup_of_above_the_cut_of_a_restore_says_nothing_of_what_is_safe() {
    let mut gone = Gone::new();
    let lost = gone.commune.node.position().unwrap();
    gone.restore();
    assert_eq!(gone.commune.node.note_safe(&lost), Ok(false));
    for _ in 0..3 {
        gone.commune.sync(&mut gone.secretary);
    }
    // Nor does what the old PC had told of it: the node would have to go back only once more.
    assert_eq!(gone.kept(), 1);
}

#[test]
fn a_phone_that_had_heard_half_of_an_erasure_which_the_node_then_lost_gets_the_record_whole() {
    let mut commune = Commune::new();
    let [erased, other] = commune.members[0];
    let mut secretary = commune.enrol(Role::Secretary, commune.branches[0]);
    let mut deputy = commune.enrol(Role::Deputy, commune.branches[0]);
    commune.sync(&mut secretary);
    commune.sync(&mut deputy);
    let write = |phone: &mut Memory, of: PlaceId, note: &str, commune: &mut Commune| {
        let note = values(&[("note", note)]);
        phone
            .edit(member(of), &note, NOW, &mut commune.rng)
            .unwrap();
        commune.sync(phone);
    };
    write(&mut deputy, erased, "trước", &mut commune);
    // So much comes after it that it does not go in one piece.
    for n in 0..80 {
        let long = format!("{n} {}", "ghi chú dài ".repeat(20));
        write(&mut deputy, other, &long, &mut commune);
    }
    let (backup, root) = (commune.node.store().clone(), commune.root.clone());
    let erasing = Erasing {
        why: Why::Decided,
        basis: "QĐ số 1",
        by: None,
    };
    (commune.node)
        .erase(&[member(erased).doc], &erasing, NOW)
        .unwrap();
    // The line breaks after the first piece: what was erased has been left out of it, and why is still to come.
    let (request, mut exchange) = secretary.request(NOW, &mut commune.rng).unwrap();
    let answer = commune.node.handle(&[request], NOW).remove(0).unwrap();
    let whole = frames(&answer);
    let pieces = (whole.iter()).filter(|f| f.kind == FrameType::Entries);
    assert!(pieces.count() > 1);
    for frame in whole {
        secretary.receive(&mut exchange, &frame).unwrap();
        if frame.kind == FrameType::Entries {
            break;
        }
    }
    commune.node = Node::restore(backup, &root, NOW, &mut commune.rng).unwrap();
    commune.node.confirm(&[], NOW).unwrap();
    // The deputy has not heard of the erasure, and writes on over what was there.
    write(&mut deputy, erased, "trước và sau", &mut commune);
    commune.sync(&mut deputy);
    for _ in 0..3 {
        commune.sync(&mut secretary);
    }
    assert!(commune.sync(&mut secretary).synced);
    let (_, shown) = secretary.values(member(erased).doc).unwrap().unwrap();
    assert_eq!(shown["note"].shown(), "trước và sau");
    screen_is_true(&secretary);
    commune.books_are_whole();
}

/// The node of a commune goes back to this backup on a later day, and its office confirms.
fn back_to(commune: &mut Commune, backup: &MemoryStore, days: u64) {
    commune.now = Timestamp(NOW.0 + days * DAY);
    let (store, root) = (backup.clone(), commune.root.clone());
    commune.node = Node::restore(store, &root, commune.now, &mut commune.rng).unwrap();
    commune.node.confirm(&[], commune.now).unwrap();
}

fn says(commune: &Commune, of: PlaceId) -> String {
    let (_, record) = commune.node.values(member(of).doc).unwrap().unwrap();
    record["note"].shown()
}

#[test]
fn a_node_that_goes_back_to_the_same_backup_a_second_time_is_followed_by_its_phones() {
    let mut commune = Commune::new();
    let lan = commune.members[0][0];
    let mut phone = commune.enrol(Role::Secretary, commune.branches[0]);
    commune.sync(&mut phone);
    let backup = commune.node.store().clone();
    for (day, note) in [(1, "sau lần một"), (9, "sau lần hai")] {
        back_to(&mut commune, &backup, day);
        let (note, now) = (values(&[("note", note)]), commune.now);
        phone
            .edit(member(lan), &note, now, &mut commune.rng)
            .unwrap();
        for _ in 0..3 {
            commune.sync(&mut phone);
        }
        assert!(commune.sync(&mut phone).synced, "after day {day}");
    }
    assert_eq!(says(&commune, lan), "sau lần hai");
    commune.books_are_whole();
}

#[test]
fn a_node_that_goes_back_to_before_it_changed_its_keys_learns_of_them_what_they_signed() {
    let mut commune = Commune::new();
    let (branch, lan) = (commune.branches[0], commune.members[0][0]);
    let mut phone = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut phone);
    let backup = commune.node.store().clone();
    let root = commune.root.clone();
    (commune.node)
        .rotate_keys(&root, NOW, &mut commune.rng)
        .unwrap();
    // Let in, and shut out, by the new keys.
    let mut deputy = commune.enrol(Role::Deputy, branch);
    let mut lost = commune.enrol(Role::Deputy, branch);
    commune.sync(&mut deputy);
    commune.sync(&mut lost);
    let note = values(&[("note", "sau khi đổi khóa")]);
    deputy
        .edit(member(lan), &note, NOW, &mut commune.rng)
        .unwrap();
    commune.sync(&mut deputy);
    let n = commune.number_of(&lost);
    commune.node.revoke(n, true, false, NOW).unwrap();
    commune.sync(&mut phone);
    back_to(&mut commune, &backup, 3);
    // The secretary's phone brings the keys and what was revoked by them.
    for _ in 0..3 {
        commune.sync(&mut phone);
    }
    assert_eq!(commune.node.epochs().unwrap().len(), 3);
    commune.node.confirm(&[], commune.now).unwrap();
    // Who was let in by them is asked for, and known again; who was shut out hears what it has to do.
    for (device, wiped) in [(&mut deputy, false), (&mut lost, true)] {
        let asked = device.introduction().unwrap().to_bytes();
        let now = commune.now;
        let reply = match commune.node.enrol(&asked, now, &mut commune.rng) {
            Err(EnrolError::Unconfirmed) => {
                assert_eq!(commune.node.confirm(&[], now).unwrap().grants, 1);
                commune.node.enrol(&asked, now, &mut commune.rng).unwrap()
            }
            reply => reply.unwrap(),
        };
        device.introduced(&reply).unwrap();
        let ended = commune.sync(device).ended;
        assert_eq!(ended, wiped.then_some(End::Wiped));
    }
    commune.sync(&mut deputy);
    assert_eq!(says(&commune, lan), "sau khi đổi khóa");
    commune.books_are_whole();
}

#[test]
fn an_epoch_that_the_root_key_did_not_sign_teaches_a_restored_node_nothing() {
    let mut commune = Commune::new();
    let backup = commune.node.store().clone();
    back_to(&mut commune, &backup, 2);
    let known = commune.node.epochs().unwrap();
    let thief = SecretKey::from_seed([9; 32]);
    let first = known[0].clone();
    let made_up = Epoch {
        epoch: 2,
        prev: first.hash(),
        grant_key: thief.public(),
        ..first
    };
    let itself = made_up.clone().signed(&thief);
    let later = Epoch {
        epoch: u64::MAX,
        ..made_up.clone()
    };
    let later = later.signed(&commune.root);
    commune
        .node
        .learn_epochs(&[made_up, itself, later])
        .unwrap();
    assert_eq!(commune.node.epochs().unwrap(), known);
}

#[test]
fn a_node_restored_by_a_clock_that_is_behind_hears_from_its_devices_that_it_is() {
    let mut commune = Commune::new();
    let mut phone = commune.enrol(Role::Secretary, commune.branches[0]);
    commune.sync(&mut phone);
    let backup = commune.node.store().clone();
    let (root, later) = (commune.root.clone(), Timestamp(NOW.0 + 30 * DAY));
    commune.now = later;
    commune.node = Node::restore(backup.clone(), &root, later, &mut commune.rng).unwrap();
    commune.node.confirm(&[], later).unwrap();
    assert!(commune.sync(&mut phone).synced);
    assert_eq!(commune.node.later_epoch().unwrap(), None);
    // Once more from the same backup, and the PC's clock has lost the month.
    commune.now = Timestamp(NOW.0 + DAY);
    let behind = commune.now;
    commune.node = Node::restore(backup.clone(), &root, behind, &mut commune.rng).unwrap();
    commune.node.confirm(&[], behind).unwrap();
    let stranger = commune.enrol(Role::Deputy, commune.branches[0]);
    let (request, mut exchange) = phone.request(behind, &mut commune.rng).unwrap();
    let answer = commune.node.handle(&[request], behind).remove(0).unwrap();
    let heard = (stage::frames(&answer).iter()).try_for_each(|f| phone.receive(&mut exchange, f));
    assert!(matches!(heard, Err(SyncError::Late)), "{heard:?}");
    // Nobody's mere word is taken for it: a device could name any epoch.
    assert_eq!(commune.node.later_epoch().unwrap(), None);
    let (log, last) = (
        commune.node.log(),
        phone.store().read(records::epochs).unwrap(),
    );
    let forged = Epoch {
        epoch: later.0 + 400 * DAY,
        ..last.last().unwrap().clone()
    };
    let key = stranger.key().clone();
    let of = stranger.author().unwrap().grant;
    for made_up in [forged.clone(), forged.signed(&key)] {
        assert!(!made_up.is_signed_for(log));
        let control = vec![(0, Control::Epoch(Box::new(made_up)))];
        let request = stage::carrying(&stranger, of, &[], control);
        commune.node.handle(&[request], behind).remove(0).unwrap();
        assert_eq!(commune.node.later_epoch().unwrap(), None);
    }
    // It shows the epoch that it stands in, as the root key signed it.
    let (request, _) = phone.request(behind, &mut commune.rng).unwrap();
    commune.node.handle(&[request], behind).remove(0).unwrap();
    assert_eq!(commune.node.later_epoch().unwrap(), Some(later));
    // With the right clock it is followed.
    commune.now = Timestamp(later.0 + DAY);
    let now = commune.now;
    commune.node = Node::restore(backup, &root, now, &mut commune.rng).unwrap();
    commune.node.confirm(&[], now).unwrap();
    assert!(commune.sync(&mut phone).synced);
    assert_eq!(commune.node.later_epoch().unwrap(), None);
}

/// Whoever took the PC, or a copy of its working keys, and one phone that is let in.
struct Thief {
    key: SecretKey,
}

impl Thief {
    fn of(commune: &Commune) -> Self {
        let seed = (commune.node.store()).read(|tx| records::meta(tx, "grant-key"));
        let seed: [u8; 32] = seed.unwrap().unwrap().try_into().unwrap();
        Thief {
            key: SecretKey::from_seed(seed),
        }
    }

    /// Brings the erasure of a member's record, and the end of the office's present grant.
    fn strikes(&self, commune: &mut Commune, phone: &Memory, member: PlaceId) {
        let author = phone.author().unwrap();
        let target = stage::member(member);
        let act = EraseAct {
            doc: target.doc,
            scope: target.scope,
            kind: target.kind.number,
            why: Why::Decided,
            basis: "07-QĐ/ĐU, 02.11.2026".into(),
            by: PersonId([1; 16]),
        };
        let erased = Control::Erase(Signed::new(act, author.log, &self.key));
        let devices = commune.node.devices().unwrap();
        let office = devices.iter().rfind(|d| d.grant.custody == Custody::Node);
        let act = EndAct {
            grant: office.unwrap().grant.hash(),
            end: End::Revoked,
        };
        let ended = Control::End(Signed::new(act, author.log, &self.key));
        let controls = vec![(90, erased), (91, ended)];
        let request = stage::carrying(phone, author.grant, &[], controls);
        commune.node.handle(&[request], NOW).remove(0).unwrap();
    }
}

fn is_there(commune: &Commune, place: PlaceId) -> bool {
    commune.node.values(member(place).doc).unwrap().is_some()
}

#[test]
fn keys_of_before_a_change_of_keys_erase_nothing() {
    let mut commune = Commune::new();
    let quang = commune.members[0][0];
    let mut phone = commune.enrol(Role::Member, quang);
    commune.sync(&mut phone);
    let thief = Thief::of(&commune);
    let root = commune.root.clone();
    (commune.node)
        .rotate_keys(&root, NOW, &mut commune.rng)
        .unwrap();
    commune.sync(&mut phone);
    thief.strikes(&mut commune, &phone, quang);
    assert!(is_there(&commune, quang));
    assert_eq!(commune.node.brought_back().unwrap(), []);
    let note = values(&[("note", "Văn phòng vẫn ghi được")]);
    commune
        .node
        .edit(member(quang), &note, NOW, &mut commune.rng)
        .unwrap();
    commune.node.submit(NOW, &mut commune.rng).unwrap();
    commune.books_are_whole();
}

#[test]
fn keys_of_before_a_restore_erase_nothing_that_a_person_did_not_look_at() {
    let mut commune = Commune::new();
    let [quang, lan] = commune.members[0];
    let mut phone = commune.enrol(Role::Member, quang);
    commune.sync(&mut phone);
    let thief = Thief::of(&commune);
    let (backup, root) = (commune.node.store().clone(), commune.root.clone());
    commune.node = Node::restore(backup, &root, NOW, &mut commune.rng).unwrap();
    commune.node.confirm(&[], NOW).unwrap();
    commune.sync(&mut phone);
    for member in [quang, lan] {
        thief.strikes(&mut commune, &phone, member);
        assert!(is_there(&commune, member));
    }
    let brought = commune.node.brought_back().unwrap();
    let hashes: Vec<Hash> = brought.iter().map(Brought::hash).collect();
    let of_quang = brought
        .iter()
        .position(|b| matches!(b, Brought::Erasure(act) if act.doc == member(quang).doc));
    assert_eq!(brought.len(), 2);
    // The office leaves one out, and knows of the other.
    let left_out = hashes[of_quang.unwrap()];
    let done = commune.node.confirm(&[left_out], NOW).unwrap();
    assert_eq!((done.erasures, done.left_out), (1, 1));
    assert!(is_there(&commune, quang));
    assert!(!is_there(&commune, lan));
    let note = values(&[("note", "Văn phòng vẫn ghi được")]);
    commune
        .node
        .edit(member(quang), &note, NOW, &mut commune.rng)
        .unwrap();
    commune.node.submit(NOW, &mut commune.rng).unwrap();
    assert!(commune.sync(&mut phone).synced);
    commune.books_are_whole();
}

#[test]
fn keys_that_were_changed_before_a_backup_shut_nobody_out_after_its_restore() {
    let mut commune = Commune::new();
    let quang = commune.members[0][0];
    let mut phone = commune.enrol(Role::Member, quang);
    commune.sync(&mut phone);
    let thief = Thief::of(&commune);
    let root = commune.root.clone();
    (commune.node)
        .rotate_keys(&root, NOW, &mut commune.rng)
        .unwrap();
    let backup = commune.node.store().clone();
    commune.node = Node::restore(backup, &root, NOW, &mut commune.rng).unwrap();
    commune.node.confirm(&[], NOW).unwrap();
    commune.sync(&mut phone);
    let own = phone.own_grant().unwrap().unwrap();
    let act = EndAct {
        grant: own.hash(),
        end: End::Revoked,
    };
    let author = phone.author().unwrap();
    let ended = Control::End(Signed::new(act, author.log, &thief.key));
    let request = stage::carrying(&phone, author.grant, &[], vec![(90, ended)]);
    commune.node.handle(&[request], NOW).remove(0).unwrap();
    assert_eq!(commune.sync(&mut phone).ended, None);
    thief.strikes(&mut commune, &phone, quang);
    assert_eq!(commune.node.brought_back().unwrap(), []);
    assert!(is_there(&commune, quang));
}

/// Grants that a device's earlier key signs for devices that it makes up, brought to the node one after another; how many
/// of them wait for the office.
fn makes_up(commune: &mut Commune, parent: &Grant, key: &SecretKey, count: u64) -> usize {
    for n in 0..count {
        let mut seed = [3; 32];
        seed[..8].copy_from_slice(&n.to_be_bytes());
        let device = SecretKey::from_seed(seed);
        let grant = Grant {
            under: parent.hash(),
            key: device.public(),
            person: PersonId(commune.members[0][0].0),
            role: Role::Member,
            place: commune.members[0][0],
            may_delegate: false,
            ..parent.clone()
        }
        .signed(key);
        assert!(commune.introduce(vec![grant], &device).is_err());
    }
    commune.node.brought_back().unwrap().len()
}

#[test]
fn a_key_of_before_makes_up_no_crowd_of_devices_that_wait_for_the_office() {
    let mut commune = Commune::new();
    let mut phone = commune.enrol(Role::Secretary, commune.branches[0]);
    commune.sync(&mut phone);
    let (parent, old) = (phone.own_grant().unwrap().unwrap(), phone.key().clone());
    let request = phone.change_key(&mut commune.rng).unwrap().to_bytes();
    let reply = commune.node.enrol(&request, NOW, &mut commune.rng).unwrap();
    phone.key_changed(&reply).unwrap();
    // Where nothing was lost nobody is asked about them.
    assert_eq!(makes_up(&mut commune, &parent, &old, 10), 0);
    let (root, backup) = (commune.root.clone(), commune.node.store().clone());
    (commune.node)
        .rotate_keys(&root, NOW, &mut commune.rng)
        .unwrap();
    assert_eq!(makes_up(&mut commune, &parent, &old, 10), 0);
    commune.node = Node::restore(backup, &root, NOW, &mut commune.rng).unwrap();
    let bound = limits::GRANTS_A_DAY;
    let wait = makes_up(&mut commune, &parent, &old, bound + 20);
    assert_eq!(wait as u64, bound);
    // The office leaves them out, and there is room again.
    let left_out: Vec<Hash> = (commune.node.brought_back().unwrap().iter())
        .map(Brought::hash)
        .collect();
    let confirmed = commune.node.confirm(&left_out, NOW).unwrap();
    assert_eq!(confirmed.left_out, left_out.len());
    assert!(commune.node.brought_back().unwrap().is_empty());
}

#[test]
fn keys_of_before_a_restore_shut_out_nobody_who_was_let_in_since() {
    let mut commune = Commune::new();
    let mut known = commune.enrol(Role::Deputy, commune.branches[0]);
    commune.sync(&mut known);
    let thief = Thief::of(&commune);
    let (backup, root) = (commune.node.store().clone(), commune.root.clone());
    commune.node = Node::restore(backup, &root, NOW, &mut commune.rng).unwrap();
    commune.node.confirm(&[], NOW).unwrap();
    commune.sync(&mut known);
    let mut since = commune.enrol(Role::Secretary, commune.branches[0]);
    commune.sync(&mut since);
    for (phone, is_ended) in [(&since, false), (&known, true)] {
        let act = EndAct {
            grant: phone.own_grant().unwrap().unwrap().hash(),
            end: End::Wiped,
        };
        let author = known.author().unwrap();
        let ended = Control::End(Signed::new(act, author.log, &thief.key));
        let request = stage::carrying(&known, author.grant, &[], vec![(90, ended)]);
        commune.node.handle(&[request], NOW).remove(0).unwrap();
        let n = commune.number_of(phone);
        let devices = commune.node.devices().unwrap();
        let device = devices.iter().find(|d| d.n == n).unwrap();
        assert_eq!(device.ended.is_some(), is_ended);
    }
    assert!(commune.sync(&mut since).synced);
}

#[test]
fn a_lost_phone_that_knows_of_many_lost_acts_hands_over_its_work_and_is_emptied() {
    let mut commune = Commune::new();
    let mut lost = commune.enrol(Role::Office, commune.node.root());
    commune.sync(&mut lost);
    let (backup, root) = (commune.node.store().clone(), commune.root.clone());
    for _ in 0..limits::CONTROLS + 10 {
        commune.enrol(Role::Deputy, commune.branches[0]);
    }
    commune.sync(&mut lost);
    let quang = member(commune.members[0][0]);
    lost.edit(quang, &values(&[("alias", "Hai")]), NOW, &mut commune.rng)
        .unwrap();
    commune.node = Node::restore(backup, &root, NOW, &mut commune.rng).unwrap();
    commune.node.confirm(&[], NOW).unwrap();
    let n = commune.number_of(&lost);
    commune.node.revoke(n, true, false, NOW).unwrap();
    for _ in 0..4 {
        commune.sync(&mut lost);
    }
    assert_eq!(commune.is_held(), 1);
    lost.wipe().unwrap();
    assert!(lost.is_wiped().unwrap());
}
