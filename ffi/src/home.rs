//! The first screen of a secretary in one call, and what it leads to: fields with two versions, who was not heard of,
//! what the node did not let stand, who changed what.

use crate::branch::{AwayRow, Due, away_row, due_row};
use crate::chibo::{Chibo, Outbox, count, outbox};
use crate::describe::Text;
use crate::error::ChiboError;
use crate::list::{ListRow, place_id};
use crate::own::{TypedBy, typed_by};
use crate::record::text;
use chibo_core::date::Day;
use chibo_core::domain::look::Look;
use chibo_core::history::{Reached as Stage, Written};
use chibo_core::kind::{self, Kind};
use chibo_core::store::Row;
use chibo_device::edge::SystemChance;
use chibo_device::handset::Handset;
use chibo_device::looks;
use chibo_device::otherwise::Otherwise;
use chibo_device::words;
use chibo_device::{home, lists, record};

/// Most changes of a history in one call.
const HISTORY: u32 = 200;

/// What waits for a secretary.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Home {
    /// What is due and not done, whatever is most urgent first.
    pub due: Vec<Due>,
    /// Of how many facts nobody can say when they are due.
    pub gaps: u32,
    /// Documents in which two people filled in a field differently.
    pub conflicts: Vec<ListRow>,
    /// Who is away and has not been heard of in time, the longest first.
    pub unheard: Vec<UnheardRow>,
    /// Cases in which something is still to be done ([`Chibo::open_cases`]).
    pub open_cases: u32,
    /// What waits to be handed over.
    pub outbox: Outbox,
    /// When the node answered last, seconds since 1970; `null`: never.
    pub last_sync: Option<u64>,
    /// The same in a sentence: “Xã đã nhận hết, hôm qua lúc 19:05”.
    pub last_sync_said: Text,
    /// Own work that was refused, and that nobody here was told of yet ([`Chibo::refusals`]).
    pub refused: u32,
    /// What this phone found out about the node: a person has to report it ([`Chibo::otherwise_reported`]).
    pub otherwise: Option<ToldOtherwise>,
}

/// The node told two phones differently, or one of them says so; or it accepted what its author may not say. The phone
/// is kept as it is, and the committee above is asked.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ToldOtherwise {
    /// When it came to light here, seconds since 1970.
    pub since: u64,
    /// About which people and units, by name, as far as they are known here.
    pub about: Vec<String>,
    /// What it is and what to do, in a sentence.
    pub said: Text,
}

/// Somebody who is away and has not been heard of in time.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct UnheardRow {
    /// Who, and where they are.
    pub away: AwayRow,
    /// Days since they were heard of; `null`: never.
    pub days: Option<i32>,
    /// Days since they should have been heard of; `null`: nobody knows since when they are away.
    pub late: Option<i32>,
}

/// Own work that the node did not let stand.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Refusal {
    /// The reason's number (`core/docs/format.md`).
    pub reason: u8,
    /// Why, in words.
    pub why: Text,
    /// Whether the office is still to decide; else it is refused for good, and can be typed again.
    pub waits_for_office: bool,
    /// When it was sealed, seconds since 1970 by this device's clock.
    pub at: u64,
    /// The place that it is about, by id, if it is still here.
    pub place: Option<String>,
    /// What that is called.
    pub name: String,
    /// The kinds of the documents that it wrote in, as people call them.
    pub kinds: Vec<Text>,
    /// What it wrote, to be read and typed again: the record itself says nothing of it any more.
    pub written: Vec<WrittenField>,
}

/// How far a change has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Reached {
    /// The node has it.
    Received,
    /// Sealed here, not received yet.
    Unsent,
    /// Typed here, not sealed yet: it can be undone.
    Drafted,
    /// Another device's, from hand to hand, not received yet.
    Provisional,
}

/// One field that a change wrote.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct WrittenField {
    /// The path.
    pub path: String,
    /// What people read beside it.
    pub label: Text,
    /// What stood there before; empty: nothing.
    pub before: Text,
    /// What was written; empty: it was emptied.
    pub after: Text,
    /// Whose words it is and how they came, one line for each who said it; empty: those of who typed it.
    pub told: Vec<Text>,
}

/// One change of a document: who changed what when.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct HistoryRow {
    /// Who, and when by their clock; `null`: this device's draft, or attested by the office.
    pub by: Option<TypedBy>,
    /// When, seconds since 1970 by its author's clock; `null`: not sealed yet.
    pub at: Option<u64>,
    /// How far it has come.
    pub reached: Reached,
    /// What it wrote.
    pub written: Vec<WrittenField>,
}

fn conflict_row(row: Row) -> Option<ListRow> {
    Some(ListRow {
        doc: row.doc.to_string(),
        place: row.place.to_string(),
        kind: kind::by_number(row.kind)?.name.into(),
        title: row.title,
        status: None,
        conflicts: row.conflicts,
        pending: row.pending,
    })
}

fn told_otherwise(
    h: &Handset,
    otherwise: Otherwise,
    today: Day,
) -> Result<ToldOtherwise, ChiboError> {
    let mut about = Vec::new();
    for place in otherwise.places {
        about.extend(record::place_name(h, place, today)?);
    }
    Ok(ToldOtherwise {
        since: otherwise.since.0,
        about,
        said: words::found_out(otherwise.found).into(),
    })
}

fn unheard_row(unheard: lists::Unheard) -> UnheardRow {
    UnheardRow {
        away: away_row(unheard.away),
        days: unheard.days,
        late: unheard.late,
    }
}

fn written_field(kind: &'static Kind, w: Written) -> WrittenField {
    let read = |value| text(record::read(kind, &w.path, value));
    WrittenField {
        label: words::field_label(kind, &w.path).into(),
        before: w.before.as_ref().map(read).unwrap_or_default(),
        after: read(&w.after),
        told: w.told.iter().map(|t| words::told(t).into()).collect(),
        path: w.path,
    }
}

/// Why work was refused or is held, in words: the number is [`crate::Refused::reason`].
#[uniffi::export]
pub fn refusal_words(reason: u8) -> Text {
    words::refusal(reason).into()
}

#[uniffi::export]
impl Chibo {
    /// What waits for a secretary, in one call.
    pub fn home(&self) -> Result<Home, ChiboError> {
        self.shared.call(|h, now| {
            let today = now.day_in_vietnam().ok_or(ChiboError::ClockOff)?;
            looks::note(h, None, Look::Opened, now, &mut SystemChance)?;
            let home = home::home(h, today)?;
            Ok(Home {
                due: home.due.into_iter().map(due_row).collect(),
                gaps: count(home.gaps),
                conflicts: home
                    .conflicts
                    .into_iter()
                    .filter_map(conflict_row)
                    .collect(),
                unheard: home.unheard.into_iter().map(unheard_row).collect(),
                open_cases: count(home.open_cases),
                outbox: outbox(h, &home.waits, now)?,
                last_sync: home.last_sync.map(|(at, _)| at.0),
                last_sync_said: words::last_sync(home.last_sync, now).into(),
                refused: count(home.refused),
                otherwise: match home.otherwise {
                    Some(otherwise) => Some(told_otherwise(h, otherwise, today)?),
                    None => None,
                },
            })
        })
    }

    /// Documents in which two people filled in a field differently, in the order of rolls; each opened shows the versions.
    pub fn conflicts(&self) -> Result<Vec<ListRow>, ChiboError> {
        self.shared.call(|h, now| {
            looks::note(h, None, Look::Opened, now, &mut SystemChance)?;
            let rows = home::conflicts(h)?.into_iter();
            Ok(rows.filter_map(conflict_row).collect())
        })
    }

    /// Who is away below a place, or everywhere, and has not been heard of in time.
    pub fn unheard(&self, below: Option<String>) -> Result<Vec<UnheardRow>, ChiboError> {
        self.shared.call(|h, now| {
            let today = now.day_in_vietnam().ok_or(ChiboError::ClockOff)?;
            let below = below.as_deref().map(place_id).transpose()?;
            looks::note(h, below, Look::Opened, now, &mut SystemChance)?;
            let list = lists::unheard(h.phone.store(), h.phone.tree(), below, today)?;
            Ok(list.into_iter().map(unheard_row).collect())
        })
    }

    /// Own work that was refused, or waits for the office to decide, the last first.
    pub fn refusals(&self) -> Result<Vec<Refusal>, ChiboError> {
        self.shared.call(|h, now| {
            let today = now.day_in_vietnam().ok_or(ChiboError::ClockOff)?;
            let mut all = Vec::new();
            for judged in h.phone.judged()? {
                let name = judged.place.map(|p| record::place_name(h, p, today));
                let mut kinds: Vec<Text> = Vec::new();
                let mut written = Vec::new();
                for in_it in judged.docs {
                    let label = Text::from(in_it.kind.label);
                    if !kinds.contains(&label) {
                        kinds.push(label);
                    }
                    let fields = in_it.written.into_iter();
                    written.extend(fields.map(|w| written_field(in_it.kind, w)));
                }
                all.push(Refusal {
                    reason: judged.reason,
                    why: words::refusal(judged.reason).into(),
                    waits_for_office: judged.held,
                    at: judged.time.0,
                    place: judged.place.map(|p| p.to_string()),
                    name: name.transpose()?.flatten().unwrap_or_default(),
                    kinds,
                    written,
                });
            }
            Ok(all)
        })
    }

    /// The person has reported what [`Home::otherwise`] says; what comes to light afterwards is told anew.
    pub fn otherwise_reported(&self) -> Result<(), ChiboError> {
        self.shared.call(|h, _| Ok(h.otherwise_reported()?))
    }

    /// The person has read what was refused: [`Home::refused`] counts anew.
    pub fn refusals_told(&self) -> Result<(), ChiboError> {
        self.shared.call(|h, _| Ok(h.refusals_told()?))
    }

    /// Who changed what when in a document: its changes, the last first; at most 200 in one call, which 0 stands for.
    pub fn history(
        &self,
        doc: String,
        skip: u32,
        limit: u32,
    ) -> Result<Vec<HistoryRow>, ChiboError> {
        self.shared.call(|h, now| {
            let doc = doc.parse().map_err(|_| ChiboError::NotHere)?;
            let (place, target) = record::find(h, doc)?;
            looks::note(h, Some(place), Look::Opened, now, &mut SystemChance)?;
            let most = match limit {
                0 => HISTORY,
                some => some.min(HISTORY),
            };
            let history = h.phone.history(doc, skip as usize, most as usize)?;
            let mut rows = Vec::new();
            for change in history {
                let written = change.written.into_iter();
                let written = written.map(|w| written_field(target.kind, w));
                rows.push(HistoryRow {
                    by: typed_by(h, change.typed.as_ref())?,
                    at: change.time.map(|t| t.0),
                    reached: match change.reached {
                        Stage::Received => Reached::Received,
                        Stage::Unsent => Reached::Unsent,
                        Stage::Drafted => Reached::Drafted,
                        Stage::Provisional => Reached::Provisional,
                    },
                    written: written.collect(),
                });
            }
            Ok(rows)
        })
    }
}
