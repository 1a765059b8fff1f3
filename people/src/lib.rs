//! An invented district (*huyện*), the same from the same seed: what the demo, the benchmarks and the
//! dictionary are made of. Nobody in it is real, and no number in it can be anybody's.
//!
//! The sizes are those of one reference district: 72 grassroots organisations (25 organisations with
//! branches and 47 branches that stand alone), 398 branches, 8,030 members. Names, ages, jobs and
//! how many are away follow shares that are known or plausible; each record agrees with itself
//! (admitted at 18 or later, official twelve months after).
//!
//! Tests take their people from here, records as a branch has them. One that tells a story says whom it needs by name
//! ([`someone`]), and that fixes all else about them; what an office brings in is a [`roster`] of such people. One about a
//! value (a name with a strange accent, a column of a roster) gives them just that value ([`Member::with`]). By hand are
//! written only: people in tests of what reads rosters and names, fixed test vectors and fuzz seeds (their bytes are format),
//! documents without a kind of people, somebody typed with a name alone where just that is meant, and the twelve of the app's tests,
//! whose every value some screen or picture shows. Tests in Kotlin ask the program `people` for their roster.
//!
//! Does not know: places, devices, documents. An importer walks the structs and makes those.

mod cast;
mod dice;
mod history;
mod lists;
mod person;
mod reform;
mod work;

pub use cast::{applicant, roster, someone};
pub use history::document_with_history;
pub use person::AS_OF;
pub use reform::{Before, before_the_reform};
pub use work::{check_in_values, conflicting, meeting_values, small_edit};

use chibo_core::document::{Value, Values};
use dice::Dice;
use person::{Role, Taken};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

/// How much to invent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// One branch of 22 members under a commune's committee.
    Branch,
    /// One commune: 14 branches, 300 members.
    Commune,
    /// A district of the same communes with a branch or two each: 19 branches, 230 members.
    SmallDistrict,
    /// The reference district: 72 grassroots organisations, 398 branches, 8,030 members.
    District,
}

/// An invented district, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct District {
    /// Its name.
    pub name: String,
    /// Its organisations with a committee; each parent comes before what stands under it. The first
    /// is the root, above everything.
    pub organisations: Vec<Organisation>,
}

/// An organisation with a committee.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Its name.
    pub name: String,
    /// Its sort: a code of [`chibo_core::domain::unit::UNIT_SORTS`].
    pub sort: &'static str,
    /// The organisation above it, by its place in the list; `None` for the root.
    pub parent: Option<usize>,
    /// The values of its `unit` document.
    pub unit: Values,
    /// The branches directly under it.
    pub branches: Vec<Branch>,
}

/// A branch (*chi bộ*).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// Its name.
    pub name: String,
    /// Its sort: a code of [`chibo_core::domain::unit::UNIT_SORTS`].
    pub sort: &'static str,
    /// Where its members work.
    pub setting: Setting,
    /// The commune that it lies in, without the word *xã*.
    pub commune: String,
    /// Its village; empty for a school or an agency.
    pub village: String,
    /// The values of its `unit` document.
    pub unit: Values,
    /// Its members: the secretary first, then the deputy.
    pub members: Vec<Member>,
}

/// What sort of people a branch has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// A village, with its old and retired people.
    Village,
    /// A school.
    School,
    /// An office, a company, a clinic.
    Agency,
}

/// A member (*đảng viên*).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Member {
    /// The values of the `member` document.
    pub values: Values,
    /// The values of the `member_sensitive` document.
    pub sensitive: Values,
    /// Whether they are the secretary (*bí thư*).
    pub is_secretary: bool,
    /// Whether they are the deputy (*phó bí thư*).
    pub is_deputy: bool,
    /// Whether they are away for work.
    pub away: bool,
    /// Whether they are away and have a device of their own, as members. (The devices of
    /// secretaries and deputies follow from their office.)
    pub has_device: bool,
}

impl District {
    /// All branches, in the order of the tree.
    pub fn branches(&self) -> impl Iterator<Item = &Branch> {
        self.organisations.iter().flat_map(|o| &o.branches)
    }

    /// All members, in the order of the tree.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.branches().flat_map(|b| &b.members)
    }
}

/// Invents a district of this size, as it stands on [`AS_OF`]. The same seed gives the same district.
pub fn invent(size: Size, seed: u64) -> District {
    invent_on(size, seed, AS_OF)
}

/// The same with records that stand on another day, counted as days since 1970.
pub fn invent_on(size: Size, seed: u64, today: i32) -> District {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let dice = &mut Dice(&mut rng);
    let (mut district, members, devices) = match size {
        Size::Branch => (one_commune(dice, 1), 22, 1),
        Size::Commune => (one_commune(dice, 14), 300, 8),
        Size::SmallDistrict => (whole(dice, SMALL), 230, 6),
        Size::District => (whole(dice, WHOLE), 8_030, 200),
    };
    people(dice, &mut district, members, devices, today);
    district
}

// ---- the tree -------------------------------------------------------------------------------

fn organisation(name: String, sort: &'static str, parent: Option<usize>) -> Organisation {
    let mut unit = Values::new();
    unit.insert("name".into(), Value::Text(name.clone()));
    unit.insert("sort".into(), Value::Text(sort.into()));
    unit.insert("valid_from".into(), Value::Text("2025-07-01".into()));
    Organisation {
        name,
        sort,
        parent,
        unit,
        branches: Vec::new(),
    }
}

fn branch(
    dice: &mut Dice,
    name: String,
    sort: &'static str,
    setting: Setting,
    commune: &str,
) -> Branch {
    let village = match setting {
        Setting::Village => name.trim_start_matches("Chi bộ ").to_owned(),
        _ => String::new(),
    };
    let mut unit = Values::new();
    unit.insert("name".into(), Value::Text(name.clone()));
    unit.insert("sort".into(), Value::Text(sort.into()));
    let founded = dice.between(1946, 1998);
    unit.insert("founded_on".into(), Value::Text(founded.to_string()));
    let address = match village.as_str() {
        "" => format!("xã {commune}"),
        village => format!("{village}, xã {commune}"),
    };
    unit.insert("address".into(), Value::Text(address));
    Branch {
        name,
        sort,
        setting,
        commune: commune.to_owned(),
        village,
        unit,
        members: Vec::new(),
    }
}

/// The names of so many villages: numbered, the last few named.
fn villages(dice: &mut Dice, count: usize) -> Vec<String> {
    let mut named = lists::VILLAGES;
    dice.shuffle(&mut named);
    (0..count)
        .map(|i| match count.checked_sub(i + 1) {
            Some(left) if left < 3 && count > 3 => match named[left].strip_prefix("thôn ") {
                Some(rest) => format!("Thôn {rest}"),
                None => format!("Xóm {}", named[left]),
            },
            _ => format!("Xóm {}", i + 1),
        })
        .collect()
}

fn one_commune(dice: &mut Dice, branches: usize) -> District {
    let commune = lists::COMMUNES[0];
    let mut root = organisation(format!("Đảng bộ xã {commune}"), "commune", None);
    for village in villages(dice, branches) {
        let (name, sort) = (format!("Chi bộ {village}"), "grassroots_branch");
        root.branches
            .push(branch(dice, name, sort, Setting::Village, commune));
    }
    District {
        name: format!("Xã {commune}"),
        organisations: vec![root],
    }
}

/// How much of everything a district has.
#[derive(Clone, Copy)]
struct Extent {
    /// Organisations of villages.
    old_communes: usize,
    /// Of these so many have a village more than the others.
    larger: usize,
    /// Villages of the others.
    villages: usize,
    /// How many of these have schools.
    with_schools: usize,
    /// Bodies with branches, and how many of those.
    bodies: (usize, usize),
    /// Agencies.
    agencies: usize,
}

/// 20 organisations of villages and 5 of bodies: 351 branches; 47 branches directly under.
const WHOLE: Extent = Extent {
    old_communes: lists::OLD_COMMUNES.len(),
    larger: 11,
    villages: 16,
    with_schools: lists::OLD_COMMUNES.len(),
    bodies: (lists::BODIES_WITH_BRANCHES.len(), 4),
    agencies: lists::AGENCIES.len(),
};

const SMALL: Extent = Extent {
    old_communes: reform::OLD.len(),
    larger: 0,
    villages: 1,
    with_schools: 1,
    bodies: (1, 2),
    agencies: 1,
};

/// The reference district. Its root is an organisation of the level that was abolished in 2025: the
/// report is older, and a district still is what one node may keep.
fn whole(dice: &mut Dice, of: Extent) -> District {
    let root = organisation("Đảng bộ huyện Xuân Trường".into(), "district", None);
    let mut all = vec![root];
    for commune in lists::COMMUNES {
        all.push(organisation(
            format!("Đảng bộ xã {commune}"),
            "commune",
            Some(0),
        ));
    }
    for (i, old) in lists::OLD_COMMUNES.iter().take(of.old_communes).enumerate() {
        let at = i % 4;
        let mut org = organisation(format!("Đảng bộ {old}"), "grassroots_org", Some(at + 1));
        for village in villages(dice, of.villages + usize::from(i < of.larger)) {
            let (name, commune) = (format!("Chi bộ {village}"), lists::COMMUNES[at]);
            org.branches
                .push(branch(dice, name, "branch", Setting::Village, commune));
        }
        all.push(org);
        let schools = match i < of.with_schools {
            true => &["THCS", "Tiểu học"][..],
            false => &[],
        };
        for school in schools {
            let (name, sort) = (format!("Chi bộ Trường {school} {old}"), "grassroots_branch");
            let made = branch(dice, name, sort, Setting::School, lists::COMMUNES[at]);
            all[at + 1].branches.push(made);
        }
    }
    let (bodies, branches) = of.bodies;
    for (i, body) in lists::BODIES_WITH_BRANCHES.iter().take(bodies).enumerate() {
        let at = i % 4;
        let name = format!("Đảng bộ {body} {}", lists::COMMUNES[at]);
        let mut org = organisation(name, "grassroots_org", Some(at + 1));
        for n in 1..=branches {
            let name = format!("Chi bộ {body} {n}");
            let made = branch(dice, name, "branch", Setting::Agency, lists::COMMUNES[at]);
            org.branches.push(made);
        }
        all.push(org);
    }
    for (i, agency) in lists::AGENCIES.iter().take(of.agencies).enumerate() {
        let at = i % 4;
        let (name, sort) = (format!("Chi bộ {agency}"), "grassroots_branch");
        let made = branch(dice, name, sort, Setting::Agency, lists::COMMUNES[at]);
        all[at + 1].branches.push(made);
    }
    District {
        name: "Huyện Xuân Trường (mẫu)".into(),
        organisations: all,
    }
}

// ---- the people -----------------------------------------------------------------------------

/// The smallest branch that there is (Charter, article 21).
const SMALLEST: u32 = 3;

/// The largest branch of its sort: one of 30 under a commune would be an organisation.
fn largest(branch: &Branch) -> u32 {
    match branch.sort {
        "grassroots_branch" => 29,
        _ => 60,
    }
}

/// Sizes that add up to `total`, each between the limits of its branch.
fn sizes(dice: &mut Dice, branches: &[&mut Branch], total: u32) -> Vec<u32> {
    let mut sizes: Vec<u32> = branches
        .iter()
        .map(|b| {
            let band = dice.weighted(&[
                ((3, 8), 8),
                ((9, 14), 22),
                ((15, 20), 28),
                ((21, 27), 24),
                ((28, 38), 12),
                ((39, 60), 6),
            ]);
            dice.between(band.0, band.1).clamp(SMALLEST, largest(b))
        })
        .collect();
    let mut sum: u32 = sizes.iter().sum();
    while sum != total {
        let i = dice.below(sizes.len() as u32) as usize;
        if sum < total && sizes[i] < largest(branches[i]) {
            sizes[i] += 1;
            sum += 1;
        } else if sum > total && sizes[i] > SMALLEST {
            sizes[i] -= 1;
            sum -= 1;
        } else if branches.len() == 1 {
            break;
        }
    }
    sizes
}

/// Which members are away and which of them have a device: a tenth in all, more in some branches
/// than in others. The first two of a branch lead it and stay.
fn roles(dice: &mut Dice, sizes: &[u32], devices: usize) -> Vec<Vec<Role>> {
    let nobody = Role {
        secretary: false,
        deputy: false,
        away: false,
        has_device: false,
    };
    let mut roles: Vec<Vec<Role>> = sizes.iter().map(|n| vec![nobody; *n as usize]).collect();
    // Every branch has a share of its own, from 3 to 20 in a hundred.
    let shares: Vec<u32> = sizes.iter().map(|_| dice.between(3, 20)).collect();
    let total: u32 = sizes.iter().sum();
    let mut candidates = Vec::new();
    for (b, members) in roles.iter_mut().enumerate() {
        for (m, role) in members.iter_mut().enumerate() {
            role.secretary = m == 0;
            role.deputy = m == 1;
            if m > 1 {
                // The smaller, the sooner away: the share of the branch weighs the draw.
                candidates.push((dice.below(10_000) / shares[b], b, m));
            }
        }
    }
    candidates.sort_unstable();
    candidates.truncate(total as usize / 10);
    let mut away: Vec<(usize, usize)> = candidates.iter().map(|(_, b, m)| (*b, *m)).collect();
    dice.shuffle(&mut away);
    for (i, (b, m)) in away.into_iter().enumerate() {
        roles[b][m].away = true;
        roles[b][m].has_device = i < devices;
    }
    roles
}

fn people(dice: &mut Dice, district: &mut District, members: u32, devices: usize, today: i32) {
    let mut branches: Vec<&mut Branch> = district
        .organisations
        .iter_mut()
        .flat_map(|o| &mut o.branches)
        .collect();
    let sizes = sizes(dice, &branches, members);
    let roles = roles(dice, &sizes, devices);
    let mut taken = Taken::none(today);
    for (branch, roles) in branches.iter_mut().zip(roles) {
        for role in roles {
            let member = person::invent(dice, branch, role, &mut taken);
            branch.members.push(member);
        }
    }
}

#[cfg(test)]
mod tests;
