//! Sealing: what leaves the house in a file or lies with strangers can be read by its addressees only.
//!
//! The format is age (age-encryption.org/v1), so that other tools can open what we write. Nobody needs a new
//! key for it: a device's key from its grant, a node's from its epoch and the root key on paper are
//! Ed25519 keys, and each is an X25519 key as well ([`crate::id::PublicKey::x25519`]). Before
//! sealing, the length is rounded up ([`padded`]), so that sizes tell little: at least to 1 KiB, and by
//! an eighth at most. age adds 200 bytes for one reader, 98 for each more, 16 for each further 64 KiB,
//! and a line of noise of up to 210 bytes.
//!
//! Sealing draws entropy (age does), so it stands outside of the pure core. It proves nothing about the
//! sender: what is inside carries its own signature.
//!
//! Does not know: files, whose a key is, what is sealed.

use crate::id::PublicKey;
use crate::identity::SecretKey;
use crate::limits;
use age::secrecy::SecretString;
use age::{DecryptError, Decryptor, Encryptor};
use bech32::{ToBase32, Variant};
use std::io::{self, Read, Write};
use zeroize::Zeroizing;

/// Why something could not be sealed or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// It is sealed for somebody else, or the passphrase is another. What was altered in the line about the
    /// reader looks the same.
    #[error("it is sealed for another key")]
    NotForThisKey,
    /// It is nothing that was sealed, it was altered, or its end is missing.
    #[error("it is damaged, or nothing that was sealed")]
    Damaged,
    /// It is longer than such a thing may be.
    #[error("it is longer than {limit} bytes")]
    TooLarge {
        /// The most that is allowed, in bytes.
        limit: u64,
    },
    /// It is sealed for more readers than such a thing may have.
    #[error("it is sealed for too many readers")]
    TooManyReaders,
    /// There is nobody to seal for, or too many, or a key is none that can be sealed for.
    #[error("there is no key to seal for")]
    NoReader,
    /// What was read from or written to failed.
    #[error("{kind}")]
    Io {
        /// How.
        kind: io::ErrorKind,
    },
}

impl From<io::Error> for SealError {
    fn from(e: io::Error) -> Self {
        match e.kind() {
            // How age tells of bytes that were altered or are missing.
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => SealError::Damaged,
            kind => SealError::Io { kind },
        }
    }
}

impl From<DecryptError> for SealError {
    fn from(e: DecryptError) -> Self {
        match e {
            // A wrong passphrase is told as the third.
            DecryptError::NoMatchingKeys
            | DecryptError::KeyDecryptionFailed
            | DecryptError::DecryptionFailed => SealError::NotForThisKey,
            DecryptError::ExcessiveWork { .. } => SealError::TooLarge {
                limit: 1 << limits::PASSPHRASE_WORK,
            },
            DecryptError::Io(e) => e.into(),
            _ => SealError::Damaged,
        }
    }
}

/// Whom something is sealed for.
#[derive(Debug, Clone, Copy)]
pub enum Lock<'a> {
    /// The owners of these keys; each opens it alone.
    Keys(&'a [PublicKey]),
    /// Whoever knows this passphrase.
    Passphrase(&'a str),
}

/// What opens it.
#[derive(Debug, Clone, Copy)]
pub enum Opener<'a> {
    /// A key.
    Key(&'a SecretKey),
    /// A passphrase.
    Passphrase(&'a str),
}

/// The length that `length` is padded to (Padmé, of the PURB paper): its size tells no more than some 4 bits more
/// than its magnitude, and it grows by 12 % at most, by less the longer it is.
pub fn padded(length: u64) -> u64 {
    let length = length.max(limits::PAD_BYTES);
    let magnitude = u64::from(length.ilog2());
    let kept = u64::from(magnitude.ilog2()) + 1;
    let step = 1_u64 << magnitude.saturating_sub(kept);
    length.checked_next_multiple_of(step).unwrap_or(length)
}

fn recipient(key: &PublicKey) -> Result<age::x25519::Recipient, SealError> {
    let point = key.x25519().ok_or(SealError::NoReader)?;
    let text = bech32::encode("age", point.to_base32(), Variant::Bech32);
    let text = text.map_err(|_| SealError::NoReader)?;
    text.parse().map_err(|_| SealError::NoReader)
}

fn identity(key: &SecretKey) -> Result<age::x25519::Identity, SealError> {
    let text = bech32::encode("age-secret-key-", key.x25519().to_base32(), Variant::Bech32);
    let mut text = Zeroizing::new(text.map_err(|_| SealError::NotForThisKey)?);
    text.make_ascii_uppercase();
    let parsed = text.parse();
    parsed.map_err(|_| SealError::NotForThisKey)
}

fn encryptor(lock: Lock) -> Result<Encryptor, SealError> {
    match lock {
        Lock::Keys(keys) if keys.len() > limits::LETTER_READERS => Err(SealError::NoReader),
        Lock::Keys(keys) => {
            let all = keys.iter().map(recipient).collect::<Result<Vec<_>, _>>()?;
            Encryptor::with_recipients(all.iter().map(|r| r as &dyn age::Recipient))
        }
        .map_err(|_| SealError::NoReader),
        Lock::Passphrase(words) => {
            let mut one = age::scrypt::Recipient::new(SecretString::from(words.to_owned()));
            one.set_work_factor(limits::PASSPHRASE_WORK);
            Encryptor::with_recipients(std::iter::once(&one as &dyn age::Recipient))
                .map_err(|_| SealError::NoReader)
        }
    }
}

/// Seals what is written into the result; call `finish` on it at the end, or it cannot be opened.
pub fn sealing<W: Write>(lock: Lock, into: W) -> Result<age::stream::StreamWriter<W>, SealError> {
    Ok(encryptor(lock)?.wrap_output(into)?)
}

/// Reads what was sealed, while it is proven piece by piece: a piece that was altered is an error of kind
/// `InvalidData`, and so is a missing end. The caller bounds how much it reads.
pub fn opening<R: Read>(
    opener: Opener,
    from: R,
) -> Result<age::stream::StreamReader<R>, SealError> {
    let decryptor = Decryptor::new(from)?;
    Ok(match opener {
        Opener::Key(key) => {
            let one = identity(key)?;
            decryptor.decrypt(std::iter::once(&one as &dyn age::Identity))?
        }
        Opener::Passphrase(words) => {
            let mut one = age::scrypt::Identity::new(SecretString::from(words.to_owned()));
            one.set_max_work_factor(limits::PASSPHRASE_WORK + 2);
            decryptor.decrypt(std::iter::once(&one as &dyn age::Identity))?
        }
    })
}

/// Writes the zeros that bring `length` to its padded length.
pub fn pad(length: u64, into: &mut impl Write) -> io::Result<()> {
    let zeros = padded(length).saturating_sub(length);
    io::copy(&mut io::repeat(0).take(zeros), into).map(drop)
}

/// Reads to the end, which must be the padding of so many bytes and nothing else.
pub fn unpad(length: u64, from: &mut impl Read) -> Result<(), SealError> {
    let mut left = padded(length).saturating_sub(length);
    let mut piece = [0; 4096];
    loop {
        let read = from.read(&mut piece)?;
        let zeros = piece.get(..read).is_some_and(|p| p.iter().all(|b| *b == 0));
        match left.checked_sub(read as u64) {
            Some(rest) if zeros && (read > 0 || rest == 0) => left = rest,
            _ => return Err(SealError::Damaged),
        }
        if read == 0 {
            return Ok(());
        }
    }
}

/// Bytes that say how long the content is, before it.
const LENGTH_BYTES: u64 = 8;

/// Seals bytes for these keys.
///
/// # Errors
/// [`SealError::TooLarge`] past [`limits::LETTER_BYTES`], [`SealError::NoReader`].
pub fn seal(keys: &[PublicKey], content: &[u8]) -> Result<Vec<u8>, SealError> {
    seal_up_to(limits::LETTER_BYTES, keys, content)
}

/// As [`seal`], for what may be of another length.
pub fn seal_up_to(limit: usize, keys: &[PublicKey], content: &[u8]) -> Result<Vec<u8>, SealError> {
    if content.len() > limit {
        return Err(SealError::TooLarge {
            limit: limit as u64,
        });
    }
    let length = content.len() as u64;
    let mut sealed = Vec::new();
    let mut writer = sealing(Lock::Keys(keys), &mut sealed)?;
    writer.write_all(&length.to_le_bytes())?;
    writer.write_all(content)?;
    pad(LENGTH_BYTES + length, &mut writer)?;
    writer.finish()?;
    Ok(sealed)
}

/// Opens what [`seal`] made for so many readers at most; never makes more than [`limits::LETTER_BYTES`].
///
/// # Errors
/// [`SealError::TooManyReaders`] before anything is tried: each reader is a sum on the curve, and a header of some
/// megabytes has room for tens of thousands.
pub fn open(key: &SecretKey, readers: usize, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    if sealed.len() > limits::SEALED_BYTES {
        return Err(SealError::TooLarge {
            limit: limits::SEALED_BYTES as u64,
        });
    }
    has_so_many_readers(sealed, readers)?;
    open_counted(limits::LETTER_BYTES, key, sealed)
}

/// Opens what [`seal_up_to`] made with this limit. The caller bounds the sealed bytes.
pub fn open_up_to(limit: usize, key: &SecretKey, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    has_so_many_readers(sealed, limits::LETTER_READERS)?;
    open_counted(limit, key, sealed)
}

/// Lines of a header beside those about readers: that of noise, which age adds.
const NOISE: usize = 1;

/// Whether the header speaks of so many readers at most. The lines of a reader's own begin with an arrow, and the header
/// ends with a line that begins with three dashes.
fn has_so_many_readers(sealed: &[u8], readers: usize) -> Result<(), SealError> {
    let mut found = 0;
    for line in sealed.split(|b| *b == b'\n') {
        if line.starts_with(b"---") {
            break;
        }
        found += usize::from(line.starts_with(b"->"));
        if found > readers.saturating_add(NOISE) {
            return Err(SealError::TooManyReaders);
        }
    }
    Ok(())
}

fn open_counted(limit: usize, key: &SecretKey, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut reader = opening(Opener::Key(key), sealed)?;
    let mut length = [0; LENGTH_BYTES as usize];
    reader.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    if length > limit as u64 {
        return Err(SealError::TooLarge {
            limit: limit as u64,
        });
    }
    let mut content = Vec::new();
    reader.by_ref().take(length).read_to_end(&mut content)?;
    if content.len() as u64 != length {
        return Err(SealError::Damaged);
    }
    unpad(LENGTH_BYTES + length, &mut reader)?;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(n: u8) -> SecretKey {
        SecretKey::from_seed([n; 32])
    }

    const CROWD: usize = limits::LETTER_READERS;

    #[test]
    fn each_reader_opens_it_and_nobody_else() {
        let readers = [key(1).public(), key(2).public()];
        let sealed = seal(&readers, "Đinh Văn Quang".as_bytes()).unwrap();
        for n in [1, 2] {
            assert_eq!(
                open(&key(n), CROWD, &sealed).unwrap(),
                "Đinh Văn Quang".as_bytes()
            );
        }
        assert_eq!(open(&key(3), CROWD, &sealed), Err(SealError::NotForThisKey));
    }

    #[test]
    fn sizes_tell_little_and_cost_an_eighth_at_most() {
        for length in [0, 1, 150, 1016] {
            assert_eq!(padded(length), 1024, "{length}");
        }
        for length in 1024..200_000_u64 {
            let padded = padded(length);
            assert!(
                padded >= length && padded - length <= length / 8,
                "{length}"
            );
        }
        assert_eq!(padded(u64::MAX), u64::MAX);
        let overheads: Vec<usize> = [0, 900, 1016]
            .map(|n| seal(&[key(1).public()], &vec![7; n]).unwrap().len() - 1024)
            .into();
        assert!(
            overheads.iter().all(|o| (200..=420).contains(o)),
            "{overheads:?}"
        );
    }

    #[test]
    fn a_key_that_anybody_could_open_is_no_reader() {
        // The neutral element of the curve, and bytes that are no point at all.
        let mut neutral = [0; 32];
        neutral[0] = 1;
        let none = (0..99).map(|n| [n; 32]);
        let none = none.filter(|n| PublicKey(*n).x25519().is_none());
        let bad: Vec<[u8; 32]> = none.chain([neutral, [0; 32]]).collect();
        assert!(bad.len() > 10);
        for bad in bad {
            assert_eq!(seal(&[PublicKey(bad)], b"x"), Err(SealError::NoReader));
        }
        assert_eq!(seal(&[], b"x"), Err(SealError::NoReader));
        let crowd = vec![key(1).public(); limits::LETTER_READERS + 1];
        assert_eq!(seal(&crowd, b"x"), Err(SealError::NoReader));
    }

    #[test]
    fn a_header_that_speaks_of_more_readers_than_there_may_be_is_not_tried() {
        // Another reader's stanza, as often as a letter of that length has room for.
        let sealed = seal(&[key(1).public()], b"x").unwrap();
        let start = sealed.windows(2).position(|w| w == b"->").unwrap();
        let other = seal(&[key(2).public()], b"x").unwrap();
        let of_other = other.windows(9).position(|w| w == b"-> X25519").unwrap();
        let stanza = &other[of_other..of_other + 98];
        let crowded = |readers: usize| {
            let crowd = stanza.repeat(readers);
            [&sealed[..start], &crowd, &sealed[start..]].concat()
        };
        let flood = crowded((limits::SEALED_BYTES - 2_000) / 98);
        assert!(flood.len() <= limits::SEALED_BYTES);
        assert_eq!(open(&key(1), CROWD, &flood), Err(SealError::TooManyReaders));
        // At the limit it is tried, and found to be altered; in a box of one's own the limit is one.
        assert_eq!(open(&key(1), CROWD, &crowded(9)), Err(SealError::Damaged));
        let two = seal(&[key(1).public(), key(2).public()], b"x").unwrap();
        assert_eq!(open(&key(1), 2, &two).unwrap(), b"x");
        let ways =
            (0..50).map(|_| seal(&[key(1).public(), key(2).public(), key(3).public()], b"x"));
        for three in ways {
            assert_eq!(
                open(&key(1), 1, &three.unwrap()),
                Err(SealError::TooManyReaders)
            );
        }
        for _ in 0..50 {
            let one = seal(&[key(1).public()], b"x").unwrap();
            assert_eq!(open(&key(1), 1, &one).unwrap(), b"x");
        }
    }

    #[test]
    fn a_letter_may_be_as_long_as_the_limit_and_not_a_byte_longer() {
        let at = vec![1; limits::LETTER_BYTES];
        let sealed = seal(&[key(1).public()], &at).unwrap();
        assert!(sealed.len() <= limits::SEALED_BYTES);
        assert_eq!(open(&key(1), CROWD, &sealed).unwrap(), at);
        let past = vec![1; limits::LETTER_BYTES + 1];
        let refused = seal(&[key(1).public()], &past);
        assert!(matches!(refused, Err(SealError::TooLarge { .. })));
        let long = vec![0; limits::SEALED_BYTES + 1];
        assert!(matches!(
            open(&key(1), CROWD, &long),
            Err(SealError::TooLarge { .. })
        ));
    }

    #[test]
    fn what_was_sealed_with_another_padding_is_damaged() {
        let mut sealed = Vec::new();
        let keys = [key(1).public()];
        let mut writer = sealing(Lock::Keys(&keys), &mut sealed).unwrap();
        writer
            .write_all(&[3, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3])
            .unwrap();
        writer.finish().unwrap();
        assert_eq!(open(&key(1), CROWD, &sealed), Err(SealError::Damaged));
    }

    #[test]
    fn a_passphrase_opens_what_it_sealed_and_no_other_does() {
        let mut sealed = Vec::new();
        let mut writer = sealing(Lock::Passphrase("tre làng Gióng"), &mut sealed).unwrap();
        writer.write_all(b"abc").unwrap();
        writer.finish().unwrap();
        let mut read = Vec::new();
        let mut reader = opening(Opener::Passphrase("tre làng Gióng"), &sealed[..]).unwrap();
        reader.read_to_end(&mut read).unwrap();
        assert_eq!(read, b"abc");
        let other = opening(Opener::Passphrase("tre làng"), &sealed[..]);
        assert_eq!(other.err(), Some(SealError::NotForThisKey));
        assert!(opening(Opener::Key(&key(1)), &sealed[..]).is_err());
    }

    proptest! {
        #[test]
        fn what_is_altered_anywhere_does_not_open(at in any::<prop::sample::Index>(), bit in 0..8_u32) {
            let mut sealed = seal(&[key(1).public()], b"records").unwrap();
            let at = at.index(sealed.len());
            sealed[at] ^= 1_u8 << bit;
            prop_assert!(open(&key(1), CROWD, &sealed).is_err());
        }

        #[test]
        fn what_is_cut_off_does_not_open(at in any::<prop::sample::Index>()) {
            let sealed = seal(&[key(1).public()], &[5; 70_000]).unwrap();
            prop_assert!(open(&key(1), CROWD, &sealed[..at.index(sealed.len())]).is_err());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(open(&key(1), CROWD, &bytes).is_err());
            let led = [b"age-encryption.org/v1\n", &bytes[..]].concat();
            prop_assert!(open(&key(1), CROWD, &led).is_err());
            let led = [b"age-encryption.org/v1\n-> X25519 ", &bytes[..]].concat();
            prop_assert!(open(&key(1), CROWD, &led).is_err());
            prop_assert!(opening(Opener::Passphrase("x"), &led[..]).is_err());
        }
    }
}
