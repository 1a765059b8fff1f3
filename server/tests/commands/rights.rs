//! Who was let in, on what terms, by whom; who looked; new keys: through the commands.

use crate::program::{Office, Phone, chibo, chibo_in, chibo_with};

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
            .chain(["--role", "secretary", "--person", "quang"])
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
fn a_ticket_of_another_node_says_so_in_words() {
    let (office, other) = (Office::new(), Office::new());
    let ticket = office.ticket("auditor", "Chi bộ Xóm 5");
    let serving = other.serve();
    let phone = Phone::new(&office.folder, "a");
    let enrol = ["enrol", &ticket, "--url", &serving.url];
    let why = phone.run(&enrol).refused();
    assert!(why.contains("leads to another node"), "{why}");
    let args = ["phone", "--data", &phone.data];
    let why = chibo_in("vi", &[&args[..], &enrol].concat()).refused();
    assert!(why.contains("dẫn đến máy khác"), "{why}");
    // Nothing was used up: it works at its own.
    let own = office.serve();
    phone.enrol(&ticket, &own.url);
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

/// What is noted at an office: what was done, and where.
fn noted(data: &str) -> Vec<(String, String)> {
    let told = chibo(&["audit", "--data", data, "--json"]).done().json();
    let looks = told["looks"].as_array().unwrap().iter();
    let text = |l: &serde_json::Value, name: &str| l[name].as_str().unwrap().to_owned();
    looks.map(|l| (text(l, "what"), text(l, "at"))).collect()
}

#[test]
fn whatever_the_office_opens_of_a_member_or_of_all_is_noted() {
    let office = Office::new();
    let (quang, all) = ("Đinh Văn Quang", "Đảng ủy xã Xuân Trường");
    let branch = "Chi bộ Xóm 5";
    let on = |data: &str, args: &[&str]| {
        let at = ["--data", data, "--json"];
        match args {
            [
                what @ ("case" | "decision" | "register" | "dossier" | "address"),
                rest @ ..,
            ] => chibo(&[&[*what][..], &at, rest].concat()),
            args => chibo(&[args, &at].concat()),
        }
    };
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "secretary");
    phone.enrol(&office.ticket("secretary", branch), &serving.url);
    assert!(serving.terminate().success());
    let devices = on(&office.data, &["devices"]).done().json()["devices"].clone();
    let mut devices = devices.as_array().unwrap().iter();
    let lost = devices.find(|d| d["role"] == "secretary").unwrap()["number"].to_string();
    let moves = ["case", "open", "transfer", quang, "on=1/9/2026"];
    let letter = on(&office.data, &moves).done().json()["doc"].clone();
    let letter = letter.as_str().unwrap();
    let opened = ["case", "open", "lost_card", quang, "on=1/9/2026"];
    let case = on(&office.data, &opened).done().json()["doc"].clone();
    let case = case.as_str().unwrap();
    for args in [
        &["register", "figures"][..],
        &["devices"],
        &["verify"],
        &["digest"],
    ] {
        on(&office.data, args).done();
    }
    let none: [(String, String); 0] = [];
    assert_eq!(
        noted(&office.data),
        none,
        "what names nobody, or is written"
    );
    let opens = [
        (&["case", "show", case][..], quang),
        (&["case", "letter", letter], quang),
        (&["case", "list", quang], quang),
        (&["list"], all),
        (&["list", "--search", "quang"], all),
        (&["list", "--branch", branch], branch),
        (&["show", quang], quang),
        (&["conflicts"], all),
        (&["address", quang, "list"], quang),
        (&["residence-remark", quang], quang),
        (&["residence-remark"], all),
        (&["case", "list"], all),
        (&["decision", "list", quang], quang),
        (&["decision", "list"], all),
        (&["dossier", "show", quang], quang),
        (&["dossier", "missing", "--branch", branch], branch),
        (&["dossier", "supplements"], all),
        (&["register", "card", quang], quang),
        (&["register", "members"], all),
        (&["register", "badges", "--branch", branch], branch),
        (&["register", "discipline"], all),
        (&["away", "--branch", branch], branch),
        (&["deadlines"], all),
        (&["deadlines", "--branch", quang], quang),
        (&["quarantine", "list"], all),
        (&["placement", "list"], all),
        (&["handover", "list"], all),
        (&["retention"], all),
        (&["succession", "list"], all),
        (&["succession", "list", "--branch", branch], branch),
        (&["succession", "lost", &lost], all),
    ];
    for (n, (args, place)) in opens.iter().enumerate() {
        let copy = copy_of(&office, &format!("copy-{n}"));
        for _ in 0..2 {
            on(&copy, args).done();
        }
        let once = [("opened".to_owned(), (*place).to_owned())];
        assert_eq!(noted(&copy), once, "{args:?}");
    }
    // Taken out it is noted as that; by machines, and on paper.
    let (list, own) = (office.folder.at("list.xlsx"), office.folder.at("own.html"));
    for (n, (args, what, place)) in [
        (&["export", "--out", &list][..], "exported", all),
        (&["own-data", quang], "exported", quang),
        (&["own-data", quang, "--out", &own], "printed", quang),
        (&["case", "letter", letter, "--html"], "printed", quang),
    ]
    .iter()
    .enumerate()
    {
        let copy = copy_of(&office, &format!("taken-{n}"));
        on(&copy, args).done();
        let once = [((*what).to_owned(), (*place).to_owned())];
        assert_eq!(noted(&copy), once, "{args:?}");
    }
}

/// A copy of the office's folder.
fn copy_of(office: &Office, name: &str) -> String {
    let to = office.folder.at(name);
    std::fs::create_dir(&to).unwrap();
    for file in std::fs::read_dir(&office.data).unwrap() {
        let file = file.unwrap();
        std::fs::copy(
            file.path(),
            std::path::Path::new(&to).join(file.file_name()),
        )
        .unwrap();
    }
    to
}

#[test]
fn the_offices_page_is_noted_and_an_export_before_it_is_written() {
    let office = Office::new();
    let serving = office.serve();
    let at = serving.url.strip_prefix("https://").unwrap();
    let get = |path: &str| {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(at).unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        said
    };
    for _ in 0..2 {
        let page = get("/");
        assert!(page.starts_with("HTTP/1.1 200") && page.contains("Đinh Văn Quang"));
    }
    let once = [("opened".to_owned(), "Đảng ủy xã Xuân Trường".to_owned())];
    assert_eq!(noted(&office.data), once);
    assert!(serving.terminate().success());
    // Into a folder that is no folder nothing is taken out; that it was meant to be stands there.
    let sheet = office.folder.at("none/list.csv");
    chibo(&["export", "--data", &office.data, "--out", &sheet]).refused();
    assert_eq!(noted(&office.data).len(), 2);
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

#[test]
fn a_person_with_two_roles_has_two_books_and_each_says_under_which_it_acts() {
    let office = Office::new();
    let person = "Trần Đức An";
    let leading = office.ticket_for("secretary", "Chi bộ Xóm 5", person);
    let own = office.ticket("member", person);
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "an");
    let run = |name: &str, args: &[&str]| {
        let who = ["phone", "--data", &phone.data, "--as", name];
        chibo_with(&[("CHIBO_PIN", "24681357")], &[&who, args].concat())
    };
    for (name, ticket) in [("bi-thu", &leading), ("dang-vien", &own)] {
        run(name, &["enrol", ticket, "--url", &serving.url]).done();
        run(name, &["sync", "--json"]).done();
    }
    let acts_as = |name: &str| run(name, &["--lang", "en", "status"]).done().out;
    assert!(acts_as("bi-thu").contains("branch secretary, Chi bộ Xóm 5"));
    let member = acts_as("dang-vien");
    assert!(member.contains("member, Trần Đức An"), "{member}");
    // What each may do is what its own role may.
    run("bi-thu", &["edit", "quang", "alias=Hai"]).done();
    run("dang-vien", &["edit", "quang", "alias=Ba"]).refused();
    run("dang-vien", &["checkin", "commune=Biên Hòa"]).done();
    for name in ["bi-thu", "dang-vien"] {
        run(name, &["sync", "--json"]).done();
    }
    // The office sees one person, and under which role they wrote what.
    let devices = told(&office, "devices");
    let devices = devices["devices"].as_array().unwrap().clone();
    let of = |role: &str| devices.iter().find(|d| d["role"] == role).unwrap();
    assert_eq!(of("secretary")["person"], of("member")["person"]);
    assert_eq!(of("member")["person"], person);
    // Under neither role do they decide about themself.
    let add = |name: &str, whom: &str| {
        let decision = ["decision", "add", whom, "form=other", "number=7"];
        run(name, &decision)
    };
    let why = add("bi-thu", person).refused();
    assert!(why.contains("themself"), "{why}");
    add("dang-vien", person).refused();
    add("bi-thu", "quang").done();
    assert!(serving.terminate().success());
}

#[test]
fn a_ticket_for_who_stands_here_is_good_for_minutes() {
    let office = Office::new();
    let words = [
        "ticket",
        "--data",
        &office.data,
        "--scope",
        "Chi bộ Xóm 5",
        "--role",
        "auditor",
    ];
    let ticket = |more: &[&str]| chibo(&[&words[..], more].concat());
    let now = chibo_server::edge::now().0;
    let made = ticket(&["--minutes", "15", "--json"]).done().json();
    let until = made["expires"].as_u64().unwrap();
    assert!((now + 15 * 60..now + 17 * 60).contains(&until), "{made}");
    for wrong in [
        &["--minutes", "0"][..],
        &["--minutes", "15", "--days", "2"],
        &["--days", "0"],
    ] {
        assert_eq!(ticket(wrong).code, Some(2), "{wrong:?}");
    }
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(made["ticket"].as_str().unwrap(), &serving.url);
    phone.sync();
}

#[test]
fn whatever_an_inspector_looks_at_on_a_phone_is_noted_first() {
    let office = Office::new();
    let ticket = office.ticket("auditor", "Chi bộ Xóm 5");
    let serving = office.serve();
    let shown: [&[&str]; 8] = [
        &["list"],
        &["register", "members"],
        &["register", "card", "quang"],
        &["dossier", "show", "quang"],
        &["dossier", "missing"],
        &["case", "list"],
        &["decision", "list"],
        &["deadlines"],
    ];
    let auditor = Phone::new(&office.folder, "a");
    auditor.enrol(&ticket, &serving.url);
    auditor.sync();
    let audit = || {
        let told = chibo(&["audit", "--data", &office.data, "--json"])
            .done()
            .json();
        told.to_string().matches("\"opened\"").count()
    };
    for args in shown {
        let ran = auditor.run(args);
        assert!(ran.done().json().is_object(), "{args:?}");
    }
    // One entry a day for the list of the unit, and one at the member.
    auditor.sync();
    assert_eq!(audit(), 2);
    assert!(serving.terminate().success());
}
