//! How people open stores: what is asked for, what is told once, and `chibo unlock`.

use super::keystore::PlatformKeystore;
use super::{Done, Fail, Folder, Voice};
use crate::edge::SystemChance;
use crate::keys::{self, Daily, KeyError};
use chibo_core::limits;
use chibo_core::lock::{KeeperError, Lock, LockError, Opening, StoreKey, Way, WayKind};
use chibo_core::store::StoreError;
use chibo_core::store::sqlite::{Durability, SqliteStore};
use clap::Args;
use serde_json::json;
use std::fs::File;
use std::io::{BufRead, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use zeroize::Zeroizing;

/// `--lock`: how the store is opened day by day.
#[derive(Debug, Clone)]
pub(crate) enum Choice {
    KeyFile(Option<PathBuf>),
    Passphrase,
    Platform,
}

impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some(("key-file", path)) if !path.is_empty() => Ok(Choice::KeyFile(Some(path.into()))),
            None if text == "key-file" => Ok(Choice::KeyFile(None)),
            None if text == "passphrase" => Ok(Choice::Passphrase),
            None if text == "platform" => Ok(Choice::Platform),
            _ => Err("key-file, key-file=PATH, platform, passphrase".into()),
        }
    }
}

impl Choice {
    /// Which of two keeps a stolen disk shut for more people.
    fn strength(&self) -> u8 {
        match self {
            Choice::KeyFile(None) => 0,
            Choice::KeyFile(Some(_)) => 1,
            Choice::Platform => 2,
            Choice::Passphrase => 3,
        }
    }
}

/// What a new lock is asked.
#[derive(Debug, Args)]
pub(crate) struct LockArgs {
    /// Cách mở kho / How the store is opened: `key-file` (default: a file in the data folder, so that the node
    /// starts by itself after a power cut; who steals the PC has everything), `key-file=PATH` (on a stick, which
    /// must stay in while the node starts), `platform` (the key store of this PC's system: its disk alone gives nothing
    /// where the PC has a TPM), `passphrase` (somebody must type it after each power cut).
    #[arg(long, value_name = "key-file[=PATH]|platform|passphrase")]
    lock: Option<Choice>,
    /// In thêm ba phần cho ba người: hai người mở được kho / Also print three shares, two of which open the store.
    #[arg(long)]
    officers: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Unlock {
    #[command(flatten)]
    pub(super) data: Folder,
    /// Bằng mười sáu từ trên giấy / With the sixteen words from paper, typed or from stdin.
    #[arg(long)]
    words: bool,
    /// Bằng từ của hai người / With the words of two officers, a line each.
    #[arg(long, conflicts_with = "words")]
    officers: bool,
    /// Từ nay mở kho thế nào; mặc định: như trước / How the store is opened from now on (default: as it was; a passphrase
    /// or PIN is asked anew).
    #[arg(long, value_name = "key-file[=PATH]|platform|passphrase")]
    lock: Option<Choice>,
}

/// What is typed to open a store of this kind, and where else it may stand.
struct Typed {
    env: &'static str,
    new_env: &'static str,
    least: usize,
    name: (&'static str, &'static str),
}

fn typed(store: &Path) -> Typed {
    match store.ends_with(crate::handset::STORE) {
        true => Typed {
            env: "CHIBO_PIN",
            new_env: "CHIBO_NEW_PIN",
            least: limits::PIN_CHARS,
            name: ("mã PIN", "PIN"),
        },
        false => Typed {
            env: "CHIBO_PASSPHRASE",
            new_env: "CHIBO_NEW_PASSPHRASE",
            least: limits::PASSPHRASE_CHARS,
            name: ("mật khẩu", "passphrase"),
        },
    }
}

/// What somebody typed, or keeps for it.
pub(super) type Secret = Zeroizing<String>;

pub(super) fn of_environment(name: &str) -> Option<Secret> {
    let value = std::env::var(name).ok().map(Zeroizing::new);
    value.filter(|v| !v.is_empty())
}

/// Asks on the terminal without showing what is typed; `None`: there is none.
pub(super) fn of_terminal(prompt: &str) -> Result<Option<Secret>, KeyError> {
    if !std::io::stdin().is_terminal() {
        return Ok(None);
    }
    let typed = rpassword::prompt_password(format!("{prompt}: "));
    let typed = typed.map_err(|e| KeyError::File("terminal".into(), e))?;
    Ok(Some(Zeroizing::new(typed)))
}

/// Bytes of a file with a secret in it.
const SECRET_BYTES: u64 = 4 * 1024;

/// What stands in a file with a secret. It may be a pipe: from another program, for this one time.
pub(super) fn secret_file(path: &Path) -> Result<Secret, KeyError> {
    let mut text = Zeroizing::new(String::new());
    let read = File::open(path).and_then(|file| file.take(SECRET_BYTES).read_to_string(&mut text));
    read.map_err(|e| KeyError::File(path.to_owned(), e))?;
    Ok(text)
}

/// What was said, or the line on stdin in the place of `-`: others on this PC see what stands on a command line.
pub(super) fn said_or_read(said: &str, prompt: &str) -> Result<Secret, Fail> {
    match said {
        "-" => line(prompt),
        said => Ok(Zeroizing::new(said.to_owned())),
    }
}

impl Folder {
    /// The key of a store in this folder; asks for a PIN or passphrase if it needs one.
    pub fn key(&self, store: &Path, voice: Voice) -> Result<StoreKey, Fail> {
        if !store.exists() {
            return Err(StoreError::Missing.into());
        }
        self.key_of_lock(store, voice)
    }

    /// As [`Folder::key`], for a store that may be lost while its lock is there.
    pub fn key_of_lock(&self, store: &Path, voice: Voice) -> Result<StoreKey, Fail> {
        let lock = keys::read_lock(store)?;
        if lock.way(WayKind::Platform).is_some() {
            let opened = keys::open_daily(store, &Daily::Platform(Arc::new(PlatformKeystore)));
            return opened.map_err(|e| keystore(e, voice));
        }
        let what = typed(store);
        let mut ask = || match self.given(what.env)? {
            Some(secret) => Ok(Some(secret)),
            None => of_terminal(voice.say(what.name.0, what.name.1)),
        };
        Ok(keys::open(store, &mut ask)?)
    }

    /// What stands in `--passphrase-file` or the environment.
    fn given(&self, env: &str) -> Result<Option<Secret>, KeyError> {
        let Some(path) = &self.passphrase_file else {
            return Ok(of_environment(env));
        };
        let text = secret_file(path)?;
        let line = text.lines().next().unwrap_or_default();
        Ok(Some(Zeroizing::new(line.to_owned())))
    }

    /// A PIN or passphrase that is to be set; on the terminal it is typed twice.
    pub fn new_secret(
        &self,
        store: &Path,
        in_place_of_old: bool,
        voice: Voice,
    ) -> Result<Option<Secret>, Fail> {
        let what = typed(store);
        let given = match in_place_of_old {
            true => of_environment(what.new_env),
            false => self.given(what.env)?,
        };
        let name = voice.say(what.name.0, what.name.1);
        let secret = match given {
            Some(secret) => Some(secret),
            None => {
                let prompt = format!("{} {name}", voice.say("Đặt", "New"));
                let first = of_terminal(&prompt)?.filter(|s| !s.is_empty());
                if let Some(first) = &first {
                    let again = format!("{name}, {}", voice.say("lần nữa", "again"));
                    if of_terminal(&again)?.as_ref() != Some(first) {
                        return Err(Fail::Words(
                            voice.say("hai lần gõ khác nhau", "the two differ").into(),
                        ));
                    }
                }
                first
            }
        };
        match &secret {
            Some(s) if s.trim().chars().count() < what.least => {
                let least = what.least;
                Err(KeyError::from(LockError::TooShort { least }).into())
            }
            _ => Ok(secret),
        }
    }
}

/// A lock that is not written yet, and what is told once.
pub(crate) struct NewLock {
    pub key: StoreKey,
    pub lock: Lock,
    words: Secret,
    officers: Vec<Secret>,
    daily: Daily,
}

/// The way of every day that was chosen.
fn daily(
    choice: Option<&Choice>,
    data: &Folder,
    store: &Path,
    in_place_of_old: bool,
    voice: Voice,
) -> Result<Daily, Fail> {
    match choice {
        None => Ok(Daily::KeyFile(None)),
        Some(Choice::KeyFile(path)) => Ok(Daily::KeyFile(path.clone())),
        Some(Choice::Platform) => Ok(Daily::Platform(Arc::new(PlatformKeystore))),
        Some(Choice::Passphrase) => match data.new_secret(store, in_place_of_old, voice)? {
            Some(secret) => Ok(Daily::Passphrase(secret)),
            None => Err(KeyError::Locked.into()),
        },
    }
}

impl NewLock {
    /// Makes the key of a new store and all its slots.
    pub fn make(args: &LockArgs, data: &Folder, store: &Path, voice: Voice) -> Result<Self, Fail> {
        let rng = &mut SystemChance;
        let daily = daily(args.lock.as_ref(), data, store, false, voice)?;
        let key = StoreKey::random(rng);
        let mut lock = Lock::new();
        keys::set_daily(store, &mut lock, &key, &daily).map_err(|e| keystore(e, voice))?;
        let words = lock.set_words(&key, rng).map_err(KeyError::from)?;
        let officers = match args.officers {
            true => lock.set_officers(&key, rng).map_err(KeyError::from)?,
            false => Vec::new(),
        };
        Ok(NewLock {
            key,
            lock,
            words,
            officers,
            daily,
        })
    }

    /// What is told once, for `--json`.
    pub fn add_to(&self, json: &mut serde_json::Value, voice: Voice) {
        let officers: Vec<&str> = self.officers.iter().map(|o| o.as_str()).collect();
        json["words"] = self.words.as_str().into();
        json["officers"] = officers.into();
        json["lock"] = lock_name(&self.daily).into();
        json["note"] = unprotected(&self.daily, voice).into();
    }

    /// What is told once.
    pub fn text(&self, voice: Voice) -> String {
        let mut text = format!(
            "{}\n\n{}\n\n{}",
            voice.say(
                "Mười sáu từ mở kho trên máy khác (chỉ hiện một lần):",
                "Sixteen words that open the store on another PC (shown only once):"
            ),
            in_lines(&self.words),
            voice.say(
                "Chép ra giấy, cất riêng. Mất khóa hằng ngày thì mở bằng `chibo unlock --words`; \
                 ai có các từ này và tệp kho thì đọc được tất cả.",
                "Write them on paper and keep that elsewhere. If the daily key is lost, `chibo unlock --words` opens \
                 the store; who has these words and the store's files can read everything."
            )
        );
        for (n, words) in (1..).zip(&self.officers) {
            text.push_str(&format!(
                "\n\n{} {n}:\n\n{}",
                voice.say("Phần của người thứ", "The share of officer"),
                in_lines(words)
            ));
        }
        if !self.officers.is_empty() {
            text.push_str("\n\n");
            text.push_str(voice.say(
                "Hai trong ba người cùng nhau mở được kho (`chibo unlock --officers`), một người thì không.",
                "Two of the three together open the store (`chibo unlock --officers`), one does not.",
            ));
        }
        text.push_str("\n\n");
        text.push_str(unprotected(&self.daily, voice));
        text
    }
}

fn in_lines(words: &str) -> String {
    let words: Vec<&str> = words.split(' ').collect();
    let lines = words
        .chunks(4)
        .map(|line| format!("    {}", line.join(" ")));
    lines.collect::<Vec<_>>().join("\n")
}

fn lock_name(daily: &Daily) -> &'static str {
    match daily {
        Daily::KeyFile(None) => "key-file",
        Daily::KeyFile(Some(_)) => "key-file-elsewhere",
        Daily::Passphrase(_) => "passphrase",
        Daily::Platform(_) => "platform",
        Daily::PinOnDevice(..) => "device",
    }
}

/// What it means that this PC's key store gives nothing.
fn keystore(e: KeyError, voice: Voice) -> Fail {
    let (vi, en) = match e {
        KeyError::Lock(LockError::Keeper(KeeperError::Gone)) => (
            "kho khóa của máy tính này không mở được kho: đây là máy khác, hoặc máy đã cài lại. Mở bằng mười sáu từ: \
             `chibo unlock --words`",
            "the key store of this PC does not open it: it is another PC, or was set up anew. Open it with the sixteen \
             words: `chibo unlock --words`",
        ),
        KeyError::Lock(LockError::Keeper(_)) => (
            "máy tính này không có kho khóa dùng được (cần systemd-creds hoặc Windows). Cách khác: --lock \
             key-file=ĐƯỜNG-DẪN hoặc --lock passphrase",
            "this PC has no key store that can be used (systemd-creds or Windows is needed). Other ways: --lock \
             key-file=PATH, --lock passphrase",
        ),
        e => return e.into(),
    };
    Fail::Words(voice.say(vi, en).to_owned())
}

/// What a way of every day does not protect against.
fn unprotected<'a>(daily: &Daily, voice: Voice<'a>) -> &'a str {
    match daily {
        Daily::KeyFile(None) => voice.say(
            "CHÚ Ý: tệp khóa nằm cùng thư mục. Máy tự chạy lại sau khi mất điện, nhưng ai lấy được máy hoặc ổ đĩa \
             thì đọc được tất cả. Cách khác: --lock key-file=ĐƯỜNG-DẪN (trên USB) hoặc --lock passphrase.",
            "NOTE: the key file lies in the same folder. The node starts by itself after a power cut, but who steals \
             the PC or its disk can read everything. Other ways: --lock key-file=PATH (on a stick), --lock passphrase.",
        ),
        Daily::KeyFile(Some(_)) => voice.say(
            "CHÚ Ý: tệp khóa nằm nơi khác. USB phải cắm khi máy của xã khởi động; ai lấy được cả máy lẫn USB thì đọc \
             được tất cả.",
            "NOTE: the key file lies elsewhere. The stick must be in while the node starts; who steals it together \
             with the PC can read everything.",
        ),
        Daily::Passphrase(_) => voice.say(
            "CHÚ Ý: sau mỗi lần mất điện phải có người gõ mật khẩu thì máy của xã mới chạy. Mật khẩu ngắn hoặc dễ đoán \
             thì không giữ được gì.",
            "NOTE: after each power cut somebody must type the passphrase before the node runs. A passphrase that is \
             short or easy to guess protects nothing.",
        ),
        Daily::Platform(_) => voice.say(
            "CHÚ Ý: máy tự chạy lại sau khi mất điện. Máy tính có chip TPM thì ổ đĩa lấy riêng không mở được; không có \
             TPM thì khóa nằm trên chính ổ đĩa ấy. Ai lấy được cả máy tính đang chạy thì đọc được tất cả. Cài lại máy \
             thì phải mở bằng mười sáu từ.",
            "NOTE: the node starts by itself after a power cut. Where the PC has a TPM its disk alone opens nothing; \
             without one the key lies on that same disk. Who steals the whole PC can read everything. After the PC was \
             set up anew the sixteen words are needed.",
        ),
        // A phone's own way.
        Daily::PinOnDevice(..) => "",
    }
}

/// A line from the terminal or from stdin, shown as it is typed: words are long, and mistakes must be seen.
fn line(prompt: &str) -> Result<Secret, Fail> {
    if std::io::stdin().is_terminal() {
        eprint!("{prompt}: ");
        let _ = std::io::stderr().flush();
    }
    let mut line = Zeroizing::new(String::new());
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line)
}

/// The way of every day that a lock has, to be set anew; `None`: none that a PC can set.
fn as_before(lock: &Lock, store: &Path) -> Option<Choice> {
    if let Some(Way::KeyFile { path }) = lock.way(WayKind::KeyFile) {
        let own = keys::key_path(store);
        let is_own = own.file_name() == Some(path.as_ref());
        return Some(Choice::KeyFile((!is_own).then(|| path.into())));
    }
    if lock.way(WayKind::Passphrase).is_some() {
        return Some(Choice::Passphrase);
    }
    (lock.way(WayKind::Platform).is_some()).then_some(Choice::Platform)
}

/// Opens a store with what is on paper (or as every day), and sets how it is opened from now on.
pub(crate) fn unlock(args: &Unlock, voice: Voice) -> Done {
    let store = args.data.store();
    if !store.exists() {
        return Err(StoreError::Missing.into());
    }
    let key = if args.words {
        let words = line(voice.say("Mười sáu từ", "Sixteen words"))?;
        keys::open_with(&store, &Opening::Words(&words))?
    } else if args.officers {
        let first = line(voice.say("Từ của người thứ nhất", "Words of one officer"))?;
        let second = line(voice.say("Từ của người thứ hai", "Words of another"))?;
        keys::open_with(&store, &Opening::Officers(&[&first, &second]))?
    } else {
        args.data.key(&store, voice)?
    };
    // The key opens this very store, or nothing is changed.
    match SqliteStore::open(&store, &key, Durability::Full) {
        Ok(_) | Err(StoreError::InUse) => {}
        Err(e) => return Err(e.into()),
    }
    let from_paper = args.words || args.officers;
    let before = as_before(&keys::read_lock(&store)?, &store);
    let choice = args.lock.as_ref().or(before.as_ref()).ok_or_else(|| {
        Fail::Words(
            voice
                .say(
                    "từ nay mở kho thế nào? thêm --lock",
                    "how is it opened from now on? add --lock",
                )
                .into(),
        )
    })?;
    let weaker = before
        .as_ref()
        .is_some_and(|b| choice.strength() < b.strength());
    if weaker {
        eprintln!(
            "{}",
            voice.say(
                "CHÚ Ý: cách mở mới giữ kho kém hơn cách cũ.",
                "NOTE: the new way protects the store less than the one there was."
            )
        );
    }
    let daily = daily(Some(choice), &args.data, &store, !from_paper, voice)?;
    keys::change(&store, |lock| {
        keys::set_daily(&store, lock, &key, &daily).map_err(|e| keystore(e, voice))
    })?;
    voice.tell(
        &json!({"unlocked": true, "lock": lock_name(&daily), "weaker": weaker}),
        &format!(
            "{}\n\n{}",
            voice.say("Đã mở kho.", "The store is open to you again."),
            unprotected(&daily, voice)
        ),
    );
    Ok(true)
}
