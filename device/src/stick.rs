//! What a phone writes onto a stick (or into a file that people send each other), and takes in from one.
//!
//! The same file goes both ways: a phone lays its letters beside what lies there, and takes its own older ones out. Every
//! letter is sealed for its addressee.
//!
//! Does not know: where the file lies.

use crate::handset::Handset;
use crate::letters::{self, Received};
use chibo_core::carriers::bundle::{Bundle, Letter, Sort};
use chibo_core::carriers::letter::{self, Content};
use chibo_core::id::LetterId;
use chibo_core::identity::{common_box, notice_key};
use chibo_core::limits;
use chibo_core::log::End;
use chibo_core::phone::SyncError;
use chibo_core::records;
use chibo_core::seal::SealError;
use chibo_core::store::{Store, StoreError};
use chibo_core::time::Timestamp;
use rand_core::RngCore;
use std::collections::BTreeMap;

/// For whom letters are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    /// For the node.
    Node,
    /// For the other devices of the branch.
    Peer,
}

/// Why nothing was written or taken in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StickError {
    /// It is no file of letters.
    #[error("this file is no bundle")]
    NotABundle,
    /// It is larger than any file of letters.
    #[error("the file is too large")]
    TooLarge,
    /// This device has not heard of another one of the branch.
    #[error("this device knows no other device of the branch yet")]
    NobodyElse,
    /// This is practice: nothing leaves it.
    #[error("this is practice and never leaves the device")]
    Practice,
    /// This device found that it came from a backup: once more.
    #[error("this device came from a backup")]
    Restored,
    /// A letter could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The engine or the store failed.
    #[error(transparent)]
    Sync(#[from] SyncError),
}

impl From<StoreError> for StickError {
    fn from(e: StoreError) -> Self {
        StickError::Sync(e.into())
    }
}

/// What came from a stick, and what on it could not be read.
#[derive(Debug, Clone, Default)]
pub struct Taken {
    /// What came.
    pub got: Received,
    /// Letters that an older program wrote without sealing them.
    pub unsealed: usize,
    /// Letters that are damaged.
    pub damaged: usize,
    /// Whether the phone has wiped itself, as the office told it to. What says so to the node is to be put onto the stick
    /// ([`put`]); then the files are to be removed.
    pub wiped: bool,
}

/// Reads a file of letters; an empty one is one without letters.
pub fn read(bytes: &[u8]) -> Result<Bundle, StickError> {
    if bytes.len() as u64 > limits::BUNDLE_BYTES {
        return Err(StickError::TooLarge);
    }
    match bytes {
        [] => Ok(Bundle::default()),
        bytes => Bundle::from_bytes(bytes).map_err(|_| StickError::NotABundle),
    }
}

/// The setting that names the last letters which this phone wrote to sticks, one for each sort: they are taken off
/// a stick again, since an older letter says less.
fn own_last(sort: Sort) -> &'static str {
    match sort {
        Sort::Share => "last-share",
        _ => "last-request",
    }
}

/// The letters that hand over what the phone has, and how many segments are in them.
fn letters_for(
    whom: For,
    handset: &mut Handset,
    now: Timestamp,
    rng: &mut dyn RngCore,
) -> Result<(Vec<Letter>, usize), StickError> {
    let phone = &mut handset.phone;
    if whom == For::Node
        && let Some((request, key)) = phone.asks_to_be_known()?
    {
        return Ok((vec![Content::Introduction(request).seal_for(&key)?], 0));
    }
    let log = phone.author().ok_or(SyncError::NotEnrolled)?.log;
    if whom == For::Node {
        let key = phone.node_letter_key()?.ok_or(SyncError::NotEnrolled)?;
        let (bytes, exchange) = phone.request_by_letter(now, rng)?;
        handset.keep_outbox(&bytes)?;
        let letter = Content::Request(bytes).seal_for(&key)?;
        return Ok((vec![letter], exchange.sent()));
    }
    let peers = phone.peers(now)?;
    let own = phone.public_key();
    if peers.values().flatten().all(|key| *key == own) {
        return Err(StickError::NobodyElse);
    }
    phone.seal(now, rng).map_err(SyncError::from)?;
    let segments = phone.offer(&BTreeMap::new())?;
    let mut letters = Vec::new();
    // Each opens what their role may read, and no more.
    for (view, keys) in peers {
        let told = phone.told(view)?;
        if !told.scopes.is_empty() {
            letters.push(Content::Told(told).seal_for_all(log, &keys)?);
        }
        for share in letter::shares(phone.readable(&segments, view)) {
            letters.push(share.seal_for_all(log, &keys)?);
        }
    }
    Ok((letters, segments.len()))
}

/// Puts letters that hand over what the phone has beside those that lie there; how many segments are in them. What is
/// sealed is on disk, and so is the mark.
pub fn put(
    whom: For,
    handset: &mut Handset,
    bundle: &mut Bundle,
    now: Timestamp,
    rng: &mut dyn RngCore,
) -> Result<usize, StickError> {
    if handset.is_practice()? {
        return Err(StickError::Practice);
    }
    let (letters, count) = letters_for(whom, handset, now, rng)?;
    handset.note_mark()?;
    let sort = match whom {
        For::Node => Sort::Request,
        For::Peer => Sort::Share,
    };
    let store = handset.phone.store_mut();
    let before = store.read(|tx| records::meta(tx, own_last(sort)))?;
    let before = before.unwrap_or_default();
    bundle
        .letters
        .retain(|l| !before.chunks(LetterId::LEN).any(|id| id == l.id().0));
    let ids: Vec<u8> = letters.iter().flat_map(|l| l.id().0).collect();
    store.write(|tx| records::set_meta(tx, own_last(sort), &ids))?;
    bundle.letters.extend(letters);
    Ok(count)
}

/// Takes in what is for this phone.
pub fn take(handset: &mut Handset, bundle: Bundle, now: Timestamp) -> Result<Taken, StickError> {
    let own = handset.phone.letter_keys()?;
    let log = handset.phone.author().map(|a| a.log);
    let common = log.map(common_box);
    let board = log.map(notice_key);
    let mut got = Received::default();
    for letter in bundle.letters {
        let of = own.iter().find(|k| k.public().letter_box() == letter.to);
        let key = match of {
            Some(key) => key,
            // In the common box lies what others may read as well.
            None if Some(letter.to) == common => handset.phone.key(),
            None => match &board {
                Some(board) if board.public().letter_box() == letter.to => {
                    letters::take_notice(&mut handset.phone, &letter, board, &mut got)?;
                    continue;
                }
                _ => continue,
            },
        };
        let opened = letter.open(key);
        match opened {
            Ok(content) => letters::take(&mut handset.phone, content, now, &mut got)?,
            Err(SealError::NotForThisKey) if of.is_none() => {}
            Err(_) => got.damaged += 1,
        }
    }
    handset.tidy_outbox()?;
    if got.restored {
        return Err(StickError::Restored);
    }
    let wiped = got.ended == Some(End::Wiped) && handset.wipe_if_told().map_err(SyncError::from)?;
    Ok(Taken {
        wiped,
        unsealed: bundle.unsealed,
        damaged: bundle.damaged + got.damaged,
        got,
    })
}
