//! A device as it lies in its owner's hand: a folder with an encrypted store, the lock beside it, letters, the clock and
//! chance of the system, and the lists and records that people open, on a phone or at the office's node ([`workplace`]). The engine itself is `chibo-core`; what draws screens or reads a command line stands on this
//! crate and knows no files.

pub mod backup;
pub mod case;
pub mod contest;
pub mod decisions;
pub mod discipline;
pub mod edge;
pub mod file;
pub mod filter;
pub mod guests;
pub mod handset;
pub mod home;
mod kept;
pub mod keys;
pub mod letters;
pub mod lists;
pub mod looks;
pub mod otherwise;
pub mod outbox;
pub mod own_page;
pub mod paper;
pub mod practice;
pub mod record;
pub mod roll;
pub mod say;
pub mod sheet;
pub mod stick;
pub mod succession;
pub mod tickets;
pub mod typed;
pub mod words;
pub mod workplace;
