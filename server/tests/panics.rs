//! What a fault of the program prints.

use std::process::Command;

/// Set for the process that panics.
const CHILD: &str = "CHIBO_TEST_PANICS";

#[test]
fn a_fault_says_where_it_is_and_nothing_of_what_it_held() {
    if std::env::var_os(CHILD).is_some() {
        chibo_server::panics::install();
        panic!("Nguyễn Thị Ấm");
    }
    let ran = Command::new(std::env::current_exe().unwrap())
        .args([
            "a_fault_says_where_it_is_and_nothing_of_what_it_held",
            "--exact",
        ])
        .args(["--nocapture", "--test-threads", "1"])
        .env(CHILD, "1")
        .env_remove("RUST_BACKTRACE")
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&ran.stdout),
        String::from_utf8_lossy(&ran.stderr),
    );
    assert!(
        err.contains("chibo: panicked at server/tests/panics.rs:")
            || err.contains("chibo: panicked at tests/panics.rs:"),
        "{err}"
    );
    assert!(!err.contains("Ấm") && !out.contains("Ấm"), "{out}{err}");
}
