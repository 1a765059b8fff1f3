//! The main job from end to end: roster in, two phones offline, the same state everywhere.

use crate::program::{COLUMNS, Office, Phone, chibo, chibo_in, people};
use chibo_people::{roster, someone};

#[test]
fn two_phones_that_edit_offline_end_with_the_same_records_as_the_office() {
    let office = Office::new();
    let first = office.ticket("secretary", "Chi bộ Xóm 5");
    let second = office.ticket("deputy", "chi bo xom 5");
    let serving = office.serve();
    let secretary = Phone::new(&office.folder, "bi-thu");
    let deputy = Phone::new(&office.folder, "pho-bi-thu");
    secretary.enrol(&first, &serving.url);
    deputy.enrol(&second, &serving.url);
    for phone in [&secretary, &deputy] {
        phone.sync();
        let list = phone.run(&["list"]).done().json();
        let names: Vec<&str> = list["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| r["title"].as_str().unwrap())
            .collect();
        assert_eq!(
            names,
            ["Trần Đức An", "Nguyễn Thị Ấm", "Đinh Văn Quang"],
            "in the order of a roll: by given name"
        );
    }

    // Both are offline now and change the same field; one adds a member, both mark a meeting.
    secretary
        .run(&["edit", "dinh van quang", "phone=0900000001"])
        .done();
    deputy
        .run(&["edit", "Đinh Văn Quang", "phone=0900000002", "alias=Hai"])
        .done();
    deputy
        .run(&["add", "LÊ THỊ BƯỞI", "born=2/9/1990", "sex=nữ"])
        .done();
    secretary
        .run(&["attend", "05/11/2026", "quang=present", "am=ốm"])
        .done();
    deputy
        .run(&["attend", "5.11.2026", "quang=unexcused", "an=có mặt"])
        .done();
    assert_eq!(secretary.run(&["status"]).done().json()["drafts"], 2);

    assert_eq!(secretary.sync()["handed_over"], 2);
    deputy.sync();
    secretary.sync();
    for phone in [&secretary, &deputy] {
        let open = phone.run(&["conflicts"]).done().json();
        let mut fields: Vec<&str> = open["two_versions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| c["field"].as_str().unwrap().split('/').next().unwrap())
            .collect();
        fields.sort_unstable();
        assert_eq!(fields, ["attendance", "phone"]);
    }

    // People choose: by value, and by number in the list; in a member's record and in a meeting.
    secretary
        .run(&["resolve", "quang", "phone", "0900000001"])
        .done();
    let open = secretary.run(&["conflicts"]).done().json();
    let mark = &open["two_versions"][0];
    let (path, place) = (
        mark["field"].as_str().unwrap(),
        mark["place"].as_str().unwrap(),
    );
    secretary.run(&["resolve", place, path, "present"]).done();
    secretary.sync();
    deputy.sync();
    for phone in [&secretary, &deputy] {
        let open = phone.run(&["conflicts"]).done().json();
        assert_eq!(open["two_versions"].as_array().unwrap().len(), 0);
        let shown = phone.run(&["show", "quang"]).done().json();
        assert_eq!(shown["fields"]["phone"], "0900000001");
        assert_eq!(shown["fields"]["alias"], "Hai");
    }

    assert_eq!(serving.terminate().code(), Some(0));
    let node = office.digest("Chi bộ Xóm 5");
    assert_eq!(node, secretary.digest("Chi bộ Xóm 5"));
    assert_eq!(node, deputy.digest("Chi bộ Xóm 5"));
    for data in [&office.data, &secretary.data, &deputy.data] {
        let checked = chibo(&["verify", "--data", data, "--json"]).done().json();
        assert_eq!(checked["ok"], true);
        let before = chibo(&["digest", "--data", data, "--json"]).done().json();
        chibo(&["rebuild", "--data", data]).done();
        assert_eq!(
            before,
            chibo(&["digest", "--data", data, "--json"]).done().json()
        );
    }
}

#[test]
fn a_member_far_away_says_where_they_are_and_the_secretary_reads_it() {
    let office = Office::new();
    let of_member = office.ticket("member", "Trần Đức An");
    let of_secretary = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();

    let away = Phone::new(&office.folder, "an");
    away.enrol(&of_member, &serving.url);
    away.sync();
    let titles = away.run(&["list"]).done().json();
    assert_eq!(
        titles["rows"].as_array().unwrap().len(),
        1,
        "only their own record"
    );
    away.run(&[
        "checkin",
        "commune=Phường Dĩ An, Thành phố Hồ Chí Minh",
        "said_on=01/11/2026",
    ])
    .done();
    let refused = away.run(&["edit", "An", "phone=0900000009"]).refused();
    assert!(refused.contains("does not write"), "{refused}");
    away.sync();

    let secretary = Phone::new(&office.folder, "bi-thu");
    secretary.enrol(&of_secretary, &serving.url);
    secretary.sync();
    let list = secretary.run(&["list", "--kind", "check_in"]).done().json();
    assert_eq!(list["rows"][0]["title"], "2026-11-01");
    assert!(serving.terminate().success());
}

#[test]
fn the_same_roster_brought_in_again_changes_nothing_and_a_mended_one_only_what_is_new() {
    let office = Office::new();
    let before = office.digest("Chi bộ Xóm 5");
    let again = chibo(&[
        "import",
        "--data",
        &office.data,
        &office.folder.at("roster.csv"),
        "--json",
    ])
    .done()
    .json();
    assert_eq!(again["documents_written"], 0);
    assert_eq!(before, office.digest("Chi bộ Xóm 5"));

    let [quang, am, an] = people();
    let mended = [quang, am.with("alias", "Hai"), an];
    let columns = [&COLUMNS[..], &["alias"]].concat();
    let mended = roster("Chi bộ Xóm 5", &mended, &columns);
    std::fs::write(office.folder.at("roster.csv"), mended).unwrap();
    let again = chibo(&[
        "import",
        "--data",
        &office.data,
        &office.folder.at("roster.csv"),
        "--json",
    ])
    .done()
    .json();
    assert_eq!(again["changed_members"], 1);
    assert_eq!(again["new_members"], 0);
}

#[test]
fn a_roster_comes_back_as_it_went_in_and_a_folder_holds_one_document_each() {
    let office = Office::new();
    let sheet = office.folder.at("ra.csv");
    chibo(&["export", "--data", &office.data, "--out", &sheet]).done();
    let other = office.folder.at("xa-2");
    chibo(&["init", "--data", &other, "--name", "Xã khác"]).done();
    let back = chibo(&["import", "--data", &other, &sheet, "--json"])
        .done()
        .json();
    assert_eq!(back["new_members"], 3);
    assert_eq!(back["new_branches"], 1);
    let again = office.folder.at("ra-2.csv");
    chibo(&["export", "--data", &other, "--out", &again]).done();
    assert_eq!(
        std::fs::read(&sheet).unwrap(),
        std::fs::read(&again).unwrap()
    );

    let folder = office.folder.at("tung-tai-lieu");
    chibo(&["export", "--data", &office.data, "--out", &folder]).done();
    let mut names = Vec::new();
    for branch in std::fs::read_dir(&folder).unwrap() {
        for file in std::fs::read_dir(branch.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let doc = automerge::Automerge::load(&std::fs::read(&path).unwrap());
            assert!(doc.is_ok(), "any Automerge can open it");
            names.push(path.file_name().unwrap().to_str().unwrap().to_owned());
        }
    }
    assert!(
        names
            .iter()
            .any(|n| n.starts_with("member-dinh-van-quang-")),
        "{names:?}"
    );
    assert!(names.iter().all(|n| n.is_ascii()), "{names:?}");
}

#[test]
fn whoever_brings_in_people_without_a_status_is_told_that_nobody_counts_them() {
    let office = Office::new();
    let sheet = office.folder.at("moi.csv");
    let people = [
        someone("Vũ Văn Tốt").with("official_on", "03/02/2009"),
        someone("Vũ Văn Lành").with("official_on", ""),
    ];
    let bring = |columns: &[&str], more: &[&str]| {
        let text = roster("Chi bộ Xóm 6", &people, columns);
        std::fs::write(&sheet, text).unwrap();
        let args = ["import", "--data", &office.data, &sheet];
        chibo(&[&args[..], more].concat()).done()
    };
    let without = |columns: &[&str]| {
        let told = bring(columns, &["--dry-run", "--json"]).json();
        told["without_status"].as_u64().unwrap()
    };
    assert_eq!(without(&["full_name", "born"]), 2);
    assert_eq!(without(&["full_name", "born", "official_on"]), 1);
    let words = bring(&["full_name", "born"], &["--dry-run"]).out;
    assert!(words.contains("2 new people have no status"), "{words}");
    // A roster that says it brings no such word.
    let told = chibo(&[
        "import",
        "--data",
        &office.data,
        &office.folder.at("roster.csv"),
    ])
    .done();
    assert!(!told.out.contains("no status"), "{told:?}");
}

#[test]
fn a_bad_row_keeps_the_whole_roster_out_unless_told_to_take_the_good_ones() {
    let office = Office::new();
    let sheet = office.folder.at("sai.csv");
    let wrong = someone("Vũ Văn Sai").with("born", "31/02/1980");
    let text = roster(
        "Chi bộ Xóm 6",
        &[someone("Vũ Văn Tốt"), wrong],
        &["full_name", "born"],
    );
    std::fs::write(&sheet, text).unwrap();
    let before = chibo(&["digest", "--data", &office.data, "--json"])
        .done()
        .json();
    let no = chibo(&["import", "--data", &office.data, &sheet, "--json"])
        .no()
        .json();
    assert_eq!(no["written"], false);
    assert_eq!(no["problems"][0]["row"], 3);
    assert_eq!(
        before,
        chibo(&["digest", "--data", &office.data, "--json"])
            .done()
            .json()
    );
    let some = chibo(&[
        "import",
        "--data",
        &office.data,
        &sheet,
        "--skip-bad",
        "--json",
    ])
    .no()
    .json();
    assert_eq!(
        (&some["written"], &some["new_members"]),
        (&true.into(), &1.into())
    );
}

#[test]
fn the_program_speaks_vietnamese_where_the_environment_does() {
    let office = Office::new();
    let args = ["phone", "--data", &office.folder.at("none"), "list"];
    assert!(
        chibo_in("vi_VN.UTF-8", &args)
            .refused()
            .contains("không có kho")
    );
    assert!(
        chibo_in("fr_FR.UTF-8", &args)
            .refused()
            .contains("there is no store")
    );
    let mut asked = args.to_vec();
    asked.extend(["--lang", "vi"]);
    assert!(chibo_in("C", &asked).refused().contains("không có kho"));
}

#[test]
fn namesakes_stay_two_people_however_often_the_roster_comes() {
    let office = Office::new();
    // Two with the same name and birth have each their card; of two others neither birth nor card is known.
    let (hung, mo) = (someone("Nguyễn Văn Hùng"), someone("Lê Thị Mơ"));
    let mo = mo.with("born", "").with("card_number", "");
    let all = [
        hung.clone().with("alias", "Cả"),
        hung.with("card_number", "25.000002").with("alias", "Hai"),
        mo.clone().with("alias", "Tư"),
        mo.with("alias", "Năm"),
    ];
    let import = || office.takes_in("Chi bộ Xóm 6", &all);
    assert_eq!(import()["new_members"], 4);
    let again = import();
    assert_eq!(again["new_members"], 0);
    assert_eq!(again["documents_written"], 0);
}

#[test]
fn columns_that_no_field_matches_are_kept_in_the_note_and_leave_a_written_one_alone() {
    let office = Office::new();
    let sheet = office.folder.at("them.csv");
    let text = roster("Chi bộ Xóm 5", &people()[..1], &COLUMNS);
    let mut lines = text.lines();
    let [header, quang] = [(); 2].map(|()| lines.next().unwrap());
    let text = format!("{header},Biển số xe\n{quang},18-B1\n");
    std::fs::write(&sheet, text).unwrap();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    phone.run(&["edit", "quang", "note=Đã báo"]).done();
    phone.sync();
    assert!(serving.terminate().success());
    let import = || {
        chibo(&["import", "--data", &office.data, &sheet, "--json"])
            .done()
            .json()
    };
    assert_eq!(import()["changed_members"], 1);
    assert_eq!(import()["documents_written"], 0);
    let sheet = office.folder.at("ra.csv");
    chibo(&["export", "--data", &office.data, "--out", &sheet]).done();
    let out = std::fs::read_to_string(&sheet).unwrap();
    assert!(out.contains("Đã báo\nBiển số xe: 18-B1"), "{out}");
}

#[test]
fn a_secretary_records_where_a_member_is_for_them() {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    phone.run(&["checkin", "how=telephone"]).refused();
    phone
        .run(&["checkin", "--for", "quang", "how=telephone"])
        .done();
    phone.sync();
    let list = phone.run(&["list", "--kind", "check_in"]).done().json();
    assert_eq!(list["rows"].as_array().unwrap().len(), 1);
}

#[test]
fn somebody_whom_the_roster_has_in_another_branch_is_told_and_not_moved() {
    let office = Office::new();
    let other = office.folder.at("other.csv");
    std::fs::write(&other, crate::program::roster().replace("Xóm 5", "Xóm 6")).unwrap();
    let told = chibo(&["import", "--data", &office.data, &other, "--json"])
        .done()
        .json();
    let list = told["in_another_branch"].as_array().unwrap();
    assert_eq!(list.len(), 3, "{told}");
    assert_eq!(list[0]["stands"], "Chi bộ Xóm 5");
    assert_eq!(told["new_members"], 0, "{told}");
}

#[cfg(unix)]
#[test]
fn a_disk_that_is_full_in_the_middle_of_a_roster_changes_nothing() {
    let office = Office::new();
    let before = office.digest("Đảng ủy xã Xuân Trường");
    let many: Vec<_> = (0..400)
        .map(|i| someone(&format!("Người Thứ {i}")))
        .collect();
    let path = office.folder.at("many.csv");
    let rows = roster("Chi bộ Xóm 7", &many, &["full_name", "born"]);
    std::fs::write(&path, rows).unwrap();
    // No file may grow beyond this: the write fails in the middle, as on a full disk.
    let script = "trap '' XFSZ; ulimit -f 700; exec \"$0\" import --data \"$1\" \"$2\"";
    let out = std::process::Command::new("sh")
        .args([
            "-c",
            script,
            env!("CARGO_BIN_EXE_chibo"),
            &office.data,
            &path,
        ])
        .env("LANG", "C")
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(2), "{words}");
    assert_eq!(words.lines().count(), 1, "{words}");
    assert_eq!(office.digest("Đảng ủy xã Xuân Trường"), before);
    chibo(&["verify", "--data", &office.data]).done();
    chibo(&["import", "--data", &office.data, &path]).done();
}
