//! Storage: what the engine needs of a disk, and nothing more.
//!
//! A store is a set of ordered tables of byte rows ([`Table`]), changed in transactions that happen
//! whole or not at all, and a *projection*: rows made from documents for lists and search, changed in
//! the same transactions and never the truth. Devices and nodes use the same store. The rows'
//! encodings are in [`crate::records`].
//!
//! A caller may rely on: a transaction that returned is durable (as far as the store was opened so);
//! one that failed has changed nothing; reads inside see its own writes; scans are in key order.
//!
//! Does not know: what the rows mean.

pub mod memory;
#[cfg(feature = "sqlite")]
pub mod sqlite;

use crate::id::{DocId, PlaceId, ScopeId};

/// The tables. Their numbers are part of the store's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Table {
    /// Settings and positions, by name.
    Meta = 0,
    /// Place id → kind, parent, birth.
    Place = 1,
    /// Scope id → chain, last entry, entry at which it was filled in.
    Scope = 2,
    /// Entry number → entry, epoch, chains, body of a control act.
    Log = 3,
    /// Scope id and entry number → nothing: the entries of a scope.
    ScopeLog = 4,
    /// Feed id → scope, key, nonce, head, state.
    Feed = 5,
    /// Feed id and number → the segment and its state.
    Segment = 6,
    /// Feed id and number → nothing: segments without a receipt (own unsent, others' provisional).
    Waiting = 7,
    /// Document id → scope, kind, the saved document.
    Doc = 8,
    /// Scope id and document id → nothing: the documents of a scope.
    ScopeDoc = 9,
    /// Feed id and document id → salt and the entry that used it last.
    Salt = 10,
    /// Entry number → the grant.
    Grant = 11,
    /// Grant hash → entry number.
    GrantHash = 12,
    /// Document id → edits that are not sealed yet.
    Draft = 13,
    /// Running number → a quarantined segment, its sender and the reason.
    Quarantine = 14,
    /// Ticket hash → ticket, and whether it was used.
    Ticket = 15,
    /// Epoch number → the epoch's record.
    Epoch = 16,
    /// Device key → entries authored, quarantined bytes, last seen.
    Device = 17,
}

/// All tables.
pub const TABLES: [Table; 18] = [
    Table::Meta,
    Table::Place,
    Table::Scope,
    Table::Log,
    Table::ScopeLog,
    Table::Feed,
    Table::Segment,
    Table::Waiting,
    Table::Doc,
    Table::ScopeDoc,
    Table::Salt,
    Table::Grant,
    Table::GrantHash,
    Table::Draft,
    Table::Quarantine,
    Table::Ticket,
    Table::Epoch,
    Table::Device,
];

/// Why the store failed. Whatever was under way has changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// No room: free some, then try again.
    #[error("the disk is full; nothing was changed")]
    DiskFull,
    /// Another process has the store open.
    #[error("another program has this store open")]
    InUse,
    /// Written by a newer version of the program.
    #[error("the store is of version {found}; this program knows up to {known}")]
    NewerVersion {
        /// Version of the store.
        found: u32,
        /// The newest that this build knows.
        known: u32,
    },
    /// There is none at this path.
    #[error("there is no store here")]
    Missing,
    /// A copy of a node's store, without its keys: it is gone on from with the root key.
    #[error("this is a backup, without the node's keys; restore it with the root key")]
    NoKeys,
    /// The store was made with another key, or its first page is damaged.
    #[error("this key does not open the store")]
    WrongKey,
    /// The file is no store, or damaged.
    #[error("the store is damaged or no store: {0}")]
    Damaged(String),
    /// Something else that the system says.
    #[error("the store could not be read or written: {0}")]
    Io(String),
}

/// One document as lists and search see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The document.
    pub doc: DocId,
    /// Its scope.
    pub scope: ScopeId,
    /// Its place.
    pub place: PlaceId,
    /// Number of its kind.
    pub kind: u16,
    /// What names it in lists.
    pub title: String,
    /// The title without diacritics, for search.
    pub folded: String,
    /// Sorts as rolls are kept: by given name, in the order of a Vietnamese dictionary.
    pub sort: Vec<u8>,
    /// All values, as a JSON object by path.
    pub json: String,
    /// Open conflicts.
    pub conflicts: u32,
    /// Whether work without a receipt is in it: own unsent or others' provisional.
    pub pending: bool,
}

/// A row: its key and its value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// What a transaction can do.
pub trait Tx {
    /// The row of that key.
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;
    /// Writes a row, over one that is there.
    fn put(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<(), StoreError>;
    /// Removes a row, if it is there.
    fn delete(&mut self, table: Table, key: &[u8]) -> Result<(), StoreError>;
    /// Rows with keys from `from` (inclusive) up to `to` (exclusive; `None`: to the end) in order,
    /// at most `limit`.
    fn scan(
        &self,
        table: Table,
        from: &[u8],
        to: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Pair>, StoreError>;
    /// The last row with a key below `below`, not below `from`.
    fn last(&self, table: Table, from: &[u8], below: &[u8]) -> Result<Option<Pair>, StoreError>;
    /// Writes a projection row.
    fn project(&mut self, row: &Row) -> Result<(), StoreError>;
    /// Removes a projection row.
    fn unproject(&mut self, doc: DocId) -> Result<(), StoreError>;
    /// All projection rows in the order of their document ids (to compare with a rebuild).
    fn projection(&self) -> Result<Vec<Row>, StoreError>;
    /// Removes every projection row.
    fn clear_projection(&mut self) -> Result<(), StoreError>;
}

/// A place to keep rows, with transactions.
pub trait Store {
    /// Runs `work` in a transaction: all of it is durable when this returns `Ok`, and none of it has
    /// happened when it returns `Err`.
    fn write<R, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut dyn Tx) -> Result<R, E>,
    ) -> Result<R, E>;

    /// Makes the store hold nothing of what was removed from its tables: neither in free pages nor in its journal, nor
    /// in the index for search. Dear: the whole file is written anew.
    fn scrub(&mut self) -> Result<(), StoreError>;

    /// Runs `work` over one consistent state.
    fn read<R, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&dyn Tx) -> Result<R, E>,
    ) -> Result<R, E>;
}

/// The smallest key that is greater than every key with this prefix; `None` if there is none.
pub fn after_prefix(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut end = prefix.to_vec();
    while let Some(last) = end.pop() {
        if last < 0xff {
            end.push(last + 1);
            return Some(end);
        }
    }
    None
}
