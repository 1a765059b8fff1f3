-- The truth: one table of byte rows for each store::Table.
CREATE TABLE t_meta(k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE t_place(k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE t_scope(k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE t_log(k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE t_scope_log(k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE t_feed(k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID;
-- Rows of a kilobyte and more stand beside their index, not in it.
CREATE TABLE t_segment(k BLOB PRIMARY KEY, v BLOB NOT NULL);
CREATE TABLE t_waiting(k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE t_doc(k BLOB PRIMARY KEY, v BLOB NOT NULL);
CREATE TABLE t_scope_doc(k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE t_salt(k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE t_grant(k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE t_grant_hash(k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE t_draft(k BLOB PRIMARY KEY, v BLOB NOT NULL);
CREATE TABLE t_quarantine(k BLOB PRIMARY KEY, v BLOB NOT NULL);
CREATE TABLE t_ticket(k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE t_epoch(k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE t_device(k BLOB PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID;

-- The projection: a view, made from the truth, dropped and rebuilt at will.
CREATE TABLE record(
  doc BLOB NOT NULL UNIQUE,       -- document id
  scope BLOB NOT NULL,            -- scope id
  place BLOB NOT NULL,            -- place id
  kind INTEGER NOT NULL,          -- number of the kind
  title TEXT NOT NULL,            -- what names it
  folded TEXT NOT NULL,           -- title without diacritics
  sort BLOB NOT NULL,             -- order of rolls
  json TEXT NOT NULL,             -- all values by path
  conflicts INTEGER NOT NULL,     -- open conflicts
  pending INTEGER NOT NULL        -- holds work without a receipt
);
CREATE INDEX record_order ON record(kind, sort, doc);
CREATE INDEX record_place ON record(place, kind);
CREATE VIRTUAL TABLE record_search USING fts5(folded, content='', contentless_delete=1, prefix='1 2 3');
