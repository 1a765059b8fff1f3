//! Rows of the feature list through the commands: dossiers, cards, transfers in, reminders, discipline, badges, and
//! lists that go by the status that stands.

use crate::program::{Office, Phone, chibo, people};
use chibo_people::someone;
use serde_json::Value;

const QUANG: &str = "Đinh Văn Quang";
const AM: &str = "Nguyễn Thị Ấm";

impl Office {
    fn ask(&self, what: &str, args: &[&str]) -> crate::program::Ran {
        let head = [what, "--data", &self.data];
        // Who decides there is no member of the branch.
        let by: &[&str] = match what {
            "case" | "decision" => &["--by-other"],
            _ => &[],
        };
        chibo(&[&head[..], args, by, &["--json"]].concat())
    }

    fn told(&self, what: &str, args: &[&str]) -> Value {
        self.ask(what, args).done().json()
    }
}

/// An office that serves, and a secretary's phone that has everything of the branch.
fn with_secretary() -> (Office, crate::program::Serving, Phone) {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    (office, serving, phone)
}

fn list<'a>(told: &'a Value, name: &str) -> &'a Vec<Value> {
    told[name].as_array().unwrap()
}

fn names<'a>(told: &'a Value, name: &str) -> Vec<&'a str> {
    let of = list(told, name).iter();
    of.filter_map(|m| m["name"].as_str()).collect()
}

/// A day so many days from today.
fn in_days(n: i32) -> String {
    let today = chibo_server::edge::now().day_in_vietnam().unwrap();
    today.plus_days(n).unwrap().shown()
}

#[test]
fn row_02_a_branch_is_listed_by_its_groups_and_who_is_in_none_or_in_one_that_it_does_not_have() {
    let (_office, _serving, phone) = with_secretary();
    let of_branch = ["edit", "Chi bộ Xóm 5"];
    let groups = ["groups/a/name=Tổ đảng số 1", "groups/b/name=Tổ đảng số 2"];
    phone.run(&[&of_branch[..], &groups].concat()).done();
    // Before anybody is in one there is nothing to narrow by.
    let offered = || {
        let told = phone.run(&["list", "--filters"]).done().json();
        let of = list(&told, "filters").iter().map(|f| {
            let text = |name: &str| f[name].as_str().unwrap().to_owned();
            (text("filter"), text("label"), f["rows"].as_u64().unwrap())
        });
        of.filter(|(filter, ..)| filter.starts_with("group="))
            .collect::<Vec<_>>()
    };
    assert!(offered().is_empty());
    let leads = ["group=tổ đảng số 1", "group_post=Tổ trưởng"];
    phone.run(&[&["edit", QUANG][..], &leads].concat()).done();
    phone.run(&["edit", AM, "group=Tổ đảng số 7"]).done();
    let told = offered();
    let told: Vec<_> = told
        .iter()
        .map(|(f, l, n)| (f.as_str(), l.as_str(), *n))
        .collect();
    assert_eq!(
        told,
        [
            ("group=tổ đảng số 1", "Group: tổ đảng số 1", 1),
            (
                "group=Tổ đảng số 7",
                "Group: Tổ đảng số 7 (the branch has none of this name)",
                1
            ),
            ("group=", "Group: none", 1),
        ]
    );
    let named = |only: &str| {
        let told = phone.run(&["list", "--only", only]).done().json();
        let rows = list(&told, "rows").iter();
        rows.filter_map(|r| r["title"].as_str().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    assert_eq!(named("group=Tổ đảng số 1"), [QUANG]);
    assert_eq!(
        named("group=TO DANG SO 7"),
        [AM],
        "without diacritics as well"
    );
    assert_eq!(named("group=Tổ đảng số 2"), [""; 0]);
    assert_eq!(named("group="), ["Trần Đức An"]);
    // A group that has ended is none any more; its members are still found, and told apart.
    phone
        .run(&[&of_branch[..], &["groups/a/to=1/1/2026"]].concat())
        .done();
    assert!(offered()[0].1.contains("none of this name"));
    // Two who put somebody into different groups lose neither word.
    assert_eq!(named("group=Tổ đảng số 1"), [QUANG]);
}

#[test]
fn row_04_nguyen_finds_nguyen_with_diacritics() {
    let (_office, _serving, phone) = with_secretary();
    let found = |typed: &str| {
        let told = phone.run(&["list", "--search", typed]).done().json();
        let rows = list(&told, "rows").iter();
        rows.filter_map(|r| r["title"].as_str().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    for typed in ["nguyen", "NGUYỄN", "nguyễn thi am", "am nguyen"] {
        assert_eq!(found(typed), [AM], "{typed}");
    }
    assert!(found("nguyenn").is_empty());
}

#[test]
fn row_05_a_branch_sees_what_its_dossiers_lack() {
    let (office, _serving, phone) = with_secretary();
    let before = phone.run(&["dossier", "show", QUANG]).done().json();
    assert_eq!(before["there"], 0);
    let lacking = list(&before, "missing").len();
    let paper = ["dossier", "paper", QUANG, "Quyết định kết nạp"];
    let known = [
        "seen=bản chính",
        "sheets=2",
        "dated=07/11/1996",
        "lies_at=tủ 2",
    ];
    for wrong in [
        &["seen=có lẽ"][..],
        &["sheets=nhiều"],
        &["sheets=-1"],
        &["story=gia đình"],
        &["seen"],
    ] {
        phone.run(&[&paper[..], wrong].concat()).refused();
    }
    phone
        .run(&["dossier", "paper", QUANG, "ảnh quét", "seen=copy"])
        .refused();
    let after = phone.run(&[&paper[..], &known].concat()).done().json();
    assert_eq!((&after["there"], &after["sheets"]), (&1.into(), &2.into()));
    assert_eq!(list(&after, "missing").len(), lacking - 1);
    phone
        .run(&["dossier", "keep", QUANG, "Văn phòng Đảng ủy"])
        .done();
    phone.sync();
    let all = office.told("dossier", &["missing", "--branch", "Chi bộ Xóm 5"]);
    assert_eq!(list(&all, "members").len(), 3);
    let branch = &list(&all, "branches")[0];
    assert_eq!(branch["name"], "Chi bộ Xóm 5");
    assert_eq!(branch["papers"], lacking * 3 - 1);
    let text = chibo(&["dossier", "--data", &office.data, "show", QUANG]).done();
    assert!(text.out.contains("12-HD/BTCTW"), "{}", text.out);
    office.ask("dossier", &["show", "Chi bộ Xóm 5"]).refused();
    let seen = office.told("dossier", &["show", QUANG]);
    assert_eq!(seen["lies_at"], "Văn phòng Đảng ủy");
    // The office asks for one more paper, and phones ask for it after their next sync.
    let adds = |value: &str| {
        let row = [
            "regulations",
            "add",
            "--data",
            &office.data,
            "paper.union_resolution",
            value,
        ];
        let said = [
            "--unit",
            "stage",
            "--source",
            "7-HD/ĐU",
            "--source-on",
            "2/1/2026",
            "--from",
            "1/2/2026",
        ];
        chibo(&[&row[..], &said].concat())
    };
    adds("luôn luôn").refused();
    let asked = |phone: &Phone| {
        let told = phone.run(&["dossier", "show", QUANG]).done().json();
        let of = list(&told, "missing").iter();
        of.filter(|r| r["paper"] == "union_resolution")
            .map(|r| r["source"].clone())
            .next()
    };
    adds("admitted").done();
    assert_eq!(asked(&phone), None);
    phone.sync();
    assert_eq!(asked(&phone).unwrap(), "7-HD/ĐU, 02/01/2026");
    adds("none").done();
    phone.sync();
    assert_eq!(asked(&phone), None);
}

#[test]
fn row_06_a_dossier_handed_over_waits_for_the_second_signature() {
    let (office, _serving, phone) = with_secretary();
    let counted = ["papers=15", "sheets=42"];
    let give = [
        "case",
        "open",
        "dossier_handover",
        QUANG,
        "from=Chi bộ Xóm 5",
        "to=Văn phòng",
    ];
    let given = phone.run(&[&give[..], &counted].concat()).done().json();
    assert_eq!(given["state"], "given");
    let id = given["doc"].as_str().unwrap().to_owned();
    let next: Vec<&str> = list(&given, "next")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(
        next,
        ["withdraw", "remark"],
        "not the other side's signature"
    );
    let own = ["case", "do", &id, "sign_taken", "papers=15", "sheets=42"];
    assert!(phone.run(&own).refused().contains("signature"));
    phone.run(&[&own[..], &["person=00"]].concat()).refused();
    phone.sync();
    let log = ["list", "--kind", "dossier_handover"];
    let waiting = office.told("case", &log);
    assert_eq!(list(&waiting, "cases")[0]["state"], "given");
    // A signature counts what it signs for.
    let blank = office.told("case", &["do", &id, "sign_taken"]);
    assert_eq!(blank["state"], "given");
    office.told("case", &["do", &id, "cancel", "note=quên đếm"]);
    let signed = office.told("case", &["do", &id, "sign_taken", "papers=15", "sheets=42"]);
    assert_eq!(signed["state"], "signed");
    phone.sync();
    let all = phone
        .run(&["case", "list", "--all", "--kind", "dossier_handover"])
        .done()
        .json();
    let acts = list(&list(&all, "cases")[0], "acts");
    assert_eq!(acts.len(), 2);
    assert_ne!(acts[0]["said"]["signer"], acts[1]["said"]["signer"]);
    assert_eq!(acts[1]["said"]["sheets"], "42");
    office.ask("case", &["list", "--kind", "pension"]).refused();
}

#[test]
fn row_07_each_member_is_done_or_not_for_a_year() {
    let (office, _serving, phone) = with_secretary();
    let done = [
        "dossier",
        "supplement",
        QUANG,
        "--year",
        "2025",
        "--on",
        "20/12/2025",
    ];
    phone.run(&done).done();
    phone
        .run(&[
            "dossier",
            "supplement",
            AM,
            "--year",
            "2025",
            "--on",
            "hôm qua",
        ])
        .refused();
    phone.sync();
    let told = office.told("dossier", &["supplements", "2025"]);
    assert_eq!((&told["done"], &told["missing"]), (&1.into(), &2.into()));
    assert_eq!(told["due"], "2025-12-31");
    let missing = office.told("dossier", &["supplements", "2025", "--missing"]);
    assert!(!names(&missing, "members").contains(&QUANG));
    // Noted by mistake.
    office.told(
        "dossier",
        &["supplement", QUANG, "--year", "2025", "--undo"],
    );
    phone.sync();
    let told = phone.run(&["dossier", "supplements", "2025"]).done().json();
    assert_eq!(told["missing"], 3);
}

#[test]
fn row_08_and_row_09_a_lost_card_gets_a_new_number_and_the_old_one_is_kept() {
    let (office, _serving, phone) = with_secretary();
    let opened = [
        "case",
        "open",
        "lost_card",
        QUANG,
        "on=01/09/2026",
        "loss=mất",
    ];
    let id = phone.run(&opened).done().json()["doc"]
        .as_str()
        .unwrap()
        .to_owned();
    phone
        .run(&["case", "do", &id, "review", "on=05/09/2026"])
        .done();
    phone
        .run(&["case", "do", &id, "decide", "number=118", "on=10/09/2026"])
        .refused();
    phone.sync();
    let new = [
        "do",
        &id,
        "issue",
        "card_number=036 000 123",
        "on=20/09/2026",
    ];
    office.ask("case", &new).refused();
    office.told(
        "case",
        &[
            "do",
            &id,
            "decide",
            "number=118",
            "symbol=4-TĐV",
            "on=10/09/2026",
        ],
    );
    assert_eq!(office.told("case", &new)["state"], "issued");
    phone.sync();
    for told in [
        phone.run(&["register", "card", QUANG]).done().json(),
        office.told("register", &["card", QUANG]),
    ] {
        let cards: Vec<_> = list(&told, "cards")
            .iter()
            .map(|c| (c["number"].as_str().unwrap(), c["now"].as_bool().unwrap()))
            .collect();
        let old = people()[0].values["card_number"].shown();
        assert_eq!(cards, [(old.as_str(), false), ("036 000 123", true)]);
        assert_eq!(list(&told, "cards")[1]["decision_number"], "118");
        assert_eq!(list(&told, "cases")[0]["state"], "issued");
    }
    let shown = phone.run(&["show", QUANG]).done().json();
    assert_eq!(shown["fields"]["card_number"], "036 000 123");
    // Of several, in the order in which they were named, and of all at once, as somebody prints them.
    let [_, am, an] = people().map(|who| who.values["full_name"].shown());
    let names = |told: &Value| -> Vec<String> {
        let of = list(told, "members").iter();
        of.map(|m| m["name"].as_str().unwrap().to_owned()).collect()
    };
    let two = office.told("register", &["card", &an, QUANG]);
    assert_eq!(names(&two), [an.as_str(), QUANG]);
    assert_eq!(
        list(&two, "members")[1]["cards"][1]["number"],
        "036 000 123"
    );
    for all in [&["card"][..], &["card", "--branch", "Chi bộ Xóm 5"]] {
        let told = office.told("register", all);
        assert_eq!(
            names(&told),
            [an.as_str(), &am, QUANG],
            "in the order of rolls"
        );
    }
    let all = phone.run(&["register", "card"]).done().json();
    assert_eq!(names(&all).len(), 3);
    let both = ["card", QUANG, "--branch", "Chi bộ Xóm 5"];
    assert_eq!(
        office.ask("register", &both).code,
        Some(2),
        "one or the other"
    );
    office
        .ask("register", &["card", &an, "Trần Văn Không"])
        .refused();
    office.ask("register", &["card", "Chi bộ Xóm 5"]).refused();
    office
        .ask("register", &["card", "Trần Văn Không"])
        .refused();
}

#[test]
fn row_16_people_are_reminded_before_a_temporary_exemption_ends() {
    let (office, _serving, phone) = with_secretary();
    let (until, later) = (in_days(20), in_days(90));
    for (who, number, until) in [(QUANG, "31", &until), (AM, "32", &later)] {
        let until = format!("until={until}");
        let number = format!("number={number}");
        let paper = [
            "add",
            who,
            "form=Tạm miễn",
            &number,
            "issued_on=01/02/2026",
            &until,
        ];
        office.told("decision", &paper);
    }
    // The same by the case, of which nobody has recorded the decision.
    let opened = phone
        .run(&["case", "open", "temp_exemption", "Trần Đức An"])
        .done()
        .json();
    let id = opened["doc"].as_str().unwrap().to_owned();
    phone.run(&["case", "do", &id, "consider"]).done();
    phone.sync();
    let over = format!("until={}", in_days(-3));
    office.told("case", &["do", &id, "grant", "number=33", &over]);
    phone.sync();
    for told in [
        phone.run(&["deadlines"]).done().json(),
        office.told("deadlines", &[]),
    ] {
        let of: Vec<_> = list(&told, "deadlines")
            .iter()
            .filter(|d| d["key"] == "tammien.remind")
            .map(|d| (d["name"].as_str().unwrap(), d["days"].as_i64().unwrap()))
            .collect();
        assert_eq!(
            of,
            [("Trần Đức An", -3), (QUANG, 20)],
            "not the one in three months"
        );
    }
    let all = office.told("deadlines", &["--all"]);
    assert!(names(&all, "deadlines").contains(&AM));
}

#[test]
fn rows_07_14_and_16_one_list_says_what_is_owed_whoever_owes_it_and_whatever_kind_says_so() {
    let (office, _serving, phone) = with_secretary();
    let grant = [
        "add",
        AM,
        "form=Tạm miễn",
        "number=31",
        "issued_on=1/2/2026",
    ];
    let until = format!("until={}", in_days(20));
    office.told("decision", &[&grant[..], &[&until]].concat());
    let away = [
        "address",
        QUANG,
        "add",
        "Phường Dĩ An",
        "--from",
        "1/1/2026",
    ];
    phone.run(&away).done();
    // Of whom nobody knows since when they are away, no day can be said: that is told as well.
    phone.run(&["edit", "tran duc an", "away=co"]).done();
    phone.sync();
    let year = chibo_server::edge::now().day_in_vietnam().unwrap().year();
    let of = |told: &Value| {
        let of = list(told, "deadlines").iter();
        let of = of.map(|d| {
            let text = |name: &str| d[name].as_str().unwrap().to_owned();
            (text("key"), text("name"), d["open"].as_bool().unwrap())
        });
        of.collect::<Vec<_>>()
    };
    for told in [
        phone.run(&["deadlines", "--all"]).done().json(),
        office.told("deadlines", &["--all"]),
    ] {
        let all = of(&told);
        for (key, name) in [
            ("tammien.remind", AM),
            ("checkin.every", QUANG),
            ("supplement.due", AM),
            ("supplement.due", QUANG),
            ("supplement.due", "Trần Đức An"),
        ] {
            let is_it = |d: &&(String, String, bool)| (d.0.as_str(), d.1.as_str()) == (key, name);
            assert_eq!(all.iter().filter(is_it).count(), 1, "{key} {name}: {all:?}");
        }
        let gaps = list(&told, "gaps").iter();
        let gaps: Vec<_> = gaps.map(|g| g["name"].as_str().unwrap()).collect();
        assert_eq!(gaps, ["Trần Đức An"], "{told}");
        let due = list(&told, "deadlines").iter();
        let due = due.filter(|d| d["key"] == "supplement.due");
        let days: Vec<_> = due.map(|d| d["due"].as_str().unwrap().to_owned()).collect();
        assert_eq!(days, vec![format!("{year}-12-31"); 3]);
    }
    // Who was not heard of is late in both lists by as many days; who was, is not told of it before it is near.
    let told = phone.run(&["deadlines"]).done().json();
    let late = list(&told, "deadlines").iter();
    let late = late.filter(|d| d["key"] == "checkin.every");
    let late: Vec<_> = late.map(|d| d["days"].as_i64().unwrap()).collect();
    let unheard = phone.run(&["overdue"]).done().json();
    assert_eq!(
        late,
        [-list(&unheard, "overdue")[1]["late"].as_i64().unwrap()]
    );
    phone
        .run(&["check-in", "commune=Phường Dĩ An", "--for", QUANG])
        .done();
    assert!(
        !of(&phone.run(&["deadlines"]).done().json())
            .iter()
            .any(|d| d.0 == "checkin.every")
    );
    // What was handed in is done, and the year after somebody's of this one is still asked for.
    let done = ["dossier", "supplement", QUANG, "--year"];
    phone
        .run(&[&done[..], &[&year.to_string()]].concat())
        .done();
    let before = (year - 1).to_string();
    phone.run(&[&done[..], &[&before]].concat()).done();
    let told = phone.run(&["deadlines"]).done().json();
    let owed: Vec<_> = of(&told)
        .into_iter()
        .filter(|d| d.0 == "supplement.due" && d.2)
        .collect();
    assert!(!owed.iter().any(|d| d.1 == QUANG), "{owed:?}");
    let of_before = list(&told, "deadlines").iter();
    let of_before = of_before.filter(|d| d["due"] == format!("{before}-12-31"));
    assert_eq!(of_before.count(), 2, "{told}");
}

#[test]
fn row_17_an_exemption_is_the_branchs_and_shows_in_the_roll() {
    let (office, _serving, phone) = with_secretary();
    phone.run(&["edit", AM, "status=chính thức"]).done();
    let asked = ["case", "open", "exemption", AM, "note=già yếu"];
    let opened = phone.run(&asked).done().json();
    let id = opened["doc"].as_str().unwrap().to_owned();
    // Without the number of the branch's resolution it is a draft.
    let draft = phone
        .run(&["case", "do", &id, "grant", "on=03/05/2026"])
        .done()
        .json();
    assert_eq!(draft["state"], "asked");
    phone
        .run(&["case", "do", &id, "cancel", "note=quên số"])
        .done();
    let grant = ["case", "do", &id, "grant", "number=3", "on=03/05/2026"];
    assert_eq!(phone.run(&grant).done().json()["state"], "granted");
    // That is the decision: nobody records it once more.
    phone.sync();
    let told = office.told("register", &["members"]);
    assert_eq!(told["counts"]["by_status"]["exempt"], 1);
    let figures = office.told("register", &["figures"]);
    assert_eq!(figures["figures"]["status"]["by"]["exempt"], 1);
    assert_eq!(figures["members"], told["counts"]["members"]);
    let here = phone.run(&["register", "figures"]).done().json();
    assert_eq!(here["figures"]["status"], figures["figures"]["status"]);
    assert!(here["figures"]["religion"].is_null(), "{here}");
    let am = list(&told, "members")
        .iter()
        .find(|m| m["name"] == AM)
        .unwrap();
    assert_eq!(
        (&am["since"], &am["belongs"]),
        (&"2026-05-03".into(), &true.into())
    );
    // Its number stands among those of the decisions.
    let decided = office.told("decision", &["list"]);
    let decided = &list(&decided, "decisions")[0];
    assert_eq!(
        [&decided["number"], &decided["form"], &decided["in_force"]],
        [&Value::from("3"), &"exemption".into(), &true.into()]
    );
    // They come back on their own word, and that ends it.
    office.told("case", &["do", &id, "return", "on=01/11/2026"]);
    let on = |day: &str| {
        let told = office.told("register", &["members", "--on", day]);
        told["counts"]["by_status"]["exempt"].as_i64().unwrap_or(0)
    };
    assert_eq!(
        [
            on("02/05/2026"),
            on("03/05/2026"),
            on("31/10/2026"),
            on("01/11/2026")
        ],
        [0, 1, 1, 0]
    );
}

#[test]
fn row_19_a_receiving_secretary_sees_the_thirty_days() {
    let (office, serving, phone) = with_secretary();
    office.takes_in("Chi bộ Trường học", &[someone("Lê Văn Bảy")]);
    let school = Phone::new(&office.folder, "b");
    school.enrol(
        &office.ticket("secretary", "Chi bộ Trường học"),
        &serving.url,
    );
    let on = format!("on={}", in_days(-2));
    let opened = office.told("case", &["open", "transfer", QUANG, &on, "form=chính thức"]);
    let id = opened["doc"].as_str().unwrap().to_owned();
    let introduce = ["do", &id, "introduce", "number=45", &on];
    for wrong in ["to_unit=Trần Đức An", "to_unit=Chi bộ không có"] {
        office
            .ask("case", &[&introduce[..], &[wrong]].concat())
            .refused();
    }
    office.told(
        "case",
        &[&introduce[..], &["to_unit=Chi bộ Trường học"]].concat(),
    );
    school.sync();
    let due = school.run(&["deadlines"]).done().json();
    let clock = list(&due, "deadlines").iter();
    let clock = clock.filter(|d| d["key"] == "transfer.present");
    let clock: Vec<_> = clock.map(|d| &d["name"]).collect();
    assert_eq!(clock, [QUANG]);
    let told = school.run(&["case", "list"]).done().json();
    let here = &list(&told, "cases")[0];
    assert_eq!(
        (&here["kind"], &here["state"]),
        (&"transfer_in".into(), &"expected".into())
    );
    let there = here["doc"].as_str().unwrap();
    let came = school.run(&["case", "do", there, "present"]).done().json();
    assert_eq!(came["state"], "presented");
    school
        .run(&["case", "do", there, "receive", "dossier_checked=yes"])
        .done();
    school.sync();
    // From a place without Chibo: told of by telephone, or with the letter at the door.
    let letter = ["number=12", "full_name=Trần Thị Lan", "origin=Phường Dĩ An"];
    let new = format!("letter_on={}", in_days(-5));
    let expect = ["case", "open", "transfer_in", "Chi bộ Trường học", &new];
    school.run(&[&expect[..], &letter].concat()).done();
    let old = ["--act", "arrive", "letter_on=05/01/2026"];
    let arrive = [&expect[..4], &old, &letter].concat();
    assert!(school.run(&arrive).refused().contains("late"));
    school
        .run(&[&arrive[..], &["note=ốm, nằm viện"]].concat())
        .done();
    let due = school.run(&["deadlines"]).done().json();
    let late = list(&due, "deadlines").iter();
    let late = late.filter(|d| d["key"] != "supplement.due");
    let mut late: Vec<_> = late.map(|d| d["name"].as_str().unwrap()).collect();
    late.sort_unstable();
    // Quang was received and is not on the list here yet; the letter of one is not shown yet.
    assert_eq!(late, ["Trần Thị Lan", QUANG]);
    // The home branch sees its own case, and not the receiver's.
    phone.sync();
    let home = phone.run(&["case", "list"]).done().json();
    assert_eq!(list(&home, "cases").len(), 1);
    assert_eq!(list(&home, "cases")[0]["kind"], "transfer");
    phone
        .run(&["case", "open", "transfer_in", "Chi bộ Trường học"])
        .refused();
}

#[test]
fn row_37_only_who_may_read_discipline_has_the_list_of_it() {
    let (office, serving, phone) = with_secretary();
    let paper = |who, form, number| {
        let number = format!("number={number}");
        office.told(
            "decision",
            &["add", who, form, &number, "issued_on=01/06/2026"],
        );
    };
    paper(QUANG, "form=Cảnh cáo", "9");
    paper(AM, "form=Khai trừ", "10");
    paper(AM, "form=Huy hiệu Đảng", "11");
    office.told("decision", &["add", QUANG, "form=khiển trách"]);
    phone.sync();
    for told in [
        phone.run(&["register", "discipline"]).done().json(),
        office.told("register", &["discipline"]),
    ] {
        let mut of = names(&told, "discipline");
        of.sort_unstable();
        assert_eq!(of, [AM, QUANG], "by numbered decisions, and nothing else");
        assert_eq!(told["drafts"], 1);
    }
    for (role, scope, name) in [
        ("committee-member", "Chi bộ Xóm 5", "c"),
        ("member", QUANG, "d"),
        ("upper", "Đảng ủy xã Xuân Trường", "e"),
    ] {
        let other = Phone::new(&office.folder, name);
        other.enrol(&office.ticket(role, scope), &serving.url);
        other.sync();
        other.run(&["register", "discipline"]).refused();
        let decisions = other.run(&["decision", "list"]).done().json();
        assert!(
            list(&decisions, "decisions")
                .iter()
                .all(|d| d["form"] != "warning"),
            "{role}"
        );
    }
    // It is cancelled as any decision is.
    let told = office.told("decision", &["list", QUANG]);
    let warning = list(&told, "decisions")
        .iter()
        .find(|d| d["form"] == "warning")
        .unwrap();
    let id = warning["doc"].as_str().unwrap();
    office.told("decision", &["cancel", id, "--reason", "ghi nhầm người"]);
    let told = office.told("register", &["discipline"]);
    assert_eq!(names(&told, "discipline"), [AM]);
}

#[test]
fn row_39_office_and_secretary_see_who_comes_to_which_badge() {
    let (office, serving, phone) = with_secretary();
    let set = |who: &str, on: &str| {
        let on = format!("admission_decided_on={on}");
        phone.run(&["edit", who, "status=chính thức", &on]).done();
    };
    set(QUANG, "19/05/1996");
    set(AM, "03/09/1997");
    phone.sync();
    for told in [
        phone.run(&["register", "badges", "2026"]).done().json(),
        office.told("register", &["badges", "2026"]),
    ] {
        let due = &list(&told, "reaches")[0];
        assert_eq!((&due["name"], &due["years"]), (&QUANG.into(), &30.into()));
        assert_eq!(due["given_on"], "2026-05-19");
        assert_eq!(names(&told, "possible_if_gravely_ill"), [AM]);
        assert_eq!(names(&told, "unknown"), ["Trần Đức An"]);
    }
    office.ask("register", &["badges", "2020"]).refused();
    let own = Phone::new(&office.folder, "c");
    own.enrol(&office.ticket("member", QUANG), &serving.url);
    own.sync();
    own.run(&["register", "badges", "2026"]).refused();
}

#[test]
fn lists_are_narrowed_by_fields_and_by_what_is_missing_and_say_how_far() {
    let (_office, _serving, phone) = with_secretary();
    let away = [
        "away=có",
        "away_at=miền Nam",
        "status=chính thức",
        "sex=nam",
    ];
    phone.run(&[&["edit", QUANG], &away[..]].concat()).done();
    phone.run(&["edit", AM, "sex=nữ"]).done();
    let names = |only: &[&str]| {
        let only: Vec<&str> = only.iter().flat_map(|o| ["--only", o]).collect();
        let told = phone.run(&[&["list"], &only[..]].concat()).done().json();
        let rows = told["rows"].as_array().unwrap().clone();
        rows.iter()
            .map(|r| r["title"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&["away", "unclear", "sex=male"]), ["Đinh Văn Quang"]);
    assert_eq!(names(&["sex=female"]), ["Nguyễn Thị Ấm"]);
    assert!(names(&["sex=female", "away"]).is_empty());
    let told = phone.run(&["list", "--filters"]).done().json();
    let filters = told["filters"].as_array().unwrap();
    let women = filters
        .iter()
        .find(|f| f["filter"] == "sex=female")
        .unwrap();
    assert_eq!(women["rows"], 1, "{told}");
    let why = phone.run(&["list", "--only", "rich"]).refused();
    assert!(why.contains("rich"), "{why}");
}

#[test]
fn lists_counts_and_the_roster_go_by_the_status_that_stands() {
    let (office, _serving, phone) = with_secretary();
    for who in [QUANG, AM] {
        phone
            .run(&[
                "edit",
                who,
                "status=chính thức",
                "away=có",
                "away_at=Phường Dĩ An",
            ])
            .done();
    }
    phone.sync();
    let struck_off = [
        "add",
        QUANG,
        "form=Xóa tên",
        "number=45",
        "issued_on=01/06/2026",
    ];
    office.told("decision", &struck_off);
    phone.sync();
    for told in [
        phone.run(&["register", "members"]).done().json(),
        office.told("register", &["members", "--branch", "Chi bộ Xóm 5"]),
    ] {
        assert!(!names(&told, "members").contains(&QUANG));
        let counts = &told["counts"];
        assert_eq!(
            (&counts["members"], &counts["gone"]),
            (&2.into(), &1.into())
        );
        assert_eq!(counts["by_status"]["official"], 2);
    }
    let before = office.told("register", &["members", "--on", "31/05/2026"]);
    assert_eq!(before["counts"]["members"], 3);
    office
        .ask("register", &["members", "--on", "hôm qua"])
        .refused();
    let rows = phone.run(&["list"]).done().json();
    let quang = list(&rows, "rows")
        .iter()
        .find(|r| r["title"] == QUANG)
        .unwrap();
    assert_eq!(quang["status"], "struck_off");
    let shown = phone.run(&["show", QUANG]).done().json();
    assert_eq!(shown["fields"]["status"], "struck_off");
    let away = phone.run(&["away"]).done().json();
    assert_eq!(names(&away, "away"), [AM]);
    let out = office.folder.at("out.csv");
    chibo(&["export", "--data", &office.data, "--out", &out]).done();
    let text = std::fs::read_to_string(&out).unwrap();
    let line = text.lines().find(|l| l.contains(QUANG)).unwrap();
    assert!(line.contains("Xóa tên"), "{line}");
}

#[test]
fn a_list_of_what_stands_that_is_brought_in_again_writes_no_decision_into_a_record_and_nothing_twice()
 {
    let (office, _serving, phone) = with_secretary();
    phone
        .run(&["edit", QUANG, "status=Chính thức", "status_since=19/5/1985"])
        .done();
    phone
        .run(&[
            "edit",
            QUANG,
            "awards/a1/form=Giấy khen",
            "awards/a1/date=2020",
        ])
        .done();
    phone.sync();
    phone
        .run(&["edit", QUANG, "status=Đình chỉ", "status_since=1/3/2026"])
        .done();
    phone.sync();
    let paper = ["add", AM, "form=Miễn", "number=3", "issued_on=03/05/2026"];
    office.told("decision", &paper);
    let sheet = office.folder.at("out.csv");
    chibo(&["export", "--data", &office.data, "--out", &sheet]).done();
    let text = std::fs::read_to_string(&sheet).unwrap();
    assert!(text.contains("Chính thức | 19/05/1985"), "{text}");
    let again = office.told("import", &[&sheet]);
    let written = ["changed_members", "new_members", "documents_written"].map(|n| again[n].clone());
    assert_eq!(written, [0, 0, 0], "{again}");
    // What was typed over is told of its days, here as at the office.
    for (on, code) in [("28/02/2026", "official"), ("01/03/2026", "suspended")] {
        let asked = ["members", "--on", on];
        let here = phone
            .run(&[&["register"], &asked[..]].concat())
            .done()
            .json();
        for told in [office.told("register", &asked), here] {
            let who = list(&told, "members").iter().find(|m| m["name"] == QUANG);
            assert_eq!(who.unwrap()["status"], code, "{on}");
        }
    }
}

#[test]
fn row_03_lists_go_by_the_sort_name_and_what_is_missing_or_unusual_is_said_in_words() {
    let (office, _serving, phone) = with_secretary();
    let order = || {
        let told = phone.run(&["list"]).done().json();
        let rows = list(&told, "rows").iter();
        rows.filter_map(|r| r["title"].as_str().map(str::to_owned))
            .collect::<Vec<_>>()
    };
    assert_eq!(order(), ["Trần Đức An", AM, QUANG]);
    // A name that is not sorted by its last word, as of an ethnic minority.
    phone.run(&["edit", "an", "sort_name=Xuân"]).done();
    assert_eq!(order(), [AM, QUANG, "Trần Đức An"]);
    phone
        .run(&[
            "edit",
            "an",
            "permanent_residence_code=14089",
            "temporary_residence_code=14092",
        ])
        .done();
    let shown = phone.run(&["show", "an"]).done().json();
    let fields = &shown["fields"];
    assert_eq!(
        [
            &fields["permanent_residence_code"],
            &fields["temporary_residence_code"]
        ],
        ["14089", "14092"]
    );
    // What does not look like a number is saved, and said.
    let odd = phone.run(&["edit", "an", "card_number=Xóm 5"]).done();
    let odd: Value = serde_json::from_str(odd.out.lines().last().unwrap()).unwrap();
    assert_eq!(odd["warnings"][0]["about"], "card.form", "{odd}");
    assert_eq!(odd["warnings"][0]["verified"], false);
    let vi = |args: &[&str]| {
        let head = ["phone", "--data", &phone.data, "--lang", "vi"];
        chibo(&[&head[..], args].concat()).done().out
    };
    let words = vi(&["edit", "an", "life_history_no=không có"]);
    assert!(
        words.contains("Số lý lịch") && words.contains("chưa kiểm chứng"),
        "{words}"
    );
    let missing = phone.run(&["show", "an"]).done().json()["missing"].clone();
    let shown = vi(&["show", "an"]);
    assert!(
        shown.contains(&format!("(còn thiếu {missing} ô)")),
        "{shown}"
    );
    assert!(missing.as_u64().unwrap() > 0);
    drop(office);
}
