//! What people of the demo do with a device or at the office: an edit, an act in a case. Whoever is late is asked why, and
//! says it.

use super::agenda::Event;
use super::error::DemoError;
use super::ledger::Happened;
use super::worker::Worker;
use crate::handset::Handset;
use crate::intake::OfficeNode;
use chibo_core::author::{Doing, EditError, Target};
use chibo_core::case::CaseError;
use chibo_core::document::{Value, Values};
use chibo_core::id::PlaceId;
use chibo_core::kind::{self, Kind};
use chibo_core::time::Timestamp;
use rand_core::RngCore;
use std::sync::atomic::Ordering;

/// The key of the one case or decision of a kind that a member has in this year.
pub(super) const ONE: &[u8; 16] = b"one in this year";

/// Why something is late.
const WHY_LATE: &str = "Đi làm xa, về làm thủ tục chậm";

pub(super) fn said(pairs: &[(&str, String)]) -> Values {
    let text = |(name, t): &(&str, String)| ((*name).to_owned(), Value::Text(t.clone()));
    pairs.iter().map(text).collect()
}

pub(super) fn counted(pairs: &[(&str, String)]) -> Values {
    let mut values = said(pairs);
    values.insert("papers".into(), Value::Count(12));
    values.insert("sheets".into(), Value::Count(40));
    values
}

/// The one case of a kind at a place.
pub(super) fn one(place: PlaceId, kind: &'static Kind) -> Target {
    Target::at(place, kind, ONE)
}

/// What came of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    /// Nobody has asked yet, it is past that, or it is not on this device.
    Nothing,
    /// It was done.
    Done,
    /// It was done late, and it was said why.
    DoneLate,
}

impl Came {
    pub(super) fn is_done(self) -> bool {
        self != Came::Nothing
    }
}

/// Does an act; asked for the reason of being late, gives it and does it again.
fn done(
    said: &Values,
    mut attempt: impl FnMut(&Values) -> Result<(), EditError>,
) -> Result<Came, DemoError> {
    let mut came = Came::Done;
    let mut result = attempt(said);
    if result == Err(EditError::Case(CaseError::LateReason)) {
        let mut with_reason = said.clone();
        with_reason.insert("note".into(), Value::Text(WHY_LATE.into()));
        result = attempt(&with_reason);
        came = Came::DoneLate;
    }
    match result {
        Ok(()) => Ok(came),
        Err(EditError::Case(_) | EditError::UnknownPlace) => Ok(Came::Nothing),
        Err(e) => Err(e.into()),
    }
}

/// An act in a case at the office, if the case is there and waits for it.
pub(super) fn at_office(
    node: &mut OfficeNode,
    case: Target,
    act: &str,
    said: &Values,
    now: Timestamp,
    rng: &mut dyn RngCore,
) -> Result<Came, DemoError> {
    done(said, |said| {
        let doing = Doing {
            act,
            about: None,
            said,
        };
        node.act(case, doing, now, rng).map(drop)
    })
}

/// Somebody with a device before them.
pub(super) struct Hand<'a> {
    pub worker: &'a Worker<'a>,
    pub handset: &'a mut Handset,
    pub rng: &'a mut dyn RngCore,
}

impl Hand<'_> {
    /// Edits, if the place is (still) on this device; whether anything changed.
    pub(super) fn edit(
        &mut self,
        place: PlaceId,
        (kind, key): (&str, &str),
        values: &Values,
    ) -> Result<bool, DemoError> {
        let Some(kind) = kind::by_name(kind) else {
            return Ok(false);
        };
        if self.handset.phone.tree().get(place).is_none() {
            return Ok(false);
        }
        let target = Target::at(place, kind, key.as_bytes());
        let now = self.worker.world.now();
        let outcome = self.handset.phone.edit(target, values, now, self.rng)?;
        if outcome.changed {
            self.worker
                .world
                .counters
                .edits
                .fetch_add(1, Ordering::SeqCst);
        }
        Ok(outcome.changed)
    }

    /// The same, and it happened.
    pub(super) fn writes(
        &mut self,
        event: Event,
        place: PlaceId,
        kind: (&str, &str),
        values: &Values,
    ) -> Result<(), DemoError> {
        if self.edit(place, kind, values)? {
            self.worker.world.note([Happened::only(event)]);
        }
        Ok(())
    }

    /// Does an act in a case, if it is this device's turn.
    pub(super) fn act(
        &mut self,
        case: Target,
        act: &str,
        said: &Values,
    ) -> Result<bool, DemoError> {
        let world = self.worker.world;
        let now = world.now();
        let (phone, rng) = (&mut self.handset.phone, &mut *self.rng);
        let came = done(said, |said| {
            let doing = Doing {
                act,
                about: None,
                said,
            };
            phone.act(case, doing, now, rng).map(drop)
        })?;
        if came == Came::DoneLate {
            world.note([Happened::only(Event::AskedWhyLate)]);
        }
        if came.is_done() {
            world.counters.edits.fetch_add(1, Ordering::SeqCst);
        }
        Ok(came.is_done())
    }
}
