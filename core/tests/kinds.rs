//! What the descriptions of the document kinds must hold, whatever is added to them.
use chibo_core::access::{decides, reads, writes};
use chibo_core::case;
use chibo_core::caution;
use chibo_core::date::PartialDate;
use chibo_core::document::{Value, Values};
use chibo_core::domain::decision::FORMS;
use chibo_core::field::parse;
use chibo_core::kind::{Code, FieldType, KINDS, Kind, Needed, Part, by_name, by_number};
use chibo_core::place::{Lane, ROLES, Role};
use chibo_core::regulation::Regulations;
use chibo_core::text::fold_words;
use std::collections::{BTreeMap, BTreeSet};

fn fields(kind: &'static Kind) -> impl Iterator<Item = (String, FieldType)> {
    kind.fields.iter().flat_map(|f| {
        let inner: &[_] = match f.kind {
            FieldType::Entries(inner) => inner,
            _ => &[],
        };
        std::iter::once((f.name.to_owned(), f.kind)).chain(
            inner
                .iter()
                .map(|g| (format!("{}/{}", f.name, g.name), g.kind)),
        )
    })
}

fn code_lists() -> impl Iterator<Item = (String, &'static [Code])> {
    KINDS.iter().flat_map(|kind| {
        fields(kind).filter_map(|(path, t)| match t {
            FieldType::Code(codes) | FieldType::Marks(codes) => {
                Some((format!("{}.{path}", kind.name), codes))
            }
            _ => None,
        })
    })
}

#[test]
fn every_kind_is_found_by_its_number_and_by_its_name() {
    for kind in KINDS {
        assert_eq!(by_number(kind.number).map(|k| k.name), Some(kind.name));
        assert_eq!(by_name(kind.name).map(|k| k.number), Some(kind.number));
    }
    assert_eq!(by_number(u16::MAX), None);
}

#[test]
fn every_kind_has_a_writer_a_place_with_its_lane_and_its_title_field() {
    for kind in KINDS {
        assert!(
            ROLES.iter().any(|r| writes(*r, kind)),
            "{} has no writer",
            kind.name
        );
        assert!(
            kind.field(kind.title).is_some(),
            "{} has no title",
            kind.name
        );
        assert!(!kind.place.is_empty(), "{} has no place", kind.name);
        for place in kind.place {
            assert!(
                place.lanes().contains(&kind.lane),
                "{}: {place:?}",
                kind.name
            );
        }
    }
}

#[test]
fn every_kind_says_of_every_role_what_it_may_and_the_lanes_agree() {
    for kind in KINDS {
        for role in ROLES {
            let rows = kind.rights.iter().filter(|(r, _)| *r == role).count();
            assert_eq!(rows, 1, "{}: a row for {role:?}", kind.name);
            let right = kind.right(role);
            assert_eq!(right.read, reads(role, kind), "{}: {role:?}", kind.name);
            assert_eq!(right.write, writes(role, kind), "{}: {role:?}", kind.name);
            assert_eq!(right.decide, decides(role, kind), "{}: {role:?}", kind.name);
        }
    }
}

#[test]
fn who_only_looks_writes_nothing_but_that_they_looked() {
    for role in [Role::Auditor, Role::Upper, Role::Operator] {
        for kind in KINDS.iter().filter(|k| !k.name.ends_with("look")) {
            assert!(
                !writes(role, kind) && !decides(role, kind),
                "{role:?} {}",
                kind.name
            );
        }
    }
    let of_members = KINDS.iter().filter(|k| writes(Role::Member, k));
    let of_members = of_members.filter(|k| k.case.is_none()).map(|k| k.name);
    assert_eq!(
        of_members.collect::<Vec<_>>(),
        ["check_in", "address"],
        "where they are, and their own part in cases"
    );
}

#[test]
fn what_is_only_added_to_holds_no_prose_since_a_word_put_in_can_turn_it_round() {
    for kind in KINDS.iter().filter(|k| k.append_only) {
        for (path, t) in fields(kind) {
            assert_ne!(t, FieldType::Prose, "{}.{path}", kind.name);
        }
    }
}

#[test]
fn every_act_of_a_case_leads_from_states_to_a_state_and_names_fields_that_exist() {
    for kind in KINDS {
        let Some(case) = kind.case else { continue };
        let name = kind.name;
        assert!(kind.append_only, "{name}");
        let entry = match kind.field(case::ACTS).map(|f| f.kind) {
            Some(FieldType::Entries(entry)) => entry,
            other => panic!("{name}: {other:?}"),
        };
        let is_field = |f: &str| entry.iter().any(|e| e.name == f);
        for field in ["act", "after", "about", "on", "note"] {
            assert!(is_field(field), "{name}: {field}");
        }
        let mut reached = BTreeSet::from([case::NEW]);
        for act in case.acts {
            for state in act.from {
                assert!(*state == case::NEW || case.state(state).is_some(), "{name}");
            }
            assert!(
                act.to == case::SAME || case.state(act.to).is_some(),
                "{name}"
            );
            assert!(
                act.needs.iter().all(|n| is_field(n)),
                "{name}: {}",
                act.code
            );
            reached.insert(act.to);
        }
        for state in case.states {
            let (leaves, is_end) = (
                case.acts
                    .iter()
                    .any(|a| a.from.contains(&state.code) && a.to != case::SAME),
                !state.open,
            );
            assert!(reached.contains(state.code), "{name}: {}", state.code);
            assert!(
                leaves != is_end,
                "{name}: {} is an end or leads on",
                state.code
            );
        }
        let codes: BTreeSet<_> = case.acts.iter().map(|a| a.code).collect();
        assert_eq!(codes.len(), case.acts.len(), "{name}");
    }
}

#[test]
fn members_are_counted_by_codes_of_their_records_and_each_part_of_a_list_comes_from_one_kind() {
    let mut parts = Vec::new();
    for kind in KINDS {
        let counted = kind.form().filter(|f| f.counted);
        for field in counted {
            let is_listed = match field.kind {
                FieldType::Code(_) => true,
                FieldType::Line => !field.groups.is_empty(),
                _ => false,
            };
            assert!(is_listed, "{}", field.name);
            let is_record = matches!(kind.part, Part::Record | Part::Sensitive);
            assert!(is_record, "{}: nothing counts by it", field.name);
        }
        if let Part::Decides(by) = kind.part {
            let case = kind.case.unwrap();
            for act in [Some(by.decided), Some(by.given), by.ended]
                .into_iter()
                .flatten()
            {
                assert!(case.acts.iter().any(|a| a.code == act), "{act}");
            }
            assert!(FORMS.iter().any(|form| form.code == by.form));
        } else if kind.part != Part::Nothing {
            assert!(!parts.contains(&kind.part), "{}", kind.name);
            parts.push(kind.part);
        }
    }
}

#[test]
fn field_names_are_unique_and_fit_into_a_path() {
    for kind in KINDS {
        let mut seen = BTreeSet::new();
        for (path, _) in fields(kind) {
            for name in path.split('/') {
                assert!(
                    name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
                    "{}.{path}",
                    kind.name
                );
            }
            assert!(seen.insert(path.clone()), "{}.{path} twice", kind.name);
        }
    }
}

#[test]
fn entries_hold_scalars_only() {
    for kind in KINDS {
        for (path, t) in fields(kind).filter(|(path, _)| path.contains('/')) {
            assert!(
                !matches!(
                    t,
                    FieldType::Marks(_) | FieldType::Entries(_) | FieldType::Prose
                ),
                "{}.{path}",
                kind.name
            );
        }
    }
}

#[test]
fn codes_of_a_list_are_unique_and_every_value_has_both_languages() {
    for (list, codes) in code_lists() {
        let unique: BTreeSet<_> = codes.iter().map(|c| c.code).collect();
        assert_eq!(unique.len(), codes.len(), "{list}");
        for code in codes {
            assert!(
                !code.label.vi.is_empty() && !code.label.en.is_empty(),
                "{list} {}",
                code.code
            );
        }
    }
}

#[test]
fn the_state_list_of_ethnic_groups_is_complete() {
    let (_, codes) = code_lists()
        .find(|(l, _)| l == "member_sensitive.ethnicity")
        .unwrap();
    assert_eq!(codes.iter().filter(|c| c.code != "other").count(), 54);
}

#[test]
fn no_spelling_of_a_list_means_two_codes() {
    for (list, codes) in code_lists() {
        let mut meaning = BTreeMap::new();
        for code in codes {
            let label = fold_words(code.label.vi);
            for spelling in code.spellings.iter().map(|s| s.to_string()).chain([label]) {
                assert_eq!(fold_words(&spelling), spelling, "{list}: written as folded");
                let before = meaning.insert(spelling.clone(), code.code);
                assert!(before.is_none_or(|c| c == code.code), "{list}: {spelling}");
            }
        }
    }
}

#[test]
fn no_column_header_of_a_roster_means_two_fields() {
    for kinds in [
        &["member", "member_sensitive"][..],
        &["unit"],
        &["meeting"],
        &["check_in"],
        &["look"],
    ] {
        let mut meaning = BTreeMap::new();
        for kind in kinds.iter().filter_map(|name| by_name(name)) {
            for field in kind.fields {
                let label = fold_words(field.label.vi);
                for header in field.headers.iter().map(|s| s.to_string()).chain([label]) {
                    assert_eq!(fold_words(&header), header, "written as folded");
                    let before = meaning.insert(header.clone(), field.name);
                    assert!(before.is_none_or(|f| f == field.name), "{header}");
                }
            }
        }
    }
}

/// The fields that the field's own list asks for (form 2-KNĐ and what belongs beside it), written by hand: the kind that has
/// each, what it holds, when it counts as missing, and the lane, which says who reads it.
#[test]
fn row_03_every_field_has_its_type_is_asked_for_when_the_form_does_and_lies_where_it_is_read() {
    use Needed::{Always, IfOfficial, No};
    const OWN: (&str, Lane) = ("member", Lane::Own);
    const APART: (&str, Lane) = ("member_sensitive", Lane::Office);
    let table: &[((&str, Lane), &str, &str, Needed)] = &[
        // 01 to 05: who it is.
        (OWN, "full_name", "name", Always),
        (OWN, "sort_name", "line", No),
        (OWN, "sex", "code", Always),
        (OWN, "birth_name", "name", Always),
        (OWN, "alias", "line", No),
        (OWN, "born", "date", Always),
        // 06 to 08: places, in words as they were called, and by today's code where it is sure.
        (OWN, "birthplace", "line", Always),
        (OWN, "birthplace_code", "line", No),
        (OWN, "hometown", "line", Always),
        (OWN, "hometown_code", "line", No),
        (OWN, "permanent_residence", "line", Always),
        (OWN, "permanent_residence_code", "line", No),
        (OWN, "temporary_residence", "line", No),
        (OWN, "temporary_residence_code", "line", No),
        (OWN, "temporary_residence_since", "date", No),
        // 09 and 10: sensitive in law.
        (APART, "ethnicity", "code", Always),
        (APART, "religion", "code", Always),
        // 11 and 12: occupation; schooling, qualification, political theory, languages.
        (OWN, "occupation", "line", Always),
        (OWN, "post", "line", No),
        (OWN, "education", "line", Always),
        (OWN, "qualification", "line", Always),
        (OWN, "political_theory", "code", Always),
        (OWN, "languages", "line", Always),
        // 14 and 15: the way into the Party; two dates of the admission, both kept.
        (OWN, "admission_decided_on", "date", Always),
        (OWN, "admitted_on", "date", Always),
        (OWN, "admission_place", "line", No),
        (OWN, "official_on", "date", IfOfficial),
        (OWN, "official_place", "line", No),
        // 21: formal decisions only.
        (APART, "discipline", "entries", No),
        (OWN, "awards", "entries", No),
        // Beside the form: numbers, status, how one is reached.
        (OWN, "card_number", "line", IfOfficial),
        (OWN, "life_history_no", "line", Always),
        (APART, "personal_id", "line", No),
        (OWN, "status", "code", Always),
        (OWN, "status_since", "date", No),
        (OWN, "statuses", "entries", No),
        (OWN, "replaced", "entries", No),
        (OWN, "phone", "line", No),
        (OWN, "contact_person", "line", No),
        (OWN, "away", "yes_no", No),
        (OWN, "away_at", "line", No),
        (OWN, "away_at_code", "line", No),
        (OWN, "away_since", "date", No),
        (OWN, "away_reason", "line", No),
        (OWN, "away_contact", "line", No),
        (OWN, "group", "line", No),
        (OWN, "group_post", "code", No),
        (OWN, "note", "prose", No),
    ];
    for ((kind, lane), name, holds, needed) in table {
        let kind = by_name(kind).unwrap();
        let field = kind.field(name).unwrap_or_else(|| panic!("{name}"));
        let is = match field.kind {
            FieldType::Name => "name",
            FieldType::Line => "line",
            FieldType::Prose => "prose",
            FieldType::Date => "date",
            FieldType::Code(_) => "code",
            FieldType::YesNo => "yes_no",
            FieldType::Entries(_) => "entries",
            FieldType::Count | FieldType::Marks(_) => "other",
        };
        assert_eq!((is, field.needed), (*holds, *needed), "{name}");
        assert_eq!(kind.lane, *lane, "{name}");
    }
    // And no other field of these two kinds.
    for kind in ["member", "member_sensitive"] {
        for field in by_name(kind).unwrap().form() {
            let is_it = |(of, name, ..): &&((&str, Lane), &str, &str, Needed)| {
                (of.0, *name) == (kind, field.name)
            };
            assert_eq!(table.iter().filter(is_it).count(), 1, "{}", field.name);
        }
    }
    let asked = table.iter().filter(|(.., needed)| *needed != No).count();
    assert!(asked <= 25, "{asked} inputs for one member from paper");
}

/// The items of the member's record, by their numbers in form 2-KNĐ, each with something that it is not.
#[test]
fn row_03_every_field_of_the_register_is_there_and_what_does_not_fit_is_refused() {
    let wrong: &[(&str, &str, Option<&str>)] = &[
        ("member", "full_name", None),
        ("member", "sex", Some("khác")),
        ("member", "birth_name", None),
        ("member", "alias", None),
        ("member", "born", Some("30/02/1960")),
        ("member", "birthplace", None),
        ("member", "birthplace_code", None),
        ("member", "hometown", None),
        ("member", "hometown_code", None),
        ("member", "permanent_residence", None),
        ("member", "temporary_residence", None),
        ("member", "temporary_residence_since", Some("mới đây")),
        ("member_sensitive", "ethnicity", Some("Sao Hỏa")),
        ("member_sensitive", "religion", Some("có")),
        ("member", "occupation", None),
        ("member", "education", None),
        ("member", "qualification", None),
        ("member", "political_theory", Some("đại học")),
        ("member", "languages", None),
        ("member", "admission_decided_on", Some("mùa thu")),
        ("member", "admitted_on", Some("13/13/1996")),
        ("member", "admission_place", None),
        ("member", "official_on", Some("năm sau")),
        ("member", "official_place", None),
        ("member_sensitive", "discipline/0001/form", Some("nhắc nhở")),
        ("member_sensitive", "discipline/0001/date", Some("hôm qua")),
        ("member", "awards/0001/date", Some("hôm qua")),
        ("member", "awards/0001/form", None),
        ("member", "awards/0001/number", None),
        ("member_sensitive", "discipline/0001/number", None),
        ("member_sensitive", "discipline/0001/issuer", None),
        ("member", "sort_name", None),
        ("member", "permanent_residence_code", None),
        ("member", "temporary_residence_code", None),
        ("member", "card_number", None),
        ("member", "life_history_no", None),
        ("member_sensitive", "personal_id", None),
        ("member", "status", Some("nghỉ")),
        ("member", "status_since", Some("lâu")),
        ("member", "phone", None),
        ("member", "contact_person", None),
    ];
    for (kind, path, typed) in wrong {
        let kind = by_name(kind).unwrap();
        let name = path.split('/').next().unwrap();
        assert!(kind.field(name).is_some(), "{path}");
        match typed {
            Some(typed) => assert!(parse(kind, path, typed).is_err(), "{path}={typed}"),
            None => assert!(parse(kind, path, "Xóm 5").is_ok(), "{path}"),
        }
        assert_eq!(
            parse(kind, path, " "),
            Ok(Value::Cleared),
            "missing never blocks"
        );
    }
    // A number that does not look like one is taken as it was typed, and said to be unusual.
    let rules = Regulations::built_in().unwrap();
    let today = PartialDate::parse("2026-11-24").unwrap().day().unwrap();
    let said = |kind: &str, path: &str, typed: &str| {
        let kind = by_name(kind).unwrap();
        let edits = Values::from([(path.to_owned(), parse(kind, path, typed).unwrap())]);
        let found = caution::unusual(kind, &edits, &edits, &rules, today);
        found.iter().map(|w| w.why.code()).collect::<Vec<_>>()
    };
    for (kind, path, rule, right, wrong) in [
        (
            "member_sensitive",
            "personal_id",
            "personal_id.form",
            "036090000012",
            "Xóm 5",
        ),
        (
            "member",
            "life_history_no",
            "life_history.form",
            "123456 XX",
            "Xóm 5",
        ),
        ("member", "card_number", "card.form", "99.012345", "Xóm 5"),
        ("member", "phone", "phone.form", "0912.345.678", "Xóm 5"),
        (
            "check_in",
            "phone",
            "phone.form",
            "+84 912 345 678",
            "912345678",
        ),
        (
            "address",
            "contact_phone",
            "phone.form",
            "024 3825 5999",
            "gọi anh Ba",
        ),
        (
            "placement",
            "phone",
            "phone.form",
            "+81 90-1234-5678",
            "+84 0912345678",
        ),
    ] {
        assert_eq!(said(kind, path, right), [""; 0], "{path}={right}");
        assert_eq!(said(kind, path, wrong), [rule], "{path}={wrong}");
        assert_eq!(said(kind, path, ""), [""; 0], "nothing is not unusual");
    }
    // What is not to be kept has no field.
    let all: Vec<&str> = KINDS
        .iter()
        .flat_map(|k| k.fields.iter().map(|f| f.name))
        .collect();
    for none in ["family", "narrative", "verification", "scan", "photo"] {
        assert!(!all.iter().any(|f| f.contains(none)), "{none}");
    }
}
