//! Taking in one entry of the log: a segment, the receipt or refusal of one, a grant, a place, an epoch.

use super::SyncError;
use super::grant::own_keys;
use super::peers::refuse_peer;
use super::{kept, lost, places, wrong};
use crate::author::{self, Author};
use crate::codec::Writer;
use crate::entries::{Body, Told};
use crate::feed::authorise::{AuthorisedSegment, Forbidden};
use crate::feed::compact::Known;
use crate::feed::verify::{FeedHead, verify};
use crate::feed::{SignedSegment, Spot};
use crate::forget::{self, EraseAct, Erased, Mark};
use crate::id::{DocId, FeedId, Hash, PublicKey, Salt, ScopeId};
use crate::identity::{BadGrant, Grant, Ground};
use crate::log::{ControlAct, Entry, EntryType, PlaceAct, Signed, Verdict, reason};
use crate::place::{Lane, PlaceKind, scope_of};
use crate::records::{self, Ended, FeedRow, LogRow, PlaceRow, ScopeRow, SegmentRow, SegmentState};
use crate::replica::{self, Filing, Warm};
use crate::store::{StoreError, Tx};
use crate::time::{Received, Timestamp};
use crate::tree::{Placed, Tree};
use std::collections::BTreeSet;

#[derive(Default)]
pub(super) struct Taken {
    pub(super) entries: usize,
    pub(super) receipts: usize,
    pub(super) refused: Vec<(Spot, u8)>,
    /// Whether refused work is to be said again at once.
    pub(super) otherwise: bool,
    pub(super) docs: BTreeSet<DocId>,
    /// What is forgotten when all of it is taken in.
    pub(super) erased: Erased,
    warm: Warm,
}

pub(super) struct KnownTx<'a>(pub(super) &'a dyn Tx);

impl Known for KnownTx<'_> {
    fn feed_beginning(&self, prefix: [u8; 8]) -> Option<FeedId> {
        records::feed_beginning(self.0, prefix).ok()?
    }
    fn feed(&self, feed: FeedId) -> Option<(ScopeId, [u8; 8])> {
        let row = records::feed(self.0, feed).ok()??;
        Some((row.scope, row.nonce))
    }
    fn segment_hash(&self, feed: FeedId, n: u64) -> Option<Hash> {
        if n == 0 {
            return Some(Hash::ZERO);
        }
        let head = records::feed(self.0, feed).ok()??.head;
        if head.n == n {
            return Some(head.hash);
        }
        Some(records::segment(self.0, Spot { feed, n }).ok()??.hash)
    }
    fn salt(&self, feed: FeedId, doc: DocId) -> Option<Salt> {
        Some(records::salt(self.0, feed, doc).ok()??.0)
    }
    fn grant(&self, n: u64) -> Option<Hash> {
        Some(records::grant(self.0, n).ok()??.hash())
    }
}

pub(super) fn take_entry(
    tx: &mut dyn Tx,
    tree: &mut Tree,
    author: &Author,
    epoch: u64,
    told: Told,
    taken: &mut Taken,
) -> Result<(), SyncError> {
    let mut entry = Entry {
        n: told.n,
        time: Received(told.time),
        kind: EntryType::Segment,
        hash: Hash::ZERO,
        verdict: Verdict::Accepted,
        reason: told.reason,
        rule: told.rule,
    };
    if let Some((n, grant)) = &told.grant {
        take_authors_grant(tx, author, *n, grant)?;
    }
    let mut spot_told = None;
    let mut body = Vec::new();
    let scope = match told.body {
        Body::Segment(mut signed) | Body::Whole(mut signed) => {
            let erased = forget::erased_of(tx, &signed)?;
            signed.forget(|doc| erased.contains(&doc));
            entry.hash = signed.hash();
            spot_told = Some(Spot {
                feed: signed.unproven().feed,
                n: signed.unproven().n,
            });
            let scope = signed.unproven().scope;
            if records::scope(tx, scope)?.filled >= told.n {
                return Ok(());
            }
            take_segment(tx, tree, author, &entry, *signed, taken)?;
            scope
        }
        Body::Receipt(spot, tag) => {
            spot_told = Some(spot);
            let row = records::segment(tx, spot)?
                .filter(|row| row.hash.0[..4] == tag)
                .ok_or(SyncError::Restored)?;
            let signed = SignedSegment::from_bytes(&row.bytes)?;
            entry.hash = row.hash;
            born(tx, tree, told.n, &signed)?;
            if tree.of_scope(signed.unproven().scope).is_none() {
                return Err(SyncError::Late);
            }
            take_receipt(tx, tree, told.n, spot, row, &signed, taken)?;
            signed.unproven().scope
        }
        Body::Judged {
            spot,
            scope,
            hash,
            verdict,
            reason,
        } => {
            spot_told = Some(spot);
            entry.hash = hash;
            entry.verdict = verdict;
            entry.reason = reason;
            take_judgement(tx, tree, &entry, spot, taken)?;
            scope
        }
        Body::Grant(grant) => {
            entry.kind = EntryType::Grant;
            entry.hash = grant.hash();
            body = grant.to_bytes();
            // Checked against its issuer's here as well: no node makes a right out of nothing.
            // After a restore it enters again what earlier epochs gave.
            let so_far = records::epochs(tx)?
                .into_iter()
                .filter(|e| e.epoch <= epoch);
            let keys: Vec<PublicKey> = so_far.map(|e| e.grant_key).collect();
            let scope = scope_of(grant.place, Lane::Control);
            // Before a checkpoint the places stood as they did, and the checkpoint speaks for it.
            let ground = match records::scope(tx, scope)?.filled >= told.n {
                true => Ground::Unseen,
                false => Ground::Part(tree),
            };
            records::check_grant(tx, &grant, &keys, ground)?.map_err(|_| {
                SyncError::NodeFault("it took in a grant that its issuer cannot give")
            })?;
            records::put_grant(tx, told.n, &grant)?;
            lost::found(tx, entry.hash)?;
            scope
        }
        Body::End(signed) => {
            entry.kind = EntryType::End;
            entry.hash = signed.act.hash();
            body = signed.to_bytes();
            is_the_nodes(signed.is_signed(author.log, &grant_key(tx, epoch)?))?;
            let n = records::grant_number(tx, signed.act.grant)?;
            let grant = match n {
                Some(n) => records::grant(tx, n)?.map(|g| (n, g)),
                None => None,
            };
            let (n, grant) = grant.ok_or(SyncError::NodeFault(
                "it ended a grant that it did not give",
            ))?;
            let end = Ended {
                entry: told.n,
                how: signed.act.end,
                signature: signed.signature,
            };
            records::put_ended(tx, n, end)?;
            lost::found(tx, entry.hash)?;
            scope_of(grant.place, Lane::Control)
        }
        Body::Place(signed) => {
            entry.kind = EntryType::Place;
            entry.hash = signed.act.hash();
            body = signed.to_bytes();
            is_the_nodes(signed.is_signed(author.log, &grant_key(tx, epoch)?))?;
            put_act(tx, tree, told.n, &signed.act)?;
            places::forget_act(tx, signed.act.place)?;
            lost::placed_again(tx, signed.act.place, epoch)?;
            scope_of(signed.act.place, Lane::Control)
        }
        Body::Erase(signed) => {
            entry.kind = EntryType::Erase;
            entry.hash = signed.act.hash();
            body = signed.to_bytes();
            is_the_nodes(signed.is_signed(author.log, &grant_key(tx, epoch)?))?;
            take_erasure(tx, told.n, *signed, taken)?
        }
        Body::Act { kind, scope, hash } => {
            (entry.kind, entry.hash) = (kind, hash);
            scope
        }
        Body::Epoch { root, epoch } => {
            entry.kind = EntryType::Epoch;
            entry.hash = records::epoch(tx, epoch)?
                .ok_or(SyncError::NodeFault(
                    "it names an epoch that it did not prove",
                ))?
                .hash();
            scope_of(root, Lane::Control)
        }
    };
    let row = records::scope(tx, scope)?;
    if row.filled >= told.n {
        return Ok(());
    }
    let chain = entry.chain_after(row.chain, author.log, epoch);
    if row.filled > 0 && row.last <= row.filled {
        // The first entry after a checkpoint: keep what the checkpoint said, for a cut below here.
        let mut w = Writer::new();
        w.fixed(&row.chain.0).number(row.last);
        records::set_meta(tx, &format!("filled/{scope}"), w.as_slice())?;
    }
    records::put_scope(
        tx,
        scope,
        &ScopeRow {
            chain,
            last: told.n,
            ..row
        },
    )?;
    records::put_log_row(
        tx,
        &LogRow {
            epoch,
            entry,
            scope,
            chain: Hash::ZERO,
            scope_chain: chain,
            spot: spot_told,
            body,
        },
    )?;
    taken.entries += 1;
    Ok(())
}

/// The grant of a segment's author, which comes with the segment where this device does not hold the place that it was
/// given on. Its issuer's may be unknown here; then the segment is attested by the node, and [`crate::evidence`] proves it.
fn take_authors_grant(
    tx: &mut dyn Tx,
    author: &Author,
    n: u64,
    grant: &Grant,
) -> Result<(), SyncError> {
    let fault = SyncError::NodeFault("it told a grant that its issuer cannot give");
    if n >= records::FOREIGN_GRANTS {
        // Of a place that came from another log. Numbers of such grants are each store's own.
        if grant.log == author.log || !grant.is_signed() {
            return Err(fault);
        }
        return Ok(records::put_foreign_grant(tx, grant).map(drop)?);
    }
    let keys: Vec<PublicKey> = records::epochs(tx)?.iter().map(|e| e.grant_key).collect();
    let stands = match records::check_grant(tx, grant, &keys, Ground::Unseen)? {
        Ok(()) => true,
        Err(BadGrant::UnknownIssuer) => grant.is_signed(),
        Err(_) => false,
    };
    let number_is_free = records::grant(tx, n)?.is_none_or(|there| there == *grant);
    if grant.log != author.log || !stands || !number_is_free {
        return Err(fault);
    }
    Ok(records::put_grant(tx, n, grant)?)
}

/// Marks a document as forgotten; its content goes with all that is taken in. Returns its scope.
pub(super) fn take_erasure(
    tx: &mut dyn Tx,
    n: u64,
    act: Signed<EraseAct>,
    taken: &mut Taken,
) -> Result<ScopeId, StoreError> {
    let (scope, doc) = (act.act.scope, act.act.doc);
    forget::put_mark(tx, &Mark { entry: n, act })?;
    taken.erased.entry(scope).or_default().insert(doc);
    taken.docs.insert(doc);
    Ok(scope)
}

/// The key that signs grants and control acts in this epoch.
fn grant_key(tx: &dyn Tx, epoch: u64) -> Result<PublicKey, SyncError> {
    let epoch = records::epoch(tx, epoch)?;
    let unproven = SyncError::NodeFault("it names an epoch that it did not prove");
    Ok(epoch.ok_or(unproven)?.grant_key)
}

fn is_the_nodes(signed: bool) -> Result<(), SyncError> {
    match signed {
        true => Ok(()),
        false => Err(SyncError::NodeFault("a control act is not signed by it")),
    }
}

pub(super) fn put_act(
    tx: &mut dyn Tx,
    tree: &mut Tree,
    n: u64,
    act: &PlaceAct,
) -> Result<(), StoreError> {
    let birth = match records::place(tx, act.place)? {
        Some(old) if old.placed.birth > 0 => old.placed.birth,
        _ => n,
    };
    let placed = Placed {
        kind: act.kind,
        parent: act.parent,
        host: act.host,
        birth,
    };
    records::put_place(tx, act.place, &PlaceRow { placed, changed: n })?;
    tree.remove(act.place);
    tree.put(act.place, placed);
    Ok(())
}

/// A place that a segment opened is born with its first receipt.
pub(super) fn born(
    tx: &mut dyn Tx,
    tree: &mut Tree,
    n: u64,
    s: &SignedSegment,
) -> Result<(), StoreError> {
    if let Some(o) = &s.unproven().opens
        && records::place(tx, o.place)?.is_none_or(|p| p.placed.birth == 0)
    {
        let act = PlaceAct::at(o.place, o.kind, Some(o.parent));
        put_act(tx, tree, n, &act)?;
    }
    Ok(())
}

pub(super) fn take_receipt(
    tx: &mut dyn Tx,
    tree: &mut Tree,
    n: u64,
    spot: Spot,
    row: SegmentRow,
    signed: &SignedSegment,
    taken: &mut Taken,
) -> Result<(), SyncError> {
    if matches!(row.state, SegmentState::Unsent | SegmentState::Held(_)) {
        taken.receipts += 1;
    }
    if tree.of_scope(signed.unproven().scope).is_none() {
        // Its place went to others meanwhile.
        let state = SegmentState::Receipted(n);
        records::put_segment(tx, spot, &SegmentRow { state, ..row })?;
        return Ok(kept::note(tx)?);
    }
    for c in &signed.unproven().changes {
        records::put_salt(tx, spot.feed, c.doc, c.salt, n)?;
        taken.docs.insert(c.doc);
    }
    if let Some(mut feed) = records::feed(tx, spot.feed)? {
        feed.judged = n;
        records::put_feed(tx, spot.feed, &feed)?;
    }
    replica::ensure(tx, signed)?;
    records::put_segment(
        tx,
        spot,
        &SegmentRow {
            state: SegmentState::Receipted(n),
            ..row
        },
    )?;
    Ok(born(tx, tree, n, signed)?)
}

pub(super) fn take_segment(
    tx: &mut dyn Tx,
    tree: &mut Tree,
    author: &Author,
    entry: &Entry,
    signed: SignedSegment,
    taken: &mut Taken,
) -> Result<(), SyncError> {
    let s = signed.unproven();
    let spot = s.spot();
    let grant_n = records::grant_number(tx, s.grant)?.ok_or(SyncError::NodeFault(
        "it accepted a segment without a grant",
    ))?;
    let grant = records::grant(tx, grant_n)?.ok_or(SyncError::NodeFault(
        "it accepted a segment without a grant",
    ))?;
    let there = records::segment(tx, spot)?;
    if let Some(row) = there {
        if row.hash != entry.hash {
            // A twin of ours wrote it, or we are an old backup of who did.
            if grant.key == author.key.public() {
                return Err(SyncError::Restored);
            }
            if row.state != SegmentState::Provisional {
                return Err(SyncError::NodeFault(
                    "it accepted another segment with a number that is taken",
                ));
            }
            // What a peer gave us was of a device that was restored since: its feed forked.
            let time = entry.time.0;
            end_provisional(tx, spot, Some(("its author's feed forked", time)), taken)?;
        } else if row.state == SegmentState::Unsent {
            born(tx, tree, entry.n, &signed)?;
            return take_receipt(tx, tree, entry.n, spot, row, &signed, taken);
        }
    }
    let known = records::feed(tx, spot.feed)?;
    // A provisional segment is checked again, against the segment before it.
    let head = if s.n == 1 {
        FeedHead::NONE
    } else {
        match KnownTx(tx).segment_hash(s.feed, s.n - 1) {
            Some(hash) => FeedHead { n: s.n - 1, hash },
            // The feed is older than this device's checkpoint: the node's frame vouches for the link.
            None => FeedHead {
                n: s.n - 1,
                hash: s.prev,
            },
        }
    };
    born(tx, tree, entry.n, &signed)?;
    let verified = verify(signed, &grant.key, &head)
        .map_err(|_| SyncError::NodeFault("it accepted a segment that its author did not sign"))?;
    let scope = verified.segment().scope;
    let (place, lane) = tree.of_scope(scope).ok_or(SyncError::Late)?;
    if let Some(placed) = tree.get(place) {
        let at = (place, placed.kind, lane);
        wrong::examine(tx, entry, verified.segment(), &grant, at)?;
    }
    let segment = AuthorisedSegment::by_verdict(verified, entry, place, lane)
        .map_err(|_| SyncError::NodeFault("the entry is about another segment"))?;
    let plan = replica::plan(tx, &mut taken.warm, &segment, None)?;
    let filing = Filing {
        state: SegmentState::Receipted(entry.n),
        grant: grant_n,
        entry: entry.n,
    };
    let later = known.filter(|k| k.head.n > spot.n);
    let docs = replica::commit(tx, &mut taken.warm, plan, &segment, &grant, filing)?;
    if let Some(later) = later {
        // Provisional segments after this one stay the feed's head.
        let row = FeedRow {
            judged: entry.n,
            ..later
        };
        records::put_feed(tx, spot.feed, &row)?;
    }
    taken.docs.extend(docs);
    taken
        .docs
        .extend(segment.verified().segment().changes.iter().map(|c| c.doc));
    if let Some(old) = segment.verified().segment().replaces {
        // Said again: what was shown of it provisionally has had its day.
        let same_hand = records::feed(tx, old.feed)?.is_some_and(|f| f.key == grant.key);
        for (n, row) in records::segments_from(tx, old.feed, old.n)? {
            if same_hand && row.state == SegmentState::Provisional {
                let signed = SignedSegment::from_bytes(&row.bytes)?;
                taken
                    .docs
                    .extend(signed.unproven().changes.iter().map(|c| c.doc));
                records::drop_segment(tx, Spot { n, ..old })?;
            }
        }
    }
    Ok(())
}

/// Others' provisional work, from this segment of its feed on, ends as if it had never been there; with
/// words it is kept in quarantine.
fn end_provisional(
    tx: &mut dyn Tx,
    from: Spot,
    kept: Option<(&str, Timestamp)>,
    taken: &mut Taken,
) -> Result<(), StoreError> {
    for (n, row) in records::segments_from(tx, from.feed, from.n)? {
        let signed = SignedSegment::from_bytes(&row.bytes)?;
        let s = signed.unproven();
        taken.docs.extend(s.changes.iter().map(|c| c.doc));
        if n == from.n
            && let Some(feed) = records::feed(tx, from.feed)?
        {
            let head = FeedHead {
                n: n - 1,
                hash: s.prev,
            };
            records::put_feed(tx, from.feed, &FeedRow { head, ..feed })?;
        }
        if let Some((words, time)) = kept
            && let Some(feed) = records::feed(tx, from.feed)?
        {
            let author = records::first_key(tx, feed.grant)?.unwrap_or(feed.key);
            refuse_peer(tx, &signed, author, words, time)?;
        }
        records::drop_segment(tx, Spot { n, ..from })?;
    }
    Ok(())
}

/// Others' work that the node holds goes from here: if the office accepts it, it comes as an entry of its own. Only its
/// author waits for that. What follows in its feed stays until the node has it as well.
fn leave_to_the_office(
    tx: &mut dyn Tx,
    spot: Spot,
    signed: &SignedSegment,
) -> Result<(), StoreError> {
    records::drop_segment(tx, spot)?;
    let Some(feed) = records::feed(tx, spot.feed)? else {
        return Ok(());
    };
    if feed.head.n != spot.n {
        return Ok(());
    }
    let head = FeedHead {
        n: spot.n - 1,
        hash: signed.unproven().prev,
    };
    records::put_feed(tx, spot.feed, &FeedRow { head, ..feed })
}

/// A segment that was held or refused: own work is said again where it may be, others' provisional
/// work ends as if it had never been there.
pub(super) fn take_judgement(
    tx: &mut dyn Tx,
    tree: &mut Tree,
    entry: &Entry,
    spot: Spot,
    taken: &mut Taken,
) -> Result<(), SyncError> {
    let Some(row) = records::segment(tx, spot)? else {
        return Ok(());
    };
    if row.hash != entry.hash || matches!(row.state, SegmentState::Receipted(_)) {
        return Ok(());
    }
    let signed = SignedSegment::from_bytes(&row.bytes)?;
    taken
        .docs
        .extend(signed.unproven().changes.iter().map(|c| c.doc));
    let own = own_keys(tx)?;
    let mine = records::feed(tx, spot.feed)?.is_some_and(|f| own.contains(&f.key));
    if entry.verdict == Verdict::Held && mine {
        let state = SegmentState::Held(entry.n);
        return Ok(records::put_segment(
            tx,
            spot,
            &SegmentRow { state, ..row },
        )?);
    }
    if !mine && entry.verdict == Verdict::Held {
        return Ok(leave_to_the_office(tx, spot, &signed)?);
    }
    if !mine {
        end_provisional(tx, spot, None, taken)?;
        if let Some(feed) = records::feed(tx, spot.feed)? {
            records::put_feed(
                tx,
                spot.feed,
                &FeedRow {
                    ended: true,
                    ..feed
                },
            )?;
        }
        return Ok(());
    }
    // A fork, or a feed that had ended, is about the number and not about what was said. So is that the node has lost the
    // place: said again, it opens it.
    let s = signed.unproven();
    let unborn = (tree.of_scope(s.scope))
        .and_then(|(place, _)| Some((place, tree.get(place).filter(|p| p.birth == 0)?.kind)));
    let outside = entry.reason == Forbidden::OutsidePlace.code();
    let gone = unborn.filter(|_| outside && s.opens.is_none());
    // No segment opens a placement. Once the node has heard of it in this epoch, its office has not let it stand again, or it is over.
    let lost = match gone {
        Some((place, PlaceKind::Placement)) if !lost::is_to_be_told(tx, place)? => None,
        gone => gone,
    };
    if let Some((place, kind)) = lost {
        places::drop_ghosts(tx, tree, place, kind)?;
    }
    let is_judged = !matches!(
        entry.reason,
        reason::FORK | reason::FEED_ENDED | reason::OFFICE
    );
    let otherwise = match lost.is_none() && is_judged {
        true => author::otherwise(tx, (spot.feed, &signed), &own, entry.reason)?,
        false => Vec::new(),
    };
    let is_about_the_number = matches!(entry.reason, reason::FORK | reason::FEED_ENDED);
    let said_wrong = lost.is_none() && otherwise.is_empty() && !is_about_the_number;
    author::unsay(tx, tree, spot.feed, spot.n, said_wrong)?;
    for (doc, how) in otherwise {
        author::say_otherwise(tx, doc, &how)?;
    }
    // What came after it in its feed waits for the next request as well.
    taken.otherwise |= lost.is_none() && !records::drafts(tx)?.is_empty();
    if let (Some((place, _)), None) = (gone, lost) {
        places::drop_place(tx, tree, place, &own)?;
        tree.remove(place);
    }
    if said_wrong {
        let state = SegmentState::Refused(entry.n);
        records::put_segment(tx, spot, &SegmentRow { state, ..row })?;
        taken.refused.push((spot, entry.reason));
    }
    Ok(())
}
