//! A store at rest: without its key it is noise, and a wrong key is not taken for damage.
#![cfg(feature = "sqlite")]

use chibo_core::lock::StoreKey;
use chibo_core::records;
use chibo_core::store::sqlite::{Durability, SqliteStore};
use chibo_core::store::{Store, StoreError};
use std::path::Path;

const NAME: &str = "Trần Đình Khuyếnh-Ngưỡng";

fn key(n: u8) -> StoreKey {
    StoreKey::from_bytes([n; 32])
}

fn store_with_the_name(path: &Path) -> SqliteStore {
    let mut store = SqliteStore::create(path, &key(1), Durability::Full).unwrap();
    note(&mut store);
    store
}

fn note(store: &mut SqliteStore) {
    let noted: Result<(), StoreError> =
        store.write(|tx| records::set_meta(tx, "note", NAME.as_bytes()));
    noted.unwrap();
}

fn noted(store: &SqliteStore) -> Option<Vec<u8>> {
    let read: Result<_, StoreError> = store.read(|tx| records::meta(tx, "note"));
    read.unwrap()
}

fn holds_the_name(folder: &Path) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap());
    let holding = files.filter(|f| {
        let bytes = std::fs::read(f.path()).unwrap();
        bytes.windows(NAME.len()).any(|w| w == NAME.as_bytes())
    });
    holding
        .map(|f| f.file_name().into_string().unwrap())
        .collect()
}

#[test]
fn no_file_of_an_open_store_holds_what_was_written_in_plain_text() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_with_the_name(&folder.path().join("a.db"));
    let wal = std::fs::metadata(folder.path().join("a.db-wal")).unwrap();
    assert!(wal.len() > 0, "what was written is in the log");
    assert!(holds_the_name(folder.path()).is_empty());
    drop(store);
    assert!(holds_the_name(folder.path()).is_empty());
    // The search itself finds it where it is plain.
    let store = SqliteStore::open(&folder.path().join("a.db"), &key(1), Durability::Full).unwrap();
    assert_eq!(noted(&store).as_deref(), Some(NAME.as_bytes()));
    let mut store = store;
    std::fs::write(folder.path().join("plain"), store.to_plain().unwrap()).unwrap();
    assert_eq!(holds_the_name(folder.path()), ["plain"]);
}

#[test]
fn a_wrong_key_is_told_from_damage() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    drop(store_with_the_name(&path));
    let open = |n: u8| SqliteStore::open(&path, &key(n), Durability::Full).map(drop);
    assert_eq!(open(2), Err(StoreError::WrongKey));
    assert_eq!(open(1), Ok(()), "the try left it as it was");
    let whole = std::fs::read(&path).unwrap();

    std::fs::write(&path, &whole[..whole.len() / 2 + 1]).unwrap();
    assert!(matches!(open(2), Err(StoreError::Damaged(_))));
    std::fs::write(&path, b"no store").unwrap();
    assert!(matches!(open(1), Err(StoreError::Damaged(_))));

    let mut altered = whole.clone();
    let middle = altered.len() / 2 + 100;
    altered[middle] ^= 1;
    std::fs::write(&path, &altered).unwrap();
    let found = SqliteStore::open(&path, &key(1), Durability::Full).and_then(|s| s.check_file());
    match found {
        Ok(lines) => assert!(!lines.is_empty(), "one bit is found"),
        Err(e) => assert!(
            matches!(e, StoreError::Damaged(_) | StoreError::Io(_)),
            "{e}"
        ),
    }
}

#[test]
fn a_copy_needs_the_key_and_a_plain_export_makes_a_store_with_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let store = store_with_the_name(&at("a.db"));
    store.backup_to(&at("copy.db")).unwrap();
    assert!(holds_the_name(folder.path()).is_empty());
    let open = |name: &str, n| SqliteStore::open(&at(name), &key(n), Durability::Full);
    assert_eq!(open("copy.db", 2).err(), Some(StoreError::WrongKey));
    assert_eq!(
        noted(&open("copy.db", 1).unwrap()).unwrap(),
        NAME.as_bytes()
    );

    let mut store = store;
    let plain = store.to_plain().unwrap();
    assert!(plain.starts_with(b"SQLite format 3\0"));
    assert!(
        holds_the_name(folder.path()).is_empty(),
        "it touched no disk"
    );
    let import = |n| SqliteStore::from_plain(&plain, &at("b.db"), &key(n), Durability::Full);
    let mut new = import(3).unwrap();
    assert_eq!(noted(&new).unwrap(), NAME.as_bytes());
    note(&mut new);
    assert!(new.check_file().unwrap().is_empty());
    drop(new);
    assert!(holds_the_name(folder.path()).is_empty());
    assert_eq!(import(3).err(), Some(StoreError::InUse));
    assert_eq!(open("b.db", 1).err(), Some(StoreError::WrongKey));
    assert!(open("b.db", 3).is_ok());

    for end in [0, 1, 50, 4096, plain.len() - 1] {
        let cut = SqliteStore::from_plain(&plain[..end], &at("c.db"), &key(1), Durability::Full);
        assert!(cut.is_err(), "{end}");
        let _ = std::fs::remove_file(at("c.db"));
    }
}

/// Set in a program that is to end while its threads write: where its store is.
const ENDING: &str = "CHIBO_TEST_ENDING";

#[test]
fn a_program_that_ends_while_threads_write_leaves_a_store_that_can_be_read() {
    if let Some(path) = std::env::var_os(ENDING) {
        let path = std::path::PathBuf::from(path);
        let mut store = SqliteStore::open(&path, &key(1), Durability::Relaxed).unwrap();
        std::thread::spawn(move || {
            loop {
                note(&mut store);
            }
        });
        for n in 0..4 {
            let other = path.with_extension(n.to_string());
            std::thread::spawn(move || {
                loop {
                    let _ = std::fs::remove_file(&other);
                    drop(SqliteStore::create(&other, &key(2), Durability::Relaxed));
                }
            });
        }
        std::thread::sleep(std::time::Duration::from_millis(30));
        return; // And so it ends: this is its only test.
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    drop(store_with_the_name(&path));
    let this = "a_program_that_ends_while_threads_write_leaves_a_store_that_can_be_read";
    for _ in 0..20 {
        let ended = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", this])
            .env(ENDING, &path)
            .output()
            .unwrap();
        assert!(ended.status.success(), "{ended:?}");
        let store = SqliteStore::open(&path, &key(1), Durability::Full).unwrap();
        assert!(store.check_file().unwrap().is_empty());
        assert_eq!(noted(&store).unwrap(), NAME.as_bytes());
    }
}

#[test]
fn a_program_that_was_planted_in_a_copy_comes_into_no_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let key = StoreKey::from_bytes([1; 32]);
    let mut store = SqliteStore::create(&path("own.db"), &key, Durability::Full).unwrap();
    let plain = store.to_plain().unwrap();
    for program in [
        "CREATE TRIGGER t AFTER INSERT ON t_meta BEGIN SELECT 1; END",
        "CREATE VIEW v AS SELECT 1",
    ] {
        std::fs::write(path("plain"), &plain).unwrap();
        let conn = rusqlite::Connection::open(path("plain")).unwrap();
        conn.execute_batch(program).unwrap();
        drop(conn);
        let planted = std::fs::read(path("plain")).unwrap();
        let opened = SqliteStore::from_plain(&planted, &path("new.db"), &key, Durability::Full);
        assert!(matches!(opened, Err(StoreError::Damaged(_))), "{program}");
    }
    assert!(SqliteStore::from_plain(&plain, &path("new.db"), &key, Durability::Full).is_ok());
}
