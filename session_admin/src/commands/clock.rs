//! The clocks of the servers, which decide on Redis when a session ends.

use std::time::Duration;

use session::time::UtcDateTime;

use crate::failure::Failure;
use crate::store::Store;

/// The difference of clocks from which on users see that sessions end early.
pub(super) const LARGEST_OFFSET: Duration = Duration::from_secs(1);

/// Returns how far the farthest clock of the servers is from that of this machine; `None` if the
/// store depends on no clock of a server.
pub(super) async fn offset(store: &Store) -> Result<Option<Duration>, Failure> {
    let before = UtcDateTime::now();
    let times = store.server_times().await?;
    Ok(times.map(|times| largest_offset(&times, before, UtcDateTime::now())))
}

/// Returns how far the farthest time is outside of the range in which it was read.
fn largest_offset(times: &[UtcDateTime], before: UtcDateTime, after: UtcDateTime) -> Duration {
    let offsets = times.iter().map(|time| {
        let (early, late) = (before - *time, *time - after);
        Duration::try_from(early.max(late)).unwrap_or(Duration::ZERO)
    });
    offsets.max().unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_compared_with_the_time_in_which_it_was_read() {
        let second = |n| UtcDateTime::UNIX_EPOCH + Duration::from_secs(n);
        for (times, offset) in [
            (vec![15], 0),
            (vec![10, 20], 0),
            (vec![7, 15], 3),
            (vec![15, 24, 9], 4),
        ] {
            let times: Vec<_> = times.into_iter().map(second).collect();
            let found = largest_offset(&times, second(10), second(20));
            assert_eq!(found, Duration::from_secs(offset), "{times:?}");
        }
    }
}
