//! The intake: one thread owns the node, and takes what waits for it in batches.
//!
//! Requests of many devices that wait at the same moment are judged and written together (group
//! commit): one fsync serves them all. Nothing is answered before it is on disk. The queue is bounded;
//! when it is full the device is told to come again, and keeps its work.

use chibo_core::enrol::{EnrolReply, Word};
use chibo_core::node::{EnrolError, Node, Rejection};
use chibo_core::store::sqlite::SqliteStore;
use chibo_core::time::Timestamp;
use rand_core::RngCore;
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
pub type Question = Box<dyn FnOnce(&mut OfficeNode) + Send>;

enum Task {
    Sync(Vec<u8>, oneshot::Sender<Result<Vec<u8>, Rejection>>),
    Enrol(Vec<u8>, oneshot::Sender<Enrolment>),
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
}

/// The way to the node from any thread.
#[derive(Clone, Debug)]
pub struct Intake(SyncSender<Task>);

impl std::fmt::Debug for Task {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Task")
    }
}

/// The running thread; gives the node back when it ends.
#[derive(Debug)]
pub struct IntakeThread(JoinHandle<OfficeNode>);

/// Starts the thread that owns the node.
pub fn start(node: OfficeNode, clock: Clock, chance: Chance) -> (Intake, IntakeThread) {
    let (sender, receiver) = sync_channel(QUEUE);
    let thread = std::thread::spawn(move || run(node, &receiver, &clock, chance));
    (Intake(sender), IntakeThread(thread))
}

fn run(
    mut node: OfficeNode,
    tasks: &Receiver<Task>,
    clock: &Clock,
    mut chance: Chance,
) -> OfficeNode {
    let mut next = None;
    loop {
        let Some(task) = next.take().or_else(|| tasks.recv().ok()) else {
            return node;
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
                let answers = node.handle(&requests, clock());
                for (answer, reply) in answers.into_iter().zip(replies) {
                    // A device that hung up meanwhile gets it with its next request.
                    let _ = reply.send(answer);
                }
            }
            Task::Enrol(bytes, reply) => {
                let _ = reply.send(node.answer_enrolment(&bytes, clock(), &mut *chance));
            }
            Task::Ask(question) => question(&mut node),
            Task::Stop => return node,
        }
    }
}

impl Intake {
    fn send(&self, task: Task) -> Result<(), Busy> {
        self.0.try_send(task).map_err(|e| match e {
            TrySendError::Full(_) => Busy::Full,
            TrySendError::Disconnected(_) => Busy::Stopping,
        })
    }

    /// Has a request judged and answered.
    pub async fn sync(&self, bytes: Vec<u8>) -> Result<Result<Vec<u8>, Rejection>, Busy> {
        let (reply, answer) = oneshot::channel();
        self.send(Task::Sync(bytes, reply))?;
        answer.await.map_err(|_| Busy::Stopping)
    }

    /// Has a device enrolled, or hears the node's word that it is not.
    pub async fn enrol(&self, bytes: Vec<u8>) -> Result<Enrolment, Busy> {
        let (reply, answer) = oneshot::channel();
        self.send(Task::Enrol(bytes, reply))?;
        answer.await.map_err(|_| Busy::Stopping)
    }

    /// Asks the node something, on its own thread.
    pub async fn ask<R: Send + 'static>(
        &self,
        question: impl FnOnce(&mut OfficeNode) -> R + Send + 'static,
    ) -> Result<R, Busy> {
        let (reply, answer) = oneshot::channel();
        self.send(Task::Ask(Box::new(move |node| {
            let _ = reply.send(question(node));
        })))?;
        answer.await.map_err(|_| Busy::Stopping)
    }

    /// Lets the thread end when what waits before is done.
    pub fn stop(&self) {
        let _ = self.0.send(Task::Stop);
    }
}

impl IntakeThread {
    /// Waits for the thread and gives the node back; `None` if it panicked.
    pub fn join(self) -> Option<OfficeNode> {
        self.0.join().ok()
    }
}
