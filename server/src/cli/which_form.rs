//! `which-form` and `communes`: which procedure fits an absence, and which commune of today somebody means.

use super::away::{advice_json, advice_line, commune_json, no_rule};
use super::desk::day_or_today;
use super::{Done, Fail, Voice, terms};
use chibo_core::away::{self, Bounds, Stay};
use chibo_core::commune::Communes;
use chibo_core::date::Day;
use chibo_core::store::sqlite::SqliteStore;
use clap::Args;
use serde_json::{Value as Json, json};

#[derive(Debug, Args)]
pub(crate) struct WhichForm {
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
pub(crate) struct CommunesArgs {
    /// Tên xã, phường, không cần dấu / Names, diacritics do not matter.
    words: Vec<String>,
}

/// The terms of a temporary stay as they are in force here.
fn bounds(store: &SqliteStore, on: Day, voice: Voice) -> Result<Bounds, Fail> {
    Bounds::at(&terms::in_force(store, voice)?, on).ok_or_else(|| no_rule(voice))
}

pub(super) fn run(args: &WhichForm, store: &SqliteStore, voice: Voice) -> Done {
    // What is planned falls under the rule of the day on which it begins.
    let from = day_or_today(args.from.as_deref(), voice)?;
    let months = match &args.until {
        Some(until) => {
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
    let bounds = bounds(store, from, voice)?;
    let advice = away::which_procedure(stay, bounds);
    let mut json = advice_json(&advice);
    json["months"] = json!(months);
    voice.tell(
        &json,
        &format!(
            "{}\n{}",
            advice_line(&advice, voice),
            voice.say(
                "(Gợi ý; người có thẩm quyền quyết định. Hãy đối chiếu văn bản đang có hiệu lực.)",
                "(Advice; whoever is competent decides. Check the rule that is in force.)"
            )
        ),
    );
    Ok(true)
}

pub(super) fn communes(args: &CommunesArgs, voice: Voice) -> Done {
    let typed = &args.words.join(" ");
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
