//! The session cookie: what comes in, what is inside, what goes out.

mod incoming;
pub(crate) mod payload;
pub(crate) mod set_cookie;

pub use incoming::IncomingSession;
