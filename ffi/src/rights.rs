//! What this device's role writes, so that a screen offers nothing that would be refused.

use crate::chibo::Chibo;
use crate::error::ChiboError;
use chibo_core::access;
use chibo_core::kind::KINDS;

#[uniffi::export]
impl Chibo {
    /// The names of the kinds of documents that this device's role writes. A new one of them
    /// ([`Chibo::new_document`]) may still be refused, where a rule of its kind says who writes it.
    pub fn writes(&self) -> Result<Vec<String>, ChiboError> {
        self.shared.call(|h, _| {
            let author = h.phone.author().ok_or(ChiboError::NotEnrolled)?;
            let written = KINDS.iter().filter(|k| access::writes(author.role, k));
            Ok(written.map(|k| k.name.into()).collect())
        })
    }
}
