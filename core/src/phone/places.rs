//! Places that a device gains, fills in page by page, and loses.

use super::entry::{Taken, take_erasure, take_receipt};
use super::epochs::{fill_again, ghost, say_again_over, unsent_changes};
use super::grant::own_keys;
use super::{CURSOR, CUT, Exchange, PENDING, Phone, SET_AT, SyncError};
use super::{kept, lost};
use crate::author::Author;
use crate::checkpoint::Page;
use crate::codec::{CodecError, Reader, Writer};
use crate::document::{self};
use crate::door;
use crate::feed::{SignedSegment, Spot, change_hash};
use crate::forget::{self, EraseAct};
use crate::id::{DocId, Hash, PlaceId, PublicKey, ScopeId};
use crate::identity::{BadGrant, Grant, Ground, Signature};
use crate::limits;
use crate::log::{ControlAct, PlaceAct, Signed, Verdict};
use crate::place::{Lane, PlaceKind, scope_of};
use crate::records::{self, DocRow, Ended, FeedRow, PlaceRow, ScopeRow, SegmentRow, SegmentState};
use crate::replica::{self, Overlay};
use crate::store::{Store, StoreError, Table, Tx, after_prefix};
use crate::tree::{Placed, Tree};
use crate::wire::FillCursor;
use std::collections::{BTreeMap, BTreeSet};

impl<S: Store> Phone<S> {
    pub(super) fn take_page(
        &mut self,
        exchange: &mut Exchange,
        author: &Author,
        payload: &[u8],
    ) -> Result<(), SyncError> {
        let page = Page::from_bytes(payload, &mut exchange.pages)?;
        // The dear part, loading documents through the door, needs no transaction.
        let mut opened = Vec::new();
        for p in &page.places {
            for l in &p.lanes {
                for d in &l.docs {
                    let doc = if d.whole {
                        door::load_document(&d.bytes)
                    } else {
                        door::load_short(&d.bytes)
                    };
                    opened.push(doc.map_err(|_| {
                        SyncError::NodeFault("a document of the checkpoint is damaged")
                    })?);
                }
            }
        }
        let mut tree = self.tree.clone();
        let count = opened.len();
        let receipts = self.store.write(|tx| {
            if records::position(tx)?.n != page.n {
                return Err(SyncError::Late);
            }
            let mut docs = Vec::new();
            let mut taken = Taken::default();
            let mut accepted = BTreeSet::new();
            let mut opened = opened.into_iter();
            for p in &page.places {
                let row = PlaceRow {
                    placed: Placed {
                        kind: p.kind,
                        parent: p.parent,
                        host: p.host,
                        birth: p.birth,
                    },
                    changed: 0,
                };
                records::put_place(tx, p.place, &row)?;
                if let Some(act) = &p.act {
                    let mut w = Writer::new();
                    w.number(act.n).fixed(&act.signature.0);
                    if let Some(offer) = act.came {
                        w.fixed(&offer.0);
                    }
                    records::set_meta(tx, &act_name(p.place), w.as_slice())?;
                    let epoch = lost::epoch_of(tx, act.n)?;
                    lost::placed_again(tx, p.place, epoch)?;
                }
                tree.put(p.place, row.placed);
                for l in &p.lanes {
                    let scope = scope_of(p.place, l.lane);
                    // A lane that goes on from an earlier page comes with all that has changed since.
                    // What stood in the log before is part of what the checkpoint says.
                    for n in records::scope_entries(tx, scope, 0, usize::MAX)? {
                        if n <= page.n {
                            records::drop_log_row(tx, scope, n)?;
                        }
                    }
                    records::put_scope(
                        tx,
                        scope,
                        &ScopeRow {
                            chain: l.chain,
                            last: l.last,
                            filled: page.n.max(1),
                        },
                    )?;
                    for (n, grant, end) in &l.grants {
                        is_proven(tx, author, grant, end.as_ref())?;
                        records::put_grant(tx, *n, grant)?;
                        lost::found(tx, grant.hash())?;
                        if let Some(end) = end {
                            records::put_ended(tx, *n, *end)?;
                            lost::found(tx, end.act(grant).act.hash())?;
                        }
                    }
                    for (n, act) in &l.erased {
                        is_erased_by_it(tx, author, scope, act)?;
                        take_erasure(tx, *n, act.clone(), &mut taken)?;
                    }
                    for d in &l.docs {
                        let Some(doc) = opened.next() else { break };
                        accepted.extend(doc.get_changes(&[]).iter().map(|c| c.hash().0));
                        let id =
                            d.id.unwrap_or_else(|| document::doc_id_of(scope, d.kind, b""));
                        // A node that was restored may have lost what this device knows.
                        if !forget::is_erased(tx, scope, id)? {
                            merge_doc(tx, &tree, (scope, d.kind, id), doc)?;
                        }
                        docs.push(id);
                    }
                }
            }
            // What was held may have been decided meanwhile: it is asked for again.
            ask_for_held(tx, Some(&scopes_of(&page)))?;
            // What waits here and is in the checkpoint has its receipt with it.
            for (spot, _) in records::waiting(tx)? {
                let Some(row) = records::segment(tx, spot)? else {
                    continue;
                };
                let signed = SignedSegment::from_bytes(&row.bytes)?;
                let is_in = signed
                    .unproven()
                    .changes
                    .iter()
                    .any(|c| change_hash(&c.change).is_some_and(|h| accepted.contains(&h)));
                if is_in {
                    let last = records::scope(tx, signed.unproven().scope)?.last;
                    take_receipt(tx, &mut tree, last, spot, row, &signed, &mut taken)?;
                }
            }
            docs.extend(taken.docs);
            docs.extend(own_again(tx, &page)?);
            forget::forget(tx, &taken.erased)?;
            for p in page.places.iter().filter(|p| p.birth <= page.done) {
                drop_ghosts(tx, &tree, p.place, p.kind)?;
            }
            let overlay = Overlay::of(tx)?;
            for doc in &docs {
                replica::project(tx, &tree, *doc, &overlay)?;
            }
            let under_way = page.cursor.zip(page.places.last());
            let cursor = under_way.map(|((lane, doc), place)| FillCursor {
                birth: place.birth,
                n: page.n,
                lane,
                doc,
            });
            put_cursor(tx, cursor.as_ref())?;
            let left = trim(&pending(tx)?, page.done);
            put_pending(tx, &left)?;
            let cut = records::meta_number(tx, CUT)?.max(page.n);
            records::set_meta_number(tx, CUT, cut)?;
            Ok(taken.receipts)
        })?;
        exchange.handed_over += receipts;
        self.tree = tree;
        self.author = self.load_author()?.or(Some(author.clone()));
        exchange.filled += count;
        Ok(())
    }

    pub(super) fn take_set(
        &mut self,
        made_at: u64,
        author: &Author,
        payload: &[u8],
    ) -> Result<(), SyncError> {
        let mut r = Reader::new(payload);
        let from = r.number()?;
        let mut gained = Vec::new();
        for _ in 0..r.count(limits::FRAME_RAW_BYTES / 4)? {
            let from = r.number()?;
            let to = from
                .checked_add(r.number()?)
                .ok_or(CodecError::BadValue { what: "range" })?;
            gained.push((from, to));
        }
        let mut lost = Vec::new();
        for _ in 0..r.count(limits::FRAME_RAW_BYTES / 16)? {
            lost.push(PlaceId::read(&mut r)?);
        }
        r.end()?;
        let mut tree = self.tree.clone();
        self.store.write(|tx| {
            if records::position(tx)?.n != from {
                return Err(SyncError::Late);
            }
            let own = own_keys(tx)?;
            records::set_meta_number(tx, SET_AT, made_at)?;
            let mut ranges = pending(tx)?;
            ranges.extend(gained);
            ranges.sort_unstable();
            ranges.dedup();
            put_pending(tx, &ranges)?;
            for root in &lost {
                // Of a unit above, only the unit is lost: what stands below it here is this device's own
                // place, which has gone to another.
                let gone = match tree.line(author.place).contains(root) {
                    true => vec![*root],
                    false => tree.subtree(*root),
                };
                for place in &gone {
                    drop_place(tx, &tree, *place, &own)?;
                }
                for place in gone {
                    tree.remove(place);
                }
            }
            Ok(())
        })?;
        self.tree = tree;
        Ok(())
    }
}

/// Whether what this device holds of the log bears out that the segment stands in entry `n`: a node that lies could
/// otherwise take work and keep nothing. `Some(false)`: it is not known yet, and a checkpoint will tell. `None`: the log is
/// known there, and says otherwise. Of a place that is not held here the node's word is all there is.
pub(super) fn bears_out(
    tx: &mut dyn Tx,
    tree: &Tree,
    n: u64,
    signed: &SignedSegment,
) -> Result<Option<bool>, StoreError> {
    let s = signed.unproven();
    let Some((place, _)) = tree.of_scope(s.scope) else {
        return Ok(Some(true));
    };
    let birth = tree.get(place).map_or(0, |p| p.birth);
    let ranges = pending(tx)?;
    if birth == 0
        || ranges
            .iter()
            .any(|(from, to)| (*from..=*to).contains(&birth))
    {
        return Ok(Some(false));
    }
    let entry = records::log_row(tx, n)?.map(|row| row.entry);
    if entry.is_some_and(|e| e.hash == signed.hash() && e.verdict == Verdict::Accepted) {
        return Ok(Some(true));
    }
    if n > records::scope(tx, s.scope)?.filled {
        return Ok(None);
    }
    // Of what was forgotten since, nothing is left to be told.
    if s.changes.is_empty() {
        return Ok(Some(true));
    }
    fill_again(tx, birth)?;
    Ok(Some(false))
}

fn act_name(place: PlaceId) -> String {
    format!("act/{place}")
}

/// A later act is told as an entry, which is kept.
pub(super) fn forget_act(tx: &mut dyn Tx, place: PlaceId) -> Result<(), StoreError> {
    records::drop_meta(tx, &act_name(place))
}

/// The act by which a place stands as a checkpoint told it ([`crate::checkpoint::PageAct`]), and the act's entry.
pub(super) fn act_told(
    tx: &dyn Tx,
    place: PlaceId,
    placed: &Placed,
) -> Result<Option<(u64, Signed<PlaceAct>)>, StoreError> {
    let Some(bytes) = records::meta(tx, &act_name(place))? else {
        return Ok(None);
    };
    let mut r = Reader::new(&bytes);
    let (n, signature) = (r.number()?, Signature::read(&mut r)?);
    let came = match r.is_empty() {
        true => None,
        false => Some(Hash::read(&mut r)?),
    };
    let act = PlaceAct {
        place,
        kind: placed.kind,
        parent: placed.parent,
        host: placed.host,
        came,
    };
    Ok(Some((n, Signed { act, signature })))
}

pub(super) fn pending(tx: &dyn Tx) -> Result<Vec<(u64, u64)>, StoreError> {
    let Some(bytes) = records::meta(tx, PENDING)? else {
        return Ok(Vec::new());
    };
    let mut r = Reader::new(&bytes);
    let mut ranges = Vec::new();
    while !r.is_empty() {
        ranges.push((r.number()?, r.number()?));
    }
    Ok(ranges)
}

pub(super) fn put_pending(tx: &mut dyn Tx, ranges: &[(u64, u64)]) -> Result<(), StoreError> {
    let mut w = Writer::new();
    for (from, to) in ranges {
        w.number(*from).number(*to);
    }
    records::set_meta(tx, PENDING, w.as_slice())
}

pub(super) fn trim(ranges: &[(u64, u64)], done: u64) -> Vec<(u64, u64)> {
    ranges
        .iter()
        .filter(|(_, to)| *to > done)
        .map(|(from, to)| ((*from).max(done.saturating_add(1)), *to))
        .filter(|(from, to)| from <= to)
        .collect()
}

pub(super) fn cursor(tx: &dyn Tx) -> Result<Option<FillCursor>, StoreError> {
    let Some(bytes) = records::meta(tx, CURSOR)? else {
        return Ok(None);
    };
    let mut r = Reader::new(&bytes);
    let (birth, n) = (r.number()?, r.number()?);
    let Some(lane) = Lane::from_number(r.u8()?.into()) else {
        return Ok(None);
    };
    Ok(Some(FillCursor {
        birth,
        n,
        lane,
        doc: DocId::read(&mut r)?,
    }))
}

pub(super) fn put_cursor(tx: &mut dyn Tx, cursor: Option<&FillCursor>) -> Result<(), StoreError> {
    match cursor {
        Some(c) => {
            let mut w = Writer::new();
            w.number(c.birth)
                .number(c.n)
                .u8(c.lane as u8)
                .fixed(&c.doc.0);
            records::set_meta(tx, CURSOR, w.as_slice())
        }
        None => records::drop_meta(tx, CURSOR),
    }
}

fn scopes_of(page: &Page) -> BTreeSet<ScopeId> {
    (page.places.iter())
        .flat_map(|p| p.lanes.iter().map(|l| scope_of(p.place, l.lane)))
        .collect()
}

/// Own held segments of these scopes, or all of them, are handed over once more.
pub(super) fn ask_for_held(
    tx: &mut dyn Tx,
    scopes: Option<&BTreeSet<ScopeId>>,
) -> Result<(), StoreError> {
    for spot in records::held(tx)? {
        let feed = records::feed(tx, spot.feed)?;
        let is_meant = |f: FeedRow| scopes.is_none_or(|s| s.contains(&f.scope));
        if !feed.is_some_and(is_meant) {
            continue;
        }
        if let Some(row) = records::segment(tx, spot)? {
            let state = SegmentState::Unsent;
            records::put_segment(tx, spot, &SegmentRow { state, ..row })?;
        }
    }
    Ok(())
}

/// Own work without a receipt in places that were dropped and come back: it stands in its documents
/// again, so that what is said next builds on it.
fn own_again(tx: &mut dyn Tx, page: &Page) -> Result<Vec<DocId>, StoreError> {
    let scopes = scopes_of(page);
    let mut docs = Vec::new();
    for spot in records::own_without_receipt(tx)? {
        if !records::feed(tx, spot.feed)?.is_some_and(|f| scopes.contains(&f.scope)) {
            continue;
        }
        if let Some(row) = records::segment(tx, spot)? {
            let signed = SignedSegment::from_bytes(&row.bytes)?;
            replica::ensure(tx, &signed)?;
            docs.extend(signed.unproven().changes.iter().map(|c| c.doc));
        }
    }
    Ok(docs)
}

/// Puts a checkpoint's document in the place of what is here, with own work over it that has no
/// receipt yet.
pub(super) fn merge_doc(
    tx: &mut dyn Tx,
    tree: &Tree,
    (scope, kind, id): (ScopeId, u16, DocId),
    doc: automerge::Automerge,
) -> Result<(), SyncError> {
    records::drop_meta(tx, &ghost(scope, id))?;
    let mut merged = doc;
    if let Some(row) = records::doc(tx, id)? {
        let here = document::load(&row.bytes).map_err(StoreError::from)?;
        let unsent = unsent_changes(tx)?;
        let there: BTreeSet<[u8; 32]> =
            merged.get_changes(&[]).iter().map(|c| c.hash().0).collect();
        let gone: BTreeSet<[u8; 32]> = here
            .get_changes(&[])
            .iter()
            .map(|c| c.hash().0)
            .filter(|h| !there.contains(h) && !unsent.contains(h))
            .collect();
        if !gone.is_empty() {
            say_again_over(tx, tree, &BTreeMap::from([(id, gone)]))?;
        }
        let unsent = unsent_changes(tx)?;
        let own: Vec<_> = here
            .get_changes(&[])
            .into_iter()
            .filter(|c| unsent.contains(&c.hash().0))
            .collect();
        // A change of this very device that it does not know: it is an old backup, and has written
        // others under the same numbers since.
        let theirs = merged.get_changes(&[]);
        let taken = |c: &automerge::Change| {
            (theirs.iter())
                .any(|t| t.actor_id() == c.actor_id() && t.seq() == c.seq() && t.hash() != c.hash())
        };
        if own.iter().any(taken) {
            return Err(SyncError::Restored);
        }
        merged
            .apply_changes(own)
            .map_err(|e| StoreError::Damaged(e.to_string()))?;
        let now: BTreeSet<[u8; 32]> = merged.get_changes(&[]).iter().map(|c| c.hash().0).collect();
        let gone = (here.get_changes(&[]).iter())
            .map(|c| c.hash().0)
            .filter(|h| !now.contains(h))
            .collect();
        replica::rebase_draft(tx, id, &here, &gone)?;
    }
    let bytes = merged.save_nocompress();
    records::put_doc(tx, id, &DocRow { scope, kind, bytes })?;
    Ok(())
}

/// Documents of a place that stood above an epoch's cut and did not come again with the place.
pub(super) fn drop_ghosts(
    tx: &mut dyn Tx,
    tree: &Tree,
    place: PlaceId,
    kind: PlaceKind,
) -> Result<(), StoreError> {
    for lane in kind.lanes() {
        let scope = scope_of(place, *lane);
        let prefix = format!("ghost/{scope}/");
        let end = after_prefix(prefix.as_bytes());
        for (key, _) in tx.scan(Table::Meta, prefix.as_bytes(), end.as_deref(), usize::MAX)? {
            tx.delete(Table::Meta, &key)?;
            let name = key
                .get(prefix.len()..)
                .and_then(|k| std::str::from_utf8(k).ok());
            let Some(doc) = name.and_then(|n| n.parse::<DocId>().ok()) else {
                continue;
            };
            let Some(row) = records::doc(tx, doc)? else {
                continue;
            };
            let unsent = unsent_changes(tx)?;
            let gone: BTreeSet<[u8; 32]> = document::load(&row.bytes)?
                .get_changes(&[])
                .iter()
                .filter(|c| document::author_of(c.actor_id()).is_some())
                .map(|c| c.hash().0)
                .filter(|h| !unsent.contains(h))
                .collect();
            let gone = BTreeMap::from([(doc, gone)]);
            say_again_over(tx, tree, &gone)?;
            replica::take_out(tx, doc, &gone[&doc])?;
            let overlay = Overlay::of(tx)?;
            replica::project(tx, tree, doc, &overlay)?;
        }
    }
    Ok(())
}

/// Whether a grant of a checkpoint, and its end, are signed by whom they must be: the node in one of its
/// epochs, or the holder of the grant that it stands under, where that is known.
fn is_proven(
    tx: &dyn Tx,
    author: &Author,
    grant: &Grant,
    end: Option<&Ended>,
) -> Result<(), SyncError> {
    let fault = |what| Err(SyncError::NodeFault(what));
    let keys: Vec<PublicKey> = records::epochs(tx)?.iter().map(|e| e.grant_key).collect();
    match records::check_grant(tx, grant, &keys, Ground::Unseen)? {
        Ok(()) => {}
        // Its issuer's lies in a place that comes on a later page, or is not this device's.
        Err(BadGrant::UnknownIssuer) if grant.is_signed() => {}
        Err(_) => return fault("it holds a grant that its issuer cannot give"),
    }
    match end {
        Some(end) if !keys.iter().any(|k| end.act(grant).is_signed(author.log, k)) => {
            fault("the end of a grant is not signed by it")
        }
        _ => Ok(()),
    }
}

/// Whether an erasure of a checkpoint is about this scope, and signed by the node in one of its epochs.
fn is_erased_by_it(
    tx: &dyn Tx,
    author: &Author,
    scope: ScopeId,
    act: &Signed<EraseAct>,
) -> Result<(), SyncError> {
    let epochs = records::epochs(tx)?;
    let mut keys = epochs.iter().map(|e| e.grant_key);
    match act.act.scope == scope && keys.any(|k| act.is_signed(author.log, &k)) {
        true => Ok(()),
        false => Err(SyncError::NodeFault("an erasure is not signed by it")),
    }
}

/// Drops a place that is no longer this device's; a stub stays, and own work that waits or that the node could lose
/// again ([`super::kept`]).
pub(super) fn drop_place(
    tx: &mut dyn Tx,
    tree: &Tree,
    place: PlaceId,
    own: &BTreeSet<PublicKey>,
) -> Result<(), StoreError> {
    let Some(placed) = tree.get(place) else {
        return Ok(());
    };
    for lane in placed.kind.lanes() {
        let scope = scope_of(place, *lane);
        for doc in records::scope_docs(tx, scope, None)? {
            // With a draft it stays until the draft is sealed.
            if records::draft(tx, doc)?.is_none() {
                records::drop_doc(tx, scope, doc)?;
            }
            tx.unproject(doc)?;
        }
        for n in records::scope_entries(tx, scope, 0, usize::MAX)? {
            records::drop_log_row(tx, scope, n)?;
        }
        for (feed, row) in records::feeds(tx)? {
            if row.scope != scope {
                continue;
            }
            for (n, s) in records::segments_from(tx, feed, 1)? {
                for c in &SignedSegment::from_bytes(&s.bytes)?.unproven().changes {
                    tx.unproject(c.doc)?;
                }
                match s.state {
                    SegmentState::Unsent if own.contains(&row.key) => {}
                    SegmentState::Receipted(_) if own.contains(&row.key) => kept::note(tx)?,
                    // No entry of this place comes here any more: what became of it is asked for.
                    SegmentState::Held(_) if own.contains(&row.key) => {
                        let state = SegmentState::Unsent;
                        let row = SegmentRow { state, ..s };
                        records::put_segment(tx, Spot { feed, n }, &row)?;
                    }
                    _ => records::drop_segment(tx, Spot { feed, n })?,
                }
            }
        }
        for (doc, draft) in records::drafts(tx)? {
            if draft.scope == scope {
                tx.unproject(doc)?;
            }
        }
        tx.delete(Table::Scope, &scope.0)?;
    }
    tx.delete(Table::Place, &place.0)?;
    records::drop_meta(tx, &act_name(place))?;
    records::set_meta(tx, &format!("stub/{place}"), &[placed.kind as u8])
}
