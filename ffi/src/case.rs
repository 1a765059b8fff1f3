//! Cases (*việc theo thủ tục*): what is under way, what was done, what can be done next.

use crate::branch::place_here;
use crate::chibo::{Chibo, count};
use crate::describe::Text;
use crate::error::ChiboError;
use crate::record::{Addressed, FieldEdit, Saved, parsed, saved, standing, text};
use chibo_core::author::{Doing, Target};
use chibo_core::case::{self, ACTS, CANCEL, Done, KEEP, NEW, Who};
use chibo_core::date::Day;
use chibo_core::deadline::NoDeadline;
use chibo_core::document::{Value, Values};
use chibo_core::domain::look::Look;
use chibo_core::dossier::Required;
use chibo_core::id::{PersonId, PlaceId, random16};
use chibo_core::kind::{self, Kind, SIGNER};
use chibo_core::letter::Line;
use chibo_core::time::Timestamp;
use chibo_device::case::{SaidIn, Shown, late_said, line_said, said_in};
use chibo_device::edge::SystemChance;
use chibo_device::handset::Handset;
use chibo_device::lists;
use chibo_device::looks;
use chibo_device::record;
use chibo_device::words;

/// Something that can be done in a case now, or that was done.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ActInfo {
    /// Its name: what is given to [`Chibo::act`].
    pub code: String,
    /// What people read.
    pub label: Text,
    /// Without these of its fields it has no effect.
    pub needs: Vec<String>,
    /// What else may be said with it, in the order of the form.
    pub takes: Vec<String>,
}

/// An act as it was done.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DoneAct {
    /// Its id in the case: what `about` names.
    pub id: String,
    /// Which act.
    pub act: ActInfo,
    /// What was said with it: the name of each field and what people read of it.
    pub said: Vec<Said>,
    /// Whether nothing is missing that it needs to have an effect.
    pub effective: bool,
    /// Whether it does not count: it was cancelled, or another was kept.
    pub set_aside: bool,
    /// Whether it is one of several that were done at the same time: one is kept, by the act `keep` about it.
    pub to_choose: bool,
}

/// What was said in one field of an act.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Said {
    /// The field.
    pub field: String,
    /// What people read.
    pub shown: Text,
}

/// A case as it stands.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CaseView {
    /// The document.
    pub at: Addressed,
    /// What people call its kind.
    pub label: Text,
    /// Whom it is about, by name; empty: not known here.
    pub name: String,
    /// The state, by code; empty: nothing stands.
    pub state: String,
    /// The state, as people read it.
    pub state_label: Text,
    /// Whether two things were done at the same time, and somebody has to choose.
    pub to_choose: bool,
    /// Every act, each after the one that it follows.
    pub acts: Vec<DoneAct>,
    /// What this device's owner can do now.
    pub next: Vec<ActInfo>,
    /// The last act that counts, by id, if this device's owner can cancel it as recorded by mistake: the act `cancel`,
    /// which needs a `note`.
    pub can_cancel: Option<String>,
    /// What stands in it and does not belong there or is unusual by a rule. It was written all the same.
    pub cautions: Vec<Text>,
    /// That it is late and nobody has said why.
    pub late: Option<Text>,
    /// Days that nobody has said, so that nobody can say when something is due.
    pub undated: Vec<Text>,
    /// What the member's paper dossier lacks, of a case that sends it away.
    pub lacks: Vec<Text>,
    /// Whether it gives out a letter ([`Chibo::letter`]).
    pub gives_letter: bool,
}

/// What is written onto the printed blank of a transfer letter (*giấy giới thiệu sinh hoạt đảng*).
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct LetterSheet {
    /// Whom it is about, as their record stands.
    pub name: String,
    /// The lines, in the order of the blank.
    pub lines: Vec<LetterLine>,
    /// How many of them are missing; the letter goes out all the same, people have ink.
    pub missing: u32,
    /// What the member's paper dossier lacks.
    pub lacks: Vec<Text>,
}

/// One line of a letter's sheet.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct LetterLine {
    /// The field, by name.
    pub field: String,
    /// What people read before it.
    pub label: Text,
    /// What stands there; empty: it is missing.
    pub shown: Text,
    /// Where it is said.
    pub said_in: LetterSource,
}

/// Where a line of a letter's sheet is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum LetterSource {
    /// In the member's record.
    Record,
    /// With any act of the case.
    Case,
    /// With the act by which the letter is given out.
    Issue,
}

/// A case that was begun.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Begun {
    /// The document.
    pub at: Addressed,
    /// What came of the first act.
    pub saved: Saved,
}

fn act_info(kind: &Kind, code: &str) -> ActInfo {
    let needs = kind
        .case
        .and_then(|c| c.act(code))
        .map_or(&[][..], |a| a.needs);
    let takes = case::sayable(kind).map(|f| f.name);
    let both = |vi: &str, en: &str| text((vi.into(), en.into()));
    let known = kind.case.and_then(|c| c.act(code));
    ActInfo {
        code: code.into(),
        label: match (code, known) {
            (_, Some(act)) => act.label.into(),
            (CANCEL, _) => both("Hủy do ghi nhầm", "Cancelled as mistyped"),
            (KEEP, _) => both("Giữ lại", "Kept"),
            _ => both(code, code),
        },
        needs: needs.iter().map(|n| (*n).into()).collect(),
        takes: takes
            .filter(|n| !needs.contains(n))
            .map(Into::into)
            .collect(),
    }
}

fn done_act(kind: &'static Kind, done: &Done, at_once: &[String]) -> DoneAct {
    let own = ["act", "after", "about", SIGNER];
    let said = done
        .said
        .iter()
        .filter(|(name, _)| !own.contains(&name.as_str()));
    DoneAct {
        id: done.id.clone(),
        act: act_info(kind, &done.act),
        said: said
            .map(|(name, value)| Said {
                field: name.clone(),
                shown: text(record::read(kind, &format!("{ACTS}/x/{name}"), value)),
            })
            .collect(),
        effective: done.effective,
        set_aside: done.set_aside,
        to_choose: at_once.contains(&done.id),
    }
}

fn who(handset: &Handset, place: PlaceId) -> Result<Who, ChiboError> {
    let author = handset.phone.author().ok_or(ChiboError::NotEnrolled)?;
    Ok(Who {
        role: author.role,
        person: PersonId(author.person.0),
        place,
    })
}

fn shown<'a>(
    handset: &'a Handset,
    (place, kind): (PlaceId, &'static Kind),
    values: &'a Values,
    today: Day,
) -> Result<Shown<'a>, ChiboError> {
    let author = handset.phone.author().ok_or(ChiboError::NotEnrolled)?;
    Ok(Shown {
        store: handset.phone.store(),
        tree: handset.phone.tree(),
        role: author.role,
        kind,
        place,
        values,
        today,
    })
}

fn papers(lacks: &[Required]) -> Vec<Text> {
    lacks.iter().map(|r| r.paper.label.into()).collect()
}

fn view(
    handset: &Handset,
    place: PlaceId,
    target: &Target,
    values: &Values,
    today: Day,
) -> Result<CaseView, ChiboError> {
    let kind = target.kind;
    let machine = kind.case.ok_or(ChiboError::NotHere)?;
    let story = case::story(kind, values);
    let name = match values.get(kind.title) {
        Some(Value::Text(name)) if kind.title != "on" => Some(name.clone()),
        _ => None,
    };
    let name = match name {
        Some(name) => name,
        None => record::member_name(handset, place)?.unwrap_or_default(),
    };
    let who = who(handset, place)?;
    let next = case::possible(kind, values, &who);
    let shown = shown(handset, (place, kind), values, today)?;
    let notes = shown.notes()?;
    let lines = |all: &[NoDeadline]| all.iter().map(|g| words::no_deadline(g).into()).collect();
    Ok(CaseView {
        can_cancel: case::cancellable(kind, values, &who),
        cautions: standing(kind, &notes.cautions),
        late: notes.late.as_ref().map(|late| late_said(late).into()),
        undated: lines(&notes.undated),
        lacks: papers(&notes.lacks),
        gives_letter: shown.gives_letter(),
        at: Addressed::of(place, target),
        label: kind.label.into(),
        name,
        state: story.state.into(),
        state_label: machine.state(story.state).map_or_else(
            || text((String::new(), String::new())),
            |state| state.label.into(),
        ),
        to_choose: !story.at_once.is_empty(),
        acts: (story.acts.iter())
            .map(|done| done_act(kind, done, &story.at_once))
            .collect(),
        next: next.iter().map(|a| act_info(kind, a.code)).collect(),
    })
}

/// Does an act. One of which no day is said was done today.
fn act(
    handset: &mut Handset,
    target: Target,
    act: &str,
    about: Option<&str>,
    said: Vec<FieldEdit>,
    now: Timestamp,
) -> Result<Saved, ChiboError> {
    let mut said = parsed(target.kind, "acts/x/", said)?;
    let today = now.day_in_vietnam().ok_or(ChiboError::ClockOff)?;
    said.entry("on".into())
        .or_insert_with(|| Value::Text(today.to_string()));
    let doing = Doing {
        act,
        about,
        said: &said,
    };
    let phone = &mut handset.phone;
    let done = phone.act(target, doing, now, &mut SystemChance)?;
    if let (Some(name), true) = (
        said.get("full_name"),
        target.kind.field("subject").is_some(),
    ) {
        let subject = Values::from([("subject".into(), name.clone())]);
        phone.edit(target, &subject, now, &mut SystemChance)?;
    }
    handset.note_mark()?;
    Ok(saved(target.kind, done))
}

#[uniffi::export]
impl Chibo {
    /// Every case in which something is still to be done, or between whose acts somebody has to choose.
    pub fn open_cases(&self) -> Result<Vec<CaseView>, ChiboError> {
        self.shared.call(|h, now| {
            let today = now.day_in_vietnam().ok_or(ChiboError::ClockOff)?;
            looks::note(h, None, Look::Opened, now, &mut SystemChance)?;
            let open = lists::open_cases(h.phone.store())?.into_iter();
            open.map(|case| {
                let target = Target {
                    scope: chibo_core::place::scope_of(case.place, case.kind.lane),
                    kind: case.kind,
                    doc: case.doc,
                };
                view(h, case.place, &target, &case.values, today)
            })
            .collect()
        })
    }

    /// One case.
    pub fn case(&self, doc: String) -> Result<CaseView, ChiboError> {
        self.shared.call(|h, now| {
            let today = now.day_in_vietnam().ok_or(ChiboError::ClockOff)?;
            let doc = doc.parse().map_err(|_| ChiboError::NotHere)?;
            let (place, target) = record::find(h, doc)?;
            looks::note(h, Some(place), Look::Opened, now, &mut SystemChance)?;
            let values = h.phone.values(doc)?.map(|(_, values)| values);
            view(h, place, &target, &values.unwrap_or_default(), today)
        })
    }

    /// What is written onto the blank of a case's letter, line by line, and what of it is missing. Of a case that gives
    /// out none: [`ChiboError::NotHere`].
    pub fn letter(&self, doc: String) -> Result<LetterSheet, ChiboError> {
        self.shared.call(|h, now| {
            let today = now.day_in_vietnam().ok_or(ChiboError::ClockOff)?;
            let doc = doc.parse().map_err(|_| ChiboError::NotHere)?;
            let (place, target) = record::find(h, doc)?;
            looks::note(h, Some(place), Look::Opened, now, &mut SystemChance)?;
            let values = h.phone.values(doc)?.map(|(_, values)| values);
            let values = values.unwrap_or_default();
            let sheet = shown(h, (place, target.kind), &values, today)?.letter()?;
            let sheet = sheet.ok_or(ChiboError::NotHere)?;
            let missing = sheet.lines.iter().filter(|line| line.value.is_none());
            let line = |line: &Line| LetterLine {
                field: line.field.name.into(),
                label: line.field.label.into(),
                shown: line_said(line).into(),
                said_in: match said_in(line) {
                    SaidIn::Record => LetterSource::Record,
                    SaidIn::Case => LetterSource::Case,
                    SaidIn::Issue => LetterSource::Issue,
                },
            };
            Ok(LetterSheet {
                name: record::place_name(h, place, today)?.unwrap_or_default(),
                missing: count(missing.count()),
                lines: sheet.lines.iter().map(line).collect(),
                lacks: papers(&sheet.lacks),
            })
        })
    }

    /// Begins a case of a kind about a member (or unit), with its first act or another that begins it.
    pub fn begin_case(
        &self,
        place: String,
        kind: String,
        first: Option<String>,
        said: Vec<FieldEdit>,
    ) -> Result<Begun, ChiboError> {
        self.shared.call(|h, now| {
            let (place, _) = place_here(h, &place)?;
            let kind = kind::by_name(&kind).ok_or(ChiboError::NotHere)?;
            let machine = kind.case.ok_or(ChiboError::NotHere)?;
            let usual = machine.acts.iter().find(|a| a.from.contains(&NEW));
            let first = first.or(usual.map(|a| a.code.into())).unwrap_or_default();
            let target = Target::at(place, kind, &random16(&mut SystemChance));
            let saved = act(h, target, &first, None, said, now)?;
            let at = Addressed::of(place, &target);
            Ok(Begun { at, saved })
        })
    }

    /// Does an act in a case; with `keep` and `cancel`, `about` is the act that is kept or cancelled (of `cancel`, the
    /// last one if none is named).
    pub fn act(
        &self,
        at: Addressed,
        code: String,
        about: Option<String>,
        said: Vec<FieldEdit>,
    ) -> Result<Saved, ChiboError> {
        self.shared.call(|h, now| {
            let target = at.target(h)?;
            act(h, target, &code, about.as_deref(), said, now)
        })
    }
}
