use std::fmt;
use std::sync::Arc;

use time::UtcDateTime;

use super::lifetime::Lifetime;
use crate::origin::OriginHash;
use crate::principal::Principal;
use crate::random;
use crate::stamp::StampHash;
use crate::token::{SealedSecret, SecretHash, SessionId};

/// All data that a store keeps of one session.
///
/// A store returns it exactly as it was given, to the microsecond and to the byte. The type is
/// exhaustive on purpose: when a field is added, a store that does not keep it must not compile.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_structs,
    reason = "a store that does not keep a new field must not compile"
)]
pub struct SessionRecord {
    /// The public identifier, and the key of the record.
    pub id: SessionId,
    /// The mark of the latest committed change; a [`replace`] is conditional on it.
    ///
    /// [`replace`]: super::SessionStorageBackend::replace
    pub revision: Revision,
    /// The hash of the secret that the session cookie must carry.
    pub secret: SecretHash,
    /// The time at which that secret was issued.
    pub secret_issued_at: UtcDateTime,
    /// The secret before the last renewal on a timer, or before the last log-in.
    pub previous_secret: Option<PreviousSecret>,
    /// The owner of the session, once somebody has logged in.
    pub principal: Option<Principal>,
    /// The beginning of the session. The absolute timeout counts from here until a log-in.
    pub created_at: UtcDateTime,
    /// The time of the principal's last proof of identity. From then on, the absolute timeout
    /// counts from here.
    pub authenticated_at: Option<UtcDateTime>,
    /// The time of the latest change, or of the latest move of the deadline.
    pub last_active_at: UtcDateTime,
    /// The deadline: from this moment on, the session is expired.
    pub expires_at: UtcDateTime,
    /// A short text by which the owner recognises the session, such as the name of a browser.
    pub label: Option<Label>,
    /// The credential stamp of the log-in, if the application gave one.
    pub stamp: Option<StampHash>,
    /// The session at an identity provider in which the log-in began, if the application gave one.
    pub origin: Option<OriginHash>,
    /// The lifetime that the log-in chose.
    pub lifetime: Lifetime,
    /// The server-side state.
    pub state: SerializedState,
}

impl SessionRecord {
    /// The version of this shape.
    ///
    /// A store that outlives the process keeps the version beside each record. It reports a record
    /// of any other version as [`StoreErrorKind::InvalidRecord`].
    ///
    /// [`StoreErrorKind::InvalidRecord`]: super::StoreErrorKind::InvalidRecord
    pub const VERSION: u8 = 1;

    /// Returns the time from which the absolute timeout counts: a log-in is a new beginning.
    pub(crate) fn begins_at(&self) -> UtcDateTime {
        self.authenticated_at.unwrap_or(self.created_at)
    }

    /// Returns `true` if a principal has logged in with that stamp.
    pub(crate) fn has_stamp(&self, stamp: &[u8]) -> bool {
        self.principal.is_some() && self.stamp == Some(StampHash::new(self.id, stamp))
    }

    /// Returns `true` if the previous secret is not accepted any more. The next write removes it.
    pub(crate) fn has_stale_secret(&self, now: UtcDateTime) -> bool {
        let previous = self.previous_secret.as_ref();
        previous.is_some_and(|previous| previous.valid_until <= now)
    }

    /// Returns the part of the record that its owner may see.
    pub fn summary(&self) -> SessionSummary {
        SessionSummary {
            id: self.id,
            created_at: self.created_at,
            secret_issued_at: self.secret_issued_at,
            authenticated_at: self.authenticated_at,
            last_active_at: self.last_active_at,
            expires_at: self.expires_at,
            label: self.label.clone(),
            lifetime: self.lifetime,
        }
    }
}

/// The mark of a committed change of a record. It grows with each change.
///
/// [`Session`](crate::Session) lets it grow by a random step. So two requests that change one
/// revision leave different ones, and a request whose answer was lost recognises its own write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Revision(i64);

impl Revision {
    /// The revision of a record that was just created.
    pub const FIRST: Self = Self(1);

    /// Returns the smallest revision after this one, for the tests of a backend.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Returns a later revision that no other request chooses.
    ///
    /// The steps have 24 bits, so a session has room for more than 10^11 changes.
    pub(crate) fn random_next(self) -> Result<Self, getrandom::Error> {
        let step = 1 + i64::from(random::mark()?);
        Ok(Self(self.0.saturating_add(step)))
    }

    /// Restores a revision from a store.
    pub fn from_i64(revision: i64) -> Self {
        Self(revision)
    }

    /// Returns the number to keep in a store.
    pub fn as_i64(self) -> i64 {
        self.0
    }
}

/// The secret before a renewal on a timer, accepted for a grace period.
///
/// After a log-in, the hash is that of a value derived from the secret, which no cookie carries.
/// Then the old secret grants no access, but another log-in of the same browser may join the
/// session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(
    clippy::exhaustive_structs,
    reason = "a store that does not keep a new field must not compile"
)]
pub struct PreviousSecret {
    /// The hash of the secret.
    pub hash: SecretHash,
    /// The end of the grace period.
    pub valid_until: UtcDateTime,
    /// The current secret, readable with the previous one.
    pub successor: SealedSecret,
}

/// The part of a session that its owner may see: no secret, no state.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use session::store::{Label, SessionSummary};
/// use session::time::{Duration, UtcDateTime};
///
/// # let id = "0198c3a4-5f6e-7abc-8def-0123456789ab".parse()?;
/// let now = UtcDateTime::now();
/// let mut summary = SessionSummary::new(id, now, now, now, now + Duration::HOUR);
/// summary.label = Some(Label::new("Firefox on Linux"));
/// # Ok::<(), session::InvalidSessionId>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionSummary {
    /// The public identifier.
    pub id: SessionId,
    /// The beginning of the session.
    pub created_at: UtcDateTime,
    /// The time of the last log-in or renewal. The limit of sessions per principal ends those with
    /// the earliest one.
    pub secret_issued_at: UtcDateTime,
    /// The time of the principal's last proof of identity.
    pub authenticated_at: Option<UtcDateTime>,
    /// The time of the latest change, or of the latest move of the deadline.
    pub last_active_at: UtcDateTime,
    /// The deadline.
    pub expires_at: UtcDateTime,
    /// The short text by which the owner recognises the session.
    pub label: Option<Label>,
    /// The lifetime that the log-in chose.
    pub lifetime: Lifetime,
}

impl SessionSummary {
    /// Creates the summary of a session without a log-in, without a label and with the ordinary
    /// lifetime; a backend sets these fields if the session has others.
    pub fn new(
        id: SessionId,
        created_at: UtcDateTime,
        secret_issued_at: UtcDateTime,
        last_active_at: UtcDateTime,
        expires_at: UtcDateTime,
    ) -> Self {
        Self {
            id,
            created_at,
            secret_issued_at,
            authenticated_at: None,
            last_active_at,
            expires_at,
            label: None,
            lifetime: Lifetime::Ordinary,
        }
    }

    pub(crate) fn begins_at(&self) -> UtcDateTime {
        self.authenticated_at.unwrap_or(self.created_at)
    }
}

/// A short text by which the owner of a session recognises it: at most 255 bytes, without control
/// characters.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use session::store::Label;
///
/// assert_eq!(Label::new("Firefox\u{0} on Linux\r\n").as_str(), "Firefox on Linux");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Label(Arc<str>);

impl Label {
    /// The largest length, in bytes.
    pub const MAX_LEN: usize = 255;

    /// Creates a label from `text`, without its control characters and cut to the largest length.
    pub fn new(text: &str) -> Self {
        let mut label = String::new();
        for c in text.chars().filter(|c| !c.is_control()) {
            if label.len() + c.len_utf8() > Self::MAX_LEN {
                break;
            }
            label.push(c);
        }
        Self(label.into())
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Label {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The server-side state as the text of one JSON object.
///
/// Stores keep it byte for byte and never parse it. It contains no NUL character, which JSON writes
/// as an escape sequence. Its `Debug` form shows only the length.
#[derive(Clone, PartialEq, Eq)]
pub struct SerializedState(
    /// `None` for [`EMPTY`], which needs no memory.
    Option<Arc<str>>,
);

const EMPTY: &str = "{}";

impl SerializedState {
    /// Restores a state from a store. The text is parsed when a session reads it.
    pub fn from_json(json: impl Into<Arc<str>>) -> Self {
        Self(Some(json.into()).filter(|json| **json != *EMPTY))
    }

    pub(crate) fn empty() -> Self {
        Self(None)
    }

    /// Returns the text to keep in a store.
    pub fn as_json(&self) -> &str {
        self.0.as_deref().unwrap_or(EMPTY)
    }
}

impl fmt::Debug for SerializedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SerializedState({} bytes)", self.as_json().len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_cut_between_characters() {
        let label = Label::new(&"é".repeat(200));
        assert_eq!(label.to_string(), "é".repeat(127));
    }

    #[test]
    fn the_debug_form_of_a_state_does_not_show_its_values() {
        let state = SerializedState::from_json(r#"{"card":"4111"}"#);
        assert_eq!(format!("{state:?}"), "SerializedState(15 bytes)");
    }
}
