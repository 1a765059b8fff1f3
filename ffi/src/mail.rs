//! The mailbox (*hộp thư*), for when the office's node is off: letters lie there sealed until it fetches them. Left there
//! is not received: the state between is *đã gửi, xã chưa nhận*.

use crate::chibo::{Chibo, Shared, count};
use crate::describe::Text;
use crate::error::ChiboError;
use crate::known::{self, NodeWord};
use crate::sync::{Ending, Refused, ending, on_runtime, refused};
use chibo_core::phone::SyncError;
use chibo_core::time::Timestamp;
use chibo_device::edge::SystemChance;
use chibo_device::handset::Handset;
use chibo_device::letters::{self, Hand, LetterError};
use chibo_device::words;
use rand_core::RngCore;
use std::sync::Arc;

/// What a visit to the mailbox brought.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct MailOutcome {
    /// Whether the node has all that this device has.
    pub synced: bool,
    /// Whether a letter for the node was left now.
    pub left: bool,
    /// Whether a letter lies there that the node has not answered yet (*đã gửi, xã chưa nhận*).
    pub in_mailbox: bool,
    /// How it stands, in a sentence.
    pub said: Text,
    /// Own changes that were received.
    pub handed_over: u32,
    /// Changes that still wait.
    pub waiting: u32,
    /// Items that came.
    pub came: u32,
    /// Own changes that were refused.
    pub refused: Vec<Refused>,
    /// Whether new keys of the node came: what was sent under the old ones is sent again.
    pub new_keys: bool,
    /// Letters that could not be read.
    pub damaged: u32,
    /// Changes of other devices for which there is no room here: whoever gave them keeps them.
    pub no_room: u32,
    /// Of how many parts of the records another phone was told otherwise than this one: [`Chibo::home`] says what to do
    /// until somebody has reported it.
    pub told_otherwise: u32,
    /// What the node said to this device's request to be known, if it asked.
    pub word: Option<NodeWord>,
    /// How this device's grant has ended, if it has.
    pub ended: Option<Ending>,
    /// Whether the device has wiped itself, as the office told it to; the store is closed and gone.
    pub wiped: bool,
}

/// The device as a visit borrows it: step by step, with others between.
struct Postal {
    shared: Arc<Shared>,
    /// Why a step could not be made: closed meanwhile, or broken.
    stopped: Option<ChiboError>,
}

impl Hand for Postal {
    fn step<R>(
        &mut self,
        what: impl FnOnce(&mut Handset, Timestamp, &mut dyn RngCore) -> Result<R, LetterError>,
    ) -> Result<R, LetterError> {
        let done = self
            .shared
            .now()
            .and_then(|now| self.shared.hold(|h, _| Ok(what(h, now, &mut SystemChance))));
        done.unwrap_or_else(|e| {
            self.stopped = Some(e);
            Err(SyncError::NotEnrolled.into())
        })
    }
}

#[uniffi::export]
impl Chibo {
    /// Takes in what lies in this device's box, and leaves a letter for the node if there is something to hand over or to
    /// ask; at the kept address of the mailbox, or at another one, which is then kept. Cancelled, or with a line that
    /// breaks, it begins with the same letters next time. One line at a time, as with [`Chibo::sync`].
    pub async fn sync_by_mailbox(&self, url: Option<String>) -> Result<MailOutcome, ChiboError> {
        let shared = self.shared.clone();
        on_runtime(async move {
            let _one_at_a_time = shared.line.lock().await;
            let address = shared.hold(|h, key| {
                known::may_write(h)?;
                if h.phone.author().is_some() {
                    h.tend_recovery(key)?;
                }
                match url {
                    Some(url) => Ok(url),
                    None => Ok(h.kept_mailbox()?),
                }
            })?;
            let mailbox = letters::mailbox_at(&address)?;
            let mut postal = Postal {
                shared: shared.clone(),
                stopped: None,
            };
            let visited = letters::visit(&mut postal, &mailbox).await;
            if let Some(stopped) = postal.stopped {
                return Err(stopped);
            }
            let visited = visited?;
            let got = visited.received;
            let mut outcome = MailOutcome {
                synced: false,
                left: visited.left,
                in_mailbox: false,
                said: words::wiped().into(),
                handed_over: count(got.handed_over),
                waiting: 0,
                came: count(
                    got.entries
                        .saturating_sub(got.handed_over + got.refused.len()),
                ),
                refused: got.refused.into_iter().map(refused).collect(),
                new_keys: got.new_keys,
                damaged: count(got.damaged),
                no_room: count(got.no_room),
                told_otherwise: count(got.otherwise),
                word: None,
                ended: got.ended.map(ending),
                wiped: visited.wiped,
            };
            if visited.wiped {
                shared.close(true)?;
                return Ok(outcome);
            }
            shared.hold(|h, _| {
                h.keep_mailbox(&address)?;
                outcome.word = known::word(h, got.heard)?;
                let waits = h.waits()?;
                let all = waits.own + waits.others + waits.drafts;
                outcome.in_mailbox = waits.in_mailbox;
                outcome.waiting = count(waits.own + waits.drafts);
                outcome.synced = got.synced && all == 0 && !waits.in_mailbox;
                outcome.said = words::by_mail(outcome.synced, waits.in_mailbox).into();
                Ok(())
            })?;
            Ok(outcome)
        })
        .await
    }

    /// The address of the mailbox that this device keeps; empty: none. Also told when the grant has ended: what waits goes out
    /// all the same.
    pub fn mailbox(&self) -> Result<String, ChiboError> {
        self.shared.hand_over(|h, _| Ok(h.kept_mailbox()?))
    }

    /// Keeps another address of a mailbox; empty: none.
    pub fn set_mailbox(&self, url: String) -> Result<(), ChiboError> {
        self.shared.call(|h, _| {
            if !url.is_empty() {
                letters::mailbox_at(&url)?;
            }
            Ok(h.keep_mailbox(&url)?)
        })
    }
}
