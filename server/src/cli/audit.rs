//! `chibo audit`: who opened, printed or exported a record, by who wrote that they did; on the node, and on the device of
//! whoever reads the lane (an auditor, the member themself).

use super::kept::Kept;
use super::node::find_place;
use super::{Done, Folder, Voice};
use crate::words;
use chibo_core::domain::look::{LIST_LOOK, LOOK, LOOKS, PLACEMENT_LOOK};
use chibo_core::id::PlaceId;
use chibo_core::own_data::{self, Looked};
use chibo_core::place::Role;
use chibo_core::store::Store;
use chibo_core::store::sqlite::Find;
use clap::Args;
use serde_json::json;
use std::collections::BTreeMap;

#[derive(Debug, Args)]
pub(crate) struct Audit {
    #[command(flatten)]
    pub(super) data: Folder,
    /// Chỉ người hoặc nơi này / Only this person or unit (id or name).
    #[arg(long = "of", value_name = "PLACE")]
    of: Option<String>,
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
    let mut lines: Vec<Looked> = Vec::new();
    for row in &rows {
        let log = [&LOOK, &LIST_LOOK, &PLACEMENT_LOOK].into_iter();
        let Some(kind) = log.into_iter().find(|k| k.number == row.kind) else {
            continue;
        };
        // What is noted at a stay elsewhere is about the member whose stay it is.
        let is_of = |of: PlaceId| row.place == of || kept.tree().member_of(row.place) == Some(of);
        if of.is_none_or(is_of) {
            lines.extend(store.read(|tx| own_data::looks_of(tx, row.doc, kind, row.place))?);
        }
    }
    let at = |place: PlaceId| {
        let member = kept.tree().member_of(place).unwrap_or(place).to_string();
        names
            .get(&member)
            .map_or(member.clone(), |name| (*name).to_owned())
    };
    lines.sort_by(|a, b| b.on.cmp(&a.on).then_with(|| at(a.place).cmp(&at(b.place))));
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
            at(l.place),
            person.map_or(String::new(), |p| format!(" ({p})"))
        ));
        told.push(
            json!({"on": l.on, "at": at(l.place), "what": l.what, "role": l.role,
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
