//! Stolen phones, stolen disks, forgotten PINs: who opens a folder, and who does not.

use crate::program::{Office, Phone, Place, Ran, Serving, chibo, chibo_reading, chibo_with};
use chibo_core::lock::Lock;
use std::io::{BufRead, Read, Write};
use std::path::Path;

/// Everything in a folder that holds one of these words in plain text.
fn holding(folder: &str, words: &[&str]) -> Vec<String> {
    let files = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap());
    let holds = |bytes: &[u8]| {
        words
            .iter()
            .any(|word| bytes.windows(word.len()).any(|w| w == word.as_bytes()))
    };
    files
        .filter(|f| holds(&std::fs::read(f.path()).unwrap()))
        .map(|f| f.file_name().into_string().unwrap())
        .collect()
}

/// Copies a folder as a thief or a new PC gets it: without these files.
fn copy_without(from: &str, to: &str, left_out: &[&str]) {
    std::fs::create_dir(to).unwrap();
    for file in std::fs::read_dir(from).unwrap().map(|f| f.unwrap()) {
        if !left_out.contains(&file.file_name().to_str().unwrap()) {
            std::fs::copy(file.path(), Path::new(to).join(file.file_name())).unwrap();
        }
    }
}

/// An office whose node is made with these arguments.
fn office(more: &[&str]) -> (Office, serde_json::Value) {
    let folder = Place::new();
    let data = folder.at("xa");
    let args = ["init", "--data", &data, "--name", "Đảng ủy xã", "--json"];
    let made = chibo(&[&args, more].concat()).done().json();
    let roster = folder.at("roster.csv");
    std::fs::write(&roster, crate::program::roster()).unwrap();
    chibo(&["import", "--data", &data, &roster]).done();
    let root_key = made["root_key"].as_str().unwrap().to_owned();
    let office = Office {
        folder,
        data,
        root_key,
    };
    (office, made)
}

fn text(json: &serde_json::Value) -> &str {
    json.as_str().unwrap()
}

impl Phone {
    fn with_pin(&self, pin: &str, args: &[&str]) -> Ran {
        let args = [&["phone", "--data", &self.data, "--json"], args].concat();
        chibo_with(&[("CHIBO_PIN", pin)], &args)
    }

    fn open(&self, pin: &str) -> Ran {
        self.with_pin(pin, &["status"])
    }
}

/// A secretary's phone with a PIN and the branch's records on it.
fn phone_with_pin(pin: &str) -> (Office, Serving, Phone) {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    let told = phone.run(&["enrol", &ticket, "--url", &serving.url, "--pin", pin]);
    assert_eq!(told.done().json()["protected"], true);
    phone.with_pin(pin, &["sync"]).done();
    (office, serving, phone)
}

#[test]
fn no_file_of_a_node_or_a_phone_holds_a_name_in_plain_text() {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    phone.run(&["edit", "quang", "alias=Khuyếnh"]).done();
    let words = ["Đinh Văn Quang", "dinh van quang", "Khuyếnh", "khuyenh"];
    // While the node serves, its write-ahead log is there too.
    assert!(Path::new(&office.data).join("node.db-wal").exists());
    for folder in [&office.data, &phone.data] {
        assert_eq!(holding(folder, &words), Vec::<String>::new());
    }
    serving.kill();
    assert_eq!(holding(&office.data, &words), Vec::<String>::new());
    // Neither does a backup. The search itself finds them where they are plain: in a roster that was taken out.
    let copy = office.folder.at("copy");
    std::fs::create_dir(&copy).unwrap();
    chibo(&["backup", "--data", &office.data, &format!("{copy}/a.age")]).done();
    assert_eq!(holding(&copy, &words), Vec::<String>::new());
    let sheet = format!("{copy}/a.csv");
    chibo(&["export", "--data", &office.data, "--out", &sheet]).done();
    assert_eq!(holding(&copy, &words), ["a.csv"]);
}

#[test]
fn a_stolen_phone_gives_nothing_and_its_owner_everything() {
    let (office, _serving, phone) = phone_with_pin("294518");
    let why = phone.run(&["list"]).refused();
    assert!(why.contains("locked"), "{why}");
    phone.with_pin("294519", &["list"]).refused();
    let bundle = office.folder.at("a.chibo");
    for args in [
        &["digest", "--data", &phone.data][..],
        &["backup", "--data", &phone.data, &office.folder.at("b")],
        &["bundle", "export", "--data", &phone.data, &bundle],
    ] {
        let why = chibo(args).refused();
        assert!(why.contains("locked"), "{why}");
    }
    let rows = phone.with_pin("294518", &["list"]).done().json();
    assert_eq!(rows["rows"].as_array().unwrap().len(), 3);
    let env = [("CHIBO_PIN", "294518")];
    chibo_with(&env, &["digest", "--data", &phone.data]).done();
}

#[test]
fn wrong_pins_are_counted_through_restarts_and_the_right_one_must_wait_too() {
    let (_office, _serving, phone) = phone_with_pin("294518");
    for _ in 0..2 {
        let why = phone.open("000000").refused();
        assert!(!why.contains("wait"), "{why}");
    }
    let why = phone.open("000000").refused();
    assert!(why.contains("must wait 30 seconds"), "{why}");
    let before = std::fs::read(Path::new(&phone.data).join("phone.db")).unwrap();
    let why = phone.open("294518").refused();
    assert!(why.contains("locked after too many wrong tries"), "{why}");
    let after = std::fs::read(Path::new(&phone.data).join("phone.db")).unwrap();
    assert_eq!(before, after);
}

#[test]
fn a_new_pin_keeps_all_records_and_what_was_not_sent_yet() {
    let (office, serving, phone) = phone_with_pin("294518");
    let edit = ["edit", "quang", "alias=Hai"];
    phone.with_pin("294518", &edit).done();
    phone
        .with_pin("294518", &["set-pin", "--new", "12345"])
        .refused();
    phone
        .with_pin("294518", &["set-pin", "--new", "730264"])
        .done();
    phone.open("294518").refused();
    let told = phone.with_pin("730264", &["sync"]).done().json();
    assert_eq!(told["handed_over"], 1, "{told}");
    assert!(serving.terminate().success());
    let digest = ["digest", "--data", &phone.data, "--scope", "Chi bộ Xóm 5"];
    let own = chibo_with(
        &[("CHIBO_PIN", "730264")],
        &[&digest[..], &["--json"]].concat(),
    );
    assert_eq!(own.done().json(), office.digest("Chi bộ Xóm 5"));
}

#[test]
fn a_phone_without_a_pin_says_so_and_gets_one_later() {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    let args = ["phone", "--data", &phone.data, "enrol", &ticket];
    let told = chibo(&[&args[..], &["--url", &serving.url]].concat()).done();
    assert!(told.out.contains("this phone has no PIN"), "{told:?}");
    phone.sync();
    phone.run(&["set-pin"]).refused();
    phone.run(&["set-pin", "--new", "294518"]).done();
    assert!(!Path::new(&phone.data).join("phone.key").exists());
    phone.run(&["list"]).refused();
    phone.with_pin("294518", &["list"]).done();
}

#[test]
fn sixteen_words_open_the_node_on_a_new_pc() {
    let stick = Place::new();
    let key_file = stick.at("xa.key");
    let (office, made) = office(&["--lock", &format!("key-file={key_file}")]);
    let words = text(&made["words"]);
    assert_eq!(words.split(' ').count(), 16);
    let new = office.folder.at("new");
    copy_without(&office.data, &new, &[]);
    std::fs::remove_file(&key_file).unwrap();

    let digest = ["digest", "--data", &new];
    let why = chibo(&digest).refused();
    assert!(why.contains("xa.key"), "{why}");
    let unlock = ["unlock", "--data", &new, "--words", "--json"];
    let mistyped = words.replacen(' ', " xyz", 1);
    let why = chibo_reading(&mistyped, &unlock).refused();
    assert!(why.contains("word 2 is mistyped"), "{why}");
    let mut swapped: Vec<&str> = words.split(' ').collect();
    swapped.reverse();
    chibo_reading(&swapped.join(" "), &unlock).refused();
    chibo_reading("", &unlock).refused();
    chibo(&digest).refused();

    chibo_reading(words, &unlock).done();
    chibo(&digest).done();
    let serving = Serving::start(&new);
    chibo(&digest).done();
    assert!(serving.terminate().success());
    chibo(&["verify", "--data", &new]).done();
}

#[test]
fn unlocking_keeps_the_way_that_a_store_is_opened_unless_another_is_said() {
    let folder = Place::new();
    let data = folder.at("xa");
    let first = [("CHIBO_PASSPHRASE", "mưa chiều trên bến Đông Hà")];
    let init = [
        "init",
        "--data",
        &data,
        "--name",
        "Xã",
        "--lock",
        "passphrase",
        "--json",
    ];
    let made = chibo_with(&first, &init).done().json();
    assert!(
        text(&made["note"]).contains("somebody must type the passphrase"),
        "{made}"
    );
    let words = folder.at("words");
    std::fs::write(&words, text(&made["words"])).unwrap();
    let unlock = ["unlock", "--data", &data, "--words", "--json"];
    // From paper, with nobody who types a new passphrase: nothing is changed.
    let digest = ["digest", "--data", &data];
    chibo_reading(text(&made["words"]), &unlock).refused();
    chibo_with(&first, &digest).done();
    chibo(&digest).refused();
    assert!(!Path::new(&data).join("node.key").exists());
    let file = folder.at("new");
    std::fs::write(&file, "gió mùa thổi qua đồng Xuân Trường").unwrap();
    let from_file = ["--passphrase-file", &file];
    let told = chibo_reading(text(&made["words"]), &[&unlock[..], &from_file].concat());
    let told = told.done().json();
    assert_eq!(
        (text(&told["lock"]), &told["weaker"]),
        ("passphrase", &false.into()),
        "{told}"
    );
    chibo_with(&first, &digest).refused();
    chibo(&[&digest[..], &from_file].concat()).done();

    // A key file elsewhere stays elsewhere.
    let (office, made) = office(&["--lock", &format!("key-file={}", folder.at("xa.key"))]);
    std::fs::remove_file(folder.at("xa.key")).unwrap();
    let unlock = ["unlock", "--data", &office.data, "--words", "--json"];
    let told = chibo_reading(text(&made["words"]), &unlock).done().json();
    assert_eq!(told["lock"], "key-file-elsewhere", "{told}");
    assert!(Path::new(&folder.at("xa.key")).exists());
    assert!(!Path::new(&office.data).join("node.key").exists());
    chibo(&["digest", "--data", &office.data]).done();
}

#[test]
fn who_took_over_the_port_of_a_node_that_is_gone_hears_no_password_and_no_command() {
    let folder = Place::new();
    let data = folder.at("xa");
    let typed = [("CHIBO_PASSPHRASE", "mưa chiều trên bến Đông Hà")];
    let init = [
        "init",
        "--data",
        &data,
        "--name",
        "Xã",
        "--lock",
        "passphrase",
    ];
    chibo_with(&typed, &init).done();
    let file = folder.at("passphrase");
    std::fs::write(&file, typed[0].1).unwrap();
    let door = Path::new(&data).join("console");
    for pretended in ["", r#"{"nonce":"00","proof":"00"}"#, "{}", "echo"] {
        // A power cut leaves the file behind.
        Serving::start_with(&data, &["--passphrase-file", &file]).kill();
        let told: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(&door).unwrap()).unwrap();
        let listener = std::net::TcpListener::bind(text(&told["address"])).unwrap();
        let heard = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut heard = String::new();
            let mut lines = std::io::BufReader::new(stream.try_clone().unwrap());
            lines.read_line(&mut heard).unwrap();
            match pretended {
                "" => {}
                "echo" => stream.write_all(heard.as_bytes()).unwrap(),
                said => stream.write_all(format!("{said}\n").as_bytes()).unwrap(),
            }
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let _ = lines.read_to_string(&mut heard);
            heard
        });
        let why = chibo(&["own-data", "--data", &data, "Đinh Văn Quang"]).refused();
        assert!(why.contains("no node answers"), "{why}");
        let heard = heard.join().unwrap();
        for secret in [text(&told["password"]), "own-data", "Quang", &data] {
            assert!(!heard.contains(secret), "{heard}");
        }
        assert_eq!(heard.lines().count(), 1, "{heard}");
    }
    // Who types the passphrase works on the store itself.
    chibo_with(&typed, &["digest", "--data", &data]).done();
}

#[test]
fn two_of_three_officers_open_the_node_and_one_does_not() {
    let (office, made) = office(&["--officers"]);
    let shares: Vec<&str> = made["officers"]
        .as_array()
        .unwrap()
        .iter()
        .map(text)
        .collect();
    assert_eq!(shares.len(), 3);
    let new = office.folder.at("new");
    copy_without(&office.data, &new, &["node.key"]);
    let unlock = ["unlock", "--data", &new, "--officers", "--json"];
    chibo_reading(shares[0], &unlock).refused();
    let why = chibo_reading(&format!("{0}\n{0}\n", shares[0]), &unlock).refused();
    assert!(why.contains("two different officers"), "{why}");
    chibo(&["digest", "--data", &new]).refused();
    chibo_reading(&format!("{}\n{}\n", shares[2], shares[0]), &unlock).done();
    chibo(&["digest", "--data", &new]).done();
}

#[test]
fn a_node_with_a_passphrase_starts_for_who_types_it_and_serves_its_commands_without() {
    let folder = Place::new();
    let data = folder.at("xa");
    let args = [
        "init",
        "--data",
        &data,
        "--name",
        "Xã",
        "--lock",
        "passphrase",
    ];
    let why = chibo(&args).refused();
    assert!(why.contains("CHIBO_PASSPHRASE"), "{why}");
    assert!(!Path::new(&data).join("node.db").exists());
    let why = chibo_with(&[("CHIBO_PASSPHRASE", "too short")], &args).refused();
    assert!(why.contains("at least 12"), "{why}");
    let file = folder.at("passphrase");
    std::fs::write(&file, "mưa chiều trên bến Đông Hà\n").unwrap();
    let from_file = ["--passphrase-file", &file];
    let told = chibo(&[&args[..], &from_file].concat()).done();
    assert!(told.out.contains("somebody must type the passphrase"));

    let digest = ["digest", "--data", &data];
    chibo(&digest).refused();
    chibo_with(&[("CHIBO_PASSPHRASE", "mưa chiều trên bến")], &digest).refused();
    let typed = [("CHIBO_PASSPHRASE", "mưa chiều trên bến Đông Hà")];
    chibo_with(&typed, &digest).done();
    let serving = Serving::start_with(&data, &from_file);
    chibo(&digest).done();
    assert!(serving.terminate().success());
    chibo(&digest).refused();

    // And back to a key file, without anything from paper: only who says so, and is told what that means.
    let weaker = chibo_with(&typed, &["unlock", "--data", &data, "--lock", "key-file"]).done();
    assert!(weaker.err.contains("protects the store less"), "{weaker:?}");
    assert!(
        weaker.out.contains("who steals the PC or its disk"),
        "{weaker:?}"
    );
    chibo(&digest).done();
}

#[test]
fn what_is_said_at_the_start_is_what_does_not_hold() {
    let folder = Place::new();
    let told = |data: &str, lang: &str, more: &[&str]| {
        let data = folder.at(data);
        let args = ["init", "--data", &data, "--name", "Xã"];
        chibo_with(&[("LANG", lang)], &[&args, more].concat())
            .done()
            .out
    };
    assert!(told("a", "C", &[]).contains("who steals the PC or its disk can read everything"));
    assert!(told("b", "vi_VN", &[]).contains("ai lấy được máy hoặc ổ đĩa"));
    let stick = format!("key-file={}", folder.at("stick.key"));
    let elsewhere = told("c", "C", &["--lock", &stick]);
    assert!(elsewhere.contains("The stick must be in while the node starts"));
    let file = folder.at("passphrase");
    std::fs::write(&file, "mưa chiều trên bến Đông Hà").unwrap();
    let typed = ["--lock", "passphrase", "--passphrase-file", &file];
    assert!(told("d", "C", &typed).contains("short or easy to guess protects nothing"));
    assert!(told("e", "vi_VN", &typed).contains("sau mỗi lần mất điện phải có người gõ"));
}

#[test]
fn a_damaged_lock_file_is_said_and_a_backup_gets_the_records_back() {
    let office = Office::new();
    let copy = office.folder.at("copy.db");
    chibo(&["backup", "--data", &office.data, &copy]).done();
    let lock = Path::new(&office.data).join("node.lock");
    let whole = std::fs::read(&lock).unwrap();
    assert!(Lock::decode(&whole).is_ok());
    let digest = ["digest", "--data", &office.data];
    for bytes in [&whole[..whole.len() / 2], b"", b"no lock"] {
        std::fs::write(&lock, bytes).unwrap();
        let why = chibo(&digest).refused();
        assert!(why.contains("lock file (.lock) is damaged"), "{why}");
    }
    let restore = ["restore", "--data", &office.data, &copy, "--force"];
    let args = [&restore[..], &["--root-key", &office.root_key, "--json"]].concat();
    let told = chibo(&args).done().json();
    // A new lock has new words, and they open it.
    let new = office.folder.at("new");
    copy_without(&office.data, &new, &["node.key"]);
    chibo_reading(text(&told["words"]), &["unlock", "--data", &new, "--words"]).done();
    chibo(&["verify", "--data", &new]).done();
}

#[test]
fn a_backup_put_back_where_the_lock_is_keeps_the_words_on_paper() {
    let (office, made) = office(&[]);
    let copy = office.folder.at("copy.db");
    chibo(&["backup", "--data", &office.data, &copy]).done();
    let restore = ["restore", "--data", &office.data, &copy, "--force"];
    let args = [&restore[..], &["--root-key", &office.root_key, "--json"]].concat();
    let told = chibo(&args).done().json();
    assert!(told["words"].is_null(), "{told}");
    let new = office.folder.at("new");
    copy_without(&office.data, &new, &["node.key"]);
    chibo_reading(text(&made["words"]), &["unlock", "--data", &new, "--words"]).done();
    chibo(&["verify", "--data", &new]).done();
}

#[test]
fn the_key_store_of_the_pc_starts_the_node_by_itself_and_gives_another_pc_nothing() {
    let folder = Place::new();
    let (data, secret) = (folder.at("xa"), folder.at("host-secret"));
    let this_pc = [("SYSTEMD_CREDENTIAL_SECRET", secret.as_str())];
    let init = [
        "init",
        "--data",
        &data,
        "--name",
        "Đảng ủy xã",
        "--lock",
        "platform",
    ];
    let made = chibo_with(&this_pc, &[&init[..], &["--json"]].concat());
    let there_is_one = std::process::Command::new("systemd-creds")
        .arg("--version")
        .output()
        .is_ok_and(|told| told.status.success());
    if !there_is_one {
        // Where the system has none, that is said, and nothing is made.
        assert!(made.refused().contains("--lock passphrase"));
        assert!(!Path::new(&data).join("node.db").exists());
        return;
    }
    let made = made.done().json();
    assert_eq!(made["lock"], "platform");
    let note = text(&made["note"]);
    assert!(
        note.contains("Who steals the whole PC can read everything"),
        "{note}"
    );
    let roster = folder.at("roster.csv");
    std::fs::write(&roster, crate::program::roster()).unwrap();
    chibo_with(&this_pc, &["import", "--data", &data, &roster]).done();
    let figures = ["register", "--data", &data, "figures", "--json"];
    assert!(chibo_with(&this_pc, &figures).done().json()["members"].as_u64() > Some(0));

    // A thief's PC with the disk's folder, and this PC set up anew: only the words on paper open it.
    let other = folder.at("other-secret");
    let other_pc = [("SYSTEMD_CREDENTIAL_SECRET", other.as_str())];
    let refused = chibo_with(&other_pc, &figures).refused();
    assert!(refused.contains("chibo unlock --words"), "{refused}");
    let words = made["words"].as_str().unwrap();
    let unlock = ["unlock", "--data", &data, "--words", "--lock", "key-file"];
    chibo_reading(&format!("{words}\n"), &unlock).done();
    chibo(&figures).done();
}
