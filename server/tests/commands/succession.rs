//! A branch's work goes from one secretary to the next: two phones and a stick, and where one phone is lost.

use crate::program::{Office, Phone, Serving, chibo};
use std::path::Path;

const BRANCH: &str = "Chi bộ Xóm 5";

/// The office, the secretary's phone and the one of whom the branch elected; both were in touch.
fn elected(days: &str) -> (Office, Phone, Phone, Serving) {
    let office = Office::new();
    let first = election(&office, &["--secretary", "quang", "--deputy", "am"]);
    let serving = office.serve();
    let old = Phone::new(&office.folder, "old");
    old.enrol(&ticket_of(&first, "secretary"), &serving.url);
    old.sync();
    assert!(serving.terminate().success());
    let second = election(
        &office,
        &["--secretary", "an", "--deputy", "am", "--handover", days],
    );
    let serving = office.serve();
    let new = Phone::new(&office.folder, "new");
    new.enrol(&ticket_of(&second, "secretary"), &serving.url);
    new.sync();
    (office, old, new, serving)
}

fn election(office: &Office, elected: &[&str]) -> serde_json::Value {
    let head = [
        "election",
        BRANCH,
        "--by-other",
        "--data",
        &office.data,
        "--number",
        "12-QĐ/ĐU",
        "--date",
        "01/08/2026",
        "--json",
    ];
    chibo(&[&head[..], elected].concat()).done().json()
}

fn ticket_of(told: &serde_json::Value, role: &str) -> String {
    let list = told["tickets"].as_array().unwrap();
    let one = list.iter().find(|t| t["role"] == role).unwrap();
    one["ticket"].as_str().unwrap().to_owned()
}

fn secretaries(office: &Office) -> Vec<(u64, bool)> {
    let told = chibo(&["devices", "--data", &office.data, "--json"])
        .done()
        .json();
    let list = told["devices"].as_array().unwrap();
    let secretary = list.iter().filter(|d| d["role"] == "secretary");
    let state = |d: &serde_json::Value| (d["number"].as_u64().unwrap(), d["revoked"] == true);
    secretary.map(state).collect()
}

#[test]
fn two_secretaries_hand_over_with_one_stick_and_no_line() {
    let (office, old, new, serving) = elected("30");
    assert!(serving.terminate().success());
    let stick = office.folder.at("usb.chibo");
    old.run(&["edit", "quang", "alias=Hai"]).done();

    // The old phone never heard of the new one; it scans its card.
    let card = new.run(&["succession", "card"]).done().json()["card"].clone();
    let card = card.as_str().unwrap();
    let counts = [
        "--cash",
        "1250000",
        "--dossiers",
        "3",
        "--book-list",
        "Sổ họp quyển 3, đến trang 27",
    ];
    let give = ["succession", "give", &stick, "--name", "Đinh Văn Quang"];
    old.run(&[&give[..], &counts, &["--to", &card[..card.len() - 1]]].concat())
        .refused();
    let told = old
        .run(&[&give[..], &counts, &["--to", card]].concat())
        .done()
        .json();
    assert_eq!(told["counts"]["members"], 3, "{told}");
    old.run(&["succession", "finish", &stick]).refused();
    assert!(Path::new(&old.data).join("phone.db").exists());

    let take = [
        "succession",
        "take",
        &stick,
        "--name",
        "Trần Đức An",
        "--cash",
        "1200000",
        "--dossiers",
        "3",
    ];
    let told = new.run(&take).done().json();
    assert_eq!(told["succession"]["confirmed"], true, "{told}");
    assert_eq!(
        told["succession"]["differences"],
        serde_json::json!(["cash"]),
        "{told}"
    );
    assert_eq!(
        told["succession"]["given"]["counts"]["cash"], 1_250_000,
        "{told}"
    );
    let shown = new.run(&["show", "quang"]).done().json();
    assert_eq!(shown["fields"]["alias"], "Hai");

    old.run(&["succession", "finish", &stick]).done();
    let left = std::fs::read_dir(&old.data).unwrap().count();
    assert_eq!(left, 0);

    // The new one brings it all; the role of before is over, and nothing is held.
    let serving = office.serve();
    new.run(&["sync", "--url", &serving.url]).done();
    assert!(serving.terminate().success());
    let ended = secretaries(&office)
        .into_iter()
        .filter(|(_, revoked)| *revoked);
    assert_eq!(ended.count(), 1);
    let list = chibo(&["quarantine", "list", "--data", &office.data, "--json"])
        .done()
        .json();
    assert_eq!(list["held"], 0, "{list}");
    let list = chibo(&["succession", "list", "--data", &office.data, "--json"])
        .done()
        .json();
    assert_eq!(
        list["successions"][0]["succession"]["confirmed"], true,
        "{list}"
    );
    chibo(&["verify", "--data", &office.data]).done();
}

#[test]
fn the_stick_alone_is_enough_should_the_new_phone_fall_into_a_pond() {
    let (office, old, new, serving) = elected("30");
    assert!(serving.terminate().success());
    let stick = office.folder.at("usb.chibo");
    old.run(&["edit", "quang", "alias=Hai"]).done();
    let card = new.run(&["succession", "card"]).done().json()["card"].clone();
    let give = [
        "succession",
        "give",
        &stick,
        "--name",
        "Quang",
        "--to",
        card.as_str().unwrap(),
    ];
    old.run(&give).done();
    new.run(&["succession", "take", &stick, "--name", "An"])
        .done();
    old.run(&["succession", "finish", &stick]).done();
    std::fs::remove_dir_all(&new.data).unwrap();
    chibo(&["bundle", "import", "--data", &office.data, &stick]).done();
    let out = office.folder.at("out.csv");
    chibo(&["export", "--data", &office.data, "--out", &out]).done();
    assert!(std::fs::read_to_string(&out).unwrap().contains("Hai"));
}

#[test]
fn story_2_the_office_ends_a_lost_phone_in_one_command_and_names_what_is_known_of_it() {
    let office = Office::new();
    let told = election(&office, &["--secretary", "quang", "--deputy", "am"]);
    let serving = office.serve();
    let lost = Phone::new(&office.folder, "lost");
    let deputy = Phone::new(&office.folder, "deputy");
    lost.enrol(&ticket_of(&told, "secretary"), &serving.url);
    deputy.enrol(&ticket_of(&told, "deputy"), &serving.url);
    for phone in [&lost, &deputy, &lost] {
        phone.sync();
    }
    let stick = office.folder.at("usb.chibo");
    lost.run(&["edit", "quang", "alias=Hai"]).done();
    chibo(&[
        "bundle", "export", "--for", "peer", "--data", &lost.data, &stick,
    ])
    .done();
    chibo(&["bundle", "import", "--data", &deputy.data, &stick]).done();

    let (number, _) = secretaries(&office)[0];
    let number = number.to_string();
    let lost_phone = |who: &str| {
        chibo(&[
            "succession",
            "lost",
            who,
            "--data",
            &office.data,
            "--successor",
            "am",
            "--number",
            "45-QĐ/ĐU",
            "--json",
        ])
    };
    lost_phone("99999").refused();
    let told = lost_phone(&number).done().json();
    assert!(
        told["ticket"].as_str().unwrap().starts_with("chibo1-"),
        "{told}"
    );
    let plain = chibo(&["succession", "lost", &number, "--data", &office.data])
        .done()
        .out;
    assert!(plain.contains("nobody here knows"), "{plain}");

    // The deputy works on, and brings what the lost phone had shared.
    deputy.run(&["edit", "an", "alias=Ba"]).done();
    deputy.run(&["sync"]);
    let list = chibo(&["quarantine", "list", "--data", &office.data, "--json"])
        .done()
        .json();
    assert_eq!(list["held"], 1, "{list}");
    assert_eq!(list["rows"][0]["changes"][0]["says"], "Hai", "{list}");
    let accept = ["quarantine", "accept", "1", "--data", &office.data];
    chibo(&[&accept[..], &["--by-other"]].concat()).done();
    deputy.sync();
    let shown = deputy.run(&["show", "quang"]).done().json();
    assert_eq!(shown["fields"]["alias"], "Hai");
    assert_eq!(
        deputy.run(&["succession", "missing"]).done().json()["missing"],
        serde_json::json!([])
    );
    assert!(serving.terminate().success());
    chibo(&["verify", "--data", &office.data]).done();
}

#[test]
fn story_2_what_a_hand_over_counts_is_what_the_lists_say() {
    let office = Office::new();
    let ticket = office.ticket("secretary", BRANCH);
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    // One has died; of one on probation the office has decided that they are official; of one a transfer is late.
    phone
        .run(&["edit", "am", "status=từ trần", "status_since=1/3/2026"])
        .done();
    let probation = [
        "status=dự bị",
        "admission_decided_on=1/2/2024",
        "admitted_on=5/2/2024",
    ];
    phone
        .run(&[&["edit", "quang", "official_on="], &probation[..]].concat())
        .done();
    phone
        .run(&["case", "open", "transfer", "an", "on=02/03/2026"])
        .done();
    let counted = || {
        let handset = crate::program::handset(&phone.data);
        let branch = handset.phone.view().unwrap().root;
        let today = chibo_server::edge::now().day_in_vietnam().unwrap();
        let all = chibo_device::succession::count(&handset.phone, branch, today).unwrap();
        ["members", "open", "late"].map(|name| all.counts[name])
    };
    let listed = || {
        let told = phone.run(&["register", "members"]).done().json();
        let members = told["counts"]["members"].as_i64().unwrap();
        let due = phone.run(&["deadlines"]).done().json();
        let due = due["deadlines"].as_array().unwrap().iter();
        let late = due
            .filter(|d| d["says"].as_str().is_some_and(|s| s.contains("overdue")))
            .count();
        (members, i64::try_from(late).unwrap())
    };
    // The transfer, and the end of the probation with its review.
    assert_eq!(counted(), [2, 1, 3]);
    assert_eq!(listed(), (2, 3));
    let paper = ["form=chính thức", "number=9", "issued_on=5/2/2025"];
    phone
        .run(&[&["decision", "add", "quang"], &paper[..]].concat())
        .done();
    assert_eq!(counted(), [2, 1, 1]);
    assert_eq!(listed(), (2, 1));
}
