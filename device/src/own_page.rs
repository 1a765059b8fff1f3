//! All that is recorded about a person (*dữ liệu của tôi*), as a page that leaves the program: to be printed, or for
//! machines. Whose words each sentence is, who typed it, how long it is kept, what was said against it and by when that is
//! answered, who else looked.
//!
//! Does not know: where it is written to, who may have it ([`chibo_core::own_data::may_see`]), the clock.

use crate::kept::{KeptFor, kept_for};
use crate::lists::{Known, ListError};
use crate::paper::Line;
use crate::words::{self, Lang};
use chibo_core::calendar::WorkingDays;
use chibo_core::date::{Day, PartialDate};
use chibo_core::deadline::{self, Deadline};
use chibo_core::domain::contest::{CONTESTS, OUTCOMES, said};
use chibo_core::domain::look::LOOKS;
use chibo_core::domain::member::MEMBER;
use chibo_core::field;
use chibo_core::id::{DocId, PlaceId};
use chibo_core::kind::{FieldType, Kind};
use chibo_core::own_data::{self, Contest, Looked, OwnData, Record, Typed};
use chibo_core::place::Role;
use chibo_core::replica;
use chibo_core::store::Store;
use chibo_core::store::sqlite::{Find, SqliteStore};
use chibo_core::tree::Tree;
use serde_json::json;
use std::collections::BTreeMap;

/// What is told about a person, with what the words need.
#[derive(Debug)]
pub struct OwnPage {
    person: PlaceId,
    /// The person's place, and their stays.
    places: Vec<PlaceId>,
    name: String,
    own: OwnData,
    names: BTreeMap<String, String>,
    deadlines: BTreeMap<DocId, Deadline>,
    /// How long each of it is kept.
    kept: BTreeMap<DocId, KeptFor>,
    on: String,
    role: Role,
}

impl OwnPage {
    /// What is recorded about a person, as far as this store holds it; `role`: who reads it.
    pub fn of(
        store: &SqliteStore,
        tree: &Tree,
        role: Role,
        person: PlaceId,
        today: Day,
    ) -> Result<OwnPage, ListError> {
        let own = store.read(|tx| own_data::of(tx, tree, person))?;
        let members = store.find(&Find {
            kind: Some(MEMBER.number),
            ..Find::default()
        })?;
        let regulations = Known::of(store)?.regulations;
        let working = WorkingDays::new(&regulations);
        let mut deadlines = BTreeMap::new();
        for kind in CONTESTS {
            let rows = store.find(&Find {
                kind: Some(kind.number),
                places: Some(&tree.subtree(person)),
                ..Find::default()
            })?;
            for row in rows {
                for fact in deadline::facts(kind, &replica::values_of(&row), row.place) {
                    if let Ok(d) = deadline::deadline(&fact, &regulations, &working, today) {
                        deadlines.insert(row.doc, d);
                    }
                }
            }
        }
        let kept = kept_for(store, &own, &regulations, today)?;
        let names: BTreeMap<String, String> = (members.into_iter())
            .map(|r| (r.place.to_string(), r.title))
            .collect();
        Ok(OwnPage {
            person,
            places: tree.subtree(person),
            name: names.get(&person.to_string()).cloned().unwrap_or_default(),
            own,
            names,
            deadlines,
            kept,
            on: today.shown(),
            role,
        })
    }

    /// Whether it was a list in which the person stands, and not their record alone.
    fn is_list(&self, looked: &Looked) -> bool {
        !self.places.contains(&looked.place)
    }

    /// Who typed something, by name where it is known.
    fn typed(&self, typed: Option<&Typed>, lang: Lang) -> String {
        let Some(t) = typed else {
            return lang
                .say("văn phòng xác nhận", "attested by the office")
                .into();
        };
        let role = lang.label(t.role.label());
        let day = match t.time {
            Some(time) => time
                .day_in_vietnam()
                .map_or_else(|| "?".to_owned(), Day::shown),
            None => lang.say("chưa gửi", "not sent yet").into(),
        };
        match self.names.get(&t.person.to_string()) {
            Some(name) => format!("{name} ({role}), {day}"),
            None => format!("{role}, {day}"),
        }
    }

    /// As lines: the sentences, whose they are, what was said against them, who looked.
    pub fn lines(&self, lang: Lang) -> Vec<Line> {
        let vietnamese = lang == Lang::Vi;
        let mut lines = vec![(
            0,
            format!(
                "{}: {}  ({})",
                lang.say("Dữ liệu đã ghi về", "What is recorded about"),
                self.name,
                self.on
            ),
        )];
        for record in &self.own.records {
            let label = lang.label(record.kind.label);
            let title = match self.title(record, vietnamese) {
                title if title.is_empty() => title,
                title => format!(" {title}"),
            };
            lines.push((0, format!("{label}{title}  [{}]", record.doc.short())));
            let kept = self.kept.get(&record.doc);
            lines.extend(kept.map(|kept| (1, kept.shown(lang))));
            for said in &record.said {
                let value = field::shown(record.kind, &said.path, &said.value, vietnamese);
                // What was taken away is told for the sake of what was said against it.
                let value = match (value.is_empty(), said.contests.is_empty()) {
                    (true, true) => continue,
                    (true, false) => lang.say("(đã bỏ)", "(taken away)").to_owned(),
                    (false, _) => value,
                };
                let label = path_label(record.kind, &said.path, lang);
                let told = said.told.iter().map(|t| lang.both(words::told(t)));
                let told: String = told.map(|t| format!("{t}; ")).collect();
                let typed = self.typed(said.typed.as_ref(), lang);
                let is_own = (said.typed.as_ref()).is_some_and(|t| t.person.0 == self.person.0);
                let by = match told.is_empty() && is_own {
                    true => lang.say(
                        "tự khai trên máy của mình",
                        "said by themself on their device",
                    ),
                    false => lang.say("người ghi", "typed by"),
                };
                lines.push((1, format!("{label}: {value}  — {told}{by}: {typed}")));
                for contest in &said.contests {
                    lines.extend(self.contest(contest, lang));
                }
            }
        }
        let mut others = self.own.at_no_sentence().peekable();
        if others.peek().is_some() {
            let title = lang.say(
                "Ý kiến về nội dung không hiện ở đây",
                "Contests of what is not shown here",
            );
            lines.push((0, title.to_owned()));
        }
        for contest in others {
            lines.extend(self.contest(contest, lang));
        }
        let looks = lang.say(
            "Người khác đã mở xem, in, xuất",
            "Opened, printed or exported by others",
        );
        lines.push((0, looks.to_owned()));
        for l in &self.own.looks {
            let what = LOOKS.iter().find(|c| c.code == l.what);
            let what = what.map_or(l.what.as_str(), |c| lang.label(c.label));
            let role = Role::from_name(&l.role).map_or(l.role.as_str(), |r| lang.label(r.label()));
            let name = self.names.get(&l.person).map_or("", String::as_str);
            let on = PartialDate::parse(&l.on).map_or_else(|_| l.on.clone(), PartialDate::shown);
            let list = match self.is_list(l) {
                true => lang.say("(cả danh sách của đơn vị)", "(the unit's whole list)"),
                false => "",
            };
            let parts = [on.as_str(), what, list, role, name, l.mandate.as_str()];
            let parts: Vec<&str> = parts.into_iter().filter(|p| !p.is_empty()).collect();
            lines.push((1, parts.join("  ")));
        }
        if self.own.looks.is_empty() {
            lines.push((1, lang.say("(không có)", "(nobody)").to_owned()));
        }
        if self.role == Role::Member {
            let more = lang.say(
                "Dân tộc, tôn giáo, kỷ luật và những gì chỉ văn phòng giữ, cả ý kiến về những điều đó: xin bản in của văn phòng.",
                "Ethnic group, religion, discipline and what only the office keeps, with what was said against it: ask the office for its print.",
            );
            lines.push((0, more.to_owned()));
        }
        lines
    }

    /// What names a unit's record: the meeting's day, the unit's name.
    fn title(&self, record: &Record, vietnamese: bool) -> String {
        let title = record.title.as_ref();
        title.map_or_else(String::new, |title| {
            field::shown(record.kind, record.kind.title, title, vietnamese)
        })
    }

    /// A contest under its sentence: the words, by when they are to be answered, and the answer.
    fn contest(&self, contest: &Contest, lang: Lang) -> Vec<Line> {
        let case = &contest.case;
        let on = |done: &chibo_core::case::Done| done.on().map_or(String::new(), |d| d.shown());
        let whose = match said(&case.raised, "said_by") {
            "" => String::new(),
            name => format!(" {} {name},", lang.say("theo lời", "in the words of")),
        };
        let mut lines = vec![(
            2,
            format!(
                "{} {}:{whose} {}: “{}”",
                lang.say("Ý kiến", "Contested"),
                on(&case.raised),
                format_args!(
                    "{} {}",
                    lang.say("người ghi", "typed by"),
                    self.typed(contest.raised.as_ref(), lang)
                ),
                said(&case.raised, "words")
            ),
        )];
        if let Some(d) = self.deadlines.get(&contest.doc) {
            lines.push((
                2,
                format!(
                    "{} {}: {}  ({})",
                    lang.say("Hạn trả lời", "To be answered by"),
                    d.due.shown(),
                    lang.both(words::deadline_state(d)),
                    d.source.shown()
                ),
            ));
        }
        if let Some(answer) = &case.answered {
            let outcome = OUTCOMES.iter().find(|c| c.code == said(answer, "outcome"));
            let outcome = outcome.map_or("", |c| lang.label(c.label));
            let correction = match said(answer, "correction") {
                "" => String::new(),
                now => format!(" “{now}”"),
            };
            lines.push((
                2,
                format!(
                    "{} {}: {outcome}{correction}. {}  — {}",
                    lang.say("Trả lời", "Answered"),
                    on(answer),
                    said(answer, "note"),
                    self.typed(contest.answered.as_ref(), lang)
                ),
            ));
        }
        lines
    }

    /// For machines: the same with ids, codes and times.
    pub fn json(&self, lang: Lang) -> serde_json::Value {
        let typed = |t: &Option<Typed>| {
            t.as_ref().map(|t| {
                json!({"person": t.person, "name": self.names.get(&t.person.to_string()),
                       "role": t.role.name(), "time": t.time.map(|time| time.0)})
            })
        };
        let texts = |done: &chibo_core::case::Done| -> BTreeMap<String, String> {
            let said = done.said.iter();
            said.map(|(name, value)| (name.clone(), value.shown()))
                .collect()
        };
        let contest = |c: &Contest| {
            let due = self.deadlines.get(&c.doc);
            json!({"id": c.doc, "state": c.case.state, "raised": texts(&c.case.raised),
                   "kept": self.kept.get(&c.doc).map(|k| k.shown(lang)),
                   "raised_typed": typed(&c.raised), "answered": c.case.answered.as_ref().map(texts),
                   "answered_typed": typed(&c.answered),
                   "due": due.map(|d| d.due.to_string()),
                   "says": due.map(|d| lang.both(words::deadline_state(d))),
                   "late": due.is_some_and(|d| matches!(d.state, deadline::State::Overdue(_)
                                                          | deadline::State::DoneLate(_)))})
        };
        let records: Vec<_> = (self.own.records.iter())
            .map(|r| {
                let values: Vec<_> = (r.said.iter())
                    .map(|s| {
                        let told = s
                            .told
                            .iter()
                            .map(|t| json!({"said_by": t.said_by, "how": t.how}));
                        json!({"path": s.path, "value": s.value.shown(), "typed": typed(&s.typed),
                               "told": told.collect::<Vec<_>>(),
                               "contests": s.contests.iter().map(contest).collect::<Vec<_>>()})
                    })
                    .collect();
                let kept = self.kept.get(&r.doc);
                json!({"id": r.doc, "kind": r.kind.name, "title": self.title(r, lang == Lang::Vi),
                       "kept_until": kept.and_then(|k| k.until).map(|day| day.to_string()),
                       "kept": kept.map(|k| k.shown(lang)), "kept_by": kept.and_then(|k| k.rule),
                       "values": values})
            })
            .collect();
        let looks: Vec<_> = (self.own.looks.iter())
            .map(|l| {
                json!({"on": l.on, "what": l.what, "role": l.role, "person": l.person,
                       "name": self.names.get(&l.person), "mandate": l.mandate, "list": self.is_list(l)})
            })
            .collect();
        json!({"name": self.name, "on": self.on, "records": records,
               "office_keeps_more": self.role == Role::Member,
               "contests": self.own.contests.iter().map(contest).collect::<Vec<_>>(), "looks": looks})
    }
}

/// What a path is called: the field, and in a list of small records the field of the record.
fn path_label(kind: &Kind, path: &str, lang: Lang) -> String {
    let mut parts = path.split('/');
    let Some(field) = parts.next().and_then(|name| kind.field(name)) else {
        return path.to_owned();
    };
    let label = lang.label(field.label).to_owned();
    match (field.kind, parts.next_back()) {
        (FieldType::Entries(fields), Some(last)) => match fields.iter().find(|f| f.name == last) {
            Some(inner) => format!("{label}, {}", lang.label(inner.label)),
            None => label,
        },
        _ => label,
    }
}
