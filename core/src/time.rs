//! Moments, in whole seconds since 1970 (UTC).
//!
//! A device's clock is a claim and may be wrong by years; a node's receipt is known. The two are
//! different types, so that a deadline cannot be computed from a claim by mistake. Nothing in the
//! core reads a clock: every moment comes in as an argument.

use crate::date::Day;

/// A moment by somebody's clock, seconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, serde::Serialize)]
pub struct Timestamp(pub u64);

/// A moment that a device claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claimed(pub Timestamp);

/// A moment at which a node took something in: never before the one of the entry before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Received(pub Timestamp);

/// How far a device's clock may be from the node's before it is told so, in seconds (10 minutes).
pub const CLOCK_TOLERANCE_SECONDS: u64 = 600;

/// Seconds that Vietnam's clocks are ahead of UTC.
const VIETNAM_SECONDS: u64 = 7 * 3_600;

impl Timestamp {
    /// Whether two clocks disagree by more than people overlook.
    pub fn is_off_from(self, other: Timestamp) -> bool {
        self.0.abs_diff(other.0) > CLOCK_TOLERANCE_SECONDS
    }

    /// The day in Vietnam, where clocks are seven hours ahead of UTC all year; `None` outside the calendar.
    pub fn day_in_vietnam(self) -> Option<Day> {
        let number = self.0.saturating_add(VIETNAM_SECONDS) / 86_400;
        i32::try_from(number).ok().and_then(Day::from_number)
    }

    /// Hour and minute as clocks in Vietnam show them.
    pub fn clock_in_vietnam(self) -> (u8, u8) {
        let minutes = (self.0.saturating_add(VIETNAM_SECONDS) / 60) % (24 * 60);
        let small = |n: u64| u8::try_from(n).unwrap_or(0);
        (small(minutes / 60), small(minutes % 60))
    }

    /// The moment at which a day begins in Vietnam.
    pub fn beginning_of(day: Day) -> Self {
        let seconds = i64::from(day.number()) * 86_400 - VIETNAM_SECONDS as i64;
        Timestamp(u64::try_from(seconds).unwrap_or(0))
    }
}
