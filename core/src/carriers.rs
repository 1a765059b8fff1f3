//! Carriers: the ways in which requests and answers go. The engine is the same for all.
//!
//! Over HTTP ([`http`]) a request goes up and its answer comes down in one round trip. In a file
//! ([`bundle`]) requests wait for the node and answers for their devices, on the same stick. Where node and
//! phone are never awake at the same time, a [`mailbox`] keeps the same letters for both. In files and
//! mailboxes every letter is sealed for those who are to read it ([`letter`]).

#[cfg(feature = "http")]
pub mod app;
pub mod bundle;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "seal")]
pub mod letter;
#[cfg(feature = "http")]
pub mod mailbox;
#[cfg(feature = "http")]
pub mod tls;
