//! The store on SQLite: one file, WAL, one writer; encrypted (SQLCipher) with a [`StoreKey`].
//!
//! Every page of the file and of its `-wal` is AES-256 with a checksum of its own (HMAC-SHA512); what SQLite sorts
//! and spills stays in memory. Where the key is kept is the business of [`crate::lock`].
//!
//! Each [`Table`] is one SQL table `t_<name>(k, v)`; the projection is ordinary tables (`place_row`,
//! `record`, and `record_search` for full-text search over names without diacritics) that any SQL
//! tool can read. Migrations are numbered SQL files; the version stands in `user_version`.
//!
//! A node opens it with `synchronous = FULL`: what was acknowledged survives a power cut. Phones do
//! the same, since a phone that loses power must not reuse a number that it has sent (rule 8).

use super::{Pair, Row, Store, StoreError, TABLES, Table, Tx};
use crate::id::{DocId, PlaceId, ScopeId};
use crate::lock::StoreKey;
use chibo_sqlcipher as _;
use chibo_sqlcipher as _;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, params};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Every migration from the first version on; the index + 1 is the version that it leads to.
const MIGRATIONS: &[&str] = &[include_str!("migrations/0001-init.sql")];

/// How much to do for durability.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// fsync at every commit: what a node and a phone need.
    Full,
    /// Leave it to the system: for stores that a simulation throws away.
    Relaxed,
}

/// The store.
pub struct SqliteStore {
    conn: Connection,
    path: PathBuf,
    key: StoreKey,
    changed: Option<Changed>,
}

/// Of which places documents of which kind (by its number) have changed.
pub type Changed = BTreeSet<(u16, PlaceId)>;

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SqliteStore")
    }
}

fn error(e: rusqlite::Error) -> StoreError {
    match &e {
        rusqlite::Error::SqliteFailure(f, _) => match f.code {
            ErrorCode::DiskFull => StoreError::DiskFull,
            ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => StoreError::InUse,
            ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt => {
                StoreError::Damaged(e.to_string())
            }
            ErrorCode::CannotOpen => StoreError::Missing,
            _ => StoreError::Io(e.to_string()),
        },
        _ => StoreError::Io(e.to_string()),
    }
}

impl SqliteStore {
    /// Makes a new store with this key; fails if there is one.
    pub fn create(path: &Path, key: &StoreKey, durability: Durability) -> Result<Self, StoreError> {
        if path.exists() {
            return Err(StoreError::InUse);
        }
        Self::open_with(path, key, durability)
    }

    /// Opens a store with its key and brings it to this build's version. With another key it is
    /// [`StoreError::WrongKey`]; so is a store whose first page is damaged, which cannot be told apart.
    pub fn open(path: &Path, key: &StoreKey, durability: Durability) -> Result<Self, StoreError> {
        if !path.exists() {
            return Err(StoreError::Missing);
        }
        Self::open_with(path, key, durability)
    }

    fn open_with(path: &Path, key: &StoreKey, durability: Durability) -> Result<Self, StoreError> {
        let mut conn = connect(path, key)?;
        // One process at a time: the lock is taken at the first read and kept until the end.
        conn.pragma_update(None, "locking_mode", "EXCLUSIVE")
            .map_err(error)?;
        conn.busy_timeout(std::time::Duration::from_millis(200))
            .map_err(error)?;
        // The first read of the file: here a wrong key shows.
        conn.pragma_update(None, "journal_mode", "WAL")
            .map_err(|e| match error(e) {
                StoreError::Damaged(why) => unreadable(path, why),
                other => other,
            })?;
        let synchronous = match durability {
            Durability::Full => "FULL",
            Durability::Relaxed => "OFF",
        };
        conn.pragma_update(None, "synchronous", synchronous)
            .map_err(error)?;
        // What is removed is overwritten: a lost phone is to hold nothing.
        conn.pragma_update(None, "secure_delete", "ON")
            .map_err(error)?;
        // A temporary file would be plain text.
        conn.pragma_update(None, "temp_store", "MEMORY")
            .map_err(error)?;
        conn.pragma_update(None, "cache_size", -8_000)
            .map_err(error)?;
        // Statements are prepared once and keep their plan: else SQLite (with STAT4) plans every range anew for its bounds.
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
            .map_err(error)?;
        conn.set_prepared_statement_cache_capacity(128);
        migrate(&mut conn)?;
        Ok(SqliteStore {
            conn,
            path: path.to_owned(),
            key: key.clone(),
            changed: None,
        })
    }

    /// From now on notes what changes, for whoever shows it; [`SqliteStore::take_changed`] tells.
    pub fn watch(&mut self) {
        self.changed.get_or_insert_default();
    }

    /// What has changed since this was asked last; nothing, where nobody watches.
    pub fn take_changed(&mut self) -> Changed {
        self.changed
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// Where the file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The key that it was opened with.
    pub fn key(&self) -> &StoreKey {
        &self.key
    }

    /// Copies the whole store, consistent, to a new file that the same key opens.
    pub fn backup_to(&self, target: &Path) -> Result<(), StoreError> {
        self.conn
            .execute("VACUUM INTO ?1", [utf8(target)?])
            .map_err(error)
            .map(drop)
    }

    /// The whole store as one plain SQLite file, **not encrypted**: the inside of a backup. It is made in memory and
    /// touches no disk; what is put around it is what protects it.
    pub fn to_plain(&mut self) -> Result<Vec<u8>, StoreError> {
        self.conn
            .execute_batch("ATTACH ':memory:' AS plain KEY ''")
            .map_err(error)?;
        let copied = copy_all(&self.conn, "main", "plain").and_then(|()| {
            let bytes = self.conn.serialize("plain").map_err(error)?;
            Ok(bytes.to_vec())
        });
        let detached = self.conn.execute_batch("DETACH plain").map_err(error);
        detached.and(copied)
    }

    /// Makes a new store with this key of what [`SqliteStore::to_plain`] gave; fails if there is one. What a failure
    /// leaves at `path` is no store, and the caller's to remove.
    pub fn from_plain(
        plain: &[u8],
        path: &Path,
        key: &StoreKey,
        durability: Durability,
    ) -> Result<Self, StoreError> {
        if path.exists() {
            return Err(StoreError::InUse);
        }
        make_ready();
        let mut conn = Connection::open_in_memory().map_err(error)?;
        conn.deserialize_read_exact("main", plain, plain.len(), true)
            .map_err(error)?;
        // SQLite overlooks a last page that is not whole.
        let page_bytes: u32 = conn
            .query_row("PRAGMA page_size", [], |r| r.get(0))
            .map_err(error)?;
        let bytes = plain.len() as u64;
        if page_bytes == 0 || !bytes.is_multiple_of(page_bytes.into()) {
            return Err(StoreError::Damaged("it is cut short".into()));
        }
        if let Some(line) = quick_check(&conn, "main")?.into_iter().next() {
            return Err(StoreError::Damaged(line));
        }
        // What a store never has, and what would go on working in it unseen.
        let hidden = "SELECT count(*) FROM sqlite_schema WHERE type IN ('trigger', 'view')";
        let hidden: u32 = conn.query_row(hidden, [], |r| r.get(0)).map_err(error)?;
        if hidden > 0 {
            return Err(StoreError::Damaged("there is a program in it".into()));
        }
        conn.execute(
            "ATTACH ?1 AS store KEY ?2",
            [utf8(path)?, raw(key).as_str()],
        )
        .map_err(error)?;
        copy_all(&conn, "main", "store")?;
        conn.execute_batch("DETACH store").map_err(error)?;
        drop(conn);
        Self::open(path, key, durability)
    }

    /// Bytes that the store's pages may take at most; a full disk in tests.
    pub fn limit_pages(&self, pages: u32) -> Result<(), StoreError> {
        self.conn
            .pragma_update(None, "max_page_count", pages)
            .map_err(error)
    }

    /// SQLite's own check of the file: empty if nothing is wrong.
    pub fn check_file(&self) -> Result<Vec<String>, StoreError> {
        quick_check(&self.conn, "main")
    }

    /// A query over the projection; see [`crate::records`] for what its tables hold.
    pub fn connection(&self) -> &Connection {
        &self.conn
    }
}

/// SQLite calls itself ready before SQLCipher is: of two threads that open the first stores of a program, one would
/// find no ciphers. So one store is opened before all others.
fn make_ready() {
    static READY: std::sync::Once = std::sync::Once::new();
    READY.call_once(|| drop(Connection::open_in_memory()));
}

/// Opens a file, or makes it, and gives it its key.
fn connect(path: &Path, key: &StoreKey) -> Result<Connection, StoreError> {
    make_ready();
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(error)?;
    // It would print to stderr what a wrong key looks like.
    conn.pragma_update(None, "cipher_log_level", "NONE")
        .map_err(error)?;
    conn.pragma_update(None, "key", raw(key).as_str())
        .map_err(error)?;
    Ok(conn)
}

/// The key as SQLCipher takes it. It is random already, and stretching it would cost every start a quarter of a second.
fn raw(key: &StoreKey) -> Zeroizing<String> {
    let mut raw = Zeroizing::new(String::with_capacity(67));
    raw.push_str("x'");
    for byte in key.expose() {
        for digit in [byte >> 4, byte & 15] {
            raw.extend(char::from_digit(digit.into(), 16));
        }
    }
    raw.push('\'');
    raw
}

/// What a file is whose first page makes no sense: with a wrong key it looks as if damaged. But a store is whole
/// pages, and does not say in plain text what it is.
#[expect(clippy::disallowed_methods, reason = "the edge that opens stores")]
fn unreadable(path: &Path, why: String) -> StoreError {
    let plain = b"SQLite format 3\0";
    let mut start = [0; 16];
    let read = std::fs::File::open(path).and_then(|mut file| {
        std::io::Read::read_exact(&mut file, &mut start)?;
        Ok(file.metadata()?.len())
    });
    match read {
        Ok(length) if length.is_multiple_of(4096) && &start != plain => StoreError::WrongKey,
        _ => StoreError::Damaged(why),
    }
}

fn utf8(path: &Path) -> Result<&str, StoreError> {
    path.to_str()
        .ok_or_else(|| StoreError::Io("the path is not UTF-8".into()))
}

/// Copies all tables of one attached database to the other, and the version of their format.
fn copy_all(conn: &Connection, from: &str, to: &str) -> Result<(), StoreError> {
    let version: u32 = conn
        .query_row(&format!("PRAGMA {from}.user_version"), [], |r| r.get(0))
        .map_err(error)?;
    let known = MIGRATIONS.len() as u32;
    if version == 0 {
        return Err(StoreError::Damaged("there is nothing in it".into()));
    }
    if version > known {
        let found = version;
        return Err(StoreError::NewerVersion { found, known });
    }
    conn.query_row("SELECT sqlcipher_export(?1, ?2)", [to, from], |_| Ok(()))
        .map_err(error)?;
    conn.execute_batch(&format!("PRAGMA {to}.user_version = {version}"))
        .map_err(error)
}

fn quick_check(conn: &Connection, schema: &str) -> Result<Vec<String>, StoreError> {
    let mut statement = conn
        .prepare(&format!("PRAGMA {schema}.quick_check"))
        .map_err(error)?;
    let lines: Vec<String> = statement
        .query_map([], |r| r.get(0))
        .map_err(error)?
        .collect::<Result<_, _>>()
        .map_err(error)?;
    Ok(lines.into_iter().filter(|l| l != "ok").collect())
}

fn migrate(conn: &mut Connection) -> Result<(), StoreError> {
    let found: u32 = conn
        .query_row("PRAGMA user_version", [], |r| r.get(0))
        .map_err(error)?;
    let known = MIGRATIONS.len() as u32;
    if found > known {
        return Err(StoreError::NewerVersion { found, known });
    }
    if found < known {
        let tx = conn.transaction().map_err(error)?;
        for migration in &MIGRATIONS[found as usize..] {
            tx.execute_batch(migration).map_err(error)?;
        }
        tx.pragma_update(None, "user_version", known)
            .map_err(error)?;
        tx.commit().map_err(error)?;
    }
    Ok(())
}

/// The SQL of one table's statements, made once.
struct Sql {
    get: &'static str,
    put: &'static str,
    delete: &'static str,
    scan: &'static str,
    scan_to_end: &'static str,
    last: &'static str,
}

macro_rules! sql {
    ($name:literal) => {
        Sql {
            get: concat!("SELECT v FROM t_", $name, " WHERE k = ?1"),
            put: concat!(
                "INSERT INTO t_",
                $name,
                "(k, v) VALUES (?1, ?2) ON CONFLICT(k) DO UPDATE SET v = excluded.v"
            ),
            delete: concat!("DELETE FROM t_", $name, " WHERE k = ?1"),
            scan: concat!(
                "SELECT k, v FROM t_",
                $name,
                " WHERE k >= ?1 AND k < ?2 ORDER BY k LIMIT ?3"
            ),
            scan_to_end: concat!(
                "SELECT k, v FROM t_",
                $name,
                " WHERE k >= ?1 ORDER BY k LIMIT ?2"
            ),
            last: concat!(
                "SELECT k, v FROM t_",
                $name,
                " WHERE k >= ?1 AND k < ?2 ORDER BY k DESC LIMIT 1"
            ),
        }
    };
}

static SQL: [Sql; TABLES.len()] = [
    sql!("meta"),
    sql!("place"),
    sql!("scope"),
    sql!("log"),
    sql!("scope_log"),
    sql!("feed"),
    sql!("segment"),
    sql!("waiting"),
    sql!("doc"),
    sql!("scope_doc"),
    sql!("salt"),
    sql!("grant"),
    sql!("grant_hash"),
    sql!("draft"),
    sql!("quarantine"),
    sql!("ticket"),
    sql!("epoch"),
    sql!("device"),
];

/// A transaction, and what it changed where somebody watches.
struct SqliteTx<'a>(&'a Connection, Option<Changed>);

impl SqliteTx<'_> {
    fn sql(table: Table) -> &'static Sql {
        &SQL[table as usize]
    }
}

fn pair(r: &rusqlite::Row) -> rusqlite::Result<Pair> {
    Ok((r.get(0)?, r.get(1)?))
}

impl Tx for SqliteTx<'_> {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let mut s = self.0.prepare_cached(Self::sql(table).get).map_err(error)?;
        s.query_row([key], |r| r.get(0)).optional().map_err(error)
    }

    fn put(&mut self, table: Table, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        let mut s = self.0.prepare_cached(Self::sql(table).put).map_err(error)?;
        s.execute([key, value]).map_err(error).map(drop)
    }

    fn delete(&mut self, table: Table, key: &[u8]) -> Result<(), StoreError> {
        let mut s = self
            .0
            .prepare_cached(Self::sql(table).delete)
            .map_err(error)?;
        s.execute([key]).map_err(error).map(drop)
    }

    fn scan(
        &self,
        table: Table,
        from: &[u8],
        to: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<Pair>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let sql = Self::sql(table);
        let text = if to.is_some() {
            sql.scan
        } else {
            sql.scan_to_end
        };
        let mut s = self.0.prepare_cached(text).map_err(error)?;
        let rows = match to {
            Some(to) => s.query_map(params![from, to, limit], pair),
            None => s.query_map(params![from, limit], pair),
        };
        rows.map_err(error)?
            .collect::<Result<_, _>>()
            .map_err(error)
    }

    fn last(&self, table: Table, from: &[u8], below: &[u8]) -> Result<Option<Pair>, StoreError> {
        let mut s = self
            .0
            .prepare_cached(Self::sql(table).last)
            .map_err(error)?;
        s.query_row([from, below], pair).optional().map_err(error)
    }

    fn project(&mut self, row: &Row) -> Result<(), StoreError> {
        self.note(row.kind, row.place);
        let old: Option<(i64, String)> = self
            .0
            .prepare_cached("SELECT rowid, folded FROM record WHERE doc = ?1")
            .map_err(error)?
            .query_row([&row.doc.0[..]], |r| Ok((r.get(0)?, r.get(1)?)))
            .optional()
            .map_err(error)?;
        let mut s = self
            .0
            .prepare_cached(
                "INSERT INTO record(doc, scope, place, kind, title, folded, sort, json, conflicts, pending)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                 ON CONFLICT(doc) DO UPDATE SET scope = excluded.scope, place = excluded.place,
                   kind = excluded.kind, title = excluded.title, folded = excluded.folded,
                   sort = excluded.sort, json = excluded.json, conflicts = excluded.conflicts,
                   pending = excluded.pending
                 RETURNING rowid",
            )
            .map_err(error)?;
        let rowid: i64 = s
            .query_row(
                params![
                    &row.doc.0[..],
                    &row.scope.0[..],
                    &row.place.0[..],
                    row.kind,
                    row.title,
                    row.folded,
                    row.sort,
                    row.json,
                    row.conflicts,
                    row.pending
                ],
                |r| r.get(0),
            )
            .map_err(error)?;
        match old {
            Some((_, folded)) if folded == row.folded => return Ok(()),
            Some((old_rowid, _)) => self.unsearch(old_rowid)?,
            None => {}
        }
        self.0
            .prepare_cached("INSERT INTO record_search(rowid, folded) VALUES (?1, ?2)")
            .map_err(error)?
            .execute(params![rowid, row.folded])
            .map_err(error)
            .map(drop)
    }

    fn unproject(&mut self, doc: DocId) -> Result<(), StoreError> {
        let gone: Option<(i64, u16, PlaceId)> = self
            .0
            .prepare_cached("DELETE FROM record WHERE doc = ?1 RETURNING rowid, kind, place")
            .map_err(error)?
            .query_row([&doc.0[..]], |r| {
                Ok((r.get(0)?, r.get(1)?, PlaceId(r.get(2)?)))
            })
            .optional()
            .map_err(error)?;
        let Some((rowid, kind, place)) = gone else {
            return Ok(());
        };
        self.note(kind, place);
        self.unsearch(rowid)
    }

    fn projection(&self) -> Result<Vec<Row>, StoreError> {
        let mut s = self
            .0
            .prepare_cached(
                "SELECT doc, scope, place, kind, title, folded, sort, json, conflicts, pending
                 FROM record ORDER BY doc",
            )
            .map_err(error)?;
        let rows = s.query_map([], record).map_err(error)?;
        rows.collect::<Result<_, _>>().map_err(error)
    }

    fn clear_projection(&mut self) -> Result<(), StoreError> {
        self.0
            .execute_batch("DELETE FROM record; DELETE FROM record_search;")
            .map_err(error)
    }
}

impl SqliteTx<'_> {
    fn note(&mut self, kind: u16, place: PlaceId) {
        if let Some(changed) = &mut self.1 {
            changed.insert((kind, place));
        }
    }

    fn unsearch(&mut self, rowid: i64) -> Result<(), StoreError> {
        self.0
            .prepare_cached("DELETE FROM record_search WHERE rowid = ?1")
            .map_err(error)?
            .execute([rowid])
            .map_err(error)
            .map(drop)
    }
}

fn record(r: &rusqlite::Row) -> rusqlite::Result<Row> {
    Ok(Row {
        doc: DocId(r.get(0)?),
        scope: ScopeId(r.get(1)?),
        place: PlaceId(r.get(2)?),
        kind: r.get(3)?,
        title: r.get(4)?,
        folded: r.get(5)?,
        sort: r.get(6)?,
        json: r.get(7)?,
        conflicts: r.get(8)?,
        pending: r.get(9)?,
    })
}

/// What to list.
#[derive(Debug, Clone, Default)]
pub struct Find<'a> {
    /// Number of the kind; `None`: all.
    pub kind: Option<u16>,
    /// Only documents of these places; `None`: all.
    pub places: Option<&'a [PlaceId]>,
    /// Beginnings of words without diacritics, all of which must occur; empty: all.
    pub words: &'a [String],
    /// Only documents in which two people filled in a field differently.
    pub in_conflict: bool,
    /// How many rows to leave out.
    pub skip: usize,
    /// How many rows at most; 0: all.
    pub limit: usize,
}

/// The columns that [`record`] reads.
const COLUMNS: &str =
    "SELECT doc, scope, place, kind, title, folded, sort, json, conflicts, pending FROM record";

impl SqliteStore {
    /// The projection row of one document.
    pub fn row(&self, doc: DocId) -> Result<Option<Row>, StoreError> {
        let sql = format!("{COLUMNS} WHERE doc = ?");
        let mut s = self.conn.prepare_cached(&sql).map_err(error)?;
        s.query_row([doc.0], record).optional().map_err(error)
    }

    /// Projection rows in the order of rolls.
    pub fn find(&self, what: &Find) -> Result<Vec<Row>, StoreError> {
        let mut sql = format!("{COLUMNS} WHERE 1");
        let mut values: Vec<rusqlite::types::Value> = Vec::new();
        if let Some(kind) = what.kind {
            sql.push_str(" AND kind = ?");
            values.push(i64::from(kind).into());
        }
        if let Some(places) = what.places {
            let marks = vec!["?"; places.len()].join(",");
            sql.push_str(&format!(" AND place IN ({marks})"));
            values.extend(places.iter().map(|p| p.0.to_vec().into()));
        }
        if what.in_conflict {
            sql.push_str(" AND conflicts > 0");
        }
        if !what.words.is_empty() {
            sql.push_str(
                " AND rowid IN (SELECT rowid FROM record_search WHERE record_search MATCH ?)",
            );
            let query: Vec<String> = what
                .words
                .iter()
                .map(|w| format!("\"{}\"*", w.replace('"', "\"\"")))
                .collect();
            values.push(query.join(" ").into());
        }
        sql.push_str(" ORDER BY sort, doc LIMIT ? OFFSET ?");
        let limit = if what.limit == 0 {
            -1
        } else {
            i64::try_from(what.limit).unwrap_or(-1)
        };
        values.push(limit.into());
        values.push(i64::try_from(what.skip).unwrap_or(i64::MAX).into());
        let mut s = self.conn.prepare_cached(&sql).map_err(error)?;
        let rows = s
            .query_map(rusqlite::params_from_iter(values), record)
            .map_err(error)?;
        rows.collect::<Result<_, _>>().map_err(error)
    }
}

impl Store for SqliteStore {
    fn scrub(&mut self) -> Result<(), StoreError> {
        // A deleted row's words stay in the index for search until it is merged some day: it is made anew.
        self.conn
            .execute_batch(
                "BEGIN IMMEDIATE;
                 INSERT INTO record_search(record_search) VALUES('delete-all');
                 INSERT INTO record_search(rowid, folded) SELECT rowid, folded FROM record;
                 COMMIT;",
            )
            .map_err(|e| {
                let failed = error(e);
                // The connection goes on as if nothing had been begun.
                let _ = self.conn.execute_batch("ROLLBACK");
                failed
            })?;
        self.conn.execute_batch("VACUUM").map_err(error)?;
        // The journal holds the old pages until it is cut off.
        self.conn
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |r| {
                r.get::<_, i64>(0)
            })
            .map_err(error)
            .and_then(|busy| match busy {
                0 => Ok(()),
                _ => Err(StoreError::InUse),
            })
    }

    fn write<R, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut dyn Tx) -> Result<R, E>,
    ) -> Result<R, E> {
        let tx = self
            .conn
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .map_err(error)?;
        let mut work_tx = SqliteTx(&tx, self.changed.as_ref().map(|_| Changed::new()));
        let result = work(&mut work_tx)?;
        let changed = work_tx.1;
        tx.commit().map_err(error)?;
        if let (Some(all), Some(changed)) = (&mut self.changed, changed) {
            all.extend(changed);
        }
        Ok(result)
    }

    fn read<R, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&dyn Tx) -> Result<R, E>,
    ) -> Result<R, E> {
        let tx = self.conn.unchecked_transaction().map_err(error)?;
        work(&SqliteTx(&tx, None))
    }
}
