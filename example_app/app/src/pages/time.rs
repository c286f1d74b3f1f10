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

/// Returns the advice to try again after that time, which is rounded up to minutes or hours.
pub fn wait_at_most(wait: Duration, language: Language) -> String {
    let round_up = |unit: Duration| {
        let seconds = wait.whole_seconds().saturating_sub(1);
        (seconds / unit.whole_seconds()).saturating_add(1)
    };
    let (n, [one, many]) = match wait {
        wait if wait < Duration::HOUR - Duration::MINUTE => {
            (round_up(Duration::MINUTE), language.texts().minutes)
        }
        _ => (round_up(Duration::HOUR), language.texts().hours),
    };
    let unit = if n == 1 { one } else { many };
    match language {
        Language::English => format!("Please try again in {n} {unit}."),
        Language::German => format!("Bitte versuchen Sie es in {n} {unit} noch einmal."),
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
    fn a_wait_is_rounded_up_to_minutes_or_hours() {
        for (wait, english, german) in [
            (1, "in 1 minute.", "in 1 Minute noch"),
            (61, "in 2 minutes.", "in 2 Minuten noch"),
            (3_599, "in 1 hour.", "in 1 Stunde noch"),
            (3_600, "in 1 hour.", "in 1 Stunde noch"),
            (3_601, "in 2 hours.", "in 2 Stunden noch"),
        ] {
            let wait = Duration::seconds(wait);
            let (english_text, german_text) = (
                wait_at_most(wait, Language::English),
                wait_at_most(wait, Language::German),
            );
            assert!(english_text.contains(english), "{english_text}");
            assert!(german_text.contains(german), "{german_text}");
        }
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
