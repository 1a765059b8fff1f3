//! The edge: rosters from and to files on disk.

use super::{BranchRows, Looking, Roster, RosterError, read, to_csv, to_xlsx};
use crate::limits;
use std::io::Read;
use std::path::Path;

/// Reads the roster in a file.
pub fn read_file(path: &Path, by: Looking) -> Result<Roster, RosterError> {
    let mut bytes = Vec::new();
    // One byte more than the limit is enough to know that it is too large.
    std::fs::File::open(path)?
        .take(limits::ROSTER_BYTES + 1)
        .read_to_end(&mut bytes)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    read(&bytes, &name, by)
}

/// Writes the roster to an .xlsx file.
pub fn write_xlsx(branches: &[BranchRows], path: &Path) -> Result<(), RosterError> {
    Ok(std::fs::write(path, to_xlsx(branches)?)?)
}

/// Writes the roster to a .csv file.
pub fn write_csv(branches: &[BranchRows], path: &Path) -> Result<(), RosterError> {
    Ok(std::fs::write(path, to_csv(branches)?)?)
}
