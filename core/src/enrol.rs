//! Enrolment: a ticket for one person, a key made on the device, a grant in return.
//!
//! A ticket is a line of text (or a QR code): the node's address, the name of its log (a fingerprint of its
//! root key), role, place, expiry, and what works once. A ticket of the office holds a secret; of what is derived from it
//! the node keeps the hash. It can be typed as a short code too ([`code`]). A ticket that a secretary makes without a line holds a *key on paper* and the
//! grant that the secretary signed for it: the device signs a grant for its own key with it, and the
//! node checks the whole chain.
//!
//! An *introduction* is such a chain of grants, the last of which is the sender's: from a ticket on paper,
//! from a device that changes its key, from one that a restored node does not know any more.
//!
//! The device checks that the node's records are of the log that the ticket named; both screens show
//! [`Grant::confirmation`]. What goes over a line goes by letter as well: the ticket names the key that letters to the
//! node are sealed with, and the node's answer is a [`Word`]. Does not know: the network, which grants still stand.

use crate::codec::{CodecError, Reader, Writer};
use crate::id::{Hash, Hasher, LogId, PersonId, PlaceId, PublicKey, hex, unhex};
use crate::identity::{Custody, Epoch, Grant, SecretKey, Signature};
use crate::limits;
use crate::place::Role;
use crate::time::Timestamp;
use code::{LogPrefix, Once};
use rand_core::RngCore;

pub mod code;
mod word;

pub use code::{Given, ShortCode};
pub use word::{Unknown, Word};

/// What is written before a ticket's text.
const PREFIX: &str = "chibo1-";
/// What is written before a card's text.
const CARD_PREFIX: &str = "chibocard1-";

/// What a ticket offers: the terms of the grant that comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The role.
    pub role: Role,
    /// The place on which it is given.
    pub place: PlaceId,
    /// The person who is to have it.
    pub person: PersonId,
    /// Until when the ticket can be used.
    pub expires: Timestamp,
    /// From when on the grant is read under; zero: at once.
    pub from: Timestamp,
    /// When the grant ends; zero: no term.
    pub end: Timestamp,
    /// Whether its holder may grant on.
    pub may_delegate: bool,
    /// Number and date of the decision that it rests on; empty: none.
    pub mandate: String,
}

impl Offer {
    /// A role without a term. Secretaries and deputies may let members in.
    pub fn new(role: Role, place: PlaceId, person: PersonId, expires: Timestamp) -> Self {
        Offer {
            role,
            place,
            person,
            expires,
            from: Timestamp(0),
            end: Timestamp(0),
            may_delegate: matches!(role, Role::Secretary | Role::Deputy),
            mandate: String::new(),
        }
    }

    /// The grant that this offers, for a key; not signed yet.
    pub fn grant(
        &self,
        log: LogId,
        key: PublicKey,
        custody: Custody,
        rng: &mut dyn RngCore,
    ) -> Grant {
        let mut nonce = [0; 8];
        rng.fill_bytes(&mut nonce);
        Grant {
            log,
            issuer: key,
            under: Hash::ZERO,
            key,
            person: self.person,
            role: self.role,
            place: self.place,
            from: self.from,
            end: self.end,
            custody,
            term: match custody {
                Custody::Paper => self.end,
                Custody::Device | Custody::Node => Timestamp(0),
            },
            may_delegate: self.may_delegate,
            mandate: self.mandate.clone(),
            nonce,
            signature: Signature([0; 64]),
        }
    }

    /// The encoding, as a node keeps it.
    pub fn write(&self, w: &mut Writer) {
        w.number(self.role as u64)
            .fixed(&self.place.0)
            .fixed(&self.person.0)
            .number(self.expires.0)
            .number(self.from.0)
            .number(self.end.0)
            .u8(u8::from(self.may_delegate))
            .bytes(self.mandate.as_bytes());
    }

    /// Reads one.
    pub fn read(r: &mut Reader) -> Result<Self, CodecError> {
        Ok(Offer {
            role: Role::from_number(r.number()?).ok_or(CodecError::BadValue { what: "role" })?,
            place: PlaceId::read(r)?,
            person: PersonId::read(r)?,
            expires: Timestamp(r.number()?),
            from: Timestamp(r.number()?),
            end: Timestamp(r.number()?),
            may_delegate: r.yes_no("delegation")?,
            mandate: r.text(limits::LINE_BYTES)?.to_owned(),
        })
    }
}

/// What makes a ticket work, once.
#[derive(Clone, PartialEq, Eq)]
pub enum Pass {
    /// A secret; the node keeps the hash of what is derived from it.
    Secret(Once),
    /// The seed of a key on paper, and the grant that its issuer signed for it, with the term of the role.
    Paper([u8; 32], Box<Grant>),
}

impl std::fmt::Debug for Pass {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Pass::Secret(_) => "Secret",
            Pass::Paper(..) => "Paper",
        })
    }
}

/// An enrolment ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticket {
    /// The node's address, such as `https://192.168.1.5:8080`.
    pub url: String,
    /// The node's log.
    pub log: LogId,
    /// The role that is given.
    pub role: Role,
    /// The place on which it is given.
    pub place: PlaceId,
    /// Until when it can be used.
    pub expires: Timestamp,
    /// What a letter to the node is sealed with, for devices that have no line to it. `None`: it can be used over a line
    /// only.
    pub letter_key: Option<PublicKey>,
    /// What makes it work.
    pub pass: Pass,
}

/// Why a text is no ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TicketError {
    /// It does not begin as tickets (or cards) do.
    #[error("a ticket begins with {PREFIX}, a card with {CARD_PREFIX}")]
    NotATicket,
    /// A letter is wrong or missing.
    #[error("the ticket is incomplete or mistyped")]
    Mistyped,
    /// A short code with signs missing, or with too many.
    #[error(
        "a code has {} letters and digits, and here are {found}",
        code::CODE_SIGNS
    )]
    CodeLength {
        /// How many were typed.
        found: usize,
    },
    /// A sign of a short code is wrong.
    #[error("the code is mistyped")]
    Misread {
        /// The group to look at again, from 1; `None`: several may be wrong.
        group: Option<usize>,
    },
}

/// Bytes as a text that people type or scan, with a check at its end.
fn to_text(prefix: &str, mut bytes: Vec<u8>) -> String {
    let check = Hasher::new("chibo/ticket-check/1").part(&bytes).hash();
    bytes.extend_from_slice(&check.0[..4]);
    format!("{prefix}{}", hex(&bytes))
}

/// The bytes of such a text; blanks and line breaks in it do not matter.
fn from_text(prefix: &str, text: &str) -> Result<Vec<u8>, TicketError> {
    let mut text: String = text.split_whitespace().collect();
    text.make_ascii_lowercase();
    if text.len() > limits::ENROL_BYTES * 2 {
        return Err(TicketError::NotATicket);
    }
    let digits = text.strip_prefix(prefix).ok_or(TicketError::NotATicket)?;
    let mut bytes = unhex(digits).ok_or(TicketError::Mistyped)?;
    let at = bytes.len().checked_sub(4).ok_or(TicketError::Mistyped)?;
    let check = bytes.split_off(at);
    let expected = Hasher::new("chibo/ticket-check/1").part(&bytes).hash();
    if expected.0[..4] != check {
        return Err(TicketError::Mistyped);
    }
    Ok(bytes)
}

/// Who a device is, for another beside it that has not heard of it yet: the grants that lead to its own. It names
/// nobody; whoever has the log's epochs can check it without a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// The grants, each under the one before, or given by the node; the last is the device's own.
    pub grants: Vec<Grant>,
}

impl Card {
    /// The text, to be scanned or sent.
    pub fn to_text(&self) -> String {
        let mut w = Writer::new();
        w.number(self.grants.len() as u64);
        for grant in &self.grants {
            w.fixed(&grant.to_bytes());
        }
        to_text(CARD_PREFIX, w.finish())
    }

    /// Reads the text of a card.
    pub fn from_text(text: &str) -> Result<Self, TicketError> {
        let bytes = from_text(CARD_PREFIX, text)?;
        let read = || -> Result<Card, CodecError> {
            let mut r = Reader::new(&bytes);
            let mut grants = Vec::new();
            for _ in 0..r.count(limits::INTRODUCED)? {
                grants.push(Grant::read(&mut r)?);
            }
            r.end()?;
            Ok(Card { grants })
        };
        read().map_err(|_| TicketError::Mistyped)
    }
}

const PAPER: u8 = 2;
/// 1 was a secret that no short code could hold.
const SECRET: u8 = 3;
/// Beside either: the node's key for letters follows.
const WITH_LETTER_KEY: u8 = 0x10;

impl Ticket {
    /// A ticket that somebody with a grant makes by themself, without the node: a key on paper and a grant
    /// for it under `parent`.
    pub fn on_paper(
        url: &str,
        offer: &Offer,
        parent: &Grant,
        key: &SecretKey,
        rng: &mut dyn RngCore,
    ) -> Self {
        let paper = SecretKey::random(rng);
        let terms = Offer {
            from: offer.from.max(parent.from),
            ..offer.clone()
        };
        let mut grant = terms.grant(parent.log, paper.public(), Custody::Paper, rng);
        grant.end = offer.expires;
        grant.under = parent.hash();
        Ticket {
            url: url.to_owned(),
            log: parent.log,
            role: offer.role,
            place: offer.place,
            expires: offer.expires,
            letter_key: None,
            pass: Pass::Paper(*paper.seed(), Box::new(grant.signed(key))),
        }
    }

    fn body(&self) -> Vec<u8> {
        let mut w = Writer::new();
        let form = match self.pass {
            Pass::Secret(_) => SECRET,
            Pass::Paper(..) => PAPER,
        };
        match &self.letter_key {
            Some(key) => w.u8(form | WITH_LETTER_KEY).fixed(&key.0),
            None => w.u8(form),
        };
        match &self.pass {
            Pass::Secret(once) => {
                w.bytes(self.url.as_bytes()).fixed(&self.log.0);
                once.write(&mut w);
                w.number(self.role as u64)
                    .fixed(&self.place.0)
                    .number(self.expires.0);
            }
            Pass::Paper(seed, grant) => {
                w.bytes(self.url.as_bytes())
                    .fixed(seed)
                    .fixed(&grant.to_bytes());
            }
        }
        w.finish()
    }

    /// The text that is given to the person.
    pub fn to_text(&self) -> String {
        to_text(PREFIX, self.body())
    }

    /// Reads the text of a ticket; blanks, line breaks and capitals (a QR code has them) in it do not matter.
    pub fn from_text(text: &str) -> Result<Self, TicketError> {
        let bytes = from_text(PREFIX, text)?;
        Self::read(&mut Reader::new(&bytes)).map_err(|_| TicketError::Mistyped)
    }

    fn read(r: &mut Reader) -> Result<Self, CodecError> {
        let form = r.u8()?;
        let letter_key = match form & WITH_LETTER_KEY {
            0 => None,
            _ => Some(PublicKey::read(r)?),
        };
        let url = r.text(limits::LINE_BYTES)?.to_owned();
        let ticket = match form & !WITH_LETTER_KEY {
            SECRET => {
                let (log, once) = (LogId::read(r)?, Once::read(r)?);
                Ticket {
                    url,
                    log,
                    role: Role::from_number(r.number()?)
                        .ok_or(CodecError::BadValue { what: "role" })?,
                    place: PlaceId::read(r)?,
                    expires: Timestamp(r.number()?),
                    letter_key,
                    pass: Pass::Secret(once),
                }
            }
            PAPER => {
                let (seed, grant) = (r.array()?, Grant::read(r)?);
                Ticket {
                    url,
                    log: grant.log,
                    role: grant.role,
                    place: grant.place,
                    expires: grant.end,
                    letter_key,
                    pass: Pass::Paper(seed, Box::new(grant)),
                }
            }
            _ => return Err(CodecError::BadValue { what: "ticket" }),
        };
        r.end()?;
        Ok(ticket)
    }

    /// Its short code; `None`: the node does not know it, so that nobody could tell the rest of it ([`Pass::Paper`]).
    pub fn code(&self) -> Option<ShortCode> {
        match self.pass {
            Pass::Secret(once) => Some(ShortCode::new(self.log, once)),
            Pass::Paper(..) => None,
        }
    }

    /// What the node keeps of a ticket: its secret is not stored.
    pub fn fingerprint(secret: &[u8; 16]) -> Hash {
        Hasher::new("chibo/ticket/1").part(secret).hash()
    }

    /// The request of the device with this key. Made again it is the same, so that the node, whose answer may not have
    /// come, knows it again.
    pub fn request(&self, key: &SecretKey) -> EnrolRequest {
        match &self.pass {
            Pass::Secret(once) => {
                let secret = once.secret(LogPrefix::of(self.log));
                EnrolRequest::Ticket {
                    secret,
                    key: key.public(),
                    signature: key.sign(&ticket_hash(self.log, &secret, &key.public())),
                }
            }
            Pass::Paper(seed, grant) => {
                let once = Hasher::new("chibo/paper-nonce/1").part(seed);
                let once = once.part(&key.public().0).hash();
                let mut nonce = [0; 8];
                nonce.copy_from_slice(&once.0[..8]);
                let own = grant.successor(key.public(), &SecretKey::from_seed(*seed), nonce);
                EnrolRequest::introducing(vec![(**grant).clone(), own], key)
            }
        }
    }
}

fn ticket_hash(log: LogId, secret: &[u8; 16], key: &PublicKey) -> Hash {
    Hasher::new("chibo/enrol/1")
        .part(&log.0)
        .part(secret)
        .part(&key.0)
        .hash()
}

fn introduction_hash(log: LogId, grant: &Grant) -> Hash {
    Hasher::new("chibo/introduce/1")
        .part(&log.0)
        .part(&grant.hash().0)
        .hash()
}

/// What a device sends to be enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnrolRequest {
    /// By a ticket of the office.
    Ticket {
        /// The ticket's secret.
        secret: [u8; 16],
        /// The device's public key.
        key: PublicKey,
        /// By that key, over the secret and the log: the sender holds it.
        signature: Signature,
    },
    /// By a chain of grants, the last of which is the sender's.
    Introduction {
        /// The grants, each under the one before; the first under one that the node knows, or gave.
        grants: Vec<Grant>,
        /// Epochs in which the node gave one of them, after the first: it may have gone back to before.
        epochs: Vec<Epoch>,
        /// By the key of the last, over it and the log.
        signature: Signature,
    },
}

impl EnrolRequest {
    /// An introduction by these grants; `key` is that of the last.
    pub fn introducing(grants: Vec<Grant>, key: &SecretKey) -> Self {
        let hash = grants.last().map(|g| introduction_hash(g.log, g));
        let signature = hash.map_or(Signature([0; 64]), |h| key.sign(&h));
        EnrolRequest::Introduction {
            grants,
            epochs: Vec::new(),
            signature,
        }
    }

    /// The same with those of these epochs in which the node gave one of its grants.
    pub fn by_keys_of(mut self, known: &[Epoch]) -> Self {
        if let EnrolRequest::Introduction { grants, epochs, .. } = &mut self {
            let gave = |e: &&Epoch| e.epoch > 1 && grants.iter().any(|g| g.issuer == e.grant_key);
            *epochs = known.iter().filter(gave).cloned().collect();
        }
        self
    }

    /// The sender's key.
    pub fn key(&self) -> Option<PublicKey> {
        match self {
            EnrolRequest::Ticket { key, .. } => Some(*key),
            EnrolRequest::Introduction { grants, .. } => grants.last().map(|g| g.key),
        }
    }

    /// What its sender signs: names the request among others.
    pub fn hash(&self, log: LogId) -> Hash {
        match self {
            EnrolRequest::Ticket { secret, key, .. } => ticket_hash(log, secret, key),
            EnrolRequest::Introduction { grants, .. } => {
                let last = grants.last();
                last.map_or(Hash::ZERO, |g| introduction_hash(log, g))
            }
        }
    }

    /// Whether the sender holds the key.
    pub fn is_signed(&self, log: LogId) -> bool {
        match self {
            EnrolRequest::Ticket {
                secret,
                key,
                signature,
            } => key.has_signed(&ticket_hash(log, secret, key), signature),
            EnrolRequest::Introduction {
                grants, signature, ..
            } => grants
                .last()
                .is_some_and(|g| g.key.has_signed(&introduction_hash(log, g), signature)),
        }
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        match self {
            EnrolRequest::Ticket {
                secret,
                key,
                signature,
            } => {
                w.u8(1).fixed(secret).fixed(&key.0).fixed(&signature.0);
            }
            EnrolRequest::Introduction {
                grants,
                epochs,
                signature,
            } => {
                w.u8(2).number(grants.len() as u64);
                for g in grants {
                    w.fixed(&g.to_bytes());
                }
                w.number(epochs.len() as u64);
                for e in epochs {
                    w.fixed(&e.to_bytes());
                }
                w.fixed(&signature.0);
            }
        }
        w.finish()
    }

    /// Reads one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut r = Reader::new(bytes);
        let request = match r.u8()? {
            1 => EnrolRequest::Ticket {
                secret: r.array()?,
                key: PublicKey::read(&mut r)?,
                signature: Signature::read(&mut r)?,
            },
            2 => {
                let mut grants = Vec::new();
                for _ in 0..r.count(limits::INTRODUCED)? {
                    grants.push(Grant::read(&mut r)?);
                }
                let mut epochs = Vec::new();
                for _ in 0..r.count(limits::INTRODUCED)? {
                    epochs.push(Epoch::read(&mut r)?);
                }
                EnrolRequest::Introduction {
                    grants,
                    epochs,
                    signature: Signature::read(&mut r)?,
                }
            }
            _ => return Err(CodecError::BadValue { what: "enrolment" }),
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
        for _ in 0..r.count(limits::EPOCHS)? {
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
