//! Compresses the lists of communes (`data/communes-*.txt`, 290 KB): they are read once, and on a phone every byte of the
//! library counts.

// The build itself is an edge: it reads files where the core may not.
#![allow(clippy::disallowed_methods)]

use std::path::{Path, PathBuf};

/// The smallest that zstd makes; time does not matter here.
const LEVEL: i32 = 22;

fn main() -> std::io::Result<()> {
    let of = |name: &str| std::env::var_os(name).ok_or(std::io::ErrorKind::NotFound);
    let data = Path::new(&of("CARGO_MANIFEST_DIR")?).join("data");
    let out = PathBuf::from(of("OUT_DIR")?);
    for name in ["communes-2025.txt", "communes-before-2025.txt"] {
        let list = data.join(name);
        println!("cargo::rerun-if-changed={}", list.display());
        let squeezed = zstd::bulk::compress(&std::fs::read(list)?, LEVEL)?;
        std::fs::write(out.join(format!("{name}.zst")), squeezed)?;
    }
    Ok(())
}
