//! What people do in a month: edit records, hold a meeting, check in from afar, and come to a line now
//! and then, in any order; some lines break, and one phone is exchanged for its old backup.

use super::world::{DAY, DemoError, FIRST_DAY, Worker, World};
use crate::district;
use crate::handset::{Handset, MARK, STORE};
use crate::words::say;
use chibo_core::author::Target;
use chibo_core::date::Day;
use chibo_core::document::Values;
use chibo_core::id::PlaceId;
use chibo_core::kind;
use chibo_core::place::{PlaceKind, Role};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::sync::atomic::Ordering;

/// Days of the month.
const DAYS: u64 = 30;
/// The device that is backed up and goes on from the backup: the first secretary's.
const RESTORED_DEVICE: usize = 0;
const BACKUP_DAY: u64 = 8;
const RESTORE_DAY: u64 = 20;

/// Lets the month pass.
pub fn pass(world: &World) -> Result<(), DemoError> {
    for day in 1..=DAYS {
        world
            .clock
            .store(FIRST_DAY + (day - 1) * DAY + 8 * 3600, Ordering::SeqCst);
        let mut active: Vec<usize> = (0..world.devices.len())
            .filter(|i| is_active(world, *i, day))
            .collect();
        shuffle(&mut active, day ^ world.devices.len() as u64);
        let words = match world.lang() {
            crate::words::Lang::Vi => format!("Ngày {day}"),
            crate::words::Lang::En => format!("Day {day}"),
        };
        world.everybody(&words, &active, |worker, i| live_a_day(worker, i, day))?;
    }
    // The month is over; everybody comes to a line, whoever first, and once more to hear of the others.
    world
        .clock
        .store(FIRST_DAY + DAYS * DAY + 8 * 3600, Ordering::SeqCst);
    let words = say(world.lang(), "Mọi máy về xã", "Everybody comes in");
    let mut all: Vec<usize> = (0..world.devices.len()).collect();
    shuffle(&mut all, world.devices.len() as u64);
    world.everybody(words, &all, |worker, i| {
        let mut handset = worker.open(i)?;
        let mut rng = chance(world, i, DAYS + 1);
        worker.sync(&mut handset, None, &mut rng)?;
        Ok(())
    })
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

/// The day of the branch's meeting.
fn meeting_day(branch: usize) -> u64 {
    10 + (branch as u64 * 7) % 10
}

/// The day on which secretary and deputy of a branch change the same field.
fn conflict_day(branch: usize) -> u64 {
    4 + (branch as u64 * 5) % 20
}

fn is_active(world: &World, i: usize, day: u64) -> bool {
    let device = &world.devices[i];
    let own_day = |k: u64| device.seed.rotate_left(k as u32 * 9) % DAYS + 1 == day;
    if i == RESTORED_DEVICE && matches!(day, BACKUP_DAY | RESTORE_DAY) {
        return true;
    }
    match device.role {
        Role::Member => own_day(1),
        _ => {
            own_day(1)
                || own_day(2)
                || own_day(3)
                || day == conflict_day(device.branch)
                || (device.role == Role::Secretary && day == meeting_day(device.branch))
        }
    }
}

fn live_a_day(worker: &Worker, i: usize, day: u64) -> Result<(), DemoError> {
    let world = worker.world;
    let device = &world.devices[i];
    if i == RESTORED_DEVICE && day == RESTORE_DAY {
        go_back(worker, i)?;
    }
    let mut handset = worker.open(i)?;
    let mut rng = chance(world, i, day);
    let branch = &world.branches[device.branch];
    match device.role {
        Role::Member => {
            let (place, member) = &branch.members[device.member];
            let today = today(day)?;
            let said = district::check_in_values(&mut rng, member, today);
            edit(
                worker,
                &mut handset,
                *place,
                "check_in",
                &today.to_string(),
                &said,
                &mut rng,
            )?;
        }
        role => {
            if role == Role::Secretary && day == meeting_day(device.branch) {
                hold_meeting(worker, &mut handset, device.branch, day, &mut rng)?;
            }
            if day == conflict_day(device.branch) {
                same_field(worker, &mut handset, device.branch, role, &mut rng)?;
            }
            for _ in 0..1 + rng.next_u32() % 3 {
                small_edit(worker, &mut handset, device.branch, &mut rng)?;
            }
            if role == Role::Secretary && device.seed.is_multiple_of(20) && day % 10 == 3 {
                new_member(worker, &mut handset, device.branch, &mut rng)?;
            }
        }
    }
    // Half of the time there is no line; on one in five it breaks midway.
    let no_line = day != BACKUP_DAY && rng.next_u32().is_multiple_of(2);
    if no_line {
        handset.phone.seal(world.now(), &mut rng)?;
        handset.note_mark()?;
    } else {
        let breaks = rng.next_u32().is_multiple_of(5);
        let after = breaks.then(|| u64::from(200 + rng.next_u32() % 3000));
        worker.sync(&mut handset, after, &mut rng)?;
    }
    if i == RESTORED_DEVICE && day == BACKUP_DAY {
        let folder = &device.folder;
        handset.phone.store().backup_to(&folder.join("backup.db"))?;
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

/// The day of November 2026, as [`FIRST_DAY`] counts.
fn today(day: u64) -> Result<Day, DemoError> {
    Ok(Day::from_civil(2026, 11, u32::try_from(day).unwrap_or(1))?)
}

fn edit(
    worker: &Worker,
    handset: &mut Handset,
    place: PlaceId,
    kind_name: &str,
    key: &str,
    values: &Values,
    rng: &mut dyn RngCore,
) -> Result<(), DemoError> {
    let Some(kind) = kind::by_name(kind_name) else {
        return Ok(());
    };
    let target = Target::at(place, kind, key.as_bytes());
    let outcome = handset
        .phone
        .edit(target, values, worker.world.now(), rng)?;
    if outcome.changed {
        worker.world.counters.edits.fetch_add(1, Ordering::SeqCst);
    }
    Ok(())
}

fn hold_meeting(
    worker: &Worker,
    handset: &mut Handset,
    branch: usize,
    day: u64,
    rng: &mut dyn RngCore,
) -> Result<(), DemoError> {
    let branch = &worker.world.branches[branch];
    let members: Vec<_> = branch.members.iter().map(|(p, m)| (*p, m)).collect();
    let today = today(day)?;
    let minutes = district::meeting_values(rng, &members, today);
    edit(
        worker,
        handset,
        branch.place,
        "meeting",
        &today.to_string(),
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
    edit(worker, handset, *place, "member", "", &values, rng)
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
    let values = district::small_edit(rng, kind, &values);
    edit(worker, handset, *place, "member", "", &values, rng)
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
    let name = Values::from([(
        "full_name".into(),
        chibo_core::document::Value::Text("Trần Thị Mới".into()),
    )]);
    edit(worker, handset, place, "member", "", &name, rng)
}
