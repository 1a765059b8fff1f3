//! Discipline (*kỷ luật*) of the members: by decisions with a number and a day, and what the register on paper said when it
//! was taken over. What stands in both is listed once, as the decision says it.
//!
//! Does not know: words, who may read it, the clock.

use chibo_core::author::Target;
use chibo_core::date::PartialDate;
use chibo_core::document::{Value, Values};
use chibo_core::domain::decision::{self, DECISION};
use chibo_core::domain::discipline::DISCIPLINE;
use chibo_core::domain::member::MEMBER_SENSITIVE;
use chibo_core::id::PlaceId;
use chibo_core::kind::Kind;
use chibo_core::replica;
use chibo_core::store::sqlite::{Find, SqliteStore};
use chibo_core::store::{Row, StoreError};
use chibo_core::tree::Tree;
use std::collections::BTreeMap;

/// One measure, from wherever it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measure {
    /// Whom it is about.
    pub member: PlaceId,
    /// Which it is: a code of the forms of discipline.
    pub form: String,
    /// The decision's number, with its symbol if it has one.
    pub number: String,
    /// Its day.
    pub on: Option<PartialDate>,
    /// Who decided.
    pub body: String,
    /// Where it stands.
    pub at: Said,
}

/// Where a measure stands.
#[derive(Debug, Clone, Copy)]
pub enum Said {
    /// In a decision that somebody recorded.
    Decision(Target),
    /// In the register on paper, from which it was taken over.
    Paper(Target),
}

impl PartialEq for Said {
    fn eq(&self, other: &Self) -> bool {
        use Said::{Decision, Paper};
        match (self, other) {
            (Decision(a), Decision(b)) | (Paper(a), Paper(b)) => a.doc == b.doc,
            _ => false,
        }
    }
}

impl Eq for Said {}

/// All measures, the last first.
#[derive(Debug, Clone, Default)]
pub struct Measures {
    /// By which something was decided.
    pub all: Vec<Measure>,
    /// How many records have no number or no form or no day, and so are none.
    pub drafts: usize,
}

fn target(row: &Row, kind: &'static Kind) -> Target {
    Target {
        scope: row.scope,
        kind,
        doc: row.doc,
    }
}

/// What the register on paper said, entry by entry.
fn taken_over(row: &Row) -> Vec<Measure> {
    let values = replica::values_of(row);
    let mut of = BTreeMap::<&str, BTreeMap<&str, String>>::new();
    for (path, value) in &values {
        let entry = path.strip_prefix("discipline/");
        if let Some((id, name)) = entry.and_then(|p| p.split_once('/')) {
            of.entry(id).or_default().insert(name, value.shown());
        }
    }
    let measure = |e: BTreeMap<&str, String>| {
        let own = |name: &str| e.get(name).cloned().unwrap_or_default();
        Measure {
            member: row.place,
            form: own("form"),
            number: own("number"),
            on: PartialDate::parse(&own("date")).ok(),
            body: own("issuer"),
            at: Said::Paper(target(row, &MEMBER_SENSITIVE)),
        }
    };
    of.into_values().map(measure).collect()
}

fn decided(row: &Row, kind: &'static Kind, values: &Values) -> Measure {
    let own = |name: &str| values.get(name).map(Value::shown).unwrap_or_default();
    let number = format!("{}-{}", own("number"), own("symbol"));
    Measure {
        member: row.place,
        form: own("form"),
        number: number.trim_end_matches('-').to_owned(),
        on: PartialDate::parse(&own("issued_on")).ok(),
        body: own("body"),
        at: Said::Decision(target(row, kind)),
    }
}

/// The measures about the members below a place (of one member: theirs), or about all, as far as this store holds them.
pub fn measures(
    store: &SqliteStore,
    tree: &Tree,
    below: Option<PlaceId>,
) -> Result<Measures, StoreError> {
    let is_below = |place| below.is_none_or(|below| tree.is_within(place, below));
    let rows = |kind: &Kind| {
        store.find(&Find {
            kind: Some(kind.number),
            ..Find::default()
        })
    };
    let mut found = Measures::default();
    for kind in [&DISCIPLINE, &DECISION] {
        for row in rows(kind)?.iter().filter(|row| is_below(row.place)) {
            let values = replica::values_of(row);
            let is_expulsion =
                || values.get("form").map(Value::shown).as_deref() == Some("expulsion");
            let counts = kind.number == DISCIPLINE.number || is_expulsion();
            if !counts || decision::is_cancelled(&values) {
                continue;
            }
            // Without number and date nothing was decided.
            match decision::is_complete(&values) {
                true => found.all.push(decided(row, kind, &values)),
                false => found.drafts += 1,
            }
        }
    }
    for row in rows(&MEMBER_SENSITIVE)?
        .iter()
        .filter(|row| is_below(row.place))
    {
        for measure in taken_over(row) {
            let says_it = |m: &Measure| {
                (m.member, m.on, &m.form) == (measure.member, measure.on, &measure.form)
            };
            if measure.number.trim().is_empty() || measure.form.is_empty() {
                found.drafts += 1;
            } else if !found.all.iter().any(says_it) {
                found.all.push(measure);
            }
        }
    }
    let order = |a: &Measure, b: &Measure| b.on.cmp(&a.on).then_with(|| a.member.cmp(&b.member));
    found.all.sort_by(order);
    Ok(found)
}
