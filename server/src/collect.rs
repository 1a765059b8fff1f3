//! A node's round at a mailbox: it handles the requests that lie there as if they had come over HTTP, and seals its
//! answers for the devices that asked. A request is out of the way only when its answer is on its way: whatever
//! breaks, the next round begins with the same letter, and taking it twice changes nothing.
//!
//! Anybody can lay letters into the node's box, and each answer costs a part of what a mailbox takes from one address. So the
//! devices that are known come first, then those that are let in now, and of all others so many hear that they are
//! not ([`limits::STRANGERS_A_ROUND`], [`limits::STRANGERS_A_DAY`]). The rest hears nothing, and is counted.

use crate::edge::{SystemChance, now};
use crate::intake::{Busy, Intake, OfficeNode};
use chibo_core::carriers::bundle::Letter;
use chibo_core::carriers::http::CarrierError;
use chibo_core::carriers::letter::Content;
use chibo_core::carriers::mailbox::{Mailbox, Visit};
use chibo_core::codec::{Reader, Writer};
use chibo_core::enrol::{EnrolRequest, Word};
use chibo_core::id::{Hash, LetterId, PublicKey};
use chibo_core::identity::{SecretKey, notice_key};
use chibo_core::limits;
use chibo_core::node::{EnrolError, Rejection};
use chibo_core::phone::SyncError;
use chibo_core::records;
use chibo_core::seal::SealError;
use chibo_core::store::{Store, StoreError};
use chibo_core::time::Timestamp;
use chibo_device::letters::LetterError;
use std::collections::BTreeMap;

/// Why a round at a mailbox stopped. What was done before stays done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectError {
    /// A letter, the mailbox or the store.
    #[error(transparent)]
    Letter(#[from] LetterError),
    /// The node is not able to work now.
    #[error(transparent)]
    Busy(#[from] Busy),
}

impl From<CarrierError> for CollectError {
    fn from(e: CarrierError) -> Self {
        CollectError::Letter(e.into())
    }
}

impl From<SealError> for CollectError {
    fn from(e: SealError) -> Self {
        CollectError::Letter(e.into())
    }
}

impl From<StoreError> for CollectError {
    fn from(e: StoreError) -> Self {
        CollectError::Letter(SyncError::from(e).into())
    }
}

/// What a node's round at a mailbox has brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Collected {
    /// Requests that were taken in, and whose answers are on their way; those of devices that asked to be known among
    /// them.
    pub answered: usize,
    /// Requests that were taken in, but whose answer the mailbox did not take: they stay there for
    /// the next round.
    pub undelivered: usize,
    /// Requests to be known that lie there until the office has confirmed after a restore.
    pub waiting: usize,
    /// Requests of devices that are not enrolled here.
    pub rejected: usize,
    /// Requests that were put away unheard: of devices that are not known, of which too many asked, or of one that was told
    /// its share of the day, or of which enough lie there already.
    pub unheard: usize,
    /// Letters that could not be read, or that met a fault of this program.
    pub damaged: usize,
    /// Devices that are still to be told of the node's new keys: their boxes were full.
    pub untold: usize,
}

/// Fetches the requests that lie in the node's box, has them judged, and leaves the answers in the devices'
/// boxes. The node only dials out.
pub async fn collect(intake: &Intake, mailbox: &Mailbox) -> Result<Collected, CollectError> {
    let key = intake.ask(|node| node.letter_key()).await??;
    let box_of = mailbox.visit(&key).await?;
    let collected = Collected {
        untold: greet(intake, mailbox).await?,
        ..Collected::default()
    };
    match post_notice(intake, mailbox).await {
        // Somebody has filled the board; it is looked at in each round.
        Err(CollectError::Letter(LetterError::Carrier(e))) if is_full(&e) => {}
        other => other?,
    }
    let mut round = Round {
        intake,
        mailbox,
        box_of: &box_of,
        collected,
        left: BTreeMap::new(),
        waiting: BTreeMap::new(),
        strangers: 0,
    };
    for ids in box_of.list().await?.chunks(BATCH) {
        match round.batch(ids, &key).await {
            Ok(()) => {}
            // The mailbox has heard enough from here for now. What was settled is out of the way, so the next round comes further.
            Err(CollectError::Letter(LetterError::Carrier(CarrierError::TooOften { .. }))) => break,
            Err(e) => return Err(e),
        }
    }
    Ok(round.collected)
}

/// So many letters are settled before more are fetched. Each takes three requests of the mailbox at most, which bears some
/// hundred at once: whoever lays letters without number must not keep a round from settling any.
const BATCH: usize = 100;

/// One round while it goes on.
struct Round<'a> {
    intake: &'a Intake,
    mailbox: &'a Mailbox,
    box_of: &'a Visit<'a>,
    collected: Collected,
    /// How many letters of each device stay where they are.
    left: BTreeMap<u64, usize>,
    /// How many of those that ask to be known, by whose grant they show.
    waiting: BTreeMap<Hash, usize>,
    /// How many who are no device of this node have heard so in this round.
    strangers: u64,
}

impl Round<'_> {
    /// Looks at some letters: first what devices say that are known, then who is let in, then all others.
    async fn batch(&mut self, ids: &[LetterId], key: &SecretKey) -> Result<(), CollectError> {
        let mut asking = Vec::new();
        for id in ids.iter().copied() {
            let letter = match self.box_of.fetch(id).await {
                Ok(Some(letter)) => letter,
                Ok(None) => continue,
                // The mailbox cannot read this one; others it can.
                Err(CarrierError::NotNow(_)) => {
                    self.collected.damaged += 1;
                    continue;
                }
                Err(e) => return Err(e.into()),
            };
            match letter.ok().and_then(|l| l.open(key).ok()) {
                Some(Content::Request(bytes)) => {
                    let said = or_fault(answer(self.intake, bytes).await)?;
                    self.settle(id, said).await?;
                }
                Some(Content::Introduction(request)) => asking.push((id, request)),
                _ => {
                    self.collected.damaged += 1;
                    self.box_of.remove(id).await?;
                }
            }
        }
        let mut strangers = Vec::new();
        for (id, request) in asking {
            let heard = match word(self.intake, request).await {
                Err(CollectError::Busy(Busy::Failed)) => Heard::Known(Said::Fault),
                heard => heard?,
            };
            match heard {
                Heard::Known(said) => self.settle(id, said).await?,
                Heard::Stranger(asker, word) => strangers.push((id, asker, word)),
            }
        }
        for (id, asker, word) in strangers {
            let may_hear = self.strangers < limits::STRANGERS_A_ROUND
                && (self
                    .intake
                    .ask(|node| node.may_tell_stranger(now()))
                    .await??);
            if may_hear {
                self.strangers += 1;
                let letter = Content::Word(word).seal_for(&asker)?;
                self.settle(id, Said::Letter(None, letter)).await?;
            } else {
                self.collected.unheard += 1;
                self.box_of.remove(id).await?;
            }
        }
        Ok(())
    }

    /// Whether one more letter of this device may stay where it is: it could fill the node's box with what finds no answer.
    fn may_stay(&mut self, grant: u64) -> bool {
        let left = self.left.entry(grant).or_default();
        *left += 1;
        *left <= limits::LETTERS_LEFT
    }

    /// Whether one more letter that shows this grant may wait. Anybody can ask to be known, and a device makes keys without number.
    fn may_wait(&mut self, under: Hash) -> bool {
        let waiting = self.waiting.entry(under).or_default();
        let has_room = *waiting < limits::LETTERS_WAITING_OF_A_LINE
            && self.collected.waiting < limits::LETTERS_WAITING;
        *waiting += usize::from(has_room);
        has_room
    }

    /// Leaves what is said to a letter, and puts the letter out of the way, unless it is to be looked at again.
    async fn settle(&mut self, id: LetterId, said: Said) -> Result<(), CollectError> {
        match said {
            Said::Letter(grant, letter) => match self.mailbox.put(&letter).await {
                Ok(()) => {
                    self.collected.answered += 1;
                    if let Some((grant, asked)) = grant {
                        let bytes = letter.to_bytes().len() as u64;
                        let told = move |node: &mut OfficeNode| {
                            node.told_by_letter(grant, asked, bytes, now())
                        };
                        self.intake.ask(told).await??;
                    }
                }
                Err(e) if is_full(&e) => {
                    // It stays until its answer has found a place.
                    if grant.is_none_or(|(grant, _)| self.may_stay(grant)) {
                        self.collected.undelivered += 1;
                        return Ok(());
                    }
                    self.collected.unheard += 1;
                }
                Err(e) => return Err(e.into()),
            },
            Said::Nothing => self.collected.rejected += 1,
            Said::Fault => self.collected.damaged += 1,
            Said::Enough => self.collected.unheard += 1,
            Said::NotYet(under) if self.may_wait(under) => {
                self.collected.waiting += 1;
                return Ok(());
            }
            Said::NotYet(_) => self.collected.unheard += 1,
        }
        Ok(self.box_of.remove(id).await?)
    }
}

/// What the node says to a letter.
enum Said {
    /// This, to its sender: a device with the grant in this entry, if it is one, and when that asked.
    Letter(Option<(u64, Option<Timestamp>)>, Letter),
    /// Nothing: its sender was told enough today.
    Enough,
    /// Nothing: this program has a fault that the letter meets, and would meet again.
    Fault,
    /// Nothing: its sender is no device of this node.
    Nothing,
    /// Nothing yet: the office is asked first, or the day was full. With what its sender shows ([`OfficeNode::asks_under`]).
    NotYet(Hash),
}

/// A letter that meets a fault of this program stands in no other's way; its sender has what it says.
fn or_fault(said: Result<Said, CollectError>) -> Result<Said, CollectError> {
    match said {
        Err(CollectError::Busy(Busy::Failed)) => Ok(Said::Fault),
        said => said,
    }
}

/// Who asks to be known.
enum Heard {
    /// A device that is, from now on or before, or of which nothing can be said yet.
    Known(Said),
    /// A device that is not: the node's word of that, for this key.
    Stranger(PublicKey, Box<Word>),
}

/// Has a device enrolled, or taken in under its new key; the node's word, sealed for the key that signed the request.
async fn word(intake: &Intake, request: EnrolRequest) -> Result<Heard, CollectError> {
    let said = intake.ask(move |node| {
        let said = node.enrol_by_letter(&request, now(), &mut SystemChance);
        let under = said.is_err().then(|| node.asks_under(&request));
        Ok::<_, StoreError>((said, under.transpose()?.unwrap_or(Hash::ZERO)))
    });
    let (said, under) = said.await??;
    Ok(match said {
        Ok(Some((asker, word))) if word.said.is_err() => Heard::Stranger(asker, Box::new(word)),
        Ok(Some((asker, word))) => {
            let grant = word.said.as_ref().ok().map(|(n, _)| *n);
            let word = Content::Word(Box::new(word));
            Heard::Known(match hears(intake, grant, None).await? {
                true => Said::Letter(grant.map(|n| (n, None)), word.seal_for(&asker)?),
                false => Said::Enough,
            })
        }
        Ok(None) => Heard::Known(Said::Nothing),
        Err(EnrolError::Store(e)) => return Err(e.into()),
        Err(_) => Heard::Known(Said::NotYet(under)),
    })
}

/// Whether a device is told more by letter today.
async fn hears(
    intake: &Intake,
    grant: Option<u64>,
    asked: Option<Timestamp>,
) -> Result<bool, CollectError> {
    let Some(grant) = grant else { return Ok(true) };
    Ok(intake
        .ask(move |node| node.hears_by_letter(grant, asked, now()))
        .await??)
}

/// Has a request judged; its answer, sealed for the device that signed it.
async fn answer(intake: &Intake, bytes: Vec<u8>) -> Result<Said, CollectError> {
    let (asker, bytes) = intake.ask(move |node| (node.asker(&bytes), bytes)).await?;
    let judged = match asker {
        Ok(asker) if !hears(intake, Some(asker.grant), Some(asker.time)).await? => {
            return Ok(Said::Enough);
        }
        Ok(asker) => intake.sync(bytes).await?.map(|answer| (asker, answer)),
        Err(e) => Err(e),
    };
    match judged {
        Ok((asker, answer)) => {
            let letter = Content::Answer(answer).seal_for(&asker.key)?;
            Ok(Said::Letter(Some((asker.grant, Some(asker.time))), letter))
        }
        Err(Rejection::Store(e)) => Err(e.into()),
        Err(_) => Ok(Said::Nothing),
    }
}

/// What is laid on the log's notice board for devices that this node does not know any more: they were let in after the
/// backup that it went on from, and wait for answers that cannot come. The board is swept of everything else.
async fn post_notice(intake: &Intake, mailbox: &Mailbox) -> Result<(), CollectError> {
    let name = format!("notice/{}", mailbox.name());
    let about = name.clone();
    let told = intake.ask(move |node| {
        let noted = node.store().read(|tx| records::meta(tx, &about))?;
        Ok::<_, StoreError>((node.log(), node.epochs()?, noted.unwrap_or_default()))
    });
    let (log, epochs, noted) = told.await??;
    let Some(last) = epochs.last().map(|e| e.epoch).filter(|e| *e > 1) else {
        return Ok(());
    };
    let board = notice_key(log);
    let visit = mailbox.visit(&board).await?;
    let is_ours = |id: &LetterId| noted == notice_row(last, *id);
    let (ours, others): (Vec<_>, Vec<_>) = visit.list().await?.into_iter().partition(is_ours);
    for id in others {
        visit.remove(id).await?;
    }
    if !ours.is_empty() {
        return Ok(());
    }
    let letter = Content::Epochs(epochs).post(log)?;
    let row = notice_row(last, letter.id());
    mailbox.put(&letter).await?;
    let noted = intake.ask(move |node| {
        let store = node.store_mut();
        store.write(|tx| records::set_meta(tx, &name, &row))
    });
    Ok(noted.await??)
}

/// The letter on the notice board that tells the epochs up to this one.
fn notice_row(epoch: u64, letter: LetterId) -> Vec<u8> {
    let mut w = Writer::new();
    w.number(epoch).fixed(&letter.0);
    w.finish()
}

/// Whether a mailbox takes no letter into this box now, or none from this address. Anybody can fill a box: that stops
/// what is meant for it, and nothing else.
fn is_full(e: &CarrierError) -> bool {
    matches!(e, CarrierError::NotNow(_) | CarrierError::TooOften { .. })
}

/// What is kept of the greetings at a mailbox: the epoch that is told, and the keys of the devices that are still to hear.
fn greeted_row(epoch: u64, untold: &[PublicKey]) -> Vec<u8> {
    let mut w = Writer::new();
    w.number(epoch).number(untold.len() as u64);
    for key in untold {
        w.fixed(&key.0);
    }
    w.finish()
}

/// The keys in such a row that are still to hear of this epoch; none: nobody has heard yet.
fn untold_of(row: &[u8], epoch: u64) -> Option<Vec<PublicKey>> {
    let mut r = Reader::new(row);
    if r.number().ok()? != epoch {
        return None;
    }
    let count = r.number().unwrap_or(0);
    (0..count)
        .map(|_| PublicKey::from_slice(r.fixed(32).ok()?))
        .collect::<Option<_>>()
}

/// After a restore the node has new keys, and cannot open what devices sealed for the old ones. So it tells its
/// epochs to every device that it knows, once at each mailbox and in each epoch. Whose box is full hears it in a later
/// round; says how many those are.
async fn greet(intake: &Intake, mailbox: &Mailbox) -> Result<usize, CollectError> {
    let name = format!("greeted/{}", mailbox.name());
    let about = name.clone();
    let (epochs, devices) = intake
        .ask(move |node| {
            let epoch = node.epoch().epoch;
            if epoch == 1 {
                return Ok((Vec::new(), Vec::new()));
            }
            let row = node.store().read(|tx| records::meta(tx, &about))?;
            let mut devices = node.device_keys()?;
            if let Some(untold) = row.and_then(|row| untold_of(&row, epoch)) {
                devices.retain(|key| untold.contains(key));
            }
            Ok::<_, StoreError>((node.epochs()?, devices))
        })
        .await??;
    let Some(last) = epochs.last().map(|e| e.epoch) else {
        return Ok(0);
    };
    let content = Content::Epochs(epochs);
    let mut untold = Vec::new();
    let mut broken = None;
    for (at, device) in devices.iter().enumerate() {
        let laid = match content.seal_for(device) {
            Ok(letter) => mailbox.put(&letter).await,
            Err(SealError::NoReader) => continue, // A key that cannot be sealed for asks for nothing either.
            Err(e) => return Err(e.into()),
        };
        match laid {
            Ok(()) => {}
            Err(CarrierError::NotNow(_)) => untold.push(*device),
            // The mailbox takes nothing more from here, or the line is gone: the rest another time.
            Err(e) => {
                untold.extend_from_slice(&devices[at..]);
                broken = (!is_full(&e)).then_some(e);
                break;
            }
        }
    }
    let (row, count) = (greeted_row(last, &untold), untold.len());
    let noted = intake.ask(move |node| {
        node.store_mut().write(|tx| {
            let stands = records::meta(tx, &name)?;
            match stands.as_ref() == Some(&row) {
                true => Ok(()),
                false => records::set_meta(tx, &name, &row),
            }
        })
    });
    noted.await??;
    broken.map_or(Ok(count), |e| Err(e.into()))
}
