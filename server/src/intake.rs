//! The intake: one thread owns the node, and takes what waits for it in batches.
//!
//! Requests of many devices that wait at the same moment are judged and written together (group
//! commit): one fsync serves them all. Nothing is answered before it is on disk. The queue is bounded;
//! when it is full the device is told to come again, and keeps its work.
//!
//! A fault of the program in one job ends that job and no other: what it had begun to write is rolled back, the node is
//! opened anew over its store, and whoever asked is told that it could not be done.

use chibo_core::enrol::{EnrolReply, Word};
use chibo_core::node::{EnrolError, Node, Rejection};
use chibo_core::store::sqlite::SqliteStore;
use chibo_core::time::Timestamp;
use rand_core::RngCore;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// The node on a store in a file, as it runs in an office.
pub type OfficeNode = Node<SqliteStore>;

/// A source of moments; injected, so that the demo can live through a month in a minute.
pub type Clock = Box<dyn Fn() -> Timestamp + Send>;
/// A source of randomness.
pub type Chance = Box<dyn RngCore + Send>;

/// The reply to who asks to be known, or the node's word that it refuses; or that nothing could be said now.
pub type Enrolment = Result<Result<EnrolReply, Box<Word>>, EnrolError>;

/// A question that the console asks the node.
type Question = Box<dyn FnOnce(&mut OfficeNode, &Clock) + Send>;

enum Task {
    Sync(
        Vec<u8>,
        oneshot::Sender<Result<Result<Vec<u8>, Rejection>, Busy>>,
    ),
    Enrol(Vec<u8>, oneshot::Sender<Result<Enrolment, Busy>>),
    Ask(Question),
    Stop,
}

/// Requests that may wait.
const QUEUE: usize = 256;
/// Requests that are judged together.
const BATCH: usize = 64;

/// Why the intake did not take something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Busy {
    /// Too much waits already.
    #[error("the node is busy")]
    Full,
    /// The node is shutting down.
    #[error("the node is shutting down")]
    Stopping,
    /// The program has a fault that this meets. Nothing of it was done; the node goes on with others.
    #[error("the node could not do this")]
    Failed,
}

/// The way to the node from any thread.
#[derive(Clone, Debug)]
pub struct Intake {
    tasks: SyncSender<Task>,
    /// Whether the thread has ended, however it did.
    ended: Arc<AtomicBool>,
}

impl std::fmt::Debug for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Task")
    }
}

/// The running thread; gives the node back when it ends.
#[derive(Debug)]
pub struct IntakeThread(JoinHandle<Option<OfficeNode>>);

/// Says that the thread has ended, before whoever waits hears that nobody answers.
struct Ending(Arc<AtomicBool>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Starts the thread that owns the node.
pub fn start(node: OfficeNode, clock: Clock, chance: Chance) -> (Intake, IntakeThread) {
    let (sender, receiver) = sync_channel(QUEUE);
    let ended = Arc::new(AtomicBool::new(false));
    let ending = Ending(ended.clone());
    let thread = std::thread::spawn(move || {
        // Dropped in this order: first it is said, then all that waits is let go.
        let (receiver, ending) = (receiver, ending);
        let node = run(node, &receiver, &clock, chance);
        drop(ending);
        node
    });
    let intake = Intake {
        tasks: sender,
        ended,
    };
    (intake, IntakeThread(thread))
}

/// Does one job; if it panics, what it had of the store is rolled back, and the node is opened anew over it.
fn job<R>(
    node: &mut Option<OfficeNode>,
    job: impl FnOnce(&mut OfficeNode) -> R,
) -> Result<R, Busy> {
    let mut owner = node.take().ok_or(Busy::Stopping)?;
    let done = catch_unwind(AssertUnwindSafe(|| job(&mut owner)));
    match done {
        Ok(done) => {
            *node = Some(owner);
            Ok(done)
        }
        Err(_) => {
            // What it holds beside the store may be half changed. If it cannot be opened, nothing is safe here any more.
            *node = owner.reopened().ok();
            Err(Busy::Failed)
        }
    }
}

/// Judges requests together; where the program has a fault that one of them meets, each by itself.
fn judge(
    node: &mut Option<OfficeNode>,
    requests: &[Vec<u8>],
    clock: &Clock,
) -> Vec<Result<Result<Vec<u8>, Rejection>, Busy>> {
    match job(node, |node| node.handle(requests, clock())) {
        Ok(answers) => answers.into_iter().map(Ok).collect(),
        Err(busy) if requests.len() < 2 => vec![Err(busy)],
        // What was written already is a request that comes twice.
        Err(_) => (requests.chunks(1))
            .flat_map(|one| judge(node, one, clock))
            .collect(),
    }
}

fn run(
    node: OfficeNode,
    tasks: &Receiver<Task>,
    clock: &Clock,
    mut chance: Chance,
) -> Option<OfficeNode> {
    let mut node = Some(node);
    let mut next = None;
    while node.is_some() {
        let Some(task) = next.take().or_else(|| tasks.recv().ok()) else {
            break;
        };
        match task {
            Task::Sync(bytes, reply) => {
                let mut requests = vec![bytes];
                let mut replies = vec![reply];
                while requests.len() < BATCH {
                    match tasks.try_recv() {
                        Ok(Task::Sync(bytes, reply)) => {
                            requests.push(bytes);
                            replies.push(reply);
                        }
                        Ok(other) => {
                            next = Some(other);
                            break;
                        }
                        Err(_) => break,
                    }
                }
                let answers = judge(&mut node, &requests, clock);
                for (answer, reply) in answers.into_iter().zip(replies) {
                    // A device that hung up meanwhile gets it with its next request.
                    let _ = reply.send(answer);
                }
            }
            Task::Enrol(bytes, reply) => {
                let _ = reply.send(job(&mut node, |node| {
                    node.answer_enrolment(&bytes, clock(), &mut *chance)
                }));
            }
            // It drops the way to who asked, who takes that for a fault.
            Task::Ask(question) => drop(job(&mut node, |node| question(node, clock))),
            Task::Stop => break,
        }
    }
    node
}

impl Intake {
    fn send(&self, task: Task) -> Result<(), Busy> {
        self.tasks.try_send(task).map_err(|e| match e {
            TrySendError::Full(_) => Busy::Full,
            TrySendError::Disconnected(_) => Busy::Stopping,
        })
    }

    /// Why nobody answers.
    fn unanswered(&self) -> Busy {
        match self.is_running() {
            true => Busy::Failed,
            false => Busy::Stopping,
        }
    }

    /// Whether the node takes jobs at all.
    pub fn is_running(&self) -> bool {
        !self.ended.load(Ordering::SeqCst)
    }

    /// Has a request judged and answered.
    pub async fn sync(&self, bytes: Vec<u8>) -> Result<Result<Vec<u8>, Rejection>, Busy> {
        let (reply, answer) = oneshot::channel();
        self.send(Task::Sync(bytes, reply))?;
        answer.await.unwrap_or_else(|_| Err(self.unanswered()))
    }

    /// Has a device enrolled, or hears the node's word that it is not.
    pub async fn enrol(&self, bytes: Vec<u8>) -> Result<Enrolment, Busy> {
        let (reply, answer) = oneshot::channel();
        self.send(Task::Enrol(bytes, reply))?;
        answer.await.unwrap_or_else(|_| Err(self.unanswered()))
    }

    /// Asks the node something, on its own thread.
    pub async fn ask<R: Send + 'static>(
        &self,
        question: impl FnOnce(&mut OfficeNode) -> R + Send + 'static,
    ) -> Result<R, Busy> {
        self.put_question(|node, _| question(node)).await
    }

    /// As [`Intake::ask`], for what depends on when it is asked.
    pub async fn ask_at<R: Send + 'static>(
        &self,
        question: impl FnOnce(&mut OfficeNode, Timestamp) -> R + Send + 'static,
    ) -> Result<R, Busy> {
        self.put_question(|node, clock| question(node, clock()))
            .await
    }

    async fn put_question<R: Send + 'static>(
        &self,
        question: impl FnOnce(&mut OfficeNode, &Clock) -> R + Send + 'static,
    ) -> Result<R, Busy> {
        let (reply, answer) = oneshot::channel();
        self.send(Task::Ask(Box::new(move |node, clock| {
            let _ = reply.send(question(node, clock));
        })))?;
        answer.await.map_err(|_| self.unanswered())
    }

    /// Lets the thread end when what waits before is done.
    pub fn stop(&self) {
        let _ = self.tasks.send(Task::Stop);
    }
}

impl IntakeThread {
    /// Waits for the thread and gives the node back; `None` if it could not be used any more.
    pub fn join(self) -> Option<OfficeNode> {
        self.0.join().ok().flatten()
    }
}
