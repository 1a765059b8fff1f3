//! The `chibo` binary.
fn main() {}
