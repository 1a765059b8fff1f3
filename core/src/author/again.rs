//! What was said and cannot stand is said again: work is taken out of the documents and becomes a draft over
//! what stays, so that nothing an author said is lost when a segment is refused, a store was put back to an older
//! state, or a key is left.

use super::own_feed_name;
use crate::document::{self, Values};
use crate::feed::verify::FeedHead;
use crate::feed::{SignedSegment, Spot, change_hash};
use crate::id::{DocId, FeedId, PublicKey};
use crate::records::{self, DraftRow, FeedRow, SegmentState};
use crate::replica::{self, Overlay};
use crate::store::{StoreError, Tx};
use crate::tree::Tree;
use std::collections::{BTreeMap, BTreeSet};

/// Stops writing a feed of this store's own and turns its work without a receipt, from segment `from` on,
/// into drafts again, with all of this store's work under other feeds that builds on it. Acts of a
/// refused segment are not said again; those after it are.
pub fn unsay(
    tx: &mut dyn Tx,
    tree: &Tree,
    feed: FeedId,
    from: u64,
    refused: bool,
) -> Result<(), StoreError> {
    let refused = refused.then_some(Spot { feed, n: from });
    unsay_all(
        tx,
        tree,
        BTreeMap::from([(feed, from)]),
        refused,
        &Gone::new(),
    )
}

/// Changes of documents that are about to be taken out.
pub type Gone = BTreeMap<DocId, BTreeSet<[u8; 32]>>;

/// As [`unsay`], for several feeds at once, where other changes (`gone`) go as well: what is said again is
/// said over what stays without any of them.
pub fn unsay_all(
    tx: &mut dyn Tx,
    tree: &Tree,
    mut feeds: BTreeMap<FeedId, u64>,
    refused: Option<Spot>,
    gone: &Gone,
) -> Result<(), StoreError> {
    let without = with_builders(tx, &mut feeds, gone)?;
    let mut said: BTreeMap<DocId, Vec<(Spot, [u8; 32])>> = BTreeMap::new();
    let mut removed = Gone::new();
    for (feed, from) in &feeds {
        for (spot, signed) in stop(tx, *feed, *from, refused)? {
            for c in &signed.unproven().changes {
                let Some(hash) = change_hash(&c.change) else {
                    continue;
                };
                removed.entry(c.doc).or_default().insert(hash);
                if Some(spot) != refused {
                    said.entry(c.doc).or_default().push((spot, hash));
                }
            }
        }
    }
    for (doc, hashes) in &removed {
        let list = said.remove(doc).unwrap_or_default();
        let none = BTreeSet::new();
        if let Some(draft) = said_again(tx, *doc, &list, without.get(doc).unwrap_or(&none))? {
            let draft = match records::draft(tx, *doc)? {
                Some(later) => {
                    let mut values = draft.values;
                    values.extend(later.values);
                    DraftRow { values, ..draft }
                }
                None => draft,
            };
            records::put_draft(tx, *doc, &draft)?;
        }
        replica::take_out(tx, *doc, hashes)?;
    }
    let overlay = Overlay::of(tx)?;
    for doc in removed.keys() {
        replica::project(tx, tree, *doc, &overlay)?;
    }
    Ok(())
}

/// Adds to these feeds all others of this store with work that builds on what goes. Returns all that goes.
fn with_builders(
    tx: &dyn Tx,
    feeds: &mut BTreeMap<FeedId, u64>,
    gone: &Gone,
) -> Result<Gone, StoreError> {
    loop {
        let mut without = gone.clone();
        let mut own = Vec::new();
        for spot in records::own_without_receipt(tx)? {
            let Some(row) = records::segment(tx, spot)? else {
                continue;
            };
            let signed = SignedSegment::from_bytes(&row.bytes)?;
            let changes: Vec<(DocId, [u8; 32])> = (signed.unproven().changes.iter())
                .filter_map(|c| Some((c.doc, change_hash(&c.change)?)))
                .collect();
            if feeds.get(&spot.feed).is_some_and(|from| spot.n >= *from) {
                for (doc, hash) in &changes {
                    without.entry(*doc).or_default().insert(*hash);
                }
            } else {
                own.push((spot, changes));
            }
        }
        for (doc, hashes) in &mut without {
            if let Some(row) = records::doc(tx, *doc)? {
                for c in document::load(&row.bytes)?.get_changes(&[]) {
                    if c.deps().iter().any(|d| hashes.contains(&d.0)) {
                        hashes.insert(c.hash().0);
                    }
                }
            }
        }
        let goes = |(doc, hash): &(DocId, [u8; 32])| {
            without.get(doc).is_some_and(|hashes| hashes.contains(hash))
        };
        let mut more = false;
        for (spot, _) in own.iter().filter(|(_, changes)| changes.iter().any(goes)) {
            let from = feeds.entry(spot.feed).or_insert(spot.n);
            *from = (*from).min(spot.n);
            more = true;
        }
        if !more {
            return Ok(without);
        }
    }
}

/// Ends a feed of this store's own before segment `from`. Returns what stood there without a receipt; only
/// a refused one stays in the store.
fn stop(
    tx: &mut dyn Tx,
    feed: FeedId,
    from: u64,
    refused: Option<Spot>,
) -> Result<Vec<(Spot, SignedSegment)>, StoreError> {
    let mut stopped = Vec::new();
    let Some(row) = records::feed(tx, feed)? else {
        return Ok(stopped);
    };
    let name = own_feed_name(row.scope);
    if records::meta(tx, &name)?.as_deref() == Some(&feed.0) {
        records::drop_meta(tx, &name)?;
    }
    for (n, segment) in records::segments_from(tx, feed, from)? {
        if matches!(segment.state, SegmentState::Receipted(_)) {
            continue;
        }
        let signed = SignedSegment::from_bytes(&segment.bytes)?;
        if n == from {
            let head = FeedHead {
                n: from - 1,
                hash: signed.unproven().prev,
            };
            records::put_feed(tx, feed, &FeedRow { head, ..row })?;
        }
        let spot = Spot { feed, n };
        if Some(spot) != refused {
            records::drop_segment(tx, spot)?;
        }
        stopped.push((spot, signed));
    }
    Ok(stopped)
}

/// What these changes of a document set, as one draft over what stays.
fn said_again(
    tx: &dyn Tx,
    doc: DocId,
    changes: &[(Spot, [u8; 32])],
    without: &BTreeSet<[u8; 32]>,
) -> Result<Option<DraftRow>, StoreError> {
    let (Some((first, _)), Some(row)) = (changes.first(), records::doc(tx, doc)?) else {
        return Ok(None);
    };
    let loaded = document::load(&row.bytes)?;
    let mut values = Values::new();
    let mut heads: BTreeSet<[u8; 32]> = BTreeSet::new();
    // In the order in which one builds on the other.
    for change in loaded.get_changes(&[]) {
        if !changes.iter().any(|(_, hash)| *hash == change.hash().0) {
            continue;
        }
        let before = document::values(&loaded, Some(change.deps()));
        let after = document::values(&loaded, Some(&[change.hash()]));
        values.extend(document::difference(&before, &after));
        let deps = change.deps().iter().map(|d| d.0);
        heads.extend(document::down_to(&loaded, deps, without));
    }
    Ok((!values.is_empty()).then(|| DraftRow {
        scope: row.scope,
        kind: row.kind,
        heads: heads.into_iter().collect(),
        values,
        replaces: Some(*first),
    }))
}

/// Stops writing every feed of this store's own, as after a restored backup: what it says from now on
/// it says under new ones.
pub fn begin_anew(tx: &mut dyn Tx, tree: &Tree, own: &PublicKey) -> Result<(), StoreError> {
    stop_feeds(tx, tree, own, |state| state == SegmentState::Unsent)
}

/// Leaves a key for good: as [`begin_anew`], and what the node holds because the key was left already is
/// said again under the new one as well.
pub fn leave_key(tx: &mut dyn Tx, tree: &Tree, own: &PublicKey) -> Result<(), StoreError> {
    stop_feeds(tx, tree, own, |state| {
        matches!(state, SegmentState::Unsent | SegmentState::Held(_))
    })
}

fn stop_feeds(
    tx: &mut dyn Tx,
    tree: &Tree,
    own: &PublicKey,
    waits: fn(SegmentState) -> bool,
) -> Result<(), StoreError> {
    for (id, row) in records::feeds(tx)? {
        if row.key == *own && !row.ended {
            if tree.of_scope(row.scope).is_none() {
                // The place went to others and its documents with it: what waits is handed over as
                // it was sealed.
                records::drop_meta(tx, &own_feed_name(row.scope))?;
                continue;
            }
            let unsent = records::segments_from(tx, id, 1)?
                .into_iter()
                .find(|(_, s)| waits(s.state))
                .map_or(row.head.n + 1, |(n, _)| n);
            unsay(tx, tree, id, unsent, false)?;
        }
    }
    Ok(())
}
