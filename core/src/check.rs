//! The check of a whole store: every signature, chain, receipt, document and projection row.
//!
//! It reads and never writes. What it finds wrong is listed in words for the operator, without
//! personal data; repairing is another matter (only the projection can be rebuilt).
//!
//! On a node the log is whole and is replayed from its first entry; on a device it begins where the
//! checkpoint ended, so chains are followed from there.

use crate::codec::Reader;
use crate::custody::{Answer, HandOver};
use crate::document;
use crate::feed::verify::prove;
use crate::feed::{SignedSegment, change_hash};
use crate::forget;
use crate::id::{DocId, Hash, PublicKey, ScopeId};
use crate::identity::{BadGrant, Ground, are_certified};
use crate::kind;
use crate::log::{ControlAct, EntryType, Signed, Verdict};
use crate::node::proven_arrival;
use crate::records::{self, LogRow, SegmentState};
use crate::replica::{self, Overlay};
use crate::store::{StoreError, Tx};
use crate::tree::Tree;
use std::collections::{BTreeMap, BTreeSet};

/// What was looked at, and what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Entries of the log.
    pub entries: usize,
    /// Signatures of segments, grants and epochs.
    pub signatures: usize,
    /// Documents.
    pub documents: usize,
    /// Rows of the projection.
    pub rows: usize,
    /// What is wrong, one line each; empty: nothing.
    pub faults: Vec<String>,
}

/// At most so many faults are listed.
const FAULTS: usize = 100;

impl Report {
    fn fault(&mut self, words: String) {
        if self.faults.len() < FAULTS {
            self.faults.push(words);
        }
    }
}

/// Checks a store. `whole_log`: a node's, which has every entry.
pub fn check(tx: &dyn Tx, tree: &Tree, whole_log: bool) -> Result<Report, StoreError> {
    let mut report = Report::default();
    authority(tx, whole_log, &mut report)?;
    let changes = log(tx, whole_log, &mut report)?;
    feeds(tx, whole_log, &mut report)?;
    documents(tx, whole_log, &changes, &mut report)?;
    erasures(tx, whole_log, &mut report)?;
    projection(tx, tree, &mut report)?;
    Ok(report)
}

fn authority(tx: &dyn Tx, whole: bool, report: &mut Report) -> Result<(), StoreError> {
    let Some(log) = records::log_id(tx)? else {
        return Ok(());
    };
    let epochs = records::epochs(tx)?;
    for (i, e) in epochs.iter().enumerate() {
        report.signatures += 1;
        if !are_certified(&epochs[..i], std::slice::from_ref(e), log) {
            report.fault(format!("epoch {} is not certified", e.epoch));
        }
    }
    let keys: Vec<PublicKey> = epochs.iter().map(|e| e.grant_key).collect();
    for (n, grant) in records::grants(tx)? {
        report.signatures += 1;
        match records::check_grant(tx, &grant, &keys, Ground::Unseen)? {
            Ok(()) if grant.log == log => {}
            // A device need not hold the place of its issuer's.
            Err(BadGrant::UnknownIssuer) if !whole && grant.is_signed() => {}
            _ => report.fault(format!(
                "the grant in entry {n} is not signed as it must be"
            )),
        }
        if let Some(end) = records::ended(tx, n)? {
            report.signatures += 1;
            let act = end.act(&grant);
            if !keys.iter().any(|k| act.is_signed(log, k)) {
                report.fault(format!("the end of the grant in entry {n} is not signed"));
            }
        }
    }
    Ok(())
}

type Changes = BTreeMap<DocId, BTreeSet<[u8; 32]>>;

/// Replays the log's chains; returns the accepted changes of each document.
fn log(tx: &dyn Tx, whole: bool, report: &mut Report) -> Result<Changes, StoreError> {
    let mut changes = Changes::new();
    let Some(log) = records::log_id(tx)? else {
        return Ok(changes);
    };
    let epochs = records::epochs(tx)?;
    let mut chain = Hash::ZERO;
    let mut scope_chains: BTreeMap<ScopeId, Hash> = BTreeMap::new();
    let mut after = 0;
    loop {
        let page = records::log_after(tx, after, 512)?;
        if page.is_empty() {
            break;
        }
        for row in page {
            let n = row.entry.n;
            report.entries += 1;
            if whole {
                if n != after + 1 {
                    report.fault(format!("entries are missing before {n}"));
                }
                chain = row.entry.chain_after(chain, log, row.epoch);
                if chain != row.chain {
                    report.fault(format!("the log's chain breaks at entry {n}"));
                    chain = row.chain;
                }
            }
            after = n;
            if whole && row.entry.kind == EntryType::Answer {
                arrived(tx, &row, &mut scope_chains, &mut changes, report)?;
            }
            let before = scope_chains.get(&row.scope).copied();
            // On a device the first known entry of a scope starts from what a checkpoint said.
            let before = match (before, whole) {
                (Some(c), _) => Some(c),
                (None, true) => Some(Hash::ZERO),
                (None, false) => None,
            };
            if let Some(before) = before
                && row.entry.chain_after(before, log, row.epoch) != row.scope_chain
            {
                report.fault(format!("the scope's chain breaks at entry {n}"));
            }
            scope_chains.insert(row.scope, row.scope_chain);
            match (row.entry.kind, row.spot) {
                (EntryType::Segment, Some(spot)) if row.entry.verdict == Verdict::Accepted => {
                    let Some(segment) = records::segment(tx, spot)? else {
                        report.fault(format!(
                            "the segment of entry {n} is missing: {} of feed {}",
                            spot.n,
                            spot.feed.short()
                        ));
                        continue;
                    };
                    if segment.hash != row.entry.hash || segment.state != SegmentState::Receipted(n)
                    {
                        report.fault(format!("entry {n} is about another segment"));
                    }
                    match SignedSegment::from_bytes(&segment.bytes) {
                        // Of a place that another node keeps the documents are there.
                        Ok(_) if is_gone(tx, row.scope)? => {}
                        Ok(signed) => {
                            for c in &signed.unproven().changes {
                                if let Some(h) = change_hash(&c.change)
                                    && kind::by_number(c.kind).is_some()
                                {
                                    changes.entry(c.doc).or_default().insert(h);
                                }
                            }
                            let erased = forget::erased_of(tx, &signed)?;
                            if !forget::is_whole(&signed, &erased) {
                                report.fault(format!(
                                    "the segment of entry {n} lacks what nobody erased"
                                ));
                            }
                        }
                        Err(e) => report.fault(format!("the segment of entry {n}: {e}")),
                    }
                }
                (EntryType::HandOver, _) if whole => {
                    let signed = Signed::<HandOver>::read(&mut Reader::new(&row.body))?;
                    let key = epochs.iter().find(|e| e.epoch == row.epoch);
                    report.signatures += 1;
                    if signed.act.hash() != row.entry.hash
                        || !key.is_some_and(|e| signed.is_signed(log, &e.grant_key))
                    {
                        report.fault(format!("the hand-over of entry {n} is not signed"));
                    }
                }
                (EntryType::Grant, _)
                    if records::grant(tx, n)?.map(|g| g.hash()) != Some(row.entry.hash) =>
                {
                    report.fault(format!("the grant of entry {n} is missing or another"));
                }
                _ => {}
            }
        }
    }
    for (scope, last) in scope_chains {
        if records::scope(tx, scope)?.chain != last {
            report.fault(format!("scope {} stands at another chain", scope.short()));
        }
    }
    Ok(changes)
}

/// Whether another node keeps the scope.
fn is_gone(tx: &dyn Tx, scope: ScopeId) -> Result<bool, StoreError> {
    Ok(records::away(tx, &scope.0)?.is_some_and(|a| a.gone))
}

/// Places that came from another node: their file is proven once more, and their chains go on from it.
fn arrived(
    tx: &dyn Tx,
    row: &LogRow,
    scope_chains: &mut BTreeMap<ScopeId, Hash>,
    changes: &mut Changes,
    report: &mut Report,
) -> Result<(), StoreError> {
    let answer = Signed::<Answer>::read(&mut Reader::new(&row.body))?.act;
    if answer.under.is_none() {
        return Ok(());
    }
    match proven_arrival(tx, answer.offer) {
        Ok(proven) if proven.hash == answer.offer => {
            report.signatures += proven.accepted.len() + proven.grants.len();
            for (scope, doc, change) in proven.changes() {
                if !is_gone(tx, scope)? {
                    changes.entry(doc).or_default().insert(change);
                }
            }
            scope_chains.extend(proven.chains);
        }
        _ => report.fault(format!(
            "what came from another node with entry {} is not proven",
            row.entry.n
        )),
    }
    Ok(())
}

/// Every stored segment: its signature, its feed's id, and that each follows the one before. On a
/// device some in between may have come packed in a checkpoint.
fn feeds(tx: &dyn Tx, whole: bool, report: &mut Report) -> Result<(), StoreError> {
    for (id, feed) in records::feeds(tx)? {
        let mut before: Option<(u64, Hash)> = None;
        for (n, row) in records::segments_from(tx, id, 1)? {
            let signed = match SignedSegment::from_bytes(&row.bytes) {
                Ok(s) => s,
                Err(e) => {
                    report.fault(format!("segment {n} of feed {}: {e}", id.short()));
                    continue;
                }
            };
            report.signatures += 1;
            if signed.hash() != row.hash || signed.unproven().feed != id || signed.unproven().n != n
            {
                report.fault(format!("segment {n} of feed {} is another", id.short()));
            }
            if let Some((m, hash)) = before
                && ((whole && n != m + 1) || (n == m + 1 && signed.unproven().prev != hash))
            {
                report.fault(format!("feed {} breaks before segment {n}", id.short()));
            }
            before = Some((n, row.hash));
            if prove(signed, &feed.key).is_err() {
                report.fault(format!(
                    "segment {n} of feed {} is not what its author signed",
                    id.short()
                ));
            }
        }
    }
    Ok(())
}

fn documents(
    tx: &dyn Tx,
    whole: bool,
    changes: &Changes,
    report: &mut Report,
) -> Result<(), StoreError> {
    let mut after = None;
    let mut seen = BTreeSet::new();
    loop {
        let page = records::docs_after(tx, after, 256)?;
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        for (id, row) in page {
            report.documents += 1;
            seen.insert(id);
            let doc = match document::load(&row.bytes) {
                Ok(doc) => doc,
                Err(_) => {
                    report.fault(format!("document {} does not load", id.short()));
                    continue;
                }
            };
            let there: BTreeSet<[u8; 32]> = doc
                .get_changes(&[])
                .iter()
                .filter(|c| document::author_of(c.actor_id()).is_some())
                .map(|c| c.hash().0)
                .collect();
            let accepted = changes.get(&id).cloned().unwrap_or_default();
            let right = if whole {
                there == accepted
            } else {
                there.is_superset(&accepted)
            };
            if !right {
                report.fault(format!(
                    "document {} does not hold what was accepted",
                    id.short()
                ));
            }
        }
    }
    for id in changes.keys().filter(|id| !seen.contains(id)) {
        report.fault(format!("document {} is missing", id.short()));
    }
    Ok(())
}

/// Every mark of an erased document: signed, told by its entry, and nothing of the document is left.
fn erasures(tx: &dyn Tx, whole: bool, report: &mut Report) -> Result<(), StoreError> {
    let Some(log) = records::log_id(tx)? else {
        return Ok(());
    };
    let marks = forget::marks(tx, None)?;
    if marks.is_empty() {
        return Ok(());
    }
    let keys: Vec<PublicKey> = (records::epochs(tx)?.iter()).map(|e| e.grant_key).collect();
    let mut erased: BTreeMap<ScopeId, BTreeSet<DocId>> = BTreeMap::new();
    for mark in &marks {
        let (scope, doc) = (mark.act.act.scope, mark.act.act.doc);
        erased.entry(scope).or_default().insert(doc);
        report.signatures += 1;
        if !keys.iter().any(|k| mark.act.is_signed(log, k)) {
            report.fault(format!(
                "the erasure of document {} is not signed",
                doc.short()
            ));
        }
        let entry = records::log_row(tx, mark.entry)?.map(|row| row.entry.hash);
        if whole && mark.entry > 0 && entry != Some(mark.act.act.hash()) {
            report.fault(format!("no entry erases document {}", doc.short()));
        }
        if records::doc(tx, doc)?.is_some() || records::draft(tx, doc)?.is_some() {
            report.fault(format!("document {} was erased and is here", doc.short()));
        }
    }
    for (feed, row) in records::feeds(tx)? {
        let Some(docs) = erased.get(&row.scope) else {
            continue;
        };
        let mut left = BTreeSet::new();
        for (_, row) in records::segments_from(tx, feed, 1)? {
            let signed = SignedSegment::from_bytes(&row.bytes)?;
            let said = signed.unproven().changes.iter().map(|c| c.doc);
            left.extend(said.filter(|doc| docs.contains(doc)));
        }
        for doc in docs {
            if records::salt(tx, feed, *doc)?.is_some() {
                left.insert(*doc);
            }
        }
        for doc in left {
            let (feed, doc) = (feed.short(), doc.short());
            report.fault(format!("feed {feed} holds what document {doc} said"));
        }
    }
    Ok(())
}

fn projection(tx: &dyn Tx, tree: &Tree, report: &mut Report) -> Result<(), StoreError> {
    let overlay = Overlay::of(tx)?;
    let mut expected = BTreeMap::new();
    for id in replica::all_docs(tx, &overlay)? {
        if let Some(row) = replica::row(tx, tree, id, &overlay)? {
            expected.insert(id, row);
        }
    }
    for row in tx.projection()? {
        report.rows += 1;
        if expected.remove(&row.doc).as_ref() != Some(&row) {
            report.fault(format!("the row of document {} is stale", row.doc.short()));
        }
    }
    for id in expected.keys() {
        report.fault(format!("the row of document {} is missing", id.short()));
    }
    Ok(())
}
