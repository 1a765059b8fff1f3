//! Compiles libtomcrypt from the sources that belong to the SQLCipher that `libsqlite3-sys` builds.

use std::path::Path;

fn main() {
    let source = sqlcipher_src::source_dir();
    let headers = source.join(sqlcipher_src::LIBTOMCRYPT_INCLUDE_DIR);
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=include");
    println!("cargo:rerun-if-changed=exit.c");
    check_headers(&headers);
    // Whole: SQLCipher's crate may stand behind this one on the linker's line.
    cc::Build::new()
        .files(
            sqlcipher_src::LIBTOMCRYPT_SOURCES
                .iter()
                .map(|file| source.join(file)),
        )
        .file("exit.c")
        .include(&headers)
        .define("LTC_SOURCE", None)
        // Pages are encrypted with AES: also a build for debugging should not wait for it.
        .opt_level(3)
        .warnings(false)
        .link_lib_modifier("+whole-archive")
        .compile("tomcrypt");
}

/// SQLCipher was compiled against the headers in `include/`: a newer `sqlcipher-src` may have others.
fn check_headers(headers: &Path) {
    for entry in std::fs::read_dir(headers)
        .expect("libtomcrypt's headers")
        .flatten()
    {
        let here = Path::new("include").join(entry.file_name());
        let same = std::fs::read(&here).ok() == std::fs::read(entry.path()).ok();
        assert!(same, "{}: copy it anew from sqlcipher-src", here.display());
    }
}
