//! The plan's table: lines of cells with tabs between, as a spreadsheet writes them.
//!
//! A line is empty, a remark (`#`), or begins with a word that says what it is:
//!
//! | word | cells after it |
//! | --- | --- |
//! | `decision`, `quyết định` | number, issuer, issued on, in force from |
//! | `new`, `lập` | name, sort, under which unit, level (may be missing) |
//! | `end`, `kết thúc` | unit, what it becomes (several with `;` between; `-`: nothing), how |
//! | `move`, `chuyển` | unit or member, under which unit |
//! | `rename`, `đổi tên` | unit, name from now on, sort and level (may be missing: they stay) |
//! | `from`, `tiền thân` | unit, the name of one that it came of and that is not kept here, how |
//! | `count`, `số liệu` | unit, its branches afterwards, its members afterwards |
//!
//! A unit is named as it is called, by the end of its path (`Đảng bộ xã Xuân Châu > Chi bộ Xóm 5`), or by the
//! first eight digits or more of its id. Where a unit of the plan bears the same name as one that is there, what
//! is said *under* and *becomes* is the plan's, and what ends, moves and is renamed is the one that is there.
//!
//! Does not know: the tree; whether what is said can be is asked of [`super::preview`].

use crate::date::{Day, PartialDate};
use crate::domain::unit::{HOW, LEVELS, UNIT_SORTS};
use crate::field;
use crate::kind::Code;
use crate::limits;
use crate::text;

/// A reorganisation as it was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The decision's number, as on paper.
    pub number: String,
    /// Who issued it.
    pub body: String,
    /// The day on which it was issued.
    pub issued_on: Day,
    /// The first day on which it holds.
    pub in_force: Day,
    /// What it says, each with its line in the file, from 1.
    pub says: Vec<(usize, Says)>,
    /// The text that it was read from.
    pub text: String,
}

/// One line of a plan. Units are named as the module says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Says {
    /// A unit is made.
    New {
        /// Its name.
        name: String,
        /// Its sort: a code of [`UNIT_SORTS`].
        sort: &'static str,
        /// The unit that it stands under.
        under: String,
        /// Its level: a code of [`LEVELS`].
        level: Option<&'static str>,
    },
    /// A unit ends. What stands under it goes to the first of its successors, if nothing else is said.
    End {
        /// The unit.
        unit: String,
        /// What it becomes.
        becomes: Vec<String>,
        /// How: a code of [`HOW`].
        how: &'static str,
    },
    /// A unit or a member goes elsewhere than the unit that it stood under.
    Move {
        /// The unit or member.
        what: String,
        /// The unit that it stands under from now on.
        under: String,
    },
    /// A unit goes on under another name.
    Rename {
        /// The unit.
        unit: String,
        /// Its name from now on.
        name: String,
        /// Its sort from now on; `None`: as before.
        sort: Option<&'static str>,
        /// Its level from now on; `None`: as before.
        level: Option<&'static str>,
    },
    /// A unit came of another as well, which is not kept here.
    From {
        /// The unit.
        unit: String,
        /// What the other was called.
        name: String,
        /// How: a code of [`HOW`].
        how: &'static str,
    },
    /// How many there must be afterwards. A decision says so, and what does not agree is not applied.
    Count {
        /// The unit.
        unit: String,
        /// Its branches, at any depth.
        branches: usize,
        /// Its members.
        members: usize,
    },
}

/// Why a text is no plan. Nothing was looked up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// Longer than any reorganisation of what one node keeps.
    #[error("the plan has {bytes} bytes; {} are read at most", limits::PLAN_BYTES)]
    TooLong {
        /// Its bytes.
        bytes: usize,
    },
    /// More lines than that.
    #[error("the plan has more than {} lines", limits::PLAN_LINES)]
    TooManyLines,
    /// No line says by which decision.
    #[error(
        "no line says which decision this is: decision, number, issuer, issued on, in force from"
    )]
    NoDecision,
    /// A line does not say what it should.
    #[error("line {line}: {problem}")]
    Line {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        problem: LineProblem,
    },
}

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineProblem {
    /// It begins with none of the words.
    #[error("{0} is none of: decision, new, end, move, rename, from, count")]
    Word(String),
    /// A cell is empty or not there.
    #[error("cell {0} is missing")]
    Missing(usize),
    /// A cell is longer than a name.
    #[error("cell {0} is longer than a name")]
    Long(usize),
    /// Not a whole date.
    #[error("{0} is no date; write 01/07/2025")]
    Date(String),
    /// None of a list's values.
    #[error("{found} is none of: {}", allowed.join(", "))]
    NotInList {
        /// What was written.
        found: String,
        /// The codes that are allowed.
        allowed: Vec<&'static str>,
    },
    /// No whole number.
    #[error("{0} is no whole number")]
    Number(String),
    /// A plan carries out one decision.
    #[error("there is a decision already")]
    SecondDecision,
}

/// The cells of a line, each asked for by its number after the word.
struct Cells<'a>(Vec<&'a str>);

impl Cells<'_> {
    fn maybe(&self, n: usize) -> Result<Option<String>, LineProblem> {
        let cell = self.0.get(n).map_or("", |c| c.trim());
        match cell {
            "" => Ok(None),
            long if long.len() > limits::LINE_BYTES => Err(LineProblem::Long(n)),
            cell => Ok(Some(text::clean_line(cell))),
        }
    }

    fn text(&self, n: usize) -> Result<String, LineProblem> {
        self.maybe(n)?.ok_or(LineProblem::Missing(n))
    }

    fn day(&self, n: usize) -> Result<Day, LineProblem> {
        let typed = self.text(n)?;
        let day = PartialDate::parse(&typed).ok().and_then(PartialDate::day);
        day.ok_or(LineProblem::Date(typed))
    }

    fn number(&self, n: usize) -> Result<usize, LineProblem> {
        let typed = self.text(n)?;
        typed.parse().map_err(|_| LineProblem::Number(typed))
    }

    fn maybe_code(
        &self,
        n: usize,
        list: &'static [Code],
    ) -> Result<Option<&'static str>, LineProblem> {
        let Some(found) = self.maybe(n)? else {
            return Ok(None);
        };
        let allowed = || list.iter().map(|c| c.code).collect();
        let code = field::code(list, &found);
        code.map(Some).ok_or_else(|| LineProblem::NotInList {
            found,
            allowed: allowed(),
        })
    }

    fn code(&self, n: usize, list: &'static [Code]) -> Result<&'static str, LineProblem> {
        self.maybe_code(n, list)?.ok_or(LineProblem::Missing(n))
    }

    /// Several units, or none where there is a dash.
    fn units(&self, n: usize) -> Result<Vec<String>, LineProblem> {
        let cell = self.text(n)?;
        let all = cell.split(';').map(str::trim);
        Ok(all
            .filter(|u| !u.is_empty() && *u != "-")
            .map(str::to_owned)
            .collect())
    }

    fn says(&self) -> Result<Says, LineProblem> {
        let word = self.0.first().copied().unwrap_or_default();
        Ok(match text::fold_words(word).as_str() {
            "new" | "lap" | "thanh lap" => Says::New {
                name: text::clean_name(&self.text(1)?),
                sort: self.code(2, &UNIT_SORTS)?,
                under: self.text(3)?,
                level: self.maybe_code(4, &LEVELS)?,
            },
            "end" | "ket thuc" => Says::End {
                unit: self.text(1)?,
                becomes: self.units(2)?,
                how: self.code(3, &HOW)?,
            },
            "move" | "chuyen" => Says::Move {
                what: self.text(1)?,
                under: self.text(2)?,
            },
            "rename" | "doi ten" => Says::Rename {
                unit: self.text(1)?,
                name: text::clean_name(&self.text(2)?),
                sort: self.maybe_code(3, &UNIT_SORTS)?,
                level: self.maybe_code(4, &LEVELS)?,
            },
            "from" | "tien than" => Says::From {
                unit: self.text(1)?,
                name: text::clean_name(&self.text(2)?),
                how: self.code(3, &HOW)?,
            },
            "count" | "so lieu" => Says::Count {
                unit: self.text(1)?,
                branches: self.number(2)?,
                members: self.number(3)?,
            },
            _ => return Err(LineProblem::Word(text::clean_line(word))),
        })
    }
}

impl Plan {
    /// Reads a plan.
    ///
    /// # Errors
    /// [`PlanError`], with the line that is to be mended.
    pub fn parse(text: &str) -> Result<Plan, PlanError> {
        if text.len() > limits::PLAN_BYTES {
            return Err(PlanError::TooLong { bytes: text.len() });
        }
        let mut decision = None;
        let mut says = Vec::new();
        for (i, row) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = i + 1;
            if line > limits::PLAN_LINES {
                return Err(PlanError::TooManyLines);
            }
            if row.trim().is_empty() || row.trim_start().starts_with('#') {
                continue;
            }
            let cells = Cells(row.split('\t').collect());
            let at = |problem| PlanError::Line { line, problem };
            let word = text::fold_words(cells.0.first().copied().unwrap_or_default());
            if matches!(word.as_str(), "decision" | "quyet dinh") {
                if decision.is_some() {
                    return Err(at(LineProblem::SecondDecision));
                }
                let of = || Ok((cells.text(1)?, cells.text(2)?, cells.day(3)?, cells.day(4)?));
                decision = Some(of().map_err(at)?);
            } else {
                says.push((line, cells.says().map_err(at)?));
            }
        }
        let (number, body, issued_on, in_force) = decision.ok_or(PlanError::NoDecision)?;
        Ok(Plan {
            number,
            body,
            issued_on,
            in_force,
            says,
            text: text.to_owned(),
        })
    }
}
