//! The carrier over HTTP: one POST up, one answer down, taken in frame by frame.
//!
//! What arrived whole is kept even if the line breaks after it; the next attempt starts there. A
//! time-out or a broken line is an error and never a success. Requests carry no header that is not
//! needed: "nothing new" costs some 400 bytes in all.
//!
//! Over `https` the device speaks to the very node that its ticket named ([`super::tls`]). Without TLS it
//! speaks to its own machine only: what it says of people is signed, but not hidden.

use super::tls::{self, Named, Pin};
use crate::enrol::code::{Terms, answer_from_bytes};
use crate::enrol::{EnrolReply, EnrolRequest, ShortCode, Ticket, Unknown, Word};
use crate::evidence::{EvidenceRequest, Proof};
use crate::id::{DocId, LogId, PublicKey};
use crate::limits;
use crate::lock::RecoveryCode;
use crate::log::End;
use crate::phone::{Exchange, Outcome, Phone, SyncError};
use crate::recovery::{self, RecoveryRequest};
use crate::store::Store;
use crate::time::Timestamp;
use crate::wire::FrameReader;
use futures_util::StreamExt;
use rand_core::RngCore;
use std::time::Duration;

/// How the line is used.
#[derive(Debug, Clone)]
pub struct Options {
    /// How long a connection may take to come about.
    pub connect_timeout: Duration,
    /// How long the line may be silent.
    pub idle_timeout: Duration,
    /// HTTP/2 from the first byte, rather than HTTP/1.1.
    #[cfg(feature = "http2")]
    pub http2: bool,
    /// The node that is meant; an `https` address must lead to it.
    pub pin: Option<Pin>,
    /// Certificates of authorities (DER) that are trusted as public ones are; of a node that is meant, only where its address
    /// says so.
    pub trusted: Vec<Vec<u8>>,
    /// Whether public authorities are trusted as well, where the address is a name on the Internet and
    /// no number in the office's network. A node's address says so itself ([`PUBLIC`]).
    pub public: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            connect_timeout: Duration::from_secs(20),
            idle_timeout: Duration::from_secs(60),
            #[cfg(feature = "http2")]
            http2: false,
            pin: None,
            trusted: Vec::new(),
            public: false,
        }
    }
}

impl Options {
    /// For the node of this log, in this epoch or a later one. Public authorities vouch for it too where its address says so
    /// ([`PUBLIC`]).
    pub fn for_node(log: LogId, epoch: u64) -> Self {
        Options {
            pin: Some(Pin {
                log: Named::Log(log),
                epoch,
            }),
            ..Options::default()
        }
    }

    /// For the node whose ticket has this short code, to ask for the rest of the ticket.
    pub fn for_code(code: &ShortCode) -> Self {
        Options {
            pin: Some(Pin {
                log: Named::Begins(code.log),
                epoch: 1,
            }),
            ..Options::default()
        }
    }
}

/// Why nothing (more) came. What came before stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CarrierError {
    /// The address is none.
    #[error("this is no address of a node: {0}")]
    Address(String),
    /// The address would carry records over a network unencrypted.
    #[error("this address does not encrypt; use https")]
    Open,
    /// Somebody else answers at the address: no certificate of this device's node.
    #[error("the address leads to another node, or to one that is no longer in use")]
    AnotherNode,
    /// No connection, a break, or silence: try again when the line is better.
    #[error("the line broke")]
    Line(String),
    /// The node does not know this device (any more).
    #[error("the node does not know this device: {0}")]
    Unknown(String),
    /// What was asked makes no sense to the node.
    #[error("the node refuses: {0}")]
    Refused(String),
    /// The node does not take in this device, and says why in a word that it signed: the ticket, the new key, or this
    /// device's grant is worth nothing.
    #[error("the node does not take in this device ({0:?})")]
    NotTakenIn(Unknown),
    /// The node cannot answer now (busy, its disk full): try again later.
    #[error("the node cannot answer now: {0}")]
    NotNow(String),
    /// This device, or others at its address, ask too often: wait some minutes.
    #[error("too many requests; come again in a few minutes")]
    TooOften {
        /// How long the other side asks to wait, if it says so.
        wait: Option<Duration>,
    },
    /// The answer does no good.
    #[error(transparent)]
    Sync(#[from] SyncError),
}

impl From<Box<Word>> for CarrierError {
    /// A word where a reply was needed.
    fn from(word: Box<Word>) -> Self {
        match word.said {
            Err(why) => CarrierError::NotTakenIn(why),
            Ok(_) => SyncError::NotTheNode.into(),
        }
    }
}

/// How far a sync has come, for a progress bar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Round trips so far.
    pub round_trips: usize,
    /// Bytes of request bodies so far.
    pub bytes_up: usize,
    /// Bytes of answer bodies so far.
    pub bytes_down: usize,
    /// Frames taken in.
    pub frames: usize,
}

/// A node that is reached over HTTP.
#[derive(Debug, Clone)]
pub struct HttpNode {
    pub(super) client: reqwest::Client,
    pub(super) url: String,
}

/// How the address of a node begins that shows a public certificate, as its tickets tell it. Without it a device takes nobody
/// for its node who does not show that node's own key: whoever takes over a public name gets a certificate for it, and
/// would read what devices hand over.
pub const PUBLIC: &str = "https+public://";

/// A client for an address, and the address as requests are made of it.
pub(super) fn client(
    url: &str,
    options: &Options,
) -> Result<(reqwest::Client, String), CarrierError> {
    let address = |e: &dyn std::fmt::Display| CarrierError::Address(e.to_string());
    let url = url.trim_end_matches('/');
    let (url, public) = match url.strip_prefix(PUBLIC) {
        Some(name) => (format!("https://{name}"), true),
        None => (url.to_owned(), options.public),
    };
    let parsed = reqwest::Url::parse(&url).map_err(|e| address(&e))?;
    let is_name = match (parsed.scheme(), parsed.host_str()) {
        ("https", Some(host)) => ip_of(host).is_none(),
        ("http", Some(host)) if is_here(host) => false,
        ("http", Some(_)) => return Err(CarrierError::Open),
        _ => return Err(CarrierError::Address(url)),
    };
    let by_others = public && is_name;
    let trusted: &[Vec<u8>] = match by_others || options.pin.is_none() {
        true => &options.trusted,
        false => &[],
    };
    let tls = tls::client(options.pin, trusted, by_others).map_err(|e| address(&e))?;
    let builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .no_proxy()
        // Whoever sends on would choose another address, and perhaps one without TLS.
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(options.connect_timeout)
        .read_timeout(options.idle_timeout)
        .tcp_nodelay(true);
    #[cfg(feature = "http2")]
    let builder = match options.http2 {
        true => builder.http2_prior_knowledge(),
        false => builder.http1_only(),
    };
    #[cfg(not(feature = "http2"))]
    let builder = builder.http1_only();
    let client = builder.build().map_err(|e| address(&e))?;
    Ok((client, url))
}

/// At most so many round trips in one sync; a country's history would need fewer.
const ROUND_TRIPS: usize = 10_000;

/// At most so many of them one after another that bring nothing, though the node says that there is more.
const EMPTY_ROUND_TRIPS: usize = 16;

/// A device whose share of the moment is used up by what it was just told waits so long within one sync, if the node asks it
/// to: the first sync of a large share is more than one share of a moment ([`CarrierError::TooOften`]).
const WAIT: Duration = Duration::from_secs(60);

impl HttpNode {
    /// A node at this address, such as `http://192.168.1.5:8080`.
    pub fn new(url: &str, options: &Options) -> Result<Self, CarrierError> {
        let (client, url) = client(url, options)?;
        Ok(HttpNode { client, url })
    }

    async fn send(&self, path: &str, body: Vec<u8>) -> Result<reqwest::Response, CarrierError> {
        let request = self.client.post(format!("{}{path}", self.url)).body(body);
        request.send().await.map_err(line)
    }

    async fn post(&self, path: &str, body: Vec<u8>) -> Result<reqwest::Response, CarrierError> {
        good(self.send(path, body).await?).await
    }

    /// Asks for the rest of the ticket with this short code, for the device with this key: what [`ShortCode::ticket`] makes
    /// the ticket of.
    ///
    /// # Errors
    /// [`CarrierError::NotTakenIn`]: the ticket is worth nothing.
    pub async fn ask_terms(&self, code: &ShortCode, key: PublicKey) -> Result<Terms, CarrierError> {
        let response = (self.post("/v1/ticket", code.question(key).to_bytes())).await?;
        let body = whole(response, limits::LINE_BYTES).await?;
        let answer = answer_from_bytes(&body).map_err(SyncError::from)?;
        answer.map_err(CarrierError::NotTakenIn)
    }

    /// Enrols a device with its ticket.
    pub async fn enrol<S: Store>(
        &self,
        ticket: &Ticket,
        phone: &mut Phone<S>,
    ) -> Result<(), CarrierError> {
        let request = ticket.request(phone.key());
        let reply = self.ask_to_be_known(&request).await??;
        Ok(phone.enrolled(ticket, &reply)?)
    }

    /// Changes a device's key: from the node's answer on the old one is worth nothing.
    ///
    /// # Errors
    /// [`CarrierError::NotTakenIn`]: the node refused the new key, and the change is dropped.
    pub async fn change_key<S: Store>(
        &self,
        phone: &mut Phone<S>,
        rng: &mut dyn RngCore,
    ) -> Result<(), CarrierError> {
        let request = phone.change_key(rng)?;
        let said = self.ask_to_be_known(&request).await?;
        Ok(phone.key_answered(said)??)
    }

    /// Asks who really wrote a document that this device holds.
    pub async fn evidence<S: Store>(
        &self,
        phone: &Phone<S>,
        doc: DocId,
    ) -> Result<Proof, CarrierError> {
        let evidence = self.ask_evidence(&phone.evidence_request(doc)?).await?;
        Ok(phone.examine(doc, &evidence)?)
    }

    /// As [`HttpNode::evidence`], with the request that the phone has made; what [`Phone::examine`] takes.
    pub async fn ask_evidence(&self, request: &EvidenceRequest) -> Result<Vec<u8>, CarrierError> {
        let response = self.post("/v1/evidence", request.to_bytes()).await?;
        whole(response, limits::ANSWER_MOST_BYTES).await
    }

    /// Asks for the recovery code of another device, to read it out; `None` if it never handed one over.
    pub async fn recovery_code<S: Store>(
        &self,
        phone: &Phone<S>,
        of: u64,
    ) -> Result<Option<RecoveryCode>, CarrierError> {
        self.ask_recovery_code(&phone.recovery_request(of)?).await
    }

    /// As [`HttpNode::recovery_code`], with the request that the phone has made.
    pub async fn ask_recovery_code(
        &self,
        request: &RecoveryRequest,
    ) -> Result<Option<RecoveryCode>, CarrierError> {
        let response = self.post("/v1/recovery", request.to_bytes()).await?;
        let body = whole(response, limits::LINE_BYTES).await?;
        Ok(recovery::read_answer(&body).map_err(SyncError::from)?)
    }

    /// Asks the node to know a device; what [`Phone::enrolled`], [`Phone::introduced`] and [`Phone::key_answered`]
    /// take in, or the node's word that it does not.
    pub async fn ask_to_be_known(
        &self,
        request: &EnrolRequest,
    ) -> Result<Result<EnrolReply, Box<Word>>, CarrierError> {
        let response = self.send("/v1/enrol", request.to_bytes()).await?;
        if response.status() == reqwest::StatusCode::FORBIDDEN {
            let body = whole(response, limits::FRAME_BYTES).await?;
            // Whatever else stands in the way says something that the node has not signed.
            let word = Word::from_bytes(&body);
            let other = |_| CarrierError::Refused(one_line(&String::from_utf8_lossy(&body)));
            return word.map(|word| Err(Box::new(word))).map_err(other);
        }
        let body = whole(good(response).await?, limits::FRAME_BYTES).await?;
        Ok(Ok(EnrolReply::from_bytes(&body).map_err(SyncError::from)?))
    }

    /// Hands over what the device has and takes in what is new, until nothing is left to say. `now`
    /// is the device's clock; `after_seal` runs when everything to be sent is on disk and before it
    /// leaves; `progress` hears of every frame.
    pub async fn sync<S: Store>(
        &self,
        phone: &mut Phone<S>,
        now: &dyn Fn() -> Timestamp,
        rng: &mut dyn RngCore,
        after_seal: &mut dyn FnMut(&Phone<S>) -> Result<(), SyncError>,
        progress: &mut dyn FnMut(&Progress),
    ) -> Result<Outcome, CarrierError> {
        let mut device = Held {
            phone,
            now,
            rng,
            after_seal,
            progress,
        };
        self.sync_by_steps(&mut device).await
    }

    /// As [`HttpNode::sync`], with a phone that others use between the steps. Dropped at any moment, it ends
    /// as a line that breaks: what was taken in whole stays.
    pub async fn sync_by_steps<D: Device>(&self, device: &mut D) -> Result<Outcome, CarrierError> {
        let mut so_far = Progress::default();
        let mut all: Option<Outcome> = None;
        let mut settled = 0;
        let mut introduced = false;
        let mut renewed = false;
        let (mut empty, mut waited) = (0, None);
        let mut told_before = 0;
        for _ in 0..ROUND_TRIPS {
            let (request, mut exchange) = device.request()?;
            so_far.round_trips += 1;
            so_far.bytes_up += request.len();
            let result = self
                .take_answer(device, request, &mut exchange, &mut so_far)
                .await;
            match result {
                Ok(()) => {}
                // It has noticed, and goes on under new feeds; or what came was older than it thought.
                Err(CarrierError::Sync(SyncError::Restored | SyncError::Late)) if settled < 4 => {
                    settled += 1;
                    continue;
                }
                // Each wait has to have brought something, or somebody else uses the share up.
                Err(CarrierError::TooOften { wait: Some(wait) })
                    if wait <= WAIT && so_far.frames > told_before =>
                {
                    told_before = so_far.frames;
                    tokio::time::sleep(wait).await;
                    continue;
                }
                // A restored node has lost this device's grant: it introduces itself, once.
                Err(CarrierError::Unknown(_)) if !introduced => {
                    introduced = true;
                    let request = device.step(|phone, _| phone.introduction())?;
                    let reply = self.ask_to_be_known(&request).await??;
                    device.step(|phone, _| phone.introduced(&reply))?;
                    continue;
                }
                Err(e) => return Err(e),
            }
            let outcome = device.step(|phone, _| Ok(phone.outcome(&exchange)?))?;
            // The answer to its change of key was lost on the way: it asks for that first.
            let left_behind = outcome.ended == Some(End::Succeeded) && !renewed;
            if left_behind && device.step(|phone, _| Ok(phone.is_changing_key()?))? {
                renewed = true;
                let request = device.step(|phone, rng| phone.change_key(rng))?;
                let said = self.ask_to_be_known(&request).await?;
                // If it was refused, nothing has begun any more, and the next answer says how this device stands.
                device.step(|phone, _| phone.key_answered(said).map(drop))?;
                continue;
            }
            let moved = outcome.handed_over + outcome.refused.len() > 0;
            let brought = moved || outcome.entries + outcome.filled > 0;
            empty = if brought { 0 } else { empty + 1 };
            if empty > EMPTY_ROUND_TRIPS {
                break;
            }
            let outcome = sum(all.take(), outcome);
            // What was refused for its number only is said again at once, and so is what one request had no room for.
            let stands_still = outcome.waits.is_some() || outcome.ended.is_some();
            let all_heard = outcome.problems.is_empty() || exchange.left_out();
            let again = !outcome.synced && !stands_still && all_heard && settled < 4;
            // Who is shut out hands over the rest as well, as long as some of it goes: a lost phone is emptied then.
            let lays_down = outcome.ended.is_some()
                && exchange.left_out()
                && outcome.waiting < waited.unwrap_or(usize::MAX);
            waited = Some(outcome.waiting);
            let (drafted, code_waits) = device.step(|phone, _| {
                Ok((
                    phone.drafted().unwrap_or(0),
                    phone.recovery_waits()?.is_some(),
                ))
            })?;
            // Its first answer told a restored node's new epoch, in which it has to be handed over again.
            let has_code = !stands_still && !exchange.carried_recovery() && code_waits;
            if outcome.more || has_code || lays_down || (again && outcome.waiting + drafted > 0) {
                settled += usize::from(!outcome.more && !moved);
                all = Some(outcome);
                continue;
            }
            return Ok(outcome);
        }
        Err(CarrierError::NotNow("no end of the answers".into()))
    }

    async fn take_answer<D: Device>(
        &self,
        device: &mut D,
        request: Vec<u8>,
        exchange: &mut Exchange,
        so_far: &mut Progress,
    ) -> Result<(), CarrierError> {
        let response = self.post("/v1/sync", request).await?;
        let mut stream = response.bytes_stream();
        let mut frames = FrameReader::new();
        while let Some(bytes) = stream.next().await {
            let bytes = bytes.map_err(line)?;
            so_far.bytes_down += bytes.len();
            frames.feed(&bytes);
            while let Some(frame) = frames.next_frame().map_err(SyncError::from)? {
                device.step(|phone, _| phone.receive(exchange, &frame))?;
                so_far.frames += 1;
                device.heard(so_far);
            }
        }
        if exchange.is_complete() {
            Ok(())
        } else {
            Err(CarrierError::Line("the answer ended early".into()))
        }
    }
}

/// A phone as a sync borrows it: for one step at a time, and never while the line is waited for. So a screen can
/// read and edit between two steps, if the device stands behind a lock.
pub trait Device {
    /// Where the phone lies.
    type Store: Store;

    /// Borrows the phone, and chance, for a step.
    fn step<R>(
        &mut self,
        what: impl FnOnce(&mut Phone<Self::Store>, &mut dyn RngCore) -> Result<R, SyncError>,
    ) -> Result<R, SyncError>;

    /// Makes the request ([`Phone::request`]). When this returns, everything that it carries is on disk, and so is
    /// whatever the device notes of that beside its store.
    fn request(&mut self) -> Result<(Vec<u8>, Exchange), SyncError>;

    /// Hears of a frame that was taken in.
    fn heard(&mut self, progress: &Progress);
}

/// A phone that nobody else uses while it syncs.
struct Held<'a, S> {
    phone: &'a mut Phone<S>,
    now: &'a dyn Fn() -> Timestamp,
    rng: &'a mut dyn RngCore,
    after_seal: &'a mut dyn FnMut(&Phone<S>) -> Result<(), SyncError>,
    progress: &'a mut dyn FnMut(&Progress),
}

impl<S: Store> Device for Held<'_, S> {
    type Store = S;

    fn step<R>(
        &mut self,
        what: impl FnOnce(&mut Phone<S>, &mut dyn RngCore) -> Result<R, SyncError>,
    ) -> Result<R, SyncError> {
        what(self.phone, self.rng)
    }

    fn request(&mut self) -> Result<(Vec<u8>, Exchange), SyncError> {
        let made = self.phone.request((self.now)(), self.rng)?;
        (self.after_seal)(self.phone)?;
        Ok(made)
    }

    fn heard(&mut self, progress: &Progress) {
        (self.progress)(progress);
    }
}

/// A response, if it is one of success; else what it says.
pub(super) async fn good(response: reqwest::Response) -> Result<reqwest::Response, CarrierError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response);
    }
    let seconds = response.headers().get(reqwest::header::RETRY_AFTER);
    let seconds = seconds.and_then(|value| value.to_str().ok()?.parse().ok());
    let body = whole(response, limits::LINE_BYTES)
        .await
        .unwrap_or_default();
    let words = one_line(&String::from_utf8_lossy(&body));
    Err(match status.as_u16() {
        401 => CarrierError::Unknown(words),
        429 => CarrierError::TooOften {
            wait: seconds.map(Duration::from_secs),
        },
        500..=599 => CarrierError::NotNow(words),
        _ => CarrierError::Refused(words),
    })
}

/// The outcome of several round trips together.
fn sum(before: Option<Outcome>, mut now: Outcome) -> Outcome {
    if let Some(before) = before {
        now.handed_over += before.handed_over;
        now.entries += before.entries;
        now.filled += before.filled;
        now.refused.splice(0..0, before.refused);
    }
    now
}

/// A whole body that may be so long and no longer, whatever its sender says.
pub(super) async fn whole(
    response: reqwest::Response,
    limit: usize,
) -> Result<Vec<u8>, CarrierError> {
    let mut stream = response.bytes_stream();
    let mut body = Vec::new();
    while let Some(bytes) = stream.next().await {
        body.extend_from_slice(&bytes.map_err(line)?);
        if body.len() > limit {
            return Err(SyncError::NotTheNode.into());
        }
    }
    Ok(body)
}

/// What a node says about a refusal, fit for a terminal: its first line, without control characters.
fn one_line(words: &str) -> String {
    let first = words.lines().next().unwrap_or("");
    first.chars().filter(|c| !c.is_control()).collect()
}

/// Whether a host is this very machine.
fn is_here(host: &str) -> bool {
    host == "localhost" || ip_of(host).is_some_and(|ip| ip.is_loopback())
}

fn ip_of(host: &str) -> Option<std::net::IpAddr> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok()
}

/// Whether the other side showed a certificate that is not the node's.
fn is_another(e: &(dyn std::error::Error + 'static)) -> bool {
    if let Some(rustls::Error::InvalidCertificate(_)) = e.downcast_ref() {
        return true;
    }
    // An I/O error keeps what it was made of behind its own source.
    let inside = e
        .downcast_ref::<std::io::Error>()
        .and_then(std::io::Error::get_ref);
    match inside {
        Some(inner) => is_another(inner),
        None => e.source().is_some_and(is_another),
    }
}

pub(super) fn line(e: reqwest::Error) -> CarrierError {
    if is_another(&e) {
        return CarrierError::AnotherNode;
    }
    // Without the address: messages of errors carry nothing that names people or places.
    let words = e.without_url().to_string();
    CarrierError::Line(words)
}
