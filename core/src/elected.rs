//! The seats of a committee (*cấp ủy, chi ủy*): who was elected to which post of a unit, and holds it on a day.
//!
//! A seat is no record of its own, and no unit's document names anybody: the decision about the member that confirms the
//! election (*chuẩn y kết quả bầu cử*) says it ([`crate::domain::decision`]). So it is immutable, numbered, cancelled as
//! recorded by mistake and forgotten with whoever it is about, like all that was decided.
//!
//! A seat lasts from one congress (*đại hội*) to the next, unless the decision says an end: what confirmed an earlier
//! congress is history, and nothing of it has to be written again.
//!
//! Does not know: storage, the clock (the day is passed in).

use crate::date::{Day, PartialDate};
use crate::document::Values;
use crate::domain::decision::{self, ELECTION, POSTS, UNIT_ID};
use crate::id::{DocId, PlaceId};
use crate::kind::Code;
use crate::register::{date, first_day, last_day, text};

/// The post that a member holds in a unit on a day, the highest if several. `unit`: the unit's place and its document, which says the last
/// congress; `decisions`: those about the member. A decision that names no unit is of the member's own branch.
pub fn post(
    decisions: &[(DocId, Values)],
    (unit, document): (PlaceId, &Values),
    on: Day,
) -> Option<&'static Code> {
    let unit = unit.to_string();
    let congress = date(document, "congress_on").and_then(first_day);
    let congress = congress.filter(|day| *day <= on);
    let holds = |values: &Values| {
        let begun = date(values, "from").or_else(|| date(values, "issued_on"));
        let until = date(values, "until").and_then(last_day);
        is_election(values)
            && decision::is_in_force(values)
            && text(values, UNIT_ID).is_none_or(|id| id == unit)
            && begun.and_then(first_day).is_some_and(|day| day <= on)
            && begun.and_then(last_day) >= congress
            && until.is_none_or(|until| until >= on)
    };
    let held = decisions.iter().filter(|(_, values)| holds(values));
    let held: Vec<&str> = held.filter_map(|(_, v)| text(v, "post")).collect();
    POSTS.iter().find(|post| held.contains(&post.code))
}

/// Whether a decision confirms an election.
pub fn is_election(decision: &Values) -> bool {
    text(decision, "form") == Some(ELECTION)
}

/// A number and its symbol, as people write them together: `45-QĐ/ĐU`.
pub fn parts(number: &str) -> (&str, &str) {
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

/// What a grant that came of an election names as its mandate: number and day of the congress, by which alone two elections of two years
/// with the same number are told apart.
pub fn mandate(number: &str, symbol: &str, congress: Option<PartialDate>) -> String {
    let number = format!("{number}-{symbol}");
    let on = congress.map(PartialDate::shown).unwrap_or_default();
    format!("{} {on}", number.trim_matches('-'))
        .trim()
        .to_owned()
}
