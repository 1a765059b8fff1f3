//! What a person types into a field, made into the value that a document holds.
//!
//! The description of the kind decides ([`crate::kind::FieldType`]): dates may be partial, codes are
//! found by code, label or spelling, names are cleaned. What does not fit is refused with what is
//! allowed. An empty text clears the field.

use crate::date::PartialDate;
use crate::document::Value;
use crate::kind::{Code, FieldType, Kind};
use crate::text;

/// Why a text does not fit its field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldError {
    /// The kind has no such field.
    #[error("{kind} has no field {path}")]
    NoSuchField {
        /// The kind's name.
        kind: &'static str,
        /// The path.
        path: String,
    },
    /// The text is none of the list's values.
    #[error("{path}: {found} is none of: {}", allowed.join(", "))]
    NotInList {
        /// The path.
        path: String,
        /// What was typed.
        found: String,
        /// The codes that are allowed.
        allowed: Vec<&'static str>,
    },
    /// The text is no date, month or year.
    #[error("{path}: {found} is no date; write 03/02/1930, 02/1930 or 1930")]
    NoDate {
        /// The path.
        path: String,
        /// What was typed.
        found: String,
    },
    /// The text is no whole number.
    #[error("{path}: {found} is no whole number")]
    NoNumber {
        /// The path.
        path: String,
        /// What was typed.
        found: String,
    },
}

/// The code of a list that a person means.
pub fn code(list: &'static [Code], typed: &str) -> Option<&'static str> {
    let folded = text::fold_words(typed);
    list.iter()
        .find(|c| {
            c.code == typed.trim()
                || text::fold_words(c.label.vi) == folded
                || text::fold_words(c.label.en) == folded
                || c.spellings.contains(&folded.as_str())
        })
        .map(|c| c.code)
}

/// The group to which the words of a line belong: the first of the list of which a spelling or the label stands in the line
/// as whole words; the last, if none does and it is for all others. `None`: the line is empty, or in no group.
pub fn group(groups: &'static [Code], line: &str) -> Option<&'static Code> {
    let words = format!(" {} ", text::fold_words(line));
    if words.trim().is_empty() {
        return None;
    }
    let stands = |spelling: &str| words.contains(&format!(" {spelling} "));
    let is_it =
        |c: &&Code| c.spellings.iter().any(|s| stands(s)) || stands(&text::fold_words(c.label.vi));
    let rest = groups.last().filter(|c| c.code == "other");
    groups.iter().find(is_it).or(rest)
}

/// The value that a text means in a field.
pub fn parse(kind: &'static Kind, path: &str, typed: &str) -> Result<Value, FieldError> {
    let unknown = || FieldError::NoSuchField {
        kind: kind.name,
        path: path.to_owned(),
    };
    let name = path.split('/').next().unwrap_or(path);
    let field = kind.field(name).ok_or_else(unknown)?;
    let field_type = match field.kind {
        FieldType::Entries(fields) => {
            let last = path.rsplit('/').next().unwrap_or(path);
            fields
                .iter()
                .find(|f| f.name == last)
                .ok_or_else(unknown)?
                .kind
        }
        FieldType::Marks(list) => FieldType::Code(list),
        other => other,
    };
    if typed.trim().is_empty() {
        return Ok(Value::Cleared);
    }
    let found = || typed.trim().to_owned();
    let path = path.to_owned();
    Ok(match field_type {
        FieldType::Name => Value::Text(text::clean_name(typed)),
        FieldType::Line => Value::Text(text::clean_line(typed)),
        FieldType::Prose => Value::Text(text::nfc(typed)),
        FieldType::Date => match PartialDate::parse(typed.trim()) {
            Ok(date) => Value::Text(date.to_string()),
            Err(_) => {
                return Err(FieldError::NoDate {
                    path,
                    found: found(),
                });
            }
        },
        FieldType::Code(list) => match code(list, typed) {
            Some(code) => Value::Text(code.to_owned()),
            None => {
                return Err(FieldError::NotInList {
                    path,
                    found: found(),
                    allowed: list.iter().map(|c| c.code).collect(),
                });
            }
        },
        FieldType::Count => match typed.trim().parse() {
            Ok(n) => Value::Count(n),
            Err(_) => {
                return Err(FieldError::NoNumber {
                    path,
                    found: found(),
                });
            }
        },
        FieldType::YesNo => match text::fold_words(typed).as_str() {
            "yes" | "co" | "1" | "x" => Value::YesNo(true),
            "no" | "khong" | "0" => Value::YesNo(false),
            _ => {
                return Err(FieldError::NotInList {
                    path,
                    found: found(),
                    allowed: vec!["yes", "no"],
                });
            }
        },
        FieldType::Marks(_) | FieldType::Entries(_) => return Err(unknown()),
    })
}

/// What people read of a stored value: codes by their label, dates as they are written.
pub fn shown(kind: &'static Kind, path: &str, value: &Value, vietnamese: bool) -> String {
    let name = path.split('/').next().unwrap_or(path);
    let last = path.rsplit('/').next().unwrap_or(path);
    let field_type = kind.field(name).map(|f| match f.kind {
        FieldType::Entries(fields) => fields
            .iter()
            .find(|f| f.name == last)
            .map_or(FieldType::Line, |f| f.kind),
        FieldType::Marks(list) => FieldType::Code(list),
        other => other,
    });
    match (field_type, value) {
        (Some(FieldType::Code(list)), Value::Text(code)) => list
            .iter()
            .find(|c| c.code == code)
            .map_or(code.clone(), |c| {
                if vietnamese { c.label.vi } else { c.label.en }.to_owned()
            }),
        (Some(FieldType::Date), Value::Text(date)) => {
            PartialDate::parse(date).map_or(date.clone(), |d| d.shown())
        }
        (_, Value::YesNo(b)) if !vietnamese => if *b { "yes" } else { "no" }.to_owned(),
        (_, other) => other.shown(),
    }
}
