//! A reorganisation on the node: looked at beforehand, done in one transaction, undone until it is confirmed.
//!
//! What is done are the acts that there are: places made by the office's segments, `unit` documents edited,
//! places put under others. They stand in the log one after the other. To go back, nothing more is kept than
//! which entries those are: the note of each move says where the place stood before, and the documents
//! say what was decided of them.
//!
//! Undoing does the same acts the other way. What people did meanwhile stays: a place that somebody put
//! elsewhere since stays there, a unit in which something new stands stays open, and both are told.

use super::answer::moves_after;
use super::judge::Judge;
use super::{EditError, Node};
use crate::author::{self, Target};
use crate::case;
use crate::codec::{Reader, Writer};
use crate::date::Day;
use crate::document::{self, Values};
use crate::domain::decision::DECISION;
use crate::domain::member::MEMBER;
use crate::domain::unit::UNIT;
use crate::id::{DocId, PlaceId};
use crate::kind;
use crate::limits;
use crate::log::{ControlAct, PlaceAct};
use crate::place::{Host, PlaceKind};
use crate::records;
use crate::reform::{self, Misfit, OpenCase, Outlook, Plan, PlanError, Standing};
use crate::register;
use crate::store::{Store, StoreError, Tx};
use crate::time::Timestamp;
use crate::tree::Tree;
use rand_core::RngCore;
use std::collections::{BTreeMap, BTreeSet};

/// Why a reorganisation was not done, undone or confirmed. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReformError {
    /// The plan does not fit the tree: a person mends it.
    #[error("{} things in the plan cannot be", .0.len())]
    Misfits(Vec<Misfit>),
    /// It is not in force yet, and what is done acts at once.
    #[error("it is in force from {} on", in_force.shown())]
    TooEarly {
        /// The first day on which it holds.
        in_force: Day,
    },
    /// Another one is neither confirmed nor undone.
    #[error("another reorganisation is not confirmed yet")]
    Unconfirmed,
    /// None waits to be confirmed or undone.
    #[error("no reorganisation waits to be confirmed")]
    Nothing,
    /// What was kept of it is no plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A `unit` document takes no more.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A reorganisation that was done and can be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reform {
    /// The plan.
    pub plan: Plan,
    /// The first of its entries in the log.
    pub first: u64,
    /// The last of them.
    pub last: u64,
    /// When it was done.
    pub done: Timestamp,
    /// The units that it made.
    pub made: Vec<PlaceId>,
    /// The units whose documents it edited, those made among them.
    pub edited: Vec<PlaceId>,
}

/// What came of an undo.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Undone {
    /// How many places are back where they stood.
    pub back: usize,
    /// Places that stay where they are: somebody moved them since, or they cannot go back.
    pub stayed: Vec<PlaceId>,
    /// Units that stay open: something was put there since.
    pub open: Vec<PlaceId>,
}

const REFORM: &str = "reform";

impl Reform {
    fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.number(self.first).number(self.last).number(self.done.0);
        for list in [&self.made, &self.edited] {
            w.number(list.len() as u64);
            for place in list {
                w.fixed(&place.0);
            }
        }
        w.bytes(self.plan.text.as_bytes());
        w.finish()
    }

    fn read(bytes: &[u8]) -> Result<Self, ReformError> {
        let mut r = Reader::new(bytes);
        let mut numbers = || r.number().map_err(StoreError::from);
        let (first, last, done) = (numbers()?, numbers()?, Timestamp(numbers()?));
        let places = |r: &mut Reader| -> Result<Vec<PlaceId>, StoreError> {
            let count = r.count(bytes.len())?;
            (0..count).map(|_| Ok(PlaceId::read(r)?)).collect()
        };
        let (made, edited) = (places(&mut r)?, places(&mut r)?);
        let text = r.bytes(limits::PLAN_BYTES).map_err(StoreError::from)?;
        let text = std::str::from_utf8(text)
            .map_err(|_| StoreError::Damaged("a plan of reorganisation".into()))?;
        Ok(Reform {
            plan: Plan::parse(text)?,
            first,
            last,
            done,
            made,
            edited,
        })
    }

    fn of(tx: &dyn Tx) -> Result<Option<Self>, ReformError> {
        let bytes = records::meta(tx, REFORM)?;
        bytes.map(|b| Self::read(&b)).transpose()
    }
}

pub(super) fn unit(place: PlaceId) -> Target {
    Target::at(place, &UNIT, b"")
}

pub(super) fn unit_values(tx: &dyn Tx, place: PlaceId) -> Result<Values, StoreError> {
    Ok(match records::doc(tx, unit(place).doc)? {
        Some(row) => document::values(&document::load(&row.bytes)?, None),
        None => Values::new(),
    })
}

/// What a plan has to know of documents.
#[derive(Default)]
struct Known {
    /// The cases that are open.
    cases: Vec<OpenCase>,
    /// Whose place is here and who does not belong to a branch any more, or has no record: whoever was forgotten
    /// leaves an empty place.
    gone: BTreeSet<PlaceId>,
}

/// Looks through all documents once. `on`: the day whose statuses count.
fn known(tx: &dyn Tx, tree: &Tree, on: Day) -> Result<Known, StoreError> {
    const AT_ONCE: usize = 1_024;
    let mut known = Known::default();
    let mut members: BTreeMap<PlaceId, (Values, Vec<(DocId, Values)>)> = BTreeMap::new();
    let mut after = None;
    loop {
        let rows = records::docs_after(tx, after, AT_ONCE)?;
        let Some((last, _)) = rows.last() else {
            break;
        };
        after = Some(*last);
        for (doc, row) in &rows {
            let kind = kind::by_number(row.kind);
            let (Some(kind), Some((member, _))) = (kind, tree.of_scope(row.scope)) else {
                continue;
            };
            let decides = [MEMBER.number, DECISION.number].contains(&kind.number);
            if kind.case.is_none() && !decides {
                continue;
            }
            let values = document::values(&document::load(&row.bytes)?, None);
            if let Some(case) = kind.case {
                let state = case.state(case::story(kind, &values).state);
                known
                    .cases
                    .extend(state.filter(|s| s.open).map(|s| OpenCase {
                        member,
                        doc: *doc,
                        kind,
                        state: s.code,
                    }));
            } else if kind.number == MEMBER.number {
                members.entry(member).or_default().0 = values;
            } else {
                members.entry(member).or_default().1.push((*doc, values));
            }
        }
    }
    for (place, _) in tree.iter().filter(|(_, p)| p.kind == PlaceKind::Member) {
        let of = members.get(&place);
        // Whoever stands in the roll moves, and is told in its figures; also who was not a member yet on that day.
        let belongs = of.is_some_and(|(record, decisions)| {
            let status = register::status(record, decisions, on);
            !record.is_empty() && register::belongs(status.as_ref())
        });
        if !belongs {
            known.gone.insert(place);
        }
    }
    Ok(known)
}

impl<S: Store> Node<S> {
    /// What a plan would do today. Nothing changes.
    ///
    /// # Errors
    /// [`ReformError::Misfits`] with everything in it that cannot be.
    pub fn preview_reform(&self, plan: &Plan) -> Result<Outlook, ReformError> {
        self.store.read(|tx| self.outlook(tx, plan))
    }

    fn outlook(&self, tx: &dyn Tx, plan: &Plan) -> Result<Outlook, ReformError> {
        let mut units = BTreeMap::new();
        for (place, placed) in self.tree.iter() {
            if matches!(placed.kind, PlaceKind::Committee | PlaceKind::Branch) {
                units.insert(place, unit_values(tx, place)?);
            }
        }
        let mut grants = Vec::new();
        for (n, grant) in records::grants(tx)? {
            if records::ended(tx, n)?.is_none() {
                grants.push((n, grant));
            }
        }
        let known = known(tx, &self.tree, plan.in_force)?;
        let standing = Standing {
            log: self.log,
            tree: &self.tree,
            units,
            grants,
            cases: known.cases,
            gone: known.gone,
        };
        reform::preview(&standing, plan).map_err(ReformError::Misfits)
    }

    /// The reorganisation that is done and not confirmed.
    pub fn reform(&self) -> Result<Option<Reform>, ReformError> {
        self.store.read(|tx| Reform::of(tx))
    }

    /// Carries out a plan, in one transaction: all of it or nothing. It can be undone until it is confirmed.
    ///
    /// # Errors
    /// [`ReformError`]; nothing has changed then.
    pub fn apply_reform(
        &mut self,
        plan: &Plan,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<Outlook, ReformError> {
        let in_force = plan.in_force;
        if now.day_in_vietnam().is_none_or(|today| today < in_force) {
            return Err(ReformError::TooEarly { in_force });
        }
        self.lapse(now)?;
        self.submit(now, rng)?;
        let outlook = self.store.read(|tx| match Reform::of(tx)? {
            Some(_) => Err(ReformError::Unconfirmed),
            None => self.outlook(tx, plan),
        })?;
        let office = self.office.clone();
        let seat = self.seat();
        let mut tree = self.tree.clone();
        self.store.write(|tx| {
            for (place, kind, parent) in &outlook.opens {
                author::open_place(tx, &mut tree, &office, *place, *kind, *parent)?;
            }
            for (place, values) in &outlook.edits {
                author::edit(tx, &tree, &office, unit(*place), values, now, rng)?;
            }
            let sealed = author::seal(tx, &tree, &office, now, rng)?;
            let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
            let first = judge.at.n + 1;
            for segment in sealed {
                judge.own(segment, &office)?;
            }
            for shift in &outlook.moves {
                judge.puts(shift.place, Some(shift.to), None)?;
            }
            for shift in &outlook.hosts {
                judge.puts(shift.place, None, Some(shift.to))?;
            }
            let reform = Reform {
                plan: plan.clone(),
                first,
                last: judge.at.n,
                done: judge.at.time,
                made: outlook.made.clone(),
                edited: outlook.edits.iter().map(|(place, _)| *place).collect(),
            };
            judge.finish()?;
            records::set_meta(tx, REFORM, &reform.to_bytes())?;
            Ok::<_, ReformError>(())
        })?;
        self.tree = tree;
        self.views.clear();
        Ok(outlook)
    }

    /// Undoes the reorganisation that is not confirmed, in one transaction.
    ///
    /// # Errors
    /// [`ReformError::Nothing`] if there is none; nothing has changed then.
    pub fn undo_reform(
        &mut self,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<Undone, ReformError> {
        self.lapse(now)?;
        self.submit(now, rng)?;
        let office = self.office.clone();
        let seat = self.seat();
        let mut tree = self.tree.clone();
        let undone = self.store.write(|tx| {
            let reform = Reform::of(tx)?.ok_or(ReformError::Nothing)?;
            let mut undone = Undone::default();
            let mut moves = moves_after(tx, reform.first.saturating_sub(1))?;
            moves.retain(|(n, _)| *n <= reform.last);
            let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
            for (n, moved) in moves.into_iter().rev() {
                match judge.takes_back(n, moved.parent, moved.host)? {
                    true => undone.back += 1,
                    false => undone.stayed.push(moved.place),
                }
            }
            judge.finish()?;
            for place in &reform.edited {
                let made = reform.made.contains(place);
                let is_new = |p: &PlaceId| !reform.made.contains(p);
                if made && tree.subtree(*place).iter().any(is_new) {
                    undone.open.push(*place);
                    continue;
                }
                let values = unit_values(tx, *place)?;
                let back = reform.plan.taken_back(*place, made, &values);
                author::edit(tx, &tree, &office, unit(*place), &back, now, rng)?;
            }
            let sealed = author::seal(tx, &tree, &office, now, rng)?;
            let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
            for segment in sealed {
                judge.own(segment, &office)?;
            }
            judge.finish()?;
            records::drop_meta(tx, REFORM)?;
            Ok::<_, ReformError>(undone)
        })?;
        self.tree = tree;
        self.views.clear();
        Ok(undone)
    }

    /// Ends the possibility to undo: the office has looked at what was done. Returns what it was.
    ///
    /// # Errors
    /// [`ReformError::Nothing`] if there is none.
    pub fn confirm_reform(&mut self) -> Result<Reform, ReformError> {
        self.store.write(|tx| {
            let reform = Reform::of(tx)?.ok_or(ReformError::Nothing)?;
            records::drop_meta(tx, REFORM)?;
            Ok(reform)
        })
    }
}

impl Judge<'_> {
    /// Puts a place under another parent, or gives it another host; what is not named stays. The outlook has
    /// asked whether that can be.
    fn puts(
        &mut self,
        place: PlaceId,
        parent: Option<PlaceId>,
        host: Option<PlaceId>,
    ) -> Result<(), StoreError> {
        let Some(placed) = self.tree.get(place).copied() else {
            return Ok(());
        };
        let until = placed.host.map(|h| h.until);
        let host = host.zip(until);
        let host = host.map(|(branch, until)| Host { branch, until });
        self.place(PlaceAct {
            host: host.or(placed.host),
            ..PlaceAct::at(place, placed.kind, parent.or(placed.parent))
        })?;
        Ok(())
    }

    /// Puts the place of entry `n` back to where it stood before, if it still stands where that entry put it.
    fn takes_back(
        &mut self,
        n: u64,
        parent: PlaceId,
        host: Option<PlaceId>,
    ) -> Result<bool, StoreError> {
        let damaged = || StoreError::Damaged("a move".into());
        let row = records::log_row(self.tx, n)?.ok_or_else(damaged)?;
        let act = PlaceAct::read(&mut Reader::new(&row.body))?;
        let Some(now) = self.tree.get(act.place).copied() else {
            return Ok(false);
        };
        let branch = |h: Option<Host>| h.map(|h| h.branch);
        let stands = now.parent == act.parent && branch(now.host) == branch(act.host);
        if !stands || self.tree.check(act.place, now.kind, Some(parent)).is_err() {
            return Ok(false);
        }
        self.puts(act.place, Some(parent), host)?;
        Ok(true)
    }
}
