//! HTTP sessions for [Pavex](https://pavex.dev).
//!
//! The way of a request:
//!
//! 1. [`IncomingSession`] takes the session cookies out of the request.
//! 2. [`Session`] is what handlers use: it authenticates the cookie when it is first consulted,
//!    loads the record from the [`SessionStore`] when it is first needed, and logs changes.
//! 3. [`finalize_session`], a post-processing middleware, commits the changes and sends the cookie,
//!    if either is needed.
//!
//! [`kit()`](kit()) has all components for a blueprint; [`SessionConfig`] is their configuration.
//!
//! # Sessions that belong to a principal
//!
//! [`Session::log_in`] attaches a session to a [`Principal`], [`Session::log_out`] ends it. A
//! handler that takes a [`Principal`], or a [`Fresh`] one, is called for nobody else.
//! [`SessionRegistry`] lists and revokes the sessions of a principal.
//!
//! # Events
//!
//! Each step in the life of a session is one `tracing` event of the target `session`. With the
//! feature `metrics`, each is also counted in `session_events_total`, labelled with `event`, the
//! name without its prefix; and the histogram `session_store_seconds`, labelled with `operation`,
//! has the time that each store operation had to wait.
//!
//! | name | level | when | fields |
//! | --- | --- | --- | --- |
//! | `session.created` | info | a session has its record | `session.id` |
//! | `session.loaded` | trace | its record was loaded | `session.id` |
//! | `session.committed` | debug | its changes were written | `session.id`, `revision` |
//! | `session.extended` | debug | only its deadline was moved | `session.id` |
//! | `session.conflict` | debug | another request committed first; tried again | `session.id`, `attempt` |
//! | `session.renewed` | info | it has a new secret | `session.id` |
//! | `session.logged_in` | info | it belongs to a principal, and has a new secret | `session.id` |
//! | `session.logged_out` | info | it ended by `log_out` | `session.id` |
//! | `session.invalidated` | info | it ended by `invalidate` | `session.id` |
//! | `session.revoked` | warn | it was ended from outside, by token reuse, or by a log-in beyond the limit | `session.id` |
//! | `session.revoked_many` | warn | several were | `sessions` |
//! | `session.stamp_mismatch` | warn | it ended, because `verify_stamp` found another stamp | `session.id` |
//! | `session.expired` | debug | a request came after the deadline | `session.id` |
//! | `session.cut_off` | info | it ended at its next use, because it began before `session.state.valid_from` | `session.id` |
//! | `session.unknown` | info | an authentic cookie has no record any more | `session.id` |
//! | `session.superseded` | debug | its secret was replaced while the request was under way | `session.id` |
//! | `session.token_reuse` | warn | a secret came that was replaced before | `session.id` |
//! | `session.discarded` | warn | it ended while the request was under way: changes are dropped | `session.id` |
//! | `session.duplicate_id` | error | a new id exists already; another one is taken | `session.id` |
//! | `session.unreadable_record` | error | its record is damaged, or of a newer release | `session.id`, `error` |
//! | `session.bad_cookie` | warn | a request has session cookies that are not ours, or malformed | `ignored`, `reason` |
//! | `session.several_cookies` | warn | a request has cookies of several sessions | |
//! | `session.insecure_cookie` | warn | the server starts with a cookie that is not `Secure`, outside the preset `localhost` | |
//! | `session.cross_origin` | warn | [`cross_origin_protection`] refused a request | `reason` |
//! | `session.not_extended` | warn | the store failed where only a deadline was to be moved | `error` |
//! | `session.store_error` | error | a store operation failed | `operation`, `kind`, `elapsed_ms`, `error` |
//! | `session.swept` | debug | expired records were deleted | `deleted` |
//! | `session.sweep_failed` | warn | they could not be | `error` |
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
mod principal;
mod random;
mod stamp;
mod telemetry;
mod token;

pub use access::fresh;
pub use access::{
    CROSS_ORIGIN_PROTECTION, Fresh, FreshError, PrincipalError, SessionRegistry,
    cross_origin_protection,
};
pub use blueprint::{install, kit};
pub use clock::Clock;
pub use commit::{FINALIZE_SESSION, finalize_session};
pub use config::{PolicyError, SessionConfig, SessionPolicy};
pub use cookie::IncomingSession;
pub use errors::{RandomError, SessionError};
pub use local_path::{InvalidLocalPath, LocalPath};
pub use principal::{InvalidPrincipal, Principal};
pub use session::Session;
pub use session::client_state::{ClientState, ClientStateMut};
pub use session::log_in::LogIn;
pub use state::StateKey;
pub use state::flash::{Flash, FlashLevel};
pub use store::{SessionStore, StoreError};
pub use token::{InvalidSessionId, SessionId};

/// The crate `time`, whose types are in the signatures of this crate.
#[doc(no_inline)]
pub use time;
