//! What something costs, counted and not timed: how often a store is asked for rows.

use chibo_core::id::DocId;
use chibo_core::store::memory::MemoryStore;
use chibo_core::store::{Pair, Row, Store, StoreError, Table, Tx};
use std::cell::Cell;
use std::rc::Rc;

/// A store that counts what is asked of it.
#[derive(Debug)]
pub struct Counting {
    store: MemoryStore,
    count: Rc<Cell<u64>>,
}

impl Counting {
    pub fn new(store: MemoryStore, count: Rc<Cell<u64>>) -> Self {
        Counting { store, count }
    }
}

struct CountingTx<'a>(&'a mut dyn Tx, &'a Cell<u64>);
struct CountingRead<'a>(&'a dyn Tx, &'a Cell<u64>);

fn counted(count: &Cell<u64>) {
    count.set(count.get() + 1);
}

impl Store for Counting {
    fn write<R, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut dyn Tx) -> Result<R, E>,
    ) -> Result<R, E> {
        let count = self.count.clone();
        (self.store).write(|tx| work(&mut CountingTx(tx, &count)))
    }

    fn scrub(&mut self) -> Result<(), StoreError> {
        self.store.scrub()
    }

    fn read<R, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&dyn Tx) -> Result<R, E>,
    ) -> Result<R, E> {
        self.store.read(|tx| work(&CountingRead(tx, &self.count)))
    }
}

macro_rules! reads {
    () => {
        fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
            counted(self.1);
            self.0.get(table, key)
        }
        fn scan(
            &self,
            table: Table,
            from: &[u8],
            to: Option<&[u8]>,
            limit: usize,
        ) -> Result<Vec<Pair>, StoreError> {
            counted(self.1);
            self.0.scan(table, from, to, limit)
        }
        fn last(
            &self,
            table: Table,
            from: &[u8],
            below: &[u8],
        ) -> Result<Option<Pair>, StoreError> {
            counted(self.1);
            self.0.last(table, from, below)
        }
        fn projection(&self) -> Result<Vec<Row>, StoreError> {
            counted(self.1);
            self.0.projection()
        }
    };
}

impl Tx for CountingTx<'_> {
    reads!();
    fn put(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        counted(self.1);
        self.0.put(table, key, value)
    }
    fn delete(&mut self, table: Table, key: &[u8]) -> Result<(), StoreError> {
        counted(self.1);
        self.0.delete(table, key)
    }
    fn project(&mut self, row: &Row) -> Result<(), StoreError> {
        self.0.project(row)
    }
    fn unproject(&mut self, doc: DocId) -> Result<(), StoreError> {
        self.0.unproject(doc)
    }
    fn clear_projection(&mut self) -> Result<(), StoreError> {
        self.0.clear_projection()
    }
}

impl Tx for CountingRead<'_> {
    reads!();
    fn put(&mut self, _: Table, _: &[u8], _: &[u8]) -> Result<(), StoreError> {
        unreachable!("a read writes nothing")
    }
    fn delete(&mut self, _: Table, _: &[u8]) -> Result<(), StoreError> {
        unreachable!("a read writes nothing")
    }
    fn project(&mut self, _: &Row) -> Result<(), StoreError> {
        unreachable!("a read writes nothing")
    }
    fn unproject(&mut self, _: DocId) -> Result<(), StoreError> {
        unreachable!("a read writes nothing")
    }
    fn clear_projection(&mut self) -> Result<(), StoreError> {
        unreachable!("a read writes nothing")
    }
}
