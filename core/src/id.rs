//! Identifiers and hashes: 16-byte ids for what lives, 32-byte hashes for what is sealed.
//!
//! An id is either drawn at random by whoever creates the thing (a place) or computed, so that two
//! devices which create the same thing offline create the *same* thing (rule 2 of the format): a
//! scope is `BLAKE3(place, lane)`, a document with a natural key is `BLAKE3(scope, kind, key)`, a
//! feed is `BLAKE3(device key, scope, nonce)`. Every hash has a context string of its own, so that
//! bytes made for one purpose never pass for another.
//!
//! Does not know: what the ids stand for, and randomness (a generator is passed in).

use rand_core::RngCore;
use std::fmt;
use std::str::FromStr;

/// An id or hash text that is not of the right length or not hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id: {expected} hexadecimal digits are expected")]
pub struct BadId {
    /// How many hexadecimal digits the id has.
    pub expected: usize,
}

/// Lower-case hexadecimal text of `bytes`.
pub fn hex(bytes: &[u8]) -> String {
    // Lists are full of ids: this is called for every row.
    let digit = |n: u8| char::from_digit(n.into(), 16).unwrap_or('0');
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(digit(byte >> 4));
        text.push(digit(byte & 0xf));
    }
    text
}

/// The bytes of a hexadecimal text of even length; `None` if it is anything else.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    // `from_str_radix` alone would take a sign as well.
    if !text.len().is_multiple_of(2) || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).ok())
        .collect()
}

macro_rules! id_type {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $len;

            /// The id in these bytes, if there are exactly enough of them.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }

            /// The bytes.
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }

            /// The first eight hexadecimal digits, for messages to people.
            pub fn short(&self) -> String {
                hex(&self.0[..4])
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.short())
            }
        }

        impl FromStr for $name {
            type Err = BadId;
            fn from_str(text: &str) -> Result<Self, BadId> {
                unhex(text)
                    .and_then(|b| Self::from_slice(&b))
                    .ok_or(BadId { expected: $len * 2 })
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }
    };
}

id_type!(/// A place in the tree: a committee, a branch (*chi bộ*) or a member (*đảng viên*).
    PlaceId, 16);
id_type!(/// One lane of a place: the unit of reading and replication.
    ScopeId, 16);
id_type!(/// One document.
    DocId, 16);
id_type!(/// One device's feed in one scope; also the Automerge actor of its changes.
    FeedId, 16);
id_type!(/// One node's log; the short form of its root key.
    LogId, 16);
id_type!(/// A person, under whom any number of devices may be enrolled one after another.
    PersonId, 16);
id_type!(/// The box of a key: what letters for its owner are laid under, without naming anybody.
    BoxId, 16);
id_type!(/// One letter in a mailbox.
    LetterId, 16);
id_type!(/// A BLAKE3 hash of something sealed: a segment, an entry, a grant, a chain.
    Hash, 32);
id_type!(/// An Ed25519 public key: of a device, or one of a node's.
    PublicKey, 32);
id_type!(/// What keeps a document's commitments from being guessed; travels with it, goes with it.
    Salt, 16);

impl Hash {
    /// Thirty-two zero bytes: what comes before the first of a chain.
    pub const ZERO: Hash = Hash([0; 32]);

    /// Whether it is the one before the first.
    pub fn is_zero(&self) -> bool {
        *self == Hash::ZERO
    }
}

/// Builds a hash over length-prefixed parts, so that no two lists of parts give the same bytes.
pub struct Hasher(blake3::Hasher);

impl Hasher {
    /// A hasher for one purpose; `context` is a constant like `chibo/seg/1`.
    pub fn new(context: &'static str) -> Self {
        Hasher(blake3::Hasher::new_derive_key(context))
    }

    /// Adds one part, with its length before it.
    pub fn part(mut self, bytes: &[u8]) -> Self {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
        self
    }

    /// Adds one number.
    pub fn number(mut self, n: u64) -> Self {
        self.0.update(&n.to_le_bytes());
        self
    }

    /// The whole hash.
    pub fn hash(self) -> Hash {
        Hash(*self.0.finalize().as_bytes())
    }

    /// The first 16 bytes of the hash, for ids.
    pub fn id(self) -> [u8; 16] {
        let mut id = [0; 16];
        id.copy_from_slice(&self.0.finalize().as_bytes()[..16]);
        id
    }
}

impl PlaceId {
    /// A new place; `rng` is the caller's.
    pub fn random(rng: &mut dyn RngCore) -> Self {
        PlaceId(random16(rng))
    }
}

impl PersonId {
    /// A new person; `rng` is the caller's.
    pub fn random(rng: &mut dyn RngCore) -> Self {
        PersonId(random16(rng))
    }
}

impl Salt {
    /// A new salt; `rng` is the caller's.
    pub fn random(rng: &mut dyn RngCore) -> Self {
        Salt(random16(rng))
    }
}

/// Sixteen random bytes from the caller's generator.
pub fn random16(rng: &mut dyn RngCore) -> [u8; 16] {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    bytes
}
