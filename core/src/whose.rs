//! Whose words a value is, and how they came.
//!
//! Every statement has three sides: who said it, by what way it came, and who typed it. Who typed it is under the
//! signature of the change. The other two are recorded where they differ from it (*ghi hộ*): a secretary types what a
//! member's wife said on the telephone. Kinds that are statements as a whole (an address, a check-in) and acts of cases
//! have cells of their own for that, [`SAID_BY`] and [`HOW`]; a record of many fields keeps it in [`WORDS`], one entry for
//! each value that somebody said. Where nothing is recorded the words are those of who typed them.
//!
//! An entry's id is the hash of all that it says with the path and the value, so it stands with that value only: when
//! somebody else changes the field, the old words say nothing about the new value; two who heard the same from
//! different people leave two entries and no conflict.
//!
//! Does not know: who typed it ([`crate::own_data`]), labels in the languages of a screen.

use crate::document::{Value, Values};
use crate::domain::check_in::CHECK_IN_WAYS;
use crate::field::{self, FieldError};
use crate::id::{Hasher, hex};
use crate::kind::{Decided, Field, FieldType, Kind, Label, Needed};
use crate::text;
use std::collections::{BTreeMap, BTreeSet};

/// The cell or field with whose words a statement is: a name, or who that is to the member (`vợ ở nhà`).
pub const SAID_BY: &str = "said_by";

/// The cell or field with the way by which the words came: a code of [`CHECK_IN_WAYS`].
pub const HOW: &str = "how";

/// The field in which a kind of many fields keeps whose words its values are. No form shows it as a field of its own.
pub const WORDS: &str = "words";

static CELLS: [Field; 2] = [
    cell(SAID_BY, "Theo lời", "As told by", FieldType::Line),
    cell(
        HOW,
        "Báo bằng cách nào",
        "How it came",
        FieldType::Code(&CHECK_IN_WAYS),
    ),
];

const fn cell(name: &'static str, vi: &'static str, en: &'static str, kind: FieldType) -> Field {
    Field {
        name,
        label: Label { vi, en },
        kind,
        needed: Needed::No,
        headers: &[],
        counted: false,
        groups: &[],
        named: None,
        earlier: None,
        decided: Decided::Never,
    }
}

/// The field [`WORDS`] of a kind.
pub(crate) const fn words() -> Field {
    cell(
        WORDS,
        "Theo lời ai",
        "Whose words",
        FieldType::Entries(&CELLS),
    )
}

/// Whose words something is, as far as it is recorded.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    /// Who said it; empty: whoever typed it.
    pub said_by: String,
    /// By what way it came: a code of [`CHECK_IN_WAYS`]; empty: not recorded.
    pub how: String,
}

impl Told {
    /// Whose words people typed, cleaned as the fields are. `how` is a code, or how people call it.
    ///
    /// # Errors
    /// [`FieldError::NotInList`] if there is no such way.
    pub fn typed(said_by: &str, how: &str) -> Result<Told, FieldError> {
        let said_by = text::clean_line(said_by);
        if how.trim().is_empty() {
            let how = String::new();
            return Ok(Told { said_by, how });
        }
        match field::code(&CHECK_IN_WAYS, how) {
            Some(code) => Ok(Told {
                said_by,
                how: code.into(),
            }),
            None => Err(FieldError::NotInList {
                path: HOW.into(),
                found: how.trim().into(),
                allowed: CHECK_IN_WAYS.iter().map(|c| c.code).collect(),
            }),
        }
    }

    /// Whether nothing is recorded.
    pub fn is_empty(&self) -> bool {
        self.said_by.is_empty() && self.how.is_empty()
    }

    /// The way as people read it, if it is a known one.
    pub fn way(&self) -> Option<Label> {
        let way = CHECK_IN_WAYS.iter().find(|c| c.code == self.how);
        way.map(|c| c.label)
    }

    fn entry(&self, path: &str, value: &Value) -> String {
        let mut w = crate::codec::Writer::new();
        value.write(&mut w);
        let hash = Hasher::new("chibo/words/1")
            .part(path.as_bytes())
            .part(w.as_slice())
            .part(self.said_by.as_bytes())
            .part(self.how.as_bytes())
            .hash();
        hex(&hash.0[..16])
    }
}

/// Adds to edits of a document whose words they are, where the kind keeps that in [`WORDS`]. What is cleared is said by
/// nobody.
pub fn add(kind: &Kind, edits: &mut Values, told: &Told) {
    if told.is_empty() || kind.field(WORDS).is_none() {
        return;
    }
    let said: Vec<String> = (edits.iter())
        .filter(|(path, value)| **value != Value::Cleared && !is_words(path))
        .map(|(path, value)| told.entry(path, value))
        .collect();
    for entry in said {
        for (name, text) in [(SAID_BY, &told.said_by), (HOW, &told.how)] {
            if !text.is_empty() {
                edits.insert(format!("{WORDS}/{entry}/{name}"), Value::Text(text.clone()));
            }
        }
    }
}

/// Whether a path is of [`WORDS`].
pub fn is_words(path: &str) -> bool {
    path.split('/').next() == Some(WORDS)
}

/// Whose words the values of a document are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// Of the document as a whole: under no name.
    own: BTreeMap<String, Told>,
    by_entry: BTreeMap<String, Told>,
}

impl Words {
    /// Reads them from a document's values.
    pub fn of(values: &Values) -> Words {
        let mut words = Words::default();
        for (path, value) in values {
            let Value::Text(text) = value else { continue };
            let (of, name) = path.rsplit_once('/').unwrap_or(("", path.as_str()));
            let told = match of.strip_prefix("words/") {
                Some(entry) => words.by_entry.entry(entry.to_owned()),
                None if name == SAID_BY || name == HOW => words.own.entry(of.to_owned()),
                None => continue,
            };
            let told = told.or_default();
            match name {
                SAID_BY => told.said_by.clone_from(text),
                HOW => told.how.clone_from(text),
                _ => {}
            }
        }
        words
    }

    /// Whose words the value of a path is: every one that said it; none where it is who typed it.
    pub fn about(&self, path: &str, value: &Value) -> Vec<Told> {
        let (of, name) = path.rsplit_once('/').unwrap_or(("", path));
        // That somebody said it is said by who typed it.
        if name == SAID_BY || name == HOW {
            return Vec::new();
        }
        // The same few people say most of a record: each is asked once, whatever they said.
        let people: BTreeSet<&Told> = self.by_entry.values().collect();
        let said = |told: &&Told| self.by_entry.get(&told.entry(path, value)) == Some(*told);
        let mut told: Vec<Told> = people.into_iter().filter(said).cloned().collect();
        // A statement as a whole, and an act of a case: everything in it is one person's words.
        told.extend(self.own.get(of).cloned());
        told.sort_unstable();
        told
    }
}
