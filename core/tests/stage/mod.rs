//! A commune on a stage: a node, its branches and members, and phones that are enrolled and sync, all in memory and
//! from one seed.
#![allow(dead_code, reason = "each test program takes of it what it needs")]

pub mod counting;

use chibo_core::author::Target;
use chibo_core::check;
use chibo_core::codec::Writer;
use chibo_core::document::{self, Value, Values};
use chibo_core::enrol::{EnrolRequest, Offer, Ticket};
use chibo_core::feed::compact::{self, Shorten};
use chibo_core::feed::{Basis, Opens, SealedChange, Segment, SignedSegment, feed_id};
use chibo_core::id::{Hash, PersonId, PlaceId, Salt};
use chibo_core::identity::{Grant, SecretKey};
use chibo_core::kind::{self};
use chibo_core::log::{Control, Position};
use chibo_core::node::{EnrolError, Node, Rejection};
use chibo_core::phone::{Outcome, Phone, SyncError};
use chibo_core::place::{PlaceKind, Role};
use chibo_core::store::memory::MemoryStore;
use chibo_core::store::{Store, StoreError, Table};
use chibo_core::time::{Claimed, Timestamp};
use chibo_core::wire::{FrameReader, Request};
use chibo_people::Size;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

pub const NOW: Timestamp = Timestamp(1_790_000_000);
pub const DAY: u64 = 86_400;
pub const NEVER: Timestamp = Timestamp(u64::MAX >> 1);
/// As long as a leader's ticket can be good.
pub const SOON: Timestamp = Timestamp(NOW.0 + 30 * DAY);

pub type Memory = Phone<MemoryStore>;

pub fn values(pairs: &[(&str, &str)]) -> Values {
    let text = |v: &str| Value::Text(v.to_owned());
    (pairs.iter().map(|(k, v)| ((*k).to_owned(), text(v)))).collect()
}

pub fn member(place: PlaceId) -> Target {
    Target::at(place, kind::by_name("member").unwrap(), b"")
}

/// A commune with two branches of two members each, who are invented with everybody else's district, its root key on paper.
pub struct Commune {
    pub node: Node<MemoryStore>,
    pub root: SecretKey,
    pub branches: [PlaceId; 2],
    pub members: [[PlaceId; 2]; 2],
    pub now: Timestamp,
    pub rng: ChaCha8Rng,
}

impl Commune {
    /// Each with all that a register says of them, but no note: that is the tests' own.
    pub fn new() -> Self {
        Self::of(|who| who.clone().with("note", "").values)
    }

    /// The same people, of whom nothing but the name is recorded.
    pub fn by_name_only() -> Self {
        Self::of(|who| values(&[("full_name", &who.values["full_name"].shown())]))
    }

    fn of(recorded: impl Fn(&chibo_people::Member) -> Values) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(11);
        let (mut node, root) =
            Node::init(MemoryStore::new(), "Đảng ủy xã Xuân Trường", NOW, &mut rng).unwrap();
        let branches = [PlaceId::random(&mut rng), PlaceId::random(&mut rng)];
        let mut one = || [PlaceId::random(&mut rng), PlaceId::random(&mut rng)];
        let members = [one(), one()];
        let mut places = Vec::new();
        let mut edits = Vec::new();
        let invented = chibo_people::invent(Size::Branch, 11);
        let mut people = invented.members();
        for (branch, of) in branches.iter().zip(&members) {
            places.push((*branch, PlaceKind::Branch, node.root()));
            let unit = kind::by_name("unit").unwrap();
            let name = values(&[("name", "Chi bộ Xóm 5")]);
            edits.push((Target::at(*branch, unit, b""), name));
            for (id, who) in of.iter().zip(&mut people) {
                places.push((*id, PlaceKind::Member, *branch));
                edits.push((member(*id), recorded(who)));
            }
        }
        node.edit_many(&places, &edits, NOW, &mut rng).unwrap();
        Commune {
            node,
            root,
            branches,
            members,
            now: NOW,
            rng,
        }
    }

    /// What the register calls a member.
    pub fn name_of(&self, place: PlaceId) -> String {
        let (_, record) = self.node.values(member(place).doc).unwrap().unwrap();
        record["full_name"].shown()
    }

    /// Invented people, with all that a register says of them, come to a branch.
    pub fn settle(&mut self, branch: PlaceId, people: &[chibo_people::Member]) -> Vec<PlaceId> {
        let sensitive = kind::by_name("member_sensitive").unwrap();
        let (mut places, mut edits, mut ids) = (Vec::new(), Vec::new(), Vec::new());
        for who in people {
            let id = PlaceId::random(&mut self.rng);
            places.push((id, PlaceKind::Member, branch));
            edits.push((member(id), who.values.clone()));
            edits.push((Target::at(id, sensitive, b""), who.sensitive.clone()));
            ids.push(id);
        }
        self.node
            .edit_many(&places, &edits, self.now, &mut self.rng)
            .unwrap();
        ids
    }

    pub fn offer(&mut self, role: Role, place: PlaceId) -> Offer {
        let expires = Timestamp(self.now.0 + 30 * DAY);
        Offer::new(role, place, PersonId::random(&mut self.rng), expires)
    }

    pub fn enrol(&mut self, role: Role, place: PlaceId) -> Memory {
        let offer = self.offer(role, place);
        self.enrol_by(&offer)
    }

    pub fn enrol_by(&mut self, offer: &Offer) -> Memory {
        let ticket = self.node.ticket("", offer, &mut self.rng).unwrap();
        self.use_ticket(&ticket).unwrap()
    }

    pub fn use_ticket(&mut self, ticket: &Ticket) -> Result<Memory, EnrolError> {
        let mut phone = Phone::create(MemoryStore::new(), &mut self.rng).unwrap();
        let request = ticket.request(phone.key()).to_bytes();
        let reply = self.node.enrol(&request, self.now, &mut self.rng)?;
        phone.enrolled(ticket, &reply).unwrap();
        Ok(phone)
    }

    pub fn introduce(&mut self, grants: Vec<Grant>, key: &SecretKey) -> Result<u64, EnrolError> {
        let request = EnrolRequest::introducing(grants, key).to_bytes();
        let reply = self.node.enrol(&request, self.now, &mut self.rng)?;
        Ok(reply.n)
    }

    pub fn sync(&mut self, phone: &mut Memory) -> Outcome {
        self.try_sync(phone).unwrap()
    }

    pub fn try_sync(&mut self, phone: &mut Memory) -> Result<Outcome, Rejection> {
        sync_with(&mut self.node, phone, self.now, &mut self.rng)
    }

    /// Sends segments as this phone, whatever its own program would let it say.
    pub fn push(&mut self, phone: &Memory, segments: &[SignedSegment]) {
        let request = pushing(phone, segments);
        self.node.handle(&[request], self.now).remove(0).unwrap();
    }

    /// Why the last segment that was not taken in was not.
    pub fn last_reason(&self) -> Option<u8> {
        let rows = self.node.quarantine().unwrap();
        rows.iter()
            .max_by_key(|(n, _)| n)
            .map(|(_, row)| row.reason)
    }

    pub fn is_held(&self) -> usize {
        let rows = self.node.quarantine().unwrap();
        rows.iter().filter(|(_, row)| row.held > 0).count()
    }

    pub fn number_of(&self, phone: &Memory) -> u64 {
        let devices = self.node.devices().unwrap();
        let device = devices.iter().rfind(|d| d.grant.key == phone.public_key());
        device.unwrap().n
    }

    pub fn books_are_whole(&self) {
        let report = (self.node.store())
            .read(|tx| check::check(tx, self.node.tree(), true))
            .unwrap();
        assert!(report.faults.is_empty(), "{:?}", report.faults);
    }
}

/// Whether these bytes stand anywhere in the store.
pub fn holds(phone: &Memory, needle: &str) -> bool {
    let tables = [
        Table::Meta,
        Table::Place,
        Table::Log,
        Table::Segment,
        Table::Doc,
        Table::Draft,
        Table::Quarantine,
    ];
    let needle = needle.as_bytes();
    let has = |bytes: &[u8]| bytes.windows(needle.len()).any(|w| w == needle);
    phone
        .store()
        .read(|tx| {
            for table in tables {
                if (tx.scan(table, &[], None, usize::MAX)?)
                    .iter()
                    .any(|(_, v)| has(v))
                {
                    return Ok(true);
                }
            }
            let rows = tx.projection()?;
            Ok::<_, StoreError>(rows.iter().any(|row| has(format!("{row:?}").as_bytes())))
        })
        .unwrap()
}

/// Asks and takes in until nothing is left to say.
pub fn sync_with<N: Store, P: Store>(
    node: &mut Node<N>,
    phone: &mut Phone<P>,
    now: Timestamp,
    rng: &mut ChaCha8Rng,
) -> Result<Outcome, Rejection> {
    for _ in 0..20 {
        let (request, mut exchange) = phone.request(now, rng).unwrap();
        let answer = node.handle(&[request], now).remove(0)?;
        let taken = frames(&answer)
            .iter()
            .try_for_each(|frame| phone.receive(&mut exchange, frame));
        // The answer took for known what the phone does not know: it asks again, as every line does.
        let asks_again = matches!(taken, Err(SyncError::Late));
        if !asks_again {
            taken.unwrap();
        }
        let outcome = phone.outcome(&exchange).unwrap();
        if !outcome.more && !asks_again {
            return Ok(outcome);
        }
    }
    panic!("a sync that does not end");
}

pub fn frames(answer: &[u8]) -> Vec<chibo_core::wire::Frame> {
    let mut reader = FrameReader::new();
    reader.feed(answer);
    let mut list = Vec::new();
    while let Some(frame) = reader.next_frame().unwrap() {
        list.push(frame);
    }
    list
}

pub fn pushing(phone: &Memory, segments: &[SignedSegment]) -> Vec<u8> {
    carrying(phone, phone.author().unwrap().grant, segments, Vec::new())
}

/// The request in which a phone brings segments that another wrote.
pub fn bringing(carrier: &Memory, author: &Memory, segments: &[SignedSegment]) -> Vec<u8> {
    let of = author.author().unwrap().grant;
    carrying(carrier, of, segments, Vec::new())
}

/// A request that brings segments of whose grant stands in entry `of`, and control acts with the numbers that they had.
pub fn carrying(
    phone: &Memory,
    of: u64,
    segments: &[SignedSegment],
    controls: Vec<(u64, Control)>,
) -> Vec<u8> {
    let (mut ids, mut changes) = (Writer::new(), Writer::new());
    for s in segments {
        let how = Shorten {
            near: NOW,
            grant: of,
            introduce: true,
            has_salt: &|_| false,
        };
        compact::write(s, &how, &mut ids, &mut changes);
    }
    let author = phone.author().unwrap();
    Request {
        log: author.log,
        grant: author.grant,
        time: NOW,
        position: Position::START,
        cut: 0,
        wants_own: false,
        wiped: false,
        pending: Vec::new(),
        cursor: None,
        halved: 0,
        controls,
        recovery: None,
        segments: segments.len(),
    }
    .seal(ids.as_slice(), changes.as_slice(), &author.key)
}

/// A well-signed segment of this phone that begins a document, whoever may do so.
pub fn saying(
    phone: &Memory,
    target: Target,
    edits: &Values,
    opens: Option<Opens>,
) -> SignedSegment {
    saying_at(phone, target, edits, opens, NOW, 1)
}

pub fn saying_at(
    phone: &Memory,
    target: Target,
    edits: &Values,
    opens: Option<Opens>,
    time: Timestamp,
    nonce: u8,
) -> SignedSegment {
    saying_in([nonce; 8], phone, target, edits, opens, time)
}

/// The same in the feed with this nonce.
pub fn saying_in(
    nonce: [u8; 8],
    phone: &Memory,
    target: Target,
    edits: &Values,
    opens: Option<Opens>,
    time: Timestamp,
) -> SignedSegment {
    let author = phone.author().unwrap();
    let feed = feed_id(&author.key.public(), target.scope, &nonce);
    let doc = document::genesis(target.kind);
    let edited = document::edit(&doc, target.kind, edits, feed, &doc.get_heads(), time.0);
    Segment {
        feed,
        n: 1,
        scope: target.scope,
        basis: Basis {
            log: author.log,
            epoch: 1,
            n: 3,
        },
        prev: Hash::ZERO,
        grant: author.grant_hash,
        time: Claimed(time),
        nonce,
        opens,
        replaces: None,
        seen: Vec::new(),
        forgotten: Vec::new(),
        changes: vec![SealedChange {
            doc: target.doc,
            kind: target.kind.number,
            salt: Salt([3; 16]),
            change: edited.unwrap().unwrap().change,
        }],
    }
    .signed(&author.key)
}

/// Something for every field of an act, whichever it is and in whichever case.
pub fn anything_said(number: &str) -> Values {
    let mut said = values(&[
        ("note", "vì"),
        ("reason", "vì"),
        ("on", "2026-03-01"),
        ("letter_on", "2026-02-20"),
        ("number", number),
        ("until", "2026-12-31"),
        ("full_name", "Trần Thị Lan"),
        ("card_number", "25.012346"),
        ("from", "bí thư"),
        ("to", "văn phòng"),
        ("record", "00"),
        ("path", "address"),
        ("words", "Không đúng"),
        ("outcome", "accepted"),
    ]);
    said.insert("papers".into(), Value::Count(12));
    said.insert("sheets".into(), Value::Count(40));
    said
}
