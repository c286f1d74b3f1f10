//! Assertions, and the messages in which they report a broken promise.

use std::error::Error;
use std::fmt::{Debug, Write};
use std::sync::Arc;

use session::store::{PreviousSecret, SecretHash, SessionRecord};

/// Panics unless the actual value equals the expected one. The message names the promise and shows
/// both values.
///
/// # Panics
///
/// Panics if the values differ.
///
/// # Example
///
/// ```should_panic
/// session_conformance::expect("`delete_expired` returns the number of removed records", 3, 2);
/// ```
#[track_caller]
pub fn expect<T: PartialEq + Debug>(promise: &str, expected: T, actual: T) {
    if expected != actual {
        broken(promise, &format!("{expected:?}"), &format!("{actual:?}"));
    }
}

/// Panics unless `holds`; `expected` describes the values that would have been accepted.
#[track_caller]
pub(crate) fn require(promise: &str, holds: bool, expected: &str, actual: &dyn Debug) {
    if !holds {
        broken(promise, expected, &format!("{actual:?}"));
    }
}

/// Panics unless the actual record equals the expected one; the message shows the fields that
/// differ.
#[track_caller]
pub(crate) fn expect_record(
    promise: &str,
    expected: Option<&Arc<SessionRecord>>,
    actual: Option<&Arc<SessionRecord>>,
) {
    match (expected, actual) {
        (None, None) => {}
        (Some(expected), Some(actual)) => expect_same_fields(promise, expected, actual),
        (Some(expected), None) => broken(promise, &format!("record {}", expected.id), "no record"),
        (None, Some(actual)) => broken(promise, "no record", &format!("{actual:?}")),
    }
}

#[track_caller]
fn expect_same_fields(promise: &str, expected: &SessionRecord, actual: &SessionRecord) {
    let fields = differences(expected, actual);
    if !fields.is_empty() {
        let (expected, actual): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
        broken(promise, &expected.join(", "), &actual.join(", "));
    }
}

/// Returns the value, or reports the error and its causes as a broken promise.
#[track_caller]
pub(crate) fn no_error<T, E: Error>(promise: &str, outcome: Result<T, E>) -> T {
    outcome.unwrap_or_else(|error| {
        let mut message = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            _ = write!(message, ": {error}");
            cause = error.source();
        }
        broken(promise, "no error", &message)
    })
}

/// Reports a broken promise.
#[track_caller]
pub(crate) fn broken(promise: &str, expected: &str, actual: &str) -> ! {
    panic!("broken promise: {promise}\n  expected: {expected}\n  actual:   {actual}\n");
}

/// Returns the fields that differ, each with its expected and its actual value.
fn differences(expected: &SessionRecord, actual: &SessionRecord) -> Vec<(String, String)> {
    let fields = fields(expected).into_iter().zip(fields(actual));
    let mut found: Vec<_> = fields
        .filter(|(expected, actual)| expected != actual)
        .collect();
    let (expected, actual) = (expected.state.as_json(), actual.state.as_json());
    if expected != actual {
        let (expected, actual) = excerpts(expected, actual);
        found.push((format!("state = {expected}"), format!("state = {actual}")));
    }
    found
}

/// Returns all fields but the state, each as `name = value`.
fn fields(record: &SessionRecord) -> Vec<String> {
    let previous_secret = show_previous(&record.previous_secret);
    vec![
        format!("id = {:?}", record.id),
        format!("revision = {:?}", record.revision),
        format!("secret = {}", show_hash(&record.secret)),
        format!("secret_issued_at = {:?}", record.secret_issued_at),
        format!("previous_secret = {previous_secret}"),
        format!("principal = {:?}", record.principal),
        format!("created_at = {:?}", record.created_at),
        format!("authenticated_at = {:?}", record.authenticated_at),
        format!("last_active_at = {:?}", record.last_active_at),
        format!("expires_at = {:?}", record.expires_at),
        format!("label = {:?}", record.label),
        format!(
            "stamp = {:?}",
            record.stamp.map(|it| show_bytes(it.as_bytes()))
        ),
        format!(
            "origin = {:?}",
            record.origin.map(|it| show_bytes(it.as_bytes()))
        ),
        format!("lifetime = {:?}", record.lifetime),
    ]
}

/// Shows a hash, which is not a secret here: the suite made it up.
fn show_hash(hash: &SecretHash) -> String {
    show_bytes(hash.as_bytes())
}

fn show_previous(previous: &Option<PreviousSecret>) -> String {
    let Some(previous) = previous else {
        return "None".into();
    };
    format!(
        "{{ hash: {}, valid_until: {:?}, successor: {} }}",
        show_hash(&previous.hash),
        previous.valid_until,
        show_bytes(previous.successor.as_bytes()),
    )
}

fn show_bytes(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Returns the parts of both texts around the first difference.
fn excerpts(expected: &str, actual: &str) -> (String, String) {
    let same = expected.bytes().zip(actual.bytes());
    let at = same.take_while(|(e, c)| e == c).count();
    let excerpt = |text: &str| {
        let bytes = text.as_bytes();
        let part = &bytes[at.saturating_sub(20).min(bytes.len())..(at + 40).min(bytes.len())];
        let part = String::from_utf8_lossy(part);
        format!("{} bytes, around byte {at}: {part:?}", bytes.len())
    };
    (excerpt(expected), excerpt(actual))
}
