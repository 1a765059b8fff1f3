//! Clients that are slow, silent, never read or too many: each is let go, over a real connection.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::{get, post};
use chibo_core::carriers::tls::client;
use chibo_core::lock::StoreKey;
use chibo_core::node::Node;
use chibo_core::store::sqlite::{Durability, SqliteStore};
use chibo_core::time::Timestamp;
use chibo_server::intake;
use chibo_server::room::Room;
use chibo_server::router::router_with;
use chibo_server::serve::{Patience, accept_with};
use chibo_server::share::Shares;
use chibo_server::tls;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// How long the server bears it here.
const SOON: Duration = Duration::from_millis(300);
/// How long a test waits for that.
const LATE: Duration = Duration::from_secs(5);
const LONG: Duration = Duration::from_secs(600);

const NOW: Timestamp = Timestamp(1_790_000_000);

fn patience() -> Patience {
    Patience {
        head: SOON,
        stall: LONG,
        life: LONG,
    }
}

async fn serving(router: Router, tls: Option<TlsAcceptor>, patience: Patience) -> SocketAddr {
    serving_so_many(router, tls, patience, Shares::new(64, 64)).await
}

async fn serving_so_many(
    router: Router,
    tls: Option<TlsAcceptor>,
    patience: Patience,
    places: Shares,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = std::future::pending();
    tokio::spawn(accept_with(listener, router, tls, (patience, places), stop));
    address
}

/// A route that reads all and says so.
fn reader() -> Router {
    Router::new().route("/", post(async |body: Bytes| format!("{}", body.len())))
}

/// The node's own certificate, and somebody who connects to it.
fn encrypted(
    folder: &TempDir,
) -> (
    TlsAcceptor,
    TlsConnector,
    rustls::pki_types::ServerName<'static>,
) {
    let key = StoreKey::from_bytes([1; 32]);
    let store = SqliteStore::create(&folder.path().join("node.db"), &key, Durability::Relaxed);
    let rng = &mut ChaCha8Rng::seed_from_u64(5);
    let (node, _) = Node::init(store.unwrap(), "Xã A", NOW, rng).unwrap();
    let acceptor = tls::acceptor(node.epoch(), &node.tls_key().unwrap(), None).unwrap();
    let pin = chibo_core::carriers::http::Options::for_node(node.log(), 1).pin;
    let connector = TlsConnector::from(Arc::new(client(pin, &[], false).unwrap()));
    (acceptor, connector, "127.0.0.1".try_into().unwrap())
}

/// Waits until the server hangs up; what it said before.
async fn until_closed(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut said = Vec::new();
    let closed = tokio::time::timeout(LATE, stream.read_to_end(&mut said)).await;
    // Reset or ended: both are gone.
    let _ = closed.expect("the server lets go");
    said
}

#[tokio::test]
async fn a_handshake_that_never_ends_is_let_go() {
    let folder = TempDir::new().unwrap();
    let (tls, ..) = encrypted(&folder);
    let address = serving(reader(), Some(tls), patience()).await;
    // The first bytes of a handshake, and no byte at all.
    for begun in [&[22, 3, 1, 2, 0, 1][..], &[]] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(begun).await.unwrap();
        until_closed(&mut stream).await;
    }
}

#[tokio::test]
async fn who_asks_nothing_after_the_handshake_is_let_go() {
    let folder = TempDir::new().unwrap();
    let (tls, connector, name) = encrypted(&folder);
    let address = serving(reader(), Some(tls), patience()).await;
    let stream = TcpStream::connect(address).await.unwrap();
    let mut stream = connector.connect(name, stream).await.unwrap();
    until_closed(&mut stream).await;
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_or_stops_is_let_go() {
    let address = serving(reader(), None, patience()).await;
    // Of both kinds of HTTP, and where it cannot be told yet which it is.
    for begun in ["POST / HTTP/1.1\r\nhost: x\r\n", "PRI * HT", "P"] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(begun.as_bytes()).await.unwrap();
        until_closed(&mut stream).await;
    }
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut from, mut into) = stream.into_split();
    let drip = tokio::spawn(async move {
        let _ = into.write_all(b"POST / HTTP/1.1\r\nx: ").await;
        while into.write_all(b"x").await.is_ok() {
            tokio::time::sleep(SOON / 10).await;
        }
    });
    until_closed(&mut from).await;
    drip.abort();
}

#[tokio::test]
async fn who_asked_once_and_stays_silent_is_let_go_and_who_asks_again_is_not() {
    let address = serving(reader(), None, patience()).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    for _ in 0..4 {
        tokio::time::sleep(SOON / 2).await;
        let request = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nab";
        stream.write_all(request).await.unwrap();
        let mut piece = [0; 512];
        let length = stream.read(&mut piece).await.unwrap();
        assert!(piece[..length].starts_with(b"HTTP/1.1 200"));
    }
    until_closed(&mut stream).await;
}

#[tokio::test]
async fn a_body_that_stops_is_let_go() {
    let folder = TempDir::new().unwrap();
    let key = StoreKey::from_bytes([1; 32]);
    let store = SqliteStore::create(&folder.path().join("node.db"), &key, Durability::Relaxed);
    let rng = ChaCha8Rng::seed_from_u64(5);
    let (node, _) = Node::init(store.unwrap(), "Xã A", NOW, &mut rng.clone()).unwrap();
    let (intake, _thread) = intake::start(node, Box::new(|| NOW), Box::new(rng));
    let room = Room::with_patience(SOON, LONG);
    let slow = Patience {
        head: LONG,
        ..patience()
    };
    let address = serving(router_with(intake.clone(), room), None, slow).await;
    for path in ["/v1/sync", "/v1/enrol"] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nab");
        stream.write_all(head.as_bytes()).await.unwrap();
        let said = until_closed(&mut stream).await;
        assert!(said.starts_with(b"HTTP/1.1 408"), "{said:?}");
    }
    intake.stop();
}

/// Says when it is dropped.
struct Told(Option<tokio::sync::oneshot::Sender<()>>);

impl Drop for Told {
    fn drop(&mut self) {
        if let Some(told) = self.0.take() {
            let _ = told.send(());
        }
    }
}

#[tokio::test]
async fn an_answer_that_is_never_read_is_given_up() {
    let (told, dropped) = tokio::sync::oneshot::channel();
    let told = Arc::new(std::sync::Mutex::new(Some(Told(Some(told)))));
    let endless = async move || {
        let told = told.lock().unwrap().take();
        let piece = Bytes::from(vec![7; 64 * 1024]);
        Body::from_stream(futures_util::stream::repeat_with(move || {
            let _held = &told;
            Ok::<_, std::io::Error>(piece.clone())
        }))
    };
    let stalls = Patience {
        stall: SOON,
        ..patience()
    };
    let routes = Router::new().route("/", get(endless));
    let address = serving(routes, None, stalls).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    stream.write_all(head).await.unwrap();
    let let_go = tokio::time::timeout(LATE, dropped).await;
    let_go.expect("the server gives it up").unwrap();
    drop(stream);
}

#[tokio::test]
async fn no_connection_lives_for_ever() {
    let short = Patience {
        head: LONG,
        life: SOON,
        stall: LONG,
    };
    let address = serving(reader(), None, short).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"POST / HTTP/1.1\r\n").await.unwrap();
    until_closed(&mut stream).await;
}

/// Connects from this address of the machine's.
async fn from(address: &str, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket
        .bind(SocketAddr::new(address.parse().unwrap(), 0))
        .unwrap();
    socket.connect(to).await.unwrap()
}

const ASKS: &[u8] = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nab";

/// Asks over this connection; whether there was an answer.
async fn is_answered(stream: &mut TcpStream) -> bool {
    let mut piece = [0; 512];
    // Who was let go already may not be able to write.
    let _ = stream.write_all(ASKS).await;
    let read = tokio::time::timeout(LATE, stream.read(&mut piece)).await;
    let length = read.expect("answered or hung up on").unwrap_or(0);
    piece[..length].starts_with(b"HTTP/1.1 200")
}

#[tokio::test]
async fn one_address_holds_its_share_of_the_connections_and_others_find_theirs() {
    let patient = Patience {
        head: LONG,
        stall: LONG,
        life: LONG,
    };
    let places = Shares::without_exception(5, 3);
    let address = serving_so_many(reader(), None, patient, places).await;
    let (one, other) = ("127.0.0.1", "127.0.0.2");
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut stream = from(one, address).await;
        assert!(is_answered(&mut stream).await);
        held.push(stream);
    }
    let mut too_many = from(one, address).await;
    assert!(!is_answered(&mut too_many).await, "it has its share");
    let mut others = Vec::new();
    for _ in 0..2 {
        let mut stream = from(other, address).await;
        assert!(is_answered(&mut stream).await, "others have theirs");
        others.push(stream);
    }
    let mut past = from(other, address).await;
    assert!(!is_answered(&mut past).await, "there are five in all");
    // Who goes gives the place back.
    drop(held);
    let again = async {
        loop {
            let mut stream = from(one, address).await;
            if is_answered(&mut stream).await {
                break;
            }
        }
    };
    let again = tokio::time::timeout(LATE, again).await;
    again.expect("the place is free again");
}
