//! Evidence on demand (rule 6): the authors' own signatures under a document, for whoever holds it.
//!
//! A checkpoint is attested by the office: its pages are signed by the node, and the authors' segments stay
//! in the node's archive. Whoever wants to know who really wrote what asks for the segments that touch a
//! document, and checks each: its author's signature, the author's grant and those that it stands under, that the
//! change in it is one of the document's. What is proven so needs no trust in the node, but for where the places lay.
//!
//! Does not know: the network, who may ask ([`crate::node`]).

use crate::codec::{CodecError, Reader, Writer};
use crate::feed::SignedSegment;
use crate::id::{DocId, Hash, Hasher, LogId, PersonId, PublicKey};
use crate::identity::{Grant, Ground, SecretKey, Signature};
use crate::limits;
use std::collections::BTreeMap;

/// What a device asks: the segments that touch a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceRequest {
    /// Entry number of the grant that it uses.
    pub grant: u64,
    /// The document.
    pub doc: DocId,
    signature: Signature,
}

impl EvidenceRequest {
    fn hash(log: LogId, grant: u64, doc: DocId) -> Hash {
        Hasher::new("chibo/evidence/1")
            .part(&log.0)
            .number(grant)
            .part(&doc.0)
            .hash()
    }

    /// The request of the device with this key.
    pub fn new(log: LogId, grant: u64, doc: DocId, key: &SecretKey) -> Self {
        EvidenceRequest {
            grant,
            doc,
            signature: key.sign(&Self::hash(log, grant, doc)),
        }
    }

    /// Whether the device with this key asked it of this log.
    pub fn is_signed(&self, log: LogId, key: &PublicKey) -> bool {
        key.has_signed(&Self::hash(log, self.grant, self.doc), &self.signature)
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.u8(1)
            .number(self.grant)
            .fixed(&self.doc.0)
            .fixed(&self.signature.0);
        w.finish()
    }

    /// Reads one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut r = Reader::new(bytes);
        if r.u8()? != 1 {
            return Err(CodecError::BadValue { what: "evidence" });
        }
        let request = EvidenceRequest {
            grant: r.number()?,
            doc: DocId::read(&mut r)?,
            signature: Signature::read(&mut r)?,
        };
        r.end()?;
        Ok(request)
    }
}

/// Segments that touch a document, and what proves that their authors were entitled.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    /// The authors' grants, and those that these stand under up to one that the node gave: each before those under it.
    pub grants: Vec<Grant>,
    /// The segments, in the order of the log.
    pub segments: Vec<SignedSegment>,
}

impl Evidence {
    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.u8(2).number(self.grants.len() as u64);
        for grant in &self.grants {
            w.fixed(&grant.to_bytes());
        }
        w.number(self.segments.len() as u64);
        for segment in &self.segments {
            w.bytes(&segment.to_bytes());
        }
        w.finish()
    }

    /// Reads it; at most [`limits::EVIDENCE_GRANTS`] and [`limits::EVIDENCE_SEGMENTS`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut r = Reader::new(bytes);
        if r.u8()? != 2 {
            return Err(CodecError::BadValue { what: "evidence" });
        }
        let mut evidence = Evidence::default();
        for _ in 0..r.count(limits::EVIDENCE_GRANTS)? {
            evidence.grants.push(Grant::read(&mut r)?);
        }
        for _ in 0..r.count(limits::EVIDENCE_SEGMENTS)? {
            let segment = SignedSegment::from_bytes(r.bytes(limits::SEGMENT_BYTES)?)?;
            evidence.segments.push(segment);
        }
        r.end()?;
        Ok(evidence)
    }

    /// The grants that stand under the node's keys by what is here alone: each is signed by its issuer, whose own
    /// stands, and is no wider or longer. Where their places lay is not seen from here; the log says that.
    pub fn standing(&self, log: LogId, node_keys: &[PublicKey]) -> BTreeMap<Hash, &Grant> {
        let mut standing: BTreeMap<Hash, &Grant> = BTreeMap::new();
        for grant in self.grants.iter().filter(|g| g.log == log) {
            let holds = match standing.get(&grant.under) {
                None if grant.under.is_zero() => node_keys.iter().any(|k| grant.is_from_node(k)),
                None => false,
                Some(parent) => {
                    let above = standing.get(&parent.under).copied();
                    grant.is_under(parent, above, Ground::Unseen).is_ok()
                }
            };
            if holds {
                standing.insert(grant.hash(), grant);
            }
        }
        standing
    }
}

/// How far a document is proven.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proof {
    /// Changes of it that their authors signed, by author: how many.
    pub proven: Vec<(PersonId, usize)>,
    /// Changes of which only the office says so: their segments were not there, or did not fit.
    pub attested: usize,
}
