//! Trains the compression dictionary from invented records and writes it to a file.
//!
//! `cargo run -p chibo-tests --release --bin train_dictionary -- core/data/dictionary-1.bin [KIB]`
//!
//! A dictionary is format: what was compressed with it needs it for good. A changed one takes a new
//! method number in `wire.rs`.

use chibo_core::checkpoint;
use chibo_core::codec::Writer;
use chibo_core::date::Day;
use chibo_core::document::{self, Values};
use chibo_core::feed::{change_hash, compact};
use chibo_core::id::{FeedId, PlaceId, random16};
use chibo_core::kind::{self, Kind};
use chibo_server::district::{self, Size};
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use std::error::Error;

/// Seeds from here on are for training only; benchmarks and the demo use others.
const TRAINING_SEED: u64 = 9_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let file = args.next().ok_or("a file to write is missing")?;
    let kib: usize = args.next().map_or(Ok(16), |a| a.parse())?;
    let mut rng = ChaCha8Rng::seed_from_u64(TRAINING_SEED);
    let district = district::invent(Size::District, TRAINING_SEED);
    let mut samples: Vec<Vec<u8>> = Vec::new();
    let day = Day::from_civil(2026, 11, 20)?;
    for (b, branch) in district.branches().enumerate() {
        let placed: Vec<_> = branch
            .members
            .iter()
            .map(|m| (PlaceId::random(&mut rng), m))
            .collect();
        for (i, (_, member)) in placed.iter().enumerate() {
            if i % 3 == 0 {
                add(&mut rng, &mut samples, "member", &member.values, 10)?;
            }
            if i % 9 == 1 {
                add(
                    &mut rng,
                    &mut samples,
                    "member_sensitive",
                    &member.sensitive,
                    1,
                )?;
            }
            if i % 9 == 2 {
                let said = district::check_in_values(&mut rng, member, day);
                add(&mut rng, &mut samples, "check_in", &said, 1)?;
            }
        }
        if b % 4 == 0 {
            let minutes = district::meeting_values(&mut rng, &placed, day);
            add(&mut rng, &mut samples, "meeting", &minutes, 2)?;
        }
    }
    let dictionary = zstd::dict::from_samples(&samples, kib * 1024)?;
    println!(
        "{} samples, dictionary of {} bytes",
        samples.len(),
        dictionary.len()
    );
    std::fs::write(file, dictionary)?;
    Ok(())
}

fn add(
    rng: &mut ChaCha8Rng,
    samples: &mut Vec<Vec<u8>>,
    kind_name: &str,
    values: &Values,
    edits: usize,
) -> Result<(), Box<dyn Error>> {
    let kind: &'static Kind = kind::by_name(kind_name).ok_or("no such kind")?;
    let feeds = [FeedId(random16(rng)), FeedId(random16(rng))];
    let (doc, changes) = district::document_with_history(rng, kind, values, &feeds, edits)?;
    if let Some(short) = checkpoint::shorten(&doc.save_nocompress()) {
        samples.push(short);
    }
    // Single changes are the most frequent messages of all, and each is a sample of its own.
    for change in changes.iter().rev().take(4) {
        let actor = feeds
            .iter()
            .find_map(|f| compact::strip(change, *f))
            .ok_or("a change of another shape")?;
        let mut w = Writer::new();
        w.u8(0).bytes(&actor);
        samples.push(w.finish());
        assert!(change_hash(change).is_some() && document::author_of(&feeds[0].0.into()).is_some());
    }
    Ok(())
}
