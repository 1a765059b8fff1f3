//! Who takes part in a second branch for a time (*sinh hoạt tạm thời*). Who is placed where is said at the office; a
//! host's phone records dues and remarks, and marks a guest's attendance as everybody's ([`Chibo::attend`]).

use crate::branch::place_here;
use crate::chibo::Chibo;
use crate::error::{ChiboError, Why};
use crate::record::{FieldEdit, Saved, parsed, saved};
use chibo_core::document::Value;
use chibo_core::domain::look::Look;
use chibo_core::domain::placement::{DUES, REMARK};
use chibo_device::edge::SystemChance;
use chibo_device::guests::{self, GuestError};
use chibo_device::looks;

/// A placement that this device knows.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PlacementRow {
    /// The placement, by id: what [`crate::Mark::member`] names for a guest.
    pub placement: String,
    /// The member, by id, if their own place is known here.
    pub member: Option<String>,
    /// The name.
    pub name: String,
    /// How they are reached.
    pub phone: String,
    /// Their own branch, by name.
    pub home: String,
    /// The last day, as `2026-11-24`; `null`: it has ended.
    pub until: Option<String>,
    /// Whether they take part here and are from elsewhere; else they are from here and take part elsewhere.
    pub is_guest: bool,
}

impl From<GuestError> for ChiboError {
    fn from(e: GuestError) -> Self {
        match e {
            GuestError::NoMonth => ChiboError::Invalid {
                field: "month".into(),
                why: Why::NoDate,
                allowed: Vec::new(),
            },
            GuestError::Edit(e) => e.into(),
            _ => ChiboError::NotHere,
        }
    }
}

#[uniffi::export]
impl Chibo {
    /// The placements that this device knows: guests here, and own members elsewhere.
    pub fn placements(&self) -> Result<Vec<PlacementRow>, ChiboError> {
        self.shared.call(|h, now| {
            looks::note(h, None, Look::Opened, now, &mut SystemChance)?;
            let all = guests::list(&h.phone, now)?.into_iter();
            let rows = all.map(|guest| {
                let said = |name: &str| guest.values.get(name).map(Value::shown);
                PlacementRow {
                    placement: guest.place.to_string(),
                    member: guest.member.map(|m| m.to_string()),
                    name: said("full_name").unwrap_or_default(),
                    phone: said("phone").unwrap_or_default(),
                    home: said("home").unwrap_or_default(),
                    until: guest.until.map(|day| day.to_string()),
                    is_guest: guest.is_guest,
                }
            });
            Ok(rows.collect())
        })
    }

    /// Records dues of a month (`2026-11`) that were collected from a guest: `amount` (đồng), `slip`, `paid_on` (today if
    /// it is not said).
    pub fn guest_dues(
        &self,
        placement: String,
        month: String,
        said: Vec<FieldEdit>,
    ) -> Result<Saved, ChiboError> {
        self.shared.call(|h, now| {
            let (guest, _) = place_here(h, &placement)?;
            let today = now.day_in_vietnam().ok_or(ChiboError::ClockOff)?;
            let values = parsed(&DUES, "", said)?;
            let when = (now, today);
            let done = guests::dues(h, guest, &month, values, when, &mut SystemChance)?;
            Ok(saved(&DUES, done))
        })
    }

    /// Records what the host says of a guest: `remark`, `by`, `said_on` (today if it is not said).
    pub fn guest_remark(
        &self,
        placement: String,
        said: Vec<FieldEdit>,
    ) -> Result<Saved, ChiboError> {
        self.shared.call(|h, now| {
            let (guest, _) = place_here(h, &placement)?;
            let today = now.day_in_vietnam().ok_or(ChiboError::ClockOff)?;
            let values = parsed(&REMARK, "", said)?;
            let done = guests::remark(h, guest, values, (now, today), &mut SystemChance)?;
            Ok(saved(&REMARK, done))
        })
    }
}
