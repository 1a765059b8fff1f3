//! Backups as files: a copy of a store, sealed, with what it must open to.
//!
//! A node's backup is sealed for its root key, whose secret half is on paper: the node can write it and cannot
//! read it. A phone's is sealed with a passphrase, since its own key is inside. Before the copy stand its
//! position, digests and length, so that a check needs nothing but the file. The copy is plain SQLite, and plain only
//! in memory: stores on the disk are encrypted, those that are tried out as well ([`Scratch`]).
//!
//! Format: `docs/format.md`. Does not know: what is in a store.

use crate::file::{self, open_ordinary};
use crate::intake::OfficeNode;
use chibo_core::id::{Hash, unhex};
use chibo_core::limits;
use chibo_core::log::Position;
use chibo_core::seal::{self, Lock, Opener, SealError};
use chibo_core::store::StoreError;
use chibo_core::time::Timestamp;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// The first bytes inside a backup.
const MAGIC: &[u8; 8] = b"chibo\x00k1";
/// The first bytes of a sealed file.
const AGE: &[u8] = b"age-encryption.org/v1\n";
/// Bytes of [`Contents`] with the length, before the copy.
const FRONT: usize = 8 + 1 + 8 + 8 + 32 + 32 + 32 + 8;

/// Whose store it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Whose {
    /// A node's, without its keys.
    Node = 1,
    /// A phone's, with its key.
    Phone = 2,
}

/// What a backup says of the store in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contents {
    /// Whose it is.
    pub whose: Whose,
    /// Where its log stands; the version of the set of places is left out (zero).
    pub position: Position,
    /// The digest of its log, as its view is signed.
    pub log: Hash,
    /// The digest of all documents.
    pub state: Hash,
}

/// Why a backup could not be written or opened.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// It could not be sealed or opened.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The file is none of ours.
    #[error("this file is no backup")]
    NotABackup,
    /// The file itself could not be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

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

/// A store for the time of a command: for its owner only, and gone when this is dropped.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// A place of this name in a data folder; what a power cut left of the last one is removed.
    pub fn new(folder: &Path, name: &str) -> io::Result<Self> {
        let scratch = Scratch(folder.join(name));
        file::remove_store(&scratch.0);
        // Tried at once, so that a folder that cannot be written is said before anything is done.
        file::create_private(&scratch.0)?;
        file::remove_store(&scratch.0);
        Ok(scratch)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        file::remove_store(&self.0);
    }
}

impl Contents {
    fn front(&self, length: u64) -> Vec<u8> {
        let mut front = MAGIC.to_vec();
        front.push(self.whose as u8);
        front.extend_from_slice(&self.position.epoch.to_le_bytes());
        front.extend_from_slice(&self.position.n.to_le_bytes());
        for hash in [&self.position.chain, &self.log, &self.state] {
            front.extend_from_slice(&hash.0);
        }
        front.extend_from_slice(&length.to_le_bytes());
        front
    }

    fn read(from: &mut impl Read) -> Result<(Self, u64), BackupError> {
        let mut front = [0; FRONT];
        from.read_exact(&mut front)
            .map_err(|e| BackupError::Seal(e.into()))?;
        let mut r = chibo_core::codec::Reader::new(&front);
        let mut read = || -> Result<_, chibo_core::codec::CodecError> {
            let magic: [u8; 8] = r.array()?;
            let whose = r.u8()?;
            let position = Position {
                epoch: u64::from_le_bytes(r.array()?),
                n: u64::from_le_bytes(r.array()?),
                chain: Hash::read(&mut r)?,
                set_version: 0,
            };
            let (log, state) = (Hash::read(&mut r)?, Hash::read(&mut r)?);
            let length = u64::from_le_bytes(r.array()?);
            Ok((magic, whose, position, log, state, length))
        };
        let (magic, whose, position, log, state, length) =
            read().map_err(|_| BackupError::NotABackup)?;
        let whose = match whose {
            1 => Whose::Node,
            2 => Whose::Phone,
            _ => return Err(BackupError::NotABackup),
        };
        if magic != *MAGIC || length > limits::BACKUP_BYTES {
            return Err(BackupError::NotABackup);
        }
        let contents = Contents {
            whose,
            position,
            log,
            state,
        };
        Ok((contents, length))
    }
}

/// Seals a plain copy into `into`, which is durable when this returns.
pub fn seal_file(
    plain: &[u8],
    contents: &Contents,
    lock: Lock,
    into: &mut File,
) -> Result<(), BackupError> {
    let length = plain.len() as u64;
    if length > limits::BACKUP_BYTES {
        return Err(BackupError::Seal(SealError::TooLarge {
            limit: limits::BACKUP_BYTES,
        }));
    }
    let mut writer = seal::sealing(lock, BufWriter::new(&mut *into))?;
    writer.write_all(&contents.front(length))?;
    writer.write_all(plain)?;
    seal::pad(FRONT as u64 + length, &mut writer)?;
    writer.finish()?.flush()?;
    Ok(into.sync_all()?)
}

/// Whether a backup is a phone's: sealed with a passphrase and for no key.
pub fn is_phones(path: &Path) -> Result<bool, BackupError> {
    let mut start = Vec::new();
    open_ordinary(path)?
        .take(AGE.len() as u64 + 9)
        .read_to_end(&mut start)?;
    let rest = start.strip_prefix(AGE).ok_or(BackupError::NotABackup)?;
    Ok(rest == b"-> scrypt")
}

/// Opens a backup: what it says of itself, and the plain copy. What was altered or cut off is an error.
pub fn open_file(path: &Path, opener: Opener) -> Result<(Contents, Vec<u8>), BackupError> {
    is_phones(path)?;
    let mut reader = seal::opening(opener, BufReader::new(open_ordinary(path)?))?;
    let (contents, length) = Contents::read(&mut reader)?;
    let mut plain = Vec::new();
    (reader.by_ref().take(length).read_to_end(&mut plain))
        .map_err(|e| BackupError::Seal(e.into()))?;
    if plain.len() as u64 != length {
        return Err(SealError::Damaged.into());
    }
    seal::unpad(FRONT as u64 + length, &mut reader)?;
    Ok((contents, plain))
}
