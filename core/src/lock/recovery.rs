//! The code by which an office helps somebody who forgot a PIN: digits that are spoken over a telephone.
//!
//! Twenty-four random digits, 80 bits, in six groups; each group of four is followed by a digit that checks it
//! (Damm's scheme, begun with the group's number). One misheard digit, two neighbours that changed places and two
//! groups that did are told before anything is tried, with the group that is to be said again.

use super::LockError;
use crate::codec::{CodecError, Reader, Writer};
use crate::id::Hasher;
use rand_core::RngCore;
use zeroize::Zeroizing;

/// Groups of a code.
const GROUPS: usize = 6;
/// Digits of a group, without the one that checks it.
const GROUP: usize = 4;
/// Digits that are spoken.
pub const RECOVERY_DIGITS: usize = GROUPS * (GROUP + 1);
/// Bytes of a code as it travels.
const BYTES: usize = 10;
/// One more than the largest code.
const END: u128 = 10_u128.pow((GROUPS * GROUP) as u32);

/// Damm's quasigroup of order ten: finds every wrong digit and every swap of neighbours.
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

/// The digit that checks a group; `group` counts from 1.
fn check(group: usize, digits: &[u8]) -> u8 {
    let step = |at: u8, digit: &u8| DAMM[usize::from(at % 10)][usize::from(digit % 10)];
    digits.iter().fold((group % 10) as u8, step)
}

/// A code that opens the recovery slot of one phone's lock. It is not printed by mistake, and overwritten when it is
/// dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCode(Zeroizing<[u8; BYTES]>);

impl std::fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecoveryCode")
    }
}

impl RecoveryCode {
    /// A new code.
    pub fn random(rng: &mut dyn RngCore) -> Self {
        loop {
            let mut bytes = Zeroizing::new([0; BYTES]);
            rng.fill_bytes(&mut bytes[..]);
            // Four draws of five are below the end; the others would make some codes likelier.
            if let Some(code) = Self::from_bytes(bytes) {
                return code;
            }
        }
    }

    fn from_bytes(bytes: Zeroizing<[u8; BYTES]>) -> Option<Self> {
        (number(&bytes) < END).then_some(RecoveryCode(bytes))
    }

    /// As it is spoken: six groups of five digits.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut left = number(&self.0);
        let mut digits = Zeroizing::new([0_u8; GROUPS * GROUP]);
        for digit in digits.iter_mut().rev() {
            *digit = (left % 10) as u8;
            left /= 10;
        }
        let mut text = Zeroizing::new(String::with_capacity(RECOVERY_DIGITS + GROUPS));
        for (group, four) in (1..).zip(digits.chunks(GROUP)) {
            if group > 1 {
                text.push(' ');
            }
            let five = four.iter().copied().chain([check(group, four)]);
            text.extend(five.map(|d| char::from(b'0' + d % 10)));
        }
        text
    }

    /// Reads what somebody heard; how it is grouped does not matter.
    ///
    /// # Errors
    /// [`LockError::CodeLength`] or [`LockError::Misheard`]: nothing was tried yet.
    pub fn from_text(text: &str) -> Result<Self, LockError> {
        let mut digits = Zeroizing::new(Vec::with_capacity(RECOVERY_DIGITS));
        let mut found = 0;
        for c in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            found += 1;
            // A letter among them is a digit that was misheard: no digit checks it.
            if digits.len() < RECOVERY_DIGITS {
                digits.push(c.to_digit(10).map_or(u8::MAX, |d| d as u8));
            }
        }
        if found != RECOVERY_DIGITS {
            return Err(LockError::CodeLength { found });
        }
        let mut whole: u128 = 0;
        for (group, five) in (1..).zip(digits.chunks(GROUP + 1)) {
            let misheard = LockError::Misheard { group };
            let (last, four) = five.split_last().ok_or(misheard.clone())?;
            if five.iter().any(|d| *d > 9) || check(group, four) != *last {
                return Err(misheard);
            }
            whole = four.iter().fold(whole, |n, d| n * 10 + u128::from(*d));
        }
        let mut bytes = Zeroizing::new([0; BYTES]);
        bytes.copy_from_slice(&whole.to_be_bytes()[16 - BYTES..]);
        Ok(RecoveryCode(bytes))
    }

    /// The secret of the slot that it opens.
    pub fn secret(&self) -> Zeroizing<[u8; 32]> {
        let hash = Hasher::new("chibo/recovery-code/1").part(&self.0[..]);
        Zeroizing::new(hash.hash().0)
    }

    /// Writes it as it travels.
    pub fn write(&self, w: &mut Writer) {
        w.fixed(&self.0[..]);
    }

    /// Reads it as it travelled.
    pub fn read(r: &mut Reader) -> Result<Self, CodecError> {
        let code = Self::from_bytes(Zeroizing::new(r.array()?));
        code.ok_or(CodecError::BadValue {
            what: "recovery code",
        })
    }
}

fn number(bytes: &[u8; BYTES]) -> u128 {
    bytes.iter().fold(0, |n, b| n << 8 | u128::from(*b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand_chacha::ChaCha8Rng;
    use rand_core::SeedableRng;

    fn code(seed: u64) -> RecoveryCode {
        RecoveryCode::random(&mut ChaCha8Rng::seed_from_u64(seed))
    }

    fn digits(code: &RecoveryCode) -> Vec<char> {
        code.to_text().chars().filter(|c| *c != ' ').collect()
    }

    fn heard(digits: &[char]) -> Result<RecoveryCode, LockError> {
        RecoveryCode::from_text(&digits.iter().collect::<String>())
    }

    proptest! {
        #[test]
        fn every_code_comes_back_from_its_digits_and_from_its_bytes(seed in any::<u64>()) {
            let code = code(seed);
            let text = code.to_text();
            prop_assert_eq!(text.len(), RECOVERY_DIGITS + GROUPS - 1);
            prop_assert_eq!(&RecoveryCode::from_text(&text).unwrap(), &code);
            prop_assert_eq!(&RecoveryCode::from_text(&text.replace(' ', "-")).unwrap(), &code);
            let mut w = Writer::new();
            code.write(&mut w);
            let bytes = w.finish();
            prop_assert_eq!(bytes.len(), BYTES);
            prop_assert_eq!(RecoveryCode::read(&mut Reader::new(&bytes)).unwrap(), code);
        }

        #[test]
        fn whatever_is_typed_is_read_or_told(text in ".{0,60}") {
            let _ = RecoveryCode::from_text(&text);
        }

        #[test]
        fn a_misheard_digit_is_told_with_its_group(seed in any::<u64>(), at in 0..RECOVERY_DIGITS, by in 1_u32..10) {
            let mut said = digits(&code(seed));
            let wrong = (said[at].to_digit(10).unwrap() + by) % 10;
            said[at] = char::from_digit(wrong, 10).unwrap();
            prop_assert_eq!(heard(&said), Err(LockError::Misheard { group: at / 5 + 1 }));
        }

        #[test]
        fn neighbours_that_changed_places_are_told(seed in any::<u64>(), group in 0..GROUPS, at in 0..GROUP) {
            let mut said = digits(&code(seed));
            let at = group * 5 + at;
            prop_assume!(said[at] != said[at + 1]);
            said.swap(at, at + 1);
            prop_assert_eq!(heard(&said), Err(LockError::Misheard { group: group + 1 }));
        }

        #[test]
        fn groups_that_changed_places_are_told(seed in any::<u64>(), one in 0..GROUPS, other in 0..GROUPS) {
            prop_assume!(one != other);
            let mut said = digits(&code(seed));
            for i in 0..5 {
                said.swap(one * 5 + i, other * 5 + i);
            }
            prop_assert!(heard(&said).is_err());
        }
    }

    #[test]
    fn a_digit_too_few_or_too_many_is_told_and_a_letter_is_a_misheard_digit() {
        let mut said = digits(&code(1));
        said.push('1');
        assert_eq!(heard(&said), Err(LockError::CodeLength { found: 31 }));
        said.truncate(29);
        assert_eq!(heard(&said), Err(LockError::CodeLength { found: 29 }));
        said.push('x');
        assert_eq!(heard(&said), Err(LockError::Misheard { group: 6 }));
        assert_eq!(heard(&[]), Err(LockError::CodeLength { found: 0 }));
    }

    #[test]
    fn bytes_past_the_largest_code_are_none() {
        let mut last = [0; BYTES];
        last.copy_from_slice(&(END - 1).to_be_bytes()[16 - BYTES..]);
        assert!(RecoveryCode::read(&mut Reader::new(&last)).is_ok());
        last.copy_from_slice(&END.to_be_bytes()[16 - BYTES..]);
        assert!(RecoveryCode::read(&mut Reader::new(&last)).is_err());
    }
}
