//! Who takes part in a second branch for a time (*sinh hoạt tạm thời*), as a phone sees it, and what the host records of
//! a guest: dues that it collected, a remark. Attendance is marked with everybody else's ([`crate::say::attend`]). Where
//! somebody is placed, and until when, is said at the office.
//!
//! Does not know: words, the clock.

use crate::handset::{FilePhone, Handset};
use chibo_core::author::{EditError, EditOutcome, Target};
use chibo_core::date::{Day, PartialDate};
use chibo_core::document::{Value, Values};
use chibo_core::domain::placement::{DUES, PLACEMENT, REMARK};
use chibo_core::id::{PlaceId, random16};
use chibo_core::place::{Host, PlaceKind};
use chibo_core::store::StoreError;
use chibo_core::time::Timestamp;
use rand_core::RngCore;

/// A placement that this device knows.
#[derive(Debug, Clone)]
pub struct Guest {
    /// The placement.
    pub place: PlaceId,
    /// The member, if their own place is known here.
    pub member: Option<PlaceId>,
    /// Who comes, how they are reached, from which branch, why: its values.
    pub values: Values,
    /// The last day on which it holds; `None`: it has ended.
    pub until: Option<Day>,
    /// Whether this device's branch is the host; else the member is from here.
    pub is_guest: bool,
}

/// Why nothing was recorded of a guest.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GuestError {
    /// This person does not take part here for a time.
    #[error("no guest")]
    NoGuest,
    /// It is no month.
    #[error("no month")]
    NoMonth,
    /// The edit failed.
    #[error(transparent)]
    Edit(#[from] EditError),
}

/// The placements that this device knows: of guests here, and of its own members elsewhere. A guest's ends by itself on
/// its last day, by this device's clock: a phone that hears nothing from the node does not go on showing them.
pub fn list(phone: &FilePhone, now: Timestamp) -> Result<Vec<Guest>, StoreError> {
    let tree = phone.tree();
    let placements = tree.iter().filter(|(_, p)| p.kind == PlaceKind::Placement);
    let root = phone.view().map(|v| v.root);
    let mut all = Vec::new();
    for (place, placed) in placements {
        let is_over = placed.host.is_some_and(|host| host.until <= now);
        let is_guest = root.is_some_and(|root| tree.is_hosted(place, root));
        if is_over && is_guest {
            continue;
        }
        let shown = phone.values(Target::at(place, &PLACEMENT, b"").doc)?;
        // It holds until the moment at which the next day begins.
        let last = placed.host.map(|h| Timestamp(h.until.0.saturating_sub(1)));
        all.push(Guest {
            place,
            member: placed.parent,
            values: shown.map(|(_, values)| values).unwrap_or_default(),
            until: last
                .filter(|_| !is_over)
                .and_then(Timestamp::day_in_vietnam),
            is_guest,
        });
    }
    Ok(all)
}

fn is_guest(phone: &FilePhone, place: PlaceId, now: Timestamp) -> bool {
    let placed = phone.tree().get(place);
    let is_over = |host: Host| host.until <= now;
    placed.is_some_and(|p| p.kind == PlaceKind::Placement && !p.host.is_some_and(is_over))
}

fn edit(
    handset: &mut Handset,
    target: Target,
    values: &Values,
    now: Timestamp,
    rng: &mut dyn RngCore,
) -> Result<EditOutcome, GuestError> {
    let outcome = handset.phone.edit(target, values, now, rng)?;
    handset.note_mark().map_err(EditError::from)?;
    Ok(outcome)
}

/// Records dues that the host collected for a month, paid today if nothing else is said.
pub fn dues(
    handset: &mut Handset,
    guest: PlaceId,
    month: &str,
    mut values: Values,
    (now, today): (Timestamp, Day),
    rng: &mut dyn RngCore,
) -> Result<EditOutcome, GuestError> {
    if !is_guest(&handset.phone, guest, now) {
        return Err(GuestError::NoGuest);
    }
    let month = PartialDate::parse(month).ok();
    let month = month.filter(|d| d.month().is_some());
    let month = month.ok_or(GuestError::NoMonth)?.to_string();
    let month = month.get(..7).unwrap_or(&month).to_owned();
    let target = Target::at(guest, &DUES, month.as_bytes());
    values.insert("month".into(), Value::Text(month));
    let paid_on = || Value::Text(today.date().to_string());
    values.entry("paid_on".into()).or_insert_with(paid_on);
    edit(handset, target, &values, now, rng)
}

/// Records what the host says of a guest, said today if nothing else is said.
pub fn remark(
    handset: &mut Handset,
    guest: PlaceId,
    mut values: Values,
    (now, today): (Timestamp, Day),
    rng: &mut dyn RngCore,
) -> Result<EditOutcome, GuestError> {
    if !is_guest(&handset.phone, guest, now) {
        return Err(GuestError::NoGuest);
    }
    let said_on = || Value::Text(today.date().to_string());
    values.entry("said_on".into()).or_insert_with(said_on);
    let target = Target::at(guest, &REMARK, &random16(rng));
    edit(handset, target, &values, now, rng)
}
