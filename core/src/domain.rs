//! The field's own things, one file for each: its document kinds with fields and labels.
//!
//! Each file is a description and no code. Names and codes are format: they stand in documents and
//! are never changed. Labels and spellings may grow at any time. Spellings are written as
//! [`crate::text::fold_words`] leaves them; that of the label itself need not be repeated.
pub mod address;
pub mod check_in;
pub mod contest;
pub mod decision;
pub mod discipline;
pub mod dossier;
pub mod exemption;
pub mod groups;
pub mod look;
pub mod lost_card;
pub mod meeting;
pub mod member;
pub mod placement;
mod procedure;
pub mod regulation;
pub mod residence_remark;
pub mod succession;
pub mod transfer;
pub mod transfer_in;
pub mod unit;

use crate::kind::{Beside, Code, Decided, Earlier, Field, FieldType, Label, Named, Needed};

/// A text in both languages.
const fn label(vi: &'static str, en: &'static str) -> Label {
    Label { vi, en }
}

/// A field that is never missing.
const fn field(
    name: &'static str,
    vi: &'static str,
    en: &'static str,
    kind: FieldType,
    headers: &'static [&'static str],
) -> Field {
    Field {
        name,
        label: label(vi, en),
        kind,
        needed: Needed::No,
        headers,
        counted: false,
        groups: &[],
        named: None,
        earlier: None,
        decided: Decided::Never,
    }
}

impl Field {
    /// The same field, by whose values members are counted.
    const fn counted(mut self) -> Field {
        self.counted = true;
        self
    }

    /// The same line, by which members are counted in these groups.
    const fn grouped(mut self, groups: &'static [Code]) -> Field {
        self.groups = groups;
        self.counted()
    }

    /// The same field, which keeps its earlier values, each with its day.
    const fn keeps_earlier(mut self, since: &'static str, entries: &'static str) -> Field {
        let beside = Beside::Since(since);
        self.earlier = Some(Earlier { beside, entries });
        self
    }

    /// The same field, which keeps what somebody replaced in it once another field is filled.
    const fn keeps_replaced(mut self, once: &'static str, entries: &'static str) -> Field {
        let beside = Beside::Once(once);
        self.earlier = Some(Earlier { beside, entries });
        self
    }

    /// The same field, which says what was decided.
    const fn decided(mut self) -> Field {
        self.decided = Decided::Always;
        self
    }

    /// The same field, which changes by decision once another field is filled.
    const fn decided_once(mut self, filled: &'static str) -> Field {
        self.decided = Decided::Once(filled);
        self
    }

    /// The same line, whose values are named in a list of the member's unit.
    const fn named(mut self, named: Named) -> Field {
        self.named = Some(named);
        self
    }

    /// The same field, missing whenever it is empty.
    const fn always_needed(mut self) -> Field {
        self.needed = Needed::Always;
        self
    }

    /// The same field, missing when it is empty for an official member.
    const fn needed_if_official(mut self) -> Field {
        self.needed = Needed::IfOfficial;
        self
    }
}

/// One value of a code list.
const fn code(
    code: &'static str,
    vi: &'static str,
    en: &'static str,
    spellings: &'static [&'static str],
) -> Code {
    Code {
        code,
        label: label(vi, en),
        spellings,
    }
}
