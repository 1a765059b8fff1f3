//! What the rules say and what is due, on the node and on a phone.

use crate::program::{Office, Phone, chibo, chibo_in};

#[test]
fn a_regulation_that_the_office_adds_moves_the_deadline_on_a_phone_after_it_has_synced() {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    let due = phone.run(&["deadlines"]).done().json()["deadlines"].clone();
    let due = due.as_array().unwrap().iter();
    // At the end of a year each owes the yearly supplement.
    let due = due.filter(|d| d["key"] != "supplement.due");
    assert_eq!(due.count(), 0);

    let said = ["status=probationary", "admission_decided_on=2/2/2026"];
    phone.run(&[&["edit", "quang"], &said[..]].concat()).done();
    let ceremony = |phone: &Phone| phone.run(&["deadlines"]).done().json()["deadlines"][0].clone();
    let before = ceremony(&phone);
    assert_eq!(before["key"], "ceremony");
    assert_eq!(before["name"], "Đinh Văn Quang");
    // Thirty working days over Tết.
    assert_eq!(before["due"], "2026-03-23");
    assert_eq!(before["verified"], false);

    // The node that serves takes it in; a phone hears of it when it syncs.
    let add = [
        "regulations",
        "add",
        "--data",
        &office.data,
        "ceremony",
        "20",
        "--unit",
        "working_days",
        "--source",
        "99-QĐ/TW",
        "--source-on",
        "15/1/2026",
        "--from",
        "1/2/2026",
        "--verified",
        "--json",
    ];
    let added = chibo(&add).done().json();
    assert_eq!(added["added"], true, "{added}");
    assert_eq!(ceremony(&phone)["due"], "2026-03-23");
    phone.sync();
    let after = ceremony(&phone);
    assert_eq!(after["due"], "2026-03-09");
    assert_eq!(after["source"], "99-QĐ/TW, 15/01/2026");
    assert_eq!(after["verified"], true);

    // A day that is announced as off moves it too.
    let off = [
        "regulations",
        "add",
        "--data",
        &office.data,
        "holiday.off",
        "-",
        "--unit",
        "mark",
        "--source",
        "1/TB-BNV",
        "--source-on",
        "15/1/2026",
        "--from",
        "2/3/2026",
        "--to",
        "2/3/2026",
    ];
    chibo(&off).done();
    phone.sync();
    assert_eq!(ceremony(&phone)["due"], "2026-03-10");

    // The office sees the same, of one branch or of all.
    let list = [
        "deadlines",
        "--data",
        &office.data,
        "--branch",
        "Chi bộ Xóm 5",
        "--json",
    ];
    let told = chibo(&list).done().json();
    assert_eq!(told["deadlines"][0]["due"], "2026-03-10");
    let said = chibo_in("vi_VN.UTF-8", &list[..3]).done();
    assert!(
        said.out.contains("Quá hạn") && said.out.contains("ngày làm việc"),
        "{said:?}"
    );
    assert!(serving.terminate().success());
    chibo(&["verify", "--data", &office.data]).done();
}

#[test]
fn regulations_are_listed_with_source_and_the_mark_of_what_nobody_verified() {
    let on = |day| chibo(&["regulations", "--key", "dues.other", "--on", day, "--json"]);
    let value = |day| on(day).done().json()["regulations"][0]["value"].clone();
    assert_eq!(value("31/12/2027"), "0,3");
    assert_eq!(value("1/1/2028"), "0,5");
    assert_eq!(
        on("31/1/2026").no().json()["regulations"],
        serde_json::json!([])
    );
    let said = chibo(&["regulations", "--key", "probation"]).done();
    assert!(
        said.out.contains("24-QĐ/TW, 30/07/2021, 4") && said.out.contains("[unverified]"),
        "{said:?}"
    );
    let said = chibo_in("vi_VN.UTF-8", &["regulations", "--key", "probation"]).done();
    assert!(
        said.out.contains("12 tháng") && said.out.contains("[chưa kiểm chứng]"),
        "{said:?}"
    );
    assert!(
        chibo(&["regulations", "--key", "probaton"])
            .refused()
            .contains("probaton")
    );
    assert!(
        chibo(&["regulations", "--on", "2026"])
            .refused()
            .contains("2026")
    );
}

#[test]
fn a_row_that_does_not_fit_is_refused_and_nothing_is_written() {
    let office = Office::new();
    let add = |key, value, unit, from| {
        let args = [
            "regulations",
            "add",
            "--data",
            &office.data,
            key,
            value,
            "--unit",
            unit,
            "--source",
            "1-QĐ",
            "--source-on",
            "2026",
            "--from",
            from,
        ];
        chibo(&args).refused()
    };
    assert!(add("ceremny", "30", "days", "1/1/2027").contains("ceremny"));
    assert!(add("ceremony", "soon", "days", "1/1/2027").contains("soon"));
    assert!(add("ceremony", "30", "dong", "1/1/2027").contains("dong"));
    assert!(add("ceremony", "30", "days", "2027").contains("2027"));
    let list = [
        "regulations",
        "--data",
        &office.data,
        "--key",
        "ceremony",
        "--json",
    ];
    assert_eq!(
        chibo(&list).done().json()["regulations"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
}

#[test]
fn the_calendar_of_a_year_says_what_is_off_and_what_is_not_announced() {
    let told = chibo(&["calendar", "2026", "--json"]).done().json();
    assert_eq!(told["tet"], "2026-02-17");
    assert_eq!(told["announced"], true);
    // January: 22 weekdays, 1 and 2 off, Saturday 10 worked.
    assert_eq!(told["working_days"][0], 21);
    assert_eq!(told["working_days"][1], 15);
    let said = chibo_in("vi_VN.UTF-8", &["calendar", "2025"]).done();
    assert!(said.out.contains("nhuận tháng 6"), "{said:?}");
    assert!(said.out.contains("26/04/2025  thứ Bảy  Làm bù"), "{said:?}");
    let said = chibo(&["calendar", "2031"]).done();
    assert!(said.out.contains("not announced"), "{said:?}");
    assert_eq!(chibo(&["calendar", "1700"]).code, Some(2));
}
