//! What a person does with their device's own right: let a member in by a ticket made without a line, and
//! change the device's key.

use super::node::{Terms, find_place};
use super::phone::{documents_of, home, kept_url, runtime};
use super::ticket::QrArgs;
use super::{Done, Fail, Voice};
use crate::edge::{SystemChance, now};
use crate::handset::Handset;
use crate::words;
use chibo_core::author::Target;
use chibo_core::enrol::Offer;
use chibo_core::id::PersonId;
use chibo_core::phone::SyncError;
use chibo_core::place::Role;
use chibo_core::time::Timestamp;
use clap::Args;
use serde_json::json;

#[derive(Debug, Args)]
pub(super) struct TicketArgs {
    /// Đảng viên: mã hoặc tên / The member: id or name.
    member: String,
    /// Số ngày có giá trị / Days for which it can be used.
    #[arg(long, default_value_t = 7)]
    days: u64,
    #[command(flatten)]
    terms: Terms,
    #[command(flatten)]
    qr: QrArgs,
}

pub(super) fn ticket(args: &TicketArgs, handset: &Handset, voice: Voice) -> Done {
    args.qr.check(voice)?;
    let phone = &handset.phone;
    let place = find_place(phone.store(), phone.tree(), &args.member, voice)?;
    let expires = Timestamp(now().0.saturating_add(args.days.saturating_mul(86_400)));
    let mut offer = Offer::new(Role::Member, place, PersonId(place.0), expires);
    args.terms.put_into(&mut offer, voice)?;
    let ticket = phone.ticket(&kept_url(handset)?, &offer, &mut SystemChance)?;
    args.qr.tell(&ticket, args.days, voice)
}

pub(super) fn rotate_key(handset: &mut Handset, voice: Voice) -> Done {
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
        let proven: usize = proof.proven.iter().map(|(_, n)| n).sum();
        let label = words::label(voice.lang, kind.label);
        let people = proof.proven.len();
        voice.line(&match voice.lang {
            words::Lang::Vi => format!(
                "{label}: {proven} lần ghi có chữ ký của {people} người ghi; {} chỉ do văn phòng xác nhận",
                proof.attested
            ),
            words::Lang::En => format!(
                "{label}: {proven} changes signed by their {people} authors; {} attested by the office only",
                proof.attested
            ),
        });
        let by: Vec<_> = (proof.proven.iter())
            .map(|(person, n)| json!({"person": person, "changes": n}))
            .collect();
        told.push(json!({"kind": kind.name, "proven": by, "attested": proof.attested}));
    }
    voice.tell(&json!({"documents": told}), "");
    Ok(true)
}
