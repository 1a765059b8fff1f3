//! A member who moves to another commune goes to its node, with everything that was ever written about them:
//! nobody loses work, nobody is kept twice, and both logs tell the same story.

use chibo_core::author::{EditError, Target};
use chibo_core::check;
use chibo_core::custody::{
    Answer, AnswerFile, CustodyError, HandOver, NodeCard, OfferFile, RelayFile,
};
use chibo_core::date::{Day, PartialDate};
use chibo_core::document::Value;
use chibo_core::enrol::{EnrolRequest, Offer};
use chibo_core::id::{Hash, Hasher, PersonId, PlaceId};
use chibo_core::identity::{BadGrant, Grant, SecretKey};
use chibo_core::kind;
use chibo_core::log::{ControlAct, End, EntryType, Signed, reason};
use chibo_core::node::{Brought, DecideError, EnrolError, Node, Rejection, Stage};
use chibo_core::phone::{Outcome, Phone};
use chibo_core::place::{Host, Lane, PlaceKind, Role, scope_of};
use chibo_core::records::{self, QuarantineRow};
use chibo_core::store::Store;
use chibo_core::store::memory::MemoryStore;
use chibo_core::time::Timestamp;
use chibo_people::Size;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

mod stage;
use stage::{Memory, NEVER, NOW, member, sync_with, values};

fn day(text: &str) -> Day {
    PartialDate::parse(text).unwrap().day().unwrap()
}

fn check_in(place: PlaceId) -> Target {
    Target::at(place, kind::by_name("check_in").unwrap(), b"2026-11-24")
}

/// A commune with one branch of two members.
struct Commune {
    node: Node<MemoryStore>,
    root: SecretKey,
    name: &'static str,
    branch: PlaceId,
    members: [PlaceId; 2],
    now: Timestamp,
    rng: ChaCha8Rng,
}

impl Commune {
    /// What was put in quarantine last.
    fn last_row(&self) -> QuarantineRow {
        let rows = self.node.quarantine().unwrap();
        rows.into_iter().max_by_key(|(n, _)| *n).unwrap().1
    }

    fn new(name: &'static str, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (mut node, root) = Node::init(MemoryStore::new(), name, NOW, &mut rng).unwrap();
        let branch = PlaceId::random(&mut rng);
        let members = [PlaceId::random(&mut rng), PlaceId::random(&mut rng)];
        let mut places = vec![(branch, PlaceKind::Branch, node.root())];
        let unit = kind::by_name("unit").unwrap();
        let mut edits = vec![(
            Target::at(branch, unit, b""),
            values(&[("name", "Chi bộ Xóm 5")]),
        )];
        // Whole records, as people are: all of it goes along, what the law calls sensitive too.
        let invented = chibo_people::invent(Size::Branch, seed);
        let sensitive = kind::by_name("member_sensitive").unwrap();
        for (id, who) in members.into_iter().zip(invented.members()) {
            places.push((id, PlaceKind::Member, branch));
            edits.push((member(id), who.values.clone()));
            edits.push((Target::at(id, sensitive, b""), who.sensitive.clone()));
        }
        node.edit_many(&places, &edits, NOW, &mut rng).unwrap();
        Commune {
            node,
            root,
            name,
            branch,
            members,
            now: NOW,
            rng,
        }
    }

    fn card(&self) -> NodeCard {
        self.node.card(self.name, "https://xa.example").unwrap()
    }

    fn enrol(&mut self, role: Role, place: PlaceId) -> Memory {
        let offer = Offer::new(role, place, PersonId(place.0), NEVER);
        let ticket = self.node.ticket("", &offer, &mut self.rng).unwrap();
        let mut phone = Phone::create(MemoryStore::new(), &mut self.rng).unwrap();
        let request = ticket.request(phone.key()).to_bytes();
        let reply = self.node.enrol(&request, self.now, &mut self.rng).unwrap();
        phone.enrolled(&ticket, &reply).unwrap();
        phone
    }

    fn sync(&mut self, phone: &mut Memory) -> Outcome {
        sync_with(&mut self.node, phone, self.now, &mut self.rng).unwrap()
    }

    fn edit(&mut self, place: PlaceId, pairs: &[(&str, &str)]) -> Result<(), EditError> {
        let now = self.now;
        (self.node).edit(member(place), &values(pairs), now, &mut self.rng)?;
        self.node.submit(now, &mut self.rng)?;
        Ok(())
    }

    fn says(&self, place: PlaceId, field: &str) -> Option<Value> {
        let found = self.node.values(member(place).doc).unwrap();
        found.and_then(|(_, v)| v.get(field).cloned())
    }

    fn chain(&self, place: PlaceId, lane: Lane) -> Hash {
        let scope = scope_of(place, lane);
        let row = (self.node.store()).read(|tx| records::scope(tx, scope));
        row.unwrap().chain
    }

    fn offer(&mut self, place: PlaceId, to: &Commune) -> Hash {
        let (card, now) = (to.card(), self.now);
        self.node
            .hand_over(place, &card, now, &mut self.rng)
            .unwrap()
    }

    fn file(&self, offer: Hash) -> Vec<u8> {
        self.node.offer_file(offer).unwrap().0
    }

    /// The answer as it travels.
    fn answer(&self, offer: Hash) -> AnswerFile {
        let file = (self.node).answer_file(offer, self.name, "https://xa.example");
        AnswerFile::from_bytes(&file.unwrap().to_bytes()).unwrap()
    }

    fn accept(&mut self, file: &[u8]) -> Result<Hash, CustodyError> {
        let (under, now) = (self.branch, self.now);
        Ok(self.node.accept(file, under, now)?.hash)
    }

    fn take_answer(&mut self, file: &AnswerFile) -> Result<Stage, CustodyError> {
        Ok(self.node.take_answer(file, self.now)?.stage)
    }

    fn books_are_whole(&self) {
        let report = (self.node.store())
            .read(|tx| check::check(tx, self.node.tree(), true))
            .unwrap();
        assert!(
            report.faults.is_empty(),
            "{}: {:?}",
            self.name,
            report.faults
        );
    }

    /// The log and all that follows from it: what must be as before when something was refused.
    fn state(&self) -> (u64, Hash, Hash, usize) {
        let at = self.node.position().unwrap();
        let digest = (self.node.store()).read(|tx| chibo_core::replica::state_digest(tx, None));
        (at.n, at.chain, digest.unwrap().0, self.node.tree().len())
    }
}

fn two() -> (Commune, Commune) {
    (
        Commune::new("Đảng ủy xã Xuân Trường", 11),
        Commune::new("Đảng ủy xã Xuân Hồng", 12),
    )
}

/// A member goes from the first node to the second, and the answer comes home.
fn moved(a: &mut Commune, b: &mut Commune, place: PlaceId) -> Hash {
    let offer = a.offer(place, b);
    let file = a.file(offer);
    b.accept(&file).unwrap();
    let answer = b.answer(offer);
    assert_eq!(a.take_answer(&answer), Ok(Stage::Accepted));
    offer
}

fn device_is_whole(phone: &Memory) {
    let report = (phone.store()).read(|tx| check::check(tx, phone.tree(), false));
    let report = report.unwrap();
    assert!(report.faults.is_empty(), "{:?}", report.faults);
}

// ---- the way it should go -------------------------------------------------------------------

#[test]
fn a_member_goes_to_another_commune_with_their_whole_history_and_one_chain() {
    let (mut a, mut b) = two();
    let quang = a.members[0];
    let mut secretary = a.enrol(Role::Secretary, a.branch);
    a.sync(&mut secretary);
    let note = values(&[("note", "Đi học tại Đồng Nai")]);
    (secretary.edit(member(quang), &note, NOW, &mut a.rng)).unwrap();
    assert!(a.sync(&mut secretary).synced);
    let before: Vec<Hash> = [Lane::Own, Lane::Office].map(|l| a.chain(quang, l)).into();

    let mut other = b.enrol(Role::Secretary, b.branch);
    assert!(b.sync(&mut other).synced);
    let offer = moved(&mut a, &mut b, quang);

    let after: Vec<Hash> = [Lane::Own, Lane::Office].map(|l| b.chain(quang, l)).into();
    assert_eq!(
        before, after,
        "the new home goes on where the old one stopped"
    );
    assert_eq!(
        b.says(quang, "note"),
        Some(Value::Text("Đi học tại Đồng Nai".into()))
    );
    assert_eq!(b.node.tree().get(quang).unwrap().parent, Some(b.branch));
    a.books_are_whole();
    b.books_are_whole();

    // The devices of the old place drop the content, those of the new one receive it.
    let there = |p: &Memory| p.values(member(quang).doc).unwrap().is_some();
    assert!(there(&secretary) && !there(&other));
    let (x, y) = (a.sync(&mut secretary), b.sync(&mut other));
    assert!(x.synced && y.synced, "{x:?} {y:?}");
    assert!(!there(&secretary) && there(&other));
    device_is_whole(&secretary);
    device_is_whole(&other);

    // Work goes on at the new home.
    let note = values(&[("note", "Đã về Xuân Hồng")]);
    (other.edit(member(quang), &note, NOW, &mut b.rng)).unwrap();
    assert!(b.sync(&mut other).synced);
    assert_eq!(
        b.says(quang, "note"),
        Some(Value::Text("Đã về Xuân Hồng".into()))
    );
    b.books_are_whole();

    // A stub says where it went, and both logs hold the same answer.
    let stub = a.node.outgoing().unwrap().remove(0);
    assert_eq!(
        (stub.hash, stub.offer.act.place, stub.to.log()),
        (offer, quang, b.node.log())
    );
    let entries = |c: &Commune, kind: EntryType| {
        let rows = (c.node.store()).read(|tx| records::log_after(tx, 0, usize::MAX));
        let rows = rows.unwrap().into_iter();
        let found = rows.filter(|r| r.entry.kind == kind);
        found.map(|r| r.entry.hash).collect::<Vec<_>>()
    };
    assert_eq!(entries(&a, EntryType::HandOver), [offer]);
    assert_eq!(
        entries(&a, EntryType::Return),
        entries(&b, EntryType::Answer)
    );
    assert_eq!(entries(&a, EntryType::Return).len(), 1);
}

#[test]
fn a_branch_goes_with_its_members_and_what_is_left_counts_them_no_more() {
    let (mut a, mut b) = two();
    let (branch, members) = (a.branch, a.members);
    let offer = a.offer(branch, &b);
    let (root, now) = (b.node.root(), b.now);
    b.node.accept(&a.file(offer), root, now).unwrap();
    a.take_answer(&b.answer(offer)).unwrap();
    let parent = |id| b.node.tree().get(id).and_then(|p| p.parent);
    assert_eq!(parent(branch), Some(b.node.root()));
    assert!(members.iter().all(|m| parent(*m) == Some(branch)));
    assert_eq!(a.node.tree().len(), 1, "the committee is all that is left");
    a.books_are_whole();
    b.books_are_whole();
    let mut office = b.enrol(Role::Secretary, branch);
    assert!(b.sync(&mut office).synced);
    assert!(office.values(member(members[1]).doc).unwrap().is_some());
}

#[test]
fn who_comes_home_after_years_has_one_chain_through_all_homes() {
    let (mut a, mut b) = two();
    let quang = a.members[0];
    moved(&mut a, &mut b, quang);
    b.edit(quang, &[("note", "Ở Xuân Hồng")]).unwrap();
    let offer = b.offer(quang, &a);
    a.accept(&b.file(offer)).unwrap();
    b.take_answer(&a.answer(offer)).unwrap();
    assert_eq!(
        a.says(quang, "note"),
        Some(Value::Text("Ở Xuân Hồng".into()))
    );
    a.edit(quang, &[("note", "Đã về")]).unwrap();
    a.books_are_whole();
    b.books_are_whole();
    // And leaves again, to a third: what every home wrote goes along and is proven from the first entry.
    let mut c = Commune::new("Đảng ủy phường Tân Mai", 13);
    moved(&mut a, &mut c, quang);
    assert_eq!(c.says(quang, "note"), Some(Value::Text("Đã về".into())));
    c.books_are_whole();
    a.books_are_whole();
    let mut phone = c.enrol(Role::Member, quang);
    assert!(c.sync(&mut phone).synced);
}

#[test]
fn a_lost_file_is_made_again_byte_for_byte_whenever_it_is_asked_for() {
    let (mut a, mut b) = two();
    let quang = a.members[0];
    let offer = a.offer(quang, &b);
    let first = a.file(offer);
    a.edit(a.members[1], &[("note", "Việc khác")]).unwrap();
    let branch = a.branch;
    a.enrol(Role::Secretary, branch);
    a.node.rotate_keys(&a.root, NOW, &mut a.rng).unwrap();
    assert_eq!(a.file(offer), first, "whatever else the log says since");
    b.accept(&first).unwrap();
    a.take_answer(&b.answer(offer)).unwrap();
    assert_eq!(a.file(offer), first, "even after the content has left");
}

#[test]
fn accepting_twice_gives_the_same_answer_and_changes_nothing() {
    let (mut a, mut b) = two();
    let quang = a.members[0];
    let offer = a.offer(quang, &b);
    let file = a.file(offer);
    b.accept(&file).unwrap();
    let (state, answer) = (b.state(), b.answer(offer));
    b.accept(&file).unwrap();
    assert_eq!((b.state(), b.answer(offer)), (state, answer.clone()));
    assert_eq!(
        b.node.refuse_offer(&file, NOW).unwrap_err(),
        CustodyError::Accepted
    );
    a.take_answer(&answer).unwrap();
    let state = a.state();
    assert_eq!(a.take_answer(&answer), Ok(Stage::Accepted));
    assert_eq!(a.state(), state);
}

// ---- what is frozen, and what thaws ---------------------------------------------------------

#[test]
fn from_the_offer_on_the_old_home_writes_nothing_in_the_place_any_more() {
    let (mut a, b) = two();
    let quang = a.members[0];
    let mut phone = a.enrol(Role::Member, quang);
    a.sync(&mut phone);
    let n = a.node.devices().unwrap().last().unwrap().n;
    let offer = a.offer(quang, &b);
    let all = |a: &Commune| [Lane::Control, Lane::Own, Lane::Office].map(|l| a.chain(quang, l));
    let before = all(&a);

    let refused = a.edit(quang, &[("note", "Thêm")]).unwrap_err();
    assert!(matches!(refused, EditError::HandedOver));
    let ticket = Offer::new(Role::Member, quang, PersonId(quang.0), NEVER);
    let refused = a.node.ticket("", &ticket, &mut a.rng).unwrap_err();
    assert_eq!(refused, EnrolError::HandedOver);
    assert!(a.node.move_place(quang, a.branch, NOW).is_err());
    let again = (a.node).hand_over(quang, &b.card(), NOW, &mut a.rng);
    assert_eq!(again.unwrap_err(), CustodyError::OnItsWay);
    let whole = (a.node).hand_over(a.branch, &b.card(), NOW, &mut a.rng);
    assert_eq!(
        whole.unwrap_err(),
        CustodyError::OnItsWay,
        "a part of it is"
    );
    // A lost phone is shut out at once all the same.
    a.node.revoke(n, false, false, NOW).unwrap();
    assert_eq!(all(&a), before);
    assert_eq!(a.sync(&mut phone).ended, Some(End::Revoked));
    let mut secretary = a.enrol(Role::Secretary, a.branch);
    assert!(
        a.sync(&mut secretary).synced,
        "both compute the same chains"
    );
    assert_eq!(a.node.outgoing().unwrap()[0].hash, offer);
    a.books_are_whole();
}

#[test]
fn a_device_that_was_there_all_along_follows_the_offer_and_the_no() {
    let (mut a, mut b) = two();
    let quang = a.members[0];
    let mut secretary = a.enrol(Role::Secretary, a.branch);
    let mut phone = a.enrol(Role::Member, quang);
    a.sync(&mut secretary);
    a.sync(&mut phone);
    let offer = a.offer(quang, &b);
    assert!(a.sync(&mut secretary).synced && a.sync(&mut phone).synced);

    let note = values(&[("note", "Ghi muộn")]);
    (secretary.edit(member(quang), &note, NOW, &mut a.rng)).unwrap();
    let told = a.sync(&mut secretary);
    assert_eq!((told.held, told.refused.len()), (1, 0));
    let row = a.node.quarantine().unwrap().remove(0);
    assert_eq!(row.1.reason, reason::CUSTODY);
    let judged = secretary.judged().unwrap().remove(0);
    assert!(judged.held && judged.reason == reason::CUSTODY);
    let decided = a.node.decide(row.0, true, None, NOW).unwrap_err();
    assert!(matches!(decided, DecideError::HandedOver));
    assert_ne!(a.says(quang, "note"), Some(Value::Text("Ghi muộn".into())));

    let now = b.now;
    b.node.refuse_offer(&a.file(offer), now).unwrap();
    assert_eq!(a.take_answer(&b.answer(offer)), Ok(Stage::Refused));
    assert_eq!(a.says(quang, "note"), Some(Value::Text("Ghi muộn".into())));
    let told = a.sync(&mut secretary);
    assert!(told.synced && told.held == 0, "{told:?}");
    assert!(a.sync(&mut phone).synced);
    assert!(a.node.quarantine().unwrap().is_empty());
    a.edit(quang, &[("note", "Lại ghi được")]).unwrap();
    a.books_are_whole();
    b.books_are_whole();
    device_is_whole(&secretary);

    // What was refused is not accepted after all; a new offer is another.
    let refused = b.accept(&a.file(offer)).unwrap_err();
    assert_eq!(refused, CustodyError::Refused);
    let second = a.offer(quang, &b);
    assert_ne!(second, offer);
    b.accept(&a.file(second)).unwrap();
}

#[test]
fn work_that_comes_late_to_the_old_home_reaches_the_new_one_and_waits_for_its_office() {
    let (mut a, mut b) = two();
    let quang = a.members[0];
    let mut secretary = a.enrol(Role::Secretary, a.branch);
    let mut phone = a.enrol(Role::Member, quang);
    a.sync(&mut secretary);
    a.sync(&mut phone);
    let note = values(&[("note", "Ghi khi chưa biết")]);
    (secretary.edit(member(quang), &note, NOW, &mut a.rng)).unwrap();
    let work = values(&[("commune", "Biên Hòa")]);
    (phone.edit(check_in(quang), &work, NOW, &mut a.rng)).unwrap();
    let offer = moved(&mut a, &mut b, quang);

    // The member is told where their place went; nothing that they wrote is lost.
    let told = a.sync(&mut phone);
    assert_eq!(told.ended, Some(End::HandedOver));
    let home = phone.new_home().unwrap().unwrap();
    assert_eq!((home.log, home.name.as_str()), (b.node.log(), b.name));
    assert_eq!(told.held, 1, "{told:?}");
    assert!(told.refused.is_empty());
    a.sync(&mut secretary);
    a.books_are_whole();

    let file = a.node.relay_file(offer).unwrap().0.to_bytes();
    let file = RelayFile::from_bytes(&file).unwrap();
    let relayed = b.node.take_relay(&file, NOW).unwrap();
    assert_eq!((relayed.held, relayed.left), (2, 0));
    let again = b.node.take_relay(&file, NOW).unwrap();
    assert_eq!((again.held, again.known), (0, 2));
    b.books_are_whole();

    let mut other = b.enrol(Role::Secretary, b.branch);
    assert!(b.sync(&mut other).synced);
    for (number, _) in b.node.quarantine().unwrap() {
        b.node.decide(number, true, None, NOW).unwrap();
    }
    assert_eq!(
        b.says(quang, "note"),
        Some(Value::Text("Ghi khi chưa biết".into()))
    );
    let told = b.node.values(check_in(quang).doc).unwrap().unwrap().1;
    assert_eq!(told["commune"], Value::Text("Biên Hòa".into()));
    b.books_are_whole();
    let outcome = b.sync(&mut other);
    assert!(outcome.synced, "{outcome:?}");
    assert!(other.values(check_in(quang).doc).unwrap().is_some());
    device_is_whole(&other);

    // With a ticket of the new home they go on as the same person.
    let mut own = b.enrol(Role::Member, quang);
    assert!(b.sync(&mut own).synced);
    assert!(own.values(check_in(quang).doc).unwrap().is_some());
    // And the next home gets it all, with the grant of the first.
    let mut c = Commune::new("Đảng ủy phường Tân Mai", 13);
    moved(&mut b, &mut c, quang);
    c.books_are_whole();
    b.books_are_whole();
}

fn grant_key(c: &Commune) -> SecretKey {
    let key = (c.node.store()).read(|tx| records::meta(tx, "grant-key"));
    SecretKey::from_seed(key.unwrap().unwrap().try_into().unwrap())
}

// ---- what must fail -------------------------------------------------------------------------

#[test]
fn an_offer_for_another_node_is_turned_away_with_that_nodes_name() {
    let (mut a, b) = two();
    let mut c = Commune::new("Đảng ủy phường Tân Mai", 13);
    let offer = a.offer(a.members[0], &b);
    let before = c.state();
    let refused = c.accept(&a.file(offer)).unwrap_err();
    let to = b.node.log();
    assert_eq!(refused, CustodyError::NotForThisNode { to });
    assert_eq!(c.state(), before);
    let own = (a.node).hand_over(a.members[1], &a.card(), NOW, &mut a.rng);
    assert_eq!(own.unwrap_err(), CustodyError::Itself);
    let root = (a.node).hand_over(a.node.root(), &b.card(), NOW, &mut a.rng);
    assert_eq!(root.unwrap_err(), CustodyError::Root);
}

#[test]
fn a_file_in_which_anything_was_altered_is_refused_and_nothing_is_half_taken_in() {
    let (mut a, mut b) = two();
    let quang = a.members[0];
    a.edit(quang, &[("note", "Thật")]).unwrap();
    let (lost, branch) = (a.enrol(Role::Member, quang), PlaceId([8; 16]));
    let n = a.node.devices().unwrap().last().unwrap().n;
    a.node.revoke(n, false, false, NOW).unwrap();
    let root = a.node.root();
    let branches = [(branch, PlaceKind::Branch, root)];
    let unit = Target::at(branch, kind::by_name("unit").unwrap(), b"");
    let named = [(unit, values(&[("name", "Chi bộ Xóm 6")]))];
    (a.node.edit_many(&branches, &named, NOW, &mut a.rng)).unwrap();
    a.node.move_place(quang, branch, NOW).unwrap();
    let back = a.branch;
    a.node.move_place(quang, back, NOW).unwrap();
    drop(lost);
    let offer = a.offer(quang, &b);
    let whole = a.file(offer);
    let before = b.state();
    let mut try_with = |change: &dyn Fn(&mut OfferFile)| {
        let mut file = OfferFile::from_bytes(&whole).unwrap();
        change(&mut file);
        let refused = b.accept(&file.to_bytes()).unwrap_err();
        assert!(
            matches!(refused, CustodyError::Unproven(_) | CustodyError::Codec(_)),
            "{refused:?}"
        );
        assert_eq!(b.state(), before);
    };
    let own = scope_of(quang, Lane::Own);
    let forger = SecretKey::from_seed([9; 32]);
    // Another's signature.
    try_with(&|f| f.offer = Signed::new(f.offer.act, f.offer.act.from, &forger));
    // Another place in the offer, under the old signature.
    try_with(&|f| f.offer.act.place = PlaceId([7; 16]));
    // An entry is left out, comes twice, or was judged otherwise.
    try_with(&|f| drop(f.scopes.get_mut(&own).unwrap().pop()));
    try_with(&|f| {
        let lines = f.scopes.get_mut(&own).unwrap();
        lines.push(lines[0].clone());
    });
    try_with(&|f| f.scopes.get_mut(&own).unwrap()[0].entry.rule = 9);
    // An altered word in a segment.
    try_with(&|f| {
        let body = &mut f.scopes.get_mut(&own).unwrap()[0].body;
        let at = body.len() - 70;
        body[at] ^= 1;
    });
    // Acts of the control lane that say something else, or under another signature: a grant, its end, a move.
    let control = scope_of(quang, Lane::Control);
    for line in 0..3 {
        try_with(&|f| f.scopes.get_mut(&control).unwrap()[line].body[3] ^= 1);
        try_with(&|f| {
            *f.scopes.get_mut(&control).unwrap()[line]
                .body
                .last_mut()
                .unwrap() ^= 1
        });
    }
    // Two true acts, each in the other's place.
    try_with(&|f| {
        let lines = f.scopes.get_mut(&control).unwrap();
        let (first, second) = (lines[2].body.clone(), lines[3].body.clone());
        (lines[2].body, lines[3].body) = (second, first);
    });
    // A grant that nobody gave, none at all, and an epoch of another root.
    try_with(&|f| f.rights.grants[0].role = Role::Auditor);
    try_with(&|f| f.rights.grants.clear());
    let other = Commune::new("Kẻ giả", 44);
    let epochs = other.node.epochs().unwrap();
    try_with(&|f| f.rights.logs[0] = epochs.clone());
    // A feed that stands elsewhere.
    try_with(&|f| f.contents.feeds.clear());
    // Every byte of it counts.
    for at in (0..whole.len()).step_by(7) {
        let mut bytes = whole.clone();
        bytes[at] ^= 4;
        let same = OfferFile::from_bytes(&bytes).is_ok_and(|f| f.to_bytes() == whole);
        assert!(same || b.accept(&bytes).is_err(), "byte {at}");
        assert_eq!(b.state(), before, "byte {at}");
    }
    for end in (0..whole.len()).step_by(97) {
        assert!(b.accept(&whole[..end]).is_err());
    }
    b.accept(&whole).unwrap();
}

#[test]
fn nobody_answers_in_the_name_of_the_node_that_was_asked() {
    let (mut a, mut b) = two();
    let quang = a.members[0];
    let offer = a.offer(quang, &b);
    b.node.refuse_offer(&a.file(offer), NOW).unwrap();
    let no = b.answer(offer);

    // A no turned into a yes, and one that somebody else has signed.
    let mut yes = no.clone();
    yes.answer.act.under = Some(b.branch);
    assert!(AnswerFile::from_bytes(&yes.to_bytes()).is_err());
    let forger = SecretKey::from_seed([9; 32]);
    yes.answer = Signed::new(yes.answer.act, b.node.log(), &forger);
    assert!(AnswerFile::from_bytes(&yes.to_bytes()).is_err());
    // By a true node, which nobody asked.
    let c = Commune::new("Đảng ủy phường Tân Mai", 13);
    let mut other = no.clone();
    other.card = c.card();
    assert!(AnswerFile::from_bytes(&other.to_bytes()).is_err());
    other.answer = Signed::new(no.answer.act, b.node.log(), &grant_key(&c));
    assert!(AnswerFile::from_bytes(&other.to_bytes()).is_err());
    // About an offer that this node never made.
    let mut invented = no.clone();
    invented.offer.act.n += 1;
    invented.answer.act.offer = invented.offer.act.hash();
    assert!(AnswerFile::from_bytes(&invented.to_bytes()).is_err());
    // It stays on its way until the true no is there.
    assert_eq!(a.node.outgoing().unwrap()[0].stage, Stage::Offered);
    assert!(a.edit(quang, &[("note", "x")]).is_err());
    assert_eq!(a.take_answer(&no), Ok(Stage::Refused));
    assert!(a.edit(quang, &[("note", "x")]).is_ok());
}

#[test]
fn a_card_with_another_name_or_key_in_it_is_none() {
    let (_, b) = two();
    let card = b.card();
    let text = card.to_text();
    assert_eq!(NodeCard::from_text(&format!(" {text}\n")), Ok(card.clone()));
    let mut altered = card.clone();
    altered.url = "https://ke-gia.example".into();
    assert!(NodeCard::from_text(&altered.to_text()).is_err());
    let mut altered = card.clone();
    altered.epoch.tls_key = SecretKey::from_seed([9; 32]).public();
    assert!(NodeCard::from_text(&altered.to_text()).is_err());
    assert!(NodeCard::from_text("chibo-node1-00").is_err());
}

#[test]
fn a_grant_of_the_old_home_opens_nothing_at_the_new_one() {
    let (mut a, mut b) = two();
    let quang = a.members[0];
    let mut phone = a.enrol(Role::Member, quang);
    a.sync(&mut phone);
    let work = values(&[("commune", "Biên Hòa")]);
    (phone.edit(check_in(quang), &work, NOW, &mut a.rng)).unwrap();
    a.sync(&mut phone);
    moved(&mut a, &mut b, quang);
    let grant = phone.own_grant().unwrap().unwrap();
    let n = (b.node.store())
        .read(|tx| records::grant_number(tx, grant.hash()))
        .unwrap()
        .expect("the new home keeps it as evidence");
    // Introducing itself with it, made out to the new home by whoever writes his own program.
    let made_out = Hasher::new("chibo/introduce/1")
        .part(&b.node.log().0)
        .part(&grant.hash().0)
        .hash();
    let request = EnrolRequest::Introduction {
        epochs: Vec::new(),
        signature: phone.key().sign(&made_out),
        grants: vec![grant],
    };
    assert!(request.is_signed(b.node.log()));
    let refused = (b.node).enrol(&request.to_bytes(), NOW, &mut b.rng);
    assert_eq!(refused, Err(EnrolError::Bad(BadGrant::OtherLog)));
    // Asking under its number there, with a request made out to that log.
    let bytes = chibo_core::wire::Request {
        log: b.node.log(),
        grant: n,
        time: NOW,
        position: chibo_core::log::Position::START,
        cut: 0,
        wants_own: false,
        wiped: false,
        pending: vec![(0, u64::MAX - 1)],
        cursor: None,
        halved: 0,
        controls: Vec::new(),
        recovery: None,
        segments: 0,
    }
    .seal(&[], &[], phone.key());
    let answer = b.node.handle(&[bytes], NOW).remove(0);
    assert_eq!(answer, Err(Rejection::NotEnrolled));
    assert!(
        b.node
            .devices()
            .unwrap()
            .iter()
            .all(|d| d.grant.log == b.node.log())
    );
}

#[test]
fn relayed_work_that_no_right_of_the_old_home_covers_is_refused() {
    let (mut a, mut b) = two();
    let quang = a.members[0];
    let mut secretary = a.enrol(Role::Secretary, a.branch);
    a.sync(&mut secretary);
    let offer = moved(&mut a, &mut b, quang);
    let note = values(&[("note", "Muộn")]);
    (secretary.edit(member(quang), &note, NOW, &mut a.rng)).unwrap();
    a.sync(&mut secretary);
    let file = a.node.relay_file(offer).unwrap().0;
    assert_eq!(file.segments.len(), 1);
    let mut forged = file.clone();
    forged.rights.grants[0].role = Role::Office;
    assert!(b.node.take_relay(&forged, NOW).is_err());
    let mut forged = file.clone();
    forged.rights.logs = vec![b.node.epochs().unwrap()];
    assert!(b.node.take_relay(&forged, NOW).is_err());
    // A third node lets its own people in where it never kept anything.
    let mut c = Commune::new("Kẻ giả", 44);
    let place = (quang, PlaceKind::Member, c.branch);
    let name = [(member(quang), values(&[("full_name", "Giả")]))];
    (c.node.edit_many(&[place], &name, NOW, &mut c.rng)).unwrap();
    let mut liar = c.enrol(Role::Secretary, c.branch);
    c.sync(&mut liar);
    (liar.edit(member(quang), &values(&[("note", "Giả")]), NOW, &mut c.rng)).unwrap();
    c.offer(quang, &b);
    c.sync(&mut liar);
    let offer_there = c.node.outgoing().unwrap()[0].hash;
    let mut forged = c.node.relay_file(offer_there).unwrap().0;
    assert_eq!(forged.segments.len(), 1);
    forged.offer = offer;
    let refused = b.node.take_relay(&forged, NOW).unwrap_err();
    assert!(matches!(refused, CustodyError::Unproven(_)));
    forged.rights.logs.insert(0, a.node.epochs().unwrap());
    assert!(b.node.take_relay(&forged, NOW).is_err());
    let mut forged = file.clone();
    forged.offer = Hash([1; 32]);
    let unknown = b.node.take_relay(&forged, NOW).unwrap_err();
    assert_eq!(unknown, CustodyError::UnknownOffer);
    assert!(b.node.quarantine().unwrap().is_empty());
    assert_eq!(b.node.take_relay(&file, NOW).unwrap().held, 1);
}

#[test]
fn who_changed_their_key_many_times_is_handed_over_like_anybody() {
    let (mut a, mut b) = two();
    let quang = a.members[0];
    let mut secretary = a.enrol(Role::Secretary, a.branch);
    a.sync(&mut secretary);
    // More often than a card or an introduction shows.
    for n in 0..20 {
        a.now = Timestamp(NOW.0 + n * stage::DAY);
        let request = secretary.change_key(&mut a.rng).unwrap().to_bytes();
        let reply = a.node.enrol(&request, a.now, &mut a.rng).unwrap();
        secretary.key_changed(&reply).unwrap();
        a.sync(&mut secretary);
    }
    let note = values(&[("note", "Khóa thứ hai mươi")]);
    (secretary.edit(member(quang), &note, a.now, &mut a.rng)).unwrap();
    assert!(a.sync(&mut secretary).synced);
    b.now = a.now;
    moved(&mut a, &mut b, quang);
    let note = Value::Text("Khóa thứ hai mươi".into());
    assert_eq!(b.says(quang, "note"), Some(note));
    b.books_are_whole();
}

#[test]
fn what_no_file_holds_is_not_offered_and_stays_where_it_is() {
    let (mut a, b) = two();
    let quang = a.members[0];
    let before = a.state();
    a.node.bound_hand_overs(200);
    let refused = a.node.hand_over(quang, &b.card(), NOW, &mut a.rng);
    assert!(
        matches!(refused, Err(CustodyError::TooLong { .. })),
        "{refused:?}"
    );
    assert_eq!(a.state(), before);
    a.edit(quang, &[("note", "Vẫn ghi được")]).unwrap();
    a.books_are_whole();
}

/// An offer of this node's that its log never held, signed by some key, and the true yes of the node that it is for.
fn made_up(a: &Commune, b: &Commune, place: PlaceId, n: u64, key: &SecretKey) -> AnswerFile {
    let act = HandOver {
        place,
        from: a.node.log(),
        to: b.node.log(),
        epoch: 1,
        n,
        chain: Hash::ZERO,
        time: NOW,
        rule: 1,
        contents: Hash::ZERO,
    };
    let answer = Answer {
        offer: act.hash(),
        from: a.node.log(),
        place,
        under: Some(b.branch),
        epoch: 1,
        n: 9,
    };
    let file = AnswerFile {
        offer: Signed::new(act, a.node.log(), key),
        answer: Signed::new(answer, b.node.log(), &grant_key(b)),
        card: b.card(),
    };
    AnswerFile::from_bytes(&file.to_bytes()).unwrap()
}

#[test]
fn a_key_that_was_changed_gives_no_place_away() {
    let (mut a, b) = two();
    let (stolen, root) = (grant_key(&a), a.root.clone());
    let far = made_up(&a, &b, a.branch, 10_000, &stolen);
    // The key is the present one: the log knows of no such offer all the same.
    let whole = a.state();
    assert_eq!(a.take_answer(&far), Err(CustodyError::UnknownOffer));
    a.node.rotate_keys(&root, NOW, &mut a.rng).unwrap();
    let kept = a.state();
    assert_eq!(a.take_answer(&far), Err(CustodyError::UnknownOffer));
    assert_eq!(a.state(), kept);
    assert_ne!(kept, whole);
    // Nor after a restore from a backup that the new keys were in: of the old ones nothing was lost with it.
    a.node = Node::restore(copy(&a.node), &root, NOW, &mut a.rng).unwrap();
    a.node.confirm(&[], NOW).unwrap();
    let kept = a.state();
    assert_eq!(a.take_answer(&far), Err(CustodyError::UnknownOffer));
    assert_eq!(a.state(), kept);
}

#[test]
fn an_offer_from_below_the_backup_was_not_lost_by_its_restore() {
    let (mut a, b) = two();
    let (stolen, root) = (grant_key(&a), a.root.clone());
    let at = a.node.position().unwrap().n;
    a.node = Node::restore(copy(&a.node), &root, NOW, &mut a.rng).unwrap();
    a.node.confirm(&[], NOW).unwrap();
    let below = made_up(&a, &b, a.branch, at - 1, &stolen);
    let kept = a.state();
    assert_eq!(a.take_answer(&below), Err(CustodyError::UnknownOffer));
    assert_eq!(a.state(), kept);
}

#[test]
fn an_old_home_relays_nothing_about_who_never_came_from_it() {
    let (mut a, mut b) = two();
    let quang = a.members[0];
    let (mut secretary, other) = (a.enrol(Role::Secretary, a.branch), b.members[1]);
    a.sync(&mut secretary);
    let offer = moved(&mut a, &mut b, quang);
    let note = values(&[("note", "Muộn")]);
    (secretary.edit(member(quang), &note, NOW, &mut a.rng)).unwrap();
    a.sync(&mut secretary);
    let mut file = a.node.relay_file(offer).unwrap().0;
    let elsewhere = stage::saying(&secretary, member(other), &note, None);
    file.segments.push(elsewhere);
    let relayed = b.node.take_relay(&file, NOW).unwrap();
    assert_eq!((relayed.held, relayed.left), (1, 1));
    assert_eq!(b.node.quarantine().unwrap().len(), 1);
}

#[test]
fn who_takes_part_for_a_time_reads_nothing_after_it_whatever_the_office_does_first() {
    let (mut a, mut b) = two();
    let guest = b.members[0];
    let until = Timestamp(NOW.0 + 30 * stage::DAY);
    let other = PlaceId::random(&mut b.rng);
    let unit = Target::at(other, kind::by_name("unit").unwrap(), b"");
    let place = (other, PlaceKind::Branch, b.node.root());
    let edits = [(unit, values(&[("name", "Chi bộ Xóm 9")]))];
    (b.node.edit_many(&[place], &edits, NOW, &mut b.rng)).unwrap();
    let stay = PlaceId::random(&mut b.rng);
    let edits = values(&[("full_name", "Đinh Văn Quang")]);
    let host = Host {
        branch: other,
        until,
    };
    (b.node
        .place_in(stay, guest, Some(host), &edits, NOW, &mut b.rng))
    .unwrap();
    let hosts = |b: &Commune| b.node.tree().get(stay).is_some_and(|p| p.host.is_some());
    assert!(hosts(&b));
    let offer = a.offer(a.members[0], &b);
    let file = a.file(offer);
    b.node.refuse_offer(&file, Timestamp(until.0 + 1)).unwrap();
    assert!(!hosts(&b));
}

// ---- after a disaster -----------------------------------------------------------------------

fn copy(node: &Node<MemoryStore>) -> MemoryStore {
    node.store().clone()
}

#[test]
fn a_new_home_restored_from_before_it_accepted_accepts_again() {
    let (mut a, mut b) = two();
    let quang = a.members[0];
    let offer = a.offer(quang, &b);
    let file = a.file(offer);
    let backup = copy(&b.node);
    b.accept(&file).unwrap();
    a.take_answer(&b.answer(offer)).unwrap();

    b.node = Node::restore(backup, &b.root, NOW, &mut b.rng).unwrap();
    b.node.confirm(&[], NOW).unwrap();
    assert!(b.says(quang, "full_name").is_none());
    b.accept(&a.file(offer)).unwrap();
    assert!(b.says(quang, "full_name").is_some());
    let state = a.state();
    assert_eq!(a.take_answer(&b.answer(offer)), Ok(Stage::Accepted));
    assert_eq!(a.state(), state);
    b.books_are_whole();
}

#[test]
fn a_node_that_says_no_after_its_yes_is_found_out_and_moves_nothing() {
    let (mut a, mut b) = two();
    let quang = a.members[0];
    let offer = a.offer(quang, &b);
    let file = a.file(offer);
    let backup = copy(&b.node);
    b.accept(&file).unwrap();
    a.take_answer(&b.answer(offer)).unwrap();
    b.node = Node::restore(backup, &b.root, NOW, &mut b.rng).unwrap();
    b.node.confirm(&[], NOW).unwrap();
    b.node.refuse_offer(&file, NOW).unwrap();
    let state = a.state();
    assert_eq!(a.take_answer(&b.answer(offer)), Err(CustodyError::TwoFaces));
    assert_eq!(a.state(), state);
    assert!(a.node.tree().get(quang).is_none());
}

#[test]
fn an_old_home_restored_from_before_its_offer_lets_go_as_soon_as_it_sees_the_answer() {
    let (mut a, mut b) = two();
    let quang = a.members[0];
    let backup = copy(&a.node);
    let offer = a.offer(quang, &b);
    b.accept(&a.file(offer)).unwrap();
    a.node = Node::restore(backup, &a.root, NOW, &mut a.rng).unwrap();
    a.node.confirm(&[], NOW).unwrap();
    assert!(a.says(quang, "full_name").is_some());
    assert_eq!(a.take_answer(&b.answer(offer)), Ok(Stage::Accepted));
    assert!(a.says(quang, "full_name").is_none(), "it is not kept twice");
    assert_eq!(
        a.node.offer_file(offer).unwrap_err(),
        CustodyError::UnknownOffer
    );
    a.books_are_whole();
    // An answer to an offer that is not in its name moves nothing.
    let foreign = b.answer(offer);
    let refused = b.node.take_answer(&foreign, NOW).unwrap_err();
    assert_eq!(refused, CustodyError::NotForThisNode { to: a.node.log() });
}

#[test]
fn who_was_restored_and_offers_again_is_told_that_the_place_is_there_and_lets_go() {
    let (mut a, mut b) = two();
    let quang = a.members[0];
    let backup = copy(&a.node);
    let first = a.offer(quang, &b);
    b.accept(&a.file(first)).unwrap();
    a.node = Node::restore(backup, &a.root, NOW, &mut a.rng).unwrap();
    a.node.confirm(&[], NOW).unwrap();
    let second = a.offer(quang, &b);
    let state = b.state();
    let refused = b.accept(&a.file(second)).unwrap_err();
    assert_eq!(refused, CustodyError::AlreadyHere);
    assert_eq!(b.state(), state);
    b.node.refuse_offer(&a.file(second), NOW).unwrap();
    let yes = b.answer(first);
    assert_eq!(a.take_answer(&yes), Err(CustodyError::OnItsWay));
    a.take_answer(&b.answer(second)).unwrap();
    assert_eq!(a.take_answer(&yes), Ok(Stage::Accepted));
    assert!(a.says(quang, "full_name").is_none());
    a.books_are_whole();
    b.books_are_whole();
}

/// A member came to the second node after its backup, with a secretary's phone there that wrote of them and a phone of
/// their own; that node goes back to before it. Returns the member, both phones and the offer.
fn went_back_to_before_they_came() -> (Commune, Commune, PlaceId, Memory, Memory, Hash) {
    let (mut a, mut b) = two();
    let quang = a.members[0];
    let mut secretary = b.enrol(Role::Secretary, b.branch);
    b.sync(&mut secretary);
    let backup = copy(&b.node);
    let offer = moved(&mut a, &mut b, quang);
    b.sync(&mut secretary);
    let mut own = b.enrol(Role::Member, quang);
    b.sync(&mut own);
    let note = values(&[("note", "Ghi sau khi đến")]);
    (secretary.edit(member(quang), &note, NOW, &mut b.rng)).unwrap();
    assert!(b.sync(&mut secretary).synced);
    b.node = Node::restore(backup, &b.root, NOW, &mut b.rng).unwrap();
    (a, b, quang, secretary, own, offer)
}

#[test]
fn what_is_said_of_who_came_waits_at_a_restored_node_until_their_file_is_taken_in_again() {
    let (a, mut b, quang, mut secretary, own, offer) = went_back_to_before_they_came();
    // The phone comes first, and writes on.
    b.node.confirm(&[], NOW).unwrap();
    let note = values(&[("alias", "Hai")]);
    b.sync(&mut secretary);
    (secretary.edit(member(quang), &note, NOW, &mut b.rng)).unwrap();
    let told = b.sync(&mut secretary);
    assert!(!told.synced && told.refused.is_empty(), "{told:?}");
    assert!(b.node.tree().get(quang).is_none(), "it is opened by nobody");
    assert_eq!((b.node.quarantine().unwrap().len(), told.held), (0, 0));
    // The office sees what is missed: the member, and the device that was let in for them.
    let brought = b.node.brought_back().unwrap();
    let arrivals = brought
        .iter()
        .filter(|item| matches!(item, Brought::Arrival(act) if act.place == quang));
    assert_eq!((brought.len(), arrivals.count()), (2, 1));
    let done = b.node.confirm(&[], NOW).unwrap();
    assert_eq!((done.waiting, done.grants, done.left_out), (2, 0, 0));
    assert_eq!(b.node.brought_back().unwrap().len(), 2);

    b.accept(&a.file(offer)).unwrap();
    assert_eq!(b.node.confirm(&[], NOW).unwrap().grants, 1);
    assert!(b.node.brought_back().unwrap().is_empty());
    assert!(b.sync(&mut secretary).synced);
    for (field, said) in [("note", "Ghi sau khi đến"), ("alias", "Hai")] {
        assert_eq!(b.says(quang, field), Some(Value::Text(said.into())));
    }
    let devices = b.node.devices().unwrap();
    let own = devices.iter().rfind(|d| d.grant.key == own.public_key());
    assert!(own.unwrap().ended.is_none());
    // One chain from the first home through both lives of the second: the next home proves it.
    let mut c = Commune::new("Đảng ủy phường Tân Mai", 13);
    moved(&mut b, &mut c, quang);
    assert_eq!(c.says(quang, "alias"), Some(Value::Text("Hai".into())));
    for commune in [&a, &b, &c] {
        commune.books_are_whole();
    }
    device_is_whole(&secretary);
}

#[test]
fn who_came_to_a_node_and_left_neither_with_an_offer_nor_with_a_file_is_handed_over_once_more() {
    let (mut a, mut b, quang, mut secretary, offer) = {
        let (mut a, mut b) = two();
        let quang = a.members[0];
        let mut secretary = b.enrol(Role::Secretary, b.branch);
        b.sync(&mut secretary);
        let (backup_a, backup_b) = (copy(&a.node), copy(&b.node));
        let offer = moved(&mut a, &mut b, quang);
        b.sync(&mut secretary);
        let note = values(&[("note", "Ghi sau khi đến")]);
        (secretary.edit(member(quang), &note, NOW, &mut b.rng)).unwrap();
        b.sync(&mut secretary);
        // Both went back to before the one hand-over.
        a.node = Node::restore(backup_a, &a.root, NOW, &mut a.rng).unwrap();
        a.node.confirm(&[], NOW).unwrap();
        b.node = Node::restore(backup_b, &b.root, NOW, &mut b.rng).unwrap();
        b.node.confirm(&[], NOW).unwrap();
        (a, b, quang, secretary, offer)
    };
    b.sync(&mut secretary);
    assert_eq!(
        a.node.offer_file(offer).unwrap_err(),
        CustodyError::UnknownOffer
    );
    assert!(a.node.tree().get(quang).is_some());
    assert_eq!(b.node.brought_back().unwrap().len(), 1);
    moved(&mut a, &mut b, quang);
    assert!(b.sync(&mut secretary).synced);
    assert_eq!(
        b.says(quang, "note"),
        Some(Value::Text("Ghi sau khi đến".into()))
    );
    assert!(a.node.tree().get(quang).is_none());
    a.books_are_whole();
    b.books_are_whole();
}

#[test]
fn who_was_let_go_by_a_yes_that_the_other_node_lost_is_offered_once_more_from_the_log() {
    let (mut a, mut b) = two();
    let quang = a.members[0];
    let mut secretary = b.enrol(Role::Secretary, b.branch);
    b.sync(&mut secretary);
    let (backup_a, backup_b) = (copy(&a.node), copy(&b.node));
    let offer = a.offer(quang, &b);
    b.accept(&a.file(offer)).unwrap();
    b.sync(&mut secretary);
    let note = values(&[("note", "Ghi sau khi đến")]);
    (secretary.edit(member(quang), &note, NOW, &mut b.rng)).unwrap();
    b.sync(&mut secretary);
    let yes = b.answer(offer);
    // The old home goes back to before it offered, sees the yes and lets go; then the new home goes back as well.
    a.node = Node::restore(backup_a, &a.root, NOW, &mut a.rng).unwrap();
    a.node.confirm(&[], NOW).unwrap();
    assert_eq!(a.take_answer(&yes), Ok(Stage::Accepted));
    b.node = Node::restore(backup_b, &b.root, NOW, &mut b.rng).unwrap();
    b.node.confirm(&[], NOW).unwrap();
    b.sync(&mut secretary);
    let there = |c: &Commune| c.node.tree().get(quang).is_some();
    assert!(
        !there(&a) && !there(&b),
        "each thinks that the other has them"
    );

    assert_eq!(
        a.node.offer_file(offer).unwrap_err(),
        CustodyError::UnknownOffer
    );
    let again = a.node.offer_again(offer, NOW).unwrap();
    assert_eq!(a.node.offer_again(offer, NOW), Err(CustodyError::OnItsWay));
    assert_eq!(a.node.offer_again(again, NOW), Err(CustodyError::OnItsWay));
    b.accept(&a.file(again)).unwrap();
    assert_eq!(a.take_answer(&b.answer(again)), Ok(Stage::Accepted));
    assert!(b.sync(&mut secretary).synced);
    assert_eq!(
        b.says(quang, "note"),
        Some(Value::Text("Ghi sau khi đến".into()))
    );
    a.books_are_whole();
    b.books_are_whole();
    device_is_whole(&secretary);

    // A no to such an offer leaves the place where it is: with nobody, until it is offered once more.
    let (mut a, mut b) = two();
    let lan = a.members[1];
    let (backup_a, backup_b) = (copy(&a.node), copy(&b.node));
    let offer = moved(&mut a, &mut b, lan);
    let yes = b.answer(offer);
    a.node = Node::restore(backup_a, &a.root, NOW, &mut a.rng).unwrap();
    a.node.confirm(&[], NOW).unwrap();
    a.take_answer(&yes).unwrap();
    b.node = Node::restore(backup_b, &b.root, NOW, &mut b.rng).unwrap();
    b.node.confirm(&[], NOW).unwrap();
    let second = a.node.offer_again(offer, NOW).unwrap();
    b.node.refuse_offer(&a.file(second), NOW).unwrap();
    assert_eq!(a.take_answer(&b.answer(second)), Ok(Stage::Refused));
    let third = a.node.offer_again(second, NOW).unwrap();
    b.accept(&a.file(third)).unwrap();
    assert!(b.says(lan, "full_name").is_some());
    a.books_are_whole();
    b.books_are_whole();
}

#[test]
fn an_office_that_gets_no_file_any_more_lets_the_phones_open_the_place_anew() {
    let (a, mut b, quang, mut secretary, _, offer) = went_back_to_before_they_came();
    b.node.confirm(&[], NOW).unwrap();
    b.sync(&mut secretary);
    let arrival = b.node.brought_back().unwrap();
    let arrival = arrival
        .iter()
        .find(|item| matches!(item, Brought::Arrival(_)));
    let left_out = b.node.confirm(&[arrival.unwrap().hash()], NOW).unwrap();
    assert_eq!(
        (left_out.left_out, left_out.waiting),
        (2, 0),
        "its device as well"
    );
    b.sync(&mut secretary);
    assert!(b.sync(&mut secretary).synced);
    assert_eq!(
        b.says(quang, "note"),
        Some(Value::Text("Ghi sau khi đến".into()))
    );
    assert_eq!(b.accept(&a.file(offer)), Err(CustodyError::AlreadyHere));
    b.books_are_whole();
}

#[test]
fn work_that_was_relayed_waits_for_its_office_through_an_offer_that_is_refused() {
    let (mut a, mut b) = two();
    let quang = a.members[0];
    let mut secretary = a.enrol(Role::Secretary, a.branch);
    a.sync(&mut secretary);
    let note = values(&[("note", "Ghi khi chưa biết")]);
    (secretary.edit(member(quang), &note, NOW, &mut a.rng)).unwrap();
    let offer = moved(&mut a, &mut b, quang);
    a.sync(&mut secretary);
    let file = a.node.relay_file(offer).unwrap().0;
    assert_eq!(b.node.take_relay(&file, NOW).unwrap().held, 1);
    let held = b.node.quarantine().unwrap();
    // The member is offered to a third commune, which says no.
    let mut c = Commune::new("Đảng ủy phường Tân Mai", 13);
    let onward = b.offer(quang, &c);
    let decided = b.node.decide(held[0].0, true, None, NOW);
    assert!(matches!(decided, Err(DecideError::HandedOver)));
    c.node.refuse_offer(&b.file(onward), NOW).unwrap();
    assert_eq!(b.take_answer(&c.answer(onward)), Ok(Stage::Refused));
    assert_eq!(b.node.quarantine().unwrap(), held, "it waits as before");
    b.node.decide(held[0].0, true, None, NOW).unwrap();
    assert_eq!(
        b.says(quang, "note"),
        Some(Value::Text("Ghi khi chưa biết".into()))
    );
    b.books_are_whole();
}

#[test]
fn who_was_handed_over_is_told_to_nobody_who_had_no_part_in_them() {
    let (mut a, mut b) = two();
    let (quang, nobody) = (a.members[0], PlaceId([7; 16]));
    // Another branch, whose secretary knows the member's place by some way.
    let other = PlaceId::random(&mut a.rng);
    let name = values(&[("name", "Chi bộ Xóm 6")]);
    let unit = Target::at(other, kind::by_name("unit").unwrap(), b"");
    let root = a.node.root();
    (a.node.edit_many(
        &[(other, PlaceKind::Branch, root)],
        &[(unit, name)],
        NOW,
        &mut a.rng,
    ))
    .unwrap();
    let mut own = a.enrol(Role::Secretary, a.branch);
    let mut outsider = a.enrol(Role::Secretary, other);
    a.sync(&mut own);
    a.sync(&mut outsider);
    let offer = a.offer(quang, &b);
    let edit = values(&[("note", "muộn")]);
    for goes in [false, true] {
        if goes {
            b.accept(&a.file(offer)).unwrap();
            a.take_answer(&b.answer(offer)).unwrap();
        }
        // What the outsider says of the member, and of nobody at all, is refused in the same words.
        let mut heard = Vec::new();
        for (i, place) in [quang, nobody].into_iter().enumerate() {
            let nonce = u8::from(goes) * 2 + i as u8 + 30;
            let segment = stage::saying_at(&outsider, member(place), &edit, None, NOW, nonce);
            let request = stage::pushing(&outsider, &[segment]);
            a.node.handle(&[request], NOW).remove(0).unwrap();
            let row = a.last_row();
            heard.push((row.held, row.reason, row.words));
        }
        assert_eq!(heard[0], heard[1]);
        // So is a grant that a stranger makes up.
        let thief = SecretKey::from_seed([5; 32]);
        let mut heard = Vec::new();
        for place in [quang, nobody] {
            let template = outsider.own_grant().unwrap().unwrap();
            let made_up = Grant {
                place,
                key: thief.public(),
                ..template
            }
            .signed(&thief);
            let request = EnrolRequest::introducing(vec![made_up], &thief).to_bytes();
            heard.push(a.node.enrol(&request, NOW, &mut a.rng).unwrap_err());
        }
        assert_eq!(heard[0], heard[1]);
        // Who had the member hears where the work waits.
        let before = a.node.quarantine().unwrap().len();
        let text = format!("muộn {goes}");
        let edit = values(&[("note", &text)]);
        let segment = stage::saying_at(&own, member(quang), &edit, None, NOW, 40 + u8::from(goes));
        let request = stage::pushing(&own, &[segment]);
        a.node.handle(&[request], NOW).remove(0).unwrap();
        let rows = a.node.quarantine().unwrap();
        assert_eq!(rows.len(), before + 1);
        assert_eq!(a.last_row().reason, reason::CUSTODY);
    }
    a.books_are_whole();
}

/// A member went to the second node; the first went back to before its offer, and then took in what its secretary wrote
/// of them. What is carried between the two is still to be carried.
fn forgot_its_offer() -> (Commune, Commune, PlaceId, Memory, Hash) {
    let (mut a, mut b) = two();
    let quang = a.members[0];
    let mut secretary = a.enrol(Role::Secretary, a.branch);
    a.sync(&mut secretary);
    let backup = copy(&a.node);
    let offer = a.offer(quang, &b);
    b.accept(&a.file(offer)).unwrap();
    a.now = Timestamp(NOW.0 + 3 * stage::DAY);
    a.node = Node::restore(backup, &a.root, a.now, &mut a.rng).unwrap();
    a.node.confirm(&[], a.now).unwrap();
    let note = values(&[("note", "Ghi khi xã đã quên việc chuyển")]);
    secretary
        .edit(member(quang), &note, a.now, &mut a.rng)
        .unwrap();
    assert!(a.sync(&mut secretary).synced);
    (a, b, quang, secretary, offer)
}

#[test]
fn what_an_old_home_took_in_while_it_had_lost_its_offer_reaches_the_new_one() {
    let (mut a, mut b, quang, _, offer) = forgot_its_offer();
    assert_eq!(a.take_answer(&b.answer(offer)), Ok(Stage::Accepted));
    let (late, _) = a.node.relay_file(offer).unwrap();
    let late = RelayFile::from_bytes(&late.to_bytes()).unwrap();
    assert_eq!(b.node.take_relay(&late, b.now).unwrap().held, 1);
    assert_eq!(b.node.take_relay(&late, b.now).unwrap().known, 1);
    let (number, _) = b.node.quarantine().unwrap().pop().unwrap();
    // The member goes on to nobody: a no brings them back, and what was relayed still waits.
    let onward = b.offer(quang, &a);
    a.node.refuse_offer(&b.file(onward), a.now).unwrap();
    b.take_answer(&a.answer(onward)).unwrap();
    b.node.decide(number, true, None, b.now).unwrap();
    let said = Value::Text("Ghi khi xã đã quên việc chuyển".into());
    assert_eq!(b.says(quang, "note"), Some(said));
    a.books_are_whole();
    b.books_are_whole();
}

#[test]
fn who_comes_home_finds_there_what_their_home_had_taken_in_meanwhile() {
    let (mut a, mut b, quang, mut secretary, offer) = forgot_its_offer();
    a.take_answer(&b.answer(offer)).unwrap();
    a.sync(&mut secretary);
    // Nobody carried the late work, and the member comes back.
    let home = b.offer(quang, &a);
    a.accept(&b.file(home)).unwrap();
    b.take_answer(&a.answer(home)).unwrap();
    let said = Value::Text("Ghi khi xã đã quên việc chuyển".into());
    assert_eq!(a.says(quang, "note"), Some(said));
    a.books_are_whole();
    // Its author goes on after it.
    let more = values(&[("note", "Đã về")]);
    a.sync(&mut secretary);
    secretary
        .edit(member(quang), &more, a.now, &mut a.rng)
        .unwrap();
    assert!(a.sync(&mut secretary).synced);
    assert_eq!(a.says(quang, "note"), Some(Value::Text("Đã về".into())));
    a.books_are_whole();
}

#[test]
fn a_node_that_accepts_what_nobody_offered_gets_nothing() {
    let (mut a, b) = two();
    let quang = a.members[0];
    let forger = SecretKey::from_seed([9; 32]);
    // Truly signed by the node that says so; the offer is not by the one that would lose.
    let file = made_up(&a, &b, quang, 3, &forger);
    let state = a.state();
    let refused = a.take_answer(&file).unwrap_err();
    assert!(matches!(refused, CustodyError::Unproven(_)));
    assert_eq!(a.state(), state);
}

#[test]
fn what_came_from_another_node_is_proven_again_by_every_check() {
    let (mut a, mut b) = two();
    let quang = a.members[0];
    let offer = moved(&mut a, &mut b, quang);
    b.books_are_whole();
    let name = format!("custody/file/{offer}");
    (b.node.store_mut())
        .write(|tx| {
            let mut file = records::meta(tx, &name)?.unwrap();
            let at = file.len() - 5;
            file[at] ^= 1;
            records::set_meta(tx, &name, &file)
        })
        .unwrap();
    let report = (b.node.store())
        .read(|tx| check::check(tx, b.node.tree(), true))
        .unwrap();
    assert!(!report.faults.is_empty());
}

#[test]
fn what_was_forgotten_stays_forgotten_through_all_homes() {
    use chibo_core::forget::Why;
    use chibo_core::node::Erasing;
    let (mut a, mut b) = two();
    let [one, two] = a.members;
    let on_paper = |c: &mut Commune, target: Target| {
        let erasing = Erasing {
            why: Why::Decided,
            basis: "12-CV/ĐU",
            by: None,
        };
        c.node.erase(&[target.doc], &erasing, NOW).unwrap();
    };
    let holds = |c: &Commune, words: &str| {
        let all = c.node.store().read(|tx| {
            let mut all = Vec::new();
            for table in chibo_core::store::TABLES {
                let rows = tx.scan(table, &[], None, usize::MAX)?;
                all.extend(rows.into_iter().flat_map(|(_, value)| value));
            }
            Ok::<_, chibo_core::store::StoreError>(all)
        });
        (all.unwrap().windows(words.len())).any(|w| w == words.as_bytes())
    };
    // Before it goes: the file holds nothing of it, and the new home knows that it was forgotten.
    let say = |c: &mut Commune, place: PlaceId, words: &str| {
        let said = values(&[("request", words)]);
        (c.node)
            .edit(check_in(place), &said, NOW, &mut c.rng)
            .unwrap();
        c.node.submit(NOW, &mut c.rng).unwrap();
    };
    say(&mut a, one, "xin gặp bà Khuyếnh");
    let scope = check_in(one).scope;
    on_paper(&mut a, check_in(one));
    moved(&mut a, &mut b, one);
    assert!(!holds(&b, "Khuyếnh") && !holds(&a, "Khuyếnh"));
    let known = b.node.erasures().unwrap();
    assert!(known.iter().any(|e| e.act.scope == scope), "{known:?}");
    b.books_are_whole();
    let (rng, node) = (&mut b.rng, &mut b.node);
    let again = node.edit(check_in(one), &values(&[("request", "x")]), NOW, rng);
    assert_eq!(again, Err(EditError::Erased));
    let mut phone = b.enrol(Role::Secretary, b.branch);
    assert!(b.sync(&mut phone).synced);
    device_is_whole(&phone);

    // After it came: the file by which it came is kept, without the content, and is still proven.
    say(&mut a, two, "xin gặp ông Ngưỡng");
    moved(&mut a, &mut b, two);
    assert!(holds(&b, "Ngưỡng"));
    on_paper(&mut b, check_in(two));
    assert!(!holds(&b, "Ngưỡng"));
    b.books_are_whole();
    assert!(b.sync(&mut phone).synced);
    device_is_whole(&phone);

    // And on to a third home.
    let mut c = Commune::new("Đảng ủy xã Trà Lũ", 13);
    moved(&mut b, &mut c, two);
    assert!(!holds(&c, "Ngưỡng"));
    c.books_are_whole();
    b.books_are_whole();
}

// ---- a stay in a commune with a node of its own ----------------------------------------------

const DAY: u64 = 86_400;

fn stay_of(place: PlaceId, kind: &str, key: &[u8]) -> Target {
    Target::at(place, kind::by_name(kind).unwrap(), key)
}

/// A stay of a member of `a`'s until a day, offered to `b`.
fn stay(a: &mut Commune, b: &Commune, until: &str) -> (PlaceId, Hash) {
    let (member, stay) = (a.members[0], PlaceId::random(&mut a.rng));
    let edits = values(&[("full_name", "Đinh Văn Quang"), ("until", until)]);
    let now = a.now;
    (a.node)
        .place_in(stay, member, None, &edits, now, &mut a.rng)
        .unwrap();
    (stay, a.offer(stay, b))
}

#[test]
fn row_20_a_stay_in_another_commune_is_hosted_there_counted_at_home_and_comes_back_with_what_was_seen()
 {
    let (mut a, mut b) = two();
    let (mut home, mut host) = (
        a.enrol(Role::Secretary, a.branch),
        b.enrol(Role::Secretary, b.branch),
    );
    a.sync(&mut home);
    b.sync(&mut host);
    let (stay, offer) = stay(&mut a, &b, "2026-10-20");
    b.accept(&a.file(offer)).unwrap();
    assert_eq!(a.take_answer(&b.answer(offer)), Ok(Stage::Accepted));
    // The host's secretary reads who comes, and writes what a host writes; at home the member stays where they were.
    let members = |c: &Commune| {
        let places = c.node.tree().iter();
        places.filter(|(_, p)| p.kind == PlaceKind::Member).count()
    };
    assert_eq!((members(&a), members(&b)), (2, 2));
    assert!(b.sync(&mut host).synced);
    let record = host.values(stay_of(stay, "placement", b"").doc).unwrap();
    let (_, record) = record.unwrap();
    assert_eq!(record["full_name"], Value::Text("Đinh Văn Quang".into()));
    let present = values(&[("held_on", "2026-10-03"), ("mark", "present")]);
    let attendance = stay_of(stay, "placement_attendance", b"2026-10-03");
    host.edit(attendance, &present, NOW, &mut b.rng).unwrap();
    // Who they are stays the home's to say.
    let named = values(&[("full_name", "Ai khác")]);
    let who = stay_of(stay, "placement", b"");
    assert_eq!(
        host.edit(who, &named, NOW, &mut b.rng),
        Err(EditError::NotAllowed)
    );
    assert!(b.sync(&mut host).synced);
    // While it runs it does not leave; on the day after its last it is over by itself.
    let (card, now) = (a.card(), b.now);
    assert_eq!(
        b.node.hand_over(stay, &card, now, &mut b.rng),
        Err(CustodyError::Hosted)
    );
    let last = Timestamp::beginning_of(day("2026-10-20"));
    b.now = Timestamp(last.0 + DAY - 1);
    b.sync(&mut host);
    assert!(host.tree().get(stay).is_some(), "on its last day it runs");
    b.now = Timestamp(last.0 + DAY);
    b.sync(&mut host);
    assert!(host.tree().get(stay).is_none());
    device_is_whole(&host);
    // It comes home under the member, and home reads what the host saw.
    a.now = b.now;
    let back = b.offer(stay, &a);
    let under = a.members[0];
    a.node.accept(&b.file(back), under, a.now).unwrap();
    assert_eq!(b.take_answer(&a.answer(back)), Ok(Stage::Accepted));
    assert!(a.sync(&mut home).synced);
    let (_, seen) = home.values(attendance.doc).unwrap().unwrap();
    assert_eq!(seen["mark"], Value::Text("present".into()));
    device_is_whole(&home);
    a.books_are_whole();
    b.books_are_whole();
}

#[test]
fn a_stay_that_is_over_or_has_no_end_is_not_taken_and_nothing_has_changed() {
    for until in ["2026-01-01", ""] {
        let (mut a, mut b) = two();
        let (_, offer) = stay(&mut a, &b, until);
        let before = b.state();
        assert_eq!(b.accept(&a.file(offer)), Err(CustodyError::NoTerm));
        assert_eq!(b.state(), before);
        // The office says no, and at home the stay is there again.
        b.node.refuse_offer(&a.file(offer), NOW).unwrap();
        assert_eq!(a.take_answer(&b.answer(offer)), Ok(Stage::Refused));
        a.books_are_whole();
        b.books_are_whole();
    }
}

#[test]
fn nobody_makes_a_stay_of_nobody_and_a_guest_may_stay_longer() {
    let (mut a, mut b) = two();
    let (root, now) = (b.node.root(), b.now);
    let host = |days: u64| {
        Some(Host {
            branch: b.branch,
            until: Timestamp(now.0 + days * DAY),
        })
    };
    let (short, long) = (host(10), host(400));
    let invented = PlaceId::random(&mut b.rng);
    let none = values(&[]);
    let made = (b.node).place_in(invented, root, short, &none, now, &mut b.rng);
    assert!(made.is_err(), "{made:?}");
    let (stay, offer) = stay(&mut a, &b, "2026-10-20");
    b.accept(&a.file(offer)).unwrap();
    (b.node)
        .place_in(stay, root, long, &none, now, &mut b.rng)
        .unwrap();
    let placed = b.node.tree().get(stay).copied().unwrap();
    assert_eq!((placed.host, placed.parent), (long, Some(root)));
    assert_eq!(b.node.tree().member_of(stay), None);
    b.books_are_whole();
}
