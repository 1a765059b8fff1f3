//! A small deterministic world: one node, some phones, files, and everything that goes wrong.
//!
//! The engine in it is the real one; only the people, the clock, the line and the disk are simulated,
//! all from one seed. Lines break at any byte, requests and answers are doubled, delayed and come in
//! any order, disks fail at any write, phones and the node come back from old backups, the office
//! refuses work, members move to other branches or take part in them for a time. At the end everybody syncs in peace, and what the
//! protocol promises is checked ([`World::settle`]). A failing seed replays.

use chibo_core::access;
use chibo_core::author::{EditError, Target};
use chibo_core::check;
use chibo_core::document::{self, Standing, Value, Values};
use chibo_core::door;
use chibo_core::enrol::{EnrolRequest, Offer, Ticket, Word};
use chibo_core::feed::SignedSegment;
use chibo_core::forget::Why;
use chibo_core::id::{DocId, Hash, PersonId, PlaceId, ScopeId};
use chibo_core::identity::{Epoch, SecretKey};
use chibo_core::kind;
use chibo_core::log::End;
use chibo_core::node::{DecideError, EnrolError, Erasing, Node, Rejection};
use chibo_core::phone::{Exchange, Heard, Outcome, Phone, SyncError, problem};
use chibo_core::place::{Host, PlaceKind, Role};
use chibo_core::records;
use chibo_core::replica;
use chibo_core::store::memory::MemoryStore;
use chibo_core::store::{Store, StoreError, Tx};
use chibo_core::time::Timestamp;
use chibo_core::tree::Tree;
use chibo_core::wire::FrameReader;
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};

/// What may go wrong in a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Troubles {
    /// Disks fail in the middle of a transaction, and the program starts again.
    pub crashes: bool,
    /// Phones come back from old backups.
    pub phone_backups: bool,
    /// The node comes back from an old backup, as a new epoch.
    pub node_backups: bool,
    /// The office refuses some work.
    pub refusals: bool,
    /// Members move to other branches.
    pub moves: bool,
    /// Members take part in another branch for a time.
    pub placements: bool,
    /// Devices are let in, by the office and by secretaries, change their keys, and are shut out.
    pub rights: bool,
    /// The office forgets documents.
    pub erasures: bool,
}

impl Troubles {
    /// Everything but a node that is restored.
    pub const ALL_BUT_NODE: Troubles = Troubles {
        crashes: true,
        phone_backups: true,
        node_backups: false,
        refusals: true,
        moves: true,
        placements: true,
        rights: true,
        erasures: true,
    };
    /// A node that is restored, among broken lines and crashes.
    pub const NODE: Troubles = Troubles {
        crashes: true,
        phone_backups: false,
        node_backups: true,
        refusals: false,
        moves: false,
        placements: true,
        rights: true,
        erasures: true,
    };
}

/// A letter on its way, and the phone that it is of or for.
struct Letter {
    phone: usize,
    says: Says,
}

/// What a letter says.
#[derive(Clone)]
enum Says {
    Request(Vec<u8>),
    Answer(Vec<u8>),
    /// The phone asks to be known.
    Introduction(EnrolRequest),
    Word(Box<Word>),
    /// The node's epochs, for whoever it does not know.
    Notice(Vec<Epoch>),
}

/// Something that a person said, and that must not be lost.
type Said = (DocId, String);

struct Handset {
    phone: Option<Phone<MemoryStore>>,
    branch: PlaceId,
    role: Role,
    /// Number of segments ever sealed, kept outside the database.
    mark: u64,
    backup: Option<(MemoryStore, BTreeMap<Said, Value>)>,
    /// The last value that its person gave each path, not known to be refused.
    said: BTreeMap<Said, Value>,
    refused: bool,
    /// Whether no node knows it any more.
    out: bool,
    /// Seconds that its clock is off.
    clock_off: i64,
}

/// The world.
pub struct World {
    seed: u64,
    rng: ChaCha8Rng,
    clock: u64,
    node: Option<Node<MemoryStore>>,
    root: SecretKey,
    node_backup: Option<MemoryStore>,
    phones: Vec<Handset>,
    branches: Vec<PlaceId>,
    /// Documents that were ever forgotten: what was said in them may be gone.
    erased: BTreeSet<DocId>,
    requests: Vec<Letter>,
    answers: Vec<Letter>,
    troubles: Troubles,
    counter: u64,
    /// Whether the node did not know who asked last.
    rejected: bool,
    /// What happened, for a failing seed.
    pub story: Vec<String>,
}

fn text(t: &str) -> Value {
    Value::Text(t.to_owned())
}

impl World {
    /// A world with two branches and five phones.
    pub fn new(seed: u64, troubles: Troubles) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let clock = 1_790_000_000;
        let (mut node, root) = Node::init(
            MemoryStore::new(),
            "Đảng ủy xã Xuân Trường",
            Timestamp(clock),
            &mut rng,
        )
        .expect("a new node");
        let mut branches = Vec::new();
        let mut places = Vec::new();
        let mut edits = Vec::new();
        let invented = chibo_server::district::invent(chibo_server::district::Size::Branch, seed);
        for b in 0..2 {
            let branch = PlaceId::random(&mut rng);
            branches.push(branch);
            places.push((branch, PlaceKind::Branch, node.root()));
            let unit = kind::by_name("unit").expect("a kind");
            edits.push((
                Target::at(branch, unit, b""),
                Values::from([("name".into(), text(&format!("Chi bộ Xóm {b}")))]),
            ));
            for who in invented.members().skip(3 * b).take(3) {
                let member = PlaceId::random(&mut rng);
                places.push((member, PlaceKind::Member, branch));
                let kind = kind::by_name("member").expect("a kind");
                edits.push((Target::at(member, kind, b""), who.values.clone()));
            }
        }
        node.edit_many(&places, &edits, Timestamp(clock), &mut rng)
            .expect("a roster");
        let mut world = World {
            seed,
            rng,
            clock,
            node: Some(node),
            root,
            node_backup: None,
            phones: Vec::new(),
            branches: branches.clone(),
            erased: BTreeSet::new(),
            requests: Vec::new(),
            answers: Vec::new(),
            troubles,
            counter: 0,
            rejected: false,
            story: Vec::new(),
        };
        for (branch, role) in [
            (branches[0], Role::Secretary),
            (branches[0], Role::Deputy),
            (branches[1], Role::Secretary),
            (branches[1], Role::Deputy),
        ] {
            world.enrol(branch, role, branch);
        }
        let member = world.members(branches[0])[0];
        world.enrol(member, Role::Member, branches[0]);
        world
    }

    fn members(&self, branch: PlaceId) -> Vec<PlaceId> {
        let node = self.node.as_ref().expect("the node runs");
        node.tree().below(branch).collect()
    }

    fn enrol(&mut self, place: PlaceId, role: Role, branch: PlaceId) {
        let node = self.node.as_mut().expect("the node runs");
        let person = PersonId::random(&mut self.rng);
        let offer = Offer::new(role, place, person, Timestamp(u64::MAX >> 1));
        let ticket = node.ticket("http://node", &offer, &mut self.rng);
        self.use_ticket(&ticket.expect("a ticket"), role, branch);
    }

    fn use_ticket(&mut self, ticket: &Ticket, role: Role, branch: PlaceId) {
        let mut phone = Phone::create(MemoryStore::new(), &mut self.rng).expect("a new phone");
        let node = self.node.as_mut().expect("the node runs");
        let request = ticket.request(phone.key()).to_bytes();
        let reply = match node.enrol(&request, Timestamp(self.clock), &mut self.rng) {
            Ok(reply) => reply,
            // The issuer was shut out, or a restore lost its grant, or the office has not confirmed.
            Err(e @ (EnrolError::Bad(_) | EnrolError::Unconfirmed)) => {
                return self.tell(format!("a ticket does not work: {e}"));
            }
            Err(e) => panic!("seed {}: an enrolment: {e}", self.seed),
        };
        phone.enrolled(ticket, &reply).expect("a node that is ours");
        let clock_off = (self.rng.next_u32() % 3) as i64 * 40_000_000 - 40_000_000;
        self.phones.push(Handset {
            phone: Some(phone),
            branch,
            role,
            mark: 0,
            backup: None,
            said: BTreeMap::new(),
            refused: false,
            out: false,
            clock_off,
        });
    }

    fn roll(&mut self, sides: u32) -> u32 {
        self.rng.next_u32() % sides
    }

    fn tell(&mut self, words: String) {
        self.story.push(words);
    }

    fn time_of(&self, i: usize) -> Timestamp {
        Timestamp((self.clock as i64 + self.phones[i].clock_off).max(0) as u64)
    }

    fn phone(&mut self, i: usize) -> &mut Phone<MemoryStore> {
        self.phones[i].phone.as_mut().expect("the phone runs")
    }

    /// Lets `steps` things happen, and looks into every store after each: where the first fault came
    /// into being stands in the story.
    pub fn live_watched(&mut self, steps: usize) {
        let mut known = BTreeSet::new();
        for _ in 0..steps {
            self.live(1);
            for (i, fault) in self.faults() {
                if known.insert((i, fault.clone())) {
                    self.tell(format!("    FAULT of phone {i}: {fault}"));
                }
            }
        }
    }

    fn faults(&self) -> Vec<(usize, String)> {
        let mut faults = Vec::new();
        for (i, handset) in self.phones.iter().enumerate() {
            let Some(phone) = &handset.phone else {
                continue;
            };
            let report: Result<_, StoreError> =
                (phone.store()).read(|tx| check::check(tx, phone.tree(), false));
            match report {
                Ok(report) => faults.extend(report.faults.into_iter().map(|f| (i, f))),
                Err(e) => faults.push((i, e.to_string())),
            }
        }
        faults
    }

    /// Lets `steps` things happen.
    pub fn live(&mut self, steps: usize) {
        for _ in 0..steps {
            self.clock += u64::from(self.roll(90_000));
            let i = self.roll(self.phones.len() as u32) as usize;
            match self.roll(32) {
                0..=7 => self.edit(i),
                8 => self.add_member(i),
                9..=12 => self.sync(i),
                13 | 14 => self.write_letter(i),
                15..=17 => self.carry_letter(),
                18 | 19 => self.read_letter(),
                20 => self.meet(i),
                21 => self.office_edits(),
                22 if self.troubles.crashes => self.crash(i),
                23 if self.troubles.phone_backups => self.phone_backup(i),
                24 if self.troubles.moves => self.move_member(),
                25 if self.troubles.node_backups => self.node_backup(),
                26 => self.decide(),
                27 if self.troubles.rights => self.let_in(i),
                28 if self.troubles.rights => self.right_of(i),
                29 if self.troubles.node_backups => self.confirm(),
                30 if self.troubles.placements => self.placement(),
                31 if self.troubles.erasures => self.erase(),
                _ => self.undo_something(i),
            }
        }
    }

    // ---- people -----------------------------------------------------------------------------

    fn edit(&mut self, i: usize) {
        let phone = self.phones[i].phone.as_ref().expect("the phone runs");
        let Some(view) = phone.view() else { return };
        let places: Vec<(PlaceId, PlaceKind)> = phone
            .tree()
            .reach(view.root)
            .into_iter()
            .filter_map(|p| phone.tree().get(p).map(|x| (p, x.kind)))
            .collect();
        if places.is_empty() {
            return;
        }
        let (place, place_kind) = places[self.roll(places.len() as u32) as usize];
        let tree = self.phones[i].phone.as_ref().map(Phone::tree);
        let hosted = tree.is_some_and(|t| t.is_hosted(place, view.root));
        self.counter += 1;
        let unique = format!("{}-{i}", self.counter);
        let (kind_name, key, path): (&str, &[u8], String) = match (place_kind, self.roll(6)) {
            (PlaceKind::Member, _) if self.phones[i].role == Role::Member => {
                ("check_in", b"2026-11-24", "request".into())
            }
            (PlaceKind::Member, 0) => ("member", b"", "note".into()),
            (PlaceKind::Member, 1) => ("check_in", b"2026-11-24", "phone".into()),
            (PlaceKind::Member, _) => ("member", b"", "phone".into()),
            (PlaceKind::Branch, 0..=3) => {
                let members = phone_members(&places);
                if members.is_empty() {
                    return;
                }
                let who = members[self.roll(members.len() as u32) as usize];
                ("meeting", b"2026-11-20", format!("attendance/{who}"))
            }
            (PlaceKind::Placement, _) if hosted => ("placement_remark", &[7; 16], "by".into()),
            (PlaceKind::Placement, _) => ("placement", b"", "address".into()),
            (PlaceKind::Branch, _) => ("meeting", b"2026-11-20", "conclusion".into()),
            _ => return,
        };
        let Some(kind) = kind::by_name(kind_name) else {
            return;
        };
        let target = Target::at(place, kind, key);
        let value = text(&unique);
        let edits = Values::from([(path.clone(), value.clone())]);
        let (now, mut rng) = (self.time_of(i), self.fork_rng());
        match self.phone(i).edit(target, &edits, now, &mut rng) {
            Ok(_) => {
                self.phones[i].said.insert((target.doc, path), value);
                self.tell(format!("phone {i} edits {}", target.doc.short()));
            }
            Err(e) => self.tell(format!("phone {i} may not edit: {e}")),
        }
    }

    fn fork_rng(&mut self) -> ChaCha8Rng {
        ChaCha8Rng::seed_from_u64(self.rng.next_u64())
    }

    fn add_member(&mut self, i: usize) {
        let branch = self.phones[i].branch;
        let place = PlaceId::random(&mut self.rng);
        if self
            .phone(i)
            .open_place(place, PlaceKind::Member, branch)
            .is_err()
        {
            return;
        }
        self.counter += 1;
        let name = text(&format!("Mới {}", self.counter));
        let target = Target::at(place, kind::by_name("member").expect("a kind"), b"");
        let edits = Values::from([("full_name".into(), name.clone())]);
        let (now, mut rng) = (self.time_of(i), self.fork_rng());
        if self.phone(i).edit(target, &edits, now, &mut rng).is_ok() {
            self.phones[i]
                .said
                .insert((target.doc, "full_name".into()), name);
            self.tell(format!("phone {i} adds member {}", place.short()));
        }
    }

    fn undo_something(&mut self, i: usize) {
        let phone = self.phone(i);
        let drafts = phone
            .store()
            .read(|tx| records::drafts(tx))
            .unwrap_or_default();
        let Some((doc, draft)) = drafts.first().cloned() else {
            return;
        };
        if phone.undo(doc) == Ok(true) {
            for path in draft.values.keys() {
                self.phones[i].said.remove(&(doc, path.clone()));
            }
            self.tell(format!("phone {i} undoes {}", doc.short()));
        }
    }

    fn office_edits(&mut self) {
        let which = self.roll(2) as usize;
        let branch = self.branches[which];
        let members = self.members(branch);
        let member = members[self.roll(members.len() as u32) as usize];
        self.counter += 1;
        let value = text(&format!("office {}", self.counter));
        let target = Target::at(member, kind::by_name("member").expect("a kind"), b"");
        let edits = Values::from([("card_number".into(), value)]);
        let now = Timestamp(self.clock);
        let mut rng = self.fork_rng();
        let node = self.node.as_mut().expect("the node runs");
        match node.edit(target, &edits, now, &mut rng) {
            Err(EditError::Erased) => return,
            edited => edited.expect("an edit"),
        };
        node.submit(now, &mut rng).expect("a receipt");
        self.tell("the office edits".into());
    }

    /// The office forgets a record of somebody.
    fn erase(&mut self) {
        if self.roll(3) > 0 {
            return;
        }
        let node = self.node.as_ref().expect("the node runs");
        let rows = (node.store().read(|tx| tx.projection())).expect("a readable store");
        let may = |number| kind::by_number(number).is_some_and(|k| access::erases(Role::Office, k));
        let docs: Vec<DocId> = (rows.iter().filter(|r| may(r.kind)))
            .map(|r| r.doc)
            .collect();
        if docs.is_empty() {
            return;
        }
        let doc = docs[self.roll(docs.len() as u32) as usize];
        let erasing = Erasing {
            why: Why::Decided,
            basis: "12-CV/ĐU",
            by: None,
        };
        let now = Timestamp(self.clock);
        let node = self.node.as_mut().expect("the node runs");
        let done = node.erase(&[doc], &erasing, now);
        self.erased.insert(doc);
        self.tell(format!("the office forgets {}: {done:?}", doc.short()));
    }

    fn move_member(&mut self) {
        let (from, to) = if self.roll(2) == 0 { (0, 1) } else { (1, 0) };
        let members = self.members(self.branches[from]);
        // The member with a phone of their own stays, and a branch is never emptied.
        let own = self
            .phones
            .last()
            .and_then(|h| h.phone.as_ref().and_then(|p| p.view()).map(|v| v.root));
        let members: Vec<PlaceId> = members.into_iter().filter(|m| Some(*m) != own).collect();
        if members.len() < 2 {
            return;
        }
        let member = members[self.roll(members.len() as u32) as usize];
        let to = self.branches[to];
        let now = Timestamp(self.clock);
        let node = self.node.as_mut().expect("the node runs");
        node.move_place(member, to, now).expect("a move");
        self.tell(format!("member {} moves", member.short()));
    }

    /// A member begins to take part in the other branch for a time, goes on longer, or ends early.
    fn placement(&mut self) {
        let which = self.roll(2) as usize;
        let members = self.members(self.branches[which]);
        if members.is_empty() {
            return;
        }
        let member = members[self.roll(members.len() as u32) as usize];
        let term = u64::from(self.roll(2_000_000));
        let until = Timestamp(self.clock + term);
        let branch = self.branches[1 - which];
        let host = (self.roll(3) > 0).then_some(Host { branch, until });
        let new = PlaceId::random(&mut self.rng);
        let (now, mut rng) = (Timestamp(self.clock), self.fork_rng());
        let node = self.node.as_mut().expect("the node runs");
        let there = node.tree().below(member).next();
        let place = there.unwrap_or(new);
        let edits = Values::from([("full_name".into(), text("Trần Thị Lan"))]);
        let done = node.place_in(place, member, host, &edits, now, &mut rng);
        self.tell(format!("placement {}: {host:?}: {done:?}", place.short()));
    }

    /// One more device: by a ticket of the office, or by one that a secretary made without a line.
    fn let_in(&mut self, i: usize) {
        if self.phones.len() >= 8 {
            return;
        }
        let branch = self.phones[i].branch;
        let members = self.members(branch);
        if members.is_empty() {
            return;
        }
        let member = members[self.roll(members.len() as u32) as usize];
        if self.roll(2) == 0 {
            self.enrol(member, Role::Member, branch);
            return self.tell("the office lets a member in".into());
        }
        let person = PersonId(member.0);
        let expires = Timestamp(self.clock + 20 * 86_400);
        let offer = Offer::new(Role::Member, member, person, expires);
        let mut rng = self.fork_rng();
        if let Ok(ticket) = self.phone(i).ticket("http://node", &offer, &mut rng) {
            self.tell(format!("phone {i} lets a member in"));
            self.use_ticket(&ticket, Role::Member, branch);
        }
    }

    /// A device changes its key, or is shut out.
    fn right_of(&mut self, i: usize) {
        if self.roll(3) > 0 {
            return self.change_key(i);
        }
        let key = self.phone(i).public_key();
        let cascade = self.roll(2) == 0;
        let now = Timestamp(self.clock);
        let node = self.node.as_mut().expect("the node runs");
        let devices = node.devices().expect("a readable store");
        let shut = devices.iter().filter(|d| d.ended.is_some_and(is_shut_out));
        let grant = devices.iter().find(|d| d.grant.key == key);
        if let (0, Some(device)) = (shut.count(), grant)
            && device.ended.is_none()
        {
            let entries = node.revoke(device.n, false, cascade, now).expect("an end");
            self.tell(format!("phone {i} is shut out in {entries:?}"));
        }
    }

    fn change_key(&mut self, i: usize) {
        let mut rng = self.fork_rng();
        let request = match self.phone(i).change_key(&mut rng) {
            Ok(request) => request.to_bytes(),
            Err(SyncError::UnsentFirst | SyncError::NotEnrolled) => return,
            Err(e) => panic!("seed {}: a new key: {e}", self.seed),
        };
        let now = Timestamp(self.clock);
        let node = self.node.as_mut().expect("the node runs");
        let said = node.answer_enrolment(&request, now, &mut rng);
        let lost = self.roll(3) == 0;
        let said = match said {
            Ok(_) if lost => {
                return self.tell(format!("phone {i} does not hear about its new key"));
            }
            Ok(said) => said,
            Err(e) => return self.tell(format!("phone {i} gets no new key: {e}")),
        };
        let answered = self.phone(i).key_answered(said);
        match answered.expect("the answer to this device") {
            Ok(()) => {
                // Who goes back to before the change has a key that is worth nothing.
                self.phones[i].backup = None;
                self.tell(format!("phone {i} has a new key"));
            }
            Err(word) => self.tell(format!("phone {i} gets no new key: {:?}", word.said)),
        }
    }

    /// The office confirms what was brought back after a restore.
    fn confirm(&mut self) {
        let now = Timestamp(self.clock);
        let node = self.node.as_mut().expect("the node runs");
        if !node.is_confirmed().expect("a readable store") || self.roll(4) == 0 {
            let node = self.node.as_mut().expect("the node runs");
            let done = node.confirm(&[], now).expect("a writable store");
            self.tell(format!("the office confirms: {done:?}"));
        }
    }

    /// A node that was restored does not know this device: it introduces itself.
    fn introduce(&mut self, i: usize) -> bool {
        let mut rng = self.fork_rng();
        let Ok(request) = self.phone(i).introduction() else {
            return false;
        };
        let now = Timestamp(self.clock);
        let node = self.node.as_mut().expect("the node runs");
        match node.enrol(&request.to_bytes(), now, &mut rng) {
            Ok(reply) => {
                let known = self.phone(i).introduced(&reply);
                self.tell(format!("phone {i} introduces itself: {known:?}"));
                known.is_ok()
            }
            Err(e) => {
                // Who let it in was shut out meanwhile, and a restore lost that it was in: it is let in anew.
                self.phones[i].out |= matches!(e, EnrolError::Bad(_) | EnrolError::Used);
                self.tell(format!("phone {i} introduces itself: {e}"));
                false
            }
        }
    }

    /// Somebody at the office decides about one thing that is held.
    fn decide(&mut self) {
        let node = self.node.as_ref().expect("the node runs");
        let rows = node.quarantine().expect("a readable store");
        let held: Vec<u64> = (rows.iter().filter(|(_, row)| row.held > 0))
            .map(|(number, _)| *number)
            .collect();
        if held.is_empty() {
            return;
        }
        let number = held[self.roll(held.len() as u32) as usize];
        let accept = self.roll(3) > 0;
        let now = Timestamp(self.clock);
        let node = self.node.as_mut().expect("the node runs");
        match node.decide(number, accept, None, now) {
            Ok(n) => self.tell(format!("held {number} is decided in {n}: {accept}")),
            // The placement that it is of was lost, and is brought back later or never.
            Err(DecideError::EarlierFirst | DecideError::Unfit(_) | DecideError::NoPlace) => {}
            Err(e) => panic!("seed {}: {e}", self.seed),
        }
    }

    /// Decides about all that is held.
    fn decide_all(&mut self) -> bool {
        let node = self.node.as_mut().expect("the node runs");
        let rows = node.quarantine().expect("a readable store");
        let now = Timestamp(self.clock);
        let mut any = false;
        for (number, _) in rows.iter().filter(|(_, row)| row.held > 0) {
            any = true;
            let accepted = node.decide(*number, true, None, now);
            let awaited = node.brought_back().is_ok_and(|b| !b.is_empty());
            let gone = matches!(accepted, Err(DecideError::NoPlace)) && !awaited;
            if gone || matches!(accepted, Err(DecideError::Unfit(_))) {
                // It builds on what was refused meanwhile, or on what nobody brings back.
                node.decide(*number, false, None, now).expect("a refusal");
            }
        }
        any
    }

    // ---- lines ------------------------------------------------------------------------------

    fn handle(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let now = Timestamp(self.clock);
        let objection_seed = self.rng.next_u32();
        let refusals = self.troubles.refusals;
        let node = self.node.as_mut()?;
        if refusals {
            let mut rng = ChaCha8Rng::seed_from_u64(objection_seed.into());
            node.object_to(Some(Box::new(move |_| rng.next_u32() % 12 == 0)));
        }
        let result = node.handle(&[bytes.to_vec()], now).pop()?;
        node.object_to(None);
        match result {
            Ok(answer) => Some(answer),
            Err(Rejection::Store(e)) => {
                self.tell(format!("the node's disk fails: {e}"));
                None
            }
            Err(e) => {
                self.tell(format!("the node rejects: {e}"));
                self.rejected = e == Rejection::NotEnrolled;
                None
            }
        }
    }

    fn ask(&mut self, i: usize) -> Option<(Vec<u8>, Exchange)> {
        let (now, mut rng) = (self.time_of(i), self.fork_rng());
        let asked = self.phone(i).request(now, &mut rng);
        self.note_mark(i);
        match asked {
            Ok(asked) => Some(asked),
            Err(e @ (SyncError::Edit(_) | SyncError::Store(_))) => {
                self.tell(format!("phone {i} cannot ask: {e}"));
                None
            }
            Err(e) => panic!("seed {}: phone {i} cannot ask: {e}", self.seed),
        }
    }

    fn note_mark(&mut self, i: usize) {
        let sealed = self.phone(i).sealed().unwrap_or(0);
        self.phones[i].mark = self.phones[i].mark.max(sealed);
    }

    /// Gives a phone what arrived of an answer.
    fn take(&mut self, i: usize, exchange: &mut Exchange, answer: &[u8]) -> Option<Outcome> {
        let outcome = self.take_frames(i, exchange, answer);
        self.phones[i].refused |= !exchange.refused().is_empty();
        if let Some(how) = outcome.as_ref().and_then(|o| o.ended) {
            self.tell(format!("phone {i} is told that its grant ended: {how:?}"));
        }
        outcome
    }

    fn take_frames(&mut self, i: usize, exchange: &mut Exchange, answer: &[u8]) -> Option<Outcome> {
        let mut frames = FrameReader::new();
        frames.feed(answer);
        loop {
            let frame = match frames.next_frame() {
                Ok(Some(frame)) => frame,
                Ok(None) => break,
                Err(e) => panic!("seed {}: an answer does not parse: {e}", self.seed),
            };
            match self.phone(i).receive(exchange, &frame) {
                Ok(()) => {}
                Err(SyncError::Restored) => {
                    self.tell(format!("phone {i} finds itself restored"));
                    return None;
                }
                Err(SyncError::Store(StoreError::DiskFull)) => {
                    self.tell(format!("phone {i}'s disk fails"));
                    return None;
                }
                // A late letter: the phone has gone on since.
                Err(SyncError::Late) => {
                    self.tell(format!("phone {i} gets a late answer"));
                    return None;
                }
                Err(e) => panic!(
                    "seed {}: phone {i}: {e}\n{}",
                    self.seed,
                    self.story.join("\n")
                ),
            }
        }
        Some(self.phone(i).outcome(exchange).expect("a readable store"))
    }

    fn sync(&mut self, i: usize) {
        let Some((request, mut exchange)) = self.ask(i) else {
            return;
        };
        let fate = self.roll(10);
        if fate == 0 {
            self.tell(format!("phone {i}'s request is lost"));
            return;
        }
        let Some(mut answer) = self.handle(&request) else {
            if std::mem::take(&mut self.rejected) {
                self.introduce(i);
            }
            return;
        };
        if fate == 1 {
            // The line broke, and the same request came again.
            if let Some(again) = self.handle(&request) {
                answer = again;
            }
        }
        if fate <= 4 {
            let len = self.roll(answer.len() as u32 + 1) as usize;
            answer.truncate(len);
            self.tell(format!("phone {i}'s line breaks after {len} bytes"));
        } else {
            self.tell(format!("phone {i} syncs"));
        }
        self.take(i, &mut exchange, &answer);
    }

    fn write_letter(&mut self, i: usize) {
        let asks = self.phone(i).asks_to_be_known();
        let says = match asks.expect("a readable store") {
            Some((request, _)) => Says::Introduction(request),
            None => match self.ask(i) {
                Some((bytes, _)) => Says::Request(bytes),
                None => return,
            },
        };
        self.requests.push(Letter { phone: i, says });
        self.tell(format!("phone {i} leaves a file"));
    }

    fn carry_letter(&mut self) {
        if self.requests.is_empty() {
            return;
        }
        let at = self.roll(self.requests.len() as u32) as usize;
        let letter = if self.roll(4) == 0 {
            Letter {
                phone: self.requests[at].phone,
                says: self.requests[at].says.clone(),
            }
        } else {
            self.requests.swap_remove(at)
        };
        let i = letter.phone;
        let answer = match letter.says {
            Says::Introduction(request) => self.hear_introduction(request),
            Says::Request(bytes) => match self.handle(&bytes) {
                Some(answer) => Some(Says::Answer(answer)),
                // What it was not let in for it cannot answer; its epochs lie there for everybody.
                None if std::mem::take(&mut self.rejected) => {
                    let node = self.node.as_ref().expect("the node runs");
                    Some(Says::Notice(node.epochs().expect("a readable store")))
                }
                None => None,
            },
            _ => None,
        };
        if let Some(says) = answer {
            self.answers.push(Letter { phone: i, says });
            self.tell(format!("phone {i}'s file reaches the node"));
        }
    }

    /// The node's word to a phone that asks to be known; none before the office has confirmed.
    fn hear_introduction(&mut self, request: EnrolRequest) -> Option<Says> {
        let (now, mut rng) = (Timestamp(self.clock), self.fork_rng());
        let node = self.node.as_mut().expect("the node runs");
        match node.enrol_by_letter(&request, now, &mut rng) {
            Ok(said) => said.map(|(_, word)| Says::Word(Box::new(word))),
            Err(EnrolError::Unconfirmed) => None,
            Err(e) => panic!("seed {}: an introduction by letter: {e}", self.seed),
        }
    }

    fn read_letter(&mut self) {
        if self.answers.is_empty() {
            return;
        }
        let at = self.roll(self.answers.len() as u32) as usize;
        let Letter { phone: i, says } = self.answers.swap_remove(at);
        match says {
            Says::Answer(bytes) => {
                let Some((_, mut exchange)) = self.ask(i) else {
                    return;
                };
                self.tell(format!("phone {i} reads an answer's file"));
                self.take(i, &mut exchange, &bytes);
            }
            Says::Notice(epochs) => {
                let new = self.phone(i).take_epoch_letter(epochs);
                self.tell(format!("phone {i} reads of the node's keys: {new:?}"));
            }
            Says::Word(word) => self.hear_word(i, &word),
            Says::Request(_) | Says::Introduction(_) => {}
        }
    }

    fn hear_word(&mut self, i: usize, word: &Word) {
        let changing = self.phone(i).is_changing_key() == Ok(true);
        let heard = self.phone(i).hear(word);
        self.tell(format!("phone {i} reads the node's word: {heard:?}"));
        match heard {
            // Who goes back to before the change has a key that is worth nothing.
            Ok(Heard::NewKey) => self.phones[i].backup = None,
            // Who let it in was shut out meanwhile, and a restore lost that it was in: it is let in anew.
            Ok(Heard::Refused(_)) => self.phones[i].out |= !changing,
            Ok(_) | Err(SyncError::Store(StoreError::DiskFull)) => {}
            Err(e) => panic!("seed {}: phone {i} hears a word: {e}", self.seed),
        }
    }

    fn meet(&mut self, i: usize) {
        let j = self.roll(self.phones.len() as u32) as usize;
        if i == j {
            return;
        }
        for k in [i, j] {
            let (now, mut rng) = (self.time_of(k), self.fork_rng());
            let _ = self.phone(k).seal(now, &mut rng);
            self.note_mark(k);
        }
        // An honest node has one face, whatever it was put back to.
        if let Some(view) = self.phone(j).view() {
            let told = self.phone(i).told(view).expect("a readable store");
            let otherwise = self.phone(j).told_otherwise(&told);
            let otherwise = otherwise.expect("a readable store");
            assert_eq!(otherwise, [], "seed {}: phones {i} and {j}", self.seed);
        }
        let now = self.time_of(j);
        let have = self.phone(j).heads().expect("a readable store");
        let offer = self.phone(i).offer(&have).expect("a readable store");
        let taken = self
            .phone(j)
            .take_offer(offer, now)
            .expect("a writable store");
        self.tell(format!("phone {j} gets {taken:?} segments from phone {i}"));
    }

    // ---- disks ------------------------------------------------------------------------------

    fn crash(&mut self, i: usize) {
        let after = u64::from(self.roll(40));
        if self.roll(3) == 0 {
            let node = self.node.as_mut().expect("the node runs");
            node.store_mut().fail_after(Some(after));
            if let Some((request, _)) = self.ask(i) {
                self.handle(&request);
            }
            let mut store = self.node.take().expect("the node runs").into_store();
            store.fail_after(None);
            self.node = Some(Node::open(store).expect("a whole store"));
            self.tell(format!("the node crashes at write {after}"));
            return;
        }
        self.phone(i).store_mut().fail_after(Some(after));
        match self.roll(2) {
            0 => self.sync(i),
            _ => self.write_letter(i),
        }
        let mut store = self.phones[i]
            .phone
            .take()
            .expect("the phone runs")
            .into_store();
        store.fail_after(None);
        let mark = self.phones[i].mark;
        self.phones[i].phone = Some(Phone::open(store, Some(mark)).expect("a whole store"));
        self.tell(format!("phone {i} crashes at write {after}"));
    }

    fn phone_backup(&mut self, i: usize) {
        let with_mark = self.roll(2) == 0;
        let handset = &mut self.phones[i];
        match handset.backup.take() {
            None => {
                let phone = handset.phone.as_ref().expect("the phone runs");
                handset.backup = Some((phone.store().clone(), handset.said.clone()));
                self.tell(format!("phone {i} is backed up"));
            }
            Some((store, said)) => {
                // What was said since and never left is gone with the phone; what the node has
                // acknowledged must come back.
                let old = handset.phone.take().expect("the phone runs");
                let never_left = unreceipted(&old);
                let mut expected = said;
                for (what, value) in &handset.said {
                    if !never_left.contains(&what.0) {
                        expected.insert(what.clone(), value.clone());
                    }
                }
                for doc in &never_left {
                    expected.retain(|what, value| {
                        what.0 != *doc || handset.said.get(what) == Some(value)
                    });
                }
                // Said before the backup, said over since, and the later one lost: either may stand.
                expected.retain(|what, value| handset.said.get(what) == Some(value));
                handset.said = expected;
                let mark = with_mark.then_some(handset.mark);
                handset.phone = Some(Phone::open(store, mark).expect("a whole store"));
                let words = format!("phone {i} comes back from its backup, mark: {with_mark}");
                self.tell(words);
            }
        }
    }

    fn node_backup(&mut self) {
        match self.node_backup.take() {
            None => {
                let node = self.node.as_mut().expect("the node runs");
                self.node_backup = Some(node.store().clone());
                let at = node.position().expect("a readable store");
                assert!(node.note_safe(&at).expect("a writable store"));
                self.tell("the node is backed up".into());
            }
            Some(store) => {
                let now = Timestamp(self.clock);
                let mut rng = self.fork_rng();
                let list = self
                    .node
                    .as_ref()
                    .map(|n| n.erasures().expect("a readable store"));
                let mut node =
                    Node::restore(store, &self.root, now, &mut rng).expect("a whole backup");
                // Where nobody kept the list, devices bring back what they heard of.
                if self.roll(2) == 0 {
                    let again = node.erase_again(&list.unwrap_or_default(), now);
                    again.expect("a writable store");
                }
                self.node = Some(node);
                self.tell("the node comes back from its backup".into());
            }
        }
    }

    // ---- the end ----------------------------------------------------------------------------

    /// Everybody syncs in peace until nothing is left to say; then every promise is checked.
    ///
    /// # Errors
    /// The first promise that was broken, in words, with the story that led there.
    pub fn settle(&mut self) -> Result<(), String> {
        self.troubles.refusals = false;
        self.requests.clear();
        self.answers.clear();
        let mut last = Vec::new();
        for round in 0..12 {
            last.clear();
            let began = self.node_position();
            for i in 0..self.phones.len() {
                for _ in 0..30 {
                    let Some((request, mut exchange)) = self.ask(i) else {
                        continue;
                    };
                    let Some(answer) = self.handle(&request) else {
                        if std::mem::take(&mut self.rejected) {
                            self.introduce(i);
                            continue;
                        }
                        return Err("the node does not answer".into());
                    };
                    let Some(outcome) = self.take(i, &mut exchange, &answer) else {
                        continue;
                    };
                    if outcome.ended == Some(End::Succeeded)
                        && self.phone(i).is_changing_key() == Ok(true)
                    {
                        self.change_key(i);
                        continue;
                    }
                    if !outcome.more {
                        last.push((i, outcome));
                        break;
                    }
                }
            }
            let decided = self.decide_all();
            if round > 0 {
                let now = Timestamp(self.clock);
                let node = self.node.as_mut().ok_or("no node")?;
                node.confirm(&[], now).map_err(|e| e.to_string())?;
            }
            if round > 2
                && !decided
                && self.node_position() == began
                && last.len() + self.phones.iter().filter(|h| h.out).count() == self.phones.len()
                && last.iter().all(|(_, o)| o.synced || o.ended.is_some())
            {
                break;
            }
        }
        self.verify(&last)
            .map_err(|e| format!("seed {}: {e}\n{}", self.seed, self.story.join("\n")))
    }

    fn node_position(&self) -> Option<u64> {
        let node = self.node.as_ref()?;
        node.position().ok().map(|p| p.n)
    }

    fn verify(&self, last: &[(usize, Outcome)]) -> Result<(), String> {
        let node = self.node.as_ref().ok_or("no node")?;
        let fail = |e: StoreError| e.to_string();
        let report = node
            .store()
            .read(|tx| check::check(tx, node.tree(), true))
            .map_err(fail)?;
        if let Some(fault) = report.faults.first() {
            return Err(format!("the node's store: {fault}"));
        }
        for i in 0..self.phones.len() {
            if self.is_told_out(i) || self.phones[i].out {
                continue;
            }
            if !last
                .iter()
                .any(|(k, o)| *k == i && (o.synced || self.only_waits_for_the_lost(i, o)))
            {
                let outcome = last.iter().find(|(k, _)| *k == i);
                let why = self.difference(i, node);
                return Err(format!("phone {i} is not synced: {why}; {outcome:?}"));
            }
        }
        for (i, handset) in self.phones.iter().enumerate() {
            if handset.out {
                continue;
            }
            if self.is_told_out(i) {
                self.nothing_is_lost(i, handset, node)?;
                continue;
            }
            let phone = handset.phone.as_ref().ok_or("no phone")?;
            let view = phone.view().ok_or("not enrolled")?;
            let scopes = view.scopes(node.tree());
            let (mine, docs) = phone
                .store()
                .read(|tx| replica::state_digest(tx, Some(&scopes)))
                .map_err(fail)?;
            let (theirs, _) = node
                .store()
                .read(|tx| replica::state_digest(tx, Some(&scopes)))
                .map_err(fail)?;
            if mine != theirs {
                let differ = self.differing(phone, node, &scopes);
                return Err(format!(
                    "phone {i} shows another state than the node: {differ}"
                ));
            }
            let (all, held) = phone
                .store()
                .read(|tx| replica::state_digest(tx, None))
                .map_err(fail)?;
            if all != mine {
                return Err(format!(
                    "phone {i} holds {held} documents, {docs} are its own"
                ));
            }
            let misread = phone.store().read(misread).map_err(fail)?;
            if let Some(doc) = misread {
                return Err(format!(
                    "phone {i} reads document {doc} otherwise than Automerge"
                ));
            }
            let (own, others) = phone.waiting().map_err(fail)?;
            if own > 0 || (others > 0 && !self.troubles.node_backups) {
                return Err(format!("phone {i} still waits"));
            }
            let report = phone
                .store()
                .read(|tx| check::check(tx, phone.tree(), false))
                .map_err(fail)?;
            if let Some(fault) = report.faults.first() {
                return Err(format!("phone {i}'s store: {fault}"));
            }
            Self::accuses_nobody(phone, i)?;
            self.nothing_is_remembered(i, phone, node, &scopes)?;
            self.nothing_is_lost(i, handset, node)?;
        }
        Ok(())
    }

    /// Whether a phone was told, now or before a restore, that its grant has ended.
    fn is_told_out(&self, i: usize) -> bool {
        let told = self.phones[i].phone.as_ref().map(Phone::told_end);
        matches!(told, Some(Ok(Some(_))))
    }

    /// Whether all that waits is others' work over what a restored node has lost for good, so that the
    /// phone rightly does not say that it is synced.
    fn only_waits_for_the_lost(&self, i: usize, outcome: &Outcome) -> bool {
        let Some(phone) = &self.phones[i].phone else {
            return false;
        };
        let told = |code| matches!(code, problem::MISSING | problem::GAP | problem::UNKNOWN);
        self.troubles.node_backups
            && phone.waiting().is_ok_and(|(own, _)| own == 0)
            && !outcome.problems.is_empty()
            && outcome.problems.iter().all(|p| told(p.code))
    }

    /// Where a phone and the node differ, for the story of a failing seed.
    fn difference(&self, i: usize, node: &Node<MemoryStore>) -> String {
        let Some(phone) = &self.phones[i].phone else {
            return "no phone".into();
        };
        let Some(view) = phone.view() else {
            return "not enrolled".into();
        };
        let (mine, theirs) = (view.scopes(phone.tree()), view.scopes(node.tree()));
        if mine != theirs {
            let name = |scope: &ScopeId| {
                let place = node.tree().of_scope(*scope).map(|(p, _)| p);
                place.map(|p| (p.short(), node.tree().get(p).map(|x| x.birth)))
            };
            return format!(
                "places differ: {} too many, missing {:?}; pending {:?}",
                mine.difference(&theirs).count(),
                theirs.difference(&mine).map(name).collect::<BTreeSet<_>>(),
                phone.store().read(|tx| records::meta(tx, "pending")),
            );
        }
        for (place, _) in view.places(node.tree()) {
            let (a, b) = (phone.tree().get(place), node.tree().get(place));
            if a != b {
                return format!("{} stands as {a:?}, at the node {b:?}", place.short());
            }
        }
        for scope in mine {
            let a = phone.store().read(|tx| records::scope(tx, scope));
            let b = node.store().read(|tx| records::scope(tx, scope));
            if let (Ok(a), Ok(b)) = (a, b)
                && a.chain != b.chain
            {
                return format!(
                    "{:?} at {} (filled {}), the node at {}",
                    node.tree().of_scope(scope).map(|(p, l)| (p.short(), l)),
                    a.last,
                    a.filled,
                    b.last
                );
            }
        }
        let drafts = phone.store().read(records::drafts).unwrap_or_default();
        if let Some((doc, draft)) = drafts.first() {
            let place = phone.tree().of_scope(draft.scope).map(|(place, _)| place);
            let stands = place.and_then(|p| phone.tree().get(p).copied());
            return format!("a draft of {} stays, in {place:?} {stands:?}", doc.short());
        }
        let waiting = phone.store().read(records::waiting).unwrap_or_default();
        let position = phone.store().read(records::position);
        let held: Result<Vec<_>, StoreError> = phone.store().read(|tx| {
            let mut held = Vec::new();
            for spot in records::held(tx)? {
                let scope = records::feed(tx, spot.feed)?.map_or(ScopeId([0; 16]), |f| f.scope);
                let state = |tx: &dyn Tx| records::segment(tx, spot);
                let there = node
                    .store()
                    .read(|tx| state(tx))
                    .map(|s| s.map(|s| s.state));
                let here = state(tx)?.map(|s| s.state);
                let place = |tree: &Tree| {
                    let (place, lane) = tree.of_scope(scope)?;
                    Some((place.short(), lane, tree.get(place).copied()))
                };
                let places = (place(phone.tree()), place(node.tree()));
                held.push((spot, scope, places, here, there));
            }
            Ok(held)
        });
        format!(
            "chains are equal; {waiting:?} wait; held {held:?}; at {position:?}; node at {:?}",
            node.position()
        )
    }

    /// Documents of these scopes that are not the same here and there, with their changes.
    fn differing(
        &self,
        phone: &Phone<MemoryStore>,
        node: &Node<MemoryStore>,
        scopes: &BTreeSet<ScopeId>,
    ) -> String {
        let changes = |store: &MemoryStore| {
            let mut all = BTreeMap::new();
            let read: Result<(), StoreError> = store.read(|tx| {
                for scope in scopes {
                    for id in records::scope_docs(tx, *scope, None)? {
                        let Some(row) = records::doc(tx, id)? else {
                            continue;
                        };
                        let doc = document::load(&row.bytes)?;
                        let hashes: BTreeSet<String> = (doc.get_changes(&[]).iter())
                            .map(|c| format!("{} {}", c.hash(), c.actor_id()))
                            .collect();
                        all.insert(id, hashes);
                    }
                }
                Ok(())
            });
            read.map(|()| all).unwrap_or_default()
        };
        let (here, there) = (changes(phone.store()), changes(node.store()));
        let none = BTreeSet::new();
        let mut out = Vec::new();
        for id in here.keys().chain(there.keys()).collect::<BTreeSet<_>>() {
            let (a, b) = (
                here.get(id).unwrap_or(&none),
                there.get(id).unwrap_or(&none),
            );
            if a != b {
                out.push(format!(
                    "{} has too many: {:?}, misses: {:?}",
                    id.short(),
                    a.difference(b).collect::<Vec<_>>(),
                    b.difference(a).collect::<Vec<_>>()
                ));
            }
        }
        out.join("; ")
    }

    /// What the node has forgotten, a phone that is up to date has forgotten as well.
    fn nothing_is_remembered(
        &self,
        i: usize,
        phone: &Phone<MemoryStore>,
        node: &Node<MemoryStore>,
        scopes: &BTreeSet<ScopeId>,
    ) -> Result<(), String> {
        let fail = |e: StoreError| e.to_string();
        let forgotten = node.erasures().map_err(fail)?;
        let forgotten = forgotten.iter().filter(|e| scopes.contains(&e.act.scope));
        let docs: BTreeSet<DocId> = forgotten.map(|e| e.act.doc).collect();
        let left: BTreeSet<DocId> = (phone.store())
            .read(|tx| {
                let mut left = BTreeSet::new();
                for (feed, _) in records::feeds(tx)? {
                    for (_, row) in records::segments_from(tx, feed, 1)? {
                        let signed = SignedSegment::from_bytes(&row.bytes)?;
                        left.extend(signed.unproven().changes.iter().map(|c| c.doc));
                    }
                }
                let shown = tx.projection()?.into_iter().map(|row| row.doc);
                left.extend(shown);
                Ok::<_, StoreError>(left)
            })
            .map_err(fail)?;
        match left.intersection(&docs).next() {
            None => Ok(()),
            Some(doc) => Err(format!("phone {i} remembers document {}", doc.short())),
        }
    }

    /// An honest node is not taken for one that accepts what its author may not say.
    fn accuses_nobody(phone: &Phone<MemoryStore>, i: usize) -> Result<(), String> {
        let found = phone.accepted_wrongly().map_err(|e| e.to_string())?;
        match found.first() {
            None => Ok(()),
            Some(wrong) => Err(format!("phone {i} accuses the node: {wrong:?}")),
        }
    }

    /// Every last word of each person stands in the document, or in its history.
    fn nothing_is_lost(
        &self,
        i: usize,
        handset: &Handset,
        node: &Node<MemoryStore>,
    ) -> Result<(), String> {
        if handset.refused {
            return Ok(()); // What was refused was shown to its person; it need not stand.
        }
        for ((doc, path), value) in &handset.said {
            if self.erased.contains(doc) {
                continue;
            }
            if self.is_quarantined(node, *doc) {
                continue; // A phone that was restored may not know; the office has it and decides.
            }
            let row = node
                .store()
                .read(|tx| records::doc(tx, *doc))
                .map_err(|e: StoreError| e.to_string())?
                .ok_or(format!(
                    "phone {i}: document {} is lost; {}",
                    doc.short(),
                    self.traces(i, node, *doc)
                ))?;
            let loaded = document::load(&row.bytes).map_err(|e| e.to_string())?;
            let stands = loaded.get_changes(&[]).iter().any(|c| {
                let then = document::values(&loaded, Some(&[c.hash()]));
                match (then.get(path), value) {
                    (Some(Value::Text(t)), Value::Text(v)) => t.contains(v.as_str()),
                    _ => false,
                }
            });
            if !stands {
                return Err(format!(
                    "phone {i} said {path} = {value:?} in {}, and it is lost; {}",
                    doc.short(),
                    self.traces(i, node, *doc)
                ));
            }
        }
        Ok(())
    }

    fn is_quarantined(&self, node: &Node<MemoryStore>, doc: DocId) -> bool {
        let rows = node.store().read(records::quarantined).unwrap_or_default();
        rows.iter().any(|(_, q)| {
            SignedSegment::from_bytes(&q.bytes)
                .is_ok_and(|s| s.unproven().changes.iter().any(|c| c.doc == doc))
        })
    }

    /// What a phone and the node keep about a document, for the story of a failing seed.
    fn traces(&self, i: usize, node: &Node<MemoryStore>, doc: DocId) -> String {
        let touches = |bytes: &[u8]| {
            SignedSegment::from_bytes(bytes)
                .is_ok_and(|s| s.unproven().changes.iter().any(|c| c.doc == doc))
        };
        let mut out = Vec::new();
        if let Some(phone) = &self.phones[i].phone {
            let kept: Result<(), StoreError> = phone.store().read(|tx| {
                for (id, row) in records::feeds(tx)? {
                    for (n, s) in records::segments_from(tx, id, 1)? {
                        if touches(&s.bytes) {
                            let mine = row.key == phone.public_key();
                            out.push(format!("{id:?} {n} {:?} mine: {mine}", s.state));
                        }
                    }
                }
                out.push(format!("draft: {:?}", records::draft(tx, doc)?));
                Ok(())
            });
            out.extend(kept.err().map(|e| e.to_string()));
        }
        let refused = node.store().read(records::quarantined).unwrap_or_default();
        for (_, q) in refused.iter().filter(|(_, q)| touches(&q.bytes)) {
            out.push(format!("in quarantine: {} {}", q.reason, q.words));
        }
        out.join("; ")
    }

    /// The digest of everything at the node: the same for the same seed.
    pub fn digest(&self) -> Hash {
        let Some(node) = &self.node else {
            return Hash::ZERO;
        };
        node.store()
            .read(|tx| replica::state_digest(tx, None))
            .map_or(Hash::ZERO, |(h, _): (Hash, usize)| h)
    }
}

fn is_shut_out(end: records::Ended) -> bool {
    matches!(end.how, End::Revoked | End::Wiped)
}

fn phone_members(places: &[(PlaceId, PlaceKind)]) -> Vec<PlaceId> {
    places
        .iter()
        .filter(|(_, k)| *k == PlaceKind::Member)
        .map(|(p, _)| *p)
        .collect()
}

/// Documents with work that has no receipt.
fn unreceipted(phone: &Phone<MemoryStore>) -> BTreeSet<DocId> {
    phone
        .store()
        .read(|tx| {
            let mut docs: BTreeSet<DocId> =
                records::drafts(tx)?.into_iter().map(|(d, _)| d).collect();
            for (spot, _) in records::waiting(tx)? {
                if let Some(row) = records::segment(tx, spot)?
                    && let Ok(s) = SignedSegment::from_bytes(&row.bytes)
                {
                    docs.extend(s.unproven().changes.iter().map(|c| c.doc));
                }
            }
            Ok::<_, StoreError>(docs)
        })
        .unwrap_or_default()
}

/// A stored document of which the bytes say something else than Automerge.
fn misread(tx: &dyn Tx) -> Result<Option<DocId>, StoreError> {
    for (id, row) in records::docs_after(tx, None, usize::MAX)? {
        let read = door::standing(&row.bytes).map_err(|e| StoreError::Damaged(e.to_string()))?;
        let loaded = Standing::of(&document::load(&row.bytes)?);
        if read.is_some_and(|read| read != loaded) {
            return Ok(Some(id));
        }
    }
    Ok(None)
}
