//! A person becomes known to the office, and changes the phone's key, without a line: all of it travels in files.

mod stage;

use chibo_core::carriers::bundle::{Bundle, Sort};
use chibo_core::enrol::Ticket;
use chibo_core::place::Role;
use chibo_ffi::{Addressee, Asking, Chibo, ChiboError, Ending, NodeWord};
use stage::{Commune, Folder, at, member_document, members, typed};

/// One way to the office and back: what the phone sends, and what the answer brings it.
fn by_file(commune: &mut Commune, phone: &Chibo) -> chibo_ffi::TakenIn {
    let sent = phone.put_into_file(Addressee::Node, Vec::new()).unwrap();
    phone.take_from_file(commune.read(&sent.file)).unwrap()
}

#[test]
fn a_phone_is_enrolled_by_a_file_its_work_goes_the_same_way_and_so_does_a_new_key() {
    let mut commune = Commune::of(3);
    let folder = Folder::new();
    let phone = folder.create();
    let no_request = phone.put_into_file(Addressee::Node, Vec::new());
    assert_eq!(no_request.unwrap_err(), ChiboError::NotEnrolled);
    assert_eq!(
        phone.enrol_by_letter("chibo1-không".into()).unwrap_err(),
        ChiboError::BadTicket
    );
    let mut unsealed = Ticket::from_text(&commune.ticket()).unwrap();
    unsealed.letter_key = None;
    assert_eq!(
        phone.enrol_by_letter(unsealed.to_text()).unwrap_err(),
        ChiboError::NeedsLine
    );
    phone.enrol_by_letter(commune.ticket()).unwrap();
    assert_eq!(phone.asking().unwrap(), Asking::ToBeEnrolled);
    // A file that got lost takes nothing away, and the wait outlives the process.
    phone.put_into_file(Addressee::Node, Vec::new()).unwrap();
    phone.lock().unwrap();
    let phone = folder.open();
    assert_eq!(phone.asking().unwrap(), Asking::ToBeEnrolled);

    let taken = by_file(&mut commune, &phone);
    let Some(NodeWord::Enrolled { enrolled }) = taken.word else {
        panic!("{taken:?}")
    };
    assert_eq!(enrolled.role, Role::Secretary.name());
    assert!(!enrolled.confirmation.is_empty());
    assert_eq!(phone.asking().unwrap(), Asking::Nothing);
    assert_eq!(
        phone.enrol_by_letter(commune.ticket()).unwrap_err(),
        ChiboError::EnrolledAlready
    );

    by_file(&mut commune, &phone);
    assert_eq!(phone.list(members("")).unwrap().len(), 3);
    let record = member_document(&phone, "am");
    phone.edit(at(&record), typed("alias", "Ba")).unwrap();
    assert_eq!(
        phone.change_key_by_letter().unwrap_err(),
        ChiboError::UnsentFirst
    );
    assert_eq!(by_file(&mut commune, &phone).handed_over, 1);

    phone.change_key_by_letter().unwrap();
    assert_eq!(phone.asking().unwrap(), Asking::ForNewKey);
    assert_eq!(by_file(&mut commune, &phone).word, Some(NodeWord::NewKey));
    assert_eq!(phone.asking().unwrap(), Asking::Nothing);
    phone.edit(at(&record), typed("alias", "Tư")).unwrap();
    assert_eq!(by_file(&mut commune, &phone).handed_over, 1);
}

#[test]
fn a_ticket_that_somebody_else_used_is_refused_in_words_and_another_one_does() {
    let mut commune = Commune::of(1);
    let ticket = commune.ticket();
    let (first, second) = (Folder::new(), Folder::new());
    let (first, second) = (first.create(), second.create());
    for phone in [&first, &second] {
        phone.enrol_by_letter(ticket.clone()).unwrap();
    }
    by_file(&mut commune, &first);
    let Some(NodeWord::Refused { why }) = by_file(&mut commune, &second).word else {
        panic!("let in by a ticket that was used")
    };
    assert!(why.vi.contains("đã dùng"), "{}", why.vi);
    assert_eq!(second.asking().unwrap(), Asking::Nothing);
    second.enrol_by_letter(commune.ticket()).unwrap();
    let taken = by_file(&mut commune, &second);
    assert!(matches!(taken.word, Some(NodeWord::Enrolled { .. })));
}

#[test]
fn a_phone_that_the_office_reported_lost_wipes_itself_over_a_file_as_well_and_says_so() {
    let (mut commune, folder) = (Commune::of(3), Folder::new());
    let phone = folder.create();
    phone.enrol_by_letter(commune.ticket()).unwrap();
    for _ in 0..2 {
        let taken = by_file(&mut commune, &phone);
        assert_eq!((taken.ended, taken.wiped), (None, None));
    }
    commune.report_lost();
    let taken = by_file(&mut commune, &phone);
    assert_eq!(taken.ended, Some(Ending::Wiped));
    let (word, there) = (taken.wiped.unwrap(), folder.path());
    assert!(!there.join("phone.db").exists());
    assert_eq!(phone.outbox().unwrap_err(), ChiboError::Closed);
    assert_eq!(commune.wiped(), 0);
    let mut word = Bundle::from_bytes(&word).unwrap();
    word.letters.retain(|letter| letter.sort == Sort::Request);
    commune.read(&word.to_bytes());
    assert_eq!(commune.wiped(), 1);
}

#[test]
fn what_the_office_refused_is_read_field_by_field_though_the_record_says_nothing_of_it_any_more() {
    let mut commune = Commune::of(3);
    let folder = Folder::new();
    let phone = folder.create();
    phone.enrol_by_letter(commune.ticket()).unwrap();
    by_file(&mut commune, &phone);
    by_file(&mut commune, &phone);
    let record = member_document(&phone, "an");
    commune.object();
    phone.edit(at(&record), typed("alias", "Ba")).unwrap();
    let work = typed("occupation", "Thợ nề");
    phone.edit(at(&record), work).unwrap();
    by_file(&mut commune, &phone);
    let now = member_document(&phone, "an");
    let left = now.fields.iter().filter(|f| f.shown.vi == "Ba").count();
    assert_eq!(left, 0, "the record is as before");
    let one = phone.refusals().unwrap().remove(0);
    assert!(!one.waits_for_office && one.why.vi.contains("không chấp nhận"));
    let fields = one.written.into_iter();
    let said = fields.map(|w| format!("{}: {}", w.label.vi, w.after.vi));
    let said: Vec<_> = said.collect();
    assert_eq!(said, ["Bí danh: Ba", "Nghề nghiệp: Thợ nề"]);
}
