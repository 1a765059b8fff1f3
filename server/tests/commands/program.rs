//! Runs the built program and looks at how it ended.

use chibo_people::{Member, someone};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A program that has ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chibo"));
    for name in ["LC_ALL", "LC_MESSAGES", "LANG"] {
        command.env_remove(name);
    }
    for name in ["PIN", "NEW_PIN", "PASSPHRASE", "KEY_FILE", "ROOT_KEY"] {
        command.env_remove(format!("CHIBO_{name}"));
    }
    command.env("CHIBO_BACKUP_PASSPHRASE", PASSPHRASE);
    command.args(args).stdin(Stdio::null());
    command
}

/// What phones' backups are sealed with.
pub const PASSPHRASE: &str = "tre làng Gióng";

/// Runs `chibo` with another passphrase, or none.
pub fn chibo_knowing(passphrase: Option<&str>, args: &[&str]) -> Ran {
    let mut command = command(args);
    match passphrase {
        Some(words) => command.env("CHIBO_BACKUP_PASSPHRASE", words),
        None => command.env_remove("CHIBO_BACKUP_PASSPHRASE"),
    };
    ran(command.output().unwrap())
}

/// Runs `chibo` with these arguments, in a language of the environment.
pub fn chibo_in(lang: &str, args: &[&str]) -> Ran {
    chibo_with(&[("LANG", lang)], args)
}

/// Runs `chibo` with these arguments and these variables in its environment.
pub fn chibo_with(env: &[(&str, &str)], args: &[&str]) -> Ran {
    ran(command(args).envs(env.iter().copied()).output().unwrap())
}

/// Runs `chibo` with these arguments; this is what it reads.
pub fn chibo_reading(stdin: &str, args: &[&str]) -> Ran {
    let piped = command(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = piped.unwrap();
    let mut into = child.stdin.take().unwrap();
    into.write_all(stdin.as_bytes()).unwrap();
    drop(into);
    ran(child.wait_with_output().unwrap())
}

/// Runs `chibo` with these arguments, and does not wait for ever: what hangs has failed.
#[track_caller]
pub fn chibo_in_time(args: &[&str]) -> Ran {
    let piped = command(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = piped.unwrap();
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > Duration::from_secs(60) {
            child.kill().unwrap();
            panic!("it hangs: {args:?}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    ran(child.wait_with_output().unwrap())
}

fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs `chibo` with these arguments.
pub fn chibo(args: &[&str]) -> Ran {
    chibo_in("C", args)
}

impl Ran {
    /// It did what it was asked.
    #[track_caller]
    pub fn done(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    /// The answer is no.
    #[track_caller]
    pub fn no(self) -> Self {
        assert_eq!(self.code, Some(1), "{self:?}");
        self
    }

    /// It could not be done, and says why in one line and nowhere else.
    #[track_caller]
    pub fn refused(self) -> String {
        assert_eq!(self.code, Some(2), "{self:?}");
        assert_eq!(self.err.lines().count(), 1, "{self:?}");
        assert_eq!(self.out, "", "{self:?}");
        assert!(!self.err.contains("panicked"), "{self:?}");
        self.err
    }

    /// The one object on stdout.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        assert_eq!(self.out.lines().count(), 1, "{self:?}");
        serde_json::from_str(&self.out).unwrap()
    }
}

/// A folder of its own, removed at the end.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        Place(TempDir::new().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn at(&self, name: &str) -> String {
        self.path().join(name).to_str().unwrap().to_owned()
    }
}

/// A commune's office with one branch of three members.
pub struct Office {
    pub folder: Place,
    pub data: String,
    pub root_key: String,
}

/// The members of its branch: Quang, Ấm and An.
pub fn people() -> [Member; 3] {
    ["Đinh Văn Quang", "Nguyễn Thị Ấm", "Trần Đức An"].map(someone)
}

/// The columns that a village's list mostly has.
pub const COLUMNS: [&str; 5] = ["full_name", "sex", "born", "card_number", "status"];

/// The roster that the office begins with.
pub fn roster() -> String {
    chibo_people::roster("Chi bộ Xóm 5", &people(), &COLUMNS)
}

impl Office {
    pub fn new() -> Self {
        let folder = Place::new();
        let data = folder.at("xa");
        let made = chibo(&[
            "init",
            "--data",
            &data,
            "--name",
            "Đảng ủy xã Xuân Trường",
            "--json",
        ])
        .done()
        .json();
        let roster = folder.at("roster.csv");
        std::fs::write(&roster, self::roster()).unwrap();
        chibo(&["import", "--data", &data, &roster]).done();
        Office {
            data,
            root_key: made["root_key"].as_str().unwrap().to_owned(),
            folder,
        }
    }

    /// Brings in a roster of these people, all that their records say.
    pub fn takes_in(&self, branch: &str, people: &[Member]) -> serde_json::Value {
        let roster = self.folder.at("more.csv");
        std::fs::write(&roster, chibo_people::roster(branch, people, &[])).unwrap();
        let args = [
            "import",
            "--data",
            &self.data,
            &roster,
            "--json",
            "--by-other",
        ];
        chibo(&args).done().json()
    }

    /// A ticket for somebody who is no member here, or for the member themself; where the node will be reached is not
    /// known yet.
    pub fn ticket(&self, role: &str, scope: &str) -> String {
        match role {
            "member" => self.ticket_with(role, scope, &[]),
            _ => self.ticket_with(role, scope, &["--not-a-member"]),
        }
    }

    /// A ticket for this member.
    pub fn ticket_for(&self, role: &str, scope: &str, person: &str) -> String {
        self.ticket_with(role, scope, &["--person", person])
    }

    fn ticket_with(&self, role: &str, scope: &str, more: &[&str]) -> String {
        let args = [
            "ticket", "--data", &self.data, "--scope", scope, "--role", role, "--json",
        ];
        let ticket = chibo(&[&args[..], more].concat()).done().json()["ticket"].clone();
        ticket.as_str().unwrap().to_owned()
    }

    pub fn serve(&self) -> Serving {
        Serving::start(&self.data)
    }

    /// Goes on from a backup, with new keys.
    #[track_caller]
    pub fn restore(&self, backup: &str) -> Ran {
        chibo(&[
            "restore",
            "--data",
            &self.data,
            backup,
            "--force",
            "--confirm",
            "--root-key",
            &self.root_key,
        ])
        .done()
    }

    /// Says yes to what devices brought back, as it is listed now.
    #[track_caller]
    pub fn confirm(&self) -> Ran {
        let listed = chibo(&["confirm", "--data", &self.data, "--json"]).json();
        let code = listed["code"].as_str().unwrap().to_owned();
        chibo(&["confirm", "--data", &self.data, "--yes", &code, "--json"]).done()
    }

    /// The digests of what lies at a place and below it.
    pub fn digest(&self, scope: &str) -> serde_json::Value {
        chibo(&["digest", "--data", &self.data, "--scope", scope, "--json"])
            .done()
            .json()
    }
}

/// A phone in a folder.
pub struct Phone {
    pub data: String,
}

impl Phone {
    pub fn new(folder: &Place, name: &str) -> Self {
        Phone {
            data: folder.at(name),
        }
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        chibo(&[&["phone", "--data", &self.data, "--json"], args].concat())
    }

    /// Enrols at the node that serves at `url`.
    #[track_caller]
    pub fn enrol(&self, ticket: &str, url: &str) {
        self.run(&["enrol", ticket, "--url", url]).done();
    }

    /// Syncs until all is handed over.
    #[track_caller]
    pub fn sync(&self) -> serde_json::Value {
        let told = self.run(&["sync"]).done().json();
        assert_eq!(told["synced"], true);
        told
    }

    pub fn digest(&self, scope: &str) -> serde_json::Value {
        chibo(&["digest", "--data", &self.data, "--scope", scope, "--json"])
            .done()
            .json()
    }
}

/// A node or a mailbox that serves.
pub struct Serving {
    child: Child,
    // Kept open: a closed pipe would be one more way for the node to end.
    _out: BufReader<ChildStdout>,
    pub url: String,
    /// All of its first line.
    pub told: serde_json::Value,
}

impl Serving {
    /// Starts it on a port that is free.
    pub fn start(data: &str) -> Self {
        Self::start_with(data, &[])
    }

    /// Starts it with more arguments.
    pub fn start_with(data: &str, more: &[&str]) -> Self {
        let args = ["serve", "--data", data, "--listen", "127.0.0.1:0", "--json"];
        Self::run(&[&args, more].concat())
    }

    /// Starts something that says its address in its first line.
    pub fn run(args: &[&str]) -> Self {
        Self::spawn(&mut command(args))
    }

    /// Starts a node whose errors go to a file.
    pub fn start_noting(data: &str, errors: &str) -> Self {
        let args = ["serve", "--data", data, "--listen", "127.0.0.1:0", "--json"];
        Self::run_noting(&args, errors)
    }

    /// Starts something that says its address in its first line, and whose errors go to a file.
    pub fn run_noting(args: &[&str], errors: &str) -> Self {
        let errors = std::fs::File::create(errors).unwrap();
        Self::spawn(command(args).stderr(errors))
    }

    fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let told: serde_json::Value = serde_json::from_str(&line).unwrap();
        Serving {
            child,
            _out: out,
            url: told["address"].as_str().unwrap().to_owned(),
            told,
        }
    }

    /// Asks it to end, and gives back what it said since it began.
    pub fn said(mut self) -> String {
        let id = self.child.id().to_string();
        assert!((Command::new("kill").args(["-TERM", &id]).status().unwrap()).success());
        let mut said = String::new();
        self._out.read_to_string(&mut said).unwrap();
        self.child.wait().unwrap();
        said
    }

    /// Asks it to end, and waits.
    pub fn terminate(mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap()
    }

    /// Ends it as a power cut does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Opens the phone in a folder, as its own program would.
pub fn handset(data: &str) -> chibo_server::handset::Handset {
    let folder = Path::new(data);
    let key = chibo_server::keys::open(&folder.join("phone.db"), &mut || Ok(None)).unwrap();
    chibo_server::handset::Handset::open(folder, &key).unwrap()
}
