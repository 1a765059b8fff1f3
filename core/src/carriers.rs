//! Carriers: the ways in which requests and answers go. The engine is the same for all.
//!
//! Over HTTP ([`http`]) a request goes up and its answer comes down in one round trip. In a file
//! ([`bundle`]) requests wait for the node and answers for their devices, on the same stick.

pub mod bundle;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "http")]
pub mod tls;
