//! Two communes between which members come and go: two nodes, a secretary's phone at each, and everything that goes wrong
//! with the files between them. Files are lost, doubled and late, an office says no, work comes to the old home after the
//! offer, and either node goes back to its last checked backup. All of it follows from one seed.
//!
//! At the end every file that can be made is carried until nothing changes. Then each member is kept in one place, with every
//! word that anybody had a receipt for, and both logs tell the same story ([`Neighbours::settle`]).

use chibo_core::author::Target;
use chibo_core::check;
use chibo_core::custody::CustodyError;
use chibo_core::document::{self, Value, Values};
use chibo_core::domain::member::MEMBER;
use chibo_core::domain::unit::UNIT;
use chibo_core::enrol::Offer;
use chibo_core::feed::SignedSegment;
use chibo_core::id::{Hash, PersonId, PlaceId};
use chibo_core::identity::{Epoch, SecretKey};
use chibo_core::node::{Brought, Incoming, Node, Stage};
use chibo_core::phone::{Phone, SyncError};
use chibo_core::place::{PlaceKind, Role};
use chibo_core::records;
use chibo_core::store::memory::MemoryStore;
use chibo_core::store::{Store, StoreError};
use chibo_core::time::Timestamp;
use chibo_core::wire::FrameReader;
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::collections::{BTreeMap, BTreeSet};

const NAMES: [&str; 2] = ["Đảng ủy xã Xuân Trường", "Đảng ủy xã Xuân Hồng"];
const URL: &str = "https://xa.example";
/// Members that each commune begins with.
const MEMBERS: usize = 3;

/// A commune with one branch, and its secretary's phone.
struct Home {
    node: Node<MemoryStore>,
    root: SecretKey,
    branch: PlaceId,
    phone: Phone<MemoryStore>,
    /// The last backup that was checked.
    backup: Option<MemoryStore>,
    /// The list of epochs beside the store, which survives.
    epochs: Vec<Epoch>,
}

/// Who wrote something, in which commune.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Writer {
    Phone(usize),
    Office(usize),
}

struct Said {
    text: String,
    /// The entry in which it stands at the latest, where an office wrote it: what it wrote after its backup nobody else
    /// need have.
    by: u64,
}

/// Both communes.
pub struct Neighbours {
    seed: u64,
    rng: ChaCha8Rng,
    clock: u64,
    homes: Vec<Home>,
    members: Vec<PlaceId>,
    /// Every offer that was ever made, and by whom.
    offers: Vec<(usize, Hash)>,
    /// What an office has once said to an offer: it says the same after it went back to before it.
    answers: BTreeMap<Hash, bool>,
    /// The last that each writer wrote of each member; each text is another.
    said: BTreeMap<(Writer, PlaceId), Said>,
    /// What happened, for a failing seed.
    pub story: Vec<String>,
}

fn note(text: &str) -> Values {
    Values::from([("note".into(), Value::Text(text.to_owned()))])
}

fn record(place: PlaceId) -> Target {
    Target::at(place, &MEMBER, b"")
}

impl Neighbours {
    /// Two communes of three members each.
    pub fn new(seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let now = Timestamp(1_790_000_000);
        let mut members = Vec::new();
        let homes = NAMES.map(|name| {
            let (mut node, root) =
                Node::init(MemoryStore::new(), name, now, &mut rng).expect("a new node");
            let branch = PlaceId::random(&mut rng);
            let mut places = vec![(branch, PlaceKind::Branch, node.root())];
            let name = Values::from([("name".into(), Value::Text("Chi bộ Xóm 5".into()))]);
            let mut edits = vec![(Target::at(branch, &UNIT, b""), name)];
            let invented = chibo_server::district::invent(
                chibo_server::district::Size::Branch,
                rng.next_u64(),
            );
            for who in invented.members().take(MEMBERS) {
                let member = PlaceId::random(&mut rng);
                members.push(member);
                places.push((member, PlaceKind::Member, branch));
                edits.push((record(member), who.values.clone()));
            }
            (node.edit_many(&places, &edits, now, &mut rng)).expect("a roster");
            let person = PersonId::random(&mut rng);
            let offer = Offer::new(Role::Secretary, branch, person, Timestamp(u64::MAX >> 1));
            let ticket = node.ticket("", &offer, &mut rng).expect("a ticket");
            let mut phone = Phone::create(MemoryStore::new(), &mut rng).expect("a new phone");
            let asked = ticket.request(phone.key()).to_bytes();
            let reply = node.enrol(&asked, now, &mut rng).expect("a good ticket");
            phone.enrolled(&ticket, &reply).expect("its node");
            Home {
                node,
                root,
                branch,
                phone,
                backup: None,
                epochs: Vec::new(),
            }
        });
        Neighbours {
            seed,
            rng,
            clock: now.0,
            homes: homes.into(),
            members,
            offers: Vec::new(),
            answers: BTreeMap::new(),
            said: BTreeMap::new(),
            story: Vec::new(),
        }
    }

    fn roll(&mut self, sides: u32) -> u32 {
        self.rng.next_u32() % sides
    }

    fn now(&self) -> Timestamp {
        Timestamp(self.clock)
    }

    fn tell(&mut self, words: String) {
        self.story.push(words);
    }

    /// Lets `steps` things happen.
    pub fn live(&mut self, steps: usize) {
        for _ in 0..steps {
            self.clock += u64::from(self.roll(90_000));
            let h = self.roll(2) as usize;
            match self.roll(16) {
                0..=3 => self.write(h),
                4 => self.office_writes(h),
                5..=7 => self.sync(h, true),
                8 => {
                    let member = self.a_member();
                    self.offer(h, member);
                }
                9..=11 => self.carry(),
                12 => self.decide(h, false),
                13 | 14 => self.back(h),
                _ => self.rotate(h),
            }
        }
    }

    // ---- people -----------------------------------------------------------------------------

    fn a_member(&mut self) -> PlaceId {
        let at = self.roll(self.members.len() as u32);
        self.members[at as usize]
    }

    fn some_text(&mut self) -> String {
        format!("ghi chú {}", self.rng.next_u64())
    }

    fn write(&mut self, h: usize) {
        let tree = self.homes[h].phone.tree();
        let shown = self.members.iter().filter(|m| tree.get(**m).is_some());
        let shown: Vec<PlaceId> = shown.copied().collect();
        let Some(at) = shown.len().checked_sub(1) else {
            return;
        };
        let member = shown[self.roll(at as u32 + 1) as usize];
        let (text, now) = (self.some_text(), self.now());
        let phone = &mut self.homes[h].phone;
        if (phone.edit(record(member), &note(&text), now, &mut self.rng)).is_ok()
            && phone.seal(now, &mut self.rng).is_ok()
        {
            self.tell(format!("phone {h} writes {text:?} of {}", member.short()));
            let who = (Writer::Phone(h), member);
            self.said.insert(who, Said { text, by: 0 });
        }
    }

    fn office_writes(&mut self, h: usize) {
        let member = self.a_member();
        let (text, now) = (self.some_text(), self.now());
        let node = &mut self.homes[h].node;
        // Of who is away, or in the other commune, it writes nothing.
        if (node.edit(record(member), &note(&text), now, &mut self.rng)).is_ok() {
            node.submit(now, &mut self.rng).expect("a writable store");
            let at = node.position().expect("a readable store");
            let said = Said {
                text: text.clone(),
                by: at.n,
            };
            self.said.insert((Writer::Office(h), member), said);
            self.tell(format!("office {h} writes {text:?} of {}", member.short()));
        }
    }

    fn sync(&mut self, h: usize, may_break: bool) {
        for _ in 0..10 {
            let now = self.now();
            let home = &mut self.homes[h];
            let (request, mut exchange) =
                (home.phone.request(now, &mut self.rng)).expect("an enrolled phone");
            let Ok(answer) = home.node.handle(&[request], now).remove(0) else {
                return;
            };
            let whole = answer.len();
            let cut = match may_break && self.roll(4) == 0 {
                true => self.roll(whole as u32) as usize,
                false => whole,
            };
            let mut frames = FrameReader::new();
            frames.feed(&answer[..cut]);
            let phone = &mut self.homes[h].phone;
            while let Some(frame) = frames.next_frame().expect("an answer") {
                match phone.receive(&mut exchange, &frame) {
                    Ok(()) => {}
                    // Asked again, the node tells more.
                    Err(SyncError::Late | SyncError::Restored) => break,
                    Err(e) => panic!(
                        "seed {}: phone {h}: {e}\n{}",
                        self.seed,
                        self.story.join("\n")
                    ),
                }
            }
            let outcome = phone.outcome(&exchange).expect("a readable store");
            if cut < whole || outcome.synced || outcome.waits.is_some() {
                self.tell(format!("phone {h} syncs, {cut} of {whole} bytes"));
                return;
            }
        }
    }

    // ---- offices ----------------------------------------------------------------------------

    fn offer(&mut self, h: usize, member: PlaceId) {
        let card = (self.homes[1 - h].node.card(NAMES[1 - h], URL)).expect("a readable store");
        let now = self.now();
        let made = (self.homes[h].node).hand_over(member, &card, now, &mut self.rng);
        if let Ok(offer) = made {
            self.tell(format!(
                "office {h} offers {}: {}",
                member.short(),
                offer.short()
            ));
            self.offers.push((h, offer));
        }
    }

    /// Somebody carries one file of one offer, as often as they like.
    fn carry(&mut self) {
        if self.offers.is_empty() {
            return;
        }
        let at = self.roll(self.offers.len() as u32) as usize;
        let (h, offer) = self.offers[at];
        let refuse = self.roll(4) == 0;
        match self.roll(3) {
            0 => self.carry_offer(h, offer, refuse),
            1 => self.carry_answer(h, offer),
            _ => self.carry_relay(h, offer),
        };
    }

    fn carry_offer(&mut self, h: usize, offer: Hash, refuse: bool) {
        let Ok((file, _)) = self.homes[h].node.offer_file(offer) else {
            return;
        };
        let refuse = self.answers.get(&offer).map_or(refuse, |yes| !yes);
        let (now, other) = (self.now(), &mut self.homes[1 - h]);
        let under = other.branch;
        let done = match refuse {
            true => other.node.refuse_offer(&file, now),
            false => other.node.accept(&file, under, now),
        };
        // A restored node offers again what it had lost that it had handed over: the office sees that the place is here.
        let done = match done {
            Err(CustodyError::AlreadyHere) => other.node.refuse_offer(&file, now),
            done => done,
        };
        if let Err(e @ (CustodyError::Store(_) | CustodyError::Unproven(_))) = &done {
            panic!("seed {}: an honest file: {e}", self.seed);
        }
        if done.is_ok() {
            let yes = done.as_ref().is_ok_and(|i| i.answer.act.under.is_some());
            self.answers.insert(offer, yes);
        }
        let done = done.map(|i| i.answer.act.under.is_some());
        self.tell(format!(
            "office {} has the file of {}: {done:?}",
            1 - h,
            offer.short()
        ));
    }

    fn carry_answer(&mut self, h: usize, offer: Hash) {
        let Ok(file) = (self.homes[1 - h].node).answer_file(offer, NAMES[1 - h], URL) else {
            return;
        };
        let now = self.now();
        let done = self.homes[h].node.take_answer(&file, now).map(|o| o.stage);
        if matches!(
            done,
            Err(CustodyError::TwoFaces | CustodyError::Unproven(_))
        ) {
            panic!(
                "seed {}: an honest answer to {}: {done:?}\n{}",
                self.seed,
                offer.short(),
                self.story.join("\n")
            );
        }
        self.tell(format!(
            "office {h} has the answer to {}: {done:?}",
            offer.short()
        ));
    }

    fn carry_relay(&mut self, h: usize, offer: Hash) {
        let Ok((file, _)) = self.homes[h].node.relay_file(offer) else {
            return;
        };
        let now = self.now();
        let done = self.homes[1 - h].node.take_relay(&file, now);
        self.tell(format!(
            "office {} has late work of {}: {done:?}",
            1 - h,
            offer.short()
        ));
    }

    /// The office decides about what is held: one thing, or all. Whether anything was.
    fn decide(&mut self, h: usize, all: bool) {
        let now = self.now();
        let node = &mut self.homes[h].node;
        let rows = node.quarantine().expect("a readable store");
        for (number, _) in rows.iter().filter(|(_, row)| row.held > 0) {
            let done = node.decide(*number, true, None, now);
            self.story
                .push(format!("office {h} decides about {number}: {done:?}"));
            if !all {
                return;
            }
        }
    }

    /// Both nodes went back to before one hand-over: what devices say in its place waits at the new home for a file that
    /// the old one cannot make again. The offices see it, and the member is handed over once more.
    fn offer_again(&mut self, h: usize) {
        let brought = self.homes[1 - h].node.brought_back();
        for item in brought.expect("a readable store") {
            let Brought::Arrival(act) = item else {
                continue;
            };
            let there = self.homes[h].node.tree().get(act.place).is_some();
            let offered = act.came.map(|offer| self.homes[h].node.offer_file(offer));
            if there && offered.is_some_and(|file| file.is_err()) {
                self.offer(h, act.place);
            }
        }
        // Nobody remembers the member but the list of who went.
        let nobodys = |m: &PlaceId| self.homes.iter().all(|h| h.node.tree().get(*m).is_none());
        let nobodys: BTreeSet<PlaceId> = self.members.iter().copied().filter(nobodys).collect();
        let outgoing = self.homes[h].node.outgoing().expect("a readable store");
        for out in outgoing
            .iter()
            .filter(|o| nobodys.contains(&o.offer.act.place))
        {
            let now = self.now();
            if let Ok(offer) = self.homes[h].node.offer_again(out.hash, now) {
                self.tell(format!(
                    "office {h} offers once more {}: {}",
                    out.hash.short(),
                    offer.short()
                ));
                self.offers.push((h, offer));
            }
        }
    }

    /// The node is backed up, or goes back to its last backup.
    fn back(&mut self, h: usize) {
        let (now, restore) = (self.now(), self.roll(3) == 0);
        let home = &mut self.homes[h];
        match home.backup.take() {
            Some(store) if restore => {
                let node = Node::restore(store, &home.root, now, &mut self.rng);
                home.node = node.expect("a whole backup");
                let cut = home.node.epoch().cut;
                (home.node.learn_epochs(&home.epochs)).expect("a writable store");
                home.epochs = home.node.epochs().expect("a readable store");
                self.said
                    .retain(|(who, _), s| *who != Writer::Office(h) || s.by <= cut);
                self.tell(format!("node {h} comes back from its backup"));
                // Files of who came and went since may come before the office confirms, or long after.
                let confirmed = self.homes[h].node.confirm(&[], now);
                confirmed.expect("a writable store");
            }
            _ => {
                home.backup = Some(home.node.store().clone());
                let at = home.node.position().expect("a readable store");
                assert!(home.node.note_safe(&at).expect("a writable store"));
                self.tell(format!("node {h} is backed up"));
            }
        }
    }

    fn rotate(&mut self, h: usize) {
        let now = self.now();
        let home = &mut self.homes[h];
        (home.node.rotate_keys(&home.root, now, &mut self.rng)).expect("its root key");
        home.epochs = home.node.epochs().expect("a readable store");
        self.tell(format!("node {h} has new keys"));
    }

    // ---- the end ----------------------------------------------------------------------------

    /// Everything is carried until nothing changes; then every promise is checked.
    ///
    /// # Errors
    /// The first promise that was broken, in words, with the story that led there.
    pub fn settle(&mut self) -> Result<(), String> {
        for _ in 0..20 {
            let before = self.positions();
            for h in [0, 1] {
                self.sync(h, false);
                self.sync(h, false);
                let now = self.now();
                (self.homes[h].node.confirm(&[], now)).map_err(|e| e.to_string())?;
            }
            for (h, offer) in self.offers.clone() {
                self.carry_answer(h, offer);
                self.carry_offer(h, offer, false);
                self.carry_answer(h, offer);
                self.carry_relay(h, offer);
            }
            for h in [0, 1] {
                self.offer_again(h);
                self.decide(h, true);
            }
            if self.positions() == before {
                break;
            }
        }
        let verdict = self.verify();
        verdict.map_err(|e| format!("seed {}: {e}\n{}", self.seed, self.story.join("\n")))
    }

    fn positions(&self) -> Vec<Option<(u64, u64)>> {
        let at = |h: &Home| h.node.position().ok().map(|p| (p.epoch, p.n));
        self.homes.iter().map(at).collect()
    }

    fn verify(&self) -> Result<(), String> {
        let fail = |e: StoreError| e.to_string();
        for (h, home) in self.homes.iter().enumerate() {
            let report = (home.node.store())
                .read(|tx| check::check(tx, home.node.tree(), true))
                .map_err(fail)?;
            if let Some(fault) = report.faults.first() {
                return Err(format!("node {h}'s store: {fault}"));
            }
            let report = (home.phone.store())
                .read(|tx| check::check(tx, home.phone.tree(), false))
                .map_err(fail)?;
            if let Some(fault) = report.faults.first() {
                return Err(format!("phone {h}'s store: {fault}"));
            }
            let (mine, _) = home.phone.digest().map_err(fail)?;
            let view = home.phone.view().ok_or("not enrolled")?;
            if mine != home.node.digest(view).map_err(fail)? {
                return Err(format!("phone {h} is not synced"));
            }
        }
        for member in &self.members {
            let there = |h: &&Home| h.node.tree().get(*member).is_some();
            let homes: Vec<&Home> = self.homes.iter().filter(there).collect();
            let [home] = homes[..] else {
                return Err(format!(
                    "member {} is kept by {} nodes",
                    member.short(),
                    homes.len()
                ));
            };
            self.nothing_is_lost(*member, home)?;
        }
        self.both_logs_agree()
    }

    fn nothing_is_lost(&self, member: PlaceId, home: &Home) -> Result<(), String> {
        let doc = record(member).doc;
        let row = (home.node.store()).read(|tx| records::doc(tx, doc));
        let row = (row.map_err(|e: StoreError| e.to_string())?).ok_or("a record is lost")?;
        let loaded = document::load(&row.bytes).map_err(|e| e.to_string())?;
        let mut written = BTreeSet::new();
        for change in loaded.get_changes(&[]) {
            let then = document::values(&loaded, Some(&[change.hash()]));
            written.extend(then.get("note").map(Value::shown));
        }
        let of = self.said.iter().filter(|((_, of), _)| *of == member);
        for (_, Said { text, .. }) in of {
            if !written.iter().any(|w| w.contains(text)) {
                return Err(format!(
                    "{text:?} of {} is lost; {}; there was written {written:?}",
                    member.short(),
                    self.traces(text)
                ));
            }
        }
        Ok(())
    }

    /// Where a text lies, for the story of a failing seed.
    fn traces(&self, text: &str) -> String {
        let mut out = Vec::new();
        let in_it = |bytes: &[u8]| {
            SignedSegment::from_bytes(bytes).is_ok_and(|s| {
                let mut changes = s.unproven().changes.iter();
                changes.any(|c| c.change.windows(text.len()).any(|w| w == text.as_bytes()))
            })
        };
        for (h, home) in self.homes.iter().enumerate() {
            for (what, store) in [("node", home.node.store()), ("phone", home.phone.store())] {
                let found: Result<(), StoreError> = store.read(|tx| {
                    for (feed, _) in records::feeds(tx)? {
                        for (n, s) in records::segments_from(tx, feed, 1)? {
                            if in_it(&s.bytes) {
                                out.push(format!("{what} {h}: segment {n} {:?}", s.state));
                            }
                        }
                    }
                    for (number, row) in records::quarantined(tx)? {
                        if in_it(&row.bytes) {
                            out.push(format!("{what} {h}: quarantine {number}: {}", row.words));
                        }
                    }
                    Ok(())
                });
                out.extend(found.err().map(|e| e.to_string()));
            }
        }
        out.join("; ")
    }

    /// What one node says it handed over and was answered, the other says as well.
    fn both_logs_agree(&self) -> Result<(), String> {
        for (h, home) in self.homes.iter().enumerate() {
            let incoming = (self.homes[1 - h].node.incoming()).map_err(|e| e.to_string())?;
            let outgoing = home.node.outgoing().map_err(|e| e.to_string())?;
            for out in outgoing.iter().filter(|o| o.stage == Stage::Accepted) {
                // An offer that both lost was made once more, and answered.
                let lost = home.node.offer_file(out.hash).is_err();
                let place = out.offer.act.place;
                let yes = |i: &Incoming| {
                    (i.hash == out.hash || (lost && i.offer.act.place == place))
                        && i.answer.act.under.is_some()
                };
                if !incoming.iter().any(yes) {
                    return Err(format!(
                        "the yes to {} is in one log only",
                        out.hash.short()
                    ));
                }
            }
            if let Some(open) = outgoing.iter().find(|o| o.stage == Stage::Offered) {
                return Err(format!("nobody answers {}", open.hash.short()));
            }
        }
        Ok(())
    }
}
