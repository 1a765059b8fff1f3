//! The carrier through a file: `chibo bundle export` and `chibo bundle import`, for phones and nodes.
//!
//! The same stick goes both ways. A phone writes its request into the file; the node answers every
//! request that is for it in the same file; the phone reads its answer, with the receipts, from there.
//! Every letter is sealed for its addressee, so it does not matter who carries the stick.

use super::kept::Kept;
use super::{Done, Fail, Folder, Voice, at};
use crate::edge::{SystemChance, now};
use crate::file::{read_up_to, write_whole};
use crate::handset::Handset;
use crate::intake::OfficeNode;
use crate::letters::Received;
use crate::words;
use chibo_core::author::EditError;
use chibo_core::carriers::bundle::{Bundle, Letter, Sort};
use chibo_core::carriers::letter::Content;
use chibo_core::id::BoxId;
use chibo_core::limits;
use chibo_core::node::{EnrolError, Rejection};
use chibo_device::stick::{self, StickError, Taken};
use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;
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
pub(super) enum For {
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
    let bytes = read_up_to(path, limits::BUNDLE_BYTES).map_err(at(path))?;
    Bundle::from_bytes(&bytes).map_err(|_| failed(StickError::NotABundle, voice))
}

fn export(args: &Export, handset: &mut Handset, voice: Voice) -> Done {
    let count = put_on_stick(args.whom, handset, &args.file, voice)?;
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

/// Writes letters that hand over what the phone has into the file, beside what lies there; how many segments are in
/// them.
pub(super) fn put_on_stick(
    whom: For,
    handset: &mut Handset,
    file: &Path,
    voice: Voice,
) -> Result<usize, Fail> {
    let mut bundle = if file.exists() {
        read(file, voice)?
    } else {
        Bundle::default()
    };
    let whom = match whom {
        For::Node => stick::For::Node,
        For::Peer => stick::For::Peer,
    };
    let count = stick::put(whom, handset, &mut bundle, now(), &mut SystemChance);
    let count = count.map_err(|e| failed(e, voice))?;
    write_whole(file, &bundle.to_bytes()).map_err(at(file))?;
    Ok(count)
}

/// What a node did with the letters of a stick.
#[derive(Debug, Default)]
struct Handled {
    answers: Vec<Letter>,
    kept: Vec<Letter>,
    elsewhere: usize,
    old_key: usize,
    rejected: usize,
    unconfirmed: usize,
    damaged: usize,
}

/// Handles the requests that are for this node; the rest stays on the stick.
fn handle(node: &mut OfficeNode, letters: Vec<Letter>) -> Result<Handled, Fail> {
    let key = node.letter_key()?;
    let own = key.public().letter_box();
    let old: Vec<BoxId> = node
        .epochs()?
        .iter()
        .map(|e| e.letter_key().letter_box())
        .filter(|old| *old != own)
        .collect();
    let mut handled = Handled::default();
    for letter in letters {
        if !matches!(letter.sort, Sort::Request | Sort::Introduction) {
            handled.kept.push(letter);
        } else if letter.to != own {
            handled.old_key += usize::from(old.contains(&letter.to));
            handled.elsewhere += usize::from(!old.contains(&letter.to));
            handled.kept.push(letter);
        } else if let Ok(Content::Introduction(request)) = letter.open(&key) {
            match node.enrol_by_letter(&request, now(), &mut SystemChance) {
                Ok(Some((asker, word))) => {
                    handled
                        .answers
                        .push(Content::Word(Box::new(word)).seal_for(&asker)?);
                }
                Ok(None) => handled.rejected += 1,
                Err(EnrolError::Store(e)) => return Err(e.into()),
                Err(_) => {
                    handled.unconfirmed += 1;
                    handled.kept.push(letter);
                }
            }
        } else if let Ok(Content::Request(bytes)) = letter.open(&key) {
            let asker = node.asker(&bytes);
            let answer = node.handle(&[bytes], now()).pop();
            match (asker, answer) {
                (Ok(asker), Some(Ok(answer))) => {
                    let letter = Content::Answer(answer).seal_for(&asker.key)?;
                    handled.answers.push(letter);
                }
                (Err(Rejection::Store(e)), _) | (_, Some(Err(Rejection::Store(e)))) => {
                    return Err(e.into());
                }
                _ => handled.rejected += 1,
            }
        } else {
            handled.damaged += 1;
        }
    }
    // What was sealed for a key of before a restore cannot be opened any more. Its senders learn the new one.
    if handled.old_key > 0 {
        let letter = Content::Epochs(node.epochs()?).post(node.log())?;
        handled
            .kept
            .retain(|l| l.sort != Sort::Epochs || l.to != letter.to);
        handled.answers.push(letter);
    }
    Ok(handled)
}

fn import_node(args: &Import, node: &mut OfficeNode, voice: Voice) -> Done {
    let bundle = read(&args.file, voice)?;
    let mut handled = handle(node, bundle.letters)?;
    let damaged = bundle.damaged + handled.damaged;
    let is_answer = |l: &&Letter| matches!(l.sort, Sort::Answer | Sort::Word);
    let answered = handled.answers.iter().filter(is_answer).count();
    // The newest answer to a device says all that older ones say.
    let newer: Vec<BoxId> = handled.answers.iter().map(|l| l.to).collect();
    handled
        .kept
        .retain(|l| !is_answer(&l) || !newer.contains(&l.to));
    handled.kept.extend(handled.answers);
    let out = Bundle {
        letters: handled.kept,
        ..Bundle::default()
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
            handled.elsewhere,
            "thư gửi cho xã khác",
            "letters are for another node",
        ),
        (
            handled.old_key,
            "thư được niêm phong cho khóa cũ của xã; máy gửi sẽ nhận khóa mới từ tệp này rồi gửi lại",
            "letters are sealed for an old key of this node; their devices get the new key from this file and send again",
        ),
        (
            handled.rejected,
            "thư của máy không đăng ký ở đây",
            "letters of devices that are not enrolled here",
        ),
        (
            handled.unconfirmed,
            "máy xin đăng ký chờ văn phòng xác nhận sau khi khôi phục (`chibo confirm`)",
            "devices that ask to be known wait until the office has confirmed after the restore (`chibo confirm`)",
        ),
        (bundle.unsealed, UNSEALED.0, UNSEALED.1),
        (damaged, "thư hỏng", "letters are damaged"),
    ] {
        if n > 0 {
            text.push_str(&format!("\n{n} {}", voice.say(vi, en)));
        }
    }
    voice.tell(
        &json!({"answered": answered, "for_other_nodes": handled.elsewhere, "for_old_keys": handled.old_key,
                "rejected": handled.rejected, "unsealed": bundle.unsealed, "damaged": damaged}),
        &text,
    );
    Ok(handled.rejected + damaged + bundle.unsealed == 0)
}

const UNSEALED: (&str, &str) = (
    "thư chưa niêm phong, do bản cũ viết; không đọc, hãy viết lại bằng bản mới",
    "letters are not sealed: an older program wrote them. They are not read; write them again",
);

/// Takes in what is for this phone on a stick.
pub(super) fn take_from_stick(
    handset: &mut Handset,
    file: &Path,
    voice: Voice,
) -> Result<Received, Fail> {
    Ok(take(handset, file, voice)?.got)
}

fn take(handset: &mut Handset, file: &Path, voice: Voice) -> Result<Taken, Fail> {
    let bundle = read(file, voice)?;
    stick::take(handset, bundle, now()).map_err(|e| failed(e, voice))
}

fn failed(e: StickError, voice: Voice) -> Fail {
    let (vi, en) = match e {
        StickError::Seal(e) => return e.into(),
        StickError::Sync(e) => return e.into(),
        StickError::TooLarge => ("tệp quá lớn", "the file is too large"),
        StickError::NobodyElse => (
            "máy này chưa biết máy nào khác trong chi bộ; hãy gửi và nhận với xã trước",
            "this device knows no other device of the branch yet; sync with the node first",
        ),
        StickError::Restored => (
            "máy này chạy lại từ bản sao; hãy gửi và nhận thêm một lượt",
            "this device came from a backup; export and import once more",
        ),
        _ => (
            "tệp này không phải tệp gửi của Chibo",
            "this file is no bundle",
        ),
    };
    Fail::Words(voice.say(vi, en).into())
}

fn import_phone(args: &Import, handset: &mut Handset, voice: Voice) -> Done {
    let Taken {
        got,
        unsealed,
        damaged,
        wiped,
    } = take(handset, &args.file, voice)?;
    if wiped {
        // The stick says so to the office.
        put_on_stick(For::Node, handset, &args.file, voice)?;
        handset.remove()?;
        voice.tell(
            &json!({"synced": false, "revoked": true, "wiped": true}),
            &words::wiped(voice.lang),
        );
        return Ok(false);
    }
    let (waiting, provisional) = handset.phone.waiting()?;
    let mut text = match voice.lang {
        words::Lang::Vi => format!(
            "Xã đã nhận {} lần ghi; {} mục mới; {waiting} chưa gửi; {} mục tạm từ máy khác.",
            got.handed_over, got.entries, got.shared
        ),
        words::Lang::En => format!(
            "{} received by the node; {} new; {waiting} not sent; {} provisional from another device.",
            got.handed_over, got.entries, got.shared
        ),
    };
    if got.synced {
        text.push('\n');
        text.push_str(voice.say("Xã đã nhận hết.", "All is received by the node."));
    }
    if got.answers == 0 && got.late > 0 {
        text = voice
            .say("Tệp này đã đọc rồi.", "This file was read before.")
            .to_owned();
    }
    if let Some(words) = super::mail::heard(handset, &got, voice)? {
        text = words;
    }
    if got.new_keys {
        text.push('\n');
        text.push_str(words::new_keys(voice.lang));
    }
    if got.otherwise > 0 {
        text.push('\n');
        text.push_str(&words::told_otherwise(voice.lang));
    }
    if got.no_room > 0 {
        text.push('\n');
        text.push_str(&words::no_room(voice.lang, got.no_room));
    }
    if got.ended.is_some() {
        text.push('\n');
        text.push_str(&words::edit(voice.lang, &EditError::Ended));
    }
    if unsealed > 0 {
        let words = voice.say(UNSEALED.0, UNSEALED.1);
        text.push_str(&format!("\n{} {words}", unsealed));
    }
    voice.tell(
        &json!({"answers": got.answers, "late": got.late, "handed_over": got.handed_over, "entries": got.entries,
                "shared": got.shared, "no_room": got.no_room, "waiting": waiting, "provisional": provisional, "new_keys": got.new_keys,
                "synced": got.synced, "enrolled": handset.phone.author().is_some(), "unsealed": unsealed, "damaged": damaged,
                "told_otherwise": got.otherwise, "revoked": got.ended.is_some()}),
        &text,
    );
    Ok(got.ended.is_none() && damaged + unsealed + got.otherwise + got.no_room == 0)
}
