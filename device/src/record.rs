//! What a screen shows of a person or a unit: the documents of a place, field by field, with what is missing and what
//! two people wrote differently; and the same list of fields as what can be typed.
//!
//! A member's record is shown as the decisions in force leave it today. Opening one is noted where that is noted of
//! the role that works here: on a phone and at the office ([`Workplace`]).
//!
//! Does not know: words (labels come with the kinds), the clock.

use crate::lists::{Known, ListError, recorded, renamed};
use crate::looks;
use crate::workplace::Workplace;
use chibo_core::access;
use chibo_core::author::{EditError, Target};
use chibo_core::caution::{self, Warning, Why};
use chibo_core::date::Day;
use chibo_core::document::{Candidate, Value, Values};
use chibo_core::domain::look::Look;
use chibo_core::domain::member::MEMBER;
use chibo_core::domain::placement::PLACEMENT;
use chibo_core::domain::unit::UNIT;
use chibo_core::field;
use chibo_core::id::{DocId, PlaceId};
use chibo_core::kind::{self, Field, Key, Kind};
use chibo_core::place::{PlaceKind, Role};
use chibo_core::register;
use chibo_core::regulation::{Key as Rule, Regulations};
use chibo_core::store::StoreError;
use chibo_core::time::Timestamp;
use chibo_core::whose::{Told, Words};
use rand_core::RngCore;

/// Why a record could not be shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// It is not here.
    #[error("not on this device")]
    Unknown,
    /// The clock is off the calendar.
    #[error("the clock is off")]
    Clock,
    /// Noting that it was opened failed.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// What the rules say could not be read.
    #[error(transparent)]
    List(#[from] ListError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One value of a document, under the path by which it is edited.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The field; in entries and marks the field that holds them.
    pub field: &'static Field,
    /// The path: `field`, `field/<entry>/<name>` or `field/<place>`.
    pub path: String,
    /// What is recorded; `None`: nothing.
    pub value: Option<Value>,
    /// Whose words it is and how they came, where that is recorded; else they are those of who typed it.
    pub told: Vec<Told>,
    /// Whether it counts as missing (*còn thiếu*).
    pub is_missing: bool,
    /// What of it does not belong here or is unusual.
    pub cautions: Vec<Warning>,
}

/// A field that two people filled in differently, and who.
#[derive(Debug, Clone)]
pub struct OpenConflict {
    /// The path.
    pub path: String,
    /// Every version.
    pub versions: Vec<Version>,
}

/// One of several versions.
#[derive(Debug, Clone)]
pub struct Version {
    /// What was written.
    pub candidate: Candidate,
    /// Under which role; `None`: before it was known here who.
    pub role: Option<Role>,
    /// The name of who wrote it, if their record is here.
    pub name: Option<String>,
}

/// A document as a screen shows it.
#[derive(Debug, Clone)]
pub struct Document {
    /// Where it lies.
    pub target: Target,
    /// Its place.
    pub place: PlaceId,
    /// Whether anything was ever written in it.
    pub exists: bool,
    /// Whether the role that works here writes it.
    pub may_write: bool,
    /// Every field in the order of the form; those that hold nothing as well.
    pub fields: Vec<Shown>,
    /// What two people wrote differently.
    pub conflicts: Vec<OpenConflict>,
}

impl Document {
    /// How many fields count as missing.
    pub fn missing(&self) -> usize {
        self.fields.iter().filter(|f| f.is_missing).count()
    }
}

/// The documents that a place has one of each.
pub fn singles(place: PlaceId, kind: PlaceKind) -> Vec<Target> {
    let all = kind::KINDS.iter().copied();
    let kinds = all.filter(|k| k.key == Key::Single && k.place.contains(&kind));
    kinds.map(|k| Target::at(place, k, b"")).collect()
}

/// The documents that a place has one of each, as the role that works here sees them; that they were opened is noted, if
/// that is noted of the role. Also: whether it was.
pub fn open(
    here: &mut dyn Workplace,
    place: PlaceId,
    now: Timestamp,
    rng: &mut dyn RngCore,
) -> Result<(Vec<Document>, bool), RecordError> {
    let kind = here.tree().get(place).map(|p| p.kind);
    let targets = singles(place, kind.ok_or(RecordError::Unknown)?);
    open_these(here, place, &targets, now, rng)
}

/// The same, of these documents of a place.
pub fn open_these(
    here: &mut dyn Workplace,
    place: PlaceId,
    targets: &[Target],
    now: Timestamp,
    rng: &mut dyn RngCore,
) -> Result<(Vec<Document>, bool), RecordError> {
    let looked = looks::note(here, Some(place), Look::Opened, now, rng)?;
    let today = now.day_in_vietnam().ok_or(RecordError::Clock)?;
    let role = here.author().map(|a| a.role);
    let rules = Known::of(here.store())?.regulations;
    let mut documents = Vec::new();
    for target in targets {
        if role.is_some_and(|role| access::reads(role, target.kind)) {
            documents.push(document_by(here, place, *target, &rules, today)?);
        }
    }
    Ok((documents, looked))
}

/// The document with this id, and its place.
pub fn find(here: &dyn Workplace, doc: DocId) -> Result<(PlaceId, Target), RecordError> {
    let row = here.store().row(doc)?.ok_or(RecordError::Unknown)?;
    let kind = kind::by_number(row.kind).ok_or(RecordError::Unknown)?;
    let target = Target {
        scope: row.scope,
        kind,
        doc,
    };
    Ok((row.place, target))
}

/// A document, field by field.
pub fn document(
    here: &dyn Workplace,
    place: PlaceId,
    target: Target,
    today: Day,
) -> Result<Document, RecordError> {
    let rules = Known::of(here.store())?.regulations;
    document_by(here, place, target, &rules, today)
}

fn document_by(
    here: &dyn Workplace,
    place: PlaceId,
    target: Target,
    rules: &Regulations,
    today: Day,
) -> Result<Document, RecordError> {
    let there = here.values(target.doc)?.map(|(_, values)| values);
    let exists = there.is_some();
    let values = stands(here, place, target.kind, there.unwrap_or_default(), today)?;
    let role = here.author().map(|a| a.role);
    let mut conflicts = Vec::new();
    for conflict in here.conflicts(target.doc)? {
        let versions = conflict.values.into_iter();
        let versions = versions.map(|candidate| version(here, candidate));
        conflicts.push(OpenConflict {
            path: conflict.path,
            versions: versions.collect::<Result<_, _>>()?,
        });
    }
    let mut fields = fields(target.kind, &values, is_official(here, place, today)?);
    let mut cautions = standing(target.kind, &values, rules, today);
    if cautions.iter().any(is_about_a_change) {
        // Of what a decision in force says, nobody is asked why it was replaced.
        let decisions = decisions(here, place)?;
        let open = register::unexplained(&values, &decisions, today);
        let is_open = |caution: &Warning| open.iter().any(|u| u.field == caution.path);
        cautions.retain(|caution| !is_about_a_change(caution) || is_open(caution));
    }
    beside(&mut fields, cautions);
    Ok(Document {
        target,
        place,
        exists,
        may_write: role.is_some_and(|role| access::writes(role, target.kind)),
        fields,
        conflicts,
    })
}

/// What stands in a document and does not belong there or is unusual, for whoever reads it. It is found anew whenever
/// it is asked for, and kept nowhere: a list of suspected texts would be itself what must not be kept.
pub fn standing(kind: &Kind, values: &Values, rules: &Regulations, today: Day) -> Vec<Warning> {
    let mut all = caution::warnings(kind, values);
    all.extend(caution::unusual(kind, values, values, rules, today));
    all
}

/// Puts each caution beside the value that it is about, else beside its field; of what no form shows (whose words a value
/// is) beside the first. None is lost.
fn beside(fields: &mut [Shown], cautions: Vec<Warning>) {
    for caution in cautions {
        let of_field = |s: &Shown| caution.path.split('/').next() == Some(s.field.name);
        let at = fields.iter().position(|s| s.path == caution.path);
        let at = at.or_else(|| fields.iter().position(of_field));
        if let Some(shown) = fields.get_mut(at.unwrap_or(0)) {
            shown.cautions.push(caution);
        }
    }
}

/// A member's record as the decisions in force leave it; any other document as it is.
pub fn stands(
    here: &dyn Workplace,
    place: PlaceId,
    kind: &Kind,
    values: Values,
    today: Day,
) -> Result<Values, StoreError> {
    if kind.number != MEMBER.number {
        return Ok(values);
    }
    let decisions = decisions(here, place)?;
    Ok(register::as_it_stands(&values, &decisions, today))
}

/// What was decided about a member.
fn decisions(here: &dyn Workplace, member: PlaceId) -> Result<Vec<(DocId, Values)>, StoreError> {
    let of = recorded(here.store(), here.tree(), Some(member))?;
    let of = of.into_iter().find(|(place, _)| *place == member);
    Ok(of.map(|(_, of)| of.decisions).unwrap_or_default())
}

/// Whether somebody is asked why they replaced something that a decision changes.
fn is_about_a_change(caution: &Warning) -> bool {
    matches!(&caution.why, Why::Rule(rule) if rule.key == Rule::ChangeByDecision)
}

/// Whether a member is an official one (*chính thức*) by the status that stands.
fn is_official(here: &dyn Workplace, place: PlaceId, today: Day) -> Result<bool, StoreError> {
    let Some((_, values)) = here.values(Target::at(place, &MEMBER, b"").doc)? else {
        return Ok(false);
    };
    let values = stands(here, place, &MEMBER, values, today)?;
    let status = values.get("status").map(Value::shown).unwrap_or_default();
    Ok(register::is_official(&status))
}

/// Every field of a kind with what is recorded in it, in the order of the form. `is_official`: whether the member that
/// it is about is an official one.
pub fn fields(kind: &'static Kind, values: &Values, is_official: bool) -> Vec<Shown> {
    let missing = kind.missing(values, is_official);
    let words = Words::of(values);
    let mut all = Vec::new();
    for field in kind.form() {
        let there = values.iter().filter(|(path, value)| {
            path.split('/').next() == Some(field.name) && **value != Value::Cleared
        });
        let before = all.len();
        all.extend(there.map(|(path, value)| Shown {
            field,
            path: path.clone(),
            value: Some(value.clone()),
            told: words.about(path, value),
            is_missing: false,
            cautions: Vec::new(),
        }));
        if all.len() == before {
            all.push(Shown {
                field,
                path: field.name.to_owned(),
                value: None,
                told: Vec::new(),
                is_missing: missing.iter().any(|f| f.name == field.name),
                cautions: Vec::new(),
            });
        }
    }
    all
}

/// Who wrote a version.
pub fn version(here: &dyn Workplace, candidate: Candidate) -> Result<Version, StoreError> {
    let grant = here.writer_of(candidate.feed)?;
    let name = match &grant {
        Some(grant) => member_name(here, PlaceId(grant.person.0))?,
        None => None,
    };
    Ok(Version {
        candidate,
        role: grant.map(|g| g.role),
        name,
    })
}

/// A member's name, if their record is here.
pub fn member_name(here: &dyn Workplace, member: PlaceId) -> Result<Option<String>, StoreError> {
    let record = here.values(Target::at(member, &MEMBER, b"").doc)?;
    Ok(record.and_then(|(_, v)| v.get("full_name").map(Value::shown)))
}

/// What people call a place: a member's name as it stands, a unit's or a placement's; `None`: it is not known here.
pub fn place_name(
    here: &dyn Workplace,
    place: PlaceId,
    today: Day,
) -> Result<Option<String>, StoreError> {
    if let Some(name) = renamed(here.store(), Some(place), today)?.remove(&place) {
        return Ok(Some(name));
    }
    for (kind, name) in [
        (&MEMBER, "full_name"),
        (&UNIT, "name"),
        (&PLACEMENT, "full_name"),
    ] {
        let values = here.values(Target::at(place, kind, b"").doc)?;
        if let Some(name) = values.and_then(|(_, v)| v.get(name).map(Value::shown)) {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

/// What people read of a value that a document holds, in Vietnamese and in English.
pub fn read(kind: &'static Kind, path: &str, value: &Value) -> (String, String) {
    (
        field::shown(kind, path, value, true),
        field::shown(kind, path, value, false),
    )
}
