//! What the demo tells at its end: figures, how often what happened, and what its check found.

use super::agenda::YEAR;
use super::check::Finding;
use super::ledger::Flow;
use crate::words::{Lang, say};
use std::collections::BTreeMap;

/// What is told at the end.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Figures {
    /// The seed.
    pub seed: u64,
    /// Branches.
    pub branches: usize,
    /// Communes at the end.
    pub communes: usize,
    /// Members at the start, by the node's list.
    pub members: usize,
    /// Devices in use at the end, each with a store of its own.
    pub devices: usize,
    /// Devices that were handed over in the year and hold nothing any more.
    pub laid_down: usize,
    /// Documents on the node.
    pub documents: usize,
    /// Edits that people made.
    pub edits: u64,
    /// What the office did in cases, with places and decisions.
    pub decided: u64,
    /// Members who came and left.
    pub flow: Flow,
    /// By what they came.
    pub came: BTreeMap<&'static str, usize>,
    /// By what they left.
    pub left: BTreeMap<&'static str, usize>,
    /// Members at the end, by the node's list.
    pub members_at_end: usize,
    /// How often each line of the year happened.
    pub happened: BTreeMap<&'static str, usize>,
    /// Entries in the node's log.
    pub entries: u64,
    /// Open conflicts at the end: both values kept.
    pub conflicts_kept: u64,
    /// Lines that broke midway.
    pub lines_broken: u64,
    /// Bytes from devices to the node, headers included.
    pub bytes_up: u64,
    /// Bytes from the node to devices, headers included.
    pub bytes_down: u64,
    /// Round trips.
    pub round_trips: u64,
    /// Seconds for the roster.
    pub seconds_roster: f64,
    /// Seconds for enrolment and first sync of all devices.
    pub seconds_enrolment: f64,
    /// Seconds for the year.
    pub seconds_year: f64,
    /// Seconds in all.
    pub seconds: f64,
    /// Devices that say "synced".
    pub synced: usize,
    /// Devices whose digest of the shared scopes equals the node's.
    pub digests_equal: usize,
    /// Devices whose documents equal the node's, heads and content.
    pub states_equal: usize,
    /// Devices that count their branch as the node does.
    pub figures_equal: usize,
    /// Devices whose store passes its check.
    pub stores_whole: usize,
    /// Devices that count with the rule that the committee added.
    pub rule_known: usize,
    /// What must hold.
    pub checks: Vec<Finding>,
}

/// How the demo ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What the process says to whoever started it: 0, everything held; 1, something did not.
    pub code: u8,
    /// A line for each thing that did not hold, for people.
    pub complaints: Vec<String>,
}

impl Figures {
    /// How a year with these checks ends.
    pub fn outcome(&self, lang: Lang) -> Outcome {
        let head = say(lang, "KHÔNG ĐÚNG", "DOES NOT HOLD");
        let failed = self.failed(lang).into_iter();
        let complaints: Vec<String> = failed
            .map(|sentence| format!("chibo demo: {head}: {sentence}"))
            .collect();
        Outcome {
            code: u8::from(!complaints.is_empty()),
            complaints,
        }
    }

    /// What does not hold, a sentence each; empty: all does.
    pub fn failed(&self, lang: Lang) -> Vec<String> {
        let failed = self.checks.iter().filter(|finding| !finding.holds);
        let words = |finding: &Finding| {
            let words = say(lang, finding.vi, finding.en);
            match finding.told.as_str() {
                "" => words.to_owned(),
                told => format!("{words}: {told}"),
            }
        };
        failed.map(words).collect()
    }
}

/// The figures as people read them.
pub(super) fn table(f: &Figures, lang: Lang) -> String {
    let kb = |bytes: u64| {
        if bytes < 10_000_000 {
            format!("{:.1} kB", bytes as f64 / 1000.0)
        } else {
            format!("{:.1} MB", bytes as f64 / 1_000_000.0)
        }
    };
    let seconds = |s: f64| format!("{s:.1}");
    let mut rows: Vec<(&str, &str, String)> = vec![
        (
            "Xã, chi bộ, đảng viên",
            "Communes, branches, members",
            format!("{}, {}, {}", f.communes, f.branches, f.members),
        ),
        (
            "Máy đang dùng, máy đã bàn giao",
            "Devices in use, handed over",
            format!("{}, {}", f.devices, f.laid_down),
        ),
        (
            "Tài liệu ở xã",
            "Documents on the node",
            f.documents.to_string(),
        ),
        ("Lần sửa", "Edits", f.edits.to_string()),
        (
            "Dòng nhật ký của xã",
            "Entries in the node's log",
            f.entries.to_string(),
        ),
        (
            "Việc văn phòng đã làm",
            "What the office did",
            f.decided.to_string(),
        ),
        (
            "Hai nơi ghi khác nhau, giữ cả hai",
            "Two versions, both kept",
            f.conflicts_kept.to_string(),
        ),
        (
            "Đứt đường truyền giữa chừng",
            "Lines broken midway",
            f.lines_broken.to_string(),
        ),
        ("Gửi lên", "Bytes up", kb(f.bytes_up)),
        ("Nhận về", "Bytes down", kb(f.bytes_down)),
        ("Lượt hỏi đáp", "Round trips", f.round_trips.to_string()),
        (
            "Giây: nhập danh sách",
            "Seconds: roster",
            seconds(f.seconds_roster),
        ),
        (
            "Giây: đăng ký các máy",
            "Seconds: enrolment",
            seconds(f.seconds_enrolment),
        ),
        (
            "Giây: một năm",
            "Seconds: the year",
            seconds(f.seconds_year),
        ),
        ("Giây: tổng cộng", "Seconds: all", seconds(f.seconds)),
    ];
    for line in YEAR {
        let times = f.happened.get(line.code).copied().unwrap_or(0);
        if times > 0 {
            rows.push((line.vi, line.en, times.to_string()));
        }
    }
    rows.push((
        "Đảng viên đầu năm + vào − ra = cuối năm",
        "Members + came − left = at the end",
        format!(
            "{} + {} − {} = {}",
            f.members, f.flow.came, f.flow.left, f.members_at_end
        ),
    ));
    for finding in &f.checks {
        let holds = say(lang, "đúng", "yes");
        let fails = say(lang, "SAI", "NO");
        let answer = if finding.holds { holds } else { fails };
        rows.push((finding.vi, finding.en, answer.to_owned()));
    }
    let width = rows
        .iter()
        .map(|(vi, en, _)| say(lang, vi, en).chars().count())
        .max()
        .unwrap_or(0);
    let mut out = String::from("\n");
    for (vi, en, value) in rows {
        let label = say(lang, vi, en);
        let blanks = " ".repeat(width - label.chars().count());
        out.push_str(&format!("  {label}{blanks}   {value}\n"));
    }
    if f.failed(lang).is_empty() {
        let words = say(
            lang,
            "Mọi máy trùng với xã, số liệu khớp.",
            "Every device equals the node, and the figures add up.",
        );
        out.push_str(&format!("\n  {words}\n"));
    }
    out
}
