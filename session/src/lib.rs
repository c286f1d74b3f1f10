//! HTTP sessions for [Pavex](https://pavex.dev).
//!
//! A request passes through three steps:
//!
//! 1. [`IncomingSession`] contains the session cookies of the request.
//! 2. Handlers use [`Session`]. It authenticates the cookie when it is first consulted, loads the
//!    record from the [`SessionStore`] when its server-side state is first used, and logs changes.
//! 3. [`finalize_session`], a post-processing middleware, commits the changes and sends the cookie,
//!    if either is needed.
//!
//! [`kit()`](kit()) has all components except a store; [`SessionConfig`] is their configuration.
//!
//! # Sessions that belong to a principal
//!
//! [`Session::log_in`] attaches a session to a [`Principal`], and [`Session::log_out`] ends it. A
//! handler with an argument of the type [`Principal`] is called only for users who are logged in. A
//! handler that asks for [`Fresh`] also requires a recent log-in. A handler that asks for
//! [`Recent`] may see a copy that is up to a second old, without a store operation. [`LogIn`] has
//! the options of a log-in. [`SessionRegistry`] lists, exports and revokes the sessions of a
//! principal, and counts those in the store.
//!
//! # Events
//!
//! Each step in the life of a session is one `tracing` event of the target `session`. The feature
//! `metrics` adds two metrics:
//!
//! - The counter `session_events_total` counts these events. Its label `event` is the name of the
//!   event without the prefix.
//! - The histogram `session_store_seconds` has the time for which each store operation was awaited.
//!   Its label `operation` is the name of the operation.
//!
//! | name | level | cause | fields |
//! | --- | --- | --- | --- |
//! | `session.created` | info | a new session was stored | `session.id` |
//! | `session.loaded` | trace | the record of a session was loaded | `session.id` |
//! | `session.committed` | debug | the changes of a request were written | `session.id`, `revision` |
//! | `session.extended` | debug | only the deadline was moved | `session.id` |
//! | `session.conflict` | debug | another request committed first, so the commit is tried again | `session.id`, `attempt` |
//! | `session.renewed` | info | the session has a new secret | `session.id` |
//! | `session.logged_in` | info | the session belongs to a principal, and has a new secret | `session.id` |
//! | `session.logged_out` | info | `log_out` ended the session | `session.id` |
//! | `session.invalidated` | info | `invalidate` ended the session | `session.id` |
//! | `session.revoked` | warn | the registry, token reuse, or a log-in beyond the limit ended the session | `session.id` |
//! | `session.revoked_many` | warn | the registry ended several sessions in one step | `sessions` |
//! | `session.stamp_mismatch` | warn | `verify_stamp` found another stamp, and ended the session | `session.id` |
//! | `session.expired` | debug | a request came after the deadline | `session.id` |
//! | `session.cut_off` | info | the session began before `session.state.valid_from`, and ended at its next use | `session.id` |
//! | `session.unknown` | info | an authentic cookie has no record any more | `session.id` |
//! | `session.superseded` | debug | the secret was replaced while the request was under way | `session.id` |
//! | `session.token_reuse` | warn | a cookie carries a secret that was replaced earlier | `session.id` |
//! | `session.discarded` | warn | the session ended while the request was under way, so the changes are dropped | `session.id` |
//! | `session.duplicate_id` | error | a new id is in use already, so another one is generated | `session.id` |
//! | `session.unreadable_record` | error | the record is damaged, or was written by a newer release | `session.id`, `error` |
//! | `session.bad_cookie` | warn | session cookies of a request are malformed or not authentic | `ignored`, `reason` |
//! | `session.several_cookies` | warn | a request has cookies of several sessions | |
//! | `session.insecure_cookie` | warn | the server starts with a cookie that is not `Secure`, outside the preset `localhost` | |
//! | `session.cross_origin` | warn | [`cross_origin_protection`] refused a request | `reason` |
//! | `session.not_extended` | warn | the store failed to move a deadline; nothing else was to be written | `error` |
//! | `session.store_error` | error | a store operation failed | `operation`, `kind`, `elapsed_ms`, `error` |
//! | `session.swept` | debug | expired records were deleted | `deleted` |
//! | `session.sweep_failed` | warn | the deletion of expired records failed | `error` |
//! | `session.dropped_uncommitted` | error | a changed session was never finalized | |

mod blueprint;
pub mod cookie_only;
pub mod kit;

mod cookie;
mod session;
pub mod state;

mod commit;

mod access;

pub mod store;

pub mod config;

#[cfg(feature = "testing")]
pub mod testing;

mod clock;
mod errors;
mod local_path;
mod origin;
mod principal;
mod random;
mod stamp;
mod telemetry;
mod token;

pub use access::fresh;
pub use access::{
    AgeGroup, CROSS_ORIGIN_PROTECTION, Fresh, FreshError, PASSIVE_REQUESTS, PassiveRequest,
    PrincipalError, Recent, RecentSession, SessionCounter, SessionExport, SessionRegistry,
    SessionStatistics, cross_origin_protection, passive_requests,
};
pub use blueprint::{install, kit};
pub use clock::Clock;
pub use commit::{FINALIZE_SESSION, finalize_session};
pub use config::{PolicyError, SessionConfig, SessionPolicy};
pub use cookie::IncomingSession;
pub use errors::{RandomError, SessionError};
pub use local_path::{InvalidLocalPath, LocalPath};
pub use principal::{InvalidPrincipal, Principal};
pub use session::client_state::{ClientState, ClientStateMut};
pub use session::log_in::LogIn;
pub use session::{CheckedSessionStore, Session};
pub use state::StateKey;
pub use state::flash::{Flash, FlashLevel};
pub use store::{SessionStore, StoreError};
pub use token::{InvalidSessionId, SessionId};

/// The crate `time`, whose types are in the signatures of this crate.
#[doc(no_inline)]
pub use time;
