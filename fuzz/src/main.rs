//! One target of `chibo_tests::fuzz` under libFuzzer; which one says `CHIBO_FUZZ`.

#![no_main]

use chibo_tests::fuzz::{self, Target};
use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;

static TARGET: OnceLock<&Target> = OnceLock::new();

fn wanted() -> &'static Target {
    let name = std::env::var("CHIBO_FUZZ").unwrap_or_default();
    fuzz::target(&name).expect("CHIBO_FUZZ names a target")
}

fuzz_target!(
    init: {
        // libFuzzer's own hook ends the program at every panic; those that the door catches are none.
        fuzz::keep_quiet_on_trial();
        TARGET.get_or_init(wanted);
    },
    |bytes: &[u8]| {
        (TARGET.get_or_init(wanted).run)(bytes);
    }
);
