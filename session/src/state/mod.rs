//! Types to use the session state with.

pub(crate) mod changes;
pub(crate) mod flash;
pub(crate) mod json_map;
mod key;
pub(crate) mod server;

pub use key::{Key, KeyName, StateKey};
