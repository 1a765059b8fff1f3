//! Lists that a secretary reads out: badges of a year, card numbers, yearly supplements.

mod stage;

use chibo_core::place::Role;
use chibo_ffi::{Addressee, Chibo, ChiboError, Sheet, SheetRow, SheetWeight};
use stage::*;
use std::sync::Arc;

fn enrolled_as(commune: &mut Commune, folder: &Folder, role: Role) -> Arc<Chibo> {
    let phone = folder.create();
    let ticket = commune.ticket_for(role);
    phone.enrol_by_letter(ticket).unwrap();
    for _ in 0..2 {
        let sent = phone.put_into_file(Addressee::Node, Vec::new()).unwrap();
        phone.take_from_file(commune.read(&sent.file)).unwrap();
    }
    phone
}

fn write(phone: &Chibo, search: &str, field: &str, text: &str) {
    let record = member_document(phone, search);
    phone.edit(at(&record), typed(field, text)).unwrap();
}

fn sheet(phone: &Chibo, code: &str, year: Option<u16>) -> Sheet {
    let year = year.map(|year| year.to_string());
    phone.sheet(code.into(), year, None).unwrap()
}

/// The rows of a part: name, cells and mark in Vietnamese.
fn read(rows: &[SheetRow]) -> Vec<String> {
    let line = |row: &SheetRow| {
        let cells: Vec<&str> = row.cells.iter().map(|c| c.vi.as_str()).collect();
        let mark = row.mark.as_ref().map_or("", |m| &m.words.vi);
        format!("{}: {} [{mark}]", row.name, cells.join(" | "))
    };
    rows.iter().map(line).collect()
}

fn row<'a>(sheet: &'a Sheet, name: &str) -> Vec<&'a SheetRow> {
    let all = sheet.parts.iter().flat_map(|p| &p.rows);
    all.filter(|row| row.name == name).collect()
}

#[test]
fn a_year_s_badges_are_read_out_with_who_cannot_be_told_and_by_days_on_which_they_are_given() {
    let (mut commune, folder) = (Commune::by_name_only(3), Folder::new());
    let phone = enrolled_as(&mut commune, &folder, Role::Secretary);
    for (who, on) in [("quang", "19/05/1996"), ("am", "03/09/1997")] {
        write(&phone, who, "status", "official");
        write(&phone, who, "admission_decided_on", on);
    }
    let badges = sheet(&phone, "badges", Some(2026));
    assert_eq!((badges.year, badges.columns.len()), (Some(2026), 3));
    assert!(badges.said[0].vi.contains("19/05/2026"), "{badges:?}");
    assert_eq!(
        read(&badges.parts[0].rows),
        ["Đinh Văn Quang: 30 năm | 19/05/2026 | 19/05/2026 [chưa kiểm chứng]"]
    );
    assert!(
        badges.parts[1]
            .heading
            .vi
            .starts_with("Có thể xét tặng sớm")
    );
    assert_eq!(badges.parts[1].rows[0].name, "Nguyễn Thị Ấm");
    assert!(badges.parts[2].heading.vi.starts_with("Chưa tính được"));
    assert_eq!(read(&badges.parts[2].rows), ["Trần Đức An:  |  |  []"]);
    // Of a year before the rule there is a sentence in the place of rows.
    let before = sheet(&phone, "badges", Some(2020));
    assert!(before.parts.is_empty() && before.said[0].vi.starts_with("Chưa có quy định"));
    assert_eq!(sheet(&phone, "badges", None).year, Some(2026));
    for year in ["0", "1929", "2200", "65535", "99999", "-1", "hôm qua", ""] {
        let refused = phone.sheet("badges".into(), Some(year.into()), None);
        let refused = refused.unwrap_err();
        assert!(matches!(refused, ChiboError::Invalid { .. }), "{year}");
    }
}

#[test]
fn card_numbers_are_listed_old_and_new_with_who_has_none() {
    let (mut commune, folder) = (Commune::by_name_only(3), Folder::new());
    let phone = enrolled_as(&mut commune, &folder, Role::Secretary);
    write(&phone, "quang", "card_number", "25.100001");
    let sent = phone.put_into_file(Addressee::Node, Vec::new()).unwrap();
    phone.take_from_file(commune.read(&sent.file)).unwrap();
    write(&phone, "quang", "card_number", "25.100002");
    write(&phone, "am", "card_number", "25.100003");
    let member = member_document(&phone, "am").at.place;
    let said = [("on", "01/09/2026"), ("loss", "lost")];
    let said = said
        .map(|(path, text)| typed(path, text).remove(0))
        .to_vec();
    let begun = phone.begin_case(member, "lost_card".into(), None, said);
    let begun = begun.unwrap();

    let cards = sheet(&phone, "cards", Some(2026));
    assert_eq!(cards.year, None, "it is about today");
    assert_eq!(cards.said[0].vi, "3 người, 1 người chưa ghi số thẻ");
    let rows = read(&cards.parts[0].rows);
    let of = |name: &str| {
        rows.iter()
            .filter(|r| r.starts_with(name))
            .collect::<Vec<_>>()
    };
    assert!(of("Đinh Văn Quang")[0].starts_with("Đinh Văn Quang: 25.100002 | "));
    assert!(of("Đinh Văn Quang")[1].starts_with("Đinh Văn Quang: 25.100001 | "));
    assert!(of("Đinh Văn Quang")[1].ends_with("| ghi vào sổ ngày 21/09/2026 [số cũ]"));
    assert_eq!(of("Trần Đức An"), ["Trần Đức An:  |  |  [chưa ghi số thẻ]"]);
    let lost = row(&cards, "Nguyễn Thị Ấm")[1];
    assert_eq!(lost.at.as_ref().unwrap().doc, begun.at.doc);
    assert_eq!(lost.mark.as_ref().unwrap().weight, SheetWeight::Open);
    assert!(lost.is_there && lost.acts.is_empty());
}

#[test]
fn a_supplement_is_noted_where_it_stands_and_taken_back_there() {
    let (mut commune, folder) = (Commune::by_name_only(3), Folder::new());
    let phone = enrolled_as(&mut commune, &folder, Role::Secretary);
    let before = sheet(&phone, "supplements", Some(2026));
    assert_eq!(before.said[0].vi, "2026: đã nộp 0, chưa nộp 3");
    assert!(
        before.said[1].vi.starts_with("Hạn 31/12/2026"),
        "{before:?}"
    );
    assert_eq!(before.parts.len(), 1, "nobody has");
    let open = row(&before, "Đinh Văn Quang")[0];
    assert_eq!(open.mark.as_ref().unwrap().weight, SheetWeight::Open);
    assert!(!open.is_there);
    let (at, act) = (open.at.clone().unwrap(), open.acts[0].clone());
    assert_eq!(act.label.vi, "Đã nộp hôm nay");
    phone.edit(at.clone(), act.edits).unwrap();

    let after = sheet(&phone, "supplements", None);
    assert_eq!(after.said[0].vi, "2026: đã nộp 1, chưa nộp 2");
    assert_eq!(after.parts[1].heading.vi, "Đã nộp");
    assert_eq!(
        read(&after.parts[1].rows),
        ["Đinh Văn Quang: 21/09/2026 | 31/12/2026 []"]
    );
    let done = row(&after, "Đinh Văn Quang")[0];
    assert!(done.is_there && phone.document(at.doc.clone()).unwrap().exists);
    phone.edit(at, done.acts[0].edits.clone()).unwrap();
    let again = sheet(&phone, "supplements", None);
    assert_eq!(again.said[0].vi, "2026: đã nộp 0, chưa nộp 3");
    assert!(row(&again, "Đinh Văn Quang")[0].is_there, "its paper stays");
    // Of a year that is over it is late.
    let late = sheet(&phone, "supplements", Some(2025));
    let mark = row(&late, "Trần Đức An")[0].mark.clone().unwrap();
    assert_eq!(mark.weight, SheetWeight::Late);
}

#[test]
fn decisions_are_read_out_with_what_is_doubled_and_missing_among_their_numbers() {
    let (mut commune, folder) = (Commune::by_name_only(3), Folder::new());
    let phone = enrolled_as(&mut commune, &folder, Role::Secretary);
    assert_eq!(
        sheet(&phone, "decisions", None).said[0].vi,
        "Chưa có quyết định nào."
    );
    let decide = |search: &str, number: &str, on: &str| {
        let member = member_document(&phone, search).at.place;
        let at = phone.new_document(member, "decision".into(), None).unwrap();
        let said = [
            ("form", "official"),
            ("number", number),
            ("symbol", "QĐ/ĐU"),
        ];
        let said = said
            .into_iter()
            .chain([("issued_on", on), ("body", "Đảng ủy xã")]);
        let said = said.map(|(path, text)| typed(path, text).remove(0));
        phone.edit(at.clone(), said.collect()).unwrap();
        at
    };
    decide("quang", "7", "2/3/2026");
    decide("am", "7", "9/3/2026");
    let last = decide("an", "10", "9/4/2026");
    let all = sheet(&phone, "decisions", None);
    let said: Vec<&str> = all.said.iter().map(|s| s.vi.as_str()).collect();
    assert_eq!(said[0], "Trùng số 7-QĐ/ĐU: 2 tờ");
    assert_eq!(said[1], "Thiếu số (QĐ/ĐU, Đảng ủy xã, 2026): 8, 9");
    let row_of = |all: &Sheet| row(all, "Trần Đức An")[0].clone();
    assert_eq!(row_of(&all).at, Some(last.clone()));
    assert_eq!(row_of(&all).mark.unwrap().words.vi, "chưa xem bản gốc");
    let cancel = typed("cancelled/0123456789abcdef/reason", "nhầm người");
    phone.edit(last, cancel).unwrap();
    let all = sheet(&phone, "decisions", None);
    assert_eq!(row_of(&all).mark.unwrap().words.vi, "hủy do ghi nhầm");
    assert_eq!(all.said.len(), 1, "what was cancelled is no gap's end");
}

#[test]
fn a_sheet_is_offered_to_who_reads_it_and_refused_to_others() {
    let (mut commune, one, two) = (Commune::by_name_only(3), Folder::new(), Folder::new());
    let phone = enrolled_as(&mut commune, &one, Role::Secretary);
    let codes = |phone: &Chibo| -> Vec<String> {
        let all = phone.sheets().unwrap();
        all.into_iter().map(|s| s.code).collect()
    };
    let all = [
        "roll",
        "badges",
        "cards",
        "supplements",
        "decisions",
        "discipline",
    ];
    assert_eq!(codes(&phone), all);
    let reader = enrolled_as(&mut commune, &two, Role::CommitteeMember);
    assert_eq!(
        codes(&reader),
        ["roll", "cards", "supplements", "decisions"]
    );
    for code in ["badges", "discipline"] {
        let refused = reader.sheet(code.into(), None, None).unwrap_err();
        assert_eq!(refused, ChiboError::NotAllowed);
    }
    let all = sheet(&reader, "supplements", None);
    let acts = all.parts.iter().flat_map(|p| &p.rows).map(|r| r.acts.len());
    assert_eq!(acts.sum::<usize>(), 0, "it only reads");
    for (code, below) in [("salaries", None), ("cards", Some("xóm".to_owned()))] {
        let refused = phone.sheet(code.into(), None, below).unwrap_err();
        assert_eq!(refused, ChiboError::NotHere);
    }
    let member = member_document(&phone, "quang").at.place;
    let of_one = phone.sheet("cards".into(), None, Some(member)).unwrap();
    assert_eq!(of_one.parts[0].rows.len(), 1);
}

#[test]
fn the_roll_of_another_day_says_who_belonged_then_and_with_which_status() {
    let (mut commune, folder) = (Commune::by_name_only(3), Folder::new());
    let phone = enrolled_as(&mut commune, &folder, Role::Secretary);
    write(&phone, "am", "status", "deceased");
    write(&phone, "am", "status_since", "1/3/2026");
    write(&phone, "quang", "status", "official");
    let on = |day: Option<&str>| phone.sheet("roll".into(), day.map(str::to_owned), None);
    let today = on(None).unwrap();
    assert_eq!(
        (today.year, today.on.as_deref()),
        (None, Some("2026-09-21"))
    );
    assert_eq!(today.parts[0].rows.len(), 2, "{today:?}");
    assert_eq!(today.parts[1].heading.vi, "Không còn sinh hoạt ở đây");
    assert_eq!(today.parts[1].rows[0].name, "Nguyễn Thị Ấm");
    assert!(
        today.said[0]
            .vi
            .starts_with("Đang sinh hoạt: 1; chưa rõ tình trạng: 1; không còn: 1"),
        "{today:?}"
    );
    for typed in ["28/2/2026", "28.02.2026", "2026-02-28"] {
        let before = on(Some(typed)).unwrap();
        assert_eq!(before.on.as_deref(), Some("2026-02-28"));
        assert_eq!(
            (before.parts.len(), before.parts[0].rows.len()),
            (1, 3),
            "{before:?}"
        );
    }
    for typed in ["hôm qua", "2/2026", "30/2/2026", ""] {
        let refused = on(Some(typed)).unwrap_err();
        assert!(matches!(refused, ChiboError::Invalid { .. }), "{typed}");
    }
}

#[test]
fn discipline_that_was_taken_over_from_paper_is_listed_beside_decisions_and_once() {
    let (mut commune, folder) = (Commune::by_name_only(3), Folder::new());
    let phone = enrolled_as(&mut commune, &folder, Role::Secretary);
    assert_eq!(
        sheet(&phone, "discipline", None).said[0].vi,
        "Không có quyết định kỷ luật."
    );
    let member = |search: &str| member_document(&phone, search).at.place;
    let write = |at: chibo_ffi::Addressed, said: &[(&str, &str)]| {
        let edits = said.iter().flat_map(|(path, text)| typed(path, text));
        phone.edit(at, edits.collect()).unwrap();
    };
    let sensitive = |who: &str| {
        phone
            .new_document(member(who), "member_sensitive".into(), None)
            .unwrap()
    };
    let taken = [
        (
            "discipline/000000000000000000000000000000a1/form",
            "warning",
        ),
        (
            "discipline/000000000000000000000000000000a1/number",
            "12-QĐ/HU",
        ),
        ("discipline/000000000000000000000000000000a1/date", "2001"),
        (
            "discipline/000000000000000000000000000000a1/issuer",
            "Huyện ủy",
        ),
    ];
    write(sensitive("quang"), &taken);
    // Without a number nothing was decided.
    write(
        sensitive("an"),
        &[(
            "discipline/000000000000000000000000000000a2/form",
            "reprimand",
        )],
    );
    let decided = phone
        .new_document(member("am"), "discipline".into(), None)
        .unwrap();
    write(
        decided,
        &[
            ("form", "reprimand"),
            ("number", "9"),
            ("issued_on", "1/6/2026"),
        ],
    );
    let all = sheet(&phone, "discipline", None);
    let rows = &all.parts[0].rows;
    assert_eq!(
        rows.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(),
        ["Nguyễn Thị Ấm", "Đinh Văn Quang"],
        "the last first: {all:?}"
    );
    assert!(
        rows[0].is_there && rows[0].mark.is_none(),
        "a decision opens"
    );
    assert!(!rows[1].is_there, "what is on paper leads to the member");
    assert_eq!(
        rows[1].mark.as_ref().unwrap().words.vi,
        "theo sổ giấy, chưa có tờ quyết định"
    );
    assert_eq!(rows[1].cells[1].vi, "12-QĐ/HU");
    assert!(
        all.said[0].vi.starts_with("1 bản ghi chưa có số"),
        "{all:?}"
    );
    // The decision itself was found later: it stands once, as the decision says it.
    let found = phone
        .new_document(member("quang"), "discipline".into(), None)
        .unwrap();
    write(
        found,
        &[
            ("form", "warning"),
            ("number", "12"),
            ("symbol", "QĐ/HU"),
            ("issued_on", "2001"),
        ],
    );
    let all = sheet(&phone, "discipline", None);
    let of: Vec<_> = row(&all, "Đinh Văn Quang");
    assert_eq!(of.len(), 1, "{all:?}");
    assert!(of[0].is_there);
}
