//! Forgetting: of somebody who was refused, or whose time is over, no byte stays in any file, and all that was signed
//! can still be checked.
#![cfg(feature = "sqlite")]

use chibo_core::author::{Doing, Target};
use chibo_core::away::{self, Recorded};
use chibo_core::check;
use chibo_core::date::PartialDate;
use chibo_core::document::Value;
use chibo_core::enrol::Offer;
use chibo_core::forget::{self, Why};
use chibo_core::id::{DocId, PersonId, PlaceId};
use chibo_core::identity::SecretKey;
use chibo_core::kind;
use chibo_core::lock::StoreKey;
use chibo_core::node::{Confirmation, Election, EraseError, Erasing, Node, Post};
use chibo_core::phone::Phone;
use chibo_core::place::{PlaceKind, Role};
use chibo_core::reform::Plan;
use chibo_core::regulation::Regulations;
use chibo_core::roll;
use chibo_core::store::sqlite::{Durability, Find, SqliteStore};
use chibo_core::store::{Store, StoreError};
use chibo_core::text::RollOrder;
use chibo_core::time::Timestamp;
use chibo_people::someone;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use stage::{DAY, NEVER, NOW, sync_with, values};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

#[path = "stage/plain.rs"]
mod plain;
mod stage;

const KEY: [u8; 32] = [7; 32];
const NAME: &str = "Lường Thị Khuyếnh";
const BORN: &str = "1999-11-23";
/// Whatever may stand for the person: the name, its parts that nobody else has, the same without diacritics, the day.
const TRACES: [&str; 6] = [NAME, "Khuyếnh", "Lường", "khuyenh", "luong thi", BORN];
const BASIS: &str = "CV 12-CV/ĐU, 3/2/2026";

type Disk = Phone<SqliteStore>;

struct Village {
    folder: TempDir,
    node: Node<SqliteStore>,
    root: SecretKey,
    branch: PlaceId,
    member: PlaceId,
    applicant: PlaceId,
    now: Timestamp,
    rng: ChaCha8Rng,
    phones: usize,
}

fn key() -> StoreKey {
    StoreKey::from_bytes(KEY)
}

fn target(place: PlaceId, kind: &str) -> Target {
    Target::at(place, kind::by_name(kind).unwrap(), b"")
}

fn keyed(place: PlaceId, kind: &str, n: u8) -> Target {
    Target::at(place, kind::by_name(kind).unwrap(), &[n; 16])
}

impl Village {
    /// A branch with a member and an applicant, of whom several records say who they are.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut rng = ChaCha8Rng::seed_from_u64(12);
        let at = folder.path().join("node");
        std::fs::create_dir(&at).unwrap();
        let store = SqliteStore::create(&at.join("a.db"), &key(), Durability::Relaxed).unwrap();
        let (mut node, root) = Node::init(store, "Đảng ủy xã Xuân Trường", NOW, &mut rng).unwrap();
        let [branch, member, applicant] = [(); 3].map(|()| PlaceId::random(&mut rng));
        let places = [
            (branch, PlaceKind::Branch, node.root()),
            (member, PlaceKind::Member, branch),
            (applicant, PlaceKind::Member, branch),
        ];
        let edits = [
            (target(branch, "unit"), values(&[("name", "Chi bộ Xóm 5")])),
            (
                target(member, "member"),
                someone("Đinh Văn Quang").with("born", "1950-02-03").values,
            ),
            (
                target(applicant, "member"),
                chibo_people::applicant(NAME).with("born", BORN).values,
            ),
            (
                keyed(applicant, "address", 1),
                values(&[("sort", "temporary"), ("said_by", NAME)]),
            ),
            (
                keyed(applicant, "decision", 2),
                values(&[("form", "other"), ("note", &format!("về đơn của {NAME}"))]),
            ),
        ];
        node.edit_many(&places, &edits, NOW, &mut rng).unwrap();
        Village {
            folder,
            node,
            root,
            branch,
            member,
            applicant,
            now: NOW,
            rng,
            phones: 0,
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn phone(&mut self, role: Role) -> (Disk, PathBuf) {
        self.phones += 1;
        let at = self.path(&format!("phone{}", self.phones));
        std::fs::create_dir(&at).unwrap();
        let store = SqliteStore::create(&at.join("a.db"), &key(), Durability::Relaxed).unwrap();
        let mut phone = Phone::create(store, &mut self.rng).unwrap();
        let person = PersonId::random(&mut self.rng);
        let offer = Offer::new(role, self.branch, person, NEVER);
        let ticket = self.node.ticket("", &offer, &mut self.rng).unwrap();
        let request = ticket.request(phone.key()).to_bytes();
        let reply = self.node.enrol(&request, self.now, &mut self.rng).unwrap();
        phone.enrolled(&ticket, &reply).unwrap();
        self.sync(&mut phone);
        (phone, at)
    }

    fn sync(&mut self, phone: &mut Disk) {
        // What was asked with salts that are gone is asked again, once the erasure is known.
        for _ in 0..3 {
            if sync_with(&mut self.node, phone, self.now, &mut self.rng)
                .unwrap()
                .synced
            {
                return;
            }
        }
        panic!("it does not come to rest");
    }

    fn edit(&mut self, phone: &mut Disk, target: Target, said: &[(&str, &str)]) {
        phone
            .edit(target, &values(said), self.now, &mut self.rng)
            .unwrap();
    }

    fn forget_the_applicant(&mut self) -> Vec<DocId> {
        let (regulations, today) = (
            Regulations::built_in().unwrap(),
            self.now.day_in_vietnam().unwrap(),
        );
        let docs = self
            .node
            .to_erase(self.applicant, Why::Refused, &regulations, today)
            .unwrap();
        self.erase(&docs, Why::Refused).unwrap();
        docs
    }

    fn erase(&mut self, docs: &[DocId], why: Why) -> Result<usize, EraseError> {
        let erasing = Erasing {
            why,
            basis: BASIS,
            by: None,
        };
        self.node.erase(docs, &erasing, self.now)
    }

    /// Both sides' checks pass, and the digests agree.
    fn is_whole(&self, phone: &Disk) {
        self.books_are_whole();
        let report = (phone.store())
            .read(|tx| check::check(tx, phone.tree(), false))
            .unwrap();
        assert_eq!(report.faults, [""; 0], "on the phone");
        let (digest, _) = phone.digest().unwrap();
        assert_eq!(digest, self.node.digest(phone.view().unwrap()).unwrap());
    }

    fn books_are_whole(&self) {
        let report = (self.node.store())
            .read(|tx| check::check(tx, self.node.tree(), true))
            .unwrap();
        assert_eq!(report.faults, [""; 0], "on the node");
    }
}

#[track_caller]
fn has_no_trace(folder: &Path) {
    assert_eq!(plain::holding(folder, &[KEY], &TRACES), [""; 0]);
}

#[track_caller]
fn has_traces(folder: &Path) {
    assert_ne!(plain::holding(folder, &[KEY], &[NAME]), [""; 0]);
    assert_ne!(plain::holding(folder, &[KEY], &[BORN]), [""; 0]);
}

#[test]
fn story_12_of_a_refused_applicant_no_byte_is_left_and_every_chain_still_verifies() {
    let mut village = Village::new();
    let applicant = village.applicant;
    let (mut secretary, at_secretary) = village.phone(Role::Secretary);
    let (mut deputy, at_deputy) = village.phone(Role::Deputy);
    let at_node = village.path("node");

    // The name has been changed, indexed, drafted and held about before it goes.
    village.edit(
        &mut secretary,
        target(applicant, "member"),
        &[("phone", "0900 000 001"), ("sort_name", "Khuyếnh Lường")],
    );
    village.sync(&mut secretary);
    village.sync(&mut deputy);
    let (mut former, at_former) = village.phone(Role::Deputy);
    village.edit(
        &mut former,
        target(applicant, "member"),
        &[("note", &format!("{NAME} sinh {BORN}"))],
    );
    let former_grant = former.author().unwrap().grant;
    village
        .node
        .revoke(former_grant, false, false, NOW)
        .unwrap();
    let _ = sync_with(&mut village.node, &mut former, NOW, &mut village.rng);
    assert_eq!(
        village.node.quarantine().unwrap().len(),
        1,
        "held with the name in it"
    );
    // The secretary has a draft; the deputy's phone is put into a drawer with work that it has not handed over.
    village.edit(
        &mut secretary,
        keyed(applicant, "address", 1),
        &[("reason", &format!("gần nhà {NAME}"))],
    );
    village.edit(
        &mut deputy,
        target(applicant, "member"),
        &[("full_name", "Lường Thị Khuyếnh (Lan)"), ("born", BORN)],
    );
    village.edit(
        &mut deputy,
        target(village.member, "member"),
        &[("phone", "0900 000 002")],
    );
    deputy.seal(NOW, &mut village.rng).unwrap();
    village.edit(
        &mut deputy,
        keyed(applicant, "address", 9),
        &[("said_by", NAME)],
    );
    village
        .node
        .store()
        .backup_to(&village.path("old.db"))
        .unwrap();
    for folder in [&at_node, &at_secretary, &at_deputy] {
        has_traces(folder);
    }

    let docs = village.forget_the_applicant();
    assert_eq!(docs.len(), 3);
    has_no_trace(&at_node);
    village.books_are_whole();

    village.sync(&mut secretary);
    has_no_trace(&at_secretary);
    village.is_whole(&secretary);
    assert_eq!(secretary.values(docs[0]).unwrap(), None);

    // A phone that is enrolled afterwards never hears the name, and writes nothing there either.
    let (mut later, at_later) = village.phone(Role::Secretary);
    has_no_trace(&at_later);
    village.is_whole(&later);
    let again = later.edit(
        target(applicant, "member"),
        &values(&[("full_name", NAME)]),
        NOW,
        &mut village.rng,
    );
    assert_eq!(again.unwrap_err().to_string(), "this record was erased");
    // Nor does the office.
    let again = village.node.edit(
        target(applicant, "member"),
        &values(&[("full_name", NAME)]),
        NOW,
        &mut village.rng,
    );
    assert!(again.is_err());

    // A year later the drawer is opened. What it has about the applicant goes, the rest is taken in.
    village.now = Timestamp(NOW.0 + 365 * DAY);
    village.node.clock_is_right(village.now).unwrap();
    deputy.undo(keyed(applicant, "address", 9).doc).unwrap();
    village.sync(&mut deputy);
    has_no_trace(&at_deputy);
    has_no_trace(&at_node);
    village.is_whole(&deputy);
    let kept = village
        .node
        .values(target(village.member, "member").doc)
        .unwrap();
    let phone = kept.unwrap().1.get("phone").cloned();
    assert_eq!(phone, Some(Value::Text("0900 000 002".into())));

    // New backups and what phones hand each other hold nothing.
    let at_new = village.path("new");
    std::fs::create_dir(&at_new).unwrap();
    village
        .node
        .store()
        .backup_to(&at_new.join("new.db"))
        .unwrap();
    has_no_trace(&at_new);
    for phone in [&secretary, &deputy, &later] {
        let offered = phone.offer(&Default::default()).unwrap();
        let bytes: Vec<u8> = offered.iter().flat_map(|s| s.to_bytes()).collect();
        for trace in TRACES {
            assert!(!bytes.windows(trace.len()).any(|w| w == trace.as_bytes()));
        }
    }
    // What is left is the backup of before, and the phone that is told nothing any more.
    std::fs::remove_file(village.path("old.db")).unwrap();
    std::fs::remove_dir_all(at_former).unwrap();
    has_no_trace(village.folder.path());
}

#[test]
fn story_12_a_node_that_goes_on_from_an_older_backup_forgets_again() {
    let mut village = Village::new();
    let (mut secretary, at_secretary) = village.phone(Role::Secretary);
    let (mut deputy, at_deputy) = village.phone(Role::Deputy);
    let at = village.path("restored");
    std::fs::create_dir(&at).unwrap();
    let backup = |node: &Node<SqliteStore>, name: &str| {
        node.store().backup_to(&at.join(name)).unwrap();
    };
    backup(&village.node, "old.db");
    let docs = village.forget_the_applicant();
    village.sync(&mut secretary);
    has_no_trace(&at_secretary);

    // The PC is lost. The backup still knows the name, until a phone comes that has heard of the erasure.
    let store = SqliteStore::open(&at.join("old.db"), &key(), Durability::Relaxed).unwrap();
    village.node = Node::restore(store, &village.root, NOW, &mut village.rng).unwrap();
    has_traces(&at);
    let _ = sync_with(&mut village.node, &mut secretary, NOW, &mut village.rng);
    village.node.confirm(&[], NOW).unwrap();
    village.sync(&mut secretary);
    has_no_trace(&at);
    has_no_trace(&at_secretary);
    village.is_whole(&secretary);
    // The other one was off all the time.
    has_traces(&at_deputy);
    village.sync(&mut deputy);
    has_no_trace(&at_deputy);
    village.is_whole(&deputy);
    assert_eq!(village.node.erasures().unwrap().len(), docs.len());

    // Where no phone knows it either, the list beside the backups does.
    let list = forget::write_list(&village.node.erasures().unwrap());
    let village = Village::new();
    let (mut node, root, mut rng) = (village.node, village.root, village.rng);
    let at = village.folder.path().join("second.db");
    node.store().backup_to(&at).unwrap();
    let foreign = forget::read_list(&list).unwrap();
    assert_eq!(
        node.erase_again(&foreign, NOW).unwrap(),
        0,
        "another node's word"
    );
    let (regulations, today) = (
        Regulations::built_in().unwrap(),
        NOW.day_in_vietnam().unwrap(),
    );
    let docs = node
        .to_erase(village.applicant, Why::Refused, &regulations, today)
        .unwrap();
    let erasing = Erasing {
        why: Why::Refused,
        basis: BASIS,
        by: None,
    };
    node.erase(&docs, &erasing, NOW).unwrap();
    let list = forget::write_list(&node.erasures().unwrap());
    drop(node);
    let store = SqliteStore::open(&at, &key(), Durability::Relaxed).unwrap();
    let mut node = Node::restore(store, &root, NOW, &mut rng).unwrap();
    let list = forget::read_list(&list).unwrap();
    assert_eq!(node.erase_again(&list, NOW).unwrap(), docs.len());
    assert_eq!(node.erase_again(&list, NOW).unwrap(), 0);
    has_no_trace(village.folder.path());
    let report = node.store().read(|tx| check::check(tx, node.tree(), true));
    assert_eq!(report.unwrap().faults, [""; 0]);
}

#[test]
fn one_record_is_forgotten_and_what_was_written_with_it_stays() {
    let mut village = Village::new();
    let applicant = village.applicant;
    let (mut secretary, at_secretary) = village.phone(Role::Secretary);
    let address = keyed(applicant, "address", 5);
    // One segment about two records, the one of which goes.
    village.edit(&mut secretary, address, &[("reason", "ở trọ nhà bà Tý")]);
    village.edit(
        &mut secretary,
        target(applicant, "member"),
        &[("phone", "0900 000 003")],
    );
    village.sync(&mut secretary);
    village.edit(&mut secretary, address, &[("said_by", "người nhà bà Tý")]);
    village.edit(
        &mut secretary,
        target(applicant, "member"),
        &[("phone", "0900 000 004")],
    );

    village.erase(&[address.doc], Why::Decided).unwrap();
    assert_eq!(
        village.erase(&[address.doc], Why::Decided),
        Err(EraseError::Unknown),
        "once is enough"
    );
    village.sync(&mut secretary);
    for folder in [village.path("node"), at_secretary] {
        assert_eq!(plain::holding(&folder, &[KEY], &["nhà bà Tý"]), [""; 0]);
    }
    village.is_whole(&secretary);
    let (_, record) = village
        .node
        .values(target(applicant, "member").doc)
        .unwrap()
        .unwrap();
    assert_eq!(
        record.get("phone"),
        Some(&Value::Text("0900 000 004".into()))
    );
    assert_eq!(record.get("full_name"), Some(&Value::Text(NAME.into())));

    // What is written next stands in the same feed.
    village.edit(
        &mut secretary,
        target(applicant, "member"),
        &[("phone", "0900 000 005")],
    );
    village.sync(&mut secretary);
    village.is_whole(&secretary);
}

#[test]
fn a_phone_hands_on_no_more_than_it_may_know() {
    let mut village = Village::new();
    let applicant = village.applicant;
    let (mut secretary, at_secretary) = village.phone(Role::Secretary);
    let (mut deputy, _) = village.phone(Role::Deputy);
    village.edit(
        &mut deputy,
        target(applicant, "member"),
        &[("sort_name", "Khuyếnh")],
    );
    deputy.seal(NOW, &mut village.rng).unwrap();
    village.forget_the_applicant();
    village.sync(&mut secretary);

    // From a phone that has not heard of it, by the way from phone to phone.
    let offered = deputy.offer(&secretary.heads().unwrap()).unwrap();
    assert!(!offered.is_empty());
    secretary.take_offer(offered, NOW).unwrap();
    has_no_trace(&at_secretary);
    village.sync(&mut secretary);
    has_no_trace(&village.path("node"));
    village.is_whole(&secretary);
    village.sync(&mut deputy);
    village.is_whole(&deputy);
}

#[test]
fn who_erases_names_a_paper_and_is_not_the_one_who_is_erased() {
    let mut village = Village::new();
    let doc = target(village.applicant, "member").doc;
    let unit = target(village.branch, "unit").doc;
    let mut ask = |basis: &str, by: Option<PersonId>, doc: DocId| {
        let erasing = Erasing {
            why: Why::Decided,
            basis,
            by,
        };
        village.node.erase(&[doc], &erasing, NOW).err()
    };
    assert_eq!(ask(" ", None, doc), Some(EraseError::NoBasis));
    assert_eq!(
        ask(&"dài ".repeat(60), None, doc),
        Some(EraseError::LongBasis)
    );
    let names = "đơn của bà LUONG THI KHUYENH";
    assert_eq!(ask(names, None, doc), Some(EraseError::BasisNames));
    let own = Some(PersonId(village.applicant.0));
    assert_eq!(ask(BASIS, own, doc), Some(EraseError::AboutThemself));
    assert_eq!(ask(BASIS, None, unit), Some(EraseError::NotErasable));
    assert_eq!(ask(BASIS, None, DocId([9; 16])), Some(EraseError::Unknown));
    assert_eq!(ask(BASIS, None, doc), None);
}

#[test]
fn who_left_is_forgotten_when_the_term_is_over_and_not_a_day_before() {
    let mut village = Village::new();
    let member = village.member;
    let left = values(&[("status", "deceased"), ("status_since", "2016-03-10")]);
    let regulations = Regulations::built_in().unwrap();
    let day = |text: &str| PartialDate::parse(text).unwrap().day().unwrap();
    let ask = |village: &Village, why, on: &str| {
        (village.node).to_erase(member, why, &regulations, day(on))
    };
    assert_eq!(
        ask(&village, Why::TermOver, "2026-09-20"),
        Err(EraseError::NotDue)
    );
    assert_eq!(
        ask(&village, Why::Refused, "2026-09-20"),
        Err(EraseError::IsMember)
    );
    village
        .node
        .edit(target(member, "member"), &left, NOW, &mut village.rng)
        .unwrap();
    village.node.submit(NOW, &mut village.rng).unwrap();
    assert_eq!(
        ask(&village, Why::TermOver, "2026-03-09"),
        Err(EraseError::NotDue)
    );
    let due = ask(&village, Why::TermOver, "2026-03-10").unwrap();
    assert_eq!(due, [target(member, "member").doc]);
    village.erase(&due, Why::TermOver).unwrap();
    let found = village.node.store().find(&Find::default()).unwrap();
    assert!(found.iter().all(|row| row.doc != due[0]));
    village.books_are_whole();
}

/// Somebody who was renamed, had another birth date decided, came with a letter and left more than ten years ago.
const RENAMED: [&str; 7] = [
    "Đinh Văn Quang",
    "dinh van quang",
    "1950-02-03",
    "Quắc Văn Ngoạn",
    "quac van ngoan",
    "Ngoạn",
    "1951-12-29",
];

fn who_left_long_ago(village: &mut Village) {
    let member = village.member;
    let left = [("status", "deceased"), ("status_since", "2016-03-10")];
    let decided = |form, number, value| {
        values(&[
            ("form", form),
            ("number", number),
            ("issued_on", "2010-05-19"),
            ("value", value),
        ])
    };
    let badge = [
        ("form", "badge"),
        ("number", "7"),
        ("issued_on", "2011-05-19"),
    ];
    let edits = [
        (target(member, "member"), values(&left)),
        (
            keyed(member, "decision", 3),
            decided("name", "5", "Quắc Văn Ngoạn"),
        ),
        (
            keyed(member, "decision", 4),
            decided("birth", "6", "1951-12-29"),
        ),
        (keyed(member, "decision", 5), values(&badge)),
    ];
    (village.node)
        .edit_many(&[], &edits, NOW, &mut village.rng)
        .unwrap();
}

fn does(village: &mut Village, target: Target, act: &str, said: &[(&str, &str)]) {
    let said = values(said);
    let doing = Doing {
        act,
        about: None,
        said: &said,
    };
    (village.node)
        .act(target, doing, NOW, &mut village.rng)
        .unwrap();
}

#[test]
fn the_name_and_birth_date_of_who_left_go_with_their_record_from_decisions_and_letters_as_well() {
    let mut village = Village::new();
    let (member, branch) = (village.member, village.branch);
    let other = PlaceId([5; 16]);
    let unit = (target(other, "unit"), values(&[("name", "Chi bộ Xóm 6")]));
    let places = [(other, PlaceKind::Branch, village.node.root())];
    (village.node)
        .edit_many(&places, &[unit], NOW, &mut village.rng)
        .unwrap();
    // They led the branch once: its own document names nobody.
    let election = Election {
        unit: branch,
        number: "3-QĐ/ĐU".into(),
        confirmed: Confirmation::default(),
        on: PartialDate::parse("2009-03-03").unwrap().day().unwrap(),
        term: "2009-2011".into(),
        term_to: None,
        hand_over_by: None,
        elected: vec![(member, Post::Secretary)],
    };
    (village.node)
        .elect(&election, ("", NEVER), NOW, &mut village.rng)
        .unwrap();
    let (mut secretary, at_secretary) = village.phone(Role::Secretary);
    who_left_long_ago(&mut village);
    // One letter was given out here, and taken back; with another they came here from a place without a node.
    let letter = keyed(member, "transfer", 6);
    let to = other.to_string();
    does(&mut village, letter, "open", &[("on", "2011-01-05")]);
    let said = [
        ("number", "8"),
        ("on", "2011-01-06"),
        ("to_unit", to.as_str()),
        ("note", "ghi sau"),
    ];
    does(&mut village, letter, "introduce", &said);
    does(&mut village, letter, "cancel", &[("note", "ghi nhầm")]);
    let came = keyed(branch, "transfer_in", 7);
    let said = [
        ("number", "9"),
        ("letter_on", "2012-01-06"),
        ("on", "2012-01-07"),
        ("full_name", "Quắc Văn Ngoạn"),
    ];
    does(&mut village, came, "arrive", &said);
    // That they come was told by telephone first, and taken down apart.
    let expected = keyed(branch, "transfer_in", 9);
    does(&mut village, expected, "expect", &said);
    // Another came by the name of the applicant; that is none of theirs.
    let said = [&said[..3], &[("full_name", NAME)]].concat();
    let others = keyed(branch, "transfer_in", 8);
    does(&mut village, others, "arrive", &said);
    village.node.submit(NOW, &mut village.rng).unwrap();
    village.sync(&mut secretary);
    let at_node = village.path("node");
    for folder in [&at_node, &at_secretary] {
        for trace in ["Quắc Văn Ngoạn", "Đinh Văn Quang", "1951-12-29"] {
            assert_ne!(plain::holding(folder, &[KEY], &[trace]), [""; 0], "{trace}");
        }
    }

    let regulations = Regulations::built_in().unwrap();
    let day = |text: &str| PartialDate::parse(text).unwrap().day().unwrap();
    let ask = |village: &Village, on: &str| {
        (village.node).to_erase(member, Why::TermOver, &regulations, day(on))
    };
    assert_eq!(ask(&village, "2026-03-09"), Err(EraseError::NotDue));
    let due = ask(&village, "2026-03-10").unwrap();
    let there = Target::at(other, kind::by_name("transfer_in").unwrap(), &letter.doc.0);
    for doc in [
        came.doc,
        expected.doc,
        there.doc,
        keyed(member, "decision", 3).doc,
    ] {
        assert!(due.contains(&doc), "{doc:?}");
    }
    assert!(!due.contains(&keyed(member, "decision", 5).doc) && !due.contains(&others.doc));
    let own = Some(PersonId(member.0));
    let erasing = Erasing {
        why: Why::TermOver,
        basis: BASIS,
        by: own,
    };
    let themself = village.node.erase(&[came.doc], &erasing, NOW);
    assert_eq!(themself, Err(EraseError::AboutThemself));
    village.erase(&due, Why::TermOver).unwrap();
    village.sync(&mut secretary);
    for folder in [at_node, at_secretary] {
        assert_eq!(plain::holding(&folder, &[KEY], &RENAMED), [""; 0]);
    }
    village.is_whole(&secretary);
}

#[test]
fn content_that_is_missing_without_an_erasure_is_found() {
    let village = Village::new();
    let mut store = village.node.into_store();
    let tree = store.read(chibo_core::records::tree).unwrap();
    let scope = target(village.applicant, "member").scope;
    let doc = target(village.applicant, "member").doc;
    let gone = forget::Erased::from([(scope, [doc].into())]);
    let done: Result<(), StoreError> = store.write(|tx| forget::forget(tx, &gone));
    done.unwrap();
    let report = store.read(|tx| check::check(tx, &tree, true)).unwrap();
    assert!(
        report
            .faults
            .iter()
            .any(|f| f.contains("lacks what nobody erased")),
        "{:?}",
        report.faults
    );
}

/// How many the roll counts, and how many a reorganisation would.
fn counted(v: &Village) -> (usize, usize) {
    let recorded: Vec<(PlaceId, Recorded)> = [v.member, v.applicant]
        .into_iter()
        .map(|place| {
            let mut of = Recorded::default();
            for kind in away::recorded() {
                for (doc, values) in v.node.documents(place, kind).unwrap() {
                    of.add(kind, doc, values);
                }
            }
            (place, of)
        })
        .collect();
    let today = v.now.day_in_vietnam().unwrap();
    let lines = roll::roll(&recorded, today, &RollOrder::vietnamese().unwrap());
    let plan = "decision\t1-QĐ\tTỉnh ủy\t01/07/2026\t01/07/2026\nrename\tĐảng bộ A\tĐảng bộ B";
    let outlook = v.node.preview_reform(&Plan::parse(plan).unwrap()).unwrap();
    (roll::counts(&lines).members, outlook.before.members)
}

#[test]
fn whoever_was_forgotten_is_in_no_figure_though_a_decision_about_them_is_kept_longer() {
    let mut v = Village::new();
    let struck_off = [("status", "struck_off"), ("status_since", "2010-05-19")];
    let badge = [
        ("form", "badge"),
        ("number", "5"),
        ("issued_on", "2001-05-19"),
    ];
    let edits = [
        (
            target(v.node.root(), "unit"),
            values(&[("name", "Đảng bộ A"), ("sort", "commune")]),
        ),
        (target(v.member, "member"), values(&struck_off)),
        (keyed(v.member, "decision", 3), values(&badge)),
    ];
    v.node.edit_many(&[], &edits, NOW, &mut v.rng).unwrap();
    // Of the applicant nobody has said what they are: no figure counts them, and they would move with their branch.
    assert_eq!(counted(&v), (0, 1));
    v.forget_the_applicant();
    assert_eq!(counted(&v), (0, 0));

    let rules = Regulations::built_in().unwrap();
    let today = v.now.day_in_vietnam().unwrap();
    let due = v
        .node
        .to_erase(v.member, Why::TermOver, &rules, today)
        .unwrap();
    v.erase(&due, Why::TermOver).unwrap();
    let kept = kind::by_name("decision").unwrap();
    assert_eq!(
        v.node.documents(v.member, kept).unwrap().len(),
        1,
        "for seventy years"
    );
    assert_eq!(counted(&v), (0, 0));
    v.books_are_whole();
}
