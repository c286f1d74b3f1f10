use pavex::{Response, methods};

use crate::store::{StoreError, StoreErrorKind};

/// What can go wrong when a session is used or committed.
///
/// No variant carries a secret or a state value, neither in its text nor in its `Debug` form.
///
/// As the error of a request handler it answers with an empty `503 Service Unavailable` if the
/// store did not do its work, with an empty `409 Conflict` if the session was not ended or the
/// log-in was refused, and with an empty `500 Internal Server Error` otherwise.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The store failed.
    #[error("the session could not be read from or written to its store")]
    Store(#[from] StoreError),
    /// Other requests of this session committed first, over and over.
    #[error(
        "the session could not be committed: other requests changed it first, {attempts} times in a row"
    )]
    Contention {
        /// How often the commit was tried.
        attempts: u32,
    },
    /// The session was to be ended, but another request replaced its token a moment ago; it goes on.
    #[error(
        "the session was not ended: its token was replaced while the request was under way; try again"
    )]
    NotEnded,
    /// The principal has as many sessions as the configuration allows, and it says to refuse more.
    #[error(
        "the principal has {limit} sessions already, as many as \
         `session.log_in.max_sessions_per_principal` allows"
    )]
    TooManySessions {
        /// The limit.
        limit: usize,
    },
    /// The state that another request committed meanwhile cannot be read.
    #[error("the session state was changed by another request and cannot be read any more")]
    Unreadable,
    /// A value in the session is not of the type asked for.
    #[error("the session value `{key}` is not a `{expected}`")]
    Deserialize {
        /// The key of the value.
        key: String,
        /// The type asked for.
        expected: &'static str,
    },
    /// A value cannot be written as JSON.
    #[error("the session value `{key}` cannot be written as JSON")]
    Serialize {
        /// The key of the value.
        key: String,
        /// Why not.
        source: serde_json::Error,
    },
    /// A value cannot be read from the JSON that it is written as. It was not stored.
    #[error(
        "the session value `{key}` was not stored: what is written for it cannot be read back as a \
         `{expected}`; see `session::state::StateValue`"
    )]
    NotReadBack {
        /// The key of the value.
        key: String,
        /// The type as which the value is read.
        expected: &'static str,
    },
    /// Another request of the session committed first, and an update that [`try_update`] made
    /// refused the value which that request left. Nothing was written.
    ///
    /// [`try_update`]: crate::Session::try_update
    #[error(
        "the update of the session value `{key}` was refused at the commit, after another request \
         changed the value"
    )]
    UpdateRefused {
        /// The key of the value.
        key: String,
        /// The error of the closure.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The server-side state would be larger than the configuration allows.
    #[error("the session state would have {size} bytes; `session.state.max_size` allows {limit}")]
    StateTooLarge {
        /// The size of the state as JSON, in bytes.
        size: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The session cookie would be larger than browsers accept (RFC 6265bis, section 5.6).
    #[error(
        "the session cookie would have {size} bytes, and browsers drop cookies of more than {limit}; \
         keep less in the client-side state"
    )]
    CookieTooLarge {
        /// The size of the cookie's name and value together, in bytes.
        size: usize,
        /// The limit, in bytes.
        limit: usize,
    },
    /// Client-side state was written although the configuration denies it.
    #[error("client-side state is switched off by `session.state.client_side: deny`")]
    ClientStateDenied,
    /// The operating system has no random numbers to offer.
    #[error("the operating system's random number generator failed")]
    Random(#[source] RandomError),
}

/// The operating system's random number generator failed.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct RandomError(#[from] getrandom::Error);

impl From<getrandom::Error> for SessionError {
    fn from(error: getrandom::Error) -> Self {
        Self::Random(RandomError(error))
    }
}

#[methods]
impl SessionError {
    /// The response to a request whose handler or middleware failed with this error.
    #[error_handler]
    pub fn into_response(&self) -> Response {
        match self {
            Self::Store(error) if error.kind() != StoreErrorKind::Unsupported => {
                Response::service_unavailable()
            }
            Self::NotEnded | Self::TooManySessions { .. } | Self::UpdateRefused { .. } => {
                Response::conflict()
            }
            _ => Response::internal_server_error(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_store_is_the_servers_temporary_failure() {
        let error = SessionError::from(StoreError::timeout());
        assert_eq!(error.into_response().status().as_u16(), 503);
        let error = SessionError::ClientStateDenied;
        assert_eq!(error.into_response().status().as_u16(), 500);
    }
}
