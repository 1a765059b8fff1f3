//! The ciphers behind SQLCipher: libtomcrypt, compiled by this crate's build script.
//!
//! `libsqlite3-sys` builds SQLCipher, and expects OpenSSL beside it, which needs perl, make and minutes. The
//! settings in `.cargo/config.toml` have it built for libtomcrypt instead: they name the folder of libtomcrypt's
//! headers in the `sqlcipher-src` crate, which lies beside `libsqlite3-sys`, and `lib/` with an empty
//! `libcrypto.a` for the linker, which is still told to look for one. The sources come from that crate too, and the
//! build script checks that the settings name the one that is used.
//!
//! There is nothing to call: `use chibo_sqlcipher as _;` links it.
