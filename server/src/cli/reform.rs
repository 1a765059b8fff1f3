//! `chibo reform`: a reorganisation by decision, from a plan's table ([`chibo_core::reform`]): looked at, done,
//! undone as long as it is not confirmed.

use super::kept::Kept;
use super::{Done, Fail, Folder, Voice, at};
use crate::edge::{SystemChance, now};
use crate::file::read_up_to;
use crate::intake::OfficeNode;
use crate::words;
use chibo_core::author::Target;
use chibo_core::date::Day;
use chibo_core::document::Value;
use chibo_core::domain::unit::UNIT;
use chibo_core::id::PlaceId;
use chibo_core::limits;
use chibo_core::node::ReformError;
use chibo_core::reform::{
    Count, Fate, Figures, LineProblem, Misfit, Outlook, Plan, PlanError, Reach, Why,
};
use chibo_core::tree::TreeError;
use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(crate) struct ReformArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Xem trước: gì chuyển đi đâu, số liệu trước và sau / What would go where, figures before and after.
    Preview(WithPlan),
    /// Thực hiện cả kế hoạch, hoặc không gì cả / Carry out all of the plan, or nothing.
    Apply(WithPlan),
    /// Hoàn tác khi chưa xác nhận / Go back, as long as it is not confirmed.
    Undo(OnStore),
    /// Xác nhận: từ đây không hoàn tác được nữa / From here on it cannot be undone.
    Confirm(OnStore),
    /// Kế hoạch nào đang chờ xác nhận / What waits to be confirmed.
    Status(OnStore),
}

#[derive(Debug, Args)]
struct WithPlan {
    #[command(flatten)]
    data: Folder,
    /// Tệp kế hoạch: bảng chữ, các ô cách nhau bằng tab / The plan: a text table with tabs between cells.
    plan: PathBuf,
}

#[derive(Debug, Args)]
struct OnStore {
    #[command(flatten)]
    data: Folder,
}

impl ReformArgs {
    pub(super) fn data(&self) -> &Folder {
        match &self.what {
            What::Preview(args) | What::Apply(args) => &args.data,
            What::Undo(args) | What::Confirm(args) | What::Status(args) => &args.data,
        }
    }

    pub(super) fn file_mut(&mut self) -> Option<&mut PathBuf> {
        match &mut self.what {
            What::Preview(args) | What::Apply(args) => Some(&mut args.plan),
            _ => None,
        }
    }
}

pub(crate) fn run(args: &ReformArgs, kept: &mut Kept, voice: Voice) -> Done {
    let node = kept.office(voice)?;
    match &args.what {
        What::Preview(args) => {
            let plan = read(&args.plan, voice)?;
            match node.preview_reform(&plan) {
                Ok(outlook) => Ok(tell(&outlook, false, node, voice)),
                Err(e) => not_done(e, voice),
            }
        }
        What::Apply(args) => {
            let plan = read(&args.plan, voice)?;
            match node.apply_reform(&plan, now(), &mut SystemChance) {
                Ok(outlook) => Ok(tell(&outlook, true, node, voice)),
                Err(e) => not_done(e, voice),
            }
        }
        What::Undo(_) => undo(node, voice),
        What::Confirm(_) => match node.confirm_reform() {
            Ok(reform) => {
                let said = voice.say(
                    "Đã xác nhận; không hoàn tác được nữa.",
                    "Confirmed; it cannot be undone any more.",
                );
                voice.tell(&json!({"confirmed": reform.plan.number}), said);
                Ok(true)
            }
            Err(e) => not_done(e, voice),
        },
        What::Status(_) => status(node, voice),
    }
}

fn read(path: &Path, voice: Voice) -> Result<Plan, Fail> {
    let bytes = read_up_to(path, limits::PLAN_BYTES as u64).map_err(at(path))?;
    let said = match std::str::from_utf8(&bytes) {
        Ok(text) => match Plan::parse(text) {
            Ok(plan) => return Ok(plan),
            Err(e) => plan(voice, &e),
        },
        Err(_) => voice
            .say("không phải văn bản UTF-8", "this is no text in UTF-8")
            .into(),
    };
    Err(Fail::Words(format!("{}: {said}", path.display())))
}

// ---- what is told ---------------------------------------------------------------------------

fn name(node: &OfficeNode, place: PlaceId) -> Result<String, Fail> {
    let values = node.values(Target::at(place, &UNIT, b"").doc)?;
    let name = values.and_then(|(_, v)| v.get("name").map(Value::shown));
    Ok(name.unwrap_or_else(|| place.short()))
}

fn count(c: Count) -> Json {
    json!({"branches": c.branches, "members": c.members})
}

fn fate(voice: Voice, fate: Fate) -> &'static str {
    match fate {
        Fate::Stays => voice.say("giữ nguyên", "goes on"),
        Fate::Made => voice.say("lập mới", "made"),
        Fate::Ends => voice.say("kết thúc", "ends"),
    }
}

fn tell(outlook: &Outlook, done: bool, node: &OfficeNode, voice: Voice) -> bool {
    let mut names: BTreeMap<PlaceId, String> = BTreeMap::new();
    names.extend(outlook.figures.iter().map(|f| (f.place, f.name.clone())));
    let named = |place: PlaceId| {
        let known = names.get(&place).cloned();
        known
            .or_else(|| name(node, place).ok())
            .unwrap_or_else(|| place.short())
    };
    let branches = voice.say("chi bộ", "branches");
    let members = voice.say("đảng viên", "members");
    let both = |c: Count| format!("{} {branches}, {} {members}", c.branches, c.members);
    let figure = |f: &Figures| {
        format!(
            "  [{}] {}: {} → {}",
            fate(voice, f.fate),
            f.name,
            both(f.before),
            both(f.after)
        )
    };
    for f in &outlook.figures {
        voice.line(&figure(f));
    }
    let reach = |r: &Reach| {
        let becomes: Vec<String> = r.becomes.iter().map(|p| named(*p)).collect();
        let advice = match (r.ends, becomes.as_slice()) {
            (false, _) => String::new(),
            (true, []) => format!("; {}", voice.say("tổ chức kết thúc", "its unit ends")),
            (true, on) => format!(
                "; {} {}",
                voice.say("cần cấp quyền mới ở", "needs a new grant on"),
                on.join(", ")
            ),
        };
        format!(
            "  {} {}, {}, {}: {} → {}{advice}",
            voice.say("quyền số", "grant"),
            r.n,
            words::role(voice.lang, r.role),
            named(r.place),
            both(r.before),
            both(r.after)
        )
    };
    for r in &outlook.reaches {
        voice.line(&reach(r));
    }
    let told = json!({
        "done": done,
        "before": count(outlook.before),
        "after": count(outlook.after),
        "moves": outlook.moves.len(),
        "made": outlook.made,
        "ended": outlook.ended,
        "placements_handed_on": outlook.hosts.len(),
        "units": outlook.figures.iter().map(|f| json!({
            "place": f.place, "name": f.name, "under": f.under,
            "fate": match f.fate { Fate::Stays => "stays", Fate::Made => "made", Fate::Ends => "ends" },
            "before": count(f.before), "after": count(f.after),
        })).collect::<Vec<_>>(),
        "grants": outlook.reaches.iter().map(|r| json!({
            "grant": r.n, "person": r.person, "role": r.role.name(), "place": r.place, "ends": r.ends,
            "becomes": r.becomes, "before": count(r.before), "after": count(r.after),
        })).collect::<Vec<_>>(),
        "grants_kept": outlook.grants_kept,
        "cases": outlook.cases.iter().map(|c| json!({
            "member": c.member, "doc": c.doc, "kind": c.kind.name, "state": c.state,
        })).collect::<Vec<_>>(),
    });
    let head = match done {
        true => voice.say("Đã thực hiện", "Done"),
        false => voice.say("Chưa thay đổi gì", "Nothing has changed yet"),
    };
    let text = format!(
        "{head}. {}: {}; {}: {}. {} {}, {} {}, {} {}.",
        voice.say("Trước", "Before"),
        both(outlook.before),
        voice.say("sau", "after"),
        both(outlook.after),
        outlook.moves.len(),
        voice.say("nơi chuyển", "moves"),
        outlook.cases.len(),
        voice.say("việc đang làm đi theo", "open cases go along"),
        outlook.grants_kept,
        voice.say("quyền giữ nguyên", "grants as before"),
    );
    voice.tell(&told, &text);
    true
}

fn undo(node: &mut OfficeNode, voice: Voice) -> Done {
    let undone = match node.undo_reform(now(), &mut SystemChance) {
        Ok(undone) => undone,
        Err(e) => return not_done(e, voice),
    };
    for place in &undone.stayed {
        let said = voice.say("đã có người chuyển; giữ nguyên", "moved since; stays there");
        voice.line(&format!("  {}: {said}", name(node, *place)?));
    }
    for place in &undone.open {
        let said = voice.say(
            "có nơi mới bên dưới; còn mở",
            "something new is in it; stays open",
        );
        voice.line(&format!("  {}: {said}", name(node, *place)?));
    }
    let text = format!(
        "{} {}.",
        voice.say(
            "Đã hoàn tác; số nơi trở về chỗ cũ:",
            "Undone; places back where they were:"
        ),
        undone.back
    );
    let told = json!({"back": undone.back, "stayed": undone.stayed, "open": undone.open});
    voice.tell(&told, &text);
    Ok(true)
}

fn status(node: &OfficeNode, voice: Voice) -> Done {
    let reform = match node.reform() {
        Ok(reform) => reform,
        Err(e) => return not_done(e, voice),
    };
    let Some(r) = reform else {
        let said = voice.say("(không có gì chờ xác nhận)", "(nothing waits)");
        voice.tell(&json!({"unconfirmed": Json::Null}), said);
        return Ok(true);
    };
    let iso = |day: Day| day.date().to_string();
    let told = json!({"unconfirmed": {
        "number": r.plan.number, "body": r.plan.body, "issued_on": iso(r.plan.issued_on),
        "in_force": iso(r.plan.in_force), "done": words::day(r.done), "first": r.first, "last": r.last,
        "made": r.made,
    }});
    let text = format!(
        "{}, {}: {} {} ({} {}–{}). {}",
        r.plan.number,
        r.plan.body,
        voice.say("thực hiện", "done on"),
        words::day(r.done),
        voice.say("sổ số", "entries"),
        r.first,
        r.last,
        voice.say("Chờ xác nhận hoặc hoàn tác.", "Confirm it or undo it.")
    );
    voice.tell(&told, &text);
    Ok(true)
}

// ---- why not --------------------------------------------------------------------------------

fn not_done(e: ReformError, voice: Voice) -> Done {
    let words = |vi, en| Err(Fail::Words(voice.say(vi, en).into()));
    match e {
        ReformError::Misfits(all) => {
            for m in &all {
                voice.line(&misfit(voice, m));
            }
            let told: Vec<Json> = (all.iter())
                .map(|m| json!({"line": m.line, "why": why(voice, &m.why)}))
                .collect();
            let text = voice.say(
                "Kế hoạch chưa khớp; chưa thay đổi gì.",
                "The plan does not fit; nothing was changed.",
            );
            voice.tell(&json!({"done": false, "misfits": told}), text);
            Ok(false)
        }
        ReformError::TooEarly { in_force } => Err(Fail::Words(format!(
            "{} {}",
            voice.say("chỉ có hiệu lực từ", "it is in force only from"),
            in_force.shown()
        ))),
        ReformError::Unconfirmed => words(
            "kế hoạch trước chưa được xác nhận: chibo reform confirm hoặc undo",
            "the one before is not confirmed: chibo reform confirm or undo",
        ),
        ReformError::Nothing => words(
            "không có kế hoạch nào chờ xác nhận",
            "no reorganisation waits to be confirmed",
        ),
        ReformError::Plan(e) => Err(Fail::Words(plan(voice, &e))),
        ReformError::Edit(e) => Err(Fail::Edit(e)),
        ReformError::Store(e) => Err(Fail::Store(e)),
        other => Err(Fail::Words(other.to_string())),
    }
}

fn misfit(voice: Voice, m: &Misfit) -> String {
    match m.line {
        0 => format!("  {}", why(voice, &m.why)),
        n => format!(
            "  {} {n}: {}",
            voice.say("dòng", "line"),
            why(voice, &m.why)
        ),
    }
}

fn why(voice: Voice, why: &Why) -> String {
    let and = |name: &str, vi, en| format!("{name}: {}", voice.say(vi, en));
    match why {
        Why::Unknown(n) => and(n, "không có tổ chức nào tên này", "no unit is called that"),
        Why::Ambiguous(n) => and(
            n,
            "có nhiều tổ chức tên này; ghi tên cấp trên phía trước, cách bằng >",
            "several units are called that; write the unit above before it, with > between",
        ),
        Why::Ended(n) => and(
            n,
            "đã hoặc sẽ kết thúc, không chuyển gì về đó được",
            "it ends or has ended: nothing can be put there",
        ),
        Why::Twice(n) => and(n, "có hai dòng nói về nơi này", "two lines speak of it"),
        Why::Doubled(n) => and(
            n,
            "ở đó đã có tổ chức tên này",
            "a unit of this name stands there already",
        ),
        Why::LeftBehind { what, unit } => format!(
            "{what}: {} {unit}, {}",
            voice.say("thuộc", "stands under"),
            voice.say(
                "tổ chức này kết thúc mà không dòng nào nói chuyển về đâu",
                "which ends, and no line says where it goes"
            )
        ),
        Why::Root(n) => and(
            n,
            "là gốc của máy này: chỉ đổi tên được",
            "the root of this node: it can only be renamed",
        ),
        Why::NoUnit(n) => and(n, "không phải tổ chức đảng", "it is no unit"),
        Why::Place { what, error } => match error {
            TreeError::Cycle => and(
                what,
                "không thể nằm dưới chính mình",
                "it cannot stand below itself",
            ),
            TreeError::TooDeep => and(what, "quá nhiều cấp", "too many levels"),
            _ => and(what, "không thể thuộc về nơi đó", "it cannot stand there"),
        },
        Why::Count { unit, said, found } => {
            let both = |c: &Count| format!("{}/{}", c.branches, c.members);
            format!(
                "{unit}: {} {}, {} {}",
                voice.say(
                    "chi bộ/đảng viên theo kế hoạch",
                    "branches/members in the plan"
                ),
                both(said),
                voice.say("theo sổ", "by the books"),
                both(found)
            )
        }
        Why::DoesNotAddUp { .. } => voice
            .say(
                "số liệu trước và sau không khớp",
                "figures before and after do not add up",
            )
            .into(),
        other => other.to_string(),
    }
}

fn plan(voice: Voice, e: &PlanError) -> String {
    match e {
        PlanError::TooLong { .. } => voice.say("tệp quá dài", "the file is too long").into(),
        PlanError::TooManyLines => voice.say("quá nhiều dòng", "too many lines").into(),
        PlanError::NoDecision => voice
            .say(
                "thiếu dòng quyết định: số, cơ quan, ngày ban hành, ngày có hiệu lực",
                "no decision line: number, issuer, issued on, in force from",
            )
            .into(),
        PlanError::Line { line, problem } => format!(
            "{} {line}: {}",
            voice.say("dòng", "line"),
            problem_words(voice, problem)
        ),
        other => other.to_string(),
    }
}

fn problem_words(voice: Voice, problem: &LineProblem) -> String {
    match problem {
        LineProblem::Word(w) => format!(
            "{w}: {}",
            voice.say(
                "phải là một trong: quyết định, lập, kết thúc, chuyển, đổi tên, tiền thân, số liệu",
                "must be one of: decision, new, end, move, rename, from, count"
            )
        ),
        LineProblem::Missing(n) => format!("{} {n}", voice.say("thiếu ô", "missing: cell")),
        LineProblem::Long(n) => format!("{} {n}", voice.say("quá dài: ô", "too long: cell")),
        LineProblem::Date(d) => format!(
            "{d}: {}",
            voice.say(
                "không phải ngày, viết 01/07/2025",
                "no date; write 01/07/2025"
            )
        ),
        LineProblem::NotInList { found, allowed } => format!(
            "{found}: {} {}",
            voice.say("phải là một trong", "must be one of"),
            allowed.join(", ")
        ),
        LineProblem::Number(n) => {
            format!("{n}: {}", voice.say("không phải số", "no whole number"))
        }
        LineProblem::SecondDecision => voice
            .say("đã có dòng quyết định", "there is a decision already")
            .into(),
        other => other.to_string(),
    }
}
