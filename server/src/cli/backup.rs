//! `chibo backup`: a sealed copy of a store, and the rehearsal that makes it count.
//!
//! A node's backup opens with the root key on paper, a phone's with a passphrase ([`crate::sealed`]). A copy that
//! was never opened is a hope: `--check` opens it, checks all of it, compares its digests with those that were
//! noted when it was written, and removes it again.

use super::kept::Kept;
use super::node::whole_of;
use super::root_key::RootKeyArgs;
use super::{Done, Fail, Folder, Voice, at};
use crate::edge::now;
use crate::file::{self, beside};
use crate::sealed::{
    self, BackupError, Checked, NO_SIGNATURE, Opened, Scratch, Whose, contents, faults,
};
use crate::words;
use chibo_core::id::{Hash, LogId};
use chibo_core::identity::{SecretKey, log_of};
use chibo_core::limits;
use chibo_core::node::Node;
use chibo_core::records;
use chibo_core::seal::{Lock, Opener};
use chibo_core::store::sqlite::{Durability, SqliteStore};
use chibo_core::store::{Store, StoreError};
use clap::Args;
use serde_json::json;
use std::fs::File;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    pub(super) data: Folder,
    /// Tệp sao lưu / The file to write, or to check.
    pub(super) file: PathBuf,
    /// Mở thử và kiểm tra bản sao / Open the backup and check all of it.
    #[arg(long)]
    pub(super) check: bool,
    #[command(flatten)]
    root_key: RootKeyArgs,
}

/// The variable that a phone's passphrase is taken from.
const PASSPHRASE: &str = "CHIBO_BACKUP_PASSPHRASE";

/// The passphrase of a phone's backup, from the environment or typed.
fn passphrase(voice: Voice) -> Result<String, Fail> {
    let typed = match std::env::var(PASSPHRASE) {
        Ok(words) => Some(words),
        Err(_) if std::io::IsTerminal::is_terminal(&std::io::stdin()) => {
            let ask = voice.say("Mật khẩu của bản sao lưu: ", "Passphrase of the backup: ");
            Some(rpassword::prompt_password(ask)?)
        }
        Err(_) => None,
    };
    let typed = typed.map(|typed| sealed::words_of(&typed).to_string());
    let long_enough = |w: &String| w.chars().count() >= limits::PASSPHRASE_CHARS;
    typed.filter(long_enough).ok_or_else(|| {
        Fail::Words(match voice.lang {
            words::Lang::Vi => format!(
                "bản sao của điện thoại cần mật khẩu từ {} ký tự: đặt {PASSPHRASE}",
                limits::PASSPHRASE_CHARS
            ),
            words::Lang::En => format!(
                "a phone's backup needs a passphrase of at least {} characters: set {PASSPHRASE}",
                limits::PASSPHRASE_CHARS
            ),
        })
    })
}

fn failed(path: &Path, e: BackupError, voice: Voice) -> Fail {
    match e {
        BackupError::Io(e) => at(path)(e),
        e => Fail::Words(format!(
            "{}: {}",
            path.display(),
            words::backup(voice.lang, &e)
        )),
    }
}

/// The store as a backup holds it: plain SQLite, without a node's keys, made from an encrypted copy.
fn plain_copy(kept: &Kept, scratch: &Path) -> Result<Vec<u8>, StoreError> {
    let store = kept.store();
    store.backup_to(scratch)?;
    let mut copy = SqliteStore::open(scratch, store.key(), Durability::Full)?;
    if !matches!(kept, Kept::Phone(_)) {
        Node::strip_keys(&mut copy)?;
    }
    copy.to_plain()
}

pub(crate) fn write(args: &Backup, kept: &Kept, voice: Voice) -> Done {
    if args.file.exists() {
        return Err(Fail::Words(format!(
            "{}: {}",
            args.file.display(),
            voice.say(
                "tệp đã có, không ghi đè",
                "this file exists, it is not overwritten"
            )
        )));
    }
    let (whose, view) = match kept {
        Kept::Node(n) => (Whose::Node, Some(whole_of(n))),
        Kept::Serving(n) => (Whose::Node, Some(whole_of(n))),
        Kept::Phone(h) => (Whose::Phone, h.phone.view()),
    };
    let words = match whose {
        Whose::Node => None,
        Whose::Phone => Some(passphrase(voice)?),
    };
    let root = kept.store().read(|tx| {
        let first = records::epochs(tx)?.into_iter().next();
        Ok::<_, StoreError>(first.map(|e| [e.root]))
    })?;
    let lock = match (&words, &root) {
        (Some(words), _) => Lock::Passphrase(words),
        (None, Some(root)) => Lock::Keys(root),
        (None, None) => return Err(StoreError::Missing.into()),
    };
    // Beside the store as the process sees it that has it open; who asks may stand elsewhere.
    let folder = sealed::folder_of(kept.store().path());
    // The file's place is tried first, so that what is wrong with it is not taken for the store's fault. It gets
    // its name when it is whole: half a backup is none.
    let half = beside(&args.file, ".tmp");
    File::create_new(&args.file).map_err(at(&args.file))?;
    let sealed = (|| {
        let mut into = file::create_private(&half).map_err(at(&args.file))?;
        let scratch = Scratch::new(&folder, "backup.tmp").map_err(at(&folder))?;
        let plain = plain_copy(kept, scratch.path())?;
        let contents = (kept.store()).read(|tx| contents(tx, kept.tree(), whose, view))?;
        let sign = |backup: &Hash| match kept {
            Kept::Node(n) => n.sign_backup(backup),
            Kept::Serving(n) => n.sign_backup(backup),
            Kept::Phone(_) => NO_SIGNATURE,
        };
        sealed::seal_file(&plain, &contents, sign, lock, &mut into)
            .map_err(|e| failed(&args.file, e, voice))?;
        file::put_in_place(&half, &args.file).map_err(at(&args.file))
    })();
    if let Err(e) = sealed {
        let _ = std::fs::remove_file(&half);
        let _ = std::fs::remove_file(&args.file);
        return Err(e);
    }
    let bytes = std::fs::metadata(&args.file).map_err(at(&args.file))?.len();
    let checked = sealed::last_checked(&folder).map(|c| c.time);
    let last = match checked {
        Some(time) => format!(
            "{} {}",
            voice.say(
                "Lần kiểm tra bản sao gần nhất:",
                "A backup was last checked on"
            ),
            words::day(time)
        ),
        None => voice
            .say(
                "Chưa có bản sao nào được kiểm tra.",
                "No backup was ever checked.",
            )
            .to_owned(),
    };
    voice.tell(
        &json!({"file": args.file, "bytes": bytes, "last_checked": checked.map(|t| t.0)}),
        &format!(
            "{} ({bytes} bytes)\n{last} {}",
            args.file.display(),
            voice.say(
                "Chỉ bản sao đã kiểm tra mới đáng tin: chibo backup --check.",
                "A backup counts only when it was checked: chibo backup --check."
            )
        ),
    );
    Ok(true)
}

/// What opens a backup: the root key or a passphrase, whichever it is sealed with.
enum Secret {
    Root(Box<SecretKey>),
    Words(String),
}

fn secret(path: &Path, root_key: &RootKeyArgs, voice: Voice) -> Result<Secret, Fail> {
    if sealed::is_phones(path).map_err(|e| failed(path, e, voice))? {
        return passphrase(voice).map(Secret::Words);
    }
    let key = root_key.key(voice)?;
    Ok(Secret::Root(Box::new(key)))
}

/// A backup that was opened, and the log that its root key is of, if that opened it.
pub(crate) struct Copy {
    pub(crate) opened: Opened,
    pub(crate) log: Option<LogId>,
}

/// Opens a backup.
pub(crate) fn open(path: &Path, root_key: &RootKeyArgs, voice: Voice) -> Result<Copy, Fail> {
    let secret = secret(path, root_key, voice)?;
    let opener = match &secret {
        Secret::Root(key) => Opener::Key(key),
        Secret::Words(words) => Opener::Passphrase(words),
    };
    let log = match &secret {
        Secret::Root(key) => Some(log_of(&key.public())),
        Secret::Words(_) => None,
    };
    let opened = sealed::open_file(path, opener).map(|opened| Copy { opened, log });
    opened.map_err(|e| match (&secret, e) {
        (Secret::Root(_), BackupError::Seal(chibo_core::seal::SealError::NotForThisKey)) => {
            Fail::Words(
                voice
                    .say(
                        "khóa gốc này của xã khác, hoặc bản sao đã hỏng",
                        "this root key is another node's, or the backup is damaged",
                    )
                    .into(),
            )
        }
        (Secret::Words(_), BackupError::Seal(chibo_core::seal::SealError::NotForThisKey)) => {
            Fail::Words(
                voice
                    .say(
                        "mật khẩu không đúng, hoặc bản sao đã hỏng",
                        "the passphrase is wrong, or the backup is damaged",
                    )
                    .into(),
            )
        }
        (_, e) => failed(path, e, voice),
    })
}

pub(crate) fn check(args: &Backup, voice: Voice) -> Done {
    if !args.data.path.is_dir() {
        return Err(at(&args.data.path)(std::io::ErrorKind::NotFound.into()));
    }
    if !args.file.is_file() {
        return Err(at(&args.file)(std::io::ErrorKind::NotFound.into()));
    }
    let scratch = Scratch::new(&args.data.path, "check.tmp").map_err(at(&args.data.path))?;
    let copy = open(&args.file, &args.root_key, voice)?;
    let noted = copy.opened.contents;
    let faults = match faults(&copy.opened, copy.log, scratch.path()) {
        Err(StoreError::Damaged(words)) => vec![words],
        faults => faults?.lines,
    };
    drop(scratch);
    let good = faults.is_empty();
    if good {
        let checked = Checked {
            time: now(),
            position: noted.position,
        };
        sealed::note_checked(&args.data.path, &checked).map_err(at(&args.data.path))?;
    }
    let text = match (good, voice.lang) {
        (true, words::Lang::Vi) => format!(
            "Bản sao tốt: mở được, kiểm tra hết, đúng như khi ghi (dòng nhật ký {}).",
            noted.position.n
        ),
        (true, words::Lang::En) => format!(
            "The backup is good: it opens, all of it was checked, and it is as it was written (entry {}).",
            noted.position.n
        ),
        (false, _) => faults.join("\n"),
    };
    voice.tell(
        &json!({"ok": good, "position": noted.position.n, "epoch": noted.position.epoch,
                "digest": noted.log, "faults": faults}),
        &text,
    );
    Ok(good)
}
