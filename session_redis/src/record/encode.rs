//! Values of records.

use session::store::{SessionRecord, to_micros};
use time::UtcDateTime;

use super::head;
use super::numbers::ordered;
use super::owners::Owners;

/// The length of the longest beginning of a value that has all that a summary needs: the head, the
/// time of the secret, the time of the log-in, the lifetime and the label.
pub(crate) const SUMMARY_LEN: usize = head::MAX_LEN + 8 + 9 + 1 + 2 + 255;

/// Encodes a record. `registered_until` is the time until which the indexes list the session, in
/// microseconds since 1970.
pub(crate) fn encode(record: &SessionRecord, registered_until: Option<i64>) -> Vec<u8> {
    let state = record.state.as_json().as_bytes();
    let mut value = Vec::with_capacity(SUMMARY_LEN + state.len());
    put_head(&mut value, record, registered_until);
    put_time(&mut value, record.secret_issued_at);
    put_optional(&mut value, record.authenticated_at, put_time);
    value.push(record.lifetime.as_u8());
    put_optional(&mut value, record.label.as_ref(), |value, label| {
        // A label has 255 bytes at most.
        value.push(u8::try_from(label.as_str().len()).unwrap_or(u8::MAX));
        value.extend(label.as_str().as_bytes());
    });
    put_optional(&mut value, record.previous_secret, |value, previous| {
        value.extend(previous.hash.as_bytes());
        put_time(value, previous.valid_until);
        value.extend(previous.successor.as_bytes());
    });
    put_optional(&mut value, record.stamp, |value, stamp| {
        value.extend(stamp.as_bytes());
    });
    value.extend(state);
    value
}

fn put_head(value: &mut Vec<u8>, record: &SessionRecord, registered_until: Option<i64>) {
    value.push(SessionRecord::VERSION);
    value.extend(ordered(record.revision.as_i64()));
    put_time(value, record.last_active_at);
    put_time(value, record.expires_at);
    value.extend(registered_until.map_or([0; 8], ordered));
    put_time(value, record.created_at);
    value.extend(record.secret.as_bytes());
    value.extend(Owners::of(record).field());
}

fn put_time(value: &mut Vec<u8>, time: UtcDateTime) {
    value.extend(ordered(to_micros(time)));
}

/// Writes a byte that is 1 if there is a field, and the field.
fn put_optional<T>(value: &mut Vec<u8>, field: Option<T>, put: impl FnOnce(&mut Vec<u8>, T)) {
    value.push(u8::from(field.is_some()));
    if let Some(field) = field {
        put(value, field);
    }
}
