//! The carrier through a file: there and back on one stick.

use crate::program::{Office, Phone, Serving, chibo, handset};
use chibo_core::author::Target;
use chibo_core::carriers::bundle::{Bundle, Letter, Sort};
use chibo_core::carriers::letter::Content;
use chibo_core::codec::Writer;
use chibo_core::document::{Value, Values};
use chibo_core::id::Hasher;
use chibo_core::kind;
use chibo_core::limits;
use chibo_core::place::Role;
use chibo_server::edge::{SystemChance, now};
use std::path::Path;

#[test]
fn a_stick_carries_work_to_the_node_and_receipts_back_however_often_it_is_read() {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    assert!(serving.terminate().success());

    let stick = office.folder.at("usb.chibo");
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    chibo(&["bundle", "export", "--data", &phone.data, &stick]).done();
    let half = std::fs::read(&stick).unwrap();
    chibo(&["bundle", "import", "--data", &office.data, &stick]).done();
    chibo(&["bundle", "import", "--data", &office.data, &stick]).done();
    let told = chibo(&["bundle", "import", "--data", &phone.data, &stick, "--json"])
        .done()
        .json();
    assert_eq!(told["waiting"], 0, "{told}");
    chibo(&["bundle", "import", "--data", &phone.data, &stick, "--json"]);
    assert_eq!(phone.run(&["status"]).done().json()["unsent"], 0);
    assert_eq!(office.digest("Chi bộ Xóm 5"), phone.digest("Chi bộ Xóm 5"));

    // Half a file is read as far as it is whole; what is no bundle is left alone.
    std::fs::write(&stick, &half[..half.len() - 3]).unwrap();
    chibo(&["bundle", "import", "--data", &office.data, &stick]).no();
    std::fs::write(&stick, b"not a bundle").unwrap();
    chibo(&["bundle", "import", "--data", &office.data, &stick]).refused();
    chibo(&["bundle", "export", "--data", &phone.data, &stick]).refused();
    assert_eq!(std::fs::read(&stick).unwrap(), b"not a bundle");
}

#[test]
fn two_phones_without_a_node_share_what_they_wrote_and_show_it_as_provisional() {
    let office = Office::new();
    let tickets = [
        office.ticket("secretary", "Chi bộ Xóm 5"),
        office.ticket("deputy", "Chi bộ Xóm 5"),
    ];
    let serving = office.serve();
    let phones = [
        Phone::new(&office.folder, "a"),
        Phone::new(&office.folder, "b"),
    ];
    for (phone, ticket) in phones.iter().zip(&tickets) {
        phone.enrol(ticket, &serving.url);
    }
    for phone in phones.iter().chain(&phones) {
        phone.sync();
    }
    let [one, two] = &phones;
    let stick = office.folder.at("usb.chibo");
    one.run(&["edit", "quang", "alias=Hai"]).done();
    chibo(&[
        "bundle", "export", "--for", "peer", "--data", &one.data, &stick,
    ])
    .done();
    chibo(&["bundle", "import", "--data", &two.data, &stick]).done();
    assert_eq!(
        two.run(&["show", "quang"]).done().json()["fields"]["alias"],
        "Hai"
    );
    assert_eq!(two.run(&["status"]).done().json()["provisional"], 1);
    // The second brings the first one's work to the node as well.
    two.sync();
    assert_eq!(two.run(&["status"]).done().json()["provisional"], 0);
    one.sync();
    assert!(serving.terminate().success());
    assert_eq!(one.digest("Chi bộ Xóm 5"), two.digest("Chi bộ Xóm 5"));
}

#[test]
fn what_a_phone_has_no_room_for_is_told_and_stays_with_who_gave_it() {
    let office = Office::new();
    let tickets = [
        office.ticket("secretary", "Chi bộ Xóm 5"),
        office.ticket("deputy", "Chi bộ Xóm 5"),
    ];
    let serving = office.serve();
    let phones = ["a", "b"].map(|name| Phone::new(&office.folder, name));
    for (phone, ticket) in phones.iter().zip(&tickets) {
        phone.enrol(ticket, &serving.url);
    }
    for phone in phones.iter().chain(&phones) {
        phone.sync();
    }
    let [one, two] = &phones;
    // More than a phone keeps of one author: sixty meetings with minutes of some fifty pages.
    let mut open = handset(&one.data);
    let branch = open.phone.author().unwrap().place;
    let minutes = Value::Text("rác ".repeat(limits::PROSE_BYTES / 8));
    let fields = ["agenda", "discussion", "conclusion"];
    let minutes: Values = (fields.iter().map(|f| ((*f).to_owned(), minutes.clone()))).collect();
    for n in 0..60_u8 {
        let meeting = Target::at(branch, kind::by_name("meeting").unwrap(), &[n; 10]);
        let phone = &mut open.phone;
        (phone.edit(meeting, &minutes, now(), &mut SystemChance)).unwrap();
        phone.seal(now(), &mut SystemChance).unwrap();
    }
    open.note_mark().unwrap();
    drop(open);
    let stick = office.folder.at("usb.chibo");
    let to_peer = [
        "bundle", "export", "--for", "peer", "--data", &one.data, &stick,
    ];
    chibo(&to_peer).done();
    let told = import(&two.data, &stick).no().json();
    let (taken, left) = (told["shared"].as_u64(), told["no_room"].as_u64());
    assert!(taken > Some(0) && left > Some(0), "{told}");
    assert_eq!(taken.unwrap() + left.unwrap(), 60, "{told}");
    let said = chibo(&["bundle", "import", "--data", &two.data, &stick]).no();
    let words = format!("{} changes of other devices were not taken", left.unwrap());
    assert!(said.out.contains(&words), "{said:?}");
    // The node has what was taken, and the rest finds room.
    two.sync();
    let told = import(&two.data, &stick).done().json();
    assert_eq!(
        (told["shared"].as_u64(), told["no_room"].as_u64()),
        (left, Some(0))
    );
    assert_eq!(one.run(&["status"]).done().json()["unsent"], 60);
    two.sync();
    one.sync();
    assert!(serving.terminate().success());
    assert_eq!(one.digest("Chi bộ Xóm 5"), two.digest("Chi bộ Xóm 5"));
}

/// An office, a secretary's phone with work that is not handed over, and a stick with that work on it.
fn written() -> (Office, Phone, String) {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    assert!(serving.terminate().success());
    phone.run(&["edit", "quang", "alias=Người Giấu Tên"]).done();
    let stick = office.folder.at("usb.chibo");
    export(&phone, &stick);
    (office, phone, stick)
}

fn export(phone: &Phone, stick: &str) {
    chibo(&["bundle", "export", "--data", &phone.data, stick]).done();
}

fn import(data: &str, stick: &str) -> crate::program::Ran {
    chibo(&["bundle", "import", "--data", data, stick, "--json"])
}

#[test]
fn who_finds_the_stick_reads_no_name_and_no_sender_on_the_way_there_or_back() {
    let (office, phone, stick) = written();
    let handset = handset(&phone.data);
    let author = handset.phone.author().unwrap().clone();
    let own = handset.phone.public_key();
    drop(handset);
    for way in ["there", "back"] {
        let bytes = std::fs::read(&stick).unwrap();
        let told: [&[u8]; 6] = [
            "Người Giấu Tên".as_bytes(),
            "Quang".as_bytes(),
            &own.0,
            &author.log.0,
            &author.place.0,
            &author.grant_hash.0,
        ];
        for secret in told {
            let found = bytes.windows(secret.len()).any(|w| w == secret);
            assert!(!found, "{way}: {secret:?}");
        }
        import(&office.data, &stick).done();
    }
    import(&phone.data, &stick).done();
    assert_eq!(phone.run(&["status"]).done().json()["unsent"], 0);
}

#[test]
fn a_stick_whose_file_was_renamed_is_read_all_the_same() {
    let (office, _, stick) = written();
    let renamed = office.folder.at("ảnh cưới.jpg");
    std::fs::rename(&stick, &renamed).unwrap();
    let told = import(&office.data, &renamed).done().json();
    assert_eq!(told["answered"], 1, "{told}");
}

#[test]
fn a_node_that_the_letter_is_not_for_says_so_and_leaves_it_on_the_stick() {
    let (office, phone, stick) = written();
    let other = Office::new();
    let told = import(&other.data, &stick).done().json();
    assert_eq!(told["for_other_nodes"], 1, "{told}");
    assert_eq!(told["answered"], 0, "{told}");
    let words = crate::program::chibo_in(
        "vi_VN.UTF-8",
        &["bundle", "import", "--data", &other.data, &stick],
    );
    assert!(words.done().out.contains("thư gửi cho xã khác"));
    assert_eq!(import(&office.data, &stick).done().json()["answered"], 1);
    import(&phone.data, &stick).done();
    assert_eq!(phone.run(&["status"]).done().json()["unsent"], 0);
}

#[test]
fn a_letter_that_was_altered_anywhere_is_damaged_and_not_applied() {
    let (office, phone, stick) = written();
    let whole = std::fs::read(&stick).unwrap();
    let before = office.digest("Chi bộ Xóm 5");
    // Whoever alters it can make the check sum fit again; so both are tried.
    for at in (8..whole.len()).step_by(whole.len() / 40) {
        let mut altered = whole.clone();
        altered[at] ^= 4;
        std::fs::write(&stick, &altered).unwrap();
        let told = import(&office.data, &stick).no().json();
        assert_eq!(told["answered"], 0, "{at}: {told}");
    }
    let bundle = Bundle::from_bytes(&whole).unwrap();
    for at in (0..bundle.letters[0].sealed.len()).step_by(97) {
        let mut altered = bundle.clone();
        altered.letters[0].sealed[at] ^= 4;
        std::fs::write(&stick, altered.to_bytes()).unwrap();
        let told = import(&office.data, &stick).no().json();
        assert_eq!(
            (&told["answered"], &told["damaged"]),
            (&0.into(), &1.into())
        );
    }
    // Another sort or addressee outside than inside.
    for alter in [
        |l: &mut Letter| l.sort = Sort::Answer,
        |l: &mut Letter| l.to.0[0] ^= 1,
    ] {
        let mut altered = bundle.clone();
        alter(&mut altered.letters[0]);
        std::fs::write(&stick, altered.to_bytes()).unwrap();
        assert_eq!(import(&office.data, &stick).json()["answered"], 0);
        import(&phone.data, &stick);
    }
    assert_eq!(office.digest("Chi bộ Xóm 5"), before);
    std::fs::write(&stick, &whole).unwrap();
    assert_eq!(import(&office.data, &stick).done().json()["answered"], 1);
    assert_ne!(office.digest("Chi bộ Xóm 5"), before);
}

#[test]
fn letters_that_an_older_program_did_not_seal_are_refused_with_a_clear_word() {
    let (office, phone, stick) = written();
    // As the format was before: sort, no seal, addressee, sender, content.
    let mut body = Writer::new();
    body.u8(1).u8(0).fixed(&[1; 16]).fixed(&[2; 32]);
    body.bytes(b"request");
    let check = Hasher::new("chibo/letter/1").part(body.as_slice()).hash();
    let mut file = Writer::new();
    file.fixed(b"chibo\x00b1").bytes(body.as_slice());
    file.fixed(&check.0[..8]);
    std::fs::write(&stick, file.as_slice()).unwrap();
    for data in [&office.data, &phone.data] {
        let told = import(data, &stick).no().json();
        assert_eq!(told["unsealed"], 1, "{told}");
        assert_eq!(told["damaged"], 0, "{told}");
        std::fs::write(&stick, file.as_slice()).unwrap();
    }
    let words = chibo(&["bundle", "import", "--data", &office.data, &stick]).no();
    assert!(words.out.contains("not sealed"), "{words:?}");
}

#[test]
fn a_phone_that_only_a_stick_reaches_learns_the_keys_of_a_restored_node() {
    let (office, phone, stick) = written();
    let backup = office.folder.at("backup.age");
    chibo(&["backup", "--data", &office.data, &backup]).done();
    office.restore(&backup);
    let told = import(&office.data, &stick).done().json();
    assert_eq!(told["for_old_keys"], 1, "{told}");
    assert_eq!(told["answered"], 0, "{told}");
    assert_eq!(phone.run(&["status"]).done().json()["unsent"], 1, "kept");
    let told = import(&phone.data, &stick).done().json();
    assert_eq!(told["new_keys"], true, "{told}");
    assert_eq!(phone.run(&["status"]).done().json()["unsent"], 1, "kept");
    // The old letter is taken off, and the new one is for the new key.
    for _ in 0..3 {
        export(&phone, &stick);
        let told = import(&office.data, &stick).done().json();
        assert_eq!(told["for_old_keys"], 0, "{told}");
        import(&phone.data, &stick).done();
    }
    assert_eq!(phone.run(&["status"]).done().json()["unsent"], 0);
    assert_eq!(office.digest("Chi bộ Xóm 5"), phone.digest("Chi bộ Xóm 5"));
}

#[test]
fn who_was_let_in_after_the_backup_is_known_again_by_a_stick_alone() {
    let office = Office::new();
    let backup = office.folder.at("backup.age");
    chibo(&["backup", "--data", &office.data, &backup]).done();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    assert!(serving.terminate().success());
    let stick = office.folder.at("usb.chibo");
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    export(&phone, &stick);
    office.restore(&backup);
    let told = import(&office.data, &stick).done().json();
    assert_eq!(told["for_old_keys"], 1, "{told}");
    let told = import(&phone.data, &stick).done().json();
    assert_eq!(told["new_keys"], true, "{told}");
    // It asks to be known again, and the office is asked.
    export(&phone, &stick);
    let words = chibo(&["bundle", "import", "--data", &office.data, &stick]).done();
    assert!(words.out.contains("wait until the office"), "{words:?}");
    office.confirm();
    for _ in 0..4 {
        import(&office.data, &stick).done();
        import(&phone.data, &stick).done();
        export(&phone, &stick);
    }
    assert_eq!(phone.run(&["status"]).done().json()["unsent"], 0);
    assert_eq!(office.digest("Chi bộ Xóm 5"), phone.digest("Chi bộ Xóm 5"));
}

/// An office that serves, a secretary's phone and a member's.
fn secretary_and_member() -> (Office, Serving, [Phone; 2]) {
    let office = Office::new();
    let tickets = [
        office.ticket("secretary", "Chi bộ Xóm 5"),
        office.ticket("member", "Đinh Văn Quang"),
    ];
    let serving = office.serve();
    let phones = ["a", "b"].map(|name| Phone::new(&office.folder, name));
    for (phone, ticket) in phones.iter().zip(&tickets) {
        phone.enrol(ticket, &serving.url);
    }
    for phone in &phones {
        phone.sync();
    }
    (office, serving, phones)
}

#[test]
fn a_share_opens_to_each_device_as_much_as_its_role_reads() {
    let (office, _serving, [secretary, member]) = secretary_and_member();
    let stick = office.folder.at("usb.chibo");
    secretary.run(&["edit", "quang", "alias=Hai"]).done();
    secretary.run(&["edit", "an", "alias=Ba"]).done();
    secretary
        .run(&["attend", "2026-11-20", "quang=present"])
        .done();
    let peers = ["--for", "peer", "--data", &secretary.data, &stick];
    chibo(&[&["bundle", "export"], &peers[..]].concat()).done();
    let bundle = Bundle::from_bytes(&std::fs::read(&stick).unwrap()).unwrap();

    let of_member = handset(&member.data);
    let view = of_member.phone.view().unwrap();
    assert_eq!(view.role, Role::Member);
    let mut opened = 0;
    let at_secretary = handset(&secretary.data);
    for letter in &bundle.letters {
        let Ok(Content::Share(segments)) = letter.open(of_member.phone.key()) else {
            continue;
        };
        opened += segments.len();
        let readable = at_secretary.phone.readable(&segments, view);
        assert_eq!(readable.len(), segments.len(), "nothing but what it reads");
    }
    assert!(opened > 0, "something of it is for the member");
    drop((of_member, at_secretary));
    let told = import(&member.data, &stick).done().json();
    assert_eq!(told["shared"], opened, "{told}");
    assert_eq!(told["told_otherwise"], 0, "{told}");
}

#[test]
fn a_phone_that_knows_no_other_device_says_so_and_writes_nothing() {
    let (office, phone, _) = written();
    let stick = office.folder.at("peer.chibo");
    let args = [
        "bundle",
        "export",
        "--for",
        "peer",
        "--data",
        &phone.data,
        &stick,
    ];
    let why = chibo(&args).refused();
    assert!(why.contains("no other device"), "{why}");
    assert!(!Path::new(&stick).exists());
}

#[test]
fn a_phone_without_any_line_is_enrolled_and_gets_a_new_key_by_a_stick_alone() {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let phone = Phone::new(&office.folder, "a");
    let stick = office.folder.at("usb.chibo");
    let there_and_back = || {
        chibo(&["bundle", "import", "--data", &office.data, &stick]).done();
        chibo(&["bundle", "import", "--data", &phone.data, &stick, "--json"])
            .done()
            .json()
    };
    phone.run(&["enrol", &ticket, "--stick", &stick]).no();
    // Written once more over the first: it asks the same.
    chibo(&["bundle", "export", "--data", &phone.data, &stick]).done();
    let bundle = Bundle::from_bytes(&std::fs::read(&stick).unwrap()).unwrap();
    let sorts: Vec<Sort> = bundle.letters.iter().map(|l| l.sort).collect();
    assert_eq!(sorts, [Sort::Introduction]);
    assert_eq!(there_and_back()["enrolled"], true);
    let synced = || {
        for _ in 0..5 {
            chibo(&["bundle", "export", "--data", &phone.data, &stick]).done();
            if there_and_back()["synced"] == true {
                return;
            }
        }
        panic!("no end of the letters");
    };
    synced();
    assert_eq!(office.digest("Chi bộ Xóm 5"), phone.digest("Chi bộ Xóm 5"));
    phone.run(&["rotate-key", "--stick", &stick]).no();
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    there_and_back();
    synced();
    assert_eq!(office.digest("Chi bộ Xóm 5"), phone.digest("Chi bộ Xóm 5"));
    // A ticket that names no key for letters, of an older program, says so.
    let old = chibo_core::enrol::Ticket {
        letter_key: None,
        ..chibo_core::enrol::Ticket::from_text(&ticket).unwrap()
    };
    let other = Phone::new(&office.folder, "b");
    let why = other
        .run(&["enrol", &old.to_text(), "--stick", &stick])
        .refused();
    assert!(why.contains("over a line"), "{why}");
}

#[test]
fn a_phone_whose_key_is_lost_leaves_its_work_in_a_file_that_only_the_office_opens() {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    let outbox = Path::new(&phone.data).join("outbox.chibo");
    assert!(!outbox.exists(), "nothing waits");
    assert!(serving.terminate().success());
    phone.run(&["edit", "quang", "alias=Hai Lúa"]).done();
    let line = phone.run(&["sync"]);
    assert_ne!(line.code, Some(0), "the node is off: {line:?}");
    assert!(outbox.exists());
    let bytes = std::fs::read(&outbox).unwrap();
    assert!(!bytes.windows(4).any(|w| w == "Lúa".as_bytes()));

    // What opens the store is gone; the file is not.
    for name in std::fs::read_dir(&phone.data).unwrap() {
        let path = name.unwrap().path();
        if path != outbox {
            std::fs::remove_file(path).unwrap();
        }
    }
    phone.run(&["status"]).refused();
    let file = outbox.to_str().unwrap();
    let told = chibo(&["bundle", "import", "--data", &office.data, file, "--json"]);
    assert_eq!(told.done().json()["answered"], 1);
    let rest = office.ticket("deputy", "Chi bộ Xóm 5");
    let serving = office.serve();
    let deputy = Phone::new(&office.folder, "b");
    deputy.enrol(&rest, &serving.url);
    deputy.sync();
    let shown = deputy.run(&["show", "quang"]).done().json();
    assert_eq!(shown["fields"]["alias"], "Hai Lúa");

    // Once the node has all, there is no such file.
    deputy.run(&["edit", "quang", "alias=Ba"]).done();
    deputy.sync();
    assert!(!Path::new(&deputy.data).join("outbox.chibo").exists());
    assert!(serving.terminate().success());
}
