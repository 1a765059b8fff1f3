//! The trial: what Automerge itself does with changes that passed every check.
//!
//! The checks know the rules that were found by trying; the trial finds what they missed. It works
//! on a copy, so a panic inside Automerge costs the copy and nothing else. A stack overflow or a
//! hang can't be caught here: what could lead there (depth, counts) has to be refused before.
//!
//! Nothing here is trusted to say that all is well: what was applied is taken out again and
//! compared, and what was saved is read back.

use super::Refusal;
use super::change::Parsed;
use super::document::{self, Counts};
use automerge::{ActorId, Automerge, Change, ChangeHash, LoadOptions, ReadDoc};
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The actor of documents that came through the door. Nobody may write as it: whoever authors a
/// change sets a feed's actor first.
const NOBODY: [u8; 16] = [0; 16];

/// Up to so many operations a document is loaded again in its trial: 1 to 2 ms.
const RELOAD_ROWS: usize = 4 * 1024;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
    static TRIALS: Cell<u64> = const { Cell::new(0) };
}

/// Whether this thread runs something whose panic is caught and becomes a refusal: a program's panic hook
/// may keep quiet about it.
pub(super) fn is_guarded() -> bool {
    GUARDED.get()
}

/// Runs `task`; a panic in it is a refusal. Its message still goes to the panic hook.
pub(super) fn guarded<T>(task: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    let before = GUARDED.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(task)).unwrap_or(Err(Refusal::Panicked));
    GUARDED.set(before);
    outcome
}

/// A document with nothing in it.
#[expect(clippy::disallowed_methods, reason = "the actor is set at once")]
pub(super) fn empty() -> Automerge {
    Automerge::new().with_actor(ActorId::from(NOBODY))
}

/// Loads a saved document whose heads are still to be found.
#[expect(clippy::disallowed_methods, reason = "it is only read from")]
pub(super) fn load_headless(saved: &[u8]) -> Result<Automerge, Refusal> {
    Automerge::load_unverified_heads(saved).map_err(|_| Refusal::NotReloadable)
}

/// Loads a saved document, with its checksum and heads verified.
#[expect(clippy::disallowed_methods, reason = "the actor is set at once")]
pub(super) fn load(saved: &[u8], like: &Automerge) -> Result<Automerge, Refusal> {
    let options = LoadOptions::new().text_encoding(like.text_encoding());
    let mut document =
        Automerge::load_with_options(saved, options).map_err(|_| Refusal::NotReloadable)?;
    document.set_actor(ActorId::from(NOBODY));
    Ok(document)
}

/// How many trials this thread has run: the dear part of showing and taking in what others wrote.
pub(super) fn count() -> u64 {
    TRIALS.get()
}

/// Applies `changes` to a copy of `document` and proves that the result can be saved and read back.
/// `expected` is what the saved form has to hold.
///
/// Each change is first taken out of the copy again and has to be the same bytes: this is what fails
/// when a change is not written as Automerge would write it, and what a load does for all changes.
/// Then a document of ordinary size is loaded from its bytes. For a long one that would cost far
/// more than all the rest (0.4 µs for each operation there ever was, on each edit); there the own
/// reader goes over the bytes, and the old changes, which nothing new can alter, are believed.
pub(super) fn run(
    document: &Automerge,
    changes: &[Parsed<'_>],
    expected: Counts,
) -> Result<(Automerge, Vec<u8>), Refusal> {
    TRIALS.set(TRIALS.get().wrapping_add(1));
    guarded(|| {
        let mut copy = document.clone();
        let mut list = Vec::with_capacity(changes.len());
        for change in changes {
            let read =
                Change::from_bytes(change.raw.to_vec()).map_err(|_| Refusal::NotApplicable)?;
            if read.hash() != ChangeHash(change.inspected.hash) {
                return Err(Refusal::NotApplicable);
            }
            list.push(read);
        }
        copy.apply_changes(list)
            .map_err(|_| Refusal::NotApplicable)?;
        if !copy.get_missing_deps(&[]).is_empty() {
            return Err(Refusal::NotApplicable);
        }
        let mut back: Vec<Change> = copy.get_changes(&document.get_heads());
        back.sort_by_key(Change::hash);
        let mut sent: Vec<&Parsed<'_>> = changes.iter().collect();
        sent.sort_by_key(|change| change.inspected.hash);
        let same = back.iter().map(Change::raw_bytes);
        if !same.eq(sent.iter().map(|change| change.raw)) {
            return Err(Refusal::NotReloadable);
        }
        let saved = copy.save_nocompress();
        let found = document::parse(&saved)?.counts();
        if found != expected {
            return Err(Refusal::NotReloadable);
        }
        if found.rows > RELOAD_ROWS {
            copy.set_actor(ActorId::from(NOBODY));
            return Ok((copy, saved));
        }
        let again = load(&saved, document)?;
        if again.get_heads() != copy.get_heads() {
            return Err(Refusal::NotReloadable);
        }
        Ok((again, saved))
    })
}

#[cfg(test)]
mod tests {
    use super::super::change;
    use super::*;
    use automerge::ROOT;
    use automerge::transaction::Transactable;

    #[test]
    fn what_arrives_otherwise_than_it_was_read_is_refused() {
        let mut doc = Automerge::new().with_actor(ActorId::from([7; 16]));
        let mut tx = doc.transaction();
        tx.put(ROOT, "k", "v").expect("writes");
        tx.commit();
        let raw = doc.get_last_local_change().expect("a change");
        let mut changes = [change::parse(raw.raw_bytes()).expect("sound")];
        let one = Counts {
            nodes: 1,
            rows: 1,
            successors: 0,
        };
        assert!(run(&Automerge::new(), &changes, one).is_ok());
        let two = Counts { rows: 2, ..one };
        let outcome = run(&Automerge::new(), &changes, two).map(|_| ());
        assert_eq!(outcome, Err(Refusal::NotReloadable));
        changes[0].inspected.hash = [0; 32];
        let outcome = run(&Automerge::new(), &changes, one).map(|_| ());
        assert_eq!(outcome, Err(Refusal::NotApplicable));
    }

    #[test]
    fn a_panic_inside_becomes_a_refusal() {
        let outcome: Result<(), Refusal> = guarded(|| {
            assert!(is_guarded());
            panic!("a panic that the test asks for")
        });
        assert_eq!(outcome, Err(Refusal::Panicked));
        assert!(!is_guarded());
    }
}
