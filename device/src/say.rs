//! What people say and somebody types in a moment: where a member is (*báo nơi ở*), who came to a meeting
//! (*điểm danh*). Nothing is turned away for being incomplete: what nobody needs to say is filled in, what is unclear is
//! told beside it.
//!
//! Does not know: words, the clock.

use crate::record::member_name;
use crate::workplace::Workplace;
use chibo_core::author::{EditError, EditOutcome, Target};
use chibo_core::commune::{Commune, Communes};
use chibo_core::date::Day;
use chibo_core::document::{self, Value, Values};
use chibo_core::domain::check_in::CHECK_IN;
use chibo_core::domain::decision;
use chibo_core::domain::meeting::MEETING;
use chibo_core::domain::member::MEMBER;
use chibo_core::domain::placement::ATTENDANCE;
use chibo_core::id::{DocId, PlaceId};
use chibo_core::kind::Kind;
use chibo_core::place::PlaceKind;
use chibo_core::store::StoreError;
use chibo_core::text;
use chibo_core::time::Timestamp;
use rand_core::RngCore;

/// How a guest stood towards a meeting.
const MARK: &str = "mark";

/// A check-in that was recorded.
#[derive(Debug, Clone)]
pub struct CheckedIn {
    /// What came of the edit.
    pub saved: EditOutcome,
    /// The day on which it was said.
    pub said_on: String,
    /// Whether it says how it came.
    pub says_how: bool,
    /// Where the commune is not clear: those that it may be.
    pub unclear: Option<Vec<Commune>>,
}

/// Whether a member works here themself; else somebody records for them.
pub fn is_own(here: &dyn Workplace, member: PlaceId) -> bool {
    let author = here.author();
    author.is_some_and(|a| a.place == member || a.person.0 == member.0)
}

/// The name of whoever works here, where their record is here.
pub fn own_name(here: &dyn Workplace) -> Result<Option<String>, StoreError> {
    match here.author() {
        Some(author) => member_name(here, PlaceId(author.person.0)),
        None => Ok(None),
    }
}

/// Who types here: the name, and where the ticket named nobody the role, in Vietnamese.
pub fn recorder(here: &dyn Workplace) -> Result<String, StoreError> {
    let role = here.author().map_or("", |a| a.role.label().vi);
    Ok(own_name(here)?.unwrap_or_else(|| role.to_owned()))
}

/// Fills in of a statement what nobody needs to say: how it came to somebody's own device, and who typed it for
/// somebody else. What stands in the document already is left alone. Returns whether it says how it came.
pub fn fill_in_whose(
    here: &dyn Workplace,
    (member, doc): (PlaceId, DocId),
    values: &mut Values,
) -> Result<bool, StoreError> {
    let there = here.values(doc)?.map(|(_, values)| values);
    let there = there.unwrap_or_default();
    let says = |name: &str| values.contains_key(name) || there.contains_key(name);
    let says_how = says("how");
    if is_own(here, member) {
        if !says_how {
            values.insert("how".into(), Value::Text("app".into()));
        }
        return Ok(true);
    }
    if !says("recorded_by") {
        values.insert("recorded_by".into(), Value::Text(recorder(here)?));
    }
    Ok(says_how)
}

/// The field with the year that a document is about, in kinds of which a place has one for each.
pub const YEAR: &str = "year";

/// The document of a kind that is about a year: the one that stands, or the next after those that were cancelled.
pub fn of_year(
    here: &dyn Workplace,
    place: PlaceId,
    kind: &'static Kind,
    year: u16,
) -> Result<Target, StoreError> {
    let mut n = 1_u8;
    loop {
        let key = document::key_again(&year.to_string(), n);
        let target = Target::at(place, kind, key.as_bytes());
        let there = here.values(target.doc)?.map(|(_, values)| values);
        let is_last = n == document::MOST_OF_A_KEY;
        if is_last || !there.is_some_and(|values| decision::is_cancelled(&values)) {
            return Ok(target);
        }
        n += 1;
    }
}

/// Every document of a kind that stands for a year, with what it says: several where two people recorded one at the same time.
pub fn all_of_year(
    here: &dyn Workplace,
    place: PlaceId,
    kind: &'static Kind,
    year: u16,
) -> Result<Vec<(Target, Values)>, StoreError> {
    let mut all = Vec::new();
    for n in 1..=document::MOST_OF_A_KEY {
        let key = document::key_again(&year.to_string(), n);
        let target = Target::at(place, kind, key.as_bytes());
        let Some((_, values)) = here.values(target.doc)? else {
            continue;
        };
        if !decision::is_cancelled(&values) {
            all.push((target, values));
        }
    }
    Ok(all)
}

/// Fills in of a document that is begun what nobody needs to say: on which day something was said and since when it
/// holds (today), how it came, who typed it. What somebody typed is left alone.
pub fn begin(
    here: &dyn Workplace,
    place: PlaceId,
    target: Target,
    values: &mut Values,
    today: Day,
) -> Result<(), StoreError> {
    if !target.kind.append_only || target.kind.case.is_some() || here.values(target.doc)?.is_some()
    {
        return Ok(());
    }
    let has = |name: &str| target.kind.field(name).is_some();
    if has("recorded_by") && has("how") {
        fill_in_whose(here, (place, target.doc), values)?;
    }
    if has(YEAR) && !values.contains_key(YEAR) {
        // The address of such a document is made of its year.
        for year in [today.year(), today.year().saturating_sub(1)] {
            if of_year(here, place, target.kind, year)?.doc == target.doc {
                values.insert(YEAR.into(), Value::Text(year.to_string()));
                break;
            }
        }
    }
    for name in ["said_on", "from"] {
        if has(name) {
            let today = || Value::Text(today.to_string());
            values.entry(name.into()).or_insert_with(today);
        }
    }
    Ok(())
}

/// Puts the commune's code beside the words where there is no doubt; else says which communes it may be.
pub fn fill_in_commune(values: &mut Values, words: &str) -> Option<Vec<Commune>> {
    if values.contains_key("commune_code") {
        return None;
    }
    let Some(Value::Text(said)) = values.get(words) else {
        return None;
    };
    let list = Communes::official();
    let meant = list.resolve_old(said);
    if let Some(one) = meant.sure() {
        values.insert("commune_code".into(), Value::Text(one.code.into()));
        return None;
    }
    Some(match meant.candidates() {
        [] => list.search(said),
        some => some.to_vec(),
    })
}

/// Records what a member says of where they are, on the day that they say or today.
pub fn check_in(
    here: &mut dyn Workplace,
    member: PlaceId,
    mut values: Values,
    (now, today): (Timestamp, Day),
    rng: &mut dyn RngCore,
) -> Result<CheckedIn, EditError> {
    let said_on = match values.get("said_on") {
        Some(Value::Text(day)) => day.clone(),
        // Whoever reports at breakfast means today.
        _ => today.to_string(),
    };
    values.insert("said_on".into(), Value::Text(said_on.clone()));
    let target = Target::at(member, &CHECK_IN, said_on.as_bytes());
    let says_how = fill_in_whose(here, (member, target.doc), &mut values)?;
    let unclear = fill_in_commune(&mut values, "commune");
    let saved = here.edit(target, &values, now, rng)?;
    Ok(CheckedIn {
        saved,
        said_on,
        says_how,
        unclear,
    })
}

fn is_guest(here: &dyn Workplace, place: PlaceId) -> bool {
    let placed = here.tree().get(place);
    placed.is_some_and(|p| p.kind == PlaceKind::Placement)
}

/// Marks who came to the meeting of a day: all marks or none; an empty code takes a mark back. Whoever is no member here is
/// marked where their own branch reads it.
pub fn attend(
    here: &mut dyn Workplace,
    branch: PlaceId,
    day: Day,
    marks: &[(PlaceId, &'static str)],
    now: Timestamp,
    rng: &mut dyn RngCore,
) -> Result<EditOutcome, EditError> {
    let held_on = || ("held_on".to_owned(), Value::Text(day.to_string()));
    let mark = |code: &str| match code {
        "" => Value::Cleared,
        code => Value::Text(code.to_owned()),
    };
    let marks = marks.iter();
    let (guests, own): (Vec<_>, Vec<_>) = marks.partition(|(place, _)| is_guest(here, *place));
    let own = own.iter().map(|(place, code)| {
        let path = format!("attendance/{place}");
        (path, mark(code))
    });
    let values: Values = std::iter::once(held_on()).chain(own).collect();
    let target = Target::at(branch, &MEETING, day.to_string().as_bytes());
    let mut edits = vec![(target, values)];
    for (guest, code) in guests {
        let target = Target::at(guest, &ATTENDANCE, day.to_string().as_bytes());
        let mark = (MARK.to_owned(), mark(code));
        edits.push((target, Values::from([held_on(), mark])));
    }
    // All marks or none; of the meeting itself is told.
    let mut outcomes = here.edit_many(&[], &edits, now, rng)?.into_iter();
    outcomes.next().ok_or(EditError::NotAllowed)
}

/// The marks of the meeting of a day, of members and of who takes part for a time: what [`attend`] has written.
pub fn marks(
    here: &dyn Workplace,
    branch: PlaceId,
    day: Day,
) -> Result<Vec<(PlaceId, String)>, StoreError> {
    let key = day.to_string();
    let values = |place: PlaceId, kind: &'static Kind| {
        let shown = here.values(Target::at(place, kind, key.as_bytes()).doc)?;
        Ok::<_, StoreError>(shown.map(|(_, values)| values).unwrap_or_default())
    };
    let mut marks = Vec::new();
    for (path, value) in values(branch, &MEETING)? {
        let of = path.strip_prefix("attendance/");
        if let (Some(Ok(place)), Value::Text(code)) = (of.map(str::parse), value) {
            marks.push((place, code));
        }
    }
    let tree = here.tree().iter();
    let guests = tree.filter(|(_, p)| p.kind == PlaceKind::Placement);
    for (guest, _) in guests {
        if let Some(Value::Text(code)) = values(guest, &ATTENDANCE)?.remove(MARK) {
            marks.push((guest, code));
        }
    }
    Ok(marks)
}

/// Makes a place for a new member below a branch, with their name; `None`: the name is empty.
pub fn add_member(
    here: &mut dyn Workplace,
    branch: PlaceId,
    name: &str,
    now: Timestamp,
    rng: &mut dyn RngCore,
) -> Result<Option<PlaceId>, EditError> {
    let name = text::clean_name(name);
    if name.is_empty() {
        return Ok(None);
    }
    let place = PlaceId::random(rng);
    let values = Values::from([("full_name".into(), Value::Text(name))]);
    let record = (Target::at(place, &MEMBER, b""), values);
    let member = (place, PlaceKind::Member, branch);
    here.edit_many(&[member], &[record], now, rng)?;
    Ok(Some(place))
}
