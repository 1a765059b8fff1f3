//! The lists that lie beside a node's store: which epochs it has signed in, what it revoked, what it forgot. A backup is older
//! than some of that, and a restore reads them again: a revocation or an erasure is not undone by it, though no device
//! had heard of it.
//!
//! They are written with each command that changes them, and once a minute while the node serves: some rights end by
//! themselves, or with what a phone brings.

use crate::file::write_whole;
use crate::intake::OfficeNode;
use crate::sealed::folder_of;
use chibo_core::forget;
use chibo_core::log;
use chibo_core::store::StoreError;
use std::io;
use std::path::{Path, PathBuf};

/// The list of epochs: what is revoked and forgotten is signed in one of them.
pub const EPOCHS: &str = "epochs";
/// The list of revocations.
pub const REVOCATIONS: &str = "revocations";
/// The list of erasures.
pub const ERASURES: &str = "erasures";

/// Why a list was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// The file could not be written.
    #[error("{}: {why}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        why: io::Error,
    },
    /// The node's store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes those of the lists that do not lie beside the node's store as they are now.
pub fn keep(node: &OfficeNode) -> Result<(), ListError> {
    keep_in(&folder_of(node.store().path()), node)
}

/// As [`keep`], in another folder: of a node whose store is not in its place yet.
pub fn keep_in(folder: &Path, node: &OfficeNode) -> Result<(), ListError> {
    let now = [
        (EPOCHS, log::write_epochs(&node.epochs()?)),
        (
            REVOCATIONS,
            log::write_acts(log::REVOCATIONS, &node.revocations()?),
        ),
        (ERASURES, forget::write_list(&node.erasures()?)),
    ];
    for (name, bytes) in now {
        let path = folder.join(name);
        if std::fs::read(&path).is_ok_and(|there| there == bytes) {
            continue;
        }
        write_whole(&path, &bytes).map_err(|why| ListError::File { path, why })?;
    }
    Ok(())
}
