//! Fields that two people filled in differently (*hai nơi ghi khác nhau*): what both wrote and who, and the choice between
//! them, which is an edit as any other.

use super::by::By;
use super::desk::{Desk, place_of};
use super::record::must_say_who;
use super::{Done, Fail, Voice};
use crate::words::{self, Lang};
use chibo_core::author::Target;
use chibo_core::document::{Conflict, Values};
use chibo_core::domain::member::MEMBER;
use chibo_core::field;
use chibo_core::id::PlaceId;
use chibo_core::kind::{self, Key, Kind};
use chibo_core::store::Row;
use chibo_device::home;
use chibo_device::record::{self, Version};
use chibo_device::workplace::Workplace;
use clap::Args;
use serde_json::{Value as Json, json};

#[derive(Debug, Args)]
pub(crate) struct ResolveArgs {
    /// Mã hoặc tên / Id or name.
    id: String,
    /// Ô / The field.
    field: String,
    /// Số thứ tự trong danh sách, hoặc giá trị / The number in the list, or the value.
    value: String,
}

/// Who wrote a value: role, and the name if their record is here.
fn writer(version: &Version, voice: Voice) -> String {
    let Some(role) = version.role else {
        return voice.say("đã ghi từ trước", "written before").to_owned();
    };
    let role = words::role(voice.lang, role);
    match &version.name {
        Some(name) => format!("{role} {name}"),
        None => role.to_owned(),
    }
}

/// A field with its versions, for people and for machines.
pub(super) fn told(
    kind: &'static Kind,
    path: &str,
    versions: &[Version],
    voice: Voice,
) -> (String, Json) {
    let field = kind.field(path.split('/').next().unwrap_or(path));
    let label = field.map_or(path, |f| words::label(voice.lang, f.label));
    let two = voice.say("hai nơi ghi khác nhau", "two versions");
    let mut text = format!("{label} ({path}) – {two}:");
    let mut list = Vec::new();
    for (i, version) in versions.iter().enumerate() {
        let (c, who) = (&version.candidate, writer(version, voice));
        let shown = field::shown(kind, path, &c.value, voice.lang == Lang::Vi);
        text.push_str(&format!("\n  {}. {shown}  ({who})", i + 1));
        list.push(json!({"value": c.value.shown(), "by": who, "shown": c.shown}));
    }
    (text, json!({"field": path, "values": list}))
}

/// The rows in which something was written differently, with their kinds.
fn rows(here: &dyn Workplace) -> Result<Vec<(Row, &'static Kind)>, Fail> {
    let rows = home::conflicts(here)?.into_iter();
    let with_kind = rows.filter_map(|row| kind::by_number(row.kind).map(|kind| (row, kind)));
    Ok(with_kind.collect())
}

pub(super) fn list(desk: &Desk, voice: Voice) -> Done {
    desk.must_read(&MEMBER, voice)?;
    let mut lines = Vec::new();
    let mut list = Vec::new();
    for (row, kind) in rows(desk.here())? {
        // A meeting is told from the branch's other meetings by its own id.
        let id = match kind.key {
            Key::Single => row.place.short(),
            Key::Natural | Key::Random => row.doc.short(),
        };
        lines.push(format!("{id}  {}", row.title));
        for conflict in desk.here().conflicts(row.doc)? {
            let versions = conflict.values.into_iter();
            let versions = versions.map(|candidate| record::version(desk.here(), candidate));
            let versions: Vec<Version> = versions.collect::<Result<_, _>>()?;
            let (text, mut json) = told(kind, &conflict.path, &versions, voice);
            lines.push(text);
            json["place"] = json!(row.place);
            json["doc"] = json!(row.doc);
            json["title"] = json!(row.title);
            list.push(json);
        }
    }
    let none = voice.say(
        "Không có ô nào ghi khác nhau.",
        "No field has two versions.",
    );
    if lines.is_empty() {
        lines.push(none.to_owned());
    }
    voice.tell(&json!({"two_versions": list}), &lines.join("\n"));
    Ok(true)
}

/// The open conflict of this path in a place's record, or in one of its meetings; and the place.
fn open_conflict(
    here: &dyn Workplace,
    id: &str,
    path: &str,
    voice: Voice,
) -> Result<(PlaceId, Target, Conflict), Fail> {
    let rows = rows(here)?;
    let digits = id.trim().to_lowercase();
    let is_id = digits.len() >= 4 && digits.chars().all(|c| c.is_ascii_hexdigit());
    let is_named = |row: &Row| is_id && row.doc.to_string().starts_with(&digits);
    let mut there: Vec<_> = rows.iter().filter(|(row, _)| is_named(row)).collect();
    if there.is_empty() {
        let (place, _) = place_of(here, id, voice)?;
        there.extend(rows.iter().filter(|(row, _)| row.place == place));
    }
    let mut found = Vec::new();
    for (row, kind) in there {
        let mut open = here.conflicts(row.doc)?.into_iter();
        if let Some(conflict) = open.find(|c| c.path == path) {
            let target = Target {
                scope: row.scope,
                kind,
                doc: row.doc,
            };
            found.push((row, target, conflict));
        }
    }
    if found.len() > 1 {
        let several = voice.say(
            "có nhiều nơi như vậy, hãy chọn một",
            "several fit, choose one",
        );
        let list = found.iter();
        let list: Vec<String> = list
            .map(|(row, t, _)| format!("{} ({})", row.title, t.doc.short()))
            .collect();
        return Err(Fail::Words(format!("{several}: {}", list.join(", "))));
    }
    let (row, target, conflict) = found.pop().ok_or_else(|| {
        let why = voice.say("ô này không có hai bản", "this field has no two versions");
        Fail::Words(format!("{path}: {why}"))
    })?;
    Ok((row.place, target, conflict))
}

pub(super) fn resolve(args: &ResolveArgs, by: Option<&By>, desk: &mut Desk, voice: Voice) -> Done {
    let path = &args.field;
    let (place, target, conflict) = open_conflict(desk.here(), &args.id, path, voice)?;
    let kind = target.kind;
    let chosen = match args.value.parse::<usize>() {
        Ok(n) if (1..=conflict.values.len()).contains(&n) => conflict.values[n - 1].value.clone(),
        _ => field::parse(kind, path, &args.value).map_err(Fail::Field)?,
    };
    let shown = field::shown(kind, path, &chosen, voice.lang == Lang::Vi);
    let edits = Values::from([(path.to_owned(), chosen)]);
    must_say_who(desk, by, (target, place), &edits, voice)?;
    let outcome = desk.edit(target, &edits)?;
    let warned = voice.warn(kind, &outcome.warnings);
    voice.tell(
        &json!({"field": path, "value": shown, "warnings": warned}),
        &format!("{path}: {shown}"),
    );
    Ok(true)
}
