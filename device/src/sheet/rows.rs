//! What stands in the sheets of the members: the rows of badges, card numbers, supplements and the roll, in words.
//!
//! Does not know: storage, who reads it.

use super::{Act, Mark, Part, Row, Sheet, Weight};
use crate::roll::{CardNumber, Cards, LostCard};
use crate::words::{self, Both, Lang};
use chibo_core::author::Target;
use chibo_core::date::{Day, PartialDate};
use chibo_core::deadline::State;
use chibo_core::document::Value;
use chibo_core::domain::dossier::YEARLY_SUPPLEMENT;
use chibo_core::domain::lost_card::LOST_CARD;
use chibo_core::domain::member::STATUSES;
use chibo_core::dossier::Supplement;
use chibo_core::id::PlaceId;
use chibo_core::party_age::{Forecast, Reaches};
use chibo_core::roll::{self, Line};

impl Row {
    pub(super) fn of(member: PlaceId, name: &str, cells: Vec<Both>) -> Row {
        Row {
            member,
            name: name.to_owned(),
            cells,
            mark: None,
            at: None,
            is_there: false,
            acts: Vec::new(),
        }
    }

    pub(super) fn marked(self, words: Both, weight: Weight) -> Row {
        Row {
            mark: Some(Mark { words, weight }),
            ..self
        }
    }
}

impl Part {
    pub(super) fn of(heading: Both, rows: Vec<Row>) -> Part {
        Part { heading, rows }
    }
}

pub(super) fn alike(words: impl Into<String>) -> Both {
    let words = words.into();
    Both::new(words.clone(), words)
}

fn unverified() -> Both {
    Both::new("chưa kiểm chứng", "unverified")
}

// ---- badges ---------------------------------------------------------------------------------

fn reaches(r: &Reaches) -> Row {
    let years = r.badge.years;
    let cells = vec![
        Both::new(format!("{years} năm"), format!("{years} years")),
        alike(r.badge.reached_on.shown()),
        alike(r.given_on.shown()),
    ];
    let row = Row::of(r.line.member, &r.line.name, cells);
    match (r.is_given, r.badge.is_verified) {
        (true, _) => row.marked(Both::new("đã tặng", "given"), Weight::Known),
        (false, false) => row.marked(unverified(), Weight::Known),
        (false, true) => row,
    }
}

/// Who comes to which badge in a year; `None`: no rule is known for it.
pub fn badges(forecast: Option<&Forecast>) -> Sheet {
    let Some(forecast) = forecast else {
        let why = Both::new(
            "Chưa có quy định về huy hiệu cho năm này.",
            "No rule about badges is known for this year.",
        );
        return Sheet {
            said: vec![why],
            ..Sheet::default()
        };
    };
    let unknown = forecast.unknown.iter();
    let unknown = unknown.map(|l| Row::of(l.member, &l.name, vec![Both::default(); 3]));
    let parts = vec![
        Part::of(
            Both::default(),
            forecast.reaches.iter().map(reaches).collect(),
        ),
        Part::of(
            Both::new(
                "Có thể xét tặng sớm nếu ốm nặng (máy không biết ai ốm)",
                "Could have it early if gravely ill (nobody's health is known here)",
            ),
            forecast.early.iter().map(reaches).collect(),
        ),
        Part::of(
            Both::new(
                "Chưa tính được: thiếu ngày quyết định kết nạp hoặc trạng thái",
                "Cannot be said: the admission's day or the status is missing",
            ),
            unknown.collect(),
        ),
    ];
    let days: Vec<String> = forecast.days.iter().map(|d| d.shown()).collect();
    let days = days.join(", ");
    let mut said = vec![Both::new(
        format!("Ngày trao: {days}"),
        format!("Given on: {days}"),
    )];
    if forecast.reaches.is_empty() && forecast.early.is_empty() {
        said.push(Both::new(
            "Không có ai trong năm này.",
            "Nobody in this year.",
        ));
    }
    Sheet {
        columns: vec![
            Both::new("Huy hiệu", "Badge"),
            Both::new("Đủ tuổi đảng ngày", "Party age reached on"),
            Both::new("Ngày trao", "Given on"),
        ],
        parts,
        said,
    }
}

// ---- card numbers ---------------------------------------------------------------------------

fn number(of: &Cards, card: &CardNumber) -> Row {
    let since = card.since.map(PartialDate::shown).unwrap_or_default();
    // Of a number that somebody only typed, the day on which it was typed is no day on which the card was given.
    let (since, rests) = match &card.paper {
        Some(paper) => (
            since,
            Both::new(
                format!("quyết định số {paper}"),
                format!("decision no. {paper}"),
            ),
        ),
        None if card.decision.is_some() => (since, Both::new("quyết định", "a decision")),
        None if since.is_empty() => (since, Both::new("ghi trong sổ", "the register")),
        None => (
            String::new(),
            Both::new(
                format!("ghi vào sổ ngày {since}"),
                format!("written into the register on {since}"),
            ),
        ),
    };
    let row = Row::of(
        of.member,
        &of.name,
        vec![alike(&card.number), alike(since), rests],
    );
    match card.is_now {
        true => row,
        false => row.marked(Both::new("số cũ", "old"), Weight::Known),
    }
}

fn lost(of: &Cards, case: &LostCard) -> Row {
    let state = LOST_CARD.case.and_then(|c| c.state(case.state));
    let (kind, state) = (LOST_CARD.label, state.map(|s| s.label));
    let words = state.map_or_else(Both::default, Both::from);
    let weight = match case.is_open {
        true => Weight::Open,
        false => Weight::Known,
    };
    let cells = vec![Both::default(), Both::default(), kind.into()];
    let row = Row::of(of.member, &of.name, cells).marked(words, weight);
    Row {
        at: Some(Target {
            scope: case.scope,
            kind: &LOST_CARD,
            doc: case.doc,
        }),
        is_there: true,
        ..row
    }
}

/// The card numbers, old and new, and the cards that were lost.
pub fn cards<'a>(all: impl IntoIterator<Item = &'a Cards>) -> Sheet {
    let mut rows = Vec::new();
    let (mut members, mut without) = (0, 0);
    for of in all {
        members += 1;
        if !of.numbers.iter().any(|n| n.is_now) {
            without += 1;
            let none = Both::new("chưa ghi số thẻ", "no number is recorded");
            let row = Row::of(of.member, &of.name, vec![Both::default(); 3]);
            rows.push(row.marked(none, Weight::Open));
        }
        // What stands comes first.
        let (now, old): (Vec<_>, Vec<_>) = of.numbers.iter().partition(|n| n.is_now);
        rows.extend(now.into_iter().chain(old).map(|n| number(of, n)));
        rows.extend(of.lost.iter().map(|case| lost(of, case)));
    }
    Sheet {
        columns: vec![
            Both::new("Số thẻ", "Number"),
            Both::new("Từ ngày", "Since"),
            Both::new("Theo", "By"),
        ],
        parts: vec![Part::of(Both::default(), rows)],
        said: vec![Both::new(
            format!("{members} người, {without} người chưa ghi số thẻ"),
            format!("{members} members, {without} without a number"),
        )],
    }
}

// ---- yearly supplements ---------------------------------------------------------------------

fn supplement(s: &Supplement, year: u16, writes_on: Option<Day>) -> Row {
    let (due, says, is_late) = match &s.deadline {
        Ok(d) => {
            let is_late = matches!(d.state, State::Overdue(_) | State::DoneLate(_));
            (d.due.shown(), words::deadline_state(d), is_late)
        }
        Err(gap) => (String::new(), words::no_deadline(gap), false),
    };
    let done = s.done.map(PartialDate::shown).unwrap_or_default();
    let row = Row::of(s.line.member, &s.line.name, vec![alike(done), alike(due)]);
    let weight = match (s.done, is_late) {
        (Some(_), false) => None,
        (Some(_), true) => Some(Weight::Known),
        (None, true) => Some(Weight::Late),
        (None, false) => Some(Weight::Open),
    };
    let row = match weight {
        Some(weight) => row.marked(says, weight),
        None => row,
    };
    let act = |label, done_on: String| Act {
        label,
        // The first word about a year makes the document, and has to say which year it is.
        typed: vec![("year", year.to_string()), ("done_on", done_on)],
    };
    let acts = writes_on.map(|today| match s.done {
        None => act(
            Both::new("Đã nộp hôm nay", "Handed in today"),
            today.to_string(),
        ),
        Some(_) => act(
            Both::new("Ghi nhầm, chưa nộp", "A mistake: not handed in"),
            String::new(),
        ),
    });
    let key = year.to_string();
    Row {
        at: Some(Target::at(
            s.line.member,
            &YEARLY_SUPPLEMENT,
            key.as_bytes(),
        )),
        is_there: (s.line.of.supplements.iter())
            .any(|v| v.get("year").map(Value::shown).as_deref() == Some(&key)),
        acts: acts.into_iter().collect(),
        ..row
    }
}

/// Who has handed in the supplement of a year: first who has not, then who has. `writes_on`: the day on which a reader may
/// note that it came; `None`: they may not.
pub fn supplements(all: &[Supplement], year: u16, writes_on: Option<Day>) -> Sheet {
    let rows = |is_done: bool| {
        let of = all.iter().filter(|s| s.done.is_some() == is_done);
        of.map(|s| supplement(s, year, writes_on)).collect()
    };
    let missing = all.iter().filter(|s| s.done.is_none()).count();
    let done = all.len() - missing;
    let mut said = vec![Both::new(
        format!("{year}: đã nộp {done}, chưa nộp {missing}"),
        format!("{year}: handed in {done}, missing {missing}"),
    )];
    if let Some(Ok(d)) = all.first().map(|s| &s.deadline) {
        let (until, source) = (d.due.shown(), d.source.shown());
        let mark = match d.is_verified {
            true => Both::default(),
            false => unverified(),
        };
        let by = |mark: String| {
            let parts = [source.clone(), mark].into_iter();
            let parts: Vec<String> = parts.filter(|p| !p.is_empty()).collect();
            match parts.is_empty() {
                true => String::new(),
                false => format!(" ({})", parts.join("; ")),
            }
        };
        said.push(Both::new(
            format!("Hạn {until}{}", by(mark.vi)),
            format!("Due {until}{}", by(mark.en)),
        ));
    }
    Sheet {
        columns: vec![
            Both::new("Ngày nộp", "Handed in on"),
            Both::new("Hạn", "Due"),
        ],
        parts: vec![
            Part::of(Both::new("Chưa nộp", "Not handed in"), rows(false)),
            Part::of(Both::new("Đã nộp", "Handed in"), rows(true)),
        ],
        said,
    }
}

// ---- the roll -------------------------------------------------------------------------------

fn status(code: &str) -> Both {
    let known = STATUSES.iter().find(|c| c.code == code);
    match (code, known) {
        ("", _) => Both::new("chưa rõ", "not known"),
        (code, None) => alike(code),
        (_, Some(code)) => code.label.into(),
    }
}

fn member(line: &Line) -> Row {
    let day = |of: Option<PartialDate>| alike(of.map(PartialDate::shown).unwrap_or_default());
    let since = line.status.as_ref().and_then(|s| s.since);
    let until = line.status.as_ref().and_then(|s| s.until);
    let cells = vec![status(line.status_code()), day(since), day(until)];
    Row::of(line.member, &line.name, cells)
}

/// Everybody with their status on a day: who belongs here, then who does not any more.
pub fn members(lines: &[Line]) -> Sheet {
    let rows = |belongs: bool| {
        let of = lines.iter().filter(|l| l.belongs == belongs);
        of.map(member).collect()
    };
    let counts = roll::counts(lines);
    let of = |lang: Lang| {
        let parts = counts.by_status.iter();
        let parts = parts.map(|(code, n)| format!("{}: {n}", lang.both(status(code))));
        let parts: Vec<String> = parts.collect();
        match parts.is_empty() {
            true => String::new(),
            false => format!(" ({})", parts.join(", ")),
        }
    };
    let (members, gone) = (counts.members, counts.gone);
    let unknown = match counts.unknown {
        0 => Both::default(),
        n => Both::new(
            format!(" chưa rõ tình trạng: {n};"),
            format!(" status not known: {n};"),
        ),
    };
    Sheet {
        columns: vec![
            Both::new("Tình trạng", "Status"),
            Both::new("Từ", "Since"),
            Both::new("Đến hết", "Until"),
        ],
        parts: vec![
            Part::of(Both::default(), rows(true)),
            Part::of(
                Both::new("Không còn sinh hoạt ở đây", "Do not belong here any more"),
                rows(false),
            ),
        ],
        said: vec![Both::new(
            format!(
                "Đang sinh hoạt: {members};{} không còn: {gone}{}",
                unknown.vi,
                of(Lang::Vi)
            ),
            format!(
                "Belong here: {members};{} gone: {gone}{}",
                unknown.en,
                of(Lang::En)
            ),
        )],
    }
}
