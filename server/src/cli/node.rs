//! Commands of the office: a new node, serving, tickets, digests, checks, backups.

use super::kept::{Kept, open_node};
use super::lock::{LockArgs, NewLock};
use super::root_key::RootKeyArgs;
use super::ticket::{GoodFor, QrArgs};
use super::{Done, Fail, Folder, Voice, at, backup, by, console, mail};
use crate::edge::{SystemChance, now};
use crate::file::{self, beside, remove_store};
use crate::intake::{self, Intake, OfficeNode};
use crate::kept_lists;
use crate::keys::{self, KeyError};
use crate::offer::{OfferError, Package};
use crate::room::Room;
use crate::router::router_offering;
use crate::sealed::{self, Scratch, Whose};
use crate::{tls, words};
use chibo_core::carriers::http::PUBLIC;
use chibo_core::check;
use chibo_core::date::PartialDate;
use chibo_core::domain::placement::PLACEMENT;
use chibo_core::enrol::Offer;
use chibo_core::id::{PersonId, PlaceId, hex, random16};
use chibo_core::limits;
use chibo_core::lock::{LockError, StoreKey};
use chibo_core::node::{Node, PlaceError, RestoreError};
use chibo_core::place::{ROLES, Role};
use chibo_core::records;
use chibo_core::replica;
use chibo_core::store::sqlite::{Durability, Find, SqliteStore};
use chibo_core::store::{Row, Store, StoreError};
use chibo_core::text;
use chibo_core::time::Timestamp;
use chibo_core::tree::{Tree, View};
use chibo_device::lists;
use clap::Args;
use serde_json::json;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

#[derive(Debug, Args)]
pub(crate) struct Init {
    #[command(flatten)]
    pub(super) data: Folder,
    /// Tên đảng bộ, ví dụ "Đảng ủy xã Xuân Trường" / The organisation's name.
    #[arg(long)]
    name: String,
    #[command(flatten)]
    lock: LockArgs,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(super) data: Folder,
    /// Địa chỉ / The address to listen on.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: String,
    /// Địa chỉ ghi trên phiếu, nếu khác / The address for tickets, where it is another (a public name).
    #[arg(long)]
    url: Option<String>,
    /// Chứng thư công cộng, nếu có (PEM) / A public certificate's chain, if there is one.
    #[arg(long, requires = "key")]
    certificate: Option<PathBuf>,
    /// Khóa của chứng thư đó (PEM) / Its key.
    #[arg(long, requires = "certificate")]
    key: Option<PathBuf>,
    /// Các hộp thư để lấy thư / Mailboxes that letters are fetched from.
    #[arg(long, value_delimiter = ',')]
    mailbox: Vec<String>,
    /// Bao nhiêu giây lấy thư một lần / Seconds between two rounds at the mailboxes.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    mailbox_every: u64,
    /// Bản cài đặt ứng dụng cho điện thoại tải về (.apk) / The app's package, for phones to fetch.
    #[arg(long, value_name = "FILE")]
    app: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct TicketArgs {
    #[command(flatten)]
    pub(super) data: Folder,
    /// Chi bộ, đảng viên hoặc đảng bộ: mã hoặc tên / The place: id or name.
    #[arg(long)]
    scope: String,
    /// Vai trò / The role: office, committee-secretary, secretary, deputy, committee-member, member,
    /// auditor, upper, operator.
    #[arg(long)]
    role: String,
    /// Người nhận (đảng viên) / Who gets it: a member's card, id or name. Whoever writes about others is asked for.
    #[arg(long)]
    person: Option<String>,
    /// Người nhận không phải đảng viên ở đây / Who gets it is no member here.
    #[arg(long, conflicts_with = "person")]
    not_a_member: bool,
    /// Địa chỉ của xã cho máy đó / The node's address for that device (default: where it serves).
    #[arg(long)]
    url: Option<String>,
    #[command(flatten)]
    good_for: GoodFor,
    #[command(flatten)]
    terms: Terms,
    #[command(flatten)]
    qr: QrArgs,
}

/// What bounds the grant that comes of a ticket.
#[derive(Debug, Clone, Args)]
pub(super) struct Terms {
    /// Có hiệu lực từ ngày / From this day on (2026-11-24).
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// Hết hạn sau ngày / Until the end of this day.
    #[arg(long, value_name = "DAY")]
    until: Option<String>,
    /// Theo quyết định số, ngày / The decision that it rests on: an inspector's mandate.
    #[arg(long)]
    mandate: Option<String>,
}

impl Terms {
    /// Puts the terms into an offer.
    pub(super) fn put_into(&self, offer: &mut Offer, voice: Voice) -> Result<(), Fail> {
        let day = |text: &Option<String>| -> Result<Option<Timestamp>, Fail> {
            let Some(text) = text else { return Ok(None) };
            let day = PartialDate::parse(text).ok().and_then(PartialDate::day);
            day.map(Timestamp::beginning_of).map(Some).ok_or_else(|| {
                Fail::Words(format!(
                    "{}: {text}",
                    voice.say("không phải ngày", "this is no day")
                ))
            })
        };
        if let Some(from) = day(&self.from)? {
            offer.from = from;
        }
        if let Some(last) = day(&self.until)? {
            offer.end = Timestamp(last.0 + 86_400);
        }
        if offer.end.0 > 0 && offer.end.0 <= offer.from.0.max(now().0) {
            return Err(Fail::Words(
                voice
                    .say("hạn này đã qua", "this term is over already")
                    .into(),
            ));
        }
        if let Some(mandate) = &self.mandate {
            offer.mandate = text::clean_line(mandate);
            if offer.mandate.len() > limits::LINE_BYTES {
                return Err(Fail::Words(
                    voice
                        .say("số quyết định quá dài", "the decision's number is too long")
                        .into(),
                ));
            }
        }
        Ok(())
    }
}

#[derive(Debug, Args)]
pub(crate) struct Move {
    #[command(flatten)]
    pub(super) data: Folder,
    /// Đảng viên hoặc nơi: mã hoặc tên / The member or place: id or name.
    place: String,
    /// Nơi mới / Where it goes.
    #[arg(long)]
    to: String,
}

#[derive(Debug, Args)]
pub(crate) struct Digest {
    #[command(flatten)]
    pub(super) data: Folder,
    /// Chỉ một nơi / Only this place and what is below it (id or name).
    #[arg(long)]
    scope: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Data {
    #[command(flatten)]
    pub(super) data: Folder,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    #[command(flatten)]
    pub(super) data: Folder,
    /// Tệp sao lưu / The backup.
    file: PathBuf,
    #[command(flatten)]
    root_key: RootKeyArgs,
    /// Thay kho đang có / Replace the store that is there.
    #[arg(long)]
    force: bool,
    /// Dùng bản sao dù kiểm tra thấy lỗi, khi không còn bản nào khác / Go on from it though the check finds faults, where there
    /// is no other.
    #[arg(long)]
    despite_faults: bool,
    /// Nhận và trả lời ngay, không chờ các máy mang về những gì đã mất / Take in and answer at once, without
    /// waiting for what devices bring back (see confirm).
    #[arg(long)]
    confirm: bool,
    /// Danh sách đã xóa; mặc định: tệp erasures trong thư mục dữ liệu / The list of erasures (default: the file erasures
    /// in the data folder).
    #[arg(long, value_name = "FILE")]
    erasures: Option<PathBuf>,
    #[command(flatten)]
    lock: LockArgs,
}

pub(crate) fn init(args: &Init, voice: Voice) -> Done {
    if args.name.trim().is_empty() {
        return Err(Fail::Words(
            voice.say("cần có tên", "a name is needed").into(),
        ));
    }
    let path = args.data.node_store();
    if path.exists() {
        return Err(Fail::Words(
            voice
                .say("ở đây đã có kho của xã", "there is a node here already")
                .into(),
        ));
    }
    std::fs::create_dir_all(&args.data.path).map_err(at(&args.data.path))?;
    // Made beside its place and named last: what a power cut leaves is no node, and `init` works again.
    let half_made = beside(&path, ".new");
    remove_store(&half_made);
    let new = NewLock::make(&args.lock, &args.data, &path, voice)?;
    let made = SqliteStore::create(&half_made, &new.key, Durability::Full)
        .map_err(Fail::from)
        .and_then(|store| {
            Ok(Node::init(
                store,
                &text::clean_line(&args.name),
                now(),
                &mut SystemChance,
            )?)
        })
        .and_then(|(node, root_key)| {
            let told = (node.log(), node.root(), root_key);
            drop(node); // Closed, all of it lies in the one file.
            sync_file(&half_made).map_err(at(&half_made))?;
            Ok(told)
        });
    let (log, root, root_key) = match made {
        Ok(made) => made,
        Err(e) => {
            remove_store(&half_made); // A half-made store is none.
            return Err(e);
        }
    };
    let key = Zeroizing::new(hex(&root_key.seed()[..]));
    let mut lines = Zeroizing::new(String::new());
    for (n, digit) in key.chars().enumerate() {
        match n {
            0 => lines.push_str("    "),
            n if n % 32 == 0 => lines.push_str("\n    "),
            n if n % 4 == 0 => lines.push(' '),
            _ => {}
        }
        lines.push(digit);
    }
    let text = Zeroizing::new(format!(
        "{}\n\n{}\n\n{}\n\n{}",
        voice.say(
            "Đã lập máy của xã. Khóa gốc (chỉ hiện một lần):",
            "The node is made. Its root key (shown only once):"
        ),
        *lines,
        voice.say(
            "Hãy chép ra giấy và cất giữ. Không có khóa này thì không khôi phục được từ bản sao lưu; \
             ai có nó thì giả được máy của xã.",
            "Write it on paper and keep it safe. Without it no backup can be gone on from; who has it \
             can pass for this node."
        ),
        new.text(voice)
    ));
    let mut json = json!({"log": log, "root": root, "root_key": *key});
    new.add_to(&mut json, voice);
    let told = voice.print(&json, &text);
    if let Err(e) = told {
        // Nobody has read the root key, and nobody will: such a node is of no use.
        remove_store(&half_made);
        return Err(e.into());
    }
    keys::put_lock(&path, &new.lock)?;
    file::put_in_place(&half_made, &path).map_err(at(&path))?;
    Ok(true)
}

/// The setting of a node's store that says where it served last.
pub(super) const URL: &str = "url";
/// Where a node serves unless it is told otherwise.
const STANDARD_URL: &str = "https://127.0.0.1:8080";

/// The address by which others reach a node that listens on all of this machine's.
fn in_network(address: SocketAddr) -> SocketAddr {
    if !address.ip().is_unspecified() {
        return address;
    }
    // Nothing is sent: this only asks the system which of its addresses it would use.
    let own = std::net::UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
        socket.connect("10.255.255.255:9")?;
        socket.local_addr()
    });
    own.map_or(address, |own| SocketAddr::new(own.ip(), address.port()))
}

/// How often a node that serves looks whether a backup was checked, and writes down what ended by itself.
const CHECKS_EVERY: std::time::Duration = std::time::Duration::from_secs(60);

/// A backup is checked by a command of its own, beside the node.
async fn tell_checked_for_ever(intake: Intake) {
    let mut every = tokio::time::interval(CHECKS_EVERY);
    loop {
        every.tick().await;
        // What cannot be noted now is noted in a minute, or when the node starts again.
        let _ = intake.ask(sealed::tell_checked).await;
        let _ = intake.ask(|node| kept_lists::keep(node)).await;
    }
}

pub(crate) fn serve(args: &Serve, voice: Voice) -> Done {
    let package = args.app.as_deref().map(|path| {
        Package::read(path).map_err(|e| match e {
            OfferError::File(e) => Fail::File(path.to_owned(), e),
            OfferError::TooLong => Fail::Words(format!(
                "{}: {} ({} MB)",
                path.display(),
                voice.say("tệp quá lớn", "the file is too long"),
                limits::APP_BYTES / 1024 / 1024
            )),
            OfferError::NoPackage => Fail::Words(format!(
                "{}: {}",
                path.display(),
                voice.say(
                    "không phải bản cài đặt ứng dụng (.apk)",
                    "this is no app's package (.apk)"
                )
            )),
        })
    });
    let package = package.transpose()?;
    let mut node = open_node(&args.data, voice)?;
    let authority = args.certificate.as_deref().zip(args.key.as_deref());
    let tls = tls::acceptor(node.epoch(), &node.tls_key()?, authority)
        .map_err(|e| Fail::Words(words::tls(voice.lang, &e)))?;
    let mailboxes = mail::mailboxes(&args.mailbox)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(&args.listen)
            .await
            .map_err(|e| {
                Fail::Words(match e.kind() {
                    std::io::ErrorKind::AddrInUse => format!(
                        "{} {}",
                        args.listen,
                        voice.say(
                            "đang có chương trình khác dùng",
                            "is in use by another program"
                        )
                    ),
                    _ => format!("{}: {e}", args.listen),
                })
            })?;
        let address = listener.local_addr()?;
        let url = args
            .url
            .clone()
            .unwrap_or_else(|| format!("https://{}", in_network(address)));
        // Only a device that was told so takes a public authority's word for this node.
        let url = match (authority, url.strip_prefix("https://")) {
            (Some(_), Some(name)) => format!("{PUBLIC}{name}"),
            _ => url,
        };
        node.store_mut()
            .write(|tx| records::set_meta(tx, URL, url.as_bytes()))?;
        let clock_doubted = node.doubted_clock(now())?.is_some();
        if clock_doubted {
            voice.line(&format!(
                "{} {}. {}",
                voice.say("CHÚ Ý: đồng hồ của máy chỉ ngày", "NOTE: this PC's clock says"),
                words::day(now()),
                voice.say(
                    "Nếu đúng, chạy `chibo confirm --clock`; trước đó sổ vẫn ghi theo ngày cũ.",
                    "If that is right, run `chibo confirm --clock`; until then the log keeps its old date."
                )
            ));
        }
        let later_epoch = tell_of_a_later_epoch(&node, voice)?;
        let page = SocketAddr::from(([127, 0, 0, 1], address.port()));
        let (intake, thread) = intake::start(node, Box::new(now), Box::new(SystemChance));
        let door = console::open(&args.data.path, &intake)
            .await
            .map_err(at(&args.data.path))?;
        let stopped = crate::serve::stop_signal();
        voice.tell(
            &json!({"address": format!("https://{address}"), "page": format!("http://{page}/"),
                    "clock_doubted": clock_doubted, "later_epoch": later_epoch}),
            &format!(
                "https://{address}\n{}: http://{page}/",
                voice.say("Trang của văn phòng", "The office's page")
            ),
        );
        let every = std::time::Duration::from_secs(args.mailbox_every);
        let rounds = tokio::spawn(mail::collect_for_ever(intake.clone(), mailboxes, every));
        let checks = tokio::spawn(tell_checked_for_ever(intake.clone()));
        let stop = async {
            let _ = stopped.await;
        };
        let routes = router_offering(intake.clone(), Room::default(), package);
        crate::serve::accept_for(listener, routes, Some(tls), stop).await;
        rounds.abort();
        checks.abort();
        drop(door);
        intake.stop();
        let ended = tokio::task::spawn_blocking(move || thread.join())
            .await
            .ok()
            .flatten();
        match ended {
            Some(_) => Ok(true),
            None => Err(Fail::Words(
                voice
                    .say("máy của xã dừng bất thường", "the node stopped")
                    .into(),
            )),
        }
    })
}

/// Whether a row names a placement whose member is not here: a guest.
fn is_guest(tree: &Tree, row: &Row) -> bool {
    let is_here = tree.get(row.place).is_some();
    row.kind == PLACEMENT.number && is_here && tree.member_of(row.place).is_none()
}

/// Finds a place by its id, the beginning of it, or its name (diacritics do not matter).
pub(crate) fn find_place(
    store: &SqliteStore,
    tree: &Tree,
    wanted: &str,
    voice: Voice,
) -> Result<PlaceId, Fail> {
    let digits = wanted.trim().to_lowercase();
    if digits.len() >= 4 && digits.chars().all(|c| c.is_ascii_hexdigit()) {
        let found: Vec<PlaceId> = tree
            .iter()
            .map(|(id, _)| id)
            .filter(|id| id.to_string().starts_with(&digits))
            .collect();
        if let [one] = found.as_slice() {
            return Ok(*one);
        }
    }
    let folded = text::fold_words(wanted);
    let words = text::search_terms(wanted);
    let rows = store.find(&Find {
        words: &words,
        ..Find::default()
    })?;
    // Whom a decision has given another name is found by both: the old one stands on older papers.
    let mut renamed = match now().day_in_vietnam() {
        Some(day) if !words.is_empty() => lists::renamed(store, None, day)?,
        _ => BTreeMap::new(),
    };
    let mut named: Vec<(PlaceId, Vec<String>)> = rows
        .into_iter()
        .filter(|r| !words.is_empty() && ([1, 2].contains(&r.kind) || is_guest(tree, r)))
        .map(|r| {
            let stands = renamed.remove(&r.place);
            (r.place, stands.into_iter().chain([r.title]).collect())
        })
        .collect();
    renamed.retain(|place, name| tree.get(*place).is_some() && lists::is_meant(name, &words));
    named.extend(renamed.into_iter().map(|(place, name)| (place, vec![name])));
    let is_exact = |(_, names): &&(PlaceId, Vec<String>)| {
        names.iter().any(|name| text::fold_words(name) == folded)
    };
    let exact: Vec<_> = named.iter().filter(is_exact).cloned().collect();
    let found = if exact.is_empty() { named } else { exact };
    match found.as_slice() {
        [(one, _)] => Ok(*one),
        [] => Err(Fail::Words(format!(
            "{}: {wanted}",
            voice.say(
                "không tìm thấy nơi hoặc người này",
                "no such place or person"
            )
        ))),
        many => {
            let list: Vec<String> = many
                .iter()
                .take(8)
                .map(|(place, names)| format!("{} ({})", names[0], place.short()))
                .collect();
            Err(Fail::Words(format!(
                "{}: {}",
                voice.say(
                    "có nhiều nơi như vậy, hãy chọn một",
                    "several fit, choose one"
                ),
                list.join(", ")
            )))
        }
    }
}

pub(crate) fn ticket(args: &TicketArgs, kept: &mut Kept, voice: Voice) -> Done {
    args.qr.check(voice)?;
    let node = kept.office(voice)?;
    let role = Role::from_name(&args.role).ok_or_else(|| {
        Fail::Words(format!(
            "{}: {}",
            voice.say("vai trò là một trong", "a role is one of"),
            ROLES.map(Role::name).join(", ")
        ))
    })?;
    let place = find_place(node.store(), node.tree(), &args.scope, voice)?;
    let person = match &args.person {
        Some(p) => by::member(node.store(), node.tree(), p, voice)?,
        None if role == Role::Member => PersonId(place.0),
        None if by::must_be_known(role) && !args.not_a_member => {
            return Err(Fail::Words(
                voice
                    .say(
                        "phiếu này cho ai? thêm --person ĐẢNG VIÊN, hoặc --not-a-member nếu không phải đảng viên ở đây",
                        "for whom is it? add --person MEMBER, or --not-a-member if it is no member here",
                    )
                    .into(),
            ));
        }
        None => PersonId(random16(&mut SystemChance)),
    };
    let url = reached_at(node, args.url.as_ref())?;
    let mut offer = Offer::new(role, place, person, args.good_for.until());
    args.terms.put_into(&mut offer, voice)?;
    let ticket = node.ticket(&url, &offer, &mut SystemChance).map_err(|e| {
        Fail::Words(match e {
            chibo_core::node::EnrolError::WrongPlace => voice
                .say(
                    "vai trò này không cấp ở nơi đó",
                    "this role is not given on that place",
                )
                .into(),
            chibo_core::node::EnrolError::HandedOver => {
                words::edit(voice.lang, &chibo_core::author::EditError::HandedOver)
            }
            other => other.to_string(),
        })
    })?;
    args.qr.tell(&ticket, voice)
}

/// Where phones reach the node: as said, or as it serves or served last.
pub(super) fn reached_at(node: &OfficeNode, said: Option<&String>) -> Result<String, Fail> {
    let served = node.store().read(|tx| records::meta(tx, URL))?;
    let served = served.and_then(|b| String::from_utf8(b).ok());
    Ok(said
        .cloned()
        .or(served)
        .unwrap_or_else(|| STANDARD_URL.to_owned()))
}

pub(crate) fn move_place(args: &Move, kept: &mut Kept, voice: Voice) -> Done {
    let node = kept.office(voice)?;
    let place = find_place(node.store(), node.tree(), &args.place, voice)?;
    let to = find_place(node.store(), node.tree(), &args.to, voice)?;
    let entry = node.move_place(place, to, now()).map_err(|e| match e {
        PlaceError::Store(e) => Fail::Store(e),
        PlaceError::HandedOver => Fail::Edit(chibo_core::author::EditError::HandedOver),
        _ => Fail::Words(
            voice
                .say(
                    "nơi này không thể thuộc về nơi kia",
                    "this place cannot stand under that one",
                )
                .into(),
        ),
    })?;
    voice.tell(
        &json!({"place": place, "to": to, "entry": entry}),
        voice.say("Đã chuyển.", "Moved."),
    );
    Ok(true)
}

pub(crate) fn whole_of(node: &OfficeNode) -> View {
    View {
        role: Role::Office,
        root: node.root(),
    }
}

pub(crate) fn digest(args: &Digest, kept: &Kept, voice: Voice) -> Done {
    let tree = kept.tree();
    let whole = match kept {
        Kept::Node(n) => Some(whole_of(n)),
        Kept::Serving(n) => Some(whole_of(n)),
        Kept::Phone(h) => h.phone.view(),
    }
    .ok_or(Fail::Sync(chibo_core::phone::SyncError::NotEnrolled))?;
    let (places, scopes) = match &args.scope {
        None => (None, whole.scopes(tree)),
        Some(wanted) => {
            let root = find_place(kept.store(), tree, wanted, voice)?;
            let view = View {
                role: whole.role,
                root: whole.root,
            };
            let scopes = tree
                .reach(root)
                .into_iter()
                .flat_map(|p| {
                    view.lanes(tree, p)
                        .iter()
                        .map(move |l| chibo_core::place::scope_of(p, *l))
                })
                .collect();
            (Some(root), scopes)
        }
    };
    let (log, state, documents) = kept.store().read(|tx| {
        let log = match places {
            None => replica::digest(tx, tree, whole)?,
            Some(root) => whole.digest_below(tree, root, &mut |scope| {
                Ok::<_, StoreError>(records::scope(tx, scope)?.chain)
            })?,
        };
        let (state, documents) = replica::state_digest(tx, Some(&scopes))?;
        Ok::<_, StoreError>((log, state, documents))
    })?;
    voice.tell(
        &json!({"log": log, "state": state, "documents": documents}),
        &format!("log    {log}\nstate  {state}\n{documents} documents"),
    );
    Ok(true)
}

pub(crate) fn verify(kept: &Kept, voice: Voice) -> Done {
    let whole = !matches!(kept, Kept::Phone(_));
    let mut report = kept
        .store()
        .read(|tx| check::check(tx, kept.tree(), whole))?;
    for line in kept.store().check_file()? {
        report.faults.push(line);
    }
    let mut text = match voice.lang {
        crate::words::Lang::Vi => format!(
            "{} dòng nhật ký, {} chữ ký, {} tài liệu, {} dòng bảng",
            report.entries, report.signatures, report.documents, report.rows
        ),
        crate::words::Lang::En => format!(
            "{} entries, {} signatures, {} documents, {} rows",
            report.entries, report.signatures, report.documents, report.rows
        ),
    };
    text.push_str(&format!(
        "\n{}",
        if report.faults.is_empty() {
            voice
                .say("Không có sai sót.", "Nothing is wrong.")
                .to_owned()
        } else {
            report.faults.join("\n")
        }
    ));
    let good = report.faults.is_empty();
    voice.tell(
        &json!({"ok": good, "entries": report.entries, "signatures": report.signatures,
                "documents": report.documents, "rows": report.rows, "faults": report.faults}),
        &text,
    );
    Ok(good)
}

pub(crate) fn rebuild(kept: &mut Kept, voice: Voice) -> Done {
    let tree = kept.tree().clone();
    let rows = kept.store_mut().write(|tx| replica::rebuild(tx, &tree))?;
    voice.tell(
        &json!({"rows": rows}),
        &format!(
            "{rows} {}",
            voice.say("dòng đã dựng lại", "rows made again")
        ),
    );
    Ok(true)
}

fn sync_file(path: &Path) -> std::io::Result<()> {
    std::fs::File::open(path)?.sync_all()?;
    file::sync_folder(path)
}

pub(crate) fn restore(args: &Restore, voice: Voice) -> Done {
    if !args.file.is_file() {
        return Err(at(&args.file)(std::io::ErrorKind::NotFound.into()));
    }
    // Tried on a copy first: a bad backup replaces nothing.
    std::fs::create_dir_all(&args.data.path).map_err(at(&args.data.path))?;
    let trial = Scratch::new(&args.data.path, "restore.tmp").map_err(at(&args.data.path))?;
    try_restore(args, &trial, voice)
}

fn try_restore(args: &Restore, scratch: &Scratch, voice: Voice) -> Done {
    let trial = scratch.path();
    let copy = backup::open(&args.file, &args.root_key, voice)?;
    let is_node = copy.opened.contents.whose == Whose::Node;
    let import = |key: &StoreKey| {
        remove_store(trial);
        SqliteStore::from_plain(&copy.opened.plain, trial, key, Durability::Full)
    };
    if std::io::IsTerminal::is_terminal(&std::io::stderr()) {
        eprintln!(
            "{}",
            voice.say("Đang kiểm tra bản sao…", "Checking the backup…")
        );
    }
    remove_store(trial);
    let faults = sealed::faults(&copy.opened, copy.log, trial)?;
    if faults.is_forged {
        return Err(Fail::Words(
            voice
                .say(
                    "bản sao này không do máy của xã viết ra: ai cũng khóa được một tệp cho khóa gốc. Chưa thay gì.",
                    "this backup was not written by its node: anybody can seal a file for a root key. Nothing was replaced.",
                )
                .into(),
        ));
    }
    if !faults.lines.is_empty() && !args.despite_faults {
        return Err(Fail::Words(format!(
            "{} ({}): {}. {}",
            voice.say(
                "bản sao có lỗi, chưa thay gì",
                "the backup has faults, nothing was replaced"
            ),
            faults.lines.len(),
            faults
                .lines
                .iter()
                .take(3)
                .cloned()
                .collect::<Vec<_>>()
                .join("; "),
            voice.say(
                "Nếu không còn bản nào khác, thêm --despite-faults",
                "If there is no other, add --despite-faults"
            )
        )));
    }
    let target = if is_node {
        args.data.node_store()
    } else {
        args.data.phone_store()
    };
    if target.exists() && !args.force {
        return Err(Fail::Words(
            voice
                .say(
                    "ở đây đã có kho; thêm --force để thay",
                    "there is a store here; --force replaces it",
                )
                .into(),
        ));
    }
    // The lock that lies here stays, with what is on paper; else a new one is made.
    let (key, new) = match args.data.key_of_lock(&target, voice) {
        Ok(key) => (key, None),
        Err(Fail::Key(KeyError::NoLock(_) | KeyError::Lock(LockError::Damaged(_)))) => {
            let new = NewLock::make(&args.lock, &args.data, &target, voice)?;
            (new.key.clone(), Some(new))
        }
        Err(e) => return Err(e),
    };
    // Nobody may be using the store that is replaced. A damaged one is what a backup is for.
    match SqliteStore::open(&target, &key, Durability::Full) {
        Ok(old) => drop(old),
        Err(
            StoreError::Missing
            | StoreError::Damaged(_)
            | StoreError::WrongKey
            | StoreError::NewerVersion { .. },
        ) => {}
        Err(e) => return Err(e.into()),
    }
    let store = import(&key)?;
    let (mut forgotten, mut revoked) = (0, 0);
    let epoch = if is_node {
        let key = args.root_key.key(voice)?;
        let mut node =
            Node::restore(store, &key, now(), &mut SystemChance).map_err(|e| match e {
                RestoreError::Store(e) => Fail::Store(e),
                _ => Fail::Words(other_root(voice)),
            })?;
        super::devices::learn_epochs(&mut node, &args.data.path, voice)?;
        let list = args.erasures.as_deref();
        forgotten = super::erase::again(&mut node, &args.data.path, list, voice)?;
        revoked = super::devices::revoke_again(&mut node, &args.data.path, voice)?;
        kept_lists::keep_in(&args.data.path, &node).map_err(|e| Fail::Words(e.to_string()))?;
        if args.confirm {
            node.confirm(&[], now())?;
        }
        let epoch = node.position()?.epoch;
        drop(node.into_store());
        Some(epoch)
    } else {
        crate::handset::mark_backup(&args.data.path, &store)?;
        drop(store);
        None
    };
    // The write-ahead log of the backup was folded in when its store was closed; else the file is not
    // all of it.
    if std::fs::metadata(beside(trial, "-wal")).is_ok_and(|wal| wal.len() > 0) {
        return Err(StoreError::DiskFull.into());
    }
    sync_file(trial).map_err(at(trial))?;
    let kept = file::set_aside(&target, &["-wal", "-shm"]).map_err(at(&target))?;
    if let Some(new) = &new {
        keys::put_lock(&target, &new.lock)?;
    }
    file::put_in_place(trial, &target).map_err(at(&target))?;
    if let Some(kept) = &kept {
        voice.line(&format!(
            "{}: {}",
            voice.say("Kho cũ được giữ ở", "The store that was there is kept as"),
            kept.display()
        ));
    }
    let mut json = json!({"restored": target, "epoch": epoch, "kept": kept, "forgotten_again": forgotten,
               "revoked_again": revoked});
    let mut text = match epoch {
            Some(_) => format!(
                "{} {}. {} {}",
                voice.say("Đã khôi phục. Đồng hồ của máy chỉ ngày", "Restored. This PC's clock says"),
                words::day(now()),
                voice.say(
                    "Nếu sai, chỉnh đồng hồ và khôi phục lại trước khi máy nào liên lạc.",
                    "If that is wrong, set the clock and restore once more before any device connects."
                ),
                match args.confirm {
                    true => "",
                    false => voice.say(
                        "Chạy máy của xã, để các máy liên lạc, và xem `chibo confirm`: trước đó nó chưa nhận và chưa trả \
                         lời. Ai từ xã khác chuyển đến sau bản sao này thì tệp bàn giao được nhận lại \
                         (`chibo handover accept`); trước đó việc của họ chờ.",
                        "Start the node, let devices connect, and look at `chibo confirm`: until then it takes in and \
                         tells nothing. The files of those who came from other communes after this backup are taken \
                         in again (`chibo handover accept`); until then what is said of them waits."
                    ),
                }
            ),
            None => voice.say("Đã khôi phục.", "Restored.").to_owned(),
        };
    if forgotten > 0 {
        text.push_str(&format!(
            "\n{forgotten} {}",
            voice.say("bản ghi được xóa lại.", "records were forgotten again.")
        ));
    }
    if revoked > 0 {
        text.push_str(&format!(
            "\n{revoked} {}",
            voice.say("quyền được thu hồi lại.", "grants were revoked again.")
        ));
    }
    if let Some(new) = &new {
        new.add_to(&mut json, voice);
        text.push_str(&format!("\n\n{}", new.text(voice)));
    }
    voice.tell(&json, &text);
    Ok(true)
}

/// That a root key is another node's.
pub(super) fn other_root(voice: Voice) -> String {
    voice
        .say(
            "khóa gốc này của xã khác",
            "this root key is another node's",
        )
        .into()
}

/// Says, where it is so, that devices have followed a later restore than this node's: they do not follow this one.
/// Gives back the day of that restore, for `--json`.
pub(super) fn tell_of_a_later_epoch(
    node: &OfficeNode,
    voice: Voice,
) -> Result<Option<String>, Fail> {
    let later = node.later_epoch()?;
    if let Some(later) = later {
        voice.line(&format!(
            "{} {}. {}",
            voice.say(
                "CHÚ Ý: có máy đã theo lần khôi phục ngày",
                "NOTE: some device has followed a restore of"
            ),
            words::day(later),
            voice.say(
                "Máy này được khôi phục khi đồng hồ chậm hơn, nên các máy đó không theo. Chỉnh đồng hồ rồi khôi phục lại.",
                "This node was restored by a clock that was behind, so such devices do not follow it. Set the clock and \
                 restore once more."
            )
        ));
    }
    Ok(later.map(words::day))
}
