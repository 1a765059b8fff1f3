//! What a branch keeps of people besides meetings and cases of coming and going: where those away live, by whose words;
//! what paper dossiers hold and who took them; yearly supplements, lost cards, remarks, what somebody contests, and what a
//! host sees of a guest. Each on the secretary's own day of some months, on the member's, or on the office's.

use super::world::{DemoError, Worker, World};
use super::year::{Today, act, begun, does, edit, said};
use crate::district;
use crate::handset::Handset;
use crate::intake::OfficeNode;
use chibo_core::document::{Value, Values};
use chibo_core::domain::contest::{ANSWER, CONTEST, RAISE};
use chibo_core::domain::discipline::DISCIPLINE;
use chibo_core::domain::dossier::DOSSIER_HANDOVER;
use chibo_core::domain::lost_card::LOST_CARD;
use chibo_core::domain::member::MEMBER;
use chibo_core::id::PlaceId;
use chibo_core::kind::Kind;
use chibo_core::place::PlaceKind;
use chibo_core::time::Timestamp;
use chibo_core::whose::{self, Told};
use rand_core::RngCore;

/// Every so many branches one has the rarer things in a year.
const RARELY: usize = 4;

/// The key of the one case of a kind that a member has in this year.
const ONE: &[u8; 16] = b"one in this year";

/// Whose words a secretary types who telephoned with the family.
pub(super) fn by_telephone() -> Told {
    Told {
        said_by: "Người nhà".into(),
        how: "telephone".into(),
    }
}

/// The member of a branch to whom the rarer things happen: one at home who leads nothing, and stays all year.
fn rare(world: &World, branch: usize) -> Option<PlaceId> {
    if !branch.is_multiple_of(RARELY) {
        return None;
    }
    let stays = |(_, m): &&(PlaceId, district::Member)| !m.away && !m.is_secretary && !m.is_deputy;
    let mut home = world.branches[branch].members.iter().filter(stays);
    // The first may move, the last may die.
    home.nth(1).map(|(place, _)| *place)
}

/// A secretary's own day.
pub(super) fn secretary(
    worker: &Worker,
    handset: &mut Handset,
    b: usize,
    leaving: &[PlaceId],
    today: Today,
    rng: &mut dyn RngCore,
) -> Result<(), DemoError> {
    let world = worker.world;
    let members = &world.branches[b].members;
    let day = today.day.to_string();
    let on = || ("on", day.clone());
    let away = members.iter().filter(|(_, m)| m.away && !m.has_device);
    match today.month {
        0 => {
            for (place, member) in away {
                let where_to = member.values.get("away_at").map(Value::shown);
                let values = said(&[
                    ("sort", "away".into()),
                    ("text", where_to.unwrap_or_else(|| "Bình Dương".into())),
                    ("from", "2026-10-01".into()),
                    ("said_on", day.clone()),
                    ("said_by", "Người nhà".into()),
                    ("how", "telephone".into()),
                ]);
                edit(
                    worker,
                    handset,
                    *place,
                    ("address", "in the first month"),
                    &values,
                    rng,
                )?;
            }
        }
        1 => {
            for (place, _) in members.iter().step_by(3) {
                let mut values = said(&[("year", "2026".into()), ("done_on", day.clone())]);
                values.insert("sheets".into(), Value::Count(2));
                edit(
                    worker,
                    handset,
                    *place,
                    ("yearly_supplement", "2026"),
                    &values,
                    rng,
                )?;
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
                edit(worker, handset, *place, ("dossier", ""), &values, rng)?;
            }
        }
        11 => {
            for (place, _) in away {
                let values = said(&[
                    ("year", "2027".into()),
                    ("body", "Chi ủy nơi cư trú".into()),
                    ("author", "Phạm Văn Mẫu".into()),
                    ("post", "Bí thư chi bộ".into()),
                    ("remark", "Chấp hành tốt quy định nơi cư trú".into()),
                    ("said_on", day.clone()),
                ]);
                edit(
                    worker,
                    handset,
                    *place,
                    ("residence_remark", "2027"),
                    &values,
                    rng,
                )?;
            }
        }
        _ => {}
    }
    if let Some(place) = rare(world, b) {
        let case = begun(place, &LOST_CARD, ONE);
        match today.month {
            3 => act(worker, handset, case, "report", &said(&[on()]), rng)?,
            4..=6 => act(worker, handset, case, "review", &said(&[on()]), rng)?,
            _ => {}
        }
    }
    for (place, member) in members.iter().filter(|(_, m)| m.has_device && m.away) {
        let right = member.values.get("phone").map(Value::shown);
        let answer = said(&[
            ("outcome", "accepted".into()),
            ("note", "Đã hỏi lại, đúng như đồng chí nói".into()),
            ("correction", right.unwrap_or_else(|| "0900000000".into())),
            on(),
        ]);
        act(
            worker,
            handset,
            begun(*place, &CONTEST, ONE),
            ANSWER,
            &answer,
            rng,
        )?;
    }
    for place in leaving {
        let given = counted(&[on(), ("from", "Chi bộ".into()), ("to", "Đảng ủy xã".into())]);
        act(
            worker,
            handset,
            begun(*place, &DOSSIER_HANDOVER, ONE),
            "give",
            &given,
            rng,
        )?;
    }
    if today.month == 10 {
        for guest in guests(handset) {
            let remark = said(&[
                ("remark", "Tham gia sinh hoạt đều".into()),
                ("by", "Phạm Văn Mẫu".into()),
                ("said_on", day.clone()),
            ]);
            edit(
                worker,
                handset,
                guest,
                ("placement_remark", "at the year's end"),
                &remark,
                rng,
            )?;
        }
    }
    Ok(())
}

/// The stays that this device's branch hosts.
fn guests(handset: &Handset) -> Vec<PlaceId> {
    let tree = handset.phone.tree();
    let view = handset.phone.view();
    let root = view.map(|v| v.root);
    let hosted = |place: &PlaceId| root.is_some_and(|root| tree.is_hosted(*place, root));
    let stays = tree.iter().filter(|(_, p)| p.kind == PlaceKind::Placement);
    stays.map(|(place, _)| place).filter(hosted).collect()
}

/// A meeting of a branch that hosts guests: they are marked as well, where their own branch reads it.
pub(super) fn guests_meet(
    worker: &Worker,
    handset: &mut Handset,
    today: Today,
    rng: &mut dyn RngCore,
) -> Result<(), DemoError> {
    let day = today.day.to_string();
    for guest in guests(handset) {
        let present = said(&[("held_on", day.clone()), ("mark", "present".into())]);
        edit(
            worker,
            handset,
            guest,
            ("placement_attendance", &day),
            &present,
            rng,
        )?;
    }
    Ok(())
}

/// What a member away says against a sentence of their record.
pub(super) fn member(
    worker: &Worker,
    handset: &mut Handset,
    place: PlaceId,
    today: Today,
    rng: &mut dyn RngCore,
) -> Result<(), DemoError> {
    if today.month != 3 || !rng.next_u32().is_multiple_of(3) {
        return Ok(());
    }
    let record = chibo_core::author::Target::at(place, &MEMBER, b"").doc;
    let raised = said(&[
        ("record", record.to_string()),
        ("path", "phone".into()),
        ("words", "Số này không phải của tôi".into()),
        ("on", today.day.to_string()),
    ]);
    act(
        worker,
        handset,
        begun(place, &CONTEST, ONE),
        RAISE,
        &raised,
        rng,
    )
}

/// The office's day: new cards, dossiers that came, and one decision that only leaders read.
pub(super) fn office(
    world: &World,
    leaving: &[PlaceId],
    today: Today,
) -> Vec<(PlaceId, &'static Kind, &'static str, Values)> {
    let day = today.day.to_string();
    let mut turns = Vec::new();
    for (b, place) in (0..world.branches.len()).filter_map(|b| Some((b, rare(world, b)?))) {
        let number = |what: &str| format!("{}-QĐ/{what}", 500 + b);
        let decided = said(&[("number", number("4-TĐV")), ("on", day.clone())]);
        let issued = said(&[("card_number", format!("99.1{b:05}")), ("on", day.clone())]);
        turns.push((place, &LOST_CARD, "decide", decided));
        if today.month > 7 {
            turns.push((place, &LOST_CARD, "issue", issued));
        }
    }
    for place in leaving {
        let taken = counted(&[("on", day.clone())]);
        turns.push((*place, &DOSSIER_HANDOVER, "sign_taken", taken));
    }
    turns
}

/// Does the office's share, and records one decision on discipline in the sixth month.
pub(super) fn at_office(
    node: &mut OfficeNode,
    turns: Vec<(PlaceId, &'static Kind, &'static str, Values)>,
    discipline: Option<PlaceId>,
    now: Timestamp,
    rng: &mut dyn RngCore,
) -> Result<usize, DemoError> {
    let mut done = 0;
    for (place, kind, act, said) in turns {
        done += usize::from(does(node, begun(place, kind, ONE), act, &said, now, rng)?);
    }
    if let Some(place) = discipline {
        let paper = said(&[
            ("form", "reprimand".into()),
            ("number", "7".into()),
            ("symbol", "QĐ/UBKT".into()),
            ("issued_on", "2027-05-20".into()),
            ("body", "Ủy ban kiểm tra đảng ủy xã".into()),
            ("signatory", "Phạm Văn Mẫu".into()),
        ]);
        node.edit(begun(place, &DISCIPLINE, ONE), &paper, now, rng)?;
        done += 1;
    }
    Ok(done)
}

/// The member who is disciplined, in the sixth month.
pub(super) fn disciplined(world: &World, today: Today) -> Option<PlaceId> {
    (today.month == 5).then(|| rare(world, 0)).flatten()
}

fn counted(pairs: &[(&str, String)]) -> Values {
    let mut values = said(pairs);
    values.insert("papers".into(), Value::Count(12));
    values.insert("sheets".into(), Value::Count(40));
    values
}

/// Lays the words of whoever told it to some small corrections.
pub(super) fn told(values: &mut Values, rng: &mut dyn RngCore) {
    if rng.next_u32().is_multiple_of(3) {
        whose::add(&MEMBER, values, &by_telephone());
    }
}
