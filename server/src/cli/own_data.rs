//! `chibo own-data`, `chibo contest` and the same under `chibo phone`: all that is recorded about a person, printable or
//! machine readable, and what the person says against a sentence of it.
//!
//! Nobody reads another's: a member's phone answers for that member, a secretary's for members of the branch, the office
//! for all. Whoever else takes it out stands in the person's own access log.

use super::by::{self, By, must_decide};
use super::case::show;
use super::desk::today;
use super::desk::{Desk, desk, fail};
use super::kept::Kept;
use super::shown::{Seen, note_seen};
use super::terms::unlisted;
use super::{Done, Fail, Folder, Voice, at};
use crate::edge::SystemChance;
use crate::file::write_private;
use crate::handset::Handset;
use chibo_core::author::{Doing, Target};
use chibo_core::document::Values;
use chibo_core::domain::contest::{ANSWER, CONTEST, CONTESTS, RAISE, kind_for};
use chibo_core::domain::look::Look;
use chibo_core::domain::member::MEMBER;
use chibo_core::elsewhere;
use chibo_core::field;
use chibo_core::id::{DocId, PlaceId, random16};
use chibo_core::kind::{self, Kind};
use chibo_core::own_data;
use chibo_core::place::Role;
use chibo_core::replica::{self, Overlay};
use chibo_core::store::Store;
use chibo_core::store::sqlite::Find;
use chibo_core::text::clean_line;
use chibo_device::own_page::OwnPage;
use chibo_device::paper;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
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
    let (store, tree) = (desk.store(), desk.tree());
    let page = OwnPage::of(store, tree, role, person, today(voice)?);
    let page = page.map_err(|e| unlisted(e, voice))?;
    let lang = voice.lang.into();
    let Some(path) = out else {
        voice.tell(&page.json(lang), &paper::plain(&page.lines(lang)));
        return Ok(true);
    };
    let content = match ending(out) {
        Some("json") => page.json(lang).to_string(),
        Some("html") => paper::printed(&page.lines(lang), lang.code()),
        _ => paper::plain(&page.lines(lang)),
    };
    write_private(path, content.as_bytes()).map_err(at(path))?;
    voice.tell(&json!({"written": path}), &path.display().to_string());
    Ok(true)
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
            let (doc, kind, recorded) = record_of(desk, place, record.as_deref(), voice)?;
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
            let target = Target::at(place, kind_for(kind), &random16(&mut SystemChance));
            let values = by::recorded(desk, by, target.kind, values, voice)?;
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
            let (target, place) = desk.find(&CONTESTS, id, voice)?;
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
            let values = by::recorded(desk, by, target.kind, values, voice)?;
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

/// The record that is contested, with what it says of the person: the one of this id among theirs, or among those of
/// units in which they stand; without an id the register.
fn record_of(
    desk: &Desk,
    person: PlaceId,
    id: Option<&str>,
    voice: Voice,
) -> Result<(DocId, &'static Kind, Values), Fail> {
    let Some(id) = id else {
        let doc = Target::at(person, &MEMBER, b"").doc;
        return Ok((doc, &MEMBER, desk.values(doc)?));
    };
    let (store, tree) = (desk.store(), desk.tree());
    let places = tree.subtree(person);
    let rows = store.find(&Find {
        places: Some(&places),
        ..Find::default()
    })?;
    let own = rows.iter().filter_map(|row| {
        let kind = kind::by_number(row.kind)?;
        Some((row.doc, kind, replica::values_of(row)))
    });
    let mut all: Vec<_> = own.collect();
    let of_units = store.read(|tx| elsewhere::of(tx, tree, person, &Overlay::of(tx)?))?;
    all.extend(
        of_units
            .into_iter()
            .map(|f| (f.doc, f.kind, f.standing.values)),
    );
    let digits = id.trim().to_lowercase();
    let mut found = (all.into_iter())
        .filter(|(doc, ..)| digits.len() >= 4 && doc.to_string().starts_with(&digits));
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(fail(
            voice,
            "không có bản ghi này của người đó",
            "this person has no such record",
        )),
    }
}
