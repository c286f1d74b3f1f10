//! Numbers and times as they are stored.

use session::store::to_micros;
use time::UtcDateTime;

/// Encodes a number so that the order of numbers is the order of their bytes.
pub(crate) fn ordered(number: i64) -> [u8; 8] {
    (number.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

/// Reverses [`ordered`].
pub(crate) fn number(bytes: [u8; 8]) -> i64 {
    (u64::from_be_bytes(bytes) ^ (1 << 63)).cast_signed()
}

/// Converts microseconds to milliseconds, such that the result is later.
pub(crate) fn millis_after(micros: i64) -> i64 {
    micros.div_euclid(1_000).saturating_add(1)
}

/// The time at which Redis may delete a record with this deadline, in milliseconds since 1970.
///
/// It is after the deadline, by a millisecond at most.
pub(crate) fn expiry(deadline: UtcDateTime) -> i64 {
    // Redis rejects times before 1970. It deletes a key at once whose expiry is that old.
    millis_after(to_micros(deadline)).max(1)
}

#[cfg(test)]
mod tests {
    use session_conformance::after;

    use super::*;

    #[test]
    fn the_order_of_numbers_is_the_order_of_their_bytes() {
        let numbers = [i64::MIN, -257, -256, -1, 0, 1, 255, 256, 1 << 32, i64::MAX];
        for pair in numbers.windows(2) {
            assert!(ordered(pair[0]) < ordered(pair[1]), "{pair:?}");
        }
        for n in numbers {
            assert_eq!(number(ordered(n)), n);
        }
    }

    #[test]
    fn the_expiry_is_within_a_millisecond_after_the_deadline() {
        for micros in [0, 1, 999, 1_000, 1_001, 1_999_999] {
            let deadline = after(0) + time::Duration::microseconds(micros);
            let nanos = i128::from(expiry(deadline)) * 1_000_000;
            let expiry = UtcDateTime::from_unix_timestamp_nanos(nanos).unwrap();
            let late = expiry - deadline;
            assert!(!late.is_negative(), "{micros}");
            assert!(late <= time::Duration::MILLISECOND, "{micros}");
        }
    }

    #[test]
    fn the_expiry_of_each_date_is_one_that_redis_accepts() {
        assert_eq!(expiry(UtcDateTime::MIN), 1);
        assert!(expiry(UtcDateTime::MAX) > 0);
    }
}
