//! Work that was refused, and in which nothing is wrong: it is said again, otherwise.
//!
//! What is exchanged hand to hand is read before the node has it. Whoever reads it there can begin a document, or an entry of one,
//! under the same id before its author does: then the author's is refused, as another's to say. Their device says it again under
//! an id that nobody has seen, and the other's stands for itself. And one segment holds all that was said in a scope at a time: of a
//! refused one each document is said again alone, so that only what is refused for itself stays refused.

use super::Target;
use crate::document::{self, Containers, Value, Values};
use crate::domain::succession;
use crate::feed::{SignedSegment, change_hash};
use crate::id::{DocId, FeedId, PersonId, PublicKey, ScopeId, hex, random16};
use crate::kind::{self, Field, Key, Kind, Part};
use crate::log::reason;
use crate::records::{self, DraftRow};
use crate::replica::{self, Overlay};
use crate::store::{StoreError, Tx};
use crate::tree::Tree;
use automerge::{Automerge, Change, ChangeHash, ReadDoc};
use rand_core::RngCore;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What is noted of a draft that is said as another document.
const ELSEWHERE: &[u8] = b"elsewhere";
/// What is noted of a draft that is said in a segment of its own.
const ALONE: &[u8] = b"alone";

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
/// refused for itself. The documents hold what others said, and the refused changes still. `reason`: the node's.
pub(crate) fn otherwise(
    tx: &dyn Tx,
    (feed, signed): (FeedId, &SignedSegment),
    own: &BTreeSet<PublicKey>,
    reason: u8,
) -> Result<Vec<(DocId, How)>, StoreError> {
    let changes = &signed.unproven().changes;
    let person = person_of(tx, feed)?;
    let mut taken = Vec::new();
    for c in changes {
        let kind = kind::by_number(c.kind);
        let hash = change_hash(&c.change).map(ChangeHash);
        let (Some(kind), Some(hash), Some(row)) = (kind, hash, records::doc(tx, c.doc)?) else {
            continue;
        };
        let loaded = document::load(&row.bytes)?;
        let Some(change) = loaded.get_change_by_hash(&hash) else {
            continue;
        };
        match taken_first(tx, kind, (&loaded, &change), own, person)? {
            // A letter is known by its id where it is to arrive, and of some keys there is an end.
            Some(How::Elsewhere) if matches!(kind.part, Part::Moves(_)) => {}
            Some(How::Elsewhere) if kind.key == Key::Natural => {
                let values = document::values(&loaded, Some(&[hash]));
                let is_free = next_free(tx, kind, row.scope, &values)?.is_some();
                taken.extend(is_free.then_some((c.doc, How::Elsewhere)));
            }
            how => taken.extend(how.map(|how| (c.doc, how))),
        }
    }
    // Any other reason is one against the segment, and holds against each part of it.
    if taken.is_empty() && changes.len() > 1 && reason >= reason::DOOR {
        return Ok(changes.iter().map(|c| (c.doc, How::Alone)).collect());
    }
    Ok(taken)
}

/// Who writes in a feed.
fn person_of(tx: &dyn Tx, feed: FeedId) -> Result<Option<PersonId>, StoreError> {
    let Some(row) = records::feed(tx, feed)? else {
        return Ok(None);
    };
    Ok(records::grant(tx, row.grant)?.map(|grant| grant.person))
}

/// What of a change somebody else has said first under the same ids, where that keeps the change out.
fn taken_first(
    tx: &dyn Tx,
    kind: &Kind,
    (loaded, change): (&Automerge, &Change),
    own: &BTreeSet<PublicKey>,
    person: Option<PersonId>,
) -> Result<Option<How>, StoreError> {
    let genesis = document::genesis(kind).get_heads();
    let begins = |change: &Change| change.deps().iter().all(|hash| genesis.contains(hash));
    let containers = Containers::of(loaded);
    let seen = document::values(loaded, Some(change.deps()));
    let is_seen = |entry: &str| seen.keys().any(|path| entry_of(path) == Some(entry));
    // Of others two may say something in one entry, as of a paper in a dossier: its id says which it is.
    let is_kept = |entry: &&str| {
        let field = entry.split('/').next().and_then(|name| kind.field(name));
        kind.append_only || field.is_some_and(Field::is_signed)
    };
    let paths = document::paths_of(change, &containers);
    let entries = paths.iter().filter_map(|path| entry_of(path));
    let mut new: BTreeSet<&str> = entries.filter(is_kept).collect();
    new.retain(|entry| !is_seen(entry));
    let mut renamed = BTreeSet::new();
    for other in loaded.get_changes(&genesis) {
        let Some(feed) = document::author_of(other.actor_id()) else {
            continue;
        };
        let is_own = records::feed(tx, feed)?.is_none_or(|f| own.contains(&f.key));
        // What the same person said on another device keeps nothing of theirs out.
        if is_own || (person.is_some() && person_of(tx, feed)? == person) {
            continue;
        }
        if kind.is_one_statement() && begins(change) && begins(&other) {
            return Ok(Some(How::Elsewhere));
        }
        let theirs = document::paths_of(&other, &containers);
        let theirs = theirs.iter().filter_map(|path| entry_of(path));
        let theirs = theirs.filter(|entry| new.contains(entry));
        renamed.extend(theirs.map(|entry| succession::side_of(kind, entry)));
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
        How::Elsewhere => ELSEWHERE.to_vec(),
        How::Alone => ALONE.to_vec(),
        How::Renamed(entries) => {
            let entries: Vec<&str> = entries.iter().map(String::as_str).collect();
            entries.join("\n").into_bytes()
        }
    };
    records::set_meta(tx, &name(doc), &said)
}

/// Somebody took the draft back: what they write there next is said as they write it.
pub(super) fn forget(tx: &mut dyn Tx, doc: DocId) -> Result<(), StoreError> {
    records::drop_meta(tx, &name(doc))
}

/// Where an edit goes, and under which ids: as what it adds to is said otherwise, it is as well.
#[derive(Debug)]
pub(super) struct Followed {
    /// The document.
    pub target: Target,
    ids: BTreeMap<String, String>,
}

impl Followed {
    /// Values with the ids that take the place of others.
    pub fn values<'a>(&self, values: &'a Values) -> Cow<'a, Values> {
        match self.ids.is_empty() {
            true => Cow::Borrowed(values),
            false => Cow::Owned(with_ids(values, &self.ids)),
        }
    }

    /// The id of an entry.
    pub fn id<'a>(&'a self, id: &'a str) -> &'a str {
        self.ids.get(id).map_or(id, String::as_str)
    }
}

/// Says a draft that waits otherwise now, before somebody adds to it: else what is added would stand in the other's.
pub(super) fn follow(
    tx: &mut dyn Tx,
    tree: &Tree,
    target: Target,
    rng: &mut dyn RngCore,
) -> Result<Followed, StoreError> {
    let unchanged = Followed {
        target,
        ids: BTreeMap::new(),
    };
    let old = target.doc;
    let is_alone = |how: &Vec<u8>| how.as_slice() == ALONE;
    if (records::meta(tx, &name(old))?).is_none_or(|how| is_alone(&how)) {
        return Ok(unchanged);
    }
    let Some(draft) = records::draft(tx, old)? else {
        return Ok(unchanged);
    };
    let Otherwise {
        doc, draft, ids, ..
    } = turned(tx, old, draft, rng)?;
    records::drop_draft(tx, old)?;
    records::put_draft(tx, doc, &draft)?;
    let overlay = Overlay::of(tx)?;
    replica::project(tx, tree, old, &overlay)?;
    replica::project(tx, tree, doc, &overlay)?;
    Ok(Followed {
        target: Target { doc, ..target },
        ids,
    })
}

/// A draft as it is to be sealed: of which document, and whether in a segment of its own.
pub(super) fn said(
    tx: &mut dyn Tx,
    old: DocId,
    draft: DraftRow,
    rng: &mut dyn RngCore,
) -> Result<(DocId, DraftRow, bool), StoreError> {
    let turned = turned(tx, old, draft, rng)?;
    if turned.doc != old {
        records::drop_draft(tx, old)?;
    }
    Ok((turned.doc, turned.draft, turned.is_alone))
}

/// A draft as it is said otherwise.
struct Otherwise {
    doc: DocId,
    draft: DraftRow,
    /// The ids that take the place of others.
    ids: BTreeMap<String, String>,
    is_alone: bool,
}

/// Turns a draft into what it is to be, if it is noted so; that is done once.
fn turned(
    tx: &mut dyn Tx,
    doc: DocId,
    draft: DraftRow,
    rng: &mut dyn RngCore,
) -> Result<Otherwise, StoreError> {
    let as_it_is = Otherwise {
        doc,
        draft,
        ids: BTreeMap::new(),
        is_alone: false,
    };
    let Some(how) = records::meta(tx, &name(doc))? else {
        return Ok(as_it_is);
    };
    records::drop_meta(tx, &name(doc))?;
    Ok(match how.as_slice() {
        ALONE => Otherwise {
            is_alone: true,
            ..as_it_is
        },
        ELSEWHERE => {
            let other = another(tx, &as_it_is.draft, rng)?;
            Otherwise {
                doc: other.unwrap_or(doc),
                ..as_it_is
            }
        }
        entries => {
            let ids = other_ids(&String::from_utf8_lossy(entries), rng);
            let values = with_ids(&as_it_is.draft.values, &ids);
            let draft = DraftRow {
                values,
                ..as_it_is.draft
            };
            Otherwise {
                draft,
                ids,
                ..as_it_is
            }
        }
    })
}

/// The id of another document of the same scope and kind, in which what is drafted is begun; `None`: there is none.
fn another(
    tx: &dyn Tx,
    draft: &DraftRow,
    rng: &mut dyn RngCore,
) -> Result<Option<DocId>, StoreError> {
    match kind::by_number(draft.kind).filter(|kind| kind.key == Key::Natural) {
        Some(kind) => next_free(tx, kind, draft.scope, &draft.values),
        None => Ok(Some(document::doc_id_of(
            draft.scope,
            draft.kind,
            &random16(rng),
        ))),
    }
}

/// The next document that nobody has begun under the key of what is said: the second of a year is `2026.2`, as after one that was cancelled.
fn next_free(
    tx: &dyn Tx,
    kind: &Kind,
    scope: ScopeId,
    values: &Values,
) -> Result<Option<DocId>, StoreError> {
    let Some(key) = values.get(kind.title).map(Value::shown) else {
        return Ok(None);
    };
    for n in 2..=document::MOST_OF_A_KEY {
        let key = document::key_again(&key, n);
        let next = document::doc_id_of(scope, kind.number, key.as_bytes());
        if records::doc(tx, next)?.is_none() && records::draft(tx, next)?.is_none() {
            return Ok(Some(next));
        }
    }
    Ok(None)
}

/// New ids for these entries.
fn other_ids(entries: &str, rng: &mut dyn RngCore) -> BTreeMap<String, String> {
    let mut ids = BTreeMap::new();
    for entry in entries.lines() {
        if let Some((_, id)) = entry.split_once('/') {
            let new = hex(&random16(rng));
            ids.insert(id.to_owned(), new.chars().take(id.len()).collect());
        }
    }
    ids
}

/// Values with other ids: where the entries stand, in the ids that name them, and where another entry names them.
fn with_ids(values: &Values, ids: &BTreeMap<String, String>) -> Values {
    let word = |word: &str| ids.get(word).cloned().unwrap_or_else(|| word.to_owned());
    let id = |id: &str| id.split('.').map(word).collect::<Vec<_>>().join(".");
    let path = |path: &str| path.split('/').map(id).collect::<Vec<_>>().join("/");
    let value = |value: &Value| match value {
        Value::Text(text) if text.split(' ').any(|t| ids.contains_key(t)) => {
            Value::Text(text.split(' ').map(word).collect::<Vec<_>>().join(" "))
        }
        other => other.clone(),
    };
    values.iter().map(|(p, v)| (path(p), value(v))).collect()
}
