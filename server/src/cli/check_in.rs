//! `check-in`: where a member is, by their own words or by somebody else's for them (*báo nơi ở*). Nothing is turned away for
//! being incomplete: what is missing or unclear is told beside it.

use super::address::unclear_commune;
use super::by::{By, recorder};
use super::desk::{Desk, fail, place_of, today};
use super::record::assignment;
use super::{Done, Fail, Voice};
use crate::edge::{SystemChance, now};
use chibo_core::author::Target;
use chibo_core::document::{Value, Values};
use chibo_core::domain::check_in::CHECK_IN;
use chibo_core::phone::SyncError;
use chibo_core::place::PlaceKind;
use chibo_device::say;
use clap::Args;
use serde_json::json;

#[derive(Debug, Args)]
pub(crate) struct CheckInArgs {
    /// Ghi hộ đảng viên này / Recorded for this member.
    #[arg(long = "for", value_name = "MEMBER")]
    member: Option<String>,
    /// Ô=giá trị / FIELD=VALUE.
    values: Vec<String>,
}

pub(super) fn run(args: &CheckInArgs, by: Option<&By>, desk: &mut Desk, voice: Voice) -> Done {
    let own = desk.here().author().map(|a| a.place);
    let own = own.ok_or(Fail::Sync(SyncError::NotEnrolled))?;
    let place = match &args.member {
        Some(wanted) => place_of(desk.here(), wanted, voice)?.0,
        None => own,
    };
    if (desk.tree().get(place)).is_none_or(|p| p.kind != PlaceKind::Member) {
        return Err(fail(
            voice,
            "báo cho ai? thêm --for ĐẢNG VIÊN",
            "whose words? add --for MEMBER",
        ));
    }
    let mut values = Values::new();
    for typed in &args.values {
        let (_, path, value) = assignment(&[Target::at(place, &CHECK_IN, b"")], typed, voice)?;
        values.insert(path, value);
    }
    if let Some(who) = recorder(desk, by, voice)? {
        let who = || Value::Text(who);
        values.entry("recorded_by".into()).or_insert_with(who);
    }
    let when = (now(), today(voice)?);
    let done = say::check_in(desk.here_mut(), place, values, when, &mut SystemChance)?;
    let unclear = done.unclear.as_deref();
    let unclear = unclear.map(|may_be| unclear_commune(may_be, voice));
    let how = voice.say(
        "Còn thiếu: báo bằng cách nào (how=telephone).",
        "Missing: how it came (how=telephone).",
    );
    let how = (!done.says_how).then(|| how.to_owned());
    let hints: Vec<String> = unclear.into_iter().chain(how).collect();
    let (outcome, said_on) = (done.saved, done.said_on);
    let mut text = match outcome.changed {
        true => desk.saved(true, voice),
        // The same letter taken in twice.
        false => voice.say(
            "Đã có rồi, không ghi thêm.",
            "It is here already; nothing changed.",
        ),
    }
    .to_owned();
    for hint in &hints {
        text.push('\n');
        text.push_str(hint);
    }
    let warned = voice.warn(&CHECK_IN, &outcome.warnings);
    voice.tell(
        &json!({"check_in": outcome.doc, "said_on": said_on, "changed": outcome.changed, "hints": hints,
                "warnings": warned}),
        &text,
    );
    Ok(true)
}
