//! Every ban of `clippy.toml`, broken once. Never part of a build: `tests/tests/walls.rs` has clippy read it
//! and sees that each ban fires, since a ban whose path is misspelt is silent.

#![allow(dead_code, unused, missing_docs)]

use automerge::{AutoCommit, Automerge};

fn world() {
    std::time::SystemTime::now();
    std::time::Instant::now();
    std::thread::sleep(std::time::Duration::ZERO);
    std::thread::spawn(|| {});
    std::env::var("X");
    std::env::var_os("X");
    std::process::Command::new("x");
    std::fs::read("x");
    std::fs::read_to_string("x");
    std::fs::read_dir("x");
    std::fs::metadata("x");
    std::fs::write("x", "x");
    std::fs::rename("x", "y");
    std::fs::copy("x", "y");
    std::fs::remove_file("x");
    std::fs::create_dir_all("x");
    std::fs::File::open("x");
    std::fs::File::create("x");
    std::fs::OpenOptions::new().open("x");
    std::net::TcpStream::connect("x");
    let order: (
        std::collections::HashMap<u8, u8>,
        std::collections::HashSet<u8>,
    );
}

fn entropy() {
    let doc = Automerge::new();
    Automerge::new_with_encoding(automerge::TextEncoding::UnicodeCodePoint);
    Automerge::load(&[]);
    Automerge::load_with_options(&[], automerge::LoadOptions::new());
    Automerge::load_unverified_heads(&[]);
    doc.fork();
    doc.fork_at(&[]);
    AutoCommit::new();
}

fn end() {
    std::process::exit(0);
    std::process::abort();
}
