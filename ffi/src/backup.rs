//! A phone's own backup: a sealed copy of the whole store, for the day when the phone is broken.

use crate::callbacks::{ChangeListener, Clock, KeyStore};
use crate::chibo::{Chibo, daily, guarded, made};
use crate::descriptor;
use crate::error::ChiboError;
use chibo_core::limits;
use chibo_core::seal::SealError;
use chibo_device::backup::{BackupError, PhoneBackupError, copy_phone, restore_phone};
use std::path::PathBuf;
use std::sync::Arc;

impl From<PhoneBackupError> for ChiboError {
    fn from(e: PhoneBackupError) -> Self {
        match e {
            PhoneBackupError::TooShort => ChiboError::PassphraseTooShort {
                least: passphrase_least(),
            },
            PhoneBackupError::Backup(BackupError::Seal(SealError::NotForThisKey)) => {
                ChiboError::WrongPassphrase
            }
            PhoneBackupError::Backup(_) | PhoneBackupError::NotAPhones => ChiboError::NotAFile,
            PhoneBackupError::Exists => ChiboError::StoreExists,
            PhoneBackupError::Practice => ChiboError::Practice,
            PhoneBackupError::Store(e) => e.into(),
            PhoneBackupError::Key(e) => e.into(),
            _ => ChiboError::Damaged,
        }
    }
}

/// How many characters the passphrase of a backup has at least: nothing but it stands before the records.
#[uniffi::export]
pub fn passphrase_least() -> u32 {
    u32::try_from(limits::PASSPHRASE_CHARS).unwrap_or(u32::MAX)
}

#[uniffi::export]
impl Chibo {
    /// A copy of the whole store, sealed with a passphrase ([`passphrase_least`] characters or more): for who loses this
    /// phone and still has the copy and the words. It was opened again and checked before it is given. It takes seconds.
    pub fn backup(&self, passphrase: String) -> Result<Vec<u8>, ChiboError> {
        self.shared
            .call(|h, _| Ok(copy_phone(h, &passphrase)?.file))
    }

    /// The same into an open descriptor, which stays the caller's.
    pub fn backup_into_descriptor(
        &self,
        descriptor: i32,
        passphrase: String,
    ) -> Result<(), ChiboError> {
        let file = self.backup(passphrase)?;
        guarded(|| descriptor::write(descriptor, &file))
    }

    /// Makes a store of a backup in a folder that has none, and opens it; it is opened with the PIN and the keystore that are
    /// given here from then on. It goes on where the copy stood: what was sent after it comes back with the next sync, what
    /// was not sent is lost with the phone. All or nothing.
    #[uniffi::constructor]
    pub fn restore(
        folder: String,
        backup: Vec<u8>,
        passphrase: String,
        pin: Option<String>,
        key_store: Option<Arc<dyn KeyStore>>,
        clock: Arc<dyn Clock>,
        listener: Option<Arc<dyn ChangeListener>>,
    ) -> Result<Arc<Self>, ChiboError> {
        guarded(|| {
            let folder = PathBuf::from(folder);
            let daily = daily(pin, key_store)?;
            let restored = restore_phone(&folder, &backup, &passphrase, &daily)?;
            Ok(made(folder, restored, clock, listener))
        })
    }
}
