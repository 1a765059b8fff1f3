//! How a plan is held against the tree: step by step on a copy, noting what does not fit.
//!
//! What ends is known first, so that nothing is put there, and what is called otherwise from now on, so that it
//! is found by both names. Then comes what is done, in the order in which it is done: units are made; then what lines say goes elsewhere; then what is left under units that end; then those units
//! themselves, below what they became. Each move is tried on the tree as it is by then.

use super::{
    Count, Fate, Figures, Kin, Misfit, Outlook, Plan, Reach, Says, Shift, Standing, Why, iso, said,
    text,
};
use crate::document::{Value, Values};
use crate::domain::unit::is_branch;
use crate::id::PlaceId;
use crate::limits;
use crate::place::PlaceKind;
use crate::text::spelling;
use crate::tree::{Placed, Tree};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn outlook(standing: &Standing, plan: &Plan) -> Result<Outlook, Vec<Misfit>> {
    let mut draft = Draft::new(standing, plan);
    let mut ends = draft.ends();
    draft.rename();
    draft.make();
    draft.become_what(&mut ends);
    draft.move_as_said();
    draft.move_what_is_left(&ends);
    draft.write_kin(&ends);
    draft.hand_placements_on(&ends);
    draft.count();
    draft.grants_and_cases(&ends);
    draft.result()
}

/// A unit that ends.
struct Ending<'a> {
    line: usize,
    place: PlaceId,
    becomes: &'a [String],
    /// What it becomes, once that is known.
    successors: Vec<PlaceId>,
    how: &'static str,
}

struct Draft<'a> {
    standing: &'a Standing<'a>,
    plan: &'a Plan,
    /// The tree as it will be.
    tree: Tree,
    names: BTreeMap<PlaceId, String>,
    /// From a name as [`spelling`] leaves it to who bears it.
    called: BTreeMap<String, Vec<PlaceId>>,
    /// Units that had ended before.
    history: BTreeSet<PlaceId>,
    ended: BTreeSet<PlaceId>,
    made: BTreeSet<PlaceId>,
    /// What a line has said already where it goes, that it ends, or what it is called.
    spoken: BTreeSet<PlaceId>,
    edits: BTreeMap<PlaceId, Values>,
    out: Outlook,
    misfits: Vec<Misfit>,
}

/// What stands under every place.
fn counts(
    tree: &Tree,
    gone: &BTreeSet<PlaceId>,
    is_over: &dyn Fn(PlaceId) -> bool,
) -> BTreeMap<PlaceId, Count> {
    let mut counts: BTreeMap<PlaceId, Count> = BTreeMap::new();
    for (place, placed) in tree.iter() {
        let (branches, members) = match placed.kind {
            PlaceKind::Branch if !is_over(place) => (1, 0),
            PlaceKind::Member if !gone.contains(&place) => (0, 1),
            _ => continue,
        };
        for above in tree.line(place) {
            let count = counts.entry(above).or_default();
            count.branches += branches;
            count.members += members;
        }
    }
    counts
}

impl<'a> Draft<'a> {
    fn new(standing: &'a Standing<'a>, plan: &'a Plan) -> Self {
        let mut draft = Draft {
            standing,
            plan,
            tree: standing.tree.clone(),
            names: BTreeMap::new(),
            called: BTreeMap::new(),
            history: BTreeSet::new(),
            ended: BTreeSet::new(),
            made: BTreeSet::new(),
            spoken: BTreeSet::new(),
            edits: BTreeMap::new(),
            out: Outlook::default(),
            misfits: Vec::new(),
        };
        for (place, values) in &standing.units {
            draft.call(*place, text(values, "name").unwrap_or_default());
            if text(values, "valid_to").is_some() {
                draft.history.insert(*place);
            }
        }
        draft
    }

    fn call(&mut self, place: PlaceId, name: &str) {
        self.names.insert(place, name.to_owned());
        let same = self.called.entry(spelling(name)).or_default();
        if !same.contains(&place) {
            same.push(place);
        }
    }

    fn miss(&mut self, line: usize, why: Why) {
        if self.misfits.len() < limits::PLAN_MISFITS {
            self.misfits.push(Misfit { line, why });
        }
    }

    fn name(&self, place: PlaceId) -> String {
        let name = self.names.get(&place).filter(|n| !n.is_empty());
        name.cloned().unwrap_or_else(|| place.short())
    }

    fn is_over(&self, place: PlaceId) -> bool {
        self.ended.contains(&place) || self.history.contains(&place)
    }

    fn kind(&self, place: PlaceId) -> Option<PlaceKind> {
        self.tree.get(place).map(|p| p.kind)
    }

    // ---- what a line means ------------------------------------------------------------------

    /// The places that a person may mean.
    fn named(&self, typed: &str) -> Vec<PlaceId> {
        let digits = typed.trim().to_lowercase();
        if digits.len() >= 8 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            let all = self.tree.iter().map(|(id, _)| id);
            return all
                .filter(|id| id.to_string().starts_with(&digits))
                .collect();
        }
        let path: Vec<String> = typed.split('>').map(spelling).collect();
        let Some((last, above)) = path.split_last() else {
            return Vec::new();
        };
        let fits = |place: &PlaceId| {
            let line = self.tree.line(*place);
            let mut names = line.iter().skip(1).filter_map(|p| self.names.get(p));
            (above.iter().rev()).all(|wanted| names.any(|n| spelling(n) == *wanted))
        };
        let all = self.called.get(last).into_iter().flatten();
        all.copied().filter(fits).collect()
    }

    /// One of those that may be meant; the first rule that leaves any decides.
    fn one(&self, typed: &str, rules: &[&dyn Fn(&PlaceId) -> bool]) -> Result<PlaceId, Why> {
        let all = self.named(typed);
        for rule in rules {
            let mut left = all.iter().copied().filter(|p| rule(p));
            match (left.next(), left.next()) {
                (Some(one), None) => return Ok(one),
                (Some(_), Some(_)) => return Err(Why::Ambiguous(typed.to_owned())),
                _ => {}
            }
        }
        Err(match all.is_empty() {
            true => Why::Unknown(typed.to_owned()),
            false => Why::Ended(typed.to_owned()),
        })
    }

    /// Something that is there today and has not ended.
    fn source(&mut self, line: usize, typed: &str) -> Option<PlaceId> {
        let is_there = |p: &PlaceId| !self.history.contains(p) && !self.made.contains(p);
        let found = self.one(typed, &[&is_there]);
        found.map_err(|why| self.miss(line, why)).ok()
    }

    /// Something that is there afterwards: one of the plan's before one that goes on.
    fn target(&mut self, line: usize, typed: &str) -> Option<PlaceId> {
        let made = |p: &PlaceId| self.made.contains(p);
        let goes_on = |p: &PlaceId| !self.is_over(*p);
        let found = self.one(typed, &[&made, &goes_on]);
        found.map_err(|why| self.miss(line, why)).ok()
    }

    fn is_unit(&mut self, line: usize, place: PlaceId) -> bool {
        let kind = self.kind(place);
        let is_unit = matches!(kind, Some(PlaceKind::Committee | PlaceKind::Branch));
        if !is_unit {
            self.miss(line, Why::NoUnit(self.name(place)));
        }
        is_unit
    }

    fn is_not_the_root(&mut self, line: usize, place: PlaceId) -> bool {
        let is_root = self.tree.get(place).is_some_and(|p| p.parent.is_none());
        if is_root {
            self.miss(line, Why::Root(self.name(place)));
        }
        !is_root
    }

    /// Notes that a line says what becomes of a place; a second one may not.
    fn is_first_word(&mut self, line: usize, place: PlaceId) -> bool {
        let is_first = self.spoken.insert(place);
        if !is_first {
            self.miss(line, Why::Twice(self.name(place)));
        }
        is_first
    }

    // ---- the steps --------------------------------------------------------------------------

    fn ends(&mut self) -> Vec<Ending<'a>> {
        let mut ends = Vec::new();
        for (line, says) in &self.plan.says {
            let Says::End { unit, becomes, how } = says else {
                continue;
            };
            let Some(place) = self.source(*line, unit) else {
                continue;
            };
            if self.is_unit(*line, place)
                && self.is_not_the_root(*line, place)
                && self.is_first_word(*line, place)
            {
                ends.push(Ending {
                    line: *line,
                    place,
                    becomes,
                    successors: Vec::new(),
                    how,
                });
            }
        }
        self.ended = ends.iter().map(|e| e.place).collect();
        self.out.ended = ends.iter().map(|e| e.place).collect();
        ends
    }

    fn rename(&mut self) {
        let plan = self.plan;
        for (line, says) in &plan.says {
            let Says::Rename {
                unit,
                name,
                sort,
                level,
            } = says
            else {
                continue;
            };
            let Some(place) = self.source(*line, unit) else {
                continue;
            };
            // A unit that moves may be renamed as well; one that ends, not.
            if !self.is_unit(*line, place) {
                continue;
            }
            if self.is_over(place) || self.edits.contains_key(&place) {
                self.miss(*line, Why::Twice(self.name(place)));
                continue;
            }
            let before = self.kin(place);
            self.write(place, plan.kin("predecessors", "renamed", &before));
            let values = [
                ("name", Some(name.as_str())),
                ("sort", *sort),
                ("level", *level),
            ];
            let filled = values.into_iter().filter_map(|(n, v)| Some((n, v?)));
            self.write(place, filled.map(|(n, v)| (n.to_owned(), said(v))));
            self.call(place, name);
        }
    }

    fn make(&mut self) {
        let plan = self.plan;
        for (line, says) in &plan.says {
            let Says::New {
                name,
                sort,
                under,
                level,
            } = says
            else {
                continue;
            };
            let Some(parent) = self.target(*line, under) else {
                continue;
            };
            let place = plan.place_of(self.standing.log, parent, name);
            let stands_there = (self.named(name).into_iter()).any(|p| {
                !self.is_over(p) && self.tree.get(p).map(|p| p.parent) == Some(Some(parent))
            });
            if stands_there || self.made.contains(&place) {
                self.miss(*line, Why::Doubled(name.clone()));
                continue;
            }
            let kind = match is_branch(sort) {
                true => PlaceKind::Branch,
                false => PlaceKind::Committee,
            };
            // What was made and undone before is opened again.
            match self.tree.get(place).and_then(|p| p.parent) {
                Some(_) => {
                    self.history.remove(&place);
                    self.put(*line, place, parent);
                }
                None => {
                    if let Err(error) = self.tree.check(place, kind, Some(parent)) {
                        let what = name.clone();
                        self.miss(*line, Why::Place { what, error });
                        continue;
                    }
                    self.out.opens.push((place, kind, parent));
                    let parent = Some(parent);
                    let placed = Placed {
                        kind,
                        parent,
                        host: None,
                        birth: 0,
                    };
                    self.tree.put(place, placed);
                }
            }
            self.call(place, name);
            self.made.insert(place);
            self.out.made.push(place);
            let level = level.map(|l| ("level", said(l)));
            let values = [
                ("name", said(name)),
                ("sort", said(sort)),
                ("valid_from", said(&iso(plan.in_force))),
                ("valid_to", Value::Cleared),
            ];
            let all = values.into_iter().chain(level);
            self.write(place, all.map(|(n, v)| (n.to_owned(), v)));
        }
    }

    fn become_what(&mut self, ends: &mut [Ending]) {
        for end in ends {
            for typed in end.becomes {
                if let Some(place) = self.target(end.line, typed)
                    && self.is_unit(end.line, place)
                {
                    end.successors.push(place);
                }
            }
        }
    }

    /// Puts a place under another parent, if that can be.
    fn put(&mut self, line: usize, place: PlaceId, to: PlaceId) {
        let Some(placed) = self.tree.get(place).copied() else {
            return;
        };
        let Some(from) = placed.parent.filter(|from| *from != to) else {
            return;
        };
        if let Err(error) = self.tree.check(place, placed.kind, Some(to)) {
            let what = self.name(place);
            return self.miss(line, Why::Place { what, error });
        }
        let parent = Some(to);
        self.tree.put(place, Placed { parent, ..placed });
        self.out.moves.push(Shift { place, from, to });
    }

    fn move_as_said(&mut self) {
        for (line, says) in &self.plan.says {
            let Says::Move { what, under } = says else {
                continue;
            };
            let (Some(place), Some(to)) = (self.source(*line, what), self.target(*line, under))
            else {
                continue;
            };
            if self.kind(place) == Some(PlaceKind::Placement) {
                self.miss(*line, Why::NoUnit(self.name(place)));
            } else if self.is_not_the_root(*line, place) && self.is_first_word(*line, place) {
                self.put(*line, place, to);
            }
        }
    }

    /// What stands under a unit that ends goes where that goes, and the unit below it as its history.
    fn move_what_is_left(&mut self, ends: &[Ending]) {
        for end in ends {
            let below = self.tree.below(end.place).filter(|p| !self.is_over(*p));
            for child in below.collect::<Vec<_>>() {
                match end.successors.first() {
                    Some(to) => self.put(end.line, child, *to),
                    None if end.becomes.is_empty() => {
                        let (what, unit) = (self.name(child), self.name(end.place));
                        self.miss(end.line, Why::LeftBehind { what, unit });
                    }
                    None => {}
                }
            }
        }
        for end in ends {
            let kinds = (self.kind(end.place), end.successors.first().copied());
            if let (Some(PlaceKind::Committee), Some(to)) = kinds
                && self.kind(to) == Some(PlaceKind::Committee)
            {
                self.put(end.line, end.place, to);
            }
        }
    }

    /// A unit as it is called today; one of the plan's as it will be.
    fn kin(&self, place: PlaceId) -> Kin {
        let stored = self.standing.units.get(&place);
        let values = match self.made.contains(&place) {
            true => self.edits.get(&place),
            false => stored,
        };
        let of = |name| values.and_then(|v| text(v, name)).map(ToOwned::to_owned);
        Kin {
            name: of("name").unwrap_or_default(),
            sort: of("sort"),
            level: of("level"),
            place: Some(place),
        }
    }

    fn write(&mut self, place: PlaceId, values: impl IntoIterator<Item = (String, Value)>) {
        self.edits.entry(place).or_default().extend(values);
    }

    /// What ends says what it became, and what it became says of what it came.
    fn write_kin(&mut self, ends: &[Ending]) {
        let plan = self.plan;
        for end in ends {
            let last_day = said(&iso(plan.last_day()));
            self.write(end.place, [("valid_to".to_owned(), last_day)]);
            let named = |p: &PlaceId| Kin {
                name: self.name(*p),
                ..self.kin(*p)
            };
            let mut later: Vec<Kin> = end.successors.iter().map(named).collect();
            if later.is_empty() {
                // The decision stands with the unit even where nothing came of it.
                later.push(Kin::default());
            }
            for kin in &later {
                self.write(end.place, plan.kin("successors", end.how, kin));
            }
            let before = self.kin(end.place);
            for place in &end.successors {
                self.write(*place, plan.kin("predecessors", end.how, &before));
            }
        }
        for (line, says) in &plan.says {
            let Says::From { unit, name, how } = says else {
                continue;
            };
            if let Some(place) = self.target(*line, unit)
                && self.is_unit(*line, place)
            {
                let name = name.clone();
                let kin = Kin {
                    name,
                    ..Kin::default()
                };
                self.write(place, plan.kin("predecessors", how, &kin));
            }
        }
    }

    /// A branch that ends takes part in nobody's placement any more: what it became does.
    fn hand_placements_on(&mut self, ends: &[Ending]) {
        for end in ends {
            let guests: Vec<PlaceId> = self.tree.hosted_by(end.place).collect();
            let branch = |p: &&PlaceId| self.kind(**p) == Some(PlaceKind::Branch);
            match end.successors.iter().find(branch) {
                Some(to) => {
                    let shift = |place| Shift {
                        place,
                        from: end.place,
                        to: *to,
                    };
                    self.out.hosts.extend(guests.into_iter().map(shift));
                }
                None => {
                    for guest in guests {
                        let (what, unit) = (self.name(guest), self.name(end.place));
                        self.miss(end.line, Why::LeftBehind { what, unit });
                    }
                }
            }
        }
    }

    fn count(&mut self) {
        let standing = self.standing;
        let before = counts(standing.tree, &standing.gone, &|p| {
            self.history.contains(&p)
        });
        let after = counts(&self.tree, &standing.gone, &|p| self.is_over(p));
        let of = |all: &BTreeMap<PlaceId, Count>, p| all.get(&p).copied().unwrap_or_default();
        for (line, says) in &self.plan.says {
            let Says::Count {
                unit,
                branches,
                members,
            } = says
            else {
                continue;
            };
            let Some(place) = self.target(*line, unit) else {
                continue;
            };
            let (branches, members) = (*branches, *members);
            let (said, found) = (Count { branches, members }, of(&after, place));
            if said != found {
                let unit = self.name(place);
                self.miss(*line, Why::Count { unit, said, found });
            }
        }
        let roots = self.tree.iter().filter(|(_, p)| p.parent.is_none());
        for root in roots.map(|(id, _)| id).collect::<Vec<_>>() {
            self.out.before = of(&before, root);
            self.out.after = of(&after, root);
            self.figures_of(root, &before, &after, 0);
        }
        let is_branch = |p: &&PlaceId| self.kind(**p) == Some(PlaceKind::Branch);
        let made = self.made.iter().filter(is_branch).count();
        let ended = self.ended.iter().filter(is_branch).count();
        let (before, after) = (self.out.before, self.out.after);
        if before.members != after.members || before.branches + made != after.branches + ended {
            self.miss(0, Why::DoesNotAddUp { before, after });
        }
    }

    fn figures_of(
        &mut self,
        place: PlaceId,
        before: &BTreeMap<PlaceId, Count>,
        after: &BTreeMap<PlaceId, Count>,
        depth: usize,
    ) {
        let fate = match (self.made.contains(&place), self.ended.contains(&place)) {
            (true, _) => Fate::Made,
            (_, true) => Fate::Ends,
            _ => Fate::Stays,
        };
        let kind = self.kind(place);
        let is_told = fate != Fate::Stays || kind == Some(PlaceKind::Committee);
        if is_told && !self.history.contains(&place) {
            self.out.figures.push(Figures {
                place,
                name: self.name(place),
                fate,
                under: self.tree.get(place).and_then(|p| p.parent),
                before: before.get(&place).copied().unwrap_or_default(),
                after: after.get(&place).copied().unwrap_or_default(),
            });
        }
        if kind != Some(PlaceKind::Committee) || depth > limits::TREE_DEPTH {
            return;
        }
        let mut below: Vec<PlaceId> = self.tree.below(place).collect();
        below.sort_by_cached_key(|p| (self.is_over(*p), spelling(&self.name(*p))));
        for child in below {
            self.figures_of(child, before, after, depth + 1);
        }
    }

    fn grants_and_cases(&mut self, ends: &[Ending]) {
        let standing = self.standing;
        let before = counts(standing.tree, &standing.gone, &|p| {
            self.history.contains(&p)
        });
        let after = counts(&self.tree, &standing.gone, &|p| self.is_over(p));
        for (n, grant) in &standing.grants {
            let of =
                |all: &BTreeMap<PlaceId, Count>| all.get(&grant.place).copied().unwrap_or_default();
            let end = ends.iter().find(|e| e.place == grant.place);
            if end.is_none() && of(&before) == of(&after) {
                self.out.grants_kept += 1;
                continue;
            }
            self.out.reaches.push(Reach {
                n: *n,
                person: grant.person,
                role: grant.role,
                place: grant.place,
                before: of(&before),
                after: of(&after),
                ends: end.is_some(),
                becomes: end.map_or_else(Vec::new, |e| e.successors.clone()),
            });
        }
        let cases = standing.cases.iter().copied();
        self.out.cases = cases
            .filter(|c| standing.tree.line(c.member) != self.tree.line(c.member))
            .collect();
    }

    fn result(mut self) -> Result<Outlook, Vec<Misfit>> {
        if !self.misfits.is_empty() {
            self.misfits.sort_by_key(|m| m.line);
            return Err(self.misfits);
        }
        self.out.edits = self.edits.into_iter().collect();
        Ok(self.out)
    }
}
