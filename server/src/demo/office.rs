//! The office's day, once a month: it decides what waits, puts people where they go, records decisions, and forgets what is
//! to be forgotten.

use super::agenda::{Event, Part};
use super::error::DemoError;
use super::hands::{self, Came, counted, one, said};
use super::ledger::Happened;
use super::world::{DAY, World};
use super::year::Today;
use crate::intake::OfficeNode;
use chibo_core::author::Target;
use chibo_core::document::{Value, Values};
use chibo_core::domain::decision::DECISION;
use chibo_core::domain::discipline::DISCIPLINE;
use chibo_core::domain::dossier::DOSSIER_HANDOVER;
use chibo_core::domain::exemption::TEMP_EXEMPTION;
use chibo_core::domain::lost_card::LOST_CARD;
use chibo_core::domain::member::MEMBER;
use chibo_core::domain::regulation;
use chibo_core::domain::transfer::TRANSFER;
use chibo_core::forget::Why;
use chibo_core::id::{Hasher, PlaceId, hex};
use chibo_core::node::{EraseError, Erasing};
use chibo_core::place::{Host, PlaceKind};
use chibo_core::regulation::Key;
use chibo_core::time::Timestamp;
use chibo_device::lists::Known;
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};
use std::sync::atomic::Ordering;

/// The rule that the committee adds: how it is numbered. It is invented, as the committee is.
pub(super) const ADDED_RULE: &str = "1-QC/ĐU (mẫu)";
/// Where somebody goes who leaves for a place without Chibo.
const ELSEWHERE: &str = "Đảng ủy phường Dĩ An";

/// One thing that the office does if its turn has come.
enum Turn {
    /// An act in a case, and what follows once it is done.
    Act(Target, &'static str, Values, Vec<Turn>),
    /// A document is written.
    Write(Target, Values),
    /// A member is put under another branch.
    Move(PlaceId, PlaceId),
    /// A member takes part in another branch for a time.
    Stay(PlaceId, PlaceId, PlaceId),
    /// A record is begun.
    Begin(PlaceId, PlaceId, Values),
    /// What is to be forgotten of somebody, for this reason.
    Forget(PlaceId, Why),
    /// The committee adds a rule.
    AddRule(Values),
    /// A decision is recorded under a wrong number, cancelled, and recorded anew.
    Mistype(PlaceId, [Values; 2]),
    /// The reform has been looked at, and stands.
    Confirm,
    /// It happened, if everything before it in the list did.
    Note(Happened),
}

/// The office's day.
pub(super) fn day(world: &World, today: Today) -> Result<(), DemoError> {
    let turns = turns(world, today);
    let now = world.now();
    let seed = now.0 ^ u64::from(today.month);
    let (done, happened) = world.office(move |node| {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut happened = Vec::new();
        let mut done = 0;
        for list in turns {
            done += carry_out(node, list, &mut happened, now, &mut rng)?;
        }
        node.submit(now, &mut rng)?;
        done += take_in_held(node, now)?;
        Ok::<_, DemoError>((done, happened))
    })??;
    world.note(happened);
    (world.counters.decided).fetch_add(done as u64, Ordering::SeqCst);
    Ok(())
}

/// What waits on this day: lists of turns, each done one after the other as far as it goes.
fn turns(world: &World, today: Today) -> Vec<Vec<Turn>> {
    let (month, on) = (today.month, today.day.to_string());
    let mut all = Vec::new();
    for (n, part) in world.plans.all().enumerate() {
        let number = format!("{}-QĐ/ĐU", n + 1 + 1000 * month as usize);
        let dated = || said(&[("on", on.clone())]);
        let paper = || said(&[("on", on.clone()), ("number", number.clone())]);
        let decision = |form: &str, more: &[(&str, String)]| {
            let paper = [
                ("form", form.into()),
                ("number", number.clone()),
                ("symbol", "QĐ/ĐU".into()),
                ("issued_on", on.clone()),
                ("from", on.clone()),
                ("body", "Đảng ủy xã".into()),
                ("signatory", "Phạm Văn Mẫu".into()),
            ];
            said(&[&paper[..], more].concat())
        };
        let decided = |form: &str, more: &[(&str, String)]| {
            Turn::Write(one(part.member, &DECISION), decision(form, more))
        };
        let act = |kind, act, said, then| Turn::Act(one(part.member, kind), act, said, then);
        let happened = |how: Happened| vec![Turn::Note(how)];
        let only = || happened(Happened::only(part.event));
        let and = |turn| vec![turn, Turn::Note(Happened::only(part.event))];
        let (b, is_now, is_later) = (part.branch, month == part.month, month > part.month);
        match part.event {
            Event::Transfer => {
                let to = world.goes_to(part);
                let there = world.branches[to].place;
                if is_later {
                    let mut letter = paper();
                    letter.insert("to_unit".into(), Value::Text(there.to_string()));
                    all.push(vec![act(&TRANSFER, "introduce", letter, Vec::new())]);
                    let given = happened(Happened::only(Event::DossierGiven));
                    let taken = counted(&[("on", on.clone())]);
                    all.push(vec![act(&DOSSIER_HANDOVER, "sign_taken", taken, given)]);
                }
                if month > part.month + 1 {
                    let went = Happened {
                        left: Some(b),
                        came: Some(to),
                        ..Happened::only(part.event)
                    };
                    let moved = vec![Turn::Move(part.member, there), Turn::Note(went)];
                    all.extend(arrives(part, &dated(), moved));
                }
            }
            Event::TransferOut if is_later => {
                let mut letter = paper();
                letter.extend(said(&[
                    ("destination", ELSEWHERE.into()),
                    ("reach", "other_province".into()),
                ]));
                all.push(vec![act(&TRANSFER, "introduce", letter, Vec::new())]);
                if month > part.month + 1 {
                    let place = [("place", ELSEWHERE.into())];
                    let left = vec![
                        decided("transfer_out", &place),
                        Turn::Note(Happened::left(part.event, b)),
                    ];
                    all.extend(arrives(part, &dated(), left));
                }
            }
            // Sixty working days are over, and the letter is asked for only now.
            Event::Late if month > part.month + 3 => {
                let mut letter = paper();
                letter.extend(said(&[("destination", ELSEWHERE.into())]));
                all.push(vec![act(&TRANSFER, "introduce", letter, only())]);
            }
            Event::Exemption => {
                let until = today.day.plus_months(6).unwrap_or(today.day).to_string();
                let mut paper = paper();
                paper.insert("until".into(), Value::Text(until));
                let given = happened(Happened::only(Event::ExemptionGiven));
                all.push(vec![act(&TEMP_EXEMPTION, "grant", paper, given)]);
            }
            Event::Stay if is_now => {
                let host = world.branches[(b + 2) % world.branches.len()].place;
                let stay = Hasher::new("chibo/demo-stay/1").part(&part.member.0).id();
                all.push(and(Turn::Stay(PlaceId(stay), part.member, host)));
            }
            Event::Mistyped if is_now => {
                let of = |n: u32| {
                    let value = [("number", n.to_string()), ("value", format!("99.0000{n}"))];
                    decision("card", &value)
                };
                all.push(and(Turn::Mistype(part.member, [of(45), of(54)])));
            }
            Event::OldRecord if is_now => {
                let mut values = crate::district::someone("Bùi Văn Đã Ra").values;
                values.extend(said(&[
                    ("status", "struck_off".into()),
                    ("status_since", "2010-05-19".into()),
                ]));
                let begun = Turn::Begin(part.member, world.branches[b].place, values);
                all.push(and(begun));
            }
            Event::OldRecord if month == first(Event::TermOver) => {
                let over = Turn::Note(Happened::only(Event::TermOver));
                all.push(vec![Turn::Forget(part.member, Why::TermOver), over]);
            }
            Event::Applicant if month >= first(Event::Forgotten) => {
                let gone = Turn::Note(Happened::only(Event::Forgotten));
                all.push(vec![Turn::Forget(part.member, Why::Refused), gone]);
            }
            Event::StruckOff if is_now => {
                let left = Turn::Note(Happened::left(part.event, b));
                all.push(vec![decided("strike_off", &[]), left]);
            }
            Event::StruckOff if month == first(Event::Reinstated) => {
                let again = Target::at(part.member, &DECISION, b"restored in year");
                let back = Turn::Note(Happened::came(Event::Reinstated, b));
                all.push(vec![Turn::Write(again, decision("restoration", &[])), back]);
            }
            Event::Renamed if is_now => {
                let name = [("value", world.new_name(part))];
                all.push(and(decided("name", &name)));
            }
            Event::LostCard => {
                all.push(vec![act(&LOST_CARD, "decide", paper(), Vec::new())]);
                if month > part.month + 4 {
                    let card = ("card_number", format!("99.1{b:05}"));
                    let issued = said(&[card, ("on", on.clone())]);
                    all.push(vec![act(&LOST_CARD, "issue", issued, only())]);
                }
            }
            Event::Discipline if is_now => {
                let paper = said(&[
                    ("form", "reprimand".into()),
                    ("number", "7".into()),
                    ("symbol", "QĐ/UBKT".into()),
                    ("issued_on", on.clone()),
                    ("body", "Ủy ban kiểm tra đảng ủy xã".into()),
                    ("signatory", "Phạm Văn Mẫu".into()),
                ]);
                let recorded = Turn::Write(one(part.member, &DISCIPLINE), paper);
                all.push(and(recorded));
            }
            _ => {}
        }
    }
    if month == first(Event::Rule) {
        let rule = said(&[
            ("key", Key::CheckInEvery.name().into()),
            ("value", "2".into()),
            ("unit", "months".into()),
            ("source", ADDED_RULE.into()),
            ("source_on", on.clone()),
            ("valid_from", on.clone()),
        ]);
        all.push(vec![
            Turn::AddRule(rule),
            Turn::Note(Happened::only(Event::Rule)),
        ]);
    }
    if month == first(Event::Reform) && world.reform.is_some() {
        all.push(vec![Turn::Confirm]);
    }
    all
}

/// The month in which a line of the year begins.
fn first(event: Event) -> u32 {
    event.line().map_or(u32::MAX, |line| line.months.0)
}

/// The letter is presented, the member received, the return slip has come; then what follows.
fn arrives(part: &Part, said: &Values, then: Vec<Turn>) -> Vec<Vec<Turn>> {
    let act = |act, then| {
        vec![Turn::Act(
            one(part.member, &TRANSFER),
            act,
            said.clone(),
            then,
        )]
    };
    vec![
        act("present", Vec::new()),
        act("receive", Vec::new()),
        act("close", then),
    ]
}

/// Does a list as far as it goes; how many things were done.
fn carry_out(
    node: &mut OfficeNode,
    list: Vec<Turn>,
    happened: &mut Vec<Happened>,
    now: Timestamp,
    rng: &mut dyn RngCore,
) -> Result<usize, DemoError> {
    let mut done = 0;
    for turn in list {
        match turn {
            Turn::Act(case, act, said, then) => {
                match hands::at_office(node, case, act, &said, now, rng)? {
                    Came::Nothing => return Ok(done),
                    Came::Done => {}
                    Came::DoneLate => happened.push(Happened::only(Event::AskedWhyLate)),
                }
                done += carry_out(node, then, happened, now, rng)?;
            }
            Turn::Write(target, values) => {
                node.edit(target, &values, now, rng)?;
            }
            Turn::Move(member, to) => {
                node.move_place(member, to, now)?;
            }
            Turn::Stay(place, member, host) => {
                let until = Timestamp(now.0 + 150 * DAY);
                let host = Host {
                    branch: host,
                    until,
                };
                node.place_in(place, member, Some(host), &Values::new(), now, rng)?;
            }
            Turn::Begin(place, branch, values) => {
                let record = (Target::at(place, &MEMBER, b""), values);
                node.edit_many(&[(place, PlaceKind::Member, branch)], &[record], now, rng)?;
            }
            Turn::Forget(person, why) => {
                if !forget(node, person, why, now)? {
                    return Ok(done);
                }
            }
            Turn::AddRule(values) => {
                let today = now.day_in_vietnam().ok_or(DemoError::NodeStopped)?;
                let target = regulation::target(node.root(), Key::CheckInEvery, today);
                node.edit(target, &values, now, rng)?;
            }
            Turn::Mistype(member, [wrong, right]) => {
                mistype(node, member, &wrong, &right, now, rng)?;
                done += 2;
            }
            Turn::Confirm => {
                node.confirm_reform()?;
            }
            Turn::Note(it) => {
                happened.push(it);
                continue;
            }
        }
        done += 1;
    }
    Ok(done)
}

/// Forgets what there is to forget of somebody; `false`: nothing, or they are not known here yet.
fn forget(
    node: &mut OfficeNode,
    person: PlaceId,
    why: Why,
    now: Timestamp,
) -> Result<bool, DemoError> {
    let today = now.day_in_vietnam().ok_or(DemoError::NodeStopped)?;
    let rules = Known::of(node.store())?.regulations;
    let docs = match node.to_erase(person, why, &rules, today) {
        Ok(docs) => docs,
        Err(EraseError::Unknown) => return Ok(false),
        Err(e) => return Err(e.into()),
    };
    let erasing = Erasing {
        why,
        basis: "12-CV/ĐU, 3/2/2025 (mẫu)",
        by: None,
    };
    match node.erase(&docs, &erasing, now) {
        Ok(_) => Ok(true),
        Err(EraseError::ErasedAlready) => Ok(false),
        Err(e) => Err(e.into()),
    }
}

/// A decision is recorded under a wrong number, cancelled as mistyped, and recorded again.
fn mistype(
    node: &mut OfficeNode,
    member: PlaceId,
    wrong: &Values,
    right: &Values,
    now: Timestamp,
    rng: &mut dyn RngCore,
) -> Result<(), DemoError> {
    let target = one(member, &DECISION);
    node.edit(target, wrong, now, rng)?;
    node.submit(now, rng)?;
    let id = hex(&[7; 8]);
    let cancelled = said(&[(&format!("cancelled/{id}/reason"), "gõ nhầm số".into())]);
    node.edit(target, &cancelled, now, rng)?;
    node.edit(
        Target::at(member, &DECISION, b"the right number"),
        right,
        now,
        rng,
    )?;
    Ok(())
}

/// Whoever wrote about somebody who had moved meanwhile could not know: the office takes it in.
pub(super) fn take_in_held(node: &mut OfficeNode, now: Timestamp) -> Result<usize, DemoError> {
    let mut done = 0;
    for (number, row) in node.quarantine()? {
        if row.held > 0 && node.decide(number, true, None, now).is_ok() {
            done += 1;
        }
    }
    Ok(done)
}
