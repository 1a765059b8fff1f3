//! A store in memory, for simulations: ordered maps, and transactions that are undone on failure.
//!
//! It can be told to fail at its n-th write, as a disk does that fills up or a phone that loses power.

use super::{Pair, Row, Store, StoreError, Table, Tx};
use crate::id::DocId;
use std::collections::BTreeMap;

type Rows = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

/// The store.
#[derive(Debug, Default, Clone)]
pub struct MemoryStore {
    rows: Rows,
    projection: BTreeMap<DocId, Row>,
    writes_until_failure: Option<u64>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Lets the `n`-th write from now fail as if the disk were full (0: the next one); `None`: never.
    pub fn fail_after(&mut self, n: Option<u64>) {
        self.writes_until_failure = n;
    }
}

struct MemoryTx<'a> {
    store: &'a mut MemoryStore,
    /// What the changed rows were before, the latest last.
    undo: Vec<Undo>,
}

enum Undo {
    Row((Table, Vec<u8>), Option<Vec<u8>>),
    Projected(DocId, Option<Row>),
}

impl MemoryTx<'_> {
    fn count_write(&mut self) -> Result<(), StoreError> {
        if let Some(left) = &mut self.store.writes_until_failure {
            if *left == 0 {
                return Err(StoreError::DiskFull);
            }
            *left -= 1;
        }
        Ok(())
    }

    fn roll_back(mut self) {
        while let Some(undo) = self.undo.pop() {
            match undo {
                Undo::Row(key, Some(value)) => drop(self.store.rows.insert(key, value)),
                Undo::Row(key, None) => drop(self.store.rows.remove(&key)),
                Undo::Projected(doc, Some(row)) => drop(self.store.projection.insert(doc, row)),
                Undo::Projected(doc, None) => drop(self.store.projection.remove(&doc)),
            }
        }
    }
}

impl Tx for MemoryTx<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        get(self.store, table, key)
    }

    fn put(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        self.count_write()?;
        let key = (table, key.to_vec());
        let before = self.store.rows.insert(key.clone(), value.to_vec());
        self.undo.push(Undo::Row(key, before));
        Ok(())
    }

    fn delete(&mut self, table: Table, key: &[u8]) -> Result<(), StoreError> {
        self.count_write()?;
        let key = (table, key.to_vec());
        let before = self.store.rows.remove(&key);
        self.undo.push(Undo::Row(key, before));
        Ok(())
    }

    fn scan(
        &self,
        table: Table,
        from: &[u8],
        to: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Pair>, StoreError> {
        scan(self.store, table, from, to, limit)
    }

    fn last(&self, table: Table, from: &[u8], below: &[u8]) -> Result<Option<Pair>, StoreError> {
        last(self.store, table, from, below)
    }

    fn project(&mut self, row: &Row) -> Result<(), StoreError> {
        self.count_write()?;
        let before = self.store.projection.insert(row.doc, row.clone());
        self.undo.push(Undo::Projected(row.doc, before));
        Ok(())
    }

    fn unproject(&mut self, doc: DocId) -> Result<(), StoreError> {
        self.count_write()?;
        let before = self.store.projection.remove(&doc);
        self.undo.push(Undo::Projected(doc, before));
        Ok(())
    }

    fn projection(&self) -> Result<Vec<Row>, StoreError> {
        Ok(self.store.projection.values().cloned().collect())
    }

    fn clear_projection(&mut self) -> Result<(), StoreError> {
        let docs: Vec<DocId> = self.store.projection.keys().copied().collect();
        docs.into_iter().try_for_each(|d| self.unproject(d))
    }
}

/// Reading needs no undo; writes through it are refused by type.
struct MemoryRead<'a>(&'a MemoryStore);

impl Tx for MemoryRead<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        get(self.0, table, key)
    }
    fn put(&mut self, _: Table, _: &[u8], _: &[u8]) -> Result<(), StoreError> {
        Err(read_only())
    }
    fn delete(&mut self, _: Table, _: &[u8]) -> Result<(), StoreError> {
        Err(read_only())
    }
    fn scan(
        &self,
        table: Table,
        from: &[u8],
        to: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Pair>, StoreError> {
        scan(self.0, table, from, to, limit)
    }
    fn last(&self, table: Table, from: &[u8], below: &[u8]) -> Result<Option<Pair>, StoreError> {
        last(self.0, table, from, below)
    }
    fn project(&mut self, _: &Row) -> Result<(), StoreError> {
        Err(read_only())
    }
    fn unproject(&mut self, _: DocId) -> Result<(), StoreError> {
        Err(read_only())
    }
    fn projection(&self) -> Result<Vec<Row>, StoreError> {
        Ok(self.0.projection.values().cloned().collect())
    }
    fn clear_projection(&mut self) -> Result<(), StoreError> {
        Err(read_only())
    }
}

fn read_only() -> StoreError {
    StoreError::Io("written in a reading transaction".into())
}

fn get(store: &MemoryStore, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(store.rows.get(&(table, key.to_vec())).cloned())
}

fn scan(
    store: &MemoryStore,
    table: Table,
    from: &[u8],
    to: Option<&[u8]>,
    limit: usize,
) -> Result<Vec<Pair>, StoreError> {
    Ok(store
        .rows
        .range((table, from.to_vec())..)
        .take_while(|((t, key), _)| *t == table && to.is_none_or(|to| key.as_slice() < to))
        .take(limit)
        .map(|((_, key), value)| (key.clone(), value.clone()))
        .collect())
}

fn last(
    store: &MemoryStore,
    table: Table,
    from: &[u8],
    below: &[u8],
) -> Result<Option<Pair>, StoreError> {
    if from >= below {
        return Ok(None);
    }
    Ok(store
        .rows
        .range((table, from.to_vec())..(table, below.to_vec()))
        .next_back()
        .map(|((_, key), value)| (key.clone(), value.clone())))
}

impl Store for MemoryStore {
    fn scrub(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    fn write<R, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut dyn Tx) -> Result<R, E>,
    ) -> Result<R, E> {
        let mut tx = MemoryTx {
            store: self,
            undo: Vec::new(),
        };
        match work(&mut tx) {
            Ok(result) => Ok(result),
            Err(e) => {
                tx.roll_back();
                Err(e)
            }
        }
    }

    fn read<R, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&dyn Tx) -> Result<R, E>,
    ) -> Result<R, E> {
        work(&MemoryRead(self))
    }
}
