//! What a Vietnamese dictionary does differently from the order of all languages, and nothing of what others do.
//!
//! The collator's own data hold ninety languages, 0.9 MB of them, for one that is needed here: on a phone that is too much.
//! So the Vietnamese part stands here as a table, and everything else is asked of the collator's data as before. It says
//! that ă, â, đ, ê, ô, ơ, ư are letters of their own; tones and capitals follow the common order.
//!
//! The numbers are those of CLDR 49 in the form of `icu_collator` 2.4 (*collation elements* and contractions of a letter
//! with its mark). Both change with that crate: it is pinned, and a test in this file holds every key against the
//! collator's whole data.

use icu_collator::Collator;
use icu_collator::options::CollatorOptions;
use icu_collator::provider::{
    Baked, CollationData, CollationDiacriticsV1, CollationJamoV1, CollationMetadataV1,
    CollationReorderingV1, CollationRootV1, CollationSpecialPrimariesV1, CollationTailoringV1,
};
use icu_collections::codepointtrie::{CodePointTrie, CodePointTrieHeader, TrieType};
use icu_locale_core::locale;
use icu_normalizer::provider::{Baked as Normal, NormalizerNfdDataV1, NormalizerNfdTablesV1};
use icu_provider::{DataError, DataPayload, DataProvider, DataRequest, DataResponse};
use zerovec::ZeroVec;

/// "As in the order of all languages."
const AS_ROOT: u32 = 0xC0;
/// The blocks of [`letters`] into which the 512 characters are divided that the table looks at; all others are as usual.
const BLOCKS: [(usize, u16); 2] = [(1, 64), (4, 118)];
/// Characters in blocks: letters that begin a contraction (its place in [`CONTRACTIONS`] is the part above), and đ, Đ.
const LETTERS: [(usize, u32); 10] = [
    (65, 0x0000_06C9),  // A
    (69, 0x0001_26C9),  // E
    (79, 0x0001_E6C9),  // O
    (85, 0x0003_46C9),  // U
    (97, 0x0004_26C9),  // a
    (101, 0x0005_46C9), // e
    (111, 0x0006_06C9), // o
    (117, 0x0007_66C9), // u
    (134, 0x3202_0586), // Đ
    (135, 0x3202_0505), // đ
];
/// How many characters are in blocks.
const LENGTH: usize = 182;
/// With circumflex, breve and horn: one letter.
const CONTRACTIONS: [u16; 66] = [
    0x2B00, 0x059C, 0x0001, 0x0302, 0xEC03, 0x0586, 0x0306, 0xEC02, 0x0586, 0x3300, 0x059C, 0x0030,
    0x0302, 0xF402, 0x0586, 0x4700, 0x059C, 0x0001, 0x0302, 0xFFFF, 0x4802, 0x0586, 0x031B, 0xFFFF,
    0x4803, 0x0586, 0x5300, 0x059C, 0x0030, 0x031B, 0xFFFF, 0x5402, 0x0586, 0x2B00, 0x0505, 0x0001,
    0x0302, 0xEC03, 0x0505, 0x0306, 0xEC02, 0x0505, 0x3300, 0x0505, 0x0030, 0x0302, 0xF402, 0x0505,
    0x4700, 0x0505, 0x0001, 0x0302, 0xFFFF, 0x4802, 0x0505, 0x031B, 0xFFFF, 0x4803, 0x0505, 0x5300,
    0x0505, 0x0030, 0x031B, 0xFFFF, 0x5402, 0x0505,
];

/// What is different in Vietnamese; `None`: the table does not fit the collator that it was built with.
fn vietnamese() -> Option<CollationData<'static>> {
    let mut index = [0; 64];
    let mut letters = [AS_ROOT; LENGTH];
    for (n, block) in BLOCKS {
        *index.get_mut(n)? = block;
    }
    for (n, letter) in LETTERS {
        *letters.get_mut(n)? = letter;
    }
    let header = CodePointTrieHeader {
        high_start: 512,
        shifted12_high_start: 1,
        index3_null_offset: 0x7FFF,
        data_null_offset: 0,
        null_value: AS_ROOT,
        trie_type: TrieType::Small,
    };
    let (index, letters) = (index.into_iter().collect(), letters.into_iter().collect());
    Some(CollationData {
        trie: CodePointTrie::try_new(header, index, letters).ok()?,
        ces: ZeroVec::new(),
        ce32s: ZeroVec::new(),
        contexts: CONTRACTIONS.into_iter().collect(),
    })
}

/// The collator's data with the Vietnamese part in the place of every language's.
struct Vietnamese(CollationData<'static>);

impl DataProvider<CollationTailoringV1> for Vietnamese {
    fn load(&self, _: DataRequest) -> Result<DataResponse<CollationTailoringV1>, DataError> {
        Ok(DataResponse {
            metadata: icu_provider::DataResponseMetadata::default(),
            payload: DataPayload::from_owned(self.0.clone()),
        })
    }
}

macro_rules! as_built_in {
    ($from:expr => $($marker:ty),*) => {$(
        impl DataProvider<$marker> for Vietnamese {
            fn load(&self, what: DataRequest) -> Result<DataResponse<$marker>, DataError> {
                $from.load(what)
            }
        }
    )*};
}

as_built_in!(Baked => CollationDiacriticsV1, CollationJamoV1, CollationMetadataV1, CollationReorderingV1,
    CollationRootV1, CollationSpecialPrimariesV1);
as_built_in!(Normal => NormalizerNfdDataV1, NormalizerNfdTablesV1);

/// The order of a Vietnamese dictionary; `None`: the program was built with other data.
pub(super) fn collator() -> Option<Collator> {
    let data = Vietnamese(vietnamese()?);
    let options = CollatorOptions::default();
    Collator::try_new_unstable(&data, locale!("vi").into(), options).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use icu_collator::CollatorBorrowed;

    fn key(collator: &CollatorBorrowed, text: &str) -> Vec<u8> {
        let mut key = Vec::new();
        let Ok(()) = collator.write_sort_key_to(text, &mut key);
        key
    }

    #[test]
    fn every_key_is_that_of_the_collators_whole_data() {
        let own = collator().unwrap();
        let own = own.as_borrowed();
        let whole =
            CollatorBorrowed::try_new(locale!("vi").into(), CollatorOptions::default()).unwrap();
        // Every character alone, and with each mark that Vietnamese writing has, in both forms.
        let marks = [
            "",
            "\u{300}",
            "\u{301}",
            "\u{303}",
            "\u{309}",
            "\u{323}",
            "\u{302}",
            "\u{306}",
            "\u{31B}",
            "\u{302}\u{301}",
            "\u{31B}\u{323}",
            "\u{323}\u{302}",
            "\u{301}\u{31B}",
        ];
        for c in (' '..='\u{2FFF}').chain('\u{4E00}'..='\u{4E80}') {
            for mark in marks {
                let text = format!("{c}{mark}n");
                assert_eq!(key(&own, &text), key(&whole, &text), "{text:?}");
            }
        }
        let mut names: Vec<&str> = "Đỗ Dũng Ân An Ăn Ơn On Ôn Ưng Ung Êm Em Y Ý Bùi Bủi Bũi Búi Bụi H'Hen K'Sor Niê Nguyễn \
                                    Nguyen NGUYỄN Đinh Dinh Ð Z W 12 9 - Ấm Ẩm Ẫm"
            .split(' ')
            .collect();
        let mut same = names.clone();
        names.sort_by_key(|n| key(&own, n));
        same.sort_by_key(|n| key(&whole, n));
        assert_eq!(names, same);
    }
}
