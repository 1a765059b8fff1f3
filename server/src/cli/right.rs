//! What a person does with their device's own right: let a member in by a ticket made without a line, and
//! change the device's key.

use super::node::{Terms, find_place};
use super::phone::{home, kept_url, runtime};
use super::{Done, Fail, Voice};
use crate::edge::{SystemChance, now};
use crate::handset::Handset;
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
}

pub(super) fn ticket(args: &TicketArgs, handset: &Handset, voice: Voice) -> Done {
    let phone = &handset.phone;
    let place = find_place(phone.store(), phone.tree(), &args.member, voice)?;
    let expires = Timestamp(now().0.saturating_add(args.days.saturating_mul(86_400)));
    let mut offer = Offer::new(Role::Member, place, PersonId(place.0), expires);
    args.terms.put_into(&mut offer, voice)?;
    let ticket = phone.ticket(&kept_url(handset)?, &offer, &mut SystemChance)?;
    let text = ticket.to_text();
    voice.tell(
        &json!({"ticket": text, "role": Role::Member.name(), "place": place, "days": args.days}),
        &text,
    );
    Ok(true)
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
