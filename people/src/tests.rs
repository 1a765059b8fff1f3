//! What an invented district promises.

use super::*;
use chibo_core::author::Target;
use chibo_core::caution;
use chibo_core::date::{Day, PartialDate};
use chibo_core::document;
use chibo_core::domain::check_in::CHECK_IN;
use chibo_core::domain::meeting::MEETING;
use chibo_core::domain::member::{MEMBER, MEMBER_SENSITIVE};
use chibo_core::domain::unit::{UNIT, UNIT_SORTS};
use chibo_core::id::PlaceId;
use chibo_core::kind::{Field, FieldType, Kind};
use chibo_core::node::Node;
use chibo_core::place::PlaceKind;
use chibo_core::reform::{Plan, Says};
use chibo_core::{limits, text};
use std::collections::BTreeSet;

/// Why a value does not pass its field; `None` if it does.
fn fault(field: &Field, sub: Option<&str>, value: &Value) -> Option<&'static str> {
    let line = |t: &str| {
        (t.len() > limits::LINE_BYTES || t != text::clean_line(t)).then_some("no clean line")
    };
    match (field.kind, sub, value) {
        (_, None, Value::Cleared) => None,
        (FieldType::Entries(fields), Some(sub), _) => {
            let (_, name) = sub.split_once('/')?;
            match fields.iter().find(|f| f.name == name) {
                Some(field) => fault(field, None, value),
                None => Some("no such entry field"),
            }
        }
        (FieldType::Marks(codes), Some(key), Value::Text(t)) => {
            let place: Result<PlaceId, _> = key.parse();
            (place.is_err() || !codes.iter().any(|c| c.code == t)).then_some("no such mark")
        }
        (FieldType::Name, None, Value::Text(t)) => {
            (t.is_empty() || *t != text::clean_name(t)).then_some("no clean name")
        }
        (FieldType::Line, None, Value::Text(t)) => line(t).or(t.is_empty().then_some("empty")),
        (FieldType::Prose, None, Value::Text(t)) => {
            (t.is_empty() || t.len() > limits::PROSE_BYTES).then_some("no prose")
        }
        (FieldType::Date, None, Value::Text(t)) => match PartialDate::parse(t) {
            Ok(date) => (date.to_string() != *t).then_some("not as dates are stored"),
            Err(_) => Some("no date"),
        },
        (FieldType::Code(codes), None, Value::Text(t)) => {
            (!codes.iter().any(|c| c.code == t)).then_some("no such code")
        }
        (FieldType::Count, None, Value::Count(_)) => None,
        (FieldType::YesNo, None, Value::YesNo(_)) => None,
        _ => Some("of another type"),
    }
}

fn assert_valid(kind: &Kind, values: &Values) {
    for (path, value) in values {
        let (name, sub) = match path.split_once('/') {
            Some((name, sub)) => (name, Some(sub)),
            None => (path.as_str(), None),
        };
        let field = kind.field(name).unwrap_or_else(|| panic!("{path}"));
        assert_eq!(fault(field, sub, value), None, "{path}: {value:?}");
    }
}

fn get<'a>(values: &'a Values, path: &str) -> &'a str {
    match values.get(path) {
        Some(Value::Text(t)) => t,
        _ => "",
    }
}

#[test]
fn the_reference_district_has_the_numbers_of_the_report() {
    let district = invent(Size::District, 1);
    let of = |sort| {
        district
            .organisations
            .iter()
            .filter(|o| o.sort == sort)
            .count()
    };
    assert_eq!((of("commune"), of("grassroots_org")), (4, 25));
    let alone = district
        .branches()
        .filter(|b| b.sort == "grassroots_branch");
    assert_eq!(alone.count(), 47);
    assert_eq!(district.branches().count(), 398);
    assert_eq!(district.members().count(), 8_030);
    assert_eq!(district.members().filter(|m| m.away).count(), 803);
    assert_eq!(district.members().filter(|m| m.has_device).count(), 200);
    assert!(district.members().all(|m| m.away || !m.has_device));
    for branch in district.branches() {
        let most = if branch.sort == "grassroots_branch" {
            29
        } else {
            60
        };
        assert!(
            (3..=most).contains(&branch.members.len()),
            "{}",
            branch.name
        );
    }
    for (i, org) in district.organisations.iter().enumerate() {
        assert_eq!(org.parent.is_none(), i == 0, "one root");
        assert!(org.parent.is_none_or(|p| p < i), "parents come first");
        assert!(UNIT_SORTS.iter().any(|c| c.code == org.sort));
    }
}

#[test]
fn a_commune_has_fourteen_branches_and_three_hundred_members() {
    let commune = invent(Size::Commune, 2);
    assert_eq!(commune.branches().count(), 14);
    assert_eq!(commune.members().count(), 300);
    assert_eq!(commune.members().filter(|m| m.away).count(), 30);
    assert_eq!(commune.members().filter(|m| m.has_device).count(), 8);
}

#[test]
fn a_single_branch_has_twenty_two_members() {
    let branch = invent(Size::Branch, 3);
    assert_eq!(branch.branches().count(), 1);
    assert_eq!(branch.members().count(), 22);
    assert_eq!(branch.members().filter(|m| m.has_device).count(), 1);
}

#[test]
fn a_seed_makes_the_same_district_and_another_seed_another() {
    assert_eq!(invent(Size::Commune, 7), invent(Size::Commune, 7));
    assert_ne!(invent(Size::Commune, 7), invent(Size::Commune, 8));
}

#[test]
fn every_value_passes_its_field() {
    let district = invent(Size::District, 4);
    for org in &district.organisations {
        assert_valid(&UNIT, &org.unit);
    }
    for branch in district.branches() {
        assert_valid(&UNIT, &branch.unit);
    }
    for member in district.members() {
        assert_valid(&MEMBER, &member.values);
        assert_valid(&MEMBER_SENSITIVE, &member.sensitive);
    }
}

#[test]
fn nothing_that_is_always_needed_is_missing() {
    for member in invent(Size::District, 5).members() {
        let official = get(&member.values, "status") != "probationary";
        for (kind, values) in [
            (&MEMBER, &member.values),
            (&MEMBER_SENSITIVE, &member.sensitive),
        ] {
            assert_eq!(kind.missing(values, official), Vec::<&Field>::new());
        }
    }
}

#[test]
fn dates_of_a_life_follow_each_other() {
    let date = |v: &Values, path| PartialDate::parse(get(v, path)).ok();
    let today = Day::from_number(AS_OF).map(Day::date);
    for member in invent(Size::District, 6).members() {
        let v = &member.values;
        let born = date(v, "born").expect("a date of birth");
        let decided = date(v, "admission_decided_on").expect("a day of admission");
        let (y, m, d) = (
            u32::from(born.year()) + 18,
            u32::from(born.month().unwrap_or(1)),
            u32::from(born.day_of_month().unwrap_or(1)),
        );
        let of_age = PartialDate::full(y, m, d.min(28)).expect("a day");
        assert!(decided >= of_age, "{v:?}");
        // A ceremony of which the month is known may sort before its decision.
        let admitted = date(v, "admitted_on").expect("a ceremony");
        assert!((admitted.year(), admitted.month()) >= (decided.year(), decided.month()));
        assert!(Some(admitted) <= today);
        if let Some(official) = date(v, "official_on") {
            assert_eq!(official.year(), admitted.year() + 1);
            assert_eq!(official.month(), admitted.month());
            assert!(Some(official) <= today);
        }
    }
}

#[test]
fn no_two_members_share_what_only_one_can_have() {
    let district = invent(Size::District, 9);
    let mut cards = BTreeSet::new();
    let mut life_histories = BTreeSet::new();
    for branch in district.branches() {
        let mut people = BTreeSet::new();
        for (i, member) in branch.members.iter().enumerate() {
            let v = &member.values;
            assert!(people.insert((get(v, "full_name"), get(v, "born"))));
            let card = get(v, "card_number");
            assert!(card.is_empty() || cards.insert(card.to_owned()));
            assert!(life_histories.insert(get(v, "life_history_no").to_owned()));
            assert_eq!((member.is_secretary, member.is_deputy), (i == 0, i == 1));
        }
    }
}

#[test]
fn numbers_come_from_ranges_that_nobody_has() {
    for member in invent(Size::Commune, 10).members() {
        let v = &member.values;
        for (path, prefix) in [("phone", "0100"), ("card_number", "99")] {
            assert!(v.get(path).is_none() || get(v, path).starts_with(prefix));
        }
        assert!(get(v, "life_history_no").ends_with("XX"));
        let id = get(&member.sensitive, "personal_id");
        assert!(id.is_empty() || id.starts_with("000"));
    }
}

#[test]
fn shares_are_those_of_the_field() {
    let district = invent(Size::District, 11);
    let share = |wanted: &dyn Fn(&Member) -> bool| {
        100.0 * district.members().filter(|m| wanted(m)).count() as f64 / 8_030.0
    };
    let is =
        |path: &'static str, text: &'static str| move |m: &Member| get(&m.values, path) == text;
    let near = |what: &str, found: f64, wanted: f64, slack: f64| {
        assert!(
            (found - wanted).abs() <= slack,
            "{what}: {found:.1} %, not {wanted} %"
        );
    };
    near("women", share(&is("sex", "female")), 30.0, 4.0);
    near("exempt", share(&is("status", "exempt")), 14.0, 4.0);
    near(
        "probationary",
        share(&is("status", "probationary")),
        3.0,
        1.5,
    );
    near(
        "temporarily exempt",
        share(&is("status", "temp_exempt")),
        6.0,
        1.5,
    );
    near(
        "Nguyễn",
        share(&|m| get(&m.values, "full_name").starts_with("Nguyễn ")),
        27.0,
        3.0,
    );
    near(
        "over 70",
        share(&|m| get(&m.values, "born") < "1956"),
        18.0,
        4.0,
    );
    near(
        "Catholic",
        share(&|m| get(&m.sensitive, "religion") == "catholic"),
        5.0,
        1.5,
    );
    near(
        "year only",
        share(&|m| get(&m.values, "born").len() == 4),
        2.0,
        1.5,
    );
}

#[test]
fn meetings_check_ins_and_edits_pass_their_fields() {
    let commune = invent(Size::Commune, 12);
    let mut rng = ChaCha8Rng::seed_from_u64(12);
    let day = Day::from_number(AS_OF).expect("a day");
    for branch in commune.branches() {
        let members: Vec<(PlaceId, &Member)> = branch
            .members
            .iter()
            .map(|m| (PlaceId::random(&mut rng), m))
            .collect();
        let meeting = meeting_values(&mut rng, &members, day);
        assert_valid(&MEETING, &meeting);
        let marks = meeting.keys().filter(|p| p.starts_with("attendance/"));
        assert_eq!(marks.count(), members.len());
        assert_valid(&MEETING, &small_edit(&mut rng, &MEETING, &meeting));
        assert_valid(&UNIT, &small_edit(&mut rng, &UNIT, &branch.unit));
        for (_, member) in members {
            let said = check_in_values(&mut rng, member, day);
            assert_valid(&CHECK_IN, &said);
            assert_valid(&CHECK_IN, &small_edit(&mut rng, &CHECK_IN, &said));
            let mut values = member.values.clone();
            for _ in 0..10 {
                let edit = small_edit(&mut rng, &MEMBER, &values);
                assert_valid(&MEMBER, &edit);
                assert!(
                    edit.iter()
                        .all(|(path, value)| values.get(path) != Some(value))
                );
                values.extend(edit);
            }
        }
    }
}

#[test]
fn two_conflicting_edits_say_different_things_of_one_field() {
    let mut rng = ChaCha8Rng::seed_from_u64(13);
    for member in invent(Size::Commune, 13).members() {
        let [one, two] = conflicting(&mut rng, &member.values);
        assert_valid(&MEMBER, &one);
        assert_valid(&MEMBER, &two);
        assert!(one.keys().eq(two.keys()));
        assert!(one.values().ne(two.values()));
    }
}

#[test]
fn a_document_of_ten_edits_by_two_devices_has_some_kilobyte_and_a_half() {
    let mut rng = ChaCha8Rng::seed_from_u64(14);
    let mut bytes = 0;
    for member in invent(Size::Commune, 14).members().take(50) {
        let feeds = [1, 2].map(|n| chibo_core::id::FeedId([n; 16]));
        let (doc, changes) = document_with_history(&mut rng, &MEMBER, &member.values, &feeds, 10)
            .expect("a valid record");
        assert_eq!(changes.len(), 11);
        // The genesis is a change too.
        assert_eq!(doc.get_changes(&[]).len(), 12);
        assert_eq!(document::conflicts(&doc), []);
        bytes += doc.save_nocompress().len();
    }
    let mean = bytes / 50;
    assert!((1_200..2_800).contains(&mean), "{mean} bytes");
}

/// The 72 grassroots organisations and 398 branches of the report, with the dates of each.
#[test]
fn row_01_the_units_of_the_report_load_into_a_node() {
    let district = invent(Size::District, 3);
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let now = chibo_core::time::Timestamp(1_790_000_000);
    let store = chibo_core::store::memory::MemoryStore::new();
    let (mut node, _) = Node::init(store, &district.name, now, &mut rng).unwrap();
    let (mut places, mut edits) = (Vec::new(), Vec::new());
    let mut ids = vec![node.root()];
    let mut put = |kind, parent, unit: &Values, rng: &mut ChaCha8Rng| {
        let id = PlaceId::random(rng);
        places.push((id, kind, parent));
        edits.push((Target::at(id, &UNIT, b""), unit.clone()));
        id
    };
    for organisation in &district.organisations {
        let here = match organisation.parent {
            None => ids[0],
            Some(above) => {
                let id = put(
                    PlaceKind::Committee,
                    ids[above],
                    &organisation.unit,
                    &mut rng,
                );
                ids.push(id);
                id
            }
        };
        for branch in &organisation.branches {
            put(PlaceKind::Branch, here, &branch.unit, &mut rng);
        }
    }
    let loaded = edits.len();
    node.edit_many(&places, &edits, now, &mut rng).unwrap();
    let of_sort = |sorts: &[&str]| {
        let units = node.tree().iter().filter_map(|(place, _)| {
            let (_, unit) = node.values(Target::at(place, &UNIT, b"").doc).unwrap()?;
            Some(unit)
        });
        units.filter(|u| sorts.contains(&get(u, "sort"))).count()
    };
    assert_eq!(of_sort(&["grassroots_org", "grassroots_branch"]), 72);
    assert_eq!(of_sort(&["branch", "grassroots_branch"]), 398);
    let dated = edits
        .iter()
        .filter(|(_, unit)| !get(unit, "valid_from").is_empty());
    assert_eq!(
        dated.count(),
        loaded - 398,
        "every organisation with its day"
    );
}

/// A warning that fires on ordinary records is read by nobody.
#[test]
fn no_ordinary_record_of_the_district_is_warned_of() {
    let district = invent(Size::District, 9);
    let mut rng = ChaCha8Rng::seed_from_u64(9);
    let mut read = 0;
    for member in district.members() {
        for (kind, values) in [
            (&MEMBER, &member.values),
            (&MEMBER_SENSITIVE, &member.sensitive),
        ] {
            assert_eq!(caution::warnings(kind, values), [], "{values:?}");
        }
        let day = Day::from_number(AS_OF).unwrap();
        let said = check_in_values(&mut rng, member, day);
        assert_eq!(caution::warnings(&CHECK_IN, &said), [], "{said:?}");
        // Even the names, in which nobody looks: some people are called Mật.
        let mut named = Values::new();
        for name in ["full_name", "birth_name"] {
            named.insert("note".into(), member.values[name].clone());
            assert_eq!(caution::warnings(&MEMBER, &named), []);
        }
        read += 1;
    }
    assert_eq!(read, 8_030);
}

#[test]
fn who_is_named_by_a_story_is_the_same_everywhere_and_whole() {
    for (name, sex) in [("Trần Thị Lan", "female"), ("Đinh Văn Quang", "male")] {
        let who = someone(name);
        assert_eq!(who, someone(name));
        assert_valid(&MEMBER, &who.values);
        assert_valid(&MEMBER_SENSITIVE, &who.sensitive);
        assert_eq!(
            [get(&who.values, "full_name"), get(&who.values, "sex")],
            [name, sex]
        );
        assert!(MEMBER.missing(&who.values, true).is_empty(), "{who:?}");
        let other = who
            .clone()
            .with("born", "1971")
            .with("religion", "Phật giáo")
            .with("phone", "");
        assert_eq!(get(&other.values, "born"), "1971");
        assert_eq!(get(&other.sensitive, "religion"), "buddhist");
        assert!(!other.values.contains_key("phone"));
        let odd = who.with("born", "1971-13-41");
        assert_eq!(get(&odd.values, "born"), "1971-13-41");
    }
    let people = ["Trần Thị Lan", "Trần Thị Ấm"].map(someone);
    assert_ne!(
        people[0].values["card_number"],
        people[1].values["card_number"]
    );
    let rows = roster("Chi bộ Xóm 5", &people[..1], &["full_name", "sex"]);
    assert_eq!(
        rows,
        "Chi bộ,Họ và tên,Giới tính\nChi bộ Xóm 5,Trần Thị Lan,Nữ\n"
    );
    let whole = roster("Chi bộ Xóm 5", &people, &[]);
    assert_eq!(
        (whole.lines().count(), whole.contains("Dân tộc")),
        (3, true)
    );
}

#[test]
fn the_district_of_before_the_reform_has_the_same_people_under_fourteen_communes() {
    for (size, communes) in [(Size::SmallDistrict, 14), (Size::District, 14)] {
        let today = invent(size, 14);
        let before = before_the_reform(today.clone()).expect("a reform made it");
        let old = before.district;
        let names = |d: &District| {
            let mut all: Vec<String> = d
                .members()
                .map(|m| get(&m.values, "full_name").into())
                .collect();
            all.sort();
            all
        };
        assert_eq!(names(&old), names(&today));
        assert_eq!(old.branches().count(), today.branches().count());
        let of = |sort| old.organisations.iter().filter(|o| o.sort == sort).count();
        assert_eq!(
            (of("province"), of("district"), of("commune")),
            (1, 1, communes)
        );
        for (i, org) in old.organisations.iter().enumerate() {
            assert_eq!(org.parent.is_none(), i == 0, "one root");
            assert!(org.parent.is_none_or(|p| p < i), "parents come first");
            assert_eq!(get(&org.unit, "sort"), org.sort);
        }
        let plan = Plan::parse(&before.plan).expect("a plan");
        let new = |says: &&(usize, Says)| matches!(says.1, Says::New { .. });
        assert_eq!(plan.says.iter().filter(new).count(), 4);
    }
    assert_eq!(before_the_reform(invent(Size::Commune, 14)), None);
}

#[test]
fn records_stand_on_the_day_that_is_asked_for() {
    let today = AS_OF - 730;
    let day = Day::from_number(today).expect("a day").to_string();
    for member in invent_on(Size::Commune, 15, today).members() {
        for (path, value) in &member.values {
            if let Value::Text(text) = value
                && (path.ends_with("_on") || path.ends_with("since"))
            {
                assert!(*text <= day, "{path}: {text}");
            }
        }
    }
}
