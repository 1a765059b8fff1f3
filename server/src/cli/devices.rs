//! `chibo devices` and `chibo revoke`: which devices the office let in, and how it shuts one out.

use super::kept::Kept;
use super::{Done, Fail, Folder, Voice};
use crate::edge::now;
use crate::intake::OfficeNode;
use crate::words;
use chibo_core::node::{Device, RevokeError};
use chibo_core::store::Store;
use chibo_core::store::sqlite::Find;
use chibo_core::{log, records};
use clap::Args;
use serde_json::json;
use std::collections::BTreeMap;

#[derive(Debug, Args)]
pub(crate) struct Devices {
    #[command(flatten)]
    pub(super) data: Folder,
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
}

pub(crate) fn list(kept: &mut Kept, voice: Voice) -> Done {
    let node = kept.office(voice)?;
    let names: BTreeMap<_, _> = (node.store().find(&Find::default())?.into_iter())
        .filter(|r| r.kind <= 2)
        .map(|r| (r.place, r.title))
        .collect();
    let mut told = Vec::new();
    for device in node.devices()? {
        let name = |place| names.get(place).cloned().unwrap_or_else(|| "?".to_owned());
        let place = name(&device.grant.place);
        let person = names.get(&chibo_core::id::PlaceId(device.grant.person.0));
        let since = given(node, device.n)?;
        let state = state(&device, voice);
        voice.line(&format!(
            "{:>5}  {}, {place}{}  {since}  {state}",
            device.n,
            words::role(voice.lang, device.grant.role),
            person.map_or(String::new(), |p| format!(" ({p})")),
        ));
        told.push(json!({
            "number": device.n, "role": device.grant.role.name(), "place": place,
            "person": person, "since": since, "revoked": device.revoked.is_some(),
            "wipe": device.revoked.is_some_and(|how| how.wipe), "wiped": device.wiped,
            "key": device.grant.key.to_string(),
        }));
    }
    voice.tell(&json!({"devices": told}), "");
    Ok(true)
}

/// The day of the grant.
fn given(node: &OfficeNode, n: u64) -> Result<String, Fail> {
    let row: Option<records::LogRow> = node.store().read(|tx| records::log_row(tx, n))?;
    let entry: Option<log::Entry> = row.map(|r| r.entry);
    Ok(entry.map_or("?".to_owned(), |e| words::day(e.time.0)))
}

fn state<'a>(device: &Device, voice: Voice<'a>) -> &'a str {
    let (vi, en) = match (device.revoked, device.wiped) {
        (None, _) => ("đang dùng", "in use"),
        (Some(_), true) => ("đã thu hồi, đã tự xóa", "revoked, has wiped itself"),
        (Some(how), _) if how.wipe => (
            "đã thu hồi, sẽ tự xóa khi liên lạc",
            "revoked, will wipe itself when it connects",
        ),
        (Some(_), _) => ("đã thu hồi", "revoked"),
    };
    words::say(voice.lang, vi, en)
}

pub(crate) fn revoke(args: &Revoke, kept: &mut Kept, voice: Voice) -> Done {
    let node = kept.office(voice)?;
    let entry = node
        .revoke(args.number, args.wipe, now())
        .map_err(|e| match e {
            RevokeError::Store(e) => Fail::Store(e),
            RevokeError::Own => Fail::Words(
                voice
                    .say(
                        "đây là quyền của chính văn phòng, không thu hồi được",
                        "this is the office's own grant and cannot be revoked",
                    )
                    .into(),
            ),
            RevokeError::Already => Fail::Words(
                voice
                    .say("máy này đã thu hồi rồi", "this device is revoked already")
                    .into(),
            ),
            _ => Fail::Words(
                voice
                    .say(
                        "không có máy mang số này; xem chibo devices",
                        "no device has this number; see chibo devices",
                    )
                    .into(),
            ),
        })?;
    voice.tell(
        &json!({"revoked": args.number, "wipe": args.wipe, "entry": entry}),
        voice.say(
            "Đã thu hồi. Những gì máy đó gửi từ nay nằm ở chibo quarantine.",
            "Revoked. What that device brings from now on lies in chibo quarantine.",
        ),
    );
    Ok(true)
}
