//! Fuzz targets: every decoder that takes bytes or text from outside, and the engine behind it.
//!
//! A target is a function of bytes ([`TARGETS`]). It must not panic whatever the bytes are, must come to an
//! end soon, and holds what the format promises: what was read and is written again are the same bytes
//! (a value has one encoding), and what was written reads as the same value. It tells whether the bytes were
//! taken, so that a corpus that has gone stale is noticed.
//!
//! Two things run them. [`round`] alters entries of the stored corpus (`tests/corpus/`) from a seed: any round
//! can be had again, and the tests run some of each target on stable Rust. libFuzzer (`fuzz/run`) looks for what
//! is left, guided by coverage, for as long as it is let.
//!
//! Bytes whose signatures an alteration breaks are also signed anew, by somebody who holds a key: that is
//! what a hostile device can send.

pub mod corpus;
mod frames;
mod hand;
pub mod scene;
mod targets;

pub use corpus::{input, read_corpus};
pub use targets::{TARGETS, Target, target};

use corpus::Entry;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// Longer than any input may take, on a slow machine that does other things too.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Runs one round of a target; whether its input was taken.
///
/// # Errors
/// What was broken, with what it takes to have it again.
pub fn round(target: &Target, corpus: &[Entry], seed: u64, round: u64) -> Result<bool, String> {
    let bytes = input(corpus, target.name, seed, round);
    tried(target, &bytes).map_err(|e| format!("{}, seed {seed}, round {round}: {e}", target.name))
}

/// Runs a target over these bytes; whether they were taken.
pub fn tried(target: &Target, bytes: &[u8]) -> Result<bool, String> {
    let began = Instant::now();
    let outcome = catch_unwind(AssertUnwindSafe(|| (target.run)(bytes)));
    let taken = outcome.map_err(|panic| {
        let words = panic.downcast_ref::<String>().cloned();
        let words = words.or(panic.downcast_ref::<&str>().map(|w| (*w).to_owned()));
        words.unwrap_or_default()
    })?;
    match began.elapsed() {
        long if long > PATIENCE => Err(format!("it took {long:?}")),
        _ => Ok(taken),
    }
}

/// Panics that the door catches are not told: they are what it is for.
pub fn keep_quiet_on_trial() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |about| {
        if !chibo_core::door::is_on_trial() {
            usual(about);
        }
    }));
}
