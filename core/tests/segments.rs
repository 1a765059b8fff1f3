//! What may happen to a segment on its way, and that none of it gets in.

use chibo_core::codec::{Reader, Writer};
use chibo_core::document::{self, Value, Values};
use chibo_core::feed::compact::{self, Known, Shorten};
use chibo_core::feed::verify::{FeedHead, VerifyError, verify};
use chibo_core::feed::{Basis, SealedChange, Segment, SignedSegment, feed_id};
use chibo_core::id::{DocId, FeedId, Hash, LogId, PlaceId, Salt, ScopeId};
use chibo_core::identity::SecretKey;
use chibo_core::kind;
use chibo_core::limits;
use chibo_core::place::{Lane, scope_of};
use chibo_core::time::{Claimed, Timestamp};
use chibo_core::wire;
use proptest::prelude::*;

const NONCE: [u8; 8] = [1; 8];

fn device() -> SecretKey {
    SecretKey::from_seed([4; 32])
}

fn sealed(n: u64, prev: Hash, words: &str) -> SignedSegment {
    let scope = scope_of(PlaceId([8; 16]), Lane::Own);
    let feed = feed_id(&device().public(), scope, &NONCE);
    let kind = kind::by_name("member").expect("a kind");
    let values = Values::from([("note".into(), Value::Text(words.to_owned()))]);
    let start = document::genesis(kind);
    let edited = document::edit(&start, kind, &values, feed, &start.get_heads(), 7)
        .expect("a good edit")
        .expect("a change");
    Segment {
        feed,
        n,
        scope,
        basis: Basis {
            log: LogId([2; 16]),
            epoch: 1,
            n: 9,
        },
        prev,
        grant: Hash([3; 32]),
        time: Claimed(Timestamp(1_793_491_200)),
        nonce: NONCE,
        opens: None,
        replaces: None,
        seen: Vec::new(),
        forgotten: Vec::new(),
        changes: vec![SealedChange {
            doc: document::doc_id(scope, kind, b""),
            kind: kind.number,
            salt: Salt([5; 16]),
            change: edited.change,
        }],
    }
    .signed(&device())
}

fn why(signed: SignedSegment, head: &FeedHead) -> VerifyError {
    verify(signed, &device().public(), head)
        .expect_err("refused")
        .0
}

#[test]
fn a_segment_of_another_key_a_gap_a_fork_and_a_wrong_predecessor_are_told_apart() {
    let first = sealed(1, Hash::ZERO, "một");
    let head = FeedHead {
        n: 1,
        hash: first.hash(),
    };
    assert!(verify(first.clone(), &device().public(), &FeedHead::NONE).is_ok());
    let other = SecretKey::from_seed([9; 32]);
    let refused = verify(first.clone(), &other.public(), &FeedHead::NONE).expect_err("refused");
    assert_eq!(refused.0, VerifyError::NotItsFeed);
    assert_eq!(refused.1, first, "it comes back, to be quarantined");
    assert_eq!(why(first, &head), VerifyError::Fork { n: 1 });
    let third = sealed(3, Hash([7; 32]), "ba");
    assert_eq!(
        why(third, &head),
        VerifyError::Gap {
            expected: 2,
            found: 3
        }
    );
    let second = sealed(2, Hash([7; 32]), "hai");
    assert_eq!(why(second, &head), VerifyError::WrongPrevious);
}

#[test]
fn an_unknown_version_is_named() {
    let mut bytes = sealed(1, Hash::ZERO, "một").to_bytes();
    bytes[0] = 2;
    let e = SignedSegment::from_bytes(&bytes).expect_err("refused");
    assert_eq!(
        e.to_string(),
        "version 2 of segment is not known to this build"
    );
}

struct Nothing;

impl Known for Nothing {
    fn feed_beginning(&self, _: [u8; 8]) -> Option<FeedId> {
        None
    }
    fn feed(&self, _: FeedId) -> Option<(ScopeId, [u8; 8])> {
        None
    }
    fn segment_hash(&self, _: FeedId, _: u64) -> Option<Hash> {
        None
    }
    fn salt(&self, _: FeedId, _: DocId) -> Option<Salt> {
        None
    }
    fn grant(&self, _: u64) -> Option<Hash> {
        Some(Hash([3; 32]))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_altered_byte_passes(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let good = sealed(1, Hash::ZERO, "ghi chú về đảng viên");
        let mut bytes = good.to_bytes();
        let i = at.index(bytes.len());
        bytes[i] ^= 1 << bit;
        if let Ok(altered) = SignedSegment::from_bytes(&bytes) {
            prop_assert!(verify(altered, &device().public(), &FeedHead::NONE).is_err());
        }
    }

    #[test]
    fn no_truncated_segment_is_read(len in any::<prop::sample::Index>()) {
        let bytes = sealed(1, Hash::ZERO, "ghi chú").to_bytes();
        prop_assert!(SignedSegment::from_bytes(&bytes[..len.index(bytes.len())]).is_err());
    }

    #[test]
    fn the_short_form_gives_the_signed_bytes_back(words in "\\PC{1,200}", near in any::<u32>()) {
        let good = sealed(1, Hash::ZERO, &words);
        let near = Timestamp(near.into());
        let (mut ids, mut changes) = (Writer::new(), Writer::new());
        let how = Shorten { near, grant: 5, introduce: true, has_salt: &|_| false };
        compact::write(&good, &how, &mut ids, &mut changes);
        let (ids, changes) = (ids.finish(), changes.finish());
        let back = compact::read(
            &mut Reader::new(&ids),
            &mut Reader::new(&changes),
            LogId([2; 16]),
            near,
            &Nothing,
        );
        prop_assert_eq!(back, Ok(good));
    }

    #[test]
    fn what_is_packed_comes_back_and_never_grows_past_its_limit(raw in prop::collection::vec(any::<u8>(), 0..4000)) {
        let mut w = Writer::new();
        wire::pack(&raw, &mut w);
        let bytes = w.finish();
        prop_assert_eq!(wire::unpack(&mut Reader::new(&bytes), 4000), Ok(raw.clone()));
        if !raw.is_empty() {
            prop_assert!(wire::unpack(&mut Reader::new(&bytes), raw.len() - 1).is_err());
        }
    }

    #[test]
    fn no_bytes_from_outside_make_a_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = SignedSegment::from_bytes(&bytes);
        let _ = wire::SignedRequest::parse(&bytes, LogId([2; 16]));
        let _ = wire::unpack(&mut Reader::new(&bytes), limits::FRAME_RAW_BYTES);
        let _ = chibo_core::checkpoint::Page::from_bytes(&bytes, &mut wire::PageChain::new());
        let _ = chibo_core::carriers::bundle::Bundle::from_bytes(&bytes);
        let _ = chibo_core::entries::EntriesReader::new(&bytes);
        let _ = chibo_core::enrol::EnrolReply::from_bytes(&bytes);
        let mut frames = wire::FrameReader::new();
        frames.feed(&bytes);
        while let Ok(Some(_)) = frames.next_frame() {}
    }
}
