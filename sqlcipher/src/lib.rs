//! The ciphers behind SQLCipher: libtomcrypt, compiled by this crate's build script.
//!
//! `libsqlite3-sys` builds SQLCipher, and expects OpenSSL beside it, which needs perl, make and minutes. The
//! settings in `.cargo/config.toml` have it built for libtomcrypt instead: `include/` holds libtomcrypt's headers
//! for it, and `lib/` an empty `libcrypto.a` for the linker, which is still told to look for one. The sources
//! come from the `sqlcipher-src` crate, and the build script checks that the headers here are the same.
//!
//! There is nothing to call: `use chibo_sqlcipher as _;` links it.
