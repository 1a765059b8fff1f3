//! Enrolment: a ticket from the office, a key made on the device, a grant in return.
//!
//! A ticket is a line of text that the office gives to one person: the node's address, the name of
//! its log (a fingerprint of its root key), a secret that works once, role, place and expiry. The
//! device sends its public key, signed; the node answers with its epochs and the grant. The device
//! checks that they are of the log that the ticket named.
//!
//! Does not know: the network. The life of grants (delegation, revocation) is not here yet.

use crate::codec::{CodecError, Reader, Writer};
use crate::id::{Hash, Hasher, LogId, PersonId, PlaceId, PublicKey, hex, unhex};
use crate::identity::{Epoch, Grant, SecretKey, Signature};
use crate::limits;
use crate::place::Role;
use crate::time::Timestamp;

/// What is written before a ticket's text.
const PREFIX: &str = "chibo1-";

/// An enrolment ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The node's address, such as `http://192.168.1.5:8080`.
    pub url: String,
    /// The node's log.
    pub log: LogId,
    /// Works once.
    pub secret: [u8; 16],
    /// The role that is given.
    pub role: Role,
    /// The place on which it is given.
    pub place: PlaceId,
    /// The person who is to have it.
    pub person: PersonId,
    /// Until when it can be used.
    pub expires: Timestamp,
}

/// Why a text is no ticket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TicketError {
    /// It does not begin as tickets do.
    #[error("a ticket begins with {PREFIX}")]
    NotATicket,
    /// A letter is wrong or missing.
    #[error("the ticket is incomplete or mistyped")]
    Mistyped,
}

impl Ticket {
    fn body(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.u8(1)
            .bytes(self.url.as_bytes())
            .fixed(&self.log.0)
            .fixed(&self.secret)
            .number(self.role as u64)
            .fixed(&self.place.0)
            .fixed(&self.person.0)
            .number(self.expires.0);
        w.finish()
    }

    /// The text that is given to the person.
    pub fn to_text(&self) -> String {
        let mut bytes = self.body();
        let check = Hasher::new("chibo/ticket-check/1").part(&bytes).hash();
        bytes.extend_from_slice(&check.0[..4]);
        format!("{PREFIX}{}", hex(&bytes))
    }

    /// Reads the text of a ticket; blanks and line breaks in it do not matter.
    pub fn from_text(text: &str) -> Result<Self, TicketError> {
        let text: String = text.split_whitespace().collect();
        if text.len() > limits::LINE_BYTES * 4 {
            return Err(TicketError::NotATicket);
        }
        let digits = text.strip_prefix(PREFIX).ok_or(TicketError::NotATicket)?;
        let bytes = unhex(digits).ok_or(TicketError::Mistyped)?;
        let at = bytes.len().checked_sub(4).ok_or(TicketError::Mistyped)?;
        let (body, check) = bytes.split_at(at);
        let expected = Hasher::new("chibo/ticket-check/1").part(body).hash();
        if expected.0[..4] != *check {
            return Err(TicketError::Mistyped);
        }
        Self::read(&mut Reader::new(body)).map_err(|_| TicketError::Mistyped)
    }

    fn read(r: &mut Reader) -> Result<Self, CodecError> {
        if r.u8()? != 1 {
            return Err(CodecError::BadValue { what: "ticket" });
        }
        let ticket = Ticket {
            url: r.text(limits::LINE_BYTES)?.to_owned(),
            log: LogId::read(r)?,
            secret: r.array()?,
            role: Role::from_number(r.number()?).ok_or(CodecError::BadValue { what: "role" })?,
            place: PlaceId::read(r)?,
            person: PersonId::read(r)?,
            expires: Timestamp(r.number()?),
        };
        r.end()?;
        Ok(ticket)
    }

    /// What the node keeps of a ticket: its secret is not stored.
    pub fn fingerprint(secret: &[u8; 16]) -> Hash {
        Hasher::new("chibo/ticket/1").part(secret).hash()
    }
}

/// What a device sends to be enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolRequest {
    /// The ticket's secret.
    pub secret: [u8; 16],
    /// The device's public key.
    pub key: PublicKey,
    /// By that key, over the secret and the log: the sender holds it.
    pub signature: Signature,
}

impl EnrolRequest {
    fn hash(log: LogId, secret: &[u8; 16], key: &PublicKey) -> Hash {
        Hasher::new("chibo/enrol/1")
            .part(&log.0)
            .part(secret)
            .part(&key.0)
            .hash()
    }

    /// The request of the device with this key for that ticket.
    pub fn new(ticket: &Ticket, key: &SecretKey) -> Self {
        EnrolRequest {
            secret: ticket.secret,
            key: key.public(),
            signature: key.sign(&Self::hash(ticket.log, &ticket.secret, &key.public())),
        }
    }

    /// Whether the sender holds the key.
    pub fn is_signed(&self, log: LogId) -> bool {
        let hash = Self::hash(log, &self.secret, &self.key);
        self.key.has_signed(&hash, &self.signature)
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.u8(1)
            .fixed(&self.secret)
            .fixed(&self.key.0)
            .fixed(&self.signature.0);
        w.finish()
    }

    /// Reads one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut r = Reader::new(bytes);
        if r.u8()? != 1 {
            return Err(CodecError::BadValue { what: "enrolment" });
        }
        let request = EnrolRequest {
            secret: r.array()?,
            key: PublicKey::read(&mut r)?,
            signature: Signature::read(&mut r)?,
        };
        r.end()?;
        Ok(request)
    }
}

/// What the node answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnrolReply {
    /// The node's epochs, from the first.
    pub epochs: Vec<Epoch>,
    /// Entry number of the grant.
    pub n: u64,
    /// The grant.
    pub grant: Grant,
}

impl EnrolReply {
    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.u8(1).number(self.epochs.len() as u64);
        for e in &self.epochs {
            w.fixed(&e.to_bytes());
        }
        w.number(self.n).fixed(&self.grant.to_bytes());
        w.finish()
    }

    /// Reads one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut r = Reader::new(bytes);
        if r.u8()? != 1 {
            return Err(CodecError::BadValue { what: "enrolment" });
        }
        let mut epochs = Vec::new();
        for _ in 0..r.count(limits::FILL_RANGES)? {
            epochs.push(Epoch::read(&mut r)?);
        }
        let reply = EnrolReply {
            epochs,
            n: r.number()?,
            grant: Grant::read(&mut r)?,
        };
        r.end()?;
        Ok(reply)
    }
}
