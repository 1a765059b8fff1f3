//! What people are warned of while they type, and what is never refused: words that do not belong here, and what is
//! unusual by a rule of the field ([`unusual`]).
//!
//! State secrets, the history of a family, inquiries and complaints never enter this program. Nobody can keep
//! somebody from typing them, so every edit says which of its texts look like that ([`warnings`], in
//! [`crate::author::EditOutcome`]), and a roster says it of each cell. It is a warning and never a refusal: the
//! words are data (`data/cautions.tsv`, with their source), a text is only suspected, and its author decides.
//!
//! Many such words mean something else without their diacritics (*mật* secret, *mất* lost, *mặt* face) or inside
//! another word (*bảo mật*, *mật ong*). So each row says how it is matched ([`How`]). Names are not looked at.
//!
//! Does not know: storage, screens. A warning holds the row's words, never the text that was typed.

use crate::date::PartialDate;
use crate::document::{Value, Values};
use crate::kind::{FieldType, Kind, Label};
use crate::regulation::{Rule, Source};
use crate::text::{fold, nfc, spelling};
use std::sync::OnceLock;

mod unusual;

pub use unusual::{Form, Lasts, Watch, entries, replaced, unusual};

/// What such words are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum About {
    /// What bears a mark of secrecy (*Mật, Tối mật, Tuyệt mật*).
    Secret,
    /// The political history of somebody or of their family (*lịch sử chính trị, lý lịch gia đình*).
    History,
    /// Vetting, inspection, protection of internal politics (*thẩm tra, kiểm tra, bảo vệ chính trị nội bộ*).
    Inquiry,
    /// Complaints and denunciations (*khiếu nại, tố cáo*).
    Complaint,
    /// Plans about people that are not public (*quy hoạch cán bộ*).
    Personnel,
}

impl About {
    /// All of them, with their code in the data.
    const ALL: [(&'static str, About); 5] = [
        ("secret", About::Secret),
        ("history", About::History),
        ("inquiry", About::Inquiry),
        ("complaint", About::Complaint),
        ("personnel", About::Personnel),
    ];

    /// Its code in data and `--json`.
    pub fn code(self) -> &'static str {
        let row = About::ALL.iter().find(|(_, about)| *about == self);
        row.map_or("", |(code, _)| code)
    }

    /// What people are told.
    pub fn label(self) -> Label {
        let (vi, en) = match self {
            About::Secret => (
                "tài liệu có dấu mật không được ghi ở đây; chỉ ghi “xem bản giấy số …”",
                "what is marked secret is not kept here; write “see paper no. …”",
            ),
            About::History => (
                "lịch sử chính trị, lý lịch gia đình chỉ để trong hồ sơ giấy",
                "family and political history stays in the paper dossier",
            ),
            About::Inquiry => (
                "tài liệu thẩm tra, kiểm tra chỉ để trong hồ sơ giấy",
                "vetting and inspection stay in the paper dossier",
            ),
            About::Complaint => (
                "đơn khiếu nại, tố cáo không ghi ở đây; chỉ ghi quyết định có số",
                "complaints are not kept here; only numbered decisions are",
            ),
            About::Personnel => (
                "quy hoạch, phương án nhân sự chưa công bố không ghi ở đây",
                "plans about people that are not public are not kept here",
            ),
        };
        Label { vi, en }
    }
}

/// How a row's words are looked for, always as whole words in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Without diacritics and capitals.
    Folded,
    /// With diacritics, without capitals: what would mean something else without them.
    Spelled,
    /// In capitals, as a stamp says it, with no capitals beside it: `MẬT`, not `NGUYỄN VĂN MẬT`.
    Stamp,
}

/// One row: words and what they are a sign of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caution {
    /// The words, in lower case.
    pub words: String,
    /// How they are looked for.
    pub how: How,
    /// Words after which they mean something else (*mật ong*, honey).
    pub not_before: Vec<String>,
    /// What they are about.
    pub about: About,
    /// By which rule such things do not belong here.
    pub source: Source,
    /// Whether the row was held against a text that names the source in force.
    pub is_verified: bool,
    /// Each word as [`Word`] has it.
    wanted: Vec<Word>,
}

/// That something that was written does not belong here or is unusual. Nothing was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The path of the field.
    pub path: String,
    /// Why.
    pub why: Why,
}

/// Why somebody is warned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// A text has words that do not belong here: the row.
    Words(&'static Caution),
    /// It is not what a rule of the field says: the rule, whose label says what is meant.
    Rule(Rule),
}

impl Why {
    /// Its code in `--json`: what the words are about, or the name of the rule.
    pub fn code(&self) -> &'static str {
        match self {
            Why::Words(caution) => caution.about.code(),
            Why::Rule(rule) => rule.key.name(),
        }
    }

    /// Where it comes from.
    pub fn source(&self) -> &Source {
        match self {
            Why::Words(caution) => &caution.source,
            Why::Rule(rule) => &rule.source,
        }
    }

    /// Whether the row was held against a text that names the source in force.
    pub fn is_verified(&self) -> bool {
        match self {
            Why::Words(caution) => caution.is_verified,
            Why::Rule(rule) => rule.is_verified,
        }
    }
}

/// All rows. A line that is none is left out; tests see that there is none such.
pub fn cautions() -> &'static [Caution] {
    static ROWS: OnceLock<Vec<Caution>> = OnceLock::new();
    ROWS.get_or_init(|| {
        let lines = include_str!("../data/cautions.tsv").lines();
        lines.filter_map(row).collect()
    })
}

fn row(line: &str) -> Option<Caution> {
    let columns: Vec<&str> = line.split('\t').collect();
    let [words, how, not_before, about, source, source_on, verified] = columns[..] else {
        return None;
    };
    Some(Caution {
        words: words.to_owned(),
        how: match how {
            "folded" => How::Folded,
            "spelled" => How::Spelled,
            "stamp" => How::Stamp,
            _ => return None,
        },
        not_before: match not_before {
            "-" => Vec::new(),
            some => some.split(',').map(ToOwned::to_owned).collect(),
        },
        about: About::ALL.iter().find(|(code, _)| *code == about)?.1,
        source: Source {
            number: source.to_owned(),
            on: Some(PartialDate::parse(source_on).ok()?),
            article: String::new(),
        },
        is_verified: verified == "yes",
        wanted: words_of(words),
    })
}

/// What of these values does not belong here: of each text of one line or of many, each row once. Names, dates,
/// numbers and codes are not looked at.
pub fn warnings(kind: &Kind, values: &Values) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for (path, value) in values {
        let Value::Text(text) = value else { continue };
        if is_free_text(kind, path) {
            warnings.extend(in_text(text).into_iter().map(|caution| Warning {
                path: path.clone(),
                why: Why::Words(caution),
            }));
        }
    }
    warnings
}

fn is_free_text(kind: &Kind, path: &str) -> bool {
    let (name, last) = (path.split('/').next(), path.rsplit('/').next());
    let field = name.and_then(|name| kind.field(name));
    let held = match field.map(|f| f.kind) {
        Some(FieldType::Entries(cells)) => {
            let cell = cells.iter().find(|cell| Some(cell.name) == last);
            cell.map(|cell| cell.kind)
        }
        other => other,
    };
    matches!(held, Some(FieldType::Line | FieldType::Prose))
}

/// A word of a text in the three forms in which it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    typed: String,
    spelled: String,
    folded: String,
}

impl Word {
    fn is_in_capitals(&self) -> bool {
        self.typed.chars().any(char::is_uppercase) && !self.typed.chars().any(char::is_lowercase)
    }
}

/// The rows whose words stand in a text, in the order of the data.
pub fn in_text(text: &str) -> Vec<&'static Caution> {
    let words = words_of(text);
    let rows = cautions().iter();
    rows.filter(|row| stands_in(row, &words)).collect()
}

fn words_of(text: &str) -> Vec<Word> {
    nfc(text)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| Word {
            typed: word.to_owned(),
            spelled: spelling(word),
            folded: fold(word),
        })
        .collect()
}

fn stands_in(row: &Caution, text: &[Word]) -> bool {
    let wanted = &row.wanted;
    let is_same = |(typed, wanted): (&Word, &Word)| match row.how {
        How::Folded => typed.folded == wanted.folded,
        How::Spelled | How::Stamp => typed.spelled == wanted.spelled,
    };
    (0..text.len()).any(|at| {
        let Some(found) = text.get(at..at + wanted.len()) else {
            return false;
        };
        if !found.iter().zip(wanted).all(is_same) {
            return false;
        }
        let before = at.checked_sub(1).and_then(|i| text.get(i));
        let after = text.get(at + wanted.len());
        let means_else = after.is_some_and(|w| row.not_before.contains(&w.spelled));
        // Among capitals nothing tells a stamp from a name.
        let stamped = row.how != How::Stamp
            || found.iter().all(Word::is_in_capitals)
                && ![before, after]
                    .into_iter()
                    .flatten()
                    .any(Word::is_in_capitals);
        stamped && !means_else
    })
}
