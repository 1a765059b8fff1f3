//! Sheets as plain tables: from .xlsx and .csv bytes to cells, with merged cells filled.
//!
//! Everything here runs on files from outside: sizes are checked before memory is asked for, and a
//! panic of the reading library is an error like any other.

use super::{Note, RosterError};
use crate::limits;
use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx, XlsxError};
use std::collections::BTreeMap;
use std::io::Cursor;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What stands in a cell. Empty cells are absent.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Text(String),
    Number(f64),
    /// Year, month, day.
    Date(u32, u32, u32),
    Truth(bool),
    Failed,
}

/// One sheet. Rows and columns count from 0; rows without cells are absent.
pub(super) struct Table {
    pub(super) sheet: String,
    pub(super) rows: BTreeMap<usize, BTreeMap<usize, Cell>>,
}

impl Table {
    fn put(&mut self, row: usize, column: usize, cell: Cell) -> Result<(), RosterError> {
        if row >= limits::ROSTER_ROWS {
            return Err(too_large(limits::ROSTER_ROWS, "rows in a sheet"));
        }
        if column >= limits::ROSTER_COLUMNS {
            return Err(too_large(limits::ROSTER_COLUMNS, "columns"));
        }
        self.rows.entry(row).or_default().insert(column, cell);
        Ok(())
    }
}

/// Counts the cells of a file against the limit.
struct Budget(usize);

impl Budget {
    fn take(&mut self, cells: usize) -> Result<(), RosterError> {
        self.0 = self
            .0
            .checked_sub(cells)
            .ok_or_else(|| too_large(limits::ROSTER_CELLS, "cells"))?;
        Ok(())
    }
}

fn too_large(limit: usize, unit: &'static str) -> RosterError {
    RosterError::TooLarge {
        limit: limit as u64,
        unit,
    }
}

/// The sheets of a file that are to be read, and notes about the others.
pub(super) fn tables(
    bytes: &[u8],
    file_name: &str,
) -> Result<(Vec<Table>, Vec<Note>), RosterError> {
    if bytes.starts_with(b"PK\x03\x04") {
        check_unpacked_size(bytes)?;
        return catch_unwind(AssertUnwindSafe(|| workbook(bytes)))
            .unwrap_or_else(|_| Err(RosterError::Damaged("the file is malformed".to_owned())));
    }
    if bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(RosterError::OldWorkbook);
    }
    let base = file_name.rsplit(['/', '\\']).next().unwrap_or(file_name);
    let (stem, ending) = base.rsplit_once('.').unwrap_or((base, ""));
    if !matches!(ending.to_lowercase().as_str(), "csv" | "tsv" | "txt") {
        return Err(RosterError::UnknownFormat);
    }
    Ok((vec![csv_table(&decoded(bytes)?, stem)?], Vec::new()))
}

fn workbook(bytes: &[u8]) -> Result<(Vec<Table>, Vec<Note>), RosterError> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(damaged)?;
    let sheets = workbook.sheets_metadata().to_vec();
    if sheets.len() > limits::ROSTER_SHEETS {
        return Err(too_large(limits::ROSTER_SHEETS, "sheets"));
    }
    let (mut tables, mut notes) = (Vec::new(), Vec::new());
    let mut budget = Budget(limits::ROSTER_CELLS);
    for sheet in sheets {
        if sheet.typ != SheetType::WorkSheet {
            continue;
        }
        if sheet.visible != SheetVisible::Visible {
            notes.push(Note::HiddenSheet { sheet: sheet.name });
            continue;
        }
        tables.push(worksheet(&mut workbook, sheet.name, &mut budget)?);
    }
    Ok((tables, notes))
}

fn worksheet(
    workbook: &mut Xlsx<Cursor<&[u8]>>,
    name: String,
    budget: &mut Budget,
) -> Result<Table, RosterError> {
    let mut table = Table {
        sheet: name,
        rows: BTreeMap::new(),
    };
    let merged = workbook
        .worksheet_merge_cells(&table.sheet)
        .transpose()
        .map_err(damaged)?
        .unwrap_or_default();
    let name = table.sheet.clone();
    let mut cells = workbook.worksheet_cells_reader(&name).map_err(damaged)?;
    while let Some(cell) = cells.next_cell().map_err(damaged)? {
        let (row, column) = cell.get_position();
        if let Some(value) = cell_of(cell.get_value()) {
            budget.take(1)?;
            table.put(row as usize, column as usize, value)?;
        }
    }
    let last_row = table.rows.keys().next_back().copied().unwrap_or(0);
    let last_column = table
        .rows
        .values()
        .filter_map(|r| r.keys().next_back().copied())
        .max()
        .unwrap_or(0);
    for region in merged {
        let (top, left) = (region.start.0 as usize, region.start.1 as usize);
        let Some(value) = table.rows.get(&top).and_then(|r| r.get(&left)).cloned() else {
            continue;
        };
        // A region may reach to the end of the sheet; nothing beyond the last value needs it.
        for row in top..=(region.end.0 as usize).min(last_row) {
            for column in left..=(region.end.1 as usize).min(last_column) {
                if (row, column) != (top, left) {
                    budget.take(1)?;
                    table.put(row, column, value.clone())?;
                }
            }
        }
    }
    Ok(table)
}

fn damaged(error: XlsxError) -> RosterError {
    RosterError::Damaged(error.to_string())
}

fn cell_of(data: &DataRef<'_>) -> Option<Cell> {
    Some(match data {
        DataRef::Empty => return None,
        DataRef::Int(n) => Cell::Number(*n as f64),
        DataRef::Float(n) => Cell::Number(*n),
        DataRef::String(text) => return text_cell(text),
        DataRef::SharedString(text) => return text_cell(text),
        DataRef::Bool(truth) => Cell::Truth(*truth),
        DataRef::DateTime(date)
            if date.is_datetime() && (0.0..=2_958_465.0).contains(&date.as_f64()) =>
        {
            let (year, month, day, ..) = date.to_ymd_hms_milli();
            Cell::Date(year.into(), month.into(), day.into())
        }
        DataRef::DateTime(date) => Cell::Number(date.as_f64()),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => return text_cell(text),
        DataRef::Error(_) => Cell::Failed,
    })
}

fn text_cell(text: &str) -> Option<Cell> {
    (!text.trim().is_empty()).then(|| Cell::Text(text.replace("\r\n", "\n").replace('\r', "\n")))
}

/// Unpacks the parts of a zip archive into nothing, and stops at the limit: what they say of their size
/// is not believed.
fn check_unpacked_size(bytes: &[u8]) -> Result<(), RosterError> {
    let damaged = |e: &dyn std::fmt::Display| RosterError::Damaged(e.to_string());
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).map_err(|e| damaged(&e))?;
    let mut left = limits::ROSTER_UNPACKED_BYTES;
    for i in 0..archive.len() {
        let part = archive.by_index(i).map_err(|e| damaged(&e))?;
        let unpacked = std::io::copy(&mut part.take(left + 1), &mut std::io::sink())
            .map_err(|e| damaged(&e))?;
        left = left.checked_sub(unpacked).ok_or(RosterError::TooLarge {
            limit: limits::ROSTER_UNPACKED_BYTES,
            unit: "bytes unpacked",
        })?;
    }
    Ok(())
}

/// The text of a .csv file: UTF-8 with or without its mark, or UTF-16 with its mark.
fn decoded(bytes: &[u8]) -> Result<String, RosterError> {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let pairs = rest.chunks_exact(2);
        if !pairs.remainder().is_empty() {
            return Err(RosterError::Encoding);
        }
        let units: Vec<u16> = pairs.map(|p| unit([p[0], p[1]])).collect();
        String::from_utf16(&units).map_err(|_| RosterError::Encoding)
    };
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes)?,
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
        [0xef, 0xbb, 0xbf, rest @ ..] => std::str::from_utf8(rest)
            .map_err(|_| RosterError::Encoding)?
            .to_owned(),
        _ => std::str::from_utf8(bytes)
            .map_err(|_| RosterError::Encoding)?
            .to_owned(),
    };
    match text.contains('\0') {
        true => Err(RosterError::Encoding),
        false => Ok(text),
    }
}

fn csv_table(text: &str, stem: &str) -> Result<Table, RosterError> {
    let (text, separator) = match text.split_once('\n') {
        // Excel's own line that names the separator.
        Some((first, rest)) if first.trim_end().len() == 5 && first.starts_with("sep=") => {
            (rest, first.as_bytes()[4])
        }
        _ => (text, separator_of(text)),
    };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(text.as_bytes());
    let mut table = Table {
        sheet: stem.to_owned(),
        rows: BTreeMap::new(),
    };
    let mut budget = Budget(limits::ROSTER_CELLS);
    // Line breaks inside quotes make more lines than rows; lines without anything are rows.
    let mut inner_lines = 0;
    for record in reader.records() {
        let record = record.map_err(|e| RosterError::Damaged(e.to_string()))?;
        let Some(position) = record.position() else {
            continue;
        };
        // The position is before the empty lines that the reader skips.
        let skipped = usize::try_from(position.byte())
            .ok()
            .and_then(|byte| text.as_bytes().get(byte..))
            .unwrap_or_default()
            .iter()
            .take_while(|b| matches!(b, b'\n' | b'\r'))
            .filter(|b| **b == b'\n')
            .count();
        let line = usize::try_from(position.line()).unwrap_or(usize::MAX);
        let row = line.saturating_add(skipped).saturating_sub(1 + inner_lines);
        inner_lines += record
            .iter()
            .map(|v| v.matches('\n').count())
            .sum::<usize>();
        for (column, value) in record.iter().enumerate() {
            if let Some(cell) = text_cell(unguarded(value)) {
                budget.take(1)?;
                table.put(row, column, cell)?;
            }
        }
    }
    Ok(table)
}

/// Which of `,`, `;` and tab most of the first lines are divided by.
fn separator_of(text: &str) -> u8 {
    let mut counts = [(b',', 0usize), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in text
        .lines()
        .take(limits::ROSTER_HEADER_ROWS)
        .flat_map(str::bytes)
    {
        if byte == b'"' {
            quoted = !quoted;
        }
        if !quoted {
            for (separator, count) in &mut counts {
                *count += usize::from(*separator == byte);
            }
        }
    }
    // Of equal counts the first: max_by_key would take the last.
    counts
        .into_iter()
        .rev()
        .max_by_key(|(_, count)| *count)
        .map_or(b',', |(separator, _)| separator)
}

/// Takes off the apostrophe that keeps a spreadsheet from running a text as a formula.
fn unguarded(value: &str) -> &str {
    match value.strip_prefix('\'') {
        Some(rest) if may_be_formula(rest) => rest,
        _ => value,
    }
}

/// Whether a spreadsheet would take this text for a formula, apostrophes before it aside.
pub(super) fn may_be_formula(text: &str) -> bool {
    text.trim_start_matches('\'')
        .starts_with(['=', '+', '-', '@'])
}
