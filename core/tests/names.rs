//! One name in its many spellings: stored once, found by all of them, in its place on the roll.
use chibo_core::text::{
    RollOrder, clean_line, clean_name, fold, fold_words, search_terms, spelling,
};
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

#[test]
fn row_04_names_are_found_without_diacritics() {
    for (name, folded) in [
        ("Đinh Văn  Quang", "dinh van quang"),
        ("Nguyễn Hữu Ấm", "nguyen huu am"),
        ("  Ưu ", "uu"),
        ("H'Hen Niê", "h'hen nie"),
    ] {
        assert_eq!(fold(name), folded);
        assert_eq!(fold(&name.nfd().collect::<String>()), folded);
    }
    assert_eq!(fold_words("Số, ký hiệu:"), "so ky hieu");
    assert_eq!(search_terms("Giàng-A Chầu"), ["giang", "a", "chau"]);
}

#[test]
fn the_place_of_the_tone_mark_makes_no_difference() {
    assert_eq!(fold("Hòa"), fold("Hoà"));
    for (a, b) in [
        ("Hòa", "Hoà"),
        ("THÚY", "thuý"),
        ("Xuân Hòa, Khỏe", "Xuân Hoà, Khoẻ"),
    ] {
        assert_eq!(spelling(a), spelling(b));
    }
    assert_ne!(spelling("Hòa"), spelling("Hóa"));
    assert_ne!(spelling("Hoa"), spelling("Hoà"));
}

#[test]
fn names_are_stored_in_one_spelling() {
    for (found, stored) in [
        ("ĐINH VĂN QUANG", "Đinh Văn Quang"),
        (" Đinh\u{a0}Văn\nQuang ", "Đinh Văn Quang"),
        ("nguyễn thị hoa", "Nguyễn Thị Hoa"),
        ("H'HEN NIÊ", "H'Hen Niê"),
        ("Giàng A Chầu", "Giàng A Chầu"),
        ("\u{feff}Trần\u{200b} Bình", "Trần Bình"),
    ] {
        assert_eq!(clean_name(found), stored);
        assert_eq!(clean_name(&found.nfd().collect::<String>()), stored);
    }
}

fn rolled(names: &[(&'static str, Option<&'static str>)]) -> Vec<&'static str> {
    let order = RollOrder::vietnamese().unwrap();
    let mut names = names.to_vec();
    names.sort_by_key(|(full, own)| order.sort_key(full, *own));
    names.into_iter().map(|(full, _)| full).collect()
}

#[test]
fn a_roll_is_ordered_by_given_name_then_by_surname() {
    let sorted = [
        "Trần Văn An",
        "Lê Thị Ánh",
        "Nguyễn Hữu Ấm",
        "Bùi Ân",
        "Vũ Dung",
        "Mai Đức",
        "Đinh Văn Quang",
        "Nguyễn Văn Quang",
        "Trần Quang",
    ];
    let mut reversed: Vec<_> = sorted.iter().map(|n| (*n, None)).collect();
    reversed.reverse();
    assert_eq!(rolled(&reversed), sorted);
}

#[test]
fn two_places_of_the_tone_mark_stand_together_on_the_roll() {
    let names = [
        ("Trần Hoà", None),
        ("Lê Hòa", None),
        ("Vũ Hòa", None),
        ("Mai Hoa", None),
    ];
    assert_eq!(rolled(&names), ["Mai Hoa", "Lê Hòa", "Trần Hoà", "Vũ Hòa"]);
}

#[test]
fn a_sort_name_takes_the_place_of_the_given_name() {
    let names = [
        ("Y Moan Êban", Some("Moan")),
        ("Trần Nam", None),
        ("Lê Lan", None),
    ];
    assert_eq!(rolled(&names), ["Lê Lan", "Y Moan Êban", "Trần Nam"]);
}

proptest! {
    #[test]
    fn cleaning_and_folding_twice_is_the_same_as_once(text in "\\PC{0,40}|[A-ZĐÀạ' ]{0,20}") {
        prop_assert_eq!(clean_line(&clean_line(&text)), clean_line(&text));
        prop_assert_eq!(clean_name(&clean_name(&text)), clean_name(&text));
        prop_assert_eq!(fold_words(&fold_words(&text)), fold_words(&text));
    }

    #[test]
    fn composed_and_decomposed_names_have_the_same_place_on_the_roll(text in "[a-zA-ZđĐàạễữ ]{0,20}") {
        let order = RollOrder::vietnamese().unwrap();
        let decomposed: String = text.nfd().collect();
        prop_assert_eq!(order.sort_key(&text, None), order.sort_key(&decomposed, None));
    }
}
