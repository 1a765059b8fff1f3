//! The server's loop: accepts connections, speaks HTTP/1.1 and HTTP/2, and ends cleanly.
//!
//! The loop is our own because a sync that brings nothing new should cost some 400 bytes: no date
//! header, no delay of small packets. A client that is slow, silent or one too many is let go.

use crate::intake::{self, Chance, Clock, Intake, IntakeThread, OfficeNode};
use crate::router::{Peer, router};
use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::collections::BTreeMap;
use std::future::Future;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

/// Connections at the same time.
const CONNECTIONS: usize = 512;
/// Connections from one address: many phones share one behind a mobile network, and one machine that
/// means harm must not keep all others out.
const CONNECTIONS_EACH: usize = 128;
/// Bytes that a connection may hold back by itself, beside the node's room for requests and answers.
const CONNECTION_BUFFER: usize = 64 * 1024;
/// How long a client may take for the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// How long one connection may live: long enough for the slowest line, and then it comes again.
const CONNECTION_LIFE: Duration = Duration::from_secs(15 * 60);
/// How long open requests may take when the server ends.
const FAREWELL: Duration = Duration::from_secs(10);

/// Serves the node on a listener until `stop` is done; gives the node back.
pub async fn serve(
    node: OfficeNode,
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    clock: Clock,
    chance: Chance,
    stop: impl Future<Output = ()>,
) -> Option<OfficeNode> {
    let (intake, thread) = intake::start(node, clock, chance);
    accept(listener, &intake, tls, stop).await;
    intake.stop();
    join(thread).await
}

async fn join(thread: IntakeThread) -> Option<OfficeNode> {
    tokio::task::spawn_blocking(move || thread.join())
        .await
        .ok()
        .flatten()
}

/// Accepts connections over an intake that runs already. With `tls`, the first byte tells TLS from plain
/// HTTP on the same address; without encryption only this very machine is answered.
pub async fn accept(
    listener: TcpListener,
    intake: &Intake,
    tls: Option<TlsAcceptor>,
    stop: impl Future<Output = ()>,
) {
    accept_for(listener, router(intake.clone()), tls, stop).await;
}

/// As [`accept`], for any routes.
pub async fn accept_for(
    listener: TcpListener,
    router: Router,
    tls: Option<TlsAcceptor>,
    stop: impl Future<Output = ()>,
) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .auto_date_header(false)
        .max_buf_size(CONNECTION_BUFFER)
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT);
    builder
        .http2()
        .auto_date_header(false)
        .max_send_buf_size(CONNECTION_BUFFER)
        .timer(TokioTimer::new())
        .keep_alive_interval(Some(HEAD_TIMEOUT));
    let builder = Arc::new(builder);
    let graceful = GracefulShutdown::new();
    let places = Places::default();
    tokio::pin!(stop);
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                // Too many open files, or the client was gone already: go on with the next.
                Err(_) => {
                    tokio::task::yield_now().await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let Some(place) = places.take(peer.ip()) else {
            continue; // Closed at once; the device comes again.
        };
        let service = TowerToHyperService::new(with_peer(router.clone(), peer));
        let (builder, tls, watcher) = (builder.clone(), tls.clone(), graceful.watcher());
        tokio::spawn(async move {
            let _place = place;
            let life = async {
                let Some(stream) = begin(stream, peer, tls).await else {
                    return;
                };
                let connection = builder.serve_connection(TokioIo::new(stream), service);
                let _ = watcher.watch(connection.into_owned()).await;
            };
            let _ = tokio::time::timeout(CONNECTION_LIFE, life).await;
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(FAREWELL, graceful.shutdown()).await;
}

/// A connection that is ready for HTTP.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// The first byte of a TLS connection: a handshake record (RFC 8446, section 5.1).
const TLS_HANDSHAKE: u8 = 22;

async fn begin(
    stream: TcpStream,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
) -> Option<Box<dyn Stream>> {
    // Without it, small answers wait for an acknowledgement.
    let _ = stream.set_nodelay(true);
    let shake = async {
        let mut first = [0];
        stream.peek(&mut first).await.ok()?;
        match tls {
            Some(tls) if first[0] == TLS_HANDSHAKE => {
                let stream: Box<dyn Stream> = Box::new(tls.accept(stream).await.ok()?);
                Some(stream)
            }
            _ if peer.ip().is_loopback() => Some(Box::new(stream) as Box<dyn Stream>),
            _ => None,
        }
    };
    tokio::time::timeout(HEAD_TIMEOUT, shake).await.ok()?
}

/// Room for connections: so many in all, and so many from one address.
#[derive(Debug, Clone, Default)]
struct Places(Arc<Mutex<BTreeMap<IpAddr, usize>>>);

/// One connection's place; given back when it ends.
struct Place {
    places: Places,
    from: IpAddr,
}

impl Places {
    fn taken(&self) -> std::sync::MutexGuard<'_, BTreeMap<IpAddr, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, from: IpAddr) -> Option<Place> {
        let mut taken = self.taken();
        let all: usize = taken.values().sum();
        let here = taken.get(&from).copied().unwrap_or(0);
        if all >= CONNECTIONS || (here >= CONNECTIONS_EACH && !from.is_loopback()) {
            return None;
        }
        taken.insert(from, here + 1);
        let places = self.clone();
        Some(Place { places, from })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        let left = taken.get(&self.from).map_or(0, |n| n.saturating_sub(1));
        match left {
            0 => taken.remove(&self.from),
            n => taken.insert(self.from, n),
        };
    }
}

/// Done when the system asks the program to end (SIGTERM or Ctrl-C). It is heard from the call on, and not only
/// from the first `await`: call it before anybody is told that the program runs.
pub fn stop_signal() -> impl Future<Output = std::io::Result<()>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let heard = [SignalKind::terminate(), SignalKind::interrupt()].map(signal);
        async {
            let [terminate, interrupt] = heard;
            let (mut terminate, mut interrupt) = (terminate?, interrupt?);
            tokio::select! {
                _ = terminate.recv() => Ok(()),
                _ = interrupt.recv() => Ok(()),
            }
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c()
}

fn with_peer(
    router: Router,
    peer: SocketAddr,
) -> impl tower::Service<
    hyper::Request<hyper::body::Incoming>,
    Response = axum::response::Response,
    Error = std::convert::Infallible,
    Future: Send,
> + Clone
+ Send {
    router
        .layer(axum::Extension(Peer(peer)))
        .map_request(|r: hyper::Request<hyper::body::Incoming>| r.map(axum::body::Body::new))
}
