//! A member moves to another commune: two nodes, two phones, files that go from one office to the other.

use crate::program::{Office, Phone, chibo, chibo_in};

/// A second commune with a branch of its own.
fn other_commune(office: &Office) -> String {
    let data = office.folder.at("xa-khac");
    let name = "Đảng ủy xã Xuân Hồng";
    chibo(&["init", "--data", &data, "--name", name]).done();
    let roster = office.folder.at("other.csv");
    let rows = "Chi bộ,Họ và tên,Ngày sinh,Giới tính,Số thẻ đảng viên\n\
                Chi bộ Xóm 9,Phạm Thị Lan,1990,Nữ,25.099999\n";
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
    chibo(&["quarantine", "accept", "1", "--data", &b]).done();

    let why = chibo_in("vi", &["quarantine", "accept", "1", "--data", &a]);
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
