//! Lists in the order of rolls, with search, filters and pages.

use crate::chibo::{Chibo, count};
use crate::describe::Text;
use crate::error::ChiboError;
use chibo_core::date::Day;
use chibo_core::domain::look::Look;
use chibo_core::id::PlaceId;
use chibo_core::kind;
use chibo_core::text;
use chibo_device::edge::SystemChance;
use chibo_device::filter::{self, Filter, Narrowed};
use chibo_device::handset::Handset;
use chibo_device::looks;

/// Rows of one page at most.
const PAGE: u32 = 500;

/// What to list.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ListQuery {
    /// The kind, by name: `member`, `unit`, `meeting`, …
    pub kind: String,
    /// Beginnings of words, diacritics do not matter; empty: all.
    pub search: String,
    /// Only below this place, by id; `null`: everywhere.
    pub below: Option<String>,
    /// How many rows to leave out.
    pub skip: u32,
    /// How many rows at most; at most 500, which 0 stands for.
    pub limit: u32,
    /// What the list is narrowed by: codes of [`Chibo::narrowings`], every one of which a row has to fit; empty: nothing.
    #[uniffi(default = [])]
    pub only: Vec<String>,
}

/// Something that a list can be narrowed by.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Narrowing {
    /// What [`ListQuery::only`] takes.
    pub code: String,
    /// What people read.
    pub label: Text,
    /// How many rows it leaves.
    pub rows: u32,
}

/// One row of a list.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ListRow {
    /// The document, by id.
    pub doc: String,
    /// Its place, by id.
    pub place: String,
    /// Its kind, by name.
    pub kind: String,
    /// What names it.
    pub title: String,
    /// Of a member: the code of their status today, if it is recorded.
    pub status: Option<String>,
    /// Fields that two people filled in differently.
    pub conflicts: u32,
    /// Whether something in it has no receipt of the node yet.
    pub pending: bool,
}

/// The place with this id, on this device.
pub(crate) fn place_id(text: &str) -> Result<PlaceId, ChiboError> {
    text.parse().map_err(|_| ChiboError::NotHere)
}

/// Does with a list what a screen asks for.
fn with_list<R>(
    h: &Handset,
    query: &ListQuery,
    work: impl FnOnce(&Narrowed) -> Result<R, ChiboError>,
) -> Result<R, ChiboError> {
    let kind = kind::by_name(&query.kind).ok_or(ChiboError::NotHere)?;
    let words = text::search_terms(&query.search);
    let below = query.below.as_deref().map(place_id).transpose()?;
    let places = below.map(|below| h.phone.tree().subtree(below));
    let only = query.only.iter().map(|code| Filter::from_code(kind, code));
    let only: Option<Vec<Filter>> = only.collect();
    work(&Narrowed {
        kind,
        places: places.as_deref(),
        words: &words,
        only: &only.ok_or(ChiboError::NotHere)?,
        skip: query.skip as usize,
        limit: match query.limit {
            0 => PAGE,
            some => some.min(PAGE),
        } as usize,
    })
}

fn today(now: chibo_core::time::Timestamp) -> Result<Day, ChiboError> {
    now.day_in_vietnam().ok_or(ChiboError::ClockOff)
}

/// What a filter of a kind is called; `null`: the kind has none of this code.
#[uniffi::export]
pub fn narrowing_label(kind: String, code: String) -> Option<Text> {
    let filter = Filter::from_code(kind::by_name(&kind)?, &code)?;
    Some(filter.label().into())
}

#[uniffi::export]
impl Chibo {
    /// A page of a list, in the order of rolls: by given name, in the order of a Vietnamese dictionary. A filter that the
    /// kind does not have: [`ChiboError::NotHere`].
    pub fn list(&self, query: ListQuery) -> Result<Vec<ListRow>, ChiboError> {
        self.shared.call(|h, now| {
            let of = query.below.as_deref().map(place_id).transpose()?;
            looks::note(h, of, Look::Opened, now, &mut SystemChance)?;
            let rows = with_list(h, &query, |what| {
                let (store, tree) = (h.phone.store(), h.phone.tree());
                Ok(filter::rows(store, tree, what, today(now)?)?)
            })?;
            let rows = rows.into_iter().map(|listed| ListRow {
                doc: listed.row.doc.to_string(),
                place: listed.row.place.to_string(),
                kind: query.kind.clone(),
                title: listed.row.title,
                status: listed.status,
                conflicts: listed.row.conflicts,
                pending: listed.row.pending,
            });
            Ok(rows.collect())
        })
    }

    /// What narrows a list further, in the order in which people are shown them: only what leaves some of its rows and not all. Pages
    /// do not matter.
    pub fn narrowings(&self, query: ListQuery) -> Result<Vec<Narrowing>, ChiboError> {
        self.shared.call(|h, now| {
            let all = with_list(h, &query, |what| {
                let (store, tree) = (h.phone.store(), h.phone.tree());
                Ok(filter::narrowings(store, tree, what, today(now)?)?)
            })?;
            let all = all.into_iter().map(|(filter, rows)| Narrowing {
                code: filter.code(),
                label: filter.label().into(),
                rows: count(rows),
            });
            Ok(all.collect())
        })
    }
}
