//! What the linker does for phones, whoever calls it.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "android") {
        // The addresses that are filled in at the start of a program, in a tenth of their room; read since Android 6.
        println!("cargo::rustc-link-arg-cdylib=-Wl,--pack-dyn-relocs=android");
        // Newer phones have pages of 16 KB.
        println!("cargo::rustc-link-arg-cdylib=-Wl,-z,max-page-size=16384");
    }
}
