//! The device's own right: enrolled, introduced again to a restored node, under a new key, passed on by a
//! ticket, ended and wiped.

use super::epochs::{check_epochs, enter_epoch};
use super::known::{self, ENROLLING};
use super::places::put_pending;
use super::{ENDED, Exchange, GRANT, KEY, Phone, SyncError, WIPED};
use crate::access;
use crate::author::{self, Author, EditError};
use crate::codec::{CodecError, Reader, Writer};
use crate::enrol::{EnrolReply, EnrolRequest, Offer, Pass, Ticket};
use crate::id::PublicKey;
use crate::identity::{Grant, SecretKey};
use crate::limits;
use crate::log::{End, Position};
use crate::node::NewHome;
use crate::records;
use crate::store::{Store, StoreError, Table, Tx};
use crate::time::Timestamp;
use crate::tree::Tree;
use rand_core::RngCore;
use std::collections::BTreeSet;

/// The key that this device is changing to, and the grant for it.
const NEXT_KEY: &str = "next-key";
const NEXT_GRANT: &str = "next-grant";
/// The grant that this device uses, with those that it stands under as far as they are this device's own
/// affair: a ticket on paper, earlier keys. They stay when their entries are cut off by a restore.
const OWN_GRANTS: &str = "own-grants";
/// Where this device's place went.
const NEW_HOME: &str = "new-home";
/// The node's time as it was told last.
pub(super) const NODE_TIME: &str = "node-time";
/// The epoch in which it said so.
pub(super) const NODE_TIME_IN: &str = "node-time-in";
/// The end of the term that was over by this device's clock.
pub(super) const WAS_OVER: &str = "was-over";

/// What holds records of people.
const WIPED_TABLES: [Table; 11] = [
    Table::Place,
    Table::Scope,
    Table::Log,
    Table::ScopeLog,
    Table::Feed,
    Table::Segment,
    Table::Waiting,
    Table::Doc,
    Table::ScopeDoc,
    Table::Draft,
    Table::Quarantine,
];

/// Removes all records of people. What stays is the key, so that the next request can say once that it is done.
pub(super) fn wipe_records(tx: &mut dyn Tx) -> Result<(), StoreError> {
    for table in WIPED_TABLES {
        for (key, _) in tx.scan(table, &[], None, usize::MAX)? {
            tx.delete(table, &key)?;
        }
    }
    for row in tx.projection()? {
        tx.unproject(row.doc)?;
    }
    records::drop_meta(tx, records::TYPED)?;
    records::set_meta(tx, ENDED, &[End::Wiped as u8])?;
    records::set_meta(tx, WIPED, &[1])
}

pub(super) fn own_grants(tx: &dyn Tx) -> Result<Vec<Grant>, StoreError> {
    let mut grants = Vec::new();
    let bytes = records::meta(tx, OWN_GRANTS)?.unwrap_or_default();
    let mut r = Reader::new(&bytes);
    while !r.is_empty() {
        grants.push(Grant::read(&mut r)?);
    }
    Ok(grants)
}

/// The grant that this device uses; a node has none.
pub(crate) fn own_grant(tx: &dyn Tx) -> Result<Option<Grant>, StoreError> {
    Ok(own_grants(tx)?.pop())
}

/// The keys that this device signs or ever signed with: work under an earlier one is its own all the same.
pub(super) fn own_keys(tx: &dyn Tx) -> Result<BTreeSet<PublicKey>, StoreError> {
    Ok(own_grants(tx)?.iter().map(|g| g.key).collect())
}

fn put_own_grants(tx: &mut dyn Tx, grants: &[Grant]) -> Result<(), StoreError> {
    let bytes: Vec<u8> = grants.iter().flat_map(Grant::to_bytes).collect();
    records::set_meta(tx, OWN_GRANTS, &bytes)
}

/// No change of key is under way any more.
pub(super) fn forget_change(tx: &mut dyn Tx) -> Result<(), StoreError> {
    records::drop_meta(tx, NEXT_KEY)?;
    records::drop_meta(tx, NEXT_GRANT)
}

/// The key and grant of a change that has begun.
pub(super) fn begun_change(tx: &dyn Tx) -> Result<Option<(SecretKey, Grant)>, StoreError> {
    let seed = records::meta(tx, NEXT_KEY)?.and_then(|b| b.try_into().ok());
    let grant = records::meta(tx, NEXT_GRANT)?;
    let (Some(seed), Some(grant)) = (seed, grant) else {
        return Ok(None);
    };
    let grant = Grant::read(&mut Reader::new(&grant))?;
    Ok(Some((SecretKey::from_seed(seed), grant)))
}

impl<S: Store> Phone<S> {
    pub(super) fn load_author(&self) -> Result<Option<Author>, StoreError> {
        let key = self.key.clone();
        self.store.read(|tx| {
            let Some(log) = records::log_id(tx)? else {
                return Ok(None);
            };
            let n = records::meta_number(tx, GRANT)?;
            let own = own_grants(tx)?.pop();
            Ok(own.map(|grant| Author::new(key, log, n, &grant)))
        })
    }

    /// The grant that this device uses.
    pub fn own_grant(&self) -> Result<Option<Grant>, StoreError> {
        self.store.read(|tx| own_grant(tx))
    }

    /// Takes in what the node answered to the enrolment: its epochs and the grant in its entry.
    ///
    /// # Errors
    /// [`SyncError::NotTheNode`] if the records are not of the log that the ticket named, or the
    /// grant is not for this device.
    pub fn enrolled(&mut self, ticket: &Ticket, reply: &EnrolReply) -> Result<(), SyncError> {
        let log = ticket.log;
        check_epochs(&[], &reply.epochs, log)?;
        reply.epochs.last().ok_or(SyncError::NotTheNode)?;
        let grant = &reply.grant;
        let given = reply.epochs.iter().any(|e| e.grant_key == grant.issuer);
        // One that somebody passed on by a ticket on paper: its chain comes with the control lanes.
        let passed_on = !grant.under.is_zero();
        let ours = grant.key == self.key.public() && grant.log == log && grant.is_signed();
        if !ours || !(given || passed_on) {
            return Err(SyncError::NotTheNode);
        }
        self.store.write(|tx| {
            records::set_meta(tx, "log", &log.0)?;
            records::set_meta_number(tx, GRANT, reply.n)?;
            let mut own = Vec::new();
            if let Pass::Paper(_, paper) = &ticket.pass {
                own.push((**paper).clone());
            }
            own.push(grant.clone());
            put_own_grants(tx, &own)?;
            for e in &reply.epochs {
                records::put_epoch(tx, e)?;
            }
            records::put_grant(tx, reply.n, grant)?;
            put_pending(tx, &[(0, u64::MAX - 1)])?;
            records::drop_meta(tx, ENROLLING)?;
            records::set_position(tx, &Position::START)
        })?;
        self.author = self.load_author()?;
        Ok(())
    }

    /// What this device says to a node that does not know it any more: its grant, and those before it.
    pub fn introduction(&self) -> Result<EnrolRequest, SyncError> {
        let mut chain = self.store.read(|tx| own_grants(tx))?;
        let older = chain.len().saturating_sub(limits::INTRODUCED);
        chain.drain(..older);
        match chain.is_empty() {
            true => Err(SyncError::NotEnrolled),
            false => {
                let epochs = self.store.read(records::epochs)?;
                Ok(EnrolRequest::introducing(chain, &self.key).by_keys_of(&epochs))
            }
        }
    }

    /// Takes in the answer to an [`Phone::introduction`]: the node's new epochs, and where the grant stands
    /// now.
    ///
    /// # Errors
    /// [`SyncError::NotTheNode`] if it is about another grant, or not this device's node.
    pub fn introduced(&mut self, reply: &EnrolReply) -> Result<(), SyncError> {
        let author = self.author.clone().ok_or(SyncError::NotEnrolled)?;
        let own = self.own_grant()?.ok_or(SyncError::NotEnrolled)?;
        if reply.grant != own {
            return Err(SyncError::NotTheNode);
        }
        let mut tree = self.tree.clone();
        self.store.write(|tx| {
            let known = records::epochs(tx)?;
            let newer =
                |e: &&crate::identity::Epoch| known.last().is_none_or(|k| e.epoch > k.epoch);
            let new: Vec<_> = reply.epochs.iter().filter(newer).cloned().collect();
            check_epochs(&known, &new, author.log)?;
            for e in &new {
                enter_epoch(tx, &mut tree, e)?;
                records::put_epoch(tx, e)?;
            }
            records::put_grant(tx, reply.n, &own)?;
            records::set_meta_number(tx, GRANT, reply.n)?;
            known::forget_unknown(tx)?;
            Ok::<_, SyncError>(())
        })?;
        self.tree = tree;
        self.author = self.load_author()?;
        Ok(())
    }

    // ---- passing on -------------------------------------------------------------------------

    /// Makes a ticket for somebody in this device's place, without the node: a key on paper and a grant for
    /// it, which the node checks when it is used.
    ///
    /// # Errors
    /// [`EditError::NotAllowed`] if this device's grant does not let its holder give that role there.
    pub fn ticket(
        &self,
        url: &str,
        offer: &Offer,
        rng: &mut dyn RngCore,
    ) -> Result<Ticket, EditError> {
        let own = self.own_grant()?.ok_or(EditError::NotAllowed)?;
        let kind = self.tree.get(offer.place).map(|p| p.kind);
        let kind = kind.ok_or(EditError::UnknownPlace)?;
        let fits = own.may_delegate
            && access::grants(own.role).contains(&offer.role)
            && offer.role.place_kinds().contains(&kind)
            && self.tree.is_within(offer.place, own.place)
            && offer.person != own.person
            && (own.end.0 == 0 || (offer.end.0 > 0 && offer.end <= own.end));
        if !fits {
            return Err(EditError::NotAllowed);
        }
        Ok(Ticket {
            letter_key: self.node_letter_key()?,
            ..Ticket::on_paper(url, offer, &own, &self.key, rng)
        })
    }

    // ---- a new key --------------------------------------------------------------------------

    /// Begins to change this device's key: makes the new one and signs a grant for it with the old. Asked
    /// again before the node has answered, it says the same.
    ///
    /// # Errors
    /// [`SyncError::UnsentFirst`] while own work waits: it is signed with the old key. Not once the change has
    /// begun: the node may have ended the old key's grant already.
    pub fn change_key(&mut self, rng: &mut dyn RngCore) -> Result<EnrolRequest, SyncError> {
        let own = self.own_grant()?.ok_or(SyncError::NotEnrolled)?;
        let old_key = self.key.clone();
        let (next, grant) = self.store.write(|tx| {
            if let Some(begun) = begun_change(tx)? {
                return Ok(begun);
            }
            let waits = records::waiting(tx)?.iter().any(|(_, foreign)| !foreign);
            if waits || !records::drafts(tx)?.is_empty() {
                return Err(SyncError::UnsentFirst);
            }
            let next = SecretKey::random(rng);
            let mut nonce = [0; 8];
            rng.fill_bytes(&mut nonce);
            let grant = own.successor(next.public(), &old_key, nonce);
            records::set_meta(tx, NEXT_KEY, &next.seed()[..])?;
            records::set_meta(tx, NEXT_GRANT, &grant.to_bytes())?;
            Ok((next, grant))
        })?;
        Ok(EnrolRequest::introducing(vec![grant], &next))
    }

    /// Whether a change of key has begun, and the node's answer has not come.
    pub fn is_changing_key(&self) -> Result<bool, StoreError> {
        self.store.read(|tx| Ok(begun_change(tx)?.is_some()))
    }

    /// Goes on under the new key: the node has taken in its grant. The old key is forgotten; what was signed
    /// with it meanwhile and has no receipt is said again under the new one.
    ///
    /// # Errors
    /// [`SyncError::NotTheNode`] if the answer is about another grant.
    pub fn key_changed(&mut self, reply: &EnrolReply) -> Result<(), SyncError> {
        let tree = &self.tree;
        let old_key = self.key.public();
        let key = self.store.write(|tx| {
            let (key, grant) = begun_change(tx)?.ok_or(SyncError::NotEnrolled)?;
            if grant != reply.grant {
                return Err(SyncError::NotTheNode);
            }
            author::leave_key(tx, tree, &old_key)?;
            records::set_meta(tx, KEY, &key.seed()[..])?;
            let mut own = own_grants(tx)?;
            own.push(reply.grant.clone());
            put_own_grants(tx, &own)?;
            records::set_meta_number(tx, GRANT, reply.n)?;
            records::put_grant(tx, reply.n, &reply.grant)?;
            forget_change(tx)?;
            // It may have been told so of the old key's grant.
            records::drop_meta(tx, ENDED)?;
            Ok(key)
        })?;
        self.key = key;
        self.author = self.load_author()?;
        Ok(())
    }

    // ---- the end ----------------------------------------------------------------------------

    /// How this device's grant ended, as its node told it.
    pub fn told_end(&self) -> Result<Option<End>, StoreError> {
        let byte = self.store.read(|tx| records::meta(tx, ENDED))?;
        Ok(match byte.as_deref() {
            Some([how]) => Some(End::from_number(*how)?),
            _ => None,
        })
    }

    /// The node that keeps this device's place now, as its own told it. With a ticket of that node its person goes on
    /// there; work that waits here stays until this node has taken it for the other.
    pub fn new_home(&self) -> Result<Option<NewHome>, StoreError> {
        let bytes = self.store.read(|tx| records::meta(tx, NEW_HOME))?;
        Ok(match bytes {
            Some(bytes) => Some(NewHome::read(&mut Reader::new(&bytes))?),
            None => None,
        })
    }

    /// Whether this device shows and records nothing any more: its node told it that its grant ended, or the
    /// grant's term is over, by this device's clock or the last that the node told of its own. Once it was over by this
    /// device's clock it stays so, however the clock is set, until the node says that it is not.
    pub fn is_ended(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        if self.told_end()?.is_some() {
            return Ok(true);
        }
        let end = self.author.as_ref().map_or(0, |a| a.end.0);
        if end == 0 {
            return Ok(false);
        }
        let (told, was_over) = self.store.read(|tx| {
            let told = records::meta_number(tx, NODE_TIME)?;
            Ok::<_, StoreError>((told, records::meta_number(tx, WAS_OVER)? == end))
        })?;
        let is_over = now.0.max(told) >= end;
        if is_over && !was_over {
            self.store
                .write(|tx| records::set_meta_number(tx, WAS_OVER, end))?;
        }
        Ok(is_over || was_over)
    }

    pub(super) fn take_ended(
        &mut self,
        exchange: &mut Exchange,
        payload: &[u8],
    ) -> Result<(), SyncError> {
        let mut r = Reader::new(payload);
        let how = End::from_number(r.u8()?)?;
        let home = match r.is_empty() {
            true => None,
            false => Some(NewHome::read(&mut r)?),
        };
        r.end()?;
        if home.is_some() && how != End::HandedOver {
            return Err(CodecError::BadValue { what: "end" }.into());
        }
        // Of a key that this device is about to leave it is no end.
        let leaves = how == End::Succeeded && self.is_changing_key()?;
        self.store.write(|tx| {
            if let Some(home) = &home {
                let mut w = Writer::new();
                home.write(&mut w);
                records::set_meta(tx, NEW_HOME, w.as_slice())?;
            }
            match leaves {
                true => Ok(()),
                false => records::set_meta(tx, ENDED, &[how as u8]),
            }
        })?;
        exchange.ended = Some(how);
        Ok(())
    }

    /// Whether this device has removed its records, and is still to say so.
    pub fn is_wiped(&self) -> Result<bool, StoreError> {
        (self.store).read(|tx| Ok(records::meta(tx, WIPED)?.is_some()))
    }

    /// Removes all records from this device, as its node told it to. What stays is the key, so that the
    /// next request can say once that it is done; then the store itself is to be removed.
    ///
    /// # Errors
    /// [`EditError::NotAllowed`] unless the node told it to, or while own work still waits.
    pub fn wipe(&mut self) -> Result<(), EditError> {
        self.store.write(|tx| {
            if records::meta(tx, ENDED)?.as_deref() != Some(&[End::Wiped as u8]) {
                return Err(EditError::NotAllowed);
            }
            let drafted = !records::drafts(tx)?.is_empty();
            if drafted || records::waiting(tx)?.iter().any(|(_, foreign)| !foreign) {
                return Err(EditError::NotAllowed);
            }
            Ok(wipe_records(tx)?)
        })?;
        self.tree = Tree::new();
        Ok(())
    }
}
