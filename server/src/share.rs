//! Shares: of what there is so much of, one address has a part at most, and the rest stays for the others.

use crate::pace::one_address;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Debug)]
struct Inside {
    all: usize,
    each: usize,
    /// What this very machine may have.
    here: usize,
    taken: Mutex<BTreeMap<IpAddr, usize>>,
}

/// So much in all, and so much for one address.
#[derive(Debug, Clone)]
pub struct Shares(Arc<Inside>);

/// What somebody has taken; given back when it is dropped.
#[derive(Debug)]
pub struct Share {
    shares: Shares,
    from: IpAddr,
    taken: usize,
}

impl Shares {
    /// So much in all, and so much for one address. This very machine may have all: what comes from it is its own, or a
    /// proxy's, which counts for itself.
    pub fn new(all: usize, each: usize) -> Self {
        Self::of(all, each, all)
    }

    /// As [`Shares::new`], with no more for this machine than for any other.
    pub fn without_exception(all: usize, each: usize) -> Self {
        Self::of(all, each, each)
    }

    fn of(all: usize, each: usize, here: usize) -> Self {
        let taken = Mutex::default();
        Shares(Arc::new(Inside {
            all,
            each,
            here,
            taken,
        }))
    }

    fn taken(&self) -> MutexGuard<'_, BTreeMap<IpAddr, usize>> {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How much nobody has.
    pub fn free(&self) -> usize {
        let taken: usize = self.taken().values().sum();
        self.0.all.saturating_sub(taken)
    }

    fn try_take(&self, from: IpAddr, more: usize) -> bool {
        let mut taken = self.taken();
        let all: usize = taken.values().sum();
        let here = taken.get(&from).copied().unwrap_or(0);
        let each = match from.is_loopback() {
            true => self.0.here,
            false => self.0.each,
        };
        let fits = all.saturating_add(more) <= self.0.all && here.saturating_add(more) <= each;
        if fits {
            taken.insert(from, here + more);
        }
        fits
    }

    /// Takes some, if there is enough left and this address has not its part already.
    pub fn take(&self, from: IpAddr, taken: usize) -> Option<Share> {
        let (shares, from) = (self.clone(), one_address(from));
        // Only then is there something to give back.
        self.try_take(from, taken).then(|| Share {
            shares,
            from,
            taken,
        })
    }
}

impl Share {
    /// Takes more of the same; false: there is not enough.
    pub fn grow(&mut self, to: usize) -> bool {
        let more = to.saturating_sub(self.taken);
        let fits = self.shares.try_take(self.from, more);
        if fits {
            self.taken += more;
        }
        fits
    }

    /// Gives all but this much back.
    pub fn shrink(&mut self, to: usize) {
        let back = self.taken.saturating_sub(to);
        self.taken -= back;
        let mut taken = self.shares.taken();
        let left = taken.get(&self.from).map_or(0, |n| n.saturating_sub(back));
        match left {
            0 => taken.remove(&self.from),
            n => taken.insert(self.from, n),
        };
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.shrink(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_part_and_what_it_gives_back_it_may_take_again() {
        let shares = Shares::new(10, 4);
        let [a, b, here] = ["203.0.113.7", "203.0.113.8", "127.0.0.1"].map(|t| t.parse().unwrap());
        let mut one = shares.take(a, 3).unwrap();
        assert!(shares.take(a, 2).is_none());
        assert!(one.grow(4) && !one.grow(5));
        let other = shares.take(b, 4).unwrap();
        assert!(shares.take(here, 3).is_none(), "there are ten in all");
        let own = shares.take(here, 2).unwrap();
        one.shrink(1);
        assert!(shares.take(a, 3).is_some());
        drop((one, other, own));
        assert!(shares.taken().is_empty());
        assert!(shares.take(here, 10).is_some(), "this machine has all");
    }
}
