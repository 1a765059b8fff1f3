//! What each route answers to whom, without a socket between.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Extension;
use axum::http::{Request as HttpRequest, StatusCode};
use chibo_core::author::Target;
use chibo_core::carriers::bundle::{Letter, Sort};
use chibo_core::check;
use chibo_core::document::{Value, Values};
use chibo_core::enrol::code::{Once, answer_to_bytes};
use chibo_core::enrol::{EnrolRequest, Offer, Pass, Ticket, Unknown, Word};
use chibo_core::evidence::EvidenceRequest;
use chibo_core::id::{BoxId, LogId, PersonId, PlaceId};
use chibo_core::identity::{Custody, SecretKey};
use chibo_core::kind;
use chibo_core::limits;
use chibo_core::lock::StoreKey;
use chibo_core::log::Position;
use chibo_core::node::Node;
use chibo_core::phone::Phone;
use chibo_core::place::{PlaceKind, Role};
use chibo_core::recovery::RecoveryRequest;
use chibo_core::store::Store;
use chibo_core::store::memory::MemoryStore;
use chibo_core::store::sqlite::{Durability, SqliteStore};
use chibo_core::time::Timestamp;
use chibo_core::wire::Request;
use chibo_server::intake::{self, Intake, OfficeNode};
use chibo_server::mailbox::{self, Mailbox, Terms};
use chibo_server::pace;
use chibo_server::router::{Here, Peer, router};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::task::{Context, Poll, Waker};
use std::time::Duration;
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
    node_of(5, name)
}

fn node_of(seed: u64, name: &str) -> (OfficeNode, TempDir) {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let folder = TempDir::new().unwrap();
    let store =
        SqliteStore::create(&folder.path().join("node.db"), &key(), Durability::Relaxed).unwrap();
    (Node::init(store, name, NOW, rng).unwrap().0, folder)
}

/// A device of the office, enrolled.
fn device(node: &mut OfficeNode) -> Phone<MemoryStore> {
    device_of(node, 6)
}

fn device_of(node: &mut OfficeNode, seed: u64) -> Phone<MemoryStore> {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let mut phone = Phone::create(MemoryStore::new(), rng).unwrap();
    let (root, person) = (node.root(), PersonId::random(rng));
    let ticket = node
        .ticket(
            "http://x",
            &Offer::new(Role::Office, root, person, NOW),
            rng,
        )
        .unwrap();
    let request = ticket.request(phone.key()).to_bytes();
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
    let (status, bytes) = ask_for_bytes(intake, peer, method, path, body).await;
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

/// Why who asks to be known is refused. That is all the answer says, beside the node's keys, which everybody may know.
async fn refusal(intake: &Intake, request: Vec<u8>) -> Unknown {
    let (status, bytes) = ask_for_bytes(intake, ELSEWHERE, "POST", "/v1/enrol", request).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    Word::from_bytes(&bytes).unwrap().said.unwrap_err()
}

async fn ask_for_bytes(
    intake: &Intake,
    peer: &str,
    method: &str,
    path: &str,
    body: Vec<u8>,
) -> (StatusCode, Vec<u8>) {
    let app: Router = router(intake.clone()).layer(Extension(Peer(peer.parse().unwrap())));
    let request = HttpRequest::builder()
        .method(method)
        .uri(path)
        .body(Body::from(body))
        .unwrap();
    let response = app.oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, bytes.into())
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

/// Asks for the office's page over a connection that came in at port 8080, with these headers.
async fn page(intake: &Intake, peer: &str, headers: &[(&str, &str)]) -> (StatusCode, String) {
    page_at(intake, peer, "/", headers).await
}

/// As [`page`], with an address that is said in full, as HTTP/2 does.
async fn page_at(
    intake: &Intake,
    peer: &str,
    uri: &str,
    headers: &[(&str, &str)],
) -> (StatusCode, String) {
    let app = router(intake.clone())
        .layer(Extension(Peer(peer.parse().unwrap())))
        .layer(Extension(Here("127.0.0.1:8080".parse().unwrap())));
    let mut request = HttpRequest::get(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = app.oneshot(request.body(Body::empty()).unwrap()).await;
    let response = response.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

#[tokio::test]
async fn the_first_page_opens_on_the_offices_own_machine_only_and_escapes_what_people_wrote() {
    let intake = start(node("Xã <script>alert(1)</script> & \"bạn\"").0);
    let by_name = [("host", "127.0.0.1:8080")];
    let (status, words) = page(&intake, ELSEWHERE, &by_name).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(!words.contains("Xã"), "{words}");
    for here in [HERE, "[::1]:50000"] {
        let (status, html) = page(&intake, here, &by_name).await;
        assert_eq!(status, StatusCode::OK);
        assert!(html.contains("Xã &lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;bạn&quot;"));
        assert!(!html.contains("<script"));
    }
}

#[tokio::test]
async fn a_page_of_the_internet_that_has_its_name_point_to_this_machine_does_not_read_the_register()
{
    let intake = start(node("Xã A").0);
    for host in ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"] {
        let (status, words) = page(&intake, HERE, &[("host", host)]).await;
        assert_eq!(status, StatusCode::OK, "{host}: {words}");
    }
    for host in [
        "xa.example:8080",
        "xa.example",
        "127.0.0.1.xa.example:8080",
        "localhost.xa.example:8080",
        "192.168.1.5:8080",
        "127.0.0.1:9090",
        "127.0.0.1",
        "x@127.0.0.1:8080",
        "",
        "ố:8080",
    ] {
        let (status, words) = page(&intake, HERE, &[("host", host)]).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{host}");
        assert!(!words.contains("Xã"), "{words}");
    }
    let here = [("host", "127.0.0.1:8080")];
    for (uri, headers, is_shown) in [
        ("http://127.0.0.1:8080/", &here[..0], true),
        ("http://127.0.0.1:8080/", &here, true),
        ("http://localhost:8080/", &here, false),
        ("http://xa.example:8080/", &here, false),
        ("http://xa.example:8080/", &here[..0], false),
    ] {
        let (status, _) = page_at(&intake, HERE, uri, headers).await;
        assert_eq!(status == StatusCode::OK, is_shown, "{uri} {headers:?}");
    }
    let two = [("host", "127.0.0.1:8080"), ("host", "xa.example:8080")];
    for headers in [&two[..], &[]] {
        let (status, _) = page(&intake, HERE, headers).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{headers:?}");
    }
}

#[tokio::test]
async fn a_page_of_somebody_elses_has_the_browser_load_nothing_and_notes_no_look() {
    let intake = start(node("Xã A").0);
    let written = |node: &mut OfficeNode| node.position().unwrap().n;
    let before = intake.ask(written).await.unwrap();
    let here = ("host", "127.0.0.1:8080");
    for from in ["cross-site", "same-site", "x", ""] {
        for headers in [
            &[here, ("sec-fetch-site", from)][..],
            &[here, ("sec-fetch-site", "none"), ("sec-fetch-site", from)],
        ] {
            let (status, words) = page(&intake, HERE, headers).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{headers:?}");
            assert!(!words.contains("Xã"), "{words}");
        }
    }
    assert_eq!(intake.ask(written).await.unwrap(), before);
    for from in ["none", "same-origin"] {
        let (status, _) = page(&intake, HERE, &[here, ("sec-fetch-site", from)]).await;
        assert_eq!(status, StatusCode::OK, "{from}");
    }
    assert!(intake.ask(written).await.unwrap() > before);
}

#[tokio::test]
async fn the_page_is_not_made_anew_for_everybody_who_asks_at_once() {
    let intake = start(node("Xã A").0);
    let app = router(intake.clone())
        .layer(Extension(Peer(HERE.parse().unwrap())))
        .layer(Extension(Here("127.0.0.1:8080".parse().unwrap())));
    let shown = async || {
        let request = HttpRequest::get("/").header("host", "127.0.0.1:8080");
        let request = request.body(Body::empty()).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    // The name changes between two who ask; on a machine that stood still meanwhile it is tried again.
    let mut is_kept = false;
    for n in 0..20 {
        let before = shown().await;
        let name = format!("Xã số {n}");
        let said = name.clone();
        let named = move |node: &mut OfficeNode| {
            let unit = Target::at(node.root(), kind::by_name("unit").unwrap(), b"");
            let name = Values::from([("name".into(), Value::Text(said))]);
            node.edit(unit, &name, NOW, &mut chance()).unwrap();
        };
        intake.ask(named).await.unwrap();
        let after = shown().await;
        assert!(after == before || after.contains(&name));
        is_kept |= after == before;
    }
    assert!(is_kept);
}

#[tokio::test]
async fn what_a_proxy_or_tunnel_on_the_offices_machine_passes_on_does_not_read_the_register() {
    let intake = start(node("Xã A").0);
    for passed_on in [
        ("forwarded", "for=203.0.113.7"),
        ("x-forwarded-for", "203.0.113.7"),
        ("x-forwarded-host", "xa.example"),
        ("x-real-ip", "203.0.113.7"),
        ("via", "1.1 proxy"),
        ("cf-connecting-ip", "203.0.113.7"),
    ] {
        let (status, words) = page(&intake, HERE, &[("host", "127.0.0.1:8080"), passed_on]).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{passed_on:?}");
        assert!(!words.contains("Xã"), "{words}");
    }
}

#[tokio::test]
async fn a_fault_in_one_job_ends_that_job_and_no_other() {
    let rng = &mut chance();
    let (mut a, _a) = node("Xã A");
    let (mut good, mut bad) = (device(&mut a), device_of(&mut a, 8));
    let unit = Target::at(a.root(), kind::by_name("unit").unwrap(), b"");
    for (phone, note) in [(&mut good, "tốt"), (&mut bad, "hỏng")] {
        let (request, mut exchange) = phone.request(NOW, rng).unwrap();
        let answer = a.handle(&[request], NOW).remove(0).unwrap();
        let mut frames = chibo_core::wire::FrameReader::new();
        frames.feed(&answer);
        while let Some(frame) = frames.next_frame().unwrap() {
            phone.receive(&mut exchange, &frame).unwrap();
        }
        let note = Values::from([("note".into(), Value::Text(note.into()))]);
        phone.edit(unit, &note, NOW, rng).unwrap();
    }
    // A program that cannot bear what one device wrote, in the middle of writing it down.
    let bad_grant = bad.author().unwrap().grant_hash;
    a.object_to(Some(Box::new(move |segment| {
        assert_ne!(segment.grant, bad_grant, "Nguyễn Thị Ấm");
        false
    })));
    let intake = start(a);
    let (fine, _) = good.request(NOW, rng).unwrap();
    let (meets, _) = bad.request(NOW, rng).unwrap();
    // All in one batch: the thread is kept busy until all of them wait.
    let (go_on, until_told) = channel::<()>();
    let slow = intake.ask(move |_| until_told.recv().is_err());
    let asked = [fine.clone(), meets.clone(), fine];
    let together = asked.map(|bytes| intake.sync(bytes));
    let [first, second, third] = together;
    let (slow, first, second, third, ()) = tokio::join!(slow, first, second, third, async {
        drop(go_on);
    });
    assert!(slow.unwrap());
    assert!(matches!(first, Ok(Ok(_))), "{first:?}");
    assert_eq!(second, Err(intake::Busy::Failed));
    assert!(matches!(third, Ok(Ok(_))), "{third:?}");
    let (status, words) = ask(&intake, ELSEWHERE, "POST", "/v1/sync", meets).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(words, "the node could not do this\n");

    // A question, too; and then the node is as it was.
    let failed = intake.ask(|_| -> () { panic!("Nguyễn Thị Ấm") }).await;
    assert_eq!(failed, Err(intake::Busy::Failed));
    let (note, faults) = intake
        .ask(move |node| {
            let (_, values) = node.values(unit.doc).unwrap().unwrap();
            let report = node.store().read(|tx| check::check(tx, node.tree(), true));
            (values.get("note").map(Value::shown), report.unwrap().faults)
        })
        .await
        .unwrap();
    assert_eq!(note.as_deref(), Some("tốt"));
    assert_eq!(faults, Vec::<String>::new());
    let (status, words) = ask(&intake, ELSEWHERE, "GET", "/health", vec![]).await;
    assert_eq!((status, &*words), (StatusCode::OK, "ok\n"));
}

#[tokio::test]
async fn a_node_that_does_not_run_any_more_says_so_where_its_health_is_asked() {
    let (intake, thread) = intake::start(node("Xã A").0, Box::new(|| NOW), Box::new(chance()));
    intake.stop();
    tokio::task::spawn_blocking(move || thread.join().expect("it ended in peace"))
        .await
        .unwrap();
    let (status, words) = ask(&intake, ELSEWHERE, "GET", "/health", vec![]).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{words}");
    let (status, _) = ask(&intake, ELSEWHERE, "POST", "/v1/sync", b"x".to_vec()).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
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

/// A request with a signature of its own that names this grant.
fn asking(log: LogId, grant: u64, key: &SecretKey) -> Vec<u8> {
    Request {
        log,
        grant,
        time: NOW,
        position: Position::START,
        wiped: false,
        cut: 0,
        wants_own: false,
        pending: Vec::new(),
        cursor: None,
        halved: 0,
        controls: Vec::new(),
        recovery: None,
        segments: 0,
    }
    .seal(&[], &[], key)
}

/// Nothing in it says who is here.
fn names_nobody(words: &str) {
    assert_eq!(words.lines().count(), 1, "{words}");
    for told in ["Xã", "Quang", "/", ".db", "scope", "secretary", "member"] {
        assert!(!words.contains(told), "{words}");
    }
    let digits = words.chars().filter(char::is_ascii_hexdigit).count();
    assert!(digits < words.len(), "no id: {words}");
    let longest = words.split(|c: char| !c.is_ascii_hexdigit()).map(str::len);
    assert!(longest.max().unwrap_or(0) < 8, "no id: {words}");
}

#[tokio::test]
async fn who_guesses_at_grants_learns_nothing_from_the_answers() {
    let (mut a, _a) = node("Xã A");
    let phone = device(&mut a);
    let (log, n) = (a.log(), phone.author().unwrap().grant);
    let office = a.devices().unwrap()[0].n;
    let gone = device_of(&mut a, 8).author().unwrap().grant;
    a.revoke(gone, false, false, NOW).unwrap();
    let intake = start(a);
    let stranger = SecretKey::from_seed([3; 32]);
    let mut answers = Vec::new();
    // One that stands, the office's own, one that ended, one that never was, and numbers that mean something else.
    for grant in [n, office, gone, 1, 0, 987_654, u64::MAX >> 1] {
        let request = asking(log, grant, &stranger);
        answers.push(ask(&intake, ELSEWHERE, "POST", "/v1/sync", request).await);
    }
    assert_eq!(answers[0].0, StatusCode::UNAUTHORIZED);
    names_nobody(&answers[0].1);
    assert!(answers.iter().all(|a| *a == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn who_guesses_at_tickets_learns_nothing_from_the_answers() {
    let rng = &mut chance();
    let (mut a, _a) = node("Xã A");
    let (mut b, _b) = node_of(77, "Xã B");
    let offer = |node: &OfficeNode, expires| {
        Offer::new(Role::Office, node.root(), PersonId([1; 16]), expires)
    };
    let later = Timestamp(NOW.0 + 60);
    let (terms, other) = (offer(&a, later), offer(&b, later));
    let good = a.ticket("http://x", &terms, rng).unwrap();
    let theirs = b.ticket("http://x", &other, rng).unwrap();
    let key = SecretKey::from_seed([3; 32]);
    let guess = |secret, log| {
        let ticket = Ticket {
            log,
            pass: Pass::Secret(secret),
            ..good.clone()
        };
        ticket.request(&key).to_bytes()
    };
    let Pass::Secret(their_secret) = theirs.pass else {
        panic!("a ticket of an office");
    };
    let log = a.log();
    let intake = start(a);
    // Never given, another node's, and another node's as it was made for that.
    let made_up = Once::random(rng);
    for secret in [made_up, their_secret] {
        let why = refusal(&intake, guess(secret, log)).await;
        assert_eq!(why, Unknown::NotOurs);
    }
    // Who does not know which node this is learns as little of a good ticket as of none.
    let Pass::Secret(secret) = good.pass else {
        panic!("a ticket of an office");
    };
    let mut answers = Vec::new();
    for secret in [secret, made_up, their_secret] {
        let request = guess(secret, theirs.log);
        answers.push(ask(&intake, ELSEWHERE, "POST", "/v1/enrol", request).await);
    }
    names_nobody(&answers[0].1);
    assert!(answers.iter().all(|a| *a == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn who_guesses_at_codes_learns_nothing_from_the_answers_and_gets_as_few_tries_as_at_tickets()
{
    let rng = &mut chance();
    let (mut a, _a) = node("Xã A");
    let (mut b, _b) = node_of(77, "Xã B");
    let later = Timestamp(NOW.0 + 60);
    let mut given = |node: &mut OfficeNode| {
        let offer = Offer::new(Role::Office, node.root(), PersonId([1; 16]), later);
        node.ticket("http://x", &offer, rng).unwrap()
    };
    let (good, theirs) = (given(&mut a), given(&mut b));
    let never = Ticket {
        pass: Pass::Secret(Once::random(&mut ChaCha8Rng::seed_from_u64(99))),
        ..good.clone()
    };
    let as_of_here = Ticket {
        log: good.log,
        ..theirs.clone()
    };
    let key = SecretKey::from_seed([3; 32]);
    let question = |ticket: &Ticket| ticket.code().unwrap().question(key.public()).to_bytes();
    let intake = start(a);
    let mut answers = Vec::new();
    for ticket in [&never, &theirs, &as_of_here] {
        let asked = question(ticket);
        answers.push(ask_for_bytes(&intake, ELSEWHERE, "POST", "/v1/ticket", asked).await);
    }
    let nothing = (StatusCode::OK, answer_to_bytes(&Err(Unknown::NotOurs)));
    assert!(answers.iter().all(|a| *a == nothing), "{answers:?}");
    let app = router(intake);
    let (status, _) = ask_of(&app, ELSEWHERE, "/v1/ticket", vec![1; 70]).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    let most = pace::FAILED_ENROLMENTS.burst * 2;
    let count = until_too_often(&app, "/v1/ticket", &question(&never), most).await;
    assert!(count + 1 >= pace::FAILED_ENROLMENTS.burst, "{count}");
    for (path, asked) in [
        ("/v1/ticket", question(&good)),
        ("/v1/enrol", good.request(&key).to_bytes()),
    ] {
        let (status, _) = ask_of(&app, ELSEWHERE, path, asked.clone()).await;
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "not even looked at");
        let (status, _) = ask_of(&app, NEIGHBOUR, path, asked).await;
        assert_eq!(status, StatusCode::OK);
    }
}

#[tokio::test]
async fn an_introduction_by_strangers_is_answered_as_one_by_those_of_another_node() {
    let rng = &mut chance();
    let (a, _a) = node("Xã A");
    let (mut b, _b) = node_of(77, "Xã B");
    let theirs = device(&mut b);
    let of_another = theirs.introduction().unwrap().to_bytes();
    let stranger = SecretKey::from_seed([3; 32]);
    let terms = Offer::new(Role::Secretary, a.root(), PersonId([1; 16]), NOW);
    let mut made_up = Vec::new();
    for root in [a.root(), PlaceId([7; 16])] {
        let offer = Offer {
            place: root,
            ..terms.clone()
        };
        let grant = offer.grant(a.log(), stranger.public(), Custody::Device, rng);
        let grants = vec![grant.signed(&stranger)];
        made_up.push(EnrolRequest::introducing(grants, &stranger).to_bytes());
    }
    let intake = start(a);
    for request in made_up {
        // Whether the place is here or not.
        assert_eq!(refusal(&intake, request).await, Unknown::NotOurs);
    }
    let (status, words) = ask(&intake, ELSEWHERE, "POST", "/v1/enrol", of_another).await;
    assert!(status.is_client_error(), "{words}");
    names_nobody(&words);
}

/// How often the same is answered with something else than "too often".
async fn until_too_often(app: &Router, path: &str, request: &[u8], most: u32) -> u32 {
    for count in 0..=most {
        let (status, words) = ask_of(app, ELSEWHERE, path, request.to_vec()).await;
        if status == StatusCode::TOO_MANY_REQUESTS {
            names_nobody(&words);
            return count;
        }
    }
    panic!("it is answered for ever");
}

async fn ask_of(app: &Router, peer: &str, path: &str, body: Vec<u8>) -> (StatusCode, String) {
    let app = app.clone().layer(Extension(Peer(peer.parse().unwrap())));
    let request = HttpRequest::post(path).body(Body::from(body)).unwrap();
    let response = app.oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8_lossy(&bytes).into_owned())
}

const NEIGHBOUR: &str = "203.0.113.8:50000";

#[tokio::test]
async fn a_device_that_asks_without_end_is_told_to_come_again_wherever_it_is_and_others_are_answered()
 {
    let rng = &mut chance();
    let (mut a, _a) = node("Xã A");
    let (mut one, mut other) = (device(&mut a), device_of(&mut a, 8));
    let app = router(start(a));
    let (request, _) = one.request(NOW, rng).unwrap();
    let (others, _) = other.request(NOW, rng).unwrap();
    // Some more, since time passes meanwhile.
    let count = until_too_often(&app, "/v1/sync", &request, 2 * pace::DEVICE.burst).await;
    assert!(count >= pace::DEVICE.burst, "{count}");
    let (status, _) = ask_of(&app, NEIGHBOUR, "/v1/sync", request.clone()).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "from elsewhere too");
    let (status, _) = ask_of(&app, ELSEWHERE, "/v1/sync", others.clone()).await;
    assert_eq!(status, StatusCode::OK, "another device at the same address");
    let (status, _) = ask_of(&app, HERE, "/v1/sync", request).await;
    assert_eq!(status, StatusCode::OK, "this machine is exempt");
}

#[tokio::test]
async fn who_asks_for_evidence_or_codes_without_end_has_no_more_than_who_syncs() {
    let rng = &mut chance();
    let (mut a, _a) = node("Xã A");
    let (mut one, mut other) = (device(&mut a), device_of(&mut a, 8));
    let unit = Target::at(a.root(), kind::by_name("unit").unwrap(), b"");
    let log = a.log();
    let (of, key) = (one.author().unwrap().grant, one.key().clone());
    let evidence = EvidenceRequest::new(log, of, unit.doc, &key).to_bytes();
    let code = other.author().unwrap().grant;
    let forged = SecretKey::from_seed([3; 32]);
    let app = router(start(a));
    // Whoever speaks in its name takes nothing from it.
    let lie = EvidenceRequest::new(log, of, unit.doc, &forged).to_bytes();
    for _ in 0..pace::DEVICE.burst + 10 {
        let (status, _) = ask_of(&app, NEIGHBOUR, "/v1/evidence", lie.clone()).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
    let most = 2 * pace::DEVICE.burst;
    let count = until_too_often(&app, "/v1/evidence", &evidence, most).await;
    assert!(count >= pace::DEVICE.burst, "{count}");
    // One share for all that it asks, however it asks it.
    let (request, _) = one.request(NOW, rng).unwrap();
    let (status, _) = ask_of(&app, ELSEWHERE, "/v1/sync", request).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    let codes = RecoveryRequest::new(log, of, code, &key).to_bytes();
    let (status, _) = ask_of(&app, ELSEWHERE, "/v1/recovery", codes).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    let (others, _) = other.request(NOW, rng).unwrap();
    let (status, _) = ask_of(&app, ELSEWHERE, "/v1/sync", others).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn a_question_for_which_the_node_reads_much_counts_for_many() {
    let rng = &mut chance();
    let (mut a, _a) = node("Xã A");
    let one = device(&mut a);
    let unit = Target::at(a.root(), kind::by_name("unit").unwrap(), b"");
    for n in 0..600 {
        let name = Value::Text(format!("Xã A {n}"));
        let values: Values = [("name".to_owned(), name)].into();
        a.edit(unit, &values, NOW, rng).unwrap();
        a.submit(NOW, rng).unwrap();
    }
    let (of, key) = (one.author().unwrap().grant, one.key().clone());
    let asked = EvidenceRequest::new(a.log(), of, unit.doc, &key).to_bytes();
    let (told, looked_at) = a.evidence_weighed(&asked, NOW).unwrap();
    assert!(looked_at >= 600);
    let app = router(start(a));
    let by_length = told.len() / pace::ANSWER_UNIT;
    let most = pace::DEVICE.burst / u32::try_from(by_length + 4).unwrap();
    until_too_often(&app, "/v1/evidence", &asked, most).await;
}

#[tokio::test]
async fn who_asks_for_codes_without_end_is_told_to_come_again() {
    let rng = &mut chance();
    let (mut a, _a) = node("Xã A");
    let (branch, root) = (PlaceId::random(rng), a.root());
    let places = [(branch, PlaceKind::Branch, root)];
    a.edit_many(&places, &[], NOW, rng).unwrap();
    let mut within = |role, seed| {
        let mut phone = Phone::create(MemoryStore::new(), rng).unwrap();
        let person = PersonId([seed; 16]);
        let offer = Offer::new(role, branch, person, Timestamp(u64::MAX >> 1));
        let ticket = a.ticket("http://x", &offer, rng).unwrap();
        let request = ticket.request(phone.key()).to_bytes();
        let reply = a.enrol(&request, NOW, rng).unwrap();
        phone.enrolled(&ticket, &reply).unwrap();
        phone
    };
    let (leader, deputy) = (within(Role::Secretary, 1), within(Role::Deputy, 2));
    let (by, of) = (&leader.author().unwrap(), deputy.author().unwrap().grant);
    let codes = RecoveryRequest::new(by.log, by.grant, of, leader.key()).to_bytes();
    let app = router(start(a));
    let most = 2 * pace::DEVICE.burst;
    let count = until_too_often(&app, "/v1/recovery", &codes, most).await;
    assert!(count >= pace::DEVICE.burst, "{count}");
}

#[tokio::test]
async fn nobody_shuts_a_device_out_by_speaking_in_its_name() {
    let rng = &mut chance();
    let (mut a, _a) = node("Xã A");
    let mut phone = device(&mut a);
    let (log, grant) = (a.log(), phone.author().unwrap().grant);
    let app = router(start(a));
    let forged = asking(log, grant, &SecretKey::from_seed([3; 32]));
    for _ in 0..pace::DEVICE.burst + 10 {
        let (status, _) = ask_of(&app, NEIGHBOUR, "/v1/sync", forged.clone()).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
    }
    let (request, _) = phone.request(NOW, rng).unwrap();
    let (status, _) = ask_of(&app, ELSEWHERE, "/v1/sync", request).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn an_address_that_asks_without_end_is_told_to_come_again_and_its_neighbour_is_answered() {
    let app = router(start(node("Xã A").0));
    let most = pace::ADDRESS.burst * 3;
    let count = until_too_often(&app, "/v1/sync", b"nonsense", most).await;
    assert!(count >= pace::ADDRESS.burst, "{count}");
    let (status, _) = ask_of(&app, NEIGHBOUR, "/v1/sync", b"nonsense".to_vec()).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn who_guesses_tickets_gets_a_few_tries_and_devices_at_the_same_address_go_on() {
    let rng = &mut chance();
    let (mut a, _a) = node("Xã A");
    let mut phone = device(&mut a);
    let terms = Offer::new(Role::Office, a.root(), PersonId([1; 16]), NOW);
    let mut ticket = a.ticket("http://x", &terms, rng).unwrap();
    let key = SecretKey::from_seed([3; 32]);
    let good = ticket.request(&key).to_bytes();
    ticket.pass = Pass::Secret(Once::random(rng));
    let guess = ticket.request(&key).to_bytes();
    let app = router(start(a));
    let most = pace::FAILED_ENROLMENTS.burst * 2;
    let count = until_too_often(&app, "/v1/enrol", &guess, most).await;
    assert!(count >= pace::FAILED_ENROLMENTS.burst, "{count}");
    let (status, _) = ask_of(&app, ELSEWHERE, "/v1/enrol", good.clone()).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS, "not even looked at");
    let (status, _) = ask_of(&app, NEIGHBOUR, "/v1/enrol", good).await;
    assert_eq!(status, StatusCode::OK);
    let (request, _) = phone.request(NOW, rng).unwrap();
    let (status, _) = ask_of(&app, ELSEWHERE, "/v1/sync", request).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn one_address_does_not_fill_a_mailbox_and_its_neighbours_still_leave_their_letters() {
    let folder = TempDir::new().unwrap();
    let terms = Terms {
        name: "thu.example".to_owned(),
        keep: Duration::from_secs(3_600),
        box_letters: 1_000,
        box_bytes: 1 << 30,
        bytes: 1 << 30,
        address_bytes: 100 * 1024,
    };
    let opened = Mailbox::open(folder.path(), terms, &mut chance());
    let app = mailbox::router(Arc::new(opened.unwrap()));
    let put = async |peer: &str, to: BoxId, filled: u8| {
        let letter = Letter {
            sort: Sort::Answer,
            to,
            sealed: vec![filled; 9 * 1024],
        };
        let app = app.clone().layer(Extension(Peer(peer.parse().unwrap())));
        let request = HttpRequest::put(format!("/v1/box/{to}"));
        let request = request.body(Body::from(letter.to_bytes())).unwrap();
        app.oneshot(request).await.unwrap().status()
    };
    // Whichever boxes it fills, and however often it says the same.
    let mut kept = 0;
    for n in 0..40 {
        let to = BoxId([n % 7; 16]);
        for _ in 0..2 {
            match put(ELSEWHERE, to, n).await {
                StatusCode::NO_CONTENT => kept += 1,
                status => assert_eq!(status, StatusCode::TOO_MANY_REQUESTS),
            }
        }
    }
    assert!((2 * 9..=2 * 11).contains(&kept), "{kept}");
    let to = BoxId([1; 16]);
    assert_eq!(put(NEIGHBOUR, to, 99).await, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn one_address_leaves_so_many_letters_and_small_ones_fill_no_mailbox_either() {
    let folder = TempDir::new().unwrap();
    let terms = Terms {
        name: "thu.example".to_owned(),
        keep: Duration::from_secs(3_600),
        box_letters: 1_000,
        box_bytes: 1 << 30,
        bytes: 1 << 30,
        address_bytes: 1 << 30,
    };
    let opened = Mailbox::open(folder.path(), terms, &mut chance());
    let opened = Arc::new(opened.unwrap());
    let put = |peer: &str, n: u32| {
        let letter = Letter {
            sort: Sort::Answer,
            to: BoxId([(n % 100) as u8; 16]),
            sealed: n.to_be_bytes().to_vec(),
        };
        opened.keep(&letter, peer.parse::<std::net::SocketAddr>().unwrap().ip())
    };
    let bound = limits::MAILBOX_ADDRESS_LETTERS;
    let kept = (0..bound + 50)
        .filter(|n| put(ELSEWHERE, *n).is_ok())
        .count();
    // Some of the share comes back while it is used up.
    assert!(
        (bound as usize..bound as usize + 5).contains(&kept),
        "{kept}"
    );
    assert!(put(NEIGHBOUR, 0x00ff_ffff).is_ok());
}
