//! Lists of the roll: how many there are of each sort, and what the paper dossiers hold and lack.

use crate::branch::place_here;
use crate::chibo::{Chibo, count};
use crate::describe::Text;
use crate::error::ChiboError;
use crate::list::place_id;
use crate::record::text;
use chibo_core::document::Value;
use chibo_core::domain::dossier::DOSSIER;
use chibo_core::domain::look::Look;
use chibo_core::dossier::{Paper, Required};
use chibo_core::place::PlaceKind;
use chibo_device::edge::SystemChance;
use chibo_device::looks;
use chibo_device::{record, roll, words};

/// How many there are of each sort.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Figures {
    /// How many are counted as members here.
    pub members: u32,
    /// How many stand in the roll, and nobody has said what they are.
    pub unknown: u32,
    /// Of the members, how many have each value of a field, in the order of the forms.
    pub figures: Vec<Figure>,
    /// How large each unit is whose members are all here, from the top of the tree.
    pub units: Vec<UnitFigures>,
}

/// How large a unit is (*quân số*).
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct UnitFigures {
    /// Which it is, by id.
    pub place: String,
    /// Its name.
    pub name: String,
    /// How many belong to it or to a unit below it.
    pub members: u32,
    /// Of these, how many are not on probation.
    pub official: u32,
    /// What of that a rule does not expect, with the rule. Nothing follows from it by itself.
    pub cautions: Vec<Text>,
}

/// How many have each value of a field.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Figure {
    /// The field, by name.
    pub field: String,
    /// What people call it.
    pub label: Text,
    /// Each value that somebody has.
    pub parts: Vec<FigurePart>,
    /// Of how many it is not recorded.
    pub unknown: u32,
}

/// One value, and how many have it.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FigurePart {
    /// The code.
    pub code: String,
    /// What people read.
    pub label: Text,
    /// How many.
    pub members: u32,
}

/// A member's paper dossier (*hồ sơ giấy*), as its index says.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Dossier {
    /// The member, by id.
    pub member: String,
    /// Their name.
    pub name: String,
    /// Where the whole of it is kept; empty: nobody has said.
    pub lies_at: String,
    /// What it lists.
    pub papers: Vec<PaperRow>,
    /// How many of these somebody has seen.
    pub there: u32,
    /// Sheets of all together.
    pub sheets: i64,
    /// What it must hold, and nobody has seen in it.
    pub missing: Vec<MissingPaper>,
}

/// A paper that an index lists.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PaperRow {
    /// Its entry: the paths of its fields are `papers/<id>/…`.
    pub id: String,
    /// What it is, as people read it.
    pub label: Text,
    /// In what form it was seen, as people read it; empty: nobody has said.
    pub seen: Text,
    /// Whether it is there.
    pub there: bool,
    /// How many sheets.
    pub sheets: Option<i64>,
    /// Its date, as `1990-02-03`, `1990-02` or `1990`.
    pub dated: Option<String>,
    /// Where it lies, if not with the dossier.
    pub lies_at: String,
}

/// A paper that is missing.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct MissingPaper {
    /// Its code: the value of `paper` in an entry.
    pub code: String,
    /// What people call it.
    pub label: Text,
    /// By which rule it must be there.
    pub source: String,
    /// Whether that was verified.
    pub is_verified: bool,
}

fn figure(figure: &chibo_core::roll::Figure) -> Figure {
    let parts = figure.by.iter().map(|(code, n)| FigurePart {
        code: code.code.into(),
        label: code.label.into(),
        members: count(*n),
    });
    Figure {
        field: figure.field.name.into(),
        label: figure.field.label.into(),
        parts: parts.collect(),
        unknown: count(figure.unknown),
    }
}

fn unit(unit: roll::UnitFigures) -> UnitFigures {
    let unusual = unit.size.unusual.iter();
    UnitFigures {
        place: unit.place.to_string(),
        name: unit.name,
        members: count(unit.size.members),
        official: count(unit.size.official),
        cautions: unusual.map(|size| words::size(size).into()).collect(),
    }
}

fn paper(paper: Paper) -> PaperRow {
    let read = |name: &str, code: &str| match code {
        "" => Text::default(),
        code => {
            let path = format!("papers/x/{name}");
            text(record::read(&DOSSIER, &path, &Value::Text(code.into())))
        }
    };
    PaperRow {
        label: read("paper", &paper.paper),
        seen: read("seen", &paper.seen),
        there: paper.is_there(),
        sheets: paper.sheets,
        dated: paper.dated.map(|d| d.to_string()),
        lies_at: paper.lies_at,
        id: paper.id,
    }
}

fn missing(required: &Required) -> MissingPaper {
    MissingPaper {
        code: required.paper.code.into(),
        label: required.paper.label.into(),
        source: required.source.shown(),
        is_verified: required.is_verified,
    }
}

fn dossier(of: roll::Dossier) -> Dossier {
    Dossier {
        member: of.member.to_string(),
        there: count(of.there()),
        sheets: of.sheets(),
        missing: of.missing.iter().map(missing).collect(),
        papers: of.papers.into_iter().map(paper).collect(),
        name: of.name,
        lies_at: of.lies_at,
    }
}

#[uniffi::export]
impl Chibo {
    /// How many belong below a place, or everywhere, and how many of each sort: sex, theory, status and whatever else this
    /// device reads and the core counts by. Today.
    pub fn figures(&self, below: Option<String>) -> Result<Figures, ChiboError> {
        self.shared.call(|h, now| {
            let today = now.day_in_vietnam().ok_or(ChiboError::ClockOff)?;
            let below = below.as_deref().map(place_id).transpose()?;
            let author = h.phone.author().ok_or(ChiboError::NotEnrolled)?;
            let of = (below, Some(author.place));
            let counted = roll::figures(h.phone.store(), h.phone.tree(), of, today)?;
            Ok(Figures {
                members: count(counted.members),
                unknown: count(counted.unknown),
                figures: counted.figures.iter().map(figure).collect(),
                units: counted.units.into_iter().map(unit).collect(),
            })
        })
    }

    /// The paper dossiers of those who belong below a place, or everywhere, that lack something, in the order of rolls.
    pub fn dossiers_lacking(&self, below: Option<String>) -> Result<Vec<Dossier>, ChiboError> {
        self.shared.call(|h, now| {
            let today = now.day_in_vietnam().ok_or(ChiboError::ClockOff)?;
            let below = below.as_deref().map(place_id).transpose()?;
            looks::note(h, below, Look::Opened, now, &mut SystemChance)?;
            let all = roll::dossiers(h.phone.store(), h.phone.tree(), below, today)?;
            let lacking = all
                .into_iter()
                .filter(|d| d.belongs && !d.missing.is_empty());
            Ok(lacking.map(dossier).collect())
        })
    }

    /// One member's paper dossier. Its papers are written in the document of the kind `dossier` ([`Chibo::edit`]); that it
    /// goes from hand to hand is a case of the kind `dossier_handover` ([`Chibo::begin_case`]).
    pub fn dossier(&self, member: String) -> Result<Dossier, ChiboError> {
        self.shared.call(|h, now| {
            let today = now.day_in_vietnam().ok_or(ChiboError::ClockOff)?;
            let (place, kind) = place_here(h, &member)?;
            if kind != PlaceKind::Member {
                return Err(ChiboError::NotHere);
            }
            looks::note(h, Some(place), Look::Opened, now, &mut SystemChance)?;
            let all = roll::dossiers(h.phone.store(), h.phone.tree(), Some(place), today)?;
            let one = all.into_iter().next().map(dossier);
            one.ok_or(ChiboError::NotHere)
        })
    }
}
