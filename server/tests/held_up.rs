//! What holds up a sync, or a node's round at a mailbox, and that it goes on.

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use chibo_core::author::Target;
use chibo_core::carriers::bundle::{Letter, Sort};
use chibo_core::carriers::http::{CarrierError, HttpNode, Options};
use chibo_core::carriers::letter::Content;
use chibo_core::carriers::mailbox::{Mailbox, name_of};
use chibo_core::document::{Value, Values};
use chibo_core::enrol::code::Once;
use chibo_core::enrol::{Offer, Pass, Ticket};
use chibo_core::id::{PersonId, PlaceId};
use chibo_core::identity::SecretKey;
use chibo_core::kind;
use chibo_core::limits;
use chibo_core::lock::StoreKey;
use chibo_core::node::Node;
use chibo_core::phone::{Outcome, Phone};
use chibo_core::place::Role;
use chibo_core::store::memory::MemoryStore;
use chibo_core::store::sqlite::{Durability, SqliteStore};
use chibo_core::time::Timestamp;
use chibo_server::collect::{Collected, collect};
use chibo_server::intake::{self, Intake, OfficeNode};
use chibo_server::mailbox::{self, Terms};
use chibo_server::router::{Here, Peer, router};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::net::TcpListener;

const NOW: Timestamp = Timestamp(1_790_000_000);

fn chance(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

fn node(folder: &TempDir) -> OfficeNode {
    let path = folder.path().join("node.db");
    let key = StoreKey::from_bytes([1; 32]);
    let store = SqliteStore::create(&path, &key, Durability::Relaxed).unwrap();
    Node::init(store, "Xã A", NOW, &mut chance(1)).unwrap().0
}

fn device(node: &mut OfficeNode, seed: u64) -> Phone<MemoryStore> {
    let rng = &mut chance(seed);
    let mut phone = Phone::create(MemoryStore::new(), rng).unwrap();
    let offer = Offer::new(Role::Office, node.root(), PersonId::random(rng), NOW);
    let ticket = node.ticket("http://x", &offer, rng).unwrap();
    let request = ticket.request(phone.key()).to_bytes();
    let reply = node.enrol(&request, NOW, rng).unwrap();
    phone.enrolled(&ticket, &reply).unwrap();
    phone
}

/// Has the device write more than one answer of the node's holds, however it is packed.
fn write_much(phone: &mut Phone<MemoryStore>, place: PlaceId) {
    let kind = kind::by_name("meeting").unwrap();
    let rng = &mut chance(7);
    for n in 0..2 * limits::ANSWER_BYTES / limits::LINE_BYTES {
        let noise: String = (0..limits::LINE_BYTES)
            .map(|_| char::from(b'0' + (rng.next_u32() % 64) as u8))
            .collect();
        let values: Values = [("place".to_owned(), Value::Text(noise))].into();
        let meeting = Target::at(place, kind, &n.to_be_bytes());
        phone.edit(meeting, &values, NOW, rng).unwrap();
    }
}

/// How often it was asked, and at which of these it tells who asks to wait.
#[derive(Clone)]
struct Gate {
    asked: Arc<AtomicU32>,
    shut_at: fn(u32) -> bool,
}

async fn at_gate(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    match (gate.shut_at)(gate.asked.fetch_add(1, Ordering::SeqCst)) {
        true => (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "1")]).into_response(),
        false => next.run(request).await,
    }
}

/// Serves the node behind a gate; its address.
async fn serving(intake: Intake, shut_at: fn(u32) -> bool) -> String {
    let gate = Gate {
        asked: Arc::default(),
        shut_at,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = router(intake)
        .layer(axum::Extension(Peer(address)))
        .layer(axum::Extension(Here(address)))
        .layer(from_fn_with_state(gate, at_gate));
    tokio::spawn(async { axum::serve(listener, app).await });
    format!("http://{address}")
}

async fn sync(url: &str, phone: &mut Phone<MemoryStore>) -> Result<Outcome, CarrierError> {
    let carrier = HttpNode::new(url, &Options::default()).unwrap();
    let rng = &mut chance(9);
    (carrier.sync(phone, &|| NOW, rng, &mut |_| Ok(()), &mut |_| {})).await
}

#[tokio::test]
async fn a_first_sync_that_is_more_than_a_moments_share_waits_as_it_is_told_and_goes_on() {
    let folder = TempDir::new().unwrap();
    let mut node = node(&folder);
    let (mut writer, mut reader) = (device(&mut node, 2), device(&mut node, 3));
    let mut nobody = device(&mut node, 4);
    let root = node.root();
    let (intake, _thread) = intake::start(node, Box::new(|| NOW), Box::new(chance(8)));
    let open = serving(intake.clone(), |_| false).await;
    sync(&open, &mut writer).await.unwrap();
    write_much(&mut writer, root);
    assert!(sync(&open, &mut writer).await.unwrap().synced);

    let begun = Instant::now();
    let once_shut = serving(intake.clone(), |n| n == 1).await;
    let outcome = sync(&once_shut, &mut reader).await.unwrap();
    assert!(outcome.synced && outcome.waiting == 0, "{outcome:?}");
    assert!(begun.elapsed() >= Duration::from_secs(1));

    // Who is told nothing between two waits does not wait for ever.
    let shut = serving(intake, |n| n > 0).await;
    let told = sync(&shut, &mut nobody).await;
    let asked_to_wait = Some(Duration::from_secs(1));
    assert!(
        matches!(told, Err(CarrierError::TooOften { wait }) if wait == asked_to_wait),
        "{told:?}"
    );
}

/// A mailbox on this machine.
async fn mailbox(folder: &TempDir) -> Mailbox {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let url = format!("http://{address}");
    let terms = Terms {
        name: name_of(&url).unwrap(),
        keep: Duration::from_secs(600),
        box_letters: 10,
        box_bytes: 1 << 20,
        bytes: 1 << 20,
        address_bytes: 1 << 20,
    };
    let host = mailbox::Mailbox::open(&folder.path().join("box"), terms, &mut chance(1));
    let app = mailbox::router(Arc::new(host.unwrap())).layer(axum::Extension(Peer(address)));
    tokio::spawn(async { axum::serve(listener, app).await });
    Mailbox::new(&url, &Options::default()).unwrap()
}

#[tokio::test]
async fn a_letter_that_meets_a_fault_of_the_program_stands_in_no_others_way() {
    let (folder, host) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let mut node = node(&folder);
    let mut phones = [2, 3, 4].map(|seed| device(&mut node, seed));
    let to = node.letter_key().unwrap().public();
    // The node's clock is read when a letter is judged: there it fails, once.
    let fails = Arc::new(AtomicBool::new(true));
    let faulty = fails.clone();
    let clock = move || match faulty.swap(false, Ordering::SeqCst) {
        true => panic!("a fault, as this test wants it"),
        false => NOW,
    };
    let mailbox = mailbox(&host).await;
    for phone in &mut phones {
        let (request, _) = phone.request(NOW, &mut chance(5)).unwrap();
        let letter: Letter = Content::Request(request).seal_for(&to).unwrap();
        mailbox.put(&letter).await.unwrap();
    }
    let (intake, _thread) = intake::start(node, Box::new(clock), Box::new(chance(8)));
    let first = collect(&intake, &mailbox).await.unwrap();
    let expected = Collected {
        answered: 2,
        damaged: 1,
        ..Collected::default()
    };
    assert_eq!(first, expected);
    assert!(!fails.load(Ordering::SeqCst));
    // It is out of the way, and so are the others.
    let second = collect(&intake, &mailbox).await.unwrap();
    assert_eq!(second, Collected::default());
    // Whoever met the fault has what it said, and says it again.
    let mut answered = 0;
    for phone in &phones {
        answered += mailbox
            .visit(phone.key())
            .await
            .unwrap()
            .list()
            .await
            .unwrap()
            .len();
    }
    assert_eq!(answered, 2);
}

/// A mailbox into which anybody lays letters freely, and that tells whoever fetches them to wait now and then.
async fn gated_mailbox(folder: &TempDir, shut_at: fn(u32) -> bool) -> (Mailbox, Mailbox) {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gated = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let [at_free, at_gated] = [&free, &gated].map(|l| l.local_addr().unwrap());
    let url = |address: SocketAddr| format!("http://{address}");
    let terms = Terms {
        name: name_of(&url(at_gated)).unwrap(),
        keep: Duration::from_secs(600),
        box_letters: 500,
        box_bytes: 1 << 24,
        bytes: 1 << 26,
        address_bytes: 1 << 26,
    };
    let host = mailbox::Mailbox::open(&folder.path().join("box"), terms, &mut chance(1));
    let host = Arc::new(host.unwrap());
    let gate = Gate {
        asked: Arc::default(),
        shut_at,
    };
    let open = mailbox::router(host.clone()).layer(axum::Extension(Peer(at_free)));
    let shut = mailbox::router(host).layer(axum::Extension(Peer(at_gated)));
    let shut = shut.layer(from_fn_with_state(gate, at_gate));
    tokio::spawn(async { axum::serve(free, open).await });
    tokio::spawn(async { axum::serve(gated, shut).await });
    let at = |address| Mailbox::new(&url(address), &Options::default()).unwrap();
    (at(at_free), at(at_gated))
}

#[tokio::test]
async fn letters_without_number_and_a_mailbox_that_says_wait_keep_no_device_from_its_answer() {
    let (folder, host) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let mut node = node(&folder);
    let mut phone = device(&mut node, 2);
    let to = node.letter_key().unwrap().public();
    let offer = Offer::new(Role::Office, node.root(), PersonId([1; 16]), NOW);
    let mut forged = node.ticket("http://x", &offer, &mut chance(3)).unwrap();
    // Of any three hundred requests it answers no more than three hundred less twenty.
    let (free, gated) = gated_mailbox(&host, |n| n % 300 >= 280).await;
    let rng = &mut chance(4);
    for n in 0..350_u16 {
        forged.pass = Pass::Secret(Once::random(rng));
        let mut seed = [7; 32];
        seed[..2].copy_from_slice(&n.to_be_bytes());
        let request = forged.request(&SecretKey::from_seed(seed));
        let letter = Content::Introduction(request).seal_for(&to).unwrap();
        free.put(&letter).await.unwrap();
    }
    let (request, _) = phone.request(NOW, &mut chance(5)).unwrap();
    free.put(&Content::Request(request).seal_for(&to).unwrap())
        .await
        .unwrap();
    let (intake, _thread) = intake::start(node, Box::new(|| NOW), Box::new(chance(8)));
    let (mut seen, mut rounds) = (0, 0);
    while seen == 0 && rounds < 100 {
        rounds += 1;
        // A round that meets a closed door at its very beginning has done nothing.
        let _ = collect(&intake, &gated).await;
        if let Ok(visit) = gated.visit(phone.key()).await {
            seen = visit.list().await.map_or(0, |letters| letters.len());
        }
    }
    assert_eq!(seen, 1, "after {rounds} rounds");
}

#[tokio::test]
async fn what_finds_no_answer_fills_the_nodes_box_for_nobody_else() {
    let (folder, host) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let mut node = node(&folder);
    let mut phone = device(&mut node, 2);
    let (key, to) = (
        node.letter_key().unwrap(),
        node.letter_key().unwrap().public(),
    );
    let mailbox = mailbox(&host).await;
    // Its own box is full, and it asks again and again.
    for n in 0..10_u8 {
        let full = Letter {
            sort: Sort::Answer,
            to: phone.key().public().letter_box(),
            sealed: vec![n; 300],
        };
        mailbox.put(&full).await.unwrap();
        let (request, _) = phone.request(NOW, &mut chance(n.into())).unwrap();
        let letter = Content::Request(request).seal_for(&to).unwrap();
        mailbox.put(&letter).await.unwrap();
    }
    let (intake, _thread) = intake::start(node, Box::new(|| NOW), Box::new(chance(8)));
    let told = collect(&intake, &mailbox).await.unwrap();
    let left = limits::LETTERS_LEFT;
    assert_eq!((told.undelivered, told.unheard), (left, 10 - left));
    let there = mailbox.visit(&key).await.unwrap().list().await.unwrap();
    assert_eq!(there.len(), left);
}

#[tokio::test]
async fn one_persons_letters_leave_room_for_others_while_the_office_is_asked_after_a_restore() {
    let (folder, host) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let path = folder.path().join("node.db");
    let key = StoreKey::from_bytes([1; 32]);
    let store = SqliteStore::create(&path, &key, Durability::Relaxed).unwrap();
    let (mut node, root_key) = Node::init(store, "Xã A", NOW, &mut chance(1)).unwrap();
    let (greedy, modest) = (device(&mut node, 2), device(&mut node, 3));
    let root = node.root();
    drop(node);
    let store = SqliteStore::open(&path, &key, Durability::Relaxed).unwrap();
    let node = Node::restore(store, &root_key, NOW, &mut chance(4)).unwrap();
    let to = node.letter_key().unwrap().public();
    let letter = |by: &Phone<MemoryStore>, n: u16, is_true: bool| {
        let mut rng = chance(u64::from(n) + 100);
        let offer = Offer::new(Role::Member, root, PersonId::random(&mut rng), NOW);
        let parent = by.own_grant().unwrap().unwrap();
        let signed_by = match is_true {
            true => by.key().clone(),
            false => SecretKey::random(&mut rng),
        };
        let ticket = Ticket::on_paper("http://x", &offer, &parent, &signed_by, &mut rng);
        let request = ticket.request(&SecretKey::random(&mut rng));
        Content::Introduction(request).seal_for(&to).unwrap()
    };
    let (free, named) = gated_mailbox(&host, |_| false).await;
    let room = limits::LETTERS_WAITING_OF_A_LINE;
    for n in 0..room as u16 + 20 {
        free.put(&letter(&greedy, n, true)).await.unwrap();
    }
    // Who names another as the one who let them in takes nothing of that one's room.
    for n in 500..room as u16 + 505 {
        free.put(&letter(&modest, n, false)).await.unwrap();
    }
    free.put(&letter(&modest, 1000, true)).await.unwrap();
    let (intake, _thread) = intake::start(node, Box::new(|| NOW), Box::new(chance(8)));
    let told = collect(&intake, &named).await.unwrap();
    assert_eq!((told.waiting, told.unheard), (2 * room + 1, 25));
}
