//! The growing delays after failures: three tries are free, then each failure makes the next wait longer.
//!
//! The clock is the device's and may be set. Set back, it begins the delay anew: that shortens nothing, and a
//! clock that once stood years ahead locks nobody out for years. Set forward it does shorten a delay: the core
//! has no other clock, and the cost of a try remains.

use crate::codec::{CodecError, Reader, Writer};
use crate::time::Timestamp;

/// Seconds to wait after so many failures; the last for all that follow.
const DELAYS: [u64; 10] = [0, 0, 0, 30, 60, 300, 900, 3_600, 14_400, 86_400];

/// Failures since the last success.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Attempts {
    failures: u32,
    /// When the last was, or when the clock was seen to have gone back.
    at: Timestamp,
}

impl Attempts {
    /// Seconds until the next try is answered.
    pub fn wait(&mut self, now: Timestamp) -> u64 {
        let step = usize::try_from(self.failures).unwrap_or(usize::MAX);
        let delay = DELAYS[step.min(DELAYS.len() - 1)];
        if now < self.at {
            self.at = now;
        }
        delay.saturating_sub(now.0 - self.at.0)
    }

    /// Counts a failure, before it is known to be one.
    pub fn failed(&mut self, now: Timestamp) {
        self.failures = self.failures.saturating_add(1);
        self.at = now;
    }

    /// Takes back a failure that was none.
    pub fn unsay(&mut self) {
        self.failures = self.failures.saturating_sub(1);
    }

    pub fn write(self, w: &mut Writer) {
        w.number(self.failures.into()).number(self.at.0);
    }

    pub fn read(r: &mut Reader) -> Result<Self, CodecError> {
        let failures = r.number()?.try_into().map_err(|_| CodecError::BadValue {
            what: "count of failures",
        })?;
        let at = Timestamp(r.number()?);
        Ok(Attempts { failures, at })
    }
}
