//! The core in Kotlin's hands: one object for each open store ([`Chibo`]), records and enums for what screens show, one
//! closed list of errors ([`ChiboError`]). There is no logic here: what screens need is worked out in `chibo-core`
//! and `chibo-device`, where `chibo phone` uses it as well; here it is put into shapes that cross the border.
//!
//! What a caller may rely on:
//!
//! - **Screens read and edit while a sync runs.** The store stands behind a lock that is taken for one step at a time and
//!   never while the line is waited for ([`chibo_core::carriers::http::Device`]).
//! - **Cancelled is clean.** A call that waits is dropped with its coroutine; each frame is one transaction, so what
//!   arrived whole stays and nothing is half there.
//! - **No panic crosses.** It becomes [`ChiboError::Broken`], and the store is opened anew from the disk: nothing that
//!   was in memory when it happened is used again.
//! - **Callbacks are never called under the lock**, so they may call back in.
//!
//! Does not know: HTTP, SQL, the words of screens (labels come with the kinds).

mod backup;
mod branch;
mod callbacks;
mod carry;
mod case;
mod chibo;
mod colleagues;
mod describe;
mod descriptor;
mod error;
mod guests;
mod home;
mod known;
mod list;
mod mail;
mod origin;
mod outbox;
mod own;
mod page;
mod places;
mod quiet;
mod record;
mod rights;
mod roll;
mod rules;
mod sheet;
mod sync;
mod typed;
mod update;

pub use backup::passphrase_least;
pub use branch::{AwayRow, CheckedIn, Deadlines, Due, DueState, Mark};
pub use callbacks::{
    CallbackError, Change, ChangeListener, Clock, KeyStore, KeyStoreError, SyncProgress,
};
pub use carry::{Addressee, Sealed, SignedSide, Succession, TakenIn, Tally};
pub use case::{ActInfo, Begun, CaseView, DoneAct, LetterLine, LetterSheet, LetterSource, Said};
pub use chibo::{
    Chibo, Enrolled, Outbox, discard, has_store, recover, store_folder, store_names, ticket_address,
};
pub use colleagues::{AdmissionTicket, Colleague, Owner};
pub use describe::{CodeInfo, FieldInfo, KindInfo, Needed, Text, ValueType, kinds};
pub use error::{ChiboError, Why};
pub use guests::PlacementRow;
pub use home::{
    HistoryRow, Home, Reached, Refusal, ToldOtherwise, UnheardRow, WrittenField, refusal_words,
};
pub use known::{Asking, NodeWord};
pub use list::{ListQuery, ListRow, Narrowing, narrowing_label};
pub use mail::MailOutcome;
pub use origin::{MissingWork, Proof, ProvenBy};
pub use outbox::{Leaving, is_outbox_to_be_left, leave_outbox};
pub use own::{AboutPerson, Against, ContestView, LookedAt, OwnRecord, OwnValue, TypedBy};
pub use page::{PageForm, PageLanguage};
pub use places::{CommuneInfo, ProvinceInfo, commune_by_code, communes, find_commune, provinces};
pub use record::{
    Addressed, Caution, DocumentView, FieldEdit, FieldValue, FieldView, Opened, Saved, Version,
};
pub use roll::{Dossier, Figure, FigurePart, Figures, MissingPaper, PaperRow, UnitFigures};
pub use rules::{RuleRow, Rules};
pub use sheet::{
    Sheet, SheetAbout, SheetAct, SheetInfo, SheetMark, SheetPart, SheetRow, SheetWeight,
};
pub use sync::{Ending, Refused, SyncOutcome, SyncSteps, Waiting};
pub use update::{AppOffer, FetchProgress, app_limit};

uniffi::setup_scaffolding!();
