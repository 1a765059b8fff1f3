//! The command line.

use clap::{Args, ValueEnum};

/// How much the demo builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DemoSize {
    /// One branch.
    Branch,
    /// One commune: 14 branches, 300 members.
    Commune,
    /// The reference district: 398 branches, 8,030 members.
    District,
}

/// What the demo is asked.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// How much to build.
    #[arg(long, value_enum, default_value = "commune")]
    pub size: DemoSize,
    /// Everything follows from it.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// One JSON object on stdout.
    #[arg(long)]
    pub json: bool,
    /// End at the end.
    #[arg(long)]
    pub once: bool,
}
