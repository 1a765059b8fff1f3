//! The open store: how it is made, opened and closed, and the one way in which every call reaches it.

use crate::callbacks::{Change, ChangeListener, Clock, Keeper, KeyStore};
use crate::describe::Text;
use crate::error::ChiboError;
use crate::quiet::caught;
use crate::sync::{Ending, ending};
use chibo_core::carriers::http::CarrierError;
use chibo_core::enrol::Given;
use chibo_core::kind;
use chibo_core::lock::{RecoveryCode, StoreKey};
use chibo_core::store::sqlite::Changed;
use chibo_core::time::Timestamp;
use chibo_device::edge::SystemChance;
use chibo_device::handset::{self, Handset, Waits};
use chibo_device::keys::{self, Daily};
use chibo_device::{practice, words};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use zeroize::Zeroizing;

/// An open store: of one person in one role. Lock it with [`Chibo::lock`] when the screen is; the object
/// itself holds native memory until it is destroyed (`use` in Kotlin).
///
/// Every call may be made from any thread, also while another one waits. Calls that are not `suspend` read or write the
/// disk: make them on a background thread.
#[derive(uniffi::Object)]
pub struct Chibo {
    pub(crate) shared: Arc<Shared>,
}

/// What came of an enrolment.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Enrolled {
    /// The number to compare with the office's list of devices.
    pub confirmation: String,
    /// The role, by name.
    pub role: String,
    /// The place on which it is given, by id.
    pub place: String,
}

/// What waits to be handed over, and who this is.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct Outbox {
    /// The role, by name; `null`: not enrolled yet.
    pub role: Option<String>,
    /// The place on which it is given, by id.
    pub place: Option<String>,
    /// Records that were changed here and that the node does not have yet; the fields that follow say the same closer.
    pub changes: u32,
    /// Documents with edits that are not sealed yet: they can be undone.
    pub drafts: u32,
    /// Own changes that are sealed and have no receipt yet.
    pub unsent: u32,
    /// Changes of other devices that came from hand to hand and have no receipt yet.
    pub provisional: u32,
    /// Since when own changes wait: when the first was typed, seconds since 1970.
    pub since: Option<u64>,
    /// Whether a request lies in a mailbox that the node has not answered yet (*đã gửi, xã chưa nhận*).
    pub in_mailbox: bool,
    /// The same in a sentence: “3 thay đổi chưa gửi từ thứ Ba”.
    pub said: Text,
    /// Whether this device shows and records nothing any more: its grant has ended.
    pub ended: bool,
    /// How it has ended, if the node said so; `null`: it has not, or its term is over by the clock.
    pub ending: Option<Ending>,
    /// Where the place's new node is, if the place went to one ([`Ending::MovedAway`]).
    pub moved_to: Option<String>,
}

pub(crate) struct Shared {
    folder: PathBuf,
    held: Mutex<Held>,
    clock: Arc<dyn Clock>,
    listener: Option<Arc<dyn ChangeListener>>,
    /// One sync at a time.
    pub(crate) line: tokio::sync::Mutex<()>,
}

/// The store as this object has it.
enum Held {
    Open(Box<Handset>, StoreKey),
    /// A panic came while it was used: what is in memory is not used again.
    Anew(StoreKey),
    Closed,
}

impl Held {
    fn open(&mut self, folder: &Path) -> Result<(&mut Handset, &StoreKey), ChiboError> {
        if let Held::Anew(key) = self {
            let key = key.clone();
            let mut handset = Box::new(Handset::open(folder, &key)?);
            handset.phone.store_mut().watch();
            *self = Held::Open(handset, key);
        }
        match self {
            Held::Open(handset, key) => Ok((handset, key)),
            Held::Anew(_) | Held::Closed => Err(ChiboError::Closed),
        }
    }
}

/// Runs a call; a panic in it becomes an error.
pub(crate) fn guarded<R>(call: impl FnOnce() -> Result<R, ChiboError>) -> Result<R, ChiboError> {
    caught(call).unwrap_or(Err(ChiboError::Broken))
}

impl Shared {
    pub(crate) fn now(&self) -> Result<Timestamp, ChiboError> {
        now_of(&self.clock)
    }

    /// The one way to the store: one call at a time, as short as it can be. Who listens hears of what has changed
    /// afterwards, when the lock is free. After a panic the store is opened anew.
    pub(crate) fn hold<R>(
        &self,
        work: impl FnOnce(&mut Handset, &StoreKey) -> Result<R, ChiboError>,
    ) -> Result<R, ChiboError> {
        let (result, changed) = {
            // Whoever panicked under the lock has left `Anew` behind.
            let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
            let (handset, key) = held.open(&self.folder)?;
            let key = key.clone();
            match caught(|| work(handset, &key)) {
                Ok(result) => (result, handset.phone.store_mut().take_changed()),
                Err(_) => {
                    *held = Held::Anew(key);
                    (Err(ChiboError::Broken), Changed::new())
                }
            }
        };
        self.tell(changed);
        result
    }

    fn tell(&self, changed: Changed) {
        let Some(listener) = self.listener.as_ref().filter(|_| !changed.is_empty()) else {
            return;
        };
        let changes = changed.into_iter().filter_map(|(number, place)| {
            Some(Change {
                kind: kind::by_number(number)?.name.into(),
                place: place.to_string(),
            })
        });
        // What a listener does wrong undoes nothing of what it was told.
        let _ = caught(|| listener.changed(changes.collect()));
    }

    /// Forgets the store; with `remove` its files too.
    pub(crate) fn close(&self, remove: bool) -> Result<(), ChiboError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let was = std::mem::replace(&mut *held, Held::Closed);
        match (was, remove) {
            (Held::Open(mut handset, _), true) => Ok(handset.remove()?),
            _ => Ok(()),
        }
    }

    /// As [`Shared::call`], also on a device that is shut out: it hands over what it has, and hears so.
    pub(crate) fn hand_over<R>(
        &self,
        work: impl FnOnce(&mut Handset, Timestamp) -> Result<R, ChiboError>,
    ) -> Result<R, ChiboError> {
        guarded(|| {
            let now = self.now()?;
            self.hold(|handset, _| work(handset, now))
        })
    }

    /// A call of a screen: refused, once this device shows and records nothing any more.
    pub(crate) fn call<R>(
        &self,
        work: impl FnOnce(&mut Handset, Timestamp) -> Result<R, ChiboError>,
    ) -> Result<R, ChiboError> {
        guarded(|| {
            let now = self.now()?;
            self.hold(|handset, _| {
                if handset.phone.is_ended(now)? {
                    return Err(ChiboError::Ended);
                }
                work(handset, now)
            })
        })
    }
}

fn now_of(clock: &Arc<dyn Clock>) -> Result<Timestamp, ChiboError> {
    Ok(Timestamp(clock.now()?))
}

fn store_in(folder: &Path) -> PathBuf {
    folder.join(handset::STORE)
}

/// How a store is opened every day: with what was given.
pub(crate) fn daily(
    pin: Option<String>,
    key_store: Option<Arc<dyn KeyStore>>,
) -> Result<Daily, ChiboError> {
    let keeper = key_store.map(|k| Arc::new(Keeper(k)) as keys::Keeper);
    match (pin.map(Zeroizing::new), keeper) {
        (Some(pin), None) => Ok(Daily::Passphrase(pin)),
        (Some(pin), Some(keeper)) => Ok(Daily::PinOnDevice(pin, keeper)),
        (None, Some(keeper)) => Ok(Daily::Platform(keeper)),
        (None, None) => Err(ChiboError::OtherLock),
    }
}

pub(crate) fn made(
    folder: PathBuf,
    (mut handset, key): (Handset, StoreKey),
    clock: Arc<dyn Clock>,
    listener: Option<Arc<dyn ChangeListener>>,
) -> Arc<Chibo> {
    handset.phone.store_mut().watch();
    let shared = Arc::new(Shared {
        folder,
        held: Mutex::new(Held::Open(Box::new(handset), key)),
        clock,
        listener,
        line: tokio::sync::Mutex::new(()),
    });
    Arc::new(Chibo { shared })
}

/// Whether there is a store in this folder.
#[uniffi::export]
pub fn has_store(folder: String) -> bool {
    store_in(Path::new(&folder)).exists()
}

/// Whose stores there are on a device that several people share (or one person in several roles): the names, each of a
/// store with a key and a PIN of its own. The empty name: one lies in the folder of all itself.
#[uniffi::export]
pub fn store_names(all: String) -> Result<Vec<String>, ChiboError> {
    guarded(|| match handset::names_in(Path::new(&all)) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        names => names.map_err(|_| ChiboError::Damaged),
    })
}

/// The folder of the store of one of them, in the folder of all: what [`Chibo::create`] and [`Chibo::open`] take. A name
/// is 1 to 32 lower-case letters, digits and hyphens; the empty one is the folder itself.
#[uniffi::export]
pub fn store_folder(all: String, name: String) -> Result<String, ChiboError> {
    if name.is_empty() {
        return Ok(all);
    }
    let invalid = || ChiboError::Invalid {
        field: "name".into(),
        why: crate::error::Why::NotInList,
        allowed: Vec::new(),
    };
    let folder = handset::folder_of(Path::new(&all), &name).ok_or_else(invalid)?;
    let text = folder.to_str().ok_or_else(invalid)?;
    Ok(text.to_owned())
}

/// Removes the store in this folder, its key first: what was in it and not handed over is gone. Nothing may have it
/// open.
#[uniffi::export]
pub fn discard(folder: String) -> Result<(), ChiboError> {
    guarded(|| {
        let folder = Path::new(&folder);
        handset::discard(folder)?;
        Ok(practice::discard(folder)?)
    })
}

/// The office's address that a ticket names: whoever uses it speaks to that first. `null`: this is a ticket's short code, and
/// the address is typed beside it.
///
/// What was typed is looked at here only, so a screen can say what is wrong before anything is sent:
/// [`ChiboError::BadCode`], [`ChiboError::BadTicket`].
#[uniffi::export]
pub fn ticket_address(ticket: String) -> Result<Option<String>, ChiboError> {
    guarded(|| Ok(handset::address_of(&Given::from_text(&ticket)?, None)))
}

/// Sets a new PIN in the place of a forgotten one, by the code that the office or the secretary reads out. The store
/// is not touched, so what was not sent stays. The code is worth nothing afterwards.
#[uniffi::export]
pub fn recover(
    folder: String,
    code: String,
    new_pin: String,
    key_store: Option<Arc<dyn KeyStore>>,
) -> Result<(), ChiboError> {
    guarded(|| {
        let store = store_in(Path::new(&folder));
        if !store.exists() {
            return Err(ChiboError::NoStore);
        }
        let code = RecoveryCode::from_text(&code)?;
        Ok(keys::recover(
            &store,
            &code,
            &daily(Some(new_pin), key_store)?,
        )?)
    })
}

#[uniffi::export]
impl Chibo {
    /// Makes a new store in a folder, which is made if it is not there. It is opened with the PIN and the keystore that
    /// are given here: both, or one of them.
    #[uniffi::constructor]
    pub fn create(
        folder: String,
        pin: Option<String>,
        key_store: Option<Arc<dyn KeyStore>>,
        clock: Arc<dyn Clock>,
        listener: Option<Arc<dyn ChangeListener>>,
    ) -> Result<Arc<Self>, ChiboError> {
        guarded(|| {
            let folder = PathBuf::from(folder);
            let store = store_in(&folder);
            if store.exists() {
                return Err(ChiboError::StoreExists);
            }
            let daily = daily(pin, key_store)?;
            handset::make_folder(&folder)?;
            let key = keys::make(&store, &daily)?;
            let handset = Handset::create(&folder, &key, &mut SystemChance)?;
            Ok(made(folder, (handset, key), clock, listener))
        })
    }

    /// Opens the store in a folder, with what it was made to be opened with.
    #[uniffi::constructor]
    pub fn open(
        folder: String,
        pin: Option<String>,
        key_store: Option<Arc<dyn KeyStore>>,
        clock: Arc<dyn Clock>,
        listener: Option<Arc<dyn ChangeListener>>,
    ) -> Result<Arc<Self>, ChiboError> {
        guarded(|| {
            let folder = PathBuf::from(folder);
            let store = store_in(&folder);
            if !store.exists() {
                return Err(ChiboError::NoStore);
            }
            let key = keys::open_daily(&store, &daily(pin, key_store)?)?;
            let handset = Handset::open(&folder, &key)?;
            Ok(made(folder, (handset, key), clock, listener))
        })
    }

    /// Opens the practice store (*Chạy thử*) in a folder of its own, or makes it there: a branch of twelve invented people,
    /// as its secretary has it. It needs no PIN, never leaves the device (whatever would send says
    /// [`ChiboError::Practice`]), and goes with [`Chibo::end_practice`].
    #[uniffi::constructor]
    pub fn practise(
        folder: String,
        clock: Arc<dyn Clock>,
        listener: Option<Arc<dyn ChangeListener>>,
    ) -> Result<Arc<Self>, ChiboError> {
        guarded(|| {
            let folder = PathBuf::from(folder);
            let opened = practice::open(&folder, now_of(&clock)?)?;
            Ok(made(folder, opened, clock, listener))
        })
    }

    /// Whether this is practice: its screens bear a watermark.
    pub fn is_practice(&self) -> Result<bool, ChiboError> {
        guarded(|| self.shared.hold(|h, _| Ok(h.is_practice()?)))
    }

    /// Closes the practice store and removes it. Of a real store nothing is touched: [`ChiboError::NotAllowed`].
    pub fn end_practice(&self) -> Result<(), ChiboError> {
        guarded(|| {
            if !self.shared.hold(|h, _| Ok(h.is_practice()?))? {
                return Err(ChiboError::NotAllowed);
            }
            self.shared.close(false)?;
            Ok(practice::discard(&self.shared.folder)?)
        })
    }

    /// Closes the store: its key is forgotten, every later call says [`ChiboError::Closed`], a sync under way ends.
    /// (`close` in Kotlin destroys the object as well.)
    pub fn lock(&self) -> Result<(), ChiboError> {
        guarded(|| self.shared.close(false))
    }

    /// Sets another PIN, or another way to open the store every day.
    pub fn set_pin(
        &self,
        pin: Option<String>,
        key_store: Option<Arc<dyn KeyStore>>,
    ) -> Result<(), ChiboError> {
        guarded(|| {
            let daily = daily(pin, key_store)?;
            // The keystore is asked outside the lock.
            let key = self.shared.hold(|_, key| Ok(key.clone()))?;
            Ok(keys::protect(&store_in(&self.shared.folder), &key, &daily)?)
        })
    }

    /// The office's address that this device keeps; empty: none yet.
    pub fn node_address(&self) -> Result<String, ChiboError> {
        self.shared.hand_over(|h, _| Ok(h.kept_url()?))
    }

    /// Enrols the device with its ticket, at the ticket's address or another one of the same node. In the place of a ticket
    /// its short code will do, with the address ([`ChiboError::CodeNeedsAddress`]). A line that breaks leaves everything as
    /// it was.
    pub async fn enrol(&self, ticket: String, url: Option<String>) -> Result<Enrolled, ChiboError> {
        let shared = self.shared.clone();
        crate::sync::on_runtime(async move {
            let _one_at_a_time = shared.line.lock().await;
            let given = Given::from_text(&ticket)?;
            let address = handset::address_of(&given, url.as_deref());
            let address = address.ok_or(ChiboError::CodeNeedsAddress)?;
            let key = shared.hold(|h, _| {
                if h.is_practice()? {
                    return Err(ChiboError::Practice);
                }
                if h.phone.author().is_some() {
                    return Err(ChiboError::EnrolledAlready);
                }
                Ok(h.phone.public_key())
            })?;
            let ticket = handset::whole_ticket(given, &address, key).await?;
            let node = handset::node_of(&ticket, &address)?;
            let request = shared.hold(|h, _| Ok(ticket.request(h.phone.key())))?;
            let said = node.ask_to_be_known(&request).await?;
            let reply = said.map_err(CarrierError::from)?;
            shared.hold(|h, _| {
                h.phone.enrolled(&ticket, &reply)?;
                h.keep_url(&address)?;
                let grant = h.phone.own_grant()?;
                Ok(Enrolled {
                    confirmation: grant.map(|g| g.confirmation()).unwrap_or_default(),
                    role: ticket.role.name().into(),
                    place: ticket.place.to_string(),
                })
            })
        })
        .await
    }

    /// What waits to be handed over, and who this is. Also told when the grant has ended.
    pub fn outbox(&self) -> Result<Outbox, ChiboError> {
        guarded(|| {
            let now = self.shared.now()?;
            self.shared.hold(|h, _| {
                let waits = h.waits()?;
                outbox(h, &waits, now)
            })
        })
    }
}

/// What waits on a handset, and who this is.
pub(crate) fn outbox(h: &mut Handset, waits: &Waits, now: Timestamp) -> Result<Outbox, ChiboError> {
    let author = h.phone.author();
    Ok(Outbox {
        role: author.map(|a| a.role.name().into()),
        place: author.map(|a| a.place.to_string()),
        changes: count(waits.changes),
        drafts: count(waits.drafts),
        unsent: count(waits.own),
        provisional: count(waits.others),
        since: waits.since.map(|t| t.0),
        in_mailbox: waits.in_mailbox,
        said: words::waits(waits.changes, waits.since, now).into(),
        ended: h.phone.is_ended(now)?,
        ending: h.phone.told_end()?.map(ending),
        moved_to: h.phone.new_home()?.map(|home| home.url),
    })
}

pub(crate) fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chibo_core::records;
    use chibo_core::store::{Store, StoreError};

    struct Still;

    impl Clock for Still {
        fn now(&self) -> Result<u64, crate::CallbackError> {
            Ok(1_790_000_000)
        }
    }

    #[test]
    fn a_panic_in_the_middle_of_a_write_leaves_the_store_as_it_was_and_opens_it_anew() {
        let folder = tempfile::TempDir::new().unwrap();
        let text = folder.path().to_str().unwrap().to_owned();
        let pin = Some("tre lang giong".to_owned());
        let phone = Chibo::create(text, pin, None, Arc::new(Still), None).unwrap();
        let key = phone.shared.hold(|h, _| Ok(h.phone.public_key())).unwrap();
        let broken: Result<(), ChiboError> = phone.shared.hold(|h, _| {
            let store = h.phone.store_mut();
            Ok(store.write(|tx| {
                records::set_meta(tx, "half", b"written")?;
                panic!("a fault in the program");
                #[allow(unreachable_code)]
                Ok::<_, StoreError>(())
            })?)
        });
        assert_eq!(broken, Err(ChiboError::Broken));
        let (same, half) = phone
            .shared
            .hold(|h, _| {
                let half = h.phone.store().read(|tx| records::meta(tx, "half"))?;
                Ok((h.phone.public_key() == key, half))
            })
            .unwrap();
        assert!(same && half.is_none());
        // Closed, it stays closed, whatever came before.
        let _: Result<(), _> = phone.shared.hold(|_, _| panic!("once more"));
        phone.lock().unwrap();
        assert_eq!(phone.outbox().unwrap_err(), ChiboError::Closed);
    }
}
