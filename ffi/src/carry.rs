//! Without a line: a file that people send or carry, and the hand-over of a branch's work from one phone to another.

use crate::chibo::{Chibo, count};
use crate::descriptor;
use crate::error::ChiboError;
use crate::known::{self, NodeWord};
use crate::sync::{Ending, ending};
use chibo_core::carriers::bundle::Bundle;
use chibo_core::domain::succession::{Counted, Side, Standing};
use chibo_core::enrol::Card;
use chibo_core::id::PlaceId;
use chibo_core::log::End;
use chibo_core::phone::LayDownError;
use chibo_core::text;
use chibo_core::time::Timestamp;
use chibo_device::edge::SystemChance;
use chibo_device::handset::Handset;
use chibo_device::stick::{self, StickError};
use chibo_device::succession as handing_over;
use std::collections::HashMap;

/// For whom a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Addressee {
    /// The node.
    Node,
    /// The other devices of the branch.
    Branch,
}

/// A file to be sent or carried.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Sealed {
    /// The whole file. Every letter in it is sealed for its addressee.
    pub file: Vec<u8>,
    /// How many changes it hands over.
    pub changes: u32,
}

/// What came from a file.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct TakenIn {
    /// Answers of the node that were taken in.
    pub answers: u32,
    /// Answers that say less than what is here: the file was read before.
    pub late: u32,
    /// Own changes that have a receipt now.
    pub handed_over: u32,
    /// Items that came.
    pub came: u32,
    /// Changes of other devices, provisional until the node has them.
    pub shared: u32,
    /// Changes of other devices for which there is no room here: whoever gave them keeps them. After the next sync with the
    /// node the file can be read again.
    pub no_room: u32,
    /// Whether the node has all that this device has.
    pub synced: bool,
    /// Whether new keys of the node came: what was sent under the old ones is sent again.
    pub new_keys: bool,
    /// Letters that could not be read.
    pub damaged: u32,
    /// Of how many parts of the records another phone was told otherwise than this one: [`Chibo::home`] says what to do
    /// until somebody has reported it.
    pub told_otherwise: u32,
    /// What the node said to this device's request to be known, if it asked.
    pub word: Option<NodeWord>,
    /// That this device's grant has ended, and how.
    pub ended: Option<Ending>,
    /// If this device has wiped itself, as the office told it to: the same file with what says so to the node, to be brought
    /// there. The object is closed, and its store removed.
    pub wiped: Option<Vec<u8>>,
}

/// What a person counted at a hand-over, and the name under which they sign.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Tally {
    /// The name.
    pub name: String,
    /// What was counted, by field: `cash` (đồng), `dossiers`, `books`. What the program counts is added.
    pub counts: HashMap<String, i64>,
    /// Which paper books, up to which page.
    pub books: String,
    /// A note.
    pub note: String,
    /// The day; `null`: today.
    pub on: Option<String>,
}

/// One side of a hand-over, as its person signed it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SignedSide {
    /// The name.
    pub name: String,
    /// The role, by name.
    pub role: Option<String>,
    /// The day.
    pub on: Option<String>,
    /// What was counted, by field.
    pub counts: HashMap<String, i64>,
    /// Which paper books.
    pub books: String,
    /// A note.
    pub note: String,
}

/// A hand-over as both sides say it (*biên bản bàn giao*).
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Succession {
    /// Who gives.
    pub given: Option<SignedSide>,
    /// Who takes.
    pub taken: Option<SignedSide>,
    /// What both counted, and not to the same number.
    pub differences: Vec<String>,
}

impl From<StickError> for ChiboError {
    fn from(e: StickError) -> Self {
        match e {
            StickError::Sync(e) => e.into(),
            StickError::Practice => ChiboError::Practice,
            StickError::NobodyElse => ChiboError::NobodyElse,
            StickError::Restored => ChiboError::AskAgain,
            StickError::Seal(_) => ChiboError::Broken,
            _ => ChiboError::NotAFile,
        }
    }
}

impl From<LayDownError> for ChiboError {
    fn from(e: LayDownError) -> Self {
        match e {
            LayDownError::NotConfirmed => ChiboError::NotConfirmed,
            LayDownError::NotAllTaken(_) => ChiboError::UnsentFirst,
            LayDownError::Store(e) => e.into(),
            LayDownError::Sync(e) => e.into(),
            _ => ChiboError::Broken,
        }
    }
}

fn side(side: &Side) -> SignedSide {
    SignedSide {
        name: side.name.clone(),
        role: side.role.map(|r| r.name().into()),
        on: side.on.map(|on| on.to_string()),
        counts: (side.counts.iter())
            .map(|(name, n)| ((*name).to_owned(), *n))
            .collect(),
        books: side.books.clone(),
        note: side.note.clone(),
    }
}

fn told(standing: &Standing) -> Succession {
    Succession {
        given: standing.given.as_ref().map(side),
        taken: standing.taken.as_ref().map(side),
        differences: standing.differences.iter().map(|d| (*d).into()).collect(),
    }
}

fn put(
    h: &mut Handset,
    whom: stick::For,
    there: &[u8],
    now: Timestamp,
) -> Result<Sealed, ChiboError> {
    let mut bundle = stick::read(there)?;
    let changes = stick::put(whom, h, &mut bundle, now, &mut SystemChance)?;
    Ok(Sealed {
        file: bundle.to_bytes(),
        changes: count(changes),
    })
}

/// The branch whose work is handed over, the day, and what was counted by the program and by the person.
fn counted(
    h: &Handset,
    tally: &Tally,
    now: Timestamp,
) -> Result<(PlaceId, chibo_core::date::Day, Counted), ChiboError> {
    let branch = h.phone.author().ok_or(ChiboError::NotEnrolled)?.place;
    let on = match &tally.on {
        Some(typed) => crate::branch::day("on", typed)?,
        None => now.day_in_vietnam().ok_or(ChiboError::ClockOff)?,
    };
    let mut counted = handing_over::count(&h.phone, branch, on)?;
    counted.name = text::clean_name(&tally.name);
    counted.books = text::clean_line(&tally.books);
    counted.note = text::clean_line(&tally.note);
    for name in ["cash", "dossiers", "books"] {
        if let Some(n) = tally.counts.get(name) {
            counted.counts.insert(name, (*n).max(0));
        }
    }
    Ok((branch, on, counted))
}

#[uniffi::export]
impl Chibo {
    /// Puts what is to be handed over into a file, beside what lies there (empty: a new file). Sent is not received: the
    /// outbox goes on to say what waits.
    pub fn put_into_file(&self, whom: Addressee, there: Vec<u8>) -> Result<Sealed, ChiboError> {
        self.shared.hand_over(|h, now| {
            // For others of the branch nothing leaves a device that is shut out.
            if whom == Addressee::Branch && h.phone.is_ended(now)? {
                return Err(ChiboError::Ended);
            }
            let whom = match whom {
                Addressee::Node => stick::For::Node,
                Addressee::Branch => stick::For::Peer,
            };
            put(h, whom, &there, now)
        })
    }

    /// Takes in what is for this device in a file.
    pub fn take_from_file(&self, file: Vec<u8>) -> Result<TakenIn, ChiboError> {
        let taken = self.shared.hand_over(|h, now| {
            if h.is_practice()? {
                return Err(ChiboError::Practice);
            }
            let bundle: Bundle = stick::read(&file)?;
            let taken = stick::take(h, bundle, now)?;
            let wiped = match taken.wiped {
                true => Some(put(h, stick::For::Node, &file, now)?.file),
                false => None,
            };
            Ok(TakenIn {
                ended: taken.got.ended.map(ending),
                wiped,
                answers: count(taken.got.answers),
                late: count(taken.got.late),
                handed_over: count(taken.got.handed_over),
                came: count(
                    taken
                        .got
                        .entries
                        .saturating_sub(taken.got.handed_over + taken.got.refused.len()),
                ),
                shared: count(taken.got.shared),
                no_room: count(taken.got.no_room),
                synced: taken.got.synced,
                new_keys: taken.got.new_keys,
                damaged: count(taken.damaged + taken.unsealed),
                told_otherwise: count(taken.got.otherwise),
                word: known::word(h, taken.got.heard)?,
            })
        })?;
        if taken.wiped.is_some() {
            self.shared.close(true)?;
        }
        Ok(taken)
    }

    /// As [`Chibo::put_into_file`], a new file into an open descriptor, from where it stands; how many changes it hands over.
    /// The descriptor stays the caller's, who closes it. On systems without descriptors: [`ChiboError::FileFailed`].
    pub fn put_into_descriptor(&self, whom: Addressee, descriptor: i32) -> Result<u32, ChiboError> {
        let sealed = self.put_into_file(whom, Vec::new())?;
        crate::chibo::guarded(|| descriptor::write(descriptor, &sealed.file))?;
        Ok(sealed.changes)
    }

    /// As [`Chibo::take_from_file`], from an open descriptor, which stays the caller's.
    pub fn take_from_descriptor(&self, descriptor: i32) -> Result<TakenIn, ChiboError> {
        let file = crate::chibo::guarded(|| descriptor::read(descriptor))?;
        self.take_from_file(file)
    }

    /// This device's card: what a phone scans that is to hand its work over and has not heard of this one.
    pub fn card(&self) -> Result<String, ChiboError> {
        self.shared.call(|h, _| Ok(h.phone.card()?.to_text()))
    }

    /// Signs as the one who gives the branch's work away, to the device with this card if it is not known here; the file
    /// is brought to that device.
    pub fn give(&self, tally: Tally, card: Option<String>) -> Result<Sealed, ChiboError> {
        self.shared.call(|h, now| {
            let (branch, on, counted) = counted(h, &tally, now)?;
            if let Some(card) = card {
                let card = Card::from_text(&card)?;
                let met = h.phone.meet(&card, now)?;
                met.map_err(|_| ChiboError::BadTicket)?;
            }
            h.phone.give(branch, on, &counted, now, &mut SystemChance)?;
            put(h, stick::For::Peer, &[], now)
        })
    }

    /// Takes the giver's file in and signs as the one who takes; the file that this gives is brought back.
    pub fn take_over(&self, file: Vec<u8>, tally: Tally) -> Result<Sealed, ChiboError> {
        self.shared.call(|h, now| {
            let bundle = stick::read(&file)?;
            stick::take(h, bundle, now)?;
            let (branch, on, counted) = counted(h, &tally, now)?;
            let doc = handing_over::given(&h.phone, branch)?;
            let doc = doc.ok_or(ChiboError::NotConfirmed)?;
            h.phone
                .take_over(branch, doc, on, &counted, now, &mut SystemChance)?;
            put(h, stick::For::Peer, &file, now)
        })
    }

    /// What was handed over, as both sides say it.
    pub fn successions(&self) -> Result<Vec<Succession>, ChiboError> {
        self.shared.call(|h, _| {
            let own = h.phone.author().ok_or(ChiboError::NotEnrolled)?.place;
            let all = h.phone.successions(own)?;
            Ok(all.iter().map(|(_, standing)| told(standing)).collect())
        })
    }

    /// Takes the taker's confirmation in, and empties this phone: its records are in the other one's hands. Gives the file
    /// with a copy that only the node opens: bring it to the office. The object is closed afterwards, the store stays as
    /// an empty one until [`crate::discard`] removes it, when the file is safely kept.
    pub fn lay_down(&self, file: Vec<u8>) -> Result<Sealed, ChiboError> {
        crate::chibo::guarded(|| {
            let now = self.shared.now()?;
            let sealed = self.shared.hold(|h, _| {
                if h.phone.told_end()? == Some(End::Wiped) {
                    return Err(ChiboError::Ended);
                }
                stick::take(h, stick::read(&file)?, now)?;
                // What only the node can open stays on the stick, whatever becomes of the phone that took over.
                let sealed = put(h, stick::For::Node, &file, now)?;
                h.phone.lay_down()?;
                Ok(sealed)
            })?;
            self.shared.close(false)?;
            Ok(sealed)
        })
    }
}
