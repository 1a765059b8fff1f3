//! Commands while the node serves: the running node does them itself.
//!
//! One process owns a store. So `chibo serve` opens a door for the commands of the same user: a socket
//! on this machine only, whose address and password stand in a file in the data folder that nobody else
//! may read. A command that finds the store in use sends its own words there, and prints what comes back.
//!
//! A power cut leaves the file behind, and whoever listens at that port afterwards is somebody else. So neither side
//! says the password: the door first proves over a number of the asker's that it knows it, then the asker proves the
//! same together with the command's words. Who does not prove it hears no word.

use super::{Cli, Command, Fail, Voice, act, kept::Kept, mail};
use crate::edge::SystemChance;
use crate::file;
use crate::intake::{Intake, OfficeNode};
use chibo_core::id::{Hasher, hex, random16};
use clap::Parser;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt};

/// The file in the data folder.
const FILE: &str = "console";
/// Bytes of the file, and of a greeting.
const LINE: u64 = 1024;
/// Bytes of a command's words.
const WORDS: u64 = 64 * 1024;
/// Bytes of what a command prints.
const PRINTED: u64 = 64 * 1024 * 1024;
/// How long each side may take to say who it is and what it wants.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Serialize, Deserialize)]
struct Address {
    address: SocketAddr,
    password: String,
}

/// How a conversation begins, in a line each: the asker's number, then the door's with its proof over both.
#[derive(Debug, Serialize, Deserialize)]
struct Greeting {
    nonce: String,
    #[serde(default)]
    proof: String,
}

/// A command's words. The line has the asker's proof before it.
#[derive(Serialize, Deserialize)]
struct Asked {
    args: Vec<String>,
    folder: PathBuf,
    lang: crate::words::Lang,
    json: bool,
    /// What was asked for on the asker's terminal.
    root_key: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Said {
    code: u8,
    out: String,
    err: String,
}

/// The open door; its file goes with it.
#[derive(Debug)]
pub(crate) struct Door {
    file: PathBuf,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Door {
    fn drop(&mut self) {
        self.task.abort();
        let _ = std::fs::remove_file(&self.file);
    }
}

/// Opens the door of a node that serves.
pub(crate) async fn open(folder: &Path, intake: &Intake) -> std::io::Result<Door> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let password = hex(&random16(&mut SystemChance));
    let address = Address {
        address: listener.local_addr()?,
        password: password.clone(),
    };
    let file = folder.join(FILE);
    file::write_private(&file, serde_json::to_string(&address)?.as_bytes())?;
    let intake = intake.clone();
    let task = tokio::spawn(async move {
        loop {
            let Ok((stream, _)) = listener.accept().await else {
                tokio::task::yield_now().await;
                continue;
            };
            let (intake, password) = (intake.clone(), password.clone());
            tokio::spawn(async move {
                let _ = attend(stream, &intake, &password).await;
            });
        }
    });
    Ok(Door { file, task })
}

async fn attend(
    stream: tokio::net::TcpStream,
    intake: &Intake,
    password: &str,
) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = tokio::io::BufReader::new(read.take(WORDS)).lines();
    let hello = tokio::time::timeout(PATIENCE, lines.next_line()).await??;
    let Some(Ok(hello)) = hello.map(|l| serde_json::from_str::<Greeting>(&l)) else {
        return Ok(());
    };
    let nonce = hex(&random16(&mut SystemChance));
    let nonces = [hello.nonce.as_str(), nonce.as_str()];
    let mut greeting = serde_json::to_string(&Greeting {
        proof: proof(password, "door", nonces, ""),
        nonce: nonce.clone(),
    })?;
    greeting.push('\n');
    write.write_all(greeting.as_bytes()).await?;
    let line = tokio::time::timeout(PATIENCE, lines.next_line()).await??;
    let Some((proven, words)) = line.as_deref().and_then(|l| l.split_once(' ')) else {
        return Ok(());
    };
    if !same(proven, &proof(password, "asker", nonces, words)) {
        return Ok(());
    }
    let Ok(asked) = serde_json::from_str::<Asked>(words) else {
        return Ok(());
    };
    // A round at a mailbox waits for a line, and the node's thread waits for nobody.
    let said = match Cli::try_parse_from(&asked.args) {
        Ok(Cli {
            command: Command::Collect(args),
            ..
        }) => said_collecting(&args, intake, &asked).await,
        _ => match intake.ask(move |node| said(node, asked)).await {
            Ok(said) => said,
            Err(busy) => Said {
                code: 2,
                out: String::new(),
                err: format!("chibo: {busy}\n"),
            },
        },
    };
    write
        .write_all(serde_json::to_string(&said)?.as_bytes())
        .await?;
    write.shutdown().await
}

/// That who says this knows the password, in a conversation with these two numbers and in no other.
fn proof(password: &str, who: &str, nonces: [&str; 2], words: &str) -> String {
    let hash = Hasher::new("chibo/console/2").part(password.as_bytes());
    let hash = [who, nonces[0], nonces[1], words]
        .iter()
        .fold(hash, |hash, part| hash.part(part.as_bytes()));
    hex(&hash.hash().0)
}

/// Compares without telling by its time how much fits.
fn same(one: &str, other: &str) -> bool {
    let of = |text: &str| Hasher::new("chibo/console/1").part(text.as_bytes()).hash();
    of(one) == of(other)
}

async fn said_collecting(args: &mail::Collect, intake: &Intake, asked: &Asked) -> Said {
    let out = Mutex::new(String::new());
    let voice = Voice {
        lang: asked.lang,
        json: asked.json,
        out: Some(&out),
    };
    let done = mail::collect_now(args, intake, voice).await;
    ended(done, out, asked.lang)
}

/// Does a command in the running node.
fn said(node: &mut OfficeNode, asked: Asked) -> Said {
    let out = Mutex::new(String::new());
    let voice = Voice {
        lang: asked.lang,
        json: asked.json,
        out: Some(&out),
    };
    let done = match Cli::try_parse_from(asked.args) {
        Ok(mut cli) => {
            cli.command.stand_in(&asked.folder);
            if let Some(key) = cli.command.root_key() {
                // Who serves is not asked at its own terminal: where nobody gave a key, it is none.
                key.give(asked.root_key.unwrap_or_default().into());
            }
            act(&cli.command, &mut Kept::Serving(node), voice)
        }
        Err(e) => Err(Fail::Words(e.to_string())),
    };
    ended(done, out, asked.lang)
}

fn ended(done: super::Done, out: Mutex<String>, lang: crate::words::Lang) -> Said {
    let (code, err) = match done {
        Ok(true) => (0, String::new()),
        Ok(false) => (1, String::new()),
        Err(fail) => (2, format!("chibo: {}\n", fail.words(lang))),
    };
    let out = out.into_inner().unwrap_or_default();
    Said { code, out, err }
}

/// Why no node did a command.
pub(crate) enum NoAnswer {
    /// No node says that it serves in this folder, or nobody listens where it did.
    Nobody,
    /// Who listens there does not know the password: the node that wrote it is gone.
    Stranger,
    /// The conversation broke off.
    Failed(Fail),
}

/// That somebody else listens where the node did.
pub(crate) fn stranger(voice: Voice) -> Fail {
    Fail::Words(
        voice
            .say(
                "không máy của xã nào trả lời ở cửa mà tệp console ghi: nơi đó là chương trình khác, chưa gửi gì cho nó",
                "no node answers at the door that the file console names: another program is there, and was told nothing",
            )
            .into(),
    )
}

/// Has the running node do this program's command.
pub(crate) fn ask(
    folder: &Path,
    root_key: Option<&str>,
    voice: Voice,
) -> Result<ExitCode, NoAnswer> {
    let bytes = file::read_up_to(&folder.join(FILE), LINE).map_err(|_| NoAnswer::Nobody)?;
    let door: Address = serde_json::from_slice(&bytes).map_err(|_| NoAnswer::Nobody)?;
    let mut stream = std::net::TcpStream::connect(door.address).map_err(|_| NoAnswer::Nobody)?;
    let nonces = greet(&mut stream, &door.password).ok_or(NoAnswer::Stranger)?;
    converse(stream, &door.password, nonces, root_key, voice)
        .map_err(|e| NoAnswer::Failed(e.into()))
}

/// The numbers of a conversation with who has proven to be the door; nothing but a number of ours was said.
fn greet(stream: &mut std::net::TcpStream, password: &str) -> Option<[String; 2]> {
    let nonce = hex(&random16(&mut SystemChance));
    let hello = Greeting {
        nonce: nonce.clone(),
        proof: String::new(),
    };
    let mut line = serde_json::to_string(&hello).ok()?;
    line.push('\n');
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    stream.write_all(line.as_bytes()).ok()?;
    let mut line = String::new();
    BufReader::new(stream.take(LINE))
        .read_line(&mut line)
        .ok()?;
    let door: Greeting = serde_json::from_str(&line).ok()?;
    let expected = proof(password, "door", [&nonce, &door.nonce], "");
    stream.set_read_timeout(None).ok()?;
    same(&door.proof, &expected).then_some([nonce, door.nonce])
}

fn converse(
    mut stream: std::net::TcpStream,
    password: &str,
    [own, door]: [String; 2],
    root_key: Option<&str>,
    voice: Voice,
) -> std::io::Result<ExitCode> {
    let args = std::env::args_os()
        .map(|a| a.into_string())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| std::io::Error::other("an argument is not UTF-8"))?;
    let words = serde_json::to_string(&Asked {
        args,
        folder: std::env::current_dir()?,
        lang: voice.lang,
        json: voice.json,
        root_key: root_key.map(str::to_owned),
    })?;
    let proof = proof(password, "asker", [&own, &door], &words);
    stream.write_all(format!("{proof} {words}\n").as_bytes())?;
    let mut answer = String::new();
    BufReader::new(stream.take(PRINTED)).read_line(&mut answer)?;
    let said: Said = serde_json::from_str(&answer)
        .map_err(|_| std::io::Error::other("the node that serves here did not answer"))?;
    let _ = std::io::stdout().write_all(said.out.as_bytes());
    let _ = std::io::stderr().write_all(said.err.as_bytes());
    Ok(ExitCode::from(said.code))
}
