//! Chance from a generator that the caller seeds: the few draws that an invented district needs.
//!
//! Everything here is decided by the generator's state alone, so that a seed makes the same district
//! on every machine. Numbers are `u32` for that reason too.

use rand_core::RngCore;

/// Draws from a generator.
pub struct Dice<'a>(pub &'a mut dyn RngCore);

impl Dice<'_> {
    /// A number below `n`; 0 if `n` is 0. The tiny bias of the remainder does not matter here.
    pub fn below(&mut self, n: u32) -> u32 {
        if n == 0 { 0 } else { self.0.next_u32() % n }
    }

    /// A number from `low` to `high`, both included.
    pub fn between(&mut self, low: u32, high: u32) -> u32 {
        low + self.below(high.saturating_sub(low) + 1)
    }

    /// Whether something happens that happens in so many cases of a hundred.
    pub fn percent(&mut self, chance: u32) -> bool {
        self.below(100) < chance
    }

    /// Whether something happens that happens in so many cases of a thousand.
    pub fn per_mille(&mut self, chance: u32) -> bool {
        self.below(1000) < chance
    }

    /// One of a list that is not empty.
    pub fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u32) as usize]
    }

    /// One of a list that is not empty, each as likely as its weight says.
    pub fn weighted<T: Copy>(&mut self, list: &[(T, u32)]) -> T {
        let mut at = self.below(list.iter().map(|(_, w)| w).sum());
        for (item, weight) in list {
            if at < *weight {
                return *item;
            }
            at -= weight;
        }
        list[0].0
    }

    /// So many decimal digits.
    pub fn digits(&mut self, count: usize) -> String {
        (0..count)
            .map(|_| char::from(b'0' + self.below(10) as u8))
            .collect()
    }

    /// Puts a list in an order of chance.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            list.swap(i, self.below(i as u32 + 1) as usize);
        }
    }
}
