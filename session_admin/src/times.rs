//! Times as people and scripts read them.

use session::store::from_micros;
use session::time::format_description::well_known::Rfc3339;
use session::time::{Duration, UtcDateTime};

/// Returns the time as scripts read it: RFC 3339, to the microsecond.
pub(crate) fn exact(time: UtcDateTime) -> String {
    // RFC 3339 has four digits for the year, which every session's time fits into.
    time.format(&Rfc3339).unwrap_or_else(|_| time.to_string())
}

/// Returns the time as people read it: to the second, and how far it is from now.
pub(crate) fn readable(time: UtcDateTime, now: UtcDateTime) -> String {
    let second = time.replace_nanosecond(0).unwrap_or(time);
    format!("{} ({})", exact(second), relative(time, now))
}

fn relative(time: UtcDateTime, now: UtcDateTime) -> String {
    match time > now {
        true => format!("in {}", span(time - now)),
        false => format!("{} ago", span(now - time)),
    }
}

/// Returns a length of time in its largest unit.
pub(crate) fn span(span: Duration) -> String {
    let (days, hours, minutes) = (span.whole_days(), span.whole_hours(), span.whole_minutes());
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{} s", span.whole_seconds()),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, _) => format!("{hours} h"),
        (1, _, _) => "1 day".to_owned(),
        _ => format!("{days} days"),
    }
}

/// Parses a moment that has passed: `now`, or a time by RFC 3339.
///
/// # Errors
///
/// Returns a sentence if the text is neither, or the time has not come yet.
pub(crate) fn parse_past(text: &str) -> Result<UtcDateTime, String> {
    let now = UtcDateTime::now();
    let time = match text {
        "now" => now,
        text => UtcDateTime::parse(text, &Rfc3339).map_err(
            |_| "use `now`, or a time such as 2026-11-27T09:30:00Z or 2026-11-27T10:30:00+01:00",
        )?,
    };
    match time > now {
        true => Err("the time has not come yet, and sessions would begin meanwhile".to_owned()),
        false => Ok(to_microsecond(time)),
    }
}

/// Returns the time to the microsecond, which every store can hold.
pub(crate) fn to_microsecond(time: UtcDateTime) -> UtcDateTime {
    from_micros(session::store::to_micros(time)).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UtcDateTime = UtcDateTime::UNIX_EPOCH;

    #[test]
    fn a_time_is_shown_to_the_second_with_its_distance_in_the_largest_unit() {
        for (offset, shown) in [
            (
                Duration::milliseconds(1_500),
                "1970-01-01T00:00:01Z (in 1 s)",
            ),
            (Duration::seconds(-59), "1969-12-31T23:59:01Z (59 s ago)"),
            (Duration::minutes(59), "1970-01-01T00:59:00Z (in 59 min)"),
            (Duration::hours(-3), "1969-12-31T21:00:00Z (3 h ago)"),
            (Duration::hours(25), "1970-01-02T01:00:00Z (in 1 day)"),
            (Duration::days(-30), "1969-12-02T00:00:00Z (30 days ago)"),
            (Duration::ZERO, "1970-01-01T00:00:00Z (0 s ago)"),
        ] {
            assert_eq!(readable(NOW + offset, NOW), shown);
        }
    }

    #[test]
    fn a_time_for_scripts_has_microseconds() {
        let time = NOW + Duration::microseconds(1_000_250);
        assert_eq!(exact(time), "1970-01-01T00:00:01.00025Z");
    }

    #[test]
    fn a_moment_is_now_or_a_time_that_has_passed() {
        assert!(parse_past("now").unwrap() <= UtcDateTime::now());
        let hour = parse_past("1970-01-01T02:00:00.0000009+01:00").unwrap();
        assert_eq!(hour, NOW + Duration::HOUR);
        for (text, part) in [
            ("yesterday", "use `now`"),
            ("2026-11-27", "use `now`"),
            ("9999-01-01T00:00:00Z", "not come yet"),
        ] {
            let error = parse_past(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
