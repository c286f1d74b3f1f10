//! Where the shop keeps what survives its restart: the sessions and the members.

mod url;

mod connections;
mod session_store;

mod redis_users;
mod sql_users;
mod users;

mod errors;

pub use connections::Database;
pub use errors::DatabaseError;
pub use session_store::session_store;
pub use url::{DatabaseUrl, InvalidDatabaseUrl};

pub(crate) use errors::Cause;
use errors::without_repetition;
