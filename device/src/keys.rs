//! Where a store's key is kept: the lock file beside the store, and the key file that most locks are opened with.
//!
//! Beside `node.db` lies `node.lock` ([`chibo_core::lock`]). It says how the store is opened day by day: with a
//! key file (`node.key` in the same folder, or any file elsewhere, such as on a stick), or with a PIN or passphrase
//! that somebody types. Who tries or changes it holds `node.lock-held` meanwhile. The sixteen words on paper and the officers' shares are slots of the same lock.
//!
//! Does not know: who asks people for what they type ([`Ask`]).

use crate::edge::{SystemChance, now};
use crate::file;
use chibo_core::id::{hex, unhex};
use chibo_core::lock::{
    Cost, KeyKeeper, Lock, LockError, Opening, RecoveryCode, StoreKey, Way, WayKind,
};
use chibo_core::phone::Phone;
use chibo_core::store::{Store, StoreError};
use rand_core::RngCore;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use zeroize::Zeroizing;

/// The keystore of a device, for whoever opens its store.
pub type Keeper = Arc<dyn KeyKeeper + Send + Sync>;

/// Asks for the PIN or passphrase; `None`: there is nobody to ask.
pub type Ask<'a> = dyn FnMut() -> Result<Option<Zeroizing<String>>, KeyError> + 'a;

/// How a store is to be opened day by day.
#[derive(Clone)]
pub enum Daily {
    /// With a key file: at this path, or beside the store. One that is there already is used.
    KeyFile(Option<PathBuf>),
    /// With a PIN or passphrase.
    Passphrase(Zeroizing<String>),
    /// With what the device's keystore keeps, and nothing that is typed.
    Platform(Keeper),
    /// With a PIN and what the device's keystore keeps: a copy of the folder cannot be guessed at elsewhere.
    PinOnDevice(Zeroizing<String>, Keeper),
}

/// The slots that [`Daily`] stands for: a lock has one of them.
const DAILY: [WayKind; 4] = [
    WayKind::KeyFile,
    WayKind::Passphrase,
    WayKind::Platform,
    WayKind::PinOnDevice,
];

impl std::fmt::Debug for Daily {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Daily::KeyFile(path) => f.debug_tuple("KeyFile").field(path).finish(),
            Daily::Passphrase(_) => f.write_str("Passphrase"),
            Daily::Platform(_) => f.write_str("Platform"),
            Daily::PinOnDevice(..) => f.write_str("PinOnDevice"),
        }
    }
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no lock file beside the store: bring it back, or the store from a backup.
    #[error("there is no lock file {0}")]
    NoLock(PathBuf),
    /// The key file is not where the lock says: put the stick in.
    #[error("there is no key file {0}")]
    NoKeyFile(PathBuf),
    /// This file is no key file.
    #[error("{0} is no key file")]
    BadKeyFile(PathBuf),
    /// A PIN or passphrase is needed, and there is nobody to ask.
    #[error("locked: a PIN or passphrase is needed")]
    Locked,
    /// A file could not be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
    /// The lock did not open.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The lock of the store at this path.
pub fn lock_path(store: &Path) -> PathBuf {
    store.with_extension("lock")
}

/// The key file of that store, unless it lies elsewhere.
pub fn key_path(store: &Path) -> PathBuf {
    store.with_extension("key")
}

/// The lock beside a store.
pub fn read_lock(store: &Path) -> Result<Lock, KeyError> {
    let path = lock_path(store);
    match std::fs::read(&path) {
        Ok(bytes) => Ok(Lock::decode(&bytes)?),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Err(KeyError::NoLock(path)),
        Err(e) => Err(KeyError::File(path, e)),
    }
}

/// Writes the lock beside a store; durable when this returns.
pub fn write_lock(store: &Path, lock: &Lock) -> Result<(), KeyError> {
    let path = lock_path(store);
    file::write_private(&path, &lock.encode()).map_err(|e| KeyError::File(path, e))
}

/// Whoever reads a lock to write it again has it alone: two who try at once are two tries, and nobody writes back what
/// was true before somebody else set a new PIN.
#[derive(Debug)]
enum Held {
    /// By a file beside the lock, for all programs.
    ByFile { _file: File },
    /// Where the system has no such locks a store belongs to one program.
    Here { _here: MutexGuard<'static, ()> },
}

/// Waits for whoever has the lock beside a store. Nobody who has it waits for anything else.
fn hold(store: &Path) -> Result<Held, KeyError> {
    static HERE: Mutex<()> = Mutex::new(());
    read_lock(store)?; // Without one nothing is made beside it.
    let path = held_path(store);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let held = options
        .open(&path)
        .and_then(|file| file.lock().map(|()| file));
    match held {
        Ok(file) => Ok(Held::ByFile { _file: file }),
        Err(e) if e.kind() == io::ErrorKind::Unsupported => Ok(Held::Here {
            _here: HERE.lock().unwrap_or_else(PoisonError::into_inner),
        }),
        Err(e) => Err(KeyError::File(path, e)),
    }
}

fn held_path(store: &Path) -> PathBuf {
    file::beside(&lock_path(store), "-held")
}

/// Changes the lock beside a store; a key file that it has no slot for any more goes. Nothing is changed on an error.
pub fn change<E: From<KeyError>>(
    store: &Path,
    change: impl FnOnce(&mut Lock) -> Result<(), E>,
) -> Result<(), E> {
    let _held = hold(store)?;
    change_held(store, change)
}

fn change_held<E: From<KeyError>>(
    store: &Path,
    change: impl FnOnce(&mut Lock) -> Result<(), E>,
) -> Result<(), E> {
    let mut lock = read_lock(store)?;
    change(&mut lock)?;
    write_lock(store, &lock)?;
    if lock.way(WayKind::KeyFile).is_none() {
        let _ = std::fs::remove_file(key_path(store));
    }
    Ok(())
}

/// Opens the lock beside a store with what somebody brings. Tries are counted in its file.
pub fn open_with(store: &Path, opening: &Opening) -> Result<StoreKey, KeyError> {
    let _held = opening.is_counted().then(|| hold(store)).transpose()?;
    open_held(store, opening)
}

fn open_held(store: &Path, opening: &Opening) -> Result<StoreKey, KeyError> {
    let path = lock_path(store);
    let mut save = |bytes: &[u8]| file::write_private(&path, bytes);
    Ok(read_lock(store)?.open(opening, now(), &mut save)?)
}

/// The key of the store at this path, in the way of every day.
pub fn open(store: &Path, ask: &mut Ask) -> Result<StoreKey, KeyError> {
    let lock = read_lock(store)?;
    let missing = match key_file(store, &lock) {
        Some(path) => match read_key_file(&path) {
            Err(KeyError::NoKeyFile(path)) => Some(path),
            content => return open_with(store, &Opening::KeyFile(&*content?)),
        },
        None => None,
    };
    if lock.way(WayKind::Passphrase).is_some() {
        let typed = ask()?.ok_or(KeyError::Locked)?;
        return open_with(store, &Opening::Passphrase(&typed));
    }
    Err(missing.map_or(KeyError::Locked, KeyError::NoKeyFile))
}

/// Whether the store opens only for somebody who types.
pub fn must_ask(store: &Path) -> bool {
    read_lock(store).is_ok_and(|lock| {
        let without = key_file(store, &lock).is_some_and(|path| path.exists());
        !without && lock.way(WayKind::Passphrase).is_some()
    })
}

/// Where the lock's key file is: where `CHIBO_KEY_FILE` says, if a stick has another letter today.
fn key_file(store: &Path, lock: &Lock) -> Option<PathBuf> {
    let Some(Way::KeyFile { path }) = lock.way(WayKind::KeyFile) else {
        return None;
    };
    let beside = store.parent().unwrap_or(Path::new("."));
    match std::env::var_os("CHIBO_KEY_FILE") {
        Some(path) if !path.is_empty() => Some(path.into()),
        _ => Some(beside.join(path)),
    }
}

/// Bytes of a key file: 64 digits, and what an editor may have put around them.
const KEY_FILE_BYTES: u64 = 256;

fn read_key_file(path: &Path) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let read = match file::read_up_to(path, KEY_FILE_BYTES) {
        Ok(bytes) => Zeroizing::new(bytes),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            return Err(KeyError::NoKeyFile(path.to_owned()));
        }
        Err(e) if e.kind() == io::ErrorKind::FileTooLarge => {
            return Err(KeyError::BadKeyFile(path.to_owned()));
        }
        Err(e) => return Err(KeyError::File(path.to_owned(), e)),
    };
    let text = std::str::from_utf8(&read).ok();
    let bytes = text.and_then(|t| unhex(t.trim())).map(Zeroizing::new);
    let content = bytes.and_then(|b| b.as_slice().try_into().ok());
    content
        .map(Zeroizing::new)
        .ok_or_else(|| KeyError::BadKeyFile(path.to_owned()))
}

/// Makes this the way of every day, in the place of the one there was. The lock is written by the caller.
pub fn set_daily(
    store: &Path,
    lock: &mut Lock,
    key: &StoreKey,
    daily: &Daily,
) -> Result<(), KeyError> {
    let rng = &mut SystemChance;
    let set = match daily {
        Daily::Passphrase(typed) => {
            lock.set_passphrase(key, typed, Cost::REAL, rng)?;
            WayKind::Passphrase
        }
        Daily::Platform(keeper) => {
            lock.set_platform(key, &**keeper, rng)?;
            WayKind::Platform
        }
        Daily::PinOnDevice(pin, keeper) => {
            lock.set_pin_on_device(key, pin, Cost::REAL, &**keeper, rng)?;
            WayKind::PinOnDevice
        }
        Daily::KeyFile(elsewhere) => {
            let own = key_path(store);
            let path = match elsewhere {
                Some(path) => {
                    std::path::absolute(path).map_err(|e| KeyError::File(path.clone(), e))?
                }
                None => own.clone(),
            };
            let content = match read_key_file(&path) {
                Err(KeyError::NoKeyFile(path)) => new_key_file(&path)?,
                content => content?,
            };
            // A folder that is moved takes its key along.
            let name = match path == own {
                true => own.file_name().map(Path::new).unwrap_or(&own),
                false => &path,
            };
            let name = name.to_str();
            let name = name.ok_or_else(|| KeyError::BadKeyFile(path.clone()))?;
            lock.set_key_file(key, name, &content, rng)?;
            WayKind::KeyFile
        }
    };
    for other in DAILY.into_iter().filter(|kind| *kind != set) {
        lock.remove(other)?;
    }
    Ok(())
}

fn new_key_file(path: &Path) -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let mut content = Zeroizing::new([0; 32]);
    SystemChance.fill_bytes(&mut content[..]);
    let text = Zeroizing::new(format!("{}\n", Zeroizing::new(hex(&content[..])).as_str()));
    file::write_private(path, text.as_bytes()).map_err(|e| KeyError::File(path.to_owned(), e))?;
    Ok(content)
}

/// Makes the key of a new store, with a lock that is written: a phone's, which has no paper.
pub fn make(store: &Path, daily: &Daily) -> Result<StoreKey, KeyError> {
    let key = StoreKey::random(&mut SystemChance);
    let mut lock = Lock::new();
    set_daily(store, &mut lock, &key, daily)?;
    put_lock(store, &lock)?;
    Ok(key)
}

/// The key of the store at this path, in the way of every day that somebody brings.
pub fn open_daily(store: &Path, daily: &Daily) -> Result<StoreKey, KeyError> {
    match daily {
        Daily::KeyFile(_) => open(store, &mut || Ok(None)),
        Daily::Passphrase(typed) => open_with(store, &Opening::Passphrase(typed)),
        Daily::Platform(keeper) => open_with(store, &Opening::Platform(&**keeper)),
        Daily::PinOnDevice(pin, keeper) => open_with(store, &Opening::PinOnDevice(pin, &**keeper)),
    }
}

/// Sets another way of every day, such as a new PIN, for a store that is open.
pub fn protect(store: &Path, key: &StoreKey, daily: &Daily) -> Result<(), KeyError> {
    change(store, |lock| set_daily(store, lock, key, daily))
}

/// Opens the lock beside a phone's store with the code that its office told, and sets a new PIN. The code is worth
/// nothing from then on; tries are counted like those of PINs.
pub fn recover(store: &Path, code: &RecoveryCode, daily: &Daily) -> Result<(), KeyError> {
    let _held = hold(store)?;
    let key = open_held(store, &Opening::Recovery(&code.secret()))?;
    change_held(store, |lock| {
        set_daily(store, lock, &key, daily)?;
        Ok(lock.remove(WayKind::Recovery)?)
    })
}

/// Before a phone asks its node: makes a recovery code, with its slot, where a PIN locks the store and the code that
/// the phone keeps does not open it. That is so on a new phone, after a code was used, after a power cut between
/// the two writes, and with a store from a backup; each ends in a new code, so that what the node keeps opens the lock.
pub fn tend_recovery<S: Store>(
    store: &Path,
    key: &StoreKey,
    phone: &mut Phone<S>,
) -> Result<(), KeyError> {
    let lock = match read_lock(store) {
        Err(KeyError::NoLock(_)) => return Ok(()),
        lock => lock?,
    };
    let has_pin = [WayKind::Passphrase, WayKind::PinOnDevice];
    if has_pin.iter().all(|kind| lock.way(*kind).is_none()) {
        return Ok(());
    }
    let _held = hold(store)?;
    let mut lock = read_lock(store)?;
    if let Some(code) = phone.recovery_code()?
        && lock.is_opened_by(&Opening::Recovery(&code.secret()))
    {
        return Ok(());
    }
    let code = phone.new_recovery_code(now(), &mut SystemChance)?;
    lock.set_recovery(key, &code.secret(), &mut SystemChance)?;
    write_lock(store, &lock)
}

/// Writes a new lock. One that lies there opened a store that is not here now, and is kept.
pub fn put_lock(store: &Path, lock: &Lock) -> Result<(), KeyError> {
    let path = lock_path(store);
    file::set_aside(&path, &[]).map_err(|e| KeyError::File(path, e))?;
    write_lock(store, lock)
}

/// Removes a store's lock, and the key file beside it: what is left of the store is noise.
pub fn remove(store: &Path) -> io::Result<()> {
    for path in [lock_path(store), key_path(store), held_path(store)] {
        match std::fs::remove_file(path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
    }
    Ok(())
}
