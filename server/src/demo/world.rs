//! The world of the demo: the node, the roster in it, the devices, and what is counted.

use super::agenda::{Event, FIRST, Part, Plans};
use super::check::{self, Counted, Finding};
use super::device::{Device, DeviceId, Stage, device, tickets};
use super::error::DemoError;
use super::figures::Figures;
use super::ledger::{Happened, Ledger};
use super::worker::Worker;
use super::year;
use crate::bring_in::{PlacedBranch, bring_in};
use crate::district::{self, Before, Size};
use crate::handset::Handset;
use crate::intake::{self, Intake, IntakeThread, OfficeNode};
use crate::serve;
use crate::tls;
use crate::words::{Lang, say};
use chibo_core::carriers::http::Options;
use chibo_core::date::Day;
use chibo_core::document::Value;
use chibo_core::lock::StoreKey;
use chibo_core::node::Node;
use chibo_core::place::Role;
use chibo_core::store::StoreError;
use chibo_core::store::sqlite::{Durability, Find, SqliteStore};
use chibo_core::time::Timestamp;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::sync::oneshot;

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

/// The demo's world.
pub struct World {
    seed: u64,
    lang: Lang,
    pub(super) size: Size,
    folder: tempfile::TempDir,
    handle: tokio::runtime::Handle,
    pub(super) address: SocketAddr,
    pub(super) options: Options,
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
            say(self.lang, "Đăng ký các máy", "Enrolling devices"),
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
pub(super) fn throwaway_key() -> StoreKey {
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
