//! Power cuts: what was acknowledged is there afterwards, and old backups lose nothing.

use crate::program::{Office, Phone, Serving, chibo};
use chibo_core::author::Target;
use chibo_core::carriers::http::{HttpNode, Options};
use chibo_core::id::{PlaceId, unhex};
use chibo_core::identity::SecretKey;
use chibo_core::kind;
use chibo_core::place::PlaceKind;
use chibo_core::records;
use chibo_core::seal::Opener;
use chibo_core::store::sqlite::{Durability, SqliteStore};
use chibo_core::store::{Store, StoreError};
use chibo_people::someone;
use chibo_server::edge::{SystemChance, now};
use chibo_server::handset::Handset;
use chibo_server::keys::{self, Daily};
use chibo_server::sealed;
use std::path::Path;
use std::sync::mpsc::{Sender, channel};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

/// Adds members and hands them over one by one until the line breaks. Says each that was received.
fn push(folder: &Path, url: &str, received: &Sender<()>) -> usize {
    let key = keys::open(&folder.join("phone.db"), &mut || Ok(None)).unwrap();
    let mut handset = Handset::open(folder, &key).unwrap();
    let (log, epoch) = handset.phone.node().unwrap().unwrap();
    let node = HttpNode::new(url, &Options::for_node(log, epoch)).unwrap();
    let branch = handset.phone.author().unwrap().place;
    let member = kind::by_name("member").unwrap();
    let runtime = runtime();
    let mut count = 0;
    loop {
        let place = PlaceId::random(&mut SystemChance);
        handset
            .phone
            .open_place(place, PlaceKind::Member, branch)
            .unwrap();
        let record = someone(&format!("Người số {count}")).values;
        let target = Target::at(place, member, b"");
        handset
            .phone
            .edit(target, &record, now(), &mut SystemChance)
            .unwrap();
        match runtime.block_on(handset.sync(&node, &now, &mut SystemChance, &mut |_| {})) {
            Ok(outcome) if outcome.waiting == 0 => {
                count += 1;
                // The judge may have gone on to the killing already.
                let _ = received.send(());
            }
            Ok(outcome) => panic!("handed over and yet not: {outcome:?}"),
            Err(_) => return count,
        }
    }
}

#[test]
fn a_node_killed_while_phones_push_has_all_that_it_acknowledged() {
    let office = Office::new();
    let tickets: Vec<String> = (0..3)
        .map(|_| office.ticket("deputy", "Chi bộ Xóm 5"))
        .collect();
    let serving = office.serve();
    let phones: Vec<Phone> = (0..3)
        .map(|i| Phone::new(&office.folder, &format!("p{i}")))
        .collect();
    for (phone, ticket) in phones.iter().zip(&tickets) {
        phone.enrol(ticket, &serving.url);
        phone.sync();
    }
    assert!(serving.terminate().success());
    let documents = |office: &Office| office.digest("Chi bộ Xóm 5")["documents"].as_u64().unwrap();
    let before = documents(&office);
    let mut acknowledged = 0;
    for killed_after in [1, 4, 9, 15] {
        let serving = Serving::start(&office.data);
        let url = serving.url.clone();
        let (sender, receiver) = channel();
        let counts: Vec<usize> = std::thread::scope(|scope| {
            let url = &url;
            let threads: Vec<_> = phones
                .iter()
                .map(|phone| {
                    let sender = sender.clone();
                    scope.spawn(move || push(Path::new(&phone.data), url, &sender))
                })
                .collect();
            drop(sender); // Were all phones turned away, the wait would end.
            receiver.iter().take(killed_after).for_each(drop);
            serving.kill();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        acknowledged += counts.iter().sum::<usize>() as u64;
        assert!(
            documents(&office) >= before + acknowledged,
            "an acknowledged member is gone"
        );
        chibo(&["verify", "--data", &office.data]).done();
    }
    // What was on its way at the kills arrives as well, and once.
    let serving = office.serve();
    for round in 0..2 {
        for phone in &phones {
            let told = phone.run(&["sync", "--url", &serving.url]);
            assert!(round == 0 || told.code == Some(0), "{told:?}");
        }
    }
    assert!(serving.terminate().success());
    let node = office.digest("Chi bộ Xóm 5");
    assert_eq!(
        node["documents"],
        before + acknowledged + 3 * 4,
        "each phone had one under way at each kill"
    );
    for phone in &phones {
        assert_eq!(node, phone.digest("Chi bộ Xóm 5"));
    }
}

#[test]
fn a_phone_put_back_from_an_old_copy_notices_and_loses_nothing() {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    phone.run(&["edit", "quang", "alias=Một"]).done();
    phone.sync();
    let copy = office.folder.at("copy.db");
    chibo(&["backup", "--data", &phone.data, &copy]).done();
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    phone.sync();
    chibo(&["restore", "--data", &phone.data, &copy]).refused();
    chibo(&["restore", "--data", &phone.data, &copy, "--force"]).done();
    phone.run(&["edit", "an", "alias=Ba"]).done();
    phone.sync();
    let shown = phone.run(&["show", "quang"]).done().json();
    assert_eq!(
        shown["fields"]["alias"], "Hai",
        "what it sent after the copy came back"
    );
    assert!(serving.terminate().success());
    assert_eq!(office.digest("Chi bộ Xóm 5"), phone.digest("Chi bộ Xóm 5"));
}

#[test]
fn a_node_put_back_from_an_old_copy_gets_back_what_the_phone_holds() {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    assert!(serving.terminate().success());
    let copy = office.folder.at("copy.db");
    chibo(&["backup", "--data", &office.data, &copy]).done();
    chibo(&["backup", "--data", &office.data, &copy]).refused();
    let serving = office.serve();
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    phone.run(&["sync", "--url", &serving.url]).done();
    assert!(serving.terminate().success());

    let wrong = "0".repeat(64);
    let restore = |key: &str| {
        chibo(&[
            "restore",
            "--data",
            &office.data,
            &copy,
            "--force",
            "--root-key",
            key,
        ])
    };
    assert!(restore(&wrong).refused().contains("root key"));
    restore(&office.root_key).done();
    let serving = office.serve();
    // Until the office has confirmed, nothing is judged and nothing told.
    let waits = phone.run(&["sync", "--url", &serving.url]).no().json();
    assert_eq!(
        (&waits["waits"], &waits["waiting"]),
        (&true.into(), &1.into())
    );
    chibo(&["confirm", "--data", &office.data]).no();
    office.confirm();
    phone.sync();
    assert!(serving.terminate().success());
    assert_eq!(office.digest("Chi bộ Xóm 5"), phone.digest("Chi bộ Xóm 5"));
    assert_eq!(
        phone.run(&["show", "quang"]).done().json()["fields"]["alias"],
        "Hai"
    );
    chibo(&["verify", "--data", &office.data]).done();
}

#[test]
fn a_closed_pipe_is_no_panic() {
    use std::process::{Command, Stdio};
    let office = Office::new();
    let mut child = Command::new(env!("CARGO_BIN_EXE_chibo"))
        .args(["digest", "--data", &office.data])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    let words = String::from_utf8(ended.stderr).unwrap();
    assert!(!words.contains("panicked"), "{words}");
}

#[test]
fn a_copy_on_a_new_device_goes_on_under_new_feeds_at_once() {
    let office = Office::new();
    let ticket = office.ticket("secretary", "Chi bộ Xóm 5");
    let serving = office.serve();
    let phone = Phone::new(&office.folder, "a");
    phone.enrol(&ticket, &serving.url);
    phone.sync();
    let copy = office.folder.at("copy.db");
    chibo(&["backup", "--data", &phone.data, &copy]).done();
    phone.run(&["edit", "quang", "alias=Hai"]).done();
    phone.sync();
    let new = Phone::new(&office.folder, "b");
    chibo(&["restore", "--data", &new.data, &copy]).done();
    new.run(&["edit", "an", "alias=Ba"]).done();
    let told = new.sync();
    assert_eq!(told["refused"].as_array().unwrap().len(), 0, "{told}");
    let shown = new.run(&["show", "quang"]).done().json();
    assert_eq!(shown["fields"]["alias"], "Hai");
    assert!(serving.terminate().success());
    assert_eq!(office.digest("Chi bộ Xóm 5"), new.digest("Chi bộ Xóm 5"));
}

#[test]
fn a_damaged_store_is_replaced_by_its_copy_and_kept_aside() {
    let office = Office::new();
    let copy = office.folder.at("copy.db");
    chibo(&["backup", "--data", &office.data, &copy]).done();
    let store = std::path::Path::new(&office.data).join("node.db");
    std::fs::write(&store, "no store").unwrap();
    let restored = chibo(&[
        "restore",
        "--data",
        &office.data,
        &copy,
        "--force",
        "--root-key",
        &office.root_key,
        "--json",
    ])
    .done()
    .json();
    let kept = restored["kept"].as_str().unwrap();
    assert_eq!(std::fs::read(kept).unwrap(), b"no store");
    chibo(&["verify", "--data", &office.data]).done();
}

#[test]
fn who_steals_a_backup_of_the_node_cannot_speak_for_it() {
    let office = Office::new();
    let serving = office.serve();
    let kept_keys = |store: SqliteStore| -> Vec<Vec<u8>> {
        let names = ["log-key", "grant-key", "tls-key", "office-key"];
        let read = store.read(|tx| names.iter().map(|n| records::meta(tx, n)).collect());
        let keys: Result<Vec<Option<Vec<u8>>>, StoreError> = read;
        keys.unwrap().into_iter().flatten().collect()
    };
    let copy = office.folder.at("copy.db");
    chibo(&["backup", "--data", &office.data, &copy]).done();
    assert!(serving.terminate().success());
    // Not even who has the root key finds the node's keys in it.
    let root = unhex(&office.root_key).unwrap().try_into().unwrap();
    let root = SecretKey::from_seed(root);
    let bytes = sealed::open_file(Path::new(&copy), Opener::Key(&root));
    let bytes = bytes.unwrap().plain;

    // The thief makes a node's folder of it, with a key and lock of their own.
    let thief = office.folder.at("thief");
    std::fs::create_dir(&thief).unwrap();
    let stolen = Path::new(&thief).join("node.db");
    let key = keys::make(&stolen, &Daily::KeyFile(None)).unwrap();
    let store = SqliteStore::from_plain(&bytes, &stolen, &key, Durability::Full).unwrap();
    assert!(kept_keys(store).is_empty());
    let own = Path::new(&office.data).join("node.db");
    let key = keys::open(&own, &mut || Ok(None)).unwrap();
    let kept = kept_keys(SqliteStore::open(&own, &key, Durability::Full).unwrap());
    assert_eq!(kept.len(), 4);
    for key in kept {
        assert!(!bytes.windows(key.len()).any(|w| w == key), "a key is left");
    }
    let why = chibo(&["serve", "--data", &thief, "--listen", "127.0.0.1:0"]).refused();
    assert!(why.contains("root key"), "{why}");
    let told = chibo(&[
        "restore",
        "--data",
        &office.data,
        &copy,
        "--force",
        "--root-key",
        &office.root_key,
        "--json",
    ]);
    // Later than whatever the lost store had numbered.
    let epoch = told.done().json()["epoch"].as_u64().unwrap();
    assert!(epoch > 1_700_000_000, "{epoch}");
    chibo(&["verify", "--data", &office.data]).done();
}
