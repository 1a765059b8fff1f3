//! `chibo case`, `chibo decision` and the same under `chibo phone`: what is under way for a member, what can be
//! done next, and what was decided. Forms, acts and states are read from the descriptions of the kinds.

use super::by::{self, By, must_decide};
use super::desk::{Desk, desk, fail, today};
use super::kept::Kept;
use super::shown::Seen;
use super::terms::in_force;
use super::{Done, Fail, Folder, Voice};
use crate::edge::{SystemChance, now};
use crate::handset::Handset;
use crate::words;
use chibo_core::access;
use chibo_core::author::{Doing, Target};
use chibo_core::calendar::WorkingDays;
use chibo_core::case::{self, CANCEL, KEEP, NEW, Story};
use chibo_core::date::Day;
use chibo_core::deadline::{self, Deadline};
use chibo_core::document::{Value, Values};
use chibo_core::domain::decision::{self, DECISION};
use chibo_core::domain::discipline::{self, DISCIPLINE};
use chibo_core::domain::look::Look;
use chibo_core::domain::member::{MEMBER, WHY};
use chibo_core::dossier::Required;
use chibo_core::elected;
use chibo_core::field;
use chibo_core::id::{DocId, PlaceId, hex, random16};
use chibo_core::kind::{self, KINDS, Kind, Part, SIGNER};
use chibo_core::place::PlaceKind;
use chibo_core::register;
use chibo_core::regulation::Regulations;
use chibo_core::replica;
use chibo_core::store::Row;
use chibo_device::case::{Shown, late_said};
use chibo_device::decisions::{self, Paper};
use chibo_device::paper;
use chibo_device::words as shared;
use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

#[derive(Debug, Args)]
pub(crate) struct CaseArgs {
    #[command(flatten)]
    data: Folder,
    #[command(flatten)]
    by: By,
    #[command(subcommand)]
    what: CaseWhat,
}

#[derive(Debug, Args)]
pub(crate) struct DecisionArgs {
    #[command(flatten)]
    data: Folder,
    #[command(flatten)]
    by: By,
    #[command(subcommand)]
    what: DecisionWhat,
}

impl CaseArgs {
    pub(super) fn shows(&self) -> (Seen<'_>, Look) {
        (self.what.shows(), self.what.look())
    }

    pub(super) fn data(&self) -> &Folder {
        &self.data
    }
}

impl DecisionArgs {
    pub(super) fn shows(&self) -> Seen<'_> {
        self.what.shows()
    }

    pub(super) fn data(&self) -> &Folder {
        &self.data
    }
}

impl CaseWhat {
    /// What it shows, for the log of looks.
    pub(super) fn shows(&self) -> Seen<'_> {
        match self {
            CaseWhat::List { member, .. } => Seen::list(member.as_deref()),
            CaseWhat::Show { id } | CaseWhat::Letter { id, .. } => Seen::Case(id),
            CaseWhat::Open { .. } | CaseWhat::Do { .. } => Seen::Nothing,
        }
    }

    /// How it shows it: a page is made to be printed.
    pub(super) fn look(&self) -> Look {
        match self {
            CaseWhat::Letter { html: true, .. } => Look::Printed,
            _ => Look::Opened,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum CaseWhat {
    /// Liệt kê / List what is under way.
    List {
        /// Đảng viên / The member: id or name; all if left out.
        member: Option<String>,
        /// Cả việc đã xong / What is closed as well.
        #[arg(long)]
        all: bool,
        /// Chỉ loại này, như dossier_handover / Only this kind, such as dossier_handover.
        #[arg(long)]
        kind: Option<String>,
    },
    /// Các việc đã làm, việc có thể làm tiếp / What was done, and what can be done next.
    Show {
        /// Mã / The beginning of its id.
        id: String,
    },
    /// Số liệu ghi lên giấy giới thiệu / What is written onto a transfer letter, and what of it is missing.
    Letter {
        /// Mã / The beginning of its id.
        id: String,
        /// Trang để in / A page to be printed.
        #[arg(long)]
        html: bool,
    },
    /// Mở / Begin one: transfer, transfer_in, exemption, temp_exemption, lost_card, dossier_handover.
    Open {
        /// Loại / The kind.
        kind: String,
        /// Đảng viên, hoặc nơi nhận với transfer_in / The member (for transfer_in the receiving unit): id or name.
        member: String,
        /// Việc đầu tiên, nếu khác / The first act, where it is not the usual one.
        #[arg(long)]
        act: Option<String>,
        /// ô=giá trị / field=value.
        values: Vec<String>,
    },
    /// Làm một việc / Do an act; keep and cancel as well.
    Do {
        /// Mã / The beginning of its id.
        id: String,
        /// Việc / The act.
        act: String,
        /// Việc được giữ hoặc bị hủy / The act that is kept or cancelled: the beginning of its id.
        #[arg(long)]
        about: Option<String>,
        /// ô=giá trị / field=value.
        values: Vec<String>,
    },
}

impl DecisionWhat {
    /// What it shows, for the log of looks.
    pub(super) fn shows(&self) -> Seen<'_> {
        match self {
            DecisionWhat::List { member } => Seen::list(member.as_deref()),
            DecisionWhat::Add { .. } | DecisionWhat::Cancel { .. } => Seen::Nothing,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum DecisionWhat {
    /// Ghi một quyết định / Record what is on paper.
    Add {
        /// Đảng viên / The member: id or name.
        member: String,
        /// ô=giá trị / field=value: form, number, symbol, issued_on, body, signatory, original_seen, from, until, value.
        values: Vec<String>,
    },
    /// Liệt kê / List them, with what is doubled or missing, and names and birth dates replaced without one.
    List {
        /// Đảng viên / The member: id or name; all if left out.
        member: Option<String>,
    },
    /// Hủy do ghi nhầm / Cancel one that was recorded by mistake.
    Cancel {
        /// Mã / The beginning of its id.
        id: String,
        /// Lý do / The reason.
        #[arg(long)]
        reason: String,
    },
}

/// The kinds that are cases.
pub(super) fn cases() -> Vec<&'static Kind> {
    KINDS.iter().copied().filter(|k| k.case.is_some()).collect()
}

pub(crate) fn at_desk(args: &CaseArgs, kept: &mut Kept, voice: Voice) -> Done {
    case(&args.what, Some(&args.by), &mut desk(kept), voice)
}

pub(crate) fn on_phone(what: &CaseWhat, handset: &mut Handset, voice: Voice) -> Done {
    case(what, None, &mut Desk::Phone(handset), voice)
}

pub(crate) fn decisions_at_desk(args: &DecisionArgs, kept: &mut Kept, voice: Voice) -> Done {
    decide(&args.what, Some(&args.by), &mut desk(kept), voice)
}

pub(crate) fn decisions_on_phone(what: &DecisionWhat, handset: &mut Handset, voice: Voice) -> Done {
    decide(what, None, &mut Desk::Phone(handset), voice)
}

/// `field=value` pairs, read as an act's or a decision's fields.
fn assignments(
    kind: &'static Kind,
    prefix: &str,
    typed: &[String],
    voice: Voice,
) -> Result<Values, Fail> {
    let mut values = Values::new();
    for item in typed {
        let Some((name, value)) = item.split_once('=') else {
            let why = voice.say("cần ô=giá trị", "field=value is needed");
            return Err(Fail::Words(format!("{item}: {why}")));
        };
        let name = name.trim();
        if matches!(name, "act" | "after" | "about" | SIGNER) && !prefix.is_empty() {
            let why = voice.say("ô này do máy ghi", "the program writes this field");
            return Err(Fail::Words(format!("{name}: {why}")));
        }
        let value = field::parse(kind, &format!("{prefix}{name}"), value).map_err(Fail::Field)?;
        values.insert(name.to_owned(), value);
    }
    // An act of which no day is said was done today.
    if let Some(today) = now().day_in_vietnam().filter(|_| !prefix.is_empty()) {
        let today = || Value::Text(today.to_string());
        values.entry("on".into()).or_insert_with(today);
    }
    Ok(values)
}

/// What an act is called on screen.
fn act_label(kind: &Kind, code: &str, voice: Voice) -> String {
    match (code, kind.case.and_then(|c| c.act(code))) {
        (_, Some(act)) => words::label(voice.lang, act.label).to_owned(),
        (CANCEL, _) => voice.say("Hủy do ghi nhầm", "Cancelled as mistyped").into(),
        (KEEP, _) => voice.say("Giữ lại", "Kept").into(),
        _ => code.to_owned(),
    }
}

fn state_label(kind: &Kind, story: &Story, voice: Voice) -> String {
    if !story.at_once.is_empty() {
        let two = "Hai nơi làm khác nhau, cần chọn";
        return voice
            .say(two, "Two things were done at once: choose")
            .into();
    }
    match kind.case.and_then(|c| c.state(story.state)) {
        Some(state) => words::label(voice.lang, state.label).to_owned(),
        None => voice.say("Chưa có việc nào", "Nothing stands").into(),
    }
}

fn is_open(kind: &Kind, story: &Story) -> bool {
    let state = kind.case.and_then(|c| c.state(story.state));
    !story.at_once.is_empty() || state.is_some_and(|s| s.open)
}

fn story_of(desk: &Desk, kind: &'static Kind, doc: DocId) -> Result<Story, Fail> {
    Ok(case::story(kind, &desk.values(doc)?))
}

fn case(what: &CaseWhat, by: Option<&By>, desk: &mut Desk, voice: Voice) -> Done {
    match what {
        CaseWhat::List { member, all, kind } => {
            let kinds = match kind {
                Some(name) => vec![case_kind(name, voice)?],
                None => cases(),
            };
            list(desk, &kinds, member.as_deref(), *all, voice)
        }
        CaseWhat::Show { id } => {
            let (target, place) = desk.find(&cases(), id, voice)?;
            show(desk, target, place, json!([]), voice)
        }
        CaseWhat::Letter { id, html } => letter_sheet(desk, id, *html, voice),
        CaseWhat::Open {
            kind,
            member,
            act,
            values,
        } => open(desk, (kind, member, act.as_deref()), by, values, voice),
        CaseWhat::Do {
            id,
            act,
            about,
            values,
        } => {
            let (target, place) = desk.find(&cases(), id, voice)?;
            let said = assignments(target.kind, "acts/x/", values, voice)?;
            let said = with_unit(desk, said, voice)?;
            let story = story_of(desk, target.kind, target.doc)?;
            let about =
                match about {
                    None => None,
                    Some(typed) => {
                        let typed = typed.trim().to_lowercase();
                        let mut ids = story.acts.iter().filter(|d| d.id.starts_with(&typed));
                        let found = ids.next().filter(|_| !typed.is_empty());
                        Some(found.map(|d| d.id.clone()).ok_or_else(|| {
                            fail(voice, "không có việc này", "there is no such act")
                        })?)
                    }
                };
            if decides(target.kind, &story, act, about.as_deref()) {
                must_decide(desk, by, place, voice)?;
            }
            let said = by::recorded(desk, by, target.kind, said, voice)?;
            let doing = Doing {
                act,
                about: about.as_deref(),
                said: &said,
            };
            let done = desk.act(target, doing)?;
            let warned = voice.warn(target.kind, &done.warnings);
            show(desk, target, place, warned, voice)
        }
    }
}

/// Whether an act is a decision: of those that only who decides may do, or one that takes such an act back or keeps it.
fn decides(kind: &Kind, story: &Story, act: &str, about: Option<&str>) -> bool {
    let by_deciders = |code: &str| {
        let act = kind.case.and_then(|c| c.act(code));
        act.is_some_and(|a| a.by == case::By::Deciders)
    };
    match act {
        CANCEL | KEEP => {
            let last = story.line.last().map(String::as_str);
            let done = about.or(last).and_then(|id| story.done(id));
            kind.formal || done.is_some_and(|d| by_deciders(&d.act))
        }
        act => by_deciders(act),
    }
}

/// The unit that somebody named, by its id: the same node keeps it and tells it of the letter.
fn with_unit(desk: &Desk, mut said: Values, voice: Voice) -> Result<Values, Fail> {
    if let Some(Value::Text(named)) = said.get("to_unit") {
        let unit = desk.place(named, voice)?;
        let kind = desk.tree().get(unit).map(|p| p.kind);
        if !matches!(kind, Some(PlaceKind::Branch | PlaceKind::Committee)) {
            return Err(fail(
                voice,
                "nơi nhận phải là một tổ chức đảng",
                "the receiver is a unit",
            ));
        }
        said.insert("to_unit".into(), Value::Text(unit.to_string()));
    }
    Ok(said)
}

/// What the rules say here, and today.
struct Clocks {
    regulations: Regulations,
    calendar: WorkingDays,
    today: Day,
}

impl Clocks {
    fn of(desk: &Desk, voice: Voice) -> Result<Clocks, Fail> {
        let regulations = in_force(desk.store(), voice)?;
        Ok(Clocks {
            calendar: WorkingDays::new(&regulations),
            regulations,
            today: today(voice)?,
        })
    }

    /// The clock of a case that is over without a reason.
    fn asks(&self, kind: &Kind, values: &Values, place: PlaceId) -> Option<Deadline> {
        let (rules, calendar) = (&self.regulations, &self.calendar);
        deadline::reason_needed(kind, values, place, rules, calendar, self.today)
            .into_iter()
            .next()
    }
}

/// That a reason is asked for, in words.
fn asked(late: &Deadline, voice: Voice) -> String {
    format!("[{}]", words::both(voice.lang, late_said(late)))
}

fn asked_json(late: Option<&Deadline>) -> serde_json::Value {
    json!(late.map(|d| json!({"key": d.key.name(), "due": d.due.to_string()})))
}

/// Whom a case is about: the name that it says, else the member it lies with.
fn about(desk: &Desk, row: &Row) -> Result<String, Fail> {
    match row.title.as_str() {
        "" => desk.name(row.place),
        name => Ok(name.to_owned()),
    }
}

fn list(
    desk: &Desk,
    kinds: &[&'static Kind],
    member: Option<&str>,
    all: bool,
    voice: Voice,
) -> Done {
    let clocks = Clocks::of(desk, voice)?;
    let mut told = Vec::new();
    for (row, kind) in desk.rows(kinds, member, voice)? {
        let values = replica::values_of(&row);
        let story = case::story(kind, &values);
        if !all && !is_open(kind, &story) {
            continue;
        }
        let name = about(desk, &row)?;
        let since = story.line.last().and_then(|id| story.done(id)?.on());
        let since = since.map_or(String::new(), |d| d.shown());
        let state = state_label(kind, &story, voice);
        let label = words::label(voice.lang, kind.label);
        let late = clocks.asks(kind, &values, row.place);
        let ask = late.as_ref().map_or(String::new(), |d| asked(d, voice));
        let line = format!(
            "{}  {name}  {label}: {state}  {since}  {ask}",
            row.doc.short()
        );
        voice.line(line.trim_end());
        let said: Vec<_> = story.that_count().map(json_of_act).collect();
        told.push(
            json!({"doc": row.doc, "kind": kind.name, "place": row.place, "name": name,
                         "state": story.state, "at_once": story.at_once, "since": since,
                         "reason_needed": asked_json(late.as_ref()), "acts": said}),
        );
    }
    let empty = voice.say("(không có việc nào đang làm)", "(nothing is under way)");
    voice.tell(
        &json!({"cases": told}),
        if told.is_empty() { empty } else { "" },
    );
    Ok(true)
}

fn json_of_act(d: &case::Done) -> serde_json::Value {
    let said = d.said.iter().map(|(k, v)| (k.clone(), v.shown()));
    json!({"id": d.id, "act": d.act, "after": d.after, "effective": d.effective, "set_aside": d.set_aside,
           "said": said.collect::<std::collections::BTreeMap<_, _>>()})
}

/// `warned`: what of an act that was just done does not belong here.
pub(super) fn show(
    desk: &Desk,
    target: Target,
    place: PlaceId,
    warned: Json,
    voice: Voice,
) -> Done {
    let values = desk.values(target.doc)?;
    let kind = target.kind;
    let story = case::story(kind, &values);
    let vietnamese = voice.lang == words::Lang::Vi;
    let mut lines = vec![format!(
        "{}  {}: {}",
        target.doc.short(),
        desk.name(place)?,
        state_label(kind, &story, voice)
    )];
    for done in &story.acts {
        let mut line = format!(
            "  {}  {}",
            done.id.chars().take(6).collect::<String>(),
            act_label(kind, &done.act, voice)
        );
        if let Some(on) = done.on() {
            line.push_str(&format!("  {}", on.shown()));
        }
        for (name, value) in &done.said {
            if !matches!(name.as_str(), "act" | "after" | "about" | "on" | SIGNER) {
                let path = format!("acts/x/{name}");
                let shown = match (name.as_str(), value) {
                    ("to_unit", Value::Text(id)) => desk.unit_name(id)?,
                    _ => field::shown(kind, &path, value, vietnamese),
                };
                line.push_str(&format!("; {}{shown}", counted(kind, name, voice)));
            }
        }
        if !done.effective {
            line.push_str(&missing(kind, done, voice));
        }
        if done.set_aside {
            line.push_str(voice.say("  [không còn tính]", "  [does not count]"));
        }
        if story.at_once.contains(&done.id) {
            line.push_str(voice.say("  [cần chọn: keep]", "  [choose: keep]"));
        }
        lines.push(line);
    }
    let notes = shown(desk, target, place, &values, voice)?.notes();
    let notes = notes.map_err(|e| super::terms::unlisted(e, voice))?;
    if let Some(late) = &notes.late {
        lines.push(format!("  {}", asked(late, voice)));
    }
    // What is unusual in it stands there for whoever opens it later as well.
    for warning in &notes.cautions {
        lines.push(format!("  {}", words::standing(voice.lang, kind, warning)));
    }
    for gap in &notes.undated {
        lines.push(format!("  {}", words::no_deadline(voice.lang, gap)));
    }
    let papers = papers(&notes.lacks, voice);
    if !papers.is_empty() {
        let why = voice.say("hồ sơ giấy còn thiếu", "the paper dossier lacks");
        lines.push(format!("  {why}: {}", papers.join("; ")));
    }
    let unusual: Vec<_> = notes.cautions.iter().map(|w| w.why.code()).collect();
    let undated: Vec<_> = notes.undated.iter().map(ToString::to_string).collect();
    let next = case::possible(kind, &values, &desk.who(place));
    for act in &next {
        let label = words::label(voice.lang, act.label);
        lines.push(format!("  → {}  {label}", act.code));
    }
    let acts: Vec<_> = story.acts.iter().map(json_of_act).collect();
    voice.tell(
        &json!({"doc": target.doc, "kind": kind.name, "place": place, "state": story.state,
                "at_once": story.at_once, "acts": acts, "reason_needed": asked_json(notes.late.as_ref()),
                "unusual": unusual, "undated": undated, "dossier_lacks": papers,
                "next": next.iter().map(|a| a.code).collect::<Vec<_>>(), "warnings": warned}),
        &lines.join("\n"),
    );
    Ok(true)
}

/// What is written onto the blank of a letter, what is missing, and what its dossier lacks.
fn letter_sheet(desk: &Desk, id: &str, html: bool, voice: Voice) -> Done {
    let letters = |k: &&'static Kind| matches!(k.part, Part::Moves(m) if m.letter.is_some());
    let kinds: Vec<&'static Kind> = KINDS.iter().copied().filter(letters).collect();
    let (target, place) = desk.find(&kinds, id, voice)?;
    let values = desk.values(target.doc)?;
    let sheet = shown(desk, target, place, &values, voice)?.letter();
    let sheet = sheet.map_err(|e| super::terms::unlisted(e, voice))?;
    let (sheet, papers) = match sheet {
        Some(sheet) => (sheet.lines, papers(&sheet.lacks, voice)),
        None => Default::default(),
    };
    let today = today(voice)?;
    let vietnamese = voice.lang == words::Lang::Vi;
    let mut lines = vec![(
        0,
        format!(
            "{}: {}  ({})",
            voice.say("Số liệu giấy giới thiệu", "Data of the transfer letter"),
            desk.name(place)?,
            today.shown()
        ),
    )];
    let (mut told, mut missing) = (serde_json::Map::new(), Vec::new());
    for line in &sheet {
        let label = words::label(voice.lang, line.field.label);
        let shown = match &line.value {
            Some(value) => field::shown(line.kind, &line.path, value, vietnamese),
            None => {
                missing.push(line.field.name);
                voice.say("……… (còn thiếu)", "……… (missing)").to_owned()
            }
        };
        lines.push((1, format!("{label}: {shown}")));
        let value = line.value.as_ref().map(Value::shown);
        told.insert(line.field.name.to_owned(), json!(value));
    }
    if !papers.is_empty() {
        let why = voice.say("Hồ sơ giấy còn thiếu", "The paper dossier lacks");
        lines.push((1, format!("{why}: {}", papers.join("; "))));
    }
    let text = match html {
        true => paper::printed(&lines, shared::Lang::from(voice.lang).code()),
        false => {
            let lines: Vec<&str> = lines.iter().map(|(_, line)| line.as_str()).collect();
            lines.join("\n")
        }
    };
    voice.tell(
        &json!({"doc": target.doc, "place": place, "letter": told, "missing": missing,
                "dossier_lacks": papers}),
        &text,
    );
    Ok(true)
}

/// A case as this desk's role sees it.
fn shown<'a>(
    desk: &'a Desk,
    target: Target,
    place: PlaceId,
    values: &'a Values,
    voice: Voice,
) -> Result<Shown<'a>, Fail> {
    Ok(Shown {
        store: desk.store(),
        tree: desk.tree(),
        role: desk.role(),
        kind: target.kind,
        place,
        values,
        today: today(voice)?,
    })
}

/// What a dossier lacks, in words.
fn papers(lacks: &[Required], voice: Voice) -> Vec<String> {
    let label = |r: &Required| words::label(voice.lang, r.paper.label).to_owned();
    lacks.iter().map(label).collect()
}

/// What an act without effect still lacks.
fn missing(kind: &Kind, done: &case::Done, voice: Voice) -> String {
    let needs = kind
        .case
        .and_then(|c| c.act(&done.act))
        .map_or(&[][..], |a| a.needs);
    let lacks: Vec<&str> = needs.iter().filter(|n| !done.says(n)).copied().collect();
    let why = voice.say("chưa có hiệu lực: còn thiếu", "a draft: it lacks");
    format!("  [{why} {}]", lacks.join(", "))
}

/// The label of a number, which says nothing without it.
fn counted(kind: &Kind, name: &str, voice: Voice) -> String {
    let entry = match kind.field(case::ACTS).map(|f| f.kind) {
        Some(kind::FieldType::Entries(entry)) => entry,
        _ => &[],
    };
    let field = entry.iter().find(|f| f.name == name);
    match field.filter(|f| f.kind == kind::FieldType::Count) {
        Some(f) => format!("{}: ", words::label(voice.lang, f.label)),
        None => String::new(),
    }
}

/// The kind of case of that name.
fn case_kind(name: &str, voice: Voice) -> Result<&'static Kind, Fail> {
    let known: Vec<&str> = cases().iter().map(|k| k.name).collect();
    kind::by_name(name)
        .filter(|k| k.case.is_some())
        .ok_or_else(|| {
            let why = voice.say("hãy chọn một trong", "choose one of");
            Fail::Words(format!("{why}: {}", known.join(", ")))
        })
}

fn open(
    desk: &mut Desk,
    (kind, member, act): (&str, &str, Option<&str>),
    by: Option<&By>,
    typed: &[String],
    voice: Voice,
) -> Done {
    let kind = case_kind(kind, voice)?;
    let place = desk.place(member, voice)?;
    let first = kind
        .case
        .and_then(|c| c.acts.iter().find(|a| a.from.contains(&NEW)));
    let act = act.or(first.map(|a| a.code)).unwrap_or_default();
    if decides(kind, &Story::default(), act, None) {
        must_decide(desk, by, place, voice)?;
    }
    let said = assignments(kind, "acts/x/", typed, voice)?;
    let said = by::recorded(desk, by, kind, said, voice)?;
    let target = Target::at(place, kind, &random16(&mut SystemChance));
    let doing = Doing {
        act,
        about: None,
        said: &said,
    };
    let done = desk.act(target, doing)?;
    let warned = voice.warn(kind, &done.warnings);
    if let Some(name) = said.get("full_name") {
        let subject = Values::from([("subject".into(), name.clone())]);
        desk.edit(target, &subject)?;
    }
    show(desk, target, place, warned, voice)
}

/// The kind of decision that a form belongs to: discipline lies apart, where only leaders read it.
fn decision_kind(typed: &[String]) -> &'static Kind {
    let form = typed.iter().find_map(|t| t.trim().strip_prefix("form="));
    match form.and_then(|form| field::code(&discipline::FORMS, form)) {
        Some(_) => &DISCIPLINE,
        None => &DECISION,
    }
}

/// The kinds of decisions that this role reads.
fn decision_kinds(desk: &Desk) -> Vec<&'static Kind> {
    let role = desk.role();
    let kinds = [&DECISION, &DISCIPLINE].into_iter();
    kinds.filter(|kind| access::reads(role, kind)).collect()
}

fn decide(what: &DecisionWhat, by: Option<&By>, desk: &mut Desk, voice: Voice) -> Done {
    match what {
        DecisionWhat::Add { member, values } => {
            let place = desk.place(member, voice)?;
            let kind = decision_kind(values);
            let values = assignments(kind, "", values, voice)?;
            if values.is_empty() {
                return Err(fail(voice, "chưa có ô nào", "no field was given"));
            }
            must_decide(desk, by, place, voice)?;
            let values = by::recorded(desk, by, kind, values, voice)?;
            let target = Target::at(place, kind, &random16(&mut SystemChance));
            let done = desk.edit(target, &values)?;
            let warned = voice.warn(kind, &done.warnings);
            let complete = decision::is_complete(&values);
            voice.tell(
                &json!({"doc": target.doc, "in_force": complete, "warnings": warned}),
                match complete {
                    true => voice.say("Đã ghi.", "Recorded."),
                    false => voice.say(
                        "Đã ghi, chưa có hiệu lực: cần loại, số và ngày.",
                        "Recorded, without effect: form, number and date are needed.",
                    ),
                },
            );
            Ok(true)
        }
        DecisionWhat::List { member } => list_decisions(desk, member.as_deref(), voice),
        DecisionWhat::Cancel { id, reason } => {
            if reason.trim().is_empty() {
                return Err(fail(voice, "cần lý do", "a reason is needed"));
            }
            let (target, place) = desk.find(&decision_kinds(desk), id, voice)?;
            must_decide(desk, by, place, voice)?;
            let there = desk.values(target.doc)?;
            if decision::is_cancelled(&there) {
                // A phone cancels, and ends no right; nor did the power last, perhaps.
                let ended = take_back(desk, target.doc)?;
                if ended.is_empty() {
                    return Err(fail(voice, "đã hủy rồi", "it is cancelled already"));
                }
                voice.tell(
                    &json!({"doc": target.doc, "cancelled": true, "ended": ended, "warnings": []}),
                    &taken_back(&ended, voice),
                );
                return Ok(true);
            }
            let entry = hex(&random16(&mut SystemChance)[..8]);
            let on = now()
                .day_in_vietnam()
                .map_or(String::new(), |d| d.to_string());
            let values = Values::from([
                (format!("cancelled/{entry}/on"), Value::Text(on)),
                (
                    format!("cancelled/{entry}/reason"),
                    Value::Text(chibo_core::text::clean_line(reason)),
                ),
            ]);
            let done = desk.edit(target, &values)?;
            let warned = voice.warn(target.kind, &done.warnings);
            let ended = take_back(desk, target.doc)?;
            let text = voice.say(
                "Đã hủy do ghi nhầm; bản ghi vẫn còn để xem.",
                "Cancelled as mistyped; it stays to be read.",
            );
            let mut text = text.to_owned();
            if !ended.is_empty() {
                text = format!("{text}\n{}", taken_back(&ended, voice));
            }
            if elected::is_election(&there) && matches!(desk, Desk::Office(_)) {
                text = format!(
                    "{text}\n{}",
                    voice.say(
                        "Nếu cả lần bầu cử ghi nhầm: hủy quyết định của từng người, rồi ghi lại kết quả đúng (chibo election): nhiệm kỳ, \
                         ngày đại hội và quyền của người đang giữ chức theo đó.",
                        "If the whole election was recorded by mistake: cancel each person's decision, then record the true outcome \
                         (chibo election): term, day of the congress and the rights of who leads follow from it."
                    )
                );
            }
            voice.tell(
                &json!({"doc": target.doc, "cancelled": true, "ended": ended, "warnings": warned}),
                &text,
            );
            Ok(true)
        }
    }
}

/// At the office, takes back what a decision gave that is cancelled now ([`OfficeNode::take_back_post`]): the grants.
fn take_back(desk: &mut Desk, doc: DocId) -> Result<Vec<u64>, Fail> {
    let Desk::Office(node) = desk else {
        return Ok(Vec::new());
    };
    let ended = node.take_back_post(doc, now())?;
    Ok(ended)
}

/// That grants have ended with a cancelled decision.
fn taken_back(ended: &[u64], voice: Voice) -> String {
    let words = voice.say(
        "Quyền đã trao theo quyết định này, nay kết thúc",
        "Grants that rested on it, which have ended",
    );
    format!("{words}: {}", ended.len())
}

/// Who recorded a paper, by name where it is known; `None`: the office attests it.
fn recorded_by(desk: &Desk, paper: &Paper, voice: Voice) -> Result<Option<String>, Fail> {
    if let Some(said) = paper.recorded_by() {
        return Ok(Some(said.to_owned()));
    }
    let Some(by) = &paper.by else {
        return Ok(None);
    };
    let role = words::role(voice.lang, by.role);
    let person = PlaceId(by.person.0);
    Ok(Some(match desk.tree().get(person) {
        Some(_) => format!("{} ({role})", desk.name(person)?),
        None => role.to_owned(),
    }))
}

fn list_decisions(desk: &Desk, member: Option<&str>, voice: Voice) -> Done {
    let vietnamese = voice.lang == words::Lang::Vi;
    let below = member.map(|m| desk.place(m, voice)).transpose()?;
    let all = decisions::papers(desk.store(), desk.tree(), desk.role(), below)?;
    let mut told = Vec::new();
    for paper in &all {
        let (kind, values) = (paper.kind, &paper.values);
        let doc = paper.target.doc;
        let text = |name: &str| {
            let value = values.get(name);
            value.map_or(String::new(), |v| field::shown(kind, name, v, vietnamese))
        };
        let number = paper.number();
        let mark = match (
            decision::is_cancelled(values),
            decision::is_complete(values),
        ) {
            (true, _) => voice.say("  [hủy do ghi nhầm]", "  [cancelled as mistyped]"),
            (false, false) => voice.say("  [chưa có hiệu lực]", "  [a draft]"),
            (false, true) => "",
        };
        let is_letter = register::is_letter(values);
        let form = match is_letter {
            true => voice.say("Giấy giới thiệu", "Transfer letter").to_owned(),
            false if values.contains_key("post") => format!("{}: {}", text("form"), text("post")),
            false => text("form"),
        };
        let name = desk.name(paper.place)?;
        // Decided is not recorded: whether somebody saw the paper, and who typed it here.
        let seen = match paper.is_seen() {
            true => voice.say("  [đã xem bản gốc]", "  [original seen]"),
            false => voice.say("  [chưa xem bản gốc]", "  [original not seen]"),
        };
        let by = recorded_by(desk, paper, voice)?;
        let recorded = match &by {
            Some(by) => format!("  {}: {by}", voice.say("người ghi", "recorded by")),
            None => String::new(),
        };
        voice.line(&format!(
            "{}  {}  {number}  {}  {form}{mark}{seen}{recorded}",
            doc.short(),
            name,
            text("issued_on"),
        ));
        told.push(json!({"doc": doc, "place": paper.place, "number": number,
                         "letter": is_letter, "election": elected::is_election(values), "post": values.get("post").map(Value::shown), "recorded_by": by,
                         "original_seen": paper.is_seen(),
                         "cancelled": decision::is_cancelled(values),
                         "in_force": decision::is_in_force(values),
                         "form": values.get("form").map(Value::shown)}));
    }
    let doubts = decisions::doubts(&all);
    let mut lines = Vec::new();
    let (store, tree, today) = (desk.store(), desk.tree(), today(voice)?);
    let mut replaced = Vec::new();
    for one in decisions::replaced(store, tree, desk.role(), below, today)? {
        let (name, what) = (desk.name(one.place)?, &one.what);
        let label = words::both(voice.lang, shared::field_label(&MEMBER, what.field));
        let before = Value::Text(what.before.clone());
        let before = field::shown(&MEMBER, what.field, &before, vietnamese);
        let why = format!("{}/{WHY}", what.entry);
        lines.push(match voice.lang {
            words::Lang::Vi => format!(
                "{name}: {label} đã sửa, trước là {before}; chưa có quyết định hay lý do ({why}=…)"
            ),
            words::Lang::En => format!(
                "{name}: {label} was replaced, before: {before}; no decision and no reason yet ({why}=…)"
            ),
        });
        replaced.push(
            json!({"place": one.place, "name": name, "field": what.field,
                             "before": what.before, "why": why}),
        );
    }
    for same in &doubts.doubled {
        let ids: Vec<String> = same.iter().map(|d| d.short()).collect();
        let why = voice.say("Trùng số", "The same number twice");
        lines.push(format!("{why}: {}", ids.join(", ")));
    }
    for gap in &doubts.missing {
        let numbers: Vec<String> = gap.numbers.iter().map(ToString::to_string).collect();
        let why = voice.say("Thiếu số", "Missing numbers");
        let more = match (gap.more, voice.lang) {
            (0, _) => String::new(),
            (n, words::Lang::Vi) => format!(" … và {n} số nữa"),
            (n, words::Lang::En) => format!(" … and {n} more"),
        };
        let series = &gap.series;
        lines.push(format!("{why} ({series}): {}{more}", numbers.join(", ")));
    }
    if all.is_empty() {
        lines.push(
            voice
                .say("(chưa có quyết định nào)", "(no decision yet)")
                .into(),
        );
    }
    voice.tell(
        &json!({"decisions": told, "drafts": doubts.drafts, "doubled": doubts.doubled, "replaced": replaced,
                "missing": doubts.missing.iter().map(|g| json!({"series": g.series, "numbers": g.numbers, "more": g.more})).collect::<Vec<_>>()}),
        &lines.join("\n"),
    );
    Ok(true)
}
