//! Control acts that a node has lost: they stood above the cut of an epoch, and this device still has them as the
//! node signed them. It brings them back.
//!
//! An act is kept until the log says it again, or something later about the same place: a node can go back to an
//! older state more than once, and loses what it was brought in between a second time. Within an epoch it is
//! brought until the node's own word has come that it is noted ([`super::problem::BROUGHT`]).

use crate::codec::{Reader, Writer};
use crate::id::{Hash, PlaceId};
use crate::limits;
use crate::log::Control;
use crate::records;
use crate::store::{StoreError, Table, Tx, after_prefix};

const LOST: &[u8] = b"lost-act/";

/// A lost act.
struct Lost {
    /// The entry in which it stood.
    n: u64,
    /// The epoch that began below that entry.
    since: u64,
    /// The last epoch in which the node said that it is noted; 0: none.
    told: u64,
    control: Control,
}

fn key(act: Hash) -> Vec<u8> {
    [LOST, &act.0].concat()
}

fn put(tx: &mut dyn Tx, lost: &Lost) -> Result<(), StoreError> {
    let mut w = Writer::new();
    w.number(lost.n).number(lost.since).number(lost.told);
    lost.control.write(&mut w);
    tx.put(Table::Meta, &key(lost.control.hash()), w.as_slice())
}

/// All lost acts, in the order in which they stood in the log.
fn all(tx: &dyn Tx) -> Result<Vec<Lost>, StoreError> {
    let rows = tx.scan(Table::Meta, LOST, after_prefix(LOST).as_deref(), usize::MAX)?;
    let read = |(_, value): &(Vec<u8>, Vec<u8>)| {
        let mut r = Reader::new(value);
        Ok::<_, StoreError>(Lost {
            n: r.number()?,
            since: r.number()?,
            told: r.number()?,
            control: Control::read(&mut r)?,
        })
    };
    let mut all: Vec<Lost> = rows.iter().map(read).collect::<Result<_, _>>()?;
    all.sort_by_key(|l| (l.since, l.n));
    Ok(all)
}

/// Notes an act of entry `n`, which is above the cut of the epoch `since`.
pub(super) fn note(
    tx: &mut dyn Tx,
    n: u64,
    since: u64,
    control: Control,
) -> Result<(), StoreError> {
    put(
        tx,
        &Lost {
            n,
            since,
            told: 0,
            control,
        },
    )
}

/// Whether an act about this place is still to be brought to the node in its present epoch.
pub(super) fn is_to_be_told(tx: &dyn Tx, place: PlaceId) -> Result<bool, StoreError> {
    let epoch = records::epochs(tx)?.pop().map_or(0, |e| e.epoch);
    let is_of = |l: &Lost| matches!(&l.control, Control::Place(act) if act.act.place == place);
    Ok(all(tx)?.iter().any(|l| is_of(l) && l.told < epoch))
}

/// What the node is to be brought in its present epoch, as much as one request holds, and whether more is to follow.
pub(super) fn to_bring(tx: &dyn Tx) -> Result<(Vec<(u64, Control)>, bool), StoreError> {
    let (last, overtaken) = (records::epochs(tx)?.pop(), was_overtaken(tx)?);
    let epoch = last.as_ref().map_or(0, |e| e.epoch);
    let shown = last.filter(|_| overtaken);
    let shown = shown.map(|e| (0, Control::Epoch(Box::new(e))));
    let waiting = all(tx)?.into_iter().filter(|l| l.told < epoch);
    let mut waiting = shown.into_iter().chain(waiting.map(|l| (l.n, l.control)));
    let first = waiting.by_ref().take(limits::CONTROLS).collect();
    Ok((first, waiting.next().is_some()))
}

/// Set while answers come that are older than what this device has: its node may have gone back by a clock that is behind,
/// or be an old copy. It is shown the epoch that this device stands in, with the root key's signature.
const OVERTAKEN: &str = "answers-overtaken";

pub(super) fn note_overtaken(tx: &mut dyn Tx) -> Result<(), StoreError> {
    records::set_meta(tx, OVERTAKEN, &[1])
}

pub(super) fn was_overtaken(tx: &dyn Tx) -> Result<bool, StoreError> {
    Ok(records::meta(tx, OVERTAKEN)?.is_some())
}

pub(super) fn forget_overtaken(tx: &mut dyn Tx) -> Result<(), StoreError> {
    records::drop_meta(tx, OVERTAKEN)
}

/// The node of this epoch has noted the acts with these tags.
pub(super) fn told(tx: &mut dyn Tx, tags: &[[u8; 8]], epoch: u64) -> Result<(), StoreError> {
    for mut lost in all(tx)? {
        if lost.told < epoch && tags.iter().any(|tag| lost.control.hash().0[..8] == *tag) {
            lost.told = epoch;
            put(tx, &lost)?;
        }
    }
    Ok(())
}

/// The log says this act again.
pub(super) fn found(tx: &mut dyn Tx, act: Hash) -> Result<(), StoreError> {
    tx.delete(Table::Meta, &key(act))
}

/// The log says in an entry of this epoch where the place stands: what was lost about it before is the same, or is
/// overtaken.
pub(super) fn placed_again(tx: &mut dyn Tx, place: PlaceId, epoch: u64) -> Result<(), StoreError> {
    for lost in all(tx)? {
        if let Control::Place(signed) = &lost.control
            && signed.act.place == place
            && lost.since <= epoch
        {
            found(tx, lost.control.hash())?;
        }
    }
    Ok(())
}

/// The epoch of the log's entry `n`.
pub(super) fn epoch_of(tx: &dyn Tx, n: u64) -> Result<u64, StoreError> {
    let epochs = records::epochs(tx)?;
    let of = epochs.iter().rfind(|e| e.cut < n);
    Ok(of.map_or(0, |e| e.epoch))
}
