//! What nobody else can say again: work that waited behind refused work on a device that is shut out. A device that stands
//! says such work again by itself, under a new feed; for one that is lost the office does, and names the person (rule 9).

use super::{DecideError, Node};
use crate::author::{self, Target};
use crate::document::{self, Values};
use crate::door;
use crate::feed::authorise::{Forbidden, Strictness, may_say};
use crate::feed::{SealedChange, Segment, SignedSegment};
use crate::id::PersonId;
use crate::kind;
use crate::log::reason;
use crate::place::Edge;
use crate::records;
use crate::store::{Store, StoreError, Tx};
use crate::time::Timestamp;
use crate::whose::{self, Told};
use rand_core::RngCore;

impl<S: Store> Node<S> {
    /// Says again, as the office, what stands in this row of the quarantine: it was refused only because something before
    /// it in its feed was, and its author's device is shut out. Where the kind keeps whose words a field holds, `said_by`
    /// stands there. The row is put away. Returns how many documents were written.
    ///
    /// # Errors
    /// [`DecideError::StillHeld`]; [`DecideError::NotLeftOver`] if it was refused for what it says, or its device says it
    /// again itself; as [`Node::decide`] otherwise. Nothing has changed then.
    pub fn say_again(
        &mut self,
        number: u64,
        by: Option<PersonId>,
        said_by: &str,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<usize, DecideError> {
        let (tree, office) = (&self.tree, &self.office);
        let count = self.store.write(|tx| {
            let row = records::quarantine_row(tx, number)?.ok_or(DecideError::Unknown)?;
            if row.held > 0 {
                return Err(DecideError::StillHeld);
            }
            let signed = SignedSegment::from_bytes(&row.bytes).map_err(StoreError::from)?;
            let s = signed.unproven();
            let n = records::grant_number(tx, s.grant)?.ok_or(DecideError::NotLeftOver)?;
            let grant = records::grant(tx, n)?.ok_or(DecideError::NotLeftOver)?;
            let is_shut_out = records::ended(tx, n)?.is_some();
            if row.reason != reason::FEED_ENDED || !is_shut_out {
                return Err(DecideError::NotLeftOver);
            }
            let (place, lane) = tree.of_scope(s.scope).ok_or(DecideError::NoPlace)?;
            let placed = tree.get(place).ok_or(DecideError::NoPlace)?;
            if by.is_some_and(|by| by == grant.person || by.0 == place.0) {
                return Err(DecideError::AboutThemself);
            }
            // A feed that had ended is refused before its author's reach is looked at.
            if !tree.reaches(grant.place, place, Edge::Any) {
                return Err(DecideError::NotTheirs(Forbidden::OutsidePlace));
            }
            may_say(s, &grant, (place, placed.kind, lane), Strictness::Door)
                .map_err(DecideError::NotTheirs)?;
            let mut count = 0;
            for change in &s.changes {
                let kind = kind::by_number(change.kind).ok_or(DecideError::NotAllowed)?;
                let mut edits = said(tx, s, change)?;
                if edits.is_empty() {
                    continue;
                }
                let told = Told {
                    said_by: said_by.to_owned(),
                    how: String::new(),
                };
                // What says already whose words it is, goes on saying so.
                if !edits.keys().any(|path| whose::is_words(path)) {
                    whose::add(kind, &mut edits, &told);
                }
                let target = Target {
                    scope: s.scope,
                    kind,
                    doc: change.doc,
                };
                author::edit(tx, tree, office, target, &edits, now, rng)?;
                count += 1;
            }
            records::drop_quarantined(tx, number)?;
            Ok(count)
        })?;
        self.submit(now, rng)?;
        Ok(count)
    }
}

/// What a change says, over what stands here and what its author had said before in the same feed.
fn said(tx: &dyn Tx, s: &Segment, change: &SealedChange) -> Result<Values, DecideError> {
    let kind = kind::by_number(change.kind).ok_or(DecideError::NotAllowed)?;
    let mut before = match records::doc(tx, change.doc)? {
        Some(row) => document::load(&row.bytes).map_err(StoreError::from)?,
        None => document::genesis(kind),
    };
    let mut earlier = Vec::new();
    for (_, row) in records::quarantined(tx)? {
        let signed = SignedSegment::from_bytes(&row.bytes).map_err(StoreError::from)?;
        let other = signed.unproven();
        if other.feed == s.feed && other.n < s.n {
            let of_it = other.changes.iter().filter(|c| c.doc == change.doc);
            earlier.extend(of_it.map(|c| (other.n, c.change.clone())));
        }
    }
    earlier.sort();
    for (_, raw) in earlier {
        if let Ok(admitted) = door::admit(&before, &raw) {
            before = admitted.document;
        }
    }
    let after = door::admit(&before, &change.change).map_err(DecideError::Unfit)?;
    let (before, after) = (
        document::values(&before, None),
        document::values(&after.document, None),
    );
    Ok(document::difference(&before, &after).into_iter().collect())
}
