//! Compiles libtomcrypt from the sources that belong to the SQLCipher that `libsqlite3-sys` builds.

use std::path::Path;

fn main() {
    let source = sqlcipher_src::source_dir();
    let headers = source.join(sqlcipher_src::LIBTOMCRYPT_INCLUDE_DIR);
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=exit.c");
    is_the_one_beside(source);
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

/// SQLCipher is compiled against the headers that `.cargo/config.toml` names by their folder: a newer
/// `sqlcipher-src` has another.
fn is_the_one_beside(source: &Path) {
    let named = std::env::var("OPENSSL_INCLUDE_DIR").unwrap_or_default();
    println!("cargo:rerun-if-env-changed=OPENSSL_INCLUDE_DIR");
    let folder = Path::new(&named).components().nth(1);
    let found = folder.is_some_and(|f| source.components().any(|part| part == f));
    assert!(
        found,
        "{named}: name the folder of the sqlcipher-src that is used, {}",
        source.display()
    );
}
