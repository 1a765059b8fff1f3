//! What one device may hand over on one day: enough that no busy week meets it, so little that no broken or stolen
//! phone fills the office's disk.
//!
//! This is no verdict: what is too much gets no entry, stays with its sender, and is taken on another day. So the node's
//! clock may decide here, as it may not about verdicts (rule 9). The office's own devices are exempt. A share is a device's,
//! whatever its key is by now, and all devices that were let in under one grant of the node's have some shares together.

use super::Node;
use super::grants::line_of;
use crate::codec::{Reader, Writer};
use crate::feed::Segment;
use crate::id::PublicKey;
use crate::limits;
use crate::place::Role;
use crate::records;
use crate::store::{StoreError, Tx};
use crate::time::Timestamp;

/// How much a device may hand over on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayShare {
    /// Changes: one for each document in each segment.
    pub changes: u64,
    /// Bytes of changes.
    pub bytes: u64,
}

impl Default for DayShare {
    fn default() -> Self {
        DayShare {
            changes: limits::DAY_CHANGES,
            bytes: limits::DAY_BYTES,
        }
    }
}

impl<S> Node<S> {
    /// Allows each device another share of a day than [`DayShare::default`].
    pub fn allow_each_day(&mut self, share: DayShare) {
        self.share = share;
    }
}

/// What one device has handed over today, and all that hang under the same grant of the node's.
pub(super) struct Today {
    own: Count,
    line: Count,
    day: u64,
    share: Option<DayShare>,
    /// Whose share of the quarantine it uses.
    pub(super) keeper: PublicKey,
}

/// What was counted under one name.
struct Count {
    name: String,
    changes: u64,
    bytes: u64,
    /// Of these, what is not saved yet.
    added: (u64, u64),
}

impl Count {
    fn of(tx: &dyn Tx, name: String, day: u64) -> Result<Self, StoreError> {
        let mut count = Count {
            name,
            changes: 0,
            bytes: 0,
            added: (0, 0),
        };
        if let Some(bytes) = records::meta(tx, &count.name)? {
            let mut r = Reader::new(&bytes);
            if r.number()? == day {
                count.changes = r.number()?;
                count.bytes = r.number()?;
            }
        }
        Ok(count)
    }

    fn has_room(&self, (changes, bytes): (u64, u64), share: DayShare, shares: u64) -> bool {
        self.changes.saturating_add(changes) <= share.changes.saturating_mul(shares)
            && self.bytes.saturating_add(bytes) <= share.bytes.saturating_mul(shares)
    }
}

/// Changes and bytes of a segment.
pub(super) fn weight(segment: &Segment) -> (u64, u64) {
    let bytes = segment.changes.iter().map(|c| c.change.len() as u64);
    (segment.changes.len() as u64, bytes.sum())
}

impl Today {
    pub fn of(
        tx: &dyn Tx,
        grant: u64,
        role: Role,
        share: DayShare,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let (line, day) = (line_of(tx, grant)?, now.0 / 86_400);
        let first = records::grant(tx, line.first)?;
        Ok(Today {
            own: Count::of(tx, format!("day/{}", line.first), day)?,
            line: Count::of(tx, format!("day-of-line/{}", line.top), day)?,
            day,
            share: (role != Role::Office).then_some(share),
            keeper: first.map_or(PublicKey([0; 32]), |g| g.key),
        })
    }

    /// Whether there is room for this one.
    pub fn has_room_for(&self, segment: &Segment) -> bool {
        let weight = weight(segment);
        self.share.is_none_or(|share| {
            self.own.has_room(weight, share, 1)
                && (self.line).has_room(weight, share, limits::SHARES_OF_A_LINE)
        })
    }

    /// Counts what has come.
    pub fn count(&mut self, (changes, bytes): (u64, u64)) {
        for count in [&mut self.own, &mut self.line] {
            count.changes = count.changes.saturating_add(changes);
            count.bytes = count.bytes.saturating_add(bytes);
            count.added.0 = count.added.0.saturating_add(changes);
            count.added.1 = count.added.1.saturating_add(bytes);
        }
    }

    pub fn save(&self, tx: &mut dyn Tx) -> Result<(), StoreError> {
        for count in [&self.own, &self.line] {
            // Another device of the same line may have counted beside this one.
            let there = Count::of(tx, count.name.clone(), self.day)?;
            let mut w = Writer::new();
            w.number(self.day)
                .number(there.changes.saturating_add(count.added.0))
                .number(there.bytes.saturating_add(count.added.1));
            records::set_meta(tx, &count.name, w.as_slice())?;
        }
        Ok(())
    }
}
