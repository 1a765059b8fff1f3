//! What a locked phone's owner wanted to send: it lies sealed for the node beside the store, and can be left in the mailbox
//! that the phone knows, without a PIN and without opening anything.

use crate::chibo::guarded;
use crate::error::ChiboError;
use crate::sync::on_runtime;
use chibo_device::outbox;
use std::path::PathBuf;

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Leaving {
    /// Nothing lies there that could be left: nothing waits, or no mailbox is known.
    Nothing,
    /// It was left before.
    Before,
    /// It lies in the mailbox now (*đã gửi, xã chưa nhận*).
    Now,
}

impl From<outbox::Leaving> for Leaving {
    fn from(leaving: outbox::Leaving) -> Self {
        match leaving {
            outbox::Leaving::Nothing => Leaving::Nothing,
            outbox::Leaving::Before => Leaving::Before,
            outbox::Leaving::Now => Leaving::Now,
        }
    }
}

/// Whether [`leave_outbox`] has something to leave for the store in this folder. Nothing is opened.
#[uniffi::export]
pub fn is_outbox_to_be_left(folder: String) -> Result<bool, ChiboError> {
    guarded(|| Ok(outbox::is_to_be_left(&PathBuf::from(folder))))
}

/// Leaves what somebody last tried to send from the store in this folder in the mailbox that it knew then. The store is not
/// opened: no PIN is needed, what was typed after that try is not in it, and the node's answer is fetched when somebody
/// opens the store and sends. A line that breaks leaves all as it was.
#[uniffi::export]
pub async fn leave_outbox(folder: String) -> Result<Leaving, ChiboError> {
    on_runtime(async move { Ok(outbox::leave(&PathBuf::from(folder)).await?.into()) }).await
}
