//! Room: how much of requests and answers the node holds in memory at the same time.
//!
//! Any number of devices may come at once, some over lines that carry a few kilobytes a second. What
//! they send is read piece by piece and counted while it comes; room for an answer is taken before the
//! answer is made and given back as it leaves. Where there is no room a device is told to come again.

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use chibo_core::limits;
use futures_util::StreamExt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a sender may be silent inside a body.
const SILENCE: Duration = Duration::from_secs(30);
/// How long a request waits for room for its answer; shorter than any device waits for the node.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes of an answer that are given to the connection at once.
const PIECE: usize = 16 * 1024;

/// Why a request was not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoRoom {
    /// Longer than any request.
    #[error("the request is too long")]
    TooLong,
    /// The sender fell silent, or hung up.
    #[error("the request did not arrive")]
    Silent,
    /// Others take all the room there is: come again.
    #[error("the node is busy")]
    Full,
}

impl NoRoom {
    /// The status that says so.
    pub fn status(self) -> StatusCode {
        match self {
            NoRoom::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            NoRoom::Silent => StatusCode::REQUEST_TIMEOUT,
            NoRoom::Full => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

/// Some of the room; given back when it is dropped.
#[derive(Debug)]
pub struct Held(Option<OwnedSemaphorePermit>);

/// The room of a node. Counted in KiB.
#[derive(Debug, Clone)]
pub struct Room {
    requests: Arc<Semaphore>,
    answers: Arc<Semaphore>,
    silence: Duration,
    patience: Duration,
}

impl Default for Room {
    fn default() -> Self {
        Room::with_patience(SILENCE, PATIENCE)
    }
}

fn kib(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX)
}

impl Room {
    /// Room in which a sender may be silent for so long, and a request wait for so long.
    pub fn with_patience(silence: Duration, patience: Duration) -> Self {
        Room {
            requests: Arc::new(Semaphore::new(kib(limits::NODE_REQUESTS_BYTES) as usize)),
            answers: Arc::new(Semaphore::new(kib(limits::NODE_ANSWERS_BYTES) as usize)),
            silence,
            patience,
        }
    }

    /// Reads a whole body of at most `limit` bytes.
    pub async fn read(&self, body: Body, limit: usize) -> Result<(Vec<u8>, Held), NoRoom> {
        let mut stream = body.into_data_stream();
        let mut bytes = Vec::new();
        let mut held: Option<OwnedSemaphorePermit> = None;
        loop {
            let piece = match tokio::time::timeout(self.silence, stream.next()).await {
                Ok(Some(Ok(piece))) => piece,
                Ok(None) => return Ok((bytes, Held(held))),
                Ok(Some(Err(_))) | Err(_) => return Err(NoRoom::Silent),
            };
            let length = bytes.len() + piece.len();
            if length > limit {
                return Err(NoRoom::TooLong);
            }
            let so_far = held.as_ref().map_or(0, |h| h.num_permits() as u32);
            let more = kib(length).saturating_sub(so_far);
            if more > 0 {
                let permit = self.requests.clone().try_acquire_many_owned(more);
                let permit = permit.map_err(|_| NoRoom::Full)?;
                match &mut held {
                    Some(h) => h.merge(permit),
                    None => held = Some(permit),
                }
            }
            bytes.extend_from_slice(&piece);
        }
    }

    /// Takes the room for an answer that is still to be made.
    pub async fn for_answer(&self) -> Result<Held, NoRoom> {
        self.for_bytes(limits::ANSWER_BYTES).await
    }

    /// Takes the room for so many bytes that are to leave.
    pub async fn for_bytes(&self, bytes: usize) -> Result<Held, NoRoom> {
        let wanted = self.answers.clone().acquire_many_owned(kib(bytes));
        match tokio::time::timeout(self.patience, wanted).await {
            Ok(Ok(permit)) => Ok(Held(Some(permit))),
            _ => Err(NoRoom::Full),
        }
    }
}

/// An answer on its way: what has left gives its room back.
#[derive(Debug)]
pub struct Leaving {
    bytes: Bytes,
    held: Held,
}

impl Leaving {
    /// The answer in the room that was taken for it.
    pub fn new(bytes: Vec<u8>, held: Held) -> Self {
        let mut leaving = Leaving {
            bytes: bytes.into(),
            held,
        };
        leaving.give_back();
        leaving
    }

    /// Keeps room for what is left, and no more.
    fn give_back(&mut self) {
        if let Some(permit) = &mut self.held.0 {
            let spare = permit
                .num_permits()
                .saturating_sub(kib(self.bytes.len()) as usize);
            drop(permit.split(spare));
        }
    }
}

impl hyper::body::Body for Leaving {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Bytes>, Self::Error>>> {
        if self.bytes.is_empty() {
            return Poll::Ready(None);
        }
        let length = PIECE.min(self.bytes.len());
        let piece = self.bytes.split_to(length);
        self.give_back();
        Poll::Ready(Some(Ok(hyper::body::Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        hyper::body::SizeHint::with_exact(self.bytes.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    fn free(room: &Room) -> (usize, usize) {
        (
            room.requests.available_permits(),
            room.answers.available_permits(),
        )
    }

    #[tokio::test]
    async fn what_is_read_takes_room_until_it_is_dropped() {
        let room = Room::default();
        let before = free(&room);
        let (bytes, held) = room.read(Body::from(vec![7; 2_500]), 2_500).await.unwrap();
        assert_eq!(bytes.len(), 2_500);
        assert_eq!(free(&room).0, before.0 - 3);
        drop(held);
        assert_eq!(free(&room), before);
        let past = room.read(Body::from(vec![7; 2_501]), 2_500).await;
        assert_eq!(past.unwrap_err(), NoRoom::TooLong);
        assert_eq!(free(&room), before);
    }

    #[tokio::test]
    async fn when_the_room_is_full_the_next_is_told_to_come_again() {
        let room = Room::default();
        let mut held = Vec::new();
        let full = loop {
            match room
                .read(
                    Body::from(vec![7; limits::REQUEST_BYTES]),
                    limits::REQUEST_BYTES,
                )
                .await
            {
                Ok((_, more)) => held.push(more),
                Err(e) => break e,
            }
        };
        assert_eq!(full, NoRoom::Full);
        assert_eq!(
            held.len(),
            limits::NODE_REQUESTS_BYTES / limits::REQUEST_BYTES
        );
        held.pop();
        assert!(room.read(Body::from(vec![7; 100]), 100).await.is_ok());
    }

    #[tokio::test]
    async fn a_sender_who_falls_silent_is_let_go() {
        let silent =
            Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        let room = Room::with_patience(Duration::from_millis(1), PATIENCE);
        assert_eq!(room.read(silent, 100).await.unwrap_err(), NoRoom::Silent);
    }

    #[tokio::test]
    async fn an_answer_gives_its_room_back_as_it_leaves_and_a_reader_who_stops_does_not() {
        let room = Room::with_patience(SILENCE, Duration::from_millis(1));
        let before = free(&room);
        let held = room.for_answer().await.unwrap();
        assert_eq!(before.1 - free(&room).1, limits::ANSWER_BYTES / 1024);
        let leaving = Leaving::new(vec![7; 40 * 1024], held);
        assert_eq!(before.1 - free(&room).1, 40);
        assert_eq!(
            to_bytes(Body::new(leaving), usize::MAX)
                .await
                .unwrap()
                .len(),
            40 * 1024
        );
        assert_eq!(free(&room), before);

        let mut slow = Vec::new();
        while free(&room).1 >= limits::ANSWER_BYTES / 1024 {
            slow.push(room.for_answer().await.unwrap());
        }
        assert_eq!(
            room.for_answer().await.unwrap_err(),
            NoRoom::Full,
            "after waiting a while"
        );
        slow.pop();
        assert!(room.for_answer().await.is_ok());
    }
}
