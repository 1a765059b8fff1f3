//! Every route of the node, with the right that it asks for, on one page.
//!
//! | route | right |
//! | --- | --- |
//! | `POST /v1/sync` | a request signed by a device with a grant of this node |
//! | `POST /v1/enrol` | a ticket that was not used |
//! | `GET /` | a connection from this very machine (there is no login yet) |
//! | `GET /health` | none; says nothing but that the node runs |
//!
//! Errors are one short line without personal data. Bodies are bounded.

use crate::intake::{Busy, Intake};
use crate::page;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Extension, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chibo_core::limits;
use chibo_core::node::{EnrolError, Rejection};
use chibo_core::store::StoreError;
use std::net::SocketAddr;

/// Where a connection comes from.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// The router over an intake.
pub fn router(intake: Intake) -> Router {
    Router::new()
        .route(
            "/v1/sync",
            post(sync).layer(DefaultBodyLimit::max(limits::REQUEST_BYTES)),
        )
        .route(
            "/v1/enrol",
            post(enrol).layer(DefaultBodyLimit::max(limits::LINE_BYTES)),
        )
        .route("/", get(first_page))
        .route("/health", get(async || "ok\n"))
        .with_state(intake)
}

fn line(status: StatusCode, words: &str) -> Response {
    (status, format!("{words}\n")).into_response()
}

fn busy(e: Busy) -> Response {
    line(StatusCode::SERVICE_UNAVAILABLE, &e.to_string())
}

fn store(e: &StoreError) -> Response {
    match e {
        StoreError::DiskFull => line(StatusCode::INSUFFICIENT_STORAGE, "the node's disk is full"),
        _ => line(
            StatusCode::SERVICE_UNAVAILABLE,
            "the node's store could not be used",
        ),
    }
}

/// Bytes without any header but their length.
fn plain(bytes: Vec<u8>) -> Response {
    Response::new(bytes.into())
}

async fn sync(State(intake): State<Intake>, body: Bytes) -> Response {
    match intake.sync(body.to_vec()).await {
        Ok(Ok(answer)) => plain(answer),
        Ok(Err(Rejection::Store(e))) => store(&e),
        Ok(Err(e @ Rejection::NotEnrolled)) => line(StatusCode::FORBIDDEN, &e.to_string()),
        Ok(Err(e)) => line(StatusCode::BAD_REQUEST, &e.to_string()),
        Err(e) => busy(e),
    }
}

async fn enrol(State(intake): State<Intake>, body: Bytes) -> Response {
    match intake.enrol(body.to_vec()).await {
        Ok(Ok(reply)) => plain(reply.to_bytes()),
        Ok(Err(EnrolError::Store(e))) => store(&e),
        Ok(Err(e @ EnrolError::Malformed)) => line(StatusCode::BAD_REQUEST, &e.to_string()),
        Ok(Err(e)) => line(StatusCode::FORBIDDEN, &e.to_string()),
        Err(e) => busy(e),
    }
}

async fn first_page(
    State(intake): State<Intake>,
    Extension(Peer(peer)): Extension<Peer>,
) -> Response {
    if !peer.ip().is_loopback() {
        return line(
            StatusCode::FORBIDDEN,
            "Trang này chỉ mở được trên chính máy của văn phòng. \
             This page opens only on the office's own machine.",
        );
    }
    match intake.ask(|node| page::register(node)).await {
        Ok(Ok(html)) => (
            [
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
                (header::CACHE_CONTROL, "no-store"),
                (
                    header::CONTENT_SECURITY_POLICY,
                    "default-src 'none'; style-src 'unsafe-inline'",
                ),
            ],
            html,
        )
            .into_response(),
        Ok(Err(e)) => store(&e),
        Err(e) => busy(e),
    }
}
