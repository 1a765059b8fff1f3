//! The targets.

use super::frames::{self, Stored};
use super::hand;
use super::scene::{NOW, read_roster, scene};
use automerge::Automerge;
use axum::body::Body;
use axum::http::Request;
use axum::{Extension, Router};
use chibo_core::carriers::app::AppOffer;
use chibo_core::carriers::bundle::{Bundle, Letter, Sort};
use chibo_core::carriers::letter::Content;
use chibo_core::carriers::mailbox::{Act, Proof, read_list, write_list};
use chibo_core::checkpoint::{self, Page};
use chibo_core::codec::{CodecError, Reader, Writer};
use chibo_core::commune::Communes;
use chibo_core::custody::{AnswerFile, NodeCard, OfferFile, RelayFile};
use chibo_core::date::PartialDate;
use chibo_core::document::{self, Value};
use chibo_core::door;
use chibo_core::enrol::{EnrolReply, EnrolRequest, Offer, Ticket, Word};
use chibo_core::entries::EntriesReader;
use chibo_core::evidence::{Evidence, EvidenceRequest};
use chibo_core::feed::SignedSegment;
use chibo_core::feed::compact::{self, Known, Shorten};
use chibo_core::id::{BoxId, DocId, FeedId, Hash, Hasher, LetterId, Salt, ScopeId, hex};
use chibo_core::identity::{Epoch, Grant, SecretKey, Signature};
use chibo_core::kind;
use chibo_core::limits;
use chibo_core::lock::{Lock, Opening};
use chibo_core::log::{Control, Head};
use chibo_core::node::Node;
use chibo_core::phone::Phone;
use chibo_core::records;
use chibo_core::seal;
use chibo_core::store::memory::MemoryStore;
use chibo_core::store::{Store, StoreError, TABLES, Table, Tx};
use chibo_core::text;
use chibo_core::wire::{self, Frame, FrameReader, FrameType, PageChain, SignedRequest};
use chibo_core::{check, field, replica, roster};
use chibo_server::mailbox::{self, Mailbox, Terms};
use chibo_server::router::Peer;
use chibo_server::sealed;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tower::ServiceExt;

/// One target.
pub struct Target {
    /// Its name, and that of its folder in the corpus.
    pub name: &'static str,
    /// How many rounds the tests run: some tenth of a second.
    pub rounds: u64,
    /// Tries the bytes; whether they were taken. Panics if something is wrong.
    pub run: fn(&[u8]) -> bool,
}

/// All targets.
pub static TARGETS: &[Target] = &[
    of("segment", 10_000, segment),
    of("segment_at_work", 100, segment_at_work),
    of("compact", 10_000, compact_segment),
    of("request", 4_000, request),
    of("request_at_node", 150, request_at_node),
    of("enrol", 200, enrol),
    of("enrol_reply", 500, enrol_reply),
    of("evidence", 400, evidence),
    of("handover", 60, handover),
    of("answer", 150, answer),
    of("frame", 300, frame),
    of("page", 200, page),
    of("entries", 300, entries),
    of("record", 10_000, record),
    of("ticket", 3_000, ticket),
    of("bundle", 10_000, bundle),
    of("letter", 300, letter),
    of("proof", 5_000, proof),
    of("app_offer", 5_000, app_offer),
    of("mailbox", 300, mailbox),
    of("backup", 60, backup),
    of("lock", 10_000, lock),
    of("packed", 2_000, packed),
    of("store_row", 100, store_row),
    of("change", 1_000, change),
    of("document", 2_000, saved_document),
    of("roster", 150, roster_file),
    of("words", 300, words),
    of("card", 300, hand::card),
    of("acts", 200, hand::acts),
    of("recovery", 400, hand::recovery),
    of("plan", 300, hand::plan),
    of("rules", 60, hand::rules),
    of("values", 60, hand::values),
    of("certificate", 3_000, hand::certificate),
    of("code", 1_000, hand::code),
];

const fn of(name: &'static str, rounds: u64, run: fn(&[u8]) -> bool) -> Target {
    Target { name, rounds, run }
}

/// The target of that name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|t| t.name == name)
}

pub(super) fn chance() -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(3)
}

/// The first byte, as a choice, and the rest.
pub(super) fn choice(bytes: &[u8]) -> (u8, &[u8]) {
    bytes
        .split_first()
        .map_or((0, bytes), |(c, rest)| (*c, rest))
}

/// All of the bytes must be read as a value, and the value written must be those bytes again.
fn same_again<T>(
    bytes: &[u8],
    read: impl FnOnce(&mut Reader) -> Result<T, CodecError>,
    write: impl FnOnce(&T, &mut Writer),
) -> bool {
    let mut r = Reader::new(bytes);
    let Ok(value) = read(&mut r) else {
        return false;
    };
    let used = &bytes[..bytes.len() - r.left()];
    let mut w = Writer::new();
    write(&value, &mut w);
    assert_eq!(w.as_slice(), used, "a value has one encoding");
    r.end().is_ok()
}

// ---- segments and requests --------------------------------------------------------------------

fn segment(bytes: &[u8]) -> bool {
    let Ok(signed) = SignedSegment::from_bytes(bytes) else {
        return false;
    };
    assert_eq!(signed.to_bytes(), bytes, "a segment has one encoding");
    let _ = (signed.hash(), signed.unproven().header());
    true
}

/// A segment that somebody with a grant really signed, brought to the node and to another phone.
fn segment_at_work(bytes: &[u8]) -> bool {
    let scene = scene();
    let Ok(read) = SignedSegment::from_bytes(bytes) else {
        return false;
    };
    let mut mended = read.unproven().clone();
    for c in &mut mended.changes {
        c.change = mended_chunk(&c.change);
    }
    let by_its_author = read.unproven().clone().signed(&scene.key);
    for signed in [read, by_its_author, mended.signed(&scene.key)] {
        let mut deputy = phone(&scene.deputy);
        (deputy.take_offer(vec![signed.clone()], NOW)).expect("a whole store");
        is_whole(deputy.store(), deputy.tree(), false);

        let mut node = node();
        let grant = node
            .store()
            .read(|tx| records::grant_number(tx, signed.unproven().grant));
        let (mut ids, mut changes) = (Writer::new(), Writer::new());
        let how = Shorten {
            near: NOW,
            grant: grant.expect("a whole store").unwrap_or(1),
            introduce: true,
            has_salt: &|_| false,
        };
        compact::write(&signed, &how, &mut ids, &mut changes);
        let own = (node.devices().expect("a whole store").into_iter())
            .find(|d| d.grant.key == scene.key.public())
            .expect("the secretary is known");
        let request = wire::Request {
            log: scene.log,
            grant: own.n,
            time: NOW,
            position: chibo_core::log::Position::START,
            wiped: false,
            cut: 0,
            wants_own: false,
            pending: Vec::new(),
            cursor: None,
            halved: 0,
            controls: Vec::new(),
            recovery: None,
            segments: 1,
        };
        let bytes = request.seal(ids.as_slice(), changes.as_slice(), &scene.key);
        let answer = node.handle(&[bytes], NOW).remove(0);
        answer.expect("who has a grant is answered");
        is_whole(node.store(), node.tree(), true);
    }
    true
}

struct SceneKnows;

impl Known for SceneKnows {
    fn feed_beginning(&self, prefix: [u8; 8]) -> Option<FeedId> {
        (scene().node.read(|tx| records::feed_beginning(tx, prefix))).expect("a whole store")
    }
    fn feed(&self, feed: FeedId) -> Option<(ScopeId, [u8; 8])> {
        let row = scene().node.read(|tx| records::feed(tx, feed));
        row.expect("a whole store").map(|f| (f.scope, f.nonce))
    }
    fn segment_hash(&self, _: FeedId, n: u64) -> Option<Hash> {
        (n < 9).then_some(Hash::ZERO)
    }
    fn salt(&self, _: FeedId, doc: DocId) -> Option<Salt> {
        (doc.0[0] < 128).then_some(Salt([1; 16]))
    }
    fn grant(&self, n: u64) -> Option<Hash> {
        (n < 9).then_some(Hash([1; 32]))
    }
}

fn compact_segment(bytes: &[u8]) -> bool {
    let log = scene().log;
    let mut changes = Reader::new(bytes);
    let Ok(ids) = changes.bytes(limits::REQUEST_BYTES) else {
        return false;
    };
    let mut ids = Reader::new(ids);
    let Ok(signed) = compact::read(&mut ids, &mut changes, log, NOW, &SceneKnows) else {
        return false;
    };
    let (mut ids, mut changes) = (Writer::new(), Writer::new());
    let how = Shorten {
        near: NOW,
        grant: 1,
        introduce: true,
        has_salt: &|_| false,
    };
    compact::write(&signed, &how, &mut ids, &mut changes);
    let again = compact::read(
        &mut Reader::new(ids.as_slice()),
        &mut Reader::new(changes.as_slice()),
        log,
        NOW,
        &SceneKnows,
    );
    let again = again.expect("what was written is read");
    let (again, signed) = (again.unproven().clone(), signed.unproven().clone());
    let grant = again.grant;
    let prev = if signed.n > 1 {
        signed.prev
    } else {
        Hash::ZERO
    };
    let expected = chibo_core::feed::Segment {
        grant,
        prev,
        ..signed
    };
    assert_eq!(again, expected, "what was written reads as the same");
    true
}

fn request(bytes: &[u8]) -> bool {
    let scene = scene();
    let claimed = wire::claimed_grant(bytes);
    let Ok(parsed) = SignedRequest::parse(bytes, scene.log) else {
        return false;
    };
    assert_eq!(claimed, Some(parsed.request.grant));
    let again = parsed.request.seal(parsed.ids, &parsed.changes, &scene.key);
    let back = SignedRequest::parse(&again, scene.log).expect("what was written is read");
    assert_eq!(back.request, parsed.request);
    assert_eq!(back.ids, parsed.ids);
    assert_eq!(back.changes, parsed.changes);
    if parsed.request.segments == 0 {
        let said = |b: &[u8]| b[..b.len() - 64].to_vec();
        assert_eq!(said(&again), said(bytes), "a request has one encoding");
    }
    true
}

fn request_at_node(bytes: &[u8]) -> bool {
    let scene = scene();
    let mut node = node();
    let requests = [
        bytes.to_vec(),
        frames::signed_request(scene, bytes, &scene.key),
    ];
    let answers = node.handle(&requests, NOW);
    is_whole(node.store(), node.tree(), true);
    answers.iter().any(Result::is_ok)
}

fn enrol(bytes: &[u8]) -> bool {
    let scene = scene();
    let mut node = node();
    let _ = node.enrol(bytes, NOW, &mut chance());
    let Ok(read) = EnrolRequest::from_bytes(bytes) else {
        return false;
    };
    assert_eq!(read.to_bytes(), bytes, "an enrolment has one encoding");
    let key = SecretKey::from_seed([7; 32]);
    let signed = match read {
        EnrolRequest::Ticket { secret, .. } => {
            let hash = Hasher::new("chibo/enrol/1")
                .part(&scene.log.0)
                .part(&secret)
                .part(&key.public().0)
                .hash();
            EnrolRequest::Ticket {
                secret,
                key: key.public(),
                signature: key.sign(&hash),
            }
        }
        EnrolRequest::Introduction { grants, epochs, .. } => {
            // Each under the one before, as the secretary may give them.
            let mut under = Hash::ZERO;
            let mut signed = Vec::new();
            for mut grant in grants {
                grant.issuer = scene.key.public();
                grant.under = if under == Hash::ZERO {
                    grant.under
                } else {
                    under
                };
                grant.key = scene.key.public();
                let grant = grant.signed(&scene.key);
                under = grant.hash();
                signed.push(grant);
            }
            EnrolRequest::introducing(signed, &scene.key).by_keys_of(&epochs)
        }
    };
    let _ = node.enrol(&signed.to_bytes(), NOW, &mut chance());
    is_whole(node.store(), node.tree(), true);
    true
}

fn enrol_reply(bytes: &[u8]) -> bool {
    let scene = scene();
    let Ok(reply) = EnrolReply::from_bytes(bytes) else {
        return false;
    };
    assert_eq!(reply.to_bytes(), bytes, "an enrolment has one encoding");
    let mut stranger = phone(&scene.stranger);
    let own = stranger.public_key();
    let signed = EnrolReply {
        epochs: (reply.epochs.iter().cloned())
            .map(|e| e.signed(&scene.root))
            .collect(),
        n: reply.n,
        grant: Grant {
            key: own,
            ..reply.grant.clone()
        }
        .signed(&scene.grant_key),
    };
    let _ = stranger.enrolled(&scene.ticket, &reply);
    let _ = stranger.enrolled(&scene.ticket, &signed);
    let _ = phone(&scene.deputy).introduced(&reply);
    let _ = phone(&scene.deputy).key_changed(&signed);
    true
}

// ---- answers ----------------------------------------------------------------------------------

/// The first byte says which side reads it: the node the request, a phone the answer.
fn evidence(bytes: &[u8]) -> bool {
    let Some((side, bytes)) = bytes.split_first() else {
        return false;
    };
    if side % 2 == 0 {
        let _ = node().evidence(bytes, NOW);
        return EvidenceRequest::from_bytes(bytes).is_ok_and(|read| {
            assert_eq!(read.to_bytes(), bytes, "a request has one encoding");
            true
        });
    }
    let secretary = phone(&scene().secretary);
    let docs = secretary.store().read(|tx| tx.projection());
    for row in docs.expect("a whole store") {
        let _ = secretary.examine(row.doc, bytes);
    }
    Evidence::from_bytes(bytes).is_ok_and(|read| {
        assert_eq!(read.to_bytes(), bytes, "evidence has one encoding");
        true
    })
}

/// Files between two nodes: whatever is in them, nothing is half taken in.
fn handover(bytes: &[u8]) -> bool {
    let (which, bytes) = choice(bytes);
    let open = |store: &MemoryStore| Node::open(store.clone()).expect("a whole store");
    match which % 4 {
        0 => {
            let mut node = open(&scene().other);
            let root = node.root();
            if node.accept(bytes, root, NOW).is_ok() {
                is_whole(node.store(), node.tree(), true);
            } else {
                assert!(node.incoming().is_ok_and(|list| list.is_empty()));
            }
            OfferFile::from_bytes(bytes).is_ok_and(|read| {
                assert_eq!(read.to_bytes(), bytes, "an offer has one encoding");
                true
            })
        }
        1 => AnswerFile::from_bytes(bytes).is_ok_and(|read| {
            assert_eq!(read.to_bytes(), bytes, "an answer has one encoding");
            let mut node = open(&scene().offering);
            let _ = node.take_answer(&read, NOW);
            is_whole(node.store(), node.tree(), true);
            true
        }),
        2 => RelayFile::from_bytes(bytes).is_ok_and(|read| {
            assert_eq!(read.to_bytes(), bytes, "a relay has one encoding");
            let mut node = open(&scene().accepted);
            let _ = node.take_relay(&read, NOW);
            is_whole(node.store(), node.tree(), true);
            true
        }),
        _ => {
            let mut r = Reader::new(bytes);
            NodeCard::read(&mut r).is_ok_and(|card| {
                let used = &bytes[..bytes.len() - r.left()];
                assert_eq!(card.to_bytes(), used, "a card has one encoding");
                r.end().is_ok()
            })
        }
    }
}

pub(super) fn phone(store: &MemoryStore) -> Phone<MemoryStore> {
    Phone::open(store.clone(), None).expect("a whole store")
}

pub(super) fn node() -> Node<MemoryStore> {
    Node::open(scene().node.clone()).expect("a whole store")
}

/// Whatever came in, the store holds together.
pub(super) fn is_whole(store: &MemoryStore, tree: &chibo_core::tree::Tree, whole_log: bool) {
    let report: Result<_, StoreError> = store.read(|tx| check::check(tx, tree, whole_log));
    let faults = report.expect("a readable store").faults;
    assert!(faults.is_empty(), "{faults:?}");
}

/// One of the scene's phones.
fn reader(which: u8) -> Phone<MemoryStore> {
    let scene = scene();
    phone(match which % 3 {
        0 => &scene.newcomer,
        1 => &scene.deputy,
        _ => &scene.secretary,
    })
}

fn take(phone: &mut Phone<MemoryStore>, frames: &[Frame]) -> bool {
    let mut exchange = phone.reading(NOW);
    let mut good = true;
    for frame in frames {
        good &= phone.receive(&mut exchange, frame).is_ok();
    }
    phone.outcome(&exchange).expect("a readable store");
    good
}

fn answer(bytes: &[u8]) -> bool {
    let (which, bytes) = choice(bytes);
    let mut pieces = FrameReader::new();
    let mut frames = Vec::new();
    for piece in bytes.chunks(97) {
        pieces.feed(piece);
        while let Ok(Some(frame)) = pieces.next_frame() {
            frames.push(frame);
        }
    }
    let good = take(&mut reader(which), &frames);
    let mut phone = reader(which);
    let key = phone.public_key();
    let signed: Vec<Frame> = (frames.iter())
        .map(|f| frames::signed(scene(), &key, f.kind, frames::payload_of(f)))
        .collect();
    take(&mut phone, &signed);
    // A store that took in what a node with the log's key made up may be at odds with it, but must be usable.
    let _ = phone.request(NOW, &mut chance());
    good
}

/// Any payload behind a good head, signed by the node.
fn taken_after_a_head(which: u8, kind: FrameType, payload: &[u8]) -> bool {
    let mut head = Head {
        epoch: 1,
        n: 1_000,
        chain: Hash::ZERO,
        time: NOW,
        set_version: 1,
        safe: 900,
        digest: Hash::ZERO,
        signature: Signature([0; 64]),
    };
    let mut phone = reader(which);
    let (_, at) = phone.digest().expect("a readable store");
    head.set_version = at.set_version;
    let mut w = Writer::new();
    head.signed(scene().log, &scene().log_key).write(&mut w);
    let key = phone.public_key();
    let frames = [
        frames::signed(scene(), &key, FrameType::Head, w.as_slice()),
        frames::signed(scene(), &key, kind, payload),
        frames::signed(scene(), &key, FrameType::End, &[0]),
    ];
    let good = take(&mut phone, &frames);
    let _ = phone.request(NOW, &mut chance());
    good
}

fn frame(bytes: &[u8]) -> bool {
    let (which, bytes) = choice(bytes);
    let (kind, payload) = choice(bytes);
    let kind = match kind {
        1 => FrameType::Head,
        2 => FrameType::Entries,
        3 => FrameType::Fill,
        4 => FrameType::Set,
        5 => FrameType::Epochs,
        6 => FrameType::Problems,
        7 => FrameType::End,
        8 => FrameType::Ended,
        9 => FrameType::Wait,
        _ => return false,
    };
    let _ = taken_after_a_head(which, kind, payload);
    true
}

fn page(bytes: &[u8]) -> bool {
    let (which, stored) = choice(bytes);
    let Ok(payload) = Stored::page(stored) else {
        return false;
    };
    let Ok(page) = Page::from_bytes(&payload, &mut PageChain::new()) else {
        return false;
    };
    let again = page.to_bytes(&mut PageChain::new());
    let back = Page::from_bytes(&again, &mut PageChain::new());
    assert_eq!(
        back.as_ref(),
        Ok(&page),
        "what was written reads as the same"
    );
    let raw = Stored::of_page(&again).expect("what was written is read");
    assert_eq!(raw, stored, "a page has one encoding");
    for place in &page.places {
        for doc in place
            .lanes
            .iter()
            .flat_map(|l| &l.docs)
            .filter(|d| !d.whole)
        {
            let _ = door::load_short(&doc.bytes);
        }
    }
    let _ = taken_after_a_head(which, FrameType::Fill, &payload);
    true
}

fn entries(bytes: &[u8]) -> bool {
    let (which, stored) = choice(bytes);
    let Ok(payload) = Stored::entries(stored) else {
        return false;
    };
    let Ok(mut entries) = EntriesReader::new(&payload) else {
        return false;
    };
    while let Ok(Some(_)) = entries.next_entry(scene().log, &SceneKnows) {}
    let _ = taken_after_a_head(which, FrameType::Entries, &payload);
    true
}

fn packed(bytes: &[u8]) -> bool {
    let mut r = Reader::new(bytes);
    if let Ok(raw) = wire::unpack(&mut r, limits::FRAME_RAW_BYTES) {
        let mut w = Writer::new();
        wire::pack(&raw, &mut w);
        let again = wire::unpack(&mut Reader::new(w.as_slice()), raw.len());
        assert_eq!(again, Ok(raw), "what was written reads as the same");
    }
    let mut r = Reader::new(bytes);
    let mut chain = PageChain::new();
    let mut all = 0;
    while let Ok(raw) = chain.unpack(&mut r, limits::FRAME_RAW_BYTES) {
        all += raw.len();
        if r.is_empty() || all > 4 * limits::FRAME_RAW_BYTES {
            return true;
        }
    }
    false
}

// ---- what is signed and kept ------------------------------------------------------------------

fn record(bytes: &[u8]) -> bool {
    let (which, bytes) = choice(bytes);
    match which {
        0 => same_again(bytes, Grant::read, |g, w| {
            let _ = (g.hash(), g.is_signed(), g.confirmation());
            w.fixed(&g.to_bytes());
        }),
        1 => same_again(bytes, Epoch::read, |e, w| {
            w.fixed(&e.to_bytes());
        }),
        2 => same_again(bytes, Control::read, |c, w| c.write(w)),
        3 => same_again(bytes, Head::read, |h, w| h.write(w)),
        4 => same_again(bytes, Offer::read, |o, w| o.write(w)),
        5 => same_again(bytes, Value::read, |v, w| v.write(w)),
        6 => read_list(bytes).is_ok_and(|list| {
            assert_eq!(write_list(&list), bytes, "a list has one encoding");
            true
        }),
        _ => false,
    }
}

fn ticket(bytes: &[u8]) -> bool {
    let said = String::from_utf8_lossy(bytes);
    // The check at its end keeps out slips; who alters a ticket computes it anew.
    let mended = hand::mended_text("chibo1-", &said);
    let mut good = false;
    for text in [&*said, &mended] {
        let Ok(ticket) = Ticket::from_text(text) else {
            continue;
        };
        good |= text == said;
        let again = Ticket::from_text(&ticket.to_text());
        assert_eq!(
            again.as_ref(),
            Ok(&ticket),
            "what was written reads as the same"
        );
        let typed: String = text.split_whitespace().collect();
        assert_eq!(
            ticket.to_text(),
            typed.to_lowercase(),
            "a ticket has one text"
        );
        let _ = ticket.request(&scene().key);
    }
    good
}

fn bundle(bytes: &[u8]) -> bool {
    let Ok(bundle) = Bundle::from_bytes(bytes) else {
        return false;
    };
    let again = Bundle::from_bytes(&bundle.to_bytes()).expect("what was written is read");
    assert_eq!(
        again.letters, bundle.letters,
        "what was written reads as the same"
    );
    assert_eq!((again.damaged, again.unsealed), (0, 0));
    if (bundle.damaged, bundle.unsealed) == (0, 0) {
        assert_eq!(bundle.to_bytes(), bytes, "a bundle has one encoding");
    }
    true
}

/// The content of a letter of the sort that the first byte says; and the same bytes as a whole letter.
fn letter(bytes: &[u8]) -> bool {
    let key = &scene().key;
    if let Ok(letter) = Letter::from_bytes(bytes) {
        assert_eq!(letter.to_bytes(), bytes, "a letter has one encoding");
        let _ = letter.open(key);
    }
    let _ = seal::open(key, limits::LETTER_READERS, bytes);
    let (sort, content) = choice(bytes);
    let sort = match sort {
        1 => Sort::Request,
        2 => Sort::Answer,
        3 => Sort::Share,
        4 => Sort::Epochs,
        5 => Sort::Introduction,
        6 => Sort::Word,
        7 => Sort::Told,
        _ => return false,
    };
    let sealed = seal::seal(&[key.public()], content).expect("a letter is short");
    let to = key.public().letter_box();
    let Ok(content) = (Letter { sort, to, sealed }).open(key) else {
        return false;
    };
    match &content {
        Content::Introduction(request) => {
            let mut node = node();
            let _ = node.enrol_by_letter(request, NOW, &mut chance());
            is_whole(node.store(), node.tree(), true);
        }
        Content::Word(word) => hear(word),
        Content::Told(told) => {
            let _ = phone(&scene().deputy).told_otherwise(told);
        }
        _ => {}
    }
    let again = content.seal_for(&key.public()).expect("a letter is short");
    assert_eq!(
        again.open(key),
        Ok(content),
        "what was written reads as the same"
    );
    true
}

/// A node's word, heard by who waits for one: a stranger with a ticket, a device that changes its key. As it is, and
/// as the node's key would sign it about what they asked.
fn hear(word: &Word) {
    let scene = scene();
    let mut stranger = phone(&scene.stranger);
    (stranger.enrol_by_letter(&scene.ticket)).expect("a ticket with a key for letters");
    let mut deputy = phone(&scene.deputy);
    deputy.change_key(&mut chance()).expect("no work waits");
    for phone in [&mut stranger, &mut deputy] {
        let _ = phone.hear(word);
        let Ok(Some((asked, _))) = phone.asks_to_be_known() else {
            continue;
        };
        let said = word.said.clone();
        let signed = Word::new(
            scene.log,
            scene.epochs.clone(),
            &asked,
            said,
            &scene.log_key,
        );
        let _ = phone.hear(&signed);
        is_whole(phone.store(), phone.tree(), false);
    }
}

/// The header of a mailbox, the names in its paths, and what it says of a box.
fn proof(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let _ = (text.parse::<BoxId>(), text.parse::<LetterId>());
    let _ = chibo_core::carriers::mailbox::name_of(&text);
    let Some(proof) = Proof::from_header(&text) else {
        return false;
    };
    assert_eq!(proof.to_header(), text, "a proof has one text");
    let _ = proof.holds(OpenBox::NAME, Act::Fetch, proof.key.letter_box(), None);
    true
}

/// Two headers, a line each.
fn app_offer(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let (size, sha256) = text.split_once('\n').unwrap_or((&text, ""));
    let Some(offer) = AppOffer::parse(size, sha256) else {
        return false;
    };
    assert!((1..=limits::APP_BYTES).contains(&offer.size));
    let again = AppOffer::parse(&offer.size.to_string(), &hex(&offer.sha256));
    assert_eq!(
        again,
        Some(offer),
        "an offer that is told again is the same"
    );
    true
}

/// A mailbox in the target folder, and the word that it gave.
struct OpenBox {
    routes: Router,
    nonce: [u8; 32],
    runtime: Runtime,
    folder: PathBuf,
}

impl OpenBox {
    const NAME: &str = "thu.example";

    fn open() -> Self {
        let folder = scratch("mailbox");
        let terms = Terms {
            name: Self::NAME.to_owned(),
            keep: Duration::from_secs(3_600),
            box_letters: 4,
            box_bytes: 100_000,
            bytes: 1_000_000,
            address_bytes: 1_000_000,
        };
        let mailbox = Mailbox::open(&folder, terms, &mut chance()).expect("the target folder");
        let here = Peer(([127, 0, 0, 1], 1).into());
        let routes = mailbox::router(Arc::new(mailbox)).layer(Extension(here));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let mut open = OpenBox {
            routes,
            nonce: [0; 32],
            runtime: runtime.expect("a runtime"),
            folder,
        };
        let nonce = open
            .ask("GET", "/v1/nonce", None, &[])
            .expect("a request")
            .1;
        open.nonce = nonce.try_into().expect("32 bytes");
        open
    }

    /// Status and body; `None` where HTTP itself does not take the request.
    fn ask(
        &self,
        method: &str,
        path: &str,
        proof: Option<&str>,
        body: &[u8],
    ) -> Option<(u16, Vec<u8>)> {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(proof) = proof {
            request = request.header("authorization", proof);
        }
        let request = request.body(Body::from(body.to_vec())).ok()?;
        let routes = self.routes.clone();
        self.runtime.block_on(async {
            let response = routes.oneshot(request).await.expect("routes always answer");
            let status = response.status().as_u16();
            let body = axum::body::to_bytes(response.into_body(), usize::MAX).await;
            Some((status, body.expect("memory").to_vec()))
        })
    }
}

impl Drop for OpenBox {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

thread_local! {
    static BOX: OpenBox = OpenBox::open();
}

/// A request to a mailbox: a line with method and path, a line with the proof (`sign`: a good one, by the
/// secretary), and the body.
fn mailbox(bytes: &[u8]) -> bool {
    let mut lines = bytes.splitn(3, |b| *b == b'\n');
    let mut line = || String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    let (first, proof) = (line(), line());
    let body = lines.next().unwrap_or_default();
    let Some((method, path)) = first.split_once(' ') else {
        return false;
    };
    BOX.with(|open| {
        let letter = path
            .rsplit('/')
            .next()
            .and_then(|l| l.parse::<LetterId>().ok());
        let own = path.ends_with(&scene().key.public().letter_box().to_string());
        let (act, letter) = match (method, letter) {
            ("DELETE", letter) => (Act::Remove, letter),
            (_, Some(letter)) if !own => (Act::Fetch, Some(letter)),
            _ => (Act::List, None),
        };
        let good = Proof::new(OpenBox::NAME, act, letter, open.nonce, &scene().key).to_header();
        let proof = if proof == "sign" { &good } else { &proof };
        let proof = Some(proof.as_str()).filter(|p| !p.is_empty());
        let Some((status, answer)) = open.ask(method, path, proof, body) else {
            return false;
        };
        assert_ne!(status, 500, "a request breaks nothing");
        if (status, act) == (200, Act::List) && path.starts_with("/v1/box/") {
            read_list(&answer).expect("a mailbox's list can be read");
        }
        status < 400
    })
}

/// Where a target may write: beside the program that runs it, which lies in the target folder.
/// A name that nobody else has: each thread has a mailbox of its own, and one folder is one process's and one opening's.
fn scratch(name: &str) -> PathBuf {
    static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    let n = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let program = std::env::current_exe().expect("this program");
    program.with_file_name(format!("fuzz-{}-{n}-{name}", std::process::id()))
}

/// Bytes of a backup before the copy.
const FRONT: usize = 8 + 1 + 8 + 8 + 32 + 32 + 32 + 8 + 64;

/// What stands inside a backup; and the same bytes as a whole file.
fn backup(bytes: &[u8]) -> bool {
    let key = &scene().key;
    let mut file = Vec::new();
    let public = [key.public()];
    let mut writer = seal::sealing(seal::Lock::Keys(&public), &mut file).expect("a good key");
    std::io::Write::write_all(&mut writer, bytes).expect("memory");
    seal::pad(bytes.len() as u64, &mut writer).expect("memory");
    writer.finish().expect("memory");
    let path = scratch("backup");
    let open = |content: &[u8]| {
        std::fs::write(&path, content).expect("a writable target folder");
        let opened = sealed::open_file(&path, seal::Opener::Key(key));
        let _ = sealed::is_phones(&path);
        opened
    };
    let _ = open(bytes);
    let opened = open(&file);
    std::fs::remove_file(&path).expect("a writable target folder");
    match opened {
        Ok(opened) => {
            let plain = opened.plain;
            let mut sealed = bytes.to_vec();
            sealed.resize(sealed.len().max(FRONT + plain.len()), 0);
            assert!(
                sealed[FRONT..].starts_with(&plain),
                "the copy is what was sealed"
            );
            true
        }
        Err(_) => false,
    }
}

fn lock(bytes: &[u8]) -> bool {
    // Its check keeps out rot; who alters a lock computes it anew.
    let mut mended = bytes[..bytes.len().saturating_sub(4)].to_vec();
    let check = Hasher::new("chibo/lock-check/1").part(&mended).hash();
    mended.extend_from_slice(&check.0[..4]);
    for bytes in [bytes, &mended] {
        let Ok(mut lock) = Lock::decode(bytes) else {
            continue;
        };
        assert_eq!(lock.encode(), bytes, "a lock has one encoding");
        // Not by the passphrase: what that costs, up to its limit, is for the file to say.
        for opening in [
            Opening::KeyFile(&[3; 32]),
            Opening::Words("a b c"),
            Opening::Recovery(&[3; 32]),
            Opening::Officers(&["a", "b"]),
        ] {
            let _ = lock.open(&opening, NOW, &mut |_| Ok(()));
        }
    }
    Lock::decode(bytes).is_ok()
}

// ---- a damaged store --------------------------------------------------------------------------

/// One row of a store is something else: everything that reads it says so, or goes on.
fn store_row(bytes: &[u8]) -> bool {
    let mut r = Reader::new(bytes);
    let row = (|| {
        let (whose, table) = (r.u8()?, r.u8()?);
        let key = r.bytes(200)?;
        Ok::<_, CodecError>((whose % 2, table, key, r.fixed(r.left())?))
    })();
    let Ok((whose, table, key, value)) = row else {
        return false;
    };
    let Some(table) = TABLES.get(usize::from(table)) else {
        return false;
    };
    let scene = scene();
    let mut store = match whose {
        0 => scene.node.clone(),
        _ => scene.secretary.clone(),
    };
    let put: Result<(), StoreError> = store.write(|tx| tx.put(*table, key, value));
    put.expect("memory takes it");
    let _: Result<(), StoreError> = store.read(|tx| {
        read_all(tx, *table, key);
        Ok(())
    });
    let whole = match whose {
        0 => lives_on_as_node(store),
        _ => lives_on_as_phone(store),
    };
    // The seeds are rows as they were: all is well with them.
    whole.is_ok()
}

/// Every way that a row of this key is read.
fn read_all(tx: &dyn Tx, table: Table, key: &[u8]) {
    let id = |at: usize| -> [u8; 16] {
        let part = key.get(at..at + 16).and_then(|k| k.try_into().ok());
        part.unwrap_or_default()
    };
    let number = key.get(..8).and_then(|k| k.try_into().ok());
    let n = number.map_or(1, u64::from_be_bytes);
    let name = String::from_utf8_lossy(key);
    let feed = FeedId(id(0));
    let spot = |n| chibo_core::feed::Spot { feed, n };
    match table {
        Table::Meta => {
            let _ = records::meta_number(tx, &name);
            let _ = (records::log_id(tx), records::position(tx));
            let ended = name.strip_prefix("ended/").and_then(|n| n.parse().ok());
            let _ = records::ended(tx, ended.unwrap_or(1));
        }
        Table::Place => {
            let _ = (
                records::place(tx, chibo_core::id::PlaceId(id(0))),
                records::tree(tx),
            );
        }
        Table::Scope => drop(records::scope(tx, ScopeId(id(0)))),
        Table::Log => {
            let _ = (records::log_row(tx, n), records::last_log_row(tx));
            let _ = records::log_after(tx, 0, usize::MAX);
        }
        Table::ScopeLog => drop(records::scope_entries(tx, ScopeId(id(0)), 0, usize::MAX)),
        Table::Feed => {
            let _ = (records::feed(tx, feed), records::feeds(tx));
        }
        Table::Segment => {
            let n = key.get(16..24).and_then(|k| k.try_into().ok());
            let _ = records::segment(tx, spot(n.map_or(1, u64::from_be_bytes)));
            let _ = records::segments_from(tx, feed, 0);
        }
        Table::Waiting => {
            let _ = (records::waiting(tx), records::held(tx));
            let _ = records::own_without_receipt(tx);
        }
        Table::Doc => {
            let _ = records::doc(tx, DocId(id(0)));
            if let Ok(docs) = records::docs_after(tx, None, usize::MAX) {
                docs.iter()
                    .for_each(|(_, row)| drop(document::load(&row.bytes)));
            }
        }
        Table::ScopeDoc => drop(records::scope_docs(tx, ScopeId(id(0)), None)),
        Table::Salt => drop(records::salt(tx, feed, DocId(id(16)))),
        Table::Grant => {
            let _ = (records::grant(tx, n), records::grants(tx));
        }
        Table::GrantHash => {
            let hash = key.try_into().map_or(Hash::ZERO, Hash);
            let _ = records::grant_number(tx, hash);
        }
        Table::Draft => {
            let _ = (records::draft(tx, DocId(id(0))), records::drafts(tx));
        }
        Table::Quarantine => {
            let _ = (records::quarantine_row(tx, n), records::quarantined(tx));
        }
        Table::Epoch => {
            let _ = (records::epoch(tx, n), records::epochs(tx));
        }
        Table::Ticket | Table::Device => {}
    }
}

fn lives_on_as_node(store: MemoryStore) -> Result<(), StoreError> {
    let scene = scene();
    let mut node = Node::open(store)?;
    let _ = node.devices();
    let _ = node.quarantine();
    let _ = node.is_confirmed();
    let _ = node.brought_back();
    let tree = node.tree().clone();
    let _ = node.store().read(|tx| check::check(tx, &tree, true));
    let _ = node.store_mut().write(|tx| replica::rebuild(tx, &tree));
    let asked: Vec<Vec<u8>> = (scene.seeds().iter())
        .filter(|(target, ..)| *target == "request_at_node")
        .map(|(.., bytes)| bytes.clone())
        .collect();
    for answer in node.handle(&asked, NOW) {
        drop(answer);
    }
    Ok(())
}

fn lives_on_as_phone(store: MemoryStore) -> Result<(), StoreError> {
    let scene = scene();
    let mut phone = Phone::open(store, None)?;
    let tree = phone.tree().clone();
    let _ = phone.store().read(|tx| check::check(tx, &tree, false));
    let _ = phone.store_mut().write(|tx| replica::rebuild(tx, &tree));
    let _ = (phone.digest(), phone.peers(NOW), phone.own_grant());
    let _ = (phone.told_end(), phone.introduction());
    if let Ok(heads) = phone.heads() {
        let _ = phone.offer(&heads);
    }
    let _ = phone.request(NOW, &mut chance());
    let answers = (scene.seeds().iter()).filter(|(target, _, b)| *target == "answer" && b[0] == 2);
    for (.., answer) in answers {
        let mut exchange = phone.reading(NOW);
        for frame in frames::frames_of(&answer[1..]) {
            let _ = phone.receive(&mut exchange, &frame);
        }
        let _ = phone.outcome(&exchange);
    }
    Ok(())
}

// ---- documents --------------------------------------------------------------------------------

/// What came through the door can be read, written on and saved.
fn can_be_lived_with(doc: &Automerge) {
    let values = document::values(doc, None);
    let _ = document::conflicts(doc);
    let saved = doc.save_nocompress();
    let again = document::load(&saved).expect("what came through the door loads again");
    assert_eq!(again.get_heads(), doc.get_heads());
    assert_eq!(document::values(&again, None), values);
    if let Some(read) = door::standing(&saved).expect("what came through the door is read") {
        assert_eq!(read, document::Standing::of(doc));
    }
    if let Some(short) = checkpoint::shorten(&saved) {
        let again = door::load_short(&short).expect("what came through the door travels on");
        assert_eq!(again.get_heads(), doc.get_heads());
    }
    let kind = kind::by_name("member").expect("a kind");
    let edit = document::Values::from([("note".into(), Value::Text("mới".into()))]);
    let heads = doc.get_heads();
    let _ = document::edit(doc, kind, &edit, FeedId([9; 16]), &heads, 1);
}

fn change(bytes: &[u8]) -> bool {
    let mended = mended_chunk(bytes);
    let mut good = false;
    for raw in [bytes, &mended] {
        let inspected = door::inspect(raw);
        good |= inspected.is_ok();
        let kind = kind::by_name("member").expect("a kind");
        let whole = document::load(&scene().saved).expect("our own document");
        for before in [document::genesis(kind), whole] {
            if let Ok(admitted) = door::admit(&before, raw) {
                assert!(inspected.is_ok(), "what is admitted passes the first gate");
                can_be_lived_with(&admitted.document);
            }
        }
    }
    good
}

/// The change's chunk with the length and the checksum that belong to its body.
fn mended_chunk(bytes: &[u8]) -> Vec<u8> {
    let mut r = Reader::new(bytes.get(9..).unwrap_or_default());
    let _ = r.number();
    let mut rest = Writer::new();
    rest.u8(1).bytes(&bytes[bytes.len() - r.left()..]);
    let hash = Sha256::digest(rest.as_slice());
    [&[0x85, 0x6f, 0x4a, 0x83], &hash[..4], rest.as_slice()].concat()
}

fn saved_document(bytes: &[u8]) -> bool {
    let short = door::load_short(bytes);
    let whole = door::load_document(bytes);
    let _ = door::standing(bytes);
    for doc in [&short, &whole].into_iter().flatten() {
        can_be_lived_with(doc);
    }
    if let Some(short) = checkpoint::shorten(bytes) {
        let lengthened = checkpoint::lengthen(&short, None).expect("what was shortened");
        assert_eq!(checkpoint::shorten(&lengthened), Some(short));
    }
    let _ = checkpoint::lengthen(bytes, None);
    short.is_ok() || whole.is_ok()
}

// ---- what people bring ------------------------------------------------------------------------

fn roster_file(bytes: &[u8]) -> bool {
    let mut good = false;
    for name in ["danh-sach.csv", "danh-sach.xlsx"] {
        let Ok(read) = read_roster(bytes, name) else {
            continue;
        };
        good = true;
        if read.is_blocked() {
            continue;
        }
        let csv = roster::to_csv(&read.branches).expect("what was read can be written");
        let again = read_roster(&csv, "a.csv");
        let names = |r: &roster::Roster| -> Vec<Option<String>> {
            let name = |m: &roster::MemberRow| m.value("member", "full_name").map(str::to_owned);
            r.members().map(name).collect()
        };
        // Names without a letter are none; an export's line with one looks like one of numbers.
        let has_letter = |n: &Option<String>| n.iter().any(|n| n.contains(char::is_alphabetic));
        let people = names(&read);
        if !people.is_empty() && people.iter().all(has_letter) {
            let again = again.expect("what was written is read");
            assert_eq!(names(&again), people, "an export holds the same people");
        }
    }
    good
}

fn words(bytes: &[u8]) -> bool {
    let said = String::from_utf8_lossy(bytes);
    if let Ok(date) = PartialDate::parse(&said) {
        assert_eq!(PartialDate::parse(&date.to_string()), Ok(date));
        assert_eq!(PartialDate::parse(&date.shown()), Ok(date));
    }
    let communes = Communes::official();
    let found = communes.search(&said);
    assert!(found.len() <= limits::COMMUNE_MATCHES);
    let _ = communes.resolve_old(&said).sure();
    for folded in [text::fold(&said), text::fold_words(&said)] {
        assert_eq!(text::fold(&folded), folded, "what is folded stays");
    }
    let line = text::clean_line(&said);
    assert_eq!(text::clean_line(&line), line, "what is clean stays");
    let name = text::clean_name(&said);
    assert_eq!(text::clean_name(&name), name, "what is clean stays");
    let _ = (text::search_terms(&said), text::spelling(&said));
    for kind in kind::KINDS {
        let paths: BTreeSet<String> = (kind.fields.iter())
            .flat_map(|f| [f.name.to_owned(), format!("{}/{}", f.name, "07".repeat(16))])
            .chain([said.to_string()])
            .collect();
        for path in paths {
            if let Ok(value) = field::parse(kind, &path, &said) {
                let _ = field::shown(kind, &path, &value, true);
            }
        }
    }
    true
}
