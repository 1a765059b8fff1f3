//! Lists that people open, worked out from a store's projection: all that is recorded of each member, what is due, who
//! is away, which work is open. Every screen draws these and works out nothing by itself.
//!
//! Does not know: the clock (today is passed in), words, who asks.

use chibo_core::author::Target;
use chibo_core::away::{self, Advice, Away, Bounds, Recorded, Stay};
use chibo_core::calendar::WorkingDays;
use chibo_core::case::{self, Story};
use chibo_core::date::Day;
use chibo_core::deadline::{self, Deadline, Fact, NoDeadline};
use chibo_core::document::{DocumentError, Value, Values};
use chibo_core::domain::decision::DECISION;
use chibo_core::domain::member::MEMBER;
use chibo_core::domain::regulation::REGULATION;
use chibo_core::domain::unit::UNIT;
use chibo_core::door::Refusal;
use chibo_core::id::{DocId, PlaceId};
use chibo_core::kind::{KINDS, Kind, Part};
use chibo_core::moved;
use chibo_core::owed;
use chibo_core::place::PlaceKind;
use chibo_core::register;
use chibo_core::regulation::{RegulationError, Regulations, Rule};
use chibo_core::replica;
use chibo_core::store::sqlite::{Find, SqliteStore};
use chibo_core::store::{Row, StoreError};
use chibo_core::text::{self, RollOrder};
use chibo_core::tree::Tree;
use std::collections::{BTreeMap, BTreeSet};

/// Why a list could not be worked out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListError {
    /// The regulations that come with the program cannot be read: a build with other data.
    #[error(transparent)]
    Regulation(#[from] RegulationError),
    /// No rule of that key is in force on that day.
    #[error("no rule is known for this day")]
    NoRule,
    /// The order of Vietnamese names is not built in.
    #[error("no order of names")]
    NoOrder,
    /// A document of the store cannot be read.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The bytes of a document of the store are none.
    #[error(transparent)]
    Bytes(#[from] Refusal),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the rules say on this machine.
#[derive(Debug)]
pub struct Known {
    /// What comes with the program, and the rows that a node added.
    pub regulations: Regulations,
    /// How many added rows this program does not understand.
    pub strange: usize,
}

impl Known {
    /// What comes with the program.
    pub fn built_in() -> Result<Known, ListError> {
        Ok(Known {
            regulations: Regulations::built_in()?,
            strange: 0,
        })
    }

    /// What is known in a store.
    pub fn of(store: &SqliteStore) -> Result<Known, ListError> {
        let mut added = Vec::new();
        let mut strange = 0;
        for row in &of_kind(store, &REGULATION)? {
            match Rule::from_values(&replica::values_of(row)) {
                Ok(rule) => added.push(rule),
                Err(_) => strange += 1,
            }
        }
        let known = Known::built_in()?;
        Ok(Known {
            regulations: known.regulations.with(added),
            strange,
        })
    }
}

impl Known {
    /// Every row, or those that hold on a day, in the order in which they are told.
    pub fn rows(&self, on: Option<Day>) -> impl Iterator<Item = &Rule> {
        let holds = move |rule: &Rule| {
            on.is_none_or(|day| self.regulations.at(rule.key, day) == Some(rule))
        };
        self.regulations.iter().filter(move |rule| holds(rule))
    }
}

fn of_kind(store: &SqliteStore, kind: &Kind) -> Result<Vec<Row>, StoreError> {
    store.find(&Find {
        kind: Some(kind.number),
        ..Find::default()
    })
}

/// Something that is due.
#[derive(Debug, Clone)]
pub struct Due {
    /// The term.
    pub deadline: Deadline,
    /// Whose it is, by name.
    pub name: String,
    /// Whether it was or is late, and the reason is not given yet.
    pub needs_reason: bool,
    /// The document that says since when it runs; `None`: several together do, such as a status and what changed it.
    pub at: Option<Target>,
}

/// What is due, whatever is most urgent first, and the facts of which nobody can say when.
#[derive(Debug, Clone, Default)]
pub struct Deadlines {
    /// What is due.
    pub due: Vec<Due>,
    /// Gaps in the data, each with the name.
    pub gaps: Vec<(NoDeadline, String)>,
}

/// What is due below a place, or everywhere. `all`: what is done as well.
pub fn deadlines(
    store: &SqliteStore,
    tree: &Tree,
    root: Option<PlaceId>,
    all: bool,
    today: Day,
) -> Result<Deadlines, ListError> {
    let rules = &Known::of(store)?.regulations;
    let working = WorkingDays::new(rules);
    let names = names(store, today)?;
    let mut list = Deadlines::default();
    let recorded = recorded(store, tree, root)?;
    let recorded: BTreeMap<PlaceId, Recorded> = recorded.into_iter().collect();
    let (facts, gaps) = owed(tree, &recorded, today);
    for gap in gaps {
        let name = names.get(&gap.1).cloned().unwrap_or_default();
        list.gaps.push((gap.0, name));
    }
    let owed = facts.into_iter().map(|fact| (fact, String::new()));
    for (fact, name) in owed.chain(lagging(store, tree, root, &recorded, today)?) {
        let name = names.get(&fact.place).cloned().unwrap_or(name);
        match deadline::deadline(&fact, rules, &working, today) {
            Ok(d) if all || (d.state.is_open() && d.told_from <= today) => list.due.push(Due {
                deadline: d,
                name,
                needs_reason: false,
                at: None,
            }),
            Ok(_) => {}
            Err(gap) => list.gaps.push((gap, name)),
        }
    }
    for kind in KINDS.iter().filter(|k| !k.deadlines.is_empty()) {
        let rows = of_kind(store, kind)?;
        let is_below = |place| root.is_none_or(|root| tree.is_within(place, root));
        for row in rows.iter().filter(|r| is_below(r.place)) {
            let name = || names.get(&row.place).unwrap_or(&row.title).clone();
            let mut values = replica::values_of(row);
            if kind.part == Part::Record
                && let Some(of) = recorded.get(&row.place)
            {
                values = register::as_it_stands(&values, &of.decisions, today);
            }
            let late = deadline::reason_needed(kind, &values, row.place, rules, &working, today);
            let (facts, undated) = deadline::facts_and_gaps(kind, &values, row.place);
            list.gaps
                .extend(undated.into_iter().map(|gap| (gap, name())));
            for fact in facts {
                match deadline::deadline(&fact, rules, &working, today) {
                    // Long before, there is nothing to be reminded of.
                    Ok(d) if !all && d.told_from > today => {}
                    // What was done late and has no reason yet is still asked for.
                    Ok(d) if all || d.state.is_open() || late.contains(&d) => list.due.push(Due {
                        needs_reason: late.contains(&d),
                        deadline: d,
                        name: name(),
                        at: Some(Target {
                            scope: row.scope,
                            kind,
                            doc: row.doc,
                        }),
                    }),
                    Err(gap) if all || fact.done.is_none() => list.gaps.push((gap, name())),
                    _ => {}
                }
            }
        }
    }
    list.due.sort_by(|a, b| {
        let due = a.deadline.due.cmp(&b.deadline.due);
        due.then_with(|| a.name.cmp(&b.name))
    });
    Ok(list)
}

/// What members owe by all that is recorded of them together ([`owed`]), and of whom nobody can say since when.
fn owed(
    tree: &Tree,
    recorded: &BTreeMap<PlaceId, Recorded>,
    today: Day,
) -> (Vec<Fact>, Vec<(NoDeadline, PlaceId)>) {
    let unit_of = |member: &PlaceId| tree.get(*member).and_then(|placed| placed.parent);
    let mut units: BTreeMap<Option<PlaceId>, Vec<(&PlaceId, &Recorded)>> = BTreeMap::new();
    for (member, of) in recorded {
        units.entry(unit_of(member)).or_default().push((member, of));
    }
    let (mut facts, mut gaps) = (Vec::new(), Vec::new());
    for members in units.into_values() {
        let of = members.iter().map(|(_, of)| *of);
        let last_year = today.year().checked_sub(1);
        let kept = last_year.is_some_and(|year| owed::keeps(of, year));
        for (member, of) in members {
            let (found, open) = owed::facts(*member, of, &|_| kept, today);
            facts.extend(found);
            gaps.extend(open.into_iter().map(|gap| (gap, *member)));
        }
    }
    (facts, gaps)
}

/// Who has moved on paper and not in the lists below a place ([`moved`]), each with the name that the case says.
fn lagging(
    store: &SqliteStore,
    tree: &Tree,
    root: Option<PlaceId>,
    recorded: &BTreeMap<PlaceId, Recorded>,
    today: Day,
) -> Result<Vec<(Fact, String)>, StoreError> {
    let units = of_kind(store, &UNIT)?.into_iter();
    let units: BTreeMap<PlaceId, String> = units.map(|u| (u.place, u.title)).collect();
    let name_of = |unit| units.get(&unit).cloned();
    let mut lags = Vec::new();
    let mut letters = BTreeMap::new();
    for (member, of) in recorded {
        let left = moved::still_counted(*member, of, tree, &name_of, today);
        lags.extend(left.into_iter().map(|fact| (fact, String::new())));
        letters.extend(moved::letters_of(*member, of));
    }
    let is_below = |place| root.is_none_or(|root| tree.is_within(place, root));
    let at_units = |kind: &&&Kind| matches!(kind.part, Part::Moves(m) if m.letter.is_none());
    for kind in KINDS.iter().filter(at_units) {
        let rows = of_kind(store, kind)?;
        for row in rows.iter().filter(|row| is_below(row.place)) {
            let values = replica::values_of(row);
            let is_here = |name: &str| {
                let name = text::fold_words(name);
                recorded.iter().any(|(member, of)| {
                    let stands = register::as_it_stands(&of.record, &of.decisions, today);
                    let status = register::status(&of.record, &of.decisions, today);
                    let called = stands.get("full_name").map(Value::shown);
                    tree.is_within(*member, row.place)
                        && register::belongs(status.as_ref())
                        && called.is_some_and(|called| text::fold_words(&called) == name)
                })
            };
            let member = letters.get(&row.doc).copied();
            let lag = moved::not_here_yet(kind, &values, row.place, member, tree, &is_here);
            lags.extend(lag.map(|fact| (fact, row.title.clone())));
        }
    }
    Ok(lags)
}

/// Who is away below a place, or everywhere, in the order of rolls.
pub fn away(
    store: &SqliteStore,
    tree: &Tree,
    below: Option<PlaceId>,
    today: Day,
) -> Result<Vec<Away>, ListError> {
    let order = RollOrder::vietnamese().ok_or(ListError::NoOrder)?;
    let members = recorded(store, tree, below)?;
    let rules = Known::of(store)?.regulations;
    Bounds::at(&rules, today).ok_or(ListError::NoRule)?;
    // Of an absence the rule of the day on which it began.
    let bounds = |began| Bounds::at(&rules, began);
    let good_until = |said| away::good_until(said, &rules);
    Ok(away::away_list(
        &members,
        today,
        &bounds,
        &good_until,
        &order,
    ))
}

/// Which procedure fits an absence that begins today, as it is planned.
pub fn which_procedure(store: &SqliteStore, stay: Stay, today: Day) -> Result<Advice, ListError> {
    let rules = Known::of(store)?.regulations;
    let bounds = Bounds::at(&rules, today).ok_or(ListError::NoRule)?;
    Ok(away::which_procedure(stay, bounds))
}

/// Somebody who is away and has not been heard of in time.
#[derive(Debug, Clone)]
pub struct Unheard {
    /// Who, and where they are.
    pub away: Away,
    /// Days since the last check-in; `None`: never heard of since they went.
    pub days: Option<i32>,
    /// Days past the day on which they should have been heard of; `None`: nobody knows since when they are away.
    pub late: Option<i32>,
}

/// Who is away and has not been heard of in time, the longest first.
pub fn unheard(
    store: &SqliteStore,
    tree: &Tree,
    below: Option<PlaceId>,
    today: Day,
) -> Result<Vec<Unheard>, ListError> {
    let rules = Known::of(store)?.regulations;
    let working = WorkingDays::new(&rules);
    let heard_by = |last| away::heard_by(last, &rules, &working);
    heard_by(today).ok_or(ListError::NoRule)?;
    let list = away(store, tree, below, today)?;
    let late = away::overdue(&list, &heard_by, today).into_iter();
    Ok(late
        .map(|o| Unheard {
            away: o.away.clone(),
            days: o.days,
            late: o.late,
        })
        .collect())
}

/// A case that is under way.
#[derive(Debug, Clone)]
pub struct OpenCase {
    /// The document.
    pub doc: DocId,
    /// Its kind.
    pub kind: &'static Kind,
    /// The place that it is about.
    pub place: PlaceId,
    /// How it stands.
    pub story: Story,
    /// Its values.
    pub values: Values,
}

/// Every case in which something is still to be done, or between whose acts somebody has to choose; one as well that was begun and lacks
/// what its first act needs, so that it is in no state yet.
pub fn open_cases(store: &SqliteStore) -> Result<Vec<OpenCase>, ListError> {
    let mut open = Vec::new();
    for kind in KINDS.iter().copied() {
        let Some(machine) = kind.case else { continue };
        for row in of_kind(store, kind)? {
            let values = replica::values_of(&row);
            let story = case::story(kind, &values);
            let waits = machine.state(story.state).is_some_and(|s| s.open);
            let lacks = |done: &case::Done| !done.effective && !done.set_aside;
            let is_begun = story.state == case::NEW && story.acts.iter().any(lacks);
            if waits || is_begun || !story.at_once.is_empty() {
                let (doc, place) = (row.doc, row.place);
                open.push(OpenCase {
                    doc,
                    kind,
                    place,
                    story,
                    values,
                });
            }
        }
    }
    Ok(open)
}

/// What every member is called on a day.
pub fn names(store: &SqliteStore, on: Day) -> Result<BTreeMap<PlaceId, String>, StoreError> {
    let members = of_kind(store, &MEMBER)?.into_iter();
    let mut names: BTreeMap<PlaceId, String> = members.map(|m| (m.place, m.title)).collect();
    names.extend(renamed(store, None, on)?);
    Ok(names)
}

/// The members whose name a decision in force has changed, each with the name that stands on a day: of one member,
/// or of all. Everybody else is called as their record says.
pub fn renamed(
    store: &SqliteStore,
    of: Option<PlaceId>,
    on: Day,
) -> Result<BTreeMap<PlaceId, String>, StoreError> {
    let at = |kind: &Kind, places: Option<&[PlaceId]>| {
        store.find(&Find {
            kind: Some(kind.number),
            places,
            ..Find::default()
        })
    };
    let one = of.map(|place| [place]);
    let mut decisions = BTreeMap::<PlaceId, Vec<(DocId, Values)>>::new();
    for row in at(&DECISION, one.as_ref().map(<[PlaceId; 1]>::as_slice))? {
        let values = replica::values_of(&row);
        if matches!(values.get("form"), Some(Value::Text(form)) if form == "name") {
            let of_member = decisions.entry(row.place).or_default();
            of_member.push((row.doc, values));
        }
    }
    let mut names = BTreeMap::new();
    for (place, decisions) in decisions {
        // The record's own name stands where no decision is in force.
        let stands = register::field("full_name", &Values::new(), &decisions, on);
        names.extend(stands.map(|s| (place, s.value)));
    }
    Ok(names)
}

/// Whether somebody of this name is meant: every word that was typed ([`text::search_terms`]) begins one of it.
pub fn is_meant(name: &str, words: &[String]) -> bool {
    let of_name = text::search_terms(name);
    let begins = |word: &String| of_name.iter().any(|n| n.starts_with(word.as_str()));
    !words.is_empty() && words.iter().all(begins)
}

/// A row of a list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The row.
    pub row: Row,
    /// Of a member: the code of their status on that day.
    pub status: Option<String>,
}

/// Rows in the order of rolls, each member's with their status and under the name that stands. Whoever is called so by
/// a decision only is found as well, after the others.
pub fn rows(
    store: &SqliteStore,
    tree: &Tree,
    what: &Find,
    today: Day,
) -> Result<Vec<Listed>, StoreError> {
    Ok(rows_and_recorded(store, tree, what, today)?.0)
}

/// The same, and what is recorded of the members among them (of more, where all are listed).
pub(crate) fn rows_and_recorded(
    store: &SqliteStore,
    tree: &Tree,
    what: &Find,
    today: Day,
) -> Result<(Vec<Listed>, BTreeMap<PlaceId, Recorded>), StoreError> {
    let mut rows = store.find(what)?;
    let mut renamed = match what.kind.is_none_or(|kind| kind == MEMBER.number) {
        true => renamed(store, None, today)?,
        false => BTreeMap::new(),
    };
    if !what.words.is_empty() && what.skip == 0 {
        let listed: BTreeSet<PlaceId> = rows.iter().map(|r| r.place).collect();
        let is_more = |place: &PlaceId, name: &str| {
            let within = what.places.is_none_or(|places| places.contains(place));
            within && !listed.contains(place) && is_meant(name, what.words)
        };
        let more = renamed.iter().filter(|(place, name)| is_more(place, name));
        let more: Vec<PlaceId> = more.map(|(place, _)| *place).collect();
        if !more.is_empty() {
            rows.extend(store.find(&Find {
                kind: Some(MEMBER.number),
                places: Some(&more),
                ..Find::default()
            })?);
        }
    }
    let members = rows.iter().filter(|r| r.kind == MEMBER.number);
    let places: Vec<PlaceId> = members.map(|r| r.place).collect();
    // Of a page nothing else is read; of a whole list there are too many places to name.
    let recorded = match (places.len(), what.limit) {
        (0, _) => Vec::new(),
        (_, 0) => recorded(store, tree, None)?,
        _ => recorded_of(store, Some(&places), |_| true)?,
    };
    let recorded: BTreeMap<PlaceId, Recorded> = recorded.into_iter().collect();
    let listed = rows.into_iter().map(|mut row| {
        if row.kind == MEMBER.number
            && let Some(name) = renamed.remove(&row.place)
        {
            row.title = name;
        }
        let of = recorded.get(&row.place);
        let of = of.filter(|_| row.kind == MEMBER.number);
        let status = of.and_then(|of| register::status(&of.record, &of.decisions, today));
        Listed {
            status: status.map(|s| s.value),
            row,
        }
    });
    let listed = listed.collect();
    Ok((listed, recorded))
}

/// What is recorded of every member below a place, or of all.
pub fn recorded(
    store: &SqliteStore,
    tree: &Tree,
    below: Option<PlaceId>,
) -> Result<Vec<(PlaceId, Recorded)>, StoreError> {
    // Of one member, nothing else is read.
    let is_member = |place: &PlaceId| {
        tree.get(*place)
            .is_some_and(|p| p.kind == PlaceKind::Member)
    };
    let one = below.filter(is_member).map(|place| [place]);
    let is_below = |place| below.is_none_or(|below| tree.is_within(place, below));
    recorded_of(store, one.as_ref().map(<[PlaceId; 1]>::as_slice), is_below)
}

fn recorded_of(
    store: &SqliteStore,
    places: Option<&[PlaceId]>,
    fits: impl Fn(PlaceId) -> bool,
) -> Result<Vec<(PlaceId, Recorded)>, StoreError> {
    let mut of = BTreeMap::<PlaceId, Recorded>::new();
    for kind in away::recorded() {
        let rows = store.find(&Find {
            kind: Some(kind.number),
            places,
            ..Find::default()
        })?;
        for row in rows.into_iter().filter(|row| fits(row.place)) {
            let recorded = of.entry(row.place).or_default();
            recorded.add(kind, row.doc, replica::values_of(&row));
        }
    }
    Ok(of.into_iter().collect())
}
