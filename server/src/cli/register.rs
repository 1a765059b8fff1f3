//! `chibo register` and `chibo phone register`: the roll as it stands with its counts, what cards somebody had, who
//! comes to which badge in a year, and discipline by numbered decisions.
//!
//! Everything is worked out from the record and the decisions in force ([`chibo_core::register`]); a status that
//! stands in the record and that a decision has changed is shown as the decision left it.

use super::desk::{Desk, day_or_today, desk, fail, today};
use super::kept::Kept;
use super::sheet::read_out;
use super::shown::Seen;
use super::terms::unlisted;
use super::{Done, Fail, Folder, Voice};
use crate::handset::Handset;
use crate::words;
use chibo_core::date::Day;
use chibo_core::domain::discipline::DISCIPLINE;
use chibo_core::id::PlaceId;
use chibo_core::party_age::Reaches;
use chibo_core::place::PlaceKind;
use chibo_core::roll;
use chibo_device::discipline::{Said, measures};
use chibo_device::roll::{self as counts, Cards, Figures};
use chibo_device::sheet::{self, SheetKind};
use chibo_device::words as shared;
use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

#[derive(Debug, Args)]
pub(crate) struct RegisterArgs {
    #[command(flatten)]
    pub(super) data: Folder,
    #[command(subcommand)]
    what: RegisterWhat,
}

impl RegisterWhat {
    /// What it shows, for the log of looks.
    pub(super) fn shows(&self) -> Seen<'_> {
        match self {
            RegisterWhat::Members { branch, .. }
            | RegisterWhat::Badges { branch, .. }
            | RegisterWhat::Discipline { branch } => Seen::list(branch.as_deref()),
            RegisterWhat::Card { members, branch } => match &members[..] {
                [] => Seen::list(branch.as_deref()),
                members => Seen::Each(members),
            },
            RegisterWhat::Figures { .. } => Seen::Nothing,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum RegisterWhat {
    /// Danh sách và số lượng theo trạng thái / Everybody with their status on a day, and how many of each.
    Members {
        /// Chỉ chi bộ này / Only this branch.
        #[arg(long)]
        branch: Option<String>,
        /// Ngày / The day (today).
        #[arg(long, value_name = "DAY")]
        on: Option<String>,
        /// Cả người không còn sinh hoạt ở đây / Those who do not belong here any more as well.
        #[arg(long)]
        all: bool,
    },
    /// Cơ cấu: bao nhiêu người theo giới tính, dân tộc, lý luận… / How many there are of each sex, ethnicity, level of
    /// theory and so on.
    Figures {
        /// Chỉ chi bộ này / Only this branch.
        #[arg(long)]
        branch: Option<String>,
        /// Ngày / The day (today).
        #[arg(long, value_name = "DAY")]
        on: Option<String>,
    },
    /// Các số thẻ, cũ và mới: của một người, nhiều người hoặc mọi người / Card numbers, old and new: of one member, of
    /// several, or of all.
    Card {
        /// Đảng viên: mã hoặc tên; không ghi: mọi người / The members: id or name (all).
        members: Vec<String>,
        /// Chỉ chi bộ này / Only this branch.
        #[arg(long, conflicts_with = "members")]
        branch: Option<String>,
    },
    /// Ai đến mức huy hiệu nào trong năm / Who comes to which badge in a year.
    Badges {
        /// Năm / The year (this one).
        #[arg(value_parser = clap::value_parser!(u16).range(1930..=2199))]
        year: Option<u16>,
        /// Chỉ chi bộ này / Only this branch.
        #[arg(long)]
        branch: Option<String>,
    },
    /// Kỷ luật theo quyết định có số / Discipline by numbered decisions.
    Discipline {
        /// Chỉ chi bộ hoặc người này / Only this unit or person.
        #[arg(long)]
        branch: Option<String>,
    },
}

impl RegisterArgs {
    /// Figures are numbers, and name nobody.
    pub(super) fn shows(&self) -> Seen<'_> {
        self.what.shows()
    }
}

pub(crate) fn at_desk(args: &RegisterArgs, kept: &mut Kept, voice: Voice) -> Done {
    run(&args.what, &desk(kept), voice)
}

pub(crate) fn on_phone(what: &RegisterWhat, handset: &mut Handset, voice: Voice) -> Done {
    run(what, &Desk::Phone(handset), voice)
}

fn run(what: &RegisterWhat, desk: &Desk, voice: Voice) -> Done {
    match what {
        RegisterWhat::Members { branch, on, all } => {
            let on = day_or_today(on.as_deref(), voice)?;
            members(
                desk,
                below(desk, branch.as_deref(), voice)?,
                on,
                *all,
                voice,
            )
        }
        RegisterWhat::Figures { branch, on } => {
            let on = day_or_today(on.as_deref(), voice)?;
            figures(desk, below(desk, branch.as_deref(), voice)?, on, voice)
        }
        RegisterWhat::Card { members, branch } => {
            cards(desk, members, below(desk, branch.as_deref(), voice)?, voice)
        }
        RegisterWhat::Badges { year, branch } => {
            let year = year.map_or_else(|| today(voice).map(Day::year), Ok)?;
            badges(desk, below(desk, branch.as_deref(), voice)?, year, voice)
        }
        RegisterWhat::Discipline { branch } => {
            discipline(desk, below(desk, branch.as_deref(), voice)?, voice)
        }
    }
}

pub(super) fn below(
    desk: &Desk,
    named: Option<&str>,
    voice: Voice,
) -> Result<Option<PlaceId>, Fail> {
    named.map(|named| desk.place(named, voice)).transpose()
}

fn members(desk: &Desk, below: Option<PlaceId>, on: Day, all: bool, voice: Voice) -> Done {
    let made = counts::with_lines(desk.store(), desk.tree(), below, on, |lines| {
        let told: Vec<Json> = (lines.iter().filter(|l| all || l.belongs))
            .map(|line| {
                let since = line.status.as_ref().and_then(|s| s.since);
                let until = line.status.as_ref().and_then(|s| s.until);
                json!({
                    "member": line.member, "name": line.name, "status": line.status_code(),
                    "belongs": line.belongs, "since": since.map(|d| d.to_string()),
                    "until": until.map(|d| d.to_string()),
                    "decision": line.status.as_ref().and_then(|s| s.decision),
                })
            })
            .collect();
        let counts = roll::counts(lines);
        let counts = json!({"members": counts.members, "unknown": counts.unknown, "gone": counts.gone,
                   "by_status": counts.by_status});
        let mut sheet = sheet::members(lines);
        // The second part are those who do not belong here any more.
        sheet.parts.truncate(if all { 2 } else { 1 });
        (
            sheet,
            json!({"on": on.to_string(), "members": told, "counts": counts}),
        )
    });
    let (sheet, told) = made.map_err(|e| unlisted(e, voice))?;
    read_out(&sheet, &told, voice);
    Ok(true)
}

fn figures(desk: &Desk, below: Option<PlaceId>, on: Day, voice: Voice) -> Done {
    let counted = counts::figures(desk.store(), desk.tree(), (below, desk.reach()), on);
    let Figures {
        members,
        unknown,
        figures,
        units,
    } = counted.map_err(|e| unlisted(e, voice))?;
    let title = voice.say("Đang sinh hoạt", "Belong here");
    let apart = match unknown {
        0 => String::new(),
        n => format!(
            "; {}: {n}",
            voice.say("chưa rõ tình trạng", "status not known")
        ),
    };
    voice.line(&format!("{title}: {members}{apart}  ({})", on.shown()));
    let mut told = serde_json::Map::new();
    for figure in figures {
        let label = words::label(voice.lang, figure.field.label);
        let mut parts: Vec<String> = (figure.by.iter())
            .map(|(code, n)| format!("{} {n}", words::label(voice.lang, code.label)))
            .collect();
        if figure.unknown > 0 {
            let unknown = voice.say("chưa ghi", "not recorded");
            parts.push(format!("{unknown} {}", figure.unknown));
        }
        voice.line(&format!("{label}: {}", parts.join(", ")));
        let by = figure.by.iter().map(|(code, n)| (code.code, *n));
        let by: BTreeMap<&str, usize> = by.collect();
        told.insert(
            figure.field.name.to_owned(),
            json!({"by": by, "unknown": figure.unknown}),
        );
    }
    let (mut sizes, mut unusual) = (Vec::new(), Vec::new());
    for unit in &units {
        let (name, size) = (&unit.name, &unit.size);
        let official = voice.say("chính thức", "official");
        voice.line(&format!(
            "{name}: {}, {official} {}",
            size.members, size.official
        ));
        let post = |post| words::label(voice.lang, post);
        let led: Vec<String> = (size.posts.iter())
            .map(|(_, who, code)| format!("{} {who}", post(code.label)))
            .collect();
        if !led.is_empty() {
            voice.line(&format!("  {}", led.join(", ")));
        }
        let posts: Vec<_> = (size.posts.iter())
            .map(|(member, who, code)| json!({"member": member, "name": who, "post": code.code}))
            .collect();
        sizes.push(
            json!({"unit": name, "place": unit.place, "members": size.members,
                          "official": size.official, "posts": posts}),
        );
        for one in &size.unusual {
            let words = words::both(voice.lang, shared::size(one));
            voice.line(&format!("{}: {name}: {words}", voice.say("Lưu ý", "Note")));
            let rule = &one.rule;
            unusual.push(
                json!({"unit": name, "rule": rule.key.name(), "count": one.count,
                                "bound": rule.amount.number()}),
            );
        }
    }
    voice.tell(
        &json!({"on": on.to_string(), "members": members, "unknown": unknown, "figures": told, "units": sizes,
                "unusual": unusual}),
        "",
    );
    Ok(true)
}

// ---- cards ----------------------------------------------------------------------------------

fn is_member(desk: &Desk, named: &str, voice: Voice) -> Result<PlaceId, Fail> {
    let place = desk.place(named, voice)?;
    match desk.tree().get(place).map(|p| p.kind) {
        Some(PlaceKind::Member) => Ok(place),
        _ => {
            let why = voice.say("không phải đảng viên", "is no member");
            Err(Fail::Words(format!("{named}: {why}")))
        }
    }
}

/// The numbers of these members in the order in which they were named, else of all below a place who belong here.
fn cards(desk: &Desk, named: &[String], below: Option<PlaceId>, voice: Voice) -> Done {
    let on = today(voice)?;
    let of = |below| {
        let all = counts::cards(desk.store(), desk.tree(), below, on);
        all.map_err(|e| unlisted(e, voice))
    };
    let mut cards = Vec::new();
    for named in named {
        cards.extend(of(Some(is_member(desk, named, voice)?))?);
    }
    if named.is_empty() {
        cards = of(below)?;
        cards.retain(|of| of.belongs);
    }
    let told: Vec<Json> = cards.iter().map(card_json).collect();
    let told = match &told[..] {
        // Of one it is told as what it is.
        [one] if named.len() == 1 => one.clone(),
        all => json!({ "members": all }),
    };
    read_out(&sheet::cards(&cards), &told, voice);
    Ok(true)
}

fn card_json(of: &Cards) -> Json {
    let numbers: Vec<Json> = (of.numbers.iter())
        .map(|n| {
            json!({"number": n.number, "since": n.since.map(|d| d.to_string()),
                   "decision": n.decision, "decision_number": n.paper, "now": n.is_now})
        })
        .collect();
    let cases: Vec<Json> = (of.lost.iter())
        .map(|c| json!({"doc": c.doc, "state": c.state}))
        .collect();
    json!({"member": of.member, "name": of.name, "cards": numbers, "cases": cases})
}

// ---- badges ---------------------------------------------------------------------------------

fn reaches_json(r: &Reaches) -> Json {
    json!({"member": r.line.member, "name": r.line.name, "years": r.badge.years,
           "reached_on": r.badge.reached_on.to_string(), "given_on": r.given_on.to_string(),
           "early_from": r.badge.early_from.to_string(), "given": r.is_given, "verified": r.badge.is_verified})
}

fn badges(desk: &Desk, below: Option<PlaceId>, year: u16, voice: Voice) -> Done {
    if !SheetKind::by_code("badges").is_some_and(|s| s.is_for(desk.role())) {
        let (vi, en) = (
            "danh sách này của văn phòng và bí thư",
            "this list is the office's and the secretary's",
        );
        return Err(fail(voice, vi, en));
    }
    let when = (year, today(voice)?);
    let told = counts::with_badges(desk.store(), desk.tree(), below, when, |forecast| {
        let forecast = forecast?;
        let all = |of: &[Reaches]| of.iter().map(reaches_json).collect::<Vec<_>>();
        let unknown: Vec<Json> = (forecast.unknown.iter())
            .map(|l| json!({"member": l.member, "name": l.name}))
            .collect();
        let days: Vec<String> = forecast.days.iter().map(|d| d.to_string()).collect();
        let told = json!({"year": year, "days": days, "reaches": all(&forecast.reaches),
                          "possible_if_gravely_ill": all(&forecast.early), "unknown": unknown});
        Some((sheet::badges(Some(forecast)), told))
    });
    let Some((sheet, told)) = told.map_err(|e| unlisted(e, voice))? else {
        let (vi, en) = (
            "chưa có quy định về huy hiệu cho năm này",
            "no rule about badges is known for this year",
        );
        return Err(fail(voice, vi, en));
    };
    read_out(&sheet, &told, voice);
    Ok(true)
}

// ---- discipline -----------------------------------------------------------------------------

fn discipline(desk: &Desk, below: Option<PlaceId>, voice: Voice) -> Done {
    desk.must_read(&DISCIPLINE, voice)?;
    let all = measures(desk.store(), desk.tree(), below)?;
    let mut names = BTreeMap::new();
    for m in &all.all {
        names.insert(m.member, desk.name(m.member)?);
    }
    let told = all.all.iter().map(|m| {
        let decision = match m.at {
            Said::Decision(at) => Some(at.doc),
            Said::Paper(_) => None,
        };
        json!({"member": m.member, "name": names[&m.member], "form": m.form, "number": m.number,
               "on": m.on.map(|d| d.to_string()), "body": m.body, "decision": decision})
    });
    let told = json!({"discipline": told.collect::<Vec<_>>(), "drafts": all.drafts});
    read_out(&sheet::discipline(&all, &names), &told, voice);
    Ok(true)
}
