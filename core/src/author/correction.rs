//! The correction that comes with the answer to a contest ([`crate::domain::contest`]): where whoever answers "that is right, it is
//! mended" also writes the contested record, the field is mended in the same transaction, and the new value is kept as the
//! words of the person who said it. Where they do not write it, or nothing of that kind is ever changed, the answer stands
//! alone and says what is right.

use super::{Author, Doing, EditError, Target, earlier, edit};
use crate::access;
use crate::document::{Value, Values};
use crate::domain::contest::{ANSWER, Contested, is_contest, said};
use crate::elsewhere;
use crate::field;
use crate::id::{DocId, PlaceId};
use crate::kind::Kind;
use crate::records;
use crate::replica;
use crate::store::Tx;
use crate::time::Timestamp;
use crate::tree::Tree;
use crate::whose::{self, Told};
use rand_core::RngCore;

/// Mends what an answer says is mended. `before`: the contest as it was.
pub(super) fn follows(
    tx: &mut dyn Tx,
    tree: &Tree,
    author: &Author,
    (kind, place): (&Kind, PlaceId),
    (doing, before): (Doing, &Values),
    now: Timestamp,
    rng: &mut dyn RngCore,
) -> Result<(), EditError> {
    let says = |name: &str| match doing.said.get(name) {
        Some(Value::Text(text)) => text.as_str(),
        _ => "",
    };
    let correction = says("correction");
    if !is_contest(kind)
        || doing.act != ANSWER
        || says("outcome") != "accepted"
        || correction.is_empty()
    {
        return Ok(());
    }
    let Some(contested) = Contested::of(before) else {
        return Ok(());
    };
    let raised = &contested.raised;
    let Ok(doc) = said(raised, "record").parse::<DocId>() else {
        return Ok(());
    };
    let Some((scope, kind)) = replica::kind_of(tx, doc)? else {
        return Ok(());
    };
    // What is somebody else's is not mended on this person's word.
    if !elsewhere::concerns(tx, tree, place, (doc, scope))? {
        return Ok(());
    }
    let target = Target { scope, kind, doc };
    if target.kind.append_only || !access::writes(author.role, target.kind) {
        return Ok(());
    }
    let path = said(raised, "path");
    let value = field::parse(target.kind, path, correction)?;
    let mut edits = Values::from([(path.to_owned(), value)]);
    let told = Told {
        said_by: said(raised, "said_by").to_owned(),
        how: said(raised, "how").to_owned(),
    };
    whose::add(target.kind, &mut edits, &told);
    edit(tx, tree, author, target, &edits, now, rng)?;
    // Why a name or a date of birth was replaced is what was answered.
    let draft = records::draft(tx, doc)?.map(|draft| draft.values);
    let why = earlier::reasons(target.kind, &draft.unwrap_or_default(), path, says("note"));
    if !why.is_empty() {
        edit(tx, tree, author, target, &why, now, rng)?;
    }
    Ok(())
}
