//! The world of the demo: the node, the roster in it, the devices, and what is counted.

use super::year;
use crate::bring_in::{PlacedBranch, bring_in};
use crate::district::{self, Size};
use crate::handset::Handset;
use crate::intake::{self, Intake, IntakeThread, OfficeNode};
use crate::line::Line;
use crate::serve;
use crate::tls;
use crate::words::{Lang, say};
use chibo_core::carriers::http::{CarrierError, HttpNode, Options};
use chibo_core::date::Day;
use chibo_core::domain::decision::DECISION;
use chibo_core::domain::member::MEMBER;
use chibo_core::enrol::{Offer, Ticket};
use chibo_core::id::{Hash, PersonId, PlaceId};
use chibo_core::lock::StoreKey;
use chibo_core::node::Node;
use chibo_core::place::Role;
use chibo_core::register;
use chibo_core::replica;
use chibo_core::store::sqlite::{Durability, Find, SqliteStore};
use chibo_core::store::{Store, StoreError};
use chibo_core::time::Timestamp;
use chibo_core::tree::View;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio::sync::oneshot;

/// What could not be done.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The machine's files, network or threads.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// A store.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The node's certificate.
    #[error("{0}")]
    Tls(#[from] tls::TlsError),
    /// The roster did not go in.
    #[error("{0}")]
    Edit(#[from] chibo_core::author::EditError),
    /// A device did not get through on a line that holds.
    #[error("{0}")]
    Carrier(#[from] CarrierError),
    /// A day of the year is none.
    #[error("{0}")]
    Date(#[from] chibo_core::date::DateError),
    /// The node's thread ended.
    #[error("the node stopped")]
    NodeStopped,
    /// A member did not go where they were to.
    #[error("{0}")]
    Place(#[from] chibo_core::node::PlaceError),
    /// A ticket was not given.
    #[error("{0}")]
    Ticket(#[from] chibo_core::node::EnrolError),
}

/// What is told at the end.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Figures {
    /// The seed.
    pub seed: u64,
    /// Branches.
    pub branches: usize,
    /// Members.
    pub members: usize,
    /// Devices, each with a store of its own.
    pub devices: usize,
    /// Documents on the node.
    pub documents: usize,
    /// Edits that people made.
    pub edits: u64,
    /// What the office did in cases and with places.
    pub decided: u64,
    /// Members who were admitted in the year.
    pub admitted: u64,
    /// Members who died in it.
    pub died: usize,
    /// Members at its end, by the status that stands.
    pub members_at_end: usize,
    /// Entries in the node's log.
    pub entries: u64,
    /// Open conflicts at the end: both values kept.
    pub conflicts_kept: u64,
    /// Lines that broke midway.
    pub lines_broken: u64,
    /// Devices that went on from an old backup.
    pub restored: u64,
    /// Bytes from devices to the node, headers included.
    pub bytes_up: u64,
    /// Bytes from the node to devices, headers included.
    pub bytes_down: u64,
    /// Round trips.
    pub round_trips: u64,
    /// Seconds for the roster.
    pub seconds_roster: f64,
    /// Seconds for enrolment and first sync of all devices.
    pub seconds_enrolment: f64,
    /// Seconds for the year.
    pub seconds_year: f64,
    /// Seconds in all.
    pub seconds: f64,
    /// Devices that say "synced".
    pub synced: usize,
    /// Devices whose digest of the shared scopes equals the node's.
    pub digests_equal: usize,
    /// Devices whose documents equal the node's, heads and content.
    pub states_equal: usize,
}

impl Figures {
    /// Whether who was there, who came and who died make those who are there.
    pub fn balances(&self) -> bool {
        let came = self.members + usize::try_from(self.admitted).unwrap_or(usize::MAX);
        came.checked_sub(self.died) == Some(self.members_at_end)
    }
}

/// Counters that all threads add to.
#[derive(Debug, Default)]
pub struct Counters {
    pub edits: AtomicU64,
    pub lines_broken: AtomicU64,
    pub restored: AtomicU64,
    pub decided: AtomicU64,
    pub admitted: AtomicU64,
    pub round_trips: AtomicU64,
    pub bytes_up: AtomicU64,
    pub bytes_down: AtomicU64,
}

/// One device and whose it is.
#[derive(Debug)]
pub struct Device {
    pub folder: PathBuf,
    pub role: Role,
    pub place: PlaceId,
    /// The branch, by its place in the list.
    pub branch: usize,
    /// The member, by their place in the branch.
    pub member: usize,
    pub seed: u64,
    ticket: Ticket,
}

/// The demo's world.
pub struct World {
    seed: u64,
    lang: Lang,
    folder: tempfile::TempDir,
    handle: tokio::runtime::Handle,
    address: SocketAddr,
    options: Options,
    intake: Intake,
    thread: Mutex<Option<IntakeThread>>,
    stop: Mutex<Option<oneshot::Sender<()>>>,
    /// The world's clock: seconds.
    pub clock: Arc<AtomicU64>,
    pub branches: Vec<PlacedBranch>,
    pub devices: Vec<Device>,
    pub counters: Counters,
    bars: bool,
    began: Instant,
    seconds_roster: f64,
}

/// The first of the year (1 December 2026, 00:00 UTC), in seconds.
pub const FIRST_DAY: u64 = 1_796_083_200;
/// Seconds of a day.
pub const DAY: u64 = 86_400;

impl World {
    /// Invents the district, starts the node and gives every device its ticket.
    pub fn build(
        size: Size,
        seed: u64,
        bars: bool,
        lang: Lang,
        handle: &tokio::runtime::Handle,
    ) -> Result<Self, DemoError> {
        let began = Instant::now();
        let district = district::invent(size, seed);
        let folder = tempfile::Builder::new().prefix("chibo-demo").tempdir()?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let store = SqliteStore::create(
            &folder.path().join("node.db"),
            &throwaway_key(),
            Durability::Full,
        )?;
        let (mut node, _root_key) =
            Node::init(store, &district.name, Timestamp(FIRST_DAY), &mut rng)?;
        let total = district.members().count();
        let bar = bar(bars, say(lang, "Nhập danh sách", "Roster"), total);
        let branches = bring_in(
            &mut node,
            &district,
            Timestamp(FIRST_DAY),
            &mut rng,
            &mut |members| bar.inc(members as u64),
        )?;
        bar.finish_and_clear();
        let seconds_roster = began.elapsed().as_secs_f64();
        let devices = tickets(&mut node, &branches, folder.path(), &mut rng)?;

        let tls = tls::acceptor(node.epoch(), &node.tls_key()?, None)?;
        let options = Options::for_node(node.log(), node.epoch().epoch);
        let clock = Arc::new(AtomicU64::new(FIRST_DAY));
        let node_clock = clock.clone();
        let chance = ChaCha8Rng::seed_from_u64(seed ^ 0x6e6f_6465);
        let (intake, thread) = intake::start(
            node,
            Box::new(move || Timestamp(node_clock.load(Ordering::SeqCst))),
            Box::new(chance),
        );
        let listener = handle.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let accepting = intake.clone();
        handle.spawn(async move {
            serve::accept(listener, &accepting, Some(tls), async {
                let _ = stopped.await;
            })
            .await;
        });
        Ok(World {
            seed,
            lang,
            folder,
            handle: handle.clone(),
            address,
            options,
            intake,
            thread: Mutex::new(Some(thread)),
            stop: Mutex::new(Some(stop)),
            clock,
            branches,
            devices,
            counters: Counters::default(),
            bars,
            began,
            seconds_roster,
        })
    }

    /// In which language the demo speaks.
    pub fn lang(&self) -> Lang {
        self.lang
    }

    /// Where the node's page is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The world's time.
    pub fn now(&self) -> Timestamp {
        Timestamp(self.clock.load(Ordering::SeqCst))
    }

    /// Lets the year pass, and compares.
    pub fn live(&self) -> Result<Figures, DemoError> {
        let enrolling = Instant::now();
        let all: Vec<usize> = (0..self.devices.len()).collect();
        self.everybody(
            say(self.lang, "Ghi danh các máy", "Enrolling devices"),
            &all,
            |worker, i| worker.enrol(i),
        )?;
        let seconds_enrolment = enrolling.elapsed().as_secs_f64();
        let year = Instant::now();
        year::pass(self)?;
        let seconds_year = year.elapsed().as_secs_f64();
        let mut figures = self.compare()?;
        figures.seconds_roster = self.seconds_roster;
        figures.seconds_enrolment = seconds_enrolment;
        figures.seconds_year = seconds_year;
        figures.seconds = self.began.elapsed().as_secs_f64();
        Ok(figures)
    }

    /// Has the office do something.
    pub fn office<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut OfficeNode) -> T + Send + 'static,
    ) -> Result<T, DemoError> {
        self.handle
            .block_on(self.intake.ask(act))
            .map_err(|_| DemoError::NodeStopped)
    }

    /// Has these devices do something, some at the same time, each thread over a line of its own.
    pub fn everybody(
        &self,
        words: &str,
        devices: &[usize],
        act: impl Fn(&Worker, usize) -> Result<(), DemoError> + Sync,
    ) -> Result<(), DemoError> {
        let bar = bar(self.bars, words, devices.len());
        let next = AtomicUsize::new(0);
        let failure: Mutex<Option<DemoError>> = Mutex::new(None);
        let threads = std::thread::available_parallelism().map_or(2, |n| n.get());
        std::thread::scope(|scope| {
            for _ in 0..threads.min(devices.len()) {
                scope.spawn(|| {
                    let result = Worker::start(self).and_then(|worker| {
                        loop {
                            let failed = failure.lock().is_ok_and(|f| f.is_some());
                            let at = next.fetch_add(1, Ordering::SeqCst);
                            let Some(i) = devices.get(at).filter(|_| !failed) else {
                                worker.finish();
                                return Ok(());
                            };
                            act(&worker, *i)?;
                            bar.inc(1);
                        }
                    });
                    if let (Err(e), Ok(mut slot)) = (result, failure.lock()) {
                        slot.get_or_insert(e);
                    }
                });
            }
        });
        bar.finish_and_clear();
        match failure.into_inner() {
            Ok(None) => Ok(()),
            Ok(Some(e)) => Err(e),
            Err(_) => Err(DemoError::NodeStopped),
        }
    }

    fn compare(&self) -> Result<Figures, DemoError> {
        let equal = AtomicUsize::new(0);
        let states = AtomicUsize::new(0);
        let synced = AtomicUsize::new(0);
        let all: Vec<usize> = (0..self.devices.len()).collect();
        self.everybody(
            say(self.lang, "So với xã", "Comparing with the node"),
            &all,
            |worker, i| {
                let (outcome, digest, state) = worker.state(i)?;
                let d = &self.devices[i];
                let view = View {
                    role: d.role,
                    root: d.place,
                };
                let theirs = self
                    .handle
                    .block_on(self.intake.ask(move |node| node_state(node, view)))
                    .map_err(|_| DemoError::NodeStopped)??;
                equal.fetch_add(usize::from(digest == theirs.0), Ordering::SeqCst);
                states.fetch_add(usize::from(state == theirs.1), Ordering::SeqCst);
                synced.fetch_add(usize::from(outcome), Ordering::SeqCst);
                Ok(())
            },
        )?;
        let (documents, entries, conflicts) = self
            .handle
            .block_on(self.intake.ask(|node| {
                let rows = node.store().find(&Find::default())?;
                let entries = node.position()?.n;
                let conflicts = rows.iter().map(|r| u64::from(r.conflicts)).sum();
                Ok::<_, StoreError>((rows.len(), entries, conflicts))
            }))
            .map_err(|_| DemoError::NodeStopped)??;
        let members_at_end = self.office(at_end)??;
        let count = |c: &AtomicU64| c.load(Ordering::SeqCst);
        Ok(Figures {
            seed: self.seed,
            branches: self.branches.len(),
            members: self.branches.iter().map(|b| b.members.len()).sum(),
            devices: self.devices.len(),
            documents,
            edits: count(&self.counters.edits),
            decided: count(&self.counters.decided),
            admitted: count(&self.counters.admitted),
            died: year::deaths(self),
            members_at_end,
            entries,
            conflicts_kept: conflicts,
            lines_broken: count(&self.counters.lines_broken),
            restored: count(&self.counters.restored),
            bytes_up: count(&self.counters.bytes_up),
            bytes_down: count(&self.counters.bytes_down),
            round_trips: count(&self.counters.round_trips),
            synced: synced.into_inner(),
            digests_equal: equal.into_inner(),
            states_equal: states.into_inner(),
            ..Figures::default()
        })
    }

    /// Ends the node and removes the demo's files.
    pub fn end(self) {
        if let Ok(Some(stop)) = self.stop.lock().map(|mut s| s.take()) {
            let _ = stop.send(());
        }
        self.intake.stop();
        if let Ok(Some(thread)) = self.thread.lock().map(|mut t| t.take()) {
            drop(thread.join());
        }
        drop(self.folder);
    }
}

/// How many people are members, by the status that stands at the end of the year.
fn at_end(node: &mut OfficeNode) -> Result<usize, StoreError> {
    let on = Day::from_civil(2027, 11, 30).map_err(|e| StoreError::Damaged(e.to_string()))?;
    let rows = node.store().find(&Find {
        kind: Some(MEMBER.number),
        ..Find::default()
    })?;
    let mut members = 0;
    for row in &rows {
        let decisions = node.documents(row.place, &DECISION)?;
        let standing = register::status(&replica::values_of(row), &decisions, on);
        let is_over = standing.is_some_and(|s| s.value == "deceased");
        members += usize::from(!is_over);
    }
    Ok(members)
}

fn node_state(node: &mut intake::OfficeNode, view: View) -> Result<(Hash, Hash), StoreError> {
    let digest = node.digest(view)?;
    let scopes = view.scopes(node.tree());
    Ok((digest, shared_state(node.store(), &scopes)?))
}

/// The key of stores that hold invented people and go with the demo.
fn throwaway_key() -> StoreKey {
    StoreKey::from_bytes(*b"invented people, gone in seconds")
}

fn shared_state(
    store: &SqliteStore,
    scopes: &std::collections::BTreeSet<chibo_core::id::ScopeId>,
) -> Result<Hash, StoreError> {
    store.read(|tx| Ok(replica::state_digest(tx, Some(scopes))?.0))
}

fn bar(shown: bool, words: &str, len: usize) -> ProgressBar {
    let target = if shown {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(Some(len as u64), target);
    if let Ok(style) = ProgressStyle::with_template("{msg:28} {bar:40} {pos}/{len}") {
        bar.set_style(style);
    }
    bar.set_message(words.to_owned());
    bar
}

/// One device for each secretary, one for each fourth deputy, and those of members away.
fn tickets(
    node: &mut Node<SqliteStore>,
    branches: &[PlacedBranch],
    folder: &std::path::Path,
    rng: &mut dyn RngCore,
) -> Result<Vec<Device>, DemoError> {
    let mut devices = Vec::new();
    for (b, branch) in branches.iter().enumerate() {
        for (m, (place, member)) in branch.members.iter().enumerate() {
            let mut roles = Vec::new();
            if member.is_secretary {
                roles.push((Role::Secretary, branch.place));
            }
            if member.is_deputy && b % 4 == 0 {
                roles.push((Role::Deputy, branch.place));
            }
            if member.has_device {
                roles.push((Role::Member, *place));
            }
            for (role, at) in roles {
                let expires = Timestamp(FIRST_DAY + 7 * DAY);
                let offer = Offer::new(role, at, PersonId(place.0), expires);
                let ticket = node.ticket("", &offer, rng)?;
                devices.push(Device {
                    folder: folder.join(format!("device-{}", devices.len())),
                    role,
                    place: at,
                    branch: b,
                    member: m,
                    seed: rng.next_u64(),
                    ticket,
                });
            }
        }
    }
    Ok(devices)
}

/// One thread's hands: a line of its own, and the devices one after another.
pub struct Worker<'a> {
    pub world: &'a World,
    runtime: tokio::runtime::Runtime,
    line: Line,
    node: HttpNode,
}

impl<'a> Worker<'a> {
    fn start(world: &'a World) -> Result<Self, DemoError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let line = runtime.block_on(Line::to(world.address))?;
        let node = HttpNode::new(&line.secure_url(), &world.options)?;
        Ok(Worker {
            world,
            runtime,
            line,
            node,
        })
    }

    fn finish(&self) {
        let t = self.line.traffic();
        let counters = &self.world.counters;
        counters.bytes_up.fetch_add(t.up, Ordering::SeqCst);
        counters.bytes_down.fetch_add(t.down, Ordering::SeqCst);
    }

    /// The device, opened as when its owner takes it out of the pocket.
    pub fn open(&self, i: usize) -> Result<Handset, DemoError> {
        Ok(Handset::open(
            &self.world.devices[i].folder,
            &throwaway_key(),
        )?)
    }

    fn enrol(&self, i: usize) -> Result<(), DemoError> {
        let device = &self.world.devices[i];
        let mut rng = ChaCha8Rng::seed_from_u64(device.seed);
        let mut handset = Handset::create(&device.folder, &throwaway_key(), &mut rng)?;
        self.runtime
            .block_on(self.node.enrol(&device.ticket, &mut handset.phone))?;
        self.sync(&mut handset, None, &mut rng)?;
        Ok(())
    }

    /// Syncs; if the line is to break, after so many bytes. Returns whether the device says "synced".
    pub fn sync(
        &self,
        handset: &mut Handset,
        break_after: Option<u64>,
        rng: &mut dyn RngCore,
    ) -> Result<bool, DemoError> {
        self.line.break_after(break_after);
        let world = self.world;
        let mut trips = 0;
        let result =
            self.runtime
                .block_on(handset.sync(&self.node, &|| world.now(), rng, &mut |p| {
                    trips = p.round_trips
                }));
        self.line.break_after(None);
        world
            .counters
            .round_trips
            .fetch_add(trips.max(1) as u64, Ordering::SeqCst);
        match result {
            Ok(outcome) => Ok(outcome.synced),
            Err(CarrierError::Line(_)) if break_after.is_some() => {
                world.counters.lines_broken.fetch_add(1, Ordering::SeqCst);
                Ok(false)
            }
            Err(e) => Err(e.into()),
        }
    }

    fn state(&self, i: usize) -> Result<(bool, Hash, Hash), DemoError> {
        let mut handset = self.open(i)?;
        let mut rng = ChaCha8Rng::seed_from_u64(self.world.devices[i].seed ^ 0xe0d);
        let synced = self.sync(&mut handset, None, &mut rng)?;
        let phone = &handset.phone;
        let digest = phone.digest()?.0;
        let view = phone.view().ok_or(DemoError::NodeStopped)?;
        let state = shared_state(phone.store(), &view.scopes(phone.tree()))?;
        Ok((synced, digest, state))
    }
}
