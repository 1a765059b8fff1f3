//! What stood in a field before it is written over, where its kind keeps that ([`Earlier`]).
//!
//! A status (*tình trạng*) that is typed into a member's record ends the one before it, and lists of a day in between need
//! that one. So the edit that writes another value also keeps the old one with its day, in the same change; a draft that is
//! taken back, or that comes back to the old value, keeps nothing. The day belongs to the value that it stands beside:
//! another value without a day does not inherit it.
//!
//! An entry's id is its number and the hash of what it says. Two devices that write over the same value keep the same
//! entry; two that wrote over different ones keep both, and nobody is asked.
//!
//! What somebody replaces in a name or a date of birth is kept the same way ([`Beside::Once`]): it changes by decision, so
//! whoever mends it is asked why, for as long as nobody has said it.
//!
//! Does not know: what the values mean.

use crate::caution::{self, Watch};
use crate::document::{self, Value, Values};
use crate::id::{Hasher, hex};
use crate::kind::{Beside, Earlier, Field, FieldType, Kind, SINCE};
use crate::text;
use automerge::Automerge;
use std::collections::BTreeSet;

/// Adds to the values of a draft what its edits end. `base`: the document without the draft.
pub(super) fn keep(kind: &Kind, base: &Automerge, edits: &Values, values: &mut Values) {
    for field in kind.fields {
        let Some(earlier) = field.earlier else {
            continue;
        };
        if !edits.contains_key(field.name) {
            continue;
        }
        let before = document::values(base, None);
        let Some(old @ Value::Text(code)) = before.get(field.name) else {
            continue;
        };
        let said = |name| match before.get(name) {
            Some(Value::Text(text)) => text.as_str(),
            _ => "",
        };
        let day = match earlier.beside {
            Beside::Since(day) => Some(day),
            Beside::Once(filled) if said(filled).is_empty() => continue,
            Beside::Once(_) => None,
        };
        let since = day.map_or("", said);
        // Who chooses between two versions ends neither: one of them never stood. Nor does who empties the field.
        let is_chosen = (document::conflicts(base).iter()).any(|c| c.path == field.name);
        let new = values.get(field.name).cloned();
        let is_back = new.as_ref() == Some(old);
        let is_other = match &new {
            Some(Value::Text(new)) => day.is_some() || !is_same(field, code, new),
            _ => day.is_none(),
        };
        let is_ended = is_other && !is_back && !is_chosen;
        let hasher = Hasher::new("chibo/earlier/1")
            .part(code.as_bytes())
            .part(since.as_bytes());
        // Several fields may keep theirs in one list.
        let hash = match day {
            Some(_) => hasher.hash(),
            None => hasher.part(field.name.as_bytes()).hash(),
        };
        let hash = hex(&hash.0[..4]);
        // What an edit of before kept in this draft is worked out anew.
        let is_ours = |path: &str| {
            let id = id_of(earlier, path);
            id.is_some_and(|id| id.len() > hash.len() && id.ends_with(&hash))
        };
        values.retain(|path, _| before.contains_key(path) || !is_ours(path));
        if is_ended {
            let all = before.keys().chain(values.keys());
            let ids: BTreeSet<&str> = all.filter_map(|path| id_of(earlier, path)).collect();
            let entry = format!("{}/{:04}{hash}", earlier.entries, ids.len() + 1);
            for (cell, text) in [(field.name, code.as_str()), (SINCE, since)] {
                if !text.is_empty() {
                    values.insert(format!("{entry}/{cell}"), Value::Text(text.to_owned()));
                }
            }
        }
        let Some(day) = day else { continue };
        if is_ended && !since.is_empty() {
            let day = values.entry(day.to_owned());
            day.or_insert(Value::Cleared);
        } else if is_back && !edits.contains_key(day) {
            // The draft was back at the old value: its day stands again.
            values.retain(|path, said| path != day || *said != Value::Cleared);
        }
    }
}

/// Whether two texts of a field say the same: a name in other letters, or a date of which more is known now.
fn is_same(field: &Field, old: &str, new: &str) -> bool {
    let is_more = field.kind == FieldType::Date && new.starts_with(&format!("{old}-"));
    is_more || text::spelling(old) == text::spelling(new)
}

/// The edits that say why a field was replaced in a draft.
pub(super) fn reasons(kind: &Kind, draft: &Values, field: &str, why: &str) -> Values {
    let mut edits = Values::new();
    for watch in kind.watches {
        let Watch::Replaced {
            entries, why: cell, ..
        } = watch
        else {
            continue;
        };
        let of = caution::replaced(draft, entries, cell).filter(|(_, of, _)| *of == field);
        edits.extend(of.map(|(entry, ..)| {
            let why = Value::Text(why.to_owned());
            (format!("{entry}/{cell}"), why)
        }));
    }
    edits
}

/// The id of the entry of earlier values that a path is of.
fn id_of(earlier: Earlier, path: &str) -> Option<&str> {
    let (field, rest) = path.split_once('/')?;
    (field == earlier.entries).then(|| rest.split('/').next())?
}
