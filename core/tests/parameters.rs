//! Every number of a rule that the rows about people and places read, at its boundary: what is said on the day before, on
//! the day and on the day after (or of one fewer, as many, and one more). A number that nobody reads fails here.

use chibo_core::away::{
    Address, Away, Bounds, Recorded, Sort, Stay, good_until, heard_by, overdue, unclear,
    which_procedure,
};
use chibo_core::calendar::WorkingDays;
use chibo_core::caution::unusual;
use chibo_core::date::{Day, PartialDate};
use chibo_core::deadline::{State, deadline, ending, facts};
use chibo_core::document::{Value, Values};
use chibo_core::domain::check_in::CHECK_IN;
use chibo_core::domain::contest::CONTEST;
use chibo_core::domain::decision::DECISION;
use chibo_core::domain::exemption::TEMP_EXEMPTION;
use chibo_core::domain::lost_card::LOST_CARD;
use chibo_core::domain::member::{MEMBER, MEMBER_SENSITIVE};
use chibo_core::domain::placement::PLACEMENT;
use chibo_core::domain::transfer::TRANSFER;
use chibo_core::domain::transfer_in::TRANSFER_IN;
use chibo_core::domain::unit::UNIT;
use chibo_core::id::{DocId, PlaceId};
use chibo_core::kind::{KINDS, Kind, Retention};
use chibo_core::place::PlaceKind;
use chibo_core::regulation::{Key, Measure, Regulations, Rule};
use chibo_core::roll::{self, roll};
use chibo_core::text::RollOrder;
use chibo_core::{dossier, moved, owed, party_age, retention, tree};
use chibo_people::someone;
use std::collections::BTreeSet;

const PLACE: PlaceId = PlaceId([7; 16]);

fn day(text: &str) -> Day {
    PartialDate::parse(text).unwrap().day().unwrap()
}

fn rules() -> Regulations {
    Regulations::built_in().unwrap()
}

fn values(pairs: &[(&str, &str)]) -> Values {
    let value = |text: &str| match text {
        "yes" => Value::YesNo(true),
        text => Value::Text(text.to_owned()),
    };
    let all = pairs.iter();
    all.map(|(name, text)| ((*name).to_owned(), value(text)))
        .collect()
}

/// Acts one after the other, each with what it says.
fn acts(told: &[(&str, &[(&str, &str)])]) -> Values {
    let mut all = Values::new();
    let mut after = String::new();
    for (n, (act, said)) in told.iter().enumerate() {
        let id = format!("{n:016x}");
        for (name, value) in values(said) {
            all.insert(format!("acts/{id}/{name}"), value);
        }
        for (name, text) in [("act", *act), ("after", &after)] {
            all.insert(format!("acts/{id}/{name}"), Value::Text(text.to_owned()));
        }
        after = id;
    }
    all
}

/// The day before, the day, the day after.
fn around(text: &str) -> [Day; 3] {
    [-1, 0, 1].map(|n| day(text).plus_days(n).unwrap())
}

type Told = [String; 3];

/// How a term stands around its last day.
fn term(kind: &Kind, said: &Values, key: Key, last: &str) -> Told {
    let rules = rules();
    let calendar = WorkingDays::new(&rules);
    around(last).map(|today| {
        let of = facts(kind, said, PLACE).into_iter();
        let mut of = of.filter_map(|f| deadline(&f, &rules, &calendar, today).ok());
        let state = of.find(|d| d.key == key).map(|d| d.state);
        match state {
            Some(State::Open(_)) => "open",
            Some(State::DueToday) => "due",
            Some(State::Overdue(_)) => "late",
            Some(State::DoneInTime) => "done",
            Some(State::DoneLate(_)) => "done late",
            None => "none",
        }
        .to_owned()
    })
}

/// Whether somebody who writes this is told that it is unusual by this rule.
fn warned(kind: &Kind, said: &Values, key: Key) -> String {
    let found = unusual(kind, said, said, &rules(), day("2026-11-24"));
    match found.iter().any(|w| w.why.code() == key.name()) {
        true => "said",
        false => "",
    }
    .to_owned()
}

/// The same for something that lasts until around a day.
fn lasting(kind: &Kind, key: Key, last: &str, of: &dyn Fn(&str) -> Values) -> Told {
    around(last).map(|until| warned(kind, &of(&until.to_string()), key))
}

/// Whether a unit with so many members, and so many elected, around a number is of an unusual size.
fn sized(key: Key, around: [usize; 3], of: &dyn Fn(usize) -> (&'static str, usize, usize)) -> Told {
    around.map(|n| {
        let (sort, members, seats) = of(n);
        let unit = values(&[("sort", sort)]);
        let elected = values(&[
            ("form", "election"),
            ("number", "5"),
            ("issued_on", "2025-03-03"),
            ("post", "member"),
        ]);
        let record = someone("Nguyễn Văn An").values;
        let recorded = |n: usize| {
            let mut of = Recorded::default();
            of.add(&MEMBER, DocId([n as u8; 16]), record.clone());
            if n < seats {
                of.add(&DECISION, DocId([n as u8; 16]), elected.clone());
            }
            (PlaceId([n as u8; 16]), of)
        };
        let all: Vec<_> = (0..members).map(recorded).collect();
        let lines = roll(&all, day("2026-11-24"), &RollOrder::vietnamese().unwrap());
        let place = match sort {
            "grassroots_org" => PlaceKind::Committee,
            _ => PlaceKind::Branch,
        };
        let unit = (PlaceId([255; 16]), &unit);
        let found = roll::size(place, unit, lines.iter(), &rules(), day("2026-11-24"));
        match found.unusual.iter().any(|s| s.rule.key == key) {
            true => "said",
            false => "",
        }
        .to_owned()
    })
}

/// From when on a document need not be kept.
fn kept(kind: &Kind, said: &[(&str, &str)], left: Option<&str>, last: &str) -> Told {
    let rules = rules();
    let due = retention::due(kind, &values(said), left.map(day), &rules);
    let (due, _) = due.unwrap();
    around(last).map(|today| if due <= today { "due" } else { "kept" }.to_owned())
}

/// What follows for whoever is away for so many months.
fn advice(months: [u16; 3], is_abroad: bool) -> Told {
    let bounds = Bounds::at(&rules(), day("2026-01-01")).unwrap();
    months.map(|months| {
        let stay = Stay {
            months: Some(months),
            is_stable: true,
            has_host: true,
            is_abroad,
        };
        which_procedure(stay, bounds.clone())
            .procedure
            .code()
            .to_owned()
    })
}

/// The record of somebody official, with these values.
fn record(said: &[(&str, &str)]) -> Values {
    let who = someone("Trần Thị Lan");
    said.iter()
        .fold(who, |who, (name, typed)| who.with(name, typed))
        .values
}

fn heard_of(on: &str, today: Day) -> String {
    let heard = values(&[("said_on", on), ("commune", "Dĩ An")]);
    let mut of = Recorded::default();
    of.add(&MEMBER, DocId([1; 16]), record(&[("away", "yes")]));
    of.add(&CHECK_IN, DocId([2; 16]), heard);
    let rules = rules();
    let bounds = |day| Bounds::at(&rules, day);
    let calendar = WorkingDays::new(&rules);
    let heard_by = |last| heard_by(last, &rules, &calendar);
    let good_until = |said| good_until(said, &rules);
    let list: Vec<Away> = chibo_core::away::away(PLACE, &of, today, &bounds, &good_until)
        .into_iter()
        .collect();
    match overdue(&list, &heard_by, today).is_empty() {
        true => "",
        false => "late",
    }
    .to_owned()
}

/// Whether an address that was said on a day and not repeated is unclear around its anniversary.
fn repeated(said_on: &str, around_day: &str) -> Told {
    let rules = rules();
    let address = Address {
        sort: Some(Sort::Away),
        text: "Xóm 5, xã Xuân Hồng, Ninh Bình".into(),
        said_on: PartialDate::parse(said_on).ok(),
        ..Address::default()
    };
    around(around_day).map(|today| {
        let why = unclear(&address, None, today, &|said| good_until(said, &rules));
        why.iter().map(|why| why.code()).collect()
    })
}

/// From when on people are reminded of what ends on 31 December 2026.
fn reminded(key: Key) -> Told {
    let rules = rules();
    let calendar = WorkingDays::new(&rules);
    around("2026-12-01").map(|today| {
        let d = ending(PLACE, day("2026-12-31"), key, &rules, &calendar, today).unwrap();
        if d.from <= today { "reminded" } else { "" }.to_owned()
    })
}

/// Whether somebody away is told of what is owed around a day.
fn told(key: Key, first: &str, more: impl Fn(&mut Recorded)) -> Told {
    let rules = rules();
    let calendar = WorkingDays::new(&rules);
    let mut of = Recorded::default();
    of.add(&MEMBER, DocId([1; 16]), record(&[("away", "yes")]));
    more(&mut of);
    around(first).map(|today| {
        let (facts, _) = owed::facts(PLACE, &of, &|_| false, today);
        let of = facts.iter().filter(|f| f.rule.rule == key);
        let mut of = of.filter_map(|f| deadline(f, &rules, &calendar, today).ok());
        match of.any(|d| d.told_from <= today) {
            true => "told",
            false => "",
        }
        .to_owned()
    })
}

fn badge(decided: &str, on: &str) -> Told {
    around(on).map(|on| {
        let badge = party_age::next_badge(day(decided), on, &rules()).unwrap();
        format!("{} {}", badge.years, badge.given_on)
    })
}

/// Whether a badge may be given early around a day.
fn early(decided: &str, on: &str) -> Told {
    around(on).map(|today| {
        let badge = party_age::next_badge(day(decided), today, &rules()).unwrap();
        if badge.early_from <= today {
            "early"
        } else {
            ""
        }
        .to_owned()
    })
}

/// Who was received on a day and does not stand in the lists that follow from it.
fn lagging(kind: &'static Kind, said: &Values, key: Key, last: &str) -> Told {
    let rules = rules();
    let calendar = WorkingDays::new(&rules);
    let mut of = Recorded::default();
    of.add(&MEMBER, DocId([1; 16]), record(&[]));
    let tree = tree::Tree::new();
    around(last).map(|today| {
        let fact = match kind.number == TRANSFER.number {
            true => {
                let mut of = of.clone();
                of.add(kind, DocId([2; 16]), said.clone());
                let all = moved::still_counted(PLACE, &of, &tree, &|_| None, today);
                all.into_iter().next()
            }
            false => moved::not_here_yet(kind, said, PLACE, None, &tree, &|_| false),
        };
        let d = deadline(&fact.unwrap(), &rules, &calendar, today).unwrap();
        assert_eq!(d.key, key);
        match d.state {
            State::Open(_) => "open",
            State::DueToday => "due",
            _ => "late",
        }
        .to_owned()
    })
}

const OPENED: (&str, &[(&str, &str)]) = ("open", &[("on", "2026-06-01"), ("form", "formal")]);
const ISSUED: (&str, &[(&str, &str)]) = ("introduce", &[("number", "45"), ("on", "2026-06-01")]);
const CAME: (&str, &[(&str, &str)]) = (
    "arrive",
    &[
        ("number", "45"),
        ("letter_on", "2026-06-01"),
        ("full_name", "Trần Thị Lan"),
        ("on", "2026-06-02"),
    ],
);
const PROBATION: [(&str, &str); 4] = [
    ("status", "probationary"),
    ("official_on", ""),
    ("admission_decided_on", "2026-06-01"),
    ("admitted_on", "2025-06-02"),
];

/// What is said of the number of a card that was given on a day.
fn card(on: &str, number: &str) -> String {
    let said = values(&[
        ("form", "card"),
        ("number", "3"),
        ("issued_on", on),
        ("value", number),
    ]);
    warned(&DECISION, &said, Key::CardForm)
}

/// Every parameter with what is said before, on and after its boundary.
fn table() -> Vec<(Key, Told, [&'static str; 3])> {
    let probation = record(&PROBATION);
    let decided = record(&[
        ("status", "probationary"),
        ("official_on", ""),
        ("admitted_on", ""),
        ("admission_decided_on", "2026-06-01"),
    ]);
    let granted = |until: &str| {
        acts(&[
            ("ask", &[]),
            ("consider", &[]),
            (
                "grant",
                &[("number", "1"), ("on", "2026-01-01"), ("until", until)],
            ),
        ])
    };
    let of_decision = |form: &'static str| {
        move |until: &str| {
            values(&[
                ("form", form),
                ("number", "3"),
                ("issued_on", "2026-01-01"),
                ("until", until),
            ])
        }
    };
    let stay = |reason: &'static str| {
        move |until: &str| values(&[("from", "2026-01-01"), ("until", until), ("reason", reason)])
    };
    let letter = |reason: &'static str| {
        move |until: &str| {
            acts(&[
                ("open", &[("on", "2026-01-01"), ("reason", reason)]),
                (
                    "introduce",
                    &[("number", "1"), ("on", "2026-01-01"), ("until", until)],
                ),
            ])
        }
    };
    let prolonged = |until: &str| {
        acts(&[
            CAME,
            ("receive", &[("dossier_checked", "yes")]),
            ("extend", &[("until", until)]),
        ])
    };
    let looks = |kind: &Kind, field: &str, key, typed: [&str; 3]| {
        typed.map(|typed| warned(kind, &values(&[(field, typed)]), key))
    };
    let received = |checked: &str| acts(&[CAME, ("receive", &[("dossier_checked", checked)])]);
    let papers = Key::ALL
        .iter()
        .filter(|key| key.measure() == Measure::Stage);
    let papers = papers.map(|key| (*key, asked(*key, "2022-01-01"), ["", "asked", "asked"]));
    let said = ["", "said", "said"];
    let last = ["", "", "said"];
    let runs = ["open", "due", "late"];
    let keeps = ["kept", "due", "due"];
    let rest = vec![
        (
            Key::TransferStart,
            // A Saturday, on which people work instead of another day.
            term(
                &TRANSFER,
                &acts(&[OPENED]),
                Key::TransferStart,
                "2026-08-22",
            ),
            runs,
        ),
        (
            Key::TransferPresent,
            term(
                &TRANSFER,
                &acts(&[OPENED, ISSUED]),
                Key::TransferPresent,
                "2026-07-13",
            ),
            runs,
        ),
        (
            Key::Ceremony,
            term(&MEMBER, &decided, Key::Ceremony, "2026-07-13"),
            runs,
        ),
        (
            Key::Probation,
            term(&MEMBER, &probation, Key::Probation, "2026-06-02"),
            runs,
        ),
        (
            Key::OfficialReview,
            term(&MEMBER, &probation, Key::OfficialReview, "2026-07-14"),
            runs,
        ),
        (
            Key::PersonalDataReply,
            term(
                &CONTEST,
                &acts(&[(
                    "raise",
                    &[
                        ("record", "r"),
                        ("path", "p"),
                        ("words", "w"),
                        ("on", "2026-06-04"),
                    ],
                )]),
                Key::PersonalDataReply,
                "2026-06-08",
            ),
            runs,
        ),
        (
            Key::TempMin,
            advice([2, 3, 4], false),
            ["leave_noted", "placement", "placement"],
        ),
        (
            Key::TempMax,
            advice([11, 12, 13], false),
            ["placement", "transfer", "transfer"],
        ),
        (
            Key::AbroadMin,
            advice([11, 12, 13], true),
            ["temp_exemption", "abroad", "abroad"],
        ),
        // Twelve months are full at the end of 31 December, and it must be less.
        (
            Key::TempMax,
            lasting(&PLACEMENT, Key::TempMax, "2026-12-31", &stay("work")),
            said,
        ),
        (
            Key::TempMax,
            lasting(&TRANSFER, Key::TempMax, "2026-12-31", &letter("work")),
            said,
        ),
        (
            Key::TempMax,
            lasting(
                &DECISION,
                Key::TempMax,
                "2026-12-31",
                &of_decision("temp_transfer"),
            ),
            said,
        ),
        (
            Key::TempMax,
            lasting(&TRANSFER_IN, Key::TempMax, "2027-05-31", &prolonged),
            said,
        ),
        // Two years of study may be full.
        (
            Key::TempStudyMax,
            lasting(&PLACEMENT, Key::TempStudyMax, "2027-12-31", &stay("study")),
            last,
        ),
        (
            Key::TempStudyMax,
            lasting(&TRANSFER, Key::TempStudyMax, "2027-12-31", &letter("study")),
            last,
        ),
        (
            Key::TempMax,
            lasting(&PLACEMENT, Key::TempMax, "2027-12-31", &stay("study")),
            [""; 3],
        ),
        (
            Key::TempExemptionMax,
            lasting(
                &TEMP_EXEMPTION,
                Key::TempExemptionMax,
                "2026-12-31",
                &granted,
            ),
            said,
        ),
        (
            Key::TempExemptionMax,
            lasting(
                &DECISION,
                Key::TempExemptionMax,
                "2026-12-31",
                &of_decision("temp_exemption"),
            ),
            said,
        ),
        (
            Key::BranchMin,
            sized(Key::BranchMin, [2, 3, 4], &|n| ("branch", n, 0)),
            ["said", "", ""],
        ),
        (
            Key::GrassrootsMin,
            sized(Key::GrassrootsMin, [29, 30, 31], &|n| {
                ("grassroots_org", n, 0)
            }),
            ["said", "", ""],
        ),
        (
            Key::BranchCommitteeFrom,
            sized(Key::BranchCommitteeFrom, [8, 9, 10], &|n| ("branch", n, 3)),
            ["said", "", ""],
        ),
        (
            Key::BranchCommitteeMax,
            sized(Key::BranchCommitteeMax, [6, 7, 8], &|n| ("branch", 20, n)),
            last,
        ),
        (
            Key::CheckInEvery,
            around("2026-07-01").map(|today| heard_of("2026-06-01", today)),
            ["", "", "late"],
        ),
        (
            Key::AddressOld,
            repeated("2025-06-01", "2026-06-01"),
            ["", "", "old"],
        ),
        (
            Key::CheckInRemind,
            told(Key::CheckInEvery, "2026-06-28", |of| {
                of.add(
                    &CHECK_IN,
                    DocId([2; 16]),
                    values(&[("said_on", "2026-06-01")]),
                );
            }),
            ["", "told", "told"],
        ),
        (
            Key::SupplementRemind,
            told(Key::SupplementDue, "2026-12-01", |_| ()),
            ["", "told", "told"],
        ),
        (
            Key::ChangeByDecision,
            ["", "Trần Thị Lan", "Trần Thị Lam"].map(|before| {
                let mut said = record(&[]);
                if before != "Trần Thị Lan" && !before.is_empty() {
                    said.insert("replaced/0001/full_name".into(), Value::Text(before.into()));
                }
                warned(&MEMBER, &said, Key::ChangeByDecision)
            }),
            ["", "", "said"],
        ),
        (
            Key::TempExemptionRemind,
            reminded(Key::TempExemptionRemind),
            ["", "reminded", "reminded"],
        ),
        (
            Key::TempRemind,
            reminded(Key::TempRemind),
            ["", "reminded", "reminded"],
        ),
        (
            Key::TermRemind,
            around("2030-03-30").map(|today| {
                let (rules, said) = (rules(), values(&[("term_to", "2030-06-30")]));
                let calendar = WorkingDays::new(&rules);
                let of = facts(&UNIT, &said, PLACE);
                let d = deadline(&of[0], &rules, &calendar, today).unwrap();
                if d.told_from <= today { "reminded" } else { "" }.to_owned()
            }),
            ["", "reminded", "reminded"],
        ),
        (
            Key::TransferLeft,
            lagging(
                &TRANSFER,
                &acts(&[
                    OPENED,
                    ISSUED,
                    ("present", &[]),
                    ("receive", &[("on", "2026-06-05")]),
                ]),
                Key::TransferLeft,
                "2026-06-05",
            ),
            runs,
        ),
        (
            Key::TransferCame,
            lagging(
                &TRANSFER_IN,
                &acts(&[CAME, ("receive", &[("on", "2026-06-05")])]),
                Key::TransferCame,
                "2026-06-05",
            ),
            runs,
        ),
        (
            Key::BadgeYears,
            badge("1996-11-07", "2026-11-07"),
            ["30 2026-11-07", "30 2026-11-07", "40 2036-11-07"],
        ),
        (
            Key::BadgeDays,
            badge("1996-05-19", "2026-05-19"),
            ["30 2026-05-19", "30 2026-05-19", "40 2036-05-19"],
        ),
        (
            Key::BadgeEarly,
            early("1996-11-07", "2025-11-07"),
            ["", "early", "early"],
        ),
        (
            Key::BadgeEarly,
            early("1956-11-07", "2024-11-07"),
            ["", "early", "early"],
        ),
        (
            Key::BadgeEarlyLong,
            early("1961-11-07", "2025-11-07"),
            ["", "early", "early"],
        ),
        (Key::SupplementDue, supplement("2026-12-31"), runs),
        (
            Key::KeepRecord,
            kept(&MEMBER, &[], Some("2026-03-01"), "2036-03-01"),
            keeps,
        ),
        (
            Key::KeepDecision,
            kept(&DECISION, &[], Some("2026-03-01"), "2096-03-01"),
            keeps,
        ),
        (
            Key::KeepContact,
            kept(&PLACEMENT, &[("until", "2026-03-01")], None, "2031-03-01"),
            keeps,
        ),
        (
            Key::KeepMeeting,
            kept(
                &chibo_core::domain::meeting::MEETING,
                &[("held_on", "2026-03-01")],
                None,
                "2046-03-01",
            ),
            keeps,
        ),
        (
            // A month's looks are kept until five years after its last day.
            Key::KeepLook,
            kept(
                &chibo_core::domain::look::LOOK,
                &[("month", "2026-03")],
                None,
                "2031-03-31",
            ),
            keeps,
        ),
        (
            Key::TransferDossier,
            [
                acts(&[CAME]),
                acts(&[CAME, ("receive", &[])]),
                received("yes"),
            ]
            .map(|said| warned(&TRANSFER_IN, &said, Key::TransferDossier)),
            ["", "said", ""],
        ),
        (
            Key::TransferDues,
            [
                &[][..],
                &[("dues_paid_through", "")],
                &[("dues_paid_through", "2026-06")],
            ]
            .map(|more| {
                let said = [ISSUED.1, more].concat();
                let said = acts(&[OPENED, ("introduce", &said)]);
                warned(&TRANSFER, &said, Key::TransferDues)
            }),
            ["said", "said", ""],
        ),
        (
            Key::PlaceCode,
            looks(
                &MEMBER,
                "hometown_code",
                Key::PlaceCode,
                ["khong co", "99999", "14095"],
            ),
            ["said", "said", ""],
        ),
        (
            Key::PersonalIdForm,
            looks(
                &MEMBER_SENSITIVE,
                "personal_id",
                Key::PersonalIdForm,
                ["03609000001", "036 090 000 012", "0360900000123"],
            ),
            ["said", "", "said"],
        ),
        // Six digits, and one to three letters.
        (
            Key::LifeHistoryForm,
            looks(
                &MEMBER,
                "life_history_no",
                Key::LifeHistoryForm,
                ["12345 XX", "123456 XX", "1234567 XX"],
            ),
            ["said", "", "said"],
        ),
        (
            Key::LifeHistoryForm,
            looks(
                &MEMBER,
                "life_history_no",
                Key::LifeHistoryForm,
                ["123456", "123456 X", "123456XX"],
            ),
            ["said", "", ""],
        ),
        (
            Key::LifeHistoryForm,
            looks(
                &MEMBER,
                "life_history_no",
                Key::LifeHistoryForm,
                ["123456XX", "123456XXX", "123456XXXX"],
            ),
            ["", "", "said"],
        ),
        // One to twenty digits today.
        (
            Key::CardForm,
            looks(
                &MEMBER,
                "card_number",
                Key::CardForm,
                ["Xóm 5", "3", "36 012345"],
            ),
            ["said", "", ""],
        ),
        (
            Key::CardForm,
            looks(
                &MEMBER,
                "card_number",
                Key::CardForm,
                [
                    "1234567890123456789",
                    "12345678901234567890",
                    "123456789012345678901",
                ],
            ),
            ["", "", "said"],
        ),
        (
            Key::CardForm,
            looks(
                &MEMBER,
                "card_number",
                Key::CardForm,
                ["36A12345", "36 012345", "36-012345"],
            ),
            ["said", "", ""],
        ),
        // Eight of a card that was given before the exchange, whoever types it today.
        (
            Key::CardForm,
            ["3601234", "36012345", "360123456"].map(|number| card("2012-05-19", number)),
            ["said", "", "said"],
        ),
        (
            Key::CardForm,
            around("2025-08-08").map(|on| card(&on.to_string(), "360123456")),
            ["said", "", ""],
        ),
        (
            Key::CardForm,
            around("2025-08-08").map(|on| {
                let issued = [("card_number", "360123456"), ("on", &on.to_string())];
                let said = acts(&[
                    ("report", &[]),
                    ("review", &[("on", "2025-07-01")]),
                    ("decide", &[("number", "4"), ("on", "2025-07-02")]),
                    ("issue", &issued),
                ]);
                warned(&LOST_CARD, &said, Key::CardForm)
            }),
            ["said", "", ""],
        ),
        // Ten or eleven digits with the 0 before them, or +84 in its place.
        (
            Key::PhoneForm,
            looks(
                &MEMBER,
                "phone",
                Key::PhoneForm,
                ["091234567", "0912345678", "+84 912 345 678"],
            ),
            ["said", "", ""],
        ),
        (
            Key::PhoneForm,
            looks(
                &MEMBER,
                "phone",
                Key::PhoneForm,
                ["024 3825 5999", "024 3825 599", "024 3825 59990"],
            ),
            ["", "", "said"],
        ),
        // Seven to fifteen of another country.
        (
            Key::PhoneForm,
            looks(
                &MEMBER,
                "phone",
                Key::PhoneForm,
                ["+81 1234", "+81 12345", "+81 123456"],
            ),
            ["said", "", ""],
        ),
        (
            Key::PhoneForm,
            looks(
                &MEMBER,
                "phone",
                Key::PhoneForm,
                ["+12345678901234", "+123456789012345", "+1234567890123456"],
            ),
            ["", "", "said"],
        ),
        (
            Key::PersonalIdForm,
            looks(
                &MEMBER_SENSITIVE,
                "personal_id",
                Key::PersonalIdForm,
                ["Xóm 5"; 3],
            ),
            ["said"; 3],
        ),
        (
            Key::LifeHistoryForm,
            looks(
                &MEMBER,
                "life_history_no",
                Key::LifeHistoryForm,
                ["Xóm 5"; 3],
            ),
            ["said"; 3],
        ),
        (
            Key::Probation,
            term(&MEMBER, &record(&[]), Key::Probation, "2026-06-02"),
            ["none"; 3],
        ),
    ];
    papers.chain(rest).collect()
}

/// Whether a paper is asked of an official member's dossier around the first day of its row; of one that no row asks for,
/// of a row that an office adds.
fn asked(key: Key, from: &str) -> Told {
    let mut rules = rules();
    if rules.at(key, day(from)).unwrap().amount.text() == "none" {
        let mut said = values(&[
            ("key", key.name()),
            ("value", "official"),
            ("unit", "stage"),
        ]);
        said.extend(values(&[("source", "7-HD/ĐU"), ("valid_from", from)]));
        rules = rules.with([Rule::from_values(&said).unwrap()]);
    }
    let mut of = Recorded::default();
    of.add(&MEMBER, DocId([1; 16]), record(&[]));
    let all = [(PLACE, of)];
    around(from).map(|on| {
        let lines = roll(&all, on, &RollOrder::vietnamese().unwrap());
        let required = dossier::required(&rules, on);
        let lacks = dossier::missing(&lines[0], &required);
        let is_asked = lacks.iter().any(|r| dossier::key_of(r.paper) == Some(key));
        if is_asked { "asked" } else { "" }.to_owned()
    })
}

fn supplement(last: &str) -> Told {
    let rules = rules();
    let calendar = WorkingDays::new(&rules);
    let mut of = Recorded::default();
    of.add(&MEMBER, DocId([1; 16]), record(&[]));
    let all = [(PLACE, of)];
    around(last).map(|today| {
        let lines = roll(&all, today, &RollOrder::vietnamese().unwrap());
        let owed = dossier::supplements(&lines, 2026, &rules, &calendar, today);
        match owed[0].deadline.as_ref().unwrap().state {
            State::Open(_) => "open",
            State::DueToday => "due",
            _ => "late",
        }
        .to_owned()
    })
}

#[test]
fn every_parameter_is_read_and_changes_what_is_said_at_its_boundary() {
    for (key, told, expected) in table() {
        assert_eq!(told, expected, "{}", key.name());
    }
}

/// Of rows that stand open: dues, review, admission, removal. They are none of this.
const LATER: [&str; 6] = [
    "dues",
    "review",
    "admit",
    "absent",
    "min.wage",
    "discipline",
];

/// How many boundaries a key has: one for each number of each of its rows that says other numbers. Named here is what has
/// fewer than numbers, and why.
fn numbers(key: Key) -> usize {
    match key {
        // A list of which each is read as the others are: which badge, which day.
        Key::BadgeYears | Key::BadgeDays => 1,
        // Another row of the same stage, for other papers, is read as the first.
        _ if key.measure() == Measure::Stage => 1,
        _ => {
            let rules = rules();
            let rows: BTreeSet<&[u64]> = rules.of(key).iter().map(|r| r.amount.numbers()).collect();
            rows.iter().map(|numbers| numbers.len().max(1)).sum()
        }
    }
}

#[test]
fn no_parameter_of_people_and_places_is_left_out() {
    let table = table();
    let seen: BTreeSet<Key> = table.iter().map(|(key, ..)| *key).collect();
    for key in Key::ALL {
        let is_later = LATER.iter().any(|later| key.name().starts_with(later));
        // The calendar has its own tables, year by year.
        let is_holiday = key.name().starts_with("holiday");
        assert_eq!(
            seen.contains(key),
            !is_later && !is_holiday,
            "{}",
            key.name()
        );
        // Each number of each of its rows has a boundary at which something else is said.
        let turns = table.iter().filter(|(of, _, said)| {
            let is_turn = said.iter().any(|one| *one != said[0]);
            of == key && is_turn
        });
        let (turns, wanted) = (turns.count(), numbers(*key));
        assert!(
            !seen.contains(key) || turns >= wanted,
            "{}: {turns} of {wanted}",
            key.name()
        );
    }
    for kind in KINDS {
        for rule in kind.deadlines {
            assert!(seen.contains(&rule.rule), "{}", kind.name);
        }
        if let Retention::For(key, _) = kind.retention {
            assert!(seen.contains(&key), "{}", kind.name);
        }
    }
    assert_eq!(Key::TransferDues.measure(), Measure::Mark);
}
