//! The walls that keep the core free of the world: each ban of its `clippy.toml` fires.

use std::path::{Path, PathBuf};
use std::process::Command;

fn core() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../core")
}

/// The paths that `clippy.toml` bans, in its order.
fn banned() -> Vec<String> {
    let text = std::fs::read_to_string(core().join("clippy.toml")).unwrap();
    let of_line = |line: &str| {
        let (_, rest) = line.split_once("path = \"")?;
        Some(rest.split_once('"')?.0.to_owned())
    };
    text.lines().filter_map(of_line).collect()
}

#[test]
fn each_ban_of_the_core_fires() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let out = Command::new(&cargo)
        .args(["clippy", "--release", "-p", "chibo-core", "--lib"])
        .args(["--features", "bans", "--message-format", "json"])
        .current_dir(core())
        .output()
        .unwrap();
    let why = String::from_utf8_lossy(&out.stderr);
    assert!(
        out.status.success(),
        "this needs clippy (rustup component add clippy): {why}"
    );
    let told = String::from_utf8_lossy(&out.stdout).into_owned();
    let banned = banned();
    assert!(banned.len() > 20, "clippy.toml was not read: {banned:?}");
    for path in banned {
        let fires = ["method", "type"]
            .iter()
            .any(|what| told.contains(&format!("use of a disallowed {what} `{path}`")));
        assert!(fires, "the ban of {path} does not fire");
    }
}
