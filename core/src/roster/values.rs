//! From what stands in a cell to the canonical value of a field, and back to what people read.

use super::problem::ProblemKind;
use super::table::Cell;
use crate::commune::{Communes, Resolution};
use crate::date::PartialDate;
use crate::kind::{Code, Field, FieldType};
use crate::limits;
use crate::text::{clean_line, clean_name, fold_words, nfc};

/// A value, with what should be said about it; or none, with what is wrong.
pub(super) struct Read {
    pub(super) value: Option<String>,
    pub(super) problem: Option<ProblemKind>,
}

impl Read {
    fn fine(value: String) -> Read {
        Read {
            value: Some(value).filter(|v| !v.is_empty()),
            problem: None,
        }
    }

    fn doubtful(value: String, problem: ProblemKind) -> Read {
        Read {
            value: Some(value),
            problem: Some(problem),
        }
    }

    fn wrong(problem: ProblemKind) -> Read {
        Read {
            value: None,
            problem: Some(problem),
        }
    }

    fn of(result: Result<String, ProblemKind>) -> Read {
        match result {
            Ok(value) => Read::fine(value),
            Err(problem) => Read::wrong(problem),
        }
    }
}

/// Digits of a personal id, and of one from whose front Excel has dropped zeros.
const PERSONAL_ID_DIGITS: usize = 12;
/// Digits of a telephone number without its zero.
const PHONE_DIGITS_WITHOUT_ZERO: usize = 9;
/// Digits of a party card of the old form.
const CARD_DIGITS: usize = 8;

/// The value of a cell in a field that holds one value.
pub(super) fn read(cell: &Cell, field: &Field) -> Read {
    match (cell, field.kind) {
        (Cell::Failed, _) => Read::wrong(ProblemKind::FormulaError),
        (_, FieldType::Date) => date(cell),
        (Cell::Date(_, month, day), _) if field.name == "education" => education(*month, *day),
        (Cell::Date(y, m, d), FieldType::Line | FieldType::Prose) => {
            match PartialDate::full(*y, *m, *d) {
                Ok(date) => Read::doubtful(date.shown(), ProblemKind::DateForText),
                Err(_) => Read::wrong(ProblemKind::DateForText),
            }
        }
        (Cell::Number(n), FieldType::Line) => number_as_line(*n, field),
        _ => {
            let text = text_of(cell);
            let read = Read::of(scalar(&text, field));
            match (field.name, &read.value) {
                ("full_name" | "birth_name", Some(name)) if !is_name(name) => {
                    Read::doubtful(name.clone(), ProblemKind::StrangeName)
                }
                _ => read,
            }
        }
    }
}

/// The canonical value of a text in a field that holds one value.
pub(super) fn scalar(text: &str, field: &Field) -> Result<String, ProblemKind> {
    let limited = |value: String, bytes: usize| match value.len() > bytes {
        true => Err(ProblemKind::TooLong(bytes)),
        false => Ok(value),
    };
    match field.kind {
        FieldType::Name => limited(clean_name(text), limits::LINE_BYTES),
        FieldType::Line => {
            let line = clean_line(text);
            let line = match field.name {
                "card_number" | "personal_id" => joined_digits(&line),
                _ => line,
            };
            limited(line, limits::LINE_BYTES)
        }
        FieldType::Prose => limited(clean_prose(text), limits::PROSE_BYTES),
        FieldType::Date => date_text(text),
        FieldType::Code(codes) | FieldType::Marks(codes) => code_called(text, codes)
            .map(str::to_owned)
            .ok_or(ProblemKind::NotInList(codes)),
        FieldType::Count => limited(joined_digits(&clean_line(text)), limits::LINE_BYTES),
        FieldType::YesNo => match fold_words(text).as_str() {
            "x" | "co" | "yes" | "true" | "1" | "v" | "dung" => Ok("yes".to_owned()),
            "khong" | "ko" | "no" | "false" | "0" => Ok("no".to_owned()),
            _ => Err(ProblemKind::NotYesOrNo),
        },
        FieldType::Entries(_) => Err(ProblemKind::PartlyUnderstood),
    }
}

/// A canonical value as people read it; [`scalar`] reads it back.
pub(super) fn shown(value: &str, field: &Field) -> String {
    match field.kind {
        FieldType::Date => PartialDate::parse(value).map_or(value.to_owned(), PartialDate::shown),
        FieldType::Code(codes) | FieldType::Marks(codes) => codes
            .iter()
            .find(|c| c.code == value)
            .map_or(value, |c| c.label.vi)
            .to_owned(),
        FieldType::YesNo => match value {
            "yes" => "Có".to_owned(),
            "no" => "Không".to_owned(),
            _ => value.to_owned(),
        },
        _ => value.to_owned(),
    }
}

/// The code that a text means: the code itself, its label in either language, or a usual spelling.
pub(super) fn code_called(text: &str, codes: &'static [Code]) -> Option<&'static str> {
    let wanted = fold_words(text);
    let is = |spelling: &str| fold_words(spelling) == wanted;
    codes
        .iter()
        .find(|c| is(c.label.vi))
        .or_else(|| codes.iter().find(|c| is(c.code) || is(c.label.en)))
        .or_else(|| {
            codes
                .iter()
                .find(|c| c.spellings.contains(&wanted.as_str()))
        })
        .map(|c| c.code)
}

/// What a cell shows, as a text.
pub(super) fn text_of(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Number(n) => number_text(*n),
        Cell::Date(y, m, d) => {
            PartialDate::full(*y, *m, *d).map_or(format!("{d}/{m}/{y}"), PartialDate::shown)
        }
        Cell::Truth(true) => "Có".to_owned(),
        Cell::Truth(false) => "Không".to_owned(),
        Cell::Failed => "#".to_owned(),
    }
}

/// What an address says of today's commune, if there is doubt: the warning; if there is none: the code.
pub(super) fn commune_code(address: &str) -> Result<Option<&'static str>, ProblemKind> {
    match Communes::official().resolve_old(address) {
        Resolution::Current(c) | Resolution::Became(c) => Ok(Some(c.code)),
        Resolution::Divided(all) => Err(ProblemKind::CommuneDivided(all)),
        Resolution::InDistrict(all) | Resolution::Ambiguous(all) => {
            Err(ProblemKind::CommuneAmbiguous(all))
        }
        Resolution::Unknown => Ok(None),
    }
}

fn number_text(n: f64) -> String {
    // Rust writes the shortest text that reads back as the same number, without an exponent.
    format!("{n}")
}

fn is_whole(n: f64) -> bool {
    n.fract() == 0.0 && (0.0..1e15).contains(&n)
}

fn number_as_line(n: f64, field: &Field) -> Read {
    let digits = number_text(n);
    let zeros = |wanted: usize| {
        let filled = format!("{digits:0>wanted$}");
        Read::doubtful(filled, ProblemKind::ZerosPutBack)
    };
    match field.name {
        // Ids of every province begin with a zero: two of them for the first nine.
        "personal_id" if is_whole(n) && matches!(digits.len(), 10 | 11) => {
            zeros(PERSONAL_ID_DIGITS)
        }
        "phone" if is_whole(n) && digits.len() == PHONE_DIGITS_WITHOUT_ZERO => {
            zeros(digits.len() + 1)
        }
        "card_number" if is_whole(n) && (CARD_DIGITS - 2..CARD_DIGITS).contains(&digits.len()) => {
            zeros(CARD_DIGITS)
        }
        _ => Read::fine(digits),
    }
}

/// `7/10` and `12/12` are classes of the school systems; Excel reads them as days of a month.
fn education(month: u32, day: u32) -> Read {
    let system = |class: u32, of: u32| matches!(of, 10 | 12) && class <= of;
    match (system(day, month), system(month, day)) {
        (true, false) => Read::doubtful(format!("{day}/{month}"), ProblemKind::DateTurnedBack),
        (false, true) => Read::doubtful(format!("{month}/{day}"), ProblemKind::DateTurnedBack),
        (true, true) if day == month => {
            Read::doubtful(format!("{day}/{month}"), ProblemKind::DateTurnedBack)
        }
        _ => Read::wrong(ProblemKind::DateForText),
    }
}

fn date(cell: &Cell) -> Read {
    let read = |result: Result<PartialDate, crate::date::DateError>| {
        Read::of(result.map(|d| d.to_string()).map_err(ProblemKind::NotADate))
    };
    match cell {
        Cell::Date(y, m, d) => read(PartialDate::full(*y, *m, *d)),
        Cell::Number(n) => {
            let text = number_text(*n);
            // "2.1930" typed as a number has lost its last zero: 2.193.
            if n.fract() != 0.0 {
                return Read::of(date_text(&format!("{n:.4}")));
            }
            match excel_day(*n) {
                Some(day) => Read::doubtful(day.to_string(), ProblemKind::NumberAsDate),
                None => Read::of(date_text(&text)),
            }
        }
        other => Read::of(date_text(&text_of(other))),
    }
}

/// The day that Excel means by a number too large for a year.
fn excel_day(n: f64) -> Option<PartialDate> {
    const FIRST: f64 = 2_200.0;
    const LAST: f64 = 109_574.0;
    // Excel's day 25,569 is 1 January 1970.
    const EPOCH: i32 = 25_569;
    if !(FIRST..=LAST).contains(&n) {
        return None;
    }
    crate::date::Day::from_number(n as i32 - EPOCH).map(|d| d.date())
}

/// A date as a text; `00/00/1930`, `--/1930` and `?/?/1930` say that only the year is known.
fn date_text(text: &str) -> Result<String, ProblemKind> {
    let line = clean_line(text);
    let line = line.trim_start_matches('\'');
    // "1930-02-03 00:00:00", "1930-02-03T00:00:00"
    let day = match line.contains(':') {
        true => line.split(['T', ' ']).next().unwrap_or(line),
        false => line,
    };
    let known: Vec<&str> = day
        .split(['/', '.', '-', ' '])
        .map(|p| p.trim_matches(|c| matches!(c, '?' | '…' | '_')))
        .filter(|p| !p.is_empty() && !p.bytes().all(|b| b == b'0'))
        .collect();
    PartialDate::parse(&known.join("/"))
        .map(|d| d.to_string())
        .map_err(ProblemKind::NotADate)
}

/// Digits with blanks or dots between them, without these; any other text as it is.
fn joined_digits(line: &str) -> String {
    match line
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, ' ' | '.'))
    {
        true => line.chars().filter(char::is_ascii_digit).collect(),
        false => line.to_owned(),
    }
}

/// Text of several lines: composed, no invisible characters, no blanks at the ends.
fn clean_prose(text: &str) -> String {
    let kept: String = nfc(text)
        .chars()
        .filter(|c| matches!(c, '\n' | '\t') || !c.is_control())
        .collect();
    kept.trim().to_owned()
}

fn is_name(name: &str) -> bool {
    name.chars()
        .all(|c| c.is_alphabetic() || matches!(c, ' ' | '\'' | '’' | '-' | '.'))
}
