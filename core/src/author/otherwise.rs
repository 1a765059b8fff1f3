//! Work that was refused, and in which nothing is wrong: it is said again, otherwise.
//!
//! What is exchanged hand to hand is read before the node has it. Whoever reads it there can begin a document, or an entry of one,
//! under the same id before its author does: then the author's is refused, as another's to say. Their device says it again under
//! an id that nobody has seen, and the other's stands for itself. And one segment holds all that was said in a scope at a time: of a
//! refused one each document is said again alone, so that only what is refused for itself stays refused.

use crate::document::{self, Containers, Value};
use crate::feed::{SignedSegment, change_hash};
use crate::id::{DocId, PublicKey, hex, random16};
use crate::kind::{self, Key, Kind};
use crate::records::{self, DraftRow};
use crate::store::{StoreError, Tx};
use automerge::{Automerge, Change, ChangeHash, ReadDoc};
use rand_core::RngCore;
use std::collections::{BTreeMap, BTreeSet};

/// How something is said again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum How {
    /// As another document.
    Elsewhere,
    /// With other ids for these entries.
    Renamed(BTreeSet<String>),
    /// In a segment of its own.
    Alone,
}

/// Every document of a segment of this store's own that was refused and is to be said again otherwise; none if what it says is
/// refused for itself. The documents hold what others said, and the refused changes still.
pub(crate) fn otherwise(
    tx: &dyn Tx,
    signed: &SignedSegment,
    own: &BTreeSet<PublicKey>,
) -> Result<Vec<(DocId, How)>, StoreError> {
    let changes = &signed.unproven().changes;
    let mut taken = Vec::new();
    for c in changes {
        let kind = kind::by_number(c.kind);
        let hash = change_hash(&c.change).map(ChangeHash);
        let (Some(kind), Some(hash), Some(row)) = (kind, hash, records::doc(tx, c.doc)?) else {
            continue;
        };
        let loaded = document::load(&row.bytes)?;
        if let Some(change) = loaded.get_change_by_hash(&hash) {
            taken.extend(taken_first(tx, kind, &loaded, &change, own)?.map(|how| (c.doc, how)));
        }
    }
    if taken.is_empty() && changes.len() > 1 {
        return Ok(changes.iter().map(|c| (c.doc, How::Alone)).collect());
    }
    Ok(taken)
}

/// What of a change somebody else has said first under the same ids.
fn taken_first(
    tx: &dyn Tx,
    kind: &Kind,
    loaded: &Automerge,
    change: &Change,
    own: &BTreeSet<PublicKey>,
) -> Result<Option<How>, StoreError> {
    let genesis = document::genesis(kind).get_heads();
    let begins = |change: &Change| change.deps().iter().all(|hash| genesis.contains(hash));
    let containers = Containers::of(loaded);
    let seen = document::values(loaded, Some(change.deps()));
    let is_seen = |entry: &str| seen.keys().any(|path| entry_of(path) == Some(entry));
    let paths = document::paths_of(change, &containers);
    let mut new: BTreeSet<&str> = paths.iter().filter_map(|path| entry_of(path)).collect();
    new.retain(|entry| !is_seen(entry));
    let mut renamed = BTreeSet::new();
    for other in loaded.get_changes(&genesis) {
        let feed = document::author_of(other.actor_id());
        let feed = feed.map(|feed| records::feed(tx, feed)).transpose()?;
        if feed.flatten().is_none_or(|f| own.contains(&f.key)) {
            continue;
        }
        if kind.is_one_statement() && begins(change) && begins(&other) {
            return Ok(Some(How::Elsewhere));
        }
        let theirs = document::paths_of(&other, &containers);
        let theirs = theirs.iter().filter_map(|path| entry_of(path));
        renamed.extend(theirs.filter(|e| new.contains(e)).map(ToOwned::to_owned));
    }
    Ok((!renamed.is_empty()).then_some(How::Renamed(renamed)))
}

/// The entry in which a cell stands: `acts/1f/number` in `acts/1f`.
fn entry_of(path: &str) -> Option<&str> {
    let (entry, _) = path.rsplit_once('/')?;
    entry.contains('/').then_some(entry)
}

/// The setting that says how a draft is to be sealed.
fn name(doc: DocId) -> String {
    format!("otherwise/{doc}")
}

/// Has what is drafted of a document said so, when it is sealed; where nothing is left to be said, nothing.
pub(crate) fn say_otherwise(tx: &mut dyn Tx, doc: DocId, how: &How) -> Result<(), StoreError> {
    if records::draft(tx, doc)?.is_none() {
        return Ok(());
    }
    let said = match how {
        How::Elsewhere => "elsewhere".to_owned(),
        How::Alone => "alone".to_owned(),
        How::Renamed(entries) => entries.iter().cloned().collect::<Vec<_>>().join("\n"),
    };
    records::set_meta(tx, &name(doc), said.as_bytes())
}

/// Somebody took the draft back: what they write there next is said as they write it.
pub(super) fn forget(tx: &mut dyn Tx, doc: DocId) -> Result<(), StoreError> {
    records::drop_meta(tx, &name(doc))
}

/// A draft as it is to be sealed: of which document, and whether in a segment of its own.
pub(super) fn said(
    tx: &mut dyn Tx,
    doc: DocId,
    draft: DraftRow,
    rng: &mut dyn RngCore,
) -> Result<(DocId, DraftRow, bool), StoreError> {
    let Some(how) = records::meta(tx, &name(doc))? else {
        return Ok((doc, draft, false));
    };
    records::drop_meta(tx, &name(doc))?;
    match how.as_slice() {
        b"alone" => Ok((doc, draft, true)),
        b"elsewhere" => {
            records::drop_draft(tx, doc)?;
            Ok((another(tx, doc, &draft, rng)?, draft, false))
        }
        entries => {
            let entries = String::from_utf8_lossy(entries).into_owned();
            Ok((doc, with_other_ids(draft, &entries, rng), false))
        }
    }
}

/// The id of another document of the same scope and kind, in which what is drafted is begun.
fn another(
    tx: &dyn Tx,
    doc: DocId,
    draft: &DraftRow,
    rng: &mut dyn RngCore,
) -> Result<DocId, StoreError> {
    let Some(kind) = kind::by_number(draft.kind).filter(|kind| kind.key == Key::Natural) else {
        return Ok(document::doc_id_of(draft.scope, draft.kind, &random16(rng)));
    };
    // The second of a year is `2026.2`, as after one that was cancelled.
    let key = draft.values.get(kind.title).map(Value::shown);
    for n in 2..=9 {
        let key = format!("{}.{n}", key.as_deref().unwrap_or_default());
        let next = document::doc_id_of(draft.scope, draft.kind, key.as_bytes());
        if key.starts_with('.') {
            break;
        }
        if records::doc(tx, next)?.is_none() && records::draft(tx, next)?.is_none() {
            return Ok(next);
        }
    }
    Ok(doc)
}

/// The draft with new ids for these entries, where they stand and where another entry names them.
fn with_other_ids(draft: DraftRow, entries: &str, rng: &mut dyn RngCore) -> DraftRow {
    let mut ids: BTreeMap<&str, String> = BTreeMap::new();
    for entry in entries.lines() {
        if let Some((_, id)) = entry.split_once('/') {
            let new = hex(&random16(rng));
            ids.insert(id, new.chars().take(id.len()).collect());
        }
    }
    let word = |word: &str| ids.get(word).cloned().unwrap_or_else(|| word.to_owned());
    let path = |path: &str| path.split('/').map(word).collect::<Vec<_>>().join("/");
    let value = |value: &Value| match value {
        Value::Text(text) if text.split(' ').any(|t| ids.contains_key(t)) => {
            Value::Text(text.split(' ').map(word).collect::<Vec<_>>().join(" "))
        }
        other => other.clone(),
    };
    let values = draft.values.iter().map(|(p, v)| (path(p), value(v)));
    DraftRow {
        values: values.collect(),
        ..draft
    }
}
