//! What is done with records, at the office and on a phone alike: `list`, `show`, `edit`, `add`, `conflicts`, `resolve`,
//! `check-in`, `address`, `residence-remark`. On a phone they stand below `chibo phone`, at the office they are commands of
//! their own that say the node's folder, and who sits there ([`By`]). One table of them ([`Records`]), one way through each.

use super::by::By;
use super::desk::Desk;
use super::record::{AddArgs, EditArgs, ShowArgs};
use super::shown::Seen;
use super::{Done, Folder, Voice, address, check_in, conflicts, list, record, remark, which_form};
use clap::{Args, Subcommand};

/// What a command says beside what is done: where, and who does it.
pub(crate) trait At: std::fmt::Debug {
    /// The folder of the store.
    fn folder(&self) -> Option<&Folder> {
        None
    }

    /// Who sits at the office.
    fn by(&self) -> Option<&By> {
        None
    }
}

/// Nothing: what it is done on was said before.
#[derive(Debug, Args)]
#[group(skip)]
pub(crate) struct Here {}

impl At for Here {}

impl At for Folder {
    fn folder(&self) -> Option<&Folder> {
        Some(self)
    }
}

/// The office's folder, and who sits there.
#[derive(Debug, Args)]
pub(crate) struct Seat {
    #[command(flatten)]
    data: Folder,
    #[command(flatten)]
    by: By,
}

impl At for Seat {
    fn folder(&self) -> Option<&Folder> {
        Some(&self.data)
    }

    fn by(&self) -> Option<&By> {
        Some(&self.by)
    }
}

/// A command with where it is done.
#[derive(Debug, Args)]
#[group(skip)]
pub(crate) struct On<W: Args, A: Args> {
    #[command(flatten)]
    at: W,
    #[command(flatten)]
    what: A,
}

/// What is done with records. `R` and `W`: what is said beside it where something is looked at, and where it is written.
#[derive(Debug, Subcommand)]
pub(crate) enum Records<R: At + Args, W: At + Args> {
    /// Danh sách / List, in the order of rolls.
    List(On<R, list::ListArgs>),
    /// Xem một người hoặc nơi / Show a person or unit.
    Show(On<R, ShowArgs>),
    /// Sửa / Edit: FIELD=VALUE, an empty value clears.
    Edit(On<W, EditArgs>),
    /// Thêm đảng viên / Add a member.
    Add(On<R, AddArgs>),
    /// Những ô hai nơi ghi khác nhau / Fields with two versions.
    Conflicts(On<R, Here>),
    /// Chọn một bản / Choose one version: its number in the list, or the value.
    Resolve(On<W, conflicts::ResolveArgs>),
    /// Báo nơi ở / Say where somebody is: commune=…, phone=…, dues_paid_through=…, tasks=…, request=…, said_by=…, how=….
    #[command(visible_alias = "check-in")]
    Checkin(On<W, check_in::CheckInArgs>),
    /// Địa chỉ của một đảng viên / A member's addresses.
    Address(On<W, address::AddressArgs>),
    /// Nhận xét nơi cư trú: xem, hoặc ghi / The remark of the place of residence: look, or record one.
    ResidenceRemark(On<W, remark::Remark>),
    /// Đi xa thì làm thủ tục gì / Which procedure fits an absence.
    WhichForm(On<R, which_form::WhichForm>),
    /// Tìm xã, phường hiện nay, không cần dấu / Search today's communes; old names too.
    Communes(On<R, which_form::CommunesArgs>),
}

/// On a phone, below `chibo phone`.
pub(crate) type OnPhone = Records<Here, Here>;
/// At the office.
pub(crate) type AtOffice = Records<Folder, Seat>;

impl<R: At + Args, W: At + Args> Records<R, W> {
    fn at(&self) -> &dyn At {
        match self {
            Records::List(on) => &on.at,
            Records::Show(on) => &on.at,
            Records::Edit(on) => &on.at,
            Records::Add(on) => &on.at,
            Records::Conflicts(on) => &on.at,
            Records::Resolve(on) => &on.at,
            Records::Checkin(on) => &on.at,
            Records::Address(on) => &on.at,
            Records::ResidenceRemark(on) => &on.at,
            Records::WhichForm(on) => &on.at,
            Records::Communes(on) => &on.at,
        }
    }

    /// The folder of the store, where it is said here.
    pub(super) fn folder(&self) -> Option<&Folder> {
        self.at().folder()
    }

    /// What it shows, for the log of looks. What shows one record notes it where it reads it.
    pub(super) fn shows(&self) -> Seen<'_> {
        match self {
            Records::List(on) => on.what.shows(),
            Records::Conflicts(_) => Seen::All,
            Records::Address(on) => on.what.shows(),
            Records::ResidenceRemark(on) => on.what.shows(),
            Records::Show(_)
            | Records::Edit(_)
            | Records::Add(_)
            | Records::Resolve(_)
            | Records::Checkin(_)
            | Records::WhichForm(_)
            | Records::Communes(_) => Seen::Nothing,
        }
    }

    pub(super) fn run(&self, desk: &mut Desk, voice: Voice) -> Done {
        let by = self.at().by();
        match self {
            Records::List(on) => list::run(&on.what, desk, voice),
            Records::Show(on) => record::show(&on.what, desk, voice),
            Records::Edit(on) => record::edit(&on.what, by, desk, voice),
            Records::Add(on) => record::add(&on.what, desk, voice),
            Records::Conflicts(_) => conflicts::list(desk, voice),
            Records::Resolve(on) => conflicts::resolve(&on.what, by, desk, voice),
            Records::Checkin(on) => check_in::run(&on.what, by, desk, voice),
            Records::Address(on) => address::run(&on.what, by, desk, voice),
            Records::ResidenceRemark(on) => remark::run(&on.what, by, desk, voice),
            Records::WhichForm(on) => which_form::run(&on.what, desk.store(), voice),
            Records::Communes(on) => which_form::communes(&on.what, voice),
        }
    }
}
