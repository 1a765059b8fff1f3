//! Who was let in and how that ends: `chibo devices`, `grants`, `recovery`, `revoke`, `confirm`, `rotate-key`.

use super::kept::Kept;
use super::root_key::RootKeyArgs;
use super::{Done, Fail, Folder, Voice, at};
use crate::edge::{SystemChance, now};
use crate::intake::OfficeNode;
use crate::kept_lists;
use crate::sealed::folder_of;
use crate::words;
use chibo_core::id::{Hash, Hasher, PlaceId, hex};
use chibo_core::identity::{Custody, Grant};
use chibo_core::log::End;
use chibo_core::node::{Brought, Device, EndError, NoCode, RestoreError};
use chibo_core::place::PlaceKind;
use chibo_core::store::Store;
use chibo_core::store::sqlite::{Find, SqliteStore};
use chibo_core::{log, records};
use clap::Args;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Debug, Args)]
pub(crate) struct Devices {
    #[command(flatten)]
    pub(super) data: Folder,
    /// Hỏi lại chủ máy sau chừng này ngày im lặng; 0: không / Ask for a device's owner again after so many silent days;
    /// 0: never.
    #[arg(long, value_name = "DAYS")]
    unseen_days: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct Revoke {
    #[command(flatten)]
    pub(super) data: Folder,
    /// Số của máy trong danh sách / The device's number in the list.
    number: u64,
    /// Máy bị mất: bảo nó tự xóa khi liên lạc / It is lost: tell it to wipe itself when it connects.
    #[arg(long)]
    wipe: bool,
    /// Thu hồi cả những quyền do máy này cấp / Revoke what was given under it as well.
    #[arg(long)]
    cascade: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RecoveryArgs {
    #[command(flatten)]
    pub(super) data: Folder,
    /// Số của máy trong danh sách / The device's number in the list.
    number: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Confirm {
    #[command(flatten)]
    pub(super) data: Folder,
    /// Xác nhận, trừ những số này / All but these numbers of the list.
    #[arg(long, value_name = "NUMBER")]
    without: Vec<usize>,
    /// Xác nhận danh sách mang mã này / Confirm the list with this code; without it the list is only shown, with its code.
    #[arg(long, value_name = "CODE", num_args = 0..=1)]
    yes: Option<Option<String>>,
    /// Đồng hồ của máy là đúng / The clock is right.
    #[arg(long)]
    clock: bool,
    /// Máy im lặng lâu này vẫn do chủ máy giữ / The owner still has this device, which was silent for long.
    #[arg(long, value_name = "NUMBER")]
    device: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct RotateKey {
    #[command(flatten)]
    pub(super) data: Folder,
    #[command(flatten)]
    pub(super) root_key: RootKeyArgs,
}

/// What people and places are called.
pub(super) type Names = BTreeMap<PlaceId, String>;

pub(super) fn names(store: &SqliteStore) -> Result<Names, Fail> {
    Ok((store.find(&Find::default())?.into_iter())
        .filter(|r| r.kind <= 2)
        .map(|r| (r.place, r.title))
        .collect())
}

/// Role, place and person of a grant, in words.
pub(super) fn called(grant: &Grant, names: &Names, voice: Voice) -> String {
    let place = names.get(&grant.place).map_or("?", String::as_str);
    let person = names.get(&PlaceId(grant.person.0));
    format!(
        "{}, {place}{}",
        words::role(voice.lang, grant.role),
        person.map_or(String::new(), |p| format!(" ({p})")),
    )
}

/// The devices: keys that live on one, with the number that both screens showed, and when it was heard of.
pub(crate) fn list(args: &Devices, kept: &mut Kept, voice: Voice) -> Done {
    let node = kept.office(voice)?;
    if let Some(days) = args.unseen_days {
        node.set_unseen_days(days)?;
    }
    let unseen_days = node.unseen_days()?;
    let names = names(node.store())?;
    let mut told = Vec::new();
    for device in node.devices()? {
        let grant = &device.grant;
        if grant.custody != Custody::Device {
            continue;
        }
        let place = names
            .get(&grant.place)
            .cloned()
            .unwrap_or_else(|| "?".to_owned());
        let person = names.get(&PlaceId(grant.person.0));
        let since = given(node, device.n)?;
        let seen = (device.seen.0 > 0).then(|| words::day(device.seen));
        let recovery = device.recovery;
        let read = (recovery.read > 0).then(|| words::day(recovery.last_read));
        let read_by = (recovery.read_by > 0).then_some(recovery.read_by);
        let mut line = format!(
            "{:>5}  {}  {since}  {}  {}",
            device.n,
            called(grant, &names, voice),
            grant.confirmation(),
            state(&device, voice),
        );
        if let Some(day) = &seen {
            let heard = voice.say("liên lạc lần cuối", "last heard of");
            line.push_str(&format!("; {heard} {day}"));
        }
        let silent = now().0.saturating_sub(device.seen.0) / 86_400;
        let asks =
            unseen_days > 0 && device.seen.0 > 0 && silent > unseen_days && device.ended.is_none();
        if asks {
            line.push_str(voice.say(
                "; hỏi lại chủ máy: confirm --device",
                "; ask its owner: confirm --device",
            ));
        }
        if device.no_room {
            line.push_str(voice.say(
                "; CÒN VIỆC CHƯA GỬI HẾT vì ngăn giữ đã đầy: xử lý bằng chibo quarantine",
                "; SOME OF ITS WORK DID NOT COME, since its quarantine is full: decide with chibo quarantine",
            ));
        }
        if let Some(day) = &read {
            line.push_str(&match voice.lang {
                words::Lang::Vi => format!("; mã mở lại đã đọc {} lần, cuối {day}", recovery.read),
                words::Lang::En => {
                    format!("; recovery code read {} times, last {day}", recovery.read)
                }
            });
            if let Some(by) = read_by {
                line.push_str(&match voice.lang {
                    words::Lang::Vi => format!(", do máy {by}"),
                    words::Lang::En => format!(", by device {by}"),
                });
            }
        }
        voice.line(&line);
        told.push(json!({
            "number": device.n, "role": grant.role.name(), "place": place,
            "person": person, "since": since, "revoked": device.ended.is_some(),
            "ended": device.ended.map(|e| how(e.how)),
            "wipe": device.ended.is_some_and(|e| e.how == End::Wiped), "wiped": device.wiped,
            "no_room": device.no_room, "confirmation": grant.confirmation(), "seen": seen, "key": grant.key.to_string(),
            "recovery": {"kept": recovery.kept, "read": recovery.read, "last_read": read,
                         "read_by": read_by},
        }));
    }
    let damaged = kept_lists::damaged(&folder_of(node.store().path()));
    for path in &damaged {
        voice.line(&format!(
            "{}: {}",
            path.display(),
            voice.say(
                "danh sách này hỏng và được để riêng; những gì chỉ nó ghi (thu hồi, xóa, kỳ khóa) có thể mất: hãy sao lưu ngay, \
                 và giữ tệp này",
                "this list is damaged and was set aside; what only it knew (revocations, erasures, epochs) may be lost: make a \
                 backup now, and keep this file"
            )
        ));
    }
    voice.end_list(
        &json!({"devices": told, "damaged_lists": damaged}),
        told.is_empty(),
        "Chưa có máy nào đăng ký. Tạo phiếu bằng chibo ticket.",
        "No device is enrolled yet. Make a ticket with chibo ticket.",
    );
    Ok(true)
}

/// Every grant: from whom, until when, on what decision, and how it ended.
pub(crate) fn grants(kept: &mut Kept, voice: Voice) -> Done {
    let node = kept.office(voice)?;
    let names = names(node.store())?;
    let devices = node.devices()?;
    let number_of: BTreeMap<Hash, u64> = devices.iter().map(|d| (d.grant.hash(), d.n)).collect();
    let mut told = Vec::new();
    for device in &devices {
        let grant = &device.grant;
        let under = number_of.get(&grant.under);
        let since = given(node, device.n)?;
        let until = (grant.end.0 > 0).then(|| words::day(grant.end));
        let custody = match grant.custody {
            Custody::Device => voice.say("trên máy", "on a device"),
            Custody::Node => voice.say("ở máy của xã", "kept by the node"),
            Custody::Paper => voice.say("trên giấy", "on paper"),
        };
        let mut line = format!(
            "{:>5}  {}  {since} – {}  {custody}  {}",
            device.n,
            called(grant, &names, voice),
            until.as_deref().unwrap_or("…"),
            state(device, voice)
        );
        if let Some(n) = under {
            line.push_str(&format!("; {} {n}", voice.say("do số", "given by")));
        }
        if !grant.mandate.is_empty() {
            line.push_str(&format!("; {} {}", voice.say("theo", "by"), grant.mandate));
        }
        voice.line(&line);
        told.push(json!({
            "number": device.n, "role": grant.role.name(), "place": grant.place,
            "person": grant.person, "since": since, "until": until, "given_by": under,
            "may_delegate": grant.may_delegate, "mandate": grant.mandate,
            "custody": grant.custody as u8, "ended": device.ended.map(|e| how(e.how)),
            "key": grant.key.to_string(),
        }));
    }
    voice.end_list(
        &json!({"grants": told}),
        told.is_empty(),
        "Chưa có quyền nào được cấp.",
        "No grant was given yet.",
    );
    Ok(true)
}

fn how(end: End) -> &'static str {
    match end {
        End::Revoked => "revoked",
        End::Wiped => "revoked to wipe",
        End::Lapsed => "lapsed",
        End::Succeeded => "succeeded",
        End::HandedOver => "handed over",
    }
}

/// The day of the grant.
fn given(node: &OfficeNode, n: u64) -> Result<String, Fail> {
    let row: Option<records::LogRow> = node.store().read(|tx| records::log_row(tx, n))?;
    let entry: Option<log::Entry> = row.map(|r| r.entry);
    Ok(entry.map_or("?".to_owned(), |e| words::day(e.time.0)))
}

fn state<'a>(device: &Device, voice: Voice<'a>) -> &'a str {
    let (vi, en) = match (device.ended.map(|e| e.how), device.wiped) {
        (None, _) => ("đang dùng", "in use"),
        (Some(_), true) => ("đã thu hồi, đã tự xóa", "revoked, has wiped itself"),
        (Some(End::Wiped), _) => (
            "đã thu hồi, sẽ tự xóa khi liên lạc",
            "revoked, will wipe itself when it connects",
        ),
        (Some(End::Revoked), _) => ("đã thu hồi", "revoked"),
        (Some(End::Lapsed), _) => ("hết hạn", "its term is over"),
        (Some(End::Succeeded), _) => ("đã đổi khóa", "under a new key"),
        (Some(End::HandedOver), _) => (
            "nơi khác giữ hồ sơ này",
            "its records are kept by another node",
        ),
    };
    words::say(voice.lang, vi, en)
}

/// Why nothing was done about a device's grant.
pub(super) fn no_grant(e: EndError, voice: Voice) -> Fail {
    let (vi, en) = match e {
        EndError::Store(e) => return Fail::Store(e),
        EndError::Own => (
            "đây là quyền của chính văn phòng, không thu hồi được",
            "this is the office's own grant and cannot be revoked",
        ),
        EndError::Already => ("quyền này đã hết rồi", "this grant has ended already"),
        _ => (
            "không có máy mang số này; xem chibo devices",
            "no device has this number; see chibo devices",
        ),
    };
    Fail::Words(voice.say(vi, en).into())
}

/// Writes the lists beside the store again after what was done in it; whether it could. If not, what was done stays done, and
/// the person is told which file is missing.
pub(super) fn keep_lists(node: &OfficeNode, voice: Voice) -> bool {
    let Err(e) = kept_lists::keep(node) else {
        return true;
    };
    voice.line(&format!(
        "{} {e}",
        voice.say(
            "Đã làm xong, nhưng chưa ghi được danh sách để cạnh kho; khôi phục từ bản sao cũ hơn có thể làm mất việc này:",
            "It is done, but the list beside the store could not be written; a restore from an older backup could undo it:"
        )
    ));
    false
}

/// After a restore: takes in what the list beside the store says of epochs that were lost.
pub(super) fn learn_epochs(node: &mut OfficeNode, folder: &Path, voice: Voice) -> Result<(), Fail> {
    let path = folder.join(kept_lists::EPOCHS);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(at(&path)(e)),
    };
    let list = log::read_epochs(&bytes).map_err(|_| {
        let (vi, en) = ("không phải danh sách các kỳ", "this is no list of epochs");
        Fail::Words(format!("{}: {}", path.display(), voice.say(vi, en)))
    })?;
    Ok(node.learn_epochs(&list)?)
}

/// After a restore: what the list beside the store says was revoked ends again. Returns how much.
pub(super) fn revoke_again(
    node: &mut OfficeNode,
    folder: &Path,
    voice: Voice,
) -> Result<usize, Fail> {
    let path = folder.join(kept_lists::REVOCATIONS);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(0),
        Err(e) => return Err(at(&path)(e)),
    };
    let list = log::read_acts(log::REVOCATIONS, &bytes).map_err(|_| {
        let (vi, en) = (
            "không phải danh sách đã thu hồi",
            "this is no list of revocations",
        );
        Fail::Words(format!("{}: {}", path.display(), voice.say(vi, en)))
    })?;
    Ok(node.revoke_again(&list, now())?)
}

pub(crate) fn revoke(args: &Revoke, kept: &mut Kept, voice: Voice) -> Done {
    let node = kept.office(voice)?;
    let entries = node
        .revoke(args.number, args.wipe, args.cascade, now())
        .map_err(|e| no_grant(e, voice))?;
    let listed = keep_lists(node, voice);
    let mut text = voice
        .say(
            "Đã thu hồi. Những gì máy đó gửi từ nay nằm ở chibo quarantine.",
            "Revoked. What that device brings from now on lies in chibo quarantine.",
        )
        .to_owned();
    if entries.len() > 1 {
        text.push_str(&format!(
            "\n{} {}",
            entries.len() - 1,
            voice.say(
                "quyền cấp dưới nó cũng đã thu hồi",
                "grants under it are revoked as well"
            )
        ));
    }
    voice.tell(
        &json!({"revoked": args.number, "wipe": args.wipe, "entry": entries.first(),
                "entries": entries, "listed": listed}),
        &text,
    );
    Ok(true)
}

/// The code that opens a phone whose PIN is forgotten, to be read out. That it was read is noted.
pub(crate) fn recovery(args: &RecoveryArgs, kept: &mut Kept, voice: Voice) -> Done {
    let node = kept.office(voice)?;
    let names = names(node.store())?;
    let code = node.recovery_code(args.number, now()).map_err(|e| {
        let (vi, en) = match e {
            NoCode::Store(e) => return Fail::Store(e),
            NoCode::Ended => (
                "quyền của máy này đã hết hoặc bị thu hồi; mã mở lại của nó không được đọc nữa",
                "this device's grant has ended or was revoked; its recovery code is not told",
            ),
            NoCode::NeverHandedOver => (
                "máy này chưa gửi mã mở lại nào: nó không có mã PIN, hoặc chưa gửi về từ khi đặt",
                "this device has handed over no recovery code: it has no PIN, or has not synced since it was set",
            ),
            _ => (
                "không có máy mang số này; xem chibo devices",
                "no device has this number; see chibo devices",
            ),
        };
        Fail::Words(voice.say(vi, en).into())
    })?;
    let devices = node.devices()?;
    let whose = devices.iter().find(|d| d.n == args.number);
    let whose = whose.map_or(String::new(), |d| called(&d.grant, &names, voice));
    let text = code.to_text();
    voice.tell(
        &json!({"number": args.number, "code": text.as_str(), "device": whose}),
        &format!(
            "{whose}\n\n    {}\n\n{}",
            text.as_str(),
            voice.say(
                "Gọi lại vào số đã biết của người đó rồi mới đọc, từng nhóm năm chữ số. Trên máy: \
                 chibo phone set-pin --code \"…\". Mã dùng được một lần; lần đọc này đã được ghi lại.",
                "Call the person back on a number that you know, and read it out five digits at a time. On the phone: \
                 chibo phone set-pin --code \"…\". It works once; that it was read is noted.",
            )
        ),
    );
    Ok(true)
}

/// After a restore: what devices brought back, and the office's word that it stands again. Also its word
/// that the clock is right.
pub(crate) fn confirm(args: &Confirm, kept: &mut Kept, voice: Voice) -> Done {
    let node = kept.office(voice)?;
    if args.clock {
        node.clock_is_right(now())?;
        let day = words::day(now());
        voice.tell(
            &json!({"clock": day}),
            &format!("{} {day}.", voice.say("Hôm nay là", "Today is")),
        );
        return Ok(true);
    }
    if let Some(n) = args.device {
        node.owner_is_there(n, now())
            .map_err(|e| no_grant(e, voice))?;
        voice.tell(
            &json!({"device": n}),
            voice.say(
                "Máy này lại được nhận và trả lời.",
                "This device is answered again.",
            ),
        );
        return Ok(true);
    }
    let later_epoch = super::node::tell_of_a_later_epoch(node, voice)?;
    let names = names(node.store())?;
    let (waiting, contested) = (node.brought_back()?, node.contested()?);
    let mut told = Vec::new();
    let place_name = |id: &PlaceId| names.get(id).map_or("?", String::as_str).to_owned();
    for (i, item) in waiting.iter().enumerate() {
        let what = match item {
            Brought::Grant(grant) => {
                let is_contested = contested.contains(&item.hash());
                format!(
                    "{} {} ({} {}){}",
                    voice.say("máy", "device"),
                    called(grant, &names, voice),
                    voice.say("số xác nhận", "confirmation number"),
                    grant.confirmation(),
                    match is_contested {
                        true => voice.say(
                            "; NHIỀU MÁY DÙNG CHUNG MỘT PHIẾU: hỏi người đó số xác nhận trên máy, bỏ các máy khác",
                            "; SEVERAL DEVICES SHOW ONE TICKET: ask the person for the number on their screen, leave out                              the others"
                        ),
                        false => "",
                    }
                )
            }
            Brought::Move(act) if act.kind == PlaceKind::Placement => format!(
                "{} {} → {}",
                voice.say("sinh hoạt tạm thời", "placement"),
                act.parent.as_ref().map_or("?".to_owned(), place_name),
                act.host.as_ref().map_or_else(
                    || voice.say("kết thúc", "ended").to_owned(),
                    |h| place_name(&h.branch)
                )
            ),
            Brought::Arrival(act) => format!(
                "{} → {} ({} {})",
                match act.kind {
                    PlaceKind::Member =>
                        voice.say("đảng viên xã khác chuyển đến", "member who came"),
                    PlaceKind::Placement =>
                        voice.say("sinh hoạt tạm thời từ xã khác", "stay that came"),
                    _ => voice.say("đơn vị xã khác chuyển đến", "unit that came"),
                },
                act.parent.as_ref().map_or("?".to_owned(), place_name),
                voice.say("nhận lại tệp bàn giao", "take in again the file"),
                act.came.map_or(String::new(), |offer| offer.short()),
            ),
            Brought::Erasure(act) => {
                let place = node.tree().of_scope(act.scope).map(|(place, _)| place);
                let kind = chibo_core::kind::by_number(act.kind);
                format!(
                    "{} {}: {} ({})",
                    voice.say("XÓA", "ERASE"),
                    place.as_ref().map_or("?".to_owned(), place_name),
                    kind.map_or("?", |k| words::label(voice.lang, k.label)),
                    act.basis
                )
            }
            Brought::Move(act) => format!(
                "{} {} → {}",
                voice.say("chuyển", "move"),
                place_name(&act.place),
                act.parent.as_ref().map_or("?".to_owned(), place_name)
            ),
        };
        voice.line(&format!("{:>5}  {what}", i + 1));
        told.push(json!({"number": i + 1, "what": what}));
    }
    let code = code_of(&waiting);
    let Some(typed) = &args.yes else {
        let confirmed = node.is_confirmed()?;
        let text = match confirmed {
            true if waiting.is_empty() => voice.say(
                "Máy của xã đang nhận và trả lời. Không có gì chờ xác nhận; để nói vậy, thêm",
                "The node takes in and answers. Nothing waits to be confirmed; to say so, add",
            ),
            true => voice.say(
                "Máy của xã đang nhận và trả lời. Để xác nhận danh sách này, thêm",
                "The node takes in and answers. To confirm this list, add",
            ),
            false => voice.say(
                "Máy của xã vừa khôi phục nên chưa nhận và chưa trả lời. Việc thu hồi do các máy mang \
                 về đã có hiệu lực. Khi danh sách đã đủ, thêm",
                "The node was restored: it takes in and tells nothing yet. Revocations that devices \
                 brought back act already. When the list is whole, add",
            ),
        };
        voice.tell(
            &json!({"waiting": told, "code": code, "confirmed": confirmed, "later_epoch": later_epoch}),
            &match waiting.is_empty() {
                true => format!("{text} --yes"),
                false => format!("{text} --yes {code}"),
            },
        );
        return Ok(confirmed);
    };
    // Devices bring more at any moment, and numbers move: only what a person has seen is confirmed.
    let is_seen = match typed {
        Some(typed) => bare(typed) == bare(&code),
        None => waiting.is_empty(),
    };
    let strange = args.without.iter().any(|n| *n == 0 || *n > waiting.len());
    if !is_seen || strange {
        return Err(Fail::Words(match (is_seen, voice.lang) {
            (true, words::Lang::Vi) => "danh sách không có số này".into(),
            (true, words::Lang::En) => "the list has no such number".into(),
            (false, words::Lang::Vi) => format!(
                "hãy xem danh sách rồi ghi mã của nó: --yes {code}. Nếu mã đã ghi khác, danh sách vừa thay đổi: xem lại các số"
            ),
            (false, words::Lang::En) => format!(
                "look at the list, then give its code: --yes {code}. If you gave another, the list has changed since: look \
                 at its numbers again"
            ),
        }));
    }
    let without: Vec<Hash> = (waiting.iter().enumerate())
        .filter(|(i, _)| args.without.contains(&(i + 1)))
        .map(|(_, item)| item.hash())
        .collect();
    let done = node.confirm(&without, now())?;
    voice.tell(
        &json!({"grants": done.grants, "moves": done.moves, "erasures": done.erasures, "left_out": done.left_out, "waiting": done.waiting,
                "contested": done.contested}),
        &match voice.lang {
            words::Lang::Vi => format!(
                "Đã xác nhận: {} máy, {} lần chuyển, {} hồ sơ đã xóa; bỏ {}. Máy của xã nhận và trả lời từ bây giờ.",
                done.grants, done.moves, done.erasures, done.left_out
            ),
            words::Lang::En => format!(
                "Confirmed: {} devices, {} moves, {} erased; {} left out. The node takes in and answers from now on.",
                done.grants, done.moves, done.erasures, done.left_out
            ),
        },
    );
    if done.contested > 0 {
        voice.line(&format!(
            "{} {}",
            done.contested,
            voice.say(
                "máy còn chờ vì dùng chung một phiếu: hỏi số xác nhận trên máy của người đó, rồi xác nhận lần nữa, bỏ các máy khác \
                 bằng --without",
                "devices still wait, since they show one ticket: ask for the number on that person's screen, and confirm once more \
                 --without the others"
            )
        ));
    }
    if done.waiting > 0 {
        voice.line(&format!(
            "{} {}",
            done.waiting,
            voice.say(
                "việc còn chờ tệp bàn giao từ xã khác: nhận lại tệp bằng `chibo handover accept`, rồi xác nhận lần nữa. \
                 Xã kia không làm lại được tệp thì đề nghị họ bàn giao lần nữa.",
                "wait for files from other communes: take them in again by `chibo handover accept`, then confirm once \
                 more. If the other commune cannot make a file again, ask it to hand over once more."
            )
        ));
    }
    Ok(true)
}

/// The code of a list of what was brought back: it says which list somebody has seen.
fn code_of(waiting: &[Brought]) -> String {
    let mut hasher = Hasher::new("chibo/brought-back/1");
    for item in waiting {
        hasher = hasher.part(&item.hash().0);
    }
    // Nobody makes up another list with the same.
    let digits = hex(&hasher.hash().0[..8]);
    let groups: Vec<&str> = (0..4)
        .filter_map(|n| digits.get(n * 4..n * 4 + 4))
        .collect();
    groups.join("-")
}

/// A code as it is compared, however its groups were typed.
fn bare(code: &str) -> String {
    let digits = code.chars().filter(char::is_ascii_hexdigit);
    digits.map(|c| c.to_ascii_lowercase()).collect()
}

/// New working keys for the node, under its root key: a new epoch that cuts nothing off.
pub(crate) fn rotate_key(args: &RotateKey, kept: &mut Kept, voice: Voice) -> Done {
    let key = args.root_key.key(voice)?;
    let node = kept.office(voice)?;
    node.rotate_keys(&key, now(), &mut SystemChance)
        .map_err(|e| match e {
            RestoreError::Store(e) => Fail::Store(e),
            _ => Fail::Words(super::node::other_root(voice)),
        })?;
    let listed = keep_lists(node, voice);
    let epoch = node.epoch().epoch;
    voice.tell(
        &json!({"epoch": epoch, "listed": listed}),
        &format!(
            "{} {epoch}. {}",
            voice.say(
                "Máy của xã dùng khóa mới; kỳ",
                "The node has new keys; epoch"
            ),
            voice.say(
                "Nếu nó đang chạy, hãy chạy lại để chứng thư cũng đổi.",
                "If it is running, start it again so that its certificate changes too."
            )
        ),
    );
    Ok(true)
}
