//! What a secretary's first screen says (*ai đang chờ tôi*), in one piece: what is due, where two people wrote
//! differently, who is away and has not been heard of, what was not sent, when the node answered last.
//!
//! Does not know: the clock, how much of it a screen shows.

use crate::handset::{FilePhone, Handset, Waits};
use crate::lists::{self, Due, ListError, Unheard};
use crate::otherwise::Otherwise;
use crate::workplace::Workplace;
use chibo_core::date::Day;
use chibo_core::records;
use chibo_core::regulation::Key;
use chibo_core::store::sqlite::Find;
use chibo_core::store::{Row, Store, StoreError};
use chibo_core::time::Timestamp;

/// The setting that says when the node answered last, and whether it had everything.
const LAST_SYNC: &str = "last-sync";
/// The setting that counts own work which was refused and about which the person was not told yet.
const REFUSED: &str = "refused-untold";

/// The first screen.
#[derive(Debug, Clone)]
pub struct Home {
    /// What is due, whatever is most urgent first; without what is done.
    pub due: Vec<Due>,
    /// Facts of which nobody can say when they are due.
    pub gaps: usize,
    /// Documents in which two people filled in a field differently.
    pub conflicts: Vec<Row>,
    /// Who is away and has not been heard of in time.
    pub unheard: Vec<Unheard>,
    /// Cases in which something is still to be done.
    pub open_cases: usize,
    /// What waits here to be handed over.
    pub waits: Waits,
    /// When the node answered last, and whether it had everything then.
    pub last_sync: Option<(Timestamp, bool)>,
    /// Own work that was refused, and of which nobody was told here yet ([`Handset::refusals_told`]).
    pub refused: usize,
    /// That the node told another phone otherwise than this one, until somebody says that it was reported.
    pub otherwise: Option<Otherwise>,
}

/// The first screen, today.
pub fn home(handset: &Handset, today: Day) -> Result<Home, ListError> {
    let phone = &handset.phone;
    let (store, tree) = (phone.store(), phone.tree());
    let mut deadlines = lists::deadlines(store, tree, None, false, today)?;
    // Who has not been heard of stands in a list of their own here.
    deadlines
        .due
        .retain(|d| d.deadline.key != Key::CheckInEvery);
    let unheard = match lists::unheard(store, tree, None, today) {
        // Nobody has said how often they should report: then nobody is late.
        Err(ListError::NoRule) => Vec::new(),
        list => list?,
    };
    Ok(Home {
        due: deadlines.due,
        gaps: deadlines.gaps.len(),
        conflicts: conflicts(handset)?,
        unheard,
        open_cases: lists::open_cases(store)?.len(),
        waits: handset.waits()?,
        last_sync: handset.last_sync()?,
        refused: handset.refused_untold()?,
        otherwise: handset.told_otherwise()?,
    })
}

/// Documents in which two people filled in a field differently, in the order of rolls.
pub fn conflicts(here: &dyn Workplace) -> Result<Vec<Row>, StoreError> {
    here.store().find(&Find {
        in_conflict: true,
        ..Find::default()
    })
}

/// Notes that the node has answered, whether it has everything now, and how much of this device's work it refused.
pub fn note_answer(
    phone: &mut FilePhone,
    now: Timestamp,
    synced: bool,
    refused: usize,
) -> Result<(), StoreError> {
    let last = [&now.0.to_be_bytes()[..], &[u8::from(synced)]].concat();
    let refused = u64::try_from(refused).unwrap_or(u64::MAX);
    phone.store_mut().write(|tx| {
        records::set_meta(tx, LAST_SYNC, &last)?;
        let before = records::meta_number(tx, REFUSED)?;
        match refused {
            0 => Ok(()),
            n => records::set_meta_number(tx, REFUSED, before.saturating_add(n)),
        }
    })
}

impl Handset {
    /// When the node answered last, and whether it had everything then; `None`: it never did.
    pub fn last_sync(&self) -> Result<Option<(Timestamp, bool)>, StoreError> {
        let kept = self
            .phone
            .store()
            .read(|tx| records::meta(tx, LAST_SYNC))?
            .unwrap_or_default();
        let Some((time, [synced])) = kept.split_first_chunk::<8>() else {
            return Ok(None);
        };
        Ok(Some((Timestamp(u64::from_be_bytes(*time)), *synced == 1)))
    }

    /// How much of this device's work was refused since its owner was told last.
    pub fn refused_untold(&self) -> Result<usize, StoreError> {
        let store = self.phone.store();
        let count = store.read(|tx| records::meta_number(tx, REFUSED))?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// The person has read what was refused.
    pub fn refusals_told(&mut self) -> Result<(), StoreError> {
        let store = self.phone.store_mut();
        store.write(|tx| records::drop_meta(tx, REFUSED))
    }
}
