//! `chibo away`, and on a phone `away` and `overdue`: who is away and where, and who has not been heard of.
//!
//! What is shown is worked out by [`chibo_core::away`] for today; here are only the words.

use super::desk::today;
use super::kept::Kept;
use super::node::find_place;
use super::shown::Seen;
use super::{Done, Fail, Folder, Voice, terms};
use crate::handset::Handset;
use crate::words::{self, Lang};
use chibo_core::away::{self, Address, Advice, Away, Unclear};
use chibo_core::calendar::WorkingDays;
use chibo_core::commune::Commune;
use chibo_core::date::{Day, PartialDate};
use chibo_core::domain::check_in::CHECK_IN_WAYS;
use chibo_core::domain::member::STATUSES;
use chibo_core::kind::Code;
use chibo_core::regulation::Rule;
use chibo_core::store::sqlite::SqliteStore;
use chibo_core::tree::Tree;
use chibo_device::lists;
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
}

impl OnPhone {
    /// What it shows, for the log of looks.
    pub(super) fn shows(&self) -> Seen<'_> {
        match self {
            OnPhone::Away { of } | OnPhone::Overdue { of, .. } => Seen::list(of.branch.as_deref()),
        }
    }
}

/// Of whom.
#[derive(Debug, Args)]
pub(super) struct Of {
    /// Chỉ chi bộ này / Only this branch (id or name).
    #[arg(long)]
    branch: Option<String>,
}

pub(crate) fn run(args: &AwayArgs, kept: &Kept, voice: Voice) -> Done {
    let found = found(kept.store(), kept.tree(), &args.of, voice)?;
    match args.overdue {
        true => tell_overdue(kept.store(), &found, args.days, voice),
        false => tell_away(&found, voice),
    }
}

pub(super) fn on_phone(what: &OnPhone, handset: &Handset, voice: Voice) -> Done {
    let phone = &handset.phone;
    let found = |of: &Of| found(phone.store(), phone.tree(), of, voice);
    match what {
        OnPhone::Away { of } => tell_away(&found(of)?, voice),
        OnPhone::Overdue { days, of } => tell_overdue(phone.store(), &found(of)?, *days, voice),
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

pub(super) fn no_rule(voice: Voice) -> Fail {
    let (vi, en) = (
        "chưa có quy định cho ngày này; xem chibo regulations",
        "no rule is known for this day; see chibo regulations",
    );
    Fail::Words(voice.say(vi, en).into())
}

pub(super) fn code_label(list: &[Code], code: &str, lang: Lang) -> String {
    let found = list.iter().find(|c| c.code == code);
    found.map_or(code, |c| words::label(lang, c.label)).into()
}

pub(super) fn unclear(lang: Lang, why: &Unclear) -> String {
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
pub(super) fn named(communes: &[Commune]) -> String {
    let all = communes.iter().take(CANDIDATES);
    let mut list: Vec<String> = all.map(|c| format!("{c} ({})", c.code)).collect();
    if communes.len() > CANDIDATES {
        list.push("…".into());
    }
    list.join("; ")
}

pub(super) fn commune_json(c: &Commune) -> Json {
    json!({"code": c.code, "name": c.to_string()})
}

fn date(date: Option<PartialDate>) -> Option<String> {
    date.map(|d| d.to_string())
}

/// An address for people, in one line: where, from, until, why.
pub(super) fn address_line(a: &Address, voice: Voice) -> String {
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
pub(super) fn whose(a: &Address, voice: Voice) -> Option<String> {
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

pub(super) fn address_json(a: &Address, unclear: &[Unclear]) -> Json {
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

pub(super) fn advice_json(advice: &Advice) -> Json {
    let rule = |rule: &Rule| {
        json!({"key": rule.key.name(), "source": rule.source.shown(),
               "verified": rule.is_verified})
    };
    let rules = advice.rules();
    let mut sources: Vec<String> = rules.iter().map(|rule| rule.source.shown()).collect();
    sources.dedup();
    let rules: Vec<Json> = rules.into_iter().map(rule).collect();
    json!({"code": advice.procedure.code(), "why": advice.why.code(), "source": sources.join("; "),
           "rules": rules})
}

pub(super) fn advice_line(advice: &Advice, voice: Voice) -> String {
    words::both(voice.lang, chibo_device::words::advice(advice))
}

fn away_json(a: &Away) -> Json {
    let heard =
        |h: &away::Heard| json!({"on": h.on.to_string(), "words": h.words, "phone": h.phone});
    json!({
        "member": a.member, "name": a.name, "where": address_json(&a.address, &a.unclear), "contact": a.contact,
        "last_heard": a.last_heard.as_ref().map(heard),
        "status": a.status.as_ref().map(|s| json!({"code": s.value, "until": date(s.until), "decision": s.decision})),
        "procedures": a.procedures.iter().map(advice_json).collect::<Vec<_>>(),
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
            let advice = advice_line(advice, voice);
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
