//! Values with a deadline of their own, as a state contains them.
//!
//! The deadline is in the JSON of the value, so that each change replaces both in one step, and no
//! store has a part in it.

use serde_json::value::RawValue;
use time::UtcDateTime;

use crate::clock;

const BEGINNING: &str = "{\"~until\":";
const MIDDLE: &str = ",\"value\":";

/// A value, and its deadline in microseconds if it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Opened<'a> {
    pub(crate) json: &'a str,
    until: Option<i64>,
}

/// Returns the JSON that a state contains for a value.
///
/// A value that looks like an envelope gets one without a deadline, and is read back as it is.
pub(crate) fn seal(json: String, until: Option<UtcDateTime>) -> String {
    let until = until.map(clock::to_micros);
    match until {
        Some(until) => format!("{BEGINNING}{until}{MIDDLE}{json}}}"),
        None if json.starts_with(BEGINNING) => format!("{BEGINNING}null{MIDDLE}{json}}}"),
        None => json,
    }
}

pub(crate) fn open(stored: &str) -> Opened<'_> {
    let plain = Opened {
        json: stored,
        until: None,
    };
    open_envelope(stored).unwrap_or(plain)
}

/// Returns the value unless its deadline has passed.
pub(crate) fn open_live(stored: &str, now: impl FnOnce() -> UtcDateTime) -> Option<&str> {
    let opened = open(stored);
    opened.is_live(now).then_some(opened.json)
}

fn open_envelope(stored: &str) -> Option<Opened<'_>> {
    let content = stored.strip_prefix(BEGINNING)?.strip_suffix('}')?;
    let (until, json) = content.split_once(MIDDLE)?;
    let until = match until {
        "null" => None,
        micros => Some(micros.parse().ok()?),
    };
    // A map with further members is a plain value.
    let value: &RawValue = serde_json::from_str(json).ok()?;
    Some(Opened {
        json: value.get(),
        until,
    })
}

impl Opened<'_> {
    pub(crate) fn has_deadline(self) -> bool {
        self.until.is_some()
    }

    /// Returns `true` unless the deadline has passed. The clock is read only if there is one.
    pub(crate) fn is_live(self, now: impl FnOnce() -> UtcDateTime) -> bool {
        self.until
            .is_none_or(|until| clock::to_micros(now()) < until)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn at(micros: u64) -> UtcDateTime {
        UtcDateTime::UNIX_EPOCH + Duration::from_micros(micros)
    }

    #[test]
    fn a_value_is_live_until_its_deadline() {
        let stored = seal("[1]".to_owned(), Some(at(7)));
        assert_eq!(open_live(&stored, || at(6)), Some("[1]"));
        assert_eq!(open_live(&stored, || at(7)), None);
        assert!(open(&stored).has_deadline());
    }

    #[test]
    fn a_value_without_a_deadline_is_stored_as_it_is() {
        assert_eq!(seal("[1]".to_owned(), None), "[1]");
        assert_eq!(open_live("[1]", || unreachable!()), Some("[1]"));
    }

    #[test]
    fn only_what_seal_returns_is_an_envelope() {
        for stored in [
            r#"{"~until":7,"value":1,"b":2}"#,
            r#"{"~until":7,"value":1,"value":2}"#,
            r#"{"~until":null,"value":{"a":1},"b":{}}"#,
            r#"{"~until":7,"a":1,"value":1}"#,
            r#"{"~until":7}"#,
        ] {
            assert_eq!(open_live(stored, || unreachable!()), Some(stored));
        }
    }

    /// Maps that are an envelope, or look like one.
    fn forged() -> impl Strategy<Value = String> {
        Just("5".to_owned()).prop_recursive(3, 8, 1, |inner| {
            let form = (0..4_u8, any::<bool>());
            (inner, form).prop_map(|(inner, (form, is_null))| {
                let until = if is_null { "null" } else { "5" };
                match form {
                    0 => format!(r#"{{"~until":{inner}}}"#),
                    1 => format!(r#"{{"~until":{until},"value":{inner},"b":{inner}}}"#),
                    _ => format!(r#"{{"~until":{until},"value":{inner}}}"#),
                }
            })
        })
    }

    proptest! {
        #[test]
        fn a_value_that_looks_like_an_envelope_is_read_back_as_it_is(
            value in forged(),
            has_deadline in any::<bool>(),
        ) {
            let until = has_deadline.then(|| at(7));
            let stored = seal(value.clone(), until);
            let opened = open(&stored);
            prop_assert_eq!(opened.json, &value);
            prop_assert_eq!(opened.has_deadline(), has_deadline);
        }
    }
}
