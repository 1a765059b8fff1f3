//! Writing: drafts, and the segments that they are sealed into.
//!
//! An edit is first a *draft*: the last value of each path, and the heads that its author had before
//! them. Several edits of a document become one change. [`seal`] turns all drafts into segments, one
//! for each scope, signs them and stores them before anything can leave. Until then an edit can be
//! undone without a trace.
//!
//! Work that cannot go on under its feed (refused, forked, or restored from a backup) becomes drafts
//! again by [`unsay`], and is said again under a new feed: nothing is lost, and no number is used twice.
//!
//! Does not know: the network, verdicts. Randomness and time are passed in.

mod again;
mod clock;
mod correction;
mod earlier;
mod letter;
mod otherwise;

pub use again::{Gone, begin_anew, leave_key, unsay, unsay_all};
pub(crate) use otherwise::{otherwise, say_otherwise};

use crate::access;
use crate::case::{self, CaseError, Who};
use crate::caution::{self, Warning};
use crate::decided;
use crate::document::{self, DocumentError, Values};
use crate::domain::contest;
use crate::domain::look::{self, Look};
use crate::elsewhere;
use crate::feed::verify::FeedHead;
use crate::feed::{Basis, Opens, SealedChange, Segment, SignedSegment, Spot, feed_id};
use crate::field::FieldError;
use crate::forget;
use crate::id::{DocId, FeedId, Hash, LogId, PersonId, Salt, ScopeId, hex};
use crate::identity::{Grant, SecretKey};
use crate::kind::{self, Kind};
use crate::limits;
use crate::place::{PlaceKind, Role, scope_of};
use crate::records::{self, DocRow, DraftRow, FeedRow, PlaceRow, SegmentRow, SegmentState};
use crate::replica::{self, Overlay};
use crate::store::{StoreError, Table, Tx};
use crate::time::{Claimed, Timestamp};
use crate::tree::{Placed, Tree, TreeError};
use automerge::ChangeHash;
use rand_core::RngCore;
use std::collections::BTreeMap;

/// Who writes here: a device key and the grant that it uses.
#[derive(Debug, Clone)]
pub struct Author {
    /// The device's key.
    pub key: SecretKey,
    /// The log that its grant stands in.
    pub log: LogId,
    /// Entry number of the grant.
    pub grant: u64,
    /// Hash of the grant.
    pub grant_hash: Hash,
    /// The role.
    pub role: Role,
    /// The place that the role is granted on.
    pub place: crate::id::PlaceId,
    /// The person behind it.
    pub person: PersonId,
    /// When the grant ends; zero: no term.
    pub end: Timestamp,
}

impl Author {
    /// Who writes with this key under the grant in entry `n`.
    pub fn new(key: SecretKey, log: LogId, n: u64, grant: &Grant) -> Self {
        Author {
            key,
            log,
            grant: n,
            grant_hash: grant.hash(),
            role: grant.role,
            place: grant.place,
            person: grant.person,
            end: grant.end,
        }
    }
}

/// Why an edit was not taken. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// The person's role does not write this kind of document here.
    #[error("this role does not write such records here")]
    NotAllowed,
    /// This device's grant has ended: it shows and records nothing any more.
    #[error("this device's grant has ended")]
    Ended,
    /// The place is on its way to another node, which decides what is written in it from then on.
    #[error("the place is being handed over to another node")]
    HandedOver,
    /// The place is not known on this device.
    #[error("the place is not known on this device")]
    UnknownPlace,
    /// The place cannot stand there.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// The values do not fit.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The document was erased: nothing is written in it any more.
    #[error("this record was erased")]
    Erased,
    /// A formal decision about its own author, or what was decided about them in their record ([`crate::decided`]).
    #[error("nobody records a decision about themself")]
    AboutThemself,
    /// The case does not allow this act now.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// What the act would write in a record does not fit its field.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What came of an edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditOutcome {
    /// The document.
    pub doc: DocId,
    /// Whether anything changed at all.
    pub changed: bool,
    /// Whether the document is so large that a successor should be begun.
    pub nearly_full: bool,
    /// What of the texts that were written does not belong here; it was written all the same.
    pub warnings: Vec<Warning>,
}

/// The document that is edited: where it lies and how its id is made.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its scope.
    pub scope: ScopeId,
    /// Its kind.
    pub kind: &'static Kind,
    /// Its id.
    pub doc: DocId,
}

impl Target {
    /// The document of this kind and natural key at a place.
    pub fn at(place: crate::id::PlaceId, kind: &'static Kind, key: &[u8]) -> Self {
        let scope = scope_of(place, kind.lane);
        Target {
            scope,
            kind,
            doc: document::doc_id(scope, kind, key),
        }
    }
}

/// Puts edits into the document's draft.
pub fn edit(
    tx: &mut dyn Tx,
    tree: &Tree,
    author: &Author,
    target: Target,
    edits: &Values,
    now: Timestamp,
    rng: &mut dyn RngCore,
) -> Result<EditOutcome, EditError> {
    let followed = otherwise::follow(tx, tree, target, rng)?;
    let (target, edits) = (followed.target, &*followed.values(edits));
    let (place, _) = tree.of_scope(target.scope).ok_or(EditError::UnknownPlace)?;
    let place_kind = tree.get(place).ok_or(EditError::UnknownPlace)?.kind;
    if records::away(tx, &place.0)?.is_some() {
        return Err(EditError::HandedOver);
    }
    if !access::writes(author.role, target.kind)
        || !target.kind.place.contains(&place_kind)
        || !tree.reaches(author.place, place, target.kind.edge)
    {
        return Err(EditError::NotAllowed);
    }
    if forget::is_erased(tx, target.scope, target.doc)? {
        return Err(EditError::Erased);
    }
    let who = Who {
        role: author.role,
        person: author.person,
        place,
    };
    if target.kind.formal && who.is_about_themself() {
        return Err(EditError::AboutThemself);
    }
    let mut base = base(tx, target)?;
    if who.is_about_themself() && decided::edits(target.kind, &base, edits) {
        return Err(EditError::AboutThemself);
    }
    let mut heads = document::ends(&base);
    let old = records::draft(tx, target.doc)?;
    let mut values = Values::new();
    let mut replaces = None;
    if let Some(old) = old {
        let same = heads.iter().map(|h| h.0).eq(old.heads.iter().copied());
        if same {
            values = old.values;
            replaces = old.replaces;
        } else {
            // Others' work has come since the draft was begun. What was written before it and what
            // is written after it are two changes, or the second would pretend that the first knew.
            seal_docs(tx, tree, author, vec![(target.doc, old)], now, rng)?;
            base = self::base(tx, target)?;
            heads = document::ends(&base);
        }
    }
    values.extend(edits.iter().map(|(p, v)| (p.clone(), v.clone())));
    earlier::keep(target.kind, &base, edits, &mut values);
    let tried = document::edit(
        &base,
        target.kind,
        &values,
        FeedId([0xff; 16]),
        &heads,
        now.0,
    )?;
    let outcome = match &tried {
        Some(edited) => {
            let most = document::most_cells(target.kind, author.role);
            if document::outgrows(&edited.doc, &base, target.kind, most) {
                let (bytes, limit) = (most + 1, most);
                return Err(DocumentError::Full { bytes, limit }.into());
            }
            if target.kind.case.is_some() || target.kind.is_signed() || target.kind.append_only {
                let before = document::values(&base, None);
                let after = document::values(&edited.doc, None);
                case::check(target.kind, &before, &after, &who)?;
                for record in contest::records_of(target.kind, &after) {
                    if let Some((_, record)) = replica::kind_of(tx, record)? {
                        contest::fits(target.kind, record, &before, &after)?;
                    }
                }
                if !document::signer_is(target.kind, &before, &after, who.person) {
                    return Err(EditError::NotAllowed);
                }
                let paths = edits.keys().cloned().collect();
                if replica::completes_anothers(tx, target.kind, &base, &before, &paths, &who)? {
                    return Err(DocumentError::AppendOnly.into());
                }
            }
            records::put_draft(
                tx,
                target.doc,
                &DraftRow {
                    scope: target.scope,
                    kind: target.kind.number,
                    heads: heads.iter().map(|h| h.0).collect(),
                    values,
                    replaces,
                },
            )?;
            EditOutcome {
                doc: target.doc,
                changed: true,
                nearly_full: edited.nearly_full,
                warnings: {
                    let mut warnings = caution::warnings(target.kind, edits);
                    if let Some(today) = now.day_in_vietnam()
                        && !target.kind.watches.is_empty()
                    {
                        let after = document::values(&edited.doc, None);
                        let rules = clock::regulations(tx, tree)?;
                        let of = caution::unusual(target.kind, edits, &after, &rules, today);
                        warnings.extend(of);
                    }
                    warnings
                },
            }
        }
        None => {
            records::drop_draft(tx, target.doc)?;
            otherwise::forget(tx, target.doc)?;
            EditOutcome {
                doc: target.doc,
                changed: false,
                nearly_full: false,
                warnings: Vec::new(),
            }
        }
    };
    let overlay = Overlay::of(tx)?;
    replica::project(tx, tree, target.doc, &overlay)?;
    Ok(outcome)
}

/// A place that is made: which one, of what kind, below which.
pub type NewPlace = (crate::id::PlaceId, PlaceKind, crate::id::PlaceId);

/// Makes places and puts edits into drafts, in one transaction: all or nothing. `progress` hears how many edits are done.
pub fn edit_many(
    tx: &mut dyn Tx,
    tree: &mut Tree,
    author: &Author,
    (places, edits): (&[NewPlace], &[(Target, Values)]),
    now: Timestamp,
    rng: &mut dyn RngCore,
    progress: &mut dyn FnMut(usize),
) -> Result<Vec<EditOutcome>, EditError> {
    for (place, kind, parent) in places {
        open_place(tx, tree, author, *place, *kind, *parent)?;
    }
    let mut outcomes = Vec::with_capacity(edits.len());
    for (target, values) in edits {
        outcomes.push(edit(tx, tree, author, *target, values, now, rng)?);
        progress(outcomes.len());
    }
    Ok(outcomes)
}

/// Something that is done in a case: which act, on which (with [`case::KEEP`] and [`case::CANCEL`]), and what is
/// said with it, by field.
#[derive(Debug, Clone, Copy)]
pub struct Doing<'a> {
    /// The act's name.
    pub act: &'a str,
    /// The act that is kept or cancelled; `None`: the last.
    pub about: Option<&'a str>,
    /// Its fields.
    pub said: &'a Values,
}

/// Does an act in a case: as [`edit`], after what has a receipt and this author's own work. Where a clock of the
/// case is over, it says why; a letter for a unit of the same node is told there as well, and what the answer to a
/// contest mends is mended.
pub fn act(
    tx: &mut dyn Tx,
    tree: &Tree,
    author: &Author,
    target: Target,
    doing: Doing,
    now: Timestamp,
    rng: &mut dyn RngCore,
) -> Result<EditOutcome, EditError> {
    let (place, _) = tree.of_scope(target.scope).ok_or(EditError::UnknownPlace)?;
    let who = Who {
        role: author.role,
        person: author.person,
        place,
    };
    let followed = otherwise::follow(tx, tree, target, rng)?;
    let target = followed.target;
    let doing = Doing {
        about: doing.about.map(|id| followed.id(id)),
        ..doing
    };
    let mut values = document::values(&base(tx, target)?, None);
    values.extend(
        records::draft(tx, target.doc)?
            .map(|d| d.values)
            .unwrap_or_default(),
    );
    let mut id = [0; 8];
    rng.fill_bytes(&mut id);
    let (kind, id) = (target.kind, hex(&id));
    let mut said = doing.said.clone();
    // A contest repeats nothing for people who may not read what it is about.
    let named = contest::records_of(kind, &values).into_iter();
    let named: Vec<DocId> = named.chain(contest::named(kind, &said)).collect();
    for record in named {
        if let Some((scope, of)) = replica::kind_of(tx, record)? {
            if contest::named(kind, &said) == Some(record)
                && !elsewhere::concerns(tx, tree, place, (record, scope))?
            {
                return Err(EditError::Case(CaseError::NotAllowed));
            }
            contest::strip(kind, of, &mut said);
        }
    }
    let edits = case::act(kind, &values, doing.act, doing.about, &said, &id, &who)?;
    let mut after = values.clone();
    after.extend(edits.clone());
    clock::allows(tx, tree, (kind, place), doing.act, (&values, &after), now)?;
    let outcome = edit(tx, tree, author, target, &edits, now, rng)?;
    let did = (doing, &values);
    letter::pass_on(tx, tree, author, (target, place), did, now, rng)?;
    correction::follows(tx, tree, author, (kind, place), did, now, rng)?;
    Ok(outcome)
}

/// Notes that this author looked at a place's record, if such a look of theirs is noted at all
/// ([`crate::domain::look`]). Returns whether it was.
pub fn note_look(
    tx: &mut dyn Tx,
    tree: &Tree,
    author: &Author,
    place: crate::id::PlaceId,
    look: Look,
    now: Timestamp,
    rng: &mut dyn RngCore,
) -> Result<bool, EditError> {
    let kind = tree.get(place).ok_or(EditError::UnknownPlace)?.kind;
    let on = now.day_in_vietnam().ok_or(EditError::NotAllowed)?;
    let mut target = look::target(place, kind, on);
    if !look.is_noted(author.role) || !access::writes(author.role, target.kind) {
        return Ok(false);
    }
    let grant = records::grant(tx, author.grant)?;
    let mandate = grant.map(|g| g.mandate).unwrap_or_default();
    for n in 1..=document::MOST_OF_A_KEY {
        target = look::target_of(place, kind, on, n);
        let stands = document::values(&base(tx, target)?, None);
        let values = look::note(look, on, author, &mandate, &stands);
        match edit(tx, tree, author, target, &values, now, rng) {
            // Somebody may fill a log so that nothing is noted in it.
            Err(EditError::Document(DocumentError::Full { .. })) => {}
            noted => return Ok(noted?.changed),
        }
    }
    let (bytes, limit) = (limits::ENTRIES, limits::ENTRIES);
    Err(DocumentError::Full { bytes, limit }.into())
}

fn base(tx: &dyn Tx, target: Target) -> Result<automerge::Automerge, StoreError> {
    Ok(match records::doc(tx, target.doc)? {
        Some(row) => document::load(&row.bytes)?,
        None => document::genesis(target.kind),
    })
}

/// Takes a draft back: the document is as it was before its unsealed edits. A place that was opened
/// for it and of which nothing is left goes too.
pub fn undo(tx: &mut dyn Tx, tree: &mut Tree, doc: DocId) -> Result<bool, StoreError> {
    let Some(draft) = records::draft(tx, doc)? else {
        return Ok(false);
    };
    records::drop_draft(tx, doc)?;
    otherwise::forget(tx, doc)?;
    let overlay = Overlay::of(tx)?;
    replica::project(tx, tree, doc, &overlay)?;
    if let Some((place, _)) = tree.of_scope(draft.scope)
        && let Some(placed) = tree.get(place).filter(|p| p.birth == 0)
    {
        let scopes: Vec<ScopeId> = placed
            .kind
            .lanes()
            .iter()
            .map(|l| scope_of(place, *l))
            .collect();
        let mut used = records::drafts(tx)?
            .iter()
            .any(|(_, d)| scopes.contains(&d.scope));
        for scope in &scopes {
            used |= !records::scope_docs(tx, *scope, None)?.is_empty();
        }
        // Work without a receipt that another brought, or that waits for what it builds on.
        used |= overlay.scopes().any(|scope| scopes.contains(&scope));
        if !used {
            tx.delete(Table::Place, &place.0)?;
            tree.remove(place);
        }
    }
    Ok(true)
}

/// Makes a new place here; the first segment about it tells the node.
pub fn open_place(
    tx: &mut dyn Tx,
    tree: &mut Tree,
    author: &Author,
    place: crate::id::PlaceId,
    kind: PlaceKind,
    parent: crate::id::PlaceId,
) -> Result<(), EditError> {
    if !access::opens(author.role, kind) || !tree.is_within(parent, author.place) {
        return Err(EditError::NotAllowed);
    }
    if records::away(tx, &parent.0)?.is_some() {
        return Err(EditError::HandedOver);
    }
    tree.check(place, kind, Some(parent))?;
    let placed = Placed {
        kind,
        parent: Some(parent),
        host: None,
        birth: 0,
    };
    records::put_place(tx, place, &PlaceRow { placed, changed: 0 })?;
    tree.put(place, placed);
    Ok(())
}

/// Seals all drafts into segments. Returns how many segments were made.
pub fn seal(
    tx: &mut dyn Tx,
    tree: &Tree,
    author: &Author,
    now: Timestamp,
    rng: &mut dyn RngCore,
) -> Result<Vec<SignedSegment>, EditError> {
    let drafts = records::drafts(tx)?;
    seal_docs(tx, tree, author, drafts, now, rng)
}

/// Drafts with the documents that they are of.
pub(crate) type Drafts = Vec<(DocId, DraftRow)>;

pub(crate) fn seal_docs(
    tx: &mut dyn Tx,
    tree: &Tree,
    author: &Author,
    drafts: Drafts,
    now: Timestamp,
    rng: &mut dyn RngCore,
) -> Result<Vec<SignedSegment>, EditError> {
    // One segment for each scope and each feed whose acts are said again.
    let mut groups: BTreeMap<(ScopeId, Option<Spot>, Option<DocId>), Drafts> = BTreeMap::new();
    let mut touched = Vec::new();
    for (doc, draft) in drafts {
        touched.push(doc);
        let (doc, draft, is_alone) = otherwise::said(tx, doc, draft, rng)?;
        touched.push(doc);
        groups
            .entry((draft.scope, draft.replaces, is_alone.then_some(doc)))
            .or_default()
            .push((doc, draft));
    }
    let mut sealed = Vec::new();
    if groups.is_empty() {
        return Ok(sealed);
    }
    let seen = seen(tx)?;
    for ((scope, replaces, _), group) in groups {
        let mut rest = group.into_iter().peekable();
        while rest.peek().is_some() {
            let (feed, mut row) = own_feed(tx, author, scope, rng)?;
            let mut changes = Vec::new();
            let mut bytes = 0;
            while changes.len() < limits::SEGMENT_CHANGES
                && bytes + limits::CHANGE_BYTES < limits::SEGMENT_BYTES
            {
                let Some((doc, draft)) = rest.next() else {
                    break;
                };
                touched.push(doc);
                records::drop_draft(tx, doc)?;
                let Some(change) = change_of(tx, feed, doc, &draft, now, rng)? else {
                    continue;
                };
                bytes += change.change.len();
                changes.push(change);
            }
            if changes.is_empty() {
                continue;
            }
            let position = records::position(tx)?;
            let segment = Segment {
                feed,
                n: row.head.n + 1,
                scope,
                basis: Basis {
                    log: author.log,
                    epoch: position.epoch,
                    n: position.n,
                },
                prev: row.head.hash,
                grant: author.grant_hash,
                time: Claimed(now),
                nonce: row.nonce,
                opens: opens(tree, scope),
                replaces,
                seen: seen.get(&scope).cloned().unwrap_or_default(),
                changes,
                forgotten: Vec::new(),
            }
            .signed(&author.key);
            row.head = FeedHead {
                n: segment.unproven().n,
                hash: segment.hash(),
            };
            records::put_feed(tx, feed, &row)?;
            records::put_segment(
                tx,
                Spot {
                    feed,
                    n: row.head.n,
                },
                &SegmentRow {
                    state: SegmentState::Unsent,
                    hash: segment.hash(),
                    bytes: segment.to_bytes(),
                },
            )?;
            let sealed_so_far = records::meta_number(tx, SEALED)?;
            records::set_meta_number(tx, SEALED, sealed_so_far + 1)?;
            sealed.push(segment);
        }
    }
    let overlay = Overlay::of(tx)?;
    for doc in touched {
        // A document of a place that went to others was kept for its draft's sake only.
        if let Some(row) = records::doc(tx, doc)?
            && tree.of_scope(row.scope).is_none()
        {
            records::drop_doc(tx, row.scope, doc)?;
        }
        replica::project(tx, tree, doc, &overlay)?;
    }
    Ok(sealed)
}

/// The setting that counts segments ever sealed here; a copy outside the database shows a restored
/// backup (rule 8).
pub const SEALED: &str = "sealed";

fn own_feed_name(scope: ScopeId) -> String {
    format!("own-feed/{scope}")
}

/// Whether this store may still write in a feed of its own: it is the one in use, or not known.
pub fn may_write(tx: &dyn Tx, scope: ScopeId, feed: FeedId) -> Result<bool, StoreError> {
    let in_use = records::meta(tx, &own_feed_name(scope))?.as_deref() == Some(&feed.0);
    Ok(in_use || records::feed(tx, feed)?.is_none())
}

/// The feed that this author writes in a scope, begun if there is none that goes on.
fn own_feed(
    tx: &mut dyn Tx,
    author: &Author,
    scope: ScopeId,
    rng: &mut dyn RngCore,
) -> Result<(FeedId, FeedRow), StoreError> {
    let name = own_feed_name(scope);
    if let Some(id) = records::meta(tx, &name)?.and_then(|b| FeedId::from_slice(&b))
        && let Some(row) = records::feed(tx, id)?
        && !row.ended
        && row.key == author.key.public()
    {
        return Ok((id, row));
    }
    let mut nonce = [0; 8];
    rng.fill_bytes(&mut nonce);
    let id = feed_id(&author.key.public(), scope, &nonce);
    let row = FeedRow {
        scope,
        key: author.key.public(),
        nonce,
        head: FeedHead::NONE,
        ended: false,
        grant: author.grant,
        judged: 0,
    };
    records::put_feed(tx, id, &row)?;
    records::set_meta(tx, &name, &id.0)?;
    Ok((id, row))
}

fn change_of(
    tx: &mut dyn Tx,
    feed: FeedId,
    doc: DocId,
    draft: &DraftRow,
    now: Timestamp,
    rng: &mut dyn RngCore,
) -> Result<Option<SealedChange>, EditError> {
    let Some(kind) = kind::by_number(draft.kind) else {
        return Ok(None);
    };
    let base = match records::doc(tx, doc)? {
        Some(row) => document::load(&row.bytes).map_err(StoreError::from)?,
        None => document::genesis(kind),
    };
    // Work that it stood on may have gone with an epoch's cut: it is said over what is left of that, at
    // the least beside what stands, never instead of it.
    let mut heads: Vec<ChangeHash> = (draft.heads.iter())
        .map(|h| ChangeHash(*h))
        .filter(|h| base.get_change_meta_by_hash(h).is_some())
        .collect();
    if heads.is_empty() {
        heads = document::genesis(kind).get_heads();
    }
    // Whatever it stands on, a feed's next change builds on its last.
    let unseen = base.get_changes(&heads);
    let of_feed = |c: &&automerge::Change| c.actor_id().to_bytes() == feed.0.as_slice();
    if let Some(last) = unseen.iter().filter(of_feed).max_by_key(|c| c.seq()) {
        heads.push(last.hash());
        heads.sort_unstable();
    }
    let Some(edited) = document::edit(&base, kind, &draft.values, feed, &heads, now.0)? else {
        return Ok(None);
    };
    records::put_doc(
        tx,
        doc,
        &DocRow {
            scope: draft.scope,
            kind: draft.kind,
            bytes: edited.doc.save_nocompress(),
        },
    )?;
    let salt = match records::salt(tx, feed, doc)? {
        Some((salt, _)) => salt,
        None => {
            let salt = Salt::random(rng);
            records::put_salt(tx, feed, doc, salt, 0)?;
            salt
        }
    };
    Ok(Some(SealedChange {
        doc,
        kind: draft.kind,
        salt,
        change: edited.change,
    }))
}

fn opens(tree: &Tree, scope: ScopeId) -> Option<Opens> {
    let (place, _) = tree.of_scope(scope)?;
    let placed = tree.get(place)?;
    let opened = placed.birth == 0 && placed.kind != PlaceKind::Placement;
    opened.then_some(Opens {
        place,
        kind: placed.kind,
        parent: placed.parent?,
    })
}

/// Others' work without a receipt that lies here, by scope. Read once, however many segments are sealed: what is sealed
/// meanwhile is none of it.
fn seen(tx: &dyn Tx) -> Result<BTreeMap<ScopeId, Vec<Spot>>, StoreError> {
    let mut seen: BTreeMap<ScopeId, Vec<Spot>> = BTreeMap::new();
    for waiting in records::waiting_changes(tx)? {
        let of = seen.entry(waiting.scope).or_default();
        if waiting.foreign && of.len() < limits::SEGMENT_CHANGES {
            of.push(waiting.spot);
        }
    }
    Ok(seen)
}
