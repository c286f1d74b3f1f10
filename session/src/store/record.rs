use std::fmt;
use std::sync::Arc;

use time::UtcDateTime;

use crate::principal::Principal;
use crate::token::{SealedSecret, SecretHash, SessionId};

/// Everything a store keeps of one session.
///
/// A store returns it exactly as it was given, to the microsecond and to the byte. The type is
/// exhaustive on purpose: when a field is added, a store that does not keep it must not compile.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)]
pub struct SessionRecord {
    /// The public identifier, and the key of the record.
    pub id: SessionId,
    /// Counts the committed changes; a [`replace`] is conditional on it.
    ///
    /// [`replace`]: super::SessionStorageBackend::replace
    pub revision: Revision,
    /// The hash of the secret that the session cookie must carry.
    pub secret: SecretHash,
    /// When that secret was issued.
    pub secret_issued_at: UtcDateTime,
    /// The secret before the last renewal on a timer.
    pub previous_secret: Option<PreviousSecret>,
    /// Whom the session belongs to, once somebody logged in.
    pub principal: Option<Principal>,
    /// When the session was created. The absolute timeout counts from here until somebody logs in.
    pub created_at: UtcDateTime,
    /// When the principal last proved their identity. The absolute timeout counts from here then.
    pub authenticated_at: Option<UtcDateTime>,
    /// The latest activity that the store was told of: a change, or a move of the deadline.
    pub last_active_at: UtcDateTime,
    /// The deadline: from this moment on, the session is expired.
    pub expires_at: UtcDateTime,
    /// A short text that tells its owner which session this is, e.g. a browser's name.
    pub label: Option<Label>,
    /// The server-side state.
    pub state: SerializedState,
}

impl SessionRecord {
    /// The version of this shape. A store that outlives the process keeps it beside each record
    /// and answers [`StoreErrorKind::InvalidRecord`] for a version that it does not know.
    ///
    /// [`StoreErrorKind::InvalidRecord`]: super::StoreErrorKind::InvalidRecord
    pub const VERSION: u8 = 1;

    /// Where the absolute timeout counts from: a log-in is a new beginning.
    pub(crate) fn begins_at(&self) -> UtcDateTime {
        self.authenticated_at.unwrap_or(self.created_at)
    }

    /// What may be shown of the session to its owner.
    pub fn summary(&self) -> SessionSummary {
        SessionSummary {
            id: self.id,
            created_at: self.created_at,
            authenticated_at: self.authenticated_at,
            last_active_at: self.last_active_at,
            expires_at: self.expires_at,
            label: self.label.clone(),
        }
    }
}

/// How often the record was changed; starts at 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Revision(i64);

impl Revision {
    /// The revision of a record just created.
    pub const FIRST: Self = Self(1);

    /// The revision of the next change.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Restores a revision from a store.
    pub fn from_i64(revision: i64) -> Self {
        Self(revision)
    }

    /// The number to keep in a store.
    pub fn as_i64(self) -> i64 {
        self.0
    }
}

/// The secret before a renewal on a timer, accepted for a grace period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)]
pub struct PreviousSecret {
    /// Its hash.
    pub hash: SecretHash,
    /// The end of the grace period.
    pub valid_until: UtcDateTime,
    /// The current secret, readable with the previous one.
    pub successor: SealedSecret,
}

/// What may be shown of a session to its owner: no secret, no state.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)]
pub struct SessionSummary {
    /// The public identifier.
    pub id: SessionId,
    /// When the session was created.
    pub created_at: UtcDateTime,
    /// When the principal last proved their identity.
    pub authenticated_at: Option<UtcDateTime>,
    /// The latest activity that the store was told of: a change, or a move of the deadline.
    pub last_active_at: UtcDateTime,
    /// The deadline.
    pub expires_at: UtcDateTime,
    /// See [`SessionRecord::label`].
    pub label: Option<Label>,
}

impl SessionSummary {
    pub(crate) fn begins_at(&self) -> UtcDateTime {
        self.authenticated_at.unwrap_or(self.created_at)
    }
}

/// A short text that tells its owner which session this is: at most 255 bytes, no control characters.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use session::store::Label;
///
/// assert_eq!(Label::new("Firefox\u{0} on Linux\r\n").as_str(), "Firefox on Linux");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label(Arc<str>);

impl Label {
    /// The longest label, in bytes.
    pub const MAX_LEN: usize = 255;

    /// Takes what fits of `text`, leaving out control characters.
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

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The server-side state as the text of one JSON object.
///
/// Stores keep it byte for byte and never look into it. It contains no NUL character, since JSON
/// writes that as an escape sequence. Its `Debug` form shows only the length.
#[derive(Clone, PartialEq, Eq)]
pub struct SerializedState(Arc<str>);

impl SerializedState {
    /// Restores a state from a store. Whether it is valid is checked when a session reads it.
    pub fn from_json(json: impl Into<Arc<str>>) -> Self {
        Self(json.into())
    }

    pub(crate) fn empty() -> Self {
        Self::from_json("{}")
    }

    /// The text to keep in a store.
    pub fn as_json(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SerializedState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SerializedState({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_cut_between_characters() {
        let label = Label::new(&"é".repeat(200));
        assert_eq!(label.as_str(), "é".repeat(127));
    }

    #[test]
    fn the_state_is_not_printed() {
        let state = SerializedState::from_json(r#"{"card":"4111"}"#);
        assert_eq!(format!("{state:?}"), "SerializedState(15 bytes)");
    }
}
