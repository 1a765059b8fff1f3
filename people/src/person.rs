//! One invented member: who they are, and the values of their record that agree with each other.
//!
//! Numbers come from ranges that nobody has: telephones begin with `0100` (no such prefix is in
//! use), cards with `99`, personal ids with `000` (no such province); a life history number ends in
//! `XX`. The day on which the district stands is said by whoever asks for it; nothing here reads a clock.

use super::dice::Dice;
use super::lists;
use super::{Branch, Member, Setting};
use chibo_core::date::Day;
use chibo_core::document::{Value, Values};
use std::collections::BTreeSet;

/// The day on which an invented district stands if nothing else is said: 23 November 2026, as days since 1970.
pub const AS_OF: i32 = 20_780;

/// The day on which records stand, and the numbers that have been given out; no two members have the same.
pub struct Taken {
    today: i32,
    cards: BTreeSet<String>,
    life_histories: BTreeSet<String>,
}

impl Taken {
    /// None yet, of records that stand on this day.
    pub fn none(today: i32) -> Self {
        Taken {
            today,
            cards: BTreeSet::new(),
            life_histories: BTreeSet::new(),
        }
    }
}

/// What is decided about a member before the record is made up.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Role {
    pub secretary: bool,
    pub deputy: bool,
    pub away: bool,
    pub has_device: bool,
}

/// Sets a text, unless it is empty.
fn put(values: &mut Values, name: &str, text: impl Into<String>) {
    let text = text.into();
    if !text.is_empty() {
        values.insert(name.to_owned(), Value::Text(text));
    }
}

/// The day of that number, as it is stored.
pub fn stored(number: i32) -> String {
    Day::from_number(number).map_or_else(String::new, |d| d.to_string())
}

/// The same day `years` later; of 29 February, the 28th.
fn years_later(number: i32, years: u32) -> i32 {
    let Some(date) = Day::from_number(number).map(Day::date) else {
        return number;
    };
    let (month, day) = (
        u32::from(date.month().unwrap_or(1)),
        u32::from(date.day_of_month().unwrap_or(1)),
    );
    Day::from_civil(u32::from(date.year()) + years, month, day.min(28)).map_or(number, Day::number)
}

/// A telephone number that nobody has.
pub fn phone(dice: &mut Dice) -> String {
    format!("0100{}", dice.digits(6))
}

/// A card number that nobody has.
pub fn card(dice: &mut Dice) -> String {
    format!("99{}", dice.digits(6))
}

/// An address in a village of the district.
pub fn address(dice: &mut Dice, branch: &Branch) -> String {
    let village = match branch.setting {
        Setting::Village => branch.village.clone(),
        _ => village(dice),
    };
    format!("{village}, xã {}", branch.commune)
}

/// A village, numbered or named.
pub fn village(dice: &mut Dice) -> String {
    if dice.percent(75) {
        format!("Xóm {}", dice.between(1, 20))
    } else {
        let name = dice.pick(&lists::VILLAGES);
        match name.strip_prefix("thôn ") {
            Some(rest) => format!("Thôn {rest}"),
            None => format!("Xóm {name}"),
        }
    }
}

/// A name for somebody of that sex and year of birth.
pub fn name(dice: &mut Dice, woman: bool, born: u32) -> String {
    let surname = dice.weighted(lists::SURNAMES);
    let (middle, given) = if woman {
        let middle = if born < 1985 && dice.percent(75) {
            "Thị"
        } else {
            dice.weighted(lists::MIDDLE_OF_WOMEN)
        };
        (middle, dice.pick(lists::GIVEN_OF_WOMEN))
    } else {
        let given = if born < 1975 {
            dice.pick(lists::GIVEN_OF_OLDER_MEN)
        } else {
            dice.pick(lists::GIVEN_OF_YOUNGER_MEN)
        };
        (dice.weighted(lists::MIDDLE_OF_MEN), given)
    };
    format!("{surname} {middle} {given}")
}

fn age(dice: &mut Dice, setting: Setting, role: Role) -> u32 {
    let bands: &[((u32, u32), u32)] = match (setting, role.secretary || role.deputy, role.away) {
        (_, _, true) => &[
            ((20, 30), 25),
            ((31, 40), 45),
            ((41, 50), 22),
            ((51, 58), 8),
        ],
        (Setting::Village, true, _) => &[((32, 50), 40), ((51, 60), 30), ((61, 68), 30)],
        (Setting::Village, false, _) => &[
            ((20, 30), 7),
            ((31, 40), 13),
            ((41, 50), 14),
            ((51, 60), 17),
            ((61, 70), 23),
            ((71, 92), 26),
        ],
        (_, true, _) => &[((35, 58), 1)],
        (_, false, _) => &[
            ((22, 30), 15),
            ((31, 40), 35),
            ((41, 50), 30),
            ((51, 60), 20),
        ],
    };
    let (low, high) = dice.weighted(bands);
    dice.between(low, high)
}

/// A member of this branch in that role. Neither their name with their date of birth nor their
/// numbers are somebody else's in the branch.
pub fn invent(dice: &mut Dice, branch: &Branch, role: Role, taken: &mut Taken) -> Member {
    let (setting, today) = (branch.setting, taken.today);
    let woman = dice.percent(if setting == Setting::School { 65 } else { 28 });
    let age = age(dice, setting, role);
    // Day of birth: before today by the age and some days of the year.
    let birth = today - (age * 1461 / 4) as i32 - dice.below(364) as i32 - 1;
    let Some(birth_date) = Day::from_number(birth).map(Day::date) else {
        return Member::default();
    };
    let birth_year = u32::from(birth_date.year());
    let born = match dice.below(100) {
        0..=14 if age > 75 => birth_date.year().to_string(),
        15..=17 => birth_date.to_string()[..7].to_owned(),
        _ => birth_date.to_string(),
    };
    let full_name = loop {
        let name = name(dice, woman, birth_year);
        let same = |m: &Member| {
            m.values.get("full_name") == Some(&Value::Text(name.clone()))
                && m.values.get("born") == Some(&Value::Text(born.clone()))
        };
        if !branch.members.iter().any(same) {
            break name;
        }
    };

    let mut v = Values::new();
    put(&mut v, "full_name", full_name.clone());
    put(&mut v, "sex", if woman { "female" } else { "male" });
    put(&mut v, "birth_name", full_name);
    if dice.percent(2) {
        let alias = dice.pick(lists::GIVEN_OF_OLDER_MEN);
        put(&mut v, "alias", alias);
    }
    put(&mut v, "born", born);
    residence(dice, branch, &mut v);
    work(dice, setting, age, role, &mut v);

    let probationary = age <= 40 && !role.secretary && !role.deputy && !role.away && {
        let chance = if age <= 30 { 22 } else { 6 };
        dice.percent(chance)
    };
    let admitted = admission(dice, branch, today, (birth, age, probationary), &mut v);
    if !probationary {
        let card = loop {
            let card = card(dice);
            if taken.cards.insert(card.clone()) {
                break card;
            }
        };
        put(&mut v, "card_number", card);
    }
    let life_history = loop {
        let number = format!("{}XX", dice.digits(6));
        if taken.life_histories.insert(number.clone()) {
            break number;
        }
    };
    put(&mut v, "life_history_no", life_history);
    if dice.percent(if age > 75 { 45 } else { 92 }) {
        put(&mut v, "phone", phone(dice));
    }
    if dice.percent(25) {
        let (kin, number) = (dice.pick(lists::KIN), phone(dice));
        put(&mut v, "contact_person", format!("{kin}, {number}"));
    }
    status(dice, today, (age, probationary, admitted), role, &mut v);
    awards(dice, today, admitted, &mut v);
    if dice.percent(15) {
        let note = dice.pick(lists::NOTES);
        put(&mut v, "note", note);
    }

    Member {
        values: v,
        sensitive: sensitive(dice, today, admitted),
        is_secretary: role.secretary,
        is_deputy: role.deputy,
        away: role.away,
        has_device: role.has_device,
    }
}

fn residence(dice: &mut Dice, branch: &Branch, v: &mut Values) {
    let old = |dice: &mut Dice| {
        let commune = dice.pick(&lists::OLD_COMMUNES);
        format!("xã {commune}, huyện Xuân Trường, tỉnh Nam Định")
    };
    let hometown = old(dice);
    let birthplace = if dice.percent(85) {
        hometown.clone()
    } else {
        old(dice)
    };
    put(v, "birthplace", birthplace);
    put(v, "hometown", hometown);
    put(v, "permanent_residence", address(dice, branch));
}

fn work(dice: &mut Dice, setting: Setting, age: u32, role: Role, v: &mut Values) {
    let job = match setting {
        Setting::School => dice.weighted(lists::SCHOOL_JOBS),
        Setting::Agency => dice.weighted(lists::AGENCY_JOBS),
        Setting::Village if age > 60 || (age > 55 && dice.percent(30)) => {
            dice.weighted(lists::RETIRED)
        }
        Setting::Village => dice.weighted(lists::JOBS),
    };
    put(v, "occupation", job);
    let post = if role.secretary {
        "Bí thư chi bộ"
    } else if role.deputy {
        "Phó bí thư chi bộ"
    } else if role.away {
        ""
    } else {
        dice.weighted(lists::POSTS)
    };
    put(v, "post", post);
    let staff = setting != Setting::Village;
    let education = if staff || age < 35 {
        "12/12"
    } else {
        dice.weighted(lists::EDUCATION)
    };
    put(v, "education", education);
    let qualification = if setting == Setting::School {
        "Đại học sư phạm"
    } else if staff {
        "Đại học"
    } else {
        dice.weighted(lists::QUALIFICATIONS)
    };
    put(v, "qualification", qualification);
    let theory = dice.weighted(lists::POLITICAL_THEORY);
    put(v, "political_theory", theory);
    let language = match (staff || age < 40) && dice.percent(30) {
        true => dice.weighted(lists::LANGUAGES),
        false => "Không",
    };
    put(v, "languages", language);
}

/// Sets when and where they were admitted and made official; the day of the admission.
fn admission(
    dice: &mut Dice,
    branch: &Branch,
    today: i32,
    (birth, age, probationary): (i32, u32, bool),
    v: &mut Values,
) -> i32 {
    let decided = if probationary {
        today - dice.between(40, 330) as i32
    } else {
        // Mostly between 19 and 34, and long enough ago to be official by now.
        let eldest = age
            .saturating_sub(2)
            .min(dice.weighted(&[(34, 80), (48, 15), (58, 5)]));
        let at = dice.between(18.min(eldest), eldest.max(18));
        let earliest = birth + 18 * 1461 / 4 + 10;
        (birth + (at * 1461 / 4) as i32 + dice.below(360) as i32)
            .min(today - 410)
            .max(earliest)
    };
    let ceremony = decided + dice.between(2, 30) as i32;
    put(v, "admission_decided_on", stored(decided));
    // Of old admissions often only the month is known.
    let long_ago = ceremony < today - 50 * 365;
    let known = stored(ceremony);
    let admitted = match dice.percent(if long_ago { 20 } else { 1 }) {
        true => known[..7].to_owned(),
        false => known,
    };
    put(v, "admitted_on", admitted);
    let place = if dice.percent(70) {
        branch.name.clone()
    } else {
        format!("Chi bộ {}", village(dice))
    };
    if dice.percent(80) {
        put(v, "admission_place", place.clone());
    }
    if !probationary {
        put(v, "official_on", stored(years_later(ceremony, 1)));
        if dice.percent(60) {
            put(v, "official_place", place);
        }
    }
    ceremony
}

fn status(
    dice: &mut Dice,
    today: i32,
    (age, probationary, admitted): (u32, bool, i32),
    role: Role,
    v: &mut Values,
) {
    let code = if role.away {
        v.insert("away".into(), Value::YesNo(true));
        let since = today - dice.between(60, 900) as i32;
        let reason = dice.weighted(lists::AWAY_REASONS);
        put(v, "away_reason", reason);
        put(v, "away_since", stored(since));
        if dice.percent(20) {
            let unclear = dice.pick(lists::AWAY_UNCLEAR);
            put(v, "away_at", unclear);
        } else {
            let at = dice.weighted(lists::AWAY_AT);
            put(v, "away_at", at);
            if dice.percent(60) {
                let street = format!("Số {}, {at}", dice.between(1, 240));
                put(v, "temporary_residence", street);
                put(v, "temporary_residence_since", stored(since + 20));
            }
        }
        if dice.percent(50) {
            put(v, "away_contact", format!("Zalo {}", phone(dice)));
        }
        dice.weighted(&[
            ("temp_exempt", 60),
            ("temp_transferred", 15),
            ("official", 25),
        ])
    } else if probationary {
        "probationary"
    } else if age >= 65 && !role.secretary && !role.deputy && dice.percent(40) {
        "exempt"
    } else if dice.per_mille(1) {
        "suspended"
    } else {
        "official"
    };
    put(v, "status", code);
    let since = match code {
        "probationary" => admitted,
        "official" => years_later(admitted, 1),
        _ => today - dice.between(10, 330) as i32,
    };
    if code != "official" || dice.percent(20) {
        put(v, "status_since", stored(since));
    }
    if !matches!(code, "official" | "probationary") {
        put(v, "statuses/0001/status", "official");
        put(v, "statuses/0001/since", stored(years_later(admitted, 1)));
    }
}

fn awards(dice: &mut Dice, today: i32, admitted: i32, v: &mut Values) {
    let this_year = Day::from_number(today).map_or(0, |d| u32::from(d.date().year()));
    let party_age = (today - admitted).max(0) as u32 * 4 / 1461;
    let badge = match party_age {
        0..30 => None,
        30..40 => Some(30),
        years => Some(years / 5 * 5),
    };
    if let Some(years) = badge.filter(|_| dice.percent(80)) {
        let year = this_year.saturating_sub(party_age - years);
        award(dice, format!("Huy hiệu {years} năm tuổi Đảng"), year, v);
    }
    if dice.percent(6) {
        let year = this_year.saturating_sub(dice.between(1, 6));
        award(dice, "Giấy khen của Đảng ủy".into(), year, v);
    }
}

/// Adds an award of that year.
pub fn award(dice: &mut Dice, form: String, year: u32, v: &mut Values) {
    let id = format!("{:08x}", dice.0.next_u32());
    let day = dice.pick(&["02-03", "05-19", "09-02", "11-07"]);
    let number = format!("{}-QĐ/ĐU", dice.between(10, 900));
    put(v, &format!("awards/{id}/form"), form);
    put(v, &format!("awards/{id}/date"), format!("{year}-{day}"));
    put(v, &format!("awards/{id}/number"), number);
}

fn sensitive(dice: &mut Dice, today: i32, admitted: i32) -> Values {
    let mut v = Values::new();
    let ethnicity = match dice.per_mille(998) {
        true => "kinh",
        false => dice.pick(&["muong", "tay", "thai", "nung"]),
    };
    put(&mut v, "ethnicity", ethnicity);
    let religion = match dice.below(100) {
        0..=4 => "catholic",
        5 => "buddhist",
        _ => "none",
    };
    put(&mut v, "religion", religion);
    if dice.percent(20) {
        put(&mut v, "personal_id", format!("000{}", dice.digits(9)));
    }
    let since = today - admitted - 400;
    if since > 0 && dice.per_mille(8) {
        let id = format!("{:08x}", dice.0.next_u32());
        let form = dice.weighted(&[("reprimand", 70), ("warning", 30)]);
        let day = today - dice.below(since.min(3000) as u32) as i32;
        let number = format!("{}-QĐ/ĐU", dice.between(10, 900));
        put(&mut v, &format!("discipline/{id}/form"), form);
        put(&mut v, &format!("discipline/{id}/date"), stored(day));
        put(&mut v, &format!("discipline/{id}/number"), number);
    }
    v
}
