//! Secrets as sixteen words that people write on paper, and secrets dealt out to officers.
//!
//! A word stands for 11 bits: one of the 2,048 of the BIP-39 list, English words without diacritics of which no
//! two begin with the same four letters. Sixteen of them are 22 bytes. An officer's share is the number of the
//! share and 21 bytes (Shamir's scheme over GF(256), by the `blahaj` crate), so it is sixteen words too.

use super::{LockError, OFFICERS};
use bip39::Language;
use blahaj::{Share, Sharks};
use rand_core::RngCore;
use std::convert::Infallible;
use zeroize::Zeroizing;

/// Words of one secret.
const WORDS: usize = 16;
/// Bytes of one secret: 176 bits.
const BYTES: usize = WORDS * 11 / 8;

/// The words of these bytes.
pub(super) fn to_words(bytes: &[u8; BYTES]) -> Zeroizing<String> {
    let list = Language::English.word_list();
    let word = |n: usize| {
        let bits = n * 11..(n + 1) * 11;
        bits.fold(0, |word, bit| {
            word << 1 | usize::from(bytes[bit / 8] >> (7 - bit % 8) & 1)
        })
    };
    let words: Vec<&str> = (0..WORDS).map(|n| list[word(n) % list.len()]).collect();
    Zeroizing::new(words.join(" "))
}

/// The bytes of these words; capitals and line breaks do not matter.
pub(super) fn from_words(text: &str) -> Result<Zeroizing<[u8; BYTES]>, LockError> {
    let found = text.split_whitespace().count();
    if found != WORDS {
        return Err(LockError::WordCount { found });
    }
    let mut bytes = Zeroizing::new([0_u8; BYTES]);
    for (n, word) in text.split_whitespace().enumerate() {
        let unknown = LockError::UnknownWord { position: n + 1 };
        let lower = Zeroizing::new(word.to_lowercase());
        let index = Language::English.find_word(&lower).ok_or(unknown)?;
        for bit in 0..11 {
            let to = n * 11 + bit;
            bytes[to / 8] |= ((index >> (10 - bit) & 1) as u8) << (7 - to % 8);
        }
    }
    Ok(bytes)
}

/// Deals a new secret out: the words of each officer.
pub(super) fn deal(rng: &mut dyn RngCore) -> Vec<Zeroizing<String>> {
    let (officers, needed) = OFFICERS;
    let mut secret = Zeroizing::new([0; BYTES - 1]);
    rng.fill_bytes(&mut secret[..]);
    let shares = Sharks(needed).dealer_rng(&secret[..], &mut Chance(rng));
    let mut all = Vec::new();
    for share in shares.take(officers) {
        let mut bytes = Zeroizing::new([0; BYTES]);
        bytes.copy_from_slice(&Zeroizing::new(Vec::from(&share)));
        all.push(to_words(&bytes));
    }
    all
}

/// The secret that these officers hold together.
pub(super) fn join(words: &[&str]) -> Result<Zeroizing<Vec<u8>>, LockError> {
    let (_, needed) = OFFICERS;
    let mut shares: Vec<Share> = Vec::new();
    for words in words {
        let bytes = from_words(words)?;
        let wrong = |_| LockError::Wrong { wait_seconds: 0 };
        let share = Share::try_from(&bytes[..]).map_err(wrong)?;
        // The same officer twice is one officer.
        if !shares.iter().any(|s| s.x == share.x) {
            shares.push(share);
        }
    }
    let sharks = Sharks(needed);
    let secret = sharks.recover(&shares);
    secret
        .map(Zeroizing::new)
        .map_err(|_| LockError::TooFewShares)
}

/// The caller's generator, for a crate that expects a later version of the trait.
struct Chance<'a>(&'a mut dyn RngCore);

impl rand_core_10::TryRng for Chance<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.next_u64())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill_bytes(bytes);
        Ok(())
    }
}

impl rand_core_10::TryCryptoRng for Chance<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_secret_comes_back_from_its_words(bytes in any::<[u8; BYTES]>()) {
            let words = to_words(&bytes);
            prop_assert_eq!(words.split(' ').count(), WORDS);
            prop_assert_eq!(&*from_words(&words.to_uppercase()).unwrap(), &bytes);
        }
    }

    #[test]
    fn a_mistyped_word_is_named_and_a_missing_one_counted() {
        let words = to_words(&[7; BYTES]).to_string();
        let mistyped = words.replacen(' ', " xyz", 1);
        assert_eq!(
            from_words(&mistyped),
            Err(LockError::UnknownWord { position: 2 })
        );
        let short = words.rsplit_once(' ').unwrap().0;
        assert_eq!(from_words(short), Err(LockError::WordCount { found: 15 }));
    }
}
