//! Words that must not be kept here are warned of wherever somebody types them, and nothing is refused for them.

use chibo_core::author::{Doing, Target};
use chibo_core::caution::{self, About};
use chibo_core::domain::decision::DECISION;
use chibo_core::domain::meeting::MEETING;
use chibo_core::domain::member::MEMBER;
use chibo_core::domain::transfer::TRANSFER;
use chibo_core::place::Role;

mod stage;
use stage::*;

fn about(text: &str) -> Vec<About> {
    let mut list: Vec<About> = caution::in_text(text).iter().map(|c| c.about).collect();
    list.dedup();
    list
}

#[test]
fn every_line_of_the_data_is_read_and_names_its_source() {
    let lines = include_str!("../data/cautions.tsv").lines();
    let written = lines.filter(|l| !l.trim().is_empty() && !l.starts_with('#'));
    assert_eq!(caution::cautions().len(), written.count());
    for row in caution::cautions() {
        assert!(!row.source.number.is_empty(), "{row:?}");
        assert_eq!(row.words, row.words.to_lowercase());
        // It finds itself, as a stamp says it and with whatever stands beside it.
        let text = format!("Theo {}, số 12.", row.words.to_uppercase());
        assert!(caution::in_text(&text).contains(&row), "{text}");
    }
}

#[test]
fn marks_of_secrecy_and_what_stays_on_paper_are_found_however_they_are_typed() {
    for text in [
        "MẬT",
        "Công văn số 12 (MẬT)",
        "Độ mật: A",
        "TỐI MẬT",
        "tài liệu mật của tỉnh",
        "Tài liệu  tuyệt mật",
        "bi mat nha nuoc",
    ] {
        assert_eq!(about(text), [About::Secret], "{text}");
    }
    assert_eq!(about("Lịch sử chính trị gia đình"), [About::History]);
    assert_eq!(about("LY LICH GIA DINH"), [About::History]);
    assert_eq!(about("kết quả thẩm tra lý lịch"), [About::Inquiry]);
    assert_eq!(about("bị tố cáo nhiều lần"), [About::Complaint]);
    assert_eq!(about("co don khieu nai"), [About::Complaint]);
    assert_eq!(about("trong quy hoạch cán bộ 2026"), [About::Personnel]);
    // Composed and decomposed, with the tone mark on either vowel.
    assert_eq!(about("to\u{302}\u{301} cáo"), [About::Complaint]);
}

#[test]
fn what_only_looks_alike_is_no_reason_to_warn() {
    for text in [
        "Mất thẻ ngày 3/2",
        "the bi mat, ly do mat: lu lut",
        "tôi mất thẻ",
        "Nuôi ong lấy mật ong, nồng độ mật ong 80 %",
        "Cán bộ bảo mật thông tin; BẢO MẬT",
        "Nguyễn Văn Mật",
        "NGUYỄN VĂN MẬT",
        "Mật độ dân cư cao",
        "mặt trận Tổ quốc",
        "Trung cấp lý luận chính trị",
        "Số lý lịch 012345",
        "Giáo viên lịch sử; giáo dục chính trị",
        "Tổ Cao Sơn",
        "Chi bộ kiểm tra, giám sát theo chương trình",
        "",
    ] {
        assert_eq!(about(text), [], "{text}");
    }
}

#[test]
fn an_edit_is_saved_and_says_what_of_it_does_not_belong_here() {
    let mut commune = Commune::new();
    let branch = commune.branches[0];
    let quang = commune.members[0][0];
    let mut phone = commune.enrol(Role::Secretary, branch);
    commune.sync(&mut phone);
    let (now, rng) = (commune.now, &mut commune.rng);
    // A record, prose, the entry of a list and an act of a case all go the same way.
    let note = values(&[
        ("note", "Có đơn tố cáo gửi lên huyện"),
        ("phone", "0912345678"),
    ]);
    let done = phone.edit(member(quang), &note, now, rng).unwrap();
    assert!(done.changed);
    let paths: Vec<&str> = done.warnings.iter().map(|w| w.path.as_str()).collect();
    assert!(!paths.is_empty() && paths.iter().all(|p| *p == "note"));
    let (_, record) = phone.values(member(quang).doc).unwrap().unwrap();
    assert_eq!(record["note"].shown(), "Có đơn tố cáo gửi lên huyện");

    let meeting = Target::at(branch, &MEETING, b"2026-09-03");
    let minutes = values(&[("discussion", "Phổ biến công văn mật của tỉnh")]);
    let done = phone.edit(meeting, &minutes, now, rng).unwrap();
    assert_eq!(done.warnings.len(), 1, "{:?}", done.warnings);

    let decision = Target::at(quang, &DECISION, &[1; 16]);
    let said = values(&[("form", "other"), ("note", "theo kết luận thẩm tra")]);
    let done = phone.edit(decision, &said, now, rng).unwrap();
    assert_eq!(done.warnings.len(), 1);

    let case = Target::at(quang, &TRANSFER, &[1; 16]);
    let said = values(&[("on", "2026-09-03"), ("note", "có lịch sử chính trị")]);
    let asks = TRANSFER.case.unwrap().acts[0].code;
    let doing = Doing {
        act: asks,
        about: None,
        said: &said,
    };
    let done = phone.act(case, doing, now, rng).unwrap();
    assert_eq!(done.warnings.len(), 1);
    assert!(done.warnings[0].path.ends_with("/note"));

    let plain = values(&[("note", "Ở Dĩ An, về dịp Tết")]);
    let done = phone.edit(member(quang), &plain, now, rng).unwrap();
    assert_eq!(done.warnings, []);
    commune.sync(&mut phone);
    commune.books_are_whole();
}

#[test]
fn names_and_codes_are_not_looked_at() {
    let name = values(&[("full_name", "Tố Cáo"), ("status", "deceased")]);
    assert_eq!(caution::warnings(&MEMBER, &name), []);
}

#[test]
fn row_03_whoever_is_typed_from_paper_needs_at_most_twenty_five_inputs() {
    let district = chibo_people::invent(chibo_people::Size::Branch, 3);
    let sensitive = &chibo_core::domain::member::MEMBER_SENSITIVE;
    let mut typed = 0;
    for who in district.members().take(20) {
        let is_official = who.values["status"].shown() != "probationary";
        let (mut inputs, mut left) = (0, 0);
        for (kind, paper) in [(&MEMBER, &who.values), (sensitive, &who.sensitive)] {
            // Beginning with nothing, whoever types fills in what the record says is missing, and nothing else.
            let mut record = chibo_core::document::Values::new();
            for field in kind.missing(&record, is_official) {
                let said = &paper[field.name].shown();
                let value = chibo_core::field::parse(kind, field.name, said).unwrap();
                record.insert(field.name.into(), value);
                inputs += 1;
            }
            left += kind.missing(&record, is_official).len();
        }
        assert_eq!(left, 0);
        assert!(inputs <= 25, "{inputs} inputs");
        typed += 1;
    }
    assert_eq!(typed, 20);
}
