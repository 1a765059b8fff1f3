//! A phone is lost, or somebody leaves the post: the office shuts the device out.

use crate::program::{COLUMNS, Office, Phone, Serving, chibo, handset, people};
use chibo_core::author::Target;
use chibo_core::document::Value;
use chibo_core::kind;
use chibo_core::limits;
use chibo_core::log::{self, EndAct};
use chibo_core::place::PlaceKind;
use chibo_people::roster;
use chibo_server::edge;
use std::path::Path;

/// An office that serves, and a secretary's phone with records on it; its number among the devices.
fn secretary(office: &Office) -> (Phone, Serving, String) {
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    let devices = chibo(&["devices", "--data", &office.data, "--json"])
        .done()
        .json();
    let list = devices["devices"].as_array().unwrap();
    let one = list.iter().find(|d| d["role"] == "secretary").unwrap();
    assert_eq!(one["revoked"], false, "{devices}");
    (phone, serving, one["number"].to_string())
}

fn revoke(office: &Office, number: &str, more: &[&str]) -> crate::program::Ran {
    chibo(&[&["revoke", number, "--data", &office.data], more].concat())
}

#[test]
fn a_revoked_device_gets_nothing_and_what_it_brings_waits_for_the_office() {
    let office = Office::new();
    let (phone, serving, number) = secretary(&office);
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    revoke(&office, &number, &[]).done();
    let news = office.folder.at("news.csv");
    let [.., an] = people();
    let columns = [&COLUMNS[..], &["phone"]].concat();
    let rows = roster("Chi bộ Xóm 5", &[an.with("phone", "0912345678")], &columns);
    std::fs::write(&news, rows).unwrap();
    chibo(&["import", "--data", &office.data, &news]).done();

    let told = phone.run(&["sync"]).no().json();
    assert_eq!(told["revoked"], true, "{told}");
    assert_eq!(told["held"], 1, "{told}");
    assert_eq!(told["entries"], 0, "{told}");
    phone.run(&["list"]).refused();
    phone.run(&["edit", "quang", "alias=Ba"]).refused();
    phone.run(&["show", "quang"]).refused();

    let list = chibo(&["quarantine", "list", "--data", &office.data, "--json"])
        .done()
        .json();
    assert_eq!(list["held"], 1, "{list}");
    let accept = ["quarantine", "accept", "1", "--data", &office.data];
    chibo(&[&accept[..], &["--by-other"]].concat()).done();
    revoke(&office, &number, &[]).refused();
    revoke(&office, "99999", &[]).refused();
    assert!(serving.terminate().success());
    chibo(&["verify", "--data", &office.data]).done();
}

#[test]
fn where_a_key_lies_is_said_of_every_right() {
    let office = Office::new();
    let (_phone, _serving, number) = secretary(&office);
    let told = chibo(&["grants", "--data", &office.data]).done().out;
    let line_of = |number: &str| {
        let mut lines = told.lines();
        lines.find(|line| line.trim_start().starts_with(&format!("{number} ")))
    };
    assert!(line_of(&number).unwrap().contains("on a device"), "{told}");
    // The office writes with a key that the node keeps for it.
    assert_eq!(told.matches("kept by the node").count(), 1, "{told}");
}

#[test]
fn a_script_learns_what_a_revocation_did() {
    let office = Office::new();
    let (phone, serving, number) = secretary(&office);
    let ticket = phone.run(&["ticket", "quang", "--days", "3"]);
    let ticket = ticket.done().json()["ticket"].as_str().unwrap().to_owned();
    let member = Phone::new(&office.folder, "member");
    member.enrol(&ticket, &serving.url);
    let told = revoke(&office, &number, &["--cascade", "--wipe", "--json"]).done();
    let told = told.json();
    assert_eq!(told["revoked"].to_string(), number, "{told}");
    assert_eq!(told["wipe"], true, "{told}");
    let entries = told["entries"].as_array().unwrap();
    assert!(entries.len() > 1, "with those that it let in: {told}");
    assert_eq!(told["entry"], entries[0], "{told}");
    let why = revoke(&office, &number, &["--cascade", "--json"]);
    assert_eq!(why.code, Some(2), "{why:?}");
    assert_eq!(
        why.out, "",
        "nothing that a script could take for an answer"
    );
    assert_eq!(member.run(&["sync"]).no().json()["revoked"], true);
    assert!(serving.terminate().success());
}

#[test]
fn a_new_phone_of_the_same_person_goes_on_where_the_revoked_one_stopped() {
    let office = Office::new();
    let hers = || office.ticket_for("secretary", "Chi bộ Xóm 5", "Trần Đức An");
    let first = hers();
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&first, &serving.url);
    phone.sync();
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    let new = Phone::new(&office.folder, "b");
    new.enrol(&hers(), &serving.url);
    phone.sync();
    let secretaries = || -> Vec<_> {
        let told = chibo(&["devices", "--data", &office.data, "--json"]);
        let list = told.done().json()["devices"].as_array().unwrap().clone();
        (list.into_iter())
            .filter(|d| d["role"] == "secretary")
            .collect()
    };
    let [old, other] = &secretaries()[..] else {
        panic!("two devices: {:?}", secretaries());
    };
    assert_ne!(old["key"], other["key"], "a key of its own");
    assert_eq!(old["person"], other["person"], "under the same person");
    revoke(&office, &old["number"].to_string(), &[]).done();
    new.sync();
    let shown = new.run(&["show", "quang"]).done().json();
    assert_eq!(shown["fields"]["alias"], "Hai");
    new.run(&["edit", "quang", "alias=Ba"]).done();
    new.sync();

    // What was written on either stands as theirs.
    new.run(&["edit", "am", "alias=Bảy"]).done();
    new.sync();
    for (member, alias) in [("quang", "Ba"), ("am", "Bảy")] {
        let own = ["own-data", "--data", &office.data, member, "--json"];
        let told = chibo(&own).done().json();
        let records = told["records"].as_array().unwrap();
        let record = records.iter().find(|r| r["kind"] == "member").unwrap();
        let said = record["values"].as_array().unwrap().iter();
        let mut said = said.filter(|f| f["path"] == "alias");
        let said = said.next().unwrap();
        assert_eq!(said["value"], alias, "{said}");
        assert_eq!(said["typed"]["name"], "Trần Đức An", "{said}");
    }
    // Nor does the new one decide about its owner.
    let own = ["decision", "add", "Trần Đức An", "form=other", "number=7"];
    new.run(&own).refused();
    let other = ["decision", "add", "quang", "form=other", "number=7"];
    new.run(&other).done();
    new.sync();

    // What the old one passes on from hand to hand is not taken any more.
    phone.run(&["edit", "an", "alias=Bốn"]).done();
    let stick = office.folder.at("usb.chibo");
    chibo(&[
        "bundle",
        "export",
        "--for",
        "peer",
        "--data",
        &phone.data,
        &stick,
    ])
    .done();
    let told = chibo(&["bundle", "import", "--data", &new.data, &stick, "--json"])
        .done()
        .json();
    assert_eq!(told["shared"], 0, "{told}");
    assert!(serving.terminate().success());
}

#[test]
fn a_lost_phone_hands_over_what_it_has_wipes_itself_and_says_so_once() {
    let office = Office::new();
    let (phone, serving, number) = secretary(&office);
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    revoke(&office, &number, &["--wipe"]).done();
    let told = phone.run(&["sync"]).no().json();
    assert_eq!(told["wiped"], true, "{told}");
    let left: Vec<_> = std::fs::read_dir(&phone.data)
        .unwrap()
        .map(|f| f.unwrap().file_name())
        .collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(!Path::new(&phone.data).join("phone.db").exists());

    let devices = chibo(&["devices", "--data", &office.data, "--json"])
        .done()
        .json();
    let list = devices["devices"].as_array().unwrap();
    let one = list.iter().find(|d| d["role"] == "secretary").unwrap();
    assert_eq!(one["wiped"], true, "{devices}");
    // Its last work is not lost: the office decides.
    let list = chibo(&["quarantine", "list", "--data", &office.data, "--json"])
        .done()
        .json();
    assert_eq!(list["rows"][0]["changes"][0]["says"], "Hai", "{list}");
    assert!(serving.terminate().success());
}

/// Whether the office's list says that the secretary's phone has wiped itself.
fn is_wiped(office: &Office) -> bool {
    let devices = chibo(&["devices", "--data", &office.data, "--json"]);
    let devices = devices.done().json()["devices"].as_array().unwrap().clone();
    let one = devices.iter().find(|d| d["role"] == "secretary").unwrap();
    one["wiped"] == true
}

#[test]
fn a_lost_phone_that_only_a_stick_reaches_hands_over_wipes_itself_and_says_so() {
    let office = Office::new();
    let (phone, serving, number) = secretary(&office);
    let stick = office.folder.at("usb.chibo");
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    revoke(&office, &number, &["--wipe"]).done();
    let export = ["bundle", "export", "--data", &phone.data, &stick];
    let import = |data: &str| chibo(&["bundle", "import", "--data", data, &stick, "--json"]);
    chibo(&export).done();
    import(&office.data).done();
    // What it wrote meanwhile goes first: it is told, and stays.
    let told = import(&phone.data).no().json();
    assert_eq!(told["revoked"], true, "{told}");
    assert_eq!(told["wiped"], true, "{told}");
    assert_eq!(std::fs::read_dir(&phone.data).unwrap().count(), 0);
    assert!(!is_wiped(&office));
    import(&office.data).done();
    assert!(is_wiped(&office));
    let list = chibo(&["quarantine", "list", "--data", &office.data, "--json"]);
    let list = list.done().json();
    assert_eq!(list["rows"][0]["changes"][0]["says"], "Hai", "{list}");
    assert!(serving.terminate().success());
}

#[test]
fn a_phone_that_is_shut_out_by_stick_says_so() {
    let office = Office::new();
    let (phone, serving, number) = secretary(&office);
    let stick = office.folder.at("usb.chibo");
    revoke(&office, &number, &[]).done();
    chibo(&["bundle", "export", "--data", &phone.data, &stick]).done();
    chibo(&["bundle", "import", "--data", &office.data, &stick]).done();
    let told = chibo(&["bundle", "import", "--data", &phone.data, &stick, "--json"]).no();
    assert_eq!(told.json()["revoked"], true, "{told:?}");
    assert!(Path::new(&phone.data).join("phone.db").exists());
    assert!(serving.terminate().success());
}

#[test]
fn a_lost_phone_whose_work_the_node_does_not_take_yet_is_not_said_to_be_wiped() {
    let office = Office::new();
    let (phone, serving, number) = secretary(&office);
    assert!(serving.terminate().success());
    let file = office.folder.at("node.age");
    chibo(&["backup", "--data", &office.data, &file]).done();
    revoke(&office, &number, &["--wipe"]).done();
    let restore = ["restore", "--data", &office.data, &file, "--force"];
    chibo(&[&restore[..], &["--root-key", &office.root_key]].concat()).done();
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    let serving = office.serve();
    let told = phone.run(&["sync", "--url", &serving.url]).no().json();
    assert_ne!(told["wiped"], true, "{told}");
    assert!(Path::new(&phone.data).join("phone.db").exists());
    office.confirm();
    let told = phone.run(&["sync", "--url", &serving.url]).no().json();
    assert_eq!(told["wiped"], true, "{told}");
    assert!(serving.terminate().success());
}

#[test]
fn what_nobody_has_seen_is_not_confirmed_and_numbers_are_those_of_the_list_that_was_shown() {
    let office = Office::new();
    let file = office.folder.at("node.age");
    chibo(&["backup", "--data", &office.data, &file]).done();
    let serving = office.serve();
    let phones = ["a", "b", "c"].map(|name| {
        let phone = Phone::new(&office.folder, name);
        phone.enrol(&office.ticket("deputy", "Chi bộ Xóm 5"), &serving.url);
        phone.sync();
        phone
    });
    assert!(serving.terminate().success());
    office.restore(&file);
    let serving = office.serve();
    let confirm = |more: &[&str]| {
        let args = ["confirm", "--data", &office.data, "--json"];
        chibo(&[&args[..], more].concat())
    };
    phones[0].run(&["sync", "--url", &serving.url]).refused();
    let seen = confirm(&[]).json();
    assert_eq!(seen["waiting"].as_array().unwrap().len(), 1, "{seen}");
    let of_one = seen["code"].as_str().unwrap();
    let words = confirm(&["--yes"]).refused();
    assert!(words.contains(of_one), "{words}");
    confirm(&["--yes", of_one, "--without", "2"]).refused();
    // Meanwhile two more have come, and what was number one may be number three.
    for phone in &phones[1..] {
        phone.run(&["sync", "--url", &serving.url]).refused();
    }
    confirm(&["--yes", of_one, "--without", "1"]).refused();
    let seen = confirm(&[]).json();
    assert_eq!(seen["waiting"].as_array().unwrap().len(), 3, "{seen}");
    let code = seen["code"].as_str().unwrap();
    let done = confirm(&["--yes", code, "--without", "1"]).done().json();
    assert_eq!((&done["grants"], &done["left_out"]), (&2.into(), &1.into()));
    let known = (phones.iter())
        .filter(|phone| {
            let ran = phone.run(&["sync", "--url", &serving.url]);
            ran.code == Some(0)
        })
        .count();
    assert_eq!(known, 2);
    assert!(serving.terminate().success());
}

#[test]
fn a_lost_phone_with_more_work_than_one_request_holds_is_empty_after_one_contact() {
    let office = Office::new();
    let (phone, serving, number) = secretary(&office);
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    // Over a line so bad that a request holds a few segments.
    let mut handset = handset(&phone.data);
    let member = handset.phone.tree().iter();
    let member = member.filter(|(_, p)| p.kind == PlaceKind::Member);
    let member = member.map(|(id, _)| id).next().unwrap();
    let (now, mut chance) = (edge::now(), edge::SystemChance);
    for n in 0..60 {
        let target = Target::at(member, kind::by_name("member").unwrap(), b"");
        let edit = [("note".to_owned(), Value::Text(format!("lần {n}")))].into();
        (handset.phone.edit(target, &edit, now, &mut chance)).unwrap();
        handset.phone.seal(now, &mut chance).unwrap();
    }
    for _ in 0..limits::HALVINGS {
        handset.request(now, &mut chance).unwrap();
    }
    drop(handset);
    revoke(&office, &number, &["--wipe"]).done();
    let told = phone.run(&["sync"]).no().json();
    assert_eq!(told["wiped"], true, "{told}");
    assert!(!Path::new(&phone.data).join("phone.db").exists());
    let list = chibo(&["quarantine", "list", "--data", &office.data, "--json"]);
    let held = list.done().json()["held"].as_u64().unwrap();
    assert!(held >= 60, "{held}");
    assert!(serving.terminate().success());
}

#[test]
fn the_folder_of_a_phone_whose_right_is_over_shows_nothing_by_any_command() {
    let office = Office::new();
    let (phone, serving, number) = secretary(&office);
    let copy = office.folder.at("copy.age");
    let commands: [&[&str]; 9] = [
        &["register", "members"],
        &["own-data", "quang"],
        &["dossier", "missing"],
        &["case", "list"],
        &["decision", "list"],
        &["deadlines"],
        &["away"],
        &["audit"],
        &["backup", &copy],
    ];
    let run = |args: &[&str]| {
        let data = ["--data", &phone.data];
        chibo(&[&args[..1], &data, &args[1..]].concat())
    };
    for args in commands {
        run(args).done();
    }
    std::fs::remove_file(&copy).unwrap();
    revoke(&office, &number, &[]).done();
    phone.run(&["sync"]).no();
    for args in commands {
        let why = run(args).refused();
        assert!(why.contains("grant has ended"), "{args:?}: {why}");
    }
    assert!(!Path::new(&copy).exists());
    assert!(serving.terminate().success());
}

#[test]
fn what_ends_by_itself_stands_in_the_list_beside_the_store_as_well() {
    let office = Office::new();
    let (phone, serving, number) = secretary(&office);
    assert!(serving.terminate().success());
    let list = Path::new(&office.data).join("revocations");
    let (store, before) = (
        Path::new(&office.data).join("node.db"),
        office.folder.at("before.db"),
    );
    std::fs::copy(&store, &before).unwrap();
    revoke(&office, &number, &[]).done();
    let whole = std::fs::read(&list).unwrap();
    let look = || chibo(&["devices", "--data", &office.data]).done();
    // An older store in its place knows nothing of it; the list goes on knowing.
    let after = office.folder.at("after.db");
    std::fs::copy(&store, &after).unwrap();
    std::fs::copy(&before, &store).unwrap();
    look();
    assert_eq!(std::fs::read(&list).unwrap(), whole);
    std::fs::copy(&after, &store).unwrap();
    // One that is damaged is set aside: what can be saved of it is not written over.
    std::fs::write(&list, b"chibo").unwrap();
    look();
    assert_eq!(std::fs::read(&list).unwrap(), whole);
    assert_eq!(
        std::fs::read(list.with_extension("hong1")).unwrap(),
        b"chibo"
    );
    assert!(look().out.contains("this list is damaged"));
    std::fs::remove_file(list.with_extension("hong1")).unwrap();
    // As if it had not been written: the next command, or the node's next minute, writes it.
    std::fs::remove_file(&list).unwrap();
    look();
    assert_eq!(std::fs::read(&list).unwrap(), whole);
    // What cannot be written there does not make undone what was done.
    std::fs::remove_file(&list).unwrap();
    std::fs::create_dir(&list).unwrap();
    let told = revoke(&office, &number, &["--wipe", "--json"])
        .done()
        .json();
    assert_eq!(told["listed"], false, "{told}");
    std::fs::remove_dir(&list).unwrap();
    let serving = office.serve();
    assert_eq!(
        phone.run(&["sync", "--url", &serving.url]).no().json()["wiped"],
        true
    );
}

#[test]
fn a_revocation_after_the_backup_is_not_undone_by_it_though_no_phone_had_heard_of_it() {
    let office = Office::new();
    let (phone, serving, number) = secretary(&office);
    assert!(serving.terminate().success());
    let file = office.folder.at("node.age");
    chibo(&["backup", "--data", &office.data, &file]).done();
    revoke(&office, &number, &[]).done();
    let restore = ["restore", "--data", &office.data, &file, "--force"];
    let more = ["--root-key", &office.root_key, "--confirm", "--json"];
    let restore = [&restore[..], &more].concat();
    let told = chibo(&restore).done().json();
    assert_eq!(told["revoked_again"], 1, "{told}");
    let serving = office.serve();
    let told = phone.run(&["sync", "--url", &serving.url]).no().json();
    assert_eq!(told["revoked"], true, "{told}");
    assert!(serving.terminate().success());

    // A list that was tampered with revokes nobody, and says so.
    let list = Path::new(&office.data).join("revocations");
    let bytes = std::fs::read(&list).unwrap();
    let mut acts = log::read_acts::<EndAct>(log::REVOCATIONS, &bytes).unwrap();
    acts.iter_mut().for_each(|act| act.signature.0[0] ^= 1);
    let bytes = log::write_acts(log::REVOCATIONS, &acts);
    std::fs::write(&list, &bytes).unwrap();
    let told = chibo(&restore).done().json();
    assert_eq!(told["revoked_again"], 0, "{told}");
    std::fs::write(&list, b"chibo").unwrap();
    chibo(&restore).refused();
}
