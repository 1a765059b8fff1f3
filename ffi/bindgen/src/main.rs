//! Reads a built `libchibo_ffi` and writes the Kotlin that calls it. A program of its own, so that the library on phones
//! does not carry it. `chibo-bindgen generate --language kotlin --out-dir DIR LIBRARY`.

fn main() {
    uniffi::uniffi_bindgen_main();
}
