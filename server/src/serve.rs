//! The server's loop: accepts connections, speaks HTTP/1.1 and HTTP/2, and ends cleanly.
//!
//! The loop is our own because a sync that brings nothing new should cost some 400 bytes: no date
//! header, no delay of small packets. A client that is slow, silent or one too many is let go.

use crate::intake::{self, Chance, Clock, Intake, IntakeThread, OfficeNode};
use crate::router::{Here, Peer, router};
use crate::share::Shares;
use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Sleep;
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
/// How long a client may take in nothing of an answer. Its line may be that bad; an answer that is never read holds
/// room that others need.
const STALL_TIMEOUT: Duration = Duration::from_secs(60);
/// Requests at the same time on one connection of HTTP/2; a device makes one.
const STREAMS: u32 = 16;
/// How long one connection may live: long enough for the slowest line, and then it comes again.
const CONNECTION_LIFE: Duration = Duration::from_secs(15 * 60);
/// How long open requests may take when the server ends.
const FAREWELL: Duration = Duration::from_secs(10);

/// How long clients may take for what.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a handshake, for the head of a request, and between two requests.
    pub head: Duration,
    /// For taking in some of an answer.
    pub stall: Duration,
    /// For one connection in all.
    pub life: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Patience {
            head: HEAD_TIMEOUT,
            stall: STALL_TIMEOUT,
            life: CONNECTION_LIFE,
        }
    }
}

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
    let places = Shares::new(CONNECTIONS, CONNECTIONS_EACH);
    accept_with(listener, router, tls, (Patience::default(), places), stop).await;
}

/// As [`accept_for`], with another patience and other places: so many connections at the same time in all, and so many
/// from one address.
pub async fn accept_with(
    listener: TcpListener,
    router: Router,
    tls: Option<TlsAcceptor>,
    (patience, places): (Patience, Shares),
    stop: impl Future<Output = ()>,
) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .auto_date_header(false)
        .max_buf_size(CONNECTION_BUFFER)
        .timer(TokioTimer::new())
        .header_read_timeout(patience.head);
    builder
        .http2()
        .auto_date_header(false)
        .max_send_buf_size(CONNECTION_BUFFER)
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(Some(patience.head))
        .keep_alive_timeout(patience.head);
    let builder = Arc::new(builder);
    let graceful = GracefulShutdown::new();
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
        let Some(place) = places.take(peer.ip(), 1) else {
            continue; // Closed at once; the device comes again.
        };
        let Ok(here) = stream.local_addr() else {
            continue; // It is gone already.
        };
        let has_asked = Arc::new(AtomicBool::new(false));
        let service = with_peer(router.clone(), (peer, here), has_asked.clone());
        let service = TowerToHyperService::new(service);
        let (builder, tls, watcher) = (builder.clone(), tls.clone(), graceful.watcher());
        tokio::spawn(async move {
            let _place = place;
            let life = async {
                let Some(stream) = begin(stream, peer, tls, patience).await else {
                    return;
                };
                let connection = builder.serve_connection(TokioIo::new(stream), service);
                // The builder waits for the first bytes without end: it cannot know yet which HTTP they are.
                let silence = async {
                    tokio::time::sleep(patience.head).await;
                    if has_asked.load(Ordering::Relaxed) {
                        std::future::pending::<()>().await;
                    }
                };
                tokio::select! {
                    _ = watcher.watch(connection.into_owned()) => {}
                    () = silence => {}
                }
            };
            let _ = tokio::time::timeout(patience.life, life).await;
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
    patience: Patience,
) -> Option<Box<dyn Stream>> {
    // Without it, small answers wait for an acknowledgement.
    let _ = stream.set_nodelay(true);
    let shake = async {
        let mut first = [0];
        stream.peek(&mut first).await.ok()?;
        let stream = Watched::new(stream, patience.stall);
        match tls {
            Some(tls) if first[0] == TLS_HANDSHAKE => {
                let stream: Box<dyn Stream> = Box::new(tls.accept(stream).await.ok()?);
                Some(stream)
            }
            _ if peer.ip().is_loopback() => Some(Box::new(stream) as Box<dyn Stream>),
            _ => None,
        }
    };
    tokio::time::timeout(patience.head, shake).await.ok()?
}

/// A connection that breaks when its other side takes in nothing for so long.
#[derive(Debug)]
struct Watched {
    stream: TcpStream,
    stall: Duration,
    until: Option<Pin<Box<Sleep>>>,
}

impl Watched {
    fn new(stream: TcpStream, stall: Duration) -> Self {
        let until = None;
        Watched {
            stream,
            stall,
            until,
        }
    }

    fn watch<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.until = None;
            return written;
        }
        let stall = self.stall;
        let until = self
            .until
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(stall)));
        until
            .as_mut()
            .poll(context)
            .map(|()| Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.watch(context, written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.watch(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
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
    (peer, here): (SocketAddr, SocketAddr),
    has_asked: Arc<AtomicBool>,
) -> impl tower::Service<
    hyper::Request<hyper::body::Incoming>,
    Response = axum::response::Response,
    Error = std::convert::Infallible,
    Future: Send,
> + Clone
+ Send {
    let router = router.layer(axum::Extension(Peer(peer)));
    router.layer(axum::Extension(Here(here))).map_request(
        move |r: hyper::Request<hyper::body::Incoming>| {
            has_asked.store(true, Ordering::Relaxed);
            r.map(axum::body::Body::new)
        },
    )
}
