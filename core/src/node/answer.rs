//! Answering: the signed head, what moved, what the log says after the device's position, and what
//! became of each segment that it brought.

use super::judge::{Counter, Said, Word, counter, log_time};
use super::push::Opened;
use super::restored::safe;
use super::{Node, Signed};
use crate::codec::{Reader, Writer};
use crate::entries::{Body, EntriesWriter, Told};
use crate::feed::compact::Shorten;
use crate::feed::{SignedSegment, Spot};
use crate::forget::EraseAct;
use crate::id::{DocId, Hash, PlaceId, ScopeId};
use crate::identity::{Epoch, Grant, Signature};
use crate::limits;
use crate::log::{EndAct, EntryType, Head, Position, Signed as SignedAct, Verdict, reason};
use crate::phone::problem;
use crate::place::{Edge, Lane, scope_of};
use crate::records::{self, LogRow, SegmentState};
use crate::replica;
use crate::store::{Store, StoreError, Table, Tx};
use crate::time::Timestamp;
use crate::tree::View;
use crate::wire::{AnswerWriter, FrameType, Wait};
use std::collections::{BTreeMap, BTreeSet};

impl<S: Store> Node<S> {
    pub(super) fn signed_view(&mut self, view: View, n: u64) -> Result<Signed, StoreError> {
        if let Some(signed) = self.views.get(&view)
            && signed.n <= n
            && self.untouched(view, signed.n, n)?
        {
            let signed = Signed { n, ..*signed };
            self.views.insert(view, signed);
            return Ok(signed);
        }
        let tree = &self.tree;
        let signed = self.store.read(|tx| {
            let mut set_version = 0;
            for (place, _) in view.places(tree) {
                if let Some(row) = records::place(tx, place)? {
                    set_version = set_version.max(row.changed);
                }
            }
            Ok::<_, StoreError>(Signed {
                n,
                digest: replica::digest(tx, tree, view)?,
                set_version,
            })
        })?;
        if self.views.len() >= VIEWS_KEPT {
            self.views.pop_first();
        }
        self.views.insert(view, signed);
        Ok(signed)
    }

    /// Whether no entry after `from` up to `to` belongs to the view.
    pub(super) fn untouched(&self, view: View, from: u64, to: u64) -> Result<bool, StoreError> {
        if to - from > UNTOUCHED_SCAN {
            return Ok(false);
        }
        self.store.read(|tx| {
            for row in records::log_after(tx, from, usize::MAX)? {
                if row.entry.kind == EntryType::Place || self.reads(view, row.scope) {
                    return Ok(false);
                }
            }
            Ok(true)
        })
    }

    pub(super) fn reads(&self, view: View, scope: ScopeId) -> bool {
        self.tree
            .of_scope(scope)
            .is_some_and(|(place, lane)| view.lanes(&self.tree, place).contains(&lane))
    }

    pub(super) fn answer(
        &mut self,
        opened: &Opened,
        words: Vec<Word>,
        now: Timestamp,
    ) -> Result<Vec<u8>, StoreError> {
        let at = self.store.read(counter)?;
        // Who has no grant any more is told nothing of the state, not even its digest.
        let signed = if opened.ended.is_none() && opened.waits.is_none() {
            self.signed_view(opened.view, at.n)?
        } else {
            Signed {
                n: at.n,
                digest: Hash::ZERO,
                set_version: 0,
            }
        };
        let (time, safe) =
            (self.store).read(|tx| Ok::<_, StoreError>((log_time(tx, &at, now)?, safe(tx)?)))?;
        let head = Head {
            epoch: self.epoch.epoch,
            n: at.n,
            chain: at.chain,
            time,
            set_version: signed.set_version,
            safe,
            digest: signed.digest,
            signature: Signature([0; 64]),
        }
        .signed(self.log, &self.log_key);
        let mut answer = AnswerWriter::new(self.log, &head, &self.log_key, opened.key);
        let request = &opened.request.request;
        let more = self.store.read(|tx| {
            let position = self.greet(tx, &request.position, &mut answer)?;
            tell_brought(&opened.brought, &mut answer);
            if position < request.position.n {
                // The device goes back to the cut first, and asks from there.
                return Ok(true);
            }
            // Who was shut out is told so, and to wipe itself, however long it was silent.
            let waits = opened
                .waits
                .filter(|why| *why == Wait::Restored || opened.ended.is_none());
            if let Some(why) = waits {
                answer.frame(FrameType::Wait, &[why as u8]);
                return Ok(false);
            }
            if let Some(end) = opened.ended {
                self.tell_words(opened.view, &words, &[], u64::MAX, &mut answer);
                answer.frame(FrameType::Ended, &self.told_end(tx, opened, end.how)?);
                return Ok(false);
            }
            let gained = self.tell_moves(tx, opened.view, position, &mut answer)?;
            let mut pending = request.pending.clone();
            pending.extend(gained);
            self.tell_words(opened.view, &words, &pending, position, &mut answer);
            let complete = self.tell_entries(tx, opened, &pending, position, &at, &mut answer)?;
            if !complete {
                return Ok(true);
            }
            if pending.is_empty() {
                return Ok(false);
            }
            self.fill(tx, opened, &pending, &at, &mut answer)
        })?;
        Ok(answer.finish(more))
    }

    /// Says of each segment of the request what no entry of this answer tells.
    pub(super) fn tell_words(
        &self,
        view: View,
        words: &[Word],
        pending: &[(u64, u64)],
        position: u64,
        answer: &mut AnswerWriter,
    ) {
        let mut w = Writer::new();
        let mut count = 0;
        for word in words {
            let (code, number) = match word.said {
                Said::Entry(n) | Said::Held(n) | Said::Refused(n, _)
                    if n > position && self.tells(view, pending, word.scope) =>
                {
                    continue;
                }
                Said::Entry(n) => (problem::RECEIPT, n),
                Said::Held(n) => (problem::HELD, n),
                Said::Refused(_, reason) => (problem::REFUSED, reason.into()),
                Said::Problem(code) => (code, 0),
            };
            w.fixed(&word.hash.0[..8]).u8(code).number(number);
            count += 1;
        }
        if count > 0 {
            let mut payload = Writer::new();
            payload.number(count).fixed(w.as_slice());
            answer.frame(FrameType::Problems, payload.as_slice());
        }
    }

    /// Brings the device to this epoch; returns the position that it goes on from.
    pub(super) fn greet(
        &self,
        tx: &dyn Tx,
        position: &Position,
        answer: &mut AnswerWriter,
    ) -> Result<u64, StoreError> {
        if position.epoch == self.epoch.epoch {
            return Ok(position.n);
        }
        let epochs = records::epochs(tx)?;
        let newer: Vec<&Epoch> = epochs.iter().filter(|e| e.epoch > position.epoch).collect();
        let mut w = Writer::new();
        w.number(newer.len() as u64);
        for e in &newer {
            w.fixed(&e.to_bytes());
        }
        answer.frame(FrameType::Epochs, w.as_slice());
        let cut = newer.iter().map(|e| e.cut).min();
        Ok(if position.n == 0 {
            0
        } else {
            position.n.min(cut.unwrap_or(position.n))
        })
    }

    /// Tells which places the device gained or lost by moves since its position. Returns the births
    /// of those gained, to be filled in.
    pub(super) fn tell_moves(
        &self,
        tx: &dyn Tx,
        view: View,
        position: u64,
        answer: &mut AnswerWriter,
    ) -> Result<Vec<(u64, u64)>, StoreError> {
        if position == 0 {
            return Ok(Vec::new());
        }
        // Where each place that moved stood at the position: what the device holds follows from that, not from
        // where those above it stand by now. A reorganisation moves them together.
        let mut then: BTreeMap<PlaceId, Move> = BTreeMap::new();
        // What went and came back may have been dropped meanwhile, by an answer that was cut: it is filled in again.
        let mut again = BTreeSet::new();
        for (_, moved) in moves_after(tx, position)? {
            if then.contains_key(&moved.place) {
                again.insert(moved.place);
            }
            then.entry(moved.place).or_insert(moved);
        }
        if then.is_empty() {
            return Ok(Vec::new());
        }
        let line_then = |place: PlaceId| {
            let mut line = vec![place];
            for _ in 0..limits::TREE_DEPTH {
                let Some(at) = line.last() else { break };
                let parent = || self.tree.get(*at).and_then(|p| p.parent);
                match then.get(at).map(|m| m.parent).or_else(parent) {
                    Some(parent) => line.push(parent),
                    None => break,
                }
            }
            line
        };
        let mut gained = BTreeSet::new();
        let mut lost = BTreeSet::new();
        let above: Vec<PlaceId> = self.tree.line(view.root);
        let above_then = line_then(view.root);
        if above != above_then || above.iter().any(|p| again.contains(p)) {
            // The units above are others now; all of their line is told anew.
            gained.extend(above.iter().skip(1).copied());
            lost.extend(above_then.into_iter().filter(|p| !above.contains(p)));
        }
        let was_inside = |p: PlaceId| line_then(p).contains(&view.root);
        let reached = |p: PlaceId| self.tree.reaches(view.root, p, Edge::Any);
        let mut stayed = Vec::new();
        for moved in then.values().filter(|m| !above.contains(&m.place)) {
            let place = moved.place;
            // What came and went meanwhile may have been taken in, by an answer that was cut.
            let was_reached = was_inside(place)
                || moved.host.is_some_and(was_inside)
                || (again.contains(&place) && !reached(place));
            if was_reached && self.tree.get(place).is_none() {
                // It went to another node, with all below it.
                lost.insert(place);
                continue;
            }
            match (was_reached, reached(place)) {
                (false, true) => gained.extend(self.tree.reach(place)),
                (true, false) => {
                    // What is reached by its other edge goes with the rest, and is filled in again.
                    for p in self.tree.reach(place) {
                        if reached(p) {
                            gained.insert(p);
                        } else {
                            lost.insert(p);
                        }
                    }
                }
                (true, true) => stayed.push(place),
                (false, false) => {}
            }
        }
        for place in stayed {
            // What stood below something that is lost goes with it on the device, and is filled in again.
            let above_is_lost = || line_then(place).iter().any(|p| lost.contains(p));
            if again.contains(&place) || above_is_lost() {
                gained.extend(self.tree.reach(place));
            }
        }
        if gained.is_empty() && lost.is_empty() {
            return Ok(Vec::new());
        }
        let mut births: Vec<u64> = gained
            .iter()
            .filter_map(|p| self.tree.get(*p).map(|p| p.birth))
            .collect();
        births.sort_unstable();
        let ranges: Vec<(u64, u64)> = births.into_iter().map(|b| (b, b)).collect();
        let mut w = Writer::new();
        w.number(position).number(ranges.len() as u64);
        for (from, to) in &ranges {
            w.number(*from).number(to - from);
        }
        w.number(lost.len() as u64);
        for place in &lost {
            w.fixed(&place.0);
        }
        answer.frame(FrameType::Set, w.as_slice());
        Ok(ranges)
    }

    /// Tells the entries after the position that belong to the device's filled scopes. Returns
    /// whether all of them found room.
    pub(super) fn tell_entries(
        &self,
        tx: &dyn Tx,
        opened: &Opened,
        pending: &[(u64, u64)],
        position: u64,
        at: &Counter,
        answer: &mut AnswerWriter,
    ) -> Result<bool, StoreError> {
        let request = &opened.request.request;
        let aim = limits::halved(limits::ENTRIES_AIM_BYTES, request.halved);
        let mut from = position;
        let mut epoch = self.epoch.epoch;
        let mut w = EntriesWriter::new(epoch, from);
        let mut after = position;
        while after < at.n {
            let page = records::log_after(tx, after, 512)?;
            let Some(last) = page.last() else { break };
            after = last.entry.n;
            for row in page {
                let n = row.entry.n;
                if !self.tells(opened.view, pending, row.scope) {
                    continue;
                }
                if row.epoch != epoch {
                    // A frame holds entries of one epoch.
                    let before = records::log_row(tx, n - 1)?.map_or(Hash::ZERO, |r| r.chain);
                    if !w.is_empty() {
                        answer.frame(FrameType::Entries, &w.finish(n - 1, before));
                        from = n - 1;
                    }
                    epoch = row.epoch;
                    w = EntriesWriter::new(epoch, from);
                }
                self.tell(tx, opened, pending, &row, &mut w)?;
                if w.len() >= aim {
                    answer.frame(FrameType::Entries, &w.finish(n, row.chain));
                    from = n;
                    w = EntriesWriter::new(epoch, from);
                    if answer.len() >= limits::ANSWER_BYTES {
                        return Ok(n == at.n);
                    }
                }
            }
        }
        if from < at.n {
            answer.frame(FrameType::Entries, &w.finish(at.n, at.chain));
        }
        Ok(true)
    }

    /// Whether entries of this scope are told to the view.
    pub(super) fn tells(&self, view: View, pending: &[(u64, u64)], scope: ScopeId) -> bool {
        let Some((place, lane)) = self.tree.of_scope(scope) else {
            return false;
        };
        let Some(placed) = self.tree.get(place) else {
            return false;
        };
        view.lanes(&self.tree, place).contains(&lane) && !is_pending(pending, placed.birth)
    }

    /// The grant in this entry, for a device that does not hold the place on which it was given.
    fn foreign_grant(
        &self,
        tx: &dyn Tx,
        view: View,
        pending: &[(u64, u64)],
        n: u64,
    ) -> Result<Option<(u64, Box<Grant>)>, StoreError> {
        let Some(grant) = records::grant(tx, n)? else {
            return Ok(None);
        };
        // One of another log stands in no control lane.
        let holds = n < records::FOREIGN_GRANTS
            && self.tells(view, pending, scope_of(grant.place, Lane::Control));
        Ok((!holds).then(|| (n, Box::new(grant))))
    }

    pub(super) fn tell(
        &self,
        tx: &dyn Tx,
        opened: &Opened,
        pending: &[(u64, u64)],
        row: &LogRow,
        w: &mut EntriesWriter,
    ) -> Result<(), StoreError> {
        let (cut, wants_own) = (opened.request.request.cut, opened.request.request.wants_own);
        let mut r = Reader::new(&row.body);
        let mut told = Told {
            n: row.entry.n,
            time: row.entry.time.0,
            rule: row.entry.rule,
            reason: reason::NONE,
            grant: None,
            body: Body::Epoch {
                root: self.root(),
                epoch: row.epoch,
            },
        };
        match (row.entry.kind, row.spot) {
            (EntryType::Epoch, _) => {}
            (EntryType::Grant, _) => told.body = Body::Grant(Box::new(Grant::read(&mut r)?)),
            (EntryType::End, _) => {
                let act: SignedAct<EndAct> = SignedAct::read(&mut r)?;
                let grant = match records::grant_number(tx, act.act.grant)? {
                    Some(n) => records::grant(tx, n)?,
                    None => None,
                };
                // Of a grant on a place that went to another node the end is told elsewhere.
                let at_home = grant.is_some_and(|g| scope_of(g.place, Lane::Control) == row.scope);
                told.body = if at_home { Body::End(act) } else { act_of(row) };
            }
            (EntryType::Erase, _) => {
                let act: SignedAct<EraseAct> = SignedAct::read(&mut r)?;
                // Of a place that another node keeps it is told elsewhere.
                told.body = match act.act.scope == row.scope {
                    true => Body::Erase(Box::new(act)),
                    false => act_of(row),
                };
            }
            (EntryType::HandOver | EntryType::Answer | EntryType::Return, _) => {
                told.body = act_of(row);
            }
            (EntryType::Place, _) => told.body = Body::Place(SignedAct::read(&mut r)?),
            (EntryType::Segment, None) => {
                return Err(StoreError::Damaged("an entry without its segment".into()));
            }
            (EntryType::Segment, Some(spot)) if row.entry.verdict != Verdict::Accepted => {
                told.body = Body::Judged {
                    spot,
                    scope: row.scope,
                    hash: row.entry.hash,
                    verdict: row.entry.verdict,
                    reason: row.entry.reason,
                };
            }
            (EntryType::Segment, Some(spot)) => {
                told.reason = row.entry.reason;
                let feed = records::feed(tx, spot.feed)?
                    .ok_or_else(|| StoreError::Damaged("a segment without its feed".into()))?;
                if feed.key == opened.key && !wants_own {
                    let mut tag = [0; 4];
                    tag.copy_from_slice(&row.entry.hash.0[..4]);
                    told.body = Body::Receipt(spot, tag);
                } else {
                    let stored = records::segment(tx, spot)?
                        .ok_or_else(|| StoreError::Damaged("a segment is missing".into()))?;
                    let signed = SignedSegment::from_bytes(&stored.bytes)?;
                    let grant = records::grant_number(tx, signed.unproven().grant)?
                        .ok_or_else(|| StoreError::Damaged("a grant is missing".into()))?;
                    told.grant = self.foreign_grant(tx, opened.view, pending, grant)?;
                    if signed.unproven().basis.log != self.log {
                        told.body = Body::Whole(Box::new(signed));
                        w.add(&told, None);
                        return Ok(());
                    }
                    let before = before(tx, spot)?;
                    let entry_before = before.as_ref().map_or(0, |(n, _)| *n);
                    let has_salt = |doc: DocId| {
                        entry_before > cut
                            && before.as_ref().is_some_and(|(_, s)| {
                                s.unproven().changes.iter().any(|c| c.doc == doc)
                            })
                    };
                    let how = Shorten {
                        near: row.entry.time.0,
                        grant,
                        introduce: entry_before <= cut,
                        has_salt: &has_salt,
                    };
                    told.body = Body::Segment(Box::new(signed));
                    w.add(&told, Some(&how));
                    return Ok(());
                }
            }
        }
        w.add(&told, None);
        Ok(())
    }
}

/// Says which of the control acts that the device brought are noted.
fn tell_brought(brought: &[Hash], answer: &mut AnswerWriter) {
    if brought.is_empty() {
        return;
    }
    let mut w = Writer::new();
    w.number(brought.len() as u64);
    for hash in brought {
        w.fixed(&hash.0[..8]).u8(problem::BROUGHT).number(0);
    }
    answer.frame(FrameType::Problems, w.as_slice());
}

fn act_of(row: &LogRow) -> Body {
    Body::Act {
        kind: row.entry.kind,
        scope: row.scope,
        hash: row.entry.hash,
    }
}

/// How many views' digests are kept.
pub(super) const VIEWS_KEPT: usize = 1024;
/// How many entries are looked through to see whether a digest still stands.
pub(super) const UNTOUCHED_SCAN: u64 = 4096;

pub(super) fn is_pending(pending: &[(u64, u64)], birth: u64) -> bool {
    pending
        .iter()
        .any(|(from, to)| (*from..=*to).contains(&birth))
}

/// The segment before this one in its feed, with its entry's number.
pub(super) fn before(tx: &dyn Tx, spot: Spot) -> Result<Option<(u64, SignedSegment)>, StoreError> {
    let Some(n) = spot.n.checked_sub(1).filter(|n| *n > 0) else {
        return Ok(None);
    };
    let Some(row) = records::segment(tx, Spot { n, ..spot })? else {
        return Ok(None);
    };
    match row.state {
        SegmentState::Receipted(entry) => Ok(Some((entry, SignedSegment::from_bytes(&row.bytes)?))),
        _ => Ok(None),
    }
}

/// Where a place stood before an entry put it elsewhere.
#[derive(Debug, Clone, Copy)]
pub(super) struct Move {
    pub(super) place: PlaceId,
    /// Its parent before.
    pub(super) parent: PlaceId,
    /// The branch that hosted it before.
    pub(super) host: Option<PlaceId>,
}

impl Move {
    /// Notes the move of entry `n`.
    pub(super) fn put(&self, tx: &mut dyn Tx, n: u64) -> Result<(), StoreError> {
        let mut w = Writer::new();
        w.fixed(&self.place.0).fixed(&self.parent.0);
        if let Some(host) = self.host {
            w.fixed(&host.0);
        }
        let key = [&b"move/"[..], &records::number_key(n)].concat();
        tx.put(Table::Meta, &key, w.as_slice())
    }
}

/// The moves after entry `n`, in their order, each with its entry.
pub(super) fn moves_after(tx: &dyn Tx, n: u64) -> Result<Vec<(u64, Move)>, StoreError> {
    const PREFIX: &[u8] = b"move/";
    let from = [PREFIX, &records::number_key(n.saturating_add(1))].concat();
    let mut moves = Vec::new();
    for (key, value) in tx.scan(Table::Meta, &from, Some(b"move0"), usize::MAX)? {
        let number = key.get(PREFIX.len()..).and_then(|k| k.try_into().ok());
        let number = number.ok_or_else(|| StoreError::Damaged("a key".into()))?;
        let mut r = Reader::new(&value);
        let moved = Move {
            place: PlaceId::read(&mut r)?,
            parent: PlaceId::read(&mut r)?,
            host: match r.is_empty() {
                true => None,
                false => Some(PlaceId::read(&mut r)?),
            },
        };
        moves.push((u64::from_be_bytes(number), moved));
    }
    Ok(moves)
}
