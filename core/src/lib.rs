//! Chibo core: offline-first records of a party branch (*chi bộ*).
pub mod commune;
pub mod date;
pub mod domain;
pub mod id;
pub mod kind;
pub mod limits;
pub mod place;
#[cfg(feature = "roster")]
pub mod roster;
pub mod text;
