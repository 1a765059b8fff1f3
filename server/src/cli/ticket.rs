//! How a ticket is handed to its person: as text, as a QR code on the screen, as a picture to print.

use super::{Done, Fail, Voice};
use crate::file;
use crate::qr::{Qr, TooLong};
use chibo_core::enrol::Ticket;
use clap::Args;
use serde_json::json;
use std::io::IsTerminal;
use std::path::PathBuf;

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
    pub(super) fn tell(&self, ticket: &Ticket, days: u64, voice: Voice) -> Done {
        let text = ticket.to_text();
        let mut told = json!({"ticket": text, "role": ticket.role.name(), "place": ticket.place, "days": days});
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
                let svg = Qr::of(&text, true).map_err(too_long)?.svg();
                // Who has the picture has the ticket.
                file::write_private(path, svg.as_bytes())
                    .map_err(|e| Fail::File(path.clone(), e))?;
                if let Some(map) = told.as_object_mut() {
                    map.insert("qr".into(), path.display().to_string().into());
                }
            }
        }
        voice.tell(&told, &text);
        Ok(true)
    }
}
