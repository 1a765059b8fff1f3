//! Who this device's owner is, and what they do for others of their branch: let a member in, and help a colleague who
//! forgot a PIN.

use crate::branch::place_here;
use crate::chibo::Chibo;
use crate::describe::Text;
use crate::error::ChiboError;
use crate::sync::on_runtime;
use chibo_core::carriers::http::CarrierError;
use chibo_core::enrol::Offer;
use chibo_core::id::{PersonId, PlaceId};
use chibo_core::limits;
use chibo_core::place::{PlaceKind, Role};
use chibo_core::time::Timestamp;
use chibo_device::edge::SystemChance;
use chibo_device::{record, tickets};

/// Who works on this device.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Owner {
    /// The role, by name.
    pub role: String,
    /// What people call it.
    pub role_label: Text,
    /// The place on which it is given, by id.
    pub place: String,
    /// What that is called.
    pub place_name: String,
    /// The owner's own place, by id: what [`Chibo::record`] and [`Chibo::check_in`] take, if their record is here.
    pub person: String,
    /// Their name, if their record is here.
    pub name: Option<String>,
}

/// Another device of the branch, whose owner can be helped.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Colleague {
    /// The device's number: what [`Chibo::recovery_code`] takes.
    pub number: u64,
    /// The role, as people call it.
    pub role_label: Text,
    /// Whose it is, by name, if their record is here.
    pub name: Option<String>,
    /// The number that its own screen shows as well.
    pub confirmation: String,
}

/// A ticket by which somebody enrols a device of their own.
#[derive(Clone, PartialEq, Eq, uniffi::Record)]
pub struct AdmissionTicket {
    /// The text; a secret.
    pub text: String,
    /// Until when it can be used, seconds since 1970.
    pub until: u64,
}

#[uniffi::export]
impl Chibo {
    /// Who works on this device.
    pub fn owner(&self) -> Result<Owner, ChiboError> {
        self.shared.call(|h, now| {
            let author = h.phone.author().ok_or(ChiboError::NotEnrolled)?;
            let today = now.day_in_vietnam().ok_or(ChiboError::ClockOff)?;
            let person = PlaceId(author.person.0);
            Ok(Owner {
                role: author.role.name().into(),
                role_label: author.role.label().into(),
                place: author.place.to_string(),
                place_name: record::place_name(h, author.place, today)?.unwrap_or_default(),
                person: person.to_string(),
                name: record::place_name(h, person, today)?,
            })
        })
    }

    /// A ticket by which a member of this branch enrols a device of their own, made without a line; it can be used for so
    /// many minutes (at most 31 days). Asked again for as long it is the same one, until it was used or its time is over; `anew`: another one,
    /// beside which the one before lives on until its time is over. Its text is a secret: shown as a QR code, or sent to
    /// nobody else.
    pub fn ticket_for(
        &self,
        member: String,
        minutes: u32,
        anew: bool,
    ) -> Result<AdmissionTicket, ChiboError> {
        self.shared.call(|h, now| {
            if h.is_practice()? {
                return Err(ChiboError::Practice);
            }
            let (place, kind) = place_here(h, &member)?;
            if kind != PlaceKind::Member {
                return Err(ChiboError::NotHere);
            }
            let seconds = (u64::from(minutes.max(1)) * 60).min(limits::TICKET_SECONDS);
            let until = Timestamp(now.0.saturating_add(seconds));
            let offer = Offer::new(Role::Member, place, PersonId(place.0), until);
            let ticket = tickets::ticket(h, &offer, anew, now, &mut SystemChance)?;
            Ok(AdmissionTicket {
                text: ticket.to_text(),
                until: ticket.expires.0,
            })
        })
    }

    /// The devices of the branch whose owners this one's may help when they forget a PIN.
    pub fn colleagues(&self) -> Result<Vec<Colleague>, ChiboError> {
        self.shared.call(|h, now| {
            let today = now.day_in_vietnam().ok_or(ChiboError::ClockOff)?;
            let mut all = Vec::new();
            for (number, grant) in h.phone.may_help()? {
                let person = PlaceId(grant.person.0);
                all.push(Colleague {
                    number,
                    role_label: grant.role.label().into(),
                    name: record::place_name(h, person, today)?,
                    confirmation: grant.confirmation(),
                });
            }
            Ok(all)
        })
    }

    /// The code that opens a colleague's phone whose PIN is forgotten, to be read out on a number that is known
    /// ([`crate::recover`]); the office sees that it was read. `null`: that device has handed none over.
    pub async fn recovery_code(&self, number: u64) -> Result<Option<String>, ChiboError> {
        let shared = self.shared.clone();
        on_runtime(async move {
            let _one_at_a_time = shared.line.lock().await;
            let (node, request) = shared.hold(|h, _| {
                let mut may = h.phone.may_help()?.into_iter();
                if !may.any(|(n, _)| n == number) {
                    return Err(ChiboError::NotHere);
                }
                Ok((h.home(None)?.0, h.phone.recovery_request(number)?))
            })?;
            let code = node.ask_recovery_code(&request).await?;
            Ok(code.map(|code| code.to_text().as_str().to_owned()))
        })
        .await
    }

    /// Gives this device another key; the old one is worth nothing from then on. All has to be handed over before. Once the
    /// node refuses ([`ChiboError::NotTakenIn`]) the device goes on asking for nothing; a line that breaks leaves the change
    /// begun, and asking again says the same.
    pub async fn change_key(&self) -> Result<(), ChiboError> {
        let shared = self.shared.clone();
        on_runtime(async move {
            let _one_at_a_time = shared.line.lock().await;
            let (node, request) = shared.hold(|h, _| {
                if h.is_practice()? {
                    return Err(ChiboError::Practice);
                }
                let node = h.home(None)?.0;
                Ok((node, h.phone.change_key(&mut SystemChance)?))
            })?;
            let said = node.ask_to_be_known(&request).await?;
            let answered = shared.hold(|h, _| Ok(h.phone.key_answered(said)?))?;
            Ok(answered.map_err(CarrierError::from)?)
        })
        .await
    }
}
