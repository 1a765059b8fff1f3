//! What the door keeps out, and that it keeps nothing out that it should not.

#[path = "door/cast.rs"]
mod cast;
#[path = "door/forge.rs"]
mod forge;

use automerge::transaction::Transactable;
use automerge::{Automerge, Change, ROOT, ReadDoc, ScalarValue};
use cast::{AN, BINH, GENESIS, STRANGER, attacks, bomb, commit, nested, object, stage, writer};
use chibo_core::door::{
    Refusal, Rules, admit, admit_by, admit_many, inspect, load_document, trials_run,
};
use chibo_core::limits;
use forge::{Forge, K, Op, chunk};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// What Automerge makes of a change without the door.
#[derive(Debug, PartialEq)]
enum Plain {
    Refused,
    /// Taken without complaint.
    Taken,
    /// Taken, but held back without a word.
    Queued,
    Panics,
    /// Taken, but the saved document can't be loaded.
    NeverLoads,
    /// Taken, and the next edit of anyone panics.
    BreaksTheNextEdit,
    /// Taken, and who counts on or reads panics.
    BreaksTheNextReader,
}

fn plain(document: &Automerge, raw: &[u8]) -> Plain {
    catch_unwind(AssertUnwindSafe(|| {
        let mut copy = document.clone();
        let Ok(change) = Change::from_bytes(raw.to_vec()) else {
            return Plain::Refused;
        };
        let hash = change.hash();
        if copy.apply_changes([change]).is_err() {
            return Plain::Refused;
        }
        if copy.get_change_meta_by_hash(&hash).is_none() {
            return Plain::Queued;
        }
        if Automerge::load(&copy.save_nocompress()).is_err() {
            return Plain::NeverLoads;
        }
        let edit = catch_unwind(AssertUnwindSafe(|| {
            let mut tx = copy.transaction();
            for _ in 0..4 {
                tx.put(ROOT, "dob", "1961").unwrap();
            }
            tx.commit();
            Automerge::load(&copy.save_nocompress()).unwrap();
        }));
        if edit.is_err() {
            return Plain::BreaksTheNextEdit;
        }
        let count = catch_unwind(AssertUnwindSafe(|| {
            let mut tx = copy.transaction();
            tx.increment(ROOT, "count", 1).unwrap();
            tx.commit();
            let again = Automerge::load(&copy.save_nocompress()).unwrap();
            again.get(ROOT, "count").unwrap();
        }));
        match count {
            Ok(()) => Plain::Taken,
            Err(_) => Plain::BreaksTheNextReader,
        }
    }))
    .unwrap_or(Plain::Panics)
}

fn corpus(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus/door")
        .join(format!("{name}.bin"))
}

#[test]
fn the_forge_writes_what_automerge_writes() {
    let stage = stage();
    let forged = Forge::new(GENESIS, 1, 1, &[]).ops(&[
        Op::make("info", 0),
        Op::make("list", 2),
        Op::make("note", 4),
        Op::put("count", "").int(8, 1),
    ]);
    assert_eq!(forged.raw(), stage.raws[0]);
    let mut forged = Forge::new(BINH, 1, 5, &[stage.genesis])
        .others(&[GENESIS])
        .ops(&[
            Op::put("name", "Nguyễn Thị Âm"),
            Op::put("dob", "1961-02-03"),
            Op::put("", "")
                .int(4, 7)
                .within((1, 2))
                .at(K::Head)
                .inserted(),
        ]);
    forged.time = 1_700_000_100;
    assert_eq!(forged.raw(), stage.raws[2]);
}

#[test]
fn every_hostile_change_is_refused_for_its_own_reason_and_nothing_is_changed() {
    let stage = stage();
    let before = stage.document.save_nocompress();
    for attack in attacks(&stage) {
        let outcome = admit(&stage.document, &attack.raw);
        let refusal = outcome.expect_err(attack.name);
        assert_eq!(refusal, attack.refusal, "{}", attack.name);
        assert_eq!(stage.document.save_nocompress(), before, "{}", attack.name);
    }
}

#[test]
fn the_stored_corpus_is_what_the_generator_writes_and_is_refused_as_well() {
    let stage = stage();
    for attack in attacks(&stage) {
        if attack.raw.len() > 8 * 1024 {
            continue;
        }
        let stored = std::fs::read(corpus(attack.name)).expect(attack.name);
        assert!(stored == attack.raw, "{}: run the generator", attack.name);
        let refusal = admit(&stage.document, &stored).expect_err(attack.name);
        assert_eq!(refusal, attack.refusal, "{}", attack.name);
    }
}

#[test]
fn automerge_alone_would_let_in_what_breaks_it() {
    let stage = stage();
    let all = attacks(&stage);
    let outcome = |name: &str| {
        let attack = all.iter().find(|attack| attack.name == name);
        plain(&stage.document, &attack.expect(name).raw)
    };
    for (name, expected) in [
        ("number-left-out", Plain::Panics),
        ("begins-with-number-7", Plain::Panics),
        ("object-of-an-unknown-actor", Plain::Panics),
        ("object-that-never-was", Plain::Panics),
        ("element-that-never-was", Plain::Panics),
        ("time-before-all-time", Plain::Panics),
        ("starts-near-2-32", Plain::BreaksTheNextEdit),
        ("saves-but-never-loads", Plain::NeverLoads),
        ("own-last-change-unseen", Plain::NeverLoads),
        ("deletes-nothing", Plain::NeverLoads),
        ("replaces-what-never-was", Plain::NeverLoads),
        ("replaces-under-another-key", Plain::NeverLoads),
        ("actor-nobody-refers-to", Plain::NeverLoads),
        ("missing-dependency", Plain::Queued),
        ("counts-up-to-the-end", Plain::BreaksTheNextReader),
        ("checksum", Plain::Taken),
        ("nested-500-deep", Plain::Taken),
        ("number-used-twice", Plain::Refused),
    ] {
        assert_eq!(outcome(name), expected, "{name}");
    }
}

#[test]
fn a_change_cut_short_at_any_byte_is_refused() {
    let stage = stage();
    let whole = stage.next().ops(&[Op::put("dob", "1961")]).raw();
    assert!(admit(&stage.document, &whole).is_ok());
    for end in 0..whole.len() {
        let cut = &whole[..end];
        assert_eq!(inspect(cut), Err(Refusal::Truncated), "{end} bytes");
        let mended = forge::mend(cut);
        if end > 10 {
            assert!(inspect(&mended).is_err(), "{end} bytes, mended");
        }
    }
}

#[test]
fn a_bomb_costs_no_more_than_its_bytes() {
    let stage = stage();
    for rows in [1_000_000, 4_000_000_000] {
        let raw = bomb(&stage, rows);
        assert!(raw.len() < 80, "{} bytes", raw.len());
        let start = std::time::Instant::now();
        for _ in 0..1_000 {
            assert_eq!(inspect(&raw), Err(Refusal::TooManyOps));
        }
        assert!(start.elapsed().as_millis() < 1_000);
    }
}

#[test]
fn a_change_may_reach_each_limit_and_not_go_past_it() {
    let stage = stage();
    let admitted = |raw: &[u8]| admit(&stage.document, raw).map(|_| ());
    let put = |key: &str, value: &str| stage.next().ops(&[Op::put(key, value)]).raw();
    assert_eq!(
        admitted(&put("k", &"x".repeat(limits::PROSE_BYTES))),
        Ok(())
    );
    assert_eq!(admitted(&put(&"k".repeat(limits::KEY_BYTES), "x")), Ok(()));
    assert_eq!(admitted(&nested(&stage, limits::NESTING as u64)), Ok(()));
    let makes: Vec<Op> = (0..limits::CHANGE_MAKES)
        .map(|n| Op::make(&format!("m{n}"), 0))
        .collect();
    assert_eq!(admitted(&stage.next().ops(&makes).raw()), Ok(()));
    let mut far = stage.next().ops(&[Op::put("k", "x")]);
    far.start_op = 12 + limits::START_OP_GAP;
    assert_eq!(admitted(&far.raw()), Ok(()));
    let most = vec![Op::put("k", "x").null(); limits::CHANGE_OPS];
    assert_eq!(admitted(&stage.next().ops(&most).raw()), Ok(()));
    let many = vec![Op::put("k", "x").null(); limits::CHANGE_OPS + 1];
    assert_eq!(
        admitted(&stage.next().ops(&many).raw()),
        Err(Refusal::TooManyOps)
    );
    let long = vec![0; limits::CHANGE_BYTES + 1];
    assert_eq!(admitted(&long), Err(Refusal::TooLong { bytes: long.len() }));
}

#[test]
fn a_list_takes_in_the_good_and_names_the_bad() {
    let stage = stage();
    let first = stage.next().ops(&[Op::put("dob", "1961")]).raw();
    let hash = inspect(&first).unwrap().hash;
    let second = Forge::new(AN, 3, 14, &[hash])
        .ops(&[Op::put("dob", "1962").over(&[(0, 13)])])
        .raw();
    let gap = Forge::new(STRANGER, 2, 20, &[hash])
        .ops(&[Op::put("x", "1")])
        .raw();
    let poison = stage
        .newcomer()
        .ops(&[Op::put("a", "x"), Op::put("b", "x")])
        .column(0x42, &[0x7e, 1, 1])
        .raw();
    let list: [&[u8]; 5] = [&first, &gap, &second, &first, &poison];
    let many = admit_many(&stage.document, &list).unwrap();
    let codes: Vec<_> = (many.outcomes.iter())
        .map(|o| o.as_ref().map_or_else(Refusal::code, |_| 0))
        .collect();
    assert_eq!(
        codes,
        [
            0,
            Refusal::SequenceGap.code(),
            0,
            Refusal::AlreadyHere.code(),
            Refusal::NotReloadable.code()
        ]
    );
    let dob = many.document.get(ROOT, "dob").unwrap().unwrap().0;
    assert_eq!(dob.as_str(), Some("1962"));
    assert_eq!(many.document.save_nocompress(), many.saved);
    let none = admit_many(&stage.document, &[&gap]).unwrap();
    assert_eq!(none.document.get_heads(), stage.document.get_heads());
}

#[test]
fn a_few_to_blame_among_many_are_found_in_few_trials_and_hold_up_nobody_else() {
    let stage = stage();
    let heads: Vec<_> = (stage.document.get_heads().iter()).map(|h| h.0).collect();
    let by = |n: u8| {
        let mut actor = [n; 16];
        actor[0] = 0x50;
        Forge::new(actor, 1, 13, &heads)
    };
    let bad = [40, 41, 200];
    let raws: Vec<Vec<u8>> = (0..=255)
        .map(|n| match bad.contains(&n) {
            // What no check knows of, and only the trial finds.
            true => (by(n).ops(&[Op::put("a", "x"), Op::put("b", "x")]))
                .column(0x42, &[0x7e, 1, 1])
                .raw(),
            false => by(n).ops(&[Op::put(&format!("k{n}"), "x")]).raw(),
        })
        .collect();
    let list: Vec<&[u8]> = raws.iter().map(Vec::as_slice).collect();
    let before = trials_run();
    let many = admit_many(&stage.document, &list).unwrap();
    let trials = trials_run() - before;
    let refused: Vec<u8> = (0..=255)
        .filter(|n| many.outcomes[usize::from(*n)].is_err())
        .collect();
    assert_eq!(refused, bad);
    let taken = (0..=255).filter(|n| !bad.contains(n));
    for n in taken {
        let value = many.document.get(ROOT, format!("k{n}")).unwrap();
        assert!(value.is_some(), "{n}");
    }
    // Each halving is two; three to blame are no more than three ways down.
    assert!(trials <= 2 * 3 * 9, "{trials}");
}

#[test]
fn a_document_that_is_not_sound_itself_takes_nothing() {
    let mut odd = Automerge::new();
    let mut tx = odd.transaction();
    tx.put(ROOT, "k", 1).unwrap();
    tx.commit_with(automerge::transaction::CommitOptions::default().with_message("m"));
    let raw = Forge::new(AN, 1, 2, &[]).ops(&[Op::put("k", "x")]).raw();
    assert_eq!(admit(&odd, &raw).unwrap_err(), Refusal::OwnDocument);
    assert!(admit_many(&odd, &[&raw]).is_err());
}

#[test]
fn a_whole_document_comes_in_as_its_changes() {
    let stage = stage();
    let saved = stage.document.save_nocompress();
    let loaded = load_document(&saved).unwrap();
    assert_eq!(loaded.get_heads(), stage.document.get_heads());
    assert_eq!(loaded.hydrate(None), stage.document.hydrate(None));
    let empty = load_document(&Automerge::new().save_nocompress()).unwrap();
    assert!(empty.get_heads().is_empty());
}

#[test]
fn a_hostile_document_is_refused() {
    let stage = stage();
    let saved = stage.document.save_nocompress();
    let refusal = |bytes: &[u8]| load_document(bytes).unwrap_err();
    for end in 0..saved.len() {
        assert_eq!(refusal(&saved[..end]), Refusal::Truncated, "{end}");
    }
    assert_eq!(
        refusal(&[saved.clone(), stage.raws[0].clone()].concat()),
        Refusal::TrailingBytes
    );
    assert_eq!(refusal(&stage.raws[0]), Refusal::ChunkType { found: 1 });
    let mut wrong = saved.clone();
    wrong[5] ^= 1;
    assert_eq!(refusal(&wrong), Refusal::Checksum);
    let large = vec![0; limits::DOCUMENT_MAX_BYTES + 1];
    assert!(matches!(refusal(&large), Refusal::DocumentTooLarge { .. }));
    // Deflated columns: what `save` writes by itself once a column is long enough.
    let mut long = Automerge::new();
    let mut tx = long.transaction();
    tx.put(ROOT, "k", "x".repeat(1_000)).unwrap();
    tx.commit();
    assert_eq!(refusal(&long.save()), Refusal::ColumnDeflated);
    // A document without a single change, but with 4,000,000,000 rows.
    let mut body = vec![1, 16];
    body.extend(AN);
    body.extend([0, 0, 1, 0x42, 6, 0x80, 0xd0, 0xac, 0xf3, 0x0e, 1]);
    assert_eq!(refusal(&chunk(0, &body)), Refusal::TooManyOps);
    // And one of 4,000,000,000 changes.
    let mut body = vec![1, 16];
    body.extend(AN);
    body.extend([0, 1, 0x01, 6, 0, 0x80, 0xd0, 0xac, 0xf3, 0x0e, 0]);
    assert_eq!(refusal(&chunk(0, &body)), Refusal::DocumentTooManyChanges);
    // Deep nesting, which Automerge itself lets through.
    for depth in [17, 64, 500] {
        let mut deep = stage.document.clone();
        let change = Change::from_bytes(nested(&stage, depth)).unwrap();
        deep.apply_changes([change]).unwrap();
        assert_eq!(refusal(&deep.save_nocompress()), Refusal::NestedTooDeep);
    }
}

#[test]
fn no_two_reasons_have_the_same_code() {
    let stage = stage();
    let reasons: Vec<Refusal> = attacks(&stage).into_iter().map(|a| a.refusal).collect();
    let mut by_code = std::collections::BTreeMap::new();
    for reason in reasons {
        let code = reason.code();
        let message = reason.to_string();
        let first = by_code.entry(code).or_insert_with(|| message.clone());
        if code != 3 {
            assert_eq!(*first, message);
        }
    }
    let messages: BTreeSet<_> = by_code.values().collect();
    assert_eq!(messages.len(), by_code.len());
    assert!(Refusal::AlreadyHere.is_harmless() && !Refusal::Magic.is_harmless());
    assert!(Refusal::MissingDependency.may_pass_later());
}

#[test]
fn counters_and_lists_go_through() {
    let stage = stage();
    let mut doc = writer(STRANGER);
    doc.load_incremental(&stage.document.save_nocompress())
        .unwrap();
    doc.increment(ROOT, "count", 3).unwrap();
    let first = commit(&mut doc, 5).unwrap();
    doc.increment(ROOT, "count", -1).unwrap();
    doc.put(object(&doc, "list"), 0, 8).unwrap();
    doc.insert(object(&doc, "list"), 1, "hai").unwrap();
    let second = commit(&mut doc, 6).unwrap();
    doc.put(ROOT, "count", ScalarValue::counter(9)).unwrap();
    doc.delete(object(&doc, "list"), 0).unwrap();
    let third = commit(&mut doc, 7).unwrap();
    let many = admit_many(&stage.document, &[&first, &second, &third]).unwrap();
    for outcome in &many.outcomes {
        assert!(outcome.is_ok(), "{outcome:?}");
    }
    let heads = doc.get_heads();
    assert_eq!(many.document.get_heads(), heads);
    assert_eq!(many.document.hydrate(None), doc.document().hydrate(None));
}

/// Changes at the limits, in the orders that are worst for whoever applies them.
fn heavy() -> Vec<(&'static str, Vec<u8>)> {
    let stage = stage();
    let most = limits::CHANGE_OPS as u64;
    let put = || Op::put("k", "x").null();
    let character = |key: K| Op::put("", "x").within((1, 3)).at(key).inserted();
    let with_genesis = |ops: Vec<Op>| stage.next().others(&[GENESIS]).ops(&ops).raw();
    let mut all = vec![
        ("one key, all in conflict", vec![put(); most as usize]),
        (
            "one key, each over the one before",
            (0..most)
                .map(|n| match n {
                    0 => put(),
                    _ => put().over(&[(0, 12 + n)]),
                })
                .collect(),
        ),
        (
            "9,000 keys",
            (0..9_000)
                .map(|n| Op::put(&format!("{n:04}"), "").null())
                .collect(),
        ),
        (
            "one over 8,000 others",
            (0..=8_000u64)
                .map(|n| match n {
                    8_000 => put().over(&(0..8_000).map(|p| (0, 13 + p)).collect::<Vec<_>>()),
                    _ => put(),
                })
                .collect(),
        ),
    ]
    .into_iter()
    .map(|(name, ops): (_, Vec<Op>)| (name, stage.next().ops(&ops).raw()))
    .collect::<Vec<_>>();
    all.push((
        "text, each before the one before",
        with_genesis((0..most).map(|_| character(K::Head)).collect()),
    ));
    all.push((
        "text, each after the one before",
        with_genesis(
            (0..most)
                .map(|n| match n {
                    0 => character(K::Head),
                    _ => character(K::Elem(0, 12 + n)),
                })
                .collect(),
        ),
    ));
    all.push((
        "text, all after the first",
        with_genesis(
            (0..most)
                .map(|n| match n {
                    0 => character(K::Head),
                    _ => character(K::Elem(0, 13)),
                })
                .collect(),
        ),
    ));
    all.push((
        "text, typed and deleted again, from both ends",
        with_genesis(
            (0..12_000u64)
                .map(|n| match n {
                    0 => character(K::Head),
                    1..6_000 => character(K::Elem(0, 12 + n)),
                    _ => {
                        let id = (0, 13 + (n - 6_000) * 7 % 6_000);
                        Op::put("", "")
                            .within((1, 3))
                            .at(K::Elem(id.0, id.1))
                            .delete()
                            .over(&[id])
                    }
                })
                .collect(),
        ),
    ));
    all
}

#[test]
fn the_most_that_a_change_may_ask_for_is_bounded_and_needs_little_stack() {
    // A phone's thread has 512 KiB at worst.
    let small = std::thread::Builder::new().stack_size(256 * 1024);
    let work = move || {
        for (name, raw) in heavy() {
            let stage = stage();
            let start = std::time::Instant::now();
            let outcome = admit(&stage.document, &raw);
            let took = start.elapsed();
            println!(
                "{name}: {} B, {took:?}, {:?}",
                raw.len(),
                outcome.as_ref().err()
            );
            let admitted = match outcome {
                Ok(admitted) => admitted,
                Err(Refusal::TooLong { .. }) => continue,
                Err(other) => panic!("{name}: {other}"),
            };
            let start = std::time::Instant::now();
            let loaded = load_document(&admitted.saved).expect(name);
            println!("    as a document: {:?}", start.elapsed());
            let start = std::time::Instant::now();
            let _ = loaded.hydrate(None);
            println!("    hydrate: {:?}", start.elapsed());
        }
    };
    small
        .spawn(work)
        .expect("a thread")
        .join()
        .expect("no overflow");
}

/// Reads one table's list of columns: (specification, length).
fn column_list(bytes: &[u8], at: &mut usize) -> Vec<(u64, usize)> {
    let mut number = || {
        let mut value = 0u64;
        let mut shift = 0;
        loop {
            let byte = bytes[*at];
            *at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return value;
            }
        }
    };
    (0..number())
        .map(|_| (number(), number() as usize))
        .collect()
}

/// The saved form of a document with one actor and one head, with some columns of its operations
/// replaced.
fn with_op_columns(saved: &[u8], replaced: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let start = 9 + if saved[9] & 0x80 == 0 { 1 } else { 2 };
    let body = &saved[start..];
    let mut at = 1 + 17 + 1 + 32;
    let head = body[..at].to_vec();
    let changes_from = at;
    let changes = column_list(body, &mut at);
    let changes_list = body[changes_from..at].to_vec();
    let ops = column_list(body, &mut at);
    let changes_end = at + changes.iter().map(|c| c.1).sum::<usize>();
    let changes_data = body[at..changes_end].to_vec();
    at = changes_end;
    let mut out = [head, changes_list, forge::uleb(ops.len() as u64)].concat();
    let mut data = Vec::new();
    for (spec, length) in ops {
        let old = body[at..at + length].to_vec();
        at += length;
        let new = replaced.iter().find(|(s, _)| *s == spec);
        let bytes = new.map_or(old, |(_, bytes)| bytes.clone());
        out.extend([forge::uleb(spec), forge::uleb(bytes.len() as u64)].concat());
        data.extend(bytes);
    }
    out.extend(changes_data);
    out.extend(data);
    out.extend(&body[at..]);
    chunk(0, &out)
}

#[test]
fn rows_in_another_order_make_automerge_read_otherwise_but_not_us() {
    let mut doc = Automerge::new().with_actor(automerge::ActorId::from(AN));
    let mut tx = doc.transaction();
    let note = tx
        .put_object(ROOT, "note", automerge::ObjType::Text)
        .unwrap();
    tx.splice_text(&note, 0, 0, "a").unwrap();
    tx.splice_text(&note, 0, 0, "b").unwrap();
    tx.commit();
    assert_eq!(doc.text(&note).unwrap(), "ba");
    let saved = doc.save_nocompress();
    assert_eq!(with_op_columns(&saved, &[]), saved);
    // The rows are operations 1, 3, 2; here they come as 1, 2, 3.
    let altered = with_op_columns(&saved, &[(0x23, vec![3, 1]), (0x57, b"ab".to_vec())]);
    let believed = Automerge::load(&altered).unwrap();
    assert_eq!(believed.get_heads(), doc.get_heads());
    assert_eq!(
        believed.text(&note).unwrap(),
        "ab",
        "and every hash is right"
    );
    let loaded = load_document(&altered).unwrap();
    assert_eq!(loaded.get_heads(), doc.get_heads());
    assert_eq!(loaded.text(&note).unwrap(), "ba");
}

#[test]
fn a_document_of_many_changes_side_by_side_is_checked_in_good_time() {
    let genesis = cast::genesis();
    let hash = inspect(&genesis).unwrap().hash;
    let mut list = vec![genesis];
    for n in 0..4_000u32 {
        let mut actor = [0x50; 16];
        actor[..4].copy_from_slice(&n.to_be_bytes());
        let forge = Forge::new(actor, 1, 5, &[hash]);
        list.push(forge.ops(&[Op::put("k", "x")]).raw());
    }
    let raws: Vec<&[u8]> = list.iter().map(Vec::as_slice).collect();
    let start = std::time::Instant::now();
    let many = admit_many(&Automerge::new(), &raws).unwrap();
    let took = start.elapsed();
    println!("4,000 changes side by side: {took:?}");
    assert!(took.as_secs() < 2, "{took:?}");
    assert!(many.outcomes.iter().all(Result::is_ok));
    let start = std::time::Instant::now();
    load_document(&many.saved).unwrap();
    println!(
        "as a document of {} B: {:?}",
        many.saved.len(),
        start.elapsed()
    );
}

#[test]
fn where_things_are_only_added_nothing_is_put_over_what_its_author_has_seen() {
    let stage = stage();
    let change = |ops: &[Op]| stage.next().ops(ops).raw();
    let outcome = |raw: &[u8], rules| admit_by(&stage.document, raw, rules).map(|_| ());
    // It names nothing that it replaces, has the highest number, and would be what is read.
    let over = change(&[Op::put("name", "Nguyễn Thị Âm Thầm")]);
    assert_eq!(outcome(&over, Rules::Judged), Ok(()));
    assert_eq!(outcome(&over, Rules::OnlyAdded), Err(Refusal::AppendOnly));
    let twice = change(&[Op::put("fresh", "một"), Op::put("fresh", "hai")]);
    assert_eq!(outcome(&twice, Rules::OnlyAdded), Err(Refusal::AppendOnly));
    assert_eq!(
        outcome(&change(&[Op::put("fresh", "một")]), Rules::OnlyAdded),
        Ok(())
    );
}
