//! Filling in: pages of a checkpoint for places that are new to a device, resumable at each page.

use super::Node;
use super::answer::is_pending;
use super::judge::Counter;
use super::push::Opened;
use crate::checkpoint::{self, ALL_DONE, Page, PageAct, PageDoc, PageLane, PagePlace};
use crate::codec::Reader;
use crate::document::{self};
use crate::feed::SignedSegment;
use crate::forget::{self, EraseAct};
use crate::id::{DocId, PlaceId, ScopeId};
use crate::identity::Grant;
use crate::limits;
use crate::log::{EntryType, PlaceAct, Signed};
use crate::place::{Lane, PlaceKind, scope_of};
use crate::records::{self, Ended, ScopeRow};
use crate::store::{Store, StoreError, Tx};
use crate::tree::Placed;
use crate::wire::{AnswerWriter, FrameType, PageChain};
use std::collections::BTreeSet;

impl<S: Store> Node<S> {
    /// Fills in places of the device that are pending, page by page. Returns whether some are left.
    pub(super) fn fill(
        &self,
        tx: &dyn Tx,
        opened: &Opened,
        pending: &[(u64, u64)],
        at: &Counter,
        answer: &mut AnswerWriter,
    ) -> Result<bool, StoreError> {
        let cursor = opened.request.request.cursor;
        let mut pages = PageMaker::new(at.n, opened.request.request.halved);
        for (place, lanes) in opened.view.places(&self.tree) {
            let Some(placed) = self.tree.get(place) else {
                continue;
            };
            if placed.birth == 0 || !is_pending(pending, placed.birth) {
                continue;
            }
            let resumed = cursor.filter(|c| c.birth == placed.birth && c.n <= at.n);
            // What a segment opened comes back with the segment.
            let act = act_of(tx, place)?
                .filter(|act| placed.kind == PlaceKind::Placement || act.came.is_some());
            pages.begin_place(place, placed, act);
            for lane in lanes {
                let scope = scope_of(place, *lane);
                let row = records::scope(tx, scope)?;
                let grants = match lane {
                    Lane::Control => grants_of(tx, scope)?,
                    _ => Vec::new(),
                };
                let erased = erased_in(tx, scope)?;
                pages.begin_lane(*lane, &row, grants, erased);
                let since = match &resumed {
                    Some(c) => docs_touched(tx, scope, c.n)?,
                    None => BTreeSet::new(),
                };
                for id in records::scope_docs(tx, scope, None)? {
                    let there = resumed
                        .as_ref()
                        .is_some_and(|c| (*lane, id) <= (c.lane, c.doc) && !since.contains(&id));
                    if there {
                        continue;
                    }
                    let Some(row) = records::doc(tx, id)? else {
                        continue;
                    };
                    let short = checkpoint::shorten(&row.bytes);
                    let single = document::doc_id_of(scope, row.kind, b"") == id;
                    pages.add(
                        id,
                        PageDoc {
                            id: (!single).then_some(id),
                            kind: row.kind,
                            whole: short.is_none(),
                            bytes: short.unwrap_or(row.bytes),
                        },
                    );
                    if pages.is_full() {
                        answer.frame(FrameType::Fill, &pages.flush_inside());
                        if answer.len() >= limits::ANSWER_BYTES {
                            return Ok(true);
                        }
                    }
                }
            }
            pages.end_place(placed.birth);
            if pages.is_full() {
                answer.frame(FrameType::Fill, &pages.flush());
                if answer.len() >= limits::ANSWER_BYTES {
                    return Ok(true);
                }
            }
        }
        pages.all_done();
        answer.frame(FrameType::Fill, &pages.flush());
        Ok(false)
    }
}

pub(super) fn docs_touched(
    tx: &dyn Tx,
    scope: ScopeId,
    after: u64,
) -> Result<BTreeSet<DocId>, StoreError> {
    let mut docs = BTreeSet::new();
    for n in records::scope_entries(tx, scope, after, usize::MAX)? {
        let Some(spot) = records::log_row(tx, n)?.and_then(|r| r.spot) else {
            continue;
        };
        if let Some(row) = records::segment(tx, spot)? {
            let signed = SignedSegment::from_bytes(&row.bytes)?;
            docs.extend(signed.unproven().changes.iter().map(|c| c.doc));
        }
    }
    Ok(docs)
}

pub(super) fn grants_of(
    tx: &dyn Tx,
    control: ScopeId,
) -> Result<Vec<(u64, Grant, Option<Ended>)>, StoreError> {
    let mut grants = Vec::new();
    for n in records::scope_entries(tx, control, 0, usize::MAX)? {
        if let Some(grant) = records::grant(tx, n)? {
            grants.push((n, grant, records::ended(tx, n)?));
        }
    }
    Ok(grants)
}

/// What was forgotten in a scope by an entry of this log.
fn erased_in(tx: &dyn Tx, scope: ScopeId) -> Result<Vec<(u64, Signed<EraseAct>)>, StoreError> {
    let marks = forget::marks(tx, Some(scope))?.into_iter();
    Ok(marks
        .filter(|m| m.entry > 0)
        .map(|m| (m.entry, m.act))
        .collect())
}

/// A place's last act.
fn act_of(tx: &dyn Tx, place: PlaceId) -> Result<Option<PageAct>, StoreError> {
    let control = scope_of(place, Lane::Control);
    for n in records::scope_entries(tx, control, 0, usize::MAX)?
        .into_iter()
        .rev()
    {
        if let Some(row) = records::log_row(tx, n)?.filter(|r| r.entry.kind == EntryType::Place) {
            let signed: Signed<PlaceAct> = Signed::read(&mut Reader::new(&row.body))?;
            return Ok(Some(PageAct {
                n,
                came: signed.act.came,
                signature: signed.signature,
            }));
        }
    }
    Ok(None)
}

pub(super) struct PageMaker {
    pub(super) chain: PageChain,
    pub(super) page: Page,
    pub(super) aim: usize,
    pub(super) size: usize,
    pub(super) place: Option<PagePlace>,
    pub(super) last: Option<(Lane, DocId)>,
}

impl PageMaker {
    fn new(n: u64, halved: u8) -> Self {
        PageMaker {
            aim: limits::halved(limits::FRAME_AIM_BYTES, halved),
            chain: PageChain::new(),
            page: Page {
                n,
                done: 0,
                cursor: None,
                places: Vec::new(),
            },
            size: 0,
            place: None,
            last: None,
        }
    }

    fn begin_place(&mut self, place: PlaceId, placed: &Placed, act: Option<PageAct>) {
        self.place = Some(PagePlace {
            place,
            kind: placed.kind,
            parent: placed.parent,
            host: placed.host,
            act,
            birth: placed.birth,
            lanes: Vec::new(),
        });
        self.size += 24;
    }

    fn begin_lane(
        &mut self,
        lane: Lane,
        row: &ScopeRow,
        grants: Vec<(u64, Grant, Option<Ended>)>,
        erased: Vec<(u64, Signed<EraseAct>)>,
    ) {
        self.size += 40 + grants.len() * 220 + erased.len() * 160;
        if let Some(p) = &mut self.place {
            p.lanes.push(PageLane {
                lane,
                chain: row.chain,
                last: row.last,
                grants,
                erased,
                docs: Vec::new(),
            });
        }
    }

    fn add(&mut self, id: DocId, doc: PageDoc) {
        self.size += checkpoint::doc_size(&doc);
        if let Some(l) = self.place.as_mut().and_then(|p| p.lanes.last_mut()) {
            self.last = Some((l.lane, id));
            l.docs.push(doc);
        }
    }

    fn end_place(&mut self, birth: u64) {
        self.page.places.extend(self.place.take());
        self.page.done = birth;
        self.last = None;
    }

    fn all_done(&mut self) {
        self.page.done = ALL_DONE;
    }

    fn is_full(&self) -> bool {
        self.size >= self.aim
    }

    /// The page so far, while a place is under way.
    fn flush_inside(&mut self) -> Vec<u8> {
        let Some(place) = self.place.take() else {
            return self.flush();
        };
        // The lane that is under way begins the place's next part, without what has gone.
        let lane = place.lanes.last().map(|l| PageLane {
            lane: l.lane,
            chain: l.chain,
            last: l.last,
            grants: Vec::new(),
            erased: Vec::new(),
            docs: Vec::new(),
        });
        self.place = Some(PagePlace {
            place: place.place,
            kind: place.kind,
            parent: place.parent,
            host: place.host,
            act: place.act,
            birth: place.birth,
            lanes: lane.into_iter().collect(),
        });
        self.page.places.push(place);
        self.page.cursor = self.last;
        self.flush()
    }

    fn flush(&mut self) -> Vec<u8> {
        let bytes = self.page.to_bytes(&mut self.chain);
        self.page.places.clear();
        self.page.cursor = None;
        self.size = 0;
        bytes
    }
}
