//! The trial: what Automerge itself does with changes that passed every check.
//!
//! The checks know the rules that were found by trying; the trial finds what they missed. It works
//! on a copy, so a panic inside Automerge costs the copy and nothing else. A stack overflow or a
//! hang can't be caught here: what could lead there (depth, counts) has to be refused before.
//!
//! The document that comes back is the one that was loaded from the saved bytes. So what is read
//! here is what everyone reads who opens those bytes.

use super::Refusal;
use super::change::Parsed;
use crate::limits;
use automerge::{ActorId, Automerge, Change, ChangeHash, LoadOptions, ReadDoc};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The actor of documents that came through the door. Nobody may write as it: whoever authors a
/// change sets a feed's actor first.
const NOBODY: [u8; 16] = [0; 16];

/// Runs `task`; a panic in it is a refusal. Its message still goes to the panic hook.
pub(super) fn guarded<T>(task: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(task)).unwrap_or(Err(Refusal::Panicked))
}

/// Loads a saved document, with its checksum and heads verified.
pub(super) fn load(saved: &[u8], like: &Automerge) -> Result<Automerge, Refusal> {
    let options = LoadOptions::new().text_encoding(like.text_encoding());
    let mut document =
        Automerge::load_with_options(saved, options).map_err(|_| Refusal::NotReloadable)?;
    document.set_actor(ActorId::from(NOBODY));
    Ok(document)
}

/// Applies `changes` to a copy of `document`, saves it and loads it again.
pub(super) fn run(
    document: &Automerge,
    changes: &[Parsed<'_>],
) -> Result<(Automerge, Vec<u8>), Refusal> {
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
        let arrived = changes.iter().all(|change| {
            let hash = ChangeHash(change.inspected.hash);
            copy.get_change_meta_by_hash(&hash).is_some()
        });
        if !arrived || !copy.get_missing_deps(&[]).is_empty() {
            return Err(Refusal::NotApplicable);
        }
        let saved = copy.save_nocompress();
        if saved.len() > limits::DOCUMENT_MAX_BYTES {
            return Err(Refusal::DocumentTooLarge { bytes: saved.len() });
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
    use super::*;

    #[test]
    fn a_panic_inside_becomes_a_refusal() {
        let outcome: Result<(), Refusal> = guarded(|| panic!("a panic that the test asks for"));
        assert_eq!(outcome, Err(Refusal::Panicked));
    }
}
