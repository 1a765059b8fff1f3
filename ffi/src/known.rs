//! Becoming known to the office without a line to it: a ticket, or a change of this device's key, goes as a letter, in a
//! mailbox or in a file, and the node's word comes back the same way. The request is the same each time it is made, so it
//! can be sent until the word comes.

use crate::chibo::{Chibo, Enrolled};
use crate::describe::Text;
use crate::error::ChiboError;
use chibo_core::enrol::Given;
use chibo_core::phone::Heard;
use chibo_core::store::StoreError;
use chibo_device::edge::SystemChance;
use chibo_device::handset::Handset;
use chibo_device::words;

/// What the node said to this device's request to be known.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum NodeWord {
    /// It is enrolled.
    Enrolled {
        /// What came of it.
        enrolled: Enrolled,
    },
    /// It goes on under its new key.
    NewKey,
    /// The office's PC, which was restored, knows this device again.
    KnownAgain,
    /// It was refused: the ticket, the new key, or this device's right is worth nothing.
    Refused {
        /// Why, and what to do.
        why: Text,
    },
}

/// Whether this device has asked the node to be known, and waits for its word (*đã gửi, xã chưa nhận*).
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Asking {
    /// It asks for nothing.
    Nothing,
    /// It has a ticket that the node has not answered.
    ToBeEnrolled,
    /// It has a new key that the node has not answered.
    ForNewKey,
    /// The office's PC was restored from before it knew this device, which asks to be known again.
    ToBeKnownAgain,
}

/// What letters brought, as a screen says it.
pub(crate) fn word(h: &Handset, heard: Option<Heard>) -> Result<Option<NodeWord>, StoreError> {
    Ok(match heard {
        None | Some(Heard::Nothing) => None,
        Some(Heard::NewKey) => Some(NodeWord::NewKey),
        Some(Heard::KnownAgain) => Some(NodeWord::KnownAgain),
        Some(Heard::Refused(why)) => Some(NodeWord::Refused {
            why: words::not_known(why).into(),
        }),
        Some(Heard::Enrolled) => {
            let (own, author) = (h.phone.own_grant()?, h.phone.author());
            author.map(|author| NodeWord::Enrolled {
                enrolled: Enrolled {
                    confirmation: own.map(|g| g.confirmation()).unwrap_or_default(),
                    role: author.role.name().into(),
                    place: author.place.to_string(),
                },
            })
        }
    })
}

/// Whether letters of this device to the node say anything: it is enrolled, or asks to be.
pub(crate) fn may_write(h: &Handset) -> Result<(), ChiboError> {
    if h.is_practice()? {
        return Err(ChiboError::Practice);
    }
    match h.phone.author().is_some() || h.phone.enrolling()?.is_some() {
        true => Ok(()),
        false => Err(ChiboError::NotEnrolled),
    }
}

#[uniffi::export]
impl Chibo {
    /// Begins to enrol the device with its ticket where no line leads to the office: what is sent next by
    /// [`Chibo::sync_by_mailbox`] or [`Chibo::put_into_file`] asks for it, as often as it is sent. Another ticket takes the
    /// place of the one that waits. A ticket of an office that reads no letters: [`ChiboError::NeedsLine`]; a short code, of
    /// which the office has to tell the rest: [`ChiboError::CodeNeedsLine`].
    pub fn enrol_by_letter(&self, ticket: String) -> Result<(), ChiboError> {
        self.shared.call(|h, _| {
            let Given::Ticket(ticket) = Given::from_text(&ticket)? else {
                return Err(ChiboError::CodeNeedsLine);
            };
            if h.is_practice()? {
                return Err(ChiboError::Practice);
            }
            if h.phone.author().is_some() {
                return Err(ChiboError::EnrolledAlready);
            }
            h.phone.enrol_by_letter(&ticket)?;
            Ok(h.keep_url(&ticket.url)?)
        })
    }

    /// Begins to change this device's key, in case somebody else had a look at the old one: what is sent next by mailbox or
    /// file asks for it. All own work is handed over before: [`ChiboError::UnsentFirst`].
    pub fn change_key_by_letter(&self) -> Result<(), ChiboError> {
        self.shared.call(|h, _| {
            if h.is_practice()? {
                return Err(ChiboError::Practice);
            }
            h.phone.change_key(&mut SystemChance)?;
            Ok(())
        })
    }

    /// What this device has asked for by letter, and has no word of yet.
    pub fn asking(&self) -> Result<Asking, ChiboError> {
        self.shared.call(|h, _| {
            Ok(match h.phone.author() {
                None if h.phone.enrolling()?.is_some() => Asking::ToBeEnrolled,
                Some(_) if h.phone.is_changing_key()? => Asking::ForNewKey,
                Some(_) if h.phone.asks_to_be_known()?.is_some() => Asking::ToBeKnownAgain,
                _ => Asking::Nothing,
            })
        })
    }
}
