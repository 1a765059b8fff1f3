//! What the rules say (*quy định*): every number by which terms run and cautions are given, with the document behind it,
//! from which day to which day, and whether anybody held it against that document.

use crate::branch::day;
use crate::chibo::{Chibo, count};
use crate::describe::Text;
use crate::error::ChiboError;
use chibo_core::regulation::Rule;
use chibo_device::lists::Known;

/// One row of what the rules say. Days are as `2025-07-01`.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct RuleRow {
    /// Its code, such as `transfer.start`; several rows of one code hold one after another.
    pub code: String,
    /// What it is about.
    pub label: Text,
    /// The value as it is written, such as `60` or `3/2 19/5`; empty: there is nothing to count.
    pub value: String,
    /// What the value counts, by code, such as `working_days`.
    pub unit: String,
    /// The same in words; empty: nothing is counted.
    pub unit_label: Text,
    /// Number and symbol of the document that says so; empty: none was found.
    pub source: String,
    /// The day of that document; of some only the month or the year is known.
    pub source_on: Option<String>,
    /// The article or point in it.
    pub article: String,
    /// The document, its day and the article in one line.
    pub source_said: String,
    /// The first day on which it holds.
    pub valid_from: String,
    /// The last day; `null`: it is still in force.
    pub valid_to: Option<String>,
    /// Whether the value was held against the document. What was not is marked wherever it is shown (*chưa kiểm chứng*).
    pub is_verified: bool,
    /// Whether the office added it, and it did not come with the program.
    pub is_added: bool,
    /// What a reader should know.
    pub note: Text,
}

/// What the rules say on this device.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Rules {
    /// The rows.
    pub rows: Vec<RuleRow>,
    /// How many rows of the office this app does not understand: it is older than they are.
    pub strange: u32,
}

fn row(rule: &Rule) -> RuleRow {
    let unit = rule.amount.unit();
    RuleRow {
        code: rule.key.name().into(),
        label: rule.key.label().into(),
        value: rule.amount.text(),
        unit: unit.code().into(),
        unit_label: unit.label().into(),
        source: rule.source.number.clone(),
        source_on: rule.source.on.map(|on| on.to_string()),
        article: rule.source.article.clone(),
        source_said: rule.source.shown(),
        valid_from: rule.from.to_string(),
        valid_to: rule.to.map(|to| to.to_string()),
        is_verified: rule.is_verified,
        is_added: rule.is_added,
        note: Text {
            vi: rule.note.vi.clone(),
            en: rule.note.en.clone(),
        },
    }
}

#[uniffi::export]
impl Chibo {
    /// What the rules say: all rows, or those that hold on a day. They come with the app; the office's own rows come with
    /// what is synced.
    pub fn regulations(&self, on: Option<String>) -> Result<Rules, ChiboError> {
        self.shared.call(|h, _| {
            let on = on.as_deref().map(|on| day("on", on)).transpose()?;
            let known = Known::of(h.phone.store())?;
            Ok(Rules {
                rows: known.rows(on).map(row).collect(),
                strange: count(known.strange),
            })
        })
    }
}
