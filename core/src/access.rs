//! Who reads, who writes, who decides, who grants: small tables, closed by default.
//!
//! Reading is decided by scope alone: (role, kind of place) gives lanes, within the granted place and
//! above it. Writing and deciding are decided by (role, document kind): each [`crate::kind::Kind`] has
//! a table of [`Right`]s, and a role that writes must also read the lane. What is not in a table is
//! refused; `tests/kinds.rs` fails where a row is missing or the two tables disagree.

use crate::kind::{Kind, Retention};
use crate::place::{Lane, PlaceKind, Role};

/// What a role may do with documents of a kind, within its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Right {
    /// Reads them. Follows from the lane; said here so that the whole table can be read in one place.
    pub read: bool,
    /// Writes them.
    pub write: bool,
    /// Decides about them: what is held, and formal decisions. Never about themself.
    pub decide: bool,
}

impl Right {
    /// Nothing.
    pub const NONE: Right = Right {
        read: false,
        write: false,
        decide: false,
    };
    /// Reads.
    pub const READ: Right = Right {
        read: true,
        ..Right::NONE
    };
    /// Reads and writes.
    pub const WRITE: Right = Right {
        write: true,
        ..Right::READ
    };
    /// Reads and decides.
    pub const DECIDE: Right = Right {
        decide: true,
        ..Right::READ
    };
    /// Reads, writes and decides.
    pub const ALL: Right = Right {
        write: true,
        ..Right::DECIDE
    };
}

/// The lanes that a role reads in its place and below.
pub fn reads_within(role: Role, place: PlaceKind) -> &'static [Lane] {
    match (role, place) {
        (Role::Office | Role::CommitteeSecretary | Role::Auditor, kind) => kind.lanes(),
        (Role::Secretary | Role::Deputy, PlaceKind::Branch | PlaceKind::Member)
        | (Role::CommitteeMember, PlaceKind::Branch) => place.lanes(),
        // Whether it lies within the role's place or is hosted there.
        (Role::Secretary | Role::Deputy | Role::Member, PlaceKind::Placement) => place.lanes(),
        (Role::CommitteeMember | Role::Upper, PlaceKind::Placement) => &[Lane::Control],
        (Role::Member | Role::CommitteeMember | Role::Upper, PlaceKind::Member) => {
            &[Lane::Control, Lane::Own]
        }
        (Role::Upper, PlaceKind::Committee | PlaceKind::Branch) => &[Lane::Control, Lane::Open],
        (Role::Operator, _) => &[Lane::Control],
        _ => &[],
    }
}

/// The lanes that a role reads of the units above its place: all who belong to a unit read what is open.
pub fn reads_above(role: Role, place: PlaceKind) -> &'static [Lane] {
    match (role, place) {
        (Role::Operator, _) => &[Lane::Control],
        (_, PlaceKind::Committee | PlaceKind::Branch) => &[Lane::Control, Lane::Open],
        (_, PlaceKind::Member | PlaceKind::Placement) => &[],
    }
}

/// Whether a role reads the lane that documents of this kind lie in, in its place or above it.
pub fn reads(role: Role, kind: &Kind) -> bool {
    let above = |p: &PlaceKind| reads_above(role, *p).contains(&kind.lane);
    reaches(role, kind) || kind.place.iter().any(above)
}

/// Whether a role reads the lane that documents of this kind lie in, in its place.
fn reaches(role: Role, kind: &Kind) -> bool {
    let within = |p: &PlaceKind| reads_within(role, *p).contains(&kind.lane);
    kind.place.iter().any(within)
}

/// Whether a role writes documents of this kind (within its place).
pub fn writes(role: Role, kind: &Kind) -> bool {
    kind.right(role).write && reaches(role, kind)
}

/// Whether a role decides about documents of this kind (within its place).
pub fn decides(role: Role, kind: &Kind) -> bool {
    kind.right(role).decide && reaches(role, kind)
}

/// Whether a role erases documents of this kind ([`crate::forget`]): the office, where the log is kept, and only what is
/// kept for a time. Never about themself.
pub fn erases(role: Role, kind: &Kind) -> bool {
    role == Role::Office && reaches(role, kind) && kind.retention != Retention::ForGood
}

/// Whether a role brings places of this kind into being, below its own. A placement has two ends: it is made
/// where the tree is kept, as moves are ([`crate::node::Node::place_in`]).
pub fn opens(role: Role, place: PlaceKind) -> bool {
    match role {
        Role::Office => place != PlaceKind::Placement,
        Role::Secretary | Role::Deputy => place == PlaceKind::Member,
        _ => false,
    }
}

/// The roles whose devices' recovery codes a role may ask its node for, within its place, to read them out to who has
/// forgotten a PIN. The office reads at its console.
pub fn reads_out(role: Role) -> &'static [Role] {
    match role {
        Role::Secretary | Role::Deputy => &[
            Role::Secretary,
            Role::Deputy,
            Role::CommitteeMember,
            Role::Member,
        ],
        _ => &[],
    }
}

/// The roles that a role may grant within its place, if its own grant lets it delegate.
pub fn grants(role: Role) -> &'static [Role] {
    match role {
        Role::Office => &[
            Role::Office,
            Role::CommitteeSecretary,
            Role::Secretary,
            Role::Deputy,
            Role::CommitteeMember,
            Role::Member,
            Role::Auditor,
            Role::Upper,
            Role::Operator,
        ],
        Role::Secretary | Role::Deputy => &[Role::Member],
        _ => &[],
    }
}
