//! The carrier through a blind mailbox: a host on the Internet that keeps sealed letters until they are fetched.
//!
//! Phone and node are seldom awake at the same time, and an office's line seldom has an address. So both dial
//! out to a mailbox, which anybody may run: it sees boxes and sizes, and learns no name, no sender and no
//! content. Anybody may lay a letter into a box. Who fetches from one signs for it with the key that the
//! box is of: over the act, the box, the letter, the mailbox's own name (so that one mailbox cannot use what
//! was signed for another) and a word of the mailbox that is good for some minutes (so that the clock of a
//! phone does not matter). A request that is repeated gives the same sealed bytes, or removes what is gone.
//!
//! Format: `docs/format.md`. Does not know: what is in a letter.

use super::bundle::{Letter, LetterError};
use super::http::{CarrierError, Options, client, good, line, whole};
use crate::codec::{CodecError, Reader, Writer};
use crate::id::{BoxId, Hash, Hasher, LetterId, PublicKey, hex, unhex};
use crate::identity::{SecretKey, Signature};
use crate::limits;
use reqwest::Method;

/// The mailbox's word that a signature covers.
pub type Nonce = [u8; 32];

/// What is done with a box by its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Act {
    /// List the letters.
    List = 1,
    /// Fetch one.
    Fetch = 2,
    /// Remove one.
    Remove = 3,
}

/// The word before the proof in the header `authorization`.
const SCHEME: &str = "Chibo ";

/// That somebody may act on a box: its key, the mailbox's word, and the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    /// The key that the box is of.
    pub key: PublicKey,
    /// The mailbox's word.
    pub nonce: Nonce,
    /// By the key.
    pub signature: Signature,
}

fn signed(name: &str, act: Act, of: BoxId, letter: Option<LetterId>, nonce: &Nonce) -> Hash {
    Hasher::new("chibo/mailbox/1")
        .part(name.as_bytes())
        .number(act as u64)
        .part(&of.0)
        .part(letter.as_ref().map_or(&[], |l| &l.0[..]))
        .part(nonce)
        .hash()
}

impl Proof {
    /// Signs for an act at the mailbox of this name.
    pub fn new(
        name: &str,
        act: Act,
        letter: Option<LetterId>,
        nonce: Nonce,
        key: &SecretKey,
    ) -> Self {
        let of = key.public().letter_box();
        Proof {
            key: key.public(),
            nonce,
            signature: key.sign(&signed(name, act, of, letter, &nonce)),
        }
    }

    /// Whether it is the owner of the box who asks for this act at the mailbox of this name. Whether its
    /// word is still good is for the mailbox to say.
    pub fn holds(&self, name: &str, act: Act, of: BoxId, letter: Option<LetterId>) -> bool {
        let hash = signed(name, act, of, letter, &self.nonce);
        self.key.letter_box() == of && self.key.has_signed(&hash, &self.signature)
    }

    /// The value of the header.
    pub fn to_header(&self) -> String {
        let mut w = Writer::new();
        w.fixed(&self.key.0).fixed(&self.nonce);
        w.fixed(&self.signature.0);
        format!("{SCHEME}{}", hex(w.as_slice()))
    }

    /// Reads the value of the header.
    pub fn from_header(value: &str) -> Option<Self> {
        let digits = value.strip_prefix(SCHEME)?;
        let bytes = unhex(digits)?;
        let mut r = Reader::new(&bytes);
        let proof = Proof {
            key: PublicKey::read(&mut r).ok()?,
            nonce: r.array().ok()?,
            signature: Signature::read(&mut r).ok()?,
        };
        // Lower-case digits and no others, as in the names of boxes.
        (proof.to_header() == value).then_some(proof)
    }
}

/// What a mailbox says of the letters in a box: each with its bytes, the oldest first.
pub fn write_list(letters: &[(LetterId, u64)]) -> Vec<u8> {
    let mut w = Writer::new();
    w.number(letters.len() as u64);
    for (id, bytes) in letters {
        w.fixed(&id.0).number(*bytes);
    }
    w.finish()
}

/// Reads what [`write_list`] wrote.
pub fn read_list(bytes: &[u8]) -> Result<Vec<(LetterId, u64)>, CodecError> {
    let mut r = Reader::new(bytes);
    let mut letters = Vec::new();
    for _ in 0..r.count(limits::BOX_LETTERS)? {
        letters.push((LetterId::read(&mut r)?, r.number()?));
    }
    r.end()?;
    Ok(letters)
}

/// The name of the mailbox at an address, as signatures cover it: host, and port unless it is the usual one.
pub fn name_of(url: &str) -> Result<String, CarrierError> {
    let parsed = reqwest::Url::parse(url).map_err(|e| CarrierError::Address(e.to_string()))?;
    let host = parsed
        .host_str()
        .ok_or_else(|| CarrierError::Address(url.to_owned()))?;
    Ok(match parsed.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}

/// A mailbox that is reached over HTTP.
#[derive(Debug, Clone)]
pub struct Mailbox {
    client: reqwest::Client,
    url: String,
    name: String,
}

impl Mailbox {
    /// The mailbox at this address. `https` needs a certificate of a public authority, or one of those in
    /// `options`; without TLS only this very machine is spoken to.
    pub fn new(url: &str, options: &Options) -> Result<Self, CarrierError> {
        let (client, url) = client(url, options)?;
        let name = name_of(&url)?;
        Ok(Mailbox { client, url, name })
    }

    /// The name that signatures cover ([`name_of`]).
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Lays a letter into its box. The same letter twice is one.
    ///
    /// # Errors
    /// [`CarrierError::NotNow`] where the box is full: the sender keeps its work and tries again later.
    pub async fn put(&self, letter: &Letter) -> Result<(), CarrierError> {
        let url = format!("{}/v1/box/{}", self.url, letter.to);
        let request = self.client.put(url).body(letter.to_bytes());
        good(request.send().await.map_err(line)?).await.map(drop)
    }

    /// Begins a visit to the box of this key.
    pub async fn visit<'a>(&'a self, key: &'a SecretKey) -> Result<Visit<'a>, CarrierError> {
        let request = self.client.get(format!("{}/v1/nonce", self.url));
        let response = good(request.send().await.map_err(line)?).await?;
        let body = whole(response, 32).await?;
        let nonce = body.try_into();
        Ok(Visit {
            mailbox: self,
            key,
            nonce: nonce.map_err(|_| no_mailbox())?,
        })
    }
}

fn no_mailbox() -> CarrierError {
    CarrierError::Refused("this is no mailbox".into())
}

/// A visit to one's own box, good for some minutes.
#[derive(Debug)]
pub struct Visit<'a> {
    mailbox: &'a Mailbox,
    key: &'a SecretKey,
    nonce: Nonce,
}

impl Visit<'_> {
    async fn ask(
        &self,
        method: Method,
        act: Act,
        letter: Option<LetterId>,
    ) -> Result<reqwest::Response, CarrierError> {
        let mut url = format!(
            "{}/v1/box/{}",
            self.mailbox.url,
            self.key.public().letter_box()
        );
        if let Some(letter) = letter {
            url.push_str(&format!("/{letter}"));
        }
        let proof = Proof::new(&self.mailbox.name, act, letter, self.nonce, self.key);
        let request = self.mailbox.client.request(method, url);
        let request = request.header("authorization", proof.to_header());
        request.send().await.map_err(line)
    }

    /// The letters in the box, the oldest first.
    pub async fn list(&self) -> Result<Vec<LetterId>, CarrierError> {
        let response = good(self.ask(Method::GET, Act::List, None).await?).await?;
        let body = whole(response, limits::BOX_LETTERS * 32).await?;
        let list = read_list(&body).map_err(|_| no_mailbox())?;
        Ok(list.into_iter().map(|(id, _)| id).collect())
    }

    /// One letter; what is no whole letter is told as the inner error, and may be removed. `None`: it is gone.
    pub async fn fetch(
        &self,
        id: LetterId,
    ) -> Result<Option<Result<Letter, LetterError>>, CarrierError> {
        let response = self.ask(Method::GET, Act::Fetch, Some(id)).await?;
        if response.status().as_u16() == 404 {
            return Ok(None);
        }
        let body = whole(good(response).await?, limits::SEALED_BYTES + 64).await?;
        Ok(Some(Letter::from_bytes(&body)))
    }

    /// Removes one letter; that it is gone already is no error.
    pub async fn remove(&self, id: LetterId) -> Result<(), CarrierError> {
        let response = self.ask(Method::DELETE, Act::Remove, Some(id)).await?;
        good(response).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_good_for_one_act_on_one_box_at_one_mailbox() {
        let key = SecretKey::from_seed([1; 32]);
        let (own, letter) = (key.public().letter_box(), LetterId([4; 16]));
        let proof = Proof::new("a.example", Act::Fetch, Some(letter), [9; 32], &key);
        assert!(proof.holds("a.example", Act::Fetch, own, Some(letter)));
        assert!(!proof.holds("b.example", Act::Fetch, own, Some(letter)));
        assert!(!proof.holds("a.example", Act::Remove, own, Some(letter)));
        assert!(!proof.holds("a.example", Act::Fetch, own, None));
        let other = SecretKey::from_seed([2; 32]).public().letter_box();
        assert!(!proof.holds("a.example", Act::Fetch, other, Some(letter)));
        // The right words for a box, signed with a key that the box is not of.
        let stranger = SecretKey::from_seed([2; 32]);
        let words = signed("a.example", Act::List, own, None, &[9; 32]);
        let forged = Proof {
            key: stranger.public(),
            nonce: [9; 32],
            signature: stranger.sign(&words),
        };
        assert!(!forged.holds("a.example", Act::List, own, None));
        let nonce = [8; 32];
        assert!(!Proof { nonce, ..proof }.holds("a.example", Act::Fetch, own, Some(letter)));
        assert_eq!(Proof::from_header(&proof.to_header()), Some(proof));
        for bad in ["", "Chibo ", "Chibo zz", "Basic 00"] {
            assert_eq!(Proof::from_header(bad), None);
        }
    }

    #[test]
    fn a_mailbox_is_named_by_its_host() {
        assert_eq!(name_of("https://thu.example/").unwrap(), "thu.example");
        assert_eq!(name_of("https://thu.example:443").unwrap(), "thu.example");
        assert_eq!(name_of("http://127.0.0.1:81").unwrap(), "127.0.0.1:81");
        assert!(name_of("thu.example").is_err());
    }
}
