//! Authorisation: may this author say this, here?
//!
//! This file alone can make an [`AuthorisedSegment`], the only thing that can be applied. The answer
//! follows from the tree and the grant, both functions of the log's prefix, and never from a clock.
//!
//! ```compile_fail
//! use chibo_core::feed::authorise::AuthorisedSegment;
//! fn forge(v: chibo_core::feed::verify::VerifiedSegment) -> AuthorisedSegment {
//!     AuthorisedSegment { verified: v }
//! }
//! ```
//!
//! ```
//! use chibo_core::feed::authorise::AuthorisedSegment;
//! fn look(a: &AuthorisedSegment) -> chibo_core::id::Hash {
//!     a.verified().hash()
//! }
//! ```

use super::Segment;
use super::verify::VerifiedSegment;
use crate::access;
use crate::document::doc_id_of;
use crate::id::PlaceId;
use crate::identity::{Custody, Grant};
use crate::kind::{self, Key};
use crate::log::{Entry, EntryType, Verdict};
use crate::place::{Edge, Lane, PlaceKind, scope_of};
use crate::tree::Tree;

/// Why an author may not say this here. Final: the verdict is *refused*.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[repr(u8)]
pub enum Forbidden {
    /// The grant is of another log, or was not given for this key.
    #[error("the grant is not for this log")]
    ForeignGrant = 1,
    /// The scope belongs to no place that is known or opened here.
    #[error("the scope is not known")]
    UnknownScope = 2,
    /// The place lies outside the granted one.
    #[error("the place lies outside the granted one")]
    OutsidePlace = 3,
    /// The role does not reach this lane.
    #[error("the role does not reach this lane")]
    WrongLane = 4,
    /// The role does not write this kind of document.
    #[error("the role does not write this kind of document")]
    NoWriter = 5,
    /// This build does not know the kind; a newer one is needed.
    #[error("this kind of document is not known here")]
    UnknownKind = 6,
    /// The kind does not belong into this lane or place, or the id is not the one that it must have.
    #[error("the document does not belong here")]
    WrongDocument = 7,
    /// The role does not bring such places into being, or it cannot stand there.
    #[error("the place cannot be opened there")]
    CannotOpen = 8,
    /// A formal decision about its own author.
    #[error("nobody records a decision about themself")]
    AboutThemself = 9,
    /// It says that its author had seen what the log has not said yet (rule 10).
    #[error("it names a position that the log has not reached")]
    BasisAhead = 10,
}

impl Forbidden {
    /// The reason's number in a log entry (format); those of the door start at 64.
    pub fn code(self) -> u8 {
        self as u8
    }
}

/// A verified segment that its author may say here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorisedSegment {
    verified: VerifiedSegment,
    place: PlaceId,
    lane: Lane,
}

impl AuthorisedSegment {
    /// The verified segment.
    pub fn verified(&self) -> &VerifiedSegment {
        &self.verified
    }

    /// The place that it is about.
    pub fn place(&self) -> PlaceId {
        self.place
    }

    /// The lane that it lies in.
    pub fn lane(&self) -> Lane {
        self.lane
    }
}

impl AuthorisedSegment {
    /// A segment that its home node accepted, whatever this build thinks of it: the verdict stands in
    /// a signed log and is not decided again. `Err`: the entry is about another segment.
    pub fn by_verdict(
        verified: VerifiedSegment,
        entry: &Entry,
        place: PlaceId,
        lane: Lane,
    ) -> Result<Self, Box<VerifiedSegment>> {
        Self::by_entry(verified, entry, Verdict::Accepted, place, lane)
    }

    /// A segment that was held, as `entry`, and that the office accepts. `Err`: the entry is about
    /// another segment, or did not hold it.
    pub fn by_decision(
        verified: VerifiedSegment,
        entry: &Entry,
        place: PlaceId,
        lane: Lane,
    ) -> Result<Self, Box<VerifiedSegment>> {
        Self::by_entry(verified, entry, Verdict::Held, place, lane)
    }

    /// A segment about which the log's entry says this verdict.
    fn by_entry(
        verified: VerifiedSegment,
        entry: &Entry,
        verdict: Verdict,
        place: PlaceId,
        lane: Lane,
    ) -> Result<Self, Box<VerifiedSegment>> {
        if entry.kind == EntryType::Segment
            && entry.verdict == verdict
            && entry.hash == verified.hash()
            && scope_of(place, lane) == verified.segment().scope
        {
            Ok(AuthorisedSegment {
                verified,
                place,
                lane,
            })
        } else {
            Err(Box::new(verified))
        }
    }
}

/// How strictly kinds are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// At a node's door: a kind that this build does not know is refused.
    Door,
    /// In what a node accepted: unknown kinds are kept, not applied.
    Archive,
}

/// Decides whether the grant lets its holder say this.
///
/// # Errors
/// The reason, with the segment, so that it can be quarantined.
pub fn authorise(
    verified: VerifiedSegment,
    grant: &Grant,
    tree: &Tree,
    strictness: Strictness,
) -> Result<AuthorisedSegment, Box<(Forbidden, VerifiedSegment)>> {
    match decide(&verified, grant, tree, strictness) {
        Ok((place, lane)) => Ok(AuthorisedSegment {
            verified,
            place,
            lane,
        }),
        Err(e) => Err(Box::new((e, verified))),
    }
}

fn decide(
    verified: &VerifiedSegment,
    grant: &Grant,
    tree: &Tree,
    strictness: Strictness,
) -> Result<(PlaceId, Lane), Forbidden> {
    let s = verified.segment();
    // A key on paper is exchanged for a device's, and says nothing.
    let on_paper = grant.custody == Custody::Paper;
    if grant.log != s.basis.log || grant.hash() != s.grant || on_paper {
        return Err(Forbidden::ForeignGrant);
    }
    let (place, place_kind, lane) = match (tree.of_scope(s.scope), &s.opens) {
        (Some((place, lane)), _) => {
            let placed = tree.get(place).ok_or(Forbidden::UnknownScope)?;
            (place, placed.kind, lane)
        }
        (None, Some(o)) => {
            let lane = o
                .kind
                .lanes()
                .iter()
                .copied()
                .find(|l| scope_of(o.place, *l) == s.scope)
                .ok_or(Forbidden::UnknownScope)?;
            if !access::opens(grant.role, o.kind)
                || tree.check(o.place, o.kind, Some(o.parent)).is_err()
            {
                return Err(Forbidden::CannotOpen);
            }
            (o.place, o.kind, lane)
        }
        (None, None) => return Err(Forbidden::UnknownScope),
    };
    let inside = match &s.opens {
        Some(o) if tree.get(place).is_none() => tree.is_within(o.parent, grant.place),
        _ => tree.reaches(grant.place, place, Edge::Any),
    };
    if !inside {
        return Err(Forbidden::OutsidePlace);
    }
    may_say(s, grant, (place, place_kind, lane), strictness)?;
    // A place that the segment opens has no host, and lies within as was just seen.
    if tree.get(place).is_some() {
        let mut kinds = s.changes.iter().filter_map(|c| kind::by_number(c.kind));
        if !kinds.all(|kind| tree.reaches(grant.place, place, kind.edge)) {
            return Err(Forbidden::OutsidePlace);
        }
    }
    Ok((place, lane))
}

/// Whether the grant's role says such things in a place of this kind, wherever the place lies: what is held, and what an
/// office accepts of it, is measured by this as well.
///
/// # Errors
/// The reason.
pub fn may_say(
    s: &Segment,
    grant: &Grant,
    (place, place_kind, lane): (PlaceId, PlaceKind, Lane),
    strictness: Strictness,
) -> Result<(), Forbidden> {
    if !access::reads_within(grant.role, place_kind).contains(&lane) {
        return Err(Forbidden::WrongLane);
    }
    for c in &s.changes {
        let Some(kind) = kind::by_number(c.kind) else {
            match strictness {
                Strictness::Door => return Err(Forbidden::UnknownKind),
                Strictness::Archive => continue,
            }
        };
        if kind.lane != lane || !kind.place.contains(&place_kind) {
            return Err(Forbidden::WrongDocument);
        }
        if kind.key == Key::Single && c.doc != doc_id_of(s.scope, c.kind, b"") {
            return Err(Forbidden::WrongDocument);
        }
        if !access::writes(grant.role, kind) {
            return Err(Forbidden::NoWriter);
        }
        if kind.formal && grant.person.0 == place.0 {
            return Err(Forbidden::AboutThemself);
        }
    }
    Ok(())
}
