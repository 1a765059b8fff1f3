//! What waits, once more beside the store: the last request, sealed for the node (rule 19).
//!
//! It is there for two cases in which nothing opens the store. What opens it is lost: the office reads the file as it
//! reads a stick. Or it is only locked, while a line comes by that somebody waited for in vain: then [`leave`] lays what
//! they wanted to send into the mailbox that the phone knew, without a key of any kind. It is a letter that only the node
//! opens; whatever was typed after the last try to send is not in it, and stays in the store until somebody opens that.
//!
//! Beside the outbox lie the mailbox's address and, once the letter was left, its name: so it is left once. Both go with
//! the outbox.
//!
//! Does not know: the store, which it never opens here; what the node answers, which the phone fetches when it is open.

use crate::file;
use crate::handset::{Handset, io, remove_file};
use crate::letters;
use chibo_core::carriers::bundle::Bundle;
use chibo_core::carriers::http::CarrierError;
use chibo_core::carriers::letter::Content;
use chibo_core::id::LetterId;
use chibo_core::limits;
use chibo_core::phone::SyncError;
use chibo_core::store::StoreError;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

/// The name of the copy of what waits, sealed for the node: a file of letters.
pub const OUTBOX: &str = "outbox.chibo";
/// The name of the file beside it that says in which mailbox it may be left.
const MAILBOX: &str = "outbox.mailbox";
/// The name of the file that says which letter was left there.
const LEFT: &str = "outbox.left";
/// Bytes of an address at most.
const ADDRESS_BYTES: u64 = 2_048;

/// Removes the outbox and what lies beside it.
pub(crate) fn remove(folder: &Path) -> Result<(), StoreError> {
    remove_file(&folder.join(OUTBOX))?;
    remove_file(&folder.join(MAILBOX))?;
    remove_file(&folder.join(LEFT))
}

impl Handset {
    /// Removes the outbox when nothing waits any more.
    pub fn tidy_outbox(&self) -> Result<(), StoreError> {
        match self.phone.waiting()?.0 {
            0 => remove(self.folder()),
            _ => Ok(()),
        }
    }

    /// Keeps what a request hands over in the outbox; where nothing waits, there is none.
    pub fn keep_outbox(&mut self, request: &[u8]) -> Result<(), SyncError> {
        let key = self.phone.node_letter_key()?;
        let Some(key) = key.filter(|_| self.phone.waiting().is_ok_and(|(own, _)| own > 0)) else {
            return Ok(remove(self.folder())?);
        };
        // A key that nothing can be sealed for is none of a node that anybody reaches.
        let Ok(letter) = Content::Request(request.to_vec()).seal_for(&key) else {
            return Ok(());
        };
        let bundle = Bundle {
            letters: vec![letter],
            ..Bundle::default()
        };
        let outbox = self.folder().join(OUTBOX);
        remove_file(&self.folder().join(LEFT))?;
        file::write_whole(&outbox, &bundle.to_bytes()).map_err(|e| io(&e))?;
        Ok(self.name_mailbox()?)
    }

    /// Says beside the outbox in which mailbox it may be left; in none, where none is known or a letter that says the same
    /// lies there already.
    pub(crate) fn name_mailbox(&self) -> Result<(), StoreError> {
        let (outbox, named) = (self.folder().join(OUTBOX), self.folder().join(MAILBOX));
        let url = self.kept_mailbox()?;
        match url.is_empty() || !outbox.exists() || letters::is_said_there(&self.phone)? {
            true => remove_file(&named),
            false => file::write_whole(&named, url.as_bytes()).map_err(|e| io(&e)),
        }
    }
}

/// What became of the outbox of a phone that nobody has opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leaving {
    /// Nothing lies there that could be left: nothing waits, or no mailbox is known.
    Nothing,
    /// It was left before, and the phone was not opened since.
    Before,
    /// It lies in the mailbox now (*đã gửi, xã chưa nhận*).
    Now,
}

/// Why it was not left. Next time it is tried again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LeavingError {
    /// What lies in the folder cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The mailbox could not be reached, or takes nothing.
    #[error(transparent)]
    Carrier(#[from] CarrierError),
}

/// A file that may not be there, and is not read if it is longer than it can be.
fn small(path: &Path, most: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(io(&e)),
    };
    let mut bytes = Vec::new();
    let read = file.take(most + 1).read_to_end(&mut bytes);
    read.map_err(|e| io(&e))?;
    Ok(Some(bytes).filter(|b| b.len() as u64 <= most))
}

/// Whether something lies in a folder that [`leave`] would leave.
pub fn is_to_be_left(folder: &Path) -> bool {
    let is_there = |name| fs::exists(folder.join(name)).unwrap_or(false);
    is_there(OUTBOX) && is_there(MAILBOX) && !is_there(LEFT)
}

/// Leaves the outbox of the phone in a folder in its mailbox. The store is not opened, and may be open elsewhere meanwhile:
/// the same letter twice is one.
pub async fn leave(folder: &Path) -> Result<Leaving, LeavingError> {
    let address = small(&folder.join(MAILBOX), ADDRESS_BYTES)?;
    let address = address.and_then(|b| String::from_utf8(b).ok());
    let there = small(&folder.join(OUTBOX), limits::BUNDLE_BYTES)?;
    let letter = there.and_then(|b| Bundle::from_bytes(&b).ok()?.letters.pop());
    let (Some(address), Some(letter)) = (address, letter) else {
        return Ok(Leaving::Nothing);
    };
    let before = small(&folder.join(LEFT), LetterId::LEN as u64)?;
    if before.as_deref() == Some(&letter.id().0[..]) {
        return Ok(Leaving::Before);
    }
    letters::mailbox_at(&address)?.put(&letter).await?;
    // Where this is lost, the same letter is left once more, and is one.
    file::write_whole(&folder.join(LEFT), &letter.id().0).map_err(|e| io(&e))?;
    Ok(Leaving::Now)
}
