//! Story 11 on the command line: a 78-year-old without a phone dictates, contests a sentence, and is answered.

use crate::program::{Office, Phone, chibo, people};
use chibo_people::someone;

/// An office with old Mr Cố in the branch, and the secretary's phone (Trần Đức An).
fn village() -> (Office, Phone, Phone, crate::program::Serving) {
    let office = Office::new();
    office.takes_in(
        "Chi bộ Xóm 5",
        &[someone("Phạm Văn Cố").with("born", "1948")],
    );
    let ticket = |role: &str, scope: &str, person: &str| {
        let args = [
            "ticket",
            "--data",
            &office.data,
            "--scope",
            scope,
            "--role",
            role,
            "--person",
            person,
            "--json",
        ];
        let ticket = chibo(&args).done().json()["ticket"].clone();
        ticket.as_str().unwrap().to_owned()
    };
    let secretary = ticket("secretary", "Chi bộ Xóm 5", "Trần Đức An");
    let member = ticket("member", "Đinh Văn Quang", "Đinh Văn Quang");
    let serving = office.serve();
    let phones = ["an", "quang"].map(|name| Phone::new(&office.folder, name));
    for (phone, ticket) in phones.iter().zip([secretary, member]) {
        phone.enrol(&ticket, &serving.url);
        phone.sync();
    }
    let [an, quang] = phones;
    (office, an, quang, serving)
}

fn print(office: &Office, person: &str) -> String {
    chibo(&["own-data", "--data", &office.data, person])
        .done()
        .out
}

#[test]
fn story_11_what_he_dictated_and_contested_stands_on_the_print_with_both_names_and_the_days() {
    let (office, an, _quang, serving) = village();
    // The secretary types what he says.
    an.run(&[
        "address",
        "co",
        "add",
        "xóm 5, xã Xuân Trường",
        "--sort",
        "permanent",
        "--said-by",
        "Phạm Văn Cố",
        "--how",
        "in_person",
    ])
    .done();
    let said = [
        "said_by=Phạm Văn Cố",
        "how=in_person",
        "request=xin gặp bí thư",
        "phone=0912000000",
    ];
    an.run(
        &[
            &["checkin", "--for", "co", "commune=Xã Xuân Trường"][..],
            &said,
        ]
        .concat(),
    )
    .done();
    let by_him = ["--said-by", "Phạm Văn Cố", "--how", "in_person"];
    an.run(&[&["edit", "co", "phone=0912000000"][..], &by_him].concat())
        .done();
    // What he did not say is the secretary's own word; how it came is typed as people say it, or refused.
    an.run(&["edit", "co", "occupation=Hưu trí"]).done();
    let wrong = an.run(&["edit", "co", "occupation=x", "--how", "bồ câu"]);
    assert!(wrong.refused().contains("bồ câu"));
    let shown = an.run(&["show", "co"]).done().json();
    assert_eq!(shown["told"]["phone"][0]["said_by"], "Phạm Văn Cố");
    assert_eq!(shown["told"]["phone"][0]["how"], "in_person");
    assert!(shown["told"]["occupation"].is_null(), "{shown}");
    an.sync();
    let paper = print(&office, "co");
    for line in ["xóm 5, xã Xuân Trường", "xin gặp bí thư"] {
        let typed = paper.lines().find(|l| l.contains(line));
        let typed = typed.unwrap_or_else(|| panic!("{line}: {paper}"));
        assert!(typed.contains("Trần Đức An"), "{typed}");
    }
    assert!(
        paper.contains("Phạm Văn Cố  — typed by: Trần Đức An (branch secretary)"),
        "{paper}"
    );

    for words in [
        "Phone: 0912000000  — as told by Phạm Văn Cố, in person; typed by: Trần Đức An (branch secretary)",
        "Occupation: Hưu trí  — typed by: Trần Đức An (branch secretary)",
    ] {
        assert!(paper.contains(words), "{words}: {paper}");
    }

    // Three times he says that the number is wrong; the answer is due two working days later (a Monday).
    let raise = |words: &str| {
        let args = [
            "contest",
            "raise",
            "co",
            "phone",
            words,
            "--said-by",
            "Phạm Văn Cố",
            "--how",
            "in_person",
            "--on",
            "02/02/2026",
        ];
        an.run(&args).done().json()["doc"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let [in_time, late, open] = ["số này của con tôi", "tôi đã nói rồi", "vẫn sai"].map(raise);
    an.sync();
    let refused = |args: &[&str]| {
        chibo(&[&["contest", "--data", &office.data, "--by-other"], args].concat()).refused()
    };
    refused(&["answer", &in_time, "accepted", "--note", " "]);
    refused(&["raise", "co", "nothing", "x"]);
    refused(&["raise", "co", "temporary_residence", "x"]);
    refused(&[
        "answer",
        &late,
        "refused",
        "--note",
        "đúng",
        "--correction",
        "0",
    ]);
    let answer = |id: &str, more: &[&str]| {
        let args = [
            "contest",
            "--data",
            &office.data,
            "--by-other",
            "answer",
            id,
        ];
        chibo(&[&args[..], more].concat()).done()
    };
    answer(
        &in_time,
        &[
            "accepted",
            "--note",
            "đã hỏi lại",
            "--correction",
            "0912000001",
            "--on",
            "04/02/2026",
        ],
    );
    answer(
        &late,
        &[
            "refused",
            "--note",
            "số đúng theo đơn",
            "--on",
            "05/02/2026",
        ],
    );
    let once = refused(&["answer", &late, "refused", "--note", "lần nữa"]);
    assert!(!once.is_empty());
    an.sync();

    let told = chibo(&["own-data", "--data", &office.data, "co", "--json"])
        .done()
        .json();
    let of = |id: &str| {
        let all = told["contests"].as_array().unwrap();
        let found = all.iter().find(|c| c["id"] == id).cloned();
        found.unwrap_or_else(|| panic!("{told}"))
    };
    assert_eq!(of(&in_time)["due"], "2026-02-04");
    assert_eq!(of(&in_time)["late"], false, "{told}");
    assert_eq!(of(&late)["late"], true, "{told}");
    assert_eq!(of(&open)["late"], true, "{told}");
    assert_eq!(of(&open)["state"], "raised");
    assert_eq!(of(&late)["raised_typed"]["name"], "Trần Đức An", "{told}");
    assert_eq!(of(&late)["raised"]["said_by"], "Phạm Văn Cố");
    assert_eq!(of(&late)["answered"]["note"], "số đúng theo đơn");

    // All of it stands at the sentence, on the print as well.
    let page = office.folder.at("co.html");
    an.run(&["own-data", "co", "--out", &page]).done();
    let html = std::fs::read_to_string(&page).unwrap();
    let words = [
        "0912000001",
        "số này của con tôi",
        "vẫn sai",
        "đã hỏi lại",
        "Phạm Văn Cố",
    ];
    for words in words.iter().chain(&["Trần Đức An", "356/2025"]) {
        assert!(html.contains(words), "{words}: {html}");
    }
    let due = chibo(&["deadlines", "--data", &office.data, "--json"])
        .done()
        .json();
    let due = due["deadlines"].as_array().unwrap();
    let ours: Vec<_> = due.iter().filter(|d| d["key"] == "pdp.reply").collect();
    assert_eq!(ours.len(), 1, "{due:?}");
    assert_eq!(ours[0]["name"], "Phạm Văn Cố");
    assert!(serving.terminate().success());
    chibo(&["verify", "--data", &office.data]).done();
}

#[test]
fn row_43_a_member_reads_all_about_themself_nobody_elses_and_who_took_it_out() {
    let (office, an, quang, serving) = village();
    let folder = office.folder.at("quang.json");
    chibo(&[
        "own-data",
        "--data",
        &office.data,
        "quang",
        "--out",
        &folder,
    ])
    .done();
    let taken: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&folder).unwrap()).unwrap();
    assert_eq!(taken["name"], "Đinh Văn Quang");
    an.run(&["own-data", "quang", "--out", &office.folder.at("a.txt")])
        .done();
    an.sync();
    quang.sync();
    let mine = quang.run(&["me"]).done().json();
    let record = mine["records"].as_array().unwrap();
    let record = record.iter().find(|r| r["kind"] == "member").unwrap();
    let values = record["values"].as_array().unwrap();
    let card = people()[0].values["card_number"].shown();
    assert!(values.iter().any(|v| v["value"] == card), "{mine}");
    let looks = mine["looks"].as_array().unwrap();
    let of = |role: &str, what: &str| looks.iter().any(|l| l["role"] == role && l["what"] == what);
    assert!(
        of("office", "exported") && of("secretary", "printed"),
        "{mine}"
    );
    // What the secretary reads every day is no look, and one's own is none either.
    an.run(&["own-data", "quang"]).done();
    an.sync();
    quang.sync();
    let after = quang.run(&["me"]).done().json();
    let opened = |l: &&serde_json::Value| l["role"] == "secretary" && l["what"] == "opened";
    assert_eq!(
        after["looks"]
            .as_array()
            .unwrap()
            .iter()
            .filter(opened)
            .count(),
        0
    );

    // And who took out the list in which they stand.
    let list = office.folder.at("list.csv");
    chibo(&["export", "--data", &office.data, "--out", &list]).done();
    quang.sync();
    let told = quang.run(&["me"]).done().json();
    let lists = told["looks"].as_array().unwrap().iter();
    let lists: Vec<_> = lists.filter(|l| l["list"] == true).collect();
    assert_eq!(lists.len(), 1, "{told}");
    assert_eq!(
        [&lists[0]["role"], &lists[0]["what"]],
        ["office", "exported"]
    );

    // Another's is not there to be read; a contest of one's own is typed by oneself.
    quang.run(&["own-data", "Trần Đức An"]).refused();
    let raised = quang
        .run(&["contest", "raise", "quang", "card_number", "thẻ này đã đổi"])
        .done();
    let id = raised.json()["doc"].as_str().unwrap().to_owned();
    quang
        .run(&["contest", "answer", &id, "accepted", "--note", "tự trả lời"])
        .refused();
    quang.sync();
    an.sync();
    let told = an.run(&["own-data", "quang"]).done().json();
    assert_eq!(
        told["contests"][0]["raised_typed"]["name"], "Đinh Văn Quang",
        "{told}"
    );
    // It is told when what it is about is gone as well.
    an.run(&["edit", "quang", "card_number="]).done();
    an.sync();
    quang.sync();
    let text = chibo(&["phone", "--data", &quang.data, "me"]).done().out;
    for words in ["thẻ này đã đổi", "ask the office for its print"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let on_phone = quang.run(&["me"]).done().json();
    assert_eq!(on_phone["office_keeps_more"], true, "{on_phone}");
    let at_office = office_says(&office, "quang");
    assert_eq!(at_office["office_keeps_more"], false);
    assert!(serving.terminate().success());
}

fn office_says(office: &Office, person: &str) -> serde_json::Value {
    let args = ["own-data", "--data", &office.data, person, "--json"];
    chibo(&args).done().json()
}

/// What a unit's records of this kind say of the person: title and value.
fn of_units<'a>(told: &'a serde_json::Value, kind: &str) -> Vec<&'a serde_json::Value> {
    let records = told["records"].as_array().unwrap().iter();
    records.filter(|r| r["kind"] == kind).collect()
}

#[test]
fn row_43_what_units_say_of_a_member_is_theirs_to_read_and_contest_and_nothing_of_others_is() {
    let (office, an, quang, serving) = village();
    an.run(&["attend", "2026-01-05", "quang=unexcused", "co=sick"])
        .done();
    an.run(&["attend", "2026-02-05", "co=present"]).done();
    an.sync();
    quang.sync();
    // On their own phone: the mark with the day of the meeting, whose it is, until when it is kept, and no other's mark.
    let mine = quang.run(&["me"]).done().json();
    let meetings = of_units(&mine, "meeting");
    let [meeting] = meetings.as_slice() else {
        panic!("{mine}")
    };
    assert_eq!(meeting["title"], "05/01/2026");
    assert_eq!(meeting["kept_until"], "2046-01-05");
    let [mark] = meeting["values"].as_array().unwrap().as_slice() else {
        panic!("{meeting}")
    };
    assert_eq!(mark["value"], "unexcused");
    assert_eq!(mark["typed"]["role"], "secretary");
    let text = chibo(&["phone", "--data", &quang.data, "me"]).done().out;
    for line in [
        "Meeting 05/01/2026",
        "Attendance: Unexcused",
        "Kept until 05/01/2046  [not verified]",
        "Kept for 10 years after membership ends  [not verified]",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains("Sick"), "{text}");

    // It is contested as every sentence is; another's mark is not there to be contested.
    let (record, path) = (
        meeting["id"].as_str().unwrap(),
        mark["path"].as_str().unwrap(),
    );
    let raise = |path: &str, words: &str| {
        quang.run(&["contest", "raise", "quang", path, words, "--record", record])
    };
    let id = raise(path, "hôm ấy tôi đi công tác").done().json()["doc"].clone();
    let others = an.run(&["own-data", "co"]).done().json();
    let of_other = of_units(&others, "meeting")[0]["values"][0]["path"].clone();
    raise(of_other.as_str().unwrap(), "không phải của tôi").refused();
    quang.sync();
    an.sync();
    let answer = ["contest", "answer", id.as_str().unwrap(), "accepted"];
    let said = ["--note", "có giấy", "--correction", "on_duty"];
    an.run(&[&answer[..], &said].concat()).done();
    an.sync();
    quang.sync();
    let mended = quang.run(&["me"]).done().json();
    let mended = &of_units(&mended, "meeting")[0]["values"][0];
    assert_eq!(mended["value"], "on_duty");
    assert_eq!(mended["contests"][0]["state"], "answered", "{mended}");

    // What their own phone does not show is contested with the secretary, and told by the office's print alone.
    an.run(&["edit", "quang", "religion=Phật giáo"]).done();
    an.run(&["edit", "quang", "discipline/01/form=Khiển trách"])
        .done();
    let told = an.run(&["own-data", "quang"]).done().json();
    let sensitive = of_units(&told, "member_sensitive")[0]["id"].clone();
    let apart = ["--record", sensitive.as_str().unwrap()];
    for (path, words) in [
        ("religion", "tôi không theo đạo"),
        ("discipline/01/form", "đã được xóa"),
    ] {
        let raise = ["contest", "raise", "quang", path, words];
        an.run(&[&raise[..], &apart].concat()).done();
    }
    an.sync();
    quang.sync();
    let mine = quang.run(&["me"]).done().out;
    for word in ["religion", "Phật", "theo đạo", "được xóa", "hiển trách"] {
        assert!(!mine.contains(word), "{word}: {mine}");
    }
    let printed = print(&office, "quang");
    for word in ["tôi không theo đạo", "đã được xóa"] {
        assert!(printed.contains(word), "{word}: {printed}");
    }

    // A seat in the branch's committee.
    let elected = [
        "election",
        "Chi bộ Xóm 5",
        "--by-other",
        "--data",
        &office.data,
        "--number",
        "12-QĐ/ĐU",
        "--date",
        "01/08/2026",
        "--secretary",
        "Trần Đức An",
        "--member",
        "quang",
        "--json",
    ];
    chibo(&elected).done();
    quang.sync();
    for told in [
        quang.run(&["me"]).done().json(),
        office_says(&office, "quang"),
    ] {
        let records = told["records"].as_array().unwrap().iter();
        let elected = records.filter(|r| r["kind"] == "decision");
        let mut elected = elected.filter(|r| r.to_string().contains("QĐ/ĐU"));
        let one = elected.next().unwrap_or_else(|| panic!("{told}"));
        let values = one["values"].as_array().unwrap();
        let post = values.iter().find(|v| v["path"] == "post").unwrap();
        assert_eq!(post["value"], "member", "{one}");
        assert!(!one.to_string().contains("Trần Đức An"), "{one}");
        assert!(of_units(&told, "unit").is_empty(), "{told}");
    }
    assert!(serving.terminate().success());
}
