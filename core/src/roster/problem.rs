//! What is told about a roster, in both languages: problems of cells and notes about the rest.

use crate::caution::Caution;
use crate::commune::Commune;
use crate::date::DateError;
use crate::kind::Code;
use crate::regulation::Rule;
use std::fmt;

/// Whether a problem forbids taking the roster over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Somebody should look at it.
    Warning,
    /// It must be mended first.
    Bad,
}

/// A sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

fn message(vi: impl Into<String>, en: impl Into<String>) -> Message {
    Message {
        vi: vi.into(),
        en: en.into(),
    }
}

/// A column as the sheet shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnName {
    /// `A`, `B`, …, `AA`.
    pub letter: String,
    /// The header as it is written.
    pub header: String,
}

impl fmt::Display for ColumnName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.letter, self.header)
    }
}

/// Something about one cell or row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The sheet.
    pub sheet: String,
    /// The row as the sheet numbers it, from 1.
    pub row_number: usize,
    /// The column, unless the whole row is meant.
    pub column: Option<ColumnName>,
    /// What stands there.
    pub found: String,
    /// What is the matter.
    pub kind: ProblemKind,
}

/// What is the matter with a cell or row.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProblemKind {
    /// Not a date.
    NotADate(DateError),
    /// A number that Excel means as a date, though the cell is not marked as one.
    NumberAsDate,
    /// Not one of the list.
    NotInList(&'static [Code]),
    /// Neither yes nor no.
    NotYesOrNo,
    /// A formula's error.
    FormulaError,
    /// Longer than this many bytes.
    TooLong(usize),
    /// More entries in a cell than this many.
    TooManyEntries(usize),
    /// A person without a name.
    NoName,
    /// A name with characters that names do not have, as from an old font.
    StrangeName,
    /// Excel has dropped a zero in front; it was put back.
    ZerosPutBack,
    /// Excel made a date of an education such as 7/10; it was turned back.
    DateTurnedBack,
    /// Excel made a date of it, and nobody can say of what.
    DateForText,
    /// Only the beginning of the cell was understood. The whole is kept beside the fields.
    PartlyUnderstood,
    /// The same person stands in that row already.
    SamePerson {
        /// Its sheet.
        sheet: String,
        /// Its row.
        row_number: usize,
    },
    /// The commune was divided: one of these.
    CommuneDivided(Vec<Commune>),
    /// The address may mean one of these.
    CommuneAmbiguous(Vec<Commune>),
    /// No commune of today has this code.
    UnknownCommuneCode,
    /// It has words that stand in what must not be kept here.
    NotKeptHere(&'static Caution),
    /// It does not look as a rule says.
    Unusual(Box<Rule>),
}

impl Problem {
    /// Whether it forbids taking the roster over.
    pub fn severity(&self) -> Severity {
        match self.kind {
            ProblemKind::NotADate(_)
            | ProblemKind::NotInList(_)
            | ProblemKind::NotYesOrNo
            | ProblemKind::FormulaError
            | ProblemKind::TooLong(_)
            | ProblemKind::TooManyEntries(_)
            | ProblemKind::NoName
            | ProblemKind::DateForText => Severity::Bad,
            _ => Severity::Warning,
        }
    }

    /// What is the matter and what is allowed.
    pub fn message(&self) -> Message {
        match &self.kind {
            ProblemKind::NotADate(error) => date_message(error),
            ProblemKind::NumberAsDate => message(
                "Ô này là số, được đọc như ngày của Excel; hãy kiểm tra lại.",
                "The cell is a number and was read as a date of Excel; please check.",
            ),
            ProblemKind::NotInList(codes) => {
                let list = |label: fn(&Code) -> &'static str| {
                    codes.iter().map(label).collect::<Vec<_>>().join("; ")
                };
                message(
                    format!("Chỉ được ghi một trong: {}.", list(|c| c.label.vi)),
                    format!("Only one of these is allowed: {}.", list(|c| c.label.en)),
                )
            }
            ProblemKind::NotYesOrNo => message(
                "Chỉ được ghi “có”, “không”, “x” hoặc để trống.",
                "Only yes (có, x), no (không) or nothing is allowed.",
            ),
            ProblemKind::FormulaError => message(
                "Công thức trong ô bị lỗi; hãy ghi giá trị.",
                "The formula in the cell fails; write the value.",
            ),
            ProblemKind::TooLong(bytes) => message(
                format!("Quá dài: tối đa {bytes} byte."),
                format!("Too long: at most {bytes} bytes."),
            ),
            ProblemKind::TooManyEntries(count) => message(
                format!("Quá nhiều dòng trong một ô: tối đa {count}."),
                format!("Too many lines in one cell: at most {count}."),
            ),
            ProblemKind::NoName => message(
                "Dòng có dữ liệu nhưng thiếu họ và tên.",
                "The row has data but no full name.",
            ),
            ProblemKind::StrangeName => message(
                "Họ tên có ký tự lạ (có thể do phông chữ cũ); cần chữ Unicode.",
                "The name has unusual characters (an old font, perhaps); Unicode letters are expected.",
            ),
            ProblemKind::ZerosPutBack => message(
                "Excel đã bỏ số 0 ở đầu; số 0 đã được thêm lại, hãy kiểm tra.",
                "Excel had dropped the zeros in front; they were put back, please check.",
            ),
            ProblemKind::DateTurnedBack => message(
                "Excel đã đổi ô này thành ngày; đã đổi lại, hãy kiểm tra.",
                "Excel had made a date of this; it was turned back, please check.",
            ),
            ProblemKind::DateForText => message(
                "Excel đã đổi ô này thành ngày; hãy ghi lại dưới dạng chữ, ví dụ 7/10.",
                "Excel has made a date of this; write it again as text, such as 7/10.",
            ),
            ProblemKind::PartlyUnderstood => message(
                "Chỉ hiểu phần đầu; toàn bộ nội dung ô được giữ riêng. Cách ghi đủ: hình thức | ngày | số quyết định | cơ quan.",
                "Only the beginning was understood; the whole is kept aside. In full: form | date | decision number | issuer.",
            ),
            ProblemKind::SamePerson { sheet, row_number } => message(
                format!("Trùng họ tên và ngày sinh với dòng {row_number}, trang “{sheet}”."),
                format!("Same name and date of birth as row {row_number} of sheet “{sheet}”."),
            ),
            ProblemKind::CommuneDivided(all) => {
                let list = candidates(all);
                message(
                    format!("Xã cũ đã chia về nhiều xã; hãy chọn: {list}."),
                    format!("The old commune was divided; choose one: {list}."),
                )
            }
            ProblemKind::CommuneAmbiguous(all) => {
                let list = candidates(all);
                message(
                    format!("Chưa rõ xã hiện nay; có thể là: {list}."),
                    format!("Today's commune is not clear; perhaps: {list}."),
                )
            }
            ProblemKind::UnknownCommuneCode => message(
                "Không có xã nào hiện nay mang mã này (5 chữ số).",
                "No commune of today has this code (5 digits).",
            ),
            ProblemKind::NotKeptHere(caution) => {
                let (label, words) = (caution.about.label(), &caution.words);
                message(
                    format!(
                        "Có chữ “{words}”: {} ({}).",
                        label.vi,
                        caution.source.shown()
                    ),
                    format!(
                        "It says “{words}”: {} ({}).",
                        label.en,
                        caution.source.shown()
                    ),
                )
            }
            ProblemKind::Unusual(rule) => {
                let (label, amount, source) =
                    (rule.key.label(), rule.amount.text(), rule.source.shown());
                let from = |source: &str| match source.is_empty() {
                    true => String::new(),
                    false => format!(" ({source})"),
                };
                message(
                    format!(
                        "Không giống quy định: {} {amount}{}. Vẫn được nhận.",
                        label.vi,
                        from(&source)
                    ),
                    format!(
                        "Not as the rule says: {} {amount}{}. It is taken all the same.",
                        label.en,
                        from(&source)
                    ),
                )
            }
        }
    }
}

fn date_message(error: &DateError) -> Message {
    let form = "03/02/1930, 02/1930, 1930";
    let (vi, en) = match error {
        DateError::ShortYear => (
            "Năm phải đủ bốn chữ số".to_owned(),
            "The year needs four digits".to_owned(),
        ),
        DateError::Year(year) => (format!("Không có năm {year}"), format!("No year {year}")),
        DateError::Month(month) => (
            format!("Không có tháng {month}"),
            format!("There is no month {month}"),
        ),
        DateError::Day { day, month, year } => (
            format!("Tháng {month:02}/{year} không có ngày {day}"),
            format!("There is no day {day} in {month:02}/{year}"),
        ),
        DateError::NotADate => ("Không phải ngày tháng".to_owned(), "Not a date".to_owned()),
    };
    message(
        format!("{vi}. Cách ghi: {form}."),
        format!("{en}. Write it as: {form}."),
    )
}

/// Candidates for a sentence; of many, the first.
fn candidates(all: &[Commune]) -> String {
    let mut list: Vec<String> = all
        .iter()
        .take(8)
        .map(|c| format!("{c} ({})", c.code))
        .collect();
    if all.len() > list.len() {
        list.push(format!("… ({})", all.len()));
    }
    list.join("; ")
}

/// Something about the file that is no problem but should be known.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// A column that no field matches; its values are kept as `extra`.
    UnknownColumn {
        /// The sheet.
        sheet: String,
        /// The column.
        column: ColumnName,
    },
    /// A second column for the same field; its values are kept as `extra`.
    ColumnTwice {
        /// The sheet.
        sheet: String,
        /// The column.
        column: ColumnName,
    },
    /// A hidden sheet was not read.
    HiddenSheet {
        /// The sheet.
        sheet: String,
    },
    /// A sheet without a column of full names was not read.
    NoRoster {
        /// The sheet.
        sheet: String,
    },
    /// A row that is no member's: totals, signatures, remarks.
    RowLeftOut {
        /// The sheet.
        sheet: String,
        /// The row.
        row_number: usize,
        /// What stands in it.
        text: String,
    },
    /// There are more problems than are told.
    MoreProblems,
}

impl Note {
    /// The note as a sentence.
    pub fn message(&self) -> Message {
        match self {
            Note::UnknownColumn { sheet, column } => message(
                format!(
                    "Trang “{sheet}”: cột {column} không có trong mẫu; nội dung được giữ riêng."
                ),
                format!(
                    "Sheet “{sheet}”: column {column} matches no field; its values are kept aside."
                ),
            ),
            Note::ColumnTwice { sheet, column } => message(
                format!(
                    "Trang “{sheet}”: cột {column} trùng với cột trước; nội dung được giữ riêng."
                ),
                format!(
                    "Sheet “{sheet}”: column {column} repeats an earlier one; its values are kept aside."
                ),
            ),
            Note::HiddenSheet { sheet } => message(
                format!("Trang ẩn “{sheet}” không được đọc."),
                format!("The hidden sheet “{sheet}” was not read."),
            ),
            Note::NoRoster { sheet } => message(
                format!("Trang “{sheet}” không có cột họ và tên nên không được đọc."),
                format!("Sheet “{sheet}” has no column of full names and was not read."),
            ),
            Note::RowLeftOut {
                sheet,
                row_number,
                text,
            } => message(
                format!(
                    "Trang “{sheet}”, dòng {row_number} không phải đảng viên, được bỏ qua: {text}"
                ),
                format!("Sheet “{sheet}”, row {row_number} is no member and was left out: {text}"),
            ),
            Note::MoreProblems => message(
                "Còn nhiều vấn đề khác; hãy sửa những chỗ này trước.",
                "There are more problems; mend these first.",
            ),
        }
    }
}
