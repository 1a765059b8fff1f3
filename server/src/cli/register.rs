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
use chibo_core::date::{Day, PartialDate};
use chibo_core::document::{Value, Values};
use chibo_core::domain::decision::{self, DECISION};
use chibo_core::domain::discipline::DISCIPLINE;
use chibo_core::domain::member::{DISCIPLINE_FORMS, MEMBER_SENSITIVE, STATUSES};
use chibo_core::id::PlaceId;
use chibo_core::kind::Code;
use chibo_core::party_age::Reaches;
use chibo_core::place::PlaceKind;
use chibo_core::replica;
use chibo_core::roll::{self, Line};
use chibo_core::text::RollOrder;
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
        match &self.what {
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

fn order() -> Result<RollOrder, Fail> {
    RollOrder::vietnamese().ok_or_else(|| Fail::Words("no order of names".into()))
}

/// A code as people read it.
fn shown(list: &[Code], code: &str, voice: Voice) -> String {
    let found = list.iter().find(|c| c.code == code);
    found
        .map_or(code, |c| words::label(voice.lang, c.label))
        .into()
}

fn status_of(line: &Line, voice: Voice) -> String {
    match line.status_code() {
        "" => voice.say("chưa rõ", "not known").into(),
        code => shown(&STATUSES, code, voice),
    }
}

fn members(desk: &Desk, below: Option<PlaceId>, on: Day, all: bool, voice: Voice) -> Done {
    let recorded = desk.recorded(below)?;
    let lines = roll::roll(&recorded, on, &order()?);
    let mut told = Vec::new();
    for line in lines.iter().filter(|l| all || l.belongs) {
        let since = line.status.as_ref().and_then(|s| s.since);
        let until = line.status.as_ref().and_then(|s| s.until);
        let mut text = format!(
            "{}  {}  {}",
            line.member.short(),
            line.name,
            status_of(line, voice)
        );
        for (vi, en, day) in [("từ", "since", since), ("đến hết", "until", until)] {
            if let Some(day) = day {
                text.push_str(&format!(" {} {}", voice.say(vi, en), day.shown()));
            }
        }
        voice.line(&text);
        told.push(json!({
            "member": line.member, "name": line.name, "status": line.status_code(), "belongs": line.belongs,
            "since": since.map(|d| d.to_string()), "until": until.map(|d| d.to_string()),
            "decision": line.status.as_ref().and_then(|s| s.decision),
        }));
    }
    let counts = roll::counts(&lines);
    let parts: Vec<String> = counts
        .by_status
        .iter()
        .map(|(code, n)| match code.as_str() {
            "" => format!("{}: {n}", voice.say("chưa rõ", "not known")),
            code => format!("{}: {n}", shown(&STATUSES, code, voice)),
        })
        .collect();
    let text = format!(
        "{}: {}; {}: {}; {}: {}{}",
        voice.say("Đang sinh hoạt", "Belong here"),
        counts.members,
        voice.say("chưa rõ tình trạng", "status not known"),
        counts.unknown,
        voice.say("không còn", "gone"),
        counts.gone,
        match parts.is_empty() {
            true => String::new(),
            false => format!("  ({})", parts.join(", ")),
        }
    );
    voice.tell(
        &json!({"on": on.to_string(), "members": told,
                "counts": {"members": counts.members, "unknown": counts.unknown, "gone": counts.gone, "by_status": counts.by_status}}),
        &text,
    );
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
        sizes.push(
            json!({"unit": name, "place": unit.place, "members": size.members,
                          "official": size.official}),
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

/// One measure of discipline, from wherever it is recorded.
struct Measure {
    member: PlaceId,
    form: String,
    number: String,
    on: Option<PartialDate>,
    body: String,
    /// The decision; `None`: taken over from the register on paper.
    doc: Option<String>,
}

/// What the register on paper said, entry by entry.
fn taken_over(member: PlaceId, values: &Values) -> Vec<Measure> {
    let mut of = BTreeMap::<&str, BTreeMap<&str, String>>::new();
    for (path, value) in values {
        let entry = path
            .strip_prefix("discipline/")
            .and_then(|p| p.split_once('/'));
        if let Some((id, name)) = entry {
            of.entry(id).or_default().insert(name, value.shown());
        }
    }
    let measure = |e: BTreeMap<&str, String>| {
        let own = |name: &str| e.get(name).cloned().unwrap_or_default();
        Measure {
            member,
            form: own("form"),
            number: own("number"),
            on: PartialDate::parse(&own("date")).ok(),
            body: own("issuer"),
            doc: None,
        }
    };
    of.into_values().map(measure).collect()
}

fn discipline(desk: &Desk, below: Option<PlaceId>, voice: Voice) -> Done {
    desk.must_read(&DISCIPLINE, voice)?;
    let is_below = |place| below.is_none_or(|below| desk.tree().is_within(place, below));
    let mut all = Vec::new();
    let mut drafts = 0;
    for (row, _) in desk.rows(&[&DISCIPLINE, &DECISION], None, voice)? {
        let values = replica::values_of(&row);
        let form = values.get("form").map(Value::shown).unwrap_or_default();
        let counts = row.kind == DISCIPLINE.number || form == "expulsion";
        if !counts || !is_below(row.place) || decision::is_cancelled(&values) {
            continue;
        }
        // Without number and date nothing was decided.
        if !decision::is_complete(&values) {
            drafts += 1;
            continue;
        }
        let own = |name: &str| values.get(name).map(Value::shown).unwrap_or_default();
        let number = format!("{}-{}", own("number"), own("symbol"));
        all.push(Measure {
            member: row.place,
            form,
            number: number.trim_end_matches('-').to_owned(),
            on: PartialDate::parse(&own("issued_on")).ok(),
            body: own("body"),
            doc: Some(row.doc.to_string()),
        });
    }
    for (row, _) in desk.rows(&[&MEMBER_SENSITIVE], None, voice)? {
        if !is_below(row.place) {
            continue;
        }
        for measure in taken_over(row.place, &replica::values_of(&row)) {
            let is_same = |m: &Measure| (m.member, m.on) == (measure.member, measure.on);
            if measure.number.trim().is_empty() || measure.form.is_empty() {
                drafts += 1;
            } else if !all.iter().any(|m| m.form == measure.form && is_same(m)) {
                all.push(measure);
            }
        }
    }
    all.sort_by(|a, b| b.on.cmp(&a.on).then_with(|| a.member.cmp(&b.member)));
    let mut told = Vec::new();
    for m in &all {
        let name = desk.name(m.member)?;
        let on = m.on.map(PartialDate::shown).unwrap_or_default();
        let form = shown(&DISCIPLINE_FORMS, &m.form, voice);
        voice.line(&format!(
            "{}  {name}  {form}  {}  {on}  {}",
            m.member.short(),
            m.number,
            m.body
        ));
        told.push(
            json!({"member": m.member, "name": name, "form": m.form, "number": m.number,
                         "on": m.on.map(|d| d.to_string()), "body": m.body, "decision": m.doc}),
        );
    }
    let mut text = Vec::new();
    if all.is_empty() {
        text.push(
            voice
                .say(
                    "(không có quyết định kỷ luật)",
                    "(no disciplinary decision)",
                )
                .to_owned(),
        );
    }
    if drafts > 0 {
        let why = voice.say(
            "bản ghi chưa có số, ngày: không tính là quyết định",
            "records without number or date, which are no decisions",
        );
        text.push(format!("{drafts} {why}"));
    }
    voice.tell(
        &json!({"discipline": told, "drafts": drafts}),
        &text.join("\n"),
    );
    Ok(true)
}
