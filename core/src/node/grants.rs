//! Grants on the node: tickets, enrolment and introductions, which devices there are, and how a grant ends.

use super::judge::{Judge, counter, log_time};
use super::recovery::{self, Recovery};
use super::restored::{barred, is_exchanged, may_have_been_used, was_restored};
use super::{Node, wiped_name};
use crate::codec::{Reader, Writer};
use crate::enrol::code::{CodeQuestion, LogPrefix, Once, Terms};
use crate::enrol::{EnrolReply, EnrolRequest, Offer, Pass, Ticket, Unknown, Word};
use crate::id::{Hash, PlaceId, PublicKey};
use crate::identity::{BadGrant, Custody, Grant, Ground};
use crate::limits;
use crate::log::End;
use crate::records::{self, Ended};
use crate::store::{Store, StoreError, Table, Tx};
use crate::time::Timestamp;
use rand_core::RngCore;
use std::collections::BTreeSet;

/// Why a device was not enrolled. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnrolError {
    /// The node does not know this ticket.
    #[error("this ticket is not of this node")]
    Unknown,
    /// It has been used.
    #[error("this ticket has been used; ask the office for another")]
    Used,
    /// Its time is over.
    #[error("this ticket has expired; ask the office for another")]
    Expired,
    /// The bytes are no enrolment, or not signed by the key in it.
    #[error("this is no enrolment")]
    Malformed,
    /// The role is not given on such a place, or the place is not known.
    #[error("this role is not given on that place")]
    WrongPlace,
    /// The place is on its way to another node; who keeps it lets devices in.
    #[error("the place is being handed over to another node")]
    HandedOver,
    /// The chain of grants does not hold.
    #[error("{0}")]
    Bad(BadGrant),
    /// So many devices, or keys of one device, were let in today that this one waits until tomorrow.
    #[error("too many were let in today; try again tomorrow")]
    TooManyToday,
    /// The node was restored; its office is asked about this device first.
    #[error("the node was restored; its office has to confirm this device first")]
    Unconfirmed,
    /// The device that asks, or that lets in who asks, was silent for so long that its owner is asked for first.
    #[error("this device was silent for long; its office has to confirm that its owner has it")]
    Unseen,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<BadGrant> for EnrolError {
    fn from(e: BadGrant) -> Self {
        match e {
            BadGrant::Used => EnrolError::Used,
            BadGrant::Expired => EnrolError::Expired,
            e => EnrolError::Bad(e),
        }
    }
}

/// A device that has or had a grant.
#[derive(Debug, Clone)]
pub struct Device {
    /// Entry number of its grant.
    pub n: u64,
    /// The grant.
    pub grant: Grant,
    /// How it ended, if it did.
    pub ended: Option<Ended>,
    /// Whether the device said that it has wiped itself.
    pub wiped: bool,
    /// The day on which it was last heard of, as a moment; zero: never.
    pub seen: Timestamp,
    /// Whether the office could read out a recovery code, and how often it did.
    pub recovery: Recovery,
    /// Whether work of it stays where it is since the quarantine has no room for it: a lost phone wipes itself only when the
    /// office has decided about some.
    pub no_room: bool,
}

/// Why a grant was not ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndError {
    /// No grant has this number.
    #[error("no grant has this number")]
    Unknown,
    /// It is the node's own.
    #[error("this is the office's own grant")]
    Own,
    /// It has ended before.
    #[error("this grant has ended already")]
    Already,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

fn seen_name(n: u64) -> String {
    format!("seen/{n}")
}

/// Notes that the device with the grant in entry `n` was heard of, once a day, by the log's time: a clock that was ahead
/// once makes nobody seen for years.
pub(super) fn note_seen(tx: &mut dyn Tx, n: u64, now: Timestamp) -> Result<(), StoreError> {
    records::set_meta_number(tx, &seen_name(n), now.0)
}

/// Whether what a device asks, at this time by its own clock, lets it be heard of on a day on which it was not yet. Whoever kept
/// a letter of a phone that is lost may lay it into the box again, month after month: what is old counts no more, and what a
/// clock that was ahead has dated counts once.
pub(super) fn is_heard_of(
    tx: &dyn Tx,
    n: u64,
    asked: Timestamp,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let is_new_day = records::meta_number(tx, &seen_name(n))? / 86_400 != now.0 / 86_400;
    let is_old = asked.0.saturating_add(limits::LETTER_AGE_SECONDS) <= now.0;
    let is_ahead = asked.0 >= now.0.saturating_add(limits::LETTER_AGE_SECONDS);
    let said_before = is_ahead && asked.0 <= records::meta_number(tx, &asked_name(n))?;
    Ok(is_new_day && !is_old && !said_before)
}

/// Notes what the clock of a device said when it was heard of.
pub(super) fn note_asked(tx: &mut dyn Tx, n: u64, asked: Timestamp) -> Result<(), StoreError> {
    let last = asked.0.max(records::meta_number(tx, &asked_name(n))?);
    records::set_meta_number(tx, &asked_name(n), last)
}

fn asked_name(n: u64) -> String {
    format!("seen-asked/{n}")
}

/// After how many days of silence a device's owner is asked for again.
const UNSEEN: &str = "unseen-days";

fn unseen_days(tx: &dyn Tx) -> Result<u64, StoreError> {
    match records::meta(tx, UNSEEN)? {
        Some(_) => records::meta_number(tx, UNSEEN),
        None => Ok(limits::UNSEEN_DAYS),
    }
}

/// What decides, beside a grant itself, whether its device is told anything: whether it has ended, and when it was last
/// heard of. Read whether there is such a grant or not, so that the time of an answer does not tell.
pub(super) struct Term {
    ended: Option<Ended>,
    seen: u64,
    days: u64,
}

impl Term {
    /// What is known of the grant in entry `n`.
    pub fn of(tx: &dyn Tx, n: u64) -> Result<Self, StoreError> {
        Ok(Term {
            ended: records::ended(tx, n)?,
            seen: records::meta_number(tx, &seen_name(n))?,
            days: unseen_days(tx)?,
        })
    }

    /// Whether the grant stands, its term has begun and is not over, and its device was heard of not long ago.
    pub fn runs(&self, grant: &Grant, time: Timestamp) -> bool {
        self.ended.is_none() && grant.runs(time) && !self.is_unseen(time)
    }

    /// Whether the device was silent for so long that its owner is asked for first.
    pub fn is_unseen(&self, now: Timestamp) -> bool {
        let silent = now.0.saturating_sub(self.seen) / 86_400;
        self.days > 0 && self.seen > 0 && silent > self.days
    }
}

/// After a restore nobody was silent: what devices said since the backup, of then, is lost. But who was silent too long
/// already stays so: its finder is asked for the owner as before.
pub(super) fn all_seen(
    tx: &mut dyn Tx,
    backed_up: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    for (n, _) in records::grants(tx)? {
        let term = Term::of(tx, n)?;
        if term.seen > 0 && !term.is_unseen(backed_up) {
            note_seen(tx, n, now)?;
        }
    }
    Ok(())
}

impl<S: Store> Node<S> {
    /// After how many days of silence a device is told nothing until [`Node::owner_is_there`]; 0: never.
    pub fn unseen_days(&self) -> Result<u64, StoreError> {
        self.store.read(|tx| unseen_days(tx))
    }

    /// Changes it.
    pub fn set_unseen_days(&mut self, days: u64) -> Result<(), StoreError> {
        (self.store).write(|tx| records::set_meta_number(tx, UNSEEN, days))
    }

    /// Somebody has asked: the device with the grant in entry `n` is still in its owner's hands.
    ///
    /// # Errors
    /// [`EndError::Unknown`] if there is no such grant, [`EndError::Already`] if it has ended.
    pub fn owner_is_there(&mut self, n: u64, now: Timestamp) -> Result<(), EndError> {
        self.store.write(|tx| {
            records::grant(tx, n)?.ok_or(EndError::Unknown)?;
            let time = log_time(tx, &counter(tx)?, now)?;
            match records::ended(tx, n)? {
                Some(_) => Err(EndError::Already),
                None => Ok(note_seen(tx, n, time)?),
            }
        })
    }

    /// Every grant that was given, with how it ended, and whether its device has wiped itself.
    pub fn devices(&self) -> Result<Vec<Device>, StoreError> {
        self.store.read(|tx| {
            let mut devices = Vec::new();
            for (n, grant) in records::grants(tx)? {
                devices.push(Device {
                    n,
                    ended: records::ended(tx, n)?,
                    wiped: records::meta(tx, &wiped_name(n))?.is_some(),
                    seen: Timestamp(records::meta_number(tx, &seen_name(n))?),
                    recovery: recovery::about(tx, n)?,
                    no_room: match records::first_key(tx, n)? {
                        Some(first) => records::is_quarantine_full(tx, &first)?,
                        None => false,
                    },
                    grant,
                });
            }
            Ok(devices)
        })
    }

    /// The keys of all devices that may ask: enrolled, and with a grant that stands.
    pub fn device_keys(&self) -> Result<Vec<PublicKey>, StoreError> {
        let devices = self.devices()?.into_iter();
        let standing = devices.filter(|d| d.ended.is_none());
        let device = standing.filter(|d| d.grant.custody == Custody::Device);
        Ok(device.map(|d| d.grant.key).collect())
    }

    /// Revokes the grant in entry `n`. From this entry on nothing is told to its device, and what it brings
    /// is held; with `wipe` it is told to wipe itself. With `cascade` every grant that was given under it
    /// is revoked as well, each by an entry of its own; without, those stand. Returns the entries.
    ///
    /// # Errors
    /// [`EndError`]; nothing has changed then. A grant that is revoked already can still be given the
    /// order to wipe.
    pub fn revoke(
        &mut self,
        n: u64,
        wipe: bool,
        cascade: bool,
        now: Timestamp,
    ) -> Result<Vec<u64>, EndError> {
        self.lapse(now)?;
        let office = self.office.grant;
        let mut tree = self.tree.clone();
        let seat = self.seat();
        self.store.write(|tx| {
            let grant = records::grant(tx, n)?.ok_or(EndError::Unknown)?;
            if n == office {
                return Err(EndError::Own);
            }
            if let Some(end) = records::ended(tx, n)?
                && (end.how == End::Wiped || !wipe)
            {
                return Err(EndError::Already);
            }
            let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
            let how = if wipe { End::Wiped } else { End::Revoked };
            let mut entries = vec![judge.end(n, &grant, how)?];
            if cascade {
                for (n, grant) in given_under(judge.tx, &grant)? {
                    if records::ended(judge.tx, n)?.is_none() {
                        entries.push(judge.end(n, &grant, End::Revoked)?);
                    }
                }
            }
            judge.finish()?;
            Ok(entries)
        })
    }

    /// Makes a ticket for one device.
    pub fn ticket(
        &mut self,
        url: &str,
        offer: &Offer,
        rng: &mut dyn RngCore,
    ) -> Result<Ticket, EnrolError> {
        let placed = self.tree.get(offer.place).ok_or(EnrolError::WrongPlace)?;
        if !offer.role.place_kinds().contains(&placed.kind) {
            return Err(EnrolError::WrongPlace);
        }
        self.store.read(|tx| is_here(tx, offer.place))?;
        let once = Once::random(rng);
        let mut w = Writer::new();
        w.u8(0);
        offer.write(&mut w);
        let key = Ticket::fingerprint(&once.secret(LogPrefix::of(self.log)));
        self.store
            .write(|tx| tx.put(Table::Ticket, &key.0, w.as_slice()))?;
        Ok(Ticket {
            url: url.to_owned(),
            log: self.log,
            role: offer.role,
            place: offer.place,
            expires: offer.expires,
            letter_key: Some(self.epoch.letter_key()),
            pass: Pass::Secret(once),
        })
    }

    /// Enrols a device by its ticket or its chain of grants. A ticket works once, whatever happens at the
    /// same moment; the device that used it may ask again, since the answer may not have reached it.
    pub fn enrol(
        &mut self,
        request: &[u8],
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<EnrolReply, EnrolError> {
        let request = EnrolRequest::from_bytes(request).map_err(|_| EnrolError::Malformed)?;
        if !request.is_signed(self.log) {
            return Err(EnrolError::Malformed);
        }
        if !self.is_confirmed()? {
            self.note_introduction(&request)?;
            return Err(EnrolError::Unconfirmed);
        }
        match request {
            EnrolRequest::Ticket { secret, key, .. } => {
                self.enrol_by_ticket(&secret, key, now, rng)
            }
            EnrolRequest::Introduction { grants, epochs, .. } => {
                self.learn_epochs(&epochs)?;
                self.introduce(&grants, now)
            }
        }
    }

    /// As [`Node::enrol`], for a request that came in a letter: the key that signed it, and the node's word to it.
    /// `None`: it is not signed by the key in it, and nobody is answered.
    ///
    /// # Errors
    /// [`EnrolError::Unconfirmed`], [`EnrolError::Unseen`], [`EnrolError::TooManyToday`]: the letter waits; or the store failed.
    pub fn enrol_by_letter(
        &mut self,
        request: &EnrolRequest,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<Option<(PublicKey, Word)>, EnrolError> {
        let said = match self.enrol(&request.to_bytes(), now, rng) {
            Ok(reply) => Ok((reply.n, reply.grant)),
            Err(EnrolError::Malformed) => return Ok(None),
            Err(
                e @ (EnrolError::Unconfirmed
                | EnrolError::Unseen
                | EnrolError::TooManyToday
                | EnrolError::Store(_)),
            ) => return Err(e),
            Err(EnrolError::Unknown | EnrolError::Bad(BadGrant::OtherLog)) => Err(Unknown::NotOurs),
            // A restore may have lost its leader's own right, which comes back by the leader: no last word is said.
            Err(EnrolError::Bad(BadGrant::UnknownIssuer))
                if self.store.read(|tx| was_restored(tx))? =>
            {
                return Ok(None);
            }
            Err(EnrolError::Used) => Err(Unknown::Used),
            Err(EnrolError::Expired) => Err(Unknown::Expired),
            Err(EnrolError::Bad(BadGrant::Ended)) => Err(Unknown::Ended),
            Err(_) => Err(Unknown::NotHeld),
        };
        let word = Word::new(self.log, self.epochs()?, request, said, &self.log_key);
        Ok(request.key().map(|key| (key, word)))
    }

    /// Counts one more word by letter to a device that is not let in; `false`: so many have heard one today that no more do
    /// ([`limits::STRANGERS_A_DAY`]). Anybody can ask, and each answer costs a part of what a mailbox takes from here.
    pub fn may_tell_stranger(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        (self.store).write(|tx| one_more_today(tx, "strangers", limits::STRANGERS_A_DAY, now))
    }

    /// As [`Node::enrol`], for a request that came over a line: the reply, or the node's signed word that it refuses.
    ///
    /// # Errors
    /// [`EnrolError::Malformed`] if it is no request, or not signed by the key in it; [`EnrolError::Unconfirmed`], or the
    /// store failed: it may be asked again.
    pub fn answer_enrolment(
        &mut self,
        bytes: &[u8],
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<Result<EnrolReply, Box<Word>>, EnrolError> {
        let request = EnrolRequest::from_bytes(bytes).map_err(|_| EnrolError::Malformed)?;
        let word = self.enrol_by_letter(&request, now, rng)?;
        let (_, word) = word.ok_or(EnrolError::Malformed)?;
        Ok(word.reply().map_err(|_| Box::new(word)))
    }

    /// What a device that has a ticket's short code asks for: the ticket's terms, or why it is worth nothing. The ticket is
    /// not used by that. Who does not know its secret hears the same, whatever they ask.
    ///
    /// # Errors
    /// [`EnrolError::Malformed`] if it is no question; [`EnrolError::Unconfirmed`], or the store failed: it may be asked again.
    pub fn ticket_terms(
        &self,
        question: &[u8],
        now: Timestamp,
    ) -> Result<Result<Terms, Unknown>, EnrolError> {
        let asked = CodeQuestion::from_bytes(question).map_err(|_| EnrolError::Malformed)?;
        if !self.is_confirmed()? {
            return Err(EnrolError::Unconfirmed);
        }
        let found = self.store.read(|tx| {
            let (offer, used) = given_ticket(tx, &asked.ticket, &asked.key, now)?;
            if used.is_none() {
                is_here(tx, offer.place)?;
            }
            Ok::<_, EnrolError>(offer)
        });
        let offer = match found {
            Ok(offer) => offer,
            Err(EnrolError::Unknown) => return Ok(Err(Unknown::NotOurs)),
            Err(EnrolError::Used) => return Ok(Err(Unknown::Used)),
            Err(EnrolError::Expired) => return Ok(Err(Unknown::Expired)),
            Err(EnrolError::HandedOver) => return Ok(Err(Unknown::NotHeld)),
            Err(e) => return Err(e),
        };
        Ok(Ok(Terms {
            log: self.log,
            role: offer.role,
            place: offer.place,
            expires: offer.expires,
            letter_key: self.epoch.letter_key(),
        }))
    }

    fn enrol_by_ticket(
        &mut self,
        secret: &[u8; 16],
        device: PublicKey,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<EnrolReply, EnrolError> {
        let key = Ticket::fingerprint(secret);
        self.lapse(now)?;
        let seat = self.seat();
        let mut tree = self.tree.clone();
        self.store.write(|tx| {
            let (offer, used) = given_ticket(tx, &key, &device, now)?;
            if let Some((n, grant)) = used {
                // The answer to this very device was lost on the way: it is given once more.
                return reply(tx, n, grant);
            }
            is_here(tx, offer.place)?;
            let grant = offer
                .grant(seat.log, device, Custody::Device, rng)
                .signed(&seat.grant_key);
            let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
            let n = judge.grant(&grant)?;
            judge.finish()?;
            let time = counter(tx)?.time;
            note_seen(tx, n, time)?;
            let mut spent = Writer::new();
            spent.u8(1);
            offer.write(&mut spent);
            spent.number(n);
            tx.put(Table::Ticket, &key.0, spent.as_slice())?;
            reply(tx, n, grant)
        })
    }

    /// Takes in a chain of grants: those that are not known yet are entered, each if its issuer's stands.
    fn introduce(&mut self, grants: &[Grant], now: Timestamp) -> Result<EnrolReply, EnrolError> {
        if grants
            .last()
            .is_none_or(|own| own.custody != Custody::Device)
        {
            return Err(EnrolError::Malformed);
        }
        self.lapse(now)?;
        let seat = self.seat();
        let mut tree = self.tree.clone();
        let result = self.store.write(|tx| {
            let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
            let mut last = None;
            for (i, grant) in grants.iter().enumerate() {
                if let Some(device) = grants.get(i + 1) {
                    judge.enter_shut_out(grant, device)?;
                }
                last = Some((judge.introduced(grant)?, grant.clone()));
            }
            judge.finish()?;
            let (n, grant) = last.ok_or(EnrolError::Malformed)?;
            if records::meta_number(tx, &seen_name(n))? == 0 {
                let time = counter(tx)?.time;
                note_seen(tx, n, time)?;
            }
            let ended = records::ended(tx, n)?.map(|end| end.how);
            Ok((reply(tx, n, grant)?, ended))
        });
        let result = match result {
            // What is still to be said to a device that was shut out, it hears in the answer to its next request.
            Ok((reply, None | Some(End::Revoked | End::Wiped))) => Ok(reply),
            Ok((_, Some(_))) => Err(EnrolError::Bad(BadGrant::Ended)),
            Err(e) => Err(e),
        };
        if matches!(result, Err(EnrolError::Unconfirmed)) {
            self.note_chain(grants)?;
        }
        result
    }
}

/// What a ticket that was given offers this device, and the grant that the device has got by it already.
///
/// # Errors
/// [`EnrolError::Unknown`], [`EnrolError::Used`] (by another device), [`EnrolError::Expired`].
fn given_ticket(
    tx: &dyn Tx,
    ticket: &Hash,
    device: &PublicKey,
    now: Timestamp,
) -> Result<(Offer, Option<(u64, Grant)>), EnrolError> {
    let row = tx
        .get(Table::Ticket, &ticket.0)?
        .ok_or(EnrolError::Unknown)?;
    let mut r = Reader::new(&row);
    let used = r.u8().map_err(StoreError::from)?;
    let offer = Offer::read(&mut r).map_err(StoreError::from)?;
    if used != 0 {
        let n = r.number().map_err(|_| EnrolError::Used)?;
        let grant = records::grant(tx, n)?.filter(|g| g.key == *device);
        return Ok((offer, Some((n, grant.ok_or(EnrolError::Used)?))));
    }
    if now.max(counter(tx)?.time) > offer.expires {
        return Err(EnrolError::Expired);
    }
    Ok((offer, None))
}

/// Nobody is let in on a place that another node keeps, or is offered.
fn is_here(tx: &dyn Tx, place: PlaceId) -> Result<(), EnrolError> {
    match records::away(tx, &place.0)? {
        Some(_) => Err(EnrolError::HandedOver),
        None => Ok(()),
    }
}

fn reply(tx: &dyn Tx, n: u64, grant: Grant) -> Result<EnrolReply, EnrolError> {
    Ok(EnrolReply {
        epochs: records::epochs(tx)?,
        n,
        grant,
    })
}

/// Every grant that was given under this one, over however many hands; not its own successors.
fn given_under(tx: &dyn Tx, grant: &Grant) -> Result<Vec<(u64, Grant)>, StoreError> {
    let all = records::grants(tx)?;
    // What its holder gave under their keys of before is among them.
    let earlier = records::earlier_keys(tx, grant)?.into_iter();
    let mut lines: BTreeSet<Hash> = earlier.map(|(_, earlier)| earlier.hash()).collect();
    lines.insert(grant.hash());
    let mut found = Vec::new();
    // A grant's entry comes after its issuer's, so one pass in order meets every link.
    for (n, g) in all {
        if !lines.contains(&g.under) {
            continue;
        }
        lines.insert(g.hash());
        if !g.succeeds(grant) {
            found.push((n, g));
        }
    }
    Ok(found)
}

/// Counts one more of something on the day of this moment; `false`: that would be too many.
fn one_more_today(
    tx: &mut dyn Tx,
    name: &str,
    limit: u64,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let today = now.0 / 86_400;
    let count = match records::meta(tx, name)? {
        Some(bytes) => {
            let mut r = Reader::new(&bytes);
            let (day, count) = (r.number()?, r.number()?);
            if day == today { count } else { 0 }
        }
        None => 0,
    };
    if count >= limit {
        return Ok(false);
    }
    let mut w = Writer::new();
    w.number(today).number(count + 1);
    records::set_meta(tx, name, w.as_slice())?;
    Ok(true)
}

impl Judge<'_> {
    /// A restore lost a device and the ticket on paper by which it was let in, and somebody brought the device's end back: both
    /// are entered, and end, so that the device hears what it is to do. Nobody is asked about it.
    fn enter_shut_out(&mut self, paper: &Grant, device: &Grant) -> Result<(), EnrolError> {
        let is_new = records::grant_number(self.tx, paper.hash())?.is_none();
        let Some(how) = barred(self.tx, device)?.filter(|_| is_new) else {
            return Ok(());
        };
        let keys = node_keys(self.tx)?;
        let is_theirs = is_exchanged(self.tx, device, paper, &keys)?;
        if !is_theirs || self.tree.get(device.place).is_none() {
            return Ok(());
        }
        is_here(self.tx, device.place)?;
        let n = self.grant(paper)?;
        self.end(n, paper, End::Succeeded)?;
        let n = self.grant(device)?;
        self.end(n, device, how)?;
        Ok(())
    }

    /// Enters a grant that somebody else than the node signed, unless it stands in the log already. Returns
    /// its entry.
    fn introduced(&mut self, grant: &Grant) -> Result<u64, EnrolError> {
        if grant.log != self.log() {
            return Err(EnrolError::Bad(BadGrant::OtherLog));
        }
        if let Some(n) = records::grant_number(self.tx, grant.hash())? {
            return Ok(n);
        }
        let keys = node_keys(self.tx)?;
        let from_node = grant.under == Hash::ZERO;
        if from_node && !(keys.contains(&grant.issuer) && grant.is_signed()) {
            return Err(EnrolError::Unknown);
        }
        if let Some(how) = barred(self.tx, grant)? {
            // A restore lost both, and somebody brought the end back: it is entered with the grant.
            let ground = Ground::Tree(&*self.tree);
            let proven = records::check_grant(self.tx, grant, &keys, ground)?.is_ok();
            if !proven || self.tree.get(grant.place).is_none() {
                return Err(EnrolError::Bad(BadGrant::Ended));
            }
            is_here(self.tx, grant.place)?;
            let n = self.grant(grant)?;
            // Its key of before goes with it.
            if let Some(above) = records::grant_number(self.tx, grant.under)?
                && let Some(parent) = records::grant(self.tx, above)?
                && grant.succeeds(&parent)
                && records::ended(self.tx, above)?.is_none()
            {
                self.end(above, &parent, End::Succeeded)?;
            }
            self.end(n, grant, how)?;
            return Ok(n);
        }
        // Where a place went is told to nobody who has not proven that it is theirs.
        let here = is_here(self.tx, grant.place);
        let ground = match &here {
            Ok(()) => Ground::Tree(&*self.tree),
            Err(_) => Ground::Unseen,
        };
        if !from_node {
            records::check_grant(self.tx, grant, &keys, ground)??;
        }
        here?;
        if from_node {
            // Given by the node in an epoch whose entries a restore lost: a person is asked.
            return Err(EnrolError::Unconfirmed);
        }
        let unknown = EnrolError::Bad(BadGrant::UnknownIssuer);
        let parent_n = records::grant_number(self.tx, grant.under)?.ok_or(unknown.clone())?;
        let parent = records::grant(self.tx, parent_n)?.ok_or(unknown)?;
        let on_paper = parent.custody == Custody::Paper;
        if let Some(end) = records::ended(self.tx, parent_n)? {
            if !on_paper && end.how == End::Succeeded && was_restored(self.tx)? {
                // It may have been given before its issuer's key changed, and a restore lost it.
                return Err(EnrolError::Unconfirmed);
            }
            return Err(match (on_paper, end.how) {
                (true, End::Succeeded) => BadGrant::Used,
                (true, End::Lapsed) => BadGrant::Expired,
                _ => BadGrant::Ended,
            }
            .into());
        }
        if grant.custody == Custody::Paper {
            // Before its term is asked about: who has used it comes with it long after.
            if may_have_been_used(self.tx, grant)? {
                return Err(EnrolError::Unconfirmed);
            }
            if grant.end < self.at.time {
                return Err(EnrolError::Expired);
            }
            // After a restore nobody would be asked about one that is good for longer.
            // A day more: the leader's clock may be ahead of this node's.
            let longest = limits::TICKET_SECONDS + 86_400;
            if grant.end.0 > self.at.time.0.saturating_add(longest) {
                return Err(BadGrant::TooLong.into());
            }
        }
        if hangs_on_unseen(self.tx, parent_n, self.at.time)? {
            return Err(EnrolError::Unseen);
        }
        let line = records::line_of(self.tx, parent_n)?;
        let succeeds = grant.succeeds(&parent);
        // Whoever changes keys, or makes people up, gains no room by it.
        let mut counts = vec![("given", line.top, limits::GRANTS_A_DAY)];
        if succeeds && !on_paper {
            counts.push(("keys", line.first, limits::KEYS_A_DAY));
        }
        for (what, n, limit) in counts {
            if !one_more_today(self.tx, &format!("{what}/{n}"), limit, self.at.time)? {
                return Err(EnrolError::TooManyToday);
            }
        }
        let n = self.grant(grant)?;
        if succeeds {
            self.end(parent_n, &parent, End::Succeeded)?;
        }
        Ok(n)
    }
}

/// Whether the device with the grant in entry `n`, or one that it was let in by, was silent for so long that its owner is
/// asked for first: a new key, or a new device, is no way around that.
fn hangs_on_unseen(tx: &dyn Tx, n: u64, time: Timestamp) -> Result<bool, StoreError> {
    let mut at = Some(n);
    for _ in 0..limits::GRANT_LINE {
        let Some(n) = at else { break };
        let term = Term::of(tx, n)?;
        if term.ended.is_none() && term.is_unseen(time) {
            return Ok(true);
        }
        let Some(grant) = records::grant(tx, n)? else {
            break;
        };
        let above = records::grant_number(tx, grant.under)?;
        let issuer = match above {
            Some(above) => records::grant(tx, above)?,
            None => None,
        };
        // Of a device that was let in long ago it does not matter who let it in.
        let same_line = |issuer: &Grant| grant.custody == Custody::Paper || grant.succeeds(issuer);
        at = above.filter(|_| issuer.as_ref().is_some_and(same_line));
    }
    Ok(false)
}

/// Lets these tickets be good no more that nobody has used, as if their time were over. After a restore these are all that were made before:
/// each may have been used since the backup.
pub(super) fn spend_tickets(
    tx: &mut dyn Tx,
    is_spent: impl Fn(&Offer) -> bool,
) -> Result<(), StoreError> {
    for (key, row) in tx.scan(Table::Ticket, &[], None, usize::MAX)? {
        let mut r = Reader::new(&row);
        if r.u8()? != 0 {
            continue;
        }
        let offer = Offer::read(&mut r)?;
        if !is_spent(&offer) {
            continue;
        }
        let mut w = Writer::new();
        w.u8(0);
        let expires = Timestamp(0);
        Offer { expires, ..offer }.write(&mut w);
        tx.put(Table::Ticket, &key, w.as_slice())?;
    }
    Ok(())
}

/// The grant keys of all epochs.
pub(super) fn node_keys(tx: &dyn Tx) -> Result<Vec<PublicKey>, StoreError> {
    Ok(records::epochs(tx)?.iter().map(|e| e.grant_key).collect())
}
