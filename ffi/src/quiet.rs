//! Panics are caught at the border, and say nothing on their way: what a panic carries may hold words out of a record, and
//! the usual hook would print it with a trace. Of one inside a call only its place in the source is said.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// How many calls deep this thread is.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
}

/// The name of the library's own threads: whatever runs on them is a call.
pub(crate) const THREAD: &str = "chibo";

/// The call panicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Panicked;

fn is_in_a_call() -> bool {
    let named = std::thread::current().name() == Some(THREAD);
    named || DEPTH.try_with(|depth| depth.get() > 0).unwrap_or(true)
}

/// Puts the hook before the one there was, once.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |info| {
            if !is_in_a_call() {
                return before(info);
            }
            match info.location() {
                Some(at) => eprintln!("chibo: a fault at {}:{}", at.file(), at.line()),
                None => eprintln!("chibo: a fault"),
            }
        }));
    });
}

/// Runs a call and catches its panic.
pub(crate) fn caught<R>(call: impl FnOnce() -> R) -> Result<R, Panicked> {
    install();
    DEPTH.with(|depth| depth.set(depth.get() + 1));
    let done = catch_unwind(AssertUnwindSafe(call));
    DEPTH.with(|depth| depth.set(depth.get() - 1));
    done.map_err(|_| Panicked)
}
