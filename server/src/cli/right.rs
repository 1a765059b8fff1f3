//! What a person does with their device's own right: let a member in by a ticket made without a line, and
//! change the device's key.

use super::node::{Terms, find_place};
use super::phone::{ByLetter, home, runtime};
use super::record::documents_of;
use super::ticket::{GoodFor, QrArgs};
use super::{Done, Fail, Voice, devices};
use crate::edge::{SystemChance, now};
use crate::handset::Handset;
use crate::words;
use chibo_core::author::Target;
use chibo_core::enrol::Offer;
use chibo_core::id::PersonId;
use chibo_core::phone::SyncError;
use chibo_core::place::Role;
use chibo_device::tickets;
use chibo_device::words as shared;
use clap::Args;
use serde_json::json;

#[derive(Debug, Args)]
pub(super) struct TicketArgs {
    /// Đảng viên: mã hoặc tên / The member: id or name.
    member: String,
    #[command(flatten)]
    good_for: GoodFor,
    #[command(flatten)]
    terms: Terms,
    #[command(flatten)]
    qr: QrArgs,
}

pub(super) fn ticket(args: &TicketArgs, handset: &mut Handset, voice: Voice) -> Done {
    args.qr.check(voice)?;
    let phone = &handset.phone;
    let place = find_place(phone.store(), phone.tree(), &args.member, voice)?;
    let mut offer = Offer::new(
        Role::Member,
        place,
        PersonId(place.0),
        args.good_for.until(),
    );
    args.terms.put_into(&mut offer, voice)?;
    let ticket = tickets::ticket(handset, &offer, true, now(), &mut SystemChance)?;
    args.qr.tell(&ticket, voice)
}

#[derive(Debug, Args)]
pub(super) struct RecoveryArgs {
    /// Số của máy trong danh sách; không có số thì hiện danh sách / The device's number; without it, the list.
    number: Option<u64>,
}

/// The code that opens a colleague's phone whose PIN is forgotten, for who leads their branch, to be read out.
pub(super) fn recovery(args: &RecoveryArgs, handset: &Handset, voice: Voice) -> Done {
    let phone = &handset.phone;
    let names = devices::names(phone.store())?;
    let list = phone.may_help()?;
    let Some(number) = args.number else {
        let mut told = Vec::new();
        for (n, grant) in &list {
            let whose = devices::called(grant, &names, voice);
            let confirmation = grant.confirmation();
            voice.line(&format!("{n}  {whose}  {confirmation}"));
            told.push(json!({"number": n, "device": whose, "confirmation": confirmation}));
        }
        voice.end_list(
            &json!({"devices": told}),
            told.is_empty(),
            "Không có máy nào mà máy này giúp mở lại được.",
            "There is no device that this one may help to open.",
        );
        return Ok(true);
    };
    let Some((_, grant)) = list.iter().find(|(n, _)| *n == number) else {
        let words = voice.say(
            "không có máy nào mang số này mà máy này được giúp; xem chibo phone recovery",
            "there is no device with this number that this one may help; see chibo phone recovery",
        );
        return Err(Fail::Words(words.into()));
    };
    let whose = devices::called(grant, &names, voice);
    let (node, _) = home(handset, None)?;
    let code = runtime()?.block_on(node.recovery_code(phone, number))?;
    let Some(code) = code else {
        let words = voice.say(
            "máy này chưa gửi mã mở lại nào: nó không có mã PIN, hoặc chưa gửi về từ khi đặt",
            "this device has handed over no recovery code: it has no PIN, or has not synced since it was set",
        );
        return Err(Fail::Words(words.into()));
    };
    let text = code.to_text();
    voice.tell(
        &json!({"number": number, "code": text.as_str(), "device": whose}),
        &format!(
            "{whose}\n\n    {}\n\n{}",
            text.as_str(),
            voice.say(
                "Gọi lại vào số đã biết của người đó rồi mới đọc, từng nhóm năm chữ số. Trên máy: \
                 chibo phone set-pin --code \"…\". Mã dùng được một lần; lần đọc này văn phòng thấy.",
                "Call the person back on a number that you know, and read it out five digits at a time. On the phone: \
                 chibo phone set-pin --code \"…\". The code works once; the office sees that it was read.",
            )
        ),
    );
    Ok(true)
}

pub(super) fn rotate_key(handset: &mut Handset, by: &ByLetter, voice: Voice) -> Done {
    if by.is_meant() {
        handset.phone.change_key(&mut SystemChance)?;
        return by.send(handset, voice);
    }
    let (node, _) = home(handset, None)?;
    let changed = runtime()?.block_on(node.change_key(&mut handset.phone, &mut SystemChance));
    changed.map_err(|e| match e {
        chibo_core::carriers::http::CarrierError::Sync(SyncError::UnsentFirst) => Fail::Words(
            voice
                .say(
                    "còn việc chưa gửi; hãy chạy sync trước",
                    "work has not been handed over yet; run sync first",
                )
                .into(),
        ),
        e => e.into(),
    })?;
    let key = handset.phone.public_key();
    voice.tell(
        &json!({"key": key.to_string()}),
        voice.say(
            "Máy này dùng khóa mới; khóa cũ không còn giá trị.",
            "This device has a new key; the old one is worth nothing.",
        ),
    );
    Ok(true)
}

/// Who really wrote what stands in somebody's records: proven by their own signatures, or attested by the
/// office.
pub(super) fn proof(handset: &Handset, id: &str, voice: Voice) -> Done {
    let (node, _) = home(handset, None)?;
    let (_, targets) = documents_of(handset, id, voice)?;
    let mut told = Vec::new();
    for Target { kind, doc, .. } in targets {
        if handset.phone.values(doc)?.is_none() {
            continue;
        }
        let proof = runtime()?.block_on(node.evidence(&handset.phone, doc))?;
        voice.line(&words::both(voice.lang, shared::proof(kind, &proof)));
        let by: Vec<_> = (proof.proven.iter())
            .map(|(person, n)| json!({"person": person, "changes": n}))
            .collect();
        told.push(json!({"kind": kind.name, "proven": by, "attested": proof.attested}));
    }
    voice.end_list(
        &json!({"documents": told}),
        told.is_empty(),
        "Chưa có gì để chứng minh.",
        "There is nothing to prove yet.",
    );
    Ok(true)
}
