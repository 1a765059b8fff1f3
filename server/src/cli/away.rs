//! `chibo away`, and on a phone `away`, `overdue`, `address`, `which-form`, `communes` and `residence-remark`: who is
//! away and where, who has not been heard of, which procedure fits, and what the committee where a member lives says.
//!
//! What is shown is worked out by [`chibo_core::away`] for today; here are only the words. Nothing that somebody
//! reports is turned away for being incomplete: what is missing or unclear is told beside it, with what to add.

use super::desk::{day_or_today, today};
use super::kept::Kept;
use super::node::find_place;
use super::phone::place_of;
use super::shown::Seen;
use super::{Done, Fail, Folder, Voice, terms};
use crate::edge::{SystemChance, now};
use crate::handset::Handset;
use crate::words::{self, Lang};
use chibo_core::author::Target;
use chibo_core::away::{self, Address, Advice, Away, Bounds, OLD_MONTHS, Stay, Unclear};
use chibo_core::calendar::WorkingDays;
use chibo_core::commune::{Commune, Communes};
use chibo_core::date::{Day, PartialDate};
use chibo_core::document::{Value, Values};
use chibo_core::domain::address::{ADDRESS, SORTS};
use chibo_core::domain::check_in::CHECK_IN_WAYS;
use chibo_core::domain::member::{MEMBER, STATUSES};
use chibo_core::domain::residence_remark::{RESIDENCE_REMARK, Year, of_year};
use chibo_core::field;
use chibo_core::id::{DocId, PlaceId, hex, random16};
use chibo_core::kind::{Code, Kind};
use chibo_core::place::PlaceKind;
use chibo_core::replica;
use chibo_core::store::sqlite::{Find, SqliteStore};
use chibo_core::tree::Tree;
use chibo_device::lists::{self, recorded};
use chibo_device::say::{
    fill_in_commune, fill_in_whose, is_own, of_year as document_of_year, own_name, recorder,
};
use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

/// How many communes are named where several fit.
const CANDIDATES: usize = 8;

#[derive(Debug, Args)]
pub(crate) struct AwayArgs {
    #[command(flatten)]
    pub(super) data: Folder,
    #[command(flatten)]
    of: Of,
    /// Chỉ những người quá hạn liên hệ / Only those who have not been heard of in time.
    #[arg(long)]
    overdue: bool,
    /// Bao nhiêu ngày phải liên hệ một lần / Days between two words from them (default: a month).
    #[arg(long, value_name = "N", requires = "overdue")]
    days: Option<u16>,
}

impl AwayArgs {
    pub(super) fn shows(&self) -> Seen<'_> {
        Seen::list(self.of.branch.as_deref())
    }
}

/// Of whom.
#[derive(Debug, Args)]
pub(super) struct Of {
    /// Chỉ chi bộ này / Only this branch (id or name).
    #[arg(long)]
    branch: Option<String>,
}

/// What a phone is asked about those who are away.
#[derive(Debug, Subcommand)]
pub(super) enum OnPhone {
    /// Ai đi xa, ở đâu, liên hệ thế nào / Who is away, where, and how they are reached.
    Away {
        #[command(flatten)]
        of: Of,
    },
    /// Ai quá hạn liên hệ / Who is away and has not been heard of in time.
    Overdue {
        /// Bao nhiêu ngày phải liên hệ một lần / Days between two words from them (default: a month).
        #[arg(long, value_name = "N")]
        days: Option<u16>,
        #[command(flatten)]
        of: Of,
    },
    /// Địa chỉ của một đảng viên / A member's addresses.
    Address {
        /// Đảng viên: mã hoặc tên / The member: id or name.
        member: String,
        #[command(subcommand)]
        what: OfAddress,
    },
    /// Đi xa thì làm thủ tục gì / Which procedure fits an absence.
    WhichForm(WhichForm),
    /// Tìm xã, phường hiện nay, không cần dấu / Search today's communes; old names too.
    Communes { words: Vec<String> },
    /// Nhận xét nơi cư trú: xem, hoặc ghi / The remark of the place of residence: look, or record one.
    ResidenceRemark(Remark),
}

impl OnPhone {
    /// What it shows, for the log of looks.
    pub(super) fn shows(&self) -> Seen<'_> {
        match self {
            OnPhone::Away { of } | OnPhone::Overdue { of, .. } => Seen::list(of.branch.as_deref()),
            OnPhone::Address {
                member,
                what: OfAddress::List,
            } => Seen::Of(member),
            OnPhone::ResidenceRemark(remark) if remark.remark.is_none() => {
                Seen::list(remark.member.as_deref())
            }
            OnPhone::Address { .. }
            | OnPhone::ResidenceRemark(_)
            | OnPhone::WhichForm(_)
            | OnPhone::Communes { .. } => Seen::Nothing,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum OfAddress {
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
pub(super) struct Add {
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

#[derive(Debug, Args)]
pub(super) struct WhichForm {
    /// Đi bao nhiêu tháng / For how many whole months; none: no end is known.
    #[arg(long, value_name = "N")]
    months: Option<u16>,
    /// Hoặc từ ngày / Or from this day (today).
    #[arg(long, value_name = "DAY", requires = "until")]
    from: Option<String>,
    /// Đến ngày / Until this day.
    #[arg(long, value_name = "DAY", conflicts_with = "months")]
    until: Option<String>,
    /// Nơi ở, việc làm ổn định / Home and work there are stable.
    #[arg(long)]
    stable: bool,
    /// Ở đó có chi bộ nhận / There is a branch that takes them in.
    #[arg(long)]
    host: bool,
    /// Ra nước ngoài / It is abroad.
    #[arg(long)]
    abroad: bool,
}

#[derive(Debug, Args)]
pub(super) struct Remark {
    /// Đảng viên; không có: cả chi bộ / The member; none: everybody.
    member: Option<String>,
    /// Lời nhận xét, để ghi / The words, to record them.
    remark: Option<String>,
    /// Năm / The year (this one).
    #[arg(long)]
    year: Option<u16>,
    /// Người nhận xét / Who says it.
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
    /// Chức vụ người nhận xét / Their post.
    #[arg(long)]
    post: Option<String>,
    /// Cấp ủy nơi cư trú / The committee of the place of residence.
    #[arg(long)]
    body: Option<String>,
    /// Ngày nhận xét / On which day (today).
    #[arg(long, value_name = "DAY")]
    said_on: Option<String>,
    /// Hủy do ghi nhầm, với lý do / Cancel the year's remark as recorded by mistake, with the reason.
    #[arg(long, value_name = "REASON", conflicts_with = "remark")]
    cancel: Option<String>,
}

pub(crate) fn run(args: &AwayArgs, kept: &Kept, voice: Voice) -> Done {
    let found = found(kept.store(), kept.tree(), &args.of, voice)?;
    match args.overdue {
        true => tell_overdue(kept.store(), &found, args.days, voice),
        false => tell_away(&found, voice),
    }
}

pub(super) fn on_phone(what: &OnPhone, handset: &mut Handset, voice: Voice) -> Done {
    let here = |handset: &Handset, of: &Of| {
        let phone = &handset.phone;
        found(phone.store(), phone.tree(), of, voice)
    };
    match what {
        OnPhone::Away { of } => tell_away(&here(handset, of)?, voice),
        OnPhone::Overdue { days, of } => {
            tell_overdue(handset.phone.store(), &here(handset, of)?, *days, voice)
        }
        OnPhone::Address { member, what } => {
            let member = member_of(handset, member, voice)?;
            match what {
                OfAddress::List => list(handset, member, voice),
                OfAddress::Add(add) => self::add(handset, member, add, voice),
                OfAddress::End { address, on } => {
                    let on = day_or_today(on.as_deref(), voice)?;
                    let ended = Values::from([("ended_on".into(), Value::Text(on.to_string()))]);
                    let doc = address_of(handset, member, address, voice)?;
                    save(handset, target_of(member, doc), &ended, voice)
                }
                OfAddress::Cancel { address, reason } => {
                    let doc = address_of(handset, member, address, voice)?;
                    let cancelled = cancellation(&ADDRESS, reason, voice)?;
                    save(handset, target_of(member, doc), &cancelled, voice)
                }
            }
        }
        OnPhone::WhichForm(args) => which_form(args, handset.phone.store(), voice),
        OnPhone::Communes { words } => communes(&words.join(" "), voice),
        OnPhone::ResidenceRemark(args) => remark(args, handset, voice),
    }
}

// ---- what is shown --------------------------------------------------------------------------

fn found(store: &SqliteStore, tree: &Tree, of: &Of, voice: Voice) -> Result<Vec<Away>, Fail> {
    let below = match &of.branch {
        Some(named) => Some(find_place(store, tree, named, voice)?),
        None => None,
    };
    lists::away(store, tree, below, today(voice)?).map_err(|e| terms::unlisted(e, voice))
}

/// The terms of a temporary stay as they are in force here.
fn bounds(store: &SqliteStore, on: Day, voice: Voice) -> Result<Bounds, Fail> {
    Bounds::at(&terms::in_force(store, voice)?, on).ok_or_else(|| no_rule(voice))
}

fn no_rule(voice: Voice) -> Fail {
    let (vi, en) = (
        "chưa có quy định cho ngày này; xem chibo regulations",
        "no rule is known for this day; see chibo regulations",
    );
    Fail::Words(voice.say(vi, en).into())
}

fn code_label(list: &[Code], code: &str, lang: Lang) -> String {
    let found = list.iter().find(|c| c.code == code);
    found.map_or(code, |c| words::label(lang, c.label)).into()
}

fn unclear(lang: Lang, why: &Unclear) -> String {
    let (vi, en) = match why {
        Unclear::Empty => ("chưa ghi nơi ở", "nothing is written"),
        Unclear::OnlyProvince => ("mới biết tỉnh", "only the province is known"),
        Unclear::NoSuchCode => (
            "mã xã không có trong danh mục",
            "the code is of no commune of today",
        ),
        Unclear::Several(_) => (
            "nay là một trong nhiều xã",
            "it may be one of several communes of today",
        ),
        Unclear::Old { .. } => ("lâu chưa ai xác nhận", "nobody has said it for long"),
        Unclear::SaidElsewhere(_) => (
            "lần báo gần nhất ở xã khác",
            "the last word came from another commune",
        ),
        _ => (
            "không tìm thấy xã này",
            "no such commune is on the official list",
        ),
    };
    let text = words::say(lang, vi, en).to_owned();
    match why.candidates() {
        [] => text,
        some => format!("{text}: {}", named(some)),
    }
}

/// Communes with their codes, as many as can be read.
fn named(communes: &[Commune]) -> String {
    let all = communes.iter().take(CANDIDATES);
    let mut list: Vec<String> = all.map(|c| format!("{c} ({})", c.code)).collect();
    if communes.len() > CANDIDATES {
        list.push("…".into());
    }
    list.join("; ")
}

fn commune_json(c: &Commune) -> Json {
    json!({"code": c.code, "name": c.to_string()})
}

fn date(date: Option<PartialDate>) -> Option<String> {
    date.map(|d| d.to_string())
}

/// An address for people, in one line: where, from, until, why.
fn address_line(a: &Address, voice: Voice) -> String {
    let where_to = match a.text.as_str() {
        "" => voice.say("(chưa rõ nơi ở)", "(nobody knows where)"),
        text => text,
    };
    let mut line = where_to.to_owned();
    let mut add = |vi, en, what: Option<&str>| {
        if let Some(what) = what {
            line.push_str(&format!("; {} {what}", voice.say(vi, en)));
        }
    };
    let (from, until) = (a.from.map(|d| d.shown()), a.until.map(|d| d.shown()));
    add("từ", "from", from.as_deref());
    add("đến", "until", until.as_deref());
    add("lý do:", "reason:", a.reason.as_deref());
    line
}

/// Whose words it is, how they came and who typed them.
fn whose(a: &Address, voice: Voice) -> Option<String> {
    let how = a.how.as_deref();
    let how = how.map(|how| code_label(&CHECK_IN_WAYS, how, voice.lang));
    let said_on = a.said_on.map(|d| d.shown());
    let by = |vi, en, who: &Option<String>| {
        let who = who.as_ref();
        who.map(|who| format!("{} {who}", voice.say(vi, en)))
    };
    let parts = [
        by("lời của", "said by", &a.said_by),
        how,
        said_on,
        by("ghi hộ:", "recorded by", &a.recorded_by),
    ];
    let told: Vec<String> = parts.into_iter().flatten().collect();
    (!told.is_empty()).then(|| told.join(", "))
}

fn address_json(a: &Address, unclear: &[Unclear]) -> Json {
    let why = |u: &Unclear| {
        let candidates: Vec<Json> = u.candidates().iter().map(commune_json).collect();
        json!({"code": u.code(), "candidates": candidates})
    };
    json!({
        "address": a.doc, "sort": a.sort.map(away::Sort::code), "text": a.text,
        "commune": a.commune().as_ref().map(commune_json),
        "from": date(a.from), "until": date(a.until), "reason": a.reason, "stable": a.is_stable, "host": a.host,
        "contact": a.contact, "said_by": a.said_by, "how": a.how, "recorded_by": a.recorded_by,
        "said_on": date(a.said_on), "unclear": unclear.iter().map(why).collect::<Vec<_>>(),
    })
}

fn advice_json(advice: Advice) -> Json {
    json!({"code": advice.procedure.code(), "why": advice.why.code(), "source": advice.procedure.source()})
}

fn advice_line(advice: Advice, voice: Voice) -> String {
    words::both(voice.lang, chibo_device::words::advice(&advice))
}

fn away_json(a: &Away) -> Json {
    let heard =
        |h: &away::Heard| json!({"on": h.on.to_string(), "words": h.words, "phone": h.phone});
    json!({
        "member": a.member, "name": a.name, "where": address_json(&a.address, &a.unclear), "contact": a.contact,
        "last_heard": a.last_heard.as_ref().map(heard),
        "status": a.status.as_ref().map(|s| json!({"code": s.value, "until": date(s.until), "decision": s.decision})),
        "procedures": a.procedures.iter().copied().map(advice_json).collect::<Vec<_>>(),
    })
}

fn tell_away(list: &[Away], voice: Voice) -> Done {
    for a in list {
        let status = a.status.as_ref().filter(|s| s.value != "official");
        let status = status.map(|s| code_label(&STATUSES, &s.value, voice.lang));
        voice.line(&format!(
            "{}  {}{}",
            a.member.short(),
            a.name,
            status.map_or(String::new(), |s| format!("  [{s}]"))
        ));
        let line = |vi, en, what: &str| {
            voice.line(&format!("    {}: {what}", voice.say(vi, en)));
        };
        line("Ở", "Where", &address_line(&a.address, voice));
        if let Some(whose) = whose(&a.address, voice) {
            line("Theo", "According to", &whose);
        }
        for why in &a.unclear {
            line("Chưa rõ", "Unclear", &unclear(voice.lang, why));
        }
        let none = voice.say("chưa có", "none known");
        line("Liên hệ", "Contact", a.contact.as_deref().unwrap_or(none));
        let heard = a.last_heard.as_ref().map(|h| h.on.shown());
        let never = voice.say("chưa báo lần nào", "never");
        line(
            "Báo gần nhất",
            "Last heard of",
            heard.as_deref().unwrap_or(never),
        );
        for advice in &a.procedures {
            let advice = advice_line(*advice, voice);
            line("Thủ tục có thể phù hợp", "What may fit", &advice);
        }
    }
    let told: Vec<Json> = list.iter().map(away_json).collect();
    voice.tell(
        &json!({"away": told}),
        match list.is_empty() {
            true => voice.say("Không có ai đi xa.", "Nobody is away."),
            false => "",
        },
    );
    Ok(true)
}

fn tell_overdue(store: &SqliteStore, list: &[Away], days: Option<u16>, voice: Voice) -> Done {
    let on = today(voice)?;
    let rules = terms::in_force(store, voice)?;
    let working = WorkingDays::new(&rules);
    let heard_by = |last: Day| match days {
        Some(days) => last.plus_days(days.into()),
        None => away::heard_by(last, &rules, &working),
    };
    if heard_by(on).is_none() {
        return Err(no_rule(voice));
    }
    let found = away::overdue(list, &heard_by, on);
    let mut told = Vec::new();
    for o in &found {
        let since = match (o.days, voice.lang) {
            (Some(days), Lang::Vi) => format!("{days} ngày chưa báo"),
            (Some(days), Lang::En) => format!("not heard of for {days} days"),
            (None, _) => voice.say("chưa báo lần nào", "never heard of").to_owned(),
        };
        let late = match (o.late, voice.lang) {
            (Some(late), Lang::Vi) => format!(", quá hạn {late} ngày"),
            (Some(late), Lang::En) => format!(", {late} days overdue"),
            (None, _) => String::new(),
        };
        voice.line(&format!(
            "{}  {}  {since}{late}  {}",
            o.away.member.short(),
            o.away.name,
            o.away.contact.as_deref().unwrap_or_default()
        ));
        let mut json = away_json(o.away);
        json["days"] = json!(o.days);
        json["late"] = json!(o.late);
        told.push(json);
    }
    voice.tell(
        &json!({"overdue": told}),
        match found.is_empty() {
            true => voice.say(
                "Không có ai quá hạn liên hệ.",
                "Nobody who is away is overdue.",
            ),
            false => "",
        },
    );
    Ok(true)
}

// ---- addresses ------------------------------------------------------------------------------

fn member_of(handset: &Handset, named: &str, voice: Voice) -> Result<PlaceId, Fail> {
    match place_of(handset, named, voice)? {
        (place, PlaceKind::Member) => Ok(place),
        _ => Err(Fail::Words(format!(
            "{named}: {}",
            voice.say("không phải đảng viên", "is no member")
        ))),
    }
}

fn target_of(member: PlaceId, doc: DocId) -> Target {
    Target {
        doc,
        ..Target::at(member, &ADDRESS, b"")
    }
}

/// The documents of a kind about a member.
fn documents(
    handset: &Handset,
    member: PlaceId,
    kind: &Kind,
) -> Result<Vec<(DocId, Values)>, Fail> {
    let rows = handset.phone.store().find(&Find {
        kind: Some(kind.number),
        places: Some(&[member]),
        ..Find::default()
    })?;
    let of = rows.iter().map(|row| (row.doc, replica::values_of(row)));
    Ok(of.collect())
}

fn address_of(handset: &Handset, member: PlaceId, id: &str, voice: Voice) -> Result<DocId, Fail> {
    let digits = id.trim().to_lowercase();
    let all = documents(handset, member, &ADDRESS)?;
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

fn list(handset: &Handset, member: PlaceId, voice: Voice) -> Done {
    let phone = &handset.phone;
    let documents = documents(handset, member, &ADDRESS)?;
    let of = recorded(phone.store(), phone.tree(), Some(member))?;
    let of = of.into_iter().next().map(|(_, of)| of).unwrap_or_default();
    let on = today(voice)?;
    let heard = away::last_heard(&of.check_ins, on);
    let standing = away::current_addresses(&of.record, &documents, on);
    let mut told = Vec::new();
    let mut tell = |a: &Address, stands: bool| {
        let why = match stands {
            true => away::unclear(a, heard.as_ref(), on, OLD_MONTHS),
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

fn add(handset: &mut Handset, member: PlaceId, add: &Add, voice: Voice) -> Done {
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
    let says_how = fill_in_whose(&handset.phone, (member, target.doc), &mut values)?;
    if is_own(&handset.phone, member)
        && !values.contains_key("said_by")
        && let Some(name) = own_name(&handset.phone)?
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
    save_with(handset, target, &values, &hints, voice)
}

fn save(handset: &mut Handset, target: Target, values: &Values, voice: Voice) -> Done {
    save_with(handset, target, values, &[], voice)
}

fn save_with(
    handset: &mut Handset,
    target: Target,
    values: &Values,
    hints: &[String],
    voice: Voice,
) -> Done {
    let phone = &mut handset.phone;
    let outcome = phone.edit(target, values, now(), &mut SystemChance)?;
    handset.note_mark()?;
    let saved = match outcome.changed {
        true => voice.say("Đã ghi, chưa gửi.", "Saved, not sent yet."),
        false => voice.say("Không có gì thay đổi.", "Nothing changed."),
    };
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
fn cancellation(kind: &'static Kind, reason: &str, voice: Voice) -> Result<Values, Fail> {
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

// ---- the rest -------------------------------------------------------------------------------

fn which_form(args: &WhichForm, store: &SqliteStore, voice: Voice) -> Done {
    let months = match &args.until {
        Some(until) => {
            let from = day_or_today(args.from.as_deref(), voice)?;
            let until = day_or_today(Some(until), voice)?;
            if until < from {
                let why = voice.say("ngày về trước ngày đi", "they are back before they leave");
                return Err(Fail::Words(why.into()));
            }
            Some(away::whole_months(from, until))
        }
        None => args.months,
    };
    let stay = Stay {
        months,
        is_stable: args.stable,
        has_host: args.host,
        is_abroad: args.abroad,
    };
    let bounds = bounds(store, today(voice)?, voice)?;
    let advice = away::which_procedure(stay, bounds);
    let mut json = advice_json(advice);
    json["months"] = json!(months);
    voice.tell(
        &json,
        &format!(
            "{}\n{}",
            advice_line(advice, voice),
            voice.say(
                "(Gợi ý; người có thẩm quyền quyết định. Hãy đối chiếu văn bản đang có hiệu lực.)",
                "(Advice; whoever is competent decides. Check the rule that is in force.)"
            )
        ),
    );
    Ok(true)
}

fn communes(typed: &str, voice: Voice) -> Done {
    let list = Communes::official();
    let old = list.resolve_old(typed);
    let mut found = old.candidates().to_vec();
    for more in list.search(typed) {
        if !found.contains(&more) {
            found.push(more);
        }
    }
    for c in &found {
        voice.line(&format!("{}  {c}", c.code));
    }
    let told: Vec<Json> = found.iter().map(commune_json).collect();
    voice.tell(
        &json!({"communes": told}),
        match found.is_empty() {
            true => voice.say("Không có xã nào như vậy.", "There is no such commune."),
            false => "",
        },
    );
    Ok(!found.is_empty())
}

fn remark(args: &Remark, handset: &mut Handset, voice: Voice) -> Done {
    let this_year = today(voice)?.date().year();
    let year = args.year.unwrap_or(this_year);
    let member = match &args.member {
        Some(named) => Some(member_of(handset, named, voice)?),
        None => None,
    };
    match (member, &args.remark, &args.cancel) {
        (Some(member), Some(words), _) => {
            record_remark(args, handset, (member, year), words, voice)
        }
        (Some(member), None, Some(reason)) => {
            let cancelled = cancellation(&RESIDENCE_REMARK, reason, voice)?;
            let (target, there) = remark_target(handset, member, year, voice)?;
            if there.is_none() {
                let why = voice.say(
                    "năm này chưa có nhận xét",
                    "there is no remark of that year",
                );
                return Err(Fail::Words(why.into()));
            }
            save(handset, target, &cancelled, voice)
        }
        (member, None, _) => tell_remarks(handset, member, year, voice),
        (None, Some(_), _) => Ok(false),
    }
}

/// The document for a member's remark of a year: the one that stands, or the next after those that were cancelled.
fn remark_target(
    handset: &Handset,
    member: PlaceId,
    year: u16,
    voice: Voice,
) -> Result<(Target, Option<Values>), Fail> {
    let target = document_of_year(&handset.phone, member, &RESIDENCE_REMARK, year)?;
    let values = handset.phone.values(target.doc)?.map(|(_, values)| values);
    let is_cancelled = values
        .as_ref()
        .is_some_and(chibo_core::domain::decision::is_cancelled);
    if !is_cancelled {
        return Ok((target, values));
    }
    let why = voice.say(
        "nhận xét năm này đã hủy quá nhiều lần",
        "the remark of that year was cancelled too often",
    );
    Err(Fail::Words(why.into()))
}

fn record_remark(
    args: &Remark,
    handset: &mut Handset,
    (member, year): (PlaceId, u16),
    words: &str,
    voice: Voice,
) -> Done {
    let (Some(by), Some(post)) = (&args.by, &args.post) else {
        let why = voice.say(
            "nhận xét phải có tên và chức vụ người nhận xét: --by, --post",
            "a remark has the name and post of who makes it: --by, --post",
        );
        return Err(Fail::Words(why.into()));
    };
    let said_on = day_or_today(args.said_on.as_deref(), voice)?.to_string();
    let year_text = year.to_string();
    let mut values = Values::new();
    for (name, typed) in [
        ("year", year_text.as_str()),
        ("author", by),
        ("post", post),
        ("remark", words),
        ("said_on", &said_on),
        ("how", "paper"),
        ("body", args.body.as_deref().unwrap_or_default()),
    ] {
        match field::parse(&RESIDENCE_REMARK, name, typed).map_err(Fail::Field)? {
            Value::Cleared if name != "body" => {
                let why = voice.say("không được để trống", "this cannot be empty");
                return Err(Fail::Words(format!("{name}: {why}")));
            }
            Value::Cleared => {}
            value => drop(values.insert(name.into(), value)),
        }
    }
    values.insert("recorded_by".into(), Value::Text(recorder(&handset.phone)?));
    let (target, _) = remark_target(handset, member, year, voice)?;
    save(handset, target, &values, voice)
}

fn tell_remarks(handset: &Handset, member: Option<PlaceId>, year: u16, voice: Voice) -> Done {
    let rows = handset.phone.store().find(&Find {
        kind: Some(MEMBER.number),
        ..Find::default()
    })?;
    let mut told = Vec::new();
    for row in rows.iter().filter(|r| member.is_none_or(|m| m == r.place)) {
        let all = documents(handset, row.place, &RESIDENCE_REMARK)?;
        let (state, words) = match of_year(all.iter().map(|(_, v)| v), year) {
            Year::None => ("none", voice.say("chưa có", "none yet").to_owned()),
            Year::Draft => (
                "draft",
                voice
                    .say(
                        "chưa có hiệu lực: thiếu tên hoặc chức vụ người nhận xét",
                        "without effect: it says not who made it",
                    )
                    .to_owned(),
            ),
            Year::Remark {
                remark,
                author,
                post,
            } => ("remark", format!("{author}, {post}: {remark}")),
        };
        voice.line(&format!("{}  {}  {words}", row.place.short(), row.title));
        told.push(
            json!({"member": row.place, "name": row.title, "year": year, "state": state,
                         "words": (state == "remark").then_some(words)}),
        );
    }
    let text = match told.is_empty() {
        true => voice.say("(chưa có gì)", "(nothing yet)"),
        false => "",
    };
    voice.tell(&json!({"remarks": told}), text);
    Ok(true)
}
