//! A lock that several have in hand at once: every try counts, and the newest PIN stands.

use chibo_core::lock::{LockError, Opening};
use chibo_device::keys::{self, Daily, KeyError};
use std::path::PathBuf;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;
use zeroize::Zeroizing;

fn pin(digits: &str) -> Daily {
    Daily::Passphrase(Zeroizing::new(digits.to_owned()))
}

/// A store's lock with this PIN. The store itself is not needed.
fn locked_with(digits: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("phone.db");
    keys::make(&store, &pin(digits)).unwrap();
    (folder, store)
}

#[test]
fn two_who_guess_at_once_are_two_guesses() {
    let (_folder, store) = locked_with("480152");
    let guess = || keys::open_with(&store, &Opening::Passphrase("111111"));
    assert!(matches!(
        guess(),
        Err(KeyError::Lock(LockError::Wrong { wait_seconds: 0 }))
    ));
    let start = Barrier::new(2);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                start.wait();
                guess().unwrap_err();
            });
        }
    });
    // Three wrong guesses: from here on each waits.
    let right = keys::open_with(&store, &Opening::Passphrase("480152"));
    assert!(
        matches!(&right, Err(KeyError::Lock(LockError::Wait { .. }))),
        "{:?}",
        right.err()
    );
}

#[test]
fn a_pin_that_is_set_while_somebody_opens_with_the_old_one_stays_set() {
    let (_folder, store) = locked_with("480152");
    let key = keys::open_with(&store, &Opening::Passphrase("480152")).unwrap();
    let mut old = "480152".to_owned();
    for new in ["530167", "610284", "720395"] {
        let is_set = AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !is_set.load(Ordering::SeqCst) {
                    let _ = keys::open_with(&store, &Opening::Passphrase(&old));
                }
            });
            keys::protect(&store, &key, &pin(new)).unwrap();
            is_set.store(true, Ordering::SeqCst);
        });
        // What came after it and was wrong is one failure at most: nobody waits yet.
        keys::open_with(&store, &Opening::Passphrase(new)).unwrap();
        old = new.to_owned();
    }
}
