//! The long simulation: many seeds, each a world of its own; a failing one is printed with its story.
//!
//! `cargo run -p chibo-tests --release --bin simulate -- [--from N] [--count N] [--steps N] [--node | --neighbours]`
//! With `--neighbours` each world has two nodes, between which members come and go.
//!
//! A single seed is watched: its story tells at which step a store was first at fault.

use chibo_tests::neighbours::Neighbours;
use chibo_tests::sim::{Troubles, World};
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str, default: u64| {
        args.iter()
            .position(|a| a == name)
            .and_then(|i| args.get(i + 1))
            .and_then(|v| v.parse().ok())
            .unwrap_or(default)
    };
    let (from, count) = (number("--from", 0), number("--count", 1000));
    let steps = number("--steps", 150) as usize;
    let troubles = if args.iter().any(|a| a == "--node") {
        Troubles::NODE
    } else {
        Troubles::ALL_BUT_NODE
    };
    let neighbours = args.iter().any(|a| a == "--neighbours");
    let mut failed = 0;
    for seed in from..from + count {
        let outcome = std::panic::catch_unwind(|| {
            if neighbours {
                let mut world = Neighbours::new(seed);
                world.live(steps);
                return world.settle();
            }
            let mut world = World::new(seed, troubles);
            match count {
                1 => world.live_watched(steps),
                _ => world.live(steps),
            }
            world.settle()
        });
        let words = match outcome {
            Ok(Ok(())) => continue,
            Ok(Err(e)) => e,
            Err(_) => format!("seed {seed}: a panic (above)"),
        };
        failed += 1;
        if count == 1 {
            println!("{words}");
        } else {
            println!("{}", words.lines().next().unwrap_or_default());
        }
    }
    println!("{count} seeds from {from}, {failed} failed");
    if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
