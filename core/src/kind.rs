//! Document kinds: the one list of what Chibo can record.
//!
//! A kind says where its documents live (the lane of a place), how their id is made, who reads, writes
//! and decides them, and which fields they have, with labels in both languages. Screens, import, export, search
//! and the access checks read this description; a new kind is one file in [`crate::domain`] and one
//! line in [`KINDS`].
//!
//! How a field lies in the Automerge document (format): single values are scalars under their name
//! at the root; prose is a `Text`; marks and entries are maps with flat keys. All containers are
//! made by the kind's genesis change, so two devices that create the same document share them.
//!
//! Does not know: who is asking ([`crate::access`]), how documents are stored.

use crate::access::Right;
use crate::case::Case;
use crate::caution::Watch;
use crate::deadline::DeadlineRule;
use crate::document::{Value, Values};
use crate::domain::decision::UNIT_ID;
use crate::place::{Edge, Lane, PlaceKind, Role};

/// A text in the two languages of the screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Label {
    /// Vietnamese.
    pub vi: &'static str,
    /// English.
    pub en: &'static str,
}

/// One value of a code list: what is stored and what people read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The stored code: short, lower case, never changed.
    pub code: &'static str,
    /// What is shown.
    pub label: Label,
    /// Other spellings that rosters use, already folded ([`crate::text::fold`]).
    pub spellings: &'static [&'static str],
}

/// What a field holds, which also decides how two edits of it merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    /// A person's or unit's name: NFC, one value, conflicts kept.
    Name,
    /// A short text on one line: one value, conflicts kept.
    Line,
    /// Text that people write in sentences: merges as text.
    Prose,
    /// A date, possibly only a month or a year ([`crate::date::PartialDate`]): one value.
    Date,
    /// One of a list: one value, conflicts kept.
    Code(&'static [Code]),
    /// A whole number: one value, conflicts kept.
    Count,
    /// Yes or no: one value, conflicts kept.
    YesNo,
    /// For each of several people one of a list, as in attendance. Path: `field/<place id>`.
    Marks(&'static [Code]),
    /// A list of small records. Path: `field/<entry id>/<name>`; every value a scalar.
    Entries(&'static [Field]),
}

/// When a field counts as missing (còn thiếu). Missing never blocks saving.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needed {
    /// Missing whenever empty.
    Always,
    /// Missing when empty for an official member (*đảng viên chính thức*).
    IfOfficial,
    /// Never missing.
    No,
}

/// One field of a kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Name in code, documents and commands: never changed.
    pub name: &'static str,
    /// What people read beside it.
    pub label: Label,
    /// What it holds.
    pub kind: FieldType,
    /// When it counts as missing.
    pub needed: Needed,
    /// Other spellings of the column header in rosters, already folded.
    pub headers: &'static [&'static str],
    /// Whether members are counted by its values ([`crate::roll::figures`]): a code, yes and no, or a line with groups.
    pub counted: bool,
    /// Of a line, the groups by which it is counted: its words are looked up in them ([`crate::field::group`]).
    pub groups: &'static [Code],
    /// Of a line, the list of the member's unit in which its values are named; another name is taken, and told apart.
    pub named: Option<Named>,
    /// Where its earlier values are kept when somebody writes another; `None`: only in the history of its document.
    pub earlier: Option<Earlier>,
    /// Whether what it says is decided: then nobody writes it about themself ([`crate::decided`]).
    pub decided: Decided,
}

/// Whether what a field says is decided by whoever is competent, and only recorded here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decided {
    /// It is no decision: whoever writes the record knows it, or was told.
    Never,
    /// It follows from a decision, whenever it is written.
    Always,
    /// What is written first is a beginning; what stands changes by decision once this field is filled.
    Once(&'static str),
}

/// A list of small records of a unit, whose names stand in a field of its members. By name and not by an id: it can be typed
/// where the unit's document is not at hand, and stands in rosters as people write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Named {
    /// The field of the unit.
    pub entries: &'static str,
    /// The cell with the name.
    pub name: &'static str,
    /// The cell with the last day, after which nobody is named by it.
    pub to: &'static str,
}

/// How a field that holds one value keeps those before it: a list of what stood, each with the day from which it did.
/// It is filled in by [`crate::author::edit`], and read by the register for the days of before ([`crate::register`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earlier {
    /// What stands beside the value.
    pub beside: Beside,
    /// The field with the entries, in the order of their ids: the value under the field's own name, the day under
    /// [`SINCE`].
    pub entries: &'static str,
}

/// What stands beside a value whose earlier ones are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beside {
    /// This field, with the day from which the value stands. It belongs to the value: who writes another value without a
    /// day leaves it empty.
    Since(&'static str),
    /// Nothing: the value does not end, somebody was wrong about it or a decision changed it. It is kept once this field
    /// is filled, also when nothing is written in its stead; not where the new one is the same in other letters, or a
    /// date of which more is known.
    Once(&'static str),
}

/// The cell of an entry of earlier values with the day from which it stood ([`Earlier`]).
pub const SINCE: &str = "since";

impl Kind {
    /// Whether a document is one person's statement as a whole: what others say of the same is a document of their own.
    pub fn is_one_statement(&self) -> bool {
        let is_shared = self.fields.iter().any(Field::is_signed);
        self.append_only && (self.key == Key::Random || !is_shared)
    }
}

impl Field {
    /// Whether its entries are signed by the people who write them ([`SIGNER`]).
    pub fn is_signed(&self) -> bool {
        matches!(self.kind, FieldType::Entries(cells) if cells.iter().any(|c| c.name == SIGNER))
    }
}

/// How the id of a document is made (format).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// One in its scope: two devices that create it create the same document.
    Single,
    /// One for each natural key in its scope, such as the day of a meeting.
    Natural,
    /// As many as people make; the key is 16 random bytes.
    Random,
}

/// From when on the time runs for which a document is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeptFrom {
    /// The day on which the person left the Party or died; before it, no time runs.
    Leaving,
    /// A date among its fields.
    Field(&'static str),
}

/// How long a document is kept (*thời hạn lưu trữ*); it is forgotten as a whole ([`crate::retention`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    /// For good: it is about a unit or a rule, not about a person.
    ForGood,
    /// For as long as this regulation says.
    For(crate::regulation::Key, KeptFrom),
}

/// What a document says of a member to the lists and figures that are worked out from all kinds
/// ([`crate::away::Recorded`], [`crate::roll`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Nothing: it stands for itself.
    Nothing,
    /// Who they are, and by what they are counted.
    Record,
    /// More by which they are counted, for those who read it.
    Sensitive,
    /// What was decided about them.
    Decision,
    /// A case by which something is decided about them.
    Decides(Decides),
    /// A case by which they go from one unit to another.
    Moves(Moves),
    /// Where they live.
    Address,
    /// Where they say that they are.
    CheckIn,
    /// Which papers their dossier has.
    Dossier,
    /// What they handed in for a year.
    Supplement,
}

/// How a case ends in a decision: which of its acts says number, date, body and signatory, and which what came of it. The
/// effect is that of a decision, once both stand; nobody records it once more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decides {
    /// The form of the decision: a code of [`crate::domain::decision::FORMS`].
    pub form: &'static str,
    /// The act by which it was decided.
    pub decided: &'static str,
    /// The act by which it took effect.
    pub given: &'static str,
    /// The field of that act with the new value, where the form has one.
    pub value: Option<&'static str>,
    /// The act that ends it, on its day and before its time, if there is one.
    pub ended: Option<&'static str>,
}

/// A letter that a case gives out (*giấy giới thiệu*), and what is written on it ([`crate::letter`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Letter {
    /// The act by which it is given out.
    pub act: &'static str,
    /// Fields of the member's record.
    pub of_record: &'static [&'static str],
    /// Fields of that act.
    pub of_act: &'static [&'static str],
    /// Fields that any act of the case may say.
    pub of_case: &'static [&'static str],
}

/// How a case leads a member from one unit to another (*chuyển sinh hoạt*). Its acts tell how far the papers are; who is
/// counted where follows from the tree and the decisions, and what of it lags behind is told ([`crate::moved`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moves {
    /// The letter that this unit gives out under a number of its own; `None`: others' letters come here.
    pub letter: Option<Letter>,
    /// The act with which the papers have arrived at the other unit.
    pub received: &'static str,
    /// The regulation that says how soon the lists must follow.
    pub follows: crate::regulation::Key,
}

/// A document kind.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// Number on the wire and under signatures: never reused.
    pub number: u16,
    /// Name in code and commands.
    pub name: &'static str,
    /// What people read.
    pub label: Label,
    /// The kind of place that has such documents.
    pub place: &'static [PlaceKind],
    /// The lane that they lie in.
    pub lane: Lane,
    /// By which edge of the place their writers reach it.
    pub edge: Edge,
    /// How their id is made.
    pub key: Key,
    /// The field that names a document in lists.
    pub title: &'static str,
    /// The fields, in the order of the paper form.
    pub fields: &'static [Field],
    /// Who reads, writes and decides it: a row for every role. A role without a row may nothing.
    pub rights: &'static [(Role, Right)],
    /// Whether values are only ever added: a change that replaces or removes one is refused at the door.
    pub append_only: bool,
    /// Whether it holds formal decisions: nobody writes one about themself.
    pub formal: bool,
    /// Its state machine, if it is a case; such a kind is append-only, and its acts lie in the field
    /// [`crate::case::ACTS`].
    pub case: Option<&'static Case>,
    /// The terms that run from one of its dates to another.
    pub deadlines: &'static [DeadlineRule],
    /// What is looked at whenever somebody writes it; whatever is unusual is said, and nothing is refused.
    pub watches: &'static [Watch],
    /// Its part in lists and figures of members.
    pub part: Part,
    /// How long a document is kept: one retention class for the whole of it.
    pub retention: Retention,
}

impl Kind {
    /// The fields that people fill in, in the order of the paper form: all but whose words they are
    /// ([`crate::whose::WORDS`]), which stands beside each value, and an id that the program writes.
    pub fn form(&self) -> impl Iterator<Item = &'static Field> {
        let own = [crate::whose::WORDS, UNIT_ID];
        self.fields.iter().filter(move |f| !own.contains(&f.name))
    }

    /// What a role may do with it.
    pub fn right(&self, role: Role) -> Right {
        let row = self.rights.iter().find(|(r, _)| *r == role);
        row.map_or(Right::NONE, |(_, right)| *right)
    }

    /// Whether it has entries that people sign.
    pub fn is_signed(&self) -> bool {
        self.fields.iter().any(|f| f.is_signed())
    }

    /// The fields that are missing (*còn thiếu*) in a document of this kind; it never keeps anybody from saving.
    /// `is_official`: whether the member that it is about is an official one.
    pub fn missing(&self, values: &Values, is_official: bool) -> Vec<&'static Field> {
        let is_filled = |field: &Field| {
            values.iter().any(|(path, value)| {
                path.split('/').next() == Some(field.name) && *value != Value::Cleared
            })
        };
        let counts = |field: &&Field| match field.needed {
            Needed::Always => true,
            Needed::IfOfficial => is_official,
            Needed::No => false,
        };
        (self.fields.iter())
            .filter(|field| counts(field) && !is_filled(field))
            .collect()
    }

    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|f| f.name == name)
    }
}

/// Every kind that this build knows. A later kind joins here and nowhere else.
pub static KINDS: &[&Kind] = &[
    &crate::domain::unit::UNIT,
    &crate::domain::member::MEMBER,
    &crate::domain::member::MEMBER_SENSITIVE,
    &crate::domain::meeting::MEETING,
    &crate::domain::check_in::CHECK_IN,
    &crate::domain::look::LOOK,
    &crate::domain::look::LIST_LOOK,
    &crate::domain::decision::DECISION,
    &crate::domain::transfer::TRANSFER,
    &crate::domain::exemption::EXEMPTION,
    &crate::domain::exemption::TEMP_EXEMPTION,
    &crate::domain::placement::PLACEMENT,
    &crate::domain::placement::ATTENDANCE,
    &crate::domain::placement::DUES,
    &crate::domain::placement::REMARK,
    &crate::domain::look::PLACEMENT_LOOK,
    &crate::domain::regulation::REGULATION,
    &crate::domain::address::ADDRESS,
    &crate::domain::residence_remark::RESIDENCE_REMARK,
    &crate::domain::succession::SUCCESSION,
    &crate::domain::dossier::DOSSIER,
    &crate::domain::dossier::DOSSIER_HANDOVER,
    &crate::domain::dossier::YEARLY_SUPPLEMENT,
    &crate::domain::lost_card::LOST_CARD,
    &crate::domain::transfer_in::TRANSFER_IN,
    &crate::domain::discipline::DISCIPLINE,
    &crate::domain::contest::CONTEST,
    &crate::domain::contest::CONTEST_APART,
];

/// The cell of an entry that names the person who wrote it: their signature under this one entry. A field whose
/// entries have it is signed: an entry of it is written by that person and by nobody else.
pub const SIGNER: &str = "signer";

/// The kind with this number, if this build knows it.
pub fn by_number(number: u16) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|k| k.number == number)
}

/// The kind of this name, if this build knows it.
pub fn by_name(name: &str) -> Option<&'static Kind> {
    KINDS.iter().copied().find(|k| k.name == name)
}
