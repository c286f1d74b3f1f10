//! The sentences in which the suite tells that a promise is broken.

use std::fmt::Debug;
use std::sync::Arc;

use session::store::{PreviousSecret, SecretHash, SessionRecord};

/// Panics unless `actual` is what was expected. The message names the promise and both values.
///
/// # Example
///
/// ```should_panic
/// session_conformance::expect("`delete_expired` tells how many records it removed", 3, 2);
/// ```
#[track_caller]
pub fn expect<T: PartialEq + Debug>(promise: &str, expected: T, actual: T) {
    if expected != actual {
        broken(promise, &format!("{expected:?}"), &format!("{actual:?}"));
    }
}

/// Panics unless `holds`.
#[track_caller]
pub(crate) fn require(promise: &str, holds: bool, expected: &str, actual: &dyn Debug) {
    if !holds {
        broken(promise, expected, &format!("{actual:?}"));
    }
}

/// Panics unless the record came that was expected; the message shows the fields that differ.
#[track_caller]
pub(crate) fn expect_record(
    promise: &str,
    expected: Option<&Arc<SessionRecord>>,
    actual: Option<&Arc<SessionRecord>>,
) {
    match (expected, actual) {
        (None, None) => {}
        (Some(expected), Some(actual)) => {
            let fields = differences(expected, actual);
            if !fields.is_empty() {
                let (expected, actual): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
                broken(promise, &expected.join(", "), &actual.join(", "));
            }
        }
        (Some(expected), None) => broken(promise, &format!("record {}", expected.id), "no record"),
        (None, Some(actual)) => broken(promise, "no record", &format!("{actual:?}")),
    }
}

#[track_caller]
pub(crate) fn broken(promise: &str, expected: &str, actual: &str) -> ! {
    panic!("broken promise: {promise}\n  expected: {expected}\n  actual:   {actual}\n");
}

/// The fields that differ, each as expected and as it came.
fn differences(expected: &SessionRecord, actual: &SessionRecord) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut compare = |field: &str, expected: String, actual: String| {
        if expected != actual {
            found.push((
                format!("{field} = {expected}"),
                format!("{field} = {actual}"),
            ));
        }
    };
    macro_rules! compare {
        ($($field:ident: $show:expr),* $(,)?) => {
            $(compare(stringify!($field), $show(&expected.$field), $show(&actual.$field));)*
        };
    }
    compare!(
        id: show,
        revision: show,
        secret: show_hash,
        secret_issued_at: show,
        previous_secret: show_previous,
        principal: show,
        created_at: show,
        authenticated_at: show,
        last_active_at: show,
        expires_at: show,
        label: show,
    );
    let (expected, actual) = (expected.state.as_json(), actual.state.as_json());
    if expected != actual {
        let (expected, actual) = excerpts(expected, actual);
        found.push((format!("state = {expected}"), format!("state = {actual}")));
    }
    found
}

fn show(value: &impl Debug) -> String {
    format!("{value:?}")
}

/// The suite's secrets are none, so they may be shown.
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

/// Both texts around the place where they begin to differ.
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
