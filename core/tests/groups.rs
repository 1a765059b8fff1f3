//! What people write in their own words is counted all the same: the words stay as they are, and a figure knows what
//! they belong to.

use chibo_core::field;
use chibo_core::kind::{self, FieldType, KINDS};
use chibo_people::{Size, invent};

fn group(field: &str, words: &str) -> Option<&'static str> {
    let member = kind::by_name("member").unwrap();
    let field = member.fields.iter().find(|f| f.name == field).unwrap();
    field::group(field.groups, words).map(|c| c.code)
}

#[test]
fn what_people_write_of_their_work_is_counted_where_it_belongs() {
    for (words, expected) in [
        ("Làm ruộng", "farmer"),
        ("LÀM RUỘNG, chăn nuôi gà", "farmer"),
        ("Công nhân giày", "worker"),
        ("Giáo viên tiểu học", "teacher"),
        ("Giáo viên cấp 2, nghỉ hưu 2015", "retired"),
        ("Nguyên cán bộ xã", "retired"),
        ("Bộ đội nghỉ hưu", "retired"),
        ("Cán bộ xã", "official"),
        ("nuôi ong", "other"),
    ] {
        assert_eq!(group("occupation", words), Some(expected), "{words}");
    }
    for (words, expected) in [
        ("12/12", "upper_secondary"),
        ("10/10", "upper_secondary"),
        ("9/12", "lower_secondary"),
        ("7/10", "lower_secondary"),
        ("Tốt nghiệp THPT", "upper_secondary"),
        ("lớp 4/10", "primary"),
    ] {
        assert_eq!(group("education", words), Some(expected), "{words}");
    }
    for (words, expected) in [
        ("Đại học kinh tế", "university"),
        ("Thạc sĩ, cử nhân luật", "postgraduate"),
        ("Trung cấp quân sự", "intermediate"),
        ("Không", "none"),
        ("Lái máy cày", "other"),
    ] {
        assert_eq!(group("qualification", words), Some(expected), "{words}");
    }
    assert_eq!(group("occupation", "  "), None);
    assert_eq!(group("full_name", "Nguyễn Văn Nông Dân"), None);
}

#[test]
fn whatever_people_are_like_they_fall_into_a_group_of_their_own() {
    let district = invent(Size::Commune, 7);
    let mut looked_up = 0;
    for member in district.members() {
        for name in ["occupation", "education", "qualification"] {
            let Some(words) = member.values.get(name).map(|v| v.shown()) else {
                continue;
            };
            let found = group(name, &words);
            assert!(found.is_some_and(|code| code != "other"), "{name}: {words}");
            looked_up += 1;
        }
    }
    assert!(looked_up > 500, "{looked_up}");
}

#[test]
fn only_lines_have_groups_and_their_words_are_folded() {
    for kind in KINDS {
        for field in kind.fields.iter().filter(|f| !f.groups.is_empty()) {
            assert!(
                field.counted && field.kind == FieldType::Line,
                "{}",
                field.name
            );
            for word in field.groups.iter().flat_map(|c| c.spellings) {
                assert_eq!(*word, chibo_core::text::fold_words(word));
            }
        }
    }
}
