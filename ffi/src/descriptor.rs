//! An open file of somebody else's, by its descriptor: what Android hands to an app that a person has given a file, or a
//! place for one (`ParcelFileDescriptor.getFd`).

use crate::error::ChiboError;
use chibo_core::limits;
use std::fs::File;
use std::io::{self, Read, Write};

/// The file behind a descriptor, which stays its owner's: they close it.
#[cfg(unix)]
fn file(descriptor: i32) -> io::Result<File> {
    use std::os::fd::BorrowedFd;
    if descriptor < 0 {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // SAFETY: it is not -1, and it is used for nothing but the call that duplicates it, which says so if it is not
    // open. What is read and written from then on is the duplicate, which is this crate's own.
    #[allow(unsafe_code)]
    let borrowed = unsafe { BorrowedFd::borrow_raw(descriptor) };
    Ok(borrowed.try_clone_to_owned()?.into())
}

#[cfg(not(unix))]
fn file(_: i32) -> io::Result<File> {
    Err(io::ErrorKind::Unsupported.into())
}

fn error(e: &io::Error) -> ChiboError {
    match e.kind() {
        io::ErrorKind::StorageFull => ChiboError::DiskFull,
        _ => ChiboError::FileFailed,
    }
}

/// Reads a file of letters from where it stands to its end.
pub(crate) fn read(descriptor: i32) -> Result<Vec<u8>, ChiboError> {
    let file = file(descriptor).map_err(|e| error(&e))?;
    let mut bytes = Vec::new();
    // One more than is allowed, so that too long is told from just long enough.
    let mut limited = file.take(limits::BUNDLE_BYTES.saturating_add(1));
    limited.read_to_end(&mut bytes).map_err(|e| error(&e))?;
    Ok(bytes)
}

/// Writes a file of letters; on disk when this returns, where the file has one behind it.
pub(crate) fn write(descriptor: i32, bytes: &[u8]) -> Result<(), ChiboError> {
    let mut file = file(descriptor).map_err(|e| error(&e))?;
    file.write_all(bytes).map_err(|e| error(&e))?;
    match file.sync_all() {
        // A pipe to another app cannot be synced.
        Err(e) if e.kind() == io::ErrorKind::StorageFull => Err(ChiboError::DiskFull),
        _ => Ok(()),
    }
}
