//! `chibo mailbox`, the host of a blind mailbox, and what node and phone do with one.

use super::kept::Kept;
use super::{Done, Fail, Folder, Voice, at};
use crate::collect::{self, Collected};
use crate::edge::{SystemChance, now};
use crate::handset::Handset;
use crate::intake::{self, Intake};
use crate::letters::{self, LetterError, Received};
use crate::mailbox::{self, Terms};
use crate::{serve, tls, words};
use chibo_core::author::EditError;
use chibo_core::carriers::mailbox::{Mailbox, name_of};
use chibo_core::limits;
use chibo_core::phone::SyncError;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

#[derive(Debug, Args)]
pub(crate) struct MailboxArgs {
    #[command(flatten)]
    data: Folder,
    /// Địa chỉ / The address to listen on.
    #[arg(long, default_value = "127.0.0.1:8090")]
    listen: String,
    /// Địa chỉ mà người khác dùng, nếu khác / The address that others use, where it is another.
    #[arg(long)]
    url: Option<String>,
    /// Chứng thư công cộng (PEM) / A public certificate's chain.
    #[arg(long, requires = "key")]
    certificate: Option<PathBuf>,
    /// Khóa của chứng thư đó (PEM) / Its key.
    #[arg(long, requires = "certificate")]
    key: Option<PathBuf>,
    /// Giữ thư bao nhiêu ngày / Days for which a letter is kept.
    #[arg(long, default_value_t = 30)]
    days: u32,
    /// Số thư trong một hộp / Letters in one box.
    #[arg(long, default_value_t = limits::BOX_LETTERS)]
    box_letters: usize,
    /// MiB trong một hộp / MiB in one box.
    #[arg(long, default_value_t = limits::BOX_BYTES >> 20)]
    box_mib: u64,
    /// MiB tất cả / MiB in all.
    #[arg(long, default_value_t = limits::MAILBOX_BYTES >> 20)]
    mib: u64,
    /// MiB mà một địa chỉ gửi vào trong một ngày / MiB that one address may leave on one day.
    #[arg(long, default_value_t = limits::MAILBOX_ADDRESS_BYTES >> 20)]
    address_mib: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Collect {
    #[command(flatten)]
    pub(super) data: Folder,
    /// Các hộp thư / The mailboxes.
    #[arg(long, required = true, value_delimiter = ',')]
    mailbox: Vec<String>,
}

pub(crate) fn serve(args: &MailboxArgs, voice: Voice) -> Done {
    let authority = args.certificate.as_deref().zip(args.key.as_deref());
    let tls = match authority {
        Some((chain, key)) => Some(
            tls::public_acceptor(chain, key)
                .map_err(|e| Fail::Words(words::tls(voice.lang, &e)))?,
        ),
        None => None,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(&args.listen)
            .await
            .map_err(|e| Fail::Words(format!("{}: {}", args.listen, words::io(voice.lang, &e))))?;
        let address = listener.local_addr()?;
        if tls.is_none() && !address.ip().is_loopback() {
            return Err(Fail::Words(
                voice
                    .say(
                        "cần chứng thư (--certificate, --key), hoặc chỉ nghe ở 127.0.0.1 sau một proxy",
                        "a certificate is needed (--certificate, --key), or listen on 127.0.0.1 behind a proxy",
                    )
                    .into(),
            ));
        }
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = args.url.clone();
        let url = url.unwrap_or_else(|| format!("{scheme}://{address}"));
        let terms = Terms {
            name: name_of(&url)?,
            keep: Duration::from_secs(u64::from(args.days) * 86_400),
            box_letters: args.box_letters.min(limits::BOX_LETTERS),
            box_bytes: args.box_mib.saturating_mul(1 << 20),
            bytes: args.mib.saturating_mul(1 << 20),
            address_bytes: args.address_mib.saturating_mul(1 << 20),
        };
        let opened = mailbox::Mailbox::open(&args.data.path, terms, &mut SystemChance);
        let opened = Arc::new(opened.map_err(at(&args.data.path))?);
        let stopped = serve::stop_signal();
        voice.tell(&json!({"address": url}), &url);
        let cleaning = tokio::spawn(mailbox::clean_for_ever(opened.clone()));
        let stop = async {
            let _ = stopped.await;
        };
        serve::accept_for(listener, mailbox::router(opened), tls, stop).await;
        cleaning.abort();
        Ok(true)
    })
}

/// A mailbox at an address; public authorities vouch for it.
fn at_url(url: &str) -> Result<Mailbox, Fail> {
    Ok(letters::mailbox_at(url)?)
}

// ---- a node ---------------------------------------------------------------------------------

/// The mailboxes that a node was told of, each address tried now.
pub(crate) fn mailboxes(urls: &[String]) -> Result<Vec<Mailbox>, Fail> {
    urls.iter().map(|url| at_url(url)).collect()
}

/// Visits mailboxes every so often, until it is dropped. That one cannot be reached is said when it begins and when
/// it ends.
pub(crate) async fn collect_for_ever(intake: Intake, mailboxes: Vec<Mailbox>, every: Duration) {
    let mut well = vec![true; mailboxes.len()];
    loop {
        for (mailbox, well) in mailboxes.iter().zip(&mut well) {
            let result = collect::collect(&intake, mailbox).await;
            if result.is_ok() != *well {
                *well = result.is_ok();
                let words = match &result {
                    Ok(_) => "ok".to_owned(),
                    Err(e) => e.to_string(),
                };
                eprintln!("chibo: {}: {words}", mailbox.name());
            }
        }
        tokio::time::sleep(every).await;
    }
}

/// One round at each mailbox, on a node that was opened for it.
pub(crate) fn collect(args: &Collect, kept: Kept, voice: Voice) -> Done {
    let node = match kept {
        Kept::Node(node) => *node,
        mut other => {
            other.office(voice)?;
            return Ok(false);
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let (intake, thread) = intake::start(node, Box::new(now), Box::new(SystemChance));
    let done = runtime.block_on(collect_now(args, &intake, voice));
    intake.stop();
    thread.join();
    done
}

/// One round at each mailbox, over a node that runs already.
pub(crate) async fn collect_now(args: &Collect, intake: &Intake, voice: Voice<'_>) -> Done {
    let mut all = Collected::default();
    for mailbox in mailboxes(&args.mailbox)? {
        let one = collect::collect(intake, &mailbox).await?;
        all.answered += one.answered;
        all.undelivered += one.undelivered;
        all.waiting += one.waiting;
        all.rejected += one.rejected;
        all.unheard += one.unheard;
        all.damaged += one.damaged;
        all.untold += one.untold;
    }
    let mut text = match voice.lang {
        words::Lang::Vi => format!("Đã nhận của {} máy; trả lời nằm ở hộp thư.", all.answered),
        words::Lang::En => format!(
            "Received from {} devices; the answers are in the mailbox.",
            all.answered
        ),
    };
    for (n, vi, en) in [
        (
            all.undelivered,
            "trả lời chưa gửi được: hộp thư đầy",
            "answers did not find a place: the box is full",
        ),
        (
            all.waiting,
            "máy xin đăng ký chờ văn phòng xác nhận sau khi khôi phục (`chibo confirm`)",
            "devices that ask to be known wait until the office has confirmed after the restore (`chibo confirm`)",
        ),
        (
            all.rejected,
            "thư của máy không đăng ký ở đây",
            "letters of devices that are not enrolled here",
        ),
        (
            all.unheard,
            "máy lạ xin đăng ký không được trả lời: hôm nay quá nhiều",
            "unknown devices that ask to be known were not answered: too many today",
        ),
        (all.damaged, "thư hỏng", "letters are damaged"),
        (
            all.untold,
            "máy chưa được báo khóa mới của xã: hộp thư của máy đầy",
            "devices have not been told the node's new keys yet: their boxes are full",
        ),
    ] {
        if n > 0 {
            text.push_str(&format!("\n{n} {}", voice.say(vi, en)));
        }
    }
    voice.tell(
        &json!({"answered": all.answered, "undelivered": all.undelivered, "waiting": all.waiting, "rejected": all.rejected,
                "unheard": all.unheard, "damaged": all.damaged, "untold": all.untold}),
        &text,
    );
    Ok(all.undelivered == 0)
}

// ---- a phone --------------------------------------------------------------------------------

/// What the node said to this device's request to be known, in words.
pub(super) fn heard(
    handset: &Handset,
    got: &Received,
    voice: Voice,
) -> Result<Option<String>, Fail> {
    let number = handset.phone.own_grant()?.map(|g| g.confirmation());
    Ok(got
        .heard
        .map(|h| words::heard(voice.lang, h, &number.unwrap_or_default())))
}

/// `chibo phone sync --mailbox URL`.
pub(crate) fn visit(handset: &mut Handset, url: &str, voice: Voice) -> Done {
    if handset.phone.author().is_none() && handset.phone.enrolling()?.is_none() {
        return Err(Fail::Sync(SyncError::NotEnrolled));
    }
    let mailbox = at_url(url)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let visited = runtime.block_on(handset.visit(&mailbox, &now, &mut SystemChance));
    let visited = visited.map_err(|e| match e {
        LetterError::Sync(e) => Fail::Sync(e),
        e => Fail::Letters(e),
    })?;
    let got = &visited.received;
    if visited.wiped {
        let words = &words::wiped(voice.lang);
        voice.tell(
            &json!({"synced": false, "revoked": true, "wiped": true}),
            words,
        );
        return Ok(false);
    }
    let heard = heard(handset, got, voice)?;
    if handset.phone.author().is_none() {
        let words = heard.unwrap_or_else(|| words::asked_by_letter(voice.lang).to_owned());
        voice.tell(&json!({"enrolled": false, "left": visited.left}), &words);
        return Ok(false);
    }
    let phone = &handset.phone;
    let (waiting, others) = phone.waiting()?;
    let nothing_waits = waiting + others + phone.drafted()? == 0;
    let in_mailbox = letters::waits_for_answer(phone)?;
    let synced = got.synced && nothing_waits && !in_mailbox;
    let vi = voice.lang == words::Lang::Vi;
    let mut lines: Vec<String> = heard.into_iter().collect();
    if synced {
        lines.push(words::by_mail(voice.lang, true, false));
    } else {
        let done = got.handed_over;
        lines.push(if vi {
            format!("{done} xã đã nhận; {waiting} chưa nhận.")
        } else {
            format!("{done} received by the node; {waiting} not yet.")
        });
        if in_mailbox {
            lines.push(words::by_mail(voice.lang, false, true));
        }
    }
    if got.entries > 0 {
        let new = voice.say("mục mới về máy", "new items came");
        lines.push(format!("{} {new}", got.entries));
    }
    for reason in &got.refused {
        lines.push(format!(
            "{}: {}",
            voice.say("Không được nhận", "Refused"),
            words::refusal(voice.lang, *reason)
        ));
    }
    if got.new_keys {
        lines.push(words::new_keys(voice.lang).to_owned());
    }
    if got.no_room > 0 {
        lines.push(words::no_room(voice.lang, got.no_room));
    }
    if got.otherwise > 0 {
        lines.push(words::told_otherwise(voice.lang));
    }
    if got.ended.is_some() {
        lines.push(words::edit(voice.lang, &EditError::Ended));
    }
    voice.tell(
        &json!({"synced": synced, "handed_over": got.handed_over, "waiting": waiting, "provisional": others,
                "left": visited.left, "in_mailbox": in_mailbox, "answers": got.answers, "late": got.late,
                "entries": got.entries, "more": got.more, "new_keys": got.new_keys,
                "refused": got.refused.iter().map(|r| words::refusal(voice.lang, *r)).collect::<Vec<_>>(),
                "revoked": got.ended.is_some(), "damaged": got.damaged, "no_room": got.no_room, "told_otherwise": got.otherwise}),
        &lines.join("\n"),
    );
    Ok(synced && got.otherwise == 0)
}
