//! Vietnamese text: one spelling of each name, search without diacritics, the order of a roll.
//!
//! The same name reaches us composed and decomposed, in capitals, with two blanks, with the tone mark
//! on either vowel (`Hòa`, `Hoà`). Stored is the composed form (NFC); compared is what [`fold`] leaves
//! of it. [`fold`] decides what a search finds, so every index must be built with this function and
//! no other.
//!
//! A roll is ordered by the given name, which is the last word, then by the rest ([`RollOrder`]).

mod collation;

use icu_collator::Collator;
use unicode_normalization::UnicodeNormalization;

/// The composed form in which every text is stored.
pub fn nfc(text: &str) -> String {
    text.nfc().collect()
}

/// What is left of a text for comparing: lower case, no diacritics, đ as d, single blanks.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfd().filter(|c| !is_mark(*c)) {
        if is_blank(c) {
            if !folded.is_empty() && !folded.ends_with(' ') {
                folded.push(' ');
            }
            continue;
        }
        match c {
            'đ' | 'Đ' => folded.push('d'),
            _ => folded.extend(c.to_lowercase().filter(|c| !is_mark(*c))),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// As [`fold`], with everything that is neither letter nor digit taken as a blank: `Số, ký hiệu` and
/// `so ky hieu` are the same.
pub fn fold_words(text: &str) -> String {
    search_terms(text).join(" ")
}

/// The words to look for when somebody types `query`, folded.
pub fn search_terms(query: &str) -> Vec<String> {
    fold(query)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The text on one line: composed, single blanks, no control or invisible characters.
pub fn clean_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.nfc() {
        if is_blank(c) {
            if !line.is_empty() && !line.ends_with(' ') {
                line.push(' ');
            }
        } else if !is_invisible(c) {
            line.push(c);
        }
    }
    line.truncate(line.trim_end().len());
    line
}

/// A person's name as it is stored: as [`clean_line`], and a name all in capitals (or without any)
/// gets capitals at the beginning of each word: `ĐINH VĂN QUANG` is `Đinh Văn Quang`.
pub fn clean_name(name: &str) -> String {
    let line = clean_line(name);
    let upper = line.chars().any(char::is_uppercase);
    let lower = line.chars().any(char::is_lowercase);
    // A single capital letter such as the `A` of `Giàng A Chầu` is in place already.
    if upper == lower {
        return line;
    }
    let mut titled = String::with_capacity(line.len());
    let mut inside_word = false;
    for c in line.chars() {
        if inside_word {
            titled.extend(c.to_lowercase());
        } else {
            // The capital of `ﬀ` is two letters, of which only the first is one.
            let mut capital = c.to_uppercase();
            titled.extend(capital.next());
            titled.extend(capital.flat_map(char::to_lowercase));
        }
        // `H'HEN NIÊ` is `H'Hen Niê`.
        inside_word = c.is_alphanumeric();
    }
    nfc(&titled)
}

/// The text composed and in lower case, with the tone mark of `oa`, `oe`, `uy` on the second vowel
/// wherever it stood. Keeps the diacritics, so it tells apart what [`fold`] makes equal.
pub fn spelling(text: &str) -> String {
    even_tones(&clean_line(text)).to_lowercase()
}

/// Moves the tone mark of a word that ends in `oa`, `oe` or `uy` from the first vowel to the second.
fn even_tones(text: &str) -> String {
    let mut chars: Vec<char> = text.nfd().collect();
    for i in 0..chars.len().saturating_sub(2) {
        let pair = matches!(
            (chars[i], chars[i + 2]),
            ('o' | 'O', 'a' | 'A' | 'e' | 'E') | ('u' | 'U', 'y' | 'Y')
        );
        let ends = chars
            .get(i + 3)
            .is_none_or(|c| !c.is_alphanumeric() && !is_mark(*c));
        if pair && ends && is_tone(chars[i + 1]) {
            chars.swap(i + 1, i + 2);
        }
    }
    chars.into_iter().nfc().collect()
}

/// The order in which a roll is kept. Making one is expensive: make it once and pass it on.
pub struct RollOrder(Collator);

impl RollOrder {
    /// The order of a Vietnamese dictionary. The data for it is part of the program, so `None` can
    /// only mean that the program was built without it.
    pub fn vietnamese() -> Option<Self> {
        collation::collator().map(RollOrder)
    }

    /// Bytes that order as the names do: the given name, which is the last word, then the surname
    /// and middle names. `sort_name` takes the place of the given name where a person has none of
    /// that form (`Giàng A Chầu`, `H'Hen Niê`).
    ///
    /// The bytes of two versions of this program may differ: never send them, and compute them anew
    /// when the program changes.
    pub fn sort_key(&self, full_name: &str, sort_name: Option<&str>) -> Vec<u8> {
        let full = even_tones(&clean_line(full_name));
        let (rest, last) = full.rsplit_once(' ').unwrap_or(("", full.as_str()));
        let own = sort_name
            .map(|s| even_tones(&clean_line(s)))
            .filter(|s| !s.is_empty());
        let (given, rest) = match &own {
            Some(own) => (own.as_str(), full.as_str()),
            None => (last, rest),
        };
        let collator = self.0.as_borrowed();
        let mut key = Vec::with_capacity(64);
        let Ok(()) = collator.write_sort_key_to(given, &mut key);
        // No key holds a zero byte, so a shorter given name comes first.
        key.push(0);
        let Ok(()) = collator.write_sort_key_to(rest, &mut key);
        key
    }
}

fn is_mark(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

fn is_tone(c: char) -> bool {
    matches!(c, '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}')
}

fn is_blank(c: char) -> bool {
    c.is_whitespace()
}

/// Characters that nobody sees and that come along when text is copied.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'
        )
}
