//! Who was let in, on what terms, by whom; who looked; new keys: through the commands.

use crate::program::{Office, Phone, chibo, chibo_with};

fn told(office: &Office, command: &str) -> serde_json::Value {
    chibo(&[command, "--data", &office.data, "--json"])
        .done()
        .json()
}

#[test]
fn a_secretary_lets_a_member_in_while_the_node_is_off_and_both_screens_show_one_number() {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let secretary = Phone::new(&office.folder, "a");
    secretary.enrol(&ticket, &serving.url);
    secretary.sync();
    assert!(serving.terminate().success());

    let made = secretary
        .run(&["ticket", "quang", "--days", "3"])
        .done()
        .json();
    let ticket = made["ticket"].as_str().unwrap();
    secretary.run(&["ticket", "Chi bộ Xóm 5"]).refused();

    let serving = office.serve();
    let own = Phone::new(&office.folder, "b");
    let enrolled = own
        .run(&["enrol", ticket, "--url", &serving.url])
        .done()
        .json();
    own.sync();
    let devices = told(&office, "devices");
    let of_member = (devices["devices"].as_array().unwrap().iter())
        .find(|d| d["role"] == "member")
        .unwrap();
    assert_eq!(of_member["confirmation"], enrolled["confirmation"]);
    let grants = told(&office, "grants");
    let grants = grants["grants"].as_array().unwrap();
    let by_number = |n: &serde_json::Value| grants.iter().find(|g| g["number"] == *n).unwrap();
    let paper = by_number(&by_number(&of_member["number"])["given_by"]);
    assert_eq!(
        (&paper["custody"], &paper["ended"]),
        (&2.into(), &"succeeded".into())
    );
    let giver = by_number(&paper["given_by"]);
    assert_eq!(giver["role"], "secretary");

    let twice = Phone::new(&office.folder, "c");
    let why = twice
        .run(&["enrol", ticket, "--url", &serving.url])
        .refused();
    assert!(why.contains("used"), "{why}");
}

#[test]
fn a_ticket_is_shown_as_a_code_or_printed_and_what_a_scanner_reads_enrols_the_phone() {
    let office = Office::new();
    let picture = office.folder.at("phieu.svg");
    let picture = picture.as_str();
    let words = ["ticket", "--data", &office.data, "--scope", "Chi bộ Xóm 5"];
    let ticket = |more: &[&str]| {
        let args: Vec<&str> = (words.iter().copied())
            .chain(["--role", "secretary"])
            .chain(more.iter().copied())
            .collect();
        chibo(&args)
    };
    let made = ticket(&["--qr", picture, "--json"]).done().json();
    assert_eq!(made["qr"], picture);
    let svg = std::fs::read_to_string(picture).unwrap();
    assert!(svg.contains("<svg") && !svg.contains("chibo1-"));
    let shown = ticket(&["--qr"]).done().out;
    assert!(shown.contains("██") && shown.contains("chibo1-"), "{shown}");
    // What would belie its name is not written, and no ticket is made of it.
    let why = ticket(&["--qr", "phieu.png"]).refused();
    assert!(why.contains(".svg"), "{why}");

    // A scanner gives the capitals of the code.
    let scanned = made["ticket"].as_str().unwrap().to_ascii_uppercase();
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&scanned, &serving.url);
    phone.sync();
}

#[test]
fn a_term_and_a_mandate_are_given_with_the_ticket_and_a_term_that_is_over_is_none() {
    let office = Office::new();
    let ticket = [
        "ticket",
        "--data",
        &office.data,
        "--scope",
        "Chi bộ Xóm 5",
        "--role",
        "auditor",
    ];
    let terms = [
        "--until",
        "2031-05-01",
        "--mandate",
        "12-QĐ/UBKT ngày 3/4/2031",
        "--json",
    ];
    let made = chibo(&[&ticket[..], &terms].concat()).done().json();
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(made["ticket"].as_str().unwrap(), &serving.url);
    phone.sync();
    let grants = told(&office, "grants");
    let grants = grants["grants"].as_array().unwrap();
    let grant = grants.iter().find(|g| g["role"] == "auditor").unwrap();
    assert_eq!(grant["until"], "02/05/2031");
    assert_eq!(grant["mandate"], "12-QĐ/UBKT ngày 3/4/2031");
    for wrong in ["2020-01-01", "hôm qua"] {
        chibo(&[&ticket[..], &["--until", wrong]].concat()).refused();
    }
}

#[test]
fn who_looks_at_a_record_is_noted_and_the_member_reads_it() {
    let office = Office::new();
    let (audit, own) = (
        office.ticket("auditor", "Chi bộ Xóm 5"),
        office.ticket("member", "Đinh Văn Quang"),
    );
    let serving = office.serve();
    let auditor = Phone::new(&office.folder, "a");
    auditor.enrol(&audit, &serving.url);
    auditor.sync();
    auditor.run(&["show", "quang"]).done();
    auditor.run(&["edit", "quang", "note=x"]).refused();
    auditor.sync();
    let sheet = office.folder.at("taken-out.csv");
    chibo(&["export", "--data", &office.data, "--out", &sheet]).done();

    let member = Phone::new(&office.folder, "b");
    member.enrol(&own, &serving.url);
    member.sync();
    let proof = member.run(&["show", "quang", "--proof"]).done().json();
    assert_eq!(proof["documents"][0]["attested"], 0, "{proof}");
    assert!(serving.terminate().success());
    let looks = |data: &str| {
        let told = chibo(&["audit", "--data", data, "--json"]).done().json();
        let looks = told["looks"].as_array().unwrap().iter();
        let mut list: Vec<(String, String)> = looks
            .map(|l| {
                (
                    l["what"].as_str().unwrap().into(),
                    l["role"].as_str().unwrap().into(),
                )
            })
            .collect();
        list.sort();
        list
    };
    let expected = [("exported", "office"), ("opened", "auditor")];
    for data in [&office.data, &member.data] {
        assert_eq!(
            looks(data),
            expected.map(|(a, b)| (a.to_owned(), b.to_owned()))
        );
    }
}

#[test]
fn a_device_and_a_node_get_new_keys_and_go_on() {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    phone.run(&["edit", "quang", "note=trước"]).done();
    phone.run(&["rotate-key"]).refused();
    phone.sync();
    let before = told(&office, "devices")["devices"][0]["key"].clone();
    let after = phone.run(&["rotate-key"]).done().json()["key"].clone();
    assert_ne!(before, after);
    phone.run(&["edit", "quang", "note=sau"]).done();
    phone.sync();
    let devices = told(&office, "devices");
    assert_eq!(devices["devices"][0]["ended"], "succeeded");
    assert_eq!(devices["devices"][1]["key"], after);

    let wrong = "0".repeat(64);
    let rotate = ["rotate-key", "--data", &office.data, "--root-key"];
    chibo(&[&rotate[..], &[&wrong]].concat()).refused();
    chibo(&[&rotate[..], &[&office.root_key]].concat()).done();
    assert!(serving.terminate().success());
    let serving = office.serve();
    phone.run(&["sync", "--url", &serving.url]).done();
    assert!(serving.terminate().success());
    chibo(&["verify", "--data", &office.data]).done();
}

#[test]
fn two_people_on_one_phone_have_two_stores_and_neither_sees_the_others() {
    let office = Office::new();
    let (hers, his) = (
        office.ticket("secretary", "Chi bộ Xóm 5"),
        office.ticket("member", "Trần Đức An"),
    );
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "shared");
    let run = |name: &str, pin: &str, args: &[&str]| {
        let who = ["phone", "--data", &phone.data, "--as", name];
        chibo_with(&[("CHIBO_PIN", pin)], &[&who, args].concat())
    };
    run("lan", "24681357", &["enrol", &hers, "--url", &serving.url]).done();
    run("an", "97531864", &["enrol", &his, "--url", &serving.url]).done();
    for (name, pin) in [("lan", "24681357"), ("an", "97531864")] {
        run(name, pin, &["sync", "--json"]).done();
    }
    run("an", "24681357", &["list"]).refused();
    run("lan", "97531864", &["list"]).refused();
    // Each says under which role it acts, and shows what that role reads.
    let status = run("lan", "24681357", &["--lang", "en", "status"]).done();
    assert!(
        status.out.contains("branch secretary, Chi bộ Xóm 5"),
        "{}",
        status.out
    );
    run("lan", "24681357", &["show", "quang"]).done();
    run("an", "97531864", &["show", "quang"]).refused();
    let names = chibo(&["phone", "--data", &phone.data, "names", "--json"])
        .done()
        .json();
    assert_eq!(names["names"], serde_json::json!(["an", "lan"]));
    run("../an", "97531864", &["list"]).refused();
    assert!(serving.terminate().success());
}
