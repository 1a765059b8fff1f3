//! What stands in the sheets of what was decided: papers with a number, and discipline, in words.
//!
//! Does not know: storage, who reads it.

use super::rows::alike;
use super::{Part, Row, Sheet, Weight};
use crate::decisions::{Paper, Replaced};
use crate::discipline::{Measure, Measures, Said};
use crate::record;
use crate::words::{Both, field_label};
use chibo_core::date::PartialDate;
use chibo_core::document::Value;
use chibo_core::domain::decision;
use chibo_core::domain::member::{DISCIPLINE_FORMS, MEMBER};
use chibo_core::id::{DocId, PlaceId};
use chibo_core::register;
use std::collections::BTreeMap;

// ---- decisions ------------------------------------------------------------------------------

fn paper(paper: &Paper, names: &BTreeMap<PlaceId, String>) -> Row {
    let read = |name: &str| match paper.values.get(name) {
        Some(value) => {
            let (vi, en) = record::read(paper.kind, name, value);
            Both::new(vi, en)
        }
        None => Both::default(),
    };
    let form = match &paper.values {
        values if register::is_letter(values) => Both::new("Giấy giới thiệu", "Transfer letter"),
        values if values.contains_key("post") => {
            let (form, post) = (read("form"), read("post"));
            Both::new(
                format!("{}: {}", form.vi, post.vi),
                format!("{}: {}", form.en, post.en),
            )
        }
        _ => read("form"),
    };
    let name = names.get(&paper.place).map_or("", String::as_str);
    let row = Row::of(
        paper.place,
        name,
        vec![alike(paper.number()), read("issued_on"), form],
    );
    let row = Row {
        at: Some(paper.target),
        is_there: true,
        ..row
    };
    let (is_cancelled, is_complete) = (
        decision::is_cancelled(&paper.values),
        decision::is_complete(&paper.values),
    );
    match (is_cancelled, is_complete, paper.is_seen()) {
        (true, ..) => row.marked(
            Both::new("hủy do ghi nhầm", "cancelled as mistyped"),
            Weight::Known,
        ),
        (_, false, _) => row.marked(
            Both::new(
                "chưa có hiệu lực: thiếu loại, số hoặc ngày",
                "without effect: form, number or date is missing",
            ),
            Weight::Open,
        ),
        (.., false) => row.marked(
            Both::new("chưa xem bản gốc", "original not seen"),
            Weight::Open,
        ),
        _ => row,
    }
}

/// What somebody replaced in a record, with what stood there.
fn replaced(one: &Replaced, names: &BTreeMap<PlaceId, String>) -> Row {
    let name = names.get(&one.place).map_or("", String::as_str);
    let (label, before) = (field_label(&MEMBER, one.what.field), &one.what.before);
    let (vi, en) = record::read(&MEMBER, one.what.field, &Value::Text(before.clone()));
    let what = Both::new(
        format!("{}, trước là {vi}", label.vi),
        format!("{}, before: {en}", label.en),
    );
    let row = Row::of(one.place, name, vec![alike(""), alike(""), what]);
    let row = Row {
        at: Some(one.target),
        is_there: true,
        ..row
    };
    row.marked(
        Both::new(
            "chưa có quyết định hay lý do",
            "no decision and no reason yet",
        ),
        Weight::Open,
    )
}

/// Papers with a number, the last first, what is doubtful among them, and what was changed without one.
pub fn decisions(
    papers: &[Paper],
    changed: &[Replaced],
    names: &BTreeMap<PlaceId, String>,
) -> Sheet {
    let mut rows: Vec<_> = papers.iter().map(|p| (p, paper(p, names))).collect();
    let on = |p: &Paper| p.values.get("issued_on").map(Value::shown);
    rows.sort_by(|(a, _), (b, _)| {
        on(b)
            .cmp(&on(a))
            .then_with(|| a.target.doc.cmp(&b.target.doc))
    });
    let doubts = crate::decisions::doubts(papers);
    let number = |doc: &DocId| {
        let of = papers.iter().find(|p| p.target.doc == *doc);
        of.map(Paper::number).unwrap_or_default()
    };
    let mut said = Vec::new();
    for same in &doubts.doubled {
        let (number, n) = (same.first().map(number).unwrap_or_default(), same.len());
        said.push(Both::new(
            format!("Trùng số {number}: {n} tờ"),
            format!("The number {number} is there {n} times"),
        ));
    }
    for gap in &doubts.missing {
        let numbers: Vec<String> = gap.numbers.iter().map(ToString::to_string).collect();
        let (series, numbers) = (&gap.said, numbers.join(", "));
        let more = match gap.more {
            0 => Both::default(),
            n => Both::new(format!(" … và {n} số nữa"), format!(" … and {n} more")),
        };
        said.push(Both::new(
            format!("Thiếu số ({series}): {numbers}{}", more.vi),
            format!("Missing numbers ({series}): {numbers}{}", more.en),
        ));
    }
    if papers.is_empty() {
        said.push(Both::new("Chưa có quyết định nào.", "No decision yet."));
    }
    Sheet {
        columns: vec![
            Both::new("Số", "Number"),
            Both::new("Ngày", "Date"),
            Both::new("Loại", "Form"),
        ],
        parts: vec![
            Part::of(
                Both::default(),
                rows.into_iter().map(|(_, row)| row).collect(),
            ),
            Part::of(
                Both::new(
                    "Họ tên, ngày sinh đã sửa trong lý lịch trích ngang",
                    "Names and birth dates replaced in the record",
                ),
                changed.iter().map(|one| replaced(one, names)).collect(),
            ),
        ],
        said,
    }
}

// ---- discipline -----------------------------------------------------------------------------

fn measure(m: &Measure, names: &BTreeMap<PlaceId, String>) -> Row {
    let form = DISCIPLINE_FORMS.iter().find(|c| c.code == m.form);
    let form = form.map_or_else(|| alike(&m.form), |c| c.label.into());
    let on = m.on.map(PartialDate::shown).unwrap_or_default();
    let name = names.get(&m.member).map_or("", String::as_str);
    let cells = vec![form, alike(&m.number), alike(on), alike(&m.body)];
    let row = Row::of(m.member, name, cells);
    match m.at {
        Said::Decision(at) => Row {
            at: Some(at),
            is_there: true,
            ..row
        },
        Said::Paper(_) => {
            let taken = Both::new(
                "theo sổ giấy, chưa có tờ quyết định",
                "from the paper register",
            );
            row.marked(taken, Weight::Known)
        }
    }
}

/// Measures of discipline, the last first.
pub fn discipline(all: &Measures, names: &BTreeMap<PlaceId, String>) -> Sheet {
    let mut said = Vec::new();
    if all.all.is_empty() {
        said.push(Both::new(
            "Không có quyết định kỷ luật.",
            "No disciplinary decision.",
        ));
    }
    if all.drafts > 0 {
        let n = all.drafts;
        said.push(Both::new(
            format!("{n} bản ghi chưa có số, ngày: không tính là quyết định."),
            format!("{n} records without number or date, which are no decisions."),
        ));
    }
    Sheet {
        columns: vec![
            Both::new("Hình thức", "Measure"),
            Both::new("Số", "Number"),
            Both::new("Ngày", "Date"),
            Both::new("Cấp ra quyết định", "Decided by"),
        ],
        parts: vec![Part::of(
            Both::default(),
            all.all.iter().map(|m| measure(m, names)).collect(),
        )],
        said,
    }
}
