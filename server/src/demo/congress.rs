//! A branch's congress elects another secretary: a role is given, and one ends. The two meet in the month after, without a
//! line; the old device is emptied at the table, and its role ends once all that it had has come.

use super::agenda::{Event, HAND_OVER_DAY, Part};
use super::device::{Device, DeviceId, Stage};
use super::error::DemoError;
use super::ledger::Happened;
use super::worker::Worker;
use super::world::{DAY, World};
use super::year::Today;
use crate::handset::Handset;
use crate::words::say;
use chibo_core::node::{Confirmation, Election, Post};
use chibo_core::phone::LayDownError;
use chibo_core::place::Role;
use chibo_core::time::Timestamp;
use chibo_device::succession;
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

/// How long the tickets of those who were elected can be used, and whoever led before has to hand over.
const DAYS: u64 = 30;

/// The office records what congresses elected on its day; who was elected gets a device.
pub(super) fn elect(world: &World, today: Today) -> Result<(), DemoError> {
    let mut elections = Vec::new();
    let now = world.now();
    let until = Timestamp(now.0 + DAYS * DAY);
    for (n, part) in world.plans.parts(Event::Elected).enumerate() {
        let Some(new) = taker(world, part).filter(|_| part.month == today.month) else {
            continue;
        };
        let branch = &world.branches[part.branch];
        let secretary = part.index.map(|_| (part.member, Post::Secretary));
        let of_deputy = branch.members.iter().position(|(_, m)| m.is_deputy);
        let deputy = of_deputy.map(|i| (branch.members[i].0, Post::Deputy));
        let election = Election {
            unit: branch.place,
            number: format!("{}-QĐ/ĐU", 7000 + n),
            confirmed: Confirmation::default(),
            on: today.day,
            term: "2025-2027".into(),
            term_to: None,
            hand_over_by: Some(until),
            elected: secretary.into_iter().chain(deputy).collect(),
        };
        elections.push((new, election));
    }
    let seed = now.0 ^ 0xe1ec;
    let elected = world.office(move |node| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut elected = Vec::new();
        for (new, election) in &elections {
            let done = node.elect(election, ("", until), now, &mut rng)?;
            let tickets = done.tickets.into_iter();
            let own = tickets.filter(|(_, role, _)| *role == Role::Secretary);
            elected.extend(own.map(|(_, _, ticket)| (*new, ticket)));
        }
        Ok::<_, DemoError>(elected)
    })??;
    let mut new = Vec::new();
    for (i, ticket) in elected {
        world.devices[i].get(ticket);
        new.push(i);
    }
    let words = say(world.lang(), "Bí thư mới đăng ký", "New secretaries enrol");
    world.everybody(words, &new, |worker, i| {
        worker.enrol(i)?;
        worker.world.note([Happened::only(Event::Elected)]);
        Ok(())
    })
}

/// The device of whoever was elected.
fn taker(world: &World, part: &Part) -> Option<DeviceId> {
    let fits = |d: &Device| {
        (d.branch, Some(d.member), d.role) == (part.branch, part.index, Role::Secretary)
    };
    world.devices.iter().position(fits)
}

/// The day on which they meet.
pub(super) fn hand_over(world: &World, today: Today) -> Result<(), DemoError> {
    let month = Event::HandedOver.line().map_or(0, |line| line.months.0);
    if (today.month, today.of_month) != (month, HAND_OVER_DAY) {
        return Ok(());
    }
    let parts = world.plans.parts(Event::Elected);
    let new: Vec<DeviceId> = parts.filter_map(|part| taker(world, part)).collect();
    let words = say(world.lang(), "Bàn giao", "Hand-overs");
    world.everybody(words, &new, |worker, i| sit_together(worker, i, today))
}

fn sit_together(worker: &Worker, new: DeviceId, today: Today) -> Result<(), DemoError> {
    let world = worker.world;
    let branch = world.devices[new].branch;
    let before =
        |d: &Device| d.branch == branch && d.role == Role::Secretary && d.stage() == Stage::Leads;
    let Some(old) = world.devices.iter().position(before) else {
        return Ok(());
    };
    let place = world.devices[new].place;
    let mut rng = ChaCha8Rng::seed_from_u64(world.devices[new].seed ^ 0x51f);
    let (mut gives, mut takes) = (worker.open(old)?, worker.open(new)?);
    let now = world.now();
    // The old one never heard of the new one: it reads its card.
    let card = takes.phone.card()?;
    gives.phone.meet(&card, now)?.map_err(DemoError::Stranger)?;
    let counted = |handset: &Handset, name: &str| {
        let counted = succession::count(&handset.phone, place, today.day)?;
        let mut counts = counted.counts.clone();
        counts.insert("cash", 1_250_000);
        let name = name.to_owned();
        Ok::<_, DemoError>(chibo_core::domain::succession::Counted {
            name,
            counts,
            ..counted
        })
    };
    let side = counted(&gives, "Bí thư cũ")?;
    gives.phone.give(place, today.day, &side, now, &mut rng)?;
    share(&mut gives, &mut takes, now, &mut rng)?;
    let given = succession::given(&takes.phone, place)?.ok_or(DemoError::NotGiven)?;
    let side = counted(&takes, "Bí thư mới")?;
    takes
        .phone
        .take_over(place, given, today.day, &side, now, &mut rng)?;
    share(&mut takes, &mut gives, now, &mut rng)?;
    match gives.phone.lay_down() {
        // What the new one may not read (somebody moved meanwhile) the old one brings to the office itself.
        Err(LayDownError::NotAllTaken(_)) => {
            worker.sync(&mut gives, None, &mut rng)?;
            if !gives.wipe_if_told()? {
                gives.phone.lay_down()?;
            }
        }
        done => done?,
    }
    world.devices[old].set_stage(Stage::Over);
    world.devices[new].set_stage(Stage::Leads);
    world.note([Happened::only(Event::HandedOver)]);
    Ok(())
}

/// What one device shares with another at the same table.
fn share(
    from: &mut Handset,
    to: &mut Handset,
    now: Timestamp,
    rng: &mut dyn RngCore,
) -> Result<(), DemoError> {
    from.phone.seal(now, rng)?;
    from.note_mark()?;
    let segments = from.phone.offer(&to.phone.heads()?)?;
    to.phone.take_offer(segments, now)?;
    Ok(())
}
