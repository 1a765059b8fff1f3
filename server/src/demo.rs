//! The demo: a district from a seed lives through a year, offline and on bad lines, and ends with the
//! same state everywhere and with figures that add up.
//!
//! Only the people are simulated. The node runs as in an office, on a SQLite file behind HTTP on
//! 127.0.0.1; every device has a SQLite file of its own and speaks to the node over a real connection
//! that is counted and sometimes broken. What happens when stands in one list (`agenda.rs`); who came and who left is kept
//! in a ledger, and the check at the end holds the node's figures against it.

mod agenda;
mod check;
mod congress;
mod device;
mod error;
mod figures;
mod hands;
mod ledger;
mod office;
mod papers;
mod people;
mod reform;
mod worker;
mod world;
mod year;

pub use check::Finding;
pub use error::DemoError;
pub use figures::{Figures, Outcome};
pub use ledger::Flow;

use crate::cli::{DemoArgs, DemoSize};
use crate::district::Size;
use crate::words::{Lang, say};
use figures::table;
use std::process::ExitCode;

/// Runs the demo and prints what came of it. Exit code 1 if its check of itself fails, 2 if it could not run.
pub fn run(args: &DemoArgs, lang: Lang) -> ExitCode {
    let size = match args.size {
        DemoSize::Branch => Size::Branch,
        DemoSize::Commune => Size::Commune,
        DemoSize::SmallDistrict => Size::SmallDistrict,
        DemoSize::District => Size::District,
    };
    let runtime = match runtime() {
        Ok(runtime) => runtime,
        Err(e) => return failed(&e),
    };
    let world = match world::World::build(size, args.seed, !args.json, lang, runtime.handle()) {
        Ok(world) => world,
        Err(e) => return failed(&e),
    };
    let figures = match world.live() {
        Ok(figures) => figures,
        Err(e) => return failed(&e),
    };
    if args.json {
        match serde_json::to_string(&figures) {
            Ok(text) => println!("{text}"),
            Err(e) => return failed(&e),
        }
    } else {
        print!("{}", table(&figures, lang));
    }
    let outcome = figures.outcome(lang);
    for line in &outcome.complaints {
        eprintln!("{line}");
    }
    if !args.once {
        let address = world.address();
        eprintln!(
            "{}",
            say(
                lang,
                &format!("Trang của xã: http://{address}/  (Ctrl-C để dừng)"),
                &format!("The node's page: http://{address}/  (Ctrl-C ends)"),
            )
        );
        let _ = runtime.block_on(async { crate::serve::stop_signal().await });
    }
    world.end();
    ExitCode::from(outcome.code)
}

/// Lets a world of this size live through its year, for who looks at what came of it. `without`: lines of the year that are
/// left out, by their names, to see that the check finds it.
///
/// # Errors
/// [`DemoError`]: it could not run.
pub fn lived(size: Size, seed: u64, without: &[&str]) -> Result<Figures, DemoError> {
    let runtime = runtime()?;
    let mut world = world::World::build(size, seed, false, Lang::En, runtime.handle())?;
    world.leave_out(without);
    let figures = world.live();
    world.end();
    figures
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
}

fn failed(e: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("chibo demo: {e}");
    ExitCode::from(2)
}
