//! Backups ([`chibo_device::backup`]) beside a node's data: which one was checked last, and up to where it goes.
//!
//! Does not know: what is in a store.

use crate::file;
use crate::intake::OfficeNode;
use chibo_core::id::{Hash, unhex};
use chibo_core::log::Position;
use chibo_core::store::StoreError;
use chibo_core::time::Timestamp;
use std::io;
use std::path::{Path, PathBuf};

pub use chibo_device::backup::*;

/// The file in a data folder that says when a backup was last checked, and up to where it goes: its time, epoch,
/// number of the last entry and chain after it, in one line.
const CHECKED: &str = "backup-checked";

/// A backup that was checked and found good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checked {
    /// When.
    pub time: Timestamp,
    /// Where the log stands in it.
    pub position: Position,
}

/// The backup of the store in this folder that was checked last and found good.
pub fn last_checked(folder: &Path) -> Option<Checked> {
    let text = std::fs::read_to_string(folder.join(CHECKED)).ok()?;
    let mut words = text.split_whitespace();
    let mut number = || words.next()?.parse().ok();
    let (time, epoch, n) = (Timestamp(number()?), number()?, number()?);
    let chain = Hash(unhex(words.next()?)?.try_into().ok()?);
    Some(Checked {
        time,
        position: Position {
            epoch,
            n,
            chain,
            set_version: 0,
        },
    })
}

/// Notes that a backup was checked and found good.
pub fn note_checked(folder: &Path, checked: &Checked) -> io::Result<()> {
    let Checked { time, position } = checked;
    let (epoch, n, chain) = (position.epoch, position.n, position.chain);
    let line = format!("{} {epoch} {n} {chain}\n", time.0);
    file::write_private(&folder.join(CHECKED), line.as_bytes())
}

/// Has the node of this folder tell its devices up to where a checked backup holds its log.
pub fn tell_checked(node: &mut OfficeNode) -> Result<(), StoreError> {
    if let Some(checked) = last_checked(&folder_of(node.store().path())) {
        // One of another log, or from above the cut of a restore, says nothing of this one.
        node.note_safe(&checked.position)?;
    }
    Ok(())
}

/// The data folder that a store lies in.
pub fn folder_of(store: &Path) -> PathBuf {
    match store.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}
