//! Cases (*việc theo thủ tục*): documents with a state machine, such as a transfer or an exemption.
//!
//! A case is a list of *acts*, only ever added to. Each says what was done, on which day, by whose paper,
//! and after which act: so an act is legal or not by what its author had before them, whatever others do at
//! the same time. Two people who act at once lose neither act: the line of acts forks, the case says
//! so and asks, and a person keeps one (*giữ lại*). An act that was recorded by mistake is cancelled (*hủy do
//! ghi nhầm*) with a reason; the case returns to where it was, and both stay visible. Both are one
//! mechanism: an act may set others aside.
//!
//! A decision without a number is a draft without effect (`needs`): the act stands, the case does not go on.
//!
//! The same functions are asked at the edit, at the node's door and by screens. They know no storage, no
//! clock and no day of today.

use crate::date::PartialDate;
use crate::document::{Value, Values};
use crate::id::{PersonId, PlaceId};
use crate::kind::{Kind, Label};
use crate::place::Role;
use std::collections::{BTreeMap, BTreeSet};

/// The field of every case that holds its acts.
pub const ACTS: &str = "acts";
/// The state of a case in which nothing was done, or of which everything was cancelled.
pub const NEW: &str = "";
/// Of an act that leaves the state as it is, such as a reason for being late.
pub const SAME: &str = "=";
/// The act that cancels the last one, recorded by mistake; it needs a reason in `note`.
pub const CANCEL: &str = "cancel";
/// The act that keeps one of two that were done at the same time.
pub const KEEP: &str = "keep";

/// One state of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// Name in documents and commands: never changed.
    pub code: &'static str,
    /// What people read.
    pub label: Label,
    /// Whether something is still to be done.
    pub open: bool,
}

/// Who may do an act, among those who write the kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Everyone who writes it, the person that the case is about as well.
    Anyone,
    /// Everyone but members.
    Leaders,
    /// Who decides about such documents; never about themself.
    Deciders,
}

/// Something that can be done in a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Act {
    /// Name in documents and commands: never changed.
    pub code: &'static str,
    /// What people read.
    pub label: Label,
    /// In which states; [`NEW`]: it opens the case.
    pub from: &'static [&'static str],
    /// The state after it; [`SAME`]: the one before.
    pub to: &'static str,
    /// By whom.
    pub by: By,
    /// Without these of its fields it has no effect.
    pub needs: &'static [&'static str],
}

/// The state machine of a kind.
#[derive(Debug, PartialEq, Eq)]
pub struct Case {
    /// The states, in the order of their usual course.
    pub states: &'static [State],
    /// The acts, in the order of their usual course.
    pub acts: &'static [Act],
}

impl Case {
    /// The state of that name; `None` for [`NEW`].
    pub fn state(&self, code: &str) -> Option<&'static State> {
        self.states.iter().find(|s| s.code == code)
    }

    /// The act of that name; `None` for [`CANCEL`] and [`KEEP`], which every case knows.
    pub fn act(&self, code: &str) -> Option<&'static Act> {
        self.acts.iter().find(|a| a.code == code)
    }
}

/// Why an act cannot be done. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CaseError {
    /// The kind has no such act, or is no case.
    #[error("no such act: {0}")]
    UnknownAct(String),
    /// The state does not allow it.
    #[error("{act} cannot be done when the case is {state}")]
    NotNow {
        /// The act.
        act: String,
        /// The state: its code, or "new".
        state: String,
    },
    /// This role does not do this, or it would decide about itself.
    #[error("this role does not do this")]
    NotAllowed,
    /// It follows or sets aside an act that is not there, or one that has been followed.
    #[error("it does not follow from what was done before")]
    Unconnected,
    /// Two things were done at the same time: a person keeps one first.
    #[error("two things were done at the same time; keep one first")]
    AtOnce,
    /// A cancellation needs a reason.
    #[error("a reason is needed")]
    NoReason,
}

/// Who acts, and about whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Who {
    /// Under which role.
    pub role: Role,
    /// The person.
    pub person: PersonId,
    /// The place that the case lies in.
    pub place: PlaceId,
}

impl Who {
    /// Whether the person acts about themself.
    pub fn is_about_themself(&self) -> bool {
        self.person.0 == self.place.0
    }
}

/// One act as it was done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Done {
    /// Its id in the document.
    pub id: String,
    /// What was done.
    pub act: String,
    /// The act before it; empty: the first.
    pub after: String,
    /// The acts that it sets aside.
    pub over: Vec<String>,
    /// Everything that was said with it, by field.
    pub said: BTreeMap<String, Value>,
    /// Whether nothing is missing that it needs to have an effect.
    pub effective: bool,
    /// Whether it was cancelled, or another was kept.
    pub set_aside: bool,
}

impl Done {
    /// The day on which it was done, as its author said.
    pub fn on(&self) -> Option<PartialDate> {
        match self.said.get("on") {
            Some(Value::Text(t)) => PartialDate::parse(t).ok(),
            _ => None,
        }
    }
}

/// A case as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Story {
    /// Every act, each after the one it follows; those that were set aside as well.
    pub acts: Vec<Done>,
    /// The acts that count, from the first.
    pub line: Vec<String>,
    /// The state after them: a state's code, or [`NEW`].
    pub state: &'static str,
    /// Acts that were done at the same time and between which nobody has chosen; empty: none.
    pub at_once: Vec<String>,
}

impl Story {
    /// The act of that id.
    pub fn done(&self, id: &str) -> Option<&Done> {
        self.acts.iter().find(|d| d.id == id)
    }

    /// The last time an act of this name was done that counts.
    pub fn last(&self, act: &str) -> Option<&Done> {
        let mut line = self.line.iter().rev().filter_map(|id| self.done(id));
        line.find(|d| d.act == act && d.effective)
    }
}

/// The acts that a document holds, by id.
fn acts(values: &Values, case: &Case) -> BTreeMap<String, Done> {
    let mut all: BTreeMap<String, Done> = BTreeMap::new();
    for (path, value) in values {
        let Some((id, name)) = path
            .strip_prefix(ACTS)
            .and_then(|p| p.strip_prefix('/'))
            .and_then(|p| p.split_once('/'))
        else {
            continue;
        };
        let done = all.entry(id.to_owned()).or_default();
        done.id = id.to_owned();
        match (name, value) {
            ("act", Value::Text(t)) => done.act = t.clone(),
            ("after", Value::Text(t)) => done.after = t.clone(),
            ("over", Value::Text(t)) => {
                done.over = t
                    .split(' ')
                    .filter(|s| !s.is_empty())
                    .map(Into::into)
                    .collect();
            }
            _ => {}
        }
        done.said.insert(name.to_owned(), value.clone());
    }
    for done in all.values_mut() {
        let needs = case.act(&done.act).map_or(&[][..], |a| a.needs);
        done.effective = needs.iter().all(|n| match done.said.get(*n) {
            Some(Value::Text(t)) => !t.trim().is_empty(),
            Some(Value::Cleared) | None => false,
            Some(_) => true,
        });
    }
    all
}

/// The acts up to this one, from the first; `None` if the line does not begin at the beginning.
fn line_to(all: &BTreeMap<String, Done>, id: &str) -> Option<Vec<String>> {
    let mut line = Vec::new();
    let mut at = id;
    while !at.is_empty() {
        let done = all.get(at)?;
        if line.len() > all.len() {
            return None;
        }
        line.push(at.to_owned());
        at = &done.after;
    }
    line.reverse();
    Some(line)
}

/// The state after a line of acts. What has no effect, and what this build does not know, changes nothing.
fn state_after(case: &Case, all: &BTreeMap<String, Done>, line: &[String]) -> &'static str {
    let mut state = NEW;
    for done in line.iter().filter_map(|id| all.get(id)) {
        let act = case.act(&done.act).filter(|_| done.effective);
        if let Some(act) = act.filter(|a| a.to != SAME) {
            state = act.to;
        }
    }
    state
}

/// A case as it stands; empty if the kind is no case.
pub fn story(kind: &Kind, values: &Values) -> Story {
    let Some(case) = kind.case else {
        return Story::default();
    };
    let mut all = acts(values, case);
    let aside: BTreeSet<String> = all.values().flat_map(|d| d.over.iter().cloned()).collect();
    for (id, done) in &mut all {
        done.set_aside = aside.contains(id);
    }
    let mut after: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for done in all.values() {
        after.entry(&done.after).or_default().push(&done.id);
    }
    let mut told = Vec::new();
    let mut todo: Vec<&str> = after
        .get(NEW)
        .into_iter()
        .flatten()
        .rev()
        .copied()
        .collect();
    while let Some(id) = todo.pop() {
        told.push(id.to_owned());
        todo.extend(after.get(id).into_iter().flatten().rev());
    }
    let (mut line, mut at_once, mut at) = (Vec::new(), Vec::new(), NEW);
    loop {
        let next: Vec<&str> = after.get(at).into_iter().flatten().copied().collect();
        let stands: Vec<&str> = next
            .iter()
            .filter(|id| !aside.contains(**id))
            .copied()
            .collect();
        // What somebody did upon an act that was set aside meanwhile is not lost either.
        let upon: Vec<&str> = next
            .iter()
            .filter(|id| aside.contains(**id))
            .flat_map(|id| after.get(id).into_iter().flatten())
            .filter(|id| !aside.contains(**id))
            .copied()
            .collect();
        match stands.as_slice() {
            [one] if upon.is_empty() => {
                line.push((*one).to_owned());
                at = one;
            }
            [] if upon.is_empty() => break,
            _ => {
                at_once = stands
                    .iter()
                    .chain(&upon)
                    .map(|s| (*s).to_owned())
                    .collect();
                break;
            }
        }
        if line.len() > all.len() {
            break;
        }
    }
    let state = state_after(case, &all, &line);
    Story {
        acts: told.iter().filter_map(|id| all.get(id)).cloned().collect(),
        line,
        state,
        at_once,
    }
}

fn may(kind: &Kind, by: By, who: &Who) -> bool {
    let right = kind.right(who.role);
    match by {
        By::Anyone => right.write,
        By::Leaders => right.write && who.role != Role::Member,
        By::Deciders => right.write && right.decide && !who.is_about_themself(),
    }
}

/// Whether one act that stands in the document is legal by what it follows.
fn is_legal(
    kind: &Kind,
    case: &Case,
    all: &BTreeMap<String, Done>,
    done: &Done,
    who: &Who,
) -> Result<(), CaseError> {
    let line = line_to(all, &done.after).ok_or(CaseError::Unconnected)?;
    let state = state_after(case, all, &line);
    let known = |id: &String| all.contains_key(id) && *id != done.id;
    if !done.over.iter().all(known) || done.over.iter().any(|id| line.contains(id)) {
        return Err(CaseError::Unconnected);
    }
    match done.act.as_str() {
        CANCEL => {
            let has_reason =
                matches!(done.said.get("note"), Some(Value::Text(t)) if !t.trim().is_empty());
            if !has_reason {
                return Err(CaseError::NoReason);
            }
            let one = match done.over.as_slice() {
                [one] => all.get(one).ok_or(CaseError::Unconnected)?,
                _ => return Err(CaseError::Unconnected),
            };
            if one.after != done.after {
                return Err(CaseError::Unconnected);
            }
            // Whoever may do a thing may say that it was recorded by mistake.
            let by = case.act(&one.act).map_or(By::Leaders, |a| a.by);
            may(kind, by, who)
                .then_some(())
                .ok_or(CaseError::NotAllowed)
        }
        KEEP => {
            if done.over.is_empty() {
                return Err(CaseError::Unconnected);
            }
            may(kind, By::Leaders, who)
                .then_some(())
                .ok_or(CaseError::NotAllowed)
        }
        code => {
            let act = case
                .act(code)
                .ok_or_else(|| CaseError::UnknownAct(code.to_owned()))?;
            if !done.over.is_empty() {
                return Err(CaseError::Unconnected);
            }
            if !act.from.contains(&state) {
                return Err(CaseError::NotNow {
                    act: code.to_owned(),
                    state: if state == NEW { "new" } else { state }.to_owned(),
                });
            }
            may(kind, act.by, who)
                .then_some(())
                .ok_or(CaseError::NotAllowed)
        }
    }
}

/// Whether what was added to a case is legal: every act that stands in `after` and not in `before`.
/// A missing number may be added to an act of before by whoever may do it.
///
/// # Errors
/// The first act that is not, and why.
pub fn check(kind: &Kind, before: &Values, after: &Values, who: &Who) -> Result<(), CaseError> {
    let Some(case) = kind.case else {
        return Ok(());
    };
    let (old, all) = (acts(before, case), acts(after, case));
    for (id, done) in &all {
        match old.get(id) {
            None => is_legal(kind, case, &all, done, who)?,
            Some(was) if was.said != done.said => {
                // Nothing that decides where the act stands may be put in later.
                if (&was.act, &was.after, &was.over) != (&done.act, &done.after, &done.over) {
                    return Err(CaseError::Unconnected);
                }
                let by = case.act(&done.act).map_or(By::Leaders, |a| a.by);
                if !may(kind, by, who) {
                    return Err(CaseError::NotAllowed);
                }
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// The edit that does an act: `said` are its fields, `id` names it in the document (eight random bytes, as
/// hex). With [`KEEP`] or [`CANCEL`], `about` is the act that is kept or cancelled.
///
/// # Errors
/// Why it cannot be done now.
pub fn act(
    kind: &Kind,
    values: &Values,
    code: &str,
    about: Option<&str>,
    said: &Values,
    id: &str,
    who: &Who,
) -> Result<Values, CaseError> {
    if kind.case.is_none() {
        return Err(CaseError::UnknownAct(code.to_owned()));
    }
    let story = story(kind, values);
    let last = story.line.last().cloned().unwrap_or_default();
    let (after, over) = match code {
        KEEP => {
            let kept = about.ok_or(CaseError::Unconnected)?;
            if !story.at_once.iter().any(|a| a == kept) {
                return Err(CaseError::Unconnected);
            }
            let others = story.at_once.iter().filter(|a| *a != kept);
            let others: Vec<String> = others.cloned().collect();
            (end_of(&story, kept), others)
        }
        CANCEL => {
            let cancelled = about.map_or(last, ToOwned::to_owned);
            let done = story.done(&cancelled).ok_or(CaseError::Unconnected)?;
            let followed = story
                .acts
                .iter()
                .any(|d| d.after == cancelled && !d.set_aside);
            if done.set_aside || followed {
                return Err(CaseError::Unconnected);
            }
            (done.after.clone(), vec![cancelled])
        }
        _ if !story.at_once.is_empty() => return Err(CaseError::AtOnce),
        _ => (last, Vec::new()),
    };
    let mut edits = Values::new();
    let mut put = |name: &str, value: Value| edits.insert(format!("{ACTS}/{id}/{name}"), value);
    put("act", Value::Text(code.to_owned()));
    put("after", Value::Text(after));
    if !over.is_empty() {
        put("over", Value::Text(over.join(" ")));
    }
    for (name, value) in said {
        put(name, value.clone());
    }
    let mut then = values.clone();
    then.extend(edits.clone());
    check(kind, values, &then, who)?;
    Ok(edits)
}

/// The last act of the line that begins with this one, as long as it does not fork.
fn end_of(story: &Story, id: &str) -> String {
    let mut at = id.to_owned();
    loop {
        let mut next = story.acts.iter().filter(|d| d.after == at && !d.set_aside);
        match (next.next(), next.next()) {
            (Some(one), None) => at.clone_from(&one.id),
            _ => return at,
        }
    }
}

/// What this person can do in the case now.
pub fn possible(kind: &Kind, values: &Values, who: &Who) -> Vec<&'static Act> {
    let Some(case) = kind.case else {
        return Vec::new();
    };
    let story = story(kind, values);
    if !story.at_once.is_empty() {
        return Vec::new();
    }
    let fits = |a: &&'static Act| a.from.contains(&story.state) && may(kind, a.by, who);
    case.acts.iter().filter(fits).collect()
}
