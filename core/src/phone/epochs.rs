//! A node that went on from an older state, and a device that did: what has no receipt any more is
//! said or handed over again, and nothing is lost on the way.

use super::grant::own_keys;
use super::places::{act_told, forget_act, pending, put_cursor, put_pending};
use super::{CUT, GRANT, Phone, RESTORED, SET_AT, SyncError};
use super::{known, lost};
use crate::author::{self, Author, Gone};
use crate::codec::Reader;
use crate::document::{self};
use crate::feed::{SignedSegment, Spot, change_hash};
use crate::forget::{self, Mark};
use crate::id::{DocId, Hash, LogId, PlaceId, PublicKey, ScopeId};
use crate::identity::{Epoch, are_certified};
use crate::limits;
use crate::log::{Control, EntryType, PlaceAct, Position, Signed};
use crate::place::scope_of;
use crate::records::{self, PlaceRow, ScopeRow, SegmentState};
use crate::replica::{self, Overlay};
use crate::store::{Store, StoreError, Table, Tx};
use crate::tree::{Placed, Tree};
use std::collections::{BTreeMap, BTreeSet};

impl<S: Store> Phone<S> {
    /// The device is an old backup: its feeds end, unsent work is said again under new ones, and the
    /// next request asks for its own later segments.
    pub(super) fn restored(&mut self) -> Result<(), StoreError> {
        let Some(author) = self.author.clone() else {
            return Ok(());
        };
        let tree = &self.tree;
        self.store.write(|tx| {
            author::begin_anew(tx, tree, &author.key.public())?;
            records::set_meta(tx, RESTORED, &[1])
        })
    }

    pub(super) fn take_epochs(&mut self, author: &Author, payload: &[u8]) -> Result<(), SyncError> {
        let mut r = Reader::new(payload);
        let mut list = Vec::new();
        for _ in 0..r.count(limits::EPOCHS)? {
            list.push(Epoch::read(&mut r)?);
        }
        r.end()?;
        self.enter_epochs(author, list)
    }

    /// Takes in the epochs that a node tells in a letter: so a device that nothing else reaches learns the
    /// keys of a restored node. Each is signed by the root key. Returns whether one was new.
    pub fn take_epoch_letter(&mut self, epochs: Vec<Epoch>) -> Result<bool, SyncError> {
        let author = self.author.clone().ok_or(SyncError::NotEnrolled)?;
        let before = self.node()?;
        self.enter_epochs(&author, epochs)?;
        Ok(self.node()? != before)
    }

    fn enter_epochs(&mut self, author: &Author, list: Vec<Epoch>) -> Result<(), SyncError> {
        let mut tree = self.tree.clone();
        self.store.write(|tx| {
            let known = records::epochs(tx)?;
            let new: Vec<Epoch> = list
                .into_iter()
                .filter(|e| known.last().is_none_or(|k| e.epoch > k.epoch))
                .collect();
            check_epochs(&known, &new, author.log)?;
            for e in &new {
                enter_epoch(tx, &mut tree, e)?;
                records::put_epoch(tx, e)?;
            }
            Ok::<_, SyncError>(())
        })?;
        self.tree = tree;
        Ok(())
    }
}

/// Checks that these epochs go on from those that are known, under the log's root key.
pub(super) fn check_epochs(known: &[Epoch], epochs: &[Epoch], log: LogId) -> Result<(), SyncError> {
    match are_certified(known, epochs, log) {
        true => Ok(()),
        false => Err(SyncError::NotTheNode),
    }
}

/// A node went on from an older state: what stood above the cut has no receipt any more. Own work is
/// handed over again; others' becomes provisional, and is handed over too.
pub(super) fn enter_epoch(
    tx: &mut dyn Tx,
    tree: &mut Tree,
    epoch: &Epoch,
) -> Result<(), StoreError> {
    let known = records::epochs(tx)?;
    let before = known.iter().find(|e| e.hash() == epoch.prev);
    let before = before.map_or(0, |e| e.epoch);
    // The node had changed its keys since, and signed with them.
    for gone in known.into_iter().filter(|e| e.epoch > before) {
        lost::note(tx, gone.cut, epoch.epoch, Control::Epoch(Box::new(gone)))?;
    }
    if records::meta_number(tx, GRANT)? > epoch.cut {
        known::note_unknown(tx)?;
    }
    // Births above the cut are given to others now.
    put_cursor(tx, None)?;
    let set_at = records::meta_number(tx, SET_AT)?;
    if set_at.max(records::meta_number(tx, CUT)?) > epoch.cut {
        // Places were gained or lost, or filled in, by moves that are no more: all is filled in again, with
        // what this device never had since it had been lost before.
        put_pending(tx, &[(0, u64::MAX - 1)])?;
    }
    if set_at > epoch.cut {
        records::drop_meta(tx, SET_AT)?;
    }
    for place in lacking(tx, tree)? {
        if let Some(p) = tree.get(place) {
            fill_again(tx, p.birth)?;
        }
    }
    let own = own_keys(tx)?;
    let position = records::position(tx)?;
    if position.n == 0 || position.n <= epoch.cut {
        // Of its own work a device may have been told beyond where it stands.
        let docs = unreceipt(tx, epoch.cut, true, &own, &mut BTreeMap::new())?;
        let overlay = Overlay::of(tx)?;
        for doc in docs {
            replica::project(tx, tree, doc, &overlay)?;
        }
        return Ok(());
    }
    let mut touched: BTreeMap<DocId, BTreeSet<[u8; 32]>> = BTreeMap::new();
    let mut scopes = BTreeSet::new();
    // Places that came from another node above the cut: all that was said of them before comes back with their file.
    let mut arrivals: BTreeSet<PlaceId> = BTreeSet::new();
    for row in records::log_after(tx, epoch.cut, usize::MAX)? {
        scopes.insert(row.scope);
        if row.entry.kind == EntryType::Place {
            let act: Signed<PlaceAct> = Signed::read(&mut Reader::new(&row.body))?;
            if let Some(p) = tree.get(act.act.place).filter(|p| p.birth <= epoch.cut) {
                // Where it stands now, the node says when it fills it in.
                fill_again(tx, p.birth)?;
            }
            arrivals.extend(act.act.came.map(|_| act.act.place));
            lost::note(tx, row.entry.n, epoch.epoch, Control::Place(act))?;
        }
        records::drop_log_row(tx, row.scope, row.entry.n)?;
    }
    for (place, placed) in tree.iter() {
        if let Some((n, act)) = act_told(tx, place, placed)?.filter(|(n, _)| *n > epoch.cut) {
            arrivals.extend(act.act.came.map(|_| place));
            lost::note(tx, n, epoch.epoch, Control::Place(act))?;
            forget_act(tx, place)?;
        }
    }
    let waiting = unreceipt(tx, epoch.cut, false, &own, &mut touched)?;
    for (n, grant) in records::grants(tx)? {
        if let Some(end) = records::ended(tx, n)?.filter(|end| end.entry > epoch.cut) {
            records::drop_ended(tx, n)?;
            lost::note(tx, end.entry, epoch.epoch, Control::End(end.act(&grant)))?;
        }
        if n > epoch.cut {
            records::drop_grant(tx, n, &grant)?;
            lost::note(tx, n, epoch.epoch, Control::Grant(Box::new(grant)))?;
        }
    }
    // What was forgotten stays so here, and the node hears of it.
    for mark in forget::marks(tx, None)? {
        if mark.entry > epoch.cut {
            let act = Control::Erase(mark.act.clone());
            lost::note(tx, mark.entry, epoch.epoch, act)?;
            forget::put_mark(tx, &Mark { entry: 0, ..mark })?;
        }
    }
    // Chains go back to the last entry that stands; what was filled in above the cut is asked anew.
    for (key, _) in tx.scan(Table::Scope, &[], None, usize::MAX)? {
        let Some(scope) = ScopeId::from_slice(&key) else {
            continue;
        };
        let row = records::scope(tx, scope)?;
        if row.filled > epoch.cut {
            if let Some((place, _)) = tree.of_scope(scope)
                && let Some(p) = tree.get(place)
            {
                fill_again(tx, p.birth)?;
            }
            records::put_scope(tx, scope, &ScopeRow { filled: 0, ..row })?;
            // What the checkpoint brought above the cut cannot be told from what stands; it is seen
            // when the scope is filled in again. Documents that do not come again are gone.
            for doc in records::scope_docs(tx, scope, None)? {
                records::set_meta(tx, &ghost(scope, doc), &[])?;
            }
        } else if scopes.contains(&scope) {
            let last = records::scope_entries(tx, scope, 0, usize::MAX)?.pop();
            let row = match last {
                Some(n) => match records::log_row(tx, n)? {
                    Some(l) => ScopeRow {
                        chain: l.scope_chain,
                        last: n,
                        ..row
                    },
                    None => ScopeRow::EMPTY,
                },
                None => ScopeRow {
                    filled: row.filled,
                    ..filled_chain(tx, scope)?
                },
            };
            records::put_scope(tx, scope, &row)?;
        }
    }
    // Places that were born above the cut are to be born again, with the work that opened them; of
    // others' work in them only what came as segments can come back.
    let unsent = unsent_changes(tx)?;
    for (place, placed) in tree.clone().iter().filter(|(_, p)| p.birth > epoch.cut) {
        for lane in placed.kind.lanes() {
            let scope = scope_of(place, *lane);
            records::put_scope(tx, scope, &ScopeRow::EMPTY)?;
            for doc in records::scope_docs(tx, scope, None)? {
                if arrivals.contains(&place) {
                    records::set_meta(tx, &ghost(scope, doc), &[])?;
                    touched.remove(&doc);
                    continue;
                }
                records::drop_meta(tx, &ghost(scope, doc))?;
                if let Some(row) = records::doc(tx, doc)? {
                    let others = document::load(&row.bytes)?
                        .get_changes(&[])
                        .iter()
                        .filter(|c| document::author_of(c.actor_id()).is_some())
                        .map(|c| c.hash().0)
                        .filter(|h| !unsent.contains(h))
                        .collect::<BTreeSet<_>>();
                    touched.entry(doc).or_default().extend(others);
                }
            }
        }
        let ranges: Vec<(u64, u64)> = pending(tx)?
            .into_iter()
            .filter(|r| *r != (placed.birth, placed.birth))
            .collect();
        put_pending(tx, &ranges)?;
        let placed = Placed {
            birth: 0,
            ..*placed
        };
        records::put_place(tx, place, &PlaceRow { placed, changed: 0 })?;
        tree.remove(place);
        tree.put(place, placed);
    }
    say_again_over(tx, tree, &touched)?;
    for (doc, hashes) in &touched {
        replica::take_out(tx, *doc, hashes)?;
    }
    let overlay = Overlay::of(tx)?;
    for doc in touched.keys().chain(&waiting) {
        replica::project(tx, tree, *doc, &overlay)?;
    }
    records::set_position(
        tx,
        &Position {
            epoch: epoch.epoch,
            n: epoch.cut,
            chain: epoch.chain,
            set_version: 0,
        },
    )
}

/// Asks for a place from its checkpoint once more.
pub(super) fn fill_again(tx: &mut dyn Tx, birth: u64) -> Result<(), StoreError> {
    let mut ranges = pending(tx)?;
    ranges.push((birth, birth));
    ranges.sort_unstable();
    ranges.dedup();
    put_pending(tx, &ranges)
}

/// Places in which segments came without what an erasure had taken out of them, which was still to be told when the node
/// went back to before it: the node has that content again, and what is said next builds on it.
fn lacking(tx: &dyn Tx, tree: &Tree) -> Result<BTreeSet<PlaceId>, StoreError> {
    let mut lacking = BTreeSet::new();
    for (feed, row) in records::feeds(tx)? {
        let Some((place, _)) = tree.of_scope(row.scope) else {
            continue;
        };
        for (_, segment) in records::segments_from(tx, feed, 1)? {
            let signed = SignedSegment::from_bytes(&segment.bytes)?;
            if !forget::is_whole(&signed, &forget::erased_of(tx, &signed)?) {
                lacking.insert(place);
            }
        }
    }
    Ok(lacking)
}

/// Segments whose receipt, or word that they are held, stood above the cut have none any more. Others'
/// changes among them are noted in `touched`. Returns the documents that they are about.
fn unreceipt(
    tx: &mut dyn Tx,
    cut: u64,
    only_own: bool,
    own: &BTreeSet<PublicKey>,
    touched: &mut Gone,
) -> Result<BTreeSet<DocId>, StoreError> {
    let mut docs = BTreeSet::new();
    for (feed, feed_row) in records::feeds(tx)? {
        let mine = own.contains(&feed_row.key);
        if only_own && !mine {
            continue;
        }
        for (n, mut s) in records::segments_from(tx, feed, 1)? {
            let above = match s.state {
                SegmentState::Receipted(entry) | SegmentState::Held(entry) => entry > cut,
                _ => false,
            };
            if !above {
                continue;
            }
            let signed = SignedSegment::from_bytes(&s.bytes)?;
            for c in &signed.unproven().changes {
                docs.insert(c.doc);
                if let (false, Some(hash)) = (mine, change_hash(&c.change)) {
                    touched.entry(c.doc).or_default().insert(hash);
                }
                records::put_salt(tx, feed, c.doc, c.salt, 0)?;
            }
            s.state = if mine {
                SegmentState::Unsent
            } else {
                SegmentState::Provisional
            };
            records::put_segment(tx, Spot { feed, n }, &s)?;
        }
    }
    Ok(docs)
}

/// Own work that builds on changes which are about to be taken out is said again over what stays.
pub(super) fn say_again_over(tx: &mut dyn Tx, tree: &Tree, gone: &Gone) -> Result<(), StoreError> {
    author::unsay_all(tx, tree, BTreeMap::new(), None, gone)
}

/// The setting that marks a document whose scope is filled in again after an epoch's cut.
pub(super) fn ghost(scope: ScopeId, doc: DocId) -> String {
    format!("ghost/{scope}/{doc}")
}

/// The chain that a checkpoint gave a scope, kept beside its moving one.
pub(super) fn filled_chain(tx: &dyn Tx, scope: ScopeId) -> Result<ScopeRow, StoreError> {
    let Some(bytes) = records::meta(tx, &format!("filled/{scope}"))? else {
        return Ok(ScopeRow::EMPTY);
    };
    let mut r = Reader::new(&bytes);
    Ok(ScopeRow {
        chain: Hash::read(&mut r)?,
        last: r.number()?,
        filled: 0,
    })
}

/// The changes of own segments that have no receipt.
pub(super) fn unsent_changes(tx: &dyn Tx) -> Result<BTreeSet<[u8; 32]>, StoreError> {
    let mut unsent = BTreeSet::new();
    for spot in records::own_without_receipt(tx)? {
        if let Some(row) = records::segment(tx, spot)? {
            let signed = SignedSegment::from_bytes(&row.bytes)?;
            unsent.extend(
                signed
                    .unproven()
                    .changes
                    .iter()
                    .filter_map(|c| change_hash(&c.change)),
            );
        }
    }
    Ok(unsent)
}
