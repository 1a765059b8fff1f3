//! What a screen may rely on: errors that it can act on, calls that are cancelled, panics that do not cross.

mod stage;

use chibo_core::enrol::Ticket;
use chibo_ffi::{
    CallbackError, Change, ChangeListener, Chibo, ChiboError, Clock, KeyStore, KeyStoreError,
    SyncProgress, SyncSteps, Why, discard, has_store,
};
use stage::*;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

async fn enrolled(
    commune: &mut Commune,
    folder: &Folder,
) -> (Arc<Chibo>, chibo_server::line::Line) {
    let ticket = commune.ticket();
    let line = commune.serve().await;
    let phone = folder.create();
    phone.enrol(ticket, Some(line.url())).await.unwrap();
    (phone, line)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secretary_enrols_lists_edits_and_hands_over() {
    let (mut commune, folder) = (Commune::of(3), Folder::new());
    assert!(!has_store(folder.text()));
    let (phone, _line) = enrolled(&mut commune, &folder).await;
    assert!(has_store(folder.text()));
    assert!(phone.sync(None, None).await.unwrap().synced);

    let rows = phone.list(members("")).unwrap();
    assert_eq!(
        titles(&rows),
        ["Trần Đức An", "Nguyễn Thị Ấm", "Đinh Văn Quang"]
    );
    assert_eq!(
        titles(&phone.list(members("am")).unwrap()),
        ["Nguyễn Thị Ấm"]
    );
    let page = chibo_ffi::ListQuery {
        skip: 1,
        limit: 1,
        ..members("")
    };
    assert_eq!(titles(&phone.list(page).unwrap()), ["Nguyễn Thị Ấm"]);

    let record = member_document(&phone, "am");
    assert!(record.may_write && record.missing == 0);
    phone.edit(at(&record), typed("hometown", "")).unwrap();
    assert_eq!(member_document(&phone, "am").missing, 1);
    let saved = phone.edit(at(&record), typed("born", "3/2/1971")).unwrap();
    assert!(saved.changed);
    let record = member_document(&phone, "am");
    assert_eq!(shown(&record, "born"), "03/02/1971");
    assert_eq!(phone.outbox().unwrap().drafts, 1);
    assert!(phone.list(members("am")).unwrap()[0].pending);

    // What his wife said on the telephone is her words, and of nothing else.
    let (wife, way) = ("vợ ở nhà".to_owned(), "telephone".to_owned());
    let number = typed("phone", "0912345678");
    (phone.edit_for(at(&record), number, wife.clone(), way)).unwrap();
    let told = |path: &str| {
        let record = member_document(&phone, "am");
        let field = record.fields.into_iter().find(|f| f.path == path);
        let told = field.unwrap().told.into_iter();
        told.map(|t| t.vi).collect::<Vec<_>>()
    };
    assert_eq!(told("phone"), ["theo lời vợ ở nhà, qua điện thoại"]);
    assert!(told("born").is_empty());
    let way = "bồ câu".to_owned();
    let why = phone.edit_for(at(&record), typed("alias", "Hai"), wife, way);
    assert!(matches!(why, Err(ChiboError::Invalid { field, .. }) if field == "how"));

    let outcome = phone.sync(None, None).await.unwrap();
    assert!(outcome.synced && outcome.handed_over == 1, "{outcome:?}");
    let waits = phone.outbox().unwrap();
    assert_eq!((waits.drafts, waits.unsent, waits.since), (0, 0, None));
    assert!(!phone.list(members("am")).unwrap()[0].pending);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_typed_and_not_written_is_kept_until_it_is_given_up_and_is_never_sent() {
    let (mut commune, folder) = (Commune::of(1), Folder::new());
    let (phone, _line) = enrolled(&mut commune, &folder).await;
    let keep = |screen: &str, text: &str| phone.keep_typed(screen.into(), text.into());
    let kept = |screen: &str| phone.typed(screen.into()).unwrap();
    assert_eq!(kept("M41|an"), None);
    keep("M41|an", "note=ở Dĩ An").unwrap();
    keep("M16", "name=Lê Văn").unwrap();
    keep("M16", "name=Lê Văn B").unwrap();
    assert_eq!(kept("M16").as_deref(), Some("name=Lê Văn B"));

    // It counts as nothing that waits, goes nowhere, and is there after the lock.
    let outbox = phone.outbox().unwrap();
    assert_eq!((outbox.changes, outbox.drafts), (0, 0));
    assert_eq!(phone.sync(None, None).await.unwrap().handed_over, 0);
    phone.lock().unwrap();
    let phone = folder.open();
    let kept = |screen: &str| phone.typed(screen.into()).unwrap();
    assert_eq!(kept("M41|an").as_deref(), Some("note=ở Dĩ An"));
    phone.keep_typed("M41|an".into(), String::new()).unwrap();
    assert_eq!(kept("M41|an"), None);

    // It stays small, whatever a screen does.
    let too_long = phone.keep_typed("M16".into(), "a".repeat(65 * 1024));
    assert!(matches!(
        too_long,
        Err(ChiboError::Invalid {
            why: Why::TooLong,
            ..
        })
    ));
    assert_eq!(kept("M16").as_deref(), Some("name=Lê Văn B"));
    assert!(phone.keep_typed("M".repeat(401), "a".into()).is_err());
    for n in 0..64 {
        phone.keep_typed(format!("M13|{n}"), "a".into()).unwrap();
    }
    assert_eq!(kept("M16"), None, "what was typed longest ago");
    assert_eq!(kept("M13|0").as_deref(), Some("a"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_sent_can_be_undone() {
    let (mut commune, folder) = (Commune::of(3), Folder::new());
    let (phone, _line) = enrolled(&mut commune, &folder).await;
    phone.sync(None, None).await.unwrap();
    let record = member_document(&phone, "quang");
    phone.edit(at(&record), typed("alias", "Hai")).unwrap();
    assert!(phone.undo(record.at.doc.clone()).unwrap());
    assert_eq!(shown(&member_document(&phone, "quang"), "alias"), "");
    assert!(!phone.undo(record.at.doc.clone()).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_says_what_it_does_not_take_and_nothing_of_that_edit_is_written() {
    let (mut commune, folder) = (Commune::of(3), Folder::new());
    let (phone, _line) = enrolled(&mut commune, &folder).await;
    phone.sync(None, None).await.unwrap();
    let record = member_document(&phone, "quang");
    let mut edits = typed("alias", "Hai");
    edits.extend(typed("born", "31/13/1971"));
    let why = phone.edit(at(&record), edits).unwrap_err();
    let (field, allowed) = ("born".to_owned(), Vec::new());
    assert_eq!(
        why,
        ChiboError::Invalid {
            field,
            why: Why::NoDate,
            allowed
        }
    );
    assert_eq!(shown(&member_document(&phone, "quang"), "alias"), "");

    let why = phone.edit(at(&record), typed("sex", "cao")).unwrap_err();
    match why {
        ChiboError::Invalid {
            field,
            why: Why::NotInList,
            allowed,
        } => {
            assert_eq!((field.as_str(), allowed.is_empty()), ("sex", false));
        }
        other => panic!("{other:?}"),
    }
    let mut elsewhere = at(&record);
    elsewhere.doc = "00".repeat(16);
    let why = phone.edit(elsewhere, typed("alias", "Hai")).unwrap_err();
    assert_eq!(why, ChiboError::NotHere);
    assert_eq!(
        phone.record("no id".into()).unwrap_err(),
        ChiboError::NotHere
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_secretaries_write_differently_and_one_chooses() {
    let mut commune = Commune::of(3);
    let (folder, other_folder) = (Folder::new(), Folder::new());
    let tickets = [commune.ticket(), commune.ticket()];
    let line = commune.serve().await;
    let phones = [folder.create(), other_folder.create()];
    for (phone, ticket) in phones.iter().zip(tickets) {
        phone.enrol(ticket, Some(line.url())).await.unwrap();
        phone.sync(None, None).await.unwrap();
    }
    for (phone, alias) in phones.iter().zip(["Hai", "Ba"]) {
        let record = member_document(phone, "quang");
        phone.edit(at(&record), typed("alias", alias)).unwrap();
    }
    for phone in phones.iter().chain([&phones[0]]) {
        phone.sync(None, None).await.unwrap();
    }
    let record = member_document(&phones[0], "quang");
    let field = record.fields.iter().find(|f| f.path == "alias").unwrap();
    assert_eq!(field.versions.len(), 2);
    assert_eq!(phones[0].list(members("quang")).unwrap()[0].conflicts, 1);
    let ba = field
        .versions
        .iter()
        .position(|v| v.shown.vi == "Ba")
        .unwrap();
    let saved = phones[0]
        .choose(at(&record), "alias".into(), ba as u32)
        .unwrap();
    assert!(saved.changed);
    for phone in [&phones[0], &phones[1]] {
        phone.sync(None, None).await.unwrap();
        assert_eq!(shown(&member_document(phone, "quang"), "alias"), "Ba");
        assert_eq!(phone.list(members("quang")).unwrap()[0].conflicts, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn screens_read_and_edit_while_a_sync_waits_and_a_cancelled_one_leaves_nothing_behind() {
    let (mut commune, folder) = (Commune::of(3), Folder::new());
    let (phone, _line) = enrolled(&mut commune, &folder).await;
    phone.sync(None, None).await.unwrap();
    // Somebody who takes the request and never answers.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let waiting = tokio::spawn({
        let phone = phone.clone();
        async move { phone.sync(Some(url), None).await }
    });
    let (held, _) = silent.accept().await.unwrap();

    let reader = phone.clone();
    let worked = tokio::task::spawn_blocking(move || {
        let record = member_document(&reader, "quang");
        reader.edit(at(&record), typed("alias", "Hai")).unwrap();
        reader.list(members("")).unwrap().len()
    });
    let rows = tokio::time::timeout(Duration::from_secs(5), worked).await;
    assert_eq!(rows.expect("the screen waits for the line").unwrap(), 3);

    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    // The next one does not wait for the line of the one that was cancelled.
    let next = tokio::time::timeout(Duration::from_secs(5), phone.sync(None, None));
    let outcome = next.await.expect("the cancelled sync goes on").unwrap();
    assert!(outcome.synced && outcome.handed_over == 1, "{outcome:?}");
    drop(held);
}

struct CancelAfter {
    frames: usize,
    heard: AtomicUsize,
    enough: tokio::sync::Notify,
}

impl SyncProgress for CancelAfter {
    fn heard(&self, _: SyncSteps) -> Result<(), CallbackError> {
        if self.heard.fetch_add(1, Ordering::SeqCst) + 1 == self.frames {
            self.enough.notify_one();
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_sync_that_is_cancelled_after_any_frame_goes_on_from_there() {
    let mut commune = Commune::of(60);
    let folders = [1, 2, 3].map(|frames| (frames, Folder::new(), commune.ticket()));
    let line = commune.serve().await;
    for (frames, folder, ticket) in folders {
        let phone = folder.create();
        phone.enrol(ticket, Some(line.url())).await.unwrap();
        let ears = Arc::new(CancelAfter {
            frames,
            heard: AtomicUsize::new(0),
            enough: tokio::sync::Notify::new(),
        });
        tokio::select! {
            _ = phone.sync(None, Some(ears.clone())) => {}
            () = ears.enough.notified() => {}
        }
        phone.lock().unwrap();
        assert_eq!(phone.list(members("")).unwrap_err(), ChiboError::Closed);
        drop(phone);
        let phone = reopened(&folder).await;
        assert!(phone.sync(None, None).await.unwrap().synced);
        assert_eq!(phone.list(members("")).unwrap().len(), 60);
    }
}

/// Opens it as soon as what was cancelled has let go of the files.
async fn reopened(folder: &Folder) -> Arc<Chibo> {
    for _ in 0..100 {
        match Chibo::open(
            folder.text(),
            Some(PIN.into()),
            None,
            Arc::new(FixedClock),
            None,
        ) {
            Ok(phone) => return phone,
            Err(ChiboError::InUse) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(e) => panic!("{e:?}"),
        }
    }
    panic!("still in use");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_short_code_enrols_once_the_address_is_there_and_again_when_the_line_broke_in_between() {
    let (mut commune, folder) = (Commune::of(3), Folder::new());
    let ticket = Ticket::from_text(&commune.ticket()).unwrap();
    let code = ticket.code().unwrap().to_text().to_lowercase();
    let line = commune.serve().await;
    let phone = folder.create();
    assert_eq!(chibo_ffi::ticket_address(code.clone()), Ok(None));
    let mistyped = chibo_ffi::ticket_address(code[1..].to_owned());
    assert!(matches!(mistyped, Err(ChiboError::BadCode { why }) if why.vi.contains("27")));
    let bare = phone.enrol(code.clone(), None).await;
    assert_eq!(bare.unwrap_err(), ChiboError::CodeNeedsAddress);
    let by_letter = phone.enrol_by_letter(code.clone());
    assert_eq!(by_letter.unwrap_err(), ChiboError::CodeNeedsLine);
    // Wherever it breaks: before the terms have come, before the ticket is used, before the answer to that has come.
    let mut broke = 0;
    let enrolled = loop {
        line.break_after(Some(100 + 100 * broke));
        match phone.enrol(code.clone(), Some(line.url())).await {
            Ok(enrolled) => break enrolled,
            Err(e) => assert_eq!(e, ChiboError::LineBroke),
        }
        broke += 1;
    };
    assert!((6..100).contains(&broke), "{broke}");
    assert_eq!(enrolled.role, "secretary");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_that_breaks_and_a_wrong_address_are_told_apart() {
    let (mut commune, folder) = (Commune::of(3), Folder::new());
    let ticket = commune.ticket();
    let line = commune.serve().await;
    let phone = folder.create();
    assert_eq!(
        phone.sync(None, None).await.unwrap_err(),
        ChiboError::NotEnrolled
    );
    let mistyped = phone.enrol("chibo1-abc".into(), None).await;
    assert_eq!(mistyped.unwrap_err(), ChiboError::BadTicket);
    line.break_after(Some(10));
    let cut = phone.enrol(ticket.clone(), Some(line.url())).await;
    assert_eq!(cut.unwrap_err(), ChiboError::LineBroke);
    line.break_after(None);
    phone.enrol(ticket.clone(), Some(line.url())).await.unwrap();
    let again = phone.enrol(ticket.clone(), Some(line.url())).await;
    assert_eq!(again.unwrap_err(), ChiboError::EnrolledAlready);

    let open = phone.sync(Some("http://192.0.2.1".into()), None).await;
    assert_eq!(open.unwrap_err(), ChiboError::BadAddress);
    line.break_after(Some(10));
    assert_eq!(
        phone.sync(None, None).await.unwrap_err(),
        ChiboError::LineBroke
    );
    line.break_after(None);
    assert!(phone.sync(None, None).await.unwrap().synced);

    // A ticket works once.
    let other = Folder::new();
    let refused = other.create().enrol(ticket, Some(line.url())).await;
    let ChiboError::NotTakenIn { why } = refused.unwrap_err() else {
        panic!("the node says why");
    };
    assert_eq!(why.vi, "Phiếu này đã dùng; hãy xin phiếu khác.");
}

#[test]
fn a_wrong_pin_is_told_and_too_many_of_them_make_people_wait() {
    let folder = Folder::new();
    let short = Chibo::create(
        folder.text(),
        Some("123".into()),
        None,
        Arc::new(FixedClock),
        None,
    );
    assert!(matches!(short.err(), Some(ChiboError::PinTooShort { .. })));
    drop(folder.create());
    let open = |pin: &str| {
        Chibo::open(
            folder.text(),
            Some(pin.into()),
            None,
            Arc::new(FixedClock),
            None,
        )
        .err()
    };
    assert_eq!(
        open("not it at all"),
        Some(ChiboError::WrongPin { wait_seconds: 0 })
    );
    let mut last = None;
    for _ in 0..4 {
        last = open("not it at all");
    }
    assert!(
        matches!(last, Some(ChiboError::Locked { wait_seconds }) if wait_seconds > 0),
        "{last:?}"
    );
    let twice = Chibo::create(
        folder.text(),
        Some(PIN.into()),
        None,
        Arc::new(FixedClock),
        None,
    );
    assert_eq!(twice.err(), Some(ChiboError::StoreExists));
    let none = Chibo::open(
        folder.text() + "x",
        Some(PIN.into()),
        None,
        Arc::new(FixedClock),
        None,
    );
    assert_eq!(none.err(), Some(ChiboError::NoStore));
    discard(folder.text()).unwrap();
    assert!(!has_store(folder.text()));
}

/// A keystore that can be told to give nothing.
#[derive(Default)]
struct Safe(Mutex<Option<KeyStoreError>>);

impl Safe {
    fn answer(&self, bytes: Vec<u8>) -> Result<Vec<u8>, KeyStoreError> {
        let turned = bytes.iter().map(|b| b ^ 0x5a).collect();
        self.0.lock().unwrap().map_or(Ok(turned), Err)
    }
}

impl KeyStore for Safe {
    fn wrap(&self, secret: Vec<u8>) -> Result<Vec<u8>, KeyStoreError> {
        self.answer(secret)
    }

    fn open(&self, wrapped: Vec<u8>) -> Result<Vec<u8>, KeyStoreError> {
        self.answer(wrapped)
    }
}

#[test]
fn a_store_that_the_keystore_guards_opens_with_both_and_the_pin_can_be_changed() {
    let (folder, safe) = (Folder::new(), Arc::new(Safe::default()));
    let open = |pin: Option<&str>, safe: Option<Arc<Safe>>| {
        let safe = safe.map(|s| s as Arc<dyn KeyStore>);
        Chibo::open(
            folder.text(),
            pin.map(Into::into),
            safe,
            Arc::new(FixedClock),
            None,
        )
    };
    let both = (
        Some(PIN.to_owned()),
        Some(safe.clone() as Arc<dyn KeyStore>),
    );
    let phone = Chibo::create(folder.text(), both.0, both.1, Arc::new(FixedClock), None).unwrap();
    drop(phone);
    assert_eq!(open(Some(PIN), None).err(), Some(ChiboError::OtherLock));
    for (why, told) in [
        (KeyStoreError::NotNow, ChiboError::KeyStoreNotNow),
        (KeyStoreError::Gone, ChiboError::KeyStoreGone),
    ] {
        *safe.0.lock().unwrap() = Some(why);
        assert_eq!(open(Some(PIN), Some(safe.clone())).err(), Some(told));
    }
    *safe.0.lock().unwrap() = None;
    let phone = open(Some(PIN), Some(safe.clone())).unwrap();
    phone.set_pin(None, Some(safe.clone())).unwrap();
    drop(phone);
    open(None, Some(safe.clone())).unwrap();
    assert_eq!(
        open(Some(PIN), Some(safe)).err(),
        Some(ChiboError::OtherLock)
    );
}

#[derive(Default)]
struct Ears {
    heard: Mutex<Vec<Change>>,
    phone: OnceLock<std::sync::Weak<Chibo>>,
    panics: AtomicBool,
}

impl ChangeListener for Ears {
    fn changed(&self, changes: Vec<Change>) -> Result<(), CallbackError> {
        // Reads at once, on the very thread: the lock is free.
        if let Some(phone) = self.phone.get().and_then(std::sync::Weak::upgrade) {
            phone.list(members("")).unwrap();
        }
        self.heard.lock().unwrap().extend(changes);
        assert!(
            !self.panics.load(Ordering::SeqCst),
            "the listener is at fault"
        );
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_listens_hears_by_key_what_a_sync_and_an_edit_changed_and_may_call_back() {
    let (mut commune, folder) = (Commune::of(3), Folder::new());
    let ticket = commune.ticket();
    let line = commune.serve().await;
    let ears = Arc::new(Ears::default());
    let phone = folder.create_heard(Some(ears.clone()));
    let _ = ears.phone.set(Arc::downgrade(&phone));
    phone.enrol(ticket, Some(line.url())).await.unwrap();
    phone.sync(None, None).await.unwrap();
    let heard = std::mem::take(&mut *ears.heard.lock().unwrap());
    for place in &commune.members {
        let change = Change {
            kind: "member".into(),
            place: place.to_string(),
        };
        assert!(heard.contains(&change), "{heard:?}");
    }
    let record = member_document(&phone, "quang");
    ears.heard.lock().unwrap().clear();
    phone.edit(at(&record), typed("alias", "Hai")).unwrap();
    let one = Change {
        kind: "member".into(),
        place: record.at.place.clone(),
    };
    assert_eq!(*ears.heard.lock().unwrap(), [one]);

    // What a listener does wrong undoes nothing.
    ears.panics.store(true, Ordering::SeqCst);
    assert!(
        phone
            .edit(at(&record), typed("alias", "Ba"))
            .unwrap()
            .changed
    );
    assert_eq!(shown(&member_document(&phone, "quang"), "alias"), "Ba");
}

/// A clock that panics, or fails, when it is told to.
struct BadClock(AtomicU64);

impl Clock for BadClock {
    fn now(&self) -> Result<u64, CallbackError> {
        match self.0.load(Ordering::SeqCst) {
            0 => Ok(NOW.0),
            1 => panic!("the clock is at fault"),
            _ => Err(CallbackError::Failed),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_becomes_an_error_and_the_next_call_works() {
    let (mut commune, folder) = (Commune::of(3), Folder::new());
    let ticket = commune.ticket();
    let line = commune.serve().await;
    let clock = Arc::new(BadClock(AtomicU64::new(0)));
    let phone = Chibo::create(folder.text(), Some(PIN.into()), None, clock.clone(), None).unwrap();
    phone.enrol(ticket, Some(line.url())).await.unwrap();
    phone.sync(None, None).await.unwrap();
    let record = member_document(&phone, "quang");
    clock.0.store(1, Ordering::SeqCst);
    let edited = phone.edit(at(&record), typed("alias", "Hai"));
    assert_eq!(edited.unwrap_err(), ChiboError::Broken);
    assert_eq!(
        phone.sync(None, None).await.unwrap_err(),
        ChiboError::Broken
    );
    clock.0.store(2, Ordering::SeqCst);
    let edited = phone.edit(at(&record), typed("alias", "Hai"));
    assert_eq!(edited.unwrap_err(), ChiboError::CallbackFailed);
    assert_eq!(
        phone.sync(None, None).await.unwrap_err(),
        ChiboError::CallbackFailed
    );
    clock.0.store(0, Ordering::SeqCst);
    phone.edit(at(&record), typed("alias", "Hai")).unwrap();
    assert!(phone.sync(None, None).await.unwrap().synced);
}
