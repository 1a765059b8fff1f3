//! What is recorded about a person (*dữ liệu của tôi*), who typed it, and who else looked.

use crate::branch::place_here;
use crate::chibo::Chibo;
use crate::describe::Text;
use crate::error::ChiboError;
use crate::record::{Addressed, Saved, saved, text};
use chibo_core::domain::look::{LOOKS, Look};
use chibo_core::id::PlaceId;
use chibo_core::own_data::{self, Contest, Typed};
use chibo_core::place::{PlaceKind, Role};
use chibo_core::store::Store;
use chibo_core::tree::Tree;
use chibo_device::contest::{self as contests, ContestError, Words};
use chibo_device::edge::SystemChance;
use chibo_device::handset::Handset;
use chibo_device::record;
use chibo_device::words;

/// Who typed something, and when by their clock.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct TypedBy {
    /// The name, if their record is here.
    pub name: Option<String>,
    /// The role, by name.
    pub role: String,
    /// When: seconds since 1970; `null`: typed here, and not sealed yet.
    pub at: Option<u64>,
}

/// One value that is recorded.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct OwnValue {
    /// Its path.
    pub path: String,
    /// What people read beside it.
    pub label: Text,
    /// What people read of it.
    pub shown: Text,
    /// Whose words it is and how they came, one line for each who said it; empty: those of who typed it.
    pub told: Vec<Text>,
    /// Who typed it; `null`: attested by the office.
    pub typed: Option<TypedBy>,
    /// Whether the person said something against it.
    pub contested: bool,
}

/// One document about the person.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct OwnRecord {
    /// The document, by id.
    pub doc: String,
    /// What people call its kind; of a unit's record (a meeting) which one it is as well.
    pub label: Text,
    /// Its values.
    pub values: Vec<OwnValue>,
}

/// One time that somebody else opened, printed or exported a record.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct LookedAt {
    /// The day, as `2026-11-24`.
    pub on: String,
    /// What was done.
    pub what: Text,
    /// The role, by name.
    pub role: String,
    /// The name, if their record is here.
    pub name: Option<String>,
    /// By which decision; empty: none.
    pub mandate: String,
}

/// What the person said against a value, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ContestView {
    /// The case, by id: [`Chibo::case`] tells its acts.
    pub doc: String,
    /// The state, by code.
    pub state: String,
    /// Who raised it.
    pub raised: Option<TypedBy>,
    /// Who answered.
    pub answered: Option<TypedBy>,
}

/// A sentence, and what a person says against it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Against {
    /// The record: [`OwnRecord::doc`].
    pub doc: String,
    /// The path of the value: [`OwnValue::path`].
    pub path: String,
    /// The person's own words.
    pub words: String,
    /// Whose words they are, if somebody else types them.
    pub said_by: Option<String>,
    /// How they were said then, by code.
    pub how: Option<String>,
}

impl From<ContestError> for ChiboError {
    fn from(e: ContestError) -> Self {
        match e {
            ContestError::Unknown => ChiboError::NotHere,
            ContestError::NoWords => ChiboError::ReasonNeeded { late: false },
            ContestError::Field(e) => e.into(),
            ContestError::Edit(e) => e.into(),
            _ => ChiboError::Broken,
        }
    }
}

/// All that is recorded about a person.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AboutPerson {
    /// The documents.
    pub records: Vec<OwnRecord>,
    /// What the person said against a value.
    pub contests: Vec<ContestView>,
    /// Who else looked, the last first.
    pub looks: Vec<LookedAt>,
}

pub(crate) fn typed_by(h: &Handset, typed: Option<&Typed>) -> Result<Option<TypedBy>, ChiboError> {
    let Some(typed) = typed else { return Ok(None) };
    Ok(Some(TypedBy {
        name: record::member_name(h, PlaceId(typed.person.0))?,
        role: typed.role.name().into(),
        at: typed.time.map(|time| time.0),
    }))
}

fn own_record(h: &Handset, record: &own_data::Record) -> Result<OwnRecord, ChiboError> {
    let kind = record.kind;
    let mut values = Vec::new();
    for said in &record.said {
        let name = said.path.split('/').next().unwrap_or(&said.path);
        let unknown = || text((said.path.clone(), said.path.clone()));
        values.push(OwnValue {
            path: said.path.clone(),
            label: kind.field(name).map_or_else(unknown, |f| f.label.into()),
            shown: text(record::read(kind, &said.path, &said.value)),
            told: said.told.iter().map(|t| words::told(t).into()).collect(),
            typed: typed_by(h, said.typed.as_ref())?,
            contested: !said.contests.is_empty(),
        });
    }
    let (mut vi, mut en) = (kind.label.vi.to_owned(), kind.label.en.to_owned());
    if let Some(title) = &record.title {
        let (title_vi, title_en) = record::read(kind, kind.title, title);
        vi.push_str(&format!(" {title_vi}"));
        en.push_str(&format!(" {title_en}"));
    }
    Ok(OwnRecord {
        doc: record.doc.to_string(),
        label: text((vi, en)),
        values,
    })
}

fn contest(h: &Handset, contest: &Contest) -> Result<ContestView, ChiboError> {
    Ok(ContestView {
        doc: contest.doc.to_string(),
        state: contest.case.state.into(),
        raised: typed_by(h, contest.raised.as_ref())?,
        answered: typed_by(h, contest.answered.as_ref())?,
    })
}

/// Whether this is no person's own place, but a unit's.
fn is_unit(tree: &Tree, place: PlaceId) -> bool {
    let kind = tree.get(place).map(|p| p.kind);
    matches!(kind, Some(PlaceKind::Committee | PlaceKind::Branch))
}

fn look(h: &Handset, looked: own_data::Looked) -> Result<LookedAt, ChiboError> {
    let what = LOOKS.iter().find(|code| code.code == looked.what);
    let (mut vi, mut en) = match what {
        Some(code) => (code.label.vi.to_owned(), code.label.en.to_owned()),
        None => (looked.what.clone(), looked.what.clone()),
    };
    if is_unit(h.phone.tree(), looked.place) {
        vi.push_str(" (cả danh sách của đơn vị)");
        en.push_str(" (the unit's whole list)");
    }
    let person: Option<PlaceId> = looked.person.parse().ok();
    let name = person.map(|person| record::member_name(h, person));
    Ok(LookedAt {
        what: text((vi, en)),
        name: name.transpose()?.flatten(),
        on: looked.on,
        role: looked.role,
        mandate: looked.mandate,
    })
}

/// Whom a call is about (`null`: this device's owner), if this role may see all that is recorded about them.
pub(crate) fn whom(h: &Handset, member: Option<&str>) -> Result<(Role, PlaceId), ChiboError> {
    let author = h.phone.author().ok_or(ChiboError::NotEnrolled)?;
    let (role, seat): (Role, PlaceId) = (author.role, author.place);
    let member = match member {
        Some(id) => place_here(h, id)?.0,
        None => PlaceId(author.person.0),
    };
    let may = own_data::may_see(role, seat, member, h.phone.tree());
    may.then_some((role, member)).ok_or(ChiboError::NotAllowed)
}

#[uniffi::export]
impl Chibo {
    /// What is recorded about a member, who typed it and who else looked; `null`: about this device's owner. Only the
    /// person, their branch's leaders and the office see all of it. That it was opened is noted.
    pub fn about(&self, member: Option<String>) -> Result<AboutPerson, ChiboError> {
        self.shared.call(|h, now| {
            let (_, member) = whom(h, member.as_deref())?;
            h.phone
                .note_look(member, Look::Opened, now, &mut SystemChance)?;
            let phone = &h.phone;
            let tree = phone.tree();
            let own = phone.store().read(|tx| own_data::of(tx, tree, member))?;
            let records = own.records.iter().map(|r| own_record(h, r));
            let contests = own.contests.iter().map(|c| contest(h, c));
            Ok(AboutPerson {
                records: records.collect::<Result<_, _>>()?,
                contests: contests.collect::<Result<_, _>>()?,
                looks: (own.looks.into_iter())
                    .map(|l| look(h, l))
                    .collect::<Result<_, _>>()?,
            })
        })
    }

    /// Takes down what a person says against a sentence about them (*ý kiến*): on their own device, or typed for them
    /// (`said_by`, `how`). The office or the branch answers within the days that the rules set.
    pub fn contest(
        &self,
        member: Option<String>,
        against: Against,
    ) -> Result<crate::case::Begun, ChiboError> {
        self.shared.call(|h, now| {
            let today = now.day_in_vietnam().ok_or(ChiboError::ClockOff)?;
            let author = h.phone.author().ok_or(ChiboError::NotEnrolled)?;
            let member = match member {
                Some(id) => place_here(h, &id)?.0,
                None => PlaceId(author.person.0),
            };
            let words = Words {
                record: against.doc.parse().map_err(|_| ChiboError::NotHere)?,
                path: &against.path,
                words: &against.words,
                said_by: against.said_by.as_deref(),
                how: against.how.as_deref(),
            };
            let when = (now, today);
            let (target, done) = contests::raise(h, member, words, when, &mut SystemChance)?;
            Ok(crate::case::Begun {
                at: Addressed::of(member, &target),
                saved: saved(target.kind, done),
            })
        })
    }

    /// Answers a contest: accepted, with what stands from now on if it is said (the record is corrected along with it), or
    /// refused; with the reason. Nobody answers their own.
    pub fn answer_contest(
        &self,
        doc: String,
        accepted: bool,
        reason: String,
        correction: Option<String>,
    ) -> Result<Saved, ChiboError> {
        self.shared.call(|h, now| {
            let today = now.day_in_vietnam().ok_or(ChiboError::ClockOff)?;
            let doc = doc.parse().map_err(|_| ChiboError::NotHere)?;
            let correction = correction.as_deref();
            let when = (now, today);
            let rng = &mut SystemChance;
            let (target, done) =
                contests::answer(h, doc, accepted, &reason, correction, when, rng)?;
            Ok(saved(target.kind, done))
        })
    }
}
