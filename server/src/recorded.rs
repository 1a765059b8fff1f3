//! All that is recorded of each member, read from a store's projection: what lists, counts and the node's page are
//! worked out from.

use chibo_core::away::{RECORDED, Recorded};
use chibo_core::id::PlaceId;
use chibo_core::place::PlaceKind;
use chibo_core::replica;
use chibo_core::store::StoreError;
use chibo_core::store::sqlite::{Find, SqliteStore};
use chibo_core::tree::Tree;
use std::collections::BTreeMap;

/// What is recorded of every member below a place, or of all.
pub(crate) fn recorded(
    store: &SqliteStore,
    tree: &Tree,
    below: Option<PlaceId>,
) -> Result<Vec<(PlaceId, Recorded)>, StoreError> {
    let mut of = BTreeMap::<PlaceId, Recorded>::new();
    // Of one member, nothing else is read.
    let is_member = |place: &PlaceId| {
        tree.get(*place)
            .is_some_and(|p| p.kind == PlaceKind::Member)
    };
    let one = below.filter(is_member).map(|place| [place]);
    for kind in RECORDED {
        let rows = store.find(&Find {
            kind: Some(kind.number),
            places: one.as_ref().map(<[PlaceId; 1]>::as_slice),
            ..Find::default()
        })?;
        for row in rows {
            if below.is_none_or(|below| tree.is_within(row.place, below)) {
                let recorded = of.entry(row.place).or_default();
                recorded.add(row.kind, row.doc, replica::values_of(&row));
            }
        }
    }
    Ok(of.into_iter().collect())
}
