//! The node of a commune office: its server, its command line, and the demo.

pub mod cli;
pub mod demo;
pub mod district;
pub mod edge;
pub mod file;
pub mod handset;
pub mod intake;
pub mod keys;
pub mod letters;
pub mod line;
pub mod mailbox;
pub mod pace;
pub mod page;
pub mod qr;
pub mod room;
pub mod router;
pub mod sealed;
pub mod serve;
pub mod share;
pub mod tls;
pub mod words;
