//! Reading numbers and runs of bytes from untrusted input, never past its end.
//!
//! A [`Bytes`] is a window that only shrinks. Numbers are LEB128 as Automerge writes them, and only
//! in their shortest form: a change whose numbers could be written in two ways would have two hashes.

use super::Refusal;

/// The part of the input that has not been read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn new(input: &'a [u8]) -> Self {
        Bytes(input)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The next `n` bytes.
    pub(super) fn take(&mut self, n: usize) -> Result<&'a [u8], Refusal> {
        let (taken, rest) = self.0.split_at_checked(n).ok_or(Refusal::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }

    /// The next `N` bytes, as an array.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Refusal> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Refusal> {
        let (&first, rest) = self.0.split_first().ok_or(Refusal::Truncated)?;
        self.0 = rest;
        Ok(first)
    }

    /// An unsigned number of at most 64 bits, in its shortest form.
    #[inline]
    pub(super) fn unsigned(&mut self) -> Result<u64, Refusal> {
        // Nearly all numbers are of one byte.
        if let Some((&byte @ 0..0x80, rest)) = self.0.split_first() {
            self.0 = rest;
            return Ok(u64::from(byte));
        }
        self.long_unsigned()
    }

    fn long_unsigned(&mut self) -> Result<u64, Refusal> {
        let mut value = 0u64;
        let mut shift = 0u32;
        loop {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(Refusal::Number);
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                // A last byte of zero adds nothing: the same number has a shorter form.
                return if byte == 0 && shift > 0 {
                    Err(Refusal::Number)
                } else {
                    Ok(value)
                };
            }
            shift += 7;
            if shift > 63 {
                return Err(Refusal::Number);
            }
        }
    }

    /// A signed number of at most 64 bits, in its shortest form.
    #[inline]
    pub(super) fn signed(&mut self) -> Result<i64, Refusal> {
        if let Some((&byte @ 0..0x40, rest)) = self.0.split_first() {
            self.0 = rest;
            return Ok(i64::from(byte));
        }
        self.long_signed()
    }

    fn long_signed(&mut self) -> Result<i64, Refusal> {
        let mut value = 0i64;
        let mut shift = 0u32;
        let mut previous = 0u8;
        loop {
            let byte = self.byte()?;
            if shift == 63 && byte != 0 && byte != 0x7f {
                return Err(Refusal::Number);
            }
            value |= i64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                // A last byte that only repeats the sign could have been left out.
                let repeats =
                    (byte == 0 && previous & 0x40 == 0) || (byte == 0x7f && previous & 0x40 != 0);
                if shift > 7 && repeats {
                    return Err(Refusal::Number);
                }
                if shift < 64 && byte & 0x40 != 0 {
                    value |= -1i64 << shift;
                }
                return Ok(value);
            }
            if shift > 63 {
                return Err(Refusal::Number);
            }
            previous = byte;
        }
    }

    /// An unsigned number that fits the machine; more than any input is long otherwise.
    pub(super) fn length(&mut self) -> Result<usize, Refusal> {
        usize::try_from(self.unsigned()?).map_err(|_| Refusal::Truncated)
    }

    /// A text with its length before it.
    pub(super) fn text(&mut self) -> Result<&'a str, Refusal> {
        let length = self.length()?;
        std::str::from_utf8(self.take(length)?).map_err(|_| Refusal::Utf8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_their_shortest_form_only() {
        let read = |b: &[u8]| Bytes::new(b).unsigned();
        assert_eq!(read(&[0]), Ok(0));
        assert_eq!(read(&[0x80, 1]), Ok(128));
        assert_eq!(read(&[0x80, 0]), Err(Refusal::Number));
        assert_eq!(read(&[0x80]), Err(Refusal::Truncated));
        let mut most = [0xff; 10];
        most[9] = 1;
        assert_eq!(read(&most), Ok(u64::MAX));
        most[9] = 2;
        assert_eq!(read(&most), Err(Refusal::Number));
        assert_eq!(read(&[0xff; 11]), Err(Refusal::Number));
    }

    #[test]
    fn signed_numbers_are_read_in_their_shortest_form_only() {
        let read = |b: &[u8]| Bytes::new(b).signed();
        assert_eq!(read(&[0x7f]), Ok(-1));
        assert_eq!(read(&[0xff, 0x7f]), Err(Refusal::Number));
        assert_eq!(read(&[0xc0, 0]), Ok(64));
        assert_eq!(read(&[0x80, 0]), Err(Refusal::Number));
        let mut least = [0x80; 10];
        least[9] = 0x7f;
        assert_eq!(read(&least), Ok(i64::MIN));
        let mut most = [0xff; 10];
        most[9] = 0;
        assert_eq!(read(&most), Ok(i64::MAX));
        most[9] = 1;
        assert_eq!(read(&most), Err(Refusal::Number));
    }
}
