//! What the targets act on: one small commune, the same from its seed each time, and what was said in it.

use super::frames::{Stored, payload_of};
use chibo_core::author::Target;
use chibo_core::carriers::bundle::{Bundle, Letter, Sort};
use chibo_core::carriers::mailbox::{self, Act, Proof};
use chibo_core::case;
use chibo_core::checkpoint;
use chibo_core::codec::Writer;
use chibo_core::document::{Value, Values, genesis};
use chibo_core::enrol::code::{Terms, answer_to_bytes};
use chibo_core::enrol::{EnrolReply, EnrolRequest, Offer, Ticket, Unknown, Word};
use chibo_core::feed::SignedSegment;
use chibo_core::feed::compact::{self, Shorten};
use chibo_core::forget::{self, EraseAct, Why};
use chibo_core::id::{DocId, LetterId, LogId, PersonId, PlaceId, ScopeId};
use chibo_core::identity::{Epoch, SecretKey};
use chibo_core::kind::{self, FieldType, KINDS, Kind};
use chibo_core::lock::{Cost, Lock, StoreKey};
use chibo_core::log::{self, Control, End, EndAct, PlaceAct, Signed};
use chibo_core::node::{Erasing, Node};
use chibo_core::phone::Phone;
use chibo_core::place::{Host, PlaceKind, Role};
use chibo_core::records;
use chibo_core::regulation::Regulations;
use chibo_core::roster::{self, Looking, Roster, RosterError};
use chibo_core::store::memory::MemoryStore;
use chibo_core::store::{Store, StoreError, TABLES, Tx};
use chibo_core::time::Timestamp;
use chibo_core::wire::{self, FrameReader, FrameType};
use chibo_server::tls;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use std::sync::OnceLock;

/// When everything in the scene happens.
pub const NOW: Timestamp = Timestamp(1_790_000_000);

/// The commune: an office, a secretary with unsent work, a deputy who is behind, and a device that has just
/// been let in and holds nothing yet.
pub struct Scene {
    /// The log.
    pub log: LogId,
    /// The node's root key.
    pub root: SecretKey,
    /// Signs the node's answers.
    pub log_key: SecretKey,
    /// Signs grants and control acts.
    pub grant_key: SecretKey,
    /// The node.
    pub node: MemoryStore,
    /// The secretary's phone.
    pub secretary: MemoryStore,
    /// The deputy's phone.
    pub deputy: MemoryStore,
    /// The phone that holds nothing yet.
    pub newcomer: MemoryStore,
    /// A phone that has a ticket and no grant.
    pub stranger: MemoryStore,
    /// The secretary's key.
    pub key: SecretKey,
    /// The stranger's ticket.
    pub ticket: Ticket,
    /// The epochs of the log.
    pub epochs: Vec<Epoch>,
    /// A node to which the branch is offered.
    pub other: MemoryStore,
    /// That node, when it has accepted.
    pub accepted: MemoryStore,
    /// The commune's node, which has offered the branch.
    pub offering: MemoryStore,
    /// A document with some edits in it, saved.
    pub saved: Vec<u8>,
    seeds: Vec<Seed>,
}

/// One entry of the corpus: its target, its name, its bytes.
pub type Seed = (&'static str, String, Vec<u8>);

/// The scene, made when it is asked for first.
pub fn scene() -> &'static Scene {
    static SCENE: OnceLock<Scene> = OnceLock::new();
    SCENE.get_or_init(Scene::new)
}

type Memory = Phone<MemoryStore>;

fn text(t: &str) -> Value {
    Value::Text(t.to_owned())
}

fn key_of(store: &MemoryStore, name: &str) -> SecretKey {
    let seed = store.read(|tx| records::meta(tx, name));
    let seed = seed.expect("a readable store").expect("a key");
    SecretKey::from_seed(seed.try_into().expect("32 bytes"))
}

fn let_in(
    node: &mut Node<MemoryStore>,
    ticket: &Ticket,
    rng: &mut ChaCha8Rng,
) -> (Memory, Vec<u8>, Vec<u8>) {
    let mut phone = Phone::create(MemoryStore::new(), rng).expect("a new phone");
    let request = ticket.request(phone.key()).to_bytes();
    let reply = node.enrol(&request, NOW, rng).expect("an enrolment");
    phone.enrolled(ticket, &reply).expect("a node that is ours");
    (phone, request, reply.to_bytes())
}

/// One request and its answer, taken in.
fn sync(
    node: &mut Node<MemoryStore>,
    phone: &mut Memory,
    rng: &mut ChaCha8Rng,
) -> (Vec<u8>, Vec<u8>) {
    let (request, mut exchange) = phone.request(NOW, rng).expect("a request");
    let answer = node
        .handle(std::slice::from_ref(&request), NOW)
        .remove(0)
        .expect("an answer");
    let mut frames = FrameReader::new();
    frames.feed(&answer);
    while let Ok(Some(frame)) = frames.next_frame() {
        phone.receive(&mut exchange, &frame).expect("a good frame");
    }
    (request, answer)
}

impl Scene {
    /// What the corpus is made of.
    pub fn seeds(&self) -> &[Seed] {
        &self.seeds
    }

    fn new() -> Self {
        let rng = &mut ChaCha8Rng::seed_from_u64(1);
        let (mut node, root) =
            Node::init(MemoryStore::new(), "Đảng ủy xã Xuân Trường", NOW, rng).expect("a new node");
        let (unit, member) = (kind::by_name("unit"), kind::by_name("member"));
        let (unit, member) = (unit.expect("a kind"), member.expect("a kind"));
        let branch = PlaceId::random(rng);
        let mut places = vec![(branch, PlaceKind::Branch, node.root())];
        let name = Values::from([("name".into(), text("Chi bộ Xóm 5"))]);
        let mut edits = vec![(Target::at(branch, unit, b""), name)];
        for i in 0..3 {
            let place = PlaceId::random(rng);
            places.push((place, PlaceKind::Member, branch));
            let name = Values::from([("full_name".into(), text(&format!("Đinh Văn {i}")))]);
            edits.push((Target::at(place, member, b""), name));
        }
        let someone = places[1].0;
        node.edit_many(&places, &edits, NOW, rng).expect("a roster");

        let offer = |role, place, rng: &mut ChaCha8Rng| {
            let person = PersonId::random(rng);
            Offer::new(role, place, person, Timestamp(NOW.0 + 1_000_000))
        };
        let ticket = |node: &mut Node<MemoryStore>, role, rng: &mut ChaCha8Rng| {
            let offer = offer(role, branch, rng);
            node.ticket("https://192.168.1.5:8080", &offer, rng)
                .expect("a ticket")
        };
        let first = ticket(&mut node, Role::Secretary, rng);
        let (mut secretary, enrol, enrolled) = let_in(&mut node, &first, rng);
        let (asked_first, answer_filled) = sync(&mut node, &mut secretary, rng);
        let second = ticket(&mut node, Role::Deputy, rng);
        let (mut deputy, ..) = let_in(&mut node, &second, rng);
        sync(&mut node, &mut deputy, rng);
        sync(&mut node, &mut deputy, rng);

        // The secretary's work, and some of the office's, that the deputy has not heard of.
        let meeting = kind::by_name("meeting").expect("a kind");
        let note = |words: &str| Values::from([("note".into(), text(words))]);
        let on = Target::at(someone, member, b"");
        secretary
            .edit(on, &note("đã đến họp"), NOW, rng)
            .expect("an edit");
        let newborn = PlaceId::random(rng);
        (secretary.open_place(newborn, PlaceKind::Member, branch)).expect("a place");
        let name = Values::from([("full_name".into(), text("Nguyễn Thị Ấm"))]);
        (secretary.edit(Target::at(newborn, member, b""), &name, NOW, rng)).expect("an edit");
        let (asked, answered) = sync(&mut node, &mut secretary, rng);
        node.edit(on, &note("vắng có lý do"), NOW, rng)
            .expect("an edit");
        let paper = offer(Role::Member, someone, rng);
        let on_paper = secretary
            .ticket("https://192.168.1.5:8080", &paper, rng)
            .expect("a ticket");
        let (_, introduction, introduced) = let_in(&mut node, &on_paper, rng);
        node.move_place(newborn, node.root(), NOW).ok();
        let third = ticket(&mut node, Role::Deputy, rng);
        let (newcomer, ..) = let_in(&mut node, &third, rng);
        let for_stranger = ticket(&mut node, Role::Deputy, rng);
        let stranger = Phone::create(MemoryStore::new(), rng).expect("a new phone");

        let forgotten = Target::at(places[2].0, member, b"").doc;
        let erasing = Erasing {
            why: Why::Refused,
            basis: "12-CV/ĐU, 3/2/2026",
            by: None,
        };
        node.erase(&[forgotten], &erasing, NOW).expect("an erasure");

        // What the deputy and the newcomer would be told now; they are not told.
        let mut told = Vec::new();
        for phone in [&newcomer, &deputy] {
            let mut phone = Phone::open(phone.store().clone(), None).expect("a whole store");
            told.push(sync(&mut node, &mut phone, rng));
        }
        let ended = node.devices().expect("a readable store");
        let ended = ended
            .iter()
            .find(|d| d.grant.role == Role::Member)
            .expect("the member's grant");
        node.revoke(ended.n, true, false, NOW).expect("an end");

        // And what waits: a draft, and a segment without a receipt.
        secretary
            .edit(on, &note("nghị quyết"), NOW, rng)
            .expect("an edit");
        secretary.seal(NOW, rng).expect("a segment");
        let minutes = Values::from([("conclusion".into(), text("Thống nhất"))]);
        let minutes_of = Target::at(branch, meeting, b"2026-11-20");
        secretary
            .edit(minutes_of, &minutes, NOW, rng)
            .expect("an edit");
        let offered = secretary
            .offer(&deputy.heads().expect("heads"))
            .expect("an offer");
        let (unsent, _) = {
            let mut copy = Phone::open(secretary.store().clone(), None).expect("a whole store");
            copy.request(NOW, rng).expect("a request")
        };
        let asked_proof = secretary
            .evidence_request(on.doc)
            .expect("a request")
            .to_bytes();
        let told_proof = node.evidence(&asked_proof, NOW).expect("evidence");
        let proofs = [(asked_proof, told_proof)];
        let saved = (node.store())
            .read(|tx| records::doc(tx, on.doc))
            .expect("a readable store")
            .expect("the document")
            .bytes;

        let mut scene = Scene {
            log: node.log(),
            log_key: key_of(node.store(), "log-key"),
            grant_key: key_of(node.store(), "grant-key"),
            root,
            epochs: node.epochs().expect("epochs"),
            key: secretary.key().clone(),
            ticket: for_stranger,
            node: node.into_store(),
            secretary: secretary.into_store(),
            deputy: deputy.into_store(),
            newcomer: newcomer.into_store(),
            stranger: stranger.into_store(),
            other: MemoryStore::new(),
            accepted: MemoryStore::new(),
            offering: MemoryStore::new(),
            saved,
            seeds: Vec::new(),
        };

        let mut seeds = Seeds(Vec::new());
        let mut stripped = offered.clone();
        for s in &mut stripped {
            s.forget(|_| true);
        }
        for s in offered.iter().chain(&stripped) {
            seeds.add("segment", &s.to_bytes());
            seeds.add("segment_at_work", &s.to_bytes());
            let (mut ids, mut changes) = (Writer::new(), Writer::new());
            let how = Shorten {
                near: NOW,
                grant: 1,
                introduce: true,
                has_salt: &|_| false,
            };
            compact::write(s, &how, &mut ids, &mut changes);
            let mut w = Writer::new();
            w.bytes(ids.as_slice()).fixed(changes.as_slice());
            seeds.add("compact", w.as_slice());
            for c in &s.unproven().changes {
                seeds.add("change", &c.change);
            }
        }
        for request in [&asked_first, &asked, &unsent, &told[0].0] {
            seeds.add("request", request);
            seeds.add("request_at_node", request);
        }
        for request in [&enrol, &introduction] {
            seeds.add("enrol", request);
            seeds.add("letter", &[&[5, 5], request.as_slice()].concat());
        }
        let asked = EnrolRequest::from_bytes(&introduction).expect("a request");
        let reply = EnrolReply::from_bytes(&introduced).expect("a reply");
        for said in [Ok((reply.n, reply.grant)), Err(Unknown::Used)] {
            let word = Word::new(
                scene.log,
                reply.epochs.clone(),
                &asked,
                said,
                &scene.log_key,
            );
            seeds.add("letter", &[&[6, 6], word.to_bytes().as_slice()].concat());
        }
        for (asked, told) in &proofs {
            seeds.add("evidence", &[&[0][..], asked.as_slice()].concat());
            seeds.add("evidence", &[&[1][..], told.as_slice()].concat());
        }
        for reply in [&enrolled, &introduced] {
            seeds.add("enrol_reply", reply);
        }
        // What filled the secretary's phone, said to one that holds nothing yet.
        let new = super::targets::phone(&scene.newcomer).public_key();
        let filled = super::frames::answer_for(&scene, &new, &answer_filled);
        for (who, answer) in [
            (0, &told[0].1),
            (1, &told[1].1),
            (2, &answered),
            (0, &filled),
        ] {
            let mut bytes = vec![who];
            bytes.extend_from_slice(answer);
            seeds.add("answer", &bytes);
            let mut frames = FrameReader::new();
            frames.feed(answer);
            while let Ok(Some(frame)) = frames.next_frame() {
                let payload = payload_of(&frame).to_vec();
                if frame.kind == FrameType::Head {
                    seeds.add("record", &[&[3], &payload[..]].concat());
                }
                let with = |more: &[u8]| [&[who][..], more].concat();
                match frame.kind {
                    FrameType::Entries => {
                        seeds.add(
                            "entries",
                            &with(&Stored::of_entries(&payload).expect("entries")),
                        );
                    }
                    FrameType::Fill => {
                        seeds.add("page", &with(&Stored::of_page(&payload).expect("a page")));
                    }
                    _ => {}
                }
                seeds.add("frame", &[&[who, frame.kind as u8][..], &payload].concat());
            }
        }
        seeds.add("frame", &[0, FrameType::Ended as u8, 1]);
        seeds.add("frame", &[0, FrameType::Wait as u8, 0]);
        scene.add_records(&mut seeds, newborn);
        scene.add_texts(&mut seeds, &on_paper, offered, &unsent);
        scene.add_carried(&mut seeds);
        scene.add_rows(&mut seeds);
        scene.add_documents(&mut seeds);
        scene.add_hand_over(&mut seeds, branch);
        scene.seeds = seeds.0;
        scene
    }

    fn add_records(&self, seeds: &mut Seeds, place: PlaceId) {
        let mut add = |which: u8, bytes: &[u8]| seeds.add("record", &[&[which], bytes].concat());
        let grants = self.node.read(records::grants).expect("grants");
        let grant = &grants.last().expect("a grant").1;
        add(0, &grant.to_bytes());
        add(1, &self.epochs[0].to_bytes());
        let act = PlaceAct::at(place, PlaceKind::Member, Some(PlaceId([7; 16])));
        let placement = PlaceAct {
            kind: PlaceKind::Placement,
            host: Some(Host {
                branch: PlaceId([7; 16]),
                until: NOW,
            }),
            came: Some(grant.hash()),
            ..act
        };
        let end = EndAct {
            grant: grant.hash(),
            end: End::Revoked,
        };
        let erase = EraseAct {
            doc: DocId([9; 16]),
            scope: ScopeId([10; 16]),
            kind: 2,
            why: Why::TermOver,
            basis: "12-CV/ĐU".to_owned(),
            by: PersonId([8; 16]),
        };
        let erase = Signed::new(erase, self.log, &self.grant_key);
        let (act, placement, end) = (
            Signed::new(act, self.log, &self.grant_key),
            Signed::new(placement, self.log, &self.grant_key),
            Signed::new(end, self.log, &self.grant_key),
        );
        for control in [
            Control::Grant(Box::new(grant.clone())),
            Control::Place(act),
            Control::Place(placement),
            Control::End(end),
            Control::Erase(erase),
            Control::Epoch(Box::new(self.epochs[0].clone())),
        ] {
            let mut w = Writer::new();
            control.write(&mut w);
            add(2, w.as_slice());
        }
        let mut w = Writer::new();
        Offer::new(Role::Deputy, place, PersonId([8; 16]), NOW).write(&mut w);
        add(4, w.as_slice());
        for value in [
            Value::Cleared,
            text("Ấm"),
            Value::Count(-3),
            Value::YesNo(true),
        ] {
            let mut w = Writer::new();
            value.write(&mut w);
            add(5, w.as_slice());
        }
        add(6, &mailbox::write_list(&[(LetterId([9; 16]), 1024)]));
    }

    /// The branch goes to another node: the files of it, the first byte saying which.
    fn add_hand_over(&mut self, seeds: &mut Seeds, branch: PlaceId) {
        let rng = &mut ChaCha8Rng::seed_from_u64(5);
        let mut old = Node::open(self.node.clone()).expect("a whole store");
        let (mut new, _) =
            Node::init(MemoryStore::new(), "Đảng ủy xã Xuân Hồng", NOW, rng).expect("a new node");
        self.other = new.store().clone();
        let card = new.card("Xuân Hồng", "").expect("a card");
        let offer = old.hand_over(branch, &card, NOW, rng).expect("an offer");
        self.offering = old.store().clone();
        let file = old.offer_file(offer).expect("its file").0;
        let root = new.root();
        new.accept(&file, root, NOW).expect("what is offered");
        self.accepted = new.store().clone();
        let answer = new.answer_file(offer, "Xuân Hồng", "").expect("an answer");
        let mut secretary = Phone::open(self.secretary.clone(), None).expect("a whole store");
        sync(&mut old, &mut secretary, rng);
        let relay = old.relay_file(offer).expect("what came late").0;
        assert!(!relay.segments.is_empty(), "there is unsent work");
        let mut add = |which: u8, bytes: &[u8]| seeds.add("handover", &[&[which], bytes].concat());
        add(0, &file);
        add(1, &answer.to_bytes());
        add(2, &relay.to_bytes());
        add(3, &card.to_bytes());
    }

    /// A short code, the question that a device asks by it, and what a node may answer.
    fn add_code(&self, seeds: &mut Seeds) {
        let code = self.ticket.code().expect("of the office");
        let terms = Terms {
            log: self.log,
            role: self.ticket.role,
            place: self.ticket.place,
            expires: self.ticket.expires,
            letter_key: self.key.public(),
        };
        let mut add = |which: u8, bytes: &[u8]| seeds.add("code", &[&[which], bytes].concat());
        add(0, &code.question(self.key.public()).to_bytes());
        for answer in [Ok(terms), Err(Unknown::NotOurs)] {
            add(1, &answer_to_bytes(&answer));
        }
        add(2, code.to_text().as_bytes());
    }

    fn add_texts(
        &self,
        seeds: &mut Seeds,
        paper: &Ticket,
        offered: Vec<SignedSegment>,
        request: &[u8],
    ) {
        let rng = &mut ChaCha8Rng::seed_from_u64(2);
        seeds.add("ticket", self.ticket.to_text().as_bytes());
        seeds.add("ticket", paper.to_text().as_bytes());
        self.add_code(seeds);
        let mut add = |content: &[u8]| seeds.add("letter", content);
        add(&[&[1, 1], request].concat());
        add(&[2, 2, 1]);
        let mut w = Writer::new();
        w.u8(3).u8(3).number(offered.len() as u64);
        for s in &offered {
            w.bytes(&s.to_bytes());
        }
        add(w.as_slice());
        let mut w = Writer::new();
        w.u8(4).u8(4).number(1).fixed(&self.epochs[0].to_bytes());
        add(w.as_slice());
        let letter = Letter {
            sort: Sort::Request,
            to: self.key.public().letter_box(),
            sealed: b"sealed".to_vec(),
        };
        let letters = vec![letter.clone(), letter];
        let bundle = Bundle {
            letters,
            ..Bundle::default()
        };
        seeds.add("bundle", &bundle.to_bytes());
        let proof = Proof::new(
            "thu.example",
            Act::Fetch,
            Some(LetterId([9; 16])),
            [8; 32],
            &self.key,
        );
        seeds.add("proof", proof.to_header().as_bytes());
        let sha256 = chibo_core::id::hex(&[7; 32]);
        seeds.add("app_offer", format!("4096\n{sha256}").as_bytes());
        let of = self.key.public().letter_box();
        let letter = &bundle.letters[0];
        let id = letter.id();
        for line in [
            "GET /v1/nonce\n\n".to_owned(),
            "GET /health\n\n".to_owned(),
            format!("GET /v1/box/{of}\nsign\n"),
            format!("DELETE /v1/box/{of}/{id}\nsign\n"),
        ] {
            seeds.add("mailbox", line.as_bytes());
        }
        let lay = format!("PUT /v1/box/{of}\n\n");
        seeds.add("mailbox", &[lay.as_bytes(), &letter.to_bytes()].concat());
        let mut front = b"chibo\x00k2\x01".to_vec();
        front.extend_from_slice(&[3; 8 + 8 + 32 + 32 + 32]);
        front.extend_from_slice(&6_u64.to_le_bytes());
        front.extend_from_slice(&[0; 64]);
        front.extend_from_slice(b"sqlite");
        seeds.add("backup", &front);
        let mut lock = Lock::new();
        let key = StoreKey::from_bytes([9; 32]);
        let cost = Cost {
            memory_kib: 64,
            passes: 1,
        };
        lock.set_passphrase(&key, "mưa chiều", cost, rng)
            .expect("a slot");
        lock.set_key_file(&key, "node.key", &[3; 32], rng)
            .expect("a slot");
        lock.set_words(&key, rng).expect("a slot");
        seeds.add("lock", &lock.encode());
        let raw = self.saved.repeat(2);
        let mut w = Writer::new();
        wire::pack(&raw, &mut w);
        seeds.add("packed", w.as_slice());
        let mut chain = wire::PageChain::new();
        let mut w = Writer::new();
        chain.pack(&raw, &mut w);
        chain.pack(&raw, &mut w);
        seeds.add("packed", w.as_slice());
        for words in [
            "ngày 3 tháng 2 năm 1930",
            "1930-02-03",
            "02/1930",
            "xã Xuân Trường, huyện Xuân Trường, tỉnh Nam Định",
            "phuong ba dinh",
            "Nguyễn Thị Ấm",
            "có",
            "0912 345 678",
            "-70",
            "26056",
        ] {
            seeds.add("words", words.as_bytes());
        }
        let csv = "\u{feff}Chi bộ Xóm 5;;;\nSTT;Họ và tên;Ngày sinh;Ngày vào Đảng;Số điện thoại\n1;Đinh Văn Quang;03/02/1961;1985;0912345678\n2;\"Nguyễn \"\"Ấm\"\"\";1970;;\n";
        seeds.add("roster", csv.as_bytes());
        seeds.add("roster", &csv.replace(';', ",").into_bytes());
        let wide: Vec<u8> = (csv.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        seeds.add("roster", &wide);
        let read = read_roster(csv.as_bytes(), "a.csv").expect("a roster");
        seeds.add(
            "roster",
            &roster::to_xlsx(&read.branches).expect("a workbook"),
        );
    }

    /// What people carry, type and scan.
    fn add_carried(&self, seeds: &mut Seeds) {
        let open = |store: &MemoryStore| Phone::open(store.clone(), None).expect("a whole store");
        let secretary = open(&self.secretary);
        for of in [&self.secretary, &self.newcomer] {
            let card = open(of).card().expect("a card");
            seeds.add("card", card.to_text().as_bytes());
        }
        let mut node = Node::open(self.node.clone()).expect("a whole store");
        let card = node
            .card("Xuân Trường", "https://xa.example")
            .expect("a card");
        seeds.add("card", card.to_text().as_bytes());
        let erasures = node.erasures().expect("a whole store");
        seeds.add("acts", &forget::write_list(&erasures));
        let revocations = node.revocations().expect("a whole store");
        seeds.add("acts", &log::write_acts(log::REVOCATIONS, &revocations));
        let epochs = node.epochs().expect("a whole store");
        seeds.add("acts", &log::write_epochs(&epochs));

        let rng = &mut ChaCha8Rng::seed_from_u64(7);
        let mut deputy = open(&self.deputy);
        let code = deputy.new_recovery_code(NOW, rng).expect("a whole store");
        sync(&mut node, &mut deputy, rng);
        let of = node.devices().expect("a whole store").into_iter();
        let of = of
            .filter(|d| d.grant.key == deputy.public_key())
            .map(|d| d.n);
        let asked = secretary.recovery_request(of.max().expect("the deputy"));
        let asked = asked.expect("an enrolled device").to_bytes();
        let told = node.tell_recovery(&asked, NOW).expect("a colleague");
        seeds.add("recovery", &[&[0][..], &asked].concat());
        seeds.add("recovery", &[&[1][..], &told].concat());
        seeds.add("recovery", &[&[2][..], code.to_text().as_bytes()].concat());
        let words = "abandon ability able about above absent absorb abstract absurd abuse access accident account accuse achieve acid";
        seeds.add("recovery", format!("\u{3}{words}").as_bytes());
        seeds.add("recovery", format!("\u{3}{words}\n{words}").as_bytes());

        let plan = "quyết định\t12-QĐ/TU\tTỉnh ủy\t01/06/2025\t01/07/2025\n\
            lập\tĐảng bộ xã Xuân Hồng\tcommune\tĐảng ủy xã Xuân Trường\n\
            lập\tChi bộ Xóm 6\tbranch\tĐảng bộ xã Xuân Hồng\n\
            chuyển\tChi bộ Xóm 5\tĐảng bộ xã Xuân Hồng\n\
            # ghi chú\nđổi tên\tChi bộ Xóm 5\tChi bộ Xóm 7\n\
            tiền thân\tChi bộ Xóm 7\tChi bộ Xóm 4\tmerged\n\
            số liệu\tChi bộ Xóm 7\t0\t4\n";
        seeds.add("plan", plan.as_bytes());
        let end = "decision\t1\tĐU\t01/06/2025\t01/07/2025\nend\tChi bộ Xóm 5\t-\tabolished\n";
        seeds.add("plan", end.as_bytes());
        let rows = include_str!("../../../core/data/regulations.tsv");
        let first: Vec<&str> = rows.lines().take(12).collect();
        seeds.add("rules", first.join("\n").as_bytes());
        let holidays = include_str!("../../../core/data/holidays.tsv");
        let first: Vec<&str> = holidays.lines().take(8).collect();
        seeds.add("rules", first.join("\n").as_bytes());
        for amount in ["60", "1/1 30/4", "2/3", "5.310.000 4.730.000"] {
            seeds.add("rules", amount.as_bytes());
        }
        let rule = "regulation\nkey\ttransfer.start\nvalue\t60\nunit\tworking_days\nsource\t294-QĐ/TW\n\
            source_on\t2025-05-26\nvalid_from\t2027-01-01\nverified\t!1\n";
        seeds.add("values", rule.as_bytes());
        for kind in KINDS {
            seeds.add("values", said_of(kind).as_bytes());
        }
        let tls_key = key_of(&self.node, "tls-key");
        let own = tls::own(&self.epochs[0], &tls_key).expect("a certificate");
        seeds.add("certificate", &own.cert[0]);
    }

    /// The first rows of each table, of the node and of a phone.
    fn add_rows(&self, seeds: &mut Seeds) {
        for (whose, store) in [(0, &self.node), (1, &self.secretary)] {
            for table in TABLES {
                let rows = store.read(|tx: &dyn Tx| tx.scan(table, &[], None, usize::MAX));
                let rows: Result<_, StoreError> = rows;
                let rows = rows.expect("a readable store");
                // Settings differ from each other; the rows of any other table do not.
                let step = if table as u8 == 0 {
                    1
                } else {
                    rows.len().div_ceil(2).max(1)
                };
                for (key, value) in rows.iter().step_by(step) {
                    let mut w = Writer::new();
                    w.u8(whose).u8(table as u8).bytes(key).fixed(value);
                    seeds.add("store_row", w.as_slice());
                }
            }
        }
    }

    fn add_documents(&self, seeds: &mut Seeds) {
        let short = checkpoint::shorten(&self.saved).expect("our own document");
        seeds.add("document", &self.saved);
        seeds.add("document", &short);
        let meeting = genesis(kind::by_name("meeting").expect("a kind"));
        seeds.add("document", &meeting.save_nocompress());
        seeds.add("change", meeting.get_changes(&[])[0].raw_bytes());
    }
}

/// A document of this kind with something in each field, as the target `values` reads it. Of a case every act, in
/// the usual order, each after the one before.
fn said_of(kind: &Kind) -> String {
    let mut lines = vec![kind.name.to_owned()];
    let mut put = |path: &str, of: FieldType, i: usize| {
        let value = match of {
            FieldType::Count => format!("#{i}"),
            FieldType::YesNo => "!1".to_owned(),
            FieldType::Date => ["2026-02-01", "2026-09", "1985"][i % 3].to_owned(),
            FieldType::Code(list) | FieldType::Marks(list) => list[i % list.len()].code.to_owned(),
            _ => "Đinh Văn Quang 12-QĐ/ĐU".to_owned(),
        };
        lines.push(format!("{path}\t{value}"));
    };
    let acts: Vec<&str> = kind
        .case
        .iter()
        .flat_map(|c| c.acts)
        .map(|a| a.code)
        .collect();
    for (i, field) in kind.fields.iter().enumerate() {
        match field.kind {
            FieldType::Entries(of) => {
                let entries = if field.name == case::ACTS {
                    acts.len()
                } else {
                    2
                };
                for n in 0..entries {
                    for (i, f) in of.iter().enumerate() {
                        put(&format!("{}/{n:016x}/{}", field.name, f.name), f.kind, i);
                    }
                }
            }
            FieldType::Marks(_) => put(
                &format!("{}/{}", field.name, "07".repeat(16)),
                field.kind,
                i,
            ),
            other => put(field.name, other, i),
        }
    }
    for (n, act) in acts.iter().enumerate() {
        let at = format!("{}/{n:016x}", case::ACTS);
        lines.push(format!("{at}/act\t{act}"));
        let before = n.checked_sub(1).map(|n| format!("{n:016x}"));
        lines.push(format!("{at}/after\t{}", before.unwrap_or_default()));
    }
    lines.join("\n")
}

struct Seeds(Vec<Seed>);

impl Seeds {
    fn add(&mut self, target: &'static str, bytes: &[u8]) {
        if self.0.iter().any(|(t, _, b)| *t == target && b == bytes) {
            return;
        }
        let n = self.0.iter().filter(|(t, ..)| *t == target).count();
        self.0
            .push((target, format!("seed-{n:03}"), bytes.to_vec()));
    }
}

/// Reads a roster as an office does that knows the rules that come with the program.
pub(super) fn read_roster(bytes: &[u8], name: &str) -> Result<Roster, RosterError> {
    let regulations = Regulations::built_in().expect("our own rows");
    let today = NOW.day_in_vietnam().expect("a day");
    let by = Looking {
        regulations: &regulations,
        today,
    };
    roster::read(bytes, name, by)
}
