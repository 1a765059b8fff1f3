//! The reform of 1 July 2025 on the reference district at its full size: 398 branches and 8,030 members under the fourteen
//! real communes, which become four. What a tenth of it says in every detail (`core/tests/reform.rs`) is held here against all
//! of it at once. How fast it is, is measured elsewhere (`--bin reform`).

use chibo_core::author::{Doing, Target};
use chibo_core::case;
use chibo_core::check;
use chibo_core::document::{Value, Values};
use chibo_core::domain::member::MEMBER;
use chibo_core::domain::transfer::TRANSFER;
use chibo_core::domain::unit::UNIT;
use chibo_core::enrol::Offer;
use chibo_core::id::{Hash, PersonId, PlaceId, ScopeId};
use chibo_core::node::Node;
use chibo_core::phone::Phone;
use chibo_core::place::{Lane, PlaceKind, Role, scope_of};
use chibo_core::records;
use chibo_core::reform::{Count, Fate, Plan};
use chibo_core::store::Store;
use chibo_core::store::memory::MemoryStore;
use chibo_core::time::Timestamp;
use chibo_core::wire::FrameReader;
use chibo_people::{Size, before_the_reform, invent};
use chibo_server::bring_in::bring_in;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use std::collections::{BTreeMap, BTreeSet};

const NOW: Timestamp = Timestamp(1_793_491_200);
/// The successor communes (*xã*), by the official list.
const NEW: [&str; 4] = ["Xuân Giang", "Xuân Hồng", "Xuân Hưng", "Xuân Trường"];
/// Every so manieth branch has a phone.
const EVERY: usize = 25;

type Memory = Phone<MemoryStore>;

struct District {
    node: Node<MemoryStore>,
    rng: ChaCha8Rng,
}

fn said(pairs: &[(&str, &str)]) -> Values {
    let one = |(name, typed): &(&str, &str)| ((*name).to_owned(), Value::Text((*typed).into()));
    pairs.iter().map(one).collect()
}

impl District {
    fn enrol(&mut self, role: Role, at: PlaceId) -> Memory {
        let mut phone = Phone::create(MemoryStore::new(), &mut self.rng).unwrap();
        let person = PersonId::random(&mut self.rng);
        let offer = Offer::new(role, at, person, Timestamp(NOW.0 * 2));
        let ticket = self.node.ticket("", &offer, &mut self.rng).unwrap();
        let request = ticket.request(phone.key()).to_bytes();
        let reply = self.node.enrol(&request, NOW, &mut self.rng).unwrap();
        phone.enrolled(&ticket, &reply).unwrap();
        phone
    }

    /// It syncs, has handed over what was its own, and holds what the node has of its view, at the same places.
    fn comes_back(&mut self, phone: &mut Memory) {
        loop {
            let (request, mut exchange) = phone.request(NOW, &mut self.rng).unwrap();
            let answer = self.node.handle(&[request], NOW).remove(0).unwrap();
            let mut frames = FrameReader::new();
            frames.feed(&answer);
            while let Some(frame) = frames.next_frame().unwrap() {
                phone.receive(&mut exchange, &frame).unwrap();
            }
            let outcome = phone.outcome(&exchange).unwrap();
            if !outcome.more {
                assert!(outcome.synced, "{outcome:?}");
                break;
            }
        }
        let view = phone.view().unwrap();
        assert_eq!(phone.digest().unwrap().0, self.node.digest(view).unwrap());
        for (place, placed) in phone.tree().iter() {
            assert_eq!(self.node.tree().get(place).unwrap().parent, placed.parent);
        }
    }

    fn unit(&self, place: PlaceId, name: &str) -> String {
        let (_, values) = self
            .node
            .values(Target::at(place, &UNIT, b"").doc)
            .unwrap()
            .unwrap();
        values.get(name).map(Value::shown).unwrap_or_default()
    }

    /// The chain of everything that was ever said in a scope.
    fn chain(&self, scope: ScopeId) -> Hash {
        let read = |tx: &dyn chibo_core::store::Tx| records::scope(tx, scope);
        self.node.store().read(read).unwrap().chain
    }

    fn count(&self, below: PlaceId) -> Count {
        let tree = self.node.tree();
        let of = |kind| {
            let all = tree.subtree(below).into_iter();
            all.filter(|p| tree.get(*p).unwrap().kind == kind).count()
        };
        Count {
            branches: of(PlaceKind::Branch),
            members: of(PlaceKind::Member),
        }
    }

    fn state(&self, case: Target) -> &'static str {
        let (kind, values) = self.node.values(case.doc).unwrap().unwrap();
        case::story(kind, &values).state
    }
}

fn acts(phone: &mut Memory, case: Target, act: &str, pairs: &[(&str, &str)], rng: &mut ChaCha8Rng) {
    let doing = Doing {
        act,
        about: None,
        said: &said(pairs),
    };
    phone.act(case, doing, NOW, rng).unwrap();
}

#[test]
fn row_01_the_whole_reference_district_goes_through_the_reform_and_everything_goes_on() {
    let mut rng = ChaCha8Rng::seed_from_u64(2025);
    let before = before_the_reform(invent(Size::District, 77)).unwrap();
    let name = "Đảng bộ tỉnh Nam Định";
    let (mut node, _) = Node::init(MemoryStore::new(), name, NOW, &mut rng).unwrap();
    let branches = bring_in(&mut node, &before.district, NOW, &mut rng, &mut |_| {}).unwrap();
    let mut d = District { node, rng };
    let whole = Count {
        branches: 398,
        members: 8_030,
    };

    // Secretaries all over the district have begun a transfer, and write something more without a line.
    let mut phones = Vec::new();
    for branch in branches.iter().step_by(EVERY) {
        let mut phone = d.enrol(Role::Secretary, branch.place);
        d.comes_back(&mut phone);
        let case = Target::at(branch.members[2].0, &TRANSFER, &[1; 16]);
        let opened = [
            ("on", "2026-10-20"),
            ("form", "formal"),
            ("destination", "Dĩ An"),
        ];
        acts(&mut phone, case, "open", &opened, &mut d.rng);
        d.comes_back(&mut phone);
        let record = Target::at(branch.members[1].0, &MEMBER, b"");
        let phone_number = said(&[("phone", "0900000001")]);
        phone.edit(record, &phone_number, NOW, &mut d.rng).unwrap();
        phones.push((phone, branch, case, record));
    }
    let of_member = branches[7].members[0].0;
    let mut member = d.enrol(Role::Member, of_member);
    d.comes_back(&mut member);
    let grants = d.node.devices().unwrap().len();
    let places: Vec<PlaceId> = d.node.tree().iter().map(|(place, _)| place).collect();
    let own = |b: &chibo_server::bring_in::PlacedBranch| scope_of(b.members[0].0, Lane::Own);
    let histories: Vec<Hash> = branches.iter().map(|b| d.chain(own(b))).collect();

    let plan = Plan::parse(&before.plan).unwrap();
    let outlook = d.node.preview_reform(&plan).unwrap();
    let old: BTreeMap<PlaceId, Option<PlaceId>> = (d.node.tree().iter())
        .map(|(place, placed)| (place, placed.parent))
        .collect();
    assert_eq!(
        d.node.apply_reform(&plan, NOW, &mut d.rng).unwrap(),
        outlook
    );

    // Figures before and after add up: in all, of those that end, of those that are made, each by the tree itself.
    assert_eq!((outlook.before, outlook.after), (whole, whole));
    assert_eq!(d.count(d.node.root()), whole);
    let of = |fate| outlook.figures.iter().filter(move |f| f.fate == fate);
    assert_eq!((of(Fate::Made).count(), of(Fate::Ends).count()), (4, 15));
    assert!(of(Fate::Ends).all(|f| f.after == Count::default()));
    let mut names = Vec::new();
    let (mut in_branches, mut in_members) = (0, 0);
    for made in of(Fate::Made) {
        assert_eq!(d.count(made.place), made.after, "{}", made.name);
        assert_eq!(d.unit(made.place, "valid_from"), "2025-07-01");
        names.push(made.name.clone());
        in_branches += made.after.branches;
        in_members += made.after.members;
    }
    let new = NEW.map(|name| format!("Đảng bộ xã {name}"));
    assert_eq!(BTreeSet::from_iter(names), BTreeSet::from(new));
    assert_eq!((in_branches, in_members), (398, 8_030));
    assert_eq!(d.unit(d.node.root(), "name"), "Đảng bộ tỉnh Ninh Bình");
    for ended in &outlook.ended {
        assert_eq!(d.unit(*ended, "valid_to"), "2025-06-30");
    }
    for branch in &branches {
        let above = d.node.tree().line(branch.place);
        let stands = above.iter().filter(|place| outlook.made.contains(place));
        assert_eq!(
            stands.count(),
            1,
            "{}: in one commune of today",
            branch.place.short()
        );
        assert!(!above.iter().any(|place| outlook.ended.contains(place)));
        for (place, _) in &branch.members {
            assert_eq!(
                d.node.tree().get(*place).unwrap().parent,
                Some(branch.place)
            );
        }
    }

    // History and grants follow as they are; nothing that was there is gone.
    let after: Vec<Hash> = branches.iter().map(|b| d.chain(own(b))).collect();
    assert_eq!(after, histories);
    assert!(
        places
            .iter()
            .all(|place| d.node.tree().get(*place).is_some())
    );
    let devices = d.node.devices().unwrap();
    assert_eq!(devices.len(), grants);
    assert!(devices.iter().all(|device| device.ended.is_none()));

    // Cases that were open are named, and go on; what was written without a line arrives.
    let open: Vec<PlaceId> = outlook.cases.iter().map(|c| c.member).collect();
    let mut began: Vec<PlaceId> = phones.iter().map(|(_, b, ..)| b.members[2].0).collect();
    began.sort();
    let mut named = open.clone();
    named.sort();
    assert_eq!(named, began);
    for (phone, branch, case, record) in &mut phones {
        acts(phone, *case, "begin", &[("on", "2026-10-25")], &mut d.rng);
        d.comes_back(phone);
        assert_eq!(d.state(*case), "preparing");
        let (_, values) = d.node.values(record.doc).unwrap().unwrap();
        assert_eq!(values["phone"].shown(), "0900000001");
        let line = phone.tree().line(branch.place);
        assert_eq!(line, d.node.tree().line(branch.place));
    }
    d.comes_back(&mut member);
    assert_eq!(d.node.quarantine().unwrap(), []);
    let report = (d.node.store()).read(|tx| check::check(tx, d.node.tree(), true));
    assert_eq!(report.unwrap().faults, Vec::<String>::new());

    // Until somebody confirms it, it can be taken back: the tree of before, and what people did stays.
    let undone = d.node.undo_reform(NOW, &mut d.rng).unwrap();
    assert_eq!((undone.stayed, undone.open), (vec![], vec![]));
    for (place, parent) in old {
        assert_eq!(d.node.tree().get(place).unwrap().parent, parent);
    }
    assert_eq!(d.unit(d.node.root(), "name"), name);
    for (phone, _, case, _) in &mut phones {
        d.comes_back(phone);
        assert_eq!(d.state(*case), "preparing");
    }
    d.comes_back(&mut member);
}
