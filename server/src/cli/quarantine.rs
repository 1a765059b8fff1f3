//! `chibo quarantine`: what was refused, or is held until somebody at the office decides.

use super::by::{self, By};
use super::kept::Kept;
use super::shown::Seen;
use super::{Done, Fail, Folder, Voice};
use crate::edge::{SystemChance, now};
use crate::intake::OfficeNode;
use crate::words;
use chibo_core::feed::SignedSegment;
use chibo_core::field;
use chibo_core::id::PersonId;
use chibo_core::node::{DecideError, Knew, Preview};
use chibo_core::records::{self, QuarantineRow};
use chibo_core::store::sqlite::Find;
use chibo_core::store::{Store, StoreError};
use clap::{Args, Subcommand};
use serde_json::json;

#[derive(Debug, Args)]
pub(crate) struct QuarantineArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Liệt kê / List what is there.
    List(List),
    /// Nhận vào sổ / Take in what is held.
    Accept(One),
    /// Không nhận, hoặc bỏ cái đã không nhận / Refuse what is held; put away what was refused.
    Drop(One),
    /// Ghi lại lời của máy đã bị khóa: việc bị bỏ chỉ vì việc trước nó không được nhận / Say again for a device that is shut
    /// out what was refused only because something before it was.
    Repeat(One),
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    data: Folder,
}

#[derive(Debug, Args)]
struct One {
    #[command(flatten)]
    data: Folder,
    /// Số trong danh sách / Its number in the list.
    number: u64,
    #[command(flatten)]
    by: By,
}

impl QuarantineArgs {
    pub(super) fn data(&self) -> &Folder {
        match &self.what {
            What::List(args) => &args.data,
            What::Accept(args) | What::Drop(args) | What::Repeat(args) => &args.data,
        }
    }
}

impl QuarantineArgs {
    /// The list says what was written of whom; deciding says nothing of it.
    pub(super) fn shows(&self) -> Seen<'_> {
        match &self.what {
            What::List(_) => Seen::All,
            What::Accept(_) | What::Drop(_) | What::Repeat(_) => Seen::Nothing,
        }
    }
}

pub(crate) fn run(args: &QuarantineArgs, kept: &mut Kept, voice: Voice) -> Done {
    let node = kept.office(voice)?;
    match &args.what {
        What::List(_) => list(node, voice),
        What::Accept(One { number, by, .. }) => {
            let by = by.decider(node.store(), node.tree(), voice)?;
            let entry = node
                .decide(*number, true, by, now())
                .map_err(|e| decision(&e, voice))?;
            voice.tell(
                &json!({"accepted": number, "entry": entry}),
                voice.say("Đã nhận vào sổ.", "Taken in."),
            );
            Ok(true)
        }
        What::Drop(One { number, by, .. }) => {
            let by = by.decider(node.store(), node.tree(), voice)?;
            drop_one(node, *number, by, voice)
        }
        What::Repeat(One { number, by, .. }) => {
            let by = by.decider(node.store(), node.tree(), voice)?;
            let rows = node.quarantine()?;
            let row = rows.iter().find(|(n, _)| n == number);
            let author = match row {
                Some((_, row)) => about(node, row, voice)?.author,
                None => return Err(decision(&DecideError::Unknown, voice)),
            };
            let count = node
                .say_again(*number, by, &author, now(), &mut SystemChance)
                .map_err(|e| decision(&e, voice))?;
            voice.tell(
                &json!({"repeated": number, "documents": count}),
                voice.say(
                    "Đã ghi lại, theo lời của người viết.",
                    "Said again, as its author's words.",
                ),
            );
            Ok(true)
        }
    }
}

fn drop_one(node: &mut OfficeNode, number: u64, by: Option<PersonId>, voice: Voice) -> Done {
    let (refused, text) = match node.decide(number, false, by, now()) {
        Ok(_) => (
            true,
            voice.say(
                "Không nhận. Bản ghi vẫn được giữ ở đây; người viết sẽ được báo.",
                "Refused. It stays here; its author will be told.",
            ),
        ),
        Err(DecideError::NotHeld) => {
            node.drop_refused(number).map_err(|e| decision(&e, voice))?;
            (false, voice.say("Đã bỏ.", "Put away."))
        }
        Err(e) => return Err(decision(&e, voice)),
    };
    voice.tell(&json!({"dropped": number, "refused": refused}), text);
    Ok(true)
}

fn decision(e: &DecideError, voice: Voice) -> Fail {
    let (vi, en) = match e {
        DecideError::Store(e) => return Fail::Store(e.clone()),
        DecideError::Unknown => ("không có số này", "nothing has this number"),
        DecideError::NotHeld => (
            "việc này đã quyết định rồi",
            "this is decided already, or was refused for good",
        ),
        DecideError::AboutThemself => return Fail::Words(by::about_themself(voice)),
        DecideError::EarlierFirst => (
            "trước nó còn một lần ghi chưa quyết định; hãy xem lần ghi trước",
            "one before it is not decided yet; decide that first",
        ),
        DecideError::HandedOver => (
            "hồ sơ đã chuyển sang máy của nơi khác; hãy gửi tiếp bằng chibo handover relay",
            "its records went to another node, which decides; pass it on with chibo handover relay",
        ),
        DecideError::NoPlace => (
            "người hoặc chi bộ này không còn ở đây",
            "the person or branch is not here any more",
        ),
        DecideError::NotLeftOver => (
            "không có gì phải ghi lại: việc này bị từ chối vì chính nó, hoặc máy ấy tự ghi lại được",
            "there is nothing to say again: it was refused for what it says, or its device says it again itself",
        ),
        DecideError::Edit(_) => (
            "không ghi lại được như vậy; hãy xem và tự ghi",
            "it cannot be said like that any more; look at it and record it yourself",
        ),
        DecideError::NotTheirs(_) => (
            "người viết không có quyền ghi việc này, nên không nhận được; hãy tự ghi nếu cần",
            "its author's role may not say this, so it cannot be accepted; record it yourself if it is right",
        ),
        DecideError::Unfit(_) => (
            "không ghép được vào sổ: nó dựa trên việc đã không nhận",
            "it does not fit any more: what it builds on was refused",
        ),
        _ => ("chưa quyết định", "it is held and not decided"),
    };
    Fail::Words(voice.say(vi, en).to_owned())
}

/// What names the place and the author of what is in quarantine.
struct About {
    place: Option<String>,
    author: String,
}

fn about(node: &OfficeNode, row: &QuarantineRow, voice: Voice) -> Result<About, Fail> {
    let store = node.store();
    let title_of = |place| -> Result<Option<String>, StoreError> {
        let rows = store.find(&Find::default())?;
        let found = rows.into_iter().find(|r| r.place == place && r.kind <= 2);
        Ok(found.map(|r| r.title))
    };
    let unknown = || voice.say("không rõ", "not known").to_owned();
    let Ok(signed) = SignedSegment::from_bytes(&row.bytes) else {
        return Ok(About {
            place: None,
            author: unknown(),
        });
    };
    let s = signed.unproven();
    let place = match node.tree().of_scope(s.scope) {
        Some((place, _)) => title_of(place)?,
        None => None,
    };
    let grant = store.read(|tx| match records::grant_number(tx, s.grant)? {
        Some(n) => records::grant(tx, n),
        None => Ok(None),
    })?;
    let author = match grant {
        Some(grant) => {
            let at = title_of(grant.place)?.unwrap_or_else(unknown);
            format!("{}, {at}", words::role(voice.lang, grant.role))
        }
        None => unknown(),
    };
    Ok(About { place, author })
}

fn list(node: &OfficeNode, voice: Voice) -> Done {
    let rows = node.quarantine()?;
    let mut told = Vec::new();
    let mut held = 0;
    for (number, row) in &rows {
        held += usize::from(row.held > 0);
        let about = about(node, row, voice)?;
        let previews = node.preview(row).unwrap_or_default();
        let why = words::refusal(voice.lang, row.reason);
        let state = match row.held {
            0 => voice.say("không nhận", "refused"),
            _ => voice.say("CHỜ QUYẾT ĐỊNH", "TO DECIDE"),
        };
        voice.line(&format!(
            "{number}. {state}: {why}\n   {} · {} · {}",
            about.place.as_deref().unwrap_or("?"),
            about.author,
            words::day(row.time)
        ));
        let knew = match row.held {
            0 => None,
            _ => node.knew(row)?,
        };
        match knew {
            Some(Knew::Not) => voice.line(voice.say(
                "   Viết khi máy chưa biết là quyền đã hết",
                "   Written on a device that had not heard that its right had ended",
            )),
            Some(Knew::Yes) => voice.line(voice.say(
                "   VIẾT SAU KHI MÁY ĐÃ BIẾT là quyền đã hết",
                "   WRITTEN AFTER ITS DEVICE HAD HEARD that its right had ended",
            )),
            None => {}
        }
        for line in lines(&previews, voice) {
            voice.line(&format!("     {line}"));
        }
        told.push(json!({
            "number": number, "held": row.held > 0, "reason": why, "place": about.place,
            "author": about.author, "day": words::day(row.time), "bytes": row.bytes.len(),
            "knew": knew.map(|k| k == Knew::Yes),
            "changes": previews.iter().flat_map(|p| p.paths.iter().map(|(path, stands, says)| json!({
                "kind": p.kind.name, "path": path,
                "stands": stands.as_ref().map(chibo_core::document::Value::shown),
                "says": says.shown()
            }))).collect::<Vec<_>>()
        }));
    }
    let text = match (rows.len(), held) {
        (0, _) => voice.say("Không có gì.", "Nothing is there.").to_owned(),
        (_, 0) => voice
            .say(
                "Không có gì chờ quyết định.",
                "Nothing waits for a decision.",
            )
            .to_owned(),
        (_, n) => format!("{n} {}", voice.say("chờ quyết định", "to decide")),
    };
    voice.tell(&json!({"rows": told, "held": held}), &text);
    Ok(true)
}

/// What would change, for people: the field, the value that stands, the one that it says.
fn lines(previews: &[Preview], voice: Voice) -> Vec<String> {
    let vi = voice.lang == words::Lang::Vi;
    let mut lines = Vec::new();
    for p in previews {
        for (path, stands, says) in &p.paths {
            let name = path.split('/').next().unwrap_or(path);
            let label = p.kind.fields.iter().find(|f| f.name == name);
            let label = label.map_or(name, |f| words::label(voice.lang, f.label));
            let shown = |v: &chibo_core::document::Value| field::shown(p.kind, path, v, vi);
            let stands = stands.as_ref().map_or("–".to_owned(), shown);
            lines.push(format!("{label}: {stands} → {}", shown(says)));
        }
    }
    lines
}
