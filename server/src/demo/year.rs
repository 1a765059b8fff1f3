//! How the year passes: day by day, some devices at the same time, on lines that are there or not, hold or break; the
//! office once a month. What happens when stands in [`super::agenda`].

use super::agenda::{BACKUP, Event, FIRST, MONTHS, OFFICE_DAY, REFORM, RESTORE, RESTORED_DEVICE};
use super::device::{DeviceId, Stage};
use super::error::DemoError;
use super::hands::Hand;
use super::ledger::Happened;
use super::worker::Worker;
use super::world::{DAY, FIRST_DAY, World};
use super::{congress, office, people, reform};
use crate::handset::{MARK, STORE};
use crate::words::say;
use chibo_core::date::Day;
use chibo_core::place::Role;
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::sync::atomic::Ordering;

/// Whoever had no line for so many days goes to where there is one.
const PATIENCE: u64 = 25;

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

/// Lets the year pass. Returns its last day.
pub(super) fn pass(world: &World) -> Result<Day, DemoError> {
    let days = days()?;
    let at = |n: u64| FIRST_DAY + n * DAY + 8 * 3600;
    let mut last = Day::from_civil(FIRST.0, FIRST.1, 1)?;
    for today in &days {
        world.clock.store(at(today.n), Ordering::SeqCst);
        last = today.day;
        if (today.month, today.of_month) == REFORM {
            reform::carry_out(world, *today)?;
        }
        congress::hand_over(world, *today)?;
        if today.of_month == OFFICE_DAY {
            office::day(world, *today)?;
            congress::elect(world, *today)?;
        }
        let mut active = world.used();
        active.retain(|i| is_active(world, *i, *today));
        if active.is_empty() {
            continue;
        }
        shuffle(&mut active, today.n ^ world.devices.len() as u64);
        let words = today.day.shown();
        world.everybody(&words, &active, |worker, i| live_a_day(worker, i, *today))?;
    }
    // The year is over; everybody comes to a line, whoever first, and once more to hear of the others.
    let over = days.len() as u64;
    world.clock.store(at(over), Ordering::SeqCst);
    let words = say(world.lang(), "Mọi máy về xã", "Everybody comes in");
    let mut all = world.used();
    shuffle(&mut all, world.devices.len() as u64);
    world.everybody(words, &all, |worker, i| {
        let mut handset = worker.open(i)?;
        let mut rng = chance(world, i, over);
        worker.sync(&mut handset, None, &mut rng)?;
        Ok(())
    })?;
    let now = world.now();
    world.office(move |node| office::take_in_held(node, now))??;
    Ok(last)
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

/// The day of the month on which a branch meets.
pub(super) fn meeting_day(branch: usize) -> u32 {
    11 + (branch as u32 * 7) % 10
}

/// The day of the first month on which secretary and deputy of a branch change the same field.
pub(super) fn conflict_day(branch: usize) -> u32 {
    4 + (branch as u32 * 5) % 20
}

/// The day of the month on which somebody sits down to Chibo: a secretary whoever it is, others each on their own.
fn own_day(world: &World, i: DeviceId) -> u32 {
    let device = &world.devices[i];
    match device.role {
        Role::Secretary => 1 + (device.branch as u32 * 11 + 3) % 24,
        _ => 1 + (device.seed % 24) as u32,
    }
}

fn is_special(i: DeviceId, today: Today) -> bool {
    i == RESTORED_DEVICE && [BACKUP, RESTORE].contains(&(today.month, today.of_month))
}

fn is_active(world: &World, i: DeviceId, today: Today) -> bool {
    let device = &world.devices[i];
    let conflicts = today.month == 0 && today.of_month == conflict_day(device.branch);
    is_special(i, today)
        || today.of_month == own_day(world, i)
        || match device.role {
            Role::Secretary => today.of_month == meeting_day(device.branch) || conflicts,
            Role::Deputy => conflicts,
            _ => false,
        }
}

fn live_a_day(worker: &Worker, i: DeviceId, today: Today) -> Result<(), DemoError> {
    let world = worker.world;
    let device = &world.devices[i];
    let now_is = |(month, of_month)| (today.month, today.of_month) == (month, of_month);
    if i == RESTORED_DEVICE && now_is(RESTORE) {
        go_back(worker, i)?;
    }
    let mut handset = worker.open(i)?;
    let mut rng = chance(world, i, today.n);
    let is_own = today.of_month == own_day(world, i);
    let mut hand = Hand {
        worker,
        handset: &mut handset,
        rng: &mut rng,
    };
    match device.role {
        Role::Member => people::member_day(&mut hand, i, today)?,
        // Until the branch is handed over, whoever was elected only listens.
        role if device.stage() == Stage::Leads => {
            people::leader_day(&mut hand, device.branch, role, today, is_own)?;
        }
        _ => {}
    }
    // Half of the time there is no line; on one in five it breaks midway.
    let backs_up = i == RESTORED_DEVICE && now_is(BACKUP);
    let goes = backs_up || device.unheard(today.n) > PATIENCE;
    let no_line = rng.next_u32().is_multiple_of(2) && !goes;
    if no_line {
        handset.phone.seal(world.now(), &mut rng)?;
        handset.note_mark()?;
    } else {
        let breaks = rng.next_u32().is_multiple_of(5) && !goes;
        let after = breaks.then(|| u64::from(200 + rng.next_u32() % 3000));
        worker.sync(&mut handset, after, &mut rng)?;
        if !breaks {
            device.is_heard(today.n);
        }
    }
    if backs_up {
        let folder = &device.folder;
        handset.phone.store().backup_to(&folder.join("backup.db"))?;
    }
    Ok(())
}

/// The phone is exchanged for its old backup, the mark beside it lost as well.
fn go_back(worker: &Worker, i: DeviceId) -> Result<(), DemoError> {
    let folder = &worker.world.devices[i].folder;
    for name in [STORE, "phone.db-wal", "phone.db-shm", MARK] {
        let path = folder.join(name);
        if path.exists() {
            std::fs::remove_file(path)?;
        }
    }
    std::fs::rename(folder.join("backup.db"), folder.join(STORE))?;
    worker.world.note([Happened::only(Event::Restored)]);
    Ok(())
}
