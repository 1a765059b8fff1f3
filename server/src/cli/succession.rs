//! `chibo phone succession` and `chibo succession`: a branch's work goes from one secretary to the next. Two phones and
//! one stick, no line: give, take, finish. Where the one of before cannot be asked any more, the office ends the role
//! and names what is known of that phone.

use super::bundle::{For, put_on_stick, take_from_stick};
use super::desk::branch_of;
use super::desk::day_or_today;
use super::devices::{Names, called, keep_lists, names, no_grant};
use super::kept::Kept;
use super::node::{find_place, reached_at};
use super::shown::Seen;
use super::ticket::{in_words, typed};
use super::{Done, Fail, Folder, Voice};
use crate::edge::{SystemChance, now};
use crate::handset::Handset;
use crate::intake::OfficeNode;
use crate::words;
use chibo_core::date::Day;
use chibo_core::domain::succession::{COUNTS, Counted, SUCCESSION, Side, Standing, standing};
use chibo_core::enrol::{Card, Offer};
use chibo_core::id::{DocId, PersonId, PlaceId};
use chibo_core::kind;
use chibo_core::log::End;
use chibo_core::phone::{LayDownError, SyncError};
use chibo_core::place::{PlaceKind, Role};
use chibo_core::replica;
use chibo_core::store::sqlite::Find;
use chibo_core::text;
use chibo_core::time::Timestamp;
use chibo_device::succession as handing_over;
use chibo_device::words as shared;
use clap::{Args, Subcommand};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

// ---- on a phone -----------------------------------------------------------------------------

#[derive(Debug, Subcommand)]
pub(super) enum OnPhone {
    /// Thẻ của máy này, cho máy giao chưa biết máy này / This phone's card, for a giver that has not heard of it.
    Card,
    /// Bên giao ký: kiểm đếm, ghi lên tệp / Who gives signs: what was counted, onto the stick.
    Give(Give),
    /// Bên nhận ký / Who takes signs: takes the stick in, writes the answer onto it.
    Take(Take),
    /// Bên giao: nhận xác nhận, xóa dữ liệu trên máy này / Who gives: the confirmation, and this phone is emptied.
    Finish(Stick),
    /// Xem biên bản bàn giao / What was handed over, as both sides say.
    Show,
    /// Những lần ghi biết là có mà máy này chưa nhận / What went by and is not here.
    Missing,
}

#[derive(Debug, Args)]
pub(super) struct Stick {
    /// Tệp / The file.
    file: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Counts {
    /// Họ tên người ký / The name under which to sign.
    #[arg(long)]
    name: String,
    /// Tiền mặt đếm được (đồng) / Cash that was counted, in đồng.
    #[arg(long)]
    cash: Option<u64>,
    /// Số hồ sơ đảng viên / Dossiers.
    #[arg(long)]
    dossiers: Option<u32>,
    /// Số sổ giấy / Paper books.
    #[arg(long)]
    books: Option<u32>,
    /// Sổ nào, đến trang mấy / Which books, up to which page.
    #[arg(long, default_value = "")]
    book_list: String,
    /// Ghi chú / A note.
    #[arg(long, default_value = "")]
    note: String,
    /// Ngày bàn giao / The day (today).
    #[arg(long, value_name = "DAY")]
    date: Option<String>,
    /// Chi bộ, nếu máy này giữ nhiều / The branch, where this device keeps several.
    #[arg(long)]
    branch: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Give {
    /// Tệp / The file.
    file: PathBuf,
    /// Thẻ của máy nhận, nếu máy này chưa biết máy đó / The card of the phone that takes, if this one has not heard of it.
    #[arg(long, value_name = "CARD")]
    to: Option<String>,
    #[command(flatten)]
    counts: Counts,
}

#[derive(Debug, Args)]
pub(super) struct Take {
    /// Tệp / The file.
    file: PathBuf,
    #[command(flatten)]
    counts: Counts,
}

impl OnPhone {
    /// Whether it goes on though this phone's role is over: the emptying may have been cut short.
    pub(super) fn is_last(&self) -> bool {
        matches!(self, OnPhone::Finish(_))
    }
}

pub(super) fn on_phone(what: &OnPhone, handset: &mut Handset, voice: Voice) -> Done {
    match what {
        OnPhone::Card => card(handset, voice),
        OnPhone::Give(args) => give(args, handset, voice),
        OnPhone::Take(args) => take(args, handset, voice),
        OnPhone::Finish(Stick { file }) => finish(file, handset, voice),
        OnPhone::Show => show(handset, voice),
        OnPhone::Missing => missing(handset, voice),
    }
}

fn said(voice: Voice, vi: &str, en: &str) -> Fail {
    Fail::Words(voice.say(vi, en).into())
}

fn own_place(handset: &Handset) -> Result<PlaceId, Fail> {
    let author = handset.phone.author();
    Ok(author.ok_or(Fail::Sync(SyncError::NotEnrolled))?.place)
}

fn card(handset: &Handset, voice: Voice) -> Done {
    own_place(handset)?;
    let text = handset.phone.card()?.to_text();
    voice.tell(&json!({"card": text}), &text);
    Ok(true)
}

/// What was counted, by the program and by the person.
fn counted(
    counts: &Counts,
    handset: &Handset,
    branch: PlaceId,
    on: Day,
    voice: Voice,
) -> Result<Counted, Fail> {
    let counted = handing_over::count(&handset.phone, branch, on);
    let mut counted = counted.map_err(|e| super::terms::unlisted(e, voice))?;
    counted.name = text::clean_name(&counts.name);
    counted.books = text::clean_line(&counts.book_list);
    counted.note = text::clean_line(&counts.note);
    let cash = counts.cash.map(|n| i64::try_from(n).unwrap_or(i64::MAX));
    let typed = [
        ("cash", cash),
        ("dossiers", counts.dossiers.map(i64::from)),
        ("books", counts.books.map(i64::from)),
    ];
    let typed = typed.into_iter().filter_map(|(name, n)| Some((name, n?)));
    counted.counts.extend(typed);
    Ok(counted)
}

fn give(args: &Give, handset: &mut Handset, voice: Voice) -> Done {
    let branch = branch_of(
        handset,
        own_place(handset)?,
        args.counts.branch.as_deref(),
        voice,
    )?;
    let on = day_or_today(args.counts.date.as_deref(), voice)?;
    if let Some(card) = &args.to {
        let wrong = |_| {
            said(
                voice,
                "thẻ này thiếu hoặc sai; hãy quét lại",
                "this card is incomplete or mistyped; scan it again",
            )
        };
        let card = Card::from_text(card).map_err(wrong)?;
        handset.phone.meet(&card, now())?.map_err(|_| {
            said(
                voice,
                "thẻ này không do xã của máy này cấp, hoặc đã hết giá trị",
                "this card was not given by this phone's node, or is worth nothing any more",
            )
        })?;
    }
    let counted = counted(&args.counts, handset, branch, on, voice)?;
    handset
        .phone
        .give(branch, on, &counted, now(), &mut SystemChance)?;
    let segments = put_on_stick(For::Peer, handset, &args.file, voice)?;
    let text = voice.say(
        "Đã ký giao. Đưa tệp này sang máy nhận: succession take.",
        "Signed. Bring the file to the phone that takes: succession take.",
    );
    voice.tell(
        &json!({"given": true, "segments": segments, "counts": counted.counts}),
        text,
    );
    Ok(true)
}

fn take(args: &Take, handset: &mut Handset, voice: Voice) -> Done {
    let branch = branch_of(
        handset,
        own_place(handset)?,
        args.counts.branch.as_deref(),
        voice,
    )?;
    let on = day_or_today(args.counts.date.as_deref(), voice)?;
    take_from_stick(handset, &args.file, voice)?;
    let given = handing_over::given(&handset.phone, branch)?;
    let doc = given.ok_or_else(|| {
        said(
            voice,
            "chưa có bên giao nào ký trong tệp này; máy giao cần thẻ của máy này (succession card)",
            "nobody has signed as the giver in this file; that phone needs this one's card (succession card)",
        )
    })?;
    let counted = counted(&args.counts, handset, branch, on, voice)?;
    handset
        .phone
        .take_over(branch, doc, on, &counted, now(), &mut SystemChance)?;
    put_on_stick(For::Peer, handset, &args.file, voice)?;
    let standing = handing_over::last(&handset.phone, branch, Standing::is_confirmed)?;
    let standing = standing.map(|(_, s)| s);
    let standing = standing.unwrap_or_default();
    lines(&standing, voice);
    let text = voice.say(
        "Đã ký nhận. Đưa tệp này về máy giao: succession finish.",
        "Signed. Bring the file back to the phone that gave: succession finish.",
    );
    voice.tell(
        &json!({"taken": true, "succession": json_of(&standing)}),
        text,
    );
    Ok(true)
}

fn finish(file: &Path, handset: &mut Handset, voice: Voice) -> Done {
    // Where this was cut short before, only the store's file is left to be removed.
    if handset.phone.told_end()? != Some(End::Wiped) {
        take_from_stick(handset, file, voice)?;
        // What only the node can open stays on the stick, whatever becomes of the phone that took over.
        put_on_stick(For::Node, handset, file, voice)?;
        handset.phone.lay_down().map_err(|e| not_done(e, voice))?;
    }
    handset.remove()?;
    let text = voice.say(
        "Đã bàn giao xong. Mọi dữ liệu trên máy này đã xóa; vai trò kết thúc khi máy nhận gửi về xã. Tệp còn giữ một bản \
         niêm phong mà chỉ xã mở được: hãy đưa cho xã.",
        "Handed over. All records are gone from this phone; the role ends when the other phone syncs. The file keeps a \
         sealed copy that only the node can open: bring it to the office.",
    );
    voice.tell(&json!({"emptied": true}), text);
    Ok(true)
}

fn not_done(e: LayDownError, voice: Voice) -> Fail {
    match e {
        LayDownError::NotConfirmed => said(
            voice,
            "bên nhận chưa ký nhận; chưa xóa gì",
            "nobody has signed as the taker yet; nothing was removed",
        ),
        LayDownError::NotAllTaken(n) => Fail::Words(match voice.lang {
            words::Lang::Vi => format!(
                "còn {n} lần ghi mà máy nhận chưa có; chưa xóa gì. Giao lại lần nữa: succession give"
            ),
            words::Lang::En => format!(
                "{n} changes are not on the other phone yet; nothing was removed. Give once more: succession give"
            ),
        }),
        LayDownError::Store(e) => Fail::Store(e),
        LayDownError::Sync(e) => Fail::Sync(e),
        other => Fail::Words(other.to_string()),
    }
}

fn show(handset: &Handset, voice: Voice) -> Done {
    let own = own_place(handset)?;
    let all = handset.phone.successions(own)?;
    for (_, standing) in &all {
        lines(standing, voice);
    }
    let told: Vec<_> = all.iter().map(|(_, s)| json_of(s)).collect();
    let text = match all.is_empty() {
        true => voice.say("Chưa có lần bàn giao nào.", "Nothing was handed over yet."),
        false => "",
    };
    voice.tell(&json!({"successions": told}), text);
    Ok(true)
}

fn missing(handset: &Handset, voice: Voice) -> Done {
    let mut told = Vec::new();
    for gap in handing_over::missing(handset, super::desk::today(voice)?)? {
        voice.line(&words::both(voice.lang, shared::missing(&gap)));
        told.push(
            json!({"person": gap.person, "name": gap.name.unwrap_or_else(|| gap.person.short()),
                         "place": gap.place_name.unwrap_or_else(|| "?".into()), "from": gap.from,
                         "to": gap.to, "before": words::day(gap.before)}),
        );
    }
    let text = match told.is_empty() {
        true => voice.say(
            "Máy này không biết lần ghi nào còn thiếu.",
            "This phone knows of nothing that is missing.",
        ),
        false => "",
    };
    voice.tell(&json!({"missing": told}), text);
    Ok(true)
}

// ---- how it is told -------------------------------------------------------------------------

fn who(side: Option<&Side>, voice: Voice) -> String {
    let Some(side) = side else {
        return voice.say("chưa ký", "not signed").into();
    };
    let role = side.role.map_or("?", |r| words::role(voice.lang, r));
    let on = side.on.map_or(String::new(), |d| d.shown());
    format!("{} ({role}), {on}", side.name)
}

/// The record of a hand-over (*biên bản bàn giao*), line by line.
fn lines(standing: &Standing, voice: Voice) {
    let (given, taken) = (standing.given.as_ref(), standing.taken.as_ref());
    voice.line(&format!(
        "{}: {}",
        voice.say("Bên giao", "Gives"),
        who(given, voice)
    ));
    voice.line(&format!(
        "{}: {}",
        voice.say("Bên nhận", "Takes"),
        who(taken, voice)
    ));
    let count = |side: Option<&Side>, name: &str| {
        let n = side.and_then(|s| s.counts.get(name));
        n.map_or("–".to_owned(), i64::to_string)
    };
    for field in &COUNTS {
        let differs = standing.differences.contains(&field.name);
        voice.line(&format!(
            "  {}: {} / {}{}",
            words::label(voice.lang, field.label),
            count(given, field.name),
            count(taken, field.name),
            if differs {
                voice.say("  ← lệch", "  ← differs")
            } else {
                ""
            }
        ));
    }
    for side in [given, taken].into_iter().flatten() {
        for words in [&side.books, &side.note]
            .into_iter()
            .filter(|w| !w.is_empty())
        {
            voice.line(&format!("  {}: {words}", side.name));
        }
    }
}

fn json_of(standing: &Standing) -> serde_json::Value {
    let side = |side: &Side| {
        json!({"person": side.person, "name": side.name, "role": side.role.map(Role::name),
               "on": side.on.map(|d| d.to_string()), "counts": side.counts, "books": side.books,
               "note": side.note})
    };
    json!({"given": standing.given.as_ref().map(side), "taken": standing.taken.as_ref().map(side),
           "confirmed": standing.is_confirmed(), "differences": standing.differences})
}

// ---- at the office --------------------------------------------------------------------------

#[derive(Debug, Args)]
pub(crate) struct SuccessionArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Các lần bàn giao / What was handed over, in which branch.
    List(List),
    /// Không còn người bàn giao (mất, máy mất) / The one of before cannot be asked: end the role, name what is known.
    Lost(Lost),
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    data: Folder,
    /// Chỉ chi bộ này / Only this branch.
    #[arg(long)]
    branch: Option<String>,
}

#[derive(Debug, Args)]
struct Lost {
    #[command(flatten)]
    data: Folder,
    /// Số của máy, xem chibo devices / The device's number, as in chibo devices.
    device: u64,
    /// Người thay: mã đảng viên hoặc tên; được phiếu đăng ký bí thư / Who follows: a member's id or name; gets a ticket.
    #[arg(long)]
    successor: Option<String>,
    /// Số quyết định chỉ định / The number of the decision that appoints them.
    #[arg(long, default_value = "")]
    number: String,
    /// Số ngày phiếu có giá trị / Days for which the ticket can be used.
    #[arg(long, default_value_t = 14)]
    days: u64,
    /// Địa chỉ máy xã / Where phones reach the node.
    #[arg(long)]
    url: Option<String>,
}

impl SuccessionArgs {
    pub(super) fn data(&self) -> &Folder {
        match &self.what {
            What::List(args) => &args.data,
            What::Lost(args) => &args.data,
        }
    }
}

impl SuccessionArgs {
    /// What it shows: who handed what over; or what is known of a phone, by the titles of records.
    pub(super) fn shows(&self) -> Seen<'_> {
        match &self.what {
            What::List(args) => Seen::list(args.branch.as_deref()),
            What::Lost(_) => Seen::All,
        }
    }
}

pub(crate) fn run(args: &SuccessionArgs, kept: &mut Kept, voice: Voice) -> Done {
    let node = kept.office(voice)?;
    match &args.what {
        What::List(args) => list(args, node, voice),
        What::Lost(args) => lost(args, node, voice),
    }
}

fn list(args: &List, node: &OfficeNode, voice: Voice) -> Done {
    let names = names(node.store())?;
    let wanted = args.branch.as_deref();
    let wanted = wanted.map(|b| find_place(node.store(), node.tree(), b, voice));
    let wanted = wanted.transpose()?;
    let rows = node.store().find(&Find {
        kind: Some(SUCCESSION.number),
        ..Find::default()
    })?;
    let mut told = Vec::new();
    for row in rows.iter().filter(|r| wanted.is_none_or(|w| w == r.place)) {
        let standing = standing(&replica::values_of(row));
        let name = names.get(&row.place).map_or("?", String::as_str);
        voice.line(name);
        lines(&standing, voice);
        told.push(json!({"branch": row.place, "name": name, "succession": json_of(&standing)}));
    }
    let text = match told.is_empty() {
        true => voice.say("Chưa có lần bàn giao nào.", "Nothing was handed over yet."),
        false => "",
    };
    voice.tell(&json!({"successions": told}), text);
    Ok(true)
}

fn lost(args: &Lost, node: &mut OfficeNode, voice: Voice) -> Done {
    let devices = node.devices()?;
    let device = devices.iter().find(|d| d.n == args.device).cloned();
    let device = device.ok_or_else(|| no_grant(chibo_core::node::EndError::Unknown, voice))?;
    let branch = device.grant.place;
    if node.tree().get(branch).map(|p| p.kind) != Some(PlaceKind::Branch) {
        return Err(said(
            voice,
            "máy này không phải của người phụ trách chi bộ; dùng revoke",
            "this is no device of a branch's leader; use revoke",
        ));
    }
    let successor = match &args.successor {
        Some(typed) => {
            let member = find_place(node.store(), node.tree(), typed, voice)?;
            if node.tree().get(member).and_then(|p| p.parent) != Some(branch) {
                return Err(said(
                    voice,
                    "người thay phải thuộc chi bộ này",
                    "who follows must belong to this branch",
                ));
            }
            Some((member, reached_at(node, args.url.as_ref())?))
        }
        None => None,
    };
    let is_over = device.ended.is_some_and(|e| e.how == End::Wiped);
    let listed = is_over || {
        node.revoke(args.device, true, false, now())
            .map_err(|e| no_grant(e, voice))?;
        keep_lists(node, voice)
    };
    let names = names(node.store())?;
    voice.line(&called(&device.grant, &names, voice));
    let known = legacy(node, args.device, &names, voice)?;
    let mut ticket = None;
    if let Some((member, url)) = successor {
        let expires = Timestamp(now().0.saturating_add(args.days.saturating_mul(86_400)));
        let offer = Offer {
            mandate: text::clean_line(&args.number),
            ..Offer::new(Role::Secretary, branch, PersonId(member.0), expires)
        };
        let made = node
            .ticket(&url, &offer, &mut SystemChance)
            .map_err(|e| Fail::Words(e.to_string()))?;
        let name = names.get(&member).map_or("?", String::as_str);
        voice.line(&format!(
            "{}, {name}: {}",
            voice.say("Phiếu đăng ký bí thư", "A secretary's ticket"),
            made.to_text()
        ));
        voice.line(&format!("    {}", in_words(&made, voice)));
        ticket = Some(made);
    }
    let (code, address) = ticket.as_ref().and_then(typed).unzip();
    let ticket = ticket.map(|t| t.to_text());
    let text = voice.say(
        "Máy đó đã bị thu hồi và sẽ tự xóa khi liên lạc. Bảo phó bí thư gửi về để mang những gì máy phó đã nhận được; xem \
         chibo quarantine.",
        "That phone is revoked and wipes itself when it connects. Have the deputy sync, to bring what that phone got; see \
         chibo quarantine.",
    );
    voice.tell(
        &json!({"device": args.device, "known": known, "ticket": ticket, "code": code,
                "address": address, "listed": listed}),
        text,
    );
    Ok(true)
}

/// What is known of a device that nobody can ask any more.
fn legacy(
    node: &OfficeNode,
    device: u64,
    names: &Names,
    voice: Voice,
) -> Result<serde_json::Value, Fail> {
    let Some(legacy) = node.legacy(device)? else {
        return Ok(serde_json::Value::Null);
    };
    let titles: BTreeMap<DocId, String> = (node.store().find(&Find::default())?.into_iter())
        .map(|r| (r.doc, r.title))
        .collect();
    let never = || voice.say("chưa lần nào", "never").to_owned();
    let heard = match legacy.heard.0 {
        0 => never(),
        _ => words::day(legacy.heard),
    };
    let last = legacy.last.map_or_else(never, words::day);
    voice.line(&match voice.lang {
        words::Lang::Vi => format!(
            "Liên lạc lần cuối: {heard}. Ở xã có {} lần ghi của máy này, lần cuối viết ngày {last}.",
            legacy.known
        ),
        words::Lang::En => format!(
            "Last heard of: {heard}. {} changes of it are here, the last written on {last}.",
            legacy.known
        ),
    });
    let mut told = Vec::new();
    for one in &legacy.brought {
        let place = one.place.and_then(|(place, _)| names.get(&place));
        let place = place.map_or("?", String::as_str);
        let what: Vec<String> = (one.docs.iter())
            .map(|(doc, number)| {
                let label = kind::by_number(*number);
                let label = label.map_or("?", |k| words::label(voice.lang, k.label));
                let title = titles.get(doc).filter(|t| t.as_str() != place);
                title.map_or(label.to_owned(), |t| format!("{label} {t}"))
            })
            .collect();
        let what = what.join(", ");
        let written = words::day(one.written);
        let state = match one.is_held {
            true => voice.say("chờ văn phòng nhận", "waits for the office"),
            false => voice.say("đã vào sổ", "taken in"),
        };
        voice.line(&format!(
            "  {}: {written}, {place}: {what} ({state})",
            voice.say("máy khác mang về", "brought by others")
        ));
        told.push(json!({"written": written, "place": place, "what": what, "held": one.is_held}));
    }
    voice.line(&match voice.lang {
        words::Lang::Vi => {
            format!("Sau ngày {last} máy đó có ghi thêm gì không thì ở đây không ai biết.")
        }
        words::Lang::En => {
            format!("Whether it wrote anything after {last} nobody here knows.")
        }
    });
    Ok(json!({"heard": heard, "changes": legacy.known, "last": last, "brought": told}))
}
