//! `list`: the documents of a kind in the order of rolls, found by words and narrowed by filters.

use super::desk::{Desk, place_of, today};
use super::shown::Seen;
use super::{Done, Fail, Voice, terms};
use crate::words::{self, Lang};
use chibo_core::document::Value;
use chibo_core::domain::member::MEMBER;
use chibo_core::field;
use chibo_core::kind::{self, Kind};
use chibo_core::text;
use chibo_device::filter::{self, Filter, Narrowed};
use chibo_device::lists::Listed;
use clap::Args;
use serde_json::json;

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// Tìm, không cần dấu / Search, diacritics do not matter.
    #[arg(long)]
    search: Option<String>,
    /// Loại: member, unit, meeting, check_in / The kind.
    #[arg(long, default_value = "member")]
    kind: String,
    /// Lọc, nhiều lần được: away, unclear, differ, unsent, missing, missing:born, status=official, "group=Tổ 1" / Narrows the list, as
    /// often as it is given.
    #[arg(long, value_name = "FILTER")]
    only: Vec<String>,
    /// Lọc tiếp được bằng gì, còn mấy dòng / By what it can be narrowed further, with how many rows each leaves.
    #[arg(long)]
    filters: bool,
    /// Chỉ chi bộ này / Only this branch (id or name).
    #[arg(long)]
    branch: Option<String>,
}

impl ListArgs {
    /// What it shows, for the log of looks.
    pub(super) fn shows(&self) -> Seen<'_> {
        Seen::list(self.branch.as_deref())
    }
}

fn filters(kind: &'static Kind, typed: &[String], voice: Voice) -> Result<Vec<Filter>, Fail> {
    let one = |code: &String| {
        Filter::from_code(kind, code).ok_or_else(|| {
            let why = voice.say(
                "không có bộ lọc này; xem --filters",
                "there is no such filter; see --filters",
            );
            Fail::Words(format!("{code}: {why}"))
        })
    };
    typed.iter().map(one).collect()
}

pub(super) fn run(args: &ListArgs, desk: &Desk, voice: Voice) -> Done {
    let kind = kind::by_name(&args.kind).ok_or_else(|| {
        let all: Vec<&str> = kind::KINDS.iter().map(|k| k.name).collect();
        Fail::Words(format!(
            "{}: {}",
            voice.say("loại là một trong", "a kind is one of"),
            all.join(", ")
        ))
    })?;
    desk.must_read(kind, voice)?;
    let below = match &args.branch {
        Some(named) => Some(desk.tree().subtree(place_of(desk.here(), named, voice)?.0)),
        None => None,
    };
    let words = args.search.as_deref().map(text::search_terms);
    let words = words.unwrap_or_default();
    let only = filters(kind, &args.only, voice)?;
    let what = Narrowed {
        kind,
        places: below.as_deref(),
        words: &words,
        only: &only,
        skip: 0,
        limit: 0,
    };
    match args.filters {
        true => narrowings(&what, desk, voice),
        false => rows(&what, desk, voice),
    }
}

fn narrowings(what: &Narrowed, desk: &Desk, voice: Voice) -> Done {
    let left = filter::narrowings(desk.store(), desk.tree(), what, today(voice)?);
    let mut told = Vec::new();
    for (filter, rows) in left.map_err(|e| terms::unlisted(e, voice))? {
        let label = words::filter(voice.lang, &filter);
        voice.line(&format!("{}  {label}: {rows}", filter.code()));
        told.push(json!({"filter": filter.code(), "label": label, "rows": rows}));
    }
    let none = voice.say("(không lọc thêm được)", "(nothing narrows it further)");
    let text = if told.is_empty() { none } else { "" };
    voice.tell(&json!({"filters": told}), text);
    Ok(true)
}

fn rows(what: &Narrowed, desk: &Desk, voice: Voice) -> Done {
    let found = filter::rows(desk.store(), desk.tree(), what, today(voice)?);
    let mut lines = Vec::new();
    let mut list = Vec::new();
    for Listed { row, status } in found.map_err(|e| terms::unlisted(e, voice))? {
        let mut marks = String::new();
        if let Some(status) = status.as_deref().filter(|s| *s != "official") {
            let shown = Value::Text(status.to_owned());
            let shown = field::shown(&MEMBER, "status", &shown, voice.lang == Lang::Vi);
            marks.push_str(&format!("  [{shown}]"));
        }
        if row.conflicts > 0 {
            marks.push_str(&format!(
                "  [{}]",
                voice.say("hai nơi ghi khác nhau", "two versions")
            ));
        }
        if row.pending {
            marks.push_str(&format!("  [{}]", voice.say("chưa gửi", "not sent")));
        }
        lines.push(format!("{}  {}{marks}", row.place.short(), row.title));
        list.push(
            json!({"place": row.place, "doc": row.doc, "title": row.title, "status": status,
                         "conflicts": row.conflicts, "pending": row.pending}),
        );
    }
    if lines.is_empty() {
        lines.push(voice.say("(chưa có gì)", "(nothing yet)").to_owned());
    }
    voice.tell(&json!({"rows": list}), &lines.join("\n"));
    Ok(true)
}
