//! The carrier through a file: `chibo bundle export` and `chibo bundle import`, for phones and nodes.
//!
//! The same stick goes both ways. A phone writes its request into the file; the node answers every
//! request that is for it in the same file; the phone reads its answer, with the receipts, from there.

use super::kept::Kept;
use super::{Done, Fail, Folder, Voice, at};
use crate::edge::{SystemChance, now};
use crate::file::write_whole;
use crate::handset::Handset;
use crate::intake::OfficeNode;
use crate::words;
use chibo_core::carriers::bundle::{Bundle, Letter};
use chibo_core::limits;
use chibo_core::phone::SyncError;
use chibo_core::wire::FrameReader;
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(crate) struct BundleArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Ghi vào tệp những gì chưa gửi / Write what is to be handed over.
    Export(Export),
    /// Đọc tệp / Read the file; the node writes its answers into it.
    Import(Import),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum For {
    /// Cho xã / For the node.
    Node,
    /// Cho máy khác trong chi bộ / For another device of the branch.
    Peer,
}

#[derive(Debug, Args)]
struct Export {
    #[command(flatten)]
    data: Folder,
    /// Cho ai / For whom.
    #[arg(long = "for", value_enum, default_value = "node")]
    whom: For,
    /// Tệp / The file.
    file: PathBuf,
}

#[derive(Debug, Args)]
struct Import {
    #[command(flatten)]
    data: Folder,
    /// Tệp / The file.
    file: PathBuf,
}

impl BundleArgs {
    pub(super) fn data(&self) -> &Folder {
        match &self.what {
            What::Export(args) => &args.data,
            What::Import(args) => &args.data,
        }
    }

    pub(super) fn file_mut(&mut self) -> &mut PathBuf {
        match &mut self.what {
            What::Export(args) => &mut args.file,
            What::Import(args) => &mut args.file,
        }
    }
}

pub(crate) fn run(args: &BundleArgs, kept: &mut Kept, voice: Voice) -> Done {
    match (&args.what, kept) {
        (What::Export(args), Kept::Phone(handset)) => export(args, handset, voice),
        (What::Import(args), Kept::Phone(handset)) => import_phone(args, handset, voice),
        (What::Import(args), kept) => import_node(args, kept.office(voice)?, voice),
        (What::Export(_), _) => Err(Fail::Words(
            voice
                .say(
                    "máy của xã trả lời ngay trong tệp: dùng bundle import",
                    "a node answers inside the file: use bundle import",
                )
                .into(),
        )),
    }
}

fn read(path: &Path, voice: Voice) -> Result<Bundle, Fail> {
    let size = std::fs::metadata(path).map_err(at(path))?.len();
    if size > limits::BUNDLE_BYTES {
        return Err(Fail::Words(
            voice.say("tệp quá lớn", "the file is too large").into(),
        ));
    }
    let bytes = std::fs::read(path).map_err(at(path))?;
    Bundle::from_bytes(&bytes).map_err(|_| {
        Fail::Words(
            voice
                .say(
                    "tệp này không phải tệp gửi của Chibo",
                    "this file is no bundle",
                )
                .into(),
        )
    })
}

fn export(args: &Export, handset: &mut Handset, voice: Voice) -> Done {
    let author = handset
        .phone
        .author()
        .cloned()
        .ok_or(Fail::Sync(SyncError::NotEnrolled))?;
    let own = handset.phone.public_key();
    let mut bundle = if args.file.exists() {
        read(&args.file, voice)?
    } else {
        Bundle::default()
    };
    let (letter, count) = match args.whom {
        For::Node => {
            let (bytes, exchange) = handset.phone.request(now(), &mut SystemChance)?;
            let letter = Letter::Request {
                to: author.log,
                from: own,
                bytes,
            };
            (letter, exchange.sent())
        }
        For::Peer => {
            handset.phone.seal(now(), &mut SystemChance)?;
            let segments = handset.phone.offer(&BTreeMap::new())?;
            let count = segments.len();
            let letter = Letter::Share {
                log: author.log,
                from: own,
                segments,
            };
            (letter, count)
        }
    };
    handset.note_mark()?;
    // An older letter of the same sort by this device says less.
    bundle.letters.retain(|l| match (l, &letter) {
        (Letter::Request { from, .. }, Letter::Request { .. })
        | (Letter::Share { from, .. }, Letter::Share { .. }) => *from != own,
        _ => true,
    });
    bundle.letters.push(letter);
    write_whole(&args.file, &bundle.to_bytes()).map_err(at(&args.file))?;
    voice.tell(
        &json!({"file": args.file, "segments": count}),
        &format!(
            "{}: {}",
            args.file.display(),
            match voice.lang {
                words::Lang::Vi => format!("{count} lần ghi; đã gửi, xã chưa nhận"),
                words::Lang::En => format!("{count} sealed; sent, not yet received"),
            }
        ),
    );
    Ok(true)
}

fn import_node(args: &Import, node: &mut OfficeNode, voice: Voice) -> Done {
    let bundle = read(&args.file, voice)?;
    let log = node.log();
    let mut kept = Vec::new();
    let (mut answered, mut elsewhere, mut rejected) = (0, 0, 0);
    let mut answers = Vec::new();
    for letter in bundle.letters {
        match letter {
            Letter::Request { to, from, bytes } if to == log => {
                match node.handle(&[bytes], now()).pop() {
                    Some(Ok(bytes)) => {
                        answered += 1;
                        answers.push(Letter::Answer {
                            to: from,
                            from: log,
                            bytes,
                        });
                    }
                    Some(Err(chibo_core::node::Rejection::Store(e))) => return Err(e.into()),
                    _ => rejected += 1,
                }
            }
            Letter::Request { .. } => {
                elsewhere += 1;
                kept.push(letter);
            }
            other => kept.push(other),
        }
    }
    // The newest answer to a device says all that older ones say.
    kept.retain(|l| match l {
        Letter::Answer { to, from, .. } => {
            *from != log
                || !answers
                    .iter()
                    .any(|a| matches!(a, Letter::Answer { to: new, .. } if new == to))
        }
        _ => true,
    });
    kept.extend(answers);
    let out = Bundle {
        letters: kept,
        damaged: 0,
    };
    write_whole(&args.file, &out.to_bytes()).map_err(at(&args.file))?;
    let mut text = match voice.lang {
        words::Lang::Vi => format!("Đã nhận của {answered} máy; trả lời nằm trong tệp."),
        words::Lang::En => {
            format!("Received from {answered} devices; the answers are in the file.")
        }
    };
    for (n, vi, en) in [
        (
            elsewhere,
            "thư gửi cho xã khác",
            "letters are for another node",
        ),
        (
            rejected,
            "thư của máy không ghi danh ở đây",
            "letters of devices that are not enrolled here",
        ),
        (bundle.damaged, "thư hỏng", "letters are damaged"),
    ] {
        if n > 0 {
            text.push_str(&format!("\n{n} {}", voice.say(vi, en)));
        }
    }
    voice.tell(
        &json!({"answered": answered, "for_other_nodes": elsewhere, "rejected": rejected,
                "damaged": bundle.damaged}),
        &text,
    );
    Ok(rejected == 0 && bundle.damaged == 0)
}

fn import_phone(args: &Import, handset: &mut Handset, voice: Voice) -> Done {
    let bundle = read(&args.file, voice)?;
    let own = handset.phone.public_key();
    let (mut answers, mut late, mut shared, mut handed_over, mut entries) = (0, 0, 0, 0, 0);
    let mut synced = false;
    for letter in bundle.letters {
        match letter {
            Letter::Answer { to, bytes, .. } if to == own => {
                let mut exchange = handset.phone.reading(now());
                let mut frames = FrameReader::new();
                frames.feed(&bytes);
                let taken = (|| -> Result<(), SyncError> {
                    while let Some(frame) = frames.next_frame()? {
                        handset.phone.receive(&mut exchange, &frame)?;
                    }
                    Ok(())
                })();
                match taken {
                    Ok(()) => answers += 1,
                    // Read before, or overtaken by a better line.
                    Err(SyncError::Late) => late += 1,
                    Err(SyncError::Restored) => {
                        return Err(Fail::Words(
                            voice
                                .say(
                                    "máy này chạy lại từ bản sao; hãy gửi và nhận thêm một lượt",
                                    "this device came from a backup; export and import once more",
                                )
                                .into(),
                        ));
                    }
                    Err(e) => return Err(e.into()),
                }
                let outcome = handset.phone.outcome(&exchange)?;
                handed_over += outcome.handed_over;
                entries += outcome.entries + outcome.filled;
                synced = outcome.synced;
            }
            Letter::Share { from, segments, .. } if from != own => {
                shared += handset.phone.take_offer(segments, now())?;
            }
            _ => {}
        }
    }
    let (waiting, provisional) = handset.phone.waiting()?;
    let mut text = match voice.lang {
        words::Lang::Vi => format!(
            "Xã đã nhận {handed_over} lần ghi; {entries} mục mới; {waiting} chưa gửi; {shared} mục tạm từ máy khác."
        ),
        words::Lang::En => format!(
            "{handed_over} received by the node; {entries} new; {waiting} not sent; {shared} provisional from another device."
        ),
    };
    if synced {
        text.push('\n');
        text.push_str(voice.say("Xã đã nhận hết.", "All is received by the node."));
    }
    if answers == 0 && late > 0 {
        text = voice
            .say("Tệp này đã đọc rồi.", "This file was read before.")
            .to_owned();
    }
    voice.tell(
        &json!({"answers": answers, "late": late, "handed_over": handed_over, "entries": entries,
                "shared": shared, "waiting": waiting, "provisional": provisional,
                "synced": synced, "damaged": bundle.damaged}),
        &text,
    );
    Ok(bundle.damaged == 0)
}
