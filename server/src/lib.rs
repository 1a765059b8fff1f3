//! The node of a commune office: its server, its command line, and the demo.

pub mod edge;
pub mod intake;
pub mod page;
pub mod router;
pub mod serve;
