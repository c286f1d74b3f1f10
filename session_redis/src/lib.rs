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

/// The sources of the scripts, by their names: to test or to measure them.
#[doc(hidden)]
pub fn script(name: &str) -> Option<&'static str> {
    let scripts = [
        ("create", &scripts::CREATE),
        ("replace", &scripts::REPLACE),
        ("touch", &scripts::TOUCH),
        ("delete_of", &scripts::DELETE_OF),
        ("list", &scripts::LIST),
        ("listed", &scripts::LISTED),
    ];
    let script = scripts.into_iter().find(|script| script.0 == name);
    script.map(|(_, script)| script.source())
}
