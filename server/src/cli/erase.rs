//! `chibo erase` and `chibo retention`: what is due to be forgotten, and forgetting it.
//!
//! An erasure cannot be undone, so it is shown first and done with `--yes`. Beside the store a list of all erasures is
//! kept (ids and signatures, no names): a node that goes on from an older backup forgets by it what it had forgotten.

use super::by::By;
use super::kept::Kept;
use super::node::find_place;
use super::terms::in_force;
use super::{Done, Fail, Folder, Voice, at};
use crate::edge::now;
use crate::file::read_up_to;
use crate::intake::OfficeNode;
use crate::kept_lists;
use crate::words;
use chibo_core::access;
use chibo_core::date::Day;
use chibo_core::document::Values;
use chibo_core::domain::decision::DECISION;
use chibo_core::domain::member::MEMBER;
use chibo_core::domain::transfer_in::TRANSFER_IN;
use chibo_core::domain::unit::UNIT;
use chibo_core::elsewhere::{self, Arrivals};
use chibo_core::forget::{self, Why};
use chibo_core::id::{DocId, PlaceId};
use chibo_core::kind;
use chibo_core::node::{EraseError, Erasing};
use chibo_core::place::Role;
use chibo_core::regulation::Key;
use chibo_core::replica::Overlay;
use chibo_core::store::sqlite::Find;
use chibo_core::store::{Row, Store};
use chibo_core::{limits, register, replica, retention, text};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(crate) struct Erase {
    #[command(flatten)]
    pub(super) data: Folder,
    /// Người: mã hoặc tên / The person: id or name.
    person: String,
    /// Vì sao / Why.
    #[arg(long, value_enum)]
    why: Because,
    /// Văn bản làm căn cứ, không ghi tên ai: "12-CV/ĐU, 3/2/2026" / The paper that it rests on, with nobody's name.
    #[arg(long)]
    basis: String,
    /// Chỉ một bản ghi: mã, xem khi chưa có --yes / One record only: the beginning of its id, as shown without --yes.
    #[arg(long, value_name = "ID")]
    record: Option<String>,
    #[command(flatten)]
    by: By,
    /// Xóa thật; không lấy lại được / Do it; it cannot be taken back.
    #[arg(long)]
    yes: bool,
}

/// Why something is forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Because {
    /// Người xin vào Đảng không được kết nạp / An applicant was refused.
    Refused,
    /// Hết thời hạn lưu / The term is over.
    Term,
    /// Theo quyết định; cần --record / By decision; with --record.
    Decided,
}

#[derive(Debug, Args)]
pub(crate) struct RetentionArgs {
    #[command(flatten)]
    pub(super) data: Folder,
    /// Cả những gì chưa đến hạn / What is not due yet as well.
    #[arg(long)]
    all: bool,
}

pub(crate) fn erase(args: &Erase, kept: &mut Kept, voice: Voice) -> Done {
    let node = kept.office(voice)?;
    let place = find_place(node.store(), node.tree(), &args.person, voice)?;
    // Who only looks at what would go decides nothing.
    let by = match args.yes {
        true => args.by.decider(node.store(), node.tree(), voice)?,
        false => None,
    };
    let today = today(voice)?;
    let why = match args.why {
        Because::Refused => Why::Refused,
        Because::Term => Why::TermOver,
        Because::Decided => Why::Decided,
    };
    let rows = node.store().find(&Find::default())?;
    let docs = match &args.record {
        Some(id) => vec![record_of(node, &rows, place, id, voice)?],
        None if why == Why::Decided => return Err(refused(&EraseError::Unknown, voice)),
        None => {
            let regulations = in_force(node.store(), voice)?;
            let docs = node.to_erase(place, why, &regulations, today);
            docs.map_err(|e| refused(&e, voice))?
        }
    };
    let chosen: BTreeSet<DocId> = docs.iter().copied().collect();
    let listed: Vec<_> = rows.iter().filter(|r| chosen.contains(&r.doc)).collect();
    for row in &listed {
        voice.line(&format!("{}  {}", row.doc.short(), kind_words(row, voice)));
    }
    let records: Vec<_> = (listed.iter())
        .map(|r| json!({"id": r.doc, "kind": kind_name(r)}))
        .collect();
    if !args.yes {
        voice.tell(
            &json!({"erased": 0, "would": records}),
            voice.say(
                "Chưa xóa gì. Thêm --yes để xóa; không lấy lại được.",
                "Nothing was erased. Add --yes to do it; it cannot be taken back.",
            ),
        );
        return Ok(false);
    }
    // The name is looked for elsewhere before nobody knows it any more.
    let names = names_of(&listed);
    let erasing = Erasing {
        why,
        basis: &args.basis,
        by,
    };
    let erased = node
        .erase(&docs, &erasing, now())
        .map_err(|e| refused(&e, voice))?;
    // Where the store lies, whoever does the command.
    let folder = node.store().path().parent().unwrap_or(Path::new("."));
    let folder = folder.to_owned();
    let listed = super::devices::keep_lists(node, voice);
    let left = node.store().find(&Find::default())?;
    let elsewhere = naming(&left, &names);
    let old = old_stores(&folder);
    let mut text = format!(
        "{erased} {}",
        voice.say(
            "bản ghi đã xóa. Các máy xóa theo khi liên lạc lần tới.",
            "records are erased. Devices follow when they connect next."
        )
    );
    for (place, row) in &elsewhere {
        text.push_str(&format!(
            "\n{}: {} {place}",
            voice.say("Tên còn ở", "The name still stands in"),
            kind_words(row, voice)
        ));
    }
    for path in &old {
        text.push_str(&format!(
            "\n{}: {}",
            voice.say(
                "Kho cũ vẫn còn nội dung, hãy xóa tệp này",
                "An older store still holds it, remove this file"
            ),
            path.display()
        ));
    }
    text.push_str(&format!(
        "\n{}",
        voice.say(
            "Các bản sao lưu cũ vẫn còn nội dung đến khi bỏ đi; khi khôi phục từ đó, tệp erasures xóa lại.",
            "Older backups hold it until they are thrown away; restored, they forget again by the file erasures."
        )
    ));
    let elsewhere: Vec<_> = (elsewhere.iter())
        .map(|(place, r)| json!({"kind": kind_name(r), "at": place}))
        .collect();
    voice.tell(
        &json!({"erased": erased, "records": records, "named_elsewhere": elsewhere,
                "old_stores": old,
                "listed": listed}),
        &text,
    );
    Ok(true)
}

/// After a restore: what the list beside the store (or this one) says was forgotten goes again. Returns how much.
pub(super) fn again(
    node: &mut OfficeNode,
    folder: &Path,
    list: Option<&Path>,
    voice: Voice,
) -> Result<usize, Fail> {
    let beside = folder.join(kept_lists::ERASURES);
    let beside = beside.is_file().then_some(beside.as_path());
    let mut again = 0;
    // One that was kept elsewhere may know what this one does not, and the other way round.
    for path in list.into_iter().chain(beside) {
        let bytes = read_up_to(path, limits::ERASURES_BYTES).map_err(at(path))?;
        let list = forget::read_list(&bytes).map_err(|_| {
            let (vi, en) = ("không phải danh sách đã xóa", "this is no list of erasures");
            Fail::Words(format!("{}: {}", path.display(), voice.say(vi, en)))
        })?;
        again += node.erase_again(&list, now())?;
    }
    Ok(again)
}

pub(crate) fn retention(args: &RetentionArgs, kept: &Kept, voice: Voice) -> Done {
    let (store, tree) = (kept.store(), kept.tree());
    let regulations = in_force(store, voice)?;
    let today = today(voice)?;
    let rows = store.find(&Find::default())?;
    let names = place_names(&rows);
    let left = leaving_days(&rows, today);
    let mut came = Arrivals::new(true);
    for row in &rows {
        if let Some(kind) = kind::by_number(row.kind).filter(|_| left.contains_key(&row.place)) {
            came.add(row.place, kind, row.doc, &replica::values_of(row));
        }
    }
    let mut lines = Vec::new();
    let mut counts: BTreeMap<Key, (usize, usize)> = BTreeMap::new();
    for row in &rows {
        let Some(kind) = kind::by_number(row.kind) else {
            continue;
        };
        let values = replica::values_of(row);
        let Some((key, _)) = retention::class(kind, &values) else {
            continue;
        };
        // What a stay elsewhere says is the member's whose stay it is, and a transfer in theirs who came by it.
        let person = match kind.number == TRANSFER_IN.number {
            true => came.whose(tree, row.place, row.doc, &values),
            false => (tree.line(row.place).into_iter()).find(|p| left.contains_key(p)),
        };
        let left = person.and_then(|p| left.get(&p).copied().flatten());
        let due = retention::due(kind, &values, left, &regulations);
        let count = counts.entry(key).or_default();
        count.0 += 1;
        let Some((day, rule)) = due else { continue };
        count.1 += usize::from(day <= today);
        if day <= today || args.all {
            let of = person.unwrap_or(row.place);
            let name = names.get(&of).cloned().unwrap_or_default();
            lines.push((day, name, row, rule));
        }
    }
    lines.sort_by(|a, b| (a.0, &a.1, a.2.doc).cmp(&(b.0, &b.1, b.2.doc)));
    for (day, name, row, _) in &lines {
        voice.line(&format!(
            "{}  {name}  {}  {}",
            day.date().shown(),
            kind_words(row, voice),
            row.doc.short()
        ));
    }
    let mut terms = Vec::new();
    let mut text = Vec::new();
    for (key, (all, due)) in counts {
        let Some(rule) = regulations.at(key, today) else {
            continue;
        };
        let mark = match rule.is_verified {
            true => "",
            false => voice.say("  [chưa xác minh]", "  [not verified]"),
        };
        text.push(format!(
            "{}: {} {}  {due}/{all} {}{mark}",
            words::label(voice.lang, key.label()),
            rule.amount.text(),
            words::label(voice.lang, rule.amount.unit().label()),
            voice.say("bản ghi đến hạn xóa", "records are due"),
        ));
        terms.push(json!({"key": key.name(), "value": rule.amount.text(), "unit": rule.amount.unit().code(),
                          "verified": rule.is_verified, "records": all, "due": due}));
    }
    let due: Vec<_> = (lines.iter())
        .map(|(day, name, row, rule)| {
            json!({"due": day.to_string(), "is_due": *day <= today, "name": name, "place": row.place,
                   "kind": kind_name(row), "id": row.doc, "rule": rule.key.name(), "verified": rule.is_verified})
        })
        .collect();
    voice.tell(&json!({"records": due, "terms": terms}), &text.join("\n"));
    Ok(true)
}

fn today(voice: Voice) -> Result<Day, Fail> {
    super::desk::today(voice)
}

fn kind_name(row: &Row) -> &'static str {
    kind::by_number(row.kind).map_or("", |k| k.name)
}

fn kind_words(row: &Row, voice: Voice) -> String {
    kind::by_number(row.kind).map_or_else(String::new, |k| words::label(voice.lang, k.label).into())
}

fn place_names(rows: &[Row]) -> BTreeMap<PlaceId, String> {
    let named = rows
        .iter()
        .filter(|r| [MEMBER.number, UNIT.number].contains(&r.kind));
    named.map(|r| (r.place, r.title.clone())).collect()
}

/// Of every person, since when they are no member any more; `None`: they are one, or it is not known.
fn leaving_days(rows: &[Row], today: Day) -> BTreeMap<PlaceId, Option<Day>> {
    let mut decisions: BTreeMap<PlaceId, Vec<(DocId, Values)>> = BTreeMap::new();
    for row in rows.iter().filter(|r| r.kind == DECISION.number) {
        let of = decisions.entry(row.place).or_default();
        of.push((row.doc, replica::values_of(row)));
    }
    let records = rows.iter().filter(|r| r.kind == MEMBER.number);
    let day = |row: &Row| {
        let decisions = decisions.get(&row.place).map_or(&[][..], Vec::as_slice);
        retention::left_on(register::status(&replica::values_of(row), decisions, today).as_ref())
    };
    records.map(|r| (r.place, day(r))).collect()
}

/// The one record of a person, of a stay of theirs, or of their coming to a unit, with an id that begins so.
fn record_of(
    node: &OfficeNode,
    rows: &[Row],
    person: PlaceId,
    id: &str,
    voice: Voice,
) -> Result<DocId, Fail> {
    let tree = node.tree();
    let places = tree.subtree(person);
    let came = (node.store())
        .read(|tx| elsewhere::arrivals(tx, tree, person, &Overlay::default()))
        .map_err(Fail::Store)?;
    let is_theirs =
        |r: &Row| places.contains(&r.place) || came.iter().any(|found| found.doc == r.doc);
    let found: Vec<_> = (rows.iter())
        .filter(|r| is_theirs(r) && r.doc.to_string().starts_with(id.trim()))
        .filter(|r| kind::by_number(r.kind).is_some_and(|k| access::erases(Role::Office, k)))
        .collect();
    match found.as_slice() {
        [one] if !id.trim().is_empty() => Ok(one.doc),
        _ => Err(refused(&EraseError::Unknown, voice)),
    }
}

/// The names under which a person stands in these records, folded.
fn names_of(rows: &[&Row]) -> Vec<String> {
    let named = rows.iter().filter_map(|row| {
        let kind = kind::by_number(row.kind)?;
        Some(elsewhere::names(kind, &replica::values_of(row)))
    });
    let names: BTreeSet<String> = named.flatten().collect();
    names.into_iter().collect()
}

/// Records that name one of these, with the place that they are at.
fn naming<'a>(rows: &'a [Row], names: &[String]) -> Vec<(String, &'a Row)> {
    let at = place_names(rows);
    let names_one = |row: &&Row| {
        let folded = text::fold_words(&row.json);
        names.iter().any(|n| folded.contains(n.as_str()))
    };
    let rows = rows.iter().filter(names_one);
    rows.map(|r| (at.get(&r.place).cloned().unwrap_or_default(), r))
        .collect()
}

/// Stores that a restore has set aside in this folder.
fn old_stores(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let old = |path: &PathBuf| {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
        name.is_some_and(|n| n.contains(".old-") && !n.ends_with("-wal") && !n.ends_with("-shm"))
    };
    files.map(|f| f.path()).filter(old).collect()
}

fn refused(e: &EraseError, voice: Voice) -> Fail {
    let (vi, en) = match e {
        EraseError::Store(e) => return Fail::Store(e.clone()),
        EraseError::Unknown => (
            "không có bản ghi này; xem danh sách khi chưa có --yes, hoặc thêm --record",
            "there is no such record; name one with --record, as shown without --yes",
        ),
        EraseError::ErasedAlready => ("đã xóa rồi", "it was erased already"),
        EraseError::NotErasable => (
            "loại bản ghi này không xóa",
            "records of this kind are not erased",
        ),
        EraseError::AboutThemself => (
            "không ai xóa việc của chính mình; hãy để người khác",
            "nobody erases what is about themself; somebody else must",
        ),
        EraseError::HandedOver => (
            "nơi này do máy của nơi khác giữ",
            "its place is handed over to another node, which erases",
        ),
        EraseError::NoBasis => (
            "cần --basis: số, ký hiệu và ngày của văn bản làm căn cứ",
            "--basis is needed: number and date of the paper that it rests on",
        ),
        EraseError::LongBasis => ("--basis quá dài", "--basis is too long"),
        EraseError::BasisNames => (
            "--basis còn lại mãi trong nhật ký: không ghi tên người",
            "--basis stays in the log for good: no person's name may stand in it",
        ),
        EraseError::IsMember => (
            "người này là hoặc đã từng là đảng viên, không phải người xin vào Đảng",
            "this person is or was a member: they are no refused applicant",
        ),
        EraseError::NotDue => (
            "chưa có gì đến hạn xóa; xem chibo retention --all",
            "nothing of it is due yet; see chibo retention --all",
        ),
        e => return Fail::Words(e.to_string()),
    };
    Fail::Words(voice.say(vi, en).into())
}
