//! Story 12 on the command line: an applicant is refused and asks to be forgotten.

use crate::program::{Office, Phone, Ran, chibo, handset};
use chibo_people::{applicant, someone};
use std::path::Path;

#[path = "../../../core/tests/stage/plain.rs"]
mod plain;

const NAME: &str = "Lường Thị Khuyếnh";
const TRACES: [&str; 5] = [NAME, "Khuyếnh", "khuyenh", "1999-11-23", "23/11/1999"];
const BASIS: &str = "12-CV/ĐU, 3/2/2026";

/// Every file of these folders, opened with the keys that their stores have now.
fn traces(folders: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for folder in folders {
        let stores = ["node.db", "phone.db"].map(|name| Path::new(folder).join(name));
        let store = stores.iter().find(|s| s.exists()).unwrap();
        let key = chibo_server::keys::open(store, &mut || Ok(None)).unwrap();
        found.extend(plain::holding(Path::new(folder), &[*key.expose()], &TRACES));
    }
    found
}

fn erase(office: &Office, more: &[&str]) -> Ran {
    let args = ["erase", "--data", &office.data, "--json"];
    // Who erases is no member of the branch, unless it is said.
    let by: &[&str] = match more.contains(&"--by") {
        true => &[],
        false => &["--by-other"],
    };
    chibo(&[&args[..], more, by].concat())
}

fn is_whole(data: &str) {
    chibo(&["verify", "--data", data]).done();
}

#[test]
fn story_12_a_refused_applicant_is_forgotten_by_office_phones_and_a_restored_backup() {
    let office = Office::new();
    office.takes_in(
        "Chi bộ Xóm 5",
        &[applicant(NAME).with("born", "23/11/1999")],
    );
    let tickets = ["secretary", "deputy", "secretary"].map(|r| office.ticket(r, "Chi bộ Xóm 5"));
    let serving = office.serve();
    let phones = ["a", "b", "c"].map(|name| Phone::new(&office.folder, name));
    let [secretary, deputy, later] = &phones;
    for (phone, ticket) in [secretary, deputy].into_iter().zip(&tickets) {
        phone.enrol(ticket, &serving.url);
        phone.sync();
    }
    deputy.run(&["edit", "khuyenh", "alias=Khuyếnh Lan"]).done();
    deputy.run(&["edit", "quang", "alias=Hai"]).done();
    let old = office.folder.at("old.age");
    chibo(&["backup", "--data", &office.data, &old]).done();
    let folders = [&office.data, &secretary.data, &deputy.data].map(String::as_str);
    for folder in folders {
        assert!(traces(&[folder]).len() > 2, "{folder} knows the name");
    }

    // What would go is shown, and nothing goes.
    let ask = ["khuyenh", "--why", "refused", "--basis", BASIS];
    let told = erase(&office, &ask).no().json();
    assert_eq!(told["would"][0]["kind"], "member", "{told}");
    // Who is a member is no applicant; a paper is named, and nobody in it.
    chibo(&[
        "phone",
        "--data",
        &secretary.data,
        "edit",
        "quang",
        "status=official",
    ])
    .done();
    secretary.sync();
    let of = |more: &[&str]| erase(&office, &[more, &["--yes"]].concat()).refused();
    let quang = of(&["quang", "--why", "refused", "--basis", BASIS]);
    assert!(quang.contains("no refused applicant"), "{quang}");
    let due = of(&["quang", "--why", "term", "--basis", BASIS]);
    assert!(due.contains("due"), "{due}");
    let named = of(&[
        "khuyenh",
        "--why",
        "refused",
        "--basis",
        "đơn của Lường thị Khuyếnh",
    ]);
    assert!(
        named.contains("nobody") || named.contains("no person"),
        "{named}"
    );
    let own = of(&[
        "khuyenh", "--why", "refused", "--basis", BASIS, "--by", "khuyenh",
    ]);
    assert!(own.contains("themself"), "{own}");
    let none = of(&["khuyenh", "--why", "decided", "--basis", BASIS]);
    assert!(none.contains("--record"), "{none}");
    assert!(!traces(&[&office.data]).is_empty());

    // The node that serves does it.
    let told = erase(&office, &[&ask[..], &["--yes"]].concat())
        .done()
        .json();
    assert_eq!(
        told["erased"],
        told["records"].as_array().unwrap().len(),
        "{told}"
    );
    assert_eq!(
        told["named_elsewhere"].as_array().unwrap().len(),
        0,
        "{told}"
    );
    secretary.sync();
    later.enrol(&tickets[2], &serving.url);
    later.sync();
    assert!(serving.terminate().success());
    assert_eq!(
        traces(&[&office.data, &secretary.data, &later.data]),
        [""; 0]
    );
    let again = later.run(&["edit", "khuyenh", "alias=x"]).refused();
    assert!(again.contains("no such"), "{again}");

    // The deputy's phone hears of it by a stick, with its own work on the way there.
    let stick = office.folder.at("usb.chibo");
    for _ in 0..2 {
        chibo(&["bundle", "export", "--data", &deputy.data, &stick]).done();
        chibo(&["bundle", "import", "--data", &office.data, &stick]).done();
        chibo(&["bundle", "import", "--data", &deputy.data, &stick]).done();
    }
    assert_eq!(traces(&folders), [""; 0]);
    let shown = handset(&deputy.data);
    assert_eq!(shown.phone.waiting().unwrap(), (0, 0));
    drop(shown);
    for data in [&office.data, &secretary.data, &deputy.data, &later.data] {
        is_whole(data);
    }
    assert_eq!(office.digest("Chi bộ Xóm 5"), deputy.digest("Chi bộ Xóm 5"));

    // New backups do not know the name; an older one forgets it again.
    let new = office.folder.at("new.age");
    chibo(&["backup", "--data", &office.data, &new]).done();
    office.restore(&new);
    for file in std::fs::read_dir(&office.data).unwrap().flatten() {
        if file.file_name().to_string_lossy().contains(".old-") {
            std::fs::remove_file(file.path()).unwrap();
        }
    }
    assert_eq!(traces(&[&office.data]), [""; 0]);
    let restored = chibo(&[
        "restore",
        "--data",
        &office.data,
        &old,
        "--force",
        "--confirm",
        "--root-key",
        &office.root_key,
        "--json",
    ]);
    let told = restored.done().json();
    assert!(told["forgotten_again"].as_u64() > Some(0), "{told}");
    for file in std::fs::read_dir(&office.data).unwrap().flatten() {
        if file.file_name().to_string_lossy().contains(".old-") {
            std::fs::remove_file(file.path()).unwrap();
        }
    }
    assert_eq!(traces(&[&office.data]), [""; 0]);
    is_whole(&office.data);
    let serving = office.serve();
    // The one that was enrolled after that backup waits for the office's word.
    later.run(&["sync", "--url", &serving.url]).refused();
    office.confirm();
    for phone in [secretary, later, deputy] {
        phone.run(&["sync", "--url", &serving.url]);
        phone.run(&["sync", "--url", &serving.url]).done();
    }
    assert!(serving.terminate().success());
    assert_eq!(traces(&folders), [""; 0]);
    assert_eq!(office.digest("Chi bộ Xóm 5"), deputy.digest("Chi bộ Xóm 5"));
}

#[test]
fn what_is_due_is_listed_with_its_rule_and_that_nobody_verified_it() {
    let office = Office::new();
    let list = |more: &[&str]| {
        let args = ["retention", "--data", &office.data, "--json"];
        chibo(&[&args[..], more].concat()).done().json()
    };
    let told = list(&[]);
    assert_eq!(told["records"].as_array().unwrap().len(), 0, "{told}");
    let record = told["terms"]
        .as_array()
        .unwrap()
        .iter()
        .find(|t| t["key"] == "keep.record");
    let record = record.unwrap();
    assert_eq!((&record["records"], &record["due"]), (&3.into(), &0.into()));
    assert_eq!(record["verified"], false);

    let died = someone("Vũ Văn Xương")
        .with("status", "Từ trần")
        .with("status_since", "");
    office.takes_in("Chi bộ Xóm 5", &[died]);
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    phone
        .run(&["edit", "xuong", "status_since=10/03/2015"])
        .done();
    phone.sync();
    let told = list(&[]);
    assert_eq!(told["records"][0]["name"], "Vũ Văn Xương", "{told}");
    assert_eq!(told["records"][0]["due"], "2025-03-10", "{told}");
    let said = chibo(&["retention", "--data", &office.data]).done().out;
    assert!(said.contains("[not verified]"), "{said}");
    let id = told["records"][0]["id"].as_str().unwrap();
    let one = [
        "xuong", "--why", "decided", "--basis", BASIS, "--record", id, "--yes",
    ];
    assert_eq!(erase(&office, &one).done().json()["erased"], 1);
    erase(&office, &one).refused();
    assert!(serving.terminate().success());
}

fn told_by(office: &Office, what: &str, more: &[&str]) -> serde_json::Value {
    let args = [what, "--data", &office.data, "--json"];
    chibo(&[&args[..], more].concat()).done().json()
}

#[test]
fn who_left_goes_with_the_letter_that_brought_them_and_no_unit_s_record_names_them() {
    let office = Office::new();
    let died = someone("Vũ Văn Xương")
        .with("status", "Từ trần")
        .with("status_since", "10/03/2012");
    office.takes_in("Chi bộ Xóm 5", &[died]);
    let letter = [
        "number=12",
        "letter_on=05/01/2010",
        "on=06/01/2010",
        "full_name=Vũ Văn Xương",
        "origin=Phường Dĩ An",
        "note=ghi sau",
    ];
    let open = ["open", "transfer_in", "Chi bộ Xóm 5", "--act", "arrive"];
    told_by(
        &office,
        "case",
        &[&["--by-other"], &open[..], &letter].concat(),
    );
    // They led the branch once: the unit's own record names nobody.
    let elected = ["election", "Chi bộ Xóm 5", "--secretary", "xuong"];
    let paper = ["--number", "3-QĐ/ĐU", "--date", "03/03/2009", "--by-other"];
    told_by(&office, elected[0], &[&elected[1..], &paper[..]].concat());
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    // The print of their own data has the letter too.
    let own = told_by(&office, "own-data", &["xuong"]);
    let kinds = |told: &serde_json::Value| {
        let records = told["records"].as_array().unwrap().iter();
        let kinds = records.map(|r| r["kind"].as_str().unwrap().to_owned());
        kinds.collect::<std::collections::BTreeSet<_>>()
    };
    assert!(kinds(&own).contains("transfer_in"), "{own}");
    let due = told_by(&office, "retention", &[]);
    assert!(kinds(&due).contains("transfer_in"), "{due}");
    let basis = ["xuong", "--why", "term", "--basis", BASIS];
    let told = erase(&office, &[&basis[..], &["--yes"]].concat())
        .done()
        .json();
    assert!(kinds(&told).contains("transfer_in"), "{told}");
    assert_eq!(told["named_elsewhere"], serde_json::json!([]), "{told}");
    phone.sync();
    let unit = phone.run(&["show", "Chi bộ Xóm 5"]).done().out;
    assert!(!unit.contains("Xương"), "{unit}");
    assert_eq!(
        told_by(&office, "retention", &[])["records"],
        serde_json::json!([])
    );
    assert!(serving.terminate().success());
    is_whole(&office.data);
    is_whole(&phone.data);
}
