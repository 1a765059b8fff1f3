//! What one device may hand over on one day: enough that no busy week meets it, so little that no broken or stolen
//! phone fills the office's disk.
//!
//! This is no verdict: what is too much gets no entry, stays with its sender, and is taken on another day. So the node's
//! clock may decide here, as it may not about verdicts (rule 9). The office's own devices are exempt.

use super::Node;
use crate::codec::{Reader, Writer};
use crate::feed::Segment;
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

/// What one device has handed over today.
pub(super) struct Today {
    grant: u64,
    day: u64,
    changes: u64,
    bytes: u64,
    share: Option<DayShare>,
}

/// Changes and bytes of a segment.
pub(super) fn weight(segment: &Segment) -> (u64, u64) {
    let bytes = segment.changes.iter().map(|c| c.change.len() as u64);
    (segment.changes.len() as u64, bytes.sum())
}

fn name(grant: u64) -> String {
    format!("day/{grant}")
}

impl Today {
    pub fn of(
        tx: &dyn Tx,
        grant: u64,
        role: Role,
        share: DayShare,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let mut today = Today {
            grant,
            day: now.0 / 86_400,
            changes: 0,
            bytes: 0,
            share: (role != Role::Office).then_some(share),
        };
        if let Some(bytes) = records::meta(tx, &name(grant))? {
            let mut r = Reader::new(&bytes);
            if r.number()? == today.day {
                today.changes = r.number()?;
                today.bytes = r.number()?;
            }
        }
        Ok(today)
    }

    /// Whether there is room for this one.
    pub fn has_room_for(&self, segment: &Segment) -> bool {
        let (changes, bytes) = weight(segment);
        self.share.is_none_or(|share| {
            self.changes.saturating_add(changes) <= share.changes
                && self.bytes.saturating_add(bytes) <= share.bytes
        })
    }

    /// Counts what has come.
    pub fn count(&mut self, (changes, bytes): (u64, u64)) {
        self.changes = self.changes.saturating_add(changes);
        self.bytes = self.bytes.saturating_add(bytes);
    }

    pub fn save(&self, tx: &mut dyn Tx) -> Result<(), StoreError> {
        let mut w = Writer::new();
        w.number(self.day).number(self.changes).number(self.bytes);
        records::set_meta(tx, &name(self.grant), w.as_slice())
    }
}
