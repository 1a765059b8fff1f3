//! The key store of a node's platform: what starts a node by itself after a power cut while its disk alone gives nothing.
//! On Linux it is systemd's credentials (bound to the PC's TPM where there is one), on Windows DPAPI. Both are asked through
//! the programs that come with the system, so that nothing of theirs is built in here.
//!
//! Only this PC gives a secret back: sixteen words or two officers open the store elsewhere.

use chibo_core::id::{hex, unhex};
use chibo_core::limits;
use chibo_core::lock::{KeeperError, KeyKeeper};
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use zeroize::Zeroizing;

/// The key store of the system that this program runs on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PlatformKeystore;

/// What a credential of systemd's is called.
const NAME: &str = "--name=chibo-node";

/// Windows: what comes in as hex is protected for this PC (for all of its accounts: a node may run as a service), and
/// goes out as hex.
const DPAPI: &str = "Add-Type -AssemblyName System.Security; $h = [Console]::In.ReadToEnd().Trim(); \
    $b = [byte[]]::new($h.Length / 2); \
    for ($i = 0; $i -lt $b.Length; $i++) { $b[$i] = [Convert]::ToByte($h.Substring(2 * $i, 2), 16) }; \
    $r = [Security.Cryptography.ProtectedData]::VERB($b, $null, 'LocalMachine'); \
    [Console]::Out.Write([BitConverter]::ToString($r).Replace('-', '').ToLower())";

fn asked(verb: (&str, &str), input: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeeperError> {
    let mut command = if cfg!(windows) {
        let mut command = Command::new("powershell");
        command.args(["-NoProfile", "-NonInteractive", "-Command"]);
        command.arg(DPAPI.replace("VERB", verb.1));
        command
    } else {
        let mut command = Command::new("systemd-creds");
        command.args([verb.0, NAME, "-", "-"]);
        command
    };
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    // It is not there, or may not be asked.
    let mut child = (command.stderr(Stdio::null()).spawn()).map_err(|_| KeeperError::NotNow)?;
    if let Some(mut stdin) = child.stdin.take() {
        // Whether it has read all shows in what it answers.
        let _ = stdin.write_all(input);
    }
    let mut told = Zeroizing::new(Vec::new());
    if let Some(stdout) = child.stdout.take() {
        let most = limits::LOCK_KEPT_BYTES as u64;
        let read = stdout.take(most + 1).read_to_end(&mut told);
        read.map_err(|_| KeeperError::NotNow)?;
    }
    match child.wait() {
        Ok(status) if status.success() && told.len() <= limits::LOCK_KEPT_BYTES => Ok(told),
        _ => Err(KeeperError::Gone),
    }
}

impl KeyKeeper for PlatformKeystore {
    fn wrap(&self, secret: &[u8; 32]) -> Result<Vec<u8>, KeeperError> {
        let text = Zeroizing::new(hex(secret));
        let kept = asked(("encrypt", "Protect"), text.as_bytes())?.to_vec();
        // Nobody is locked out by a key store that does not give back what it was given.
        match *self.unwrap(&kept)? == *secret {
            true => Ok(kept),
            false => Err(KeeperError::NotNow),
        }
    }

    fn unwrap(&self, kept: &[u8]) -> Result<Zeroizing<[u8; 32]>, KeeperError> {
        let told = asked(("decrypt", "Unprotect"), kept)?;
        let text = std::str::from_utf8(&told).map_err(|_| KeeperError::Gone)?;
        let secret = unhex(text.trim()).map(Zeroizing::new);
        let secret = secret.and_then(|s| s.as_slice().try_into().ok());
        secret.map(Zeroizing::new).ok_or(KeeperError::Gone)
    }
}
