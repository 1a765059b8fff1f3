//! What this phone found out about the node and a person has to report; it is kept until somebody says that it was.
//!
//! That the node told another phone otherwise than this one (rule 14) comes to light when two phones meet and compare
//! what each was told ([`chibo_core::phone::Phone::told_otherwise`]): either the node has two faces, or one of the phones
//! does, and no program can say which. That it accepted what its author may not say (rule 9) each phone finds by itself
//! ([`chibo_core::phone::Phone::accepted_wrongly`]).
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
    /// When this phone found it first, or what it found was taken in.
    pub since: Timestamp,
    /// What it is about: the places, as far as they are still here.
    pub places: Vec<PlaceId>,
    /// What was found.
    pub found: Found,
}

/// What was found out about the node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It told another phone otherwise than this one, or that phone says so.
    ToldOtherwise,
    /// It accepted what its author may not say; the phone has the proof.
    AcceptedWrongly,
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
    /// What was found out about the node, and nobody has said yet that it was reported. Of two things the one that can be
    /// proven comes first.
    pub fn told_otherwise(&self) -> Result<Option<Otherwise>, StoreError> {
        let wrong = self.phone.accepted_wrongly()?;
        if let Some(first) = wrong.first() {
            let places: BTreeSet<PlaceId> = wrong.iter().map(|w| w.place).collect();
            return Ok(Some(Otherwise {
                since: first.time,
                places: places.into_iter().collect(),
                found: Found::AcceptedWrongly,
            }));
        }
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
            found: Found::ToldOtherwise,
        }))
    }

    /// A person has reported what [`Handset::told_otherwise`] says. What comes to light afterwards is told anew.
    pub fn otherwise_reported(&mut self) -> Result<(), StoreError> {
        if !self.phone.accepted_wrongly()?.is_empty() {
            return self.phone.wrongly_reported();
        }
        let store = self.phone.store_mut();
        store.write(|tx| records::drop_meta(tx, OTHERWISE))
    }
}
