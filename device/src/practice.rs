//! Practice (*Chạy thử*): a branch of twelve invented people in a folder of its own, where everything can be tried and
//! nothing can be spoiled. It never leaves the device, and goes with one call.
//!
//! A practice store is made as a real one comes to be: an office in memory enrols the phone, a deputy writes as well,
//! and both sync. Then the office is forgotten, and with it the keys that anybody could send to. So every screen finds
//! what it finds on a real phone: somebody away who was not heard of, a meeting, a transfer that is under way, a field
//! that two people filled in differently.
//!
//! Does not know: the clock, screens (which show a watermark, by [`Handset::is_practice`]).

use crate::edge::SystemChance;
use crate::file;
use crate::handset::{self, Handset, STORE};
use crate::keys::{self, Daily, KeyError};
use chibo_core::author::{Doing, EditError, Target};
use chibo_core::case::NEW;
use chibo_core::document::{Value, Values};
use chibo_core::domain::check_in::CHECK_IN;
use chibo_core::domain::meeting::MEETING;
use chibo_core::domain::member::{MEMBER, MEMBER_SENSITIVE};
use chibo_core::domain::transfer::TRANSFER;
use chibo_core::domain::unit::UNIT;
use chibo_core::enrol::Offer;
use chibo_core::id::{PersonId, PlaceId, random16};
use chibo_core::lock::StoreKey;
use chibo_core::node::Node;
use chibo_core::phone::{Phone, SyncError};
use chibo_core::place::{PlaceKind, Role};
use chibo_core::records;
use chibo_core::store::memory::MemoryStore;
use chibo_core::store::{Store, StoreError};
use chibo_core::time::Timestamp;
use chibo_core::wire::FrameReader;
use chibo_people::{Member, Size, check_in_values, conflicting, invent, meeting_values};
use std::io;
use std::path::{Path, PathBuf};

/// How many people there are.
pub const MEMBERS: usize = 12;
/// The setting that marks a practice store.
const PRACTICE: &str = "practice";
/// The file beside the store that says so before there is one, so that what a killed process has left is known.
const MARKER: &str = "practice";
/// Always the same people.
const SEED: u64 = 12;

/// Why there is no practice store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PracticeError {
    /// A real store lies in the folder.
    #[error("a real store lies in this folder")]
    RealStore,
    /// The clock is off the calendar.
    #[error("the clock is off")]
    Clock,
    /// The lock could not be made or opened.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The office in memory and the phone did not understand each other: a fault of the program.
    #[error("practice could not be made: {0}")]
    Made(String),
    /// The engine failed.
    #[error(transparent)]
    Sync(#[from] SyncError),
}

impl From<StoreError> for PracticeError {
    fn from(e: StoreError) -> Self {
        PracticeError::Sync(e.into())
    }
}

impl From<EditError> for PracticeError {
    fn from(e: EditError) -> Self {
        PracticeError::Sync(e.into())
    }
}

fn file_error(path: PathBuf) -> impl FnOnce(io::Error) -> PracticeError {
    move |e| KeyError::File(path, e).into()
}

/// Whether what lies in a folder is practice, begun or whole.
pub fn is_in(folder: &Path) -> bool {
    folder.join(MARKER).exists()
}

/// Removes the practice store in a folder; anything else stays.
pub fn discard(folder: &Path) -> Result<(), PracticeError> {
    if !is_in(folder) {
        return Ok(());
    }
    handset::discard(folder)?;
    let marker = folder.join(MARKER);
    std::fs::remove_file(&marker).map_err(file_error(marker))
}

/// Opens the practice store in a folder, or makes it there. What it holds is nobody's secret: its key lies beside it.
pub fn open(folder: &Path, now: Timestamp) -> Result<(Handset, StoreKey), PracticeError> {
    let store = folder.join(STORE);
    if store.exists() && !is_in(folder) {
        return Err(PracticeError::RealStore);
    }
    if store.exists()
        && let Ok(key) = keys::open_daily(&store, &Daily::KeyFile(None))
        && let Ok(handset) = Handset::open(folder, &key)
        && handset.is_practice()?
    {
        return Ok((handset, key));
    }
    // Nothing is there, or the process was killed while it was made.
    make(folder, MEMBERS, now)
}

/// Makes the practice store in a folder, with so many people, in the place of one that is there.
pub fn make(
    folder: &Path,
    members: usize,
    now: Timestamp,
) -> Result<(Handset, StoreKey), PracticeError> {
    let store = folder.join(STORE);
    if store.exists() && !is_in(folder) {
        return Err(PracticeError::RealStore);
    }
    discard(folder)?;
    handset::make_folder(folder)?;
    let marker = folder.join(MARKER);
    file::write_whole(&marker, b"").map_err(file_error(marker))?;
    let key = keys::make(&store, &Daily::KeyFile(None))?;
    let mut handset = Handset::create(folder, &key, &mut SystemChance)?;
    fill(&mut handset, members, now)?;
    Ok((handset, key))
}

impl Handset {
    /// Whether this is practice: it never leaves the device.
    pub fn is_practice(&self) -> Result<bool, StoreError> {
        let store = self.phone.store();
        Ok(store.read(|tx| records::meta(tx, PRACTICE))?.is_some())
    }
}

/// The office in memory.
type Office = Node<MemoryStore>;

/// Fills a new phone as its branch's secretary with so many invented people, and marks it as practice.
fn fill(handset: &mut Handset, members: usize, now: Timestamp) -> Result<(), PracticeError> {
    let rng = &mut SystemChance;
    let store = MemoryStore::new();
    let (mut office, _) = Node::init(store, "Đảng ủy xã (chạy thử)", now, rng)?;
    let (branch, people) = bring_in(&mut office, members, now)?;
    enrol(
        &mut office,
        &mut handset.phone,
        Role::Secretary,
        branch,
        people[0].0,
        now,
    )?;
    sync(&mut office, &mut handset.phone, now)?;
    let mut deputy = Phone::create(MemoryStore::new(), rng)?;
    enrol(
        &mut office,
        &mut deputy,
        Role::Deputy,
        branch,
        people[1].0,
        now,
    )?;
    sync(&mut office, &mut deputy, now)?;
    deputy_works(&mut deputy, branch, &people, now)?;
    // Neither knew of the other's words.
    let (place, member) = &people[3];
    let [one, two] = conflicting(rng, &member.values);
    let target = Target::at(*place, &MEMBER, b"");
    deputy.edit(target, &one, now, rng)?;
    handset.phone.edit(target, &two, now, rng)?;
    sync(&mut office, &mut deputy, now)?;
    sync(&mut office, &mut handset.phone, now)?;
    handset.note_mark()?;
    let store = handset.phone.store_mut();
    Ok(store.write(|tx| records::set_meta(tx, PRACTICE, &[1]))?)
}

/// The branch and its people.
type Branch = (PlaceId, Vec<(PlaceId, Member)>);

fn bring_in(office: &mut Office, members: usize, now: Timestamp) -> Result<Branch, PracticeError> {
    let rng = &mut SystemChance;
    let size = match members {
        0..=MEMBERS => Size::Branch,
        _ => Size::Commune,
    };
    let district = invent(size, SEED);
    let made = || PracticeError::Made("no people".into());
    let invented = district.branches().next().ok_or_else(made)?;
    let branch = PlaceId::random(rng);
    let mut places = vec![(branch, PlaceKind::Branch, office.root())];
    let mut unit = invented.unit.clone();
    let name = format!("{} (chạy thử)", invented.name);
    unit.insert("name".into(), Value::Text(name));
    let mut edits = vec![(Target::at(branch, &UNIT, b""), unit)];
    // The secretary and the deputy come first; of the others those who are away, so that there is something to ask.
    let mut all: Vec<&Member> = district.members().collect();
    if let Some(others) = all.get_mut(2..) {
        others.sort_by_key(|m| !m.away);
        others.rotate_left(others.iter().filter(|m| m.away).count().saturating_sub(3));
    }
    let mut people = Vec::new();
    for member in all.into_iter().take(members) {
        let place = PlaceId::random(rng);
        places.push((place, PlaceKind::Member, branch));
        edits.push((Target::at(place, &MEMBER, b""), member.values.clone()));
        if !member.sensitive.is_empty() {
            let target = Target::at(place, &MEMBER_SENSITIVE, b"");
            edits.push((target, member.sensitive.clone()));
        }
        people.push((place, member.clone()));
    }
    if people.len() < 5 {
        return Err(made());
    }
    office.edit_many(&places, &edits, now, rng)?;
    Ok((branch, people))
}

fn enrol<S: Store>(
    office: &mut Office,
    phone: &mut Phone<S>,
    role: Role,
    place: PlaceId,
    person: PlaceId,
    now: Timestamp,
) -> Result<(), PracticeError> {
    let rng = &mut SystemChance;
    let until = Timestamp(now.0.saturating_add(3_600));
    let offer = Offer::new(role, place, PersonId(person.0), until);
    let made = |e: &dyn std::fmt::Display| PracticeError::Made(e.to_string());
    let ticket = office.ticket("", &offer, rng).map_err(|e| made(&e))?;
    let request = ticket.request(phone.key()).to_bytes();
    let reply = office.enrol(&request, now, rng).map_err(|e| made(&e))?;
    Ok(phone.enrolled(&ticket, &reply)?)
}

/// Round trips of a sync in memory at most; a few are enough.
const ROUND_TRIPS: usize = 50;

fn sync<S: Store>(
    office: &mut Office,
    phone: &mut Phone<S>,
    now: Timestamp,
) -> Result<(), PracticeError> {
    for _ in 0..ROUND_TRIPS {
        let (request, mut exchange) = phone.request(now, &mut SystemChance)?;
        let answer = office.handle(&[request], now).pop();
        let answer = answer.ok_or_else(|| PracticeError::Made("no answer".into()))?;
        let answer = answer.map_err(|e| PracticeError::Made(e.to_string()))?;
        let mut frames = FrameReader::new();
        frames.feed(&answer);
        while let Some(frame) = frames.next_frame().map_err(SyncError::from)? {
            phone.receive(&mut exchange, &frame)?;
        }
        if phone.outcome(&exchange)?.synced {
            return Ok(());
        }
    }
    Err(PracticeError::Made("no end of the answers".into()))
}

/// A meeting some weeks ago, somebody who said where they are, a transfer that is under way.
fn deputy_works(
    deputy: &mut Phone<MemoryStore>,
    branch: PlaceId,
    people: &[(PlaceId, Member)],
    now: Timestamp,
) -> Result<(), PracticeError> {
    let rng = &mut SystemChance;
    let today = now.day_in_vietnam().ok_or(PracticeError::Clock)?;
    let ago = |days: i32| today.plus_days(-days).ok_or(PracticeError::Clock);
    let all: Vec<(PlaceId, &Member)> = people.iter().map(|(place, m)| (*place, m)).collect();
    let met = ago(25)?;
    let target = Target::at(branch, &MEETING, met.to_string().as_bytes());
    deputy.edit(target, &meeting_values(rng, &all, met), now, rng)?;
    if let Some((place, member)) = all.iter().find(|(_, m)| m.away) {
        let said = ago(10)?;
        let target = Target::at(*place, &CHECK_IN, said.to_string().as_bytes());
        deputy.edit(target, &check_in_values(rng, member, said), now, rng)?;
    }
    let begins = TRANSFER
        .case
        .and_then(|c| c.acts.iter().find(|a| a.from.contains(&NEW)));
    if let (Some((place, _)), Some(act)) = (people.last(), begins) {
        let said = Values::from([("on".into(), Value::Text(ago(14)?.to_string()))]);
        let doing = Doing {
            act: act.code,
            about: None,
            said: &said,
        };
        let target = Target::at(*place, &TRANSFER, &random16(rng));
        deputy.act(target, doing, now, rng)?;
    }
    Ok(())
}
