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
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower::ServiceExt;

/// Connections at the same time.
const CONNECTIONS: usize = 512;
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
    clock: Clock,
    chance: Chance,
    stop: impl Future<Output = ()>,
) -> Option<OfficeNode> {
    let (intake, thread) = intake::start(node, clock, chance);
    accept(listener, &intake, stop).await;
    intake.stop();
    join(thread).await
}

async fn join(thread: IntakeThread) -> Option<OfficeNode> {
    tokio::task::spawn_blocking(move || thread.join())
        .await
        .ok()
        .flatten()
}

/// Accepts connections over an intake that runs already.
pub async fn accept(listener: TcpListener, intake: &Intake, stop: impl Future<Output = ()>) {
    let router = router(intake.clone());
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
    let places = Arc::new(Semaphore::new(CONNECTIONS));
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
        let Ok(place) = places.clone().try_acquire_owned() else {
            continue; // Closed at once; the device comes again.
        };
        // Without it, small answers wait for an acknowledgement.
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(with_peer(router.clone(), peer));
        let connection = builder
            .serve_connection(TokioIo::new(stream), service)
            .into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            let _ = tokio::time::timeout(CONNECTION_LIFE, connection).await;
            drop(place);
        });
    }
    drop(listener);
    let _ = tokio::time::timeout(FAREWELL, graceful.shutdown()).await;
}

/// Done when the system asks the program to end (SIGTERM or Ctrl-C).
pub async fn stop_signal() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            _ = terminate.recv() => Ok(()),
            result = tokio::signal::ctrl_c() => result,
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
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
