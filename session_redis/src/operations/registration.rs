use std::time::Duration;

/// An entry that was added for a record that is about to be written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Registration {
    /// The time until which the entry is kept, in microseconds since 1970.
    pub(super) until: i64,
    /// The time until which the record may be written, in milliseconds since 1970.
    pub(super) valid_until: i64,
}

impl Registration {
    /// The time for which a record may be written after its entry was added.
    pub(super) const VALID_FOR: Duration = Duration::from_secs(30);

    /// The registration of an entry that was added at `time`, in milliseconds since 1970.
    pub(super) fn at(time: i64, until: i64) -> Self {
        let valid_for = Self::VALID_FOR.as_millis().try_into().unwrap_or(i64::MAX);
        Self {
            until,
            valid_until: time.saturating_add(valid_for),
        }
    }
}

/// Returns the time until which the entry of a record with these times is kept; all three are in
/// microseconds since 1970.
///
/// The entry is kept for five times as long as the session has to live without activity. Each
/// extension of the deadline is shorter than that, so about one of twenty adds an entry.
pub(super) fn kept_until(last_active_at: i64, deadline: i64) -> i64 {
    const LEAST: i64 = 3_600_000_000;
    let life = deadline.saturating_sub(last_active_at);
    deadline.saturating_add(life.saturating_mul(4).max(LEAST))
}

#[cfg(test)]
mod tests {
    use time::UtcDateTime;

    use super::*;
    use session::store::to_micros;

    use crate::record::numbers::{expiry, millis_after};

    #[test]
    fn an_entry_is_kept_for_longer_than_its_record() {
        let start = session_conformance::start();
        for seconds in [-5, 0, 1, 86_400, 2_600_000] {
            let deadline = start + time::Duration::seconds(seconds);
            let until = kept_until(to_micros(start), to_micros(deadline));
            assert!(until >= to_micros(deadline) + 3_600_000_000);
            assert!(millis_after(until) > expiry(deadline));
        }
        let (first, last) = (to_micros(UtcDateTime::MIN), to_micros(UtcDateTime::MAX));
        assert!(kept_until(first, last) > last);
    }
}
