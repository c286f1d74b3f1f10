//! The content of the session cookie, before it is signed or encrypted:
//!
//! - the version (1 byte, the digit `1`),
//! - the session id (16 bytes) and the secret (16 bytes),
//! - the times of issue and of expiry (7 bytes each: microseconds since 1970, big-endian),
//! - flags and the lifetime (1 byte).
//!
//! The rest is the client-side state as a JSON object, or nothing if it is empty. A content without
//! client-side state has 48 bytes, which fit into one block of SHA-256.

use std::time::Duration;

use smallvec::SmallVec;
use time::UtcDateTime;

use crate::clock::{nearest, to_micros};
use crate::store::lifetime::Lifetime;
use crate::token::{Secret, SessionToken};

/// The content of a session cookie.
#[derive(Clone, Debug)]
pub(crate) struct CookiePayload {
    pub(crate) token: SessionToken,
    /// The time of issue, in microseconds since 1970. It is only compared.
    pub(crate) issued_at: i64,
    pub(crate) expires_at: UtcDateTime,
    /// True if the deadline is that of the absolute timeout.
    pub(crate) at_absolute_limit: bool,
    /// True if the store has a record of the session.
    pub(crate) has_record: bool,
    /// True if somebody was logged in when the cookie was issued.
    pub(crate) has_principal: bool,
    /// The lifetime in the record when the cookie was issued.
    pub(crate) lifetime: Lifetime,
    /// True if the cookie arrived under a fallback key. It is not part of the value.
    pub(crate) has_old_key: bool,
    /// The client-side state: a JSON object.
    pub(crate) client_state: ClientJson,
}

/// The content of a cookie, and what protects it. One without client-side state stays in place.
pub(crate) type Content = SmallVec<[u8; 96]>;

/// The client-side state as JSON text; `Debug` shows only its length.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct ClientJson(String);

impl ClientJson {
    pub(crate) fn new(json: String) -> Self {
        Self(if json == "{}" { String::new() } else { json })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn as_str(&self) -> &str {
        if self.0.is_empty() { "{}" } else { &self.0 }
    }
}

impl std::fmt::Debug for ClientJson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ClientJson({} bytes)", self.0.len())
    }
}

impl CookiePayload {
    /// Returns `true` if the cookie is from before the last log-in of its session.
    pub(crate) fn precedes_log_in(&self, authenticated_at: Option<UtcDateTime>) -> bool {
        authenticated_at.is_some_and(|at| !self.has_principal || self.issued_at < to_micros(at))
    }
}

/// The reason why a cookie value cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidCookie {
    #[error("it is larger than any cookie that this application sends")]
    TooLarge,
    #[error("there are more than eight session cookies")]
    TooMany,
    #[error("it is not authentic")]
    NotAuthentic,
    #[error("it is authentic, and of a version that this release cannot read")]
    UnknownVersion,
    #[error("it is authentic, but its content is malformed")]
    Malformed,
}

const VERSION: u8 = b'1';
const HEADER_LEN: usize = 47;
const HAS_RECORD: u8 = 1;
const AT_ABSOLUTE_LIMIT: u8 = 2;
const HAS_PRINCIPAL: u8 = 4;
/// The lifetime has two bits.
const LIFETIME: u8 = 8;

impl CookiePayload {
    /// Returns the length of the content for a client-side state of that length, both in bytes.
    pub(crate) const fn encoded_len(client_state: usize) -> usize {
        1 + HEADER_LEN + client_state
    }

    /// Returns the content, with `room` for as many bytes more.
    pub(crate) fn encode(&self, room: usize) -> Content {
        let client_state = self.client_state.0.as_bytes();
        let mut content = Content::with_capacity(Self::encoded_len(client_state.len()) + room);
        content.push(VERSION);
        content.extend_from_slice(&self.header());
        content.extend_from_slice(client_state);
        content
    }

    fn header(&self) -> [u8; HEADER_LEN] {
        let mut header = [0; HEADER_LEN];
        header[..16].copy_from_slice(self.token.id.as_uuid().as_bytes());
        header[16..32].copy_from_slice(self.token.secret.as_bytes());
        header[32..39].copy_from_slice(&to_bytes(self.issued_at));
        header[39..46].copy_from_slice(&to_bytes(to_micros(self.expires_at)));
        header[46] = u8::from(self.has_record) * HAS_RECORD
            + u8::from(self.at_absolute_limit) * AT_ABSOLUTE_LIMIT
            + u8::from(self.has_principal) * HAS_PRINCIPAL
            + self.lifetime.as_u8() * LIFETIME;
        header
    }

    /// Returns the time from the issue to the deadline.
    pub(crate) fn max_age(&self) -> Duration {
        let micros = to_micros(self.expires_at).saturating_sub(self.issued_at);
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }

    pub(crate) fn decode(content: &[u8]) -> Result<Self, InvalidCookie> {
        let rest = match content.split_first() {
            Some((&VERSION, rest)) => rest,
            Some((b'2'..=b'9', _)) => return Err(InvalidCookie::UnknownVersion),
            _ => return Err(InvalidCookie::Malformed),
        };
        let (header, client_state) = rest.split_first_chunk().ok_or(InvalidCookie::Malformed)?;
        let client_state = str::from_utf8(client_state).map_err(|_| InvalidCookie::Malformed)?;
        Self::from_header(header, client_state)
    }

    fn from_header(header: &[u8; HEADER_LEN], client_state: &str) -> Result<Self, InvalidCookie> {
        let id = uuid::Uuid::from_bytes(array(&header[..16]));
        Ok(Self {
            token: SessionToken {
                id: id.try_into().map_err(|_| InvalidCookie::Malformed)?,
                secret: Secret::from_bytes(array(&header[16..32])),
            },
            issued_at: from_bytes(array(&header[32..39])),
            expires_at: nearest(from_bytes(array(&header[39..46]))),
            at_absolute_limit: header[46] & AT_ABSOLUTE_LIMIT != 0,
            has_record: header[46] & HAS_RECORD != 0,
            has_principal: header[46] & HAS_PRINCIPAL != 0,
            lifetime: Lifetime::from_u8(header[46] / LIFETIME).ok_or(InvalidCookie::Malformed)?,
            has_old_key: false,
            client_state: ClientJson::new(client_state.to_owned()),
        })
    }
}

/// Encodes a time in microseconds, limited to the years 1970 to 4253.
fn to_bytes(micros: i64) -> [u8; 7] {
    array(&micros.clamp(0, (1 << 56) - 1).to_be_bytes()[1..])
}

fn from_bytes(bytes: [u8; 7]) -> i64 {
    let mut micros = [0; 8];
    micros[1..].copy_from_slice(&bytes);
    i64::from_be_bytes(micros)
}

fn array<const N: usize>(slice: &[u8]) -> [u8; N] {
    std::array::from_fn(|i| slice[i])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Clock;

    fn content(client_state: &str) -> CookiePayload {
        let now = Clock::system().now();
        CookiePayload {
            token: SessionToken::generate(now).unwrap(),
            issued_at: to_micros(now),
            expires_at: UtcDateTime::MAX,
            at_absolute_limit: false,
            has_record: true,
            has_principal: true,
            lifetime: Lifetime::Remembered,
            has_old_key: false,
            client_state: ClientJson::new(client_state.to_owned()),
        }
    }

    #[test]
    fn a_payload_survives_encoding_and_decoding() {
        for json in ["{}", r#"{"language":"de"}"#, r#"{"é":"ü"}"#] {
            let original = content(json);
            let encoded = original.encode(0);
            let len = if json == "{}" { 0 } else { json.len() };
            assert_eq!(encoded.len(), CookiePayload::encoded_len(len));
            let decoded = CookiePayload::decode(&encoded).unwrap();
            assert_eq!(decoded.token.id, original.token.id);
            assert_eq!(decoded.token.secret.hash(), original.token.secret.hash());
            assert_eq!(decoded.issued_at, original.issued_at);
            assert_eq!(decoded.expires_at.year(), 4253);
            assert!(decoded.has_record && decoded.has_principal);
            assert!(!decoded.at_absolute_limit);
            assert_eq!(decoded.lifetime, Lifetime::Remembered);
            assert_eq!(decoded.client_state.as_str(), json);
        }
    }

    #[test]
    fn a_lifetime_leaves_the_flags_as_they_are() {
        for lifetime in [Lifetime::Ordinary, Lifetime::BrowserSession] {
            let mut payload = content("{}");
            (payload.has_record, payload.lifetime) = (false, lifetime);
            let decoded = CookiePayload::decode(&payload.encode(0)).unwrap();
            assert!(!decoded.has_record && decoded.has_principal);
            assert_eq!(decoded.lifetime, lifetime);
        }
        let mut encoded = content("{}").encode(0);
        encoded[HEADER_LEN] |= 3 * LIFETIME;
        let unknown = CookiePayload::decode(&encoded).unwrap_err();
        assert_eq!(unknown, InvalidCookie::Malformed);
    }

    #[test]
    fn every_truncated_payload_is_malformed() {
        let encoded = content("{}").encode(0);
        for len in 0..encoded.len() {
            assert_eq!(
                CookiePayload::decode(&encoded[..len]).unwrap_err(),
                InvalidCookie::Malformed
            );
        }
    }

    #[test]
    fn a_payload_of_a_newer_version_is_distinguished_from_rubbish() {
        let mut newer = content("{}").encode(0);
        newer[0] = b'2';
        assert_eq!(
            CookiePayload::decode(&newer).unwrap_err(),
            InvalidCookie::UnknownVersion
        );
        for rubbish in ["", "x", "1é", "11111", &"1".repeat(100)] {
            assert_eq!(
                CookiePayload::decode(rubbish.as_bytes()).unwrap_err(),
                InvalidCookie::Malformed
            );
        }
    }

    #[test]
    fn the_debug_form_of_a_payload_shows_no_secret() {
        let printed = format!("{:?}", content(r#"{"card":"4111"}"#));
        assert!(!printed.contains("4111"), "{printed}");
        assert!(printed.contains("Secret(***)"), "{printed}");
    }
}
