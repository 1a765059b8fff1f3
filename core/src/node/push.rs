//! Taking in: requests are opened, their segments expanded, proven on several threads, judged in the
//! order of their arrival and written in a few transactions (group commit). Only then is answered.

use super::day::{self, Days};
use super::grants::Term;
use super::judge::{Judge, Word, counter, log_time};
use super::{BAD_SIGNATURES, NEXT_END, Node, Rejection, grants, recovery, wiped_name};
use crate::codec::{CodecError, Reader};
use crate::feed::compact::{self, Known};
use crate::feed::verify::{ProvenSegment, prove};
use crate::feed::{SignedSegment, Spot};
use crate::id::{DocId, FeedId, Hash, PublicKey, Salt, ScopeId};
use crate::identity::Custody;
use crate::limits;
use crate::log::End;
use crate::phone::problem;
use crate::records::{self, Ended};
use crate::store::{Store, StoreError, Tx};
use crate::time::Timestamp;
use crate::tree::View;
use crate::wire::{SignedRequest, Wait};
use std::collections::{BTreeMap, btree_map};

impl<S: Store> Node<S> {
    /// Answers a batch of requests. Everything that an answer acknowledges is durable.
    pub fn handle(
        &mut self,
        requests: &[Vec<u8>],
        now: Timestamp,
    ) -> Vec<Result<Vec<u8>, Rejection>> {
        let lapsed = self.lapse(now);
        let mut opened: Vec<Result<Opened, Rejection>> = requests
            .iter()
            .map(|bytes| self.open_request(bytes, now))
            .collect();
        let mut words: Vec<Vec<Word>> = vec![Vec::new(); requests.len()];
        let mut failed = lapsed
            .and_then(|()| self.take_in_beside(&mut opened, now))
            .err();

        // All segments of the batch, expanded one after another, proven on several threads, judged
        // in the order of their arrival.
        let mut expanded = Vec::new();
        for (i, opened) in opened.iter().enumerate() {
            let Ok(o) = opened else { continue };
            if o.waits.is_some() {
                continue; // They stay with the device.
            }
            match self.expand(o) {
                Ok((list, broken)) => {
                    expanded.extend(list.into_iter().map(|(s, key)| (i, s, key)));
                    words[i].extend(broken);
                }
                Err(e) => failed = Some(e),
            }
        }
        let mut proven = prove_all(expanded).into_iter().peekable();
        while failed.is_none() && proven.peek().is_some() {
            let chunk: Vec<_> = proven.by_ref().take(limits::COMMIT_SEGMENTS).collect();
            match self.judge_chunk(chunk, &opened, now) {
                Ok(more) => more.into_iter().for_each(|(i, word)| words[i].push(word)),
                Err(e) => failed = Some(e),
            }
        }
        opened
            .into_iter()
            .zip(words)
            .map(|(opened, words)| {
                let opened = opened?;
                if let Some(e) = &failed {
                    return Err(Rejection::Store(e.clone()));
                }
                Ok(self.answer(&opened, words, now)?)
            })
            .collect()
    }

    /// Ends every grant and placement whose term is over, before anybody is answered under it.
    pub(super) fn lapse(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let due = self.store.read(|tx| {
            let next = records::meta_number(tx, NEXT_END)?;
            let time = log_time(tx, &counter(tx)?, now)?;
            Ok::<_, StoreError>(next > 0 && time.0 >= next)
        })?;
        if !due {
            return Ok(());
        }
        let seat = self.seat();
        let mut tree = self.tree.clone();
        self.store
            .write(|tx| Judge::begin(tx, &mut tree, &seat, now)?.finish())?;
        self.tree = tree;
        Ok(())
    }

    /// What requests bring beside segments: control acts that a restore lost, the word of a device that it has
    /// wiped itself, a recovery code, and that the device was heard of.
    fn take_in_beside(
        &mut self,
        opened: &mut [Result<Opened, Rejection>],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let mut seen = Vec::new();
        let time = self.store.read(|tx| log_time(tx, &counter(tx)?, now))?;
        for opened in opened.iter_mut().flatten() {
            let request = &opened.request.request;
            if !request.controls.is_empty() && opened.ended.is_none() {
                opened.brought = self.take_controls(&request.controls, now)?;
                // It may have brought the end of its own grant.
                opened.ended = self.store.read(|tx| records::ended(tx, request.grant))?;
            }
            let n = request.grant;
            if request.wiped && opened.ended.is_none() && opened.waits.is_none() {
                // Its person handed the branch over, and nobody has brought the word of it yet.
                opened.ended = self.laid_down(n, now)?;
            }
            if request.wiped && opened.ended.is_some_and(|e| e.how == End::Wiped) {
                let name = wiped_name(n);
                self.store.write(|tx| records::set_meta(tx, &name, &[1]))?;
            }
            // One that waits is not taken in: the device says it again.
            let may_keep = opened.waits.is_none() && opened.ended.is_none();
            if let Some((made, code)) = request.recovery.as_ref().filter(|_| may_keep) {
                self.store.write(|tx| recovery::keep(tx, n, *made, code))?;
            }
            let owner_is_asked = opened.waits == Some(Wait::Unseen);
            let asked = request.time;
            if !owner_is_asked && (self.store).read(|tx| grants::is_heard_of(tx, n, asked, time))? {
                seen.push((n, asked));
            }
        }
        if seen.is_empty() {
            return Ok(());
        }
        self.store.write(|tx| {
            let mut seen = seen.iter();
            seen.try_for_each(|(n, asked)| {
                grants::note_asked(tx, *n, *asked)?;
                grants::note_seen(tx, *n, time)
            })
        })
    }

    /// Who signed a request.
    pub fn asker(&self, request: &[u8]) -> Result<Asker, Rejection> {
        let opened = self.open_request(request, Timestamp(0))?;
        Ok(Asker {
            key: opened.key,
            grant: opened.request.request.grant,
            time: opened.request.request.time,
        })
    }

    pub(super) fn open_request<'a>(
        &self,
        bytes: &'a [u8],
        now: Timestamp,
    ) -> Result<Opened<'a>, Rejection> {
        if bytes.len() > limits::REQUEST_BYTES {
            return Err(Rejection::NotARequest(CodecError::TooLong {
                found: bytes.len() as u64,
                limit: limits::REQUEST_BYTES as u64,
            }));
        }
        let request = SignedRequest::parse(bytes, self.log)?;
        let grant = self
            .store
            .read(|tx| records::grant(tx, request.request.grant))?;
        // Where there is no grant a signature is checked too: the time of the answer tells no more than its words.
        let key = grant.as_ref().map_or(self.epoch.grant_key, |g| g.key);
        let is_signed = request.is_signed(&key);
        // A ticket's own key is exchanged for a device's, and asks nothing.
        let grant =
            grant.filter(|g| is_signed && g.log == self.log && g.custody == Custody::Device);
        let grant = grant.ok_or(Rejection::NotEnrolled)?;
        let n = request.request.grant;
        let confirmed = self.is_confirmed()?;
        let waits = self.store.read(|tx| {
            let at = counter(tx)?;
            Ok::<_, StoreError>(if !confirmed {
                Some(Wait::Restored)
            } else if grant.from > log_time(tx, &at, now)? {
                Some(Wait::NotBegun)
            } else if Term::of(tx, n)?.is_unseen(log_time(tx, &at, now)?) {
                Some(Wait::Unseen)
            } else {
                None
            })
        })?;
        Ok(Opened {
            waits,
            ended: self.store.read(|tx| records::ended(tx, n))?,
            brought: Vec::new(),
            view: View {
                role: grant.role,
                root: grant.place,
            },
            key: grant.key,
            request,
        })
    }

    #[allow(
        clippy::type_complexity,
        reason = "two lists that are taken apart at once"
    )]
    pub(super) fn expand(
        &self,
        opened: &Opened,
    ) -> Result<(Vec<(SignedSegment, PublicKey)>, Vec<Word>), StoreError> {
        let mut list = Vec::new();
        let mut broken = Vec::new();
        self.store.read(|tx| {
            let mut known = PushKnown {
                tx,
                feeds: BTreeMap::new(),
                hashes: BTreeMap::new(),
                salts: BTreeMap::new(),
            };
            let near = opened.request.request.time;
            let mut keys: BTreeMap<Hash, Option<PublicKey>> = BTreeMap::new();
            let mut ids = Reader::new(opened.request.ids);
            let mut changes = Reader::new(&opened.request.changes);
            for _ in 0..opened.request.request.segments {
                match compact::read(&mut ids, &mut changes, self.log, near, &known) {
                    Ok(signed) => {
                        let key = match keys.entry(signed.unproven().grant) {
                            btree_map::Entry::Occupied(known) => *known.get(),
                            btree_map::Entry::Vacant(new) => {
                                *new.insert(key_of(tx, signed.unproven().grant)?)
                            }
                        };
                        known.learn(&signed);
                        match key {
                            Some(key) => list.push((signed, key)),
                            None => broken.push(Word::problem(signed.hash(), problem::UNKNOWN)),
                        }
                    }
                    Err(_) => {
                        // What follows in the stream cannot be found any more.
                        broken.push(Word::problem(Hash::ZERO, problem::UNKNOWN));
                        break;
                    }
                }
            }
            Ok((list, broken))
        })
    }

    pub(super) fn judge_chunk(
        &mut self,
        chunk: Vec<Proven>,
        opened: &[Result<Opened, Rejection>],
        now: Timestamp,
    ) -> Result<Vec<(usize, Word)>, StoreError> {
        let mut tree = std::mem::take(&mut self.tree);
        let seat = self.seat();
        let objection = &mut self.objection;
        let share = self.share;
        let result = self.store.write(|tx| {
            let mut judge = Judge::begin(tx, &mut tree, &seat, now)?;
            let mut words = Vec::new();
            let mut bad = 0;
            let mut days = Days::default();
            for (i, proven) in chunk {
                let Some(Ok(sender)) = opened.get(i) else {
                    continue;
                };
                match proven {
                    Ok(segment) => {
                        let (hash, scope) = (segment.hash(), segment.segment().scope);
                        let carrier = sender.request.request.grant;
                        // It was expanded by this grant, so there is one.
                        let author = judge.grant_of(segment.segment().grant)?;
                        let both = (author.map_or(carrier, |(n, _)| n), carrier);
                        let has_room =
                            days.has_room(judge.tx, both, segment.segment(), share, now)?;
                        // What came before has its answer, however much that was.
                        if !has_room && judge.said_before(&segment)?.is_none() {
                            words.push((i, Word::problem(hash, problem::TOO_MUCH_TODAY)));
                            continue;
                        }
                        let (weight, before) = (day::weight(segment.segment()), judge.at.n);
                        let scope = judge.lane_for(scope)?;
                        let said = judge.segment(segment, objection)?;
                        if judge.at.n > before {
                            days.count(both, weight);
                        }
                        words.push((i, Word { hash, scope, said }));
                    }
                    Err(hash) => {
                        bad += 1;
                        words.push((i, Word::problem(hash, problem::UNPROVEN)));
                    }
                }
            }
            judge.finish()?;
            days.save(tx)?;
            if bad > 0 {
                let before = records::meta_number(tx, BAD_SIGNATURES)?;
                records::set_meta_number(tx, BAD_SIGNATURES, before + bad)?;
            }
            Ok::<_, StoreError>(words)
        });
        self.tree = match result {
            Ok(_) => tree,
            Err(_) => self.store.read(records::tree)?,
        };
        result
    }
}

/// The key that a grant is for, if the log knows it.
fn key_of(tx: &dyn Tx, grant: Hash) -> Result<Option<PublicKey>, StoreError> {
    match records::grant_number(tx, grant)? {
        Some(n) => Ok(records::grant(tx, n)?.map(|g| g.key)),
        None => Ok(None),
    }
}

/// A device of this node that asks.
#[derive(Debug, Clone, Copy)]
pub struct Asker {
    /// Its key: what is said to it is sealed for that.
    pub key: PublicKey,
    /// The entry of its grant.
    pub grant: u64,
    /// When it asked, by its clock.
    pub time: Timestamp,
}

pub(super) struct Opened<'a> {
    pub(super) view: View,
    pub(super) key: PublicKey,
    /// Why nothing is judged or told for now.
    pub(super) waits: Option<Wait>,
    /// How the device's grant ended, if it did.
    pub(super) ended: Option<Ended>,
    /// The control acts that it brought and need not bring again.
    pub(super) brought: Vec<Hash>,
    pub(super) request: SignedRequest<'a>,
}

pub(super) type Proven = (usize, Result<ProvenSegment, Hash>);

/// Proves the seals of all segments, on as many threads as there are cores.
pub(super) fn prove_all(list: Vec<(usize, SignedSegment, PublicKey)>) -> Vec<Proven> {
    let one = |(i, signed, key): (usize, SignedSegment, PublicKey)| {
        (i, prove(signed, &key).map_err(|e| e.1.hash()))
    };
    let threads = std::thread::available_parallelism().map_or(1, |n| n.get());
    if list.len() < 16 || threads < 2 {
        return list.into_iter().map(one).collect();
    }
    let size = list.len().div_ceil(threads);
    let mut parts: Vec<Vec<_>> = Vec::new();
    let mut rest = list.into_iter().peekable();
    while rest.peek().is_some() {
        parts.push(rest.by_ref().take(size).collect());
    }
    std::thread::scope(|scope| {
        let handles: Vec<_> = parts
            .into_iter()
            .map(|part| scope.spawn(move || part.into_iter().map(one).collect::<Vec<_>>()))
            .collect();
        handles
            .into_iter()
            .flat_map(|h| h.join().unwrap_or_default())
            .collect()
    })
}

pub(super) struct PushKnown<'a> {
    pub(super) tx: &'a dyn Tx,
    pub(super) feeds: BTreeMap<FeedId, (ScopeId, [u8; 8])>,
    pub(super) hashes: BTreeMap<Spot, Hash>,
    pub(super) salts: BTreeMap<(FeedId, DocId), Salt>,
}

impl PushKnown<'_> {
    pub(super) fn learn(&mut self, signed: &SignedSegment) {
        let s = signed.unproven();
        self.feeds.insert(s.feed, (s.scope, s.nonce));
        self.hashes.insert(s.spot(), signed.hash());
        for c in &s.changes {
            self.salts.insert((s.feed, c.doc), c.salt);
        }
    }
}

impl Known for PushKnown<'_> {
    fn feed_beginning(&self, prefix: [u8; 8]) -> Option<FeedId> {
        let mut first = [0; 16];
        first[..8].copy_from_slice(&prefix);
        self.feeds
            .range(FeedId(first)..)
            .next()
            .map(|(feed, _)| *feed)
            .filter(|feed| feed.0[..8] == prefix)
            .or_else(|| records::feed_beginning(self.tx, prefix).ok()?)
    }
    fn feed(&self, feed: FeedId) -> Option<(ScopeId, [u8; 8])> {
        self.feeds.get(&feed).copied().or_else(|| {
            let row = records::feed(self.tx, feed).ok()??;
            Some((row.scope, row.nonce))
        })
    }
    fn segment_hash(&self, feed: FeedId, n: u64) -> Option<Hash> {
        if n == 0 {
            return Some(Hash::ZERO);
        }
        let spot = Spot { feed, n };
        self.hashes.get(&spot).copied().or_else(|| {
            let head = records::feed(self.tx, feed).ok()??.head;
            if head.n == n {
                return Some(head.hash);
            }
            Some(records::segment(self.tx, spot).ok()??.hash)
        })
    }
    fn salt(&self, feed: FeedId, doc: DocId) -> Option<Salt> {
        self.salts
            .get(&(feed, doc))
            .copied()
            .or_else(|| Some(records::salt(self.tx, feed, doc).ok()??.0))
    }
    fn grant(&self, n: u64) -> Option<Hash> {
        Some(records::grant(self.tx, n).ok()??.hash())
    }
}
