//! Points in time, written for people.

use time::{Duration, UtcDateTime};

use super::language::Language;

/// Returns the time to the minute, in UTC: without a script, a page cannot use the visitor's zone.
pub fn to_the_minute(time: UtcDateTime) -> String {
    let (date, hour, minute) = (time.date(), time.hour(), time.minute());
    format!("{date}, {hour:02}:{minute:02} UTC")
}

/// Returns the time since the last activity, such as “Active 2 hours ago”.
pub fn activity(last: UtcDateTime, now: UtcDateTime, language: Language) -> String {
    let ago = now - last;
    let (n, [one, many]) = match ago {
        ago if ago < Duration::MINUTE => return language.texts().just_now.to_owned(),
        ago if ago < Duration::HOUR => (ago.whole_minutes(), language.texts().minutes),
        ago if ago < Duration::DAY => (ago.whole_hours(), language.texts().hours),
        ago => (ago.whole_days(), language.texts().days),
    };
    let unit = if n == 1 { one } else { many };
    match language {
        Language::English => format!("Active {n} {unit} ago"),
        Language::German => format!("Vor {n} {unit} aktiv"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_to_the_minute_in_utc() {
        let time = UtcDateTime::UNIX_EPOCH + Duration::seconds(3_723);
        assert_eq!(to_the_minute(time), "1970-01-01, 01:02 UTC");
    }

    #[test]
    fn an_activity_is_written_as_its_age_in_the_largest_unit() {
        let now = UtcDateTime::UNIX_EPOCH + Duration::days(400);
        for (ago, english, german) in [
            (-5, "Active just now", "Gerade eben aktiv"),
            (59, "Active just now", "Gerade eben aktiv"),
            (60, "Active 1 minute ago", "Vor 1 Minute aktiv"),
            (3_599, "Active 59 minutes ago", "Vor 59 Minuten aktiv"),
            (7_200, "Active 2 hours ago", "Vor 2 Stunden aktiv"),
            (86_400, "Active 1 day ago", "Vor 1 Tag aktiv"),
            (864_000, "Active 10 days ago", "Vor 10 Tagen aktiv"),
        ] {
            let last = now - Duration::seconds(ago);
            assert_eq!(activity(last, now, Language::English), english);
            assert_eq!(activity(last, now, Language::German), german);
        }
    }
}
