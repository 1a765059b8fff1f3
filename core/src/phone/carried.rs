//! What a phone keeps and carries of others' work: so much of each author, so much of all, and in turn.
//!
//! Anybody who has a phone of the branch beside them, or knows its box at a mailbox, can give it work that is well signed
//! and worth nothing. What is shown is gathered from all of it at each edit, and what is handed over shares the line with the
//! phone's own work. So there is a bound on what is kept; what is past it is not taken and stays with who gave
//! it (rule 18). And what is handed over goes in turn: own work first, then one segment of each author after another, since
//! anybody can make feeds whose ids come first.
//!
//! An author is the first key of their device: a new key gains nothing. Those who let others in can gain shares by it; the
//! bound on all holds them.
//!
//! Does not know: whether work is worth anything, the node.

use super::peers::EARLY;
use crate::feed::{SignedSegment, Spot};
use crate::id::{FeedId, PlaceId, PublicKey};
use crate::limits;
use crate::records;
use crate::store::{StoreError, Tx};
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
            all: Weight::default(),
            refused: 0,
            authors: Authors::default(),
            full: BTreeSet::new(),
        };
        for (spot, foreign) in records::waiting(tx)? {
            if let (true, Some(row)) = (foreign, records::segment(tx, spot)?)
                && let Some(author) = room.authors.of_feed(tx, spot.feed)?
            {
                let signed = SignedSegment::from_bytes(&row.bytes)?;
                room.count(author, Weight::of(&signed));
            }
        }
        for (_, row) in records::quarantined(tx)? {
            if row.words == EARLY {
                let signed = SignedSegment::from_bytes(&row.bytes)?;
                room.count(row.author, Weight::of(&signed));
            } else {
                room.refused = room.refused.saturating_add(row.bytes.len() as u64);
            }
        }
        Ok(room)
    }

    /// The author whose device writes under the grant in entry `n`, whose key is `key`.
    pub fn author(&mut self, tx: &dyn Tx, n: u64, key: PublicKey) -> Result<PublicKey, StoreError> {
        Ok(self.authors.of_grant(tx, n)?.unwrap_or(key))
    }

    /// Whether so much more of an author's has room.
    pub fn has_for(&self, author: PublicKey, weight: Weight) -> bool {
        let of = self.of.get(&author).copied().unwrap_or_default();
        of.and(weight).fits(1) && self.all.and(weight).fits(limits::PROVISIONAL_SHARES)
    }

    pub fn count(&mut self, author: PublicKey, weight: Weight) {
        let of = self.of.entry(author).or_default();
        *of = of.and(weight);
        self.all = self.all.and(weight);
    }

    pub fn release(&mut self, author: PublicKey, weight: Weight) {
        let of = self.of.entry(author).or_default();
        *of = of.without(weight);
        self.all = self.all.without(weight);
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

/// The first keys of the devices that write, as far as they were asked for.
#[derive(Default)]
struct Authors(BTreeMap<u64, Option<PublicKey>>);

impl Authors {
    fn of_grant(&mut self, tx: &dyn Tx, n: u64) -> Result<Option<PublicKey>, StoreError> {
        if let Some(known) = self.0.get(&n) {
            return Ok(*known);
        }
        let key = records::first_key(tx, n)?;
        self.0.insert(n, key);
        Ok(key)
    }

    fn of_feed(&mut self, tx: &dyn Tx, feed: FeedId) -> Result<Option<PublicKey>, StoreError> {
        let Some(row) = records::feed(tx, feed)? else {
            return Ok(None);
        };
        Ok(Some(self.of_grant(tx, row.grant)?.unwrap_or(row.key)))
    }
}

/// What waits for a receipt, in the order in which it is handed over; `true`: another's. Own work first, and then others', one
/// segment of each author after another. What is of one feed stays in its order. Before own work goes what others say of
/// a place that no log knows yet, where own work is about it too: somebody has to open it.
pub(super) fn in_turn(tx: &dyn Tx, tree: &Tree) -> Result<Vec<(Spot, bool)>, StoreError> {
    let unborn = |spot: &Spot| -> Result<Option<PlaceId>, StoreError> {
        let scope = records::feed(tx, spot.feed)?.map(|row| row.scope);
        let place = scope.and_then(|scope| tree.of_scope(scope));
        let place = place.map(|(place, _)| place);
        Ok(place.filter(|p| tree.get(*p).is_some_and(|placed| placed.birth == 0)))
    };
    let waiting = records::waiting(tx)?;
    let mut opening = BTreeSet::new();
    for (spot, _) in waiting.iter().filter(|(_, foreign)| !foreign) {
        opening.extend(unborn(spot)?);
    }
    let mut authors = Authors::default();
    let mut turns: BTreeMap<Option<PublicKey>, usize> = BTreeMap::new();
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
        list.push((turn, spot, foreign));
    }
    list.sort_by_key(|(turn, ..)| *turn);
    Ok((list.into_iter())
        .map(|(_, spot, foreign)| (spot, foreign))
        .collect())
}
