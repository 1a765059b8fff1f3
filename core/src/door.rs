//! The door: what a raw Automerge change must pass before it becomes part of a document.
//!
//! Automerge 0.12 trusts what it is given. A change of 56 bytes can stand for a million operations,
//! hang the parser, make every later edit of everyone panic, or leave a document that saves but never
//! loads again; and whoever may write can send one (`tests/door.rs` shows each). So a change goes
//! through three gates, cheapest first:
//!
//! 1. [`inspect`] reads the bytes with a parser of its own, in memory that the limits bound and not
//!    the change, and refuses what our own kinds of edits never write.
//! 2. The change is held against the document: its dependencies are there, its number is the next
//!    one, and all that it refers to exists in its own past.
//! 3. A trial on a copy, where a panic is caught: apply, take out again, save, read back, compare.
//!
//! [`admit`] is all three. The document that it was given stays as it was, whatever happens;
//! [`admit_many`] does the same for a list, and [`load_document`] for a whole document from a peer.
//!
//! Does not know: who may write what (the verdict decides), signatures, storage, time. The answer
//! depends only on the document and the bytes, so that every node gives the same one.
//!
//! Rule: point 11 of the format's rules. Errors: [`Refusal`], whose [`code`](Refusal::code) is stored
//! in the log.

mod bytes;
mod change;
mod column;
mod document;
mod known;
mod standing;
mod trial;

use crate::document::Standing;
use crate::id::FeedId;
use crate::kind::Kind;
use crate::limits;
use automerge::Automerge;
use change::Parsed;
use known::Known;

/// What a change says about itself, checked as far as it goes without its document.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Inspected {
    /// Its hash, as Automerge computes it.
    pub hash: [u8; 32],
    /// The feed that wrote it.
    pub actor: FeedId,
    /// Its number among the changes of that feed to this document, from 1.
    pub seq: u64,
    /// The counter of its first operation.
    pub start_op: u64,
    /// The counter of its last operation.
    pub max_op: u64,
    /// The hashes of the changes it was made on, ascending.
    pub dependencies: Vec<[u8; 32]>,
    /// The other feeds whose operations it refers to, ascending.
    pub other_actors: Vec<FeedId>,
    /// How many operations it has; at least one.
    pub operations: usize,
    /// How many earlier operations it replaces, all its operations together.
    pub predecessors: usize,
    /// How many containers it makes.
    pub containers_made: usize,
    /// The time that its author claims.
    pub time: i64,
}

/// A document after a change was admitted.
#[derive(Debug)]
#[non_exhaustive]
pub struct Admitted {
    /// The new document. Set a feed as actor before writing to it.
    pub document: Automerge,
    /// The document as saved, uncompressed.
    pub saved: Vec<u8>,
    /// What the change says about itself.
    pub inspected: Inspected,
}

/// A document after a list of changes was offered to it.
#[derive(Debug)]
#[non_exhaustive]
pub struct AdmittedMany {
    /// The document with all that was admitted. Set a feed as actor before writing to it.
    pub document: Automerge,
    /// The document as saved, uncompressed.
    pub saved: Vec<u8>,
    /// For each change of the list, in its order: what it says, or why it is not in.
    pub outcomes: Vec<Result<Inspected, Refusal>>,
}

/// Why a change or document was not let in. Nothing has changed when one is returned.
///
/// None can be cured by trying again with the same bytes, except
/// [`MissingDependency`](Refusal::MissingDependency) and [`SequenceGap`](Refusal::SequenceGap),
/// when what is missing has arrived.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// More bytes than one change may have.
    #[error("a change of {bytes} bytes is too long")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// Does not begin like anything that Automerge writes.
    #[error("not written by Automerge")]
    Magic,
    /// A chunk of another type than was asked for: compressed, a bundle, a document for a change.
    #[error("chunk type {found} is not taken here")]
    ChunkType {
        /// Automerge's number of the type.
        found: u8,
    },
    /// The bytes end before they are complete.
    #[error("the bytes end too early")]
    Truncated,
    /// Something follows, or is attached, that no edit of ours writes.
    #[error("bytes are left over")]
    TrailingBytes,
    /// The checksum is of other bytes: damaged on the way, or altered.
    #[error("the checksum is wrong")]
    Checksum,
    /// A number that is not in its shortest form, or too large.
    #[error("a number is not in its shortest form, or too large")]
    Number,
    /// A text that is not UTF-8.
    #[error("a text is not UTF-8")]
    Utf8,
    /// More dependencies than so many devices write at the same time.
    #[error("too many dependencies")]
    TooManyDependencies,
    /// Dependencies out of order, or one twice.
    #[error("the dependencies are not in ascending order")]
    DependencyOrder,
    /// An actor that is no feed id.
    #[error("an actor is not 16 bytes long")]
    ActorLength,
    /// More actors than a change may refer to.
    #[error("too many actors")]
    TooManyActors,
    /// Other actors out of order, one twice, the author among them, or one that nothing refers to.
    #[error("the table of actors is not as it has to be")]
    ActorTable,
    /// A number of a change or operation of nought, so high that others could not write above it, or
    /// (in a document) given twice.
    #[error("a counter is out of range")]
    Counter,
    /// A time before 1970 or beyond all calendars.
    #[error("the time is out of range")]
    Time,
    /// Changes carry no message here.
    #[error("the change carries a message")]
    Message,
    /// More columns than any version has.
    #[error("too many columns")]
    TooManyColumns,
    /// A column that this version does not know; a later Automerge may write it.
    #[error("column {spec:#x} is unknown")]
    ColumnUnknown {
        /// Automerge's number of the column.
        spec: u32,
    },
    /// A compressed column: it could unpack to any size.
    #[error("a column is compressed")]
    ColumnDeflated,
    /// Columns out of order, or one twice.
    #[error("the columns are not in ascending order")]
    ColumnOrder,
    /// A column that can't be read, or has more or fewer rows than the others.
    #[error("a column does not fit the others")]
    Column,
    /// More operations than a change or document may have, or more that it replaces.
    #[error("too many operations")]
    TooManyOps,
    /// A change that does nothing.
    #[error("the change has no operations")]
    NoOperations,
    /// An action that this version does not know, or that is not used (tables).
    #[error("an action is unknown")]
    ActionUnknown,
    /// More new containers than a change may make.
    #[error("too many containers are made")]
    TooManyMakes,
    /// Formatting of text: none of our documents has it.
    #[error("marks are not taken")]
    Mark,
    /// A reference that is outside its own table.
    #[error("a reference is outside its table")]
    Reference,
    /// A value whose bytes do not fit its kind, or of an unknown kind.
    #[error("a value is malformed")]
    Value,
    /// A value longer than a prose field.
    #[error("a value is too long")]
    ValueTooLong,
    /// An empty key, or one that is too long.
    #[error("a key is empty or too long")]
    Key,
    /// An operation that its container, key or value does not allow.
    #[error("an operation does not fit where it acts")]
    Operation,

    /// The change is in the document already. Harmless: there is nothing to do.
    #[error("the change is here already")]
    AlreadyHere,
    /// A change that it was made on is not here. It can be offered again when that has come.
    #[error("a change that this one depends on is missing")]
    MissingDependency,
    /// A change of the same feed before it is not here. It can be offered again when that has come.
    #[error("a change of this feed before this one is missing")]
    SequenceGap,
    /// Another change of the same feed has this number: the feed was forked.
    #[error("the feed has another change of this number")]
    SequenceTaken,
    /// It was not made on top of its own feed's last change.
    #[error("the change does not build on its own feed")]
    OwnPast,
    /// It numbers operations as if it had not seen what it depends on.
    #[error("the first operation is not numbered after the dependencies")]
    StartTooLow,
    /// It starts so far up that a few like it would use up all numbers.
    #[error("the first operation is numbered too high")]
    StartTooHigh,
    /// It refers to an actor who has written nothing here.
    #[error("an actor is not known in this document")]
    UnknownActor,
    /// It acts in a container that is not in its past, or is none.
    #[error("a container is not in the change's past")]
    UnknownObject,
    /// It acts at an element that is not in its past, or not of that sequence.
    #[error("an element is not in the change's past")]
    UnknownElement,
    /// It replaces an operation that is not in its past, not of that place, or not replaceable.
    #[error("a replaced operation is not in the change's past")]
    UnknownPredecessor,
    /// What one operation replaces is out of order, or named twice.
    #[error("replaced operations are not in ascending order")]
    PredecessorOrder,
    /// A container deeper than any document of ours has.
    #[error("a container lies too deep")]
    NestedTooDeep,
    /// The document would have more operations than can be opened on a phone.
    #[error("the document would have too many operations")]
    DocumentTooManyOps,
    /// The document has, or would have, more changes than can be checked in good time.
    #[error("the document would have too many changes")]
    DocumentTooManyChanges,
    /// The document is, or would be, larger than any merge of legal changes.
    #[error("a document of {bytes} bytes is too large")]
    DocumentTooLarge {
        /// Its length.
        bytes: usize,
    },

    /// It replaces or removes what was written in a document that is only ever added to.
    #[error("what stands in this document is never changed")]
    AppendOnly,
    /// An act that the case's state, or its author's role, does not allow.
    #[error("an act of the case is not allowed: {0}")]
    Case(crate::case::CaseError),
    /// It makes a container, or puts something in the place of one: those are a genesis' alone.
    #[error("containers are only made by a document's beginning")]
    Container,
    /// More entries than a document may hold for its author to add one.
    #[error("the document would have too many entries")]
    TooManyEntries,
    /// It writes an entry that somebody else signs.
    #[error("an entry is signed by somebody else")]
    OtherSigner,
    /// What was decided about its own author ([`crate::decided`]).
    #[error("nobody records a decision about themself")]
    AboutThemself,

    /// Automerge did not take it, though every check was passed. Worth a look by a developer.
    #[error("Automerge does not take the change")]
    NotApplicable,
    /// Automerge panicked, though every check was passed. Worth a look by a developer.
    #[error("Automerge panicked")]
    Panicked,
    /// The document that comes of it can't be loaded again, or not as the same.
    #[error("the document could not be loaded again")]
    NotReloadable,
    /// The receiver's own document is not one that came through this door.
    #[error("the receiver's own document is not sound")]
    OwnDocument,
}

impl Refusal {
    /// The number under which a reason is stored in the log. **Format**: a number is never given to
    /// another reason.
    pub fn code(&self) -> u8 {
        match self {
            Refusal::TooLong { .. } => 1,
            Refusal::Magic => 2,
            Refusal::ChunkType { .. } => 3,
            Refusal::Truncated => 4,
            Refusal::TrailingBytes => 5,
            Refusal::Checksum => 6,
            Refusal::Number => 7,
            Refusal::Utf8 => 8,
            Refusal::TooManyDependencies => 9,
            Refusal::DependencyOrder => 10,
            Refusal::ActorLength => 11,
            Refusal::TooManyActors => 12,
            Refusal::ActorTable => 13,
            Refusal::Counter => 14,
            Refusal::Time => 15,
            Refusal::Message => 16,
            Refusal::TooManyColumns => 17,
            Refusal::ColumnUnknown { .. } => 18,
            Refusal::ColumnDeflated => 19,
            Refusal::ColumnOrder => 20,
            Refusal::Column => 21,
            Refusal::TooManyOps => 22,
            Refusal::NoOperations => 23,
            Refusal::ActionUnknown => 24,
            Refusal::TooManyMakes => 25,
            Refusal::Mark => 26,
            Refusal::Reference => 27,
            Refusal::Value => 28,
            Refusal::ValueTooLong => 29,
            Refusal::Key => 30,
            Refusal::Operation => 31,
            Refusal::AlreadyHere => 40,
            Refusal::MissingDependency => 41,
            Refusal::SequenceGap => 42,
            Refusal::SequenceTaken => 43,
            Refusal::OwnPast => 44,
            Refusal::StartTooLow => 45,
            Refusal::StartTooHigh => 46,
            Refusal::UnknownActor => 47,
            Refusal::UnknownObject => 48,
            Refusal::UnknownElement => 49,
            Refusal::UnknownPredecessor => 50,
            Refusal::PredecessorOrder => 51,
            Refusal::NestedTooDeep => 52,
            Refusal::DocumentTooManyOps => 53,
            Refusal::DocumentTooLarge { .. } => 54,
            Refusal::DocumentTooManyChanges => 55,
            Refusal::AppendOnly => 56,
            Refusal::Case(_) => 57,
            Refusal::OtherSigner => 59,
            Refusal::Container => 58,
            Refusal::TooManyEntries => 65,
            Refusal::NotApplicable => 60,
            Refusal::Panicked => 61,
            Refusal::NotReloadable => 62,
            Refusal::OwnDocument => 63,
            Refusal::AboutThemself => 64,
        }
    }

    /// Whether nothing is wrong: the change is in the document already.
    pub fn is_harmless(&self) -> bool {
        matches!(self, Refusal::AlreadyHere)
    }

    /// Whether the same bytes may pass later, when what they build on has come.
    pub fn may_pass_later(&self) -> bool {
        matches!(self, Refusal::MissingDependency | Refusal::SequenceGap)
    }
}

/// Whether this thread is inside a trial, whose panics are caught and told as a [`Refusal::Panicked`]. A
/// program's panic hook can ask, and print nothing for bytes that a stranger chose.
pub fn is_on_trial() -> bool {
    trial::is_guarded()
}

/// How many trials this thread has run, of one change or of many: the dear part of showing and taking in what others
/// wrote. What somebody makes up must not cause one for each change of it, again and again.
pub fn trials_run() -> u64 {
    trial::count()
}

/// Reads a raw change without Automerge: the first gate.
pub fn inspect(raw: &[u8]) -> Result<Inspected, Refusal> {
    change::parse(raw).map(|parsed| parsed.inspected)
}

/// By which rules a change is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rules {
    /// It is judged now.
    Judged,
    /// It is judged now, and what stands in the document is only ever added to.
    OnlyAdded,
    /// A verdict in a signed log has let it in, and is not given again: only that it harms nobody who reads it is looked at.
    Settled,
}

impl Rules {
    /// What is judged now, of a document of this kind.
    pub fn of(kind: &Kind) -> Self {
        match kind.append_only {
            true => Rules::OnlyAdded,
            false => Rules::Judged,
        }
    }
}

/// Takes one change into a document, or says why not. All three gates, by the rules of what is judged now.
pub fn admit(document: &Automerge, raw: &[u8]) -> Result<Admitted, Refusal> {
    admit_by(document, raw, Rules::Judged)
}

/// As [`admit`], by these rules.
pub fn admit_by(document: &Automerge, raw: &[u8], rules: Rules) -> Result<Admitted, Refusal> {
    let change = change::parse(raw)?;
    admit_parsed(document, &save(document)?, change, rules)
}

/// As [`admit`], for a change of this feed (as which it must have been written) and a document whose
/// saved bytes are at hand.
pub fn admit_of(
    feed: FeedId,
    document: &Automerge,
    saved: &[u8],
    raw: &[u8],
    rules: Rules,
) -> Result<Admitted, Refusal> {
    let change = change::parse(raw)?;
    if change.inspected.actor != feed {
        return Err(Refusal::OwnPast);
    }
    admit_parsed(document, saved, change, rules)
}

fn admit_parsed(
    document: &Automerge,
    before: &[u8],
    change: Parsed<'_>,
    rules: Rules,
) -> Result<Admitted, Refusal> {
    let mut known = Known::of(document, contents(before)?);
    known.check(&change, Some(limits::START_OP_GAP), rules)?;
    known.add(&change);
    let expected = known.counts();
    let (document, saved) = trial::run(document, std::slice::from_ref(&change), expected)?;
    Ok(Admitted {
        document,
        saved,
        inspected: change.inspected,
    })
}

/// Offers a list of changes to a document, in order, each on top of those before that were taken.
/// A refused one does not hold up the others, save those that depend on it.
///
/// One trial serves them all. Only if that fails are halves of them tried, to find the one to blame.
///
/// Errors: only [`Refusal::OwnDocument`]; what is wrong with a change is in its outcome.
pub fn admit_many(document: &Automerge, raws: &[&[u8]]) -> Result<AdmittedMany, Refusal> {
    admit_many_by(document, raws, Rules::Judged)
}

/// As [`admit_many`], by these rules.
pub fn admit_many_by(
    document: &Automerge,
    raws: &[&[u8]],
    rules: Rules,
) -> Result<AdmittedMany, Refusal> {
    let before = save(document)?;
    let mut known = Known::of(document, contents(&before)?);
    let mut fitting: Vec<Parsed<'_>> = Vec::with_capacity(raws.len());
    let mut outcomes = Vec::with_capacity(raws.len());
    for raw in raws {
        let checked = change::parse(raw).and_then(|change| {
            known.check(&change, Some(limits::START_OP_GAP), rules)?;
            Ok(change)
        });
        outcomes.push(checked.map(|change| {
            known.add(&change);
            let about = change.inspected.clone();
            fitting.push(change);
            about
        }));
    }
    if fitting.is_empty() {
        return Ok(AdmittedMany {
            document: document.clone(),
            saved: before,
            outcomes,
        });
    }
    match trial::run(document, &fitting, known.counts()) {
        Ok((document, saved)) => Ok(AdmittedMany {
            document,
            saved,
            outcomes,
        }),
        Err(_) => in_halves(document, before, raws, rules),
    }
}

/// What fails together is tried in halves, so that one to blame is found in few trials.
fn in_halves(
    document: &Automerge,
    before: Vec<u8>,
    raws: &[&[u8]],
    rules: Rules,
) -> Result<AdmittedMany, Refusal> {
    if let [raw] = raws {
        return Ok(match admit_by(document, raw, rules) {
            Ok(admitted) => AdmittedMany {
                document: admitted.document,
                saved: admitted.saved,
                outcomes: vec![Ok(admitted.inspected)],
            },
            Err(e) => AdmittedMany {
                document: document.clone(),
                saved: before,
                outcomes: vec![Err(e)],
            },
        });
    }
    let (first, second) = raws.split_at(raws.len() / 2);
    let first = admit_many_by(document, first, rules)?;
    let mut all = admit_many_by(&first.document, second, rules)?;
    all.outcomes.splice(0..0, first.outcomes);
    Ok(all)
}

/// Opens a whole document from a peer, as a checkpoint carries it.
///
/// No hash covers the order of a saved document's rows, though what is read from it depends on that
/// order. So it is taken apart into its changes, each goes through the same gates as if it had come
/// alone, and the document is built anew from them. Nothing can come in with a document that could
/// not have come in as changes; only [`limits::START_OP_GAP`] is not held against each, since a
/// document does not tell in which order they arrived.
///
/// For one's own store, whose bytes came from [`admit`], this is not needed: load those as they are.
pub fn load_document(saved: &[u8]) -> Result<Automerge, Refusal> {
    load_checked(saved, Heads::Named)
}

/// Opens a document that travelled without its heads ([`crate::checkpoint::shorten`]): they follow
/// from its changes.
pub fn load_short(short: &[u8]) -> Result<Automerge, Refusal> {
    let saved = crate::checkpoint::lengthen(short, None).ok_or(Refusal::Truncated)?;
    load_checked(&saved, Heads::Unknown)
}

/// Whether a saved document names its heads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Heads {
    Named,
    Unknown,
}

fn load_checked(saved: &[u8], heads_are: Heads) -> Result<Automerge, Refusal> {
    let contents = document::parse(saved)?;
    let empty = trial::empty();
    let changes = contents.nodes.len();
    // Depth before anything else: what lies too deep overflows the stack of whoever reads it, and that can't be
    // caught.
    Known::new(contents).sound()?;
    let (heads, raws) = trial::guarded(|| {
        let loaded = match heads_are {
            Heads::Named => trial::load(saved, &empty)?,
            Heads::Unknown => trial::load_headless(saved)?,
        };
        let raws: Vec<Vec<u8>> = (loaded.get_changes(&[]).iter())
            .map(|change| change.raw_bytes().to_vec())
            .collect();
        Ok((loaded.get_heads(), raws))
    })?;
    if raws.len() != changes {
        return Err(Refusal::NotReloadable);
    }
    let mut known = Known::nothing();
    let mut parsed = Vec::with_capacity(raws.len());
    for raw in &raws {
        let change = change::parse(raw)?;
        known.check(&change, None, Rules::Settled)?;
        known.add(&change);
        parsed.push(change);
    }
    if parsed.is_empty() {
        return Ok(empty);
    }
    let (rebuilt, _) = trial::run(&empty, &parsed, known.counts())?;
    if heads_are == Heads::Named && rebuilt.get_heads() != heads {
        return Err(Refusal::NotReloadable);
    }
    Ok(rebuilt)
}

/// Every text that a top-level field of a document was given, each once and the oldest first, with the time in seconds that
/// its change says (0: none). Of two that did not know of each other, both.
///
/// Read from the bytes as a store of one's own keeps them: a tenth of what loading the document costs.
pub fn written(saved: &[u8], field: &str) -> Result<Vec<(String, u64)>, Refusal> {
    let mut all: Vec<(String, u64)> = Vec::new();
    for (text, time) in document::written(saved, field).map_err(|_| Refusal::OwnDocument)? {
        if !all.iter().any(|(before, _)| before == text) {
            all.push((text.to_owned(), u64::try_from(time).unwrap_or(0)));
        }
    }
    Ok(all)
}

/// What stands in a document, and who set it.
///
/// Read from the bytes as a store of one's own keeps them: a tenth of what loading the document costs. `None`: it holds what
/// only Automerge reads.
pub fn standing(saved: &[u8]) -> Result<Option<Standing>, Refusal> {
    standing::standing(saved).map_err(|_| Refusal::OwnDocument)
}

/// The receiver's document as bytes. Saving a damaged document panics in Automerge.
fn save(document: &Automerge) -> Result<Vec<u8>, Refusal> {
    trial::guarded(|| Ok(document.save_nocompress())).map_err(|_| Refusal::OwnDocument)
}

fn contents(saved: &[u8]) -> Result<document::Contents<'_>, Refusal> {
    document::parse(saved).map_err(|_| Refusal::OwnDocument)
}
