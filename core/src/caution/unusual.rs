//! What is unusual in a record by a rule of the field, said to whoever writes it and never refused: a temporary stay that
//! lasts too long, a number that does not look like one, a dossier that nobody has checked.
//!
//! A kind says what is looked at ([`Watch`]); the numbers are [`crate::regulation`]'s, in force on the day of the fact,
//! with their source and whether anybody verified it. Where no row holds on that day, nothing is said.
//!
//! Does not know: storage, the clock (today is passed in), words.

use super::{Warning, Why};
use crate::case::{self, ACTS};
use crate::commune::Communes;
use crate::date::Day;
use crate::document::{Value, Values};
use crate::kind::Kind;
use crate::register::{date, first_day, last_day, text};
use crate::regulation::{Key, Regulations, Rule, Unit};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// Something that a kind looks at whenever somebody writes it. Paths are those of terms
/// ([`crate::deadline::DeadlineRule`]): `until`, `acts/grant/on`, `acts/*/until`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watch {
    /// How long something lasts.
    Lasts(Lasts),
    /// What a number looks like.
    Looks {
        /// The path.
        field: &'static str,
        /// How the row's numbers are meant.
        form: Form,
        /// The row: that of the day on which the number was given, where it is known, else of today.
        rule: Key,
        /// The paths with that day; the first that says one counts.
        on: &'static [&'static str],
        /// A path and its code with which alone this is looked at.
        only: Option<(&'static str, &'static str)>,
    },
    /// The code of a commune that is not on the official list ([`crate::commune`]).
    NoCommune {
        /// The field.
        field: &'static str,
        /// The row that says that it is a code of the list.
        rule: Key,
    },
    /// An act that was done while nobody has said yes to something, or has not said it at all.
    Unsaid {
        /// The act.
        act: &'static str,
        /// The field, of this act or of one before.
        field: &'static str,
        /// The row that says that it belongs there.
        rule: Key,
    },
    /// That somebody replaced a value of which the earlier ones are kept ([`crate::kind::Earlier`]), and has not said why.
    Replaced {
        /// The field with what was replaced.
        entries: &'static str,
        /// The cell with the reason.
        why: &'static str,
        /// The row that says that it asks for one.
        rule: Key,
    },
}

impl Watch {
    /// What a phone number looks like, in this field.
    pub const fn telephone(field: &'static str) -> Watch {
        Watch::Looks {
            field,
            form: Form::Telephone,
            rule: Key::PhoneForm,
            on: &[],
            only: None,
        }
    }
}

/// From which day to which day something lasts, and how long it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lasts {
    /// The paths with its first day; the first that says one counts.
    pub from: &'static [&'static str],
    /// The path with its last day, that day included.
    pub until: &'static str,
    /// The row.
    pub rule: Key,
    /// Whether it must be shorter than the row says; else it may be as long.
    pub is_below: bool,
    /// A path and its code with which alone this is looked at (`true`), or with which it is not (`false`).
    pub only: Option<(&'static str, &'static str, bool)>,
}

/// What a number looks like; the row says how many of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Digits: at least the first number, at most the last.
    Digits,
    /// So many digits, then letters: at least the second number, at most the third.
    DigitsAndLetters,
    /// A phone number: in the country's own way, from the first to the second number of digits, the 0 before it or +84 in its
    /// place; or that of another country, + and from the third to the fourth number of digits.
    Telephone,
}

impl Form {
    /// Whether a text has this form, by a row's numbers. Blanks, dots and dashes are for people (`25.100001`).
    fn fits(self, text: &str, numbers: &[u64]) -> bool {
        let is_for_people = |c: &char| c.is_whitespace() || matches!(c, '.' | '-');
        let text: String = text.chars().filter(|c| !is_for_people(c)).collect();
        let digits = text.chars().take_while(char::is_ascii_digit).count();
        let letters = text.chars().skip(digits);
        let are_letters = letters.clone().all(char::is_alphabetic);
        let (digits, letters) = (digits as u64, letters.count() as u64);
        match (self, numbers) {
            (Form::Digits, [least, .., most]) => letters == 0 && (*least..=*most).contains(&digits),
            (Form::Digits, [exactly]) => letters == 0 && digits == *exactly,
            (Form::DigitsAndLetters, [exactly, least, most]) => {
                digits == *exactly && are_letters && (*least..=*most).contains(&letters)
            }
            (Form::Telephone, [least, most, .., least_abroad, most_abroad]) => {
                is_telephone(&text, *least..=*most, *least_abroad..=*most_abroad)
            }
            // A row that means something else says nothing here.
            _ => true,
        }
    }
}

/// Whether a text is a phone number with so many digits, at home or after another country's code.
fn is_telephone(text: &str, at_home: RangeInclusive<u64>, abroad: RangeInclusive<u64>) -> bool {
    let digits = |text: &str| {
        let are_digits = text.chars().all(|c| c.is_ascii_digit());
        are_digits.then_some(text.len() as u64)
    };
    match (text.strip_prefix("+84"), text.strip_prefix('+')) {
        // Without the 0 that stands before it at home.
        (Some(rest), _) => {
            !rest.starts_with('0') && digits(rest).is_some_and(|n| at_home.contains(&(n + 1)))
        }
        (None, Some(rest)) => {
            !rest.starts_with('0') && digits(rest).is_some_and(|n| abroad.contains(&n))
        }
        (None, None) => text.starts_with('0') && digits(text).is_some_and(|n| at_home.contains(&n)),
    }
}

/// What is unusual in a document after these edits, as far as they have to do with it.
pub fn unusual(
    kind: &Kind,
    edits: &Values,
    after: &Values,
    regulations: &Regulations,
    today: Day,
) -> Vec<Warning> {
    let mut found = Vec::new();
    for watch in kind.watches {
        let of = match watch {
            Watch::Lasts(lasts) => too_long(kind, *lasts, edits, after, regulations),
            Watch::Looks {
                field,
                form,
                rule,
                on,
                only,
            } => is_touched(edits, field).and_then(|path| {
                let (typed, from) = number(kind, after, (field, *only), on)?;
                let rule = regulations.at(*rule, from.unwrap_or(today))?;
                (!form.fits(&typed, rule.amount.numbers())).then_some((path, rule))
            }),
            Watch::NoCommune { field, rule } => {
                let code = edits.get_key_value(*field);
                let typed = code.filter(|_| text(edits, field).is_some());
                let strange = typed.filter(|(_, code)| {
                    let code = code.shown();
                    Communes::official().by_code(code.trim()).is_none()
                });
                let path = strange.map(|(path, _)| path.clone());
                path.zip(regulations.at(*rule, today))
            }
            Watch::Unsaid { act, field, rule } => {
                let path = unsaid(kind, act, field, edits, after);
                path.zip(regulations.at(*rule, today))
            }
            Watch::Replaced { entries, why, rule } => {
                let rule = regulations.at(*rule, today);
                let fields: BTreeSet<&str> = replaced(after, entries, why)
                    .map(|(_, field, _)| field)
                    .filter(|field| edits.contains_key(*field))
                    .collect();
                found.extend(fields.into_iter().filter_map(|field| {
                    let why = Why::Rule(rule?.clone());
                    let path = field.to_owned();
                    Some(Warning { path, why })
                }));
                None
            }
        };
        found.extend(of.map(|(path, rule)| Warning {
            path,
            why: Why::Rule(rule.clone()),
        }));
    }
    found
}

/// What a document says where a number is looked at, and the day on which it was given, if it says one; `None`: nothing to
/// look at.
fn number(
    kind: &Kind,
    after: &Values,
    (field, only): (&str, Option<(&str, &str)>),
    on: &[&str],
) -> Option<(String, Option<Day>)> {
    let story = case::story(kind, after);
    let said = |path: &str| match case::said_at(kind, after, &story, path) {
        Some(Value::Text(text)) if !text.is_empty() => Some(text.clone()),
        _ => None,
    };
    if only.is_some_and(|(path, code)| said(path).as_deref() != Some(code)) {
        return None;
    }
    let day = |path: &&str| first_day(said(path)?.parse().ok()?);
    Some((said(field)?, on.iter().find_map(day)))
}

/// What was replaced in a document and has no reason: the entry's path, the field, and what stood in it.
pub fn replaced<'a>(
    values: &'a Values,
    entries: &'a str,
    why: &'a str,
) -> impl Iterator<Item = (&'a str, &'a str, &'a str)> {
    let from = format!("{entries}/");
    let of = values.range(from.clone()..);
    let of = of.take_while(move |(path, _)| path.starts_with(&from));
    of.filter_map(move |(path, value)| {
        let (entry, field) = path.rsplit_once('/')?;
        let Value::Text(stood) = value else {
            return None;
        };
        let is_open = field != why && text(values, &format!("{entry}/{why}")).is_none();
        is_open.then_some((entry, field, stood.as_str()))
    })
}

/// The entries of a list that hold on a day, by their ids.
pub fn entries<'a>(values: &'a Values, list: &str, to: &str, on: Day) -> BTreeSet<&'a str> {
    let of = |path: &&String| path.split('/').next() == Some(list);
    let paths = values
        .iter()
        .filter(|(path, v)| of(path) && **v != Value::Cleared);
    let mut ids: BTreeSet<&str> = paths
        .filter_map(|(path, _)| path.split('/').nth(1))
        .collect();
    ids.retain(|id| {
        let last = date(values, &format!("{list}/{id}/{to}")).and_then(last_day);
        last.is_none_or(|last| last >= on)
    });
    ids
}

/// Whether an edit writes what a path says.
fn is_touched(edits: &Values, path: &str) -> Option<String> {
    let last = path.rsplit('/').next();
    let mut of = edits.keys().filter(|p| p.rsplit('/').next() == last);
    of.find(|p| p.contains('/') == path.contains('/')).cloned()
}

fn too_long<'a>(
    kind: &Kind,
    lasts: Lasts,
    edits: &Values,
    after: &Values,
    regulations: &'a Regulations,
) -> Option<(String, &'a Rule)> {
    // In a case every act says its day: only who says the last day is told of it.
    let of_stay = lasts.from.iter().filter(|_| kind.case.is_none());
    let path = std::iter::once(&lasts.until)
        .chain(of_stay)
        .chain(lasts.only.iter().map(|(path, _, _)| path))
        .find_map(|path| is_touched(edits, path))?;
    let story = case::story(kind, after);
    let said = |path| case::said_at(kind, after, &story, path);
    let day = |path| match said(path) {
        Some(Value::Text(t)) => t.parse().ok(),
        _ => None,
    };
    if let Some((path, code, is_so)) = lasts.only
        && matches!(said(path), Some(Value::Text(t)) if t == code) != is_so
    {
        return None;
    }
    let from = lasts.from.iter().find_map(|path| first_day(day(path)?))?;
    let last = last_day(day(lasts.until)?)?;
    let rule = regulations.at(lasts.rule, from)?;
    let count = u32::try_from(rule.amount.number()).ok()?;
    // The first day on which it has lasted as long as the row says.
    let full = match rule.amount.unit() {
        Unit::Months => from.plus_months(count),
        Unit::Years => from.plus_months(count.checked_mul(12)?),
        Unit::Days => from.plus_days(i32::try_from(count).ok()?),
        _ => None,
    }?;
    let after_last = last.plus_days(1)?;
    let fits = after_last < full || (!lasts.is_below && after_last == full);
    (!fits).then_some((path, rule))
}

/// The path of the act that was done while this was not said.
fn unsaid(kind: &Kind, act: &str, field: &str, edits: &Values, after: &Values) -> Option<String> {
    let did = |(path, value): &(&String, &Value)| {
        path.ends_with("/act") && matches!(value, Value::Text(done) if done == act)
    };
    let (path, _) = edits.iter().find(did)?;
    let id = path
        .strip_prefix(ACTS)?
        .strip_prefix('/')?
        .strip_suffix("/act")?;
    let story = case::story(kind, after);
    let is_said = story.that_count().any(|done| match done.said.get(field) {
        Some(Value::YesNo(yes)) => *yes,
        _ => done.says(field),
    });
    // An act that lacks its number has no effect yet, and will be asked about when it has.
    let counts = story.that_count().any(|done| done.id == id);
    (counts && !is_said).then(|| format!("{ACTS}/{id}/{field}"))
}
