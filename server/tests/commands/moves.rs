//! A formal transfer from its first act to the figures, on each of its four ways: inside the commune, to another commune
//! that has Chibo, to a place without it, and from one. Whoever has moved on paper only is told of until the lists follow.

use crate::program::{Office, Phone, chibo};
use chibo_people::someone;
use serde_json::Value;

const QUANG: &str = "Đinh Văn Quang";
const HOME: &str = "Chi bộ Xóm 5";
const SCHOOL: &str = "Chi bộ Trường học";

/// What a command says at this node.
fn told(data: &str, what: &str, args: &[&str]) -> Value {
    // Who decides is nobody of whom these decisions are.
    let by: &[&str] = match what {
        "case" | "decision" => &["--by-other"],
        _ => &[],
    };
    let head = [what, "--data", data];
    chibo(&[&head[..], by, args, &["--json"]].concat())
        .done()
        .json()
}

/// The same of a hand-over, whose parts have the folder each.
fn handover(data: &str, args: &[&str]) -> Value {
    let head = ["handover", args[0], "--data", data, "--json"];
    chibo(&[&head[..], &args[1..]].concat()).done().json()
}

fn members(data: &str, branch: &str) -> u64 {
    let figures = told(data, "register", &["figures", "--branch", branch]);
    figures["members"].as_u64().unwrap()
}

/// Who has moved on paper only, as the list of deadlines says it: which term, and whose.
fn lags(told: &Value) -> Vec<(String, String)> {
    let all = told["deadlines"].as_array().unwrap().iter();
    let own = all.map(|d| (d["key"].as_str().unwrap(), d["name"].as_str().unwrap()));
    let own = own.filter(|(key, _)| matches!(*key, "transfer.left" | "transfer.came"));
    own.map(|(key, name)| (key.to_owned(), name.to_owned()))
        .collect()
}

fn lagging(data: &str) -> Vec<(String, String)> {
    lags(&told(data, "deadlines", &[]))
}

fn lag(key: &str, name: &str) -> (String, String) {
    (key.to_owned(), name.to_owned())
}

fn in_days(n: i32) -> String {
    let today = chibo_server::edge::now().day_in_vietnam().unwrap();
    today.plus_days(n).unwrap().shown()
}

fn does(data: &str, id: &str, act: &str, said: &[&str]) -> Value {
    told(data, "case", &[&["do", id, act], said].concat())
}

/// A transfer of Quang's up to its letter, which says this as well.
fn introduced(data: &str, said: &[&str]) -> String {
    let on = format!("on={}", in_days(-3));
    let opened = told(
        data,
        "case",
        &["open", "transfer", QUANG, &on, "form=chính thức"],
    );
    let id = opened["doc"].as_str().unwrap().to_owned();
    let letter = [
        "number=45",
        &on,
        "body=Đảng ủy xã",
        "dues_paid_through=11/2026",
    ];
    does(data, &id, "introduce", &[&letter[..], said].concat());
    id
}

fn arrives(data: &str, id: &str) {
    let on = format!("on={}", in_days(-1));
    does(data, id, "present", &[&on]);
    does(data, id, "receive", &[&on, "dossier_checked=yes"]);
    does(data, id, "close", &[&on]);
}

#[test]
fn row_18_and_row_19_inside_the_commune_the_transfer_ends_when_the_member_is_moved() {
    let office = Office::new();
    let data = office.data.as_str();
    office.takes_in(SCHOOL, &[someone("Lê Văn Bảy")]);
    let ticket = office.ticket("secretary", SCHOOL);
    let id = introduced(data, &["to_unit=Chi bộ Trường học"]);
    let here = told(data, "case", &["list", "--kind", "transfer_in"]);
    let there = here["cases"][0]["doc"].as_str().unwrap().to_owned();
    assert_eq!(lagging(data), [], "only announced");
    does(data, &there, "present", &[]);
    assert_eq!(lagging(data), [], "not received yet");
    does(data, &there, "receive", &["dossier_checked=yes"]);
    let came = lag("transfer.came", QUANG);
    assert_eq!(lagging(data), std::slice::from_ref(&came));
    arrives(data, &id);
    let left = lag("transfer.left", QUANG);
    let both = lagging(data);
    assert!(both.contains(&came) && both.contains(&left), "{both:?}");
    assert_eq!((members(data, HOME), members(data, SCHOOL)), (3, 1));
    // The receiving secretary sees it too, on a phone.
    let serving = office.serve();
    let school = Phone::new(&office.folder, "school");
    school.enrol(&ticket, &serving.url);
    school.sync();
    assert_eq!(lags(&school.run(&["deadlines"]).done().json()), [came]);

    told(data, "move", &[QUANG, "--to", SCHOOL]);
    assert_eq!(lagging(data), []);
    assert_eq!((members(data, HOME), members(data, SCHOOL)), (2, 2));
    school.sync();
    assert_eq!(lags(&school.run(&["deadlines"]).done().json()), []);
}

#[test]
fn row_18_to_a_place_without_chibo_the_transfer_ends_with_the_decision() {
    let office = Office::new();
    let data = office.data.as_str();
    let id = introduced(data, &["destination=Phường Dĩ An", "reach=Tỉnh khác"]);
    assert_eq!(lagging(data), []);
    arrives(data, &id);
    assert_eq!(lagging(data), [lag("transfer.left", QUANG)]);
    assert_eq!(members(data, HOME), 3, "still counted, and it is said");
    // A draft changes nothing.
    let paper = ["add", QUANG, "form=chuyển đi"];
    told(data, "decision", &paper);
    assert_eq!(lagging(data), [lag("transfer.left", QUANG)]);
    let on = format!("issued_on={}", in_days(-2));
    told(
        data,
        "decision",
        &[&paper[..], &["number=46", &on]].concat(),
    );
    assert_eq!(lagging(data), []);
    assert_eq!(members(data, HOME), 2);
    // Who comes back after it is counted again, and the old case asks for nothing.
    let back = format!("issued_on={}", in_days(0));
    told(
        data,
        "decision",
        &["add", QUANG, "form=tiếp nhận", "number=7", &back],
    );
    assert_eq!(lagging(data), []);
    assert_eq!(members(data, HOME), 3);
}

#[test]
fn row_19_from_a_place_without_chibo_the_transfer_ends_when_a_record_is_begun() {
    let office = Office::new();
    let data = office.data.as_str();
    let ticket = office.ticket("secretary", HOME);
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    let letter = format!("letter_on={}", in_days(-5));
    let on = format!("on={}", in_days(-4));
    let arrive = [
        "case",
        "open",
        "transfer_in",
        HOME,
        "--act",
        "arrive",
        &letter,
        &on,
    ];
    let said = [
        "number=12",
        "full_name=Phạm Thị Lan",
        "origin=Phường Dĩ An",
        "form=chính thức",
    ];
    let opened = phone.run(&[&arrive[..], &said].concat()).done().json();
    let id = opened["doc"].as_str().unwrap();
    // Without a checked dossier nobody is turned away, and it is said.
    let received = phone.run(&["case", "do", id, "receive", &on]).done().json();
    assert_eq!(
        received["warnings"][0]["about"], "transfer.dossier",
        "{received}"
    );
    assert_eq!(received["state"], "received");
    assert_eq!(received["unusual"], serde_json::json!(["transfer.dossier"]));
    let lan = lag("transfer.came", "Phạm Thị Lan");
    assert_eq!(lags(&phone.run(&["deadlines"]).done().json()), [lan]);
    phone.run(&["add", "pham thi lan", "status=dự bị"]).done();
    // Somebody else of the branch, or another spelling, is not her; she is.
    phone
        .run(&["edit", "pham thi lan", "full_name=Phạm Thị Lan"])
        .done();
    assert_eq!(lags(&phone.run(&["deadlines"]).done().json()), []);
    phone.sync();
    assert_eq!(members(data, HOME), 4);
    let on = format!("issued_on={}", in_days(-4));
    told(
        data,
        "decision",
        &["add", "pham thi lan", "form=tiếp nhận", "number=8", &on],
    );
    let all = told(data, "register", &["members", "--branch", HOME]);
    let by = &all["counts"]["by_status"];
    assert_eq!(
        by["probationary"], 1,
        "a transfer makes nobody official: {by}"
    );
}

#[test]
fn row_18_to_another_commune_with_chibo_the_transfer_ends_with_the_hand_over() {
    let office = Office::new();
    let a = office.data.as_str();
    let at = |name: &str| office.folder.at(name);
    let b = &at("xa-khac");
    chibo(&["init", "--data", b, "--name", "Đảng ủy xã Xuân Hồng"]).done();
    let rows = chibo_people::roster("Chi bộ Xóm 9", &[someone("Phạm Thị Lan")], &[]);
    std::fs::write(at("other.csv"), rows).unwrap();
    chibo(&["import", "--data", b, &at("other.csv")]).done();
    let id = introduced(a, &["destination=Xã Xuân Hồng"]);
    arrives(a, &id);
    assert_eq!(lagging(a), [lag("transfer.left", QUANG)]);
    // The other commune has its own case, by the letter.
    let letter = format!("letter_on={}", in_days(-3));
    let on = format!("on={}", in_days(-1));
    let arrive = [
        "open",
        "transfer_in",
        "Chi bộ Xóm 9",
        "--act",
        "arrive",
        &letter,
        &on,
    ];
    let said = [
        "number=45",
        &format!("full_name={QUANG}"),
        "form=chính thức",
    ];
    let there = told(b, "case", &[&arrive[..], &said].concat());
    does(
        b,
        there["doc"].as_str().unwrap(),
        "receive",
        &[&on, "dossier_checked=yes"],
    );
    assert_eq!(lagging(b), [lag("transfer.came", QUANG)]);
    assert_eq!((members(a, HOME), members(b, "Chi bộ Xóm 9")), (3, 1));

    let card = handover(b, &["card"]);
    std::fs::write(at("card"), card["card"].as_str().unwrap()).unwrap();
    handover(
        a,
        &["offer", "quang", "--to", &at("card"), "--out", &at("offer")],
    );
    handover(
        b,
        &[
            "accept",
            &at("offer"),
            "--under",
            "Chi bộ Xóm 9",
            "--out",
            &at("yes"),
        ],
    );
    handover(a, &["answer", &at("yes")]);
    assert_eq!((lagging(a), lagging(b)), (vec![], vec![]));
    assert_eq!((members(a, HOME), members(b, "Chi bộ Xóm 9")), (2, 2));
}

#[test]
fn row_18_a_letter_has_a_sheet_that_says_what_is_missing_and_what_the_dossier_lacks() {
    let office = Office::new();
    let data = office.data.as_str();
    let on = format!("on={}", in_days(-3));
    let opened = told(
        data,
        "case",
        &["open", "transfer", QUANG, &on, "form=chính thức"],
    );
    let id = opened["doc"].as_str().unwrap().to_owned();
    let papers = opened["dossier_lacks"].as_array().unwrap().len();
    assert!(papers > 5, "nobody has seen a paper yet: {opened}");
    let sheet = told(data, "case", &["letter", &id]);
    let missing: Vec<&str> = (sheet["missing"].as_array().unwrap().iter())
        .filter_map(Value::as_str)
        .collect();
    for name in [
        "number",
        "on",
        "destination",
        "dues_paid_through",
        "dossier_checked",
    ] {
        assert!(missing.contains(&name), "{name} of {missing:?}");
    }
    assert_eq!(sheet["letter"]["full_name"], QUANG);
    assert_eq!(sheet["dossier_lacks"].as_array().unwrap().len(), papers);
    // The letter goes out all the same, and whoever issues it is told what it lacks.
    let issued = does(data, &id, "introduce", &["number=45", &on]);
    let warned: Vec<&str> = (issued["warnings"].as_array().unwrap().iter())
        .filter_map(|w| w["about"].as_str())
        .collect();
    assert_eq!(warned, ["transfer.dues", "transfer.dossier"]);
    does(
        data,
        &id,
        "remark",
        &[
            "note=đã xem lại",
            "dues_paid_through=11/2026",
            "dossier_checked=yes",
        ],
    );
    let sheet = told(data, "case", &["letter", &id]);
    assert_eq!(sheet["letter"]["number"], "45");
    assert_eq!(sheet["letter"]["dues_paid_through"], "2026-11");
    assert!(
        !sheet["missing"]
            .as_array()
            .unwrap()
            .contains(&"dossier_checked".into())
    );
    let page = chibo(&[
        "case", "--data", data, "--lang", "vi", "letter", &id, "--html",
    ])
    .done();
    assert!(page.out.starts_with("<!doctype html>"), "{}", page.out);
    assert!(page.out.contains("Đinh Văn Quang") && page.out.contains("còn thiếu"));
    chibo(&["case", "--data", data, "letter", "ffffffff"]).refused();
    // A phone has the same sheet.
    let ticket = office.ticket("secretary", HOME);
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    let on_phone = phone.run(&["case", "letter", &id]).done().json();
    assert_eq!(on_phone["letter"], sheet["letter"]);
}

#[test]
fn row_18_a_transfer_without_its_day_is_listed_as_lacking_it() {
    let office = Office::new();
    let data = office.data.as_str();
    // Of the day they know the month only.
    let open = ["open", "transfer", QUANG, "form=chính thức", "on=11/2026"];
    let opened = told(data, "case", &open);
    assert_eq!(opened["undated"].as_array().unwrap().len(), 1, "{opened}");
    let id = opened["doc"].as_str().unwrap();
    let text = chibo(&["case", "--data", data, "--lang", "vi", "show", id]).done();
    assert!(text.out.contains("còn thiếu ngày bắt đầu"), "{}", text.out);
    let text = chibo(&["deadlines", "--data", data, "--lang", "vi"]).done();
    assert!(text.out.contains("còn thiếu ngày bắt đầu"), "{}", text.out);
    assert!(text.out.contains(QUANG), "{}", text.out);
}

#[test]
fn row_20_a_stay_that_is_too_long_is_told_of_where_it_is_recorded() {
    let office = Office::new();
    let data = office.data.as_str();
    office.takes_in(SCHOOL, &[someone("Lê Văn Bảy")]);
    let stay = |until: &str, reason: &str| {
        let args = [
            "placement",
            "add",
            "--data",
            data,
            "--json",
            "Lê Văn Bảy",
            "--host",
            HOME,
            "--from",
            &in_days(0),
            "--until",
            until,
            "--reason",
            reason,
        ];
        let made = chibo(&args).done();
        let last = made.out.lines().last().unwrap();
        let made: Value = serde_json::from_str(last).unwrap();
        let warned = made["warnings"].as_array().unwrap().iter();
        warned
            .map(|w| w["about"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(stay(&in_days(300), "work"), [""; 0]);
    assert_eq!(stay(&in_days(400), "work"), ["temp.max"]);
    assert_eq!(stay(&in_days(400), "study"), [""; 0]);
    assert_eq!(stay("2090-06-30", "study"), ["temp.study.max"]);
    // A branch that is too small is told of with its figures.
    let figures = told(data, "register", &["figures", "--branch", SCHOOL]);
    let small = &figures["unusual"][0];
    assert_eq!(
        (&small["rule"], &small["count"]),
        (&"branch.min".into(), &1.into()),
        "{figures}"
    );
}
