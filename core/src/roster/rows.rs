//! From tables to members: which rows are people, of which branch, with which values.

use super::columns::{Column, Header, Use, header_of, repeats_header};
use super::problem::{Note, Problem, ProblemKind};
use super::table::{Cell, Table};
use super::values::{self, text_of};
use super::{BranchRows, Looking, MemberRow, Roster, RosterError, entries};
use crate::caution::{self, Why};
use crate::commune::Communes;
use crate::document::{Value, Values};
use crate::domain::member::MEMBER;
use crate::kind::{Field, FieldType, Kind};
use crate::limits;
use crate::text::{clean_line, clean_name, fold_words};
use std::collections::BTreeMap;

/// Before the header of a cell that is kept because it was not understood.
const KEPT: &str = "Chưa nhận: ";

/// Beginnings of rows that sum up, folded.
static TOTALS: [&str; 5] = ["tong", "cong", "tong so", "tong cong", "danh sach nay"];
/// Beginnings of rows that sign, folded.
static SIGNATURES: [&str; 16] = [
    "t m",
    "tm",
    "bi thu",
    "pho bi thu",
    "nguoi lap",
    "nguoi ghi",
    "xac nhan",
    "ky ten",
    "k t",
    "kt",
    "thu ky",
    "chi uy",
    "dang uy",
    "ghi chu",
    "noi nhan",
    "chi uy chi bo",
];

/// Reads every table that has a header.
pub(super) fn roster_of(
    tables: &[Table],
    by: Looking,
    notes: &mut Vec<Note>,
) -> Result<Roster, RosterError> {
    let mut roster = Roster::default();
    let with_header: Vec<_> = tables
        .iter()
        .map(|table| (table, header_of(table)))
        .collect();
    let several = with_header.iter().filter(|(_, h)| h.is_some()).count() > 1;
    if with_header.iter().all(|(_, h)| h.is_none()) {
        return Err(RosterError::NoHeader);
    }
    for (table, header) in with_header {
        let Some((header, about_columns)) = header else {
            // An empty sheet is nothing to tell about.
            if !table.rows.is_empty() {
                notes.push(Note::NoRoster {
                    sheet: table.sheet.clone(),
                });
            }
            continue;
        };
        notes.extend(about_columns);
        let mut sheet = Sheet {
            table,
            by,
            header,
            branch: None,
            after_end: false,
            branches: Vec::new(),
            problems: Vec::new(),
            notes: Vec::new(),
        };
        sheet.branch = sheet.titled_branch(several);
        sheet.read();
        roster.branches.append(&mut sheet.branches);
        roster.problems.append(&mut sheet.problems);
        notes.append(&mut sheet.notes);
    }
    report_same_people(&mut roster);
    if roster.problems.len() > limits::ROSTER_PROBLEMS {
        // What blocks is told before what only warns.
        roster
            .problems
            .sort_by_key(|p| std::cmp::Reverse(p.severity()));
        roster.problems.truncate(limits::ROSTER_PROBLEMS);
        notes.push(Note::MoreProblems);
    }
    Ok(roster)
}

/// What is known while one sheet is read from top to bottom.
struct Sheet<'a> {
    table: &'a Table,
    by: Looking<'a>,
    header: Header,
    /// The branch that the next rows belong to.
    branch: Option<String>,
    /// Totals or signatures have been seen.
    after_end: bool,
    branches: Vec<BranchRows>,
    problems: Vec<Problem>,
    notes: Vec<Note>,
}

impl Sheet<'_> {
    /// The branch that the title names, or else the sheet's name, if that can be one.
    fn titled_branch(&self, several: bool) -> Option<String> {
        let titles = self.table.rows.range(..self.header.first_row);
        let titled = titles
            .flat_map(|(_, row)| row.values())
            .filter_map(|cell| branch_in(&text_of(cell)))
            .next_back();
        let sheet = &self.table.sheet;
        titled
            .or_else(|| branch_in(sheet))
            .or_else(|| several.then(|| clean_line(sheet)))
    }

    fn read(&mut self) {
        let table = self.table;
        for (index, row) in table.rows.range(self.header.last_row + 1..) {
            let number = index + 1;
            if repeats_header(&self.header, row) {
                continue;
            }
            if let Some(branch) = section_of(row) {
                self.branch = Some(branch);
                self.after_end = false;
            } else if self.is_member(row) {
                self.read_member(number, row);
            } else {
                self.leave_out(number, row);
            }
        }
    }

    /// Whether the row is a person's, told by what stands in it and what stood above.
    fn is_member(&mut self, row: &BTreeMap<usize, Cell>) -> bool {
        let first = row.values().next().map(text_of).unwrap_or_default();
        let name = self.name_in(row);
        let begins = |text: &str, beginnings: &[&str]| {
            let folded = fold_words(text);
            beginnings
                .iter()
                .any(|b| folded == *b || folded.starts_with(&format!("{b} ")))
        };
        let known = self.known_values(row);
        // `Tống Văn Bình` begins as a total does, but has a date of birth.
        let sums = begins(&first, &TOTALS) || (begins(&name, &TOTALS) && known < 2);
        let signs = (begins(&first, &SIGNATURES) || begins(&name, &SIGNATURES)) && known < 2;
        if sums || signs {
            self.after_end = true;
            return false;
        }
        let numbered = self.columns(|u| *u == Use::Number).any(|(column, _)| {
            row.get(column)
                .is_some_and(|c| matches!(c, Cell::Number(_)) || is_digits(&text_of(c)))
        });
        if name.is_empty() {
            return known >= 2 && (numbered || !self.after_end);
        }
        match self.after_end {
            true => numbered || known >= 2,
            false => true,
        }
    }

    fn columns(&self, wanted: impl Fn(&Use) -> bool) -> impl Iterator<Item = (&usize, &Column)> {
        self.header
            .columns
            .iter()
            .filter(move |(_, c)| wanted(&c.used))
    }

    /// How many fields other than the name have a value of their own.
    fn known_values(&self, row: &BTreeMap<usize, Cell>) -> usize {
        let mut seen = Vec::new();
        for (column, _) in self.columns(|u| match u {
            Use::Field(_, field) => field.name != "full_name",
            Use::AddressPart(..) | Use::BornIf(_) | Use::SexMark(_) => true,
            _ => false,
        }) {
            // Merged over several columns, one text is one value.
            if let Some(cell) = row.get(column)
                && !seen.contains(&cell)
            {
                seen.push(cell);
            }
        }
        seen.len()
    }

    fn name_in(&self, row: &BTreeMap<usize, Cell>) -> String {
        let mut parts: Vec<String> = Vec::new();
        for (column, _) in self.columns(|u| match u {
            Use::Field(_, field) => field.name == "full_name",
            Use::Surname | Use::GivenName => true,
            _ => false,
        }) {
            let text = row.get(column).map(text_of).unwrap_or_default();
            if !text.is_empty() && parts.last() != Some(&text) {
                parts.push(text);
            }
        }
        clean_name(&parts.join(" "))
    }

    fn leave_out(&mut self, row_number: usize, row: &BTreeMap<usize, Cell>) {
        let mut texts: Vec<String> = row.values().map(|c| clean_line(&text_of(c))).collect();
        texts.dedup();
        self.notes.push(Note::RowLeftOut {
            sheet: self.table.sheet.clone(),
            row_number,
            text: texts.join(" · "),
        });
    }

    fn read_member(&mut self, row_number: usize, row: &BTreeMap<usize, Cell>) {
        let mut reader = RowReader {
            by: self.by,
            row: MemberRow {
                sheet: self.table.sheet.clone(),
                row_number,
                ..MemberRow::default()
            },
            address_parts: BTreeMap::new(),
            problems: Vec::new(),
        };
        let mut own_branch = None;
        for (index, column) in &self.header.columns {
            let Some(cell) = row.get(index) else { continue };
            match column.used {
                Use::Branch => own_branch = Some(branch_called(&text_of(cell))),
                used => reader.read_cell(cell, column, used),
            }
        }
        let name = self.name_in(row);
        reader.finish(&name, &self.header);
        if let Some(branch) = own_branch.filter(|b| !b.is_empty()) {
            self.branch = Some(branch);
        }
        self.problems.append(&mut reader.problems);
        let open = self
            .branches
            .iter_mut()
            .find(|b| b.branch_name == self.branch);
        match open {
            Some(branch) => branch.rows.push(reader.row),
            None => self.branches.push(BranchRows {
                sheet: self.table.sheet.clone(),
                branch_name: self.branch.clone(),
                rows: vec![reader.row],
            }),
        }
    }
}

/// One member while its cells are read.
struct RowReader<'a> {
    by: Looking<'a>,
    row: MemberRow,
    address_parts: BTreeMap<&'static str, (&'static Kind, Vec<String>)>,
    problems: Vec<Problem>,
}

impl RowReader<'_> {
    fn report(&mut self, column: Option<&Column>, found: String, kind: ProblemKind) {
        self.problems.push(Problem {
            sheet: self.row.sheet.clone(),
            row_number: self.row.row_number,
            column: column.map(|c| c.name.clone()),
            found,
            kind,
        });
    }

    fn put(&mut self, kind: &'static Kind, path: impl Into<String>, value: String) {
        self.row.values.insert((kind.name, path.into()), value);
    }

    fn read_cell(&mut self, cell: &Cell, column: &Column, used: Use) {
        self.look_for_what_is_not_kept(cell, column, used);
        match used {
            Use::Field(_, field) if field.name == "full_name" => {}
            Use::Field(kind, field) => match field.kind {
                FieldType::Entries(fields) => self.read_entries(cell, column, kind, field, fields),
                _ => self.read_value(cell, column, kind, field),
            },
            Use::AddressPart(kind, field) => {
                let text = clean_line(&text_of(cell));
                let (_, parts) = self
                    .address_parts
                    .entry(field.name)
                    .or_insert_with(|| (kind, Vec::new()));
                parts.push(text);
            }
            Use::BornIf(sex) => {
                if let Some(field) = MEMBER.field("born") {
                    self.put(&MEMBER, "sex", sex.to_owned());
                    self.read_value(cell, column, &MEMBER, field);
                }
            }
            Use::SexMark(sex) => match fold_words(&text_of(cell)).as_str() {
                "" | "0" | "khong" => {}
                _ => self.put(&MEMBER, "sex", sex.to_owned()),
            },
            Use::Extra => {
                self.row
                    .extra
                    .insert(column.name.header.clone(), text_of(cell).trim().to_owned());
            }
            Use::Surname | Use::GivenName | Use::Branch | Use::Number => {}
        }
    }

    /// Warns of words that do not belong here, where a cell goes into a text; also of those in the header of a
    /// column that is kept aside.
    fn look_for_what_is_not_kept(&mut self, cell: &Cell, column: &Column, used: Use) {
        let found = text_of(cell);
        let text = match used {
            Use::Field(_, field)
                if matches!(
                    field.kind,
                    FieldType::Line | FieldType::Prose | FieldType::Entries(_)
                ) =>
            {
                found.clone()
            }
            Use::AddressPart(..) => found.clone(),
            Use::Extra if !found.trim().is_empty() => format!("{}; {found}", column.name.header),
            _ => return,
        };
        for caution in caution::in_text(&text) {
            self.report(
                Some(column),
                found.clone(),
                ProblemKind::NotKeptHere(caution),
            );
        }
    }

    fn read_value(&mut self, cell: &Cell, column: &Column, kind: &'static Kind, field: &Field) {
        let found = text_of(cell);
        if is_dash(&found) && !matches!(field.kind, FieldType::Prose) {
            return;
        }
        let read = values::read(cell, field);
        if let Some(value) = read.value {
            self.look_at_its_form(kind, field, &value, column, &found);
            self.put(kind, field.name, value);
        }
        if let Some(problem) = read.problem {
            self.report(Some(column), found, problem);
        }
    }

    /// Warns of a number that does not look like one, as an edit does.
    fn look_at_its_form(
        &mut self,
        kind: &'static Kind,
        field: &Field,
        value: &str,
        column: &Column,
        found: &str,
    ) {
        let written = Values::from([(field.name.to_owned(), Value::Text(value.to_owned()))]);
        let Looking { regulations, today } = self.by;
        for warning in caution::unusual(kind, &written, &written, regulations, today) {
            if let Why::Rule(rule) = warning.why {
                self.report(
                    Some(column),
                    found.to_owned(),
                    ProblemKind::Unusual(Box::new(rule)),
                );
            }
        }
    }

    fn read_entries(
        &mut self,
        cell: &Cell,
        column: &Column,
        kind: &'static Kind,
        field: &Field,
        fields: &'static [Field],
    ) {
        let found = text_of(cell);
        if matches!(cell, Cell::Failed) {
            self.report(Some(column), found, ProblemKind::FormulaError);
            return;
        }
        let entries = entries::read(&found, fields);
        for (i, entry) in entries.list.into_iter().enumerate() {
            for (name, value) in entry {
                self.put(kind, format!("{}/{:04}/{name}", field.name, i + 1), value);
            }
        }
        for problem in entries.problems {
            if problem == ProblemKind::PartlyUnderstood {
                self.keep(column, &found);
            }
            self.report(Some(column), found.clone(), problem);
        }
    }

    /// Keeps a cell that was not or not wholly understood.
    fn keep(&mut self, column: &Column, found: &str) {
        let key = format!("{KEPT}{}", column.name.header);
        self.row.extra.insert(key, found.trim().to_owned());
    }

    /// What takes several columns: the name and the addresses.
    fn finish(&mut self, name: &str, header: &Header) {
        let column_of = |name: &str| {
            header.columns.values().find(|c| match c.used {
                Use::Field(_, field) | Use::AddressPart(_, field) => field.name == name,
                Use::Surname => name == "full_name",
                _ => false,
            })
        };
        if let Some(field) = MEMBER.field("full_name") {
            let read = values::read(&Cell::Text(name.to_owned()), field);
            if let Some(problem) = read.problem {
                self.report(column_of("full_name"), name.to_owned(), problem);
            }
            match read.value {
                Some(value) => self.put(&MEMBER, "full_name", value),
                None => self.report(column_of("full_name"), String::new(), ProblemKind::NoName),
            }
        }
        for (field, (kind, parts)) in std::mem::take(&mut self.address_parts) {
            let address = parts.join(", ");
            match address.len() > limits::LINE_BYTES {
                true => {
                    let problem = ProblemKind::TooLong(limits::LINE_BYTES);
                    self.report(column_of(field), address, problem);
                }
                false => self.put(kind, field, address),
            }
        }
        for field in MEMBER.fields {
            let code_field = format!("{}_code", field.name);
            if MEMBER.field(&code_field).is_some() {
                self.bring_to_today(field, code_field, column_of(field.name), &column_of);
            }
        }
    }

    /// Sets the code of today's commune where the address leaves no doubt, and says so where it does.
    fn bring_to_today<'c>(
        &mut self,
        field: &'static Field,
        code_field: String,
        column: Option<&Column>,
        column_of: &impl Fn(&str) -> Option<&'c Column>,
    ) {
        let key = (MEMBER.name, code_field.clone());
        if let Some(code) = self.row.values.get(&key).cloned() {
            if Communes::official().by_code(&code).is_none() {
                let problem = ProblemKind::UnknownCommuneCode;
                self.report(column_of(&code_field), code, problem);
            }
            return;
        }
        let address = self.row.values.get(&(MEMBER.name, field.name.to_owned()));
        let Some(address) = address.cloned() else {
            return;
        };
        match values::commune_code(&address) {
            Ok(Some(code)) => self.put(&MEMBER, code_field, code.to_owned()),
            Ok(None) => {}
            Err(problem) => self.report(column, address, problem),
        }
    }
}

/// Two rows with the same name and date of birth.
fn report_same_people(roster: &mut Roster) {
    let mut first: BTreeMap<(String, Option<String>), (String, usize)> = BTreeMap::new();
    let mut problems = Vec::new();
    for row in roster.members() {
        let Some(name) = row.value("member", "full_name") else {
            continue;
        };
        let born = row.value("member", "born").map(str::to_owned);
        let place = (row.sheet.clone(), row.row_number);
        match first.entry((fold_words(name), born)) {
            std::collections::btree_map::Entry::Vacant(free) => {
                free.insert(place);
            }
            std::collections::btree_map::Entry::Occupied(taken) => problems.push(Problem {
                sheet: row.sheet.clone(),
                row_number: row.row_number,
                column: None,
                found: name.to_owned(),
                kind: ProblemKind::SamePerson {
                    sheet: taken.get().0.clone(),
                    row_number: taken.get().1,
                },
            }),
        }
    }
    roster.problems.append(&mut problems);
}

/// The branch that a row names as the heading of the rows below it.
fn section_of(row: &BTreeMap<usize, Cell>) -> Option<String> {
    let mut cells = row.values().filter(|c| !is_numeral(&text_of(c)));
    let first = cells.next()?;
    // One text alone, or merged over the row.
    if cells.any(|c| c != first) {
        return None;
    }
    let text = text_of(first);
    let folded = fold_words(&text);
    let named = folded.starts_with("chi bo ") || folded.starts_with("danh sach ");
    named.then(|| branch_in(&text)).flatten()
}

/// `I`, `II.`, `3` before the name of a section.
fn is_numeral(text: &str) -> bool {
    let folded = fold_words(text);
    !folded.is_empty()
        && folded
            .chars()
            .all(|c| matches!(c, 'i' | 'v' | 'x') || c.is_ascii_digit())
}

/// The branch in a title: from the words `chi bộ` to the end of the line.
fn branch_in(text: &str) -> Option<String> {
    text.lines().rev().find_map(|line| {
        let line = clean_line(line);
        let words: Vec<&str> = line.split(' ').collect();
        let at = words
            .windows(2)
            .position(|w| fold_words(w[0]) == "chi" && fold_words(w[1]) == "bo")?;
        let name = words[at..].join(" ");
        // "Chi bộ:" alone names none.
        (words.len() > at + 2).then(|| branch_called(&name))
    })
}

/// A branch's name in one spelling: `CHI BỘ XÓM 5` is `Chi bộ Xóm 5`.
fn branch_called(text: &str) -> String {
    let name = clean_name(text);
    let name = name.trim_end_matches([':', ',', '.']);
    match name.strip_prefix("Chi Bộ") {
        Some(rest) => format!("Chi bộ{rest}"),
        None => name.replacen("Chi bộ:", "Chi bộ", 1),
    }
}

fn is_digits(text: &str) -> bool {
    let text = text.trim().trim_end_matches('.');
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// A dash where nothing is to be said.
fn is_dash(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty()
        && text
            .chars()
            .all(|c| matches!(c, '-' | '–' | '—' | '_' | '.' | '/'))
}
