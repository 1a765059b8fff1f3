//! What is said of a fault of the program: where it is in the source, and nothing else. What a panic carries may hold words
//! out of a record, and a node's output ends up in logs. Those that the door catches are told as refusals, and print
//! nothing at all: a stranger chose them.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{Location, set_hook};

/// The line that says where.
fn said(at: Option<&Location<'_>>) -> String {
    match at {
        Some(at) => format!("chibo: panicked at {}:{}", at.file(), at.line()),
        None => "chibo: panicked".to_owned(),
    }
}

/// From now on a panic says where it was, and on the terminal of whoever asked for it (`RUST_BACKTRACE`) how it came there.
pub fn install() {
    set_hook(Box::new(|info| {
        if chibo_core::door::is_on_trial() {
            return;
        }
        eprintln!("{}", said(info.location()));
        let trace = Backtrace::capture();
        if trace.status() == BacktraceStatus::Captured {
            eprintln!("{trace}");
        }
    }));
}
