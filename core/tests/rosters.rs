//! Rosters as offices keep them: read without loss, without guessing, and written to read again.
#![cfg(feature = "roster")]
use chibo_core::date::Day;
use chibo_core::domain::member::{MEMBER, MEMBER_SENSITIVE};
use chibo_core::kind::{Field, FieldType};
use chibo_core::limits;
use chibo_core::regulation::{Key, Regulations};
use chibo_core::roster::{
    self, BranchRows, Looking, MemberRow, Note, Problem, ProblemKind, Roster, RosterError,
    Severity, to_csv, to_xlsx,
};
use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization;

/// Reads as an office does that knows the rules that come with the program.
fn by_the_rules<R>(work: impl FnOnce(Looking) -> R) -> R {
    let regulations = Regulations::built_in().unwrap();
    let today = Day::from_civil(2026, 9, 21).unwrap();
    work(Looking {
        regulations: &regulations,
        today,
    })
}

fn read(bytes: &[u8], file_name: &str) -> Result<Roster, RosterError> {
    by_the_rules(|by| roster::read(bytes, file_name, by))
}

fn workbook(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut workbook = Workbook::new();
    fill(workbook.add_worksheet());
    workbook.save_to_buffer().unwrap()
}

/// A sheet of texts, from row 1.
fn sheet_of(lines: &[&[&str]]) -> Vec<u8> {
    workbook(|sheet| write_lines(sheet, 0, lines))
}

fn write_lines(sheet: &mut Worksheet, first: u32, lines: &[&[&str]]) {
    for (r, line) in (first..).zip(lines) {
        for (c, text) in (0..).zip(line.iter()).filter(|(_, t)| !t.is_empty()) {
            sheet.write_string(r, c, *text).unwrap();
        }
    }
}

fn read_xlsx(bytes: &[u8]) -> Roster {
    read(bytes, "danh sách.xlsx").unwrap()
}

fn names(roster: &Roster) -> Vec<&str> {
    roster
        .members()
        .map(|m| m.value("member", "full_name").unwrap_or("?"))
        .collect()
}

fn kinds(roster: &Roster) -> Vec<&ProblemKind> {
    roster.problems.iter().map(|p| &p.kind).collect()
}

/// What an office's workbook of two branches and a hidden copy may look like.
fn messy_workbook() -> Vec<u8> {
    let mut workbook = Workbook::new();
    let merged = Format::new();
    let day = Format::new().set_num_format("dd/mm/yyyy");

    let sheet = workbook.add_worksheet();
    sheet.set_name("Xóm 5").unwrap();
    sheet
        .merge_range(0, 0, 0, 10, "ĐẢNG ỦY XÃ XUÂN HỒNG", &merged)
        .unwrap();
    sheet
        .merge_range(1, 0, 1, 10, "DANH SÁCH ĐẢNG VIÊN CHI BỘ XÓM 5", &merged)
        .unwrap();
    sheet
        .write_string(2, 3, "(Tính đến ngày 30/6/2025)")
        .unwrap();
    // Row 4 and 5: a header of two rows.
    for (column, title) in [
        (0, "STT"),
        (1, "Họ và tên đảng viên"),
        (4, "Quê quán"),
        (7, "Số thẻ ĐV"),
        (8, "Dân tộc"),
        (9, "Thích"),
        (10, "Kỷ luật"),
    ] {
        sheet
            .merge_range(3, column, 4, column, title, &merged)
            .unwrap();
    }
    sheet.merge_range(3, 2, 3, 3, "Năm sinh", &merged).unwrap();
    sheet
        .merge_range(3, 5, 3, 6, "Ngày vào Đảng", &merged)
        .unwrap();
    write_lines(
        sheet,
        4,
        &[&["", "", "Nam", "Nữ", "", "Dự bị", "Chính thức"]],
    );
    write_lines(
        sheet,
        5,
        &[&["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"]],
    );
    // Members from row 7 on.
    write_lines(
        sheet,
        6,
        &[&[
            "",
            "ĐINH VĂN QUANG",
            "",
            "",
            "Xuân Hồng - Xuân Trường - Nam Định",
            "",
            "3.2.1980",
            "12 345 678",
            "Kinh",
            "chèo",
            "Cảnh cáo 2001",
        ]],
    );
    sheet.write_number(6, 0, 1).unwrap();
    sheet.write_number(6, 2, 1955).unwrap();
    sheet
        .write_datetime_with_format(6, 5, ExcelDateTime::from_ymd(1979, 2, 3).unwrap(), &day)
        .unwrap();
    let decomposed: String = "Nguyễn Thị Hoà".nfd().collect();
    write_lines(
        sheet,
        7,
        &[&[
            "2",
            &decomposed,
            "",
            "02/1960",
            "xã Xuân Tiến, huyện Xuân Trường, tỉnh Nam Định",
            "03/02/1990",
            "03/02/1991",
            "",
            "H'Mông",
            "",
            "không",
        ]],
    );
    sheet.write_number(7, 7, 1_234_567).unwrap();
    // Row 9 is empty. Row 10: a heading of the next branch, merged over the table.
    sheet
        .merge_range(9, 0, 9, 10, "CHI BỘ LẠC QUẦN", &merged)
        .unwrap();
    write_lines(
        sheet,
        10,
        &[&[
            "1",
            "Tống Văn Bình",
            "31/02/1970",
            "",
            "",
            "",
            "",
            "",
            "Kinh",
        ]],
    );
    write_lines(
        sheet,
        11,
        &[&["2", "Đinh Văn Quang", "1955", "", "", "", "", "", "Sao Hỏa"]],
    );
    write_lines(sheet, 12, &[&["", "Tổng số: 4 đảng viên"]]);
    write_lines(sheet, 13, &[&["", "", "", "", "", "", "", "T/M CHI ỦY"]]);
    write_lines(sheet, 14, &[&["", "Trần Văn Ký"]]);

    let second = workbook.add_worksheet();
    second.set_name("Danh sách khác").unwrap();
    write_lines(
        second,
        0,
        &[&[
            "Chi bộ",
            "Họ tên",
            "Giới tính",
            "Học vấn",
            "CCCD",
            "Điện thoại",
            "Miễn SH",
        ]],
    );
    second
        .merge_range(1, 0, 2, 0, "Chi bộ Trường Tiểu học", &merged)
        .unwrap();
    write_lines(
        second,
        1,
        &[&["", "Mai Thị Lan", "nữ"], &["", "Vũ Đức Long", "Nam"]],
    );
    second
        .write_datetime_with_format(1, 3, ExcelDateTime::from_ymd(2025, 10, 7).unwrap(), &day)
        .unwrap();
    second.write_number(1, 4, 36_190_000_123_f64).unwrap();
    second.write_number(1, 5, 912_345_678).unwrap();
    write_lines(
        second,
        3,
        &[&[
            "",
            "Bùi Văn Nam",
            "Nam",
            "12/12",
            "163 123 456",
            "+84 912",
            "x",
        ]],
    );
    second
        .write_formula(4, 2, Formula::new("=1/0").set_result("#DIV/0!"))
        .unwrap();
    second.write_string(4, 1, "Ngô Văn Lỗi").unwrap();

    let hidden = workbook.add_worksheet();
    hidden.set_name("Bản cũ").unwrap();
    write_lines(
        hidden,
        0,
        &[&["STT", "Họ tên", "Ngày sinh"], &["1", "Người Cũ", "1950"]],
    );
    hidden.set_hidden(true);

    let other = workbook.add_worksheet();
    other.set_name("Thống kê").unwrap();
    write_lines(other, 0, &[&["Nội dung", "Số lượng"], &["Đảng viên", "5"]]);
    workbook.save_to_buffer().unwrap()
}

#[test]
fn members_are_found_below_titles_and_above_signatures_in_their_branches() {
    let roster = read_xlsx(&messy_workbook());
    let branches: Vec<_> = roster
        .branches
        .iter()
        .map(|b| {
            (
                b.sheet.as_str(),
                b.branch_name.as_deref().unwrap_or("-"),
                b.rows.len(),
            )
        })
        .collect();
    assert_eq!(
        branches,
        [
            ("Xóm 5", "Chi bộ Xóm 5", 2),
            ("Xóm 5", "Chi bộ Lạc Quần", 2),
            ("Danh sách khác", "Chi bộ Trường Tiểu học", 4),
        ]
    );
    assert_eq!(
        names(&roster),
        [
            "Đinh Văn Quang",
            "Nguyễn Thị Hoà",
            "Tống Văn Bình",
            "Đinh Văn Quang",
            "Mai Thị Lan",
            "Vũ Đức Long",
            "Bùi Văn Nam",
            "Ngô Văn Lỗi",
        ]
    );
    let rows: Vec<_> = roster.members().map(|m| m.row_number).collect();
    assert_eq!(rows, [7, 8, 11, 12, 2, 3, 4, 5]);
    for note in [
        Note::HiddenSheet {
            sheet: "Bản cũ".to_owned(),
        },
        Note::NoRoster {
            sheet: "Thống kê".to_owned(),
        },
        Note::RowLeftOut {
            sheet: "Xóm 5".to_owned(),
            row_number: 15,
            text: "Trần Văn Ký".to_owned(),
        },
    ] {
        assert!(
            roster.notes.contains(&note),
            "{note:?} in {:?}",
            roster.notes
        );
    }
    assert!(
        roster
            .notes
            .iter()
            .all(|n| !n.message().vi.is_empty() && !n.message().en.is_empty())
    );
}

#[test]
fn cells_of_a_messy_workbook_become_canonical_values() {
    let roster = read_xlsx(&messy_workbook());
    let members: Vec<_> = roster.members().collect();
    for (row, kind, field, value) in [
        (0, "member", "sex", "male"),
        (0, "member", "born", "1955"),
        (0, "member", "admitted_on", "1979-02-03"),
        (0, "member", "official_on", "1980-02-03"),
        (0, "member", "card_number", "12345678"),
        (
            0,
            "member",
            "hometown",
            "Xuân Hồng - Xuân Trường - Nam Định",
        ),
        (0, "member", "hometown_code", "14095"),
        (0, "member_sensitive", "ethnicity", "kinh"),
        (0, "member_sensitive", "discipline/0001/form", "warning"),
        (0, "member_sensitive", "discipline/0001/date", "2001"),
        (1, "member", "sex", "female"),
        (1, "member", "born", "1960-02"),
        (1, "member", "card_number", "01234567"),
        (1, "member_sensitive", "ethnicity", "hmong"),
        (4, "member", "education", "7/10"),
        (4, "member_sensitive", "personal_id", "036190000123"),
        (4, "member", "phone", "0912345678"),
        (6, "member", "phone", "+84 912"),
        (6, "member", "education", "12/12"),
    ] {
        assert_eq!(
            members[row].value(kind, field),
            Some(value),
            "row {row} {field}: {:?}",
            members[row]
        );
    }
    assert_eq!(members[0].extra["Thích"], "chèo");
    assert_eq!(members[6].extra["Miễn SH"], "x");
    // Taken as it is, and told below.
    let old_id = members[6].value("member_sensitive", "personal_id");
    assert_eq!(old_id, Some("163123456"));
    assert_eq!(
        members[1].value("member_sensitive", "discipline/0001/form"),
        None
    );
}

fn problem_at<'a>(roster: &'a Roster, sheet: &str, row_number: usize, letter: &str) -> &'a Problem {
    roster
        .problems
        .iter()
        .find(|p| {
            p.sheet == sheet
                && p.row_number == row_number
                && p.column.as_ref().map_or("", |c| c.letter.as_str()) == letter
        })
        .unwrap_or_else(|| panic!("none at {letter}{row_number} in {:?}", roster.problems))
}

#[test]
fn every_problem_names_its_cell_what_was_found_and_what_is_allowed() {
    let roster = read_xlsx(&messy_workbook());
    let day = problem_at(&roster, "Xóm 5", 11, "C");
    assert_eq!(
        (day.found.as_str(), day.severity()),
        ("31/02/1970", Severity::Bad)
    );
    assert_eq!(day.column.as_ref().unwrap().header, "Năm sinh / Nam");
    assert!(
        day.message().vi.contains("02/1970 không có ngày 31"),
        "{:?}",
        day.message()
    );
    let list = problem_at(&roster, "Xóm 5", 12, "I");
    assert_eq!(
        (list.found.as_str(), list.severity()),
        ("Sao Hỏa", Severity::Bad)
    );
    assert!(list.message().vi.contains("Kinh; Tày; Thái"));
    let same = problem_at(&roster, "Xóm 5", 12, "");
    assert_eq!(same.severity(), Severity::Warning);
    assert!(matches!(
        &same.kind,
        ProblemKind::SamePerson { row_number: 7, .. }
    ));
    let commune = problem_at(&roster, "Xóm 5", 8, "E");
    assert!(matches!(&commune.kind, ProblemKind::CommuneAmbiguous(all) if all.len() == 4));
    assert_eq!(
        roster
            .members()
            .nth(1)
            .unwrap()
            .value("member", "hometown_code"),
        None
    );
    assert_eq!(
        problem_at(&roster, "Danh sách khác", 5, "C").kind,
        ProblemKind::FormulaError
    );
    assert_eq!(
        problem_at(&roster, "Danh sách khác", 2, "E").kind,
        ProblemKind::ZerosPutBack
    );
    let ProblemKind::Unusual(rule) = &problem_at(&roster, "Danh sách khác", 4, "E").kind else {
        panic!("nine digits are no personal id");
    };
    assert_eq!(rule.key, Key::PersonalIdForm);
    let ProblemKind::Unusual(rule) = &problem_at(&roster, "Danh sách khác", 4, "F").kind else {
        panic!("three digits are no phone number");
    };
    assert_eq!(rule.key, Key::PhoneForm);
    assert_eq!(
        problem_at(&roster, "Danh sách khác", 2, "D").kind,
        ProblemKind::DateTurnedBack
    );
    assert!(roster.is_blocked());
    assert_eq!(roster.problems.len(), 11, "{:#?}", roster.problems);
    for problem in &roster.problems {
        assert!(!problem.message().vi.is_empty() && !problem.message().en.is_empty());
    }
}

#[test]
fn a_divided_commune_is_offered_and_never_chosen() {
    // Thị trấn Năm Căn went to two communes.
    let text = "Thị trấn Năm Căn, huyện Năm Căn, tỉnh Cà Mau";
    let roster = read_xlsx(&sheet_of(&[&["Họ tên", "Nơi sinh"], &["Trần An", text]]));
    let member = roster.members().next().unwrap();
    assert_eq!(member.value("member", "birthplace"), Some(text));
    assert_eq!(member.value("member", "birthplace_code"), None);
    assert!(matches!(kinds(&roster)[..], [ProblemKind::CommuneDivided(all)] if all.len() == 2));
    assert!(!roster.is_blocked());
}

#[test]
fn a_name_and_an_address_may_stand_in_several_columns() {
    let roster = read_xlsx(&sheet_of(&[
        &["TT", "Họ và", "", "Quê quán", "", "", "Giới tính", ""],
        &["", "Họ đệm", "Tên", "Xã", "Huyện", "Tỉnh", "Nam", "Nữ"],
        &[
            "1",
            "Đinh Văn",
            "Quang",
            "Xuân Hồng",
            "Xuân Trường",
            "Nam Định",
            "x",
            "",
        ],
    ]));
    let member = roster.members().next().expect("a member");
    assert_eq!(member.value("member", "full_name"), Some("Đinh Văn Quang"));
    assert_eq!(
        member.value("member", "hometown"),
        Some("Xuân Hồng, Xuân Trường, Nam Định")
    );
    assert_eq!(member.value("member", "hometown_code"), Some("14095"));
    assert_eq!(member.value("member", "sex"), Some("male"));
}

#[test]
fn a_row_with_data_and_without_a_name_is_a_problem() {
    let roster = read_xlsx(&sheet_of(&[
        &["STT", "Họ tên", "Ngày sinh", "Giới tính"],
        &["1", "", "1950", "Nam"],
        &["2", "Nguy\u{d4}n V\u{a8}n A", "1951", "Nam"],
    ]));
    assert_eq!(
        kinds(&roster),
        [&ProblemKind::NoName, &ProblemKind::StrangeName]
    );
}

#[test]
fn a_header_that_comes_again_on_each_page_is_no_member() {
    let head: &[&str] = &["STT", "Họ và tên", "Ngày sinh"];
    let roster = read_xlsx(&sheet_of(&[
        head,
        &["1", "Trần An", "1950"],
        head,
        &["2", "Lê Bình", "1951"],
    ]));
    assert_eq!(names(&roster), ["Trần An", "Lê Bình"]);
}

#[test]
fn the_usual_form_with_groups_of_columns_is_understood_without_merged_cells() {
    let roster = read_xlsx(&sheet_of(&[
        &["ĐẢNG BỘ XÃ XUÂN HỒNG", "", "", "", "ĐẢNG CỘNG SẢN VIỆT NAM"],
        &[
            "CHI BỘ HÀNH THIỆN",
            "",
            "",
            "",
            "Xuân Hồng, ngày 3 tháng 2 năm 2025",
        ],
        &["DANH SÁCH ĐẢNG VIÊN"],
        &[
            "TT",
            "Họ và tên",
            "Ngày, tháng, năm sinh",
            "",
            "Tôn giáo",
            "Trình độ",
            "",
            "",
            "Ngày vào Đảng",
            "",
            "Vợ (chồng)",
            "Ghi chú",
        ],
        &[
            "",
            "",
            "Nam",
            "Nữ",
            "",
            "Văn hóa",
            "Chuyên môn",
            "LLCT",
            "Dự bị",
            "Chính thức",
            "Họ và tên",
            "",
        ],
        &[
            "(1)", "(2)", "(3)", "(4)", "(5)", "(6)", "(7)", "(8)", "(9)", "(10)", "(11)", "(12)",
        ],
        &[
            "1",
            "Nguyễn Thị Mơ",
            "",
            "1/1/1960",
            "Không",
            "10/10",
            "Y sĩ",
            "SC",
            "3/2/1985",
            "3/2/1986",
            "Lê Ba",
            "đã nghỉ",
        ],
        &["", "", "", "", "", "", "", "", "NGƯỜI LẬP BIỂU"],
        &["", "", "", "", "", "", "", "", "Mai Văn Bút"],
    ]));
    let members: Vec<_> = roster.members().collect();
    assert_eq!(members.len(), 1, "{:?}", roster.notes);
    assert_eq!(
        roster.branches[0].branch_name.as_deref(),
        Some("Chi bộ Hành Thiện")
    );
    for (kind, field, value) in [
        ("member", "full_name", "Nguyễn Thị Mơ"),
        ("member", "sex", "female"),
        ("member", "born", "1960-01-01"),
        ("member_sensitive", "religion", "none"),
        ("member", "education", "10/10"),
        ("member", "qualification", "Y sĩ"),
        ("member", "political_theory", "elementary"),
        ("member", "admitted_on", "1985-02-03"),
        ("member", "official_on", "1986-02-03"),
        ("member", "note", "đã nghỉ"),
    ] {
        assert_eq!(members[0].value(kind, field), Some(value), "{field}");
    }
    assert_eq!(members[0].extra["Vợ (chồng) / Họ và tên"], "Lê Ba");
    assert_eq!(roster.problems, []);
}

const MESSY_CSV: &str = "\
CHI BỘ XÓM 7;;;;
;;;;
STT;Họ và tên;Ngày sinh;Ngày kết nạp;Khen thưởng
1;trần văn an;00/00/1950;3-2-1970;Huy hiệu 50 năm; Bằng khen
2;\"Lê
Bình\";1951-05-06 00:00:00;02.1971;\"Huy hiệu 45 năm | 03/02/2020 | 12\\|QĐ | Tỉnh ủy\nGiấy khen\"

3;'=Vũ Dung;3/2/52;—;
Cộng: 3;;;;
";

#[test]
fn a_messy_csv_is_read_in_every_usual_encoding() {
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain(MESSY_CSV.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    let utf16_big: Vec<u8> = [0xfe, 0xff]
        .into_iter()
        .chain(MESSY_CSV.encode_utf16().flat_map(u16::to_be_bytes))
        .collect();
    let files = [
        MESSY_CSV.as_bytes().to_vec(),
        format!("\u{feff}{MESSY_CSV}").into_bytes(),
        format!("sep=;\r\n{}", MESSY_CSV.replace('\n', "\r\n")).into_bytes(),
        utf16,
        utf16_big,
    ];
    for (n, bytes) in files.iter().enumerate() {
        let roster = read(bytes, "folder/xom7.csv").unwrap();
        assert_eq!(
            names(&roster),
            ["Trần Văn An", "Lê Bình", "=Vũ Dung"],
            "file {n}"
        );
        let branch = &roster.branches[0];
        assert_eq!(
            (branch.sheet.as_str(), branch.branch_name.as_deref()),
            ("xom7", Some("Chi bộ Xóm 7"))
        );
        let value = |row: usize, field| branch.rows[row].value("member", field);
        assert_eq!(value(0, "born"), Some("1950"));
        assert_eq!(value(0, "admitted_on"), Some("1970-02-03"));
        assert_eq!(value(1, "born"), Some("1951-05-06"));
        assert_eq!(value(1, "admitted_on"), Some("1971-02"));
        assert_eq!(value(1, "awards/0001/number"), Some("12|QĐ"));
        assert_eq!(value(1, "awards/0001/date"), Some("2020-02-03"));
        assert_eq!(value(1, "awards/0002/form"), Some("Giấy khen"));
        assert_eq!(branch.rows[0].extra["Cột F"], "Bằng khen");
        assert_eq!(value(2, "admitted_on"), None);
        let short_year = problem_at(&roster, "xom7", branch.rows[2].row_number, "C");
        assert_eq!(short_year.severity(), Severity::Bad);
        assert!(short_year.message().vi.contains("bốn chữ số"));
    }
    let tabs = read(MESSY_CSV.replace(';', "\t").as_bytes(), "a.CSV").unwrap();
    assert_eq!(names(&tabs).len(), 3);
}

#[test]
fn a_number_that_does_not_look_like_one_is_told_as_at_a_form_and_taken_all_the_same() {
    let csv = "Họ và tên,Ngày sinh,Số thẻ,Số lý lịch,CCCD\n\
        Trần Văn An,1950,36 012345,123456 XX,036 090 000 012\n\
        Lê Bình,1951,Xóm 5,123456,163 123 456\n";
    let roster = read(csv.as_bytes(), "a.csv").unwrap();
    assert!(!roster.is_blocked());
    let told: Vec<_> = (roster.problems.iter())
        .map(|p| {
            let ProblemKind::Unusual(rule) = &p.kind else {
                panic!("{p:?}");
            };
            let column = p.column.as_ref().unwrap().letter.as_str();
            (p.row_number, column, rule.key, p.found.as_str())
        })
        .collect();
    assert_eq!(
        told,
        [
            (3, "C", Key::CardForm, "Xóm 5"),
            (3, "D", Key::LifeHistoryForm, "123456"),
            (3, "E", Key::PersonalIdForm, "163 123 456"),
        ]
    );
    assert!(roster.problems[2].message().vi.contains("12"));
    let second = &roster.branches[0].rows[1];
    assert_eq!(second.value("member", "card_number"), Some("Xóm 5"));
    assert_eq!(second.value("member", "life_history_no"), Some("123456"));
    let id = second.value("member_sensitive", "personal_id");
    assert_eq!(id, Some("163123456"), "it stays where few read it");
    assert!(second.extra.is_empty());
}

#[test]
fn rows_of_a_csv_are_numbered_as_a_spreadsheet_numbers_them() {
    let roster = read(MESSY_CSV.as_bytes(), "a.csv").unwrap();
    let rows: Vec<_> = roster.members().map(|m| m.row_number).collect();
    assert_eq!(rows, [4, 5, 7]);
}

#[test]
fn files_that_are_no_rosters_are_refused_with_the_reason() {
    assert!(matches!(
        read(b"", "a.xlsx"),
        Err(RosterError::UnknownFormat)
    ));
    assert!(matches!(
        read(b"PK\x03\x04garbage", "a.xlsx"),
        Err(RosterError::Damaged(_))
    ));
    assert!(matches!(
        read(&[0xd0, 0xcf, 0x11, 0xe0, 1], "a.xls"),
        Err(RosterError::OldWorkbook)
    ));
    assert!(matches!(
        read(b"H\xe4 t\xean,Ng\xe0y sinh\n", "a.csv"),
        Err(RosterError::Encoding)
    ));
    assert!(matches!(
        read(b"a,b\n1,2\n", "a.csv"),
        Err(RosterError::NoHeader)
    ));
    assert!(matches!(read(b"", "a.csv"), Err(RosterError::NoHeader)));
    assert!(matches!(
        read(&[0xff, 0xfe, 1], "a.csv"),
        Err(RosterError::Encoding)
    ));
}

#[test]
fn limits_hold_at_the_limit_and_one_past_it() {
    let rows = |count: usize| {
        let mut text = "Họ tên,Ngày sinh\n".to_owned();
        (1..count).for_each(|n| text.push_str(&format!("Trần An,{}\n", 1800 + n % 300)));
        text
    };
    assert_eq!(
        read(rows(limits::ROSTER_ROWS).as_bytes(), "a.csv")
            .unwrap()
            .members()
            .count(),
        limits::ROSTER_ROWS - 1
    );
    assert!(matches!(
        read(rows(limits::ROSTER_ROWS + 1).as_bytes(), "a.csv"),
        Err(RosterError::TooLarge { limit, .. }) if limit == limits::ROSTER_ROWS as u64
    ));
    let columns = |count: usize| format!("Họ tên,Ngày sinh{}x\nAn,1950\n", ",".repeat(count - 2));
    assert!(read(columns(limits::ROSTER_COLUMNS).as_bytes(), "a.csv").is_ok());
    assert!(matches!(
        read(columns(limits::ROSTER_COLUMNS + 1).as_bytes(), "a.csv"),
        Err(RosterError::TooLarge { .. })
    ));
    let line = |bytes: usize| format!("Họ tên,Nghề nghiệp\nAn,{}\n", "a".repeat(bytes));
    assert_eq!(
        read(line(limits::LINE_BYTES).as_bytes(), "a.csv")
            .unwrap()
            .problems,
        []
    );
    assert_eq!(
        kinds(&read(line(limits::LINE_BYTES + 1).as_bytes(), "a.csv").unwrap()),
        [&ProblemKind::TooLong(limits::LINE_BYTES)]
    );
    let far = workbook(|sheet| {
        write_lines(sheet, 0, &[&["Họ tên", "Ngày sinh"]]);
        sheet.write_string(1_048_575, 16_383, "x").unwrap();
    });
    assert!(matches!(
        read(&far, "a.xlsx"),
        Err(RosterError::TooLarge { .. })
    ));
    // A merged region that reaches far below the last value asks for no memory.
    let long = workbook(|sheet| {
        write_lines(sheet, 0, &[&["Họ tên", "Ngày sinh"], &["Trần An", "1950"]]);
        let last = u32::try_from(limits::ROSTER_ROWS).unwrap() + 10;
        sheet
            .merge_range(2, 0, last, 0, "Ghi chú", &Format::new())
            .unwrap();
    });
    assert_eq!(names(&read_xlsx(&long)), ["Trần An"]);
    assert!(matches!(
        read(&vec![b' '; limits::ROSTER_BYTES as usize + 1], "a.csv"),
        Err(RosterError::TooLarge { .. })
    ));
}

#[test]
fn an_archive_that_unpacks_to_too_much_is_refused_whatever_it_says_of_itself() {
    use std::io::Write;
    let good = sheet_of(&[&["Họ tên", "Ngày sinh"], &["An", "1950"]]);
    assert!(read(&good, "a.xlsx").is_ok());
    let mut archive = zip::ZipWriter::new_append(std::io::Cursor::new(good)).unwrap();
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated);
    archive.start_file("xl/media/zeros.bin", options).unwrap();
    let zeros = vec![0; 1 << 20];
    for _ in 0..=limits::ROSTER_UNPACKED_BYTES >> 20 {
        archive.write_all(&zeros).unwrap();
    }
    let mut bomb = archive.finish().unwrap().into_inner();
    assert!(bomb.len() < 2 << 20, "it is small as long as it is packed");
    let is_refused = |bomb: &[u8]| {
        matches!(
            read(bomb, "a.xlsx"),
            Err(RosterError::TooLarge { limit, .. }) if limit == limits::ROSTER_UNPACKED_BYTES
        )
    };
    assert!(is_refused(&bomb));
    // The last entry of its directory says that nothing is in it.
    let at = bomb.windows(4).rposition(|w| w == b"PK\x01\x02").unwrap();
    bomb[at + 24..at + 28].copy_from_slice(&1_u32.to_le_bytes());
    assert!(read(&bomb, "a.xlsx").is_err());
}

/// The workbook with its parts as `alter` leaves them.
fn altered(workbook: &[u8], alter: impl Fn(&str, String) -> String) -> Vec<u8> {
    use std::io::{Read, Write};
    let mut from = zip::ZipArchive::new(std::io::Cursor::new(workbook)).unwrap();
    let mut into = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated);
    for i in 0..from.len() {
        let mut part = from.by_index(i).unwrap();
        let (name, mut text) = (part.name().to_owned(), String::new());
        part.read_to_string(&mut text).unwrap();
        into.start_file(&name, options).unwrap();
        into.write_all(alter(&name, text).as_bytes()).unwrap();
    }
    into.finish().unwrap().into_inner()
}

#[test]
fn one_large_part_that_is_named_as_many_sheets_is_not_gone_over_for_each() {
    let good = sheet_of(&[&["Họ tên", "Ngày sinh"], &["An", "1950"]]);
    let sheets = |count: u64, padding: u64| {
        altered(&good, |name, text| match name {
            "xl/workbook.xml" => {
                let (before, rest) = text.split_once("<sheet ").unwrap();
                let (_, after) = rest.split_once("/>").unwrap();
                let sheets: String = (1..=count)
                    .map(|n| format!(r#"<sheet name="S{n}" sheetId="{n}" r:id="rId1"/>"#))
                    .collect();
                format!("{before}{sheets}{after}")
            }
            "xl/worksheets/sheet1.xml" => {
                let padding = " ".repeat(padding as usize);
                text.replace("<sheetData>", &format!("{padding}<sheetData>"))
            }
            _ => text,
        })
    };
    // Three sheets, each of the same part: read as any other three.
    assert_eq!(read_xlsx(&sheets(3, 1)).members().count(), 3);
    let (count, padding) = (200, 4 << 20);
    assert!(count * padding > 2 * limits::ROSTER_UNPACKED_BYTES);
    let bomb = sheets(count, padding);
    assert!(bomb.len() < 64 << 10, "it is small as long as it is packed");
    assert!(matches!(
        read(&bomb, "a.xlsx"),
        Err(RosterError::TooLarge {
            unit: "bytes unpacked",
            ..
        })
    ));
}

#[test]
fn one_long_text_that_many_cells_name_is_not_held_for_each() {
    let long = "a".repeat(32_000);
    let cells = limits::ROSTER_UNPACKED_BYTES as u32 / 32_000 + 1;
    let bomb = workbook(|sheet| {
        write_lines(sheet, 0, &[&["Họ tên", "Ngày sinh"]]);
        for row in 1..=cells {
            sheet.write_string(row, 0, &long).unwrap();
        }
    });
    assert!(bomb.len() < 1 << 20, "it is small as long as it is packed");
    assert!(matches!(
        read(&bomb, "a.xlsx"),
        Err(RosterError::TooLarge {
            unit: "bytes unpacked",
            ..
        })
    ));
}

fn value_of(field: &Field) -> BoxedStrategy<String> {
    let line = "[A-Za-zĐđạếữ0-9|\\\\;,'\"=+_-]{1,8}( [A-Za-zđạếữ|\\\\]{1,6}){0,3}";
    match field.kind {
        FieldType::Name => "[A-ZĐẠ][a-zđạế]{1,6}( [A-ZĐẠ][a-zđạế]{1,6}){1,3}".boxed(),
        FieldType::Date => prop_oneof![
            (1800u32..2200).prop_map(|y| y.to_string()),
            (1800u32..2200, 1u32..13).prop_map(|(y, m)| format!("{y}-{m:02}")),
            (1800u32..2200, 1u32..13, 1u32..29).prop_map(|(y, m, d)| format!("{y}-{m:02}-{d:02}")),
        ]
        .boxed(),
        FieldType::Code(codes) => (0..codes.len())
            .prop_map(|i| codes[i].code.to_owned())
            .boxed(),
        FieldType::YesNo => prop_oneof![Just("yes".to_owned()), Just("no".to_owned())].boxed(),
        FieldType::Prose => "[a-zđ=][a-z \n|,;\"'_x0-9]{0,40}[a-z]".boxed(),
        _ if field.name == "personal_id" => "[0-9]{12}".boxed(),
        _ if field.name == "card_number" => "[0-9]{8}|[A-Z]{2}-[0-9]{3}".boxed(),
        _ if field.name.ends_with("_code") => Just("14095".to_owned()).boxed(),
        // Dashes alone say that there is nothing.
        _ => line
            .prop_filter("dashes", |l| l.chars().any(|c| !matches!(c, '-' | '_')))
            .boxed(),
    }
}

/// The values of a member: every field filled, or any of them left empty.
fn member(always: bool) -> BoxedStrategy<BTreeMap<(&'static str, String), String>> {
    let mut all: BoxedStrategy<BTreeMap<(&'static str, String), String>> =
        Just(BTreeMap::new()).boxed();
    for kind in [&MEMBER, &MEMBER_SENSITIVE] {
        for field in kind.form() {
            let name = kind.name;
            let values: BoxedStrategy<Vec<(String, String)>> = match field.kind {
                FieldType::Entries(parts) => {
                    let mut entry: BoxedStrategy<Vec<(String, String)>> = Just(Vec::new()).boxed();
                    for part in parts {
                        let value = proptest::option::weighted(0.7, value_of(part));
                        entry = (entry, value)
                            .prop_map(move |(mut entry, value)| {
                                entry.extend(value.map(|v| (part.name.to_owned(), v)));
                                entry
                            })
                            .boxed();
                    }
                    proptest::collection::vec(
                        entry.prop_filter("empty", |e| !e.is_empty()),
                        usize::from(always)..4,
                    )
                    .prop_map(move |entries| {
                        (1..)
                            .zip(entries)
                            .flat_map(|(n, entry)| {
                                entry.into_iter().map(move |(part, value)| {
                                    (format!("{}/{n:04}/{part}", field.name), value)
                                })
                            })
                            .collect()
                    })
                    .boxed()
                }
                _ => {
                    let there =
                        always || field.name == "full_name" || field.name.ends_with("_code");
                    let value = match there {
                        true => value_of(field).prop_map(Some).boxed(),
                        false => proptest::option::weighted(0.6, value_of(field)).boxed(),
                    };
                    value
                        .prop_map(move |value| {
                            value
                                .map(|v| (field.name.to_owned(), v))
                                .into_iter()
                                .collect()
                        })
                        .boxed()
                }
            };
            all = (all, values)
                .prop_map(move |(mut all, values)| {
                    all.extend(
                        values
                            .into_iter()
                            .map(|(path, value)| ((name, path), value)),
                    );
                    all
                })
                .boxed();
        }
    }
    all
}

fn branches() -> impl Strategy<Value = Vec<BranchRows>> {
    let row = (
        proptest::bool::ANY.prop_flat_map(member),
        proptest::option::of("[a-zđ=+]{1,9}"),
    );
    let rows = proptest::collection::vec(row, 1..4);
    proptest::collection::vec(rows, 1..4).prop_map(|branches| {
        (1..)
            .zip(branches)
            .map(|(n, rows)| BranchRows {
                sheet: String::new(),
                branch_name: Some(format!("Chi bộ Xóm {n}")),
                rows: rows
                    .into_iter()
                    .map(|(values, extra)| MemberRow {
                        values,
                        extra: extra
                            .map(|e| ("Sở thích".to_owned(), e))
                            .into_iter()
                            .collect(),
                        ..MemberRow::default()
                    })
                    .collect(),
            })
            .collect()
    })
}

type Content = Vec<(
    Option<String>,
    Vec<(
        BTreeMap<(&'static str, String), String>,
        BTreeMap<String, String>,
    )>,
)>;

/// A roster without the places of its rows.
fn content(branches: &[BranchRows]) -> Content {
    branches
        .iter()
        .map(|b| {
            let rows = b
                .rows
                .iter()
                .map(|r| (r.values.clone(), r.extra.clone()))
                .collect();
            (b.branch_name.clone(), rows)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_is_written_reads_back_the_same_in_every_field(branches in branches()) {
        for (bytes, name) in [(to_xlsx(&branches).unwrap(), "a.xlsx"), (to_csv(&branches).unwrap(), "a.csv")] {
            let roster = read(&bytes, name).unwrap();
            let bad: Vec<_> = roster.problems.iter().filter(|p| p.severity() == Severity::Bad).collect();
            prop_assert!(bad.is_empty(), "{} {:?}", name, bad);
            prop_assert_eq!(content(&roster.branches), content(&branches), "{}", name);
        }
    }

    #[test]
    fn any_bytes_are_a_roster_or_an_error(bytes in proptest::collection::vec(any::<u8>(), 0..400), zip in any::<bool>()) {
        let mut file = if zip { b"PK\x03\x04".to_vec() } else { Vec::new() };
        file.extend(&bytes);
        let _ = read(&file, "a.xlsx");
        let _ = read(&file, "a.csv");
    }

    #[test]
    fn a_damaged_workbook_is_a_roster_or_an_error(at in 0usize..100_000, byte in any::<u8>(), cut in any::<bool>()) {
        let mut bytes = messy_workbook();
        let at = at % bytes.len();
        match cut {
            true => bytes.truncate(at),
            false => bytes[at] = byte,
        }
        let _ = read(&bytes, "a.xlsx");
    }

    #[test]
    fn any_table_of_text_is_a_roster_or_an_error(text in "(Họ tên|Ngày sinh|Chi bộ|Tên|Họ|Nam|Năm sinh|Kỷ luật|Quê quán|[,;\n\"'|]|[0-9/.]{1,5}|[a-zạ]{1,4}){0,60}") {
        let _ = read(text.as_bytes(), "a.csv");
    }
}

#[test]
fn a_roster_is_written_and_reads_back() {
    let roster = read_xlsx(&messy_workbook());
    let workbook = to_xlsx(&roster.branches).unwrap();
    let table = to_csv(&roster.branches).unwrap();
    for (bytes, name) in [(workbook, "ra.xlsx"), (table, "ra.csv")] {
        let again = read(&bytes, name).unwrap();
        assert_eq!(
            content(&again.branches),
            content(&roster.branches),
            "{name}"
        );
        assert!(
            !again.is_blocked(),
            "what was bad has no value to be written"
        );
    }
}
