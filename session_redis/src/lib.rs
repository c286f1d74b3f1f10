//! Redis and Valkey storage backend for the HTTP sessions of the crate [`session`].

mod blueprint;
// Public here, because pavexc finds a module only where it is defined.
pub mod kit;

mod config;

mod store;

mod core;

mod check;
mod sweep;

mod index;
mod turns;

mod codec;
mod prefix;
mod scripts;

mod errors;
mod limits;
mod link;
mod tls;

pub use blueprint::kit;
pub use config::{
    InvalidRedisConfig, Password, RedisMode, RedisSessionConfig, RedisSetupError, RedisTlsConfig,
    RedisUrl,
};
pub use prefix::{InvalidKeyPrefix, KeyPrefix};
pub use store::RedisSessionStore;

/// The sources of the scripts that write: create, replace, touch.
#[doc(hidden)]
pub fn scripts() -> [&'static str; 3] {
    [&scripts::CREATE, &scripts::REPLACE, &scripts::TOUCH].map(|script| script.source())
}
