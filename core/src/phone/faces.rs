//! A node with two faces (rule 14): devices that meet compare what it told each of them.
//!
//! Every device keeps the chain of each scope that it holds, and the entries behind it. Up to a position of the log that
//! both have heard, the chain of a scope that both hold is one and the same: a node that told one device another history
//! than the other cannot make it so. What a device shows is its own word and not signed by the node, so a difference is a
//! reason to ask, not a proof: both look at what they were told, with the office above.

use super::{Phone, places};
use crate::codec::{CodecError, Reader, Writer};
use crate::id::{Hash, ScopeId};
use crate::limits;
use crate::records::{self, ScopeRow};
use crate::store::{Store, StoreError, Tx};
use crate::tree::View;
use std::collections::BTreeSet;

/// What a node told a device, as far as another may read it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    /// The log's epoch as the device knows it.
    pub epoch: u64,
    /// Up to which entry of the log it has heard.
    pub n: u64,
    /// Each scope, the number of its last entry up to there, and its chain after it.
    pub scopes: Vec<(ScopeId, u64, Hash)>,
}

impl Told {
    /// The encoding of a letter (format).
    pub fn write(&self, w: &mut Writer) {
        w.number(self.epoch).number(self.n);
        w.number(self.scopes.len() as u64);
        for (scope, last, chain) in &self.scopes {
            w.fixed(&scope.0).number(*last).fixed(&chain.0);
        }
    }

    /// Reads one.
    pub fn read(r: &mut Reader) -> Result<Told, CodecError> {
        let (epoch, n) = (r.number()?, r.number()?);
        let mut scopes = Vec::new();
        for _ in 0..r.count(limits::TOLD)? {
            scopes.push((ScopeId::read(r)?, r.number()?, Hash::read(r)?));
        }
        Ok(Told { epoch, n, scopes })
    }
}

impl<S: Store> Phone<S> {
    /// What this device was told of the scopes that a view reads too, at most [`limits::TOLD`].
    pub fn told(&self, view: View) -> Result<Told, StoreError> {
        let read = view.scopes(&self.tree);
        self.store.read(|tx| {
            let at = records::position(tx)?;
            let mut scopes = Vec::new();
            for scope in self.held(tx)?.intersection(&read).take(limits::TOLD) {
                let row = records::scope(tx, *scope)?;
                scopes.push((*scope, row.last, row.chain));
            }
            Ok(Told {
                epoch: at.epoch,
                n: at.n,
                scopes,
            })
        })
    }

    /// Of which scopes another device was told otherwise than this one. What this device does not hold it cannot say; nor
    /// what was told in another epoch, whose node went back to a backup.
    pub fn told_otherwise(&self, theirs: &Told) -> Result<Vec<ScopeId>, StoreError> {
        self.store.read(|tx| {
            let at = records::position(tx)?;
            if at.epoch != theirs.epoch {
                return Ok(Vec::new());
            }
            let both = at.n.min(theirs.n);
            let held = self.held(tx)?;
            let mut otherwise = Vec::new();
            for (scope, last, chain) in theirs.scopes.iter().take(limits::TOLD) {
                // Of an entry after that, only the other has heard.
                if *last > both || !held.contains(scope) {
                    continue;
                }
                let own = chain_at(tx, *scope, both)?;
                if own.is_some_and(|own| own != *chain) {
                    otherwise.push(*scope);
                }
            }
            Ok(otherwise)
        })
    }

    /// The scopes that this device holds whole: those of its view but for what is still to be filled in.
    fn held(&self, tx: &dyn Tx) -> Result<BTreeSet<ScopeId>, StoreError> {
        let Some(view) = self.view() else {
            return Ok(BTreeSet::new());
        };
        let pending = places::pending(tx)?;
        let is_filled = |scope: &ScopeId| {
            let place = self.tree.of_scope(*scope);
            let birth = place.and_then(|(place, _)| Some(self.tree.get(place)?.birth));
            birth.is_some_and(|b| !pending.iter().any(|(from, to)| (*from..=*to).contains(&b)))
        };
        let mut scopes = view.scopes(&self.tree);
        scopes.retain(is_filled);
        Ok(scopes)
    }
}

/// A scope's chain after all entries up to `n`; `None`: a checkpoint filled it in later than that.
fn chain_at(tx: &dyn Tx, scope: ScopeId, n: u64) -> Result<Option<Hash>, StoreError> {
    let row: ScopeRow = records::scope(tx, scope)?;
    if row.last <= n {
        return Ok(Some(row.chain));
    }
    let entries = records::scope_entries(tx, scope, row.filled, usize::MAX)?;
    let Some(last) = entries.into_iter().rfind(|entry| *entry <= n) else {
        return Ok((row.filled == 0).then_some(Hash::ZERO));
    };
    Ok(records::log_row(tx, last)?.map(|entry| entry.scope_chain))
}
