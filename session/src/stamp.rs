//! Credential stamps: values of the application that change with a password or another credential.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::token::SessionId;

/// The stamp of a log-in that is not committed yet.
#[derive(Clone)]
pub(crate) struct Stamp(Box<[u8]>);

impl Stamp {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }

    pub(crate) fn hash(&self, id: SessionId) -> StampHash {
        StampHash::new(id, &self.0)
    }

    pub(crate) fn matches(&self, bytes: &[u8]) -> bool {
        self.0.ct_eq(bytes).into()
    }
}

impl fmt::Debug for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stamp(***)")
    }
}

/// The hash of a credential stamp for one session, as the store keeps it.
///
/// It is a SHA-256, cut to 16 bytes, over a constant, the session id and the bytes of the
/// application. So the hashes of one stamp differ from session to session. A reader of the store
/// can test a guess of the stamp, and learns nothing else about it. The comparison takes constant
/// time.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use session::store::StampHash;
///
/// # fn example(id: session::SessionId) {
/// let stamp = StampHash::new(id, b"the stored password hash");
/// assert_eq!(StampHash::from_bytes(*stamp.as_bytes()), stamp);
/// # }
/// ```
#[derive(Clone, Copy)]
pub struct StampHash([u8; 16]);

impl StampHash {
    /// Hashes the stamp of an application for the session `id`.
    pub fn new(id: SessionId, stamp: &[u8]) -> Self {
        let digest = Sha256::new()
            .chain_update(b"session: credential stamp")
            .chain_update(id.as_uuid().as_bytes())
            .chain_update(stamp)
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

impl PartialEq for StampHash {
    fn eq(&self, other: &Self) -> bool {
        self.0[..].ct_eq(&other.0[..]).into()
    }
}

impl Eq for StampHash {}

impl fmt::Debug for StampHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StampHash(***)")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::token::SessionToken;

    #[test]
    fn a_stamp_hash_differs_from_session_to_session_and_from_stamp_to_stamp() {
        let [one, other] =
            [(); 2].map(|()| SessionToken::generate(Clock::system().now()).unwrap().id);
        let hash = StampHash::new(one, b"a");
        assert_eq!(hash, StampHash::new(one, b"a"));
        assert_ne!(hash, StampHash::new(one, b"b"));
        assert_ne!(hash, StampHash::new(other, b"a"));
        assert_eq!(hash, Stamp::new(b"a").hash(one));
    }

    #[test]
    fn the_debug_forms_of_stamps_show_no_byte() {
        let id = SessionToken::generate(Clock::system().now()).unwrap().id;
        let stamp = Stamp::new(b"abc");
        assert_eq!(format!("{stamp:?}"), "Stamp(***)");
        assert_eq!(format!("{:?}", stamp.hash(id)), "StampHash(***)");
    }
}
