//! The devices of the demo: whose they are, where they lie, and how far their lives have come.

use super::error::DemoError;
use super::world::{DAY, FIRST_DAY};
use crate::bring_in::PlacedBranch;
use chibo_core::enrol::{Offer, Ticket};
use chibo_core::id::{PersonId, PlaceId};
use chibo_core::node::Node;
use chibo_core::place::Role;
use chibo_core::store::sqlite::SqliteStore;
use chibo_core::time::Timestamp;
use rand_core::RngCore;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// A device, by its place in the list.
pub(super) type DeviceId = usize;

/// How far a device's life has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its owner has no ticket yet.
    Waits,
    /// It is in use; if it is a secretary's, another one leads the branch still.
    InUse,
    /// It is in use, and its owner does the work of its role.
    Leads,
    /// It was handed over.
    Over,
}

const STAGES: [Stage; 4] = [Stage::Waits, Stage::InUse, Stage::Leads, Stage::Over];

/// One device and whose it is.
#[derive(Debug)]
pub(super) struct Device {
    pub folder: PathBuf,
    pub role: Role,
    pub place: PlaceId,
    /// The branch, by its place in the list.
    pub branch: usize,
    /// The member, by their place in the branch.
    pub member: usize,
    pub seed: u64,
    pub(super) ticket: Mutex<Option<Ticket>>,
    stage: AtomicU8,
    /// The day of the year on which it last had a line that held.
    heard: AtomicU64,
}

impl Device {
    pub(super) fn stage(&self) -> Stage {
        STAGES[usize::from(self.stage.load(Ordering::SeqCst)) % STAGES.len()]
    }

    pub(super) fn set_stage(&self, stage: Stage) {
        let at = STAGES.iter().position(|s| *s == stage).unwrap_or(0);
        self.stage.store(at as u8, Ordering::SeqCst);
    }

    /// Its owner gets a ticket.
    pub(super) fn get(&self, ticket: Ticket) {
        *self.ticket.lock().unwrap_or_else(PoisonError::into_inner) = Some(ticket);
    }

    pub(super) fn is_used(&self) -> bool {
        matches!(self.stage(), Stage::InUse | Stage::Leads)
    }

    /// For how many days it has had no line that held.
    pub(super) fn unheard(&self, day: u64) -> u64 {
        day.saturating_sub(self.heard.load(Ordering::SeqCst))
    }

    pub(super) fn is_heard(&self, day: u64) {
        self.heard.store(day, Ordering::SeqCst);
    }
}

/// One device for each secretary, one for each fourth deputy, and those of members away.
pub(super) fn tickets(
    node: &mut Node<SqliteStore>,
    branches: &[PlacedBranch],
    folder: &std::path::Path,
    rng: &mut dyn RngCore,
) -> Result<Vec<Device>, DemoError> {
    let mut devices = Vec::new();
    for (b, branch) in branches.iter().enumerate() {
        for (m, (place, member)) in branch.members.iter().enumerate() {
            let mut roles = Vec::new();
            if member.is_secretary {
                roles.push((Role::Secretary, branch.place));
            }
            if member.is_deputy && b % 4 == 0 {
                roles.push((Role::Deputy, branch.place));
            }
            if member.has_device {
                roles.push((Role::Member, *place));
            }
            for (role, at) in roles {
                let expires = Timestamp(FIRST_DAY + 7 * DAY);
                let offer = Offer::new(role, at, PersonId(place.0), expires);
                let ticket = node.ticket("", &offer, rng)?;
                let made = device(folder, devices.len(), (role, at), (b, m), rng);
                made.get(ticket);
                devices.push(made);
            }
        }
    }
    Ok(devices)
}

/// One that its owner has no ticket for yet.
pub(super) fn device(
    folder: &std::path::Path,
    n: DeviceId,
    (role, place): (Role, PlaceId),
    (branch, member): (usize, usize),
    rng: &mut dyn RngCore,
) -> Device {
    Device {
        folder: folder.join(format!("device-{n}")),
        role,
        place,
        branch,
        member,
        seed: rng.next_u64(),
        ticket: Mutex::new(None),
        stage: AtomicU8::new(0),
        heard: AtomicU64::new(0),
    }
}
