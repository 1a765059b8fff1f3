//! The lock file: who can open a store, and how slowly the others may try.

use chibo_core::codec::CodecError;
use chibo_core::limits;
use chibo_core::lock::{
    Cost, KeeperError, KeyKeeper, Lock, LockError, Opening, RecoveryCode, StoreKey, Way, WayKind,
};
use chibo_core::time::Timestamp;
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use zeroize::Zeroizing;

const NOW: Timestamp = Timestamp(1_790_000_000);
/// Enough to run through the same code, and no more.
const CHEAP: Cost = Cost {
    memory_kib: 64,
    passes: 1,
};

fn chance() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(4)
}

fn key() -> StoreKey {
    StoreKey::from_bytes([9; 32])
}

/// A lock file on a disk that lasts, and a clock.
struct Device {
    file: Vec<u8>,
    now: Timestamp,
}

impl Device {
    fn with_pin(pin: &str) -> Self {
        let mut lock = Lock::new();
        lock.set_passphrase(&key(), pin, CHEAP, &mut chance())
            .unwrap();
        Device {
            file: lock.encode(),
            now: NOW,
        }
    }

    /// Opens it as a program does that has just been started.
    fn open(&mut self, with: &Opening) -> Result<StoreKey, LockError> {
        let mut lock = Lock::decode(&self.file).unwrap();
        let file = &mut self.file;
        lock.open(with, self.now, &mut |bytes| {
            *file = bytes.to_vec();
            Ok(())
        })
    }

    fn try_pin(&mut self, pin: &str) -> Result<StoreKey, LockError> {
        self.open(&Opening::Passphrase(pin))
    }

    fn change(&mut self, change: impl FnOnce(&mut Lock)) {
        let mut lock = Lock::decode(&self.file).unwrap();
        change(&mut lock);
        self.file = lock.encode();
    }
}

fn is_the_key(opened: Result<StoreKey, LockError>) -> bool {
    opened.unwrap().expose() == key().expose()
}

#[test]
fn the_right_pin_opens_and_another_does_not() {
    let mut device = Device::with_pin("294518");
    let wrong = device.try_pin("294519");
    assert_eq!(wrong.unwrap_err(), LockError::Wrong { wait_seconds: 0 });
    assert!(is_the_key(device.try_pin("294518")));
    // A passphrase is the same however a keyboard composes its letters.
    let mut device = Device::with_pin("Chợ Đông  Hà ngày mưa");
    assert!(is_the_key(
        device.try_pin("Cho\u{323}\u{31b} Đông Hà ngày mưa")
    ));
    let short = Lock::new().set_passphrase(&key(), "29451", CHEAP, &mut chance());
    assert_eq!(short, Err(LockError::TooShort { least: 6 }));
}

#[test]
fn three_tries_are_free_and_then_each_failure_makes_the_next_wait_longer() {
    let mut device = Device::with_pin("294518");
    for expected in [0, 0, 30, 60, 300, 900, 3_600, 14_400, 86_400, 86_400] {
        let wrong = device.try_pin("000000").unwrap_err();
        let wait_seconds = expected;
        assert_eq!(wrong, LockError::Wrong { wait_seconds });
        if expected > 0 {
            device.now.0 += expected - 1;
            // Also the right one is not looked at, and asking early costs nothing more.
            for _ in 0..2 {
                let early = device.try_pin("294518").unwrap_err();
                assert_eq!(early, LockError::Wait { seconds: 1 });
            }
            device.now.0 += 1;
        }
    }
    assert!(is_the_key(device.try_pin("294518")));
    let wrong = device.try_pin("000000").unwrap_err();
    assert_eq!(wrong, LockError::Wrong { wait_seconds: 0 }, "begun anew");
}

#[test]
fn a_clock_set_back_shortens_no_delay_and_one_set_right_locks_nobody_out() {
    let mut device = Device::with_pin("294518");
    for _ in 0..4 {
        device.now.0 += 30;
        device.try_pin("000000").unwrap_err();
    }
    let early = |device: &mut Device| device.try_pin("294518").unwrap_err();
    device.now.0 += 50;
    assert_eq!(early(&mut device), LockError::Wait { seconds: 10 });
    device.now.0 -= 1_000_000;
    assert_eq!(early(&mut device), LockError::Wait { seconds: 60 });
    device.now.0 -= 1_000_000;
    assert_eq!(early(&mut device), LockError::Wait { seconds: 60 });
    device.now.0 += 60;
    assert!(is_the_key(device.try_pin("294518")));
}

#[test]
fn a_try_is_counted_before_it_is_answered_and_without_a_disk_there_is_none() {
    let device = Device::with_pin("294518");
    let mut lock = Lock::decode(&device.file).unwrap();
    let mut saved = Vec::new();
    let mut save = |bytes: &[u8]| {
        saved.push(bytes.to_vec());
        Ok(())
    };
    let right = Opening::Passphrase("294518");
    assert!(is_the_key(lock.open(&right, NOW, &mut save)));
    assert_eq!(saved.len(), 2);
    // What is on disk while the try is under way says one failure: the power cut then is one.
    let mut cut = Device {
        file: saved.remove(0),
        now: NOW,
    };
    for wait_seconds in [0, 30] {
        let wrong = cut.try_pin("000000").unwrap_err();
        assert_eq!(wrong, LockError::Wrong { wait_seconds });
    }
    let full = |_: &[u8]| Err(std::io::ErrorKind::StorageFull.into());
    let told = lock.open(&right, NOW, &mut { full }).unwrap_err();
    assert!(matches!(told, LockError::NotSaved(_)), "{told}");
}

#[test]
fn sixteen_words_open_it_and_a_forgotten_pin_is_replaced_with_them() {
    let mut device = Device::with_pin("294518");
    let mut words = Zeroizing::new(String::new());
    device.change(|lock| words = lock.set_words(&key(), &mut chance()).unwrap());
    assert_eq!(words.split(' ').count(), 16);
    let opened = device.open(&Opening::Words(&words)).unwrap();
    device.change(|lock| {
        lock.set_passphrase(&opened, "730264", CHEAP, &mut chance())
            .unwrap();
    });
    assert!(device.try_pin("294518").is_err());
    assert!(is_the_key(device.try_pin("730264")));

    let mut other = words.split(' ').collect::<Vec<_>>();
    other.swap(0, 15);
    let told = device.open(&Opening::Words(&other.join(" "))).unwrap_err();
    assert_eq!(told, LockError::Wrong { wait_seconds: 0 });
}

#[test]
fn two_of_three_officers_open_it_and_one_does_not() {
    let mut device = Device::with_pin("294518");
    let mut shares = Vec::new();
    device.change(|lock| shares = lock.set_officers(&key(), &mut chance()).unwrap());
    assert_eq!(shares.len(), 3);
    for (a, b) in [(0, 1), (1, 2), (2, 0)] {
        assert!(is_the_key(
            device.open(&Opening::Officers(&[&shares[a], &shares[b]]))
        ));
    }
    let all: Vec<&str> = shares.iter().map(|s| s.as_str()).collect();
    assert!(is_the_key(device.open(&Opening::Officers(&all))));
    for one in [&all[..1], &[all[0], all[0]][..], &[]] {
        let told = device.open(&Opening::Officers(one)).unwrap_err();
        assert_eq!(told, LockError::TooFewShares);
    }
    // A share of another lock fits nowhere.
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let strange = Lock::new().set_officers(&key(), &mut rng).unwrap();
    let told = device.open(&Opening::Officers(&[all[0], &strange[1]]));
    assert_eq!(told.unwrap_err(), LockError::Wrong { wait_seconds: 0 });
    // And what opens one kind of slot opens no other.
    let told = device.open(&Opening::Words(all[0]));
    assert_eq!(told.unwrap_err(), LockError::NoSlot(WayKind::Words));
}

/// Wraps as a keystore does: with a key that stays in it.
struct Keystore {
    key: [u8; 32],
    /// Whether somebody unlocked the screen.
    answers: bool,
}

impl KeyKeeper for Keystore {
    fn wrap(&self, secret: &[u8; 32]) -> Result<Vec<u8>, KeeperError> {
        let mut bytes = [0; 32];
        ChaCha8Rng::from_seed(self.key).fill_bytes(&mut bytes);
        Ok(bytes.iter().zip(secret).map(|(a, b)| a ^ b).collect())
    }

    fn unwrap(&self, kept: &[u8]) -> Result<Zeroizing<[u8; 32]>, KeeperError> {
        if !self.answers {
            return Err(KeeperError::NotNow);
        }
        let kept = kept.try_into().map_err(|_| KeeperError::Gone)?;
        let secret = self.wrap(kept)?.try_into();
        secret.map(Zeroizing::new).map_err(|_| KeeperError::Gone)
    }
}

#[test]
fn a_keystore_opens_its_own_slot_and_a_pin_with_it_is_worth_nothing_elsewhere() {
    let mut here = Keystore {
        key: [1; 32],
        answers: true,
    };
    let elsewhere = Keystore {
        key: [2; 32],
        answers: true,
    };
    let mut device = Device::with_pin("294518");
    device.change(|lock| {
        lock.set_platform(&key(), &here, &mut chance()).unwrap();
        lock.set_pin_on_device(&key(), "730264", CHEAP, &here, &mut chance())
            .unwrap();
    });
    assert!(is_the_key(device.open(&Opening::Platform(&here))));
    assert!(device.open(&Opening::Platform(&elsewhere)).is_err());
    assert!(is_the_key(
        device.open(&Opening::PinOnDevice("730264", &here))
    ));
    assert!(
        device
            .open(&Opening::PinOnDevice("730264", &elsewhere))
            .is_err()
    );
    assert!(device.open(&Opening::PinOnDevice("294518", &here)).is_err());
    // A keystore that does not answer is no guess.
    here.answers = false;
    for _ in 0..5 {
        let told = device.open(&Opening::PinOnDevice("730264", &here));
        assert_eq!(told.unwrap_err(), LockError::Keeper(KeeperError::NotNow));
    }
    here.answers = true;
    assert!(is_the_key(
        device.open(&Opening::PinOnDevice("730264", &here))
    ));
}

#[test]
fn a_key_file_or_the_offices_secret_opens_its_slot_and_the_last_slot_stays() {
    let mut lock = Lock::new();
    lock.set_key_file(&key(), "node.key", &[3; 32], &mut chance())
        .unwrap();
    assert_eq!(lock.remove(WayKind::KeyFile), Err(LockError::LastSlot));
    lock.set_recovery(&key(), &[4; 32], &mut chance()).unwrap();
    let path = "node.key".to_owned();
    assert_eq!(lock.way(WayKind::KeyFile), Some(&Way::KeyFile { path }));
    let mut device = Device {
        file: lock.encode(),
        now: NOW,
    };
    assert!(is_the_key(device.open(&Opening::KeyFile(&[3; 32]))));
    assert!(is_the_key(device.open(&Opening::Recovery(&[4; 32]))));
    assert!(device.open(&Opening::KeyFile(&[4; 32])).is_err());
    assert!(device.open(&Opening::Recovery(&[3; 32])).is_err());
    device.change(|lock| lock.remove(WayKind::KeyFile).unwrap());
    let told = device.open(&Opening::KeyFile(&[3; 32])).unwrap_err();
    assert_eq!(told, LockError::NoSlot(WayKind::KeyFile));
}

#[test]
fn a_recovery_code_opens_in_the_place_of_the_pin_and_wrong_ones_are_counted_with_wrong_pins() {
    let mut device = Device::with_pin("294518");
    let (code, other) = (
        RecoveryCode::random(&mut chance()),
        RecoveryCode::random(&mut ChaCha8Rng::seed_from_u64(5)),
    );
    device.change(|lock| {
        let set = lock.set_recovery(&key(), &code.secret(), &mut chance());
        set.unwrap();
    });
    let (right, wrong) = (code.secret(), other.secret());
    let (right, wrong) = (Opening::Recovery(&right), Opening::Recovery(&wrong));
    let lock = Lock::decode(&device.file).unwrap();
    assert!(lock.is_opened_by(&right) && !lock.is_opened_by(&wrong));
    for wait_seconds in [0, 0, 30] {
        let told = match wait_seconds {
            30 => device.open(&wrong),
            _ => device.try_pin("000000"),
        };
        assert_eq!(told.unwrap_err(), LockError::Wrong { wait_seconds });
    }
    let told = device.open(&right).unwrap_err();
    assert_eq!(told, LockError::Wait { seconds: 30 });
    device.now.0 += 30;
    assert!(is_the_key(device.open(&right)));
    let told = device.try_pin("000000").unwrap_err();
    assert_eq!(told, LockError::Wrong { wait_seconds: 0 }, "begun anew");
}

/// A lock with a slot of each kind that needs no keystore.
fn full() -> Vec<u8> {
    let mut lock = Lock::new();
    let rng = &mut chance();
    lock.set_passphrase(&key(), "294518", CHEAP, rng).unwrap();
    lock.set_key_file(&key(), "node.key", &[3; 32], rng)
        .unwrap();
    lock.set_words(&key(), rng).unwrap();
    lock.set_officers(&key(), rng).unwrap();
    lock.encode()
}

#[test]
fn a_lock_file_that_is_cut_or_altered_is_damaged_and_never_wrong() {
    let file = full();
    assert_eq!(Lock::decode(&file).unwrap().encode(), file);
    for end in 0..file.len() {
        let cut = Lock::decode(&file[..end]);
        assert!(matches!(cut, Err(LockError::Damaged(_))), "{end}");
    }
    for i in 0..file.len() {
        let mut altered = file.clone();
        altered[i] ^= 0x20;
        let read = Lock::decode(&altered);
        assert!(matches!(read, Err(LockError::Damaged(_))), "{i}");
    }
}

#[test]
fn what_a_slot_may_cost_and_how_long_a_path_may_be_has_limits() {
    let set = |memory_kib, passes| {
        let cost = Cost { memory_kib, passes };
        let mut lock = Lock::new();
        lock.set_passphrase(&key(), "294518", cost, &mut chance())?;
        Lock::decode(&lock.encode()).map(drop)
    };
    let too_dear = LockError::Damaged(CodecError::BadValue { what: "cost" });
    assert_eq!(set(8, limits::LOCK_PASSES), Ok(()));
    assert_eq!(set(8, limits::LOCK_PASSES + 1), Err(too_dear.clone()));
    assert_eq!(set(limits::LOCK_MEMORY_KIB, 1), Ok(()));
    assert_eq!(set(limits::LOCK_MEMORY_KIB + 1, 1), Err(too_dear.clone()));
    assert_eq!(set(7, 1), Err(too_dear.clone()));
    assert_eq!(set(8, 0), Err(too_dear));

    let path = |bytes: usize| {
        let mut lock = Lock::new();
        lock.set_key_file(&key(), &"a".repeat(bytes), &[3; 32], &mut chance())?;
        Lock::decode(&lock.encode()).map(drop)
    };
    assert_eq!(path(limits::LOCK_PATH_BYTES), Ok(()));
    assert!(path(limits::LOCK_PATH_BYTES + 1).is_err());
}

#[test]
fn nothing_prints_a_key() {
    let mut lock = Lock::new();
    let words = lock.set_words(&key(), &mut chance()).unwrap();
    let printed = format!("{:?} {:?}", key(), Opening::Words(&words));
    assert_eq!(printed, "StoreKey Opening::Words");
}

proptest! {
    #[test]
    fn random_bytes_are_no_lock_and_break_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(Lock::decode(&bytes).is_err());
        let mut after_the_name = full()[..11].to_vec();
        after_the_name.extend(&bytes);
        prop_assert!(Lock::decode(&after_the_name).is_err());
    }

    #[test]
    fn random_words_open_nothing_and_break_nothing(text in "[a-z ]{0,200}") {
        let mut lock = Lock::decode(&full()).unwrap();
        let mut save = |_: &[u8]| Ok(());
        prop_assert!(lock.open(&Opening::Words(&text), NOW, &mut save).is_err());
        prop_assert!(lock.open(&Opening::Officers(&[&text, &text]), NOW, &mut save).is_err());
    }
}
