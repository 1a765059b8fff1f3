//! Erasing (*xóa dữ liệu*): the office decides what is forgotten and on which paper it rests ([`crate::forget`]).

use super::Node;
use super::judge::Judge;
use crate::access;
use crate::date::Day;
use crate::document::{self, Value, Values};
use crate::domain::decision::DECISION;
use crate::domain::member::MEMBER;
use crate::domain::transfer_in::TRANSFER_IN;
use crate::elsewhere;
use crate::forget::{self, BASIS_BYTES, EraseAct, Why};
use crate::id::{DocId, PersonId, PlaceId};
use crate::kind::{self, FieldType, Kind};
use crate::place::{Role, scope_of};
use crate::records;
use crate::register;
use crate::regulation::Regulations;
use crate::replica::{self, Overlay};
use crate::retention;
use crate::store::{Store, StoreError, Tx};
use crate::text;
use crate::time::Timestamp;

/// What an erasure rests on.
#[derive(Debug, Clone)]
pub struct Erasing<'a> {
    /// Why.
    pub why: Why,
    /// The paper: number, symbol and date. It stays in the log for good, so no name stands in it.
    pub basis: &'a str,
    /// Who erases, where that is known.
    pub by: Option<PersonId>,
}

/// Why something was not erased. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EraseError {
    /// There is no such document here.
    #[error("there is no such record")]
    Unknown,
    /// It was erased already.
    #[error("it was erased already")]
    ErasedAlready,
    /// It is about a unit or a rule, or not the office's to erase.
    #[error("records of this kind are not erased")]
    NotErasable,
    /// It is about who erases.
    #[error("nobody erases what is about themself")]
    AboutThemself,
    /// Another node keeps its place, or is offered it.
    #[error("its place is handed over to another node")]
    HandedOver,
    /// The paper is not named.
    #[error("name the paper that the erasure rests on: number and date")]
    NoBasis,
    /// It is named at too great a length.
    #[error("the paper's name is too long: {BASIS_BYTES} bytes at most")]
    LongBasis,
    /// The name of the person stands in it.
    #[error("the paper's name stays in the log: no person's name may stand in it")]
    BasisNames,
    /// Only who never was a member is a refused applicant.
    #[error("this person is or was a member: they are no refused applicant")]
    IsMember,
    /// Nothing of it has been kept for as long as it is to be kept.
    #[error("nothing of it is due yet")]
    NotDue,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl<S: Store> Node<S> {
    /// What is to be erased of a person for this reason: all of a refused applicant, what is due of who left. The
    /// documents of their stays in other branches as well, and the cases by which they came to units
    /// ([`elsewhere::arrivals`]).
    ///
    /// # Errors
    /// [`EraseError::IsMember`], [`EraseError::NotDue`], [`EraseError::Unknown`].
    pub fn to_erase(
        &self,
        person: PlaceId,
        why: Why,
        regulations: &Regulations,
        today: Day,
    ) -> Result<Vec<DocId>, EraseError> {
        self.tree.get(person).ok_or(EraseError::Unknown)?;
        let (records, status) = self.store.read(|tx| {
            let mut list = Vec::new();
            for place in self.tree.subtree(person) {
                list.extend(records_of(tx, place, self)?);
            }
            let record = list.iter().find(|(_, k, _)| k.number == MEMBER.number);
            let record = record.map(|(_, _, v)| v.clone()).unwrap_or_default();
            for found in elsewhere::arrivals(tx, &self.tree, person, &Overlay::default())? {
                list.push((found.doc, found.kind, found.standing.values));
            }
            let decisions = list.iter().filter(|(_, k, _)| k.number == DECISION.number);
            let decisions: Vec<(DocId, Values)> =
                decisions.map(|(id, _, v)| (*id, v.clone())).collect();
            let status = register::status(&record, &decisions, today);
            Ok::<_, StoreError>((list, status))
        })?;
        let left = retention::left_on(status.as_ref());
        if why == Why::Refused && retention::was_member(status.as_ref()) {
            return Err(EraseError::IsMember);
        }
        let is_due = |kind: &Kind, values: &Values| {
            let due = retention::due(kind, values, left, regulations);
            due.is_some_and(|(day, _)| day <= today)
        };
        let docs: Vec<DocId> = (records.into_iter())
            .filter(|(_, kind, _)| access::erases(Role::Office, kind))
            .filter(|(_, kind, values)| why == Why::Refused || is_due(kind, values))
            .map(|(id, _, _)| id)
            .collect();
        match docs.is_empty() {
            true if why == Why::TermOver => Err(EraseError::NotDue),
            true => Err(EraseError::Unknown),
            false => Ok(docs),
        }
    }

    /// Forgets these documents: one entry of the log for each. When this returns, nothing of them is in the store's
    /// file any more, and devices obey at their next contact.
    ///
    /// # Errors
    /// [`EraseError`]; nothing has changed then.
    pub fn erase(
        &mut self,
        docs: &[DocId],
        erasing: &Erasing,
        now: Timestamp,
    ) -> Result<usize, EraseError> {
        let basis = erasing.basis.trim();
        if basis.is_empty() {
            return Err(EraseError::NoBasis);
        }
        if basis.len() > BASIS_BYTES {
            return Err(EraseError::LongBasis);
        }
        let by = erasing.by.unwrap_or(self.office.person);
        let seat = self.seat();
        let mut tree = self.tree.clone();
        let count = self.store.write(|tx| {
            let mut acts = Vec::new();
            for doc in docs {
                acts.push(act(tx, &tree, *doc, erasing.why, basis, by)?);
            }
            let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
            for act in acts {
                judge.erase(act)?;
            }
            judge.finish()?;
            Ok::<_, EraseError>(docs.len())
        })?;
        self.tree = tree;
        forget::scrub(&mut self.store)?;
        Ok(count)
    }
}

/// Every document at a place of which this build knows the kind.
fn records_of<S>(
    tx: &dyn Tx,
    place: PlaceId,
    node: &Node<S>,
) -> Result<Vec<(DocId, &'static Kind, Values)>, StoreError> {
    let mut list = Vec::new();
    let lanes = node.tree.get(place).map_or(&[][..], |p| p.kind.lanes());
    for lane in lanes {
        for id in records::scope_docs(tx, scope_of(place, *lane), None)? {
            if let Some(shown) = replica::shown(tx, id, &Overlay::default())? {
                list.push((id, shown.kind, document::values(&shown.doc, None)));
            }
        }
    }
    Ok(list)
}

/// The erasure of one document, if it may be erased.
fn act(
    tx: &dyn Tx,
    tree: &crate::tree::Tree,
    doc: DocId,
    why: Why,
    basis: &str,
    by: PersonId,
) -> Result<EraseAct, EraseError> {
    let row = records::doc(tx, doc)?.ok_or(EraseError::Unknown)?;
    let kind = kind::by_number(row.kind).ok_or(EraseError::NotErasable)?;
    let (place, _) = tree.of_scope(row.scope).ok_or(EraseError::HandedOver)?;
    if forget::is_erased(tx, row.scope, doc)? {
        return Err(EraseError::ErasedAlready);
    }
    if !access::erases(Role::Office, kind) {
        return Err(EraseError::NotErasable);
    }
    let is_about = |found: &elsewhere::Found| found.doc == doc;
    if tree.line(place).iter().any(|p| p.0 == by.0)
        || (kind.number == TRANSFER_IN.number
            && elsewhere::arrivals(tx, tree, PlaceId(by.0), &Overlay::default())?
                .iter()
                .any(is_about))
    {
        return Err(EraseError::AboutThemself);
    }
    if records::away(tx, &place.0)?.is_some() {
        return Err(EraseError::HandedOver);
    }
    let loaded = document::load(&row.bytes).map_err(StoreError::from)?;
    let values = document::values(&loaded, None);
    let folded = text::fold_words(basis);
    let names = kind.fields.iter().filter(|f| f.kind == FieldType::Name);
    for name in names.filter_map(|f| values.get(f.name)) {
        if let Value::Text(name) = name {
            let name = text::fold_words(name);
            if !name.is_empty() && folded.contains(&name) {
                return Err(EraseError::BasisNames);
            }
        }
    }
    Ok(EraseAct {
        doc,
        scope: row.scope,
        kind: row.kind,
        why,
        basis: basis.to_owned(),
        by,
    })
}
