//! Cases (*việc theo thủ tục*): documents with a state machine, such as a transfer or an exemption.
//!
//! A case is a list of *acts*, only ever added to. Each says what was done, on which day, by whose paper,
//! and after which act: so an act is legal or not by what its author had before them, whatever others do at
//! the same time. Two people who act at once lose neither act: the line of acts forks, the case says
//! so and asks, and a person keeps one (*giữ lại*) by an act that follows all and names it; if two do even that
//! at once, it is asked once more. An act that was recorded by mistake is cancelled (*hủy do ghi nhầm*) with
//! a reason; the case returns to where it was before it, and both stay visible.
//!
//! Where two people sign, the acts of the kind are *signed*: each says which person did it ([`SIGNER`], held to the
//! author's grant), and the second signature is an act that only somebody else may do ([`By::Another`]).
//!
//! A decision without a number is a draft without effect (`needs`): the act stands, the case does not go on.
//!
//! The same functions are asked at the edit, at the node's door and by screens. They know no storage, no
//! clock and no day of today.

use crate::date::PartialDate;
use crate::document::{Value, Values};
use crate::id::{PersonId, PlaceId};
use crate::kind::{Field, FieldType, Kind, Label, SIGNER};
use crate::place::Role;
use std::collections::{BTreeMap, BTreeSet};

/// The field of every case that holds its acts.
pub const ACTS: &str = "acts";
/// How long an act's id is: eight random bytes, as hex.
const ID_DIGITS: usize = 16;
/// Acts of one case: a long one has some twenty.
pub const MOST_ACTS: usize = 512;
/// How many acts one follows at the most that keeps one of several: their ids fill a line.
pub const MOST_AT_ONCE: usize = 30;
/// The state of a case in which nothing was done, or of which everything was cancelled.
pub const NEW: &str = "";
/// Of an act that leaves the state as it is, such as a reason for being late.
pub const SAME: &str = "=";
/// The act that cancels the last one that counts, named in `about`, as recorded by mistake; it needs a reason in
/// `note`.
pub const CANCEL: &str = "cancel";
/// The act that gives the reason for being late; a case that knows it asks for one when a clock of its is over
/// ([`crate::deadline::reason_needed`]).
pub const LATE: &str = "late";
/// The field of documents that are only ever added to in which one is cancelled as recorded by mistake: an entry with its
/// [`REASON`].
pub const CANCELLED: &str = "cancelled";
/// The cell of a cancellation that says why; without it, nothing is cancelled.
pub const REASON: &str = "reason";
/// The act that keeps one, named in `about`, of several that were done at the same time; it follows all of them.
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
    /// Everyone who writes it, but for whoever did what led to this state: the second of two signatures. Only
    /// for kinds whose acts are signed.
    Another,
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
    /// It follows an act that is not there, or is about one that it cannot be about.
    #[error("it does not follow from what was done before")]
    Unconnected,
    /// Two things were done at the same time: a person keeps one first.
    #[error("two things were done at the same time; keep one first")]
    AtOnce,
    /// A cancellation needs a reason.
    #[error("a reason is needed")]
    NoReason,
    /// A clock of the case is over: whatever is done next says why it is late.
    #[error("the reason for being late is needed")]
    LateReason,
    /// The second signature is somebody else's.
    #[error("the second signature is somebody else's")]
    SamePerson,
    /// More acts than a case may have, or an act that follows more of them than could be done at the same time.
    #[error("the case has too many acts")]
    TooMany,
    /// A contest would be read by people who may not read what it is about.
    #[error("this is about what fewer people read, and lies with that")]
    ReadByMore,
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
    /// The acts before it: none if it is the first, several if it keeps one of them.
    pub after: Vec<String>,
    /// The act that it keeps or cancels.
    pub about: String,
    /// Everything that was said with it, by field.
    pub said: BTreeMap<String, Value>,
    /// Whether nothing is missing that it needs to have an effect.
    pub effective: bool,
    /// Whether it does not count: it was cancelled, or another was kept.
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

    /// Whether something is written in this field.
    pub fn says(&self, field: &str) -> bool {
        match self.said.get(field) {
            Some(Value::Text(t)) => !t.trim().is_empty(),
            Some(Value::Cleared) | None => false,
            Some(_) => true,
        }
    }

    /// The person who signed it, as the id is written; `None`: acts of this kind are not signed.
    pub fn person(&self) -> Option<&str> {
        match self.said.get(SIGNER) {
            Some(Value::Text(t)) => Some(t),
            _ => None,
        }
    }

    /// Whether it is about other acts and not about the case.
    fn is_about_acts(&self) -> bool {
        self.act == CANCEL || self.act == KEEP
    }
}

/// A case as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Story {
    /// Every act, each after the one it follows; those that do not count as well.
    pub acts: Vec<Done>,
    /// The acts that led here, from the first, with those that were cancelled; up to where the line forks, if
    /// it does.
    pub line: Vec<String>,
    /// The state after them: a state's code, or [`NEW`].
    pub state: &'static str,
    /// The last of the acts that were done at the same time and between which nobody has chosen; empty: none.
    pub at_once: Vec<String>,
}

impl Story {
    /// The act of that id.
    pub fn done(&self, id: &str) -> Option<&Done> {
        self.acts.iter().find(|d| d.id == id)
    }

    /// The last time an act of this name was done that counts.
    pub fn last(&self, act: &str) -> Option<&Done> {
        let mut line = self.that_count().rev();
        line.find(|d| d.act == act)
    }

    /// The acts that led here and count, from the first; not those about other acts.
    pub fn that_count(&self) -> impl DoubleEndedIterator<Item = &Done> {
        let line = self.line.iter().filter_map(|id| self.done(id));
        line.filter(|d| d.effective && !d.set_aside && !d.is_about_acts())
    }
}

type Acts = BTreeMap<String, Done>;

/// The acts that a document holds, by id.
fn acts(values: &Values, case: &Case) -> Acts {
    let mut all = Acts::new();
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
            ("about", Value::Text(t)) => done.about = t.clone(),
            ("after", Value::Text(t)) => {
                done.after = t.split_whitespace().map(Into::into).collect();
            }
            _ => {}
        }
        done.said.insert(name.to_owned(), value.clone());
    }
    for done in all.values_mut() {
        let needs = case.act(&done.act).map_or(&[][..], |a| a.needs);
        done.effective = needs.iter().all(|n| done.says(n));
    }
    all
}

/// The acts that led to this one, from the first, itself last; `None` if they do not begin at a beginning.
fn line_to(all: &Acts, id: &str) -> Option<Vec<String>> {
    let mut line = Vec::new();
    let mut at = Some(id);
    while let Some(id) = at {
        let done = all.get(id)?;
        if line.len() > all.len() {
            return None;
        }
        line.push(id.to_owned());
        at = match done.act.as_str() {
            KEEP => Some(&done.about),
            _ => done.after.first().map(String::as_str),
        };
    }
    line.reverse();
    Some(line)
}

/// The acts of a line that a later one of it cancelled.
fn cancelled<'a>(all: &'a Acts, line: &[String]) -> BTreeSet<&'a str> {
    let line = line.iter().filter_map(|id| all.get(id));
    let cancels = line.filter(|d| d.act == CANCEL);
    cancels.map(|d| d.about.as_str()).collect()
}

/// The last act of a line that counts and is about the case.
fn last_that_counts<'a>(all: &'a Acts, line: &[String]) -> Option<&'a Done> {
    let gone = cancelled(all, line);
    let mut back = line.iter().rev().filter_map(|id| all.get(id));
    back.find(|d| !d.is_about_acts() && !gone.contains(d.id.as_str()))
}

/// The state after a line of acts. What has no effect, and what this build does not know, changes nothing.
fn state_after(case: &Case, all: &Acts, line: &[String]) -> &'static str {
    let gone = cancelled(all, line);
    let mut state = NEW;
    for done in line.iter().filter_map(|id| all.get(id)) {
        let counts = done.effective && !gone.contains(done.id.as_str());
        let act = case.act(&done.act).filter(|a| counts && a.to != SAME);
        state = act.map_or(state, |a| a.to);
    }
    state
}

/// Whether an act follows from itself, over any of the ways that lead to it: then none of these is the last, and none would count.
fn follows_itself(all: &Acts, done: &Done) -> bool {
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut left: Vec<&str> = done.after.iter().map(String::as_str).collect();
    while let Some(id) = left.pop() {
        if id == done.id {
            return true;
        }
        if seen.insert(id) {
            let before = all.get(id).into_iter().flat_map(|d| &d.after);
            left.extend(before.map(String::as_str));
        }
    }
    false
}

/// The acts that none follows, in the order of their ids.
fn tips(all: &Acts) -> Vec<&str> {
    let followed: BTreeSet<&str> = (all.values())
        .flat_map(|d| d.after.iter().map(String::as_str))
        .collect();
    let ids = all.keys().map(String::as_str);
    ids.filter(|id| !followed.contains(id)).collect()
}

/// The act by which somebody remarks something of a case, in all kinds that have it: nothing follows from it.
const REMARK: &str = "remark";

/// Remarks, or that they were cancelled, which something else than another such act was done beside.
struct Beside {
    /// The acts that led to what they were said about, from the first.
    to: Vec<String>,
    /// They themselves, each after the one before.
    notes: Vec<String>,
}

/// The acts that none follows and that stand against one another, and beside them those that change nothing: where something else
/// was done at the same time, they leave nothing to choose.
fn split<'a>(case: &Case, all: &'a Acts) -> (Vec<&'a str>, Vec<Beside>) {
    let standing = tips(all);
    if standing.len() < 2 {
        return (standing, Vec::new());
    }
    // An act that only leaves the state as it was may say something that counts: until when, for one.
    let changes_nothing = |act: &str| act == REMARK && case.act(act).is_some_and(|a| a.to == SAME);
    let is_note = |id: &str| {
        let follows = all.get(id).filter(|done| !done.after.is_empty());
        follows.is_some_and(|done| match done.act.as_str() {
            CANCEL => (all.get(&done.about)).is_some_and(|d| changes_nothing(&d.act)),
            act => changes_nothing(act),
        })
    };
    let mut left = all.clone();
    let mut beside: Vec<Beside> = Vec::new();
    loop {
        let ids: Vec<String> = tips(&left).into_iter().map(Into::into).collect();
        let noted: Vec<&String> = ids.iter().filter(|id| is_note(id)).collect();
        if noted.is_empty() || ids.len() < 2 {
            break;
        }
        for id in noted {
            left.remove(id);
            if beside.iter().any(|other| other.notes.contains(id)) {
                continue;
            }
            if let Some(mut to) = line_to(all, id) {
                let notes = to.iter().rev().take_while(|id| is_note(id)).count();
                let notes = to.split_off(to.len() - notes);
                beside.push(Beside { to, notes });
            }
        }
    }
    let names: BTreeSet<String> = tips(&left).into_iter().map(Into::into).collect();
    let stand = all.keys().filter(|id| names.contains(*id));
    (stand.map(String::as_str).collect(), beside)
}

/// All acts, each after those that it follows.
fn in_order(all: &Acts) -> Vec<Done> {
    let mut told: Vec<Done> = Vec::with_capacity(all.len());
    let mut there = BTreeSet::new();
    let mut left: Vec<&Done> = all.values().collect();
    while !left.is_empty() {
        let before = left.len();
        left.retain(|done| {
            let ready = done.after.iter().all(|id| there.contains(id.as_str()));
            if ready {
                there.insert(done.id.as_str());
                told.push((*done).clone());
            }
            !ready
        });
        if left.len() == before {
            told.extend(left.drain(..).cloned());
        }
    }
    told
}

/// A case as it stands; empty if the kind is no case.
pub fn story(kind: &Kind, values: &Values) -> Story {
    let Some(case) = kind.case else {
        return Story::default();
    };
    let all = acts(values, case);
    let (tips, beside) = split(case, &all);
    let lines: Vec<Vec<String>> = tips.iter().filter_map(|id| line_to(&all, id)).collect();
    let mut line = lines.first().cloned().unwrap_or_default();
    for other in &lines {
        let common = line.iter().zip(other).take_while(|(a, b)| a == b).count();
        line.truncate(common);
    }
    // What was decided, or signed by the second of two, stands until a person chooses: nobody takes its effect away by doing
    // something else and saying that it was at the same time.
    let decided = lines
        .iter()
        .filter(|l| is_decided(case, &all, l, line.len()));
    let decided: Vec<&Vec<String>> = decided.collect();
    if let Some((first, others)) = decided.split_first() {
        line = (*first).clone();
        for other in others {
            let common = line.iter().zip(*other).take_while(|(a, b)| a == b).count();
            line.truncate(common);
        }
    }
    let mut counts: BTreeSet<String> = BTreeSet::new();
    let mut count = |line: &[String]| {
        let gone = cancelled(&all, line);
        let stands = line.iter().filter(|id| !gone.contains(id.as_str()));
        counts.extend(stands.cloned());
    };
    lines.iter().for_each(|line| count(line));
    let mut taken_back: BTreeSet<String> = BTreeSet::new();
    for Beside { to, notes } in beside {
        // What changes nothing stands, or is set aside, with what it was said about.
        let is_on = |line: &Vec<String>| to.last().is_some_and(|last| line.contains(last));
        if lines.iter().any(is_on) {
            count(&notes);
            taken_back.extend(cancelled(&all, &notes).into_iter().map(ToOwned::to_owned));
        }
        let led_there = to.iter().chain(&notes);
        let on_it = led_there.filter_map(|id| line.iter().position(|other| other == id));
        let is_beside = to.last().is_some_and(|last| line.contains(last));
        if let Some(about) = on_it.max().filter(|_| is_beside) {
            // The last act stays the last: it is what the next one follows.
            let at = (about + 1).min(line.len() - 1);
            let new = notes.into_iter().filter(|id| !line.contains(id));
            let new: Vec<String> = new.collect();
            line.splice(at..at, new);
        }
    }
    counts.retain(|id| !taken_back.contains(id));
    let mut told = in_order(&all);
    for done in &mut told {
        done.set_aside = !counts.contains(&done.id);
    }
    let at_once = match tips.len() {
        0 | 1 => Vec::new(),
        _ => tips.iter().map(|id| (*id).to_owned()).collect(),
    };
    Story {
        state: state_after(case, &all, &line),
        acts: told,
        line,
        at_once,
    }
}

/// Whether something was decided on a line of acts, or signed by the second of two, after the first so many.
fn is_decided(case: &Case, all: &Acts, line: &[String], after: usize) -> bool {
    let gone = cancelled(all, line);
    let since = line.iter().skip(after).filter_map(|id| all.get(id));
    since
        .filter(|done| done.effective && !gone.contains(done.id.as_str()))
        .filter_map(|done| case.act(&done.act))
        .any(|act| act.to != SAME && matches!(act.by, By::Deciders | By::Another))
}

fn may(kind: &Kind, by: By, who: &Who) -> bool {
    let right = kind.right(who.role);
    match by {
        By::Anyone | By::Another => right.write,
        By::Leaders => right.write && who.role != Role::Member,
        By::Deciders => right.write && right.decide && !who.is_about_themself(),
    }
}

/// Whether acts of this kind say which person did them.
fn is_signed(kind: &Kind) -> bool {
    kind.field(ACTS).is_some_and(Field::is_signed)
}

/// Whether this person did one of the acts that led from state to state.
fn took_part<'a>(case: &Case, mut acts: impl Iterator<Item = &'a Done>, who: &Who) -> bool {
    let person = who.person.to_string();
    acts.any(|d| {
        let leads_on = case.act(&d.act).is_some_and(|a| a.to != SAME);
        leads_on && d.person() == Some(&person)
    })
}

/// Whether one act that stands in the document is legal by what it follows.
fn is_legal(kind: &Kind, case: &Case, all: &Acts, done: &Done, who: &Who) -> Result<(), CaseError> {
    // Ids stand in lists with spaces between, and are told on screens.
    if done.id.len() != ID_DIGITS || !done.id.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(CaseError::Unconnected);
    }
    // Nobody signs for another.
    if is_signed(kind) && done.person() != Some(&who.person.to_string()) {
        return Err(CaseError::NotAllowed);
    }
    let followed: BTreeSet<&String> = done.after.iter().collect();
    if done.after.len() > MOST_AT_ONCE || followed.len() < done.after.len() {
        return Err(CaseError::TooMany);
    }
    if follows_itself(all, done) {
        return Err(CaseError::Unconnected);
    }
    // It begins at a beginning, over every way that leads to it.
    let mut lines = Vec::new();
    for id in &done.after {
        lines.push(line_to(all, id).ok_or(CaseError::Unconnected)?);
    }
    let may = |by| {
        may(kind, by, who)
            .then_some(())
            .ok_or(CaseError::NotAllowed)
    };
    // `but_for`: an act that is taken back is no part of what led there.
    let allowed = |by, line: &[String], but_for: &str| {
        may(by)?;
        let gone = cancelled(all, line);
        let before = line
            .iter()
            .filter_map(|id| all.get(id))
            .filter(|d| d.effective && d.id != but_for && !gone.contains(d.id.as_str()));
        match by == By::Another && took_part(case, before, who) {
            true => Err(CaseError::SamePerson),
            false => Ok(()),
        }
    };
    if done.act == KEEP {
        let of_several = done.after.len() > 1 && done.after.contains(&done.about);
        // Between what was done at the same time, and not between an act and what led to it.
        let is_before = |id: &String| {
            let mut lines = done.after.iter().zip(&lines);
            lines.any(|(other, line)| other != id && line.contains(id))
        };
        if !of_several || done.after.iter().any(is_before) {
            return Err(CaseError::Unconnected);
        }
        may(By::Leaders)?;
        // Whoever sets something aside may do it.
        let kept = line_to(all, &done.about).ok_or(CaseError::Unconnected)?;
        let mut aside = lines.iter().flatten().filter(|id| !kept.contains(id));
        let own = who.person.to_string();
        return aside.try_for_each(|id| {
            let done = all.get(id).filter(|d| d.effective);
            let by = done
                .and_then(|d| case.act(&d.act))
                .map_or(By::Leaders, |act| act.by);
            may(by)?;
            // A second signature is not set aside by who gave the first.
            let led_there = line_to(all, id).unwrap_or_default();
            let before = led_there
                .iter()
                .filter(|other| *other != id)
                .filter_map(|id| all.get(id));
            let is_own = done.is_some_and(|d| d.person() == Some(&own));
            match by == By::Another && !is_own && took_part(case, before, who) {
                true => Err(CaseError::SamePerson),
                false => Ok(()),
            }
        });
    }
    let line = match lines.as_slice() {
        [] => &[][..],
        [line] => line.as_slice(),
        _ => return Err(CaseError::Unconnected),
    };
    if done.act == CANCEL {
        let note = done.said.get("note");
        if !matches!(note, Some(Value::Text(t)) if !t.trim().is_empty()) {
            return Err(CaseError::NoReason);
        }
        let last = last_that_counts(all, line).filter(|d| d.id == done.about);
        let last = last.ok_or(CaseError::Unconnected)?;
        // Whoever may do a thing may say that it was recorded by mistake.
        let by = case.act(&last.act).map_or(By::Leaders, |a| a.by);
        return allowed(by, line, &last.id);
    }
    let act = case
        .act(&done.act)
        .ok_or_else(|| CaseError::UnknownAct(done.act.clone()))?;
    let state = state_after(case, all, line);
    if !act.from.contains(&state) {
        return Err(CaseError::NotNow {
            act: done.act.clone(),
            state: if state == NEW { "new" } else { state }.to_owned(),
        });
    }
    allowed(act.by, line, "")
}

/// Whether every cancellation (*hủy do ghi nhầm*) that was added to a document says its reason.
fn says_why(kind: &Kind, before: &Values, after: &Values) -> Result<(), CaseError> {
    let new = after
        .iter()
        .filter(|(path, v)| before.get(*path) != Some(*v));
    for (path, _) in new {
        let below = path
            .strip_prefix(CANCELLED)
            .and_then(|p| p.strip_prefix('/'));
        let Some(below) = below.filter(|_| kind.append_only) else {
            continue;
        };
        // What is no cell of an entry cancels as well, and says nothing.
        let entry = below.split_once('/').map(|(entry, _)| entry);
        let reason = entry.and_then(|entry| after.get(&format!("{CANCELLED}/{entry}/{REASON}")));
        if !matches!(reason, Some(Value::Text(t)) if !t.trim().is_empty()) {
            return Err(CaseError::NoReason);
        }
    }
    Ok(())
}

/// Whether what was added to a case, or to another document that is only ever added to, is legal: every act that stands
/// in `after` and not in `before`, and every cancellation. A missing number may be added to an act of before by whoever
/// may do it.
///
/// # Errors
/// The first act that is not, and why.
pub fn check(kind: &Kind, before: &Values, after: &Values, who: &Who) -> Result<(), CaseError> {
    says_why(kind, before, after)?;
    let Some(case) = kind.case else {
        return Ok(());
    };
    let (old, all) = (acts(before, case), acts(after, case));
    // There is always room to decide, and for the leaders whatever a member has written.
    let most = match (may(kind, By::Deciders, who), who.role) {
        (true, _) => MOST_ACTS,
        (false, Role::Member) => MOST_ACTS / 8,
        (false, _) => MOST_ACTS / 4,
    };
    if all.len() > old.len() && all.len() > most {
        return Err(CaseError::TooMany);
    }
    for (id, done) in &all {
        match old.get(id) {
            None => is_legal(kind, case, &all, done, who)?,
            Some(was) if was.said != done.said => {
                // Nothing that decides where the act stands may be put in later.
                if (&was.act, &was.after, &was.about) != (&done.act, &done.after, &done.about) {
                    return Err(CaseError::Unconnected);
                }
                let by = case.act(&done.act).map_or(By::Leaders, |a| a.by);
                // Nor anything but what it lacks to have its effect.
                let needs = case.act(&done.act).map_or(&[][..], |a| a.needs);
                let mut added = done
                    .said
                    .keys()
                    .filter(|name| !was.said.contains_key(*name));
                if added.any(|name| was.effective || !needs.contains(&name.as_str())) {
                    return Err(CaseError::NotNow {
                        act: done.act.clone(),
                        state: state_after(case, &all, &line_to(&all, id).unwrap_or_default())
                            .to_owned(),
                    });
                }
                // What is signed is one person's words.
                let is_theirs = done.person().is_none_or(|p| p == who.person.to_string());
                if !may(kind, by, who) || !is_theirs {
                    return Err(CaseError::NotAllowed);
                }
            }
            Some(_) => {}
        }
    }
    Ok(())
}

/// What a cancellation follows, and the act that it is about; without another that is the last which counts and led to the state.
fn cancelling(
    kind: &Kind,
    values: &Values,
    story: &Story,
    about: Option<&str>,
) -> (Vec<String>, Option<String>) {
    let all = kind.case.map(|case| acts(values, case)).unwrap_or_default();
    let line = |id: &str| line_to(&all, id).unwrap_or_default();
    let main = story.line.last().map(|last| line(last));
    let main = main.unwrap_or_default();
    let last = || last_that_counts(&all, &main).map(|done| done.id.clone());
    let about = about.map(ToOwned::to_owned).or_else(last);
    // What was said beside is cancelled where it was said.
    let is_on_main = about.as_ref().is_none_or(|about| main.contains(about));
    let beside = tips(&all).into_iter().find(|tip| {
        let line = line(tip);
        about.as_ref().is_some_and(|about| line.contains(about))
    });
    let tip = match beside.filter(|_| !is_on_main) {
        Some(tip) => Some(tip.to_owned()),
        None => story.line.last().cloned(),
    };
    (tip.into_iter().collect(), about)
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
    let (after, about) = match code {
        // Of very many the last few are chosen among later.
        KEEP => {
            let others = story.at_once.iter().filter(|id| Some(id.as_str()) != about);
            let all = about
                .map(ToOwned::to_owned)
                .into_iter()
                .chain(others.cloned());
            let mut after: Vec<String> = all.take(MOST_AT_ONCE).collect();
            after.sort();
            (after, about.map(ToOwned::to_owned))
        }
        _ if !story.at_once.is_empty() => return Err(CaseError::AtOnce),
        CANCEL => cancelling(kind, values, &story, about),
        _ => (story.line.last().cloned().into_iter().collect(), None),
    };
    let mut edits = Values::new();
    let mut put = |name: &str, value: Value| edits.insert(format!("{ACTS}/{id}/{name}"), value);
    put("act", Value::Text(code.to_owned()));
    put("after", Value::Text(after.join(" ")));
    if let Some(about) = about {
        put("about", Value::Text(about));
    }
    if is_signed(kind) {
        put(SIGNER, Value::Text(who.person.to_string()));
    }
    let own = ["act", "after", "about", SIGNER];
    for (name, value) in said.iter().filter(|(n, _)| !own.contains(&n.as_str())) {
        put(name, value.clone());
    }
    let mut then = values.clone();
    then.extend(edits.clone());
    check(kind, values, &then, who)?;
    Ok(edits)
}

/// What a document says at a path that may go by acts: `until`; of the act `grant` that counts, `acts/grant` its day and
/// `acts/grant/number` another field; `acts/*/until` of whichever act said it last.
pub fn said_at<'a>(
    kind: &Kind,
    values: &'a Values,
    story: &'a Story,
    path: &str,
) -> Option<&'a Value> {
    let of = path.split_once('/').filter(|(field, _)| *field == ACTS);
    let Some((_, act)) = of.filter(|_| kind.case.is_some()) else {
        return values.get(path);
    };
    let (act, name) = act.split_once('/').unwrap_or((act, "on"));
    match act {
        "*" => {
            let last = story.that_count().rev().find(|done| done.says(name));
            last?.said.get(name)
        }
        act => story.last(act)?.said.get(name),
    }
}

/// Whether something is still to be done in a case.
pub fn is_open(kind: &Kind, values: &Values) -> bool {
    let state = kind.case.and_then(|c| c.state(story(kind, values).state));
    state.is_some_and(|s| s.open)
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
    let fits = |a: &&'static Act| {
        let other = a.by != By::Another || !took_part(case, story.that_count(), who);
        a.from.contains(&story.state) && may(kind, a.by, who) && other
    };
    case.acts.iter().filter(fits).collect()
}

/// What people may say with an act of such a case, in the order of the form: every field of its acts but those that the
/// program writes by itself.
pub fn sayable(kind: &Kind) -> impl Iterator<Item = &'static Field> {
    let cells = match kind.field(ACTS).map(|f| f.kind) {
        Some(FieldType::Entries(cells)) => cells,
        _ => &[],
    };
    let own = ["act", "after", "about", SIGNER, "recorded_by"];
    cells.iter().filter(move |f| !own.contains(&f.name))
}

/// The act that this person can cancel now as recorded by mistake: the last that counts, by the check that the edit goes
/// through.
pub fn cancellable(kind: &Kind, values: &Values, who: &Who) -> Option<String> {
    let why = Values::from([("note".to_owned(), Value::Text("?".to_owned()))]);
    let edits = act(
        kind,
        values,
        CANCEL,
        None,
        &why,
        &"0".repeat(ID_DIGITS),
        who,
    )
    .ok()?;
    let about = edits.into_iter().find(|(path, _)| path.ends_with("/about"));
    about.map(|(_, id)| id.shown())
}
