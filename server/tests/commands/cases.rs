//! A transfer from the first question to the return slip, and a decision that was mistyped, through the commands.

use crate::program::{Office, Phone, chibo};

#[test]
fn row_18_and_row_21_a_transfer_is_asked_for_on_a_phone_and_goes_on_at_the_office() {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();

    let none = phone.run(&["case", "list"]).done();
    assert_eq!(none.json()["cases"].as_array().unwrap().len(), 0);
    phone
        .run(&["case", "open", "pension", "Đinh Văn Quang"])
        .refused();
    phone
        .run(&["case", "open", "transfer", "Đinh Văn Quang", "on=hôm qua"])
        .refused();
    let opened = phone
        .run(&[
            "case",
            "open",
            "transfer",
            "Đinh Văn Quang",
            "on=02/03/2026",
            "form=chính thức",
            "reach=Tỉnh khác",
            "destination=Phường Dĩ An",
        ])
        .done()
        .json();
    assert_eq!(opened["state"], "due");
    let id = opened["doc"].as_str().unwrap().to_owned();
    // The letter is the office's to issue: the phone is told so, and nothing changes.
    phone
        .run(&["case", "do", &id, "introduce", "number=45", "on=20/03/2026"])
        .refused();
    // The sixty days are long over: whoever goes on says why (row 21), and lists ask for it by themselves.
    let asks = phone.run(&["case", "list"]).done().json();
    assert_eq!(asks["cases"][0]["reason_needed"]["key"], "transfer.start");
    let begin = ["case", "do", &id, "begin", "on=10/03/2026"];
    assert!(phone.run(&begin).refused().contains("late"));
    let why = ["case", "do", &id, "late", "note=chờ quyết định nghỉ hưu"];
    phone.run(&why[..4]).refused();
    phone.run(&why).done();
    let begun = phone.run(&begin).done().json();
    assert_eq!(begun["reason_needed"], serde_json::Value::Null);
    let next: Vec<&str> = (begun["next"].as_array().unwrap().iter())
        .filter_map(|n| n.as_str())
        .collect();
    assert_eq!(next, ["late", "withdraw", "remark"]);
    phone.sync();

    let at_office = |args: &[&str]| {
        let head = ["case", "--data", &office.data, "--by-other"];
        chibo(&[&head[..], args, &["--json"]].concat())
    };
    let listed = at_office(&["list"]).done().json();
    assert_eq!(listed["cases"][0]["state"], "preparing");
    let overdue = chibo(&["deadlines", "--data", &office.data, "--json"]).done();
    let term = &overdue.json()["deadlines"][0];
    assert_eq!(
        (&term["key"], &term["name"]),
        (&"transfer.start".into(), &"Đinh Văn Quang".into())
    );
    let letter = ["do", &id, "introduce", "number=45", "on=20/03/2026"];
    assert_eq!(at_office(&letter).done().json()["state"], "introduced");
    at_office(&letter).refused();
    at_office(&["do", &id, "cancel"]).refused();
    let back = at_office(&["do", &id, "cancel", "note=gõ nhầm số"]).done();
    assert_eq!(back.json()["state"], "preparing");
    let again = ["do", &id, "introduce", "number=54", "on=20/03/2026"];
    at_office(&again).done();
    phone.sync();
    let seen = phone.run(&["case", "show", &id]).done().json();
    assert_eq!(seen["state"], "introduced");
    let aside = seen["acts"].as_array().unwrap().iter();
    assert_eq!(aside.filter(|a| a["set_aside"] == true).count(), 1);
    assert!(phone.run(&["status"]).done().out.contains('0'));
}

#[test]
fn two_who_act_at_once_on_their_phones_see_both_acts_and_are_asked_which_is_kept() {
    let office = Office::new();
    let tickets = ["secretary", "deputy"].map(|role| office.ticket(role, "Chi bộ Xóm 5"));
    let serving = office.serve();
    let phones = ["a", "b"].map(|name| Phone::new(&office.folder, name));
    for (phone, ticket) in phones.iter().zip(&tickets) {
        phone.enrol(ticket, &serving.url);
        phone.sync();
    }
    let [secretary, deputy] = &phones;
    let open = [
        "case",
        "open",
        "temp_exemption",
        "Đinh Văn Quang",
        "on=01/02/2026",
    ];
    let opened = secretary.run(&open).done().json();
    let id = opened["doc"].as_str().unwrap().to_owned();
    secretary.sync();
    deputy.sync();
    secretary
        .run(&["case", "do", &id, "consider", "on=05/02/2026"])
        .done();
    deputy
        .run(&["case", "do", &id, "withdraw", "on=04/02/2026"])
        .done();
    for phone in phones.iter().chain(&phones) {
        phone.sync();
    }
    let shown = deputy.run(&["case", "show", &id]).done().json();
    let both = shown["at_once"].as_array().unwrap();
    assert_eq!(
        (both.len(), shown["acts"].as_array().unwrap().len()),
        (2, 3),
        "{shown}"
    );
    let listed = chibo(&["phone", "--data", &deputy.data, "case", "list"])
        .done()
        .out;
    assert!(
        listed.contains("Two things were done at once: choose"),
        "{listed}"
    );
    deputy
        .run(&["case", "do", &id, "remark", "note=?"])
        .refused();
    let considered = shown["acts"].as_array().unwrap().iter();
    let considered = considered.clone().find(|a| a["act"] == "consider").unwrap();
    let kept = considered["id"].as_str().unwrap();
    deputy
        .run(&["case", "do", &id, "keep", "--about", kept])
        .done();
    deputy.sync();
    secretary.sync();
    let shown = secretary.run(&["case", "show", &id]).done().json();
    assert_eq!(
        (&shown["state"], &shown["at_once"]),
        (&"considered".into(), &serde_json::json!([]))
    );
    let aside = shown["acts"].as_array().unwrap().iter();
    assert_eq!(aside.filter(|a| a["set_aside"] == true).count(), 1);
}

#[test]
fn story_5_a_decision_is_cancelled_as_mistyped_and_both_stay_visible() {
    let office = Office::new();
    let decision = |args: &[&str]| {
        let head = ["decision", "--data", &office.data, "--by-other"];
        chibo(&[&head[..], args, &["--json"]].concat())
    };
    let draft = decision(&["add", "Đinh Văn Quang", "form=Xóa tên"])
        .done()
        .json();
    assert_eq!(draft["in_force"], false);
    decision(&["add", "Đinh Văn Quang", "form=không có"]).refused();
    decision(&["add", "Đinh Văn Quang"]).refused();
    let paper = [
        "add",
        "Đinh Văn Quang",
        "form=Xóa tên",
        "number=45",
        "symbol=QĐ/ĐU",
        "issued_on=01/06/2026",
        "body=Đảng ủy xã Xuân Trường",
        "signatory=Vũ Đình Công",
    ];
    let wrong = decision(&paper).done().json()["doc"]
        .as_str()
        .unwrap()
        .to_owned();
    decision(&["cancel", &wrong, "--reason", " "]).refused();
    decision(&["cancel", &wrong, "--reason", "gõ nhầm 54 thành 45"]).done();
    decision(&["cancel", &wrong, "--reason", "lần nữa"]).refused();
    let told = decision(&["list", "Đinh Văn Quang"]).done().json();
    let all = told["decisions"].as_array().unwrap();
    assert_eq!(all.len(), 2);
    let there = all.iter().find(|d| d["doc"] == wrong.as_str()).unwrap();
    assert_eq!(
        (&there["cancelled"], &there["in_force"]),
        (&true.into(), &false.into())
    );
    assert_eq!(told["drafts"].as_array().unwrap().len(), 1);
}

#[test]
fn what_the_office_decides_says_which_person_there_recorded_it() {
    let office = Office::new();
    let at_office = |args: &[&str], by: &[&str]| {
        let head = [&args[..1], &["--data", &office.data, "--json"]].concat();
        chibo(&[&head[..], &args[1..], by].concat()).done().json()
    };
    let (an, other) = (["--by", "Trần Đức An"], ["--by-other"]);
    let paper = [
        "decision",
        "add",
        "quang",
        "form=badge",
        "issued_on=1/6/2026",
    ];
    at_office(&[&paper[..], &["number=7"]].concat(), &an);
    at_office(&[&paper[..], &["number=8"]].concat(), &other);
    let discipline = ["decision", "add", "quang", "form=warning", "number=9"];
    at_office(&[&discipline[..], &["issued_on=2/6/2026"]].concat(), &an);
    // In a case, by the act that decides, and not by who began it.
    let opened = at_office(&["case", "open", "exemption", "quang"], &other);
    let id = opened["doc"].as_str().unwrap();
    let grant = ["case", "do", id, "grant", "number=10", "on=3/6/2026"];
    at_office(&grant, &an);
    let list = at_office(&["decision", "list"], &[]);
    let by = |number: &str| {
        let all = list["decisions"].as_array().unwrap().iter();
        let mut found = all.filter(|d| d["number"] == number);
        let by = found.next().unwrap()["recorded_by"].as_str();
        by.unwrap_or_default().to_owned()
    };
    assert_eq!(["7", "9", "10"].map(by), ["Trần Đức An"; 3], "{list}");
    assert!(!by("8").contains("Trần Đức An"), "{list}");
    // The person reads it among what is recorded of them.
    let own = at_office(&["own-data", "quang"], &[]).to_string();
    assert_eq!(own.matches("Trần Đức An").count(), 3, "{own}");
    chibo(&["verify", "--data", &office.data]).done();
}

#[test]
fn row_37_the_list_of_decisions_says_what_is_doubled_and_missing_who_recorded_and_what_was_seen() {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    let add = |who: &str, form: &str, number: &str, more: &[&str]| {
        let number = format!("number={number}");
        let args = [
            "decision",
            "add",
            who,
            form,
            &number,
            "issued_on=01/06/2026",
        ];
        phone
            .run(&[&args[..], &["body=Đảng ủy xã"], more].concat())
            .done();
    };
    add(
        "Đinh Văn Quang",
        "form=Huy hiệu Đảng",
        "1",
        &["original_seen=có"],
    );
    add("Nguyễn Thị Ấm", "form=Huy hiệu Đảng", "2", &[]);
    add("Nguyễn Thị Ấm", "form=Khác", "2", &[]);
    add("Trần Đức An", "form=Huy hiệu Đảng", "200", &[]);
    phone.sync();
    // A letter is no decision: its number makes no doubt among them.
    let on = "on=02/06/2026";
    let opened = [
        "case",
        "--data",
        &office.data,
        "--by-other",
        "open",
        "transfer",
        "Đinh Văn Quang",
        on,
    ];
    let id = chibo(&[&opened[..], &["--json"]].concat()).done().json()["doc"].clone();
    let id = id.as_str().unwrap();
    let letter = [
        "case",
        "--data",
        &office.data,
        "--by-other",
        "do",
        id,
        "introduce",
        "number=2",
        on,
    ];
    chibo(&[&letter[..], &["body=Đảng ủy xã"]].concat()).done();

    let list = ["decision", "--data", &office.data, "list"];
    let told = chibo(&[&list[..], &["--json"]].concat()).done().json();
    let missing = &told["missing"];
    assert_eq!(missing.as_array().unwrap().len(), 1, "{missing}");
    let numbers = missing[0]["numbers"].as_array().unwrap();
    assert_eq!((numbers.len(), &numbers[0]), (50, &3.into()));
    assert_eq!(missing[0]["more"], 197 - 50);
    assert_eq!(told["doubled"].as_array().unwrap().len(), 1);
    let all = told["decisions"].as_array().unwrap();
    let of = |number: &str, letter: bool| {
        let mut found = all
            .iter()
            .filter(|d| d["number"] == number && d["letter"] == letter);
        found.next().unwrap_or_else(|| panic!("{number} in {told}"))
    };
    assert_eq!(of("1", false)["original_seen"], true);
    assert_eq!(of("200", false)["original_seen"], false);
    let by = of("1", false)["recorded_by"].as_str().unwrap();
    assert!(by.contains("ecretary"), "{by}");
    assert!(
        !of("2", true)["recorded_by"]
            .as_str()
            .unwrap()
            .contains("ecretary")
    );
    // What a case decides is a paper as any other: with its symbol, and whether somebody saw the original.
    let at_office = |args: &[&str]| {
        let head = ["case", "--data", &office.data, "--by-other"];
        let told = chibo(&[&head[..], args, &["--json"]].concat());
        told.done().json()
    };
    let granted = |kind: &str, who: &str, acts: &[&[&str]]| {
        let opened = at_office(&["open", kind, who]);
        let id = opened["doc"].as_str().unwrap();
        for act in acts {
            at_office(&[&["do", id], *act].concat());
        }
    };
    let grant = ["grant", "number=51", "symbol=NQ/CB", "on=1/6/2026"];
    let seen = [&grant[..], &["original_seen=có"]].concat();
    granted("exemption", "Trần Đức An", &[&seen]);
    let grant = [
        "grant",
        "number=52",
        "symbol=QĐ/ĐU",
        "on=1/6/2026",
        "until=1/12/2026",
    ];
    granted("temp_exemption", "Nguyễn Thị Ấm", &[&["consider"], &grant]);
    granted(
        "lost_card",
        "Nguyễn Thị Ấm",
        &[
            &["review", "on=2/6/2026"],
            &[
                "decide",
                "number=53",
                "symbol=QĐ/ĐU",
                "on=3/6/2026",
                "original_seen=có",
            ],
            &["issue", "card_number=36012345", "on=9/6/2026"],
        ],
    );
    let letter = [
        "introduce",
        "number=54",
        "symbol=GGT",
        on,
        "original_seen=có",
    ];
    let late = [
        "accept_late",
        "number=55",
        "symbol=QĐ/ĐU",
        "original_seen=có",
        "note=ốm nặng",
    ];
    granted("transfer", "Trần Đức An", &[&letter, &late]);
    let told = chibo(&[&list[..], &["--json"]].concat()).done().json();
    let seen = |number: &str| {
        let all = told["decisions"].as_array().unwrap().iter();
        let of: Vec<_> = all.filter(|d| d["number"] == number).collect();
        assert_eq!(of.len(), 1, "{number} in {told}");
        of[0]["original_seen"].as_bool().unwrap()
    };
    assert!(seen("51-NQ/CB") && !seen("52-QĐ/ĐU") && seen("53-QĐ/ĐU") && seen("54-GGT"));
    let text = chibo(&[&list[..], &["--lang", "vi"]].concat()).done().out;
    for words in [
        "đã xem bản gốc",
        "chưa xem bản gốc",
        "người ghi: ",
        "và 147 số nữa",
        "Giấy giới thiệu",
    ] {
        assert!(text.contains(words), "{words} in {text}");
    }
}
