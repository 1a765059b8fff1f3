//! Chibo core: offline-first records of a party branch (*chi bộ*).
pub mod domain;
pub mod door;
pub mod id;
pub mod kind;
pub mod limits;
pub mod place;
