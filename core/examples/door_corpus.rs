//! Writes the hostile changes that `tests/door.rs` tries, to the folder given as argument.
//!
//! They are made by the same code as in the test, which compares the two: `cargo run --release
//! -p chibo-core --example door_corpus core/tests/corpus/door`.

#[path = "../tests/door/cast.rs"]
#[allow(dead_code)]
mod cast;
#[path = "../tests/door/forge.rs"]
#[allow(dead_code)]
mod forge;

/// Longer ones are made when the test runs; a repository is no place for them.
const STORED_BYTES: usize = 8 * 1024;

fn main() -> std::io::Result<()> {
    let Some(folder) = std::env::args().nth(1) else {
        eprintln!("usage: door_corpus <folder>");
        return Ok(());
    };
    let mut table = String::new();
    for attack in cast::attacks(&cast::stage()) {
        let stored = attack.raw.len() <= STORED_BYTES;
        if stored {
            std::fs::write(format!("{folder}/{}.bin", attack.name), &attack.raw)?;
        }
        table += &format!(
            "| `{}` | {} | {} | {}{} |\n",
            attack.name,
            attack.raw.len(),
            attack.refusal.code(),
            attack.refusal,
            if stored { "" } else { " (not stored)" },
        );
    }
    std::fs::write(
        format!("{folder}/README.md"),
        format!(
            "# Hostile changes\n\n\
             Each file is one raw Automerge change that an entitled writer could send, and that the \
             door refuses when it is offered to the document of `tests/door/cast.rs` (`stage`). They \
             are stored so that they stay the same bytes when Automerge or the generator changes.\n\n\
             Written by `cargo run --release -p chibo-core --example door_corpus \
             core/tests/corpus/door`; not by hand.\n\n\
             | file | bytes | code | refused because |\n| --- | --- | --- | --- |\n{table}"
        ),
    )
}
