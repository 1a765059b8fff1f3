//! Where what stands here comes from, and what is not here: who really wrote a document, and which work of others this
//! device knows of and does not have.

use crate::chibo::{Chibo, count};
use crate::describe::Text;
use crate::error::ChiboError;
use crate::sync::on_runtime;
use chibo_core::id::PlaceId;
use chibo_device::{record, succession, words};

/// Who really wrote a document: whose changes in it their own signatures prove.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Proof {
    /// Each author whose signatures came and hold.
    pub signed: Vec<ProvenBy>,
    /// How many changes only the office vouches for: their authors' signatures were not there, or did not fit.
    pub attested: u32,
    /// The same in a sentence.
    pub said: Text,
}

/// An author, and how much of a document they signed.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ProvenBy {
    /// The name, if their record is here.
    pub name: Option<String>,
    /// How many changes.
    pub changes: u32,
}

/// Work that somebody did and that this device does not have: it saw what comes after it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct MissingWork {
    /// Who did it, by name, if their record is here.
    pub name: Option<String>,
    /// Whom or what it is about: the place, by id, as far as that is known.
    pub place: Option<String>,
    /// How many changes.
    pub changes: u64,
    /// Before which moment of its author's clock, seconds since 1970.
    pub before: u64,
    /// The same in a sentence.
    pub said: Text,
}

#[uniffi::export]
impl Chibo {
    /// Asks the office for the signatures of those who wrote a document, and holds them against what stands here: an office
    /// that writes in others' names is found out by it.
    pub async fn proof(&self, doc: String) -> Result<Proof, ChiboError> {
        let shared = self.shared.clone();
        on_runtime(async move {
            let _one_at_a_time = shared.line.lock().await;
            let doc = doc.parse().map_err(|_| ChiboError::NotHere)?;
            let now = shared.now()?;
            let (node, request) = shared.hold(|h, _| {
                if h.is_practice()? {
                    return Err(ChiboError::Practice);
                }
                if h.phone.is_ended(now)? {
                    return Err(ChiboError::Ended);
                }
                record::find(h, doc)?;
                Ok((h.home(None)?.0, h.phone.evidence_request(doc)?))
            })?;
            let evidence = node.ask_evidence(&request).await?;
            shared.hold(|h, _| {
                let (_, target) = record::find(h, doc)?;
                let proof = h.phone.examine(doc, &evidence)?;
                let signed = proof.proven.iter().map(|(person, n)| {
                    Ok(ProvenBy {
                        name: record::member_name(h, PlaceId(person.0))?,
                        changes: count(*n),
                    })
                });
                Ok(Proof {
                    signed: signed.collect::<Result<_, ChiboError>>()?,
                    attested: count(proof.attested),
                    said: words::proof(target.kind, &proof).into(),
                })
            })
        })
        .await
    }

    /// Which work of others this device saw go by without what comes before it, such as that of a secretary whose phone was
    /// lost. What nobody heard of it cannot know.
    pub fn missing_work(&self) -> Result<Vec<MissingWork>, ChiboError> {
        self.shared.call(|h, now| {
            let today = now.day_in_vietnam().ok_or(ChiboError::ClockOff)?;
            let all = succession::missing(h, today)?.into_iter();
            Ok(all
                .map(|work| MissingWork {
                    said: words::missing(&work).into(),
                    changes: work.changes(),
                    place: work.place.map(|place| place.to_string()),
                    before: work.before.0,
                    name: work.name,
                })
                .collect())
        })
    }
}
