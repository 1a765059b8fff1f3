//! Reorganisation (*sắp xếp tổ chức*): what a decision does to the tree, worked out before anything is done.
//!
//! A [`Plan`] says which units are made, which end and what they become, which go on under another name, and
//! what goes elsewhere than its unit. [`preview`] holds it against the tree as it stands and gives an [`Outlook`]:
//! the acts, the figures of every unit before and after, whose grants reach another part of the tree, which cases
//! are open. Or it says everything that cannot be, and nothing is done ([`Misfit`]).
//!
//! No mechanism of its own: a unit that ends keeps its place, its documents and its history, and gets an end
//! date; what stood under it gets another parent, as in any move ([`crate::place`]). An ended organisation
//! lies below the one that it became, which so keeps its papers. A grant stays on its place: who held one on a
//! branch goes along, who held one on what ended reaches no more than its history.
//!
//! Does not know: storage, the log, the clock ([`crate::node`] carries it out and can undo it).

use crate::date::Day;
use crate::document::{Value, Values};
use crate::id::{DocId, Hasher, LogId, PersonId, PlaceId, hex};
use crate::identity::Grant;
use crate::kind::Kind;
#[cfg(doc)]
use crate::limits;
use crate::place::{PlaceKind, Role};
use crate::tree::{Tree, TreeError};
use std::collections::{BTreeMap, BTreeSet};

mod draft;
mod plan;
pub use plan::{LineProblem, Plan, PlanError, Says};

/// What a plan is held against.
#[derive(Debug, Clone)]
pub struct Standing<'a> {
    /// The log: new units get their ids from it and from the decision.
    pub log: LogId,
    /// The tree.
    pub tree: &'a Tree,
    /// The `unit` documents, by place.
    pub units: BTreeMap<PlaceId, Values>,
    /// The grants that stand, by their numbers.
    pub grants: Vec<(u64, Grant)>,
    /// The cases that are open.
    pub cases: Vec<OpenCase>,
    /// Whose place is here and who does not belong to a branch any more, by the status that stands on the plan's
    /// day, or of whom there is no record (any more): they move with their branch, and are in no figure.
    pub gone: BTreeSet<PlaceId>,
}

/// A case that is open: it goes on where its member goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenCase {
    /// The member that it is about.
    pub member: PlaceId,
    /// Its document.
    pub doc: DocId,
    /// Its kind.
    pub kind: &'static Kind,
    /// The code of its state.
    pub state: &'static str,
}

/// How many branches and members stand under a unit; ended branches are not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Branches, at any depth.
    pub branches: usize,
    /// Members, each at home; who does not belong any more by the status that stands is not counted.
    pub members: usize,
}

/// What becomes of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It goes on.
    Stays,
    /// It is made.
    Made,
    /// It ends.
    Ends,
}

/// A unit's figures before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// The unit.
    pub place: PlaceId,
    /// Its name afterwards.
    pub name: String,
    /// What becomes of it.
    pub fate: Fate,
    /// Under which unit it stands afterwards.
    pub under: Option<PlaceId>,
    /// What stands under it today.
    pub before: Count,
    /// What stands under it afterwards.
    pub after: Count,
}

/// A place that gets another parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shift {
    /// The place.
    pub place: PlaceId,
    /// Its parent today.
    pub from: PlaceId,
    /// Its parent afterwards.
    pub to: PlaceId,
}

/// A grant that reaches another part of the tree afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The grant's number.
    pub n: u64,
    /// Whose it is.
    pub person: PersonId,
    /// Its role.
    pub role: Role,
    /// The place that it is on.
    pub place: PlaceId,
    /// What it reaches today.
    pub before: Count,
    /// What it reaches afterwards.
    pub after: Count,
    /// Whether its unit ends: its holder needs a grant on what the unit becomes, if they are to go on.
    pub ends: bool,
    /// What the unit becomes.
    pub becomes: Vec<PlaceId>,
}

/// What a plan does, in the order in which it is done.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outlook {
    /// Places that are made: place, kind, parent.
    pub opens: Vec<(PlaceId, PlaceKind, PlaceId)>,
    /// What is written in `unit` documents.
    pub edits: Vec<(PlaceId, Values)>,
    /// What gets another parent.
    pub moves: Vec<Shift>,
    /// Placements whose host ends: the branch that takes part in them from now on.
    pub hosts: Vec<Shift>,
    /// New units, those that are opened again after an undo among them.
    pub made: Vec<PlaceId>,
    /// Units that end.
    pub ended: Vec<PlaceId>,
    /// All organisations, and the branches that are made or end, from the top down.
    pub figures: Vec<Figures>,
    /// All branches and members today.
    pub before: Count,
    /// All of them afterwards.
    pub after: Count,
    /// Grants that reach something else afterwards.
    pub reaches: Vec<Reach>,
    /// How many grants reach what they reached.
    pub grants_kept: usize,
    /// Open cases of members who come under other units.
    pub cases: Vec<OpenCase>,
}

/// Something in a plan that cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// The plan's line; 0: the plan as a whole.
    pub line: usize,
    /// What.
    pub why: Why,
}

/// Why it cannot be. The plan, or the tree, has to be mended by a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Why {
    /// No unit is called that.
    #[error("no unit is called {0}")]
    Unknown(String),
    /// Several are: the path or the id says which.
    #[error("several units are called {0}: write the unit above before it, with > between")]
    Ambiguous(String),
    /// It ends, or has ended: nothing can be put there.
    #[error("{0} ends or has ended: nothing can be put there")]
    Ended(String),
    /// Something else is said of it in another line.
    #[error("two lines say where {0} goes, that it ends, or what it is called")]
    Twice(String),
    /// A unit of that name stands there already.
    #[error("a unit called {0} stands there already")]
    Doubled(String),
    /// It stands under a unit that ends, and nothing says where it goes.
    #[error("{what} stands under {unit}, which ends, and no line says where it goes")]
    LeftBehind {
        /// What is left.
        what: String,
        /// The unit.
        unit: String,
    },
    /// The node keeps everything below its root: that goes on, under another name if need be.
    #[error("{0} is the root of this node: it can be renamed, and neither end nor move")]
    Root(String),
    /// Not a unit, where a unit is meant.
    #[error("{0} is no unit")]
    NoUnit(String),
    /// It cannot stand there.
    #[error("{what}: {error}")]
    Place {
        /// What was to be put there.
        what: String,
        /// Why it cannot.
        error: TreeError,
    },
    /// The decision's figures and those of the tree differ.
    #[error(
        "{unit} would have {} branches and {} members, not {} and {}",
        found.branches, found.members, said.branches, said.members
    )]
    Count {
        /// The unit.
        unit: String,
        /// What the plan says.
        said: Count,
        /// What it would have.
        found: Count,
    },
    /// Members or branches would appear or go missing.
    #[error(
        "{} members would be {}, {} branches {}",
        before.members, after.members, before.branches, after.branches
    )]
    DoesNotAddUp {
        /// Today.
        before: Count,
        /// Afterwards.
        after: Count,
    },
}

fn text<'a>(values: &'a Values, name: &str) -> Option<&'a str> {
    match values.get(name) {
        Some(Value::Text(t)) if !t.trim().is_empty() => Some(t),
        _ => None,
    }
}

fn said(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn iso(day: Day) -> String {
    day.date().to_string()
}

impl Plan {
    /// The last day of what ends.
    fn last_day(&self) -> Day {
        self.in_force.plus_days(-1).unwrap_or(self.in_force)
    }

    /// The id of a unit that the plan makes: the same whenever it is applied, so that what was undone and is
    /// done again is the same unit.
    fn place_of(&self, log: LogId, under: PlaceId, name: &str) -> PlaceId {
        let hasher = Hasher::new("chibo/reform-unit/1").part(&log.0);
        let decision = [self.number.as_bytes(), self.body.as_bytes()];
        let named = decision.into_iter().fold(hasher, Hasher::part);
        PlaceId(named.part(&under.0).part(name.as_bytes()).id())
    }

    /// An entry of a `unit` document about one that came before or after.
    fn kin(&self, list: &str, how: &str, kin: &Kin) -> Values {
        let id = Hasher::new("chibo/reform-kin/1")
            .part(self.number.as_bytes())
            .part(self.body.as_bytes())
            .part(&kin.place.map_or([0; 16], |p| p.0))
            .part(kin.name.as_bytes())
            .id();
        let entry = hex(&id[..8]);
        let place = kin.place.map(|p| p.to_string());
        let on = iso(self.in_force);
        let cells = [
            ("name", Some(kin.name.as_str())),
            ("sort", kin.sort.as_deref()),
            ("level", kin.level.as_deref()),
            ("place", place.as_deref()),
            ("how", Some(how)),
            ("on", Some(on.as_str())),
            ("number", Some(self.number.as_str())),
            ("body", Some(self.body.as_str())),
        ];
        let filled = cells.into_iter().filter_map(|(name, v)| Some((name, v?)));
        filled
            .filter(|(_, v)| !v.is_empty())
            .map(|(name, v)| (format!("{list}/{entry}/{name}"), said(v)))
            .collect()
    }

    /// What takes the plan's words out of a `unit` document again. What somebody wrote there since is kept.
    pub(crate) fn taken_back(&self, place: PlaceId, made: bool, values: &Values) -> Values {
        let mut back = Values::new();
        let last = iso(self.last_day());
        if made {
            // It was never in force: it ended before its first day.
            back.insert("valid_to".into(), said(&last));
        }
        for (path, value) in values {
            let Some((entry, "number")) = path.rsplit_once('/') else {
                continue;
            };
            let of = |name: &str| text(values, &format!("{entry}/{name}"));
            if *value != said(&self.number) || of("body") != Some(&self.body) {
                continue;
            }
            if entry.starts_with("successors/") && text(values, "valid_to") == Some(&last) {
                back.insert("valid_to".into(), Value::Cleared);
            }
            let is_own = of("place") == Some(&place.to_string());
            if is_own && of("how") == Some("renamed") && self.calls(text(values, "name")) {
                for name in ["name", "sort", "level"] {
                    let old = of(name).map_or(Value::Cleared, said);
                    back.insert(name.into(), old);
                }
            }
            let prefix = format!("{entry}/");
            for (path, _) in values.iter().filter(|(p, _)| p.starts_with(&prefix)) {
                back.insert(path.clone(), Value::Cleared);
            }
        }
        back
    }

    /// Whether it gives a unit this name.
    fn calls(&self, name: Option<&str>) -> bool {
        let gives =
            |says: &Says| matches!(says, Says::Rename { name: n, .. } if Some(n.as_str()) == name);
        self.says.iter().any(|(_, says)| gives(says))
    }
}

/// A unit that came before or after another.
#[derive(Default)]
struct Kin {
    name: String,
    sort: Option<String>,
    level: Option<String>,
    place: Option<PlaceId>,
}

/// Works out what a plan does, or everything that cannot be. Pure: nothing changes.
///
/// # Errors
/// All that does not fit, at most [`limits::PLAN_MISFITS`].
pub fn preview(standing: &Standing, plan: &Plan) -> Result<Outlook, Vec<Misfit>> {
    draft::outlook(standing, plan)
}
