//! What a phone keeps and carries of others' work: so much of each author, so much of all, and in turn.
//!
//! Anybody who has a phone of the branch beside them, or knows its box at a mailbox, can give it work that is well signed
//! and worth nothing. What is shown is gathered from all of it at each edit, and what is handed over shares the line with the
//! phone's own work. So there is a bound on what is kept; what is past it is not taken and stays with who gave
//! it (rule 18). And what is handed over goes in turn: own work first, then one segment of each author after another, since
//! anybody can make feeds whose ids come first.
//!
//! An author is the first key of their device: a new key gains nothing. Those who were let in under one grant of the
//! node's have some shares together, half of all that there are: whoever lets others in gains no more by it.
//!
//! Does not know: whether work is worth anything, the node.

use super::peers::EARLY;
use super::{Exchange, Phone, problem};
use crate::feed::{SignedSegment, Spot};
use crate::id::{FeedId, PlaceId, PublicKey};
use crate::limits;
use crate::records;
use crate::store::{Store, StoreError, Table, Tx, after_prefix};
use crate::tree::Tree;
use std::collections::{BTreeMap, BTreeSet};

/// What came of an offer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Offered {
    /// Segments that are new here, and shown from now on.
    pub taken: usize,
    /// Segments that were not taken since there is no room for more of their author's work, or of all others': who gave
    /// them keeps them.
    pub no_room: usize,
}

/// Bytes, and changes. A segment without changes counts as one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Weight {
    bytes: u64,
    changes: u64,
}

impl Weight {
    pub fn of(signed: &SignedSegment) -> Self {
        Weight {
            bytes: signed.to_bytes().len() as u64,
            changes: (signed.unproven().changes.len() as u64).max(1),
        }
    }

    fn and(self, other: Weight) -> Self {
        Weight {
            bytes: self.bytes.saturating_add(other.bytes),
            changes: self.changes.saturating_add(other.changes),
        }
    }

    fn without(self, other: Weight) -> Self {
        Weight {
            bytes: self.bytes.saturating_sub(other.bytes),
            changes: self.changes.saturating_sub(other.changes),
        }
    }

    fn fits(self, shares: u64) -> bool {
        self.bytes <= limits::PROVISIONAL_BYTES.saturating_mul(shares)
            && self.changes <= limits::PROVISIONAL_CHANGES.saturating_mul(shares)
    }
}

/// How much of others' work is kept: what is provisional, and what came too early to be.
pub(super) struct Room {
    of: BTreeMap<PublicKey, Weight>,
    /// The same of all that were let in under one grant, by its key.
    lines: BTreeMap<PublicKey, Weight>,
    all: Weight,
    /// Bytes of what was refused and is kept.
    refused: u64,
    authors: Authors,
    /// Feeds of which something was not taken: what follows in them is not either.
    pub full: BTreeSet<FeedId>,
}

impl Room {
    /// What is kept now.
    pub fn of(tx: &dyn Tx) -> Result<Self, StoreError> {
        let mut room = Room {
            of: BTreeMap::new(),
            lines: BTreeMap::new(),
            all: Weight::default(),
            refused: 0,
            authors: Authors::default(),
            full: BTreeSet::new(),
        };
        for (spot, foreign) in records::waiting(tx)? {
            if let (true, Some(row)) = (foreign, records::segment(tx, spot)?) {
                room.count_kept(tx, &SignedSegment::from_bytes(&row.bytes)?)?;
            }
        }
        for (_, row) in records::quarantined(tx)? {
            if row.words == EARLY {
                room.count_kept(tx, &SignedSegment::from_bytes(&row.bytes)?)?;
            } else {
                room.refused = room.refused.saturating_add(row.bytes.len() as u64);
            }
        }
        Ok(room)
    }

    /// The author whose device writes under the grant in entry `n`, whose key is `key`.
    pub fn author(
        &mut self,
        tx: &dyn Tx,
        n: u64,
        key: PublicKey,
    ) -> Result<AuthorKeys, StoreError> {
        let known = self.authors.of_grant(tx, n)?;
        Ok(known.unwrap_or(AuthorKeys { key, line: key }))
    }

    /// Whether so much more of an author's has room.
    pub fn has_for(&self, author: AuthorKeys, weight: Weight) -> bool {
        let so_far = |map: &BTreeMap<_, Weight>, key| map.get(&key).copied().unwrap_or_default();
        let of = so_far(&self.of, author.key).and(weight);
        let line = so_far(&self.lines, author.line).and(weight);
        let all = self.all.and(weight);
        of.fits(1) && line.fits(limits::SHARES_OF_A_LINE) && all.fits(limits::PROVISIONAL_SHARES)
    }

    pub fn count(&mut self, author: AuthorKeys, weight: Weight) {
        self.each(author, |sum| sum.and(weight));
    }

    fn count_kept(&mut self, tx: &dyn Tx, signed: &SignedSegment) -> Result<(), StoreError> {
        if let Some(author) = self.author_of(tx, signed)? {
            self.count(author, Weight::of(signed));
        }
        Ok(())
    }

    /// What was kept is not kept any more.
    pub fn release(&mut self, tx: &dyn Tx, signed: &SignedSegment) -> Result<(), StoreError> {
        if let Some(author) = self.author_of(tx, signed)? {
            let weight = Weight::of(signed);
            self.each(author, |sum| sum.without(weight));
        }
        Ok(())
    }

    fn author_of(
        &mut self,
        tx: &dyn Tx,
        signed: &SignedSegment,
    ) -> Result<Option<AuthorKeys>, StoreError> {
        match records::grant_number(tx, signed.unproven().grant)? {
            Some(n) => self.authors.of_grant(tx, n),
            None => Ok(None),
        }
    }

    fn each(&mut self, author: AuthorKeys, change: impl Fn(Weight) -> Weight) {
        let of = self.of.entry(author.key).or_default();
        let line = self.lines.entry(author.line).or_default();
        for sum in [of, line, &mut self.all] {
            *sum = change(*sum);
        }
    }

    /// Counts refused work that is kept to be looked at, if there is room for it among that of all others.
    pub fn may_keep_refused(&mut self, bytes: usize) -> bool {
        let after = self.refused.saturating_add(bytes as u64);
        let fits = after <= limits::QUARANTINE_BYTES.saturating_mul(limits::PROVISIONAL_SHARES);
        if fits {
            self.refused = after;
        }
        fits
    }
}

/// Who writes: the first key of their device, and that of the grant of the node's under which they were let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct AuthorKeys {
    pub key: PublicKey,
    line: PublicKey,
}

/// Those who write, by the entries of their grants, as far as they were asked for.
#[derive(Default)]
struct Authors(BTreeMap<u64, Option<AuthorKeys>>);

impl Authors {
    fn of_grant(&mut self, tx: &dyn Tx, n: u64) -> Result<Option<AuthorKeys>, StoreError> {
        if let Some(known) = self.0.get(&n) {
            return Ok(*known);
        }
        let line = records::line_of(tx, n)?;
        let key_of = |n| Ok::<_, StoreError>(records::grant(tx, n)?.map(|g| g.key));
        let both = key_of(line.first)?.zip(key_of(line.top)?);
        let writer = both.map(|(key, line)| AuthorKeys { key, line });
        self.0.insert(n, writer);
        Ok(writer)
    }

    fn of_feed(&mut self, tx: &dyn Tx, feed: FeedId) -> Result<Option<AuthorKeys>, StoreError> {
        let Some(row) = records::feed(tx, feed)? else {
            return Ok(None);
        };
        let (key, line) = (row.key, row.key);
        let known = self.of_grant(tx, row.grant)?;
        Ok(Some(known.unwrap_or(AuthorKeys { key, line })))
    }
}

const PUT_OFF: &[u8] = b"put-off/";

impl<S: Store> Phone<S> {
    /// Where more waits than one request holds, what the node could not take in goes after the rest from now on: nothing
    /// stands in the way of what it can.
    pub(super) fn put_off(&mut self, exchange: &Exchange) -> Result<(), StoreError> {
        let waits = [
            problem::UNKNOWN,
            problem::GAP,
            problem::MISSING,
            problem::TOO_MUCH_TODAY,
        ];
        let put_off = exchange.problems.iter().filter(|p| waits.contains(&p.code));
        let put_off: BTreeSet<[u8; 8]> = put_off.map(|p| p.tag).collect();
        let is_any = !self.store.read(often_put_off)?.is_empty();
        if !is_any && (put_off.is_empty() || !exchange.left_out) {
            return Ok(());
        }
        self.store.write(|tx| {
            let mut times = often_put_off(tx)?;
            for feed in times.keys() {
                tx.delete(Table::Meta, &[PUT_OFF, &feed.0].concat())?;
            }
            if !exchange.left_out {
                return Ok(());
            }
            let waiting = records::waiting(tx)?;
            let mut feeds = BTreeSet::new();
            for (spot, _) in &waiting {
                let row = records::segment(tx, *spot)?;
                let tag = row.and_then(|row| row.hash.0.first_chunk::<8>().copied());
                if tag.is_some_and(|tag| put_off.contains(&tag)) {
                    feeds.insert(spot.feed);
                }
            }
            let still: BTreeSet<FeedId> = waiting.iter().map(|(spot, _)| spot.feed).collect();
            for feed in feeds {
                let times = times.entry(feed).or_default();
                *times = times.saturating_add(1);
            }
            times.retain(|feed, _| still.contains(feed));
            for (feed, times) in times {
                tx.put(Table::Meta, &[PUT_OFF, &feed.0].concat(), &[times])?;
            }
            Ok(())
        })
    }
}

/// How often each feed was put off.
fn often_put_off(tx: &dyn Tx) -> Result<BTreeMap<FeedId, u8>, StoreError> {
    let rows = tx.scan(
        Table::Meta,
        PUT_OFF,
        after_prefix(PUT_OFF).as_deref(),
        usize::MAX,
    )?;
    let read = |(key, value): &(Vec<u8>, Vec<u8>)| {
        let feed = key.get(PUT_OFF.len()..).and_then(FeedId::from_slice);
        feed.zip(value.first().copied())
            .ok_or_else(|| StoreError::Damaged("what was put off".into()))
    };
    rows.iter().map(read).collect()
}

/// What waits for a receipt, in the order in which it is handed over; `true`: another's. Own work first, and then others', one
/// segment of each author after another. What is of one feed stays in its order. Before own work goes what others say of
/// a place that no log knows yet, where own work is about it too: somebody has to open it. What the node could not take
/// goes last, if there is too much for one request.
pub(super) fn in_turn(tx: &dyn Tx, tree: &Tree) -> Result<Vec<(Spot, bool)>, StoreError> {
    let unborn = |spot: &Spot| -> Result<Option<PlaceId>, StoreError> {
        let scope = records::feed(tx, spot.feed)?.map(|row| row.scope);
        let place = scope.and_then(|scope| tree.of_scope(scope));
        let place = place.map(|(place, _)| place);
        Ok(place.filter(|p| tree.get(*p).is_some_and(|placed| placed.birth == 0)))
    };
    let (waiting, put_off) = (records::waiting(tx)?, often_put_off(tx)?);
    let mut opening = BTreeSet::new();
    for (spot, _) in waiting.iter().filter(|(_, foreign)| !foreign) {
        opening.extend(unborn(spot)?);
    }
    let mut authors = Authors::default();
    let mut turns: BTreeMap<Option<AuthorKeys>, usize> = BTreeMap::new();
    let mut list = Vec::new();
    for (spot, foreign) in waiting {
        let turn = match foreign {
            true if !opening.is_empty() && unborn(&spot)?.is_some_and(|p| opening.contains(&p)) => {
                0
            }
            false => 1,
            true => {
                let turn = turns.entry(authors.of_feed(tx, spot.feed)?).or_insert(1);
                *turn += 1;
                *turn
            }
        };
        let times = put_off.get(&spot.feed).copied().unwrap_or_default();
        list.push(((times, turn), spot, foreign));
    }
    list.sort_by_key(|(turn, ..)| *turn);
    Ok((list.into_iter())
        .map(|(_, spot, foreign)| (spot, foreign))
        .collect())
}
