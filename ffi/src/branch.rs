//! A branch from day to day: what is due, who is away, who came to a meeting, where a member says that they are.

use crate::chibo::{Chibo, count};
use crate::describe::Text;
use crate::error::{ChiboError, Why};
use crate::list::place_id;
use crate::places::{CommuneInfo, commune};
use crate::record::{Addressed, Caution, FieldEdit, Saved, cautions, parsed, saved, text};
use chibo_core::author::Target;
use chibo_core::away::{Away, Stay};
use chibo_core::date::{Day, PartialDate};
use chibo_core::deadline::State;
use chibo_core::domain::check_in::CHECK_IN;
use chibo_core::domain::look::Look;
use chibo_core::domain::meeting::{ATTENDANCE, MEETING};
use chibo_core::field;
use chibo_core::id::{PlaceId, random16};
use chibo_core::kind::{self, Key};
use chibo_core::place::PlaceKind;
use chibo_device::edge::SystemChance;
use chibo_device::handset::Handset;
use chibo_device::lists;
use chibo_device::looks;
use chibo_device::sheet::YEARS;
use chibo_device::{say, words};

/// How a deadline stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum DueState {
    /// Not done; so many days are left.
    Open {
        /// Days of the calendar.
        days: u32,
    },
    /// Today is the last day.
    Today,
    /// Not done; so late.
    Late {
        /// Days of the calendar.
        days: u32,
    },
    /// Done by the last day.
    Done,
    /// Done, so late.
    DoneLate {
        /// Days of the calendar.
        days: u32,
    },
}

/// Something that is due.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Due {
    /// Which term.
    pub label: Text,
    /// Whose it is, by name.
    pub name: String,
    /// Whose it is: the place, by id.
    pub place: String,
    /// The last day, as `2026-11-24`.
    pub due: String,
    /// How it stands.
    pub state: DueState,
    /// Whether it was or is late, and the reason is not given yet.
    pub needs_reason: bool,
    /// The regulation behind it, as one cites it.
    pub source: String,
    /// Whether that was verified.
    pub is_verified: bool,
    /// The document that says since when it runs, such as a case; `null`: several together do.
    pub at: Option<Addressed>,
}

/// What is due, whatever is most urgent first.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Deadlines {
    /// What is due.
    pub due: Vec<Due>,
    /// Of how many facts nobody can say when they are due: no rule is known for their day.
    pub gaps: u32,
}

/// A member who is away.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct AwayRow {
    /// The member, by id.
    pub member: String,
    /// Their name.
    pub name: String,
    /// Where, in the words that were said.
    pub address: String,
    /// Why the address is unclear, by code; empty: it is clear.
    pub unclear: Vec<String>,
    /// How they are reached.
    pub contact: Option<String>,
    /// The day on which they were last heard of, as `2026-11-24`.
    pub last_heard: Option<String>,
    /// Which procedures may fit, and why. Advice: nothing follows from it.
    pub procedures: Vec<Text>,
}

/// How a member stood towards a meeting.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Mark {
    /// The member, or who takes part from elsewhere: the place, by id.
    pub member: String,
    /// A code of the field `attendance`; empty: the mark is taken back.
    pub code: String,
}

/// A check-in that was recorded.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CheckedIn {
    /// The document, by id.
    pub doc: String,
    /// Whether anything changed: the same letter may be typed twice.
    pub changed: bool,
    /// Whether it says how it came (`how`).
    pub says_how: bool,
    /// Whether it is clear which commune of today is meant.
    pub is_clear: bool,
    /// If not: those that it may be.
    pub may_be: Vec<CommuneInfo>,
    /// What of the texts does not belong here; it was written all the same.
    pub cautions: Vec<Caution>,
}

pub(crate) fn due_row(d: lists::Due) -> Due {
    Due {
        label: d.deadline.key.label().into(),
        name: d.name,
        place: d.deadline.place.to_string(),
        due: d.deadline.due.to_string(),
        state: match d.deadline.state {
            State::Open(span) => DueState::Open { days: span.days },
            State::DueToday => DueState::Today,
            State::Overdue(span) => DueState::Late { days: span.days },
            State::DoneInTime => DueState::Done,
            State::DoneLate(span) => DueState::DoneLate { days: span.days },
        },
        needs_reason: d.needs_reason,
        source: d.deadline.source.shown(),
        is_verified: d.deadline.is_verified,
        at: d.at.map(|at| Addressed::of(d.deadline.place, &at)),
    }
}

pub(crate) fn away_row(away: Away) -> AwayRow {
    AwayRow {
        member: away.member.to_string(),
        name: away.name,
        address: away.address.text,
        unclear: away.unclear.iter().map(|u| u.code().into()).collect(),
        contact: away.contact,
        last_heard: away.last_heard.map(|heard| heard.on.to_string()),
        procedures: (away.procedures.iter())
            .map(|advice| words::advice(advice).into())
            .collect(),
    }
}

/// The member or other place with this id, if it is on this device.
pub(crate) fn place_here(handset: &Handset, id: &str) -> Result<(PlaceId, PlaceKind), ChiboError> {
    let place = place_id(id)?;
    let placed = handset.phone.tree().get(place);
    Ok((place, placed.ok_or(ChiboError::NotHere)?.kind))
}

pub(crate) fn day(field: &str, typed: &str) -> Result<Day, ChiboError> {
    let day = PartialDate::parse(typed.trim())
        .ok()
        .and_then(PartialDate::day);
    day.ok_or_else(|| ChiboError::Invalid {
        field: field.into(),
        why: Why::NoDate,
        allowed: Vec::new(),
    })
}

pub(crate) fn year(field: &str, typed: &str) -> Result<u16, ChiboError> {
    let year = typed.trim().parse().ok();
    year.filter(|year| YEARS.contains(year))
        .ok_or_else(|| ChiboError::Invalid {
            field: field.into(),
            why: Why::NoDate,
            allowed: Vec::new(),
        })
}

#[uniffi::export]
impl Chibo {
    /// What is due below a place, or everywhere; `all`: what is done as well.
    pub fn deadlines(&self, below: Option<String>, all: bool) -> Result<Deadlines, ChiboError> {
        self.shared.call(|h, now| {
            let today = now.day_in_vietnam().ok_or(ChiboError::ClockOff)?;
            let below = below.as_deref().map(place_id).transpose()?;
            let phone = &h.phone;
            let list = lists::deadlines(phone.store(), phone.tree(), below, all, today)?;
            let due = list.due.into_iter().map(due_row);
            Ok(Deadlines {
                due: due.collect(),
                gaps: count(list.gaps.len()),
            })
        })
    }

    /// Who is away (*đi làm ăn xa*) below a place, or everywhere, in the order of rolls.
    pub fn away(&self, below: Option<String>) -> Result<Vec<AwayRow>, ChiboError> {
        self.shared.call(|h, now| {
            let today = now.day_in_vietnam().ok_or(ChiboError::ClockOff)?;
            let below = below.as_deref().map(place_id).transpose()?;
            looks::note(h, below, Look::Opened, now, &mut SystemChance)?;
            let list = lists::away(h.phone.store(), h.phone.tree(), below, today)?;
            Ok(list.into_iter().map(away_row).collect())
        })
    }

    /// Who was marked how at the meeting of a day, guests as well, whose marks lie where their own branch reads them.
    pub fn attendance(&self, branch: String, on: String) -> Result<Vec<Mark>, ChiboError> {
        self.shared.call(|h, now| {
            let (branch, _) = place_here(h, &branch)?;
            let on = day("held_on", &on)?;
            looks::note(h, Some(branch), Look::Opened, now, &mut SystemChance)?;
            let marks = say::marks(h, branch, on)?
                .into_iter()
                .map(|(place, code)| Mark {
                    member: place.to_string(),
                    code,
                });
            Ok(marks.collect())
        })
    }

    /// Marks who came to the meeting of a day (*điểm danh*); the meeting is begun if it is not there. All marks or none.
    pub fn attend(
        &self,
        branch: String,
        on: String,
        marks: Vec<Mark>,
    ) -> Result<Saved, ChiboError> {
        self.shared.call(|h, now| {
            let (branch, _) = place_here(h, &branch)?;
            let on = day("held_on", &on)?;
            let mut known = Vec::new();
            for mark in &marks {
                let (member, kind) = place_here(h, &mark.member)?;
                if !matches!(kind, PlaceKind::Member | PlaceKind::Placement) {
                    return Err(ChiboError::NotHere);
                }
                let code = match mark.code.as_str() {
                    "" => Some(""),
                    typed => field::code(&ATTENDANCE, typed),
                };
                let code = code.ok_or_else(|| ChiboError::Invalid {
                    field: format!("attendance/{member}"),
                    why: Why::NotInList,
                    allowed: ATTENDANCE.iter().map(|c| c.code.into()).collect(),
                })?;
                known.push((member, code));
            }
            let done = say::attend(h, branch, on, &known, now, &mut SystemChance)?;
            Ok(saved(&MEETING, done))
        })
    }

    /// Records what a member says of where they are (*báo nơi ở*), on their own device or for them. Nothing is turned
    /// away for being incomplete; what is unclear is told.
    pub fn check_in(&self, member: String, said: Vec<FieldEdit>) -> Result<CheckedIn, ChiboError> {
        self.shared.call(|h, now| {
            let (member, kind) = place_here(h, &member)?;
            if kind != PlaceKind::Member {
                return Err(ChiboError::NotHere);
            }
            let today = now.day_in_vietnam().ok_or(ChiboError::ClockOff)?;
            let values = parsed(&CHECK_IN, "", said)?;
            let done = say::check_in(h, member, values, (now, today), &mut SystemChance)?;
            Ok(CheckedIn {
                doc: done.saved.doc.to_string(),
                changed: done.saved.changed,
                says_how: done.says_how,
                is_clear: done.unclear.is_none(),
                may_be: done
                    .unclear
                    .unwrap_or_default()
                    .iter()
                    .map(commune)
                    .collect(),
                cautions: cautions(&CHECK_IN, &done.saved.warnings),
            })
        })
    }

    /// Which procedure fits somebody who goes away, and why: for how many whole months (`null`: no end is known), whether
    /// home and work there are stable, whether a branch there takes them in, whether it is abroad. Advice: nothing follows
    /// from it.
    #[uniffi::method(default(is_abroad = false))]
    pub fn which_procedure(
        &self,
        months: Option<u16>,
        is_stable: bool,
        has_host: bool,
        is_abroad: bool,
    ) -> Result<Text, ChiboError> {
        self.shared.call(|h, now| {
            let today = now.day_in_vietnam().ok_or(ChiboError::ClockOff)?;
            let stay = Stay {
                months,
                is_stable,
                has_host,
                is_abroad,
            };
            Ok(words::advice(&lists::which_procedure(h.phone.store(), stay, today)?).into())
        })
    }

    /// A new document of a kind of which a place has as many as people make; nothing is written until it is edited. For a
    /// kind with a natural key (a meeting, a check-in) `key` is that: the day, as `2026-11-24`; of a kind that is about a
    /// year (a remark of the place of residence) the year, and `null` is this one.
    pub fn new_document(
        &self,
        place: String,
        kind: String,
        key: Option<String>,
    ) -> Result<Addressed, ChiboError> {
        self.shared.call(|h, now| {
            let (place, place_kind) = place_here(h, &place)?;
            let kind = kind::by_name(&kind).ok_or(ChiboError::NotHere)?;
            if !kind.place.contains(&place_kind) {
                return Err(ChiboError::NotHere);
            }
            let key = match kind.key {
                Key::Single => Vec::new(),
                Key::Random => random16(&mut SystemChance).to_vec(),
                Key::Natural if kind.title == say::YEAR => {
                    let today = now.day_in_vietnam().ok_or(ChiboError::ClockOff)?;
                    let year = match key {
                        None => today.year(),
                        Some(typed) => year(say::YEAR, &typed)?,
                    };
                    let target = say::of_year(h, place, kind, year)?;
                    return Ok(Addressed::of(place, &target));
                }
                Key::Natural => {
                    let on = day(kind.title, key.as_deref().unwrap_or_default())?;
                    on.to_string().into_bytes()
                }
            };
            Ok(Addressed::of(place, &Target::at(place, kind, &key)))
        })
    }

    /// A new member below a branch, with the name that people call them by; the place's id.
    pub fn add_member(&self, branch: String, full_name: String) -> Result<String, ChiboError> {
        self.shared.call(|h, now| {
            let (branch, _) = place_here(h, &branch)?;
            let member = say::add_member(h, branch, &full_name, now, &mut SystemChance)?;
            let member = member.ok_or_else(|| ChiboError::Invalid {
                field: "full_name".into(),
                why: Why::Empty,
                allowed: Vec::new(),
            })?;
            Ok(member.to_string())
        })
    }

    /// The label of a role, by name.
    pub fn role_label(&self, role: String) -> Option<Text> {
        let role = chibo_core::place::Role::from_name(&role)?;
        let label = role.label();
        Some(text((label.vi.into(), label.en.into())))
    }
}
