//! `chibo case`, `chibo decision` and the same under `chibo phone`: what is under way for a member, what can be
//! done next, and what was decided. Forms, acts and states are read from the descriptions of the kinds.

use super::kept::Kept;
use super::node::find_place;
use super::{Done, Fail, Folder, Voice};
use crate::edge::{SystemChance, now};
use crate::handset::Handset;
use crate::intake::OfficeNode;
use crate::words;
use chibo_core::author::{Doing, EditOutcome, Target};
use chibo_core::case::{self, CANCEL, KEEP, NEW, Story, Who};
use chibo_core::document::{Value, Values};
use chibo_core::domain::decision::{self, DECISION};
use chibo_core::domain::member::MEMBER;
use chibo_core::field;
use chibo_core::id::{DocId, PersonId, PlaceId, hex, random16};
use chibo_core::kind::{self, KINDS, Kind};
use chibo_core::place::Role;
use chibo_core::register;
use chibo_core::store::Row;
use chibo_core::store::sqlite::{Find, SqliteStore};
use chibo_core::tree::Tree;
use clap::{Args, Subcommand};
use serde_json::json;

#[derive(Debug, Args)]
pub(crate) struct CaseArgs {
    #[command(flatten)]
    data: Folder,
    #[command(subcommand)]
    what: CaseWhat,
}

#[derive(Debug, Args)]
pub(crate) struct DecisionArgs {
    #[command(flatten)]
    data: Folder,
    #[command(subcommand)]
    what: DecisionWhat,
}

impl CaseArgs {
    pub(super) fn data(&self) -> &Folder {
        &self.data
    }
}

impl DecisionArgs {
    pub(super) fn data(&self) -> &Folder {
        &self.data
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
    },
    /// Các việc đã làm, việc có thể làm tiếp / What was done, and what can be done next.
    Show {
        /// Mã / The beginning of its id.
        id: String,
    },
    /// Mở / Begin one: transfer, exemption, temp_exemption.
    Open {
        /// Loại / The kind.
        kind: String,
        /// Đảng viên / The member: id or name.
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

#[derive(Debug, Subcommand)]
pub(crate) enum DecisionWhat {
    /// Ghi một quyết định / Record what is on paper.
    Add {
        /// Đảng viên / The member: id or name.
        member: String,
        /// ô=giá trị / field=value: form, number, symbol, issued_on, body, signatory, original_seen, from, until, value.
        values: Vec<String>,
    },
    /// Liệt kê / List them, with what is doubled or missing.
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

/// Where a person works on records: the office's own node, or a phone.
pub(super) enum Desk<'a> {
    Office(&'a mut OfficeNode),
    Phone(&'a mut Handset),
}

impl Desk<'_> {
    pub(super) fn store(&self) -> &SqliteStore {
        match self {
            Desk::Office(n) => n.store(),
            Desk::Phone(h) => h.phone.store(),
        }
    }

    pub(super) fn tree(&self) -> &Tree {
        match self {
            Desk::Office(n) => n.tree(),
            Desk::Phone(h) => h.phone.tree(),
        }
    }

    pub(super) fn values(&self, doc: DocId) -> Result<Values, Fail> {
        let there = match self {
            Desk::Office(n) => n.values(doc)?,
            Desk::Phone(h) => h.phone.values(doc)?,
        };
        Ok(there.map(|(_, values)| values).unwrap_or_default())
    }

    fn who(&self, place: PlaceId) -> Who {
        let (role, person) = match self {
            Desk::Office(_) => (Role::Office, PersonId([0; 16])),
            Desk::Phone(h) => {
                (h.phone.author()).map_or((Role::Member, PersonId(place.0)), |a| (a.role, a.person))
            }
        };
        Who {
            role,
            person,
            place,
        }
    }

    pub(super) fn act(&mut self, target: Target, doing: Doing) -> Result<EditOutcome, Fail> {
        let done = match self {
            Desk::Office(n) => n.act(target, doing, now(), &mut SystemChance)?,
            Desk::Phone(h) => h.phone.act(target, doing, now(), &mut SystemChance)?,
        };
        self.kept()?;
        Ok(done)
    }

    pub(super) fn edit(&mut self, target: Target, values: &Values) -> Result<(), Fail> {
        match self {
            Desk::Office(n) => n.edit(target, values, now(), &mut SystemChance)?,
            Desk::Phone(h) => h.phone.edit(target, values, now(), &mut SystemChance)?,
        };
        self.kept()
    }

    /// What the office writes stands at once; a phone's work waits for the next sync.
    fn kept(&mut self) -> Result<(), Fail> {
        match self {
            Desk::Office(n) => drop(n.submit(now(), &mut SystemChance)?),
            Desk::Phone(h) => h.note_mark()?,
        }
        Ok(())
    }

    pub(super) fn place(&self, member: &str, voice: Voice) -> Result<PlaceId, Fail> {
        find_place(self.store(), self.tree(), member, voice)
    }

    /// The rows of these kinds, of one member or of all.
    pub(super) fn rows(
        &self,
        kinds: &[&'static Kind],
        member: Option<&str>,
        voice: Voice,
    ) -> Result<Vec<(Row, &'static Kind)>, Fail> {
        let place = member.map(|m| self.place(m, voice)).transpose()?;
        let places = place.map(|p| [p]);
        let mut found = Vec::new();
        for kind in kinds {
            let rows = self.store().find(&Find {
                kind: Some(kind.number),
                places: places.as_ref().map(|p| p.as_slice()),
                ..Find::default()
            })?;
            found.extend(rows.into_iter().map(|row| (row, *kind)));
        }
        Ok(found)
    }

    /// The one document of these kinds whose id begins so.
    pub(super) fn find(
        &self,
        kinds: &[&'static Kind],
        id: &str,
        voice: Voice,
    ) -> Result<(Target, PlaceId), Fail> {
        let digits = id.trim().to_lowercase();
        let rows = self.rows(kinds, None, voice)?;
        let mut found = rows
            .iter()
            .filter(|(row, _)| digits.len() >= 4 && row.doc.to_string().starts_with(&digits));
        match (found.next(), found.next()) {
            (Some((row, kind)), None) => {
                let target = Target {
                    scope: row.scope,
                    kind,
                    doc: row.doc,
                };
                Ok((target, row.place))
            }
            (None, _) => Err(fail(voice, "không có mã này", "there is none with this id")),
            _ => Err(fail(
                voice,
                "mã này chưa đủ: có nhiều",
                "several ids begin so; write more of it",
            )),
        }
    }

    fn name(&self, place: PlaceId) -> Result<String, Fail> {
        let values = self.values(Target::at(place, &MEMBER, b"").doc)?;
        Ok(match values.get("full_name") {
            Some(Value::Text(name)) => name.clone(),
            _ => place.short(),
        })
    }
}

pub(super) fn fail(voice: Voice, vi: &str, en: &str) -> Fail {
    Fail::Words(voice.say(vi, en).into())
}

fn cases() -> Vec<&'static Kind> {
    KINDS.iter().copied().filter(|k| k.case.is_some()).collect()
}

pub(crate) fn at_desk(args: &CaseArgs, kept: &mut Kept, voice: Voice) -> Done {
    case(&args.what, &mut desk(kept), voice)
}

pub(crate) fn on_phone(what: &CaseWhat, handset: &mut Handset, voice: Voice) -> Done {
    case(what, &mut Desk::Phone(handset), voice)
}

pub(crate) fn decisions_at_desk(args: &DecisionArgs, kept: &mut Kept, voice: Voice) -> Done {
    decide(&args.what, &mut desk(kept), voice)
}

pub(crate) fn decisions_on_phone(what: &DecisionWhat, handset: &mut Handset, voice: Voice) -> Done {
    decide(what, &mut Desk::Phone(handset), voice)
}

pub(super) fn desk<'a>(kept: &'a mut Kept) -> Desk<'a> {
    match kept {
        Kept::Node(n) => Desk::Office(n),
        Kept::Serving(n) => Desk::Office(n),
        Kept::Phone(h) => Desk::Phone(h),
    }
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
        if matches!(name, "act" | "after" | "about") && !prefix.is_empty() {
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

fn case(what: &CaseWhat, desk: &mut Desk, voice: Voice) -> Done {
    match what {
        CaseWhat::List { member, all } => list(desk, member.as_deref(), *all, voice),
        CaseWhat::Show { id } => {
            let (target, place) = desk.find(&cases(), id, voice)?;
            show(desk, target, place, voice)
        }
        CaseWhat::Open {
            kind,
            member,
            act,
            values,
        } => open(desk, (kind, member, act.as_deref()), values, voice),
        CaseWhat::Do {
            id,
            act,
            about,
            values,
        } => {
            let (target, place) = desk.find(&cases(), id, voice)?;
            let said = assignments(target.kind, "acts/x/", values, voice)?;
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
            let doing = Doing {
                act,
                about: about.as_deref(),
                said: &said,
            };
            desk.act(target, doing)?;
            show(desk, target, place, voice)
        }
    }
}

fn list(desk: &Desk, member: Option<&str>, all: bool, voice: Voice) -> Done {
    let mut told = Vec::new();
    for (row, kind) in desk.rows(&cases(), member, voice)? {
        let story = story_of(desk, kind, row.doc)?;
        if !all && !is_open(kind, &story) {
            continue;
        }
        let name = desk.name(row.place)?;
        let since = story.line.last().and_then(|id| story.done(id)?.on());
        let since = since.map_or(String::new(), |d| d.shown());
        let state = state_label(kind, &story, voice);
        let label = words::label(voice.lang, kind.label);
        voice.line(&format!(
            "{}  {name}  {label}: {state}  {since}",
            row.doc.short()
        ));
        told.push(
            json!({"doc": row.doc, "kind": kind.name, "place": row.place, "name": name,
                         "state": story.state, "at_once": story.at_once, "since": since}),
        );
    }
    let empty = voice.say("(không có việc nào đang làm)", "(nothing is under way)");
    voice.tell(
        &json!({"cases": told}),
        if told.is_empty() { empty } else { "" },
    );
    Ok(true)
}

pub(super) fn show(desk: &Desk, target: Target, place: PlaceId, voice: Voice) -> Done {
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
            if !matches!(name.as_str(), "act" | "after" | "about" | "on") {
                let path = format!("acts/x/{name}");
                line.push_str(&format!(
                    "; {}",
                    field::shown(kind, &path, value, vietnamese)
                ));
            }
        }
        if !done.effective {
            line.push_str(voice.say(
                "  [chưa có hiệu lực: còn thiếu số]",
                "  [a draft: something is missing]",
            ));
        }
        if done.set_aside {
            line.push_str(voice.say("  [không còn tính]", "  [does not count]"));
        }
        if story.at_once.contains(&done.id) {
            line.push_str(voice.say("  [cần chọn: keep]", "  [choose: keep]"));
        }
        lines.push(line);
    }
    let next = case::possible(kind, &values, &desk.who(place));
    for act in &next {
        let label = words::label(voice.lang, act.label);
        lines.push(format!("  → {}  {label}", act.code));
    }
    let acts: Vec<_> = story
        .acts
        .iter()
        .map(|d| {
            json!({"id": d.id, "act": d.act, "after": d.after, "effective": d.effective,
                   "set_aside": d.set_aside,
                   "said": d.said.iter().map(|(k, v)| (k.clone(), v.shown())).collect::<std::collections::BTreeMap<_, _>>()})
        })
        .collect();
    voice.tell(
        &json!({"doc": target.doc, "kind": kind.name, "place": place, "state": story.state,
                "at_once": story.at_once, "acts": acts,
                "next": next.iter().map(|a| a.code).collect::<Vec<_>>()}),
        &lines.join("\n"),
    );
    Ok(true)
}

fn open(
    desk: &mut Desk,
    (kind, member, act): (&str, &str, Option<&str>),
    typed: &[String],
    voice: Voice,
) -> Done {
    let kind = kind::by_name(kind).filter(|k| k.case.is_some());
    let known = cases()
        .iter()
        .map(|k| k.name)
        .collect::<Vec<_>>()
        .join(", ");
    let kind = kind.ok_or_else(|| {
        let why = voice.say("hãy chọn một trong", "choose one of");
        Fail::Words(format!("{why}: {known}"))
    })?;
    let place = desk.place(member, voice)?;
    let first = kind
        .case
        .and_then(|c| c.acts.iter().find(|a| a.from.contains(&NEW)));
    let act = act.or(first.map(|a| a.code)).unwrap_or_default();
    let said = assignments(kind, "acts/x/", typed, voice)?;
    let target = Target::at(place, kind, &random16(&mut SystemChance));
    let doing = Doing {
        act,
        about: None,
        said: &said,
    };
    desk.act(target, doing)?;
    show(desk, target, place, voice)
}

fn decide(what: &DecisionWhat, desk: &mut Desk, voice: Voice) -> Done {
    match what {
        DecisionWhat::Add { member, values } => {
            let place = desk.place(member, voice)?;
            let values = assignments(&DECISION, "", values, voice)?;
            if values.is_empty() {
                return Err(fail(voice, "chưa có ô nào", "no field was given"));
            }
            let target = Target::at(place, &DECISION, &random16(&mut SystemChance));
            desk.edit(target, &values)?;
            let complete = decision::is_complete(&values);
            voice.tell(
                &json!({"doc": target.doc, "in_force": complete}),
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
            let (target, _) = desk.find(&[&DECISION], id, voice)?;
            if decision::is_cancelled(&desk.values(target.doc)?) {
                return Err(fail(voice, "đã hủy rồi", "it is cancelled already"));
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
            desk.edit(target, &values)?;
            voice.tell(
                &json!({"doc": target.doc, "cancelled": true}),
                voice.say(
                    "Đã hủy do ghi nhầm; bản ghi vẫn còn để xem.",
                    "Cancelled as mistyped; it stays to be read.",
                ),
            );
            Ok(true)
        }
    }
}

fn list_decisions(desk: &Desk, member: Option<&str>, voice: Voice) -> Done {
    let vietnamese = voice.lang == words::Lang::Vi;
    let mut all = Vec::new();
    let mut told = Vec::new();
    for (row, _) in desk.rows(&[&DECISION], member, voice)? {
        let values = desk.values(row.doc)?;
        let text = |name: &str| {
            let value = values.get(name);
            value.map_or(String::new(), |v| {
                field::shown(&DECISION, name, v, vietnamese)
            })
        };
        let number = format!("{}-{}", text("number"), text("symbol"));
        let number = number.trim_matches('-');
        let mark = match (
            decision::is_cancelled(&values),
            decision::is_complete(&values),
        ) {
            (true, _) => voice.say("  [hủy do ghi nhầm]", "  [cancelled as mistyped]"),
            (false, false) => voice.say("  [chưa có hiệu lực]", "  [a draft]"),
            (false, true) => "",
        };
        voice.line(&format!(
            "{}  {}  {number}  {}  {}{mark}",
            row.doc.short(),
            desk.name(row.place)?,
            text("issued_on"),
            text("form")
        ));
        told.push(json!({"doc": row.doc, "place": row.place, "number": number,
                         "cancelled": decision::is_cancelled(&values),
                         "in_force": decision::is_in_force(&values),
                         "form": values.get("form").map(Value::shown)}));
        all.push((row.place, row.doc, values));
    }
    let doubts = register::doubts(&all);
    let mut lines = Vec::new();
    for same in &doubts.doubled {
        let ids: Vec<String> = same.iter().map(|d| d.short()).collect();
        let why = voice.say("Trùng số", "The same number twice");
        lines.push(format!("{why}: {}", ids.join(", ")));
    }
    for (series, numbers) in &doubts.missing {
        let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
        let why = voice.say("Thiếu số", "Missing numbers");
        lines.push(format!("{why} ({series}): {}", numbers.join(", ")));
    }
    if all.is_empty() {
        lines.push(
            voice
                .say("(chưa có quyết định nào)", "(no decision yet)")
                .into(),
        );
    }
    voice.tell(
        &json!({"decisions": told, "drafts": doubts.drafts, "doubled": doubts.doubled,
                "missing": doubts.missing.iter().map(|(s, n)| json!({"series": s, "numbers": n})).collect::<Vec<_>>()}),
        &lines.join("\n"),
    );
    Ok(true)
}
