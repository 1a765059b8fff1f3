//! The seats of a committee (*cấp ủy, chi ủy*): who was elected to which post of a unit, and holds it on a day.
//!
//! A seat is no record of its own, and no unit's document names anybody: the decision about the member that confirms the
//! election (*chuẩn y kết quả bầu cử*) says it ([`crate::domain::decision`]). So it is immutable, numbered, cancelled as
//! recorded by mistake and forgotten with whoever it is about, like all that was decided.
//!
//! A seat lasts from one congress (*đại hội*) to the next, unless the decision says an end: what confirmed an earlier
//! congress is history, and nothing of it has to be written again. A congress elects a secretary, so the last decision that confirms one
//! tells which congress it is: once it is cancelled, the one before stands again.
//!
//! Does not know: storage, the clock (the day is passed in).

use crate::date::{Day, PartialDate};
use crate::document::Values;
use crate::domain::decision::{self, ELECTION, POSTS, UNIT_ID};
use crate::id::{DocId, PlaceId};
use crate::kind::Code;
use crate::register::{date, first_day, last_day, text};

/// The code of the post that every congress gives.
const SECRETARY: &str = "secretary";

/// The decisions that confirm elections to a unit and have begun by a day, with that day. One that names no unit is of the member's own branch.
fn begun(
    decisions: &[(DocId, Values)],
    unit: PlaceId,
    on: Day,
) -> impl Iterator<Item = (PartialDate, &Values)> {
    let unit = unit.to_string();
    decisions.iter().filter_map(move |(_, values)| {
        let is_of_it = text(values, UNIT_ID).is_none_or(|id| id == unit);
        let counts = is_election(values) && decision::is_in_force(values) && is_of_it;
        let from = date(values, "from").or_else(|| date(values, "issued_on"))?;
        (counts && first_day(from)? <= on).then_some((from, values))
    })
}

/// The day of the last congress by a day, as far as the decisions about one member tell; of a unit's it is the last that those of all its
/// members do.
pub fn congress(decisions: &[(DocId, Values)], unit: PlaceId, on: Day) -> Option<Day> {
    let all = begun(decisions, unit, on);
    let of = all.filter(|(_, values)| text(values, "post") == Some(SECRETARY));
    of.filter_map(|(from, _)| first_day(from)).max()
}

/// The post that a member holds in a unit on a day, the highest if several. `congress`: the unit's last by that day ([`congress`]).
pub fn post(
    decisions: &[(DocId, Values)],
    (unit, congress): (PlaceId, Option<Day>),
    on: Day,
) -> Option<&'static Code> {
    let held = that_hold(decisions, (unit, congress), on);
    let held: Vec<&str> = held.filter_map(|v| text(v, "post")).collect();
    POSTS.iter().find(|post| held.contains(&post.code))
}

/// The decisions by which a member holds posts in a unit on a day ([`post`]).
pub fn that_hold(
    decisions: &[(DocId, Values)],
    (unit, congress): (PlaceId, Option<Day>),
    on: Day,
) -> impl Iterator<Item = &Values> {
    let held = begun(decisions, unit, on).filter(move |(from, values)| {
        let until = date(values, "until").and_then(last_day);
        last_day(*from) >= congress && until.is_none_or(|until| until >= on)
    });
    held.map(|(_, values)| values)
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

/// What a grant that came of an election names as its mandate, for people to read: number of the decision and day of the congress. It is
/// never empty; which grant ends with a decision goes by member, unit and role ([`crate::node::Node::take_back_post`]).
pub fn mandate(number: &str, symbol: &str, congress: Option<PartialDate>) -> String {
    let number = format!("{number}-{symbol}");
    let on = congress.map(PartialDate::shown).unwrap_or_default();
    format!("{} {on}", number.trim_matches('-'))
        .trim()
        .to_owned()
}
