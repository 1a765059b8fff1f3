//! What a locked phone's owner tried to send is left in a mailbox, without a PIN and without the store.

mod stage;

use chibo_core::carriers::bundle::Bundle;
use chibo_core::carriers::mailbox::name_of;
use chibo_ffi::{
    Addressee, Chibo, ChiboError, Leaving, is_outbox_to_be_left as waits, leave_outbox as leave,
};
use chibo_server::mailbox::{self, Terms};
use chibo_server::serve;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use stage::*;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// Where nobody listens.
const NOWHERE: &str = "http://127.0.0.1:1";

async fn a_mailbox(folder: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let terms = Terms {
        name: name_of(&url).unwrap(),
        keep: Duration::from_secs(60),
        box_letters: 9,
        box_bytes: 1 << 20,
        bytes: 1 << 20,
        address_bytes: 1 << 30,
    };
    let mut chance = ChaCha8Rng::seed_from_u64(3);
    let host = mailbox::Mailbox::open(folder, terms, &mut chance).unwrap();
    let routes = mailbox::router(Arc::new(host));
    let stop = std::future::pending();
    tokio::spawn(serve::accept_for(listener, routes, None, stop));
    url
}

fn alias(phone: &Chibo, text: &str) {
    let record = member_document(phone, "quang");
    phone.edit(at(&record), typed("alias", text)).unwrap();
}

async fn in_vain(phone: &Chibo) {
    let sent = phone.sync(Some(NOWHERE.into()), None).await;
    assert_eq!(sent.unwrap_err(), ChiboError::LineBroke);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_that_was_sealed_is_left_once_while_the_store_is_locked_and_the_office_reads_it() {
    let (mut commune, folder, boxes) = (Commune::of(3), Folder::new(), TempDir::new().unwrap());
    let path = folder.text();
    let url = a_mailbox(boxes.path()).await;
    let phone = folder.create();
    phone.enrol_by_letter(commune.ticket()).unwrap();
    for _ in 0..2 {
        let sent = phone.put_into_file(Addressee::Node, Vec::new()).unwrap();
        phone.take_from_file(commune.read(&sent.file)).unwrap();
    }
    alias(&phone, "Hai");
    // Typed and not sent: nothing lies sealed.
    phone.set_mailbox(url.clone()).unwrap();
    assert_eq!(leave(path.clone()).await.unwrap(), Leaving::Nothing);
    // Tried in vain, without a mailbox: it could be left nowhere.
    phone.set_mailbox(String::new()).unwrap();
    in_vain(&phone).await;
    assert!(!waits(path.clone()).unwrap());
    assert_eq!(leave(path.clone()).await.unwrap(), Leaving::Nothing);
    // A mailbox that is not reached: as before, for next time.
    phone.set_mailbox(NOWHERE.into()).unwrap();
    let unreached = leave(path.clone()).await.unwrap_err();
    assert_eq!(unreached, ChiboError::LineBroke);
    assert!(waits(path.clone()).unwrap());
    phone.set_mailbox(url.clone()).unwrap();
    alias(&phone, "Ba");
    phone.lock().unwrap();

    assert_eq!(leave(path.clone()).await.unwrap(), Leaving::Now);
    assert!(!waits(path.clone()).unwrap());
    assert_eq!(leave(path.clone()).await.unwrap(), Leaving::Before);
    let came = commune.fetch(&url).await;
    assert_eq!(Bundle::from_bytes(&came).unwrap().letters.len(), 1);
    let answers = commune.read(&came);

    // The office has what was sealed; what was typed afterwards still waits here, and can be undone.
    let phone = folder.open();
    let taken = phone.take_from_file(answers).unwrap();
    assert_eq!(taken.handed_over, 1);
    assert_eq!(phone.outbox().unwrap().drafts, 1);
    // Nothing sealed waits any more, so nothing is left of it beside the store.
    assert_eq!(leave(path.clone()).await.unwrap(), Leaving::Nothing);
    let beside = std::fs::read_dir(&path).unwrap();
    let names = beside.map(|e| e.unwrap().file_name().into_string().unwrap());
    assert!(!names.into_iter().any(|n| n.starts_with("outbox")));

    // Another try, another letter: it is left again, and an open phone that leaves one takes the job away.
    in_vain(&phone).await;
    assert_eq!(leave(path.clone()).await.unwrap(), Leaving::Now);
    alias(&phone, "Tư");
    in_vain(&phone).await;
    assert!(waits(path.clone()).unwrap());
    assert!(phone.sync_by_mailbox(None).await.unwrap().left);
    assert!(!waits(path.clone()).unwrap());
    assert_eq!(leave(path.clone()).await.unwrap(), Leaving::Nothing);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lies_damaged_beside_a_store_is_left_nowhere_and_harms_nothing() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_str().unwrap().to_owned();
    assert_eq!(leave(path.clone()).await.unwrap(), Leaving::Nothing);
    let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    put("outbox.chibo", b"no letters");
    put("outbox.mailbox", b"\xff\xfe");
    assert_eq!(leave(path.clone()).await.unwrap(), Leaving::Nothing);
    put("outbox.mailbox", &[b'h'; 5_000]);
    assert_eq!(leave(path.clone()).await.unwrap(), Leaving::Nothing);
    let mut commune = Commune::of(1);
    let other = Folder::new();
    let phone = other.create();
    phone.enrol_by_letter(commune.ticket()).unwrap();
    let sealed = phone.put_into_file(Addressee::Node, Vec::new()).unwrap();
    put("outbox.chibo", &sealed.file);
    put("outbox.mailbox", b"http://192.168.1.5:80");
    let open = leave(path).await.unwrap_err();
    assert_eq!(open, ChiboError::BadAddress);
}
