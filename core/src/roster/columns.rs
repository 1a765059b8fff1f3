//! Finds the header of a sheet and says what each column is.
//!
//! The header is the first row with a column of full names and at least one other field. It may take
//! two rows: a group (`Ngày vào Đảng`) over its parts (`Dự bị`, `Chính thức`).

use super::problem::ColumnName;
use super::table::{Cell, Table};
use super::{Note, member_fields};
use crate::kind::{Field, Kind};
use crate::limits;
use crate::text::{clean_line, fold_words};
use std::collections::{BTreeMap, BTreeSet};

/// What the cells of a column are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Use {
    /// Values of a field.
    Field(&'static Kind, &'static Field),
    /// One part (commune, district, province) of an address.
    AddressPart(&'static Kind, &'static Field),
    /// The surname and middle names, where the given name has a column of its own.
    Surname,
    /// The given name.
    GivenName,
    /// Date of birth, if the member is of that sex.
    BornIf(&'static str),
    /// Marked, if the member is of that sex.
    SexMark(&'static str),
    /// The branch.
    Branch,
    /// The number in the list.
    Number,
    /// No field: kept under its header.
    Extra,
}

/// A column with its header.
pub(super) struct Column {
    pub(super) name: ColumnName,
    pub(super) used: Use,
}

/// The header of a sheet.
pub(super) struct Header {
    /// Its first row.
    pub(super) first_row: usize,
    /// Its last row.
    pub(super) last_row: usize,
    pub(super) columns: BTreeMap<usize, Column>,
}

static BRANCH_HEADERS: [&str; 10] = [
    "chi bo",
    "ten chi bo",
    "to chuc dang",
    "chi bo sinh hoat",
    "thuoc chi bo",
    "sinh hoat tai chi bo",
    "noi sinh hoat",
    "don vi",
    "chi bo dang sinh hoat",
    "branch",
];
static NUMBER_HEADERS: [&str; 6] = ["stt", "tt", "so tt", "so thu tu", "s tt", "no"];
static SURNAME_HEADERS: [&str; 5] = [
    "ho",
    "ho dem",
    "ho va dem",
    "ho va ten dem",
    "ho va chu dem",
];
static PART_HEADERS: [&str; 14] = [
    "xa",
    "phuong",
    "xa phuong",
    "phuong xa",
    "xa phuong thi tran",
    "huyen",
    "quan",
    "huyen quan",
    "huyen thi",
    "quan huyen",
    "tinh",
    "thanh pho",
    "tinh thanh pho",
    "xom",
];
/// Groups about other people: their parts are no fields of the member.
static OTHER_PEOPLE: [&str; 10] = [
    "vo",
    "chong",
    "vo chong",
    "cha",
    "me",
    "bo",
    "con",
    "gioi thieu",
    "bao tin",
    "giup do",
];

/// The header, and notes about columns that are kept as extra.
pub(super) fn header_of(table: &Table) -> Option<(Header, Vec<Note>)> {
    let candidates = table.rows.range(..limits::ROSTER_HEADER_ROWS);
    for (row, cells) in candidates {
        let texts = texts_of(cells);
        if !is_header(&texts) {
            continue;
        }
        let before = row.checked_sub(1).and_then(|r| table.rows.get(&r));
        let below = table.rows.get(&(row + 1));
        let (columns, notes, first_row, mut last_row) =
            if let Some(groups) = before.map(texts_of).filter(is_group_row) {
                let (columns, notes) = columns_of(table, &groups, Some(&texts));
                (columns, notes, row - 1, *row)
            } else if let Some(parts) = below.filter(|b| is_sub_header(&texts, b)) {
                let (columns, notes) = columns_of(table, &texts, Some(&texts_of(parts)));
                (columns, notes, *row, row + 1)
            } else {
                let (columns, notes) = columns_of(table, &texts, None);
                (columns, notes, *row, *row)
            };
        // A row that only numbers the columns.
        if table.rows.get(&(last_row + 1)).is_some_and(numbers_columns) {
            last_row += 1;
        }
        return Some((
            Header {
                first_row,
                last_row,
                columns,
            },
            notes,
        ));
    }
    None
}

/// Whether the row repeats the header, as on a new page.
pub(super) fn repeats_header(header: &Header, row: &BTreeMap<usize, Cell>) -> bool {
    let texts = texts_of(row);
    is_header(&texts)
        && texts.iter().all(|(column, text)| {
            header
                .columns
                .get(column)
                .is_some_and(|c| c.name.header.contains(text.as_str()))
        })
}

fn texts_of(row: &BTreeMap<usize, Cell>) -> BTreeMap<usize, String> {
    row.iter()
        .filter_map(|(column, cell)| match cell {
            Cell::Text(text) => Some((*column, clean_line(text))),
            _ => None,
        })
        .collect()
}

fn is_header(texts: &BTreeMap<usize, String>) -> bool {
    let mut fields = BTreeSet::new();
    let mut surname = false;
    let mut given = false;
    for text in texts.values() {
        let folded = fold_words(text);
        surname |= SURNAME_HEADERS.contains(&folded.as_str());
        given |= folded == "ten";
        if let Some((_, field)) = field_called(text) {
            fields.insert(field.name);
        } else if NUMBER_HEADERS.contains(&folded.as_str())
            || BRANCH_HEADERS.contains(&folded.as_str())
            || ["nam", "nu", "trinh do"].contains(&folded.as_str())
        {
            fields.insert("");
        }
    }
    // A title that is merged over all columns is one text many times.
    let named = fields.remove("full_name") || (surname && given);
    named && !fields.is_empty()
}

/// Whether the row above the one with the names holds groups: several titles, one of them known.
fn is_group_row(texts: &BTreeMap<usize, String>) -> bool {
    let distinct: BTreeSet<&String> = texts.values().collect();
    distinct.len() > 1
        && distinct.iter().any(|text| {
            field_called(text).is_some() || NUMBER_HEADERS.contains(&fold_words(text).as_str())
        })
}

/// Whether the row below the header divides its groups.
fn is_sub_header(above: &BTreeMap<usize, String>, cells: &BTreeMap<usize, Cell>) -> bool {
    let is_title = |cell: &Cell| match cell {
        Cell::Text(text) => !text.trim().starts_with(|c: char| c.is_ascii_digit()),
        _ => false,
    };
    if !cells.values().all(is_title) {
        return false;
    }
    let below = &texts_of(cells);
    let is_name = |text: &str| field_called(text).is_some_and(|(_, f)| f.name == "full_name");
    // Beneath the name stands nothing, or the header again where the cells are merged.
    let name_free = above
        .iter()
        .filter(|(_, text)| is_name(text))
        .all(|(column, text)| below.get(column).is_none_or(|b| b == text));
    let divides = below.iter().any(|(column, text)| {
        above.get(column) != Some(text) && {
            let folded = fold_words(text);
            field_called(text).is_some()
                || PART_HEADERS.contains(&folded.as_str())
                || ["nam", "nu", "ten", "vao dang", "du bi"].contains(&folded.as_str())
                || field_called(&format!("{} {folded}", group_over(above, *column))).is_some()
        }
    });
    name_free && divides
}

/// The group that a column belongs to: the text above it, or the nearest to the left.
fn group_over(above: &BTreeMap<usize, String>, column: usize) -> &str {
    above
        .range(..=column)
        .next_back()
        .map_or("", |(_, text)| text.as_str())
}

fn numbers_columns(row: &BTreeMap<usize, Cell>) -> bool {
    row.len() >= 3
        && row.values().all(|cell| match cell {
            Cell::Number(n) => {
                n.fract() == 0.0 && (0.0..=limits::ROSTER_COLUMNS as f64).contains(n)
            }
            Cell::Text(text) => {
                let text = fold_words(text);
                text.len() <= 3
                    && !text.is_empty()
                    && (text.bytes().all(|b| b.is_ascii_digit())
                        || (text.len() == 1 && text.bytes().all(|b| b.is_ascii_lowercase())))
            }
            _ => false,
        })
}

/// The group and the part of a column's header.
struct Titles {
    group: String,
    part: String,
}

impl Titles {
    fn shown(&self) -> String {
        match (self.group.as_str(), self.part.as_str()) {
            ("", one) | (one, "") => one.to_owned(),
            (group, part) if group == part => group.to_owned(),
            (group, part) => format!("{group} / {part}"),
        }
    }
}

fn columns_of(
    table: &Table,
    above: &BTreeMap<usize, String>,
    below: Option<&BTreeMap<usize, String>>,
) -> (BTreeMap<usize, Column>, Vec<Note>) {
    let used: BTreeSet<usize> = table
        .rows
        .values()
        .flat_map(|r| r.keys().copied())
        .collect();
    let mut titles = BTreeMap::new();
    for column in used {
        let part = below
            .and_then(|b| b.get(&column))
            .cloned()
            .unwrap_or_default();
        let group = match above.get(&column) {
            Some(text) => text.clone(),
            None if !part.is_empty() => group_over(above, column).to_owned(),
            None => String::new(),
        };
        titles.insert(column, Titles { group, part });
    }
    let mut columns: BTreeMap<usize, Use> = BTreeMap::new();
    // What a whole header says comes before what a part alone would say.
    for sure in [true, false] {
        for (column, title) in &titles {
            if columns.contains_key(column) {
                continue;
            }
            let found = match sure {
                true => use_of_whole(title),
                false => use_of_part(title),
            };
            let Some(found) = found else { continue };
            let taken = columns.values().any(|u| *u == found);
            if !taken || matches!(found, Use::AddressPart(..) | Use::Number) {
                columns.insert(*column, found);
            } else if sure {
                columns.insert(*column, Use::Extra);
            }
        }
    }
    split_names(&titles, &mut columns);
    named_columns(table, titles, columns)
}

/// `Họ đệm` and `Tên` are one field in two columns, where no column has the full name.
fn split_names(titles: &BTreeMap<usize, Titles>, columns: &mut BTreeMap<usize, Use>) {
    let full = |u: &Use| matches!(u, Use::Field(_, f) if f.name == "full_name");
    let called = |names: &[&str]| {
        titles
            .iter()
            .find(|(_, t)| {
                names.contains(&fold_words(&t.part).as_str())
                    || names.contains(&fold_words(&t.group).as_str())
            })
            .map(|(column, _)| *column)
    };
    if let (Some(surname), Some(given)) = (called(&SURNAME_HEADERS), called(&["ten"])) {
        columns.retain(|column, u| !full(u) || *column == surname);
        columns.insert(surname, Use::Surname);
        columns.insert(given, Use::GivenName);
        return;
    }
    // `Họ và tên` over two columns: surname left, given name right.
    let full_column = columns.iter().find(|(_, u)| full(u)).map(|(c, _)| *c);
    if let Some(first) = full_column {
        let twin = titles.get(&(first + 1)).is_some_and(|t| {
            titles[&first].group == t.group
                && t.part.is_empty() == titles[&first].part.is_empty()
                && t.part == titles[&first].part
        });
        if twin {
            columns.insert(first, Use::Surname);
            columns.insert(first + 1, Use::GivenName);
        }
    }
}

fn named_columns(
    table: &Table,
    titles: BTreeMap<usize, Titles>,
    uses: BTreeMap<usize, Use>,
) -> (BTreeMap<usize, Column>, Vec<Note>) {
    let (mut columns, mut notes) = (BTreeMap::new(), Vec::new());
    for (column, title) in titles {
        let letter = letter_of(column);
        let shown = title.shown();
        let header = match shown.is_empty() {
            true => format!("Cột {letter}"),
            false => shown,
        };
        let name = ColumnName { letter, header };
        let known = uses.get(&column).copied();
        let (sheet, note_column) = (table.sheet.clone(), name.clone());
        match known {
            Some(Use::Extra) => notes.push(Note::ColumnTwice {
                sheet,
                column: note_column,
            }),
            // A column without a header holds titles, or values nobody named: told with the values.
            None if !title.shown().is_empty() => notes.push(Note::UnknownColumn {
                sheet,
                column: note_column,
            }),
            _ => {}
        }
        let used = known.unwrap_or(Use::Extra);
        columns.insert(column, Column { name, used });
    }
    (columns, notes)
}

/// What the header says as a whole: one title, or group and part together.
fn use_of_whole(title: &Titles) -> Option<Use> {
    let (group, part) = (fold_words(&title.group), fold_words(&title.part));
    if part.is_empty() || group == part || group.is_empty() {
        let text = if part.is_empty() {
            &title.group
        } else {
            &title.part
        };
        return use_called(text);
    }
    for text in [format!("{group} {part}"), format!("{part} {group}")] {
        if let Some((kind, field)) = field_called(&text) {
            return Some(Use::Field(kind, field));
        }
    }
    let (kind, field) = field_called(&title.group)?;
    if field.name == "born" {
        return sex_called(&part).map(Use::BornIf);
    }
    if field.name == "sex" {
        return sex_called(&part).map(Use::SexMark);
    }
    let is_address = kind.field(&format!("{}_code", field.name)).is_some();
    (is_address && PART_HEADERS.contains(&part.as_str())).then_some(Use::AddressPart(kind, field))
}

/// What the part says alone, where its group is only a heading.
fn use_of_part(title: &Titles) -> Option<Use> {
    if title.part.is_empty() {
        return None;
    }
    let group = format!(" {} ", fold_words(&title.group));
    let about_others = OTHER_PEOPLE
        .iter()
        .any(|word| group.contains(&format!(" {word} ")));
    if about_others || field_called(&title.group).is_some() {
        return None;
    }
    use_called(&title.part)
}

fn use_called(text: &str) -> Option<Use> {
    if let Some((kind, field)) = field_called(text) {
        return Some(Use::Field(kind, field));
    }
    let folded = fold_words(text);
    let folded = folded.as_str();
    if BRANCH_HEADERS.contains(&folded) {
        return Some(Use::Branch);
    }
    if NUMBER_HEADERS.contains(&folded) {
        return Some(Use::Number);
    }
    sex_called(folded).map(Use::SexMark)
}

fn sex_called(folded: &str) -> Option<&'static str> {
    match folded {
        "nam" => Some("male"),
        "nu" => Some("female"),
        _ => None,
    }
}

/// The field that a header means: its label in either language, its name, or a usual spelling, with or
/// without what stands in brackets.
fn field_called(text: &str) -> Option<(&'static Kind, &'static Field)> {
    let whole = fold_words(text);
    let plain = fold_words(&without_brackets(text));
    [whole, plain].iter().find_map(|wanted| {
        let is = |spelling: &str| fold_words(spelling) == *wanted;
        let by = |matches: &dyn Fn(&Field) -> bool| member_fields().find(|(_, f)| matches(f));
        if wanted.is_empty() {
            return None;
        }
        by(&|f| is(f.label.vi) || f.headers.contains(&wanted.as_str()))
            .or_else(|| by(&|f| is(f.label.en) || is(f.name)))
    })
}

fn without_brackets(text: &str) -> String {
    let mut depth = 0usize;
    text.chars()
        .filter(|c| {
            match c {
                '(' | '[' => depth += 1,
                ')' | ']' => {
                    depth = depth.saturating_sub(1);
                    return false;
                }
                _ => {}
            }
            depth == 0
        })
        .collect()
}

/// `A` for 0, `Z` for 25, `AA` for 26.
fn letter_of(column: usize) -> String {
    let mut letters = Vec::new();
    let mut left = column + 1;
    while left > 0 {
        let digit = u8::try_from((left - 1) % 26).unwrap_or(0);
        letters.push(char::from(b'A' + digit));
        left = (left - 1) / 26;
    }
    letters.iter().rev().collect()
}
