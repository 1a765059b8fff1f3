//! A phone's own backup (*bản sao của sổ*): the whole store with its key, sealed with a passphrase, for the day when the
//! phone is broken. It is opened and checked before it is given away, since a copy that was never opened is a hope.
//!
//! A phone that goes on from one goes on under new feeds, so what the one before said after it stays its own.
//!
//! Does not know: where the copy is kept, screens.

use super::{BackupError, NO_SIGNATURE, Scratch, Whose, contents, faults, open_copy, seal_copy};
use crate::file::{self, beside};
use crate::handset::{self, FilePhone, Handset, STORE};
use crate::keys::{self, Daily, KeyError};
use chibo_core::limits;
use chibo_core::lock::StoreKey;
use chibo_core::seal::{Lock, Opener};
use chibo_core::store::sqlite::{Durability, SqliteStore};
use chibo_core::store::{Store, StoreError};
use chibo_core::text;
use std::path::Path;
use zeroize::Zeroizing;

/// Why there is no copy, or no phone of one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PhoneBackupError {
    /// The passphrase has fewer characters than [`limits::PASSPHRASE_CHARS`].
    #[error("the passphrase is too short")]
    TooShort,
    /// The copy could not be sealed or opened: another passphrase, or no backup.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// It is a node's.
    #[error("this is no phone's backup")]
    NotAPhones,
    /// What it opens to is not as it was written.
    #[error("the copy is not whole")]
    NotWhole,
    /// There is a store in the folder.
    #[error("there is a store")]
    Exists,
    /// Practice is nobody's.
    #[error("practice is not kept")]
    Practice,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lock could not be made.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl From<std::io::Error> for PhoneBackupError {
    fn from(e: std::io::Error) -> Self {
        PhoneBackupError::Store(handset::io(&e))
    }
}

/// A copy that was made, and opened again to see that it is whole.
#[derive(Debug)]
pub struct Copied {
    /// The sealed file.
    pub file: Vec<u8>,
}

fn sealed(
    store: &SqliteStore,
    phone: &FilePhone,
    words: &str,
    scratch: &Path,
) -> Result<Vec<u8>, PhoneBackupError> {
    store.backup_to(scratch)?;
    let plain = SqliteStore::open(scratch, store.key(), Durability::Full)?.to_plain()?;
    let says = store.read(|tx| contents(tx, phone.tree(), Whose::Phone, phone.view()))?;
    let mut file = Vec::new();
    let sign = |_: &_| NO_SIGNATURE;
    seal_copy(&plain, &says, sign, Lock::Passphrase(words), &mut file)?;
    Ok(file)
}

/// The passphrase as it is used, whichever keyboard wrote its diacritics and whatever spaces stand around it.
pub fn words_of(typed: &str) -> Zeroizing<String> {
    Zeroizing::new(text::clean_line(typed))
}

/// Makes a copy of a phone, sealed with a passphrase, and opens it again: what does not open to what it was made of is
/// given to nobody.
pub fn copy_phone(handset: &Handset, words: &str) -> Result<Copied, PhoneBackupError> {
    let words = &words_of(words);
    if words.chars().count() < limits::PASSPHRASE_CHARS {
        return Err(PhoneBackupError::TooShort);
    }
    if handset.is_practice()? {
        return Err(PhoneBackupError::Practice);
    }
    let scratch = Scratch::new(handset.folder(), "backup.tmp")?;
    let (phone, store) = (&handset.phone, handset.phone.store());
    let file = sealed(store, phone, words, scratch.path())?;
    drop(scratch);
    let scratch = Scratch::new(handset.folder(), "check.tmp")?;
    let opened = open_copy(file.as_slice(), Opener::Passphrase(words))?;
    match faults(&opened, None, scratch.path()) {
        Ok(faults) if faults.lines.is_empty() => Ok(Copied { file }),
        Ok(_) | Err(StoreError::Damaged(_)) => Err(PhoneBackupError::NotWhole),
        Err(e) => Err(e.into()),
    }
}

/// Makes a phone of its backup in a folder that has none, opened every day as `daily` says. All or nothing.
pub fn restore_phone(
    folder: &Path,
    sealed: &[u8],
    words: &str,
    daily: &Daily,
) -> Result<(Handset, StoreKey), PhoneBackupError> {
    let target = folder.join(STORE);
    if target.exists() {
        return Err(PhoneBackupError::Exists);
    }
    let opened = open_copy(sealed, Opener::Passphrase(&words_of(words)))?;
    if opened.contents.whose != Whose::Phone {
        return Err(PhoneBackupError::NotAPhones);
    }
    handset::make_folder(folder)?;
    let scratch = Scratch::new(folder, "restore.tmp")?;
    match faults(&opened, None, scratch.path()) {
        Ok(faults) if faults.lines.is_empty() => {}
        Ok(_) | Err(StoreError::Damaged(_)) => return Err(PhoneBackupError::NotWhole),
        Err(e) => return Err(e.into()),
    }
    let placed = (|| {
        file::remove_store(scratch.path());
        let key = keys::make(&target, daily)?;
        let store = SqliteStore::from_plain(&opened.plain, scratch.path(), &key, Durability::Full)?;
        handset::mark_backup(folder, &store)?;
        drop(store);
        // The write-ahead log was folded in when the store was closed; else the file is not all of it.
        let wal = std::fs::metadata(beside(scratch.path(), "-wal"));
        if wal.is_ok_and(|wal| wal.len() > 0) {
            return Err(StoreError::DiskFull.into());
        }
        std::fs::File::open(scratch.path())?.sync_all()?;
        file::put_in_place(scratch.path(), &target)?;
        let handset = Handset::open(folder, &key)?;
        Ok((handset, key))
    })();
    if placed.is_err() {
        // Nothing was here before: a lock or a mark without a store would stand in the way of the next try.
        let _ = handset::discard(folder);
    }
    placed
}
