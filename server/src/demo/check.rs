//! The demo's check of itself at the end of its year. What people did ([`super::ledger`]) is held against what the node's lists
//! say: of every branch, of every commune, of all; everybody is counted once; every phone says what the node says; every
//! store is whole; and everything that the year tells of has happened.

use super::agenda::YEAR;
use super::device::{DeviceId, Stage};
use super::error::DemoError;
use super::figures::Figures;
use super::ledger::{Flow, Ledger};
use super::office::ADDED_RULE;
use super::worker::Worker;
use super::world::World;
use crate::handset::Handset;
use crate::intake::OfficeNode;
use chibo_core::check;
use chibo_core::date::Day;
use chibo_core::document::Value;
use chibo_core::domain::unit::UNIT;
use chibo_core::id::{Hash, PlaceId};
use chibo_core::log::reason;
use chibo_core::place::{PlaceKind, Role};
use chibo_core::regulation::Key;
use chibo_core::replica;
use chibo_core::store::sqlite::{Find, SqliteStore};
use chibo_core::store::{Store, StoreError};
use chibo_core::tree::{Tree, View};
use chibo_device::lists::{Known, ListError};
use chibo_device::roll;
use std::collections::{BTreeMap, BTreeSet};

/// One thing that must hold at the end of the year.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Finding {
    /// Its name.
    #[serde(rename = "check")]
    pub code: &'static str,
    /// Whether it holds.
    #[serde(rename = "ok")]
    pub holds: bool,
    /// In words.
    #[serde(skip)]
    pub vi: &'static str,
    /// In English.
    #[serde(skip)]
    pub en: &'static str,
    /// What was found, where it does not hold.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub told: String,
}

/// Who is counted on a day, by the node's own lists.
#[derive(Debug, Default)]
pub(super) struct Counted {
    /// All.
    pub all: usize,
    /// By branch, each member by their place.
    pub branches: BTreeMap<PlaceId, BTreeSet<PlaceId>>,
    /// How many there are of all, as often as they stand in a list.
    pub lines: usize,
    /// Below units that have ended.
    pub below_ended: usize,
    /// Communes that have not: how many belong below, and which branches these have.
    pub communes: Vec<(PlaceId, usize, Vec<PlaceId>)>,
}

impl Counted {
    /// Whom a branch counts; of a member's place, whether they are counted.
    fn below(&self, place: PlaceId) -> usize {
        match self.branches.get(&place) {
            Some(members) => members.len(),
            None => usize::from(
                self.branches
                    .values()
                    .any(|members| members.contains(&place)),
            ),
        }
    }
}

/// Counts the node's members on a day.
pub(super) fn count(store: &SqliteStore, tree: &Tree, on: Day) -> Result<Counted, ListError> {
    let mut counted = Counted {
        all: roll::figures(store, tree, (None, None), on)?.members,
        ..Counted::default()
    };
    let units = store.find(&Find {
        kind: Some(UNIT.number),
        ..Find::default()
    })?;
    let mut ended = BTreeSet::new();
    for row in units {
        let values = replica::values_of(&row);
        let says = |name: &str| values.get(name).map(Value::shown).unwrap_or_default();
        if !says("valid_to").is_empty() {
            ended.insert(row.place);
        } else if says("sort") == "commune" {
            let below = roll::figures(store, tree, (Some(row.place), None), on)?.members;
            let branch = |p: &PlaceId| tree.get(*p).map(|p| p.kind) == Some(PlaceKind::Branch);
            let branches = tree.subtree(row.place).into_iter().filter(branch);
            counted
                .communes
                .push((row.place, below, branches.collect()));
        }
    }
    roll::with_lines(store, tree, None, on, |lines| {
        for line in lines.iter().filter(|line| line.is_counted()) {
            let above = tree.line(line.member);
            let of = above.get(1).copied().unwrap_or(line.member);
            counted.branches.entry(of).or_default().insert(line.member);
            counted.below_ended += usize::from(above.iter().any(|place| ended.contains(place)));
            counted.lines += 1;
        }
    })?;
    Ok(counted)
}

/// What the figures at the end must be.
pub(super) fn balance(
    world: &World,
    ledger: &Ledger,
    before: &Counted,
    after: &Counted,
) -> Vec<Finding> {
    let mut wrong = Vec::new();
    let size =
        |counted: &Counted, place: &PlaceId| counted.branches.get(place).map_or(0, BTreeSet::len);
    let mut must: BTreeMap<PlaceId, usize> = BTreeMap::new();
    for (b, branch) in world.branches.iter().enumerate() {
        let (was, is) = (size(before, &branch.place), size(after, &branch.place));
        let flow = ledger.of_branch(b);
        let due = flow.after(was);
        must.insert(branch.place, due.unwrap_or(0));
        if due != Some(is) {
            wrong.push(format!(
                "{}: {was} + {} − {} ≠ {is}",
                branch.place.short(),
                flow.came,
                flow.left
            ));
        }
    }
    let branches = Finding {
        code: "branches_balance",
        holds: wrong.is_empty(),
        vi: "Từng chi bộ: đầu năm + vào − ra = cuối năm",
        en: "Every branch: at the start + came − left = at the end",
        told: wrong.join("; "),
    };
    let mut wrong = Vec::new();
    for (place, is, branches) in &after.communes {
        let due: usize = branches.iter().filter_map(|b| must.get(b)).sum();
        if due != *is {
            wrong.push(format!("{}: {due} ≠ {is}", place.short()));
        }
    }
    let sum: usize = after.communes.iter().map(|(_, is, _)| is).sum();
    let of_branches: usize = must.values().sum();
    if after.communes.is_empty() || sum != after.all || of_branches != after.all {
        wrong.push(format!("{sum}, {of_branches} ≠ {}", after.all));
    }
    let communes = Finding {
        code: "communes_balance",
        holds: wrong.is_empty(),
        vi: "Từng xã bằng tổng các chi bộ; tổng các xã bằng tổng chung",
        en: "Every commune is the sum of its branches, and all communes together are all",
        told: wrong.join("; "),
    };
    let flow: Flow = ledger.of_all();
    let whole = Finding {
        code: "whole_balances",
        holds: flow.after(before.all) == Some(after.all),
        vi: "Tất cả: đầu năm + vào − ra = cuối năm",
        en: "All: at the start + came − left = at the end",
        told: told_if(flow.after(before.all) != Some(after.all), || {
            format!(
                "{} + {} − {} ≠ {}",
                before.all, flow.came, flow.left, after.all
            )
        }),
    };
    let once: BTreeSet<&PlaceId> = after.branches.values().flatten().collect();
    let known: BTreeSet<PlaceId> = world.branches.iter().map(|b| b.place).collect();
    let is_once = once.len() == after.lines
        && after.lines == after.all
        && after.below_ended == 0
        && after.branches.keys().all(|place| known.contains(place));
    let counted_once = Finding {
        code: "counted_once",
        holds: is_once,
        vi: "Mỗi người tính một lần, ở một chi bộ còn hoạt động",
        en: "Everybody is counted once, in a branch that has not ended",
        told: told_if(!is_once, || {
            format!(
                "{} / {} / {}; {}",
                once.len(),
                after.lines,
                after.all,
                after.below_ended
            )
        }),
    };
    vec![branches, communes, whole, counted_once]
}

fn told_if(is_wrong: bool, words: impl FnOnce() -> String) -> String {
    if is_wrong { words() } else { String::new() }
}

/// Everything that the year tells of and this world can have has happened.
pub(super) fn happened(world: &World, ledger: &Ledger) -> Finding {
    let counts = ledger.counts();
    let never: Vec<&str> = (YEAR.iter())
        .filter(|line| line.can_be(world.size))
        .filter(|line| counts.get(line.code).copied().unwrap_or(0) == 0)
        .map(|line| line.code)
        .collect();
    Finding {
        code: "everything_happened",
        holds: never.is_empty(),
        vi: "Mọi việc của năm đều đã xảy ra",
        en: "Everything that the year tells of happened",
        told: never.join(", "),
    }
}

/// What a device is asked at the end.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct DeviceState {
    /// It says that it is synced.
    pub synced: bool,
    /// It has the node's digest of what it reads.
    pub digest: bool,
    /// Its documents are the node's, heads and content.
    pub state: bool,
    /// It counts its branch as the node does.
    pub figures: bool,
    /// Its store is whole.
    pub whole: bool,
    /// It counts with the rule that the committee added.
    pub rule: bool,
}

/// Asks a device that is in use, and the node about it.
pub(super) fn device(
    worker: &Worker,
    i: DeviceId,
    (on, counted): (Day, &Counted),
) -> Result<DeviceState, DemoError> {
    let world = worker.world;
    let d = &world.devices[i];
    let mut handset = worker.open(i)?;
    let synced = worker.last_sync(&mut handset, i)?;
    let phone = &handset.phone;
    let digest = phone.digest()?.0;
    let view = phone.view().ok_or(DemoError::NodeStopped)?;
    let state = shared_state(phone.store(), &view.scopes(phone.tree()))?;
    let below = match d.role {
        Role::Member => d.place,
        _ => world.branches[d.branch].place,
    };
    let own = roll::figures(phone.store(), phone.tree(), (Some(below), None), on)?.members;
    let report = phone
        .store()
        .read(|tx| check::check(tx, phone.tree(), false))?;
    let rules = Known::of(phone.store())?.regulations;
    let rule = rules
        .at(Key::CheckInEvery, on)
        .map(|rule| rule.source.number.clone());
    let theirs = world.office(move |node| node_state(node, view))??;
    Ok(DeviceState {
        synced,
        digest: digest == theirs.0,
        state: state == theirs.1,
        figures: own == counted.below(below),
        whole: report.faults.is_empty(),
        rule: rule.as_deref() == Some(ADDED_RULE),
    })
}

fn node_state(node: &mut OfficeNode, view: View) -> Result<(Hash, Hash), StoreError> {
    let digest = node.digest(view)?;
    let scopes = view.scopes(node.tree());
    Ok((digest, shared_state(node.store(), &scopes)?))
}

fn shared_state(
    store: &SqliteStore,
    scopes: &BTreeSet<chibo_core::id::ScopeId>,
) -> Result<Hash, StoreError> {
    store.read(|tx| Ok(replica::state_digest(tx, Some(scopes))?.0))
}

/// What all devices that are in use say, and that those that were laid down hold nothing.
pub(super) fn devices(world: &World, figures: &Figures, left: usize) -> Vec<Finding> {
    let agree = |code, n: usize, vi, en| Finding {
        code,
        holds: n == figures.devices,
        vi,
        en,
        told: told_if(n != figures.devices, || {
            format!("{n} / {}", figures.devices)
        }),
    };
    let over = world
        .devices
        .iter()
        .filter(|d| d.stage() == Stage::Over)
        .count();
    vec![
        agree(
            "devices_synced",
            figures.synced,
            "Mọi máy báo xã đã nhận hết",
            "Every device says that it is synced",
        ),
        agree(
            "digests_equal",
            figures.digests_equal.min(figures.states_equal),
            "Mọi máy trùng với xã",
            "Every device has the node's digest and content",
        ),
        agree(
            "phones_count_alike",
            figures.figures_equal,
            "Máy đếm chi bộ của mình như xã đếm",
            "Every device counts its branch as the node does",
        ),
        agree(
            "rule_known",
            figures.rule_known,
            "Mọi máy tính theo quy định mới thêm",
            "Every device counts with the rule that was added",
        ),
        agree(
            "devices_whole",
            figures.stores_whole,
            "Kho của mọi máy nguyên vẹn",
            "Every device's store passes its check",
        ),
        Finding {
            code: "laid_down",
            holds: left == 0,
            vi: "Máy đã bàn giao không còn gì, quyền đã kết thúc",
            en: "Devices that were handed over hold nothing, and their roles have ended",
            told: told_if(left > 0, || format!("{left} / {over}")),
        },
    ]
}

/// How many of the devices that were laid down hold something, or have a role that goes on.
pub(super) fn left_over(world: &World) -> Result<usize, DemoError> {
    let mut left = 0;
    for (i, _) in (world.devices.iter().enumerate()).filter(|(_, d)| d.stage() == Stage::Over) {
        let handset: Handset = world.open(i)?;
        let key = handset.phone.public_key();
        let ended = world.office(move |node| {
            let device = node.devices()?.into_iter().find(|d| d.grant.key == key);
            Ok::<_, StoreError>(device.is_some_and(|d| d.ended.is_some()))
        })??;
        let is_empty = handset.phone.tree().is_empty()
            && handset.phone.store().find(&Find::default())?.is_empty();
        left += usize::from(!ended || !is_empty);
    }
    Ok(left)
}

/// The check of the node's whole store, and that nothing was refused.
pub(super) fn node(world: &World) -> Result<Vec<Finding>, DemoError> {
    let (faults, waiting) = world.office(|node| {
        let report = node
            .store()
            .read(|tx| check::check(tx, node.tree(), true))?;
        let mut faults = report.faults;
        faults.extend(node.store().check_file()?);
        // A phone that goes on from an old backup says numbers twice; what it says again is taken.
        let twice = [reason::FORK, reason::FEED_ENDED];
        let waiting = node.quarantine()?.into_iter();
        let waiting = waiting.filter(|(_, row)| row.held > 0 || !twice.contains(&row.reason));
        let waiting = waiting.map(|(_, row)| format!("{} {}", row.reason, row.words));
        Ok::<_, StoreError>((faults, waiting.collect::<Vec<_>>()))
    })??;
    Ok(vec![
        Finding {
            code: "verify",
            holds: faults.is_empty(),
            vi: "Kiểm tra toàn bộ kho của xã: không có sai sót",
            en: "The check of the node's whole store finds nothing",
            told: faults.join("; "),
        },
        Finding {
            code: "nothing_refused",
            holds: waiting.is_empty(),
            vi: "Không việc gì bị từ chối hay còn treo, trừ phần trùng số của máy chạy lại",
            en: "Nothing was refused or waits, but for numbers that a restored device said twice",
            told: waiting.join("; "),
        },
    ])
}
