//! The node's first page: its branches and their members, in the order of rolls. Read only.
//!
//! Plain HTML without scripts; everything that people wrote is escaped.

use crate::edge::{SystemChance, now};
use crate::intake::OfficeNode;
use crate::sealed::{self, Checked};
use crate::words;
use chibo_core::author::EditError;
use chibo_core::date::Day;
use chibo_core::document::Value;
use chibo_core::domain::look::Look;
use chibo_core::domain::member::MEMBER;
use chibo_core::domain::unit::UNIT;
use chibo_core::id::PlaceId;
use chibo_core::place::PlaceKind;
use chibo_core::roll;
use chibo_core::store::StoreError;
use chibo_core::store::sqlite::Find;
use chibo_core::text::RollOrder;
use chibo_device::lists::recorded;
use chibo_device::paper::escape;
use std::collections::BTreeMap;
use std::fmt::Write;

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:0 1rem;\
color:#1c1c1c;background:#fff}h1{font-size:1.4rem;border-bottom:2px solid #a31515;padding:.5rem 0}\
.sum{color:#444}details{border-bottom:1px solid #ddd}summary{padding:.7rem 0;cursor:pointer;font-weight:600}\
summary span{font-weight:400;color:#555}ol{margin:0 0 1rem;padding-left:2.2rem}li{padding:.15rem 0}\
.note{color:#555;font-size:.9rem}.two{color:#a31515;font-size:.9rem}@media(prefers-color-scheme:dark){\
body{background:#161616;color:#eee}.sum,.note,summary span{color:#aaa}details{border-color:#333}}";

/// The page. That the list was opened is noted first, once a day.
///
/// # Errors
/// The store's; and where it cannot be noted nothing is shown.
pub fn register(node: &mut OfficeNode) -> Result<String, EditError> {
    let root = node.root();
    node.note_look(root, Look::Opened, now(), &mut SystemChance)?;
    Ok(page(node)?)
}

fn page(node: &OfficeNode) -> Result<String, StoreError> {
    let units = node.store().find(&Find {
        kind: Some(UNIT.number),
        ..Find::default()
    })?;
    let names: BTreeMap<PlaceId, String> = units.into_iter().map(|u| (u.place, u.title)).collect();
    let records = node.store().find(&Find {
        kind: Some(MEMBER.number),
        ..Find::default()
    })?;
    let conflicts: BTreeMap<PlaceId, u32> = records
        .iter()
        .map(|row| (row.place, row.conflicts))
        .collect();
    // Names and statuses as they stand today; without a clock, as the record has them.
    let on = now().day_in_vietnam().or_else(|| Day::from_number(0));
    let recorded = recorded(node.store(), node.tree(), None)?;
    let lines = match (on, RollOrder::vietnamese()) {
        (Some(on), Some(order)) => roll::roll(&recorded, on, &order),
        _ => Vec::new(),
    };
    let total = roll::counts(&lines).members;
    let mut members: BTreeMap<PlaceId, Vec<(String, String, u32)>> = BTreeMap::new();
    for line in lines.iter().filter(|l| l.belongs) {
        let born = line
            .record
            .get("born")
            .map(Value::shown)
            .unwrap_or_default();
        let conflicts = conflicts.get(&line.member).copied().unwrap_or(0);
        if let Some(branch) = node.tree().get(line.member).and_then(|p| p.parent) {
            let of = members.entry(branch).or_default();
            of.push((line.name.clone(), born, conflicts));
        }
    }
    let name = |place: PlaceId| names.get(&place).map_or("(chưa có tên)", String::as_str);
    let mut branches: Vec<PlaceId> = node
        .tree()
        .iter()
        .filter(|(_, p)| p.kind == PlaceKind::Branch)
        .map(|(id, _)| id)
        .collect();
    branches.sort_by_key(|b| (natural(name(*b)), *b));

    let title = escape(name(node.root()));
    let mut html = format!(
        "<!doctype html><html lang=\"vi\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title}</title><style>{STYLE}</style></head><body><h1>{title}</h1>\
         <p class=\"sum\">{} chi bộ, {total} đảng viên<br>\
         <span class=\"note\" lang=\"en\">{} branches, {total} members</span></p>",
        branches.len(),
        branches.len(),
    );
    let checked = sealed::last_checked(&sealed::folder_of(node.store().path()));
    // Writing to a string cannot fail.
    let _ = match checked {
        Some(Checked { time, position }) => write!(
            html,
            "<p class=\"note\">Bản sao lưu được kiểm tra lần cuối: {day}; từ đó sổ có thêm {since} dòng<br>\
             <span lang=\"en\">A backup was last checked on {day}; the log has {since} entries since</span></p>",
            day = words::day(time),
            since = node.position()?.n.saturating_sub(position.n)
        ),
        None => write!(
            html,
            "<p class=\"two\">Chưa có bản sao lưu nào được kiểm tra.<br>\
             <span lang=\"en\">No backup was ever checked.</span></p>"
        ),
    };
    if branches.is_empty() {
        html.push_str(
            "<p>Chưa có chi bộ nào. Nhập danh sách bằng <code>chibo import</code>.<br>\
             <span class=\"note\" lang=\"en\">No branch yet. Bring in a roster with <code>chibo import</code>.</span></p>",
        );
    }
    for branch in branches {
        let list = members.get(&branch).map_or(&[][..], Vec::as_slice);
        // Writing to a string cannot fail.
        let _ = write!(
            html,
            "<details><summary>{} <span>· {} đảng viên</span></summary><ol>",
            escape(name(branch)),
            list.len()
        );
        for (name, born, conflicts) in list {
            let _ = write!(html, "<li>{}", escape(name));
            if !born.is_empty() {
                let _ = write!(
                    html,
                    " <span class=\"note\">{}</span>",
                    escape(&shown(born))
                );
            }
            if *conflicts > 0 {
                html.push_str(" <span class=\"two\">hai nơi ghi khác nhau</span>");
            }
            html.push_str("</li>");
        }
        html.push_str("</ol></details>");
    }
    html.push_str("</body></html>");
    Ok(html)
}

fn shown(date: &str) -> String {
    chibo_core::date::PartialDate::parse(date).map_or_else(|_| date.to_owned(), |d| d.shown())
}

/// Orders `Xóm 2` before `Xóm 10`: runs of digits count as numbers.
pub fn natural(text: &str) -> Vec<(String, u64)> {
    let folded = chibo_core::text::fold(text);
    let mut parts = Vec::new();
    let (mut words, mut digits) = (String::new(), String::new());
    for c in folded.chars().chain(Some(' ')) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if !digits.is_empty() {
            parts.push((
                std::mem::take(&mut words),
                digits.parse().unwrap_or(u64::MAX),
            ));
            digits.clear();
        }
        words.push(c);
    }
    parts.push((words, 0));
    parts
}
