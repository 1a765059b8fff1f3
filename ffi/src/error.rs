//! What goes wrong, as a screen can act on it: one flat, closed list, without personal data. The rich errors stay
//! inside; the one translation stands here.

use crate::callbacks::CallbackError;
use crate::describe::Text;
use chibo_core::author::EditError;
use chibo_core::carriers::http::CarrierError;
use chibo_core::case::CaseError;
use chibo_core::codec::CodecError;
use chibo_core::document::DocumentError;
use chibo_core::enrol::TicketError;
use chibo_core::field::FieldError;
use chibo_core::lock::{KeeperError, LockError};
use chibo_core::phone::SyncError;
use chibo_core::store::StoreError;
use chibo_device::keys::KeyError;
use chibo_device::letters::LetterError;
use chibo_device::lists::ListError;
use chibo_device::outbox::LeavingError;
use chibo_device::practice::PracticeError;
use chibo_device::record::RecordError;
use chibo_device::words;

/// Why a call did nothing. What stood before stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum ChiboError {
    // ---- opening ----
    /// Not the right PIN.
    #[error("wrong PIN")]
    WrongPin {
        /// Seconds until the next try is answered; 0: at once.
        wait_seconds: u64,
    },
    /// Too many failures: this try was not looked at.
    #[error("locked")]
    Locked {
        /// Seconds until the next try is answered.
        wait_seconds: u64,
    },
    /// A PIN that is too short to be set.
    #[error("the PIN is too short")]
    PinTooShort {
        /// How many characters are needed.
        least: u32,
    },
    /// A passphrase that is too short to seal a backup with.
    #[error("the passphrase is too short")]
    PassphraseTooShort {
        /// How many characters are needed.
        least: u32,
    },
    /// Not the passphrase with which the backup was sealed, or it was altered.
    #[error("wrong passphrase")]
    WrongPassphrase,
    /// The recovery code was misheard.
    #[error("the recovery code is misheard")]
    CodeMisheard {
        /// In which group of five digits, from 1; 0: it has another length.
        group: u32,
    },
    /// The store is not opened in this way: ask for the PIN, or use the keystore.
    #[error("the store is not opened in this way")]
    OtherLock,
    /// The device's keystore does not answer now: try again.
    #[error("the keystore does not answer")]
    KeyStoreNotNow,
    /// The device's keystore no longer has the key: ask the office for the recovery code.
    #[error("the keystore has lost the key")]
    KeyStoreGone,
    /// There is no store in the folder: create one.
    #[error("no store")]
    NoStore,
    /// There is a store in the folder: open it.
    #[error("there is a store")]
    StoreExists,
    /// Another process has the store open.
    #[error("the store is in use")]
    InUse,
    /// A newer version of the app wrote the store: update.
    #[error("the app is too old")]
    AppTooOld,
    /// This object was closed, or its store is wiped: open it again, or enrol.
    #[error("closed")]
    Closed,
    // ---- who may ----
    /// This is practice: nothing leaves it, and it is enrolled nowhere.
    #[error("practice never leaves the device")]
    Practice,
    /// The device is not enrolled yet.
    #[error("not enrolled")]
    NotEnrolled,
    /// The device is enrolled already.
    #[error("enrolled already")]
    EnrolledAlready,
    /// The ticket is none, or mistyped: scan or type it again.
    #[error("no ticket")]
    BadTicket,
    /// A short code is mistyped, or not all of it is there; nothing was sent.
    #[error("the code is mistyped")]
    BadCode {
        /// Where, and what to do.
        why: Text,
    },
    /// A short code needs the office's address beside it, which stands on the ticket.
    #[error("a code needs the address")]
    CodeNeedsAddress,
    /// A short code needs a line to the office; a letter needs the whole ticket.
    #[error("a code needs a line")]
    CodeNeedsLine,
    /// The ticket names no key for letters: this enrolment needs a line to the office.
    #[error("needs a line")]
    NeedsLine,
    /// The device's grant has ended: it shows and records nothing any more.
    #[error("the grant has ended")]
    Ended,
    /// The role does not do this here.
    #[error("not allowed")]
    NotAllowed,
    /// Nobody decides about themself, or signs twice.
    #[error("about themself")]
    AboutThemself,
    /// The place is on its way to another node, which decides what is written in it from then on.
    #[error("handed over")]
    HandedOver,
    // ---- what was typed ----
    /// A field does not take this.
    #[error("a field does not take this")]
    Invalid {
        /// The path of the field.
        field: String,
        /// Why.
        why: Why,
        /// The codes that it takes, where it takes codes.
        allowed: Vec<String>,
    },
    /// There is no such place, document, kind or act on this device.
    #[error("not here")]
    NotHere,
    /// The document is full: a successor is begun.
    #[error("the document is full")]
    DocumentFull,
    /// What stands in such a document is never changed, only added to.
    #[error("only added to")]
    AppendOnly,
    /// The case does not allow this act now: read it again.
    #[error("not now")]
    ActNotNow,
    /// Two acts were done at the same time: keep one first.
    #[error("two at once")]
    ChooseFirst,
    /// A reason is needed.
    #[error("a reason is needed")]
    ReasonNeeded {
        /// Whether it is the reason for being late.
        late: bool,
    },
    // ---- the line ----
    /// The address of the node is none, or does not encrypt.
    #[error("no address")]
    BadAddress,
    /// No connection, a break, or silence: try again. What arrived whole stays.
    #[error("the line broke")]
    LineBroke,
    /// Somebody else answers at the address: no certificate, or no signature, of this device's node.
    #[error("another node")]
    WrongNode,
    /// The node does not know this device (any more).
    #[error("unknown to the node")]
    UnknownDevice,
    /// What was asked makes no sense to the node.
    #[error("refused")]
    Refused,
    /// The node does not take in this device: the ticket, the new key, or this device's right is worth nothing. Of a change
    /// of key nothing has begun any more.
    #[error("not taken in")]
    NotTakenIn {
        /// Why, and what to do.
        why: Text,
    },
    /// The node cannot answer now: try again later.
    #[error("the node cannot answer now")]
    NodeNotNow,
    /// Asked too often: wait some minutes.
    #[error("too often")]
    TooOften,
    /// The answer is older than what the device has, or came for what it was before a restore: ask again.
    #[error("out of date")]
    AskAgain,
    /// Own work waits that has to be handed over first.
    #[error("unsent first")]
    UnsentFirst,
    /// The node said what cannot be true, or in a way that this app does not understand: update, and report it.
    #[error("the node is at fault")]
    NodeFault,
    // ---- files and hand-overs ----
    /// It is no file of letters.
    #[error("no such file")]
    NotAFile,
    /// This device has not heard of another one of the branch: sync first.
    #[error("nobody else")]
    NobodyElse,
    /// The other side has not signed yet.
    #[error("not confirmed")]
    NotConfirmed,
    // ---- the device ----
    /// No room on the device: free some. Nothing was lost.
    #[error("the disk is full")]
    DiskFull,
    /// The store, its lock or a file is damaged.
    #[error("damaged")]
    Damaged,
    /// The device's clock is off the calendar.
    #[error("the clock is off")]
    ClockOff,
    /// The file that was given could not be read or written: choose another.
    #[error("the file failed")]
    FileFailed,
    /// A callback of the app failed (its clock, its progress): nothing was begun, or what came whole stays.
    #[error("a callback failed")]
    CallbackFailed,
    /// A fault in the program. The store is whole; the call may be made again, and the fault reported.
    #[error("a fault in the program")]
    Broken,
}

/// Why a field does not take a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Enum)]
pub enum Why {
    /// The kind has no such field.
    NoSuchField,
    /// None of the codes that it takes.
    NotInList,
    /// No date, month or year.
    NoDate,
    /// No whole number.
    NoNumber,
    /// Too long.
    TooLong,
    /// It is empty and must not be.
    Empty,
}

impl From<StoreError> for ChiboError {
    fn from(e: StoreError) -> Self {
        match e {
            StoreError::DiskFull => ChiboError::DiskFull,
            StoreError::InUse => ChiboError::InUse,
            StoreError::NewerVersion { .. } => ChiboError::AppTooOld,
            StoreError::Missing => ChiboError::NoStore,
            _ => ChiboError::Damaged,
        }
    }
}

impl From<FieldError> for ChiboError {
    fn from(e: FieldError) -> Self {
        let invalid = |field, why| ChiboError::Invalid {
            field,
            why,
            allowed: Vec::new(),
        };
        match e {
            FieldError::NotInList { path, allowed, .. } => ChiboError::Invalid {
                field: path,
                why: Why::NotInList,
                allowed: allowed.into_iter().map(Into::into).collect(),
            },
            FieldError::NoDate { path, .. } => invalid(path, Why::NoDate),
            FieldError::NoNumber { path, .. } => invalid(path, Why::NoNumber),
            FieldError::NoSuchField { path, .. } => invalid(path, Why::NoSuchField),
            _ => ChiboError::NotAllowed,
        }
    }
}

impl From<DocumentError> for ChiboError {
    fn from(e: DocumentError) -> Self {
        let invalid = |field, why| ChiboError::Invalid {
            field,
            why,
            allowed: Vec::new(),
        };
        match e {
            DocumentError::AppendOnly => ChiboError::AppendOnly,
            DocumentError::NoSuchField { path, .. } => invalid(path, Why::NoSuchField),
            DocumentError::TooLong { path, .. } => invalid(path, Why::TooLong),
            DocumentError::Full { .. } => ChiboError::DocumentFull,
            _ => ChiboError::Damaged,
        }
    }
}

impl From<CaseError> for ChiboError {
    fn from(e: CaseError) -> Self {
        match e {
            CaseError::UnknownAct(_) => ChiboError::NotHere,
            CaseError::NotAllowed => ChiboError::NotAllowed,
            CaseError::AtOnce => ChiboError::ChooseFirst,
            CaseError::NoReason => ChiboError::ReasonNeeded { late: false },
            CaseError::LateReason => ChiboError::ReasonNeeded { late: true },
            CaseError::SamePerson => ChiboError::AboutThemself,
            _ => ChiboError::ActNotNow,
        }
    }
}

impl From<EditError> for ChiboError {
    fn from(e: EditError) -> Self {
        match e {
            EditError::Ended => ChiboError::Ended,
            EditError::HandedOver => ChiboError::HandedOver,
            EditError::UnknownPlace => ChiboError::NotHere,
            EditError::Document(e) => e.into(),
            EditError::AboutThemself => ChiboError::AboutThemself,
            EditError::Case(e) => e.into(),
            EditError::Store(e) => e.into(),
            _ => ChiboError::NotAllowed,
        }
    }
}

impl From<SyncError> for ChiboError {
    fn from(e: SyncError) -> Self {
        match e {
            SyncError::NotTheNode => ChiboError::WrongNode,
            SyncError::Late | SyncError::Restored => ChiboError::AskAgain,
            SyncError::NotEnrolled => ChiboError::NotEnrolled,
            SyncError::NoLetterKey => ChiboError::NeedsLine,
            SyncError::UnsentFirst => ChiboError::UnsentFirst,
            SyncError::Edit(e) => e.into(),
            SyncError::Store(e) => e.into(),
            _ => ChiboError::NodeFault,
        }
    }
}

impl From<CarrierError> for ChiboError {
    fn from(e: CarrierError) -> Self {
        match e {
            CarrierError::Address(_) | CarrierError::Open => ChiboError::BadAddress,
            CarrierError::AnotherNode => ChiboError::WrongNode,
            CarrierError::Unknown(_) => ChiboError::UnknownDevice,
            CarrierError::Refused(_) => ChiboError::Refused,
            CarrierError::NotTakenIn(why) => ChiboError::NotTakenIn {
                why: words::not_known(why).into(),
            },
            CarrierError::NotNow(_) => ChiboError::NodeNotNow,
            CarrierError::TooOften { .. } => ChiboError::TooOften,
            CarrierError::Sync(e) => e.into(),
            _ => ChiboError::LineBroke,
        }
    }
}

impl From<LockError> for ChiboError {
    fn from(e: LockError) -> Self {
        let group = |n: usize| u32::try_from(n).unwrap_or(0);
        match e {
            LockError::Wrong { wait_seconds } => ChiboError::WrongPin { wait_seconds },
            LockError::Wait { seconds } => ChiboError::Locked {
                wait_seconds: seconds,
            },
            LockError::TooShort { least } => ChiboError::PinTooShort {
                least: u32::try_from(least).unwrap_or(u32::MAX),
            },
            LockError::CodeLength { .. } => ChiboError::CodeMisheard { group: 0 },
            LockError::Misheard { group: n } => ChiboError::CodeMisheard { group: group(n) },
            LockError::NoSlot(_) => ChiboError::OtherLock,
            LockError::Keeper(KeeperError::Gone) => ChiboError::KeyStoreGone,
            LockError::Keeper(_) => ChiboError::KeyStoreNotNow,
            LockError::Damaged(CodecError::UnknownVersion { .. }) => ChiboError::AppTooOld,
            _ => ChiboError::Damaged,
        }
    }
}

impl From<KeyError> for ChiboError {
    fn from(e: KeyError) -> Self {
        match e {
            KeyError::NoLock(_) => ChiboError::NoStore,
            KeyError::NoKeyFile(_) | KeyError::Locked => ChiboError::OtherLock,
            KeyError::File(_, e) if e.kind() == std::io::ErrorKind::StorageFull => {
                ChiboError::DiskFull
            }
            KeyError::Lock(e) => e.into(),
            KeyError::Store(e) => e.into(),
            _ => ChiboError::Damaged,
        }
    }
}

impl From<CallbackError> for ChiboError {
    fn from(_: CallbackError) -> Self {
        ChiboError::CallbackFailed
    }
}

impl From<PracticeError> for ChiboError {
    fn from(e: PracticeError) -> Self {
        match e {
            PracticeError::RealStore => ChiboError::StoreExists,
            PracticeError::Clock => ChiboError::ClockOff,
            PracticeError::Key(e) => e.into(),
            PracticeError::Sync(e) => e.into(),
            _ => ChiboError::Broken,
        }
    }
}

impl From<LeavingError> for ChiboError {
    fn from(e: LeavingError) -> Self {
        match e {
            LeavingError::Store(e) => e.into(),
            LeavingError::Carrier(e) => e.into(),
            _ => ChiboError::Broken,
        }
    }
}

impl From<LetterError> for ChiboError {
    fn from(e: LetterError) -> Self {
        match e {
            LetterError::Carrier(e) => e.into(),
            LetterError::Sync(e) => e.into(),
            LetterError::Practice => ChiboError::Practice,
            _ => ChiboError::Broken,
        }
    }
}

impl From<TicketError> for ChiboError {
    fn from(e: TicketError) -> Self {
        match e {
            TicketError::CodeLength { .. } | TicketError::Misread { .. } => ChiboError::BadCode {
                why: words::no_ticket(e).into(),
            },
            _ => ChiboError::BadTicket,
        }
    }
}

impl From<ListError> for ChiboError {
    fn from(e: ListError) -> Self {
        match e {
            ListError::Store(e) => e.into(),
            _ => ChiboError::Broken,
        }
    }
}

impl From<RecordError> for ChiboError {
    fn from(e: RecordError) -> Self {
        match e {
            RecordError::Unknown => ChiboError::NotHere,
            RecordError::Clock => ChiboError::ClockOff,
            RecordError::Edit(e) => e.into(),
            RecordError::List(e) => e.into(),
            RecordError::Store(e) => e.into(),
            _ => ChiboError::Broken,
        }
    }
}
