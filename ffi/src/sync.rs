//! The sync, and the threads that calls which wait run on.
//!
//! A call that waits is a task of the library's own runtime, so no thread of the caller is used for it; the future that the
//! caller holds ends the task when it is dropped. The store's lock is taken for each step and never across a wait.

use crate::callbacks::SyncProgress;
use crate::chibo::{Chibo, Shared, count};
use crate::describe::Text;
use crate::error::ChiboError;
use crate::quiet;
use chibo_core::carriers::http::{CarrierError, Device, Progress};
use chibo_core::log::End;
use chibo_core::phone::{Exchange, Outcome, Phone, SyncError, problem};
use chibo_core::store::StoreError;
use chibo_core::store::sqlite::SqliteStore;
use chibo_core::wire::Wait;
use chibo_device::edge::SystemChance;
use chibo_device::{home, words};
use rand_core::RngCore;
use std::future::Future;
use std::sync::{Arc, OnceLock};
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// Threads for what waits on lines; the work of one sync is on one of them.
const THREADS: usize = 2;

fn runtime() -> Result<&'static Runtime, ChiboError> {
    static RUNTIME: OnceLock<Option<Runtime>> = OnceLock::new();
    let made = RUNTIME.get_or_init(|| {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(THREADS).thread_name(quiet::THREAD);
        builder.enable_all().build().ok()
    });
    made.as_ref().ok_or(ChiboError::Broken)
}

/// A task that ends when nobody waits for it any more.
struct Task<R>(JoinHandle<R>);

impl<R> Drop for Task<R> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs a call on the library's own threads. Dropped, it is aborted where it waits; a panic becomes an error.
pub(crate) async fn on_runtime<R: Send + 'static>(
    call: impl Future<Output = Result<R, ChiboError>> + Send + 'static,
) -> Result<R, ChiboError> {
    quiet::install();
    let mut task = Task(runtime()?.spawn(call));
    (&mut task.0).await.unwrap_or(Err(ChiboError::Broken))
}

/// How far a sync has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct SyncSteps {
    /// Round trips.
    pub round_trips: u32,
    /// Bytes sent.
    pub bytes_up: u64,
    /// Bytes that came.
    pub bytes_down: u64,
    /// Frames taken in.
    pub frames: u32,
}

impl From<&Progress> for SyncSteps {
    fn from(p: &Progress) -> Self {
        SyncSteps {
            round_trips: count(p.round_trips),
            bytes_up: p.bytes_up as u64,
            bytes_down: p.bytes_down as u64,
            frames: count(p.frames),
        }
    }
}

/// How this device's grant has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Ending {
    /// It is worth nothing any more.
    Over,
    /// Another key has taken its place.
    Succeeded,
    /// Its place went to another node: [`SyncOutcome::moved_to`].
    MovedAway,
    /// The office told the device to wipe itself.
    Wiped,
}

/// Why the node judges and tells nothing for now. The device's work is all here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Waiting {
    /// The node was restored, and waits for its office.
    Restored,
    /// The device was silent for long: call the office.
    Unseen,
    /// The grant has not begun.
    NotBegun,
}

/// An own change that was refused.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Refused {
    /// The reason's number (`core/docs/format.md`).
    pub reason: u8,
    /// Why, in words.
    pub why: Text,
}

pub(crate) fn refused(reason: u8) -> Refused {
    Refused {
        reason,
        why: words::refusal(reason).into(),
    }
}

/// How a sync ended.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct SyncOutcome {
    /// Whether the node has all that this device has, and the other way round.
    pub synced: bool,
    /// Own changes that were received now.
    pub handed_over: u32,
    /// Changes that still wait.
    pub waiting: u32,
    /// Own changes that wait for the office to decide.
    pub held: u32,
    /// Items that came.
    pub came: u32,
    /// Own changes that were refused.
    pub refused: Vec<Refused>,
    /// Own changes that the node takes on another day: the device has handed over too much today.
    pub too_much_today: u32,
    /// How this device's grant has ended, if it has.
    pub ended: Option<Ending>,
    /// Whether the device has wiped itself, as the office told it to; the store is closed and gone.
    pub wiped: bool,
    /// Why the node judges and tells nothing for now.
    pub waits: Option<Waiting>,
    /// The address of the node that keeps this device's place now, if it went elsewhere.
    pub moved_to: Option<String>,
    /// Seconds that this device's clock is ahead (behind, if negative), if that is much.
    pub clock_off_seconds: Option<i64>,
    /// Round trips, bytes and frames.
    pub steps: SyncSteps,
}

/// The device as a sync borrows it: step by step, with others between.
struct OnLine {
    shared: Arc<Shared>,
    progress: Option<Arc<dyn SyncProgress>>,
    steps: Progress,
    /// Why a step could not be made: closed meanwhile, or broken.
    stopped: Option<ChiboError>,
}

impl OnLine {
    fn kept<R>(&mut self, done: Result<Result<R, SyncError>, ChiboError>) -> Result<R, SyncError> {
        done.unwrap_or_else(|e| {
            self.stopped = Some(e);
            Err(StoreError::Missing.into())
        })
    }
}

impl Device for OnLine {
    type Store = SqliteStore;

    fn step<R>(
        &mut self,
        what: impl FnOnce(&mut Phone<SqliteStore>, &mut dyn RngCore) -> Result<R, SyncError>,
    ) -> Result<R, SyncError> {
        if self.stopped.is_some() {
            return Err(StoreError::Missing.into());
        }
        let done = self
            .shared
            .hold(|h, _| Ok(what(&mut h.phone, &mut SystemChance)));
        self.kept(done)
    }

    fn request(&mut self) -> Result<(Vec<u8>, Exchange), SyncError> {
        let done = self.shared.now().and_then(|now| {
            self.shared
                .hold(|h, _| Ok(h.request(now, &mut SystemChance)))
        });
        self.kept(done)
    }

    fn heard(&mut self, progress: &Progress) {
        self.steps = *progress;
        let heard = self.progress.as_ref().map(|p| p.heard(progress.into()));
        if let Some(Err(failed)) = heard {
            // The step that follows ends the sync.
            self.stopped = Some(failed.into());
        }
    }
}

#[uniffi::export]
impl Chibo {
    /// Hands over what was edited and takes in what is new, until nothing is left to say; at the kept address, or at
    /// another one of the same node, which is then kept. Cancelled, or with a line that breaks, it leaves what came
    /// whole. One runs at a time: a second one waits for the first. Screens may read and edit meanwhile.
    pub async fn sync(
        &self,
        url: Option<String>,
        progress: Option<Arc<dyn SyncProgress>>,
    ) -> Result<SyncOutcome, ChiboError> {
        let shared = self.shared.clone();
        on_runtime(async move {
            let _one_at_a_time = shared.line.lock().await;
            let (node, address) = shared.hold(|h, key| {
                if h.is_practice()? {
                    return Err(ChiboError::Practice);
                }
                let home = h.home(url.as_deref())?;
                h.tend_recovery(key)?;
                Ok(home)
            })?;
            let mut device = OnLine {
                shared: shared.clone(),
                progress,
                steps: Progress::default(),
                stopped: None,
            };
            let done = node.sync_by_steps(&mut device).await;
            let outcome = outcome_of(done, &mut device)?;
            let now = shared.now()?;
            shared.hold(|h, _| {
                let refused = outcome.refused.len();
                home::note_answer(&mut h.phone, now, outcome.synced, refused)?;
                Ok(h.tidy_outbox()?)
            })?;
            let mut wiped = false;
            if outcome.ended == Some(End::Wiped) && shared.hold(|h, _| Ok(h.wipe_if_told()?))? {
                // If the line breaks here, the next sync says it.
                let done = node.sync_by_steps(&mut device).await;
                outcome_of(done, &mut device)?;
                shared.close(true)?;
                wiped = true;
            }
            let moved_to = match wiped {
                true => None,
                false => shared.hold(|h, _| {
                    if url.is_some() {
                        h.keep_url(&address)?;
                    }
                    Ok(h.phone.new_home()?.map(|home| home.url))
                })?,
            };
            Ok(told(&outcome, wiped, moved_to, (&device.steps).into()))
        })
        .await
    }
}

fn outcome_of(
    done: Result<Outcome, CarrierError>,
    device: &mut OnLine,
) -> Result<Outcome, ChiboError> {
    match device.stopped.take() {
        Some(stopped) => Err(stopped),
        None => Ok(done?),
    }
}

pub(crate) fn ending(end: End) -> Ending {
    match end {
        End::Succeeded => Ending::Succeeded,
        End::HandedOver => Ending::MovedAway,
        End::Wiped => Ending::Wiped,
        _ => Ending::Over,
    }
}

/// How much others' work came. What is said of one's own, that it was received or not taken in, is told for itself.
pub(crate) fn came(outcome: &Outcome) -> usize {
    let own = outcome.handed_over + outcome.refused.len();
    outcome.entries.saturating_sub(own) + outcome.filled
}

fn told(outcome: &Outcome, wiped: bool, moved_to: Option<String>, steps: SyncSteps) -> SyncOutcome {
    let too_much = outcome.problems.iter();
    let too_much = too_much.filter(|p| p.code == problem::TOO_MUCH_TODAY);
    SyncOutcome {
        synced: outcome.synced,
        handed_over: count(outcome.handed_over),
        waiting: count(outcome.waiting),
        held: count(outcome.held),
        came: count(came(outcome)),
        refused: (outcome.refused.iter())
            .map(|(_, reason)| refused(*reason))
            .collect(),
        too_much_today: count(too_much.count()),
        ended: outcome.ended.map(ending),
        wiped,
        waits: outcome.waits.map(|wait| match wait {
            Wait::Restored => Waiting::Restored,
            Wait::Unseen => Waiting::Unseen,
            Wait::NotBegun => Waiting::NotBegun,
        }),
        moved_to,
        clock_off_seconds: outcome.clock_off_seconds,
        steps,
    }
}
