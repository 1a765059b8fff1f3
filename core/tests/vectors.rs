//! The wire format does not move: every byte that is signed, hashed or sent is compared with files.
//!
//! The files are for other implementers as well (`docs/vectors/`, described in `docs/format.md`).
//! After a deliberate change of the format they are written anew with `CHIBO_WRITE_VECTORS=1`.

use chibo_core::carriers::bundle::{Letter, Sort};
use chibo_core::carriers::mailbox::{Act, Proof};
use chibo_core::checkpoint;
use chibo_core::codec::{Reader, Writer};
use chibo_core::custody::{Answer, Contents, FeedMark, HandOver, NodeCard, Part};
use chibo_core::document::{self, Value, Values};
use chibo_core::enrol::code::{LogPrefix, Once, Terms, answer_to_bytes};
use chibo_core::enrol::{Pass, Ticket, Unknown};
use chibo_core::feed::verify::FeedHead;
use chibo_core::feed::{
    Basis, Opens, SealedChange, Segment, SignedSegment, Spot, commitment, feed_id,
};
use chibo_core::id::{FeedId, Hash, LetterId, LogId, PersonId, PlaceId, Salt, hex};
use chibo_core::identity::{
    Custody, Epoch, Grant, SecretKey, Signature, common_box, log_of, notice_key,
};
use chibo_core::kind;
use chibo_core::lock::{Cost, Lock, Opening, RecoveryCode, StoreKey};
use chibo_core::log::{
    ControlAct, End, EndAct, Entry, EntryType, Head, PlaceAct, Position, RULE_VERSION, Signed,
    Verdict,
};
use chibo_core::place::{Host, Lane, PlaceKind, Role, scope_of};
use chibo_core::time::{Claimed, Received, Timestamp};
use chibo_core::wire::{Request, SignedRequest, claimed_grant};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use std::fmt::Write;
use std::path::PathBuf;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("docs/vectors")
        .join(name)
}

/// Compares lines of `name = hex` with a file, or writes them.
fn hold(file: &str, lines: &[(&str, String)]) {
    let mut text = String::new();
    for (name, value) in lines {
        writeln!(text, "{name} = {value}").expect("a string takes it");
    }
    if std::env::var_os("CHIBO_WRITE_VECTORS").is_some() {
        std::fs::write(path(file), &text).expect("a writable folder");
    }
    let kept = std::fs::read_to_string(path(file)).expect("the vectors are in docs/vectors");
    assert_eq!(kept, text, "{file}: the format has moved");
}

struct World {
    root: SecretKey,
    log_key: SecretKey,
    grant_key: SecretKey,
    device: SecretKey,
    place: PlaceId,
}

fn world() -> World {
    World {
        root: SecretKey::from_seed([1; 32]),
        log_key: SecretKey::from_seed([2; 32]),
        grant_key: SecretKey::from_seed([3; 32]),
        device: SecretKey::from_seed([4; 32]),
        place: PlaceId([5; 16]),
    }
}

fn epoch(w: &World) -> Epoch {
    Epoch {
        root: w.root.public(),
        epoch: 1,
        cut: 0,
        chain: Hash::ZERO,
        log_key: w.log_key.public(),
        grant_key: w.grant_key.public(),
        tls_key: SecretKey::from_seed([12; 32]).public(),
        prev: Hash::ZERO,
        signature: Signature([0; 64]),
    }
    .signed(&w.root)
}

fn grant(w: &World) -> Grant {
    Grant {
        log: log_of(&w.root.public()),
        issuer: w.grant_key.public(),
        under: Hash::ZERO,
        key: w.device.public(),
        person: PersonId([6; 16]),
        role: Role::Secretary,
        place: w.place,
        from: Timestamp(0),
        end: Timestamp(1_825_027_200),
        custody: Custody::Device,
        term: Timestamp(0),
        may_delegate: true,
        mandate: "12-QĐ/UBKT".to_owned(),
        nonce: [7; 8],
        signature: Signature([0; 64]),
    }
    .signed(&w.grant_key)
}

fn segment(w: &World) -> SignedSegment {
    let member = PlaceId([8; 16]);
    let scope = scope_of(member, Lane::Own);
    let nonce = [9; 8];
    let feed = feed_id(&w.device.public(), scope, &nonce);
    let kind = kind::by_name("member").expect("a kind");
    let values = Values::from([("full_name".into(), Value::Text("Đinh Văn Quang".into()))]);
    let start = document::genesis(kind);
    let edited = document::edit(
        &start,
        kind,
        &values,
        feed,
        &start.get_heads(),
        1_793_491_200,
    )
    .expect("a good edit")
    .expect("a change");
    Segment {
        feed,
        n: 1,
        scope,
        basis: Basis {
            log: log_of(&w.root.public()),
            epoch: 1,
            n: 300,
        },
        prev: Hash::ZERO,
        grant: grant(w).hash(),
        time: Claimed(Timestamp(1_793_491_200)),
        nonce,
        opens: Some(Opens {
            place: member,
            kind: PlaceKind::Member,
            parent: w.place,
        }),
        replaces: Some(Spot {
            feed: FeedId([10; 16]),
            n: 4,
        }),
        seen: vec![Spot {
            feed: FeedId([11; 16]),
            n: 2,
        }],
        forgotten: Vec::new(),
        changes: vec![SealedChange {
            doc: document::doc_id(scope, kind, b""),
            kind: kind.number,
            salt: Salt([12; 16]),
            change: edited.change,
        }],
    }
    .signed(&w.device)
}

#[test]
fn epochs_and_grants_are_signed_as_written_down() {
    let w = world();
    let (e, g) = (epoch(&w), grant(&w));
    hold(
        "identity.txt",
        &[
            ("root_public", w.root.public().to_string()),
            ("log", log_of(&w.root.public()).to_string()),
            ("epoch", hex(&e.to_bytes())),
            ("epoch_hash", e.hash().to_string()),
            ("grant", hex(&g.to_bytes())),
            ("grant_hash", g.hash().to_string()),
        ],
    );
    assert!(e.is_signed_for(g.log) && g.is_signed());
    let back = Grant::read(&mut Reader::new(&g.to_bytes())).expect("a grant");
    assert_eq!(back, g);
}

#[test]
fn segments_are_signed_as_written_down() {
    let w = world();
    let s = segment(&w);
    let change = &s.unproven().changes[0];
    let hash = chibo_core::feed::change_hash(&change.change).expect("a change");
    hold(
        "segment.txt",
        &[
            ("device_public", w.device.public().to_string()),
            ("scope", s.unproven().scope.to_string()),
            ("feed", s.unproven().feed.to_string()),
            ("document", change.doc.to_string()),
            ("change", hex(&change.change)),
            ("change_hash", hex(&hash)),
            ("commitment", commitment(&change.salt, &hash).to_string()),
            ("header", hex(&s.unproven().header())),
            ("segment_hash", s.hash().to_string()),
            ("segment", hex(&s.to_bytes())),
        ],
    );
    let back = SignedSegment::from_bytes(&s.to_bytes()).expect("a segment");
    assert_eq!(back, s);
}

#[test]
fn chains_and_heads_are_computed_as_written_down() {
    let w = world();
    let log = log_of(&w.root.public());
    let act = PlaceAct::at(w.place, PlaceKind::Branch, Some(PlaceId([13; 16])));
    let placement = PlaceAct {
        host: Some(Host {
            branch: PlaceId([13; 16]),
            until: Timestamp(1_800_000_000),
        }),
        came: Some(Hash([16; 32])),
        ..PlaceAct::at(PlaceId([15; 16]), PlaceKind::Placement, Some(w.place))
    };
    let end = EndAct {
        grant: grant(&w).hash(),
        end: End::Revoked,
    };
    let entry = |n, kind, hash, verdict, reason| Entry {
        n,
        time: Received(Timestamp(1_793_491_200 + n)),
        kind,
        hash,
        verdict,
        reason,
        rule: RULE_VERSION,
    };
    let first = entry(1, EntryType::Place, act.hash(), Verdict::Accepted, 0);
    let second = entry(
        2,
        EntryType::Segment,
        segment(&w).hash(),
        Verdict::Refused,
        32,
    );
    let chain_1 = first.chain_after(Hash::ZERO, log, 1);
    let chain_2 = second.chain_after(chain_1, log, 1);
    let head = Head {
        epoch: 1,
        n: 2,
        chain: chain_2,
        time: Timestamp(1_793_491_300),
        set_version: 1,
        safe: 1,
        digest: Hash([14; 32]),
        signature: Signature([0; 64]),
    }
    .signed(log, &w.log_key);
    let mut bytes = Writer::new();
    head.write(&mut bytes);
    hold(
        "log.txt",
        &[
            ("place_act", hex(&act.to_bytes())),
            ("place_act_hash", act.hash().to_string()),
            ("placement_act", hex(&placement.to_bytes())),
            ("placement_act_hash", placement.hash().to_string()),
            (
                "signed_place_act",
                hex(&Signed::new(act, log, &w.grant_key).to_bytes()),
            ),
            (
                "signed_end_act",
                hex(&Signed::new(end, log, &w.grant_key).to_bytes()),
            ),
            ("chain_1", chain_1.to_string()),
            ("chain_2", chain_2.to_string()),
            ("head", hex(bytes.as_slice())),
        ],
    );
    assert!(head.is_signed(log, &w.log_key.public()));
}

#[test]
fn what_two_nodes_sign_about_a_place_is_as_written_down() {
    let w = world();
    let log = log_of(&w.root.public());
    let contents = Contents {
        parts: vec![Part {
            place: w.place,
            kind: PlaceKind::Member,
            parent: PlaceId([13; 16]),
            chains: vec![Hash([14; 32]), Hash([15; 32]), Hash::ZERO],
        }],
        feeds: vec![FeedMark {
            feed: FeedId([16; 16]),
            head: FeedHead {
                n: 3,
                hash: Hash([17; 32]),
            },
            ended: false,
        }],
    };
    let offer = HandOver {
        place: w.place,
        from: log,
        to: LogId([18; 16]),
        epoch: 1,
        n: 41,
        chain: Hash([19; 32]),
        time: Timestamp(1_793_491_200),
        rule: RULE_VERSION,
        contents: contents.hash(),
    };
    let answer = Answer {
        offer: offer.hash(),
        from: log,
        place: w.place,
        under: Some(PlaceId([20; 16])),
        epoch: 1,
        n: 7,
    };
    let card = NodeCard::new(Vec::new(), epoch(&w), "Xuân Hồng", "", &w.grant_key);
    hold(
        "custody.txt",
        &[
            ("contents", hex(&contents.to_bytes())),
            ("contents_hash", contents.hash().to_string()),
            ("hand_over", hex(&offer.to_bytes())),
            ("hand_over_hash", offer.hash().to_string()),
            (
                "chain_after",
                offer
                    .entry()
                    .chain_after(Hash([14; 32]), log, 1)
                    .to_string(),
            ),
            (
                "signed_hand_over",
                hex(&Signed::new(offer, log, &w.grant_key).to_bytes()),
            ),
            ("answer", hex(&answer.to_bytes())),
            ("answer_hash", answer.hash().to_string()),
            ("card", card.to_text()),
        ],
    );
    assert_eq!(NodeCard::from_text(&card.to_text()), Ok(card));
}

#[test]
fn every_kind_begins_with_the_same_bytes_everywhere() {
    let mut lines = Vec::new();
    for kind in kind::KINDS {
        let genesis = document::genesis(kind);
        let change = genesis.get_changes(&[]).remove(0);
        lines.push((kind.name, hex(change.raw_bytes())));
    }
    hold("genesis.txt", &lines);
}

#[test]
fn a_document_travels_without_what_its_receiver_computes() {
    let w = world();
    let s = segment(&w);
    let kind = kind::by_name("member").expect("a kind");
    let start = document::genesis(kind);
    let doc =
        chibo_core::door::admit(&start, &s.unproven().changes[0].change).expect("a good change");
    let short = checkpoint::shorten(&doc.saved).expect("our own document");
    hold(
        "document.txt",
        &[("saved", hex(&doc.saved)), ("short", hex(&short))],
    );
    let back = chibo_core::door::load_short(&short).expect("a whole document");
    assert_eq!(back.get_heads(), doc.document.get_heads());
    let heads: Vec<[u8; 32]> = back.get_heads().iter().map(|h| h.0).collect();
    assert_eq!(checkpoint::lengthen(&short, Some(&heads)), Some(doc.saved));
}

#[test]
fn keys_boxes_and_proofs_of_letters_stay_as_they_are() {
    let w = world();
    let device = w.device.public();
    let proof = Proof::new(
        "thu.example",
        Act::Fetch,
        Some(LetterId([9; 16])),
        [8; 32],
        &w.device,
    );
    let letter = Letter {
        sort: Sort::Request,
        to: device.letter_box(),
        sealed: b"sealed".to_vec(),
    };
    hold(
        "letter.txt",
        &[
            ("device key", hex(&device.0)),
            ("x25519 public", hex(&device.x25519().expect("a good key"))),
            ("x25519 secret", hex(&w.device.x25519()[..])),
            ("box", hex(&device.letter_box().0)),
            ("common box", hex(&common_box(log_of(&w.root.public())).0)),
            (
                "notice box",
                hex(&notice_key(log_of(&w.root.public())).public().letter_box().0),
            ),
            ("letter", hex(&letter.to_bytes())),
            ("letter id", hex(&letter.id().0)),
            ("proof", hex(proof.to_header().as_bytes())),
        ],
    );
}

#[test]
fn a_lock_file_is_opened_by_what_it_was_made_for() {
    let key = StoreKey::from_bytes([9; 32]);
    let cost = Cost {
        memory_kib: 64,
        passes: 1,
    };
    let rng = &mut ChaCha8Rng::seed_from_u64(1);
    let mut lock = Lock::new();
    lock.set_passphrase(&key, "mưa chiều", cost, rng).unwrap();
    lock.set_key_file(&key, "node.key", &[3; 32], rng).unwrap();
    let words = lock.set_words(&key, rng).unwrap();
    for opening in [
        Opening::Passphrase("mưa chiều"),
        Opening::KeyFile(&[3; 32]),
        Opening::Words(&words),
    ] {
        let mut read = Lock::decode(&lock.encode()).unwrap();
        let opened = read.open(&opening, Timestamp(1), &mut |_| Ok(())).unwrap();
        assert_eq!(opened.expose(), key.expose(), "{opening:?}");
    }
    let code = RecoveryCode::random(rng);
    let mut travels = Writer::new();
    code.write(&mut travels);
    hold(
        "lock.txt",
        &[
            ("key", hex(key.expose())),
            ("passphrase", hex("mưa chiều".as_bytes())),
            ("key_file", hex(&[3; 32])),
            ("words", hex(words.as_bytes())),
            ("lock", hex(&lock.encode())),
            ("recovery_code", code.to_text().to_string()),
            ("recovery_code_travels", hex(travels.as_slice())),
            ("recovery_secret", hex(&code.secret()[..])),
        ],
    );
}

#[test]
fn a_ticket_its_short_code_and_what_is_asked_by_that_stay_as_they_are() {
    let w = world();
    let log = log_of(&w.root.public());
    let once = Once::read(&mut Reader::new(&[1, 2, 3, 4, 5, 6, 7])).unwrap();
    let ticket = Ticket {
        url: "https://192.168.1.10:8443".into(),
        log,
        role: Role::Secretary,
        place: w.place,
        expires: Timestamp(1_790_000_000),
        letter_key: Some(w.device.public()),
        pass: Pass::Secret(once),
    };
    let code = ticket.code().unwrap();
    let secret = once.secret(LogPrefix::of(log));
    let terms = Terms {
        log,
        role: ticket.role,
        place: ticket.place,
        expires: ticket.expires,
        letter_key: w.device.public(),
    };
    assert_eq!(code.ticket(&ticket.url, &terms), Some(ticket.clone()));
    hold(
        "code.txt",
        &[
            ("log", hex(&log.0)),
            ("once", hex(&[1, 2, 3, 4, 5, 6, 7])),
            ("ticket", ticket.to_text()),
            ("code", code.to_text()),
            ("secret", hex(&secret)),
            ("kept", hex(&Ticket::fingerprint(&secret).0)),
            (
                "question",
                hex(&code.question(w.device.public()).to_bytes()),
            ),
            ("terms", hex(&answer_to_bytes(&Ok(terms)))),
            ("used", hex(&answer_to_bytes(&Err(Unknown::Used)))),
        ],
    );
}

#[test]
fn a_request_stays_as_it_is_with_a_recovery_code_and_without() {
    let w = world();
    let log = log_of(&w.root.public());
    let mut request = Request {
        log,
        grant: 5,
        time: Timestamp(1_793_491_200),
        position: Position {
            epoch: 1,
            n: 40,
            chain: Hash([10; 32]),
            set_version: 3,
        },
        wiped: false,
        cut: 2,
        wants_own: true,
        pending: vec![(3, 9)],
        cursor: None,
        halved: 1,
        controls: Vec::new(),
        recovery: None,
        segments: 0,
    };
    let without = request.seal(&[], &[], &w.device);
    let code = RecoveryCode::random(&mut ChaCha8Rng::seed_from_u64(2));
    request.recovery = Some((Timestamp(1_793_491_000), code.clone()));
    let with = request.seal(&[], &[], &w.device);
    for (bytes, recovery) in [(&without, None), (&with, request.recovery.clone())] {
        let read = SignedRequest::parse(bytes, log).expect("our own request");
        assert!(read.is_signed(&w.device.public()));
        assert_eq!(read.request.recovery, recovery);
        assert_eq!(read.request.pending, request.pending);
        assert_eq!(claimed_grant(bytes), Some(5));
    }
    hold(
        "request.txt",
        &[
            ("request", hex(&without)),
            ("recovery_code", code.to_text().to_string()),
            ("request_with_recovery", hex(&with)),
        ],
    );
}
