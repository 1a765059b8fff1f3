//! Checkpoints: places with their documents packed together, for a device that fills them in.
//!
//! A checkpoint is made page by page as of one position of the log. A page is one frame, signed by the
//! node: "attested by the office"; the authors' own signatures are in the node's archive. Documents
//! travel uncompressed by Automerge and without what the receiver computes (magic, checksum, heads);
//! the frame compresses them together.
//!
//! Does not know: which places a device may have ([`crate::tree::View`]).

use crate::codec::{CodecError, Reader, Writer};
use crate::document;
use crate::feed::CHUNK_MAGIC;
use crate::forget::EraseAct;
use crate::id::{DocId, Hash, PlaceId};
use crate::identity::{Grant, Signature};
use crate::limits;
use crate::log::{End, Signed};
use crate::place::{Host, Lane, PlaceKind, scope_of};
use crate::records::Ended;
use crate::wire::PageChain;
use sha2::{Digest, Sha256};

/// One document of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageDoc {
    /// The document; `None`: the only one of its kind in its scope.
    pub id: Option<DocId>,
    /// Number of its kind.
    pub kind: u16,
    /// Whether `bytes` is the whole document rather than its short form.
    pub whole: bool,
    /// The document in its short form ([`shorten`]), or as it was saved.
    pub bytes: Vec<u8>,
}

/// One lane of a place on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageLane {
    /// The lane.
    pub lane: Lane,
    /// The scope's chain; zero if it has no entry.
    pub chain: Hash,
    /// Its last entry.
    pub last: u64,
    /// Grants that stand in it, with their entry numbers.
    pub grants: Vec<(u64, Grant, Option<Ended>)>,
    /// Documents that were forgotten: of each the entry that says so, and the act.
    pub erased: Vec<(u64, Signed<EraseAct>)>,
    /// Documents, in the order of their ids.
    pub docs: Vec<PageDoc>,
}

/// One place on a page, whole or in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PagePlace {
    /// The place.
    pub place: PlaceId,
    /// Its kind.
    pub kind: PlaceKind,
    /// Its parent.
    pub parent: Option<PlaceId>,
    /// Its host.
    pub host: Option<Host>,
    /// Of a placement, and of a place that came from another node: its last act, to be brought back after a restore.
    pub act: Option<PageAct>,
    /// Entry of its birth.
    pub birth: u64,
    /// Its lanes, or those that go on.
    pub lanes: Vec<PageLane>,
}

/// What a checkpoint says of a place's last act; the rest of it is in [`PagePlace`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageAct {
    /// Its entry.
    pub n: u64,
    /// By which offer the place came from another node.
    pub came: Option<Hash>,
    /// The node's signature ([`crate::log::Signed`]).
    pub signature: Signature,
}

/// A page of a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The position of the log that it was made at.
    pub n: u64,
    /// Every place that was asked for and was born up to here is filled with this page.
    pub done: u64,
    /// Where the place after those, the last of the page, stopped, if it is too large for one page.
    pub cursor: Option<(Lane, DocId)>,
    /// The places, in the order of their births.
    pub places: Vec<PagePlace>,
}

/// `done` of the last page: nothing that was asked for is left.
pub const ALL_DONE: u64 = u64::MAX;

/// Writes one lane's documents so that their size is known as they are added.
pub fn doc_size(doc: &PageDoc) -> usize {
    doc.bytes.len() + doc.id.map_or(0, |_| document::TAIL_BYTES) + 4
}

impl Page {
    /// The payload of a frame, compressed after the pages before it in the answer.
    pub fn to_bytes(&self, chain: &mut PageChain) -> Vec<u8> {
        let mut raw = Writer::new();
        let mut birth = 0;
        let mut parent = None;
        raw.number(self.places.len() as u64);
        for p in &self.places {
            raw.fixed(&p.place.0).u8(p.kind as u8);
            match p.parent {
                None => raw.u8(0),
                Some(_) if p.parent == parent => raw.u8(1),
                Some(id) => raw.u8(2).fixed(&id.0),
            };
            parent = p.parent;
            Host::write(p.host, p.kind, &mut raw);
            match &p.act {
                Some(act) => {
                    raw.number(act.n).fixed(&act.signature.0);
                    match act.came {
                        Some(offer) => raw.u8(1).fixed(&offer.0),
                        None => raw.u8(0),
                    }
                }
                None => raw.number(0),
            };
            raw.number(p.birth.wrapping_sub(birth));
            birth = p.birth;
            raw.u8(p.lanes.len() as u8);
            for l in &p.lanes {
                raw.u8(l.lane as u8).number(l.last);
                if l.last > 0 {
                    raw.fixed(&l.chain.0);
                }
                raw.number(l.grants.len() as u64);
                for (n, g, how) in &l.grants {
                    raw.number(*n).fixed(&g.to_bytes());
                    match how {
                        None => raw.u8(0),
                        Some(end) => raw
                            .u8(end.how as u8)
                            .number(end.entry)
                            .fixed(&end.signature.0),
                    };
                }
                raw.number(l.erased.len() as u64);
                for (n, act) in &l.erased {
                    raw.number(*n).fixed(&act.to_bytes());
                }
                raw.number(l.docs.len() as u64);
                for d in &l.docs {
                    raw.number(
                        u64::from(d.kind) << 2
                            | u64::from(d.whole) << 1
                            | u64::from(d.id.is_some()),
                    );
                    if let Some(id) = d.id {
                        raw.fixed(&document::tail(id));
                    }
                    raw.bytes(&d.bytes);
                }
            }
        }
        let mut w = Writer::new();
        w.number(self.n).number(self.done.wrapping_add(1));
        match &self.cursor {
            Some((lane, doc)) => w.u8(1).u8(*lane as u8).fixed(&doc.0),
            None => w.u8(0),
        };
        chain.pack(raw.as_slice(), &mut w);
        w.finish()
    }

    /// Reads a payload, after the pages before it in the answer.
    pub fn from_bytes(payload: &[u8], chain: &mut PageChain) -> Result<Self, CodecError> {
        let mut r = Reader::new(payload);
        let n = r.number()?;
        let done = r.number()?.wrapping_sub(1);
        let lane_of = |r: &mut Reader| -> Result<Lane, CodecError> {
            Lane::from_number(r.u8()?.into()).ok_or(CodecError::BadValue { what: "lane" })
        };
        let cursor = match r.u8()? {
            0 => None,
            1 => Some((lane_of(&mut r)?, DocId::read(&mut r)?)),
            _ => return Err(CodecError::BadValue { what: "cursor" }),
        };
        let raw = chain.unpack(&mut r, limits::FRAME_RAW_BYTES)?;
        r.end()?;
        let mut r = Reader::new(&raw);
        let mut places = Vec::new();
        let mut birth: u64 = 0;
        let mut before = None;
        for _ in 0..r.count(limits::FRAME_RAW_BYTES / 16)? {
            let place = PlaceId::read(&mut r)?;
            let kind = PlaceKind::from_number(r.u8()?.into())
                .ok_or(CodecError::BadValue { what: "place kind" })?;
            let parent = match (r.u8()?, before) {
                (0, _) => None,
                (1, Some(_)) => before,
                // That it is the same as before is said with 1 only.
                (2, _) => match PlaceId::read(&mut r)? {
                    id if before == Some(id) => {
                        return Err(CodecError::BadValue { what: "parent" });
                    }
                    id => Some(id),
                },
                _ => return Err(CodecError::BadValue { what: "parent" }),
            };
            before = parent;
            let host = Host::read(kind, &mut r)?;
            let act = match r.number()? {
                0 => None,
                n => Some(PageAct {
                    n,
                    signature: Signature::read(&mut r)?,
                    came: match r.yes_no("arrival")? {
                        true => Some(Hash::read(&mut r)?),
                        false => None,
                    },
                }),
            };
            birth = birth.wrapping_add(r.number()?);
            let mut lanes = Vec::new();
            for _ in 0..r.u8()? {
                let lane = lane_of(&mut r)?;
                let scope = scope_of(place, lane);
                let last = r.number()?;
                let chain = if last > 0 {
                    Hash::read(&mut r)?
                } else {
                    Hash::ZERO
                };
                let mut grants = Vec::new();
                for _ in 0..r.count(limits::FRAME_RAW_BYTES / 64)? {
                    let (n, grant) = (r.number()?, Grant::read(&mut r)?);
                    let how = match r.u8()? {
                        0 => None,
                        how => Some(Ended {
                            how: End::from_number(how)?,
                            entry: r.number()?,
                            signature: Signature::read(&mut r)?,
                        }),
                    };
                    grants.push((n, grant, how));
                }
                let mut erased = Vec::new();
                for _ in 0..r.count(limits::FRAME_RAW_BYTES / 64)? {
                    erased.push((r.number()?, Signed::read(&mut r)?));
                }
                let mut docs = Vec::new();
                for _ in 0..r.count(limits::FRAME_RAW_BYTES / 4)? {
                    let tag = r.number()?;
                    let kind = u16::try_from(tag >> 2)
                        .map_err(|_| CodecError::BadValue { what: "kind" })?;
                    docs.push(PageDoc {
                        kind,
                        id: match tag & 1 {
                            1 => Some(document::doc_at(scope, kind, r.array()?)),
                            _ => None,
                        },
                        whole: tag & 2 != 0,
                        bytes: r.bytes(limits::DOCUMENT_MAX_BYTES)?.to_vec(),
                    });
                }
                lanes.push(PageLane {
                    lane,
                    chain,
                    last,
                    grants,
                    erased,
                    docs,
                });
            }
            places.push(PagePlace {
                place,
                kind,
                parent,
                host,
                act,
                birth,
                lanes,
            });
        }
        r.end()?;
        Ok(Page {
            n,
            done,
            cursor,
            places,
        })
    }
}

/// A saved document without magic, checksum, chunk header and heads; `None` if it is no document as
/// this program saves it.
pub fn shorten(saved: &[u8]) -> Option<Vec<u8>> {
    if saved.get(..4)? != CHUNK_MAGIC || *saved.get(8)? != 0 {
        return None;
    }
    let mut r = Reader::new(&saved[9..]);
    let len = r.count(limits::DOCUMENT_MAX_BYTES).ok()?;
    let body = r.fixed(len).ok()?;
    r.end().ok()?;
    let (before, heads, after) = around_heads(body)?;
    let count = heads.len() / 32;
    let mut w = Writer::new();
    w.fixed(before).number(count as u64).fixed(after);
    Some(w.finish())
}

/// Splits a document chunk's body into what is before the heads' count, the heads, and the rest.
fn around_heads(body: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let mut r = Reader::new(body);
    for _ in 0..r.count(limits::CHANGE_ACTORS).ok()? {
        r.bytes(64).ok()?;
    }
    let before = &body[..body.len() - r.left()];
    let count = r.count(limits::CHANGE_DEPS).ok()?;
    let heads = r.fixed(count * 32).ok()?;
    Some((before, heads, &body[body.len() - r.left()..]))
}

/// The document chunk of a short form, with these heads (sorted; as many as it names), or with zero
/// bytes in their place where they are not known yet.
pub fn lengthen(short: &[u8], heads: Option<&[[u8; 32]]>) -> Option<Vec<u8>> {
    let mut r = Reader::new(short);
    for _ in 0..r.count(limits::CHANGE_ACTORS).ok()? {
        r.bytes(64).ok()?;
    }
    let before = &short[..short.len() - r.left()];
    let count = r.count(limits::CHANGE_DEPS).ok()?;
    let after = &short[short.len() - r.left()..];
    let heads = match heads {
        Some(h) if h.len() == count => h.concat(),
        Some(_) => return None,
        None => vec![0; count * 32],
    };
    let mut body = Writer::new();
    body.fixed(before)
        .number(count as u64)
        .fixed(&heads)
        .fixed(after);
    let mut rest = Writer::new();
    rest.u8(0).bytes(body.as_slice());
    let hash: [u8; 32] = Sha256::digest(rest.as_slice()).into();
    Some([&CHUNK_MAGIC[..], &hash[..4], rest.as_slice()].concat())
}
