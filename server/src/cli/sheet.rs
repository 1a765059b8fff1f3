//! A sheet ([`chibo_device::sheet`]) as it is printed: every list with columns of its own reads alike.

use super::Voice;
use crate::words;
use chibo_device::sheet::{Row, Sheet};
use chibo_device::words::Both;
use serde_json::Value as Json;

/// Prints a sheet, or `told` where JSON is asked for.
pub(super) fn read_out(sheet: &Sheet, told: &Json, voice: Voice) {
    let say = |both: &Both| words::both(voice.lang, both.clone());
    for part in sheet.parts.iter().filter(|p| !p.rows.is_empty()) {
        let heading = say(&part.heading);
        if !heading.is_empty() {
            voice.line(&format!("{heading}:"));
        }
        for row in &part.rows {
            voice.line(&line(row, sheet, voice));
        }
    }
    let said: Vec<String> = sheet.said.iter().map(say).collect();
    voice.tell(told, &said.join("\n"));
}

fn line(row: &Row, sheet: &Sheet, voice: Voice) -> String {
    let say = |both: &Both| words::both(voice.lang, both.clone());
    let cells = sheet.columns.iter().zip(&row.cells);
    let cells = cells
        .map(|(column, cell)| (say(column), say(cell)))
        .filter(|(_, cell)| !cell.is_empty())
        .map(|(column, cell)| format!("{column}: {cell}"));
    let cells: Vec<String> = cells.collect();
    let mut text = format!("  {}  {}", row.member.short(), row.name);
    if !cells.is_empty() {
        text.push_str(&format!("  {}", cells.join("; ")));
    }
    if let Some(mark) = &row.mark {
        text.push_str(&format!("  [{}]", say(&mark.words)));
    }
    // What a person can go on with by its own id.
    if let Some(at) = row.at.filter(|at| at.kind.case.is_some()) {
        text.push_str(&format!("  {}", at.doc.short()));
    }
    text
}
