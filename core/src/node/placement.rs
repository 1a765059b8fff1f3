//! Placements on the node: begun, prolonged and ended by one act, as moves are. They end by themselves with the
//! log's time ([`super::judge`]); the host's devices gain and lose them as they do any place. One in a commune with a
//! node of its own goes there and back by custody ([`super::custody`]).

use super::judge::Judge;
use super::{Node, PlaceError};
use crate::author::{self, Target};
use crate::custody::CustodyError;
use crate::document::{self, Values};
use crate::domain::placement::PLACEMENT;
use crate::id::PlaceId;
use crate::log::PlaceAct;
use crate::place::{Host, PlaceKind};
use crate::records;
use crate::register;
use crate::replica::{self, Overlay};
use crate::store::Store;
use crate::time::Timestamp;
use crate::tree::TreeError;
use rand_core::RngCore;

impl<S: Store> Node<S> {
    /// Lets a branch take part in a member's placement until a moment, or ends that (`host` is `None`); the
    /// placement is made if it is not there yet. `edits` are of its `placement` document and stand with it
    /// or not at all. Returns the entry's number.
    ///
    /// Only the office does so: it has the right at both ends. A stay that came from another node stands under the
    /// committee: then that is said in the place of the member.
    ///
    /// # Errors
    /// [`PlaceError`]; nothing has changed then.
    pub fn place_in(
        &mut self,
        placement: PlaceId,
        member: PlaceId,
        host: Option<Host>,
        edits: &Values,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<u64, PlaceError> {
        self.lapse(now)?;
        let kind = PlaceKind::Placement;
        self.tree.check(placement, kind, Some(member))?;
        self.tree.check_host(kind, host)?;
        let is_own = (self.tree.get(member)).is_some_and(|p| p.kind == PlaceKind::Member);
        match self.tree.get(placement) {
            Some(there) if there.parent != Some(member) => return Err(TreeError::Taken.into()),
            // A stay of somebody whom another node keeps comes from there, in a file.
            None if !is_own => return Err(TreeError::WrongKind.into()),
            _ => {}
        }
        if let Some(host) = host {
            if self.tree.is_within(member, host.branch) {
                return Err(PlaceError::AtHome);
            }
            let is_there = |p: &PlaceId| *p != placement && self.tree.is_hosted(*p, host.branch);
            if is_own && self.tree.below(member).any(|p| is_there(&p)) {
                return Err(PlaceError::ThereAlready);
            }
        }
        let office = self.office.clone();
        let seat = self.seat();
        let mut tree = self.tree.clone();
        let n = self.store.write(|tx| {
            for id in [Some(member), host.map(|h| h.branch)].into_iter().flatten() {
                if records::away(tx, &id.0)?.is_some() {
                    return Err(PlaceError::HandedOver);
                }
            }
            let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
            if host.is_some_and(|h| h.until <= judge.at.time) {
                return Err(PlaceError::Over);
            }
            let n = judge.place(PlaceAct {
                host,
                ..PlaceAct::at(placement, kind, Some(member))
            })?;
            judge.finish()?;
            if !edits.is_empty() {
                let target = Target::at(placement, &PLACEMENT, b"");
                author::edit(tx, &tree, &office, target, edits, now, rng)?;
                let drafted = records::draft(tx, target.doc)?;
                let drafts = drafted.into_iter().map(|d| (target.doc, d)).collect();
                let sealed = author::seal_docs(tx, &tree, &office, drafts, now, rng)?;
                let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
                for segment in sealed {
                    judge.own(segment, &office)?;
                }
                judge.finish()?;
            }
            Ok(n)
        })?;
        self.tree = tree;
        self.views.clear();
        Ok(n)
    }
}

impl Judge<'_> {
    /// A branch takes part in a stay that came, until the end of its last day.
    pub(super) fn hosts(
        &mut self,
        stay: PlaceId,
        parent: PlaceId,
        branch: PlaceId,
    ) -> Result<(), CustodyError> {
        let doc = Target::at(stay, &PLACEMENT, b"").doc;
        let record = replica::shown(self.tx, doc, &Overlay::of(self.tx)?)?;
        let values = record.map(|shown| document::values(&shown.doc, None));
        let last = values.and_then(|v| register::date(&v, "until")?.day());
        let until = last.map(|day| Timestamp(Timestamp::beginning_of(day).0 + 86_400));
        let until = until.filter(|until| *until > self.at.time);
        self.place(PlaceAct {
            host: Some(Host {
                branch,
                until: until.ok_or(CustodyError::NoTerm)?,
            }),
            ..PlaceAct::at(stay, PlaceKind::Placement, Some(parent))
        })?;
        Ok(())
    }
}
