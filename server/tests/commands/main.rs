//! The built `chibo`, run as people run it: real processes, real files, real HTTP on loopback.

mod away;
mod backups;
mod bad_input;
mod cases;
mod crash;
mod decisions;
mod forgetting;
mod handover;
mod journey;
mod locked;
mod lost;
mod mail;
mod moves;
mod own_data;
mod placements;
mod prepared;
mod program;
mod recovered;
mod reform;
mod rights;
mod rows;
mod serving;
mod stick;
mod succession;
mod terms;
mod typed;
