//! Origins of log-ins: sessions at an identity provider.

use std::fmt;

use sha2::{Digest, Sha256};

/// The hash of the session at an identity provider in which a log-in began, as the store keeps it.
///
/// It is a SHA-256, cut to 16 bytes, over a constant, the issuer with its length, and the
/// provider's session id. A store finds sessions by it. A reader of the store can test a guess of
/// both, and learns nothing else about them.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use session::store::OriginHash;
///
/// let hash = OriginHash::new("https://id.example", "08a5019c");
/// assert_eq!(OriginHash::from_bytes(*hash.as_bytes()), hash);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OriginHash([u8; 16]);

impl OriginHash {
    /// Hashes the name of an issuer, and the id of a session at that issuer.
    pub fn new(issuer: &str, sid: &str) -> Self {
        let digest = Sha256::new()
            .chain_update(b"session: origin of a log-in")
            // With the length before it, each pair gives other bytes than every other pair.
            .chain_update((issuer.len() as u64).to_be_bytes())
            .chain_update(issuer)
            .chain_update(sid)
            .finalize();
        Self(std::array::from_fn(|i| digest[i]))
    }

    /// Restores a hash from a store.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes to keep in a store.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for OriginHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OriginHash(***)")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn pairs_with_the_same_text_have_different_hashes() {
        let pairs = [
            ("ab", "c"),
            ("a", "bc"),
            ("abc", ""),
            ("", "abc"),
            ("c", "ab"),
        ];
        let hashes: BTreeSet<_> = pairs.map(|(iss, sid)| OriginHash::new(iss, sid)).into();
        assert_eq!(hashes.len(), pairs.len());
    }

    /// Records in a store have these bytes.
    #[test]
    fn the_hash_of_a_pair_does_not_change_between_releases() {
        let hash = OriginHash::new("https://id.example", "08a5019c");
        let hex: String = hash
            .as_bytes()
            .iter()
            .map(|it| format!("{it:02x}"))
            .collect();
        assert_eq!(hex, "f679e9a5c6d25bd2dcf844abd1efbab2");
    }

    #[test]
    fn the_debug_form_of_an_origin_shows_no_byte() {
        let hash = OriginHash::new("https://id.example", "08a5019c");
        assert_eq!(format!("{hash:?}"), "OriginHash(***)");
    }
}
