//! The blind mailbox: keeps sealed letters on a public host until their addressees fetch them.
//!
//! | route | right |
//! | --- | --- |
//! | `PUT /v1/box/{box}` | none: anybody may lay a letter into a box |
//! | `GET /v1/nonce` | none: the mailbox's word, which a signature covers |
//! | `GET /v1/box/{box}` | signed by the key that the box is of |
//! | `GET`, `DELETE /v1/box/{box}/{letter}` | the same |
//! | `GET /health` | none |
//!
//! It knows boxes (hashes of keys), sizes and times, and writes down nothing else: no name, no address,
//! no log. A box that nobody wrote to is an empty one, so nobody learns which exist. Each letter is a file named
//! by box and letter, written whole or not at all; a list of them stays in memory, made anew at each
//! start, so a power cut costs nothing that was acknowledged. Everything has a limit, and the sender of
//! what does not fit keeps its work.

use crate::edge::now;
use crate::file;
use crate::pace::{Asked, Rate, one_address};
use crate::room::{Leaving, NoRoom, Room};
use crate::router::Peer;
use axum::Router;
use axum::body::Body;
use axum::extract::{Extension, Path as InPath, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, put};
use chibo_core::carriers::bundle::Letter;
use chibo_core::carriers::mailbox::{Act, Nonce, Proof, write_list};
use chibo_core::id::{BoxId, Hasher, LetterId};
use chibo_core::limits;
use rand_core::RngCore;
use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

/// What a mailbox takes.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The name that it is reached by, as signatures cover it.
    pub name: String,
    /// How long a letter is kept.
    pub keep: Duration,
    /// Letters in one box.
    pub box_letters: usize,
    /// Bytes in one box.
    pub box_bytes: u64,
    /// Bytes in all.
    pub bytes: u64,
    /// Bytes that one address may lay here on one day, into whichever boxes.
    pub address_bytes: u64,
}

/// Seconds for which the mailbox's word is good: one visit over a slow line.
const NONCE_SECONDS: u64 = 15 * 60;
/// Requests from one address: 600 a minute; many phones share one behind a mobile network.
const ADDRESS: Rate = Rate {
    burst: 600,
    each: Duration::from_millis(100),
};
/// In what the day's share of an address is counted.
const KIB: u64 = 1024;
const DAY: Duration = Duration::from_secs(86_400);
/// How often it is looked for letters that are too old.
const CLEANING: Duration = Duration::from_secs(600);
/// The file that one process has locked.
const LOCK: &str = "lock";

/// A letter that is kept.
#[derive(Debug, Clone, Copy)]
struct Kept {
    id: LetterId,
    bytes: u64,
    since: SystemTime,
}

/// What lies in the folder.
#[derive(Debug, Default)]
struct Index {
    boxes: BTreeMap<BoxId, Vec<Kept>>,
    letters: usize,
    bytes: u64,
}

/// A mailbox over its folder.
#[derive(Debug)]
pub struct Mailbox {
    folder: PathBuf,
    terms: Terms,
    /// What proves that a word is this mailbox's own; made anew at each start.
    secret: [u8; 32],
    /// Held while a file is written or removed: there is one writer.
    index: Mutex<Index>,
    rates: Asked<IpAddr>,
    /// KiB that each address has laid here, as far as they are not forgotten: a day's share in one day.
    laid: Asked<IpAddr>,
    /// Letters that each has laid here, in the same way.
    letters: Asked<IpAddr>,
    room: Room,
    _lock: std::fs::File,
}

/// Why a letter is not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotKept {
    /// The box has no room.
    #[error("this box is full")]
    BoxFull,
    /// The mailbox has none.
    #[error("this mailbox is full")]
    Full,
    /// Its sender's address has used up its share of the day.
    #[error("this address has left here what one may on one day; come again later")]
    Share,
    /// The disk.
    #[error("the letter could not be kept")]
    Disk(#[from] io::Error),
}

impl Mailbox {
    /// Opens the mailbox in a folder, which is made if it is not there.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] where another process has it open.
    pub fn open(folder: &Path, terms: Terms, rng: &mut dyn RngCore) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let lock = std::fs::File::create(folder.join(LOCK))?;
        lock.try_lock()
            .map_err(|_| io::Error::from(io::ErrorKind::WouldBlock))?;
        let mut index = Index::default();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some((of, id)) = name.to_str().and_then(read_name) else {
                if name.to_string_lossy().ends_with(".tmp") {
                    std::fs::remove_file(entry.path())?; // A power cut came before it was whole.
                }
                continue;
            };
            let about = entry.metadata()?;
            let kept = Kept {
                id,
                bytes: about.len(),
                since: about.modified()?,
            };
            index.add(of, kept);
        }
        for letters in index.boxes.values_mut() {
            letters.sort_by_key(|k| (k.since, k.id));
        }
        let mut secret = [0; 32];
        rng.fill_bytes(&mut secret);
        let share = u32::try_from(terms.address_bytes / KIB).unwrap_or(u32::MAX);
        let share = share.max(1);
        let laid = Asked::new(Rate {
            burst: share,
            each: DAY / share,
        });
        let letters = Asked::new(Rate {
            burst: limits::MAILBOX_ADDRESS_LETTERS,
            each: DAY / limits::MAILBOX_ADDRESS_LETTERS,
        });
        let mailbox = Mailbox {
            folder: folder.to_owned(),
            terms,
            laid,
            letters,
            secret,
            index: Mutex::new(index),
            rates: Asked::new(ADDRESS),
            room: Room::default(),
            _lock: lock,
        };
        mailbox.clean(SystemTime::now())?;
        Ok(mailbox)
    }

    fn index(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, of: BoxId, id: LetterId) -> PathBuf {
        self.folder.join(format!("{of}-{id}"))
    }

    /// Keeps a letter that came from this address; durable when this returns. The same letter twice is one. Only what is
    /// kept counts against its sender: who tries again at a full box is not shut out.
    pub fn keep(&self, letter: &Letter, from: IpAddr) -> Result<(), NotKept> {
        let (of, id, bytes) = (letter.to, letter.id(), letter.to_bytes());
        let length = bytes.len() as u64;
        let mut index = self.index();
        let there: &[Kept] = index.boxes.get(&of).map_or(&[], Vec::as_slice);
        if there.iter().any(|k| k.id == id) {
            return Ok(());
        }
        let in_box: u64 = there.iter().map(|k| k.bytes).sum();
        if there.len() >= self.terms.box_letters || in_box + length > self.terms.box_bytes {
            return Err(NotKept::BoxFull);
        }
        if index.letters >= limits::MAILBOX_LETTERS || index.bytes + length > self.terms.bytes {
            return Err(NotKept::Full);
        }
        // Somebody with a proxy in front, or on this machine, counts for themself.
        let sender = (!from.is_loopback()).then(|| one_address(from));
        let weight = u32::try_from(length.div_ceil(KIB)).unwrap_or(u32::MAX);
        let moment = Instant::now();
        if sender.is_some_and(|from| !self.laid.has_room_for(&from, weight, moment)) {
            return Err(NotKept::Share);
        }
        if sender.is_some_and(|from| !self.letters.has_room_for(&from, 1, moment)) {
            return Err(NotKept::Share);
        }
        let path = self.path(of, id);
        file::write_private(&path, &bytes)?;
        if let Some(from) = sender {
            self.laid.count_so_many(from, weight, moment);
            self.letters.count_so_many(from, 1, moment);
        }
        let since = std::fs::metadata(&path).and_then(|m| m.modified())?;
        let kept = Kept {
            id,
            bytes: length,
            since,
        };
        index.add(of, kept);
        Ok(())
    }

    fn list(&self, of: BoxId) -> Vec<(LetterId, u64)> {
        let index = self.index();
        let letters = index.boxes.get(&of).into_iter().flatten();
        letters.map(|k| (k.id, k.bytes)).collect()
    }

    fn has(&self, of: BoxId, id: LetterId) -> Option<u64> {
        let index = self.index();
        let mut letters = index.boxes.get(&of).into_iter().flatten();
        letters.find(|k| k.id == id).map(|k| k.bytes)
    }

    fn remove(&self, of: BoxId, id: LetterId) -> io::Result<()> {
        let mut index = self.index();
        if index.take(of, id) {
            gone(std::fs::remove_file(self.path(of, id)))?;
        }
        Ok(())
    }

    /// Removes what is too old.
    fn clean(&self, now: SystemTime) -> io::Result<()> {
        let too_old = |k: &Kept| {
            let age = now.duration_since(k.since);
            age.is_ok_and(|age| age > self.terms.keep)
        };
        let mut index = self.index();
        let old: Vec<(BoxId, LetterId)> = index
            .boxes
            .iter()
            .flat_map(|(of, letters)| letters.iter().map(move |k| (*of, k)))
            .filter(|(_, k)| too_old(k))
            .map(|(of, k)| (of, k.id))
            .collect();
        for (of, id) in old {
            index.take(of, id);
            gone(std::fs::remove_file(self.path(of, id)))?;
        }
        Ok(())
    }

    fn nonce(&self) -> Nonce {
        self.nonce_of(now().0)
    }

    /// The word of a moment: its seconds, and what only this mailbox can have put behind them.
    fn nonce_of(&self, seconds: u64) -> Nonce {
        let proof = Hasher::new("chibo/mailbox-nonce/1")
            .part(&self.secret)
            .number(seconds)
            .hash();
        let mut nonce = proof.0;
        nonce[..8].copy_from_slice(&seconds.to_be_bytes());
        nonce
    }

    fn is_good(&self, nonce: &Nonce) -> bool {
        let mut seconds = [0; 8];
        seconds.copy_from_slice(&nonce[..8]);
        let seconds = u64::from_be_bytes(seconds);
        let age = now().0.checked_sub(seconds);
        // Who could guess the rest byte by byte from the time that this takes would need a signature as well.
        age.is_some_and(|age| age <= NONCE_SECONDS) && self.nonce_of(seconds) == *nonce
    }

    /// Whether the owner of the box asks. Nothing is looked up before.
    fn is_owner(&self, headers: &HeaderMap, act: Act, of: BoxId, letter: Option<LetterId>) -> bool {
        let value = headers.get(header::AUTHORIZATION);
        let proof = value.and_then(|v| Proof::from_header(v.to_str().ok()?));
        proof.is_some_and(|p| self.is_good(&p.nonce) && p.holds(&self.terms.name, act, of, letter))
    }
}

/// A file that is not there any more is removed.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

impl Index {
    fn add(&mut self, of: BoxId, kept: Kept) {
        self.letters += 1;
        self.bytes += kept.bytes;
        self.boxes.entry(of).or_default().push(kept);
    }

    fn take(&mut self, of: BoxId, id: LetterId) -> bool {
        let Some(letters) = self.boxes.get_mut(&of) else {
            return false;
        };
        let Some(at) = letters.iter().position(|k| k.id == id) else {
            return false;
        };
        let kept = letters.remove(at);
        if letters.is_empty() {
            self.boxes.remove(&of);
        }
        self.letters -= 1;
        self.bytes -= kept.bytes;
        true
    }
}

/// An id in the one form that is taken: lower-case digits, exactly as many as it has.
fn strict<T: std::str::FromStr + ToString>(text: &str) -> Option<T> {
    let id: T = text.parse().ok()?;
    (id.to_string() == text).then_some(id)
}

fn read_name(name: &str) -> Option<(BoxId, LetterId)> {
    let (of, id) = name.split_once('-')?;
    Some((strict(of)?, strict(id)?))
}

// ---- routes ---------------------------------------------------------------------------------

type Shared = State<Arc<Mailbox>>;

/// The routes of a mailbox.
pub fn router(mailbox: Arc<Mailbox>) -> Router {
    let counted = axum::middleware::from_fn_with_state(mailbox.clone(), count);
    Router::new()
        .route("/v1/nonce", get(nonce))
        .route("/v1/box/{of}", put(lay).get(list))
        .route("/v1/box/{of}/{letter}", get(fetch).delete(remove))
        .layer(counted)
        .route("/health", get(async || "ok\n"))
        .with_state(mailbox)
}

/// Looks for letters that are too old, until it is dropped.
pub async fn clean_for_ever(mailbox: Arc<Mailbox>) {
    loop {
        tokio::time::sleep(CLEANING).await;
        let mailbox = mailbox.clone();
        let cleaning = tokio::task::spawn_blocking(move || mailbox.clean(SystemTime::now()));
        let _ = cleaning.await; // What could not be removed is tried again.
    }
}

fn line(status: StatusCode, words: &str) -> Response {
    (status, format!("{words}\n")).into_response()
}

fn no_box() -> Response {
    line(StatusCode::BAD_REQUEST, "no box or letter has such a name")
}

fn not_owner() -> Response {
    line(
        StatusCode::FORBIDDEN,
        "only the owner of a box may ask; ask for a new word and sign it",
    )
}

fn broken() -> Response {
    line(
        StatusCode::SERVICE_UNAVAILABLE,
        "the mailbox's disk could not be used",
    )
}

async fn count(
    State(mailbox): Shared,
    Extension(Peer(peer)): Extension<Peer>,
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> Response {
    if mailbox.rates.admit(peer.ip(), Instant::now()).is_ok() {
        next.run(request).await
    } else {
        line(
            StatusCode::TOO_MANY_REQUESTS,
            "too many requests; come again in a minute",
        )
    }
}

async fn nonce(State(mailbox): Shared) -> Response {
    mailbox.nonce().to_vec().into_response()
}

async fn lay(
    State(mailbox): Shared,
    Extension(Peer(peer)): Extension<Peer>,
    InPath(of): InPath<String>,
    body: Body,
) -> Response {
    let Some(of) = strict::<BoxId>(&of) else {
        return no_box();
    };
    let (bytes, held) = match mailbox
        .room
        .read(body, limits::SEALED_BYTES, peer.ip())
        .await
    {
        Ok(read) => read,
        Err(e) => return line(e.status(), &e.to_string()),
    };
    let letter = match Letter::from_bytes(&bytes) {
        Ok(letter) if letter.to == of => letter,
        _ => {
            return line(
                StatusCode::BAD_REQUEST,
                "this is no sealed letter for this box",
            );
        }
    };
    drop(bytes);
    let kept = tokio::task::spawn_blocking(move || {
        let kept = mailbox.keep(&letter, peer.ip());
        drop(held);
        kept
    });
    match kept.await {
        Ok(Ok(())) => StatusCode::NO_CONTENT.into_response(),
        Ok(Err(NotKept::Disk(e))) if e.kind() != io::ErrorKind::StorageFull => broken(),
        Ok(Err(NotKept::Disk(_))) => {
            line(StatusCode::INSUFFICIENT_STORAGE, &NotKept::Full.to_string())
        }
        Ok(Err(share @ NotKept::Share)) => line(StatusCode::TOO_MANY_REQUESTS, &share.to_string()),
        Ok(Err(full)) => line(StatusCode::INSUFFICIENT_STORAGE, &full.to_string()),
        Err(_) => broken(),
    }
}

async fn list(State(mailbox): Shared, InPath(of): InPath<String>, headers: HeaderMap) -> Response {
    let Some(of) = strict::<BoxId>(&of) else {
        return no_box();
    };
    if !mailbox.is_owner(&headers, Act::List, of, None) {
        return not_owner();
    }
    write_list(&mailbox.list(of)).into_response()
}

async fn fetch(
    State(mailbox): Shared,
    Extension(Peer(peer)): Extension<Peer>,
    InPath((of, letter)): InPath<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let (Some(of), Some(id)) = (strict::<BoxId>(&of), strict::<LetterId>(&letter)) else {
        return no_box();
    };
    if !mailbox.is_owner(&headers, Act::Fetch, of, Some(id)) {
        return not_owner();
    }
    let not_there = || line(StatusCode::NOT_FOUND, "this letter is not here");
    let Some(bytes) = mailbox.has(of, id) else {
        return not_there();
    };
    let room = mailbox
        .room
        .for_bytes(usize::try_from(bytes).unwrap_or(usize::MAX), peer.ip());
    let room = match room.await {
        Ok(room) => room,
        Err(e @ (NoRoom::Full | NoRoom::Silent | NoRoom::TooLong)) => {
            return line(e.status(), &e.to_string());
        }
    };
    let path = mailbox.path(of, id);
    match tokio::fs::read(path).await {
        Ok(bytes) => Response::new(Body::new(Leaving::new(bytes, room))),
        Err(e) if e.kind() == io::ErrorKind::NotFound => not_there(),
        Err(_) => broken(),
    }
}

async fn remove(
    State(mailbox): Shared,
    InPath((of, letter)): InPath<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let (Some(of), Some(id)) = (strict::<BoxId>(&of), strict::<LetterId>(&letter)) else {
        return no_box();
    };
    if !mailbox.is_owner(&headers, Act::Remove, of, Some(id)) {
        return not_owner();
    }
    let removed = tokio::task::spawn_blocking(move || mailbox.remove(of, id));
    match removed.await {
        Ok(Ok(())) => StatusCode::NO_CONTENT.into_response(),
        _ => broken(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::SystemChance;
    use chibo_core::carriers::bundle::Sort;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn terms() -> Terms {
        Terms {
            name: "thu.example".into(),
            keep: Duration::from_secs(100),
            box_letters: 2,
            box_bytes: 1_000,
            bytes: 1_500,
            address_bytes: 1 << 30,
        }
    }

    fn letter(of: u8, length: usize) -> Letter {
        Letter {
            sort: Sort::Request,
            to: BoxId([of; 16]),
            sealed: vec![7; length],
        }
    }

    fn open(folder: &Path) -> io::Result<Mailbox> {
        Mailbox::open(folder, terms(), &mut SystemChance)
    }

    #[test]
    fn what_was_kept_is_there_after_a_new_start_and_half_a_letter_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let mailbox = open(folder.path()).unwrap();
        mailbox.keep(&letter(1, 10), HERE).unwrap();
        mailbox.keep(&letter(1, 10), HERE).unwrap();
        assert_eq!(mailbox.list(BoxId([1; 16])).len(), 1);
        assert!(open(folder.path()).is_err(), "one process has it open");
        drop(mailbox);
        std::fs::write(folder.path().join("x.tmp"), "half").unwrap();
        let mailbox = open(folder.path()).unwrap();
        let id = letter(1, 10).id();
        assert_eq!(mailbox.list(BoxId([1; 16])), vec![(id, 28)]);
        assert!(!folder.path().join("x.tmp").exists());
        mailbox.remove(BoxId([1; 16]), id).unwrap();
        mailbox.remove(BoxId([1; 16]), id).unwrap();
        assert_eq!(
            std::fs::read_dir(folder.path()).unwrap().count(),
            1,
            "the lock"
        );
    }

    #[test]
    fn a_box_and_a_mailbox_take_what_fits_and_not_a_byte_more() {
        let folder = tempfile::tempdir().unwrap();
        let mailbox = open(folder.path()).unwrap();
        let past = mailbox.keep(&letter(1, 983), HERE).unwrap_err();
        assert!(matches!(past, NotKept::BoxFull));
        mailbox.keep(&letter(1, 982), HERE).unwrap();
        assert!(matches!(
            mailbox.keep(&letter(1, 1), HERE),
            Err(NotKept::BoxFull)
        ));
        assert!(matches!(
            mailbox.keep(&letter(2, 483), HERE),
            Err(NotKept::Full)
        ));
        mailbox.keep(&letter(2, 482), HERE).unwrap();
        mailbox.remove(BoxId([1; 16]), letter(1, 982).id()).unwrap();
        mailbox.keep(&letter(2, 1), HERE).unwrap();
        assert!(matches!(
            mailbox.keep(&letter(2, 2), HERE),
            Err(NotKept::BoxFull)
        ));
    }

    #[test]
    fn a_letter_is_kept_as_long_as_was_said() {
        let folder = tempfile::tempdir().unwrap();
        let mailbox = open(folder.path()).unwrap();
        mailbox.keep(&letter(1, 10), HERE).unwrap();
        let now = SystemTime::now();
        mailbox.clean(now + Duration::from_secs(90)).unwrap();
        assert_eq!(mailbox.list(BoxId([1; 16])).len(), 1);
        mailbox.clean(now + Duration::from_secs(102)).unwrap();
        assert!(mailbox.list(BoxId([1; 16])).is_empty());
        assert_eq!(mailbox.index().bytes, 0);
    }

    #[test]
    fn a_word_is_good_for_some_minutes_and_only_here() {
        let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (one, other) = (open(one.path()).unwrap(), open(other.path()).unwrap());
        assert!(one.is_good(&one.nonce()));
        assert!(!other.is_good(&one.nonce()));
        assert!(!one.is_good(&one.nonce_of(now().0 - NONCE_SECONDS - 2)));
        assert!(!one.is_good(&one.nonce_of(now().0 + 60)));
    }

    #[test]
    fn names_have_one_form_only() {
        let good = "0a".repeat(16);
        assert!(strict::<BoxId>(&good).is_some());
        let bad = ["", "..", "0A", "+a", "%2e", "a/b"].map(|b| b.repeat(16));
        for bad in bad
            .iter()
            .chain([&format!("{good}0a"), &format!("{good}/")])
        {
            assert!(strict::<BoxId>(bad).is_none(), "{bad}");
        }
    }
}
