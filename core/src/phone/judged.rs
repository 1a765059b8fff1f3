//! Own work that the node did not let stand: refused, or held until the office decides. It is kept here, so that the
//! person can be told and can say it again.

use super::Phone;
use super::grant::own_keys;
use crate::feed::{SignedSegment, Spot};
use crate::id::{DocId, PlaceId};
use crate::kind::{self, Kind};
use crate::log::reason;
use crate::records::{self, SegmentState};
use crate::store::{Store, StoreError};
use crate::time::Timestamp;

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
    pub docs: Vec<(DocId, &'static Kind)>,
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
                for (n, segment) in records::segments_from(tx, feed, 1)? {
                    let (entry, held) = match segment.state {
                        SegmentState::Refused(entry) => (entry, false),
                        SegmentState::Held(entry) => (entry, true),
                        _ => continue,
                    };
                    let logged = records::log_row(tx, entry)?;
                    let signed = SignedSegment::from_bytes(&segment.bytes)?;
                    let said = signed.unproven();
                    let changes = said.changes.iter();
                    let known = changes.filter_map(|c| Some((c.doc, kind::by_number(c.kind)?)));
                    all.push(Judged {
                        spot: Spot { feed, n },
                        entry,
                        reason: logged.map_or(reason::OFFICE, |l| l.entry.reason),
                        held,
                        time: said.time.0,
                        place: self.tree.of_scope(said.scope).map(|(place, _)| place),
                        docs: known.collect(),
                    });
                }
            }
            Ok::<_, StoreError>(all)
        })?;
        all.sort_by_key(|j| std::cmp::Reverse(j.entry));
        Ok(all)
    }
}
