//! What stands in a document is read from its bytes as Automerge reads it, and by whom it was set as well.

use automerge::transaction::Transactable;
use automerge::{ActorId, AutoCommit, Automerge, ObjType, ROOT, ScalarValue};
use chibo_core::document::{self, Standing, Value, Values};
use chibo_core::door;
use chibo_core::id::FeedId;
use chibo_core::kind::{self, FieldType, Kind};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

fn pick<T: Clone>(of: &[T], rng: &mut ChaCha8Rng) -> T {
    of[rng.next_u32() as usize % of.len()].clone()
}

/// Something that may be typed in some field of the kind.
fn typed(kind: &'static Kind, rng: &mut ChaCha8Rng) -> Values {
    let words = ["Trần Thị Ấm", "", "2026-09", "đã đến họp", "x"];
    let field = pick(&kind.form().collect::<Vec<_>>(), rng);
    let entry = pick(&["0011", "2233"], rng);
    let path = match field.kind {
        FieldType::Marks(_) => format!("{}/{}", field.name, "ab".repeat(16)),
        FieldType::Entries(cells) => format!("{}/{entry}/{}", field.name, pick(cells, rng).name),
        _ => field.name.to_owned(),
    };
    let value = match (field.kind, rng.next_u32() % 6) {
        (FieldType::Prose, _) => Value::Text(pick(&words, rng).repeat(3)),
        (_, 0) => Value::Cleared,
        (_, 1) => Value::Count(i64::from(rng.next_u32()) - 1_000_000),
        (_, 2) => Value::YesNo(rng.next_u32().is_multiple_of(2)),
        _ => Value::Text(pick(&words, rng).to_owned()),
    };
    Values::from([(path, value)])
}

/// A document in which three people write, each from what they had last seen of the others.
fn lived(kind: &'static Kind, rng: &mut ChaCha8Rng) -> Automerge {
    let mut copies = [(); 3].map(|()| document::genesis(kind));
    for step in 0..40 {
        let who = rng.next_u32() as usize % 3;
        if rng.next_u32().is_multiple_of(4) {
            let mut other = copies[(who + 1) % 3].clone();
            copies[who].merge(&mut other).unwrap();
        }
        let feed = FeedId([who as u8 + 1; 16]);
        let heads = copies[who].get_heads();
        let edits = typed(kind, rng);
        if let Ok(Some(edited)) = document::edit(&copies[who], kind, &edits, feed, &heads, step * 7)
        {
            copies[who] = edited.doc;
        }
    }
    let [mut all, mut second, mut third] = copies;
    all.merge(&mut second).unwrap();
    all.merge(&mut third).unwrap();
    all
}

#[test]
fn whatever_three_people_write_reads_the_same_from_the_bytes() {
    let rng = &mut ChaCha8Rng::seed_from_u64(11);
    for kind in kind::KINDS {
        for _ in 0..6 {
            let doc = lived(kind, rng);
            let read = door::standing(&doc.save_nocompress()).unwrap();
            let read = read.expect("nothing in it is of a later build");
            assert_eq!(read, Standing::of(&doc), "{}", kind.name);
            assert_eq!(read.values, document::values(&doc, None), "{}", kind.name);
        }
    }
}

#[test]
fn what_only_automerge_reads_is_left_to_it_and_what_lies_deeper_is_unshown() {
    type Forge = fn(&mut AutoCommit);
    let others: [(bool, Forge); 6] = [
        (false, |doc| doc.put(ROOT, "later", 1.5_f64).unwrap()),
        (false, |doc| {
            doc.put(ROOT, "later", ScalarValue::counter(3)).unwrap()
        }),
        (false, |doc| doc.put(ROOT, "later", 7_u64).unwrap()),
        (false, |doc| {
            let list = doc.put_object(ROOT, "later", ObjType::List).unwrap();
            doc.insert(&list, 0, "x").unwrap();
        }),
        (true, |doc| {
            let map = doc.put_object(ROOT, "later", ObjType::Map).unwrap();
            doc.put(&map, "cell", "x").unwrap();
            let inner = doc.put_object(&map, "inner", ObjType::Map).unwrap();
            doc.put(&inner, "deep", "y").unwrap();
        }),
        (true, |doc| {
            doc.put(ROOT, "later", "x").unwrap();
            doc.delete(ROOT, "later").unwrap();
        }),
    ];
    for (n, (is_read, forge)) in others.into_iter().enumerate() {
        let genesis = document::genesis(kind::by_name("member").unwrap()).save();
        let mut doc = AutoCommit::load(&genesis).unwrap();
        doc.set_actor(ActorId::from([5; 16]));
        forge(&mut doc);
        let doc = Automerge::load(&doc.save()).unwrap();
        assert!(!doc.get_heads().is_empty());
        match door::standing(&doc.save_nocompress()) {
            Ok(Some(read)) => {
                assert!(is_read, "{n}");
                assert_eq!(read, Standing::of(&doc), "{n}");
            }
            other => assert!(!is_read && matches!(other, Ok(None)), "{n}: {other:?}"),
        }
    }
}
