//! Who is away and who has not been heard of: the secretary writes an address, the member reports from far away on
//! their own phone, and the lists tell it, through the commands, with real processes.

use crate::program::{Office, Phone, chibo, chibo_in};
use serde_json::Value;

/// A branch's secretary (Quang) and a member far away (An), each with a phone, and the node that serves.
fn branch(office: &Office) -> (Phone, Phone, crate::program::Serving) {
    let of_secretary = office.ticket("secretary", "Chi bộ Xóm 5");
    let of_member = office.ticket("member", "Trần Đức An");
    let serving = office.serve();
    let secretary = Phone::new(&office.folder, "quang");
    let an = Phone::new(&office.folder, "an");
    secretary.enrol(&of_secretary, &serving.url);
    an.enrol(&of_member, &serving.url);
    secretary.sync();
    an.sync();
    (secretary, an, serving)
}

fn rows<'a>(told: &'a Value, name: &str) -> &'a Vec<Value> {
    told[name].as_array().unwrap()
}

fn codes(unclear: &Value) -> Vec<&str> {
    let all = unclear.as_array().unwrap();
    all.iter().map(|u| u["code"].as_str().unwrap()).collect()
}

#[test]
fn rows_11_to_14_an_address_from_the_secretary_and_a_word_from_afar_make_both_lists() {
    let office = Office::new();
    let (secretary, an, serving) = branch(&office);
    let data = secretary.data.clone();
    let said =
        |lang: &str, what: &str| chibo_in(lang, &["phone", "--data", &data, what]).done().out;
    assert_eq!(said("vi_VN", "away"), "Không có ai đi xa.\n");
    assert_eq!(said("C", "overdue"), "Nobody who is away is overdue.\n");

    // What his wife said is written down as it is, and told to be unclear.
    let add = |phone: &Phone, more: &[&str]| {
        phone.run(&[&["address", "tran duc an", "add"], more].concat())
    };
    let saved = add(
        &secretary,
        &[
            "Bình Dương",
            "--from",
            "01/01/2026",
            "--reason",
            "Công nhân",
            "--said-by",
            "vợ ở nhà",
            "--how",
            "gap truc tiep",
            "--said-on",
            "02/01/2026",
            "--stable=no",
        ],
    )
    .done()
    .json();
    assert_eq!(rows(&saved, "hints").len(), 1, "{saved}");
    let list = secretary.run(&["away"]).done().json();
    let row = &rows(&list, "away")[0];
    assert_eq!(row["name"], "Trần Đức An");
    assert_eq!(row["where"]["reason"], "Công nhân");
    assert_eq!(row["where"]["said_by"], "vợ ở nhà");
    assert_eq!(row["where"]["how"], "in_person");
    assert_eq!(row["procedures"][0]["code"], "temp_exemption");
    // The secretary's ticket names nobody: the role says who typed it.
    assert_eq!(row["where"]["recorded_by"], "bí thư chi bộ");
    assert_eq!(codes(&row["where"]["unclear"]), ["only_province"]);
    let late = secretary.run(&["overdue"]).done().json();
    assert_eq!(rows(&late, "overdue")[0]["days"], Value::Null, "never");
    secretary.sync();

    // He reads it, says it better himself, and reports; nobody asks where his phone is.
    an.sync();
    let better = [
        "12 đường số 3, Dĩ An",
        "--commune",
        "phuong di an",
        "--from",
        "01/01/2026",
    ];
    let contact = ["--until", "31/12/2026", "--telephone", "0912000999"];
    add(&an, &[&better[..], &contact].concat()).done();
    let here = ["check-in", "commune=Phường Dĩ An, Thành phố Hồ Chí Minh"];
    let told = an.run(&here).done().json();
    assert_eq!(told["changed"], true);
    assert_eq!(rows(&told, "hints").len(), 0, "{told}");
    let again = an.run(&here).done().json();
    assert_eq!(again["check_in"], told["check_in"], "twice is one entry");
    an.sync();
    secretary.sync();

    let list = secretary.run(&["away", "--branch", "xom 5"]).done().json();
    let row = &rows(&list, "away")[0];
    assert_eq!(row["where"]["text"], "12 đường số 3, Dĩ An");
    assert_eq!(codes(&row["where"]["unclear"]), [""; 0]);
    assert_eq!(row["where"]["until"], "2026-12-31");
    assert_eq!(row["where"]["said_by"], "Trần Đức An");
    assert_eq!(row["where"]["how"], "app");
    assert_eq!(row["contact"], "0912000999");
    assert_eq!(row["last_heard"]["on"], told["said_on"]);
    let late = secretary.run(&["overdue"]).done().json();
    assert_eq!(rows(&late, "overdue").len(), 0);

    // The office sees the same, while it serves.
    let at_office = |more: &[&str]| {
        let head = ["away", "--data", &office.data, "--json"];
        chibo(&[&head[..], more].concat()).done().json()
    };
    assert_eq!(at_office(&["--branch", "Chi bộ Xóm 5"]), list);
    assert_eq!(
        rows(&at_office(&["--overdue", "--days", "7"]), "overdue").len(),
        0
    );

    // He came home; the history stays, and both words are whose they are.
    let all = secretary.run(&["address", "an", "list"]);
    let all = all.done().json();
    let stands: Vec<_> = rows(&all, "addresses")
        .iter()
        .map(|a| (a["text"].as_str().unwrap(), a["stands"].as_bool().unwrap()))
        .collect();
    assert_eq!(
        stands,
        [("12 đường số 3, Dĩ An", true), ("Bình Dương", false)]
    );
    let id = rows(&all, "addresses")[0]["address"].as_str().unwrap();
    secretary
        .run(&["address", "an", "end", id, "--on", "20/11/2026"])
        .done();
    secretary.sync();
    assert_eq!(
        rows(&secretary.run(&["away"]).done().json(), "away").len(),
        0
    );
    assert!(serving.terminate().success());
    for data in [&office.data, &secretary.data, &an.data] {
        chibo(&["verify", "--data", data]).done();
    }
}

#[test]
fn row_13_the_secretary_writes_a_call_down_and_who_typed_it_is_told() {
    let office = Office::new();
    let (secretary, an, serving) = branch(&office);
    let why = secretary.run(&["checkin", "commune=Dĩ An"]).refused();
    assert!(why.contains("--for"), "{why}");
    let call = ["checkin", "--for", "quang", "commune=Xã Không Đâu Có"];
    let told = secretary.run(&call).done().json();
    let hints = rows(&told, "hints");
    assert!(hints[0].as_str().unwrap().contains("not clear"), "{told}");
    assert!(hints[1].as_str().unwrap().contains("how="), "{told}");

    // On one day: the member writes it, and calls as well.
    let day = "said_on=20/11/2026";
    an.run(&["checkin", day, "commune=Dĩ An"]).done();
    let call = [
        "checkin",
        "--for",
        "tran duc an",
        day,
        "commune=Thuận An",
        "how=telephone",
    ];
    secretary.run(&call).done();
    for phone in [&an, &secretary, &an] {
        phone.sync();
    }
    let list = secretary.run(&["list", "--kind", "check_in"]).done().json();
    let of_an: Vec<_> = rows(&list, "rows")
        .iter()
        .filter(|r| r["title"] == "2026-11-20")
        .collect();
    assert_eq!(of_an.len(), 1, "{list}");
    let open = secretary.run(&["conflicts"]).done().json();
    let fields: Vec<_> = rows(&open, "two_versions")
        .iter()
        .map(|c| c["field"].as_str().unwrap())
        .collect();
    assert!(fields.contains(&"commune"), "both words are kept: {open}");
    assert!(serving.terminate().success());
}

#[test]
fn row_15_which_form_says_the_procedure_why_and_by_which_paper() {
    let form = |args: &[&str]| {
        let office = ["phone", "--data", args[0], "--json", "which-form"];
        chibo(&[&office[..], &args[1..]].concat())
    };
    let office = Office::new();
    let (phone, _, serving) = branch(&office);
    let fits = |args: &[&str]| {
        let told = form(&[&[phone.data.as_str()], args].concat()).done().json();
        let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned();
        (text("code"), text("source"))
    };
    for (args, code, source) in [
        (&["--months", "12", "--stable"][..], "transfer", "294-QĐ/TW"),
        (&["--months", "6", "--host"], "placement", "29-QĐ/TW"),
        (&["--months", "6"], "temp_exemption", "01-HD/TW"),
        (&["--months", "2"], "leave_noted", ""),
        (
            &["--from", "15/01/2026", "--until", "13/04/2026", "--host"],
            "leave_noted",
            "",
        ),
        (
            &["--from", "15/01/2026", "--until", "14/04/2026", "--host"],
            "placement",
            "29-QĐ/TW",
        ),
        (&["--stable"], "transfer", "294-QĐ/TW"),
        (&["--abroad", "--stable", "--host"], "abroad", "01-HD/TW"),
        (
            &["--months", "11", "--abroad", "--host"],
            "temp_exemption",
            "01-HD/TW",
        ),
        (&["--months", "2", "--abroad"], "leave_noted", ""),
    ] {
        let (found, paper) = fits(args);
        assert_eq!(found, code, "{args:?}");
        assert!(paper.contains(source), "{paper}");
    }
    // Nobody has verified the older rows, and it is said.
    let said = [
        "phone",
        "--data",
        &phone.data,
        "which-form",
        "--months",
        "6",
    ];
    let said = chibo(&[&said[..], &["--host"]].concat()).done().out;
    assert!(
        said.contains("(29-QĐ/TW, 25/07/2016, 6.3, unverified)"),
        "{said}"
    );
    // The office adds a row; an absence of after its first day falls under it, and one of before does not.
    let add = [
        "regulations",
        "add",
        "--data",
        &office.data,
        "temp.min",
        "6",
    ];
    let what = ["--unit", "months", "--from", "1/1/2027", "--verified"];
    let source = ["--source", "9-QĐ/TW", "--source-on", "1/12/2026"];
    chibo(&[&add[..], &what, &source].concat()).done();
    phone.run(&["sync"]).done();
    for (from, until, code, source) in [
        ("31/12/2026", "30/4/2027", "placement", "29-QĐ/TW"),
        (
            "1/1/2027",
            "30/4/2027",
            "leave_noted",
            "9-QĐ/TW, 01/12/2026",
        ),
    ] {
        let args = ["--from", from, "--until", until, "--host"];
        let (found, paper) = fits(&args);
        assert_eq!(found, code, "{from}");
        assert!(paper.starts_with(source), "{from}: {paper}");
    }
    for wrong in [
        &["--until", "tháng sau"][..],
        &["--from", "15/01/2026", "--until", "14/01/2026"],
    ] {
        form(&[&[phone.data.as_str()], wrong].concat()).refused();
    }
    let found = phone.run(&["communes", "xuan", "hong"]).done().json();
    let named = |c: &Value| c["name"].as_str().unwrap().contains("Xuân Hồng, Ninh Bình");
    assert!(rows(&found, "communes").iter().any(named), "{found}");
    phone.run(&["communes", "không có đâu"]).no();
    assert!(serving.terminate().success());
}

#[test]
fn row_36_of_two_remarks_of_a_year_each_takes_back_their_own() {
    let office = Office::new();
    let (secretary, an, serving) = branch(&office);
    let deputy = Phone::new(&office.folder, "deputy");
    deputy.enrol(&office.ticket("deputy", "Chi bộ Xóm 5"), &serving.url);
    deputy.sync();
    let head = ["residence-remark", "tran duc an", "--year", "2026"];
    for (phone, words, by) in [
        (&secretary, "gương mẫu", "Vũ Thị Hạnh"),
        (&deputy, "ít về họp", "Lê Văn Bính"),
    ] {
        let said = [words, "--said-by", by, "--post", "Bí thư chi bộ"];
        phone.run(&[&head[..], &said].concat()).done();
    }
    deputy.sync();
    secretary.sync();
    deputy.sync();
    let words = |phone: &Phone| {
        let told = phone.run(&["residence-remark", "tran duc an", "--year", "2026"]);
        let told = told.done().json();
        let words = rows(&told, "remarks").iter();
        let words = words.map(|r| r["words"].as_str().unwrap_or_default().to_owned());
        words.collect::<Vec<_>>().join("; ")
    };
    for phone in [&secretary, &deputy] {
        let both = words(phone);
        assert!(
            both.contains("gương mẫu") && both.contains("ít về họp"),
            "{both}"
        );
    }
    let cancel = ["--cancel", "ghi nhầm người"];
    secretary.run(&[&head[..], &cancel].concat()).done();
    assert_eq!(words(&secretary), "Lê Văn Bính, Bí thư chi bộ: ít về họp");
    // Another's is cancelled by whose it is.
    secretary.run(&[&head[..], &cancel].concat()).refused();
    secretary.sync();
    let unknown = ["--cancel", "nhầm", "--said-by", "Ai Đó"];
    deputy.run(&[&head[..], &unknown].concat()).refused();
    let theirs = ["--cancel", "nhầm", "--said-by", "le van binh"];
    deputy.run(&[&head[..], &theirs].concat()).done();
    deputy.sync();
    assert_eq!(words(&deputy), "");
    an.sync();
    assert!(serving.terminate().success());
}

#[test]
fn row_36_a_residence_remark_names_its_author_or_is_not_recorded() {
    let office = Office::new();
    let (secretary, an, serving) = branch(&office);
    let remark = |more: &[&str]| {
        let head = ["residence-remark", "tran duc an", "--year", "2026"];
        secretary.run(&[&head[..], more].concat())
    };
    let named = [
        "Tham gia đều",
        "--said-by",
        "Vũ Thị Hạnh",
        "--post",
        "Bí thư chi bộ",
    ];
    for anonymous in [
        &named[..1],
        &named[..3],
        &["Tham gia đều", "--said-by", " ", "--post", "Bí thư"],
    ] {
        remark(anonymous).refused();
    }
    let state = |phone: &Phone| {
        let told = phone.run(&["residence-remark", "--year", "2026"]).done();
        let told = told.json();
        let an = rows(&told, "remarks")
            .iter()
            .map(|r| r["state"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>();
        (an, told.to_string())
    };
    assert_eq!(state(&secretary).0, ["none"; 3]);
    remark(&named).done();
    secretary.sync();
    an.sync();
    let (states, told) = state(&an);
    assert_eq!(states, ["remark"]);
    assert!(
        told.contains("Vũ Thị Hạnh, Bí thư chi bộ: Tham gia đều"),
        "{told}"
    );

    // It is not rewritten; cancelled, the year can have another.
    let softer = [
        "Rất tốt",
        "--said-by",
        "Vũ Thị Hạnh",
        "--post",
        "Bí thư chi bộ",
    ];
    let why = remark(&softer).refused();
    assert!(why.contains("never changed"), "{why}");
    remark(&["--cancel", "ghi nhầm người"]).done();
    remark(&["--cancel", "lần nữa"]).refused();
    assert_eq!(state(&secretary).0, ["none"; 3]);
    // It came on paper, where nobody says another way.
    remark(&[&softer[..], &["--how", "bồ câu"]].concat()).refused();
    let how = |told: &Value| {
        let doc = told["doc"].as_str().unwrap();
        secretary.run(&["show", doc]).done().json()["fields"]["how"].clone()
    };
    let told = remark(&[&softer[..], &["--how", "telephone"]].concat());
    assert_eq!(how(&told.done().json()), "telephone");
    let other = [
        &["residence-remark", "quang", "--year", "2026"],
        &softer[..],
    ];
    let told = secretary.run(&other.concat()).done().json();
    assert_eq!(how(&told), "paper");
    secretary.sync();
    an.sync();
    assert!(state(&an).1.contains("Rất tốt"));
    an.run(&[
        "residence-remark",
        "an",
        "Tốt",
        "--said-by",
        "Tôi",
        "--post",
        "Đảng viên",
    ])
    .refused();
    assert!(serving.terminate().success());
    chibo(&["verify", "--data", &office.data]).done();
}
