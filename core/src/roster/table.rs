//! Sheets as plain tables: from .xlsx and .csv bytes to cells, with merged cells filled.
//!
//! Everything here runs on files from outside: sizes are checked before memory is asked for, and a
//! panic of the reading library is an error like any other.

use super::{Note, RosterError};
use crate::limits;
use calamine::{DataRef, Reader, SheetType, SheetVisible, Xlsx, XlsxError};
use std::cell::Cell as StdCell;
use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Seek, SeekFrom};
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

/// Counts the cells of a file, and the text in them, against the limits. A text that stands once in a workbook may be
/// named by every cell, and is held once for each.
struct Budget {
    cells: usize,
    text: u64,
}

impl Budget {
    const WHOLE: Budget = Budget {
        cells: limits::ROSTER_CELLS,
        text: limits::ROSTER_UNPACKED_BYTES,
    };

    fn take(&mut self, cell: &Cell) -> Result<(), RosterError> {
        let text = match cell {
            Cell::Text(text) => text.len() as u64,
            _ => 0,
        };
        self.cells =
            (self.cells.checked_sub(1)).ok_or_else(|| too_large(limits::ROSTER_CELLS, "cells"))?;
        self.text = self.text.checked_sub(text).ok_or(TOO_MUCH_UNPACKED)?;
        Ok(())
    }
}

const TOO_MUCH_UNPACKED: RosterError = RosterError::TooLarge {
    limit: limits::ROSTER_UNPACKED_BYTES,
    unit: "bytes unpacked",
};

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
        let parts = unpacked_sizes(bytes)?;
        return catch_unwind(AssertUnwindSafe(|| workbook(bytes, &parts)))
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

/// The file of a workbook, as its reader sees it: each time that a part is begun, what it unpacks to counts. A workbook
/// may name one large part as a thousand sheets.
struct Parts<'a> {
    file: Cursor<&'a [u8]>,
    sizes: &'a BTreeMap<u64, u64>,
    /// How much may still be unpacked; `None`: too much was asked for.
    left: &'a StdCell<Option<u64>>,
}

impl Read for Parts<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.file.read(into)
    }
}

impl Seek for Parts<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = self.file.seek(to)?;
        if let Some(size) = self.sizes.get(&at) {
            let left = self.left.get().and_then(|left| left.checked_sub(*size));
            self.left.set(left);
            left.ok_or_else(|| io::Error::other("too much to unpack"))?;
        }
        Ok(at)
    }
}

/// How often all that a file may unpack to is unpacked: a sheet is gone over twice, for its merged cells and its cells.
const TIMES_UNPACKED: u64 = 2;

fn workbook(
    bytes: &[u8],
    sizes: &BTreeMap<u64, u64>,
) -> Result<(Vec<Table>, Vec<Note>), RosterError> {
    let left = StdCell::new(Some(TIMES_UNPACKED * limits::ROSTER_UNPACKED_BYTES));
    let read = sheets(Parts {
        file: Cursor::new(bytes),
        sizes,
        left: &left,
    });
    match left.get() {
        Some(_) => read,
        None => Err(TOO_MUCH_UNPACKED),
    }
}

fn sheets(parts: Parts) -> Result<(Vec<Table>, Vec<Note>), RosterError> {
    let mut workbook: Xlsx<_> = Xlsx::new(parts).map_err(damaged)?;
    let sheets = workbook.sheets_metadata().to_vec();
    if sheets.len() > limits::ROSTER_SHEETS {
        return Err(too_large(limits::ROSTER_SHEETS, "sheets"));
    }
    let (mut tables, mut notes) = (Vec::new(), Vec::new());
    let mut budget = Budget::WHOLE;
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
    workbook: &mut Xlsx<Parts>,
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
            budget.take(&value)?;
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
                    budget.take(&value)?;
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
/// is not believed. Gives back how much each is, by where it begins in the file.
fn unpacked_sizes(bytes: &[u8]) -> Result<BTreeMap<u64, u64>, RosterError> {
    let damaged = |e: &dyn std::fmt::Display| RosterError::Damaged(e.to_string());
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).map_err(|e| damaged(&e))?;
    let mut left = limits::ROSTER_UNPACKED_BYTES;
    let mut sizes = BTreeMap::new();
    for i in 0..archive.len() {
        let part = archive.by_index(i).map_err(|e| damaged(&e))?;
        let begins = part.data_start();
        let unpacked = std::io::copy(&mut part.take(left + 1), &mut std::io::sink())
            .map_err(|e| damaged(&e))?;
        left = left.checked_sub(unpacked).ok_or(TOO_MUCH_UNPACKED)?;
        // Two parts may begin at one place.
        let size: &mut u64 = sizes.entry(begins).or_default();
        *size = unpacked.max(*size);
    }
    Ok(sizes)
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
    let mut budget = Budget::WHOLE;
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
                budget.take(&cell)?;
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
