use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use session::SessionId;
use session::store::OriginHash;
use uuid::Uuid;

use crate::record::owners::Owners;

/// The beginning of all keys of a store; `session:` by default.
///
/// A prefix has 1 to 64 letters (`a` to `z`, `A` to `Z`), digits, and characters of `:`, `-`, `_`,
/// `.` and `/`. Stores with different prefixes share no records, unless one of the prefixes begins
/// with `<the other one>of:`.
///
/// # Example
///
/// ```
/// use session_redis::KeyPrefix;
///
/// let prefix: KeyPrefix = "shop:session:".parse()?;
/// assert_eq!(prefix.as_str(), "shop:session:");
/// assert!("{shop}".parse::<KeyPrefix>().is_err());
/// # Ok::<(), session_redis::InvalidKeyPrefix>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct KeyPrefix(String);

/// The length of an id in a key.
const ID_LEN: usize = 36;

impl KeyPrefix {
    /// The longest prefix, in bytes.
    pub const MAX_LEN: usize = 64;

    /// Checks a text and makes it a prefix.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidKeyPrefix`] if the text has another length, or another character, than
    /// [`KeyPrefix`] permits.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidKeyPrefix> {
        let text = text.into();
        // Braces would put all keys of a cluster into one slot; stars and brackets are patterns.
        let is_plain = text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b":-_./".contains(&b));
        match is_plain && (1..=Self::MAX_LEN).contains(&text.len()) {
            true => Ok(Self(text)),
            false => Err(InvalidKeyPrefix(())),
        }
    }

    /// Returns the prefix as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of a record.
    pub(crate) fn record(&self, id: SessionId) -> Vec<u8> {
        let mut key = Vec::with_capacity(self.0.len() + ID_LEN);
        key.extend(self.0.as_bytes());
        let mut buffer = [0; ID_LEN];
        let text: &str = id.as_uuid().hyphenated().encode_lower(&mut buffer);
        key.extend(text.as_bytes());
        key
    }

    /// The key of the index of a principal.
    pub(crate) fn index(&self, principal: &str) -> Vec<u8> {
        [self.0.as_bytes(), b"of:", principal.as_bytes()].concat()
    }

    /// The key of the index of an origin.
    pub(crate) fn origin_index(&self, origin: &OriginHash) -> Vec<u8> {
        let origin = u128::from_be_bytes(*origin.as_bytes());
        format!("{}from:{origin:032x}", self.0).into_bytes()
    }

    /// The keys of the indexes that list a session with these owners.
    pub(crate) fn indexes(&self, owners: &Owners) -> Vec<Vec<u8>> {
        let principal = owners.principal.as_ref();
        let principal = principal.map(|it| self.index(it.as_str()));
        let origin = owners.origin.as_ref();
        let origin = origin.map(|it| self.origin_index(it));
        principal.into_iter().chain(origin).collect()
    }

    /// The pattern that matches the keys of all records, and of no index.
    pub(crate) fn pattern(&self) -> String {
        const ID: &str = "????????-????-7???-????-????????????";
        format!("{}{ID}", self.0)
    }

    /// The id in the key of a record; `None` if the key is not one of a record.
    pub(crate) fn id(&self, key: &[u8]) -> Option<SessionId> {
        let id = key.strip_prefix(self.0.as_bytes())?;
        let uuid = Uuid::try_parse_ascii(id).ok()?;
        SessionId::try_from(uuid)
            .ok()
            .filter(|it| self.record(*it) == key)
    }
}

impl Default for KeyPrefix {
    fn default() -> Self {
        Self("session:".to_owned())
    }
}

impl FromStr for KeyPrefix {
    type Err = InvalidKeyPrefix;

    fn from_str(text: &str) -> Result<Self, InvalidKeyPrefix> {
        Self::new(text)
    }
}

impl TryFrom<String> for KeyPrefix {
    type Error = InvalidKeyPrefix;

    fn try_from(text: String) -> Result<Self, InvalidKeyPrefix> {
        Self::new(text)
    }
}

impl fmt::Display for KeyPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text cannot be the prefix of keys. The error leaves the text out: it may be a password in the
/// wrong place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the text cannot be the prefix of keys: use 1 to {max} letters, digits and characters of `:-_./`",
    max = KeyPrefix::MAX_LEN
)]
pub struct InvalidKeyPrefix(());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_of_1_to_64_plain_characters_is_accepted() {
        let longest = "x".repeat(KeyPrefix::MAX_LEN);
        for good in ["s", "session:", "Shop/2.eu_w-1:", &longest] {
            assert_eq!(KeyPrefix::new(good).unwrap().as_str(), good);
        }
        let too_long = "x".repeat(KeyPrefix::MAX_LEN + 1);
        for bad in [
            "", "a b", "{a}", "a*", "a?", "[a]", "a\\", "ä", "a\0", &too_long,
        ] {
            assert!(KeyPrefix::new(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn only_the_key_of_a_record_has_an_id() {
        let prefix = KeyPrefix::default();
        let id = session_conformance::id(77);
        assert_eq!(prefix.id(&prefix.record(id)), Some(id));
        for other in [
            prefix.index("ada"),
            prefix.index(&id.to_string()),
            prefix.origin_index(&OriginHash::new("", "")),
            prefix.record(id).to_ascii_uppercase(),
            KeyPrefix::new("session:x").unwrap().record(id),
        ] {
            assert_eq!(prefix.id(&other), None);
        }
    }
}
