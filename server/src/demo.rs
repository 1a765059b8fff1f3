//! The demo: a district from a seed lives through a year, offline and on bad lines, and ends with the
//! same state everywhere.
//!
//! Only the people are simulated. The node runs as in an office, on a SQLite file behind HTTP on
//! 127.0.0.1; every device has a SQLite file of its own and speaks to the node over a real connection
//! that is counted and sometimes broken.

mod papers;
mod world;
mod year;

use crate::cli::{DemoArgs, DemoSize};
use crate::district::Size;
use crate::words::{Lang, say};
use std::process::ExitCode;
use world::Figures;

/// Runs the demo and prints what came of it. Exit code 1 if anything diverged, 2 if it could not run.
pub fn run(args: &DemoArgs, lang: Lang) -> ExitCode {
    let size = match args.size {
        DemoSize::Branch => Size::Branch,
        DemoSize::Commune => Size::Commune,
        DemoSize::District => Size::District,
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(e) => return failed(&e),
    };
    let world = match world::World::build(size, args.seed, !args.json, lang, runtime.handle()) {
        Ok(world) => world,
        Err(e) => return failed(&e),
    };
    let figures = match world.live() {
        Ok(figures) => figures,
        Err(e) => return failed(&e),
    };
    if args.json {
        match serde_json::to_string(&figures) {
            Ok(text) => println!("{text}"),
            Err(e) => return failed(&e),
        }
    } else {
        print!("{}", table(&figures, lang));
    }
    let diverged = figures.digests_equal != figures.devices
        || figures.states_equal != figures.devices
        || !figures.balances();
    if !args.once {
        let address = world.address();
        eprintln!(
            "{}",
            say(
                lang,
                &format!("Trang của xã: http://{address}/  (Ctrl-C để dừng)"),
                &format!("The node's page: http://{address}/  (Ctrl-C ends)"),
            )
        );
        let _ = runtime.block_on(async { crate::serve::stop_signal().await });
    }
    world.end();
    if diverged {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    }
}

fn failed(e: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("chibo demo: {e}");
    ExitCode::from(2)
}

fn table(f: &Figures, lang: Lang) -> String {
    let kb = |bytes: u64| {
        if bytes < 10_000_000 {
            format!("{:.1} kB", bytes as f64 / 1000.0)
        } else {
            format!("{:.1} MB", bytes as f64 / 1_000_000.0)
        }
    };
    let equal = |n: usize| format!("{n} / {}", f.devices);
    let rows: Vec<(&str, &str, String)> = vec![
        (
            "Chi bộ, đảng viên",
            "Branches, members",
            format!("{}, {}", f.branches, f.members),
        ),
        ("Máy (điện thoại)", "Devices", f.devices.to_string()),
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
            "What the office did in cases",
            f.decided.to_string(),
        ),
        (
            "Đảng viên đầu năm + vào − qua đời = cuối năm",
            "Members + admitted − died = at the end",
            format!(
                "{} + {} − {} = {}",
                f.members, f.admitted, f.died, f.members_at_end
            ),
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
        (
            "Máy chạy lại từ bản sao cũ",
            "Devices from an old backup",
            f.restored.to_string(),
        ),
        ("Gửi lên", "Bytes up", kb(f.bytes_up)),
        ("Nhận về", "Bytes down", kb(f.bytes_down)),
        ("Lượt hỏi đáp", "Round trips", f.round_trips.to_string()),
        (
            "Giây: nhập danh sách",
            "Seconds: roster",
            format!("{:.1}", f.seconds_roster),
        ),
        (
            "Giây: ghi danh các máy",
            "Seconds: enrolment",
            format!("{:.1}", f.seconds_enrolment),
        ),
        (
            "Giây: một năm",
            "Seconds: the year",
            format!("{:.1}", f.seconds_year),
        ),
        (
            "Giây: tổng cộng",
            "Seconds: all",
            format!("{:.1}", f.seconds),
        ),
        (
            "Máy báo “Xã đã nhận hết”",
            "Devices that say “synced”",
            equal(f.synced),
        ),
        (
            "Máy trùng sổ với xã",
            "Devices whose digest equals the node's",
            equal(f.digests_equal),
        ),
        (
            "Máy trùng nội dung với xã",
            "Devices whose content equals the node's",
            equal(f.states_equal),
        ),
    ];
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
    let good = f.digests_equal == f.devices && f.states_equal == f.devices && f.balances();
    out.push_str(&format!(
        "\n  {}\n",
        if good {
            say(
                lang,
                "Mọi máy trùng với xã, số liệu khớp.",
                "Every device equals the node, and the figures add up.",
            )
        } else {
            say(
                lang,
                "CÓ MÁY KHÁC VỚI XÃ, HOẶC SỐ LIỆU LỆCH.",
                "SOME DEVICES DIFFER FROM THE NODE, OR THE FIGURES DO NOT ADD UP.",
            )
        }
    ));
    out
}
