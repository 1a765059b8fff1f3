//! A device becomes known to its node without a line: by a ticket, and under a new key. The engine's part; the letters
//! themselves travel in `server/tests/commands/{mail,stick}.rs`.

use chibo_core::enrol::{EnrolReply, EnrolRequest, Offer, Ticket, Unknown, Word};
use chibo_core::id::PersonId;
use chibo_core::identity::SecretKey;
use chibo_core::log::End;
use chibo_core::node::{Brought, EnrolError, Node};
use chibo_core::phone::{Heard, Phone, SyncError};
use chibo_core::place::Role;
use chibo_core::records;
use chibo_core::store::Store;
use chibo_core::store::memory::MemoryStore;
use chibo_core::time::Timestamp;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

mod stage;
use stage::*;

fn stranger(commune: &mut Commune) -> Memory {
    Phone::create(MemoryStore::new(), &mut commune.rng).unwrap()
}

/// The node's word to what the device asks now, sealed for nobody but who signed it.
fn word(commune: &mut Commune, asked: &EnrolRequest) -> Word {
    let (key, word) = (commune.node)
        .enrol_by_letter(asked, commune.now, &mut commune.rng)
        .unwrap()
        .unwrap();
    assert_eq!(Some(key), asked.key());
    Word::from_bytes(&word.to_bytes()).unwrap()
}

fn asks(phone: &Memory) -> EnrolRequest {
    phone.asks_to_be_known().unwrap().unwrap().0
}

/// A secretary who lets a member in, and the ticket for them.
fn on_paper(commune: &mut Commune) -> (Memory, Ticket) {
    on_paper_for(commune, 0)
}

/// As [`on_paper`], for this member of the branch.
fn on_paper_for(commune: &mut Commune, which: usize) -> (Memory, Ticket) {
    let (branch, quang) = (commune.branches[0], commune.members[0][which]);
    let mut secretary = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut secretary);
    let expires = Timestamp(commune.now.0 + 7 * DAY);
    let offer = Offer::new(Role::Member, quang, PersonId(quang.0), expires);
    let ticket = secretary.ticket("", &offer, &mut commune.rng).unwrap();
    (secretary, Ticket::from_text(&ticket.to_text()).unwrap())
}

#[test]
fn who_was_let_in_by_a_secretary_is_enrolled_by_letters_alone() {
    let mut commune = Commune::new();
    let (_, ticket) = on_paper(&mut commune);
    let mut own = stranger(&mut commune);
    assert_eq!(ticket.letter_key, Some(commune.node.epoch().letter_key()));
    own.enrol_by_letter(&ticket).unwrap();
    let (asked, sealed_for) = own.asks_to_be_known().unwrap().unwrap();
    assert_eq!(Some(sealed_for), ticket.letter_key);
    let said = word(&mut commune, &asked);
    // The phone lost power, or the letter its way: it asks the same again, and hears the same.
    let mut own = Phone::open(own.into_store(), None).unwrap();
    assert_eq!(asks(&own), asked);
    assert_eq!(word(&mut commune, &asked), said);
    assert_eq!(own.hear(&said).unwrap(), Heard::Enrolled);
    assert!(own.asks_to_be_known().unwrap().is_none());
    assert_eq!(own.hear(&said).unwrap(), Heard::Nothing, "heard twice");
    assert!(commune.sync(&mut own).synced);
    commune.books_are_whole();
}

#[test]
fn a_ticket_of_the_office_works_once_by_letter_too_and_whoever_is_late_hears_why() {
    let mut commune = Commune::new();
    let mut offer = commune.offer(Role::Deputy, commune.branches[0]);
    offer.expires = Timestamp(commune.now.0 + DAY);
    let tickets = [0, 1].map(|_| commune.node.ticket("", &offer, &mut commune.rng).unwrap());
    let (mut first, mut second) = (stranger(&mut commune), stranger(&mut commune));
    for phone in [&mut first, &mut second] {
        phone.enrol_by_letter(&tickets[0]).unwrap();
    }
    let said = word(&mut commune, &asks(&first));
    assert_eq!(first.hear(&said).unwrap(), Heard::Enrolled);
    let said = word(&mut commune, &asks(&second));
    assert_eq!(second.hear(&said).unwrap(), Heard::Refused(Unknown::Used));
    assert!(second.asks_to_be_known().unwrap().is_none());
    // It is free to try another; that one's days are over when the letter comes.
    second.enrol_by_letter(&tickets[1]).unwrap();
    commune.now = Timestamp(commune.now.0 + 2 * DAY);
    let said = word(&mut commune, &asks(&second));
    assert_eq!(
        second.hear(&said).unwrap(),
        Heard::Refused(Unknown::Expired)
    );
    commune.books_are_whole();
}

#[test]
fn only_the_nodes_own_word_about_this_very_request_is_heard() {
    let mut commune = Commune::new();
    let rng = &mut ChaCha8Rng::seed_from_u64(4);
    let (another, _) = Node::init(MemoryStore::new(), "Xã Xuân Hồng", NOW, rng).unwrap();
    let its_key = another.store().read(|tx| records::meta(tx, "log-key"));
    let its_key = SecretKey::from_seed(its_key.unwrap().unwrap().try_into().unwrap());
    let foreign = another.epochs().unwrap();
    let (secretary, ticket) = on_paper(&mut commune);
    let mut own = stranger(&mut commune);
    own.enrol_by_letter(&ticket).unwrap();
    let asked = asks(&own);
    let (log, epochs) = (commune.node.log(), commune.node.epochs().unwrap());
    let no = Err(Unknown::Used);
    // By a key of somebody's own, of another node, of a device.
    let thief = SecretKey::from_seed([5; 32]);
    for (forged, why) in [
        (
            Word::new(log, epochs.clone(), &asked, no.clone(), &thief),
            "a thief",
        ),
        (
            Word::new(log, epochs.clone(), &asked, no.clone(), secretary.key()),
            "a device",
        ),
        (
            Word::new(log, Vec::new(), &asked, no.clone(), &thief),
            "no epoch",
        ),
        (
            Word::new(log, foreign.clone(), &asked, no.clone(), &its_key),
            "another node",
        ),
        (
            Word::new(another.log(), foreign, &asked, no, &its_key),
            "another node's log",
        ),
    ] {
        let told = own.hear(&forged);
        assert!(
            matches!(told, Err(SyncError::NotTheNode)),
            "{why}: {told:?}"
        );
    }
    // The node's true word, about what somebody else asked; and altered on the way.
    let mut neighbour = stranger(&mut commune);
    let offer = commune.offer(Role::Deputy, commune.branches[1]);
    let theirs = commune.node.ticket("", &offer, &mut commune.rng).unwrap();
    neighbour.enrol_by_letter(&theirs).unwrap();
    let said = word(&mut commune, &asks(&neighbour));
    assert_eq!(own.hear(&said).unwrap(), Heard::Nothing);
    let good = word(&mut commune, &asked);
    let bytes = good.to_bytes();
    for at in (0..bytes.len()).step_by(7) {
        let mut altered = bytes.clone();
        altered[at] ^= 1;
        if let Ok(altered) = Word::from_bytes(&altered) {
            assert!(own.hear(&altered).is_err(), "byte {at}");
        }
    }
    assert_eq!(own.hear(&good).unwrap(), Heard::Enrolled);
    // Nobody is answered who does not hold the key that asks.
    let EnrolRequest::Introduction { grants, .. } = asked else {
        panic!("a ticket on paper");
    };
    let stolen = EnrolRequest::introducing(grants, &thief);
    let told = commune.node.enrol_by_letter(&stolen, NOW, &mut commune.rng);
    assert!(told.unwrap().is_none());
}

/// What the node says over a line to a request to be known.
fn over_the_line(commune: &mut Commune, asked: &EnrolRequest) -> Result<EnrolReply, Box<Word>> {
    let said = commune
        .node
        .answer_enrolment(&asked.to_bytes(), NOW, &mut commune.rng);
    said.unwrap()
}

#[test]
fn a_device_changes_its_key_by_letters_alone_and_loses_no_work_meanwhile() {
    let mut commune = Commune::new();
    let quang = commune.members[0][0];
    let mut phone = commune.enrol(Role::Secretary, commune.branches[0]);
    commune.sync(&mut phone);
    let old = phone.key().clone();
    phone.change_key(&mut commune.rng).unwrap();
    let boxes: Vec<_> = phone
        .letter_keys()
        .unwrap()
        .iter()
        .map(SecretKey::public)
        .collect();
    assert_eq!(boxes.len(), 2, "its own, and the one that it changes to");
    let said = word(&mut commune, &asks(&phone));
    // Before the word comes, somebody writes on.
    let alias = values(&[("alias", "Hai")]);
    phone
        .edit(member(quang), &alias, NOW, &mut commune.rng)
        .unwrap();
    phone.seal(NOW, &mut commune.rng).unwrap();
    assert_eq!(phone.hear(&said).unwrap(), Heard::NewKey);
    assert_eq!(phone.public_key(), boxes[1]);
    assert!(phone.asks_to_be_known().unwrap().is_none());
    assert!(commune.sync(&mut phone).synced);
    let (_, record) = commune.node.values(member(quang).doc).unwrap().unwrap();
    assert_eq!(record["alias"].shown(), "Hai");
    // The old key is worth nothing: what it signs lets nobody in.
    let old_grant = commune.node.devices().unwrap().into_iter();
    let old_grant = old_grant.map(|d| d.grant).find(|g| g.key == old.public());
    let thief = SecretKey::from_seed([5; 32]);
    let stolen = old_grant.unwrap().successor(thief.public(), &old, [9; 8]);
    let asked = EnrolRequest::introducing(vec![stolen], &thief);
    assert_eq!(word(&mut commune, &asked).said, Err(Unknown::Ended));
    commune.books_are_whole();
}

#[test]
fn a_twin_that_changed_its_key_first_leaves_the_other_with_its_work_and_a_word() {
    let mut commune = Commune::new();
    let mut phone = commune.enrol(Role::Secretary, commune.branches[0]);
    commune.sync(&mut phone);
    let mut twin = Phone::open(phone.store().clone(), None).unwrap();
    phone.change_key(&mut commune.rng).unwrap();
    twin.change_key(&mut commune.rng).unwrap();
    let said = word(&mut commune, &asks(&twin));
    assert_eq!(twin.hear(&said).unwrap(), Heard::NewKey);
    let said = word(&mut commune, &asks(&phone));
    assert_eq!(phone.hear(&said).unwrap(), Heard::Refused(Unknown::Ended));
    assert!(!phone.is_changing_key().unwrap());
}

#[test]
fn a_key_that_the_node_refuses_over_the_line_is_dropped_and_why_is_told() {
    let mut commune = Commune::new();
    let mut phone = commune.enrol(Role::Secretary, commune.branches[0]);
    commune.sync(&mut phone);
    let mut twin = Phone::open(phone.store().clone(), None).unwrap();
    let asked = phone.change_key(&mut commune.rng).unwrap();
    let first = twin.change_key(&mut commune.rng).unwrap();
    let said = over_the_line(&mut commune, &first);
    let word_to_twin = word(&mut commune, &first);
    assert!(twin.key_answered(said).unwrap().is_ok());

    // Whoever stands between cannot end the change: not with a word that the node did not sign, nor with one about
    // something else.
    let stranger = SecretKey::from_seed([5; 32]);
    let (log, epochs) = (commune.node.log(), word_to_twin.epochs.clone());
    let forged = Word::new(log, epochs, &asked, Err(Unknown::Ended), &stranger);
    for wrong in [forged, word_to_twin] {
        let taken = phone.key_answered(Err(Box::new(wrong)));
        assert!(matches!(taken, Err(SyncError::NotTheNode)), "{taken:?}");
        assert!(phone.is_changing_key().unwrap());
    }
    let said = over_the_line(&mut commune, &asked);
    let why = phone.key_answered(said).unwrap().unwrap_err();
    assert_eq!(why.said, Err(Unknown::Ended));
    assert!(!phone.is_changing_key().unwrap());
    assert!(phone.asks_to_be_known().unwrap().is_none());
    // The same word once more is about nothing that has begun.
    let again = phone.key_answered(Err(why));
    assert!(matches!(again, Err(SyncError::NotTheNode)), "{again:?}");
    assert_eq!(commune.sync(&mut phone).ended, Some(End::Succeeded));
    assert!(commune.sync(&mut twin).synced);
}

#[test]
fn a_restored_node_lets_letters_of_strangers_wait_until_its_office_has_confirmed() {
    let mut commune = Commune::new();
    let (_, ticket) = on_paper(&mut commune);
    let mut own = stranger(&mut commune);
    own.enrol_by_letter(&ticket).unwrap();
    let (backup, root) = (commune.node.store().clone(), commune.root.clone());
    commune.node = Node::restore(backup, &root, NOW, &mut commune.rng).unwrap();
    let asked = asks(&own);
    let told = commune.node.enrol_by_letter(&asked, NOW, &mut commune.rng);
    assert!(matches!(told, Err(EnrolError::Unconfirmed)));
    commune.node.confirm(&[], NOW).unwrap();
    let said = word(&mut commune, &asked);
    assert_eq!(own.hear(&said).unwrap(), Heard::Enrolled);
    assert!(commune.sync(&mut own).synced);
}

/// A secretary who was let in after the backup that the node goes on from, with work that has no receipt; the node tells
/// its new keys where everybody can read them.
fn let_in_after_the_backup() -> (Commune, Memory) {
    let mut commune = Commune::new();
    let (backup, root) = (commune.node.store().clone(), commune.root.clone());
    let mut phone = commune.enrol(Role::Secretary, commune.branches[0]);
    commune.sync(&mut phone);
    let alias = values(&[("alias", "Hai")]);
    let quang = member(commune.members[0][0]);
    phone.edit(quang, &alias, NOW, &mut commune.rng).unwrap();
    commune.node = Node::restore(backup, &root, NOW, &mut commune.rng).unwrap();
    assert!(phone.asks_to_be_known().unwrap().is_none());
    phone
        .take_epoch_letter(commune.node.epochs().unwrap())
        .unwrap();
    (commune, phone)
}

#[test]
fn who_was_let_in_after_the_backup_is_known_again_by_letters_alone() {
    let (mut commune, phone) = let_in_after_the_backup();
    let mut phone = Phone::open(phone.into_store(), None).unwrap();
    let (asked, sealed_for) = phone.asks_to_be_known().unwrap().unwrap();
    assert_eq!(sealed_for, commune.node.epoch().letter_key());
    // Nobody is let in again before the office has said so.
    let told = commune.node.enrol_by_letter(&asked, NOW, &mut commune.rng);
    assert!(matches!(told, Err(EnrolError::Unconfirmed)));
    assert_eq!(commune.node.confirm(&[], NOW).unwrap().grants, 1);
    let said = word(&mut commune, &asked);
    assert_eq!(phone.hear(&said).unwrap(), Heard::KnownAgain);
    assert_eq!(phone.hear(&said).unwrap(), Heard::Nothing, "heard twice");
    assert!(phone.asks_to_be_known().unwrap().is_none());
    let outcome = commune.sync(&mut phone);
    assert!(outcome.synced, "{outcome:?}");
    let quang = member(commune.members[0][0]);
    let (_, record) = commune.node.values(quang.doc).unwrap().unwrap();
    assert_eq!(record["alias"].shown(), "Hai");
    commune.books_are_whole();
}

#[test]
fn a_lost_phone_of_which_the_node_had_lost_all_is_told_by_letter_to_wipe_itself() {
    let mut commune = Commune::new();
    let branch = commune.branches[0];
    let mut deputy = commune.enrol(Role::Deputy, branch);
    commune.sync(&mut deputy);
    let (backup, root) = (commune.node.store().clone(), commune.root.clone());
    let mut lost = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut lost);
    let n = commune.number_of(&lost);
    commune.node.revoke(n, true, false, NOW).unwrap();
    commune.sync(&mut deputy);
    commune.node = Node::restore(backup, &root, NOW, &mut commune.rng).unwrap();
    commune.sync(&mut deputy);
    commune.node.confirm(&[], NOW).unwrap();
    let epochs = commune.node.epochs().unwrap();
    lost.take_epoch_letter(epochs).unwrap();
    let said = word(&mut commune, &asks(&lost));
    assert_eq!(lost.hear(&said).unwrap(), Heard::KnownAgain);
    assert_eq!(commune.sync(&mut lost).ended, Some(End::Wiped));
    lost.wipe().unwrap();
    commune.books_are_whole();
}

#[test]
fn a_leaders_ticket_that_was_used_before_a_restore_lets_nobody_else_in_after_it() {
    only_its_owner_is_let_in(false);
}

#[test]
fn so_it_is_when_they_come_long_after_the_tickets_term() {
    only_its_owner_is_let_in(true);
}

fn only_its_owner_is_let_in(late: bool) {
    let mut commune = Commune::new();
    let (_, ticket) = on_paper(&mut commune);
    let (backup, root) = (commune.node.store().clone(), commune.root.clone());
    let mut own = commune.use_ticket(&ticket).unwrap();
    commune.sync(&mut own);
    commune.node = Node::restore(backup, &root, NOW, &mut commune.rng).unwrap();
    commune.node.confirm(&[], NOW).unwrap();
    if late {
        commune.now = Timestamp(NOW.0 + 10 * DAY);
    }
    // Somebody who has a picture of the ticket is first.
    let mut finder = stranger(&mut commune);
    finder.enrol_by_letter(&ticket).unwrap();
    let found = asks(&finder);
    let now = commune.now;
    let told = (commune.node).enrol_by_letter(&found, now, &mut commune.rng);
    assert!(matches!(told, Err(EnrolError::Unconfirmed)), "{told:?}");
    own.take_epoch_letter(commune.node.epochs().unwrap())
        .unwrap();
    let asked = asks(&own);
    let told = (commune.node).enrol_by_letter(&asked, now, &mut commune.rng);
    assert!(matches!(told, Err(EnrolError::Unconfirmed)), "{told:?}");
    // Two devices with one ticket: neither is let in before the office says which.
    let both = commune.node.brought_back().unwrap();
    assert_eq!(both.len(), 2);
    assert_eq!(commune.node.contested().unwrap().len(), 2);
    let done = commune.node.confirm(&[], now).unwrap();
    assert_eq!((done.grants, done.contested), (0, 2));
    let is_finders = |item: &&Brought| match item {
        Brought::Grant(grant) => grant.key == finder.public_key(),
        _ => false,
    };
    let finders = both.iter().find(is_finders).unwrap().hash();
    let done = commune.node.confirm(&[finders], now).unwrap();
    assert_eq!((done.grants, done.left_out), (1, 1));
    let said = word(&mut commune, &asked);
    assert_eq!(own.hear(&said).unwrap(), Heard::KnownAgain);
    let said = word(&mut commune, &found);
    assert_eq!(finder.hear(&said).unwrap(), Heard::Refused(Unknown::Used));
    assert!(commune.sync(&mut own).synced);
    // One that was made long enough after the restore needs nobody's word.
    commune.now = Timestamp(NOW.0 + 40 * DAY);
    let (_, later) = on_paper_for(&mut commune, 1);
    let mut new = commune.use_ticket(&later).unwrap();
    assert!(commune.sync(&mut new).synced);
    commune.books_are_whole();
}

#[test]
fn a_lost_phone_that_a_leader_let_in_is_told_to_wipe_itself_though_a_restore_lost_all_of_it() {
    let mut commune = Commune::new();
    let (_, ticket) = on_paper(&mut commune);
    let (backup, root) = (commune.node.store().clone(), commune.root.clone());
    let mut lost = commune.use_ticket(&ticket).unwrap();
    commune.sync(&mut lost);
    let n = commune.number_of(&lost);
    commune.node.revoke(n, true, false, NOW).unwrap();
    let list = commune.node.revocations().unwrap();
    commune.node = Node::restore(backup, &root, NOW, &mut commune.rng).unwrap();
    commune.node.revoke_again(&list, NOW).unwrap();
    commune.node.confirm(&[], NOW).unwrap();
    lost.take_epoch_letter(commune.node.epochs().unwrap())
        .unwrap();
    let said = word(&mut commune, &asks(&lost));
    assert_eq!(lost.hear(&said).unwrap(), Heard::KnownAgain);
    assert_eq!(commune.sync(&mut lost).ended, Some(End::Wiped));
    commune.books_are_whole();
}

#[test]
fn who_comes_before_the_leader_who_let_them_in_hears_no_last_word_after_a_restore() {
    let mut commune = Commune::new();
    let (backup, root) = (commune.node.store().clone(), commune.root.clone());
    let (mut secretary, ticket) = on_paper(&mut commune);
    let mut own = commune.use_ticket(&ticket).unwrap();
    commune.sync(&mut own);
    commune.node = Node::restore(backup, &root, NOW, &mut commune.rng).unwrap();
    commune.node.confirm(&[], NOW).unwrap();
    for phone in [&mut secretary, &mut own] {
        phone
            .take_epoch_letter(commune.node.epochs().unwrap())
            .unwrap();
    }
    let (asked, leads) = (asks(&own), asks(&secretary));
    let told = commune.node.enrol_by_letter(&asked, NOW, &mut commune.rng);
    assert!(matches!(told, Ok(None)), "{told:?}");
    // Once the leader is known again, so is who they let in, when the office has said yes to both.
    let told = commune.node.enrol_by_letter(&leads, NOW, &mut commune.rng);
    assert!(matches!(told, Err(EnrolError::Unconfirmed)), "{told:?}");
    commune.node.confirm(&[], NOW).unwrap();
    let said = word(&mut commune, &leads);
    assert_eq!(secretary.hear(&said).unwrap(), Heard::KnownAgain);
    let told = commune.node.enrol_by_letter(&asked, NOW, &mut commune.rng);
    assert!(matches!(told, Err(EnrolError::Unconfirmed)), "{told:?}");
    commune.node.confirm(&[], NOW).unwrap();
    let said = word(&mut commune, &asked);
    assert_eq!(own.hear(&said).unwrap(), Heard::KnownAgain);
    assert!(commune.sync(&mut own).synced);
}
