//! The office works on records from its own command line, as a phone does: lists, one record, edits, a new member, two
//! versions, what somebody reports.

use crate::program::{Office, Phone, Ran, chibo};
use serde_json::{Value, json};

const QUANG: &str = "dinh van quang";
const BRANCH: &str = "Chi bộ Xóm 5";

impl Office {
    /// A command on the office's own store, for machines.
    fn run(&self, args: &[&str]) -> Ran {
        chibo(&[&args[..1], &["--data", &self.data, "--json"], &args[1..]].concat())
    }

    /// The same, as people read it.
    fn said(&self, args: &[&str]) -> Ran {
        let lang = ["--data", &self.data, "--lang", "en"];
        chibo(&[&args[..1], &lang, &args[1..]].concat())
    }
}

fn titles(told: &Value) -> Vec<&str> {
    let rows = told["rows"].as_array().unwrap().iter();
    rows.map(|row| row["title"].as_str().unwrap()).collect()
}

fn of<'a>(told: &'a Value, list: &str, name: &str) -> Vec<&'a str> {
    let all = told[list].as_array().unwrap().iter();
    all.filter_map(|one| one[name].as_str()).collect()
}

#[test]
fn row_03_and_04_the_office_adds_a_member_finds_them_without_diacritics_and_edits_them() {
    let office = Office::new();
    let all = office.run(&["list"]).done().json();
    assert_eq!(
        titles(&all),
        ["Trần Đức An", "Nguyễn Thị Ấm", "Đinh Văn Quang"]
    );
    let added = office.run(&[
        "add",
        "Lê Thị Bưởi",
        "--branch",
        BRANCH,
        "phone=0912 345 678",
        "note=Có đơn tố cáo",
        "status=official",
    ]);
    let added = added.done().json();
    assert_eq!(of(&added, "warnings", "about"), ["complaint"; 2]);
    let place = added["place"].as_str().unwrap();
    for search in ["buoi", "LE THI", "Bưởi"] {
        let found = office.run(&["list", "--search", search]).done().json();
        assert_eq!(titles(&found), ["Lê Thị Bưởi"], "{search}");
    }
    let found = office.run(&["list", "--branch", BRANCH, "--only", "missing:born"]);
    assert_eq!(titles(&found.done().json()), ["Lê Thị Bưởi"]);
    let filters = office.run(&["list", "--filters"]).done().json();
    assert!(of(&filters, "filters", "filter").contains(&"missing:born"));

    // Several fields at once, with whose words they are.
    let words = ["--said-by", "vợ ở nhà", "--how", "telephone"];
    let typed = ["edit", "le thi buoi", "born=2/3/1990", "ethnicity=kinh"];
    let told = office.run(&[&typed[..], &words].concat()).done().json();
    assert_eq!(told["changed"], true);
    let shown = office.run(&["show", place]).done().json();
    assert_eq!(shown["fields"]["born"], "1990-03-02");
    assert_eq!(shown["fields"]["ethnicity"], "kinh");
    assert_eq!(shown["told"]["born"][0]["said_by"], "vợ ở nhà");
    assert_eq!(of(&shown, "cautions", "about"), ["complaint"; 2]);
    assert!(shown["missing"].as_u64().unwrap() > 0);
    let said = office.said(&["show", "buoi"]).done().out;
    assert!(said.contains("Born: 02/03/1990"), "{said}");
    assert!(said.contains("fields missing"), "{said}");
    // It stands at once, and all of it is whole.
    let said = office.said(&["edit", place, "note="]).done().out;
    assert_eq!(said.trim(), "Saved.");
    office.run(&["verify"]).done();
    // Who opens a record at the office is noted, before it is shown.
    let looks = office.run(&["audit"]).done().json();
    assert!(looks.to_string().contains("Lê Thị Bưởi"), "{looks}");
}

#[test]
fn row_10_the_office_is_asked_why_it_replaces_a_birth_date_until_it_says_so() {
    let office = Office::new();
    let about = |told: &Value, list| of(told, list, "about").join(" ");
    // It changes by decision: so the office says who decides, and it is not the member themself.
    let edit = ["edit", QUANG, "born=1/2/1961"];
    let why = office.said(&edit).refused();
    assert!(why.contains("--by PERSON"), "{why}");
    let by = |who| [&edit[..], &["--by", who]].concat();
    let why = office.said(&by("quang")).refused();
    assert!(why.contains("themself"), "{why}");
    let told = office.run(&by("Trần Đức An")).done().json();
    assert_eq!(about(&told, "warnings"), "change.decision");
    let shown = office.run(&["show", QUANG]).done().json();
    assert_eq!(shown["fields"]["born"], "1961-02-01");
    assert_eq!(about(&shown, "cautions"), "change.decision");
    let list = office.run(&["decision", "list"]).done().json();
    let why = list["replaced"][0]["why"].as_str().unwrap();
    let why = format!("{why}=gõ nhầm năm");
    office.said(&["edit", QUANG, &why]).refused();
    office
        .run(&["edit", QUANG, &why, "--by", "Trần Đức An"])
        .done();
    let shown = office.run(&["show", QUANG]).done().json();
    assert_eq!(about(&shown, "cautions"), "");
    // What is not decided is nobody's decision; discipline is.
    office.run(&["edit", QUANG, "phone=0912345678"]).done();
    let discipline = ["edit", QUANG, "discipline/01/form=khiển trách"];
    let why = office.said(&discipline).refused();
    assert!(why.contains("--by PERSON"), "{why}");
}

#[test]
fn row_42_the_office_sees_what_two_phones_wrote_differently_and_chooses() {
    let office = Office::new();
    let tickets = ["secretary", "deputy"].map(|role| office.ticket(role, BRANCH));
    let serving = office.serve();
    let phones = ["a", "b"].map(|name| Phone::new(&office.folder, name));
    for (phone, ticket) in phones.iter().zip(&tickets) {
        phone.enrol(ticket, &serving.url);
        phone.sync();
    }
    // Offline, both.
    for (phone, number) in phones.iter().zip(["0900000001", "0900000002"]) {
        phone
            .run(&["edit", QUANG, &format!("phone={number}")])
            .done();
    }
    assert_eq!(
        office.run(&["conflicts"]).done().json(),
        json!({"two_versions": []})
    );
    for phone in &phones {
        phone.sync();
    }
    // While the node serves as well.
    let open = office.run(&["conflicts"]).done().json();
    let versions = &open["two_versions"][0]["values"];
    assert_eq!(open["two_versions"][0]["title"], "Đinh Văn Quang");
    assert_eq!(versions.as_array().unwrap().len(), 2, "{open}");
    assert!(versions[0]["by"] != versions[1]["by"], "{open}");
    let shown = office.run(&["show", QUANG]).done().json();
    assert_eq!(shown["two_versions"][0]["values"], *versions);
    let differ = office.run(&["list", "--only", "differ"]).done().json();
    assert_eq!(titles(&differ), ["Đinh Văn Quang"]);

    let why = office.said(&["resolve", QUANG, "alias", "1"]).refused();
    assert!(why.contains("no two versions"), "{why}");
    let chosen = versions[1]["value"].as_str().unwrap();
    let told = office.run(&["resolve", QUANG, "phone", "2"]).done().json();
    assert_eq!(told["value"], chosen);
    assert_eq!(
        office.run(&["conflicts"]).done().json(),
        json!({"two_versions": []})
    );
    for phone in &phones {
        phone.sync();
        let shown = phone.run(&["show", QUANG]).done().json();
        assert_eq!(shown["fields"]["phone"], chosen);
        assert_eq!(shown["two_versions"], json!([]));
    }
    assert!(serving.terminate().success());
}

#[test]
fn rows_11_13_and_36_the_office_takes_down_what_somebody_reports_and_who_wrote_it_down() {
    let office = Office::new();
    let why = office
        .said(&["check-in", "commune=Xã Xuân Trường"])
        .refused();
    assert!(why.contains("--for"), "{why}");
    let word = ["check-in", "--for", "tran duc an", "commune=Phường Dĩ An"];
    let more = ["how=telephone", "phone=gọi anh Ba", "--by", QUANG];
    let told = office.run(&[&word[..], &more].concat()).done().json();
    assert_eq!(of(&told, "warnings", "about"), ["phone.form"]);
    let check_in = told["check_in"].as_str().unwrap();
    let shown = office.run(&["show", check_in]).done().json();
    assert_eq!(shown["fields"]["recorded_by"], "Đinh Văn Quang");

    let add = ["address", "tran duc an", "add", "Bình Dương"];
    let more = [
        "--commune",
        "25942",
        "--said-by",
        "vợ",
        "--how",
        "telephone",
    ];
    let told = office.run(&[&add[..], &more].concat()).done().json();
    assert_eq!(told["hints"], json!([]));
    let list = office
        .run(&["address", "tran duc an", "list"])
        .done()
        .json();
    assert_eq!(of(&list, "addresses", "text"), ["Bình Dương"]);
    assert_eq!(list["addresses"][0]["said_by"], "vợ");
    // Nobody was named: it was the office.
    assert_eq!(list["addresses"][0]["recorded_by"], "văn phòng đảng ủy");
    let id = list["addresses"][0]["address"].as_str().unwrap();
    office
        .run(&["address", "tran duc an", "end", id, "--on", "1/1/2026"])
        .done();
    let list = office
        .run(&["address", "tran duc an", "list"])
        .done()
        .json();
    assert_eq!(list["addresses"][0]["stands"], false);

    // A remark is a formal one: it is said who takes it down, and nobody does about themself.
    let remark = ["residence-remark", "tran duc an", "Tham gia đều"];
    let named = ["--said-by", "Vũ Thị Hạnh", "--post", "Bí thư chi bộ"];
    let remark = [&remark[..], &named].concat();
    let why = office.said(&remark).refused();
    assert!(why.contains("--by"), "{why}");
    let own = [&remark[..], &["--by", "tran duc an"]].concat();
    let why = office.said(&own).refused();
    assert!(why.contains("nobody decides about themself"), "{why}");
    let told = office.run(&[&remark[..], &["--by", QUANG]].concat());
    let told = told.done().json();
    let listed = office
        .run(&["residence-remark", "tran duc an"])
        .done()
        .json();
    assert_eq!(listed["remarks"][0]["state"], "remark");
    let doc = told["doc"].as_str().unwrap();
    let shown = office.run(&["show", doc]).done().json();
    assert_eq!(shown["fields"]["recorded_by"], "Đinh Văn Quang");
    // Nor is there a way around it.
    let why = office.said(&["edit", doc, "body=x"]).refused();
    assert!(why.contains("--by"), "{why}");
}

#[test]
fn what_does_not_fit_is_refused_with_words_and_nothing_of_it_is_written() {
    let office = Office::new();
    for (args, words) in [
        (&["show", "ffffffff"][..], "no such place or person"),
        (&["show", QUANG, "--proof"], "chibo verify"),
        (&["edit", QUANG, "shoe_size=41"], "no such field"),
        (&["edit", QUANG, "phone"], "FIELD=VALUE"),
        (
            &["edit", QUANG, "phone=0912345678", "born=41/2/1970"],
            "no date",
        ),
        (
            &["edit", "nobody at all", "phone=1"],
            "no such place or person",
        ),
        (&["add", "Lê Thị Bưởi"], "--branch"),
        (&["add", "  ", "--branch", BRANCH], "a name is needed"),
        (
            &["add", "Lê Thị Bưởi", "--branch", QUANG],
            "cannot stand there",
        ),
        (
            &["add", "Lê Thị Bưởi", "--branch", BRANCH, "born=x"],
            "no date",
        ),
        (
            &["resolve", "ffffffff", "phone", "1"],
            "no such place or person",
        ),
        (&["list", "--kind", "shoe"], "a kind is one of"),
        (&["list", "--only", "shoe"], "--filters"),
        (&["list", "--branch", "xom 99"], "no such place or person"),
        (&["address", BRANCH, "list"], "is no member"),
        (&["check-in", "--for", BRANCH, "commune=x"], "--for"),
        (&["check-in", "--for", QUANG, "said_on=mai"], "no date"),
        (
            &["check-in", "--for", QUANG, "--by", "nobody at all"],
            "no such place or person",
        ),
    ] {
        let why = office.said(args).refused();
        assert!(why.contains(words), "{args:?}: {why}");
    }
    assert_eq!(
        office.run(&["list"]).done().json()["rows"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
    let shown = office.run(&["show", QUANG]).done().json();
    assert_eq!(shown["fields"]["phone"], Value::Null);
}

#[test]
fn whose_role_reads_no_records_is_told_so_and_shown_nothing() {
    let office = Office::new();
    let ticket = office.ticket("operator", "Đảng ủy xã Xuân Trường");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "o");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    let at = ["--data", &phone.data, "--lang", "en"];
    for args in [
        &["list"][..],
        &["conflicts"],
        &["list", "--kind", "check_in"],
    ] {
        let why = chibo(&[&args[..1], &at, &args[1..]].concat()).refused();
        assert!(why.contains("does not read this"), "{args:?}: {why}");
    }
    let add = ["add", "Lê Thị Bưởi", "--branch"];
    let root = office.run(&["list", "--kind", "unit"]).done().json();
    let branch = root["rows"].as_array().unwrap().iter();
    let branch = branch
        .filter(|r| r["title"] == BRANCH)
        .map(|r| r["place"].as_str().unwrap())
        .next()
        .unwrap();
    let why = chibo(&[&add[..1], &at, &add[1..], &[branch]].concat()).refused();
    assert!(why.contains("role"), "{why}");
    let why = chibo(&[&["show"][..], &at, &[branch]].concat()).refused();
    assert!(why.contains("does not read this"), "{why}");
    assert!(serving.terminate().success());
}
