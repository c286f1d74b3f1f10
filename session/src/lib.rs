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

mod blueprint;
pub mod cookie_only;
pub mod kit;

mod token;
mod wire;

mod cookie;
mod finalize;
mod incoming;
mod plan;
mod session;

pub mod store;

pub mod config;

pub mod testing;

mod clock;
mod errors;
mod random;
mod telemetry;

pub use blueprint::{install, kit};
pub use clock::Clock;
pub use config::{PolicyError, SessionConfig, SessionPolicy};
pub use errors::{RandomError, SessionError};
pub use finalize::{FINALIZE_SESSION, finalize_session};
pub use incoming::IncomingSession;
pub use session::{Session, StateKey};
pub use store::{InvalidPrincipal, Principal, SessionStore, StoreError};
pub use token::{InvalidSessionId, SessionId};

pub mod state {
    //! Types to use the session state with.
    pub use crate::session::{ClientState, ClientStateMut, Key, KeyName, StateKey};
}

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
