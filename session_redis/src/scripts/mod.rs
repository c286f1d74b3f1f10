//! The scripts, each of which Redis runs without interruption.

pub(crate) mod call;
pub(crate) mod script;

mod template;

use script::{Script, Source};

/// Inserts a record that the indexes list already.
pub(crate) static CREATE: Script = Script::new(|| Source::of(include_str!("create.lua")));

/// Replaces a record that has the expected revision.
pub(crate) static REPLACE: Script = Script::new(|| Source::of(include_str!("replace.lua")));

/// Moves the deadline and the last activity of a record forward.
pub(crate) static TOUCH: Script = Script::new(|| Source::of(include_str!("touch.lua")));

/// Deletes a record that has the expected secret.
pub(crate) static DELETE: Script = Script::new(|| Source::of(include_str!("delete.lua")));

/// Deletes the records that have a certain principal.
pub(crate) static DELETE_OF_PRINCIPAL: Script =
    Script::new(|| Source::of(include_str!("delete_of_principal.lua")));

/// Deletes the records that have a certain origin.
pub(crate) static DELETE_OF_ORIGIN: Script =
    Script::new(|| Source::of(include_str!("delete_of_origin.lua")));

/// Deletes the records that have expired at a certain time.
pub(crate) static DELETE_EXPIRED: Script =
    Script::new(|| Source::of(include_str!("delete_expired.lua")));

/// Deletes the records that were created up to a certain time.
pub(crate) static DELETE_CREATED_UNTIL: Script =
    Script::new(|| Source::of(include_str!("delete_created_until.lua")));

/// Adds a session to an index.
pub(crate) static REGISTER: Script = Script::new(|| Source::of(include_str!("register.lua")));

/// Returns the time of the server, and the entries of an index.
pub(crate) static ENTRIES: Script = Script::new(|| Source::of(include_str!("entries.lua")));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_script_is_without_placeholders_and_has_a_hash_of_its_own() {
        let scripts = [
            &CREATE,
            &REPLACE,
            &TOUCH,
            &DELETE,
            &DELETE_OF_PRINCIPAL,
            &DELETE_OF_ORIGIN,
            &DELETE_EXPIRED,
            &DELETE_CREATED_UNTIL,
            &REGISTER,
            &ENTRIES,
        ];
        let mut hashes = std::collections::BTreeSet::new();
        for script in scripts {
            assert!(!script.text().contains('$'), "{}", script.text());
            hashes.insert(script.hash());
        }
        assert_eq!(hashes.len(), scripts.len());
    }

    #[test]
    fn offsets_in_a_script_count_as_its_functions_do() {
        // `string.sub` counts from 1, `GETRANGE` from 0; both include the last byte.
        assert!(REPLACE.text().contains("string.sub(old, 2, 9)"));
        assert!(TOUCH.text().contains("'SETRANGE', KEYS[1], 9, times"));
        let secret = "read(KEYS[1], 41, 72)";
        assert!(DELETE.text().contains(secret));
        let deadline = "read(key, 17, 24)";
        assert!(DELETE_EXPIRED.text().contains(deadline));
        let principal = "local last = 73 + #ARGV[1] - 1";
        assert!(DELETE_OF_PRINCIPAL.text().contains(principal));
    }
}
