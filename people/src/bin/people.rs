//! Prints a roster (.csv) of invented people, for tests in other languages: `people BRANCH FIELD[,FIELD…] NAME…`. The columns are
//! those of these fields, by name; the same names always make the same bytes.

use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let (Some(branch), Some(columns)) = (args.next(), args.next()) else {
        eprintln!("people BRANCH FIELD[,FIELD…] NAME…");
        return ExitCode::FAILURE;
    };
    let columns: Vec<&str> = columns.split(',').collect();
    let people: Vec<_> = args.map(|name| chibo_people::someone(&name)).collect();
    let roster = chibo_people::roster(&branch, &people, &columns);
    match std::io::stdout().write_all(roster.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
