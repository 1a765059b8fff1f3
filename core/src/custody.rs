//! Custody: how a place with all below it goes from one node to another, and what both sign about it.
//!
//! The old home writes a [`HandOver`] into its log: from that entry on it writes nothing more in the place's
//! scopes. An [`OfferFile`] takes the whole history to the new home: every entry of the scopes, the authors'
//! segments, their grants. Whoever has it computes the scopes' chains from their first entry and compares them
//! with what the old home signed; documents are made from the segments and not brought along. The new home
//! says yes or no by an [`Answer`], an entry of its own log, and goes on with the same chains (rules 14 and 16).
//! The file of a place that came from elsewhere before holds the earlier file as well, so the chain can be
//! followed through all homes.
//!
//! Does not know: storage, sealing, what a node does about it ([`crate::node`]).
//!
//! Errors: [`CustodyError`]; everything here comes from outside and is proven before it is used.

use crate::codec::{CodecError, Reader, Writer};
use crate::feed::verify::{FeedHead, VerifiedSegment, verify};
use crate::feed::{SignedSegment, change_hash};
use crate::forget::{EraseAct, Erased};
use crate::id::{DocId, FeedId, Hash, Hasher, LogId, PlaceId, PublicKey, ScopeId, hex, unhex};
use crate::identity::{Epoch, Grant, Ground, SecretKey, Signature, are_certified, log_of};
use crate::kind;
use crate::limits;
use crate::log::{ControlAct, EndAct, Entry, EntryType, PlaceAct, Signed, Verdict};
use crate::place::{Lane, PlaceKind, scope_of};
use crate::time::{Received, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Why a hand-over, or a file of one, was not taken. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CustodyError {
    /// The bytes are not of the format.
    #[error("this is no such file: {0}")]
    Codec(#[from] CodecError),
    /// A signature, a chain or a hash in it does not fit: altered, or made by somebody else.
    #[error("this file is not what its node signed: {0}")]
    Unproven(&'static str),
    /// It is meant for another node.
    #[error("this is for the node {to}, not for this one")]
    NotForThisNode {
        /// The node that it is for.
        to: LogId,
    },
    /// The node does not hand over to itself.
    #[error("this is this node's own card")]
    Itself,
    /// The place is not here.
    #[error("the place is not here")]
    UnknownPlace,
    /// A stay in a second branch runs in it, from it or to it: that is ended first, since the other node has not both
    /// ends of it.
    #[error("a placement runs there; end it first")]
    Hosted,
    /// A stay comes without a last day, or after it: no branch takes part in it.
    #[error("the stay has no last day, or it is over")]
    NoTerm,
    /// The root stays with its node.
    #[error("the root of the tree is not handed over")]
    Root,
    /// It, or something below it, is on its way to another node already.
    #[error("it is being handed over already")]
    OnItsWay,
    /// What was ever written there is more than one file holds.
    #[error("its records are {bytes} bytes, and one file holds {limit}")]
    TooLong {
        /// Its bytes.
        bytes: usize,
        /// The most that a file holds ([`limits::HAND_OVER_BYTES`]).
        limit: usize,
    },
    /// Something below it is not in the log yet.
    #[error("a place below it is not in the log yet")]
    Unborn,
    /// No such hand-over is known here.
    #[error("no such hand-over is known here")]
    UnknownOffer,
    /// The place is here already.
    #[error("the place is here already")]
    AlreadyHere,
    /// This node said no to it before; the old home makes another offer.
    #[error("this node has refused it; the other node offers it again")]
    Refused,
    /// This node took it in before.
    #[error("this node has accepted it already")]
    Accepted,
    /// The other node has said yes and no to one offer: it is at fault.
    #[error("the other node has said both yes and no")]
    TwoFaces,
    /// It cannot stand there.
    #[error(transparent)]
    Tree(#[from] crate::tree::TreeError),
    /// A change in it does not pass this node's door.
    #[error("a change in it was refused: {0}")]
    Unfit(crate::door::Refusal),
    /// Sealing the office's own work failed.
    #[error(transparent)]
    Edit(#[from] crate::author::EditError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
}

type Res<T> = Result<T, CustodyError>;

/// The offer: the body of a control act of the old home. Its own entry is the one after `n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandOver {
    /// The place; all below it goes along.
    pub place: PlaceId,
    /// The old home.
    pub from: LogId,
    /// The new home: nobody else takes it in.
    pub to: LogId,
    /// The epoch of the old home.
    pub epoch: u64,
    /// The last entry before the offer.
    pub n: u64,
    /// The old home's log chain after it.
    pub chain: Hash,
    /// When the old home took in the offer's own entry, in its log's seconds.
    pub time: Timestamp,
    /// By which rules.
    pub rule: u16,
    /// Hash of the [`Contents`].
    pub contents: Hash,
}

impl HandOver {
    /// The entry that the offer itself is in the old home's log: the last that it wrote in the place. All of it
    /// follows from what is signed, so that both homes compute one chain.
    pub fn entry(&self) -> Entry {
        Entry {
            n: self.n.saturating_add(1),
            time: Received(self.time),
            kind: EntryType::HandOver,
            hash: self.hash(),
            verdict: Verdict::Accepted,
            reason: crate::log::reason::NONE,
            rule: self.rule,
        }
    }
}

impl ControlAct for HandOver {
    fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.fixed(&self.place.0)
            .fixed(&self.from.0)
            .fixed(&self.to.0)
            .number(self.epoch)
            .number(self.n)
            .fixed(&self.chain.0)
            .number(self.time.0)
            .number(self.rule.into())
            .fixed(&self.contents.0);
        w.finish()
    }

    fn read(r: &mut Reader) -> Result<Self, CodecError> {
        Ok(HandOver {
            place: PlaceId::read(r)?,
            from: LogId::read(r)?,
            to: LogId::read(r)?,
            epoch: r.number()?,
            n: r.number()?,
            chain: Hash::read(r)?,
            time: Timestamp(r.number()?),
            rule: u16::try_from(r.number()?).map_err(|_| CodecError::BadValue { what: "rule" })?,
            contents: Hash::read(r)?,
        })
    }

    fn hash(&self) -> Hash {
        Hasher::new("chibo/hand-over/1")
            .part(&self.to_bytes())
            .hash()
    }
}

/// The new home's answer: the body of a control act in its log, and of one in the old home's when it came
/// home. Signed by the new home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// Hash of the [`HandOver`].
    pub offer: Hash,
    /// The old home.
    pub from: LogId,
    /// The place.
    pub place: PlaceId,
    /// Under which place of the new home it stands now; `None`: no.
    pub under: Option<PlaceId>,
    /// The new home's epoch.
    pub epoch: u64,
    /// The answer's own entry there.
    pub n: u64,
}

impl ControlAct for Answer {
    fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.fixed(&self.offer.0)
            .fixed(&self.from.0)
            .fixed(&self.place.0);
        match self.under {
            Some(p) => w.u8(1).fixed(&p.0),
            None => w.u8(0),
        };
        w.number(self.epoch).number(self.n);
        w.finish()
    }

    fn read(r: &mut Reader) -> Result<Self, CodecError> {
        Ok(Answer {
            offer: Hash::read(r)?,
            from: LogId::read(r)?,
            place: PlaceId::read(r)?,
            under: match r.yes_no("answer")? {
                true => Some(PlaceId::read(r)?),
                false => None,
            },
            epoch: r.number()?,
            n: r.number()?,
        })
    }

    fn hash(&self) -> Hash {
        Hasher::new("chibo/hand-over-answer/1")
            .part(&self.to_bytes())
            .hash()
    }
}

/// One place of a hand-over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The place.
    pub place: PlaceId,
    /// Its kind.
    pub kind: PlaceKind,
    /// Where it stands at the old home: of the first an own place of that node, of all others one before it.
    pub parent: PlaceId,
    /// The chains of its lanes, in the order of [`PlaceKind::lanes`].
    pub chains: Vec<Hash>,
}

impl Part {
    /// Its scopes, each with its lane and chain.
    pub fn scopes(&self) -> impl Iterator<Item = (Lane, ScopeId, Hash)> + '_ {
        let lanes = self.kind.lanes().iter().zip(&self.chains);
        lanes.map(|(lane, chain)| (*lane, scope_of(self.place, *lane), *chain))
    }
}

/// Where a feed stood at the offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedMark {
    /// The feed.
    pub feed: FeedId,
    /// Its last accepted segment.
    pub head: FeedHead,
    /// Whether it had ended.
    pub ended: bool,
}

/// What is handed over: places from the first downwards, and feeds in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Contents {
    /// The places; each after the one that it stands under.
    pub parts: Vec<Part>,
    /// The feeds with accepted segments.
    pub feeds: Vec<FeedMark>,
}

impl Contents {
    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.number(self.parts.len() as u64);
        for p in &self.parts {
            w.fixed(&p.place.0).u8(p.kind as u8).fixed(&p.parent.0);
            for chain in &p.chains {
                w.fixed(&chain.0);
            }
        }
        w.number(self.feeds.len() as u64);
        for f in &self.feeds {
            w.fixed(&f.feed.0)
                .number(f.head.n)
                .fixed(&f.head.hash.0)
                .u8(u8::from(f.ended));
        }
        w.finish()
    }

    /// Reads them.
    pub fn read(r: &mut Reader) -> Result<Self, CodecError> {
        let mut contents = Contents::default();
        for _ in 0..r.count(limits::HAND_OVER_PLACES)? {
            let place = PlaceId::read(r)?;
            let kind = PlaceKind::from_number(r.u8()?.into())
                .ok_or(CodecError::BadValue { what: "place kind" })?;
            let parent = PlaceId::read(r)?;
            let mut chains = Vec::new();
            for _ in kind.lanes() {
                chains.push(Hash::read(r)?);
            }
            contents.parts.push(Part {
                place,
                kind,
                parent,
                chains,
            });
        }
        for _ in 0..r.count(limits::HAND_OVER_ENTRIES)? {
            contents.feeds.push(FeedMark {
                feed: FeedId::read(r)?,
                head: FeedHead {
                    n: r.number()?,
                    hash: Hash::read(r)?,
                },
                ended: r.yes_no("feed")?,
            });
        }
        Ok(contents)
    }

    /// What the offer says of them.
    pub fn hash(&self) -> Hash {
        Hasher::new("chibo/hand-over-contents/1")
            .part(&self.to_bytes())
            .hash()
    }

    /// Every scope, with its place, lane and chain.
    pub fn scopes(&self) -> BTreeMap<ScopeId, (PlaceId, Lane, Hash)> {
        let parts = self.parts.iter();
        parts
            .flat_map(|p| p.scopes().map(|(l, s, c)| (s, (p.place, l, c))))
            .collect()
    }
}

/// What a node shows to those that may hand something over to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeCard {
    /// Its epochs before this one, from the first on.
    pub earlier: Vec<Epoch>,
    /// Its epoch.
    pub epoch: Epoch,
    /// Its name, for people.
    pub name: String,
    /// Where its devices reach it; may be empty.
    pub url: String,
    /// By the epoch's grant key.
    pub signature: Signature,
}

const CARD: &str = "chibo-node1-";

impl NodeCard {
    /// The card of the node in this epoch, signed with its grant key.
    pub fn new(earlier: Vec<Epoch>, epoch: Epoch, name: &str, url: &str, key: &SecretKey) -> Self {
        let mut card = NodeCard {
            earlier,
            epoch,
            name: name.to_owned(),
            url: url.to_owned(),
            signature: Signature([0; 64]),
        };
        card.signature = key.sign(&card.hash());
        card
    }

    fn body(&self) -> Writer {
        let mut w = Writer::new();
        w.u8(1);
        write_epochs(&mut w, &self.epochs());
        w.bytes(self.name.as_bytes()).bytes(self.url.as_bytes());
        w
    }

    fn hash(&self) -> Hash {
        Hasher::new("chibo/node-card/1")
            .part(self.body().as_slice())
            .hash()
    }

    /// Its epochs, from the first on.
    pub fn epochs(&self) -> Vec<Epoch> {
        let mut epochs = self.earlier.clone();
        epochs.push(self.epoch.clone());
        epochs
    }

    /// The node's log.
    pub fn log(&self) -> LogId {
        log_of(&self.epoch.root)
    }

    /// The key that files for this node are sealed with.
    pub fn letter_key(&self) -> PublicKey {
        self.epoch.letter_key()
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = self.body();
        w.fixed(&self.signature.0);
        w.finish()
    }

    /// Reads a card and proves it.
    pub fn read(r: &mut Reader) -> Res<Self> {
        version_1(r)?;
        let mut earlier = read_epochs(r)?;
        certified(&earlier)?;
        let epoch = (earlier.pop()).ok_or(CodecError::BadValue { what: "epochs" })?;
        let card = NodeCard {
            earlier,
            epoch,
            name: r.text(limits::LINE_BYTES)?.to_owned(),
            url: r.text(limits::LINE_BYTES)?.to_owned(),
            signature: Signature::read(r)?,
        };
        if !card
            .epoch
            .grant_key
            .has_signed(&card.hash(), &card.signature)
        {
            return Err(CustodyError::Unproven("the card's signature"));
        }
        Ok(card)
    }

    /// The card as a line of text.
    pub fn to_text(&self) -> String {
        format!("{CARD}{}", hex(&self.to_bytes()))
    }

    /// Reads that text; blanks and line breaks in it do not matter.
    pub fn from_text(text: &str) -> Res<Self> {
        let bad = CodecError::BadValue { what: "node card" };
        if text.len() > limits::NODE_CARD_BYTES * 3 {
            return Err(bad.into());
        }
        let text: String = text.split_whitespace().collect();
        let bytes = text.strip_prefix(CARD).and_then(unhex).ok_or(bad)?;
        let mut r = Reader::new(&bytes);
        let card = Self::read(&mut r)?;
        r.end()?;
        Ok(card)
    }
}

fn version_1(r: &mut Reader) -> Result<(), CodecError> {
    match r.u8()? {
        1 => Ok(()),
        v => Err(CodecError::UnknownVersion {
            what: "hand-over",
            version: v.into(),
        }),
    }
}

/// Writes epochs, from the first on.
pub(crate) fn write_epochs(w: &mut Writer, epochs: &[Epoch]) {
    w.number(epochs.len() as u64);
    for e in epochs {
        w.fixed(&e.to_bytes());
    }
}

/// Reads epochs; there is at least one.
pub(crate) fn read_epochs(r: &mut Reader) -> Result<Vec<Epoch>, CodecError> {
    let count = r.count(limits::EPOCHS)?;
    if count == 0 {
        return Err(CodecError::BadValue { what: "epochs" });
    }
    (0..count).map(|_| Epoch::read(r)).collect()
}

/// Checks that one root certified these epochs, from the first on; returns its log.
pub fn certified(epochs: &[Epoch]) -> Res<LogId> {
    let unproven = CustodyError::Unproven("an epoch");
    let log = log_of(&epochs.first().ok_or(unproven.clone())?.root);
    match are_certified(&[], epochs, log) {
        true => Ok(log),
        false => Err(unproven),
    }
}

/// The grant key of an epoch.
fn grant_key(epochs: &[Epoch], number: u64) -> Res<PublicKey> {
    let epoch = epochs.iter().find(|e| e.epoch == number);
    Ok(epoch.ok_or(CustodyError::Unproven("an epoch"))?.grant_key)
}

/// Grants with the epochs of the logs that they are of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rights {
    /// The epochs of each log.
    pub logs: Vec<Vec<Epoch>>,
    /// The grants, each with those that it stands under, in the order of their hashes.
    pub grants: Vec<Grant>,
}

impl Rights {
    fn write(&self, w: &mut Writer) {
        w.number(self.logs.len() as u64);
        for epochs in &self.logs {
            write_epochs(w, epochs);
        }
        w.number(self.grants.len() as u64);
        for g in &self.grants {
            w.fixed(&g.to_bytes());
        }
    }

    fn read(r: &mut Reader) -> Result<Self, CodecError> {
        let mut rights = Rights::default();
        for _ in 0..r.count(limits::EPOCHS)? {
            rights.logs.push(read_epochs(r)?);
        }
        for _ in 0..r.count(limits::HAND_OVER_ENTRIES)? {
            rights.grants.push(Grant::read(r)?);
        }
        Ok(rights)
    }

    /// Checks every grant up to the root of its log. Whether one had ended when it was used is what the log's
    /// verdicts say.
    pub fn prove(&self) -> Res<BTreeMap<Hash, Grant>> {
        let unproven = CustodyError::Unproven("a grant");
        let mut keys: BTreeSet<(LogId, PublicKey)> = BTreeSet::new();
        for epochs in &self.logs {
            let log = certified(epochs)?;
            keys.extend(epochs.iter().map(|e| (log, e.grant_key)));
        }
        let all: BTreeMap<Hash, Grant> =
            (self.grants.iter().map(|g| (g.hash(), g.clone()))).collect();
        // Each is held against its issuer's, which is among them: so all hang on a key of their log, over however many hands.
        for grant in all.values() {
            let holds = if grant.under == Hash::ZERO {
                keys.contains(&(grant.log, grant.issuer)) && grant.is_signed()
            } else {
                let parent = all.get(&grant.under).ok_or(unproven.clone())?;
                let above = all.get(&parent.under);
                grant.is_under(parent, above, Ground::Unseen).is_ok()
            };
            if !holds {
                return Err(unproven);
            }
        }
        Ok(all)
    }
}

/// One entry of a scope, as the old home's log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The entry.
    pub entry: Entry,
    /// Its epoch.
    pub epoch: u64,
    /// The accepted segment, or the body of a control act; empty for what was not accepted.
    pub body: Vec<u8>,
}

impl Line {
    fn write(&self, w: &mut Writer) {
        let e = &self.entry;
        w.number(e.n)
            .number(self.epoch)
            .number(e.time.0.0)
            .u8(e.kind as u8)
            .fixed(&e.hash.0)
            .u8(e.verdict as u8)
            .u8(e.reason)
            .number(e.rule.into())
            .bytes(&self.body);
    }

    fn read(r: &mut Reader) -> Result<Self, CodecError> {
        let n = r.number()?;
        let epoch = r.number()?;
        Ok(Line {
            epoch,
            entry: Entry {
                n,
                time: Received(Timestamp(r.number()?)),
                kind: EntryType::from_number(r.u8()?)?,
                hash: Hash::read(r)?,
                verdict: Verdict::from_number(r.u8()?)?,
                reason: r.u8()?,
                rule: u16::try_from(r.number()?)
                    .map_err(|_| CodecError::BadValue { what: "rule" })?,
            },
            body: r.bytes(limits::SEGMENT_BYTES)?.to_vec(),
        })
    }

    /// Whether the body is what the entry is about, and signed by whom it must be: the log, in the entry's epoch.
    /// The answer of another node that came home is proven by its hash alone.
    fn fits(&self, log: LogId, epochs: &[Epoch]) -> Res<bool> {
        let key = grant_key(epochs, self.epoch)?;
        let mut r = Reader::new(&self.body);
        let (hash, is_signed) = match self.entry.kind {
            EntryType::Segment => return Ok(true),
            EntryType::Epoch => return Ok(self.body.is_empty()),
            EntryType::Grant => {
                let grant = Grant::read(&mut r)?;
                (grant.hash(), grant.is_signed())
            }
            EntryType::Place => signed_by::<PlaceAct>(&mut r, log, &key)?,
            EntryType::End => signed_by::<EndAct>(&mut r, log, &key)?,
            EntryType::Erase => signed_by::<EraseAct>(&mut r, log, &key)?,
            EntryType::HandOver => signed_by::<HandOver>(&mut r, log, &key)?,
            EntryType::Answer => signed_by::<Answer>(&mut r, log, &key)?,
            EntryType::Return => (Signed::<Answer>::read(&mut r)?.act.hash(), true),
        };
        r.end()?;
        Ok(hash == self.entry.hash && is_signed)
    }
}

/// A signed act's hash, and whether this key signed it.
fn signed_by<A: ControlAct>(
    r: &mut Reader,
    log: LogId,
    key: &PublicKey,
) -> Result<(Hash, bool), CodecError> {
    let signed = Signed::<A>::read(r)?;
    Ok((signed.act.hash(), signed.is_signed(log, key)))
}

/// Everything that goes to the new home: a pure function of the old home's log up to the offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferFile {
    /// The offer.
    pub offer: Signed<HandOver>,
    /// What is handed over.
    pub contents: Contents,
    /// The authors' grants; the first log is the old home's.
    pub rights: Rights,
    /// Files by which parts of it came to the old home, each a whole file of this sort.
    pub earlier: Vec<Vec<u8>>,
    /// The entries of each scope since then, in the order of [`Contents::scopes`].
    pub scopes: BTreeMap<ScopeId, Vec<Line>>,
}

/// Something accepted by an earlier home, proven.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// The entry there.
    pub entry: Entry,
    /// The place.
    pub place: PlaceId,
    /// The lane.
    pub lane: Lane,
    /// The segment.
    pub segment: VerifiedSegment,
    /// Its author's grant.
    pub grant: Grant,
}

/// A file of an offer of which everything was checked.
#[derive(Debug, Clone)]
pub struct ProvenOffer {
    /// The file.
    pub file: OfferFile,
    /// Hash of the offer.
    pub hash: Hash,
    /// All that was ever accepted in the scopes, in an order in which each feed goes up.
    pub accepted: Vec<Accepted>,
    /// Each scope's chain, from which the new home goes on.
    pub chains: BTreeMap<ScopeId, Hash>,
    /// All grants, by hash.
    pub grants: BTreeMap<Hash, Grant>,
    /// The epochs of all logs that grants are of.
    pub logs: BTreeMap<LogId, Vec<Epoch>>,
    /// What was forgotten in the scopes, by any home.
    pub erased: Vec<EraseAct>,
}

impl ProvenOffer {
    /// The changes that were accepted, by document, with its scope.
    pub fn changes(&self) -> impl Iterator<Item = (ScopeId, DocId, [u8; 32])> + '_ {
        self.accepted.iter().flat_map(|a| {
            let s = a.segment.segment();
            let known = s
                .changes
                .iter()
                .filter(|c| kind::by_number(c.kind).is_some());
            known.filter_map(|c| Some((s.scope, c.doc, change_hash(&c.change)?)))
        })
    }
}

impl OfferFile {
    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.u8(1)
            .fixed(&self.offer.to_bytes())
            .fixed(&self.contents.to_bytes());
        self.rights.write(&mut w);
        w.number(self.earlier.len() as u64);
        for file in &self.earlier {
            w.bytes(file);
        }
        for lines in self.contents.scopes().keys().map(|s| self.scopes.get(s)) {
            let lines = lines.map_or(&[][..], Vec::as_slice);
            w.number(lines.len() as u64);
            for line in lines {
                line.write(&mut w);
            }
        }
        w.finish()
    }

    /// Reads a file; nothing of it is proven yet ([`OfferFile::prove`]).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CodecError> {
        if bytes.len() > limits::HAND_OVER_BYTES {
            return Err(CodecError::TooLong {
                found: bytes.len() as u64,
                limit: limits::HAND_OVER_BYTES as u64,
            });
        }
        let mut r = Reader::new(bytes);
        version_1(&mut r)?;
        let offer = Signed::<HandOver>::read(&mut r)?;
        let contents = Contents::read(&mut r)?;
        let rights = Rights::read(&mut r)?;
        let mut earlier = Vec::new();
        // As many as there are places at most, each of which came by an offer of its own.
        for _ in 0..r.count(limits::HAND_OVER_PLACES)? {
            earlier.push(r.bytes(limits::HAND_OVER_BYTES)?.to_vec());
        }
        let mut scopes = BTreeMap::new();
        for scope in contents.scopes().into_keys() {
            let count = r.count(limits::HAND_OVER_ENTRIES)?;
            let lines: Result<Vec<Line>, CodecError> =
                (0..count).map(|_| Line::read(&mut r)).collect();
            scopes.insert(scope, lines?);
        }
        r.end()?;
        Ok(OfferFile {
            offer,
            contents,
            rights,
            earlier,
            scopes,
        })
    }

    /// Checks all of it: the epochs up to the root, the offer's signature, every grant, every segment, and that
    /// the chains which follow from the entries are those that the old home signed.
    pub fn prove(self) -> Res<ProvenOffer> {
        self.prove_with(&|_, _| false)
    }

    /// As [`OfferFile::prove`], where these documents were forgotten after it came.
    pub fn prove_with(self, is_erased: &dyn Fn(ScopeId, DocId) -> bool) -> Res<ProvenOffer> {
        let proven = self.prove_at(0)?;
        let erased: BTreeSet<(ScopeId, DocId)> =
            proven.erased.iter().map(|e| (e.scope, e.doc)).collect();
        let gone = |scope, doc| erased.contains(&(scope, doc)) || is_erased(scope, doc);
        let lacks = proven.accepted.iter().any(|a| {
            let s = a.segment.segment();
            s.forgotten.iter().any(|f| !gone(s.scope, f.doc))
        });
        match lacks {
            true => Err(CustodyError::Unproven("a segment lacks what nobody erased")),
            false => Ok(proven),
        }
    }

    /// Leaves out the content of documents that were forgotten after it came. Returns whether there was any.
    pub fn forget(&mut self, erased: &Erased) -> Result<bool, CodecError> {
        let mut changed = false;
        for (scope, docs) in erased {
            for line in self.scopes.get_mut(scope).into_iter().flatten() {
                let is_segment = line.entry.kind == EntryType::Segment;
                if !is_segment || line.entry.verdict != Verdict::Accepted {
                    continue;
                }
                let mut signed = SignedSegment::from_bytes(&line.body)?;
                if signed.forget(|doc| docs.contains(&doc)) {
                    line.body = signed.to_bytes();
                    changed = true;
                }
            }
        }
        for bytes in &mut self.earlier {
            let mut file = OfferFile::from_bytes(bytes)?;
            if file.forget(erased)? {
                *bytes = file.to_bytes();
                changed = true;
            }
        }
        Ok(changed)
    }

    fn prove_at(self, depth: usize) -> Res<ProvenOffer> {
        let unproven = |what| Err(CustodyError::Unproven(what));
        let act = self.offer.act;
        let own_epochs = self.rights.logs.first();
        let own_epochs = own_epochs.ok_or(CustodyError::Unproven("an epoch"))?;
        if certified(own_epochs)? != act.from {
            return unproven("it is of another log");
        }
        let key = grant_key(own_epochs, act.epoch)?;
        if !self.offer.is_signed(act.from, &key) || act.contents != self.contents.hash() {
            return unproven("the offer's signature");
        }
        self.parts_hang_together()?;

        let mut proven = ProvenOffer {
            hash: act.hash(),
            accepted: Vec::new(),
            chains: BTreeMap::new(),
            grants: self.rights.prove()?,
            logs: BTreeMap::new(),
            erased: Vec::new(),
            file: self,
        };
        for epochs in &proven.file.rights.logs {
            proven.logs.insert(certified(epochs)?, epochs.clone());
        }
        let scopes = proven.file.contents.scopes();
        for bytes in &proven.file.earlier {
            if depth >= limits::HAND_OVER_HOMES {
                return unproven("it went through too many homes");
            }
            let before = OfferFile::from_bytes(bytes)?.prove_at(depth + 1)?;
            if before.file.offer.act.to != act.from {
                return unproven("an earlier hand-over was to another node");
            }
            let ours = |s: &ScopeId| scopes.contains_key(s);
            for (scope, chain) in before.chains.into_iter().filter(|(s, _)| ours(s)) {
                if proven.chains.insert(scope, chain).is_some() {
                    return unproven("two earlier hand-overs of one scope");
                }
            }
            let accepted = before.accepted.into_iter();
            (proven.accepted).extend(accepted.filter(|a| ours(&a.segment.segment().scope)));
            proven.grants.extend(before.grants);
            let erased = before.erased.into_iter();
            proven.erased.extend(erased.filter(|e| ours(&e.scope)));
            for (log, epochs) in before.logs {
                let known = proven.logs.entry(log).or_default();
                if epochs.len() > known.len() {
                    *known = epochs;
                }
            }
        }
        proven.follow_chains(&scopes)?;
        Ok(proven)
    }

    /// The first place is the offered one; every other stands under one before it; none comes twice.
    fn parts_hang_together(&self) -> Res<()> {
        let unproven = CustodyError::Unproven("its places do not hang together");
        let mut seen: BTreeSet<PlaceId> = BTreeSet::new();
        for part in &self.contents.parts {
            let hangs = match seen.is_empty() {
                true => part.place == self.offer.act.place && part.parent != part.place,
                false => seen.contains(&part.parent),
            };
            if !hangs || !seen.insert(part.place) {
                return Err(unproven);
            }
        }
        match seen.is_empty() {
            true => Err(unproven),
            false => Ok(()),
        }
    }
}

impl ProvenOffer {
    fn follow_chains(&mut self, scopes: &BTreeMap<ScopeId, (PlaceId, Lane, Hash)>) -> Res<()> {
        let unproven = |what| Err(CustodyError::Unproven(what));
        let act = self.file.offer.act;
        let epochs = self.file.rights.logs.first().cloned().unwrap_or_default();
        let mut heads: BTreeMap<FeedId, FeedHead> = BTreeMap::new();
        for a in &self.accepted {
            let s = a.segment.segment();
            let (n, hash) = (s.n, a.segment.hash());
            heads.insert(s.feed, FeedHead { n, hash });
        }
        for (scope, (place, lane, signed_chain)) in scopes {
            let mut chain = self.chains.get(scope).copied().unwrap_or(Hash::ZERO);
            let mut last = 0;
            for line in self.file.scopes.get(scope).into_iter().flatten() {
                let entry = line.entry;
                if entry.n <= last || entry.n > act.n || !line.fits(act.from, &epochs)? {
                    return unproven("an entry");
                }
                last = entry.n;
                chain = entry.chain_after(chain, act.from, line.epoch);
                if entry.kind == EntryType::Erase {
                    let act = Signed::<EraseAct>::read(&mut Reader::new(&line.body))?.act;
                    if act.scope != *scope {
                        return unproven("an erasure");
                    }
                    self.erased.push(act);
                }
                if entry.kind != EntryType::Segment || entry.verdict != Verdict::Accepted {
                    continue;
                }
                let signed = SignedSegment::from_bytes(&line.body)?;
                let s = signed.unproven();
                if signed.hash() != entry.hash || s.scope != *scope {
                    return unproven("a segment");
                }
                let grant = self.grants.get(&s.grant);
                let grant = grant.ok_or(CustodyError::Unproven("a grant"))?.clone();
                let feed = s.feed;
                let head = heads.get(&feed).copied().unwrap_or(FeedHead::NONE);
                let segment = verify(signed, &grant.key, &head)
                    .map_err(|_| CustodyError::Unproven("a segment"))?;
                let (n, hash) = (segment.segment().n, segment.hash());
                heads.insert(feed, FeedHead { n, hash });
                self.accepted.push(Accepted {
                    entry,
                    place: *place,
                    lane: *lane,
                    segment,
                    grant,
                });
            }
            if chain != *signed_chain {
                return unproven("a scope's chain");
            }
            self.chains.insert(*scope, chain);
        }
        let marks = self.file.contents.feeds.iter();
        let marks: BTreeMap<FeedId, FeedHead> = marks.map(|f| (f.feed, f.head)).collect();
        if marks != heads || marks.len() != self.file.contents.feeds.len() {
            return unproven("its feeds");
        }
        // The offer's own entry is the last that the old home wrote in the place.
        let control = scope_of(act.place, Lane::Control);
        if let Some(chain) = self.chains.get_mut(&control) {
            *chain = act.entry().chain_after(*chain, act.from, act.epoch);
        }
        Ok(())
    }
}

/// The answer on its way to the old home, with what proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerFile {
    /// The offer that it answers.
    pub offer: Signed<HandOver>,
    /// The answer.
    pub answer: Signed<Answer>,
    /// The new home: its epochs, name and address.
    pub card: NodeCard,
}

impl AnswerFile {
    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.u8(1)
            .fixed(&self.offer.to_bytes())
            .fixed(&self.answer.to_bytes())
            .fixed(&self.card.to_bytes());
        w.finish()
    }

    /// Reads one and checks that the node which the offer is for gave this answer to it.
    pub fn from_bytes(bytes: &[u8]) -> Res<Self> {
        let mut r = Reader::new(bytes);
        version_1(&mut r)?;
        let file = AnswerFile {
            offer: Signed::read(&mut r)?,
            answer: Signed::read(&mut r)?,
            card: NodeCard::read(&mut r)?,
        };
        r.end()?;
        let (offer, answer) = (file.offer.act, file.answer.act);
        let key = grant_key(&file.card.epochs(), answer.epoch)?;
        if file.card.log() != offer.to
            || (answer.offer, answer.from, answer.place) != (offer.hash(), offer.from, offer.place)
            || !file.answer.is_signed(offer.to, &key)
        {
            return Err(CustodyError::Unproven("the answer's signature"));
        }
        Ok(file)
    }
}

/// What came to the old home after the offer, on its way to the new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelayFile {
    /// Hash of the offer.
    pub offer: Hash,
    /// The authors' grants.
    pub rights: Rights,
    /// The segments, each feed's in order.
    pub segments: Vec<SignedSegment>,
}

impl RelayFile {
    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.u8(1).fixed(&self.offer.0);
        self.rights.write(&mut w);
        w.number(self.segments.len() as u64);
        for s in &self.segments {
            w.bytes(&s.to_bytes());
        }
        w.finish()
    }

    /// Reads one; its segments and grants are not proven yet.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut r = Reader::new(bytes);
        version_1(&mut r)?;
        let offer = Hash::read(&mut r)?;
        let rights = Rights::read(&mut r)?;
        let mut segments = Vec::new();
        for _ in 0..r.count(limits::HAND_OVER_ENTRIES)? {
            segments.push(SignedSegment::from_bytes(r.bytes(limits::SEGMENT_BYTES)?)?);
        }
        r.end()?;
        Ok(RelayFile {
            offer,
            rights,
            segments,
        })
    }
}
