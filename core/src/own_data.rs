//! What is recorded about one person (*dữ liệu của tôi*): every record over all kinds, each value with who typed it and
//! when, what the person said against it, and who else looked.
//!
//! What units' records say of them is told as well, and nothing that those say of others ([`crate::elsewhere`]).
//!
//! One list for screens, prints and export files. The values are those that are shown; who typed one is the author of the
//! change that set it, where this store knows the feed (a device that was filled in by a checkpoint knows the office's
//! word only). Who may see it: the person, their branch's leaders, the office ([`may_see`]).
//!
//! Does not know: the clock, labels, files.

use crate::case::ACTS;
use crate::document::{Standing, Value};
use crate::domain::contest::{Contested, is_contest};
use crate::domain::look::{LIST_LOOK, LOOK, PLACEMENT_LOOK};
use crate::elsewhere;
use crate::id::{DocId, FeedId, PersonId, PlaceId};
use crate::identity::Grant;
use crate::kind::{self, Kind, SIGNER};
use crate::phone;
use crate::place::{PlaceKind, Role, scope_of};
use crate::records;
use crate::replica::{self, DRAFTED, Overlay};
use crate::store::{StoreError, Tx};
use crate::time::Timestamp;
use crate::tree::Tree;
use crate::whose::{self, Told, Words};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

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
    /// Where it lies: the person's place, one of their stays, or a unit that says something of them.
    pub place: PlaceId,
    /// Of a unit's record, what names it in lists: the meeting's day, the unit's name.
    pub title: Option<Value>,
    /// The values, by path; of a unit's record those about the person only.
    pub said: Vec<Said>,
}

/// One time that somebody opened, printed or exported a record, or a list in which it stands. Who did is the author of
/// the entry, whatever it says; only where the author is not known here (a device that was filled in by a checkpoint) it is
/// what the entry says: the node let nobody else sign it.
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
    /// Where it is noted: the person, a stay of theirs, or the unit whose list it was.
    pub place: PlaceId,
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

impl OwnData {
    /// The contests that stand at no sentence which is told here: it was taken away since, or was forgotten, or this
    /// store does not hold the record.
    pub fn at_no_sentence(&self) -> impl Iterator<Item = &Contest> {
        let said = || self.records.iter().flat_map(|r| &r.said);
        let stands = move |doc| said().any(|s| s.contests.iter().any(|c| c.doc == doc));
        self.contests.iter().filter(move |c| !stands(c.doc))
    }
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
    let mut authors = Authors::new(tx);
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
                let Some((kind, standing)) = replica::standing(tx, id, &overlay)? else {
                    continue;
                };
                match kind.number {
                    _ if is_contest(kind) => {
                        let Some(case) = Contested::of(&standing.values) else {
                            continue;
                        };
                        let said = said(&mut authors, &standing)?;
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
                        all.looks.extend(looks(&mut authors, &standing, place)?);
                    }
                    _ => all.records.push(Record {
                        doc: id,
                        kind,
                        place,
                        title: None,
                        said: said(&mut authors, &standing)?,
                    }),
                }
            }
        }
    }
    for found in elsewhere::of(tx, tree, person, &overlay)? {
        all.records.push(Record {
            doc: found.doc,
            kind: found.kind,
            place: found.unit,
            title: found.title,
            said: said(&mut authors, &found.standing)?,
        });
    }
    for unit in tree.line(person).into_iter().skip(1) {
        for id in records::scope_docs(tx, scope_of(unit, LIST_LOOK.lane), None)? {
            all.looks
                .extend(looks_by(&mut authors, id, &LIST_LOOK, unit, &overlay)?);
        }
    }
    let own = person.to_string();
    all.looks.retain(|looked| looked.person != own);
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

/// The looks that a document of this kind notes; none where it is of another kind, or not here.
pub fn looks_of(
    tx: &dyn Tx,
    doc: DocId,
    kind: &Kind,
    place: PlaceId,
) -> Result<Vec<Looked>, StoreError> {
    looks_by(&mut Authors::new(tx), doc, kind, place, &Overlay::of(tx)?)
}

fn looks_by(
    authors: &mut Authors,
    doc: DocId,
    kind: &Kind,
    place: PlaceId,
    overlay: &Overlay,
) -> Result<Vec<Looked>, StoreError> {
    // A unit has many other documents in the same lane: those are not even unpacked.
    let tx = authors.tx;
    if records::doc(tx, doc)?.is_some_and(|row| row.kind != kind.number) {
        return Ok(Vec::new());
    }
    match replica::standing(tx, doc, overlay)? {
        Some((of, standing)) if of.number == kind.number => looks(authors, &standing, place),
        _ => Ok(Vec::new()),
    }
}

/// The looks that a document notes.
fn looks(
    authors: &mut Authors,
    standing: &Standing,
    place: PlaceId,
) -> Result<Vec<Looked>, StoreError> {
    let values = &standing.values;
    let ids = values.keys().filter_map(|path| {
        let (id, name) = path.strip_prefix("looks/")?.split_once('/')?;
        (name == "on").then_some(id)
    });
    let mut all = Vec::new();
    for id in ids {
        let text = |name: &str| match values.get(&format!("looks/{id}/{name}")) {
            Some(Value::Text(text)) => text.clone(),
            _ => String::new(),
        };
        let mut looked = Looked {
            on: text("on"),
            what: text("what"),
            role: text("role"),
            person: text(SIGNER),
            mandate: text("mandate"),
            place,
        };
        let by = standing.set_by(&format!("looks/{id}/on"));
        if let Some((feed, _)) = by
            && let Some(grant) = authors.grant(feed)?
        {
            looked.role = grant.role.name().to_owned();
            looked.person = grant.person.to_string();
            looked.mandate = grant.mandate.clone();
        }
        all.push(looked);
    }
    Ok(all)
}

/// Each value with the author of the change that set it last.
fn said(authors: &mut Authors, standing: &Standing) -> Result<Vec<Said>, StoreError> {
    let words = Words::of(&standing.values);
    let values = standing.values.iter();
    let mut list = Vec::new();
    for (path, value) in values.filter(|(path, _)| !whose::is_words(path)) {
        let set_by = standing.set_by(path);
        let typed = set_by.map(|(feed, time)| authors.typed(feed, time));
        list.push(Said {
            path: path.clone(),
            value: value.clone(),
            told: words.about(path, value),
            typed: typed.transpose()?.flatten(),
            contests: Vec::new(),
        });
    }
    Ok(list)
}

/// Under which grant feeds write, where this store knows them; each is looked up once.
pub(crate) struct Authors<'a> {
    tx: &'a dyn Tx,
    known: BTreeMap<FeedId, Option<Grant>>,
}

impl<'a> Authors<'a> {
    pub(crate) fn new(tx: &'a dyn Tx) -> Self {
        let known = BTreeMap::new();
        Authors { tx, known }
    }

    fn grant(&mut self, feed: FeedId) -> Result<Option<&Grant>, StoreError> {
        let grant = match self.known.entry(feed) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(grant_of(self.tx, feed)?),
        };
        Ok(grant.as_ref())
    }

    /// Who wrote something in a feed, at this time by their clock.
    pub(crate) fn typed(
        &mut self,
        feed: FeedId,
        time: Timestamp,
    ) -> Result<Option<Typed>, StoreError> {
        Ok(self.grant(feed)?.map(|grant| Typed {
            person: grant.person,
            role: grant.role,
            time: (feed != DRAFTED).then_some(time),
        }))
    }
}

fn grant_of(tx: &dyn Tx, feed: FeedId) -> Result<Option<Grant>, StoreError> {
    match records::feed(tx, feed)? {
        _ if feed == DRAFTED => phone::own_grant(tx),
        Some(row) => records::grant(tx, row.grant),
        None => Ok(None),
    }
}
