//! What can be recorded: the kinds with their fields and code lists, so that forms, lists and histories are drawn from
//! them and a later kind needs no new screen.

use chibo_core::kind::{self, Code, Field, FieldType, KINDS, Kind, Label};
use chibo_core::whose;
use chibo_device::words::Both;

/// A text in the two languages of the screens.
#[derive(Debug, Clone, Default, PartialEq, Eq, uniffi::Record)]
pub struct Text {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

impl From<Label> for Text {
    fn from(label: Label) -> Self {
        Text {
            vi: label.vi.into(),
            en: label.en.into(),
        }
    }
}

impl From<Both> for Text {
    fn from(both: Both) -> Self {
        Text {
            vi: both.vi,
            en: both.en,
        }
    }
}

/// One value of a code list: what is stored and what people read.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CodeInfo {
    /// What is stored, and may be typed.
    pub code: String,
    /// What people read.
    pub label: Text,
}

/// What a field holds, and so how it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum ValueType {
    /// A name.
    Name,
    /// One line.
    Line,
    /// Sentences.
    Prose,
    /// A date, or only a month or a year.
    Date,
    /// One of `codes`.
    Code,
    /// A whole number.
    Count,
    /// Yes or no.
    YesNo,
    /// For each of several people one of `codes`; the path of each is `field/<place id>`.
    Marks,
    /// Small records with the fields `cells`; the path of each value is `field/<entry id>/<name>`.
    Entries,
}

/// When a field counts as missing (*còn thiếu*). Missing never blocks saving.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Needed {
    /// Whenever it is empty.
    Always,
    /// When it is empty for an official member.
    IfOfficial,
    /// Never.
    Never,
}

/// One field of a kind.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct FieldInfo {
    /// Its name, which is its path as well.
    pub name: String,
    /// What people read beside it.
    pub label: Text,
    /// What it holds.
    pub holds: ValueType,
    /// The codes that it takes; empty: any text of its type.
    pub codes: Vec<CodeInfo>,
    /// The fields of its entries; empty, where it has none.
    pub cells: Vec<FieldInfo>,
    /// When it counts as missing.
    pub needed: Needed,
}

/// A kind of document.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct KindInfo {
    /// Its name in calls.
    pub name: String,
    /// What people read.
    pub label: Text,
    /// The field that names a document in lists.
    pub title: String,
    /// Its fields, in the order of the paper form.
    pub fields: Vec<FieldInfo>,
    /// Whether it is a case: something is under way in it, and acts lead it on.
    pub is_case: bool,
    /// Whether what stands is never changed, only added to.
    pub append_only: bool,
    /// Whether a place has one of it; else there are as many as people make.
    pub single: bool,
    /// Whether it keeps beside each value whose words it is ([`Chibo::edit_for`](crate::Chibo::edit_for)).
    pub keeps_words: bool,
}

fn codes(list: &[Code]) -> Vec<CodeInfo> {
    let all = list.iter().map(|c| CodeInfo {
        code: c.code.into(),
        label: c.label.into(),
    });
    all.collect()
}

fn field(f: &Field) -> FieldInfo {
    let (holds, codes, cells) = match f.kind {
        FieldType::Name => (ValueType::Name, Vec::new(), Vec::new()),
        FieldType::Line => (ValueType::Line, Vec::new(), Vec::new()),
        FieldType::Prose => (ValueType::Prose, Vec::new(), Vec::new()),
        FieldType::Date => (ValueType::Date, Vec::new(), Vec::new()),
        FieldType::Code(list) => (ValueType::Code, codes(list), Vec::new()),
        FieldType::Count => (ValueType::Count, Vec::new(), Vec::new()),
        FieldType::YesNo => (ValueType::YesNo, Vec::new(), Vec::new()),
        FieldType::Marks(list) => (ValueType::Marks, codes(list), Vec::new()),
        FieldType::Entries(cells) => {
            let cells = cells.iter().map(field).collect();
            (ValueType::Entries, Vec::new(), cells)
        }
    };
    FieldInfo {
        name: f.name.into(),
        label: f.label.into(),
        holds,
        codes,
        cells,
        needed: match f.needed {
            kind::Needed::Always => Needed::Always,
            kind::Needed::IfOfficial => Needed::IfOfficial,
            kind::Needed::No => Needed::Never,
        },
    }
}

fn info(k: &Kind) -> KindInfo {
    KindInfo {
        name: k.name.into(),
        label: k.label.into(),
        title: k.title.into(),
        fields: k.form().map(field).collect(),
        is_case: k.case.is_some(),
        append_only: k.append_only,
        single: k.key == kind::Key::Single,
        keeps_words: k.field(whose::WORDS).is_some(),
    }
}

/// Every kind that this build knows.
#[uniffi::export]
pub fn kinds() -> Vec<KindInfo> {
    KINDS.iter().map(|k| info(k)).collect()
}
