//! `chibo dossier` and `chibo phone dossier`: what papers a member's dossier must hold, which of them are there and
//! where, what is missing of whom; and who has handed in the supplement of a year. Who gave a dossier to whom is a
//! case with two signatures: `case open dossier_handover`.

use super::desk::{Desk, day_or_today, desk, fail, member_of, today};
use super::kept::Kept;
use super::record::Whose;
use super::register::below;
use super::sheet::read_out;
use super::shown::Seen;
use super::terms::unlisted;
use super::{Done, Fail, Folder, Voice};
use crate::edge::SystemChance;
use crate::handset::Handset;
use crate::words;
use chibo_core::author::Target;
use chibo_core::date::{Day, PartialDate};
use chibo_core::document::{Value, Values};
use chibo_core::domain::dossier::{DOSSIER, PAPERS, SEEN, YEARLY_SUPPLEMENT};
use chibo_core::dossier::{Paper, Required};
use chibo_core::field;
use chibo_core::id::{PlaceId, hex, random16};
use chibo_core::kind::Code;
use chibo_core::whose;
use chibo_device::roll::{self as lists, Dossier};
use chibo_device::sheet;
use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

#[derive(Debug, Args)]
pub(crate) struct DossierArgs {
    #[command(flatten)]
    pub(super) data: Folder,
    #[command(subcommand)]
    what: DossierWhat,
}

impl DossierWhat {
    /// What it shows, for the log of looks.
    pub(super) fn shows(&self) -> Seen<'_> {
        match self {
            DossierWhat::Missing { branch } | DossierWhat::Supplements { branch, .. } => {
                Seen::list(branch.as_deref())
            }
            DossierWhat::Show { member } => Seen::Of(member),
            DossierWhat::Paper { .. }
            | DossierWhat::Keep { .. }
            | DossierWhat::Supplement { .. } => Seen::Nothing,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum DossierWhat {
    /// Hồ sơ nào còn thiếu gì, theo người và chi bộ / What is missing, of each member and branch.
    Missing {
        /// Chỉ chi bộ này / Only this branch.
        #[arg(long)]
        branch: Option<String>,
    },
    /// Mục lục hồ sơ của một đảng viên / The index of one member's dossier.
    Show {
        /// Đảng viên: mã hoặc tên / The member: id or name.
        member: String,
    },
    /// Ghi một giấy tờ vào mục lục / Put a paper into the index: seen=…, sheets=…, dated=…, lies_at=…, number=….
    Paper {
        /// Đảng viên: mã hoặc tên / The member: id or name.
        member: String,
        /// Giấy tờ: mã hoặc tên, xem show / The paper: code or name, as show tells.
        paper: String,
        /// Bản thứ mấy, khi có nhiều / Which one, where there are several of the sort.
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=99))]
        nth: u8,
        /// ô=giá trị / field=value.
        #[arg(required = true)]
        values: Vec<String>,
    },
    /// Nơi giữ cả hồ sơ / Where the whole dossier is kept.
    Keep {
        /// Đảng viên: mã hoặc tên / The member: id or name.
        member: String,
        /// Nơi giữ / Where.
        lies_at: String,
        /// Ngày kiểm / Checked on (today).
        #[arg(long, value_name = "DAY")]
        on: Option<String>,
    },
    /// Phiếu bổ sung của một năm: ai đã nộp, ai chưa / The supplement of a year: who has handed it in, who not.
    Supplements {
        /// Năm / The year (this one).
        #[arg(value_parser = clap::value_parser!(u16).range(1930..=2199))]
        year: Option<u16>,
        /// Chỉ chi bộ này / Only this branch.
        #[arg(long)]
        branch: Option<String>,
        /// Chỉ người chưa nộp / Only who has not.
        #[arg(long)]
        missing: bool,
    },
    /// Ghi một đảng viên đã nộp phiếu bổ sung / Note that a member has handed it in.
    Supplement {
        /// Đảng viên: mã hoặc tên / The member: id or name.
        member: String,
        /// Năm / The year (this one).
        #[arg(long, value_parser = clap::value_parser!(u16).range(1930..=2199))]
        year: Option<u16>,
        /// Ngày nộp / On which day (today).
        #[arg(long, value_name = "DAY", conflicts_with = "undo")]
        on: Option<String>,
        /// Số tờ / How many sheets.
        #[arg(long)]
        sheets: Option<u16>,
        /// Người nhận / Who took it.
        #[arg(long, value_name = "NAME")]
        taken_by: Option<String>,
        /// Ghi nhầm: chưa nộp / Noted by mistake: it was not handed in.
        #[arg(long)]
        undo: bool,
        #[command(flatten)]
        whose: Whose,
    },
}

impl DossierArgs {
    pub(super) fn shows(&self) -> Seen<'_> {
        self.what.shows()
    }
}

pub(crate) fn at_desk(args: &DossierArgs, kept: &mut Kept, voice: Voice) -> Done {
    run(&args.what, &mut desk(kept), voice)
}

pub(crate) fn on_phone(what: &DossierWhat, handset: &mut Handset, voice: Voice) -> Done {
    run(what, &mut Desk::Phone(handset), voice)
}

fn run(what: &DossierWhat, desk: &mut Desk, voice: Voice) -> Done {
    match what {
        DossierWhat::Missing { branch } => {
            missing(desk, below(desk, branch.as_deref(), voice)?, voice)
        }
        DossierWhat::Show { member } => show(desk, member_of(desk.here(), member, voice)?, voice),
        DossierWhat::Paper {
            member,
            paper,
            nth,
            values,
        } => {
            let member = member_of(desk.here(), member, voice)?;
            put(desk, member, (paper, *nth), values, voice)
        }
        DossierWhat::Keep {
            member,
            lies_at,
            on,
        } => {
            let member = member_of(desk.here(), member, voice)?;
            let on = day_or_today(on.as_deref(), voice)?.to_string();
            let values = parsed(&[("lies_at", lies_at), ("checked_on", &on)])?;
            let done = desk.edit(Target::at(member, &DOSSIER, b""), &values)?;
            voice.warn(&DOSSIER, &done.warnings);
            show(desk, member, voice)
        }
        DossierWhat::Supplements {
            year,
            branch,
            missing,
        } => {
            let year = year.map_or_else(|| today(voice).map(Day::year), Ok)?;
            let below = below(desk, branch.as_deref(), voice)?;
            supplements(desk, below, year, *missing, voice)
        }
        DossierWhat::Supplement { .. } => supplement(desk, what, voice),
    }
}

fn shown(list: &[Code], code: &str, voice: Voice) -> String {
    let found = list.iter().find(|c| c.code == code);
    found
        .map_or(code, |c| words::label(voice.lang, c.label))
        .into()
}

fn parsed(fields: &[(&str, &str)]) -> Result<Values, Fail> {
    let one = |(path, typed): &(&str, &str)| {
        let value = field::parse(&DOSSIER, path, typed).map_err(Fail::Field)?;
        Ok(((*path).to_owned(), value))
    };
    fields.iter().map(one).collect()
}

// ---- the index ------------------------------------------------------------------------------

fn put(
    desk: &mut Desk,
    member: PlaceId,
    (typed, nth): (&str, u8),
    fields: &[String],
    voice: Voice,
) -> Done {
    let paper = field::code(&PAPERS, typed).ok_or_else(|| {
        let known: Vec<&str> = PAPERS.iter().map(|c| c.code).collect();
        let why = voice.say(
            "không có loại giấy tờ này; có",
            "there is no such paper; there are",
        );
        Fail::Words(format!("{typed}: {why} {}", known.join(", ")))
    })?;
    // Papers of which there is one have one entry, whoever lists them; `other` is each time another.
    let id = match (paper, nth) {
        ("other", 1) => hex(&random16(&mut SystemChance)[..8]),
        (_, 1) => paper.to_owned(),
        (_, nth) => format!("{paper}-{nth}"),
    };
    let mut values = Values::from([(format!("papers/{id}/paper"), Value::Text(paper.into()))]);
    for item in fields {
        let Some((name, value)) = item.split_once('=') else {
            let why = voice.say("cần ô=giá trị", "field=value is needed");
            return Err(Fail::Words(format!("{item}: {why}")));
        };
        let path = format!("papers/{id}/{}", name.trim());
        let value = field::parse(&DOSSIER, &path, value).map_err(Fail::Field)?;
        if matches!(value, Value::Count(n) if !(0..=9_999).contains(&n)) {
            return Err(fail(voice, "số tờ từ 0 đến 9999", "0 to 9999 sheets"));
        }
        values.insert(path, value);
    }
    let done = desk.edit(Target::at(member, &DOSSIER, b""), &values)?;
    voice.warn(&DOSSIER, &done.warnings);
    show(desk, member, voice)
}

fn paper_json(p: &Paper) -> Json {
    json!({"id": p.id, "paper": p.paper, "sheets": p.sheets, "dated": p.dated.map(|d| d.to_string()),
           "seen": p.seen, "lies_at": p.lies_at, "there": p.is_there()})
}

fn required_json(r: &Required) -> Json {
    json!({"paper": r.paper.code, "source": r.source.shown(), "verified": r.is_verified})
}

fn required_line(r: &Required, voice: Voice) -> String {
    let mark = match r.is_verified {
        true => "",
        false => voice.say("  [chưa kiểm chứng]", "  [unverified]"),
    };
    let label = words::label(voice.lang, r.paper.label);
    format!("{label} ({}){mark}", r.source.shown())
}

fn show(desk: &Desk, member: PlaceId, voice: Voice) -> Done {
    let all = dossiers(desk, Some(member), voice)?;
    let Some(of) = all.first() else {
        return Err(fail(voice, "không có trên máy này", "not on this device"));
    };
    voice.line(&format!("{}: {}", of.name, of.lies_at));
    for p in &of.papers {
        let mut text = format!("  {}", shown(&PAPERS, &p.paper, voice));
        if !p.seen.is_empty() {
            text.push_str(&format!("; {}", shown(&SEEN, &p.seen, voice)));
        }
        if let Some(n) = p.sheets {
            text.push_str(&format!("; {n} {}", voice.say("tờ", "sheets")));
        }
        if let Some(dated) = p.dated {
            text.push_str(&format!("; {}", dated.shown()));
        }
        if !p.lies_at.is_empty() {
            text.push_str(&format!("; {}", p.lies_at));
        }
        voice.line(&text);
    }
    for r in &of.missing {
        let what = voice.say("còn thiếu", "missing");
        voice.line(&format!("  {what}: {}", required_line(r, voice)));
    }
    let (there, sheets) = (of.there(), of.sheets());
    voice.tell(
        &json!({"member": member, "name": of.name, "lies_at": of.lies_at, "there": there, "sheets": sheets,
                "papers": of.papers.iter().map(paper_json).collect::<Vec<_>>(),
                "missing": of.missing.iter().map(required_json).collect::<Vec<_>>()}),
        &format!(
            "{}: {there}, {}: {sheets}, {}: {}",
            voice.say("Có", "There"),
            voice.say("số tờ", "sheets"),
            voice.say("thiếu", "missing"),
            of.missing.len()
        ),
    );
    Ok(true)
}

fn dossiers(desk: &Desk, below: Option<PlaceId>, voice: Voice) -> Result<Vec<Dossier>, Fail> {
    let on = today(voice)?;
    let all = lists::dossiers(desk.store(), desk.tree(), below, on);
    all.map_err(|e| unlisted(e, voice))
}

fn missing(desk: &Desk, below: Option<PlaceId>, voice: Voice) -> Done {
    let mut of_branch = BTreeMap::<PlaceId, (usize, usize)>::new();
    let mut told = Vec::new();
    let all = dossiers(desk, below, voice)?;
    for of in all.iter().filter(|d| d.belongs && !d.missing.is_empty()) {
        let branch = desk.tree().get(of.member).and_then(|p| p.parent);
        if let Some(branch) = branch {
            let (members, papers) = of_branch.entry(branch).or_default();
            *members += 1;
            *papers += of.missing.len();
        }
        voice.line(&format!(
            "{}  {}: {} {}",
            of.member.short(),
            of.name,
            voice.say("thiếu", "lacks"),
            of.missing.len()
        ));
        for r in &of.missing {
            voice.line(&format!("    {}", required_line(r, voice)));
        }
        told.push(
            json!({"member": of.member, "name": of.name, "branch": branch,
                         "missing": of.missing.iter().map(required_json).collect::<Vec<_>>()}),
        );
    }
    let mut branches = Vec::new();
    for (branch, (members, papers)) in of_branch {
        let name = desk.unit_name(&branch.to_string())?;
        voice.line(&format!(
            "{name}: {members} {}, {papers} {}",
            voice.say("hồ sơ còn thiếu", "dossiers lack something"),
            voice.say("giấy tờ", "papers")
        ));
        branches
            .push(json!({"branch": branch, "name": name, "members": members, "papers": papers}));
    }
    voice.tell(
        &json!({"members": told, "branches": branches}),
        match told.is_empty() {
            true => voice.say(
                "Không hồ sơ nào thiếu giấy tờ.",
                "No dossier lacks a paper.",
            ),
            false => "",
        },
    );
    Ok(true)
}

// ---- the yearly supplement ------------------------------------------------------------------

fn supplements(
    desk: &Desk,
    below: Option<PlaceId>,
    year: u16,
    only_missing: bool,
    voice: Voice,
) -> Done {
    let when = (year, today(voice)?);
    let made = lists::with_supplements(desk.store(), desk.tree(), below, when, |all| {
        let asked = all.iter().filter(|s| !only_missing || s.done.is_none());
        let told: Vec<Json> = (asked.map(|s| {
            let (due, says) = match &s.deadline {
                Ok(d) => (Some(d.due), words::deadline_state(voice.lang, d)),
                Err(gap) => (None, words::no_deadline(voice.lang, gap)),
            };
            json!({"member": s.line.member, "name": s.line.name, "done": s.done.map(|d| d.to_string()),
                   "due": due.map(|d| d.to_string()), "says": says})
        }))
        .collect();
        let missing = all.iter().filter(|s| s.done.is_none()).count();
        let due = all.first().and_then(|s| s.deadline.as_ref().ok());
        let told = json!({"year": year, "due": due.map(|d| d.due.to_string()), "members": told,
                          "done": all.len() - missing, "missing": missing});
        (sheet::supplements(all, year, None), told)
    });
    let (mut sheet, told) = made.map_err(|e| unlisted(e, voice))?;
    if only_missing {
        // Those who have not handed it in are its first part.
        sheet.parts.truncate(1);
    }
    read_out(&sheet, &told, voice);
    Ok(true)
}

fn supplement(desk: &mut Desk, what: &DossierWhat, voice: Voice) -> Done {
    let DossierWhat::Supplement {
        member,
        year,
        on,
        sheets,
        taken_by,
        undo,
        whose,
    } = what
    else {
        return Ok(false);
    };
    let member = member_of(desk.here(), member, voice)?;
    let year = year.map_or_else(|| today(voice).map(Day::year), Ok)?;
    let on = match undo {
        true => String::new(),
        false => day_or_today(on.as_deref(), voice)?.to_string(),
    };
    let mut values = Values::new();
    let sheets = sheets.map(|n| n.to_string());
    let fields = [
        ("year", Some(year.to_string())),
        ("done_on", Some(on)),
        ("sheets", sheets),
        ("taken_by", taken_by.clone()),
    ];
    for (name, typed) in fields {
        if let Some(typed) = typed {
            let value = field::parse(&YEARLY_SUPPLEMENT, name, &typed).map_err(Fail::Field)?;
            values.insert(name.into(), value);
        }
    }
    whose::add(&YEARLY_SUPPLEMENT, &mut values, &whose.told()?);
    let target = Target::at(member, &YEARLY_SUPPLEMENT, year.to_string().as_bytes());
    let outcome = desk.edit(target, &values)?;
    voice.warn(target.kind, &outcome.warnings);
    let done = values.get("done_on").map(Value::shown).unwrap_or_default();
    let done = PartialDate::parse(&done).ok().map(PartialDate::shown);
    voice.tell(
        &json!({"member": member, "year": year, "done": !undo}),
        &match done {
            Some(day) => format!("{year}: {} {day}", voice.say("đã nộp", "handed in")),
            None => format!("{year}: {}", voice.say("chưa nộp", "not handed in")),
        },
    );
    Ok(true)
}
