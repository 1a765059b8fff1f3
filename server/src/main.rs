//! The `chibo` binary.

use chibo_server::cli::DemoArgs;
use chibo_server::words::Lang;
use clap::Parser;
use std::process::ExitCode;

#[derive(Parser)]
enum Command {
    Demo(DemoArgs),
}

fn main() -> ExitCode {
    match Command::parse() {
        Command::Demo(args) => chibo_server::demo::run(&args, Lang::En),
    }
}
