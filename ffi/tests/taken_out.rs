//! What leaves a phone in somebody's hand: the page of all that is recorded about a person, a copy of the whole book, the
//! ticket that lets a member in.

mod stage;

use chibo_core::place::Role;
use chibo_ffi::{Addressee, Chibo, ChiboError, PageForm, PageLanguage};
use stage::*;
use std::sync::Arc;

const WORDS: &str = "tre lang giong dau xanh";

fn enrolled(commune: &mut Commune, folder: &Folder, role: Role) -> Arc<Chibo> {
    let phone = folder.create();
    phone.enrol_by_letter(commune.ticket_for(role)).unwrap();
    send(commune, &phone);
    send(commune, &phone);
    phone
}

fn send(commune: &mut Commune, phone: &Chibo) {
    let sent = phone.put_into_file(Addressee::Node, Vec::new()).unwrap();
    phone.take_from_file(commune.read(&sent.file)).unwrap();
}

fn page(phone: &Chibo, member: Option<String>, form: PageForm, language: PageLanguage) -> String {
    String::from_utf8(phone.own_page(member, form, language).unwrap()).unwrap()
}

// ---- the page -------------------------------------------------------------------------------

#[test]
fn all_that_is_recorded_about_a_person_is_a_page_and_the_person_sees_that_it_was_printed() {
    let (mut commune, folder) = (Commune::of(3), Folder::new());
    let phone = enrolled(&mut commune, &folder, Role::Secretary);
    let record = member_document(&phone, "quang");
    let member = record.at.place.clone();
    phone
        .edit(at(&record), typed("alias", "<b>Hai</b> & Ba"))
        .unwrap();
    let html = page(
        &phone,
        Some(member.clone()),
        PageForm::Html,
        PageLanguage::Vi,
    );
    assert!(
        html.starts_with("<!doctype html><html lang=\"vi\">"),
        "{html}"
    );
    assert!(html.contains("Đinh Văn Quang") && html.contains("&lt;b&gt;Hai&lt;/b&gt; &amp; Ba"));
    assert!(!html.contains("<b>Hai"), "what people wrote is escaped");
    assert!(!html.contains("<script"));
    let text = page(
        &phone,
        Some(member.clone()),
        PageForm::Text,
        PageLanguage::En,
    );
    assert!(
        text.starts_with("What is recorded about: Đinh Văn Quang"),
        "{text}"
    );
    let json = page(
        &phone,
        Some(member.clone()),
        PageForm::Json,
        PageLanguage::Vi,
    );
    let told: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(told["name"], "Đinh Văn Quang");
    let paths: Vec<&str> = (told["records"].as_array().unwrap().iter())
        .flat_map(|r| r["values"].as_array().unwrap())
        .map(|v| v["path"].as_str().unwrap())
        .collect();
    assert!(paths.contains(&"alias"), "{paths:?}");
    // A secretary's daily reading is nobody's business; what was printed or taken out is.
    let looks = phone.about(Some(member)).unwrap().looks;
    let what: Vec<&str> = looks.iter().map(|l| l.what.en.as_str()).collect();
    assert_eq!(
        what.len(),
        2,
        "printed and taken out, each once that day: {what:?}"
    );
    for (nobody, refused) in [
        (Some("xóm".to_owned()), ChiboError::NotHere),
        (Some("00".repeat(16)), ChiboError::NotHere),
    ] {
        let none = phone.own_page(nobody, PageForm::Html, PageLanguage::Vi);
        assert_eq!(none.unwrap_err(), refused);
    }
}

#[test]
fn a_member_takes_out_their_own_data_and_nobody_else_s() {
    let (mut commune, one, two) = (Commune::of(3), Folder::new(), Folder::new());
    let leader = enrolled(&mut commune, &one, Role::Secretary);
    let member = member_document(&leader, "quang").at.place;
    let other = member_document(&leader, "am").at.place;
    let ticket = leader.ticket_for(member, 7 * 24 * 60, false).unwrap();
    let own = two.create();
    own.enrol_by_letter(ticket.text).unwrap();
    send(&mut commune, &own);
    send(&mut commune, &own);
    let html = page(&own, None, PageForm::Html, PageLanguage::Vi);
    assert!(
        html.contains("Đinh Văn Quang") && html.contains("xin bản in của văn phòng"),
        "{html}"
    );
    assert_eq!(
        own.about(None).unwrap().looks,
        [],
        "their own looking is nobody's business"
    );
    let refused = own.own_page(Some(other), PageForm::Html, PageLanguage::Vi);
    assert!(matches!(
        refused,
        Err(ChiboError::NotHere | ChiboError::NotAllowed)
    ));
}

#[cfg(unix)]
#[test]
fn a_page_and_a_copy_go_into_the_file_that_somebody_chose() {
    use std::os::fd::AsRawFd;
    let (mut commune, folder) = (Commune::of(3), Folder::new());
    let phone = enrolled(&mut commune, &folder, Role::Secretary);
    let member = member_document(&phone, "quang").at.place;
    let path = folder.path().join("chosen");
    let file = std::fs::File::create(&path).unwrap();
    let (vi, html) = (PageLanguage::Vi, PageForm::Html);
    phone
        .own_page_into_descriptor(file.as_raw_fd(), Some(member.clone()), html, vi)
        .unwrap();
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(written.ends_with("</body></html>"));
    let file = std::fs::File::create(&path).unwrap();
    phone
        .backup_into_descriptor(file.as_raw_fd(), WORDS.into())
        .unwrap();
    let written = std::fs::read(&path).unwrap();
    assert!(written.starts_with(b"age-encryption.org/v1"));
    for bad in [-1, i32::MAX] {
        let refused = phone.own_page_into_descriptor(bad, Some(member.clone()), html, vi);
        assert_eq!(refused, Err(ChiboError::FileFailed));
    }
}

// ---- the copy -------------------------------------------------------------------------------

fn restore(
    folder: &Folder,
    copy: Vec<u8>,
    words: &str,
    pin: &str,
) -> Result<Arc<Chibo>, ChiboError> {
    let clock = Arc::new(FixedClock);
    Chibo::restore(
        folder.text(),
        copy,
        words.into(),
        Some(pin.into()),
        None,
        clock,
        None,
    )
}

#[test]
fn a_phone_that_broke_comes_back_from_its_copy_with_unsent_work_and_goes_on_at_the_office() {
    let (mut commune, folder) = (Commune::of(3), Folder::new());
    let phone = enrolled(&mut commune, &folder, Role::Secretary);
    let record = member_document(&phone, "quang");
    phone.edit(at(&record), typed("alias", "Hai")).unwrap();
    let copy = phone.backup(WORDS.into()).unwrap();
    let names = ["Quang", "Hai", "alias"];
    let plain = String::from_utf8_lossy(&copy).into_owned();
    assert!(
        names.iter().all(|name| !plain.contains(name)),
        "nothing is read in it"
    );
    assert_eq!(
        std::fs::read_dir(folder.text())
            .unwrap()
            .filter(|f| {
                f.as_ref()
                    .unwrap()
                    .file_name()
                    .to_string_lossy()
                    .contains(".tmp")
            })
            .count(),
        0,
        "no half copy is left"
    );
    // What is said after the copy and was sent comes back; the phone breaks.
    phone
        .edit(at(&record), typed("phone", "0912999999"))
        .unwrap();
    send(&mut commune, &phone);
    drop(phone);
    drop(folder);

    let other = Folder::new();
    let again = restore(&other, copy.clone(), WORDS, "864200").unwrap();
    assert_eq!(shown(&member_document(&again, "quang"), "alias"), "Hai");
    assert!(
        again.outbox().unwrap().changes > 0,
        "what was not sent waits"
    );
    for _ in 0..3 {
        send(&mut commune, &again);
    }
    let record = member_document(&again, "quang");
    assert_eq!(
        shown(&record, "phone"),
        "0912999999",
        "what was sent came back"
    );
    again.edit(at(&record), typed("alias", "Ba")).unwrap();
    for _ in 0..2 {
        send(&mut commune, &again);
    }
    let outbox = again.outbox().unwrap();
    assert_eq!(
        (outbox.changes, outbox.unsent),
        (0, 0),
        "its work is taken in: {outbox:?}"
    );
    assert_eq!(again.refusals().unwrap(), []);
    again.lock().unwrap();
    drop(again);
    // It opens with the new PIN, and with that only.
    let open = |pin: &str| {
        let clock = Arc::new(FixedClock);
        Chibo::open(other.text(), Some(pin.into()), None, clock, None).map(drop)
    };
    assert!(matches!(open(PIN), Err(ChiboError::WrongPin { .. })));
    open("864200").unwrap();
    // There is a book here now: no copy takes its place.
    let refused = restore(&other, copy, WORDS, "864200").map(drop);
    assert_eq!(refused, Err(ChiboError::StoreExists));
}

#[test]
fn what_is_no_copy_or_opens_with_other_words_makes_no_book() {
    let (mut commune, folder) = (Commune::of(3), Folder::new());
    let phone = enrolled(&mut commune, &folder, Role::Secretary);
    for short in ["", "ngan", "mot hai ba"] {
        let refused = phone.backup(short.into());
        assert!(
            matches!(refused, Err(ChiboError::PassphraseTooShort { least: 12 })),
            "{short}"
        );
    }
    let copy = phone.backup(WORDS.into()).unwrap();
    let mut altered = copy.clone();
    let middle = altered.len() / 2;
    altered[middle] ^= 1;
    let cut = copy[..copy.len() - 7].to_vec();
    let letters = phone
        .put_into_file(Addressee::Node, Vec::new())
        .unwrap()
        .file;
    let other = Folder::new();
    let wrong = |copy: Vec<u8>, words: &str, pin: &str| {
        let refused = restore(&other, copy, words, pin).map(drop).unwrap_err();
        assert!(
            !chibo_ffi::has_store(other.text()),
            "nothing is there: {refused:?}"
        );
        refused
    };
    let new = "864200";
    assert_eq!(
        wrong(copy.clone(), "tre lang khac xa", new),
        ChiboError::WrongPassphrase
    );
    assert_eq!(wrong(altered, WORDS, new), ChiboError::NotAFile);
    assert_eq!(wrong(cut, WORDS, new), ChiboError::NotAFile);
    assert_eq!(wrong(letters, WORDS, new), ChiboError::NotAFile);
    assert_eq!(wrong(Vec::new(), WORDS, new), ChiboError::NotAFile);
    assert!(matches!(
        wrong(copy.clone(), WORDS, "12"),
        ChiboError::PinTooShort { .. }
    ));
    // After all that the true one opens.
    restore(&other, copy, WORDS, new).unwrap();
}

#[test]
fn practice_is_not_copied() {
    let folder = Folder::new();
    let phone = Chibo::practise(folder.text(), Arc::new(FixedClock), None).unwrap();
    assert_eq!(phone.backup(WORDS.into()), Err(ChiboError::Practice));
}

// ---- the ticket -----------------------------------------------------------------------------

#[test]
fn a_ticket_is_the_one_that_was_made_until_it_was_used_or_another_is_asked_for() {
    let (mut commune, folder, hers) = (Commune::of(3), Folder::new(), Folder::new());
    let phone = enrolled(&mut commune, &folder, Role::Secretary);
    let member = member_document(&phone, "quang").at.place;
    let other = member_document(&phone, "am").at.place;
    let first = phone
        .ticket_for(member.clone(), 7 * 24 * 60, false)
        .unwrap();
    assert_eq!(first.until, NOW.0 + 7 * 86_400);
    assert!(
        phone
            .ticket_for(member.clone(), 7 * 24 * 60, false)
            .unwrap()
            == first
    );
    phone.lock().unwrap();
    drop(phone);
    let phone = folder.open();
    assert!(
        phone
            .ticket_for(member.clone(), 7 * 24 * 60, false)
            .unwrap()
            == first,
        "after the process died"
    );
    assert!(
        phone.ticket_for(other, 7 * 24 * 60, false).unwrap() != first,
        "each has their own"
    );
    let anew = phone.ticket_for(member.clone(), 7 * 24 * 60, true).unwrap();
    assert!(anew != first);
    assert!(
        phone
            .ticket_for(member.clone(), 7 * 24 * 60, false)
            .unwrap()
            == anew
    );
    // Once it was used and the phone has heard of it, it is worth nothing: the next is another.
    let own = hers.create();
    own.enrol_by_letter(anew.text.clone()).unwrap();
    send(&mut commune, &own);
    send(&mut commune, &own);
    send(&mut commune, &phone);
    assert!(phone.ticket_for(member, 7 * 24 * 60, false).unwrap() != anew);
}

#[test]
fn a_deadline_says_which_case_it_runs_in() {
    let (mut commune, folder) = (Commune::of(3), Folder::new());
    let phone = enrolled(&mut commune, &folder, Role::Secretary);
    let member = member_document(&phone, "quang").at.place;
    let begun = phone
        .begin_case(member.clone(), "transfer".into(), None, Vec::new())
        .unwrap();
    phone
        .act(
            begun.at.clone(),
            "begin".into(),
            None,
            typed("on", "1/9/2026"),
        )
        .unwrap();
    let due = phone.deadlines(Some(member), false).unwrap().due;
    let of: Vec<_> = due.iter().filter_map(|d| d.at.clone()).collect();
    assert!(of.contains(&begun.at), "{due:?}");
}

#[test]
fn whatever_an_inspector_opens_on_the_phone_is_noted_before_it_is_shown() {
    let (mut commune, one, two) = (Commune::of(3), Folder::new(), Folder::new());
    let inspector = enrolled(&mut commune, &one, Role::Auditor);
    // A list of people, and one record by the way that its row shows.
    let rows = inspector.list(members("")).unwrap();
    let (doc, member) = (rows[0].doc.clone(), rows[0].place.clone());
    inspector.document(doc.clone()).unwrap();
    inspector.history(doc, 0, 0).unwrap();
    inspector.dossier(member.clone()).unwrap();
    inspector.away(None).unwrap();
    send(&mut commune, &inspector);
    let leader = enrolled(&mut commune, &two, Role::Secretary);
    let looks = leader.about(Some(member)).unwrap().looks;
    let mut what: Vec<&str> = looks.iter().map(|look| look.what.en.as_str()).collect();
    what.sort_unstable();
    assert_eq!(what, ["Opened", "Opened (the unit's whole list)"]);
}
