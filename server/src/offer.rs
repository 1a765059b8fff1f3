//! The app's package that the office offers to phones: a file that is read when the node starts.
//!
//! Fetching it is many short requests ([`limits::APP_PIECE_BYTES`]), so it is counted, and takes room, as everything else
//! does, and a line that breaks costs nothing that came. Whether it is the app at all is judged by the phone, which knows
//! who signed the one that it has; here only what can be no package is told apart, so that a mistyped path is noticed by
//! who typed it.

use crate::file::read_up_to;
use axum::body::Bytes;
use chibo_core::id::hex;
use chibo_core::limits;
use sha2::{Digest, Sha256};
use std::io;
use std::path::Path;

/// How a ZIP file, which a package is, begins.
const ZIP: &[u8] = b"PK\x03\x04";

/// Why a file is not offered.
#[derive(Debug, thiserror::Error)]
pub enum OfferError {
    /// It could not be read.
    #[error("the file could not be read: {0}")]
    File(#[from] io::Error),
    /// Longer than [`limits::APP_BYTES`].
    #[error("the file is too long for a package")]
    TooLong,
    /// It is no package.
    #[error("the file is no package (.apk)")]
    NoPackage,
}

/// A package, as it is offered.
#[derive(Debug, Clone)]
pub struct Package {
    bytes: Bytes,
    sha256: String,
}

impl Package {
    /// Reads it from a file.
    pub fn read(path: &Path) -> Result<Self, OfferError> {
        let bytes = read_up_to(path, limits::APP_BYTES as u64).map_err(|e| match e.kind() {
            std::io::ErrorKind::FileTooLarge => OfferError::TooLong,
            _ => e.into(),
        })?;
        Package::of(bytes)
    }

    /// From its bytes.
    pub fn of(bytes: Vec<u8>) -> Result<Self, OfferError> {
        if bytes.len() > limits::APP_BYTES {
            return Err(OfferError::TooLong);
        }
        if !bytes.starts_with(ZIP) {
            return Err(OfferError::NoPackage);
        }
        let sha256 = hex(&Sha256::digest(&bytes));
        let bytes = bytes.into();
        Ok(Package { bytes, sha256 })
    }

    /// Bytes of the whole.
    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    /// SHA-256 of the whole, in hexadecimal.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// A piece of it from a byte on, empty at the end; `None`: it is not that long.
    pub fn piece(&self, from: usize) -> Option<&[u8]> {
        let rest = self.bytes.get(from..)?;
        Some(&rest[..rest.len().min(limits::APP_PIECE_BYTES)])
    }
}
