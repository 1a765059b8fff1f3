//! The congress and election (*đại hội, bầu cử*) of a branch or a committee: who leads it from a day on, by which decision.
//! It ends and gives roles in one act at the office. A branch's secretary of before may be given time to hand it over.
//!
//! Which post gives which role is one table ([`Post::role`]). A branch's secretary, deputy and committee members each have
//! theirs; of a committee (*cấp ủy*) the secretary and deputies approve, and its other members have a seat and no role.
//! Its office (*văn phòng*) is staff: nobody elects it, and no congress ends its grants.
//!
//! Term, its last day and the day of the congress stand in the `unit` document; who was elected stands in a decision about each of them,
//! which confirms it ([`crate::elected`]): so that its number is one among the others, and it is cancelled like the others. What a cancelled
//! one gave is taken back ([`Node::take_back_post`]). Grants of leaders who were not elected to that role again end with it; what they had not handed
//! over is held, and a person decides. Who was elected gets a ticket that names the decision.
//! Whom a secretary let in stays: members' grants do not end with their secretary's.
//!
//! Does not know: votes and thresholds (the paper says who was elected).

use super::grants::spend_tickets;
use super::judge::Judge;
use super::reform::{unit, unit_values};
use super::{EditError, EnrolError, Node, succession};
use crate::author::{self, Author, Target};
use crate::date::Day;
use crate::document::{Value, Values};
use crate::domain::decision::{self, DECISION, ELECTION, UNIT_ID};
use crate::elected;
use crate::enrol::{Offer, Ticket};
use crate::id::{DocId, PersonId, PlaceId};
use crate::log::End;
use crate::place::{PlaceKind, Role};
use crate::records;
use crate::register::text;
use crate::replica::{self, Overlay};
use crate::store::{Store, StoreError, Tx};
use crate::time::Timestamp;
use crate::tree::Tree;
use rand_core::RngCore;
use std::collections::BTreeSet;

/// An election as the paper says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Election {
    /// The branch or committee.
    pub unit: PlaceId,
    /// Number of the decision that confirms it (*chuẩn y*).
    pub number: String,
    /// What else is known of that decision.
    pub confirmed: Confirmation,
    /// The day of the congress.
    pub on: Day,
    /// The term, as people write it (*nhiệm kỳ*): `2025-2027`; empty: not said.
    pub term: String,
    /// The last day of the term; `None`: not said. People are reminded before it, and it is late until the next congress.
    pub term_to: Option<Day>,
    /// Until when the secretary of before may hand the branch over ([`crate::domain::succession`]): their role ends
    /// with that, and at this moment at the latest. `None`: it ends at once, as it does for a committee.
    pub hand_over_by: Option<Timestamp>,
    /// Who was elected: the member and the post. Of who is named with several posts the first one is recorded.
    pub elected: Vec<(PlaceId, Post)>,
}

/// The decision that confirms an election, beside its number: each as far as it was said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Confirmation {
    /// The issuing body; empty: not said.
    pub body: String,
    /// Who signed it; empty: not said.
    pub signatory: String,
    /// Its day; `None`: not said.
    pub on: Option<Day>,
    /// Whether somebody has seen its original; `None`: not said.
    pub original_seen: Option<bool>,
    /// Who recorded it; empty: not said.
    pub recorded_by: String,
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
    /// Neither a branch nor a committee.
    #[error("it is no branch and no committee")]
    NoUnit,
    /// Somebody elected does not belong to the unit.
    #[error("{} is no member of this unit", .0.short())]
    NotOfIt(PlaceId),
    /// A post that such a unit does not have, or a secretary too many or none.
    #[error("a unit elects one secretary, deputies and committee members")]
    WrongRoles,
    /// Without its number the decision that confirms it has no effect.
    #[error("the decision that confirms it has a number")]
    NoNumber,
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

/// A post that an election gives (*bí thư, phó bí thư, ủy viên ban thường vụ, cấp ủy viên*).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Post {
    /// Leads it.
    Secretary,
    /// Leads it with them.
    Deputy,
    /// Of a committee's standing board.
    Standing,
    /// Has a seat.
    Member,
}

impl Post {
    /// Its code in a decision ([`crate::domain::decision::POSTS`]).
    fn code(self) -> &'static str {
        match self {
            Post::Secretary => "secretary",
            Post::Deputy => "deputy",
            Post::Standing => "standing",
            Post::Member => "member",
        }
    }

    /// The post of that code.
    fn of_code(code: &str) -> Option<Post> {
        let all = [Post::Secretary, Post::Deputy, Post::Standing, Post::Member];
        all.into_iter().find(|post| post.code() == code)
    }

    /// The role that comes with it in such a unit, which may be none; the outer `None`: such a unit has no such post.
    pub fn role(self, unit: PlaceKind) -> Option<Option<Role>> {
        match (unit, self) {
            (PlaceKind::Branch, Post::Secretary) => Some(Some(Role::Secretary)),
            (PlaceKind::Branch, Post::Deputy) => Some(Some(Role::Deputy)),
            (PlaceKind::Branch, Post::Member) => Some(Some(Role::CommitteeMember)),
            (PlaceKind::Committee, Post::Secretary | Post::Deputy) => {
                Some(Some(Role::CommitteeSecretary))
            }
            (PlaceKind::Committee, Post::Standing | Post::Member) => Some(None),
            _ => None,
        }
    }
}

/// The roles that a congress of such a unit ends and gives.
fn given(unit: PlaceKind) -> &'static [Role] {
    match unit {
        PlaceKind::Branch => &[Role::Secretary, Role::Deputy, Role::CommitteeMember],
        PlaceKind::Committee => &[Role::CommitteeSecretary],
        PlaceKind::Member | PlaceKind::Placement => &[],
    }
}

impl Election {
    /// What stands in the unit's document afterwards, other than now.
    fn edits(&self) -> Values {
        let day = |on: Day| Value::Text(on.date().to_string());
        let mut edits = Values::from([("congress_on".to_owned(), day(self.on))]);
        if !self.term.is_empty() {
            edits.insert("term".into(), Value::Text(self.term.clone()));
        }
        // The last day of the term before is none of this one.
        edits.insert("term_to".into(), self.term_to.map_or(Value::Cleared, day));
        edits
    }

    /// The decision that confirms one who was elected. `unit`: the unit's document. Where nobody has said its day, the day of the congress
    /// stands for it.
    fn decision(&self, post: Post, unit: &Values) -> Values {
        let (number, symbol) = elected::parts(&self.number);
        let on = self.on.date().to_string();
        let issued_on = self.confirmed.on.map(|on| on.date().to_string());
        let name = unit.get("name").map(Value::shown).unwrap_or_default();
        let said = [
            ("form", ELECTION),
            ("number", number),
            ("symbol", symbol),
            ("issued_on", issued_on.as_deref().unwrap_or(&on)),
            ("body", &self.confirmed.body),
            ("signatory", &self.confirmed.signatory),
            ("from", &on),
            ("place", &name),
            ("post", post.code()),
            (UNIT_ID, &self.unit.to_string()),
            ("recorded_by", &self.confirmed.recorded_by),
        ];
        let filled = said.into_iter().filter(|(_, text)| !text.is_empty());
        let mut values: Values = filled
            .map(|(name, text)| (name.to_owned(), Value::Text(text.to_owned())))
            .collect();
        if let Some(is_seen) = self.confirmed.original_seen {
            values.insert("original_seen".into(), Value::YesNo(is_seen));
        }
        values
    }

    /// What the grants that come of it name as what they rest on.
    fn mandate(&self) -> String {
        let (number, symbol) = elected::parts(&self.number);
        elected::mandate(number, symbol, Some(self.on.date()))
    }

    /// Writes the decisions that are not there yet.
    fn record(
        &self,
        tx: &mut dyn Tx,
        (tree, office): (&Tree, &Author),
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<(), EditError> {
        let unit = unit_values(tx, self.unit)?;
        let mut done = BTreeSet::new();
        for (member, post) in &self.elected {
            if !done.insert(*member) {
                continue;
            }
            let said = self.decision(*post, &unit);
            let same = ["form", "number", "symbol", "from", "post", UNIT_ID];
            let is_same = |values: &Values| {
                let all = same.iter();
                let mut all = all.map(|name| values.get(*name) == said.get(*name));
                all.all(|is_same| is_same) && !decision::is_cancelled(values)
            };
            let known = replica::documents(tx, *member, &DECISION, &Overlay::default())?;
            let there = known.iter().find(|(_, values)| is_same(values));
            let mut id = [0; 16];
            rng.fill_bytes(&mut id);
            let new = Target::at(*member, &DECISION, &id);
            let (target, said) = match there {
                // Of what was not said the first time nothing is missing any more.
                Some((doc, values)) => {
                    let lacks = said
                        .into_iter()
                        .filter(|(name, _)| !values.contains_key(name));
                    (Target { doc: *doc, ..new }, lacks.collect())
                }
                None => (new, said),
            };
            if !said.is_empty() {
                author::edit(tx, tree, office, target, &said, now, rng)?;
            }
        }
        Ok(())
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
        let place = election.unit;
        let kind = self.tree.get(place).map(|p| p.kind);
        let roles = kind.map_or(&[][..], given);
        let Some(kind) = kind.filter(|_| !roles.is_empty()) else {
            return Err(ElectionError::NoUnit);
        };
        for (member, _) in &election.elected {
            let placed = self.tree.get(*member);
            let is_of_it = match kind {
                PlaceKind::Branch => placed.and_then(|p| p.parent) == Some(place),
                _ => self.tree.is_within(*member, place),
            };
            if !is_of_it || placed.map(|p| p.kind) != Some(PlaceKind::Member) {
                return Err(ElectionError::NotOfIt(*member));
            }
        }
        let posts = || election.elected.iter().map(|(_, post)| *post);
        let is_wrong = posts().any(|post| post.role(kind).is_none());
        if is_wrong || posts().filter(|p| *p == Post::Secretary).count() != 1 {
            return Err(ElectionError::WrongRoles);
        }
        if election.number.trim().is_empty() {
            return Err(ElectionError::NoNumber);
        }
        let mut elected: Vec<(PlaceId, Role)> = Vec::new();
        let mut named = BTreeSet::new();
        for (member, post) in &election.elected {
            if named.insert(*member)
                && let Some(role) = post.role(kind).flatten()
            {
                elected.push((*member, role));
            }
        }
        self.lapse(now)?;
        self.submit(now, rng)?;
        let is_elected = |person: PersonId, role: Role| {
            elected.iter().any(|(m, r)| m.0 == person.0 && *r == role)
        };
        let seat = self.seat();
        let office = self.office.clone();
        let mut tree = self.tree.clone();
        let (ended, giving, kept) = self.store.write(|tx| {
            let edits = election.edits();
            author::edit(tx, &tree, &office, unit(place), &edits, now, rng)?;
            election.record(tx, (&tree, &office), now, rng)?;
            let sealed = author::seal(tx, &tree, &office, now, rng)?;
            let grants = records::grants(tx)?;
            // Tickets of an election of before lead nobody in any more.
            spend_tickets(tx, |offer| {
                offer.place == place && roles.contains(&offer.role) && !offer.mandate.is_empty()
            })?;
            let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
            for segment in sealed {
                judge.own(segment, &office)?;
            }
            let (mut ended, mut giving, mut kept) = (Vec::new(), Vec::new(), BTreeSet::new());
            for (n, grant) in grants {
                let leads = grant.place == place && roles.contains(&grant.role);
                if !leads || records::ended(judge.tx, n)?.is_some() {
                    continue;
                }
                let gives = election
                    .hand_over_by
                    .filter(|until| grant.role == Role::Secretary && *until > judge.at.time);
                if is_elected(grant.person, grant.role) {
                    succession::leads_on(judge.tx, n)?;
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
        for (member, role) in &elected {
            let person = PersonId(member.0);
            if kept.contains(&(person, *role)) {
                continue;
            }
            let mandate = election.mandate();
            let offer = Offer {
                mandate,
                ..Offer::new(*role, place, person, expires)
            };
            tickets.push((*member, *role, self.ticket(url, &offer, rng)?));
        }
        Ok(Elected {
            ended,
            giving,
            tickets,
        })
    }
    /// Takes back what a decision gave that confirmed an election, once it is cancelled: unless another that stands gives the same, the member's
    /// grants of that role that rest on an election end, and a ticket that nobody has used is worth nothing. Twice is as once. Who led before is not let in again by that. Returns the grants.
    ///
    /// # Errors
    /// The store failed; nothing has changed then.
    pub fn take_back_post(&mut self, doc: DocId, now: Timestamp) -> Result<Vec<u64>, StoreError> {
        let seat = self.seat();
        let mut tree = self.tree.clone();
        let ended = self.store.write(|tx| {
            let Some(row) = records::doc(tx, doc)?.filter(|row| row.kind == DECISION.number) else {
                return Ok(Vec::new());
            };
            let Some((member, _)) = tree.of_scope(row.scope) else {
                return Ok(Vec::new());
            };
            let overlay = Overlay::of(tx)?;
            let all = replica::documents(tx, member, &DECISION, &overlay)?;
            let gives = |values: &Values| {
                let unit = text(values, UNIT_ID)?;
                let unit = tree.iter().find(|(place, _)| place.to_string() == unit)?;
                let post = Post::of_code(text(values, "post")?)?;
                let role = post.role(unit.1.kind)??;
                elected::is_election(values).then_some((unit.0, role))
            };
            let this = all.iter().find(|(id, _)| *id == doc);
            let this = this.filter(|(_, values)| decision::is_cancelled(values));
            let Some((unit, role)) = this.and_then(|(_, values)| gives(values)) else {
                return Ok(Vec::new());
            };
            // What another decision gives that holds is not taken with this one.
            let Some(on) = now.day_in_vietnam() else {
                return Ok(Vec::new());
            };
            let mut last = None;
            for (place, placed) in tree.iter() {
                if placed.kind == PlaceKind::Member && tree.is_within(place, unit) {
                    let of = replica::documents(tx, place, &DECISION, &overlay)?;
                    last = last.max(elected::congress(&of, unit, on));
                }
            }
            let mut held = elected::that_hold(&all, (unit, last), on);
            if held.any(|values| gives(values) == Some((unit, role))) {
                return Ok(Vec::new());
            }
            let rests = |person: PersonId, place: PlaceId, of: Role, mandate: &str| {
                person.0 == member.0 && (place, of) == (unit, role) && !mandate.is_empty()
            };
            spend_tickets(tx, |o| rests(o.person, o.place, o.role, &o.mandate))?;
            let grants = records::grants(tx)?;
            let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
            let mut ended = Vec::new();
            for (n, grant) in grants {
                if rests(grant.person, grant.place, grant.role, &grant.mandate)
                    && records::ended(judge.tx, n)?.is_none()
                {
                    judge.end(n, &grant, End::Revoked)?;
                    ended.push(n);
                }
            }
            judge.finish()?;
            Ok::<_, StoreError>(ended)
        })?;
        self.tree = tree;
        self.views.clear();
        Ok(ended)
    }
}
