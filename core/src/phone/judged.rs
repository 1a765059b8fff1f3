//! Own work that the node did not let stand: refused, or held until the office decides. It is kept here, so that the
//! person can be told and can say it again: of what was refused nothing is left in the records, so what it said is read in the
//! segment itself.

use super::Phone;
use super::grant::own_keys;
use crate::document::{self, Containers, Values};
use crate::door;
use crate::feed::{SealedChange, SignedSegment, Spot};
use crate::history::{self, Written};
use crate::id::{DocId, PlaceId};
use crate::kind::{self, Kind};
use crate::log::reason;
use crate::records::{self, SegmentState};
use crate::store::{Store, StoreError, Tx};
use crate::time::Timestamp;
use crate::whose::Words;
use automerge::{Automerge, Change, ChangeHash, ReadDoc};
use std::collections::BTreeMap;

/// A segment of this device's that does not stand.
#[derive(Debug, Clone)]
pub struct Judged {
    /// Which.
    pub spot: Spot,
    /// The entry of the log that says so.
    pub entry: u64,
    /// The reason's number ([`crate::log::reason`]).
    pub reason: u8,
    /// Whether the office is still to decide.
    pub held: bool,
    /// When it was sealed, by this device's clock.
    pub time: Timestamp,
    /// The place that it is about, if it is known here.
    pub place: Option<PlaceId>,
    /// The documents that it wrote in.
    pub docs: Vec<JudgedDoc>,
}

/// A document in which such a segment wrote.
#[derive(Debug, Clone)]
pub struct JudgedDoc {
    /// Which.
    pub doc: DocId,
    /// Its kind.
    pub kind: &'static Kind,
    /// What it wrote there; what stood before it is not told where the document is not here any more.
    pub written: Vec<Written>,
}

impl<S: Store> Phone<S> {
    /// Own work that was refused or is held, the last first. Reads every segment that was written here.
    pub fn judged(&self) -> Result<Vec<Judged>, StoreError> {
        let mut all = self.store.read(|tx| {
            let own = own_keys(tx)?;
            let mut all = Vec::new();
            for (feed, row) in records::feeds(tx)? {
                if !own.contains(&row.key) {
                    continue;
                }
                // What was refused before it in its feed stands under it.
                let mut said_before = BTreeMap::new();
                for (n, segment) in records::segments_from(tx, feed, 1)? {
                    let (entry, held) = match segment.state {
                        SegmentState::Refused(entry) => (entry, false),
                        SegmentState::Held(entry) => (entry, true),
                        _ => continue,
                    };
                    let logged = records::log_row(tx, entry)?;
                    let signed = SignedSegment::from_bytes(&segment.bytes)?;
                    let said = signed.unproven();
                    let mut docs = Vec::new();
                    for change in &said.changes {
                        let Some(kind) = kind::by_number(change.kind) else {
                            continue;
                        };
                        docs.push(JudgedDoc {
                            doc: change.doc,
                            kind,
                            written: written(tx, kind, change, &mut said_before)?,
                        });
                    }
                    all.push(Judged {
                        spot: Spot { feed, n },
                        entry,
                        reason: logged.map_or(reason::OFFICE, |l| l.entry.reason),
                        held,
                        time: said.time.0,
                        place: self.tree.of_scope(said.scope).map(|(place, _)| place),
                        docs,
                    });
                }
            }
            Ok::<_, StoreError>(all)
        })?;
        all.sort_by_key(|j| std::cmp::Reverse(j.entry));
        Ok(all)
    }
}

/// What a change wrote: over the document as it is here and what its author had said before it, or read alone where it does
/// not fit there any more.
fn written(
    tx: &dyn Tx,
    kind: &'static Kind,
    change: &SealedChange,
    said_before: &mut BTreeMap<DocId, Automerge>,
) -> Result<Vec<Written>, StoreError> {
    let base = match (
        said_before.remove(&change.doc),
        records::doc(tx, change.doc)?,
    ) {
        (Some(said), _) => said,
        (None, Some(row)) => document::load(&row.bytes)?,
        (None, None) => document::genesis(kind),
    };
    let between = |before: Values, after: Values| {
        let words = Words::of(&after);
        history::written(&before, &after, &words)
    };
    let (written, then) = match door::admit(&base, &change.change) {
        Ok(admitted) => {
            let before = document::values(&base, None);
            let after = document::values(&admitted.document, None);
            (between(before, after), admitted.document)
        }
        Err(_) => {
            let raw = Change::from_bytes(change.change.clone());
            let Ok(raw) = raw else {
                return Ok(Vec::new());
            };
            // What waits for the office may stand here still.
            let left: [ChangeHash; 1] = [raw.hash()];
            let written = match base.get_change_by_hash(&raw.hash()) {
                Some(known) => {
                    let before = document::values(&base, Some(known.deps()));
                    between(before, document::values(&base, Some(&left)))
                }
                None => {
                    let containers = Containers::of(&document::genesis(kind));
                    between(Values::new(), document::set_by(&raw, &containers))
                }
            };
            (written, base)
        }
    };
    said_before.insert(change.doc, then);
    Ok(written)
}
