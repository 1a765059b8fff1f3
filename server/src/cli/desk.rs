//! Where a person works on records: the office's own node, or a phone. Commands that both have are written once,
//! on this.

use super::kept::Kept;
use super::node::find_place;
use super::{Fail, Voice};
use crate::edge::{SystemChance, now};
use crate::handset::Handset;
use crate::intake::OfficeNode;
use crate::words;
use chibo_core::access;
use chibo_core::author::{Doing, EditOutcome, NewPlace, Target};
use chibo_core::case::Who;
use chibo_core::date::{Day, PartialDate};
use chibo_core::document::{Value, Values};
use chibo_core::domain::member::MEMBER;
use chibo_core::domain::unit::UNIT;
use chibo_core::id::{DocId, PersonId, PlaceId};
use chibo_core::kind::Kind;
use chibo_core::place::{PlaceKind, Role};
use chibo_core::store::Row;
use chibo_core::store::sqlite::{Find, SqliteStore};
use chibo_core::tree::Tree;
use chibo_device::lists::renamed;
use chibo_device::workplace::Workplace;

/// Where a person works on records: the office's own node, or a phone.
pub(super) enum Desk<'a> {
    Office(&'a mut OfficeNode),
    Phone(&'a mut Handset),
}

impl Desk<'_> {
    /// What both have.
    pub(super) fn here(&self) -> &dyn Workplace {
        match self {
            Desk::Office(node) => &**node,
            Desk::Phone(handset) => &**handset,
        }
    }

    pub(super) fn here_mut(&mut self) -> &mut dyn Workplace {
        match self {
            Desk::Office(node) => &mut **node,
            Desk::Phone(handset) => &mut **handset,
        }
    }

    pub(super) fn store(&self) -> &SqliteStore {
        self.here().store()
    }

    pub(super) fn tree(&self) -> &Tree {
        self.here().tree()
    }

    pub(super) fn values(&self, doc: DocId) -> Result<Values, Fail> {
        let there = self.here().values(doc)?;
        Ok(there.map(|(_, values)| values).unwrap_or_default())
    }

    /// Under which role somebody works here.
    pub(super) fn role(&self) -> Role {
        self.here().author().map_or(Role::Member, |a| a.role)
    }

    /// The place of which all is here; `None`: of everything.
    pub(super) fn reach(&self) -> Option<PlaceId> {
        match self {
            Desk::Office(_) => None,
            Desk::Phone(h) => h.phone.author().map(|a| a.place),
        }
    }

    pub(super) fn who(&self, place: PlaceId) -> Who {
        Who {
            role: self.role(),
            person: (self.here().author()).map_or(PersonId(place.0), |a| a.person),
            place,
        }
    }

    /// Refuses whoever does not read documents of this kind.
    pub(super) fn must_read(&self, kind: &Kind, voice: Voice) -> Result<(), Fail> {
        let may = access::reads(self.role(), kind);
        may.then_some(()).ok_or_else(|| self.reads_not(voice))
    }

    /// That the role which works here does not read something.
    pub(super) fn reads_not(&self, voice: Voice) -> Fail {
        let (vi, en) = (
            "vai trò này không xem mục này",
            "this role does not read this",
        );
        let role = words::role(voice.lang, self.role());
        Fail::Words(format!("{role}: {}", voice.say(vi, en)))
    }

    /// Says on a phone that a look was noted; at the office every look is.
    pub(super) fn tell_looked(&self, noted: bool, voice: Voice) {
        if noted && matches!(self, Desk::Phone(_)) {
            voice.line(voice.say("(Lần xem này được ghi lại.)", "(This look is noted.)"));
        }
    }

    /// What came of an edit: what the office writes stands at once, a phone's work waits for the next sync.
    pub(super) fn saved(&self, changed: bool, voice: Voice) -> &'static str {
        match (changed, self) {
            (true, Desk::Office(_)) => voice.say("Đã ghi.", "Saved."),
            (true, Desk::Phone(_)) => voice.say("Đã ghi, chưa gửi.", "Saved, not sent yet."),
            (false, _) => voice.say("Không có gì thay đổi.", "Nothing changed."),
        }
    }

    pub(super) fn act(&mut self, target: Target, doing: Doing) -> Result<EditOutcome, Fail> {
        Ok((self.here_mut()).act(target, doing, now(), &mut SystemChance)?)
    }

    pub(super) fn edit(&mut self, target: Target, values: &Values) -> Result<EditOutcome, Fail> {
        Ok((self.here_mut()).edit(target, values, now(), &mut SystemChance)?)
    }

    /// Makes places and edits documents: all or nothing.
    pub(super) fn edit_many(
        &mut self,
        places: &[NewPlace],
        edits: &[(Target, Values)],
    ) -> Result<Vec<EditOutcome>, Fail> {
        Ok((self.here_mut()).edit_many(places, edits, now(), &mut SystemChance)?)
    }

    pub(super) fn place(&self, member: &str, voice: Voice) -> Result<PlaceId, Fail> {
        find_place(self.store(), self.tree(), member, voice)
    }

    /// The rows of these kinds, of one member or of all.
    pub(super) fn rows(
        &self,
        kinds: &[&'static Kind],
        member: Option<&str>,
        voice: Voice,
    ) -> Result<Vec<(Row, &'static Kind)>, Fail> {
        let place = member.map(|m| self.place(m, voice)).transpose()?;
        let places = place.map(|p| [p]);
        let mut found = Vec::new();
        for kind in kinds {
            let rows = self.store().find(&Find {
                kind: Some(kind.number),
                places: places.as_ref().map(|p| p.as_slice()),
                ..Find::default()
            })?;
            found.extend(rows.into_iter().map(|row| (row, *kind)));
        }
        Ok(found)
    }

    /// The one document of these kinds whose id begins so.
    pub(super) fn find(
        &self,
        kinds: &[&'static Kind],
        id: &str,
        voice: Voice,
    ) -> Result<(Target, PlaceId), Fail> {
        let digits = id.trim().to_lowercase();
        let rows = self.rows(kinds, None, voice)?;
        let mut found = rows
            .iter()
            .filter(|(row, _)| digits.len() >= 4 && row.doc.to_string().starts_with(&digits));
        match (found.next(), found.next()) {
            (Some((row, kind)), None) => {
                let target = Target {
                    scope: row.scope,
                    kind,
                    doc: row.doc,
                };
                Ok((target, row.place))
            }
            (None, _) => Err(fail(voice, "không có mã này", "there is none with this id")),
            _ => Err(fail(
                voice,
                "mã này chưa đủ: có nhiều",
                "several ids begin so; write more of it",
            )),
        }
    }

    /// The name of the unit with this id, as an act says it.
    pub(super) fn unit_name(&self, id: &str) -> Result<String, Fail> {
        let Ok(unit) = id.parse::<PlaceId>() else {
            return Ok(id.to_owned());
        };
        let values = self.values(Target::at(unit, &UNIT, b"").doc)?;
        Ok(values
            .get("name")
            .map_or_else(|| unit.short(), Value::shown))
    }

    /// What somebody is called today.
    pub(super) fn name(&self, place: PlaceId) -> Result<String, Fail> {
        let day = now().day_in_vietnam();
        let standing = day.map(|day| renamed(self.store(), Some(place), day));
        if let Some(name) = standing.transpose()?.and_then(|mut of| of.remove(&place)) {
            return Ok(name);
        }
        let values = self.values(Target::at(place, &MEMBER, b"").doc)?;
        Ok(match values.get("full_name") {
            Some(Value::Text(name)) => name.clone(),
            _ => place.short(),
        })
    }
}

/// The place of this id or name, and of what kind it is.
pub(super) fn place_of(
    here: &dyn Workplace,
    id: &str,
    voice: Voice,
) -> Result<(PlaceId, PlaceKind), Fail> {
    let place = find_place(here.store(), here.tree(), id, voice)?;
    let placed = here.tree().get(place);
    let placed =
        placed.ok_or_else(|| fail(voice, "không có trên máy này", "not on this device"))?;
    Ok((place, placed.kind))
}

/// The member of this id or name.
pub(super) fn member_of(here: &dyn Workplace, named: &str, voice: Voice) -> Result<PlaceId, Fail> {
    match place_of(here, named, voice)? {
        (place, PlaceKind::Member) => Ok(place),
        _ => {
            let why = voice.say("không phải đảng viên", "is no member");
            Err(Fail::Words(format!("{named}: {why}")))
        }
    }
}

/// The branch that is meant: the one named, else the one that this device is for.
pub(super) fn branch_of(
    here: &dyn Workplace,
    own: PlaceId,
    named: Option<&str>,
    voice: Voice,
) -> Result<PlaceId, Fail> {
    let place = match named {
        Some(wanted) => place_of(here, wanted, voice)?.0,
        None => own,
    };
    match here.tree().get(place).map(|p| p.kind) {
        Some(PlaceKind::Committee) => {
            let (vi, en) = ("chọn chi bộ: --branch", "choose the branch: --branch");
            Err(fail(voice, vi, en))
        }
        _ => Ok(place),
    }
}

/// Where this store's owner works.
pub(super) fn desk<'a>(kept: &'a mut Kept) -> Desk<'a> {
    match kept {
        Kept::Node(n) => Desk::Office(n),
        Kept::Serving(n) => Desk::Office(n),
        Kept::Phone(h) => Desk::Phone(h),
    }
}

pub(super) fn fail(voice: Voice, vi: &str, en: &str) -> Fail {
    Fail::Words(voice.say(vi, en).into())
}

/// Today, where records are kept.
pub(super) fn today(voice: Voice) -> Result<Day, Fail> {
    let why = "đồng hồ của máy sai";
    now()
        .day_in_vietnam()
        .ok_or_else(|| fail(voice, why, "this device's clock is off"))
}

/// The day that somebody typed; none: today.
pub(super) fn day_or_today(typed: Option<&str>, voice: Voice) -> Result<Day, Fail> {
    let Some(typed) = typed else {
        return today(voice);
    };
    let day = PartialDate::parse(typed).ok().and_then(PartialDate::day);
    day.ok_or_else(|| {
        let why = voice.say(
            "không phải ngày; viết như 24/11/2026",
            "this is no day; write it as 24/11/2026",
        );
        Fail::Words(format!("{typed}: {why}"))
    })
}
