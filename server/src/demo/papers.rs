//! What a branch keeps of people besides meetings and cases of coming and going: where those away live, by whose words;
//! what paper dossiers hold and who took them; yearly supplements, lost cards, remarks, what somebody contests, and what a
//! host sees of a guest. Each on the secretary's own day of some months, on the member's, or on the office's.

use super::agenda::Event;
use super::error::DemoError;
use super::hands::{Hand, counted, one, said};
use super::ledger::Happened;
use super::year::Today;
use chibo_core::document::{Value, Values};
use chibo_core::domain::contest::{ANSWER, CONTEST, RAISE};
use chibo_core::domain::dossier::DOSSIER_HANDOVER;
use chibo_core::domain::lost_card::LOST_CARD;
use chibo_core::domain::member::MEMBER;
use chibo_core::id::PlaceId;
use chibo_core::place::PlaceKind;
use chibo_core::whose::{self, Told};
use rand_core::RngCore;

/// Whose words a secretary types who telephoned with the family.
pub(super) fn by_telephone() -> Told {
    Told {
        said_by: "Người nhà".into(),
        how: "telephone".into(),
    }
}

/// A secretary's own day.
pub(super) fn secretary(hand: &mut Hand, b: usize, today: Today) -> Result<(), DemoError> {
    let world = hand.worker.world;
    let members = &world.branches[b].members;
    let day = today.day.to_string();
    let year = today.day.date().year();
    let on = || ("on", day.clone());
    let away = members.iter().filter(|(_, m)| m.away && !m.has_device);
    match today.month {
        0 => {
            for (place, member) in away {
                let where_to = member.values.get("away_at").map(Value::shown);
                let since = today.day.minus_months(2).unwrap_or(today.day);
                let values = said(&[
                    ("sort", "away".into()),
                    ("text", where_to.unwrap_or_else(|| "Bình Dương".into())),
                    ("from", since.to_string()),
                    ("said_on", day.clone()),
                    ("said_by", "Người nhà".into()),
                    ("how", "telephone".into()),
                ]);
                let key = ("address", "in the first month");
                hand.writes(Event::Address, *place, key, &values)?;
            }
        }
        1 => {
            for (place, _) in members.iter().step_by(3) {
                let last = (year - 1).to_string();
                let mut values = said(&[("year", last.clone()), ("done_on", day.clone())]);
                values.insert("sheets".into(), Value::Count(2));
                let key = ("yearly_supplement", last.as_str());
                hand.writes(Event::Supplement, *place, key, &values)?;
            }
        }
        2 => {
            for (place, _) in members.iter().step_by(2) {
                let values = said(&[
                    ("lies_at", "Văn phòng đảng ủy xã".into()),
                    ("checked_on", day.clone()),
                    ("papers/application/paper", "application".into()),
                    ("papers/application/seen", "original".into()),
                ]);
                hand.writes(Event::Dossier, *place, ("dossier", ""), &values)?;
            }
        }
        11 => {
            for (place, _) in away {
                let values = said(&[
                    ("year", year.to_string()),
                    ("body", "Chi ủy nơi cư trú".into()),
                    ("author", "Phạm Văn Mẫu".into()),
                    ("post", "Bí thư chi bộ".into()),
                    ("remark", "Chấp hành tốt quy định nơi cư trú".into()),
                    ("said_on", day.clone()),
                ]);
                let key = year.to_string();
                let kind = ("residence_remark", key.as_str());
                hand.writes(Event::ResidenceRemark, *place, kind, &values)?;
            }
        }
        _ => {}
    }
    for part in world.plans.here(b, Event::LostCard) {
        let case = one(part.member, &LOST_CARD);
        if today.month == part.month {
            hand.act(case, "report", &said(&[on()]))?;
        } else if today.month > part.month {
            hand.act(case, "review", &said(&[on()]))?;
        }
    }
    for part in world.plans.here(b, Event::Contest) {
        let of_record = part.index.and_then(|i| members[i].1.values.get("phone"));
        let right = of_record.map(Value::shown);
        let answer = said(&[
            ("outcome", "accepted".into()),
            ("note", "Đã hỏi lại, đúng như đồng chí nói".into()),
            ("correction", right.unwrap_or_else(|| "0900000000".into())),
            on(),
        ]);
        if hand.act(one(part.member, &CONTEST), ANSWER, &answer)? {
            world.note([Happened::only(Event::Answered)]);
        }
    }
    // The dossier of who goes to another branch lies at the office until it is taken.
    for part in world.plans.here(b, Event::Transfer) {
        if today.month == part.month + 1 {
            let given = counted(&[on(), ("from", "Chi bộ".into()), ("to", "Đảng ủy xã".into())]);
            hand.act(one(part.member, &DOSSIER_HANDOVER), "give", &given)?;
        }
    }
    if today.month == 10 {
        for guest in guests(hand) {
            let remark = said(&[
                ("remark", "Tham gia sinh hoạt đều".into()),
                ("by", "Phạm Văn Mẫu".into()),
                ("said_on", day.clone()),
            ]);
            let key = ("placement_remark", "at the year's end");
            hand.writes(Event::GuestRemark, guest, key, &remark)?;
        }
    }
    Ok(())
}

/// The stays that this device's branch hosts.
fn guests(hand: &Hand) -> Vec<PlaceId> {
    let phone = &hand.handset.phone;
    let tree = phone.tree();
    let root = phone.view().map(|v| v.root);
    let hosted = |place: &PlaceId| root.is_some_and(|root| tree.is_hosted(*place, root));
    let stays = tree.iter().filter(|(_, p)| p.kind == PlaceKind::Placement);
    stays.map(|(place, _)| place).filter(hosted).collect()
}

/// A meeting of a branch that hosts guests: they are marked as well, where their own branch reads it.
pub(super) fn guests_meet(hand: &mut Hand, today: Today) -> Result<(), DemoError> {
    let day = today.day.to_string();
    for guest in guests(hand) {
        let present = said(&[("held_on", day.clone()), ("mark", "present".into())]);
        let key = ("placement_attendance", day.as_str());
        hand.writes(Event::GuestMarked, guest, key, &present)?;
    }
    Ok(())
}

/// What a member away says against a sentence of their record.
pub(super) fn contest(hand: &mut Hand, place: PlaceId, today: Today) -> Result<(), DemoError> {
    let record = chibo_core::author::Target::at(place, &MEMBER, b"").doc;
    let raised = said(&[
        ("record", record.to_string()),
        ("path", "phone".into()),
        ("words", "Số này không phải của tôi".into()),
        ("on", today.day.to_string()),
    ]);
    if hand.act(one(place, &CONTEST), RAISE, &raised)? {
        let world = hand.worker.world;
        world.note([Happened::only(Event::Contest)]);
    }
    Ok(())
}

/// Lays the words of whoever told it to some small corrections.
pub(super) fn told(values: &mut Values, rng: &mut dyn RngCore) {
    if rng.next_u32().is_multiple_of(3) {
        whose::add(&MEMBER, values, &by_telephone());
    }
}
