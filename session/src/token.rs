use std::fmt;
use std::str::FromStr;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use time::UtcDateTime;
use uuid::Uuid;

use crate::clock::{nearest, to_micros};
use crate::random;

/// The public identifier of a session.
///
/// It is a UUID of version 7: ordered by time, so that inserts into an index stay local, and with
/// the time at which the session was created. An id alone gives no access, because the cookie also
/// carries a secret. So it may be logged, listed and put into a URL.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use session::SessionId;
///
/// let id: SessionId = "0198c3a4-5f6e-7abc-8def-0123456789ab".parse()?;
/// assert_eq!(id.to_string(), "0198c3a4-5f6e-7abc-8def-0123456789ab");
/// assert_eq!(id.created_at().year(), 2025);
/// # Ok::<(), session::InvalidSessionId>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(Uuid);

impl SessionId {
    /// Returns the time at which the session was created, to the millisecond.
    pub fn created_at(self) -> UtcDateTime {
        let millis = self.0.as_u128() >> 80;
        // 48 bits of milliseconds, in microseconds, fit into an `i64`.
        nearest(millis as i64 * 1_000)
    }

    /// Returns the id as a UUID.
    pub fn as_uuid(self) -> Uuid {
        self.0
    }

    /// Returns an id that no session gets: its time of creation is the year 1970.
    pub(crate) fn of_nobody() -> Self {
        Self::from_parts(UtcDateTime::UNIX_EPOCH, &[0; 10])
    }

    fn from_parts(created_at: UtcDateTime, random: &[u8; 10]) -> Self {
        let millis = u64::try_from(to_micros(created_at) / 1_000).unwrap_or(0);
        Self(uuid::Builder::from_unix_timestamp_millis(millis, random).into_uuid())
    }
}

impl TryFrom<Uuid> for SessionId {
    type Error = InvalidSessionId;

    /// # Errors
    ///
    /// Returns [`InvalidSessionId`] if `uuid` is not of version 7.
    fn try_from(uuid: Uuid) -> Result<Self, InvalidSessionId> {
        match uuid.get_version_num() {
            7 => Ok(Self(uuid)),
            _ => Err(InvalidSessionId),
        }
    }
}

impl FromStr for SessionId {
    type Err = InvalidSessionId;

    fn from_str(s: &str) -> Result<Self, InvalidSessionId> {
        Uuid::try_parse(s).map_err(|_| InvalidSessionId)?.try_into()
    }
}

impl Serialize for SessionId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SessionId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SessionId({})", self.0)
    }
}

/// The text or UUID is not a session id, which is a UUID of version 7.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a session id: a session id is a UUID of version 7")]
#[non_exhaustive]
pub struct InvalidSessionId;

/// The public id of a session, and the secret that proves the right to use it.
#[derive(Clone, Debug)]
pub(crate) struct SessionToken {
    pub(crate) id: SessionId,
    pub(crate) secret: Secret,
}

impl SessionToken {
    /// Draws a new id and secret.
    pub(crate) fn generate(now: UtcDateTime) -> Result<Self, getrandom::Error> {
        Ok(Self {
            id: SessionId::from_parts(now, &random::bytes()?),
            secret: Secret::generate()?,
        })
    }
}

/// A secret: 128 bits from the generator of the operating system (OWASP ASVS 5.0, 7.2.3).
#[derive(Clone)]
pub(crate) struct Secret([u8; Secret::LEN]);

impl Secret {
    pub(crate) const LEN: usize = 16;

    pub(crate) fn generate() -> Result<Self, getrandom::Error> {
        random::bytes().map(Self)
    }

    pub(crate) fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }

    /// Returns the hash, which a store may keep.
    pub(crate) fn hash(&self) -> SecretHash {
        SecretHash(Sha256::digest(self.0).into())
    }

    /// Encrypts `successor` so that only a holder of this secret can read it: see [`SealedSecret`].
    pub(crate) fn seal(&self, successor: &Secret) -> SealedSecret {
        SealedSecret(xor(successor.0, self.one_time_pad(&successor.hash())))
    }

    /// Decrypts the result of [`seal`](Self::seal) for the secret with that hash.
    pub(crate) fn unseal(&self, sealed: &SealedSecret, successor: &SecretHash) -> Secret {
        Secret(xor(sealed.0, self.one_time_pad(successor)))
    }

    /// Each successor has a pad of its own: two log-ins of a browser leave the same secret behind.
    fn one_time_pad(&self, successor: &SecretHash) -> [u8; Self::LEN] {
        let digest = self.tagged(b"session: successor of a secret", &successor.0);
        std::array::from_fn(|i| digest[i])
    }

    /// Derives the secret under which a log-in leaves this one in the record.
    ///
    /// It is in no cookie, so it grants no access, and its pad is another one.
    pub(crate) fn before_log_in(&self) -> Self {
        let digest = self.tagged(b"session: secret before a log-in", &[]);
        Self(std::array::from_fn(|i| digest[i]))
    }

    fn tagged(&self, tag: &[u8], rest: &[u8]) -> [u8; 32] {
        let digest = Sha256::new().chain_update(tag).chain_update(self.0);
        digest.chain_update(rest).finalize().into()
    }
}

fn xor(a: [u8; Secret::LEN], b: [u8; Secret::LEN]) -> [u8; Secret::LEN] {
    std::array::from_fn(|i| a[i] ^ b[i])
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// The SHA-256 of a session's secret, which a store keeps instead of the secret.
///
/// A plain hash suffices, because nobody can guess the 128 random bits of the secret. The
/// comparison takes constant time.
#[derive(Clone, Copy)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// Restores a hash from a store.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes to keep in a store.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    fn words(&self) -> [u64; 4] {
        std::array::from_fn(|n| u64::from_ne_bytes(std::array::from_fn(|i| self.0[8 * n + i])))
    }
}

impl PartialEq for SecretHash {
    fn eq(&self, other: &Self) -> bool {
        // Words instead of bytes: `subtle` needs the same time for either.
        self.words()[..].ct_eq(&other.words()[..]).into()
    }
}

impl Eq for SecretHash {}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(***)")
    }
}

/// The secret that replaced a previous one, readable only with that previous secret.
///
/// A renewal on a timer leaves it in the record for the grace period. A parallel request that still
/// presents the previous secret is answered with the new one, so that a lost response does not end
/// the session. A log-in leaves it as well, for other log-ins of the same browser. The store alone
/// reveals nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SealedSecret([u8; Secret::LEN]);

impl SealedSecret {
    /// Restores a sealed secret from a store.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes to keep in a store.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealedSecret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Clock;

    #[test]
    fn a_session_id_carries_its_creation_time_to_the_millisecond() {
        let now = Clock::system().now();
        let token = SessionToken::generate(now).unwrap();
        assert_eq!(
            to_micros(token.id.created_at()),
            to_micros(now) / 1_000 * 1_000
        );
    }

    #[test]
    fn only_a_uuid_of_version_7_is_a_session_id() {
        assert_eq!("".parse::<SessionId>(), Err(InvalidSessionId));
        assert_eq!(SessionId::try_from(Uuid::nil()), Err(InvalidSessionId));
        let v4 = "9f1c2d3e-4b5a-4c6d-8e7f-0a1b2c3d4e5f";
        assert_eq!(v4.parse::<SessionId>(), Err(InvalidSessionId));
    }

    #[test]
    fn a_session_id_is_written_as_its_text() {
        let id = SessionToken::generate(Clock::system().now()).unwrap().id;
        let json = serde_json::to_string(&id).unwrap();
        assert_eq!(json, format!("\"{id}\""));
        assert_eq!(serde_json::from_str::<SessionId>(&json).unwrap(), id);
        let error = serde_json::from_str::<SessionId>(r#""x""#).unwrap_err();
        assert!(error.to_string().starts_with("not a session id"), "{error}");
    }

    #[test]
    fn a_secret_hash_equals_that_of_the_same_secret_only() {
        let (a, b) = (Secret::generate().unwrap(), Secret::generate().unwrap());
        assert_eq!(a.hash(), a.hash());
        assert_ne!(a.hash(), b.hash());
    }

    #[test]
    fn a_sealed_successor_opens_with_the_previous_secret_only() {
        let secrets: [Secret; 3] = std::array::from_fn(|_| Secret::generate().unwrap());
        let (sealed, hash) = (secrets[0].seal(&secrets[1]), secrets[1].hash());
        assert_eq!(secrets[0].unseal(&sealed, &hash).hash(), hash);
        assert_ne!(secrets[2].unseal(&sealed, &hash).hash(), hash);
        assert_ne!(sealed.as_bytes(), secrets[1].as_bytes());
    }

    /// Whoever knows one successor cannot compute the other one from the records.
    #[test]
    fn two_successors_of_a_secret_are_sealed_with_different_pads() {
        let [secret, first, second] = std::array::from_fn(|_| Secret::generate().unwrap());
        let pad = |successor: &Secret| xor(secret.seal(successor).0, successor.0);
        assert_ne!(pad(&first), pad(&second));
    }

    #[test]
    fn the_debug_forms_of_tokens_show_no_secret() {
        let token = SessionToken::generate(Clock::system().now()).unwrap();
        let printed = format!(
            "{token:?} {:?} {:?}",
            token.secret.hash(),
            token.secret.seal(&token.secret)
        );
        let id = token.id;
        assert_eq!(
            printed,
            format!(
                "SessionToken {{ id: SessionId({id}), secret: Secret(***) }} SecretHash(***) SealedSecret(***)"
            )
        );
    }
}
