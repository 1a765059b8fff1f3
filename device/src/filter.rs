//! What a list is narrowed by (*lọc*). What a kind's rows can be narrowed by follows from its fields, and of members from
//! what is worked out about them besides: who is away, whose address is unclear. So a screen needs to know no kind: it
//! asks which filters leave something ([`narrowings`]), and gives back the codes of those that a person chose.
//!
//! Of members everything is asked of the record as it stands ([`register::as_it_stands`]), as in every other list.
//!
//! Does not know: which filters a screen shows, the clock.

use crate::lists::{self, Known, ListError, Listed};
use crate::words::Both;
use chibo_core::away::{self, Away, Bounds};
use chibo_core::caution;
use chibo_core::date::Day;
use chibo_core::document::{Value, Values};
use chibo_core::domain::member::MEMBER;
use chibo_core::domain::unit::UNIT;
use chibo_core::field;
use chibo_core::id::PlaceId;
use chibo_core::kind::{Field, FieldType, Kind};
use chibo_core::register;
use chibo_core::replica;
use chibo_core::store::sqlite::{Find, SqliteStore};
use chibo_core::text::{self, RollOrder};
use chibo_core::tree::Tree;
use std::collections::{BTreeMap, BTreeSet};

/// What rows have in common that are to be left.
#[derive(Debug, Clone)]
pub enum Filter {
    /// Two people filled in a field differently.
    Differ,
    /// Something in it has no receipt of the node.
    Unsent,
    /// A field counts as missing (*còn thiếu*): this one, or any.
    Missing(Option<&'static Field>),
    /// The member is away (*đi làm ăn xa*).
    Away,
    /// The member is away, and where is unclear (*không rõ ràng*).
    Unclear,
    /// A field holds this code; of yes and no, `yes` or `no`.
    Is(&'static Field, &'static str),
    /// A field names this one of its unit's list, such as a group (*tổ đảng*); empty: none.
    Names(Name),
}

/// A name in a field that says one of its unit's list.
#[derive(Debug, Clone)]
pub struct Name {
    field: &'static Field,
    name: String,
    /// Whether a unit that is asked about has it in its list.
    is_listed: bool,
}

/// What stands before the name of a field that is missing.
const MISSING: &str = "missing";

/// The codes by which the values of a field are asked for; empty: it is asked for none.
fn codes(field: &Field) -> Vec<&'static str> {
    match field.kind {
        FieldType::Code(list) => list.iter().map(|c| c.code).collect(),
        // Of the others more is known than yes or no, and asked for elsewhere (*đi xa*).
        FieldType::YesNo if field.counted => vec!["yes", "no"],
        FieldType::Line => field.groups.iter().map(|c| c.code).collect(),
        _ => Vec::new(),
    }
}

impl Filter {
    /// Its name: `differ`, `unsent`, `missing`, `missing:FIELD`, `away`, `unclear`, `FIELD=CODE`, `FIELD=NAME`.
    pub fn code(&self) -> String {
        match self {
            Filter::Differ => "differ".into(),
            Filter::Unsent => "unsent".into(),
            Filter::Missing(None) => MISSING.into(),
            Filter::Missing(Some(field)) => format!("{MISSING}:{}", field.name),
            Filter::Away => "away".into(),
            Filter::Unclear => "unclear".into(),
            Filter::Is(field, code) => format!("{}={code}", field.name),
            Filter::Names(Name { field, name, .. }) => format!("{}={name}", field.name),
        }
    }

    /// The filter of a kind with this name; `None`: it has none of it.
    pub fn from_code(kind: &'static Kind, code: &str) -> Option<Filter> {
        let named = || {
            let (field, name) = code.split_once('=')?;
            let field = kind.form().find(|f| f.name == field && f.named.is_some())?;
            Some(Filter::Names(Name {
                field,
                name: text::clean_line(name),
                is_listed: true,
            }))
        };
        let all = all(kind).into_iter();
        all.into_iter().find(|f| f.code() == code).or_else(named)
    }

    /// What people read.
    pub fn label(&self) -> Both {
        let of = |vi: &str, en: &str, field: &Field| {
            Both::new(
                format!("{vi}: {}", field.label.vi.to_lowercase()),
                format!("{en}: {}", field.label.en.to_lowercase()),
            )
        };
        match self {
            Filter::Differ => Both::new("Hai người ghi khác nhau", "Written differently"),
            Filter::Unsent => Both::new("Có phần chưa gửi", "Not sent yet"),
            Filter::Missing(None) => Both::new("Còn thiếu ô", "Something is missing"),
            Filter::Missing(Some(field)) => of("Còn thiếu", "Missing", field),
            Filter::Away => Both::new("Đi xa", "Away"),
            Filter::Unclear => Both::new("Đi xa, địa chỉ chưa rõ", "Away, address unclear"),
            Filter::Names(Name { field, name, .. }) if name.is_empty() => Both::new(
                format!("{}: chưa ghi", field.label.vi),
                format!("{}: none", field.label.en),
            ),
            Filter::Names(Name {
                field,
                name,
                is_listed,
            }) => {
                let (vi, en) = match is_listed {
                    true => ("", ""),
                    false => (
                        " (chi bộ chưa có tên này)",
                        " (the branch has none of this name)",
                    ),
                };
                Both::new(
                    format!("{}: {name}{vi}", field.label.vi),
                    format!("{}: {name}{en}", field.label.en),
                )
            }
            Filter::Is(field, code) => {
                let (vi, en) = match field.kind {
                    FieldType::Code(_) | FieldType::Line => {
                        let list = match field.kind {
                            FieldType::Code(list) => list,
                            _ => field.groups,
                        };
                        let label = list.iter().find(|c| c.code == *code).map(|c| c.label);
                        label.map_or((*code, *code), |l| (l.vi, l.en))
                    }
                    _ if *code == "yes" => ("có", "yes"),
                    _ => ("không", "no"),
                };
                Both::new(
                    format!("{}: {vi}", field.label.vi),
                    format!("{}: {en}", field.label.en),
                )
            }
        }
    }

    fn fits(&self, row: &Seen) -> bool {
        match self {
            Filter::Differ => row.listed.row.conflicts > 0,
            Filter::Unsent => row.listed.row.pending,
            Filter::Missing(None) => !row.missing.is_empty(),
            Filter::Missing(Some(field)) => row.missing.iter().any(|f| f.name == field.name),
            Filter::Away => row.away.is_some(),
            Filter::Unclear => row.away.is_some_and(|is_unclear| is_unclear),
            Filter::Names(Name { field, name, .. }) => {
                let said = row.values.get(field.name).map(Value::shown);
                text::fold_words(&said.unwrap_or_default()) == text::fold_words(name)
            }
            Filter::Is(field, code) => match row.values.get(field.name) {
                Some(Value::Text(text)) => match field::group(field.groups, text) {
                    Some(group) => group.code == *code,
                    None => text == code,
                },
                Some(Value::YesNo(yes)) => *yes == (*code == "yes"),
                _ => false,
            },
        }
    }

    fn is_about_away(&self) -> bool {
        matches!(self, Filter::Away | Filter::Unclear)
    }
}

/// Every filter that a kind has, in the order in which people are shown them: what is under way, what members are counted
/// by, the other fields, and last each field that may be missing.
fn all(kind: &'static Kind) -> Vec<Filter> {
    let mut all = vec![Filter::Differ, Filter::Unsent];
    if kind.number == MEMBER.number {
        all.extend([Filter::Away, Filter::Unclear]);
    }
    all.push(Filter::Missing(None));
    let (counted, others): (Vec<&'static Field>, Vec<_>) = kind.form().partition(|f| f.counted);
    for field in counted.into_iter().chain(others) {
        let is = codes(field).into_iter();
        all.extend(is.map(|code| Filter::Is(field, code)));
    }
    all.extend(kind.form().map(|field| Filter::Missing(Some(field))));
    all
}

/// A row with all that a filter asks of it.
struct Seen {
    listed: Listed,
    values: Values,
    missing: Vec<&'static Field>,
    /// Of a member who is away: whether it is unclear where.
    away: Option<bool>,
}

/// What is asked for: rows of a kind, as [`Find`] finds them, and of these those that every filter leaves.
#[derive(Debug, Clone, Copy)]
pub struct Narrowed<'a> {
    /// The kind.
    pub kind: &'static Kind,
    /// Only documents of these places; `None`: all.
    pub places: Option<&'a [PlaceId]>,
    /// Beginnings of words ([`chibo_core::text::search_terms`]); empty: all.
    pub words: &'a [String],
    /// What the rows are narrowed by.
    pub only: &'a [Filter],
    /// How many rows to leave out.
    pub skip: usize,
    /// How many rows at most; 0: all.
    pub limit: usize,
}

impl Narrowed<'_> {
    fn find(&self) -> Find<'_> {
        Find {
            kind: Some(self.kind.number),
            places: self.places,
            words: self.words,
            ..Find::default()
        }
    }
}

/// Every row of the kind that the words find and the filters leave. `with_away`: whether it is asked who is away.
fn seen(
    store: &SqliteStore,
    tree: &Tree,
    what: &Narrowed,
    with_away: bool,
    today: Day,
) -> Result<Vec<Seen>, ListError> {
    let kind = what.kind;
    let (rows, recorded) = lists::rows_and_recorded(store, tree, &what.find(), today)?;
    let is_member = kind.number == MEMBER.number;
    let mut away = BTreeMap::new();
    let recorded: Vec<_> = recorded.into_iter().collect();
    if with_away && is_member {
        let order = RollOrder::vietnamese().ok_or(ListError::NoOrder)?;
        let rules = Known::of(store)?.regulations;
        Bounds::at(&rules, today).ok_or(ListError::NoRule)?;
        let bounds = |began| Bounds::at(&rules, began);
        let good_until = |said| away::good_until(said, &rules);
        let list = away::away_list(&recorded, today, &bounds, &good_until, &order);
        let is_unclear = |a: Away| (a.member, !a.unclear.is_empty());
        away = list.into_iter().map(is_unclear).collect();
    }
    let all = rows.into_iter().map(|listed| {
        let place = listed.row.place;
        let of = recorded.binary_search_by_key(&place, |(place, _)| *place);
        let values = match of.ok().filter(|_| is_member) {
            Some(n) => {
                let of = &recorded[n].1;
                register::as_it_stands(&of.record, &of.decisions, today)
            }
            None => replica::values_of(&listed.row),
        };
        let is_official = listed.status.as_deref().is_some_and(register::is_official);
        Seen {
            missing: kind.missing(&values, is_official),
            away: away.get(&place).copied(),
            values,
            listed,
        }
    });
    Ok(all
        .filter(|row| what.only.iter().all(|f| f.fits(row)))
        .collect())
}

/// The names that fields of these rows say of their unit's lists, and who says none.
fn names(
    store: &SqliteStore,
    kind: &'static Kind,
    rows: &[Seen],
    today: Day,
) -> Result<Vec<Filter>, ListError> {
    let mut all = Vec::new();
    for field in kind.form() {
        let Some(named) = field.named else { continue };
        let said = rows
            .iter()
            .filter_map(|row| match row.values.get(field.name) {
                Some(Value::Text(name)) => Some((text::fold_words(name), name.clone())),
                _ => None,
            });
        let said: BTreeMap<String, String> = said.collect();
        if said.is_empty() {
            continue;
        }
        let units = store.find(&Find {
            kind: Some(UNIT.number),
            ..Find::default()
        })?;
        let mut listed = BTreeSet::new();
        for unit in &units {
            let unit = replica::values_of(unit);
            for entry in caution::entries(&unit, named.entries, named.to, today) {
                let name = unit.get(&format!("{}/{entry}/{}", named.entries, named.name));
                listed.extend(name.map(|name| text::fold_words(&name.shown())));
            }
        }
        let filter = |name: String, is_listed| {
            Filter::Names(Name {
                field,
                name,
                is_listed,
            })
        };
        let named = said.into_iter();
        all.extend(named.map(|(folded, name)| filter(name, listed.contains(&folded))));
        all.push(filter(String::new(), true));
    }
    Ok(all)
}

/// A page of rows, in the order of rolls.
pub fn rows(
    store: &SqliteStore,
    tree: &Tree,
    what: &Narrowed,
    today: Day,
) -> Result<Vec<Listed>, ListError> {
    if what.only.is_empty() {
        let page = Find {
            skip: what.skip,
            limit: what.limit,
            ..what.find()
        };
        return Ok(lists::rows(store, tree, &page, today)?);
    }
    let with_away = what.only.iter().any(Filter::is_about_away);
    let rows = seen(store, tree, what, with_away, today)?;
    let limit = match what.limit {
        0 => usize::MAX,
        some => some,
    };
    let page = rows.into_iter().skip(what.skip).take(limit);
    Ok(page.map(|row| row.listed).collect())
}

/// What narrows a list further, each with how many rows it leaves: every filter of the kind that leaves some and not
/// all, in the order in which people are shown them.
pub fn narrowings(
    store: &SqliteStore,
    tree: &Tree,
    what: &Narrowed,
    today: Day,
) -> Result<Vec<(Filter, usize)>, ListError> {
    let rows = match seen(store, tree, what, true, today) {
        // Nobody has said what counts as away: then nothing is asked about it.
        Err(ListError::NoRule) => seen(store, tree, what, false, today)?,
        rows => rows?,
    };
    let left = |f: &Filter| rows.iter().filter(|row| f.fits(row)).count();
    let names = names(store, what.kind, &rows, today)?;
    let all = all(what.kind).into_iter().chain(names);
    let all = all.map(|f| (left(&f), f)).map(|(n, f)| (f, n));
    Ok(all.filter(|(_, n)| *n > 0 && *n < rows.len()).collect())
}
