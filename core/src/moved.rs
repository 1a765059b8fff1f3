//! Who has moved on paper and not in the lists: a transfer (*chuyển sinh hoạt chính thức*) ends in papers, and who is
//! counted where follows from the tree and the decisions. Where the one is done and the other is not, figures are wrong
//! on one side, and this says so.
//!
//! Nothing here moves anybody, and no case decides a status (ADR 0016): a formal transfer ends in one of four ways, and a
//! person does each. Inside one node the member's place is put under the other branch; to another commune with Chibo it is
//! handed over; to a place without it the decision *chuyển đi* is recorded; from one, a record is begun.
//!
//! What is found starts a term like every other ([`crate::deadline`]), so every list of deadlines tells it.
//!
//! Does not know: storage, the clock, words.

use crate::author::Target;
use crate::away::Recorded;
use crate::case::{self, Story};
use crate::date::Day;
use crate::deadline::{DeadlineRule, Fact, Of};
use crate::document::{Value, Values};
use crate::domain::decision;
use crate::domain::transfer_in::TRANSFER_IN;
use crate::id::{DocId, PlaceId};
use crate::kind::{Kind, Moves, Part};
use crate::register::{self, date, first_day, text};
use crate::text::fold_words;
use crate::tree::Tree;

/// The status of who was transferred, and the form of the decision that says so.
const LEFT: (&str, &str) = ("transferred", "transfer_out");

/// What every move looks at.
struct Move {
    rule: Moves,
    story: Story,
    /// When the papers arrived: as far as somebody said so.
    on: Day,
}

/// A formal move whose papers have arrived; `None`: it is none, it is under way, or nobody has said any day of it.
fn arrived(kind: &Kind, values: &Values) -> Option<Move> {
    let (rule, story) = told(kind, values)?;
    story.last(rule.received)?;
    let says = |name: &str| {
        let mut said = story.that_count().rev().filter(|a| a.says(name));
        said.next().and_then(|a| text(&a.said, name))
    };
    let is_formal = match says("form") {
        Some(form) => form == "formal",
        // Nobody said which: what has a last day is no formal one.
        None => says("until").is_none(),
    };
    let days = story.that_count().rev().filter_map(|a| first_day(a.on()?));
    let on = days.max().filter(|_| is_formal)?;
    Some(Move { rule, story, on })
}

impl Move {
    fn fact(&self, place: PlaceId) -> Fact {
        Fact {
            rule: DeadlineRule {
                rule: self.rule.follows,
                from: self.rule.received,
                after: None,
                done: "",
                while_code: None,
                in_states: &[],
                ending: None,
                remind: None,
                of: Of::Member,
            },
            place,
            from: self.on,
            done: None,
        }
    }
}

fn told(kind: &Kind, values: &Values) -> Option<(Moves, Story)> {
    match kind.part {
        Part::Moves(rule) => Some((rule, case::story(kind, values))),
        _ => None,
    }
}

/// What a case's letter says in a field.
fn letter<'a>(rule: Moves, story: &'a Story, name: &str) -> Option<&'a str> {
    text(&story.last(rule.letter?.act)?.said, name)
}

/// The unit of the same node that a letter was for, if it names one.
fn unit_of(rule: Moves, story: &Story) -> Option<PlaceId> {
    letter(rule, story, "to_unit")?.parse().ok()
}

/// Whether these words, folded, stand in a name: `xa xuan hong` in `dang uy xa xuan hong`.
fn has_words(name: &str, words: &str) -> bool {
    format!(" {name} ").contains(&format!(" {words} "))
}

/// The transfers of a member that have arrived elsewhere while the member is still counted where they were; each since
/// when. `name_of`: what a unit is called.
pub fn still_counted(
    member: PlaceId,
    of: &Recorded,
    tree: &Tree,
    name_of: &dyn Fn(PlaceId) -> Option<String>,
    today: Day,
) -> Vec<Fact> {
    let status = register::status(&of.record, &of.decisions, today);
    if of.moves.is_empty() || !register::belongs(status.as_ref()) {
        return Vec::new();
    }
    let parent = tree.get(member).and_then(|placed| placed.parent);
    let moves = of.moves.iter();
    let moves = moves.filter_map(|(kind, _, values)| arrived(kind, values));
    let lags = moves.filter(|moved| {
        let begun = moved.story.that_count().filter_map(|a| first_day(a.on()?));
        let begun = begun.min().unwrap_or(moved.on);
        // They left by it, and have come back since.
        let left = |from: Option<Day>| from.is_none_or(|from| from >= begun);
        let decided = of.decisions.iter().any(|(_, values)| {
            let from = date(values, "from").or_else(|| date(values, "issued_on"));
            let is_form = text(values, "form") == Some(LEFT.1);
            is_form && decision::is_in_force(values) && left(from.and_then(first_day))
        });
        let typed = (register::statuses_before(&of.record).iter())
            .any(|(status, since)| status == LEFT.0 && left(since.and_then(first_day)));
        let is_there = match unit_of(moved.rule, &moved.story) {
            Some(unit) => parent == Some(unit),
            None => {
                let to = letter(moved.rule, &moved.story, "destination").unwrap_or_default();
                let (to, line) = (fold_words(to), tree.line(member));
                // Where the case came along with the member, they are below the commune that the letter was for.
                let mut units = line.into_iter().filter_map(name_of);
                !to.is_empty() && units.any(|unit| has_words(&fold_words(&unit), &to))
            }
        };
        !decided && !typed && !is_there
    });
    lags.map(|moved| moved.fact(member)).collect()
}

/// The cases at receiving units that belong to a member's letters for units of the same node: by them one knows who is
/// meant, whatever they are called.
pub fn letters_of<'a>(
    member: PlaceId,
    of: &'a Recorded,
) -> impl Iterator<Item = (DocId, PlaceId)> + 'a {
    of.moves.iter().filter_map(move |(kind, doc, values)| {
        let (rule, story) = told(kind, values)?;
        let unit = unit_of(rule, &story)?;
        Some((Target::at(unit, &TRANSFER_IN, &doc.0).doc, member))
    })
}

/// The cases at units of the same node that a case's letters ever began, with those that were taken back.
pub(crate) fn letter_cases(kind: &Kind, doc: DocId, values: &Values) -> Vec<DocId> {
    let Some((rule, story)) = told(kind, values) else {
        return Vec::new();
    };
    let issues = |act: &str| rule.letter.is_some_and(|letter| letter.act == act);
    let letters = story.acts.iter().filter(|done| issues(&done.act));
    let units = letters.filter_map(|done| text(&done.said, "to_unit")?.parse().ok());
    units
        .map(|unit: PlaceId| Target::at(unit, &TRANSFER_IN, &doc.0).doc)
        .collect()
}

/// Since when somebody has been received at a unit who is not counted there yet; `None`: they are, or were not received.
/// `is_here`: whether somebody of this name belongs to the unit; `member`: who is meant, where that is known
/// ([`letters_of`]).
pub fn not_here_yet(
    kind: &Kind,
    values: &Values,
    unit: PlaceId,
    member: Option<PlaceId>,
    tree: &Tree,
    is_here: &dyn Fn(&str) -> bool,
) -> Option<Fact> {
    let moved = arrived(kind, values).filter(|moved| moved.rule.letter.is_none())?;
    let is_here = match member {
        Some(member) => tree.is_within(member, unit),
        None => {
            let mut named = moved.story.that_count().rev();
            let name = named.find_map(|a| text(&a.said, "full_name"));
            name.or_else(|| match values.get("subject") {
                Some(Value::Text(name)) => Some(name),
                _ => None,
            })
            .is_some_and(is_here)
        }
    };
    (!is_here).then(|| moved.fact(unit))
}
