//! The words that people read, Vietnamese and English side by side.
//!
//! Screens never speak of synchronisation, conflicts or segments: they say *Chưa gửi*, *Xã đã nhận*,
//! *Hai nơi ghi khác nhau*.

use crate::keys::KeyError;
use crate::letters::LetterError;
use crate::sealed::BackupError;
use crate::tls::TlsError;
use chibo_core::author::EditError;
use chibo_core::carriers::http::CarrierError;
use chibo_core::case::CaseError;
use chibo_core::caution::Warning;
use chibo_core::custody::CustodyError;
use chibo_core::date::Day;
use chibo_core::deadline::{Deadline, NoDeadline, Span, State};
use chibo_core::document::DocumentError;
use chibo_core::field::FieldError;
use chibo_core::kind::{Kind, Label};
use chibo_core::lock::{LockError, RECOVERY_DIGITS, WayKind};
use chibo_core::node::NewHome;
use chibo_core::phone::{Heard, SyncError};
use chibo_core::place::Role;
use chibo_core::regulation::RegulationError;
use chibo_core::roster::RosterError;
use chibo_core::seal::SealError;
use chibo_core::store::StoreError;
use chibo_core::time::Timestamp;
use chibo_core::whose::Told;
use chibo_device::words::{self as shared, Both};

/// A language of the screens.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, serde::Serialize, serde::Deserialize,
)]
pub enum Lang {
    /// Vietnamese.
    Vi,
    /// English.
    En,
}

impl Lang {
    /// The language of the environment: Vietnamese where it says so, else English.
    pub fn of_environment() -> Self {
        let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
            .into_iter()
            .filter_map(|name| std::env::var(name).ok())
            .find(|value| !value.is_empty());
        match set {
            Some(value) if value.to_lowercase().starts_with("vi") => Lang::Vi,
            _ => Lang::En,
        }
    }
}

impl From<Lang> for shared::Lang {
    fn from(lang: Lang) -> Self {
        match lang {
            Lang::Vi => shared::Lang::Vi,
            Lang::En => shared::Lang::En,
        }
    }
}

/// The text in the language.
pub fn say<'a>(lang: Lang, vi: &'a str, en: &'a str) -> &'a str {
    match lang {
        Lang::Vi => vi,
        Lang::En => en,
    }
}

/// Whose words something is and how they came, as one reads it after the words.
pub fn told(lang: Lang, told: &Told) -> String {
    both(lang, shared::told(told))
}

/// A label in the language.
pub fn label(lang: Lang, label: Label) -> &'static str {
    say(lang, label.vi, label.en)
}

/// The sentence in the language.
pub fn both(lang: Lang, both: Both) -> String {
    match lang {
        Lang::Vi => both.vi,
        Lang::En => both.en,
    }
}

/// What does not belong into a record, for whoever has just written it there.
pub fn warning(lang: Lang, kind: &Kind, warning: &Warning) -> String {
    both(lang, shared::warning(kind, warning))
}

/// What stands in a record and does not belong there or is unusual, for whoever reads it.
pub fn standing(lang: Lang, kind: &Kind, warning: &Warning) -> String {
    both(lang, shared::standing(kind, warning))
}

/// What a store's error means for the person.
pub fn store(lang: Lang, e: &StoreError) -> String {
    match e {
        StoreError::DiskFull => say(
            lang,
            "ổ đĩa đã đầy; chưa ghi gì",
            "the disk is full; nothing was changed",
        )
        .to_owned(),
        StoreError::InUse => say(
            lang,
            "một chương trình khác đang mở kho này",
            "another program has this store open",
        )
        .to_owned(),
        StoreError::NewerVersion { found, known } => match lang {
            Lang::Vi => format!(
                "kho này do bản mới hơn tạo (phiên bản {found}); bản này chỉ biết đến {known}"
            ),
            Lang::En => format!(
                "this store was made by a newer program (version {found}); this one knows up to {known}"
            ),
        },
        StoreError::NoKeys => say(
            lang,
            "đây là bản sao lưu, không có khóa của máy; hãy dùng chibo restore với khóa gốc",
            "this is a backup, without the node's keys; use chibo restore with the root key",
        )
        .to_owned(),
        StoreError::Missing => say(
            lang,
            "không có kho ở đường dẫn này",
            "there is no store at this path",
        )
        .to_owned(),
        StoreError::WrongKey => say(
            lang,
            "khóa này không mở được kho: tệp khóa (.lock) của kho khác, hoặc phần đầu của kho đã hỏng; chưa ghi gì",
            "this key does not open the store: the .lock file is another store's, or the store's beginning is damaged; nothing was changed",
        )
        .to_owned(),
        StoreError::Damaged(_) => say(
            lang,
            "tệp này không phải kho, hoặc đã hỏng; chưa ghi gì",
            "this file is no store, or it is damaged; nothing was changed",
        )
        .to_owned(),
        other => other.to_string(),
    }
}

/// A time to wait, as people say it.
fn wait(lang: Lang, seconds: u64) -> String {
    let (count, vi, en) = match seconds {
        0..=119 => (seconds, "giây", "seconds"),
        120..=7_199 => (seconds.div_ceil(60), "phút", "minutes"),
        _ => (seconds.div_ceil(3_600), "giờ", "hours"),
    };
    format!("{count} {}", say(lang, vi, en))
}

/// Why a store's key could not be had.
pub fn key(lang: Lang, e: &KeyError) -> String {
    match e {
        KeyError::NoLock(path) => format!(
            "{}: {}",
            path.display(),
            say(
                lang,
                "không có tệp khóa của kho; hãy chép nó về, hoặc khôi phục từ bản sao lưu",
                "the store's lock file is not there; bring it back, or restore a backup",
            )
        ),
        KeyError::NoKeyFile(path) => format!(
            "{}: {}",
            path.display(),
            say(
                lang,
                "không có tệp khóa; hãy cắm USB có tệp này (CHIBO_KEY_FILE nếu ở chỗ khác), hoặc chibo unlock --words",
                "the key file is not there; put its stick in (CHIBO_KEY_FILE if it is elsewhere), or chibo unlock --words",
            )
        ),
        KeyError::BadKeyFile(path) => format!(
            "{}: {}",
            path.display(),
            say(lang, "đây không phải tệp khóa", "this is no key file")
        ),
        KeyError::Locked => say(
            lang,
            "kho đang khóa: cần mã PIN (CHIBO_PIN) hoặc mật khẩu (CHIBO_PASSPHRASE)",
            "this store is locked: it needs the PIN (CHIBO_PIN) or passphrase (CHIBO_PASSPHRASE)",
        )
        .to_owned(),
        KeyError::File(path, e) => format!("{}: {}", path.display(), io(lang, e)),
        KeyError::Lock(e) => lock(lang, e),
        KeyError::Store(e) => store(lang, e),
        other => other.to_string(),
    }
}

fn lock(lang: Lang, e: &LockError) -> String {
    match e {
        LockError::Damaged(_) => say(
            lang,
            "tệp khóa (.lock) đã hỏng; hãy chép lại từ bản khác, hoặc khôi phục từ bản sao lưu",
            "the lock file (.lock) is damaged; bring another copy of it, or restore a backup",
        )
        .to_owned(),
        LockError::NoSlot(WayKind::Recovery) => say(
            lang,
            "máy này chưa có mã mở lại nào: chưa gửi về xã lần nào từ khi đặt mã PIN, hoặc mã đã dùng rồi",
            "this phone has no recovery code: it has not synced since its PIN was set, or the code was used",
        )
        .to_owned(),
        LockError::CodeLength { found } => match lang {
            Lang::Vi => format!("mã mở lại có {RECOVERY_DIGITS} chữ số, đã gõ {found}"),
            Lang::En => format!("a recovery code has {RECOVERY_DIGITS} digits; there were {found}"),
        },
        LockError::Misheard { group } => match lang {
            Lang::Vi => {
                format!("nhóm thứ {group} của mã mở lại nghe hoặc gõ sai; hãy hỏi lại nhóm đó")
            }
            Lang::En => {
                format!("group {group} of the recovery code is misheard or mistyped; ask for it again")
            }
        },
        LockError::NoSlot(_) => say(
            lang,
            "kho này không có cách mở đó",
            "this store was not set up to be opened that way",
        )
        .to_owned(),
        LockError::Wrong { wait_seconds: 0 } => {
            say(lang, "không đúng, không mở được", "this does not open it").to_owned()
        }
        LockError::Wrong { wait_seconds } => format!(
            "{} {}",
            say(
                lang,
                "không đúng; lần sau phải đợi",
                "this does not open it; the next try must wait",
            ),
            wait(lang, *wait_seconds)
        ),
        LockError::Wait { seconds } => format!(
            "{} {}",
            say(
                lang,
                "đã khóa vì thử sai nhiều lần; hãy đợi",
                "locked after too many wrong tries; wait",
            ),
            wait(lang, *seconds)
        ),
        LockError::TooShort { least } => format!(
            "{} {least} {}",
            say(lang, "cần ít nhất", "at least"),
            say(lang, "ký tự", "characters are needed")
        ),
        LockError::WordCount { found } => format!(
            "{} {found}",
            say(
                lang,
                "cần mười sáu từ; số từ đã gõ:",
                "sixteen words are needed; there were",
            )
        ),
        LockError::UnknownWord { position } => match lang {
            Lang::Vi => format!("từ thứ {position} gõ sai: không có trong danh sách"),
            Lang::En => format!("word {position} is mistyped: it is not on the list"),
        },
        LockError::TooFewShares => say(
            lang,
            "cần từ của hai người khác nhau",
            "the words of two different officers are needed",
        )
        .to_owned(),
        other => other.to_string(),
    }
}

/// Why a file could not be read or written.
pub fn io(lang: Lang, e: &std::io::Error) -> String {
    use std::io::ErrorKind;
    let (vi, en) = match e.kind() {
        ErrorKind::NotFound => (
            "không có tệp hoặc thư mục này",
            "there is no such file or folder",
        ),
        ErrorKind::PermissionDenied => ("không được phép", "this is not permitted"),
        ErrorKind::StorageFull => (
            "ổ đĩa đã đầy; chưa ghi gì",
            "the disk is full; nothing was changed",
        ),
        ErrorKind::IsADirectory => (
            "đây là thư mục, không phải tệp",
            "this is a folder and no file",
        ),
        ErrorKind::FileTooLarge => ("tệp quá lớn", "the file is too large"),
        ErrorKind::Unsupported => ("đây không phải tệp thường", "this is no ordinary file"),
        ErrorKind::NotADirectory => ("đây không phải thư mục", "this is no folder"),
        _ => return e.to_string(),
    };
    say(lang, vi, en).to_owned()
}

/// Why an act of a case was not taken.
pub fn case(lang: Lang, e: &CaseError) -> String {
    let (vi, en) = match e {
        CaseError::UnknownAct(act) => {
            return match lang {
                Lang::Vi => format!("không có việc “{act}”; xem các việc có thể làm bằng show"),
                Lang::En => format!("there is no act “{act}”; show tells what can be done"),
            };
        }
        CaseError::NotNow { act, state } => {
            return match lang {
                Lang::Vi => format!("chưa làm được “{act}” khi việc đang ở bước “{state}”"),
                Lang::En => format!("“{act}” cannot be done while the case is “{state}”"),
            };
        }
        CaseError::NotAllowed => (
            "vai trò này không làm việc đó, hoặc việc đó là về chính mình",
            "this role does not do this, or it is about oneself",
        ),
        CaseError::AtOnce => (
            "hai nơi đã làm khác nhau; hãy chọn một bằng keep",
            "two things were done at the same time; choose one with keep",
        ),
        CaseError::LateReason => (
            "đã quá hạn: hãy nêu lý do chậm, note=… (hoặc làm việc late trước)",
            "it is late: say why, note=… (or do the act late first)",
        ),
        CaseError::SamePerson => (
            "chữ ký thứ hai phải của người khác",
            "the second signature is somebody else's",
        ),
        CaseError::TooMany => (
            "việc này đã có quá nhiều lần ghi; hãy báo văn phòng",
            "this case has too many acts; tell the office",
        ),
        CaseError::NoReason => ("cần lý do: note=…", "a reason is needed: note=…"),
        CaseError::ReadByMore => (
            "nội dung này giữ riêng: ý kiến về nó ghi ở chỗ ít người xem (contest raise)",
            "this is kept apart: what is said against it lies where fewer people read (contest raise)",
        ),
        _ => (
            "việc này không nối tiếp được việc trước đó",
            "this does not follow from what was done before",
        ),
    };
    say(lang, vi, en).to_owned()
}

/// What an edit's error means for the person.
pub fn edit(lang: Lang, e: &EditError) -> String {
    match e {
        EditError::Store(e) => store(lang, e),
        EditError::NotAllowed => say(
            lang,
            "vai trò này không được ghi ở đây",
            "this role does not write here",
        )
        .to_owned(),
        EditError::Ended => say(
            lang,
            "quyền của máy này đã hết hoặc bị thu hồi; hãy liên hệ văn phòng",
            "this device's grant has ended or was revoked; ask the office",
        )
        .to_owned(),
        EditError::Erased => say(
            lang,
            "bản ghi này đã được xóa theo quy định; không ghi vào đây nữa",
            "this record was erased for good and is not written any more",
        )
        .to_owned(),
        EditError::AboutThemself => say(
            lang,
            "không ai tự ghi quyết định về chính mình; hãy để văn phòng hoặc cấp phó ghi",
            "nobody records a decision about themself; let the office or the deputy do it",
        )
        .to_owned(),
        EditError::Case(e) => case(lang, e),
        EditError::Field(e) => field(lang, e),
        EditError::HandedOver => say(
            lang,
            "nơi này đang được chuyển sang máy của nơi khác, nên không ghi ở đây nữa; xem chibo handover list",
            "the place is being handed over to another node and is not written here; see chibo handover list",
        )
        .to_owned(),
        EditError::UnknownPlace => say(
            lang,
            "máy này không có nơi đó",
            "that place is not on this device",
        )
        .to_owned(),
        EditError::Document(DocumentError::AppendOnly) => say(
            lang,
            "điều đã ghi ở đây không sửa được; hãy hủy do ghi nhầm rồi ghi lại",
            "what stands here is never changed; cancel it as mistyped and record it anew",
        )
        .to_owned(),
        EditError::Document(DocumentError::Full { .. }) => say(
            lang,
            "hồ sơ đã đầy; hãy mở hồ sơ tiếp theo",
            "the record is full; begin another",
        )
        .to_owned(),
        EditError::Document(DocumentError::NoSuchField { path, .. }) => match lang {
            Lang::Vi => format!("không có ô “{path}”"),
            Lang::En => format!("there is no field “{path}”"),
        },
        EditError::Document(DocumentError::TooLong { path, limit, .. }) => match lang {
            Lang::Vi => format!("ô “{path}” dài quá {limit} byte"),
            Lang::En => format!("field “{path}” is longer than {limit} bytes"),
        },
        other => other.to_string(),
    }
}

/// Why a typed value does not fit its field.
pub fn field(lang: Lang, e: &FieldError) -> String {
    match (lang, e) {
        (Lang::Vi, FieldError::NoSuchField { path, .. }) => format!("không có ô “{path}”"),
        (
            Lang::Vi,
            FieldError::NotInList {
                path,
                found,
                allowed,
            },
        ) => format!(
            "{path}: “{found}” không có trong danh mục: {}",
            allowed.join(", ")
        ),
        (Lang::Vi, FieldError::NoDate { path, found }) => {
            format!("{path}: “{found}” không phải ngày; viết 03/02/1930, 02/1930 hoặc 1930")
        }
        (Lang::Vi, FieldError::NoNumber { path, found }) => {
            format!("{path}: “{found}” không phải số nguyên")
        }
        (_, other) => other.to_string(),
    }
}

/// What a sync's error means for the person, and what to do.
pub fn carrier(lang: Lang, e: &CarrierError) -> String {
    match e {
        CarrierError::Line(_) => say(
            lang,
            "đường truyền đứt; phần đã đến vẫn giữ, hãy gửi lại khi có sóng",
            "the line broke; what arrived is kept, try again with a better line",
        )
        .to_owned(),
        CarrierError::NotTakenIn(why) => both(lang, shared::not_known(*why)),
        CarrierError::Refused(words) => match lang {
            Lang::Vi => format!("xã không nhận: {words}"),
            Lang::En => format!("the node refuses: {words}"),
        },
        CarrierError::NotNow(words) => match lang {
            Lang::Vi => format!("xã đang bận, hãy thử lại sau: {words}"),
            Lang::En => format!("the node cannot answer now, try again later: {words}"),
        },
        CarrierError::TooOften { .. } => say(
            lang,
            "máy này, hoặc các máy cùng mạng, hỏi quá nhiều lần; mọi thứ trên máy còn nguyên, hãy đợi vài phút",
            "this device, or others on its network, ask too often; everything on it is kept, wait a few minutes",
        )
        .to_owned(),
        CarrierError::Address(words) => match lang {
            Lang::Vi => format!("địa chỉ của xã không đúng: {words}"),
            Lang::En => format!("this is no address of a node: {words}"),
        },
        CarrierError::Open => say(
            lang,
            "địa chỉ này không mã hóa; hãy dùng địa chỉ bắt đầu bằng https",
            "this address does not encrypt; use one that begins with https",
        )
        .to_owned(),
        CarrierError::AnotherNode => say(
            lang,
            "địa chỉ này dẫn đến máy khác, không phải máy của xã mình; chưa gửi gì. Hãy hỏi văn phòng",
            "this address leads to another node than this device's; nothing was sent. Ask the office",
        )
        .to_owned(),
        CarrierError::Sync(e) => sync(lang, e),
        other => other.to_string(),
    }
}

/// Why a roster's file is not taken.
pub fn roster(lang: Lang, e: &RosterError) -> String {
    let (vi, en) = match e {
        RosterError::UnknownFormat => (
            "không phải tệp .xlsx hoặc .csv",
            "this is no .xlsx or .csv file",
        ),
        RosterError::OldWorkbook => (
            "tệp Excel đời cũ (.xls); hãy lưu lại thành .xlsx",
            "an old .xls workbook; save it as .xlsx",
        ),
        RosterError::Encoding => (
            "bảng mã chữ không đọc được; hãy lưu lại thành \"CSV UTF-8\" hoặc .xlsx",
            "the text is neither UTF-8 nor UTF-16; save it as \"CSV UTF-8\" or .xlsx",
        ),
        RosterError::NoHeader => (
            "không có trang nào có dòng tiêu đề với cột họ và tên",
            "no sheet has a header row with a column of full names",
        ),
        RosterError::TooLarge { limit, unit } => {
            return match lang {
                Lang::Vi => format!("tệp quá lớn (hơn {limit} {unit}); hãy chia nhỏ"),
                Lang::En => format!("too large: more than {limit} {unit}; divide it"),
            };
        }
        RosterError::Damaged(_) => (
            "tệp hỏng, không mở được",
            "the file is damaged and cannot be read",
        ),
        other => return other.to_string(),
    };
    say(lang, vi, en).to_owned()
}

/// Why TLS could not be set up.
pub fn tls(lang: Lang, e: &TlsError) -> String {
    match e {
        TlsError::Own(_) => e.to_string(),
        TlsError::Fit(_) | TlsError::Pem(_) => format!(
            "{}: {e}",
            say(
                lang,
                "chứng thư hoặc khóa không dùng được",
                "the certificate or its key cannot be used"
            )
        ),
    }
}

/// What an engine's error means for the person.
pub fn sync(lang: Lang, e: &SyncError) -> String {
    match e {
        SyncError::Store(e) => store(lang, e),
        SyncError::Edit(e) => edit(lang, e),
        SyncError::NotEnrolled => {
            say(lang, "máy này chưa đăng ký", "this device is not enrolled").to_owned()
        }
        SyncError::Late => say(
            lang,
            "trả lời này cũ hơn những gì máy đã có",
            "this answer is older than what the device has",
        )
        .to_owned(),
        SyncError::NotTheNode => say(
            lang,
            "trả lời không mang chữ ký của xã mình",
            "the answer is not signed by this device's node",
        )
        .to_owned(),
        SyncError::NoLetterKey => say(
            lang,
            "phiếu này chỉ dùng được qua mạng",
            "this ticket is used over a line only",
        )
        .to_owned(),
        SyncError::UnsentFirst => say(
            lang,
            "còn việc chưa gửi; hãy gửi trước",
            "work has not been handed over yet; hand it over first",
        )
        .to_owned(),
        other => other.to_string(),
    }
}

/// Why something could not be sealed or opened.
pub fn seal(lang: Lang, e: &SealError) -> String {
    let (vi, en) = match e {
        SealError::NotForThisKey => (
            "được niêm phong cho khóa khác, hoặc đã hỏng",
            "it is sealed for another key, or damaged",
        ),
        SealError::Damaged => (
            "tệp đã hỏng: bị sửa đổi hoặc thiếu phần cuối",
            "it is damaged: altered, or its end is missing",
        ),
        SealError::TooLarge { .. } => ("quá lớn", "it is too large"),
        SealError::TooManyReaders => (
            "niêm phong cho quá nhiều máy",
            "it is sealed for too many devices",
        ),
        SealError::NoReader => (
            "không có khóa của người nhận",
            "there is no key to seal for",
        ),
        SealError::Io { kind } => return io(lang, &std::io::Error::from(*kind)),
        _ => return e.to_string(),
    };
    say(lang, vi, en).to_owned()
}

/// Why a backup could not be written or opened.
pub fn backup(lang: Lang, e: &BackupError) -> String {
    match e {
        BackupError::Seal(e) => seal(lang, e),
        BackupError::NotABackup => say(
            lang,
            "tệp này không phải bản sao lưu của Chibo",
            "this file is no backup of Chibo",
        )
        .to_owned(),
        BackupError::Io(e) => io(lang, e),
    }
}

/// Why a round with letters stopped.
pub fn letters(lang: Lang, e: &LetterError) -> String {
    match e {
        LetterError::Carrier(CarrierError::NotNow(words)) => match lang {
            Lang::Vi => format!("hộp thư chưa nhận thêm, hãy thử lại sau: {words}"),
            Lang::En => format!("the mailbox takes nothing now, try again later: {words}"),
        },
        LetterError::Carrier(CarrierError::Refused(words)) => match lang {
            Lang::Vi => format!("hộp thư không nhận: {words}"),
            Lang::En => format!("the mailbox refuses: {words}"),
        },
        LetterError::Carrier(CarrierError::AnotherNode) => say(
            lang,
            "chứng thư của hộp thư không đáng tin; chưa gửi gì",
            "the mailbox's certificate cannot be trusted; nothing was sent",
        )
        .to_owned(),
        LetterError::Carrier(e) => carrier(lang, e),
        LetterError::Sync(e) => sync(lang, e),
        LetterError::Seal(e) => seal(lang, e),
        other => other.to_string(),
    }
}

/// That a lost phone has wiped itself.
pub fn wiped(lang: Lang) -> String {
    both(lang, shared::wiped())
}

/// What was found out about the node, and what to do.
pub fn found_out(lang: Lang, found: chibo_device::otherwise::Found) -> String {
    both(lang, shared::found_out(found))
}

/// That so many changes of other phones had no room on this one.
pub fn no_room(lang: Lang, count: usize) -> String {
    let (vi, en) = shared::no_room(count);
    match lang {
        Lang::Vi => vi,
        Lang::En => en,
    }
}

/// That the node told the device that left something otherwise than this one.
pub fn told_otherwise(lang: Lang) -> String {
    both(lang, shared::told_otherwise())
}

/// What a filter of a list is called.
pub fn filter(lang: Lang, filter: &chibo_device::filter::Filter) -> String {
    both(lang, filter.label())
}

/// That the node was restored, and what it means for a phone.
pub fn new_keys(lang: Lang) -> &'static str {
    say(
        lang,
        "Xã đã khôi phục và có khóa mới; hãy gửi lại.",
        "The node was restored and has new keys; send again.",
    )
}

/// That this device has asked its node by letter to be known.
pub fn asked_by_letter(lang: Lang) -> &'static str {
    say(
        lang,
        "Đã gửi yêu cầu đăng ký; xã chưa trả lời.",
        "The request to be enrolled is sent; the node has not answered yet.",
    )
}

/// What a node's word to a request to be known means; `number` is what the office compares.
pub fn heard(lang: Lang, heard: Heard, number: &str) -> String {
    let (vi, en) = match heard {
        Heard::Enrolled => {
            let enrolled = say(
                lang,
                "Đã đăng ký. Số đối chiếu với danh sách máy ở văn phòng:",
                "Enrolled. The number to compare with the office's list of devices:",
            );
            return format!("{enrolled} {number}.");
        }
        Heard::NewKey => (
            "Máy này dùng khóa mới; khóa cũ không còn giá trị.",
            "This device has a new key; the old one is worth nothing.",
        ),
        Heard::KnownAgain => (
            "Xã đã nhận lại máy này sau khi khôi phục.",
            "The node, which was restored, knows this device again.",
        ),
        Heard::Refused(why) => {
            let why = chibo_device::words::not_known(why);
            return say(lang, &why.vi, &why.en).to_owned();
        }
        Heard::Nothing => ("Tệp này đã đọc rồi.", "This file was read before."),
    };
    say(lang, vi, en).to_owned()
}

/// A role.
pub fn role(lang: Lang, role: Role) -> &'static str {
    label(lang, role.label())
}

/// The day of a moment, as people in Vietnam write it: `24/11/2026`.
pub fn day(time: Timestamp) -> String {
    time.day_in_vietnam().map_or("?".to_owned(), Day::shown)
}

/// That a phone's place is kept by another node now.
pub fn new_home(lang: Lang, home: &NewHome) -> String {
    match lang {
        Lang::Vi => format!(
            "Hồ sơ của máy này nay do {} giữ ({}). Việc chưa được nhận vẫn còn trên máy; hãy xin nơi đó một phiếu đăng ký.",
            home.name, home.url
        ),
        Lang::En => format!(
            "The records of this device are kept by {} now ({}). What was not taken in yet is still here; ask there for a ticket.",
            home.name, home.url
        ),
    }
}

/// Why a hand-over was not done.
pub fn custody(lang: Lang, e: &CustodyError) -> String {
    let (vi, en) = match e {
        CustodyError::Codec(_) => (
            "tệp hoặc thẻ này không đúng, hoặc bị thiếu; chưa ghi gì",
            "this file or card is not of the kind, or incomplete; nothing was changed",
        ),
        CustodyError::Unproven(_) => (
            "tệp này không đúng như nơi chuyển đã ký: đã bị sửa, hoặc là giả; chưa ghi gì",
            "this file is not what its node signed: altered, or forged; nothing was changed",
        ),
        CustodyError::NotForThisNode { to } => {
            return match lang {
                Lang::Vi => format!("tệp này dành cho máy {}, không phải máy này", to.short()),
                Lang::En => format!("this is for the node {}, not for this one", to.short()),
            };
        }
        CustodyError::Itself => (
            "đây là thẻ của chính máy này",
            "this is this node's own card",
        ),
        CustodyError::TooLong { .. } => (
            "hồ sơ ở đó dài quá một tệp bàn giao chứa được; chưa ghi gì. Hãy xem máy nào ghi nhiều bất thường (chibo devices)",
            "what was written there is more than one file holds; nothing was changed. See which device wrote so much (chibo devices)",
        ),
        CustodyError::Hosted => (
            "đang có sinh hoạt tạm thời ở đó; hãy kết thúc trước (chibo placement end)",
            "a placement runs there; end it first (chibo placement end)",
        ),
        CustodyError::NoTerm => (
            "sinh hoạt tạm thời này không có ngày cuối, hoặc đã hết hạn; hãy trả lời không nhận (chibo handover refuse)",
            "this stay has no last day, or it is over; say no to it (chibo handover refuse)",
        ),
        CustodyError::UnknownPlace => ("không có nơi này ở đây", "the place is not here"),
        CustodyError::Root => (
            "không chuyển được cả đảng bộ gốc của máy này",
            "the root of this node's tree is not handed over",
        ),
        CustodyError::OnItsWay => (
            "nơi này, hoặc một phần của nó, đang được chuyển rồi",
            "it, or a part of it, is being handed over already",
        ),
        CustodyError::Unborn => (
            "có nơi bên dưới chưa được ghi vào sổ; hãy thử lại",
            "a place below it is not in the log yet; try again",
        ),
        CustodyError::UnknownOffer => (
            "không có lần chuyển nào như vậy; xem chibo handover list",
            "no such hand-over is known here; see chibo handover list",
        ),
        CustodyError::AlreadyHere => ("nơi này đã có ở đây", "the place is here already"),
        CustodyError::Refused => (
            "máy này đã trả lời không nhận; nơi kia phải chuyển lại",
            "this node has refused it; the other node has to offer it again",
        ),
        CustodyError::Accepted => ("máy này đã nhận rồi", "this node has accepted it already"),
        CustodyError::TwoFaces => (
            "nơi kia vừa nhận vừa không nhận cùng một lần chuyển; hãy báo cấp trên",
            "the other node has said both yes and no; report it",
        ),
        CustodyError::Tree(_) => (
            "nơi này không thể thuộc về nơi kia",
            "this place cannot stand under that one",
        ),
        CustodyError::Unfit(_) => (
            "có nội dung mà máy này không nhận được; chưa ghi gì",
            "there is content in it that this node does not let in; nothing was changed",
        ),
        CustodyError::Store(e) => return store(lang, e),
        CustodyError::Edit(e) => return edit(lang, e),
        other => return other.to_string(),
    };
    say(lang, vi, en).to_owned()
}

/// How it stands after a visit to a mailbox.
pub fn by_mail(lang: Lang, synced: bool, in_mailbox: bool) -> String {
    both(lang, shared::by_mail(synced, in_mailbox))
}

/// Why work was held or refused, in words.
pub fn refusal(lang: Lang, code: u8) -> String {
    both(lang, shared::refusal(code))
}

/// The name of a day of the week; 0 is Monday.
pub fn weekday(lang: Lang, day: u8) -> &'static str {
    label(lang, shared::weekday(day))
}

/// Why a row is no regulation.
pub fn regulation(lang: Lang, e: &RegulationError) -> String {
    let said = |vi, en, what: &str| format!("{}: {what}", say(lang, vi, en));
    match e {
        RegulationError::UnknownKey(name) => said("không có mã quy định này", "no such key", name),
        RegulationError::WrongUnit { key, unit } => said(
            "mã này không có đơn vị tính đó",
            "this key has no such unit",
            &format!("{key}, {unit}"),
        ),
        RegulationError::WrongValue { key, value, .. } => said(
            "giá trị không đúng",
            "the value does not fit",
            &format!("{key}, {value}"),
        ),
        RegulationError::DayNeeded(text) => {
            said("cần đủ ngày, tháng, năm", "the day is needed", text)
        }
        RegulationError::Date(_) => say(lang, "ngày không đúng", "a date is none").to_owned(),
        RegulationError::EndsBeforeItBegins => say(
            lang,
            "ngày hết hiệu lực trước ngày có hiệu lực",
            "it ends before it begins",
        )
        .to_owned(),
        RegulationError::NoSource => say(
            lang,
            "đã kiểm chứng thì phải có số văn bản",
            "what is verified must name its source",
        )
        .to_owned(),
        other => other.to_string(),
    }
}

/// How far a deadline is: days and working days, negative where it is late; `None` where nothing is left to say.
pub fn deadline_spans(d: &Deadline) -> (Option<i64>, Option<i64>) {
    let pair = |s: Span, sign| {
        (
            Some(sign * i64::from(s.days)),
            Some(sign * i64::from(s.working_days)),
        )
    };
    match d.state {
        State::Open(s) => pair(s, 1),
        State::Overdue(s) | State::DoneLate(s) => pair(s, -1),
        State::DueToday => (Some(0), Some(0)),
        State::DoneInTime => (None, None),
    }
}

/// How a deadline stands, in the days that its term is counted in.
pub fn deadline_state(lang: Lang, d: &Deadline) -> String {
    both(lang, shared::deadline_state(d))
}

/// Why a fact has no deadline.
pub fn no_deadline(lang: Lang, e: &NoDeadline) -> String {
    both(lang, shared::no_deadline(e))
}
