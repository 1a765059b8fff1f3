//! Who is away, where they can be found, who has not been heard of, and which procedure fits.
use chibo_core::author::{EditError, Target};
use chibo_core::away::{
    Address, Away, Bounds, Heard, Overdue, Procedure, Recorded, Sort, Stay, Unclear, Why,
    away_list, current_addresses, good_until, heard_by, last_heard, overdue, unclear,
    which_procedure, whole_months,
};
use chibo_core::calendar::WorkingDays;
use chibo_core::date::{Day, PartialDate};
use chibo_core::document::{DocumentError, Value, Values};
use chibo_core::domain::address::{ADDRESS, SORTS};
use chibo_core::domain::check_in::CHECK_IN;
use chibo_core::domain::decision::DECISION;
use chibo_core::domain::member::MEMBER;
use chibo_core::domain::residence_remark::{RESIDENCE_REMARK, Year, of_year};
use chibo_core::domain::unit::UNIT;
use chibo_core::enrol::Offer;
use chibo_core::id::{DocId, PersonId, PlaceId};
use chibo_core::kind;
use chibo_core::node::Node;
use chibo_core::phone::Phone;
use chibo_core::place::{PlaceKind, Role};
use chibo_core::regulation::{Key, Regulations};
use chibo_core::replica;
use chibo_core::store::Store;
use chibo_core::store::memory::MemoryStore;
use chibo_core::text::RollOrder;
use chibo_core::time::Timestamp;
use chibo_core::wire::FrameReader;
use chibo_people::someone;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use std::collections::{BTreeMap, BTreeSet};

/// 24 November 2026, in the morning.
const NOW: Timestamp = Timestamp(1_795_485_600);
const NEVER: Timestamp = Timestamp(u64::MAX >> 1);

type Memory = Phone<MemoryStore>;

fn day(text: &str) -> Day {
    PartialDate::parse(text).unwrap().day().unwrap()
}

fn today() -> Day {
    day("2026-11-24")
}

fn bounds() -> Bounds {
    Bounds::at(&Regulations::built_in().unwrap(), today()).unwrap()
}

/// Until when a statement counts that nobody repeats.
fn a_year(said: Day) -> Option<Day> {
    good_until(said, &Regulations::built_in().unwrap())
}

fn month(last: Day) -> Option<Day> {
    let rules = Regulations::built_in().unwrap();
    heard_by(last, &rules, &WorkingDays::new(&rules))
}

fn values(pairs: &[(&str, &str)]) -> Values {
    let value = |text: &str| match text {
        "yes" => Value::YesNo(true),
        "no" => Value::YesNo(false),
        text => Value::Text(text.to_owned()),
    };
    (pairs.iter().map(|(k, v)| ((*k).to_owned(), value(v)))).collect()
}

fn doc(n: u8) -> DocId {
    DocId([n; 16])
}

/// Addresses as documents, numbered in the order given.
fn said(all: &[&[(&str, &str)]]) -> Vec<(DocId, Values)> {
    let of = |(n, pairs): (u8, &&[(&str, &str)])| (doc(n), values(pairs));
    (1..).zip(all).map(of).collect()
}

fn texts(addresses: &[Address]) -> Vec<(&'static str, &str)> {
    let text = |a: &'_ Address| a.sort.map_or("", Sort::code);
    addresses
        .iter()
        .map(|a| (text(a), a.text.as_str()))
        .collect()
}

// ---- row 11: address with date and source ---------------------------------------------------

#[test]
fn row_11_the_newest_address_of_a_sort_stands_and_the_record_is_the_oldest_word() {
    let record = values(&[
        ("permanent_residence", "Xóm 5, xã Xuân Hồng, Ninh Bình"),
        ("temporary_residence", "Xóm 2"),
        ("temporary_residence_since", "2026-06"),
    ]);
    let documents = said(&[
        &[
            ("sort", "permanent"),
            ("text", "Xóm 7"),
            ("from", "2020-01-01"),
        ],
        // Before the record's own day: the record knows better.
        &[
            ("sort", "temporary"),
            ("text", "Xóm 9"),
            ("from", "2025-01-01"),
        ],
        &[("sort", "away"), ("text", "Dĩ An"), ("from", "2026-03")],
        &[
            ("sort", "away"),
            ("text", "Biên Hòa"),
            ("from", "2026-08-01"),
        ],
        // Not begun yet.
        &[("sort", "away"), ("text", "Huế"), ("from", "2026-12-01")],
    ]);
    let on = |on: &str| current_addresses(&record, &documents, day(on));
    assert_eq!(
        texts(&on("2026-11-24")),
        [
            ("permanent", "Xóm 7"),
            ("temporary", "Xóm 2"),
            ("away", "Biên Hòa")
        ]
    );
    assert_eq!(texts(&on("2026-07-31"))[2], ("away", "Dĩ An"));
    assert_eq!(texts(&on("2026-12-01"))[2], ("away", "Huế"));
    assert_eq!(
        texts(&on("2019-12-31")),
        [("permanent", "Xóm 5, xã Xuân Hồng, Ninh Bình")]
    );
}

#[test]
fn row_11_an_address_ends_by_its_day_or_by_the_return_and_none_before_it_comes_back() {
    let record = values(&[
        ("away", "yes"),
        ("away_at", "Sài Gòn"),
        ("away_since", "2019"),
    ]);
    let until = |more: &[(&str, &str)]| {
        let mut all = values(&[
            ("sort", "away"),
            ("text", "Dĩ An"),
            ("from", "2026-01-01"),
            ("until", "2026-11-24"),
        ]);
        all.extend(values(more));
        vec![(doc(1), all)]
    };
    let there = |documents: &[(DocId, Values)], on: &str| {
        let all = current_addresses(&record, documents, day(on));
        all.first().map(|a| a.text.clone())
    };
    assert_eq!(there(&until(&[]), "2026-11-24").as_deref(), Some("Dĩ An"));
    assert_eq!(there(&until(&[]), "2026-11-25"), None);
    let back = until(&[("ended_on", "2026-10-01")]);
    assert_eq!(there(&back, "2026-10-01").as_deref(), Some("Dĩ An"));
    assert_eq!(there(&back, "2026-10-02"), None);
    // Cancelled as recorded by mistake, it never was.
    let cancelled = until(&[("cancelled/a/on", "2026-11-01")]);
    assert_eq!(there(&cancelled, "2026-11-01").as_deref(), Some("Sài Gòn"));
}

#[test]
fn row_11_who_went_abroad_is_not_away_in_the_country_as_well() {
    let documents = said(&[
        &[("sort", "away"), ("text", "Dĩ An"), ("from", "2025-01-01")],
        &[
            ("sort", "abroad"),
            ("text", "Osaka"),
            ("from", "2026-01-01"),
        ],
    ]);
    let all = current_addresses(&Values::new(), &documents, today());
    assert_eq!(texts(&all), [("abroad", "Osaka")]);
    assert_eq!(unclear(&all[0], None, today(), &a_year), []);
}

fn why_unclear(pairs: &[(&str, &str)]) -> Vec<&'static str> {
    let mut all = values(&[("sort", "away"), ("said_on", "2026-11-01")]);
    all.extend(values(pairs));
    let address = Address::of_document(doc(1), &all).unwrap();
    let why = unclear(&address, None, today(), &a_year);
    why.iter().map(Unclear::code).collect()
}

#[test]
fn row_11_an_unclear_address_is_flagged_with_the_reason() {
    for (text, why) in [
        ("Xóm 5, xã Xuân Hồng, Ninh Bình", &[][..]),
        // Of before July 2025, and all of it became one commune.
        ("xóm 5 xã Xuân Ngọc, huyện Xuân Trường, Nam Định", &[]),
        ("", &["empty"]),
        ("Bình Dương", &["only_province"]),
        ("làm thợ ở tỉnh Đồng Nai", &["only_province"]),
        ("theo công trình", &["not_found"]),
        ("xã Không Có, Bình Dương", &["not_found"]),
    ] {
        assert_eq!(why_unclear(&[("text", text)]), why, "{text}");
    }
    let with = |code| [("text", "trọ gần chợ"), ("commune_code", code)];
    assert_eq!(why_unclear(&with("00000")), ["no_such_code"]);
    let di_an = chibo_core::commune::Communes::official().search("di an");
    assert_eq!(why_unclear(&with(di_an[0].code)), [""; 0]);
}

#[test]
fn row_11_a_place_of_before_july_2025_that_was_divided_offers_what_it_became() {
    // From the list itself: a commune that became several.
    let mut district = "";
    let mut province = "";
    let divided = include_str!("../data/communes-before-2025.txt")
        .lines()
        .find_map(|line| {
            if let Some(name) = line.strip_prefix('=') {
                province = name;
            } else if let Some(name) = line.strip_prefix('+') {
                district = name;
            } else if let Some((name, codes)) = line.split_once('\t')
                && codes.contains(' ')
                && !name.is_empty()
            {
                return Some((format!("{name}, {district}, {province}"), codes));
            }
            None
        });
    let (text, codes) = divided.unwrap();
    let address = Address {
        text,
        ..Address::default()
    };
    let why = unclear(&address, None, today(), &a_year);
    let of: BTreeSet<_> = why[0].candidates().iter().map(|c| c.code).collect();
    assert!(matches!(why[0], Unclear::Several(_)), "{why:?}");
    assert_eq!(of, codes.split(' ').collect());
}

#[test]
fn row_11_an_address_that_nobody_repeated_grows_old_unless_it_is_registered() {
    let text = ("text", "Xóm 5, xã Xuân Hồng, Ninh Bình");
    let on = |said_on| why_unclear(&[text, ("said_on", said_on)]);
    assert_eq!(on("2025-11-24"), [""; 0], "twelve months to the day");
    assert_eq!(on("2025-11-23"), ["old"]);
    assert_eq!(
        why_unclear(&[text, ("said_on", "2001"), ("sort", "permanent")]),
        [""; 0]
    );

    // A check-in from the same commune says it again; one from another contradicts it.
    let address = Address {
        sort: Some(Sort::Away),
        text: "Xóm 5, xã Xuân Hồng, Ninh Bình".into(),
        said_on: PartialDate::parse("2024-01-01").ok(),
        ..Address::default()
    };
    let heard = |commune: &str| {
        let all = [values(&[("said_on", "2026-11-01"), ("commune", commune)])];
        last_heard(&all, today()).unwrap()
    };
    let why = |heard: &Heard| {
        let why = unclear(&address, Some(heard), today(), &a_year);
        why.iter().map(Unclear::code).collect::<Vec<_>>()
    };
    assert_eq!(why(&heard("xã Xuân Hồng, Ninh Bình")), [""; 0]);
    assert_eq!(
        why(&heard("Phường Dĩ An, Thành phố Hồ Chí Minh")),
        ["said_elsewhere", "old"]
    );
}

// ---- rows 12 and 14: the away list, overdue contact -----------------------------------------

/// Members with their names, where they are, since when, and when they were heard of.
fn members(all: &[(&str, &str, &[&str])]) -> Vec<(PlaceId, Recorded)> {
    let mut n = 0;
    let of = |(name, from, heard): &(&str, &str, &[&str])| {
        n += 1;
        let mut of = Recorded::default();
        let mut record = someone(name).with("phone", "0900").values;
        if !from.is_empty() {
            record.extend(values(&[("away", "yes"), ("away_since", from)]));
        }
        of.add(&MEMBER, doc(n), record);
        for on in *heard {
            let said = values(&[("said_on", on), ("commune", "Dĩ An")]);
            of.add(&CHECK_IN, doc(n), said);
        }
        (PlaceId([n; 16]), of)
    };
    all.iter().map(of).collect()
}

fn list_of(members: &[(PlaceId, Recorded)]) -> Vec<Away> {
    let order = RollOrder::vietnamese().unwrap();
    away_list(members, today(), &|_| Some(bounds()), &a_year, &order)
}

fn names(list: &[Away]) -> Vec<&str> {
    list.iter().map(|a| a.name.as_str()).collect()
}

#[test]
fn row_12_the_away_list_says_reason_from_to_and_contact_in_the_order_of_rolls() {
    let mut all = members(&[
        ("Trần Văn Đức", "2026-01-01", &[]),
        ("Lê Thị Dung", "2026", &["2026-11-01"]),
        ("Đinh Văn Quang", "", &[]),
        ("Nguyễn Thị Ấm", "2026-05-01", &[]),
        ("Phạm Văn Bảy", "2026-05-01", &[]),
    ]);
    let (_, am) = &mut all[3];
    let address = values(&[
        ("sort", "away"),
        ("text", "Xóm 5, xã Xuân Hồng, Ninh Bình"),
        ("from", "2026-05-01"),
        ("until", "2026-12-31"),
        ("reason", "Công nhân may"),
        ("host", "Chi bộ Khu phố 3"),
        ("contact_person", "Chị Hoa"),
        ("contact_phone", "0912000333"),
        ("said_by", "Nguyễn Thị Ấm"),
        ("how", "telephone"),
        ("recorded_by", "Đinh Văn Quang"),
        ("said_on", "2026-05-02"),
    ]);
    am.add(&ADDRESS, doc(90), address);
    // Transferred by a decision: not of this branch any more.
    let (_, bay) = &mut all[4];
    let decision = values(&[
        ("form", "transfer_out"),
        ("number", "45"),
        ("issued_on", "2026-06-01"),
    ]);
    bay.add(&DECISION, doc(91), decision);

    let list = list_of(&all);
    assert_eq!(
        names(&list),
        ["Nguyễn Thị Ấm", "Lê Thị Dung", "Trần Văn Đức"],
        "by the given name, and Đ after D"
    );
    let am = &list[0];
    assert_eq!(am.address.reason.as_deref(), Some("Công nhân may"));
    assert_eq!(am.address.from.unwrap().shown(), "01/05/2026");
    assert_eq!(am.address.until.unwrap().shown(), "31/12/2026");
    assert_eq!(am.contact.as_deref(), Some("Chị Hoa, 0912000333"));
    assert_eq!(am.address.said_by.as_deref(), Some("Nguyễn Thị Ấm"));
    assert_eq!(am.address.how.as_deref(), Some("telephone"));
    assert_eq!(am.address.recorded_by.as_deref(), Some("Đinh Văn Quang"));
    assert_eq!(am.unclear, []);
    let fits = |a: &Away| -> Vec<_> { a.procedures.iter().map(|p| (p.procedure, p.why)).collect() };
    assert_eq!(fits(am), [(Procedure::Placement, Why::WithHost)]);
    let dung = &list[1];
    assert_eq!(dung.contact.as_deref(), Some("0900"), "from the record");
    assert_eq!(dung.last_heard.as_ref().unwrap().on, day("2026-11-01"));
    assert_eq!(dung.unclear[0].code(), "empty");
    assert_eq!(
        fits(dung),
        [
            (Procedure::Transfer, Why::LongAndStable),
            (Procedure::TempExemption, Why::Unstable)
        ],
        "nobody has said whether it is stable: both are told"
    );
    assert_eq!(dung.status.as_ref().unwrap().value, "official");
}

#[test]
fn row_12_an_empty_branch_has_an_empty_list() {
    assert_eq!(list_of(&members(&[("Đinh Văn Quang", "", &[])])), []);
    assert_eq!(overdue(&[], &month, today()), []);
}

#[test]
fn row_14_who_has_not_been_heard_of_in_time_is_sorted_by_days_and_who_never_was_comes_first() {
    let all = members(&[
        ("Bảy", "2026-01-01", &["2026-10-23"]),
        ("Chín", "2026-01-01", &["2026-10-24"]),
        ("Dậu", "2026-01-01", &["2026-03-01", "2026-08-01"]),
        ("Hoa", "2026-02-01", &[]),
        ("Lan", "2026-01-01", &[]),
        // Left three weeks ago: has as much time as everybody.
        ("Mai", "2026-11-03", &[]),
        // Dated later than today: a slip of the pen.
        ("Nga", "2026-01-01", &["2062-11-01"]),
        ("Quý", "", &[]),
    ]);
    let list = list_of(&all);
    let found = overdue(&list, &month, today());
    let told: Vec<_> = (found.iter())
        .map(|o| (o.away.name.as_str(), o.days, o.late))
        .collect();
    let late = |due: &str| Some(today().days_since(day(due)));
    assert_eq!(
        told,
        [
            ("Lan", None, late("2026-02-01")),
            ("Nga", None, late("2026-02-01")),
            ("Hoa", None, late("2026-03-01")),
            ("Dậu", Some(115), late("2026-09-01")),
            ("Bảy", Some(32), Some(1)),
        ],
        "a month to the day is in time"
    );
}

#[test]
fn row_14_the_interval_is_given_in_days_or_months() {
    let list = list_of(&members(&[("Bảy", "2026-01-01", &["2026-11-04"])]));
    let late = |every: &str| {
        let line = format!("checkin.every\t{every}\t-\t-\t-\t2026-01-01\t-\tno\t-\t-");
        let rules = Regulations::built_in().unwrap();
        let rules = rules.with(Regulations::parse(&line).unwrap());
        let calendar = WorkingDays::new(&rules);
        let found: Vec<Overdue> = overdue(&list, &|d| heard_by(d, &rules, &calendar), today());
        found.first().and_then(|o| o.late)
    };
    assert_eq!(late("19\tdays"), Some(1));
    assert_eq!(late("20\tdays"), None);
    assert_eq!(late("21\tdays"), None);
    assert_eq!(late("0\tmonths"), Some(20));
    assert_eq!(
        month(day("2026-01-31")),
        Some(day("2026-02-28")),
        "a month that has no such day ends with its last"
    );
}

// ---- row 15: which procedure ----------------------------------------------------------------

#[test]
fn row_15_the_four_cases_of_the_choice_aid() {
    let fits = |months, is_stable, has_host| {
        let stay = Stay {
            months,
            is_stable,
            has_host,
            is_abroad: false,
        };
        let advice = which_procedure(stay, bounds());
        (advice.procedure, advice.why)
    };
    for (months, is_stable, has_host, wanted) in [
        (
            Some(12),
            true,
            false,
            (Procedure::Transfer, Why::LongAndStable),
        ),
        (None, true, true, (Procedure::Transfer, Why::LongAndStable)),
        (Some(6), false, true, (Procedure::Placement, Why::WithHost)),
        (
            Some(6),
            true,
            false,
            (Procedure::TempExemption, Why::NoHost),
        ),
        (
            Some(20),
            false,
            true,
            (Procedure::TempExemption, Why::Unstable),
        ),
        (Some(2), true, true, (Procedure::LeaveNoted, Why::Short)),
    ] {
        assert_eq!(fits(months, is_stable, has_host), wanted, "{months:?}");
    }
}

#[test]
fn row_15_the_aid_says_by_which_rows_it_decided_and_which_of_them_nobody_has_verified() {
    let keys = |bounds: &Bounds, months, is_stable, has_host, is_abroad| {
        let stay = Stay {
            months,
            is_stable,
            has_host,
            is_abroad,
        };
        let advice = which_procedure(stay, bounds.clone());
        let rules = advice.rules().into_iter();
        let rules = rules.map(|r| (r.key, r.source.shown(), r.is_verified));
        rules.collect::<Vec<_>>()
    };
    let built_in = bounds();
    let least = (Key::TempMin, "29-QĐ/TW, 25/07/2016, 6.3".to_owned(), false);
    let below = (Key::TempMax, "29-QĐ/TW, 25/07/2016, 6.3".to_owned(), false);
    let exemption = (
        Key::TempExemptionMax,
        "01-HD/TW, 28/09/2021, 10.3".to_owned(),
        false,
    );
    let abroad = (Key::AbroadMin, "01-HD/TW, 28/09/2021, 10".to_owned(), false);
    let short = keys(&built_in, Some(2), true, true, false);
    assert_eq!(short, std::slice::from_ref(&least));
    let stay = keys(&built_in, Some(6), true, true, false);
    assert_eq!(stay, [least.clone(), below.clone()]);
    let no_host = keys(&built_in, Some(6), true, false, false);
    assert_eq!(no_host, [least, below.clone(), exemption.clone()]);
    let unstable = keys(&built_in, None, false, true, false);
    assert_eq!(unstable, [below.clone(), exemption.clone()]);
    let formal = keys(&built_in, None, true, true, false);
    assert_eq!(formal[0], below);
    assert_eq!(formal[1].0, Key::TransferStart);
    assert!(
        formal[1].1.starts_with("294-QĐ/TW, 26/05/2025"),
        "{formal:?}"
    );
    let for_good = keys(&built_in, None, true, true, true);
    assert_eq!(for_good, std::slice::from_ref(&abroad));
    let for_less = keys(&built_in, Some(6), true, true, true);
    assert_eq!(for_less, [abroad, exemption]);
    // A row that a node added is the one that is named, on the days for which it holds.
    let line = "temp.min\t6\tmonths\t9-QĐ/TW\t2026-12-01\t-\t2027-01-01\t-\tyes\t-\t-";
    let rules = Regulations::built_in().unwrap();
    let rules = rules.with(Regulations::parse(line).unwrap());
    let own = (Key::TempMin, "9-QĐ/TW, 01/12/2026".to_owned(), true);
    for (from, of_node) in [("2026-12-31", false), ("2027-01-01", true)] {
        let bounds = Bounds::at(&rules, day(from)).unwrap();
        let told = keys(&bounds, Some(6), true, true, false);
        assert_eq!(told[0] == own, of_node, "{from}: {told:?}");
    }
}

#[test]
fn row_15_who_goes_abroad_for_a_year_goes_by_way_of_the_foreign_ministry_s_committee() {
    let fits = |months| {
        let stay = Stay {
            months,
            is_stable: true,
            has_host: true,
            is_abroad: true,
        };
        let advice = which_procedure(stay, bounds());
        (advice.procedure, advice.why)
    };
    assert_eq!(fits(None), (Procedure::Abroad, Why::LongAbroad));
    assert_eq!(fits(Some(13)), (Procedure::Abroad, Why::LongAbroad));
    assert_eq!(fits(Some(12)), (Procedure::Abroad, Why::LongAbroad));
    assert_eq!(fits(Some(11)), (Procedure::TempExemption, Why::Abroad));
    assert_eq!(fits(Some(2)), (Procedure::LeaveNoted, Why::Short));
    // In Osaka, with a branch of one's own people there: the list says the same.
    let mut all = members(&[("Hoa", "", &[])]);
    let osaka = values(&[
        ("sort", "abroad"),
        ("text", "Osaka, Nhật Bản"),
        ("from", "2026-03-01"),
        ("host", "Chi bộ lưu học sinh"),
        ("stable", "yes"),
    ]);
    all[0].1.add(&ADDRESS, doc(90), osaka);
    let list = list_of(&all);
    let told: Vec<_> = list[0].procedures.iter().map(|a| a.procedure).collect();
    assert_eq!(told, [Procedure::Abroad]);
}

#[test]
fn row_15_three_and_twelve_months_the_day_before_the_day_and_the_day_after() {
    let from = day("2026-01-15");
    let fits = |last: &str| {
        let stay = Stay {
            months: Some(whole_months(from, day(last))),
            is_stable: true,
            has_host: true,
            is_abroad: false,
        };
        which_procedure(stay, bounds()).procedure
    };
    assert_eq!(fits("2026-04-13"), Procedure::LeaveNoted);
    assert_eq!(fits("2026-04-14"), Procedure::Placement);
    assert_eq!(fits("2026-04-15"), Procedure::Placement);
    assert_eq!(fits("2027-01-13"), Procedure::Placement);
    assert_eq!(fits("2027-01-14"), Procedure::Transfer);
    assert_eq!(fits("2027-01-15"), Procedure::Transfer);

    for (from, last, months) in [
        ("2026-11-30", "2027-02-27", 2),
        ("2026-11-30", "2027-02-28", 3),
        ("2027-11-30", "2028-02-28", 2),
        ("2027-11-30", "2028-02-29", 3),
        ("2026-01-31", "2026-02-28", 1),
        ("2026-01-31", "2026-02-27", 0),
        ("2026-01-01", "2026-12-31", 12),
        ("2026-05-05", "2026-05-04", 0),
        ("2026-05-05", "2020-05-04", 0),
    ] {
        assert_eq!(
            whole_months(day(from), day(last)),
            months,
            "{from} to {last}"
        );
    }
}

// ---- with real stores -----------------------------------------------------------------------

/// A branch with its secretary and two members, of whom one has a phone far away.
struct Branch {
    node: Node<MemoryStore>,
    an: PlaceId,
    quang: PlaceId,
    secretary: Memory,
    away: Memory,
    rng: ChaCha8Rng,
}

impl Branch {
    fn new() -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(11);
        let name = "Đảng ủy xã Xuân Trường";
        let (mut node, _) = Node::init(MemoryStore::new(), name, NOW, &mut rng).unwrap();
        let mut id = || PlaceId::random(&mut rng);
        let (branch, an, quang) = (id(), id(), id());
        let places = [
            (branch, PlaceKind::Branch, node.root()),
            (an, PlaceKind::Member, branch),
            (quang, PlaceKind::Member, branch),
        ];
        let record = |p, name| (Target::at(p, &MEMBER, b""), someone(name).values);
        let unit = Target::at(branch, &UNIT, b"");
        let unit = (unit, values(&[("name", "Chi bộ Xóm 5")]));
        let edits = [
            unit,
            record(an, "Trần Đức An"),
            record(quang, "Đinh Văn Quang"),
        ];
        node.edit_many(&places, &edits, NOW, &mut rng).unwrap();
        let mut enrol = |role, place, person: PlaceId| {
            let offer = Offer::new(role, place, PersonId(person.0), NEVER);
            let ticket = node.ticket("", &offer, &mut rng).unwrap();
            let mut phone = Phone::create(MemoryStore::new(), &mut rng).unwrap();
            let request = ticket.request(phone.key()).to_bytes();
            let reply = node.enrol(&request, NOW, &mut rng).unwrap();
            phone.enrolled(&ticket, &reply).unwrap();
            sync(&mut node, &mut phone, &mut rng);
            phone
        };
        let secretary = enrol(Role::Secretary, branch, quang);
        let away = enrol(Role::Member, an, an);
        Branch {
            node,
            an,
            quang,
            secretary,
            away,
            rng,
        }
    }

    /// Both phones hand over and take in, until neither has anything left.
    fn sync_all(&mut self) {
        for _ in 0..2 {
            for phone in [&mut self.secretary, &mut self.away] {
                sync(&mut self.node, phone, &mut self.rng);
            }
        }
    }

    fn check_in(&mut self, on: &str) -> Target {
        Target::at(self.an, &CHECK_IN, on.as_bytes())
    }

    /// What the secretary's phone works the away list out from.
    fn recorded(&self) -> Vec<(PlaceId, Recorded)> {
        let rows = self.secretary.store().read(|tx| tx.projection()).unwrap();
        let mut of = BTreeMap::<PlaceId, Recorded>::new();
        for row in rows {
            let values = replica::values_of(&row);
            let shown = self.secretary.values(row.doc).unwrap().unwrap();
            assert_eq!(values, shown.1, "a row says what its document says");
            of.entry(row.place).or_default().add(
                kind::by_number(row.kind).unwrap(),
                row.doc,
                values,
            );
        }
        of.into_iter().collect()
    }

    fn check_ins(&self) -> usize {
        let rows = self.secretary.store().read(|tx| tx.projection()).unwrap();
        rows.iter().filter(|r| r.kind == CHECK_IN.number).count()
    }
}

fn sync(node: &mut Node<MemoryStore>, phone: &mut Memory, rng: &mut ChaCha8Rng) {
    for _ in 0..9 {
        let (request, mut exchange) = phone.request(NOW, rng).unwrap();
        let answer = node.handle(&[request], NOW).remove(0).unwrap();
        let mut reader = FrameReader::new();
        reader.feed(&answer);
        while let Some(frame) = reader.next_frame().unwrap() {
            phone.receive(&mut exchange, &frame).unwrap();
        }
        if !phone.outcome(&exchange).unwrap().more {
            return;
        }
    }
    panic!("a sync that does not end");
}

fn edit(
    phone: &mut Memory,
    target: Target,
    pairs: &[(&str, &str)],
    rng: &mut ChaCha8Rng,
) -> Result<bool, EditError> {
    let outcome = phone.edit(target, &values(pairs), NOW, rng)?;
    Ok(outcome.changed)
}

#[test]
fn row_13_a_check_in_that_comes_twice_is_one_entry_and_both_words_stay() {
    let mut b = Branch::new();
    let target = b.check_in("2026-11-24");
    // On the same day the member writes it, and calls the secretary, who hears another commune.
    let own = [
        ("said_on", "2026-11-24"),
        ("commune", "Dĩ An"),
        ("how", "app"),
    ];
    assert!(edit(&mut b.away, target, &own, &mut b.rng).unwrap());
    let heard = [
        ("said_on", "2026-11-24"),
        ("commune", "Thuận An"),
        ("how", "telephone"),
        ("recorded_by", "Đinh Văn Quang"),
    ];
    assert!(edit(&mut b.secretary, target, &heard, &mut b.rng).unwrap());
    b.sync_all();
    assert_eq!(b.check_ins(), 1);
    for phone in [&b.secretary, &b.away] {
        let open = phone.conflicts(target.doc).unwrap();
        let commune = open.iter().find(|c| c.path == "commune").unwrap();
        let words: BTreeSet<_> = commune.values.iter().map(|c| c.value.shown()).collect();
        assert_eq!(words, BTreeSet::from(["Dĩ An".into(), "Thuận An".into()]));
        let (_, values) = phone.values(target.doc).unwrap().unwrap();
        assert_eq!(values["recorded_by"].shown(), "Đinh Văn Quang");
    }
    let list = list_of(&b.recorded());
    assert_eq!(list, [], "a check-in makes nobody away");
}

#[test]
fn row_13_the_same_letter_taken_in_twice_is_one_entry_and_no_doubt() {
    let mut b = Branch::new();
    let target = b.check_in("2026-11-20");
    let letter = [
        ("said_on", "2026-11-20"),
        ("commune", "Dĩ An"),
        ("how", "paper"),
    ];
    assert!(edit(&mut b.secretary, target, &letter, &mut b.rng).unwrap());
    b.sync_all();
    // Typed once more, by either of them, it changes nothing.
    assert!(!edit(&mut b.secretary, target, &letter, &mut b.rng).unwrap());
    assert!(!edit(&mut b.away, target, &letter, &mut b.rng).unwrap());
    assert_eq!(b.check_ins(), 1);

    // Typed by both at the same time.
    let target = b.check_in("2026-11-21");
    let letter = [letter[1], letter[2], ("said_on", "2026-11-21")];
    assert!(edit(&mut b.secretary, target, &letter, &mut b.rng).unwrap());
    assert!(edit(&mut b.away, target, &letter, &mut b.rng).unwrap());
    b.sync_all();
    assert_eq!(b.check_ins(), 2);
    assert_eq!(b.secretary.conflicts(target.doc).unwrap(), []);
}

#[test]
fn row_13_a_check_in_has_no_field_for_a_position() {
    let names: Vec<_> = CHECK_IN.fields.iter().map(|f| f.name).collect();
    assert_eq!(
        names,
        [
            "said_on",
            "commune",
            "commune_code",
            "phone",
            "dues_paid_through",
            "tasks",
            "request",
            "said_by",
            "how",
            "recorded_by"
        ]
    );
    let mut b = Branch::new();
    let target = b.check_in("2026-11-24");
    let position = [("latitude", "10.9")];
    let refused = edit(&mut b.away, target, &position, &mut b.rng);
    assert!(matches!(
        refused,
        Err(EditError::Document(DocumentError::NoSuchField { .. }))
    ));
}

#[test]
fn rows_11_to_14_an_address_and_a_check_in_from_two_phones_make_the_lists_of_the_branch() {
    let mut b = Branch::new();
    let address = Target::at(b.an, &ADDRESS, &[7; 16]);
    let said = [
        ("sort", "away"),
        ("text", "Bình Dương"),
        ("from", "2026-01-01"),
        ("said_on", "2026-01-02"),
        ("said_by", "vợ ở nhà"),
        ("how", "in_person"),
    ];
    edit(&mut b.secretary, address, &said, &mut b.rng).unwrap();
    b.sync_all();
    let list = list_of(&b.recorded());
    assert_eq!(names(&list), ["Trần Đức An"]);
    assert_eq!(list[0].unclear[0], Unclear::OnlyProvince);
    assert_eq!(overdue(&list, &month, today())[0].days, None);

    // The member says better where they are, and that they are well; their words outweigh the hearsay.
    let own = Target::at(b.an, &ADDRESS, &[8; 16]);
    let better = [
        ("sort", "away"),
        ("text", "12 đường số 3, phường Dĩ An, Thành phố Hồ Chí Minh"),
        ("from", "2026-02-01"),
        ("said_on", "2026-11-24"),
        ("said_by", "Trần Đức An"),
        ("how", "app"),
    ];
    edit(&mut b.away, own, &better, &mut b.rng).unwrap();
    let here = b.check_in("2026-11-24");
    let well = [
        ("said_on", "2026-11-24"),
        ("commune", "phường Dĩ An, Thành phố Hồ Chí Minh"),
        ("how", "app"),
    ];
    edit(&mut b.away, here, &well, &mut b.rng).unwrap();
    b.sync_all();
    let list = list_of(&b.recorded());
    assert_eq!(list[0].unclear, []);
    assert_eq!(list[0].address.said_by.as_deref(), Some("Trần Đức An"));
    assert_eq!(overdue(&list, &month, today()), []);

    // What stands is never changed, by nobody; the return is added.
    for phone in [&mut b.secretary, &mut b.away] {
        let changed = edit(phone, own, &[("text", "Huế")], &mut b.rng);
        assert_eq!(changed, Err(EditError::Document(DocumentError::AppendOnly)));
    }
    let back = [("ended_on", "2026-11-20")];
    edit(&mut b.secretary, own, &back, &mut b.rng).unwrap();
    b.sync_all();
    assert_eq!(list_of(&b.recorded()), []);
    // A member writes of nobody else's.
    let other = Target::at(b.quang, &ADDRESS, &[9; 16]);
    assert!(edit(&mut b.away, other, &better, &mut b.rng).is_err());
    assert!(SORTS.iter().all(|c| Sort::from_code(c.code).is_some()));
}

// ---- row 36: the remark of the place of residence -------------------------------------------

#[test]
fn row_36_a_remark_without_its_author_and_their_post_has_no_effect() {
    let mut b = Branch::new();
    let target = Target::at(b.an, &RESIDENCE_REMARK, b"2026");
    let year = |b: &Branch| -> (&'static str, Option<Values>) {
        let values = b.secretary.values(target.doc).unwrap().map(|(_, v)| v);
        let state = match of_year(values.as_ref(), 2026).as_slice() {
            [] => "none",
            [Year::Draft] => "draft",
            [Year::Remark { .. }] => "remark",
            _ => "several",
        };
        (state, values)
    };
    assert_eq!(year(&b).0, "none");
    let words = [("year", "2026"), ("remark", "Tham gia đều")];
    edit(&mut b.secretary, target, &words, &mut b.rng).unwrap();
    assert_eq!(year(&b).0, "draft", "nobody's words are nobody's remark");
    edit(
        &mut b.secretary,
        target,
        &[("author", "Vũ Thị Hạnh")],
        &mut b.rng,
    )
    .unwrap();
    assert_eq!(year(&b).0, "draft");
    edit(
        &mut b.secretary,
        target,
        &[("post", "Bí thư chi bộ Khu phố 3")],
        &mut b.rng,
    )
    .unwrap();
    b.sync_all();
    let values = year(&b).1.unwrap();
    assert_eq!(
        of_year([&values], 2026),
        [Year::Remark {
            remark: "Tham gia đều",
            author: "Vũ Thị Hạnh",
            post: "Bí thư chi bộ Khu phố 3"
        }]
    );
    assert_eq!(of_year([&values], 2025), []);
    // The member reads it and does not write it; nobody rewrites it.
    let (_, read) = b.away.values(target.doc).unwrap().unwrap();
    assert_eq!(read, values);
    let own = edit(&mut b.away, target, &[("body", "Tốt")], &mut b.rng);
    assert_eq!(own, Err(EditError::NotAllowed));
    let softer = [("remark", "Rất tốt")];
    let changed = edit(&mut b.secretary, target, &softer, &mut b.rng);
    assert_eq!(changed, Err(EditError::Document(DocumentError::AppendOnly)));
    // The secretary is a member as well, and records none about themself.
    let themself = Target::at(b.quang, &RESIDENCE_REMARK, b"2026");
    let refused = edit(&mut b.secretary, themself, &words, &mut b.rng);
    assert_eq!(refused, Err(EditError::AboutThemself));
    // Cancelled as recorded by mistake, the year waits for another, which has a key of its own.
    let cancelled = [
        ("cancelled/a/on", "2026-11-24"),
        ("cancelled/a/reason", "nhầm người"),
    ];
    edit(&mut b.secretary, target, &cancelled, &mut b.rng).unwrap();
    assert_eq!(year(&b).0, "none");
}

#[test]
fn rows_14_and_15_an_absence_is_judged_by_the_rule_of_the_day_on_which_it_began() {
    // From 1 March 2026 on: every seven days, and a temporary stay of six months at the least.
    let lines = [
        "checkin.every\t7\tdays\t-\t-\t-\t2026-03-01\t-\tno\t-\t-",
        "temp.min\t6\tmonths\t9-QĐ/TW\t2026\t-\t2026-03-01\t-\tyes\t-\t-",
    ];
    let rows = lines
        .iter()
        .flat_map(|line| Regulations::parse(line).unwrap());
    let rules = Regulations::built_in().unwrap().with(rows);
    let stay = |from: &str, until: &str, heard: &str| {
        let mut of = Recorded::default();
        of.add(&MEMBER, doc(1), someone("Trần Thị Lan").values);
        let address = values(&[
            ("sort", "away"),
            ("text", "Xóm 5, xã Xuân Hồng, Ninh Bình"),
            ("from", from),
            ("until", until),
            ("host", "Chi bộ Khu phố 3"),
            ("stable", "yes"),
        ]);
        of.add(&ADDRESS, doc(2), address);
        let said = values(&[("said_on", heard), ("commune", "xã Xuân Hồng, Ninh Bình")]);
        of.add(&CHECK_IN, doc(3), said);
        let order = RollOrder::vietnamese().unwrap();
        let members = [(PlaceId([1; 16]), of)];
        let on = day(heard).plus_days(10).unwrap();
        let bounds = |began| Bounds::at(&rules, began);
        let list = away_list(&members, on, &bounds, &a_year, &order);
        let calendar = WorkingDays::new(&rules);
        let heard_by = |last| heard_by(last, &rules, &calendar);
        let late = overdue(&list, &heard_by, on).len();
        (list[0].procedures[0].procedure, late)
    };
    // Four months: by the rule of before a stay, by the new one a leave that is noted.
    let before = stay("2026-02-28", "2026-06-30", "2026-02-28");
    assert_eq!(before, (Procedure::Placement, 0));
    assert_eq!(
        stay("2026-03-01", "2026-06-30", "2026-03-01"),
        (Procedure::LeaveNoted, 1)
    );
    assert_eq!(
        stay("2026-03-02", "2026-07-01", "2026-03-02"),
        (Procedure::LeaveNoted, 1)
    );
    // Who went before and was heard of after: one is judged by the one day, the other by the other.
    let both = stay("2026-02-28", "2026-06-30", "2026-03-05");
    assert_eq!(both, (Procedure::Placement, 1));
}
