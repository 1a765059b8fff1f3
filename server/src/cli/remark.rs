//! `residence-remark`: what the committee where a member lives says of them each year (*nhận xét nơi cư trú*): looked at, or
//! recorded.

use super::address::{cancellation, documents, save};
use super::by::{self, By, must_decide};
use super::desk::{Desk, day_or_today, member_of, today};
use super::shown::Seen;
use super::{Done, Fail, Voice};
use chibo_core::author::Target;
use chibo_core::document::{Value, Values};
use chibo_core::domain::member::MEMBER;
use chibo_core::domain::residence_remark::{RESIDENCE_REMARK, Year, of_year};
use chibo_core::field;
use chibo_core::history;
use chibo_core::id::PlaceId;
use chibo_core::own_data::Typed;
use chibo_core::store::Store;
use chibo_core::store::sqlite::Find;
use chibo_core::text::fold_words;
use chibo_device::say::{all_of_year, of_year as document_of_year, recorder};
use clap::Args;
use serde_json::json;

impl Remark {
    /// What it shows, for the log of looks.
    pub(super) fn shows(&self) -> Seen<'_> {
        match (&self.remark, &self.cancel) {
            (None, None) => Seen::list(self.member.as_deref()),
            _ => Seen::Nothing,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Remark {
    /// Đảng viên; không có: cả chi bộ / The member; none: everybody.
    member: Option<String>,
    /// Lời nhận xét, để ghi / The words, to record them.
    remark: Option<String>,
    /// Năm / The year (this one).
    #[arg(long)]
    year: Option<u16>,
    /// Người nhận xét / Who says it.
    #[arg(long, value_name = "NAME")]
    said_by: Option<String>,
    /// Chức vụ người nhận xét / Their post.
    #[arg(long)]
    post: Option<String>,
    /// Cấp ủy nơi cư trú / The committee of the place of residence.
    #[arg(long)]
    body: Option<String>,
    /// Ngày nhận xét / On which day (today).
    #[arg(long, value_name = "DAY")]
    said_on: Option<String>,
    /// Báo bằng cách nào: app, page, telephone, paper, in_person / How it came.
    #[arg(long, default_value = "paper")]
    how: String,
    /// Hủy do ghi nhầm, với lý do / Cancel the year's remark as recorded by mistake, with the reason.
    #[arg(long, value_name = "REASON", conflicts_with = "remark")]
    cancel: Option<String>,
}

pub(super) fn run(args: &Remark, by: Option<&By>, desk: &mut Desk, voice: Voice) -> Done {
    let this_year = today(voice)?.date().year();
    let year = args.year.unwrap_or(this_year);
    let member = match &args.member {
        Some(named) => Some(member_of(desk.here(), named, voice)?),
        None => None,
    };
    match (member, &args.remark, &args.cancel) {
        (Some(member), Some(words), _) => {
            must_decide(desk, by, member, voice)?;
            record_remark(args, (desk, by), (member, year), words, voice)
        }
        (Some(member), None, Some(reason)) => {
            must_decide(desk, by, member, voice)?;
            let cancelled = cancellation(&RESIDENCE_REMARK, reason, voice)?;
            let target = mistyped(args, desk, (member, year), voice)?;
            save(desk, target, &cancelled, voice)
        }
        (member, None, _) => tell_remarks(desk, member, year, voice),
        (None, Some(_), _) => Ok(false),
    }
}

/// The remark of a year that is to be cancelled: of several, whose author was named, else the one that this device's person began.
fn mistyped(
    args: &Remark,
    desk: &Desk,
    (member, year): (PlaceId, u16),
    voice: Voice,
) -> Result<Target, Fail> {
    let mut all = all_of_year(desk.here(), member, &RESIDENCE_REMARK, year)?;
    if let Some(named) = &args.said_by {
        let named = fold_words(named);
        let author = |values: &Values| values.get("author").map(|v| fold_words(&v.shown()));
        all.retain(|(_, values)| author(values).as_ref() == Some(&named));
    }
    if all.is_empty() {
        let why = voice.say(
            "năm này chưa có nhận xét",
            "there is no remark of that year",
        );
        return Err(Fail::Words(why.into()));
    }
    if all.len() > 1 {
        let own = desk.here().author().map(|a| a.person);
        let mut mine = Vec::new();
        for (target, values) in &all {
            let by = desk.store().read(|tx| history::begun_by(tx, target.doc))?;
            if own.is_some() && by.map(|by| by.person) == own {
                mine.push((*target, values.clone()));
            }
        }
        if !mine.is_empty() {
            all = mine;
        }
    }
    // On a phone, another's is taken back by whose it is, and not by chance.
    let is_own = |by: Option<Typed>| match desk {
        Desk::Phone(_) => by.map(|by| by.person) == desk.here().author().map(|a| a.person),
        Desk::Office(_) => true,
    };
    if let [(target, _)] = all.as_slice()
        && args.said_by.is_none()
        && !is_own(desk.store().read(|tx| history::begun_by(tx, target.doc))?)
    {
        let why = voice.say(
            "nhận xét này do người khác ghi: ghi rõ của ai bằng --said-by",
            "somebody else recorded this remark: say whose it is with --said-by",
        );
        return Err(Fail::Words(why.into()));
    }
    match all.as_slice() {
        [(target, _)] => Ok(*target),
        _ => {
            let why = voice.say(
                "năm này có nhiều nhận xét: ghi rõ nhận xét của ai bằng --said-by",
                "that year has several remarks: say whose with --said-by",
            );
            Err(Fail::Words(why.into()))
        }
    }
}

/// The document for a member's remark of a year: the one that stands, or the next after those that were cancelled.
fn remark_target(
    desk: &Desk,
    member: PlaceId,
    year: u16,
    voice: Voice,
) -> Result<(Target, Option<Values>), Fail> {
    let target = document_of_year(desk.here(), member, &RESIDENCE_REMARK, year)?;
    let values = desk.here().values(target.doc)?.map(|(_, values)| values);
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
    (desk, by): (&mut Desk, Option<&By>),
    (member, year): (PlaceId, u16),
    words: &str,
    voice: Voice,
) -> Done {
    let (Some(said_by), Some(post)) = (&args.said_by, &args.post) else {
        let why = voice.say(
            "nhận xét phải có tên và chức vụ người nhận xét: --said-by, --post",
            "a remark has the name and post of who makes it: --said-by, --post",
        );
        return Err(Fail::Words(why.into()));
    };
    let said_on = day_or_today(args.said_on.as_deref(), voice)?.to_string();
    let year_text = year.to_string();
    let mut values = Values::new();
    for (name, typed) in [
        ("year", year_text.as_str()),
        ("author", said_by),
        ("post", post),
        ("remark", words),
        ("said_on", &said_on),
        ("how", &args.how),
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
    let who = match by::recorder(desk, by, voice)? {
        Some(who) => who,
        None => recorder(desk.here())?,
    };
    values.insert("recorded_by".into(), Value::Text(who));
    let (target, _) = remark_target(desk, member, year, voice)?;
    save(desk, target, &values, voice)
}

fn tell_remarks(desk: &Desk, member: Option<PlaceId>, year: u16, voice: Voice) -> Done {
    let rows = desk.store().find(&Find {
        kind: Some(MEMBER.number),
        ..Find::default()
    })?;
    let mut told = Vec::new();
    for row in rows.iter().filter(|r| member.is_none_or(|m| m == r.place)) {
        let all = documents(desk, row.place, &RESIDENCE_REMARK)?;
        let of = |said: Year| match said {
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
        let said = of_year(all.iter().map(|(_, v)| v), year).into_iter();
        let mut said: Vec<_> = said.map(of).collect();
        if said.is_empty() {
            said.push(("none", voice.say("chưa có", "none yet").to_owned()));
        }
        for (state, words) in said {
            voice.line(&format!("{}  {}  {words}", row.place.short(), row.title));
            told.push(
                json!({"member": row.place, "name": row.title, "year": year, "state": state,
                             "words": (state == "remark").then_some(words)}),
            );
        }
    }
    let text = match told.is_empty() {
        true => voice.say("(chưa có gì)", "(nothing yet)"),
        false => "",
    };
    voice.tell(&json!({"remarks": told}), text);
    Ok(true)
}
