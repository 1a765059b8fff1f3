//! The office goes on working while its node serves.

use crate::program::{COLUMNS, Office, Phone, chibo, people};
use chibo_core::node::Node;
use chibo_core::records;
use chibo_core::store::Store;
use chibo_core::store::sqlite::{Durability, SqliteStore};
use chibo_core::time::Timestamp;
use chibo_people::{roster, someone};
use chibo_server::edge::SystemChance;
use chibo_server::keys;
use std::path::Path;

#[test]
fn every_command_of_the_office_works_while_the_node_serves() {
    let office = Office::new();
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    // The ticket leads to where the node serves, so no address is typed.
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    phone.run(&["enrol", &ticket]).done();
    phone.sync();

    let more = [&people()[..], &[someone("Lê Thị Bưởi")]].concat();
    assert_eq!(office.takes_in("Chi bộ Xóm 5", &more)["new_members"], 1);
    phone.sync();
    let found = phone.run(&["list", "--search", "buoi"]).done().json();
    assert_eq!(found["rows"].as_array().unwrap().len(), 1, "{found}");

    // Names of files are as seen from where the command is given.
    let out = std::process::Command::new(env!("CARGO_BIN_EXE_chibo"))
        .args(["export", "--data", &office.data, "--out", "out.csv"])
        .current_dir(office.folder.path())
        .output()
        .unwrap();
    assert!(out.status.success(), "{out:?}");
    let rows = std::fs::read_to_string(office.folder.path().join("out.csv")).unwrap();
    assert!(rows.contains("Lê Thị Bưởi"), "{rows}");

    let copy = office.folder.at("copy.db");
    chibo(&["backup", "--data", &office.data, &copy]).done();
    assert!(Path::new(&copy).exists());
    for command in ["verify", "rebuild", "digest"] {
        chibo(&[command, "--data", &office.data]).done();
    }
    let stick = office.folder.at("usb.chibo");
    phone.run(&["edit", "buoi", "alias=Hai"]).done();
    chibo(&["bundle", "export", "--data", &phone.data, &stick]).done();
    chibo(&["bundle", "import", "--data", &office.data, &stick]).done();
    chibo(&["bundle", "import", "--data", &phone.data, &stick]).done();
    assert_eq!(phone.run(&["status"]).done().json()["unsent"], 0);

    // What is wrong is said as it would be without the server.
    let why = chibo(&["import", "--data", &office.data, "no such file.csv"]).refused();
    assert!(why.contains("no such file.csv"), "{why}");
    let bad = office.folder.at("bad.csv");
    let [_, am, _] = people();
    let odd = [am.with("born", "1971-13-41")];
    std::fs::write(&bad, roster("Chi bộ Xóm 5", &odd, &COLUMNS)).unwrap();
    let told = chibo(&["import", "--data", &office.data, &bad]).no();
    assert!(told.out.contains("BAD"), "{told:?}");

    assert!(serving.terminate().success());
    assert!(!Path::new(&office.data).join("console").exists());
    assert_eq!(office.digest("Chi bộ Xóm 5"), phone.digest("Chi bộ Xóm 5"));
}

#[test]
fn a_door_that_a_killed_node_left_behind_is_no_hindrance() {
    let office = Office::new();
    office.serve().kill();
    assert!(Path::new(&office.data).join("console").exists());
    office.digest("Chi bộ Xóm 5");
    let serving = office.serve();
    office.digest("Chi bộ Xóm 5");
    assert!(serving.terminate().success());
}

#[test]
fn what_a_node_says_of_its_clock_when_it_starts_is_in_its_json_as_well() {
    let office = Office::new();
    let told = office.serve().told.clone();
    assert_eq!(told["clock_doubted"], false, "{told}");
    assert!(told["later_epoch"].is_null(), "{told}");

    // A node whose log stands still since long ago, and that a device has named a later restore to.
    let path = Path::new(&office.data).join("node.db");
    let key = keys::open(&path, &mut || Ok(None)).unwrap();
    std::fs::remove_file(&path).unwrap();
    let store = SqliteStore::create(&path, &key, Durability::Full).unwrap();
    let long_ago = Timestamp(1_500_000_000);
    let (mut node, _) = Node::init(store, "Xã", long_ago, &mut SystemChance).unwrap();
    let later = 4_000_000_000_u64;
    let named =
        |tx: &mut dyn chibo_core::store::Tx| records::set_meta_number(tx, "later-epoch", later);
    node.store_mut().write(named).unwrap();
    drop(node);
    let told = office.serve().told.clone();
    assert_eq!(told["clock_doubted"], true, "{told}");
    assert!(
        told["later_epoch"].as_str().unwrap().contains("2096"),
        "{told}"
    );
    let told = chibo(&["confirm", "--data", &office.data, "--json"])
        .done()
        .json();
    assert!(
        told["later_epoch"].as_str().unwrap().contains("2096"),
        "{told}"
    );
}
