//! The end of a request: what is decided, written and sent.

mod middleware;

pub(crate) mod driver;
pub(crate) mod plan;
mod write;

pub use middleware::{FINALIZE_SESSION, finalize_session};
