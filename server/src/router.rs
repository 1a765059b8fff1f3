//! Every route of the node, with the right that it asks for, on one page.
//!
//! | route | right |
//! | --- | --- |
//! | `POST /v1/sync` | a request signed by a device with a grant of this node |
//! | `POST /v1/enrol` | a ticket that was not used |
//! | `POST /v1/ticket` | who knows the secret of a ticket's short code |
//! | `POST /v1/evidence` | who holds the device's key and reads the document |
//! | `POST /v1/recovery` | who holds the key of a leader's device, for devices within their place |
//! | `GET /v1/app/{byte}` | none; a piece of the app's package, if the office offers one: no secret, and it names nobody |
//! | `GET /` | a connection from this very machine, made by a browser that was sent here by this machine's own name and by no other page (there is no login yet) |
//! | `GET /health` | none; says nothing but whether the node runs |
//!
//! Errors are one short line without personal data; a refusal at `/v1/enrol` is the node's signed word
//! ([`chibo_core::enrol::Word`]). Bodies are bounded, and so is how often one device and one
//! address may ask ([`crate::pace`]).

use crate::edge::now;
use crate::intake::{Busy, Intake, OfficeNode};
use crate::offer::Package;
use crate::pace::{self, Pace, TooOften};
use crate::page;
use crate::room::{Leaving, NoRoom, Room};
use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Path, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use chibo_core::author::EditError;
use chibo_core::carriers::app;
use chibo_core::enrol::code::answer_to_bytes;
use chibo_core::evidence::EvidenceRequest;
use chibo_core::limits;
use chibo_core::node::{EnrolError, Rejection};
use chibo_core::recovery::RecoveryRequest;
use chibo_core::store::StoreError;
use chibo_core::wire::claimed_grant;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// Where a connection comes from.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// The address of this machine's at which a connection came in.
#[derive(Debug, Clone, Copy)]
pub struct Here(pub SocketAddr);

/// What the routes stand on.
#[derive(Debug, Clone)]
struct Office {
    intake: Intake,
    room: Room,
    pace: Pace,
    package: Option<Package>,
    page: Arc<Mutex<Option<Page>>>,
}

/// The office's page as it was made last.
#[derive(Debug)]
struct Page {
    made: Instant,
    html: String,
}

/// How long the page is shown again as it was made: however often it is asked for, the register is gone over no oftener.
const PAGE_KEPT: Duration = Duration::from_secs(3);

/// The router over an intake.
pub fn router(intake: Intake) -> Router {
    router_with(intake, Room::default())
}

/// As [`router`], with this room.
pub fn router_with(intake: Intake, room: Room) -> Router {
    router_offering(intake, room, None)
}

/// As [`router_with`], with the app's package that the office offers.
pub fn router_offering(intake: Intake, room: Room, package: Option<Package>) -> Router {
    Router::new()
        .route("/v1/sync", post(sync))
        .route("/v1/enrol", post(enrol))
        .route("/v1/ticket", post(ticket))
        .route("/v1/evidence", post(evidence))
        .route("/v1/recovery", post(recovery))
        .route("/v1/app/{byte}", get(app_piece))
        .route("/", get(first_page))
        .route("/health", get(health))
        .with_state(Office {
            intake,
            room,
            pace: Pace::default(),
            package,
            page: Arc::default(),
        })
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

fn no_room(e: NoRoom) -> Response {
    line(e.status(), &e.to_string())
}

fn too_often(e: TooOften) -> Response {
    let seconds = e.wait.as_millis().div_ceil(1_000).max(1);
    let wait = [(header::RETRY_AFTER, seconds.to_string())];
    (wait, line(StatusCode::TOO_MANY_REQUESTS, &e.to_string())).into_response()
}

async fn sync(
    State(office): State<Office>,
    Extension(Peer(peer)): Extension<Peer>,
    body: Body,
) -> Response {
    let from = peer.ip();
    if let Err(e) = office.pace.ask(from) {
        return too_often(e);
    }
    let (request, held) = match office.room.read(body, limits::REQUEST_BYTES, from).await {
        Ok(read) => read,
        Err(e) => return no_room(e),
    };
    let grant = claimed_grant(&request).unwrap_or(0);
    if let Err(e) = office.pace.may_sync(from, grant) {
        return too_often(e);
    }
    let room = match office.room.for_answer(from).await {
        Ok(room) => room,
        Err(e) => return no_room(e),
    };
    let answer = office.intake.sync(request).await;
    drop(held);
    match answer {
        // Without any header but its length.
        Ok(Ok(answer)) => {
            office.pace.synced(from, grant, answer.len());
            Response::new(Body::new(Leaving::new(answer, room)))
        }
        Ok(Err(Rejection::Store(e))) => store(&e),
        Ok(Err(e @ Rejection::NotEnrolled)) => line(StatusCode::UNAUTHORIZED, &e.to_string()),
        Ok(Err(e)) => line(StatusCode::BAD_REQUEST, &e.to_string()),
        Err(e) => busy(e),
    }
}

async fn evidence(
    State(office): State<Office>,
    Extension(Peer(peer)): Extension<Peer>,
    body: Body,
) -> Response {
    let claimed = |asked: &[u8]| Some(EvidenceRequest::from_bytes(asked).ok()?.grant);
    short_question(office, peer, body, claimed, |node, asked| {
        let (told, looked_at) = node.evidence_weighed(asked, now())?;
        let bytes = told.len() + looked_at * pace::ENTRY_BYTES;
        Ok((told, bytes))
    })
    .await
}

async fn recovery(
    State(office): State<Office>,
    Extension(Peer(peer)): Extension<Peer>,
    body: Body,
) -> Response {
    let claimed = |asked: &[u8]| Some(RecoveryRequest::from_bytes(asked).ok()?.grant);
    short_question(office, peer, body, claimed, |node, asked| {
        let told = node.tell_recovery(asked, now())?;
        let bytes = told.len();
        Ok((told, bytes))
    })
    .await
}

/// An answer, and how many bytes of one it counts as.
type Weighed = Result<(Vec<u8>, usize), Rejection>;

/// A question of one line that a device signs, beside the sync. `claimed`: the grant that it says it is asked under; it
/// counts as a sync of that device, since answering it may cost as much.
async fn short_question(
    office: Office,
    peer: SocketAddr,
    body: Body,
    claimed: fn(&[u8]) -> Option<u64>,
    answer: fn(&mut OfficeNode, &[u8]) -> Weighed,
) -> Response {
    let from = peer.ip();
    if let Err(e) = office.pace.ask(from) {
        return too_often(e);
    }
    let (request, _held) = match office.room.read(body, limits::LINE_BYTES, from).await {
        Ok(read) => read,
        Err(e) => return no_room(e),
    };
    let grant = claimed(&request).unwrap_or(0);
    if let Err(e) = office.pace.may_sync(from, grant) {
        return too_often(e);
    }
    let room = match office.room.for_answer(from).await {
        Ok(room) => room,
        Err(e) => return no_room(e),
    };
    match office.intake.ask(move |node| answer(node, &request)).await {
        Ok(Ok((answer, bytes))) => {
            office.pace.synced(from, grant, bytes);
            Response::new(Body::new(Leaving::new(answer, room)))
        }
        Ok(Err(Rejection::Store(e))) => store(&e),
        Ok(Err(e @ Rejection::NotEnrolled)) => line(StatusCode::UNAUTHORIZED, &e.to_string()),
        Ok(Err(e)) => line(StatusCode::BAD_REQUEST, &e.to_string()),
        Err(e) => busy(e),
    }
}

async fn enrol(
    State(office): State<Office>,
    Extension(Peer(peer)): Extension<Peer>,
    body: Body,
) -> Response {
    let from = peer.ip();
    if let Err(e) = office.pace.ask(from).and(office.pace.may_enrol(from)) {
        return too_often(e);
    }
    let (request, _held) = match office.room.read(body, limits::ENROL_BYTES, from).await {
        Ok(read) => read,
        Err(e) => return no_room(e),
    };
    let answer = office.intake.enrol(request).await;
    match &answer {
        Ok(Ok(Ok(reply))) => office.pace.synced(from, reply.n, 0),
        Ok(Err(EnrolError::Store(_))) | Err(_) => {}
        // Asked again and again each costs the node as much as the first time.
        Ok(Ok(Err(_)) | Err(_)) => office.pace.not_enrolled(from),
    }
    match answer {
        Ok(Ok(Ok(reply))) => Response::new(reply.to_bytes().into()),
        // What the device does about it rests on the node's signature and on no status of HTTP.
        Ok(Ok(Err(word))) => (StatusCode::FORBIDDEN, word.to_bytes()).into_response(),
        Ok(Err(EnrolError::Store(e))) => store(&e),
        Ok(Err(e @ (EnrolError::Unconfirmed | EnrolError::Unseen))) => {
            line(StatusCode::SERVICE_UNAVAILABLE, &e.to_string())
        }
        Ok(Err(e @ EnrolError::TooManyToday)) => {
            line(StatusCode::TOO_MANY_REQUESTS, &e.to_string())
        }
        Ok(Err(e @ EnrolError::Malformed)) => line(StatusCode::BAD_REQUEST, &e.to_string()),
        Ok(Err(e)) => line(StatusCode::FORBIDDEN, &e.to_string()),
        Err(e) => busy(e),
    }
}

/// The rest of a ticket, for who typed its short code. Who asks in vain counts as who tries to enrol in vain: a code cannot
/// be guessed faster here than there.
async fn ticket(
    State(office): State<Office>,
    Extension(Peer(peer)): Extension<Peer>,
    body: Body,
) -> Response {
    let from = peer.ip();
    if let Err(e) = office.pace.ask(from).and(office.pace.may_enrol(from)) {
        return too_often(e);
    }
    let (question, _held) = match office.room.read(body, limits::LINE_BYTES, from).await {
        Ok(read) => read,
        Err(e) => return no_room(e),
    };
    let asked = move |node: &mut OfficeNode, now| node.ticket_terms(&question, now);
    let answer = office.intake.ask_at(asked).await;
    if matches!(&answer, Ok(Ok(Err(_)) | Err(EnrolError::Malformed))) {
        office.pace.not_enrolled(from);
    }
    match answer {
        Ok(Ok(answer)) => Response::new(answer_to_bytes(&answer).into()),
        Ok(Err(EnrolError::Store(e))) => store(&e),
        Ok(Err(e @ EnrolError::Unconfirmed)) => {
            line(StatusCode::SERVICE_UNAVAILABLE, &e.to_string())
        }
        Ok(Err(e)) => line(StatusCode::BAD_REQUEST, &e.to_string()),
        Err(e) => busy(e),
    }
}

async fn app_piece(
    State(office): State<Office>,
    Extension(Peer(peer)): Extension<Peer>,
    Path(byte): Path<String>,
) -> Response {
    let from = peer.ip();
    if let Err(e) = office.pace.ask(from) {
        return too_often(e);
    }
    let Some(package) = &office.package else {
        return line(StatusCode::NOT_FOUND, "no app is offered here");
    };
    let about = [
        (app::SIZE, package.size().to_string()),
        (app::SHA256, package.sha256().to_owned()),
    ];
    let Some(piece) = byte.parse().ok().and_then(|byte| package.piece(byte)) else {
        let past = line(StatusCode::RANGE_NOT_SATISFIABLE, "it has no such byte");
        return (about, past).into_response();
    };
    match office.room.for_bytes(piece.len(), from).await {
        Ok(room) => {
            let leaving = Body::new(Leaving::new(piece.to_vec(), room));
            (about, leaving).into_response()
        }
        Err(e) => no_room(e),
    }
}

async fn health(State(office): State<Office>) -> Response {
    match office.intake.is_running() {
        true => "ok\n".into_response(),
        false => busy(Busy::Stopping),
    }
}

/// Headers by which whoever passes a request on says so. A request that has one does not come from this machine, whatever
/// its connection says.
fn is_passed_on(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| {
        let name = name.as_str();
        matches!(name, "forwarded" | "via" | "x-real-ip" | "x-client-ip")
            || name.starts_with("x-forwarded")
            || name.starts_with("cf-")
    })
}

/// Whether a browser meant this machine by the name that it was sent to, and this port. A page of the Internet can have its
/// own name point here, and read as its own what is answered to that name (DNS rebinding); the name that the browser
/// says it cannot choose.
fn is_meant(headers: &HeaderMap, uri: &Uri, here: SocketAddr) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    // HTTP/2 says it in the address, HTTP/1 in a header: exactly one of them, once.
    let said = match (uri.authority(), hosts.next(), hosts.next()) {
        (Some(authority), None, None) => Some(authority.clone()),
        (None, Some(host), None) => host.to_str().ok().and_then(|h| h.parse().ok()),
        (Some(authority), Some(host), None) => {
            let same = host.to_str().is_ok_and(|h| h == authority.as_str());
            same.then(|| authority.clone())
        }
        _ => None,
    };
    said.is_some_and(|said: Authority| {
        let names_here = matches!(said.host(), "localhost" | "127.0.0.1" | "[::1]");
        let at_port = match said.port_u16() {
            Some(port) => port == here.port(),
            None => STANDARD_PORTS.contains(&here.port()),
        };
        names_here && at_port && !said.as_str().contains('@')
    })
}

/// Whether a page of somebody else's had the browser ask. It may not read what is answered; but asked for again and again
/// the page would keep the node busy, and be noted as a look at the register that nobody took.
fn is_of_another_page(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all("sec-fetch-site").iter();
    sites.any(|site| site != "none" && site != "same-origin")
}

/// The ports of an address that names none.
const STANDARD_PORTS: [u16; 2] = [80, 443];

/// The register for who sits at the office's own machine. There is no login: so the connection must come from this
/// machine, by one of its own names, with nobody between.
async fn first_page(
    State(office): State<Office>,
    Extension(Peer(peer)): Extension<Peer>,
    Extension(Here(here)): Extension<Here>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let is_here = peer.ip().is_loopback() && here.ip().is_loopback();
    if !is_here || is_passed_on(&headers) || !is_meant(&headers, &uri, here) {
        return line(
            StatusCode::FORBIDDEN,
            "Trang này chỉ mở được trên chính máy của văn phòng, ở địa chỉ 127.0.0.1. \
             This page opens only on the office's own machine, at 127.0.0.1.",
        );
    }
    if is_of_another_page(&headers) {
        return line(
            StatusCode::FORBIDDEN,
            "Trang này không mở từ trang khác: hãy gõ địa chỉ của nó. \
             This page does not open from another page: type its address.",
        );
    }
    // Who asks meanwhile waits, and sees the same.
    let mut last = office.page.lock().await;
    if let Some(page) = last.as_ref().filter(|p| p.made.elapsed() < PAGE_KEPT) {
        return shown(page.html.clone());
    }
    match office.intake.ask(page::register).await {
        Ok(Ok(html)) => {
            let made = Instant::now();
            *last = Some(Page {
                made,
                html: html.clone(),
            });
            shown(html)
        }
        Ok(Err(EditError::Store(e))) => store(&e),
        Ok(Err(e)) => line(StatusCode::SERVICE_UNAVAILABLE, &e.to_string()),
        Err(e) => busy(e),
    }
}

/// The office's page in the browser.
fn shown(html: String) -> Response {
    (
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
        .into_response()
}
