//! A teacher takes part in another branch for half a year: through the commands, with real processes.

use crate::program::{Office, Phone, chibo};
use chibo_people::{Member, someone};

fn day(date: chibo_core::date::PartialDate) -> chibo_core::date::Day {
    date.day().unwrap()
}

/// Teacher Lan and her colleague at the school.
fn school() -> [Member; 2] {
    let lan = someone("Trần Thị Lan").with("phone", "0912000111");
    [lan.with("religion", "Phật giáo"), someone("Lê Văn Bảy")]
}

#[test]
fn story_6_a_host_marks_a_teacher_present_reads_no_religion_and_does_not_count_her() {
    let office = Office::new();
    office.takes_in("Chi bộ Trường học", &school());
    let placement = |args: &[&str]| {
        let (what, rest) = args.split_first().unwrap();
        let head = ["placement", *what, "--data", &office.data, "--json"];
        chibo(&[&head[..], rest].concat())
    };
    let terms = ["add", "Trần Thị Lan", "--host", "Chi bộ Xóm 5", "--until"];
    for wrong in [
        &[
            "add",
            "Đinh Văn Quang",
            "--host",
            "Chi bộ Xóm 5",
            "--until",
            "2090-06-30",
        ][..],
        &[
            "add",
            "Trần Thị Lan",
            "--host",
            "Chi bộ Xóm 5",
            "--until",
            "2020-01-01",
        ],
        &[
            "add",
            "Trần Thị Lan",
            "--host",
            "Chi bộ Xóm 5",
            "--until",
            "tháng sau",
        ],
        &["end", "Trần Thị Lan"],
    ] {
        placement(wrong).refused();
    }
    let reason = ["2090-06-30", "--reason", "work", "--address", "Xóm 5"];
    let told = ["--said-by", "mẹ cô Lan", "--how", "telephone"];
    let reason = [&reason[..], &told].concat();
    let made = placement(&[&terms[..], &reason].concat()).done().json();
    assert_eq!(
        (&made["until"], &made["prolonged"]),
        (&"30/06/2090".into(), &false.into())
    );

    let (at_host, at_home) = (
        office.ticket("secretary", "Chi bộ Xóm 5"),
        office.ticket("secretary", "Chi bộ Trường học"),
    );
    let serving = office.serve();
    let (host, home) = (
        Phone::new(&office.folder, "a"),
        Phone::new(&office.folder, "b"),
    );
    host.enrol(&at_host, &serving.url);
    home.enrol(&at_home, &serving.url);
    host.sync();
    let listed = host.run(&["list"]).done().json();
    assert_eq!(
        listed["rows"].as_array().unwrap().len(),
        3,
        "counted at home"
    );
    let guests = host.run(&["placements"]).done().json();
    let guest = &guests["placements"][0];
    assert_eq!(guest["name"], "Trần Thị Lan");
    assert_eq!(
        (&guest["phone"], &guest["guest"]),
        (&"0912000111".into(), &true.into())
    );
    assert_eq!(guest["home"], "Chi bộ Trường học");
    // Whose word it is where she stays; her name and telephone are her record's.
    let told = host.run(&["show", "lan"]).done().json()["told"].clone();
    assert_eq!(told["address"][0]["said_by"], "mẹ cô Lan", "{told}");
    assert!(told["phone"].is_null(), "{told}");
    // A phone that hears nothing any more shows its guests until their last day, by its own clock, and no longer.
    {
        let offline = crate::program::handset(&host.data);
        let last =
            chibo_core::time::Timestamp::beginning_of("2090-06-30".parse().map(day).unwrap());
        let shown = |after: u64| {
            let now = chibo_core::time::Timestamp(last.0 + after);
            chibo_device::guests::list(&offline.phone, now)
                .unwrap()
                .len()
        };
        assert_eq!([shown(0), shown(86_399), shown(86_400)], [1, 1, 0]);
    }
    let shown = host.run(&["show", "lan"]).done();
    assert!(
        !shown.out.contains("buddhist") && !shown.out.contains("Phật"),
        "{shown:?}"
    );

    let marks = ["attend", "2026-11-03", "lan=present", "quang=sick"];
    host.run(&marks).done();
    let dues = ["placements", "dues", "lan", "2026-11", "30000"];
    host.run(&dues).done();
    let remark = [
        "placements",
        "remark",
        "lan",
        "Tham gia đều",
        "--by",
        "Đinh Văn Quang",
    ];
    host.run(&remark).done();
    host.run(&["placements", "dues", "quang", "2026-11", "1"])
        .refused();
    host.sync();
    home.sync();
    for kind in ["placement_attendance", "placement_dues", "placement_remark"] {
        let rows = home.run(&["list", "--kind", kind]).done().json();
        assert_eq!(rows["rows"].as_array().unwrap().len(), 1, "{kind}");
    }
    home.run(&["placements", "dues", "lan", "2026-11", "1"])
        .refused();

    // On 31/12 she is counted once, at home.
    let counted = |branch: &[&str]| {
        let ask = ["register", "--data", &office.data, "--json", "members"];
        let on = ["--on", "2030-12-31"];
        let told = chibo(&[&ask[..], &on, branch].concat()).done().json();
        let members = told["members"].as_array().unwrap().iter();
        let named = members.filter(|m| m["name"] == "Trần Thị Lan");
        named.count()
    };
    let of = |branch| counted(&["--branch", branch]);
    assert_eq!(counted(&[]), 1);
    assert_eq!([of("Chi bộ Xóm 5"), of("Chi bộ Trường học")], [0, 1]);

    // Prolonged and ended while the node serves.
    let longer = placement(&[&terms[..], &["2091-06-30"]].concat())
        .done()
        .json();
    assert_eq!(longer["prolonged"], true);
    let told = placement(&["list"]).done().json();
    assert_eq!(told["placements"].as_array().unwrap().len(), 1);
    assert_eq!(told["placements"][0]["until"], "30/06/2091");
    placement(&["end", "Trần Thị Lan"]).done();
    host.sync();
    let guests = host.run(&["placements"]).done().json();
    assert_eq!(guests["placements"].as_array().unwrap().len(), 0);
    host.run(&["show", "lan"]).refused();
    home.sync();
    let kept = home.run(&["placements"]).done().json();
    assert_eq!(kept["placements"][0]["until"], serde_json::Value::Null);
    for phone in [&host, &home] {
        chibo(&["verify", "--data", &phone.data]).done();
    }
    assert!(serving.terminate().success());
    chibo(&["verify", "--data", &office.data]).done();
}
