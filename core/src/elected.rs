//! The decisions that confirmed the elections (*chuẩn y kết quả bầu cử*) of a unit, read from the seats of its committee.
//!
//! Such a decision is no document of its own: the seats that it confirmed say it ([`crate::node::Election`]). Its
//! number stands in the same series as those of all other decisions of its body, so it is told among them: else it
//! would be called missing.

use crate::document::{Value, Values};
use crate::register::text;
use std::collections::BTreeMap;

/// What such a paper says where a decision says its form.
const ELECTION: &str = "election";

/// Whether a paper is the confirmation of an election ([`confirmations`]).
pub fn is_confirmation(paper: &Values) -> bool {
    text(paper, "form") == Some(ELECTION)
}

/// The papers that confirmed the elections of a unit, given its document, each as a decision says it. Where nobody has
/// said their day, the day of the congress stands for it.
pub fn confirmations(unit: &Values) -> Vec<Values> {
    let mut seats: BTreeMap<&str, BTreeMap<&str, &Value>> = BTreeMap::new();
    for (path, value) in unit {
        let cell = path
            .strip_prefix("committee/")
            .and_then(|p| p.split_once('/'));
        if let Some((seat, cell)) = cell {
            seats.entry(seat).or_default().insert(cell, value);
        }
    }
    // Two seats that say the same of their paper have one; of what one of them leaves out, the other says it.
    let mut papers: BTreeMap<(String, String), Values> = BTreeMap::new();
    for seat in seats.values() {
        let own = |cell: &str| seat.get(cell).map(|v| v.shown()).unwrap_or_default();
        let (number, congress) = (own("number"), own("from"));
        if number.is_empty() {
            continue;
        }
        let (number, symbol) = parts(&number);
        let said = |text: &str| Value::Text(text.to_owned());
        let key = (format!("{number}-{symbol}"), congress.clone());
        let paper = papers.entry(key).or_insert_with(|| {
            let mut paper = Values::from([
                ("form".to_owned(), said(ELECTION)),
                ("number".to_owned(), said(number)),
            ]);
            let more = [("symbol", symbol), ("issued_on", congress.as_str())];
            let more = more.into_iter().filter(|(_, text)| !text.is_empty());
            paper.extend(more.map(|(name, text)| (name.to_owned(), said(text))));
            paper
        });
        for cell in [
            "issued_on",
            "body",
            "signatory",
            "original_seen",
            "recorded_by",
        ] {
            let stands = seat.get(cell).filter(|v| ***v != Value::Cleared);
            paper.extend(stands.map(|v| (cell.to_owned(), (*v).clone())));
        }
    }
    papers.into_values().collect()
}

/// A number and its symbol, as people write them together: `45-QĐ/ĐU`.
fn parts(number: &str) -> (&str, &str) {
    let digits = number.find(|c: char| !c.is_ascii_digit());
    let split = digits.filter(|at| *at > 0).map(|at| number.split_at(at));
    let Some((digits, symbol)) = split else {
        return (number, "");
    };
    match symbol.trim_start().strip_prefix('-') {
        Some(symbol) => (digits, symbol.trim()),
        None => (number, ""),
    }
}
