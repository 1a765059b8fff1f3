//! When a branch has been handed over ([`crate::domain::succession`]): the node ends the giver's role as soon as both
//! sides have signed and everything that the taker's device held for the giver's has come. Until then the giver's
//! role stands, so nothing of theirs is held that the taker still carries.
//!
//! Where there is no giver, the office ends the role itself ([`Node::revoke`]); what is known of the device that
//! nobody can ask any more is told by [`Node::legacy`].

use super::Node;
use super::judge::Judge;
use crate::document;
use crate::domain::succession::{SUCCESSION, Side, standing};
use crate::feed::{Segment, SignedSegment};
use crate::id::{DocId, PlaceId};
use crate::log::End;
use crate::place::Lane;
use crate::records::{self, Ended, SegmentState};
use crate::store::{Store, StoreError, Table, Tx};
use crate::time::Timestamp;

/// Before the names of hand-overs that are not carried out yet.
const OPEN: &str = "succession/";

fn open_name(doc: DocId) -> String {
    format!("{OPEN}{doc}")
}

/// Before the entry numbers of grants that go on until their branch is handed over, at the latest until a moment.
const GIVING: &str = "giving/";

/// Lets the grant in entry `n` go on until its branch is handed over, at the latest until `until`.
pub(super) fn let_give(tx: &mut dyn Tx, n: u64, until: Timestamp) -> Result<(), StoreError> {
    records::set_meta_number(tx, &format!("{GIVING}{n}"), until.0)
}

/// Until when the grant in entry `n` goes on at the latest; zero: it is not about to be handed over.
pub(super) fn gives_until(tx: &dyn Tx, n: u64) -> Result<Timestamp, StoreError> {
    let until = records::meta_number(tx, &format!("{GIVING}{n}"))?;
    Ok(Timestamp(until))
}

impl Judge<'_> {
    /// Notes that a segment speaks of hand-overs: they are looked at when everything is taken in.
    pub(super) fn note_successions(&mut self, segment: &Segment) -> Result<(), StoreError> {
        let kind = SUCCESSION.number;
        for change in segment.changes.iter().filter(|c| c.kind == kind) {
            records::set_meta(self.tx, &open_name(change.doc), &change.doc.0)?;
        }
        Ok(())
    }

    /// Carries out every hand-over that is confirmed and complete.
    pub(super) fn settle_successions(&mut self) -> Result<(), StoreError> {
        let open = self
            .tx
            .scan(Table::Meta, OPEN.as_bytes(), None, usize::MAX)?;
        for (name, doc) in open {
            let place = match DocId::from_slice(&doc) {
                Some(doc) => self.confirmed_giver(doc)?,
                None => continue,
            };
            let Some((place, giver)) = place else {
                continue;
            };
            for (n, grant) in records::grants(self.tx)? {
                let is_theirs = (grant.person, Some(grant.role)) == (giver.person, giver.role);
                if is_theirs && grant.place == place && records::ended(self.tx, n)?.is_none() {
                    self.end(n, &grant, End::Wiped)?;
                }
            }
            self.tx.delete(Table::Meta, &name)?;
        }
        Ok(())
    }

    /// Who gave which branch away by a hand-over that is confirmed and of which everything has come.
    fn confirmed_giver(&self, doc: DocId) -> Result<Option<(PlaceId, Side)>, StoreError> {
        let Some(row) = records::doc(self.tx, doc)? else {
            return Ok(None);
        };
        let standing = standing(&document::values(&document::load(&row.bytes)?, None));
        for (half, upto) in &standing.held {
            let feed = match records::feed_beginning(self.tx, *half)? {
                Some(feed) => records::feed(self.tx, feed)?,
                None => None,
            };
            if !feed.is_some_and(|f| f.ended || f.head.n >= *upto) {
                return Ok(None);
            }
        }
        let place = self.tree.of_scope(row.scope).map(|(place, _)| place);
        Ok(place
            .filter(|_| standing.is_confirmed())
            .zip(standing.given))
    }
}

/// What the node knows of a device that nobody can ask any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Legacy {
    /// The day on which it was last heard of, as a moment; zero: never.
    pub heard: Timestamp,
    /// How many segments of it are here.
    pub known: usize,
    /// When the last of these was written, as its author said.
    pub last: Option<Timestamp>,
    /// What came after it was last heard of: others brought it.
    pub brought: Vec<Delivered>,
}

/// Work of a device that others brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// The place that it is about, if it is known.
    pub place: Option<(PlaceId, Lane)>,
    /// The documents.
    pub docs: Vec<(DocId, u16)>,
    /// When it was written, as its author said.
    pub written: Timestamp,
    /// When it came.
    pub came: Timestamp,
    /// Whether it is held until the office decides.
    pub is_held: bool,
}

impl<S: Store> Node<S> {
    /// Ends the role of a device that says it was emptied: it holds nothing any more, and asks for nothing.
    pub(super) fn laid_down(
        &mut self,
        n: u64,
        now: Timestamp,
    ) -> Result<Option<Ended>, StoreError> {
        let (mut tree, seat) = (self.tree.clone(), self.seat());
        let ended = self.store.write(|tx| {
            let Some(grant) = records::grant(tx, n)? else {
                return Ok::<_, StoreError>(None);
            };
            let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
            if records::ended(judge.tx, n)?.is_none() {
                judge.end(n, &grant, End::Wiped)?;
            }
            let ended = records::ended(judge.tx, n)?;
            judge.finish()?;
            Ok(ended)
        })?;
        self.tree = tree;
        Ok(ended)
    }

    /// What is known of the device with the grant in entry `n`: all of it that came here, by whomever. What only
    /// the device held is what it wrote after [`Legacy::last`]; nobody knows whether there is any.
    pub fn legacy(&self, n: u64) -> Result<Option<Legacy>, StoreError> {
        let Some(device) = self.devices()?.into_iter().find(|d| d.n == n) else {
            return Ok(None);
        };
        let heard = device.seen;
        self.store.read(|tx| {
            let mut legacy = Legacy {
                heard,
                known: 0,
                last: None,
                brought: Vec::new(),
            };
            for (feed, row) in records::feeds(tx)? {
                if row.key != device.grant.key {
                    continue;
                }
                for (_, segment) in records::segments_from(tx, feed, 1)? {
                    let (entry, is_held) = match segment.state {
                        SegmentState::Receipted(entry) => (entry, false),
                        SegmentState::Held(entry) => (entry, true),
                        _ => continue,
                    };
                    let signed = SignedSegment::from_bytes(&segment.bytes)?;
                    let s = signed.unproven();
                    legacy.known += 1;
                    legacy.last = legacy.last.max(Some(s.time.0));
                    let came =
                        records::log_row(tx, entry)?.map_or(Timestamp(0), |r| r.entry.time.0);
                    if came.0 / 86_400 > heard.0 / 86_400 {
                        legacy.brought.push(Delivered {
                            place: self.tree.of_scope(s.scope),
                            docs: s.changes.iter().map(|c| (c.doc, c.kind)).collect(),
                            written: s.time.0,
                            came,
                            is_held,
                        });
                    }
                }
            }
            legacy.brought.sort_by_key(|b| (b.written, b.came));
            Ok(Some(legacy))
        })
    }
}
