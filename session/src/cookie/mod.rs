//! The session cookie: the one that arrives, its content, and the one that is sent.

mod incoming;
mod keys;
pub(crate) mod payload;
pub(crate) mod protection;
pub(crate) mod set_cookie;

pub use incoming::IncomingSession;
