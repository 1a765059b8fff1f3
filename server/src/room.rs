//! Room: how much of requests and answers the node holds in memory at the same time.
//!
//! Any number of devices may come at once, some over lines that carry a few kilobytes a second. What
//! they send is read piece by piece and counted while it comes; room for an answer is taken before the
//! answer is made and given back as it leaves. Where there is no room a device is told to come again. One
//! address has half of it at most: who sends long requests slowly, or reads answers slowly, keeps no others out.

use crate::share::{Share, Shares};
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use chibo_core::limits;
use futures_util::StreamExt;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a sender may be silent inside a body.
const SILENCE: Duration = Duration::from_secs(30);
/// How long a request waits for room for its answer; shorter than any device waits for the node.
const PATIENCE: Duration = Duration::from_secs(20);
/// How often it is looked whether an address has given room back.
const LOOK: Duration = Duration::from_millis(20);
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
#[derive(Debug, Default)]
pub struct Held {
    share: Option<Share>,
    /// Of an answer: who waits for room is served in turn.
    permit: Option<OwnedSemaphorePermit>,
}

/// The room of a node. Counted in KiB.
#[derive(Debug, Clone)]
pub struct Room {
    requests: Shares,
    answers: Arc<Semaphore>,
    answers_each: Shares,
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
        let requests = kib(limits::NODE_REQUESTS_BYTES) as usize;
        let answers = kib(limits::NODE_ANSWERS_BYTES) as usize;
        Room {
            requests: Shares::new(requests, requests / 2),
            answers: Arc::new(Semaphore::new(answers)),
            answers_each: Shares::new(answers, answers / 2),
            silence,
            patience,
        }
    }

    /// Reads a whole body of at most `limit` bytes that comes from this address.
    pub async fn read(
        &self,
        body: Body,
        limit: usize,
        from: IpAddr,
    ) -> Result<(Vec<u8>, Held), NoRoom> {
        let mut stream = body.into_data_stream();
        let mut bytes = Vec::new();
        let mut held = Held::default();
        loop {
            let piece = match tokio::time::timeout(self.silence, stream.next()).await {
                Ok(Some(Ok(piece))) => piece,
                Ok(None) => return Ok((bytes, held)),
                Ok(Some(Err(_))) | Err(_) => return Err(NoRoom::Silent),
            };
            let length = bytes.len() + piece.len();
            if length > limit {
                return Err(NoRoom::TooLong);
            }
            let needed = kib(length) as usize;
            let fits = match &mut held.share {
                Some(share) => share.grow(needed),
                none => {
                    *none = self.requests.take(from, needed);
                    none.is_some()
                }
            };
            if !fits {
                return Err(NoRoom::Full);
            }
            bytes.extend_from_slice(&piece);
        }
    }

    /// Takes the room for an answer that is still to be made, for this address.
    pub async fn for_answer(&self, from: IpAddr) -> Result<Held, NoRoom> {
        self.for_bytes(limits::ANSWER_BYTES, from).await
    }

    /// Takes the room for so many bytes that are to leave for this address.
    pub async fn for_bytes(&self, bytes: usize, from: IpAddr) -> Result<Held, NoRoom> {
        let wanted = async {
            let share = loop {
                match self.answers_each.take(from, kib(bytes) as usize) {
                    Some(share) => break share,
                    None => tokio::time::sleep(LOOK).await,
                }
            };
            let permit = self.answers.clone().acquire_many_owned(kib(bytes)).await;
            Some(Held {
                share: Some(share),
                permit: Some(permit.ok()?),
            })
        };
        match tokio::time::timeout(self.patience, wanted).await {
            Ok(Some(held)) => Ok(held),
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
        let left = kib(self.bytes.len()) as usize;
        if let Some(permit) = &mut self.held.permit {
            let spare = permit.num_permits().saturating_sub(left);
            drop(permit.split(spare));
        }
        if let Some(share) = &mut self.held.share {
            share.shrink(left);
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
    use std::net::Ipv4Addr;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
    const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 7));

    fn free(room: &Room) -> (usize, usize) {
        (room.requests.free(), room.answers.available_permits())
    }

    #[tokio::test]
    async fn what_is_read_takes_room_until_it_is_dropped() {
        let room = Room::default();
        let before = free(&room);
        let (bytes, held) = room
            .read(Body::from(vec![7; 2_500]), 2_500, HERE)
            .await
            .unwrap();
        assert_eq!(bytes.len(), 2_500);
        assert_eq!(free(&room).0, before.0 - 3);
        drop(held);
        assert_eq!(free(&room), before);
        let past = room.read(Body::from(vec![7; 2_501]), 2_500, HERE).await;
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
                    HERE,
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
        assert!(room.read(Body::from(vec![7; 100]), 100, HERE).await.is_ok());
    }

    #[tokio::test]
    async fn a_sender_who_falls_silent_is_let_go() {
        let silent =
            Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::io::Error>>());
        let room = Room::with_patience(Duration::from_millis(1), PATIENCE);
        assert_eq!(
            room.read(silent, 100, HERE).await.unwrap_err(),
            NoRoom::Silent
        );
    }

    #[tokio::test]
    async fn an_answer_gives_its_room_back_as_it_leaves_and_a_reader_who_stops_does_not() {
        let room = Room::with_patience(SILENCE, Duration::from_millis(1));
        let before = free(&room);
        let held = room.for_answer(HERE).await.unwrap();
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
            slow.push(room.for_answer(HERE).await.unwrap());
        }
        assert_eq!(
            room.for_answer(HERE).await.unwrap_err(),
            NoRoom::Full,
            "after waiting a while"
        );
        slow.pop();
        assert!(room.for_answer(HERE).await.is_ok());
    }

    #[tokio::test]
    async fn one_address_takes_half_of_the_room_and_the_rest_stays_for_others() {
        let room = Room::with_patience(SILENCE, Duration::from_millis(1));
        let long = || Body::from(vec![7; limits::REQUEST_BYTES]);
        let mut requests = Vec::new();
        let mut answers = Vec::new();
        while let Ok((_, held)) = room.read(long(), limits::REQUEST_BYTES, ELSEWHERE).await {
            requests.push(held);
        }
        while let Ok(held) = room.for_answer(ELSEWHERE).await {
            answers.push(held);
        }
        let half = limits::NODE_REQUESTS_BYTES / limits::REQUEST_BYTES / 2;
        assert_eq!(requests.len(), half);
        assert_eq!(
            answers.len(),
            limits::NODE_ANSWERS_BYTES / limits::ANSWER_BYTES / 2
        );
        let other = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 8));
        let read = room.read(long(), limits::REQUEST_BYTES, other).await;
        assert!(read.is_ok());
        assert!(room.for_answer(other).await.is_ok());
    }
}
