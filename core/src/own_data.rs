//! What is recorded about one person (*dữ liệu của tôi*): every record over all kinds, each value with who typed it and
//! when, what the person said against it, and who else looked.
//!
//! One list for screens, prints and export files. The values are those that are shown; who typed one is the author of the
//! change that set it, where this store knows the feed (a device that was filled in by a checkpoint knows the office's
//! word only). Who may see it: the person, their branch's leaders, the office ([`may_see`]).
//!
//! Does not know: the clock, labels, files.

use crate::case::ACTS;
use crate::document::{self, Value, Values};
use crate::domain::contest::{CONTEST, Contested};
use crate::domain::look::{LOOK, PLACEMENT_LOOK};
use crate::id::{DocId, FeedId, PersonId, PlaceId};
use crate::kind::{self, Kind};
use crate::phone;
use crate::place::{PlaceKind, Role, scope_of};
use crate::records;
use crate::replica::{self, DRAFTED, Overlay};
use crate::store::{StoreError, Tx};
use crate::time::Timestamp;
use crate::tree::Tree;
use crate::whose::{self, Told, Words};
use std::collections::BTreeMap;

/// Who wrote something: the person behind the grant, under which role, and when by their clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed {
    /// The person.
    pub person: PersonId,
    /// The role.
    pub role: Role,
    /// When; `None`: it is a draft of this device and not sealed yet.
    pub time: Option<Timestamp>,
}

/// One value as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Its path.
    pub path: String,
    /// The value.
    pub value: Value,
    /// Whose words it is and how they came, where that is recorded; else they are those of who typed it.
    pub told: Vec<Told>,
    /// Who typed it; `None`: attested by the office, the author is not known here.
    pub typed: Option<Typed>,
    /// What the person said against it, and the answers.
    pub contests: Vec<Contest>,
}

/// A contest with who typed the words and the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contest {
    /// The document.
    pub doc: DocId,
    /// Where it lies.
    pub place: PlaceId,
    /// How it stands.
    pub case: Contested,
    /// Who typed the words.
    pub raised: Option<Typed>,
    /// Who typed the answer.
    pub answered: Option<Typed>,
}

/// One record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The document.
    pub doc: DocId,
    /// Its kind.
    pub kind: &'static Kind,
    /// Where it lies: the person's place, or one of their stays.
    pub place: PlaceId,
    /// The values, by path.
    pub said: Vec<Said>,
}

/// One time that somebody else opened, printed or exported a record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Looked {
    /// The day, as ISO text.
    pub on: String,
    /// What was done: a code of [`crate::domain::look::LOOKS`].
    pub what: String,
    /// The role's name.
    pub role: String,
    /// The person's id, as hex.
    pub person: String,
    /// By which decision.
    pub mandate: String,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnData {
    /// The records, by kind; without contests and looks, which stand for themselves.
    pub records: Vec<Record>,
    /// Every contest.
    pub contests: Vec<Contest>,
    /// Who else looked, the last first.
    pub looks: Vec<Looked>,
}

/// Whether a role on a place gets the whole of what is recorded about a person: the person, their branch's leaders and
/// the office. Others read single records as far as their lanes go.
pub fn may_see(role: Role, place: PlaceId, person: PlaceId, tree: &Tree) -> bool {
    let is_person = tree
        .get(person)
        .is_some_and(|p| p.kind == PlaceKind::Member);
    let may = match role {
        Role::Member => place == person,
        Role::Secretary | Role::Deputy | Role::Office => tree.is_within(person, place),
        _ => false,
    };
    is_person && may
}

/// Gathers what is recorded about a person here.
pub fn of(tx: &dyn Tx, tree: &Tree, person: PlaceId) -> Result<OwnData, StoreError> {
    let overlay = Overlay::of(tx)?;
    let mut all = OwnData::default();
    for place in tree.subtree(person) {
        let Some(placed) = tree.get(place) else {
            continue;
        };
        for lane in placed.kind.lanes() {
            let scope = scope_of(place, *lane);
            let mut ids = records::scope_docs(tx, scope, None)?;
            let drafts = records::drafts(tx)?.into_iter();
            ids.extend(drafts.filter(|(_, d)| d.scope == scope).map(|(id, _)| id));
            ids.sort_unstable();
            ids.dedup();
            for id in ids {
                let Some(shown) = replica::shown(tx, id, &overlay)? else {
                    continue;
                };
                let values = document::values(&shown.doc, None);
                match shown.kind.number {
                    n if n == CONTEST.number => {
                        let Some(case) = Contested::of(&values) else {
                            continue;
                        };
                        let said = said(tx, &shown.doc, values)?;
                        let typed = |id: &str| {
                            let path = format!("{ACTS}/{id}/act");
                            said.iter().find(|s| s.path == path)?.typed.clone()
                        };
                        all.contests.push(Contest {
                            doc: id,
                            place,
                            raised: typed(&case.raised.id),
                            answered: case.answered.as_ref().and_then(|a| typed(&a.id)),
                            case,
                        });
                    }
                    n if n == LOOK.number || n == PLACEMENT_LOOK.number => {
                        all.looks.extend(looks(&values, person));
                    }
                    _ => all.records.push(Record {
                        doc: id,
                        kind: shown.kind,
                        place,
                        said: said(tx, &shown.doc, values)?,
                    }),
                }
            }
        }
    }
    let order = |kind: &Kind| kind::KINDS.iter().position(|k| k.number == kind.number);
    all.records.sort_by_key(|r| (order(r.kind), r.doc));
    all.looks.sort_by(|a, b| b.cmp(a));
    for record in &mut all.records {
        let id = record.doc.to_string();
        for said in &mut record.said {
            let about = |c: &&Contest| c.case.is_about(&id, &said.path);
            said.contests = all.contests.iter().filter(about).cloned().collect();
        }
    }
    Ok(all)
}

/// The looks of others.
fn looks(values: &Values, person: PlaceId) -> Vec<Looked> {
    let mut entries: BTreeMap<&str, Looked> = BTreeMap::new();
    for (path, value) in values {
        let parts: Vec<&str> = path.split('/').collect();
        let (["looks", id, name], Value::Text(text)) = (parts.as_slice(), value) else {
            continue;
        };
        let entry = entries.entry(id).or_insert_with(|| Looked {
            on: String::new(),
            what: String::new(),
            role: String::new(),
            person: String::new(),
            mandate: String::new(),
        });
        match *name {
            "on" => entry.on.clone_from(text),
            "what" => entry.what.clone_from(text),
            "role" => entry.role.clone_from(text),
            "person" => entry.person.clone_from(text),
            "mandate" => entry.mandate.clone_from(text),
            _ => {}
        }
    }
    let own = person.to_string();
    entries.into_values().filter(|l| l.person != own).collect()
}

/// Each value with the author of the change that set it last.
fn said(tx: &dyn Tx, doc: &automerge::Automerge, values: Values) -> Result<Vec<Said>, StoreError> {
    let mut by: BTreeMap<String, (FeedId, Timestamp)> = BTreeMap::new();
    for change in doc.get_changes(&[]) {
        let Some(feed) = document::author_of(change.actor_id()) else {
            continue;
        };
        let before = document::values(doc, Some(change.deps()));
        let after = document::values(doc, Some(&[change.hash()]));
        let time = Timestamp(u64::try_from(change.timestamp()).unwrap_or(0));
        for (path, value) in document::difference(&before, &after) {
            // Of several at once the one that is shown; of prose, whoever wrote in it last.
            if values.get(&path) == Some(&value) || !by.contains_key(&path) {
                by.insert(path, (feed, time));
            }
        }
    }
    let words = Words::of(&values);
    let mut list = Vec::new();
    for (path, value) in values {
        if whose::is_words(&path) {
            continue;
        }
        let typed = match by.get(&path) {
            Some((feed, time)) => typed(tx, *feed, *time)?,
            None => None,
        };
        list.push(Said {
            told: words.about(&path, &value),
            path,
            value,
            typed,
            contests: Vec::new(),
        });
    }
    Ok(list)
}

pub(crate) fn typed(
    tx: &dyn Tx,
    feed: FeedId,
    time: Timestamp,
) -> Result<Option<Typed>, StoreError> {
    let is_draft = feed == DRAFTED;
    let grant = match records::feed(tx, feed)? {
        _ if is_draft => phone::own_grant(tx)?,
        Some(row) => records::grant(tx, row.grant)?,
        None => None,
    };
    Ok(grant.map(|g| Typed {
        person: g.person,
        role: g.role,
        time: (!is_draft).then_some(time),
    }))
}
