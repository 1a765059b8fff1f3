//! Keys, grants and epochs: who may speak, provable without a network.
//!
//! A node's identity is its *root key*, kept on paper. For each epoch the root certifies a *log key*
//! (signs heads and checkpoints) and a *grant key* (signs grants and control acts). A grant says that a
//! device key holds a role on a place until a day. A log is named by its root key: [`log_of`].
//!
//! Grants form chains: each names the grant of its issuer, up to one that the node signed. [`Grant::is_under`]
//! is the one rule for a link: no wider, no longer, no other role than the issuer may give. A link is
//! either a *delegation* to somebody else or a *succession*: the same role of the same person under a new
//! key (a ticket on paper that becomes a device's key, a device that changes its key).
//!
//! Format: what is signed is always a BLAKE3 hash under a context of its own; signatures are Ed25519,
//! verified strictly.
//!
//! Does not know: the clock, randomness (both are passed in), where keys are kept, whether a grant was
//! revoked ([`crate::records`]).

use crate::access;
use crate::codec::{CodecError, Reader, Writer};
use crate::id::{BoxId, Hash, Hasher, LogId, PersonId, PlaceId, PublicKey};
use crate::limits;
use crate::place::Role;
use crate::time::Timestamp;
use crate::tree::Tree;
use ed25519_dalek::{Signature as DalekSignature, Signer, SigningKey, VerifyingKey};
use rand_core::RngCore;
use std::cell::Cell;
use zeroize::Zeroizing;

/// An Ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signature(pub [u8; 64]);

impl Signature {
    /// Reads one.
    pub fn read(r: &mut Reader) -> Result<Self, CodecError> {
        Ok(Signature(r.array()?))
    }
}

/// A secret key of a device or a node. Never printed, never in an error.
#[derive(Clone)]
pub struct SecretKey(SigningKey);

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SecretKey(of {:?})", self.public())
    }
}

impl SecretKey {
    /// A new key from the caller's generator.
    pub fn random(rng: &mut dyn RngCore) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(&mut *seed);
        SecretKey(SigningKey::from_bytes(&seed))
    }

    /// The key with this seed.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        SecretKey(SigningKey::from_bytes(&Zeroizing::new(seed)))
    }

    /// The seed, to be stored by whoever keeps the key.
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    /// Signs a hash.
    pub fn sign(&self, hash: &Hash) -> Signature {
        Signature(self.0.sign(&hash.0).to_bytes())
    }

    /// The X25519 secret that opens what was sealed for [`PublicKey::x25519`].
    pub fn x25519(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_scalar_bytes())
    }
}

thread_local! {
    static CHECKED: Cell<u64> = const { Cell::new(0) };
}

/// How many signatures this thread has checked: the dear part of answering anybody. What is refused must cost the same
/// whatever the reason, or the time of a refusal tells what its words do not.
pub fn signatures_checked() -> u64 {
    CHECKED.get()
}

impl PublicKey {
    /// Whether this key signed that hash. Strict: no malleable form, no weak key.
    pub fn has_signed(&self, hash: &Hash, signature: &Signature) -> bool {
        CHECKED.set(CHECKED.get().wrapping_add(1));
        VerifyingKey::from_bytes(&self.0).is_ok_and(|key| {
            key.verify_strict(&hash.0, &DalekSignature::from_bytes(&signature.0))
                .is_ok()
        })
    }

    /// The X25519 key that things for this key's owner are sealed with: the same point on the other form of
    /// the curve (RFC 7748). `None` for bytes that are no key, and for the few weak ones that
    /// anybody could open.
    pub fn x25519(&self) -> Option<[u8; 32]> {
        let key = VerifyingKey::from_bytes(&self.0).ok()?;
        (!key.is_weak()).then(|| key.to_montgomery().to_bytes())
    }

    /// The box of this key: what letters for its owner are laid under, without naming the key.
    pub fn letter_box(&self) -> BoxId {
        BoxId(Hasher::new("chibo/box/1").part(&self.0).id())
    }
}

/// The box of all devices of a log, for letters that several may open.
pub fn common_box(log: LogId) -> BoxId {
    BoxId(Hasher::new("chibo/box/1").part(&log.0).id())
}

/// The key of a log's notice board: the box in which its node lays what is for every device, those that it does not
/// know (any more) among them. It is a secret of all who know the log, and so of nobody: what lies there must be signed.
pub fn notice_key(log: LogId) -> SecretKey {
    SecretKey::from_seed(Hasher::new("chibo/notices/1").part(&log.0).hash().0)
}

/// Whether epochs, in order, are of this log and go on from those that are known (none: from the first on): the root key
/// signed each, its number is higher than all before it, and it follows on one of them.
pub fn are_certified(known: &[Epoch], epochs: &[Epoch], log: LogId) -> bool {
    let mut before: Vec<(u64, Hash)> = known.iter().map(|e| (e.epoch, e.hash())).collect();
    for e in epochs {
        let follows = match before.last() {
            Some((last, _)) => e.epoch > *last && before.iter().any(|(_, hash)| *hash == e.prev),
            None => e.epoch == 1 && e.prev == Hash::ZERO,
        };
        if !follows || !e.is_signed_for(log) {
            return false;
        }
        before.push((e.epoch, e.hash()));
    }
    true
}

/// The log that belongs to a root key.
pub fn log_of(root: &PublicKey) -> LogId {
    LogId(Hasher::new("chibo/log-id/1").part(&root.0).id())
}

/// Where a granted key lives, so that people see what a signature is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Custody {
    /// Made on the person's device and never left it.
    Device = 0,
    /// Kept by a node for a person who works at its console.
    Node = 1,
    /// Printed on paper.
    Paper = 2,
}

impl Custody {
    fn from_number(n: u8) -> Result<Self, CodecError> {
        Ok(match n {
            0 => Custody::Device,
            1 => Custody::Node,
            2 => Custody::Paper,
            _ => return Err(CodecError::BadValue { what: "custody" }),
        })
    }
}

/// What is known, where a grant is checked, of where its place lies.
#[derive(Debug, Clone, Copy)]
pub enum Ground<'a> {
    /// The tree as it stands: what does not lie within the issuer's place is refused, and what is not known here.
    Tree(&'a Tree),
    /// The part of the tree that a device holds, as it stood at the grant's entry in the log: what lies elsewhere for
    /// certain is refused. Of what it cannot see the log's word stands, which the node signs.
    Part(&'a Tree),
    /// Nothing: the grant was checked when it was taken in, or whoever told it signs for that.
    Unseen,
}

impl Ground<'_> {
    /// Whether a role on `place` may be given under a grant on `root`.
    fn allows(self, role: Role, place: PlaceId, root: PlaceId) -> bool {
        let (tree, unseen) = match self {
            Ground::Tree(tree) => (tree, false),
            Ground::Part(tree) => (tree, true),
            Ground::Unseen => return true,
        };
        let kind = tree.get(place).map(|p| p.kind);
        let fits = kind.map_or(unseen, |k| role.place_kinds().contains(&k));
        fits && tree.lies_within(place, root).unwrap_or(unseen)
    }
}

/// Why a grant cannot stand under its issuer's. Final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadGrant {
    /// Its issuer did not sign it, or it names another issuer's grant.
    #[error("the grant is not signed by its issuer")]
    NotSigned,
    /// It is of another log.
    #[error("the grant is of another log")]
    OtherLog,
    /// Nobody gives themself a role.
    #[error("nobody gives themself a role")]
    ToThemself,
    /// The issuer's role does not give this one, or the issuer may not grant at all.
    #[error("the issuer does not give this role")]
    NotAllowed,
    /// It reaches further than its issuer's: another place, more rights.
    #[error("the grant is wider than its issuer's")]
    TooWide,
    /// It would begin before its issuer's, or outlast it.
    #[error("the grant is longer than its issuer's")]
    TooLong,
    /// Its issuer's grant is not known here.
    #[error("the issuer's grant is not known")]
    UnknownIssuer,
    /// Its issuer's grant has ended.
    #[error("the issuer's grant has ended")]
    Ended,
    /// The key on paper was exchanged already.
    #[error("the ticket was used")]
    Used,
    /// The key on paper is too old to be exchanged.
    #[error("the ticket has expired")]
    Expired,
}

/// A role on a place for a device key, signed by the issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The log in which the grant stands.
    pub log: LogId,
    /// The key that signed it: the node's grant key of an epoch, or the key of the grant `under`.
    pub issuer: PublicKey,
    /// Hash of its issuer's grant; zero: the node gave it.
    pub under: Hash,
    /// The device's key.
    pub key: PublicKey,
    /// The person behind it; a member's place id where the person is a member.
    pub person: PersonId,
    /// The role.
    pub role: Role,
    /// The place on which it holds, and for all below.
    pub place: PlaceId,
    /// From when on it is read under; zero: at once.
    pub from: Timestamp,
    /// When it lapses, by an entry of its own; zero: no end. Of a key on paper: until when it can be exchanged.
    pub end: Timestamp,
    /// Where the key is kept.
    pub custody: Custody,
    /// Of a key on paper: when the role ends for which it is exchanged; zero: with its issuer's. Of all others zero.
    pub term: Timestamp,
    /// Whether its holder may grant on.
    pub may_delegate: bool,
    /// Number and date of the decision that it rests on: an inspector's mandate. Empty: none.
    pub mandate: String,
    /// Makes two otherwise equal grants different.
    pub nonce: [u8; 8],
    /// The issuer's signature over [`Grant::hash`].
    pub signature: Signature,
}

/// Reads the version of a record; this build knows one.
fn version_1(r: &mut Reader, what: &'static str) -> Result<(), CodecError> {
    match r.u8()? {
        1 => Ok(()),
        v => Err(CodecError::UnknownVersion {
            what,
            version: v.into(),
        }),
    }
}

impl Grant {
    fn body(&self) -> Writer {
        let mut w = Writer::new();
        // A key on paper says one thing more.
        let version = 1 + u8::from(self.custody == Custody::Paper);
        w.u8(version).fixed(&self.log.0).fixed(&self.issuer.0);
        match self.under {
            Hash::ZERO => w.u8(0),
            under => w.u8(1).fixed(&under.0),
        };
        w.fixed(&self.key.0)
            .fixed(&self.person.0)
            .number(self.role as u64)
            .fixed(&self.place.0)
            .number(self.from.0)
            .number(self.end.0)
            .u8(self.custody as u8);
        if self.custody == Custody::Paper {
            w.number(self.term.0);
        }
        w.u8(u8::from(self.may_delegate))
            .bytes(self.mandate.as_bytes())
            .fixed(&self.nonce);
        w
    }

    /// What names and seals the grant.
    pub fn hash(&self) -> Hash {
        Hasher::new("chibo/grant/1")
            .part(self.body().as_slice())
            .hash()
    }

    /// Signs the grant as its issuer.
    pub fn signed(mut self, issuer: &SecretKey) -> Self {
        self.issuer = issuer.public();
        self.signature = issuer.sign(&self.hash());
        self
    }

    /// Whether the issuer signed it.
    pub fn is_signed(&self) -> bool {
        self.issuer.has_signed(&self.hash(), &self.signature)
    }

    /// Whether the node gave it itself, in an epoch with this grant key.
    pub fn is_from_node(&self, grant_key: &PublicKey) -> bool {
        self.under == Hash::ZERO && self.issuer == *grant_key && self.is_signed()
    }

    /// Whether it is the same role of the same person under another key.
    pub fn succeeds(&self, parent: &Grant) -> bool {
        (self.person, self.role, self.place) == (parent.person, parent.role, parent.place)
    }

    /// The same role of the same person for another key, signed by this grant's, with the same term.
    pub fn successor(&self, key: PublicKey, own_key: &SecretKey, nonce: [u8; 8]) -> Grant {
        Grant {
            under: self.hash(),
            key,
            end: match self.custody {
                Custody::Paper => self.term,
                Custody::Device | Custody::Node => self.end,
            },
            custody: Custody::Device,
            term: Timestamp(0),
            nonce,
            ..self.clone()
        }
        .signed(own_key)
    }

    /// Whether it may stand under `parent`, the grant of its issuer. `above`: the grant of the parent's own
    /// issuer, `None` if that is the node; it bounds the term where the parent was a key on paper.
    /// Whether the parent still stands is for the caller to know.
    ///
    /// # Errors
    /// What is wrong with the link; it is final.
    pub fn is_under(
        &self,
        parent: &Grant,
        above: Option<&Grant>,
        ground: Ground,
    ) -> Result<(), BadGrant> {
        if self.under != parent.hash() || self.issuer != parent.key || !self.is_signed() {
            return Err(BadGrant::NotSigned);
        }
        if self.log != parent.log {
            return Err(BadGrant::OtherLog);
        }
        if self.key == parent.key {
            return Err(BadGrant::ToThemself);
        }
        // Only the node has keys that a node keeps, and a ticket that is good for ever is none.
        if self.custody == Custody::Node {
            return Err(BadGrant::NotAllowed);
        }
        if self.custody == Custody::Paper && self.end.0 == 0 {
            return Err(BadGrant::TooLong);
        }
        let on_paper = parent.custody == Custody::Paper;
        let term = if on_paper {
            let issuers = above.map_or(Timestamp(0), |g| g.end);
            let ends = [parent.term, issuers].into_iter().filter(|end| end.0 > 0);
            ends.min().unwrap_or(Timestamp(0))
        } else {
            parent.end
        };
        let outlasts = term.0 > 0 && (self.end.0 == 0 || self.end > term);
        if outlasts || self.from < parent.from {
            return Err(BadGrant::TooLong);
        }
        if self.succeeds(parent) {
            let keeps = self.from == parent.from && self.mandate == parent.mandate;
            let same_term = on_paper || self.end == parent.end;
            let delegates = self.may_delegate && !parent.may_delegate;
            if self.custody != Custody::Device || !keeps || !same_term || delegates {
                return Err(BadGrant::TooWide);
            }
            return Ok(());
        }
        if on_paper || !parent.may_delegate || !access::grants(parent.role).contains(&self.role) {
            return Err(BadGrant::NotAllowed);
        }
        if self.person == parent.person {
            return Err(BadGrant::ToThemself);
        }
        if !ground.allows(self.role, self.place, parent.place) {
            return Err(BadGrant::TooWide);
        }
        // Who was let in by somebody does not let in others: chains stay short enough to be seen through.
        if self.may_delegate && self.role != Role::Secretary && self.role != Role::Deputy {
            return Err(BadGrant::TooWide);
        }
        Ok(())
    }

    /// Whether its term has begun and is not over at this moment.
    pub fn runs(&self, at: Timestamp) -> bool {
        self.from <= at && (self.end.0 == 0 || at < self.end)
    }

    /// The short number that both screens show after an enrolment: `482 913`.
    pub fn confirmation(&self) -> String {
        let hash = Hasher::new("chibo/confirmation/1")
            .part(&self.hash().0)
            .hash();
        let mut first = [0; 8];
        first.copy_from_slice(&hash.0[..8]);
        let number = u64::from_le_bytes(first) % 1_000_000;
        format!("{:03} {:03}", number / 1_000, number % 1_000)
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = self.body();
        w.fixed(&self.signature.0);
        w.finish()
    }

    /// Reads one grant.
    pub fn read(r: &mut Reader) -> Result<Self, CodecError> {
        let version = r.u8()?;
        let (log, issuer) = (LogId::read(r)?, PublicKey::read(r)?);
        let under = match r.u8()? {
            0 => Hash::ZERO,
            1 => Some(Hash::read(r)?)
                .filter(|h| *h != Hash::ZERO)
                .ok_or(CodecError::BadValue { what: "issuer" })?,
            _ => return Err(CodecError::BadValue { what: "issuer" }),
        };
        let (key, person) = (PublicKey::read(r)?, PersonId::read(r)?);
        let role = Role::from_number(r.number()?).ok_or(CodecError::BadValue { what: "role" })?;
        let place = PlaceId::read(r)?;
        let (from, end) = (Timestamp(r.number()?), Timestamp(r.number()?));
        let custody = Custody::from_number(r.u8()?)?;
        let term = match (version, custody) {
            (2, Custody::Paper) => Timestamp(r.number()?),
            (1, Custody::Node | Custody::Device) => Timestamp(0),
            (version, _) => {
                return Err(CodecError::UnknownVersion {
                    what: "grant",
                    version: version.into(),
                });
            }
        };
        Ok(Grant {
            log,
            issuer,
            under,
            key,
            person,
            role,
            place,
            from,
            end,
            custody,
            term,
            may_delegate: r.yes_no("delegation")?,
            mandate: r.text(limits::LINE_BYTES)?.to_owned(),
            nonce: r.array()?,
            signature: Signature::read(r)?,
        })
    }
}

/// The root's word for an epoch of its log: which keys work in it, and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epoch {
    /// The root key; its log is [`log_of`] it.
    pub root: PublicKey,
    /// Number of the epoch, from 1. A change of keys takes the next number. A restore takes the time (seconds since 1970):
    /// what the lost disk had numbered since the backup, nobody knows, and the later word must have the higher number.
    pub epoch: u64,
    /// The last entry of the epoch before that still stands.
    pub cut: u64,
    /// The log's chain at the cut.
    pub chain: Hash,
    /// Signs heads and checkpoints.
    pub log_key: PublicKey,
    /// Signs grants.
    pub grant_key: PublicKey,
    /// The key of the node's TLS certificate in this epoch.
    pub tls_key: PublicKey,
    /// Hash of the epoch record before, which a backup may have been of: those between were lost. Zero for the first.
    pub prev: Hash,
    /// The root key's signature over [`Epoch::hash`].
    pub signature: Signature,
}

impl Epoch {
    fn body(&self) -> Writer {
        let mut w = Writer::new();
        w.u8(1)
            .fixed(&self.root.0)
            .number(self.epoch)
            .number(self.cut)
            .fixed(&self.chain.0)
            .fixed(&self.log_key.0)
            .fixed(&self.grant_key.0)
            .fixed(&self.tls_key.0)
            .fixed(&self.prev.0);
        w
    }

    /// The key that letters for the node are sealed with: the one of TLS. It guards what devices say on the way
    /// to the node, over a line as in a file, so nobody gains the power to read by it who had not got
    /// it; and what `log_key` and `grant_key` sign must be believed for years, so these do nothing else.
    pub fn letter_key(&self) -> PublicKey {
        self.tls_key
    }

    /// What names and seals the record.
    pub fn hash(&self) -> Hash {
        Hasher::new("chibo/epoch/1")
            .part(self.body().as_slice())
            .hash()
    }

    /// Signs the record with the root key.
    pub fn signed(mut self, root: &SecretKey) -> Self {
        self.root = root.public();
        self.signature = root.sign(&self.hash());
        self
    }

    /// Whether the root key of `log` signed it.
    pub fn is_signed_for(&self, log: LogId) -> bool {
        log_of(&self.root) == log && self.root.has_signed(&self.hash(), &self.signature)
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = self.body();
        w.fixed(&self.signature.0);
        w.finish()
    }

    /// Reads one record.
    pub fn read(r: &mut Reader) -> Result<Self, CodecError> {
        version_1(r, "epoch")?;
        Ok(Epoch {
            root: PublicKey::read(r)?,
            epoch: r.number()?,
            cut: r.number()?,
            chain: Hash::read(r)?,
            log_key: PublicKey::read(r)?,
            grant_key: PublicKey::read(r)?,
            tls_key: PublicKey::read(r)?,
            prev: Hash::read(r)?,
            signature: Signature::read(r)?,
        })
    }
}
