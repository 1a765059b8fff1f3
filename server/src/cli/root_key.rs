//! How the root key (*khóa gốc*) comes from paper to a command: from a file, the environment or the terminal, and on the
//! command line only for who knows that others see it there.

use super::lock::{Secret, of_environment, of_terminal, secret_file};
use super::{Fail, Voice};
use chibo_core::id::unhex;
use chibo_core::identity::SecretKey;
use clap::Args;
use std::path::PathBuf;
use std::sync::OnceLock;
use zeroize::Zeroizing;

/// The variable that it is taken from.
const ENV: &str = "CHIBO_ROOT_KEY";

#[derive(Debug, Args)]
pub(crate) struct RootKeyArgs {
    /// Tệp chứa khóa gốc (64 chữ số hex trên giấy) / A file with the root key, the 64 digits from paper (else
    /// CHIBO_ROOT_KEY, or the terminal, which does not show it).
    #[arg(long, value_name = "FILE", conflicts_with = "root_key")]
    root_key_file: Option<PathBuf>,
    /// Chính khóa gốc: NGƯỜI KHÁC TRÊN MÁY NÀY THẤY ĐƯỢC, và nó nằm lại trong lịch sử lệnh / The root key itself:
    /// OTHERS ON THIS PC SEE IT while the command runs, and it stays in the shell's history.
    #[arg(long, value_name = "KEY")]
    root_key: Option<String>,
    /// What was given or typed: nobody is asked twice.
    #[arg(skip)]
    found: OnceLock<Secret>,
}

impl RootKeyArgs {
    /// The digits as somebody gave them; asks on the terminal, once. `None`: there is nobody to ask.
    pub fn given(&self, voice: Voice) -> Result<Option<&str>, Fail> {
        if self.found.get().is_none() {
            let digits = match (&self.root_key_file, &self.root_key) {
                (Some(path), _) => Some(secret_file(path)?),
                (_, Some(typed)) => Some(Zeroizing::new(typed.clone())),
                _ => match of_environment(ENV) {
                    Some(digits) => Some(digits),
                    None => of_terminal(voice.say("Khóa gốc (64 chữ số)", "Root key (64 digits)"))?,
                },
            };
            if let Some(digits) = digits {
                self.give(digits);
            }
        }
        Ok(self.found.get().map(|digits| digits.as_str()))
    }

    /// Takes what somebody gave elsewhere: to the program that asks the node which serves.
    pub fn give(&self, digits: Secret) {
        let _ = self.found.set(digits);
    }

    /// The key.
    pub fn key(&self, voice: Voice) -> Result<SecretKey, Fail> {
        let read = |text: &str| {
            let digits: Zeroizing<String> = Zeroizing::new(text.split_whitespace().collect());
            let bytes = Zeroizing::new(unhex(&digits)?);
            let seed: [u8; 32] = bytes.as_slice().try_into().ok()?;
            Some(SecretKey::from_seed(seed))
        };
        self.given(voice)?.and_then(read).ok_or_else(|| {
            Fail::Words(
                voice
                    .say(
                        "cần khóa gốc, 64 chữ số trên giấy: --root-key-file TỆP, CHIBO_ROOT_KEY hoặc gõ vào",
                        "the root key is needed, the 64 digits from paper: --root-key-file FILE, CHIBO_ROOT_KEY, or type it",
                    )
                    .into(),
            )
        })
    }
}
