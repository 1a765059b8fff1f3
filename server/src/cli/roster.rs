//! Rosters in and out: `chibo import` and `chibo export`.
//!
//! Import is all or nothing unless the person says to take the good rows. The same roster brought in
//! again updates the same people: they are found by card number, else by name and birth within the
//! branch; what has not changed makes no entry.

use super::by::By;
use super::desk::today;
use super::kept::Kept;
use super::node::find_place;
use super::terms::in_force;
use super::{Done, Fail, Folder, Voice, at};
use crate::edge::{SystemChance, now};
use crate::file::{read_up_to, write_private};
use crate::intake::OfficeNode;
use crate::words::{self, Lang};
use chibo_core::author::Target;
use chibo_core::away::Recorded;
use chibo_core::date::Day;
use chibo_core::decided;
use chibo_core::document::{Value, Values};
use chibo_core::domain::member::MEMBER;
use chibo_core::field;
use chibo_core::id::{PlaceId, random16};
use chibo_core::kind::{self, FieldType, Kind};
use chibo_core::limits;
use chibo_core::place::PlaceKind;
use chibo_core::records;
use chibo_core::register;
use chibo_core::roster::{self, BranchRows, Looking, MemberRow, Message, Severity};
use chibo_core::store::Store;
use chibo_core::store::sqlite::Find;
use chibo_core::text;
use chibo_device::lists::recorded;
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(crate) struct Import {
    #[command(flatten)]
    pub(super) data: Folder,
    #[command(flatten)]
    by: By,
    /// Danh sách (.xlsx, .csv) / The roster.
    pub(super) file: PathBuf,
    /// Chỉ xem, không ghi / Only look, write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Nhập các dòng đúng, liệt kê các dòng còn lại / Take the good rows, list the rest.
    #[arg(long)]
    skip_bad: bool,
    /// Đảng bộ mà các chi bộ thuộc về / The organisation that new branches belong to.
    #[arg(long)]
    parent: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(flatten)]
    pub(super) data: Folder,
    /// Tệp .xlsx, .csv hoặc thư mục / The file, or a folder for one file a document.
    #[arg(long)]
    pub(super) out: PathBuf,
    /// Ghi đè tệp đã có / Overwrite what is there.
    #[arg(long)]
    force: bool,
}

fn word(lang: Lang, m: Message) -> String {
    match lang {
        Lang::Vi => m.vi,
        Lang::En => m.en,
    }
}

pub(crate) fn import(args: &Import, kept: &mut Kept, voice: Voice) -> Done {
    let node = kept.office(voice)?;
    let parent = match &args.parent {
        Some(wanted) => find_place(node.store(), node.tree(), wanted, voice)?,
        None => node.root(),
    };
    if node.tree().get(parent).map(|p| p.kind) != Some(PlaceKind::Committee) {
        return Err(Fail::Words(
            voice
                .say(
                    "chi bộ phải thuộc một đảng bộ",
                    "a branch belongs to an organisation",
                )
                .into(),
        ));
    }
    let bytes = read_up_to(&args.file, limits::ROSTER_BYTES).map_err(at(&args.file))?;
    let name = args.file.file_name().unwrap_or_default().to_string_lossy();
    let rules = in_force(node.store(), voice)?;
    let by = Looking {
        regulations: &rules,
        today: today(voice)?,
    };
    let roster = roster::read(&bytes, &name, by).map_err(|e| {
        Fail::Words(format!(
            "{}: {}",
            args.file.display(),
            words::roster(voice.lang, &e)
        ))
    })?;
    let bad: BTreeSet<(String, usize)> = roster
        .problems
        .iter()
        .filter(|p| p.severity() == Severity::Bad)
        .map(|p| (p.sheet.clone(), p.row_number))
        .collect();
    let problems: Vec<serde_json::Value> = roster
        .problems
        .iter()
        .map(|p| {
            json!({"sheet": p.sheet, "row": p.row_number,
                   "column": p.column.as_ref().map(ToString::to_string),
                   "found": p.found, "bad": p.severity() == Severity::Bad,
                   "message": word(voice.lang, p.message())})
        })
        .collect();
    if !voice.json {
        for p in &roster.problems {
            let mark = match p.severity() {
                Severity::Bad => voice.say("SAI", "BAD"),
                Severity::Warning => voice.say("xem lại", "look"),
            };
            let column = p.column.as_ref().map_or(String::new(), |c| format!(" {c}"));
            voice.line(&format!(
                "{mark}: {} {}{column}: {}",
                p.sheet,
                p.row_number,
                word(voice.lang, p.message())
            ));
        }
        for n in &roster.notes {
            voice.line(&word(voice.lang, n.message()));
        }
    }
    let whole_sheet_bad = bad.iter().any(|(_, row)| *row == 0);
    let blocked = roster.is_blocked() && (!args.skip_bad || whole_sheet_bad);
    let mut work = plan(node, &roster.branches, &bad, parent, voice)?;
    let own = match blocked || args.dry_run {
        true => Vec::new(),
        false => leave_out_own(node, &args.by, &mut work, voice)?,
    };
    for who in &own {
        voice.line(&match voice.lang {
            Lang::Vi => format!(
                "xem lại: {who}: dòng này có điều do quyết định (tình trạng, kỷ luật, họ tên, ngày sinh) của chính người nhập; \
                 chưa ghi, để người khác nhập"
            ),
            Lang::En => format!(
                "look: {who}: this row has what was decided about the very person who brings it in; not written, somebody else \
                 brings it in"
            ),
        });
    }
    for (who, there, here) in &work.elsewhere {
        voice.line(&match voice.lang {
            Lang::Vi => format!(
                "xem lại: {who} đang ở {there}, danh sách ghi {here}; chưa chuyển (dùng chibo move)"
            ),
            Lang::En => format!(
                "look: {who} stands in {there}, the roster says {here}; not moved (use chibo move)"
            ),
        });
    }
    let without_status = work.without_status();
    if without_status > 0 {
        voice.line(&match voice.lang {
            Lang::Vi => format!(
                "xem lại: {without_status} người mới chưa có tình trạng (chính thức, dự bị) và chưa có ngày kết nạp, ngày chính \
                 thức: chưa được tính vào danh sách và số liệu. Thêm cột “Tình trạng” hoặc các ngày đó rồi nhập lại tệp này"
            ),
            Lang::En => format!(
                "look: {without_status} new people have no status (official, probationary) and no dates of admission: no list \
                 and no figure counts them yet. Add a column “Tình trạng”, or those dates, and bring this file in again"
            ),
        });
    }
    let mut written = 0;
    if !blocked && !args.dry_run {
        written = write(node, &work, voice)?;
    }
    let text = if blocked {
        voice
            .say(
                "Còn dòng sai nên chưa ghi gì. Sửa tệp, hoặc thêm --skip-bad để nhập các dòng đúng.",
                "Rows are bad, so nothing was written. Mend the file, or take the good rows with --skip-bad.",
            )
            .to_owned()
    } else {
        match voice.lang {
            Lang::Vi => format!(
                "{}{} chi bộ mới, {} đảng viên mới, {} đảng viên có thay đổi, {} dòng bỏ lại",
                if args.dry_run { "(chưa ghi) " } else { "" },
                work.new_branches,
                work.new_members,
                work.changed_members,
                bad.len()
            ),
            Lang::En => format!(
                "{}{} new branches, {} new members, {} members changed, {} rows left out",
                if args.dry_run {
                    "(nothing written) "
                } else {
                    ""
                },
                work.new_branches,
                work.new_members,
                work.changed_members,
                bad.len()
            ),
        }
    };
    voice.tell(
        &json!({"written": !blocked && !args.dry_run, "new_branches": work.new_branches,
                "new_members": work.new_members, "changed_members": work.changed_members,
                "documents_written": written, "without_status": without_status, "about_themself": own,
                "in_another_branch": work.elsewhere.iter().map(|(who, there, here)| json!({
                    "name": who, "stands": there, "roster": here})).collect::<Vec<_>>(), "bad_rows": bad.len(), "problems": problems}),
        &text,
    );
    Ok(bad.is_empty() && !blocked)
}

/// Edits of several documents.
type Edits = Vec<(Target, Values)>;

/// What an import is going to write: each step is one place with its documents.
struct Work {
    steps: Vec<Step>,
    new_branches: usize,
    new_members: usize,
    changed_members: usize,
    /// People whom the roster has in another branch than the node: name, branch here, branch there.
    elsewhere: Vec<(String, String, String)>,
}

impl Work {
    /// How many new members nothing says what they are of: neither a status nor a date that gives one.
    fn without_status(&self) -> usize {
        let says = |values: &Values| {
            let mut fields = ["status", "admitted_on", "official_on"].iter();
            fields.any(|field| values.get(*field).is_some_and(|v| *v != Value::Cleared))
        };
        let is_without = |step: &&Step| {
            let is_new = matches!(step.place, Some((_, PlaceKind::Member, _)));
            let record = (step.edits.iter()).find(|(t, _)| t.kind.number == MEMBER.number);
            is_new && !record.is_some_and(|(_, values)| says(values))
        };
        self.steps.iter().filter(is_without).count()
    }
}

/// Takes out the rows with something decided about whoever brings the roster in, and asks who that is where something is decided about
/// somebody who is recorded already. Returns whose rows they are.
fn leave_out_own(
    node: &OfficeNode,
    by: &By,
    work: &mut Work,
    voice: Voice,
) -> Result<Vec<String>, Fail> {
    let mut decided = Vec::new();
    for (i, step) in work.steps.iter().enumerate() {
        for (target, edits) in &step.edits {
            let before = node.values(target.doc)?.map(|(_, v)| v).unwrap_or_default();
            let is_there = step.place.is_none();
            let mut paths = edits.keys();
            if is_there && paths.any(|path| decided::is_decided(target.kind, &before, path)) {
                let whose = node.tree().of_scope(target.scope).map(|(place, _)| place);
                decided.push((i, whose));
                break;
            }
        }
    }
    if decided.is_empty() {
        return Ok(Vec::new());
    }
    let decider = by.decider(node.store(), node.tree(), voice)?;
    let is_own = |place: PlaceId| decider.is_some_and(|by| by.0 == place.0);
    let mut names = Vec::new();
    for (i, whose) in decided.into_iter().rev() {
        if let Some(place) = whose.filter(|place| is_own(*place)) {
            work.steps.remove(i);
            work.changed_members = work.changed_members.saturating_sub(1);
            let record = node.values(Target::at(place, &MEMBER, b"").doc)?;
            let name = record.and_then(|(_, v)| v.get("full_name").map(Value::shown));
            names.push(name.unwrap_or_else(|| place.short()));
        }
    }
    Ok(names)
}

struct Step {
    place: Option<(PlaceId, PlaceKind, PlaceId)>,
    edits: Edits,
}

fn named(name: &str) -> Result<&'static Kind, Fail> {
    kind::by_name(name).ok_or_else(|| Fail::Words(format!("no kind {name}")))
}

/// The people and branches of the node, by what a roster says of them.
struct Known {
    /// Branches of the organisation that is imported into; many communes have a "Chi bộ Xóm 5".
    branches: BTreeMap<String, Vec<PlaceId>>,
    by_card: BTreeMap<String, PlaceId>,
    /// By branch, name and birth: namesakes stand side by side, each with their card number.
    by_birth: BTreeMap<(PlaceId, String, String), Vec<(PlaceId, String)>>,
    /// What is recorded of the members: a decision in force says what stands, and is in no field of the record.
    recorded: BTreeMap<PlaceId, Recorded>,
    /// The day of which the roster speaks.
    on: Day,
}

fn known(node: &OfficeNode, parent: PlaceId, on: Day) -> Result<Known, Fail> {
    let (unit, member) = (named("unit")?, named("member")?);
    let mut known = Known {
        recorded: recorded(node.store(), node.tree(), None)?
            .into_iter()
            .collect(),
        on,
        branches: BTreeMap::new(),
        by_card: BTreeMap::new(),
        by_birth: BTreeMap::new(),
    };
    for row in node.store().find(&Find::default())? {
        let Some(placed) = node.tree().get(row.place) else {
            continue;
        };
        if row.kind == unit.number
            && placed.kind == PlaceKind::Branch
            && node.tree().is_within(row.place, parent)
        {
            let same = known
                .branches
                .entry(text::fold_words(&row.title))
                .or_default();
            // A branch right below comes before one further down.
            if placed.parent == Some(parent) {
                *same = vec![row.place];
            } else if !same
                .iter()
                .any(|p| node.tree().get(*p).and_then(|p| p.parent) == Some(parent))
            {
                same.push(row.place);
            }
        }
        if row.kind == member.number
            && let Some(branch) = placed.parent
        {
            let values: serde_json::Value = serde_json::from_str(&row.json).unwrap_or_default();
            let of = |name: &str| {
                values
                    .get(name)
                    .and_then(|v| v.as_str())
                    .unwrap_or("")
                    .to_owned()
            };
            let card = of("card_number");
            if !card.is_empty() {
                known.by_card.insert(card.clone(), row.place);
            }
            known
                .by_birth
                .entry((branch, text::fold_words(&row.title), of("born")))
                .or_default()
                .push((row.place, card));
        }
    }
    Ok(known)
}

/// What of a row is not yet so in the documents of a place, neither in the record nor by a decision: a list shows what
/// stands, and brought in again it writes no decision into the record.
fn differences(
    node: &OfficeNode,
    known: &Known,
    place: PlaceId,
    row: &MemberRow,
) -> Result<Edits, Fail> {
    let mut edits = Vec::new();
    for kind in [named("member")?, named("member_sensitive")?] {
        let target = Target::at(place, kind, b"");
        let there = node.values(target.doc)?.map(|(_, v)| v).unwrap_or_default();
        let mut wanted = values_of(kind, row)?;
        if kind.name == "member" && !row.extra.is_empty() {
            let base = wanted.get(NOTE).or_else(|| there.get(NOTE));
            let note = noted(&base.map(Value::shown).unwrap_or_default(), row);
            wanted.insert(
                NOTE.into(),
                field::parse(kind, NOTE, &note).map_err(Fail::Field)?,
            );
        }
        leave_out_what_stands(&there, &mut wanted);
        let stands = match known.recorded.get(&place) {
            Some(of) if kind.number == MEMBER.number => {
                register::as_it_stands(&there, &of.decisions, known.on)
            }
            _ => Values::new(),
        };
        wanted.retain(|path, value| {
            let is_so = |values: &Values| values.get(path) == Some(value);
            !is_so(&there) && !is_so(&stands)
        });
        if !wanted.is_empty() {
            edits.push((target, wanted));
        }
    }
    Ok(edits)
}

/// An entry that stands already, under whichever id, is not written once more under its number in the roster.
fn leave_out_what_stands(there: &Values, wanted: &mut Values) {
    let stand: BTreeSet<_> = entries_of(there).into_values().collect();
    let again: Vec<String> = entries_of(wanted)
        .into_iter()
        .filter(|(_, cells)| stand.contains(cells))
        .map(|(entry, _)| format!("{entry}/"))
        .collect();
    wanted.retain(|path, _| !again.iter().any(|entry| path.starts_with(entry)));
}

/// The field that an entry is in, and what the entry says by cell.
type Entry<'a> = (&'a str, Vec<(&'a str, &'a Value)>);

/// The entries of a document by `field/id`.
fn entries_of(values: &Values) -> BTreeMap<&str, Entry<'_>> {
    let mut entries: BTreeMap<_, Entry> = BTreeMap::new();
    for (path, value) in values.iter().filter(|(_, v)| **v != Value::Cleared) {
        if let Some((entry, cell)) = path.rsplit_once('/')
            && let Some((field, _)) = entry.split_once('/')
        {
            let (_, cells) = entries.entry(entry).or_insert((field, Vec::new()));
            cells.push((cell, value));
        }
    }
    entries
}

const NOTE: &str = "note";

/// The note with what stands in columns that no field matches: kept where people read it.
fn noted(note: &str, row: &MemberRow) -> String {
    let mut lines: Vec<String> = note.lines().map(ToOwned::to_owned).collect();
    for (header, value) in &row.extra {
        let line = text::clean_line(&format!("{header}: {value}"));
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines.join("\n")
}

/// The member whom a row means and what changes for them. By card number, else by name and birth, if
/// no card number speaks against it: of several namesakes the one with the fewest differences, and
/// nobody twice.
fn match_row(
    node: &OfficeNode,
    known: &Known,
    used: &BTreeSet<PlaceId>,
    branch: PlaceId,
    row: &MemberRow,
) -> Result<Option<(PlaceId, Edits)>, Fail> {
    let card = row.value("member", "card_number").unwrap_or("");
    if let Some(place) = known.by_card.get(card).filter(|_| !card.is_empty()) {
        return Ok(Some((*place, differences(node, known, *place, row)?)));
    }
    let birth = (
        branch,
        text::fold_words(row.value("member", "full_name").unwrap_or("")),
        row.value("member", "born").unwrap_or("").to_owned(),
    );
    let mut best: Option<(usize, PlaceId, Edits)> = None;
    for (place, theirs) in known.by_birth.get(&birth).into_iter().flatten() {
        if used.contains(place) || !(card.is_empty() || theirs.is_empty()) {
            continue;
        }
        let edits = differences(node, known, *place, row)?;
        let count = edits.iter().map(|(_, v)| v.len()).sum();
        if best.as_ref().is_none_or(|(least, ..)| count < *least) {
            best = Some((count, *place, edits));
        }
    }
    Ok(best.map(|(_, place, edits)| (place, edits)))
}

fn plan(
    node: &OfficeNode,
    branches: &[BranchRows],
    bad: &BTreeSet<(String, usize)>,
    parent: PlaceId,
    voice: Voice,
) -> Result<Work, Fail> {
    let unit = named("unit")?;
    let mut known = known(node, parent, today(voice)?)?;
    let mut used = BTreeSet::new();
    let mut work = Work {
        steps: Vec::new(),
        new_branches: 0,
        new_members: 0,
        changed_members: 0,
        elsewhere: Vec::new(),
    };
    for group in branches {
        let rows: Vec<&MemberRow> = group
            .rows
            .iter()
            .filter(|r| !bad.contains(&(r.sheet.clone(), r.row_number)))
            .collect();
        if rows.is_empty() {
            continue;
        }
        let name = group
            .branch_name
            .clone()
            .unwrap_or_else(|| group.sheet.clone());
        let same = known.branches.get(&text::fold_words(&name));
        let branch = match same.map_or(&[][..], Vec::as_slice) {
            [place] => *place,
            [_, _, ..] => {
                return Err(Fail::Words(format!(
                    "{name}: {}",
                    voice.say(
                        "nhiều nơi có chi bộ tên này; thêm --parent để chọn đảng bộ",
                        "several organisations have such a branch; choose one with --parent"
                    )
                )));
            }
            [] => {
                let place = PlaceId(random16(&mut SystemChance));
                known.branches.insert(text::fold_words(&name), vec![place]);
                work.new_branches += 1;
                work.steps.push(Step {
                    place: Some((place, PlaceKind::Branch, parent)),
                    edits: vec![(
                        Target::at(place, unit, b""),
                        Values::from([("name".into(), Value::Text(name.clone()))]),
                    )],
                });
                place
            }
        };
        for row in rows {
            let found = match_row(node, &known, &used, branch, row)?;
            let is_new = found.is_none();
            let (place, edits) = match found {
                Some(found) => found,
                None => {
                    let place = PlaceId(random16(&mut SystemChance));
                    (place, differences(node, &known, place, row)?)
                }
            };
            used.insert(place);
            if let Some(there) = branch_elsewhere(node, place, branch)? {
                let who = row.value("member", "full_name").unwrap_or("").to_owned();
                work.elsewhere.push((who, there, name.clone()));
            }
            if is_new {
                work.new_members += 1;
                // The same card number again, further down, is the same person.
                if let Some(card) = row.value("member", "card_number").filter(|c| !c.is_empty()) {
                    known.by_card.insert(card.to_owned(), place);
                }
            } else if !edits.is_empty() {
                work.changed_members += 1;
            }
            if is_new || !edits.is_empty() {
                work.steps.push(Step {
                    place: is_new.then_some((place, PlaceKind::Member, branch)),
                    edits,
                });
            }
        }
    }
    Ok(work)
}

/// The name of the branch where a member stands, if it is another than this.
fn branch_elsewhere(
    node: &OfficeNode,
    member: PlaceId,
    branch: PlaceId,
) -> Result<Option<String>, Fail> {
    let Some(there) = node.tree().get(member).and_then(|p| p.parent) else {
        return Ok(None);
    };
    if there == branch {
        return Ok(None);
    }
    let unit = Target::at(there, named("unit")?, b"");
    let values = node.values(unit.doc)?.map(|(_, v)| v).unwrap_or_default();
    let name = values.get("name").map(Value::shown);
    Ok(Some(name.unwrap_or_else(|| there.short())))
}

/// The values of one kind in a row. Entries keep the numbers that the roster gave them, so the same
/// roster fills the same entries.
fn values_of(kind: &'static Kind, row: &MemberRow) -> Result<Values, Fail> {
    let mut values = Values::new();
    for ((name, path), typed) in &row.values {
        if *name == kind.name {
            let value = field::parse(kind, path, typed).map_err(Fail::Field)?;
            values.insert(path.clone(), value);
        }
    }
    Ok(values)
}

fn write(node: &mut OfficeNode, work: &Work, voice: Voice) -> Result<usize, Fail> {
    let bar = ProgressBar::with_draw_target(
        Some(work.steps.len() as u64),
        if voice.json || voice.out.is_some() {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        },
    );
    let places: Vec<_> = work.steps.iter().filter_map(|s| s.place).collect();
    let edits: Vec<_> = work.steps.iter().flat_map(|s| s.edits.clone()).collect();
    bar.set_length(edits.len() as u64);
    let written = node.bring_in(&places, &edits, now(), &mut SystemChance, &mut |done| {
        bar.set_position(done as u64);
    });
    bar.finish_and_clear();
    written?;
    Ok(edits.len())
}

pub(crate) fn export(args: &Export, kept: &mut Kept, voice: Voice) -> Done {
    let node = kept.office(voice)?;
    let ending = args
        .out
        .extension()
        .map(|e| e.to_string_lossy().to_lowercase());
    let is_file = matches!(ending.as_deref(), Some("xlsx" | "csv"));
    let taken = if is_file {
        args.out.exists()
    } else {
        args.out
            .read_dir()
            .is_ok_and(|mut files| files.next().is_some())
    };
    if taken && !args.force {
        return Err(Fail::Words(format!(
            "{}: {}",
            args.out.display(),
            voice.say(
                "đã có; thêm --force để ghi đè",
                "is there already; --force overwrites it"
            )
        )));
    }
    let count = if is_file {
        let rows = rosters(node, voice)?;
        let bytes = if ending.as_deref() == Some("xlsx") {
            roster::to_xlsx(&rows)
        } else {
            roster::to_csv(&rows)
        }
        .map_err(|e| Fail::Words(e.to_string()))?;
        write_private(&args.out, &bytes).map_err(at(&args.out))?;
        rows.iter().map(|b| b.rows.len()).sum()
    } else {
        documents(node, &args.out)?
    };
    voice.tell(
        &json!({"out": args.out, "count": count}),
        &format!("{} ({count})", args.out.display()),
    );
    Ok(true)
}

/// The branches with their members, in the order of rolls.
fn rosters(node: &OfficeNode, voice: Voice) -> Result<Vec<BranchRows>, Fail> {
    let (unit, member, sensitive) = (named("unit")?, named("member")?, named("member_sensitive")?);
    let on = today(voice)?;
    let recorded: BTreeMap<PlaceId, Recorded> = recorded(node.store(), node.tree(), None)?
        .into_iter()
        .collect();
    let mut names: BTreeMap<PlaceId, String> = BTreeMap::new();
    let mut members: BTreeMap<PlaceId, Vec<PlaceId>> = BTreeMap::new();
    for row in node.store().find(&Find::default())? {
        if row.kind == unit.number {
            names.insert(row.place, row.title);
        } else if row.kind == member.number
            && let Some(branch) = node.tree().get(row.place).and_then(|p| p.parent)
        {
            members.entry(branch).or_default().push(row.place);
        }
    }
    let mut branches: Vec<(PlaceId, String)> = node
        .tree()
        .iter()
        .filter(|(_, p)| p.kind == PlaceKind::Branch)
        .map(|(id, _)| (id, names.get(&id).cloned().unwrap_or_default()))
        .collect();
    branches.sort_by_key(|(id, name)| (crate::page::natural(name), *id));
    let mut out = Vec::new();
    for (branch, name) in branches {
        let mut rows = Vec::new();
        for (i, place) in members.get(&branch).into_iter().flatten().enumerate() {
            let mut row = MemberRow {
                sheet: name.clone(),
                row_number: i + 1,
                ..MemberRow::default()
            };
            for kind in [member, sensitive] {
                let doc = Target::at(*place, kind, b"").doc;
                let mut values = node.values(doc)?.map(|(_, v)| v).unwrap_or_default();
                // A list shows what stands, and a decision is not written into the record.
                if let Some(of) = recorded.get(place).filter(|_| kind.number == member.number) {
                    values = register::as_it_stands(&values, &of.decisions, on);
                }
                let mut entries: BTreeMap<(String, String), usize> = BTreeMap::new();
                for (path, value) in values {
                    if value == Value::Cleared {
                        continue;
                    }
                    let path = numbered(kind, &path, &mut entries);
                    row.values.insert((kind.name, path), typed(&value));
                }
            }
            rows.push(row);
        }
        out.push(BranchRows {
            sheet: name.clone(),
            branch_name: Some(name),
            rows,
        });
    }
    Ok(out)
}

/// Entries are numbered in a roster, whatever their ids are here.
fn numbered(
    kind: &'static Kind,
    path: &str,
    entries: &mut BTreeMap<(String, String), usize>,
) -> String {
    let parts: Vec<&str> = path.splitn(3, '/').collect();
    if let [field, id, name] = parts.as_slice()
        && matches!(
            kind.field(field).map(|f| f.kind),
            Some(FieldType::Entries(_))
        )
    {
        let so_far = entries.keys().filter(|(f, _)| f == field).count();
        let n = *entries
            .entry(((*field).to_owned(), (*id).to_owned()))
            .or_insert(so_far + 1);
        return format!("{field}/{n:04}/{name}");
    }
    path.to_owned()
}

fn typed(value: &Value) -> String {
    match value {
        Value::YesNo(true) => "yes".into(),
        Value::YesNo(false) => "no".into(),
        other => other.shown(),
    }
}

/// One Automerge file for each document, in a folder for each branch.
fn documents(node: &OfficeNode, out: &Path) -> Result<usize, Fail> {
    let mut count = 0;
    let rows = node.store().find(&Find::default())?;
    let titles: BTreeMap<PlaceId, String> = rows
        .iter()
        .filter(|r| r.kind == 1)
        .map(|r| (r.place, r.title.clone()))
        .collect();
    for row in &rows {
        let unit = match node.tree().get(row.place) {
            Some(p) if p.kind == PlaceKind::Member => p.parent.unwrap_or(row.place),
            _ => row.place,
        };
        let name = titles.get(&unit).map_or("", String::as_str);
        let folder = out.join(format!("{}-{}", safe(name), unit.short()));
        private_folder(&folder).map_err(at(&folder))?;
        let kind = kind::by_number(row.kind).map_or("unknown", |k| k.name);
        let file = format!("{kind}-{}-{}.automerge", safe(&row.title), row.doc.short());
        let doc = node.store().read(|tx| records::doc(tx, row.doc))?;
        if let Some(doc) = doc {
            let path = folder.join(file);
            write_private(&path, &doc.bytes).map_err(at(&path))?;
            count += 1;
        }
    }
    Ok(count)
}

/// Makes a folder, and those above it, that only this user may look into: the files in it are called by people's names.
fn private_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

/// A file name from what people wrote: letters and digits without diacritics, nothing that a path
/// could be made of.
fn safe(name: &str) -> String {
    let folded = text::fold(name);
    let clean: String = folded
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(40)
        .collect();
    clean.trim_matches('-').to_owned()
}
