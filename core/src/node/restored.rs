//! A node that goes on from an older state: a new epoch with new keys, what devices bring back of the
//! control acts that were lost, and the office's word before anything is judged or told (rule 15).
//!
//! Revocations that devices bring back act at once: who was shut out stays out. Grants, moves and erasures wait for
//! [`Node::confirm`]; until the first confirmation the node takes in nothing else and tells nothing. Only what an epoch
//! from before a restore signed is brought back: a change of keys loses nothing, and the keys before it prove nothing any more.

use super::custody::is_answered;
use super::grants::{all_seen, node_keys, spend_tickets};
use super::judge::{Judge, Seat, counter, log_time};
use super::{
    EPOCH, GRANT_KEY, LOG_KEY, Node, OFFICE_GRANT, OFFICE_KEY, TLS_KEY, in_office, office_grant,
};
use crate::author;
use crate::codec::{Reader, Writer};
use crate::document::is_of;
use crate::enrol::EnrolRequest;
use crate::feed::Segment;
use crate::forget::{self, EraseAct, Mark};
use crate::id::{Hash, LogId, PlaceId, PublicKey, hex};
use crate::identity::{Custody, Epoch, Grant, Ground, SecretKey, Signature, are_certified, log_of};
use crate::limits;
use crate::log::{Control, End, EndAct, EntryType, PlaceAct, Position, Signed};
use crate::place::{PlaceKind, scope_of};
use crate::records::{self, LogRow};
use crate::store::{Store, StoreError, Table, Tx, after_prefix};
use crate::time::Timestamp;
use rand_core::RngCore;
use std::collections::{BTreeMap, BTreeSet};

/// Why a backup could not be gone on from.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// The root key is not this node's.
    #[error("this root key belongs to another node")]
    WrongRoot,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What devices brought back and the office has not confirmed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Brought {
    /// A grant that was given after the backup.
    Grant(Box<Grant>),
    /// A place that was moved, or a placement that was made, prolonged or ended, after the backup.
    Move(PlaceAct),
    /// A place that came from another node after the backup. The file by which it came is taken in again
    /// ([`Node::accept`]); what devices say in it waits until then, or until the office leaves it out: then they open it
    /// anew with what they have.
    Arrival(PlaceAct),
    /// A document that was erased after the backup. It is the one act that nothing undoes, and whoever has the keys of the
    /// PC from before the restore can sign it: so a person looks at it first.
    Erasure(Box<EraseAct>),
}

impl Brought {
    /// What names it.
    pub fn hash(&self) -> Hash {
        use crate::log::ControlAct;
        match self {
            Brought::Grant(g) => g.hash(),
            Brought::Move(act) | Brought::Arrival(act) => act.hash(),
            Brought::Erasure(act) => act.hash(),
        }
    }
}

/// What came of a confirmation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Confirmed {
    /// Grants that stand again.
    pub grants: usize,
    /// Places that were moved again.
    pub moves: usize,
    /// Documents that were erased again.
    pub erasures: usize,
    /// What the office left out, or what does not fit any more.
    pub left_out: usize,
    /// Places that wait for the file by which they came, and what waits with them: it is confirmed when they are here.
    pub waiting: usize,
    /// Devices that show the same ticket as another: they wait until the office leaves all but one of them out.
    pub contested: usize,
}

/// Set from a restore until the office confirms.
const UNCONFIRMED: &str = "unconfirmed";
/// Every restore of this log that this store has been through.
const RESTORES: &str = "restores";
/// The epoch that the last restore opened, as builds before noted it.
const RESTORED_IN: &str = "restored-in";
const BACK: &[u8] = b"back/";
/// How many rows there are under [`BACK`].
const BACK_COUNT: &str = "back-count";
/// How many of them hang under a key of before, by the line of grants.
const BACK_OF: &[u8] = b"back-of/";
/// The highest epoch that a device has named, where this node does not know it.
const LATER: &str = "later-epoch";
/// How many grants are noted as ended that this node does not know.
const BARRED_COUNT: &str = "barred-count";
/// The last entry that a checked backup holds.
const SAFE: &str = "safe";

/// The last entry that a checked backup of this node holds; 0: none was checked.
pub(super) fn safe(tx: &dyn Tx) -> Result<u64, StoreError> {
    records::meta_number(tx, SAFE)
}

/// Notes that a device stands in a later epoch than this node's, as the root key's signature shows: this node's clock was
/// behind when it was restored.
fn note_later_epoch(tx: &mut dyn Tx, log: LogId, epoch: &Epoch) -> Result<(), StoreError> {
    let known = records::meta_number(tx, LATER)?.max(records::meta_number(tx, EPOCH)?);
    match epoch.epoch > known && epoch.is_signed_for(log) {
        true => records::set_meta_number(tx, LATER, epoch.epoch),
        false => Ok(()),
    }
}

fn barred_name(grant: Hash) -> String {
    format!("barred/{grant}")
}

/// Notes that a grant that is not known here has ended; `false`: there is no room for it.
/// `by`: the node's key that signed the end.
fn bar(tx: &mut dyn Tx, act: EndAct, by: &PublicKey) -> Result<bool, StoreError> {
    let (name, count) = (
        barred_name(act.grant),
        records::meta_number(tx, BARRED_COUNT)?,
    );
    match records::meta(tx, &name)?.as_deref() {
        None if count >= limits::BROUGHT_BACK => return Ok(false),
        None => records::set_meta_number(tx, BARRED_COUNT, count + 1)?,
        // The word of the youngest key says most.
        Some([how, before @ ..]) => {
            let before = PublicKey::from_slice(before);
            if before.map_or(Ok(false), |before| is_younger(tx, &before, by))? {
                return Ok(true);
            }
            // Who is to be emptied is so, whatever a device that heard less brings after it.
            if before == Some(*by) && *how == End::Wiped as u8 {
                return Ok(true);
            }
        }
        Some([]) => {}
    }
    let row = [&[act.end as u8], &by.0[..]].concat();
    records::set_meta(tx, &name, &row)?;
    Ok(true)
}

/// Whether a grant key of the node's is of a later epoch than another.
fn is_younger(tx: &dyn Tx, key: &PublicKey, than: &PublicKey) -> Result<bool, StoreError> {
    let epochs = records::epochs(tx)?;
    let of = |key: &PublicKey| epochs.iter().position(|e| e.grant_key == *key);
    Ok(of(key).is_some_and(|key| of(than).is_some_and(|than| key > than)))
}

/// Whether the grant in entry `n` hangs under a key of the node's that is younger than this one. Such a grant was never
/// there for the older key to end: who kept the keys of the PC from before a restore would shut out whoever is let in since.
fn is_given_after(tx: &dyn Tx, n: u64, key: &PublicKey) -> Result<bool, StoreError> {
    let top = records::grant(tx, records::line_of(tx, n)?.top)?;
    top.map_or(Ok(false), |top| is_younger(tx, &top.issuer, key))
}

/// How a grant that is not known here ended, if its revocation was brought back; an older key of the node's has not ended what
/// was given under a younger one.
pub(super) fn barred(tx: &dyn Tx, grant: &Grant) -> Result<Option<End>, StoreError> {
    let Some(row) = records::meta(tx, &barred_name(grant.hash()))? else {
        return Ok(None);
    };
    let Some((how, by)) = row.split_first() else {
        return Ok(None);
    };
    let given_after = match PublicKey::from_slice(by) {
        Some(by) if grant.under == Hash::ZERO => is_younger(tx, &grant.issuer, &by)?,
        Some(by) => match records::grant_number(tx, grant.under)? {
            Some(above) => is_given_after(tx, above, &by)?,
            None => false,
        },
        None => false,
    };
    match given_after {
        true => Ok(None),
        false => Ok(Some(End::from_number(*how)?)),
    }
}

impl<S: Store> Node<S> {
    /// Goes on from a backup: opens a new epoch above the backup's last entry, with new working keys
    /// certified by the root key. What stood above it has no receipt any more; phones bring it back.
    /// The office writes with a new key under a new grant; the old one is revoked. A backup needs none of the
    /// node's keys ([`Node::strip_keys`]): all of them are made anew. Nothing is judged or told until
    /// [`Node::confirm`].
    ///
    /// # Errors
    /// [`RestoreError::WrongRoot`] if the root key is another node's; nothing has changed then.
    pub fn restore(
        mut store: S,
        root: &SecretKey,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<Self, RestoreError> {
        store.write(|tx| {
            // Behind a log of the future the number goes on as well.
            let backed_up = counter(tx)?.time;
            let number = now.max(backed_up).0;
            let backup = records::meta_number(tx, EPOCH)?;
            new_epoch(tx, root, number, now, rng)?;
            let at = counter(tx)?;
            let time = log_time(tx, &at, now)?;
            all_seen(tx, backed_up, time)?;
            spend_tickets(tx, |_| true)?;
            let opened = records::meta_number(tx, EPOCH)?;
            note_restore(tx, Restore { backup, opened })?;
            records::set_meta_number(tx, UNCONFIRMED, 1).map_err(RestoreError::from)
        })?;
        Ok(Self::open(store)?)
    }

    /// Changes the working keys under the root key: a new epoch that cuts nothing off (rule 15). Whoever has
    /// a copy of the old ones can sign nothing any more that a device takes in.
    ///
    /// # Errors
    /// [`RestoreError::WrongRoot`] if the root key is another node's; nothing has changed then.
    pub fn rotate_keys(
        &mut self,
        root: &SecretKey,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<(), RestoreError> {
        self.lapse(now)?;
        self.store.write(|tx| new_epoch(tx, root, 0, now, rng))?;
        let (epoch, log_key, grant_key, office) = self.store.read(|tx| in_office(tx))?;
        (self.epoch, self.log_key, self.grant_key, self.office) =
            (epoch, log_key, grant_key, office);
        self.views.clear();
        Ok(())
    }

    /// Takes the node's secret keys out of a copy of its store, which then can be gone on from only with the
    /// root key (rule 15): who steals a backup can read it, and speak for nobody.
    pub fn strip_keys(copy: &mut S) -> Result<(), StoreError> {
        copy.write(|tx| {
            for name in [LOG_KEY, GRANT_KEY, TLS_KEY, OFFICE_KEY] {
                records::drop_meta(tx, name)?;
            }
            Ok(())
        })
    }

    /// Notes that a backup of this log up to this position was opened and checked, and tells devices so: until then
    /// they keep what they handed over of places that went from them. Returns whether it was noted: a position
    /// that is not this log's, such as one above the cut of a restore, is not.
    pub fn note_safe(&mut self, backup: &Position) -> Result<bool, StoreError> {
        let (is_here, noted) = self.store.read(|tx| {
            let is_it = |row: LogRow| (row.epoch, row.chain) == (backup.epoch, backup.chain);
            let row = records::log_row(tx, backup.n)?;
            Ok::<_, StoreError>((row.is_some_and(is_it), safe(tx)?))
        })?;
        if is_here && backup.n > noted {
            self.store
                .write(|tx| records::set_meta_number(tx, SAFE, backup.n))?;
        }
        Ok(is_here)
    }

    /// The moment of a later restore that some device says it has followed, and this node knows nothing of: then this one
    /// was restored by a clock that was behind, or is an old copy, and such devices do not follow it. Restored once more
    /// with the right clock, it is followed.
    pub fn later_epoch(&self) -> Result<Option<Timestamp>, StoreError> {
        let named = self.store.read(|tx| records::meta_number(tx, LATER))?;
        Ok((named > self.epoch.epoch).then_some(Timestamp(named)))
    }

    /// Whether the node judges and tells: it was not restored, or its office has confirmed.
    pub fn is_confirmed(&self) -> Result<bool, StoreError> {
        self.store
            .read(|tx| Ok(records::meta_number(tx, UNCONFIRMED)? == 0))
    }

    /// What devices brought back and waits for the office, in the order of the lost log.
    pub fn brought_back(&self) -> Result<Vec<Brought>, StoreError> {
        self.store.read(|tx| brought(tx))
    }

    /// Of what was brought back, the devices that show the same ticket as another: only one of them is who it was made for,
    /// and the office says which.
    pub fn contested(&self) -> Result<BTreeSet<Hash>, StoreError> {
        self.store.read(|tx| contested(tx, &brought(tx)?))
    }

    /// The office's word after a restore: what devices brought back stands again, but for what is named in
    /// `without`; from now on the node judges and tells. Can be said again whenever more was brought.
    pub fn confirm(&mut self, without: &[Hash], now: Timestamp) -> Result<Confirmed, StoreError> {
        let seat = self.seat();
        let mut tree = self.tree.clone();
        let result = self.store.write(|tx| {
            let (left_out, waiting): (Vec<_>, Vec<_>) =
                (brought(tx)?.into_iter()).partition(|item| without.contains(&item.hash()));
            let mut done = Confirmed {
                left_out: left_out.len(),
                ..Confirmed::default()
            };
            let contested = contested(tx, &waiting)?;
            let mut kept = BTreeSet::new();
            let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
            for item in &waiting {
                let is_contested = contested.contains(&item.hash());
                if is_contested || waits_for_a_file(item, &waiting) {
                    kept.insert(item.hash());
                    done.contested += usize::from(is_contested);
                    done.waiting += usize::from(!is_contested);
                    continue;
                }
                match (judge.take_back(item)?, item) {
                    (true, Brought::Grant(_)) => done.grants += 1,
                    (true, Brought::Erasure(_)) => done.erasures += 1,
                    (true, _) => done.moves += 1,
                    (false, _) => done.left_out += 1,
                }
            }
            judge.finish()?;
            put_away_but(tx, &kept)?;
            records::drop_meta(tx, UNCONFIRMED)?;
            Ok::<_, StoreError>(done)
        });
        self.tree = self.store.read(records::tree)?;
        self.views.clear();
        forget::scrub(&mut self.store)?;
        result
    }

    /// Takes in control acts that a device heard of and this node has lost. Returns those that need not be
    /// brought again in this epoch.
    pub(super) fn take_controls(
        &mut self,
        controls: &[(u64, Control)],
        now: Timestamp,
    ) -> Result<Vec<Hash>, StoreError> {
        for (_, control) in controls {
            if let Control::Epoch(epoch) = control {
                let log = self.log;
                self.store.write(|tx| note_later_epoch(tx, log, epoch))?;
            }
        }
        if controls.is_empty() || self.epoch.epoch < 2 {
            return Ok(Vec::new());
        }
        self.lapse(now)?;
        let seat = self.seat();
        let mut tree = self.tree.clone();
        let noted = self.store.write(|tx| {
            // First, since they prove the others.
            for (_, control) in controls {
                if let Control::Epoch(epoch) = control {
                    learn_epoch(tx, seat.log, epoch)?;
                }
            }
            let keys = lost_keys(tx)?;
            let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
            let mut noted = Vec::new();
            for (n, control) in controls {
                if judge.control(*n, control, &keys)? {
                    noted.push(control.hash());
                }
            }
            judge.finish()?;
            Ok::<_, StoreError>(noted)
        })?;
        Ok(noted)
    }

    /// Every erasure that this node knows, to be kept beside its backups: an older one that is restored forgets again
    /// what it had forgotten ([`Node::erase_again`]).
    pub fn erasures(&self) -> Result<Vec<Signed<EraseAct>>, StoreError> {
        let marks = self.store.read(|tx| forget::marks(tx, None))?;
        Ok(marks.into_iter().map(|m| m.act).collect())
    }

    /// Forgets again what a list says was forgotten by this node. Returns how many documents it had not known of; what
    /// an epoch of this log did not sign is left out.
    pub fn erase_again(
        &mut self,
        list: &[Signed<EraseAct>],
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        self.lapse(now)?;
        let seat = self.seat();
        let mut tree = self.tree.clone();
        let before = self.erasures()?.len();
        self.store.write(|tx| {
            let keys: Vec<PublicKey> = (records::epochs(tx)?.iter()).map(|e| e.grant_key).collect();
            let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
            for signed in list {
                if keys.iter().any(|k| signed.is_signed(seat.log, k)) {
                    judge.erase_again(&signed.act)?;
                }
            }
            judge.finish()
        })?;
        forget::scrub(&mut self.store)?;
        Ok(self.erasures()?.len() - before)
    }

    /// After a restore: takes in the epochs that this log had after the backup, since acts that are brought back, or stand
    /// in lists, are signed by them. What the root key did not sign is left out.
    pub fn learn_epochs(&mut self, epochs: &[Epoch]) -> Result<(), StoreError> {
        let log = self.log;
        self.store.write(|tx| {
            epochs
                .iter()
                .try_for_each(|epoch| learn_epoch(tx, log, epoch))
        })
    }

    /// Every revocation that this node knows, to be kept beside its backups: one that was made after a backup is not
    /// undone by it, though no device had heard of it ([`Node::revoke_again`]).
    pub fn revocations(&self) -> Result<Vec<Signed<EndAct>>, StoreError> {
        self.store.read(|tx| {
            let mut list = Vec::new();
            for (n, grant) in records::grants(tx)? {
                let end = records::ended(tx, n)?;
                let end = end.filter(|e| matches!(e.how, End::Revoked | End::Wiped));
                list.extend(end.map(|e| e.act(&grant)));
            }
            Ok(list)
        })
    }

    /// After a restore: ends again what a list says was revoked by this node. Returns how many grants it had not known
    /// of as ended; what no earlier epoch of this log signed is left out.
    pub fn revoke_again(
        &mut self,
        list: &[Signed<EndAct>],
        now: Timestamp,
    ) -> Result<usize, StoreError> {
        let controls = list.iter().map(|act| (0, Control::End(*act)));
        let controls: Vec<(u64, Control)> = controls.collect();
        let before = self.revocations()?.len();
        self.take_controls(&controls, now)?;
        Ok(self.revocations()?.len() - before)
    }

    /// A device that this node does not know (any more) introduces itself before the office has confirmed.
    pub(super) fn note_introduction(&mut self, request: &EnrolRequest) -> Result<(), StoreError> {
        let EnrolRequest::Introduction { grants, epochs, .. } = request else {
            return Ok(());
        };
        self.learn_epochs(epochs)?;
        self.note_chain(grants)
    }

    /// Notes of a chain of grants that a device shows what only the office can say: whether it was let in.
    pub(super) fn note_chain(&mut self, grants: &[Grant]) -> Result<(), StoreError> {
        self.store.write(|tx| {
            let mut ticket = None;
            for grant in grants {
                note_grant(tx, grant, ticket)?;
                ticket = (grant.custody == Custody::Paper).then_some(grant);
            }
            Ok(())
        })
    }
}

/// Notes a grant that a device shows; `ticket`: the one on paper that comes before it.
fn note_grant(tx: &mut dyn Tx, grant: &Grant, ticket: Option<&Grant>) -> Result<(), StoreError> {
    let keys = lost_keys(tx)?;
    let given = (keys.iter()).position(|k| *k == grant.issuer && grant.is_signed());
    let ticket = ticket.filter(|paper| grant.under == paper.hash());
    let by_ticket = match ticket.filter(|_| given.is_none()) {
        Some(paper) => is_exchanged(tx, grant, paper, &keys)?,
        None => false,
    };
    // After all that it may stand under.
    // A ticket itself is nobody's device.
    let on_paper = grant.custody == Custody::Paper;
    let is_known = by_ticket || (!on_paper && is_of_an_earlier_key(tx, grant, &keys)?);
    let Some(at) = given.or(is_known.then_some(keys.len())) else {
        return Ok(());
    };
    let above = match ticket.filter(|_| by_ticket) {
        Some(paper) => paper.under,
        None => grant.under,
    };
    let above = records::grant_number(tx, above)?.filter(|_| given.is_none());
    let is_new = records::meta(tx, &back_name(grant.hash()))?.is_none();
    if let Some(above) = above.filter(|_| is_new)
        && !has_room_in_line(tx, above)?
    {
        return Ok(());
    }
    let control = Control::Grant(Box::new(grant.clone()));
    let noted = put_back(tx, (at, u64::MAX), &control)?;
    if let Some(paper) = ticket.filter(|_| noted && by_ticket) {
        records::set_meta(tx, &ticket_name(paper.hash()), &paper.to_bytes())?;
    }
    Ok(())
}

/// Whether a grant is what a ticket on paper was exchanged for, that was made under a grant which stands here, or was its
/// holder's until they changed their key.
pub(super) fn is_exchanged(
    tx: &dyn Tx,
    grant: &Grant,
    paper: &Grant,
    keys: &[PublicKey],
) -> Result<bool, StoreError> {
    let above = match records::grant_number(tx, paper.under)? {
        Some(n) if stands_or_went_on(tx, n)? => records::grant(tx, n)?,
        _ => None,
    };
    let stands = above.is_some() && records::check_grant(tx, paper, keys, Ground::Unseen)?.is_ok();
    let is_theirs = grant.is_under(paper, above.as_ref(), Ground::Unseen);
    Ok(stands && paper.custody == Custody::Paper && is_theirs.is_ok())
}

/// Whether the grant in entry `n` has not ended, or only by a change of its key.
fn stands_or_went_on(tx: &dyn Tx, n: u64) -> Result<bool, StoreError> {
    let ended = records::ended(tx, n)?;
    Ok(ended.is_none_or(|end| end.how == End::Succeeded))
}

/// Whether a ticket on paper that this log does not know may have been used before a restore: then who comes with it first
/// may be a finder of its picture, and a person is asked.
pub(super) fn may_have_been_used(tx: &dyn Tx, paper: &Grant) -> Result<bool, StoreError> {
    for restore in restores(tx)? {
        // One that was over when the backup was made has been used before it, or never.
        let cut = records::epoch(tx, restore.opened)?.map_or(0, |epoch| epoch.cut);
        let backed_up = records::log_row(tx, cut)?.map_or(Timestamp(0), |row| row.entry.time.0);
        let by_then = restore
            .opened
            .saturating_add(limits::TICKET_SECONDS + 86_400);
        if paper.end >= backed_up && paper.end.0 <= by_then {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Before the settings that hold a ticket on paper of which somebody says that they have used it.
const TICKET: &str = "back-ticket/";

fn ticket_name(paper: Hash) -> String {
    format!("{TICKET}{paper}")
}

/// Whether a grant stands under one whose holder has gone on under a new key.
fn is_of_an_earlier_key(
    tx: &dyn Tx,
    grant: &Grant,
    keys: &[PublicKey],
) -> Result<bool, StoreError> {
    let Some(parent) = records::grant_number(tx, grant.under)? else {
        return Ok(false);
    };
    let succeeded = records::ended(tx, parent)?.is_some_and(|e| e.how == End::Succeeded);
    Ok(succeeded && records::check_grant(tx, grant, keys, Ground::Unseen)?.is_ok())
}

/// Keeps an epoch that was lost with the entries in which it stood. It gives nobody a right by itself.
fn learn_epoch(tx: &mut dyn Tx, log: LogId, epoch: &Epoch) -> Result<(), StoreError> {
    // First, so that what a stranger makes up costs one signature and no look at the store.
    if !epoch.is_signed_for(log) {
        return Ok(());
    }
    let mut all = records::epochs(tx)?;
    let present = records::meta_number(tx, EPOCH)?;
    let is_known = all.iter().any(|e| e.epoch == epoch.epoch);
    if is_known || epoch.epoch >= present || all.len() >= limits::EPOCHS {
        return Ok(());
    }
    all.push(epoch.clone());
    all.sort_by_key(|e| e.epoch);
    match are_certified(&[], &all, log) {
        true => records::put_epoch(tx, epoch),
        false => Ok(()),
    }
}

/// The epochs of which a restore may have lost acts, each with the last entry that was not lost: of every restore the epoch
/// that its backup was made in, and those that followed it before the restore. A change of keys loses nothing, so
/// the epochs before a backup's prove nothing any more.
pub(super) fn lost_epochs(tx: &dyn Tx) -> Result<Vec<(Epoch, u64)>, StoreError> {
    let epochs = records::epochs(tx)?;
    let restores = restores(tx)?;
    let lost_to = |e: &Epoch| {
        let by = restores
            .iter()
            .filter(|r| r.backup <= e.epoch && e.epoch < r.opened);
        let cuts = by.filter_map(|r| epochs.iter().find(|e| e.epoch == r.opened));
        cuts.map(|opened| opened.cut).min()
    };
    let lost = epochs.iter().filter_map(|e| Some((e.clone(), lost_to(e)?)));
    Ok(lost.collect())
}

/// The grant keys of those epochs.
fn lost_keys(tx: &dyn Tx) -> Result<Vec<PublicKey>, StoreError> {
    let lost = lost_epochs(tx)?.into_iter();
    Ok(lost.map(|(epoch, _)| epoch.grant_key).collect())
}

/// Whether this store was ever gone on from as a backup.
pub(super) fn was_restored(tx: &dyn Tx) -> Result<bool, StoreError> {
    Ok(!restores(tx)?.is_empty())
}

/// The moment of this store's last restore; zero: there was none.
pub(super) fn last_restore(tx: &dyn Tx) -> Result<Timestamp, StoreError> {
    Ok(Timestamp(restores(tx)?.pop().map_or(0, |r| r.opened)))
}

/// A restore: the epoch of the backup, and the one that was opened.
struct Restore {
    backup: u64,
    opened: u64,
}

fn restores(tx: &dyn Tx) -> Result<Vec<Restore>, StoreError> {
    let bytes = records::meta(tx, RESTORES)?.unwrap_or_default();
    let mut r = Reader::new(&bytes);
    let mut list = Vec::new();
    // A build before noted the last only, and not from which epoch.
    let opened = records::meta_number(tx, RESTORED_IN)?;
    if opened > 0 {
        list.push(Restore { backup: 0, opened });
    }
    while !r.is_empty() {
        list.push(Restore {
            backup: r.number()?,
            opened: r.number()?,
        });
    }
    Ok(list)
}

fn note_restore(tx: &mut dyn Tx, restore: Restore) -> Result<(), StoreError> {
    let mut list = restores(tx)?;
    records::drop_meta(tx, RESTORED_IN)?;
    list.push(restore);
    let mut w = Writer::new();
    for restore in &list {
        w.number(restore.backup).number(restore.opened);
    }
    records::set_meta(tx, RESTORES, w.as_slice())
}

/// Opens the next epoch with new working keys and a new key for the office.
fn new_epoch(
    tx: &mut dyn Tx,
    root: &SecretKey,
    least: u64,
    now: Timestamp,
    rng: &mut dyn RngCore,
) -> Result<(), RestoreError> {
    let (log_key, grant_key, tls_key, office_key) = (
        SecretKey::random(rng),
        SecretKey::random(rng),
        SecretKey::random(rng),
        SecretKey::random(rng),
    );
    let log = records::log_id(tx)?.ok_or(StoreError::Missing)?;
    if log_of(&root.public()) != log {
        return Err(RestoreError::WrongRoot);
    }
    let number = records::meta_number(tx, EPOCH)?;
    let before = records::epoch(tx, number)?.ok_or(StoreError::Missing)?;
    let at = counter(tx)?;
    let epoch = Epoch {
        root: root.public(),
        epoch: least.max(number + 1),
        cut: at.n,
        chain: at.chain,
        log_key: log_key.public(),
        grant_key: grant_key.public(),
        tls_key: tls_key.public(),
        prev: before.hash(),
        signature: Signature([0; 64]),
    }
    .signed(root);
    records::put_epoch(tx, &epoch)?;
    records::set_meta_number(tx, EPOCH, epoch.epoch)?;
    records::set_meta(tx, LOG_KEY, &log_key.seed()[..])?;
    records::set_meta(tx, GRANT_KEY, &grant_key.seed()[..])?;
    records::set_meta(tx, TLS_KEY, &tls_key.seed()[..])?;
    let mut tree = records::tree(tx)?;
    let old_n = records::meta_number(tx, OFFICE_GRANT)?;
    let old = records::grant(tx, old_n)?.ok_or(StoreError::Missing)?;
    author::begin_anew(tx, &tree, &old.key)?;
    let grant = office_grant(log, old.place, &office_key, &grant_key, rng);
    let seat = Seat {
        log,
        epoch: epoch.epoch,
        grant_key,
    };
    let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
    judge.epoch(&epoch, old.place)?;
    let n = judge.grant(&grant)?;
    // The key that wrote for the office before may lie on the PC that was lost.
    judge.end(old_n, &old, End::Revoked)?;
    judge.finish()?;
    records::set_meta(tx, OFFICE_KEY, &office_key.seed()[..])?;
    Ok(records::set_meta_number(tx, OFFICE_GRANT, n)?)
}

/// Notes something brought back: by where it stood (the epoch that signed it, and its number), then by what it is,
/// so that it stands once, where it was said last. `false`: there is no room for it.
fn put_back(tx: &mut dyn Tx, at: (usize, u64), control: &Control) -> Result<bool, StoreError> {
    let (name, count) = (
        back_name(control.hash()),
        records::meta_number(tx, BACK_COUNT)?,
    );
    let (epoch, n) = (records::number_key(at.0 as u64), records::number_key(at.1));
    let new = [BACK, &epoch, &n, &control.hash().0].concat();
    match records::meta(tx, &name)? {
        Some(old) if old >= new => return Ok(true),
        Some(old) => tx.delete(Table::Meta, &old)?,
        None if count >= limits::BROUGHT_BACK => return Ok(false),
        None => records::set_meta_number(tx, BACK_COUNT, count + 1)?,
    }
    if let Control::Place(signed) = control {
        for lane in signed.act.kind.lanes() {
            let scope = scope_of(signed.act.place, *lane);
            records::set_meta(tx, &awaited_name(&scope.0), &[])?;
        }
        records::set_meta(tx, &awaited_name(&signed.act.place.0), &[])?;
    }
    records::set_meta(tx, &name, &new)?;
    let mut w = Writer::new();
    control.write(&mut w);
    tx.put(Table::Meta, &new, w.as_slice())?;
    Ok(true)
}

/// The setting that says under which key something stands that was brought back.
fn back_name(act: Hash) -> String {
    format!("back-at/{act}")
}

/// Before the places, and their lanes, of which something was brought back: what is said of any other waits for nothing.
const AWAITED: &str = "awaited/";

fn awaited_name(id: &[u8]) -> String {
    format!("{AWAITED}{}", hex(id))
}

/// Puts away what was brought back, but for these.
fn put_away_but(tx: &mut dyn Tx, kept: &BTreeSet<Hash>) -> Result<(), StoreError> {
    let mut count = 0;
    for (key, _) in tx.scan(Table::Meta, BACK, after_prefix(BACK).as_deref(), usize::MAX)? {
        let hash = key.get(key.len().saturating_sub(32)..);
        let hash = hash.and_then(Hash::from_slice);
        let hash = hash.ok_or_else(|| StoreError::Damaged("what was brought back".into()))?;
        if kept.contains(&hash) {
            count += 1;
        } else {
            records::drop_meta(tx, &back_name(hash))?;
            tx.delete(Table::Meta, &key)?;
        }
    }
    for (key, _) in tx.scan(
        Table::Meta,
        BACK_OF,
        after_prefix(BACK_OF).as_deref(),
        usize::MAX,
    )? {
        tx.delete(Table::Meta, &key)?;
    }
    if count == 0 {
        for prefix in [AWAITED, TICKET] {
            let (from, to) = (prefix.as_bytes(), after_prefix(prefix.as_bytes()));
            for (key, _) in tx.scan(Table::Meta, from, to.as_deref(), usize::MAX)? {
                tx.delete(Table::Meta, &key)?;
            }
        }
    }
    records::set_meta_number(tx, BACK_COUNT, count)
}

/// Whether there is room for one more grant that hangs under a key of before, in the line of the grant in entry `n`: who kept
/// such a key makes up as many as they like.
fn has_room_in_line(tx: &mut dyn Tx, n: u64) -> Result<bool, StoreError> {
    let top = records::line_of(tx, n)?.top;
    let name = [BACK_OF, &records::number_key(top)].concat();
    let count = tx.get(Table::Meta, &name)?;
    let count = count.map_or(Ok(0), |bytes| Reader::new(&bytes).number())?;
    if count >= limits::GRANTS_A_DAY {
        return Ok(false);
    }
    let mut w = Writer::new();
    w.number(count + 1);
    tx.put(Table::Meta, &name, w.as_slice())?;
    Ok(true)
}

fn brought(tx: &dyn Tx) -> Result<Vec<Brought>, StoreError> {
    let mut list: Vec<Brought> = Vec::new();
    for (_, bytes) in tx.scan(Table::Meta, BACK, after_prefix(BACK).as_deref(), usize::MAX)? {
        match Control::read(&mut Reader::new(&bytes))? {
            Control::Grant(g) => {
                if records::grant_number(tx, g.hash())?.is_none() && barred(tx, &g)?.is_none() {
                    list.push(Brought::Grant(g));
                }
            }
            Control::Place(signed) => {
                let act = signed.act;
                let here = records::place(tx, act.place)?.map(|row| row.placed);
                let earlier = list.iter().rposition(|item| match item {
                    Brought::Move(other) | Brought::Arrival(other) => other.place == act.place,
                    Brought::Grant(_) | Brought::Erasure(_) => false,
                });
                match (here, act.came) {
                    // It came again, and stands where it stood.
                    (Some(p), Some(_))
                        if earlier.is_none() && (p.parent, p.host) == (act.parent, act.host) => {}
                    (Some(_), _) | (None, None) => list.push(Brought::Move(act)),
                    (None, Some(offer)) if !is_answered(tx, offer)? => {
                        // Where it stood last is all that is to be said of it.
                        if let Some(at) = earlier {
                            list.remove(at);
                        }
                        list.push(Brought::Arrival(act));
                    }
                    // It came again, and has gone since.
                    (None, Some(_)) => {}
                }
            }
            Control::Erase(signed) => {
                if !forget::is_erased(tx, signed.act.scope, signed.act.doc)? {
                    list.push(Brought::Erasure(Box::new(signed.act)));
                }
            }
            Control::End(_) | Control::Epoch(_) => {}
        }
    }
    Ok(list)
}

/// Whether the segment is about a placement that was brought back and waits for the office, or a place that waits for
/// the file by which it came: what is said of it waits with it.
pub(super) fn is_awaited(tx: &dyn Tx, s: &Segment) -> Result<bool, StoreError> {
    let is_of = |act: &PlaceAct| {
        let mut lanes = act.kind.lanes().iter();
        lanes.any(|lane| scope_of(act.place, *lane) == s.scope)
    };
    let mut may_wait = records::meta(tx, &awaited_name(&s.scope.0))?.is_some();
    if let Some(opens) = &s.opens {
        may_wait |= records::meta(tx, &awaited_name(&opens.parent.0))?.is_some();
    }
    if !may_wait {
        return Ok(false);
    }
    let waiting = brought(tx)?;
    Ok(waiting.iter().any(|item| match item {
        Brought::Arrival(act) => is_of(act) || s.opens.is_some_and(|o| o.parent == act.place),
        // Of all other places a segment that opens one needs nobody's word.
        Brought::Move(act) => s.opens.is_none() && is_of(act),
        Brought::Grant(_) | Brought::Erasure(_) => false,
    }))
}

/// The devices that show the same ticket as another.
fn contested(tx: &dyn Tx, waiting: &[Brought]) -> Result<BTreeSet<Hash>, StoreError> {
    let mut by_ticket: BTreeMap<Hash, Vec<Hash>> = BTreeMap::new();
    for item in waiting {
        if let Brought::Grant(grant) = item
            && records::meta(tx, &ticket_name(grant.under))?.is_some()
        {
            by_ticket.entry(grant.under).or_default().push(item.hash());
        }
    }
    let several = by_ticket.into_values().filter(|devices| devices.len() > 1);
    Ok(several.flatten().collect())
}

/// Whether something that was brought back is about a place that waits for the file by which it came.
fn waits_for_a_file(item: &Brought, waiting: &[Brought]) -> bool {
    let is_awaited = |place: PlaceId| {
        let mut waiting = waiting.iter();
        waiting.any(|other| matches!(other, Brought::Arrival(act) if act.place == place))
    };
    match item {
        Brought::Arrival(_) => true,
        Brought::Grant(grant) => is_awaited(grant.place),
        Brought::Move(act) => act.parent.is_some_and(is_awaited),
        Brought::Erasure(_) => false,
    }
}

impl Judge<'_> {
    /// A control act that a device brings back. Proven by the grant key of an earlier epoch, or by the chain
    /// of its issuers. `false`: there was no room to note it.
    fn control(
        &mut self,
        n: u64,
        control: &Control,
        keys: &[PublicKey],
    ) -> Result<bool, StoreError> {
        let log = self.log();
        match control {
            Control::End(signed) => {
                let acts = matches!(signed.act.end, End::Revoked | End::Wiped);
                let office = records::meta_number(self.tx, OFFICE_GRANT)?;
                let office = records::grant(self.tx, office)?.map(|g| g.hash());
                let by = keys.iter().find(|k| signed.is_signed(log, k));
                // No earlier epoch knew of the present office, so none of them ended its grant.
                let Some(by) = by.filter(|_| acts && office != Some(signed.act.grant)) else {
                    return Ok(true);
                };
                match records::grant_number(self.tx, signed.act.grant)? {
                    Some(n) => {
                        let grant = records::grant(self.tx, n)?;
                        let was = records::ended(self.tx, n)?.map(|end| end.how);
                        let says_more = was == Some(End::Revoked) && signed.act.end == End::Wiped;
                        if let Some(grant) = grant.filter(|_| was.is_none() || says_more)
                            && !is_given_after(self.tx, n, by)?
                        {
                            self.end(n, &grant, signed.act.end)?;
                        }
                    }
                    None => return bar(self.tx, signed.act, by),
                }
            }
            Control::Erase(signed) => {
                let act = &signed.act;
                let proven = keys.iter().position(|k| signed.is_signed(log, k));
                if let Some(epoch) = proven.filter(|_| is_of(act.doc, act.scope, act.kind))
                    && !forget::is_erased(self.tx, act.scope, act.doc)?
                {
                    return put_back(self.tx, (epoch, n), control);
                }
            }
            // Learnt before all others.
            Control::Epoch(_) => {}
            Control::Grant(grant) => {
                let known = records::grant_number(self.tx, grant.hash())?.is_some();
                let given = keys.iter().position(|k| *k == grant.issuer);
                // One that a standing issuer gave needs no word of the office: its device introduces itself.
                if let Some(epoch) = given.filter(|_| !known && grant.under.is_zero())
                    && grant.is_signed()
                {
                    return put_back(self.tx, (epoch, n), control);
                }
            }
            Control::Place(signed) => {
                let proven = keys.iter().position(|k| signed.is_signed(log, k));
                let act = &signed.act;
                let differs = match self.tree.get(act.place) {
                    Some(p) => (p.parent, p.host) != (act.parent, act.host),
                    // All others but the root are opened by a segment, which comes back itself.
                    None => act.kind == PlaceKind::Placement || act.came.is_some(),
                };
                if let Some(epoch) = proven.filter(|_| differs)
                    && !self.stands_in_log(signed.act)?
                {
                    return put_back(self.tx, (epoch, n), control);
                }
            }
        }
        Ok(true)
    }

    /// Forgets again what was forgotten before a restore.
    fn erase_again(&mut self, act: &EraseAct) -> Result<(), StoreError> {
        if forget::is_erased(self.tx, act.scope, act.doc)? {
            return Ok(());
        }
        if self.tree.of_scope(act.scope).is_some() {
            self.erase(act.clone())?;
            return Ok(());
        }
        // Its place comes back with the work that opened it, if at all.
        let act_of_this_epoch = self.signed(act.clone());
        let mark = Mark {
            entry: 0,
            act: act_of_this_epoch,
        };
        forget::put_mark(self.tx, &mark)?;
        self.erased.entry(act.scope).or_default().insert(act.doc);
        Ok(())
    }

    /// Whether the log has this move already: then a later one has overtaken it.
    fn stands_in_log(&self, act: PlaceAct) -> Result<bool, StoreError> {
        use crate::log::ControlAct;
        let scope = crate::place::scope_of(act.place, crate::place::Lane::Control);
        for n in records::scope_entries(self.tx, scope, 0, usize::MAX)? {
            let row = records::log_row(self.tx, n)?;
            if row.is_some_and(|r| r.entry.kind == EntryType::Place && r.entry.hash == act.hash()) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn is_given(&self, grant: &Grant) -> Result<bool, StoreError> {
        let keys = node_keys(self.tx)?;
        let ground = Ground::Tree(&*self.tree);
        Ok(records::check_grant(self.tx, grant, &keys, ground)?.is_ok())
    }

    /// Whether the ticket on paper that a grant was exchanged for, if there is one, can be used; it is entered if it is new.
    fn ticket_stands(&mut self, grant: &Grant) -> Result<bool, StoreError> {
        if let Some(n) = records::grant_number(self.tx, grant.under)? {
            let known = records::grant(self.tx, n)?;
            let on_paper = known.is_some_and(|g| g.custody == Custody::Paper);
            return Ok(!on_paper || records::ended(self.tx, n)?.is_none());
        }
        let Some(bytes) = records::meta(self.tx, &ticket_name(grant.under))? else {
            return Ok(true);
        };
        let paper = Grant::read(&mut Reader::new(&bytes))?;
        let above = records::grant_number(self.tx, paper.under)?;
        let stands = match above {
            Some(n) => stands_or_went_on(self.tx, n)?,
            None => false,
        };
        let is_given = stands && self.is_given(&paper)?;
        if is_given {
            self.grant(&paper)?;
        }
        Ok(is_given)
    }

    /// Lets something that was brought back stand again, if it fits.
    fn take_back(&mut self, item: &Brought) -> Result<bool, StoreError> {
        match item {
            Brought::Grant(grant) => {
                let is_here = self.tree.get(grant.place).is_some()
                    && records::away(self.tx, &grant.place.0)?.is_none();
                if !is_here || !self.ticket_stands(grant)? || !self.is_given(grant)? {
                    return Ok(false);
                }
                self.grant(grant)?;
                if let Some(n) = records::grant_number(self.tx, grant.under)?
                    && let Some(paper) = records::grant(self.tx, n)?
                    && paper.custody == Custody::Paper
                {
                    self.end(n, &paper, End::Succeeded)?;
                }
                Ok(true)
            }
            Brought::Move(act) => {
                let fits = act.parent.is_some()
                    && (act.kind == PlaceKind::Placement || self.tree.get(act.place).is_some())
                    && records::away(self.tx, &act.place.0)?.is_none()
                    && self.tree.check(act.place, act.kind, act.parent).is_ok()
                    && self.tree.check_host(act.kind, act.host).is_ok();
                if fits {
                    self.place(*act)?;
                }
                Ok(fits)
            }
            Brought::Erasure(act) => {
                self.erase_again(act)?;
                Ok(true)
            }
            // It comes with its file.
            Brought::Arrival(_) => Ok(false),
        }
    }
}
