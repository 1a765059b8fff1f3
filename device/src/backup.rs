//! Backups as files: a copy of a store, sealed, with what it must open to.
//!
//! A node's backup is sealed for its root key, whose secret half is on paper: the node can write it and cannot
//! read it. A phone's is sealed with a passphrase, since its own key is inside. Before the copy stand its
//! position, digests and length, so that a check needs nothing but the file. The copy is plain SQLite, and plain only
//! in memory: stores on the disk are encrypted, those that are tried out as well ([`Scratch`]).
//!
//! Anybody can seal something for a root key: its public half is no secret. So a node signs what it backs up with the key
//! of its log, and nothing else is gone on from.
//!
//! Format: `docs/format.md`. Does not know: what is in a store.

use crate::edge::SystemChance;
use crate::file::{self, open_ordinary};
use chibo_core::check;
use chibo_core::id::{Hash, Hasher, LogId, PublicKey};
use chibo_core::identity::{Signature, are_certified};
use chibo_core::limits;
use chibo_core::lock::StoreKey;
use chibo_core::log::Position;
use chibo_core::place::Role;
use chibo_core::records;
use chibo_core::replica;
use chibo_core::seal::{self, Lock, Opener, SealError};
use chibo_core::store::sqlite::{Durability, SqliteStore};
use chibo_core::store::{Store, StoreError, Tx};
use chibo_core::tree::{Tree, View};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

mod phone;

pub use phone::{Copied, PhoneBackupError, copy_phone, restore_phone, words_of};

/// The first bytes inside a backup.
const MAGIC: &[u8; 8] = b"chibo\x00k2";
/// The first bytes of a sealed file.
const AGE: &[u8] = b"age-encryption.org/v1\n";
/// Bytes of [`Contents`] with the length and the signature, before the copy.
const FRONT: usize = 8 + 1 + 8 + 8 + 32 + 32 + 32 + 8 + 64;

/// What a backup opens to.
#[derive(Debug)]
pub struct Opened {
    /// What it says of itself.
    pub contents: Contents,
    /// The store, in plain SQLite.
    pub plain: Vec<u8>,
    signature: Signature,
}

impl Opened {
    /// Whether the holder of this key has written it. A phone's is proven by its passphrase instead.
    pub fn is_of(&self, key: &PublicKey) -> bool {
        key.has_signed(&self.contents.signed(&self.plain), &self.signature)
    }
}

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

    /// What is signed of a backup.
    fn signed(&self, plain: &[u8]) -> Hash {
        let copy = Hasher::new("chibo/backup-copy/1").part(plain).hash();
        let front = self.front(plain.len() as u64);
        Hasher::new("chibo/backup/1")
            .part(&front)
            .part(&copy.0)
            .hash()
    }

    fn read(from: &mut impl Read) -> Result<(Self, u64, Signature), BackupError> {
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
            let signature = Signature(r.array()?);
            Ok((magic, whose, position, log, state, (length, signature)))
        };
        let (magic, whose, position, log, state, (length, signature)) =
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
        Ok((contents, length, signature))
    }
}

/// What stands in place of a signature in a phone's backup, which its passphrase proves.
pub const NO_SIGNATURE: Signature = Signature([0; 64]);

/// Seals a plain copy. `sign`: signs for the node whose copy it is; a phone's has [`NO_SIGNATURE`].
pub fn seal_copy(
    plain: &[u8],
    contents: &Contents,
    sign: impl FnOnce(&Hash) -> Signature,
    lock: Lock,
    into: impl Write,
) -> Result<(), BackupError> {
    let length = plain.len() as u64;
    if length > limits::BACKUP_BYTES {
        return Err(BackupError::Seal(SealError::TooLarge {
            limit: limits::BACKUP_BYTES,
        }));
    }
    let mut writer = seal::sealing(lock, BufWriter::new(into))?;
    writer.write_all(&contents.front(length))?;
    writer.write_all(&sign(&contents.signed(plain)).0)?;
    writer.write_all(plain)?;
    seal::pad(FRONT as u64 + length, &mut writer)?;
    Ok(writer.finish()?.flush()?)
}

/// The same into a file, which is durable when this returns.
pub fn seal_file(
    plain: &[u8],
    contents: &Contents,
    sign: impl FnOnce(&Hash) -> Signature,
    lock: Lock,
    into: &mut File,
) -> Result<(), BackupError> {
    seal_copy(plain, contents, sign, lock, &mut *into)?;
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

/// Opens a backup. What was altered or cut off is an error; who wrote it is to be asked ([`Opened::is_of`]).
pub fn open_file(path: &Path, opener: Opener) -> Result<Opened, BackupError> {
    is_phones(path)?;
    open_copy(open_ordinary(path)?, opener)
}

/// The same, wherever it is read from.
pub fn open_copy(from: impl Read, opener: Opener) -> Result<Opened, BackupError> {
    let mut reader = seal::opening(opener, BufReader::new(from))?;
    let (contents, length, signature) = Contents::read(&mut reader)?;
    let mut plain = Vec::new();
    (reader.by_ref().take(length).read_to_end(&mut plain))
        .map_err(|e| BackupError::Seal(e.into()))?;
    if plain.len() as u64 != length {
        return Err(SealError::Damaged.into());
    }
    seal::unpad(FRONT as u64 + length, &mut reader)?;
    Ok(Opened {
        contents,
        plain,
        signature,
    })
}

/// What a node's or a phone's store holds, in three hashes.
pub fn contents(
    tx: &dyn Tx,
    tree: &Tree,
    whose: Whose,
    view: Option<View>,
) -> Result<Contents, StoreError> {
    let position = match whose {
        Whose::Phone => records::position(tx)?,
        Whose::Node => match records::last_log_row(tx)? {
            Some(last) => Position {
                epoch: last.epoch,
                n: last.entry.n,
                chain: last.chain,
                set_version: 0,
            },
            None => Position::START,
        },
    };
    Ok(Contents {
        whose,
        position: Position {
            set_version: 0,
            ..position
        },
        log: match view {
            Some(view) => replica::digest(tx, tree, view)?,
            None => Hash::ZERO,
        },
        state: replica::state_digest(tx, None)?.0,
    })
}

/// The view of the whole, in a copy that nobody works with.
fn view_of(tx: &dyn Tx, tree: &Tree, whose: Whose) -> Result<Option<View>, StoreError> {
    if whose == Whose::Node {
        let root = tree.iter().find(|(_, p)| p.parent.is_none());
        return Ok(root.map(|(root, _)| View {
            role: Role::Office,
            root,
        }));
    }
    let n = records::meta_number(tx, "grant")?;
    Ok(records::grant(tx, n)?.map(|g| View {
        role: g.role,
        root: g.place,
    }))
}

/// What is wrong with an opened backup.
#[derive(Debug)]
pub struct Faults {
    /// Whether its node did not write it: somebody else sealed it for the root key, which anybody can.
    pub is_forged: bool,
    /// What is not as it was written, or does not hang together; empty: nothing.
    pub lines: Vec<String>,
}

/// What is wrong with an opened backup, of which a copy is made in `scratch`. `log`: of whose root key opened it.
pub fn faults(opened: &Opened, log: Option<LogId>, scratch: &Path) -> Result<Faults, StoreError> {
    let noted = &opened.contents;
    let key = StoreKey::random(&mut SystemChance);
    let store = SqliteStore::from_plain(&opened.plain, scratch, &key, Durability::Relaxed)?;
    let mut lines = store.check_file()?;
    let (epochs, own) =
        store.read(|tx| Ok::<_, StoreError>((records::epochs(tx)?, records::log_id(tx)?)))?;
    let looked_through = store.read(|tx| {
        let tree = records::tree(tx)?;
        let report = check::check(tx, &tree, noted.whose == Whose::Node)?;
        let view = view_of(tx, &tree, noted.whose)?;
        let found = contents(tx, &tree, noted.whose, view)?;
        Ok::<_, StoreError>((report, found))
    });
    match looked_through {
        Ok((report, found)) => {
            lines.extend(report.faults);
            if found != *noted {
                lines.push("the digests are not those that were noted when it was written".into());
            }
        }
        // A row that makes no sense is a fault like others.
        Err(StoreError::Damaged(what)) => lines.push(what),
        Err(e) => return Err(e),
    }
    let is_nodes_own = |log: LogId| {
        let writer = epochs.last().filter(|_| are_certified(&[], &epochs, log));
        writer.is_some_and(|epoch| opened.is_of(&epoch.log_key))
    };
    let is_forged = match noted.whose {
        Whose::Node => own != log || !own.is_some_and(is_nodes_own),
        Whose::Phone => false,
    };
    if is_forged {
        lines.push("its node did not write it".into());
    }
    Ok(Faults { is_forged, lines })
}
