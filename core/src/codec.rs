//! The one binary encoding: deterministic, compact, with a limit on every length.
//!
//! Numbers are LEB128 (little-endian base 128, the shortest form only), byte strings carry their
//! length before them, ids and hashes have a fixed length. There is exactly one encoding of a value,
//! and [`Reader`] refuses every other: what was signed can be rebuilt byte for byte.
//!
//! Does not know: what is encoded.

/// Why bytes could not be read. Not retryable with the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// The bytes end before the value does.
    #[error("the data ends too early")]
    Truncated,
    /// A length or count is over its limit.
    #[error("a length of {found} is over the limit of {limit}")]
    TooLong {
        /// The length that was claimed.
        found: u64,
        /// The most that is allowed.
        limit: u64,
    },
    /// A number is not in its shortest form, or over 64 bits.
    #[error("a number is not in its shortest form")]
    NotMinimal,
    /// A value that this field cannot have.
    #[error("{what} has no such value")]
    BadValue {
        /// The field.
        what: &'static str,
    },
    /// The value ended and bytes are left over.
    #[error("{left} bytes are left over")]
    Trailing {
        /// How many.
        left: usize,
    },
    /// Made by a later version than this build knows.
    #[error("version {version} of {what} is not known to this build")]
    UnknownVersion {
        /// What is versioned.
        what: &'static str,
        /// The version found.
        version: u64,
    },
}

/// Writes values one after another.
#[derive(Debug, Default, Clone)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// An empty writer.
    pub fn new() -> Self {
        Writer(Vec::new())
    }

    /// One byte.
    pub fn u8(&mut self, value: u8) -> &mut Self {
        self.0.push(value);
        self
    }

    /// A number in LEB128.
    pub fn number(&mut self, mut value: u64) -> &mut Self {
        while value >= 0x80 {
            self.0.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
        self
    }

    /// Bytes of a length that both sides know.
    pub fn fixed(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Bytes with their length before them.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.number(bytes.len() as u64).fixed(bytes)
    }

    /// How many bytes were written.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The bytes so far.
    pub fn as_slice(&self) -> &[u8] {
        &self.0
    }

    /// The bytes.
    pub fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Reads values one after another and refuses all that [`Writer`] does not write.
#[derive(Debug, Clone)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// A reader over these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader(bytes)
    }

    /// How many bytes are left.
    pub fn left(&self) -> usize {
        self.0.len()
    }

    /// Whether all was read.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8, CodecError> {
        let (first, rest) = self.0.split_first().ok_or(CodecError::Truncated)?;
        self.0 = rest;
        Ok(*first)
    }

    /// A yes or no: one byte, 1 or 0.
    pub fn yes_no(&mut self, what: &'static str) -> Result<bool, CodecError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(CodecError::BadValue { what }),
        }
    }

    /// A number in LEB128, shortest form.
    pub fn number(&mut self) -> Result<u64, CodecError> {
        let mut value: u64 = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            let part = u64::from(byte & 0x7f);
            if shift == 63 && part > 1 {
                return Err(CodecError::NotMinimal);
            }
            value |= part << shift;
            if byte & 0x80 == 0 {
                return if byte == 0 && shift > 0 {
                    Err(CodecError::NotMinimal)
                } else {
                    Ok(value)
                };
            }
        }
        Err(CodecError::NotMinimal)
    }

    /// A count or length of at most `limit`.
    pub fn count(&mut self, limit: usize) -> Result<usize, CodecError> {
        let found = self.number()?;
        match usize::try_from(found) {
            Ok(n) if n <= limit => Ok(n),
            _ => Err(CodecError::TooLong {
                found,
                limit: limit as u64,
            }),
        }
    }

    /// `len` bytes.
    pub fn fixed(&mut self, len: usize) -> Result<&'a [u8], CodecError> {
        if self.0.len() < len {
            return Err(CodecError::Truncated);
        }
        let (first, rest) = self.0.split_at(len);
        self.0 = rest;
        Ok(first)
    }

    /// An array of a known length.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        let mut array = [0; N];
        array.copy_from_slice(self.fixed(N)?);
        Ok(array)
    }

    /// Bytes with their length before them, at most `limit`.
    pub fn bytes(&mut self, limit: usize) -> Result<&'a [u8], CodecError> {
        let len = self.count(limit)?;
        self.fixed(len)
    }

    /// A UTF-8 text of at most `limit` bytes.
    pub fn text(&mut self, limit: usize) -> Result<&'a str, CodecError> {
        std::str::from_utf8(self.bytes(limit)?).map_err(|_| CodecError::BadValue { what: "text" })
    }

    /// Checks that nothing is left over.
    pub fn end(&self) -> Result<(), CodecError> {
        match self.0.len() {
            0 => Ok(()),
            left => Err(CodecError::Trailing { left }),
        }
    }
}

macro_rules! fixed_codec {
    ($($name:ident),*) => {$(
        impl crate::id::$name {
            /// Reads one.
            pub fn read(r: &mut Reader) -> Result<Self, CodecError> {
                Ok(Self(r.array()?))
            }
        }
    )*};
}
fixed_codec!(
    PlaceId, ScopeId, DocId, FeedId, LogId, PersonId, BoxId, LetterId, Hash, PublicKey, Salt
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_number_comes_back_and_no_longer_form_is_taken(n in any::<u64>()) {
            let mut w = Writer::new();
            w.number(n);
            let bytes = w.finish();
            prop_assert_eq!(Reader::new(&bytes).number(), Ok(n));
            let mut longer = bytes.clone();
            let last = longer.len() - 1;
            longer[last] |= 0x80;
            longer.push(0);
            prop_assert_eq!(Reader::new(&longer).number(), Err(CodecError::NotMinimal));
        }
    }

    #[test]
    fn a_length_over_its_limit_is_refused_before_anything_is_read() {
        let mut w = Writer::new();
        w.number(5).fixed(b"hello");
        let bytes = w.finish();
        assert_eq!(Reader::new(&bytes).bytes(5), Ok(&b"hello"[..]));
        let refused = Reader::new(&bytes).bytes(4);
        assert_eq!(refused, Err(CodecError::TooLong { found: 5, limit: 4 }));
    }
}
