//! The session of a request: the found session, the pending changes, and the commits so far.

#![allow(unreachable_pub, reason = "constants that Pavex generates")]

mod authenticate;
mod checked_store;
pub(crate) mod client_state;
pub(crate) mod flash;
mod join;
mod lifecycle;
pub(crate) mod log_in;
mod owner;
mod server_state;
mod stamp;
mod take;
mod unconfirmed;
mod update;

pub(crate) mod env;
pub(crate) mod found;
pub(crate) mod lookup;
pub(crate) mod pending;
pub(crate) mod progress;
pub(crate) mod status;

use pavex::methods;

use crate::config::SessionPolicy;
use crate::cookie::IncomingSession;

pub use checked_store::CheckedSessionStore;
use env::Env;
use found::Found;
use pending::Pending;
use progress::{EndReason, Progress};
use status::SessionStatus;

/// The session of the current request.
///
/// A handler asks for `&Session` to read and for `&mut Session` to write. The cookie is
/// authenticated when the session is first consulted, and the record is loaded when the
/// server-side state is first needed. [`finalize_session`](crate::finalize_session) writes the
/// changes after the handler.
///
/// # Parallel requests
///
/// Changes are kept as a log. If another request of the same session commits first, the log is
/// repeated on the state that the other request left. So changes to different keys are merged,
/// [`update`](Self::update) is an atomic read-modify-write, and of two [`insert`](Self::insert)s
/// of one key the later one stays. If the session ends meanwhile, it stays ended: the response is
/// sent, and the changes are dropped.
///
/// # Example
///
/// ```
/// # use session_kit as session;
/// use pavex::Response;
/// use session::{Session, SessionError};
///
/// pub async fn count_visits(session: &mut Session) -> Result<Response, SessionError> {
///     let visits = session.update("visits", |n: Option<u64>| n.unwrap_or(0) + 1).await?;
///     Ok(Response::ok().set_typed_body(format!("visit number {visits}")))
/// }
/// ```
// Boxed: a session is handed from one middleware to the next, and each time moved.
pub struct Session(Box<Inner>);

pub(crate) struct Inner {
    pub(crate) env: Env,
    pub(crate) found: Found,
    pub(crate) pending: Pending,
    pub(crate) progress: Progress,
}

#[methods]
impl Session {
    /// Creates the session of a request: that of its cookie, or a new one, which is stored once
    /// something is written to it.
    ///
    /// Handlers ask for `&Session` or `&mut Session`, never for `Session`.
    #[request_scoped]
    pub fn new(
        store: &CheckedSessionStore,
        policy: &SessionPolicy,
        incoming: Option<IncomingSession>,
    ) -> Self {
        let arrived_at = incoming.as_ref().and_then(IncomingSession::arrived_at);
        // With the memory first, the parts are made where they stay, and are not moved.
        let memory = Box::new_uninit();
        let inner = Inner {
            env: Env::new(store, policy, arrived_at),
            found: Found::new(incoming),
            pending: Pending::default(),
            progress: Progress::default(),
        };
        Self(Box::write(memory, inner))
    }
}

impl Session {
    pub(crate) fn inner(&mut self) -> &mut Inner {
        &mut self.0
    }

    pub(crate) fn parts(&self) -> &Inner {
        &self.0
    }
}

impl Inner {
    pub(crate) fn status(&self) -> &SessionStatus {
        self.found.status(&self.env)
    }

    pub(crate) fn has_changes(&self) -> bool {
        self.changes_state() || self.pending.has_changes() || self.progress.ending.is_some()
    }

    /// Returns `true` if values of the session are to be changed.
    pub(crate) fn changes_state(&self) -> bool {
        let server_state = self.found.state();
        server_state.is_some_and(|state| state.is_changed()) || !self.pending.client().is_empty()
    }

    /// Returns `true` if the request moves no deadline. A log-in is always activity.
    pub(crate) fn is_passive(&self) -> bool {
        self.progress.is_passive() && self.pending.log_in().is_none()
    }

    /// Forgets all changes, once they are committed or given up.
    pub(crate) fn clear_pending(&mut self) {
        self.found.clear_changes();
        self.pending.clear();
    }

    /// Ends the session. The request goes on like one that never had it.
    fn end(&mut self, reason: EndReason) {
        let mut found = std::mem::take(&mut self.found);
        if let Some(sent) = self.progress.sent.take() {
            // Whether it took effect or not, the session that it would have left ends.
            found.adopt(sent.into_status());
        }
        self.pending = Pending::default();
        self.progress = std::mem::take(&mut self.progress).with_end(found, reason);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.0.has_changes() && !std::thread::panicking() {
            crate::telemetry::dropped_uncommitted();
        }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let cookie = self.0.found.known_status().and_then(SessionStatus::cookie);
        f.debug_struct("Session")
            .field("id", &cookie.map(|cookie| cookie.token.id))
            .field("loaded", &self.0.found.is_loaded())
            .field("changed", &self.0.has_changes())
            .finish_non_exhaustive()
    }
}
