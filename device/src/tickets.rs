//! The ticket by which a member enrols a phone of their own (*phiếu*), made by who leads the branch, without a line. A
//! screen that shows one is drawn again, turned, or comes back after the system took the process: it must show the ticket
//! that was made and not another one, of which each would let somebody in. So the store keeps the last one for each member,
//! for as long as it can be used.
//!
//! Does not know: how it is shown, the clock.

use crate::handset::Handset;
use chibo_core::author::EditError;
use chibo_core::enrol::{Offer, Pass, Ticket};
use chibo_core::id::PlaceId;
use chibo_core::records;
use chibo_core::store::{Store, StoreError};
use chibo_core::time::Timestamp;
use rand_core::RngCore;

/// Where the ticket for a member lies that can be used for so many seconds from when it is made.
fn name(place: PlaceId, seconds: u64) -> String {
    format!("device/ticket/{place}/{seconds}")
}

/// The grant on paper of a ticket, by hash, and what it stands under.
fn on_paper(ticket: &Ticket) -> Option<(chibo_core::id::Hash, chibo_core::id::Hash)> {
    match &ticket.pass {
        Pass::Paper(_, grant) => Some((grant.hash(), grant.under)),
        Pass::Secret(_) => None,
    }
}

/// The ticket that was made for this member, if it can still be used and says the same as `fresh` would.
fn kept(handset: &Handset, fresh: &Ticket, now: Timestamp) -> Result<Option<Ticket>, StoreError> {
    handset.phone.store().read(|tx| {
        let seconds = fresh.expires.0.saturating_sub(now.0);
        let bytes = records::meta(tx, &name(fresh.place, seconds))?.unwrap_or_default();
        let text = String::from_utf8(bytes).unwrap_or_default();
        let Ok(kept) = Ticket::from_text(&text) else {
            return Ok(None);
        };
        let (Some((paper, under)), Some((_, stands))) = (on_paper(&kept), on_paper(fresh)) else {
            return Ok(None);
        };
        let says_the_same = (&kept.url, kept.role, kept.place)
            == (&fresh.url, fresh.role, fresh.place)
            && kept.letter_key == fresh.letter_key
            && under == stands;
        let is_used = || -> Result<bool, StoreError> {
            let grants = records::grants(tx)?;
            Ok(grants.iter().any(|(_, grant)| grant.under == paper))
        };
        let stands = says_the_same && kept.expires > now && !is_used()?;
        Ok(stands.then_some(kept))
    })
}

/// The ticket for what is offered: the one that was made before for as long a time, while it can be used, else a new one. `anew`:
/// a new one in any case; the one before is not taken back by that, and ends at its time.
///
/// # Errors
/// [`EditError::NotAllowed`] if this device's grant does not let its holder give that role there.
pub fn ticket(
    handset: &mut Handset,
    offer: &Offer,
    anew: bool,
    now: Timestamp,
    rng: &mut dyn RngCore,
) -> Result<Ticket, EditError> {
    let fresh = handset.phone.ticket(&handset.kept_url()?, offer, rng)?;
    if !anew && let Some(kept) = kept(handset, &fresh, now)? {
        return Ok(kept);
    }
    let text = fresh.to_text();
    let name = name(fresh.place, fresh.expires.0.saturating_sub(now.0));
    let store = handset.phone.store_mut();
    store.write(|tx| records::set_meta(tx, &name, text.as_bytes()))?;
    Ok(fresh)
}
