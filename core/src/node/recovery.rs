//! Recovery codes: what devices hand over for the day on which a PIN is forgotten, kept for the office to read out.

use super::grants::Term;
use super::judge::{counter, log_time};
use super::{Node, Rejection};
use crate::access;
use crate::codec::{Reader, Writer};
use crate::identity::Custody;
use crate::lock::RecoveryCode;
use crate::records;
use crate::recovery::{self, RecoveryRequest};
use crate::store::{Store, StoreError, Tx};
use crate::time::Timestamp;

/// What the node knows of a device's recovery code, without the code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recovery {
    /// Whether one is kept.
    pub kept: bool,
    /// How often this device's codes were read, at the office or by a leader of the branch.
    pub read: u64,
    /// When last; zero: never.
    pub last_read: Timestamp,
    /// By whom last: the entry of a leader's grant; zero: the office.
    pub read_by: u64,
}

/// Why the office gets no recovery code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoCode {
    /// No grant has this number.
    #[error("no grant has this number")]
    Unknown,
    /// The device is shut out, or goes on under another grant: its code is not told.
    #[error("this grant has ended")]
    Ended,
    /// The device never handed one over.
    #[error("this device has handed over no recovery code")]
    NeverHandedOver,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn code_name(n: u64) -> String {
    format!("recovery/{n}")
}

fn read_name(n: u64) -> String {
    format!("recovery-read/{n}")
}

fn kept(tx: &dyn Tx, n: u64) -> Result<Option<(Timestamp, RecoveryCode)>, StoreError> {
    let Some(bytes) = records::meta(tx, &code_name(n))? else {
        return Ok(None);
    };
    let mut r = Reader::new(&bytes);
    Ok(Some((Timestamp(r.number()?), RecoveryCode::read(&mut r)?)))
}

/// Keeps the code of the device with the grant in entry `n`. The latest wins: a letter may come late.
pub(super) fn keep(
    tx: &mut dyn Tx,
    n: u64,
    made: Timestamp,
    code: &RecoveryCode,
) -> Result<(), StoreError> {
    if kept(tx, n)?.is_some_and(|(before, _)| before >= made) {
        return Ok(());
    }
    let mut w = Writer::new();
    w.number(made.0);
    code.write(&mut w);
    records::set_meta(tx, &code_name(n), w.as_slice())
}

/// Forgets the code of a device whose grant has ended; that it was read stays known.
pub(super) fn forget(tx: &mut dyn Tx, n: u64) -> Result<(), StoreError> {
    records::drop_meta(tx, &code_name(n))
}

/// What is known of a device's code.
pub(super) fn about(tx: &dyn Tx, n: u64) -> Result<Recovery, StoreError> {
    let mut recovery = Recovery {
        kept: kept(tx, n)?.is_some(),
        ..Recovery::default()
    };
    if let Some(bytes) = records::meta(tx, &read_name(n))? {
        let mut r = Reader::new(&bytes);
        recovery.read = r.number()?;
        recovery.last_read = Timestamp(r.number()?);
        if !r.is_empty() {
            recovery.read_by = r.number()?;
        }
    }
    Ok(recovery)
}

fn note_read(tx: &mut dyn Tx, n: u64, by: u64, now: Timestamp) -> Result<(), StoreError> {
    let before = about(tx, n)?;
    let mut w = Writer::new();
    w.number(before.read.saturating_add(1))
        .number(now.0)
        .number(by);
    records::set_meta(tx, &read_name(n), w.as_slice())
}

impl<S: Store> Node<S> {
    /// The recovery code of the device with the grant in entry `n`, for the office to read out. That it was read is on
    /// disk before it is told.
    pub fn recovery_code(&mut self, n: u64, now: Timestamp) -> Result<RecoveryCode, NoCode> {
        self.store.write(|tx| {
            records::grant(tx, n)?.ok_or(NoCode::Unknown)?;
            if records::ended(tx, n)?.is_some() {
                return Err(NoCode::Ended);
            }
            let (_, code) = kept(tx, n)?.ok_or(NoCode::NeverHandedOver)?;
            note_read(tx, n, 0, now)?;
            Ok(code)
        })
    }

    /// Answers a leader's device that asks for the code of another within its place. That it was read, and by whom, is
    /// on disk before it is told. Who may not hear it hears the same as who is not enrolled.
    pub fn tell_recovery(&mut self, request: &[u8], now: Timestamp) -> Result<Vec<u8>, Rejection> {
        let request = RecoveryRequest::from_bytes(request)?;
        let confirmed = self.is_confirmed()?;
        let (log, tree, no_ones) = (self.log, &self.tree, self.epoch.grant_key);
        let found = self.store.write(|tx| {
            // All is looked up and checked before anything is decided: neither words nor time tell who there is.
            let asks = records::grant(tx, request.grant)?;
            let of = records::grant(tx, request.of)?;
            let time = log_time(tx, &counter(tx)?, now)?;
            let term = Term::of(tx, request.grant)?;
            let of_ended = records::ended(tx, request.of)?;
            let code = kept(tx, request.of)?.map(|(_, code)| code);
            let key = asks.as_ref().map_or(no_ones, |g| g.key);
            let is_signed = request.is_signed(log, &key);
            let (Some(asks), Some(of)) = (asks, of) else {
                return Ok(None);
            };
            let stands = confirmed && asks.log == log && is_signed && term.runs(&asks, time);
            let may = stands
                && request.of != request.grant
                && of.log == log
                && of.custody == Custody::Device
                && of_ended.is_none()
                && access::reads_out(asks.role).contains(&of.role)
                && tree.is_within(of.place, asks.place);
            if !may {
                return Ok(None);
            }
            if code.is_some() {
                note_read(tx, request.of, request.grant, now)?;
            }
            Ok::<_, StoreError>(Some(recovery::answer(code.as_ref())))
        })?;
        found.ok_or(Rejection::NotEnrolled)
    }
}
