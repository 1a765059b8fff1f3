//! The office goes on working while its node serves.

use crate::program::{COLUMNS, Office, Phone, chibo, people};
use chibo_people::{roster, someone};
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
