//! Without a node: devices exchange segments by version vectors. What comes that way is provisional.

use super::carried::{AuthorKeys, Offered, Room, Weight};
use super::grant::own_grants;
use super::{Phone, RESTORED};
use crate::author::{self, Author};
use crate::codec::Reader;
use crate::door;
use crate::enrol::Card;
use crate::feed::authorise::{AuthorisedSegment, Strictness, authorise};
use crate::feed::verify::{FeedHead, VerifyError, prove, verify};
use crate::feed::{SignedSegment, feed_id};
use crate::forget;
use crate::id::{DocId, FeedId, PublicKey};
use crate::identity::{BadGrant, Custody, Epoch, Grant, Ground};
use crate::kind;
use crate::limits;
use crate::log::{End, reason};
use crate::records::{self, QuarantineRow, SegmentState};
use crate::replica::{self, Filing, Overlay};
use crate::store::{Store, StoreError, Tx};
use crate::time::Timestamp;
use crate::tree::{Tree, View};
use std::collections::{BTreeMap, BTreeSet};

/// The grants of devices that this one met before it heard of them from its node.
const MET: &str = "met";

fn met(tx: &dyn Tx) -> Result<Vec<Grant>, StoreError> {
    let bytes = records::meta(tx, MET)?.unwrap_or_default();
    let mut r = Reader::new(&bytes);
    let mut grants = Vec::new();
    while !r.is_empty() {
        let grant = Grant::read(&mut r)?;
        let is_told =
            records::grant_number(tx, grant.hash())?.is_some_and(|n| n < records::FOREIGN_GRANTS);
        if !is_told {
            grants.push(grant);
        }
    }
    Ok(grants)
}

/// Why a card was not taken in: nothing of it stays.
enum Unmet {
    Bad(BadGrant),
    Store(StoreError),
}

impl From<StoreError> for Unmet {
    fn from(e: StoreError) -> Self {
        Unmet::Store(e)
    }
}

/// Whether a grant of a card holds. One that the log has told was judged at its entry, when its place may have lain
/// elsewhere; any other is held against the tree as it is known here, and against the node's key of the last epoch: what
/// an earlier one signed may be the work of who has a copy of that key, and only the log knows.
fn check_shown(tx: &dyn Tx, grant: &Grant, epochs: &[Epoch], tree: &Tree) -> Result<(), Unmet> {
    if let Some(n) =
        records::grant_number(tx, grant.hash())?.filter(|n| *n < records::FOREIGN_GRANTS)
        && records::grant(tx, n)?.as_ref() == Some(grant)
    {
        return Ok(());
    }
    let keys: Vec<PublicKey> = epochs.last().map(|e| e.grant_key).into_iter().collect();
    records::check_grant(tx, grant, &keys, Ground::Tree(tree))?.map_err(Unmet::Bad)?;
    match issuers_stand(tx, grant)? {
        true => Ok(()),
        false => Err(Unmet::Bad(BadGrant::Ended)),
    }
}

/// Whether no issuer of a grant that the log has not told is shut out, as far as this device has heard: up to the first that the
/// log has told, which was judged at its entry. A key that was changed, and a ticket on paper that was used, let
/// nobody in any more.
fn issuers_stand(tx: &dyn Tx, grant: &Grant) -> Result<bool, StoreError> {
    let mut below = grant.clone();
    for _ in 0..limits::GRANT_LINE {
        let told = records::grant_number(tx, below.hash())?;
        if below.under.is_zero() || told.is_some_and(|n| n < records::FOREIGN_GRANTS) {
            return Ok(true);
        }
        let Some(n) = records::grant_number(tx, below.under)? else {
            return Ok(false);
        };
        match records::grant(tx, n)? {
            Some(issuer) if records::ended(tx, n)?.is_none() => below = issuer,
            _ => return Ok(false),
        }
    }
    Ok(false)
}

impl<S: Store> Phone<S> {
    /// Who this device is, for another beside it.
    pub fn card(&self) -> Result<Card, StoreError> {
        let mut grants = self.store.read(|tx| own_grants(tx))?;
        let older = grants.len().saturating_sub(limits::INTRODUCED);
        grants.drain(..older);
        Ok(Card { grants })
    }

    /// Takes in who another device is: from now on what it wrote is believed here as its own, and what is shared is
    /// sealed for it as well. Whether its grant was revoked meanwhile only the node knows; what it wrote stays
    /// provisional until then. Returns its grant.
    ///
    /// # Errors
    /// [`BadGrant`]; nothing has changed.
    pub fn meet(
        &mut self,
        card: &Card,
        now: Timestamp,
    ) -> Result<Result<Grant, BadGrant>, StoreError> {
        let Some(author) = &self.author else {
            return Ok(Err(BadGrant::OtherLog));
        };
        let (log, tree) = (author.log, &self.tree);
        let met_now = self.store.write(|tx| {
            let epochs = records::epochs(tx)?;
            for grant in &card.grants {
                if grant.log != log {
                    return Err(Unmet::Bad(BadGrant::OtherLog));
                }
                check_shown(tx, grant, &epochs, tree)?;
                let n = records::put_foreign_grant(tx, grant)?;
                if records::ended(tx, n)?.is_some_and(|e| e.how != End::Succeeded) {
                    return Err(Unmet::Bad(BadGrant::Ended));
                }
            }
            let own = card.grants.last();
            let Some(own) = own.filter(|g| g.custody == Custody::Device) else {
                return Err(Unmet::Bad(BadGrant::NotAllowed));
            };
            if !own.runs(now) {
                return Err(Unmet::Bad(BadGrant::Expired));
            }
            let mut grants = met(tx)?;
            grants.retain(|g| g != own);
            let older = (grants.len() + 1).saturating_sub(limits::CONTROLS);
            grants.drain(..older);
            grants.push(own.clone());
            let bytes: Vec<u8> = grants.iter().flat_map(Grant::to_bytes).collect();
            records::set_meta(tx, MET, &bytes)?;
            Ok(own.clone())
        });
        match met_now {
            Ok(grant) => Ok(Ok(grant)),
            Err(Unmet::Bad(e)) => Ok(Err(e)),
            Err(Unmet::Store(e)) => Err(e),
        }
    }

    /// What this device has of each feed: the version vector that a peer answers.
    pub fn heads(&self) -> Result<BTreeMap<FeedId, u64>, StoreError> {
        self.store.read(|tx| {
            let mut heads = BTreeMap::new();
            for (id, row) in records::feeds(tx)? {
                heads.insert(id, row.head.n);
            }
            Ok(heads)
        })
    }

    /// Segments that a peer with these heads lacks, whole. The peer takes those in its own scopes.
    pub fn offer(&self, have: &BTreeMap<FeedId, u64>) -> Result<Vec<SignedSegment>, StoreError> {
        self.store.read(|tx| {
            let mut out = Vec::new();
            for (id, row) in records::feeds(tx)? {
                let from = have.get(&id).copied().unwrap_or(0) + 1;
                if row.ended && from > row.head.n {
                    continue;
                }
                for (n, s) in records::segments_from(tx, id, from)? {
                    // Without the one before, the peer could not check the chain.
                    if n != from + out_of(&out, id) {
                        break;
                    }
                    if matches!(s.state, SegmentState::Refused(_) | SegmentState::Held(_)) {
                        break;
                    }
                    out.push(SignedSegment::from_bytes(&s.bytes)?);
                }
            }
            Ok(out)
        })
    }

    /// The devices that this one knows by their grants, told or met, that were not revoked and whose term runs now, itself
    /// among them, by what they may read.
    pub fn peers(&self, now: Timestamp) -> Result<BTreeMap<View, Vec<PublicKey>>, StoreError> {
        self.store.read(|tx| {
            let mut known = met(tx)?;
            for (n, grant) in records::grants(tx)? {
                if records::ended(tx, n)?.is_none() && grant.custody == Custody::Device {
                    known.push(grant);
                }
            }
            // Somebody who was met may have been let in by who was shut out since.
            let mut standing = Vec::new();
            for grant in known {
                if issuers_stand(tx, &grant)? {
                    standing.push(grant);
                }
            }
            let mut peers: BTreeMap<View, Vec<PublicKey>> = BTreeMap::new();
            for grant in standing.iter().filter(|g| g.runs(now)) {
                let view = View {
                    role: grant.role,
                    root: grant.place,
                };
                peers.entry(view).or_default().push(grant.key);
            }
            Ok(peers)
        })
    }

    /// Those of these segments that a view reads. A feed lies in one scope, so it stays whole.
    pub fn readable(&self, segments: &[SignedSegment], view: View) -> Vec<SignedSegment> {
        let reads = |s: &&SignedSegment| {
            let place = self.tree.of_scope(s.unproven().scope);
            place.is_some_and(|(place, lane)| view.lanes(&self.tree, place).contains(&lane))
        };
        segments.iter().filter(reads).cloned().collect()
    }

    /// Takes in a peer's segments as provisional: shown, handed on to the node, never built upon. Those that do not pass are
    /// put in quarantine with the reason; those for which there is no room are left with the peer.
    pub fn take_offer(
        &mut self,
        segments: Vec<SignedSegment>,
        now: Timestamp,
    ) -> Result<Offered, StoreError> {
        let Some(author) = self.author.clone() else {
            return Ok(Offered::default());
        };
        let view = View {
            role: author.role,
            root: author.place,
        };
        let tree = &self.tree;
        self.store.write(|tx| {
            let mut came = Offered::default();
            let mut taking = Taking {
                room: Room::of(tx)?,
                docs: BTreeSet::new(),
                now,
            };
            if own_unknown(tx, &author, &segments)? {
                // This device was restored from a backup: it must not use those numbers again.
                author::begin_anew(tx, tree, &author.key.public())?;
                records::set_meta(tx, RESTORED, &[1])?;
            }
            for signed in segments {
                match take_one(tx, tree, view, signed, &mut taking)? {
                    Took::New => came.taken += 1,
                    Took::NoRoom => came.no_room += 1,
                    Took::Not => {}
                }
            }
            // What came too early before may find its place now.
            if came.taken > 0 {
                came.taken += take_early(tx, tree, view, &mut taking)?;
            }
            let overlay = Overlay::of(tx)?;
            for doc in taking.docs {
                replica::project(tx, tree, doc, &overlay)?;
            }
            Ok(came)
        })
    }
}

/// What became of one segment of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Took {
    /// It is new, and shown.
    New,
    /// It was here, is not for this device, does not pass, or came too early.
    Not,
    /// There is no room for it: it stays with who gave it.
    NoRoom,
}

/// One offer while it is taken in.
struct Taking {
    room: Room,
    docs: BTreeSet<DocId>,
    now: Timestamp,
}

impl Taking {
    /// Keeps proven work that does not pass, as far as there is room for it.
    fn refuse(
        &mut self,
        tx: &mut dyn Tx,
        signed: &SignedSegment,
        author: AuthorKeys,
        words: &str,
    ) -> Result<Took, StoreError> {
        let may_keep = self.room.may_keep_refused(signed.to_bytes().len());
        let kept = may_keep && refuse_peer(tx, signed, author.key, words, self.now)?;
        Ok(if kept { Took::Not } else { Took::NoRoom })
    }

    /// Keeps what came before its turn, unless what it follows on had no room.
    fn keep_early(
        &mut self,
        tx: &mut dyn Tx,
        signed: &SignedSegment,
        author: AuthorKeys,
    ) -> Result<Took, StoreError> {
        let (feed, weight) = (signed.unproven().feed, Weight::of(signed));
        let has_room = !self.room.full.contains(&feed) && self.room.has_for(author, weight);
        if has_room && refuse_peer(tx, signed, author.key, EARLY, self.now)? {
            self.room.count(author, weight);
            return Ok(Took::Not);
        }
        self.room.full.insert(feed);
        Ok(Took::NoRoom)
    }
}

/// The words by which a segment is kept that came without the one before it.
pub(super) const EARLY: &str = "the one before it has not come yet";

/// Takes in one segment of a peer's.
fn take_one(
    tx: &mut dyn Tx,
    tree: &Tree,
    view: View,
    mut signed: SignedSegment,
    taking: &mut Taking,
) -> Result<Took, StoreError> {
    let erased = forget::erased_of(tx, &signed)?;
    // Of what is missing in others the node's answer tells.
    if !forget::is_whole(&signed, &erased) {
        return Ok(Took::Not);
    }
    signed.forget(|doc| erased.contains(&doc));
    let s = signed.unproven();
    let spot = s.spot();
    let lanes = tree
        .of_scope(s.scope)
        .map(|(place, lane)| view.lanes(tree, place).contains(&lane));
    if lanes != Some(true) || records::segment(tx, spot)?.is_some() {
        return Ok(Took::Not);
    }
    let grant = match records::grant_number(tx, s.grant)? {
        Some(n) => records::grant(tx, n)?.map(|g| (n, g)),
        None => None,
    };
    // Who wrote it cannot be told: it is not kept, and whoever gave it keeps it (rule 18).
    let Some((grant_n, grant)) = grant else {
        return Ok(Took::Not);
    };
    if grant.from > taking.now || prove(signed.clone(), &grant.key).is_err() {
        return Ok(Took::Not);
    }
    let author = taking.room.author(tx, grant_n, grant.key)?;
    if records::ended(tx, grant_n)?.is_some() || !issuers_stand(tx, &grant)? {
        return taking.refuse(tx, &signed, author, "its author's grant has ended");
    }
    let head = records::feed(tx, s.feed)?.map_or(FeedHead::NONE, |f| f.head);
    let verified = match verify(signed, &grant.key, &head) {
        Ok(v) => v,
        // Signed by its author, so those before it exist: whoever misses them can say so.
        Err(e) if matches!(e.0, VerifyError::Gap { .. }) => {
            return taking.keep_early(tx, &e.1, author);
        }
        Err(e) => return taking.refuse(tx, &e.1, author, &e.0.to_string()),
    };
    let authorised = match authorise(verified, &grant, tree, Strictness::Archive) {
        Ok(a) => a,
        Err(e) => return taking.refuse(tx, e.1.signed(), author, &e.0.to_string()),
    };
    let signed = authorised.verified().signed();
    if let Err(e) = check_changes(&authorised) {
        return taking.refuse(tx, signed, author, &e.to_string());
    }
    let weight = Weight::of(signed);
    if !taking.room.has_for(author, weight) {
        taking.room.full.insert(spot.feed);
        return Ok(Took::NoRoom);
    }
    taking.room.count(author, weight);
    let filing = Filing {
        state: SegmentState::Provisional,
        grant: grant_n,
        entry: 0,
    };
    replica::file(tx, &authorised, &grant, filing)?;
    let changes = &authorised.verified().segment().changes;
    taking.docs.extend(changes.iter().map(|c| c.doc));
    Ok(Took::New)
}

/// Takes in those that came too early and have their place now, and drops those that came another way; returns how many are
/// shown now. Each feed's are met in their order, so one pass finds all.
fn take_early(
    tx: &mut dyn Tx,
    tree: &Tree,
    view: View,
    taking: &mut Taking,
) -> Result<usize, StoreError> {
    let mut early = Vec::new();
    for (number, row) in records::quarantined(tx)? {
        if row.words == EARLY {
            early.push((SignedSegment::from_bytes(&row.bytes)?, number));
        }
    }
    early.sort_by_key(|(signed, _)| signed.unproven().spot());
    let mut taken = 0;
    for (signed, number) in early {
        let s = signed.unproven();
        let head = records::feed(tx, s.feed)?.map_or(FeedHead::NONE, |f| f.head);
        if s.n <= head.n + 1 {
            // So there is room for it again.
            taking.room.release(tx, &signed)?;
            records::drop_quarantined(tx, number)?;
            if take_one(tx, tree, view, signed, taking)? == Took::New {
                taken += 1;
            }
        }
    }
    Ok(taken)
}

/// Whether one of these segments was written by this very device, which does not know it.
fn own_unknown(
    tx: &dyn Tx,
    author: &Author,
    segments: &[SignedSegment],
) -> Result<bool, StoreError> {
    let own = author.key.public();
    for signed in segments {
        let s = signed.unproven();
        let spot = s.spot();
        if feed_id(&own, s.scope, &s.nonce) == s.feed
            && records::segment(tx, spot)?.is_none()
            && author::may_write(tx, s.scope, s.feed)?
            && prove(signed.clone(), &own).is_ok()
        {
            return Ok(true);
        }
    }
    Ok(false)
}

pub(super) fn out_of(out: &[SignedSegment], feed: FeedId) -> u64 {
    out.iter().filter(|s| s.unproven().feed == feed).count() as u64
}

/// The first gate of the door for every change of a segment.
pub(super) fn check_changes(segment: &AuthorisedSegment) -> Result<(), door::Refusal> {
    for c in &segment.verified().segment().changes {
        let inspected = door::inspect(&c.change)?;
        if inspected.actor != segment.verified().segment().feed {
            return Err(door::Refusal::OwnPast);
        }
        let kind = kind::by_number(c.kind);
        if kind.is_some_and(|k| k.append_only) && inspected.predecessors > 0 {
            return Err(door::Refusal::AppendOnly);
        }
    }
    Ok(())
}

/// Keeps proven work of somebody else that is not taken in, in its author's share of the quarantine; `author`: the first
/// key of their device. `false`: that share is full.
pub(super) fn refuse_peer(
    tx: &mut dyn Tx,
    signed: &SignedSegment,
    author: PublicKey,
    words: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    records::quarantine(
        tx,
        &QuarantineRow {
            author,
            reason: reason::NONE,
            words: words.to_owned(),
            time: now,
            held: 0,
            bytes: signed.to_bytes(),
        },
    )
}
