//! Who changed what when (*ai sửa gì, lúc nào*): a document's changes, the last first, each with what stood in a field
//! before it and what it wrote there.
//!
//! A change is a claim of its author's clock; the order is that of the document (what knew of what), so a phone whose
//! clock is off does not put its work elsewhere. Of changes whose feed this store does not know (it was filled in by a
//! checkpoint, or the change was compacted) the author is not told: the office attests them.
//!
//! Does not know: labels, names, the clock.

use crate::document::{self, Containers, Value, Values};
use crate::id::DocId;
use crate::own_data::{Authors, Typed};
use crate::records;
use crate::replica::{self, DRAFTED, Overlay};
use crate::store::{StoreError, Tx};
use crate::time::Timestamp;
use crate::whose::{self, Told, WORDS, Words};
use std::collections::BTreeMap;

/// How far a change has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// The node has it.
    Received,
    /// Written here and sealed, without a receipt.
    Unsent,
    /// Written here and not sealed yet: it can be undone.
    Drafted,
    /// Another device's, from hand to hand, without a receipt.
    Provisional,
}

/// One field that a change wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The path.
    pub path: String,
    /// What its author had before it; `None`: nothing.
    pub before: Option<Value>,
    /// What it wrote; [`Value::Cleared`]: it was emptied.
    pub after: Value,
    /// Whose words that is and how they came, where it is recorded; else they are those of who typed it.
    pub told: Vec<Told>,
}

/// One change of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Who wrote it, under which role, when by their clock; `None`: a draft of this device, or not known here.
    pub typed: Option<Typed>,
    /// When, by its author's clock; `None`: not sealed yet.
    pub time: Option<Timestamp>,
    /// How far it has come.
    pub reached: Reached,
    /// What it wrote, by path.
    pub written: Vec<Written>,
}

/// The last changes of a document, the last first, at most so many after leaving some out.
pub fn of(tx: &dyn Tx, doc: DocId, skip: usize, most: usize) -> Result<Vec<Change>, StoreError> {
    let Some(shown) = replica::shown(tx, doc, &Overlay::of(tx)?)? else {
        return Ok(Vec::new());
    };
    let waiting = waiting(tx, doc)?;
    let changes = shown.doc.get_changes(&[]).into_iter().rev();
    let authored = changes.filter_map(|c| Some((document::author_of(c.actor_id())?, c)));
    let (mut history, mut authors) = (Vec::new(), Authors::new(tx));
    let containers = Containers::of(&shown.doc);
    for (feed, change) in authored.skip(skip).take(most) {
        let paths = document::paths_of(&change, &containers);
        let left = [change.hash()];
        let before = document::values_at(&shown.doc, paths.iter(), change.deps());
        let after = document::values_at(&shown.doc, paths.iter(), &left);
        let words = document::paths_in(&shown.doc, WORDS, &left);
        let words = document::values_at(&shown.doc, words.iter(), &left);
        let drafted = feed == DRAFTED;
        let time = Timestamp(u64::try_from(change.timestamp()).unwrap_or(0));
        history.push(Change {
            typed: match drafted {
                true => None,
                false => authors.typed(feed, time)?,
            },
            time: (!drafted).then_some(time),
            reached: match (drafted, waiting.get(&change.hash().0)) {
                (true, _) => Reached::Drafted,
                (_, Some(false)) => Reached::Unsent,
                (_, Some(true)) => Reached::Provisional,
                (_, None) => Reached::Received,
            },
            written: written(&before, &after, &Words::of(&words)),
        });
    }
    Ok(history)
}

/// Who began a document: the author of its first change; `None`: not known here, the office attests it.
pub fn begun_by(tx: &dyn Tx, doc: DocId) -> Result<Option<Typed>, StoreError> {
    let Some(shown) = replica::shown(tx, doc, &Overlay::of(tx)?)? else {
        return Ok(None);
    };
    let changes = shown.doc.get_changes(&[]).into_iter();
    let mut authored = changes.filter_map(|c| Some((document::author_of(c.actor_id())?, c)));
    let Some((feed, change)) = authored.next() else {
        return Ok(None);
    };
    let time = Timestamp(u64::try_from(change.timestamp()).unwrap_or(0));
    Authors::new(tx).typed(feed, time)
}

/// What a change wrote, with whose words it is: those are no field of their own.
pub(crate) fn written(before: &Values, after: &Values, words: &Words) -> Vec<Written> {
    let written = document::difference(before, after).into_iter();
    let written = written.filter(|(path, _)| !whose::is_words(path));
    written
        .map(|(path, after)| Written {
            before: before.get(&path).cloned(),
            told: words.about(&path, &after),
            path,
            after,
        })
        .collect()
}

/// The changes of a document that have no receipt, by their hash; `true`: another's.
fn waiting(tx: &dyn Tx, doc: DocId) -> Result<BTreeMap<[u8; 32], bool>, StoreError> {
    let mut found = BTreeMap::new();
    for waiting in records::waiting_changes(tx)? {
        let of_it = waiting.changes.iter().filter(|(d, ..)| *d == doc);
        found.extend(of_it.map(|(.., hash)| (*hash, waiting.foreign)));
    }
    Ok(found)
}
