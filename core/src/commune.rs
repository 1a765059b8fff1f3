//! Communes (*xã, phường, đặc khu*): today's official list, and what an old address has become.
//!
//! On 1 July 2025 districts were abolished and 10,040 communes became 3,321. Papers, rosters and
//! people go on using the old names. [`Communes::resolve_old`] says what such a text means today, and
//! where it cannot be sure it gives candidates: a divided commune is never guessed. The old text
//! itself is kept by the callers as it was written.
//!
//! How a text is read: from its end, province, district, commune, each with or without its kind before
//! it (`xã`, `x.`, `TT`, `TP`). All readings are tried; the one that explains most of the text wins,
//! and readings that explain it equally well are all offered.
//!
//! Does not know: communes merged before 2025 (for these the district's successors are offered), who
//! lives where, coordinates. The lists and their source: `data/README.md`.

use crate::limits;
use crate::text::{fold_words, search_terms, spelling};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::OnceLock;

/// The lists, compressed by the build (`build.rs`).
static TODAY: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/communes-2025.txt.zst"));
static BEFORE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/communes-before-2025.txt.zst"));

/// A list as it was before the build compressed it; it stays for as long as the program runs. What is in the program
/// itself opens; were it not so, nothing would be found in it.
fn unpacked(list: &[u8]) -> &'static str {
    let text = zstd::stream::decode_all(list).map(String::from_utf8);
    text.ok().and_then(Result::ok).unwrap_or_default().leak()
}

/// A commune-level unit of today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Commune {
    /// Statistical code, five digits.
    pub code: &'static str,
    /// `Xã`, `Phường` or `Đặc khu`.
    pub kind: &'static str,
    /// Name without the kind.
    pub name: &'static str,
    /// Code of the province, two digits.
    pub province_code: &'static str,
    /// Name of the province; a centrally governed city has `Thành phố` before it.
    pub province: &'static str,
}

impl fmt::Display for Commune {
    /// As in an address: `Xã Xuân Hồng, Ninh Bình`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}, {}", self.kind, self.name, self.province)
    }
}

/// What a text that names a commune, perhaps an old one, means today. Candidates are ordered by code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    /// It names a commune of today.
    Current(Commune),
    /// It names a commune that became this one, whole.
    Became(Commune),
    /// It names one commune that was divided among these: only a person can say which.
    Divided(Vec<Commune>),
    /// No such commune is known in the district that it names; the district became these.
    InDistrict(Vec<Commune>),
    /// It may mean any of these.
    Ambiguous(Vec<Commune>),
    /// It names no commune that is known.
    Unknown,
}

impl Resolution {
    /// The commune, if there is no doubt.
    pub fn sure(&self) -> Option<Commune> {
        match self {
            Resolution::Current(c) | Resolution::Became(c) => Some(*c),
            _ => None,
        }
    }

    /// Every commune that it may be.
    pub fn candidates(&self) -> &[Commune] {
        match self {
            Resolution::Current(c) | Resolution::Became(c) => std::slice::from_ref(c),
            Resolution::Divided(all) | Resolution::InDistrict(all) | Resolution::Ambiguous(all) => {
                all
            }
            Resolution::Unknown => &[],
        }
    }
}

/// A province-level unit of today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProvinceName {
    /// Statistical code, two digits.
    pub code: &'static str,
    /// Name; a centrally governed city has `Thành phố` before it.
    pub name: &'static str,
}

/// A commune that is offered to somebody who types a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The commune of today.
    pub commune: Commune,
    /// The unit of before July 2025 whose name was typed, with its district and province: it became this commune,
    /// whole or in part. `None`: the name of today was typed.
    pub was: Option<String>,
}

/// The official list and what became of the units before it.
pub struct Communes {
    today: Vec<Today>,
    before: Vec<Before>,
    districts: Vec<District>,
    provinces: Vec<Province>,
    today_by_name: Index,
    before_by_name: Index,
    districts_by_name: Index,
    provinces_by_name: Index,
    by_code: BTreeMap<&'static str, usize>,
}

/// From the folded name without its kind to places in a list.
type Index = BTreeMap<String, Vec<usize>>;

struct Today {
    commune: Commune,
    province: usize,
    name: Name,
    /// Folded words of name and province, for searching.
    words: Vec<String>,
}

struct Before {
    name: Name,
    district: usize,
    province: usize,
    /// Places in `today`.
    became: Vec<usize>,
}

struct District {
    name: Name,
    province: usize,
    became: BTreeSet<usize>,
    /// The one unit of an island district, which had no communes.
    island: Option<usize>,
}

struct Province {
    name: Name,
}

/// A unit's name taken apart.
struct Name {
    /// As it is written in the list.
    title: &'static str,
    kind: &'static Sort,
    /// The words as [`spelling`] leaves them.
    words: Vec<String>,
}

/// A kind of unit and the words that people write before its name, folded.
struct Sort {
    title: &'static str,
    level: Level,
    markers: &'static [&'static [&'static str]],
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Commune,
    District,
    Province,
}

static SORTS: [Sort; 10] = [
    Sort {
        title: "Xã",
        level: Level::Commune,
        markers: &[&["xa"], &["x"]],
    },
    Sort {
        title: "Phường",
        level: Level::Commune,
        markers: &[&["phuong"], &["p"], &["ph"], &["f"]],
    },
    Sort {
        title: "Thị trấn",
        level: Level::Commune,
        markers: &[&["thi", "tran"], &["tt"], &["t", "t"]],
    },
    Sort {
        title: "Đặc khu",
        level: Level::Commune,
        markers: &[&["dac", "khu"], &["dk"]],
    },
    Sort {
        title: "Huyện",
        level: Level::District,
        markers: &[&["huyen"], &["h"]],
    },
    Sort {
        title: "Quận",
        level: Level::District,
        markers: &[&["quan"], &["q"]],
    },
    Sort {
        title: "Thị xã",
        level: Level::District,
        markers: &[&["thi", "xa"], &["tx"], &["t", "x"]],
    },
    Sort {
        title: "Thành phố",
        level: Level::District,
        markers: &[&["thanh", "pho"], &["tp"], &["t", "p"]],
    },
    Sort {
        title: "Tỉnh",
        level: Level::Province,
        markers: &[&["tinh"], &["t"]],
    },
    Sort {
        title: "Thành phố",
        level: Level::Province,
        markers: &[&["thanh", "pho"], &["tp"], &["t", "p"]],
    },
];

/// Other names of provinces, folded.
static PROVINCE_ALIASES: [(&str, &str); 7] = [
    ("hcm", "ho chi minh"),
    ("tphcm", "ho chi minh"),
    ("hcmc", "ho chi minh"),
    ("sai gon", "ho chi minh"),
    ("thua thien hue", "hue"),
    ("brvt", "ba ria vung tau"),
    ("dac lac", "dak lak"),
];

/// Words that open the part of an address below the commune, folded.
static BELOW_COMMUNE: [&str; 27] = [
    "xom", "thon", "to", "tdp", "khu", "doi", "ap", "ban", "buon", "bon", "lang", "duong", "pho",
    "so", "sn", "ngo", "hem", "khoi", "khom", "kp", "tk", "tieu", "phum", "soc", "plei", "cum",
    "chi",
];

impl Communes {
    /// The official list, read once.
    pub fn official() -> &'static Communes {
        static OFFICIAL: OnceLock<Communes> = OnceLock::new();
        OFFICIAL.get_or_init(|| Communes::read(unpacked(TODAY), unpacked(BEFORE)))
    }

    /// The commune with that code.
    pub fn by_code(&self, code: &str) -> Option<Commune> {
        self.by_code.get(code).map(|i| self.today[*i].commune)
    }

    /// All communes of today, by province and code.
    pub fn all(&self) -> impl Iterator<Item = Commune> + '_ {
        self.today.iter().map(|t| t.commune)
    }

    /// The communes of today whose name and province hold every word of `query`, each at least by its
    /// beginning, typed with or without diacritics. Those whose name begins with all of it come first; at most
    /// [`limits::COMMUNE_MATCHES`].
    pub fn search(&self, query: &str) -> Vec<Commune> {
        self.matching(&search_terms(query), query, |_| true)
    }

    fn matching(
        &self,
        terms: &[String],
        query: &str,
        within: impl Fn(&Commune) -> bool,
    ) -> Vec<Commune> {
        let Some(first) = terms.first() else {
            return Vec::new();
        };
        let (accented, folded) = (spelling(query), terms.join(" "));
        let mut found: Vec<_> = self
            .today
            .iter()
            .filter(|t| {
                within(&t.commune)
                    && terms
                        .iter()
                        .all(|term| t.words.iter().any(|w| w.starts_with(term.as_str())))
            })
            .map(|t| {
                let name = spelling(t.commune.name);
                let begins = t
                    .words
                    .first()
                    .is_some_and(|w| w.starts_with(first.as_str()));
                // Typed without diacritics, `di an` is Dĩ An before it is Diễn Châu in Nghệ An.
                let plain = t.name.folded().starts_with(&folded);
                (!name.starts_with(&accented), !plain, !begins, t.commune)
            })
            .collect();
        found.sort();
        found.truncate(limits::COMMUNE_MATCHES);
        found.into_iter().map(|(.., commune)| commune).collect()
    }

    /// The provinces of today, by code.
    pub fn provinces(&self) -> Vec<ProvinceName> {
        let mut all: Vec<ProvinceName> = self
            .all()
            .map(|c| ProvinceName {
                code: c.province_code,
                name: c.province,
            })
            .collect();
        all.dedup();
        all
    }

    /// What to offer while somebody types the name of a commune, with or without diacritics: first those of today, then
    /// those that units of before July 2025 became, found by their name, with words of their district and province
    /// beside it if need be. `province`: only in this one of today, by code. Nothing typed: all of that province. At most
    /// so many, and at most [`limits::COMMUNE_MATCHES`] of a kind.
    pub fn suggest(&self, typed: &str, province: Option<&str>, most: usize) -> Vec<Suggestion> {
        let within = |c: &Commune| province.is_none_or(|code| c.province_code == code);
        let named = |commune| Suggestion { commune, was: None };
        let terms = search_terms(typed);
        if terms.is_empty() {
            let all = self.all().filter(|c| province.is_some() && within(c));
            return all.map(named).take(most).collect();
        }
        let today = self.matching(&terms, typed, within).into_iter();
        let mut all: Vec<Suggestion> = today.map(named).collect();
        // What was typed whole, as papers have it, means more than a beginning.
        let whole = self.resolve_old(typed);
        let whole = whole.candidates();
        let became = |before: &Before| {
            let today = before.became.iter().filter_map(|i| self.today.get(*i));
            today.map(|t| t.commune).collect::<Vec<_>>()
        };
        let mut before = self.matching_before(&terms);
        before.sort_by_key(|b| !became(b).iter().any(|c| whole.contains(c)));
        let told = before.into_iter().flat_map(|b| {
            let was = self.said_before(b);
            became(b).into_iter().map(move |c| (c, was.clone()))
        });
        let rest = whole.iter().map(|c| (*c, typed.trim().to_owned()));
        for (commune, was) in told.chain(rest).filter(|(c, _)| within(c)) {
            if all.iter().all(|s| s.commune.code != commune.code) {
                let was = Some(was);
                all.push(Suggestion { commune, was });
            }
        }
        all.truncate(most);
        all
    }

    /// The units of before whose name holds a beginning that was typed, and whose name, district and province hold all.
    fn matching_before(&self, terms: &[String]) -> Vec<&Before> {
        let holds = |words: &str, term: &String| {
            let mut words = words.split(' ');
            words.any(|w| w.starts_with(term.as_str()))
        };
        let mut found = Vec::new();
        for (name, units) in &self.before_by_name {
            let rest: Vec<&String> = terms.iter().filter(|t| !holds(name, t)).collect();
            if rest.len() == terms.len() {
                continue;
            }
            let begins = terms.first().is_some_and(|t| name.starts_with(t.as_str()));
            for before in units.iter().filter_map(|i| self.before.get(*i)) {
                let around = || {
                    let district = self.districts.get(before.district);
                    let province = self.provinces.get(before.province);
                    let names = [district.map(|d| &d.name), province.map(|p| &p.name)];
                    let folded: Vec<String> =
                        names.into_iter().flatten().map(Name::folded).collect();
                    folded.join(" ")
                };
                if rest.is_empty() || rest.iter().all(|t| holds(&around(), t)) {
                    found.push((!begins, name, before));
                }
            }
        }
        found.sort_by_key(|(late, name, _)| (*late, *name));
        found.truncate(limits::COMMUNE_MATCHES);
        found.into_iter().map(|(.., before)| before).collect()
    }

    /// A unit of before as an address names it.
    fn said_before(&self, before: &Before) -> String {
        let district = self.districts.get(before.district).map(|d| d.name.title);
        let province = self.provinces.get(before.province).map(|p| p.name.title);
        let names = [Some(before.name.title), district, province];
        let names: Vec<&str> = names.into_iter().flatten().collect();
        names.join(", ")
    }

    /// What a text that ends with a commune means today: `xã Xuân Hồng, huyện Xuân Trường, tỉnh Nam
    /// Định`, `X. Xuân Hồng - H. Xuân Trường - Nam Định`, `TT Xuân Trường`, and so on.
    pub fn resolve_old(&self, text: &str) -> Resolution {
        if text.len() > limits::LINE_BYTES {
            return Resolution::Unknown;
        }
        let words = words_of(text);
        // "… (nay là xã …)": the writer has said it.
        let said = words
            .windows(2)
            .position(|w| w[0].folded == "nay" && matches!(w[1].folded.as_str(), "la" | "thuoc"));
        if let Some(at) = said {
            let now = self.resolve_words(&words[at + 2..]);
            return match now.sure() {
                Some(_) => now,
                None => self.resolve_words(&words[..at]),
            };
        }
        self.resolve_words(&words)
    }

    /// Whether a text says a province and no unit below it: `Bình Dương`, `làm thợ ở tỉnh Bình Dương`.
    pub fn names_only_a_province(&self, text: &str) -> bool {
        if text.len() > limits::LINE_BYTES || self.resolve_old(text) != Resolution::Unknown {
            return false;
        }
        let words = words_of(text);
        let provinces = steps(&words, words.len(), &self.provinces_by_name, |i| {
            &self.provinces[i].name
        });
        let Some(start) = provinces.iter().map(|p| p.start).min() else {
            return false;
        };
        let below = &words[..start];
        let names_a_unit = |i: usize| {
            let sorts = SORTS.iter().filter(|s| s.level != Level::Province);
            let folded = || below[i..].iter().map(|w| w.folded.as_str());
            let mut markers = sorts.flat_map(|s| s.markers);
            markers.any(|m| folded().take(m.len()).eq(m.iter().copied()))
        };
        (0..below.len()).all(|i| !names_a_unit(i) && (i == 0 || !below[i].opens))
    }

    fn resolve_words(&self, words: &[Word]) -> Resolution {
        let mut words = words;
        while let [rest @ .., a, b] = words
            && a.folded == "viet"
            && b.folded == "nam"
        {
            words = rest;
        }
        if let [rest @ .., last] = words
            && last.folded == "vn"
        {
            words = rest;
        }
        self.resolution_of(self.readings(words))
    }

    /// Every way to read the words, ending at their end.
    fn readings(&self, words: &[Word]) -> Vec<Reading> {
        let mut readings = Vec::new();
        let mut provinces = vec![Step::none(words.len())];
        provinces.extend(steps(words, words.len(), &self.provinces_by_name, |i| {
            &self.provinces[i].name
        }));
        for province in &provinces {
            let wanted = province.unit;
            if wanted.is_some() && begins_well(words, province) {
                readings.push(Reading {
                    explained: province.explained,
                    exact: province.exact,
                    hit: Hit::Province,
                    direct: true,
                });
            }
            let mut districts = vec![Step::none(province.start)];
            districts.extend(
                steps(words, province.start, &self.districts_by_name, |i| {
                    &self.districts[i].name
                })
                .into_iter()
                .filter(|d| {
                    d.unit
                        .is_some_and(|d| self.district_is_in(d, wanted).is_some())
                }),
            );
            for district in &districts {
                self.readings_of_communes(words, province, district, &mut readings);
            }
        }
        readings
    }

    fn readings_of_communes(
        &self,
        words: &[Word],
        province: &Step,
        district: &Step,
        readings: &mut Vec<Reading>,
    ) {
        let wanted = province.unit;
        let mut add = |hit: Hit, direct: bool, last: &Step| {
            if begins_well(words, last) {
                readings.push(Reading {
                    explained: province.explained + district.explained + last.explained,
                    exact: province.exact + district.exact + last.exact,
                    hit,
                    direct,
                });
            }
        };
        for commune in steps(words, district.start, &self.before_by_name, |i| {
            &self.before[i].name
        }) {
            let Some(unit) = commune.unit else { continue };
            let before = &self.before[unit];
            let direct = match district.unit {
                Some(d) if before.district != d => continue,
                Some(_) => true,
                None => match self.before_is_in(before, wanted) {
                    Some(direct) => direct,
                    None => continue,
                },
            };
            add(Hit::Before(unit), direct, &commune);
        }
        match district.unit {
            Some(unit) => {
                let direct = self.district_is_in(unit, wanted).unwrap_or(false);
                let hit = match self.districts[unit].island {
                    Some(island) => Hit::Before(island),
                    None => Hit::District(unit),
                };
                // What the district explains is counted already.
                let last = Step {
                    explained: 0,
                    exact: 0,
                    ..*district
                };
                add(hit, direct, &last);
            }
            None => {
                let communes = steps(words, district.start, &self.today_by_name, |i| {
                    &self.today[i].name
                });
                for commune in communes {
                    let Some(unit) = commune.unit else { continue };
                    if wanted.is_none_or(|p| self.today[unit].province == p) {
                        add(Hit::Today(unit), true, &commune);
                    }
                }
            }
        }
    }

    /// Whether the district lay in that province (true) or lies in it now (false).
    fn district_is_in(&self, district: usize, province: Option<usize>) -> Option<bool> {
        let district = &self.districts[district];
        self.lay_in(district.province, district.became.iter(), province)
    }

    fn before_is_in(&self, before: &Before, province: Option<usize>) -> Option<bool> {
        self.lay_in(before.province, before.became.iter(), province)
    }

    fn lay_in<'a>(
        &self,
        old: usize,
        mut became: impl Iterator<Item = &'a usize>,
        province: Option<usize>,
    ) -> Option<bool> {
        match province {
            None => Some(true),
            Some(p) if p == old => Some(true),
            Some(p) => became
                .any(|t| self.today[*t].province == p)
                .then_some(false),
        }
    }

    fn resolution_of(&self, mut readings: Vec<Reading>) -> Resolution {
        let Some(best) = readings.iter().map(|r| (r.explained, r.exact)).max() else {
            return Resolution::Unknown;
        };
        readings.retain(|r| (r.explained, r.exact) == best);
        // An old unit under the name of its new province and without its district is far-fetched
        // where a unit of today bears that name.
        if readings.iter().any(|r| matches!(r.hit, Hit::Today(_))) {
            readings.retain(|r| r.direct);
        }
        // `Nam Định` alone is the province, not the commune of that name.
        if readings.iter().any(|r| r.hit == Hit::Province) {
            return Resolution::Unknown;
        }
        let hits: BTreeSet<Hit> = readings.iter().map(|r| r.hit).collect();
        let places: BTreeSet<usize> = hits
            .iter()
            .flat_map(|hit| match hit {
                Hit::Today(i) => BTreeSet::from([*i]),
                Hit::Before(i) => self.before[*i].became.iter().copied().collect(),
                Hit::District(i) => self.districts[*i].became.clone(),
                Hit::Province => BTreeSet::new(),
            })
            .collect();
        let mut communes: Vec<Commune> = places.iter().map(|i| self.today[*i].commune).collect();
        communes.sort();
        let is_today = hits.iter().any(|h| matches!(h, Hit::Today(_)));
        let only_districts = hits.iter().all(|h| matches!(h, Hit::District(_)));
        match (communes.as_slice(), hits.len()) {
            ([], _) => Resolution::Unknown,
            ([only], _) if is_today => Resolution::Current(*only),
            ([only], _) => Resolution::Became(*only),
            (_, 1) if only_districts => Resolution::InDistrict(communes),
            (_, 1) => Resolution::Divided(communes),
            _ => Resolution::Ambiguous(communes),
        }
    }
}

/// What one reading of a text found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Hit {
    Today(usize),
    Before(usize),
    District(usize),
    Province,
}

struct Reading {
    /// Words of the text that it explains.
    explained: usize,
    /// Of these, words spelled with the same diacritics.
    exact: usize,
    hit: Hit,
    /// Not by way of the province that a unit came to later.
    direct: bool,
}

/// A word of the text.
struct Word {
    folded: String,
    accented: String,
    /// A comma or the like is before it.
    opens: bool,
}

/// A unit found at the end of a run of words, or none.
struct Step {
    unit: Option<usize>,
    /// Where it begins, its kind included.
    start: usize,
    explained: usize,
    exact: usize,
    /// Its beginning is marked by a kind or a comma.
    marked: bool,
}

impl Step {
    fn none(end: usize) -> Step {
        Step {
            unit: None,
            start: end,
            explained: 0,
            exact: 0,
            marked: false,
        }
    }
}

/// The words of a text, with the separators between them.
fn words_of(text: &str) -> Vec<Word> {
    let separated = text.replace(['\n', '\r', '\t'], ",");
    let accented = spelling(&separated);
    let mut words: Vec<Word> = Vec::new();
    let mut opens = true;
    let mut push = |word: &str, opens: bool| {
        // A word that says "former" says nothing about where.
        if word == "cũ" {
            return;
        }
        words.push(Word {
            folded: plain_number(&fold_words(word)),
            accented: plain_number(word),
            opens,
        });
    };
    let mut word = String::new();
    for c in accented.chars().chain([',']) {
        if c.is_alphanumeric() {
            // "P1", "Q3"
            if c.is_ascii_digit() && matches!(word.as_str(), "p" | "q" | "f") {
                push(&word, opens);
                word.clear();
                opens = false;
            }
            word.push(c);
            continue;
        }
        if !word.is_empty() {
            push(&word, opens);
            word.clear();
            opens = false;
        }
        if matches!(c, ',' | ';' | '(' | ')' | '/' | ':' | '|') {
            opens = true;
        }
    }
    words
}

/// `01` as `1`; any other word as it is.
fn plain_number(word: &str) -> String {
    if word.bytes().all(|b| b.is_ascii_digit()) && word.bytes().any(|b| b != b'0') {
        return word.trim_start_matches('0').to_owned();
    }
    word.to_owned()
}

/// Longest name in the lists, in words.
const NAME_WORDS: usize = 7;

/// The units of an index whose name, with or without its kind, ends at `end`.
fn steps<'a>(
    words: &[Word],
    end: usize,
    index: &Index,
    name: impl Fn(usize) -> &'a Name,
) -> Vec<Step> {
    let mut found = Vec::new();
    let unaccented = words.iter().all(|w| w.accented.is_ascii());
    for start in (end.saturating_sub(NAME_WORDS)..end).rev() {
        let run = &words[start..end];
        let folded: Vec<&str> = run.iter().map(|w| w.folded.as_str()).collect();
        for unit in index.get(&folded.join(" ")).into_iter().flatten().copied() {
            let name = name(unit);
            let marker = marker_before(words, start, name.kind);
            let exact = match unaccented {
                true => 0,
                false => run
                    .iter()
                    .zip(&name.words)
                    .filter(|(w, n)| w.accented == **n)
                    .count(),
            };
            // One word that is spelled otherwise is another word: "xa lắm" is no commune of Lâm.
            if let [word] = run
                && !word.accented.is_ascii()
                && exact == 0
            {
                continue;
            }
            // A number is a name only behind a kind.
            let number = folded.iter().all(|w| w.bytes().all(|b| b.is_ascii_digit()));
            if number && marker.is_none() {
                continue;
            }
            let (length, fits) = marker.unwrap_or((0, false));
            found.push(Step {
                unit: Some(unit),
                start: start - length,
                explained: run.len() + if fits { length } else { 0 },
                exact,
                marked: marker.is_some() || run[0].opens,
            });
        }
        if run[0].opens {
            break;
        }
    }
    found
}

/// The kind written before a name: how many words it has, and whether it is the right one of its level.
fn marker_before(words: &[Word], start: usize, kind: &Sort) -> Option<(usize, bool)> {
    if words[start].opens {
        return None;
    }
    let stands = |marker: &[&str]| {
        start.checked_sub(marker.len()).is_some_and(|from| {
            words[from..start]
                .iter()
                .zip(marker)
                .enumerate()
                .all(|(i, (w, m))| w.folded == *m && (i == 0 || !w.opens))
        })
    };
    let of = |sort: &Sort| {
        sort.markers
            .iter()
            .filter(|m| stands(m))
            .map(|m| m.len())
            .max()
    };
    if let Some(length) = of(kind) {
        return Some((length, true));
    }
    SORTS
        .iter()
        .filter(|s| s.level == kind.level)
        .filter_map(of)
        .max()
        .map(|length| (length, false))
}

/// Whether what is before the last unit found leaves no doubt that its name begins there.
fn begins_well(words: &[Word], last: &Step) -> bool {
    if last.marked || last.start == 0 {
        return true;
    }
    let Some(opening) = words[..last.start].iter().rposition(|w| w.opens) else {
        return false;
    };
    let word = words[opening].folded.as_str();
    BELOW_COMMUNE.contains(&word) || word.starts_with(|c: char| c.is_ascii_digit())
}

impl Name {
    /// Takes `Huyện Xuân Trường` apart; a name without a kind has the kind `other`.
    fn of(text: &'static str, level: Level, other: &'static str) -> (Name, &'static str) {
        let sorts = || SORTS.iter().filter(move |s| s.level == level);
        let (kind, bare) = sorts()
            .find_map(|s| {
                let bare = text.strip_prefix(s.title)?.strip_prefix(' ')?;
                Some((s, bare))
            })
            .or_else(|| sorts().find(|s| s.title == other).map(|s| (s, text)))
            .unwrap_or((&SORTS[0], text));
        let words = words_of(bare).into_iter().map(|w| w.accented).collect();
        (
            Name {
                title: text,
                kind,
                words,
            },
            bare,
        )
    }

    fn folded(&self) -> String {
        let folded: Vec<String> = self.words.iter().map(|w| fold_words(w)).collect();
        folded.join(" ")
    }
}

impl Communes {
    fn empty() -> Communes {
        Communes {
            today: Vec::new(),
            before: Vec::new(),
            districts: Vec::new(),
            provinces: Vec::new(),
            today_by_name: Index::new(),
            before_by_name: Index::new(),
            districts_by_name: Index::new(),
            provinces_by_name: Index::new(),
            by_code: BTreeMap::new(),
        }
    }

    fn read(today: &'static str, before: &'static str) -> Communes {
        let mut all = Communes::empty();
        all.read_today(today);
        all.read_before(before);
        for (alias, name) in PROVINCE_ALIASES {
            if let Some(provinces) = all.provinces_by_name.get(name).cloned() {
                all.provinces_by_name.insert(alias.to_owned(), provinces);
            }
        }
        all
    }

    fn read_today(&mut self, text: &'static str) {
        let (mut province, mut province_code, mut province_name) = (0, "", "");
        for line in text.lines() {
            let Some((code, name)) = line.split_once('\t') else {
                continue;
            };
            if let Some(code) = code.strip_prefix('=') {
                province = self.province(name);
                (province_code, province_name) = (code, name);
                continue;
            }
            let (parts, bare) = Name::of(name, Level::Commune, "Xã");
            let index = self.today.len();
            let mut words = search_terms(bare);
            words.extend(search_terms(province_name));
            words.extend(search_terms(parts.kind.title));
            self.by_code.insert(code, index);
            self.today_by_name
                .entry(parts.folded())
                .or_default()
                .push(index);
            self.today.push(Today {
                commune: Commune {
                    code,
                    kind: parts.kind.title,
                    name: bare,
                    province_code,
                    province: province_name,
                },
                province,
                name: parts,
                words,
            });
        }
    }

    fn read_before(&mut self, text: &'static str) {
        let mut province = 0;
        for line in text.lines() {
            if let Some(name) = line.strip_prefix('=') {
                province = self.province(name);
            } else if let Some(name) = line.strip_prefix('+') {
                let (name, _) = Name::of(name, Level::District, "Huyện");
                self.districts_by_name
                    .entry(name.folded())
                    .or_default()
                    .push(self.districts.len());
                self.districts.push(District {
                    name,
                    province,
                    became: BTreeSet::new(),
                    island: None,
                });
            } else if let Some((name, codes)) = line.split_once('\t') {
                self.read_unit_before(name, codes, province);
            }
        }
    }

    fn read_unit_before(&mut self, name: &'static str, codes: &'static str, province: usize) {
        let index = self.before.len();
        let became: Vec<usize> = codes
            .split(' ')
            .filter_map(|code| self.by_code.get(code).copied())
            .collect();
        let number = self.districts.len().saturating_sub(1);
        let (parts, bare) = Name::of(name, Level::Commune, "Xã");
        if let Some(district) = self.districts.last_mut() {
            district.became.extend(&became);
            if bare.is_empty() {
                district.island = Some(index);
            }
        }
        if !bare.is_empty() {
            self.before_by_name
                .entry(parts.folded())
                .or_default()
                .push(index);
        }
        self.before.push(Before {
            name: parts,
            district: number,
            province,
            became,
        });
    }

    /// The province of that name, old or new: one that kept its name is one.
    fn province(&mut self, text: &'static str) -> usize {
        let (name, _) = Name::of(text, Level::Province, "Tỉnh");
        let folded = name.folded();
        if let Some(known) = self.provinces_by_name.get(&folded).and_then(|p| p.first()) {
            return *known;
        }
        let index = self.provinces.len();
        self.provinces_by_name.insert(folded, vec![index]);
        self.provinces.push(Province { name });
        index
    }
}
