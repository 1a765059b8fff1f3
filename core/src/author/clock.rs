//! What a case's clock asks of whoever acts in it: a reason, once it is over.
//!
//! Asked at the edit and nowhere else. Whether a clock is over follows from today and from rules that a device may
//! not have heard of yet, so a door that judged it would refuse honest work; what comes without a reason is asked
//! for by the lists ([`deadline::reason_needed`]).

use super::EditError;
use crate::calendar::WorkingDays;
use crate::case::{self, CaseError};
use crate::deadline::{self, Deadline};
use crate::document::Values;
use crate::domain::regulation::REGULATION;
use crate::id::PlaceId;
use crate::kind::Kind;
use crate::place::PlaceKind;
use crate::regulation::{Regulations, Rule};
use crate::replica::{self, Overlay};
use crate::store::{StoreError, Tx};
use crate::time::Timestamp;
use crate::tree::Tree;

/// The rules as they are known here: what comes with the program, and the rows of committees above and below.
pub(super) fn regulations(tx: &dyn Tx, tree: &Tree) -> Result<Regulations, StoreError> {
    let overlay = Overlay::of(tx)?;
    let mut rows = Vec::new();
    for (place, _) in tree.iter().filter(|(_, p)| p.kind == PlaceKind::Committee) {
        for (_, values) in replica::documents(tx, place, &REGULATION, &overlay)? {
            // A row that this build does not understand changes nothing.
            rows.extend(Rule::from_values(&values).ok());
        }
    }
    // That the built-in rows can be read is tested.
    Ok(Regulations::built_in().unwrap_or_default().with(rows))
}

/// Whether an act may lead a case from one state of things to another, as far as its clocks go.
pub(super) fn allows(
    tx: &dyn Tx,
    tree: &Tree,
    (kind, place): (&Kind, PlaceId),
    act: &str,
    (before, after): (&Values, &Values),
    now: Timestamp,
) -> Result<(), EditError> {
    let asks = kind.case.is_some_and(|c| c.act(case::LATE).is_some());
    let Some(today) = now.day_in_vietnam().filter(|_| asks) else {
        return Ok(());
    };
    if matches!(act, case::KEEP | case::CANCEL) {
        return Ok(());
    }
    let rules = regulations(tx, tree)?;
    let calendar = WorkingDays::new(&rules);
    let late = |values| deadline::reason_needed(kind, values, place, &rules, &calendar, today);
    let was_late = late(before);
    // An act of long ago that is typed today is not asked about the clock that it starts.
    let asks = |d: &Deadline| {
        let ran = was_late.iter().any(|w| (w.key, w.from) == (d.key, d.from));
        ran || !d.state.is_open()
    };
    match late(after).iter().any(asks) {
        true => Err(CaseError::LateReason.into()),
        false => Ok(()),
    }
}
