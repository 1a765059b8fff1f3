//! Who is away (*đi làm ăn xa*), where they can be found, who has not been heard of, and which procedure fits.
//!
//! Everything is worked out for a day from what is recorded of a member: their record, the decisions about them,
//! statements of address ([`crate::domain::address`]) and check-ins. Nothing of it is stored. An address that
//! nobody could find is *unclear* (*không rõ ràng*); that is worked out too, with the reason, so that it goes
//! away by itself when somebody says more.
//!
//! How the record and the statements meet: the record's fields for residence and for being away count as one more
//! statement, by their day, and without a day as the oldest. Statements of a sort follow each other by the day from
//! which they hold; the last one that has begun stands, and where its time is over nothing stands (the one before
//! it does not come back).
//!
//! Does not know: storage, the clock (the day is passed in), what a regulation says (its numbers are passed in,
//! with today's values beside them). It counts and shows; it proposes nothing about anybody by itself.

use crate::calendar::WorkingDays;
use crate::commune::{Commune, Communes, Resolution};
use crate::date::{Day, PartialDate};
use crate::deadline::{self, Fact, NoDeadline};
use crate::document::{Value, Values};
use crate::domain::check_in::HEARD_OF;
use crate::domain::decision;
use crate::id::{DocId, PlaceId};
use crate::kind::{KINDS, Kind, Part};
use crate::place::PlaceKind;
use crate::register::{self, Standing, date, first_day, last_day, text};
use crate::regulation::{Key, Regulations, Rule, Unit};
use crate::text::{RollOrder, fold_words};
use std::sync::Arc;

// ---- addresses ------------------------------------------------------------------------------

/// What an address is to the member; the codes are those of [`crate::domain::address::SORTS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// Where they are registered (*thường trú*).
    Permanent,
    /// Where they are registered for a time (*tạm trú*).
    Temporary,
    /// Where they work far from home.
    Away,
    /// Abroad: the official list says nothing about it.
    Abroad,
}

/// Every sort, in the order in which a person's addresses are told.
pub const SORTS: [Sort; 4] = [Sort::Permanent, Sort::Temporary, Sort::Away, Sort::Abroad];

impl Sort {
    /// Its code in documents.
    pub fn code(self) -> &'static str {
        match self {
            Sort::Permanent => "permanent",
            Sort::Temporary => "temporary",
            Sort::Away => "away",
            Sort::Abroad => "abroad",
        }
    }

    /// The sort with this code.
    pub fn from_code(code: &str) -> Option<Sort> {
        SORTS.into_iter().find(|s| s.code() == code)
    }

    /// Whether who lives there is away.
    pub fn is_away(self) -> bool {
        matches!(self, Sort::Away | Sort::Abroad)
    }
}

/// One statement of where a member lives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Address {
    /// The document; `None`: the member's record.
    pub doc: Option<DocId>,
    /// What it is to them; `None`: nobody has said.
    pub sort: Option<Sort>,
    /// The words, as they were said; may be empty.
    pub text: String,
    /// The code of the official list that stands beside the words, as it was typed.
    pub commune_code: Option<String>,
    /// Since when.
    pub from: Option<PartialDate>,
    /// Until when, that day included: as it came, else as it is planned.
    pub until: Option<PartialDate>,
    /// Why.
    pub reason: Option<String>,
    /// Whether home and work there are stable, where somebody has said.
    pub is_stable: Option<bool>,
    /// A branch there that could take them in for a time.
    pub host: Option<String>,
    /// Whom to ask there, and the telephone.
    pub contact: Option<String>,
    /// On which day it was said.
    pub said_on: Option<PartialDate>,
    /// Whose words they are.
    pub said_by: Option<String>,
    /// By what way they came: a code of [`crate::domain::check_in::CHECK_IN_WAYS`].
    pub how: Option<String>,
    /// Who typed them for somebody else.
    pub recorded_by: Option<String>,
}

impl Address {
    /// The statement that a document makes; `None`: it was cancelled as recorded by mistake.
    pub fn of_document(doc: DocId, values: &Values) -> Option<Address> {
        if decision::is_cancelled(values) {
            return None;
        }
        let own = |name| text(values, name).map(str::to_owned);
        let contact: Vec<&str> = ["contact_person", "contact_phone"]
            .into_iter()
            .filter_map(|name| text(values, name))
            .collect();
        Some(Address {
            doc: Some(doc),
            sort: text(values, "sort").and_then(Sort::from_code),
            text: own("text").unwrap_or_default(),
            commune_code: own("commune_code"),
            from: date(values, "from").or_else(|| date(values, "said_on")),
            until: date(values, "ended_on").or_else(|| date(values, "until")),
            reason: own("reason"),
            is_stable: match values.get("stable") {
                Some(Value::YesNo(is)) => Some(*is),
                _ => None,
            },
            host: own("host"),
            contact: (!contact.is_empty()).then(|| contact.join(", ")),
            said_on: date(values, "said_on"),
            said_by: own("said_by"),
            how: own("how"),
            recorded_by: own("recorded_by"),
        })
    }

    /// What the fields of the member's record say; `None`: nothing.
    fn of_record(record: &Values, sort: Sort) -> Option<Address> {
        let own = |name: &str| text(record, name).map(str::to_owned);
        let (words, code, since) = match sort {
            Sort::Permanent => ("permanent_residence", "permanent_residence_code", ""),
            Sort::Temporary => (
                "temporary_residence",
                "temporary_residence_code",
                "temporary_residence_since",
            ),
            Sort::Away => ("away_at", "away_at_code", "away_since"),
            Sort::Abroad => return None,
        };
        let is_away = sort == Sort::Away;
        if is_away && record.get("away") == Some(&Value::YesNo(false)) {
            return None;
        }
        let says = own(words).or_else(|| own(code)).is_some();
        let says_away = is_away && record.get("away") == Some(&Value::YesNo(true));
        (says || says_away).then(|| Address {
            sort: Some(sort),
            text: own(words).unwrap_or_default(),
            commune_code: own(code),
            from: date(record, since),
            reason: own("away_reason").filter(|_| is_away),
            contact: own("away_contact").filter(|_| is_away),
            ..Address::default()
        })
    }

    /// The commune of the official list, where there is no doubt about it: by the code, else by the words.
    pub fn commune(&self) -> Option<Commune> {
        let list = Communes::official();
        match &self.commune_code {
            Some(code) => list.by_code(code),
            None => list.resolve_old(&self.text).sure(),
        }
    }

    /// Whether it has begun on that day. One of which nobody knows the beginning has.
    fn has_begun(&self, on: Day) -> bool {
        self.from.and_then(first_day).is_none_or(|from| from <= on)
    }

    /// Whether its time is over on that day.
    fn is_over(&self, on: Day) -> bool {
        self.until.and_then(last_day).is_some_and(|last| last < on)
    }

    /// The order in which statements follow each other. One without a day is the oldest; of one day the record's
    /// comes before the documents'. Of two documents that agree in all days either may stand, on every device the
    /// same: a person cancels the wrong one.
    fn order(&self) -> impl Ord + use<> {
        (self.from, self.doc.is_some(), self.said_on, self.doc)
    }
}

/// The addresses that stand on a day: at most one of each sort, in the order of [`SORTS`]. `documents`: every
/// address document of the member. Somebody is in one place at a time, so of being away and being abroad only
/// the later statement stands.
pub fn current_addresses(record: &Values, documents: &[(DocId, Values)], on: Day) -> Vec<Address> {
    let mut last: Vec<Address> = Vec::new();
    for sort in SORTS {
        let said = documents
            .iter()
            .filter_map(|(doc, values)| Address::of_document(*doc, values))
            .filter(|a| a.sort == Some(sort));
        let newest = Address::of_record(record, sort)
            .into_iter()
            .chain(said)
            .filter(|a| a.has_begun(on))
            .max_by_key(Address::order);
        last.extend(newest);
    }
    let away = |a: &Address| a.sort.is_some_and(Sort::is_away);
    let latest = last.iter().filter(|a| away(a)).max_by_key(|a| a.order());
    let latest = latest.map(Address::order);
    last.retain(|a| !a.is_over(on) && (!away(a) || Some(a.order()) == latest));
    last
}

/// Why an address is unclear.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unclear {
    /// Nothing is written.
    Empty,
    /// Only a province, and nothing below it.
    OnlyProvince,
    /// The words name no commune of the official list, nor one that became one of it.
    NotFound,
    /// The code that stands beside the words is not on the official list.
    NoSuchCode,
    /// A place name of before July 2025 that became several, or one that several communes bear: a person says
    /// which of these.
    Several(Vec<Commune>),
    /// Nobody has said it for that long; `since`: when it was last said, if that is known.
    Old {
        /// The last day on which it was said.
        since: Option<Day>,
    },
    /// The last check-in is later and names another commune.
    SaidElsewhere(Commune),
}

impl Unclear {
    /// Its name for programs and commands: never changed.
    pub fn code(&self) -> &'static str {
        match self {
            Unclear::Empty => "empty",
            Unclear::OnlyProvince => "only_province",
            Unclear::NotFound => "not_found",
            Unclear::NoSuchCode => "no_such_code",
            Unclear::Several(_) => "several",
            Unclear::Old { .. } => "old",
            Unclear::SaidElsewhere(_) => "said_elsewhere",
        }
    }

    /// The communes that it may be.
    pub fn candidates(&self) -> &[Commune] {
        match self {
            Unclear::Several(all) => all,
            Unclear::SaidElsewhere(one) => std::slice::from_ref(one),
            _ => &[],
        }
    }
}

/// Until when a statement of that day counts if nobody repeats it (`address.old`: no regulation stands behind it, a branch
/// decides); `None`: it does not grow old.
pub fn good_until(said: Day, regulations: &Regulations) -> Option<Day> {
    let amount = &regulations.at_or_first(Key::AddressOld, said)?.amount;
    let count = u32::try_from(amount.number()).ok()?;
    match amount.unit() {
        Unit::Days => said.plus_days(i32::try_from(count).ok()?),
        Unit::Months => said.plus_months(count),
        Unit::Years => said.plus_months(count.checked_mul(12)?),
        _ => None,
    }
}

/// Why an address is unclear on a day; empty: it is clear. `heard`: the last check-in. `good_until`: until when a
/// statement of a day counts. A permanent residence does not grow old, since it is registered; what lies abroad is not
/// checked against the list.
pub fn unclear(
    address: &Address,
    heard: Option<&Heard>,
    on: Day,
    good_until: Terms<Day>,
) -> Vec<Unclear> {
    let mut why = Vec::new();
    let list = Communes::official();
    let commune = address.commune();
    let abroad = address.sort == Some(Sort::Abroad);
    if abroad {
        if address.text.is_empty() {
            why.push(Unclear::Empty);
        }
    } else if let Some(code) = &address.commune_code {
        if list.by_code(code).is_none() {
            why.push(Unclear::NoSuchCode);
        }
    } else if address.text.is_empty() {
        why.push(Unclear::Empty);
    } else {
        match list.resolve_old(&address.text) {
            Resolution::Current(_) | Resolution::Became(_) => {}
            Resolution::Unknown if list.names_only_a_province(&address.text) => {
                why.push(Unclear::OnlyProvince);
            }
            Resolution::Unknown => why.push(Unclear::NotFound),
            several => why.push(Unclear::Several(several.candidates().to_vec())),
        }
    }
    if address.sort == Some(Sort::Permanent) {
        return why;
    }
    let said = address.said_on.or(address.from).and_then(last_day);
    let mut since = said;
    if let Some(heard) = heard.filter(|h| said.is_none_or(|said| said <= h.on)) {
        match (commune, heard.commune) {
            (Some(here), Some(there)) if here != there && address.sort == Some(Sort::Away) => {
                why.push(Unclear::SaidElsewhere(there));
            }
            // The member said it again.
            (Some(here), Some(there)) if here == there => since = Some(heard.on),
            (None, _) if fold_words(&heard.words) == fold_words(&address.text) => {
                since = Some(heard.on);
            }
            _ => {}
        }
    }
    let is_old = |since| good_until(since).is_some_and(|until| until < on);
    if since.is_none_or(is_old) {
        why.push(Unclear::Old { since });
    }
    why
}

// ---- the away list --------------------------------------------------------------------------

/// A member's own last word of where they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// On which day.
    pub on: Day,
    /// Where, in their words.
    pub words: String,
    /// The commune of the official list, where there is no doubt.
    pub commune: Option<Commune>,
    /// The telephone that they gave.
    pub phone: Option<String>,
}

/// The last of a member's check-ins up to a day. One dated later is a slip of the pen and counts for nothing.
pub fn last_heard<'a>(check_ins: impl IntoIterator<Item = &'a Values>, on: Day) -> Option<Heard> {
    let (day, values) = check_ins
        .into_iter()
        .filter_map(|values| Some((said_on(values)?, values)))
        .filter(|(day, _)| *day <= on)
        .max_by_key(|(day, _)| *day)?;
    let words = text(values, "commune").unwrap_or_default().to_owned();
    let list = Communes::official();
    Some(Heard {
        on: day,
        commune: match text(values, "commune_code") {
            Some(code) => list.by_code(code),
            None => list.resolve_old(&words).sure(),
        },
        words,
        phone: text(values, "phone").map(str::to_owned),
    })
}

/// On which day somebody said it.
fn said_on(check_in: &Values) -> Option<Day> {
    date(check_in, "said_on").and_then(first_day)
}

/// What is recorded of one member.
#[derive(Debug, Clone, Default)]
pub struct Recorded {
    /// The member's own document.
    pub record: Values,
    /// What the law calls sensitive; empty: not read here.
    pub sensitive: Values,
    /// Every decision about them.
    pub decisions: Vec<(DocId, Values)>,
    /// Every statement of their address.
    pub addresses: Vec<(DocId, Values)>,
    /// Every check-in.
    pub check_ins: Vec<Values>,
    /// The index of their paper dossier.
    pub dossier: Values,
    /// Every yearly supplement.
    pub supplements: Vec<Values>,
    /// Which of the decisions a case gave.
    pub by_case: Vec<DocId>,
    /// Every case by which they go to another unit, with its kind.
    pub moves: Vec<(&'static Kind, DocId, Values)>,
}

/// The kinds of documents that [`Recorded`] is made of: those about a member that have a part in it.
pub fn recorded() -> impl Iterator<Item = &'static Kind> {
    let all = KINDS.iter().copied();
    all.filter(|kind| kind.part != Part::Nothing && kind.place.contains(&PlaceKind::Member))
}

impl Recorded {
    /// Puts a document about the member where it belongs; one of a kind without a part says nothing about this.
    pub fn add(&mut self, kind: &'static Kind, doc: DocId, values: Values) {
        match kind.part {
            Part::Nothing => {}
            Part::Record => self.record = values,
            Part::Sensitive => self.sensitive = values,
            Part::Decision => self.decisions.push((doc, values)),
            Part::Decides(by) => {
                let decided = register::decided_by(kind, by, &values);
                if let Some(values) = decided {
                    self.decisions.push((doc, values));
                    self.by_case.push(doc);
                }
            }
            Part::Moves(_) => self.moves.push((kind, doc, values)),
            Part::Address => self.addresses.push((doc, values)),
            Part::CheckIn => self.check_ins.push(values),
            Part::Dossier => self.dossier = values,
            Part::Supplement => self.supplements.push(values),
        }
    }
}

/// A member who is away: a row of the list (*danh sách đảng viên đi làm ăn xa*).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Away {
    /// The member.
    pub member: PlaceId,
    /// Their name on that day.
    pub name: String,
    /// Where they are, with reason, from, until and contact, and whose words that is. Nothing but "away" may be
    /// known of it.
    pub address: Address,
    /// Why the address is unclear; empty: it is clear.
    pub unclear: Vec<Unclear>,
    /// How they are reached: the contact that the address names, else the telephone of the last check-in, else
    /// what their record says.
    pub contact: Option<String>,
    /// When they were last heard of.
    pub last_heard: Option<Heard>,
    /// Their status and the paper it rests on: shows whether a procedure was gone through already.
    pub status: Option<Standing>,
    /// Which procedures may fit their absence, as far as it is known: several where nobody has said whether home
    /// and work are stable, or whether a branch there takes them in.
    pub procedures: Vec<Advice>,
}

/// The members who are away on a day, in the order of rolls. Who does not belong here any more is not among them.
/// `bounds`: the terms of the choice aid; `good_until`: see [`good_until`].
pub fn away_list(
    members: &[(PlaceId, Recorded)],
    on: Day,
    bounds: Terms<Bounds>,
    good_until: Terms<Day>,
    order: &RollOrder,
) -> Vec<Away> {
    let mut list: Vec<(Vec<u8>, Away)> = members
        .iter()
        .filter_map(|(place, of)| {
            let away = away(*place, of, on, bounds, good_until)?;
            let sort_name = text(&of.record, "sort_name");
            Some((order.sort_key(&away.name, sort_name), away))
        })
        .collect();
    list.sort_by(|(a, x), (b, y)| a.cmp(b).then_with(|| x.member.cmp(&y.member)));
    list.into_iter().map(|(_, away)| away).collect()
}

/// What is known of a member's absence on a day; `None`: they are not away, or do not belong here any more.
pub fn away(
    member: PlaceId,
    of: &Recorded,
    on: Day,
    bounds: Terms<Bounds>,
    good_until: Terms<Day>,
) -> Option<Away> {
    let status = register::status(&of.record, &of.decisions, on);
    if !register::belongs(status.as_ref()) {
        return None;
    }
    let address = current_addresses(&of.record, &of.addresses, on)
        .into_iter()
        .find(|a| a.sort.is_some_and(Sort::is_away))?;
    let name = register::field("full_name", &of.record, &of.decisions, on);
    let last_heard = last_heard(&of.check_ins, on);
    let own = |name| text(&of.record, name).map(str::to_owned);
    let contact = (address.contact.clone())
        .or_else(|| last_heard.as_ref().and_then(|h| h.phone.clone()))
        .or_else(|| own("phone"))
        .or_else(|| own("contact_person"));
    Some(Away {
        member,
        name: name.map(|n| n.value).unwrap_or_default(),
        procedures: procedures_for(&address, bounds),
        unclear: unclear(&address, last_heard.as_ref(), on, good_until),
        address,
        contact,
        last_heard,
        status,
    })
}

// ---- overdue contact ------------------------------------------------------------------------

/// What the rules say of a fact of that day; `None`: nothing.
pub type Terms<'a, T> = &'a dyn Fn(Day) -> Option<T>;

/// The term of somebody who is away: it begins with their last word, else with the day on which they went.
fn contact(member: PlaceId, from: Day) -> Fact {
    Fact {
        rule: HEARD_OF,
        place: member,
        from,
        done: None,
    }
}

/// By when somebody of whom was last heard on a day should be heard of again (`checkin.every`: no regulation stands behind
/// it, a branch decides); `None`: no row says so.
pub fn heard_by(last: Day, regulations: &Regulations, calendar: &WorkingDays) -> Option<Day> {
    let fact = contact(PlaceId([0; 16]), last);
    let told = deadline::deadline(&fact, regulations, calendar, last);
    told.ok().map(|told| told.due)
}

/// The term of a member who is away on a day; `None`: they are not away.
///
/// # Errors
/// [`NoDeadline::NoDay`] if they were never heard of and nobody knows since when they are away.
pub(crate) fn owed(member: PlaceId, of: &Recorded, on: Day) -> Option<Result<Fact, NoDeadline>> {
    let address = current_addresses(&of.record, &of.addresses, on)
        .into_iter()
        .find(|a| a.sort.is_some_and(Sort::is_away))?;
    let heard = of.check_ins.iter().filter_map(said_on);
    let heard = heard.filter(|day| *day <= on).max();
    let from = heard.or_else(|| address.from.and_then(first_day));
    let fact = from.map(|from| contact(member, from));
    Some(fact.ok_or(NoDeadline::NoDay(HEARD_OF.rule)))
}

/// Somebody who is away and has not been heard of in time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdue<'a> {
    /// Who.
    pub away: &'a Away,
    /// Days since the last check-in; `None`: never heard of since they went.
    pub days: Option<i32>,
    /// Days past the day on which they should have been heard of; `None`: never heard of, and nobody knows since
    /// when they are away.
    pub late: Option<i32>,
}

/// Who has not been heard of in time: first those never heard of, then by days since, the longest first; among
/// equals in the order of the list. Who left a short time ago and has not reported yet has as much time as
/// everybody else, from the day they left. `heard_by`: by when they should be heard of again ([`heard_by`]).
pub fn overdue<'a>(list: &'a [Away], heard_by: Terms<Day>, on: Day) -> Vec<Overdue<'a>> {
    let mut found: Vec<Overdue> = list
        .iter()
        .filter_map(|away| {
            let heard = away.last_heard.as_ref().map(|h| h.on);
            let left = away.address.from.and_then(first_day);
            let due = heard.or(left).and_then(heard_by);
            let late = due.map(|due| on.days_since(due));
            late.is_none_or(|late| late > 0).then(|| Overdue {
                away,
                days: heard.map(|h| on.days_since(h)),
                late,
            })
        })
        .collect();
    // The longest first; `None` is longer than any number.
    let longest = |n: Option<i32>| (n.is_some(), std::cmp::Reverse(n));
    found.sort_by_key(|o| (longest(o.days), longest(o.late)));
    found
}

// ---- which procedure ------------------------------------------------------------------------

/// A procedure for somebody who is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Procedure {
    /// Formal transfer (*chuyển sinh hoạt chính thức*).
    Transfer,
    /// Temporary transfer (*chuyển sinh hoạt tạm thời*): a placement with a host branch.
    Placement,
    /// Temporary exemption (*tạm miễn sinh hoạt*).
    TempExemption,
    /// Transfer abroad, by way of the committee of the Foreign Ministry (*Đảng ủy Bộ Ngoại giao*).
    Abroad,
    /// None: the leave is noted in the attendance book.
    LeaveNoted,
}

impl Procedure {
    /// Its name for programs and commands: never changed.
    pub fn code(self) -> &'static str {
        match self {
            Procedure::Transfer => "transfer",
            Procedure::Placement => "placement",
            Procedure::TempExemption => "temp_exemption",
            Procedure::Abroad => "abroad",
            Procedure::LeaveNoted => "leave_noted",
        }
    }
}

/// Why a procedure fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Away for less than the shortest term of a temporary transfer.
    Short,
    /// Long and stable.
    LongAndStable,
    /// Within the terms of a temporary transfer, and a branch there takes them in.
    WithHost,
    /// Within those terms, and no branch there.
    NoHost,
    /// Long, but neither home nor work is stable.
    Unstable,
    /// Abroad, for long.
    LongAbroad,
    /// Abroad, and not for that long: a temporary stay is one in the country.
    Abroad,
}

impl Why {
    /// Its name for programs and commands: never changed.
    pub fn code(self) -> &'static str {
        match self {
            Why::Short => "short",
            Why::LongAndStable => "long_and_stable",
            Why::WithHost => "with_host",
            Why::NoHost => "no_host",
            Why::Unstable => "unstable",
            Why::LongAbroad => "long_abroad",
            Why::Abroad => "abroad",
        }
    }
}

/// Which procedure fits, and why. Advice for a person: nothing follows from it by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// The procedure.
    pub procedure: Procedure,
    /// Why.
    pub why: Why,
    /// The terms by which it was given.
    pub bounds: Arc<Bounds>,
}

impl Advice {
    /// The rows that decided it, and on which the procedure rests: each with its source, and whether it was verified.
    pub fn rules(&self) -> Vec<&Rule> {
        let of = &*self.bounds;
        let (least, below, abroad) = (&of.least.rule, &of.below.rule, &of.abroad.rule);
        let decided = match self.why {
            Why::Short => vec![least],
            Why::WithHost | Why::NoHost => vec![least, below],
            Why::LongAndStable | Why::Unstable => vec![below],
            Why::LongAbroad | Why::Abroad => vec![abroad],
        };
        let rests_on = match self.procedure {
            Procedure::Transfer => of.transfer.as_ref(),
            Procedure::TempExemption => of.exemption.as_ref(),
            Procedure::Placement | Procedure::Abroad | Procedure::LeaveNoted => None,
        };
        decided.into_iter().chain(rests_on).collect()
    }
}

/// A term in whole months, with the row that says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// So many.
    pub months: u16,
    /// By this row.
    pub rule: Rule,
}

/// The terms of a temporary transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bounds {
    /// From so many on.
    pub least: Bound,
    /// Less than so many.
    pub below: Bound,
    /// Abroad, from so many on, by way of the Foreign Ministry's committee.
    pub abroad: Bound,
    /// What a formal transfer rests on; `None`: no row is known.
    pub transfer: Option<Rule>,
    /// What a temporary exemption rests on; `None`: no row is known.
    pub exemption: Option<Rule>,
}

impl Bounds {
    /// As they are in force on a day (`temp.min`, `temp.max`, `abroad.min`); `None`: no rows say so in months.
    pub fn at(regulations: &Regulations, day: Day) -> Option<Bounds> {
        let row = |key| regulations.at_or_first(key, day).cloned();
        let bound = |key| {
            let rule = row(key)?;
            let count = u16::try_from(rule.amount.number()).ok();
            let months = count.filter(|_| rule.amount.unit() == Unit::Months)?;
            Some(Bound { months, rule })
        };
        Some(Bounds {
            least: bound(Key::TempMin)?,
            below: bound(Key::TempMax)?,
            abroad: bound(Key::AbroadMin)?,
            transfer: row(Key::TransferStart),
            exemption: row(Key::TempExemptionMax),
        })
    }
}

/// An absence, as it is planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stay {
    /// For how many whole months; `None`: no end is known, so for long.
    pub months: Option<u16>,
    /// Whether home and work there are stable.
    pub is_stable: bool,
    /// Whether there is a branch there that takes them in.
    pub has_host: bool,
    /// Whether it is abroad: there no branch takes anybody in by itself.
    pub is_abroad: bool,
}

/// Which procedure fits an absence. The order of the questions: is it short, is it abroad, is it long, is there a
/// branch.
pub fn which_procedure(stay: Stay, bounds: impl Into<Arc<Bounds>>) -> Advice {
    let bounds = bounds.into();
    let months = stay.months.unwrap_or(u16::MAX);
    let (procedure, why) = if months < bounds.least.months {
        (Procedure::LeaveNoted, Why::Short)
    } else if stay.is_abroad {
        match months >= bounds.abroad.months {
            true => (Procedure::Abroad, Why::LongAbroad),
            false => (Procedure::TempExemption, Why::Abroad),
        }
    } else if months >= bounds.below.months {
        match stay.is_stable {
            true => (Procedure::Transfer, Why::LongAndStable),
            false => (Procedure::TempExemption, Why::Unstable),
        }
    } else {
        match stay.has_host {
            true => (Procedure::Placement, Why::WithHost),
            false => (Procedure::TempExemption, Why::NoHost),
        }
    };
    Advice {
        procedure,
        why,
        bounds,
    }
}

/// Which procedures may fit who is at this address, as far as it is known; none: nobody has said since when.
fn procedures_for(address: &Address, bounds: Terms<Bounds>) -> Vec<Advice> {
    let from = address.from.and_then(first_day);
    let Some((from, bounds)) = from.and_then(|from| Some((from, bounds(from)?))) else {
        return Vec::new();
    };
    let bounds = Arc::new(bounds);
    let last = address.until.and_then(last_day);
    let months = last.map(|last| whole_months(from, last));
    let either = |known: Option<bool>| match known {
        Some(known) => vec![known],
        None => vec![true, false],
    };
    let mut found = Vec::new();
    for is_stable in either(address.is_stable) {
        for has_host in either(address.host.is_some().then_some(true)) {
            let stay = Stay {
                months,
                is_stable,
                has_host,
                is_abroad: address.sort == Some(Sort::Abroad),
            };
            let advice = which_procedure(stay, bounds.clone());
            if !found.contains(&advice) {
                found.push(advice);
            }
        }
    }
    found
}

/// How many whole months lie from a day to another, both included: 15 January to 14 April are three. A month that
/// has no such day is whole at its end.
pub fn whole_months(from: Day, last: Day) -> u16 {
    // The first day after it.
    let Some(end) = Day::from_number(last.number() + 1) else {
        return 0;
    };
    let (from, end) = (from.date(), end.date());
    let months = |d: PartialDate| i32::from(d.year()) * 12 + i32::from(d.month().unwrap_or(1));
    let begun = i32::from(end.day_of_month() < from.day_of_month());
    u16::try_from(months(end) - months(from) - begun).unwrap_or(0)
}
