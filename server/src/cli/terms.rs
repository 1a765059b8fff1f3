//! `chibo regulations`, `chibo calendar` and `chibo deadlines`: what the rules say, which days are worked, and
//! what is due; on a node and on a phone, from the rows that came with the program and those a node added.

use super::desk::today;
use super::kept::Kept;
use super::node::find_place;
use super::shown::Seen;
use super::{Done, Fail, Folder, Voice};
use crate::edge::{SystemChance, now};
use crate::words::{self, Lang};
use chibo_core::calendar::{WorkingDays, lunar};
use chibo_core::date::{Day, PartialDate};
use chibo_core::document::Values;
use chibo_core::domain::regulation::{REGULATION, target};
use chibo_core::field;
use chibo_core::id::PlaceId;
use chibo_core::regulation::{Key, RegulationError, Regulations, Rule};
use chibo_core::store::sqlite::SqliteStore;
use chibo_core::tree::Tree;
use chibo_device::lists::{self, Deadlines, Known, ListError};
use clap::{Args, Subcommand};
use serde_json::json;

#[derive(Debug, Args)]
// Without a folder: what comes with the program.
#[command(
    args_conflicts_with_subcommands = true,
    mut_arg("path", |arg| arg.required(false))
)]
pub(crate) struct RegulationsArgs {
    #[command(flatten)]
    data: Option<Folder>,
    /// Chỉ những gì có hiệu lực ngày này / Only what is in force on this day.
    #[arg(long, value_name = "DATE")]
    on: Option<String>,
    /// Chỉ mã này / Only this key.
    #[arg(long)]
    key: Option<String>,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Thêm một quy định / Add a row: phones get it when they sync.
    Add(Add),
}

#[derive(Debug, Args)]
struct Add {
    #[command(flatten)]
    data: Folder,
    /// Mã, xem danh sách / The key, as in the list.
    key: String,
    /// Giá trị, như 60, 0,3 hoặc "3/2 19/5" / The value, such as 60, 0,3 or "3/2 19/5"; - for a holiday; for a paper of
    /// the dossier none, admitted or official.
    value: String,
    /// Đơn vị: working_days, days, months, years, percent, dong, count, stage, mark… / What the value counts.
    #[arg(long)]
    unit: String,
    /// Số, ký hiệu văn bản / Number and symbol of the document.
    #[arg(long)]
    source: String,
    /// Ngày văn bản / When the document was issued.
    #[arg(long, value_name = "DATE")]
    source_on: String,
    /// Điều, khoản / Article or point.
    #[arg(long, default_value = "")]
    article: String,
    /// Có hiệu lực từ ngày / The first day on which it holds.
    #[arg(long, value_name = "DATE")]
    from: String,
    /// Ngày cuối còn hiệu lực / The last day on which it holds.
    #[arg(long, value_name = "DATE", default_value = "")]
    to: String,
    /// Đã đối chiếu với văn bản / It was held against the document itself.
    #[arg(long)]
    verified: bool,
    /// Ghi chú / A note.
    #[arg(long, default_value = "")]
    note: String,
}

#[derive(Debug, Args)]
#[command(mut_arg("path", |arg| arg.required(false)))]
pub(crate) struct CalendarArgs {
    #[command(flatten)]
    pub(super) data: Option<Folder>,
    /// Năm / The year.
    #[arg(value_parser = clap::value_parser!(u16).range(1900..=2199))]
    year: u16,
}

#[derive(Debug, Args)]
pub(crate) struct DeadlinesArgs {
    #[command(flatten)]
    pub(super) data: Folder,
    /// Chỉ chi bộ hoặc người này / Only this unit or person.
    #[arg(long)]
    branch: Option<String>,
    /// Cả việc đã xong / What is done as well.
    #[arg(long)]
    all: bool,
}

impl DeadlinesArgs {
    pub(super) fn shows(&self) -> Seen<'_> {
        Seen::list(self.branch.as_deref())
    }
}

impl RegulationsArgs {
    pub(super) fn data(&self) -> Option<&Folder> {
        match &self.what {
            Some(What::Add(add)) => Some(&add.data),
            None => self.data.as_ref(),
        }
    }
}

/// What the rules say here: what comes with the program, and the rows that a node added.
pub(super) fn in_force(store: &SqliteStore, voice: Voice) -> Result<Regulations, Fail> {
    let known = Known::of(store).map_err(|e| unlisted(e, voice))?;
    Ok(known.regulations)
}

/// Why a list could not be worked out.
pub(super) fn unlisted(e: ListError, voice: Voice) -> Fail {
    match e {
        ListError::Regulation(e) => wrong(&e, voice),
        ListError::Store(e) => Fail::Store(e),
        ListError::NoRule => {
            let (vi, en) = (
                "chưa có quy định cho ngày này; xem chibo regulations",
                "no rule is known for this day; see chibo regulations",
            );
            Fail::Words(voice.say(vi, en).into())
        }
        other => Fail::Words(other.to_string()),
    }
}

fn wrong(e: &RegulationError, voice: Voice) -> Fail {
    Fail::Words(words::regulation(voice.lang, e))
}

fn day(text: &str, voice: Voice) -> Result<Day, Fail> {
    let day = PartialDate::parse(text).ok().and_then(PartialDate::day);
    day.ok_or_else(|| {
        let (vi, en) = (
            "cần một ngày, như 03/02/1930",
            "a day is needed, such as 03/02/1930",
        );
        Fail::Words(format!("{text}: {}", voice.say(vi, en)))
    })
}

fn key(name: &str, voice: Voice) -> Result<Key, Fail> {
    Key::from_name(name).ok_or_else(|| wrong(&RegulationError::UnknownKey(name.to_owned()), voice))
}

/// The mark of what nobody has held against its source.
fn mark(is_verified: bool, voice: Voice) -> &'static str {
    match is_verified {
        true => "",
        false => voice.say("  [chưa kiểm chứng]", "  [unverified]"),
    }
}

pub(crate) fn regulations(args: &RegulationsArgs, kept: Option<&mut Kept>, voice: Voice) -> Done {
    let known = match (&args.what, kept) {
        (Some(What::Add(add)), Some(kept)) => return add_row(add, kept, voice),
        (_, Some(kept)) => Known::of(kept.store()).map_err(|e| unlisted(e, voice))?,
        (_, None) => Known::built_in().map_err(|e| unlisted(e, voice))?,
    };
    let on = args
        .on
        .as_deref()
        .map(|text| day(text, voice))
        .transpose()?;
    let wanted = args
        .key
        .as_deref()
        .map(|name| key(name, voice))
        .transpose()?;
    let rows: Vec<&Rule> = (known.rows(on))
        .filter(|rule| wanted.is_none_or(|key| key == rule.key))
        .collect();
    for rule in &rows {
        voice.line(&line_of(rule, voice));
    }
    let end = match (rows.is_empty(), known.strange) {
        (true, _) => voice
            .say(
                "Không có quy định nào cho ngày đó.",
                "No rule is known for that day.",
            )
            .to_owned(),
        (false, 0) => String::new(),
        (false, n) => format!(
            "{n} {}",
            voice.say(
                "dòng mà bản này không hiểu",
                "rows that this program does not understand"
            )
        ),
    };
    let told: Vec<_> = rows.iter().map(|rule| json_of(rule)).collect();
    voice.tell(
        &json!({"regulations": told, "strange": known.strange}),
        &end,
    );
    Ok(!rows.is_empty())
}

fn line_of(rule: &Rule, voice: Voice) -> String {
    let until = rule
        .to
        .map_or(String::new(), |to| format!(" – {}", to.shown()));
    let unit = words::label(voice.lang, rule.amount.unit().label());
    let amount = format!("{} {unit}", rule.amount.text());
    let note = match voice.lang {
        Lang::Vi => &rule.note.vi,
        Lang::En => &rule.note.en,
    };
    let parts = [
        rule.key.name().to_owned(),
        amount.trim().to_owned(),
        format!("{}{until}", rule.from.shown()),
        rule.source.shown(),
        words::label(voice.lang, rule.key.label()).to_owned(),
        note.clone(),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    format!("{}{}", parts.join("  "), mark(rule.is_verified, voice))
}

fn json_of(rule: &Rule) -> serde_json::Value {
    json!({"key": rule.key.name(), "value": rule.amount.text(), "unit": rule.amount.unit().code(),
           "source": rule.source.number, "source_on": rule.source.on.map(|d| d.to_string()),
           "article": rule.source.article, "from": rule.from.to_string(),
           "to": rule.to.map(|d| d.to_string()), "verified": rule.is_verified, "added": rule.is_added})
}

fn add_row(add: &Add, kept: &mut Kept, voice: Voice) -> Done {
    let node = kept.office(voice)?;
    let verified = if add.verified { "yes" } else { "no" };
    let mut values = Values::new();
    for (name, typed) in [
        ("key", add.key.as_str()),
        ("value", &add.value),
        ("unit", &add.unit),
        ("source", &add.source),
        ("source_on", &add.source_on),
        ("article", &add.article),
        ("valid_from", &add.from),
        ("valid_to", &add.to),
        ("verified", verified),
        ("note", &add.note),
    ] {
        let value = field::parse(&REGULATION, name, typed).map_err(Fail::Field)?;
        values.insert(name.to_owned(), value);
    }
    let rule = Rule::from_values(&values).map_err(|e| wrong(&e, voice))?;
    let target = target(node.root(), rule.key, rule.from);
    let outcome = node.edit(target, &values, now(), &mut SystemChance)?;
    node.submit(now(), &mut SystemChance)?;
    let mut told = json_of(&rule);
    told["warnings"] = voice.warn(&REGULATION, &outcome.warnings);
    voice.tell(&told, &line_of(&rule, voice));
    Ok(true)
}

pub(crate) fn calendar(args: &CalendarArgs, kept: Option<&Kept>, voice: Voice) -> Done {
    let known = match kept {
        Some(kept) => Known::of(kept.store()).map_err(|e| unlisted(e, voice))?,
        None => Known::built_in().map_err(|e| unlisted(e, voice))?,
    };
    let working = WorkingDays::new(&known.regulations);
    let Some(year) = working.year(args.year) else {
        return Ok(false);
    };
    let tet = lunar::tet(args.year);
    let leap = lunar::leap_month(args.year);
    let first = |month: u32| Day::from_civil(u32::from(args.year), month, 1).ok();
    let months: Vec<i32> = (1..=12)
        .filter_map(|month| {
            let first = first(month)?;
            let last = first.plus_months(1).and_then(|d| d.plus_days(-1));
            let last = last.or_else(|| first.plus_days(30))?;
            Some(working.between(first, last) + i32::from(working.is_working(first)))
        })
        .collect();
    if let Some(tet) = tet {
        let leap = leap.map_or(String::new(), |m| {
            format!("; {} {m}", voice.say("nhuận tháng", "leap month"))
        });
        voice.line(&format!(
            "{} {}{leap}",
            voice.say("Mùng 1 Tết:", "Tết:"),
            tet.shown()
        ));
    }
    if !year.is_announced {
        let (vi, en) = (
            "Lịch nghỉ Tết, Quốc khánh chưa công bố: tính theo cách chia thường gặp.",
            "Tết and National Day are not announced: the usual pattern is shown.",
        );
        voice.line(voice.say(vi, en));
    }
    let mut days = Vec::new();
    for (day, reason) in &year.days {
        let label = words::label(voice.lang, reason.label());
        let weekday = words::weekday(voice.lang, day.weekday());
        voice.line(&format!("{}  {weekday}  {label}", day.shown()));
        days.push(json!({"day": day.to_string(), "why": label, "off": reason.is_off()}));
    }
    let counts: Vec<String> = (1..)
        .zip(&months)
        .map(|(m, n)| format!("{m}: {n}"))
        .collect();
    let total: i32 = months.iter().sum();
    voice.tell(
        &json!({"year": args.year, "announced": year.is_announced, "tet": tet.map(|d| d.to_string()),
                "leap_month": leap, "days": days, "working_days": months, "total": total}),
        &format!(
            "{}  {}  = {total}",
            voice.say("Ngày làm việc theo tháng:", "Working days by month:"),
            counts.join("  ")
        ),
    );
    Ok(true)
}

pub(crate) fn deadlines(args: &DeadlinesArgs, kept: &Kept, voice: Voice) -> Done {
    let (store, tree) = (kept.store(), kept.tree());
    let root = args
        .branch
        .as_deref()
        .map(|b| find_place(store, tree, b, voice))
        .transpose()?;
    tell_deadlines(store, tree, root, args.all, voice)
}

/// Lists what is due, whatever is most urgent first.
pub(super) fn tell_deadlines(
    store: &SqliteStore,
    tree: &Tree,
    root: Option<PlaceId>,
    all: bool,
    voice: Voice,
) -> Done {
    let today = today(voice)?;
    let list = lists::deadlines(store, tree, root, all, today);
    let Deadlines { due, gaps } = list.map_err(|e| unlisted(e, voice))?;
    let mut told = Vec::new();
    for due in &due {
        let (d, name, asks) = (&due.deadline, &due.name, due.needs_reason);
        let label = words::label(voice.lang, d.key.label());
        let state = words::deadline_state(voice.lang, d);
        voice.line(&format!(
            "{}  {name}  {label}  {state}  ({}){}{}",
            d.due.shown(),
            d.source.shown(),
            mark(d.is_verified, voice),
            match asks {
                true => voice.say("  [cần nêu lý do chậm]", "  [say why it is late]"),
                false => "",
            }
        ));
        let (days, working_days) = words::deadline_spans(d);
        told.push(
            json!({"key": d.key.name(), "place": d.place, "name": name, "from": d.from.to_string(),
                         "due": d.due.to_string(), "term": d.term.text(), "unit": d.term.unit().code(),
                         "open": d.state.is_open(), "days": days, "working_days": working_days,
                         "says": state, "source": d.source.shown(), "verified": d.is_verified,
                         "reason_needed": asks}),
        );
    }
    let mut missing = Vec::new();
    for (gap, name) in &gaps {
        let says = words::no_deadline(voice.lang, gap);
        voice.line(&format!("{name}: {says}"));
        missing.push(json!({"name": name, "says": says}));
    }
    voice.tell(
        &json!({"today": today.to_string(), "deadlines": told, "gaps": missing}),
        match due.is_empty() && gaps.is_empty() {
            true => voice.say("Không có việc nào có hạn.", "Nothing is due."),
            false => "",
        },
    );
    Ok(true)
}
