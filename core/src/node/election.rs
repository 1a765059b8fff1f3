//! A branch's congress and election (*đại hội, bầu cử*): who leads it from a day on, by which decision. It ends and
//! gives roles in one act at the office. The secretary of before may be given time to hand the branch over.
//!
//! The outcome stands in the branch's `unit` document: term, day of the congress, seats of the committee (*chi ủy*);
//! seats of before get an end. Grants of leaders who were not elected to that role again end with it; what they
//! had not handed over is held, and a person decides. Who was elected gets a ticket that names the decision.
//! Whom a secretary let in stays: members' grants do not end with their secretary's.
//!
//! Does not know: votes and thresholds (the paper says who was elected).

use super::judge::Judge;
use super::reform::{unit, unit_values};
use super::{EditError, EnrolError, Node, succession};
use crate::author;
use crate::date::Day;
use crate::document::{Value, Values};
use crate::enrol::{Offer, Ticket};
use crate::id::{Hasher, PersonId, PlaceId, hex};
use crate::log::End;
use crate::place::{PlaceKind, Role};
use crate::records;
use crate::store::{Store, StoreError};
use crate::time::Timestamp;
use rand_core::RngCore;
use std::collections::BTreeSet;

/// An election as the paper says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Election {
    /// The branch.
    pub branch: PlaceId,
    /// Number of the decision that confirms it (*chuẩn y*).
    pub number: String,
    /// The day of the congress.
    pub on: Day,
    /// The term, as people write it (*nhiệm kỳ*): `2025-2027`; empty: not said.
    pub term: String,
    /// Until when the secretary of before may hand the branch over ([`crate::domain::succession`]): their role ends
    /// with that, and at this moment at the latest. `None`: it ends at once.
    pub hand_over_by: Option<Timestamp>,
    /// Who was elected: the member, the role, and the name for the branch's list.
    pub elected: Vec<(PlaceId, Role, String)>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Elected {
    /// The grants that ended.
    pub ended: Vec<u64>,
    /// The grants that go on until the branch is handed over.
    pub giving: Vec<u64>,
    /// A ticket for each who was elected and has no such grant yet.
    pub tickets: Vec<(PlaceId, Role, Ticket)>,
}

/// Why an election was not recorded. No role has ended or begun.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ElectionError {
    /// Not a branch.
    #[error("it is no branch")]
    NoBranch,
    /// Somebody elected does not belong to the branch.
    #[error("{} is no member of this branch", .0.short())]
    NotOfIt(PlaceId),
    /// A role that a branch's election does not give, or a secretary too many or none.
    #[error("a branch elects one secretary, deputies and committee members")]
    WrongRoles,
    /// A ticket was not made; said again, the election goes on from there.
    #[error(transparent)]
    Ticket(#[from] EnrolError),
    /// The branch's document takes no more.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The roles that an election gives, with the code of the seat.
const SEATS: [(Role, &str); 3] = [
    (Role::Secretary, "secretary"),
    (Role::Deputy, "deputy"),
    (Role::CommitteeMember, "member"),
];

impl Election {
    /// What stands in the branch's document afterwards, other than now.
    fn edits(&self, standing: &Values) -> Values {
        let on = self.on.date().to_string();
        let said = |t: &str| Value::Text(t.to_owned());
        let mut edits = Values::from([("congress_on".to_owned(), said(&on))]);
        if !self.term.is_empty() {
            edits.insert("term".into(), said(&self.term));
        }
        let mut seats = BTreeSet::new();
        for (member, role, name) in &self.elected {
            let Some((_, post)) = SEATS.iter().find(|(r, _)| r == role) else {
                continue;
            };
            let id = Hasher::new("chibo/seat/1")
                .part(self.number.as_bytes())
                .part(on.as_bytes())
                .part(&member.0)
                .part(post.as_bytes())
                .id();
            let seat = format!("committee/{}", hex(&id[..8]));
            let cells = [
                ("name", name.as_str()),
                ("member", &member.to_string()),
                ("post", post),
                ("from", &on),
                ("number", &self.number),
            ];
            let filled = cells.into_iter().filter(|(_, v)| !v.is_empty());
            edits.extend(filled.map(|(n, v)| (format!("{seat}/{n}"), said(v))));
            if *role == Role::Secretary && !name.is_empty() {
                edits.insert("secretary_name".into(), said(name));
            }
            seats.insert(seat);
        }
        for path in standing.keys().filter(|p| p.starts_with("committee/")) {
            let Some((seat, "post")) = path.rsplit_once('/') else {
                continue;
            };
            let to = format!("{seat}/to");
            let is_over = matches!(standing.get(&to), Some(Value::Text(_)));
            if !seats.contains(seat) && !is_over {
                edits.insert(to, said(&on));
            }
        }
        edits
    }
}

impl<S: Store> Node<S> {
    /// Records an election and carries it out. Said twice it is the same, but for tickets that were not used,
    /// which are made anew. `url`: where the node is reached; `expires`: until when the tickets can be used.
    ///
    /// # Errors
    /// [`ElectionError`].
    pub fn elect(
        &mut self,
        election: &Election,
        (url, expires): (&str, Timestamp),
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<Elected, ElectionError> {
        let branch = election.branch;
        if self.tree.get(branch).map(|p| p.kind) != Some(PlaceKind::Branch) {
            return Err(ElectionError::NoBranch);
        }
        for (member, ..) in &election.elected {
            if self.tree.get(*member).and_then(|p| p.parent) != Some(branch) {
                return Err(ElectionError::NotOfIt(*member));
            }
        }
        let is_given = |role: Role| SEATS.iter().any(|(r, _)| *r == role);
        let roles = || election.elected.iter().map(|(_, role, _)| *role);
        if roles().any(|r| !is_given(r)) || roles().filter(|r| *r == Role::Secretary).count() != 1 {
            return Err(ElectionError::WrongRoles);
        }
        self.lapse(now)?;
        self.submit(now, rng)?;
        let is_elected = |person: PersonId, role: Role| {
            let same = |(m, r, _): &(PlaceId, Role, String)| m.0 == person.0 && *r == role;
            election.elected.iter().any(same)
        };
        let office = self.office.clone();
        let seat = self.seat();
        let mut tree = self.tree.clone();
        let (ended, giving, kept) = self.store.write(|tx| {
            let edits = election.edits(&unit_values(tx, branch)?);
            author::edit(tx, &tree, &office, unit(branch), &edits, now, rng)?;
            let sealed = author::seal(tx, &tree, &office, now, rng)?;
            let grants = records::grants(tx)?;
            let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
            for segment in sealed {
                judge.own(segment, &office)?;
            }
            let (mut ended, mut giving, mut kept) = (Vec::new(), Vec::new(), BTreeSet::new());
            for (n, grant) in grants {
                let leads = grant.place == branch && is_given(grant.role);
                if !leads || records::ended(judge.tx, n)?.is_some() {
                    continue;
                }
                let gives = election
                    .hand_over_by
                    .filter(|until| grant.role == Role::Secretary && *until > judge.at.time);
                if is_elected(grant.person, grant.role) {
                    kept.insert((grant.person, grant.role));
                } else if let Some(until) = gives {
                    succession::let_give(judge.tx, n, until)?;
                    judge.note_end(until)?;
                    giving.push(n);
                } else {
                    judge.end(n, &grant, End::Revoked)?;
                    ended.push(n);
                }
            }
            judge.finish()?;
            Ok::<_, ElectionError>((ended, giving, kept))
        })?;
        self.tree = tree;
        self.views.clear();
        let mut tickets = Vec::new();
        for (member, role, _) in &election.elected {
            let person = PersonId(member.0);
            if kept.contains(&(person, *role)) {
                continue;
            }
            let mandate = election.number.clone();
            let offer = Offer {
                mandate,
                ..Offer::new(*role, branch, person, expires)
            };
            tickets.push((*member, *role, self.ticket(url, &offer, rng)?));
        }
        Ok(Elected {
            ended,
            giving,
            tickets,
        })
    }
}
