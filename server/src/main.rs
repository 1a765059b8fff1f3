//! The `chibo` binary: see [`chibo_server::cli`].

fn main() -> std::process::ExitCode {
    chibo_server::cli::run()
}
