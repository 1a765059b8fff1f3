//! Documents as they are after some months of use: made on one device, edited on two in turn.
//!
//! What benchmarks measure and what the dictionary is trained on. Each edit builds on the one before,
//! so nothing stands in conflict; each takes its time from the generator, never from a clock.

use super::work::small_edit;
use super::{AS_OF, dice::Dice};
use automerge::Automerge;
use chibo_core::document::{self, DocumentError, Values};
use chibo_core::id::FeedId;
use chibo_core::kind::Kind;
use rand_core::RngCore;

const DAY_SECONDS: u64 = 24 * 60 * 60;

/// A document of this kind with these values, made by the first feed in one change and then edited
/// so many times by the second and the first in turn. Also the changes, in their order, raw.
///
/// # Errors
/// [`DocumentError`] if the values are not of the kind.
pub fn document_with_history(
    rng: &mut dyn RngCore,
    kind: &'static Kind,
    values: &Values,
    feeds: &[FeedId; 2],
    edits: usize,
) -> Result<(Automerge, Vec<Vec<u8>>), DocumentError> {
    let mut time = u64::from(AS_OF.unsigned_abs()) * DAY_SECONDS;
    time -= u64::from(Dice(rng).between(200, 500)) * DAY_SECONDS;
    let mut doc = document::genesis(kind);
    let mut changes = Vec::with_capacity(edits + 1);
    let mut next = values.clone();
    while changes.len() <= edits {
        let feed = feeds[changes.len() % 2];
        let heads = doc.get_heads();
        if let Some(edited) = document::edit(&doc, kind, &next, feed, &heads, time)? {
            doc = edited.doc;
            changes.push(edited.change);
        }
        next = small_edit(rng, kind, &document::values(&doc, None));
        time += u64::from(Dice(rng).between(600, 2_000_000));
    }
    Ok((doc, changes))
}
