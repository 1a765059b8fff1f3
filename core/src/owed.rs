//! What a member owes by all that is recorded of them together: the yearly supplement that is not there, the word that is
//! to come of somebody away, the end of a temporary exemption that a decision gave.
//!
//! No document by itself starts these terms, so they are worked out here and go into the one engine with the others
//! ([`crate::deadline`]); their kinds describe them ([`Of::Member`]). What lags behind a transfer is [`crate::moved`]'s.
//!
//! Does not know: storage, the clock (today is passed in), words.

use crate::away::{self, Recorded};
use crate::date::Day;
use crate::deadline::{Fact, NoDeadline, Of};
use crate::domain::exemption::DECIDED_EXEMPTION_ENDS;
use crate::dossier;
use crate::id::PlaceId;
use crate::register::{self, last_day};

/// The terms of a member on a day, and those of which nobody can say since when they run. `keeps`: whether the supplements
/// of a year are kept here; of a year of before, nobody is told that theirs is late where nobody's is recorded.
pub fn facts(
    member: PlaceId,
    of: &Recorded,
    keeps: &dyn Fn(u16) -> bool,
    today: Day,
) -> (Vec<Fact>, Vec<NoDeadline>) {
    let (mut found, mut gaps) = (Vec::new(), Vec::new());
    let status = register::status(&of.record, &of.decisions, today);
    if !register::belongs(status.as_ref()) {
        return (found, gaps);
    }
    if let Some(status) = status.filter(|s| s.value == "temp_exempt")
        && let Some(last) = status.until.and_then(last_day)
        // One that a case gave ends with the case.
        && !(status.decision).is_some_and(|doc| of.by_case.contains(&doc))
    {
        found.push(Fact {
            rule: DECIDED_EXEMPTION_ENDS,
            place: member,
            from: last,
            done: None,
        });
    }
    let years = [today.year().checked_sub(1), Some(today.year())];
    for year in years.into_iter().flatten() {
        if year == today.year() || keeps(year) {
            found.extend(dossier::owed(member, &of.record, &of.supplements, year));
        }
    }
    match away::owed(member, of, today) {
        Some(Ok(fact)) => found.push(fact),
        Some(Err(gap)) => gaps.push(gap),
        None => {}
    }
    debug_assert!(found.iter().all(|fact| fact.rule.of == Of::Member));
    (found, gaps)
}

/// Whether anybody of these handed in the supplement of a year.
pub fn keeps<'a>(mut of: impl Iterator<Item = &'a Recorded>, year: u16) -> bool {
    of.any(|of| dossier::done(&of.supplements, year).is_some())
}
