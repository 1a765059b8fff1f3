//! Lists in the order of rolls, with search and pages.

use crate::chibo::Chibo;
use crate::error::ChiboError;
use chibo_core::id::PlaceId;
use chibo_core::kind;
use chibo_core::store::sqlite::Find;
use chibo_core::text;
use chibo_device::lists;

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

#[uniffi::export]
impl Chibo {
    /// A page of a list, in the order of rolls: by given name, in the order of a Vietnamese dictionary.
    pub fn list(&self, query: ListQuery) -> Result<Vec<ListRow>, ChiboError> {
        self.shared.call(|h, now| {
            let kind = kind::by_name(&query.kind).ok_or(ChiboError::NotHere)?;
            let today = now.day_in_vietnam().ok_or(ChiboError::ClockOff)?;
            let words = text::search_terms(&query.search);
            let below = query.below.as_deref().map(place_id).transpose()?;
            let places = below.map(|below| h.phone.tree().subtree(below));
            let limit = match query.limit {
                0 => PAGE,
                some => some.min(PAGE),
            };
            let find = Find {
                kind: Some(kind.number),
                places: places.as_deref(),
                words: &words,
                skip: query.skip as usize,
                limit: limit as usize,
                ..Find::default()
            };
            let rows = lists::rows(h.phone.store(), h.phone.tree(), &find, today)?;
            let rows = rows.into_iter().map(|listed| ListRow {
                doc: listed.row.doc.to_string(),
                place: listed.row.place.to_string(),
                kind: kind.name.into(),
                title: listed.row.title,
                status: listed.status,
                conflicts: listed.row.conflicts,
                pending: listed.row.pending,
            });
            Ok(rows.collect())
        })
    }
}
