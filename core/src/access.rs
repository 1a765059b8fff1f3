//! Who reads and who writes: two small tables, closed by default.
//!
//! Reading is decided by scope alone: (role, kind of place) gives lanes, within the granted place and
//! above it. Writing is decided by (role, document kind): each [`crate::kind::Kind`] lists its
//! writers, and a writer must also read the lane. What is not in a table is refused.

use crate::kind::Kind;
use crate::place::{Lane, PlaceKind, Role};

/// The lanes that a role reads in its place and below.
pub fn reads_within(role: Role, place: PlaceKind) -> &'static [Lane] {
    match (role, place) {
        (Role::Office, kind) => kind.lanes(),
        (Role::Secretary | Role::Deputy, PlaceKind::Branch | PlaceKind::Member) => place.lanes(),
        (Role::Member, PlaceKind::Member) => &[Lane::Control, Lane::Own],
        _ => &[],
    }
}

/// The lanes that everybody who belongs to a unit reads of it and of the units above.
pub fn reads_above(place: PlaceKind) -> &'static [Lane] {
    match place {
        PlaceKind::Committee | PlaceKind::Branch => &[Lane::Control, Lane::Open],
        PlaceKind::Member => &[],
    }
}

/// Whether a role writes documents of this kind (within its place).
pub fn writes(role: Role, kind: &Kind) -> bool {
    kind.writers.contains(&role)
        && kind
            .place
            .iter()
            .any(|p| reads_within(role, *p).contains(&kind.lane))
}

/// Whether a role brings places of this kind into being, below its own.
pub fn opens(role: Role, place: PlaceKind) -> bool {
    match role {
        Role::Office => true,
        Role::Secretary | Role::Deputy => place == PlaceKind::Member,
        Role::Member => false,
    }
}
