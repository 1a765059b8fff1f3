//! What somebody typed on a screen and is in no document yet, kept in the encrypted store until it is written or given up.

use crate::chibo::Chibo;
use crate::error::{ChiboError, Why};

#[uniffi::export]
impl Chibo {
    /// Keeps what was typed on a screen and is in no document yet, in the place of what was kept of it before; an empty text:
    /// it was written, or given up. It is never sent. `screen` names it, by its code and whom it is about (at most 400 bytes);
    /// the text is the screen's own (at most 64 KiB, else [`ChiboError::Invalid`] and nothing has changed). Of more than 64
    /// screens, what was typed longest ago goes.
    pub fn keep_typed(&self, screen: String, text: String) -> Result<(), ChiboError> {
        self.shared
            .call(|h, _| match h.keep_typed(&screen, &text)? {
                true => Ok(()),
                false => Err(ChiboError::Invalid {
                    field: String::new(),
                    why: Why::TooLong,
                    allowed: Vec::new(),
                }),
            })
    }

    /// What was typed on a screen and is kept; `null`: nothing.
    pub fn typed(&self, screen: String) -> Result<Option<String>, ChiboError> {
        self.shared.call(|h, _| Ok(h.typed(&screen)?))
    }
}
