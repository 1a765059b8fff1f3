//! What the node accepted although its author may not say it (rule 9): a device that finds it follows the verdict, since a
//! log has one judge, and keeps the finding for a person. The segment with its author's signature and grant, and the entry in a
//! log that the node signs, lie in the store: together they are the proof.
//!
//! Measured is what no place in the tree changes: whether the role says such things, in such a lane, and not about
//! itself ([`may_say`]). A verdict by another version of the rules is not measured by this one's.

use super::Phone;
use crate::codec::{Reader, Writer};
use crate::feed::authorise::{Strictness, may_say};
use crate::feed::{Segment, Spot};
use crate::id::{FeedId, PlaceId};
use crate::identity::Grant;
use crate::log::{Entry, RULE_VERSION};
use crate::place::{Lane, PlaceKind};
use crate::records;
use crate::store::{Store, StoreError, Table, Tx, after_prefix};
use crate::time::Timestamp;

const WRONG: &str = "accepted-wrongly/";
/// So many are kept; more of them say no more to a person.
const KEPT: usize = 64;

/// An entry of the log that should have refused what it accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wrongly {
    /// The entry.
    pub entry: u64,
    /// Its time.
    pub time: Timestamp,
    /// The place that the segment is about.
    pub place: PlaceId,
    /// The segment.
    pub spot: Spot,
    /// Why it should have been refused ([`crate::feed::authorise::Forbidden::code`]).
    pub why: u8,
}

/// Keeps it if the author of this accepted segment may not say it.
pub(super) fn examine(
    tx: &mut dyn Tx,
    entry: &Entry,
    segment: &Segment,
    grant: &Grant,
    at: (PlaceId, PlaceKind, Lane),
) -> Result<(), StoreError> {
    if entry.rule != RULE_VERSION {
        return Ok(());
    }
    let Err(why) = may_say(segment, grant, at, Strictness::Archive) else {
        return Ok(());
    };
    if found(tx)?.len() >= KEPT {
        return Ok(());
    }
    let spot = segment.spot();
    let mut w = Writer::new();
    w.number(entry.n)
        .number(entry.time.0.0)
        .fixed(&at.0.0)
        .fixed(&spot.feed.0)
        .number(spot.n)
        .u8(why.code());
    let name = format!("{WRONG}{}", entry.hash);
    records::set_meta(tx, &name, w.as_slice())
}

fn found(tx: &dyn Tx) -> Result<Vec<(Vec<u8>, Wrongly)>, StoreError> {
    let to = after_prefix(WRONG.as_bytes());
    let rows = tx.scan(Table::Meta, WRONG.as_bytes(), to.as_deref(), usize::MAX)?;
    let mut list = Vec::new();
    for (name, bytes) in rows {
        let mut r = Reader::new(&bytes);
        let wrongly = Wrongly {
            entry: r.number()?,
            time: Timestamp(r.number()?),
            place: PlaceId::read(&mut r)?,
            spot: Spot {
                feed: FeedId::read(&mut r)?,
                n: r.number()?,
            },
            why: r.u8()?,
        };
        list.push((name, wrongly));
    }
    list.sort_by_key(|(_, wrongly)| wrongly.entry);
    Ok(list)
}

impl<S: Store> Phone<S> {
    /// What the node accepted although its author may not say it, and nobody has reported yet: in the log's order, at
    /// most sixty-four.
    pub fn accepted_wrongly(&self) -> Result<Vec<Wrongly>, StoreError> {
        let found = self.store.read(|tx| found(tx))?;
        Ok(found.into_iter().map(|(_, wrongly)| wrongly).collect())
    }

    /// A person has reported it.
    pub fn wrongly_reported(&mut self) -> Result<(), StoreError> {
        self.store.write(|tx| {
            for (name, _) in found(tx)? {
                tx.delete(Table::Meta, &name)?;
            }
            Ok(())
        })
    }
}
