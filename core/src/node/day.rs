//! What one device may hand over on one day: enough that no busy week meets it, so little that no broken or stolen
//! phone fills the office's disk.
//!
//! This is no verdict: what is too much gets no entry, stays with its sender, and is taken on another day. So the node's
//! clock may decide here, as it may not about verdicts (rule 9). The office's own devices are exempt. A share is a device's,
//! whatever its key is by now, and all devices that were let in under one grant of the node's have some shares together.
//!
//! What is counted is what somebody wrote, whoever brings it: work goes from hand to hand, and who carries a flood of somebody
//! else's must not find their own day used up by it. Beside their own share who carries has one more for all that
//! they carry, so that one device with many authors' work is bounded as well.

use super::Node;
use crate::codec::{Reader, Writer};
use crate::feed::Segment;
use crate::limits;
use crate::place::Role;
use crate::records;
use crate::store::{Store, StoreError, Tx};
use crate::time::Timestamp;
use std::collections::{BTreeMap, btree_map};

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

impl<S: Store> Node<S> {
    /// Whether the device with the grant in this entry is told more by letter today: what a mailbox takes from a node's address
    /// is bounded ([`limits::MAILBOX_ADDRESS_BYTES`]), and no device is to use up what is for all. The office's
    /// own are no exception: they have a line.
    ///
    /// `asked`: when it asked, by its own clock; `None`: it asks to be known. What is no newer than what it was answered before may
    /// be laid there by somebody who kept it, so it uses up little of the share.
    pub fn hears_by_letter(
        &self,
        grant: u64,
        asked: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let share = DayShare {
            changes: limits::DEVICE_LETTERS,
            bytes: limits::DEVICE_LETTER_BYTES,
        };
        let few = DayShare {
            changes: limits::OLD_LETTERS,
            ..share
        };
        self.store.read(|tx| {
            let told = ToldByLetter::of(tx, grant, asked, now)?;
            let own = if told.is_old { few } else { share };
            Ok(told.own.has_room((1, 1), own, 1)
                && (told.line).has_room((1, 1), share, limits::SHARES_OF_A_LINE))
        })
    }

    /// Counts one letter to that device.
    pub fn told_by_letter(
        &mut self,
        grant: u64,
        asked: Option<Timestamp>,
        bytes: u64,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.store.write(|tx| {
            let mut told = ToldByLetter::of(tx, grant, asked, now)?;
            if let Some(asked) = asked.filter(|_| !told.is_old) {
                records::set_meta_number(tx, &told.answered, asked.0)?;
            }
            [&mut told.own, &mut told.line]
                .into_iter()
                .try_for_each(|count| {
                    count.add((1, bytes));
                    count.save(tx, day_of(now))
                })
        })
    }
}

/// What the device with a grant, and all that were let in under the same grant of the node's, were told by letter today:
/// letters, where others count changes.
struct ToldByLetter {
    own: Count,
    line: Count,
    /// Whether what is asked now is no newer than what was answered last.
    is_old: bool,
    /// The setting that says when the device asked what was answered last.
    answered: String,
}

impl ToldByLetter {
    fn of(
        tx: &dyn Tx,
        grant: u64,
        asked: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let (line, day) = (records::line_of(tx, grant)?, day_of(now));
        let answered = format!("letter-answered/{}", line.first);
        let last = records::meta_number(tx, &answered)?;
        let is_old = asked.is_some_and(|asked| asked.0 <= last);
        let own = if is_old {
            "day-old-letters"
        } else {
            "day-letters"
        };
        Ok(ToldByLetter {
            own: Count::of(tx, format!("{own}/{}", line.first), day)?,
            line: Count::of(tx, format!("day-letters-of-line/{}", line.top), day)?,
            is_old,
            answered,
        })
    }
}

fn day_of(now: Timestamp) -> u64 {
    now.0 / 86_400
}

/// What came today of the work of one device, and of all that hang under the same grant of the node's; and what this device
/// brought of others'.
pub(super) struct Today {
    own: Count,
    line: Count,
    carried: Count,
    day: u64,
    share: Option<DayShare>,
    /// The entry of the device's first grant.
    first: u64,
}

/// Everybody whose day a chunk of segments is counted in, by the entry of their grant.
#[derive(Default)]
pub(super) struct Days(BTreeMap<u64, Today>);

impl Days {
    fn of(
        &mut self,
        tx: &dyn Tx,
        grant: u64,
        share: DayShare,
        now: Timestamp,
    ) -> Result<&mut Today, StoreError> {
        Ok(match self.0.entry(grant) {
            btree_map::Entry::Occupied(there) => there.into_mut(),
            btree_map::Entry::Vacant(new) => new.insert(Today::of(tx, grant, share, now)?),
        })
    }

    /// Whether there is room for a segment of one device's that another, or the same, brings.
    pub fn has_room(
        &mut self,
        tx: &dyn Tx,
        (author, carrier): (u64, u64),
        segment: &Segment,
        share: DayShare,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let weight = weight(segment);
        let written = self.of(tx, author, share, now)?;
        let (first, has_room) = (written.first, written.has_room_for(weight));
        let carrier = self.of(tx, carrier, share, now)?;
        let may_carry = carrier.first == first || carrier.may_carry(weight);
        Ok(has_room && may_carry)
    }

    /// Counts what has come: in its author's day, and beside the carrier's own as carried. Both were asked for room.
    pub fn count(&mut self, (author, carrier): (u64, u64), weight: (u64, u64)) {
        let mut first = None;
        if let Some(written) = self.0.get_mut(&author) {
            written.own.add(weight);
            written.line.add(weight);
            first = Some(written.first);
        }
        if let Some(carrier) = self.0.get_mut(&carrier).filter(|c| Some(c.first) != first) {
            carrier.carried.add(weight);
        }
    }

    pub fn save(&self, tx: &mut dyn Tx) -> Result<(), StoreError> {
        self.0.values().try_for_each(|today| today.save(tx))
    }
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

    fn add(&mut self, (changes, bytes): (u64, u64)) {
        self.changes = self.changes.saturating_add(changes);
        self.bytes = self.bytes.saturating_add(bytes);
        self.added.0 = self.added.0.saturating_add(changes);
        self.added.1 = self.added.1.saturating_add(bytes);
    }

    fn save(&self, tx: &mut dyn Tx, day: u64) -> Result<(), StoreError> {
        if self.added == (0, 0) {
            return Ok(());
        }
        // Another device of the same line may have counted beside this one.
        let there = Count::of(tx, self.name.clone(), day)?;
        let mut w = Writer::new();
        w.number(day)
            .number(there.changes.saturating_add(self.added.0))
            .number(there.bytes.saturating_add(self.added.1));
        records::set_meta(tx, &self.name, w.as_slice())
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
    fn of(tx: &dyn Tx, grant: u64, share: DayShare, now: Timestamp) -> Result<Self, StoreError> {
        let (line, day) = (records::line_of(tx, grant)?, day_of(now));
        let role = records::grant(tx, grant)?.map(|g| g.role);
        Ok(Today {
            own: Count::of(tx, format!("day/{}", line.first), day)?,
            line: Count::of(tx, format!("day-of-line/{}", line.top), day)?,
            carried: Count::of(tx, format!("day-carried/{}", line.first), day)?,
            day,
            share: (role != Some(Role::Office)).then_some(share),
            first: line.first,
        })
    }

    fn has_room_for(&self, weight: (u64, u64)) -> bool {
        self.share.is_none_or(|share| {
            self.own.has_room(weight, share, 1)
                && (self.line).has_room(weight, share, limits::SHARES_OF_A_LINE)
        })
    }

    fn may_carry(&self, weight: (u64, u64)) -> bool {
        (self.share).is_none_or(|share| self.carried.has_room(weight, share, 1))
    }

    fn save(&self, tx: &mut dyn Tx) -> Result<(), StoreError> {
        for count in [&self.own, &self.line, &self.carried] {
            count.save(tx, self.day)?;
        }
        Ok(())
    }
}
