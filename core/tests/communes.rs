//! What an address of before July 2025 means today, and what is never guessed.
use chibo_core::commune::{Commune, Communes, Resolution};
use chibo_core::limits;
use chibo_core::text::fold;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn resolve(text: &str) -> Resolution {
    Communes::official().resolve_old(text)
}

fn codes(communes: &[Commune]) -> BTreeSet<&str> {
    communes.iter().map(|c| c.code).collect()
}

/// A unit of before 2025, read from the list independently of the program.
struct Old {
    name: String,
    kind: &'static str,
    district: String,
    province: String,
    became: BTreeSet<&'static str>,
}

fn old_units() -> Vec<Old> {
    let (mut province, mut district) = ("", "");
    let mut units = Vec::new();
    for line in include_str!("../data/communes-before-2025.txt").lines() {
        if let Some(name) = line.strip_prefix('=') {
            province = name;
        } else if let Some(name) = line.strip_prefix('+') {
            district = name;
        } else {
            let (name, codes) = line.split_once('\t').unwrap();
            let (kind, bare) = match name {
                n if n.starts_with("Phường ") => ("Phường", &n["Phường ".len()..]),
                n if n.starts_with("Thị trấn ") => ("Thị trấn", &n["Thị trấn ".len()..]),
                n => ("Xã", n),
            };
            units.push(Old {
                name: bare.to_owned(),
                kind,
                district: district.to_owned(),
                province: province.to_owned(),
                became: codes.split(' ').collect(),
            });
        }
    }
    units
}

impl Old {
    fn address(&self) -> String {
        match self.name.as_str() {
            "" => format!("{}, {}", self.district, self.province),
            name => format!("{} {name}, {}, {}", self.kind, self.district, self.province),
        }
    }
}

#[test]
fn the_list_is_complete() {
    assert_eq!(Communes::official().all().count(), 3_321);
    assert_eq!(old_units().len(), 10_040);
    assert_eq!(
        old_units().iter().filter(|u| u.became.len() > 1).count(),
        471
    );
}

#[test]
fn every_old_unit_resolves_to_its_successors_and_a_divided_one_to_all_of_them() {
    for unit in old_units() {
        let text = unit.address();
        let found = resolve(&text);
        assert_eq!(codes(found.candidates()), unit.became, "{text}: {found:?}");
        match found {
            Resolution::Became(_) => assert_eq!(unit.became.len(), 1, "{text}"),
            Resolution::Divided(_) => assert!(unit.became.len() > 1, "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn every_commune_of_today_resolves_to_itself_or_is_among_those_offered() {
    let mut doubtful = 0;
    for commune in Communes::official().all() {
        let found = resolve(&commune.to_string());
        assert!(
            found.candidates().contains(&commune),
            "{commune}: {found:?}"
        );
        doubtful += usize::from(found.sure().is_none());
    }
    // Units that kept both their name and their province's name, and lost a part of their land or
    // were divided, may mean either.
    assert!(doubtful < 500, "{doubtful} doubtful");
}

/// However an address is shortened, the truth is among what is offered.
fn truth_is_offered(write: impl Fn(&Old) -> String) -> usize {
    let mut unsure = 0;
    for unit in old_units().iter().filter(|u| !u.name.is_empty()) {
        let text = write(unit);
        let found = resolve(&text);
        let offered = codes(found.candidates());
        assert!(
            unit.became.is_subset(&offered),
            "{text}: {found:?}, not {:?}",
            unit.became
        );
        unsure += usize::from(found.sure().is_none());
    }
    unsure
}

#[test]
fn an_address_in_abbreviations_and_without_diacritics_is_understood() {
    let short = |text: &str| {
        [
            ("Thị trấn ", "TT "),
            ("Thị xã ", "TX."),
            ("Thành phố ", "TP "),
            ("Phường ", "P."),
            ("Xã ", "x. "),
            ("Huyện ", "h."),
            ("Quận ", "Q."),
            ("Tỉnh ", ""),
        ]
        .iter()
        .fold(text.to_owned(), |t, (long, short)| t.replace(long, short))
    };
    let unsure = truth_is_offered(|u| short(&u.address()));
    assert!(unsure < 600, "{unsure} unsure in abbreviations");
    let unsure = truth_is_offered(|u| fold(&u.address()));
    assert!(unsure < 700, "{unsure} unsure without diacritics");
    let unsure = truth_is_offered(|u| u.address().replace(", ", " - ").to_uppercase());
    assert!(unsure < 600, "{unsure} unsure with dashes and capitals");
}

#[test]
fn an_address_without_its_kinds_or_its_district_never_leads_elsewhere() {
    truth_is_offered(|u| match u.name.starts_with(|c: char| c.is_ascii_digit()) {
        true => u.address(),
        false => u
            .address()
            .replace("Xã ", "")
            .replace("Huyện ", "")
            .replace("Tỉnh ", ""),
    });
    truth_is_offered(|u| format!("{} {}, {}", u.kind, u.name, u.province));
    truth_is_offered(|u| format!("{} {}", u.kind, u.name));
}

#[test]
fn the_spellings_of_the_reference_district_all_mean_the_same() {
    for text in [
        "xã Xuân Hồng, huyện Xuân Trường, tỉnh Nam Định",
        "Xóm 5, Xuân Hồng, Xuân Trường, Nam Định",
        "xóm 5 Xuân Hồng, Xuân Trường, Nam Định",
        "X. XUÂN HỒNG - H. XUÂN TRƯỜNG - T. NAM ĐỊNH",
        "x.Xuan Hong, h.Xuan Truong, t.Nam Dinh",
        "Xuân Hồng Xuân Trường Nam Định",
        "Xã Xuân Hồng\nhuyện Xuân Trường\ntỉnh Nam Định",
        "xã Xuân Hồng (huyện Xuân Trường cũ), tỉnh Ninh Bình",
        "Xã Xuân Thành, huyện Xuân Trường, Nam Định, Việt Nam",
        "xã Xuân Thành, huyện Xuân Trường, tỉnh Nam Định (nay là xã Xuân Hồng, tỉnh Ninh Bình)",
    ] {
        assert_eq!(
            resolve(text).sure().map(|c| c.code),
            Some("14095"),
            "{text}: {:?}",
            resolve(text)
        );
    }
    assert!(
        matches!(resolve("Xã Xuân Hồng, tỉnh Ninh Bình"), Resolution::Current(c) if c.code == "14095")
    );
}

#[test]
fn where_the_commune_is_not_in_the_list_the_communes_of_its_district_are_offered() {
    // Xuân Tiến was merged in 2024, before the list.
    let Resolution::InDistrict(found) = resolve("xã Xuân Tiến, huyện Xuân Trường, tỉnh Nam Định")
    else {
        panic!(
            "{:?}",
            resolve("xã Xuân Tiến, huyện Xuân Trường, tỉnh Nam Định")
        );
    };
    assert_eq!(
        codes(&found),
        BTreeSet::from(["14089", "14095", "14104", "14122"])
    );
}

#[test]
fn what_is_no_known_commune_is_unknown() {
    for text in [
        "",
        "không rõ",
        "Hà Nam Ninh",
        "Nam Định",
        "xã Xuân Hồng, huyện Xuân Thủy, tỉnh Hà Nam Ninh",
        "xã Xuân Hồng, huyện Xuân Thủy, tỉnh Nam Định",
        "Trung Quốc",
        "5",
        "CHLB Đức",
    ] {
        assert_eq!(resolve(text), Resolution::Unknown, "{text}");
    }
    let fits = format!(
        "{}xã Xuân Hồng, Ninh Bình",
        ",".repeat(limits::LINE_BYTES - 28)
    );
    assert_eq!(fits.len(), limits::LINE_BYTES);
    assert!(resolve(&fits).sure().is_some());
    assert_eq!(resolve(&format!(",{fits}")), Resolution::Unknown);
}

#[test]
fn a_name_that_many_communes_bear_is_offered_and_not_chosen() {
    let Resolution::Ambiguous(found) = resolve("xã Tân Lập") else {
        panic!("{:?}", resolve("xã Tân Lập"));
    };
    assert!(found.len() > 10);
}

#[test]
fn communes_are_searched_without_diacritics() {
    let all = Communes::official();
    let found = all.search("xuan tru");
    assert!(found.iter().any(|c| c.code == "14089"), "{found:?}");
    assert_eq!(all.search("xuan truong ninh binh")[0].code, "14089");
    assert_eq!(all.search("Xuân Hồng ninh")[0].code, "14095");
    assert_eq!(all.search(" ,"), []);
    assert_eq!(all.search("xyzzy"), []);
    assert_eq!(all.search("x").len(), limits::COMMUNE_MATCHES);
    assert_eq!(
        all.by_code("14095").unwrap().to_string(),
        "Xã Xuân Hồng, Ninh Bình"
    );
    assert_eq!(all.by_code("1"), None);
}

#[test]
fn codes_are_unique() {
    let mut seen = BTreeMap::new();
    for commune in Communes::official().all() {
        assert_eq!(seen.insert(commune.code, commune), None);
        assert_eq!(commune.code.len(), 5);
    }
}

proptest! {
    #[test]
    fn any_text_is_read_without_failing(text in "(xã|P\\.|tp |Nam Định|,|-| |01|[a-zạđ]{1,4}|\\PC){0,30}") {
        resolve(&text);
        Communes::official().search(&text);
    }
}

#[test]
fn while_a_name_is_typed_those_of_today_are_offered_before_what_old_ones_became() {
    let list = Communes::official();
    let first = |typed: &str| list.suggest(typed, None, 10).remove(0);
    let di_an = first("di an");
    assert_eq!(
        di_an.commune.to_string(),
        "Phường Dĩ An, Thành phố Hồ Chí Minh"
    );
    assert_eq!(di_an.was, None);
    // By the beginning of an old name, with its old district and province beside it.
    let old = first("phuc xa ba dinh");
    assert_eq!(old.commune.name, "Hồng Hà");
    let was = "Phường Phúc Xá, Quận Ba Đình, Thành phố Hà Nội";
    assert_eq!(old.was.as_deref(), Some(was));
    assert_eq!(first("phuc x ba d").was.as_deref(), Some(was));
    // Only in one province, and all of it while nothing is typed.
    let code = di_an.commune.province_code;
    let all = list.suggest("", Some(code), 1_000);
    assert!(all.len() > 100 && all.iter().all(|s| s.commune.province_code == code));
    assert!(
        list.suggest("hong ha", Some(code), 10)
            .iter()
            .all(|s| s.commune.province_code == code)
    );
    for nothing in ["", "   ", ".", "khong co noi nao ten nay"] {
        assert_eq!(list.suggest(nothing, None, 10), []);
    }
    assert_eq!(list.suggest("xuan", None, 3).len(), 3);
    assert_eq!(list.provinces().len(), 34);
}
