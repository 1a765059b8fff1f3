//! `show`, `edit` and `add`: one record, field by field, with what is missing, what is unusual and what two people wrote
//! differently; what is typed into it, with whose words it is; and a new member in a branch.

use super::by::{By, must_decide};
use super::desk::{Desk, branch_of, fail, place_of};
use super::{Done, Fail, Voice, conflicts, right, terms};
use crate::edge::{SystemChance, now};
use crate::words::{self, Lang};
use chibo_core::author::Target;
use chibo_core::decided;
use chibo_core::document::{Value, Values};
use chibo_core::field;
use chibo_core::id::{PlaceId, random16};
use chibo_core::kind;
use chibo_core::phone::SyncError;
use chibo_core::place::PlaceKind;
use chibo_core::store::sqlite::Find;
use chibo_core::text;
use chibo_core::whose::{self, Told};
use chibo_device::record::{self, Document, RecordError, singles};
use chibo_device::workplace::Workplace;
use clap::Args;
use serde_json::{Value as Json, json};

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Mã hoặc tên / Id or name.
    id: String,
    /// Trên điện thoại: hỏi xã bằng chứng chữ ký của từng người ghi / On a phone: ask the node for the authors' own
    /// signatures.
    #[arg(long)]
    proof: bool,
}

#[derive(Debug, Args)]
pub(crate) struct EditArgs {
    /// Mã hoặc tên / Id or name.
    id: String,
    /// Ô=giá trị / FIELD=VALUE.
    #[arg(required = true)]
    values: Vec<String>,
    #[command(flatten)]
    whose: Whose,
}

#[derive(Debug, Args)]
pub(crate) struct AddArgs {
    /// Họ và tên / The full name.
    name: String,
    /// Ô=giá trị / FIELD=VALUE.
    values: Vec<String>,
    #[command(flatten)]
    whose: Whose,
    /// Chi bộ, nếu ở đây giữ nhiều / The branch, where several are kept here.
    #[arg(long)]
    branch: Option<String>,
}

/// Whose words it is that somebody types for somebody else (*ghi hộ*).
#[derive(Debug, Args)]
pub(super) struct Whose {
    /// Theo lời ai, khi ghi hộ / Whose words, where somebody types them for them.
    #[arg(long, value_name = "NAME")]
    said_by: Option<String>,
    /// Báo bằng cách nào: app, page, telephone, paper, in_person / How they came.
    #[arg(long)]
    how: Option<String>,
}

impl Whose {
    pub(super) fn told(&self) -> Result<Told, Fail> {
        let text = |said: &Option<String>| said.clone().unwrap_or_default();
        Told::typed(&text(&self.said_by), &text(&self.how)).map_err(Fail::Field)
    }
}

/// The documents of a place that it has one of each, or the one document with this id (a meeting, a check-in); and their
/// place.
pub(super) fn documents_of(
    here: &dyn Workplace,
    id: &str,
    voice: Voice,
) -> Result<(PlaceId, Vec<Target>), Fail> {
    let digits = id.trim().to_lowercase();
    if digits.len() >= 4 && digits.chars().all(|c| c.is_ascii_hexdigit()) {
        let rows = here.store().find(&Find::default())?;
        let found: Vec<_> = (rows.iter())
            .filter(|r| r.doc.to_string().starts_with(&digits))
            .collect();
        if let [row] = found.as_slice()
            && let Some(kind) = kind::by_number(row.kind)
        {
            let target = Target {
                scope: row.scope,
                kind,
                doc: row.doc,
            };
            return Ok((row.place, vec![target]));
        }
    }
    let (place, place_kind) = place_of(here, id, voice)?;
    Ok((place, singles(place, place_kind)))
}

pub(super) fn show(args: &ShowArgs, desk: &mut Desk, voice: Voice) -> Done {
    if args.proof {
        return match desk {
            Desk::Phone(handset) => right::proof(handset, &args.id, voice),
            Desk::Office(_) => Err(fail(
                voice,
                "chữ ký của mọi người ghi nằm ngay ở máy này: chibo verify kiểm tra tất cả",
                "the signatures of all who wrote are on this machine: chibo verify checks every one",
            )),
        };
    }
    let (place, targets) = documents_of(desk.here(), &args.id, voice)?;
    if let [one] = targets.as_slice() {
        desk.must_read(one.kind, voice)?;
    }
    let opened = record::open_these(desk.here_mut(), place, &targets, now(), &mut SystemChance);
    let (documents, looked) = opened.map_err(|e| unshown(e, voice))?;
    if documents.is_empty() {
        return Err(desk.reads_not(voice));
    }
    desk.tell_looked(looked, voice);
    let mut told = ShownRecord::default();
    for document in &documents {
        told.add(document, voice);
    }
    told.tell(place, voice);
    Ok(true)
}

fn unshown(e: RecordError, voice: Voice) -> Fail {
    match e {
        RecordError::Edit(e) => Fail::Edit(e),
        RecordError::Store(e) => Fail::Store(e),
        RecordError::List(e) => terms::unlisted(e, voice),
        RecordError::Clock => fail(voice, "đồng hồ của máy sai", "this device's clock is off"),
        _ => fail(voice, "không có trên máy này", "not on this device"),
    }
}

/// A record as it is printed: the lines, and the same for machines.
#[derive(Debug, Default)]
struct ShownRecord {
    lines: Vec<String>,
    fields: serde_json::Map<String, Json>,
    told: serde_json::Map<String, Json>,
    cautions: Vec<Json>,
    /// Fields with two versions, told after all others.
    open: Vec<(String, Json)>,
    missing: usize,
}

impl ShownRecord {
    fn add(&mut self, document: &Document, voice: Voice) {
        let kind = document.target.kind;
        self.missing += document.missing();
        for shown in &document.fields {
            let Some(value) = &shown.value else { continue };
            let (label, path) = (words::label(voice.lang, shown.field.label), &shown.path);
            let sub = path.strip_prefix(shown.field.name).unwrap_or("");
            let text = field::shown(kind, path, value, voice.lang == Lang::Vi);
            let whose = shown.told.iter().map(|t| words::told(voice.lang, t));
            let whose: String = whose.map(|t| format!("  ({t})")).collect();
            self.lines.push(format!("{label}{sub}: {text}{whose}"));
            for caution in &shown.cautions {
                let said = words::standing(voice.lang, kind, caution);
                let note = voice.say("Lưu ý", "Note");
                self.lines.push(format!("  {note}: {said}"));
                let told = json!({"field": caution.path, "about": caution.why.code()});
                self.cautions.push(told);
            }
            self.fields.insert(path.clone(), json!(value.shown()));
            if !shown.told.is_empty() {
                let who = |t: &Told| json!({"said_by": t.said_by, "how": t.how});
                let whose = shown.told.iter().map(who).collect();
                self.told.insert(path.clone(), whose);
            }
        }
        let open = document.conflicts.iter();
        self.open
            .extend(open.map(|c| conflicts::told(kind, &c.path, &c.versions, voice)));
    }

    fn tell(mut self, place: PlaceId, voice: Voice) {
        let missing = self.missing;
        if missing > 0 {
            self.lines.push(match voice.lang {
                Lang::Vi => format!("(còn thiếu {missing} ô)"),
                Lang::En => format!("({missing} fields missing)"),
            });
        }
        let (said, open): (Vec<String>, Vec<Json>) = self.open.into_iter().unzip();
        self.lines.extend(said);
        voice.tell(
            &json!({"place": place, "fields": self.fields, "told": self.told, "missing": missing,
                    "cautions": self.cautions, "two_versions": open}),
            &self.lines.join("\n"),
        );
    }
}

/// The document and value that `FIELD=VALUE` means at a place.
pub(super) fn assignment(
    targets: &[Target],
    typed: &str,
    voice: Voice,
) -> Result<(Target, String, Value), Fail> {
    let (path, value) = typed.split_once('=').ok_or_else(|| {
        let why = voice.say("viết dạng Ô=GIÁ TRỊ", "write FIELD=VALUE");
        Fail::Words(format!("{typed}: {why}"))
    })?;
    let name = path.split('/').next().unwrap_or(path);
    let mut all = targets.iter().copied();
    let target = all.find(|t| t.kind.form().any(|f| f.name == name));
    let target = target.ok_or_else(|| {
        let fields = targets.iter().flat_map(|t| t.kind.form());
        let all: Vec<&str> = fields.map(|f| f.name).collect();
        let why = voice.say("không có ô này; các ô là", "no such field; there are");
        Fail::Words(format!("{name}: {why}: {}", all.join(", ")))
    })?;
    let value = field::parse(target.kind, path, value).map_err(Fail::Field)?;
    Ok((target, path.to_owned(), value))
}

/// What was typed, document by document, with whose words it is.
fn edits(
    targets: &[Target],
    typed: &[String],
    whose: &Whose,
    voice: Voice,
) -> Result<Vec<(Target, Values)>, Fail> {
    let told = whose.told()?;
    let mut by_doc: Vec<(Target, Values)> = Vec::new();
    for t in typed {
        let (target, path, value) = assignment(targets, t, voice)?;
        match by_doc.iter_mut().find(|(t, _)| t.doc == target.doc) {
            Some((_, values)) => drop(values.insert(path, value)),
            None => by_doc.push((target, Values::from([(path, value)]))),
        }
    }
    for (target, values) in &mut by_doc {
        whose::add(target.kind, values, &told);
    }
    Ok(by_doc)
}

/// Asks at the office who decides, where what is written decides something: by its kind, or by the field.
pub(super) fn must_say_who(
    desk: &Desk,
    by: Option<&By>,
    (target, place): (Target, PlaceId),
    edits: &Values,
    voice: Voice,
) -> Result<(), Fail> {
    let kind = target.kind;
    let is_formal = kind.formal || kind.case.is_some();
    let before = desk.values(target.doc)?;
    let mut paths = edits.keys();
    match is_formal || paths.any(|path| decided::is_decided(kind, &before, path)) {
        true => must_decide(desk, by, place, voice),
        false => Ok(()),
    }
}

pub(super) fn edit(args: &EditArgs, by: Option<&By>, desk: &mut Desk, voice: Voice) -> Done {
    let (place, targets) = documents_of(desk.here(), &args.id, voice)?;
    let edits = edits(&targets, &args.values, &args.whose, voice)?;
    for (target, values) in &edits {
        must_say_who(desk, by, (*target, place), values, voice)?;
    }
    let done = desk.edit_many(&[], &edits)?;
    let mut warned = Vec::new();
    for ((target, _), outcome) in edits.iter().zip(&done) {
        warned.extend(voice.warnings(target.kind, &outcome.warnings));
    }
    let changed = done.iter().any(|o| o.changed);
    let full = done.iter().any(|o| o.nearly_full);
    let mut text = desk.saved(changed, voice).to_owned();
    if full {
        text.push('\n');
        text.push_str(voice.say(
            "Hồ sơ này sắp đầy (64 KiB).",
            "This record is nearly full (64 KiB).",
        ));
    }
    voice.tell(
        &json!({"changed": changed, "nearly_full": full, "warnings": warned}),
        &text,
    );
    Ok(true)
}

pub(super) fn add(args: &AddArgs, desk: &mut Desk, voice: Voice) -> Done {
    let own = desk.here().author().map(|a| a.place);
    let own = own.ok_or(Fail::Sync(SyncError::NotEnrolled))?;
    let name = text::clean_name(&args.name);
    if name.is_empty() {
        return Err(fail(voice, "cần có tên", "a name is needed"));
    }
    let branch = branch_of(desk.here(), own, args.branch.as_deref(), voice)?;
    let place = PlaceId(random16(&mut SystemChance));
    let targets = singles(place, PlaceKind::Member);
    let mut typed = args.values.clone();
    typed.push(format!("full_name={name}"));
    let edits = edits(&targets, &typed, &args.whose, voice)?;
    let done = desk.edit_many(&[(place, PlaceKind::Member, branch)], &edits)?;
    let mut warned = Vec::new();
    for ((target, _), outcome) in edits.iter().zip(&done) {
        warned.extend(voice.warnings(target.kind, &outcome.warnings));
    }
    voice.tell(
        &json!({"place": place, "warnings": warned}),
        &format!("{}  {name}", place.short()),
    );
    Ok(true)
}
