//! The rows of the store: what stands under which key, and its encoding.
//!
//! Keys are ids and big-endian numbers, so that scans come in order. Every value is written with
//! [`crate::codec`]; a row that does not parse is damage ([`StoreError::Damaged`]), never a panic.
//! This file is the only one that knows the encodings; the engine deals in the structs.

use crate::codec::{CodecError, Reader, Writer};
use crate::document::{Value, Values};
use crate::feed::verify::FeedHead;
use crate::feed::{SignedSegment, Spot, change_hash};
use crate::id::{DocId, FeedId, Hash, LogId, PlaceId, PublicKey, Salt, ScopeId};
use crate::identity::{BadGrant, Custody, Epoch, Grant, Ground, Signature};
use crate::limits;
use crate::log::{End, EndAct, Entry, EntryType, Position, Signed, Verdict};
use crate::place::{Host, PlaceKind};
use crate::store::{StoreError, Table, Tx, after_prefix};
use crate::time::{Received, Timestamp};
use crate::tree::{Placed, Tree};
use std::collections::BTreeSet;

impl From<CodecError> for StoreError {
    fn from(e: CodecError) -> Self {
        StoreError::Damaged(format!("a row: {e}"))
    }
}

type Res<T> = Result<T, StoreError>;

/// A number as a key.
pub fn number_key(n: u64) -> [u8; 8] {
    n.to_be_bytes()
}

fn key_number(key: &[u8]) -> Res<u64> {
    let tail = key.len().checked_sub(8).map(|at| &key[at..]);
    tail.and_then(|t| t.try_into().ok())
        .map(u64::from_be_bytes)
        .ok_or_else(|| StoreError::Damaged("a key".into()))
}

/// An id and a number as a key.
pub fn id_number_key(id: &[u8; 16], n: u64) -> [u8; 24] {
    let mut key = [0; 24];
    key[..16].copy_from_slice(id);
    key[16..].copy_from_slice(&n.to_be_bytes());
    key
}

fn two_ids(a: &[u8; 16], b: &[u8; 16]) -> [u8; 32] {
    let mut key = [0; 32];
    key[..16].copy_from_slice(a);
    key[16..].copy_from_slice(b);
    key
}

// ---- settings -------------------------------------------------------------------------------

/// A setting's bytes.
pub fn meta(tx: &dyn Tx, name: &str) -> Res<Option<Vec<u8>>> {
    tx.get(Table::Meta, name.as_bytes())
}

/// The setting that keeps what a person typed and has not written into a document yet. It is about people, so it goes with
/// the records when they are wiped.
pub const TYPED: &str = "typed";

/// Writes a setting.
pub fn set_meta(tx: &mut dyn Tx, name: &str, value: &[u8]) -> Res<()> {
    tx.put(Table::Meta, name.as_bytes(), value)
}

/// Removes a setting.
pub fn drop_meta(tx: &mut dyn Tx, name: &str) -> Res<()> {
    tx.delete(Table::Meta, name.as_bytes())
}

/// A number among the settings; 0 if it was never set.
pub fn meta_number(tx: &dyn Tx, name: &str) -> Res<u64> {
    match meta(tx, name)? {
        Some(bytes) => Ok(Reader::new(&bytes).number()?),
        None => Ok(0),
    }
}

/// Writes a number among the settings.
pub fn set_meta_number(tx: &mut dyn Tx, name: &str, n: u64) -> Res<()> {
    let mut w = Writer::new();
    w.number(n);
    set_meta(tx, name, w.as_slice())
}

/// The store's log id, once it is known.
pub fn log_id(tx: &dyn Tx) -> Res<Option<LogId>> {
    Ok(meta(tx, "log")?.and_then(|b| LogId::from_slice(&b)))
}

// ---- position -------------------------------------------------------------------------------

/// Where a device stands in its node's log.
pub fn position(tx: &dyn Tx) -> Res<Position> {
    let Some(bytes) = meta(tx, "position")? else {
        return Ok(Position::START);
    };
    let mut r = Reader::new(&bytes);
    Ok(Position {
        epoch: r.number()?,
        n: r.number()?,
        chain: Hash::read(&mut r)?,
        set_version: r.number()?,
    })
}

/// Moves the position.
pub fn set_position(tx: &mut dyn Tx, p: &Position) -> Res<()> {
    let mut w = Writer::new();
    w.number(p.epoch)
        .number(p.n)
        .fixed(&p.chain.0)
        .number(p.set_version);
    set_meta(tx, "position", w.as_slice())
}

// ---- places ---------------------------------------------------------------------------------

/// A place's row: where it stands, and the last entry that changed it or what is right below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaceRow {
    /// Kind, parent, host and birth (0: made here, not in the log yet).
    pub placed: Placed,
    /// The last entry that changed its parent or its set of children.
    pub changed: u64,
}

/// The row of a place.
pub fn place(tx: &dyn Tx, id: PlaceId) -> Res<Option<PlaceRow>> {
    tx.get(Table::Place, &id.0)?
        .map(|b| read_place(&b))
        .transpose()
}

fn read_place(bytes: &[u8]) -> Res<PlaceRow> {
    let mut r = Reader::new(bytes);
    let kind = PlaceKind::from_number(r.number()?).ok_or(CodecError::BadValue { what: "kind" })?;
    let parent = match r.u8()? {
        0 => None,
        _ => Some(PlaceId::read(&mut r)?),
    };
    Ok(PlaceRow {
        placed: Placed {
            kind,
            parent,
            host: Host::read(kind, &mut r)?,
            birth: r.number()?,
        },
        changed: r.number()?,
    })
}

/// Writes a place's row.
pub fn put_place(tx: &mut dyn Tx, id: PlaceId, row: &PlaceRow) -> Res<()> {
    let mut w = Writer::new();
    w.number(row.placed.kind as u64);
    match row.placed.parent {
        Some(p) => w.u8(1).fixed(&p.0),
        None => w.u8(0),
    };
    Host::write(row.placed.host, row.placed.kind, &mut w);
    w.number(row.placed.birth).number(row.changed);
    tx.put(Table::Place, &id.0, w.as_slice())
}

/// The whole tree, with each place's last change.
pub fn tree(tx: &dyn Tx) -> Res<Tree> {
    let mut tree = Tree::new();
    for (key, value) in tx.scan(Table::Place, &[], None, usize::MAX)? {
        let id = PlaceId::from_slice(&key).ok_or_else(|| StoreError::Damaged("a place".into()))?;
        tree.put(id, read_place(&value)?.placed);
    }
    Ok(tree)
}

/// A place or scope of which this node is not (or was not always) the home.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Away {
    /// The lane in which is told what comes about it after the offer.
    pub lane: ScopeId,
    /// Hash of the offer.
    pub offer: Hash,
    /// Whether the other node has accepted.
    pub gone: bool,
}

fn away_name(id: &[u8; 16]) -> String {
    format!("away/{}", crate::id::hex(id))
}

/// Whether the place or scope with this id was offered to another node, and is not here (again).
pub fn away(tx: &dyn Tx, id: &[u8; 16]) -> Res<Option<Away>> {
    let Some(bytes) = meta(tx, &away_name(id))? else {
        return Ok(None);
    };
    let mut r = Reader::new(&bytes);
    Ok(Some(Away {
        lane: ScopeId::read(&mut r)?,
        offer: Hash::read(&mut r)?,
        gone: r.yes_no("away")?,
    }))
}

/// Notes that a place or scope is away; `None`: it is here.
pub fn put_away(tx: &mut dyn Tx, id: &[u8; 16], away: Option<Away>) -> Res<()> {
    let Some(a) = away else {
        return drop_meta(tx, &away_name(id));
    };
    let mut w = Writer::new();
    w.fixed(&a.lane.0).fixed(&a.offer.0).u8(u8::from(a.gone));
    set_meta(tx, &away_name(id), w.as_slice())
}

// ---- scopes ---------------------------------------------------------------------------------

/// A scope's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScopeRow {
    /// Its chain after its last entry.
    pub chain: Hash,
    /// Number of its last entry; 0: none.
    pub last: u64,
    /// The log's position when a checkpoint filled it in; 0: it was followed from its beginning.
    pub filled: u64,
}

impl ScopeRow {
    /// A scope without entries.
    pub const EMPTY: ScopeRow = ScopeRow {
        chain: Hash::ZERO,
        last: 0,
        filled: 0,
    };
}

/// The row of a scope; [`ScopeRow::EMPTY`] if it has none.
pub fn scope(tx: &dyn Tx, id: ScopeId) -> Res<ScopeRow> {
    let Some(bytes) = tx.get(Table::Scope, &id.0)? else {
        return Ok(ScopeRow::EMPTY);
    };
    let mut r = Reader::new(&bytes);
    Ok(ScopeRow {
        chain: Hash::read(&mut r)?,
        last: r.number()?,
        filled: r.number()?,
    })
}

/// Writes a scope's row.
pub fn put_scope(tx: &mut dyn Tx, id: ScopeId, row: &ScopeRow) -> Res<()> {
    let mut w = Writer::new();
    w.fixed(&row.chain.0).number(row.last).number(row.filled);
    tx.put(Table::Scope, &id.0, w.as_slice())
}

// ---- the log --------------------------------------------------------------------------------

/// A row of the log: on a node every entry, on a device those of its scopes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRow {
    /// The epoch.
    pub epoch: u64,
    /// The entry.
    pub entry: Entry,
    /// The scope that it belongs to.
    pub scope: ScopeId,
    /// The log's chain after it (known to the node only; zero elsewhere).
    pub chain: Hash,
    /// The scope's chain after it.
    pub scope_chain: Hash,
    /// The segment that was judged.
    pub spot: Option<Spot>,
    /// The body of a control act; empty for a segment.
    pub body: Vec<u8>,
}

/// The log's row of that number.
pub fn log_row(tx: &dyn Tx, n: u64) -> Res<Option<LogRow>> {
    tx.get(Table::Log, &number_key(n))?
        .map(|b| read_log_row(n, &b))
        .transpose()
}

fn read_log_row(n: u64, bytes: &[u8]) -> Res<LogRow> {
    let mut r = Reader::new(bytes);
    let epoch = r.number()?;
    let entry = Entry {
        n,
        time: Received(Timestamp(r.number()?)),
        kind: EntryType::from_number(r.u8()?)?,
        hash: Hash::read(&mut r)?,
        verdict: Verdict::from_number(r.u8()?)?,
        reason: r.u8()?,
        rule: u16::try_from(r.number()?).map_err(|_| CodecError::BadValue { what: "rule" })?,
    };
    Ok(LogRow {
        epoch,
        entry,
        scope: ScopeId::read(&mut r)?,
        chain: Hash::read(&mut r)?,
        scope_chain: Hash::read(&mut r)?,
        spot: match r.u8()? {
            0 => None,
            _ => Some(Spot {
                feed: FeedId::read(&mut r)?,
                n: r.number()?,
            }),
        },
        body: r.bytes(limits::LINE_BYTES * 8)?.to_vec(),
    })
}

/// Writes a row of the log, and its line in the scope's index.
pub fn put_log_row(tx: &mut dyn Tx, row: &LogRow) -> Res<()> {
    let e = &row.entry;
    let mut w = Writer::new();
    w.number(row.epoch)
        .number(e.time.0.0)
        .u8(e.kind as u8)
        .fixed(&e.hash.0)
        .u8(e.verdict as u8)
        .u8(e.reason)
        .number(e.rule.into())
        .fixed(&row.scope.0)
        .fixed(&row.chain.0)
        .fixed(&row.scope_chain.0);
    match &row.spot {
        Some(s) => w.u8(1).fixed(&s.feed.0).number(s.n),
        None => w.u8(0),
    };
    w.bytes(&row.body);
    tx.put(Table::Log, &number_key(e.n), w.as_slice())?;
    tx.put(Table::ScopeLog, &id_number_key(&row.scope.0, e.n), &[])
}

/// Removes a row of the log (a device that drops a scope, or an epoch that was cut).
pub fn drop_log_row(tx: &mut dyn Tx, scope: ScopeId, n: u64) -> Res<()> {
    tx.delete(Table::Log, &number_key(n))?;
    tx.delete(Table::ScopeLog, &id_number_key(&scope.0, n))
}

/// The log's last row.
pub fn last_log_row(tx: &dyn Tx) -> Res<Option<LogRow>> {
    match tx.last(Table::Log, &[], &[0xff; 9])? {
        Some((key, value)) => Ok(Some(read_log_row(key_number(&key)?, &value)?)),
        None => Ok(None),
    }
}

/// Rows after `after`, in order, at most `limit`.
pub fn log_after(tx: &dyn Tx, after: u64, limit: usize) -> Res<Vec<LogRow>> {
    let from = number_key(after.saturating_add(1));
    tx.scan(Table::Log, &from, None, limit)?
        .iter()
        .map(|(k, v)| read_log_row(key_number(k)?, v))
        .collect()
}

/// Numbers of a scope's entries after `after`, in order, at most `limit`.
pub fn scope_entries(tx: &dyn Tx, scope: ScopeId, after: u64, limit: usize) -> Res<Vec<u64>> {
    let from = id_number_key(&scope.0, after.saturating_add(1));
    let to = after_prefix(&scope.0);
    tx.scan(Table::ScopeLog, &from, to.as_deref(), limit)?
        .iter()
        .map(|(k, _)| key_number(k))
        .collect()
}

// ---- feeds and segments ---------------------------------------------------------------------

/// What a store knows of a feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedRow {
    /// Its scope.
    pub scope: ScopeId,
    /// Its device's key.
    pub key: PublicKey,
    /// Its nonce.
    pub nonce: [u8; 8],
    /// Its last segment here.
    pub head: FeedHead,
    /// Whether it has ended (refused, forked, or its device goes on under another).
    pub ended: bool,
    /// Entry number of the grant that its last segment used.
    pub grant: u64,
    /// Entry number of its last judged segment; 0: none.
    pub judged: u64,
}

/// The row of a feed.
pub fn feed(tx: &dyn Tx, id: FeedId) -> Res<Option<FeedRow>> {
    tx.get(Table::Feed, &id.0)?
        .map(|b| read_feed(&b))
        .transpose()
}

fn read_feed(bytes: &[u8]) -> Res<FeedRow> {
    let mut r = Reader::new(bytes);
    Ok(FeedRow {
        scope: ScopeId::read(&mut r)?,
        key: PublicKey::read(&mut r)?,
        nonce: r.array()?,
        head: FeedHead {
            n: r.number()?,
            hash: Hash::read(&mut r)?,
        },
        ended: r.u8()? == 1,
        grant: r.number()?,
        judged: r.number()?,
    })
}

/// The one feed whose id begins so; `None` if there is none, or more than one.
pub fn feed_beginning(tx: &dyn Tx, prefix: [u8; 8]) -> Res<Option<FeedId>> {
    let to = after_prefix(&prefix);
    let found = tx.scan(Table::Feed, &prefix, to.as_deref(), 2)?;
    Ok(match found.as_slice() {
        [(key, _)] => FeedId::from_slice(key),
        _ => None,
    })
}

/// Writes the row of a feed.
pub fn put_feed(tx: &mut dyn Tx, id: FeedId, row: &FeedRow) -> Res<()> {
    let mut w = Writer::new();
    w.fixed(&row.scope.0)
        .fixed(&row.key.0)
        .fixed(&row.nonce)
        .number(row.head.n)
        .fixed(&row.head.hash.0)
        .u8(u8::from(row.ended))
        .number(row.grant)
        .number(row.judged);
    tx.put(Table::Feed, &id.0, w.as_slice())
}

/// All feeds, in the order of their ids.
pub fn feeds(tx: &dyn Tx) -> Res<Vec<(FeedId, FeedRow)>> {
    tx.scan(Table::Feed, &[], None, usize::MAX)?
        .iter()
        .map(|(k, v)| {
            let id = FeedId::from_slice(k).ok_or_else(|| StoreError::Damaged("a feed".into()))?;
            Ok((id, read_feed(v)?))
        })
        .collect()
}

/// Where a segment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SegmentState {
    /// Written here, without a receipt.
    Unsent,
    /// Another's, got from a peer: shown, never built upon.
    Provisional,
    /// Accepted, as entry `n`.
    Receipted(u64),
    /// Held, as entry `n`: a person decides.
    Held(u64),
    /// Refused, as entry `n`.
    Refused(u64),
}

/// A stored segment: sent on as it is; verified again before it is applied again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentRow {
    /// Where it stands.
    pub state: SegmentState,
    /// Its hash.
    pub hash: Hash,
    /// The whole encoding.
    pub bytes: Vec<u8>,
}

/// The row of a segment.
pub fn segment(tx: &dyn Tx, spot: Spot) -> Res<Option<SegmentRow>> {
    tx.get(Table::Segment, &id_number_key(&spot.feed.0, spot.n))?
        .map(|b| read_segment(&b))
        .transpose()
}

fn read_segment(bytes: &[u8]) -> Res<SegmentRow> {
    let mut r = Reader::new(bytes);
    let state = match r.u8()? {
        0 => SegmentState::Unsent,
        1 => SegmentState::Provisional,
        2 => SegmentState::Receipted(r.number()?),
        3 => SegmentState::Refused(r.number()?),
        4 => SegmentState::Held(r.number()?),
        _ => return Err(CodecError::BadValue { what: "state" }.into()),
    };
    Ok(SegmentRow {
        state,
        hash: Hash::read(&mut r)?,
        bytes: r.bytes(limits::SEGMENT_BYTES)?.to_vec(),
    })
}

/// Writes the row of a segment, and keeps the list of those that wait for a receipt.
pub fn put_segment(tx: &mut dyn Tx, spot: Spot, row: &SegmentRow) -> Res<()> {
    let mut w = Writer::new();
    match row.state {
        SegmentState::Unsent => w.u8(0),
        SegmentState::Provisional => w.u8(1),
        SegmentState::Receipted(n) => w.u8(2).number(n),
        SegmentState::Refused(n) => w.u8(3).number(n),
        SegmentState::Held(n) => w.u8(4).number(n),
    };
    w.fixed(&row.hash.0).bytes(&row.bytes);
    let key = id_number_key(&spot.feed.0, spot.n);
    tx.put(Table::Segment, &key, w.as_slice())?;
    match row.state {
        SegmentState::Unsent => tx.put(Table::Waiting, &key, &touches(0, &row.bytes)?),
        SegmentState::Provisional => tx.put(Table::Waiting, &key, &touches(1, &row.bytes)?),
        SegmentState::Held(_) => tx.put(Table::Waiting, &key, &[2]),
        SegmentState::Receipted(_) | SegmentState::Refused(_) => tx.delete(Table::Waiting, &key),
    }
}

/// What stands in the list of those that wait: whose it is, and what it touches.
fn touches(whose: u8, segment: &[u8]) -> Res<Vec<u8>> {
    let signed = SignedSegment::from_bytes(segment)?;
    let s = signed.unproven();
    let mut w = Writer::new();
    w.u8(whose).fixed(&s.scope.0).number(s.changes.len() as u64);
    for c in &s.changes {
        let hash = change_hash(&c.change).unwrap_or_default();
        w.fixed(&c.doc.0).number(c.kind.into()).fixed(&hash);
    }
    Ok(w.finish())
}

/// Removes a segment's row.
pub fn drop_segment(tx: &mut dyn Tx, spot: Spot) -> Res<()> {
    let key = id_number_key(&spot.feed.0, spot.n);
    tx.delete(Table::Segment, &key)?;
    tx.delete(Table::Waiting, &key)
}

/// Segments of a feed with numbers from `from` on, in order.
pub fn segments_from(tx: &dyn Tx, feed: FeedId, from: u64) -> Res<Vec<(u64, SegmentRow)>> {
    let to = after_prefix(&feed.0);
    tx.scan(
        Table::Segment,
        &id_number_key(&feed.0, from),
        to.as_deref(),
        usize::MAX,
    )?
    .iter()
    .map(|(k, v)| Ok((key_number(k)?, read_segment(v)?)))
    .collect()
}

/// Segments without a receipt, by feed and number; `true`: another's (provisional).
pub fn waiting(tx: &dyn Tx) -> Res<Vec<(Spot, bool)>> {
    let mut waiting = Vec::new();
    for (spot, what) in undecided(tx)? {
        if what != 2 {
            waiting.push((spot, what == 1));
        }
    }
    Ok(waiting)
}

/// A segment without a receipt and what it touches, so that nobody need read all that waits to show one document.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// The segment.
    pub spot: Spot,
    /// Another's (provisional).
    pub foreign: bool,
    /// Its scope.
    pub scope: ScopeId,
    /// Document, kind and hash of each change; the hash is zero where its content is forgotten.
    pub changes: Vec<(DocId, u16, [u8; 32])>,
}

/// Segments without a receipt, by feed and number, with what each touches.
pub fn waiting_changes(tx: &dyn Tx) -> Res<Vec<Waiting>> {
    let rows = tx.scan(Table::Waiting, &[], None, usize::MAX)?;
    let mut waiting = Vec::new();
    for (key, value) in &rows {
        let mut r = Reader::new(value);
        let whose = r.u8()?;
        if whose == 2 {
            continue;
        }
        let row;
        if r.is_empty() {
            // Written by a build that did not say what a segment touches.
            let Some(segment) = segment(tx, key_spot(key)?)? else {
                continue;
            };
            row = touches(whose, &segment.bytes)?;
            r = Reader::new(&row);
            r.u8()?;
        }
        let scope = ScopeId::read(&mut r)?;
        let mut changes = Vec::new();
        for _ in 0..r.count(limits::SEGMENT_CHANGES)? {
            let doc = DocId::read(&mut r)?;
            let kind =
                u16::try_from(r.number()?).map_err(|_| CodecError::BadValue { what: "kind" })?;
            changes.push((doc, kind, r.array()?));
        }
        waiting.push(Waiting {
            spot: key_spot(key)?,
            foreign: whose == 1,
            scope,
            changes,
        });
    }
    Ok(waiting)
}

/// Segments that are held: a person decides.
pub fn held(tx: &dyn Tx) -> Res<Vec<Spot>> {
    let mut held = undecided(tx)?;
    held.retain(|(_, what)| *what == 2);
    Ok(held.into_iter().map(|(spot, _)| spot).collect())
}

/// Own segments that wait or are held, in the order of each feed.
pub fn own_without_receipt(tx: &dyn Tx) -> Res<Vec<Spot>> {
    let mut own = undecided(tx)?;
    own.retain(|(_, what)| *what != 1);
    Ok(own.into_iter().map(|(spot, _)| spot).collect())
}

fn key_spot(key: &[u8]) -> Res<Spot> {
    let feed = key.get(..16).and_then(FeedId::from_slice);
    let feed = feed.ok_or_else(|| StoreError::Damaged("a key".into()))?;
    let n = key_number(key)?;
    Ok(Spot { feed, n })
}

fn undecided(tx: &dyn Tx) -> Res<Vec<(Spot, u8)>> {
    tx.scan(Table::Waiting, &[], None, usize::MAX)?
        .iter()
        .map(|(k, v)| {
            let what = v.first().copied();
            let what = what.ok_or_else(|| StoreError::Damaged("a waiting segment".into()))?;
            Ok((key_spot(k)?, what))
        })
        .collect()
}

/// A feed's salt for a document, and the last entry (on a node) or segment that used it.
pub fn salt(tx: &dyn Tx, feed: FeedId, doc: DocId) -> Res<Option<(Salt, u64)>> {
    let Some(bytes) = tx.get(Table::Salt, &two_ids(&feed.0, &doc.0))? else {
        return Ok(None);
    };
    let mut r = Reader::new(&bytes);
    Ok(Some((Salt::read(&mut r)?, r.number()?)))
}

/// Writes a feed's salt for a document.
pub fn put_salt(tx: &mut dyn Tx, feed: FeedId, doc: DocId, salt: Salt, used: u64) -> Res<()> {
    let mut w = Writer::new();
    w.fixed(&salt.0).number(used);
    tx.put(Table::Salt, &two_ids(&feed.0, &doc.0), w.as_slice())
}

/// Removes a feed's salt for a document.
pub fn drop_salt(tx: &mut dyn Tx, feed: FeedId, doc: DocId) -> Res<()> {
    tx.delete(Table::Salt, &two_ids(&feed.0, &doc.0))
}

// ---- documents ------------------------------------------------------------------------------

/// A stored document: what has a receipt, and the store's own work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocRow {
    /// Its scope.
    pub scope: ScopeId,
    /// Number of its kind.
    pub kind: u16,
    /// The Automerge document, saved uncompressed.
    pub bytes: Vec<u8>,
}

/// The row of a document.
pub fn doc(tx: &dyn Tx, id: DocId) -> Res<Option<DocRow>> {
    tx.get(Table::Doc, &id.0)?.map(|b| read_doc(&b)).transpose()
}

fn read_doc(bytes: &[u8]) -> Res<DocRow> {
    let mut r = Reader::new(bytes);
    Ok(DocRow {
        scope: ScopeId::read(&mut r)?,
        kind: crate::feed::read_kind(&mut r)?,
        bytes: r.bytes(limits::DOCUMENT_MAX_BYTES)?.to_vec(),
    })
}

/// Writes the row of a document.
pub fn put_doc(tx: &mut dyn Tx, id: DocId, row: &DocRow) -> Res<()> {
    let mut w = Writer::new();
    w.fixed(&row.scope.0)
        .number(row.kind.into())
        .bytes(&row.bytes);
    tx.put(Table::Doc, &id.0, w.as_slice())?;
    tx.put(Table::ScopeDoc, &two_ids(&row.scope.0, &id.0), &[])
}

/// Removes a document.
pub fn drop_doc(tx: &mut dyn Tx, scope: ScopeId, id: DocId) -> Res<()> {
    tx.delete(Table::Doc, &id.0)?;
    tx.delete(Table::ScopeDoc, &two_ids(&scope.0, &id.0))
}

/// The documents of a scope with ids after `after` (`None`: from the first), in order.
pub fn scope_docs(tx: &dyn Tx, scope: ScopeId, after: Option<DocId>) -> Res<Vec<DocId>> {
    let to = after_prefix(&scope.0);
    let mut from = two_ids(&scope.0, &after.map_or([0; 16], |d| d.0)).to_vec();
    if after.is_some() {
        from.push(0);
    }
    tx.scan(Table::ScopeDoc, &from, to.as_deref(), usize::MAX)?
        .iter()
        .map(|(k, _)| {
            k.get(16..)
                .and_then(DocId::from_slice)
                .ok_or_else(|| StoreError::Damaged("a key".into()))
        })
        .collect()
}

/// The documents of a scope and a kind, and the drafts of such, in the order of their ids. What the ids begin with says
/// where they are ([`crate::document::home`]), so nothing else is read, however much there is.
pub fn docs_of(tx: &dyn Tx, scope: ScopeId, kind: u16) -> Res<BTreeSet<DocId>> {
    let home = crate::document::home(scope, kind);
    let within = [&scope.0[..], &home].concat();
    let mut ids = BTreeSet::new();
    for (table, prefix) in [(Table::ScopeDoc, &within[..]), (Table::Draft, &home)] {
        let to = after_prefix(prefix);
        for (key, _) in tx.scan(table, prefix, to.as_deref(), usize::MAX)? {
            let id = key
                .len()
                .checked_sub(DocId::LEN)
                .and_then(|at| key.get(at..));
            let id = id.and_then(DocId::from_slice);
            ids.insert(id.ok_or_else(|| StoreError::Damaged("a key".into()))?);
        }
    }
    Ok(ids)
}

/// All documents after `after`, at most `limit`, in the order of their ids.
pub fn docs_after(tx: &dyn Tx, after: Option<DocId>, limit: usize) -> Res<Vec<(DocId, DocRow)>> {
    let mut from = after.map_or(Vec::new(), |d| d.0.to_vec());
    if after.is_some() {
        from.push(0);
    }
    tx.scan(Table::Doc, &from, None, limit)?
        .iter()
        .map(|(k, v)| {
            let id = DocId::from_slice(k).ok_or_else(|| StoreError::Damaged("a key".into()))?;
            Ok((id, read_doc(v)?))
        })
        .collect()
}

/// Edits of one document that are not sealed in a segment yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftRow {
    /// The document's scope.
    pub scope: ScopeId,
    /// Number of its kind.
    pub kind: u16,
    /// What its author had before them: the document's heads then.
    pub heads: Vec<[u8; 32]>,
    /// The edits: the last value of each path.
    pub values: Values,
    /// The segment whose acts are said again, if that is why the draft stands here.
    pub replaces: Option<Spot>,
}

/// The draft of a document.
pub fn draft(tx: &dyn Tx, id: DocId) -> Res<Option<DraftRow>> {
    tx.get(Table::Draft, &id.0)?
        .map(|b| read_draft(&b))
        .transpose()
}

fn read_draft(bytes: &[u8]) -> Res<DraftRow> {
    let mut r = Reader::new(bytes);
    let scope = ScopeId::read(&mut r)?;
    let kind = crate::feed::read_kind(&mut r)?;
    let mut heads = Vec::new();
    for _ in 0..r.count(limits::CHANGE_DEPS)? {
        heads.push(r.array()?);
    }
    let mut values = Values::new();
    for _ in 0..r.count(limits::ENTRIES * 2)? {
        let path = r.text(limits::LINE_BYTES)?.to_owned();
        values.insert(path, Value::read(&mut r)?);
    }
    let replaces = match r.u8()? {
        0 => None,
        _ => Some(Spot {
            feed: FeedId::read(&mut r)?,
            n: r.number()?,
        }),
    };
    Ok(DraftRow {
        scope,
        kind,
        heads,
        values,
        replaces,
    })
}

/// Writes the draft of a document.
pub fn put_draft(tx: &mut dyn Tx, id: DocId, row: &DraftRow) -> Res<()> {
    let mut w = Writer::new();
    w.fixed(&row.scope.0)
        .number(row.kind.into())
        .number(row.heads.len() as u64);
    for h in &row.heads {
        w.fixed(h);
    }
    w.number(row.values.len() as u64);
    for (path, value) in &row.values {
        w.bytes(path.as_bytes());
        value.write(&mut w);
    }
    match &row.replaces {
        Some(s) => w.u8(1).fixed(&s.feed.0).number(s.n),
        None => w.u8(0),
    };
    tx.put(Table::Draft, &id.0, w.as_slice())
}

/// Removes the draft of a document.
pub fn drop_draft(tx: &mut dyn Tx, id: DocId) -> Res<()> {
    tx.delete(Table::Draft, &id.0)
}

/// All drafts, in the order of their documents' ids.
pub fn drafts(tx: &dyn Tx) -> Res<Vec<(DocId, DraftRow)>> {
    tx.scan(Table::Draft, &[], None, usize::MAX)?
        .iter()
        .map(|(k, v)| {
            let id = DocId::from_slice(k).ok_or_else(|| StoreError::Damaged("a key".into()))?;
            Ok((id, read_draft(v)?))
        })
        .collect()
}

// ---- grants and epochs ----------------------------------------------------------------------

/// The grant in entry `n`.
pub fn grant(tx: &dyn Tx, n: u64) -> Res<Option<Grant>> {
    match tx.get(Table::Grant, &number_key(n))? {
        Some(b) => Ok(Some(Grant::read(&mut Reader::new(&b))?)),
        None => Ok(None),
    }
}

/// The entry number of a grant.
pub fn grant_number(tx: &dyn Tx, hash: Hash) -> Res<Option<u64>> {
    match tx.get(Table::GrantHash, &hash.0)? {
        Some(b) => Ok(Some(Reader::new(&b).number()?)),
        None => Ok(None),
    }
}

/// Writes a grant that stands in entry `n`.
pub fn put_grant(tx: &mut dyn Tx, n: u64, grant: &Grant) -> Res<()> {
    tx.put(Table::Grant, &number_key(n), &grant.to_bytes())?;
    let mut w = Writer::new();
    w.number(n);
    tx.put(Table::GrantHash, &grant.hash().0, w.as_slice())
}

/// Removes a grant (a device that drops its place, or an epoch that was cut).
pub fn drop_grant(tx: &mut dyn Tx, n: u64, grant: &Grant) -> Res<()> {
    tx.delete(Table::Grant, &number_key(n))?;
    // After a restore it may stand in a later entry as well.
    match grant_number(tx, grant.hash())? {
        Some(now) if now != n => Ok(()),
        _ => tx.delete(Table::GrantHash, &grant.hash().0),
    }
}

/// From this number on stand grants of other logs, under which authors wrote in places that came from there.
/// They are in no entry of this log and give nobody a right here.
pub const FOREIGN_GRANTS: u64 = 1 << 62;

/// Keeps a grant of another log, and returns its number.
pub fn put_foreign_grant(tx: &mut dyn Tx, grant: &Grant) -> Res<u64> {
    if let Some(n) = grant_number(tx, grant.hash())? {
        return Ok(n);
    }
    let n = FOREIGN_GRANTS + meta_number(tx, "foreign-grants")?;
    set_meta_number(tx, "foreign-grants", n + 1 - FOREIGN_GRANTS)?;
    put_grant(tx, n, grant)?;
    Ok(n)
}

/// All grants of this log, by entry number.
pub fn grants(tx: &dyn Tx) -> Res<Vec<(u64, Grant)>> {
    tx.scan(
        Table::Grant,
        &[],
        Some(&number_key(FOREIGN_GRANTS)),
        usize::MAX,
    )?
    .iter()
    .map(|(k, v)| Ok((key_number(k)?, Grant::read(&mut Reader::new(v))?)))
    .collect()
}

/// The end of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// The entry that says so.
    pub entry: u64,
    /// How.
    pub how: End,
    /// The node's signature of the act ([`crate::log::Signed`]), to be brought back after a restore.
    pub signature: Signature,
}

impl Ended {
    /// The signed act that ended this grant.
    pub fn act(&self, grant: &Grant) -> Signed<EndAct> {
        Signed {
            act: EndAct {
                grant: grant.hash(),
                end: self.how,
            },
            signature: self.signature,
        }
    }
}

fn ended_name(n: u64) -> String {
    format!("ended/{n}")
}

/// How the grant in entry `n` ended; `None`: it stands.
pub fn ended(tx: &dyn Tx, n: u64) -> Res<Option<Ended>> {
    let Some(bytes) = meta(tx, &ended_name(n))? else {
        return Ok(None);
    };
    let mut r = Reader::new(&bytes);
    Ok(Some(Ended {
        entry: r.number()?,
        how: End::from_number(r.u8()?)?,
        signature: Signature::read(&mut r)?,
    }))
}

/// Notes that the grant in entry `n` ended.
pub fn put_ended(tx: &mut dyn Tx, n: u64, end: Ended) -> Res<()> {
    let mut w = Writer::new();
    w.number(end.entry)
        .u8(end.how as u8)
        .fixed(&end.signature.0);
    set_meta(tx, &ended_name(n), w.as_slice())
}

/// Forgets it: the entry that said so is no more.
pub fn drop_ended(tx: &mut dyn Tx, n: u64) -> Res<()> {
    drop_meta(tx, &ended_name(n))
}

/// Checks a grant against that of its issuer, as far as both are known here; `node_keys` are the grant keys
/// that the log's root certified.
pub fn check_grant(
    tx: &dyn Tx,
    grant: &Grant,
    node_keys: &[PublicKey],
    ground: Ground,
) -> Res<Result<(), BadGrant>> {
    if grant.under == Hash::ZERO {
        let given = node_keys.contains(&grant.issuer) && grant.is_signed();
        return Ok(if given {
            Ok(())
        } else {
            Err(BadGrant::NotSigned)
        });
    }
    let Some(n) = grant_number(tx, grant.under)? else {
        return Ok(Err(BadGrant::UnknownIssuer));
    };
    let Some(parent) = self::grant(tx, n)? else {
        return Ok(Err(BadGrant::UnknownIssuer));
    };
    let above = match parent.under {
        Hash::ZERO => None,
        hash => match grant_number(tx, hash)? {
            Some(n) => self::grant(tx, n)?,
            None => None,
        },
    };
    Ok(grant.is_under(&parent, above.as_ref(), ground))
}

/// Where a grant hangs: limits follow these, and no key.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    /// The entry of the first grant of the same device: later ones are its new keys.
    pub first: u64,
    /// The entry of the grant that the node gave, under which it stands.
    pub top: u64,
}

/// Where the grant in entry `n` hangs.
pub(crate) fn line_of(tx: &dyn Tx, n: u64) -> Res<Line> {
    let mut line = Line { first: n, top: n };
    let mut is_same = true;
    for _ in 0..limits::GRANT_LINE {
        let Some(standing) = grant(tx, line.top)? else {
            break;
        };
        let Some(above) = grant_number(tx, standing.under)? else {
            break;
        };
        let Some(parent) = grant(tx, above)? else {
            break;
        };
        is_same = is_same && standing.succeeds(&parent);
        line.top = above;
        if is_same {
            line.first = above;
        }
    }
    Ok(line)
}

/// The grants of the same device under its keys of before, the last first; tickets are none.
pub(crate) fn earlier_keys(tx: &dyn Tx, grant: &Grant) -> Res<Vec<(u64, Grant)>> {
    let mut earlier: Vec<(u64, Grant)> = Vec::new();
    let mut now = grant.clone();
    for _ in 0..limits::GRANT_LINE {
        let Some(n) = grant_number(tx, now.under)? else {
            break;
        };
        let parent = self::grant(tx, n)?
            .filter(|parent| parent.custody == Custody::Device && now.succeeds(parent));
        let Some(parent) = parent else { break };
        earlier.push((n, parent.clone()));
        now = parent;
    }
    Ok(earlier)
}

/// The first key of the device that writes under the grant in entry `n`: shares are counted under it, so that nobody gains
/// one by a new key.
pub(crate) fn first_key(tx: &dyn Tx, n: u64) -> Res<Option<PublicKey>> {
    Ok(grant(tx, line_of(tx, n)?.first)?.map(|g| g.key))
}

/// The record of an epoch.
pub fn epoch(tx: &dyn Tx, number: u64) -> Res<Option<Epoch>> {
    match tx.get(Table::Epoch, &number_key(number))? {
        Some(b) => Ok(Some(Epoch::read(&mut Reader::new(&b))?)),
        None => Ok(None),
    }
}

/// All epochs, from the first.
pub fn epochs(tx: &dyn Tx) -> Res<Vec<Epoch>> {
    tx.scan(Table::Epoch, &[], None, usize::MAX)?
        .iter()
        .map(|(_, v)| Ok(Epoch::read(&mut Reader::new(v))?))
        .collect()
}

/// Writes the record of an epoch.
pub fn put_epoch(tx: &mut dyn Tx, epoch: &Epoch) -> Res<()> {
    tx.put(Table::Epoch, &number_key(epoch.epoch), &epoch.to_bytes())
}

// ---- quarantine -----------------------------------------------------------------------------

/// Something that was refused and is kept, with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantineRow {
    /// The first key of its author's device, in whose share it is counted, whoever brought it.
    pub author: PublicKey,
    /// The reason's number ([`crate::log::reason`]).
    pub reason: u8,
    /// The reason in words, without personal data.
    pub words: String,
    /// When it came.
    pub time: Timestamp,
    /// Entry number of a segment that is held, and for which a person is to decide; 0: nothing is left to
    /// decide.
    pub held: u64,
    /// What was refused or is held.
    pub bytes: Vec<u8>,
}

/// Puts something in quarantine; `false`: that share is full, nothing was kept.
pub fn quarantine(tx: &mut dyn Tx, row: &QuarantineRow) -> Res<bool> {
    let size = row.bytes.len() as u64;
    let held = quarantined_bytes(tx, &row.author)?;
    if held + size > limits::QUARANTINE_BYTES {
        set_meta(tx, &full_name(&row.author), &[1])?;
        return Ok(false);
    }
    let mut w = Writer::new();
    w.number(held + size);
    tx.put(Table::Device, &row.author.0, w.as_slice())?;
    let n = meta_number(tx, "quarantine")? + 1;
    set_meta_number(tx, "quarantine", n)?;
    put_quarantined(tx, n, row)?;
    Ok(true)
}

/// The setting that says that an author's work found no room in quarantine, until there is some again.
fn full_name(author: &PublicKey) -> String {
    format!("quarantine-full/{author}")
}

/// Whether work of this author found no room in quarantine, and there is none since.
pub fn is_quarantine_full(tx: &dyn Tx, author: &PublicKey) -> Res<bool> {
    Ok(meta(tx, &full_name(author))?.is_some())
}

/// Writes a row that is in quarantine already.
pub fn put_quarantined(tx: &mut dyn Tx, n: u64, row: &QuarantineRow) -> Res<()> {
    let mut w = Writer::new();
    w.fixed(&row.author.0)
        .u8(row.reason)
        .bytes(row.words.as_bytes())
        .number(row.time.0)
        .number(row.held)
        .bytes(&row.bytes);
    tx.put(Table::Quarantine, &number_key(n), w.as_slice())
}

/// Takes a row out of quarantine; that share is free again.
pub fn drop_quarantined(tx: &mut dyn Tx, n: u64) -> Res<()> {
    let Some(row) = quarantine_row(tx, n)? else {
        return Ok(());
    };
    resize_quarantined(tx, &row, 0)?;
    tx.delete(Table::Quarantine, &number_key(n))
}

/// Writes a row that is in quarantine already and whose bytes have become fewer.
pub fn change_quarantined(tx: &mut dyn Tx, n: u64, row: &QuarantineRow) -> Res<()> {
    if let Some(before) = quarantine_row(tx, n)? {
        resize_quarantined(tx, &before, row.bytes.len())?;
    }
    put_quarantined(tx, n, row)
}

/// Counts a row of its author's share with another size.
fn resize_quarantined(tx: &mut dyn Tx, row: &QuarantineRow, size: usize) -> Res<()> {
    let held = quarantined_bytes(tx, &row.author)?;
    drop_meta(tx, &full_name(&row.author))?;
    let mut w = Writer::new();
    w.number(held.saturating_sub(row.bytes.len() as u64) + size as u64);
    tx.put(Table::Device, &row.author.0, w.as_slice())
}

/// One row of the quarantine.
pub fn quarantine_row(tx: &dyn Tx, n: u64) -> Res<Option<QuarantineRow>> {
    tx.get(Table::Quarantine, &number_key(n))?
        .map(|b| read_quarantined(&b))
        .transpose()
}

fn read_quarantined(bytes: &[u8]) -> Res<QuarantineRow> {
    let mut r = Reader::new(bytes);
    Ok(QuarantineRow {
        author: PublicKey::read(&mut r)?,
        reason: r.u8()?,
        words: r.text(limits::LINE_BYTES)?.to_owned(),
        time: Timestamp(r.number()?),
        held: r.number()?,
        bytes: r.bytes(limits::REQUEST_BYTES)?.to_vec(),
    })
}

fn quarantined_bytes(tx: &dyn Tx, author: &PublicKey) -> Res<u64> {
    match tx.get(Table::Device, &author.0)? {
        Some(b) => Ok(Reader::new(&b).number()?),
        None => Ok(0),
    }
}

/// All that is in quarantine, by running number.
pub fn quarantined(tx: &dyn Tx) -> Res<Vec<(u64, QuarantineRow)>> {
    tx.scan(Table::Quarantine, &[], None, usize::MAX)?
        .iter()
        .map(|(k, v)| Ok((key_number(k)?, read_quarantined(v)?)))
        .collect()
}
