//! The store on a disk: search and order as rolls are kept, a full disk, a newer version, a rebuild.
#![cfg(feature = "sqlite")]

use chibo_core::author::Target;
use chibo_core::id::PlaceId;
use chibo_core::kind;
use chibo_core::lock::StoreKey;
use chibo_core::node::Node;
use chibo_core::place::PlaceKind;
use chibo_core::replica;
use chibo_core::store::sqlite::{Durability, Find, SqliteStore};
use chibo_core::store::{Store, StoreError};
use chibo_core::text;
use chibo_core::time::Timestamp;
use chibo_people::someone;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use std::path::Path;

const NOW: Timestamp = Timestamp(1_790_000_000);

fn key() -> StoreKey {
    StoreKey::from_bytes([1; 32])
}

fn node_with(folder: &Path, names: &[&str]) -> (Node<SqliteStore>, ChaCha8Rng) {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let store = SqliteStore::create(&folder.join("node.db"), &key(), Durability::Relaxed).unwrap();
    let (mut node, _) = Node::init(store, "Đảng ủy xã", NOW, &mut rng).unwrap();
    let branch = PlaceId::random(&mut rng);
    let mut places = vec![(branch, PlaceKind::Branch, node.root())];
    let mut edits = Vec::new();
    for name in names {
        let place = PlaceId::random(&mut rng);
        places.push((place, PlaceKind::Member, branch));
        edits.push((
            Target::at(place, kind::by_name("member").unwrap(), b""),
            someone(name).values,
        ));
    }
    node.edit_many(&places, &edits, NOW, &mut rng).unwrap();
    (node, rng)
}

fn titles(node: &Node<SqliteStore>, search: &str) -> Vec<String> {
    let words = text::search_terms(search);
    let what = Find {
        kind: kind::by_name("member").map(|k| k.number),
        words: &words,
        ..Find::default()
    };
    let rows = node.store().find(&what).unwrap();
    rows.into_iter().map(|r| r.title).collect()
}

#[test]
fn a_name_is_found_however_it_is_typed_and_rolls_go_by_given_name() {
    let folder = tempfile::tempdir().unwrap();
    let names = [
        "Đinh Văn Quang",
        "Trần Thị Ấm",
        "Nguyễn Hữu An",
        "Lê Thị Ánh",
        "Phạm Văn Đức",
        "Vũ Thị Dung",
        "Bùi Văn Ân",
        "Đặng Văn An",
    ];
    let (node, _) = node_with(folder.path(), &names);
    for typed in [
        "Dinh Van Quang",
        "đinh văn quang",
        "ĐINH VĂN QUANG",
        "dinh qua",
    ] {
        assert_eq!(titles(&node, typed), ["Đinh Văn Quang"], "{typed}");
    }
    assert_eq!(
        titles(&node, ""),
        [
            "Đặng Văn An",
            "Nguyễn Hữu An",
            "Lê Thị Ánh",
            "Trần Thị Ấm",
            "Bùi Văn Ân",
            "Vũ Thị Dung",
            "Phạm Văn Đức",
            "Đinh Văn Quang",
        ]
    );
    assert!(titles(&node, "không có ai").is_empty());
}

#[test]
fn a_full_disk_fails_the_edit_and_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let (mut node, mut rng) = node_with(folder.path(), &["Đinh Văn Quang"]);
    let before = titles(&node, "");
    node.store().limit_pages(1).unwrap();
    let branch = node.tree().below(node.root()).next().unwrap();
    let mut failed = false;
    for i in 0..2000 {
        let place = PlaceId::random(&mut rng);
        let target = Target::at(place, kind::by_name("member").unwrap(), b"");
        let record = someone(&format!("Người {i}")).values;
        let places = [(place, PlaceKind::Member, branch)];
        if node
            .edit_many(&places, &[(target, record)], NOW, &mut rng)
            .is_err()
        {
            failed = true;
            break;
        }
    }
    assert!(failed, "the disk is full at some time");
    let report = node
        .store()
        .read(|tx| chibo_core::check::check(tx, node.tree(), true))
        .unwrap();
    assert_eq!(report.faults, Vec::<String>::new(), "nothing is half done");
    assert!(before.iter().all(|t| titles(&node, "").contains(t)));
}

#[test]
fn a_rebuilt_projection_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (mut node, _) = node_with(folder.path(), &["Đinh Văn Quang", "Trần Thị Ấm"]);
    let before = node.store().read(|tx| tx.projection()).unwrap();
    let tree = node.tree().clone();
    let rows = node
        .store_mut()
        .write(|tx| replica::rebuild(tx, &tree))
        .unwrap();
    assert_eq!(rows, before.len());
    assert_eq!(node.store().read(|tx| tx.projection()).unwrap(), before);
    assert_eq!(titles(&node, "quang"), ["Đinh Văn Quang"]);
}

#[test]
fn a_store_is_opened_by_one_program_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let (node, _) = node_with(folder.path(), &["Đinh Văn Quang"]);
    let second = SqliteStore::open(&folder.path().join("node.db"), &key(), Durability::Full);
    assert_eq!(second.err(), Some(StoreError::InUse));
    drop(node);
    assert!(SqliteStore::open(&folder.path().join("node.db"), &key(), Durability::Full).is_ok());
}
