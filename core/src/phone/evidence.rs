//! Evidence on demand: asking for the segments behind a document, and what they prove.

use super::{Phone, SyncError};
use crate::document;
use crate::evidence::{Evidence, EvidenceRequest, Proof};
use crate::feed::change_hash;
use crate::feed::verify::prove;
use crate::id::{DocId, PersonId, PublicKey};
use crate::records;
use crate::store::{Store, StoreError};
use std::collections::{BTreeMap, BTreeSet};

impl<S: Store> Phone<S> {
    /// The request for the authors' signatures under a document.
    pub fn evidence_request(&self, doc: DocId) -> Result<EvidenceRequest, SyncError> {
        let author = self.author.as_ref().ok_or(SyncError::NotEnrolled)?;
        Ok(EvidenceRequest::new(
            author.log,
            author.grant,
            doc,
            &author.key,
        ))
    }

    /// Holds what came against the document as it stands here. A segment counts if its author's grant stands
    /// under the node's root and the author signed it; a change counts if it is one of the document's.
    pub fn examine(&self, doc: DocId, evidence: &[u8]) -> Result<Proof, SyncError> {
        let author = self.author.as_ref().ok_or(SyncError::NotEnrolled)?;
        let evidence = Evidence::from_bytes(evidence)?;
        self.store.read(|tx| {
            let row = records::doc(tx, doc)?.ok_or(StoreError::Missing)?;
            let loaded = document::load(&row.bytes).map_err(StoreError::from)?;
            let mut open: BTreeSet<[u8; 32]> = (loaded.get_changes(&[]).iter())
                .filter(|c| document::author_of(c.actor_id()).is_some())
                .map(|c| c.hash().0)
                .collect();
            let epochs = records::epochs(tx)?;
            let keys: Vec<PublicKey> = epochs.iter().map(|e| e.grant_key).collect();
            let mut proven: BTreeMap<PersonId, usize> = BTreeMap::new();
            let standing = evidence.standing(author.log, &keys);
            for signed in &evidence.segments {
                let Some(grant) = standing.get(&signed.unproven().grant) else {
                    continue;
                };
                let Ok(segment) = prove(signed.clone(), &grant.key) else {
                    continue;
                };
                for c in segment.segment().changes.iter().filter(|c| c.doc == doc) {
                    if change_hash(&c.change).is_some_and(|hash| open.remove(&hash)) {
                        *proven.entry(grant.person).or_default() += 1;
                    }
                }
            }
            Ok(Proof {
                proven: proven.into_iter().collect(),
                attested: open.len(),
            })
        })
    }
}
