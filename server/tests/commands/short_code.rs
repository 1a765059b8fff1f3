//! Letting a device in by a ticket's short code, which somebody types: the address beside it, and a line to the office.

use crate::program::{Office, Phone, Serving, chibo, chibo_in, chibo_reading};
use chibo_core::enrol::{Offer, Ticket};
use chibo_core::id::PersonId;
use chibo_core::node::Node;
use chibo_core::place::Role;
use chibo_core::store::sqlite::{Durability, SqliteStore};
use chibo_core::time::Timestamp;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use std::path::Path;

/// A ticket for an auditor of the branch, as it is told.
fn told(office: &Office, url: &str) -> serde_json::Value {
    let args = [
        "ticket",
        "--data",
        &office.data,
        "--scope",
        "Chi bộ Xóm 5",
        "--role",
        "auditor",
        "--not-a-member",
        "--url",
        url,
        "--json",
    ];
    chibo(&args).done().json()
}

fn text<'a>(told: &'a serde_json::Value, name: &str) -> &'a str {
    told[name].as_str().unwrap()
}

/// As somebody types an address: without what all of them begin with.
fn address(serving: &Serving) -> &str {
    serving.url.strip_prefix("https://").unwrap()
}

/// The same code with another sign at this place.
fn with_wrong_sign(code: &str, at: usize) -> String {
    let mut wrong: Vec<char> = code.chars().collect();
    wrong[at] = if wrong[at] == '7' { '8' } else { '7' };
    wrong.iter().collect()
}

#[test]
fn who_types_the_code_and_the_address_is_let_in_under_the_number_that_the_office_sees() {
    let office = Office::new();
    let serving = office.serve();
    let told = told(&office, &serving.url);
    let code = text(&told, "code");
    assert_eq!(code.split('-').map(str::len).collect::<Vec<_>>(), [4; 7]);
    assert_eq!(text(&told, "address"), address(&serving));

    let phone = Phone::new(&office.folder, "a");
    let typed = code.to_lowercase().replace('-', " ").replace('0', "o");
    let args = ["enrol", &typed, "--url", address(&serving)];
    let enrolled = phone.run(&args).done().json();
    assert_eq!(enrolled["role"], "auditor");
    phone.sync();
    let devices = chibo(&["devices", "--data", &office.data, "--json"])
        .done()
        .json();
    let mut devices = devices["devices"].as_array().unwrap().iter();
    let device = devices.find(|d| d["role"] == "auditor").unwrap();
    assert_eq!(device["confirmation"], enrolled["confirmation"]);
}

#[test]
fn the_code_stands_beside_the_ticket_in_words_and_in_the_picture() {
    let office = Office::new();
    let picture = office.folder.at("phieu.svg");
    let args = [
        "ticket",
        "--data",
        &office.data,
        "--scope",
        "Chi bộ Xóm 5",
        "--role",
        "auditor",
        "--not-a-member",
        "--url",
        "https://192.168.1.10:8443",
        "--qr",
        &picture,
    ];
    let shown = chibo(&args).done().out;
    let mut lines = shown.lines();
    let ticket = Ticket::from_text(lines.next().unwrap()).unwrap();
    let code = ticket.code().unwrap().to_text();
    let beside = lines.next().unwrap();
    assert!(
        beside.contains(&code) && beside.contains(" 192.168.1.10:8443"),
        "{shown}"
    );
    let svg = std::fs::read_to_string(&picture).unwrap();
    assert!(
        svg.contains(&format!(">{code}<")) && svg.contains(">192.168.1.10:8443<"),
        "{svg}"
    );
}

#[test]
fn a_wrong_sign_is_told_with_its_group_before_anybody_is_asked_or_anything_is_made() {
    let office = Office::new();
    let told = told(&office, "https://127.0.0.1:1");
    let code = text(&told, "code");
    let phone = Phone::new(&office.folder, "a");
    // Nobody is there: who asked first would hear of the line.
    let refused = |typed: &str| {
        phone
            .run(&["enrol", typed, "--url", "127.0.0.1:1"])
            .refused()
    };
    let why = refused(&with_wrong_sign(code, 12));
    assert!(why.contains("group 3"), "{why}");
    let why = refused(&code[1..]);
    assert!(why.contains("28") && why.contains("27"), "{why}");
    let why = refused(&"x".repeat(300));
    assert!(why.contains("no ticket"), "{why}");
    assert!(!Path::new(&phone.data).exists());
    let args = [
        "phone",
        "--data",
        &phone.data,
        "enrol",
        &with_wrong_sign(code, 12),
        "--url",
        "x",
    ];
    let why = chibo_in("vi", &args).refused();
    assert!(why.contains("nhóm 3"), "{why}");
}

#[test]
fn a_code_needs_the_address_and_a_line_and_says_so() {
    let office = Office::new();
    let told = told(&office, "https://127.0.0.1:1");
    let code = text(&told, "code");
    let phone = Phone::new(&office.folder, "a");
    let why = phone.run(&["enrol", code]).refused();
    assert!(why.contains("address"), "{why}");
    let stick = office.folder.at("usb.chibo");
    for by in [["--stick", &stick], ["--mailbox", "https://127.0.0.1:1"]] {
        let why = phone.run(&[&["enrol", code][..], &by].concat()).refused();
        assert!(why.contains("needs a line"), "{why}");
    }
    let why = phone
        .run(&["enrol", code, "--url", "127.0.0.1:1"])
        .refused();
    assert!(why.contains("the line broke"), "{why}");
    let why = phone
        .run(&["enrol", code, "--url", "http://192.0.2.1"])
        .refused();
    assert!(why.contains("does not encrypt"), "{why}");
    // None of it used the ticket up.
    let serving = office.serve();
    let args = [
        "phone",
        "--data",
        &phone.data,
        "enrol",
        "-",
        "--url",
        address(&serving),
    ];
    chibo_reading(&format!("{code}\n"), &args).done();
}

#[test]
fn a_code_is_asked_of_its_own_node_only() {
    let (office, other) = (Office::new(), Office::new());
    let (own, elsewhere) = (office.serve(), other.serve());
    let told = told(&office, &own.url);
    let code = text(&told, "code");
    let phone = Phone::new(&office.folder, "a");
    let why = phone
        .run(&["enrol", code, "--url", address(&elsewhere)])
        .refused();
    assert!(why.contains("leads to another node"), "{why}");
    phone.enrol(code, address(&own));
}

#[test]
fn code_and_text_are_one_ticket_which_is_used_once() {
    let office = Office::new();
    let serving = office.serve();
    let [one, other] = [(); 2].map(|()| told(&office, &serving.url));
    let phones = ["a", "b", "c", "d"].map(|name| Phone::new(&office.folder, name));
    let enrol = |phone: &Phone, by: &str| phone.run(&["enrol", by, "--url", &serving.url]);
    enrol(&phones[0], text(&one, "ticket")).done();
    let why = enrol(&phones[1], text(&one, "code")).refused();
    assert!(why.contains("has been used"), "{why}");
    enrol(&phones[2], text(&other, "code")).done();
    for by in ["ticket", "code"] {
        let why = enrol(&phones[3], text(&other, by)).refused();
        assert!(why.contains("has been used"), "{why}");
    }
}

#[test]
fn of_two_phones_with_one_code_at_the_same_moment_one_is_let_in() {
    let office = Office::new();
    let serving = office.serve();
    let told = told(&office, &serving.url);
    let (code, url) = (text(&told, "code"), serving.url.as_str());
    let phones = ["a", "b", "c"].map(|name| Phone::new(&office.folder, name));
    let ran = std::thread::scope(|all| {
        let enrolling = phones
            .each_ref()
            .map(|phone| all.spawn(move || phone.run(&["enrol", code, "--url", url])));
        enrolling.map(|one| one.join().unwrap())
    });
    let (let_in, refused): (Vec<_>, Vec<_>) = ran.into_iter().partition(|r| r.code == Some(0));
    assert_eq!(let_in.len(), 1, "{let_in:?}");
    for ran in refused {
        let why = ran.refused();
        assert!(why.contains("has been used"), "{why}");
    }
}

#[test]
fn a_code_whose_time_is_over_says_so_and_so_does_one_that_the_office_never_gave() {
    let office = Office::new();
    let (expired, never) = {
        let store = Path::new(&office.data).join("node.db");
        let key = chibo_server::keys::open(&store, &mut || Ok(None)).unwrap();
        let store = SqliteStore::open(&store, &key, Durability::Full).unwrap();
        let mut node = Node::open(store).unwrap();
        let rng = &mut ChaCha8Rng::seed_from_u64(5);
        let person = PersonId::random(rng);
        let offer = Offer::new(Role::Auditor, node.root(), person, Timestamp(1_000));
        let expired = node.ticket("", &offer, rng).unwrap();
        let never = Ticket {
            pass: chibo_core::enrol::Pass::Secret(chibo_core::enrol::code::Once::random(rng)),
            ..expired.clone()
        };
        (expired, never)
    };
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    for (ticket, said) in [(expired, "has expired"), (never, "not of this node")] {
        for by in [ticket.to_text(), ticket.code().unwrap().to_text()] {
            let why = phone
                .run(&["enrol", &by, "--url", address(&serving)])
                .refused();
            assert!(why.contains(said), "{why}");
        }
    }
}

#[test]
fn a_ticket_that_a_leader_makes_without_a_line_has_no_code_and_says_why() {
    let office = Office::new();
    let ticket = office.ticket_for("secretary", "Chi bộ Xóm 5", "tran duc an");
    let secretary = Phone::new(&office.folder, "a");
    {
        let serving = office.serve();
        secretary.enrol(&ticket, &serving.url);
        secretary.sync();
    }
    let made = secretary.run(&["ticket", "quang"]).done().json();
    assert!(
        made["code"].is_null() && made["address"].is_null(),
        "{made}"
    );
    let shown = chibo(&["phone", "--data", &secretary.data, "ticket", "quang"])
        .done()
        .out;
    assert!(shown.contains("no short code"), "{shown}");
}
