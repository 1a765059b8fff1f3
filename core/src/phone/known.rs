//! Becoming known to the node by letter: enrolment, a change of key, and an introduction to a node that went back to
//! before it knew this device, where no line leads to it.
//!
//! A request to be known is the same each time it is made, so it can be left on every stick and in every mailbox until
//! the node's word comes. The word finds the device in the box of the key that signed: its own, or the one that it is
//! changing to.

use super::epochs::check_epochs;
use super::grant::{begun_change, forget_change};
use super::{Phone, SyncError};
use crate::enrol::{EnrolReply, EnrolRequest, Ticket, Unknown, Word};
use crate::id::{LogId, PublicKey};
use crate::identity::SecretKey;
use crate::records;
use crate::store::{Store, StoreError, Tx};

/// The ticket by which this device has asked to be enrolled, until the node's word comes.
pub(super) const ENROLLING: &str = "enrolling";

/// Set while the node has gone back to before this device's grant, and does not know it.
const UNKNOWN: &str = "unknown";

/// Notes that the node has gone back to before this device's grant.
pub(super) fn note_unknown(tx: &mut dyn Tx) -> Result<(), StoreError> {
    records::set_meta(tx, UNKNOWN, &[1])
}

/// The node knows this device again, or never will.
pub(super) fn forget_unknown(tx: &mut dyn Tx) -> Result<(), StoreError> {
    records::drop_meta(tx, UNKNOWN)
}

/// What a word of the node has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// This device is enrolled.
    Enrolled,
    /// It goes on under its new key.
    NewKey,
    /// The node, which had gone back to before it knew this device, knows it again.
    KnownAgain,
    /// The node refused; the ticket, the new key, or this device's grant is worth nothing.
    Refused(Unknown),
    /// Nothing: it was heard before, or is about something else.
    Nothing,
}

impl<S: Store> Phone<S> {
    /// Begins an enrolment by letter: [`Phone::asks_to_be_known`] says what is to be sent.
    ///
    /// # Errors
    /// [`SyncError::NoLetterKey`] if the ticket names no key to seal a letter with.
    pub fn enrol_by_letter(&mut self, ticket: &Ticket) -> Result<(), SyncError> {
        ticket.letter_key.ok_or(SyncError::NoLetterKey)?;
        let text = ticket.to_text();
        Ok((self.store).write(|tx| records::set_meta(tx, ENROLLING, text.as_bytes()))?)
    }

    /// The ticket by which this device waits to be enrolled.
    pub fn enrolling(&self) -> Result<Option<Ticket>, StoreError> {
        let kept = self.store.read(|tx| records::meta(tx, ENROLLING))?;
        let text = kept.and_then(|b| String::from_utf8(b).ok());
        Ok(text.and_then(|t| Ticket::from_text(&t).ok()))
    }

    /// What this device has to say before anything else, and the key that it is sealed with: it is not enrolled yet,
    /// changes its key, or is not known any more. `None`: its requests are heard as they are.
    pub fn asks_to_be_known(&self) -> Result<Option<(EnrolRequest, PublicKey)>, StoreError> {
        if self.author.is_none() {
            let ticket = self.enrolling()?;
            return Ok(ticket.and_then(|t| Some((t.request(&self.key), t.letter_key?))));
        }
        let (begun, unknown) = self.store.read(|tx| {
            Ok::<_, StoreError>((begun_change(tx)?, records::meta(tx, UNKNOWN)?.is_some()))
        })?;
        let request = match (begun, unknown) {
            (_, true) => self.introduction().ok(),
            (Some((next, grant)), false) => Some(EnrolRequest::introducing(vec![grant], &next)),
            (None, false) => None,
        };
        let key = self.node_letter_key()?;
        Ok(request.zip(key))
    }

    /// The keys in whose boxes letters for this device may lie.
    pub fn letter_keys(&self) -> Result<Vec<SecretKey>, StoreError> {
        let next = self.store.read(|tx| begun_change(tx))?;
        let next = next.map(|(key, _)| key);
        Ok(std::iter::once(self.key.clone()).chain(next).collect())
    }

    /// Takes in what the node said over a line to [`Phone::change_key`]: its reply, or its word that it refuses. Then the
    /// change is dropped, as one by letter is ([`Phone::hear`]), and why is told: the old key has gone on under another (of
    /// a twin, or of this device before it was put back to an older state), or is worth nothing. Nothing is left but a new
    /// ticket.
    ///
    /// # Errors
    /// [`SyncError::NotTheNode`] if it is not of this device's node, or about something else; nothing is dropped.
    pub fn key_answered(
        &mut self,
        said: Result<EnrolReply, Box<Word>>,
    ) -> Result<Result<(), Box<Word>>, SyncError> {
        let word = match said {
            Ok(reply) => return Ok(Ok(self.key_changed(&reply)?)),
            Err(word) => word,
        };
        let log = self.author.as_ref().ok_or(SyncError::NotEnrolled)?.log;
        let begun = self.store.read(|tx| begun_change(tx))?;
        let asked = begun.map(|(next, grant)| EnrolRequest::introducing(vec![grant], &next));
        if !self.is_said_to(&word, asked.as_ref(), log)? {
            return Err(SyncError::NotTheNode);
        }
        match word.reply() {
            Ok(reply) => Ok(Ok(self.key_changed(&reply)?)),
            Err(_) => {
                self.key_refused()?;
                Ok(Err(word))
            }
        }
    }

    /// Whether a word answers this request, as the node knows itself now.
    ///
    /// # Errors
    /// [`SyncError::NotTheNode`] if the node of this log did not sign it.
    fn is_said_to(
        &self,
        word: &Word,
        asked: Option<&EnrolRequest>,
        log: LogId,
    ) -> Result<bool, SyncError> {
        check_epochs(&[], &word.epochs, log)?;
        if !word.is_signed(log) {
            return Err(SyncError::NotTheNode);
        }
        let known = self.node()?.map_or(0, |(_, epoch)| epoch);
        let is_meant = asked.is_some_and(|request| request.hash(log) == word.request);
        Ok(is_meant && word.epochs.last().is_some_and(|e| e.epoch >= known))
    }

    /// The node will never take in the grant for the new key.
    fn key_refused(&mut self) -> Result<(), StoreError> {
        self.store.write(|tx| forget_change(tx))
    }

    /// Takes in the node's word.
    ///
    /// # Errors
    /// [`SyncError::NotTheNode`] if it is not of this device's node.
    pub fn hear(&mut self, word: &Word) -> Result<Heard, SyncError> {
        let ticket = self.enrolling()?;
        let log = match (&self.author, &ticket) {
            (Some(author), _) => author.log,
            (None, Some(ticket)) => ticket.log,
            (None, None) => return Ok(Heard::Nothing),
        };
        let asked = self.asks_to_be_known()?.map(|(request, _)| request);
        if !self.is_said_to(word, asked.as_ref(), log)? {
            return Ok(Heard::Nothing);
        }
        match (word.reply(), &ticket, &self.author) {
            (Ok(reply), Some(ticket), None) => {
                self.enrolled(ticket, &reply)?;
                Ok(Heard::Enrolled)
            }
            (Ok(reply), ..) if self.own_grant()?.is_some_and(|own| own == reply.grant) => {
                self.introduced(&reply)?;
                Ok(Heard::KnownAgain)
            }
            (Ok(reply), ..) => {
                self.key_changed(&reply)?;
                Ok(Heard::NewKey)
            }
            (Err(why), _, None) => {
                self.store.write(|tx| records::drop_meta(tx, ENROLLING))?;
                Ok(Heard::Refused(why))
            }
            (Err(why), ..) => {
                match self.store.read(|tx| records::meta(tx, UNKNOWN))? {
                    Some(_) => self.store.write(|tx| forget_unknown(tx))?,
                    None => self.key_refused()?,
                }
                Ok(Heard::Refused(why))
            }
        }
    }
}
