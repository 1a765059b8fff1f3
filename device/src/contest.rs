//! What a person says against a sentence that is recorded about them (*ý kiến về nội dung đã ghi*), and the answer, as a
//! phone takes it down. The sentence is repeated as it stands, where whoever reads the contest reads the record as well; an accepted contest corrects the record along with its
//! answer, where such a record is changed at all.
//!
//! Does not know: words, the clock.

use crate::handset::Handset;
use crate::record::{self, RecordError};
use chibo_core::author::{Doing, EditError, EditOutcome, Target};
use chibo_core::date::Day;
use chibo_core::document::{Value, Values};
use chibo_core::domain::contest::{self, ANSWER, CONTEST, Contested, RAISE};
use chibo_core::elsewhere;
use chibo_core::field::{self, FieldError};
use chibo_core::id::{DocId, PlaceId, random16};
use chibo_core::store::{Store, StoreError};
use chibo_core::text::clean_line;
use chibo_core::time::Timestamp;
use rand_core::RngCore;

/// Why nothing was taken down.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContestError {
    /// There is no such record or contest here, or nothing is recorded in the field.
    #[error("not here")]
    Unknown,
    /// The person's own words, or the reason of the answer, are missing.
    #[error("words are needed")]
    NoWords,
    /// A field does not take what was said.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The act was not taken.
    #[error(transparent)]
    Edit(#[from] EditError),
}

impl From<StoreError> for ContestError {
    fn from(e: StoreError) -> Self {
        ContestError::Edit(e.into())
    }
}

impl From<RecordError> for ContestError {
    fn from(e: RecordError) -> Self {
        match e {
            RecordError::Edit(e) => e.into(),
            RecordError::Store(e) => e.into(),
            _ => ContestError::Unknown,
        }
    }
}

/// What a person says.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a> {
    /// The record.
    pub record: DocId,
    /// The path of the field in it.
    pub path: &'a str,
    /// Their own words.
    pub words: &'a str,
    /// Whose words they are, if somebody else types them (*ghi hộ*).
    pub said_by: Option<&'a str>,
    /// How they were said then: a code, as in a check-in.
    pub how: Option<&'a str>,
}

/// The fields of an act, said on a day.
fn said(pairs: &[(&str, Option<String>)], today: Day) -> Result<Values, FieldError> {
    let on = [("on", Some(today.to_string()))];
    let mut values = Values::new();
    for (name, value) in pairs.iter().chain(&on) {
        if let Some(text) = value {
            let value = field::parse(&CONTEST, &format!("acts/x/{name}"), text)?;
            values.insert((*name).to_owned(), value);
        }
    }
    Ok(values)
}

/// Takes down what a person says against a sentence about them.
pub fn raise(
    handset: &mut Handset,
    person: PlaceId,
    words: Words,
    (now, today): (Timestamp, Day),
    rng: &mut dyn RngCore,
) -> Result<(Target, EditOutcome), ContestError> {
    let (place, target) = record::find(handset, words.record)?;
    let (tree, store) = (handset.phone.tree(), handset.phone.store());
    let values = match tree.is_within(place, person) {
        true => (handset.phone.values(words.record)?).map(|(_, values)| values),
        // Of a unit's record what it says of them.
        false => Some(store.read(|tx| elsewhere::said_of(tx, tree, person, words.record))?),
    };
    let values = values.unwrap_or_default();
    let path = words.path.trim();
    let stands = values.get(path).filter(|v| **v != Value::Cleared);
    let sentence = field::shown(
        target.kind,
        path,
        stands.ok_or(ContestError::Unknown)?,
        true,
    );
    let own_words = clean_line(words.words);
    if own_words.is_empty() {
        return Err(ContestError::NoWords);
    }
    let values = said(
        &[
            ("record", Some(words.record.to_string())),
            ("path", Some(clean_line(path))),
            ("sentence", Some(clean_line(&sentence))),
            ("words", Some(own_words)),
            ("said_by", words.said_by.map(clean_line)),
            ("how", words.how.map(str::to_owned)),
        ],
        today,
    )?;
    let target = Target::at(person, contest::kind_for(target.kind), &random16(rng));
    let doing = Doing {
        act: RAISE,
        about: None,
        said: &values,
    };
    let outcome = handset.phone.act(target, doing, now, rng)?;
    handset.note_mark()?;
    Ok((target, outcome))
}

/// Answers a contest: accepted, with what stands from now on if it is said, or refused; with the reason.
pub fn answer(
    handset: &mut Handset,
    doc: DocId,
    accepted: bool,
    note: &str,
    correction: Option<&str>,
    (now, today): (Timestamp, Day),
    rng: &mut dyn RngCore,
) -> Result<(Target, EditOutcome), ContestError> {
    let (_, target) = record::find(handset, doc)?;
    let there = handset.phone.values(doc)?;
    let values = there.map(|(_, values)| values).unwrap_or_default();
    let raised = Contested::of(&values).filter(|_| contest::is_contest(target.kind));
    raised.ok_or(ContestError::Unknown)?;
    let note = clean_line(note);
    if note.is_empty() {
        return Err(ContestError::NoWords);
    }
    let correction = correction.filter(|_| accepted);
    let outcome = match accepted {
        true => "accepted",
        false => "refused",
    };
    let values = said(
        &[
            ("outcome", Some(outcome.to_owned())),
            ("note", Some(note)),
            ("correction", correction.map(clean_line)),
        ],
        today,
    )?;
    let doing = Doing {
        act: ANSWER,
        about: None,
        said: &values,
    };
    let outcome = handset.phone.act(target, doing, now, rng)?;
    handset.note_mark()?;
    Ok((target, outcome))
}
