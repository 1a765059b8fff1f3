//! A reorganisation through the commands, with real processes: looked at, done, undone, done again and confirmed,
//! while a phone is off.

use crate::program::{Office, Phone, chibo, chibo_in};

const DECISION: &str = "quyết định\t15-QĐ/TU\tTỉnh ủy\t16/06/2025\t01/07/2025\n";

#[test]
fn two_communes_become_one_and_the_secretary_s_phone_comes_back_right() {
    let office = Office::new();
    let file = office.folder.at("plan.txt");
    let write = |lines: &str| std::fs::write(&file, format!("{DECISION}{lines}")).unwrap();
    let reform = |what: &str| {
        let plan = ["preview", "apply"]
            .contains(&what)
            .then_some(file.as_str());
        let head = ["reform", what, "--data", &office.data, "--json"];
        let args: Vec<&str> = head.into_iter().chain(plan).collect();
        chibo(&args)
    };
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "phone");
    phone.enrol(&ticket, &serving.url);
    phone.sync();

    // The node's root becomes the province, with two communes below it.
    write(
        "đổi tên\tĐảng ủy xã Xuân Trường\tĐảng bộ tỉnh Nam Định\tprovince\tcấp tỉnh\n\
         lập\tĐảng bộ xã Xuân Vinh\tcommune\tĐảng bộ tỉnh Nam Định\n\
         lập\tĐảng bộ xã Trà Lũ\tcommune\tĐảng bộ tỉnh Nam Định\n\
         chuyển\tChi bộ Xóm 5\tĐảng bộ xã Trà Lũ\n",
    );
    reform("apply").done();
    reform("confirm").done();
    let upper = office.ticket("office", "Đảng bộ xã Trà Lũ");
    let own = Phone::new(&office.folder, "own");
    own.enrol(&upper, &serving.url);
    own.sync();

    let merged = "lập\tĐảng bộ xã Xuân Hưng\tcommune\tĐảng bộ tỉnh Nam Định\n\
         kết thúc\tĐảng bộ xã Xuân Vinh\tĐảng bộ xã Xuân Hưng\thợp nhất\n\
         kết thúc\tĐảng bộ xã Trà Lũ\tĐảng bộ xã Xuân Hưng\thợp nhất\n";
    let digest = office.digest("Chi bộ Xóm 5");
    // What does not fit changes nothing and says all that is wrong.
    write(&format!(
        "{merged}số liệu\tĐảng bộ xã Xuân Hưng\t1\t4\nchuyển\tChi bộ Xóm 9\tĐảng bộ xã Xuân Hưng\n"
    ));
    for what in ["preview", "apply"] {
        let told = reform(what).no().json();
        let lines: Vec<_> = (told["misfits"].as_array().unwrap().iter())
            .map(|m| m["line"].as_u64().unwrap())
            .collect();
        assert_eq!(lines, [5, 6]);
    }
    for (lines, says) in [
        ("lập\tĐảng bộ xã A\tnước\tB\n", "2"),
        ("giải tán\tA\n", "2"),
    ] {
        write(lines);
        assert!(reform("apply").refused().contains(says));
    }
    write(merged);
    let told = reform("preview").done().json();
    assert_eq!(told["done"], false);
    assert_eq!(
        told["before"],
        serde_json::json!({"branches": 1, "members": 3})
    );
    assert_eq!(told["before"], told["after"]);
    let grants = told["grants"].as_array().unwrap();
    assert_eq!(grants.len(), 1, "the old commune's office, and nobody else");
    assert_eq!(
        (&grants[0]["role"], &grants[0]["ends"]),
        (&"office".into(), &true.into())
    );
    assert_eq!(
        reform("status").done().json()["unconfirmed"],
        serde_json::Value::Null
    );
    assert_eq!(
        office.digest("Chi bộ Xóm 5"),
        digest,
        "looking changes nothing"
    );

    reform("apply").done();
    assert_eq!(
        reform("status").done().json()["unconfirmed"]["number"],
        "15-QĐ/TU"
    );
    reform("apply").refused();
    phone.run(&["edit", "quang", "phone=0912345678"]).done();
    phone.sync();
    own.sync();
    own.run(&["show", "quang"]).refused();
    let told = reform("undo").done().json();
    assert_eq!(told["stayed"], serde_json::json!([]));
    reform("undo").refused();
    own.sync();
    let shown = own.run(&["show", "quang"]).done();
    assert!(shown.out.contains("0912345678"), "{shown:?}");
    // That they looked is written down, and handed over before they lose it again.
    own.sync();

    reform("apply").done();
    for (lang, word) in [("vi", "Chờ xác nhận"), ("en", "Confirm it")] {
        let told = chibo_in(lang, &["reform", "status", "--data", &office.data]).done();
        assert!(told.out.contains(word), "{told:?}");
    }
    reform("confirm").done();
    reform("confirm").refused();
    phone.sync();
    assert_eq!(phone.digest("Chi bộ Xóm 5"), office.digest("Chi bộ Xóm 5"));
    for phone in [&phone, &own] {
        phone.sync();
        chibo(&["verify", "--data", &phone.data]).done();
    }
    assert!(serving.terminate().success());
    chibo(&["verify", "--data", &office.data]).done();
    let moved = chibo_in("vi", &["reform", "status", "--data", &office.data]).done();
    assert!(moved.out.contains("không có gì"), "{moved:?}");
}

#[test]
fn an_election_ends_the_old_secretary_s_right_and_gives_the_new_one_a_ticket() {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let (old, new) = (
        Phone::new(&office.folder, "old"),
        Phone::new(&office.folder, "new"),
    );
    old.enrol(&ticket, &serving.url);
    old.sync();
    let elect = |who: &str, date: &str, by: &[&str]| {
        let head = ["election", "--data", &office.data, "--json", "Chi bộ Xóm 5"];
        let said = ["--secretary", who, "--number", "7-QĐ/ĐU", "--date", date];
        let paper = ["--body", "Đảng ủy xã", "--original-seen"];
        chibo(&[&head[..], &said, &paper, by].concat())
    };
    let by = ["--by", "Trần Đức An"];
    elect("Nguyễn Thị Ấm", "tháng ba", &by).refused();
    elect("Chi bộ Xóm 5", "2026-03-03", &by).refused();
    // The office says who of it decides; and that is nobody who was elected.
    let why = elect("Nguyễn Thị Ấm", "2026-03-03", &[]).refused();
    assert!(why.contains("--by"), "{why}");
    let own = ["--by", "Nguyễn Thị Ấm"];
    elect("Nguyễn Thị Ấm", "2026-03-03", &own).refused();
    let told = elect("Nguyễn Thị Ấm", "2026-03-03", &by).done().json();
    assert_eq!(told["ended"].as_array().unwrap().len(), 1);
    let ticket = told["tickets"][0]["ticket"].as_str().unwrap();
    new.enrol(ticket, &serving.url);
    new.sync();
    let listed = new.run(&["list"]).done().json();
    assert_eq!(listed["rows"].as_array().unwrap().len(), 3);
    let told = old.run(&["sync"]).json();
    assert_eq!(told["revoked"], true);
    // The paper that confirms it is one among the others: its number is not missing between theirs.
    let decide = |args: &[&str]| {
        let told = chibo(&[&["decision", "--data", &office.data, "--json"], args].concat());
        told.done().json()
    };
    for number in ["6", "8"] {
        let number = format!("number={number}");
        let paper = ["form=badge", &number, "symbol=QĐ/ĐU", "body=Đảng ủy xã"];
        let add = ["add", "quang", "issued_on=2026-03-10"];
        decide(&[&add[..], &paper, &["--by-other"]].concat());
    }
    let list = decide(&["list"]);
    assert_eq!(list["missing"], serde_json::json!([]), "{list}");
    let papers = list["decisions"].as_array().unwrap();
    let confirms = papers.iter().find(|p| p["election"] == true).unwrap();
    assert_eq!(confirms["number"], "7-QĐ/ĐU");
    assert_eq!(confirms["original_seen"], true);
    assert_eq!(confirms["recorded_by"], "Trần Đức An");
    assert!(serving.terminate().success());
    chibo(&["verify", "--data", &office.data]).done();
}
