//! Longer runs of the fuzz targets without libFuzzer, one round again, and the corpus anew.
//!
//!     fuzz [--target NAME] [--seed S] [--seconds N]     rounds from a seed, until the time is over
//!     fuzz --target NAME --seed S --round R             that round again
//!     fuzz --target NAME --file PATH                    this input
//!     fuzz --write-corpus                               after a change of the format

use chibo_tests::fuzz::{self, TARGETS, Target};
use std::time::{Duration, Instant};

fn value(name: &str) -> Option<String> {
    let mut args = std::env::args().skip_while(|a| a != name);
    args.nth(1)
}

fn number(name: &str) -> Option<u64> {
    value(name).and_then(|v| v.parse().ok())
}

fn main() {
    if std::env::args().any(|a| a == "--write-corpus") {
        fuzz::corpus::write_corpus().expect("a writable folder");
        return;
    }
    let wanted: Vec<&Target> = match value("--target") {
        Some(name) => vec![fuzz::target(&name).expect("a target of that name")],
        None => TARGETS.iter().collect(),
    };
    fuzz::keep_quiet_on_trial();
    let seed = number("--seed").unwrap_or(1);
    let each = Duration::from_secs(number("--seconds").unwrap_or(10)) / wanted.len() as u32;
    for target in wanted {
        if let Some(path) = value("--file") {
            let bytes = std::fs::read(path).expect("a readable file");
            println!("{}: taken: {}", target.name, (target.run)(&bytes));
            continue;
        }
        let corpus = fuzz::read_corpus(target.name).expect("the corpus");
        if let Some(round) = number("--round") {
            let bytes = fuzz::input(&corpus, target.name, seed, round);
            println!("{}", chibo_core::id::hex(&bytes));
            println!("{}: taken: {}", target.name, (target.run)(&bytes));
            continue;
        }
        let began = Instant::now();
        let (mut rounds, mut taken, mut faults) = (0, 0_u64, 0);
        while began.elapsed() < each && faults < 3 {
            match fuzz::round(target, &corpus, seed, rounds) {
                Ok(was_taken) => taken += u64::from(was_taken),
                Err(fault) => {
                    faults += 1;
                    println!("{fault}");
                }
            }
            rounds += 1;
        }
        let micros = began.elapsed().as_micros() as u64 / rounds.max(1);
        println!(
            "{:16} {rounds:8} rounds, {micros:6} µs each, {taken} taken",
            target.name
        );
    }
}
