//! The carrier through a blind mailbox: phone and office are never awake at the same time.

use crate::program::{Office, Phone, Place, Ran, Serving, chibo, handset};
use chibo_core::carriers::bundle::{Letter, Sort};
use chibo_core::carriers::http::Options;
use chibo_core::carriers::letter::Content;
use chibo_core::carriers::mailbox::{Act, Mailbox, Proof, name_of};
use chibo_core::enrol::code::Once;
use chibo_core::enrol::{Pass, Ticket};
use chibo_core::id::{BoxId, Hash, Hasher, LetterId, PublicKey};
use chibo_core::identity::{SecretKey, notice_key};
use chibo_core::limits;
use chibo_people::{roster, someone};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

/// A mailbox's host: knows nobody.
struct Host {
    folder: Place,
    serving: Option<Serving>,
}

impl Host {
    fn new(more: &[&str]) -> Self {
        let mut host = Host {
            folder: Place::new(),
            serving: None,
        };
        host.start("127.0.0.1:0", more);
        host
    }

    fn data(&self) -> String {
        self.folder.at("thu")
    }

    fn start(&mut self, listen: &str, more: &[&str]) {
        let data = self.data();
        let args = ["mailbox", "--data", &data, "--listen", listen, "--json"];
        self.serving = Some(Serving::run(&[&args[..], more].concat()));
    }

    fn url(&self) -> String {
        self.serving.as_ref().unwrap().url.clone()
    }

    /// Its letters: names of files and what is in them.
    fn letters(&self) -> Vec<(String, Vec<u8>)> {
        let files = std::fs::read_dir(self.data()).unwrap().map(|f| f.unwrap());
        let named = files.map(|f| {
            let name = f.file_name().into_string().unwrap();
            (name, std::fs::read(f.path()).unwrap())
        });
        named.filter(|(name, _)| name != "lock").collect()
    }
}

fn visit(phone: &Phone, url: &str) -> Ran {
    phone.run(&["sync", "--mailbox", url])
}

fn collect(office: &Office, url: &str) -> serde_json::Value {
    let args = [
        "collect",
        "--data",
        &office.data,
        "--mailbox",
        url,
        "--json",
    ];
    chibo(&args).done().json()
}

/// An office that is off, and a secretary's phone that has its records.
fn enrolled() -> (Office, Phone) {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    assert!(serving.terminate().success());
    (office, phone)
}

#[test]
fn a_phone_leaves_its_work_the_office_comes_later_and_the_receipt_comes_back() {
    let host = Host::new(&[]);
    let (office, phone) = enrolled();
    phone.run(&["edit", "quang", "alias=Hai"]).done();

    let told = visit(&phone, &host.url()).no().json();
    assert_eq!(told["left"], true, "{told}");
    assert_eq!(told["in_mailbox"], true, "sent, not yet received: {told}");
    let told = visit(&phone, &host.url()).no().json();
    assert_eq!(told["left"], false, "what lies there says it all: {told}");
    assert_eq!(phone.run(&["status"]).done().json()["in_mailbox"], true);
    assert_eq!(phone.run(&["status"]).done().json()["unsent"], 1);

    assert_eq!(collect(&office, &host.url())["answered"], 1);
    assert_eq!(collect(&office, &host.url())["answered"], 0);
    let told = visit(&phone, &host.url()).done().json();
    assert_eq!(told["handed_over"], 1, "{told}");
    assert_eq!(told["synced"], true, "received by the node: {told}");
    assert_eq!(phone.run(&["status"]).done().json()["in_mailbox"], false);
    assert!(host.letters().is_empty(), "nothing is left behind");
    assert_eq!(office.digest("Chi bộ Xóm 5"), phone.digest("Chi bộ Xóm 5"));
}

#[test]
fn a_node_that_serves_fetches_its_letters_by_itself() {
    let host = Host::new(&[]);
    let (office, phone) = enrolled();
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    visit(&phone, &host.url()).no();
    let serve = ["serve", "--data", &office.data, "--listen", "127.0.0.1:0"];
    let url = host.url();
    let mail = ["--json", "--mailbox", &url, "--mailbox-every", "1"];
    let serving = Serving::run(&[&serve[..], &mail].concat());
    let begun = Instant::now();
    while visit(&phone, &host.url()).code != Some(0) {
        assert!(begun.elapsed() < Duration::from_secs(60));
    }
    assert_eq!(phone.run(&["status"]).done().json()["unsent"], 0);
    // And whoever does not want to wait asks the running node to look now.
    assert_eq!(collect(&office, &host.url())["damaged"], 0);
    assert!(serving.terminate().success());
}

#[test]
fn a_new_phone_gets_all_its_records_through_the_mailbox_alone() {
    let host = Host::new(&[]);
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    assert!(serving.terminate().success());
    let mut rounds = 0;
    while visit(&phone, &host.url()).code != Some(0) {
        collect(&office, &host.url());
        rounds += 1;
        assert!(rounds < 6);
    }
    assert_eq!(office.digest("Chi bộ Xóm 5"), phone.digest("Chi bộ Xóm 5"));
}

#[test]
fn records_that_are_too_many_for_one_letter_come_in_several() {
    let host = Host::new(&[]);
    let office = Office::new();
    let mut digits = Hash::ZERO;
    // Digits that can be compressed to half and no further.
    let mut noise = || -> String {
        let more = (0..7).map(|_| {
            digits = Hasher::new("test").part(&digits.0).hash();
            digits.to_string()
        });
        more.collect()
    };
    let columns = ["full_name", "alias", "birthplace", "hometown"];
    let mut lines: Vec<String> = Vec::new();
    for branch in 0..30 {
        let one = |n: usize| {
            let who = someone(&format!("Nguyễn Văn Số {n}"));
            let noisy = columns[1..].iter();
            noisy.fold(who, |who, column| who.with(column, &noise()))
        };
        let people: Vec<_> = (branch * 50..branch * 50 + 50).map(one).collect();
        let rows = roster(&format!("Chi bộ {branch}"), &people, &columns);
        let rows = rows.lines().skip(usize::from(branch > 0));
        lines.extend(rows.map(|row| format!("{row}\n")));
    }
    let file = office.folder.at("many.csv");
    std::fs::write(&file, lines.concat()).unwrap();
    chibo(&["import", "--data", &office.data, &file]).done();
    let ticket = office.ticket("office", "Đảng ủy xã Xuân Trường");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    assert!(serving.terminate().success());
    let mut rounds = 0;
    loop {
        let told = visit(&phone, &host.url());
        if told.code == Some(0) {
            break;
        }
        let told = told.no().json();
        assert_eq!(told["left"], true, "it asks on at once: {told}");
        assert_eq!(collect(&office, &host.url())["answered"], 1);
        rounds += 1;
        assert!(rounds < 20);
    }
    assert!(rounds > 1, "{rounds}");
    let list = phone.run(&["list"]).done().json();
    assert_eq!(list["rows"].as_array().unwrap().len(), 1_503);
}

#[test]
fn who_has_the_mailboxs_disk_learns_no_name_no_sender_and_no_key() {
    let host = Host::new(&[]);
    let (office, phone) = enrolled();
    phone.run(&["edit", "quang", "alias=Người Giấu Tên"]).done();
    let handset = handset(&phone.data);
    let author = handset.phone.author().unwrap().clone();
    let node = handset.phone.node_letter_key().unwrap().unwrap();
    let own = handset.phone.public_key();
    drop(handset);
    visit(&phone, &host.url()).no();
    let mut seen = host.letters();
    collect(&office, &host.url());
    seen.extend(host.letters());
    assert_eq!(seen.len(), 2, "a request and an answer");
    let mut secrets: Vec<Vec<u8>> = ["Người Giấu Tên", "Quang", "Xuân Trường"]
        .map(|s| s.as_bytes().to_vec())
        .into();
    for id in [&own.0[..], &node.0, &author.log.0, &author.place.0] {
        secrets.push(id.to_vec());
        secrets.push(chibo_core::id::hex(id).into_bytes());
    }
    for (name, bytes) in &seen {
        for secret in &secrets {
            let inside = |b: &[u8]| b.windows(secret.len()).any(|w| w == secret);
            assert!(!inside(name.as_bytes()) && !inside(bytes), "{secret:?}");
        }
    }
}

/// Says something to the mailbox as anybody can, without our client: status and body.
fn say(url: &str, method: &str, path: &str, proof: Option<&Proof>, body: &[u8]) -> (u16, Vec<u8>) {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    let proof = proof.map_or(String::new(), |p| {
        format!("authorization: {}\r\n", p.to_header())
    });
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{proof}content-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let status = std::str::from_utf8(&answer[9..12]).unwrap();
    (status.parse().unwrap(), answer[end + 4..].to_vec())
}

fn letter(to: BoxId, text: &[u8]) -> Letter {
    Letter {
        sort: Sort::Answer,
        to,
        sealed: text.to_vec(),
    }
}

#[test]
fn only_the_owner_of_a_box_lists_fetches_and_removes_and_a_repetition_harms_nothing() {
    let host = Host::new(&[]);
    let (url, name) = (host.url(), name_of(&host.url()).unwrap());
    let owner = SecretKey::from_seed([1; 32]);
    let stranger = SecretKey::from_seed([2; 32]);
    let (own, theirs) = (owner.public().letter_box(), stranger.public().letter_box());
    let one = letter(own, b"one");
    let (in_box, here) = (
        format!("/v1/box/{own}"),
        format!("/v1/box/{own}/{}", one.id()),
    );
    assert_eq!(say(&url, "PUT", &in_box, None, &one.to_bytes()).0, 204);
    assert_eq!(say(&url, "PUT", &in_box, None, &one.to_bytes()).0, 204);
    let word = || {
        say(&url, "GET", "/v1/nonce", None, b"")
            .1
            .try_into()
            .unwrap()
    };

    // Unsigned, signed by another key, for another act, letter or mailbox, and with a word that is none.
    let id = Some(one.id());
    let bad = [
        Proof::new(&name, Act::Fetch, id, word(), &stranger),
        Proof::new(&name, Act::List, id, word(), &owner),
        Proof::new(&name, Act::Remove, None, word(), &owner),
        Proof::new("thu.example", Act::Fetch, id, word(), &owner),
        Proof::new(&name, Act::Fetch, id, [7; 32], &owner),
        Proof::new(&name, Act::Remove, id, [7; 32], &owner),
    ];
    for proof in bad.iter().map(Some).chain([None]) {
        for method in ["GET", "DELETE"] {
            assert_eq!(say(&url, method, &here, proof, b"").0, 403);
        }
        // A box that is there is not told from one that is not.
        let empty = format!("/v1/box/{}", BoxId([9; 16]));
        let (at, not) = (
            say(&url, "GET", &in_box, proof, b""),
            say(&url, "GET", &empty, proof, b""),
        );
        assert_eq!(at, not);
        assert_eq!(at.0, 403);
    }
    let list = Proof::new(&name, Act::List, None, word(), &stranger);
    let empty = say(&url, "GET", &format!("/v1/box/{theirs}"), Some(&list), b"");
    assert_eq!(empty, (200, vec![0]), "nobody wrote to it: an empty list");

    let fetch = Proof::new(&name, Act::Fetch, id, word(), &owner);
    for _ in 0..2 {
        let (status, body) = say(&url, "GET", &here, Some(&fetch), b"");
        assert_eq!((status, body), (200, one.to_bytes()));
    }
    assert_eq!(say(&url, "DELETE", &here, Some(&fetch), b"").0, 403);
    let two = letter(own, b"two");
    say(&url, "PUT", &in_box, None, &two.to_bytes());
    let remove = Proof::new(&name, Act::Remove, id, word(), &owner);
    for _ in 0..2 {
        assert_eq!(say(&url, "DELETE", &here, Some(&remove), b"").0, 204);
    }
    assert_eq!(say(&url, "GET", &here, Some(&fetch), b"").0, 404);
    let left: Vec<Vec<u8>> = host.letters().into_iter().map(|(_, b)| b).collect();
    assert_eq!(left, [two.to_bytes()]);
}

#[test]
fn names_of_boxes_lead_nowhere_else_and_only_sealed_letters_are_taken() {
    let host = Host::new(&[]);
    let url = host.url();
    let to = BoxId([0xab; 16]);
    let good = letter(to, b"x").to_bytes();
    let upper = to.to_string().to_uppercase();
    let plus = to.to_string().replacen("ab", "+b", 1);
    for name in [
        "..",
        ".",
        "%2e%2e",
        "..%2f..%2fx",
        "lock",
        &upper,
        &plus,
        "ab",
        "%00",
    ] {
        for (method, path) in [
            ("PUT", format!("/v1/box/{name}")),
            ("GET", format!("/v1/box/{name}")),
            ("GET", format!("/v1/box/{to}/{name}")),
            ("DELETE", format!("/v1/box/{to}/{name}")),
        ] {
            let status = say(&url, method, &path, None, &good).0;
            assert!((400..500).contains(&status), "{method} {path}: {status}");
        }
    }
    let mut unsealed = good.clone();
    unsealed[1] = 0;
    let elsewhere = letter(BoxId([1; 16]), b"x").to_bytes();
    for body in [&b""[..], b"hello", &unsealed, &elsewhere] {
        assert_eq!(
            say(&url, "PUT", &format!("/v1/box/{to}"), None, body).0,
            400
        );
    }
    assert!(host.letters().is_empty());
    let around = std::fs::read_dir(host.folder.path()).unwrap().count();
    assert_eq!(around, 1, "nothing beside the mailbox's own folder");
}

#[test]
fn when_a_box_is_full_the_sender_is_told_and_keeps_its_work() {
    let host = Host::new(&["--box-letters", "1"]);
    let (office, phone) = enrolled();
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    visit(&phone, &host.url()).no();
    phone.run(&["edit", "an", "alias=Ba"]).done();
    let why = visit(&phone, &host.url()).refused();
    assert!(why.contains("full"), "{why}");
    assert_eq!(phone.run(&["status"]).done().json()["unsent"], 2);
    // The office makes room, and what waited goes.
    collect(&office, &host.url());
    visit(&phone, &host.url()).no();
    collect(&office, &host.url());
    visit(&phone, &host.url()).done();
    assert_eq!(office.digest("Chi bộ Xóm 5"), phone.digest("Chi bộ Xóm 5"));
}

#[test]
fn an_answer_that_finds_no_place_is_made_again_in_the_next_round() {
    let host = Host::new(&["--box-letters", "1"]);
    let (office, phone) = enrolled();
    let handset = handset(&phone.data);
    let own = handset.phone.public_key().letter_box();
    drop(handset);
    let junk = letter(own, b"junk").to_bytes();
    let box_of = format!("/v1/box/{own}");
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    visit(&phone, &host.url()).no();
    assert_eq!(say(&host.url(), "PUT", &box_of, None, &junk).0, 204);
    let args = ["collect", "--data", &office.data, "--json", "--mailbox"];
    let told = chibo(&[&args[..], &[&host.url()]].concat()).no().json();
    assert_eq!(told["undelivered"], 1, "{told}");
    // What a stranger laid there is put away, and stops nothing.
    let told = visit(&phone, &host.url()).no().json();
    assert_eq!(told["damaged"], 1, "{told}");
    assert_eq!(collect(&office, &host.url())["answered"], 1);
    visit(&phone, &host.url()).done();
}

/// A letter of somebody who made a key up and asks the node to be known, with a secret that they made up as well.
fn stranger(n: u64, ticket: &mut Ticket, node: &PublicKey) -> Letter {
    let mut seed = [7; 32];
    seed[..8].copy_from_slice(&n.to_be_bytes());
    ticket.pass = Pass::Secret(Once::random(&mut ChaCha8Rng::seed_from_u64(n)));
    let request = ticket.request(&SecretKey::from_seed(seed));
    Content::Introduction(request).seal_for(node).unwrap()
}

#[test]
fn strangers_without_number_use_up_little_of_what_the_node_may_leave_at_a_mailbox() {
    let host = Host::new(&[]);
    let (office, phone) = enrolled();
    let node = handset(&phone.data).phone.node_letter_key().unwrap();
    let node = node.unwrap();
    // Whoever saw one ticket knows what others look like.
    let mut seen = Ticket::from_text(&office.ticket("deputy", "Chi bộ Xóm 5")).unwrap();
    let mut lay = |n: u64| {
        let letter = stranger(n, &mut seen, &node);
        let path = format!("/v1/box/{}", letter.to);
        let laid = say(&host.url(), "PUT", &path, None, &letter.to_bytes());
        assert_eq!(laid.0, 204);
    };
    let flood = limits::STRANGERS_A_ROUND + 30;
    (0..flood).for_each(&mut lay);
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    visit(&phone, &host.url()).no();
    let told = collect(&office, &host.url());
    assert_eq!(told["answered"], limits::STRANGERS_A_ROUND + 1, "{told}");
    assert_eq!(told["unheard"], 30, "{told}");
    assert_eq!(visit(&phone, &host.url()).done().json()["synced"], true);
    // Nothing lies in the way of the next round, and it goes on until the day's are used up.
    let rest = limits::STRANGERS_A_DAY - limits::STRANGERS_A_ROUND;
    let mut heard = 0;
    let mut from = flood;
    for _ in 0..rest / limits::STRANGERS_A_ROUND + 1 {
        (from..from + limits::STRANGERS_A_ROUND).for_each(&mut lay);
        from += limits::STRANGERS_A_ROUND;
        heard += collect(&office, &host.url())["answered"].as_u64().unwrap();
    }
    assert_eq!(heard, rest);
    let said = chibo(&["collect", "--data", &office.data, "--mailbox", &host.url()]);
    assert!(!said.done().out.contains("unknown devices"));
    lay(from);
    let said = chibo(&["collect", "--data", &office.data, "--mailbox", &host.url()]).done();
    assert!(said.out.contains("1 unknown devices"), "{said:?}");
    // Who is known is answered as ever, and so is who is let in.
    phone.run(&["edit", "an", "alias=Ba"]).done();
    visit(&phone, &host.url()).no();
    assert_eq!(collect(&office, &host.url())["answered"], 1);
    visit(&phone, &host.url()).done();
}

#[test]
fn a_letter_outlives_a_power_cut_of_the_mailbox_and_goes_when_its_time_is_over() {
    let mut host = Host::new(&["--days", "30"]);
    let (office, phone) = enrolled();
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    visit(&phone, &host.url()).no();
    host.serving.take().unwrap().kill();
    host.start("127.0.0.1:0", &["--days", "30"]);
    assert_eq!(host.letters().len(), 1);
    assert!(host.serving.take().unwrap().terminate().success());

    let path = Path::new(&host.data()).join(&host.letters()[0].0);
    let age = |days: u64| {
        let file = std::fs::File::options().write(true).open(&path).unwrap();
        let time = SystemTime::now() - Duration::from_secs(days * 86_400);
        file.set_modified(time).unwrap();
    };
    age(29);
    host.start("127.0.0.1:0", &["--days", "30"]);
    assert_eq!(host.letters().len(), 1);
    assert!(host.serving.take().unwrap().terminate().success());
    age(31);
    host.start("127.0.0.1:0", &["--days", "30"]);
    assert!(host.letters().is_empty());
    assert_eq!(collect(&office, &host.url())["answered"], 0);
    // The phone has not lost anything: new work, or a week, and it leaves all of it again.
    phone.run(&["edit", "an", "alias=Ba"]).done();
    visit(&phone, &host.url()).no();
    assert_eq!(collect(&office, &host.url())["answered"], 1);
    let told = visit(&phone, &host.url()).done().json();
    assert_eq!(told["handed_over"], 2, "{told}");
}

#[test]
fn a_phone_learns_through_the_mailbox_that_its_node_was_restored() {
    let host = Host::new(&[]);
    let (office, phone) = enrolled();
    let backup = office.folder.at("backup.age");
    chibo(&["backup", "--data", &office.data, &backup]).done();
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    visit(&phone, &host.url()).no();
    office.restore(&backup);
    // What lies there is sealed for a key that is no more.
    assert_eq!(collect(&office, &host.url())["answered"], 0);
    assert_eq!(phone.run(&["status"]).done().json()["unsent"], 1);
    let told = visit(&phone, &host.url()).no().json();
    assert_eq!(told["new_keys"], true, "{told}");
    assert_eq!(told["left"], true, "for the new key: {told}");
    for _ in 0..3 {
        collect(&office, &host.url());
        visit(&phone, &host.url());
    }
    assert_eq!(phone.run(&["status"]).done().json()["unsent"], 0);
    assert_eq!(office.digest("Chi bộ Xóm 5"), phone.digest("Chi bộ Xóm 5"));
    let letters = host.letters();
    assert_eq!(
        letters.len(),
        2,
        "each device is told once; the old letter stays until its time, and the notice for devices that are not known"
    );
}

#[test]
fn a_full_box_of_one_device_keeps_a_restored_node_from_no_other() {
    let host = Host::new(&["--box-letters", "1"]);
    let (office, phone) = enrolled();
    let ticket = office.ticket("member", "Trần Đức An");
    let serving = office.serve();
    let other = Phone::new(&office.folder, "b");
    other.enrol(&ticket, &serving.url);
    other.sync();
    assert!(serving.terminate().success());
    let backup = office.folder.at("backup.age");
    chibo(&["backup", "--data", &office.data, &backup]).done();
    office.restore(&backup);
    // Somebody has filled the box of one of them.
    let handset = handset(&phone.data);
    let own = handset.phone.public_key().letter_box();
    drop(handset);
    let junk = letter(own, b"junk").to_bytes();
    let box_of = format!("/v1/box/{own}");
    assert_eq!(say(&host.url(), "PUT", &box_of, None, &junk).0, 204);

    let told = collect(&office, &host.url());
    assert_eq!(told["untold"], 1, "{told}");
    other.run(&["checkin", "said_on=2026-09-01"]).done();
    until_synced(&office, &other, &host.url());
    let told = collect(&office, &host.url());
    assert_eq!(told["untold"], 1, "it is tried in each round: {told}");
    // Its owner sweeps it, and hears in the next round.
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    visit(&phone, &host.url()).no();
    assert_eq!(collect(&office, &host.url())["untold"], 0);
    until_synced(&office, &phone, &host.url());
    assert_eq!(phone.run(&["status"]).done().json()["unsent"], 0);
    let laid = host.letters().len();
    assert_eq!(collect(&office, &host.url())["untold"], 0);
    assert_eq!(host.letters().len(), laid, "each is told once");
}

#[test]
fn who_was_let_in_after_the_backup_is_known_again_through_the_mailbox_alone() {
    let host = Host::new(&[]);
    let office = Office::new();
    let backup = office.folder.at("backup.age");
    chibo(&["backup", "--data", &office.data, &backup]).done();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    assert!(serving.terminate().success());
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    visit(&phone, &host.url()).no();
    office.restore(&backup);
    // The node knows of no such device, and cannot read its letter; it says its new keys to whoever looks.
    assert_eq!(collect(&office, &host.url())["answered"], 0);
    let told = visit(&phone, &host.url()).no().json();
    assert_eq!(
        (&told["new_keys"], &told["left"]),
        (&true.into(), &true.into())
    );
    // The office is asked.
    assert_eq!(collect(&office, &host.url())["waiting"], 1);
    office.confirm();
    assert_eq!(collect(&office, &host.url())["answered"], 1);
    let words = chibo(&[
        "phone",
        "--data",
        &phone.data,
        "sync",
        "--mailbox",
        &host.url(),
    ])
    .no();
    assert!(words.out.contains("knows this device again"), "{words:?}");
    until_synced(&office, &phone, &host.url());
    assert_eq!(phone.run(&["status"]).done().json()["unsent"], 0);
    assert_eq!(office.digest("Chi bộ Xóm 5"), phone.digest("Chi bộ Xóm 5"));
}

#[test]
fn the_notice_board_of_a_restored_node_is_swept_of_what_others_lay_there() {
    let host = Host::new(&[]);
    let (office, phone) = enrolled();
    let backup = office.folder.at("backup.age");
    chibo(&["backup", "--data", &office.data, &backup]).done();
    office.restore(&backup);
    collect(&office, &host.url());
    let before: BTreeSet<_> = host.letters().into_iter().collect();
    let log = handset(&phone.data).phone.author().unwrap().log;
    let board = notice_key(log).public().letter_box();
    let laid = letter(board, b"nonsense").to_bytes();
    let in_board = format!("/v1/box/{board}");
    assert_eq!(say(&host.url(), "PUT", &in_board, None, &laid).0, 204);
    // Whoever finds it takes nothing from it.
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    for _ in 0..2 {
        visit(&phone, &host.url()).no();
    }
    collect(&office, &host.url());
    let after: BTreeSet<_> = host.letters().into_iter().collect();
    let lost = before.difference(&after).count();
    assert!(lost <= 1, "only what was told to the phone itself");
    assert!(after.iter().all(|(_, bytes)| *bytes != laid));
    until_synced(&office, &phone, &host.url());
}

#[test]
fn a_lost_phone_that_only_comes_to_the_mailbox_hands_over_and_wipes_itself() {
    let host = Host::new(&[]);
    let (office, phone) = enrolled();
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    let devices = chibo(&["devices", "--data", &office.data, "--json"]);
    let devices = devices.done().json()["devices"].as_array().unwrap().clone();
    let one = devices.iter().find(|d| d["role"] == "secretary").unwrap();
    let number = one["number"].to_string();
    chibo(&["revoke", &number, "--wipe", "--data", &office.data]).done();
    visit(&phone, &host.url()).no();
    collect(&office, &host.url());
    let told = visit(&phone, &host.url()).no().json();
    assert_eq!(told["wiped"], true, "{told}");
    assert_eq!(std::fs::read_dir(&phone.data).unwrap().count(), 0);
    collect(&office, &host.url());
    let devices = chibo(&["devices", "--data", &office.data, "--json"]);
    let devices = devices.done().json()["devices"].as_array().unwrap().clone();
    let one = devices.iter().find(|d| d["role"] == "secretary").unwrap();
    assert_eq!(one["wiped"], true, "{devices:?}");
}

#[test]
fn a_mailbox_that_is_not_there_or_would_be_spoken_to_in_the_open_changes_nothing() {
    let (office, phone) = enrolled();
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    for url in [
        "http://thu.example",
        "ftp://127.0.0.1",
        "http://127.0.0.1:9",
    ] {
        visit(&phone, url).refused();
        let args = ["collect", "--data", &office.data, "--mailbox", url];
        chibo(&args).refused();
    }
    let status = phone.run(&["status"]).done().json();
    assert_eq!(
        status["drafts"].as_u64().unwrap() + status["unsent"].as_u64().unwrap(),
        1
    );
    let folder = Place::new();
    let open = [
        "mailbox",
        "--data",
        &folder.at("thu"),
        "--listen",
        "0.0.0.0:0",
    ];
    let why = chibo(&open).refused();
    assert!(why.contains("certificate"), "{why}");
}

#[test]
fn our_client_and_the_mailbox_agree_on_the_order_and_on_what_is_gone() {
    let host = Host::new(&[]);
    let mailbox = Mailbox::new(&host.url(), &Options::default()).unwrap();
    let owner = SecretKey::from_seed([1; 32]);
    let own = owner.public().letter_box();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let letters: Vec<Letter> = (0..5).map(|n| letter(own, &[n; 40])).collect();
        for letter in &letters {
            mailbox.put(letter).await.unwrap();
        }
        let visit = mailbox.visit(&owner).await.unwrap();
        let listed = visit.list().await.unwrap();
        let ids: Vec<LetterId> = letters.iter().map(Letter::id).collect();
        assert_eq!(listed, ids, "the oldest first");
        let first = visit.fetch(ids[0]).await.unwrap().unwrap();
        assert_eq!(first, Ok(letters[0].clone()));
        visit.remove(ids[0]).await.unwrap();
        visit.remove(ids[0]).await.unwrap();
        assert_eq!(visit.fetch(ids[0]).await.unwrap(), None);
        assert_eq!(visit.list().await.unwrap(), &ids[1..]);
    });
}

/// Goes on until all is received, the office fetching its letters between.
fn until_synced(office: &Office, phone: &Phone, url: &str) -> serde_json::Value {
    for _ in 0..8 {
        let told = visit(phone, url);
        if told.code == Some(0) {
            return told.json();
        }
        collect(office, url);
    }
    panic!("no end of the letters");
}

#[test]
fn a_member_whom_the_secretary_let_in_reaches_the_office_by_the_mailbox_alone() {
    let host = Host::new(&[]);
    let (office, secretary) = enrolled();
    let made = secretary.run(&["ticket", "quang"]).done().json();
    let ticket = made["ticket"].as_str().unwrap();

    // Far away, and no node that answers: the request waits in the mailbox.
    let own = Phone::new(&office.folder, "b");
    let asked = own.run(&["enrol", ticket, "--mailbox", &host.url()]).no();
    assert_eq!(asked.json()["enrolled"], false);
    let told = visit(&own, &host.url()).no().json();
    assert_eq!(told["left"], false, "it lies there already: {told}");
    let twice = Phone::new(&office.folder, "c");
    twice.run(&["enrol", ticket, "--mailbox", &host.url()]).no();
    assert_eq!(host.letters().len(), 2);

    let collected = collect(&office, &host.url());
    assert_eq!(
        (&collected["answered"], &collected["rejected"]),
        (&2.into(), &0.into())
    );
    let told = until_synced(&office, &own, &host.url());
    assert_eq!(told["synced"], true);
    assert_eq!(own.run(&["status"]).done().json()["enrolled"], true);
    own.run(&["checkin", "said_on=2026-09-01"]).done();
    until_synced(&office, &own, &host.url());
    // The other one is told, and asks for nothing any more.
    let late = chibo(&[
        "phone",
        "--data",
        &twice.data,
        "sync",
        "--mailbox",
        &host.url(),
    ])
    .no();
    assert!(late.out.contains("has been used"), "{late:?}");
    visit(&twice, &host.url()).refused();
    assert!(host.letters().is_empty(), "nothing is left behind");
    let devices = chibo(&["devices", "--data", &office.data, "--json"])
        .done()
        .json();
    let members = devices["devices"].as_array().unwrap().iter();
    assert_eq!(members.filter(|d| d["role"] == "member").count(), 1);
}

#[test]
fn a_device_changes_its_key_through_the_mailbox_and_goes_on() {
    let host = Host::new(&[]);
    let (office, phone) = enrolled();
    let before = office_keys(&office);
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    let why = phone
        .run(&["rotate-key", "--mailbox", &host.url()])
        .refused();
    assert!(why.contains("hand it over first"), "{why}");
    until_synced(&office, &phone, &host.url());

    phone.run(&["rotate-key", "--mailbox", &host.url()]).no();
    // Work goes on while the office is off.
    phone.run(&["edit", "quang", "alias=Ba"]).done();
    until_synced(&office, &phone, &host.url());
    assert_eq!(phone.run(&["status"]).done().json()["unsent"], 0);
    let after = office_keys(&office);
    assert_eq!(
        (before.len(), after.len()),
        (1, 2),
        "the old one stands as succeeded"
    );
    assert_eq!(office.digest("Chi bộ Xóm 5"), phone.digest("Chi bộ Xóm 5"));
    assert!(host.letters().is_empty(), "nothing is left behind");
}

/// The numbers of the secretaries' devices.
fn office_keys(office: &Office) -> Vec<serde_json::Value> {
    let devices = chibo(&["devices", "--data", &office.data, "--json"])
        .done()
        .json();
    let list = devices["devices"].as_array().unwrap().iter();
    list.filter(|d| d["role"] == "secretary")
        .map(|d| d["number"].clone())
        .collect()
}

#[test]
fn a_device_that_writes_without_end_uses_up_no_more_than_its_share_of_what_the_node_may_leave() {
    let host = Host::new(&[]);
    let (office, phone) = enrolled();
    let mut handset = handset(&phone.data);
    let node = handset.phone.node_letter_key().unwrap().unwrap();
    let now = chibo_server::edge::now();
    let mut asked = now.0;
    let mut lay = |count: u64, each: u64| {
        for _ in 0..count {
            let mut chance = chibo_server::edge::SystemChance;
            asked += each;
            let at = chibo_core::time::Timestamp(asked);
            let (bytes, _) = handset.phone.request_by_letter(at, &mut chance).unwrap();
            let letter = Content::Request(bytes).seal_for(&node).unwrap();
            let path = format!("/v1/box/{}", letter.to);
            let laid = say(&host.url(), "PUT", &path, None, &letter.to_bytes());
            assert_eq!(laid.0, 204);
        }
    };
    let args = ["collect", "--data", &office.data, "--json", "--mailbox"];
    // What is no newer than what was answered may come from whoever kept it: little of the share goes for that.
    lay(1 + limits::OLD_LETTERS + 9, 0);
    let told = chibo(&[&args[..], &[&host.url()]].concat()).json();
    assert_eq!(told["answered"], 1 + limits::OLD_LETTERS, "{told}");
    assert_eq!(told["unheard"], 9, "{told}");
    lay(limits::DEVICE_LETTERS - 1 + 20, 1);
    let told = chibo(&[&args[..], &[&host.url()]].concat()).json();
    assert_eq!(told["answered"], limits::DEVICE_LETTERS - 1, "{told}");
    assert_eq!(told["unheard"], 20, "{told}");
    // Nothing of it lies in anybody's way, and no more is said to it today; to others as ever.
    let other = Phone::new(&office.folder, "b");
    let ticket = office.ticket("deputy", "Chi bộ Xóm 5");
    let serving = office.serve();
    other.enrol(&ticket, &serving.url);
    other.sync();
    assert!(serving.terminate().success());
    other.run(&["edit", "quang", "alias=Hai"]).done();
    visit(&other, &host.url()).no();
    lay(5, 1);
    let told = chibo(&[&args[..], &[&host.url()]].concat()).json();
    assert_eq!(
        (&told["answered"], &told["unheard"]),
        (&1.into(), &5.into()),
        "{told}"
    );
    assert_eq!(visit(&other, &host.url()).done().json()["synced"], true);
}
