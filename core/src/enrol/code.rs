//! The short code of an office's ticket (*mã ngắn*): what somebody types who cannot take a picture of the square.
//!
//! Twenty-eight signs in seven groups. The first fifteen are the first 75 bits of the name of the node's log, so that the
//! device speaks to that node and to no other; eleven are a secret of 55 bits, drawn for this ticket, of which the ticket's
//! own secret is derived; two check all of them. Any two wrong signs are found, so are any two that changed places, and
//! of a single wrong one the group can be told. All of it without a line.
//!
//! The rest of the ticket, its *terms*, the device asks of the node. It names the ticket by what the node keeps of it, a
//! hash of the secret, and sends the secret itself only when it uses the ticket. So the code and the long text are one
//! ticket, which works once.
//!
//! The signs are those of Crockford's base 32: no I, L, O and U; whoever types I or L means 1, and O means 0.
//!
//! Does not know: the line, which tickets there are, the clock.

use super::{Pass, Ticket, TicketError, Unknown};
use crate::codec::{CodecError, Reader, Writer};
use crate::id::{Hash, Hasher, LogId, PlaceId, PublicKey};
use crate::place::Role;
use crate::time::Timestamp;
use rand_core::RngCore;

/// The signs, by what they stand for.
const SIGNS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Signs of a group.
const GROUP: usize = 4;
/// Signs of the log's name: 75 bits. Never fewer: who made a root key to fit them would be taken for the node.
const LOG_SIGNS: usize = 15;
/// Signs of the secret: 55 bits.
const ONCE_SIGNS: usize = 11;
/// Signs that check the others.
const CHECK_SIGNS: usize = 2;
/// Signs of a code.
pub const CODE_SIGNS: usize = LOG_SIGNS + ONCE_SIGNS + CHECK_SIGNS;
/// Signs of a text that somebody may have meant as a code.
const MOST: usize = CODE_SIGNS + 12;
/// Bytes of the secret as it is written.
const ONCE_BYTES: usize = 7;

/// The secret of one ticket of an office, 55 bits: drawn anew for each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Once(u64);

impl std::fmt::Debug for Once {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Once")
    }
}

impl Once {
    const BITS: u32 = 5 * ONCE_SIGNS as u32;

    /// A new one.
    pub fn random(rng: &mut dyn RngCore) -> Self {
        Once(rng.next_u64() >> (u64::BITS - Self::BITS))
    }

    /// What the node is shown when the ticket is used.
    pub fn secret(self, log: LogPrefix) -> [u8; 16] {
        let mut w = Writer::new();
        self.write(&mut w);
        Hasher::new("chibo/ticket-once/1")
            .part(&log.0.to_be_bytes())
            .part(w.as_slice())
            .id()
    }

    /// Writes it: seven bytes, the highest first.
    pub fn write(self, w: &mut Writer) {
        w.fixed(&self.0.to_be_bytes()[8 - ONCE_BYTES..]);
    }

    /// Reads it.
    pub fn read(r: &mut Reader) -> Result<Self, CodecError> {
        let bytes: [u8; ONCE_BYTES] = r.array()?;
        let once = bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b));
        match once >> Self::BITS {
            0 => Ok(Once(once)),
            _ => Err(CodecError::BadValue { what: "ticket" }),
        }
    }
}

/// The first 75 bits of a log's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogPrefix(u128);

impl LogPrefix {
    /// Of this log.
    pub fn of(log: LogId) -> Self {
        LogPrefix(u128::from_be_bytes(log.0) >> (u128::BITS - 5 * LOG_SIGNS as u32))
    }

    /// Whether the log's name begins so.
    pub fn begins(self, log: LogId) -> bool {
        Self::of(log) == self
    }
}

/// The short code of a ticket.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ShortCode {
    /// Whose ticket it is.
    pub log: LogPrefix,
    once: Once,
}

impl std::fmt::Debug for ShortCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ShortCode")
    }
}

/// Twice this, in the field of 32 elements that x^5 + x^2 + 1 makes: every element but zero is a power of two there, and
/// the first 31 powers differ.
fn doubled(n: u8) -> u8 {
    let high = if n & 0x10 == 0 { 0 } else { 0x25 };
    n << 1 ^ high
}

/// What is zero of both for a code: the sum of its signs, and the sum with each sign weighed by a power of its own. That is
/// a Reed-Solomon code of distance three.
fn sums(signs: &[u8]) -> (u8, u8) {
    let step = |(plain, weighed): (u8, u8), sign: &u8| (plain ^ sign, doubled(weighed) ^ sign);
    signs.iter().fold((0, 0), step)
}

/// Which sign is wrong if only one is, from 0.
fn wrong_sign(signs: &[u8]) -> Option<usize> {
    let (mut by, weighed) = sums(signs);
    for at in (0..signs.len()).rev() {
        if by == weighed {
            return Some(at).filter(|_| by != 0);
        }
        by = doubled(by);
    }
    None
}

/// What a typed sign stands for.
fn value(sign: char) -> Option<u8> {
    let sign = match sign.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        other => other,
    };
    let at = SIGNS.iter().position(|s| char::from(*s) == sign)?;
    u8::try_from(at).ok()
}

impl ShortCode {
    /// That of a ticket with this secret.
    pub(super) fn new(log: LogId, once: Once) -> Self {
        ShortCode {
            log: LogPrefix::of(log),
            once,
        }
    }

    fn signs(&self) -> [u8; CODE_SIGNS] {
        let mut signs = [0; CODE_SIGNS];
        let (mut log, mut once) = (self.log.0, self.once.0);
        for sign in signs[..LOG_SIGNS].iter_mut().rev() {
            *sign = (log & 0x1f) as u8;
            log >>= 5;
        }
        for sign in signs[LOG_SIGNS..CODE_SIGNS - CHECK_SIGNS].iter_mut().rev() {
            *sign = (once & 0x1f) as u8;
            once >>= 5;
        }
        // The last but one decides the last by the plain sum; one of its values gives the other sum as well.
        let (plain, _) = sums(&signs);
        for sign in 0..32 {
            signs[CODE_SIGNS - 2] = sign;
            signs[CODE_SIGNS - 1] = plain ^ sign;
            if sums(&signs) == (0, 0) {
                break;
            }
        }
        signs
    }

    /// As it is printed: seven groups of four signs.
    pub fn to_text(&self) -> String {
        let mut text = String::with_capacity(CODE_SIGNS + CODE_SIGNS / GROUP);
        for (at, sign) in self.signs().iter().enumerate() {
            if at > 0 && at % GROUP == 0 {
                text.push('-');
            }
            text.push(char::from(SIGNS[usize::from(sign & 0x1f)]));
        }
        text
    }

    /// Reads what somebody typed. Capitals and small letters are one, how it is grouped does not matter.
    ///
    /// # Errors
    /// [`TicketError::NotATicket`]: it is far too long; [`TicketError::CodeLength`], [`TicketError::Misread`]: nothing was
    /// asked yet.
    pub fn from_text(text: &str) -> Result<Self, TicketError> {
        let typed = || text.chars().filter(|c| c.is_alphanumeric());
        let found = typed().take(MOST + 1).count();
        if found > MOST {
            return Err(TicketError::NotATicket);
        }
        if found != CODE_SIGNS {
            return Err(TicketError::CodeLength { found });
        }
        let mut signs = [0; CODE_SIGNS];
        let group = |at: usize| at / GROUP + 1;
        for (at, (sign, typed)) in signs.iter_mut().zip(typed()).enumerate() {
            let group = Some(group(at));
            *sign = value(typed).ok_or(TicketError::Misread { group })?;
        }
        if sums(&signs) != (0, 0) {
            let group = wrong_sign(&signs).map(group);
            return Err(TicketError::Misread { group });
        }
        let (log, rest) = signs.split_at(LOG_SIGNS);
        let (once, _) = rest.split_at(ONCE_SIGNS);
        Ok(ShortCode {
            log: LogPrefix(log.iter().fold(0, |n, s| n << 5 | u128::from(*s))),
            once: Once(once.iter().fold(0, |n, s| n << 5 | u64::from(*s))),
        })
    }

    /// The question for the rest of the ticket, by the device with this key.
    pub fn question(&self, key: PublicKey) -> CodeQuestion {
        CodeQuestion {
            ticket: Ticket::fingerprint(&self.once.secret(self.log)),
            key,
        }
    }

    /// The whole ticket, by its terms and the address at which they were told; `None`: they are those of another node.
    pub fn ticket(&self, url: &str, terms: &Terms) -> Option<Ticket> {
        self.log.begins(terms.log).then(|| Ticket {
            url: url.to_owned(),
            log: terms.log,
            role: terms.role,
            place: terms.place,
            expires: terms.expires,
            letter_key: Some(terms.letter_key),
            pass: Pass::Secret(self.once),
        })
    }
}

/// What somebody has typed or scanned: a whole ticket, or the short code of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// A ticket.
    Ticket(Box<Ticket>),
    /// A code: the address of the node is to be typed beside it, and a line to it is needed.
    Code(ShortCode),
}

impl Given {
    /// Reads either.
    ///
    /// # Errors
    /// [`TicketError`], by what it resembles.
    pub fn from_text(text: &str) -> Result<Self, TicketError> {
        match Ticket::from_text(text) {
            Err(TicketError::NotATicket) => Ok(Given::Code(ShortCode::from_text(text)?)),
            ticket => Ok(Given::Ticket(Box::new(ticket?))),
        }
    }
}

/// What a device asks that has a code: the terms of the ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeQuestion {
    /// What the node keeps of the ticket ([`Ticket::fingerprint`]).
    pub ticket: Hash,
    /// The device's public key: who has used the ticket hears the terms again, since the answer to that may not have come.
    pub key: PublicKey,
}

impl CodeQuestion {
    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.u8(1).fixed(&self.ticket.0).fixed(&self.key.0);
        w.finish()
    }

    /// Reads one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, CodecError> {
        let mut r = Reader::new(bytes);
        if r.u8()? != 1 {
            return Err(CodecError::BadValue { what: "question" });
        }
        let question = CodeQuestion {
            ticket: Hash::read(&mut r)?,
            key: PublicKey::read(&mut r)?,
        };
        r.end()?;
        Ok(question)
    }
}

/// All of a ticket but its secret and the node's address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// The node's log.
    pub log: LogId,
    /// The role that is given.
    pub role: Role,
    /// The place on which it is given.
    pub place: PlaceId,
    /// Until when it can be used.
    pub expires: Timestamp,
    /// What a letter to the node is sealed with.
    pub letter_key: PublicKey,
}

/// The answer to a question, as bytes: the terms, or why the ticket is worth nothing.
pub fn answer_to_bytes(answer: &Result<Terms, Unknown>) -> Vec<u8> {
    let mut w = Writer::new();
    w.u8(1);
    match answer {
        Ok(terms) => w
            .u8(0)
            .fixed(&terms.log.0)
            .number(terms.role as u64)
            .fixed(&terms.place.0)
            .number(terms.expires.0)
            .fixed(&terms.letter_key.0),
        Err(why) => w.u8(*why as u8),
    };
    w.finish()
}

/// Reads an answer.
pub fn answer_from_bytes(bytes: &[u8]) -> Result<Result<Terms, Unknown>, CodecError> {
    let mut r = Reader::new(bytes);
    if r.u8()? != 1 {
        return Err(CodecError::BadValue { what: "answer" });
    }
    let answer = match r.u8()? {
        0 => Ok(Terms {
            log: LogId::read(&mut r)?,
            role: Role::from_number(r.number()?).ok_or(CodecError::BadValue { what: "role" })?,
            place: PlaceId::read(&mut r)?,
            expires: Timestamp(r.number()?),
            letter_key: PublicKey::read(&mut r)?,
        }),
        why => Err(Unknown::from_number(why)?),
    };
    r.end()?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::random16;
    use proptest::prelude::*;
    use rand_chacha::ChaCha8Rng;
    use rand_core::SeedableRng;

    fn code(seed: u64) -> (LogId, ShortCode) {
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let log = LogId(random16(rng));
        (log, ShortCode::new(log, Once::random(rng)))
    }

    fn signs(code: &ShortCode) -> Vec<char> {
        code.to_text().chars().filter(|c| *c != '-').collect()
    }

    fn typed(signs: &[char]) -> Result<ShortCode, TicketError> {
        ShortCode::from_text(&signs.iter().collect::<String>())
    }

    proptest! {
        #[test]
        fn every_code_comes_back_from_what_is_typed(seed in any::<u64>()) {
            let (log, code) = code(seed);
            let text = code.to_text();
            prop_assert_eq!(text.len(), 34);
            for typed in [
                text.clone(),
                text.to_lowercase(),
                text.replace('-', " "),
                text.replace('-', "") + "\n",
                text.replace('1', "l").replace('0', "o"),
                text.replace('1', "I").replace('-', " – "),
            ] {
                prop_assert_eq!(ShortCode::from_text(&typed), Ok(code));
                prop_assert_eq!(Given::from_text(&typed), Ok(Given::Code(code)));
            }
            prop_assert!(code.log.begins(log));
        }

        #[test]
        fn a_wrong_sign_is_told_with_its_group(seed in any::<u64>(), at in 0..CODE_SIGNS, by in 1_usize..32) {
            let mut wrong = signs(&code(seed).1);
            let now = value(wrong[at]).unwrap();
            wrong[at] = char::from(SIGNS[(usize::from(now) + by) % 32]);
            prop_assert_eq!(typed(&wrong), Err(TicketError::Misread { group: Some(at / 4 + 1) }));
        }

        #[test]
        fn two_wrong_signs_and_two_that_changed_places_are_told(
            seed in any::<u64>(), one in 0..CODE_SIGNS, other in 0..CODE_SIGNS, by in 1_usize..32, more in 1_usize..32,
        ) {
            prop_assume!(one != other);
            let right = signs(&code(seed).1);
            let mut wrong = right.clone();
            for (at, by) in [(one, by), (other, more)] {
                let now = value(wrong[at]).unwrap();
                wrong[at] = char::from(SIGNS[(usize::from(now) + by) % 32]);
            }
            let is_told = |signs: &[char]| matches!(typed(signs), Err(TicketError::Misread { .. }));
            prop_assert!(is_told(&wrong));
            let mut swapped = right.clone();
            swapped.swap(one, other);
            if swapped != right {
                prop_assert!(is_told(&swapped));
            }
        }

        #[test]
        fn whatever_is_typed_is_read_or_told(text in ".{0,80}") {
            let _ = Given::from_text(&text);
        }

        #[test]
        fn a_log_that_differs_in_any_of_75_bits_does_not_begin_so(seed in any::<u64>(), bit in 0..75_usize) {
            let (log, code) = code(seed);
            let mut other = log;
            other.0[bit / 8] ^= 0x80 >> (bit % 8);
            prop_assert!(!code.log.begins(other));
        }
    }

    #[test]
    fn a_sign_too_few_or_too_many_is_told_and_so_is_one_that_no_code_has() {
        let mut typed_signs = signs(&code(1).1);
        typed_signs.push('7');
        let length = |found| Err(TicketError::CodeLength { found });
        assert_eq!(typed(&typed_signs), length(29));
        typed_signs.truncate(27);
        assert_eq!(typed(&typed_signs), length(27));
        // What a Vietnamese keyboard makes of letters that it thinks belong together.
        typed_signs.push('Ấ');
        assert_eq!(
            typed(&typed_signs),
            Err(TicketError::Misread { group: Some(7) })
        );
        assert_eq!(typed(&[]), length(0));
        assert_eq!(typed(&['A'; 50]), Err(TicketError::NotATicket));
    }

    #[test]
    fn another_ticket_of_a_node_has_another_secret_and_so_has_the_same_at_another_node() {
        let rng = &mut ChaCha8Rng::seed_from_u64(9);
        let (here, there) = (LogId([1; 16]), LogId([2; 16]));
        let (one, other) = (Once::random(rng), Once::random(rng));
        let secret = |log, once: Once| once.secret(LogPrefix::of(log));
        assert_ne!(secret(here, one), secret(here, other));
        assert_ne!(secret(here, one), secret(there, one));
    }

    #[test]
    fn bytes_past_the_largest_secret_are_none() {
        let read = |bytes: &[u8]| Once::read(&mut Reader::new(bytes));
        assert!(read(&[0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).is_ok());
        assert!(read(&[0x80, 0, 0, 0, 0, 0, 0]).is_err());
    }
}
