//! Forgetting (*xóa dữ liệu*): what a document said goes from every store, while all that was signed stays.
//!
//! The unit is the document. An erasure is an entry of the log ([`EraseAct`]), told in the document's own scope: every
//! device that holds the scope hears of it and obeys, whenever it comes. What goes: the document, its drafts, its row
//! in the projection, its changes in every segment, and the salts. What stays in a segment is what its author signed:
//! the commitment, which nobody can guess without the salt ([`crate::feed::Forgotten`]). So signatures, chains and
//! digests are the same before and after.
//!
//! A store keeps a *mark* for each erased document: its id and the signed act, no content. What is marked is never
//! written again, and content that somebody still brings (a phone that was off for a year, a stick, another phone) is
//! left out at the door, with the rest of its segment taken in as ever. A node that was restored from an older backup
//! hears of its erasures from any device that knows them, or from the list kept beside its backups.
//!
//! Does not know: who may erase what and why ([`crate::node`]), how long what is kept ([`crate::retention`]).

use crate::codec::{CodecError, Reader, Writer};
use crate::feed::{SignedSegment, Spot, read_kind};
use crate::id::{DocId, Hash, Hasher, PersonId, ScopeId};
use crate::log::{self, ControlAct, Signed};
use crate::node::forget_arrivals;
use crate::records::{self, QuarantineRow, SegmentRow};
use crate::store::{Store, StoreError, Table, Tx};
use std::collections::{BTreeMap, BTreeSet};

/// Why a document is forgotten. Numbers are format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Why {
    /// An applicant (*người xin vào Đảng*) was refused.
    Refused = 1,
    /// It was kept for as long as its kind is kept ([`crate::retention`]).
    TermOver = 2,
    /// A competent body decided so, on the person's request or of itself.
    Decided = 3,
}

impl Why {
    fn from_number(n: u8) -> Result<Self, CodecError> {
        Ok(match n {
            1 => Why::Refused,
            2 => Why::TermOver,
            3 => Why::Decided,
            _ => return Err(CodecError::BadValue { what: "why" }),
        })
    }
}

/// Longest name of the paper that an erasure rests on, in bytes.
pub const BASIS_BYTES: usize = 160;

/// The erasure of one document: the body of a control act. It holds nothing of what the document said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EraseAct {
    /// The document.
    pub doc: DocId,
    /// Its scope.
    pub scope: ScopeId,
    /// Number of its kind.
    pub kind: u16,
    /// Why.
    pub why: Why,
    /// The paper that it rests on (number, symbol and date), without any name.
    pub basis: String,
    /// Who did it.
    pub by: PersonId,
}

impl ControlAct for EraseAct {
    fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.fixed(&self.doc.0)
            .fixed(&self.scope.0)
            .number(self.kind.into())
            .u8(self.why as u8)
            .bytes(self.basis.as_bytes())
            .fixed(&self.by.0);
        w.finish()
    }

    fn read(r: &mut Reader) -> Result<Self, CodecError> {
        Ok(EraseAct {
            doc: DocId::read(r)?,
            scope: ScopeId::read(r)?,
            kind: read_kind(r)?,
            why: Why::from_number(r.u8()?)?,
            basis: r.text(BASIS_BYTES)?.to_owned(),
            by: PersonId::read(r)?,
        })
    }

    fn hash(&self) -> Hash {
        Hasher::new("chibo/erase-act/1")
            .part(&self.to_bytes())
            .hash()
    }
}

/// What a store keeps of an erased document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The entry that erased it; 0: this log has none (yet), the act was brought back after a restore.
    pub entry: u64,
    /// The act, as the node signed it.
    pub act: Signed<EraseAct>,
}

const MARKS: &str = "erased/";

fn name(scope: ScopeId, doc: DocId) -> String {
    format!("{MARKS}{scope}/{doc}")
}

fn read_mark(bytes: &[u8]) -> Result<Mark, StoreError> {
    let mut r = Reader::new(bytes);
    Ok(Mark {
        entry: r.number()?,
        act: Signed::read(&mut r)?,
    })
}

/// The mark of a document; `None`: it was not erased.
pub fn mark(tx: &dyn Tx, scope: ScopeId, doc: DocId) -> Result<Option<Mark>, StoreError> {
    records::meta(tx, &name(scope, doc))?
        .map(|b| read_mark(&b))
        .transpose()
}

/// Whether a document was erased.
pub fn is_erased(tx: &dyn Tx, scope: ScopeId, doc: DocId) -> Result<bool, StoreError> {
    Ok(records::meta(tx, &name(scope, doc))?.is_some())
}

/// The marks of one scope, or of all, in the order of scopes and documents.
pub fn marks(tx: &dyn Tx, scope: Option<ScopeId>) -> Result<Vec<Mark>, StoreError> {
    let prefix = match scope {
        Some(scope) => format!("{MARKS}{scope}/"),
        None => MARKS.to_owned(),
    };
    let to = crate::store::after_prefix(prefix.as_bytes());
    tx.scan(Table::Meta, prefix.as_bytes(), to.as_deref(), usize::MAX)?
        .iter()
        .map(|(_, bytes)| read_mark(bytes))
        .collect()
}

/// Marks a document as erased; its content goes with [`forget`].
pub fn put_mark(tx: &mut dyn Tx, mark: &Mark) -> Result<(), StoreError> {
    let act = &mark.act.act;
    let mut w = Writer::new();
    w.number(mark.entry).fixed(&mark.act.to_bytes());
    records::set_meta(tx, &name(act.scope, act.doc), w.as_slice())
}

/// Documents whose content goes, by scope.
pub type Erased = BTreeMap<ScopeId, BTreeSet<DocId>>;

/// Set while a store's file may still hold, in pages that are free, what was taken out of its tables.
const SCRUB: &str = "scrub";

/// Takes the content of these documents out of every table: documents, drafts, projection, segments in any state,
/// salts, quarantine. What the file still holds of it goes with [`scrub`].
pub fn forget(tx: &mut dyn Tx, erased: &Erased) -> Result<(), StoreError> {
    if erased.is_empty() {
        return Ok(());
    }
    records::set_meta(tx, SCRUB, &[1])?;
    for (scope, docs) in erased {
        for doc in docs {
            records::drop_doc(tx, *scope, *doc)?;
            records::drop_draft(tx, *doc)?;
            tx.unproject(*doc)?;
        }
    }
    for (feed, row) in records::feeds(tx)? {
        let Some(docs) = erased.get(&row.scope) else {
            continue;
        };
        for doc in docs {
            records::drop_salt(tx, feed, *doc)?;
        }
        for (n, row) in records::segments_from(tx, feed, 1)? {
            let mut signed = SignedSegment::from_bytes(&row.bytes)?;
            if signed.forget(|doc| docs.contains(&doc)) {
                let bytes = signed.to_bytes();
                records::put_segment(tx, Spot { feed, n }, &SegmentRow { bytes, ..row })?;
            }
        }
    }
    forget_arrivals(tx, erased)?;
    for (number, row) in records::quarantined(tx)? {
        let Ok(mut signed) = SignedSegment::from_bytes(&row.bytes) else {
            continue;
        };
        let docs = erased.get(&signed.unproven().scope);
        if docs.is_some_and(|docs| signed.forget(|doc| docs.contains(&doc))) {
            let bytes = signed.to_bytes();
            records::change_quarantined(tx, number, &QuarantineRow { bytes, ..row })?;
        }
    }
    Ok(())
}

/// Makes the store's file hold nothing any more of what [`forget`] took out. Done after the transaction, and again
/// when a store is opened, should it have been interrupted.
pub fn scrub<S: Store>(store: &mut S) -> Result<(), StoreError> {
    if store.read(|tx| records::meta(tx, SCRUB))?.is_none() {
        return Ok(());
    }
    store.scrub()?;
    store.write(|tx| records::drop_meta(tx, SCRUB))
}

/// The documents among a segment's that are erased here.
pub fn erased_of(tx: &dyn Tx, signed: &SignedSegment) -> Result<BTreeSet<DocId>, StoreError> {
    let s = signed.unproven();
    let mut erased = BTreeSet::new();
    for doc in s.docs() {
        if is_erased(tx, s.scope, doc)? {
            erased.insert(doc);
        }
    }
    Ok(erased)
}

/// Whether everything that is missing in a segment was erased: nobody signs a commitment and keeps the content back.
pub fn is_whole(signed: &SignedSegment, erased: &BTreeSet<DocId>) -> bool {
    let mut forgotten = signed.unproven().forgotten.iter();
    forgotten.all(|f| erased.contains(&f.doc))
}

const LIST: &[u8; 8] = b"chibo\0e1";

/// A list of erasures, to be kept beside backups.
pub fn write_list(acts: &[Signed<EraseAct>]) -> Vec<u8> {
    log::write_acts(LIST, acts)
}

/// Reads a list of erasures; nothing of it is proven yet.
pub fn read_list(bytes: &[u8]) -> Result<Vec<Signed<EraseAct>>, CodecError> {
    log::read_acts(LIST, bytes)
}
