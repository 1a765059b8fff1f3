//! What devices and nodes do alike: take authorised segments into documents, and keep the projection.
//!
//! Taking in has two steps, so that one bad segment never undoes its neighbours in a group commit:
//! [`plan`] lets every change through the door and makes the new documents in memory; [`commit`]
//! writes documents, segment, feed and projection rows. Only an [`AuthorisedSegment`] gets in.
//!
//! A stored document holds what has a receipt and the store's own work. What is *shown* is that, with
//! the drafts and the *overlay* over it: others' work without a receipt, shown and never built upon.
//!
//! Does not know: verdicts, the network, the clock.

use crate::document::{self, Conflict, DocumentError, Standing, Value, Values};
use crate::door::{self, Refusal, Rules};
use crate::feed::authorise::AuthorisedSegment;
use crate::feed::{SignedSegment, Spot, change_hash};
use crate::id::{DocId, FeedId, Hash, Hasher, PersonId, PlaceId, ScopeId};
use crate::identity::Grant;
use crate::kind::{self, Kind};
use crate::limits;
use crate::place::scope_of;
use crate::records::{self, DocRow, DraftRow, FeedRow, SegmentRow, SegmentState};
use crate::store::{Row, StoreError, Tx};
use crate::text::{self, RollOrder};
use crate::tree::{Tree, View};
use automerge::{Automerge, Change};
use std::collections::{BTreeMap, BTreeSet, btree_map};
use std::sync::OnceLock;

mod judged;

pub(crate) use judged::completes_anothers;

/// Why a segment could not be taken in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApplyError {
    /// The door refused a change of it.
    #[error("a change in it was refused: {0}")]
    Door(#[from] Refusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DocumentError> for StoreError {
    fn from(e: DocumentError) -> Self {
        StoreError::Damaged(e.to_string())
    }
}

/// The documents that a segment makes, not written yet.
#[derive(Debug)]
pub struct Plan {
    docs: Vec<(DocId, DocRow, Automerge)>,
}

/// Documents that were written last in a transaction, still loaded: whoever edits ten times in a row
/// is not loaded ten times. Each counts only as long as the stored bytes are those it was saved as.
#[derive(Debug, Default)]
pub struct Warm(BTreeMap<DocId, (Automerge, Vec<u8>)>);

/// So many stay loaded, at some 50 KB each.
const KEPT_WARM: usize = 64;

impl Warm {
    fn take(&mut self, id: DocId, stored: &[u8]) -> Result<Automerge, StoreError> {
        match self.0.remove(&id) {
            Some((doc, saved)) if saved == stored => Ok(doc),
            _ => Ok(document::load(stored)?),
        }
    }

    fn keep(&mut self, id: DocId, doc: Automerge, saved: Vec<u8>) {
        if self.0.len() >= KEPT_WARM {
            self.0.clear();
        }
        self.0.insert(id, (doc, saved));
    }
}

/// Lets every change of a segment through the door. Writes nothing. Documents of kinds that this
/// build does not know are left to a later build. `grant`: the author's, at a node's door, where the acts of
/// cases and signatures under entries are judged; `None`: the verdict has been given.
pub fn plan(
    tx: &dyn Tx,
    warm: &mut Warm,
    segment: &AuthorisedSegment,
    grant: Option<&Grant>,
) -> Result<Plan, ApplyError> {
    let s = segment.verified().segment();
    let mut docs = Vec::new();
    for c in &s.changes {
        let Some(kind) = kind::by_number(c.kind) else {
            continue;
        };
        let (base, saved) = match records::doc(tx, c.doc)? {
            Some(row) => (warm.take(c.doc, &row.bytes)?, row.bytes),
            None => {
                let base = document::genesis(kind);
                let saved = base.save_nocompress();
                (base, saved)
            }
        };
        let rules = grant.map_or(Rules::Settled, |_| Rules::of(kind));
        match door::admit_of(s.feed, &base, &saved, &c.change, rules) {
            Ok(admitted) if kind.append_only && admitted.inspected.predecessors > 0 => {
                return Err(Refusal::AppendOnly.into());
            }
            Ok(admitted) => {
                if let Some(grant) = grant {
                    judged::check(tx, kind, (segment, c.doc), grant, (&base, &admitted))?;
                }
                let row = DocRow {
                    scope: s.scope,
                    kind: c.kind,
                    bytes: admitted.saved,
                };
                docs.push((c.doc, row, admitted.document));
            }
            // It came before, in another way.
            Err(e) if e.is_harmless() => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(Plan { docs })
}

/// The scope and the kind of a document that lies here, or is begun here; `None`: there is none of a known kind.
pub(crate) fn kind_of(
    tx: &dyn Tx,
    id: DocId,
) -> Result<Option<(ScopeId, &'static Kind)>, StoreError> {
    let stored = records::doc(tx, id)?.map(|row| (row.scope, row.kind));
    let found = match stored {
        Some(found) => Some(found),
        None => records::draft(tx, id)?.map(|draft| (draft.scope, draft.kind)),
    };
    Ok(found.and_then(|(scope, number)| Some((scope, kind::by_number(number)?))))
}

/// How a segment is filed.
#[derive(Debug, Clone, Copy)]
pub struct Filing {
    /// Its state.
    pub state: SegmentState,
    /// Entry number of its grant.
    pub grant: u64,
    /// Entry number of the segment, 0 without a receipt.
    pub entry: u64,
}

/// Writes what [`plan`] made, and the segment with it. Returns the documents that changed; the caller
/// projects them.
pub fn commit(
    tx: &mut dyn Tx,
    warm: &mut Warm,
    plan: Plan,
    segment: &AuthorisedSegment,
    grant: &Grant,
    filing: Filing,
) -> Result<Vec<DocId>, StoreError> {
    let mut changed = Vec::new();
    for (id, row, doc) in plan.docs {
        records::put_doc(tx, id, &row)?;
        warm.keep(id, doc, row.bytes);
        changed.push(id);
    }
    file(tx, segment, grant, filing)?;
    Ok(changed)
}

/// Files a segment in its feed without touching documents.
pub fn file(
    tx: &mut dyn Tx,
    segment: &AuthorisedSegment,
    grant: &Grant,
    filing: Filing,
) -> Result<(), StoreError> {
    let s = segment.verified().segment();
    records::put_segment(
        tx,
        s.spot(),
        &SegmentRow {
            state: filing.state,
            hash: segment.verified().hash(),
            bytes: segment.verified().signed().to_bytes(),
        },
    )?;
    for c in &s.changes {
        records::put_salt(tx, s.feed, c.doc, c.salt, filing.entry)?;
    }
    records::put_feed(
        tx,
        s.feed,
        &FeedRow {
            scope: s.scope,
            key: grant.key,
            nonce: s.nonce,
            head: crate::feed::verify::FeedHead {
                n: s.n,
                hash: segment.verified().hash(),
            },
            ended: false,
            grant: filing.grant,
            judged: filing.entry,
        },
    )
}

/// Makes sure that a segment's changes are in its documents: they are, unless they had to wait for
/// what they build on.
pub fn ensure(tx: &mut dyn Tx, segment: &SignedSegment) -> Result<(), StoreError> {
    let s = segment.unproven();
    for c in &s.changes {
        let (Some(kind), Some(hash)) = (kind::by_number(c.kind), change_hash(&c.change)) else {
            continue;
        };
        let base = match records::doc(tx, c.doc)? {
            Some(row) => document::load(&row.bytes)?,
            None => document::genesis(kind),
        };
        if base
            .get_change_meta_by_hash(&automerge::ChangeHash(hash))
            .is_some()
        {
            continue;
        }
        if let Ok(admitted) = door::admit_by(&base, &c.change, Rules::Settled) {
            let row = DocRow {
                scope: s.scope,
                kind: c.kind,
                bytes: admitted.saved,
            };
            records::put_doc(tx, c.doc, &row)?;
        }
    }
    Ok(())
}

/// Takes changes out of a document again: refused work, or work above the cut of an epoch. What
/// depends on them goes too. Returns whether anything of the document is left.
pub fn take_out(
    tx: &mut dyn Tx,
    id: DocId,
    hashes: &BTreeSet<[u8; 32]>,
) -> Result<bool, StoreError> {
    let Some(row) = records::doc(tx, id)? else {
        return Ok(false);
    };
    let Some(kind) = kind::by_number(row.kind) else {
        return Ok(true);
    };
    let doc = document::load(&row.bytes)?;
    let mut gone = hashes.clone();
    let mut kept: Vec<Change> = Vec::new();
    for change in doc.get_changes(&[]) {
        if gone.contains(&change.hash().0) || change.deps().iter().any(|d| gone.contains(&d.0)) {
            gone.insert(change.hash().0);
        } else {
            kept.push(change);
        }
    }
    rebase_draft(tx, id, &doc, &gone)?;
    if !kept
        .iter()
        .any(|c| document::author_of(c.actor_id()).is_some())
    {
        records::drop_doc(tx, row.scope, id)?;
        return Ok(false);
    }
    let bytes = document::rebuild(kind, kept)?.save_nocompress();
    records::put_doc(tx, id, &DocRow { bytes, ..row })?;
    Ok(true)
}

/// A draft that was made over changes which go is one over what stays.
pub fn rebase_draft(
    tx: &mut dyn Tx,
    id: DocId,
    before: &Automerge,
    gone: &BTreeSet<[u8; 32]>,
) -> Result<(), StoreError> {
    let Some(draft) = records::draft(tx, id)? else {
        return Ok(());
    };
    if !draft.heads.iter().any(|h| gone.contains(h)) {
        return Ok(());
    }
    let heads = draft.heads.iter().copied();
    let heads = document::down_to(before, heads, gone).into_iter().collect();
    records::put_draft(tx, id, &DraftRow { heads, ..draft })
}

// ---- what is shown --------------------------------------------------------------------------

/// Work without a receipt, by document: where it lies, and not the work itself, of which a phone that was long without
/// a line has much.
#[derive(Debug, Default)]
pub struct Overlay {
    /// The segment and the hash of each change.
    changes: BTreeMap<DocId, Vec<(Spot, [u8; 32])>>,
    kinds: BTreeMap<DocId, (ScopeId, u16)>,
    own: BTreeSet<DocId>,
}

impl Overlay {
    /// Gathers it from the segments that wait.
    pub fn of(tx: &dyn Tx) -> Result<Self, StoreError> {
        let mut overlay = Overlay::default();
        for waiting in records::waiting_changes(tx)? {
            for (doc, kind, change) in waiting.changes {
                let there = overlay.changes.entry(doc).or_default();
                there.push((waiting.spot, change));
                overlay.kinds.insert(doc, (waiting.scope, kind));
                if !waiting.foreign {
                    overlay.own.insert(doc);
                }
            }
        }
        Ok(overlay)
    }

    /// The changes of a document that wait and are not in it. Own work is in the documents already, unless it builds
    /// on what an epoch's cut took out of them.
    fn missing(&self, tx: &dyn Tx, id: DocId, doc: &Automerge) -> Result<Vec<Vec<u8>>, StoreError> {
        // Each segment is read once, and each change taken once, however often somebody says it.
        let mut wanted: BTreeMap<Spot, BTreeSet<[u8; 32]>> = BTreeMap::new();
        let mut seen = BTreeSet::new();
        for (spot, hash) in self.changes.get(&id).into_iter().flatten() {
            let there = doc.get_change_meta_by_hash(&automerge::ChangeHash(*hash));
            if there.is_none() && seen.insert(*hash) {
                wanted.entry(*spot).or_default().insert(*hash);
            }
        }
        let mut missing = Vec::new();
        for (spot, mut hashes) in wanted {
            let Some(row) = records::segment(tx, spot)? else {
                continue;
            };
            for c in &SignedSegment::from_bytes(&row.bytes)?.unproven().changes {
                let is_wanted = |hash| c.doc == id && hashes.remove(&hash);
                if change_hash(&c.change).is_some_and(is_wanted) {
                    missing.push(c.change.clone());
                }
            }
        }
        Ok(missing)
    }

    /// The scopes of those documents.
    pub fn scopes(&self) -> impl Iterator<Item = ScopeId> + '_ {
        self.kinds.values().map(|(scope, _)| *scope)
    }

    /// The documents that waiting work touches.
    pub fn docs(&self) -> impl Iterator<Item = DocId> + '_ {
        self.changes.keys().copied()
    }
}

/// The feed under which drafts are shown.
pub(crate) const DRAFTED: FeedId = FeedId([0xff; 16]);

/// A document as people see it.
#[derive(Debug)]
pub struct Shown {
    /// The document: receipted work, own work, drafts and overlay together.
    pub doc: Automerge,
    /// Its kind.
    pub kind: &'static kind::Kind,
    /// Its scope.
    pub scope: ScopeId,
    /// Whether work without a receipt is in it.
    pub pending: bool,
}

/// A document's open conflicts as they are offered to a person: in each the value first whose author had the others on
/// screen (rule 7: a segment names what its author had seen of others' provisional work). Where only packed documents came
/// nothing is known of that, and the shown value is first.
pub fn conflicts(tx: &dyn Tx, id: DocId, overlay: &Overlay) -> Result<Vec<Conflict>, StoreError> {
    let Some(shown) = shown(tx, id, overlay)? else {
        return Ok(Vec::new());
    };
    let mut conflicts = document::conflicts(&shown.doc);
    let mut saw: BTreeMap<FeedId, BTreeSet<FeedId>> = BTreeMap::new();
    for feed in conflicts
        .iter()
        .flat_map(|c| c.values.iter().map(|v| v.feed))
    {
        if let btree_map::Entry::Vacant(new) = saw.entry(feed) {
            new.insert(seen_by(tx, feed, id)?);
        }
    }
    for conflict in &mut conflicts {
        let feeds: BTreeSet<FeedId> = conflict.values.iter().map(|v| v.feed).collect();
        for value in &mut conflict.values {
            let saw = saw.get(&value.feed);
            let knew = |f: &FeedId| *f == value.feed || saw.is_some_and(|s| s.contains(f));
            value.informed = feeds.iter().all(knew);
        }
        conflict.values.sort_by_key(|v| !v.informed);
    }
    Ok(conflicts)
}

/// The feeds of which this one's author had seen work on the document before they wrote of it.
fn seen_by(tx: &dyn Tx, feed: FeedId, id: DocId) -> Result<BTreeSet<FeedId>, StoreError> {
    let touches = |bytes: &[u8]| {
        let signed = SignedSegment::from_bytes(bytes)?;
        let is_of = signed.unproven().changes.iter().any(|c| c.doc == id);
        Ok::<_, StoreError>(is_of.then_some(signed))
    };
    let mut seen = BTreeSet::new();
    for (_, row) in records::segments_from(tx, feed, 1)? {
        let Some(signed) = touches(&row.bytes)? else {
            continue;
        };
        for spot in &signed.unproven().seen {
            let of_it = match records::segment(tx, *spot)? {
                Some(row) => touches(&row.bytes)?.is_some(),
                None => false,
            };
            if of_it {
                seen.insert(spot.feed);
            }
        }
    }
    Ok(seen)
}

/// A document as people see it; `None` if there is none, or this build does not know its kind.
pub fn shown(tx: &dyn Tx, id: DocId, overlay: &Overlay) -> Result<Option<Shown>, StoreError> {
    let stored = records::doc(tx, id)?;
    let draft = records::draft(tx, id)?;
    let about = stored
        .as_ref()
        .map(|r| (r.scope, r.kind))
        .or(draft.as_ref().map(|d| (d.scope, d.kind)))
        .or(overlay.kinds.get(&id).copied());
    let Some((scope, number)) = about else {
        return Ok(None);
    };
    let Some(kind) = kind::by_number(number) else {
        return Ok(None);
    };
    let mut doc = match &stored {
        Some(row) => document::load(&row.bytes)?,
        None => document::genesis(kind),
    };
    let mut pending = overlay.own.contains(&id);
    if let Some(d) = &draft {
        let heads: Vec<_> = d.heads.iter().map(|h| automerge::ChangeHash(*h)).collect();
        // A draft is tried before it is stored; were it to fail now, it stays, unshown.
        if let Ok(Some(edited)) = document::edit(&doc, kind, &d.values, DRAFTED, &heads, 0) {
            doc = edited.doc;
        }
        pending = true;
    }
    // A change's first operation has a higher number than all that it builds on: in this order one pass finds all that
    // have their place, whatever order they came in.
    let rest = overlay.missing(tx, id, &doc)?;
    let mut rest: Vec<(u64, &Vec<u8>)> = (rest.iter())
        .filter_map(|raw| Some((door::inspect(raw).ok()?.start_op, raw)))
        .collect();
    rest.sort_unstable();
    let raws: Vec<&[u8]> = rest.iter().map(|(_, raw)| raw.as_slice()).collect();
    if !raws.is_empty()
        && let Ok(many) = door::admit_many_by(&doc, &raws, Rules::of(kind))
    {
        // What no door has looked at may be of any size, and is worked out with every list: then what is too much is left out, and with it
        // nobody else's.
        let is_too_much = |more: &Automerge, base: &Automerge| {
            document::outgrows(more, base, kind, limits::ENTRIES)
        };
        if is_too_much(&many.document, &doc) {
            for raw in raws {
                let one = door::admit_many_by(&doc, &[raw], Rules::of(kind));
                if let Ok(one) = one
                    && one.outcomes.iter().all(Result::is_ok)
                    && !is_too_much(&one.document, &doc)
                {
                    pending = true;
                    doc = one.document;
                }
            }
        } else {
            pending |= many.outcomes.iter().any(Result::is_ok);
            doc = many.document;
        }
    }
    Ok(Some(Shown {
        doc,
        kind,
        scope,
        pending,
    }))
}

/// What stands in a document as people see it, with its kind; `None` as for [`shown`]. Where nothing lies over what is stored, the
/// document is not even loaded.
pub fn standing(
    tx: &dyn Tx,
    id: DocId,
    overlay: &Overlay,
) -> Result<Option<(&'static Kind, Standing)>, StoreError> {
    let is_covered = overlay.changes.contains_key(&id) || records::draft(tx, id)?.is_some();
    if !is_covered && let Some(row) = records::doc(tx, id)? {
        let Some(kind) = kind::by_number(row.kind) else {
            return Ok(None);
        };
        let damaged = |e: Refusal| StoreError::Damaged(e.to_string());
        if let Some(standing) = door::standing(&row.bytes).map_err(damaged)? {
            return Ok(Some((kind, standing)));
        }
    }
    let shown = shown(tx, id, overlay)?;
    Ok(shown.map(|shown| (shown.kind, Standing::of(&shown.doc))))
}

/// What stands in a document that is shown, without the signed entries ([`kind::SIGNER`]) that others than their
/// signers wrote: work that has not passed a node's door says what it likes. `own`: who drafts here.
pub fn signed_values(tx: &dyn Tx, shown: &Shown, own: PersonId) -> Result<Values, StoreError> {
    let mut values = document::values(&shown.doc, None);
    if !shown.kind.is_signed() {
        return Ok(values);
    }
    let mut writers: BTreeMap<FeedId, Option<PersonId>> = BTreeMap::new();
    let mut forged = BTreeSet::new();
    for path in values.keys() {
        let Some((entry, _)) = path.rsplit_once('/') else {
            continue;
        };
        let field = entry.split_once('/').map_or(entry, |(field, _)| field);
        if !shown.kind.field(field).is_some_and(|f| f.is_signed()) {
            continue;
        }
        // Each cell: one that somebody else has written beside the signer's would speak in their name.
        let writer = match document::writer_of(&shown.doc, path) {
            Some(DRAFTED) => Some(own),
            Some(feed) => match writers.entry(feed) {
                btree_map::Entry::Occupied(known) => *known.get(),
                btree_map::Entry::Vacant(new) => *new.insert(person_of(tx, feed)?),
            },
            None => None,
        };
        let signer = values.get(&format!("{entry}/{}", kind::SIGNER));
        let is_theirs = writer.is_some_and(|w| signer == Some(&Value::Text(w.to_string())));
        if !is_theirs {
            forged.insert(entry.to_owned());
        }
    }
    values.retain(|path, _| {
        let entry = path.rsplit_once('/').map_or("", |(entry, _)| entry);
        !forged.contains(entry)
    });
    Ok(values)
}

/// Who writes in a feed.
fn person_of(tx: &dyn Tx, feed: FeedId) -> Result<Option<PersonId>, StoreError> {
    let Some(row) = records::feed(tx, feed)? else {
        return Ok(None);
    };
    Ok(records::grant(tx, row.grant)?.map(|g| g.person))
}

/// Brings a document's projection row up to date.
pub fn project(
    tx: &mut dyn Tx,
    tree: &Tree,
    id: DocId,
    overlay: &Overlay,
) -> Result<(), StoreError> {
    match row(tx, tree, id, overlay)? {
        Some(row) => tx.project(&row),
        None => tx.unproject(id),
    }
}

/// Every document of a kind at a place, as people see it, in the order of the ids; drafts and work without a
/// receipt as well.
pub fn documents(
    tx: &dyn Tx,
    place: PlaceId,
    kind: &kind::Kind,
    overlay: &Overlay,
) -> Result<Vec<(DocId, Values)>, StoreError> {
    let all = standings(tx, place, kind, overlay)?.into_iter();
    Ok(all.map(|(id, standing)| (id, standing.values)).collect())
}

/// As [`documents`], with who set each value.
pub fn standings(
    tx: &dyn Tx,
    place: PlaceId,
    kind: &Kind,
    overlay: &Overlay,
) -> Result<Vec<(DocId, Standing)>, StoreError> {
    let scope = scope_of(place, kind.lane);
    let mut ids = records::docs_of(tx, scope, kind.number)?;
    let waiting = overlay.kinds.iter();
    ids.extend(
        waiting
            .filter(|(_, at)| **at == (scope, kind.number))
            .map(|(id, _)| *id),
    );
    let mut list = Vec::new();
    for id in ids {
        let there = standing(tx, id, overlay)?;
        list.extend(
            there
                .filter(|(of, _)| of.number == kind.number)
                .map(|(_, s)| (id, s)),
        );
    }
    Ok(list)
}

/// The projection row that a document should have.
pub fn row(
    tx: &dyn Tx,
    tree: &Tree,
    id: DocId,
    overlay: &Overlay,
) -> Result<Option<Row>, StoreError> {
    let Some(shown) = shown(tx, id, overlay)? else {
        return Ok(None);
    };
    let Some((place, _)) = tree.of_scope(shown.scope) else {
        return Ok(None);
    };
    let values = document::values(&shown.doc, None);
    let text_of = |name: &str| values.get(name).map(document::Value::shown);
    let title = text_of(shown.kind.title).unwrap_or_default();
    let sort = match shown.kind.field(shown.kind.title).map(|f| f.kind) {
        Some(kind::FieldType::Name) => roll_key(&title, text_of("sort_name").as_deref()),
        _ => title.as_bytes().to_vec(),
    };
    let json: serde_json::Map<String, serde_json::Value> = values
        .into_iter()
        .map(|(path, value)| (path, json_of(value)))
        .collect();
    Ok(Some(Row {
        doc: id,
        scope: shown.scope,
        place,
        kind: shown.kind.number,
        folded: text::fold(&title),
        title,
        sort,
        json: serde_json::Value::Object(json).to_string(),
        conflicts: u32::try_from(document::conflicts(&shown.doc).len()).unwrap_or(u32::MAX),
        pending: shown.pending,
    }))
}

/// The key by which a name stands in a roll.
fn roll_key(name: &str, sort_name: Option<&str>) -> Vec<u8> {
    static ORDER: OnceLock<Option<RollOrder>> = OnceLock::new();
    let sort_name = sort_name.filter(|s| !s.is_empty());
    match ORDER.get_or_init(RollOrder::vietnamese) {
        Some(order) => order.sort_key(name, sort_name),
        None => text::fold(sort_name.unwrap_or(name)).into_bytes(),
    }
}

fn json_of(value: document::Value) -> serde_json::Value {
    match value {
        document::Value::Cleared => serde_json::Value::Null,
        document::Value::Text(t) => t.into(),
        document::Value::Count(n) => n.into(),
        document::Value::YesNo(b) => b.into(),
    }
}

/// The values of the document that a projection row was made from, winners where several stand.
pub fn values_of(row: &Row) -> document::Values {
    let json: serde_json::Map<_, _> = serde_json::from_str(&row.json).unwrap_or_default();
    let value = |json: serde_json::Value| match json {
        serde_json::Value::String(t) => document::Value::Text(t),
        serde_json::Value::Bool(b) => document::Value::YesNo(b),
        serde_json::Value::Number(n) => document::Value::Count(n.as_i64().unwrap_or_default()),
        // Nothing else is written by `json_of`.
        _ => document::Value::Cleared,
    };
    json.into_iter()
        .map(|(path, json)| (path, value(json)))
        .collect()
}

/// Drops the projection and makes it again from the documents. Returns how many rows there are.
pub fn rebuild(tx: &mut dyn Tx, tree: &Tree) -> Result<usize, StoreError> {
    tx.clear_projection()?;
    let overlay = Overlay::of(tx)?;
    let ids = all_docs(tx, &overlay)?;
    for id in &ids {
        project(tx, tree, *id, &overlay)?;
    }
    Ok(ids.len())
}

/// Every document that may have a projection row.
pub fn all_docs(tx: &dyn Tx, overlay: &Overlay) -> Result<BTreeSet<DocId>, StoreError> {
    let mut ids: BTreeSet<DocId> = overlay.docs().collect();
    ids.extend(records::drafts(tx)?.into_iter().map(|(id, _)| id));
    let mut after = None;
    loop {
        let page = records::docs_after(tx, after, 256)?;
        let Some((last, _)) = page.last() else {
            return Ok(ids);
        };
        after = Some(*last);
        ids.extend(page.iter().map(|(id, _)| *id));
    }
}

// ---- digests --------------------------------------------------------------------------------

/// The digest of a view's chains: equal where the same entries were taken in.
pub fn digest(tx: &dyn Tx, tree: &Tree, view: View) -> Result<Hash, StoreError> {
    view.digest(tree, &mut |scope| Ok(records::scope(tx, scope)?.chain))
}

/// The digest of the state: sorted heads and canonical content of every stored document of these
/// scopes (`None`: all), whatever the order in which changes came; and how many documents there are.
pub fn state_digest(
    tx: &dyn Tx,
    scopes: Option<&BTreeSet<ScopeId>>,
) -> Result<(Hash, usize), StoreError> {
    let mut ids = Vec::new();
    match scopes {
        Some(scopes) => {
            for scope in scopes {
                ids.extend(records::scope_docs(tx, *scope, None)?);
            }
        }
        None => {
            let mut after = None;
            loop {
                let page = records::docs_after(tx, after, 256)?;
                let Some((last, _)) = page.last() else { break };
                after = Some(*last);
                ids.extend(page.iter().map(|(id, _)| *id));
            }
        }
    }
    ids.sort_unstable();
    let mut hasher = Hasher::new("chibo/state/1");
    for id in &ids {
        let Some(row) = records::doc(tx, *id)? else {
            continue;
        };
        let content = document::canonical(&document::load(&row.bytes)?);
        hasher = hasher
            .part(&id.0)
            .part(&row.scope.0)
            .number(row.kind.into())
            .part(&content);
    }
    Ok((hasher.hash(), ids.len()))
}
