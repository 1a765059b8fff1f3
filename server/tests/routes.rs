//! What each route answers to whom, without a socket between.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Extension;
use axum::http::{Request, StatusCode};
use chibo_core::author::Target;
use chibo_core::document::{Value, Values};
use chibo_core::enrol::Offer;
use chibo_core::id::PersonId;
use chibo_core::kind;
use chibo_core::limits;
use chibo_core::lock::StoreKey;
use chibo_core::node::Node;
use chibo_core::phone::Phone;
use chibo_core::place::Role;
use chibo_core::store::memory::MemoryStore;
use chibo_core::store::sqlite::{Durability, SqliteStore};
use chibo_core::time::Timestamp;
use chibo_server::intake::{self, Intake, OfficeNode};
use chibo_server::router::{Peer, router};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use std::sync::mpsc::channel;
use std::task::{Context, Poll, Waker};
use tempfile::TempDir;
use tower::ServiceExt;

/// The key of stores that are thrown away.
fn key() -> StoreKey {
    StoreKey::from_bytes([1; 32])
}

const NOW: Timestamp = Timestamp(1_790_000_000);

fn chance() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(5)
}

fn node(name: &str) -> (OfficeNode, TempDir) {
    let folder = TempDir::new().unwrap();
    let store =
        SqliteStore::create(&folder.path().join("node.db"), &key(), Durability::Relaxed).unwrap();
    (
        Node::init(store, name, NOW, &mut chance()).unwrap().0,
        folder,
    )
}

/// A device of the office, enrolled.
fn device(node: &mut OfficeNode) -> Phone<MemoryStore> {
    let rng = &mut ChaCha8Rng::seed_from_u64(6);
    let mut phone = Phone::create(MemoryStore::new(), rng).unwrap();
    let (root, person) = (node.root(), PersonId::random(rng));
    let ticket = node
        .ticket(
            "http://x",
            &Offer::new(Role::Office, root, person, NOW),
            rng,
        )
        .unwrap();
    let request = ticket.request(phone.key(), rng).to_bytes();
    let reply = node.enrol(&request, NOW, rng).unwrap();
    phone.enrolled(&ticket, &reply).unwrap();
    phone
}

fn start(node: OfficeNode) -> Intake {
    intake::start(node, Box::new(|| NOW), Box::new(chance())).0
}

async fn ask(
    intake: &Intake,
    peer: &str,
    method: &str,
    path: &str,
    body: Vec<u8>,
) -> (StatusCode, String) {
    let app: Router = router(intake.clone()).layer(Extension(Peer(peer.parse().unwrap())));
    let request = Request::builder()
        .method(method)
        .uri(path)
        .body(Body::from(body))
        .unwrap();
    let response = app.oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

const HERE: &str = "127.0.0.1:50000";
const ELSEWHERE: &str = "203.0.113.7:50000";

#[tokio::test]
async fn what_is_no_request_is_turned_away_in_one_line() {
    let intake = start(node("Xã A").0);
    for body in [
        b"".to_vec(),
        b"hello".to_vec(),
        vec![1; 200],
        vec![0xff; 5_000],
    ] {
        for path in ["/v1/sync", "/v1/enrol"] {
            let (status, words) = ask(&intake, ELSEWHERE, "POST", path, body.clone()).await;
            let too_long = path == "/v1/enrol" && body.len() > limits::ENROL_BYTES;
            let expected = if too_long {
                StatusCode::PAYLOAD_TOO_LARGE
            } else {
                StatusCode::BAD_REQUEST
            };
            assert_eq!(status, expected, "{words}");
            assert_eq!(words.lines().count(), 1, "{words}");
        }
    }
    assert_eq!(
        ask(&intake, HERE, "GET", "/v1/sync", vec![]).await.0,
        StatusCode::METHOD_NOT_ALLOWED
    );
    assert_eq!(
        ask(&intake, HERE, "GET", "/v2", vec![]).await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(
        ask(&intake, ELSEWHERE, "GET", "/health", vec![]).await.0,
        StatusCode::OK
    );
}

#[tokio::test]
async fn a_body_may_be_as_long_as_the_limit_and_not_a_byte_longer() {
    let intake = start(node("Xã A").0);
    let at = ask(
        &intake,
        HERE,
        "POST",
        "/v1/sync",
        vec![0; limits::REQUEST_BYTES],
    )
    .await
    .0;
    assert_eq!(at, StatusCode::BAD_REQUEST);
    let past = ask(
        &intake,
        HERE,
        "POST",
        "/v1/sync",
        vec![0; limits::REQUEST_BYTES + 1],
    )
    .await
    .0;
    assert_eq!(past, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn only_a_device_of_this_node_is_answered() {
    let rng = &mut chance();
    let (mut a, _a) = node("Xã A");
    let store_b = TempDir::new().unwrap();
    let store =
        SqliteStore::create(&store_b.path().join("node.db"), &key(), Durability::Relaxed).unwrap();
    let (mut b, _) = Node::init(store, "Xã B", NOW, &mut ChaCha8Rng::seed_from_u64(77)).unwrap();
    let mut ours = device(&mut a);
    let mut theirs = device(&mut b);
    let intake = start(a);

    let (request, _) = ours.request(NOW, rng).unwrap();
    let (status, _) = ask(&intake, ELSEWHERE, "POST", "/v1/sync", request.clone()).await;
    assert_eq!(status, StatusCode::OK);
    let mut altered = request;
    *altered.last_mut().unwrap() ^= 1;
    let (status, words) = ask(&intake, ELSEWHERE, "POST", "/v1/sync", altered).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "{words}");
    let (request, _) = theirs.request(NOW, rng).unwrap();
    let (status, words) = ask(&intake, ELSEWHERE, "POST", "/v1/sync", request).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "{words}");
}

#[tokio::test]
async fn the_first_page_opens_on_the_offices_own_machine_only_and_escapes_what_people_wrote() {
    let intake = start(node("Xã <script>alert(1)</script> & \"bạn\"").0);
    let (status, words) = ask(&intake, ELSEWHERE, "GET", "/", vec![]).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(!words.contains("Xã"), "{words}");
    for here in [HERE, "[::1]:50000"] {
        let (status, html) = ask(&intake, here, "GET", "/", vec![]).await;
        assert_eq!(status, StatusCode::OK);
        assert!(html.contains("Xã &lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;bạn&quot;"));
        assert!(!html.contains("<script"));
    }
}

#[tokio::test]
async fn a_full_disk_is_said_and_the_device_keeps_its_work() {
    let rng = &mut chance();
    let (mut a, _folder) = node("Xã A");
    let mut phone = device(&mut a);
    let unit = Target::at(a.root(), kind::by_name("unit").unwrap(), b"");
    let prose = Values::from([("note".into(), Value::Text("x".repeat(limits::PROSE_BYTES)))]);
    // The place is known to the device only after its first sync.
    let (request, mut exchange) = phone.request(NOW, rng).unwrap();
    let answer = a.handle(&[request], NOW).remove(0).unwrap();
    let mut frames = chibo_core::wire::FrameReader::new();
    frames.feed(&answer);
    while let Some(frame) = frames.next_frame().unwrap() {
        phone.receive(&mut exchange, &frame).unwrap();
    }
    phone.edit(unit, &prose, NOW, rng).unwrap();
    a.store().limit_pages(1).unwrap(); // SQLite takes it as: no page more.
    let intake = start(a);
    let (request, _) = phone.request(NOW, rng).unwrap();
    let (status, words) = ask(&intake, ELSEWHERE, "POST", "/v1/sync", request).await;
    assert_eq!(status, StatusCode::INSUFFICIENT_STORAGE, "{words}");
    assert_eq!(phone.waiting().unwrap(), (1, 0));
}

#[tokio::test]
async fn when_too_much_waits_the_next_is_told_to_come_again() {
    let intake = start(node("Xã A").0);
    let (go_on, until_told) = channel::<()>();
    let (started, has_started) = channel::<()>();
    let slow = {
        let intake = intake.clone();
        tokio::spawn(async move {
            let wait = move |_: &mut OfficeNode| {
                started.send(()).unwrap();
                let _ = until_told.recv();
            };
            intake.ask(wait).await
        })
    };
    tokio::task::spawn_blocking(move || has_started.recv().unwrap())
        .await
        .unwrap();
    // The thread is busy: what is polled once now waits in its queue, until that is full.
    let mut waiting = Vec::new();
    let full = loop {
        let mut next = Box::pin(intake.sync(b"x".to_vec()));
        match next.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => waiting.push(next),
            Poll::Ready(answer) => break answer,
        }
        assert!(waiting.len() < 100_000, "the queue has no end");
    };
    assert_eq!(full, Err(intake::Busy::Full));
    let (status, words) = ask(&intake, HERE, "POST", "/v1/sync", b"x".to_vec()).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{words}");
    drop(go_on);
    slow.await.unwrap().unwrap();
    for answer in waiting {
        assert!(
            matches!(answer.await, Ok(Err(_))),
            "each was judged in its turn"
        );
    }
}
