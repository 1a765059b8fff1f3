//! The lists that lie beside a node's store: which epochs it has signed in, what it revoked, what it forgot. A backup is older
//! than some of that, and a restore reads them again: a revocation or an erasure is not undone by it, though no device
//! had heard of it.
//!
//! They are written with each command that changes them, and once a minute while the node serves: some rights end by
//! themselves, or with what a phone brings.

use crate::file::{read_up_to, write_whole};
use crate::intake::OfficeNode;
use crate::sealed::folder_of;
use chibo_core::forget;
use chibo_core::id::Hash;
use chibo_core::limits;
use chibo_core::log::{self, ControlAct};
use chibo_core::store::StoreError;
use std::collections::BTreeSet;
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

/// Writes those of the lists that do not lie beside the node's store as they are now. What stands in one stays in it: an older
/// store that lies here again knows less than its list.
pub fn keep(node: &OfficeNode) -> Result<(), ListError> {
    keep_in(&folder_of(node.store().path()), node)
}

/// As [`keep`], in another folder: of a node whose store is not in its place yet.
pub fn keep_in(folder: &Path, node: &OfficeNode) -> Result<(), ListError> {
    // One that cannot be read keeps no other from being written.
    let written = [
        keep_epochs(folder, node),
        keep_revocations(folder, node),
        keep_erasures(folder, node),
    ];
    written.into_iter().collect()
}

fn keep_epochs(folder: &Path, node: &OfficeNode) -> Result<(), ListError> {
    let (epochs, kept) = there(folder, EPOCHS, |b| log::read_epochs(b).ok())?;
    let mut all = with(kept, node.epochs()?, |epoch| epoch.hash());
    all.sort_by_key(|epoch| epoch.epoch);
    write(folder, EPOCHS, epochs, &log::write_epochs(&all))
}

fn keep_revocations(folder: &Path, node: &OfficeNode) -> Result<(), ListError> {
    let read = |b: &[u8]| log::read_acts(log::REVOCATIONS, b).ok();
    let (revocations, kept) = there(folder, REVOCATIONS, read)?;
    let all = with(kept, node.revocations()?, |act| act.act.hash());
    let all = log::write_acts(log::REVOCATIONS, &all);
    write(folder, REVOCATIONS, revocations, &all)
}

fn keep_erasures(folder: &Path, node: &OfficeNode) -> Result<(), ListError> {
    let (erasures, kept) = there(folder, ERASURES, |b| forget::read_list(b).ok())?;
    let all = with(kept, node.erasures()?, |act| act.act.hash());
    write(folder, ERASURES, erasures, &forget::write_list(&all))
}

/// The bytes of a list that lies there, and what it says. One that cannot be read is left as it is, and so is what it alone
/// may know; one that is damaged is set aside under another name, so that what can be saved of it is not written over.
fn there<T>(
    folder: &Path,
    name: &str,
    read: impl Fn(&[u8]) -> Option<T>,
) -> Result<(Option<Vec<u8>>, Option<T>), ListError> {
    let path = folder.join(name);
    let failed = |why| ListError::File {
        path: path.clone(),
        why,
    };
    let bytes = match read_up_to(&path, limits::ERASURES_BYTES) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok((None, None)),
        Err(e) => return Err(failed(e)),
    };
    let list = read(&bytes);
    if list.is_none() {
        std::fs::rename(&path, free_name(&path)).map_err(failed)?;
        return Ok((None, None));
    }
    Ok((Some(bytes), list))
}

/// How the name of a damaged list goes on that was set aside; a number follows.
const DAMAGED: &str = ".hong";

/// A name for a damaged list that no other has: one that was set aside before stays as well.
fn free_name(path: &Path) -> PathBuf {
    let name = |n: usize| {
        let mut name = path.to_path_buf().into_os_string();
        name.push(format!("{DAMAGED}{n}"));
        PathBuf::from(name)
    };
    (1..100)
        .map(name)
        .find(|p| !p.exists())
        .unwrap_or_else(|| name(100))
}

/// The damaged lists that were set aside in a folder: what only they knew is in no list any more.
pub fn damaged(folder: &Path) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let named = all.map(|file| file.path()).filter(|path| {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
        name.is_some_and(|n| {
            let mut lists = [EPOCHS, REVOCATIONS, ERASURES].iter();
            lists.any(|list| n.starts_with(&format!("{list}{DAMAGED}")))
        })
    });
    let mut found: Vec<PathBuf> = named.collect();
    found.sort();
    found
}

/// What lies there, and what the node knows beside.
fn with<T>(kept: Option<Vec<T>>, known: Vec<T>, hash: impl Fn(&T) -> Hash) -> Vec<T> {
    let mut all = kept.unwrap_or_default();
    let there: BTreeSet<Hash> = all.iter().map(&hash).collect();
    all.extend(known.into_iter().filter(|one| !there.contains(&hash(one))));
    all
}

fn write(folder: &Path, name: &str, there: Option<Vec<u8>>, bytes: &[u8]) -> Result<(), ListError> {
    if there.is_some_and(|there| there == bytes) {
        return Ok(());
    }
    let path = folder.join(name);
    write_whole(&path, bytes).map_err(|why| ListError::File { path, why })
}
