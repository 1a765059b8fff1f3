//! What people do with the records of an invented district: meetings, check-ins, edits, and two
//! edits that do not know of each other.

use super::dice::Dice;
use super::person::{self, stored};
use super::{Member, lists};
use chibo_core::date::Day;
use chibo_core::document::{Value, Values};
use chibo_core::domain::{check_in, meeting, member};
use chibo_core::id::PlaceId;
use chibo_core::kind::Kind;
use rand_core::RngCore;

fn text(t: impl Into<String>) -> Value {
    Value::Text(t.into())
}

/// The name of a member, as their record has it.
fn name_of(member: &Member) -> Value {
    member
        .values
        .get("full_name")
        .cloned()
        .unwrap_or(Value::Cleared)
}

/// A number below so many hundredths of the days of a meeting's mark.
fn mark(dice: &mut Dice, member: &Member) -> &'static str {
    let status = match member.values.get("status") {
        Some(Value::Text(s)) => s.as_str(),
        _ => "official",
    };
    match status {
        "exempt" => dice.weighted(&[("exempt", 90), ("present", 10)]),
        "temp_exempt" => "temp_exempt",
        "temp_transferred" => "elsewhere",
        _ if member.away => dice.weighted(&[("away_reported", 70), ("unexcused", 30)]),
        _ => dice.weighted(&[
            ("present", 88),
            ("sick", 5),
            ("on_duty", 4),
            ("away_reported", 2),
            ("unexcused", 1),
        ]),
    }
}

/// The minutes of a meeting of these members on that day, with a mark for each.
pub fn meeting_values(
    rng: &mut dyn RngCore,
    members: &[(PlaceId, &Member)],
    held_on: Day,
) -> Values {
    let dice = &mut Dice(rng);
    let mut v = Values::new();
    let held = held_on.to_string();
    let kind = if held.get(5..7) == Some("12") {
        "review"
    } else {
        dice.weighted(&[("regular", 75), ("thematic", 25)])
    };
    v.insert("held_on".into(), text(held));
    v.insert("type".into(), text(kind));
    let place = dice.weighted(&[("Nhà văn hóa xóm", 80), ("Hội trường xã", 20)]);
    v.insert("place".into(), text(place));
    let person = |wanted: fn(&Member) -> bool| {
        let found = members.iter().find(|(_, m)| wanted(m));
        found.or(members.first()).map(|(_, m)| name_of(m))
    };
    if let Some(name) = person(|m| m.is_secretary) {
        v.insert("chair".into(), name);
    }
    if let Some(name) = person(|m| m.is_deputy) {
        v.insert("minute_taker".into(), name);
    }
    v.insert(
        "last_resolution".into(),
        text(dice.pick(lists::LAST_RESOLUTIONS)),
    );
    v.insert("agenda".into(), text(dice.pick(lists::AGENDAS)));
    let discussion = [dice.pick(lists::DISCUSSIONS), dice.pick(lists::DISCUSSIONS)];
    v.insert("discussion".into(), text(discussion.join(" ")));
    v.insert("conclusion".into(), text(dice.pick(lists::CONCLUSIONS)));
    for (place, member) in members {
        v.insert(format!("attendance/{place}"), text(mark(dice, member)));
    }
    if dice.percent(40) {
        v.insert("paper_page".into(), text(dice.between(1, 96).to_string()));
    }
    v.insert("closed".into(), Value::YesNo(true));
    v
}

/// What a member who is away says of themselves on that day.
pub fn check_in_values(rng: &mut dyn RngCore, member: &Member, said_on: Day) -> Values {
    let dice = &mut Dice(rng);
    let mut v = Values::new();
    v.insert("said_on".into(), text(said_on.to_string()));
    let commune = match member.values.get("away_at") {
        Some(Value::Text(at)) if dice.percent(90) => at.clone(),
        _ => dice.weighted(lists::AWAY_AT).to_owned(),
    };
    v.insert("commune".into(), text(commune));
    let phone = match member.values.get("phone") {
        Some(phone) if dice.percent(85) => phone.clone(),
        _ => text(person::phone(dice)),
    };
    v.insert("phone".into(), phone);
    v.insert("dues_paid_through".into(), text(&said_on.to_string()[..7]));
    if dice.percent(60) {
        v.insert("tasks".into(), text(dice.pick(lists::AWAY_TASKS)));
    }
    if dice.percent(25) {
        v.insert("request".into(), text(dice.pick(lists::AWAY_REQUESTS)));
    }
    let how = if member.has_device {
        "app"
    } else {
        dice.weighted(&[
            ("telephone", 70),
            ("page", 15),
            ("paper", 10),
            ("in_person", 5),
        ])
    };
    v.insert("how".into(), text(how));
    if how != "app" && how != "page" {
        let recorder = person::name(dice, false, 1970);
        v.insert("recorded_by".into(), text(recorder));
    }
    v
}

/// An edit as people make it every day to a record of that kind with these values: at least one
/// path, each with a value that was not there before.
pub fn small_edit(rng: &mut dyn RngCore, kind: &Kind, values: &Values) -> Values {
    let dice = &mut Dice(rng);
    loop {
        let edit = match kind.number {
            n if n == member::MEMBER.number => member_edit(dice, values),
            n if n == member::MEMBER_SENSITIVE.number => sensitive_edit(dice),
            n if n == meeting::MEETING.number => meeting_edit(dice, values),
            n if n == check_in::CHECK_IN.number => check_in_edit(dice),
            _ => unit_edit(dice),
        };
        let new: Values = edit
            .into_iter()
            .filter(|(path, value)| values.get(path) != Some(value))
            .collect();
        if !new.is_empty() {
            return new;
        }
    }
}

/// Two edits of one field of a member's record that do not know of each other.
pub fn conflicting(rng: &mut dyn RngCore, values: &Values) -> [Values; 2] {
    let dice = &mut Dice(rng);
    let path = dice.pick(&[
        "phone",
        "permanent_residence",
        "away_at",
        "occupation",
        "card_number",
    ]);
    let [mut one, mut two] = [Values::new(), Values::new()];
    let mut next = |other: Option<&Value>| loop {
        let value = text(match path {
            "phone" => person::phone(dice),
            "card_number" => person::card(dice),
            "away_at" => dice.weighted(lists::AWAY_AT).to_owned(),
            "occupation" => dice.weighted(lists::JOBS).to_owned(),
            _ => other_address(dice),
        });
        if values.get(path) != Some(&value) && other != Some(&value) {
            break value;
        }
    };
    let first = next(None);
    let second = next(Some(&first));
    one.insert(path.into(), first);
    two.insert(path.into(), second);
    [one, two]
}

fn other_address(dice: &mut Dice) -> String {
    format!(
        "{}, xã {}",
        person::village(dice),
        dice.pick(&lists::COMMUNES)
    )
}

/// A day of the last months.
fn recent(dice: &mut Dice) -> String {
    stored(person::AS_OF - dice.below(200) as i32)
}

/// What stands under `path`, with a sentence added.
fn longer(dice: &mut Dice, values: &Values, path: &str, sentences: &[&'static str]) -> Value {
    let day = format!("{}/{}", dice.between(1, 28), dice.between(1, 12));
    let sentence = dice
        .pick(sentences)
        .replace("{d}", &day)
        .replace("{m}", &dice.between(1, 12).to_string());
    match values.get(path) {
        // Nobody lets a note grow for ever: now and then it is written anew.
        Some(Value::Text(old)) if old.len() < 150 => text(format!("{old} {sentence}")),
        _ => text(sentence),
    }
}

fn member_edit(dice: &mut Dice, values: &Values) -> Values {
    let mut v = Values::new();
    let mut set = |path: &str, value: Value| {
        v.insert(path.to_owned(), value);
    };
    match dice.below(100) {
        0..=24 => set("phone", text(person::phone(dice))),
        25..=36 => set("permanent_residence", text(other_address(dice))),
        37..=48 => {
            let at = dice.weighted(lists::AWAY_AT);
            let street = format!("Số {}, {at}", dice.between(1, 240));
            set("temporary_residence", text(street));
            set("temporary_residence_since", text(recent(dice)));
        }
        49..=58 => set("note", longer(dice, values, "note", lists::LATER_NOTES)),
        59..=66 => set("card_number", text(person::card(dice))),
        67..=73 => set("occupation", text(dice.weighted(lists::JOBS))),
        74..=79 => {
            let (kin, number) = (dice.pick(lists::KIN), person::phone(dice));
            set("contact_person", text(format!("{kin}, {number}")));
        }
        80..=86 => {
            set("away", Value::YesNo(true));
            set("away_at", text(dice.weighted(lists::AWAY_AT)));
            set("away_since", text(recent(dice)));
        }
        87..=91 => {
            let code = dice.weighted(&[("official", 3), ("exempt", 2), ("temp_exempt", 3)]);
            set("status", text(code));
            set("status_since", text(recent(dice)));
        }
        92..=94 => set(
            "political_theory",
            text(dice.weighted(lists::POLITICAL_THEORY)),
        ),
        95..=97 => set("post", text(dice.pick(lists::POSTS).0)),
        _ => {
            let mut awarded = Values::new();
            let year = dice.between(2024, 2026);
            person::award(dice, "Giấy khen của Đảng ủy".into(), year, &mut awarded);
            return awarded;
        }
    }
    // A post that is taken away is cleared, not written as an empty text.
    v.into_iter()
        .map(|(path, value)| match value {
            Value::Text(t) if t.is_empty() => (path, Value::Cleared),
            value => (path, value),
        })
        .collect()
}

fn sensitive_edit(dice: &mut Dice) -> Values {
    let mut v = Values::new();
    if dice.percent(70) {
        let id = format!("000{}", dice.digits(9));
        v.insert("personal_id".into(), text(id));
    } else {
        let religion = dice.pick(&["none", "catholic", "buddhist"]);
        v.insert("religion".into(), text(religion));
    }
    v
}

fn meeting_edit(dice: &mut Dice, values: &Values) -> Values {
    let mut v = Values::new();
    let marks: Vec<&String> = values
        .keys()
        .filter(|p| p.starts_with("attendance/"))
        .collect();
    match dice.below(10) {
        0..=4 if !marks.is_empty() => {
            let path = marks[dice.below(marks.len() as u32) as usize].clone();
            let code = dice.pick(&["present", "sick", "on_duty", "away_reported"]);
            v.insert(path, text(code));
        }
        5..=6 => {
            let page = dice.between(1, 96).to_string();
            v.insert("paper_page".into(), text(page));
        }
        _ => {
            let longer = longer(dice, values, "discussion", lists::DISCUSSIONS);
            v.insert("discussion".into(), longer);
        }
    }
    v
}

fn check_in_edit(dice: &mut Dice) -> Values {
    let mut v = Values::new();
    match dice.below(3) {
        0 => v.insert("phone".into(), text(person::phone(dice))),
        1 => v.insert("commune".into(), text(dice.weighted(lists::AWAY_AT))),
        _ => v.insert("request".into(), text(dice.pick(lists::AWAY_REQUESTS))),
    };
    v
}

fn unit_edit(dice: &mut Dice) -> Values {
    let mut v = Values::new();
    match dice.below(2) {
        0 => v.insert("symbol".into(), text(format!("{:02}", dice.below(90)))),
        _ => v.insert("address".into(), text(other_address(dice))),
    };
    v
}
