//! Every maximum of the system, with its unit and its reason.
//!
//! A limit stands here or nowhere. Each is tested at the limit and one past it. What is over a limit
//! is refused with a typed error; nothing is cut short silently.

/// Bytes of a document (saved uncompressed) at which its author is warned.
/// Ten edits of a full member record are some 1.5 KB: this is forty times as much.
pub const DOCUMENT_WARN_BYTES: usize = 64 * 1024;
/// Bytes of a document at which its author is stopped. A merge of changes that were legal alone is
/// still accepted: two authors who stop here can make at most twice as much (rule 4).
pub const DOCUMENT_STOP_BYTES: usize = 128 * 1024;
/// Bytes of a document that any merge of legal changes stays far below; beyond it a checkpoint or
/// file is damaged or hostile.
pub const DOCUMENT_MAX_BYTES: usize = 4 * 1024 * 1024;

/// Bytes of one raw Automerge change. A prose field of 16 KiB typed at once fits twice.
pub const CHANGE_BYTES: usize = 64 * 1024;
/// Operations in one change. Text costs one for each character.
pub const CHANGE_OPS: usize = 32 * 1024;
/// Containers (maps, lists, texts) that one change may create, in a document that begins with no kind's genesis; in all others
/// none.
pub const CHANGE_MAKES: usize = 64;
/// Dependencies of one change: one per device that wrote at the same time.
pub const CHANGE_DEPS: usize = 64;
/// Other actors that one change may refer to.
pub const CHANGE_ACTORS: usize = 256;
/// How far above the largest known operation counter a change may start. Counters near 2^32 make
/// every later edit panic in Automerge 0.12.
pub const START_OP_GAP: u64 = 1 << 20;
/// The largest operation counter that any change may reach (2^31), for the same reason.
pub const MAX_OP: u64 = 1 << 31;
/// How deep containers may lie in each other. Our own documents have depth 2; 500 overflows the
/// stack of a phone's thread.
pub const NESTING: usize = 16;
/// Columns in one change (Automerge 0.12 knows fewer than twenty).
pub const CHANGE_COLUMNS: usize = 64;

/// Changes (one per document) in one segment.
pub const SEGMENT_CHANGES: usize = 256;
/// Bytes of one encoded segment.
pub const SEGMENT_BYTES: usize = 512 * 1024;
/// Bytes of one frame on the wire, compressed.
pub const FRAME_BYTES: usize = 1024 * 1024;
/// Bytes of one frame, decompressed; stops decompression bombs.
pub const FRAME_RAW_BYTES: usize = 4 * 1024 * 1024;
/// Raw bytes that a sender aims at in a frame: about 6 KiB on the wire, all that a cut can cost.
pub const FRAME_AIM_BYTES: usize = 32 * 1024;
/// Raw bytes that a frame of entries aims at: signatures hardly compress.
pub const ENTRIES_AIM_BYTES: usize = 12 * 1024;
/// Bytes of segments that a device aims at in one request.
pub const PUSH_AIM_BYTES: usize = REQUEST_BYTES / 4;
/// How often these aims are halved at most, once for each time that a line broke before the answer was
/// whole. A line that carries two kilobytes at a time still gets there.
pub const HALVINGS: u8 = 10;
/// What no halving goes below, in raw bytes.
pub const LEAST_AIM_BYTES: usize = 2 * 1024;
/// Bytes of frames in one answer; a longer answer goes on with the next request.
pub const ANSWER_BYTES: usize = 768 * 1024;
/// Bytes of frames after which a device stops listening to one answer: what is longer fits no letter either. An honest
/// answer ends soon after [`ANSWER_BYTES`], with the page or frame that was under way.
pub const ANSWER_MOST_BYTES: usize = LETTER_BYTES;
/// Bytes of one request's body.
pub const REQUEST_BYTES: usize = 8 * 1024 * 1024;
/// Bytes of requests that a node holds in memory at once; a device beyond it comes again. Requests are
/// some kilobytes, the longest 8 MiB.
pub const NODE_REQUESTS_BYTES: usize = 32 * 1024 * 1024;
/// Bytes of answers that a node holds in memory at once: 64 of the longest, on their way to phones
/// with slow lines. With the requests and the rest it stays below 150 MiB.
pub const NODE_ANSWERS_BYTES: usize = 48 * 1024 * 1024;
/// Segments that a device hands over in one request (group commit on the node).
pub const PUSH_SEGMENTS: usize = 1024;
/// Segments stored in one transaction of the node: past 100 the disk gains nothing more.
pub const COMMIT_SEGMENTS: usize = 128;
/// Ranges of places that a request may ask to be filled in.
pub const FILL_RANGES: usize = 64;

/// Bytes of a name or a one-line value.
pub const LINE_BYTES: usize = 512;
/// Bytes of a prose field.
pub const PROSE_BYTES: usize = 16 * 1024;
/// Entries in one map of a document (attendance of a large branch, a list of awards).
pub const ENTRIES: usize = 4_000;
/// Bytes of a key in a document's map.
pub const KEY_BYTES: usize = 128;
/// Documents on one device at which it warns.
pub const DEVICE_DOCUMENTS_WARN: usize = 5_000;
/// Depth of the tree of places (province, district, commune, grassroots, part, branch, member: 7).
pub const TREE_DEPTH: usize = 16;
/// Quarantined bytes kept of one author's device, whoever brings them; past it the door refuses and who brought it keeps it.
pub const QUARANTINE_BYTES: u64 = 4 * 1024 * 1024;
/// Bytes of one author's provisional work that a phone keeps for others. A secretary who retypes a branch makes some 200 KB; past it the phone takes no more, and who gave it keeps it.
pub const PROVISIONAL_BYTES: u64 = 2 * 1024 * 1024;
/// Changes in such work of one author: a year offline is some thousands.
pub const PROVISIONAL_CHANGES: u64 = 5_000;
/// Shares of one author that the provisional work of all others has together: a branch has a secretary, a deputy and some
/// committee members who write. Those that were let in under one grant of the node's have half of it ([`SHARES_OF_A_LINE`]).
pub const PROVISIONAL_SHARES: u64 = 8;
/// Grants that the node enters on one day under one that it gave itself: devices that a secretary lets in, with their papers.
pub const GRANTS_A_DAY: u64 = 256;
/// How often one device changes its key on one day.
pub const KEYS_A_DAY: u64 = 8;
/// What all devices under one grant of the node's hand over on one day, or have kept for them by a phone, in shares of one
/// device.
pub const SHARES_OF_A_LINE: u64 = 4;
/// Grants that stand under one another, the keys of one device after one another among them.
pub const GRANT_LINE: usize = 4096;
/// Changes that a node takes from one device on one day. A secretary who types all records of a branch anew makes
/// some hundreds, one who comes back after a year offline some thousands.
pub const DAY_CHANGES: u64 = 20_000;
/// Bytes of such changes: ten edits of a full record are some 1.5 KB. Whoever makes a place's history longer than a hand-over
/// holds ([`HAND_OVER_BYTES`]) needs more than a week for it.
pub const DAY_BYTES: u64 = 8 * 1024 * 1024;

/// Bytes of a roster file.
pub const ROSTER_BYTES: u64 = 32 * 1024 * 1024;
/// Rows in one sheet of a roster.
pub const ROSTER_ROWS: usize = 20_000;
/// Sheets in one roster.
pub const ROSTER_SHEETS: usize = 1_000;
/// Bytes of a bundle file.
pub const BUNDLE_BYTES: u64 = 256 * 1024 * 1024;
/// Bytes that one letter holds, opened: a request with 2 MiB of segments and one more, or the longest
/// answer, which goes on with the next request.
pub const LETTER_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of a letter as it travels: padded by an eighth at most, with room for some thousand readers.
pub const SEALED_BYTES: usize = LETTER_BYTES + LETTER_BYTES / 8 + 512 * 1024;
/// Sealed things are padded to this many bytes at least: most days' requests and answers look alike.
pub const PAD_BYTES: u64 = 1024;
/// Devices that one letter is sealed for; each costs 98 bytes.
pub const LETTER_READERS: usize = 4_000;
/// Words to devices that are not known here, and are not let in, that a node leaves in one round at its mailboxes. Anybody
/// can lay such requests into its box, and its own share of a mailbox is bounded ([`MAILBOX_ADDRESS_BYTES`]).
pub const STRANGERS_A_ROUND: u64 = 100;
/// Such words on one day: a commune has some hundred devices, and all of them could have to ask after a restore. Each is
/// some kilobytes.
pub const STRANGERS_A_DAY: u64 = 500;
/// Letters that a node leaves for one device in one day: one in seven minutes. All that were let in under one grant of the
/// node's have four times that ([`SHARES_OF_A_LINE`]).
pub const DEVICE_LETTERS: u64 = 200;
/// Of these, letters that answer what is no newer than what was answered before: a phone whose clock went back still hears, and
/// who kept its letters uses up little by laying them into the box again.
pub const OLD_LETTERS: u64 = 20;
/// Seconds after which a request counts no more as its device being heard of: twice what a mailbox keeps.
pub const LETTER_AGE_SECONDS: u64 = 60 * 86_400;
/// Letters of one device that lie in the node's box until their answers find a place, or until tomorrow.
pub const LETTERS_LEFT: usize = 4;
/// Letters that lie there until the office has confirmed after a restore: a commune's phones, and room for the rest.
pub const LETTERS_WAITING: usize = BOX_LETTERS / 4;
/// Of these, letters of all that were let in under one grant of the node's, or that show none: a branch's phones, twice.
pub const LETTERS_WAITING_OF_A_LINE: usize = 100;
/// Bytes of such letters: an eighth of what a mailbox takes from a node's address ([`MAILBOX_ADDRESS_BYTES`]), and several first syncs
/// of a commune's office.
pub const DEVICE_LETTER_BYTES: u64 = 16 * 1024 * 1024;
/// Bytes of a store in a backup: the reference district has some 100 MiB.
pub const BACKUP_BYTES: u64 = 64 * 1024 * 1024 * 1024;
/// The work that opening a passphrase costs, as a power of two (scrypt's N): 64 MiB of memory and some
/// tenths of a second. What asks for more than four times as much is not tried.
pub const PASSPHRASE_WORK: u8 = 16;

/// Letters in one box of a mailbox: every phone of a commune, three times.
pub const BOX_LETTERS: usize = 2_000;
/// Bytes in one box of a mailbox.
pub const BOX_BYTES: u64 = 128 * 1024 * 1024;
/// Letters in a whole mailbox: its list stays in memory, some 100 bytes for each.
pub const MAILBOX_LETTERS: usize = 200_000;
/// Bytes in a whole mailbox, unless its host says otherwise.
pub const MAILBOX_BYTES: u64 = 8 * 1024 * 1024 * 1024;
/// Bytes that one address may lay into a mailbox on one day, unless its host says otherwise: a commune's first syncs, and
/// in the month for which letters are kept less than half of the mailbox.
pub const MAILBOX_ADDRESS_BYTES: u64 = 128 * 1024 * 1024;

/// Letters that one address may lay into it on one day: several for each device of a large commune, and in that month less than
/// half of what the mailbox keeps ([`MAILBOX_LETTERS`]).
pub const MAILBOX_ADDRESS_LETTERS: u32 = 3_200;

/// Operations in a document at which its author is stopped (and warned at half of it): four authors
/// who stop here stay together below [`DOCUMENT_OPS`]. Prose costs one for each letter.
pub const DOCUMENT_STOP_OPS: usize = 64 * 1024;
/// Operations that all changes of one document may hold together, and, counted apart, the marks of
/// what replaced what. A long prose field is some thousands; Automerge spends up to a few hundred
/// bytes on each while it loads, so this is what a phone can open in a second.
pub const DOCUMENT_OPS: usize = 256 * 1024;
/// Changes in one document: each edit is one. Who comes close begins a successor document; the
/// check of a whole document compares changes with each other, so its time grows with the square.
pub const DOCUMENT_CHANGES: usize = 16 * 1024;

/// Communes given for one search; a longer list is not read but narrowed by another word.
pub const COMMUNE_MATCHES: usize = 50;

/// Columns of a roster that are read; the two member kinds have some fifty fields.
pub const ROSTER_COLUMNS: usize = 256;
/// Filled cells in one roster: 20,000 members with a hundred columns each.
pub const ROSTER_CELLS: usize = 2_000_000;
/// Rows from the top of a sheet among which its header is looked for.
pub const ROSTER_HEADER_ROWS: usize = 40;
/// Bytes that the parts of an .xlsx file unpack to, and bytes of text in the cells of a roster; stops decompression bombs.
pub const ROSTER_UNPACKED_BYTES: u64 = 256 * 1024 * 1024;
/// Problems told about one roster; who has more mends these first.
pub const ROSTER_PROBLEMS: usize = 10_000;

/// Slots in one lock file: one of each kind, and some of kinds to come.
pub const LOCK_SLOTS: usize = 16;
/// Bytes of the path of a key file.
pub const LOCK_PATH_BYTES: usize = 1024;
/// Bytes that a device's keystore makes of a secret of 32.
pub const LOCK_KEPT_BYTES: usize = 4 * 1024;
/// Memory that a slot may cost to try, in KiB: a lock file from elsewhere may not take a phone's all.
pub const LOCK_MEMORY_KIB: u32 = 256 * 1024;
/// How often a slot may have that memory gone over.
pub const LOCK_PASSES: u32 = 16;
/// Characters of a PIN at least. Six digits are a million; at some tenths of a second each, who has a copy of the
/// folder and no keystore in the way needs days. Longer is better.
pub const PIN_CHARS: usize = 6;
/// Characters of a node's passphrase at least: nothing but its length stands between a stolen disk and a commune.
pub const PASSPHRASE_CHARS: usize = 12;

/// An aim, halved as often as lines broke.
pub fn halved(aim: usize, times: u8) -> usize {
    (aim >> times.min(HALVINGS)).max(LEAST_AIM_BYTES)
}

/// Seconds by which a node's clock may be ahead of its log before a person is asked whether it is right: an
/// office that is closed over Tết starts by itself, a clock that is off by years does not end anybody's
/// term.
pub const CLOCK_LEAP: u64 = 45 * 86_400;

/// Days for which a device may be silent before its owner is asked for again, unless the office says otherwise: who
/// comes home once a year, at Tết, is in time.
pub const UNSEEN_DAYS: u64 = 400;

/// Control acts that a device brings back to a restored node in one request.
pub const CONTROLS: usize = 64;

/// Scopes of which one device tells another what the node told it: some hundred in a branch.
pub const TOLD: usize = 16_384;

/// Grants in one introduction: a ticket's, the device's own, and those of its earlier keys.
pub const INTRODUCED: usize = 16;

/// Control acts that wait for the office after a restore: every device of a district, and its moves.
pub const BROUGHT_BACK: u64 = 20_000;

/// Erasures in a list that is kept beside backups.
pub const ERASURES: usize = 1 << 20;
/// Bytes of such a list; one erasure has some 250.
pub const ERASURES_BYTES: u64 = 512 * 1024 * 1024;

/// Segments that are told as evidence for one document.
pub const EVIDENCE_SEGMENTS: usize = 4_096;
/// Grants that are told with them: those of their authors, and those that these stand under.
pub const EVIDENCE_GRANTS: usize = 1_024;

/// Bytes of a request to be enrolled or introduced.
pub const ENROL_BYTES: usize = 8 * 1024;

/// Bytes of a hand-over with everything in it: a branch with its history. The file is read into memory.
pub const HAND_OVER_BYTES: usize = 64 * 1024 * 1024;
/// Places that are handed over at once.
pub const HAND_OVER_PLACES: usize = 4_096;
/// Entries of one scope, feeds, grants and segments in such a file.
pub const HAND_OVER_ENTRIES: usize = 1 << 20;
/// Epochs of a log: keys changed each month for eighty years. As many logs in such a file.
pub const EPOCHS: usize = 1_000;
/// Homes that a place went through before, and earlier files in one.
pub const HAND_OVER_HOMES: usize = 32;
/// Bytes of a node's card.
pub const NODE_CARD_BYTES: usize = 64 * 1024;

/// Bytes of a plan of reorganisation: each branch of a district in a line of its own is some 60 KB.
pub const PLAN_BYTES: usize = 1024 * 1024;
/// Lines of one: a district's branches, each with a line, ten times over.
pub const PLAN_LINES: usize = 5_000;
/// What is told of a plan that cannot be carried out; who has more mends these first.
pub const PLAN_MISFITS: usize = 200;

/// Bytes of the app's package that a node offers. It is kept in memory while the node runs; three kinds of processors
/// with some 8 MiB each, and as much again.
pub const APP_BYTES: usize = 48 * 1024 * 1024;
/// Bytes of it in one answer: each is a request that counts against its address.
pub const APP_PIECE_BYTES: usize = 256 * 1024;

/// The longest life of a ticket that a leader makes, in seconds: for so long after a restore the office is asked about whoever comes
/// with one that the log does not know.
pub const TICKET_SECONDS: u64 = 31 * 86_400;
