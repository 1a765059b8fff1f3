//! The edge of the program: the one place that reads the clock and the system's randomness.

use chibo_core::time::Timestamp;
use rand_core::{CryptoRng, RngCore};
use std::time::{SystemTime, UNIX_EPOCH};

/// The system's clock.
pub fn now() -> Timestamp {
    Timestamp(
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |d| d.as_secs()),
    )
}

/// The system's randomness. Without it nothing can be signed safely, so its absence ends the program.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemChance;

impl CryptoRng for SystemChance {}

impl RngCore for SystemChance {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the system gives random numbers");
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}
