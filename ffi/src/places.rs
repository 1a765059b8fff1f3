//! Places of the official list, for the forms of addresses and check-ins: provinces and communes, typed with or without
//! diacritics, by the names of today or of before July 2025.

use chibo_core::commune::{Commune, Communes};

/// A province of the official list.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct ProvinceInfo {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// A commune of the official list.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct CommuneInfo {
    /// Its code: what is typed into `commune_code`.
    pub code: String,
    /// Its name, with what it is (*xã*, *phường*, *đặc khu*).
    pub name: String,
    /// The province.
    pub province: String,
    /// The province's code.
    pub province_code: String,
    /// The unit of before July 2025 by whose name it was found, with district and province; `null`: by its own.
    pub was: Option<String>,
}

pub(crate) fn commune(c: &Commune) -> CommuneInfo {
    CommuneInfo {
        code: c.code.into(),
        name: format!("{} {}", c.kind, c.name),
        province: c.province.into(),
        province_code: c.province_code.into(),
        was: None,
    }
}

/// The provinces of today, by code.
#[uniffi::export]
pub fn provinces() -> Vec<ProvinceInfo> {
    let all = Communes::official().provinces().into_iter();
    all.map(|p| ProvinceInfo {
        code: p.code.into(),
        name: p.name.into(),
    })
    .collect()
}

/// What to offer while somebody types a commune: beginnings of words, diacritics do not matter; words of the district or
/// province may stand beside it. Those of today come first, then those that units of before July 2025 became.
/// `province`: only in this one, by code; then nothing typed gives all of it.
#[uniffi::export]
pub fn find_commune(typed: String, province: Option<String>, most: u32) -> Vec<CommuneInfo> {
    let list = Communes::official();
    let found = list.suggest(&typed, province.as_deref(), most as usize);
    let found = found.into_iter().map(|s| CommuneInfo {
        was: s.was,
        ..commune(&s.commune)
    });
    found.collect()
}

/// As [`find_commune`], in all provinces.
#[uniffi::export]
pub fn communes(typed: String, most: u32) -> Vec<CommuneInfo> {
    find_commune(typed, None, most)
}

/// The commune with this code.
#[uniffi::export]
pub fn commune_by_code(code: String) -> Option<CommuneInfo> {
    Communes::official().by_code(&code).as_ref().map(commune)
}
