//! Handing a branch over to the next leader, and taking it over: two devices side by side, without a line.
//!
//! The giver signs ([`Phone::give`]) and shares what it has; the taker takes that in as any share, signs in answer
//! and says how far it holds what the giver's device had not sent ([`Phone::take_over`]); the giver takes that in, and is
//! emptied ([`Phone::lay_down`]): only once everything that it had is in the taker's hands or has a receipt.
//!
//! Without the giver nobody knows what their device still held. What is known is told: which numbers of its feeds
//! this device saw go by and does not have ([`Phone::missing`]).

use super::peers::EARLY;
use super::{Phone, SyncError, grant, held_away};
use crate::author::{EditError, EditOutcome, Target};
use crate::date::Day;
use crate::document::Values;
use crate::domain::succession::{self, Counted, SUCCESSION, Side, Standing};
use crate::feed::SignedSegment;
use crate::feed::verify::FeedHead;
use crate::id::{DocId, FeedId, PersonId, PlaceId, hex};
use crate::node::Gave;
use crate::place::scope_of;
use crate::records;
use crate::replica::{self, Overlay};
use crate::store::{Store, StoreError, Tx};
use crate::time::Timestamp;
use rand_core::RngCore;
use std::collections::BTreeMap;

/// Why a device is not emptied. Nothing has changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LayDownError {
    /// Its person has handed nothing over, or nobody has confirmed it yet.
    #[error("nobody has confirmed the hand-over yet")]
    NotConfirmed,
    /// Work here is not in the taker's hands: share it once more, and have it confirmed again.
    #[error("{0} segments are not in the taker's hands yet")]
    NotAllTaken(usize),
    /// The device is not enrolled.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Segments that went by and are not here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// Whose.
    pub person: PersonId,
    /// Entry number of the grant that they were written under.
    pub grant: u64,
    /// The place that they are about, if it is known here.
    pub place: Option<PlaceId>,
    /// The first number that is missing.
    pub from: u64,
    /// The last number that is missing.
    pub to: u64,
    /// When the one after them was written, as its author said.
    pub before: Timestamp,
}

fn target(place: PlaceId, key: &str) -> Target {
    Target::at(place, &SUCCESSION, key.as_bytes())
}

fn new_id(rng: &mut dyn RngCore) -> String {
    let mut id = [0; 8];
    rng.fill_bytes(&mut id);
    hex(&id)
}

impl<S: Store> Phone<S> {
    /// The hand-overs of a branch that are known here, with those sides only that their persons wrote: one for each who gives.
    pub fn successions(&self, branch: PlaceId) -> Result<Vec<(DocId, Standing)>, StoreError> {
        let mut all = Vec::new();
        for (doc, values) in self.succession_values(branch)? {
            let standings = succession::standings(&values).into_iter();
            all.extend(standings.map(|standing| (doc, standing)));
        }
        Ok(all)
    }

    fn succession_values(&self, branch: PlaceId) -> Result<Vec<(DocId, Values)>, StoreError> {
        let Some(author) = &self.author else {
            return Ok(Vec::new());
        };
        self.store.read(|tx| {
            let overlay = Overlay::of(tx)?;
            let mut list = Vec::new();
            for (doc, _) in replica::documents(tx, branch, &SUCCESSION, &overlay)? {
                if let Some(shown) = replica::shown(tx, doc, &overlay)? {
                    list.push((doc, replica::signed_values(tx, &shown, author.person)?));
                }
            }
            Ok(list)
        })
    }

    /// Signs as the one who gives, with what they counted. Said again on the same day it counts anew, until
    /// somebody has confirmed it.
    pub fn give(
        &mut self,
        branch: PlaceId,
        on: Day,
        counted: &Counted,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<EditOutcome, EditError> {
        let author = self.author.clone().ok_or(EditError::NotAllowed)?;
        let known: BTreeMap<DocId, Values> = self.succession_values(branch)?.into_iter().collect();
        let day = on.to_string();
        let keys = std::iter::once(day.clone()).chain((2..100).map(|n| format!("{day}.{n}")));
        let mut free = keys.map(|key| target(branch, &key)).filter(|target| {
            let mut there = (known.get(&target.doc).map(succession::standings))
                .into_iter()
                .flatten();
            let is_own = |s: &Standing| s.given.as_ref().is_none_or(|g| g.person == author.person);
            there.all(|s| !s.is_confirmed() && is_own(&s))
        });
        let target = free.next().ok_or(EditError::NotAllowed)?;
        let before = known.get(&target.doc).cloned().unwrap_or_default();
        let who = (author.person, author.role);
        let edits = succession::sign(who, on.date(), counted, None, &before, &new_id(rng));
        self.edit(target, &edits, now, rng)
    }

    /// Signs as the one who takes, in answer to what the giver says last, and says how far this device holds what
    /// has no receipt yet, and what the branch's leaders wrote: of that the giver may not have heard the receipt, where
    /// their line broke before the answer.
    ///
    /// # Errors
    /// [`EditError::AboutThemself`] if the same person gave; [`EditError::UnknownPlace`] if nobody gave.
    pub fn take_over(
        &mut self,
        branch: PlaceId,
        doc: DocId,
        on: Day,
        counted: &Counted,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<EditOutcome, EditError> {
        let author = self.author.clone().ok_or(EditError::NotAllowed)?;
        let known = self.succession_values(branch)?;
        let before = known.into_iter().find(|(id, _)| *id == doc);
        let (_, before) = before.ok_or(EditError::UnknownPlace)?;
        // Of several who give, one whom nobody has answered yet.
        let mut all = succession::standings(&before);
        all.sort_by_key(|s| !s.is_confirmed());
        let given: Vec<Side> = all.into_iter().filter_map(|s| s.given).collect();
        if given.is_empty() {
            return Err(EditError::UnknownPlace);
        }
        let mut others = given.into_iter().rev();
        let given = others.find(|side| side.person != author.person);
        let given = given.ok_or(EditError::AboutThemself)?;
        let upto = self.store.read(|tx| {
            let mut upto: BTreeMap<FeedId, u64> = BTreeMap::new();
            for (spot, foreign) in records::waiting(tx)? {
                if foreign {
                    let n = upto.entry(spot.feed).or_default();
                    *n = (*n).max(spot.n);
                }
            }
            for (feed, row) in records::feeds(tx)? {
                let grant = records::grant(tx, row.grant)?;
                let is_leaders =
                    grant.is_some_and(|g| g.place == branch && g.person != author.person);
                if is_leaders && row.head.n > 0 {
                    let n = upto.entry(feed).or_default();
                    *n = (*n).max(row.head.n);
                }
            }
            Ok::<_, StoreError>(upto)
        })?;
        let who = (author.person, author.role);
        let id = new_id(rng);
        let mut edits = succession::sign(who, on.date(), counted, Some(&given), &before, &id);
        edits.extend(succession::holding(author.person, &id, &upto));
        let target = Target {
            scope: scope_of(branch, SUCCESSION.lane),
            kind: &SUCCESSION,
            doc,
        };
        self.edit(target, &edits, now, rng)
    }

    /// The confirmed hand-over by which this device's person gave their role away, if there is one.
    pub fn given_away(&self) -> Result<Option<Standing>, StoreError> {
        let Some(author) = &self.author else {
            return Ok(None);
        };
        for (doc, standing) in self.successions(author.place)? {
            let Some(given) = standing.given.as_ref().filter(|_| standing.is_confirmed()) else {
                continue;
            };
            let is_own = given.person == author.person && given.role == Some(author.role);
            if is_own && self.gave(author.grant, doc, given)? {
                return Ok(Some(standing));
            }
        }
        Ok(None)
    }

    /// Whether the grant in entry `n` is one that was given away by what this side signed in a hand-over.
    fn gave(&self, n: u64, doc: DocId, giver: &Side) -> Result<bool, StoreError> {
        self.store.read(|tx| {
            let Some(shown) = replica::shown(tx, doc, &Overlay::of(tx)?)? else {
                return Ok(false);
            };
            match Gave::of(tx, doc, &shown.doc, giver)? {
                Some(gave) => gave.covers(tx, n),
                // Signed here, and not sealed yet.
                None => Ok(true),
            }
        })
    }

    /// Removes all records from this device after its role was handed over: everything that it had and that has no
    /// receipt is in the taker's hands, or waits for the office to decide. The node is told once that it is done, as by a device that it told to
    /// wipe itself.
    ///
    /// # Errors
    /// [`LayDownError`]; nothing has changed.
    pub fn lay_down(&mut self) -> Result<(), LayDownError> {
        let standing = self.given_away()?.ok_or(LayDownError::NotConfirmed)?;
        self.store.write(|tx| {
            let mut left = records::drafts(tx)?.len();
            for (spot, _) in records::waiting(tx)? {
                let is_takers = standing.taken.as_ref().map(|t| t.person) == writer(tx, spot.feed)?;
                let is_office = records::meta(tx, &held_away(spot))?.is_some();
                let is_safe = is_takers || is_office || standing.holds(spot.feed, spot.n);
                left += usize::from(!is_safe);
            }
            if left > 0 {
                return Err(LayDownError::NotAllTaken(left));
            }
            Ok(grant::wipe_records(tx)?)
        })?;
        self.tree = crate::tree::Tree::new();
        Ok(())
    }

    /// What this device saw go by without what comes before it: which numbers of whose feeds are missing here.
    pub fn missing(&self) -> Result<Vec<Missing>, StoreError> {
        self.store.read(|tx| {
            let mut missing: BTreeMap<FeedId, Missing> = BTreeMap::new();
            for signed in early(tx)? {
                let s = signed.unproven();
                let head = records::feed(tx, s.feed)?.map_or(FeedHead::NONE, |f| f.head);
                let Some(n) = records::grant_number(tx, s.grant)? else {
                    continue;
                };
                let Some(grant) = records::grant(tx, n)?.filter(|_| s.n > head.n + 1) else {
                    continue;
                };
                let one = Missing {
                    person: grant.person,
                    grant: n,
                    place: self.tree.of_scope(s.scope).map(|(place, _)| place),
                    from: head.n + 1,
                    to: s.n - 1,
                    before: s.time.0,
                };
                let first = missing.entry(s.feed).or_insert(one);
                if one.to < first.to {
                    *first = one;
                }
            }
            Ok(missing.into_values().collect())
        })
    }
}

/// Whose feed it is.
fn writer(tx: &dyn Tx, feed: FeedId) -> Result<Option<PersonId>, StoreError> {
    let Some(row) = records::feed(tx, feed)? else {
        return Ok(None);
    };
    Ok(records::grant(tx, row.grant)?.map(|g| g.person))
}

/// The segments that came without what comes before them.
fn early(tx: &dyn Tx) -> Result<Vec<SignedSegment>, StoreError> {
    let rows = records::quarantined(tx)?.into_iter();
    let mut found = Vec::new();
    for (_, row) in rows.filter(|(_, row)| row.words == EARLY) {
        found.push(SignedSegment::from_bytes(&row.bytes)?);
    }
    Ok(found)
}
