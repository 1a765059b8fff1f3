//! What secretaries, deputies and members away do on a day with their device.

use super::agenda::{Event, Part};
use super::device::DeviceId;
use super::error::DemoError;
use super::hands::{Hand, ONE, one, said};
use super::ledger::Happened;
use super::papers;
use super::year::{Today, conflict_day, meeting_day};
use crate::district::{self, Member};
use chibo_core::author::Target;
use chibo_core::document::{Value, Values};
use chibo_core::domain::exemption::TEMP_EXEMPTION;
use chibo_core::domain::transfer::TRANSFER;
use chibo_core::domain::transfer_in::TRANSFER_IN;
use chibo_core::id::PlaceId;
use chibo_core::kind;
use chibo_core::place::{PlaceKind, Role};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

/// A member away says where they are, asks for what they need, and comes back to it.
pub(super) fn member_day(hand: &mut Hand, i: DeviceId, today: Today) -> Result<(), DemoError> {
    let world = hand.worker.world;
    let device = &world.devices[i];
    let (place, member) = &world.branches[device.branch].members[device.member];
    let values = district::check_in_values(hand.rng, member, today.day);
    let key = today.day.to_string();
    hand.writes(Event::CheckIn, *place, ("check_in", &key), &values)?;
    let mine = |part: &&Part| part.member == *place;
    for part in world.plans.here(device.branch, Event::Contest).filter(mine) {
        if today.month == part.month {
            papers::contest(hand, *place, today)?;
        }
    }
    for part in world
        .plans
        .here(device.branch, Event::Exemption)
        .filter(mine)
    {
        let case = one(*place, &TEMP_EXEMPTION);
        let on = said(&[("on", today.day.to_string())]);
        if today.month == part.month && hand.act(case, "ask", &on)? {
            world.note([Happened::only(Event::Exemption)]);
        } else if today.month >= part.month + 5 {
            hand.act(case, "return", &on)?;
        }
    }
    Ok(())
}

/// A day of whoever leads a branch, or helps to. `is_own`: the day of the month on which they sit down to it.
pub(super) fn leader_day(
    hand: &mut Hand,
    b: usize,
    role: Role,
    today: Today,
    is_own: bool,
) -> Result<(), DemoError> {
    let is_secretary = role == Role::Secretary;
    if is_secretary && today.of_month == meeting_day(b) {
        hold_meeting(hand, b, today)?;
        papers::guests_meet(hand, today)?;
    }
    if today.month == 0 && today.of_month == conflict_day(b) {
        same_field(hand, b, role)?;
    }
    if !is_own {
        return Ok(());
    }
    for _ in 0..1 + hand.rng.next_u32() % 3 {
        small_edit(hand, b, today)?;
    }
    if !is_secretary {
        return Ok(());
    }
    papers::secretary(hand, b, today)?;
    comes_and_goes(hand, b, today)?;
    for part in hand.worker.world.plans.here(b, Event::Exemption) {
        let on = said(&[("on", today.day.to_string())]);
        hand.act(one(part.member, &TEMP_EXEMPTION), "consider", &on)?;
    }
    Ok(())
}

/// Who comes to a branch and who leaves it, as far as it is the secretary's to say.
fn comes_and_goes(hand: &mut Hand, b: usize, today: Today) -> Result<(), DemoError> {
    let world = hand.worker.world;
    let day = today.day.to_string();
    let on = said(&[("on", day.clone())]);
    let begins = |event| {
        let here = world.plans.here(b, event);
        here.filter(move |part| part.month == today.month)
    };
    for event in [Event::Transfer, Event::TransferOut, Event::Late] {
        for part in begins(event) {
            let case = one(part.member, &TRANSFER);
            let formal = said(&[("on", day.clone()), ("form", "formal".into())]);
            hand.act(case, "open", &formal)?;
            hand.act(case, "begin", &on)?;
        }
    }
    // Whoever comes from another branch of the node was announced by the letter.
    for part in world
        .plans
        .parts(Event::Transfer)
        .filter(|part| world.goes_to(part) == b)
    {
        let letter = one(part.member, &TRANSFER).doc;
        let case = Target::at(world.branches[b].place, &TRANSFER_IN, &letter.0);
        hand.act(case, "present", &on)?;
        let mut received = on.clone();
        received.insert("dossier_checked".into(), Value::YesNo(true));
        if hand.act(case, "receive", &received)? {
            world.note([Happened::only(Event::Received)]);
        }
        hand.act(case, "close", &on)?;
    }
    for part in begins(Event::TransferIn) {
        let who = district::someone("Phạm Thị Nơi Xa");
        let name = who
            .values
            .get("full_name")
            .map(Value::shown)
            .unwrap_or_default();
        let case = Target::at(world.branches[b].place, &TRANSFER_IN, ONE);
        let mut letter = said(&[
            ("full_name", name),
            ("form", "formal".into()),
            ("origin", "Đảng ủy phường Dĩ An".into()),
            ("number", "112-GGT".into()),
            ("letter_on", day.clone()),
            ("on", day.clone()),
        ]);
        letter.insert("dossier_checked".into(), Value::YesNo(true));
        hand.act(case, "arrive", &letter)?;
        let is_received = hand.act(case, "receive", &on)?;
        hand.act(case, "close", &on)?;
        if is_received {
            begin_record(hand, part, &who.values)?;
        }
    }
    for part in begins(Event::Admission) {
        let mut values = district::applicant("Trần Thị Mới").values;
        values.extend(said(&[
            ("status", "probationary".into()),
            ("admitted_on", day.clone()),
            ("status_since", day.clone()),
        ]));
        begin_record(hand, part, &values)?;
    }
    for part in begins(Event::Applicant) {
        // Outside the Party: they stand in the roll, and no figure counts them.
        let values = district::applicant("Vũ Thị Xin Vào").values;
        if opens_record(hand, part, &values)? {
            world.note([Happened::only(part.event)]);
        }
    }
    for part in begins(Event::Death) {
        let died = said(&[("status", "deceased".into()), ("status_since", day.clone())]);
        if hand.edit(part.member, ("member", ""), &died)? {
            world.note([Happened::left(Event::Death, b)]);
        }
    }
    Ok(())
}

/// A record is begun of a member who was not there.
fn begin_record(hand: &mut Hand, part: &Part, values: &Values) -> Result<(), DemoError> {
    if opens_record(hand, part, values)? {
        let world = hand.worker.world;
        world.note([Happened::came(part.event, part.branch)]);
    }
    Ok(())
}

fn opens_record(hand: &mut Hand, part: &Part, values: &Values) -> Result<bool, DemoError> {
    let branch = hand.worker.world.branches[part.branch].place;
    let phone = &mut hand.handset.phone;
    phone.open_place(part.member, PlaceKind::Member, branch)?;
    hand.edit(part.member, ("member", ""), values)
}

fn hold_meeting(hand: &mut Hand, b: usize, today: Today) -> Result<(), DemoError> {
    let branch = &hand.worker.world.branches[b];
    let tree = hand.handset.phone.tree();
    let here = |(p, _): &&(PlaceId, Member)| tree.get(*p).is_some();
    let members: Vec<_> = (branch.members.iter().filter(here))
        .map(|(p, m)| (*p, m))
        .collect();
    let minutes = district::meeting_values(hand.rng, &members, today.day);
    let key = today.day.to_string();
    hand.writes(Event::Meeting, branch.place, ("meeting", &key), &minutes)
}

fn same_field(hand: &mut Hand, b: usize, role: Role) -> Result<(), DemoError> {
    let Some((place, member)) = hand.worker.world.branches[b].members.first() else {
        return Ok(());
    };
    // Both draw the same two values, and each writes one of them.
    let mut shared = ChaCha8Rng::seed_from_u64(b as u64);
    let [first, other] = district::conflicting(&mut shared, &member.values);
    let values = if role == Role::Secretary {
        first
    } else {
        other
    };
    hand.writes(Event::TwoVersions, *place, ("member", ""), &values)
}

fn small_edit(hand: &mut Hand, b: usize, today: Today) -> Result<(), DemoError> {
    let members = &hand.worker.world.branches[b].members;
    let (place, _) = &members[(hand.rng.next_u64() % members.len() as u64) as usize];
    let Some(kind) = kind::by_name("member") else {
        return Ok(());
    };
    let doc = Target::at(*place, kind, b"").doc;
    let Some((_, values)) = hand.handset.phone.values(doc)? else {
        return Ok(());
    };
    let mut values = district::small_edit(hand.rng, kind, &values);
    for (path, value) in values.iter_mut() {
        if path.ends_with("_since") {
            *value = Value::Text(today.day.to_string());
        }
    }
    papers::told(&mut values, hand.rng);
    // A status is changed by decisions and by what is planned, not by the way.
    match values.keys().all(|path| !path.starts_with("status")) {
        true => hand.writes(Event::Correction, *place, ("member", ""), &values),
        false => Ok(()),
    }
}
