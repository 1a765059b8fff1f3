//! A branch from day to day, as its secretary's phone does it.

mod stage;

use chibo_ffi::{
    Addressee, Chibo, ChiboError, FieldEdit, LetterSource, Mark, Tally, Why, communes, kinds,
};
use stage::*;
use std::collections::HashMap;
use std::sync::Arc;

async fn synced(
    commune: &mut Commune,
    folders: &[&Folder],
) -> (Vec<Arc<Chibo>>, chibo_server::line::Line) {
    let tickets: Vec<String> = folders.iter().map(|_| commune.ticket()).collect();
    let line = commune.serve().await;
    let mut phones = Vec::new();
    for (folder, ticket) in folders.iter().zip(tickets) {
        let phone = folder.create();
        phone.enrol(ticket, Some(line.url())).await.unwrap();
        phone.sync(None, None).await.unwrap();
        phones.push(phone);
    }
    (phones, line)
}

fn said(fields: &[(&str, &str)]) -> Vec<FieldEdit> {
    let all = fields.iter().map(|(path, typed)| FieldEdit {
        path: (*path).into(),
        typed: (*typed).into(),
    });
    all.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn attendance_is_marked_for_all_or_nobody_and_a_meeting_is_a_document_like_others() {
    let (mut commune, folder) = (Commune::of(3), Folder::new());
    let (phones, _line) = synced(&mut commune, &[&folder]).await;
    let phone = &phones[0];
    let mark = |n: usize, code: &str| Mark {
        member: commune.members[n].to_string(),
        code: code.into(),
    };
    let branch = commune.branch.to_string();
    let marks = vec![mark(0, "present"), mark(1, "nowhere")];
    let why = phone.attend(branch.clone(), "24/11/2026".into(), marks);
    assert!(
        matches!(
            why,
            Err(ChiboError::Invalid {
                why: Why::NotInList,
                ..
            })
        ),
        "{why:?}"
    );
    let why = phone.attend(branch.clone(), "11/2026".into(), vec![mark(0, "present")]);
    assert!(
        matches!(
            why,
            Err(ChiboError::Invalid {
                why: Why::NoDate,
                ..
            })
        ),
        "{why:?}"
    );
    let meetings = || {
        let query = chibo_ffi::ListQuery {
            kind: "meeting".into(),
            ..members("")
        };
        phone.list(query).unwrap()
    };
    assert_eq!(meetings().len(), 0);
    let marks = vec![mark(0, "present"), mark(1, "Ốm")];
    assert!(
        phone
            .attend(branch.clone(), "24/11/2026".into(), marks)
            .unwrap()
            .changed
    );
    let meeting = phone.document(meetings()[0].doc.clone()).unwrap();
    let path = format!("attendance/{}", commune.members[1]);
    assert_eq!(shown(&meeting, &path), "Ốm");
    let marked = |n: usize| {
        let all = phone
            .attendance(branch.clone(), "24/11/2026".into())
            .unwrap();
        let member = commune.members[n].to_string();
        all.into_iter().find(|m| m.member == member).map(|m| m.code)
    };
    let both = (marked(0), marked(1));
    assert_eq!(both, (Some("present".into()), Some("sick".into())));
    phone
        .attend(branch.clone(), "24/11/2026".into(), vec![mark(1, "")])
        .unwrap();
    assert_eq!((marked(0).is_some(), marked(1)), (true, None), "taken back");
    phone
        .edit(at(&meeting), said(&[("chair", "Đinh Văn Quang")]))
        .unwrap();

    // Two on one day: the second one has an address of its own.
    let other = phone
        .new_document(branch, "meeting".into(), Some("25/11/2026".into()))
        .unwrap();
    phone
        .edit(other, said(&[("held_on", "25/11/2026")]))
        .unwrap();
    assert_eq!(meetings().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_in_is_never_turned_away_and_says_what_is_unclear() {
    let (mut commune, folder) = (Commune::of(3), Folder::new());
    let (phones, _line) = synced(&mut commune, &[&folder]).await;
    let member = commune.members[0].to_string();
    let found = communes("di an".into(), 5);
    assert!(!found.is_empty() && found.len() <= 5);
    let vague = phones[0]
        .check_in(member.clone(), said(&[("commune", "miền Nam, chưa rõ")]))
        .unwrap();
    assert!(
        vague.changed && !vague.is_clear && !vague.says_how,
        "{vague:?}"
    );
    let clear = said(&[("commune", "Phường Dĩ An"), ("how", "telephone")]);
    let clear = phones[0].check_in(member, clear).unwrap();
    assert!(clear.says_how, "{clear:?}");
    let branch = commune.branch.to_string();
    assert_eq!(
        phones[0].check_in(branch, Vec::new()).unwrap_err(),
        ChiboError::NotHere
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_begun_and_says_what_can_be_done_next() {
    let (mut commune, folder) = (Commune::of(3), Folder::new());
    let (phones, _line) = synced(&mut commune, &[&folder]).await;
    let phone = &phones[0];
    let member = commune.members[0].to_string();
    let case = phone
        .begin_case(member, "transfer".into(), None, Vec::new())
        .unwrap()
        .at;
    let open = phone.open_cases().unwrap();
    assert_eq!((open.len(), open[0].name.as_str()), (1, "Đinh Văn Quang"));
    assert!(!open[0].next.is_empty() && open[0].acts.len() == 1);
    // One that was begun and lacks what it needs is found again as well.
    let other = commune.members[1].to_string();
    let lacking = phone
        .begin_case(other, "dossier_handover".into(), None, Vec::new())
        .unwrap();
    let open = phone.open_cases().unwrap();
    assert!(open.iter().any(|c| c.at.doc == lacking.at.doc), "{open:?}");
    let why = phone.act(case.clone(), "fly".into(), None, Vec::new());
    assert_eq!(why.unwrap_err(), ChiboError::NotHere);
    let cancel = |note: &[(&str, &str)]| phone.act(case.clone(), "cancel".into(), None, said(note));
    assert_eq!(
        cancel(&[]).unwrap_err(),
        ChiboError::ReasonNeeded { late: false }
    );
    cancel(&[("note", "ghi nhầm")]).unwrap();
    let cancelled = phone.case(case.doc.clone()).unwrap();
    assert!(cancelled.acts[0].set_aside && cancelled.can_cancel.is_none());
    assert!(phone.deadlines(None, true).is_ok() && phone.away(None).unwrap().is_empty());
    assert!(kinds().iter().any(|k| k.name == "transfer" && k.is_case));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_s_sheet_has_what_is_recorded_and_says_what_is_missing_and_where_it_is_said() {
    let (mut commune, folder) = (Commune::of(3), Folder::new());
    let (phones, _line) = synced(&mut commune, &[&folder]).await;
    let phone = &phones[0];
    let member = commune.members[0].to_string();
    let begin = |kind: &str, fields: &[(&str, &str)]| {
        let begun = phone.begin_case(member.clone(), kind.into(), None, said(fields));
        begun.unwrap().at.doc
    };
    let reason = ("note", "xem lý lịch gia đình");
    let transfer = begin("transfer", &[("destination", "Phường Dĩ An"), reason]);
    let sheet = phone.letter(transfer.clone()).unwrap();
    assert_eq!(sheet.name, "Đinh Văn Quang");
    let line = |field: &str| sheet.lines.iter().find(|l| l.field == field).unwrap();
    assert_eq!(line("full_name").shown.vi, "Đinh Văn Quang");
    assert_eq!(line("destination").shown.vi, "Phường Dĩ An");
    assert_eq!(line("destination").said_in, LetterSource::Case);
    assert_eq!(line("number").said_in, LetterSource::Issue);
    assert_eq!(line("full_name").said_in, LetterSource::Record);
    let empty = sheet.lines.iter().filter(|l| l.shown.vi.is_empty());
    assert_eq!(empty.count(), sheet.missing as usize);
    assert!(sheet.missing > 0 && !sheet.lacks.is_empty());
    let case = phone.case(transfer).unwrap();
    assert!(case.gives_letter && case.lacks == sheet.lacks);
    assert_eq!(case.can_cancel.as_ref(), Some(&case.acts[0].id));
    assert!(case.cautions[0].vi.contains("lý lịch gia đình"), "{case:?}");
    assert!(case.next[0].takes.iter().any(|f| f == "destination"));
    let other = begin("exemption", &[]);
    assert!(!phone.case(other.clone()).unwrap().gives_letter);
    assert_eq!(phone.letter(other).unwrap_err(), ChiboError::NotHere);
    assert_eq!(phone.letter("00".into()).unwrap_err(), ChiboError::NotHere);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_once_has_its_day_and_who_typed_it_and_after_a_mistake_the_year_has_another()
 {
    let (mut commune, folder) = (Commune::of(3), Folder::new());
    let (phones, _line) = synced(&mut commune, &[&folder]).await;
    let phone = &phones[0];
    let member = commune.members[0].to_string();
    let new = || phone.new_document(member.clone(), "residence_remark".into(), None);
    let remark = new().unwrap();
    let words = [
        ("author", "Phạm Văn Thành"),
        ("post", "Bí thư"),
        ("remark", "Gương mẫu."),
    ];
    phone.edit(remark.clone(), said(&words)).unwrap();
    let document = phone.document(remark.doc.clone()).unwrap();
    assert_eq!(shown(&document, "year"), "2026");
    assert!(shown(&document, "said_on").ends_with("2026"));
    assert!(!shown(&document, "recorded_by").is_empty());
    assert_eq!(new().unwrap(), remark, "it stands");
    let cancel = said(&[("cancelled/0123456789abcdef/reason", "nhầm người")]);
    phone.edit(remark.clone(), cancel).unwrap();
    let next = new().unwrap();
    assert_ne!(next, remark, "the year has another");
    phone.edit(next.clone(), said(&words)).unwrap();
    let document = phone.document(next.doc).unwrap();
    assert_eq!(shown(&document, "year"), "2026");
    for year in ["hôm nay", "1", "2200", ""] {
        let refused =
            phone.new_document(member.clone(), "residence_remark".into(), Some(year.into()));
        assert!(matches!(refused, Err(ChiboError::Invalid { .. })), "{year}");
    }
    let fits = phone.which_procedure(Some(6), false, true, false).unwrap();
    assert!(
        fits.vi.starts_with("chuyển sinh hoạt đảng tạm thời – "),
        "{fits:?}"
    );
    assert!(
        fits.vi
            .ends_with("(29-QĐ/TW, 25/07/2016, 6.3, chưa kiểm chứng)"),
        "{fits:?}"
    );
    // In Osaka, though a branch of one's own people is there.
    let abroad = phone.which_procedure(None, true, true, true).unwrap();
    assert!(abroad.vi.contains("Đảng ủy Bộ Ngoại giao"), "{abroad:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_goes_where_no_line_is_and_rubbish_is_told() {
    let mut commune = Commune::of(3);
    let (first, second) = (Folder::new(), Folder::new());
    let (phones, _line) = synced(&mut commune, &[&first, &second]).await;
    phones[0].sync(None, None).await.unwrap();
    let record = member_document(&phones[0], "quang");
    phones[0].edit(at(&record), typed("alias", "Hai")).unwrap();
    let sent = phones[0]
        .put_into_file(Addressee::Branch, Vec::new())
        .unwrap();
    assert_eq!(sent.changes, 1);
    let taken = phones[1].take_from_file(sent.file).unwrap();
    assert_eq!((taken.shared, taken.damaged), (1, 0));
    assert_eq!(shown(&member_document(&phones[1], "quang"), "alias"), "Hai");
    // It waits until the node has it.
    assert_eq!(phones[0].outbox().unwrap().unsent, 1);
    assert_eq!(phones[1].outbox().unwrap().provisional, 1);
    assert!(
        phones[0]
            .put_into_file(Addressee::Node, Vec::new())
            .unwrap()
            .changes
            > 0
    );
    let rubbish = phones[0].take_from_file(b"no file of ours".to_vec());
    assert_eq!(rubbish.unwrap_err(), ChiboError::NotAFile);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_branch_goes_from_one_phone_to_the_other_and_the_first_is_emptied() {
    let mut commune = Commune::of(3);
    let (old, new) = (Folder::new(), Folder::new());
    let (phones, _line) = synced(&mut commune, &[&old, &new]).await;
    let [giver, taker] = &phones[..] else {
        panic!()
    };
    let tally = |name: &str| Tally {
        name: name.into(),
        counts: HashMap::from([("cash".to_owned(), 250_000)]),
        books: String::new(),
        note: String::new(),
        on: None,
    };
    let record = member_document(giver, "quang");
    giver.edit(at(&record), typed("alias", "Hai")).unwrap();
    let given = giver
        .give(tally("Đinh Văn Quang"), Some(taker.card().unwrap()))
        .unwrap();
    let early = giver.lay_down(given.file.clone());
    assert_eq!(early.unwrap_err(), ChiboError::NotConfirmed);
    let taken = taker.take_over(given.file, tally("Nguyễn Thị Ấm")).unwrap();
    let told = taker.successions().unwrap();
    assert!(told[0].given.is_some() && told[0].taken.is_some());
    assert!(told[0].differences.is_empty(), "{told:?}");
    let copy = giver.lay_down(taken.file).unwrap();
    assert!(!copy.file.is_empty());
    assert_eq!(giver.list(members("")).unwrap_err(), ChiboError::Closed);
    assert_eq!(shown(&member_document(taker, "quang"), "alias"), "Hai");
    assert!(taker.sync(None, None).await.unwrap().synced);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recorded_about_a_member_is_told_with_who_looked() {
    let (mut commune, folder) = (Commune::of(3), Folder::new());
    let (phones, _line) = synced(&mut commune, &[&folder]).await;
    let member = commune.members[0].to_string();
    let about = phones[0].about(Some(member)).unwrap();
    let values = about.records.iter().flat_map(|r| &r.values);
    assert!(values.into_iter().any(|v| v.shown.vi == "Đinh Văn Quang"));
    let branch = commune.branch.to_string();
    assert_eq!(
        phones[0].about(Some(branch)).unwrap_err(),
        ChiboError::NotAllowed
    );
    let added = phones[0]
        .add_member(commune.branch.to_string(), "lê thị bưởi".into())
        .unwrap();
    assert_eq!(phones[0].list(members("buoi")).unwrap()[0].place, added);
    let empty = phones[0].add_member(commune.branch.to_string(), "  ".into());
    assert!(matches!(
        empty,
        Err(ChiboError::Invalid {
            why: Why::Empty,
            ..
        })
    ));
}
