//! Scripts with placeholders for the places of fields, such as `${deadline}`.

use crate::record::head::{self, Field};

/// The functions that several scripts share.
const PRELUDE: &str = include_str!("prelude.lua");

/// Makes a script of a template: adds the shared functions, and replaces the placeholders.
pub(super) fn fill(template: &str) -> String {
    let mut script = format!("{PRELUDE}\n{template}");
    for (name, place) in parts().into_iter().chain(offsets()) {
        script = script.replace(&format!("${{{name}}}"), &place);
    }
    script
}

/// A placeholder and its place.
type Place = (&'static str, String);

/// The places of fields that a script reads or replaces as a whole.
fn parts() -> [Place; 10] {
    let times = head::LAST_ACTIVE.through(head::REGISTERED_UNTIL);
    let version_and_revision = head::VERSION.through(head::REVISION);
    [
        ("revision", part(head::REVISION)),
        ("last_active", part(head::LAST_ACTIVE)),
        ("deadline", part(head::DEADLINE)),
        ("registered_until", part(head::REGISTERED_UNTIL)),
        ("times", part(times)),
        ("secret", part(head::SECRET)),
        ("secret_range", range(head::SECRET)),
        ("version_and_revision", part(version_and_revision)),
        ("deadline_range", range(head::DEADLINE)),
        ("created_range", range(head::CREATED)),
    ]
}

/// The places of single bytes, and lengths.
fn offsets() -> [Place; 7] {
    let principal = head::PRINCIPAL_LEN.offset();
    [
        ("principal", (principal + 1).to_string()),
        ("principal_offset", principal.to_string()),
        ("after_times", (head::CREATED.offset() + 1).to_string()),
        ("times_offset", head::LAST_ACTIVE.offset().to_string()),
        ("time_len", head::DEADLINE.range().len().to_string()),
        ("head_min", head::MIN_LEN.to_string()),
        ("head_end", (head::MAX_LEN - 1).to_string()),
    ]
}

/// The first and the last byte for `string.sub`, which counts from 1.
fn part(field: Field) -> String {
    let range = field.range();
    format!("{}, {}", range.start + 1, range.end)
}

/// The first and the last byte for `GETRANGE`, which counts from 0.
fn range(field: Field) -> String {
    let range = field.range();
    format!("{}, {}", range.start, range.end - 1)
}
