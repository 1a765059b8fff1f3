//! How a ticket is handed to its person: as text, as a short code to type, as a QR code on the screen, as a picture to print.

use super::{Done, Fail, Voice};
use crate::edge::now;
use crate::file;
use crate::qr::{Qr, TooLong};
use crate::words;
use chibo_core::enrol::Ticket;
use chibo_core::limits;
use chibo_core::time::Timestamp;
use chibo_device::words as shared;
use clap::Args;
use serde_json::json;
use std::io::IsTerminal;
use std::path::PathBuf;

/// For how long a ticket can be used.
#[derive(Debug, Args)]
pub(super) struct GoodFor {
    /// Số ngày có giá trị / Days for which it can be used.
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u64).range(1..=limits::TICKET_SECONDS / 86_400))]
    days: u64,
    /// Hoặc số phút, khi người nhận ở ngay đây / Or minutes, where who gets it is here.
    #[arg(long, conflicts_with = "days", value_parser = clap::value_parser!(u64).range(1..=1_440))]
    minutes: Option<u64>,
}

impl GoodFor {
    /// The moment at which it ends, from now.
    pub(super) fn until(&self) -> Timestamp {
        let seconds = match self.minutes {
            Some(minutes) => minutes.saturating_mul(60),
            None => self.days.saturating_mul(86_400),
        };
        Timestamp(now().0.saturating_add(seconds))
    }
}

#[derive(Debug, Args)]
pub(super) struct QrArgs {
    /// Mã QR: trên màn hình, hoặc vào tệp SVG để in / A QR code: on the screen, or in an SVG file to print.
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    qr: Option<Option<PathBuf>>,
}

impl QrArgs {
    /// Refuses a name that would belie what is written, before a ticket is made.
    pub(super) fn check(&self, voice: Voice) -> Result<(), Fail> {
        let Some(Some(path)) = &self.qr else {
            return Ok(());
        };
        let ending = path.extension().map(|e| e.to_ascii_lowercase());
        match ending.is_some_and(|e| e == "svg") {
            true => Ok(()),
            false => Err(Fail::Words(format!(
                "{}: {}",
                voice.say(
                    "hình là tệp SVG, tên phải kết thúc bằng .svg",
                    "the picture is an SVG file: its name ends with .svg"
                ),
                path.display()
            ))),
        }
    }

    /// Hands the ticket over.
    pub(super) fn tell(&self, ticket: &Ticket, voice: Voice) -> Done {
        let text = ticket.to_text();
        let code = typed(ticket);
        let (shown, at) = code.clone().unzip();
        let mut told = json!({"ticket": text, "code": shown, "address": at, "role": ticket.role.name(),
            "place": ticket.place, "expires": ticket.expires.0});
        let too_long = |_: TooLong| {
            let words = voice.say(
                "phiếu dài quá, không làm được mã QR",
                "the ticket is too long for a QR code",
            );
            Fail::Words(words.into())
        };
        match &self.qr {
            None => {}
            Some(None) => {
                let blocks = Qr::of(&text, false).map_err(too_long)?;
                voice.line(&blocks.blocks(std::io::stdout().is_terminal()));
            }
            Some(Some(path)) => {
                let typed = code.as_ref().map(|(code, at)| [code.as_str(), at]);
                let below = typed.as_ref().map_or(&[][..], |lines| lines);
                let svg = Qr::of(&text, true).map_err(too_long)?.svg(below);
                // Who has the picture has the ticket.
                file::write_private(path, svg.as_bytes())
                    .map_err(|e| Fail::File(path.clone(), e))?;
                if let Some(map) = told.as_object_mut() {
                    map.insert("qr".into(), path.display().to_string().into());
                }
            }
        }
        voice.tell(&told, &format!("{text}\n{}", in_words(ticket, voice)));
        Ok(true)
    }
}

/// The short code of a ticket, and the address that is typed beside it.
pub(super) fn typed(ticket: &Ticket) -> Option<(String, String)> {
    let code = ticket.code()?.to_text();
    // A phone puts this before what has no beginning.
    let address = ticket.url.strip_prefix("https://").unwrap_or(&ticket.url);
    Some((code, address.trim_end_matches('/').to_owned()))
}

/// The same in words; or why there is no code.
pub(super) fn in_words(ticket: &Ticket, voice: Voice) -> String {
    match typed(ticket) {
        Some((code, address)) => format!(
            "{}: {code}  {}: {address}",
            voice.say("Mã ngắn để gõ", "Short code to type"),
            voice.say("Địa chỉ", "Address")
        ),
        None => words::both(voice.lang, shared::no_code()),
    }
}
