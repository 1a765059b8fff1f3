//! A forge for changes: builds Automerge's bytes from parts, so that any part can be wrong.
//!
//! What comes out for honest parts is, byte for byte, what Automerge writes itself
//! (`the_forge_writes_what_automerge_writes` holds it to that); otherwise a refusal would prove
//! nothing.

use sha2::{Digest, Sha256};

pub fn uleb(mut n: u64) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let byte = (n & 0x7f) as u8;
        n >>= 7;
        if n == 0 {
            out.push(byte);
            return out;
        }
        out.push(byte | 0x80);
    }
}

pub fn sleb(mut n: i64) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let byte = (n & 0x7f) as u8;
        n >>= 7;
        if (n == 0 && byte & 0x40 == 0) || (n == -1 && byte & 0x40 != 0) {
            out.push(byte);
            return out;
        }
        out.push(byte | 0x80);
    }
}

fn text(s: &[u8]) -> Vec<u8> {
    [uleb(s.len() as u64), s.to_vec()].concat()
}

/// Frames `body` as a chunk of this type, with a right checksum.
pub fn chunk(kind: u8, body: &[u8]) -> Vec<u8> {
    let hashed = [vec![kind], uleb(body.len() as u64), body.to_vec()].concat();
    let hash = Sha256::digest(&hashed);
    [&[0x85, 0x6f, 0x4a, 0x83], &hash[..4], &hashed].concat()
}

/// Puts a right length and checksum on a chunk whose body was altered.
pub fn mend(raw: &[u8]) -> Vec<u8> {
    if raw.len() < 10 {
        return raw.to_vec();
    }
    let start = 9 + raw[9..].iter().take_while(|b| **b & 0x80 != 0).count() + 1;
    chunk(raw[8], raw.get(start..).unwrap_or_default())
}

#[derive(Clone, Debug, PartialEq)]
pub enum K {
    Map(Vec<u8>),
    Head,
    Elem(u64, u64),
}

/// One operation; ids are (place in the table of actors, counter).
#[derive(Clone, Debug)]
pub struct Op {
    pub obj: Option<(u64, u64)>,
    pub key: K,
    pub insert: bool,
    pub action: u64,
    pub kind: u64,
    pub value: Vec<u8>,
    pub preds: Vec<(u64, u64)>,
}

impl Op {
    pub fn put(key: &str, value: &str) -> Op {
        Op {
            obj: None,
            key: K::Map(key.into()),
            insert: false,
            action: 1,
            kind: 6,
            value: value.into(),
            preds: vec![],
        }
    }
    pub fn make(key: &str, action: u64) -> Op {
        Op {
            action,
            ..Op::put(key, "").null()
        }
    }
    pub fn null(self) -> Op {
        Op {
            kind: 0,
            value: vec![],
            ..self
        }
    }
    pub fn delete(self) -> Op {
        Op {
            action: 3,
            ..self.null()
        }
    }
    pub fn int(self, kind: u64, n: i64) -> Op {
        Op {
            kind,
            value: sleb(n),
            ..self
        }
    }
    pub fn within(self, obj: (u64, u64)) -> Op {
        Op {
            obj: Some(obj),
            ..self
        }
    }
    pub fn at(self, key: K) -> Op {
        Op { key, ..self }
    }
    pub fn inserted(self) -> Op {
        Op {
            insert: true,
            ..self
        }
    }
    pub fn over(self, preds: &[(u64, u64)]) -> Op {
        Op {
            preds: preds.to_vec(),
            ..self
        }
    }
}

/// Run-length encoding of cells that are encoded already.
pub fn rle(cells: &[Option<Vec<u8>>]) -> Vec<u8> {
    let mut out = Vec::new();
    if cells.iter().all(Option::is_none) {
        return out;
    }
    let run = |at: usize| cells[at..].iter().take_while(|c| **c == cells[at]).count();
    let mut at = 0;
    while at < cells.len() {
        let n = run(at);
        match &cells[at] {
            None => out.extend([sleb(0), uleb(n as u64)].concat()),
            Some(cell) if n > 1 => out.extend([sleb(n as i64), cell.clone()].concat()),
            Some(_) => {
                let mut end = at;
                while end < cells.len() && cells[end].is_some() && run(end) == 1 {
                    end += 1;
                }
                out.extend(sleb(-((end - at) as i64)));
                out.extend(cells[at..end].iter().flatten().flatten());
                at = end;
                continue;
            }
        }
        at += n;
    }
    out
}

fn delta(numbers: &[Option<u64>]) -> Vec<u8> {
    let mut last = 0i64;
    let cells: Vec<_> = (numbers.iter())
        .map(|n| {
            n.map(|n| {
                let step = (n as i64).wrapping_sub(last);
                last = n as i64;
                sleb(step)
            })
        })
        .collect();
    rle(&cells)
}

fn flags(flags: &[bool]) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut last, mut count) = (false, 0u64);
    for &flag in flags {
        if flag != last {
            out.extend(uleb(count));
            (last, count) = (flag, 0);
        }
        count += 1;
    }
    out.extend(uleb(count));
    out
}

/// The columns of these operations, as Automerge writes them.
pub fn columns(ops: &[Op]) -> Vec<(u64, Vec<u8>)> {
    let number = |f: &dyn Fn(&Op) -> Option<u64>| -> Vec<Option<Vec<u8>>> {
        ops.iter().map(|op| f(op).map(uleb)).collect()
    };
    let preds: Vec<(u64, u64)> = ops.iter().flat_map(|op| op.preds.clone()).collect();
    let all = vec![
        (0x01, rle(&number(&|op| op.obj.map(|o| o.0)))),
        (0x02, rle(&number(&|op| op.obj.map(|o| o.1)))),
        (
            0x11,
            rle(&number(&|op| match op.key {
                K::Elem(actor, _) => Some(actor),
                _ => None,
            })),
        ),
        (
            0x13,
            delta(
                &(ops.iter())
                    .map(|op| match op.key {
                        K::Elem(_, counter) => Some(counter),
                        K::Head => Some(0),
                        K::Map(_) => None,
                    })
                    .collect::<Vec<_>>(),
            ),
        ),
        (
            0x15,
            rle(&(ops.iter())
                .map(|op| match &op.key {
                    K::Map(key) => Some(text(key)),
                    _ => None,
                })
                .collect::<Vec<_>>()),
        ),
        (
            0x34,
            flags(&ops.iter().map(|op| op.insert).collect::<Vec<_>>()),
        ),
        (0x42, rle(&number(&|op| Some(op.action)))),
        (
            0x56,
            rle(&number(&|op| Some((op.value.len() as u64) << 4 | op.kind))),
        ),
        (0x57, ops.iter().flat_map(|op| op.value.clone()).collect()),
        (0x70, rle(&number(&|op| Some(op.preds.len() as u64)))),
        (
            0x71,
            rle(&preds.iter().map(|p| Some(uleb(p.0))).collect::<Vec<_>>()),
        ),
        (
            0x73,
            delta(&preds.iter().map(|p| Some(p.1)).collect::<Vec<_>>()),
        ),
    ];
    all.into_iter().filter(|(_, c)| !c.is_empty()).collect()
}

/// A change in parts.
#[derive(Clone, Debug)]
pub struct Forge {
    pub deps: Vec<[u8; 32]>,
    pub actor: Vec<u8>,
    pub seq: Vec<u8>,
    pub start_op: u64,
    pub time: i64,
    pub message: Vec<u8>,
    pub others: Vec<Vec<u8>>,
    pub columns: Vec<(u64, Vec<u8>)>,
    pub extra: Vec<u8>,
}

impl Forge {
    pub fn new(actor: [u8; 16], seq: u64, start_op: u64, deps: &[[u8; 32]]) -> Forge {
        Forge {
            deps: deps.to_vec(),
            actor: actor.to_vec(),
            seq: uleb(seq),
            start_op,
            time: 0,
            message: vec![],
            others: vec![],
            columns: vec![],
            extra: vec![],
        }
    }

    pub fn others(mut self, others: &[[u8; 16]]) -> Forge {
        self.others = others.iter().map(|a| a.to_vec()).collect();
        self
    }

    pub fn ops(mut self, ops: &[Op]) -> Forge {
        self.columns = columns(ops);
        self
    }

    /// Replaces the bytes of one column; no bytes take it away.
    pub fn column(mut self, spec: u64, bytes: &[u8]) -> Forge {
        self.columns.retain(|(s, _)| *s != spec);
        if !bytes.is_empty() {
            self.columns.push((spec, bytes.to_vec()));
            self.columns.sort_by_key(|(s, _)| *s & !8);
        }
        self
    }

    pub fn body(&self) -> Vec<u8> {
        let mut out = uleb(self.deps.len() as u64);
        out.extend(self.deps.concat());
        out.extend(text(&self.actor));
        out.extend(&self.seq);
        out.extend(uleb(self.start_op));
        out.extend(sleb(self.time));
        out.extend(text(&self.message));
        out.extend(uleb(self.others.len() as u64));
        out.extend(self.others.iter().flat_map(|a| text(a)));
        out.extend(uleb(self.columns.len() as u64));
        for (spec, bytes) in &self.columns {
            out.extend([uleb(*spec), uleb(bytes.len() as u64)].concat());
        }
        out.extend(self.columns.iter().flat_map(|(_, bytes)| bytes.clone()));
        out.extend(&self.extra);
        out
    }

    pub fn raw(&self) -> Vec<u8> {
        chunk(1, &self.body())
    }
}
