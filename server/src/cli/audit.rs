//! `chibo audit`: who opened, printed or exported a record, as it was noted; on the node, and on the device of
//! whoever reads the lane (an auditor, the member themself).

use super::kept::Kept;
use super::node::find_place;
use super::{Done, Fail, Folder, Voice};
use crate::words;
use chibo_core::domain::look::{LIST_LOOK, LOOK, LOOKS};
use chibo_core::place::Role;
use chibo_core::store::sqlite::Find;
use clap::Args;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[command(flatten)]
    pub(super) data: Folder,
    /// Chỉ người hoặc nơi này / Only this person or unit (id or name).
    #[arg(long = "of", value_name = "PLACE")]
    of: Option<String>,
}

/// One look, as it is told.
struct Line {
    on: String,
    at: String,
    what: String,
    role: String,
    person: String,
    mandate: String,
}

pub(crate) fn audit(args: &Audit, kept: &Kept, voice: Voice) -> Done {
    let store = kept.store();
    let of = match &args.of {
        Some(wanted) => Some(find_place(store, kept.tree(), wanted, voice)?),
        None => None,
    };
    let rows = store.find(&Find::default())?;
    let names: BTreeMap<String, &str> = (rows.iter())
        .filter(|r| r.kind <= 2)
        .map(|r| (r.place.to_string(), r.title.as_str()))
        .collect();
    let mut lines = Vec::new();
    for row in &rows {
        let looks = [LOOK.number, LIST_LOOK.number].contains(&row.kind);
        if !looks || of.is_some_and(|place| place != row.place) {
            continue;
        }
        let at = row.place.to_string();
        let at = names.get(&at).map_or(at.as_str(), |name| name).to_owned();
        lines.extend(entries(&row.json, &at)?);
    }
    lines.sort_by(|a, b| b.on.cmp(&a.on).then_with(|| a.at.cmp(&b.at)));
    let mut told = Vec::new();
    for l in &lines {
        let person = names.get(&l.person).copied();
        let role = Role::from_name(&l.role).map_or(l.role.as_str(), |r| words::role(voice.lang, r));
        let what = LOOKS.iter().find(|c| c.code == l.what);
        let what = what.map_or(l.what.as_str(), |c| words::label(voice.lang, c.label));
        let mandate = match l.mandate.as_str() {
            "" => String::new(),
            number => format!("; {} {number}", voice.say("theo", "by")),
        };
        voice.line(&format!(
            "{}  {}  {what}  {role}{}{mandate}",
            l.on,
            l.at,
            person.map_or(String::new(), |p| format!(" ({p})"))
        ));
        told.push(
            json!({"on": l.on, "at": l.at, "what": l.what, "role": l.role,
                         "person": l.person, "name": person, "mandate": l.mandate}),
        );
    }
    voice.tell(
        &json!({"looks": told}),
        match lines.is_empty() {
            true => voice.say("Chưa có lần xem nào được ghi.", "No look was noted."),
            false => "",
        },
    );
    Ok(true)
}

/// The looks in one document's values, by path: `looks/<id>/<name>`.
fn entries(values: &str, at: &str) -> Result<Vec<Line>, Fail> {
    let values: BTreeMap<String, Value> =
        serde_json::from_str(values).map_err(|e| Fail::Words(e.to_string()))?;
    let text = |id: &str, name: &str| {
        let value = values.get(&format!("looks/{id}/{name}"));
        value.and_then(Value::as_str).unwrap_or("").to_owned()
    };
    let ids = values.keys().filter_map(|path| {
        let (id, name) = path.strip_prefix("looks/")?.split_once('/')?;
        (name == "on").then_some(id)
    });
    Ok(ids
        .map(|id| Line {
            on: text(id, "on"),
            at: at.to_owned(),
            what: text(id, "what"),
            role: text(id, "role"),
            person: text(id, "person"),
            mandate: text(id, "mandate"),
        })
        .collect())
}
