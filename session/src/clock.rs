#[cfg(feature = "testing")]
use std::sync::Arc;
#[cfg(feature = "testing")]
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use time::UtcDateTime;

/// The source of the present time, to the microsecond.
///
/// All deadlines are compared with one clock, never with that of a database. Time zones and clocks
/// that differ between servers and stores therefore cannot end a session early or late. Every store
/// can hold a time in microseconds.
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
        Self::at(Clock::system().now())
    }

    /// Creates a clock that shows that time, without the part below a microsecond.
    ///
    /// # Example
    ///
    /// ```
    /// use session_kit::testing::ManualClock;
    /// use session_kit::time::UtcDateTime;
    ///
    /// let clock = ManualClock::at(UtcDateTime::UNIX_EPOCH);
    /// assert_eq!(clock.now(), UtcDateTime::UNIX_EPOCH);
    /// ```
    pub fn at(time: UtcDateTime) -> Self {
        Self(Arc::new(AtomicI64::new(to_micros(time))))
    }

    /// Returns the time that the clock shows.
    pub fn now(&self) -> UtcDateTime {
        nearest(self.0.load(Ordering::SeqCst))
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

/// Returns `time + by`, at most the last representable time.
pub(crate) fn after(time: UtcDateTime, by: Duration) -> UtcDateTime {
    let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
    nearest(to_micros(time).saturating_add(by))
}

/// Returns the time from `start` to `end`; zero if `end` is the earlier one.
pub(crate) fn between(start: UtcDateTime, end: UtcDateTime) -> Duration {
    // In place of `end - start`, which takes several times as long.
    let micros = to_micros(end).saturating_sub(to_micros(start));
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

/// Converts a time into microseconds since 1970, as stores keep it.
///
/// The number is exact for a time of a [`SessionRecord`](crate::store::SessionRecord). It is
/// ordered like the time and does not depend on a time zone.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use session::store::{from_micros, to_micros};
/// use session::time::UtcDateTime;
///
/// let micros = to_micros(UtcDateTime::UNIX_EPOCH) - 1;
/// assert_eq!(from_micros(micros).map(|time| time.year()), Some(1969));
/// assert_eq!(from_micros(i64::MAX), None);
/// ```
pub fn to_micros(time: UtcDateTime) -> i64 {
    // The last representable time is 2.5e17 microseconds after 1970.
    time.unix_timestamp() * 1_000_000 + i64::from(time.microsecond())
}

/// Converts microseconds since 1970 into a time; the reverse of [`to_micros`].
///
/// Returns `None` if the year is outside `-9999..=9999`.
pub fn from_micros(micros: i64) -> Option<UtcDateTime> {
    let seconds = UtcDateTime::from_unix_timestamp(micros.div_euclid(1_000_000)).ok()?;
    let fraction = u32::try_from(micros.rem_euclid(1_000_000)).ok()?;
    seconds.replace_microsecond(fraction).ok()
}

/// Returns the time that is `micros` after 1970, or the nearest representable one.
pub(crate) fn nearest(micros: i64) -> UtcDateTime {
    from_micros(micros).unwrap_or(match micros < 0 {
        true => UtcDateTime::MIN,
        false => truncate(UtcDateTime::MAX),
    })
}

/// Returns the time without the part below a microsecond, as stores keep it.
pub(crate) fn truncate(time: UtcDateTime) -> UtcDateTime {
    time.replace_microsecond(time.microsecond()).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_resolution_of_one_microsecond() {
        assert_eq!(Clock::system().now().nanosecond() % 1_000, 0);
        assert_eq!(
            after(UtcDateTime::UNIX_EPOCH, Duration::from_nanos(1_999)).nanosecond(),
            1_000
        );
    }

    #[test]
    fn a_deadline_beyond_the_calendar_becomes_its_last_microsecond() {
        let late = after(Clock::system().now(), Duration::MAX);
        assert_eq!(late.year(), 9999);
        assert_eq!(from_micros(to_micros(late)), Some(late));
        assert_eq!(nearest(i64::MAX), late);
        assert_eq!(nearest(i64::MIN), UtcDateTime::MIN);
    }

    #[test]
    fn microseconds_are_exact_from_the_first_time_to_the_last() {
        for time in [UtcDateTime::MIN, UtcDateTime::UNIX_EPOCH, UtcDateTime::MAX] {
            let time = truncate(time);
            assert_eq!(from_micros(to_micros(time)), Some(time));
        }
        let before_1970 = UtcDateTime::UNIX_EPOCH - Duration::from_micros(1);
        assert_eq!(to_micros(before_1970), -1);
        assert_eq!(from_micros(-1), Some(before_1970));
    }

    #[test]
    fn the_time_between_two_moments_is_exact_and_never_negative() {
        let now = Clock::system().now();
        let later = after(now, Duration::from_micros(1_000_001));
        assert_eq!(between(now, later), Duration::from_micros(1_000_001));
        assert_eq!(between(later, now), Duration::ZERO);
        let ever = between(UtcDateTime::MIN, truncate(UtcDateTime::MAX));
        assert_eq!(after(UtcDateTime::MIN, ever), truncate(UtcDateTime::MAX));
    }
}
