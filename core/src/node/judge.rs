//! Judging: one transaction in which segments and acts get their verdicts and their numbers.
//!
//! A verdict follows from what the log said before and from the segment, never from a clock (rule 9).
//! Entries are numbered here and nowhere else; the counter row is written last.

use super::answer::{Move, moves_after};
use super::custody::{arrival_before, parent_offered, place_offered};
use super::restored::is_awaited;
use super::{CLOCK_RIGHT, COUNTER, DecideError, NEXT_END, Objection, recovery, succession};
use crate::access;
use crate::author::Author;
use crate::codec::{Reader, Writer};
use crate::feed::authorise::{AuthorisedSegment, Forbidden, Strictness, authorise, may_say};
use crate::feed::verify::{FeedHead, ProvenSegment, verify};
use crate::feed::{Segment, SignedSegment, Spot};
use crate::forget::{self, EraseAct, Erased, Mark};
use crate::id::{DocId, FeedId, Hash, LogId, PersonId, PlaceId, PublicKey, ScopeId};
use crate::identity::{Epoch, Grant, SecretKey};
use crate::kind;
use crate::limits;
use crate::log::{
    ControlAct, End, EndAct, Entry, EntryType, PlaceAct, RULE_VERSION, Signed, Verdict, reason,
};
use crate::phone::problem;
use crate::place::{Edge, Host, Lane, PlaceKind, Role, scope_of};
use crate::records::{
    self, Ended, FeedRow, LogRow, PlaceRow, QuarantineRow, ScopeRow, SegmentRow, SegmentState,
};
use crate::replica::{self, ApplyError, Filing, Overlay, Warm};
use crate::store::{StoreError, Tx};
use crate::time::{Received, Timestamp};
use crate::tree::{Placed, Tree};
use std::collections::{BTreeMap, BTreeSet};

/// The log's counter row: its last number, chain and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counter {
    pub(super) n: u64,
    pub(super) chain: Hash,
    pub(super) time: Timestamp,
}

pub(super) fn counter(tx: &dyn Tx) -> Result<Counter, StoreError> {
    let Some(bytes) = records::meta(tx, COUNTER)? else {
        return Ok(Counter {
            n: 0,
            chain: Hash::ZERO,
            time: Timestamp(0),
        });
    };
    let mut r = Reader::new(&bytes);
    Ok(Counter {
        n: r.number()?,
        chain: Hash::read(&mut r)?,
        time: Timestamp(r.number()?),
    })
}

/// The log's time at a moment of the clock: never backwards, and not by more than [`limits::CLOCK_LEAP`] at once
/// unless a person said that the clock is right (rule 18): a clock that is off by years would end terms.
pub(super) fn log_time(tx: &dyn Tx, at: &Counter, now: Timestamp) -> Result<Timestamp, StoreError> {
    let leaps = at.n > 0 && now.0.saturating_sub(at.time.0) > limits::CLOCK_LEAP;
    let told_right = records::meta_number(tx, CLOCK_RIGHT)?;
    Ok(
        if leaps && now.0.saturating_sub(told_right) > limits::CLOCK_LEAP {
            at.time
        } else {
            at.time.max(now)
        },
    )
}

pub(super) fn put_counter(tx: &mut dyn Tx, c: &Counter) -> Result<(), StoreError> {
    let mut w = Writer::new();
    w.number(c.n).fixed(&c.chain.0).number(c.time.0);
    records::set_meta(tx, COUNTER, w.as_slice())
}

/// What became of one segment of a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    pub(super) hash: Hash,
    pub(super) scope: ScopeId,
    pub(super) said: Said,
}

impl Word {
    pub(super) fn problem(hash: Hash, code: u8) -> Self {
        Word {
            hash,
            scope: ScopeId([0; 16]),
            said: Said::Problem(code),
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Said {
    /// Accepted, now or before, as this entry.
    Entry(u64),
    /// Held, now or before, as this entry: a person decides.
    Held(u64),
    /// Refused, now or before, as this entry, for this reason.
    Refused(u64, u8),
    /// No verdict.
    Problem(u8),
}

/// Who judges: the node in its present epoch.
#[derive(Debug, Clone)]
pub(super) struct Seat {
    pub(super) log: LogId,
    pub(super) epoch: u64,
    /// Signs grants and control acts.
    pub(super) grant_key: SecretKey,
}

/// One transaction's judging: entries are numbered here and nowhere else.
pub(super) struct Judge<'a> {
    pub(super) tx: &'a mut dyn Tx,
    pub(super) tree: &'a mut Tree,
    seat: &'a Seat,
    pub(super) at: Counter,
    pub(super) docs: BTreeSet<DocId>,
    pub(super) warm: Warm,
    /// Grants that segments named, with their entries: they never change, and many segments name one.
    known: BTreeMap<Hash, (u64, Grant)>,
    /// What is forgotten when this is finished.
    pub(super) erased: Erased,
}

impl<'a> Judge<'a> {
    /// Begins to judge. What the log's time ends, ends first ([`Judge::lapse_due`]).
    pub(super) fn begin(
        tx: &'a mut dyn Tx,
        tree: &'a mut Tree,
        seat: &'a Seat,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let mut at = counter(tx)?;
        at.time = log_time(tx, &at, now)?;
        let mut judge = Judge {
            tx,
            tree,
            seat,
            at,
            docs: BTreeSet::new(),
            warm: Warm::default(),
            known: BTreeMap::new(),
            erased: Erased::new(),
        };
        judge.lapse_due()?;
        Ok(judge)
    }

    pub(super) fn epoch_number(&self) -> u64 {
        self.seat.epoch
    }

    pub(super) fn log(&self) -> LogId {
        self.seat.log
    }

    /// A control act with the epoch's signature.
    pub(super) fn signed<A: ControlAct>(&self, act: A) -> Signed<A> {
        Signed::new(act, self.seat.log, &self.seat.grant_key)
    }

    /// Carries out what follows from what was taken in, projects what changed, and writes the counter row last.
    pub(super) fn finish(mut self) -> Result<(), StoreError> {
        self.settle_successions()?;
        forget::forget(self.tx, &self.erased)?;
        let overlay = Overlay::default();
        for doc in &self.docs {
            replica::project(self.tx, self.tree, *doc, &overlay)?;
        }
        put_counter(self.tx, &self.at)
    }

    /// Where an entry about this scope is written: from an offer to another node on no more in the scope
    /// itself, whose chain that node goes on with, but in the control lane above.
    pub(super) fn lane_for(&self, scope: ScopeId) -> Result<ScopeId, StoreError> {
        let mut lane = scope;
        for _ in 0..limits::TREE_DEPTH {
            match records::away(self.tx, &lane.0)? {
                Some(away) => lane = away.lane,
                None => break,
            }
        }
        Ok(lane)
    }

    pub(super) fn entry(&mut self, about: About) -> Result<u64, StoreError> {
        let about = About {
            scope: self.lane_for(about.scope)?,
            ..about
        };
        let entry = Entry {
            n: self.at.n + 1,
            time: Received(self.at.time),
            kind: about.kind,
            hash: about.hash,
            verdict: about.verdict,
            reason: about.reason,
            rule: RULE_VERSION,
        };
        let scope = records::scope(self.tx, about.scope)?;
        let chain = entry.chain_after(self.at.chain, self.seat.log, self.seat.epoch);
        let scope_chain = entry.chain_after(scope.chain, self.seat.log, self.seat.epoch);
        records::put_scope(
            self.tx,
            about.scope,
            &ScopeRow {
                chain: scope_chain,
                last: entry.n,
                filled: 0,
            },
        )?;
        records::put_log_row(
            self.tx,
            &LogRow {
                epoch: self.seat.epoch,
                entry,
                scope: about.scope,
                chain,
                scope_chain,
                spot: about.spot,
                body: about.body,
            },
        )?;
        self.at.n = entry.n;
        self.at.chain = chain;
        Ok(entry.n)
    }

    /// Makes or moves a place, and says with it by which hand-over it came, if it did.
    pub(super) fn place(&mut self, act: PlaceAct) -> Result<u64, StoreError> {
        let arrived = arrival_before(self.tx, act.place, self.at.n)?;
        let came = act.came.or(arrived.map(|(offer, _)| offer));
        let act = PlaceAct { came, ..act };
        let signed = self.signed(act);
        let n = self.entry(About {
            scope: scope_of(act.place, Lane::Control),
            body: signed.to_bytes(),
            ..About::act(EntryType::Place, act.hash())
        })?;
        self.put_place(n, act)?;
        Ok(n)
    }

    pub(super) fn put_place(&mut self, n: u64, act: PlaceAct) -> Result<(), StoreError> {
        let old = records::place(self.tx, act.place)?;
        let born = old.filled_birth();
        let host = act.host.map(|h| h.branch);
        if let (Some(old), Some(_)) = (&old, born)
            && let Some(old_parent) = old.placed.parent
        {
            let old_host = old.placed.host.map(|h| h.branch);
            if Some(old_parent) != act.parent || old_host != host {
                Move {
                    place: act.place,
                    parent: old_parent,
                    host: old_host,
                }
                .put(self.tx, n)?;
                for end in [Some(old_parent), old_host].into_iter().flatten() {
                    self.touch(end, n)?;
                }
            }
        }
        let placed = Placed {
            kind: act.kind,
            parent: act.parent,
            host: act.host,
            birth: born.unwrap_or(n),
        };
        records::put_place(self.tx, act.place, &PlaceRow { placed, changed: n })?;
        self.tree.remove(act.place);
        self.tree.put(act.place, placed);
        for end in [act.parent, host].into_iter().flatten() {
            self.touch(end, n)?;
        }
        if let Some(host) = act.host {
            self.note_end(host.until)?;
        }
        if born.is_some() {
            return Ok(());
        }
        // What was erased in it before a restore is told in its scopes again.
        for lane in act.kind.lanes() {
            for mark in forget::marks(self.tx, Some(scope_of(act.place, *lane)))? {
                if mark.entry == 0 {
                    self.erase(mark.act.act)?;
                }
            }
        }
        Ok(())
    }

    /// Something ends by itself at this moment.
    pub(super) fn note_end(&mut self, end: Timestamp) -> Result<(), StoreError> {
        let next = records::meta_number(self.tx, NEXT_END)?;
        if next == 0 || end.0 < next {
            records::set_meta_number(self.tx, NEXT_END, end.0)?;
        }
        Ok(())
    }

    pub(super) fn touch(&mut self, place: PlaceId, n: u64) -> Result<(), StoreError> {
        if let Some(row) = records::place(self.tx, place)? {
            records::put_place(self.tx, place, &PlaceRow { changed: n, ..row })?;
        }
        Ok(())
    }

    pub(super) fn epoch(&mut self, epoch: &Epoch, root: PlaceId) -> Result<u64, StoreError> {
        self.entry(About {
            scope: scope_of(root, Lane::Control),
            ..About::act(EntryType::Epoch, epoch.hash())
        })
    }

    pub(super) fn grant(&mut self, grant: &Grant) -> Result<u64, StoreError> {
        let n = self.entry(About {
            scope: scope_of(grant.place, Lane::Control),
            body: grant.to_bytes(),
            ..About::act(EntryType::Grant, grant.hash())
        })?;
        records::put_grant(self.tx, n, grant)?;
        if grant.end.0 > 0 {
            self.note_end(grant.end)?;
        }
        Ok(n)
    }

    /// Forgets a document; its content goes when the judging is finished, and none is let in from here on.
    pub(super) fn erase(&mut self, act: EraseAct) -> Result<u64, StoreError> {
        let act = self.signed(act);
        let (scope, doc) = (act.act.scope, act.act.doc);
        let entry = self.entry(About {
            scope,
            body: act.to_bytes(),
            ..About::act(EntryType::Erase, act.act.hash())
        })?;
        forget::put_mark(self.tx, &Mark { entry, act })?;
        self.erased.entry(scope).or_default().insert(doc);
        Ok(entry)
    }

    /// Ends the grant in entry `n`.
    pub(super) fn end(&mut self, n: u64, grant: &Grant, how: End) -> Result<u64, StoreError> {
        if matches!(how, End::Revoked | End::Wiped) {
            // Under a key of before a backup from before the change would still let the device in.
            for (n, earlier) in records::earlier_keys(self.tx, grant)? {
                let was = records::ended(self.tx, n)?.map(|end| end.how);
                let to_be_wiped = how == End::Wiped && was == Some(End::Revoked);
                if was == Some(End::Succeeded) || to_be_wiped {
                    self.end_alone(n, &earlier, how)?;
                }
            }
        }
        self.end_alone(n, grant, how)
    }

    fn end_alone(&mut self, n: u64, grant: &Grant, how: End) -> Result<u64, StoreError> {
        let act = EndAct {
            grant: grant.hash(),
            end: how,
        };
        let signed = self.signed(act);
        let entry = self.entry(About {
            scope: scope_of(grant.place, Lane::Control),
            body: signed.to_bytes(),
            ..About::act(EntryType::End, act.hash())
        })?;
        let signature = signed.signature;
        let end = Ended {
            entry,
            how,
            signature,
        };
        records::put_ended(self.tx, n, end)?;
        recovery::forget(self.tx, n)?;
        Ok(entry)
    }

    /// Ends every grant and every placement whose term is over at the log's time. The earliest end is kept, so that this
    /// costs nothing until it comes.
    fn lapse_due(&mut self) -> Result<(), StoreError> {
        let next = records::meta_number(self.tx, NEXT_END)?;
        if next == 0 || self.at.time.0 < next {
            return Ok(());
        }
        let time = self.at.time;
        let mut later: Vec<Timestamp> = Vec::new();
        for (n, grant) in records::grants(self.tx)? {
            let terms = [
                (grant.end, End::Lapsed),
                (succession::gives_until(self.tx, n)?, End::Revoked),
            ];
            let term = terms.into_iter().filter(|(end, _)| end.0 > 0);
            let Some((end, how)) = term.min_by_key(|(end, _)| *end) else {
                continue;
            };
            if records::ended(self.tx, n)?.is_some() {
                continue;
            }
            if end <= time {
                self.end(n, &grant, how)?;
            } else {
                later.push(end);
            }
        }
        let hosted: Vec<(PlaceId, Placed, Host)> = (self.tree.iter())
            .filter_map(|(id, p)| Some((id, *p, p.host?)))
            .collect();
        for (place, placed, host) in hosted {
            if host.until <= time {
                self.place(PlaceAct::at(place, placed.kind, placed.parent))?;
            } else {
                later.push(host.until);
            }
        }
        let earliest = later.into_iter().min().map_or(0, |t| t.0);
        records::set_meta_number(self.tx, NEXT_END, earliest)
    }

    /// The office's own segment, sealed in this transaction: its changes are in its documents
    /// already, so only the receipt is missing.
    pub(super) fn own(
        &mut self,
        signed: SignedSegment,
        office: &Author,
    ) -> Result<u64, StoreError> {
        let s = signed.unproven();
        let spot = s.spot();
        let n = self.entry(About {
            scope: s.scope,
            spot: Some(spot),
            ..About::act(EntryType::Segment, signed.hash())
        })?;
        self.born(n, s)?;
        records::put_segment(
            self.tx,
            spot,
            &SegmentRow {
                state: SegmentState::Receipted(n),
                hash: signed.hash(),
                bytes: signed.to_bytes(),
            },
        )?;
        if let Some(feed) = records::feed(self.tx, s.feed)? {
            records::put_feed(
                self.tx,
                s.feed,
                &FeedRow {
                    judged: n,
                    grant: office.grant,
                    ..feed
                },
            )?;
        }
        self.docs.extend(s.changes.iter().map(|c| c.doc));
        Ok(n)
    }

    /// The grant with this hash and its entry, if the log knows it.
    pub(super) fn grant_of(&mut self, hash: Hash) -> Result<Option<(u64, Grant)>, StoreError> {
        if let Some(known) = self.known.get(&hash) {
            return Ok(Some(known.clone()));
        }
        let Some(n) = records::grant_number(self.tx, hash)? else {
            return Ok(None);
        };
        let Some(grant) = records::grant(self.tx, n)? else {
            return Ok(None);
        };
        self.known.insert(hash, (n, grant.clone()));
        Ok(Some((n, grant)))
    }

    /// What was said of a segment that came before.
    pub(super) fn said_before(&self, proven: &ProvenSegment) -> Result<Option<Said>, StoreError> {
        let spot = proven.segment().spot();
        if let Some(there) = records::segment(self.tx, spot)?
            && there.hash == proven.hash()
        {
            match there.state {
                SegmentState::Receipted(n) => return Ok(Some(Said::Entry(n))), // Doubled.
                SegmentState::Held(n) => return Ok(Some(Said::Held(n))),
                _ => {}
            }
        }
        let refused = self.was_refused(proven.hash())?;
        Ok(refused.map(|(n, reason)| Said::Refused(n, reason)))
    }

    /// Judges one segment.
    pub(super) fn segment(
        &mut self,
        proven: ProvenSegment,
        objection: &mut Option<Objection>,
    ) -> Result<Said, StoreError> {
        if let Some(said) = self.said_before(&proven)? {
            return Ok(said);
        }
        let Some(proven) = self.without_erased(proven)? else {
            return Ok(Said::Problem(problem::UNKNOWN));
        };
        let s = proven.segment();
        let spot = s.spot();
        let Some((grant_n, grant)) = self.grant_of(s.grant)? else {
            return Ok(Said::Problem(problem::UNKNOWN));
        };
        // Whose term has not begun says nothing yet, whoever brings it.
        if grant.from > self.at.time {
            return Ok(Said::Problem(problem::UNKNOWN));
        }
        let away = self.away_place(s)?;
        let feed = records::feed(self.tx, s.feed)?;
        let head = feed.map_or(FeedHead::NONE, |f| f.head);
        if s.n > head.n + 1 && !feed.is_some_and(|f| f.ended) {
            return Ok(Said::Problem(problem::GAP));
        }
        if s.n <= head.n {
            return self.refuse(proven.signed(), reason::FORK, "the feed forked");
        }
        if feed.is_some_and(|f| f.ended) || self.was_said_again(spot, &grant.key)? {
            return self.refuse(proven.signed(), reason::FEED_ENDED, "the feed had ended");
        }
        let verified = match proven.follow(&head) {
            Ok(v) => v,
            Err(e) => return self.refuse(&e.1, reason::FORK, "the feed forked"),
        };
        let s = verified.segment();
        if s.basis.epoch == self.seat.epoch && s.basis.n > self.at.n {
            return self.refuse_for(verified.signed(), Forbidden::BasisAhead);
        }
        if let Some(place) = away {
            // That it ever was here is for those to learn who reached it.
            let then = self.moved_since(s.basis.n)?;
            let reached = self.is_inside(s, &grant, place, &then)?
                || self.is_inside(s, &grant, place, &BTreeMap::new())?;
            if !reached {
                return self.refuse_for(verified.signed(), Forbidden::OutsidePlace);
            }
            let reason = reason::CUSTODY;
            return self.hold(verified.signed(), (grant_n, &grant), reason);
        }
        let before = Spot { n: head.n, ..spot };
        if let Some(row) = records::segment(self.tx, before)?
            && matches!(row.state, SegmentState::Held(_))
        {
            let reason = reason::AFTER_HELD;
            return self.hold(verified.signed(), (grant_n, &grant), reason);
        }
        let has_ended = records::ended(self.tx, grant_n)?.is_some();
        let is_here = self.tree.of_scope(s.scope).is_some();
        let authorised = authorise(verified, &grant, self.tree, Strictness::Door);
        let outside = match &authorised {
            Ok(_) => false,
            Err(e) => matches!(e.0, Forbidden::OutsidePlace | Forbidden::UnknownScope),
        };
        // Asked of every place that its author does not reach, whether it is there or not.
        if (outside || !is_here)
            && let segment = match &authorised {
                Ok(a) => a.verified(),
                Err(e) => &e.1,
            }
            && is_awaited(self.tx, segment.segment())?
            && !is_here
        {
            return match has_ended {
                // Nobody brings it a second time.
                true => {
                    let signed = segment.signed().clone();
                    self.hold(&signed, (grant_n, &grant), reason::GRANT_ENDED)
                }
                false => Ok(Said::Problem(problem::UNKNOWN)),
            };
        }
        let authorised = match authorised {
            Ok(a) => a,
            Err(e) => {
                let (why, verified) = *e;
                return match outside && self.lay_inside(verified.segment(), &grant)? {
                    // The author could not know of the move: a person decides.
                    true => {
                        let reason = reason::MOVED;
                        self.hold(verified.signed(), (grant_n, &grant), reason)
                    }
                    // Whether there is such a place is not for its author to learn.
                    false if outside => self.refuse_for(verified.signed(), Forbidden::OutsidePlace),
                    false => self.refuse_for(verified.signed(), why),
                };
            }
        };
        if has_ended {
            let signed = authorised.verified().signed();
            return self.hold(signed, (grant_n, &grant), reason::GRANT_ENDED);
        }
        let segment = authorised.verified().segment();
        if objection.as_mut().is_some_and(|o| o(segment)) {
            let signed = authorised.verified().signed();
            return self.refuse(signed, reason::OFFICE, "the office decided so");
        }
        let plan = match replica::plan(self.tx, &mut self.warm, &authorised, Some(&grant)) {
            Ok(plan) => plan,
            Err(ApplyError::Store(e)) => return Err(e),
            Err(ApplyError::Door(e)) if e.may_pass_later() => {
                return Ok(Said::Problem(problem::MISSING));
            }
            Err(ApplyError::Door(e)) => {
                let code = reason::DOOR.saturating_add(e.code());
                let signed = authorised.verified().signed();
                return self.refuse(signed, code, &e.to_string());
            }
        };
        let n = self.entry(About {
            scope: segment.scope,
            spot: Some(spot),
            ..About::act(EntryType::Segment, authorised.verified().hash())
        })?;
        self.born(n, segment)?;
        let filing = Filing {
            state: SegmentState::Receipted(n),
            grant: grant_n,
            entry: n,
        };
        let docs = replica::commit(self.tx, &mut self.warm, plan, &authorised, &grant, filing)?;
        self.docs.extend(docs);
        // Said again here: the old feed is not gone on with, whoever still carries it about.
        if let Some(old) = segment.replaces {
            match records::feed(self.tx, old.feed)? {
                Some(row) if row.key == grant.key && row.head.n < old.n => {
                    records::put_feed(self.tx, old.feed, &FeedRow { ended: true, ..row })?;
                }
                Some(_) => {}
                // A restored node hears of it before it hears of what was refused.
                None => {
                    let key = replaced_name(old.feed, &grant.key);
                    records::set_meta_number(self.tx, &key, old.n)?;
                }
            }
        }
        Ok(Said::Entry(n))
    }

    /// Whether what stands at this spot, or before it in the same feed, was said again by its own device.
    fn was_said_again(&self, spot: Spot, key: &PublicKey) -> Result<bool, StoreError> {
        let from = records::meta_number(self.tx, &replaced_name(spot.feed, key))?;
        Ok(from > 0 && spot.n >= from)
    }

    /// The segment without the content of what is forgotten; `None`: other content is missing in it. The author may
    /// know of an erasure that this node has lost: it is asked again.
    pub(super) fn without_erased(
        &self,
        proven: ProvenSegment,
    ) -> Result<Option<ProvenSegment>, StoreError> {
        let erased = forget::erased_of(self.tx, proven.signed())?;
        if !forget::is_whole(proven.signed(), &erased) {
            return Ok(None);
        }
        Ok(Some(proven.forgetting(|doc| erased.contains(&doc))))
    }

    /// The entry and the reason by which a segment was refused before.
    pub(super) fn was_refused(&self, hash: Hash) -> Result<Option<(u64, u8)>, StoreError> {
        let Some(bytes) = records::meta(self.tx, &format!("refused/{hash}"))? else {
            return Ok(None);
        };
        let mut r = Reader::new(&bytes);
        Ok(Some((r.number()?, r.u8()?)))
    }

    /// The place that the segment is about, or under which it opens one, if another node keeps it or is offered it.
    pub(super) fn away_place(&self, s: &Segment) -> Result<Option<PlaceId>, StoreError> {
        if let Some(away) = records::away(self.tx, &s.scope.0)? {
            let here = self.tree.of_scope(s.scope).map(|(place, _)| place);
            return Ok(here.or(place_offered(self.tx, away.offer, s.scope)?));
        }
        let above = s.opens.map(|o| o.parent);
        Ok(match above {
            Some(place) => records::away(self.tx, &place.0)?.map(|_| place),
            None => None,
        })
    }

    /// Whether what the segment says is for its author's role to say in such a place, and the place lay inside the
    /// granted one at the segment's basis. Costs the same where there is no such place.
    fn lay_inside(&self, s: &Segment, grant: &Grant) -> Result<bool, StoreError> {
        let there = self.tree.of_scope(s.scope);
        let nowhere = PlaceId([0; 16]);
        let then = self.moved_since(s.basis.n)?;
        let place = there.map_or(nowhere, |(place, _)| place);
        let was_inside = self.is_inside(s, grant, place, &then)?;
        let kind = there.and_then(|(place, _)| Some(self.tree.get(place)?.kind));
        Ok(match (there, kind) {
            (Some((place, lane)), Some(kind)) => {
                was_inside && may_say(s, grant, (place, kind, lane), Strictness::Door).is_ok()
            }
            _ => false,
        })
    }

    /// Where each place that moved since an entry stood then: its first move after it says so.
    fn moved_since(&self, n: u64) -> Result<BTreeMap<PlaceId, Move>, StoreError> {
        let mut then: BTreeMap<PlaceId, Move> = BTreeMap::new();
        for (_, moved) in moves_after(self.tx, n)? {
            then.entry(moved.place).or_insert(moved);
        }
        Ok(then)
    }

    /// Whether the place lay inside the granted one, or was hosted there, as what the segment says demands, where other
    /// places stood as these moves say.
    fn is_inside(
        &self,
        s: &Segment,
        grant: &Grant,
        place: PlaceId,
        then: &BTreeMap<PlaceId, Move>,
    ) -> Result<bool, StoreError> {
        let lay_within = |mut at: Option<PlaceId>| {
            for _ in 0..limits::TREE_DEPTH {
                let Some(p) = at else { break };
                if p == grant.place {
                    return Ok(true);
                }
                let parent = || self.tree.get(p).and_then(|placed| placed.parent);
                at = match then.get(&p).map(|m| m.parent).or_else(parent) {
                    Some(parent) => Some(parent),
                    None => parent_offered(self.tx, p)?,
                };
            }
            Ok::<_, StoreError>(false)
        };
        let host = match then.get(&place) {
            Some(moved) => moved.host,
            None => self.tree.get(place).and_then(|p| p.host).map(|h| h.branch),
        };
        let (within, hosted) = (lay_within(Some(place))?, lay_within(host)?);
        let mut edges = (s.changes.iter()).filter_map(|c| Some(kind::by_number(c.kind)?.edge));
        Ok(edges.all(|edge| match edge {
            Edge::Parent => within,
            Edge::Host => hosted,
            Edge::Any => within || hosted,
        }))
    }

    /// Holds a segment: it is kept, nothing of it is applied, and a person at the office decides. Later
    /// ones of its feed are held with it.
    pub(super) fn hold(
        &mut self,
        signed: &SignedSegment,
        (grant_n, grant): (u64, &Grant),
        reason: u8,
    ) -> Result<Said, StoreError> {
        let s = signed.unproven();
        let spot = s.spot();
        let n = self.at.n + 1;
        let row = QuarantineRow {
            author: records::first_key(self.tx, grant_n)?.unwrap_or(grant.key),
            reason,
            words: match reason {
                reason::MOVED => "its place had moved".to_owned(),
                reason::CUSTODY => "its place was handed over".to_owned(),
                reason::GRANT_ENDED => "its author's grant had ended".to_owned(),
                _ => "the one before it is held".to_owned(),
            },
            time: self.at.time,
            held: n,
            bytes: signed.to_bytes(),
        };
        if !records::quarantine(self.tx, &row)? {
            return Ok(Said::Problem(problem::QUARANTINE_FULL));
        }
        self.entry(About {
            scope: self.told_in(s.scope, Some(grant)),
            spot: Some(spot),
            verdict: Verdict::Held,
            reason,
            ..About::act(EntryType::Segment, signed.hash())
        })?;
        let state = SegmentState::Held(n);
        let (hash, bytes) = (signed.hash(), signed.to_bytes());
        records::put_segment(self.tx, spot, &SegmentRow { state, hash, bytes })?;
        for c in &s.changes {
            records::put_salt(self.tx, s.feed, c.doc, c.salt, n)?;
        }
        records::put_feed(
            self.tx,
            s.feed,
            &FeedRow {
                scope: s.scope,
                key: grant.key,
                nonce: s.nonce,
                head: FeedHead { n: s.n, hash },
                ended: false,
                grant: grant_n,
                judged: n,
            },
        )?;
        Ok(Said::Held(n))
    }

    /// A person's decision about what is held in this row of the quarantine. Its feed's held segments
    /// are decided from the first on: what builds on them cannot go before.
    pub(super) fn decide(
        &mut self,
        number: u64,
        accept: bool,
        by: Option<PersonId>,
    ) -> Result<u64, DecideError> {
        let row = records::quarantine_row(self.tx, number)?.ok_or(DecideError::Unknown)?;
        if row.held == 0 {
            return Err(DecideError::NotHeld);
        }
        let signed = SignedSegment::from_bytes(&row.bytes).map_err(StoreError::from)?;
        let s = signed.unproven();
        let spot = s.spot();
        let before = Spot { n: s.n - 1, ..spot };
        if let Some(row) = records::segment(self.tx, before)?
            && matches!(row.state, SegmentState::Held(_))
        {
            return Err(DecideError::EarlierFirst);
        }
        let grant = match records::grant_number(self.tx, s.grant)? {
            Some(n) => records::grant(self.tx, n)?,
            None => None,
        };
        if self.away_place(s)?.is_some() {
            return Err(DecideError::HandedOver);
        }
        let about = self.tree.of_scope(s.scope).map(|(place, _)| place.0);
        let own = |person: PersonId| {
            grant.as_ref().is_some_and(|g| g.person == person) || about == Some(person.0)
        };
        if by.is_some_and(own) {
            return Err(DecideError::AboutThemself);
        }
        let kinds = s.changes.iter().filter_map(|c| kind::by_number(c.kind));
        if kinds
            .into_iter()
            .any(|kind| !access::decides(Role::Office, kind))
        {
            return Err(DecideError::NotAllowed);
        }
        if accept {
            self.accept_held(number, row, signed)
        } else {
            Ok(self.refuse_held(spot)?)
        }
    }

    fn accept_held(
        &mut self,
        number: u64,
        row: QuarantineRow,
        signed: SignedSegment,
    ) -> Result<u64, DecideError> {
        let damaged = || StoreError::Damaged("a held segment".into());
        let s = signed.unproven().clone();
        let spot = s.spot();
        let held = records::log_row(self.tx, row.held)?.ok_or_else(damaged)?;
        let grant_n = records::grant_number(self.tx, s.grant)?.ok_or_else(damaged)?;
        let grant = records::grant(self.tx, grant_n)?.ok_or_else(damaged)?;
        let head = FeedHead {
            n: s.n - 1,
            hash: s.prev,
        };
        let verified = verify(signed, &grant.key, &head).map_err(|_| damaged())?;
        let (place, kind, lane) = self.place_of(&s, &grant).ok_or(DecideError::NoPlace)?;
        // The office lets stand what came too late or from elsewhere, and not what was never its author's to say.
        may_say(&s, &grant, (place, kind, lane), Strictness::Door)
            .map_err(DecideError::NotTheirs)?;
        let authorised = AuthorisedSegment::by_decision(verified, &held.entry, place, lane)
            .map_err(|_| damaged())?;
        let plan = match replica::plan(self.tx, &mut self.warm, &authorised, Some(&grant)) {
            Ok(plan) => plan,
            Err(ApplyError::Store(e)) => return Err(e.into()),
            Err(ApplyError::Door(e)) => return Err(DecideError::Unfit(e)),
        };
        let n = self.entry(About {
            scope: s.scope,
            spot: Some(spot),
            reason: reason::DECIDED,
            ..About::act(EntryType::Segment, authorised.verified().hash())
        })?;
        self.born(n, &s)?;
        let later = records::feed(self.tx, s.feed)?.map(|f| f.head);
        let filing = Filing {
            state: SegmentState::Receipted(n),
            grant: grant_n,
            entry: n,
        };
        let docs = replica::commit(self.tx, &mut self.warm, plan, &authorised, &grant, filing)?;
        self.docs.extend(docs);
        if let Some(head) = later.filter(|h| h.n > s.n)
            && let Some(feed) = records::feed(self.tx, s.feed)?
        {
            // What is held after it stays the feed's head.
            records::put_feed(self.tx, s.feed, &FeedRow { head, ..feed })?;
        }
        records::drop_quarantined(self.tx, number)?;
        Ok(n)
    }

    /// The scope in which a judgement is told. One that the tree does not have (yet) is told where the
    /// author's grant stands.
    fn told_in(&self, scope: ScopeId, grant: Option<&Grant>) -> ScopeId {
        match (self.tree.of_scope(scope), grant) {
            (Some(_), _) | (None, None) => scope,
            // A grant of another log may be on a place that was never here.
            (None, Some(g)) if g.log != self.seat.log => scope_of(self.root(), Lane::Control),
            (None, Some(g)) => scope_of(g.place, Lane::Control),
        }
    }

    fn root(&self) -> PlaceId {
        let root = self.tree.iter().find(|(_, p)| p.parent.is_none());
        root.map_or(PlaceId([0; 16]), |(place, _)| place)
    }

    /// The place and lane of a held segment; it may be one that the segment opens, where its author's role
    /// opens such places.
    fn place_of(&self, s: &Segment, grant: &Grant) -> Option<(PlaceId, PlaceKind, Lane)> {
        let there = self.tree.of_scope(s.scope);
        let there = there.and_then(|(place, lane)| Some((place, self.tree.get(place)?.kind, lane)));
        there.or_else(|| {
            let o = s.opens?;
            let lane = o
                .kind
                .lanes()
                .iter()
                .find(|l| scope_of(o.place, **l) == s.scope)?;
            let may = access::opens(grant.role, o.kind)
                && (grant.log != self.seat.log || self.tree.is_within(o.parent, grant.place))
                && self.tree.check(o.place, o.kind, Some(o.parent)).is_ok();
            may.then_some((o.place, o.kind, *lane))
        })
    }

    /// A place that a segment opens is born with the segment's entry.
    fn born(&mut self, n: u64, s: &Segment) -> Result<(), StoreError> {
        let Some(o) = s.opens else { return Ok(()) };
        if records::place(self.tx, o.place)?.filled_birth().is_some() {
            return Ok(());
        }
        self.put_place(n, PlaceAct::at(o.place, o.kind, Some(o.parent)))
    }

    /// Refuses a held segment, and what is held after it in its feed. They stay in quarantine.
    fn refuse_held(&mut self, spot: Spot) -> Result<u64, StoreError> {
        let mut first = 0;
        let rows = records::quarantined(self.tx)?;
        for (n, segment) in records::segments_from(self.tx, spot.feed, spot.n)? {
            let signed = SignedSegment::from_bytes(&segment.bytes)?;
            let reason = match n == spot.n {
                true => reason::OFFICE,
                false => reason::FEED_ENDED,
            };
            let grant = match records::grant_number(self.tx, signed.unproven().grant)? {
                Some(n) => records::grant(self.tx, n)?,
                None => None,
            };
            let entry = self.entry(About {
                scope: self.told_in(signed.unproven().scope, grant.as_ref()),
                spot: Some(Spot { n, ..spot }),
                verdict: Verdict::Refused,
                reason,
                ..About::act(EntryType::Segment, signed.hash())
            })?;
            if n == spot.n {
                first = entry;
                let hash = signed.unproven().prev;
                let head = FeedHead { n: n - 1, hash };
                if let Some(feed) = records::feed(self.tx, spot.feed)? {
                    let ended = FeedRow {
                        head,
                        ended: true,
                        ..feed
                    };
                    records::put_feed(self.tx, spot.feed, &ended)?;
                }
            }
            self.note_refused(signed.hash(), entry, reason)?;
            for (number, row) in rows.iter().filter(|(_, r)| r.bytes == segment.bytes) {
                let row = QuarantineRow {
                    held: 0,
                    reason,
                    ..row.clone()
                };
                records::put_quarantined(self.tx, *number, &row)?;
            }
            records::drop_segment(self.tx, Spot { n, ..spot })?;
        }
        Ok(first)
    }

    fn note_refused(&mut self, hash: Hash, n: u64, reason: u8) -> Result<(), StoreError> {
        let mut w = Writer::new();
        w.number(n).u8(reason);
        records::set_meta(self.tx, &format!("refused/{hash}"), w.as_slice())
    }

    /// Refuses a segment for what it says, or where.
    fn refuse_for(&mut self, signed: &SignedSegment, why: Forbidden) -> Result<Said, StoreError> {
        self.refuse(signed, why.code(), &why.to_string())
    }

    /// Refuses a segment for good: it is kept in quarantine, its feed ends, the log says so.
    pub(super) fn refuse(
        &mut self,
        signed: &SignedSegment,
        reason: u8,
        words: &str,
    ) -> Result<Said, StoreError> {
        let s = signed.unproven();
        let grant = match records::grant_number(self.tx, s.grant)? {
            Some(n) => records::grant(self.tx, n)?.map(|g| (n, g)),
            None => None,
        };
        let author = match &grant {
            Some((n, g)) => records::first_key(self.tx, *n)?.unwrap_or(g.key),
            None => PublicKey([0; 32]),
        };
        let kept = records::quarantine(
            self.tx,
            &QuarantineRow {
                author,
                reason,
                words: words.to_owned(),
                time: self.at.time,
                held: 0,
                bytes: signed.to_bytes(),
            },
        )?;
        if !kept {
            return Ok(Said::Problem(problem::QUARANTINE_FULL));
        }
        // Where its author does not reach, it is told to the author all the same, as of a place that there is not.
        let place = self.tree.of_scope(s.scope).map(|(place, _)| place);
        let scope = match (place, &grant) {
            (Some(place), Some((_, g)))
                if g.log == self.seat.log && !self.tree.reaches(g.place, place, Edge::Any) =>
            {
                scope_of(g.place, Lane::Control)
            }
            (_, grant) => self.told_in(s.scope, grant.as_ref().map(|(_, g)| g)),
        };
        let n = self.entry(About {
            scope,
            spot: Some(s.spot()),
            verdict: Verdict::Refused,
            reason,
            ..About::act(EntryType::Segment, signed.hash())
        })?;
        self.note_refused(signed.hash(), n, reason)?;
        let row = match (records::feed(self.tx, s.feed)?, grant) {
            (Some(row), _) => Some(row),
            (None, Some((n, g))) => Some(FeedRow {
                scope: s.scope,
                key: g.key,
                nonce: s.nonce,
                head: FeedHead::NONE,
                ended: true,
                grant: n,
                judged: 0,
            }),
            (None, None) => None,
        };
        if let Some(row) = row {
            records::put_feed(self.tx, s.feed, &FeedRow { ended: true, ..row })?;
        }
        Ok(Said::Refused(n, reason))
    }
}

/// The setting that says from which number on a feed was said again by this device, before anything of it was known.
fn replaced_name(feed: FeedId, key: &PublicKey) -> String {
    format!("replaced/{feed}/{key}")
}

/// What an entry is to say.
pub(super) struct About {
    pub(super) kind: EntryType,
    pub(super) hash: Hash,
    pub(super) verdict: Verdict,
    pub(super) reason: u8,
    pub(super) scope: ScopeId,
    pub(super) spot: Option<Spot>,
    pub(super) body: Vec<u8>,
}

impl About {
    pub(super) fn act(kind: EntryType, hash: Hash) -> Self {
        About {
            kind,
            hash,
            verdict: Verdict::Accepted,
            reason: reason::NONE,
            scope: ScopeId([0; 16]),
            spot: None,
            body: Vec::new(),
        }
    }
}

pub(super) trait FilledBirth {
    /// The birth of a place that the log knows.
    fn filled_birth(&self) -> Option<u64>;
}

impl FilledBirth for Option<PlaceRow> {
    fn filled_birth(&self) -> Option<u64> {
        self.map(|r| r.placed.birth).filter(|b| *b > 0)
    }
}
