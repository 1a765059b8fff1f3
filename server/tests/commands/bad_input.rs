//! What goes wrong at the edges ends with one clear line and exit code 2, and changes nothing.

use crate::program::{Office, Phone, Place, chibo};
use chibo_core::store::sqlite::{Durability, SqliteStore};
use chibo_server::keys;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;

/// Every file of a folder with its bytes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        // What SQLite keeps for itself while a store is open.
        if !name.ends_with("-wal") && !name.ends_with("-shm") {
            all.insert(name, std::fs::read(path).unwrap());
        }
    }
    all
}

#[test]
fn a_wrong_path_is_said_and_nothing_is_made_there() {
    let folder = Place::new();
    let none = folder.at("none");
    for args in [
        &["serve", "--data", &none][..],
        &[
            "ticket", "--data", &none, "--scope", "x", "--role", "office",
        ],
        &["digest", "--data", &none],
        &["verify", "--data", &none],
        &["rebuild", "--data", &none],
        &["backup", "--data", &none, &folder.at("copy")],
        &["import", "--data", &none, &folder.at("none.csv")],
        &["export", "--data", &none, "--out", &folder.at("out.csv")],
        &["phone", "--data", &none, "sync"],
        &["phone", "--data", &none, "list"],
        &["bundle", "export", "--data", &none, &folder.at("b.chibo")],
        &["bundle", "import", "--data", &none, &folder.at("b.chibo")],
        &["restore", "--data", &none, &folder.at("none.db")],
    ] {
        chibo(args).refused();
        assert!(!Path::new(&none).exists(), "{args:?}");
        assert!(files(folder.path()).is_empty(), "{args:?}");
    }
}

#[test]
fn a_file_that_cannot_be_read_or_written_is_named() {
    let office = Office::new();
    let (none, inside) = (
        office.folder.at("none.csv"),
        office.folder.at("none/out.csv"),
    );
    let folder = office.folder.at("folder.csv");
    std::fs::create_dir(&folder).unwrap();
    for (args, named) in [
        (&["import", "--data", &office.data, &none][..], &none),
        (&["import", "--data", &office.data, &folder], &folder),
        (
            &["export", "--data", &office.data, "--out", &inside],
            &inside,
        ),
        (&["serve", "--data", &office.data, "--app", &none], &none),
        (
            &["serve", "--data", &office.data, "--app", &folder],
            &folder,
        ),
        (&["backup", "--data", &office.data, &inside], &inside),
        (&["backup", "--data", &office.data, &folder], &folder),
        (
            &["restore", "--data", &office.data, "--force", &inside],
            &inside,
        ),
        (&["bundle", "import", "--data", &office.data, &none], &none),
        (
            &["bundle", "import", "--data", &office.data, &folder],
            &folder,
        ),
        (
            &[
                "init",
                "--data",
                &format!("{}/roster.csv/x", office.folder.at("")),
                "--name",
                "x",
            ],
            &"roster.csv".to_owned(),
        ),
    ] {
        let why = chibo(args).refused();
        assert!(why.contains(named.as_str()), "{why}");
        assert!(!why.contains("os error"), "{why}");
    }
    chibo(&["verify", "--data", &office.data]).done();
}

#[test]
fn a_second_process_on_the_same_store_is_turned_away() {
    let office = Office::new();
    let copy = office.folder.at("copy.age");
    chibo(&["backup", "--data", &office.data, &copy]).done();
    let serving = office.serve();
    for args in [
        &["serve", "--data", &office.data, "--listen", "127.0.0.1:0"][..],
        &[
            "restore",
            "--data",
            &office.data,
            &copy,
            "--force",
            "--root-key",
            &office.root_key,
        ],
    ] {
        let why = chibo(args).refused();
        assert!(why.contains("another program has this store open"), "{why}");
    }
    // Who has not the password that only the same user can read is not heard.
    let door = Path::new(&office.data).join("console");
    let told = std::fs::read_to_string(&door).unwrap();
    let mut address: serde_json::Value = serde_json::from_str(&told).unwrap();
    let words = serde_json::json!({"args": ["chibo", "digest", "--data", &office.data], "folder": "/",
                                   "lang": "En", "json": true, "root_key": null});
    for proof in ["", &"0".repeat(64)] {
        let mut stream = TcpStream::connect(address["address"].as_str().unwrap()).unwrap();
        let said = format!("{{\"nonce\":\"00\"}}\n{proof} {words}\n");
        stream.write_all(said.as_bytes()).unwrap();
        let mut heard = String::new();
        stream.read_to_string(&mut heard).unwrap();
        assert_eq!(heard.lines().count(), 1, "its own greeting only: {heard}");
    }
    address["password"] = "0".repeat(32).into();
    std::fs::write(&door, address.to_string()).unwrap();
    chibo(&["digest", "--data", &office.data]).refused();
    for garbage in ["", "{}", "not json"] {
        std::fs::write(&door, garbage).unwrap();
        chibo(&["digest", "--data", &office.data]).refused();
    }
    assert_eq!(serving.terminate().code(), Some(0));
    chibo(&["verify", "--data", &office.data]).done();
}

#[test]
fn a_port_in_use_is_named() {
    let office = Office::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let why = chibo(&["serve", "--data", &office.data, "--listen", &address]).refused();
    assert!(why.contains(&address), "{why}");
    let why = chibo(&[
        "serve",
        "--data",
        &office.data,
        "--listen",
        "not an address",
    ])
    .refused();
    assert!(why.contains("not an address"), "{why}");
}

#[test]
fn a_store_of_a_newer_version_is_left_alone() {
    let office = Office::new();
    let store = Path::new(&office.data).join("node.db");
    let key = keys::open(&store, &mut || Ok(None)).unwrap();
    let newer = SqliteStore::open(&store, &key, Durability::Full).unwrap();
    newer
        .connection()
        .execute_batch("PRAGMA user_version = 99")
        .unwrap();
    drop(newer);
    let bytes = std::fs::read(&store).unwrap();
    let why = chibo(&["digest", "--data", &office.data]).refused();
    assert!(why.contains("99"), "{why}");
    assert_eq!(std::fs::read(&store).unwrap(), bytes);
}

#[test]
fn a_file_that_is_no_store_is_said_to_be_none() {
    let office = Office::new();
    let store = Path::new(&office.data).join("node.db");
    for bytes in [&b"Kinh gui dang uy xa"[..], b"", &[0x5a; 8192]] {
        std::fs::write(&store, bytes).unwrap();
        chibo(&["digest", "--data", &office.data]).refused();
        chibo(&["serve", "--data", &office.data, "--listen", "127.0.0.1:0"]).refused();
    }
}

#[test]
fn a_store_cut_in_the_middle_is_no_panic() {
    let office = Office::new();
    let store = Path::new(&office.data).join("node.db");
    let whole = std::fs::read(&store).unwrap();
    std::fs::write(&store, &whole[..whole.len() / 2]).unwrap();
    let ran = chibo(&["verify", "--data", &office.data]);
    assert!(matches!(ran.code, Some(1 | 2)), "{ran:?}");
    assert!(!ran.err.contains("panicked"), "{ran:?}");
}

#[test]
fn a_second_node_in_the_same_folder_is_not_made() {
    let office = Office::new();
    let before = files(Path::new(&office.data));
    chibo(&["init", "--data", &office.data, "--name", "Xã khác"]).refused();
    assert_eq!(before, files(Path::new(&office.data)));
    chibo(&["init", "--data", &office.folder.at("x"), "--name", "  "]).refused();
}

#[test]
fn a_ticket_works_once_and_says_what_is_wrong_with_it() {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    let mistyped = ticket.replacen('a', "b", 1);
    assert!(
        phone
            .run(&["enrol", "xin chào"])
            .refused()
            .contains("no ticket")
    );
    assert!(
        phone
            .run(&["enrol", &mistyped])
            .refused()
            .contains("mistyped")
    );
    phone.enrol(&ticket, &serving.url);
    assert!(phone.run(&["enrol", &ticket]).refused().contains("already"));
    let other = Phone::new(&office.folder, "b");
    let why = other
        .run(&["enrol", &ticket, "--url", &serving.url])
        .refused();
    assert!(why.contains("has been used"), "{why}");
}

#[test]
fn a_role_is_given_only_on_a_place_that_has_it() {
    let office = Office::new();
    for (scope, role) in [
        ("Đinh Văn Quang", "secretary"),
        ("Chi bộ Xóm 5", "member"),
        ("Chi bộ Xóm 5", "king"),
        ("Chi bộ Xóm 9", "secretary"),
    ] {
        chibo(&[
            "ticket",
            "--data",
            &office.data,
            "--scope",
            scope,
            "--role",
            role,
            "--not-a-member",
        ])
        .refused();
    }
}

#[test]
fn a_node_that_is_not_there_is_a_broken_line_and_work_is_kept() {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    assert!(serving.terminate().success());
    phone.run(&["edit", "quang", "phone=0900000001"]).done();
    assert!(phone.run(&["sync"]).refused().contains("line"));
    for url in [
        "http://",
        "ftp://127.0.0.1",
        "xa.example",
        "http://127.0.0.1:99999",
    ] {
        phone.run(&["sync", "--url", url]).refused();
    }
    assert_eq!(
        phone.run(&["show", "quang"]).done().json()["fields"]["phone"],
        "0900000001"
    );
    // The address that worked last was not forgotten for those that do not.
    let serving = office.serve();
    phone.run(&["sync", "--url", &serving.url]).done();
}

#[test]
fn a_value_that_does_not_fit_is_refused_with_what_does() {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    let edit = |value: &str| phone.run(&["edit", "quang", value]).refused();
    assert!(edit("sex=khác").contains("male, female"));
    assert!(edit("born=31/02/1960").contains("03/02/1930"));
    assert!(edit("no_such=1").contains("full_name"));
    assert!(edit("phone").contains("FIELD=VALUE"));
    let long = format!("alias={}", "a".repeat(513));
    assert!(edit(&long).contains("512"));
    let why = phone.run(&["attend", "11/2026", "quang=present"]).refused();
    assert!(why.contains("whole day"), "{why}");
    let why = phone
        .run(&["attend", "05/11/2026", "quang=dancing"])
        .refused();
    assert!(why.contains("present"), "{why}");
    phone.run(&["edit", "nobody", "phone=1"]).refused();
    phone.run(&["resolve", "quang", "phone", "1"]).refused();
    phone.run(&["checkin", "commune=Dĩ An"]).refused();
    assert_eq!(phone.run(&["status"]).done().json()["drafts"], 0);
}

#[test]
fn a_meeting_is_shown_edited_and_taken_back_by_its_own_id() {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    phone.run(&["attend", "2026-11-20", "quang=present"]).done();
    let list = phone.run(&["list", "--kind", "meeting"]).done().json();
    let doc = list["rows"][0]["doc"].as_str().unwrap().to_owned();
    phone.run(&["edit", &doc, "place=Nhà văn hóa"]).done();
    let shown = phone.run(&["show", &doc]).done().json();
    assert_eq!(shown["fields"]["place"], "Nhà văn hóa");
    let undone = phone.run(&["undo", &doc]).done().json();
    assert_eq!(undone["undone"], true);
    phone.run(&["show", &doc]).refused();
    assert!(serving.terminate().success());
}

#[test]
fn what_was_not_sent_yet_can_be_taken_back() {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    assert_eq!(phone.run(&["undo", "quang"]).done().json()["undone"], true);
    assert_eq!(phone.run(&["status"]).done().json()["drafts"], 0);
    assert!(phone.run(&["show", "quang"]).done().json()["fields"]["alias"].is_null());
}
