mod client_state;
mod flash;
pub(crate) mod identity;
mod lifecycle;
mod log_in;
mod server_state;

pub use client_state::{ClientState, ClientStateMut};
pub use flash::{Flash, FlashLevel};
pub use log_in::LogIn;

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use pavex::methods;
use tokio::sync::OnceCell;

use crate::config::SessionPolicy;
use crate::cookie::IncomingSession;
use crate::cookie::payload::CookieContent;
use crate::principal::Principal;
use crate::state::changes::Changes;
use crate::store::{SessionRecord, SessionStore};
use crate::token::SessionToken;
use identity::Server;

/// The session of the current request.
///
/// Ask for it in a handler as `&Session` to read and as `&mut Session` to write. Nothing is
/// done before it is used: the cookie is authenticated when the session is first consulted, the
/// record is loaded when the server-side state is, and changes are written by
/// [`finalize_session`](crate::finalize_session) after the handler.
///
/// # Parallel requests
///
/// Changes are kept as a log. If another request of the same session commits first, the log is
/// repeated on what that request left: changes to different keys are merged,
/// [`update`](Self::update) is an atomic read-modify-write, and of two [`insert`](Self::insert)s of
/// one key the later one stays. A session that ends meanwhile stays ended: the response is sent, the
/// changes are dropped.
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
pub struct Session(pub(crate) Box<Inner>);

pub(crate) struct Inner {
    pub(crate) policy: SessionPolicy,
    pub(crate) store: SessionStore,
    pub(crate) incoming: Option<IncomingSession>,
    /// What the cookie says, once it was authenticated; after a commit, what it will say.
    pub(crate) content: OnceLock<Option<CookieContent>>,
    /// The server-side half, once it was loaded.
    pub(crate) server: OnceCell<Server>,
    /// What was done to the client-side state.
    pub(crate) client_changes: Changes,
    /// The token of the session that a change would start.
    pub(crate) next_token: OnceLock<SessionToken>,
    pub(crate) renew: bool,
    /// A log-in that is not committed yet; `authenticated_at` is set.
    pub(crate) log_in: Option<Box<LogIn>>,
    /// Who logged in: whether they have too many sessions now is still to be looked at.
    pub(crate) admission: Option<Principal>,
    /// The flash messages that the handler took, to be removed once the response is sent.
    pub(crate) flashes_taken: Vec<flash::Stored>,
    /// The session that this request ended, until that is committed.
    pub(crate) ending: Option<Box<Ending>>,
    /// A write that was sent to the store, whose outcome is not known: the store failed, or the
    /// commit was dropped.
    pub(crate) unconfirmed: Option<Arc<SessionRecord>>,
    /// The cookie that the commits so far want to send.
    pub(crate) outgoing: Option<Outgoing>,
}

/// A session that the handler ended: what the request knew of it by then.
pub(crate) struct Ending {
    pub(crate) content: Option<CookieContent>,
    pub(crate) server: Option<Server>,
    pub(crate) reason: Reason,
}

/// Why the handler ended the session.
#[derive(Clone, Copy)]
pub(crate) enum Reason {
    Invalidated,
    LoggedOut,
}

/// A cookie to send.
pub(crate) enum Outgoing {
    Set { value: String, lifetime: Duration },
    Remove,
}

#[methods]
impl Session {
    /// The session that the request's cookie belongs to, or a new one that exists only once
    /// something is written to it.
    ///
    /// Handlers take `&Session` or `&mut Session`, never `Session`.
    #[request_scoped]
    pub fn new(
        // Comes with the kit of a store, such as `bp.import(session_memory::kit())`.
        store: &SessionStore,
        policy: &SessionPolicy,
        incoming: Option<IncomingSession>,
    ) -> Self {
        Self(Box::new(Inner {
            policy: policy.clone(),
            store: store.clone().with_operation_timeout(policy.store_timeout()),
            incoming,
            content: OnceLock::new(),
            server: OnceCell::new(),
            client_changes: Changes::default(),
            next_token: OnceLock::new(),
            renew: false,
            log_in: None,
            admission: None,
            flashes_taken: Vec::new(),
            ending: None,
            unconfirmed: None,
            outgoing: None,
        }))
    }
}

impl Session {
    /// Whether something waits to be committed.
    pub(crate) fn has_changes(&self) -> bool {
        self.server_changed()
            || !self.0.client_changes.is_empty()
            || self.0.renew
            || self.0.log_in.is_some()
            || self.0.ending.is_some()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if self.has_changes() && !std::thread::panicking() {
            crate::telemetry::dropped_uncommitted();
        }
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id())
            .field("loaded", &self.0.server.initialized())
            .field("changed", &self.has_changes())
            .finish_non_exhaustive()
    }
}
