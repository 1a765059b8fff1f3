//! A letter of introduction for a unit that the same node keeps: the receiving unit hears of it in the same
//! transaction as it is issued, by a case of its own ([`TRANSFER_IN`]) with the clock; and when the letter is taken
//! back as recorded by mistake, before anybody came with it, so is that.

use super::{Author, Doing, EditError, Target, act, base};
use crate::case::{self, Done};
use crate::document::{self, Value, Values};
use crate::domain::decision::DECISION;
use crate::domain::member::MEMBER;
use crate::domain::transfer::TRANSFER;
use crate::domain::transfer_in::TRANSFER_IN;
use crate::domain::unit::UNIT;
use crate::id::{DocId, PlaceId};
use crate::records;
use crate::register;
use crate::replica::{self, Overlay};
use crate::store::{StoreError, Tx};
use crate::time::Timestamp;
use crate::tree::Tree;
use rand_core::RngCore;

/// The act of a transfer that issues its letter.
const INTRODUCE: &str = "introduce";

/// The receiving unit's case of a letter.
fn case_of(letter: DocId, unit: PlaceId) -> Target {
    Target::at(unit, &TRANSFER_IN, &letter.0)
}

/// The unit that a letter is for, if it names one of the same node.
fn unit_of(said: &Values) -> Result<Option<PlaceId>, EditError> {
    match said.get("to_unit") {
        Some(Value::Text(id)) => id.parse().map(Some).map_err(|_| EditError::UnknownPlace),
        _ => Ok(None),
    }
}

/// Does at the receiving unit what follows from an act of the sender's case. `before`: the case as it was.
pub(super) fn pass_on(
    tx: &mut dyn Tx,
    tree: &Tree,
    author: &Author,
    (target, place): (Target, PlaceId),
    (doing, before): (Doing, &Values),
    now: Timestamp,
    rng: &mut dyn RngCore,
) -> Result<(), EditError> {
    if target.kind.number != TRANSFER.number {
        return Ok(());
    }
    let story = case::story(&TRANSFER, before);
    match doing.act {
        INTRODUCE => {
            let Some(unit) = unit_of(doing.said)? else {
                return Ok(());
            };
            let said = announced(tx, tree, place, story.last("open"), doing.said)?;
            let there = case_of(target.doc, unit);
            let expect = Doing {
                act: "expect",
                about: None,
                said: &said,
            };
            let subject = Values::from_iter(
                (said.get("full_name")).map(|name| ("subject".to_owned(), name.clone())),
            );
            act(tx, tree, author, there, expect, now, rng)?;
            // One that was taken back and comes again has its name already.
            if !values(tx, there)?.contains_key("subject") {
                super::edit(tx, tree, author, there, &subject, now, rng)?;
            }
            Ok(())
        }
        case::CANCEL => {
            let last = story.that_count().next_back();
            let Some(letter) = last.filter(|d| d.act == INTRODUCE) else {
                return Ok(());
            };
            let Some(unit) = unit_of(&letter.said)? else {
                return Ok(());
            };
            let there = case_of(target.doc, unit);
            let story = case::story(&TRANSFER_IN, &values(tx, there)?);
            // Once somebody came with it, what to do about it is the receiver's to say.
            let last = story.that_count().next_back();
            let Some(expected) = last.filter(|d| d.act == "expect" && story.at_once.is_empty())
            else {
                return Ok(());
            };
            let about = expected.id.clone();
            let cancel = Doing {
                act: case::CANCEL,
                about: Some(&about),
                said: doing.said,
            };
            act(tx, tree, author, there, cancel, now, rng).map(drop)
        }
        _ => Ok(()),
    }
}

/// A document's values with this author's own draft over them.
fn values(tx: &dyn Tx, target: Target) -> Result<Values, StoreError> {
    let mut values = document::values(&base(tx, target)?, None);
    values.extend(
        records::draft(tx, target.doc)?
            .map(|d| d.values)
            .unwrap_or_default(),
    );
    Ok(values)
}

/// What the receiving unit is told: what stands in the letter, and nothing else about the member.
fn announced(
    tx: &dyn Tx,
    tree: &Tree,
    member: PlaceId,
    opened: Option<&Done>,
    letter: &Values,
) -> Result<Values, EditError> {
    let overlay = Overlay::of(tx)?;
    let first = |place, kind| -> Result<Values, StoreError> {
        let mut all = replica::documents(tx, place, kind, &overlay)?;
        Ok(all.pop().map(|(_, values)| values).unwrap_or_default())
    };
    let record = first(member, &MEMBER)?;
    let decisions = replica::documents(tx, member, &DECISION, &overlay)?;
    let on = register::date(letter, "on").and_then(register::first_day);
    let name = on.and_then(|on| register::field("full_name", &record, &decisions, on));
    let mut said = Values::new();
    let mut put = |name: &str, value: Option<Value>| {
        said.extend(value.map(|v| (name.to_owned(), v)));
    };
    put("full_name", name.map(|n| Value::Text(n.value)));
    put("letter_on", letter.get("on").cloned());
    put("form", opened.and_then(|d| d.said.get("form")).cloned());
    for same in [
        "on",
        "number",
        "body",
        "signatory",
        "dues_paid_through",
        "until",
    ] {
        put(same, letter.get(same).cloned());
    }
    let from = tree.get(member).and_then(|p| p.parent);
    if let Some(from) = from {
        put("origin", first(from, &UNIT)?.get("name").cloned());
    }
    Ok(said)
}
