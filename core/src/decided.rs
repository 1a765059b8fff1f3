//! What is decided in a record that is otherwise edited: a discipline that was taken over from paper, a status and its
//! dates, a name once somebody is a member.
//!
//! Nobody records or approves a decision about themself. A decision is a document of its own, which the authorisation
//! looks at as a whole ([`Kind::formal`]); what stands in the record is marked field by field ([`Decided`]). Somebody
//! else writes it: the deputy, or the office. What is not decided everybody goes on writing about themself, and a
//! first record of a name alone as well.
//!
//! Asked at the edit, where writing down once more what stands is no decision, and at the node's door, where every path
//! counts that a change writes: there a value that seems to change nothing may settle which of two versions stands.
//! What is filled is looked up in what the node has, and not in what the author says to have seen.
//!
//! Does not know: roles. Whoever writes the kind may write what is decided about others.

use crate::document::{self, Containers, Value, Values};
use crate::door::{Admitted, Refusal};
use crate::id::{PersonId, PlaceId};
use crate::kind::{Decided, Kind};
use automerge::{Automerge, ChangeHash, ReadDoc};

/// Whether what stands at a path is decided, given what stands in the document.
pub fn is_decided(kind: &Kind, before: &Values, path: &str) -> bool {
    let name = path.split('/').next().unwrap_or(path);
    let is_filled = |value: Option<&Value>| value.is_some_and(|v| !v.shown().trim().is_empty());
    match kind.field(name).map(|field| field.decided) {
        Some(Decided::Always) => true,
        Some(Decided::Once(filled)) => is_filled(before.get(filled)) && is_filled(before.get(path)),
        Some(Decided::Never) | None => false,
    }
}

/// Whether a kind has fields that are decided.
fn has_some(kind: &Kind) -> bool {
    kind.fields.iter().any(|f| f.decided != Decided::Never)
}

/// Whether edits of a document write something that is decided and does not stand there already.
pub(crate) fn edits(kind: &Kind, base: &Automerge, edits: &Values) -> bool {
    if !has_some(kind) {
        return false;
    }
    let before = document::values(base, None);
    let mut decided = edits
        .iter()
        .filter(|(path, _)| is_decided(kind, &before, path))
        .peekable();
    if decided.peek().is_none() {
        return false;
    }
    let open = document::conflicts(base);
    decided.any(|(path, value)| {
        let stands = before.get(path).unwrap_or(&Value::Cleared);
        stands != value || open.iter().any(|conflict| conflict.path == *path)
    })
}

/// Whether a change that was let through the door writes nothing that is decided about its own author.
///
/// # Errors
/// [`Refusal::AboutThemself`].
pub(crate) fn let_in(
    kind: &Kind,
    place: PlaceId,
    author: PersonId,
    base: &Automerge,
    admitted: &Admitted,
) -> Result<(), Refusal> {
    if place.0 != author.0 || !has_some(kind) {
        return Ok(());
    }
    let hash = ChangeHash(admitted.inspected.hash);
    let change = admitted.document.get_change_by_hash(&hash);
    let paths = change.map(|change| document::paths_of(&change, &Containers::of(base)));
    let before = document::values(base, None);
    let mut paths = paths.iter().flatten();
    match paths.any(|path| is_decided(kind, &before, path)) {
        true => Err(Refusal::AboutThemself),
        false => Ok(()),
    }
}
