//! `chibo own-data`, `chibo contest` and the same under `chibo phone`: all that is recorded about a person, printable or
//! machine readable, and what the person says against a sentence of it.
//!
//! Nobody reads another's: a member's phone answers for that member, a secretary's for members of the branch, the office
//! for all. Whoever else takes it out stands in the person's own access log.

use super::by::{By, must_decide};
use super::case::show;
use super::desk::today;
use super::desk::{Desk, desk, fail};
use super::kept::Kept;
use super::shown::{Seen, note_seen};
use super::terms::in_force;
use super::{Done, Fail, Folder, Voice, at};
use crate::edge::SystemChance;
use crate::file::write_private;
use crate::handset::Handset;
use crate::page::escape;
use crate::words::{self, Lang};
use chibo_core::author::{Doing, Target};
use chibo_core::calendar::WorkingDays;
use chibo_core::date::PartialDate;
use chibo_core::deadline::{self, Deadline};
use chibo_core::document::Values;
use chibo_core::domain::contest::{ANSWER, CONTEST, OUTCOMES, RAISE, said};
use chibo_core::domain::look::{LOOKS, Look};
use chibo_core::domain::member::MEMBER;
use chibo_core::field;
use chibo_core::id::{DocId, PlaceId, random16};
use chibo_core::kind::{self, FieldType, Kind};
use chibo_core::own_data::{self, Contest, Looked, OwnData, Typed};
use chibo_core::place::Role;
use chibo_core::regulation::Regulations;
use chibo_core::store::Store;
use chibo_core::store::sqlite::Find;
use chibo_core::text::clean_line;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(crate) struct OwnDataArgs {
    #[command(flatten)]
    pub(super) data: Folder,
    /// Người: mã hoặc tên / The person: id or name.
    person: String,
    /// Ghi ra tệp: .html hoặc .txt để in, .json cho máy đọc / To a file: .html or .txt to print, .json for machines.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Mine {
    /// Đảng viên, với máy của bí thư / The member, on a secretary's phone.
    member: Option<String>,
    /// Ghi ra tệp: .html hoặc .txt để in, .json cho máy đọc / To a file: .html or .txt to print, .json for machines.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct ContestArgs {
    #[command(flatten)]
    data: Folder,
    #[command(flatten)]
    by: By,
    #[command(subcommand)]
    what: ContestWhat,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ContestWhat {
    /// Nêu ý kiến về một nội dung đã ghi / Say that a sentence is not right.
    Raise {
        /// Đảng viên: mã hoặc tên / The member: id or name.
        member: String,
        /// Ô, như trong own-data --json / The field, as in own-data --json.
        path: String,
        /// Lời của người có ý kiến / The person's own words.
        words: String,
        /// Bản ghi: mã; mặc định: hồ sơ / The record: the beginning of its id (default: the register).
        #[arg(long, value_name = "ID")]
        record: Option<String>,
        /// Ai nói, khi ghi hộ / Whose words, where somebody types them for them.
        #[arg(long, value_name = "NAME")]
        said_by: Option<String>,
        /// Nói bằng cách nào: app, page, telephone, paper, in_person / How they came.
        #[arg(long)]
        how: Option<String>,
        /// Nói ngày nào / On which day (today).
        #[arg(long, value_name = "DAY")]
        on: Option<String>,
    },
    /// Trả lời / Answer one.
    Answer {
        /// Mã / The beginning of its id.
        id: String,
        #[arg(value_enum)]
        outcome: Outcome,
        /// Lý do / The reason.
        #[arg(long)]
        note: String,
        /// Sửa thành; ghi cả vào hồ sơ nếu ô đó sửa được / What stands now; the record is corrected where it can be.
        #[arg(long, value_name = "VALUE")]
        correction: Option<String>,
        /// Ngày trả lời / On which day (today).
        #[arg(long, value_name = "DAY")]
        on: Option<String>,
    },
}

/// How a contest is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Outcome {
    /// Đúng, đã sửa / Accepted.
    Accepted,
    /// Giữ như đã ghi / Refused.
    Refused,
}

fn ending(out: Option<&Path>) -> Option<&str> {
    out.and_then(Path::extension).and_then(|e| e.to_str())
}

/// How it is looked at: on the screen, on paper, or by machines.
fn look(out: Option<&Path>, voice: Voice) -> Look {
    match (out, ending(out)) {
        (_, Some("json")) => Look::Exported,
        (Some(_), _) => Look::Printed,
        (None, _) if voice.json => Look::Exported,
        (None, _) => Look::Opened,
    }
}

impl OwnDataArgs {
    pub(super) fn shows(&self, voice: Voice) -> (Seen<'_>, Look) {
        (Seen::Of(&self.person), look(self.out.as_deref(), voice))
    }

    pub(super) fn file_mut(&mut self) -> Option<&mut PathBuf> {
        self.out.as_mut()
    }
}

impl ContestArgs {
    pub(super) fn data(&self) -> &Folder {
        &self.data
    }
}

pub(crate) fn at_desk(args: &OwnDataArgs, kept: &mut Kept, voice: Voice) -> Done {
    tell(
        &mut desk(kept),
        Some(&args.person),
        args.out.as_deref(),
        voice,
    )
}

pub(super) fn on_phone(args: &Mine, handset: &mut Handset, voice: Voice) -> Done {
    let mut desk = Desk::Phone(handset);
    let seen = Seen::list(args.member.as_deref());
    note_seen(seen, look(args.out.as_deref(), voice), &mut desk, voice)?;
    tell(
        &mut desk,
        args.member.as_deref(),
        args.out.as_deref(),
        voice,
    )
}

pub(crate) fn contest_at_desk(args: &ContestArgs, kept: &mut Kept, voice: Voice) -> Done {
    contest(&args.what, Some(&args.by), &mut desk(kept), voice)
}

pub(super) fn contest_on_phone(what: &ContestWhat, handset: &mut Handset, voice: Voice) -> Done {
    contest(what, None, &mut Desk::Phone(handset), voice)
}

/// Under which role this desk works, and where.
fn seat(desk: &Desk) -> (Role, PlaceId) {
    match desk {
        Desk::Office(n) => (Role::Office, n.root()),
        Desk::Phone(h) => {
            (h.phone.author()).map_or((Role::Operator, PlaceId([0; 16])), |a| (a.role, a.place))
        }
    }
}

fn tell(desk: &mut Desk, person: Option<&str>, out: Option<&Path>, voice: Voice) -> Done {
    let (role, seat) = seat(desk);
    let person = match person {
        Some(wanted) => desk.place(wanted, voice)?,
        None => seat,
    };
    if !own_data::may_see(role, seat, person, desk.tree()) {
        return Err(fail(
            voice,
            "chỉ chính người đó, bí thư chi bộ của họ và văn phòng được xem toàn bộ",
            "only the person, their branch's leaders and the office see all of it",
        ));
    }
    let told = Told::new(desk, person, voice)?;
    let Some(path) = out else {
        voice.tell(&told.json(voice), &told.text(voice));
        return Ok(true);
    };
    let content = match ending(out) {
        Some("json") => told.json(voice).to_string(),
        Some("html") => printed(&told.lines(voice), voice),
        _ => told.text(voice),
    };
    write_private(path, content.as_bytes()).map_err(at(path))?;
    voice.tell(&json!({"written": path}), &path.display().to_string());
    Ok(true)
}

/// To be printed: plain HTML, everything that people wrote escaped.
pub(super) fn printed(lines: &[Line], voice: Voice) -> String {
    let title = lines.first().map_or("", |(_, line)| line);
    let lang = voice.say("vi", "en");
    let mut html = format!(
        "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{}</title><style>\
         body{{font:12pt/1.4 serif;margin:1rem auto;max-width:42rem;padding:0 1rem}}h1{{font-size:15pt}}\
         h2{{font-size:12pt;margin:1.2em 0 .3em;border-bottom:1px solid #999}}p{{margin:.3em 0}}\
         small{{display:block;color:#444}}.d2{{margin-left:1.5em;padding-left:.5em;border-left:3px solid #999}}\
         @page{{margin:2cm}}@media print{{body{{margin:0;max-width:none;padding:0}}p{{break-inside:avoid}}}}\
         </style></head><body>",
        escape(title)
    );
    for (i, (depth, line)) in lines.iter().enumerate() {
        // Who typed it stands smaller under what was said.
        let line = match escape(line).split_once("  — ") {
            Some((said, typed)) => format!("{said}<small>{typed}</small>"),
            None => escape(line),
        };
        // Writing to a string cannot fail.
        let _ = match (i, depth) {
            (0, _) => write!(html, "<h1>{line}</h1>"),
            (_, 0) => write!(html, "<h2>{line}</h2>"),
            _ => write!(html, "<p class=\"d{depth}\">{line}</p>"),
        };
    }
    html.push_str("</body></html>");
    html
}

/// What is told about a person, with what the words need.
struct Told {
    person: PlaceId,
    /// The person's place, and their stays.
    places: Vec<PlaceId>,
    name: String,
    own: OwnData,
    names: BTreeMap<String, String>,
    deadlines: BTreeMap<DocId, Deadline>,
    on: String,
    role: Role,
}

/// One line of the print: how far it stands in, and what it says.
type Line = (usize, String);

impl Told {
    fn new(desk: &Desk, person: PlaceId, voice: Voice) -> Result<Told, Fail> {
        let (store, tree) = (desk.store(), desk.tree());
        let own = store.read(|tx| own_data::of(tx, tree, person))?;
        let members = store.find(&Find {
            kind: Some(MEMBER.number),
            ..Find::default()
        })?;
        let regulations: Regulations = in_force(store, voice)?;
        let working = WorkingDays::new(&regulations);
        let today = today(voice)?;
        let mut deadlines = BTreeMap::new();
        for contest in &own.contests {
            let values = desk.values(contest.doc)?;
            for fact in deadline::facts(&CONTEST, &values, contest.place) {
                if let Ok(d) = deadline::deadline(&fact, &regulations, &working, today) {
                    deadlines.insert(contest.doc, d);
                }
            }
        }
        let names: BTreeMap<String, String> = (members.into_iter())
            .map(|r| (r.place.to_string(), r.title))
            .collect();
        Ok(Told {
            person,
            places: tree.subtree(person),
            name: names.get(&person.to_string()).cloned().unwrap_or_default(),
            own,
            names,
            deadlines,
            on: today.shown(),
            role: seat(desk).0,
        })
    }

    /// Whether it was a list in which the person stands, and not their record alone.
    fn is_list(&self, looked: &Looked) -> bool {
        !self.places.contains(&looked.place)
    }

    /// Who typed something, by name where it is known.
    fn typed(&self, typed: Option<&Typed>, voice: Voice) -> String {
        let Some(t) = typed else {
            return voice
                .say("văn phòng xác nhận", "attested by the office")
                .into();
        };
        let role = words::role(voice.lang, t.role);
        let day = match t.time {
            Some(time) => words::day(time),
            None => voice.say("chưa gửi", "not sent yet").into(),
        };
        match self.names.get(&t.person.to_string()) {
            Some(name) => format!("{name} ({role}), {day}"),
            None => format!("{role}, {day}"),
        }
    }

    fn lines(&self, voice: Voice) -> Vec<Line> {
        let vietnamese = voice.lang == Lang::Vi;
        let mut lines = vec![(
            0,
            format!(
                "{}: {}  ({})",
                voice.say("Dữ liệu đã ghi về", "What is recorded about"),
                self.name,
                self.on
            ),
        )];
        for record in &self.own.records {
            let label = words::label(voice.lang, record.kind.label);
            lines.push((0, format!("{label}  [{}]", record.doc.short())));
            for said in &record.said {
                let value = field::shown(record.kind, &said.path, &said.value, vietnamese);
                if value.is_empty() {
                    continue;
                }
                let label = path_label(record.kind, &said.path, voice);
                let told = said.told.iter().map(|t| words::told(voice.lang, t));
                let told: String = told.map(|t| format!("{t}; ")).collect();
                let typed = self.typed(said.typed.as_ref(), voice);
                let is_own = (said.typed.as_ref()).is_some_and(|t| t.person.0 == self.person.0);
                let by = match told.is_empty() && is_own {
                    true => voice.say(
                        "tự khai trên máy của mình",
                        "said by themself on their device",
                    ),
                    false => voice.say("người ghi", "typed by"),
                };
                lines.push((1, format!("{label}: {value}  — {told}{by}: {typed}")));
                for contest in &said.contests {
                    lines.extend(self.contest(contest, voice));
                }
            }
        }
        let looks = voice.say(
            "Người khác đã mở xem, in, xuất",
            "Opened, printed or exported by others",
        );
        lines.push((0, looks.to_owned()));
        for l in &self.own.looks {
            let what = LOOKS.iter().find(|c| c.code == l.what);
            let what = what.map_or(l.what.as_str(), |c| words::label(voice.lang, c.label));
            let role =
                Role::from_name(&l.role).map_or(l.role.as_str(), |r| words::role(voice.lang, r));
            let name = self.names.get(&l.person).map_or("", String::as_str);
            let on = PartialDate::parse(&l.on).map_or_else(|_| l.on.clone(), PartialDate::shown);
            let list = match self.is_list(l) {
                true => voice.say("(cả danh sách của đơn vị)", "(the unit's whole list)"),
                false => "",
            };
            let parts = [on.as_str(), what, list, role, name, l.mandate.as_str()];
            let parts: Vec<&str> = parts.into_iter().filter(|p| !p.is_empty()).collect();
            lines.push((1, parts.join("  ")));
        }
        if self.own.looks.is_empty() {
            lines.push((1, voice.say("(không có)", "(nobody)").to_owned()));
        }
        if self.role == Role::Member {
            let more = voice.say(
                "Dân tộc, tôn giáo và những gì chỉ văn phòng giữ: xin bản in của văn phòng.",
                "Ethnic group, religion and what only the office keeps: ask the office for its print.",
            );
            lines.push((0, more.to_owned()));
        }
        lines
    }

    /// A contest under its sentence: the words, by when they are to be answered, and the answer.
    fn contest(&self, contest: &Contest, voice: Voice) -> Vec<Line> {
        let case = &contest.case;
        let on = |done: &chibo_core::case::Done| done.on().map_or(String::new(), |d| d.shown());
        let whose = match said(&case.raised, "said_by") {
            "" => String::new(),
            name => format!(" {} {name},", voice.say("theo lời", "in the words of")),
        };
        let mut lines = vec![(
            2,
            format!(
                "{} {}:{whose} {}: “{}”",
                voice.say("Ý kiến", "Contested"),
                on(&case.raised),
                format_args!(
                    "{} {}",
                    voice.say("người ghi", "typed by"),
                    self.typed(contest.raised.as_ref(), voice)
                ),
                said(&case.raised, "words")
            ),
        )];
        if let Some(d) = self.deadlines.get(&contest.doc) {
            lines.push((
                2,
                format!(
                    "{} {}: {}  ({})",
                    voice.say("Hạn trả lời", "To be answered by"),
                    d.due.shown(),
                    words::deadline_state(voice.lang, d),
                    d.source.shown()
                ),
            ));
        }
        if let Some(answer) = &case.answered {
            let outcome = OUTCOMES.iter().find(|c| c.code == said(answer, "outcome"));
            let outcome = outcome.map_or("", |c| words::label(voice.lang, c.label));
            let correction = match said(answer, "correction") {
                "" => String::new(),
                now => format!(" “{now}”"),
            };
            lines.push((
                2,
                format!(
                    "{} {}: {outcome}{correction}. {}  — {}",
                    voice.say("Trả lời", "Answered"),
                    on(answer),
                    said(answer, "note"),
                    self.typed(contest.answered.as_ref(), voice)
                ),
            ));
        }
        lines
    }

    fn text(&self, voice: Voice) -> String {
        let lines = self.lines(voice).into_iter();
        let lines: Vec<String> = lines
            .map(|(depth, line)| format!("{}{line}", "  ".repeat(depth)))
            .collect();
        lines.join("\n")
    }

    fn json(&self, voice: Voice) -> serde_json::Value {
        let typed = |t: &Option<Typed>| {
            t.as_ref().map(|t| {
                json!({"person": t.person, "name": self.names.get(&t.person.to_string()),
                       "role": t.role.name(), "time": t.time.map(|time| time.0)})
            })
        };
        let texts = |done: &chibo_core::case::Done| -> BTreeMap<String, String> {
            let said = done.said.iter();
            said.map(|(name, value)| (name.clone(), value.shown()))
                .collect()
        };
        let contest = |c: &Contest| {
            let due = self.deadlines.get(&c.doc);
            json!({"id": c.doc, "state": c.case.state, "raised": texts(&c.case.raised),
                   "raised_typed": typed(&c.raised), "answered": c.case.answered.as_ref().map(texts),
                   "answered_typed": typed(&c.answered),
                   "due": due.map(|d| d.due.to_string()),
                   "says": due.map(|d| words::deadline_state(voice.lang, d)),
                   "late": due.is_some_and(|d| matches!(d.state, deadline::State::Overdue(_)
                                                          | deadline::State::DoneLate(_)))})
        };
        let records: Vec<_> = (self.own.records.iter())
            .map(|r| {
                let values: Vec<_> = (r.said.iter())
                    .map(|s| {
                        let told = s
                            .told
                            .iter()
                            .map(|t| json!({"said_by": t.said_by, "how": t.how}));
                        json!({"path": s.path, "value": s.value.shown(), "typed": typed(&s.typed),
                               "told": told.collect::<Vec<_>>(),
                               "contests": s.contests.iter().map(contest).collect::<Vec<_>>()})
                    })
                    .collect();
                json!({"id": r.doc, "kind": r.kind.name, "values": values})
            })
            .collect();
        let looks: Vec<_> = (self.own.looks.iter())
            .map(|l| {
                json!({"on": l.on, "what": l.what, "role": l.role, "person": l.person,
                       "name": self.names.get(&l.person), "mandate": l.mandate, "list": self.is_list(l)})
            })
            .collect();
        json!({"name": self.name, "on": self.on, "records": records,
               "contests": self.own.contests.iter().map(contest).collect::<Vec<_>>(), "looks": looks})
    }
}

/// What a path is called: the field, and in a list of small records the field of the record.
fn path_label(kind: &Kind, path: &str, voice: Voice) -> String {
    let mut parts = path.split('/');
    let Some(field) = parts.next().and_then(|name| kind.field(name)) else {
        return path.to_owned();
    };
    let label = words::label(voice.lang, field.label).to_owned();
    match (field.kind, parts.next_back()) {
        (FieldType::Entries(fields), Some(last)) => match fields.iter().find(|f| f.name == last) {
            Some(inner) => format!("{label}, {}", words::label(voice.lang, inner.label)),
            None => label,
        },
        _ => label,
    }
}

fn contest(what: &ContestWhat, by: Option<&By>, desk: &mut Desk, voice: Voice) -> Done {
    match what {
        ContestWhat::Raise {
            member,
            path,
            words,
            record,
            said_by,
            how,
            on,
        } => {
            let place = desk.place(member, voice)?;
            let (doc, kind) = record_of(desk, place, record.as_deref(), voice)?;
            let recorded = desk.values(doc)?;
            let stands = recorded.get(path.trim()).ok_or_else(|| {
                let (vi, en) = (
                    "ô này chưa ghi gì; có ghi ở",
                    "nothing is recorded there; there is something in",
                );
                let there: Vec<&str> = recorded.keys().map(String::as_str).collect();
                let words = format!("{path}: {}: {}", voice.say(vi, en), there.join(", "));
                Fail::Words(words)
            })?;
            let sentence = field::shown(kind, path.trim(), stands, true);
            if clean_line(words).is_empty() {
                return Err(fail(
                    voice,
                    "cần lời của người đó",
                    "their words are needed",
                ));
            }
            let line = |text: &str| Some(clean_line(text));
            let values = act_values(
                &[
                    ("record", Some(doc.to_string())),
                    ("path", line(path)),
                    ("sentence", line(&sentence)),
                    ("words", line(words)),
                    ("said_by", said_by.as_deref().and_then(line)),
                    ("how", how.clone()),
                    ("on", on.clone()),
                ],
                voice,
            )?;
            let target = Target::at(place, &CONTEST, &random16(&mut SystemChance));
            let doing = Doing {
                act: RAISE,
                about: None,
                said: &values,
            };
            let done = desk.act(target, doing)?;
            let warned = voice.warn(target.kind, &done.warnings);
            show(desk, target, place, warned, voice)
        }
        ContestWhat::Answer {
            id,
            outcome,
            note,
            correction,
            on,
        } => {
            let (target, place) = desk.find(&[&CONTEST], id, voice)?;
            must_decide(desk, by, place, voice)?;
            if clean_line(note).is_empty() {
                return Err(fail(voice, "cần lý do", "a reason is needed"));
            }
            let outcome = match outcome {
                Outcome::Accepted => "accepted",
                Outcome::Refused => "refused",
            };
            let values = act_values(
                &[
                    ("outcome", Some(outcome.to_owned())),
                    ("note", Some(clean_line(note))),
                    ("correction", correction.as_deref().map(clean_line)),
                    ("on", on.clone()),
                ],
                voice,
            )?;
            if correction.is_some() && outcome != "accepted" {
                let (vi, en) = (
                    "--correction chỉ đi với accepted",
                    "--correction goes with accepted only",
                );
                return Err(fail(voice, vi, en));
            }
            let doing = Doing {
                act: ANSWER,
                about: None,
                said: &values,
            };
            let done = desk.act(target, doing)?;
            let warned = voice.warn(target.kind, &done.warnings);
            show(desk, target, place, warned, voice)
        }
    }
}

/// The fields of an act, read as the kind has them. Without a day it is today's.
fn act_values(pairs: &[(&str, Option<String>)], voice: Voice) -> Result<Values, Fail> {
    let mut values = Values::new();
    for (name, value) in pairs {
        let value = match (value, *name) {
            (Some(value), _) => value.clone(),
            (None, "on") => today(voice)?.to_string(),
            (None, _) => continue,
        };
        let value = field::parse(&CONTEST, &format!("acts/x/{name}"), &value);
        values.insert((*name).to_owned(), value.map_err(Fail::Field)?);
    }
    Ok(values)
}

/// The record that is contested: the one of this id among the person's, or the register.
fn record_of(
    desk: &Desk,
    person: PlaceId,
    id: Option<&str>,
    voice: Voice,
) -> Result<(DocId, &'static Kind), Fail> {
    let Some(id) = id else {
        return Ok((Target::at(person, &MEMBER, b"").doc, &MEMBER));
    };
    let places = desk.tree().subtree(person);
    let rows = desk.store().find(&Find {
        places: Some(&places),
        ..Find::default()
    })?;
    let digits = id.trim().to_lowercase();
    let mut found = (rows.iter())
        .filter(|r| digits.len() >= 4 && r.doc.to_string().starts_with(&digits))
        .filter_map(|r| Some((r.doc, kind::by_number(r.kind)?)));
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(fail(
            voice,
            "không có bản ghi này của người đó",
            "this person has no such record",
        )),
    }
}
