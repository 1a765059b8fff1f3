//! What was refused or is held: listed, looked into, decided and put away by people at the office.
//!
//! A verdict follows from the log and never from what somebody says of the time (rule 9). What comes after its grant ended is held
//! therefore, and the basis, which its author signed, only sorts it (rule 10): it says what they had seen.

use super::judge::Judge;
use super::{DecideError, Node};
use crate::document;
use crate::door;
use crate::feed::SignedSegment;
use crate::id::{DocId, PersonId};
use crate::kind::{self, Kind};
use crate::records::{self, QuarantineRow};
use crate::store::{Store, StoreError};
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// What the author of something that came after their grant had ended had seen of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Knew {
    /// Its end was in what they had seen.
    Yes,
    /// It was not: nothing shows that they knew.
    Not,
}

/// What a segment in quarantine would change in one document.
#[derive(Debug, Clone)]
pub struct Preview {
    /// The document.
    pub doc: DocId,
    /// Its kind.
    pub kind: &'static Kind,
    /// Each path, the value that stands there, and the one that would.
    pub paths: Vec<(String, Option<document::Value>, document::Value)>,
}

impl<S: Store> Node<S> {
    /// What is held until somebody decides, and then what was refused. What is held is sorted by its basis, that is, by what
    /// its author had seen of the log (rule 10): what was written before anybody could know why it is held
    /// comes first. The rest is sorted by number.
    pub fn quarantine(&self) -> Result<Vec<(u64, QuarantineRow)>, StoreError> {
        let mut rows = self.store.read(|tx| records::quarantined(tx))?;
        let mut basis = BTreeMap::new();
        for (number, row) in rows.iter().filter(|(_, row)| row.held > 0) {
            if let Ok(signed) = SignedSegment::from_bytes(&row.bytes) {
                let at = signed.unproven().basis;
                basis.insert(*number, (at.epoch, at.n));
            }
        }
        rows.sort_by_key(|(number, row)| (row.held == 0, basis.get(number).copied(), *number));
        Ok(rows)
    }

    /// Whether who wrote something in quarantine could know that their grant had ended: by the basis that they
    /// signed. `None`: the grant stands or is not known, or the basis says nothing of this node's log.
    pub fn knew(&self, row: &QuarantineRow) -> Result<Option<Knew>, StoreError> {
        let signed = SignedSegment::from_bytes(&row.bytes)?;
        let s = signed.unproven();
        if s.basis.log != self.log() {
            return Ok(None);
        }
        self.store.read(|tx| {
            let Some(grant) = records::grant_number(tx, s.grant)? else {
                return Ok(None);
            };
            let Some(ended) = records::ended(tx, grant)? else {
                return Ok(None);
            };
            let Some(end) = records::log_row(tx, ended.entry)? else {
                return Ok(None);
            };
            let before = (s.basis.epoch, s.basis.n) < (end.epoch, ended.entry);
            Ok(Some(if before { Knew::Not } else { Knew::Yes }))
        })
    }

    /// What something in quarantine would change if it were taken in: for each of its documents the
    /// kind, and each path with the value that stands and the one that it says. Documents of unknown kinds,
    /// and changes that do not fit (any more), are left out.
    pub fn preview(&self, row: &QuarantineRow) -> Result<Vec<Preview>, StoreError> {
        let signed = SignedSegment::from_bytes(&row.bytes)?;
        let s = signed.unproven();
        let mut previews = Vec::new();
        for c in &s.changes {
            let Some(kind) = kind::by_number(c.kind) else {
                continue;
            };
            let base = match self.store.read(|tx| records::doc(tx, c.doc))? {
                Some(row) => document::load(&row.bytes)?,
                None => document::genesis(kind),
            };
            let Ok(admitted) = door::admit(&base, &c.change) else {
                continue;
            };
            let before = document::values(&base, None);
            let after = document::values(&admitted.document, None);
            let paths = document::difference(&before, &after);
            let paths = paths
                .into_iter()
                .map(|(path, value)| {
                    let stands = before.get(&path).cloned();
                    (path, stands, value)
                })
                .collect();
            previews.push(Preview {
                doc: c.doc,
                kind,
                paths,
            });
        }
        Ok(previews)
    }

    /// Decides about what is held: accepted, it is an entry like any other; refused, its feed ends and
    /// the device says its later acts again. `by`: who decides, where that is known; nobody decides about
    /// what they wrote or what is about themself. Returns the entry's number.
    pub fn decide(
        &mut self,
        number: u64,
        accept: bool,
        by: Option<PersonId>,
        now: Timestamp,
    ) -> Result<u64, DecideError> {
        let mut tree = self.tree.clone();
        let seat = self.seat();
        let n = self.store.write(|tx| {
            let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
            let n = judge.decide(number, accept, by)?;
            judge.finish()?;
            Ok::<_, DecideError>(n)
        })?;
        self.tree = tree;
        Ok(n)
    }

    /// Takes what was refused for good out of quarantine: somebody has looked at it.
    pub fn drop_refused(&mut self, number: u64) -> Result<(), DecideError> {
        self.store.write(|tx| {
            let row = records::quarantine_row(tx, number)?.ok_or(DecideError::Unknown)?;
            if row.held > 0 {
                return Err(DecideError::StillHeld);
            }
            Ok(records::drop_quarantined(tx, number)?)
        })
    }
}
