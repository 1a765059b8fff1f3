//! A phone's folder: its store, and the mark beside it.
//!
//! The mark is the number of segments that were ever sealed here, kept outside the database: a store
//! that knows of fewer is an old backup, and goes on under new feeds (rule 8). It is on disk before
//! anything that it counts leaves the phone.
//!
//! Beside both lies, as long as sealed work waits, the *outbox* ([`crate::outbox`]).

use crate::keys::KeyError;
use crate::{file, home, keys, letters, outbox};
use chibo_core::author::EditError;
use chibo_core::carriers::http::{CarrierError, Device, HttpNode, Options, Progress};
use chibo_core::domain::look::{LOOK, PLACEMENT_LOOK};
use chibo_core::enrol::{Given, Ticket};
use chibo_core::feed::SignedSegment;
use chibo_core::id::{DocId, PublicKey};
use chibo_core::lock::StoreKey;
use chibo_core::log::End;
use chibo_core::phone::{Exchange, Outcome, Phone, SyncError};
use chibo_core::records;
use chibo_core::store::sqlite::{Durability, SqliteStore};
use chibo_core::store::{Store, StoreError};
use chibo_core::time::Timestamp;
use rand_core::RngCore;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A phone whose store lies in a file.
pub type FilePhone = Phone<SqliteStore>;

/// The name of the store in a phone's folder.
pub const STORE: &str = "phone.db";
/// The setting that holds the node's address.
const URL: &str = "url";
/// The name of the mark beside it.
pub const MARK: &str = "mark";

/// A phone in its folder.
#[derive(Debug)]
pub struct Handset {
    folder: PathBuf,
    mark: u64,
    /// The phone.
    pub phone: FilePhone,
}

/// What waits on a phone to be handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// Documents that people changed here, drafts and sealed ones; that a record was looked at counts for none.
    pub changes: usize,
    /// Documents with edits that are not sealed yet.
    pub drafts: usize,
    /// Own segments without a receipt.
    pub own: usize,
    /// Others' segments without a receipt.
    pub others: usize,
    /// When the first of the own work was typed.
    pub since: Option<Timestamp>,
    /// Whether a request lies in a mailbox that the node has not answered yet.
    pub in_mailbox: bool,
}

/// Whether a name of one of several people (or roles) on a device is safe as a folder's: 1 to 32 lower-case letters,
/// digits and hyphens.
pub fn is_own_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=32).contains(&name.len()) && name.chars().all(fits)
}

/// What the folder of one of several people on a device begins with, before their name.
const OWN: &str = "as-";

/// The folder of one of several people on a device, in the folder of all; `None`: the name is not safe as a folder's.
pub fn folder_of(all: &Path, name: &str) -> Option<PathBuf> {
    is_own_name(name).then(|| all.join(format!("{OWN}{name}")))
}

/// Whose stores there are in the folder of all, by name; the empty name is the store that lies in the folder itself.
pub fn names_in(all: &Path) -> std::io::Result<Vec<String>> {
    let mut found = Vec::new();
    if all.join(STORE).exists() {
        found.push(String::new());
    }
    for entry in std::fs::read_dir(all)? {
        let entry = entry?.file_name();
        let Some(name) = entry.to_str().and_then(|n| n.strip_prefix(OWN)) else {
            continue;
        };
        if folder_of(all, name).is_some_and(|folder| folder.join(STORE).exists()) {
            found.push(name.to_owned());
        }
    }
    found.sort();
    Ok(found)
}

/// The node that a ticket names, at its address or another.
pub fn node_of(ticket: &Ticket, url: &str) -> Result<HttpNode, CarrierError> {
    HttpNode::new(url, &Options::for_node(ticket.log, 1))
}

/// The address at which whoever enrols by this speaks to the node, as it was typed, with `https` where nothing else was; else
/// as the ticket says. `None`: it is to be typed, since a short code has no room for it.
pub fn address_of(given: &Given, typed: Option<&str>) -> Option<String> {
    let typed: String = typed.unwrap_or_default().split_whitespace().collect();
    match given {
        _ if typed.contains("://") => Some(typed),
        _ if !typed.is_empty() => Some(format!("https://{typed}")),
        Given::Ticket(ticket) => Some(ticket.url.clone()),
        Given::Code(_) => None,
    }
}

/// The whole ticket: the one that was given, or what the node at this address says of the one with that short code, to the
/// device with this key.
pub async fn whole_ticket(
    given: Given,
    address: &str,
    key: PublicKey,
) -> Result<Ticket, CarrierError> {
    let code = match given {
        Given::Ticket(ticket) => return Ok(*ticket),
        Given::Code(code) => code,
    };
    let node = HttpNode::new(address, &Options::for_code(&code))?;
    let terms = node.ask_terms(&code, key).await?;
    // A node with a public certificate was believed by that; but what the code names it must be.
    code.ticket(address, &terms)
        .ok_or(CarrierError::AnotherNode)
}

/// Makes the folder of a new phone.
pub fn make_folder(folder: &Path) -> Result<(), StoreError> {
    std::fs::create_dir_all(folder).map_err(|e| io(&e))
}

/// Removes the key, store and mark of the phone in a folder, which nobody has open.
pub fn discard(folder: &Path) -> Result<(), StoreError> {
    keys::remove(&folder.join(STORE)).map_err(|e| io(&e))?;
    file::remove_store(&folder.join(STORE));
    outbox::remove(folder)?;
    remove_file(&folder.join(MARK))
}

pub(crate) fn remove_file(path: &Path) -> Result<(), StoreError> {
    std::fs::remove_file(path).or_else(|e| match e.kind() {
        std::io::ErrorKind::NotFound => Ok(()),
        _ => Err(io(&e)),
    })
}

pub(crate) fn io(e: &std::io::Error) -> StoreError {
    match e.kind() {
        std::io::ErrorKind::StorageFull => StoreError::DiskFull,
        std::io::ErrorKind::NotFound => StoreError::Missing,
        _ => StoreError::Io(e.to_string()),
    }
}

impl Handset {
    /// Makes a new phone in a folder, which is made if it is not there.
    pub fn create(
        folder: &Path,
        key: &StoreKey,
        rng: &mut dyn RngCore,
    ) -> Result<Self, StoreError> {
        make_folder(folder)?;
        let store = SqliteStore::create(&folder.join(STORE), key, Durability::Full)?;
        Ok(Handset {
            folder: folder.to_owned(),
            mark: 0,
            phone: Phone::create(store, rng)?,
        })
    }

    /// Opens the phone in a folder.
    pub fn open(folder: &Path, key: &StoreKey) -> Result<Self, StoreError> {
        let store = SqliteStore::open(&folder.join(STORE), key, Durability::Full)?;
        let (noted, mark) = match std::fs::read_to_string(folder.join(MARK)) {
            Ok(text) => match text.trim().parse::<u64>() {
                Ok(mark) => (mark, Some(mark)),
                // What it said is lost: as if more had been sealed than the store knows of.
                Err(_) => (0, Some(sealed(&store)?.saturating_add(1))),
            },
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => (0, None),
            Err(e) if e.kind() == std::io::ErrorKind::InvalidData => {
                (0, Some(sealed(&store)?.saturating_add(1)))
            }
            Err(e) => return Err(io(&e)),
        };
        Ok(Handset {
            folder: folder.to_owned(),
            mark: noted,
            phone: Phone::open(store, mark)?,
        })
    }

    /// Sees to it that the code which this phone hands over opens its lock ([`keys::tend_recovery`]). To be done
    /// before a request is made.
    pub fn tend_recovery(&mut self, key: &StoreKey) -> Result<(), KeyError> {
        keys::tend_recovery(&self.folder.join(STORE), key, &mut self.phone)
    }

    /// Brings the mark up to what was sealed; durable when this returns.
    pub fn note_mark(&mut self) -> Result<(), StoreError> {
        self.mark = write_mark(&self.folder, self.mark, &self.phone)?;
        Ok(())
    }

    /// Removes the phone's key, store and mark.
    pub fn remove(&mut self) -> Result<(), StoreError> {
        discard(&self.folder)
    }

    /// What waits here to be handed over.
    pub fn waits(&self) -> Result<Waits, StoreError> {
        let (own, others) = self.phone.waiting()?;
        let changed = self.phone.store().read(|tx| {
            let drafts = records::drafts(tx)?.into_iter();
            let mut docs: BTreeMap<DocId, u16> = drafts.map(|(id, d)| (id, d.kind)).collect();
            for (spot, foreign) in records::waiting(tx)? {
                let row = records::segment(tx, spot)?.filter(|_| !foreign);
                let Some(row) = row else { continue };
                let signed = SignedSegment::from_bytes(&row.bytes)?;
                docs.extend(signed.unproven().changes.iter().map(|c| (c.doc, c.kind)));
            }
            Ok::<_, StoreError>(docs)
        })?;
        let looks = [LOOK.number, PLACEMENT_LOOK.number];
        Ok(Waits {
            changes: changed.values().filter(|k| !looks.contains(k)).count(),
            drafts: self.phone.drafted()?,
            own,
            others,
            since: self.phone.waits_since()?,
            in_mailbox: letters::waits_for_answer(&self.phone)?,
        })
    }

    /// The node's address that this device keeps; empty: none.
    pub fn kept_url(&self) -> Result<String, StoreError> {
        let stored = self.phone.store().read(|tx| records::meta(tx, URL))?;
        let text = stored.and_then(|b| String::from_utf8(b).ok());
        Ok(text.unwrap_or_default())
    }

    /// Keeps an address that has led to the node.
    pub fn keep_url(&mut self, url: &str) -> Result<(), StoreError> {
        let store = self.phone.store_mut();
        store.write(|tx| records::set_meta(tx, URL, url.as_bytes()))
    }

    /// This device's node, at the address that it keeps or was told, and that address.
    pub fn home(&self, url: Option<&str>) -> Result<(HttpNode, String), CarrierError> {
        let address = match url {
            Some(url) => url.to_owned(),
            None => self.kept_url().map_err(SyncError::from)?,
        };
        let home = self.phone.node().map_err(SyncError::from)?;
        let (log, epoch) = home.ok_or(SyncError::NotEnrolled)?;
        let node = HttpNode::new(&address, &Options::for_node(log, epoch))?;
        Ok((node, address))
    }

    /// Where the phone lies.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes the request of a sync; the mark is on disk when this returns.
    pub fn request(
        &mut self,
        now: Timestamp,
        rng: &mut dyn RngCore,
    ) -> Result<(Vec<u8>, Exchange), SyncError> {
        let made = self.phone.request(now, rng)?;
        self.note_mark()?;
        self.keep_outbox(&made.0)?;
        Ok(made)
    }

    /// Removes all records, if the node told this device to do so and nothing of its own waits any more; whether it
    /// did. One more sync says so to the node, then [`Handset::remove`] ends it.
    pub fn wipe_if_told(&mut self) -> Result<bool, EditError> {
        let phone = &mut self.phone;
        let told = phone.told_end()? == Some(End::Wiped);
        let may = told && phone.waiting()?.0 == 0 && phone.drafted()? == 0;
        if may {
            phone.wipe()?;
        }
        Ok(may)
    }

    /// Syncs over HTTP; the mark is on disk before anything leaves.
    pub async fn sync(
        &mut self,
        node: &HttpNode,
        now: &dyn Fn() -> Timestamp,
        rng: &mut dyn RngCore,
        progress: &mut dyn FnMut(&Progress),
    ) -> Result<Outcome, CarrierError> {
        let mut held = Held {
            handset: self,
            now,
            rng,
            progress,
        };
        let outcome = node.sync_by_steps(&mut held).await?;
        let (synced, refused) = (outcome.synced, outcome.refused.len());
        home::note_answer(&mut self.phone, now(), synced, refused).map_err(SyncError::from)?;
        self.tidy_outbox().map_err(SyncError::from)?;
        Ok(outcome)
    }
}

/// A handset that nobody else uses while it syncs.
struct Held<'a> {
    handset: &'a mut Handset,
    now: &'a dyn Fn() -> Timestamp,
    rng: &'a mut dyn RngCore,
    progress: &'a mut dyn FnMut(&Progress),
}

impl Device for Held<'_> {
    type Store = SqliteStore;

    fn step<R>(
        &mut self,
        what: impl FnOnce(&mut FilePhone, &mut dyn RngCore) -> Result<R, SyncError>,
    ) -> Result<R, SyncError> {
        what(&mut self.handset.phone, self.rng)
    }

    fn request(&mut self) -> Result<(Vec<u8>, Exchange), SyncError> {
        self.handset.request((self.now)(), self.rng)
    }

    fn heard(&mut self, progress: &Progress) {
        (self.progress)(progress);
    }
}

fn write_mark(folder: &Path, mark: u64, phone: &FilePhone) -> Result<u64, StoreError> {
    let sealed = phone.sealed()?;
    if sealed <= mark {
        return Ok(mark);
    }
    put_mark(folder, sealed)?;
    Ok(sealed)
}

fn put_mark(folder: &Path, mark: u64) -> Result<(), StoreError> {
    file::write_whole(&folder.join(MARK), format!("{mark}\n").as_bytes()).map_err(|e| io(&e))
}

fn sealed(store: &SqliteStore) -> Result<u64, StoreError> {
    store.read(|tx| records::meta_number(tx, chibo_core::author::SEALED))
}

/// Before a backup is put into a folder that has no mark (a new device): nobody knows what was sealed
/// after the backup, so the phone must go on under new feeds.
pub fn mark_backup(folder: &Path, backup: &SqliteStore) -> Result<(), StoreError> {
    if folder.join(MARK).exists() {
        return Ok(());
    }
    put_mark(folder, sealed(backup)?.saturating_add(1))
}
