//! `address`: where a member lives by whose words (*địa chỉ*), how the list changes, and what of it is unclear.
//!
//! Nothing that somebody reports is turned away for being incomplete: what is missing or unclear is told beside it, with
//! what to add.

use super::away::{address_json, address_line, code_label, named, unclear, whose};
use super::by::{self, By};
use super::desk::{Desk, day_or_today, member_of, today};
use super::shown::Seen;
use super::{Done, Fail, Voice, terms};
use crate::edge::SystemChance;
use chibo_core::author::Target;
use chibo_core::away::{self, Address};
use chibo_core::commune::{Commune, Communes};
use chibo_core::document::{Value, Values};
use chibo_core::domain::address::{ADDRESS, SORTS};
use chibo_core::field;
use chibo_core::id::{DocId, PlaceId, hex, random16};
use chibo_core::kind::Kind;
use chibo_core::replica;
use chibo_core::store::sqlite::Find;
use chibo_device::lists::recorded;
use chibo_device::say::{fill_in_commune, fill_in_whose, is_own, own_name};
use clap::{Args, Subcommand};
use serde_json::json;

#[derive(Debug, Args)]
pub(crate) struct AddressArgs {
    /// Đảng viên: mã hoặc tên / The member: id or name.
    member: String,
    #[command(subcommand)]
    what: OfAddress,
}

impl AddressArgs {
    /// What it shows, for the log of looks.
    pub(super) fn shows(&self) -> Seen<'_> {
        match self.what {
            OfAddress::List => Seen::Of(&self.member),
            OfAddress::Add(_) | OfAddress::End { .. } | OfAddress::Cancel { .. } => Seen::Nothing,
        }
    }
}

#[derive(Debug, Subcommand)]
enum OfAddress {
    /// Xem các địa chỉ / List them.
    List,
    /// Ghi địa chỉ theo lời người báo / Record one, in the words of whoever says it.
    Add(Box<Add>),
    /// Đã thôi ở đó / They live there no more.
    End {
        /// Mã của địa chỉ, trong danh sách / The address's id in the list.
        address: String,
        /// Ngày thôi / The last day (today).
        #[arg(long, value_name = "DAY")]
        on: Option<String>,
    },
    /// Hủy do ghi nhầm / Cancel one that was recorded by mistake.
    Cancel { address: String, reason: String },
}

#[derive(Debug, Args)]
struct Add {
    /// Địa chỉ đến xóm, xã, như người ta nói / The address down to xóm and xã, as people say it.
    text: String,
    /// Loại: permanent, temporary, away, abroad / The sort.
    #[arg(long, default_value = "away")]
    sort: String,
    /// Xã hiện nay: mã, hoặc tên không cần dấu / Today's commune: its code, or its name without diacritics.
    #[arg(long)]
    commune: Option<String>,
    /// Từ ngày / From this day on (today).
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// Dự kiến đến ngày / Planned until this day.
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
    /// Lý do / The reason.
    #[arg(long)]
    reason: Option<String>,
    /// Nơi ở, việc làm có ổn định không / Whether home and work there are stable: yes, no.
    #[arg(long, value_name = "YES/NO", num_args = 0..=1, require_equals = true, default_missing_value = "yes")]
    stable: Option<String>,
    /// Chi bộ nơi đến có thể nhận / A branch there that takes them in.
    #[arg(long)]
    host: Option<String>,
    /// Người liên hệ ở đó / Whom to ask there.
    #[arg(long)]
    contact: Option<String>,
    /// Điện thoại ở đó / The telephone there.
    #[arg(long)]
    telephone: Option<String>,
    /// Ai nói / Whose words these are.
    #[arg(long, value_name = "NAME")]
    said_by: Option<String>,
    /// Nói bằng cách nào: app, page, telephone, paper, in_person / How they came.
    #[arg(long)]
    how: Option<String>,
    /// Nói ngày nào / On which day (today).
    #[arg(long, value_name = "DAY")]
    said_on: Option<String>,
}

pub(super) fn run(args: &AddressArgs, by: Option<&By>, desk: &mut Desk, voice: Voice) -> Done {
    let member = member_of(desk.here(), &args.member, voice)?;
    match &args.what {
        OfAddress::List => list(desk, member, voice),
        OfAddress::Add(new) => add(desk, (member, by), new, voice),
        OfAddress::End { address, on } => {
            let on = day_or_today(on.as_deref(), voice)?;
            let ended = Values::from([("ended_on".into(), Value::Text(on.to_string()))]);
            let doc = address_of(desk, member, address, voice)?;
            save(desk, target_of(member, doc), &ended, voice)
        }
        OfAddress::Cancel { address, reason } => {
            let doc = address_of(desk, member, address, voice)?;
            let cancelled = cancellation(&ADDRESS, reason, voice)?;
            save(desk, target_of(member, doc), &cancelled, voice)
        }
    }
}

fn target_of(member: PlaceId, doc: DocId) -> Target {
    Target {
        doc,
        ..Target::at(member, &ADDRESS, b"")
    }
}

/// The documents of a kind about a member.
pub(super) fn documents(
    desk: &Desk,
    member: PlaceId,
    kind: &Kind,
) -> Result<Vec<(DocId, Values)>, Fail> {
    let rows = desk.store().find(&Find {
        kind: Some(kind.number),
        places: Some(&[member]),
        ..Find::default()
    })?;
    let of = rows.iter().map(|row| (row.doc, replica::values_of(row)));
    Ok(of.collect())
}

fn address_of(desk: &Desk, member: PlaceId, id: &str, voice: Voice) -> Result<DocId, Fail> {
    let digits = id.trim().to_lowercase();
    let all = documents(desk, member, &ADDRESS)?;
    let fits = |doc: &DocId| digits.len() >= 4 && doc.to_string().starts_with(&digits);
    let found: Vec<DocId> = all.iter().map(|(doc, _)| *doc).filter(fits).collect();
    match found.as_slice() {
        [one] => Ok(*one),
        _ => Err(Fail::Words(format!(
            "{id}: {}",
            voice.say(
                "không có địa chỉ này; xem mã bằng `address … list`",
                "no such address; `address … list` shows their ids"
            )
        ))),
    }
}

fn list(desk: &Desk, member: PlaceId, voice: Voice) -> Done {
    let documents = documents(desk, member, &ADDRESS)?;
    let of = recorded(desk.store(), desk.tree(), Some(member))?;
    let of = of.into_iter().next().map(|(_, of)| of).unwrap_or_default();
    let on = today(voice)?;
    let heard = away::last_heard(&of.check_ins, on);
    let standing = away::current_addresses(&of.record, &documents, on);
    let mut told = Vec::new();
    let rules = terms::in_force(desk.store(), voice)?;
    let good_until = |said| away::good_until(said, &rules);
    let mut tell = |a: &Address, stands: bool| {
        let why = match stands {
            true => away::unclear(a, heard.as_ref(), on, &good_until),
            false => Vec::new(),
        };
        let sort = a.sort.map_or("", away::Sort::code);
        let id = a.doc.map_or_else(String::new, |d| d.short());
        voice.line(&format!(
            "{id:8}  {}: {}{}",
            code_label(&SORTS, sort, voice.lang),
            address_line(a, voice),
            match stands {
                true => "",
                false => voice.say("  [không còn]", "  [not now]"),
            }
        ));
        let whose = whose(a, voice).into_iter();
        let unclear = why.iter().map(|u| unclear(voice.lang, u));
        for line in whose.chain(unclear) {
            voice.line(&format!("          {line}"));
        }
        let mut json = address_json(a, &why);
        json["stands"] = json!(stands);
        told.push(json);
    };
    for a in &standing {
        tell(a, true);
    }
    let earlier = documents
        .iter()
        .filter_map(|(doc, values)| Address::of_document(*doc, values));
    for a in earlier.filter(|a| !standing.contains(a)) {
        tell(&a, false);
    }
    let text = match told.is_empty() {
        true => voice.say("Chưa ghi địa chỉ nào.", "No address is recorded."),
        false => "",
    };
    voice.tell(&json!({"member": member, "addresses": told}), text);
    Ok(true)
}

/// The commune that somebody means by a code, by words without diacritics, or by an old name.
fn commune_meant(typed: &str, voice: Voice) -> Result<Commune, Fail> {
    let list = Communes::official();
    if let Some(one) = list
        .by_code(typed.trim())
        .or_else(|| list.resolve_old(typed).sure())
    {
        return Ok(one);
    }
    let mut fits = list.search(typed);
    if fits.is_empty() {
        fits = list.resolve_old(typed).candidates().to_vec();
    }
    match fits.as_slice() {
        [one] => Ok(*one),
        [] => Err(Fail::Words(format!(
            "{typed}: {}",
            voice.say(
                "không có xã, phường nào như vậy; tìm bằng `communes`",
                "there is no such commune; search with `communes`"
            )
        ))),
        several => Err(Fail::Words(format!(
            "{typed}: {}: {}",
            voice.say("có nhiều xã, hãy dùng mã", "several fit, use the code"),
            named(several)
        ))),
    }
}

/// That it is not clear which commune is meant, and which it may be.
pub(super) fn unclear_commune(may_be: &[Commune], voice: Voice) -> String {
    let hint = voice.say(
        "Đã ghi nguyên lời; chưa rõ xã nào hiện nay",
        "Saved as said; it is not clear which commune of today this is",
    );
    match may_be {
        [] => format!("{hint}."),
        some => format!("{hint}: {}", named(some)),
    }
}

fn add(desk: &mut Desk, (member, by): (PlaceId, Option<&By>), add: &Add, voice: Voice) -> Done {
    let mut values = Values::new();
    let mut put = |name: &str, typed: Option<&str>| -> Result<(), Fail> {
        if let Some(typed) = typed {
            let value = field::parse(&ADDRESS, name, typed).map_err(Fail::Field)?;
            if value != Value::Cleared {
                values.insert(name.into(), value);
            }
        }
        Ok(())
    };
    let today = today(voice)?.to_string();
    put("sort", Some(&add.sort))?;
    put("text", Some(&add.text))?;
    put("from", Some(add.from.as_deref().unwrap_or(&today)))?;
    put("said_on", Some(add.said_on.as_deref().unwrap_or(&today)))?;
    for (name, typed) in [
        ("until", &add.until),
        ("reason", &add.reason),
        ("stable", &add.stable),
        ("host", &add.host),
        ("contact_person", &add.contact),
        ("contact_phone", &add.telephone),
        ("said_by", &add.said_by),
        ("how", &add.how),
    ] {
        put(name, typed.as_deref())?;
    }
    let mut hints = Vec::new();
    if let Some(typed) = &add.commune {
        let code = commune_meant(typed, voice)?.code;
        values.insert("commune_code".into(), Value::Text(code.into()));
    } else if values.get("sort") != Some(&Value::Text("abroad".into())) {
        let unclear = fill_in_commune(&mut values, "text");
        hints.extend(unclear.map(|may_be| {
            let h = unclear_commune(&may_be, voice);
            let add = voice.say(
                "Thêm --commune MÃ nếu biết.",
                "Say --commune CODE if you know.",
            );
            format!("{h} {add}")
        }));
    }
    let target = Target::at(member, &ADDRESS, &random16(&mut SystemChance));
    if let Some(who) = by::recorder(desk, by, voice)? {
        values.insert("recorded_by".into(), Value::Text(who));
    }
    let says_how = fill_in_whose(desk.here(), (member, target.doc), &mut values)?;
    if is_own(desk.here(), member)
        && !values.contains_key("said_by")
        && let Some(name) = own_name(desk.here())?
    {
        values.insert("said_by".into(), Value::Text(name));
    }
    if !says_how || !values.contains_key("said_by") {
        hints.push(
            voice
                .say(
                    "Còn thiếu: ai nói, nói bằng cách nào (--said-by, --how).",
                    "Missing: whose words these are and how they came (--said-by, --how).",
                )
                .into(),
        );
    }
    save_with(desk, target, &values, &hints, voice)
}

pub(super) fn save(desk: &mut Desk, target: Target, values: &Values, voice: Voice) -> Done {
    save_with(desk, target, values, &[], voice)
}

fn save_with(
    desk: &mut Desk,
    target: Target,
    values: &Values,
    hints: &[String],
    voice: Voice,
) -> Done {
    let outcome = desk.edit(target, values)?;
    let saved = desk.saved(outcome.changed, voice);
    let mut text = format!("{}  {saved}", target.doc.short());
    for hint in hints {
        text.push('\n');
        text.push_str(hint);
    }
    let warned = voice.warn(target.kind, &outcome.warnings);
    voice.tell(
        &json!({"doc": target.doc, "changed": outcome.changed, "hints": hints, "warnings": warned}),
        &text,
    );
    Ok(true)
}

/// What cancels a document as recorded by mistake.
pub(super) fn cancellation(
    kind: &'static Kind,
    reason: &str,
    voice: Voice,
) -> Result<Values, Fail> {
    if reason.trim().is_empty() {
        let why = voice.say("cần có lý do", "a reason is needed");
        return Err(Fail::Words(why.into()));
    }
    let id = hex(&random16(&mut SystemChance));
    let today = today(voice)?.to_string();
    let parts = [("on", today.as_str()), ("reason", reason)];
    let value = |(name, typed): (&str, &str)| {
        let path = format!("cancelled/{id}/{name}");
        let value = field::parse(kind, &path, typed).map_err(Fail::Field)?;
        Ok((path, value))
    };
    parts.into_iter().map(value).collect()
}
