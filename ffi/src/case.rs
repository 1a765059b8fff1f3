//! Cases (*việc theo thủ tục*): what is under way, what was done, what can be done next.

use crate::branch::place_here;
use crate::chibo::Chibo;
use crate::describe::Text;
use crate::error::ChiboError;
use crate::record::{Addressed, FieldEdit, Saved, parsed, saved, text};
use chibo_core::author::{Doing, Target};
use chibo_core::case::{self, ACTS, CANCEL, Done, KEEP, NEW, Who};
use chibo_core::document::{Value, Values};
use chibo_core::id::{PersonId, PlaceId, random16};
use chibo_core::kind::{self, Kind, SIGNER};
use chibo_core::time::Timestamp;
use chibo_device::edge::SystemChance;
use chibo_device::handset::Handset;
use chibo_device::lists;
use chibo_device::record;

/// Something that can be done in a case now, or that was done.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ActInfo {
    /// Its name: what is given to [`Chibo::act`].
    pub code: String,
    /// What people read.
    pub label: Text,
    /// Without these of its fields it has no effect.
    pub needs: Vec<String>,
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
        needs: known
            .map_or(&[][..], |a| a.needs)
            .iter()
            .map(|n| (*n).into())
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

fn view(
    handset: &Handset,
    place: PlaceId,
    target: &Target,
    values: &Values,
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
        None => record::member_name(&handset.phone, place)?.unwrap_or_default(),
    };
    let next = case::possible(kind, values, &who(handset, place)?);
    Ok(CaseView {
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
        self.shared.call(|h, _| {
            let open = lists::open_cases(h.phone.store())?.into_iter();
            open.map(|case| {
                let target = Target {
                    scope: chibo_core::place::scope_of(case.place, case.kind.lane),
                    kind: case.kind,
                    doc: case.doc,
                };
                view(h, case.place, &target, &case.values)
            })
            .collect()
        })
    }

    /// One case.
    pub fn case(&self, doc: String) -> Result<CaseView, ChiboError> {
        self.shared.call(|h, _| {
            let doc = doc.parse().map_err(|_| ChiboError::NotHere)?;
            let (place, target) = record::find(&h.phone, doc)?;
            let values = h.phone.values(doc)?.map(|(_, values)| values);
            view(h, place, &target, &values.unwrap_or_default())
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
