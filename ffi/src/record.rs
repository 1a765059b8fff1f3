//! One record: its documents, field by field, and what is typed into them.

use crate::chibo::{Chibo, count};
use crate::describe::Text;
use crate::error::ChiboError;
use crate::list::place_id;
use chibo_core::author::{EditOutcome, Target};
use chibo_core::caution::Warning;
use chibo_core::document::{Value, Values};
use chibo_core::domain::look::Look;
use chibo_core::field;
use chibo_core::id::{DocId, PlaceId};
use chibo_core::kind::{self, Kind};
use chibo_core::time::Timestamp;
use chibo_core::whose::{self, Told};
use chibo_device::edge::SystemChance;
use chibo_device::handset::Handset;
use chibo_device::looks;
use chibo_device::record::{self, Document, RecordError, Shown};
use chibo_device::{say, words};

/// A document that may be written, whether it is there yet or not.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Addressed {
    /// Its place, by id.
    pub place: String,
    /// Its kind, by name.
    pub kind: String,
    /// Its id.
    pub doc: String,
}

/// A value as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum FieldValue {
    /// A text, a date (`1930-02-03`, `1930-02`, `1930`) or a code.
    Words {
        /// The text.
        text: String,
    },
    /// A whole number.
    Number {
        /// The number.
        number: i64,
    },
    /// Yes or no.
    YesNo {
        /// Whether it is yes.
        yes: bool,
    },
}

/// One value of a document; of a field that holds nothing, the place to type it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FieldView {
    /// The path by which it is edited.
    pub path: String,
    /// The name of the field in its kind.
    pub field: String,
    /// What people read beside it.
    pub label: Text,
    /// What is recorded; `null`: nothing.
    pub value: Option<FieldValue>,
    /// What people read of it; empty: nothing.
    pub shown: Text,
    /// Whose words it is and how they came, one line for each who said it; empty: those of who typed it.
    pub told: Vec<Text>,
    /// Whether it counts as missing (*còn thiếu*).
    pub missing: bool,
    /// What of it does not belong here or is unusual by a rule (*Lưu ý*), for as long as it stands. A note and no refusal:
    /// it is worked out whenever it is shown, and kept nowhere.
    pub cautions: Vec<Text>,
    /// What two or more people wrote here; empty: there is no doubt.
    pub versions: Vec<Version>,
}

/// One of several values that people wrote into the same field.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Version {
    /// What people read of it.
    pub shown: Text,
    /// Under which role it was written, by name; `null`: not known here.
    pub role: Option<String>,
    /// The name of who wrote it, if their record is here.
    pub name: Option<String>,
    /// Whether it is the one that is shown.
    pub is_shown: bool,
}

/// A document as a screen shows it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct DocumentView {
    /// Which it is.
    pub at: Addressed,
    /// What people call its kind.
    pub label: Text,
    /// Whether anything was ever written in it.
    pub exists: bool,
    /// Whether this device's role writes such documents.
    pub may_write: bool,
    /// Every field in the order of the form.
    pub fields: Vec<FieldView>,
    /// How many fields count as missing.
    pub missing: u32,
}

/// A record that was opened.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Opened {
    /// Its documents.
    pub documents: Vec<DocumentView>,
    /// Whether it was noted that this device's owner looked at it.
    pub noted: bool,
}

/// What was typed into one field.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FieldEdit {
    /// The path.
    pub path: String,
    /// The text, in any form that people write; empty: the field is cleared.
    pub typed: String,
}

/// What came of an edit. It is on disk, not sent yet.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Saved {
    /// Whether anything changed.
    pub changed: bool,
    /// Whether the document is so large that a successor should be begun.
    pub nearly_full: bool,
    /// What of the texts does not belong here (*Lưu ý*); it was written all the same.
    pub cautions: Vec<Caution>,
}

/// Words that do not belong into a record, such as of what is secret. A note and no refusal.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Caution {
    /// The path of the field that has them.
    pub path: String,
    /// What people are told.
    pub said: Text,
}

pub(crate) fn cautions(kind: &Kind, warnings: &[Warning]) -> Vec<Caution> {
    let all = warnings.iter().map(|w| Caution {
        path: w.path.clone(),
        said: words::warning(kind, w).into(),
    });
    all.collect()
}

/// What stands in a document and does not belong there or is unusual, in words.
pub(crate) fn standing(kind: &Kind, cautions: &[Warning]) -> Vec<Text> {
    let all = cautions.iter();
    all.map(|w| words::standing(kind, w).into()).collect()
}

/// What came of an edit of a kind.
pub(crate) fn saved(kind: &Kind, done: EditOutcome) -> Saved {
    Saved {
        changed: done.changed,
        nearly_full: done.nearly_full,
        cautions: cautions(kind, &done.warnings),
    }
}

pub(crate) fn text((vi, en): (String, String)) -> Text {
    Text { vi, en }
}

fn value(value: &Value) -> Option<FieldValue> {
    Some(match value {
        Value::Text(text) => FieldValue::Words { text: text.clone() },
        Value::Count(number) => FieldValue::Number { number: *number },
        Value::YesNo(yes) => FieldValue::YesNo { yes: *yes },
        Value::Cleared => return None,
    })
}

fn field_view(kind: &'static Kind, document: &Document, shown: &Shown) -> FieldView {
    let read = |value: &Value| text(record::read(kind, &shown.path, value));
    let nothing = || text((String::new(), String::new()));
    let conflict = document.conflicts.iter().find(|c| c.path == shown.path);
    let versions = conflict.map_or(&[][..], |c| c.versions.as_slice()).iter();
    FieldView {
        path: shown.path.clone(),
        field: shown.field.name.into(),
        label: shown.field.label.into(),
        value: shown.value.as_ref().and_then(value),
        shown: shown.value.as_ref().map_or_else(nothing, read),
        told: shown.told.iter().map(|t| words::told(t).into()).collect(),
        missing: shown.is_missing,
        cautions: standing(kind, &shown.cautions),
        versions: versions
            .map(|v| Version {
                shown: read(&v.candidate.value),
                role: v.role.map(|r| r.name().into()),
                name: v.name.clone(),
                is_shown: v.candidate.shown,
            })
            .collect(),
    }
}

pub(crate) fn view(document: &Document) -> DocumentView {
    let kind = document.target.kind;
    let fields = document.fields.iter();
    DocumentView {
        at: Addressed::of(document.place, &document.target),
        label: kind.label.into(),
        exists: document.exists,
        may_write: document.may_write,
        fields: fields.map(|f| field_view(kind, document, f)).collect(),
        missing: count(document.missing()),
    }
}

/// What was typed, as values of the fields; `prefix` is what the paths of the fields begin with, if they lie in entries.
pub(crate) fn parsed(
    kind: &'static Kind,
    prefix: &str,
    edits: Vec<FieldEdit>,
) -> Result<Values, ChiboError> {
    let mut values = Values::new();
    for edit in edits {
        let value = field::parse(kind, &format!("{prefix}{}", edit.path), &edit.typed)?;
        values.insert(edit.path, value);
    }
    Ok(values)
}

impl Addressed {
    pub(crate) fn of(place: PlaceId, target: &Target) -> Self {
        Addressed {
            place: place.to_string(),
            kind: target.kind.name.into(),
            doc: target.doc.to_string(),
        }
    }

    /// The document that is meant: one of its place, or one that is there.
    pub(crate) fn target(&self, handset: &Handset) -> Result<Target, ChiboError> {
        let place = place_id(&self.place)?;
        let kind = kind::by_name(&self.kind).ok_or(ChiboError::NotHere)?;
        let doc: DocId = self.doc.parse().map_err(|_| ChiboError::NotHere)?;
        let own = Target::at(place, kind, b"");
        if kind.key == kind::Key::Single {
            return if own.doc == doc {
                Ok(own)
            } else {
                Err(ChiboError::NotHere)
            };
        }
        match record::find(handset, doc) {
            Ok((there, target)) if there == place && target.kind.number == kind.number => {
                Ok(target)
            }
            // One that was just made ([`Chibo::new_document`]).
            Err(RecordError::Unknown) => Ok(Target { doc, ..own }),
            Ok(_) => Err(ChiboError::NotHere),
            Err(e) => Err(e.into()),
        }
    }
}

fn save(
    handset: &mut Handset,
    target: Target,
    values: &Values,
    now: Timestamp,
) -> Result<Saved, ChiboError> {
    let done = handset.phone.edit(target, values, now, &mut SystemChance)?;
    handset.note_mark()?;
    Ok(saved(target.kind, done))
}

#[uniffi::export]
impl Chibo {
    /// Opens the record of a member or a unit: every document that it has one of and that this device's role reads. That
    /// it was opened is noted, if that is noted of the role.
    pub fn record(&self, place: String) -> Result<Opened, ChiboError> {
        self.shared.call(|h, now| {
            let place = place_id(&place)?;
            let (documents, noted) = record::open(h, place, now, &mut SystemChance)?;
            Ok(Opened {
                documents: documents.iter().map(view).collect(),
                noted,
            })
        })
    }

    /// One document, such as a meeting, a check-in or a case.
    pub fn document(&self, doc: String) -> Result<DocumentView, ChiboError> {
        self.shared.call(|h, now| {
            let doc = doc.parse().map_err(|_| ChiboError::NotHere)?;
            let today = now.day_in_vietnam().ok_or(ChiboError::ClockOff)?;
            let (place, target) = record::find(h, doc)?;
            looks::note(h, Some(place), Look::Opened, now, &mut SystemChance)?;
            Ok(view(&record::document(h, place, target, today)?))
        })
    }

    /// Writes what was typed, all of it or nothing. The first field that does not take it is told. In a statement that is
    /// written once, who types it and on which day it was said need not be typed.
    pub fn edit(&self, at: Addressed, edits: Vec<FieldEdit>) -> Result<Saved, ChiboError> {
        self.shared.call(|h, now| {
            let target = at.target(h)?;
            let mut values = parsed(target.kind, "", edits)?;
            let today = now.day_in_vietnam().ok_or(ChiboError::ClockOff)?;
            say::begin(h, place_id(&at.place)?, target, &mut values, today)?;
            save(h, target, &values, now)
        })
    }

    /// As [`Chibo::edit`], in somebody else's words (*ghi hộ*): `said_by` is their name, or who that is to the member;
    /// `how` a code of the field `how` (`app`, `page`, `telephone`, `paper`, `in_person`). Either may be empty.
    pub fn edit_for(
        &self,
        at: Addressed,
        edits: Vec<FieldEdit>,
        said_by: String,
        how: String,
    ) -> Result<Saved, ChiboError> {
        self.shared.call(|h, now| {
            let target = at.target(h)?;
            let mut values = parsed(target.kind, "", edits)?;
            let told = Told::typed(&said_by, &how)?;
            whose::add(target.kind, &mut values, &told);
            save(h, target, &values, now)
        })
    }

    /// Takes back what was edited in a document and not sealed yet; whether there was anything.
    pub fn undo(&self, doc: String) -> Result<bool, ChiboError> {
        self.shared.call(|h, _| {
            let doc = doc.parse().map_err(|_| ChiboError::NotHere)?;
            Ok(h.phone.undo(doc)?)
        })
    }

    /// Chooses one of the versions of a field: its index in [`FieldView::versions`].
    pub fn choose(&self, at: Addressed, path: String, version: u32) -> Result<Saved, ChiboError> {
        self.shared.call(|h, now| {
            let target = at.target(h)?;
            let open = h.phone.conflicts(target.doc)?.into_iter();
            let conflict = open.into_iter().find(|c| c.path == path);
            let mut versions = conflict.ok_or(ChiboError::NotHere)?.values.into_iter();
            let chosen = versions.nth(version as usize).ok_or(ChiboError::NotHere)?;
            save(h, target, &Values::from([(path, chosen.value)]), now)
        })
    }
}
