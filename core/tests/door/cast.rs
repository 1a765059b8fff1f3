//! The document that the tests act on, and the changes, honest and hostile, that are offered to it.

use super::forge::{Forge, K, Op, chunk, mend, rle, sleb, uleb};
use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ActorId, AutoCommit, Automerge, ObjId, ObjType, ROOT, ReadDoc, ScalarValue};
use chibo_core::door::Refusal;
use chibo_core::limits;

pub const GENESIS: [u8; 16] = [0x10; 16];
pub const AN: [u8; 16] = [0x20; 16];
pub const BINH: [u8; 16] = [0x30; 16];
pub const STRANGER: [u8; 16] = [0x40; 16];

/// A document of one's own to write in.
pub fn writer(actor: [u8; 16]) -> AutoCommit {
    AutoCommit::new().with_actor(ActorId::from(actor))
}

pub fn commit(doc: &mut AutoCommit, time: i64) -> Option<Vec<u8>> {
    doc.commit_with(CommitOptions::default().with_time(time))?;
    Some(doc.get_last_local_change()?.raw_bytes().to_vec())
}

pub fn object(doc: &AutoCommit, key: &str) -> ObjId {
    doc.get(ROOT, key).expect("readable").expect("there").1
}

/// The first change of every document: all its containers. Operations 1 to 4.
pub fn genesis() -> Vec<u8> {
    let mut doc = writer(GENESIS);
    doc.put_object(ROOT, "info", ObjType::Map).unwrap();
    doc.put_object(ROOT, "list", ObjType::List).unwrap();
    doc.put_object(ROOT, "note", ObjType::Text).unwrap();
    doc.put(ROOT, "count", ScalarValue::counter(1)).unwrap();
    commit(&mut doc, 0).unwrap()
}

/// The document that hostile changes are offered to: a genesis, and an edit of An's and one of
/// Bình's that do not know each other. An wrote operations 5 to 12, Bình 5 to 7.
pub struct Stage {
    pub document: Automerge,
    pub genesis: [u8; 32],
    pub an: [u8; 32],
    pub binh: [u8; 32],
    pub raws: Vec<Vec<u8>>,
}

pub fn stage() -> Stage {
    let genesis = genesis();
    let mut an = writer(AN);
    an.load_incremental(&genesis).unwrap();
    an.put(ROOT, "name", "Nguyễn Thị Ấm").unwrap();
    an.put(object(&an, "info"), "address", "Xóm 5").unwrap();
    let note = object(&an, "note");
    an.splice_text(&note, 0, 0, "đã đến").unwrap();
    let from_an = commit(&mut an, 1_700_000_000).unwrap();
    let mut binh = writer(BINH);
    binh.load_incremental(&genesis).unwrap();
    binh.put(ROOT, "name", "Nguyễn Thị Âm").unwrap();
    binh.put(ROOT, "dob", "1961-02-03").unwrap();
    binh.insert(object(&binh, "list"), 0, 7).unwrap();
    let from_binh = commit(&mut binh, 1_700_000_100).unwrap();
    let raws = vec![genesis, from_an, from_binh];
    let mut document = Automerge::new();
    let changes: Vec<_> = (raws.iter())
        .map(|raw| automerge::Change::from_bytes(raw.clone()).unwrap())
        .collect();
    let hash = |n: usize| changes[n].hash().0;
    let (g, a, b) = (hash(0), hash(1), hash(2));
    document.apply_changes(changes).unwrap();
    document.set_actor(ActorId::from([0; 16]));
    Stage {
        document,
        genesis: g,
        an: a,
        binh: b,
        raws,
    }
}

impl Stage {
    pub fn heads(&self) -> Vec<[u8; 32]> {
        let mut heads = vec![self.an, self.binh];
        heads.sort();
        heads
    }

    /// An's next change, on top of everything.
    pub fn next(&self) -> Forge {
        Forge::new(AN, 2, 13, &self.heads())
    }

    /// The first change of someone new, on top of everything.
    pub fn newcomer(&self) -> Forge {
        Forge::new(STRANGER, 1, 13, &self.heads())
    }
}

/// A hostile change, and the reason for which it has to be refused.
pub struct Attack {
    pub name: &'static str,
    pub raw: Vec<u8>,
    pub refusal: Refusal,
}

/// `depth` maps, each inside the one before.
pub fn nested(stage: &Stage, depth: u64) -> Vec<u8> {
    let ops: Vec<Op> = (0..depth)
        .map(|n| match n {
            0 => Op::make("x", 0),
            _ => Op::make("x", 0).within((0, 12 + n)),
        })
        .collect();
    stage.next().ops(&ops).raw()
}

/// A change whose columns claim `rows` operations in a few bytes.
pub fn bomb(stage: &Stage, rows: i64) -> Vec<u8> {
    let run = |cell: &[u8]| [sleb(rows), cell.to_vec()].concat();
    let mut forge = stage.newcomer();
    forge.deps.clear();
    forge.columns = vec![
        (0x15, run(&[1, b'k'])),
        (0x34, uleb(rows as u64)),
        (0x42, run(&[1])),
        (0x56, run(&[0])),
        (0x70, run(&[0])),
    ];
    forge.start_op = 1;
    forge.raw()
}

/// Every hostile change there is a name for.
pub fn attacks(stage: &Stage) -> Vec<Attack> {
    let mut all = Vec::new();
    let mut add = |name, refusal, raw: Vec<u8>| all.push(Attack { name, raw, refusal });
    let name = || Op::put("dob", "x");
    let honest = stage.next().ops(&[name()]);
    let list = |op: Op| op.within((1, 2));
    let with_genesis = |ops: &[Op]| stage.next().others(&[GENESIS]).ops(ops);

    // The frame.
    add("empty", Refusal::Truncated, vec![]);
    let mut raw = honest.raw();
    raw[0] ^= 1;
    add("magic", Refusal::Magic, raw);
    add(
        "deflated-change",
        Refusal::ChunkType { found: 2 },
        chunk(2, &honest.body()),
    );
    add(
        "bundle",
        Refusal::ChunkType { found: 3 },
        chunk(3, &honest.body()),
    );
    let mut raw = honest.raw();
    raw[4] ^= 1;
    add("checksum", Refusal::Checksum, raw);
    add(
        "trailing-bytes",
        Refusal::TrailingBytes,
        [honest.raw(), vec![0]].concat(),
    );
    let mut forge = honest.clone();
    forge.extra = b"author".to_vec();
    add("extra-bytes", Refusal::TrailingBytes, forge.raw());
    let mut forge = honest.clone();
    forge.seq = vec![0x82, 0];
    add("overlong-number", Refusal::Number, forge.raw());

    // The head.
    let mut forge = honest.clone();
    forge.deps.reverse();
    add(
        "unsorted-dependencies",
        Refusal::DependencyOrder,
        forge.raw(),
    );
    let mut forge = honest.clone();
    forge.deps = vec![stage.an, stage.an];
    add("doubled-dependency", Refusal::DependencyOrder, forge.raw());
    let mut forge = honest.clone();
    forge.deps = (0..=limits::CHANGE_DEPS as u8).map(|n| [n; 32]).collect();
    add(
        "many-dependencies",
        Refusal::TooManyDependencies,
        forge.raw(),
    );
    let mut body = uleb(1 << 40);
    body.extend(&honest.body()[1..]);
    add(
        "claims-2-40-dependencies",
        Refusal::TooManyDependencies,
        chunk(1, &body),
    );
    let mut forge = honest.clone();
    forge.actor.truncate(8);
    add("short-actor", Refusal::ActorLength, forge.raw());
    let mut forge = honest.clone();
    forge.seq = uleb(0);
    add("number-nought", Refusal::Counter, forge.raw());
    let mut forge = honest.clone();
    forge.start_op = 0;
    add("starts-at-nought", Refusal::Counter, forge.raw());
    let mut forge = honest.clone();
    forge.start_op = u64::from(u32::MAX) - 1;
    add("starts-near-2-32", Refusal::Counter, forge.raw());
    let mut forge = honest.clone();
    forge.start_op = limits::MAX_OP;
    add(
        "ends-past-the-last-counter",
        Refusal::Counter,
        forge.ops(&[name(), name()]).raw(),
    );
    let mut forge = honest.clone();
    forge.time = i64::MIN;
    add("time-before-all-time", Refusal::Time, forge.raw());
    let mut forge = honest.clone();
    forge.message = b"hello".to_vec();
    add("message", Refusal::Message, forge.raw());
    let mut forge = honest.clone();
    forge.others = (0..=limits::CHANGE_ACTORS as u128)
        .map(|n| n.to_be_bytes().to_vec())
        .collect();
    add("many-actors", Refusal::TooManyActors, forge.raw());
    for (label, others) in [
        ("unsorted-actors", vec![BINH, GENESIS]),
        ("doubled-actor", vec![BINH, BINH]),
        ("own-actor-among-others", vec![AN]),
        ("actor-nobody-refers-to", vec![BINH]),
    ] {
        add(
            label,
            Refusal::ActorTable,
            honest.clone().others(&others).raw(),
        );
    }

    // The columns.
    let mut forge = honest.clone();
    forge.columns = (0..=limits::CHANGE_COLUMNS as u64)
        .map(|n| (n << 4 | 2, vec![0x7f, 1]))
        .collect();
    add("many-columns", Refusal::TooManyColumns, forge.raw());
    add(
        "column-of-a-later-version",
        Refusal::ColumnUnknown { spec: 0xb2 },
        honest.clone().column(0xb2, &[0x7f, 1]).raw(),
    );
    add(
        "deflated-column",
        Refusal::ColumnDeflated,
        honest.clone().column(0x57 | 8, &[0x4b, 0]).raw(),
    );
    let mut forge = honest.clone();
    forge.columns.reverse();
    add("unsorted-columns", Refusal::ColumnOrder, forge.raw());
    add(
        "a-row-too-many",
        Refusal::Column,
        honest.clone().column(0x70, &[2, 0]).raw(),
    );
    add(
        "a-column-that-ends-early",
        Refusal::Column,
        honest.clone().column(0x15, &[0x7e, 1, b'k']).raw(),
    );
    let mut forge = honest.clone();
    forge.columns.insert(0, (0x01, vec![]));
    add("a-column-without-bytes", Refusal::Column, forge.raw());
    add(
        "million-operations",
        Refusal::TooManyOps,
        bomb(stage, 1_000_000),
    );
    add(
        "four-billion-operations",
        Refusal::TooManyOps,
        bomb(stage, 4_000_000_000),
    );
    add(
        "replaces-a-billion",
        Refusal::TooManyOps,
        honest
            .clone()
            .column(0x70, &[vec![0x7f], uleb(1 << 30)].concat())
            .column(0x71, &[sleb(1 << 30), vec![0]].concat())
            .column(0x73, &[sleb(1 << 30), vec![1]].concat())
            .raw(),
    );
    add("no-operations", Refusal::NoOperations, stage.next().raw());

    // The operations.
    add(
        "action-99",
        Refusal::ActionUnknown,
        stage.next().ops(&[Op::make("x", 99)]).raw(),
    );
    add(
        "table",
        Refusal::ActionUnknown,
        stage.next().ops(&[Op::make("x", 6)]).raw(),
    );
    add(
        "mark",
        Refusal::Mark,
        honest.clone().column(0xa5, &[0x7f, 1, b'b']).raw(),
    );
    let makes: Vec<Op> = (0..=limits::CHANGE_MAKES)
        .map(|n| Op::make(&format!("m{n}"), 0))
        .collect();
    add(
        "many-containers",
        Refusal::TooManyMakes,
        stage.next().ops(&makes).raw(),
    );
    add(
        "object-outside-the-actor-table",
        Refusal::Reference,
        stage.next().ops(&[name().within((9, 1))]).raw(),
    );
    add(
        "predecessor-outside-the-actor-table",
        Refusal::Reference,
        stage.next().ops(&[name().over(&[(u64::MAX, 1)])]).raw(),
    );
    let not_utf8 = Op {
        value: vec![0xff, 0xfe],
        ..name()
    };
    add(
        "value-not-utf8",
        Refusal::Utf8,
        stage.next().ops(&[not_utf8]).raw(),
    );
    let not_utf8 = name().at(K::Map(vec![0xff]));
    add(
        "key-not-utf8",
        Refusal::Utf8,
        stage.next().ops(&[not_utf8]).raw(),
    );
    let odd = Op {
        kind: 12,
        value: vec![1],
        ..name()
    };
    add(
        "value-of-unknown-kind",
        Refusal::Value,
        stage.next().ops(&[odd]).raw(),
    );
    add(
        "value-shorter-than-claimed",
        Refusal::Value,
        honest.clone().column(0x56, &[0x7f, 0xf6, 0x01]).raw(),
    );
    let long = "x".repeat(limits::PROSE_BYTES + 1);
    add(
        "value-too-long",
        Refusal::ValueTooLong,
        stage.next().ops(&[Op::put("dob", &long)]).raw(),
    );
    add(
        "key-empty",
        Refusal::Key,
        stage.next().ops(&[Op::put("", "x")]).raw(),
    );
    let long = "k".repeat(limits::KEY_BYTES + 1);
    add(
        "key-too-long",
        Refusal::Key,
        stage.next().ops(&[Op::put(&long, "x")]).raw(),
    );
    add(
        "deletes-nothing",
        Refusal::Operation,
        stage.next().ops(&[name().delete()]).raw(),
    );
    add(
        "counts-up-by-a-text",
        Refusal::Operation,
        with_genesis(&[Op {
            action: 5,
            ..Op::put("count", "x").over(&[(1, 4)])
        }])
        .raw(),
    );
    add(
        "counts-up-to-the-end",
        Refusal::Operation,
        with_genesis(&[Op {
            action: 5,
            ..Op::put("count", "").int(4, i64::MAX - 1).over(&[(1, 4)])
        }])
        .raw(),
    );
    add(
        "counter-at-its-end",
        Refusal::Value,
        stage
            .next()
            .ops(&[Op::put("count2", "").int(8, i64::MIN)])
            .raw(),
    );
    add(
        "key-of-a-map-in-a-list",
        Refusal::Operation,
        with_genesis(&[list(name())]).raw(),
    );
    add(
        "element-in-a-map",
        Refusal::Operation,
        with_genesis(&[name().within((1, 1)).at(K::Head).inserted()]).raw(),
    );
    add(
        "number-in-a-text",
        Refusal::Operation,
        with_genesis(&[name().int(4, 1).within((1, 3)).at(K::Head).inserted()]).raw(),
    );

    // Against the document.
    add("here-already", Refusal::AlreadyHere, stage.raws[1].clone());
    let mut forge = honest.clone();
    forge.deps = vec![[9; 32]];
    add(
        "missing-dependency",
        Refusal::MissingDependency,
        forge.raw(),
    );
    let mut forge = honest.clone();
    forge.seq = uleb(3);
    add("number-left-out", Refusal::SequenceGap, forge.raw());
    let mut forge = stage.newcomer().ops(&[name()]);
    forge.seq = uleb(7);
    add("begins-with-number-7", Refusal::SequenceGap, forge.raw());
    let mut forge = honest.clone();
    forge.seq = uleb(1);
    add("number-used-twice", Refusal::SequenceTaken, forge.raw());
    let mut forge = honest.clone();
    forge.deps = vec![stage.binh];
    add("own-last-change-unseen", Refusal::OwnPast, forge.raw());
    let mut forge = honest.clone();
    forge.start_op = 12;
    add("counter-used-twice", Refusal::StartTooLow, forge.raw());
    let mut forge = honest.clone();
    forge.start_op = 12 + limits::START_OP_GAP + 1;
    add("starts-far-up", Refusal::StartTooHigh, forge.raw());
    add(
        "object-of-an-unknown-actor",
        Refusal::UnknownActor,
        stage
            .next()
            .others(&[STRANGER])
            .ops(&[name().within((1, 1))])
            .raw(),
    );
    add(
        "object-that-never-was",
        Refusal::UnknownObject,
        with_genesis(&[name().within((1, 77))]).raw(),
    );
    add(
        "object-that-is-a-value",
        Refusal::UnknownObject,
        with_genesis(&[name().within((1, 4))]).raw(),
    );
    add(
        "object-of-later",
        Refusal::UnknownObject,
        stage
            .next()
            .ops(&[name().within((0, 14)), Op::make("x", 0)])
            .raw(),
    );
    add(
        "element-that-never-was",
        Refusal::UnknownElement,
        with_genesis(&[list(name().at(K::Elem(1, 99)).inserted())]).raw(),
    );
    add(
        "element-of-another-sequence",
        Refusal::UnknownElement,
        with_genesis(&[list(name().at(K::Elem(0, 7)).inserted())]).raw(),
    );
    add(
        "replaces-what-never-was",
        Refusal::UnknownPredecessor,
        stage.next().ops(&[name().over(&[(0, 4)])]).raw(),
    );
    add(
        "replaces-under-another-key",
        Refusal::UnknownPredecessor,
        stage.next().ops(&[name().over(&[(0, 5)])]).raw(),
    );
    let mut forge = Forge::new(AN, 2, 13, &[stage.an]).others(&[BINH]);
    forge = forge.ops(&[name().over(&[(1, 6)])]);
    add(
        "replaces-what-it-has-not-seen",
        Refusal::UnknownPredecessor,
        forge.raw(),
    );
    add(
        "counts-up-what-is-no-counter",
        Refusal::UnknownPredecessor,
        stage
            .next()
            .ops(&[Op {
                action: 5,
                ..Op::put("name", "").int(4, 1).over(&[(0, 5)])
            }])
            .raw(),
    );
    add(
        "replaces-out-of-order",
        Refusal::PredecessorOrder,
        stage
            .next()
            .others(&[BINH])
            .ops(&[Op::put("name", "x").over(&[(1, 5), (0, 5)])])
            .raw(),
    );
    add(
        "replaces-one-twice",
        Refusal::PredecessorOrder,
        stage
            .next()
            .ops(&[Op::put("name", "x").over(&[(0, 5), (0, 5)])])
            .raw(),
    );
    add("nested-17-deep", Refusal::NestedTooDeep, nested(stage, 17));
    // Over the number of containers before it is over the depth.
    add("nested-500-deep", Refusal::TooManyMakes, nested(stage, 500));
    add(
        "nested-20000-deep",
        Refusal::TooManyMakes,
        nested(stage, 20_000),
    );

    // Sound in all parts, but not written as Automerge would: the document saves and never loads.
    let two = stage
        .next()
        .ops(&[Op::put("dob", "x"), Op::put("place", "x")]);
    let cells = [Some(vec![1]), Some(vec![1])];
    assert_eq!(rle(&cells), [2, 1]);
    add(
        "saves-but-never-loads",
        Refusal::NotReloadable,
        two.column(0x42, &[0x7e, 1, 1]).raw(),
    );
    all.iter_mut().for_each(|attack| {
        if !matches!(
            attack.name,
            "checksum" | "magic" | "empty" | "trailing-bytes"
        ) {
            attack.raw = mend(&attack.raw);
        }
    });
    all
}
