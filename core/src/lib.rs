//! Chibo core: offline-first records of a party branch (*chi bộ*).
//!
//! In reading order: [`place`] and [`tree`] (who reads what), [`kind`] and [`domain`] (what is
//! recorded), [`case`] (what goes through states), [`regulation`], [`calendar`] and [`deadline`] (what must be
//! done by when), [`document`] (how it merges), [`feed`] (what is signed and travels), [`door`] (what is
//! kept out), [`log`] (who decides the order), [`author`], [`phone`] and [`node`] (the engine on both
//! sides), [`wire`] (its messages), [`store`] and [`records`] (where all of it lies), [`lock`] (who can open that).
//!
//! The engine does no IO but through the store it is given, knows no clock and draws no random number
//! of its own. `docs/architecture.md` is the map; `docs/format.md` the wire format.

// What clippy.toml bans: the world is passed in. Unit tests may look at it.
#![cfg_attr(not(test), warn(clippy::disallowed_methods, clippy::disallowed_types))]

pub mod access;
pub mod author;
pub mod away;
#[cfg(feature = "bans")]
mod bans;
pub mod calendar;
pub mod carriers;
pub mod case;
pub mod caution;
pub mod check;
pub mod checkpoint;
pub mod codec;
pub mod commune;
pub mod custody;
pub mod date;
pub mod deadline;
pub mod decided;
pub mod document;
pub mod domain;
pub mod door;
pub mod dossier;
pub mod elected;
pub mod elsewhere;
pub mod enrol;
pub mod entries;
pub mod evidence;
pub mod feed;
pub mod field;
pub mod forget;
pub mod history;
pub mod id;
pub mod identity;
pub mod kind;
pub mod letter;
pub mod limits;
pub mod lock;
pub mod log;
pub mod moved;
pub mod node;
pub mod owed;
pub mod own_data;
pub mod party_age;
pub mod phone;
pub mod place;
pub mod records;
pub mod recovery;
pub mod reform;
pub mod register;
pub mod regulation;
pub mod replica;
pub mod retention;
pub mod roll;
#[cfg(feature = "roster")]
pub mod roster;
#[cfg(feature = "seal")]
pub mod seal;
pub mod store;
pub mod text;
pub mod time;
pub mod tree;
pub mod whose;
pub mod wire;
