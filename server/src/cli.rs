//! The command line: every command of `chibo`, its arguments, and how it ends.
//!
//! A command ends with 0 (done), 1 (the answer is no: bad rows, faults, not all handed over) or 2
//! (could not be done; nothing was changed), and in the last case with one clear line on stderr.

mod address;
mod audit;
mod away;
mod backup;
mod bundle;
mod by;
mod case;
mod check_in;
mod conflicts;
mod console;
mod desk;
mod devices;
mod dossier;
mod election;
mod erase;
mod handover;
mod kept;
mod keystore;
mod list;
mod lock;
mod mail;
mod node;
mod own_data;
mod phone;
mod placement;
mod quarantine;
mod record;
mod records;
mod reform;
mod register;
mod remark;
mod right;
mod root_key;
mod roster;
mod sheet;
mod shown;
mod succession;
mod terms;
mod ticket;
mod which_form;

use crate::edge;
use crate::keys::KeyError;
use crate::words::{self, Lang, say};
use chibo_core::author::EditError;
use chibo_core::caution::{Warning, Why};
use chibo_core::kind::Kind;
use chibo_core::store::StoreError;
use clap::{Args, Parser, Subcommand, ValueEnum};
use console::NoAnswer;
use kept::Kept;
use root_key::RootKeyArgs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

/// Chibo: sổ sách chi bộ, ghi không cần mạng / records of a party branch, offline first.
#[derive(Debug, Parser)]
#[command(name = "chibo", version, about, max_term_width = 100)]
pub struct Cli {
    /// Ngôn ngữ / Language (default: from LANG).
    #[arg(long, global = true, value_enum)]
    lang: Option<Lang>,
    /// Một đối tượng JSON trên stdout / One JSON object on stdout.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Lập máy của xã / Make a new node.
    Init(node::Init),
    /// Chạy máy của xã / Run the node.
    Serve(node::Serve),
    /// Nhập danh sách đảng viên / Bring in a roster (.xlsx, .csv).
    Import(roster::Import),
    /// Xuất danh sách đảng viên / Take the roster out (.xlsx, .csv, or a folder of documents).
    Export(roster::Export),
    /// Phiếu đăng ký cho một máy / An enrolment ticket for one device.
    Ticket(node::TicketArgs),
    /// Mở kho bằng mười sáu từ hoặc hai người, đổi cách mở / Open a store with what is on paper; set how it is opened.
    Unlock(lock::Unlock),
    /// Điện thoại / A phone: a complete client.
    Phone(phone::PhoneArgs),
    /// Gửi bằng tệp / The carrier through a file.
    Bundle(bundle::BundleArgs),
    /// Hộp thư kín / A blind mailbox: keeps sealed letters on a public host, for anybody.
    Mailbox(mail::MailboxArgs),
    /// Lấy thư từ hộp thư và trả lời, một lượt / Fetch what lies in mailboxes for the node, and answer, once.
    Collect(mail::Collect),
    /// Những gì không nhận hoặc chờ quyết định / What was refused, or waits for a decision.
    Quarantine(quarantine::QuarantineArgs),
    /// Các máy đã đăng ký / The devices that are enrolled.
    Devices(devices::Devices),
    /// Mọi quyền đã cấp / Every grant, with its chain, term and end.
    Grants(devices::Devices),
    /// Mã mở lại cho máy quên mã PIN / The code for a phone whose PIN is forgotten, to be read out.
    Recovery(devices::RecoveryArgs),
    /// Thu hồi quyền của một máy / Shut a device out.
    Revoke(devices::Revoke),
    /// Xác nhận sau khi khôi phục / Say after a restore what stands again.
    Confirm(devices::Confirm),
    /// Đổi khóa làm việc của máy xã / New working keys for the node.
    RotateKey(devices::RotateKey),
    /// Ai đã xem, in, xuất hồ sơ / Who opened, printed or exported records.
    Audit(audit::Audit),
    /// Các quy định và văn bản nguồn / What the rules say, since when, by which document.
    Regulations(terms::RegulationsArgs),
    /// Lịch một năm: ngày lễ, Tết, ngày làm việc / A year's holidays, Tết and working days.
    Calendar(terms::CalendarArgs),
    /// Việc có hạn / What is due, by when, how late.
    Deadlines(terms::DeadlinesArgs),
    #[command(flatten)]
    Records(Box<records::AtOffice>),
    /// Ai đi xa, ai quá hạn liên hệ / Who is away, and who has not been heard of in time.
    Away(away::AwayArgs),
    /// Chuyển một người hoặc một nơi sang nơi khác / Put a person or place under another.
    Move(node::Move),
    /// Chuyển sinh hoạt, miễn, tạm miễn / Transfers and exemptions that are under way.
    Case(case::CaseArgs),
    /// Các quyết định / What was decided about members.
    Decision(case::DecisionArgs),
    /// Danh sách đảng viên, thẻ, huy hiệu, kỷ luật / The roll as it stands, cards, badges, discipline.
    Register(register::RegisterArgs),
    /// Mục lục hồ sơ giấy, phiếu bổ sung hằng năm / The index of paper dossiers, yearly supplements.
    Dossier(dossier::DossierArgs),
    /// Sắp xếp tổ chức theo quyết định / A reorganisation by decision: preview, apply, undo, confirm.
    Reform(reform::ReformArgs),
    /// Đại hội, bầu cử của chi bộ / A branch's election: ends and gives roles.
    Election(election::ElectionArgs),
    /// Bàn giao giữa bí thư cũ và mới / A branch's work goes from one secretary to the next.
    Succession(succession::SuccessionArgs),
    /// Sinh hoạt tạm thời / Who takes part in a second branch for a time.
    Placement(placement::PlacementArgs),
    /// Chuyển hồ sơ sang máy của nơi khác / Hand a member or branch over to another node, and take one in.
    Handover(handover::HandoverArgs),
    /// Mọi điều đã ghi về một người / All that is recorded about a person, with whose words and who looked.
    OwnData(own_data::OwnDataArgs),
    /// Ý kiến của người được ghi / A person contests a sentence about them; the answer.
    Contest(own_data::ContestArgs),
    /// Xóa hẳn dữ liệu về một người / Forget what is recorded about a person, for good.
    Erase(erase::Erase),
    /// Thời hạn lưu, những gì đến hạn xóa / How long what is kept, and what is due to be forgotten.
    Retention(erase::RetentionArgs),
    /// Dấu vân tay của nội dung / The digest of the state.
    Digest(node::Digest),
    /// Kiểm tra toàn bộ kho / Check every signature, chain, receipt, document and row.
    Verify(node::Data),
    /// Dựng lại các bảng / Make the projection again.
    Rebuild(node::Data),
    /// Sao lưu / Copy the store to a file.
    Backup(backup::Backup),
    /// Khôi phục từ bản sao / Go on from a backup.
    Restore(node::Restore),
    /// Chạy thử cả một huyện trong một năm / Let an invented district live through a year.
    Demo(DemoArgs),
}

/// How much the demo builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DemoSize {
    /// Một chi bộ / One branch.
    Branch,
    /// Một xã: 14 chi bộ, 300 đảng viên / One commune: 14 branches, 300 members.
    Commune,
    /// Một huyện nhỏ: 19 chi bộ, 230 đảng viên, qua sắp xếp 1/7/2025 / A small district: 19 branches, 230 members, with the reform.
    SmallDistrict,
    /// Cả huyện: 398 chi bộ, 8.030 đảng viên / The district: 398 branches, 8,030 members.
    District,
}

/// What the demo is asked.
#[derive(Debug, Clone, Args)]
pub struct DemoArgs {
    /// Quy mô / How much to build.
    #[arg(long, value_enum, default_value = "commune")]
    pub size: DemoSize,
    /// Mọi thứ sinh ra từ số này / Everything follows from it.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Kết thúc khi xong / End at the end.
    #[arg(long)]
    pub once: bool,
    /// One JSON object on stdout.
    #[arg(skip)]
    pub json: bool,
}

/// How a command speaks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Voice<'o> {
    pub lang: Lang,
    pub json: bool,
    /// Where it goes if not to stdout: a command that the running node does for somebody.
    pub out: Option<&'o Mutex<String>>,
}

impl Voice<'_> {
    pub fn say<'a>(&self, vi: &'a str, en: &'a str) -> &'a str {
        say(self.lang, vi, en)
    }

    /// Prints the object with `--json`, the text else. Whoever reads may have gone away.
    pub fn tell(&self, json: &serde_json::Value, text: &str) {
        let _ = self.print(json, text);
    }

    /// Prints one line of several, without `--json`.
    pub fn line(&self, text: &str) {
        if !self.json {
            let _ = self.put(text);
        }
    }

    /// Ends a list whose lines were printed one by one: what it was for `--json`, and words where it is empty.
    pub fn end_list(&self, json: &serde_json::Value, is_empty: bool, vi: &str, en: &str) {
        self.tell(json, if is_empty { self.say(vi, en) } else { "" });
    }

    /// Says what of an edit does not belong here, and gives it back for `--json`.
    pub fn warn(&self, kind: &Kind, warnings: &[Warning]) -> serde_json::Value {
        self.warnings(kind, warnings).into()
    }

    /// The same, each by itself.
    pub fn warnings(&self, kind: &Kind, warnings: &[Warning]) -> Vec<serde_json::Value> {
        let told = warnings.iter().map(|w| {
            let text = words::warning(self.lang, kind, w);
            self.line(&text);
            let words = match &w.why {
                Why::Words(caution) => Some(caution.words.as_str()),
                Why::Rule(_) => None,
            };
            serde_json::json!({"field": w.path, "words": words, "about": w.why.code(),
                               "source": w.why.source().shown(), "verified": w.why.is_verified(), "message": text})
        });
        told.collect()
    }

    /// As [`Voice::tell`], for what must have been read.
    pub fn print(&self, json: &serde_json::Value, text: &str) -> std::io::Result<()> {
        if self.json {
            self.put(&json.to_string())
        } else if !text.is_empty() {
            self.put(text)
        } else {
            Ok(())
        }
    }

    fn put(&self, line: &str) -> std::io::Result<()> {
        if let Some(out) = self.out {
            let mut out = out.lock().unwrap_or_else(PoisonError::into_inner);
            out.push_str(line);
            out.push('\n');
            return Ok(());
        }
        let mut out = std::io::stdout().lock();
        writeln!(out, "{line}")?;
        out.flush()
    }
}

/// Why a command could not be done. Nothing was changed.
#[derive(Debug)]
pub(crate) enum Fail {
    /// In words that are ready.
    Words(String),
    /// A file that could not be read or written.
    File(PathBuf, std::io::Error),
    Field(chibo_core::field::FieldError),
    Store(StoreError),
    Key(KeyError),
    Edit(EditError),
    Carrier(chibo_core::carriers::http::CarrierError),
    Sync(chibo_core::phone::SyncError),
    Seal(chibo_core::seal::SealError),
    Letters(crate::letters::LetterError),
}

impl Fail {
    fn words(&self, lang: Lang) -> String {
        match self {
            Fail::Words(words) => words.clone(),
            Fail::File(path, e) => format!("{}: {}", path.display(), words::io(lang, e)),
            Fail::Field(e) => words::field(lang, e),
            Fail::Store(e) => words::store(lang, e),
            Fail::Key(e) => words::key(lang, e),
            Fail::Edit(e) => words::edit(lang, e),
            Fail::Carrier(e) => words::carrier(lang, e),
            Fail::Sync(e) => words::sync(lang, e),
            Fail::Seal(e) => words::seal(lang, e),
            Fail::Letters(e) => words::letters(lang, e),
        }
    }
}

impl From<StoreError> for Fail {
    fn from(e: StoreError) -> Self {
        Fail::Store(e)
    }
}

impl From<KeyError> for Fail {
    fn from(e: KeyError) -> Self {
        Fail::Key(e)
    }
}

impl From<EditError> for Fail {
    fn from(e: EditError) -> Self {
        Fail::Edit(e)
    }
}

impl From<chibo_core::carriers::http::CarrierError> for Fail {
    fn from(e: chibo_core::carriers::http::CarrierError) -> Self {
        Fail::Carrier(e)
    }
}

impl From<chibo_core::phone::SyncError> for Fail {
    fn from(e: chibo_core::phone::SyncError) -> Self {
        Fail::Sync(e)
    }
}

impl From<chibo_core::seal::SealError> for Fail {
    fn from(e: chibo_core::seal::SealError) -> Self {
        Fail::Seal(e)
    }
}

impl From<crate::letters::LetterError> for Fail {
    fn from(e: crate::letters::LetterError) -> Self {
        Fail::Letters(e)
    }
}

impl From<crate::collect::CollectError> for Fail {
    fn from(e: crate::collect::CollectError) -> Self {
        match e {
            crate::collect::CollectError::Letter(e) => Fail::Letters(e),
            crate::collect::CollectError::Busy(e) => Fail::Words(e.to_string()),
        }
    }
}

impl From<std::io::Error> for Fail {
    fn from(e: std::io::Error) -> Self {
        Fail::Words(e.to_string())
    }
}

/// The failure of a file at this path.
pub(crate) fn at(path: &Path) -> impl FnOnce(std::io::Error) -> Fail {
    let path = path.to_owned();
    move |e| Fail::File(path, e)
}

/// What a command answers: yes or no.
pub(crate) type Done = Result<bool, Fail>;

/// Runs the program.
pub fn run() -> ExitCode {
    crate::panics::install();
    let cli = Cli::parse();
    let voice = Voice {
        lang: cli.lang.unwrap_or_else(Lang::of_environment),
        json: cli.json,
        out: None,
    };
    let done = match &cli.command {
        Command::Init(args) => node::init(args, voice),
        Command::Serve(args) => node::serve(args, voice),
        Command::Restore(args) => node::restore(args, voice),
        Command::Unlock(args) => lock::unlock(args, voice),
        Command::Phone(args) => phone::run(args, voice),
        Command::Mailbox(args) => mail::serve(args, voice),
        Command::Backup(args) if args.check => backup::check(args, voice),
        Command::Demo(args) => {
            let json = voice.json;
            return crate::demo::run(
                &DemoArgs {
                    json,
                    ..args.clone()
                },
                voice.lang,
            );
        }
        Command::Regulations(args) if args.data().is_none() => {
            terms::regulations(args, None, voice)
        }
        Command::Calendar(args) if args.data.is_none() => terms::calendar(args, None, voice),
        on_a_store => match on_a_store.data() {
            Some(data) => match on_store(on_a_store, data, voice) {
                Ok(done) => done,
                Err(code) => return code,
            },
            None => Ok(false),
        },
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(fail) => {
            eprintln!("chibo: {}", fail.words(voice.lang));
            ExitCode::from(2)
        }
    }
}

/// Does a command on the store in its folder, or has the node do it that serves there and ends as that says.
fn on_store(command: &Command, data: &Folder, voice: Voice) -> Result<Done, ExitCode> {
    // The node that serves can ask nobody.
    let root_key = match command.root_key().map(|k| k.given(voice)).transpose() {
        Ok(root_key) => root_key.flatten(),
        Err(fail) => return Ok(Err(fail)),
    };
    let ask = || console::ask(&data.path, root_key, voice);
    // Who serves has typed the passphrase already.
    let mut is_strange = false;
    if crate::keys::must_ask(&data.store()) {
        match ask() {
            Ok(code) => return Err(code),
            Err(e) => is_strange = matches!(e, NoAnswer::Stranger),
        }
    }
    match Kept::open(data, voice) {
        Ok(mut kept) => Ok(match command {
            Command::Collect(args) => mail::collect(args, kept, voice),
            _ => act(command, &mut kept, voice),
        }),
        Err(Fail::Store(StoreError::InUse)) => match ask() {
            Ok(code) => Err(code),
            Err(NoAnswer::Failed(fail)) => Ok(Err(fail)),
            Err(NoAnswer::Stranger) => Ok(Err(console::stranger(voice))),
            Err(NoAnswer::Nobody) => Ok(Err(StoreError::InUse.into())),
        },
        Err(Fail::Key(KeyError::Locked)) if is_strange => Ok(Err(console::stranger(voice))),
        Err(fail) => Ok(Err(fail)),
    }
}

/// Does a command on a store that is open, here or in the node that serves.
fn act(command: &Command, kept: &mut Kept, voice: Voice) -> Done {
    let hands_over = matches!(command, Command::Bundle(_) | Command::Verify(_));
    if let Kept::Phone(handset) = kept
        && !hands_over
        && handset.phone.is_ended(edge::now())?
    {
        return Err(Fail::Edit(EditError::Ended));
    }
    shown::note(command, kept, voice)?;
    match command {
        Command::Import(args) => roster::import(args, kept, voice),
        Command::Export(args) => roster::export(args, kept, voice),
        Command::Ticket(args) => node::ticket(args, kept, voice),
        Command::Bundle(args) => bundle::run(args, kept, voice),
        Command::Quarantine(args) => quarantine::run(args, kept, voice),
        Command::Devices(args) => devices::list(args, kept, voice),
        Command::Grants(_) => devices::grants(kept, voice),
        Command::Recovery(args) => devices::recovery(args, kept, voice),
        Command::Revoke(args) => devices::revoke(args, kept, voice),
        Command::Confirm(args) => devices::confirm(args, kept, voice),
        Command::RotateKey(args) => devices::rotate_key(args, kept, voice),
        Command::Audit(args) => audit::audit(args, kept, voice),
        Command::Regulations(args) => terms::regulations(args, Some(kept), voice),
        Command::Calendar(args) => terms::calendar(args, Some(kept), voice),
        Command::Deadlines(args) => terms::deadlines(args, kept, voice),
        Command::Records(args) => args.run(&mut desk::desk(kept), voice),
        Command::Away(args) => away::run(args, kept, voice),
        Command::Move(args) => node::move_place(args, kept, voice),
        Command::Case(args) => case::at_desk(args, kept, voice),
        Command::Decision(args) => case::decisions_at_desk(args, kept, voice),
        Command::Register(args) => register::at_desk(args, kept, voice),
        Command::Dossier(args) => dossier::at_desk(args, kept, voice),
        Command::Reform(args) => reform::run(args, kept, voice),
        Command::Election(args) => election::run(args, kept, voice),
        Command::Succession(args) => succession::run(args, kept, voice),
        Command::Placement(args) => placement::run(args, kept, voice),
        Command::Handover(args) => handover::run(args, kept, voice),
        Command::OwnData(args) => own_data::at_desk(args, kept, voice),
        Command::Contest(args) => own_data::contest_at_desk(args, kept, voice),
        Command::Erase(args) => erase::erase(args, kept, voice),
        Command::Retention(args) => erase::retention(args, kept, voice),
        Command::Digest(args) => node::digest(args, kept, voice),
        Command::Verify(_) => node::verify(kept, voice),
        Command::Rebuild(_) => node::rebuild(kept, voice),
        Command::Backup(args) => backup::write(args, kept, voice),
        Command::Init(_)
        | Command::Serve(_)
        | Command::Restore(_)
        | Command::Unlock(_)
        | Command::Phone(_)
        | Command::Mailbox(_)
        | Command::Collect(_)
        | Command::Demo(_) => Err(Fail::Store(StoreError::InUse)),
    }
}

impl Command {
    /// The folder of the store that the command works on, for those that [`act`] does.
    fn data(&self) -> Option<&Folder> {
        match self {
            Command::Import(args) => Some(&args.data),
            Command::Export(args) => Some(&args.data),
            Command::Ticket(args) => Some(&args.data),
            Command::Bundle(args) => Some(args.data()),
            Command::Quarantine(args) => Some(args.data()),
            Command::Devices(args) | Command::Grants(args) => Some(&args.data),
            Command::Confirm(args) => Some(&args.data),
            Command::RotateKey(args) => Some(&args.data),
            Command::Recovery(args) => Some(&args.data),
            Command::Revoke(args) => Some(&args.data),
            Command::Audit(args) => Some(&args.data),
            Command::Regulations(args) => args.data(),
            Command::Calendar(args) => args.data.as_ref(),
            Command::Deadlines(args) => Some(&args.data),
            Command::Records(args) => args.folder(),
            Command::Away(args) => Some(&args.data),
            Command::Move(args) => Some(&args.data),
            Command::Case(args) => Some(args.data()),
            Command::Decision(args) => Some(args.data()),
            Command::Register(args) => Some(&args.data),
            Command::Dossier(args) => Some(&args.data),
            Command::Reform(args) => Some(args.data()),
            Command::Election(args) => Some(&args.data),
            Command::Succession(args) => Some(args.data()),
            Command::Placement(args) => Some(args.data()),
            Command::Handover(args) => Some(args.data()),
            Command::OwnData(args) => Some(&args.data),
            Command::Contest(args) => Some(args.data()),
            Command::Erase(args) => Some(&args.data),
            Command::Retention(args) => Some(&args.data),
            Command::Digest(args) => Some(&args.data),
            Command::Verify(args) | Command::Rebuild(args) => Some(&args.data),
            Command::Backup(args) => Some(&args.data),
            Command::Collect(args) => Some(&args.data),
            Command::Init(_)
            | Command::Serve(_)
            | Command::Restore(_)
            | Command::Unlock(_)
            | Command::Phone(_)
            | Command::Mailbox(_)
            | Command::Demo(_) => None,
        }
    }

    /// The root key, for a command that needs it and that the node may do which serves.
    fn root_key(&self) -> Option<&RootKeyArgs> {
        match self {
            Command::RotateKey(args) => Some(&args.root_key),
            _ => None,
        }
    }

    /// Takes the names of files as seen from this folder.
    fn stand_in(&mut self, folder: &Path) {
        let file = match self {
            Command::Import(args) => &mut args.file,
            Command::Export(args) => &mut args.out,
            Command::Bundle(args) => args.file_mut(),
            Command::Backup(args) => &mut args.file,
            Command::OwnData(args) => match args.file_mut() {
                Some(file) => file,
                None => return,
            },
            Command::Handover(args) => return args.stand_in(folder),
            Command::Placement(args) => return args.stand_in(folder),
            Command::Reform(args) => match args.file_mut() {
                Some(file) => file,
                None => return,
            },
            _ => return,
        };
        *file = folder.join(&*file);
    }
}

/// Where a node's or a phone's folder lies.
#[derive(Debug, Clone, Args)]
pub(crate) struct Folder {
    /// Thư mục dữ liệu / The data folder.
    #[arg(long = "data", value_name = "DIR")]
    pub path: PathBuf,
    /// Tệp chứa mật khẩu hoặc mã PIN / A file whose first line is the passphrase or PIN (else CHIBO_PASSPHRASE,
    /// CHIBO_PIN, or the terminal).
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

impl Folder {
    /// The store that lies here: a phone's if there is only that.
    pub fn store(&self) -> PathBuf {
        match self.phone_store().exists() && !self.node_store().exists() {
            true => self.phone_store(),
            false => self.node_store(),
        }
    }

    pub fn node_store(&self) -> PathBuf {
        self.path.join("node.db")
    }

    pub fn phone_store(&self) -> PathBuf {
        self.path.join(crate::handset::STORE)
    }
}
