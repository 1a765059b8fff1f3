//! `chibo handover`: a member or a branch goes to another node, and what comes back.
//!
//! Each node shows a *card*; the old home makes an offer in a sealed file, the new one answers with another. What
//! reaches the old home afterwards goes on in further files. Files are sealed for the node they are for.

use super::kept::Kept;
use super::node::find_place;
use super::shown::Seen;
use super::{Done, Fail, Folder, Voice, at};
use crate::edge::{SystemChance, now};
use crate::file::{read_up_to, write_whole};
use crate::intake::OfficeNode;
use crate::words;
use chibo_core::custody::{AnswerFile, CustodyError, NodeCard, OfferFile, RelayFile};
use chibo_core::document::Value;
use chibo_core::domain::member::MEMBER;
use chibo_core::domain::placement::PLACEMENT;
use chibo_core::domain::unit::UNIT;
use chibo_core::id::{Hash, PlaceId, PublicKey};
use chibo_core::limits;
use chibo_core::node::Stage;
use chibo_core::records;
use chibo_core::seal::{self, SealError};
use chibo_core::store::Store;
use clap::{Args, Subcommand};
use serde_json::json;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(crate) struct HandoverArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Thẻ của máy này, để nơi khác chuyển đến / This node's card, for those that hand over to it.
    Card(Card),
    /// Chuyển một người hoặc một chi bộ sang máy khác / Offer a member or branch to another node.
    Offer(OfferArgs),
    /// Làm lại tệp đã mất / Make a lost file again.
    Make(Make),
    /// Nhận / Take in what is offered.
    Accept(Accept),
    /// Không nhận / Say no to what is offered.
    Refuse(Take),
    /// Đọc câu trả lời của nơi nhận / Take in the answer of the other node.
    Answer(One),
    /// Gửi tiếp những gì đến sau, hoặc nhận tệp đó / Pass on what came after the offer, or take such a file in.
    Relay(Relay),
    /// Liệt kê / List what went and what came.
    List(List),
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    data: Folder,
}

#[derive(Debug, Args)]
struct Card {
    #[command(flatten)]
    data: Folder,
    /// Tên nơi này / What this node is called (default: its committee's name).
    #[arg(long)]
    name: Option<String>,
    /// Địa chỉ cho điện thoại / Where phones reach it.
    #[arg(long)]
    url: Option<String>,
}

#[derive(Debug, Args)]
struct OfferArgs {
    #[command(flatten)]
    data: Folder,
    /// Đảng viên, chi bộ, hoặc sinh hoạt tạm thời đã hết hạn: mã hoặc tên / The member, the branch, or a stay that is
    /// over and goes home: id or name.
    place: String,
    /// Tệp thẻ của nơi nhận, hoặc chính thẻ đó / A file with the other node's card, or the card itself.
    #[arg(long)]
    to: String,
    /// Tệp sẽ gửi đi / The file to be sent.
    #[arg(long)]
    out: PathBuf,
}

#[derive(Debug, Args)]
struct Make {
    #[command(flatten)]
    data: Folder,
    /// Mã của lần chuyển, xem list / The hand-over, see list.
    offer: String,
    /// Thẻ mới của nơi nhận, nếu khóa của nơi đó đã đổi / The other node's new card, if its keys have changed.
    #[arg(long)]
    to: Option<String>,
    #[arg(long)]
    out: PathBuf,
}

#[derive(Debug, Args)]
struct Accept {
    #[command(flatten)]
    data: Folder,
    /// Tệp đã nhận / The file.
    file: PathBuf,
    /// Chi bộ hoặc nơi nhận; sinh hoạt tạm thời về thì là tên đảng viên / Under which place it goes: a branch; for a
    /// stay that comes home the member.
    #[arg(long)]
    under: String,
    /// Tệp trả lời / The file with the answer.
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    from: From,
}

#[derive(Debug, Args)]
struct From {
    /// Thẻ mới của nơi chuyển, nếu khóa của nơi đó đã đổi / The old home's new card, if its keys have changed since
    /// the file was made.
    #[arg(long = "from")]
    card: Option<String>,
}

#[derive(Debug, Args)]
struct Take {
    #[command(flatten)]
    data: Folder,
    /// Tệp đã nhận / The file.
    file: PathBuf,
    /// Tệp trả lời / The file with the answer.
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    from: From,
}

#[derive(Debug, Args)]
struct One {
    #[command(flatten)]
    data: Folder,
    /// Tệp đã nhận / The file.
    file: PathBuf,
}

#[derive(Debug, Args)]
struct Relay {
    #[command(flatten)]
    data: Folder,
    /// Mã của lần chuyển, hoặc tệp đã nhận / The hand-over, or a file that was received.
    what: String,
    /// Tệp sẽ gửi đi; không có: nhận tệp / The file to be sent; without it a file is taken in.
    #[arg(long)]
    out: Option<PathBuf>,
}

impl HandoverArgs {
    pub(super) fn shows(&self) -> Seen<'_> {
        match &self.what {
            What::List(_) => Seen::All,
            _ => Seen::Nothing,
        }
    }

    pub(super) fn data(&self) -> &Folder {
        match &self.what {
            What::Card(a) => &a.data,
            What::Offer(a) => &a.data,
            What::Make(a) => &a.data,
            What::Accept(a) => &a.data,
            What::Refuse(a) => &a.data,
            What::Answer(a) => &a.data,
            What::Relay(a) => &a.data,
            What::List(a) => &a.data,
        }
    }

    /// Takes the names of files as seen from this folder.
    pub(super) fn stand_in(&mut self, folder: &Path) {
        let place = |file: &mut PathBuf| *file = folder.join(&*file);
        let card = |text: &mut String| stand_card_in(folder, text);
        match &mut self.what {
            What::Card(_) | What::List(_) => {}
            What::Offer(a) => {
                place(&mut a.out);
                card(&mut a.to);
            }
            What::Make(a) => {
                place(&mut a.out);
                a.to.iter_mut().for_each(card);
            }
            What::Accept(a) => {
                place(&mut a.file);
                place(&mut a.out);
                a.from.card.iter_mut().for_each(card);
            }
            What::Refuse(a) => {
                place(&mut a.file);
                place(&mut a.out);
                a.from.card.iter_mut().for_each(card);
            }
            What::Answer(a) => place(&mut a.file),
            What::Relay(a) => match &mut a.out {
                Some(out) => place(out),
                None => a.what = folder.join(&a.what).to_string_lossy().into_owned(),
            },
        }
    }
}

/// Takes the name of a file with a card as seen from this folder; a card itself stays.
pub(super) fn stand_card_in(folder: &Path, card: &mut String) {
    if folder.join(&*card).is_file() {
        *card = folder.join(&*card).to_string_lossy().into_owned();
    }
}

pub(super) fn fail(e: CustodyError, voice: Voice) -> Fail {
    match e {
        CustodyError::Store(e) => Fail::Store(e),
        CustodyError::Edit(e) => Fail::Edit(e),
        e => Fail::Words(words::custody(voice.lang, &e)),
    }
}

/// The card that is said, or that lies in the file that is named.
pub(super) fn card(said: &str, voice: Voice) -> Result<NodeCard, Fail> {
    let path = Path::new(said);
    let text = match path.is_file() {
        true => {
            let limit = limits::NODE_CARD_BYTES as u64 * 3;
            let bytes = read_up_to(path, limit).map_err(at(path))?;
            String::from_utf8(bytes).unwrap_or_default()
        }
        false => said.to_owned(),
    };
    NodeCard::from_text(&text).map_err(|e| fail(e, voice))
}

fn open(node: &OfficeNode, path: &Path) -> Result<Vec<u8>, Fail> {
    let limit = limits::HAND_OVER_BYTES + limits::HAND_OVER_BYTES / 4;
    let sealed = read_up_to(path, limit as u64).map_err(at(path))?;
    Ok(seal::open_up_to(
        limits::HAND_OVER_BYTES,
        &node.letter_key()?,
        &sealed,
    )?)
}

fn write(path: &Path, content: &[u8], reader: PublicKey) -> Result<(), Fail> {
    let sealed = seal::seal_up_to(limits::HAND_OVER_BYTES, &[reader], content)?;
    write_whole(path, &sealed).map_err(at(path))
}

/// This node's name, as its committee's record has it, and its address.
fn about(node: &OfficeNode) -> Result<(String, String), Fail> {
    let url = node
        .store()
        .read(|tx| records::meta(tx, super::node::URL))?;
    let url = url.and_then(|b| String::from_utf8(b).ok());
    Ok((
        name_of(node, node.root())?.unwrap_or_default(),
        url.unwrap_or_default(),
    ))
}

fn name_of(node: &OfficeNode, place: PlaceId) -> Result<Option<String>, Fail> {
    for (kind, field) in [
        (&MEMBER, "full_name"),
        (&UNIT, "name"),
        (&PLACEMENT, "full_name"),
    ] {
        let target = chibo_core::author::Target::at(place, kind, b"");
        if let Some((_, values)) = node.values(target.doc)? {
            return Ok(values.get(field).map(Value::shown));
        }
    }
    Ok(None)
}

/// The one hand-over from here whose hash begins so.
fn outgoing(node: &OfficeNode, said: &str, voice: Voice) -> Result<Hash, Fail> {
    let said = said.trim().to_lowercase();
    let list = node.outgoing()?;
    let mut found = list
        .iter()
        .filter(|o| !said.is_empty() && o.hash.to_string().starts_with(&said));
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one.hash),
        _ => Err(fail(CustodyError::UnknownOffer, voice)),
    }
}

pub(crate) fn run(args: &HandoverArgs, kept: &mut Kept, voice: Voice) -> Done {
    let node = kept.office(voice)?;
    match &args.what {
        What::Card(args) => {
            let (name, url) = about(node)?;
            let card = node.card(
                args.name.as_deref().unwrap_or(&name),
                args.url.as_deref().unwrap_or(&url),
            )?;
            let text = card.to_text();
            voice.tell(
                &json!({"card": text, "log": card.log(), "name": card.name, "url": card.url}),
                &text,
            );
            Ok(true)
        }
        What::Offer(args) => {
            let place = find_place(node.store(), node.tree(), &args.place, voice)?;
            let to = card(&args.to, voice)?;
            let offer = node
                .hand_over(place, &to, now(), &mut SystemChance)
                .map_err(|e| fail(e, voice))?;
            make(node, offer, &to, &args.out, voice)?;
            voice.tell(
                &json!({"offer": offer, "place": place, "to": to.log(), "name": to.name}),
                &format!(
                    "{} {} ({}).\n{}",
                    voice.say("Đã chuyển sang", "Offered to"),
                    to.name,
                    to.log().short(),
                    voice.say(
                        "Từ nay nơi này không ghi thêm vào hồ sơ; hãy gửi tệp và chờ câu trả lời. Mất tệp: chibo handover make.",
                        "From now on nothing more is written in it here; send the file and wait for the answer. If it is lost: chibo handover make.",
                    )
                ),
            );
            Ok(true)
        }
        What::Make(args) => {
            let mut offer = outgoing(node, &args.offer, voice)?;
            let mut text = voice.say("Đã làm lại tệp.", "The file is made again.");
            let made = match node.offer_file(offer) {
                // A restore took the offer out of the log; what was accepted here is in it still.
                Err(CustodyError::UnknownOffer) => {
                    offer = node.offer_again(offer, now()).map_err(|e| fail(e, voice))?;
                    text = voice.say(
                        "Lần chuyển này đã mất khi khôi phục; đã chuyển lại lần nữa.",
                        "A restore had lost this hand-over; it was offered once more.",
                    );
                    node.offer_file(offer)
                }
                made => made,
            };
            let kept = made.map_err(|e| fail(e, voice))?.1;
            let to = match &args.to {
                Some(said) => card(said, voice)?,
                None => kept.clone(),
            };
            if to.log() != kept.log() {
                let to = kept.log();
                return Err(fail(CustodyError::NotForThisNode { to }, voice));
            }
            make(node, offer, &to, &args.out, voice)?;
            voice.tell(&json!({"offer": offer, "to": to.log()}), text);
            Ok(true)
        }
        What::Accept(args) => {
            let file = open(node, &args.file)?;
            let reader = old_home(&file, &args.from, voice)?;
            let under = find_place(node.store(), node.tree(), &args.under, voice)?;
            let taken = node
                .accept(&file, under, now())
                .map_err(|e| fail(e, voice))?;
            answer(node, taken.hash, reader, &args.out, voice)?;
            let place = taken.offer.act.place;
            voice.tell(
                &json!({"offer": taken.hash, "accepted": true, "place": place, "under": taken.answer.act.under}),
                &format!(
                    "{}: {}. {}",
                    voice.say("Đã nhận", "Taken in"),
                    name_of(node, place)?.unwrap_or_else(|| place.short()),
                    voice.say("Hãy gửi tệp trả lời.", "Send the file with the answer."),
                ),
            );
            Ok(true)
        }
        What::Refuse(args) => {
            let file = open(node, &args.file)?;
            let reader = old_home(&file, &args.from, voice)?;
            let taken = node
                .refuse_offer(&file, now())
                .map_err(|e| fail(e, voice))?;
            answer(node, taken.hash, reader, &args.out, voice)?;
            voice.tell(
                &json!({"offer": taken.hash, "accepted": false, "place": taken.offer.act.place}),
                voice.say(
                    "Không nhận. Hãy gửi tệp trả lời.",
                    "Refused. Send the file with the answer.",
                ),
            );
            Ok(true)
        }
        What::Answer(args) => {
            let file = open(node, &args.file)?;
            let file = AnswerFile::from_bytes(&file).map_err(|e| fail(e, voice))?;
            let out = node.take_answer(&file, now()).map_err(|e| fail(e, voice))?;
            let accepted = out.stage == Stage::Accepted;
            voice.tell(
                &json!({"offer": out.hash, "accepted": accepted, "place": out.offer.act.place}),
                match accepted {
                    true => voice.say(
                        "Nơi kia đã nhận. Hồ sơ không còn ở đây; những gì đến sau: chibo handover relay.",
                        "The other node has taken it in. The records are here no more; for what comes later: chibo handover relay.",
                    ),
                    false => voice.say(
                        "Nơi kia không nhận. Hồ sơ lại được ghi ở đây như trước.",
                        "The other node has refused. The records are kept here as before.",
                    ),
                },
            );
            Ok(true)
        }
        What::Relay(args) => relay(args, node, voice),
        What::List(_) => list(node, voice),
    }
}

/// Makes the file of an offer, sealed for the node that it is for.
pub(super) fn make(
    node: &OfficeNode,
    offer: Hash,
    to: &NodeCard,
    out: &Path,
    voice: Voice,
) -> Result<(), Fail> {
    let (file, _) = node.offer_file(offer).map_err(|e| fail(e, voice))?;
    write(out, &file, to.letter_key())
}

/// The key that the answer is sealed with: of the old home's last epoch in the file, or on its new card.
fn old_home(file: &[u8], from: &From, voice: Voice) -> Result<PublicKey, Fail> {
    let file = OfferFile::from_bytes(file).map_err(|e| fail(e.into(), voice))?;
    if let Some(said) = &from.card {
        let card = card(said, voice)?;
        return match file.offer.act.from == card.log() {
            true => Ok(card.letter_key()),
            false => Err(Fail::Words(
                voice
                    .say(
                        "thẻ này không phải của nơi chuyển đi",
                        "this card is not of the node that the file comes from",
                    )
                    .into(),
            )),
        };
    }
    let epochs = file.rights.logs.first();
    let last = epochs.and_then(|e| e.last()).map(|e| e.letter_key());
    last.ok_or(Fail::Seal(SealError::NoReader))
}

fn answer(
    node: &OfficeNode,
    offer: Hash,
    to: PublicKey,
    out: &Path,
    voice: Voice,
) -> Result<(), Fail> {
    let (name, url) = about(node)?;
    let file = node
        .answer_file(offer, &name, &url)
        .map_err(|e| fail(e, voice))?;
    write(out, &file.to_bytes(), to)
}

fn relay(args: &Relay, node: &mut OfficeNode, voice: Voice) -> Done {
    if let Some(out) = &args.out {
        let offer = outgoing(node, &args.what, voice)?;
        let (file, to) = node.relay_file(offer).map_err(|e| fail(e, voice))?;
        let count = file.segments.len();
        write(out, &file.to_bytes(), to.letter_key())?;
        voice.tell(
            &json!({"offer": offer, "relayed": count}),
            &format!("{}: {count}", voice.say("Gửi tiếp", "To be passed on")),
        );
        return Ok(true);
    }
    let file = open(node, Path::new(&args.what))?;
    let file = RelayFile::from_bytes(&file).map_err(|e| fail(e.into(), voice))?;
    let taken = node.take_relay(&file, now()).map_err(|e| fail(e, voice))?;
    voice.tell(
        &json!({"held": taken.held, "known": taken.known, "left": taken.left}),
        &match voice.lang {
            words::Lang::Vi => format!(
                "{} lần ghi chờ quyết định (chibo quarantine), {} đã có, {} không nhận được.",
                taken.held, taken.known, taken.left
            ),
            words::Lang::En => format!(
                "{} wait for a decision (chibo quarantine), {} were here, {} could not be taken.",
                taken.held, taken.known, taken.left
            ),
        },
    );
    Ok(taken.left == 0)
}

pub(super) fn stage_word(stage: Stage) -> &'static str {
    match stage {
        Stage::Offered => "offered",
        Stage::Accepted => "accepted",
        Stage::Refused => "refused",
    }
}

fn list(node: &OfficeNode, voice: Voice) -> Done {
    let (mut went, mut came) = (Vec::new(), Vec::new());
    for o in node.outgoing()? {
        let (place, stage) = (o.offer.act.place, stage_word(o.stage));
        let said = match o.stage {
            Stage::Offered => voice.say("đang chờ trả lời", "no answer yet"),
            Stage::Accepted => voice.say("nơi kia giữ", "kept there"),
            Stage::Refused => voice.say("nơi kia không nhận", "refused there"),
        };
        voice.line(&format!(
            "{}  {} → {} ({})  {said}",
            o.hash.short(),
            place.short(),
            o.to.name,
            o.to.log().short()
        ));
        went.push(
            json!({"offer": o.hash, "place": place, "to": o.to.log(), "name": o.to.name,
                         "stage": stage, "places": o.contents.parts.len()}),
        );
    }
    for i in node.incoming()? {
        let accepted = i.answer.act.under.is_some();
        let place = i.offer.act.place;
        voice.line(&format!(
            "{}  {} ← {}  {}",
            i.hash.short(),
            name_of(node, place)?.unwrap_or_else(|| place.short()),
            i.offer.act.from.short(),
            match accepted {
                true => voice.say("đã nhận", "taken in"),
                false => voice.say("không nhận", "refused"),
            }
        ));
        came.push(
            json!({"offer": i.hash, "place": place, "from": i.offer.act.from,
                         "accepted": accepted}),
        );
    }
    voice.end_list(
        &json!({"went": went, "came": came}),
        went.is_empty() && came.is_empty(),
        "Chưa có ai được chuyển đi hay nhận về.",
        "Nobody was handed over or taken in yet.",
    );
    Ok(true)
}
