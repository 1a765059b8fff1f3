//! `chibo phone`: a complete client on the same core that the Android app uses.

use super::desk::{Desk, branch_of, place_of};
use super::lock::said_or_read;
use super::shown::{self, Seen};
use super::{
    Done, Fail, Folder, Voice, at, away, bundle, case, dossier, mail, own_data, placement, record,
    records, register as roll, right, succession, terms,
};
use crate::edge::{SystemChance, now};
use crate::handset::{Handset, address_of, folder_of, names_in, node_of, whole_ticket};
use crate::keys::{self, Daily, KeyError};
use crate::letters;
use crate::words::{self, Lang};
use chibo_core::author::{Author, EditError};
use chibo_core::carriers::http::{HttpNode, Options};
use chibo_core::date::PartialDate;
use chibo_core::domain::look::Look;
use chibo_core::enrol::Given;
use chibo_core::field;
use chibo_core::kind::{self, FieldType, Kind};
use chibo_core::lock::{Opening, RecoveryCode};
use chibo_core::log::End;
use chibo_core::phone::{Outcome, Problem, SyncError};
use chibo_core::place::PlaceKind;
use chibo_core::store::StoreError;
use chibo_core::store::sqlite::Find;
use chibo_core::wire::Wait;
use chibo_device::say;
use chibo_device::words as shared;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressDrawTarget};
use serde_json::json;
use std::path::PathBuf;
use zeroize::Zeroizing;

#[derive(Debug, Args)]
pub(crate) struct PhoneArgs {
    #[command(flatten)]
    data: Folder,
    /// Máy chung, hoặc một người có nhiều vai trò: mỗi tên một kho, một khóa, một mã PIN riêng / On a shared
    /// device, or for somebody with several roles: each name has a store, a key and a PIN of its own.
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
    #[command(subcommand)]
    what: What,
}

impl PhoneArgs {
    fn folder(&self, voice: Voice) -> Result<Folder, Fail> {
        let path = match &self.name {
            Some(name) => folder_of(&self.data.path, name).ok_or_else(|| {
                let (vi, en) = (
                    "tên sau --as chỉ gồm a–z, 0–9 và -, từ 1 đến 32 ký tự",
                    "a name after --as is 1 to 32 of a–z, 0–9 and -",
                );
                Fail::Words(voice.say(vi, en).into())
            })?,
            None => self.data.path.clone(),
        };
        Ok(Folder {
            path,
            ..self.data.clone()
        })
    }
}

/// Where a device that has no line to its node leaves its request to be known.
#[derive(Debug, Args)]
pub(super) struct ByLetter {
    /// Không có mạng đến xã: qua hộp thư này / No line to the node: through this mailbox.
    #[arg(long)]
    mailbox: Option<String>,
    /// Không có mạng đến xã: ghi vào tệp này (USB) / No line to the node: into this file, on a stick.
    #[arg(long, conflicts_with = "mailbox")]
    stick: Option<PathBuf>,
}

impl ByLetter {
    pub(super) fn is_meant(&self) -> bool {
        self.mailbox.is_some() || self.stick.is_some()
    }

    pub(super) fn send(&self, handset: &mut Handset, voice: Voice) -> Done {
        match (&self.mailbox, &self.stick) {
            (Some(url), _) => mail::visit(handset, url, voice),
            (None, Some(file)) => {
                bundle::put_on_stick(bundle::For::Node, handset, file, voice)?;
                let words = words::asked_by_letter(voice.lang);
                voice.tell(&json!({"enrolled": false, "file": file}), words);
                Ok(false)
            }
            (None, None) => Ok(false),
        }
    }
}

#[derive(Debug, Subcommand)]
enum What {
    /// Đăng ký bằng phiếu / Enrol with a ticket.
    Enrol {
        /// Phiếu, hoặc mã ngắn của phiếu (cần --url); - đọc từ stdin / The ticket, or its short code (with --url); - reads
        /// it from stdin, where no other program sees it.
        ticket: String,
        /// Địa chỉ của xã, nếu gõ mã ngắn hoặc đã đổi / The node's address, with a short code or if it has changed since.
        #[arg(long)]
        url: Option<String>,
        /// Mã PIN của máy này, ít nhất 6 ký tự / This phone's PIN (else CHIBO_PIN, or asked on the terminal).
        #[arg(long)]
        pin: Option<String>,
        #[command(flatten)]
        by: ByLetter,
    },
    /// Đặt hoặc đổi mã PIN / Set or change the PIN; the one there is: CHIBO_PIN, or asked on the terminal.
    SetPin {
        /// Quên mã PIN: mã mở lại mà văn phòng đọc cho; - đọc từ stdin / The PIN is forgotten: the code that the office
        /// reads out; - reads it from stdin.
        #[arg(long)]
        code: Option<String>,
        /// Mã mới / The new one (else CHIBO_NEW_PIN, or asked on the terminal).
        #[arg(long)]
        new: Option<String>,
    },
    /// Gửi và nhận ngay / Hand over and take in now.
    Sync {
        /// Địa chỉ của xã, nếu đã đổi / The node's address, if it has changed.
        #[arg(long)]
        url: Option<String>,
        /// Qua hộp thư này, khi máy của xã không bật / Through this mailbox, while the node is off.
        #[arg(long, conflicts_with = "url")]
        mailbox: Option<String>,
    },
    #[command(flatten)]
    Records(Box<records::OnPhone>),
    /// Bỏ những sửa đổi chưa gửi / Take back what was edited and not sent.
    Undo { id: String },
    /// Điểm danh / Mark attendance: MEMBER=CODE.
    Attend {
        /// Ngày họp / The meeting's day.
        date: String,
        #[arg(required = true)]
        marks: Vec<String>,
        /// Chi bộ, nếu máy này giữ nhiều / The branch, where this device keeps several.
        #[arg(long)]
        branch: Option<String>,
    },
    /// Sinh hoạt tạm thời / Who takes part here from elsewhere, or elsewhere for a time; their dues, a remark.
    Placements {
        #[command(subcommand)]
        what: Option<placement::OnPhone>,
    },
    /// Bàn giao giữa bí thư cũ và mới / The branch's work goes from one secretary to the next: two phones, one stick.
    Succession {
        #[command(subcommand)]
        what: succession::OnPhone,
    },
    /// Việc có hạn / What is due, by when, how late.
    Deadlines {
        /// Cả việc đã xong / What is done as well.
        #[arg(long)]
        all: bool,
    },
    /// Chuyển sinh hoạt, miễn, tạm miễn / Transfers and exemptions that are under way.
    Case {
        #[command(subcommand)]
        what: case::CaseWhat,
    },
    /// Các quyết định / What was decided.
    Decision {
        #[command(subcommand)]
        what: case::DecisionWhat,
    },
    /// Danh sách đảng viên, thẻ, huy hiệu, kỷ luật / The roll as it stands, cards, badges, discipline.
    Register {
        #[command(subcommand)]
        what: roll::RegisterWhat,
    },
    /// Mục lục hồ sơ giấy, phiếu bổ sung hằng năm / The index of paper dossiers, yearly supplements.
    Dossier {
        #[command(subcommand)]
        what: dossier::DossierWhat,
    },
    /// Mọi điều đã ghi về tôi / All that is recorded about me; for a secretary, about a member.
    #[command(visible_alias = "me")]
    OwnData(own_data::Mine),
    /// Ý kiến về nội dung đã ghi / Contest a sentence, or answer.
    Contest {
        #[command(subcommand)]
        what: own_data::ContestWhat,
    },
    #[command(flatten)]
    Away(away::OnPhone),
    /// Còn gì chưa gửi / What waits.
    Status {
        /// Đã báo đảng ủy cấp trên chuyện xã cho hai máy biết khác nhau / It was reported to the committee above that the
        /// node told two devices differently.
        #[arg(long)]
        reported: bool,
    },
    /// Phiếu đăng ký cho một đảng viên, không cần mạng / A ticket for a member, without a line.
    Ticket(right::TicketArgs),
    /// Mã mở lại máy của người trong chi bộ quên mã PIN / The code for a colleague who forgot a PIN, to read out.
    Recovery(right::RecoveryArgs),
    /// Đổi khóa của máy này / Change this device's key.
    RotateKey(ByLetter),
    /// Những người, những vai trò có kho trên máy này / Whose stores there are on this device.
    Names,
}

impl What {
    /// What it shows, for the log of looks. Those that show one record or all of one's own data note it where they read it.
    fn shows(&self) -> Seen<'_> {
        match self {
            What::Deadlines { .. } => Seen::All,
            What::Records(what) => what.shows(),
            What::Placements { what } => match what {
                None => Seen::All,
                Some(_) => Seen::Nothing,
            },
            What::Case { what } => what.shows(),
            What::Decision { what } => what.shows(),
            What::Register { what } => what.shows(),
            What::Dossier { what } => what.shows(),
            What::Away(what) => what.shows(),
            What::OwnData(_)
            | What::Enrol { .. }
            | What::SetPin { .. }
            | What::Sync { .. }
            | What::Undo { .. }
            | What::Attend { .. }
            | What::Succession { .. }
            | What::Contest { .. }
            | What::Status { .. }
            | What::Ticket(_)
            | What::Recovery(_)
            | What::RotateKey(_)
            | What::Names => Seen::Nothing,
        }
    }

    /// How it shows it.
    fn look(&self) -> Look {
        match self {
            What::Case { what } => what.look(),
            _ => Look::Opened,
        }
    }
}

pub(crate) fn run(args: &PhoneArgs, voice: Voice) -> Done {
    let folder = args.folder(voice)?;
    match &args.what {
        What::Names => return names(&args.data, voice),
        What::Enrol {
            ticket,
            url,
            pin,
            by,
        } => {
            return enrol(&folder, ticket, (url.as_deref(), by), pin.as_deref(), voice);
        }
        What::SetPin { new, code } => {
            return set_pin(&folder, new.as_deref(), code.as_deref(), voice);
        }
        _ => {}
    }
    let key = folder.key(&folder.phone_store(), voice)?;
    let mut handset = Handset::open(&folder.path, &key)?;
    let shut = match &args.what {
        What::Sync { .. } | What::Status { .. } => false,
        What::Succession { what } => !what.is_last(),
        _ => true,
    };
    if shut && handset.phone.is_ended(now())? {
        return Err(Fail::Edit(EditError::Ended));
    }
    if matches!(args.what, What::Sync { .. }) {
        handset.tend_recovery(&key)?;
    }
    let (shown, look) = (args.what.shows(), args.what.look());
    shown::note_seen(shown, look, &mut Desk::Phone(&mut handset), voice)?;
    match &args.what {
        What::Enrol { .. } | What::SetPin { .. } | What::Names => Ok(true),
        What::Sync {
            mailbox: Some(mailbox),
            ..
        } => mail::visit(&mut handset, mailbox, voice),
        What::Sync { url, .. } => sync(&mut handset, url.as_deref(), voice),
        What::Records(what) => what.run(&mut Desk::Phone(&mut handset), voice),
        What::Undo { id } => undo(&mut handset, id, voice),
        What::Attend {
            date,
            marks,
            branch,
        } => attend(&mut handset, date, marks, branch.as_deref(), voice),
        What::Placements { what } => placement::on_phone(what.as_ref(), &mut handset, voice),
        What::Succession { what } => succession::on_phone(what, &mut handset, voice),
        What::Deadlines { all } => {
            let phone = &handset.phone;
            terms::tell_deadlines(phone.store(), phone.tree(), None, *all, voice)
        }
        What::Case { what } => case::on_phone(what, &mut handset, voice),
        What::Decision { what } => case::decisions_on_phone(what, &mut handset, voice),
        What::Register { what } => roll::on_phone(what, &mut handset, voice),
        What::Dossier { what } => dossier::on_phone(what, &mut handset, voice),
        What::OwnData(args) => own_data::on_phone(args, &mut handset, voice),
        What::Contest { what } => own_data::contest_on_phone(what, &mut handset, voice),
        What::Away(what) => away::on_phone(what, &handset, voice),
        What::Status { reported } => status(&mut handset, *reported, voice),
        What::Ticket(args) => right::ticket(args, &mut handset, voice),
        What::Recovery(args) => right::recovery(args, &handset, voice),
        What::RotateKey(by) => right::rotate_key(&mut handset, by, voice),
    }
}

pub(super) fn runtime() -> Result<tokio::runtime::Runtime, Fail> {
    Ok(tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?)
}

/// The phone's PIN as given, or as asked for; `None`: nobody gave one, so a key file opens the store.
fn new_pin(
    data: &Folder,
    pin: Option<&str>,
    in_place_of_old: bool,
    voice: Voice,
) -> Result<Option<Zeroizing<String>>, Fail> {
    match pin {
        Some(pin) => Ok(Some(Zeroizing::new(pin.to_owned()))),
        None => data.new_secret(&data.phone_store(), in_place_of_old, voice),
    }
}

fn set_pin(data: &Folder, new: Option<&str>, code: Option<&str>, voice: Voice) -> Done {
    let store = data.phone_store();
    if let Some(code) = code {
        return set_forgotten_pin(data, new, code, voice);
    }
    let key = data.key(&store, voice)?;
    let pin = new_pin(data, new, true, voice)?.ok_or(KeyError::Locked)?;
    keys::protect(&store, &key, &Daily::Passphrase(pin))?;
    voice.tell(
        &json!({"protected": true}),
        voice.say("Đã đặt mã PIN.", "The PIN is set."),
    );
    Ok(true)
}

/// A new PIN in the place of a forgotten one, by the code that the office reads out. The store is not touched, so
/// what was not sent stays.
fn set_forgotten_pin(data: &Folder, new: Option<&str>, code: &str, voice: Voice) -> Done {
    let store = data.phone_store();
    if !store.exists() {
        return Err(StoreError::Missing.into());
    }
    let code = said_or_read(code, voice.say("Mã mở lại", "The code"))?;
    // A misheard digit is told before anything is tried, and counts as no try.
    let code = RecoveryCode::from_text(&code).map_err(KeyError::from)?;
    let pin = new_pin(data, new, true, voice)?.ok_or(KeyError::Locked)?;
    keys::recover(&store, &code, &Daily::Passphrase(pin))?;
    voice.tell(
        &json!({"protected": true, "recovered": true}),
        voice.say(
            "Đã đặt mã PIN mới; mọi thứ trên máy còn nguyên. Mã mở lại này không dùng được nữa: máy sẽ gửi mã khác \
             cho văn phòng ở lần gửi tới.",
            "The new PIN is set; everything on this phone is as it was. The code is worth nothing any more: the phone \
             hands another to the office at the next sync.",
        ),
    );
    Ok(true)
}

/// The phone in the folder, made if there is none; and whether a PIN protects it.
fn phone_in(data: &Folder, pin: Option<&str>, voice: Voice) -> Result<(Handset, bool), Fail> {
    let store = data.phone_store();
    if store.exists() {
        let opened = match pin {
            // An earlier try to enrol has set it.
            Some(pin) if keys::must_ask(&store) => {
                keys::open_with(&store, &Opening::Passphrase(pin))?
            }
            _ => data.key(&store, voice)?,
        };
        if let Some(pin) = pin {
            let pin = Zeroizing::new(pin.to_owned());
            keys::protect(&store, &opened, &Daily::Passphrase(pin))?;
        }
        let is_protected = keys::must_ask(&store);
        return Ok((Handset::open(&data.path, &opened)?, is_protected));
    }
    let pin = new_pin(data, pin, false, voice)?;
    let is_protected = pin.is_some();
    std::fs::create_dir_all(&data.path).map_err(at(&data.path))?;
    let key = keys::make(&store, &pin.map_or(Daily::KeyFile(None), Daily::Passphrase))?;
    let handset = Handset::create(&data.path, &key, &mut SystemChance)?;
    Ok((handset, is_protected))
}

fn enrol(
    data: &Folder,
    ticket: &str,
    (url, by): (Option<&str>, &ByLetter),
    pin: Option<&str>,
    voice: Voice,
) -> Done {
    let said = said_or_read(ticket, voice.say("Phiếu đăng ký", "The ticket"))?;
    let words = |both| Fail::Words(words::both(voice.lang, both));
    let given = Given::from_text(said.trim()).map_err(|e| words(shared::no_ticket(e)))?;
    if by.is_meant() && matches!(given, Given::Code(_)) {
        return Err(words(shared::code_needs_line()));
    }
    let address = address_of(&given, url).ok_or_else(|| words(shared::code_needs_address()))?;
    if !by.is_meant() {
        // What is no address says so before a store is made.
        HttpNode::new(&address, &Options::default())?;
    }
    let (mut handset, is_protected) = phone_in(data, pin, voice)?;
    if handset.phone.author().is_some() {
        return Err(Fail::Words(
            voice
                .say("máy này đã đăng ký rồi", "this device is enrolled already")
                .into(),
        ));
    }
    let runtime = runtime()?;
    let key = handset.phone.public_key();
    let ticket = runtime.block_on(whole_ticket(given, &address, key))?;
    match by.is_meant() {
        false => {
            let node = node_of(&ticket, &address)?;
            runtime.block_on(node.enrol(&ticket, &mut handset.phone))?;
        }
        true => handset.phone.enrol_by_letter(&ticket)?,
    }
    handset.keep_url(&address)?;
    if !is_protected {
        voice.line(voice.say(
            "CHÚ Ý: máy này không có mã PIN, ai có thư mục này thì đọc được tất cả. Đặt mã: `chibo phone set-pin`.",
            "NOTE: this phone has no PIN, and who has this folder can read everything. Set one: `chibo phone set-pin`.",
        ));
    }
    if by.is_meant() {
        return by.send(&mut handset, voice);
    }
    let number = handset.phone.own_grant()?.map(|g| g.confirmation());
    let number = number.unwrap_or_default();
    voice.tell(
        &json!({"enrolled": true, "role": ticket.role.name(), "place": ticket.place,
                "confirmation": number, "protected": is_protected}),
        &format!(
            "{} {number}. {}",
            voice.say(
                "Đã đăng ký. Số đối chiếu với danh sách máy ở văn phòng:",
                "Enrolled. The number to compare with the office's list of devices:"
            ),
            voice.say(
                "Chạy `sync` để nhận hồ sơ.",
                "Run `sync` to get the records."
            )
        ),
    );
    Ok(true)
}

fn sync(handset: &mut Handset, url: Option<&str>, voice: Voice) -> Done {
    if handset.phone.author().is_none() {
        return Err(Fail::Sync(SyncError::NotEnrolled));
    }
    let (node, address) = home(handset, url)?;
    let bar = if voice.json {
        ProgressBar::hidden()
    } else {
        ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr())
    };
    let mut last = chibo_core::carriers::http::Progress::default();
    let result = runtime()?.block_on(handset.sync(&node, &now, &mut SystemChance, &mut |p| {
        last = *p;
        bar.set_message(format!("{} B", p.bytes_down));
        bar.tick();
    }));
    bar.finish_and_clear();
    let outcome = result?;
    // While work of its own waits, it stays and is told as any other whose role is over.
    if outcome.ended == Some(End::Wiped) && handset.wipe_if_told()? {
        return wiped(handset, &node, &outcome, voice);
    }
    // An address is kept once it has led to the node.
    if url.is_some() {
        handset.keep_url(&address)?;
    }
    let (own, others) = handset.phone.waiting()?;
    let moved = handset.phone.new_home()?;
    let mut text = told(&outcome, own, others, voice);
    if let Some(home) = moved.as_ref().filter(|_| outcome.ended.is_some()) {
        text = format!("{text}\n{}", words::new_home(voice.lang, home));
    }
    let moved = moved.map(|h| json!({"log": h.log, "name": h.name, "url": h.url}));
    voice.tell(
        &json!({"moved_to": moved, "synced": outcome.synced, "handed_over": outcome.handed_over, "waiting": outcome.waiting, "held": outcome.held,
                "revoked": outcome.ended.is_some(), "waits": outcome.waits.is_some(), "entries": outcome.entries, "filled": outcome.filled,
                "refused": outcome.refused.iter().map(|(_, r)| words::refusal(voice.lang, *r)).collect::<Vec<_>>(),
                "too_much_today": too_much_today(&outcome),
                "round_trips": last.round_trips, "bytes_up": last.bytes_up, "bytes_down": last.bytes_down,
                "clock_off_seconds": outcome.clock_off_seconds}),
        &text,
    );
    Ok(outcome.synced)
}

/// This device's node, at the address that it keeps or was told, and that address.
pub(super) fn home(handset: &Handset, url: Option<&str>) -> Result<(HttpNode, String), Fail> {
    Ok(handset.home(url)?)
}

/// The node told this device, which somebody reported as lost, to wipe itself. It has handed over what was
/// its own and its records are gone; it says once that it is done, and its store is removed.
fn wiped(handset: &mut Handset, node: &HttpNode, outcome: &Outcome, voice: Voice) -> Done {
    // If the line breaks here, the next sync says it.
    runtime()?.block_on(handset.sync(node, &now, &mut SystemChance, &mut |_| {}))?;
    handset.remove()?;
    voice.tell(
        &json!({"synced": false, "revoked": true, "wiped": true, "held": outcome.held}),
        &words::wiped(voice.lang),
    );
    Ok(false)
}

/// Own segments that the node takes on another day.
fn too_much_today(outcome: &Outcome) -> usize {
    let problems = outcome.problems.iter();
    problems
        .filter(|p| p.code == chibo_core::phone::problem::TOO_MUCH_TODAY)
        .count()
}

fn told(outcome: &Outcome, own: usize, others: usize, voice: Voice) -> String {
    use chibo_core::phone::problem;
    let vi = voice.lang == Lang::Vi;
    let mut lines = Vec::new();
    // What the node holds is handed over, though this device asks for it until it is decided.
    let is_held = |p: &&Problem| p.code == problem::HELD;
    let held = outcome.problems.iter().filter(is_held).count();
    let unsent = own.saturating_sub(held);
    let all_sent = outcome.held > 0 && unsent + others == 0;
    lines.push(if outcome.synced || all_sent {
        voice
            .say("Xã đã nhận hết.", "All is received by the node.")
            .to_owned()
    } else {
        let done = outcome.handed_over;
        let all = done + unsent + others;
        if vi {
            format!("{done}/{all} đã nhận; {unsent} chưa gửi, {others} của máy khác đang chờ.")
        } else {
            format!("{done} of {all} received; {unsent} not sent, {others} of other devices wait.")
        }
    });
    if outcome.ended.is_some_and(|end| end != End::HandedOver) {
        lines.push(words::edit(voice.lang, &EditError::Ended));
    }
    match outcome.waits {
        Some(Wait::Restored) => lines.push(
            voice
                .say(
                    "Máy của xã vừa khôi phục và chờ văn phòng xác nhận; việc của máy này vẫn còn nguyên.",
                    "The node was restored and waits for its office; this device's work is all here.",
                )
                .to_owned(),
        ),
        Some(Wait::Unseen) => lines.push(
            voice
                .say(
                    "Máy này lâu không liên lạc; hãy gọi văn phòng để xác nhận máy vẫn do mình giữ. Việc chưa gửi vẫn còn nguyên.",
                    "This device was silent for long: call the office, so that it knows that you still have it. Unsent work is all here.",
                )
                .to_owned(),
        ),
        Some(Wait::NotBegun) => lines.push(
            voice
                .say("Quyền của máy này chưa bắt đầu.", "This device's grant has not begun.")
                .to_owned(),
        ),
        None => {}
    }
    if outcome.held > 0 {
        lines.push(format!(
            "{} {}",
            outcome.held,
            voice.say(
                "lần ghi trong đó chờ văn phòng quyết định",
                "of it waits for the office to decide"
            )
        ));
    }
    if outcome.entries + outcome.filled > 0 {
        lines.push(format!(
            "{} {}",
            outcome.entries + outcome.filled,
            voice.say("mục mới về máy", "new items came")
        ));
    }
    for (_, code) in &outcome.refused {
        lines.push(format!(
            "{}: {}",
            voice.say("Không được nhận", "Refused"),
            words::refusal(voice.lang, *code)
        ));
    }
    for p in outcome.problems.iter().filter(|p| !is_held(p)) {
        lines.push(
            match p.code {
                problem::UNPROVEN => {
                    voice.say("một lần ghi hỏng chữ ký", "a signature does not fit")
                }
                problem::GAP | problem::UNKNOWN | problem::MISSING => voice.say(
                    "một lần ghi còn chờ lần trước nó",
                    "one item waits for what came before it",
                ),
                problem::TOO_MUCH_TODAY => voice.say(
                    "hôm nay máy này đã gửi quá nhiều; phần còn lại vẫn ở máy, hãy gửi tiếp vào ngày mai",
                    "this device has handed over too much today; it keeps the rest, sync again tomorrow",
                ),
                _ => voice.say(
                    "xã tạm không nhận thêm của máy này",
                    "the node takes no more from this device for now",
                ),
            }
            .to_owned(),
        );
    }
    if let Some(seconds) = outcome.clock_off_seconds {
        let minutes = seconds / 60;
        lines.push(if vi {
            format!("Đồng hồ của máy lệch {minutes} phút so với xã.")
        } else {
            format!("This device's clock is {minutes} minutes off the node's.")
        });
    }
    lines.join("\n")
}

fn undo(handset: &mut Handset, id: &str, voice: Voice) -> Done {
    let (_, targets) = record::documents_of(handset, id, voice)?;
    let mut undone = false;
    for target in targets {
        undone |= handset.phone.undo(target.doc)?;
    }
    voice.tell(
        &json!({"undone": undone}),
        if undone {
            voice.say(
                "Đã bỏ sửa đổi chưa gửi.",
                "The edits that were not sent are taken back.",
            )
        } else {
            voice.say(
                "Không có sửa đổi nào chưa đóng gói.",
                "There is no edit that could be taken back.",
            )
        },
    );
    Ok(true)
}

fn named_kind(name: &str) -> Result<&'static Kind, Fail> {
    kind::by_name(name).ok_or_else(|| Fail::Words(format!("no kind {name}")))
}

fn attend(
    handset: &mut Handset,
    date: &str,
    marks: &[String],
    branch: Option<&str>,
    voice: Voice,
) -> Done {
    let author = handset
        .phone
        .author()
        .cloned()
        .ok_or(Fail::Sync(SyncError::NotEnrolled))?;
    let day = PartialDate::parse(date)
        .ok()
        .and_then(PartialDate::day)
        .ok_or_else(|| {
            Fail::Words(format!(
                "{date}: {}",
                voice.say("cần đủ ngày, tháng, năm", "a whole day is needed")
            ))
        })?;
    let kind = named_kind("meeting")?;
    let Some(FieldType::Marks(codes)) = kind.field("attendance").map(|f| f.kind) else {
        return Err(Fail::Words("no attendance".into()));
    };
    let mut typed = Vec::new();
    for mark in marks {
        let (who, code) = mark.rsplit_once('=').ok_or_else(|| {
            Fail::Words(format!(
                "{mark}: {}",
                voice.say("viết dạng NGƯỜI=MÃ", "write MEMBER=CODE")
            ))
        })?;
        let (place, place_kind) = place_of(handset, who, voice)?;
        if !matches!(place_kind, PlaceKind::Member | PlaceKind::Placement) {
            return Err(Fail::Words(format!(
                "{who}: {}",
                voice.say("không phải đảng viên", "is no member")
            )));
        }
        let code = field::code(codes, code).ok_or_else(|| {
            let all: Vec<String> = codes
                .iter()
                .map(|c| format!("{} ({})", c.code, words::label(voice.lang, c.label)))
                .collect();
            Fail::Words(format!(
                "{code}: {}: {}",
                voice.say("mã là một trong", "a code is one of"),
                all.join(", ")
            ))
        })?;
        typed.push((place, code));
    }
    let branch = branch_of(handset, author.place, branch, voice)?;
    let outcome = say::attend(handset, branch, day, &typed, now(), &mut SystemChance)?;
    voice.tell(
        &json!({"meeting": outcome.doc, "changed": outcome.changed, "marks": marks.len()}),
        &format!("{}: {}", day.shown(), marks.len()),
    );
    Ok(true)
}

/// Under which role somebody acts here: the role, and on which place.
fn acting(handset: &Handset, author: &Author, voice: Voice) -> Result<String, Fail> {
    let places = [author.place];
    let rows = handset.phone.store().find(&Find {
        places: Some(&places),
        ..Find::default()
    })?;
    let place = rows.iter().find(|r| r.kind <= 2).map(|r| r.title.as_str());
    let role = words::role(voice.lang, author.role);
    Ok(place.map_or(role.to_owned(), |place| format!("{role}, {place}")))
}

/// The stores of this device. What each holds is told by itself only, when it is opened.
fn names(data: &Folder, voice: Voice) -> Done {
    let found = names_in(&data.path).map_err(at(&data.path))?;
    for name in &found {
        voice.line(match name.as_str() {
            "" => voice.say("(không tên)", "(no name)"),
            name => name,
        });
    }
    voice.tell(&json!({"names": found}), "");
    Ok(true)
}

fn status(handset: &mut Handset, reported: bool, voice: Voice) -> Done {
    if reported {
        handset.otherwise_reported()?;
    }
    let phone = &handset.phone;
    let (own, others) = phone.waiting()?;
    let drafts = phone.drafted()?;
    let (digest, position) = phone.digest()?;
    let documents = phone.store().find(&Find::default())?.len();
    let role = phone.author().map(|a| a.role.name());
    let in_mailbox = letters::waits_for_answer(phone)?;
    if let Some(author) = phone.author() {
        voice.line(&format!(
            "{}: {}",
            voice.say("Vai trò", "Role"),
            acting(handset, author, voice)?
        ));
    }
    let mut text = match voice.lang {
        Lang::Vi => format!(
            "{drafts} hồ sơ sửa chưa đóng gói, {own} lần ghi chưa gửi, {others} mục tạm của máy khác\n\
             {documents} tài liệu; dòng nhật ký {} của xã",
            position.n
        ),
        Lang::En => format!(
            "{drafts} records edited, {own} sealed and not sent, {others} provisional of other devices\n\
             {documents} documents; at entry {} of the node's log",
            position.n
        ),
    };
    if in_mailbox {
        text.push('\n');
        text.push_str(voice.say(
            "Đã gửi vào hộp thư, xã chưa nhận.",
            "Sent to the mailbox, not yet received by the node.",
        ));
    }
    let otherwise = handset.told_otherwise()?;
    if let Some(otherwise) = &otherwise {
        text.push('\n');
        text.push_str(&words::found_out(voice.lang, otherwise.found));
    }
    let wrongly = handset.phone.accepted_wrongly()?.len();
    voice.tell(
        &json!({"in_mailbox": in_mailbox, "told_otherwise": otherwise.map(|o| o.places), "accepted_wrongly": wrongly, "enrolled": role.is_some(), "role": role, "drafts": drafts, "unsent": own,
                "provisional": others, "documents": documents, "position": position.n,
                "epoch": position.epoch, "digest": digest}),
        &text,
    );
    Ok(true)
}
