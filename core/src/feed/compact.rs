//! The compact form of a segment inside a frame: what the receiver knows or computes does not travel.
//!
//! Left out are the hash of the segment before, the log, the scope and nonce of a feed that the
//! receiver knows, salts that it has, the id of a document that is the only one of its kind in its
//! scope, and of each change the magic, checksum and actor. The grant is the number of its log
//! entry. The parts that do not compress (ids, signatures) go to one stream, the changes to another,
//! which the frame compresses.
//!
//! Rebuilding gives the signed bytes exactly, or the signature does not fit.

use super::{
    Basis, CHUNK_MAGIC, FeedId, Forgotten, HAS_FORGOTTEN, HAS_OPENS, HAS_REPLACES, HAS_SEEN, Part,
    SealedChange, Segment, SignedSegment, is_as_said, read_options,
};
use crate::codec::{CodecError, Reader, Writer};
use crate::document;
use crate::id::{DocId, Hash, LogId, Salt, ScopeId};
use crate::identity::Signature;
use crate::limits;
use crate::time::{Claimed, Timestamp};
use sha2::{Digest, Sha256};

const INTRODUCED: u8 = 8;

/// What the receiver of compact segments knows.
pub trait Known {
    /// The one feed whose id begins so; `None` if there is none, or more than one.
    fn feed_beginning(&self, prefix: [u8; 8]) -> Option<FeedId>;
    /// Scope and nonce of a feed.
    fn feed(&self, feed: FeedId) -> Option<(ScopeId, [u8; 8])>;
    /// The hash of segment `n` of a feed (of number 0: zero).
    fn segment_hash(&self, feed: FeedId, n: u64) -> Option<Hash>;
    /// The salt of a document in a feed.
    fn salt(&self, feed: FeedId, doc: DocId) -> Option<Salt>;
    /// The hash of the grant in entry `n` of the log.
    fn grant(&self, n: u64) -> Option<Hash>;
}

/// Why a compact segment could not be rebuilt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExpandError {
    /// The bytes are not of the format.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// It builds on a feed, salt or grant that the receiver has not got: ask for the whole.
    #[error("it refers to a {what} that is not known here")]
    Unknown {
        /// What is missing.
        what: &'static str,
    },
}

/// How one segment is to be shortened for its receiver.
pub struct Shorten<'a> {
    /// A moment that both sides know; the segment's time is told by its distance from it.
    pub near: Timestamp,
    /// Number of the log entry that holds the grant.
    pub grant: u64,
    /// Whether the receiver may not know the feed up to the segment before.
    pub introduce: bool,
    /// Whether the receiver has this feed's salt for the document.
    pub has_salt: &'a dyn Fn(DocId) -> bool,
}

/// Writes a segment to the two streams.
pub fn write(signed: &SignedSegment, how: &Shorten, ids: &mut Writer, changes: &mut Writer) {
    let s = signed.unproven();
    let mut flags = s.stored_flags();
    if how.introduce || s.n == 1 {
        flags |= INTRODUCED;
    }
    ids.u8(flags);
    if flags & INTRODUCED != 0 {
        ids.fixed(&s.feed.0);
    } else {
        ids.fixed(&s.feed.0[..8]);
    }
    ids.number(s.n);
    if flags & INTRODUCED != 0 {
        ids.fixed(&s.scope.0).fixed(&s.nonce);
        if s.n > 1 {
            ids.fixed(&s.prev.0);
        }
    }
    ids.number(s.basis.epoch)
        .number(s.basis.n)
        .number(how.grant)
        .number(distance(how.near, s.time.0));
    s.write_options(ids);
    ids.number((s.changes.len() + s.forgotten.len()) as u64);
    for part in s.parts() {
        if flags & HAS_FORGOTTEN != 0 {
            ids.u8(u8::from(matches!(part, Part::Forgotten(_))));
        }
        let c = match part {
            Part::Said(c) => c,
            Part::Forgotten(f) => {
                ids.fixed(&document::tail(f.doc))
                    .number(f.kind.into())
                    .fixed(&f.commitment.0);
                continue;
            }
        };
        let single = document::doc_id_of(s.scope, c.kind, b"") == c.doc;
        let salted = !(how.has_salt)(c.doc);
        // Kind, and whether id and salt follow, in one number.
        ids.number(u64::from(c.kind) << 2 | u64::from(!single) << 1 | u64::from(salted));
        if !single {
            ids.fixed(&document::tail(c.doc));
        }
        if salted {
            ids.fixed(&c.salt.0);
        }
        match strip(&c.change, s.feed) {
            Some(short) => changes.u8(0).bytes(&short),
            None => changes.u8(1).bytes(&c.change),
        };
    }
    ids.fixed(&signed.signature().0);
}

/// Reads one segment from the two streams and rebuilds the whole.
pub fn read(
    ids: &mut Reader,
    changes: &mut Reader,
    log: LogId,
    near: Timestamp,
    known: &dyn Known,
) -> Result<SignedSegment, ExpandError> {
    let flags = ids.u8()?;
    if flags & !(HAS_OPENS | HAS_REPLACES | HAS_SEEN | HAS_FORGOTTEN | INTRODUCED) != 0 {
        return Err(CodecError::BadValue { what: "flags" }.into());
    }
    let feed = if flags & INTRODUCED != 0 {
        FeedId::read(ids)?
    } else {
        known
            .feed_beginning(ids.array()?)
            .ok_or(ExpandError::Unknown { what: "feed" })?
    };
    let n = ids.number()?;
    let (scope, nonce, prev) = if flags & INTRODUCED != 0 {
        let scope = ScopeId::read(ids)?;
        let nonce = ids.array()?;
        let prev = if n > 1 { Hash::read(ids)? } else { Hash::ZERO };
        (scope, nonce, prev)
    } else {
        let (scope, nonce) = known
            .feed(feed)
            .ok_or(ExpandError::Unknown { what: "feed" })?;
        let prev = n
            .checked_sub(1)
            .and_then(|before| known.segment_hash(feed, before))
            .ok_or(ExpandError::Unknown { what: "segment" })?;
        (scope, nonce, prev)
    };
    let basis = Basis {
        log,
        epoch: ids.number()?,
        n: ids.number()?,
    };
    let grant = known
        .grant(ids.number()?)
        .ok_or(ExpandError::Unknown { what: "grant" })?;
    let time = Claimed(at_distance(near, ids.number()?));
    let (opens, replaces, seen) = read_options(ids, flags & !INTRODUCED)?;
    let count = ids.count(limits::SEGMENT_CHANGES)?;
    let mut list = Vec::new();
    let mut forgotten = Vec::new();
    for at in 0..count {
        if flags & HAS_FORGOTTEN != 0 && ids.yes_no("forgotten")? {
            let (tail, kind) = (ids.array()?, super::read_kind(ids)?);
            forgotten.push(Forgotten {
                at,
                doc: document::doc_at(scope, kind, tail),
                kind,
                commitment: Hash::read(ids)?,
            });
            continue;
        }
        let tag = ids.number()?;
        let kind = u16::try_from(tag >> 2).map_err(|_| CodecError::BadValue { what: "kind" })?;
        let doc = if tag & 2 != 0 {
            document::doc_at(scope, kind, ids.array()?)
        } else {
            document::doc_id_of(scope, kind, b"")
        };
        let salt = if tag & 1 != 0 {
            Salt::read(ids)?
        } else {
            known
                .salt(feed, doc)
                .ok_or(ExpandError::Unknown { what: "salt" })?
        };
        let form = changes.u8()?;
        let bytes = changes.bytes(limits::CHANGE_BYTES)?;
        let change = match form {
            0 => restore(bytes, feed)?,
            1 => bytes.to_vec(),
            _ => {
                return Err(CodecError::BadValue {
                    what: "change form",
                }
                .into());
            }
        };
        list.push(SealedChange {
            doc,
            kind,
            salt,
            change,
        });
    }
    is_as_said(flags, &forgotten)?;
    let signature = Signature::read(ids)?;
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
            changes: list,
            forgotten,
        },
        signature,
    ))
}

/// How far a moment is from another, small either way: even for later, odd for earlier.
fn distance(near: Timestamp, time: Timestamp) -> u64 {
    let apart = (time.0 as i64).wrapping_sub(near.0 as i64);
    ((apart << 1) ^ (apart >> 63)) as u64
}

/// The moment at that distance.
fn at_distance(near: Timestamp, distance: u64) -> Timestamp {
    let apart = ((distance >> 1) as i64) ^ -((distance & 1) as i64);
    Timestamp((near.0 as i64).wrapping_add(apart) as u64)
}

/// The change without what the receiver computes (magic, checksum, header, actor); `None` if it is not
/// of the usual shape.
pub fn strip(chunk: &[u8], feed: FeedId) -> Option<Vec<u8>> {
    let (head, body) = parts(chunk)?;
    let short = [&body[..head.deps], &body[head.deps + 17..]].concat();
    (body[head.deps] == 16
        && body[head.deps + 1..head.deps + 17] == feed.0
        && restore(&short, feed).as_deref() == Ok(chunk))
    .then_some(short)
}

struct Head {
    /// Bytes of the dependency list at the front of the body.
    deps: usize,
}

fn parts(chunk: &[u8]) -> Option<(Head, &[u8])> {
    if chunk.get(..4)? != CHUNK_MAGIC || *chunk.get(8)? != 1 {
        return None;
    }
    let mut r = Reader::new(&chunk[9..]);
    let len = r.count(limits::CHANGE_BYTES).ok()?;
    if r.left() != len {
        return None;
    }
    let body = &chunk[chunk.len() - len..];
    let deps = dependencies(body)?;
    (body.len() >= deps + 17).then_some((Head { deps }, body))
}

fn dependencies(body: &[u8]) -> Option<usize> {
    let mut r = Reader::new(body);
    let count = r.count(limits::CHANGE_DEPS).ok()?;
    r.fixed(count * 32).ok()?;
    Some(body.len() - r.left())
}

/// The whole change chunk from its short form.
fn restore(short: &[u8], feed: FeedId) -> Result<Vec<u8>, CodecError> {
    let deps = dependencies(short).ok_or(CodecError::Truncated)?;
    let mut rest = Writer::new();
    rest.u8(1)
        .number(short.len() as u64 + 17)
        .fixed(&short[..deps])
        .u8(16)
        .fixed(&feed.0)
        .fixed(&short[deps..]);
    let rest = rest.finish();
    let hash: [u8; 32] = Sha256::digest(&rest).into();
    Ok([&CHUNK_MAGIC[..], &hash[..4], &rest].concat())
}
