//! What a command shows of members, and that it is noted (*nhật ký xem hồ sơ*, `adr/0029`): one table over all commands,
//! and one place where the look is written down, before anything is shown. A command without a row does not compile.

use super::desk::{Desk, desk};
use super::kept::Kept;
use super::{Command, Fail, Voice, case};
use crate::edge::{SystemChance, now};
use chibo_core::domain::look::Look;
use chibo_device::looks;

/// Whose record, or which list of people.
#[derive(Debug, Clone, Copy)]
pub(super) enum Seen<'a> {
    /// Nobody's: numbers, keys, devices, rules; or what one writes oneself, which is signed.
    Nothing,
    /// One member's record, or the list of a unit: id or name.
    Of(&'a str),
    /// Each of these members' records: ids or names.
    Each(&'a [String]),
    /// The list of all who are here.
    All,
    /// The member of this case: the beginning of its id.
    Case(&'a str),
}

impl<'a> Seen<'a> {
    /// The list of the unit, or the record of the member, that was named; else the list of all.
    pub(super) fn list(of: Option<&'a str>) -> Seen<'a> {
        of.map_or(Seen::All, Seen::Of)
    }
}

impl Command {
    /// What it shows, and how.
    fn shows(&self, voice: Voice) -> (Seen<'_>, Look) {
        let seen = match self {
            Command::Export(_) => return (Seen::All, Look::Exported),
            Command::OwnData(args) => return args.shows(voice),
            Command::Quarantine(args) => args.shows(),
            Command::Deadlines(args) => args.shows(),
            Command::Records(args) => args.shows(),
            Command::Away(args) => args.shows(),
            Command::Case(args) => return args.shows(),
            Command::Decision(args) => args.shows(),
            Command::Register(args) => args.shows(),
            Command::Dossier(args) => args.shows(),
            Command::Placement(args) => args.shows(),
            Command::Handover(args) => args.shows(),
            Command::Succession(args) => args.shows(),
            Command::Retention(_) => Seen::All,
            Command::Init(_)
            | Command::Serve(_)
            | Command::Import(_)
            | Command::Ticket(_)
            | Command::Unlock(_)
            | Command::Phone(_)
            | Command::Bundle(_)
            | Command::Mailbox(_)
            | Command::Collect(_)
            | Command::Devices(_)
            | Command::Grants(_)
            | Command::Recovery(_)
            | Command::Revoke(_)
            | Command::Confirm(_)
            | Command::RotateKey(_)
            | Command::Audit(_)
            | Command::Regulations(_)
            | Command::Calendar(_)
            | Command::Move(_)
            | Command::Reform(_)
            | Command::Election(_)
            | Command::Contest(_)
            | Command::Erase(_)
            | Command::Digest(_)
            | Command::Verify(_)
            | Command::Rebuild(_)
            | Command::Backup(_)
            | Command::Restore(_)
            | Command::Demo(_) => Seen::Nothing,
        };
        (seen, Look::Opened)
    }
}

/// Notes what the command is about to show. What cannot be noted is not shown.
pub(super) fn note(command: &Command, kept: &mut Kept, voice: Voice) -> Result<(), Fail> {
    let (seen, look) = command.shows(voice);
    note_seen(seen, look, &mut desk(kept), voice)
}

/// As [`note`], at any desk.
pub(super) fn note_seen(seen: Seen, look: Look, desk: &mut Desk, voice: Voice) -> Result<(), Fail> {
    let place = match seen {
        Seen::Nothing => return Ok(()),
        Seen::Each(named) => {
            let mut each = named.iter();
            return each.try_for_each(|named| note_seen(Seen::Of(named), look, desk, voice));
        }
        Seen::Of(named) => Some(desk.place(named, voice)?),
        Seen::Case(id) => Some(desk.find(&case::cases(), id, voice)?.1),
        Seen::All => None,
    };
    let noted = looks::note(desk.here_mut(), place, look, now(), &mut SystemChance)?;
    desk.tell_looked(noted, voice);
    Ok(())
}
