//! Every decoder that takes bytes from outside, over the stored corpus and some thousand altered inputs.
//!
//! What fails names its target, seed and round, and `cargo run -p chibo-tests --release --bin fuzz -- --target T
//! --seed S --round R` has it again. The same targets run for longer under libFuzzer: `fuzz/run`.

use chibo_tests::fuzz::{self, PATIENCE, TARGETS};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;

const SEED: u64 = 1;

/// Runs `work` on a thread; it tells before each step what that is. A step that does not end fails as well.
fn watched(work: impl FnOnce(&dyn Fn(String)) + Send + 'static) {
    let (tell, told) = mpsc::channel();
    let thread = thread::spawn(move || {
        work(&|step| tell.send(step).expect("the test listens"));
    });
    let mut last = String::new();
    loop {
        match told.recv_timeout(PATIENCE * 3) {
            Ok(step) => last = step,
            Err(RecvTimeoutError::Timeout) => panic!("{last}: it does not come to an end"),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn the_corpus_is_of_this_format_and_nothing_in_it_breaks_anything() {
    watched(|tell| {
        fuzz::keep_quiet_on_trial();
        let mut bytes = 0;
        for target in TARGETS {
            let corpus = fuzz::read_corpus(target.name).expect("every target has a corpus");
            assert!(!corpus.is_empty(), "{} has no corpus", target.name);
            for (name, input) in corpus {
                tell(format!("{} {name}", target.name));
                bytes += input.len();
                match fuzz::tried(target, &input) {
                    Ok(taken) => assert!(
                        taken || !name.starts_with("seed-"),
                        "{} no longer takes {name}: after a change of the format, run the bin `fuzz` \
                         with --write-corpus",
                        target.name
                    ),
                    Err(e) => panic!("{} {name}: {e}", target.name),
                }
            }
        }
        assert!(
            bytes < 300 * 1024,
            "the corpus is {bytes} bytes: it stays small"
        );
    });
}

#[test]
fn no_altered_bytes_make_a_decoder_panic_or_hang_or_read_what_it_would_not_write() {
    watched(|tell| {
        fuzz::keep_quiet_on_trial();
        for target in TARGETS {
            let corpus = fuzz::read_corpus(target.name).expect("every target has a corpus");
            for round in 0..target.rounds {
                tell(format!("{}, seed {SEED}, round {round}", target.name));
                if let Err(e) = fuzz::round(target, &corpus, SEED, round) {
                    panic!("{e}");
                }
            }
        }
    });
}
