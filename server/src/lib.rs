//! The node of a commune office: its server, its command line, and the demo.

pub mod bring_in;
pub mod cli;
pub mod collect;
pub mod demo;
pub mod intake;
pub mod kept_lists;
pub mod line;
pub mod mailbox;
pub mod offer;
pub mod pace;
pub mod page;
pub mod panics;
pub mod qr;
pub mod room;
pub mod router;
pub mod sealed;
pub mod serve;
pub mod share;
pub mod tls;
pub mod words;

pub use chibo_device::{edge, file, handset, keys, letters};
pub use chibo_people as district;
