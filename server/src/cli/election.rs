//! `chibo election`: what the congress of a branch or a committee elected, as the paper says it. Roles of before end, and who was
//! elected gets a ticket for their device.

use super::by::{self, By};
use super::desk::{desk, today};
use super::devices::keep_lists;
use super::kept::Kept;
use super::node::{find_place, reached_at};
use super::ticket::{in_words, typed};
use super::{Done, Fail, Folder, Voice};
use crate::edge::{SystemChance, now};
use crate::words;
use chibo_core::author::Target;
use chibo_core::date::PartialDate;
use chibo_core::document::Value;
use chibo_core::domain::member::MEMBER;
use chibo_core::id::PersonId;
use chibo_core::node::{Confirmation, Election, ElectionError, Post};
use chibo_core::place::PlaceKind;
use chibo_core::text;
use chibo_core::time::Timestamp;
use clap::Args;
use serde_json::json;
use std::collections::BTreeMap;

#[derive(Debug, Args)]
pub(crate) struct ElectionArgs {
    #[command(flatten)]
    pub(super) data: Folder,
    #[command(flatten)]
    by: By,
    /// Chi bộ, đảng bộ: mã hoặc tên / The branch or committee: id or name.
    unit: String,
    /// Bí thư: mã đảng viên hoặc tên / The secretary: a member's id or name.
    #[arg(long)]
    secretary: String,
    /// Phó bí thư / A deputy; several times for several.
    #[arg(long)]
    deputy: Vec<String>,
    /// Ủy viên ban thường vụ của cấp ủy / Of a committee's standing board; several times for several.
    #[arg(long)]
    standing: Vec<String>,
    /// Chi ủy viên, cấp ủy viên / A committee member; several times for several.
    #[arg(long)]
    member: Vec<String>,
    /// Số quyết định chuẩn y / The number of the decision that confirms it.
    #[arg(long)]
    number: String,
    /// Cơ quan chuẩn y / The body that issued it.
    #[arg(long, default_value = "")]
    body: String,
    /// Người ký quyết định / Who signed it.
    #[arg(long, value_name = "NAME", default_value = "")]
    signatory: String,
    /// Ngày quyết định chuẩn y / The day of that decision.
    #[arg(long, value_name = "DAY")]
    issued_on: Option<String>,
    /// Đã xem bản gốc quyết định / Its original was seen.
    #[arg(long)]
    original_seen: bool,
    /// Ngày đại hội / The day of the congress.
    #[arg(long)]
    date: String,
    /// Nhiệm kỳ, như 2025-2027 / The term, such as 2025-2027.
    #[arg(long, default_value = "")]
    term: String,
    /// Ngày cuối của nhiệm kỳ: được nhắc trước đó / The last day of the term: people are reminded before it.
    #[arg(long, value_name = "DAY")]
    term_to: Option<String>,
    /// Số ngày phiếu có giá trị / Days for which the tickets can be used.
    #[arg(long, default_value_t = 14)]
    days: u64,
    /// Số ngày để bí thư cũ bàn giao: quyền cũ kết thúc khi hai bên đã xác nhận, chậm nhất sau số ngày này / Days in which
    /// the secretary of before hands the branch over; the role ends with that, or after them. 0: at once.
    #[arg(long, value_name = "DAYS", default_value_t = 0)]
    handover: u64,
    /// Địa chỉ máy xã / Where phones reach the node.
    #[arg(long)]
    url: Option<String>,
}

pub(crate) fn run(args: &ElectionArgs, kept: &mut Kept, voice: Voice) -> Done {
    kept.office(voice)?;
    let recorded_by = by::recorder(&desk(kept), Some(&args.by), voice)?;
    let node = kept.office(voice)?;
    let decider = args.by.decider(node.store(), node.tree(), voice)?;
    let unit = find_place(node.store(), node.tree(), &args.unit, voice)?;
    let day = |typed: &str| {
        let day = PartialDate::parse(typed).ok().and_then(PartialDate::day);
        day.ok_or_else(|| {
            let why = voice.say("không phải ngày", "this is no day");
            Fail::Words(format!("{typed}: {why}"))
        })
    };
    let on = day(&args.date)?;
    if on > today(voice)? {
        let why = voice.say(
            "ngày đại hội chưa đến: bầu xong mới ghi",
            "the congress is still to come: it is recorded once it was held",
        );
        return Err(Fail::Words(why.into()));
    }
    let term_to = args.term_to.as_deref().map(day).transpose()?;
    if term_to.is_some_and(|to| to <= on) {
        let why = voice.say(
            "nhiệm kỳ kết thúc trước ngày đại hội",
            "the term ends before the congress",
        );
        return Err(Fail::Words(why.into()));
    }
    let kind = node.tree().get(unit).map(|placed| placed.kind);
    if args.handover > 0 && kind != Some(PlaceKind::Branch) {
        let why = voice.say(
            "chỉ bí thư chi bộ mới bàn giao bằng --handover",
            "only a branch's secretary hands over with --handover",
        );
        return Err(Fail::Words(why.into()));
    }
    let (mut elected, mut names) = (Vec::new(), BTreeMap::new());
    let of = |post: Post| move |typed| (post, typed);
    for (post, typed) in std::iter::once(&args.secretary)
        .map(of(Post::Secretary))
        .chain(args.deputy.iter().map(of(Post::Deputy)))
        .chain(args.standing.iter().map(of(Post::Standing)))
        .chain(args.member.iter().map(of(Post::Member)))
    {
        let member = find_place(node.store(), node.tree(), typed, voice)?;
        let record = node.values(Target::at(member, &MEMBER, b"").doc)?;
        let name = record.and_then(|(_, v)| v.get("full_name").map(Value::shown));
        if decider == Some(PersonId(member.0)) {
            return Err(Fail::Words(by::about_themself(voice)));
        }
        elected.push((member, post));
        names.insert(member, name.unwrap_or_default());
    }
    let election = Election {
        unit,
        number: text::clean_line(&args.number),
        confirmed: Confirmation {
            body: text::clean_line(&args.body),
            signatory: text::clean_name(&args.signatory),
            on: args.issued_on.as_deref().map(day).transpose()?,
            original_seen: args.original_seen.then_some(true),
            recorded_by: recorded_by.unwrap_or_default(),
        },
        on,
        term: text::clean_line(&args.term),
        term_to,
        hand_over_by: (args.handover > 0).then(|| in_days(args.handover)),
        elected,
    };
    let url = reached_at(node, args.url.as_ref())?;
    let expires = in_days(args.days);
    let done = node
        .elect(&election, (&url, expires), now(), &mut SystemChance)
        .map_err(|e| not_done(e, voice))?;
    let listed = keep_lists(node, voice);
    let mut told = Vec::new();
    for (member, role, ticket) in &done.tickets {
        let text = ticket.to_text();
        let name = names.get(member).map_or("", String::as_str);
        voice.line(&format!(
            "  {}, {name}: {text}",
            words::role(voice.lang, *role)
        ));
        voice.line(&format!("    {}", in_words(ticket, voice)));
        let (code, address) = typed(ticket).unzip();
        told.push(json!({"member": member, "role": role.name(), "ticket": text, "code": code, "address": address}));
    }
    let text = format!(
        "{}: {}. {}: {}.",
        voice.say("Quyền cũ kết thúc", "Grants that ended"),
        done.ended.len(),
        voice.say("Phiếu đăng ký mới", "New tickets"),
        done.tickets.len()
    );
    let text = match done.giving.len() {
        0 => text,
        n => format!(
            "{text} {}: {n}.",
            voice.say("Chờ bàn giao", "Waiting for the hand-over")
        ),
    };
    voice.tell(
        &json!({"ended": done.ended, "giving": done.giving, "tickets": told, "listed": listed}),
        &text,
    );
    Ok(true)
}

fn in_days(days: u64) -> Timestamp {
    Timestamp(now().0.saturating_add(days.saturating_mul(86_400)))
}

fn not_done(e: ElectionError, voice: Voice) -> Fail {
    let said = |vi, en| Fail::Words(voice.say(vi, en).into());
    match e {
        ElectionError::NoUnit => said(
            "đây không phải chi bộ, đảng bộ",
            "this is no branch and no committee",
        ),
        ElectionError::NotOfIt(_) => said(
            "người được bầu phải thuộc chi bộ, đảng bộ này",
            "who is elected must belong to this branch or committee",
        ),
        ElectionError::NoNumber => said(
            "quyết định chuẩn y phải có số: --number",
            "the decision that confirms it has a number: --number",
        ),
        ElectionError::WrongRoles => said(
            "mỗi lần bầu một bí thư; chi bộ không có ban thường vụ",
            "one secretary is elected; a branch has no standing board",
        ),
        ElectionError::Edit(e) => Fail::Edit(e),
        ElectionError::Store(e) => Fail::Store(e),
        other => Fail::Words(other.to_string()),
    }
}
