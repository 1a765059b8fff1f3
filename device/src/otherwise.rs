//! That the node told another phone otherwise than this one (rule 14). It comes to light when two phones meet and compare
//! what each was told ([`chibo_core::phone::Phone::told_otherwise`]): either the node has two faces, or one of the phones
//! does. No program can say which, so a person has to see it and report it: it is kept until somebody says that it was.
//!
//! Does not know: words, the clock.

use crate::handset::{FilePhone, Handset};
use chibo_core::codec::{CodecError, Reader, Writer};
use chibo_core::id::{PlaceId, ScopeId};
use chibo_core::records;
use chibo_core::store::{Store, StoreError};
use chibo_core::time::Timestamp;
use std::collections::BTreeSet;

/// The setting that keeps it.
const OTHERWISE: &str = "told-otherwise";
/// So many scopes are named; more of them say no more to a person.
const NAMED: usize = 64;

/// What is to be reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Otherwise {
    /// When this phone found it first.
    pub since: Timestamp,
    /// What the two were told differently of: the places, as far as they are still here.
    pub places: Vec<PlaceId>,
}

fn read(bytes: &[u8]) -> Result<(Timestamp, BTreeSet<ScopeId>), CodecError> {
    let mut r = Reader::new(bytes);
    let since = Timestamp(r.number()?);
    let mut scopes = BTreeSet::new();
    for _ in 0..r.count(NAMED)? {
        scopes.insert(ScopeId::read(&mut r)?);
    }
    r.end()?;
    Ok((since, scopes))
}

/// Notes of which scopes another device was told otherwise; none: nothing changes.
pub fn note(phone: &mut FilePhone, scopes: &[ScopeId], now: Timestamp) -> Result<(), StoreError> {
    if scopes.is_empty() {
        return Ok(());
    }
    phone.store_mut().write(|tx| {
        let before = match records::meta(tx, OTHERWISE)? {
            Some(bytes) => read(&bytes).ok(),
            None => None,
        };
        let (since, mut all) = before.unwrap_or((now, BTreeSet::new()));
        all.extend(scopes);
        let mut w = Writer::new();
        w.number(since.0).number(all.len().min(NAMED) as u64);
        for scope in all.iter().take(NAMED) {
            w.fixed(&scope.0);
        }
        records::set_meta(tx, OTHERWISE, w.as_slice())
    })
}

impl Handset {
    /// That another device was told otherwise, and nobody has said yet that it was reported.
    pub fn told_otherwise(&self) -> Result<Option<Otherwise>, StoreError> {
        let kept = self.phone.store().read(|tx| records::meta(tx, OTHERWISE))?;
        let Some(bytes) = kept else {
            return Ok(None);
        };
        // What cannot be read says at least that there is something.
        let (since, scopes) = read(&bytes).unwrap_or_default();
        let tree = self.phone.tree();
        let places = scopes.into_iter().filter_map(|s| tree.of_scope(s));
        let places: BTreeSet<PlaceId> = places.map(|(place, _)| place).collect();
        Ok(Some(Otherwise {
            since,
            places: places.into_iter().collect(),
        }))
    }

    /// A person has reported it. What comes to light afterwards is told anew.
    pub fn otherwise_reported(&mut self) -> Result<(), StoreError> {
        let store = self.phone.store_mut();
        store.write(|tx| records::drop_meta(tx, OTHERWISE))
    }
}
