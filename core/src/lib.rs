//! Chibo core: offline-first records of a party branch (*chi bộ*).
pub mod access;
pub mod codec;
pub mod date;
pub mod document;
pub mod domain;
pub mod feed;
pub mod id;
pub mod identity;
pub mod kind;
pub mod limits;
pub mod log;
pub mod place;
pub mod records;
pub mod store;
pub mod time;
pub mod tree;
pub mod wire;
