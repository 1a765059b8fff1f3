//! When a branch has been handed over ([`crate::domain::succession`]): the node ends the giver's role as soon as both
//! sides have signed and everything that the taker's device held for the giver's has come. Until then the giver's
//! role stands, so nothing of theirs is held that the taker still carries.
//!
//! Where there is no giver, the office ends the role itself ([`Node::revoke`]); what is known of the device that
//! nobody can ask any more is told by [`Node::legacy`].

use super::Node;
use super::judge::Judge;
use super::restored::last_restore;
use crate::document;
use crate::domain::succession::{SUCCESSION, Side, standings};
use crate::feed::SignedSegment;
use crate::id::{DocId, PlaceId};
use crate::log::End;
use crate::place::Lane;
use crate::records::{self, Ended, SegmentState};
use crate::store::{Store, StoreError, Table, Tx, after_prefix};
use crate::time::Timestamp;
use automerge::Automerge;

/// Before the names of hand-overs that both have signed and of which not everything has come: one for each giver.
const OPEN: &str = "succession/";

fn open_name(place: PlaceId, giver: &Side) -> String {
    let role = giver.role.map_or(0, |r| r as u16);
    format!("{OPEN}{place}/{}/{role}", giver.person)
}

/// Before the entry numbers of grants that go on until their branch is handed over, at the latest until a moment.
const GIVING: &str = "giving/";

/// Lets the grant in entry `n` go on until its branch is handed over, at the latest until `until`.
pub(super) fn let_give(tx: &mut dyn Tx, n: u64, until: Timestamp) -> Result<(), StoreError> {
    records::set_meta_number(tx, &format!("{GIVING}{n}"), until.0)
}

/// Whoever was to hand over leads on: the grant in entry `n` does not end with that.
pub(super) fn leads_on(tx: &mut dyn Tx, n: u64) -> Result<(), StoreError> {
    records::drop_meta(tx, &format!("{GIVING}{n}"))
}

/// Until when the grant in entry `n` goes on at the latest; zero: it is not about to be handed over.
pub(super) fn gives_until(tx: &dyn Tx, n: u64) -> Result<Timestamp, StoreError> {
    let until = records::meta_number(tx, &format!("{GIVING}{n}"))?;
    Ok(Timestamp(until))
}

impl Judge<'_> {
    /// Carries out every hand-over that is confirmed and complete: of those that something was said of now, and of those
    /// that wait for what the taker's device holds. What is not confirmed costs nothing until somebody signs it.
    pub(super) fn settle_successions(&mut self) -> Result<(), StoreError> {
        let mut open = Vec::new();
        for doc in &self.docs {
            let row = records::doc(self.tx, *doc)?;
            if row.is_some_and(|row| row.kind == SUCCESSION.number) {
                open.push(*doc);
            }
        }
        let to = after_prefix(OPEN.as_bytes());
        let waiting = (self.tx).scan(Table::Meta, OPEN.as_bytes(), to.as_deref(), usize::MAX)?;
        open.extend(waiting.iter().filter_map(|(_, doc)| DocId::from_slice(doc)));
        let mut all = Vec::new();
        for doc in open {
            for handed in self.confirmed(doc)? {
                all.push((doc, handed));
            }
        }
        for (doc, handed) in all {
            let (place, giver) = (handed.place, &handed.giver);
            let name = open_name(place, giver);
            if !handed.has_all_come {
                records::set_meta(self.tx, &name, &doc.0)?;
                continue;
            }
            // Only now: it reads all that the giver wrote here.
            let Some(gave) = Gave::of(self.tx, doc, &handed.document, giver)? else {
                records::drop_meta(self.tx, &name)?;
                continue;
            };
            for (n, grant) in records::grants(self.tx)? {
                let is_theirs = (grant.person, Some(grant.role)) == (giver.person, giver.role);
                if is_theirs
                    && grant.place == place
                    && records::ended(self.tx, n)?.is_none()
                    && gave.covers(self.tx, n)?
                {
                    self.end(n, &grant, End::Wiped)?;
                }
            }
            records::drop_meta(self.tx, &name)?;
        }
        Ok(())
    }

    /// Who gave which branch away by the hand-overs in a document, of those that both have signed.
    fn confirmed(&self, doc: DocId) -> Result<Vec<Handed>, StoreError> {
        let mut all = Vec::new();
        let Some(row) = records::doc(self.tx, doc)? else {
            return Ok(all);
        };
        let Some((place, _)) = self.tree.of_scope(row.scope) else {
            return Ok(all);
        };
        let document = document::load(&row.bytes)?;
        for standing in standings(&document::values(&document, None)) {
            let confirmed = standing.is_confirmed();
            let Some(giver) = standing.given.filter(|_| confirmed) else {
                continue;
            };
            let mut handed = Handed {
                place,
                giver,
                document: document.clone(),
                has_all_come: true,
            };
            for (half, upto) in &standing.held {
                let feed = match records::feed_beginning(self.tx, *half)? {
                    Some(feed) => records::feed(self.tx, feed)?,
                    None => None,
                };
                handed.has_all_come &= feed.is_some_and(|f| f.ended || f.head.n >= *upto);
            }
            all.push(handed);
        }
        Ok(all)
    }
}

/// A branch that was handed over, as both have signed.
struct Handed {
    place: PlaceId,
    giver: Side,
    document: Automerge,
    /// Whether everything that the taker's device held for the giver's is here.
    has_all_come: bool,
}

/// With what the giver signed: the same person may have the same role again later, and what others write beside an old
/// hand-over takes nothing from them.
pub(crate) struct Gave {
    /// The entry of the first grant of the device that they signed with.
    line: u64,
    /// The last entry with what that device says in the document.
    entry: u64,
    /// Whether it was signed before a restore: then entries do not tell what was first.
    is_of_before: bool,
}

impl Gave {
    /// With what this side of the document was signed; `None`: with nothing that is known here.
    pub(crate) fn of(
        tx: &dyn Tx,
        doc: DocId,
        document: &Automerge,
        giver: &Side,
    ) -> Result<Option<Self>, StoreError> {
        let Some(id) = document::writer_of(document, &format!("sides/{}/side", giver.id)) else {
            return Ok(None);
        };
        let Some(feed) = records::feed(tx, id)? else {
            return Ok(None);
        };
        let by = records::grant(tx, feed.grant)?.map(|grant| grant.person);
        if by != Some(giver.person) {
            return Ok(None);
        }
        let mut gave = Gave {
            line: records::line_of(tx, feed.grant)?.first,
            entry: 0,
            is_of_before: false,
        };
        let restored = last_restore(tx)?;
        for (_, row) in records::segments_from(tx, id, 1)? {
            let SegmentState::Receipted(entry) = row.state else {
                continue;
            };
            let signed = SignedSegment::from_bytes(&row.bytes)?;
            let s = signed.unproven();
            if s.changes.iter().any(|c| c.doc == doc) {
                gave.entry = gave.entry.max(entry);
                gave.is_of_before = s.time.0 <= restored;
            }
        }
        Ok(Some(gave))
    }

    /// Whether the grant in entry `n`, of the same person and role, is what they gave away: their device's, or of another
    /// that had it by then.
    pub(crate) fn covers(&self, tx: &dyn Tx, n: u64) -> Result<bool, StoreError> {
        let is_earlier = n < self.entry && !self.is_of_before;
        Ok(is_earlier || records::line_of(tx, n)?.first == self.line)
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
