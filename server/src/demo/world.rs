//! The world of the demo: the node, the roster in it, the devices, and what is counted.

use super::agenda::{Event, FIRST, Part, Plans};
use super::check::{self, Counted, Finding};
use super::figures::Figures;
use super::ledger::{Happened, Ledger};
use super::year;
use crate::bring_in::{PlacedBranch, bring_in};
use crate::district::{self, Before, Size};
use crate::handset::Handset;
use crate::intake::{self, Intake, IntakeThread, OfficeNode};
use crate::line::Line;
use crate::serve;
use crate::tls;
use crate::words::{Lang, say};
use chibo_core::carriers::http::{CarrierError, HttpNode, Options};
use chibo_core::date::Day;
use chibo_core::document::Value;
use chibo_core::enrol::{Offer, Ticket};
use chibo_core::id::{PersonId, PlaceId};
use chibo_core::lock::StoreKey;
use chibo_core::node::Node;
use chibo_core::place::Role;
use chibo_core::store::StoreError;
use chibo_core::store::sqlite::{Durability, Find, SqliteStore};
use chibo_core::time::Timestamp;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
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
    /// An election was not recorded.
    #[error("{0}")]
    Election(#[from] chibo_core::node::ElectionError),
    /// The reform's plan cannot be read.
    #[error("{0}")]
    Plan(#[from] chibo_core::reform::PlanError),
    /// The reform was not done.
    #[error("{0}")]
    Reform(#[from] chibo_core::node::ReformError),
    /// Something was not forgotten.
    #[error("{0}")]
    Erase(#[from] chibo_core::node::EraseError),
    /// A list could not be worked out.
    #[error("{0}")]
    List(#[from] chibo_device::lists::ListError),
    /// Somebody's card was not taken.
    #[error("{0}")]
    Stranger(chibo_core::identity::BadGrant),
    /// Nobody gave what was to be taken over.
    #[error("nobody has given the branch")]
    NotGiven,
    /// A device was not emptied.
    #[error("{0}")]
    LayDown(#[from] chibo_core::phone::LayDownError),
}

/// Counters that all threads add to.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub edits: AtomicU64,
    pub lines_broken: AtomicU64,
    pub decided: AtomicU64,
    pub round_trips: AtomicU64,
    pub bytes_up: AtomicU64,
    pub bytes_down: AtomicU64,
}

/// A device, by its place in the list.
pub(super) type DeviceId = usize;

/// How far a device's life has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its owner has no ticket yet.
    Waits,
    /// It is in use; if it is a secretary's, another one leads the branch still.
    InUse,
    /// It is in use, and its owner does the work of its role.
    Leads,
    /// It was handed over.
    Over,
}

const STAGES: [Stage; 4] = [Stage::Waits, Stage::InUse, Stage::Leads, Stage::Over];

/// One device and whose it is.
#[derive(Debug)]
pub(super) struct Device {
    pub folder: PathBuf,
    pub role: Role,
    pub place: PlaceId,
    /// The branch, by its place in the list.
    pub branch: usize,
    /// The member, by their place in the branch.
    pub member: usize,
    pub seed: u64,
    ticket: Mutex<Option<Ticket>>,
    stage: AtomicU8,
    /// The day of the year on which it last had a line that held.
    heard: AtomicU64,
}

impl Device {
    pub(super) fn stage(&self) -> Stage {
        STAGES[usize::from(self.stage.load(Ordering::SeqCst)) % STAGES.len()]
    }

    pub(super) fn set_stage(&self, stage: Stage) {
        let at = STAGES.iter().position(|s| *s == stage).unwrap_or(0);
        self.stage.store(at as u8, Ordering::SeqCst);
    }

    /// Its owner gets a ticket.
    pub(super) fn get(&self, ticket: Ticket) {
        *self.ticket.lock().unwrap_or_else(PoisonError::into_inner) = Some(ticket);
    }

    fn is_used(&self) -> bool {
        matches!(self.stage(), Stage::InUse | Stage::Leads)
    }

    /// For how many days it has had no line that held.
    pub(super) fn unheard(&self, day: u64) -> u64 {
        day.saturating_sub(self.heard.load(Ordering::SeqCst))
    }

    pub(super) fn is_heard(&self, day: u64) {
        self.heard.store(day, Ordering::SeqCst);
    }
}

/// The demo's world.
pub struct World {
    seed: u64,
    lang: Lang,
    pub(super) size: Size,
    folder: tempfile::TempDir,
    handle: tokio::runtime::Handle,
    address: SocketAddr,
    options: Options,
    intake: Intake,
    thread: Mutex<Option<IntakeThread>>,
    stop: Mutex<Option<oneshot::Sender<()>>>,
    /// The world's clock: seconds.
    pub(super) clock: Arc<AtomicU64>,
    pub(super) branches: Vec<PlacedBranch>,
    pub(super) devices: Vec<Device>,
    pub(super) plans: Plans,
    /// The reform's plan, in a district that it made.
    pub(super) reform: Option<String>,
    pub(super) counters: Counters,
    ledger: Mutex<Ledger>,
    findings: Mutex<Vec<Finding>>,
    /// Lines of the year of which the ledger does not hear.
    unheard: BTreeSet<String>,
    bars: bool,
    began: Instant,
    seconds_roster: f64,
}

/// The first of the year (1 December 2024, 00:00 UTC), in seconds.
pub(super) const FIRST_DAY: u64 = 1_733_011_200;
/// Seconds of a day.
pub(super) const DAY: u64 = 86_400;
/// The day on which its people's records stand: a week before the year.
const STANDS_ON: i32 = (FIRST_DAY / DAY) as i32 - 8;

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
        let today = district::invent_on(size, seed, STANDS_ON);
        // Where the reform makes the district, the year begins before it.
        let (district, reform) = match district::before_the_reform(today.clone()) {
            Some(Before { district, plan }) => (district, Some(plan)),
            None => (today, None),
        };
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
        let mut devices = tickets(&mut node, &branches, folder.path(), &mut rng)?;
        let plans = Plans::of(size, &branches, &devices);
        for part in plans.parts(Event::Elected) {
            let Some(member) = part.index else { continue };
            let place = branches[part.branch].place;
            let role = Role::Secretary;
            let n = devices.len();
            devices.push(device(
                folder.path(),
                n,
                (role, place),
                (part.branch, member),
                &mut rng,
            ));
        }

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
            size,
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
            plans,
            reform,
            counters: Counters::default(),
            ledger: Mutex::default(),
            findings: Mutex::default(),
            unheard: BTreeSet::new(),
            bars,
            began,
            seconds_roster,
        })
    }

    /// In which language the demo speaks.
    pub(super) fn lang(&self) -> Lang {
        self.lang
    }

    /// Where the node's page is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The world's time.
    pub(super) fn now(&self) -> Timestamp {
        Timestamp(self.clock.load(Ordering::SeqCst))
    }

    /// The ledger does not hear of these lines of the year.
    pub fn leave_out(&mut self, codes: &[&str]) {
        self.unheard = codes.iter().map(|code| (*code).to_owned()).collect();
    }

    /// It happened.
    pub(super) fn note(&self, happened: impl IntoIterator<Item = Happened>) {
        let is_heard = |h: &Happened| {
            h.event
                .line()
                .is_none_or(|line| !self.unheard.contains(line.code))
        };
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        ledger.note(happened.into_iter().filter(is_heard));
    }

    /// It was looked at.
    pub(super) fn find(&self, finding: Finding) {
        let mut findings = self.findings.lock().unwrap_or_else(PoisonError::into_inner);
        findings.push(finding);
    }

    /// The branch that a transfer inside the node leads to.
    pub(super) fn goes_to(&self, part: &Part) -> usize {
        (part.branch + 1) % self.branches.len()
    }

    /// What somebody is called after a decision on their name.
    pub(super) fn new_name(&self, part: &Part) -> String {
        let member = part
            .index
            .and_then(|i| self.branches[part.branch].members.get(i));
        let name = member.and_then(|(_, m)| m.values.get("full_name"));
        let name = name.map(Value::shown).unwrap_or_default();
        let surname = name.split_whitespace().next().unwrap_or("Nguyễn");
        format!("{surname} Thị Tên Mới")
    }

    /// The devices in use.
    pub(super) fn used(&self) -> Vec<DeviceId> {
        let all = self.devices.iter().enumerate();
        all.filter(|(_, d)| d.is_used()).map(|(i, _)| i).collect()
    }

    /// Lets the year pass, and looks at what came of it.
    pub fn live(&self) -> Result<Figures, DemoError> {
        let enrolling = Instant::now();
        let first: Vec<DeviceId> = (0..self.devices.len())
            .filter(|i| self.devices[*i].ticket.lock().is_ok_and(|t| t.is_some()))
            .collect();
        self.everybody(
            say(self.lang, "Ghi danh các máy", "Enrolling devices"),
            &first,
            |worker, i| {
                worker.enrol(i)?;
                self.devices[i].set_stage(Stage::Leads);
                Ok(())
            },
        )?;
        let seconds_enrolment = enrolling.elapsed().as_secs_f64();
        let before = self.count(Day::from_civil(FIRST.0, FIRST.1, 1)?)?;
        let year = Instant::now();
        let last = year::pass(self)?;
        let seconds_year = year.elapsed().as_secs_f64();
        let mut figures = self.compare(&before, last)?;
        figures.seconds_roster = self.seconds_roster;
        figures.seconds_enrolment = seconds_enrolment;
        figures.seconds_year = seconds_year;
        figures.seconds = self.began.elapsed().as_secs_f64();
        Ok(figures)
    }

    /// Whom the node counts on a day.
    fn count(&self, on: Day) -> Result<Counted, DemoError> {
        let counted = self.office(move |node| check::count(node.store(), node.tree(), on))?;
        Ok(counted?)
    }

    /// Has the office do something.
    pub(super) fn office<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut OfficeNode) -> T + Send + 'static,
    ) -> Result<T, DemoError> {
        self.handle
            .block_on(self.intake.ask(act))
            .map_err(|_| DemoError::NodeStopped)
    }

    /// Has these devices do something, some at the same time, each thread over a line of its own.
    pub(super) fn everybody(
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

    fn compare(&self, before: &Counted, last: Day) -> Result<Figures, DemoError> {
        let used = self.used();
        let after = self.count(last)?;
        let [synced, digests, states, same, whole, rule] = [const { AtomicUsize::new(0) }; 6];
        self.everybody(
            say(self.lang, "So với xã", "Comparing with the node"),
            &used,
            |worker, i| {
                let state = check::device(worker, i, (last, &after))?;
                for (count, holds) in [
                    (&synced, state.synced),
                    (&digests, state.digest),
                    (&states, state.state),
                    (&same, state.figures),
                    (&whole, state.whole),
                    (&rule, state.rule),
                ] {
                    count.fetch_add(usize::from(holds), Ordering::SeqCst);
                }
                Ok(())
            },
        )?;
        let (documents, entries, conflicts) = self.office(|node| {
            let rows = node.store().find(&Find::default())?;
            let entries = node.position()?.n;
            let conflicts = rows.iter().map(|r| u64::from(r.conflicts)).sum();
            Ok::<_, StoreError>((rows.len(), entries, conflicts))
        })??;
        let left = check::left_over(self)?;
        let count = |c: &AtomicU64| c.load(Ordering::SeqCst);
        let ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        let (came, gone) = ledger.by_event();
        let mut figures = Figures {
            seed: self.seed,
            branches: self.branches.len(),
            communes: after.communes.len(),
            members: before.all,
            devices: used.len(),
            laid_down: (self.devices.iter())
                .filter(|d| d.stage() == Stage::Over)
                .count(),
            documents,
            edits: count(&self.counters.edits),
            decided: count(&self.counters.decided),
            flow: ledger.of_all(),
            came,
            left: gone,
            members_at_end: after.all,
            happened: ledger.counts(),
            entries,
            conflicts_kept: conflicts,
            lines_broken: count(&self.counters.lines_broken),
            bytes_up: count(&self.counters.bytes_up),
            bytes_down: count(&self.counters.bytes_down),
            round_trips: count(&self.counters.round_trips),
            synced: synced.into_inner(),
            digests_equal: digests.into_inner(),
            states_equal: states.into_inner(),
            figures_equal: same.into_inner(),
            stores_whole: whole.into_inner(),
            rule_known: rule.into_inner(),
            ..Figures::default()
        };
        let findings = self.findings.lock().unwrap_or_else(PoisonError::into_inner);
        let mut checks = check::balance(self, &ledger, before, &after);
        checks.extend(findings.iter().cloned());
        checks.push(check::happened(self, &ledger));
        checks.extend(check::node(self)?);
        checks.extend(check::devices(self, &figures, left));
        figures.checks = checks;
        Ok(figures)
    }

    /// A device, opened as when its owner takes it out of the pocket.
    pub(super) fn open(&self, i: DeviceId) -> Result<Handset, DemoError> {
        Ok(Handset::open(&self.devices[i].folder, &throwaway_key())?)
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

/// The key of stores that hold invented people and go with the demo.
fn throwaway_key() -> StoreKey {
    StoreKey::from_bytes(*b"invented people, gone in seconds")
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
                let made = device(folder, devices.len(), (role, at), (b, m), rng);
                made.get(ticket);
                devices.push(made);
            }
        }
    }
    Ok(devices)
}

fn device(
    folder: &std::path::Path,
    n: DeviceId,
    (role, place): (Role, PlaceId),
    (branch, member): (usize, usize),
    rng: &mut dyn RngCore,
) -> Device {
    Device {
        folder: folder.join(format!("device-{n}")),
        role,
        place,
        branch,
        member,
        seed: rng.next_u64(),
        ticket: Mutex::new(None),
        stage: AtomicU8::new(0),
        heard: AtomicU64::new(0),
    }
}

/// One thread's hands: a line of its own, and the devices one after another.
pub(super) struct Worker<'a> {
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

    pub(super) fn open(&self, i: DeviceId) -> Result<Handset, DemoError> {
        self.world.open(i)
    }

    /// A new device, with its owner's ticket; it is in use afterwards.
    pub(super) fn enrol(&self, i: DeviceId) -> Result<(), DemoError> {
        let device = &self.world.devices[i];
        let ticket = device
            .ticket
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let ticket = ticket.ok_or(DemoError::NotGiven)?;
        let mut rng = ChaCha8Rng::seed_from_u64(device.seed);
        let mut handset = Handset::create(&device.folder, &throwaway_key(), &mut rng)?;
        self.runtime
            .block_on(self.node.enrol(&ticket, &mut handset.phone))?;
        self.sync(&mut handset, None, &mut rng)?;
        device.set_stage(Stage::InUse);
        Ok(())
    }

    /// Syncs; if the line is to break, after so many bytes. Returns whether the device says "synced".
    pub(super) fn sync(
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

    /// The last sync of the year.
    pub(super) fn last_sync(&self, handset: &mut Handset, i: DeviceId) -> Result<bool, DemoError> {
        let mut rng = ChaCha8Rng::seed_from_u64(self.world.devices[i].seed ^ 0xe0d);
        self.sync(handset, None, &mut rng)
    }
}
