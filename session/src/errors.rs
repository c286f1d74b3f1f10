#![allow(unreachable_pub, reason = "constants that Pavex generates")]

use pavex::{Response, methods};

use crate::store::{StoreError, StoreErrorKind};

/// A session could not be used or committed.
///
/// No variant carries a secret or a state value, neither in its text nor in its `Debug` form.
///
/// A request handler that fails with this error answers as described at
/// [`into_response`](Self::into_response).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The store failed.
    #[error("the session could not be read from or written to its store")]
    Store(#[from] StoreError),
    /// Other requests of this session committed first, too many times in a row.
    #[error(
        "the session could not be committed: other requests changed it first, {attempts} times in a row"
    )]
    Contention {
        /// The number of attempts to commit.
        attempts: u32,
    },
    /// The session was not ended, because its token has been replaced. Whoever has the new token
    /// still uses the session.
    ///
    /// The error also says that there is a session cookie which this server has not read, and which
    /// may be of a session that goes on: one of a newer release, or one beyond the eighth. If
    /// sessions live in the cookie only, the response removes such a cookie instead.
    #[error(
        "the session was not ended: its token has been replaced, or this server cannot read all \
         session cookies of the request; send the newest cookie alone"
    )]
    NotEnded,
    /// The changes were dropped, because the session ended or got a new secret while the request
    /// was under way. None of them was written.
    #[error(
        "the changes to the session were dropped: it ended, or got a new secret, while the request \
         was under way; send the request again with the newest cookie"
    )]
    Discarded,
    /// The proof of identity of a log-in is older than the absolute timeout. The user has to prove
    /// their identity again.
    #[error(
        "the log-in was refused: its proof of identity is older than the absolute timeout of the \
         session (`session.state.absolute_timeout`, or that of `session.log_in.remembered`)"
    )]
    ProofTooOld,
    /// The principal has as many sessions as the configuration allows, and it refuses more.
    #[error(
        "the principal already has {limit} sessions, the number that \
         `session.log_in.max_sessions_per_principal` allows"
    )]
    TooManySessions {
        /// The limit.
        limit: usize,
    },
    /// The session does not have the stamp that [`verify_stamp`](crate::Session::verify_stamp)
    /// requires, so it is over. The user has to log in again.
    #[error(
        "the session is over: its log-in does not have the stamp of the present credentials; log in \
         again"
    )]
    StampMismatch,
    /// A value in the session is not of the requested type.
    #[error("the session value `{key}` is not a `{expected}`")]
    Deserialize {
        /// The key of the value.
        key: String,
        /// The requested type.
        expected: &'static str,
    },
    /// A value cannot be written as JSON.
    #[error("the session value `{key}` cannot be written as JSON")]
    Serialize {
        /// The key of the value.
        key: String,
        /// The cause.
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
    /// The client-side state would not fit into the session cookie.
    ///
    /// Browsers limit the size of a cookie (RFC 6265bis, section 5.6), and proxies that of all
    /// headers.
    #[error(
        "the client-side state would have {size} bytes, and the session cookie has room for {limit}; \
         keep less in it, or raise `session.cookie.max_header_size`"
    )]
    ClientStateTooLarge {
        /// The size of the state as JSON, in bytes.
        size: usize,
        /// The largest size that fits, in bytes.
        limit: usize,
    },
    /// Client-side state was written although the configuration denies it.
    #[error("client-side state is switched off by `session.state.client_side: deny`")]
    ClientStateDenied,
    /// The operating system returned no random numbers.
    #[error("the random number generator of the operating system failed")]
    Random(#[source] RandomError),
}

/// The random number generator of the operating system failed.
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
    /// Returns the response to a request whose handler or middleware failed with this error.
    ///
    /// It has no body, and one of these status codes:
    ///
    /// - `503 Service Unavailable` if the store failed or did not answer,
    /// - `401 Unauthorized` if the proof of identity of a log-in is too old, or the session does
    ///   not have the required stamp,
    /// - `409 Conflict` if the session was not ended, its changes were dropped, an update was
    ///   refused at the commit, or the log-in was refused at the limit,
    /// - `500 Internal Server Error` otherwise, also for server-side state without a store.
    #[error_handler]
    pub fn into_response(&self) -> Response {
        match self {
            Self::Store(error) if error.kind() != StoreErrorKind::Unsupported => {
                Response::service_unavailable()
            }
            Self::ProofTooOld | Self::StampMismatch => Response::unauthorized(),
            Self::NotEnded
            | Self::Discarded
            | Self::TooManySessions { .. }
            | Self::UpdateRefused { .. } => Response::conflict(),
            _ => Response::internal_server_error(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_does_not_answer_is_a_temporary_failure_of_the_server() {
        let error = SessionError::from(StoreError::timeout());
        assert_eq!(error.into_response().status().as_u16(), 503);
        let error = SessionError::ClientStateDenied;
        assert_eq!(error.into_response().status().as_u16(), 500);
    }
}
