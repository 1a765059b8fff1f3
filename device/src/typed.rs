//! What a person typed on a screen and has not written into a document yet: a form that is written as a whole, the words of
//! a case's next step, what a field did not take. It lies in the encrypted store until it is written or given up, so that it
//! outlives the screen, the lock and the process, and whoever else uses the phone never meets it. It is a setting of this
//! device: in no document and no feed, so it is never sent.
//!
//! Does not know: screens. What they call themselves and what they keep is text to it.

use crate::handset::Handset;
use chibo_core::codec::{CodecError, Reader, Writer};
use chibo_core::records;
use chibo_core::store::{Store, StoreError};

/// Of so many screens something is kept; of more, what was typed longest ago is given up.
pub const MOST: usize = 64;
/// The longest name of a screen, in bytes.
pub const MOST_NAME: usize = 400;
/// The most that is kept of one screen, in bytes: more than any of its fields takes.
pub const MOST_TEXT: usize = 64 * 1024;

/// What was typed on each screen, the last one that was touched at the end.
fn read(bytes: &[u8]) -> Result<Vec<(String, String)>, CodecError> {
    let mut r = Reader::new(bytes);
    let mut all = Vec::new();
    for _ in 0..r.count(MOST)? {
        let screen = r.text(MOST_NAME)?.to_owned();
        all.push((screen, r.text(MOST_TEXT)?.to_owned()));
    }
    r.end()?;
    Ok(all)
}

fn write(all: &[(String, String)]) -> Vec<u8> {
    let mut w = Writer::new();
    w.number(all.len() as u64);
    for (screen, text) in all {
        w.bytes(screen.as_bytes()).bytes(text.as_bytes());
    }
    w.finish()
}

impl Handset {
    /// Keeps what was typed on a screen, in the place of what was kept of it before; an empty text: nothing any more.
    /// `false`: the name or the text is too long, and nothing has changed.
    pub fn keep_typed(&mut self, screen: &str, text: &str) -> Result<bool, StoreError> {
        if screen.len() > MOST_NAME || text.len() > MOST_TEXT {
            return Ok(false);
        }
        let mut all = self.all_typed()?;
        let before = all.len();
        all.retain(|(name, _)| name != screen);
        if text.is_empty() && all.len() == before {
            return Ok(true);
        }
        if !text.is_empty() {
            all.push((screen.to_owned(), text.to_owned()));
        }
        let kept = all.split_off(all.len().saturating_sub(MOST));
        let store = self.phone.store_mut();
        store.write(|tx| match kept.is_empty() {
            true => records::drop_meta(tx, records::TYPED),
            false => records::set_meta(tx, records::TYPED, &write(&kept)),
        })?;
        Ok(true)
    }

    /// What was typed on a screen and is kept.
    pub fn typed(&self, screen: &str) -> Result<Option<String>, StoreError> {
        let mut all = self.all_typed()?.into_iter();
        Ok(all.find_map(|(name, text)| (name == screen).then_some(text)))
    }

    /// What cannot be read is nothing: no screen may stay shut for it.
    fn all_typed(&self) -> Result<Vec<(String, String)>, StoreError> {
        let kept = self
            .phone
            .store()
            .read(|tx| records::meta(tx, records::TYPED))?;
        Ok(kept.and_then(|bytes| read(&bytes).ok()).unwrap_or_default())
    }
}
