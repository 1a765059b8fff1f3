//! What the phone's side gives: a keystore, a clock, and ears for what changes. None of it is called under the store's
//! lock.

use crate::sync::SyncSteps;
use chibo_core::lock::{KeeperError, KeyKeeper};
use std::sync::Arc;
use zeroize::Zeroizing;

/// The keystore of the device (Android Keystore): it wraps secrets so that only this device unwraps them.
#[uniffi::export(with_foreign)]
pub trait KeyStore: Send + Sync {
    /// Wraps a secret of 32 bytes; the result has at most 4 KiB.
    fn wrap(&self, secret: Vec<u8>) -> Result<Vec<u8>, KeyStoreError>;
    /// Unwraps what `wrap` has made.
    fn open(&self, wrapped: Vec<u8>) -> Result<Vec<u8>, KeyStoreError>;
}

/// Why the keystore gave nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum KeyStoreError {
    /// Not now: the screen is locked, or the person said no. Try again.
    #[error("not now")]
    NotNow,
    /// Its key is gone: the code that the office reads out opens the store ([`crate::recover`]).
    #[error("the key is gone")]
    Gone,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for KeyStoreError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        KeyStoreError::NotNow
    }
}

impl From<KeyStoreError> for KeeperError {
    fn from(e: KeyStoreError) -> Self {
        match e {
            KeyStoreError::NotNow => KeeperError::NotNow,
            KeyStoreError::Gone => KeeperError::Gone,
        }
    }
}

/// A foreign keystore as the core knows it.
pub(crate) struct Keeper(pub(crate) Arc<dyn KeyStore>);

impl KeyKeeper for Keeper {
    fn wrap(&self, secret: &[u8; 32]) -> Result<Vec<u8>, KeeperError> {
        Ok(self.0.wrap(secret.to_vec())?)
    }

    fn unwrap(&self, kept: &[u8]) -> Result<Zeroizing<[u8; 32]>, KeeperError> {
        let secret = Zeroizing::new(self.0.open(kept.to_vec())?);
        let secret = secret.as_slice().try_into();
        secret.map(Zeroizing::new).map_err(|_| KeeperError::Gone)
    }
}

/// A callback failed in a way that it does not tell: in Kotlin, it threw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum CallbackError {
    /// It failed.
    #[error("a callback failed")]
    Failed,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for CallbackError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        // What it threw may hold anything, and is said nowhere.
        CallbackError::Failed
    }
}

/// The clock of the device.
#[uniffi::export(with_foreign)]
pub trait Clock: Send + Sync {
    /// Seconds since 1970, UTC.
    fn now(&self) -> Result<u64, CallbackError>;
}

/// Of one place, documents of one kind have changed: whoever shows them reads them again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, uniffi::Record)]
pub struct Change {
    /// The kind, by name.
    pub kind: String,
    /// The place, by id.
    pub place: String,
}

/// Hears of what has changed, by an edit, a sync or a file. Called on the thread that made the change, when it is on
/// disk and the store's lock is free; if it fails, nothing of that is undone and nobody is told.
#[uniffi::export(with_foreign)]
pub trait ChangeListener: Send + Sync {
    /// These have changed.
    fn changed(&self, changes: Vec<Change>) -> Result<(), CallbackError>;
}

/// Hears how far a sync has come: after every frame that was taken in. If it fails, the sync ends there.
#[uniffi::export(with_foreign)]
pub trait SyncProgress: Send + Sync {
    /// So far.
    fn heard(&self, so_far: SyncSteps) -> Result<(), CallbackError>;
}
