//! How long what is recorded about a person is kept (*thời hạn lưu*), as the person is told on the page of their own data:
//! until which day, or for how long after they leave, by which rule, and whether that rule was verified.
//!
//! Does not know: the clock; nothing is forgotten by itself ([`chibo_core::retention`]).

use crate::lists::ListError;
use crate::words::Lang;
use chibo_core::date::Day;
use chibo_core::domain::decision::DECISION;
use chibo_core::domain::member::MEMBER;
use chibo_core::id::DocId;
use chibo_core::kind;
use chibo_core::own_data::OwnData;
use chibo_core::register;
use chibo_core::regulation::Regulations;
use chibo_core::replica;
use chibo_core::retention::{self, Kept};
use chibo_core::store::sqlite::SqliteStore;
use std::collections::BTreeMap;

/// How long a record is kept, in words.
#[derive(Debug, Clone)]
pub(crate) struct KeptFor {
    /// The first day on which it need not be kept; `None`: not known yet, or for good.
    pub(crate) until: Option<Day>,
    /// By which rule, by name.
    pub(crate) rule: Option<&'static str>,
    vi: String,
    en: String,
}

impl KeptFor {
    fn of(kept: Kept) -> KeptFor {
        let rule = match kept {
            Kept::ForGood => None,
            Kept::Until(_, rule) | Kept::AfterLeaving(rule) => Some(rule),
            Kept::Open(rule) => rule,
        };
        let long = |vi: bool| {
            rule.map_or_else(String::new, |r| {
                let unit = r.amount.unit().label();
                format!("{} {}", r.amount.text(), if vi { unit.vi } else { unit.en })
            })
        };
        let until = match kept {
            Kept::Until(day, _) => Some(day),
            _ => None,
        };
        let (vi, en) = match kept {
            Kept::ForGood => (
                "Giữ lâu dài: việc của tổ chức".to_owned(),
                "Kept for good: it is the unit's".to_owned(),
            ),
            Kept::Until(day, _) => (
                format!("Giữ đến {}", day.shown()),
                format!("Kept until {}", day.shown()),
            ),
            Kept::AfterLeaving(_) => (
                format!("Giữ {} kể từ ngày không còn là đảng viên", long(true)),
                format!("Kept for {} after membership ends", long(false)),
            ),
            Kept::Open(Some(_)) => (
                format!(
                    "Giữ {} kể từ ngày ghi trong bản ghi, ngày này còn thiếu",
                    long(true)
                ),
                format!("Kept for {} from its day, which is missing", long(false)),
            ),
            Kept::Open(None) => (
                "Chưa có quy định giữ đến khi nào".to_owned(),
                "No rule says until when it is kept".to_owned(),
            ),
        };
        let (vi_mark, en_mark) = match rule {
            Some(rule) if !rule.is_verified => ("  [chưa xác minh]", "  [not verified]"),
            _ => ("", ""),
        };
        KeptFor {
            until,
            rule: rule.map(|r| r.key.name()),
            vi: vi + vi_mark,
            en: en + en_mark,
        }
    }

    pub(crate) fn shown(&self, lang: Lang) -> String {
        lang.say(&self.vi, &self.en).to_owned()
    }
}

/// How long each record and contest is kept.
pub(crate) fn kept_for(
    store: &SqliteStore,
    own: &OwnData,
    regulations: &Regulations,
    today: Day,
) -> Result<BTreeMap<DocId, KeptFor>, ListError> {
    let docs = own.records.iter().map(|r| r.doc);
    let mut rows = Vec::new();
    for doc in docs.chain(own.contests.iter().map(|c| c.doc)) {
        let row = store.row(doc)?;
        rows.extend(row.and_then(|row| {
            let kind = kind::by_number(row.kind)?;
            Some((doc, kind, replica::values_of(&row)))
        }));
    }
    let of = |number: u16| {
        rows.iter()
            .filter(move |(_, kind, _)| kind.number == number)
    };
    let record = of(MEMBER.number).next();
    let record = record
        .map(|(.., values)| values.clone())
        .unwrap_or_default();
    let decisions = of(DECISION.number).map(|(doc, _, values)| (*doc, values.clone()));
    let decisions: Vec<_> = decisions.collect();
    let left = retention::left_on(register::status(&record, &decisions, today).as_ref());
    let kept = rows.iter().map(|(doc, kind, values)| {
        let kept = retention::kept(kind, values, left, regulations, today);
        (*doc, KeptFor::of(kept))
    });
    Ok(kept.collect())
}
