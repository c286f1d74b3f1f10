//! Scripts with placeholders for the places of fields, such as `${deadline}`.

use crate::record::head::{self, Field};

/// The functions that several scripts share.
const PRELUDE: &str = include_str!("prelude.lua");

/// Makes a script of a template: adds the shared functions, and replaces the placeholders.
pub(super) fn fill(template: &str) -> String {
    let mut script = format!("{PRELUDE}\n{template}");
    for (name, place) in places() {
        script = script.replace(&format!("${{{name}}}"), &place);
    }
    script
}

fn places() -> [(&'static str, String); 15] {
    let times = head::LAST_ACTIVE.through(head::REGISTERED_UNTIL);
    let principal = head::PRINCIPAL_LEN.offset();
    [
        ("revision", part(head::REVISION)),
        ("last_active", part(head::LAST_ACTIVE)),
        ("deadline", part(head::DEADLINE)),
        ("registered_until", part(head::REGISTERED_UNTIL)),
        ("times", part(times)),
        ("secret", part(head::SECRET)),
        ("after_times", (head::SECRET.offset() + 1).to_string()),
        (
            "version_and_revision",
            part(head::VERSION.through(head::REVISION)),
        ),
        ("principal", (principal + 1).to_string()),
        ("principal_offset", principal.to_string()),
        ("times_offset", times.offset().to_string()),
        ("deadline_range", range(head::DEADLINE)),
        ("deadline_len", head::DEADLINE.range().len().to_string()),
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
