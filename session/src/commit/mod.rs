//! The end of a request: what is decided, written and sent.

mod caching;
mod middleware;

mod driver;
mod due;
mod end;
mod intent;
mod plan;
mod write;

mod cookie;
mod limit;
mod page;
mod records;

pub(crate) use due::is_nothing_due;

pub use middleware::{FINALIZE_SESSION, finalize_session};
