//! What two people sign when a branch's work goes from one to the other (*bàn giao*): what the program counts by itself
//! beside what they count, and which hand-over is meant; and where nobody can be asked any more, what this phone knows
//! that it does not have.
//!
//! Does not know: the stick, words, the clock.

use crate::handset::{FilePhone, Handset};
use crate::lists::{self, Due, ListError};
use crate::record;
use chibo_core::case;
use chibo_core::date::Day;
use chibo_core::deadline::State;
use chibo_core::domain::succession::{Counted, Standing};
use chibo_core::id::{DocId, PersonId, PlaceId};
use chibo_core::kind::KINDS;
use chibo_core::replica;
use chibo_core::roll;
use chibo_core::store::sqlite::Find;
use chibo_core::store::{Row, StoreError};
use chibo_core::text::RollOrder;
use chibo_core::time::Timestamp;

/// What the program counts by itself: members of the branch, open work, and what is overdue on that day.
pub fn count(phone: &FilePhone, branch: PlaceId, on: Day) -> Result<Counted, ListError> {
    let store = phone.store();
    let tree = phone.tree();
    let places: Vec<PlaceId> = std::iter::once(branch).chain(tree.below(branch)).collect();
    let rows = |number: u16| {
        store.find(&Find {
            kind: Some(number),
            places: Some(&places),
            ..Find::default()
        })
    };
    // What lists say: by the status that stands, and without those who do not belong here any more.
    let order = RollOrder::vietnamese().ok_or(ListError::NoOrder)?;
    let recorded = lists::recorded(store, tree, Some(branch))?;
    let lines = roll::roll(&recorded, on, &order);
    let members = roll::counts(&lines).members;
    let mut open = 0;
    for kind in KINDS.iter().filter(|kind| kind.case.is_some()) {
        let of_kind = rows(kind.number)?;
        let is_open = |row: &&Row| case::is_open(kind, &replica::values_of(row));
        open += of_kind.iter().filter(is_open).count();
    }
    // As many as the list of deadlines tells.
    let due = lists::deadlines(store, tree, Some(branch), false, on)?.due;
    let is_late = |due: &&Due| matches!(due.deadline.state, State::Overdue(_));
    let late = due.iter().filter(is_late).count();
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    Ok(Counted {
        counts: [
            ("members", count(members)),
            ("open", count(open)),
            ("late", count(late)),
        ]
        .into(),
        ..Counted::default()
    })
}

/// The last hand-over that fits.
pub fn last(
    phone: &FilePhone,
    branch: PlaceId,
    fits: impl Fn(&Standing) -> bool,
) -> Result<Option<(DocId, Standing)>, StoreError> {
    let all = phone.successions(branch)?.into_iter();
    let fitting = all.filter(|(_, standing)| fits(standing));
    Ok(fitting.max_by_key(|(doc, s)| (s.given.as_ref().and_then(|g| g.on), *doc)))
}

/// The last hand-over that somebody else has given.
pub fn given(phone: &FilePhone, branch: PlaceId) -> Result<Option<DocId>, StoreError> {
    let own = phone.author().map(|a| a.person);
    let given = last(phone, branch, |s| {
        let giver = s.given.as_ref().map(|g| g.person);
        giver.is_some() && giver != own
    })?;
    Ok(given.map(|(doc, _)| doc))
}

/// Work that somebody did and that this phone does not have: it saw what comes after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingWork {
    /// Who did it.
    pub person: PersonId,
    /// Their name, if their record is here.
    pub name: Option<String>,
    /// Whom or what it is about, as far as that is known: what comes after it is about that.
    pub place: Option<PlaceId>,
    /// What that is called.
    pub place_name: Option<String>,
    /// The first number that is missing among all that they said there.
    pub from: u64,
    /// The last.
    pub to: u64,
    /// When they said the next that is here, by their clock.
    pub before: Timestamp,
}

impl MissingWork {
    /// How many changes are missing.
    pub fn changes(&self) -> u64 {
        self.to.saturating_sub(self.from).saturating_add(1)
    }
}

/// What this phone saw go by without what comes before it. What only a lost phone had, and nobody heard of, it cannot know.
pub fn missing(handset: &Handset, today: Day) -> Result<Vec<MissingWork>, StoreError> {
    let mut all = Vec::new();
    for gap in handset.phone.missing()? {
        let name = |place| record::place_name(handset, place, today);
        all.push(MissingWork {
            person: gap.person,
            name: name(PlaceId(gap.person.0))?,
            place: gap.place,
            place_name: gap.place.map(name).transpose()?.flatten(),
            from: gap.from,
            to: gap.to,
            before: gap.before,
        });
    }
    Ok(all)
}
