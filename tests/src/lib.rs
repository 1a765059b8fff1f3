//! What the end-to-end tests, the simulation and the benchmarks share.
pub mod fuzz;
pub mod neighbours;
pub mod sim;
pub mod ten_years;
