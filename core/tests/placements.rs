//! What a branch that hosts another's member for a time reads and writes of them, and that it ends.
use chibo_core::author::{EditError, Target};
use chibo_core::case::CaseError;
use chibo_core::check;
use chibo_core::document::{DocumentError, Value, Values};
use chibo_core::domain::look::{Look, PLACEMENT_LOOK};
use chibo_core::domain::placement::{ATTENDANCE, DUES, PLACEMENT, REMARK};
use chibo_core::enrol::{Offer, Ticket};
use chibo_core::feed::Opens;
use chibo_core::feed::authorise::Forbidden;
use chibo_core::id::{PersonId, PlaceId};
use chibo_core::identity::SecretKey;
use chibo_core::kind::{self, Kind};
use chibo_core::log::reason;
use chibo_core::node::{Node, PlaceError};
use chibo_core::phone::{Outcome, Phone};
use chibo_core::place::{Host, Lane, PlaceKind, Role, scope_of};
use chibo_core::records;
use chibo_core::store::Store;
use chibo_core::store::memory::MemoryStore;
use chibo_core::time::Timestamp;
use chibo_core::tree::{TreeError, View};
use chibo_people::someone;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

mod stage;
use stage::{DAY, Memory, NEVER, NOW, holds, pushing, saying_at, sync_with, values};

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}

fn record(place: PlaceId, kind: &str) -> Target {
    Target::at(place, kind::by_name(kind).unwrap(), b"")
}

/// Three branches; teacher Lan belongs to the first and takes part in the second for half a year.
struct School {
    node: Node<MemoryStore>,
    root: SecretKey,
    home: PlaceId,
    host: PlaceId,
    third: PlaceId,
    lan: PlaceId,
    placement: PlaceId,
    until: Timestamp,
    now: Timestamp,
    rng: ChaCha8Rng,
}

impl School {
    fn new() -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        let (mut node, root) =
            Node::init(MemoryStore::new(), "Đảng ủy xã Xuân Trường", NOW, &mut rng).unwrap();
        let mut id = || PlaceId::random(&mut rng);
        let (home, host, third, lan, placement) = (id(), id(), id(), id(), id());
        let places = [
            (home, PlaceKind::Branch, node.root()),
            (host, PlaceKind::Branch, node.root()),
            (third, PlaceKind::Branch, node.root()),
            (lan, PlaceKind::Member, home),
        ];
        let teacher = someone("Trần Thị Lan").with("phone", "0912000111");
        let (open, mut closed) = (teacher.values, teacher.sensitive);
        closed.insert("religion".into(), text("buddhist"));
        closed.insert(
            "discipline/000000000000000000000000000000a1/form".into(),
            text("reprimand"),
        );
        let unit = |p| (record(p, "unit"), values(&[("name", "Chi bộ")]));
        let edits = [
            unit(home),
            unit(host),
            unit(third),
            (record(lan, "member"), open),
            (record(lan, "member_sensitive"), closed),
        ];
        node.edit_many(&places, &edits, NOW, &mut rng).unwrap();
        School {
            node,
            root,
            home,
            host,
            third,
            lan,
            placement,
            until: Timestamp(NOW.0 + 180 * DAY),
            now: NOW,
            rng,
        }
    }

    /// As [`School::new`], with the placement under way.
    fn placed() -> Self {
        let mut school = School::new();
        let host = school.hosted_until(school.until);
        school.place(host).unwrap();
        school
    }

    fn hosted_until(&self, until: Timestamp) -> Option<Host> {
        let branch = self.host;
        Some(Host { branch, until })
    }

    fn place(&mut self, host: Option<Host>) -> Result<u64, PlaceError> {
        let edits = values(&[("full_name", "Trần Thị Lan"), ("phone", "0912000111")]);
        let (placement, lan) = (self.placement, self.lan);
        (self.node).place_in(placement, lan, host, &edits, self.now, &mut self.rng)
    }

    fn enrol(&mut self, role: Role, place: PlaceId) -> Memory {
        let person = PersonId::random(&mut self.rng);
        let offer = Offer {
            may_delegate: role == Role::Secretary,
            ..Offer::new(role, place, person, NEVER)
        };
        let ticket = self.node.ticket("", &offer, &mut self.rng).unwrap();
        self.use_ticket(&ticket).unwrap()
    }

    fn use_ticket(&mut self, ticket: &Ticket) -> Option<Memory> {
        let mut phone = Phone::create(MemoryStore::new(), &mut self.rng).unwrap();
        let request = ticket.request(phone.key()).to_bytes();
        let reply = self.node.enrol(&request, self.now, &mut self.rng).ok()?;
        phone.enrolled(ticket, &reply).unwrap();
        assert!(self.sync(&mut phone).synced);
        Some(phone)
    }

    fn sync(&mut self, phone: &mut Memory) -> Outcome {
        sync_with(&mut self.node, phone, self.now, &mut self.rng).unwrap()
    }

    /// All of these phones have what the node has for them.
    fn all_synced(&mut self, phones: &mut [&mut Memory]) {
        for _ in 0..2 {
            for phone in phones.iter_mut() {
                self.sync(phone);
            }
        }
        for phone in phones {
            assert!(self.sync(phone).synced);
            let view = phone.view().unwrap();
            assert_eq!(phone.digest().unwrap().0, self.node.digest(view).unwrap());
            let report = phone
                .store()
                .read(|tx| check::check(tx, phone.tree(), false));
            assert_eq!(report.unwrap().faults, Vec::<String>::new());
        }
        let report = (self.node.store()).read(|tx| check::check(tx, self.node.tree(), true));
        assert_eq!(report.unwrap().faults, Vec::<String>::new());
    }

    fn at(&self, kind: &'static Kind, key: &[u8]) -> Target {
        Target::at(self.placement, kind, key)
    }

    fn mark(&mut self, phone: &mut Memory, day: &str) -> Result<Target, EditError> {
        let target = self.at(&ATTENDANCE, day.as_bytes());
        let edits = values(&[("held_on", day), ("mark", "present")]);
        phone.edit(target, &edits, self.now, &mut self.rng)?;
        Ok(target)
    }

    /// Sends a well-signed segment of this phone that begins a document, whoever may do so.
    fn push(&mut self, phone: &Memory, target: Target, opens: Option<Opens>) {
        let edits = values(&[(target.kind.title, "2026-11-03")]);
        let nonce = target.kind.number as u8;
        let segment = saying_at(phone, target, &edits, opens, NOW, nonce);
        let request = pushing(phone, &[segment]);
        self.node.handle(&[request], self.now).remove(0).unwrap();
    }

    fn last_reason(&self) -> Option<u8> {
        let rows = self.node.quarantine().unwrap();
        rows.last().map(|(_, row)| row.reason)
    }
}

fn is_there(phone: &Memory, target: Target) -> bool {
    phone.values(target.doc).unwrap().is_some()
}

fn reads(phone: &Memory, target: Target, field: &str) -> Option<Value> {
    let (_, values) = phone.values(target.doc).unwrap()?;
    values.get(field).cloned()
}

#[test]
fn the_host_reads_name_and_contact_and_nothing_else_of_the_member() {
    let mut school = School::placed();
    let mut host = school.enrol(Role::Secretary, school.host);
    let mut home = school.enrol(Role::Secretary, school.home);
    let placement = school.at(&PLACEMENT, b"");
    let name = reads(&host, placement, "full_name");
    assert_eq!(name, Some(text("Trần Thị Lan")));
    assert!(holds(&host, "0912000111"));
    for secret in ["buddhist", "reprimand"] {
        assert!(holds(&home, secret), "the test looks at the right bytes");
        assert!(!holds(&host, secret));
    }
    assert!(host.tree().get(school.lan).is_none(), "counted at home");
    assert!(!is_there(&host, record(school.lan, "member")));
    school.all_synced(&mut [&mut host, &mut home]);
}

#[test]
fn a_branch_that_does_not_host_and_a_member_of_the_host_read_nothing() {
    let mut school = School::placed();
    let other = PlaceId::random(&mut school.rng);
    let places = [(other, PlaceKind::Member, school.host)];
    (school.node)
        .edit_many(
            &places,
            &[(record(other, "member"), someone("Lê Văn Ba").values)],
            NOW,
            &mut school.rng,
        )
        .unwrap();
    let third = school.enrol(Role::Secretary, school.third);
    let fellow = school.enrol(Role::Member, other);
    let committee = school.enrol(Role::CommitteeMember, school.host);
    for phone in [&third, &fellow, &committee] {
        assert!(!holds(phone, "0912000111"));
    }
    assert!(third.tree().get(school.placement).is_none());
}

#[test]
fn what_the_host_marks_is_seen_at_home_by_the_member_and_at_the_office() {
    let mut school = School::placed();
    let (at_host, at_home, lan) = (school.host, school.home, school.lan);
    let mut host = school.enrol(Role::Secretary, at_host);
    let mut home = school.enrol(Role::Deputy, at_home);
    let mut member = school.enrol(Role::Member, lan);
    let mut office = school.enrol(Role::Office, school.node.root());
    let marked = school.mark(&mut host, "2026-11-03").unwrap();
    let dues = school.at(&DUES, b"2026-11");
    let mut paid = values(&[("month", "2026-11"), ("slip", "17")]);
    paid.insert("amount".into(), Value::Count(30_000));
    host.edit(dues, &paid, NOW, &mut school.rng).unwrap();
    let remark = school.at(&REMARK, b"0123456789abcdef");
    let said = values(&[
        ("said_on", "2026-11-30"),
        ("by", "Đỗ Văn Tám"),
        ("remark", "Tham gia đều"),
    ]);
    host.edit(remark, &said, NOW, &mut school.rng).unwrap();
    school.all_synced(&mut [&mut host, &mut home, &mut member, &mut office]);
    for phone in [&home, &member, &office] {
        assert_eq!(reads(phone, marked, "mark"), Some(text("present")));
        assert_eq!(reads(phone, dues, "amount"), Some(Value::Count(30_000)));
        assert_eq!(reads(phone, remark, "by"), Some(text("Đỗ Văn Tám")));
    }
}

#[test]
fn a_phone_that_enrols_later_gets_the_placement_too() {
    let mut school = School::placed();
    let mut early = school.enrol(Role::Secretary, school.host);
    let marked = school.mark(&mut early, "2026-11-03").unwrap();
    school.sync(&mut early);
    let mut late = school.enrol(Role::Deputy, school.host);
    assert!(is_there(&late, marked));
    school.all_synced(&mut [&mut early, &mut late]);
}

#[test]
fn each_side_writes_its_own_kinds_and_not_the_others() {
    let mut school = School::placed();
    let mut host = school.enrol(Role::Secretary, school.host);
    let mut home = school.enrol(Role::Secretary, school.home);
    assert_eq!(
        school.mark(&mut home, "2026-11-03").map(|_| ()),
        Err(EditError::NotAllowed)
    );
    let placement = school.at(&PLACEMENT, b"");
    let edits = values(&[("phone", "0")]);
    let edited = host.edit(placement, &edits, NOW, &mut school.rng);
    assert_eq!(edited, Err(EditError::NotAllowed));
    home.edit(placement, &edits, NOW, &mut school.rng).unwrap();
    school.all_synced(&mut [&mut home, &mut host]);
    assert_eq!(reads(&host, placement, "phone"), Some(text("0")));
}

#[test]
fn whatever_a_program_lets_its_phone_say_the_node_judges_by_the_edge() {
    let mut school = School::placed();
    let host = school.enrol(Role::Secretary, school.host);
    let home = school.enrol(Role::Secretary, school.home);
    let day = b"2026-11-03";
    let (attendance, placement) = (school.at(&ATTENDANCE, day), school.at(&PLACEMENT, b""));
    let record = record(school.lan, "member");
    for (phone, target, opens, why) in [
        (&home, attendance, None, Forbidden::OutsidePlace),
        (&host, placement, None, Forbidden::OutsidePlace),
        (&host, record, None, Forbidden::OutsidePlace),
        (&home, made_up(), opening(school.lan), Forbidden::CannotOpen),
    ] {
        school.push(phone, target, opens);
        assert_eq!(school.last_reason(), Some(why.code()), "{target:?}");
    }
    school.push(&host, attendance, None);
    assert!(school.node.values(attendance.doc).unwrap().is_some());
}

/// A placement that somebody makes up.
const MADE_UP: PlaceId = PlaceId([9; 16]);

fn made_up() -> Target {
    Target::at(MADE_UP, &PLACEMENT, b"")
}

fn opening(parent: PlaceId) -> Option<Opens> {
    let (place, kind) = (MADE_UP, PlaceKind::Placement);
    Some(Opens {
        place,
        kind,
        parent,
    })
}

#[test]
fn the_host_has_no_right_over_the_members_other_lanes_and_grants_nothing() {
    let mut school = School::placed();
    let mut host = school.enrol(Role::Secretary, school.host);
    for kind in ["member", "member_sensitive", "check_in"] {
        let target = record(school.lan, kind);
        let edited = host.edit(target, &Values::new(), NOW, &mut school.rng);
        assert_eq!(edited, Err(EditError::UnknownPlace), "{kind}");
    }
    let person = PersonId::random(&mut school.rng);
    let of_lan = Offer::new(Role::Member, school.lan, person, NEVER);
    let made = host.ticket("", &of_lan, &mut school.rng);
    assert_eq!(made.err(), Some(EditError::UnknownPlace));
    // Signed all the same, the node does not take it in.
    let own = host.own_grant().unwrap().unwrap();
    let forged = Ticket::on_paper("", &of_lan, &own, host.key(), &mut school.rng);
    assert!(school.use_ticket(&forged).is_none());
    for role in [Role::Auditor, Role::Secretary, Role::Member] {
        assert!(!role.place_kinds().contains(&PlaceKind::Placement));
    }
}

#[test]
fn only_the_office_makes_a_placement() {
    let mut school = School::new();
    let (home, placement, lan) = (school.home, school.placement, school.lan);
    let mut secretary = school.enrol(Role::Secretary, home);
    let mut office = school.enrol(Role::Office, school.node.root());
    for phone in [&mut secretary, &mut office] {
        let made = phone.open_place(placement, PlaceKind::Placement, lan);
        assert_eq!(made, Err(EditError::NotAllowed));
    }
    // At the node: not at home, not beside a second one, not in the past, not at a committee.
    let at = |branch| {
        Some(Host {
            branch,
            until: NEVER,
        })
    };
    assert_eq!(school.place(at(home)), Err(PlaceError::AtHome));
    let past = school.hosted_until(Timestamp(NOW.0 - DAY));
    assert_eq!(school.place(past), Err(PlaceError::Over));
    let root = school.node.root();
    assert_eq!(school.place(at(root)), Err(TreeError::WrongHost.into()));
    school.place(at(school.host)).unwrap();
    school.placement = PlaceId::random(&mut school.rng);
    assert_eq!(school.place(at(school.host)), Err(PlaceError::ThereAlready));
    school.place(at(school.third)).unwrap();
}

#[test]
fn a_placement_ends_by_itself_on_both_sides() {
    let mut school = School::placed();
    let (at_host, at_home, lan) = (school.host, school.home, school.lan);
    let mut host = school.enrol(Role::Secretary, at_host);
    let mut home = school.enrol(Role::Secretary, at_home);
    let mut member = school.enrol(Role::Member, lan);
    let marked = school.mark(&mut host, "2026-11-03").unwrap();
    school.all_synced(&mut [&mut host, &mut home, &mut member]);
    school.now = Timestamp(school.until.0 - 1);
    school.node.clock_is_right(school.now).unwrap();
    school.sync(&mut host);
    assert!(is_there(&host, marked), "not a second earlier");
    school.now = school.until;
    school.all_synced(&mut [&mut host, &mut home, &mut member]);
    assert!(host.tree().get(school.placement).is_none());
    assert!(!holds(&host, "0912000111") && !is_there(&host, marked));
    for phone in [&home, &member] {
        assert!(is_there(phone, marked), "home keeps everything");
        assert_eq!(phone.tree().get(school.placement).unwrap().host, None);
    }
    assert_eq!(school.node.tree().hosted_by(school.host).count(), 0);
}

#[test]
fn a_placement_is_prolonged_ended_early_and_begun_again_by_the_same_act() {
    let mut school = School::placed();
    let mut host = school.enrol(Role::Secretary, school.host);
    let mut home = school.enrol(Role::Secretary, school.home);
    let marked = school.mark(&mut host, "2026-11-03").unwrap();
    school.sync(&mut host);
    let longer = Timestamp(school.until.0 + 90 * DAY);
    school.place(school.hosted_until(longer)).unwrap();
    school.now = school.until;
    school.node.clock_is_right(school.now).unwrap();
    school.all_synced(&mut [&mut host, &mut home]);
    assert!(is_there(&host, marked));
    school.place(None).unwrap();
    school.all_synced(&mut [&mut host, &mut home]);
    assert!(!is_there(&host, marked));
    school.place(school.hosted_until(longer)).unwrap();
    school.all_synced(&mut [&mut host, &mut home]);
    assert!(is_there(&host, marked), "filled in from the beginning");
    // Another branch hosts her from now on.
    let branch = school.third;
    let mut third = school.enrol(Role::Secretary, branch);
    school
        .place(Some(Host {
            branch,
            until: longer,
        }))
        .unwrap();
    school.all_synced(&mut [&mut host, &mut home, &mut third]);
    assert!(!is_there(&host, marked) && is_there(&third, marked));
}

#[test]
fn what_the_host_wrote_before_the_end_is_held_and_can_be_accepted() {
    let mut school = School::placed();
    let mut host = school.enrol(Role::Secretary, school.host);
    let mut home = school.enrol(Role::Secretary, school.home);
    let marked = school.mark(&mut host, "2027-03-03").unwrap();
    host.seal(school.now, &mut school.rng).unwrap();
    school.now = Timestamp(school.until.0 + DAY);
    school.node.clock_is_right(school.now).unwrap();
    let outcome = school.sync(&mut host);
    assert_eq!(outcome.held, 1);
    assert_eq!(school.last_reason(), Some(reason::MOVED));
    assert!(host.tree().get(school.placement).is_none());
    let row = host
        .store()
        .read(|tx| records::doc(tx, marked.doc))
        .unwrap();
    assert_eq!(row, None, "no longer kept here");
    let (number, _) = school.node.quarantine().unwrap().pop().unwrap();
    school.node.decide(number, true, None, school.now).unwrap();
    school.all_synced(&mut [&mut home, &mut host]);
    assert_eq!(reads(&home, marked, "mark"), Some(text("present")));
}

#[test]
fn what_the_host_writes_after_the_end_is_refused() {
    let mut school = School::placed();
    let mut host = school.enrol(Role::Secretary, school.host);
    school.place(None).unwrap();
    // It heard of the end, and of an older copy its program still writes.
    let mut copy = Phone::open(host.store().clone(), None).unwrap();
    school.mark(&mut copy, "2027-03-03").unwrap();
    school.sync(&mut host);
    let position = host.store().read(records::position).unwrap();
    (copy.store_mut())
        .write(|tx| records::set_position(tx, &position))
        .unwrap();
    school.sync(&mut copy);
    assert_eq!(school.last_reason(), Some(Forbidden::OutsidePlace.code()));
}

#[test]
fn a_member_who_is_transferred_keeps_the_placement() {
    let mut school = School::placed();
    let (at_host, at_home, at_third, lan) = (school.host, school.home, school.third, school.lan);
    let mut host = school.enrol(Role::Secretary, at_host);
    let mut home = school.enrol(Role::Secretary, at_home);
    let mut third = school.enrol(Role::Secretary, at_third);
    let mut member = school.enrol(Role::Member, lan);
    let mut office = school.enrol(Role::Office, school.node.root());
    let marked = school.mark(&mut host, "2026-11-03").unwrap();
    macro_rules! all {
        () => {
            school.all_synced(&mut [&mut host, &mut home, &mut third, &mut member, &mut office])
        };
    }
    all!();
    school.node.move_place(lan, at_third, NOW).unwrap();
    all!();
    assert!(!is_there(&home, marked) && is_there(&third, marked) && is_there(&host, marked));
    // Into the host branch itself: then it reads her as its own, and still marks the placement.
    school.node.move_place(lan, at_host, NOW).unwrap();
    all!();
    assert!(is_there(&host, record(lan, "member_sensitive")));
    let second = school.mark(&mut host, "2026-12-03").unwrap();
    all!();
    assert!(is_there(&member, second));
    // And away again, while it still hosts her.
    school.node.move_place(lan, at_home, NOW).unwrap();
    all!();
    assert!(host.tree().get(lan).is_none() && !holds(&host, "buddhist"));
    assert!(is_there(&host, second) && is_there(&home, second));
}

#[test]
fn a_host_branch_that_goes_to_another_committee_takes_its_guests_along() {
    let mut school = School::placed();
    let (root, host_branch) = (school.node.root(), school.host);
    let [one, other] = [0; 2].map(|_| PlaceId::random(&mut school.rng));
    let places = [
        (one, PlaceKind::Committee, root),
        (other, PlaceKind::Committee, root),
    ];
    let names = [one, other].map(|p| (record(p, "unit"), values(&[("name", "Đảng bộ")])));
    (school.node)
        .edit_many(&places, &names, NOW, &mut school.rng)
        .unwrap();
    school.node.move_place(host_branch, one, NOW).unwrap();
    let mut first = school.enrol(Role::Office, one);
    let mut second = school.enrol(Role::Office, other);
    let mut host = school.enrol(Role::Secretary, host_branch);
    let placement = school.at(&PLACEMENT, b"");
    assert!(is_there(&first, placement) && !is_there(&second, placement));
    school.node.move_place(host_branch, other, NOW).unwrap();
    school.all_synced(&mut [&mut first, &mut second, &mut host]);
    assert!(!is_there(&first, placement) && is_there(&second, placement));
    assert!(first.tree().get(school.placement).is_none());
    assert!(is_there(&host, placement));
}

#[test]
fn a_restored_node_gets_a_placement_back_from_the_phones_and_its_work_with_it() {
    let mut school = School::new();
    let (at_host, at_home) = (school.host, school.home);
    let mut host = school.enrol(Role::Secretary, at_host);
    let mut home = school.enrol(Role::Secretary, at_home);
    let backup = school.node.store().clone();
    school.place(school.hosted_until(school.until)).unwrap();
    school.sync(&mut host);
    school.sync(&mut home);
    let marked = school.mark(&mut host, "2026-11-03").unwrap();
    school.sync(&mut host);
    school.sync(&mut home);
    school.node = Node::restore(backup, &school.root, NOW, &mut school.rng).unwrap();
    school.sync(&mut host);
    school.sync(&mut home);
    // What is written meanwhile waits with the placement.
    let later = school.mark(&mut host, "2026-12-03").unwrap();
    school.sync(&mut host);
    assert_eq!(school.node.quarantine().unwrap(), Vec::new());
    assert_eq!(school.node.brought_back().unwrap().len(), 1);
    let confirmed = school.node.confirm(&[], NOW).unwrap();
    assert_eq!((confirmed.moves, confirmed.left_out), (1, 0));
    let mut member = school.enrol(Role::Member, school.lan);
    school.all_synced(&mut [&mut host, &mut home, &mut member]);
    let there = school.node.tree().get(school.placement).unwrap();
    assert_eq!(there.host, school.hosted_until(school.until));
    for target in [marked, later] {
        assert!(is_there(&home, target) && is_there(&member, target));
    }
    // What the office itself had written of it comes back under its lost key: held, as all of that.
    let (number, row) = school.node.quarantine().unwrap().pop().unwrap();
    assert_eq!((number, row.reason), (1, reason::GRANT_ENDED));
    school.node.decide(number, true, None, NOW).unwrap();
    let placement = school.at(&PLACEMENT, b"");
    school.all_synced(&mut [&mut host, &mut home, &mut member]);
    assert!(reads(&member, placement, "full_name").is_some());
}

#[test]
fn a_restored_node_learns_that_a_placement_was_ended() {
    let mut school = School::placed();
    let mut host = school.enrol(Role::Secretary, school.host);
    let mut home = school.enrol(Role::Secretary, school.home);
    let backup = school.node.store().clone();
    school.place(None).unwrap();
    school.all_synced(&mut [&mut host, &mut home]);
    school.node = Node::restore(backup, &school.root, NOW, &mut school.rng).unwrap();
    school.sync(&mut home);
    assert_eq!(school.node.confirm(&[], NOW).unwrap().moves, 1);
    school.all_synced(&mut [&mut host, &mut home]);
    assert!(host.tree().get(school.placement).is_none());
    assert_eq!(school.node.tree().get(school.placement).unwrap().host, None);
}

#[test]
fn the_member_reads_who_opened_and_printed_the_placement() {
    let mut school = School::placed();
    let mut host = school.enrol(Role::Secretary, school.host);
    let mut auditor = school.enrol(Role::Auditor, school.node.root());
    let placement = school.placement;
    let mut noted = |phone: &mut Memory, look| {
        phone
            .note_look(placement, look, NOW, &mut school.rng)
            .unwrap()
    };
    assert!(
        !noted(&mut host, Look::Opened),
        "the secretary's daily work"
    );
    assert!(noted(&mut host, Look::Printed));
    assert!(noted(&mut auditor, Look::Opened));
    let mut member = school.enrol(Role::Member, school.lan);
    school.all_synced(&mut [&mut host, &mut auditor, &mut member]);
    let month = chibo_core::domain::look::month_of(NOW.day_in_vietnam().unwrap());
    let log = school.at(&PLACEMENT_LOOK, month.as_bytes());
    let (_, looks) = member.values(log.doc).unwrap().unwrap();
    let what: Vec<_> = looks.iter().filter(|(p, _)| p.ends_with("/what")).collect();
    assert_eq!(what.len(), 2);
}

#[test]
fn row_20_a_member_is_counted_once_at_home() {
    let school = School::placed();
    let tree = school.node.tree();
    let members = |root| {
        let of = |p: &PlaceId| tree.get(*p).is_some_and(|p| p.kind == PlaceKind::Member);
        tree.subtree(root).into_iter().filter(of).count()
    };
    assert_eq!((members(school.home), members(school.host)), (1, 0));
    assert_eq!(members(school.node.root()), 1);
    let view = View {
        role: Role::Secretary,
        root: school.host,
    };
    let scopes = view.scopes(tree);
    assert!(scopes.contains(&scope_of(school.placement, Lane::Placement)));
    for lane in PlaceKind::Member.lanes() {
        assert!(!scopes.contains(&scope_of(school.lan, *lane)));
    }
}

#[test]
fn row_20_the_hosts_remark_stands_as_it_was_given_and_is_cancelled_with_a_reason() {
    let mut school = School::placed();
    let mut host = school.enrol(Role::Secretary, school.host);
    let mut home = school.enrol(Role::Secretary, school.home);
    let remark = school.at(&REMARK, b"0123456789abcdef");
    let said = values(&[
        ("said_on", "2026-11-30"),
        ("by", "Đỗ Văn Tám"),
        ("post", "Bí thư chi bộ"),
        ("remark", "Tham gia đều"),
        ("how", "telephone"),
        ("recorded_by", "Lê Thị Bưởi"),
    ]);
    host.edit(remark, &said, NOW, &mut school.rng).unwrap();
    school.all_synced(&mut [&mut host, &mut home]);
    assert_eq!(reads(&home, remark, "how"), Some(text("telephone")));
    assert_eq!(
        reads(&home, remark, "recorded_by"),
        Some(text("Lê Thị Bưởi"))
    );
    let turned = values(&[("remark", "Tham gia không đều")]);
    let edited = host.edit(remark, &turned, NOW, &mut school.rng);
    assert_eq!(edited, Err(EditError::Document(DocumentError::AppendOnly)));
    let cell = |name: &str| format!("cancelled/0123456789abcdef/{name}");
    let on = values(&[(&cell("on"), "2026-12-01")]);
    let unsaid = host.edit(remark, &on, NOW, &mut school.rng);
    assert_eq!(unsaid, Err(EditError::Case(CaseError::NoReason)));
    let why = values(&[(&cell("on"), "2026-12-01"), (&cell("reason"), "nhầm người")]);
    host.edit(remark, &why, NOW, &mut school.rng).unwrap();
    school.all_synced(&mut [&mut host, &mut home]);
    assert_eq!(
        reads(&home, remark, &cell("reason")),
        Some(text("nhầm người"))
    );
    assert_eq!(reads(&home, remark, "remark"), Some(text("Tham gia đều")));
}
