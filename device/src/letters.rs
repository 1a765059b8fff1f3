//! Letters: what a phone does with them, whether they come on a stick or through a mailbox.
//!
//! A letter is out of the way only when what it brought is on disk: whatever breaks, the next round begins with
//! the same letter, and taking it twice changes nothing. Anybody can lay anything into a box, so what cannot be
//! read is counted and put away, and never stops the others.

use crate::handset::{FilePhone, Handset};
use crate::home;
use crate::otherwise;
use chibo_core::carriers::bundle::Letter;
use chibo_core::carriers::http::{CarrierError, Options};
use chibo_core::carriers::letter::Content;
use chibo_core::carriers::mailbox::Mailbox;
use chibo_core::codec::{Reader, Writer};
use chibo_core::identity::{SecretKey, notice_key};
use chibo_core::log::End;
use chibo_core::phone::{Heard, SyncError};
use chibo_core::records;
use chibo_core::seal::SealError;
use chibo_core::store::{Store, StoreError};
use chibo_core::time::Timestamp;
use chibo_core::wire::FrameReader;
use rand_core::RngCore;

/// Why a round with letters stopped. What was done before stays done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LetterError {
    /// The mailbox could not be reached, or takes nothing.
    #[error(transparent)]
    Carrier(#[from] CarrierError),
    /// The engine or the store failed.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// A letter could not be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// This is practice: nothing leaves it.
    #[error("this is practice and never leaves the device")]
    Practice,
}

impl From<StoreError> for LetterError {
    fn from(e: StoreError) -> Self {
        LetterError::Sync(e.into())
    }
}

/// What letters have brought to a phone.
#[derive(Debug, Clone, Default)]
pub struct Received {
    /// Answers that were taken in.
    pub answers: usize,
    /// Answers that are older than what the phone has: read before, or overtaken.
    pub late: usize,
    /// Own segments that have a receipt or a refusal now.
    pub handed_over: usize,
    /// Own segments that were refused, with the reason's number.
    pub refused: Vec<u8>,
    /// Entries and documents that came.
    pub entries: usize,
    /// Segments of other devices, provisional.
    pub shared: usize,
    /// Segments of other devices for which there is no room here: whoever gave them keeps them.
    pub no_room: usize,
    /// Whether new keys of the node came: it was restored.
    pub new_keys: bool,
    /// Whether the last answer covers all that the phone has.
    pub synced: bool,
    /// Whether the node has more to tell.
    pub more: bool,
    /// Whether the phone found that it was restored from a backup.
    pub restored: bool,
    /// That this device's grant has ended, and how.
    pub ended: Option<End>,
    /// What the node said to this device's request to be known.
    pub heard: Option<Heard>,
    /// Scopes of which another device was told otherwise than this one: the node has two faces, or that device says so.
    pub otherwise: usize,
    /// Letters that could not be read.
    pub damaged: usize,
}

/// Takes in what one letter says.
pub fn take(
    phone: &mut FilePhone,
    content: Content,
    now: Timestamp,
    received: &mut Received,
) -> Result<(), SyncError> {
    match content {
        Content::Answer(bytes) => match take_answer(phone, &bytes, now, received) {
            Ok(()) => received.answers += 1,
            // Read before, or overtaken by a better line.
            Err(SyncError::Late) => {
                received.late += 1;
                forget_sent(phone)?;
            }
            Err(SyncError::Restored) => {
                received.restored = true;
                forget_sent(phone)?;
            }
            Err(e @ (SyncError::Store(_) | SyncError::Edit(_))) => return Err(e),
            // Anybody can seal a letter for this device; only the node's signature counts.
            Err(_) => received.damaged += 1,
        },
        Content::Epochs(epochs) => match phone.take_epoch_letter(epochs) {
            Ok(new) => received.new_keys |= new,
            Err(e @ (SyncError::Store(_) | SyncError::Edit(_))) => return Err(e),
            Err(_) => received.damaged += 1,
        },
        Content::Share(segments) => {
            let came = phone.take_offer(segments, now)?;
            received.shared += came.taken;
            received.no_room += came.no_room;
        }
        Content::Told(told) => {
            let scopes = phone.told_otherwise(&told)?;
            otherwise::note(phone, &scopes, now)?;
            received.otherwise += scopes.len();
        }
        Content::Word(word) => match phone.hear(&word) {
            Ok(Heard::Nothing) => received.late += 1,
            Ok(heard) => {
                received.heard = Some(heard);
                forget_sent(phone)?;
            }
            Err(e @ (SyncError::Store(_) | SyncError::Edit(_))) => return Err(e),
            Err(_) => received.damaged += 1,
        },
        Content::Request(_) | Content::Introduction(_) => received.damaged += 1,
    }
    Ok(())
}

/// Takes in what a letter on the log's notice board says; anybody who knows the log can lay one there.
pub fn take_notice(
    phone: &mut FilePhone,
    letter: &Letter,
    board: &SecretKey,
    received: &mut Received,
) -> Result<(), SyncError> {
    let Ok(Content::Epochs(epochs)) = letter.open(board) else {
        return Ok(());
    };
    match phone.take_epoch_letter(epochs) {
        Ok(new) => received.new_keys |= new,
        Err(e @ (SyncError::Store(_) | SyncError::Edit(_))) => return Err(e),
        Err(_) => received.damaged += 1,
    }
    Ok(())
}

fn take_answer(
    phone: &mut FilePhone,
    bytes: &[u8],
    now: Timestamp,
    received: &mut Received,
) -> Result<(), SyncError> {
    let mut exchange = phone.reading(now);
    let mut frames = FrameReader::new();
    frames.feed(bytes);
    while let Some(frame) = frames.next_frame()? {
        phone.receive(&mut exchange, &frame)?;
    }
    let outcome = phone.outcome(&exchange)?;
    received.handed_over += outcome.handed_over;
    received.entries += outcome.entries + outcome.filled;
    let refused = outcome.refused.iter().map(|(_, reason)| *reason);
    received.refused.extend(refused);
    received.synced = outcome.synced;
    received.more = outcome.more;
    received.ended = outcome.ended.or(received.ended);
    if exchange.is_complete() {
        forget_sent(phone)?;
    }
    home::note_answer(phone, now, outcome.synced, outcome.refused.len())?;
    Ok(())
}

fn forget_sent(phone: &mut FilePhone) -> Result<(), StoreError> {
    phone.store_mut().write(|tx| records::drop_meta(tx, SENT))
}

/// What is remembered of a request that was left in a mailbox, until its answer comes.
const SENT: &str = "letter-sent";
/// Seconds after which an unanswered request is left once more, whatever became of it.
const AGAIN_SECONDS: u64 = 3 * 86_400;

/// What a request said: as long as nothing of it changes, a second one would say the same.
fn said(phone: &FilePhone) -> Result<Vec<u8>, StoreError> {
    if let Some((request, _)) = phone.asks_to_be_known()? {
        return Ok(request.to_bytes());
    }
    let epoch = phone.node()?.map_or(0, |(_, epoch)| epoch);
    let (_, position) = phone.digest()?;
    let mut w = Writer::new();
    let code = phone.recovery_waits()?.map_or(0, |made| made.0);
    w.number(phone.sealed()?).number(epoch).number(position.n);
    w.number(code);
    Ok(w.finish())
}

/// When a request was left in a mailbox that has no answer yet, and what it said.
fn sent(phone: &FilePhone) -> Result<Option<(Timestamp, Vec<u8>)>, StoreError> {
    let Some(bytes) = phone.store().read(|tx| records::meta(tx, SENT))? else {
        return Ok(None);
    };
    let mut r = Reader::new(&bytes);
    let time = r.number().unwrap_or(0);
    let said = r.fixed(r.left()).unwrap_or_default().to_vec();
    Ok(Some((Timestamp(time), said)))
}

/// Whether a request lies in a mailbox that the node has not answered yet.
pub fn waits_for_answer(phone: &FilePhone) -> Result<bool, StoreError> {
    Ok(sent(phone)?.is_some())
}

/// Whether a letter that waits for its answer in a mailbox says all that a request of now would.
pub(crate) fn is_said_there(phone: &FilePhone) -> Result<bool, StoreError> {
    match sent(phone)? {
        Some((_, before)) => Ok(phone.drafted()? == 0 && said(phone)? == before),
        None => Ok(false),
    }
}

/// How a phone's visit to a mailbox ended.
#[derive(Debug, Clone, Default)]
pub struct Visited {
    /// What came.
    pub received: Received,
    /// Whether a request was left now.
    pub left: bool,
    /// Whether the phone has wiped itself, as the office told it to.
    pub wiped: bool,
}

/// A phone as a visit to a mailbox borrows it: for one step at a time, and never while the line is waited for.
pub trait Hand {
    /// Borrows the phone, the time and chance, for a step.
    fn step<R>(
        &mut self,
        what: impl FnOnce(&mut Handset, Timestamp, &mut dyn RngCore) -> Result<R, LetterError>,
    ) -> Result<R, LetterError>;
}

/// A phone that nobody else uses meanwhile.
struct Mine<'a> {
    handset: &'a mut Handset,
    now: &'a dyn Fn() -> Timestamp,
    rng: &'a mut dyn RngCore,
}

impl Hand for Mine<'_> {
    fn step<R>(
        &mut self,
        what: impl FnOnce(&mut Handset, Timestamp, &mut dyn RngCore) -> Result<R, LetterError>,
    ) -> Result<R, LetterError> {
        what(self.handset, (self.now)(), self.rng)
    }
}

/// Takes in what lies in a phone's box, and leaves a request for its node if there is something to hand over or to
/// ask. Of a phone that has wiped itself the files are left to be removed.
pub async fn visit<H: Hand>(hand: &mut H, mailbox: &Mailbox) -> Result<Visited, LetterError> {
    let keys = hand.step(|h, _, _| match h.is_practice()? {
        true => Err(LetterError::Practice),
        false => Ok(h.phone.letter_keys()?),
    })?;
    let mut visited = Visited::default();
    for key in keys {
        let box_of = mailbox.visit(&key).await?;
        for id in box_of.list().await? {
            let Some(letter) = box_of.fetch(id).await? else {
                continue;
            };
            let received = &mut visited.received;
            match letter.ok().and_then(|l| l.open(&key).ok()) {
                Some(content) => {
                    hand.step(|h, now, _| Ok(take(&mut h.phone, content, now, received)?))?;
                }
                None => received.damaged += 1,
            }
            box_of.remove(id).await?;
        }
    }
    look_at_notices(hand, mailbox, &mut visited.received).await?;
    let is_known = hand.step(|h, _, _| {
        h.tidy_outbox()?;
        Ok(h.phone.author().is_some() || h.phone.asks_to_be_known()?.is_some())
    })?;
    if !is_known {
        return Ok(visited);
    }
    let nothing_waits =
        hand.step(|h, _, _| Ok(h.phone.waiting()?.0 == 0 && h.phone.drafted()? == 0))?;
    let is_wiped = hand.step(|h, _, _| Ok(h.phone.is_wiped()?))?;
    if is_wiped || (visited.received.ended == Some(End::Wiped) && nothing_waits) {
        if !is_wiped {
            hand.step(|h, _, _| Ok(h.phone.wipe().map_err(SyncError::from)?))?;
        }
        // Where the word of it finds no place now, the next visit leaves it.
        leave(hand, mailbox).await?;
        visited.wiped = true;
        return Ok(visited);
    }
    let done = visited.received.synced && !visited.received.more && nothing_waits;
    if !done && hand.step(|h, now, _| Ok(h.has_more_to_say(now)?))? {
        leave(hand, mailbox).await?;
        visited.left = true;
    }
    Ok(visited)
}

/// Letters that a phone fetches from its log's notice board in one visit: the node lays one there.
const NOTICES: usize = 4;

/// While an answer does not come, its node may have gone back to before it knew this phone, and cannot read what was
/// sealed for it before.
async fn look_at_notices<H: Hand>(
    hand: &mut H,
    mailbox: &Mailbox,
    received: &mut Received,
) -> Result<(), LetterError> {
    let log = hand.step(|h, _, _| {
        let waits = waits_for_answer(&h.phone)?;
        Ok(h.phone.author().filter(|_| waits).map(|a| a.log))
    })?;
    let Some(board) = log.map(notice_key) else {
        return Ok(());
    };
    let visit = mailbox.visit(&board).await?;
    for id in visit.list().await?.into_iter().take(NOTICES) {
        if let Some(Ok(letter)) = visit.fetch(id).await? {
            hand.step(|h, _, _| Ok(take_notice(&mut h.phone, &letter, &board, received)?))?;
        }
    }
    Ok(())
}

/// Leaves a request for the node. What it carries is on disk before it leaves.
async fn leave<H: Hand>(hand: &mut H, mailbox: &Mailbox) -> Result<(), LetterError> {
    let letter = hand.step(|h, now, rng| {
        if let Some((request, key)) = h.phone.asks_to_be_known()? {
            return Ok(Content::Introduction(request).seal_for(&key)?);
        }
        let key = h.phone.node_letter_key()?.ok_or(SyncError::NotEnrolled)?;
        let (bytes, _) = h.phone.request_by_letter(now, rng)?;
        h.note_mark()?;
        h.keep_outbox(&bytes)?;
        Ok(Content::Request(bytes).seal_for(&key)?)
    })?;
    mailbox.put(&letter).await?;
    hand.step(|h, now, _| {
        let mut w = Writer::new();
        w.number(now.0).fixed(&said(&h.phone)?);
        let store = h.phone.store_mut();
        store.write(|tx| records::set_meta(tx, SENT, w.as_slice()))?;
        Ok(h.name_mailbox()?)
    })
}

/// The setting that holds the mailbox's address.
const MAILBOX: &str = "mailbox";

/// A mailbox at an address; public authorities vouch for it.
pub fn mailbox_at(url: &str) -> Result<Mailbox, CarrierError> {
    let options = Options {
        public: true,
        ..Options::default()
    };
    Mailbox::new(url, &options)
}

impl Handset {
    /// As [`visit`], and removes the files of a phone that has wiped itself.
    pub async fn visit(
        &mut self,
        mailbox: &Mailbox,
        now: &dyn Fn() -> Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<Visited, LetterError> {
        let mut mine = Mine {
            handset: self,
            now,
            rng,
        };
        let visited = visit(&mut mine, mailbox).await?;
        if visited.wiped {
            self.remove()?;
        }
        Ok(visited)
    }

    /// The address of the mailbox that this device keeps; empty: none.
    pub fn kept_mailbox(&self) -> Result<String, StoreError> {
        let stored = self.phone.store().read(|tx| records::meta(tx, MAILBOX))?;
        let text = stored.and_then(|b| String::from_utf8(b).ok());
        Ok(text.unwrap_or_default())
    }

    /// Keeps the address of a mailbox that was reached.
    pub fn keep_mailbox(&mut self, url: &str) -> Result<(), StoreError> {
        let store = self.phone.store_mut();
        store.write(|tx| records::set_meta(tx, MAILBOX, url.as_bytes()))?;
        self.name_mailbox()
    }

    /// Whether a request would say something that the one which waits for its answer does not.
    fn has_more_to_say(&self, now: Timestamp) -> Result<bool, StoreError> {
        let Some((time, _)) = sent(&self.phone)? else {
            return Ok(true);
        };
        let long_ago = now.0.abs_diff(time.0) > AGAIN_SECONDS;
        Ok(long_ago || !is_said_there(&self.phone)?)
    }
}
