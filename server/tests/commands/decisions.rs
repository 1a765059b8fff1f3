//! What a secretary wrote while the person had moved already: the office decides, and both sides hear.

use crate::program::{Office, Phone, chibo};
use chibo_people::someone;

fn quarantine(office: &Office) -> serde_json::Value {
    chibo(&["quarantine", "list", "--data", &office.data, "--json"])
        .done()
        .json()
}

/// An office with two branches, the secretary of the first, and an edit that came too late.
fn late_edit(office: &Office) -> (Phone, crate::program::Serving) {
    office.takes_in("Chi bộ Xóm 6", &[someone("Lê Thị Bưởi")]);
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
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
    phone.run(&["edit", "quang", "phone=0912345678"]).done();
    let told = phone.run(&["sync"]).no().json();
    assert_eq!(told["held"], 1, "{told}");
    assert_eq!(told["synced"], false, "{told}");
    (phone, serving)
}

#[test]
fn an_edit_of_somebody_who_had_moved_waits_for_the_office_and_is_taken_in() {
    let office = Office::new();
    let (phone, serving) = late_edit(&office);
    let list = quarantine(&office);
    assert_eq!(list["held"], 1, "{list}");
    let row = &list["rows"][0];
    assert_eq!(row["place"], "Đinh Văn Quang");
    assert_eq!(row["changes"][0]["path"], "phone");
    assert_eq!(row["changes"][0]["says"], "0912345678");

    // Nothing is left to send, and that is how it is said.
    let said = chibo(&["phone", "--data", &phone.data, "sync"]).no();
    assert_eq!(
        said.out,
        "All is received by the node.\n1 of it waits for the office to decide\n"
    );

    // Nobody decides about themself.
    let accept = ["quarantine", "accept", "1", "--data", &office.data];
    let why = chibo(&[&accept[..], &["--by", "quang"]].concat()).refused();
    assert!(why.contains("themself"), "{why}");
    chibo(&[&accept[..], &["--by", "Trần Đức An"]].concat()).done();
    let told = phone.run(&["sync"]).done().json();
    assert_eq!(told["synced"], true, "{told}");
    assert_eq!(quarantine(&office)["held"], 0);
    let why = chibo(&["quarantine", "accept", "1", "--data", &office.data]).refused();
    assert!(why.contains("number"), "{why}");

    // The new branch has it, whoever wrote it.
    let ticket = office.ticket("secretary", "Chi bộ Xóm 6");
    let other = Phone::new(&office.folder, "b");
    other.enrol(&ticket, &serving.url);
    other.sync();
    let shown = other.run(&["show", "quang"]).done().json();
    assert_eq!(shown["fields"]["phone"], "0912345678");
    assert!(serving.terminate().success());
    chibo(&["verify", "--data", &office.data]).done();
}

#[test]
fn an_edit_that_the_office_does_not_take_is_kept_and_its_author_is_told() {
    let office = Office::new();
    let (phone, serving) = late_edit(&office);
    chibo(&["quarantine", "drop", "1", "--data", &office.data]).done();
    let told = phone.run(&["sync"]).done().json();
    assert_eq!(told["refused"].as_array().unwrap().len(), 1, "{told}");
    let list = quarantine(&office);
    assert_eq!(list["held"], 0);
    assert_eq!(list["rows"].as_array().unwrap().len(), 1, "it is kept");
    chibo(&["quarantine", "drop", "1", "--data", &office.data]).done();
    assert_eq!(quarantine(&office)["rows"].as_array().unwrap().len(), 0);
    chibo(&["quarantine", "drop", "1", "--data", &office.data]).refused();
    chibo(&["quarantine", "list", "--data", &phone.data]).refused();
    assert!(serving.terminate().success());
    chibo(&["verify", "--data", &office.data]).done();
}
