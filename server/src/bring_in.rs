//! An invented district goes into a node, as a roster does: organisations, branches and members, and the records of
//! each.

use crate::district::{District, Member};
use chibo_core::author::{EditError, Target};
use chibo_core::document::Values;
use chibo_core::domain::member::{MEMBER, MEMBER_SENSITIVE};
use chibo_core::domain::unit::UNIT;
use chibo_core::id::PlaceId;
use chibo_core::node::Node;
use chibo_core::place::PlaceKind;
use chibo_core::store::Store;
use chibo_core::time::Timestamp;
use rand_core::RngCore;

/// A branch with its members' places.
#[derive(Debug)]
pub struct PlacedBranch {
    /// The branch.
    pub place: PlaceId,
    /// Its members.
    pub members: Vec<(PlaceId, Member)>,
}

/// Records that go into the node in one transaction.
const CHUNK: usize = 200;

/// Puts a district's organisations, branches and members into a node; `progress` hears of each branch's members.
pub fn bring_in<S: Store>(
    node: &mut Node<S>,
    district: &District,
    now: Timestamp,
    rng: &mut dyn RngCore,
    progress: &mut dyn FnMut(usize),
) -> Result<Vec<PlacedBranch>, EditError> {
    let mut committees: Vec<PlaceId> = Vec::new();
    let mut branches = Vec::new();
    let mut places = Vec::new();
    let mut edits: Vec<(Target, Values)> = Vec::new();
    for organisation in &district.organisations {
        let id = match organisation.parent {
            None => node.root(),
            Some(parent) => {
                let id = PlaceId::random(rng);
                let above = committees.get(parent).copied().unwrap_or(node.root());
                places.push((id, PlaceKind::Committee, above));
                id
            }
        };
        committees.push(id);
        edits.push((Target::at(id, &UNIT, b""), organisation.unit.clone()));
        for branch in &organisation.branches {
            let place = PlaceId::random(rng);
            places.push((place, PlaceKind::Branch, id));
            edits.push((Target::at(place, &UNIT, b""), branch.unit.clone()));
            let mut members = Vec::new();
            for m in &branch.members {
                let id = PlaceId::random(rng);
                places.push((id, PlaceKind::Member, place));
                edits.push((Target::at(id, &MEMBER, b""), m.values.clone()));
                if !m.sensitive.is_empty() {
                    let sensitive = Target::at(id, &MEMBER_SENSITIVE, b"");
                    edits.push((sensitive, m.sensitive.clone()));
                }
                members.push((id, m.clone()));
            }
            progress(members.len());
            branches.push(PlacedBranch { place, members });
            if edits.len() >= CHUNK {
                node.edit_many(&places, &edits, now, rng)?;
                places.clear();
                edits.clear();
            }
        }
    }
    node.edit_many(&places, &edits, now, rng)?;
    Ok(branches)
}
