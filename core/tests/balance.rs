//! Statistics balance: whoever was a member before, and whoever came and went since, are those who are there after,
//! whatever was decided and cancelled, on whichever device and in whatever order it all met.

use chibo_core::author::Target;
use chibo_core::away::{self, Recorded};
use chibo_core::date::Day;
use chibo_core::document::{Value, Values};
use chibo_core::domain::decision::DECISION;
use chibo_core::id::{DocId, PlaceId};
use chibo_core::kind::Kind;
use chibo_core::place::Role;
use chibo_core::roll::{self, Counts};
use chibo_core::store::StoreError;
use chibo_core::text::RollOrder;
use chibo_people::Size;
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::collections::BTreeMap;

mod stage;
use stage::*;

/// The first day of what is told here; all invented records are older.
fn first() -> Day {
    Day::from_civil(2027, 1, 1).unwrap()
}

fn later(days: u32) -> Day {
    Day::from_number(first().number() + i32::try_from(days).unwrap()).unwrap()
}

/// What a form of decision does to who somebody is, as the field says it: written by hand, and not what the program says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Does {
    /// Somebody is this from then on.
    Makes(&'static str),
    /// They are what they were before they were one of these.
    Ends(&'static [&'static str]),
}

const TABLE: [(&str, Does); 11] = [
    ("official", Does::Makes("official")),
    ("exemption", Does::Makes("exempt")),
    ("temp_exemption", Does::Makes("temp_exempt")),
    (
        "return",
        Does::Ends(&["exempt", "temp_exempt", "temp_transferred", "suspended"]),
    ),
    ("temp_transfer", Does::Makes("temp_transferred")),
    ("transfer_out", Does::Makes("transferred")),
    ("expulsion", Does::Makes("expelled")),
    ("strike_off", Does::Makes("struck_off")),
    ("withdrawal", Does::Makes("withdrew")),
    ("restoration", Does::Ends(&GONE)),
    ("transfer_in", Does::Ends(&GONE)),
];

/// Something that happened to a member, as the people who tell it know it.
#[derive(Debug, Clone)]
struct Event {
    member: PlaceId,
    doc: DocId,
    from: Day,
    until: Option<Day>,
    /// What it does.
    does: Does,
    /// Whether it was cancelled as mistyped, or never had a number.
    is_void: bool,
}

/// Who is no member here any more, or may not be one for a time.
const GONE: [&str; 6] = [
    "transferred",
    "expelled",
    "struck_off",
    "withdrew",
    "left",
    "suspended",
];

fn belongs(status: &str) -> bool {
    status == "suspended" || status != "deceased" && !GONE.contains(&status)
}

/// Who is told a status on which day, by replaying what happened day by day.
fn on_day(began: &(String, String), events: &[&Event], day: Day) -> String {
    // All that somebody was, one over the other: what ended is taken away, and what lay under it comes to light. Of who
    // was exempt from the start the record says since when they are official.
    let mut was = vec![began.1.clone(), began.0.clone()];
    for event in events {
        let is_over = event.until.is_some_and(|until| until < day);
        if event.from > day || is_over {
            continue;
        }
        match event.does {
            Does::Makes(status) => was.push(status.to_owned()),
            Does::Ends(of) => was.retain(|status| !of.contains(&status.as_str())),
        }
    }
    was.pop().unwrap_or_default()
}

/// The documents of a kind at a place.
type Found = Result<Vec<(DocId, Values)>, StoreError>;

fn counts(members: &[PlaceId], on: Day, documents: &dyn Fn(PlaceId, &Kind) -> Found) -> Counts {
    let recorded: Vec<(PlaceId, Recorded)> = members
        .iter()
        .map(|member| {
            let mut of = Recorded::default();
            for kind in away::recorded() {
                for (doc, values) in documents(*member, kind).unwrap() {
                    of.add(kind, doc, values);
                }
            }
            (*member, of)
        })
        .collect();
    let lines = roll::roll(&recorded, on, &RollOrder::vietnamese().unwrap());
    roll::counts(&lines)
}

/// What one seed's year brings, and whether anything of each sort happened in it.
#[derive(Debug, Default)]
struct Year {
    came: usize,
    went: usize,
    cancelled: usize,
    died: usize,
    ended: usize,
}

fn year(seed: u64) -> Year {
    let mut year = Year::default();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut pick = |n: usize| rng.next_u32() as usize % n;
    let mut commune = Commune::new();
    let branch = commune.branches[0];
    let invented = chibo_people::invent(Size::Branch, seed);
    // Every fourth is somebody who is not simply official: a death ends that as well, and the figures of before keep it.
    let is_official = |who: &chibo_people::Member| who.values["status"].shown() == "official";
    let (official, other): (Vec<_>, Vec<_>) = invented.members().cloned().partition(is_official);
    let people: Vec<_> = (official.into_iter().take(6))
        .chain(other.into_iter().take(2))
        .collect();
    let members = commune.settle(branch, &people);
    let dated = |who: &chibo_people::Member| match who.values.contains_key("official_on") {
        true => "official".to_owned(),
        false => "probationary".to_owned(),
    };
    let began: BTreeMap<PlaceId, (String, String)> = members
        .iter()
        .zip(&people)
        .map(|(id, who)| (*id, (who.values["status"].shown(), dated(who))))
        .collect();
    let mut secretary = commune.enrol(Role::Secretary, branch);
    let mut deputy = commune.enrol(Role::Deputy, branch);
    commune.sync(&mut secretary);
    commune.sync(&mut deputy);
    let yesterday = Day::from_number(first().number() - 1).unwrap();
    let start = counts(&members, yesterday, &|p, k| commune.node.documents(p, k));
    assert_eq!(start.members, members.len());

    let mut events: Vec<Event> = Vec::new();
    for n in 0..24_u8 {
        let member = members[pick(members.len())];
        let from = later(pick(365) as u32);
        let hand = pick(3);
        let now = commune.now;
        // Three write at once; what one has not heard of yet does not keep another from writing.
        let mut write = |target: Target, said: &Values| {
            let rng = &mut commune.rng;
            match hand {
                0 => commune.node.edit(target, said, now, rng),
                1 => secretary.edit(target, said, now, rng),
                _ => deputy.edit(target, said, now, rng),
            }
            .unwrap();
        };
        match pick(8) {
            0 if !events.is_empty() => {
                let i = pick(events.len());
                // A death stands in the record itself and is mended there.
                if events[i].does != Does::Makes("deceased") && !events[i].is_void {
                    let target = Target {
                        doc: events[i].doc,
                        ..Target::at(events[i].member, &DECISION, b"")
                    };
                    let path = format!("cancelled/{n:016x}/reason");
                    // Whoever cancels has the decision before them.
                    commune.node.submit(now, &mut commune.rng).unwrap();
                    commune.sync(&mut secretary);
                    commune.sync(&mut deputy);
                    commune.sync(&mut secretary);
                    let said = Values::from([(path, Value::Text("ghi nhầm".into()))]);
                    (secretary.edit(target, &said, now, &mut commune.rng)).unwrap();
                    events[i].is_void = true;
                    year.cancelled += 1;
                }
            }
            1 if !events.iter().any(|e| e.member == member) => {
                let said = values(&[("status", "deceased"), ("status_since", &from.to_string())]);
                let target = stage::member(member);
                write(target, &said);
                events.push(Event {
                    member,
                    doc: target.doc,
                    from,
                    until: None,
                    does: Does::Makes("deceased"),
                    is_void: false,
                });
                year.died += 1;
            }
            _ if events
                .iter()
                .any(|e| e.member == member && e.does == Does::Makes("deceased")) => {}
            _ => {
                let (form, does) = TABLE[pick(TABLE.len())];
                let target = Target::at(member, &DECISION, &[n; 16]);
                let until = form
                    .starts_with("temp_")
                    .then(|| Day::from_number(from.number() + 90).unwrap());
                let mut said = values(&[("form", form), ("from", &from.to_string())]);
                let is_draft = pick(6) == 0;
                if !is_draft {
                    let number = n.to_string();
                    said.extend(values(&[
                        ("number", &number),
                        ("issued_on", &from.to_string()),
                    ]));
                }
                if let Some(until) = until {
                    said.extend(values(&[("until", &until.to_string())]));
                }
                write(target, &said);
                events.push(Event {
                    member,
                    doc: target.doc,
                    from,
                    until,
                    does,
                    is_void: is_draft,
                });
            }
        }
        match pick(4) {
            0 => drop(commune.sync(&mut secretary)),
            1 => drop(commune.sync(&mut deputy)),
            2 => drop(commune.node.submit(now, &mut commune.rng).unwrap()),
            _ => {}
        }
    }
    let now = commune.now;
    commune.node.submit(now, &mut commune.rng).unwrap();
    for _ in 0..2 {
        commune.sync(&mut deputy);
        commune.sync(&mut secretary);
    }
    commune.books_are_whole();

    events.retain(|e| !e.is_void);
    // What was decided on the day of a death stands over it.
    events.sort_by_key(|e| (e.from, e.does != Does::Makes("deceased"), e.doc));
    // Day by day: who comes into a status and who leaves it.
    let mut flows: BTreeMap<String, i64> = BTreeMap::new();
    let (mut came, mut went) = (0, 0);
    let mut yesterdays: BTreeMap<PlaceId, String> = (began.iter())
        .map(|(member, (status, _))| (*member, status.clone()))
        .collect();
    for day in (0..=500).map(later) {
        for member in &members {
            let of: Vec<&Event> = events.iter().filter(|e| e.member == *member).collect();
            let status = on_day(&began[member], &of, day);
            let before = yesterdays.insert(*member, status.clone()).unwrap();
            if before == status {
                continue;
            }
            *flows.entry(before.clone()).or_default() -= 1;
            *flows.entry(status.clone()).or_default() += 1;
            came += usize::from(!belongs(&before) && belongs(&status));
            went += usize::from(belongs(&before) && !belongs(&status));
            let ends = |e: &&&Event| e.until.is_some_and(|u| u.number() + 1 == day.number());
            year.ended += usize::from(of.iter().any(|e| ends(&e)));
        }
        if day.number() % 25 != 0 {
            continue;
        }
        let at_office = counts(&members, day, &|p, k| commune.node.documents(p, k));
        let why = format!("seed {seed}, {day}: {events:#?}");
        assert_eq!(at_office.members + went, start.members + came, "{why}");
        assert_eq!(at_office.members + at_office.gone, members.len(), "{why}");
        for (status, change) in &flows {
            let of = |c: &Counts| c.by_status.get(status).copied().unwrap_or(0) as i64;
            assert_eq!(of(&at_office), of(&start) + change, "{status}; {why}");
        }
        // The figures are the same on whichever device somebody counts.
        for phone in [&secretary, &deputy] {
            let there = counts(&members, day, &|p, k| phone.documents(p, k));
            assert_eq!(there, at_office, "{why}");
        }
    }
    // Nothing that happened since has changed what is told of the day before it.
    let before = counts(&members, yesterday, &|p, k| commune.node.documents(p, k));
    assert_eq!((before.members, before.gone), (start.members, start.gone));
    (year.came, year.went) = (came, went);
    year
}

#[test]
fn whoever_was_there_and_came_and_went_are_those_who_are_there() {
    let mut all = Year::default();
    for seed in 0..20 {
        let year = year(seed);
        all.came += year.came;
        all.went += year.went;
        all.cancelled += year.cancelled;
        all.died += year.died;
        all.ended += year.ended;
    }
    // Else it would say nothing.
    assert!(all.came > 20 && all.went > 20, "{all:?}");
    assert!(
        all.cancelled > 10 && all.died > 5 && all.ended > 5,
        "{all:?}"
    );
}
