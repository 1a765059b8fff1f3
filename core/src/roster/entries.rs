//! Lists of small records in one cell: awards and discipline.
//!
//! Written, each record is a line, its fields in order and divided by ` | `:
//! `Huy hiệu 40 năm | 03/02/2020 | 123-QĐ/TU | Tỉnh ủy`. A bar or backslash in a value has a backslash
//! before it. Read, a line without a bar is what people write: the form, and perhaps a date.

use super::problem::ProblemKind;
use super::values::{self, code_called};
use crate::date::PartialDate;
use crate::kind::{Field, FieldType};
use crate::limits;
use crate::text::{clean_line, fold_words};
use std::collections::BTreeMap;

/// What a cell of entries holds: each entry by field name, and problems.
#[derive(Default)]
pub(super) struct Entries {
    pub(super) list: Vec<BTreeMap<&'static str, String>>,
    pub(super) problems: Vec<ProblemKind>,
}

/// Reads a cell.
pub(super) fn read(text: &str, fields: &'static [Field]) -> Entries {
    let mut entries = Entries::default();
    for line in text.lines().filter(|l| !l.trim().is_empty()) {
        let parts = parts_of(line);
        if parts.len() > 1 {
            entries.add_written(&parts, fields);
        } else {
            for plain in line.split(';').filter(|p| !p.trim().is_empty()) {
                entries.add_plain(plain, fields);
            }
        }
        if entries.list.len() > limits::ENTRIES {
            entries.list.clear();
            entries.problems = vec![ProblemKind::TooManyEntries(limits::ENTRIES)];
            return entries;
        }
    }
    entries
}

impl Entries {
    /// A line as the export writes it.
    fn add_written(&mut self, parts: &[String], fields: &'static [Field]) {
        let mut entry = BTreeMap::new();
        for (field, part) in fields.iter().zip(parts) {
            if part.trim().is_empty() {
                continue;
            }
            match values::scalar(part, field) {
                Ok(value) => {
                    entry.insert(field.name, value);
                }
                Err(problem) => self.problems.push(problem),
            }
        }
        if parts.len() > fields.len() {
            self.problems.push(ProblemKind::PartlyUnderstood);
        }
        if !entry.is_empty() {
            self.list.push(entry);
        }
    }

    /// A line as people write it.
    fn add_plain(&mut self, line: &str, fields: &'static [Field]) {
        let line = clean_line(line);
        if matches!(
            fold_words(&line).as_str(),
            "" | "khong" | "ko" | "chua" | "chua co" | "0" | "k"
        ) {
            return;
        }
        let Some(form) = fields.first() else { return };
        let mut entry = BTreeMap::new();
        match form.kind {
            FieldType::Code(codes) => {
                let words: Vec<&str> = line.split(' ').collect();
                let known = (1..=words.len()).rev().find_map(|n| {
                    let beginning = words[..n].join(" ");
                    code_called(&beginning, codes).map(|code| (code, words[n..].join(" ")))
                });
                let Some((code, rest)) = known else {
                    self.problems.push(ProblemKind::NotInList(codes));
                    return;
                };
                entry.insert(form.name, code.to_owned());
                let rest = rest.trim_matches(|c: char| !c.is_alphanumeric());
                match (rest.is_empty(), PartialDate::parse(rest)) {
                    (true, _) => {}
                    (false, Ok(date)) => {
                        let day = fields.iter().find(|f| f.kind == FieldType::Date);
                        entry.extend(day.map(|day| (day.name, date.to_string())));
                    }
                    (false, Err(_)) => self.problems.push(ProblemKind::PartlyUnderstood),
                }
            }
            _ if line.len() > limits::LINE_BYTES => {
                self.problems.push(ProblemKind::TooLong(limits::LINE_BYTES));
                return;
            }
            _ => {
                entry.insert(form.name, line);
            }
        }
        self.list.push(entry);
    }
}

/// Writes entries into the text of a cell. Values are shown as people read them.
pub(super) fn written(list: &[BTreeMap<&str, String>], fields: &'static [Field]) -> String {
    let lines: Vec<String> = list
        .iter()
        .map(|entry| {
            let parts: Vec<String> = fields
                .iter()
                .map(|field| {
                    let value = entry.get(field.name).map(String::as_str).unwrap_or("");
                    values::shown(value, field)
                        .replace('\\', "\\\\")
                        .replace('|', "\\|")
                })
                .collect();
            parts.join(" | ")
        })
        .collect();
    lines.join("\n")
}

/// The parts of a line between bars.
fn parts_of(line: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for c in line.chars() {
        if !escaped && c == '|' {
            parts.push(String::new());
            continue;
        }
        if !escaped && c == '\\' {
            escaped = true;
            continue;
        }
        if let Some(last) = parts.last_mut() {
            // Only a bar or a backslash is ever escaped.
            if escaped && !matches!(c, '|' | '\\') {
                last.push('\\');
            }
            last.push(c);
        }
        escaped = false;
    }
    if escaped && let Some(last) = parts.last_mut() {
        last.push('\\');
    }
    parts
}
