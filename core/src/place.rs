//! Places and lanes: the one mechanism for who reads what, who keeps it, and reorganisation.
//!
//! A place is a committee, a branch (*chi bộ*) or a member (*đảng viên*). Each has a few fixed
//! lanes, and a lane is a [`ScopeId`]: `BLAKE3(place, lane)`. A role is granted on a place and holds
//! for all below it. A transfer, a merger of branches and the abolition of a level are one act: a
//! place gets another parent. Ids never change, so nothing is copied and the history goes along.
//!
//! A *placement* stands below a member and has a second, dated edge: the branch that hosts the member for
//! a time (*sinh hoạt tạm thời*) reaches it, and nothing else of theirs.
//!
//! Does not know: storage, the log, devices.

use crate::codec::{CodecError, Reader, Writer};
use crate::id::{Hasher, PlaceId, ScopeId};
use crate::kind::Label;
use crate::time::Timestamp;

/// What sort of place. Level and approving body are data in its `unit` document, never code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum PlaceKind {
    /// An organisation with a committee (*đảng bộ* with its *đảng ủy*), of any level.
    Committee = 0,
    /// A branch (*chi bộ*).
    Branch = 1,
    /// A member (*đảng viên*).
    Member = 2,
    /// A member's taking part in a second branch for a time (*sinh hoạt tạm thời*).
    Placement = 3,
}

impl PlaceKind {
    /// The kind with this number (format).
    pub fn from_number(n: u64) -> Option<Self> {
        Some(match n {
            0 => PlaceKind::Committee,
            1 => PlaceKind::Branch,
            2 => PlaceKind::Member,
            3 => PlaceKind::Placement,
            _ => return None,
        })
    }

    /// The lanes of such a place, in the order of their numbers.
    pub fn lanes(self) -> &'static [Lane] {
        match self {
            PlaceKind::Committee | PlaceKind::Branch => {
                &[Lane::Control, Lane::Open, Lane::Committee]
            }
            PlaceKind::Member => &[Lane::Control, Lane::Own, Lane::Office],
            PlaceKind::Placement => &[Lane::Control, Lane::Placement],
        }
    }
}

/// One of a place's few scopes. What different people may read lies in different lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Lane {
    /// Grants and moves of the place.
    Control = 0,
    /// What all who belong to the unit read: its name, its meetings.
    Open = 1,
    /// What only the unit's leaders read.
    Committee = 2,
    /// A member's own lane (`self`): the member, the branch's leaders and those above read it.
    Own = 3,
    /// About a member, for the branch's leaders and those above.
    Office = 4,
    /// All of a placement that is not control: the member, both branches' leaders and those above read it.
    Placement = 5,
}

impl Lane {
    /// The lane with this number (format).
    pub fn from_number(n: u64) -> Option<Self> {
        Some(match n {
            0 => Lane::Control,
            1 => Lane::Open,
            2 => Lane::Committee,
            3 => Lane::Own,
            4 => Lane::Office,
            5 => Lane::Placement,
            _ => return None,
        })
    }
}

/// The scope of a lane of a place (format).
pub fn scope_of(place: PlaceId, lane: Lane) -> ScopeId {
    ScopeId(
        Hasher::new("chibo/scope/1")
            .part(&place.0)
            .number(lane as u64)
            .id(),
    )
}

/// The second edge of a placement: which branch takes part in it, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Host {
    /// The branch.
    pub branch: PlaceId,
    /// The moment at which it ends; the node then says so in its log.
    pub until: Timestamp,
}

impl Host {
    /// Writes a place's host (format): u8 0, or 1, branch and number until; nothing where the kind of place
    /// has none.
    pub fn write(host: Option<Host>, kind: PlaceKind, w: &mut Writer) {
        match host {
            _ if kind != PlaceKind::Placement => w,
            None => w.u8(0),
            Some(h) => w.u8(1).fixed(&h.branch.0).number(h.until.0),
        };
    }

    /// Reads it.
    pub fn read(kind: PlaceKind, r: &mut Reader) -> Result<Option<Host>, CodecError> {
        if kind != PlaceKind::Placement {
            return Ok(None);
        }
        Ok(match r.u8()? {
            0 => None,
            1 => Some(Host {
                branch: PlaceId::read(r)?,
                until: Timestamp(r.number()?),
            }),
            _ => return Err(CodecError::BadValue { what: "host" }),
        })
    }
}

/// By which of its edges the writers of a document kind reach a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// The place lies within theirs.
    Parent,
    /// A branch within theirs hosts it.
    Host,
    /// Either.
    Any,
}

/// A role on a place, holding for all below it. Numbers are format; a later role takes a new one.
/// What each may read, write and decide is data: [`crate::access`] and [`crate::kind::Kind::rights`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Role {
    /// Committee office (*văn phòng, ban xây dựng Đảng*): keeps everything below its committee.
    Office = 1,
    /// Branch secretary (*bí thư chi bộ*).
    Secretary = 2,
    /// Deputy secretary (*phó bí thư*).
    Deputy = 3,
    /// Member (*đảng viên*): their own record, and what is open in their branch.
    Member = 4,
    /// Member of the branch's committee (*chi ủy viên*).
    CommitteeMember = 5,
    /// Auditor (*ủy ban kiểm tra*), and an inspector with a mandate: reads, writes nothing of it.
    Auditor = 6,
    /// The level above (*cấp trên*): statistics and copies.
    Upper = 7,
    /// Secretary of the committee (*bí thư đảng ủy*): decides; the office keeps the records.
    CommitteeSecretary = 8,
    /// Who runs the node (*quản trị*): devices and grants, no content.
    Operator = 9,
}

/// All roles, in the order of their numbers.
pub const ROLES: [Role; 9] = [
    Role::Office,
    Role::Secretary,
    Role::Deputy,
    Role::Member,
    Role::CommitteeMember,
    Role::Auditor,
    Role::Upper,
    Role::CommitteeSecretary,
    Role::Operator,
];

impl Role {
    /// The role with this number (format).
    pub fn from_number(n: u64) -> Option<Self> {
        ROLES.into_iter().find(|r| *r as u64 == n)
    }

    /// Name in commands.
    pub fn name(self) -> &'static str {
        match self {
            Role::Office => "office",
            Role::Secretary => "secretary",
            Role::Deputy => "deputy",
            Role::Member => "member",
            Role::CommitteeMember => "committee-member",
            Role::Auditor => "auditor",
            Role::Upper => "upper",
            Role::CommitteeSecretary => "committee-secretary",
            Role::Operator => "operator",
        }
    }

    /// What people read.
    pub fn label(self) -> Label {
        let (vi, en) = match self {
            Role::Office => ("văn phòng đảng ủy", "the committee's office"),
            Role::Secretary => ("bí thư chi bộ", "branch secretary"),
            Role::Deputy => ("phó bí thư", "deputy secretary"),
            Role::Member => ("đảng viên", "member"),
            Role::CommitteeMember => ("chi ủy viên", "member of the branch committee"),
            Role::Auditor => ("kiểm tra", "auditor"),
            Role::Upper => ("cấp trên", "the level above"),
            Role::CommitteeSecretary => ("bí thư đảng ủy", "committee secretary"),
            Role::Operator => ("quản trị máy", "node operator"),
        };
        Label { vi, en }
    }

    /// The role of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        ROLES.into_iter().find(|r| r.name() == name)
    }

    /// The kinds of places that the role is granted on.
    pub fn place_kinds(self) -> &'static [PlaceKind] {
        match self {
            Role::Office | Role::Upper | Role::CommitteeSecretary | Role::Operator => {
                &[PlaceKind::Committee]
            }
            Role::Auditor => &[PlaceKind::Committee, PlaceKind::Branch, PlaceKind::Member],
            Role::Secretary | Role::Deputy | Role::CommitteeMember => &[PlaceKind::Branch],
            Role::Member => &[PlaceKind::Member],
        }
    }
}
