//! What people do in a year: meetings, small corrections, check-ins from afar, transfers, exemptions, stays with
//! other branches, deaths and admissions; and the office's day once a month. People come to a line now and then, in
//! any order; some lines break, and one phone is exchanged for its old backup.
//!
//! Who does what in which month is worked out from seeds beforehand ([`Plans`]); nothing is shared between devices
//! but the node.

use super::papers;
use super::world::{DAY, DemoError, FIRST_DAY, Worker, World};
use crate::district;
use crate::handset::{Handset, MARK, STORE};
use crate::intake::OfficeNode;
use crate::words::say;
use chibo_core::author::{Doing, EditError, Target};
use chibo_core::case;
use chibo_core::date::Day;
use chibo_core::document::{Value, Values};
use chibo_core::domain::decision::DECISION;
use chibo_core::domain::exemption::TEMP_EXEMPTION;
use chibo_core::domain::transfer::TRANSFER;
use chibo_core::id::{PlaceId, hex};
use chibo_core::kind::{self, Kind};
use chibo_core::place::{Host, PlaceKind, Role};
use chibo_core::time::Timestamp;
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::sync::atomic::Ordering;

/// The first day of the year: 1 December 2026, a week after the day on which the district stands.
const FIRST: (u32, u32) = (2026, 12);
/// Months that pass.
const MONTHS: u32 = 12;
/// The day of a month on which the office decides what waits.
const OFFICE_DAY: u32 = 25;
/// The device that is backed up and goes on from the backup: the first secretary's. Month and day of both.
const RESTORED_DEVICE: usize = 0;
const BACKUP: (u32, u32) = (2, 8);
const RESTORE: (u32, u32) = (3, 20);

/// A day of the year that passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Today {
    /// Which month of it, from 0.
    pub month: u32,
    /// Day of the month.
    pub of_month: u32,
    /// Which day of it, from 0.
    pub n: u64,
    /// By the calendar.
    pub day: Day,
}

fn days() -> Result<Vec<Today>, DemoError> {
    let mut days = Vec::new();
    for month in 0..MONTHS {
        let since = FIRST.1 - 1 + month;
        let (year, of_year) = (FIRST.0 + since / 12, since % 12 + 1);
        let mut of_month = 1;
        while let Ok(day) = Day::from_civil(year, of_year, of_month) {
            days.push(Today {
                month,
                of_month,
                n: days.len() as u64,
                day,
            });
            of_month += 1;
        }
    }
    Ok(days)
}

/// Lets the year pass.
pub fn pass(world: &World) -> Result<(), DemoError> {
    let plans = Plans::of(world);
    let days = days()?;
    for today in &days {
        let clock = FIRST_DAY + today.n * DAY + 8 * 3600;
        world.clock.store(clock, Ordering::SeqCst);
        if today.of_month == OFFICE_DAY {
            office(world, &plans, *today)?;
        }
        let mut active: Vec<usize> = (0..world.devices.len())
            .filter(|i| is_active(world, *i, *today))
            .collect();
        if active.is_empty() {
            continue;
        }
        shuffle(&mut active, today.n ^ world.devices.len() as u64);
        let words = today.day.shown();
        world.everybody(&words, &active, |worker, i| {
            live_a_day(worker, &plans, i, *today)
        })?;
    }
    // The year is over; everybody comes to a line, whoever first, and once more to hear of the others.
    let over = days.len() as u64;
    world
        .clock
        .store(FIRST_DAY + over * DAY + 8 * 3600, Ordering::SeqCst);
    let words = say(world.lang(), "Mọi máy về xã", "Everybody comes in");
    let mut all: Vec<usize> = (0..world.devices.len()).collect();
    shuffle(&mut all, world.devices.len() as u64);
    world.everybody(words, &all, |worker, i| {
        let mut handset = worker.open(i)?;
        let mut rng = chance(world, i, over);
        worker.sync(&mut handset, None, &mut rng)?;
        Ok(())
    })?;
    let now = world.now();
    world.office(move |node| take_in_held(node, now))??;
    Ok(())
}

fn chance(world: &World, i: usize, day: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(world.devices[i].seed ^ (day << 48))
}

fn shuffle(list: &mut [usize], seed: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for i in (1..list.len()).rev() {
        let j = (rng.next_u64() % (i as u64 + 1)) as usize;
        list.swap(i, j);
    }
}

// ---- who does what in which month -----------------------------------------------------------

/// A member goes to another branch.
struct Going {
    from: usize,
    to: PlaceId,
    member: PlaceId,
    month: u32,
    key: [u8; 16],
}

/// A member who works away asks for a temporary exemption.
struct Asking {
    branch: usize,
    member: PlaceId,
    device: usize,
    month: u32,
    key: [u8; 16],
}

/// A member takes part in another branch for a time.
struct Staying {
    member: PlaceId,
    host: PlaceId,
    place: PlaceId,
    month: u32,
}

/// What will happen, from seeds.
pub(super) struct Plans {
    going: Vec<Going>,
    asking: Vec<Asking>,
    staying: Vec<Staying>,
    /// Who dies, in which month.
    dying: Vec<(usize, PlaceId, u32)>,
}

impl Plans {
    fn of(world: &World) -> Plans {
        let mut rng = ChaCha8Rng::seed_from_u64(world.branches.len() as u64 ^ 0x9a7);
        let mut plans = Plans {
            going: Vec::new(),
            asking: Vec::new(),
            staying: Vec::new(),
            dying: Vec::new(),
        };
        let count = world.branches.len();
        let mut key = || {
            let mut key = [0; 16];
            rng.fill_bytes(&mut key);
            key
        };
        for (b, branch) in world.branches.iter().enumerate() {
            let at_home =
                |(_, m): &&(PlaceId, district::Member)| !m.away && !m.is_secretary && !m.is_deputy;
            let mut home = branch.members.iter().filter(at_home);
            let month = b as u32 % 8;
            // Three in a hundred move within a year, nine in a thousand die: of branches of twenty.
            if b % 5 < 3
                && count > 1
                && let Some((member, _)) = home.next()
            {
                plans.going.push(Going {
                    from: b,
                    to: world.branches[(b + 1) % count].place,
                    member: *member,
                    month,
                    key: key(),
                });
            }
            if b % 6 == 0
                && let Some((member, _)) = home.next_back()
            {
                plans.dying.push((b, *member, b as u32 % MONTHS));
            }
            let away = branch.members.iter().filter(|(_, m)| m.away);
            if let Some((member, _)) = away.clone().find(|(_, m)| !m.has_device)
                && count > 1
            {
                plans.staying.push(Staying {
                    member: *member,
                    host: world.branches[(b + 2) % count].place,
                    place: PlaceId(key()),
                    month,
                });
            }
        }
        for (i, device) in world.devices.iter().enumerate() {
            if device.role == Role::Member && device.seed % 3 == 0 {
                plans.asking.push(Asking {
                    branch: device.branch,
                    member: device.place,
                    device: i,
                    month: (device.seed >> 8) as u32 % 6,
                    key: key(),
                });
            }
        }
        plans
    }
}

// ---- the office -----------------------------------------------------------------------------

fn text(t: impl Into<String>) -> Value {
    Value::Text(t.into())
}

pub(super) fn said(pairs: &[(&str, String)]) -> Values {
    let text = |(name, t): &(&str, String)| ((*name).to_owned(), text(t.clone()));
    pairs.iter().map(text).collect()
}

/// One thing to do in a case at the office, if its turn has come.
type Turn = (Target, &'static str, Values);

/// The office's day: it decides what waits, and puts people where they go.
fn office(world: &World, plans: &Plans, today: Today) -> Result<(), DemoError> {
    let on = today.day.to_string();
    let month = today.month;
    let number = |n: usize| format!("{}-QĐ/ĐU", n + 1 + 100 * month as usize);
    let mut turns: Vec<Turn> = Vec::new();
    let mut moves = Vec::new();
    for (n, going) in plans.going.iter().enumerate() {
        let case = begun(going.member, &TRANSFER, &going.key);
        let paper = || said(&[("number", number(n)), ("on", on.clone())]);
        let dated = || said(&[("on", on.clone())]);
        if month > going.month {
            turns.push((case, "introduce", paper()));
        }
        if month > going.month + 1 {
            turns.push((case, "present", dated()));
            turns.push((case, "receive", dated()));
            turns.push((case, "close", dated()));
            moves.push((going.member, going.to, case));
        }
    }
    for (n, asking) in plans.asking.iter().enumerate() {
        let until = today.day.plus_months(6).unwrap_or(today.day).to_string();
        let paper = [("number", number(n)), ("on", on.clone()), ("until", until)];
        let case = begun(asking.member, &TEMP_EXEMPTION, &asking.key);
        turns.push((case, "grant", said(&paper)));
    }
    let leaving = |since: &dyn Fn(u32) -> bool| -> Vec<PlaceId> {
        let going = plans.going.iter().filter(|g| since(g.month));
        going.map(|g| g.member).collect()
    };
    let papers = papers::office(world, &leaving(&|since| month > since), today);
    let disciplined = papers::disciplined(world, today);
    let stays: Vec<(PlaceId, PlaceId, PlaceId)> = (plans.staying.iter())
        .filter(|s| s.month == month)
        .map(|s| (s.place, s.member, s.host))
        .collect();
    let mistyped = plans.going.first().filter(|_| month == 1).map(|g| g.member);
    let now = world.now();
    let seed = FIRST_DAY ^ u64::from(month);
    let done = world.office(move |node| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut done = 0;
        for (case, act, said) in &turns {
            done += usize::from(does(node, *case, act, said, now, &mut rng)?);
        }
        for (member, to, case) in moves {
            let is_done = node
                .values(case.doc)?
                .is_some_and(|(kind, values)| case::story(kind, &values).state == "closed");
            let is_there = node.tree().get(member).and_then(|p| p.parent) == Some(to);
            if is_done && !is_there {
                node.move_place(member, to, now)?;
                done += 1;
            }
        }
        for (place, member, host) in stays {
            let until = Timestamp(now.0 + 150 * DAY);
            let host = Host {
                branch: host,
                until,
            };
            if node
                .place_in(place, member, Some(host), &Values::new(), now, &mut rng)
                .is_ok()
            {
                done += 1;
            }
        }
        done += papers::at_office(node, papers, disciplined, now, &mut rng)?;
        if let Some(member) = mistyped {
            done += mistype(node, member, now, &mut rng)?;
        }
        node.submit(now, &mut rng)?;
        done += take_in_held(node, now)?;
        Ok::<_, DemoError>(done)
    })??;
    world
        .counters
        .decided
        .fetch_add(done as u64, Ordering::SeqCst);
    Ok(())
}

/// Whoever wrote about somebody who had moved meanwhile could not know: the office takes it in.
fn take_in_held(node: &mut OfficeNode, now: Timestamp) -> Result<usize, DemoError> {
    let mut done = 0;
    for (number, row) in node.quarantine()? {
        if row.held > 0 && node.decide(number, true, None, now).is_ok() {
            done += 1;
        }
    }
    Ok(done)
}

/// Does an act at the office if the case is there and waits for it.
pub(super) fn does(
    node: &mut OfficeNode,
    case: Target,
    act: &str,
    said: &Values,
    now: Timestamp,
    rng: &mut dyn RngCore,
) -> Result<bool, DemoError> {
    let doing = Doing {
        act,
        about: None,
        said,
    };
    match node.act(case, doing, now, rng) {
        Ok(_) => Ok(true),
        // Nobody has asked yet, or it is past that.
        Err(EditError::Case(_) | EditError::UnknownPlace) => Ok(false),
        Err(e) => Err(e.into()),
    }
}

/// A decision is recorded under a wrong number, cancelled as mistyped, and recorded again.
fn mistype(
    node: &mut OfficeNode,
    member: PlaceId,
    now: Timestamp,
    rng: &mut dyn RngCore,
) -> Result<usize, DemoError> {
    for (n, number) in ["45", "54"].into_iter().enumerate() {
        let target = Target::at(member, &DECISION, &[n as u8; 16]);
        let paper = said(&[
            ("form", "card".into()),
            ("number", number.into()),
            ("symbol", "QĐ/ĐU".into()),
            ("issued_on", "2027-01-20".into()),
            ("body", "Đảng ủy xã".into()),
            ("signatory", "Phạm Văn Mẫu".into()),
            ("from", "2027-01-20".into()),
            ("value", format!("99.0000{number}")),
        ]);
        node.edit(target, &paper, now, rng)?;
        node.submit(now, rng)?;
        if n == 0 {
            let id = hex(&[7; 8]);
            let cancelled = said(&[
                (&format!("cancelled/{id}/on"), "2027-01-25".into()),
                (&format!("cancelled/{id}/reason"), "gõ nhầm số".into()),
            ]);
            node.edit(target, &cancelled, now, rng)?;
        }
    }
    Ok(3)
}

pub(super) fn begun(place: PlaceId, kind: &'static Kind, key: &[u8; 16]) -> Target {
    Target::at(place, kind, key)
}

// ---- everybody else -------------------------------------------------------------------------

/// The day of the month on which a branch meets.
fn meeting_day(branch: usize) -> u32 {
    10 + (branch as u32 * 7) % 10
}

/// The day of the first month on which secretary and deputy of a branch change the same field.
fn conflict_day(branch: usize) -> u32 {
    4 + (branch as u32 * 5) % 20
}

/// The day of the month on which a device is in its owner's hand for Chibo.
fn own_day(seed: u64) -> u32 {
    1 + (seed % 27) as u32
}

fn is_special(i: usize, today: Today) -> bool {
    i == RESTORED_DEVICE && [BACKUP, RESTORE].contains(&(today.month, today.of_month))
}

fn is_active(world: &World, i: usize, today: Today) -> bool {
    let device = &world.devices[i];
    let conflicts = today.month == 0 && today.of_month == conflict_day(device.branch);
    is_special(i, today)
        || today.of_month == own_day(device.seed)
        || match device.role {
            Role::Secretary => today.of_month == meeting_day(device.branch) || conflicts,
            Role::Deputy => conflicts,
            _ => false,
        }
}

fn live_a_day(worker: &Worker, plans: &Plans, i: usize, today: Today) -> Result<(), DemoError> {
    let world = worker.world;
    let device = &world.devices[i];
    let now_is = |(month, of_month)| (today.month, today.of_month) == (month, of_month);
    if i == RESTORED_DEVICE && now_is(RESTORE) {
        go_back(worker, i)?;
    }
    let mut handset = worker.open(i)?;
    let mut rng = chance(world, i, today.n);
    match device.role {
        Role::Member => member_day(worker, plans, &mut handset, i, today, &mut rng)?,
        role => leader_day(worker, plans, &mut handset, i, (role, today), &mut rng)?,
    }
    // Half of the time there is no line; on one in five it breaks midway.
    let backs_up = i == RESTORED_DEVICE && now_is(BACKUP);
    let no_line = !backs_up && rng.next_u32().is_multiple_of(2);
    if no_line {
        handset.phone.seal(world.now(), &mut rng)?;
        handset.note_mark()?;
    } else {
        let breaks = rng.next_u32().is_multiple_of(5);
        let after = breaks.then(|| u64::from(200 + rng.next_u32() % 3000));
        worker.sync(&mut handset, after, &mut rng)?;
    }
    if backs_up {
        let folder = &device.folder;
        handset.phone.store().backup_to(&folder.join("backup.db"))?;
    }
    Ok(())
}

/// A member away says where they are, asks for what they need, and comes back to it.
fn member_day(
    worker: &Worker,
    plans: &Plans,
    handset: &mut Handset,
    i: usize,
    today: Today,
    rng: &mut dyn RngCore,
) -> Result<(), DemoError> {
    let device = &worker.world.devices[i];
    let (place, member) = &worker.world.branches[device.branch].members[device.member];
    let values = district::check_in_values(rng, member, today.day);
    let key = today.day.to_string();
    edit(worker, handset, *place, ("check_in", &key), &values, rng)?;
    papers::member(worker, handset, *place, today, rng)?;
    let mine = plans.asking.iter().filter(|a| a.device == i);
    for asking in mine {
        let case = begun(asking.member, &TEMP_EXEMPTION, &asking.key);
        let on = [("on", today.day.to_string())];
        if today.month == asking.month {
            act(worker, handset, case, "ask", &said(&on), rng)?;
        } else if today.month >= asking.month + 5 {
            act(worker, handset, case, "return", &said(&on), rng)?;
        }
    }
    Ok(())
}

fn leader_day(
    worker: &Worker,
    plans: &Plans,
    handset: &mut Handset,
    i: usize,
    (role, today): (Role, Today),
    rng: &mut dyn RngCore,
) -> Result<(), DemoError> {
    let device = &worker.world.devices[i];
    let b = device.branch;
    let is_secretary = role == Role::Secretary;
    if is_secretary && today.of_month == meeting_day(b) {
        hold_meeting(worker, handset, b, today.day, rng)?;
        papers::guests_meet(worker, handset, today, rng)?;
    }
    if today.month == 0 && today.of_month == conflict_day(b) {
        same_field(worker, handset, b, role, rng)?;
    }
    if today.of_month != own_day(device.seed) {
        return Ok(());
    }
    for _ in 0..1 + rng.next_u32() % 3 {
        small_edit(worker, handset, b, rng)?;
    }
    if !is_secretary {
        return Ok(());
    }
    if device.seed.is_multiple_of(20) && today.month == 3 {
        new_member(worker, handset, b, rng)?;
    }
    let leaving = |g: &&Going| g.from == b && today.month == g.month + 1;
    let leaving: Vec<PlaceId> = (plans.going.iter().filter(leaving))
        .map(|g| g.member)
        .collect();
    papers::secretary(worker, handset, b, &leaving, today, rng)?;
    let on = [("on", today.day.to_string())];
    for going in plans.going.iter().filter(|g| g.from == b) {
        if today.month == going.month {
            let case = begun(going.member, &TRANSFER, &going.key);
            act(worker, handset, case, "open", &said(&on), rng)?;
            act(worker, handset, case, "begin", &said(&on), rng)?;
        }
    }
    for asking in plans.asking.iter().filter(|a| a.branch == b) {
        let case = begun(asking.member, &TEMP_EXEMPTION, &asking.key);
        act(worker, handset, case, "consider", &said(&on), rng)?;
    }
    for (_, member, month) in plans.dying.iter().filter(|(at, ..)| *at == b) {
        if today.month == *month {
            let day = today.day.to_string();
            let died = said(&[("status", "deceased".into()), ("status_since", day)]);
            edit(worker, handset, *member, ("member", ""), &died, rng)?;
        }
    }
    Ok(())
}

/// The phone is exchanged for its old backup, the mark beside it lost as well.
fn go_back(worker: &Worker, i: usize) -> Result<(), DemoError> {
    let folder = &worker.world.devices[i].folder;
    for name in [STORE, "phone.db-wal", "phone.db-shm", MARK] {
        let path = folder.join(name);
        if path.exists() {
            std::fs::remove_file(path)?;
        }
    }
    std::fs::rename(folder.join("backup.db"), folder.join(STORE))?;
    worker
        .world
        .counters
        .restored
        .fetch_add(1, Ordering::SeqCst);
    Ok(())
}

/// Edits, if the place is (still) on this device.
pub(super) fn edit(
    worker: &Worker,
    handset: &mut Handset,
    place: PlaceId,
    (kind_name, key): (&str, &str),
    values: &Values,
    rng: &mut dyn RngCore,
) -> Result<(), DemoError> {
    let Some(kind) = kind::by_name(kind_name) else {
        return Ok(());
    };
    if handset.phone.tree().get(place).is_none() {
        return Ok(());
    }
    let target = Target::at(place, kind, key.as_bytes());
    let outcome = handset
        .phone
        .edit(target, values, worker.world.now(), rng)?;
    if outcome.changed {
        worker.world.counters.edits.fetch_add(1, Ordering::SeqCst);
    }
    Ok(())
}

/// Does an act in a case, if it is this device's turn.
pub(super) fn act(
    worker: &Worker,
    handset: &mut Handset,
    case: Target,
    act: &str,
    said: &Values,
    rng: &mut dyn RngCore,
) -> Result<(), DemoError> {
    let doing = Doing {
        act,
        about: None,
        said,
    };
    match handset.phone.act(case, doing, worker.world.now(), rng) {
        Ok(_) => {
            worker.world.counters.edits.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
        Err(EditError::Case(_) | EditError::UnknownPlace) => Ok(()),
        Err(e) => Err(e.into()),
    }
}

fn hold_meeting(
    worker: &Worker,
    handset: &mut Handset,
    branch: usize,
    today: Day,
    rng: &mut dyn RngCore,
) -> Result<(), DemoError> {
    let branch = &worker.world.branches[branch];
    let here = |(p, _): &&(PlaceId, district::Member)| handset.phone.tree().get(*p).is_some();
    let members: Vec<_> = branch
        .members
        .iter()
        .filter(here)
        .map(|(p, m)| (*p, m))
        .collect();
    let minutes = district::meeting_values(rng, &members, today);
    let key = today.to_string();
    edit(
        worker,
        handset,
        branch.place,
        ("meeting", &key),
        &minutes,
        rng,
    )
}

fn same_field(
    worker: &Worker,
    handset: &mut Handset,
    branch: usize,
    role: Role,
    rng: &mut dyn RngCore,
) -> Result<(), DemoError> {
    let Some((place, member)) = worker.world.branches[branch].members.first() else {
        return Ok(());
    };
    // Both draw the same two values, and each writes one of them.
    let mut shared = ChaCha8Rng::seed_from_u64(branch as u64);
    let [one, other] = district::conflicting(&mut shared, &member.values);
    let values = if role == Role::Secretary { one } else { other };
    edit(worker, handset, *place, ("member", ""), &values, rng)
}

fn small_edit(
    worker: &Worker,
    handset: &mut Handset,
    branch: usize,
    rng: &mut dyn RngCore,
) -> Result<(), DemoError> {
    let members = &worker.world.branches[branch].members;
    let (place, _) = &members[(rng.next_u64() % members.len() as u64) as usize];
    let Some(kind) = kind::by_name("member") else {
        return Ok(());
    };
    let doc = Target::at(*place, kind, b"").doc;
    let Some((_, values)) = handset.phone.values(doc)? else {
        return Ok(());
    };
    let mut values = district::small_edit(rng, kind, &values);
    papers::told(&mut values, rng);
    // A status is changed by decisions and by what is planned, not by the way.
    let others = values.keys().all(|path| !path.starts_with("status"));
    match others {
        true => edit(worker, handset, *place, ("member", ""), &values, rng),
        false => Ok(()),
    }
}

fn new_member(
    worker: &Worker,
    handset: &mut Handset,
    branch: usize,
    rng: &mut dyn RngCore,
) -> Result<(), DemoError> {
    let place = PlaceId::random(rng);
    let branch = &worker.world.branches[branch];
    handset
        .phone
        .open_place(place, PlaceKind::Member, branch.place)?;
    let values = said(&[
        ("full_name", "Trần Thị Mới".into()),
        ("status", "probationary".into()),
    ]);
    worker
        .world
        .counters
        .admitted
        .fetch_add(1, Ordering::SeqCst);
    edit(worker, handset, place, ("member", ""), &values, rng)
}

/// How many will have died when the year is over.
pub(super) fn deaths(world: &World) -> usize {
    Plans::of(world).dying.len()
}
