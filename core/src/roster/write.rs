//! Writes a roster so that people can read it and [`super::read`] gives the same values again.

use super::table::may_be_formula;
use super::{BranchRows, MemberRow, RosterError, entries, member_fields, values};
use crate::kind::{Field, FieldType, Kind};
use rust_xlsxwriter::{Format, Workbook, XlsxError};
use std::collections::{BTreeMap, BTreeSet};

/// The headers before those of the fields.
static LEADING: [&str; 2] = ["STT", "Chi bộ"];

/// The roster as an .xlsx workbook, one sheet for each branch. All cells are text, so that no
/// spreadsheet drops a zero or makes a date of a school class.
pub fn to_xlsx(branches: &[BranchRows]) -> Result<Vec<u8>, RosterError> {
    let refused = |e: XlsxError| RosterError::Write(e.to_string());
    let mut workbook = Workbook::new();
    let head = Format::new().set_bold().set_text_wrap();
    let text = Format::new().set_num_format("@");
    let mut names = BTreeSet::new();
    let empty = [BranchRows::default()];
    let branches = if branches.is_empty() {
        &empty
    } else {
        branches
    };
    for branch in branches {
        let sheet = workbook.add_worksheet();
        let wanted = branch.branch_name.as_ref().unwrap_or(&branch.sheet);
        sheet
            .set_name(sheet_name(wanted, &mut names))
            .map_err(refused)?;
        sheet.set_freeze_panes(1, 3).map_err(refused)?;
        for (r, cells) in lines_of(std::slice::from_ref(branch)).iter().enumerate() {
            let row = u32::try_from(r).map_err(|e| RosterError::Write(e.to_string()))?;
            for (c, cell) in cells
                .iter()
                .enumerate()
                .filter(|(_, cell)| !cell.is_empty())
            {
                let column = u16::try_from(c).map_err(|e| RosterError::Write(e.to_string()))?;
                let format = if r == 0 { &head } else { &text };
                sheet
                    .write_string_with_format(row, column, cell, format)
                    .map_err(refused)?;
            }
        }
    }
    workbook.save_to_buffer().map_err(refused)
}

/// The roster as one .csv in UTF-8 with its mark, which Excel needs to know it as such.
pub fn to_csv(branches: &[BranchRows]) -> Result<Vec<u8>, RosterError> {
    let refused = |e: csv::Error| RosterError::Write(e.to_string());
    let mut writer = csv::Writer::from_writer(b"\xef\xbb\xbf".to_vec());
    for cells in lines_of(branches) {
        // A text that a spreadsheet would run as a formula gets an apostrophe, which reading takes off.
        let guarded = cells.iter().map(|cell| match may_be_formula(cell) {
            true => format!("'{cell}"),
            false => cell.clone(),
        });
        writer.write_record(guarded).map_err(refused)?;
    }
    writer
        .into_inner()
        .map_err(|e| RosterError::Write(e.to_string()))
}

/// The header and a line for each member.
fn lines_of(branches: &[BranchRows]) -> Vec<Vec<String>> {
    let rows = || branches.iter().flat_map(|b| &b.rows);
    let extra: BTreeSet<&str> = rows()
        .flat_map(|row| row.extra.keys().map(String::as_str))
        .collect();
    let mut header: Vec<String> = LEADING.iter().map(|s| s.to_string()).collect();
    header.extend(member_fields().map(|(_, field)| field.label.vi.to_owned()));
    header.extend(extra.iter().map(|s| s.to_string()));
    let mut lines = vec![header];
    for branch in branches {
        for row in &branch.rows {
            let name = branch.branch_name.clone().unwrap_or_default();
            let mut line = vec![lines.len().to_string(), name];
            line.extend(member_fields().map(|(kind, field)| cell_of(row, kind, field)));
            line.extend(
                extra
                    .iter()
                    .map(|key| row.extra.get(*key).cloned().unwrap_or_default()),
            );
            lines.push(line);
        }
    }
    lines
}

fn cell_of(row: &MemberRow, kind: &Kind, field: &Field) -> String {
    let FieldType::Entries(fields) = field.kind else {
        return row
            .value(kind.name, field.name)
            .map(|value| values::shown(value, field))
            .unwrap_or_default();
    };
    let mut list: BTreeMap<&str, BTreeMap<&str, String>> = BTreeMap::new();
    for ((k, path), value) in &row.values {
        let mut parts = path.split('/');
        if *k == kind.name
            && parts.next() == Some(field.name)
            && let (Some(id), Some(name)) = (parts.next(), parts.next())
        {
            list.entry(id).or_default().insert(name, value.clone());
        }
    }
    let list: Vec<_> = list.into_values().collect();
    entries::written(&list, fields)
}

/// A name that a workbook allows for a sheet and that no other sheet has.
fn sheet_name(wanted: &str, taken: &mut BTreeSet<String>) -> String {
    const LONGEST: usize = 31;
    let allowed: String = wanted
        .chars()
        .map(|c| match c {
            '[' | ']' | ':' | '*' | '?' | '/' | '\\' => ' ',
            c => c,
        })
        .collect();
    let base = allowed.trim_matches(|c: char| c == '\'' || c.is_whitespace());
    let base = if base.is_empty() { "Danh sách" } else { base };
    for number in 1usize.. {
        let suffix = match number {
            1 => String::new(),
            n => format!(" ({n})"),
        };
        let mut name = String::new();
        for c in base.chars() {
            // Excel counts UTF-16 units.
            if name.encode_utf16().count() + c.len_utf16() + suffix.len() > LONGEST {
                break;
            }
            name.push(c);
        }
        let name = format!("{}{suffix}", name.trim_end());
        if taken.insert(name.to_lowercase()) {
            return name;
        }
    }
    base.to_owned()
}
