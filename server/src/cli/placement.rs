//! `chibo placement` at the office and `chibo phone placements`: who takes part in a second branch for a time, from
//! when, until when; and what the host records of them.

use super::desk::place_of;
use super::kept::Kept;
use super::node::find_place;
use super::record::Whose;
use super::shown::Seen;
use super::{Done, Fail, Folder, Voice, handover};
use crate::edge::{SystemChance, now};
use crate::handset::Handset;
use crate::intake::OfficeNode;
use crate::words;
use chibo_core::author::{EditOutcome, Target};
use chibo_core::caution;
use chibo_core::custody::NodeCard;
use chibo_core::date::{Day, PartialDate};
use chibo_core::document::{Value, Values};
use chibo_core::domain::member::MEMBER;
use chibo_core::domain::placement::{DUES, PLACEMENT, REMARK};
use chibo_core::domain::unit::UNIT;
use chibo_core::field;
use chibo_core::id::{PlaceId, random16};
use chibo_core::kind::Kind;
use chibo_core::node::{PlaceError, Stage};
use chibo_core::place::{Host, PlaceKind};
use chibo_core::time::Timestamp;
use chibo_core::tree::{Placed, Tree};
use chibo_core::whose;
use chibo_device::guests::{self, GuestError};
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(crate) struct PlacementArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Cho sinh hoạt tạm thời, hoặc gia hạn / Let a member take part in a branch for a time, or for longer.
    Add(Box<Add>),
    /// Liệt kê / List who takes part where.
    List(List),
    /// Kết thúc trước hạn / End it early.
    End(EndArgs),
}

#[derive(Debug, Args)]
struct Add {
    #[command(flatten)]
    data: Folder,
    /// Đảng viên: mã hoặc tên / The member: id or name.
    member: String,
    /// Chi bộ nơi đến, cùng xã / The branch that hosts them, in the same commune.
    #[arg(long, required_unless_present = "to")]
    host: Option<String>,
    /// Xã khác có Chibo: thẻ của máy nơi đó / Another commune that has Chibo: its node's card, or a file with it.
    #[arg(long, value_name = "CARD", requires = "out", conflicts_with = "host")]
    to: Option<String>,
    /// Tệp gửi cho xã đó / The file for that commune.
    #[arg(long, requires = "to")]
    out: Option<PathBuf>,
    /// Từ ngày / From this day on (today).
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// Đến hết ngày / Until the end of this day.
    #[arg(long, value_name = "DAY")]
    until: String,
    /// Lý do: work, study, treatment, family, other / The reason.
    #[arg(long)]
    reason: Option<String>,
    /// Chỗ ở trong thời gian này / Where they stay.
    #[arg(long)]
    address: Option<String>,
    /// Số giấy giới thiệu / The letter of introduction.
    #[arg(long)]
    letter: Option<String>,
    #[command(flatten)]
    whose: Whose,
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    data: Folder,
}

#[derive(Debug, Args)]
struct EndArgs {
    #[command(flatten)]
    data: Folder,
    /// Đảng viên: mã hoặc tên / The member: id or name.
    member: String,
    /// Chi bộ nơi đến, nếu có nhiều / The branch, where there are several.
    #[arg(long)]
    host: Option<String>,
}

impl PlacementArgs {
    pub(super) fn shows(&self) -> Seen<'_> {
        match &self.what {
            What::List(_) => Seen::All,
            What::Add(_) | What::End(_) => Seen::Nothing,
        }
    }

    /// Takes the names of files as seen from this folder.
    pub(super) fn stand_in(&mut self, folder: &Path) {
        if let What::Add(add) = &mut self.what {
            add.to
                .iter_mut()
                .for_each(|card| handover::stand_card_in(folder, card));
            add.out.iter_mut().for_each(|out| *out = folder.join(&*out));
        }
    }

    pub(super) fn data(&self) -> &Folder {
        match &self.what {
            What::Add(args) => &args.data,
            What::List(args) => &args.data,
            What::End(args) => &args.data,
        }
    }
}

fn day(typed: &str, voice: Voice) -> Result<Day, Fail> {
    let day = PartialDate::parse(typed).ok().and_then(PartialDate::day);
    day.ok_or_else(|| {
        let why = voice.say("không phải ngày", "this is no day");
        Fail::Words(format!("{typed}: {why}"))
    })
}

fn said(voice: Voice, vi: &str, en: &str) -> Fail {
    Fail::Words(voice.say(vi, en).into())
}

fn refused(e: PlaceError, voice: Voice) -> Fail {
    match e {
        PlaceError::Store(e) => Fail::Store(e),
        PlaceError::Edit(e) => Fail::Edit(e),
        PlaceError::AtHome => said(
            voice,
            "đảng viên này thuộc chính chi bộ đó",
            "this member belongs to that very branch",
        ),
        PlaceError::Over => said(voice, "hạn này đã qua", "this term is over already"),
        _ => said(
            voice,
            "đảng viên này không thể sinh hoạt tạm thời ở nơi đó",
            "this member cannot take part there for a time",
        ),
    }
}

/// The last day on which a placement holds.
fn last_day(host: Host) -> String {
    words::day(Timestamp(host.until.0.saturating_sub(1)))
}

/// The placement of this member that a branch hosts now.
fn hosted(tree: &Tree, member: PlaceId, branch: Option<PlaceId>) -> Vec<(PlaceId, Host)> {
    let host_of = |p: PlaceId| Some((p, tree.get(p)?.host?));
    let hosted = tree.below(member).filter_map(host_of);
    hosted
        .filter(|(_, h)| branch.is_none_or(|b| b == h.branch))
        .collect()
}

pub(crate) fn run(args: &PlacementArgs, kept: &mut Kept, voice: Voice) -> Done {
    let node = kept.office(voice)?;
    match &args.what {
        What::Add(args) => add(args, node, voice),
        What::List(_) => list(node, voice),
        What::End(args) => end(args, node, voice),
    }
}

fn text_of(node: &OfficeNode, target: Target, name: &str) -> Result<Option<Value>, Fail> {
    let values = node.values(target.doc)?.map(|(_, v)| v);
    Ok(values.and_then(|v| v.get(name).cloned()))
}

/// The member whom a name means and where their stay stands, if it is a stay that is named: of a guest whom another
/// node keeps that is the committee.
fn named(node: &OfficeNode, said: &str, voice: Voice) -> Result<(PlaceId, Option<PlaceId>), Fail> {
    let found = find_place(node.store(), node.tree(), said, voice)?;
    let placed = node.tree().get(found);
    let stay = placed.filter(|p| p.kind == PlaceKind::Placement);
    Ok(match stay.and_then(|p| p.parent) {
        Some(parent) => (parent, Some(found)),
        None => (found, None),
    })
}

fn add(args: &Add, node: &mut OfficeNode, voice: Voice) -> Done {
    let (member, stay) = named(node, &args.member, voice)?;
    let branch = match &args.host {
        Some(host) => Some(find_place(node.store(), node.tree(), host, voice)?),
        None => None,
    };
    let to = match &args.to {
        Some(said) => Some(handover::card(said, voice)?),
        None => None,
    };
    let until = day(&args.until, voice)?;
    let end = Timestamp(Timestamp::beginning_of(until).0 + 86_400);
    let host = branch.map(|branch| Host { branch, until: end });
    let known = match stay {
        Some(stay) => Some(stay),
        None => branch.and_then(|_| {
            let known = hosted(node.tree(), member, branch);
            known.first().map(|(place, _)| *place)
        }),
    };
    if to.is_some() && end <= now() {
        return Err(refused(PlaceError::Over, voice));
    }
    let mut values = Values::new();
    let mut put = |name: &str, typed: &str| -> Result<(), Fail> {
        let value = field::parse(&PLACEMENT, name, typed).map_err(Fail::Field)?;
        values.insert(name.into(), value);
        Ok(())
    };
    put("until", &until.date().to_string())?;
    let began = match (&args.from, known) {
        (Some(from), _) => Some(day(from, voice)?),
        (None, Some(_)) => None,
        (None, None) => now().day_in_vietnam(),
    };
    if let Some(from) = began {
        put("from", &from.date().to_string())?;
    }
    for (name, typed) in [
        ("reason", &args.reason),
        ("address", &args.address),
        ("letter", &args.letter),
    ] {
        if let Some(typed) = typed {
            put(name, typed)?;
        }
    }
    whose::add(&PLACEMENT, &mut values, &args.whose.told()?);
    // What the host reads of the member is said here once; nothing else of their record is opened.
    let record = Target::at(member, &MEMBER, b"");
    for name in ["full_name", "phone"] {
        if let Some(value) = text_of(node, record, name)? {
            values.insert(name.into(), value);
        }
    }
    let is_member = |p: &&Placed| p.kind == PlaceKind::Member;
    let home = node.tree().get(member).filter(is_member);
    if let Some(home) = home.and_then(|p| p.parent)
        && let Some(value) = text_of(node, Target::at(home, &UNIT, b""), "name")?
    {
        values.insert("home".into(), value);
    }
    let place = known.unwrap_or_else(|| PlaceId(random16(&mut SystemChance)));
    let entry = node
        .place_in(place, member, host, &values, now(), &mut SystemChance)
        .map_err(|e| refused(e, voice))?;
    let last = words::day(Timestamp(end.0.saturating_sub(1)));
    let said = node.values(Target::at(place, &PLACEMENT, b"").doc)?;
    let said = said.map(|(_, said)| said).unwrap_or_default();
    let rules = super::terms::in_force(node.store(), voice)?;
    let today = super::desk::today(voice)?;
    let unusual = caution::unusual(&PLACEMENT, &values, &said, &rules, today);
    let warned = voice.warn(&PLACEMENT, &unusual);
    if let (Some(to), Some(out)) = (&to, &args.out) {
        return send(node, (place, member), to, out, &last, voice);
    }
    voice.tell(
        &json!({"placement": place, "member": member, "host": branch, "until": last,
                "prolonged": known.is_some(), "entry": entry, "warnings": warned}),
        &format!(
            "{} {last}.",
            match known {
                Some(_) => voice.say("Đã gia hạn đến hết", "Goes on until the end of"),
                None => voice.say("Sinh hoạt tạm thời đến hết", "Takes part until the end of"),
            }
        ),
    );
    Ok(true)
}

/// Offers a stay to the commune that hosts it; what it says of the member is all that goes there.
fn send(
    node: &mut OfficeNode,
    (place, member): (PlaceId, PlaceId),
    to: &NodeCard,
    out: &Path,
    last: &str,
    voice: Voice,
) -> Done {
    let offer = node.hand_over(place, to, now(), &mut SystemChance);
    let offer = offer.map_err(|e| handover::fail(e, voice))?;
    handover::make(node, offer, to, out, voice)?;
    voice.tell(
        &json!({"placement": place, "member": member, "until": last, "offer": offer,
                "to": to.log(), "name": to.name}),
        &format!(
            "{} {}, {} {last}.\n{}",
            voice.say("Sinh hoạt tạm thời ở", "Takes part at"),
            to.name,
            voice.say("đến hết", "until the end of"),
            voice.say(
                "Hãy gửi tệp; nơi đó nhận vào một chi bộ bằng chibo handover accept và gửi lại tệp trả lời. Vẫn tính ở đây.",
                "Send the file; they take it into a branch with chibo handover accept and send the answer back. Counted here as before.",
            )
        ),
    );
    Ok(true)
}

fn end(args: &EndArgs, node: &mut OfficeNode, voice: Voice) -> Done {
    let (member, stay) = named(node, &args.member, voice)?;
    let branch = match &args.host {
        Some(host) => Some(find_place(node.store(), node.tree(), host, voice)?),
        None => None,
    };
    let mut known = hosted(node.tree(), member, branch);
    known.retain(|(place, _)| stay.is_none_or(|stay| stay == *place));
    let [(place, _)] = known.as_slice() else {
        return Err(match known.is_empty() {
            true => said(
                voice,
                "đảng viên này không sinh hoạt tạm thời ở đâu",
                "this member takes part nowhere else",
            ),
            false => said(
                voice,
                "có nhiều nơi: thêm --host",
                "there are several: say --host",
            ),
        });
    };
    let place = *place;
    let today = now().day_in_vietnam().map(|d| d.date().to_string());
    let until = today.map(|d| ("until".to_owned(), Value::Text(d)));
    let entry = node
        .place_in(
            place,
            member,
            None,
            &until.into_iter().collect(),
            now(),
            &mut SystemChance,
        )
        .map_err(|e| refused(e, voice))?;
    voice.tell(
        &json!({"placement": place, "member": member, "entry": entry}),
        voice.say("Đã kết thúc.", "Ended."),
    );
    Ok(true)
}

/// The stays of members of this node in communes with nodes of their own, or on their way there.
fn elsewhere(node: &OfficeNode) -> Result<Vec<(PlaceId, PlaceId, String, Stage)>, Fail> {
    let mut went = Vec::new();
    for out in node.outgoing()? {
        let Some(part) = out.contents.parts.first() else {
            continue;
        };
        let is_here = node.tree().get(part.place).is_some();
        let is_there = match out.stage {
            Stage::Offered => true,
            Stage::Accepted => !is_here,
            Stage::Refused => false,
        };
        let is_own = node.tree().get(part.parent);
        let is_own = is_own.is_some_and(|p| p.kind == PlaceKind::Member);
        if part.kind == PlaceKind::Placement && is_there && is_own {
            went.push((part.place, part.parent, out.to.name, out.stage));
        }
    }
    Ok(went)
}

fn list(node: &OfficeNode, voice: Voice) -> Done {
    let went = elsewhere(node)?;
    let mut told = Vec::new();
    for (place, placed) in node.tree().iter() {
        if placed.kind != PlaceKind::Placement {
            continue;
        }
        let name = text_of(node, Target::at(place, &PLACEMENT, b""), "full_name")?;
        let name = name.map_or_else(|| place.short(), |v| v.shown());
        let host = match placed.host {
            Some(h) => text_of(node, Target::at(h.branch, &UNIT, b""), "name")?,
            None => None,
        };
        let host = host.map(|v| v.shown());
        let until = placed.host.map(last_day);
        let is_away = went.iter().any(|(away, ..)| *away == place);
        if is_away {
            continue;
        }
        voice.line(&match (&host, &until) {
            (Some(host), Some(until)) => format!("{}  {name} → {host}, {until}", place.short()),
            _ => format!(
                "{}  {name}  [{}]",
                place.short(),
                voice.say("đã kết thúc", "ended")
            ),
        });
        told.push(
            json!({"placement": place, "member": node.tree().member_of(place), "name": name,
                         "host": host, "until": until, "stage": null}),
        );
    }
    for (place, member, to, stage) in went {
        let name = text_of(node, Target::at(member, &MEMBER, b""), "full_name")?;
        let name = name.map_or_else(|| member.short(), |v| v.shown());
        let said = match stage {
            Stage::Accepted => voice.say("ở đó", "is there"),
            _ => voice.say("chờ trả lời", "waits for an answer"),
        };
        voice.line(&format!("{}  {name} → {to}  [{said}]", place.short()));
        told.push(
            json!({"placement": place, "member": member, "name": name, "host": to, "until": null,
                         "stage": handover::stage_word(stage)}),
        );
    }
    voice.end_list(
        &json!({"placements": told}),
        told.is_empty(),
        "(chưa có gì)",
        "(nothing yet)",
    );
    Ok(true)
}

// ---- on a phone -----------------------------------------------------------------------------

/// What a phone is asked about placements.
#[derive(Debug, Subcommand)]
pub(super) enum OnPhone {
    /// Đảng phí thu hộ / Dues that the host collected: MEMBER MONTH AMOUNT.
    Dues {
        member: String,
        /// Tháng / The month: 2026-11.
        month: String,
        /// Số tiền, đồng / Amount in đồng.
        amount: String,
        /// Số phiếu thu / The slip.
        #[arg(long)]
        slip: Option<String>,
    },
    /// Nhận xét / The host's remark.
    Remark {
        member: String,
        remark: String,
        /// Người nhận xét / Who says it.
        #[arg(long)]
        by: String,
        /// Chức vụ / Their post.
        #[arg(long)]
        post: Option<String>,
        /// Báo bằng cách nào / How it came.
        #[arg(long)]
        how: Option<String>,
        /// Người ghi hộ / Who typed it for them.
        #[arg(long)]
        recorded_by: Option<String>,
    },
}

pub(super) fn on_phone(what: Option<&OnPhone>, handset: &mut Handset, voice: Voice) -> Done {
    match what {
        None => on_this_phone(handset, voice),
        Some(OnPhone::Dues {
            member,
            month,
            amount,
            slip,
        }) => {
            let guest = guest(handset, member, voice)?;
            let mut typed = vec![("amount", amount.as_str())];
            typed.extend(slip.as_deref().map(|s| ("slip", s)));
            let values = parsed(&DUES, &typed)?;
            let when = (now(), super::desk::today(voice)?);
            let done = guests::dues(handset, guest, month, values, when, &mut SystemChance);
            recorded(&DUES, done, voice)
        }
        Some(OnPhone::Remark {
            member,
            remark,
            by,
            post,
            how,
            recorded_by,
        }) => {
            let guest = guest(handset, member, voice)?;
            let mut typed = vec![("remark", remark.as_str()), ("by", by.as_str())];
            let more = [("post", post), ("how", how), ("recorded_by", recorded_by)];
            typed.extend(
                more.iter()
                    .filter_map(|(name, t)| Some((*name, t.as_deref()?))),
            );
            let values = parsed(&REMARK, &typed)?;
            let when = (now(), super::desk::today(voice)?);
            let done = guests::remark(handset, guest, values, when, &mut SystemChance);
            recorded(&REMARK, done, voice)
        }
    }
}

fn guest(handset: &Handset, named: &str, voice: Voice) -> Result<PlaceId, Fail> {
    match place_of(handset, named, voice)? {
        (place, PlaceKind::Placement) => Ok(place),
        _ => Err(not_a_guest(voice)),
    }
}

fn not_a_guest(voice: Voice) -> Fail {
    said(
        voice,
        "người này không sinh hoạt tạm thời ở đây",
        "this person does not take part here for a time",
    )
}

fn parsed(kind: &'static Kind, typed: &[(&str, &str)]) -> Result<Values, Fail> {
    let value = |(name, typed): &(&str, &str)| {
        let value = field::parse(kind, name, typed).map_err(Fail::Field)?;
        Ok(((*name).to_owned(), value))
    };
    typed.iter().map(value).collect()
}

fn recorded(kind: &Kind, done: Result<EditOutcome, GuestError>, voice: Voice) -> Done {
    let outcome = done.map_err(|e| match e {
        GuestError::NoMonth => said(voice, "tháng viết như 2026-11", "a month is as 2026-11"),
        GuestError::Edit(e) => e.into(),
        _ => not_a_guest(voice),
    })?;
    let warned = voice.warn(kind, &outcome.warnings);
    voice.tell(
        &json!({"doc": outcome.doc, "changed": outcome.changed, "warnings": warned}),
        voice.say("Đã ghi, chưa gửi.", "Saved, not sent yet."),
    );
    Ok(true)
}

fn on_this_phone(handset: &Handset, voice: Voice) -> Done {
    let mut told = Vec::new();
    for one in guests::list(&handset.phone, now())? {
        let text = |name: &str| one.values.get(name).map(Value::shown).unwrap_or_default();
        let state = match (&one.until, one.is_guest) {
            (None, _) => voice.say("đã kết thúc", "ended"),
            (_, true) => voice.say("sinh hoạt tạm thời ở đây", "takes part here"),
            (_, false) => voice.say("sinh hoạt tạm thời nơi khác", "takes part elsewhere"),
        };
        let until = one.until.map(Day::shown);
        voice.line(&format!(
            "{}  {}  {}  [{state}{}]",
            one.place.short(),
            text("full_name"),
            text("phone"),
            until.as_ref().map_or(String::new(), |u| format!(" → {u}"))
        ));
        told.push(
            json!({"placement": one.place, "name": text("full_name"), "phone": text("phone"),
                         "home": text("home"), "guest": one.is_guest, "until": until}),
        );
    }
    voice.end_list(
        &json!({"placements": told}),
        told.is_empty(),
        "(chưa có gì)",
        "(nothing yet)",
    );
    Ok(true)
}
