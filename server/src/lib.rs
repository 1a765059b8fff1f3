//! Chibo server.
