//! The `chibo` binary: see [`chibo_server::cli`].

/// Taking in a segment is many small allocations; the system's allocator took a quarter of the time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    chibo_server::cli::run()
}
