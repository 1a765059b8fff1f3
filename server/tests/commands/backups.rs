//! Backups: sealed, rehearsed, and of no use to whoever finds them.

use crate::program::{Office, Phone, Ran, chibo, chibo_knowing, handset};
use chibo_core::id::{Hash, unhex};
use chibo_core::identity::{Grant, SecretKey};
use chibo_core::lock::StoreKey;
use chibo_core::records;
use chibo_core::seal::{Lock, Opener};
use chibo_core::store::sqlite::{Durability, SqliteStore};
use chibo_core::store::{Store, StoreError};
use chibo_people::someone;
use chibo_server::keys;
use chibo_server::sealed::{self, Contents};
use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

/// The names of all files in a folder.
fn names(folder: &str) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let name = |e: std::io::Result<std::fs::DirEntry>| e.unwrap().file_name();
    entries
        .map(|e| name(e).into_string().unwrap())
        .filter(|n| !n.ends_with("-wal") && !n.ends_with("-shm"))
        .collect()
}

fn check(office: &Office, file: &str, key: &str) -> Ran {
    chibo(&[
        "backup",
        "--check",
        "--data",
        &office.data,
        "--root-key",
        key,
        file,
        "--json",
    ])
}

fn backed_up() -> (Office, String) {
    let office = Office::new();
    let file = office.folder.at("backup.age");
    chibo(&["backup", "--data", &office.data, &file]).done();
    (office, file)
}

#[test]
fn a_backup_is_checked_by_opening_all_of_it_while_the_node_serves() {
    let (office, file) = backed_up();
    let serving = office.serve();
    let before = names(&office.data);
    let told = check(&office, &file, &office.root_key).done().json();
    assert_eq!(told["ok"], true, "{told}");
    let mut after = names(&office.data);
    assert!(after.remove("backup-checked"));
    assert_eq!(after, before, "the opened copy is gone");

    let second = office.folder.at("second.age");
    let told = chibo(&["backup", "--data", &office.data, &second, "--json"]);
    let when = told.done().json()["last_checked"].as_u64().unwrap();
    assert!(when > 1_700_000_000, "{when}");
    assert!(serving.terminate().success());
}

#[test]
fn a_backup_tells_no_name_and_only_the_root_key_opens_it() {
    let (office, file) = backed_up();
    let bytes = std::fs::read(&file).unwrap();
    for name in ["Đinh", "Quang", "quang", "Xuân Trường", "SQLite"] {
        let found = bytes.windows(name.len()).any(|w| w == name.as_bytes());
        assert!(!found, "{name}");
    }
    let other = Office::new();
    let before = names(&office.data);
    for wrong in ["0".repeat(64), other.root_key.clone()] {
        let why = check(&office, &file, &wrong).refused();
        assert!(why.contains("root key"), "{why}");
    }
    let typed = check(&office, &file, "12 34").refused();
    assert!(typed.contains("64 digits"), "{typed}");
    assert_eq!(names(&office.data), before, "nothing was noted or left");
}

#[test]
fn a_backup_that_was_altered_or_cut_is_no_backup() {
    let (office, file) = backed_up();
    let whole = std::fs::read(&file).unwrap();
    let before = names(&office.data);
    for at in (0..whole.len()).step_by(whole.len() / 25) {
        let mut altered = whole.clone();
        altered[at] ^= 1;
        std::fs::write(&file, &altered).unwrap();
        check(&office, &file, &office.root_key).refused();
    }
    for length in [0, 10, 200, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&file, &whole[..length]).unwrap();
        check(&office, &file, &office.root_key).refused();
        let args = ["restore", "--data", &office.data, &file, "--force"];
        let key = ["--root-key", &office.root_key];
        chibo(&[&args[..], &key].concat()).refused();
    }
    assert_eq!(names(&office.data), before, "nothing was noted or left");
    std::fs::write(&file, &whole).unwrap();
    check(&office, &file, &office.root_key).done();
}

fn root_of(office: &Office) -> SecretKey {
    SecretKey::from_seed(unhex(&office.root_key).unwrap().try_into().unwrap())
}

/// The key that the node signs its log and its backups with.
fn log_key(office: &Office) -> SecretKey {
    let own = Path::new(&office.data).join("node.db");
    let key = keys::open(&own, &mut || Ok(None)).unwrap();
    let store = SqliteStore::open(&own, &key, Durability::Full).unwrap();
    let seed = store.read(|tx| records::meta(tx, "log-key")).unwrap();
    SecretKey::from_seed(seed.unwrap().try_into().unwrap())
}

#[test]
fn a_backup_that_holds_something_else_than_was_noted_does_not_count() {
    let (office, file) = backed_up();
    let (root, node) = (root_of(&office), log_key(&office));
    let opened = sealed::open_file(Path::new(&file), Opener::Key(&root)).unwrap();
    let (noted, plain) = (opened.contents, opened.plain);
    let sign = |backup: &Hash| node.sign(backup);
    let other = Hash([7; 32]);
    let mut position = noted.position;
    position.n -= 1;
    for wrong in [
        Contents {
            log: other,
            ..noted
        },
        Contents {
            state: other,
            ..noted
        },
        Contents { position, ..noted },
    ] {
        let mut into = File::create(&file).unwrap();
        let lock = [root.public()];
        sealed::seal_file(&plain, &wrong, sign, Lock::Keys(&lock), &mut into).unwrap();
        let told = check(&office, &file, &office.root_key).no().json();
        assert_eq!(told["faults"].as_array().unwrap().len(), 1, "{told}");
    }
    assert!(!names(&office.data).contains("backup-checked"));
    let mut into = File::create(&file).unwrap();
    let lock = [root.public()];
    sealed::seal_file(&plain, &noted, sign, Lock::Keys(&lock), &mut into).unwrap();
    check(&office, &file, &office.root_key).done();
}

/// What somebody makes of a backup whose place on the shelf they reach: another store in it, sealed for the root key as the
/// true one was, which anybody can.
fn swapped(office: &Office, file: &str, change: impl FnOnce(&mut SqliteStore), by: &SecretKey) {
    let root = root_of(office);
    let opened = sealed::open_file(Path::new(file), Opener::Key(&root)).unwrap();
    let own = office.folder.at("swapped.db");
    let key = StoreKey::random(&mut chibo_device::edge::SystemChance);
    let mut store =
        SqliteStore::from_plain(&opened.plain, Path::new(&own), &key, Durability::Full).unwrap();
    change(&mut store);
    let plain = store.to_plain().unwrap();
    let mut into = File::create(file).unwrap();
    let sign = |backup: &Hash| by.sign(backup);
    let lock = [root.public()];
    sealed::seal_file(&plain, &opened.contents, sign, Lock::Keys(&lock), &mut into).unwrap();
    std::fs::remove_file(own).unwrap();
}

/// A right of the office's for a key of the thief's, as if the node had given it.
fn plant(store: &mut SqliteStore, thief: &SecretKey) {
    store
        .write(|tx| {
            let grants = records::grants(tx)?;
            let (n, own) = grants.first().cloned().ok_or(StoreError::Missing)?;
            let planted = Grant {
                key: thief.public(),
                ..own
            };
            records::put_grant(tx, n + 1_000, &planted)
        })
        .unwrap();
}

#[test]
fn what_somebody_else_sealed_for_the_root_key_is_not_gone_on_from() {
    let (office, file) = backed_up();
    let thief = SecretKey::from_seed([7; 32]);
    let node = log_key(&office);
    let true_one = std::fs::read(&file).unwrap();
    let restore = || {
        let args = ["restore", "--data", &office.data, &file, "--force"];
        let faulty = ["--despite-faults", "--root-key", &office.root_key];
        chibo(&[&args[..], &faulty].concat())
    };
    let before = names(&office.data);
    // The same store, or one with a right in it: without the node's signature neither counts.
    swapped(&office, &file, |_| {}, &thief);
    assert!(restore().refused().contains("was not written by its node"));
    std::fs::write(&file, &true_one).unwrap();
    swapped(&office, &file, |store| plant(store, &thief), &thief);
    assert!(restore().refused().contains("was not written by its node"));
    let told = check(&office, &file, &office.root_key).no().json();
    assert_eq!(told["ok"], false, "{told}");
    assert_eq!(
        names(&office.data),
        before,
        "nothing was noted, replaced or left"
    );
    // Were it signed, it would be looked through all the same.
    std::fs::write(&file, &true_one).unwrap();
    swapped(&office, &file, |store| plant(store, &thief), &node);
    let args = ["restore", "--data", &office.data, &file, "--force"];
    let root = ["--root-key", &office.root_key];
    let why = chibo(&[&args[..], &root].concat()).refused();
    assert!(why.contains("--despite-faults"), "{why}");
    std::fs::write(&file, &true_one).unwrap();
    chibo(&[&args[..], &root].concat()).done();
}

#[test]
fn a_plain_copy_of_a_store_is_no_backup() {
    let office = Office::new();
    let copy = office.folder.at("copy.db");
    std::fs::copy(Path::new(&office.data).join("node.db"), &copy).unwrap();
    let why = check(&office, &copy, &office.root_key).refused();
    assert!(why.contains("no backup"), "{why}");
}

#[test]
fn a_phones_backup_needs_a_passphrase_and_opens_with_no_other() {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    let file = office.folder.at("phone.age");
    let write = ["backup", "--data", &phone.data, &file];
    for none in [None, Some(""), Some("ngắn")] {
        let why = chibo_knowing(none, &write).refused();
        assert!(why.contains("CHIBO_BACKUP_PASSPHRASE"), "{why}");
        assert!(!Path::new(&file).exists());
    }
    chibo(&write).done();
    let bytes = std::fs::read(&file).unwrap();
    assert!(!bytes.windows(5).any(|w| w == b"Quang"));

    let new = Phone::new(&office.folder, "b");
    let restore = ["restore", "--data", &new.data, &file];
    let why = chibo_knowing(Some("tre làng khác"), &restore).refused();
    assert!(why.contains("passphrase"), "{why}");
    chibo_knowing(None, &restore).refused();
    assert!(names(&new.data).is_empty());
    let check = ["backup", "--check", "--data", &phone.data, &file];
    chibo_knowing(Some("tre làng khác"), &check).refused();
    chibo(&check).done();
    chibo(&restore).done();
    let shown = new.run(&["list", "--search", "quang"]).done().json();
    assert_eq!(shown["rows"].as_array().unwrap().len(), 1);
    assert!(serving.terminate().success());
}

#[cfg(unix)]
#[test]
fn a_backup_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let (_office, file) = backed_up();
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// Segments on this phone about places that it holds no more.
fn kept(phone: &Phone) -> usize {
    let handset = handset(&phone.data);
    let tree = handset.phone.tree();
    (handset.phone.store())
        .read(|tx| {
            let mut kept = 0;
            for (feed, row) in records::feeds(tx)? {
                if tree.of_scope(row.scope).is_none() {
                    kept += records::segments_from(tx, feed, 1)?.len();
                }
            }
            Ok::<_, StoreError>(kept)
        })
        .unwrap()
}

#[test]
fn phones_keep_what_they_said_of_who_went_until_a_backup_with_it_was_checked() {
    let office = Office::new();
    office.takes_in("Chi bộ Xóm 6", &[someone("Lê Thị Mai")]);
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    phone.sync();
    chibo(&[
        "move",
        "--data",
        &office.data,
        "quang",
        "--to",
        "Chi bộ Xóm 6",
    ])
    .done();
    phone.sync();
    assert_eq!(kept(&phone), 1);
    // Written is not checked: nobody knows yet whether it opens.
    let file = office.folder.at("backup.age");
    chibo(&["backup", "--data", &office.data, &file]).done();
    phone.sync();
    assert_eq!(kept(&phone), 1);
    check(&office, &file, &office.root_key).done();
    // The node takes it up within a minute, and when it starts.
    assert!(serving.terminate().success());
    let serving = office.serve();
    phone.run(&["sync", "--url", &serving.url]).done();
    assert_eq!(kept(&phone), 0);
}
