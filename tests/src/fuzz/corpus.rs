//! The stored corpus, and how its entries are altered.

use super::TARGETS;
use chibo_core::id::Hasher;
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::path::PathBuf;

/// The longest input: what is longer takes long and finds nothing more.
const LONGEST: usize = 64 * 1024;

/// One entry: its file's name, and its bytes.
pub type Entry = (String, Vec<u8>);

/// The folder of a target's entries. `seed-…` come from the scene, `found-…` once broke something.
pub fn folder(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target)
}

/// A target's entries, in the order of their names.
pub fn read_corpus(target: &str) -> std::io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for file in std::fs::read_dir(folder(target))? {
        let file = file?;
        let name = file.file_name().to_string_lossy().into_owned();
        entries.push((name, std::fs::read(file.path())?));
    }
    entries.sort();
    Ok(entries)
}

/// Writes the scene's seeds over those that are there; what was found stays.
pub fn write_corpus() -> std::io::Result<()> {
    for target in TARGETS {
        let folder = folder(target.name);
        std::fs::create_dir_all(&folder)?;
        for (name, _) in read_corpus(target.name)? {
            if name.starts_with("seed-") {
                std::fs::remove_file(folder.join(name))?;
            }
        }
        for (of, name, bytes) in super::scene::scene().seeds() {
            if *of == target.name {
                std::fs::write(folder.join(name), bytes)?;
            }
        }
    }
    Ok(())
}

/// The input of one round: it follows from the corpus, the target's name, the seed and the round's number.
pub fn input(corpus: &[Entry], target: &str, seed: u64, round: u64) -> Vec<u8> {
    let hash = Hasher::new("chibo/fuzz/1")
        .part(target.as_bytes())
        .number(seed)
        .number(round)
        .hash();
    let mut rng = ChaCha8Rng::from_seed(hash.0);
    let pick = |rng: &mut ChaCha8Rng| match corpus.len() {
        0 => &[][..],
        n => &corpus[below(rng, n)].1[..],
    };
    if below(&mut rng, 16) == 0 {
        let mut random = vec![0; below(&mut rng, 300)];
        rng.fill_bytes(&mut random);
        return random;
    }
    let mut bytes = pick(&mut rng).to_vec();
    // Mostly one fault at a time: with many, the first hides the rest.
    let faults = 1 + below(&mut rng, 8).saturating_sub(4);
    for _ in 0..faults {
        alter(&mut rng, &mut bytes, pick);
    }
    bytes.truncate(LONGEST);
    bytes
}

fn below(rng: &mut ChaCha8Rng, n: usize) -> usize {
    rng.next_u32() as usize % n.max(1)
}

/// Lengths and numbers at the edges of what is allowed, as LEB128.
const EDGES: &[&[u8]] = &[
    &[0],
    &[1],
    &[0x7f],
    &[0x80, 0x01],
    &[0x80, 0x00],
    &[0xff, 0xff, 0x03],
    &[0xff, 0xff, 0xff, 0xff, 0x0f],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
    &[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
];

fn alter<'a>(
    rng: &mut ChaCha8Rng,
    bytes: &mut Vec<u8>,
    pick: impl Fn(&mut ChaCha8Rng) -> &'a [u8],
) {
    let at = below(rng, bytes.len() + 1);
    let len = below(rng, 40).min(bytes.len() - at);
    match below(rng, 9) {
        0 if at < bytes.len() => bytes[at] ^= 1 << below(rng, 8),
        1 if at < bytes.len() => bytes[at] = rng.next_u32() as u8,
        2 if at < bytes.len() => bytes[at] = bytes[at].wrapping_add(1),
        3 => bytes.insert(at, rng.next_u32() as u8),
        4 => drop(bytes.drain(at..at + len)),
        5 => {
            let again = bytes[at..at + len].to_vec();
            bytes.splice(at..at, again);
        }
        6 => {
            let edge = EDGES[below(rng, EDGES.len())];
            let over = edge.len().min(bytes.len() - at) * below(rng, 2);
            bytes.splice(at..at + over, edge.iter().copied());
        }
        7 => {
            // The beginning of one and the end of another.
            let other = pick(rng);
            bytes.truncate(at);
            bytes.extend_from_slice(&other[below(rng, other.len() + 1)..]);
        }
        _ => bytes.truncate(at),
    }
}
