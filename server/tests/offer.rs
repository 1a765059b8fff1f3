//! The office offers the app's package to phones: to whoever asks, in pieces, from any byte on, and over the node's own
//! TLS.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Extension;
use axum::http::{HeaderMap, Request, StatusCode};
use chibo_core::carriers::app::{AppOffer, Piece, SHA256, SIZE};
use chibo_core::carriers::http::{CarrierError, HttpNode, Options};
use chibo_core::id::{LogId, hex};
use chibo_core::limits;
use chibo_core::lock::StoreKey;
use chibo_core::node::Node;
use chibo_core::store::sqlite::{Durability, SqliteStore};
use chibo_core::time::Timestamp;
use chibo_server::intake::{self, OfficeNode};
use chibo_server::offer::{OfferError, Package};
use chibo_server::pace;
use chibo_server::room::Room;
use chibo_server::router::{Peer, router_offering};
use chibo_server::{serve, tls};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tower::ServiceExt;

const NOW: Timestamp = Timestamp(1_790_000_000);
const ELSEWHERE: &str = "203.0.113.7:50000";
const ANOTHER: &str = "203.0.113.8:50000";
const LENGTH: usize = limits::APP_PIECE_BYTES * 2 + 1_000;

fn chance() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(5)
}

fn node(folder: &TempDir) -> OfficeNode {
    let (path, key) = (folder.path().join("node.db"), StoreKey::from_bytes([1; 32]));
    let store = SqliteStore::create(&path, &key, Durability::Relaxed).unwrap();
    Node::init(store, "Xã A", NOW, &mut chance()).unwrap().0
}

fn bytes(length: usize) -> Vec<u8> {
    let mut bytes: Vec<u8> = (0..length).map(|n| (n / 7 % 251) as u8).collect();
    bytes[..4].copy_from_slice(b"PK\x03\x04");
    bytes
}

fn package() -> Package {
    Package::of(bytes(LENGTH)).unwrap()
}

fn routes(folder: &TempDir, room: Room, package: Option<Package>) -> Router {
    let (intake, _) = intake::start(node(folder), Box::new(|| NOW), Box::new(chance()));
    router_offering(intake, room, package)
}

async fn ask(
    routes: &Router,
    peer: &str,
    method: &str,
    byte: &str,
) -> (StatusCode, HeaderMap, Body) {
    let asked = Request::builder()
        .method(method)
        .uri(format!("/v1/app/{byte}"));
    let asked = asked.body(Body::empty()).unwrap();
    let peer = Extension(Peer(peer.parse().unwrap()));
    let response = routes.clone().layer(peer).oneshot(asked).await.unwrap();
    let (head, body) = response.into_parts();
    (head.status, head.headers, body)
}

async fn read(body: Body) -> Vec<u8> {
    to_bytes(body, usize::MAX).await.unwrap().to_vec()
}

#[tokio::test]
async fn whoever_asks_is_told_size_and_hash_and_gets_it_in_pieces_from_any_byte() {
    let folder = TempDir::new().unwrap();
    let routes = routes(&folder, Room::default(), Some(package()));
    let (status, headers, body) = ask(&routes, ELSEWHERE, "HEAD", "0").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(headers[SIZE], LENGTH.to_string());
    assert_eq!(headers[SHA256], package().sha256());
    assert!(read(body).await.is_empty());

    let whole = bytes(LENGTH);
    for from in [0, 1, 77_777, limits::APP_PIECE_BYTES, LENGTH - 1, LENGTH] {
        let (status, headers, body) = ask(&routes, ELSEWHERE, "GET", &from.to_string()).await;
        assert_eq!(
            (status, &headers[SIZE]),
            (StatusCode::OK, &LENGTH.to_string().parse().unwrap())
        );
        let end = (from + limits::APP_PIECE_BYTES).min(LENGTH);
        assert!(read(body).await == whole[from..end], "from {from}");
    }
}

#[tokio::test]
async fn what_is_no_byte_of_it_is_refused_and_without_a_package_there_is_nothing() {
    let folder = TempDir::new().unwrap();
    let with = routes(&folder, Room::default(), Some(package()));
    let past = (LENGTH + 1).to_string();
    for byte in [&past, "-1", "x", "0x10", "99999999999999999999999"] {
        let (status, headers, body) = ask(&with, ELSEWHERE, "GET", byte).await;
        assert_eq!(status, StatusCode::RANGE_NOT_SATISFIABLE, "{byte}");
        assert_eq!(headers[SHA256], package().sha256(), "says what it is of");
        assert_eq!(read(body).await.iter().filter(|b| **b == b'\n').count(), 1);
    }
    let (status, ..) = ask(&with, ELSEWHERE, "POST", "0").await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    let folder = TempDir::new().unwrap();
    let without = routes(&folder, Room::default(), None);
    let (status, ..) = ask(&without, ELSEWHERE, "GET", "0").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_fetches_too_much_or_reads_nothing_of_it_takes_nothing_from_others() {
    let folder = TempDir::new().unwrap();
    let impatient = Room::with_patience(Duration::from_secs(30), Duration::from_millis(1));
    let routes = routes(&folder, impatient, Some(package()));
    let mut unread = Vec::new();
    let full = loop {
        let (status, _, body) = ask(&routes, ELSEWHERE, "GET", "0").await;
        match status {
            StatusCode::OK => unread.push(body),
            other => break other,
        }
    };
    assert_eq!(full, StatusCode::SERVICE_UNAVAILABLE);
    let half = limits::NODE_ANSWERS_BYTES / limits::APP_PIECE_BYTES / 2;
    assert_eq!(unread.len(), half);
    assert_eq!(ask(&routes, ANOTHER, "GET", "0").await.0, StatusCode::OK);
    drop(unread);

    let asked = half as u32 + 1;
    for _ in asked..pace::ADDRESS.burst {
        assert_eq!(ask(&routes, ELSEWHERE, "HEAD", "0").await.0, StatusCode::OK);
    }
    let mut status = StatusCode::OK;
    // A few are forgotten while this goes on.
    for _ in 0..pace::ADDRESS.burst {
        status = ask(&routes, ELSEWHERE, "HEAD", "0").await.0;
        if status != StatusCode::OK {
            break;
        }
    }
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(ask(&routes, ANOTHER, "HEAD", "0").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_phone_fetches_it_over_the_tls_of_its_node_and_from_no_other() {
    let folder = TempDir::new().unwrap();
    let node = node(&folder);
    let acceptor = tls::acceptor(node.epoch(), &node.tls_key().unwrap(), None).unwrap();
    let pinned = Options::for_node(node.log(), node.epoch().epoch);
    let (intake, _) = intake::start(node, Box::new(|| NOW), Box::new(chance()));
    let routes = router_offering(intake, Room::default(), Some(package()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let stop = std::future::pending();
    tokio::spawn(serve::accept_for(listener, routes, Some(acceptor), stop));

    let node = HttpNode::new(&url, &pinned).unwrap();
    let offer = node.app_offer().await.unwrap().unwrap();
    assert_eq!(
        (offer.size, hex(&offer.sha256).as_str()),
        (LENGTH, package().sha256())
    );
    let mut got = Vec::new();
    while got.len() < offer.size {
        let from = got.len();
        let mut take = |bytes: &[u8]| -> Result<(), CarrierError> {
            got.extend_from_slice(bytes);
            Ok(())
        };
        let piece = node.app_piece(&offer, from, &mut take).await.unwrap();
        assert!(matches!(piece, Piece::Came(n) if n > 0));
    }
    assert!(got == bytes(LENGTH));

    let other = AppOffer {
        sha256: [7; 32],
        ..offer
    };
    let mut nothing = |_: &[u8]| -> Result<(), CarrierError> { panic!("it is of another") };
    let piece = node.app_piece(&other, 0, &mut nothing).await.unwrap();
    assert_eq!(piece, Piece::Changed);

    let stranger = Options::for_node(LogId([9; 16]), 1);
    let refused = HttpNode::new(&url, &stranger).unwrap().app_offer().await;
    assert!(
        matches!(refused, Err(CarrierError::AnotherNode)),
        "{refused:?}"
    );
}

#[test]
fn a_file_that_is_no_package_or_too_long_is_not_offered() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("app.apk");
    let missing = Package::read(&path);
    assert!(matches!(missing, Err(OfferError::File(_))));
    for no_package in [&b""[..], b"PK", b"%PDF-1.7 and so on"] {
        std::fs::write(&path, no_package).unwrap();
        assert!(matches!(Package::read(&path), Err(OfferError::NoPackage)));
    }
    std::fs::write(&path, bytes(limits::APP_BYTES)).unwrap();
    assert_eq!(Package::read(&path).unwrap().size(), limits::APP_BYTES);
    std::fs::write(&path, bytes(limits::APP_BYTES + 1)).unwrap();
    assert!(matches!(Package::read(&path), Err(OfferError::TooLong)));
}
