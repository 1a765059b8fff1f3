//! Who decides. At the office several people work under the office's one right, so its signature does not say which of
//! them decided: who does is asked, and nobody decides about themself. On a phone the person is the right's own.

use super::desk::Desk;
use super::node::find_place;
use super::{Fail, Voice};
use chibo_core::access;
use chibo_core::case;
use chibo_core::document::{Value, Values};
use chibo_core::domain::look::{LIST_LOOK, LOOK, PLACEMENT_LOOK};
use chibo_core::domain::member::MEMBER;
use chibo_core::field;
use chibo_core::id::{PersonId, PlaceId};
use chibo_core::kind::{Field, FieldType, KINDS, Kind};
use chibo_core::place::{PlaceKind, Role};
use chibo_core::replica;
use chibo_core::store::Row;
use chibo_core::store::sqlite::{Find, SqliteStore};
use chibo_core::tree::Tree;
use clap::Args;

/// Who decides or writes at the office.
#[derive(Debug, Clone, Args)]
pub(super) struct By {
    /// Người quyết định, hoặc người ghi hộ (đảng viên: số thẻ, mã hoặc tên): không ai quyết định việc của chính mình / Who
    /// decides, or writes it down, a member: card, id or name; nobody decides about themself.
    #[arg(long, value_name = "PERSON", global = true)]
    by: Option<String>,
    /// Người quyết định không phải đảng viên ở đây / Who decides is no member here.
    #[arg(long, conflicts_with = "by", global = true)]
    by_other: bool,
}

impl By {
    /// Who decides; `None`: nobody who is recorded here. Asks where it was not said.
    pub(super) fn decider(
        &self,
        store: &SqliteStore,
        tree: &Tree,
        voice: Voice,
    ) -> Result<Option<PersonId>, Fail> {
        match (&self.by, self.by_other) {
            (Some(by), _) => Ok(Some(member(store, tree, by, voice)?)),
            (None, true) => Ok(None),
            (None, false) => Err(Fail::Words(
                voice
                    .say(
                        "ai quyết định? thêm --by NGƯỜI, hoặc --by-other nếu không phải đảng viên ở đây",
                        "who decides? add --by PERSON, or --by-other if it is no member here",
                    )
                    .into(),
            )),
        }
    }
}

/// At the office: what whoever was said to sit there is called. `None`: nobody was named, or this is a phone, where the
/// person is the right's own.
pub(super) fn recorder(desk: &Desk, by: Option<&By>, voice: Voice) -> Result<Option<String>, Fail> {
    let Some(named) = by.and_then(|by| by.by.as_ref()) else {
        return Ok(None);
    };
    let person = member(desk.store(), desk.tree(), named, voice)?;
    desk.name(PlaceId(person.0)).map(Some)
}

/// What is said in a decision or in an act of a case, with who was said to sit at the office. On a phone, and where acts are
/// signed, the signature says who it was.
pub(super) fn recorded(
    desk: &Desk,
    by: Option<&By>,
    kind: &Kind,
    mut said: Values,
    voice: Voice,
) -> Result<Values, Fail> {
    let says = |fields: &[Field]| fields.iter().any(|f| f.name == RECORDED_BY);
    let says = match kind.field(case::ACTS).map(|f| f.kind) {
        Some(FieldType::Entries(cells)) => says(cells),
        _ => says(kind.fields),
    };
    if let Some(who) = recorder(desk, by, voice)?.filter(|_| says) {
        said.entry(RECORDED_BY.into()).or_insert(Value::Text(who));
    }
    Ok(said)
}

/// The field of who recorded something.
const RECORDED_BY: &str = "recorded_by";

/// At the office: asks who decides, and refuses whom the place is about. On a phone the engine knows who holds its right.
pub(super) fn must_decide(
    desk: &Desk,
    by: Option<&By>,
    place: PlaceId,
    voice: Voice,
) -> Result<(), Fail> {
    let (Desk::Office(node), Some(by)) = (desk, by) else {
        return Ok(());
    };
    let decider = by.decider(node.store(), node.tree(), voice)?;
    // What is said at a stay elsewhere is about the member whose stay it is.
    let line = node.tree().line(place);
    match decider.is_some_and(|by| line.contains(&PlaceId(by.0))) {
        true => Err(Fail::Words(about_themself(voice))),
        false => Ok(()),
    }
}

/// That nobody decides about themself.
pub(super) fn about_themself(voice: Voice) -> String {
    voice
        .say(
            "không ai quyết định việc của chính mình; hãy để người khác",
            "nobody decides about themself; somebody else must",
        )
        .into()
}

/// The members whose card has this number.
fn with_card(store: &SqliteStore, typed: &str) -> Result<Vec<PlaceId>, Fail> {
    let Ok(card) = field::parse(&MEMBER, CARD, typed) else {
        return Ok(Vec::new());
    };
    let rows = store.find(&Find {
        kind: Some(MEMBER.number),
        ..Find::default()
    })?;
    let has = |row: &Row| replica::values_of(row).get(CARD) == Some(&card);
    Ok(rows.iter().filter(|r| has(r)).map(|r| r.place).collect())
}

/// The field with the card's number.
const CARD: &str = "card_number";

/// The member of that card, id or name.
pub(super) fn member(
    store: &SqliteStore,
    tree: &Tree,
    named: &str,
    voice: Voice,
) -> Result<PersonId, Fail> {
    let place = match with_card(store, named)?[..] {
        [one] => one,
        _ => find_place(store, tree, named, voice)?,
    };
    match tree.get(place).map(|p| p.kind) {
        Some(PlaceKind::Member) => Ok(PersonId(place.0)),
        _ => {
            let why = voice.say("không phải đảng viên", "is no member");
            Err(Fail::Words(format!("{named}: {why}")))
        }
    }
}

/// Whether who holds this role writes about others, so that it must be known who they are: else nothing tells that
/// they act about themself. (Auditors and the level above write only that they looked.)
pub(super) fn must_be_known(role: Role) -> bool {
    let looks = [&LOOK, &LIST_LOOK, &PLACEMENT_LOOK].map(|k| k.number);
    let writes = (KINDS.iter())
        .filter(|k| !looks.contains(&k.number))
        .any(|k| access::writes(role, k));
    writes && role != Role::Member
}
