//! A member moves to another commune: two nodes, two phones, files that go from one office to the other.

use crate::program::{Office, Phone, chibo, chibo_in};
use chibo_people::someone;

/// A second commune with a branch of its own.
fn other_commune(office: &Office) -> String {
    let data = office.folder.at("xa-khac");
    let name = "Đảng ủy xã Xuân Hồng";
    chibo(&["init", "--data", &data, "--name", name]).done();
    let roster = office.folder.at("other.csv");
    let rows = chibo_people::roster("Chi bộ Xóm 9", &[someone("Phạm Thị Lan")], &[]);
    std::fs::write(&roster, rows).unwrap();
    chibo(&["import", "--data", &data, &roster]).done();
    data
}

fn handover(data: &str, args: &[&str]) -> Vec<String> {
    let mut all = vec!["handover".to_owned(), args[0].to_owned()];
    all.extend(["--data".into(), data.to_owned(), "--json".into()]);
    all.extend(args[1..].iter().map(|a| (*a).to_owned()));
    all
}

fn run(data: &str, args: &[&str]) -> crate::program::Ran {
    let all = handover(data, args);
    chibo(&all.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn a_member_goes_to_another_commune_in_files_and_their_late_work_follows() {
    let office = Office::new();
    let a = office.data.clone();
    let b = other_commune(&office);
    let at = |name: &str| office.folder.at(name);
    let ticket = office.ticket("member", "Đinh Văn Quang");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();

    // The node serves all along; the commands go through its door.
    let card = run(&b, &["card", "--url", "https://xuan-hong.example"])
        .done()
        .json();
    std::fs::write(at("card"), card["card"].as_str().unwrap()).unwrap();
    let offer = ["offer", "quang", "--to", &at("card"), "--out", &at("offer")];
    let offered = run(&a, &offer).done().json();
    assert_eq!(offered["name"], "Đảng ủy xã Xuân Hồng");
    run(&a, &offer).refused();
    let listed = run(&a, &["list"]).done().json();
    assert_eq!(listed["went"][0]["stage"], "offered", "{listed}");

    // A file that is not for this node, or was cut off, changes nothing.
    let before = chibo(&["digest", "--data", &b, "--json"]).done().json();
    let whole = std::fs::read(at("offer")).unwrap();
    std::fs::write(at("cut"), &whole[..whole.len() / 2]).unwrap();
    let accept = |file: &str| {
        let to = ["accept", file, "--under", "Chi bộ Xóm 9", "--out"];
        run(&b, &[&to[..], &[&at("answer")]].concat())
    };
    accept(&at("cut")).refused();
    accept(&at("card")).refused();
    accept(&at("none")).refused();
    assert_eq!(
        chibo(&["digest", "--data", &b, "--json"]).done().json(),
        before
    );

    // The file is lost and made again.
    let short = &offered["offer"].as_str().unwrap()[..8];
    std::fs::remove_file(at("offer")).unwrap();
    run(&a, &["make", short, "--out", &at("offer")]).done();
    accept(&at("offer")).done();
    let accepted = accept(&at("offer")).done().json();
    assert_eq!(accepted["offer"], offered["offer"]);
    let why = run(&b, &["refuse", &at("offer"), "--out", &at("no")]).refused();
    assert!(why.contains("accepted"), "{why}");

    let taken = run(&a, &["answer", &at("answer")]).done().json();
    assert_eq!(taken["accepted"], true);
    run(&a, &["answer", &at("answer")]).done();

    // The member hears where their records are, and what they write is passed on.
    phone.run(&["checkin", "commune=Biên Hòa"]).done();
    let told = phone.run(&["sync"]).no().json();
    assert_eq!(told["moved_to"]["name"], "Đảng ủy xã Xuân Hồng", "{told}");
    assert_eq!(told["held"], 1, "{told}");
    let relayed = run(&a, &["relay", short, "--out", &at("late")])
        .done()
        .json();
    assert_eq!(relayed["relayed"], 1);
    let took = run(&b, &["relay", &at("late")]).done().json();
    assert_eq!(took["held"], 1, "{took}");
    chibo(&["quarantine", "accept", "1", "--by-other", "--data", &b]).done();

    let why = chibo_in(
        "vi",
        &["quarantine", "accept", "1", "--by-other", "--data", &a],
    );
    assert!(why.refused().contains("handover relay"));
    assert!(serving.terminate().success());
    for data in [&a, &b] {
        chibo(&["verify", "--data", data]).done();
    }
    let listed = run(&b, &["list"]).done().json();
    assert_eq!(listed["came"][0]["accepted"], true);
    let gone = chibo(&[
        "ticket", "--data", &a, "--scope", "quang", "--role", "member",
    ]);
    gone.refused();
    let ticket = chibo(&[
        "ticket", "--data", &b, "--scope", "quang", "--role", "member", "--json",
    ])
    .done()
    .json();
    let serving = crate::program::Serving::start(&b);
    let own = Phone::new(&office.folder, "b");
    own.enrol(ticket["ticket"].as_str().unwrap(), &serving.url);
    own.sync();
    let shown = own.run(&["list", "--kind", "check_in"]).done().json();
    assert_eq!(shown["rows"].as_array().unwrap().len(), 1, "{shown}");
}

#[test]
fn a_no_in_a_file_lets_the_old_commune_go_on() {
    let office = Office::new();
    let a = office.data.clone();
    let b = other_commune(&office);
    let at = |name: &str| office.folder.at(name);
    let card = run(&b, &["card"]).done().json();
    let card = card["card"].as_str().unwrap();
    let offer = ["offer", "quang", "--to", card, "--out", &at("offer")];
    run(&a, &offer).done();
    let move_there = ["move", "--data", &a, "quang", "--to", "Chi bộ Xóm 5"];
    let why = chibo(&move_there).refused();
    assert!(why.contains("handed over"), "{why}");
    run(&b, &["refuse", &at("offer"), "--out", &at("no")]).done();
    // Not the file of somebody else, and not the offer itself.
    run(&a, &["answer", &at("offer")]).refused();
    let taken = run(&a, &["answer", &at("no")]).done().json();
    assert_eq!(taken["accepted"], false);
    office.ticket("member", "quang");
    chibo(&["verify", "--data", &a]).done();
    chibo(&["verify", "--data", &b]).done();
    let listed = run(&a, &["list"]).done().json();
    assert_eq!(listed["went"][0]["stage"], "refused");
}

#[test]
fn row_20_a_stay_in_another_commune_goes_there_in_a_file_and_comes_back_with_what_the_host_saw() {
    let office = Office::new();
    let (a, b) = (office.data.clone(), other_commune(&office));
    let at = |name: &str| office.folder.at(name);
    for (data, name) in [(&a, "card-a"), (&b, "card-b")] {
        let card = run(data, &["card"]).done().json()["card"].clone();
        std::fs::write(at(name), card.as_str().unwrap()).unwrap();
    }
    let placement = |data: &str, args: &[&str]| {
        let head = ["placement", args[0], "--data", data, "--json"];
        chibo(&[&head[..], &args[1..]].concat())
    };
    let terms = ["add", "quang", "--to", &at("card-b"), "--until"];
    let out = ["--out", &at("stay")];
    // A term that is over, a card that is none, no file to write: nothing has changed.
    placement(&a, &[&terms[..], &["2020-01-01"], &out].concat()).refused();
    let no_file = placement(&a, &[&terms[..], &["2090-06-30"]].concat());
    assert_eq!(no_file.code, Some(2), "{no_file:?}");
    let none = ["add", "quang", "--to", "x", "--until", "2090-06-30"];
    placement(&a, &[&none[..], &out].concat()).refused();
    assert_eq!(
        placement(&a, &["list"]).done().json()["placements"],
        serde_json::json!([])
    );
    let more = ["2090-06-30", "--reason", "work", "--letter", "12-GT"];
    let sent = placement(&a, &[&terms[..], &more, &out].concat()).done();
    assert_eq!(sent.json()["name"], "Đảng ủy xã Xuân Hồng");
    let accept = ["accept", &at("stay"), "--under", "Xóm 9", "--out"];
    run(&b, &[&accept[..], &[&at("yes")]].concat()).done();
    let listed = placement(&a, &["list"]).done().json();
    assert_eq!(listed["placements"][0]["stage"], "offered", "{listed}");
    run(&a, &["answer", &at("yes")]).done();
    let listed = placement(&a, &["list"]).done().json();
    assert_eq!(listed["placements"][0]["stage"], "accepted", "{listed}");
    assert_eq!(listed["placements"][0]["host"], "Đảng ủy xã Xuân Hồng");
    assert_eq!(listed["placements"][0]["name"], "Đinh Văn Quang");
    let there = placement(&b, &["list"]).done().json();
    assert_eq!(there["placements"][0]["host"], "Chi bộ Xóm 9", "{there}");
    assert_eq!(there["placements"][0]["until"], "30/06/2090");
    assert!(there["placements"][0]["member"].is_null(), "{there}");

    // The host's secretary marks the guest; only their own member counts there.
    let ticket = [
        "ticket",
        "--data",
        &b,
        "--scope",
        "Xóm 9",
        "--role",
        "secretary",
        "--not-a-member",
        "--json",
    ];
    let ticket = chibo(&ticket).done().json()["ticket"].clone();
    let serving = crate::program::Serving::start(&b);
    let phone = Phone::new(&office.folder, "host");
    phone.enrol(ticket.as_str().unwrap(), &serving.url);
    phone.sync();
    let rows = phone.run(&["list"]).done().json();
    assert_eq!(rows["rows"].as_array().unwrap().len(), 1, "{rows}");
    phone.run(&["attend", "2026-11-03", "quang=present"]).done();
    let remark = ["placements", "remark", "quang", "Tham gia đều"];
    let by = ["--by", "Phạm Thị Lan"];
    phone.run(&[&remark[..], &by].concat()).done();
    phone.sync();

    // It goes home when it is over, not before.
    let back = [
        "offer",
        "quang",
        "--to",
        &at("card-a"),
        "--out",
        &at("back"),
    ];
    run(&b, &back).refused();
    placement(
        &b,
        &["add", "quang", "--host", "Xóm 9", "--until", "2091-06-30"],
    )
    .done();
    placement(&b, &["end", "quang"]).done();
    run(&b, &back).done();
    let accept = ["accept", &at("back"), "--under", "quang", "--out"];
    run(&a, &[&accept[..], &[&at("home")]].concat()).done();
    run(&b, &["answer", &at("home")]).done();
    phone.sync();
    assert_eq!(
        phone.run(&["placements"]).done().json()["placements"],
        serde_json::json!([])
    );
    let listed = placement(&a, &["list"]).done().json();
    assert_eq!(listed["placements"].as_array().unwrap().len(), 1);
    assert!(listed["placements"][0]["stage"].is_null(), "{listed}");
    let own = chibo(&["own-data", "--data", &a, "quang"]).done().out;
    assert!(own.contains("Tham gia đều"), "{own}");
    assert!(serving.terminate().success());
    for data in [&a, &b] {
        chibo(&["verify", "--data", data]).done();
    }
}

#[test]
fn a_hand_over_that_comes_to_the_wrong_commune_is_refused_in_words_and_its_bytes_name_nobody() {
    let office = Office::new();
    let a = office.data.clone();
    let b = other_commune(&office);
    let c = office.folder.at("xa-thu-ba");
    let name = "Đảng ủy xã Thọ Nghiệp";
    chibo(&["init", "--data", &c, "--name", name]).done();
    let at = |name: &str| office.folder.at(name);
    let card = run(&b, &["card"]).done().json();
    std::fs::write(at("card"), card["card"].as_str().unwrap()).unwrap();
    let offer = ["offer", "quang", "--to", &at("card"), "--out", &at("offer")];
    run(&a, &offer).done();
    // Whoever finds the file reads no name in it, of a person or of a place, nor what it is called here.
    let bytes = std::fs::read(at("offer")).unwrap();
    let text = String::from_utf8_lossy(&bytes).to_lowercase();
    let quang = &crate::program::people()[0];
    let mut words: Vec<String> = quang.values.values().map(|v| v.shown()).collect();
    let places = ["Đảng ủy xã Xuân Trường", "Xuân Hồng", "Chi bộ Xóm 5"];
    words.extend(
        ["Quang", "Đinh"]
            .iter()
            .chain(&places)
            .map(|w| (*w).to_owned()),
    );
    for word in words.iter().filter(|w| w.chars().count() > 3) {
        assert!(!text.contains(&word.to_lowercase()), "{word}");
    }
    // The third commune hears that it is not for it, whichever way it reads it, and nothing has changed there.
    let before = chibo(&["digest", "--data", &c, "--json"]).done().json();
    let to = [
        "accept",
        &at("offer"),
        "--under",
        "Thọ Nghiệp",
        "--out",
        &at("answer"),
    ];
    let why = run(&c, &to).refused();
    assert!(why.contains("another"), "{why}");
    let no = ["refuse", &at("offer"), "--out", &at("answer")];
    let why = run(&c, &no).refused();
    assert!(why.contains("another"), "{why}");
    assert!(!std::path::Path::new(&at("answer")).exists());
    assert_eq!(
        chibo(&["digest", "--data", &c, "--json"]).done().json(),
        before
    );
    // It still is for whom it was meant.
    let to = [
        "accept",
        &at("offer"),
        "--under",
        "Chi bộ Xóm 9",
        "--out",
        &at("answer"),
    ];
    run(&b, &to).done();
}
