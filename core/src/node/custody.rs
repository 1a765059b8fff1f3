//! Custody on the node: offering a place to another node, taking one in, and what becomes of it afterwards
//! ([`crate::custody`], rule 16).
//!
//! From the offer on the place is *away*: its scopes get no entry here any more, its devices' work is held and
//! relayed, nobody is let in on it, the office writes nothing in it. It becomes here again only by the other
//! node's signed no. With its yes the documents leave this store and its devices; the log, the authors'
//! segments and a stub stay, so that the file can be made again and every digest before goes on to hold.

use super::Node;
use super::judge::{About, Judge, Said};
use super::push::Opened;
use super::restored::lost_epochs;
use crate::codec::{Reader, Writer};
use crate::custody::{
    Answer, AnswerFile, Contents, CustodyError, FeedMark, HandOver, Line, NodeCard, OfferFile,
    Part, ProvenOffer, RelayFile, Rights, read_epochs, write_epochs,
};
use crate::feed::authorise::AuthorisedSegment;
use crate::feed::verify::{FeedHead, prove};
use crate::feed::{Segment, SignedSegment, Spot};
use crate::forget::{self, Erased};
use crate::id::{DocId, FeedId, Hash, LogId, PlaceId, ScopeId};
use crate::identity::{Epoch, Grant, are_certified, log_of};
use crate::limits;
use crate::log::{
    ControlAct, End, EntryType, PlaceAct, RULE_VERSION, Signed as SignedAct, Verdict, reason,
};
use crate::place::{Lane, PlaceKind, scope_of};
use crate::records::{self, Away, FeedRow, ScopeRow, SegmentState};
use crate::replica::{self, ApplyError, Filing};
use crate::store::{Store, StoreError, Table, Tx, after_prefix};
use crate::time::Timestamp;
use crate::tree::Tree;
use rand_core::RngCore;
use std::collections::{BTreeMap, BTreeSet};

/// How far a hand-over is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Stage {
    /// Offered; the other node has not answered.
    Offered = 0,
    /// The other node keeps the place.
    Accepted = 1,
    /// The other node said no.
    Refused = 2,
}

impl Stage {
    fn read(r: &mut Reader) -> Result<Self, StoreError> {
        Ok(match r.u8()? {
            0 => Stage::Offered,
            1 => Stage::Accepted,
            2 => Stage::Refused,
            _ => return Err(StoreError::Damaged("a hand-over".into())),
        })
    }
}

/// A hand-over from this node: the stub that stays of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Hash of the offer.
    pub hash: Hash,
    /// The offer.
    pub offer: SignedAct<HandOver>,
    /// What was offered; after a restore from before the offer only the places are known.
    pub contents: Contents,
    /// The other node, as its card said when it was offered, and as it answered.
    pub to: NodeCard,
    /// How far it is.
    pub stage: Stage,
    /// The answer, once it came home.
    pub answer: Option<SignedAct<Answer>>,
}

/// A hand-over to this node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Hash of the offer.
    pub hash: Hash,
    /// The offer.
    pub offer: SignedAct<HandOver>,
    /// This node's answer.
    pub answer: SignedAct<Answer>,
}

/// Where a device's place went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHome {
    /// The node's log.
    pub log: LogId,
    /// Its name.
    pub name: String,
    /// Its address; may be empty.
    pub url: String,
}

impl NewHome {
    /// Writes it.
    pub fn write(&self, w: &mut Writer) {
        w.fixed(&self.log.0)
            .bytes(self.name.as_bytes())
            .bytes(self.url.as_bytes());
    }

    /// Reads one.
    pub fn read(r: &mut Reader) -> Result<Self, crate::codec::CodecError> {
        Ok(NewHome {
            log: LogId::read(r)?,
            name: r.text(limits::LINE_BYTES)?.to_owned(),
            url: r.text(limits::LINE_BYTES)?.to_owned(),
        })
    }
}

/// What became of relayed work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Relayed {
    /// Segments that are held now, for the office.
    pub held: usize,
    /// Segments that had come before.
    pub known: usize,
    /// Segments that find no place here; the old home keeps them.
    pub left: usize,
}

type Res<T> = Result<T, CustodyError>;

const OUT: &str = "custody/out/";
const IN: &str = "custody/in/";

fn out_name(offer: Hash) -> String {
    format!("{OUT}{offer}")
}

fn in_name(offer: Hash) -> String {
    format!("{IN}{offer}")
}

fn file_name(offer: Hash) -> String {
    format!("custody/file/{offer}")
}

fn arrived_key(place: PlaceId, n: u64) -> Vec<u8> {
    let mut key = format!("custody/arrived/{place}/").into_bytes();
    key.extend_from_slice(&records::number_key(n));
    key
}

fn epochs_name(log: LogId) -> String {
    format!("custody/epochs/{log}")
}

fn custody_of_card(r: &mut Reader) -> Result<NodeCard, StoreError> {
    NodeCard::read(r).map_err(|_| StoreError::Damaged("a node's card".into()))
}

fn outgoing(tx: &dyn Tx, hash: Hash) -> Result<Option<Outgoing>, StoreError> {
    let Some(bytes) = records::meta(tx, &out_name(hash))? else {
        return Ok(None);
    };
    let mut r = Reader::new(&bytes);
    Ok(Some(Outgoing {
        hash,
        offer: SignedAct::read(&mut r)?,
        contents: Contents::read(&mut r)?,
        to: custody_of_card(&mut r)?,
        stage: Stage::read(&mut r)?,
        answer: match r.yes_no("answer")? {
            true => Some(SignedAct::read(&mut r)?),
            false => None,
        },
    }))
}

fn put_outgoing(tx: &mut dyn Tx, out: &Outgoing) -> Result<(), StoreError> {
    let mut w = Writer::new();
    w.fixed(&out.offer.to_bytes())
        .fixed(&out.contents.to_bytes())
        .fixed(&out.to.to_bytes())
        .u8(out.stage as u8)
        .u8(u8::from(out.answer.is_some()));
    if let Some(answer) = &out.answer {
        w.fixed(&answer.to_bytes());
    }
    records::set_meta(tx, &out_name(out.hash), w.as_slice())
}

fn incoming(tx: &dyn Tx, hash: Hash) -> Result<Option<Incoming>, StoreError> {
    let Some(bytes) = records::meta(tx, &in_name(hash))? else {
        return Ok(None);
    };
    let mut r = Reader::new(&bytes);
    Ok(Some(Incoming {
        hash,
        offer: SignedAct::read(&mut r)?,
        answer: SignedAct::read(&mut r)?,
    }))
}

/// The place of a hand-over from here that has this scope.
pub(super) fn place_offered(
    tx: &dyn Tx,
    offer: Hash,
    scope: ScopeId,
) -> Result<Option<PlaceId>, StoreError> {
    let out = outgoing(tx, offer)?;
    Ok(out.and_then(|out| Some(out.contents.scopes().get(&scope)?.0)))
}

/// Where a place stood that was handed over from here.
pub(super) fn parent_offered(tx: &dyn Tx, place: PlaceId) -> Result<Option<PlaceId>, StoreError> {
    let Some(away) = records::away(tx, &place.0)? else {
        return Ok(None);
    };
    let out = outgoing(tx, away.offer)?;
    let part = out.and_then(|out| out.contents.parts.into_iter().find(|p| p.place == place));
    Ok(part.map(|p| p.parent))
}

/// Whether this node has answered this offer.
pub(super) fn is_answered(tx: &dyn Tx, offer: Hash) -> Result<bool, StoreError> {
    Ok(incoming(tx, offer)?.is_some())
}

/// The hashes of all rows under a name.
fn hashes_under(tx: &dyn Tx, prefix: &str) -> Result<Vec<Hash>, StoreError> {
    let to = after_prefix(prefix.as_bytes());
    let rows = tx.scan(Table::Meta, prefix.as_bytes(), to.as_deref(), usize::MAX)?;
    let names = rows.iter().filter_map(|(key, _)| {
        let name = std::str::from_utf8(key.get(prefix.len()..)?).ok()?;
        name.parse().ok()
    });
    Ok(names.collect())
}

/// The hand-over by which a place came here, the last before entry `n`, and the entry of this node's answer;
/// `None`: it was made here.
pub(super) fn arrival_before(
    tx: &dyn Tx,
    place: PlaceId,
    n: u64,
) -> Result<Option<(Hash, u64)>, StoreError> {
    let (from, below) = (
        arrived_key(place, 0),
        arrived_key(place, n.saturating_add(1)),
    );
    let Some((_, bytes)) = tx.last(Table::Meta, &from, &below)? else {
        return Ok(None);
    };
    let mut r = Reader::new(&bytes);
    Ok(Some((Hash::read(&mut r)?, r.number()?)))
}

/// The file by which places came here, proven once more.
pub(crate) fn proven_arrival(tx: &dyn Tx, offer: Hash) -> Res<ProvenOffer> {
    let bytes = records::meta(tx, &file_name(offer))?.ok_or(CustodyError::UnknownOffer)?;
    let marks = forget::marks(tx, None)?;
    let erased: BTreeSet<(ScopeId, DocId)> = (marks.iter())
        .map(|m| (m.act.act.scope, m.act.act.doc))
        .collect();
    OfferFile::from_bytes(&bytes)?.prove_with(&|scope, doc| erased.contains(&(scope, doc)))
}

/// The files by which places came here hold nothing any more of documents that were forgotten since.
pub(crate) fn forget_arrivals(tx: &mut dyn Tx, erased: &Erased) -> Result<(), StoreError> {
    for hash in hashes_under(tx, IN)? {
        let Some(bytes) = records::meta(tx, &file_name(hash))? else {
            continue;
        };
        let mut file = OfferFile::from_bytes(&bytes)?;
        if file.forget(erased)? {
            records::set_meta(tx, &file_name(hash), &file.to_bytes())?;
        }
    }
    Ok(())
}

/// Grants with all that they stand under, and the epochs in which the last of them were given.
fn rights(tx: &dyn Tx, own: Vec<Epoch>, used: BTreeSet<Hash>) -> Result<Rights, StoreError> {
    let mut all: BTreeMap<Hash, Grant> = BTreeMap::new();
    let mut todo: Vec<Hash> = used.into_iter().collect();
    while let Some(hash) = todo.pop() {
        if hash == Hash::ZERO || all.contains_key(&hash) {
            continue;
        }
        let missing = || StoreError::Damaged("a grant is missing".into());
        let n = records::grant_number(tx, hash)?.ok_or_else(missing)?;
        let grant = records::grant(tx, n)?.ok_or_else(missing)?;
        todo.push(grant.under);
        all.insert(hash, grant);
    }
    let log = own.first().map(|e| log_of(&e.root));
    let mut logs = vec![own];
    let foreign: BTreeSet<LogId> = all.values().map(|g| g.log).collect();
    for other in foreign.into_iter().filter(|l| Some(*l) != log) {
        let Some(bytes) = records::meta(tx, &epochs_name(other))? else {
            continue;
        };
        let mut epochs = read_epochs(&mut Reader::new(&bytes))?;
        // As far as they are needed: what is learnt of later ones must not change a file.
        let gave = |e: &Epoch| {
            all.values()
                .any(|g| g.log == other && g.issuer == e.grant_key)
        };
        let needed = epochs.iter().rposition(gave).map_or(0, |at| at + 1);
        epochs.truncate(needed.max(1));
        logs.push(epochs);
    }
    let grants = all.into_values().collect();
    Ok(Rights { logs, grants })
}

/// Keeps the epochs of other logs beside those that are known: what a restore left behind has signed rights as well.
fn put_foreign_epochs(tx: &mut dyn Tx, log: LogId, epochs: &[Epoch]) -> Result<(), StoreError> {
    let mut all = match records::meta(tx, &epochs_name(log))? {
        Some(bytes) => read_epochs(&mut Reader::new(&bytes))?,
        None => Vec::new(),
    };
    all.extend(epochs.iter().cloned());
    all.sort_by_key(|e| e.epoch);
    all.dedup();
    if !are_certified(&[], &all, log) || all.len() > limits::EPOCHS {
        return Ok(());
    }
    let mut w = Writer::new();
    write_epochs(&mut w, &all);
    records::set_meta(tx, &epochs_name(log), w.as_slice())
}

fn put_all_away(
    tx: &mut dyn Tx,
    contents: &Contents,
    away: Option<Away>,
) -> Result<(), StoreError> {
    for part in &contents.parts {
        records::put_away(tx, &part.place.0, away)?;
        for (_, scope, _) in part.scopes() {
            records::put_away(tx, &scope.0, away)?;
        }
    }
    Ok(())
}

/// The places from one downwards, each after the one that it stands under.
fn downwards(tree: &Tree, place: PlaceId) -> Res<Vec<(PlaceId, PlaceKind, PlaceId)>> {
    let mut list = Vec::new();
    for id in tree.subtree(place) {
        let placed = tree.get(id).ok_or(CustodyError::UnknownPlace)?;
        if placed.birth == 0 {
            return Err(CustodyError::Unborn);
        }
        list.push((id, placed.kind, placed.parent.ok_or(CustodyError::Root)?));
    }
    match list.is_empty() {
        true => Err(CustodyError::UnknownPlace),
        false => Ok(list),
    }
}

impl<S: Store> Node<S> {
    /// Hands over no more in one file than this, where [`limits::HAND_OVER_BYTES`] is more than this PC holds.
    pub fn bound_hand_overs(&mut self, bytes: usize) {
        self.hand_over_bytes = bytes.min(limits::HAND_OVER_BYTES);
    }

    /// What this node shows to those that may hand something over to it.
    pub fn card(&self, name: &str, url: &str) -> Result<NodeCard, StoreError> {
        let mut earlier = self.epochs()?;
        earlier.pop();
        let key = &self.grant_key;
        Ok(NodeCard::new(earlier, self.epoch.clone(), name, url, key))
    }

    /// Offers a place with all below it to the node with this card. From this entry on nothing more is written in
    /// its scopes. Returns the offer's hash; [`Node::offer_file`] makes what goes to the other node.
    pub fn hand_over(
        &mut self,
        place: PlaceId,
        to: &NodeCard,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Res<Hash> {
        if to.log() == self.log {
            return Err(CustodyError::Itself);
        }
        if place == self.root() {
            return Err(CustodyError::Root);
        }
        downwards(&self.tree, place)?;
        self.submit(now, rng)?;
        let places = downwards(&self.tree, place)?;
        let lane = match self.tree.get(place).and_then(|p| p.parent) {
            Some(parent) => scope_of(parent, Lane::Control),
            None => return Err(CustodyError::Root),
        };
        let (seat, limit) = (self.seat(), self.hand_over_bytes);
        let mut tree = self.tree.clone();
        let hash = self.store.write(|tx| {
            for (id, ..) in &places {
                if records::away(tx, &id.0)?.is_some() {
                    return Err(CustodyError::OnItsWay);
                }
            }
            let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
            let has_stay = |(id, ..): &(PlaceId, _, _)| {
                let hosted = judge.tree.get(*id).is_some_and(|p| p.host.is_some());
                hosted || judge.tree.hosted_by(*id).next().is_some()
            };
            if places.iter().any(has_stay) {
                return Err(CustodyError::Hosted);
            }
            let hash = judge.offers(&places, to, lane, false)?;
            judge.finish()?;
            can_be_taken(tx, hash, limit)?;
            Ok(hash)
        })?;
        self.views.clear();
        Ok(hash)
    }

    /// Offers once more a place that is kept elsewhere by an offer which a restore took out of this log, or that was
    /// refused since: the other node may have gone back to before it as well, and the file of a lost offer cannot be
    /// made again. What was ever accepted here is in this log still, and goes along. Returns the new offer's hash.
    ///
    /// # Errors
    /// [`CustodyError::UnknownOffer`]; [`CustodyError::OnItsWay`]: its file can be made ([`Node::offer_file`]), or a later
    /// offer has taken its place.
    pub fn offer_again(&mut self, lost: Hash, now: Timestamp) -> Res<Hash> {
        self.lapse(now)?;
        let (seat, limit) = (self.seat(), self.hand_over_bytes);
        let mut tree = self.tree.clone();
        let hash = self.store.write(|tx| {
            let out = outgoing(tx, lost)?.ok_or(CustodyError::UnknownOffer)?;
            let act = out.offer.act;
            let own = records::log_row(tx, act.n + 1)?;
            let stands = own.is_some_and(|row| row.entry.hash == lost);
            let away = records::away(tx, &act.place.0)?;
            let away = away.filter(|a| a.gone && a.offer == lost);
            let away = away.filter(|_| !stands || out.stage == Stage::Refused);
            let away = away.ok_or(CustodyError::OnItsWay)?;
            let parts = out.contents.parts.iter();
            let places: Vec<_> = parts.map(|p| (p.place, p.kind, p.parent)).collect();
            // Its own entry is the last that this node writes in the place itself.
            put_all_away(tx, &out.contents, None)?;
            let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
            let hash = judge.offers(&places, &out.to, away.lane, true)?;
            judge.finish()?;
            can_be_taken(tx, hash, limit)?;
            Ok::<_, CustodyError>(hash)
        })?;
        self.views.clear();
        Ok(hash)
    }

    /// The file of an offer, from the log: the same bytes whenever it is made.
    pub fn offer_file(&self, offer: Hash) -> Res<(Vec<u8>, NodeCard)> {
        self.store.read(|tx| {
            let (file, to) = file_of(tx, offer)?;
            Ok((file.to_bytes(), to))
        })
    }

    /// Takes in a place under one of this node's. Asked again, it gives the same answer and changes nothing.
    ///
    /// A placement goes under a branch as a stay (*sinh hoạt tạm thời*): it stands under the committee, and the branch
    /// hosts it until the last day that its record says.
    pub fn accept(&mut self, file: &[u8], under: PlaceId, now: Timestamp) -> Res<Incoming> {
        let proven = self.proven_for_us(file)?;
        if let Some(before) = self.store.read(|tx| incoming(tx, proven.hash))? {
            return match before.answer.act.under {
                Some(_) => Ok(before),
                None => Err(CustodyError::Refused),
            };
        }
        let seat = self.seat();
        let mut tree = self.tree.clone();
        let incoming = self.store.write(|tx| {
            if records::away(tx, &under.0)?.is_some() {
                return Err(CustodyError::OnItsWay);
            }
            let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
            let incoming = judge.take_over(&proven, under)?;
            records::set_meta(judge.tx, &file_name(proven.hash), file)?;
            judge.finish()?;
            Ok(incoming)
        })?;
        self.tree = tree;
        self.views.clear();
        Ok(incoming)
    }

    /// Says no to an offer, for good. Asked again, it gives the same answer and changes nothing.
    pub fn refuse_offer(&mut self, file: &[u8], now: Timestamp) -> Res<Incoming> {
        self.lapse(now)?;
        let proven = self.proven_for_us(file)?;
        if let Some(before) = self.store.read(|tx| incoming(tx, proven.hash))? {
            return match before.answer.act.under {
                None => Ok(before),
                Some(_) => Err(CustodyError::Accepted),
            };
        }
        let (seat, root) = (self.seat(), self.root());
        let mut tree = self.tree.clone();
        self.store.write(|tx| {
            let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
            let incoming = judge.answer(&proven, None, root)?;
            judge.finish()?;
            Ok(incoming)
        })
    }

    /// The file with this node's answer, for the old home.
    pub fn answer_file(&self, offer: Hash, name: &str, url: &str) -> Res<AnswerFile> {
        let incoming = self.store.read(|tx| incoming(tx, offer))?;
        let incoming = incoming.ok_or(CustodyError::UnknownOffer)?;
        Ok(AnswerFile {
            offer: incoming.offer,
            answer: incoming.answer,
            card: self.card(name, url)?,
        })
    }

    /// Takes in the answer to an offer of this node's. Yes: the place is kept there; its documents leave this store and
    /// its devices, a stub stays. No: the place is here again, and what was held is judged. The same answer
    /// again changes nothing.
    pub fn take_answer(&mut self, file: &AnswerFile, now: Timestamp) -> Res<Outgoing> {
        let act = file.offer.act;
        if act.from != self.log {
            return Err(CustodyError::NotForThisNode { to: act.from });
        }
        let of_it =
            |e: &Epoch| e.epoch == act.epoch && file.offer.is_signed(self.log, &e.grant_key);
        if !self.epochs()?.iter().any(of_it) {
            return Err(CustodyError::Unproven("the offer's signature"));
        }
        let accepted = file.answer.act.under.is_some();
        let stage = match accepted {
            true => Stage::Accepted,
            false => Stage::Refused,
        };
        let seat = self.seat();
        let mut tree = self.tree.clone();
        let out = self.store.write(|tx| {
            let known = outgoing(tx, act.hash())?;
            let was_lost = known.is_none();
            let mut out = match known {
                Some(out) => out,
                // An offer that no restore can have taken out of this log was never in it: whoever has an old key signs what
                // they like.
                None if accepted
                    && lost_epochs(tx)?
                        .iter()
                        .any(|(e, cut)| of_it(e) && act.n >= *cut) =>
                {
                    lost_offer(tx, &tree, file)?
                }
                None => return Err(CustodyError::UnknownOffer),
            };
            if was_lost {
                note_taken_since(tx, &out)?;
            }
            if out.stage != Stage::Offered {
                return match out.stage == stage {
                    true => Ok(out),
                    false => Err(CustodyError::TwoFaces),
                };
            }
            (out.stage, out.answer) = (stage, Some(file.answer));
            out.to = file.card.clone();
            let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
            match accepted {
                true => judge.let_go(&out)?,
                // Offered once more after it had gone: there is nothing here to keep.
                false if judge.tree.get(act.place).is_none() => {
                    judge.returned(&out)?;
                }
                false => judge.keep(&out)?,
            }
            put_outgoing(judge.tx, &out)?;
            judge.finish()?;
            Ok(out)
        })?;
        self.tree = tree;
        self.views.clear();
        Ok(out)
    }

    /// What is held here for the new home of an offered place, and what was taken in here before this node heard again of
    /// an offer that it had lost.
    pub fn relay_file(&self, offer: Hash) -> Res<(RelayFile, NodeCard)> {
        let epochs = self.epochs()?;
        self.store.read(|tx| {
            let out = outgoing(tx, offer)?.ok_or(CustodyError::UnknownOffer)?;
            let mut used = BTreeSet::new();
            let mut segments = Vec::new();
            let held = held_for(tx, offer)?.into_iter().map(|(_, signed)| signed);
            for signed in held.chain(taken_since(tx, offer)?) {
                used.insert(signed.unproven().grant);
                segments.push(signed);
            }
            let rights = rights(tx, epochs, used)?;
            let file = RelayFile {
                offer,
                rights,
                segments,
            };
            Ok((file, out.to))
        })
    }

    /// Takes in what came to the old home after its offer: each segment whose author's right there is proven is held
    /// for this node's office.
    pub fn take_relay(&mut self, file: &RelayFile, now: Timestamp) -> Res<Relayed> {
        self.lapse(now)?;
        let known = self.store.read(|tx| incoming(tx, file.offer))?;
        let known = known.filter(|i| i.answer.act.under.is_some());
        let from = known.ok_or(CustodyError::UnknownOffer)?.offer.act.from;
        let logs: Vec<LogId> = (file.rights.logs.iter())
            .map(|epochs| crate::custody::certified(epochs))
            .collect::<Res<_>>()?;
        // Of the old home, or of one before it: nobody else lets anybody write there.
        for log in logs.iter().filter(|l| **l != from && **l != self.log) {
            let known = self
                .store
                .read(|tx| records::meta(tx, &epochs_name(*log)))?;
            known.ok_or(CustodyError::Unproven("it is of another log"))?;
        }
        let grants = file.rights.prove()?;
        let seat = self.seat();
        let mut tree = self.tree.clone();
        self.store.write(|tx| {
            for (log, epochs) in logs.iter().zip(&file.rights.logs) {
                if *log != seat.log {
                    put_foreign_epochs(tx, *log, epochs)?;
                }
            }
            let mut relayed = Relayed::default();
            let came = Came::with(tx, file.offer)?;
            let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
            for signed in &file.segments {
                judge.relayed(signed, &grants, &came, &mut relayed)?;
            }
            judge.finish()?;
            Ok(relayed)
        })
    }

    /// Every hand-over from this node.
    pub fn outgoing(&self) -> Result<Vec<Outgoing>, StoreError> {
        self.store.read(|tx| {
            let hashes = hashes_under(tx, OUT)?;
            let rows = hashes.into_iter().map(|hash| outgoing(tx, hash));
            Ok(rows
                .collect::<Result<Vec<_>, _>>()?
                .into_iter()
                .flatten()
                .collect())
        })
    }

    /// Every hand-over to this node.
    pub fn incoming(&self) -> Result<Vec<Incoming>, StoreError> {
        self.store.read(|tx| {
            let hashes = hashes_under(tx, IN)?;
            let rows = hashes.into_iter().map(|hash| incoming(tx, hash));
            Ok(rows
                .collect::<Result<Vec<_>, _>>()?
                .into_iter()
                .flatten()
                .collect())
        })
    }

    fn proven_for_us(&self, file: &[u8]) -> Res<ProvenOffer> {
        let file = OfferFile::from_bytes(file)?;
        let to = file.offer.act.to;
        if to != self.log {
            return Err(CustodyError::NotForThisNode { to });
        }
        file.prove()
    }

    /// What a device hears whose grant has ended: how, and where its place went if it was handed over.
    pub(super) fn told_end(
        &self,
        tx: &dyn Tx,
        opened: &Opened,
        how: End,
    ) -> Result<Vec<u8>, StoreError> {
        let mut w = Writer::new();
        w.u8(how as u8);
        if how == End::HandedOver
            && let Some(away) = records::away(tx, &opened.view.root.0)?
            && let Some(out) = outgoing(tx, away.offer)?
        {
            let home = NewHome {
                log: out.to.log(),
                name: out.to.name,
                url: out.to.url,
            };
            home.write(&mut w);
        }
        Ok(w.finish())
    }
}

/// What an offer hands over, from the log, and to whom.
fn file_of(tx: &dyn Tx, offer: Hash) -> Res<(OfferFile, NodeCard)> {
    let out = outgoing(tx, offer)?.ok_or(CustodyError::UnknownOffer)?;
    let act = out.offer.act;
    let own = records::log_row(tx, act.n + 1)?.filter(|r| r.entry.hash == offer);
    // Lost by a restore: the place is known to be kept elsewhere, the offer is not in this log.
    own.ok_or(CustodyError::UnknownOffer)?;
    let mut used = BTreeSet::new();
    let mut scopes = BTreeMap::new();
    let mut arrivals = BTreeSet::new();
    for part in &out.contents.parts {
        let arrived = arrival_before(tx, part.place, act.n)?;
        arrivals.extend(arrived.map(|(hash, _)| hash));
        let from = arrived.map_or(0, |(_, n)| n - 1);
        for (_, scope, _) in part.scopes() {
            let mut lines = Vec::new();
            for n in records::scope_entries(tx, scope, from, usize::MAX)? {
                if n > act.n {
                    break;
                }
                lines.push(line(tx, n, &mut used)?);
            }
            scopes.insert(scope, lines);
        }
    }
    let mut earlier = Vec::new();
    for hash in arrivals {
        let file = records::meta(tx, &file_name(hash))?;
        earlier.push(file.ok_or(CustodyError::UnknownOffer)?);
    }
    let epochs = records::epochs(tx)?
        .into_iter()
        .filter(|e| e.epoch <= act.epoch);
    let file = OfferFile {
        offer: out.offer,
        contents: out.contents,
        rights: rights(tx, epochs.collect(), used)?,
        earlier,
        scopes,
    };
    Ok((file, out.to))
}

/// Makes sure that an offer's file can be made, holds what is in it, and proves itself, before anything is offered: only the
/// new home undoes an offer.
fn can_be_taken(tx: &dyn Tx, offer: Hash, limit: usize) -> Res<()> {
    let (file, _) = file_of(tx, offer)?;
    let bytes = file.to_bytes();
    if bytes.len() > limit {
        let bytes = bytes.len();
        return Err(CustodyError::TooLong { bytes, limit });
    }
    OfferFile::from_bytes(&bytes)?.prove().map(drop)
}

/// The places that came here with an offer, and their scopes.
struct Came {
    places: BTreeSet<PlaceId>,
    scopes: BTreeSet<ScopeId>,
}

impl Came {
    fn with(tx: &dyn Tx, offer: Hash) -> Res<Self> {
        let bytes = records::meta(tx, &file_name(offer))?.ok_or(CustodyError::UnknownOffer)?;
        let contents = OfferFile::from_bytes(&bytes)?.contents;
        Ok(Came {
            places: contents.parts.iter().map(|part| part.place).collect(),
            scopes: contents.scopes().into_keys().collect(),
        })
    }

    /// Whether a segment is about one of them, or about a place that its feed opens in one.
    fn has(&self, tx: &dyn Tx, s: &Segment) -> Res<bool> {
        if self.scopes.contains(&s.scope) {
            return Ok(true);
        }
        let opened = match s.n {
            1 => s.opens,
            _ => match records::segment(tx, Spot { n: 1, ..s.spot() })? {
                Some(row) => SignedSegment::from_bytes(&row.bytes)?.unproven().opens,
                None => None,
            },
        };
        Ok(opened.is_some_and(|o| self.places.contains(&o.parent)))
    }
}

fn line(tx: &dyn Tx, n: u64, used: &mut BTreeSet<Hash>) -> Result<Line, StoreError> {
    let missing = || StoreError::Damaged("an entry is missing".into());
    let row = records::log_row(tx, n)?.ok_or_else(missing)?;
    let mut body = row.body;
    if row.entry.verdict == Verdict::Accepted
        && let Some(spot) = row.spot
    {
        body = records::segment(tx, spot)?.ok_or_else(missing)?.bytes;
        used.insert(SignedSegment::from_bytes(&body)?.unproven().grant);
    }
    Ok(Line {
        entry: row.entry,
        epoch: row.epoch,
        body,
    })
}

/// What is held about the places of an offer, in the order of its coming: its row in quarantine and the segment.
fn held_for(tx: &dyn Tx, offer: Hash) -> Result<Vec<(u64, SignedSegment)>, StoreError> {
    let mut held = Vec::new();
    for (number, row) in records::quarantined(tx)? {
        if row.held == 0 {
            continue;
        }
        let signed = SignedSegment::from_bytes(&row.bytes)?;
        let s = signed.unproven();
        let above = s.opens.map_or(s.scope.0, |o| o.parent.0);
        let of_this = |a: Option<Away>| a.is_some_and(|a| a.offer == offer);
        // What follows in the feed of a place that is opened names its parent no more.
        let follows = held.iter().any(|(_, h): &(u64, SignedSegment)| {
            let h = h.unproven();
            h.feed == s.feed
        });
        if of_this(records::away(tx, &s.scope.0)?) || of_this(records::away(tx, &above)?) || follows
        {
            held.push((number, signed));
        }
    }
    Ok(held)
}

/// An offer that a restore has taken out of this log, and that the other node has accepted: the place is kept
/// there, and must not be in two homes.
fn lost_offer(tx: &dyn Tx, tree: &Tree, file: &AnswerFile) -> Res<Outgoing> {
    let act = file.offer.act;
    let mut contents = Contents::default();
    for (place, kind, parent) in downwards(tree, act.place)? {
        if records::away(tx, &place.0)?.is_some() {
            return Err(CustodyError::OnItsWay);
        }
        let chains = vec![Hash::ZERO; kind.lanes().len()];
        contents.parts.push(Part {
            place,
            kind,
            parent,
            chains,
        });
    }
    Ok(Outgoing {
        hash: act.hash(),
        offer: file.offer,
        contents,
        to: file.card.clone(),
        stage: Stage::Offered,
        answer: None,
    })
}

/// The setting that names what was taken in of a place while its offer was lost.
fn since_name(offer: Hash) -> String {
    format!("since/{offer}")
}

/// Notes what this node took in of a place since it went back to before it had offered it: the new home has not got it.
fn note_taken_since(tx: &mut dyn Tx, out: &Outgoing) -> Result<(), StoreError> {
    let mut w = Writer::new();
    for (_, scope, _) in out.contents.parts.iter().flat_map(Part::scopes) {
        for n in records::scope_entries(tx, scope, 0, usize::MAX)? {
            let row = records::log_row(tx, n)?;
            let since = row.filter(|r| r.epoch > out.offer.act.epoch);
            if let Some(spot) = since.and_then(|r| r.spot) {
                w.fixed(&spot.feed.0).number(spot.n);
            }
        }
    }
    records::set_meta(tx, &since_name(out.hash), w.as_slice())
}

fn taken_since(tx: &dyn Tx, offer: Hash) -> Result<Vec<SignedSegment>, StoreError> {
    let bytes = records::meta(tx, &since_name(offer))?.unwrap_or_default();
    let mut r = Reader::new(&bytes);
    let mut taken = Vec::new();
    while !r.is_empty() {
        let spot = Spot {
            feed: FeedId::read(&mut r)?,
            n: r.number()?,
        };
        let row = records::segment(tx, spot)?;
        let accepted = row.filter(|s| matches!(s.state, SegmentState::Receipted(_)));
        if let Some(row) = accepted {
            taken.push(SignedSegment::from_bytes(&row.bytes)?);
        }
    }
    Ok(taken)
}

impl Judge<'_> {
    /// Writes an offer of these places into the log; from it on they are away. Returns its hash.
    fn offers(
        &mut self,
        places: &[(PlaceId, PlaceKind, PlaceId)],
        to: &NodeCard,
        lane: ScopeId,
        gone: bool,
    ) -> Res<Hash> {
        let contents = self.contents(places)?;
        let place = places.first().ok_or(CustodyError::UnknownPlace)?.0;
        let act = HandOver {
            place,
            from: self.log(),
            to: to.log(),
            epoch: self.epoch_number(),
            n: self.at.n,
            chain: self.at.chain,
            time: self.at.time,
            rule: RULE_VERSION,
            contents: contents.hash(),
        };
        let (hash, offer) = (act.hash(), self.signed(act));
        self.entry(About {
            scope: scope_of(place, Lane::Control),
            body: offer.to_bytes(),
            ..About::act(EntryType::HandOver, hash)
        })?;
        let away = Away {
            lane,
            offer: hash,
            gone,
        };
        put_all_away(self.tx, &contents, Some(away))?;
        let out = Outgoing {
            hash,
            offer,
            contents,
            to: to.clone(),
            stage: Stage::Offered,
            answer: None,
        };
        put_outgoing(self.tx, &out)?;
        Ok(hash)
    }

    /// What is handed over with these places, as the log stands.
    fn contents(&self, places: &[(PlaceId, PlaceKind, PlaceId)]) -> Res<Contents> {
        let mut contents = Contents::default();
        let mut scopes = BTreeSet::new();
        for (place, kind, parent) in places {
            let mut chains = Vec::new();
            for lane in kind.lanes() {
                let scope = scope_of(*place, *lane);
                scopes.insert(scope);
                chains.push(records::scope(self.tx, scope)?.chain);
            }
            contents.parts.push(Part {
                place: *place,
                kind: *kind,
                parent: *parent,
                chains,
            });
        }
        for (feed, row) in records::feeds(self.tx)? {
            if !scopes.contains(&row.scope) {
                continue;
            }
            if let Some(head) = accepted_head(self.tx, feed)? {
                contents.feeds.push(FeedMark {
                    feed,
                    head,
                    ended: row.ended,
                });
            }
        }
        let fits = contents.parts.len() <= limits::HAND_OVER_PLACES;
        match fits {
            true => Ok(contents),
            false => Err(CustodyError::Codec(crate::codec::CodecError::TooLong {
                found: contents.parts.len() as u64,
                limit: limits::HAND_OVER_PLACES as u64,
            })),
        }
    }

    /// Writes this node's answer to an offer into its log.
    fn answer(
        &mut self,
        proven: &ProvenOffer,
        under: Option<PlaceId>,
        at: PlaceId,
    ) -> Res<Incoming> {
        let offer = proven.file.offer;
        let act = Answer {
            offer: proven.hash,
            from: offer.act.from,
            place: offer.act.place,
            under,
            epoch: self.epoch_number(),
            n: self.at.n + 1,
        };
        let answer = self.signed(act);
        self.entry(About {
            scope: scope_of(at, Lane::Control),
            body: answer.to_bytes(),
            ..About::act(EntryType::Answer, act.hash())
        })?;
        let mut w = Writer::new();
        w.fixed(&offer.to_bytes()).fixed(&answer.to_bytes());
        records::set_meta(self.tx, &in_name(proven.hash), w.as_slice())?;
        Ok(Incoming {
            hash: proven.hash,
            offer,
            answer,
        })
    }

    /// Takes in a place with all below it: the chains go on from where the old home left them, the documents are
    /// made from what was ever accepted in them.
    fn take_over(&mut self, proven: &ProvenOffer, under: PlaceId) -> Res<Incoming> {
        let contents = &proven.file.contents;
        let is_stay = (contents.parts.first()).is_some_and(|p| p.kind == PlaceKind::Placement);
        let (under, host) = match self.tree.get(under) {
            Some(branch) if is_stay && branch.kind == PlaceKind::Branch => {
                (branch.parent.ok_or(CustodyError::Root)?, Some(under))
            }
            _ => (under, None),
        };
        for part in &contents.parts {
            if self.tree.get(part.place).is_some() {
                return Err(CustodyError::AlreadyHere);
            }
            // Was handed over from here before, and comes home.
            if records::away(self.tx, &part.place.0)?.is_some_and(|a| !a.gone) {
                return Err(CustodyError::OnItsWay);
            }
        }
        put_all_away(self.tx, contents, None)?;
        for (scope, chain) in &proven.chains {
            let row = ScopeRow {
                chain: *chain,
                last: self.at.n,
                filled: 0,
            };
            records::put_scope(self.tx, *scope, &row)?;
        }
        let place = proven.file.offer.act.place;
        let incoming = self.answer(proven, Some(under), place)?;
        let n = incoming.answer.act.n;
        for (i, part) in contents.parts.iter().enumerate() {
            let parent = if i == 0 { under } else { part.parent };
            self.tree.check(part.place, part.kind, Some(parent))?;
            let mut w = Writer::new();
            w.fixed(&proven.hash.0).number(n);
            let key = arrived_key(part.place, n);
            self.tx.put(Table::Meta, &key, w.as_slice())?;
            // Who hosted it there does not here: a stay goes on by a new placement.
            let born = self.place(PlaceAct::at(part.place, part.kind, Some(parent)))?;
            if i == 0 {
                // To this node's devices it is a place that moved in, to be filled in.
                put_move(self.tx, born, part.place, part.parent)?;
            }
        }
        for (log, epochs) in &proven.logs {
            if *log != self.log() {
                put_foreign_epochs(self.tx, *log, epochs)?;
            }
        }
        for accepted in &proven.accepted {
            let spot = accepted.segment.segment().spot();
            let grant = &accepted.grant;
            let grant_n = records::put_foreign_grant(self.tx, grant)?;
            let before = records::segment(self.tx, spot)?;
            let segment = AuthorisedSegment::by_verdict(
                accepted.segment.clone(),
                &accepted.entry,
                accepted.place,
                accepted.lane,
            );
            let segment = segment.map_err(|_| CustodyError::Unproven("a segment"))?;
            let plan = match replica::plan(self.tx, &mut self.warm, &segment, None) {
                Ok(plan) => plan,
                Err(ApplyError::Store(e)) => return Err(e.into()),
                Err(ApplyError::Door(e)) => return Err(CustodyError::Unfit(e)),
            };
            let filing = Filing {
                state: SegmentState::Receipted(n),
                grant: grant_n,
                entry: n,
            };
            let docs = replica::commit(self.tx, &mut self.warm, plan, &segment, grant, filing)?;
            self.docs.extend(docs);
            // Judged in this very log before it went away: its entry here stays.
            if let Some(row) = before
                && row.hash == segment.verified().hash()
                && matches!(row.state, SegmentState::Receipted(_))
            {
                records::put_segment(self.tx, spot, &row)?;
            }
        }
        for grant in proven.grants.values() {
            records::put_foreign_grant(self.tx, grant)?;
        }
        // What an earlier home forgot is forgotten here by this node's own word, which its devices can check.
        for act in &proven.erased {
            if self.tree.of_scope(act.scope).is_some() {
                self.erase(act.clone())?;
            }
        }
        for mark in contents.feeds.iter().filter(|m| m.ended) {
            if let Some(row) = records::feed(self.tx, mark.feed)? {
                records::put_feed(self.tx, mark.feed, &FeedRow { ended: true, ..row })?;
            }
        }
        if let Some(branch) = host {
            self.hosts(place, under, branch)?;
        }
        self.take_up_what_was_taken_since(place)?;
        Ok(incoming)
    }

    /// A place comes home, of which this node had taken in work while it had lost that it had offered it: that is part of
    /// its documents here, whether or not the other home took it over, and its authors' feeds go on after it.
    fn take_up_what_was_taken_since(&mut self, place: PlaceId) -> Result<(), StoreError> {
        for hash in hashes_under(self.tx, OUT)? {
            if outgoing(self.tx, hash)?.is_none_or(|out| out.offer.act.place != place) {
                continue;
            }
            for signed in taken_since(self.tx, hash)? {
                replica::ensure(self.tx, &signed)?;
                let s = signed.unproven();
                self.docs.extend(s.changes.iter().map(|c| c.doc));
                if let Some(feed) = records::feed(self.tx, s.feed)?
                    && feed.head.n < s.n
                {
                    let head = FeedHead {
                        n: s.n,
                        hash: signed.hash(),
                    };
                    records::put_feed(self.tx, s.feed, &FeedRow { head, ..feed })?;
                }
            }
        }
        Ok(())
    }

    /// Writes the answer of the other node into this log, in the control lane above the place.
    fn returned(&mut self, out: &Outgoing) -> Result<Option<(u64, PlaceId)>, StoreError> {
        let (Some(first), Some(answer)) = (out.contents.parts.first(), &out.answer) else {
            return Ok(None);
        };
        let n = self.entry(About {
            scope: scope_of(first.parent, Lane::Control),
            body: answer.to_bytes(),
            ..About::act(EntryType::Return, answer.act.hash())
        })?;
        Ok(Some((n, first.parent)))
    }

    /// The other node keeps the place: its documents leave, its devices are told where it went.
    fn let_go(&mut self, out: &Outgoing) -> Result<(), StoreError> {
        let Some((n, parent)) = self.returned(out)? else {
            return Ok(());
        };
        let away = Away {
            lane: scope_of(parent, Lane::Control),
            offer: out.hash,
            gone: true,
        };
        put_all_away(self.tx, &out.contents, Some(away))?;
        let gone: BTreeSet<PlaceId> = out.contents.parts.iter().map(|p| p.place).collect();
        for (grant_n, grant) in records::grants(self.tx)? {
            if gone.contains(&grant.place) && records::ended(self.tx, grant_n)?.is_none() {
                self.end(grant_n, &grant, End::HandedOver)?;
            }
        }
        for part in out.contents.parts.iter().rev() {
            for (_, scope, _) in part.scopes() {
                for doc in records::scope_docs(self.tx, scope, None)? {
                    records::drop_doc(self.tx, scope, doc)?;
                    records::drop_draft(self.tx, doc)?;
                    self.tx.unproject(doc)?;
                    self.docs.remove(&doc);
                }
            }
            self.tx.delete(Table::Place, &part.place.0)?;
            self.tree.remove(part.place);
        }
        // As a move out of their reach, so that devices drop it the way they know.
        put_move(self.tx, n, out.offer.act.place, parent)?;
        self.touch(parent, n)
    }

    /// The other node said no: the place is here as before, and what was held is judged.
    fn keep(&mut self, out: &Outgoing) -> Result<(), StoreError> {
        self.returned(out)?;
        let held = held_for(self.tx, out.hash)?;
        put_all_away(self.tx, &out.contents, None)?;
        let mut again = Vec::new();
        let mut seen: BTreeSet<FeedId> = BTreeSet::new();
        for (number, signed) in held {
            let Some(row) = records::quarantine_row(self.tx, number)? else {
                continue;
            };
            // With what follows in the same feed, which waits for it.
            if !matches!(row.reason, reason::CUSTODY | reason::AFTER_HELD) {
                continue;
            }
            let s = signed.unproven();
            let damaged = || StoreError::Damaged("a held segment".into());
            let grant_n = records::grant_number(self.tx, s.grant)?.ok_or_else(damaged)?;
            let grant = records::grant(self.tx, grant_n)?.ok_or_else(damaged)?;
            if grant.log != self.log() {
                // Relayed by its old home: this office decides about it as before.
                continue;
            }
            let spot = s.spot();
            if seen.insert(s.feed)
                && let Some(feed) = records::feed(self.tx, s.feed)?
            {
                let head = FeedHead {
                    n: s.n.saturating_sub(1),
                    hash: s.prev,
                };
                records::put_feed(self.tx, s.feed, &FeedRow { head, ..feed })?;
            }
            records::drop_segment(self.tx, Spot { ..spot })?;
            records::drop_quarantined(self.tx, number)?;
            again.push((signed, (grant_n, grant)));
        }
        for (signed, (grant_n, grant)) in again {
            let damaged = || StoreError::Damaged("a held segment".into());
            let proven = prove(signed.clone(), &grant.key).map_err(|_| damaged())?;
            // Nobody brings it again: what cannot be judged yet waits on.
            if let Said::Problem(_) = self.segment(proven, &mut None)? {
                let grant = (grant_n, &grant);
                self.hold(&signed, grant, reason::AFTER_HELD)?;
            }
        }
        Ok(())
    }

    /// One segment that the old home relays.
    fn relayed(
        &mut self,
        signed: &SignedSegment,
        grants: &BTreeMap<Hash, Grant>,
        came: &Came,
        relayed: &mut Relayed,
    ) -> Res<()> {
        let unproven = || CustodyError::Unproven("a segment");
        let s = signed.unproven();
        let grant = grants.get(&s.grant).ok_or_else(unproven)?;
        let proven = prove(signed.clone(), &grant.key).map_err(|_| unproven())?;
        if self.said_before(&proven)?.is_some() {
            relayed.known += 1;
            return Ok(());
        }
        let Some(proven) = self.without_erased(proven)? else {
            relayed.left += 1;
            return Ok(());
        };
        let signed = &proven.signed().clone();
        let s = signed.unproven();
        // Of anything else its sender has nothing to tell this node.
        let here = came.has(self.tx, s)?;
        let feed = records::feed(self.tx, s.feed)?;
        let head = feed.map_or(FeedHead::NONE, |f| f.head);
        let ended = feed.is_some_and(|f| f.ended);
        let follows = proven.follow(&head);
        let (true, false, Ok(_)) = (here, ended, follows) else {
            relayed.left += 1;
            return Ok(());
        };
        let n = records::put_foreign_grant(self.tx, grant)?;
        match self.hold(signed, (n, grant), reason::CUSTODY)? {
            Said::Held(_) => relayed.held += 1,
            _ => relayed.left += 1,
        }
        Ok(())
    }
}

/// A feed's last accepted segment.
fn accepted_head(tx: &dyn Tx, feed: FeedId) -> Result<Option<FeedHead>, StoreError> {
    let accepted = records::segments_from(tx, feed, 1)?;
    let mut accepted = accepted.into_iter();
    let last = accepted.rfind(|(_, row)| matches!(row.state, SegmentState::Receipted(_)));
    Ok(last.map(|(n, row)| FeedHead { n, hash: row.hash }))
}

/// Notes that a place came from, or went to, where it is out of this tree's sight.
fn put_move(tx: &mut dyn Tx, n: u64, place: PlaceId, parent: PlaceId) -> Result<(), StoreError> {
    let mut w = Writer::new();
    w.fixed(&place.0).fixed(&parent.0);
    let key = [&b"move/"[..], &records::number_key(n)].concat();
    tx.put(Table::Meta, &key, w.as_slice())
}
