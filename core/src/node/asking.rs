//! Under whose grant somebody asks to be known: the letters of all that one person lets in share what room there is for letters
//! that wait, and whoever shows nothing that this node gave shares it with everybody else of whom that is so.
//!
//! Does not know: whether the grants still stand, letters.

use super::Node;
use crate::enrol::{EnrolRequest, Ticket};
use crate::id::Hash;
use crate::identity::Grant;
use crate::records;
use crate::store::{Store, StoreError, Table, Tx};

impl<S: Store> Node<S> {
    /// What the letters of a request are counted under: the grant that this node gave and that all it shows stands under, or the
    /// ticket. Of what nobody here can check it is [`Hash::ZERO`], whoever sends it.
    pub fn asks_under(&self, request: &EnrolRequest) -> Result<Hash, StoreError> {
        self.store.read(|tx| match request {
            EnrolRequest::Ticket { secret, .. } => {
                let ticket = Ticket::fingerprint(secret);
                let is_known = tx.get(Table::Ticket, &ticket.0)?.is_some();
                Ok(if is_known { ticket } else { Hash::ZERO })
            }
            EnrolRequest::Introduction { grants, .. } if is_chain(grants) => {
                let first = grants.first().map(|first| top_of(tx, first));
                Ok(first.transpose()?.flatten().unwrap_or(Hash::ZERO))
            }
            EnrolRequest::Introduction { .. } => Ok(Hash::ZERO),
        })
    }
}

/// Whether each grant is signed by the key of the one before.
fn is_chain(grants: &[Grant]) -> bool {
    let mut links = grants.iter().zip(grants.iter().skip(1));
    links.all(|(parent, grant)| {
        grant.under == parent.hash() && grant.issuer == parent.key && grant.is_signed()
    })
}

/// The grant of this node that a grant stands under, or is; `None`: this node gave none such.
fn top_of(tx: &dyn Tx, grant: &Grant) -> Result<Option<Hash>, StoreError> {
    if !grant.is_signed() {
        return Ok(None);
    }
    if grant.under == Hash::ZERO {
        let epochs = records::epochs(tx)?;
        let gave = epochs.iter().any(|epoch| epoch.grant_key == grant.issuer);
        return Ok(gave.then(|| grant.hash()));
    }
    let Some(above) = records::grant_number(tx, grant.under)? else {
        return Ok(None);
    };
    if records::grant(tx, above)?.is_none_or(|parent| parent.key != grant.issuer) {
        return Ok(None);
    }
    let top = records::line_of(tx, above)?.top;
    Ok(records::grant(tx, top)?.map(|top| top.hash()))
}
