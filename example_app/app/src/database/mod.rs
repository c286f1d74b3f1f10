//! The database, which keeps the sessions and the members across restarts.

pub(crate) mod url;

mod connections;

mod redis_users;
mod sql_users;
mod users;

mod errors;

pub use connections::{Database, DatabaseError, session_store};
pub use url::{DatabaseUrl, InvalidDatabaseUrl};

pub(crate) use errors::Cause;
