//! No decoder without a fuzz target: `tests/decoders.txt` names every function that reads bytes or text that may come
//! from outside, with the target that reaches it. A new one fails here until it has a line.

use chibo_tests::fuzz;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const NAMES: &[&str] = &[
    "read",
    "parse",
    "from_bytes",
    "from_text",
    "from_str",
    "from_header",
    "from_words",
    "from_values",
    "decode",
    "unhex",
    "unpack",
    "inspect",
    "load",
    "load_short",
    "load_document",
    "lengthen",
    "name_of",
    "claimed_grant",
    "is_of",
];
const TAKES: &[&str] = &["Reader", "[u8]", "str", "Vec<u8>", "impl Read", "&Values"];

fn is_decoder(name: &str, takes: &str) -> bool {
    let named = NAMES.contains(&name) || name.starts_with("read_") || name.starts_with("parse_");
    let from_outside = TAKES.iter().any(|t| takes.contains(t));
    // What works on what was decoded, and what reads a store's rows (the target `store_row`).
    named && from_outside && !takes.contains("self") && !takes.contains("dyn Tx")
}

/// The decoders of a file, by the type that they belong to.
fn decoders(text: &str) -> Vec<String> {
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let mut found = Vec::new();
    let mut of = String::new();
    let lines: Vec<&str> = text.lines().collect();
    for (i, line) in lines.iter().enumerate() {
        if let Some(rest) = line.strip_prefix("impl") {
            let rest = rest.split_once(" for ").map_or(rest, |(_, to)| to);
            let rest = match rest.strip_prefix('<') {
                Some(rest) => rest.split_once("> ").map_or(rest, |(_, to)| to),
                None => rest,
            };
            let name = |c: char| c.is_alphanumeric() || c == '_';
            of = rest.trim_start().chars().take_while(|c| name(*c)).collect();
            of.push_str("::");
        } else if line.starts_with('}') {
            of.clear();
        }
        let Some((before, after)) = line.trim_start().split_once("fn ") else {
            continue;
        };
        let is_item = before.is_empty() || before.starts_with("pub") || before == "async ";
        let name: String = (after.chars())
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        let rest = lines[i + 1..].iter().copied();
        let mut whole = String::new();
        for part in std::iter::once(after).chain(rest) {
            whole.push_str(part);
            if part.ends_with('{') || part.ends_with(';') {
                break;
            }
        }
        let takes = whole.split("->").next().unwrap_or_default();
        if is_item && is_decoder(&name, takes) {
            found.push(format!("{of}{name}"));
        }
    }
    found
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

#[test]
fn every_decoder_has_a_fuzz_target() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let top = here.parent().expect("the workspace");
    let listed = std::fs::read_to_string(here.join("decoders.txt")).expect("the list");
    let mut listed: BTreeMap<String, Vec<String>> = (listed.lines())
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let mut words = line.split_whitespace().map(str::to_owned);
            let name = format!(
                "{} {}",
                words.next().unwrap_or_default(),
                words.next().unwrap_or_default()
            );
            (name, words.collect())
        })
        .collect();
    let mut missing = Vec::new();
    for part in ["core", "device", "server", "ffi", "people"] {
        let mut sources = Vec::new();
        files(&top.join(part).join("src"), &mut sources);
        sources.sort();
        for source in sources {
            let text = std::fs::read_to_string(&source).expect("a source");
            let path = source.strip_prefix(top).expect("below the workspace");
            let path = path.to_string_lossy().replace('\\', "/");
            for name in decoders(&text) {
                let name = format!("{path} {name}");
                match listed.remove(&name) {
                    None => missing.push(name),
                    Some(targets) => {
                        let is_known = |t: &String| t == "inside" || fuzz::target(t).is_some();
                        let known = !targets.is_empty() && targets.iter().all(is_known);
                        assert!(known, "{name}: {targets:?} is no target");
                    }
                }
            }
        }
    }
    assert!(
        missing.is_empty(),
        "write a target, and a line in tests/decoders.txt, for:\n{}",
        missing.join("\n")
    );
    let gone: Vec<&String> = listed.keys().collect();
    assert!(
        gone.is_empty(),
        "tests/decoders.txt names what is gone: {gone:?}"
    );
}
