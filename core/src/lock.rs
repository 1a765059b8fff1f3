//! The lock of a store: its key, wrapped in one or more slots.
//!
//! A store is encrypted with a random [`StoreKey`] that nobody ever types. The *lock file* beside the store holds
//! that key several times, each time wrapped for another way to open it ([`Way`]): a PIN or passphrase, a key
//! file, sixteen words on paper, two of three officers, the keystore of a phone. Whoever can open one slot can
//! replace another without touching the store: that is how a forgotten PIN is mended.
//!
//! What people can guess is guessed slowly: Argon2id makes each try dear, and after three failures the lock makes
//! them wait, longer each time. Failures are counted in the lock file *before* the answer is given, so that
//! pulling the battery is a failure too. That count stops a person at the screen, and nobody who holds a copy of
//! the file: against these only the cost of a try and the length of the secret stand.
//!
//! Does not know: where the lock lies, the clock (a moment is passed in), randomness (a generator is passed in).
//!
//! Errors: [`LockError`].

mod patience;
mod recovery;
mod words;

use crate::codec::{CodecError, Reader, Writer};
use crate::id::Hasher;
use crate::limits;
use crate::text;
use crate::time::Timestamp;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use patience::Attempts;
use rand_core::RngCore;
use zeroize::Zeroizing;

pub use recovery::{RECOVERY_DIGITS, RecoveryCode};

/// What a lock file begins with.
const MAGIC: &[u8] = b"chibo-lock";
/// The only version so far.
const VERSION: u8 = 1;
/// How many officers hold a share, and how many of them open the lock.
pub const OFFICERS: (usize, u8) = (3, 2);

/// The key of a store: 32 random bytes, never printed, overwritten when it is dropped.
#[derive(Clone)]
pub struct StoreKey(Zeroizing<[u8; 32]>);

impl StoreKey {
    /// A new key.
    pub fn random(rng: &mut dyn RngCore) -> Self {
        StoreKey(random(rng))
    }

    /// A key that is known already: of a store that a simulation throws away.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        StoreKey(Zeroizing::new(bytes))
    }

    /// The bytes, for the store that is opened with them.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoreKey")
    }
}

/// What one try of a PIN or passphrase costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory, KiB.
    pub memory_kib: u32,
    /// How often it is gone over.
    pub passes: u32,
}

impl Cost {
    /// For real use: 64 MiB, three times; some tenths of a second on a phone.
    pub const REAL: Cost = Cost {
        memory_kib: 64 * 1024,
        passes: 3,
    };
}

/// A keystore of the device, from which a key cannot be taken out (Android Keystore).
pub trait KeyKeeper {
    /// Wraps a secret so that only this device unwraps it.
    fn wrap(&self, secret: &[u8; 32]) -> Result<Vec<u8>, KeeperError>;
    /// Unwraps it again.
    fn unwrap(&self, kept: &[u8]) -> Result<Zeroizing<[u8; 32]>, KeeperError>;
}

/// Why the device's keystore gave nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeeperError {
    /// Not now: the screen is locked, or the person said no. Try again.
    #[error("the device's keystore does not answer now")]
    NotNow,
    /// Its key is gone or is another device's. Open another slot.
    #[error("the device's keystore no longer has the key")]
    Gone,
}

/// How a slot is opened. There is at most one slot of each.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Way {
    /// A PIN or passphrase that somebody types.
    Passphrase(Cost),
    /// 32 random bytes in another file, perhaps on a stick.
    KeyFile {
        /// Where it was when the slot was made; relative to the lock's folder.
        path: String,
    },
    /// Sixteen words on paper.
    Words,
    /// Two of three officers, sixteen words each.
    Officers,
    /// A secret of 32 bytes that the office keeps for a phone ([`RecoveryCode::secret`]).
    Recovery,
    /// The device's keystore.
    Platform {
        /// What the keystore made of the slot's secret.
        kept: Vec<u8>,
    },
    /// A PIN and the device's keystore together: a copy of the folder cannot be guessed at elsewhere.
    PinOnDevice {
        /// What a try costs.
        cost: Cost,
        /// What the keystore made of its half of the slot's secret.
        kept: Vec<u8>,
    },
}

/// A [`Way`] without its details. The numbers are part of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
#[non_exhaustive]
pub enum WayKind {
    /// [`Way::Passphrase`]
    Passphrase = 1,
    /// [`Way::KeyFile`]
    KeyFile = 2,
    /// [`Way::Words`]
    Words = 3,
    /// [`Way::Officers`]
    Officers = 4,
    /// [`Way::Recovery`]
    Recovery = 5,
    /// [`Way::Platform`]
    Platform = 6,
    /// [`Way::PinOnDevice`]
    PinOnDevice = 7,
}

/// What somebody brings to open a lock.
#[derive(Clone, Copy)]
pub enum Opening<'a> {
    /// A PIN or passphrase.
    Passphrase(&'a str),
    /// The content of the key file.
    KeyFile(&'a [u8; 32]),
    /// Sixteen words.
    Words(&'a str),
    /// Sixteen words of each officer who is here.
    Officers(&'a [&'a str]),
    /// The secret that the office keeps.
    Recovery(&'a [u8; 32]),
    /// The device's keystore.
    Platform(&'a dyn KeyKeeper),
    /// A PIN and the device's keystore.
    PinOnDevice(&'a str, &'a dyn KeyKeeper),
}

impl Opening<'_> {
    /// Which slot it is for.
    pub fn kind(&self) -> WayKind {
        match self {
            Opening::Passphrase(_) => WayKind::Passphrase,
            Opening::KeyFile(_) => WayKind::KeyFile,
            Opening::Words(_) => WayKind::Words,
            Opening::Officers(_) => WayKind::Officers,
            Opening::Recovery(_) => WayKind::Recovery,
            Opening::Platform(_) => WayKind::Platform,
            Opening::PinOnDevice(..) => WayKind::PinOnDevice,
        }
    }

    /// Whether it is typed on a phone's locked screen: then tries are counted. The others are random and long.
    /// Nobody guesses a code either, but who holds a stranger's phone should not even try at leisure.
    pub fn is_counted(&self) -> bool {
        matches!(
            self,
            Opening::Passphrase(_) | Opening::PinOnDevice(..) | Opening::Recovery(_)
        )
    }
}

impl std::fmt::Debug for Opening<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opening::{:?}", self.kind())
    }
}

/// Why a lock did not open or was not changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// The bytes are no lock, or damaged: bring the lock file back from a copy, or the store from a backup.
    #[error("the lock file is damaged: {0}")]
    Damaged(#[from] CodecError),
    /// It has no slot of this kind.
    #[error("this lock has no such slot ({0:?})")]
    NoSlot(WayKind),
    /// Not the right one.
    #[error("this does not open the lock")]
    Wrong {
        /// Seconds until the next try is answered; 0: at once.
        wait_seconds: u64,
    },
    /// Too many failures: this try was not looked at.
    #[error("locked for another {seconds} seconds")]
    Wait {
        /// Seconds until the next try is answered.
        seconds: u64,
    },
    /// A PIN or passphrase that is too short to be set.
    #[error("at least {least} characters are needed")]
    TooShort {
        /// How many are needed.
        least: usize,
    },
    /// Not sixteen words.
    #[error("sixteen words are expected, not {found}")]
    WordCount {
        /// How many there were.
        found: usize,
    },
    /// A word that is not on the list: mistyped.
    #[error("word {position} is not on the list")]
    UnknownWord {
        /// Which one, from 1.
        position: usize,
    },
    /// A recovery code of another length.
    #[error("a recovery code has {RECOVERY_DIGITS} digits, not {found}")]
    CodeLength {
        /// How many there were.
        found: usize,
    },
    /// A digit of a recovery code was misheard or mistyped.
    #[error("group {group} of the recovery code is misheard")]
    Misheard {
        /// In which group of five, from 1.
        group: usize,
    },
    /// Shares of two officers are needed.
    #[error("the words of two different officers are needed")]
    TooFewShares,
    /// The last slot cannot be removed: nobody could open the store again.
    #[error("the last slot stays")]
    LastSlot,
    /// The device's keystore.
    #[error(transparent)]
    Keeper(#[from] KeeperError),
    /// The count of tries could not be written, so nothing was tried.
    #[error("the lock file could not be written: {0}")]
    NotSaved(String),
    /// There is not enough memory for the cost of this slot.
    #[error("not enough memory to try a PIN or passphrase")]
    NoMemory,
}

/// Why sealing failed inside: never on inputs of these sizes.
const BAD_SLOT: CodecError = CodecError::BadValue { what: "slot" };

#[derive(Debug, Clone, PartialEq, Eq)]
struct Slot {
    way: Way,
    salt: [u8; 16],
    nonce: [u8; 24],
    /// The store's key and the seal's tag.
    wrapped: [u8; 48],
}

/// A lock: its slots, and the count of failures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lock {
    slots: Vec<Slot>,
    attempts: Attempts,
}

fn random<const N: usize>(rng: &mut dyn RngCore) -> Zeroizing<[u8; N]> {
    let mut bytes = Zeroizing::new([0; N]);
    rng.fill_bytes(&mut bytes[..]);
    bytes
}

impl Lock {
    /// A lock that nothing opens yet.
    pub fn new() -> Self {
        Lock::default()
    }

    /// How each slot is opened.
    pub fn ways(&self) -> impl Iterator<Item = &Way> {
        self.slots.iter().map(|s| &s.way)
    }

    /// The slot of this kind, if there is one.
    pub fn way(&self, kind: WayKind) -> Option<&Way> {
        self.ways().find(|w| w.kind() == kind)
    }

    /// Opens the lock at this moment of the device's clock. `save` writes the lock file and returns when it is
    /// on disk; it is called before a PIN, passphrase or code is tried, and after one was right.
    pub fn open(
        &mut self,
        with: &Opening,
        now: Timestamp,
        save: &mut dyn FnMut(&[u8]) -> std::io::Result<()>,
    ) -> Result<StoreKey, LockError> {
        let kind = with.kind();
        let found = self.slots.iter().position(|s| s.way.kind() == kind);
        let slot = found.ok_or(LockError::NoSlot(kind))?;
        if !with.is_counted() {
            return self.slots[slot].open(with);
        }
        let mut save =
            |lock: &Lock| save(&lock.encode()).map_err(|e| LockError::NotSaved(e.to_string()));
        let seconds = self.attempts.wait(now);
        if seconds > 0 {
            save(self)?; // A clock that went back has begun the delay anew.
            return Err(LockError::Wait { seconds });
        }
        self.attempts.failed(now);
        save(self)?;
        match self.slots[slot].open(with) {
            Ok(key) => {
                self.attempts = Attempts::default();
                save(self)?;
                Ok(key)
            }
            Err(LockError::Wrong { .. }) => Err(LockError::Wrong {
                wait_seconds: self.attempts.wait(now),
            }),
            // Nothing was guessed: the keystore did not answer, or memory was short.
            Err(other) => {
                self.attempts.unsay();
                save(self)?;
                Err(other)
            }
        }
    }

    /// Whether this opens a slot: asked by who has the store open already, so nothing is counted.
    pub fn is_opened_by(&self, with: &Opening) -> bool {
        let slot = self.slots.iter().find(|s| s.way.kind() == with.kind());
        slot.is_some_and(|s| s.open(with).is_ok())
    }

    /// Sets the PIN or passphrase, in the place of the one there was.
    pub fn set_passphrase(
        &mut self,
        key: &StoreKey,
        passphrase: &str,
        cost: Cost,
        rng: &mut dyn RngCore,
    ) -> Result<(), LockError> {
        long_enough(passphrase)?;
        self.set(
            key,
            Way::Passphrase(cost),
            &Opening::Passphrase(passphrase),
            rng,
        )?;
        self.attempts = Attempts::default();
        Ok(())
    }

    /// Makes the slot of a key file with this content; `path` is where it lies.
    pub fn set_key_file(
        &mut self,
        key: &StoreKey,
        path: &str,
        content: &[u8; 32],
        rng: &mut dyn RngCore,
    ) -> Result<(), LockError> {
        let path = path.to_owned();
        within(path.len(), limits::LOCK_PATH_BYTES)?;
        self.set(key, Way::KeyFile { path }, &Opening::KeyFile(content), rng)
    }

    /// Makes the slot of sixteen words, and returns them: they are nowhere else.
    pub fn set_words(
        &mut self,
        key: &StoreKey,
        rng: &mut dyn RngCore,
    ) -> Result<Zeroizing<String>, LockError> {
        let words = words::to_words(&random(rng));
        self.set(key, Way::Words, &Opening::Words(&words), rng)?;
        Ok(words)
    }

    /// Makes the slot of the officers, and returns the sixteen words of each.
    pub fn set_officers(
        &mut self,
        key: &StoreKey,
        rng: &mut dyn RngCore,
    ) -> Result<Vec<Zeroizing<String>>, LockError> {
        let shares = words::deal(rng);
        let all: Vec<&str> = shares.iter().map(|s| s.as_str()).collect();
        self.set(key, Way::Officers, &Opening::Officers(&all), rng)?;
        Ok(shares)
    }

    /// Makes the slot of a secret that the office keeps for this device.
    pub fn set_recovery(
        &mut self,
        key: &StoreKey,
        secret: &[u8; 32],
        rng: &mut dyn RngCore,
    ) -> Result<(), LockError> {
        self.set(key, Way::Recovery, &Opening::Recovery(secret), rng)
    }

    /// Makes the slot of the device's keystore.
    pub fn set_platform(
        &mut self,
        key: &StoreKey,
        keeper: &dyn KeyKeeper,
        rng: &mut dyn RngCore,
    ) -> Result<(), LockError> {
        let kept = keeper.wrap(&random(rng))?;
        within(kept.len(), limits::LOCK_KEPT_BYTES)?;
        self.set(key, Way::Platform { kept }, &Opening::Platform(keeper), rng)
    }

    /// Makes the slot of a PIN together with the device's keystore.
    pub fn set_pin_on_device(
        &mut self,
        key: &StoreKey,
        pin: &str,
        cost: Cost,
        keeper: &dyn KeyKeeper,
        rng: &mut dyn RngCore,
    ) -> Result<(), LockError> {
        long_enough(pin)?;
        let kept = keeper.wrap(&random(rng))?;
        within(kept.len(), limits::LOCK_KEPT_BYTES)?;
        let way = Way::PinOnDevice { cost, kept };
        self.set(key, way, &Opening::PinOnDevice(pin, keeper), rng)?;
        self.attempts = Attempts::default();
        Ok(())
    }

    /// Removes a slot; the last one stays.
    pub fn remove(&mut self, kind: WayKind) -> Result<(), LockError> {
        match self.slots.as_slice() {
            [only] if only.way.kind() == kind => Err(LockError::LastSlot),
            _ => {
                self.slots.retain(|s| s.way.kind() != kind);
                Ok(())
            }
        }
    }

    fn set(
        &mut self,
        key: &StoreKey,
        way: Way,
        opening: &Opening,
        rng: &mut dyn RngCore,
    ) -> Result<(), LockError> {
        let slot = Slot::seal(key, way, opening, rng)?;
        self.slots.retain(|s| s.way.kind() != opening.kind());
        self.slots.push(slot);
        Ok(())
    }

    /// The lock file.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.fixed(MAGIC).u8(VERSION);
        self.attempts.write(&mut w);
        w.number(self.slots.len() as u64);
        for slot in &self.slots {
            slot.way.write(&mut w);
            w.fixed(&slot.salt).fixed(&slot.nonce).fixed(&slot.wrapped);
        }
        let check = check(w.as_slice());
        w.fixed(&check);
        w.finish()
    }

    /// Reads a lock file.
    pub fn decode(bytes: &[u8]) -> Result<Self, LockError> {
        let mut r = Reader::new(bytes);
        if r.fixed(MAGIC.len())? != MAGIC {
            return Err(CodecError::BadValue { what: "lock" }.into());
        }
        let version = r.u8()?;
        if version != VERSION {
            let (what, version) = ("lock", u64::from(version));
            return Err(CodecError::UnknownVersion { what, version }.into());
        }
        let attempts = Attempts::read(&mut r)?;
        let mut slots: Vec<Slot> = Vec::new();
        for _ in 0..r.count(limits::LOCK_SLOTS)? {
            let slot = Slot {
                way: Way::read(&mut r)?,
                salt: r.array()?,
                nonce: r.array()?,
                wrapped: r.array()?,
            };
            if slots.iter().any(|s| s.way.kind() == slot.way.kind()) {
                return Err(BAD_SLOT.into());
            }
            slots.push(slot);
        }
        let body = bytes.len() - r.left();
        if r.array()? != check(&bytes[..body]) {
            return Err(CodecError::BadValue { what: "check" }.into());
        }
        r.end()?;
        Ok(Lock { slots, attempts })
    }
}

/// Tells damage from a wrong secret; it protects against nobody.
fn check(body: &[u8]) -> [u8; 4] {
    let hash = Hasher::new("chibo/lock-check/1").part(body).hash();
    let mut check = [0; 4];
    check.copy_from_slice(&hash.0[..4]);
    check
}

/// What is written can be read back.
fn within(found: usize, limit: usize) -> Result<(), CodecError> {
    let (found, most) = (found as u64, limit as u64);
    match found > most {
        true => Err(CodecError::TooLong { found, limit: most }),
        false => Ok(()),
    }
}

fn long_enough(passphrase: &str) -> Result<(), LockError> {
    let least = limits::PIN_CHARS;
    match text::clean_line(passphrase).chars().count() < least {
        true => Err(LockError::TooShort { least }),
        false => Ok(()),
    }
}

impl Slot {
    fn seal(
        key: &StoreKey,
        way: Way,
        opening: &Opening,
        rng: &mut dyn RngCore,
    ) -> Result<Self, LockError> {
        let (salt, nonce) = (*random(rng), *random(rng));
        let mut slot = Slot {
            way,
            salt,
            nonce,
            wrapped: [0; 48],
        };
        let payload = Payload {
            msg: key.expose(),
            aad: &slot.header(),
        };
        let sealed = slot.cipher(opening)?.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| BAD_SLOT)?;
        slot.wrapped = sealed.try_into().map_err(|_| BAD_SLOT)?;
        Ok(slot)
    }

    fn open(&self, opening: &Opening) -> Result<StoreKey, LockError> {
        let payload = Payload {
            msg: &self.wrapped,
            aad: &self.header(),
        };
        let cipher = self.cipher(opening)?;
        let wrong = LockError::Wrong { wait_seconds: 0 };
        let key = cipher.decrypt(&XNonce::from(self.nonce), payload);
        let key = Zeroizing::new(key.map_err(|_| wrong.clone())?);
        let key: [u8; 32] = key.as_slice().try_into().map_err(|_| wrong)?;
        Ok(StoreKey::from_bytes(key))
    }

    /// What the seal covers besides the key: a slot cannot be passed off as one of another kind or cost.
    fn header(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.fixed(MAGIC).u8(VERSION);
        self.way.write(&mut w);
        w.fixed(&self.salt);
        w.finish()
    }

    /// The cipher that the slot's secret opens.
    fn cipher(&self, opening: &Opening) -> Result<XChaCha20Poly1305, LockError> {
        // Random secrets need no stretching; all are bound to the slot by its salt and kind.
        let bound = |secret: &[u8]| {
            let hash = Hasher::new("chibo/lock-slot/1")
                .number(self.way.kind() as u64)
                .part(&self.salt)
                .part(secret)
                .hash();
            Zeroizing::new(hash.0)
        };
        let key = match (opening, &self.way) {
            (Opening::Passphrase(typed), Way::Passphrase(cost)) => {
                bound(&self.stretched(typed, *cost)?[..])
            }
            (Opening::KeyFile(secret) | Opening::Recovery(secret), _) => bound(&secret[..]),
            (Opening::Words(words), _) => bound(&words::from_words(words)?[..]),
            (Opening::Officers(shares), _) => bound(&words::join(shares)?),
            (Opening::Platform(keeper), Way::Platform { kept }) => bound(&keeper.unwrap(kept)?[..]),
            (Opening::PinOnDevice(pin, keeper), Way::PinOnDevice { cost, kept }) => {
                let mut both = Zeroizing::new(keeper.unwrap(kept)?.to_vec());
                both.extend_from_slice(&self.stretched(pin, *cost)?[..]);
                bound(&both)
            }
            _ => return Err(LockError::NoSlot(opening.kind())),
        };
        Ok(XChaCha20Poly1305::new(&Key::from(*key)))
    }

    fn stretched(&self, typed: &str, cost: Cost) -> Result<Zeroizing<[u8; 32]>, LockError> {
        use argon2::{Algorithm, Argon2, Params, Version};
        cost.check()?;
        // The same letters, however this keyboard composes them.
        let typed = Zeroizing::new(text::clean_line(typed));
        let params = Params::new(cost.memory_kib, cost.passes, 1, Some(32));
        let params = params.map_err(|_| BAD_SLOT)?;
        let mut secret = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(typed.as_bytes(), &self.salt, &mut secret[..])
            .map_err(|_| LockError::NoMemory)?;
        Ok(secret)
    }
}

impl Way {
    /// Which kind it is.
    pub fn kind(&self) -> WayKind {
        match self {
            Way::Passphrase(_) => WayKind::Passphrase,
            Way::KeyFile { .. } => WayKind::KeyFile,
            Way::Words => WayKind::Words,
            Way::Officers => WayKind::Officers,
            Way::Recovery => WayKind::Recovery,
            Way::Platform { .. } => WayKind::Platform,
            Way::PinOnDevice { .. } => WayKind::PinOnDevice,
        }
    }

    fn write(&self, w: &mut Writer) {
        w.u8(self.kind() as u8);
        match self {
            Way::Passphrase(cost) => cost.write(w),
            Way::KeyFile { path } => {
                w.bytes(path.as_bytes());
            }
            Way::Words | Way::Officers | Way::Recovery => {}
            Way::Platform { kept } => {
                w.bytes(kept);
            }
            Way::PinOnDevice { cost, kept } => {
                cost.write(w);
                w.bytes(kept);
            }
        }
    }

    fn read(r: &mut Reader) -> Result<Self, CodecError> {
        Ok(match r.u8()? {
            1 => Way::Passphrase(Cost::read(r)?),
            2 => Way::KeyFile {
                path: r.text(limits::LOCK_PATH_BYTES)?.to_owned(),
            },
            3 => Way::Words,
            4 => Way::Officers,
            5 => Way::Recovery,
            6 => Way::Platform {
                kept: r.bytes(limits::LOCK_KEPT_BYTES)?.to_vec(),
            },
            7 => Way::PinOnDevice {
                cost: Cost::read(r)?,
                kept: r.bytes(limits::LOCK_KEPT_BYTES)?.to_vec(),
            },
            _ => return Err(BAD_SLOT),
        })
    }
}

impl Cost {
    fn write(self, w: &mut Writer) {
        w.number(self.memory_kib.into()).number(self.passes.into());
    }

    fn read(r: &mut Reader) -> Result<Self, CodecError> {
        let number = |r: &mut Reader| {
            let found = r.number()?;
            u32::try_from(found).map_err(|_| CodecError::BadValue { what: "cost" })
        };
        let cost = Cost {
            memory_kib: number(r)?,
            passes: number(r)?,
        };
        cost.check()?;
        Ok(cost)
    }

    /// A file from elsewhere may not ask for all memory or for hours.
    fn check(self) -> Result<(), CodecError> {
        let memory = 8..=limits::LOCK_MEMORY_KIB;
        let passes = 1..=limits::LOCK_PASSES;
        match memory.contains(&self.memory_kib) && passes.contains(&self.passes) {
            true => Ok(()),
            false => Err(CodecError::BadValue { what: "cost" }),
        }
    }
}
