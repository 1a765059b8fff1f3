//! Commands while the node serves: the running node does them itself.
//!
//! One process owns a store. So `chibo serve` opens a door for the commands of the same user: a socket
//! on this machine only, whose address and password stand in a file in the data folder that nobody else
//! may read. A command that finds the store in use sends its own words there, and prints what comes back.

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
/// Bytes of a command's words.
const WORDS: u64 = 64 * 1024;
/// Bytes of what a command prints.
const PRINTED: u64 = 64 * 1024 * 1024;
/// How long somebody at the door may take to say what they want.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, Serialize, Deserialize)]
struct Address {
    address: SocketAddr,
    password: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Asked {
    password: String,
    args: Vec<String>,
    folder: PathBuf,
    lang: crate::words::Lang,
    json: bool,
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
    let mut line = String::new();
    let mut reader = tokio::io::BufReader::new(read.take(WORDS));
    tokio::time::timeout(PATIENCE, reader.read_line(&mut line)).await??;
    let Ok(asked) = serde_json::from_str::<Asked>(&line) else {
        return Ok(());
    };
    if same(&asked.password, password) {
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
    }
    write.shutdown().await
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

/// Has the running node do this program's command; `None`: no node says so in this folder.
pub(crate) fn ask(folder: &Path, voice: Voice) -> Option<Result<ExitCode, Fail>> {
    let bytes = std::fs::read(folder.join(FILE)).ok()?;
    let address: Address = serde_json::from_slice(&bytes).ok()?;
    let stream = std::net::TcpStream::connect(address.address).ok()?;
    Some(converse(stream, address.password, voice).map_err(Fail::from))
}

fn converse(
    mut stream: std::net::TcpStream,
    password: String,
    voice: Voice,
) -> std::io::Result<ExitCode> {
    let args = std::env::args_os()
        .map(|a| a.into_string())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| std::io::Error::other("an argument is not UTF-8"))?;
    let asked = Asked {
        password,
        args,
        folder: std::env::current_dir()?,
        lang: voice.lang,
        json: voice.json,
    };
    let mut line = serde_json::to_string(&asked)?;
    line.push('\n');
    stream.write_all(line.as_bytes())?;
    let mut answer = String::new();
    BufReader::new(stream.take(PRINTED)).read_line(&mut answer)?;
    let said: Said = serde_json::from_str(&answer)
        .map_err(|_| std::io::Error::other("the node that serves here did not answer"))?;
    let _ = std::io::stdout().write_all(said.out.as_bytes());
    let _ = std::io::stderr().write_all(said.err.as_bytes());
    Ok(ExitCode::from(said.code))
}
