//! The field's own things, one file for each: its document kinds with fields and labels.
pub mod check_in;
pub mod meeting;
pub mod member;
pub mod unit;
