//! Evidence on demand: the segments behind a document, told to who reads its scope.

use super::grants::Term;
use super::judge::{counter, log_time};
use super::{Node, Rejection};
use crate::evidence::{Evidence, EvidenceRequest};
use crate::feed::SignedSegment;
use crate::id::Hash;
use crate::identity::Grant;
use crate::limits;
use crate::log::Verdict;
use crate::records::{self, SegmentState};
use crate::store::{Store, StoreError, Tx};
use crate::time::Timestamp;
use crate::tree::View;
use std::collections::BTreeSet;

/// The grant with this hash and those that it stands under which are not told yet, the node's first; `None`: so many that one
/// answer does not hold them.
fn chain_of(
    tx: &dyn Tx,
    grant: Hash,
    told: &BTreeSet<Hash>,
) -> Result<Option<Vec<Grant>>, StoreError> {
    let mut chain = Vec::new();
    let mut next = grant;
    while !next.is_zero() && !told.contains(&next) {
        if told.len() + chain.len() >= limits::EVIDENCE_GRANTS {
            return Ok(None);
        }
        let Some(n) = records::grant_number(tx, next)? else {
            break;
        };
        let Some(grant) = records::grant(tx, n)? else {
            break;
        };
        next = grant.under;
        chain.push(grant);
    }
    chain.reverse();
    Ok(Some(chain))
}

impl<S: Store> Node<S> {
    /// Answers a request for evidence. Who may not read the document hears the same as who is not enrolled.
    pub fn evidence(&self, request: &[u8], now: Timestamp) -> Result<Vec<u8>, Rejection> {
        self.evidence_weighed(request, now).map(|(told, _)| told)
    }

    /// As [`Node::evidence`], with how many entries were looked at for it: that, and not the length of the answer, is what
    /// it costs where somebody has written much beside the document.
    pub fn evidence_weighed(
        &self,
        request: &[u8],
        now: Timestamp,
    ) -> Result<(Vec<u8>, usize), Rejection> {
        let request = EvidenceRequest::from_bytes(request)?;
        let confirmed = self.is_confirmed()?;
        let found = self.store.read(|tx| {
            // All is looked up and checked before anything is decided: neither words nor time tell what there is.
            let grant = records::grant(tx, request.grant)?;
            let row = records::doc(tx, request.doc)?;
            let time = log_time(tx, &counter(tx)?, now)?;
            let term = Term::of(tx, request.grant)?;
            let key = grant.as_ref().map_or(self.epoch.grant_key, |g| g.key);
            let is_signed = request.is_signed(self.log, &key);
            let (Some(grant), Some(row)) = (grant, row) else {
                return Ok(None);
            };
            let view = View {
                role: grant.role,
                root: grant.place,
            };
            let stands = grant.log == self.log && term.runs(&grant, time);
            if !(confirmed && stands && is_signed && self.reads(view, row.scope)) {
                return Ok(None);
            }
            let mut evidence = Evidence::default();
            let mut looked_at = 0;
            let mut told = BTreeSet::new();
            let mut size = 0;
            for n in records::scope_entries(tx, row.scope, 0, usize::MAX)? {
                looked_at += 1;
                // What is held, or was refused, is for the office alone.
                let accepted =
                    records::log_row(tx, n)?.filter(|row| row.entry.verdict == Verdict::Accepted);
                let Some(spot) = accepted.and_then(|row| row.spot) else {
                    continue;
                };
                let stored = records::segment(tx, spot)?;
                let stored = stored.filter(|s| matches!(s.state, SegmentState::Receipted(_)));
                let Some(stored) = stored else { continue };
                let mut signed = SignedSegment::from_bytes(&stored.bytes)?;
                let mut changes = signed.unproven().changes.iter();
                if !changes.any(|c| c.doc == request.doc) {
                    continue;
                }
                // Of what else it says, what was signed is enough.
                signed.forget(|doc| doc != request.doc);
                size += signed.to_bytes().len();
                if evidence.segments.len() >= limits::EVIDENCE_SEGMENTS
                    || size > limits::ANSWER_BYTES
                {
                    break;
                }
                if let Some(chain) = chain_of(tx, signed.unproven().grant, &told)? {
                    told.extend(chain.iter().map(Grant::hash));
                    evidence.grants.extend(chain);
                    evidence.segments.push(signed);
                }
            }
            Ok::<_, StoreError>(Some((evidence.to_bytes(), looked_at)))
        })?;
        found.ok_or(Rejection::NotEnrolled)
    }
}
