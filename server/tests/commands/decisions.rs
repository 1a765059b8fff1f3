//! What a secretary wrote while the person had moved already: the office decides, and both sides hear.

use crate::program::{Office, Phone, chibo, chibo_in, people};
use chibo_people::someone;

fn quarantine(office: &Office) -> serde_json::Value {
    chibo(&["quarantine", "list", "--data", &office.data, "--json"])
        .done()
        .json()
}

/// An office with two branches, the secretary of the first, and an edit that came too late.
fn late_edit(office: &Office) -> (Phone, crate::program::Serving) {
    office.takes_in("Chi bộ Xóm 6", &[someone("Lê Thị Bưởi")]);
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    chibo(&[
        "move",
        "--data",
        &office.data,
        "quang",
        "--to",
        "Chi bộ Xóm 6",
    ])
    .done();
    phone.run(&["edit", "quang", "phone=0912345678"]).done();
    let told = phone.run(&["sync"]).no().json();
    assert_eq!(told["held"], 1, "{told}");
    assert_eq!(told["synced"], false, "{told}");
    (phone, serving)
}

#[test]
fn an_edit_of_somebody_who_had_moved_waits_for_the_office_and_is_taken_in() {
    let office = Office::new();
    let (phone, serving) = late_edit(&office);
    let list = quarantine(&office);
    assert_eq!(list["held"], 1, "{list}");
    let row = &list["rows"][0];
    assert_eq!(row["place"], "Đinh Văn Quang");
    assert_eq!(row["changes"][0]["path"], "phone");
    assert_eq!(row["changes"][0]["says"], "0912345678");

    // That the office looked comes along; nothing is left to send, and that is how it is said.
    phone.run(&["sync"]).no();
    let said = chibo(&["phone", "--data", &phone.data, "sync"]).no();
    assert_eq!(
        said.out,
        "All is received by the node.\n1 of it waits for the office to decide\n"
    );

    // It is asked who decides; and nobody decides about themself.
    let accept = ["quarantine", "accept", "1", "--data", &office.data];
    let why = chibo(&accept).refused();
    assert!(why.contains("--by PERSON"), "{why}");
    let why = chibo(&["quarantine", "drop", "1", "--data", &office.data]).refused();
    assert!(why.contains("--by PERSON"), "{why}");
    let why = chibo(&[&accept[..], &["--by", "quang"]].concat()).refused();
    assert!(why.contains("themself"), "{why}");
    chibo(&[&accept[..], &["--by", "Trần Đức An"]].concat()).done();
    let told = phone.run(&["sync"]).done().json();
    assert_eq!(told["synced"], true, "{told}");
    assert_eq!(quarantine(&office)["held"], 0);
    let why = chibo(&[&accept[..], &["--by-other"]].concat()).refused();
    assert!(why.contains("number"), "{why}");

    // The new branch has it, whoever wrote it.
    let ticket = office.ticket("secretary", "Chi bộ Xóm 6");
    let other = Phone::new(&office.folder, "b");
    other.enrol(&ticket, &serving.url);
    other.sync();
    let shown = other.run(&["show", "quang"]).done().json();
    assert_eq!(shown["fields"]["phone"], "0912345678");
    assert!(serving.terminate().success());
    chibo(&["verify", "--data", &office.data]).done();
}

#[test]
fn who_wrote_what_is_held_does_not_decide_about_it_either() {
    let office = Office::new();
    office.takes_in("Chi bộ Xóm 6", &[someone("Lê Thị Bưởi")]);
    let ticket = office.ticket_for("secretary", "Chi bộ Xóm 5", "Trần Đức An");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    let to = ["--to", "Chi bộ Xóm 6", "--data", &office.data];
    chibo(&[&["move", "quang"][..], &to].concat()).done();
    phone.run(&["edit", "quang", "phone=0912345678"]).done();
    phone.run(&["sync"]).no();
    let decide = |what: &str, by: &str| {
        let one = ["quarantine", what, "1", "--data", &office.data, "--by", by];
        chibo(&one)
    };
    for what in ["accept", "drop"] {
        for by in ["Trần Đức An", "quang"] {
            let why = decide(what, by).refused();
            assert!(why.contains("nobody decides about themself"), "{why}");
        }
        // By the number of their card as well.
        let card = people()[0].values["card_number"].shown();
        let why = decide(what, &card).refused();
        assert!(why.contains("nobody decides about themself"), "{why}");
        let why = decide(what, "Chi bộ Xóm 5").refused();
        assert!(why.contains("no member"), "{why}");
    }
    decide("accept", "Lê Thị Bưởi").done();
    assert_eq!(quarantine(&office)["held"], 0);
}

#[test]
fn the_office_says_who_decides_and_it_is_never_whom_it_is_about() {
    let office = Office::new();
    let run = |args: &[&str]| {
        let at = ["--data", &office.data, "--json"];
        match args {
            [what @ ("case" | "decision" | "contest"), rest @ ..] => {
                chibo(&[&[*what][..], &at, rest].concat())
            }
            args => chibo(&[args, &at].concat()),
        }
    };
    let add = ["decision", "add", "quang", "form=other", "number=7"];
    let why = run(&add).refused();
    assert!(why.contains("who decides? add --by PERSON"), "{why}");
    let with = |args: &[&str], more: &[&str]| run(&[args, more].concat());
    let why = with(&add, &["--by", "quang"]).refused();
    assert!(why.contains("nobody decides about themself"), "{why}");
    let why = with(&add, &["--by", "không ai"]).refused();
    assert!(why.contains("no such"), "{why}");
    let both = with(&add, &["--by", "Trần Đức An", "--by-other"]);
    assert_eq!(both.code, Some(2), "one or the other");
    let made = with(&add, &["--by", "Trần Đức An"]).done().json();
    let doc = made["doc"].as_str().unwrap();
    let cancel = ["decision", "cancel", doc, "--reason", "gõ nhầm"];
    run(&cancel).refused();
    with(&cancel, &["--by", "quang"]).refused();
    let told = run(&["decision", "list"]).done().json();
    assert_eq!(told["decisions"].as_array().unwrap().len(), 1);
    assert_eq!(told["decisions"][0]["cancelled"], false);
    with(&cancel, &["--by", "Trần Đức An"]).done();

    // A case: asking for it is nobody's decision, granting it is, and so is taking that back.
    let asks = ["case", "open", "lost_card", "quang", "on=1/9/2026"];
    let id = run(&asks).done().json()["doc"].as_str().unwrap().to_owned();
    run(&["case", "do", &id, "review"]).done();
    let paper = ["number=118", "symbol=4-TĐV"];
    let grant = [&["case", "do", &id, "decide"][..], &paper].concat();
    run(&grant).refused();
    let why = with(&grant, &["--by", "quang"]).refused();
    assert!(why.contains("nobody decides about themself"), "{why}");
    with(&grant, &["--by", "Trần Đức An"]).done();
    let back = ["case", "do", &id, "cancel", "note=gõ nhầm"];
    run(&back).refused();
    with(&back, &["--by", "quang"]).refused();
    with(&back, &["--by-other"]).done();

    // A contest is answered by somebody else than whose it is.
    let raise = ["contest", "raise", "quang", "full_name", "tên này sai"];
    let id = run(&raise).done().json()["doc"]
        .as_str()
        .unwrap()
        .to_owned();
    let answer = ["contest", "answer", &id, "refused", "--note", "đúng rồi"];
    run(&answer).refused();
    let why = with(&answer, &["--by", "quang"]).refused();
    assert!(why.contains("nobody decides about themself"), "{why}");
    with(&answer, &["--by", "Trần Đức An"]).done();

    // What would be erased is shown to whoever asks; erasing is decided.
    let erase = ["erase", "quang", "--why", "decided", "--basis", "12-CV/ĐU"];
    let erase = [&erase[..], &["--record", doc]].concat();
    run(&erase).no();
    let yes = [&erase[..], &["--yes"]].concat();
    run(&yes).refused();
    with(&yes, &["--by", "quang"]).refused();
    with(&yes, &["--by", "Trần Đức An"]).done();
    let words = ["decision", "--data", &office.data];
    let vietnamese = chibo_in("vi", &[&words[..], &add[1..]].concat());
    assert!(vietnamese.refused().contains("ai quyết định?"));
}

#[test]
fn a_ticket_of_who_writes_about_others_says_who_they_are() {
    let office = Office::new();
    let ticket = |role: &str, scope: &str, more: &[&str]| {
        let words = ["ticket", "--data", &office.data, "--json"];
        let of = ["--role", role, "--scope", scope];
        chibo(&[&words[..], &of, more].concat())
    };
    let (branch, commune) = ("Chi bộ Xóm 5", "Đảng ủy xã Xuân Trường");
    for (role, scope) in [
        ("secretary", branch),
        ("deputy", branch),
        ("committee-member", branch),
        ("office", commune),
        ("committee-secretary", commune),
    ] {
        let why = ticket(role, scope, &[]).refused();
        assert!(why.contains("for whom is it? add --person"), "{why}");
        ticket(role, scope, &["--person", branch]).refused();
        ticket(role, scope, &["--person", "quang"]).done();
        ticket(role, scope, &["--not-a-member"]).done();
    }
    // Who only reads may come from elsewhere, and a member is who they are.
    ticket("auditor", branch, &[]).done();
    ticket("upper", commune, &[]).done();
    ticket("member", "quang", &[]).done();
}

#[test]
fn an_edit_that_the_office_does_not_take_is_kept_and_its_author_is_told() {
    let office = Office::new();
    let (phone, serving) = late_edit(&office);
    let refuse = [
        "quarantine",
        "drop",
        "1",
        "--by-other",
        "--data",
        &office.data,
    ];
    chibo(&refuse).done();
    let told = phone.run(&["sync"]).done().json();
    assert_eq!(told["refused"].as_array().unwrap().len(), 1, "{told}");
    let list = quarantine(&office);
    assert_eq!(list["held"], 0);
    assert_eq!(list["rows"].as_array().unwrap().len(), 1, "it is kept");
    chibo(&refuse).done();
    assert_eq!(quarantine(&office)["rows"].as_array().unwrap().len(), 0);
    chibo(&refuse).refused();
    chibo(&["quarantine", "list", "--data", &phone.data]).refused();
    assert!(serving.terminate().success());
    chibo(&["verify", "--data", &office.data]).done();
}

#[test]
fn who_brings_a_roster_in_leaves_what_was_decided_about_themself_to_others() {
    let office = Office::new();
    let named = |name: &str, status: &str| {
        someone(name)
            .with("born", "01/02/1960")
            .with("status", status)
    };
    let sheet = office.folder.at("sua.csv");
    let both = |status: &str| {
        let people = [named("Vũ Văn Tự", status), named("Lê Thị Bưởi", status)];
        chibo_people::roster("Chi bộ Xóm 5", &people, &["full_name", "born", "status"])
    };
    std::fs::write(&sheet, both("Chính thức")).unwrap();
    let args = ["import", "--data", &office.data, &sheet, "--json"];
    // Nobody was recorded yet: taking over the paper register is no decision.
    chibo(&args).done();
    std::fs::write(&sheet, both("Miễn công tác và sinh hoạt đảng")).unwrap();
    let asked = chibo(&args).refused();
    assert!(asked.contains("--by"), "{asked}");
    let told = chibo(&[&args[..], &["--by", "tu"]].concat()).done().json();
    assert_eq!(told["about_themself"], serde_json::json!(["Vũ Văn Tự"]));
    assert_eq!(told["changed_members"], 1, "{told}");
    let told = chibo(&[&args[..], &["--by", "buoi"]].concat())
        .done()
        .json();
    assert_eq!(told["about_themself"], serde_json::json!([]));
    assert_eq!(told["changed_members"], 1, "{told}");
}

#[test]
fn row_02_a_mistyped_election_is_cancelled_and_what_it_gave_ends() {
    let office = Office::new();
    office.takes_in(
        "Chi bộ Xóm 5",
        &[someone("Vũ Văn Tự"), someone("Lê Thị Bưởi")],
    );
    let elected = [
        "election",
        "Chi bộ Xóm 5",
        "--secretary",
        "tu",
        "--deputy",
        "buoi",
        "--number",
        "12-QĐ/ĐU",
        "--date",
        "01/08/2026",
        "--by-other",
        "--data",
        &office.data,
        "--json",
    ];
    let tickets = chibo(&elected).done().json()["tickets"].clone();
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "b");
    phone.enrol(tickets[1]["ticket"].as_str().unwrap(), &serving.url);
    assert!(serving.terminate().success());
    let said = |args: &[&str]| {
        let args = [&args[..1], &["--data", &office.data, "--json"], &args[1..]].concat();
        chibo(&args)
    };
    let all = said(&["decision", "list", "buoi"]).done().json();
    let paper = &all["decisions"][0];
    assert_eq!(
        (paper["number"].as_str(), paper["post"].as_str()),
        (Some("12-QĐ/ĐU"), Some("deputy"))
    );
    let doc = paper["doc"].as_str().unwrap();
    let cancel = [
        "decision",
        "cancel",
        doc,
        "--reason",
        "gõ nhầm người",
        "--by-other",
    ];
    let told = said(&cancel).done().json();
    assert_eq!(told["ended"].as_array().map(Vec::len), Some(1), "{told}");
    let all = said(&["decision", "list", "buoi"]).done().json();
    assert_eq!(all["decisions"][0]["cancelled"], true);
    let doubted = said(&["decision", "list"]).done().json();
    assert_eq!(doubted["doubled"], serde_json::json!([]), "{doubted}");
}
