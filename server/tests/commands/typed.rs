//! What people type: what does not belong here, how much of it is needed, names that a decision changed, and that
//! nothing of it is said where strangers read along.

use crate::program::{Office, Phone, Serving, chibo};
use chibo_people::{roster, someone};
use chibo_server::district::{self, Size};
use serde_json::Value;
use std::io::{Read, Write};

const QUANG: &str = "Đinh Văn Quang";

/// An office that serves, and a secretary's phone that has everything of the branch.
fn with_secretary() -> (Office, Serving, Phone) {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    (office, serving, phone)
}

fn warned(told: &Value) -> Vec<&str> {
    let list = told["warnings"].as_array().unwrap().iter();
    list.filter_map(|w| w["words"].as_str()).collect()
}

#[test]
fn whoever_types_what_stays_on_paper_is_told_and_it_is_saved_all_the_same() {
    let (office, _serving, phone) = with_secretary();
    let edit = ["edit", QUANG, "note=Có đơn tố cáo", "phone=0900000001"];
    let told = phone.run(&edit).done().json();
    assert_eq!(told["changed"], true);
    assert_eq!(warned(&told), ["tố cáo", "đơn tố cáo"]);
    assert_eq!(told["warnings"][0]["field"], "note");
    assert_eq!(told["warnings"][0]["source"], "1630/QĐ-TTg, 30/07/2025");
    let shown = phone.run(&["show", QUANG]).done().json();
    assert_eq!(shown["fields"]["note"], "Có đơn tố cáo");
    // Whoever opens it later is told as well, for as long as it stands.
    assert_eq!(shown["cautions"][0]["field"], "note");
    assert_eq!(shown["cautions"][0]["about"], "complaint");
    // In words, to people, in their language; the warning holds none of what was typed.
    let args = [
        "phone",
        "--data",
        &phone.data,
        "--lang",
        "vi",
        "edit",
        QUANG,
    ];
    let said = chibo(&[&args[..], &["note=TỐI MẬT, vụ Hai Lúa"]].concat()).done();
    assert!(
        said.out.contains("Lưu ý: ô “Ghi chú” có chữ “tối mật”"),
        "{said:?}"
    );
    assert!(!said.out.contains("Hai Lúa"), "{said:?}");
    // Nobody has held the words against the text of their source, and that is said as well.
    assert!(said.out.contains("; chưa kiểm chứng)"), "{said:?}");
    let plain = phone.run(&["edit", QUANG, "note=mất thẻ, nuôi ong lấy mật ong"]);
    assert!(warned(&plain.done().json()).is_empty());

    let case = ["case", "open", "transfer", QUANG, "on=02/03/2026"];
    let told = phone.run(&[&case[..], &["note=theo công văn mật"]].concat());
    assert_eq!(warned(&told.done().json()), ["công văn mật"]);
    let decision = ["decision", "add", QUANG, "form=other", "number=7"];
    let more = ["issued_on=2/3/2026", "note=Kết luận thẩm tra"];
    let told = phone.run(&[&decision[..], &more].concat()).done().json();
    assert_eq!(warned(&told), ["kết luận thẩm tra"]);

    // In a roster, with the cell; also in a column that no field matches. The rows are taken in.
    let sheet = office.folder.at("them.csv");
    let people = [
        someone("Vũ Văn Mật").with("note", "Mất thẻ"),
        someone("Lê Thị Bưởi").with("note", "Bị khiếu nại"),
    ];
    let rows = roster("Chi bộ Xóm 5", &people, &["full_name", "born", "note"]);
    let aside = ["Lịch sử chính trị", "", "Tốt"];
    let rows: Vec<String> = (rows.lines().zip(aside))
        .map(|(row, more)| format!("{row},{more}\n"))
        .collect();
    std::fs::write(&sheet, rows.concat()).unwrap();
    let told = chibo(&["import", "--data", &office.data, &sheet, "--json"]);
    let told = told.done().json();
    assert_eq!(told["new_members"], 2);
    let problems: Vec<(u64, &str)> = (told["problems"].as_array().unwrap().iter())
        .map(|p| (p["row"].as_u64().unwrap(), p["message"].as_str().unwrap()))
        .collect();
    let about = |words: &str| {
        let with = problems.iter().filter(|(_, m)| m.contains(words));
        with.map(|(row, _)| *row).collect::<Vec<_>>()
    };
    assert_eq!(about("lịch sử chính trị"), [3], "{problems:?}");
    assert_eq!(about("khiếu nại"), [3], "{problems:?}");
    assert_eq!(problems.len(), 2, "{problems:?}");
}

#[test]
fn row_03_a_commune_code_that_is_on_no_list_is_told_and_taken_all_the_same() {
    let (_office, _serving, phone) = with_secretary();
    let typed = [
        "edit",
        QUANG,
        "birthplace_code=khong co",
        "permanent_residence_code=99999",
        "hometown_code=14095",
    ];
    let told = phone.run(&typed).done().json();
    let of = told["warnings"].as_array().unwrap().iter();
    let of: Vec<_> = of
        .map(|w| (w["field"].as_str().unwrap(), w["about"].as_str().unwrap()))
        .collect();
    let about = "place.code";
    assert_eq!(
        of,
        [
            ("birthplace_code", about),
            ("permanent_residence_code", about)
        ]
    );
    let shown = phone.run(&["show", QUANG]).done().json();
    assert_eq!(shown["fields"]["birthplace_code"], "khong co");
    assert_eq!(shown["cautions"].as_array().unwrap().len(), 2, "{shown}");
}

#[test]
fn a_number_in_a_roster_that_does_not_look_like_one_is_told_as_at_a_form() {
    let (office, _serving, phone) = with_secretary();
    let typed = phone.run(&["edit", QUANG, "card_number=Xóm 5"]).done();
    assert_eq!(typed.json()["warnings"][0]["about"], "card.form");
    let sheet = office.folder.at("them.csv");
    let people = [
        someone("Lê Thị Bưởi"),
        someone("Vũ Văn Mật")
            .with("card_number", "Xóm 6")
            .with("personal_id", "163 123 456"),
    ];
    let columns = ["full_name", "born", "card_number", "personal_id"];
    std::fs::write(&sheet, roster("Chi bộ Xóm 5", &people, &columns)).unwrap();
    // Looking is enough to be told.
    let args = ["import", "--data", &office.data, &sheet, "--json"];
    let looked = chibo(&[&args[..], &["--dry-run"]].concat()).done().json();
    let told = chibo(&args).done().json();
    assert_eq!(looked["problems"], told["problems"]);
    assert_eq!(told["new_members"], 2);
    let found: Vec<_> = (told["problems"].as_array().unwrap().iter())
        .map(|p| {
            (
                p["row"].as_u64().unwrap(),
                p["found"].as_str().unwrap(),
                p["bad"] == true,
            )
        })
        .collect();
    assert_eq!(found, [(3, "Xóm 6", false), (3, "163 123 456", false)]);
    // What was told was taken all the same.
    let out = office.folder.at("ra.csv");
    chibo(&["export", "--data", &office.data, "--out", &out]).done();
    let out = std::fs::read_to_string(office.folder.at("ra.csv")).unwrap();
    assert!(out.contains("Xóm 6") && out.contains("163123456"), "{out}");
}

#[test]
fn row_03_twenty_people_are_typed_from_paper_with_at_most_25_inputs_each() {
    let (_office, _serving, phone) = with_secretary();
    let district = district::invent(Size::Branch, 4);
    let mut typed = 0;
    for who in district.members().take(20) {
        let name = who.values["full_name"].shown();
        let added = phone.run(&["add", &name]).done().json();
        let place = added["place"].as_str().unwrap();
        // A name alone is enough to be saved; what is missing is counted and asked for.
        let bare = phone.run(&["show", place]).done().json();
        let mut inputs = 1;
        let mut words: Vec<String> = vec!["edit".into(), place.into()];
        let is_official = chibo_core::register::is_official(&who.values["status"].shown());
        for (kind, paper) in [
            (&chibo_core::domain::member::MEMBER, &who.values),
            (
                &chibo_core::domain::member::MEMBER_SENSITIVE,
                &who.sensitive,
            ),
        ] {
            for field in kind.missing(&chibo_core::document::Values::new(), is_official) {
                if field.name != "full_name" {
                    let said = paper[field.name].shown();
                    words.push(format!("{}={said}", field.name));
                    inputs += 1;
                }
            }
        }
        assert!(bare["missing"].as_u64().unwrap() > 10, "{bare}");
        assert!(inputs <= 25, "{inputs}");
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        phone.run(&words).done();
        let whole = phone.run(&["show", place]).done().json();
        assert_eq!(whole["missing"], 0, "{whole}");
        typed += 1;
    }
    assert_eq!(typed, 20);
}

#[test]
fn row_10_whom_a_decision_gave_another_name_is_listed_and_found_by_it() {
    let (office, _serving, phone) = with_secretary();
    phone
        .run(&["case", "open", "transfer", QUANG, "on=02/03/2026"])
        .done();
    let head = [
        "decision",
        "--data",
        &office.data,
        "--by-other",
        "add",
        QUANG,
    ];
    let paper = ["form=name", "number=12", "issued_on=10/4/2026"];
    let value = ["value=Đinh Quang Minh", "--json"];
    chibo(&[&head[..], &paper, &value].concat()).done();
    phone.sync();
    // Lists show the name that stands, and people are found by it and by the one on older papers.
    let cases = phone.run(&["case", "list"]).done().json();
    assert_eq!(cases["cases"][0]["name"], "Đinh Quang Minh");
    let place = cases["cases"][0]["place"].clone();
    for typed in ["Đinh Quang Minh", "quang minh", QUANG] {
        let found = phone.run(&["list", "--search", typed]).done().json();
        let rows = found["rows"].as_array().unwrap();
        assert_eq!(rows.len(), 1, "{typed}: {rows:?}");
        assert_eq!(rows[0]["title"], "Đinh Quang Minh");
        let of = phone.run(&["case", "list", typed]);
        let of = of.done().json();
        assert_eq!(of["cases"][0]["place"], place, "{typed}");
    }
    let due = phone.run(&["deadlines"]).done().json().to_string();
    assert!(
        due.contains("Đinh Quang Minh") && !due.contains(QUANG),
        "{due}"
    );
    // Cancelled as mistyped, the name is the old one again.
    let decisions = phone.run(&["decision", "list"]).done().json();
    let doc = decisions["decisions"][0]["doc"].as_str().unwrap();
    let cancel = ["decision", "cancel", doc, "--reason", "ghi nhầm"];
    phone.run(&cancel).done();
    let cases = phone.run(&["case", "list"]).done().json();
    assert_eq!(cases["cases"][0]["name"], QUANG);
    phone.run(&["case", "list", "quang minh"]).refused();
}

#[test]
fn row_10_whoever_replaces_a_name_or_birth_date_is_asked_why_until_a_reason_or_a_decision_is_there()
{
    let (office, _serving, phone) = with_secretary();
    let asked = |typed: &[&str]| {
        let told = phone.run(&[&["edit", QUANG][..], typed].concat());
        let told = told.done().json()["warnings"].clone();
        let fields = told.as_array().unwrap().iter();
        fields
            .filter(|w| w["about"] == "change.decision")
            .map(|w| w["field"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let open = || {
        let list = phone.run(&["decision", "list"]).done().json();
        list["replaced"].as_array().unwrap().clone()
    };
    // Other letters of the same name, and more of the same date, change nothing.
    assert_eq!(asked(&["full_name=ĐINH VĂN QUANG"]), [""; 0]);
    assert!(open().is_empty());
    phone.sync();
    // It is taken, with the question; the old value is kept.
    let typed = ["full_name=Đinh Quang Minh", "born=1/2/1961"];
    assert_eq!(asked(&typed), ["born", "full_name"]);
    phone.sync();
    let list = open();
    assert_eq!(list.len(), 2, "{list:?}");
    let of = |field: &str| list.iter().find(|r| r["field"] == field).unwrap().clone();
    assert_eq!(of("full_name")["before"], QUANG);
    let place = of("born")["place"].as_str().unwrap().to_owned();
    let standing = || {
        let shown = phone.run(&["show", &place]).done().json();
        let all = shown["cautions"].as_array().unwrap().clone();
        all.iter()
            .filter(|c| c["about"] == "change.decision")
            .map(|c| c["field"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(standing(), ["full_name", "born"]);
    let args = ["decision", "--data", &office.data, "list", "--lang", "vi"];
    let said = chibo(&args).done().out;
    assert!(said.contains("trước là Đinh Văn Quang"), "{said}");
    // A typing mistake: why is said once, and nobody asks again.
    let why = format!("{}=gõ nhầm năm", of("born")["why"].as_str().unwrap());
    phone.run(&["edit", &place, &why]).done();
    assert_eq!(open().len(), 1);
    assert_eq!(standing(), ["full_name"]);
    // A decision in force says what stands; cancelled, the question is there again.
    let paper = ["form=name", "number=12", "issued_on=10/4/2026"];
    let add = ["decision", "add", &place, "value=Đinh Quang Minh"];
    phone.run(&[&add[..], &paper].concat()).done();
    assert!(open().is_empty() && standing().is_empty());
    let all = phone.run(&["decision", "list"]).done().json();
    let doc = all["decisions"][0]["doc"].as_str().unwrap();
    let cancel = ["decision", "cancel", doc, "--reason", "ghi nhầm"];
    phone.run(&cancel).done();
    assert_eq!(open().len(), 1);
    assert_eq!(standing(), ["full_name"]);
}

#[test]
fn row_10_what_is_mended_before_it_is_sent_or_before_anybody_is_a_member_asks_nothing() {
    let (_office, _serving, phone) = with_secretary();
    let added = phone.run(&["add", "Lê Thị Hao"]).done().json();
    let place = added["place"].as_str().unwrap();
    let warned = |typed: &[&str]| {
        let told = phone.run(&[&["edit", place][..], typed].concat());
        told.done().json()["warnings"].as_array().unwrap().len()
    };
    phone.sync();
    assert_eq!(warned(&["full_name=Lê Thị Hoa", "born=1980"]), 0);
    assert_eq!(warned(&["status=official", "born=1981"]), 0);
    phone.sync();
    assert_eq!(warned(&["born=2/3/1981"]), 0, "more of the same date");
    phone.sync();
    // Taken away and typed anew is replaced all the same; back at what stood, nothing was.
    assert_eq!(warned(&["born="]), 1);
    assert_eq!(warned(&["born=2/3/1981"]), 0);
    assert_eq!(warned(&["born=2/3/1982"]), 1);
    let list = phone.run(&["decision", "list"]).done().json();
    assert_eq!(list["replaced"].as_array().unwrap().len(), 1);
}

/// Words that may stand in no log, URL or header.
const PERSONAL: [&str; 7] = [
    "Quang",
    "quang",
    "1960",
    "012345",
    "0900000001",
    "Xóm 5",
    "dinh",
];

#[test]
fn nothing_that_a_serving_node_says_and_no_url_or_header_names_anybody() {
    let office = Office::new();
    let errors = office.folder.at("loi.txt");
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let used = office.ticket("deputy", "Chi bộ Xóm 5");
    let serving = Serving::start_noting(&office.data, &errors);
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.enrol_again(&office, &used, &serving.url);
    phone.sync();
    phone.run(&["edit", QUANG, "phone=0900000001"]).done();
    phone.sync();
    let told = chibo(&["devices", "--data", &office.data, "--json"]).done();
    let devices = told.json()["devices"].as_array().unwrap().clone();
    let last = devices.last().unwrap()["number"].to_string();
    chibo(&["revoke", "--data", &office.data, &last]).done();
    phone.run(&["edit", QUANG, "alias=Quang"]).done();
    let _ = phone.run(&["sync"]);

    // What goes over the line before a body: the line with the URL, and the headers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let heard = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = vec![0; 64 * 1024];
        let mut heard = Vec::new();
        while !heard.windows(4).any(|w| w == b"\r\n\r\n") {
            let n = stream.read(&mut bytes).unwrap();
            assert!(n > 0);
            heard.extend_from_slice(&bytes[..n]);
        }
        let _ = stream.write_all(b"HTTP/1.1 500 no\r\ncontent-length: 0\r\n\r\n");
        let end = heard.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
        String::from_utf8(heard[..end].to_vec()).unwrap()
    });
    let failed = phone.run(&["sync", "--url", &url]);
    let head = heard.join().unwrap();
    assert!(head.starts_with("POST /"), "{head}");
    let said = [
        serving.said(),
        std::fs::read_to_string(&errors).unwrap(),
        head,
        failed.err,
    ];
    for text in &said {
        for word in PERSONAL {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }
}

#[test]
fn nor_what_it_says_of_proofs_codes_letters_and_what_is_held() {
    let office = Office::new();
    let errors = office.folder.at("loi.txt");
    let mail_errors = office.folder.at("loi-thu.txt");
    let thu = office.folder.at("thu");
    let mailbox = [
        "mailbox",
        "--data",
        &thu,
        "--listen",
        "127.0.0.1:0",
        "--json",
    ];
    let mailbox = Serving::run_noting(&mailbox, &mail_errors);
    let (ticket, deputys) = (
        office.ticket("secretary", "Chi bộ Xóm 5"),
        office.ticket("deputy", "Chi bộ Xóm 5"),
    );
    let url = mailbox.url.clone();
    let serve = [
        "serve",
        "--data",
        &office.data,
        "--listen",
        "127.0.0.1:0",
        "--json",
    ];
    let mail = ["--mailbox", &url, "--mailbox-every", "1"];
    let serving = Serving::run_noting(&[&serve[..], &mail].concat(), &errors);
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    // Who wrote it, by their own signatures: of one's own branch, and of nobody.
    phone.run(&["edit", QUANG, "phone=0900000001"]).done();
    phone.sync();
    phone.run(&["show", QUANG, "--proof"]).done();
    // The code of a colleague's phone.
    let other = Phone::new(&office.folder, "b");
    let pin = ("CHIBO_PIN", "294518");
    let run = |args: &[&str]| {
        let all = [&["phone", "--data", &other.data, "--json"], args].concat();
        crate::program::chibo_with(&[pin], &all)
    };
    other
        .run(&["enrol", &deputys, "--url", &serving.url, "--pin", pin.1])
        .done();
    run(&["sync"]).done();
    phone.sync();
    let told = phone.run(&["recovery"]).done().json();
    let number = told["devices"][0]["number"].to_string();
    phone.run(&["recovery", &number]).done();
    phone.run(&["recovery", "9999"]).refused();
    // Letters, and one that is none.
    let letter_box = crate::program::handset(&phone.data).phone.node_letter_key();
    let letter_box = letter_box.unwrap().unwrap().letter_box();
    let junk = chibo_core::carriers::bundle::Letter {
        sort: chibo_core::carriers::bundle::Sort::Request,
        to: letter_box,
        sealed: [b"age-encryption.org/v1\n-> ".as_slice(), QUANG.as_bytes()].concat(),
    };
    let at = chibo_core::carriers::mailbox::Mailbox::new(&url, &Default::default()).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(at.put(&junk)).unwrap();
    phone.run(&["edit", QUANG, "alias=Quang"]).done();
    phone.run(&["sync", "--mailbox", &url]).no();
    chibo(&["collect", "--data", &office.data, "--mailbox", &url]).done();
    // Work of who was shut out is held, seen and decided.
    let told = chibo(&["devices", "--data", &office.data, "--json"]).done();
    let devices = told.json()["devices"].as_array().unwrap().clone();
    let first = devices.iter().find(|d| d["role"] == "secretary").unwrap();
    let first = first["number"].to_string();
    phone.run(&["edit", QUANG, "phone=0900000001"]).done();
    chibo(&["revoke", "--data", &office.data, &first]).done();
    phone.run(&["edit", QUANG, "email=quang@example.vn"]);
    let _ = phone.run(&["sync"]);
    let quarantine = |args: &[&str]| {
        let all = [&["quarantine", args[0], "--data", &office.data], &args[1..]].concat();
        chibo(&all)
    };
    quarantine(&["list"]).done();
    quarantine(&["accept", "99", "--by-other"]).refused();
    let said = [
        serving.said(),
        std::fs::read_to_string(&errors).unwrap(),
        mailbox.said(),
        std::fs::read_to_string(&mail_errors).unwrap(),
    ];
    for text in &said {
        for word in PERSONAL {
            assert!(!text.contains(word), "{word}: {text}");
        }
    }
}

impl Phone {
    /// Uses a ticket on another phone, twice: the second time is refused.
    fn enrol_again(&self, office: &Office, ticket: &str, url: &str) {
        let other = Phone::new(&office.folder, "b");
        other.enrol(ticket, url);
        let third = Phone::new(&office.folder, "c");
        third.run(&["enrol", ticket, "--url", url]).refused();
    }
}

#[test]
fn a_name_that_is_a_path_leads_no_export_out_of_its_folder() {
    let office = Office::new();
    let sheet = office.folder.at("la.csv");
    let called = |name: &str| someone("Vũ Văn Thoát").with("full_name", name);
    let first = roster(
        "../../../thoat",
        &[called("../../../../tmp/thoat")],
        &["full_name"],
    );
    let second = roster("C:\\thoat", &[called("/etc/thoat")], &["full_name"]);
    let rows = first.lines().chain(second.lines().skip(1));
    let text: String = rows.map(|row| format!("{row}\n")).collect();
    std::fs::write(&sheet, text).unwrap();
    chibo(&["import", "--data", &office.data, &sheet]);
    let out = office.folder.at("trong/ra");
    std::fs::create_dir_all(office.folder.at("trong")).unwrap();
    chibo(&["export", "--data", &office.data, "--out", &out]).done();
    let mut files = 0;
    let mut folders = vec![std::path::PathBuf::from(&out)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let plain = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
            assert!(name.chars().all(plain) && !name.starts_with('.'), "{name}");
            match path.is_dir() {
                true => folders.push(path),
                false => files += 1,
            }
        }
    }
    assert!(files >= 6, "everybody is there: {files}");
    let beside = std::fs::read_dir(office.folder.at("trong"))
        .unwrap()
        .count();
    assert_eq!(beside, 1, "and nothing beside it");
}
