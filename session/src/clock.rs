#[cfg(feature = "testing")]
use std::sync::Arc;
#[cfg(feature = "testing")]
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use time::UtcDateTime;

/// The source of the present time, to the microsecond.
///
/// All deadlines are compared with one clock, never with that of a database. Time zones and
/// clocks that differ between servers and stores therefore cannot end a session early or late. Every
/// store can hold a time in microseconds.
///
/// With the feature `testing`, a `ManualClock` can be converted into a `Clock`.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// let now = session::Clock::system().now();
/// assert_eq!(now.nanosecond() % 1_000, 0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Clock(Source);

#[derive(Clone, Debug, Default)]
enum Source {
    #[default]
    System,
    #[cfg(feature = "testing")]
    Manual(ManualClock),
}

impl Clock {
    /// Returns the clock of the operating system.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// Returns the current time.
    pub fn now(&self) -> UtcDateTime {
        match &self.0 {
            Source::System => truncate(UtcDateTime::now()),
            #[cfg(feature = "testing")]
            Source::Manual(clock) => clock.now(),
        }
    }
}

/// A clock for tests that moves only when a test advances it.
///
/// Clones share the same time.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use session::Clock;
/// use session::testing::ManualClock;
/// use std::time::Duration;
///
/// let manual = ManualClock::new();
/// let clock = Clock::from(manual.clone());
/// let before = clock.now();
/// manual.advance(Duration::from_secs(60));
/// assert_eq!(clock.now() - before, Duration::from_secs(60));
/// ```
#[cfg(feature = "testing")]
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicI64>);

#[cfg(feature = "testing")]
impl ManualClock {
    /// Creates a clock that shows the current time of the operating system.
    pub fn new() -> Self {
        Self(Arc::new(AtomicI64::new(to_micros(Clock::system().now()))))
    }

    /// Returns the time that the clock shows.
    pub fn now(&self) -> UtcDateTime {
        from_micros(self.0.load(Ordering::SeqCst))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.0.fetch_add(by, Ordering::SeqCst);
    }
}

#[cfg(feature = "testing")]
impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(feature = "testing")]
impl From<ManualClock> for Clock {
    fn from(clock: ManualClock) -> Self {
        Self(Source::Manual(clock))
    }
}

/// `time + by`, at most the last representable time.
pub(crate) fn after(time: UtcDateTime, by: Duration) -> UtcDateTime {
    let by = time::Duration::try_from(by).unwrap_or(time::Duration::MAX);
    truncate(time.checked_add(by).unwrap_or(UtcDateTime::MAX))
}

/// How long from `now` to `deadline`; zero if it has passed.
pub(crate) fn remaining(deadline: UtcDateTime, now: UtcDateTime) -> Duration {
    Duration::try_from(deadline - now).unwrap_or(Duration::ZERO)
}

pub(crate) fn to_micros(time: UtcDateTime) -> i64 {
    // 9999-12-31 is 2.5e17 microseconds after the epoch: it fits.
    time.unix_timestamp() * 1_000_000 + i64::from(time.microsecond())
}

/// The time that many microseconds after the epoch; the nearest representable one if it is out of range.
pub(crate) fn from_micros(micros: i64) -> UtcDateTime {
    let seconds = UtcDateTime::from_unix_timestamp(micros.div_euclid(1_000_000));
    // Below a million, so it is valid.
    let fraction = micros.rem_euclid(1_000_000) as u32;
    match seconds.map(|time| time.replace_microsecond(fraction)) {
        Ok(Ok(time)) => time,
        _ if micros < 0 => UtcDateTime::MIN,
        _ => truncate(UtcDateTime::MAX),
    }
}

fn truncate(time: UtcDateTime) -> UtcDateTime {
    time.replace_microsecond(time.microsecond()).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_microsecond_resolution() {
        assert_eq!(Clock::system().now().nanosecond() % 1_000, 0);
        assert_eq!(
            after(UtcDateTime::UNIX_EPOCH, Duration::from_nanos(1_999)).nanosecond(),
            1_000
        );
    }

    #[test]
    fn a_deadline_beyond_the_calendar_saturates() {
        let late = after(Clock::system().now(), Duration::MAX);
        assert_eq!(late.year(), 9999);
        assert_eq!(from_micros(to_micros(late)), late);
    }

    #[test]
    fn nothing_remains_after_the_deadline() {
        let now = Clock::system().now();
        assert_eq!(
            remaining(now, after(now, Duration::from_secs(1))),
            Duration::ZERO
        );
    }
}
