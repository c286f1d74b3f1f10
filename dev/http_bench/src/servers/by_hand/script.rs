//! The script by which `session_redis` replaces a record, made of its own files.

const PARTS: [&str; 2] = [
    include_str!("../../../../../session_redis/src/scripts/prelude.lua"),
    include_str!("../../../../../session_redis/src/scripts/replace.lua"),
];

/// The places of the fields of a record, which all releases of `session_redis` share.
const PLACES: [(&str, &str); 10] = [
    ("${head_end}", "345"),
    ("${head_min}", "75"),
    ("${principal}", "74"),
    ("${revision}", "2, 9"),
    ("${last_active}", "10, 17"),
    ("${deadline}", "18, 25"),
    ("${registered_until}", "26, 33"),
    ("${after_times}", "34"),
    ("${version_and_revision}", "1, 9"),
    ("${secret}", "42, 73"),
];

/// Returns the hash of the script. A server has the script once `session_redis` has replaced a
/// record there. If the text were another one, the server would not find it.
pub(crate) fn hash() -> String {
    let text = PLACES.iter().fold(PARTS.join("\n"), |text, (name, place)| {
        text.replace(name, place)
    });
    redis::Script::new(&text).get_hash().to_owned()
}
