//! What a device handed over about places that went from it, kept as it was sealed until it is in a safe place.
//!
//! A receipt says that the node has a segment. A node can go back to a backup of before: whoever holds the place
//! brings back then what the node lost. Of a place that went from this device, nobody else may hold it. So its own
//! segments stay, in no document and on no screen, until the node says that a checked backup holds them
//! ([`crate::log::Head::safe`]); should the node go back first, they wait to be handed over like any other work.

use super::grant::own_keys;
use crate::feed::Spot;
use crate::records::{self, SegmentState};
use crate::store::{StoreError, Tx};
use crate::tree::Tree;

/// Set while there may be such segments.
const KEPT: &str = "kept";

/// Notes that a segment of a place that is not this device's stays.
pub(super) fn note(tx: &mut dyn Tx) -> Result<(), StoreError> {
    records::set_meta(tx, KEPT, &[1])
}

/// Lets go of what stands in the log up to the entry `safe`.
pub(super) fn let_go(tx: &mut dyn Tx, tree: &Tree, safe: u64) -> Result<(), StoreError> {
    if records::meta(tx, KEPT)?.is_none() {
        return Ok(());
    }
    let own = own_keys(tx)?;
    let mut left = false;
    for (feed, row) in records::feeds(tx)? {
        if !own.contains(&row.key) || tree.of_scope(row.scope).is_some() {
            continue;
        }
        for (n, segment) in records::segments_from(tx, feed, 1)? {
            match segment.state {
                SegmentState::Receipted(entry) if entry <= safe => {
                    records::drop_segment(tx, Spot { feed, n })?;
                }
                // Without a receipt it may get one yet.
                _ => left = true,
            }
        }
    }
    match left {
        true => Ok(()),
        false => records::drop_meta(tx, KEPT),
    }
}
