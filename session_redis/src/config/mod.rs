//! The configuration of the store, and the connections that it describes.

mod certificates;
pub(crate) mod connect;
mod password;
mod rules;
mod url;

pub(crate) mod errors;
pub(crate) mod section;

pub use errors::{InvalidRedisConfig, RedisSetupError};
pub use password::Password;
pub use section::{RedisMode, RedisSessionConfig, RedisTlsConfig};
pub use url::RedisUrl;
