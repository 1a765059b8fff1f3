//! Feeds: what travels and what is stored.
//!
//! A device writes, for each scope, a *feed* of *segments*: numbered from 1, chained by hash, signed.
//! A segment holds one change for each document that was edited since the last. What is signed are
//! ids and salted commitments, not the changes' bytes ([`Segment::header`]): so changes can be packed
//! together in a checkpoint, and a document can be forgotten while every chain still verifies.
//!
//! The types are the wall: [`SignedSegment`] is bytes that parse and nothing more;
//! [`verify::VerifiedSegment`] has a good signature and follows its feed's head;
//! [`authorise::AuthorisedSegment`] may also be said by its author, and only this one can be applied.
//!
//! The feed's id is the Automerge actor of its changes: `BLAKE3(device key, scope, nonce)`.
//!
//! Does not know: storage, the log, the clock. Format: `docs/format.md`.

pub mod authorise;
pub mod compact;
pub mod verify;

use crate::codec::{CodecError, Reader, Writer};
use crate::id::{DocId, FeedId, Hash, Hasher, LogId, PlaceId, PublicKey, Salt, ScopeId};
use crate::identity::{SecretKey, Signature};
use crate::limits;
use crate::place::PlaceKind;
use crate::time::{Claimed, Timestamp};
use sha2::{Digest, Sha256};

/// Version of the segment format.
pub const SEGMENT_VERSION: u8 = 1;

/// The feed of a device in a scope; another nonce is another feed (format).
pub fn feed_id(key: &PublicKey, scope: ScopeId, nonce: &[u8; 8]) -> FeedId {
    FeedId(
        Hasher::new("chibo/feed/1")
            .part(&key.0)
            .part(&scope.0)
            .part(nonce)
            .id(),
    )
}

/// The last log position that an author had seen when it sealed a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Basis {
    /// The log.
    pub log: LogId,
    /// Its epoch.
    pub epoch: u64,
    /// The position; 0: nothing yet.
    pub n: u64,
}

/// A place that the first segment of a feed brings into being, such as a member typed in offline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opens {
    /// The new place; the segment's scope is one of its lanes.
    pub place: PlaceId,
    /// Its kind.
    pub kind: PlaceKind,
    /// Under which place it stands.
    pub parent: PlaceId,
}

/// A feed and a number in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The feed.
    pub feed: FeedId,
    /// The segment's number, from 1.
    pub n: u64,
}

/// One document's change in a segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedChange {
    /// The document.
    pub doc: DocId,
    /// Number of its kind; kinds that a build does not know are kept, not applied.
    pub kind: u16,
    /// This feed's salt for the document, drawn at random.
    pub salt: Salt,
    /// The change: an uncompressed Automerge change chunk.
    pub change: Vec<u8>,
}

/// A change of which only the commitment stays: its document was forgotten ([`crate::forget`]). What the author
/// signed can still be checked; what the author said is gone, and cannot be guessed without the salt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forgotten {
    /// Its place among all changes of the segment, from 0.
    pub at: usize,
    /// The document.
    pub doc: DocId,
    /// Number of its kind.
    pub kind: u16,
    /// What its author signed of it.
    pub commitment: Hash,
}

/// Everything of a segment but its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The feed.
    pub feed: FeedId,
    /// Number in the feed, from 1.
    pub n: u64,
    /// The scope.
    pub scope: ScopeId,
    /// What its author had seen.
    pub basis: Basis,
    /// Hash of the segment before; zero for the first.
    pub prev: Hash,
    /// The grant that its author uses.
    pub grant: Hash,
    /// When it was sealed, by the author's clock.
    pub time: Claimed,
    /// Makes the feed; in every segment, so that each proves its feed's id by itself.
    pub nonce: [u8; 8],
    /// A place that begins with it.
    pub opens: Option<Opens>,
    /// The segment of an ended feed whose acts (and those after it) are said again here.
    pub replaces: Option<Spot>,
    /// Others' provisional work that the author had on screen.
    pub seen: Vec<Spot>,
    /// The changes that still have their content, at most one for each document.
    pub changes: Vec<SealedChange>,
    /// Those that have not, in the order of their places.
    pub forgotten: Vec<Forgotten>,
}

/// One change of a segment as it was signed.
#[derive(Debug, Clone, Copy)]
pub enum Part<'a> {
    /// With its content.
    Said(&'a SealedChange),
    /// Without.
    Forgotten(&'a Forgotten),
}

impl SealedChange {
    /// What is signed of it.
    pub fn commitment(&self) -> Hash {
        let hash = change_hash(&self.change).unwrap_or([0; 32]);
        commitment(&self.salt, &hash)
    }
}

/// The hash by which Automerge names a change: SHA-256 over the chunk after its checksum.
/// `None` if the bytes are no chunk or the checksum does not agree.
pub fn change_hash(chunk: &[u8]) -> Option<[u8; 32]> {
    let rest = chunk.get(8..)?;
    let hash: [u8; 32] = Sha256::digest(rest).into();
    (chunk[..4] == CHUNK_MAGIC && chunk[4..8] == hash[..4]).then_some(hash)
}

/// The first bytes of every Automerge chunk.
pub(crate) const CHUNK_MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];

const HAS_OPENS: u8 = 1;
const HAS_REPLACES: u8 = 2;
const HAS_SEEN: u8 = 4;
/// Only where a segment is stored or sent, never under its signature: some of its changes have lost their content.
const HAS_FORGOTTEN: u8 = 16;

impl Segment {
    /// Where it stands: its feed and number.
    pub fn spot(&self) -> Spot {
        Spot {
            feed: self.feed,
            n: self.n,
        }
    }

    /// All changes in the order in which they were signed.
    pub fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let mut said = self.changes.iter();
        let mut forgotten = self.forgotten.iter().peekable();
        let mut at = 0;
        std::iter::from_fn(move || {
            let next = match forgotten.next_if(|f| f.at == at) {
                Some(f) => Some(Part::Forgotten(f)),
                // A place beyond the end counts as the end.
                None => {
                    (said.next().map(Part::Said)).or_else(|| forgotten.next().map(Part::Forgotten))
                }
            };
            at += 1;
            next
        })
    }

    /// The documents that it is about, those without content as well.
    pub fn docs(&self) -> impl Iterator<Item = DocId> + '_ {
        let said = self.changes.iter().map(|c| c.doc);
        said.chain(self.forgotten.iter().map(|f| f.doc))
    }

    fn flags(&self) -> u8 {
        let mut flags = 0;
        if self.opens.is_some() {
            flags |= HAS_OPENS;
        }
        if self.replaces.is_some() {
            flags |= HAS_REPLACES;
        }
        if !self.seen.is_empty() {
            flags |= HAS_SEEN;
        }
        flags
    }

    fn stored_flags(&self) -> u8 {
        match self.forgotten.is_empty() {
            true => self.flags(),
            false => self.flags() | HAS_FORGOTTEN,
        }
    }

    fn write_front(&self, flags: u8, w: &mut Writer) {
        w.u8(SEGMENT_VERSION)
            .u8(flags)
            .fixed(&self.feed.0)
            .number(self.n)
            .fixed(&self.scope.0)
            .fixed(&self.basis.log.0)
            .number(self.basis.epoch)
            .number(self.basis.n)
            .fixed(&self.prev.0)
            .fixed(&self.grant.0)
            .number(self.time.0.0)
            .fixed(&self.nonce);
        self.write_options(w);
        w.number((self.changes.len() + self.forgotten.len()) as u64);
    }

    pub(crate) fn write_options(&self, w: &mut Writer) {
        if let Some(o) = &self.opens {
            w.fixed(&o.place.0).number(o.kind as u64).fixed(&o.parent.0);
        }
        if let Some(s) = &self.replaces {
            w.fixed(&s.feed.0).number(s.n);
        }
        if !self.seen.is_empty() {
            w.number(self.seen.len() as u64);
            for s in &self.seen {
                w.fixed(&s.feed.0).number(s.n);
            }
        }
    }

    /// What is signed: ids and salted commitments. With the signature it is the segment's *evidence*.
    pub fn header(&self) -> Vec<u8> {
        let mut w = Writer::new();
        self.write_front(self.flags(), &mut w);
        for part in self.parts() {
            let (doc, kind, commitment) = match part {
                Part::Said(c) => (c.doc, c.kind, c.commitment()),
                Part::Forgotten(f) => (f.doc, f.kind, f.commitment),
            };
            w.fixed(&doc.0).number(kind.into()).fixed(&commitment.0);
        }
        w.finish()
    }

    /// The segment's name and seal: a hash over [`Segment::header`].
    pub fn hash(&self) -> Hash {
        Hasher::new("chibo/seg/1").part(&self.header()).hash()
    }

    /// Signs the segment with its device's key.
    pub fn signed(self, key: &SecretKey) -> SignedSegment {
        let hash = self.hash();
        SignedSegment {
            signature: key.sign(&hash),
            hash,
            segment: self,
        }
    }
}

/// The commitment to a change: its hash, keyed with the document's salt (format).
pub fn commitment(salt: &Salt, change_hash: &[u8; 32]) -> Hash {
    Hasher::new("chibo/commitment/1")
        .part(&salt.0)
        .part(change_hash)
        .hash()
}

/// A segment as received: it parses, and nothing else is known of it. It can be kept in quarantine
/// or sent on; to be applied it must be verified and authorised first.
///
/// ```compile_fail
/// use chibo_core::feed::{SignedSegment, authorise::AuthorisedSegment};
/// fn apply(_: AuthorisedSegment) {}
/// fn shortcut(s: SignedSegment) { apply(s) }
/// ```
///
/// ```
/// use chibo_core::feed::{SignedSegment, authorise::AuthorisedSegment};
/// fn apply(_: AuthorisedSegment) {}
/// fn the_long_way(s: AuthorisedSegment) { apply(s) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedSegment {
    segment: Segment,
    hash: Hash,
    signature: Signature,
}

impl SignedSegment {
    /// Puts a segment and the signature that came with it together.
    pub fn new(segment: Segment, signature: Signature) -> Self {
        SignedSegment {
            hash: segment.hash(),
            segment,
            signature,
        }
    }

    /// The segment, of which nothing is proven yet.
    pub fn unproven(&self) -> &Segment {
        &self.segment
    }

    /// Its hash.
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// The signature, of which nothing is proven yet.
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Leaves out the content of the changes of these documents, salts as well. What was signed stays as it is, so
    /// hash and signature stand. Returns whether anything was left out.
    pub fn forget(&mut self, is_forgotten: impl Fn(DocId) -> bool) -> bool {
        if !self.segment.changes.iter().any(|c| is_forgotten(c.doc)) {
            return false;
        }
        let (mut said, mut forgotten) = (Vec::new(), Vec::new());
        for (at, part) in self.segment.parts().enumerate() {
            match part {
                Part::Said(c) if is_forgotten(c.doc) => forgotten.push(Forgotten {
                    at,
                    doc: c.doc,
                    kind: c.kind,
                    commitment: c.commitment(),
                }),
                Part::Said(c) => said.push(c.clone()),
                Part::Forgotten(f) => forgotten.push(Forgotten { at, ..*f }),
            }
        }
        (self.segment.changes, self.segment.forgotten) = (said, forgotten);
        true
    }

    /// The whole encoding, self-contained but for the grant: what is stored and put in quarantine.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        let flags = self.segment.stored_flags();
        self.segment.write_front(flags, &mut w);
        for part in self.segment.parts() {
            if flags & HAS_FORGOTTEN != 0 {
                w.u8(u8::from(matches!(part, Part::Forgotten(_))));
            }
            match part {
                Part::Said(c) => w
                    .fixed(&c.doc.0)
                    .number(c.kind.into())
                    .fixed(&c.salt.0)
                    .bytes(&c.change),
                Part::Forgotten(f) => w
                    .fixed(&f.doc.0)
                    .number(f.kind.into())
                    .fixed(&f.commitment.0),
            };
        }
        w.fixed(&self.signature.0);
        w.finish()
    }

    /// Reads the whole encoding.
    ///
    /// # Errors
    /// Any [`CodecError`]; nothing is known of the bytes then.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CodecError> {
        if bytes.len() > limits::SEGMENT_BYTES {
            return Err(CodecError::TooLong {
                found: bytes.len() as u64,
                limit: limits::SEGMENT_BYTES as u64,
            });
        }
        let mut r = Reader::new(bytes);
        match r.u8()? {
            SEGMENT_VERSION => {}
            v => {
                return Err(CodecError::UnknownVersion {
                    what: "segment",
                    version: v.into(),
                });
            }
        }
        let flags = r.u8()?;
        let feed = FeedId::read(&mut r)?;
        let n = r.number()?;
        let scope = ScopeId::read(&mut r)?;
        let basis = Basis {
            log: LogId::read(&mut r)?,
            epoch: r.number()?,
            n: r.number()?,
        };
        let prev = Hash::read(&mut r)?;
        let grant = Hash::read(&mut r)?;
        let time = Claimed(Timestamp(r.number()?));
        let nonce = r.array()?;
        let (opens, replaces, seen) = read_options(&mut r, flags)?;
        let count = r.count(limits::SEGMENT_CHANGES)?;
        let mut changes = Vec::new();
        let mut forgotten = Vec::new();
        for at in 0..count {
            if flags & HAS_FORGOTTEN != 0 && r.yes_no("forgotten")? {
                forgotten.push(Forgotten {
                    at,
                    doc: DocId::read(&mut r)?,
                    kind: read_kind(&mut r)?,
                    commitment: Hash::read(&mut r)?,
                });
                continue;
            }
            changes.push(SealedChange {
                doc: DocId::read(&mut r)?,
                kind: read_kind(&mut r)?,
                salt: Salt::read(&mut r)?,
                change: r.bytes(limits::CHANGE_BYTES)?.to_vec(),
            });
        }
        is_as_said(flags, &forgotten)?;
        let signature = Signature::read(&mut r)?;
        r.end()?;
        Ok(SignedSegment::new(
            Segment {
                feed,
                n,
                scope,
                basis,
                prev,
                grant,
                time,
                nonce,
                opens,
                replaces,
                seen,
                changes,
                forgotten,
            },
            signature,
        ))
    }
}

/// That some content is missing is said exactly where it is.
pub(crate) fn is_as_said(flags: u8, forgotten: &[Forgotten]) -> Result<(), CodecError> {
    match (flags & HAS_FORGOTTEN != 0) != forgotten.is_empty() {
        true => Ok(()),
        false => Err(CodecError::BadValue { what: "flags" }),
    }
}

/// Reads a kind's number.
pub(crate) fn read_kind(r: &mut Reader) -> Result<u16, CodecError> {
    u16::try_from(r.number()?).map_err(|_| CodecError::BadValue { what: "kind" })
}

type Options = (Option<Opens>, Option<Spot>, Vec<Spot>);

/// Reads what the flags announce.
pub(crate) fn read_options(r: &mut Reader, flags: u8) -> Result<Options, CodecError> {
    if flags & !(HAS_OPENS | HAS_REPLACES | HAS_SEEN | HAS_FORGOTTEN) != 0 {
        return Err(CodecError::BadValue { what: "flags" });
    }
    let opens = if flags & HAS_OPENS != 0 {
        Some(Opens {
            place: PlaceId::read(r)?,
            kind: PlaceKind::from_number(r.number()?)
                .ok_or(CodecError::BadValue { what: "place kind" })?,
            parent: PlaceId::read(r)?,
        })
    } else {
        None
    };
    let spot = |r: &mut Reader| -> Result<Spot, CodecError> {
        Ok(Spot {
            feed: FeedId::read(r)?,
            n: r.number()?,
        })
    };
    let replaces = if flags & HAS_REPLACES != 0 {
        Some(spot(r)?)
    } else {
        None
    };
    let mut seen = Vec::new();
    if flags & HAS_SEEN != 0 {
        let count = r.count(limits::SEGMENT_CHANGES)?;
        if count == 0 {
            return Err(CodecError::BadValue { what: "seen" });
        }
        for _ in 0..count {
            seen.push(spot(r)?);
        }
    }
    Ok((opens, replaces, seen))
}
