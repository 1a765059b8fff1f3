//! Pace: how often one device, and one address, may ask, so that nobody takes the node's time from all others.
//!
//! Counted in memory, by the steady clock of this process; a node that starts anew has forgotten it. Who asks too often
//! is told to come again (429) and keeps its work. This very machine is exempt.
//!
//! A device is known by the grant that its request names. Only requests that were answered, so that were signed by its
//! holder, count against it: nobody shuts a device out by speaking in its name.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Asked at once, and then one each so often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many may come at once.
    pub burst: u32,
    /// How long each takes to be forgotten.
    pub each: Duration,
}

/// A device's requests. A sync is one to some dozens, the first of a district over a bad line a few hundred. What is long to
/// answer counts for more than one ([`ANSWER_UNIT`]).
pub const DEVICE: Rate = Rate {
    burst: 600,
    each: Duration::from_secs(1),
};
/// So many bytes of an answer count as one more request: packing them is what takes the node's time. The reference
/// district's first sync is some 250 of these.
pub const ANSWER_UNIT: usize = 32 * 1024;
/// An entry that is looked at for an answer costs as much as so many bytes of it.
pub const ENTRY_BYTES: usize = 256;
/// Requests from one address: hundreds of phones share one behind a mobile network.
pub const ADDRESS: Rate = Rate {
    burst: 3_000,
    each: Duration::from_millis(50),
};
/// Enrolments from one address that failed: mistyped tickets, or guessed ones.
pub const FAILED_ENROLMENTS: Rate = Rate {
    burst: 30,
    each: Duration::from_secs(10),
};
/// Names that are remembered. Beyond it all are forgotten: memory is bounded, and who has so many addresses has
/// as many shares in any case.
const NAMES: usize = 20_000;

/// The address that counts as one: of IPv6 the network, since a single customer has all of it.
pub fn one_address(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => IpAddr::V4(v4),
            None => {
                let network = v6.to_bits() >> 64 << 64;
                IpAddr::V6(Ipv6Addr::from_bits(network))
            }
        },
        v4 => v4,
    }
}

/// For each name the moment at which all that it asked is forgotten.
#[derive(Debug)]
pub(crate) struct Asked<K> {
    rate: Rate,
    free_at: Mutex<BTreeMap<K, Instant>>,
}

impl<K: Ord> Asked<K> {
    /// So often each.
    pub(crate) fn new(rate: Rate) -> Self {
        Asked {
            rate,
            free_at: Mutex::default(),
        }
    }

    fn names(&self) -> std::sync::MutexGuard<'_, BTreeMap<K, Instant>> {
        self.free_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether so many at once have room.
    pub(crate) fn has_room_for(&self, name: &K, count: u32, now: Instant) -> bool {
        self.room_in(name, count, now).is_zero()
    }

    /// How long it takes until so many at once have room.
    fn room_in(&self, name: &K, count: u32, now: Instant) -> Duration {
        let free_at = self.names().get(name).copied().unwrap_or(now);
        let after = free_at.saturating_duration_since(now) + self.rate.each * count;
        after.saturating_sub(self.rate.each * self.rate.burst)
    }

    fn count(&self, name: K, now: Instant) {
        self.count_so_many(name, 1, now);
    }

    /// Counts so many at once.
    pub(crate) fn count_so_many(&self, name: K, count: u32, now: Instant) {
        let mut names = self.names();
        if names.len() >= NAMES && !names.contains_key(&name) {
            names.retain(|_, free_at| *free_at > now);
            if names.len() >= NAMES {
                names.clear();
            }
        }
        let free_at = names.entry(name).or_insert(now);
        *free_at = (*free_at).max(now) + self.rate.each * count;
    }

    fn room_for_one(&self, name: &K, now: Instant) -> Result<(), TooOften> {
        match self.room_in(name, 1, now) {
            Duration::ZERO => Ok(()),
            wait => Err(TooOften { wait }),
        }
    }
}

impl Asked<IpAddr> {
    /// Counts what comes from an address, if it has room. What comes from this very machine has always: it is the
    /// machine's own, or a proxy's, which counts for itself.
    pub(crate) fn admit(&self, from: IpAddr, now: Instant) -> Result<(), TooOften> {
        if from.is_loopback() {
            return Ok(());
        }
        let from = one_address(from);
        self.room_for_one(&from, now)?;
        self.count(from, now);
        Ok(())
    }
}

#[derive(Debug)]
struct Inside {
    devices: Asked<u64>,
    addresses: Asked<IpAddr>,
    failed: Asked<IpAddr>,
}

/// Who asked how often.
#[derive(Debug, Clone)]
pub struct Pace(Arc<Inside>);

impl Default for Pace {
    fn default() -> Self {
        Pace(Arc::new(Inside {
            devices: Asked::new(DEVICE),
            addresses: Asked::new(ADDRESS),
            failed: Asked::new(FAILED_ENROLMENTS),
        }))
    }
}

/// Somebody asked too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many requests; come again in a few minutes")]
pub struct TooOften {
    /// After so long one more is answered, if nothing else is asked meanwhile.
    pub wait: Duration,
}

impl Pace {
    /// Somebody at this address asks something; heard before anything is read.
    pub fn ask(&self, from: IpAddr) -> Result<(), TooOften> {
        self.0.addresses.admit(from, Instant::now())
    }

    /// Whether the device with this grant may ask now.
    pub fn may_sync(&self, from: IpAddr, grant: u64) -> Result<(), TooOften> {
        match from.is_loopback() {
            true => Ok(()),
            false => self.0.devices.room_for_one(&grant, Instant::now()),
        }
    }

    /// The device with this grant was answered, with so many bytes.
    pub fn synced(&self, from: IpAddr, grant: u64, bytes: usize) {
        if !from.is_loopback() {
            let weight = 1 + u32::try_from(bytes / ANSWER_UNIT).unwrap_or(u32::MAX - 1);
            let now = Instant::now();
            self.0.devices.count_so_many(grant, weight, now);
        }
    }

    /// Whether an enrolment from this address is looked at now.
    pub fn may_enrol(&self, from: IpAddr) -> Result<(), TooOften> {
        match from.is_loopback() {
            true => Ok(()),
            false => (self.0.failed).room_for_one(&one_address(from), Instant::now()),
        }
    }

    /// An enrolment from this address failed.
    pub fn not_enrolled(&self, from: IpAddr) {
        if !from.is_loopback() {
            self.0.failed.count(one_address(from), Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    const RATE: Rate = Rate {
        burst: 3,
        each: Duration::from_secs(10),
    };

    #[test]
    fn so_many_at_once_and_then_one_each_so_often() {
        let (asked, now) = (Asked::new(RATE), Instant::now());
        for _ in 0..3 {
            assert!(asked.has_room_for(&1, 1, now));
            asked.count(1, now);
        }
        assert!(!asked.has_room_for(&1, 1, now));
        assert!(asked.has_room_for(&2, 1, now), "another has its own");
        let later = now + Duration::from_secs(10);
        assert!(!asked.has_room_for(&1, 1, later - Duration::from_millis(1)));
        assert!(asked.has_room_for(&1, 1, later + Duration::from_millis(1)));
    }

    #[test]
    fn who_asks_too_often_is_told_how_long_to_wait() {
        let (asked, now) = (Asked::new(RATE), Instant::now());
        asked.count_so_many(1, 5, now);
        let told = asked.room_for_one(&1, now).unwrap_err().wait;
        assert_eq!(told, Duration::from_secs(30));
        assert!(!asked.has_room_for(&1, 1, now + told - Duration::from_millis(1)));
        assert!(asked.has_room_for(&1, 1, now + told));
    }

    #[test]
    fn a_long_answer_counts_as_many_short_ones() {
        let (pace, from) = (Pace::default(), "203.0.113.7".parse().unwrap());
        for _ in 0..3 {
            pace.synced(from, 1, 200 * ANSWER_UNIT);
            pace.synced(from, 2, 200);
        }
        assert!(pace.may_sync(from, 1).is_err());
        assert!(pace.may_sync(from, 2).is_ok());
        assert!(pace.may_sync(Ipv4Addr::LOCALHOST.into(), 1).is_ok());
    }

    #[test]
    fn who_is_remembered_has_a_bound_and_those_who_are_free_again_go_first() {
        let (asked, now) = (Asked::new(RATE), Instant::now());
        for name in 0..NAMES {
            asked.count(name, now);
        }
        let later = now + Duration::from_secs(60);
        asked.count(NAMES, later);
        assert_eq!(asked.names().len(), 1);
        for name in 0..=NAMES {
            asked.count(name, later);
        }
        assert!(asked.names().len() <= NAMES);
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_address() {
        let one = |text: &str| one_address(text.parse().unwrap());
        assert_eq!(one("2001:db8:1:2::5"), one("2001:db8:1:2:3:4:5:6"));
        assert_ne!(one("2001:db8:1:2::5"), one("2001:db8:1:3::5"));
        assert_eq!(one("::ffff:203.0.113.7"), one("203.0.113.7"));
        assert_ne!(one("203.0.113.7"), one("203.0.113.8"));
    }
}
