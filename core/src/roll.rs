//! The roll (*danh sách đảng viên*) on a day: everybody with the name and status that stand then, in the order of
//! rolls, and how many of each.
//!
//! It goes by [`crate::register`] and never by a field of the record alone: a decision that somebody recorded is in
//! every list on the same day, one that was cancelled is in none.
//!
//! Does not know: storage, the clock (the day is passed in).

use crate::away::Recorded;
use crate::date::Day;
use crate::document::Values;
use crate::domain::decision::POSTS;
use crate::elected;
use crate::field;
use crate::id::PlaceId;
use crate::kind::{Code, Field, FieldType, KINDS, Part};
use crate::place::PlaceKind;
use crate::register::{self, Standing, text};
use crate::regulation::{Key, Regulations, Rule};
use crate::text::RollOrder;
use std::collections::BTreeMap;

/// One member on a day.
#[derive(Debug, Clone)]
pub struct Line<'a> {
    /// The member.
    pub member: PlaceId,
    /// Their name on that day.
    pub name: String,
    /// Their status and what it rests on; `None`: nobody has said.
    pub status: Option<Standing>,
    /// Whether they belong to the branch.
    pub belongs: bool,
    /// Their record as it stands on that day.
    pub record: Values,
    /// All that is recorded of them.
    pub of: &'a Recorded,
}

impl Line<'_> {
    /// The code of their status; empty: nobody has said.
    pub fn status_code(&self) -> &str {
        self.status.as_ref().map_or("", |s| &s.value)
    }

    /// Whether they are known to be, or to have been, an official member (*đảng viên chính thức*).
    pub fn is_official(&self) -> bool {
        register::is_official(self.status_code())
    }

    /// Whether figures count them as a member here ([`register::is_counted`]).
    pub fn is_counted(&self) -> bool {
        register::is_counted(self.status.as_ref())
    }
}

/// The members on a day, those who do not belong here any more as well, in the order of rolls. Whoever has no record is
/// in no roll: of somebody who was forgotten a decision may be kept for longer, and nobody is counted by that.
pub fn roll<'a>(members: &'a [(PlaceId, Recorded)], on: Day, order: &RollOrder) -> Vec<Line<'a>> {
    let recorded = members.iter().filter(|(_, of)| !of.record.is_empty());
    let mut lines: Vec<(Vec<u8>, Line)> = recorded
        .map(|(member, of)| {
            let status = register::status(&of.record, &of.decisions, on);
            let record = register::as_it_stands(&of.record, &of.decisions, on);
            let name = text(&record, "full_name").unwrap_or_default().to_owned();
            let key = order.sort_key(&name, text(&record, "sort_name"));
            let line = Line {
                member: *member,
                name,
                belongs: register::belongs(status.as_ref()),
                status,
                record,
                of,
            };
            (key, line)
        })
        .collect();
    lines.sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.member.cmp(&y.member)));
    lines.into_iter().map(|(_, line)| line).collect()
}

/// How many there are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Who belongs to the branch.
    pub members: usize,
    /// Of whom nobody has said what they are ([`Line::is_counted`]).
    pub unknown: usize,
    /// Who does not belong any more.
    pub gone: usize,
    /// All, by the code of their status; empty: nobody has said.
    pub by_status: BTreeMap<String, usize>,
}

/// Counts a roll.
pub fn counts(lines: &[Line]) -> Counts {
    let mut counts = Counts::default();
    for line in lines {
        match (line.is_counted(), line.belongs) {
            (true, _) => counts.members += 1,
            (false, true) => counts.unknown += 1,
            (false, false) => counts.gone += 1,
        }
        let status = line.status_code().to_owned();
        *counts.by_status.entry(status).or_default() += 1;
    }
    counts
}

/// How many of those who are counted ([`Line::is_counted`]) have each value of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// The field.
    pub field: &'static Field,
    /// How many have each value of its list, in the order of the list; those that nobody has are left out.
    pub by: Vec<(&'static Code, usize)>,
    /// Of how many it is not recorded, or with something that is not in the list.
    pub unknown: usize,
}

/// Counts who is counted by every field that is counted ([`Field`], `counted`), in the order of the forms. Fields of a
/// record that this reader does not have of anybody are left out: that is no figure.
pub fn figures(lines: &[Line]) -> Vec<Figure> {
    let here: Vec<&Line> = lines.iter().filter(|l| l.is_counted()).collect();
    let mut figures = Vec::new();
    for kind in KINDS {
        let values = |line: &Line| match kind.part {
            Part::Record => Some(line.record.clone()),
            Part::Sensitive => Some(line.of.sensitive.clone()),
            _ => None,
        };
        let values: Vec<Values> = here.iter().filter_map(|line| values(line)).collect();
        if values.iter().all(Values::is_empty) {
            continue;
        }
        for field in kind.form().filter(|f| f.counted) {
            let list = match field.kind {
                FieldType::Code(list) => list,
                FieldType::Line => field.groups,
                _ => continue,
            };
            let mut held: BTreeMap<&str, usize> = BTreeMap::new();
            for said in values.iter().filter_map(|v| text(v, field.name)) {
                let code = field::group(field.groups, said).map_or(said, |c| c.code);
                *held.entry(code).or_default() += 1;
            }
            let has = |code: &Code| held.get(code.code).copied().unwrap_or(0);
            let by: Vec<_> = list.iter().map(|code| (code, has(code))).collect();
            let known: usize = by.iter().map(|(_, n)| n).sum();
            figures.push(Figure {
                field,
                by: by.into_iter().filter(|(_, n)| *n > 0).collect(),
                unknown: values.len() - known,
            });
        }
    }
    figures
}

/// That a unit has more or fewer people than a rule says. A fact for people; nothing follows from it by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Size {
    /// The rule.
    pub rule: Rule,
    /// How many there are.
    pub count: usize,
}

/// How large a unit is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitSize {
    /// Who is counted as a member ([`Line::is_counted`]).
    pub members: usize,
    /// Of these, who is not on probation.
    pub official: usize,
    /// Of whom nobody has said what they are.
    pub unknown: usize,
    /// What of it a rule does not expect.
    pub unusual: Vec<Size>,
    /// Who leads it (*cấp ủy, chi ủy*), by name, the secretary first.
    pub posts: Vec<(PlaceId, String, &'static Code)>,
}

/// How large a unit is on a day, and what of that is unusual; that there are too few is said where it is sure, whatever
/// those are of whom nobody has said it. `place`: what it is in the tree; `unit`: its place and its own document;
/// `lines`: its members.
pub fn size<'a>(
    place: PlaceKind,
    (id, unit): (PlaceId, &Values),
    lines: impl Iterator<Item = &'a Line<'a>> + Clone,
    regulations: &Regulations,
    on: Day,
) -> UnitSize {
    let (mut members, mut official, mut unknown) = (0, 0, 0);
    let mut posts = Vec::new();
    let congresses = lines
        .clone()
        .map(|line| elected::congress(&line.of.decisions, id, on));
    let last = congresses.max().flatten();
    for line in lines.filter(|line| line.belongs) {
        members += usize::from(line.is_counted());
        official += usize::from(line.is_official());
        unknown += usize::from(!line.is_counted());
        let post = elected::post(&line.of.decisions, (id, last), on);
        posts.extend(post.map(|post| (line.member, line.name.clone(), post)));
    }
    let rank = |code: &Code| POSTS.iter().position(|post| post.code == code.code);
    posts.sort_by_key(|(.., post)| rank(post));
    let seats = posts.len();
    let sort = text(unit, "sort").unwrap_or_default();
    let is_branch = place == PlaceKind::Branch;
    let looks = [
        (Key::BranchMin, is_branch, official, false),
        (Key::GrassrootsMin, sort == "grassroots_org", members, false),
        (Key::BranchCommitteeMax, is_branch, seats, true),
        // Only a branch of that size elects a committee.
        (
            Key::BranchCommitteeFrom,
            is_branch && seats > 1,
            official,
            false,
        ),
    ];
    let rules = looks.into_iter().filter(|(_, applies, ..)| *applies);
    let found = rules.filter_map(|(key, _, count, is_most)| {
        let rule = regulations.at(key, on)?;
        let bound = usize::try_from(rule.amount.number()).ok()?;
        let is_unusual = if is_most {
            count > bound
        } else {
            count + unknown < bound
        };
        is_unusual.then(|| Size {
            rule: rule.clone(),
            count,
        })
    });
    UnitSize {
        members,
        official,
        unknown,
        unusual: found.collect(),
        posts,
    }
}
