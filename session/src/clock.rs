use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use time::UtcDateTime;

/// Where the library reads the time from.
///
/// All deadlines are decided against one clock: never against a database's, so that
/// time zones and clock skew between servers and stores cannot end a session early or late.
/// Times have a resolution of one microsecond, which is what every store can hold.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use session::Clock;
/// use std::time::Duration;
///
/// let clock = Clock::manual();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now() - before, Duration::from_secs(60));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Clock(Source);

#[derive(Clone, Debug, Default)]
enum Source {
    #[default]
    System,
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The operating system's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until [`advance`](Self::advance) is called; for tests.
    ///
    /// It starts at the current time. Clones share the same time.
    pub fn manual() -> Self {
        let start = to_micros(Self::system().now());
        Self(Source::Manual(Arc::new(AtomicI64::new(start))))
    }

    /// The current time.
    pub fn now(&self) -> UtcDateTime {
        match &self.0 {
            Source::System => truncate(UtcDateTime::now()),
            Source::Manual(micros) => from_micros(micros.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock forward. A [`system`](Self::system) clock ignores the call.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(micros) = &self.0 {
            let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
            micros.fetch_add(by, Ordering::SeqCst);
        }
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
