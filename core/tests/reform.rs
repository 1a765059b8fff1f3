//! Organisation (§10 rows 1 and 2): the reform of 1 July 2025 on a district with the real units. Fourteen communes
//! become four, the district ends, the province becomes another; history, grants, phones and open cases go on.

use chibo_core::author::{Doing, Target};
use chibo_core::calendar::WorkingDays;
use chibo_core::case;
use chibo_core::commune::Communes;
use chibo_core::date::PartialDate;
use chibo_core::deadline;
use chibo_core::document::{Value, Values};
use chibo_core::domain::decision::DECISION;
use chibo_core::domain::member::MEMBER;
use chibo_core::domain::placement::PLACEMENT;
use chibo_core::domain::transfer::TRANSFER;
use chibo_core::domain::unit::UNIT;
use chibo_core::elected;
use chibo_core::enrol::Offer;
use chibo_core::id::{DocId, Hash, PersonId, PlaceId, ScopeId};
use chibo_core::limits;
use chibo_core::node::{
    Confirmation, Election, ElectionError, EnrolError, Node, Post, ReformError,
};
use chibo_core::place::{Host, Lane, PlaceKind, Role, scope_of};
use chibo_core::records;
use chibo_core::reform::{Count, Fate, LineProblem, Misfit, Outlook, Plan, PlanError, Says, Why};
use chibo_core::regulation::Regulations;
use chibo_core::store::Store;
use chibo_core::store::memory::MemoryStore;
use chibo_core::time::Timestamp;
use chibo_core::tree::{TreeError, View};
use proptest::prelude::{Strategy, prop_oneof, proptest};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use std::collections::BTreeSet;

mod stage;
use stage::*;

/// The communes of the district of Xuân Trường until 30 June 2025.
const OLD: [&str; 14] = [
    "Thị trấn Xuân Trường",
    "Xã Xuân Châu",
    "Xã Xuân Hồng",
    "Xã Xuân Thành",
    "Xã Xuân Thượng",
    "Xã Xuân Giang",
    "Xã Xuân Tân",
    "Xã Xuân Ngọc",
    "Xã Trà Lũ",
    "Xã Thọ Nghiệp",
    "Xã Xuân Phú",
    "Xã Xuân Vinh",
    "Xã Xuân Ninh",
    "Xã Xuân Phúc",
];

const SCHOOLS: usize = 4;

fn org(commune: &str) -> String {
    let (kind, name) = commune.split_at(commune.find(' ').unwrap());
    format!("Đảng bộ {}{name}", kind.to_lowercase())
}

/// What an old commune became, by the official list.
fn became(old: &str) -> &'static str {
    let text = format!("{old}, huyện Xuân Trường, tỉnh Nam Định");
    Communes::official().resolve_old(&text).sure().unwrap().name
}

fn of(node: &Node<MemoryStore>, place: PlaceId, name: &str) -> String {
    let (_, values) = node
        .values(Target::at(place, &UNIT, b"").doc)
        .unwrap()
        .unwrap();
    values.get(name).map(Value::shown).unwrap_or_default()
}

/// A district as it stood before the reform: some 10 % of the reference district's branches and members.
struct District {
    stage: Commune,
    district: PlaceId,
    communes: Vec<PlaceId>,
    /// Of each commune its branches, each with its members.
    branches: Vec<Vec<(PlaceId, Vec<PlaceId>)>>,
    schools: Vec<(PlaceId, Vec<PlaceId>)>,
}

impl District {
    fn new() -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(2025);
        let name = "Đảng bộ tỉnh Nam Định";
        let (mut node, root) = Node::init(MemoryStore::new(), name, NOW, &mut rng).unwrap();
        let mut places = Vec::new();
        let mut edits = Vec::new();
        let province = node.root();
        let unit = |p, name: &str, sort: &str, level: &str| {
            let values = values(&[("name", name), ("sort", sort), ("level", level)]);
            (Target::at(p, &UNIT, b""), values)
        };
        edits.push(unit(province, name, "province", "province"));
        let invented = chibo_people::invent(chibo_people::Size::Commune, 5);
        let people: Vec<_> = invented.members().collect();
        let mut people = people.into_iter().cycle();
        let mut put = |kind, parent, name: &str, sort: &str, level: &str| {
            let place = PlaceId::random(&mut rng);
            places.push((place, kind, parent));
            edits.push(match kind {
                PlaceKind::Member => (member(place), people.next().unwrap().values.clone()),
                _ => unit(place, name, sort, level),
            });
            place
        };
        let name = "Đảng bộ huyện Xuân Trường";
        let district = put(PlaceKind::Committee, province, name, "district", "district");
        let branch = |put: &mut dyn FnMut(PlaceKind, PlaceId, &str, &str, &str) -> PlaceId,
                      parent,
                      name: &str,
                      size| {
            let place = put(PlaceKind::Branch, parent, name, "branch", "below");
            let mut member = |_| put(PlaceKind::Member, place, "", "", "");
            (place, (0..size).map(&mut member).collect::<Vec<_>>())
        };
        let (mut communes, mut branches) = (Vec::new(), Vec::new());
        for (i, old) in OLD.iter().enumerate() {
            let at = put(
                PlaceKind::Committee,
                district,
                &org(old),
                "commune",
                "commune",
            );
            communes.push(at);
            // The same names in every commune, as they are.
            let each = 1..=if i < 8 { 3 } else { 2 };
            let made = each.map(|n| branch(&mut put, at, &format!("Chi bộ Xóm {n}"), 20));
            branches.push(made.collect());
        }
        let schools = (0..SCHOOLS)
            .map(|n| branch(&mut put, district, &format!("Chi bộ Trường THPT {n}"), 18))
            .collect();
        node.edit_many(&places, &edits, NOW, &mut rng).unwrap();
        let ids = [0; 2].map(|_| PlaceId::random(&mut rng));
        let stage = Commune {
            node,
            root,
            branches: ids,
            members: [ids; 2],
            now: NOW,
            rng,
        };
        District {
            stage,
            district,
            communes,
            branches,
            schools,
        }
    }

    /// The decision, with the real units.
    fn plan(&self) -> String {
        let mut text = String::from(
            "# Nghị quyết về sắp xếp đơn vị hành chính\n\
             quyết định\t1674/NQ-UBTVQH15\tỦy ban Thường vụ Quốc hội\t16/06/2025\t01/07/2025\n\
             đổi tên\tĐảng bộ tỉnh Nam Định\tĐảng bộ tỉnh Ninh Bình\n\
             tiền thân\tĐảng bộ tỉnh Ninh Bình\tĐảng bộ tỉnh Ninh Bình (cũ)\tsáp nhập\n\
             tiền thân\tĐảng bộ tỉnh Ninh Bình\tĐảng bộ tỉnh Hà Nam\tsáp nhập\n\
             kết thúc\tĐảng bộ huyện Xuân Trường\t-\tkết thúc hoạt động\n",
        );
        let new: BTreeSet<&str> = OLD.iter().map(|o| became(o)).collect();
        for name in &new {
            text += &format!("lập\tĐảng bộ xã {name}\tcommune\tĐảng bộ tỉnh Ninh Bình\txã\n");
        }
        for old in OLD {
            let to = became(old);
            text += &format!("kết thúc\t{}\tĐảng bộ xã {to}\thợp nhất\n", org(old));
        }
        for (n, name) in (0..SCHOOLS).zip(new.iter().cycle()) {
            text += &format!("chuyển\tChi bộ Trường THPT {n}\tĐảng bộ xã {name}\n");
        }
        text
    }

    fn parsed(&self) -> Plan {
        Plan::parse(&self.plan()).unwrap()
    }

    fn apply(&mut self) -> Outlook {
        let plan = self.parsed();
        let now = self.stage.now;
        (self.stage.node)
            .apply_reform(&plan, now, &mut self.stage.rng)
            .unwrap()
    }

    /// The commune of today of that name.
    fn commune(&self, name: &str) -> PlaceId {
        let node = &self.stage.node;
        let all = node
            .tree()
            .iter()
            .filter(|(_, p)| p.kind == PlaceKind::Committee);
        let named = |p: &PlaceId| {
            of(node, *p, "name") == format!("Đảng bộ xã {name}")
                && of(node, *p, "valid_to").is_empty()
        };
        let mut found = all.map(|(p, _)| p).filter(named);
        let one = found.next().unwrap();
        assert_eq!(found.next(), None);
        one
    }

    fn count(&self, place: PlaceId) -> Count {
        let tree = self.stage.node.tree();
        let below = tree.subtree(place);
        let of = |kind| {
            below
                .iter()
                .filter(|p| tree.get(**p).unwrap().kind == kind)
                .count()
        };
        Count {
            branches: of(PlaceKind::Branch),
            members: of(PlaceKind::Member),
        }
    }

    fn chain(&self, scope: ScopeId) -> Hash {
        let read = |tx: &dyn chibo_core::store::Tx| records::scope(tx, scope);
        self.stage.node.store().read(read).unwrap().chain
    }

    fn whole(&self) -> Hash {
        let root = self.stage.node.root();
        let view = View {
            role: Role::Office,
            root,
        };
        self.stage.node.digest(view).unwrap()
    }

    /// A phone is where the node is: it says so, and has the same digest of the same view.
    fn is_right(&mut self, phone: &mut Memory) {
        assert!(self.stage.sync(phone).synced);
        let view = phone.view().unwrap();
        let (here, there) = (
            phone.digest().unwrap().0,
            self.stage.node.digest(view).unwrap(),
        );
        assert_eq!(here, there);
        let mut held: Vec<PlaceId> = phone.tree().iter().map(|(p, _)| p).collect();
        let mut right: Vec<PlaceId> = (view.places(self.stage.node.tree()).into_iter())
            .map(|(p, _)| p)
            .collect();
        held.sort();
        right.sort();
        assert_eq!(held, right, "no more and no less than its view");
        for (place, _) in phone.tree().iter() {
            let at = |tree: &chibo_core::tree::Tree| tree.get(place).unwrap().parent;
            assert_eq!(at(phone.tree()), at(self.stage.node.tree()));
        }
    }

    fn edits(&mut self, phone: &mut Memory, place: PlaceId, address: &str) {
        let edit = values(&[("permanent_residence", address)]);
        phone
            .edit(member(place), &edit, NOW, &mut self.stage.rng)
            .unwrap();
    }

    fn address(&self, place: PlaceId) -> String {
        let (_, values) = self.stage.node.values(member(place).doc).unwrap().unwrap();
        values
            .get("permanent_residence")
            .map(Value::shown)
            .unwrap_or_default()
    }
}

#[test]
fn row_01_fourteen_communes_become_four_and_the_figures_add_up() {
    let mut d = District::new();
    let outlook = d.stage.node.preview_reform(&d.parsed()).unwrap();
    let whole = Count {
        branches: 40,
        members: 36 * 20 + 4 * 18,
    };
    assert_eq!((outlook.before, outlook.after), (whole, whole));
    let fates = |fate| {
        outlook
            .figures
            .iter()
            .filter(|f| f.fate == fate)
            .collect::<Vec<_>>()
    };
    assert_eq!(fates(Fate::Made).len(), 4);
    assert_eq!(fates(Fate::Ends).len(), 15);
    let sum: usize = fates(Fate::Made).iter().map(|f| f.after.members).sum();
    assert_eq!(sum, whole.members);
    assert!(
        fates(Fate::Ends)
            .iter()
            .all(|f| f.after == Count::default())
    );
    // Looking changes nothing.
    assert_eq!(
        d.stage.node.tree().get(d.communes[0]).unwrap().parent,
        Some(d.district)
    );

    let (branch, members) = d.branches[2][0].clone();
    let scopes = [
        scope_of(branch, Lane::Open),
        scope_of(members[0], Lane::Own),
        scope_of(d.communes[2], Lane::Committee),
    ];
    let before = scopes.map(|s| d.chain(s));
    assert_eq!(d.apply(), outlook);
    assert_eq!(
        scopes.map(|s| d.chain(s)),
        before,
        "history follows as it is"
    );
    d.stage.books_are_whole();
    let root = d.stage.node.root();
    assert_eq!(d.count(root), whole);
    for figures in fates(Fate::Made) {
        assert_eq!(d.count(figures.place), figures.after, "{}", figures.name);
    }
    let node = &d.stage.node;
    for (i, old) in OLD.iter().enumerate() {
        let to = d.commune(became(old));
        for (branch, _) in &d.branches[i] {
            assert_eq!(node.tree().get(*branch).unwrap().parent, Some(to));
        }
        // What ended is readable as history, below what it became.
        assert_eq!(node.tree().get(d.communes[i]).unwrap().parent, Some(to));
        assert_eq!(of(node, d.communes[i], "name"), org(old));
        assert_eq!(of(node, d.communes[i], "valid_to"), "2025-06-30");
        assert_eq!(of(node, to, "valid_from"), "2025-07-01");
        assert_eq!(node.tree().get(to).unwrap().parent, Some(root));
    }
    assert_eq!(of(node, d.district, "valid_to"), "2025-06-30");
    assert_eq!(of(node, root, "name"), "Đảng bộ tỉnh Ninh Bình");
    let kin = |place, list: &str, name: &str| -> Vec<String> {
        let (_, values) = node
            .values(Target::at(place, &UNIT, b"").doc)
            .unwrap()
            .unwrap();
        let mut all: Vec<String> = (values.iter())
            .filter(|(path, _)| path.starts_with(list) && path.ends_with(name))
            .map(|(_, v)| v.shown())
            .collect();
        all.sort();
        all
    };
    let came_of = kin(root, "predecessors/", "/name");
    let then = [
        "Đảng bộ tỉnh Hà Nam",
        "Đảng bộ tỉnh Nam Định",
        "Đảng bộ tỉnh Ninh Bình (cũ)",
    ];
    assert_eq!(came_of, then);
    let hung = d.commune("Xuân Hưng");
    let then = ["Trà Lũ", "Thọ Nghiệp", "Xuân Vinh"].map(|n| format!("Đảng bộ xã {n}"));
    let came_of: BTreeSet<String> = kin(hung, "predecessors/", "/name").into_iter().collect();
    assert_eq!(came_of, BTreeSet::from(then));
    assert_eq!(
        kin(d.communes[8], "successors/", "/place"),
        [hung.to_string()]
    );
    assert_eq!(kin(d.district, "successors/", "/how"), ["abolished"]);
}

#[test]
fn row_01_phones_that_were_off_before_during_and_after_come_back_right() {
    let mut d = District::new();
    let (branch, members) = d.branches[8][0].clone();
    let roles = [
        (Role::Secretary, branch),
        (Role::Deputy, branch),
        (Role::Member, members[3]),
    ];
    let mut phones = roles.map(|(role, place)| d.stage.enrol(role, place));
    for phone in &mut phones {
        d.is_right(phone);
    }
    let [secretary, deputy, own] = &mut phones;
    let mut old_office = d.stage.enrol(Role::Office, d.communes[8]);
    let mut upper = d.stage.enrol(Role::Upper, d.district);
    let mut province = d.stage.enrol(Role::Office, d.stage.node.root());
    for phone in [&mut old_office, &mut upper, &mut province] {
        d.is_right(phone);
    }
    // The secretary writes before, without a line; the deputy is there when it happens.
    d.edits(secretary, members[0], "Xóm 1, xã Trà Lũ");
    d.apply();
    d.is_right(deputy);
    d.edits(secretary, members[1], "Xóm 1, Xuân Hưng");
    d.is_right(secretary);
    d.is_right(own);
    let new = d.commune("Xuân Hưng");
    for phone in [&*secretary, &*deputy, &*own] {
        let line = phone.tree().line(branch);
        assert_eq!(line, [branch, new, d.stage.node.root()]);
        let (_, unit) = phone
            .values(Target::at(new, &UNIT, b"").doc)
            .unwrap()
            .unwrap();
        assert_eq!(unit["name"].shown(), "Đảng bộ xã Xuân Hưng");
    }
    assert_eq!(d.address(members[0]), "Xóm 1, xã Trà Lũ");
    assert_eq!(d.address(members[1]), "Xóm 1, Xuân Hưng");
    assert_eq!(d.stage.is_held(), 0, "nobody's right has changed");
    d.edits(secretary, members[2], "Xóm 2");
    d.is_right(secretary);
    // Who held something on what ended reaches no more than that, and keeps no records of others.
    for phone in [&mut old_office, &mut upper, &mut province] {
        d.is_right(phone);
    }
    assert!(old_office.tree().get(branch).is_none());
    assert!(old_office.values(member(members[0]).doc).unwrap().is_none());
    assert!(upper.tree().get(branch).is_none() && upper.tree().get(d.communes[8]).is_none());
    assert!(province.tree().get(branch).is_some());
}

#[test]
fn row_02_grants_on_branches_follow_and_the_preview_names_who_needs_a_new_one() {
    let mut d = District::new();
    let (branch, _) = d.branches[5][1].clone();
    let mut secretary = d.stage.enrol(Role::Secretary, branch);
    let mut old_office = d.stage.enrol(Role::Office, d.communes[5]);
    let mut upper = d.stage.enrol(Role::Upper, d.district);
    let (office_n, upper_n) = (d.stage.number_of(&old_office), d.stage.number_of(&upper));
    let outlook = d.apply();
    let giang = d.commune("Xuân Giang");
    let told: Vec<_> = outlook
        .reaches
        .iter()
        .map(|r| (r.n, r.ends, r.becomes.clone()))
        .collect();
    assert_eq!(
        told,
        [(office_n, true, vec![giang]), (upper_n, true, vec![])]
    );
    assert_eq!(
        (
            outlook.reaches[0].before.branches,
            outlook.reaches[0].after.branches
        ),
        (3, 0)
    );
    assert_eq!(outlook.grants_kept, 2, "the secretary's and the node's own");
    for phone in [&mut secretary, &mut old_office, &mut upper] {
        d.is_right(phone);
    }
    assert!(secretary.tree().get(branch).is_some());
    // The office of the new commune gets a grant of its own, and the papers of what it came of.
    let mut office = d.stage.enrol(Role::Office, giang);
    d.is_right(&mut office);
    assert!(office.tree().get(branch).is_some() && office.tree().get(d.communes[5]).is_some());
    let old = scope_of(d.communes[5], Lane::Committee);
    assert!(office.tree().of_scope(old).is_some());
}

#[test]
fn row_01_an_open_case_goes_on_under_the_new_unit() {
    let mut d = District::new();
    let (branch, members) = d.branches[0][0].clone();
    let quang = members[0];
    let mut secretary = d.stage.enrol(Role::Secretary, branch);
    d.is_right(&mut secretary);
    let target = Target::at(quang, &TRANSFER, &[7; 16]);
    let now = d.stage.now;
    let does = |d: &mut District, phone: &mut Memory, act: &str, said: &[(&str, &str)]| {
        let said = values(said);
        let doing = Doing {
            act,
            about: None,
            said: &said,
        };
        phone.act(target, doing, now, &mut d.stage.rng).unwrap();
        assert!(d.stage.sync(phone).synced);
    };
    let asks = [
        ("on", "2025-06-02"),
        ("form", "formal"),
        ("reach", "other_province"),
        ("destination", "Phường Dĩ An"),
    ];
    does(&mut d, &mut secretary, "open", &asks);
    let outlook = d.apply();
    let open: Vec<_> = outlook
        .cases
        .iter()
        .map(|c| (c.member, c.kind.name))
        .collect();
    assert_eq!(open, [(quang, "transfer")]);
    does(&mut d, &mut secretary, "begin", &[("on", "2025-07-10")]);
    let (kind, shown) = d.stage.node.values(target.doc).unwrap().unwrap();
    assert_eq!(case::story(kind, &shown).state, "preparing");
    let mut office = d.stage.enrol(Role::Office, d.commune("Xuân Trường"));
    d.is_right(&mut office);
    assert!(office.values(target.doc).unwrap().is_some());
}

#[test]
fn an_undo_gives_the_tree_of_before_and_what_people_did_meanwhile_stays() {
    let mut d = District::new();
    let (branch, members) = d.branches[8][0].clone();
    let mut secretary = d.stage.enrol(Role::Secretary, branch);
    let mut sleeper = d.stage.enrol(Role::Deputy, branch);
    let mut province = d.stage.enrol(Role::Office, d.stage.node.root());
    for phone in [&mut secretary, &mut sleeper, &mut province] {
        d.is_right(phone);
    }
    let before = d.stage.node.tree().clone();
    let outlook = d.apply();
    let pending = d.stage.node.reform().unwrap().unwrap();
    let entries = (outlook.opens.len() + outlook.moves.len()) as u64;
    assert!(
        pending.last - pending.first >= entries,
        "one run of entries"
    );
    assert!(matches!(
        d.stage
            .node
            .apply_reform(&d.parsed(), NOW, &mut d.stage.rng),
        Err(ReformError::Unconfirmed)
    ));
    d.is_right(&mut secretary);
    d.edits(&mut secretary, members[0], "Xóm 9");
    d.is_right(&mut secretary);
    // Somebody makes a branch in a new commune, and puts a school elsewhere.
    let hung = d.commune("Xuân Hưng");
    let fresh = PlaceId::random(&mut d.stage.rng);
    let name = values(&[("name", "Chi bộ mới")]);
    let (rng, node) = (&mut d.stage.rng, &mut d.stage.node);
    node.edit_many(
        &[(fresh, PlaceKind::Branch, hung)],
        &[(Target::at(fresh, &UNIT, b""), name)],
        NOW,
        rng,
    )
    .unwrap();
    node.move_place(d.schools[0].0, node.root(), NOW).unwrap();

    let undone = d.stage.node.undo_reform(NOW, &mut d.stage.rng).unwrap();
    assert_eq!(
        (undone.stayed, undone.open),
        (vec![d.schools[0].0], vec![hung])
    );
    assert_eq!(undone.back, outlook.moves.len() - 1);
    assert_eq!(d.stage.node.reform(), Ok(None));
    let node = &d.stage.node;
    let differs = |(place, placed): &(PlaceId, &chibo_core::tree::Placed)| {
        node.tree().get(*place).unwrap().parent != placed.parent
    };
    let elsewhere: Vec<_> = before.iter().filter(differs).map(|(p, _)| p).collect();
    assert_eq!(elsewhere, [d.schools[0].0]);
    assert_eq!(of(node, node.root(), "name"), "Đảng bộ tỉnh Nam Định");
    assert_eq!(of(node, d.communes[0], "valid_to"), "");
    assert_eq!(of(node, d.district, "valid_to"), "");
    assert_eq!(of(node, hung, "valid_to"), "", "something stands in it");
    for place in outlook.made.iter().filter(|p| **p != hung) {
        assert_eq!(of(node, *place, "valid_to"), "2025-06-30");
    }
    assert_eq!(d.address(members[0]), "Xóm 9");
    d.stage.books_are_whole();
    // One that saw both, one that saw neither, one that holds all.
    for phone in [&mut secretary, &mut sleeper, &mut province] {
        d.is_right(phone);
    }
    assert!(matches!(
        d.stage.node.undo_reform(NOW, &mut d.stage.rng),
        Err(ReformError::Nothing)
    ));
    // Done again, the same units are opened again; confirmed, it cannot be undone.
    let (rng, node) = (&mut d.stage.rng, &mut d.stage.node);
    node.move_place(fresh, d.communes[8], NOW).unwrap();
    node.move_place(d.schools[0].0, d.district, NOW).unwrap();
    let text = [("valid_to", "2025-06-30")];
    node.edit(Target::at(hung, &UNIT, b""), &values(&text), NOW, rng)
        .unwrap();
    node.submit(NOW, rng).unwrap();
    let again = d.apply();
    assert_eq!(again.made, outlook.made);
    assert_eq!(again.opens, Vec::new());
    assert_eq!(of(&d.stage.node, hung, "valid_to"), "");
    d.stage.node.confirm_reform().unwrap();
    assert!(matches!(
        d.stage.node.undo_reform(NOW, &mut d.stage.rng),
        Err(ReformError::Nothing)
    ));
    for phone in [&mut secretary, &mut sleeper, &mut province] {
        d.is_right(phone);
    }
    d.stage.books_are_whole();
}

fn misfits(d: &District, text: &str) -> Vec<Why> {
    match d.stage.node.preview_reform(&Plan::parse(text).unwrap()) {
        Err(ReformError::Misfits(all)) => all.into_iter().map(|Misfit { why, .. }| why).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_plan_that_does_not_add_up_changes_nothing() {
    let mut d = District::new();
    let (digest, position) = (d.whole(), d.stage.node.position().unwrap());
    let plan = d.plan();
    let hung = "Đảng bộ xã Xuân Hưng";
    let right = format!("{plan}số liệu\t{hung}\t7\t138\n");
    let outlook = d.stage.node.preview_reform(&Plan::parse(&right).unwrap());
    assert!(outlook.is_ok(), "{outlook:?}");
    let wrong = format!("{plan}số liệu\t{hung}\t7\t139\n");
    let parsed = Plan::parse(&wrong).unwrap();
    let refused = d.stage.node.apply_reform(&parsed, NOW, &mut d.stage.rng);
    assert!(matches!(refused, Err(ReformError::Misfits(all)) if all.len() == 1));
    let early = plan.replace("01/07/2025", "01/07/2099");
    let refused = d
        .stage
        .node
        .apply_reform(&Plan::parse(&early).unwrap(), NOW, &mut d.stage.rng);
    assert!(matches!(refused, Err(ReformError::TooEarly { .. })));

    let named = |n: &str| n.to_owned();
    let without = |line: &str| -> String {
        let lines = plan.lines().filter(|l| !l.contains(line));
        lines.map(|l| format!("{l}\n")).collect()
    };
    // A branch without a parent.
    let left = misfits(&d, &without("THPT 1"));
    let what = named("Chi bộ Trường THPT 1");
    let unit = named("Đảng bộ huyện Xuân Trường");
    assert_eq!(left, [Why::LeftBehind { what, unit }]);
    // A unit that is not there, that is called like others, that ends twice, that stands there already.
    let and = |line: &str| misfits(&d, &format!("{plan}{line}\n"));
    let unknown = Why::Unknown(named("Đảng bộ xã Xuân Kiên"));
    assert_eq!(and("end\tĐảng bộ xã Xuân Kiên\t-\tabolished"), [unknown]);
    let many = Why::Ambiguous(named("Chi bộ Xóm 1"));
    assert_eq!(and(&format!("move\tChi bộ Xóm 1\t{hung}")), [many]);
    let twice = and(&format!("end\tĐảng bộ xã Trà Lũ\t{hung}\tmerged"));
    assert!(matches!(twice.as_slice(), [Why::Twice(_)]), "{twice:?}");
    let doubled = and(&format!("new\t{hung}\tcommune\tĐảng bộ tỉnh Ninh Bình"));
    assert!(doubled.contains(&Why::Doubled(named(hung))), "{doubled:?}");
    let root = and("end\tĐảng bộ tỉnh Nam Định\t-\tabolished");
    assert!(matches!(root.as_slice(), [Why::Root(_), ..]), "{root:?}");
    // Nothing is put where a unit ends; nothing below itself; no organisation under a branch.
    let ends = and("move\tĐảng bộ xã Trà Lũ > Chi bộ Xóm 1\tĐảng bộ huyện Xuân Trường");
    assert!(matches!(ends.as_slice(), [Why::Ended(_)]), "{ends:?}");
    let head = plan.lines().nth(1).unwrap();
    let cycle = format!("{head}\nmove\tĐảng bộ huyện Xuân Trường\tĐảng bộ xã Trà Lũ\n");
    let error = TreeError::Cycle;
    assert!(matches!(misfits(&d, &cycle).as_slice(), [Why::Place { error: e, .. }] if *e == error));
    let wrong = format!("{head}\nmove\tĐảng bộ xã Trà Lũ\tChi bộ Trường THPT 1\n");
    let error = TreeError::WrongKind;
    assert!(matches!(misfits(&d, &wrong).as_slice(), [Why::Place { error: e, .. }] if *e == error));
    let id = d.schools[0].1[0].to_string();
    let member = format!("{head}\nend\t{id}\t-\tabolished\n");
    assert!(matches!(misfits(&d, &member).as_slice(), [Why::NoUnit(_)]));
    // All of them are told, up to the limit.
    let line = "move\tkhông có\tcũng không\n";
    for (lines, told) in [
        (limits::PLAN_MISFITS / 2, limits::PLAN_MISFITS),
        (limits::PLAN_MISFITS / 2 + 1, limits::PLAN_MISFITS),
    ] {
        assert_eq!(
            misfits(&d, &format!("{head}\n{}", line.repeat(lines))).len(),
            told
        );
    }
    assert_eq!(
        (d.whole(), d.stage.node.position().unwrap()),
        (digest, position)
    );
    assert_eq!(d.stage.node.reform(), Ok(None));
}

#[test]
fn branches_merge_and_split_with_their_members_and_guests() {
    let mut d = District::new();
    let (one, ones) = d.branches[0][0].clone();
    let (two, twos) = d.branches[0][1].clone();
    let guest = d.schools[0].1[0];
    let placement = PlaceId::random(&mut d.stage.rng);
    let until = Timestamp(NOW.0 + 90 * DAY);
    let host = Some(Host { branch: one, until });
    let now = d.stage.now;
    (d.stage.node)
        .place_in(
            placement,
            guest,
            host,
            &Values::new(),
            now,
            &mut d.stage.rng,
        )
        .unwrap();
    let mut phones = [
        (Role::Secretary, one),
        (Role::Secretary, two),
        (Role::Member, ones[4]),
    ]
    .map(|(role, place)| d.stage.enrol(role, place));
    for phone in &mut phones {
        d.is_right(phone);
    }
    let town = "Đảng bộ thị trấn Xuân Trường";
    let text = format!(
        "decision\t12-QĐ/ĐU\tĐảng ủy\t01/03/2026\t01/04/2026\n\
         end\t{town} > Chi bộ Xóm 1\t{town} > Chi bộ Xóm 2\tmerged\n\
         new\tChi bộ Xóm 3B\tbranch\t{town}\n\
         move\t{}\tChi bộ Xóm 3B\n\
         move\t{}\tChi bộ Xóm 3B\n\
         count\tChi bộ Xóm 3B\t1\t2\n\
         count\t{town}\t3\t60\n",
        twos[0], twos[1]
    );
    let plan = Plan::parse(&text).unwrap();
    let outlook = (d.stage.node)
        .apply_reform(&plan, now, &mut d.stage.rng)
        .unwrap();
    let kind: Vec<_> = outlook.hosts.iter().map(|s| (s.place, s.to)).collect();
    assert_eq!(kind, [(placement, two)]);
    let tree = d.stage.node.tree();
    assert_eq!(
        tree.get(placement).unwrap().host,
        Some(Host { branch: two, until })
    );
    assert!(
        ones.iter()
            .all(|m| tree.get(*m).unwrap().parent == Some(two))
    );
    assert_eq!(tree.get(twos[1]).unwrap().parent, Some(outlook.made[0]));
    assert_eq!(d.count(d.communes[0]).members, 60);
    for phone in &mut phones {
        d.is_right(phone);
    }
    let [old, merged, own] = &mut phones;
    assert!(old.values(member(ones[0]).doc).unwrap().is_none());
    assert!(merged.values(member(ones[0]).doc).unwrap().is_some());
    assert!(merged.tree().get(placement).is_some() && old.tree().get(placement).is_none());
    assert!(own.tree().line(ones[4]).contains(&two));
    assert_eq!(
        Target::at(placement, &PLACEMENT, b"").kind.name,
        "placement"
    );
    let back = d.stage.node.undo_reform(now, &mut d.stage.rng).unwrap();
    assert_eq!((back.stayed, back.open), (vec![], vec![]));
    let tree = d.stage.node.tree();
    assert_eq!(
        tree.get(placement).unwrap().host,
        Some(Host { branch: one, until })
    );
    assert!(
        ones.iter()
            .all(|m| tree.get(*m).unwrap().parent == Some(one))
    );
    for phone in &mut phones {
        d.is_right(phone);
    }
    let record = phones[0]
        .values(Target::at(ones[0], &MEMBER, b"").doc)
        .unwrap();
    assert!(record.is_some());
    d.stage.books_are_whole();
}

#[test]
fn a_text_that_is_no_plan_is_refused_with_its_line() {
    let head = "decision\t1\tĐảng ủy\t01/06/2025\t01/07/2025\n";
    let line = |text: &str| match Plan::parse(&format!("{head}{text}")) {
        Err(PlanError::Line { line: 2, problem }) => problem,
        other => panic!("{other:?}"),
    };
    assert_eq!(Plan::parse("new\tA\tbranch\tB"), Err(PlanError::NoDecision));
    assert_eq!(line("dissolve\tA"), LineProblem::Word("dissolve".into()));
    assert_eq!(line("new\tA\tbranch"), LineProblem::Missing(3));
    assert_eq!(line("end\tA\tB"), LineProblem::Missing(3));
    assert!(matches!(
        line("new\tA\tguild\tB"),
        LineProblem::NotInList { .. }
    ));
    assert_eq!(line("count\tA\tten\t1"), LineProblem::Number("ten".into()));
    assert_eq!(line(head), LineProblem::SecondDecision);
    let month = Plan::parse("decision\t1\tĐảng ủy\t06/2025\t01/07/2025");
    let problem = LineProblem::Date("06/2025".into());
    assert_eq!(month, Err(PlanError::Line { line: 1, problem }));
    let cell = |bytes: usize| Plan::parse(&format!("{head}move\t{}\tB", "a".repeat(bytes)));
    assert!(cell(limits::LINE_BYTES).is_ok());
    let problem = LineProblem::Long(1);
    assert_eq!(
        cell(limits::LINE_BYTES + 1),
        Err(PlanError::Line { line: 2, problem })
    );
    let lines = |count: usize| Plan::parse(&format!("{head}{}", "#\n".repeat(count - 1)));
    assert!(lines(limits::PLAN_LINES).is_ok());
    assert_eq!(lines(limits::PLAN_LINES + 1), Err(PlanError::TooManyLines));
    let long =
        |bytes: usize| Plan::parse(&format!("{head}#{}", "a".repeat(bytes - head.len() - 1)));
    assert!(long(limits::PLAN_BYTES).is_ok());
    let bytes = limits::PLAN_BYTES + 1;
    assert_eq!(long(bytes), Err(PlanError::TooLong { bytes }));
    let plan = Plan::parse(&format!("\u{feff}{head}end\tA\tB; C\tchia, tách\n")).unwrap();
    assert_eq!(
        plan.in_force,
        PartialDate::parse("2025-07-01").unwrap().day().unwrap()
    );
    let becomes = vec!["B".to_owned(), "C".to_owned()];
    let (unit, how) = ("A".to_owned(), "split");
    assert_eq!(plan.says, [(2, Says::End { unit, becomes, how })]);
}

#[test]
fn row_02_an_election_ends_and_gives_roles_by_its_decision() {
    let mut stage = Commune::new();
    let (branch, [old, new]) = (stage.branches[0], stage.members[0]);
    let person = |m: PlaceId| PersonId(m.0);
    let mut secretary = stage.enrol_by(&Offer::new(Role::Secretary, branch, person(old), NEVER));
    let elsewhere = stage.enrol(Role::Secretary, stage.branches[1]);
    stage.sync(&mut secretary);
    let election = |elected: &[(PlaceId, Post)], number: &str| Election {
        hand_over_by: None,
        unit: branch,
        number: number.into(),
        confirmed: Confirmation {
            body: "Đảng ủy xã".into(),
            on: PartialDate::parse("2026-03-09").unwrap().day(),
            ..Confirmation::default()
        },
        on: PartialDate::parse("2026-03-03").unwrap().day().unwrap(),
        term: "2025-2027".into(),
        term_to: None,
        elected: elected.to_vec(),
    };
    let elect =
        |stage: &mut Commune, e: &Election| (stage.node).elect(e, ("", NEVER), NOW, &mut stage.rng);
    let (first, second) = ((old, Post::Secretary), (new, Post::Deputy));
    // What cannot be ends nothing.
    for (wrong, why) in [
        (vec![second], ElectionError::WrongRoles),
        (
            vec![first, (new, Post::Standing)],
            ElectionError::WrongRoles,
        ),
        (
            vec![first, (stage.members[1][0], Post::Deputy)],
            ElectionError::NotOfIt(stage.members[1][0]),
        ),
    ] {
        assert_eq!(
            elect(&mut stage, &election(&wrong, "1-QĐ/ĐU")).unwrap_err(),
            why
        );
    }
    let nowhere = Election {
        hand_over_by: None,
        unit: old,
        ..election(&[first], "1-QĐ/ĐU")
    };
    assert_eq!(
        elect(&mut stage, &nowhere).unwrap_err(),
        ElectionError::NoUnit
    );
    // Elected again, the secretary's grant goes on; the deputy gets a ticket.
    let both = election(&[first, second], "1-QĐ/ĐU");
    let done = elect(&mut stage, &both).unwrap();
    assert_eq!((done.ended.len(), done.tickets.len()), (0, 1));
    let mut deputy = stage.use_ticket(&done.tickets[0].2).unwrap();
    stage.sync(&mut deputy);
    let grants = stage.node.devices().unwrap();
    assert_eq!(grants.last().unwrap().grant.mandate, "1-QĐ/ĐU 03/03/2026");
    // The next congress changes them: both roles end, nobody else's.
    let turned = Election {
        on: PartialDate::parse("2026-08-03").unwrap().day().unwrap(),
        ..election(&[(new, Post::Secretary), (old, Post::Deputy)], "9-QĐ/ĐU")
    };
    let ends = [stage.number_of(&secretary), stage.number_of(&deputy)];
    let done = elect(&mut stage, &turned).unwrap();
    assert_eq!(done.ended, ends);
    assert_eq!(done.tickets.len(), 2);
    let stands = |n| {
        let devices = stage.node.devices().unwrap();
        devices.iter().any(|d| d.n == n && d.ended.is_none())
    };
    assert!(stands(stage.number_of(&elsewhere)));
    // Said again it is the same, and tickets that nobody has used are made anew.
    let done = elect(&mut stage, &turned).unwrap();
    assert_eq!(done.ended, Vec::<u64>::new());
    let (_, unit) = (stage.node.values(Target::at(branch, &UNIT, b"").doc))
        .unwrap()
        .unwrap();
    assert_eq!(unit["term"].shown(), "2025-2027");
    // Who leads on a day is said by the decisions about them, and the unit's own document names nobody.
    let text = unit.values().map(Value::shown).collect::<String>();
    assert!(!text.contains(&old.to_string()) && !text.contains(&new.to_string()));
    let day = |text: &str| PartialDate::parse(text).unwrap().day().unwrap();
    let post = |stage: &Commune, member: PlaceId, on: &str| {
        let of = |member| decisions(stage, member);
        let congresses = [old, new].map(|m| elected::congress(&of(m), branch, day(on)));
        let last = congresses.into_iter().max().flatten();
        elected::post(&of(member), (branch, last), day(on)).map(|code| code.code)
    };
    let on = ["2026-08-02", "2026-08-03"];
    assert_eq!(
        on.map(|on| (post(&stage, old, on), post(&stage, new, on))),
        [
            (Some("secretary"), Some("deputy")),
            (Some("deputy"), Some("secretary"))
        ]
    );
    // Each election's decision is a paper with its number and symbol, about each who was elected: said twice, it is there once.
    let mut papers: Vec<[String; 4]> = Vec::new();
    for member in [old, new] {
        let all = decisions(&stage, member)
            .into_iter()
            .map(|(_, values)| values);
        papers.extend(all.map(|p| ["number", "symbol", "issued_on", "body"].map(|n| p[n].shown())));
    }
    papers.sort();
    let paper = |number: &str| [number, "QĐ/ĐU", "2026-03-09", "Đảng ủy xã"].map(str::to_owned);
    assert_eq!(papers, ["1", "1", "9", "9"].map(paper));
    let mut mine = stage.use_ticket(&done.tickets[0].2).unwrap();
    assert!(stage.sync(&mut mine).synced);
    assert!(mine.values(member(old).doc).unwrap().is_some());
    stage.books_are_whole();
}

/// A committee's congress: who approves there is elected, its staff is not, and a term that runs out is told.
#[test]
fn row_02_a_committee_s_congress_ends_and_gives_who_approves_and_its_term_is_a_term() {
    let mut stage = Commune::new();
    let root = stage.node.root();
    let [[old, new], [third, fourth]] = stage.members;
    let person = |m: PlaceId| PersonId(m.0);
    let before = Offer::new(Role::CommitteeSecretary, root, person(old), NEVER);
    let before = stage.enrol_by(&before);
    let staff = stage.enrol(Role::Office, root);
    let leads = stage.enrol(Role::Secretary, stage.branches[0]);
    let day = |text: &str| PartialDate::parse(text).unwrap().day().unwrap();
    let congress = Election {
        unit: root,
        number: "1-QĐ/TU".into(),
        confirmed: Confirmation::default(),
        on: day("2026-03-03"),
        term: "2025-2030".into(),
        term_to: Some(day("2030-06-30")),
        hand_over_by: None,
        elected: vec![
            (new, Post::Secretary),
            (third, Post::Deputy),
            (fourth, Post::Standing),
            (old, Post::Member),
        ],
    };
    let elect =
        |stage: &mut Commune, e: &Election| (stage.node).elect(e, ("", NEVER), NOW, &mut stage.rng);
    let done = elect(&mut stage, &congress).unwrap();
    assert_eq!(done.ended, [stage.number_of(&before)]);
    let given: Vec<_> = done
        .tickets
        .iter()
        .map(|(m, role, _)| (*m, *role))
        .collect();
    let approves = Role::CommitteeSecretary;
    assert_eq!(given, [(new, approves), (third, approves)]);
    let stands = |stage: &Commune, phone: &Memory| {
        let n = stage.number_of(phone);
        let devices = stage.node.devices().unwrap();
        devices.iter().any(|d| d.n == n && d.ended.is_none())
    };
    assert!(stands(&stage, &staff), "staff is not elected");
    assert!(
        stands(&stage, &leads),
        "nor does it end what branches elected"
    );
    let secretary = stage.use_ticket(&done.tickets[0].2).unwrap();
    assert!(elect(&mut stage, &congress).unwrap().ended.is_empty());

    let unit = |stage: &Commune| {
        let doc = Target::at(root, &UNIT, b"").doc;
        stage.node.values(doc).unwrap().unwrap().1
    };
    let document = unit(&stage);
    let held = day("2026-03-03");
    let posts = [new, third, fourth, old].map(|member| {
        let all = decisions(&stage, member);
        let post = elected::post(&all, (root, Some(held)), held);
        post.map(|code| code.code)
    });
    let given = ["secretary", "deputy", "standing", "member"].map(Some);
    assert_eq!(posts, given);
    // Three months before its last day people are reminded; from the day after on it is late, until the next congress.
    let rules = Regulations::built_in().unwrap();
    let calendar = WorkingDays::new(&rules);
    let told = |values: &Values, today: &str| {
        let facts = deadline::facts(&UNIT, values, root);
        let told = facts.iter().map(|fact| {
            let told = deadline::deadline(fact, &rules, &calendar, day(today)).unwrap();
            let is_late = matches!(told.state, deadline::State::Overdue(_));
            (told.told_from <= day(today), is_late)
        });
        told.collect::<Vec<_>>()
    };
    let around = ["2030-03-29", "2030-03-30", "2030-06-30", "2030-07-01"];
    assert_eq!(
        around.map(|today| told(&document, today)),
        [(false, false), (true, false), (true, false), (true, true)].map(|one| vec![one])
    );
    let next = Election {
        number: "9-QĐ/TU".into(),
        confirmed: Confirmation::default(),
        on: day("2030-07-05"),
        term_to: None,
        elected: vec![(third, Post::Secretary)],
        ..congress
    };
    let done = elect(&mut stage, &next).unwrap();
    assert_eq!(done.ended, [stage.number_of(&secretary)]);
    assert_eq!(told(&unit(&stage), "2030-07-06"), []);
    stage.books_are_whole();
}

/// The decisions about a member.
fn decisions(stage: &Commune, member: PlaceId) -> Vec<(DocId, Values)> {
    stage.node.documents(member, &DECISION).unwrap()
}

/// A mistyped election is cancelled like any decision, and what it gave ends; an older one of the same number is another.
#[test]
fn row_02_what_a_cancelled_election_gave_is_taken_back() {
    let mut stage = Commune::new();
    let (branch, [one, other]) = (stage.branches[0], stage.members[0]);
    let day = |text: &str| PartialDate::parse(text).unwrap().day().unwrap();
    let election = |on: &str, elected: &[(PlaceId, Post)]| Election {
        hand_over_by: None,
        unit: branch,
        number: "1-QĐ/ĐU".into(),
        confirmed: Confirmation::default(),
        on: day(on),
        term: String::new(),
        term_to: None,
        elected: elected.to_vec(),
    };
    let elect =
        |stage: &mut Commune, e: &Election| (stage.node).elect(e, ("", NEVER), NOW, &mut stage.rng);
    let first = election("2024-03-03", &[(one, Post::Secretary)]);
    let done = elect(&mut stage, &first).unwrap();
    let leads = stage.use_ticket(&done.tickets[0].2).unwrap();
    let second = election(
        "2026-03-03",
        &[(one, Post::Secretary), (other, Post::Deputy)],
    );
    let done = elect(&mut stage, &second).unwrap();
    let deputy = stage.use_ticket(&done.tickets[0].2).unwrap();
    let cancel = |stage: &mut Commune, member: PlaceId, on: &str, post: &str| {
        let all = decisions(stage, member);
        let is_it = |v: &Values| v["from"].shown() == on && v["post"].shown() == post;
        let mut of = all.iter().filter(|(_, v)| is_it(v));
        let doc = of.find(|(_, v)| v["number"].shown() == "1").unwrap().0;
        let target = Target {
            doc,
            ..Target::at(member, &DECISION, b"")
        };
        let why = values(&[
            ("cancelled/01/reason", "gõ nhầm người"),
            ("cancelled/01/on", "2026-09-01"),
        ]);
        // What stands is not taken back.
        assert_eq!(
            stage.node.take_back_post(doc, NOW).unwrap(),
            Vec::<u64>::new()
        );
        stage.node.edit(target, &why, NOW, &mut stage.rng).unwrap();
        let ended = stage.node.take_back_post(doc, NOW).unwrap();
        assert_eq!(
            stage.node.take_back_post(doc, NOW).unwrap(),
            Vec::<u64>::new()
        );
        ended
    };
    let none = Vec::<u64>::new();
    // A wrong post is mended by another election: whoever has the right one keeps it.
    let mended = election(
        "2026-03-03",
        &[(other, Post::Secretary), (one, Post::Deputy)],
    );
    let done = elect(&mut stage, &mended).unwrap();
    assert_eq!(done.tickets.len(), 2);
    let secretary = stage.use_ticket(&done.tickets[0].2).unwrap();
    assert_eq!(cancel(&mut stage, other, "2026-03-03", "deputy"), none);
    assert_eq!(cancel(&mut stage, one, "2026-03-03", "secretary"), none);
    let stands = |stage: &Commune, phone: &Memory| {
        let n = stage.number_of(phone);
        let devices = stage.node.devices().unwrap();
        devices.iter().any(|d| d.n == n && d.ended.is_none())
    };
    assert!(stands(&stage, &secretary));
    assert!(!stands(&stage, &leads) && !stands(&stage, &deputy));
    // The same under the number that was meant: nobody loses the role with the mistyped one.
    let number = "7-QĐ/ĐU".to_owned();
    let renumbered = Election { number, ..mended };
    elect(&mut stage, &renumbered).unwrap();
    assert_eq!(cancel(&mut stage, other, "2026-03-03", "secretary"), none);
    assert!(stands(&stage, &secretary));
    // Who is elected in somebody's stead, by mistake, and taken back: the ticket is worth nothing, and whoever leads leads on past the day by
    // which they were to hand over.
    let until = Timestamp(NOW.0 + 30 * DAY);
    let wrong = Election {
        hand_over_by: Some(until),
        ..election("2026-08-08", &[(one, Post::Secretary)])
    };
    let unused = elect(&mut stage, &wrong).unwrap().tickets;
    assert_eq!(cancel(&mut stage, one, "2026-08-08", "secretary"), none);
    let late = stage.use_ticket(&unused[0].2).map(|_| ());
    assert_eq!(late, Err(EnrolError::Expired));
    elect(&mut stage, &renumbered).unwrap();
    stage.now = Timestamp(until.0 + DAY);
    let mut other_phone = stage.enrol(Role::Auditor, branch);
    stage.sync(&mut other_phone);
    assert!(stands(&stage, &secretary));
    // The congress of before stands again with that, and who was elected in it.
    let day_after = day("2026-09-09");
    let congress =
        [one, other].map(|m| elected::congress(&decisions(&stage, m), branch, day_after));
    let last = congress.into_iter().max().flatten();
    assert_eq!(last, Some(day("2026-03-03")));
    let post = elected::post(&decisions(&stage, other), (branch, last), day_after);
    assert_eq!(post.map(|code| code.code), Some("secretary"));
    // Without a number nothing is recorded, and nobody's role ends.
    let unnumbered = Election {
        number: " ".into(),
        ..wrong
    };
    let refused = elect(&mut stage, &unnumbered).unwrap_err();
    assert_eq!(refused, ElectionError::NoNumber);
    stage.books_are_whole();
}

proptest! {
    #[test]
    fn any_table_of_words_is_a_plan_that_fits_or_an_error(
        rows in proptest::collection::vec(proptest::collection::vec(cell(), 0..6), 0..12)
    ) {
        let rows: Vec<String> = rows.iter().map(|cells| cells.join("\t")).collect();
        let text = format!("decision\t1\tĐU\t01/06/2025\t01/07/2025\n{}", rows.join("\n"));
        if let Ok(plan) = Plan::parse(&text) {
            let commune = Commune::new();
            let _ = commune.node.preview_reform(&plan);
        }
    }
}

fn cell() -> impl Strategy<Value = String> {
    let words = [
        "new",
        "end",
        "move",
        "rename",
        "from",
        "count",
        "-",
        ">",
        ";",
        "A",
        "B; A",
        "branch",
        "commune",
        "merged",
        "split",
        "1",
        "Chi bộ Xóm 5",
        "Đảng ủy xã Xuân Trường",
        "Đảng ủy xã Xuân Trường > A",
        "00000000",
    ];
    prop_oneof![9 => proptest::sample::select(words.to_vec()).prop_map(str::to_owned), 1 => ".{0,12}"]
}

#[test]
fn who_does_not_belong_any_more_by_the_status_that_stands_is_in_no_figure() {
    let mut d = District::new();
    let before = d.stage.node.preview_reform(&d.parsed()).unwrap().before;
    let (_, members) = d.branches[0][0].clone();
    let now = d.stage.now;
    let died = values(&[("status", "deceased")]);
    let struck_off = values(&[
        ("form", "strike_off"),
        ("number", "45"),
        ("issued_on", "2025-06-30"),
    ]);
    let expelled = values(&[("form", "expulsion"), ("number", "46")]);
    let decision = |n: usize| Target::at(members[n], &DECISION, &[7; 16]);
    for (target, said) in [
        (member(members[0]), &died),
        (decision(1), &struck_off),
        // A draft: nothing was decided.
        (decision(2), &expelled),
    ] {
        let node = &mut d.stage.node;
        node.edit(target, said, now, &mut d.stage.rng).unwrap();
        node.submit(now, &mut d.stage.rng).unwrap();
    }
    let outlook = d.stage.node.preview_reform(&d.parsed()).unwrap();
    assert_eq!(outlook.before.members, before.members - 2);
    assert_eq!(outlook.after.members, before.members - 2);
    let applied = d.apply();
    assert_eq!(applied.after.members, before.members - 2);
    let xuan_truong = d.stage.node.tree().get(members[0]).unwrap().parent;
    assert_eq!(
        xuan_truong,
        Some(d.branches[0][0].0),
        "they go along all the same"
    );
}
