use std::fmt;

use serde::Deserialize;

/// A password, which its debug form does not show.
///
/// # Example
///
/// ```
/// use session_redis::Password;
///
/// let password = Password::new("open-sesame");
/// assert_eq!(format!("{password:?}"), "Password(…)");
/// ```
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Password(String);

impl Password {
    /// Wraps a password.
    pub fn new(password: impl Into<String>) -> Self {
        Self(password.into())
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}
