//! The recovery code that this device hands over to its node, so that the office can help when the PIN is forgotten.
//!
//! The code is kept for as long as it opens the lock, since a restored node has lost it and is told again. What it
//! opens is the store in which it lies, so that this gives nobody anything.

use super::{Phone, SyncError};
use crate::access;
use crate::codec::{Reader, Writer};
use crate::identity::{Custody, Grant};
use crate::lock::RecoveryCode;
use crate::records;
use crate::recovery::RecoveryRequest;
use crate::store::{Store, StoreError, Tx};
use crate::time::Timestamp;
use rand_core::RngCore;

const CODE: &str = "recovery-code";
/// The epoch and the grant under which the node has taken it.
const TOLD: &str = "recovery-told";

fn kept(tx: &dyn Tx) -> Result<Option<(Timestamp, RecoveryCode)>, StoreError> {
    let Some(bytes) = records::meta(tx, CODE)? else {
        return Ok(None);
    };
    let mut r = Reader::new(&bytes);
    Ok(Some((Timestamp(r.number()?), RecoveryCode::read(&mut r)?)))
}

fn told(epoch: u64, grant: u64) -> Vec<u8> {
    let mut w = Writer::new();
    w.number(epoch).number(grant);
    w.finish()
}

/// The code, unless the node has it: in its present epoch, for this grant.
pub(super) fn to_tell(
    tx: &dyn Tx,
    grant: u64,
) -> Result<Option<(Timestamp, RecoveryCode)>, StoreError> {
    let epoch = records::epochs(tx)?.last().map_or(0, |e| e.epoch);
    if records::meta(tx, TOLD)? == Some(told(epoch, grant)) {
        return Ok(None);
    }
    kept(tx)
}

/// The node has taken the code that was made at this moment, if it is still the same.
pub(super) fn note_told(
    tx: &mut dyn Tx,
    made: Timestamp,
    epoch: u64,
    grant: u64,
) -> Result<(), StoreError> {
    match kept(tx)? {
        Some((now, _)) if now == made => records::set_meta(tx, TOLD, &told(epoch, grant)),
        _ => Ok(()),
    }
}

impl<S: Store> Phone<S> {
    /// The recovery code of this device's lock, if one was made.
    pub fn recovery_code(&self) -> Result<Option<RecoveryCode>, StoreError> {
        Ok(self.store.read(|tx| kept(tx))?.map(|(_, code)| code))
    }

    /// Makes a new recovery code, which the next requests hand over until an answer came whole. It is on disk when
    /// this returns; the lock's slot is the caller's to make.
    pub fn new_recovery_code(
        &mut self,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<RecoveryCode, StoreError> {
        self.store.write(|tx| {
            // Later than the one before, whatever the clock says: the node keeps the latest.
            let before = kept(tx)?.map_or(0, |(made, _)| made.0.saturating_add(1));
            let code = RecoveryCode::random(rng);
            let mut w = Writer::new();
            w.number(now.0.max(before));
            code.write(&mut w);
            records::set_meta(tx, CODE, w.as_slice())?;
            records::drop_meta(tx, TOLD)?;
            Ok(code)
        })
    }

    /// The devices whose codes this device's person may ask the node for, with the entries of their grants.
    pub fn may_help(&self) -> Result<Vec<(u64, Grant)>, StoreError> {
        let Some(author) = &self.author else {
            return Ok(Vec::new());
        };
        self.store.read(|tx| {
            let mut list = records::grants(tx)?;
            let mut standing = Vec::new();
            for (n, g) in list.drain(..) {
                let fits = n != author.grant
                    && g.custody == Custody::Device
                    && access::reads_out(author.role).contains(&g.role)
                    && self.tree.is_within(g.place, author.place);
                if fits && records::ended(tx, n)?.is_none() {
                    standing.push((n, g));
                }
            }
            Ok(standing)
        })
    }

    /// The request for the recovery code of the device with the grant in entry `of`.
    pub fn recovery_request(&self, of: u64) -> Result<RecoveryRequest, SyncError> {
        let author = self.author.as_ref().ok_or(SyncError::NotEnrolled)?;
        let (log, grant) = (author.log, author.grant);
        Ok(RecoveryRequest::new(log, grant, of, &author.key))
    }

    /// When the recovery code was made that waits to be handed over, if one does.
    pub fn recovery_waits(&self) -> Result<Option<Timestamp>, StoreError> {
        let Some(author) = &self.author else {
            return Ok(None);
        };
        let waits = self.store.read(|tx| to_tell(tx, author.grant))?;
        Ok(waits.map(|(made, _)| made))
    }
}
