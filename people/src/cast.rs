//! People of a story: named by it, and all else about them invented from that name, the same in every test that has them.
//!
//! A test that tells of teacher Lan needs her name and perhaps one value; the rest of her record (*lý lịch*) should be that
//! of a member as branches have them, and nobody should have to make it up. [`roster`] writes such people as a file that
//! an office brings in.

use super::dice::Dice;
use super::person::{self, Role, Taken};
use super::{AS_OF, Member, Setting, branch};
use chibo_core::document::Value;
use chibo_core::domain::member::{MEMBER, MEMBER_SENSITIVE};
use chibo_core::field;
use chibo_core::kind::{Field, FieldType, Kind};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

/// A member of this name: official (*chính thức*), at home, without a post. A name with *Thị* is a woman's, else a man's.
pub fn someone(name: &str) -> Member {
    // FNV-1a: names differ, and so do seeds.
    let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |seed, byte| {
        (seed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let dice = &mut Dice(&mut rng);
    let home = branch(
        dice,
        "Chi bộ Xóm 5".into(),
        "branch",
        Setting::Village,
        super::lists::COMMUNES[0],
    );
    let role = Role {
        secretary: false,
        deputy: false,
        away: false,
        has_device: false,
    };
    let sex = match name.split_whitespace().any(|word| word == "Thị") {
        true => "female",
        false => "male",
    };
    loop {
        let drawn = person::invent(dice, &home, role, &mut Taken::none(AS_OF));
        let is = |name: &str, text: &str| drawn.values.get(name).is_some_and(|v| v.shown() == text);
        // Whose day of birth is known: what a roster says of them finds them again.
        let born = drawn.values.get("born").map_or(0, |v| v.shown().len());
        if is("sex", sex) && is("status", "official") && born == "2026-11-23".len() {
            return drawn.with("full_name", name).with("birth_name", name);
        }
    }
}

/// Somebody of this name who asks to be admitted (*người xin vào Đảng*): only who they are, where they come from and live,
/// and what they do.
pub fn applicant(name: &str) -> Member {
    let mut who = someone(name);
    const KEPT: [&str; 8] = [
        "full_name",
        "sex",
        "birth_name",
        "born",
        "birthplace",
        "hometown",
        "permanent_residence",
        "occupation",
    ];
    who.values.retain(|field, _| KEPT.contains(&field.as_str()));
    who.sensitive.clear();
    who
}

impl Member {
    /// The same member with another value in a field of their record, as people type it; an empty text takes it out. What
    /// does not fit the field stands as it was typed: a test about an odd value wants just that.
    #[must_use]
    pub fn with(mut self, name: &str, typed: &str) -> Member {
        let is_sensitive = MEMBER_SENSITIVE.field(name).is_some();
        let (kind, values) = match is_sensitive {
            true => (&MEMBER_SENSITIVE, &mut self.sensitive),
            false => (&MEMBER, &mut self.values),
        };
        match field::parse(kind, name, typed) {
            Ok(Value::Cleared) => values.remove(name),
            Ok(value) => values.insert(name.to_owned(), value),
            Err(_) => values.insert(name.to_owned(), Value::Text(typed.to_owned())),
        };
        self
    }

    fn shown(&self, kind: &'static Kind, field: &Field) -> String {
        let values = match kind.number == MEMBER.number {
            true => &self.values,
            false => &self.sensitive,
        };
        let value = values.get(field.name);
        value.map_or(String::new(), |v| field::shown(kind, field.name, v, true))
    }
}

/// These people as a roster (.csv) of a branch, a line for each: the columns of these fields, by name, or of all fields
/// that hold one value. The same people always make the same bytes.
pub fn roster(branch: &str, people: &[Member], columns: &[&str]) -> String {
    let fields: Vec<(&'static Kind, &'static Field)> = [&MEMBER, &MEMBER_SENSITIVE]
        .into_iter()
        .flat_map(|kind| kind.form().map(move |field| (kind, field)))
        .filter(|(_, f)| !matches!(f.kind, FieldType::Entries(_) | FieldType::Marks(_)))
        .filter(|(_, f)| columns.is_empty() || columns.contains(&f.name))
        .collect();
    let header = fields.iter().map(|(_, f)| f.label.vi.to_owned());
    let mut lines = vec![line("Chi bộ", header)];
    for who in people {
        lines.push(line(branch, fields.iter().map(|(k, f)| who.shown(k, f))));
    }
    lines.concat()
}

fn line(first: &str, rest: impl Iterator<Item = String>) -> String {
    let cell = |text: &str| match text.contains([',', '"', '\n']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    };
    let cells: Vec<String> = std::iter::once(first.to_owned()).chain(rest).collect();
    let cells: Vec<String> = cells.iter().map(|c| cell(c)).collect();
    format!("{}\n", cells.join(","))
}
